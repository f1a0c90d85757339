/*
 * Stacks: overflows are told and end the process (G13), other faults go to the program's handler;
 * sizes; what is used; signal handlers that run on them (F33, G20); memory that is given back.
 */
#include "child.h"
#include "hub.h"
#include "overflow.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define need_plain() SKIP("AddressSanitizer has a handler of its own")
#else
static void
need_plain(void)
{
	if (under_valgrind())
		SKIP("valgrind has a handler of its own");
}
#endif

/* One frame that is larger than stack and guard, touched page by page as compilers do it. */
__attribute__((noinline)) static void *
overflows_at_once(void *arg)
{
	size_t size = 1 << 20, at;
	volatile char *frame = __builtin_alloca(size);

	(void)arg;
	for (at = size; at >= 4096; at -= 4096)
		frame[at - 1] = 1;
	return (void *)(intptr_t)frame[0];
}

static void
run_named(evhub_fn_t fn, const char *name, size_t stack_size)
{
	struct rlimit none = { 0, 0 };
	evhub_attr_t attr = EVHUB_ATTR_INIT;

	CHECK_INT(setrlimit(RLIMIT_CORE, &none), 0);
	attr.name = name;
	attr.stack_size = stack_size;
	CHECK_INT(evhub_go(returns, NULL), 0);
	CHECK(evhub_spawn_with(&attr, fn, NULL) != NULL);
	evhub_sleep(0.01);
}

static void recursion(void *arg) { (void)arg; run_named(overflows, "deep", 0); }
static void small(void *arg) { (void)arg; run_named(overflows, "small", 16384); }
static void nameless(void *arg) { (void)arg; run_named(overflows, NULL, 0); }
static void large_frame(void *arg) { (void)arg; run_named(overflows_at_once, "wide", 0); }

static void
check_overflow(void (*run)(void *), const char *want)
{
	struct child_end end;

	run_child(&end, run, NULL);
	if (strstr(end.err, want) == NULL)
		test_fail(__FILE__, __LINE__, "status %d: %s", end.status, end.err);
	CHECK_INT(end.status, 128 + SIGSEGV);
}

TEST(an_overflow_is_told)
{
	need_plain();
	check_overflow(recursion, "evhub: stack overflow in greenlet deep\n");
	check_overflow(small, "evhub: stack overflow in greenlet small\n");
	check_overflow(nameless, "evhub: stack overflow in greenlet greenlet-3\n");
	check_overflow(large_frame, "evhub: stack overflow in greenlet wide\n");
}

static void
overflows_in_loop(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	overflows(arg);
}

static void
in_a_callback(void *arg)
{
	struct rlimit none = { 0, 0 };
	struct event ev;

	CHECK_INT(setrlimit(RLIMIT_CORE, &none), 0);
	init_base();
	evtimer_set(&ev, overflows_in_loop, arg);
	CHECK_INT(add_ms(&ev, 1), 0);
	evhub_sleep(LONG);
}

/* Callbacks of the loop run on a stack of the hub's, as large as the thread's own. */
TEST(an_overflow_in_a_callback)
{
	need_plain();
	check_overflow(in_a_callback, "evhub: stack overflow in greenlet loop\n");
}

static void
say_and_end(int signum)
{
	static const char text[] = "the program's handler\n";

	(void)signum;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(1);
	_exit(42);
}

static void *
faults(void *arg)
{
	(void)arg;
	*(volatile int *)16 = 1;
	return NULL;
}

static void
faults_with_a_handler(void *arg)
{
	(void)arg;
	signal(SIGSEGV, say_and_end);
	CHECK_INT(evhub_go(faults, NULL), 0);
	evhub_sleep(0.01);
}

static void
sends_with_a_handler(void *arg)
{
	(void)arg;
	signal(SIGSEGV, say_and_end);
	CHECK_INT(evhub_sleep(0.001), 0);
	raise(SIGSEGV);
}

static void
faults_without_a_handler(void *arg)
{
	struct rlimit none = { 0, 0 };

	(void)arg;
	CHECK_INT(setrlimit(RLIMIT_CORE, &none), 0);
	CHECK_INT(evhub_go(faults, NULL), 0);
	evhub_sleep(0.01);
}

TEST(other_faults_are_the_programs)
{
	struct child_end end;

	need_plain();
	run_child(&end, faults_with_a_handler, NULL);
	CHECK_INT(end.status, 42);
	CHECK_STR(end.err, "the program's handler\n");
	run_child(&end, sends_with_a_handler, NULL);
	CHECK_INT(end.status, 42);
	run_child(&end, faults_without_a_handler, NULL);
	CHECK_INT(end.status, 128 + SIGSEGV);
	CHECK_STR(end.err, "");
}

struct sized {
	size_t use;
	size_t size;
	size_t used;
};

static int
notes_stack(const evhub_info_t *info, void *arg)
{
	struct sized *sized = arg;

	if (info->greenlet == evhub_current()) {
		sized->size = info->stack_size;
		sized->used = info->stack_used;
	}
	return 0;
}

__attribute__((noinline)) static void
use_stack(size_t bytes)
{
	volatile char *frame = __builtin_alloca(bytes);
	size_t at;

	for (at = 0; at < bytes; at += 512)
		frame[at] = 1;
}

static void *
uses_stack(void *arg)
{
	struct sized *sized = arg;

	use_stack(sized->use);
	CHECK_INT(evhub_sleep(0), 0);
	CHECK_INT(evhub_foreach(notes_stack, sized), 0);
	return arg;
}

TEST(sizes_and_what_is_used)
{
	size_t sizes[] = { 1, 16384, 16385, 100000, 0, 1 << 20, 8 << 20, 64 << 20 };
	size_t want[] = { 16384, 16384, 32768, 131072, 262144, 1 << 20, 8 << 20, 64 << 20 };
	evhub_attr_t attr = EVHUB_ATTR_INIT;
	struct sized sized;
	size_t i;

	for (i = 0; i < COUNT(sizes); i++) {
		memset(&sized, 0, sizeof(sized));
		sized.use = want[i] > 65536 ? want[i] / 2 : 0;
		attr.stack_size = sizes[i];
		end_of(evhub_spawn_with(&attr, uses_stack, &sized));
		CHECK_INT(sized.size, want[i]);
		CHECK(sized.used > sized.use && sized.used <= sized.size);
		/* Later pages were never touched. */
		if (sized.use != 0)
			CHECK(sized.used < sized.size);
	}
}

static volatile sig_atomic_t handled;

__attribute__((noinline)) static void
use_much(int signum)
{
	(void)signum;
	use_stack(8192);
	handled++;
}

static void *
computes(void *arg)
{
	volatile double sum = 0;
	int i;

	while (handled < 20) {
		for (i = 1; i < 1000; i++)
			sum += 1.0 / i;
		CHECK_INT(evhub_yield(), 0);
	}
	return arg;
}

/* Handlers without an alternate stack run on those of greenlets, with one on theirs. */
TEST(signal_handlers)
{
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { { 0, 0 }, { 0, 0 } };
	int flags[] = { SA_RESTART, SA_RESTART | SA_ONSTACK };
	struct sigaction action;
	evhub_greenlet_t *all[10];
	size_t i, round;

	for (round = 0; round < COUNT(flags); round++) {
		handled = 0;
		memset(&action, 0, sizeof(action));
		action.sa_handler = use_much;
		action.sa_flags = flags[round];
		CHECK_INT(sigaction(SIGALRM, &action, NULL), 0);
		for (i = 0; i < COUNT(all); i++)
			all[i] = spawn(computes, NULL);
		CHECK_INT(setitimer(ITIMER_REAL, &often, NULL), 0);
		CHECK_INT(evhub_joinall(all, COUNT(all), 0, LONG), 0);
		CHECK_INT(setitimer(ITIMER_REAL, &never, NULL), 0);
		for (i = 0; i < COUNT(all); i++)
			evhub_release(all[i]);
	}
}

static void *
uses_and_sleeps(void *arg)
{
	use_stack(128 << 10);
	CHECK_INT(evhub_sleep(0.001), 0);
	return arg;
}

static long
resident_pages(void)
{
	long size, resident;
	FILE *file = fopen("/proc/self/statm", "r");

	CHECK(file != NULL);
	CHECK_INT(fscanf(file, "%ld %ld", &size, &resident), 2);
	fclose(file);
	return resident;
}

/* Of 4,000 stacks with 128 KiB in use each, not all is kept when they have ended. */
TEST_ONCE(memory_is_given_back)
{
	evhub_stats_t stats = { .size = sizeof(stats) };
	long before, after, most = 0;
	int i;

	if (time_factor() > 1)
		SKIP("tools keep memory of their own");
	CHECK_INT(evhub_sleep(0.001), 0);
	before = resident_pages();
	for (i = 0; i < 4000; i++)
		CHECK_INT(evhub_go(uses_and_sleeps, NULL), 0);
	do {
		CHECK_INT(evhub_sleep(0.001), 0);
		if (resident_pages() > most)
			most = resident_pages();
		CHECK_INT(evhub_stats(&stats), 0);
	} while (stats.alive > 0);
	after = resident_pages();
	CHECK(most - before > 4000 * 32 / 2);
	CHECK(after - before < 300 * 256);
	CHECK_INT(evhub_shutdown(), 0);
	CHECK(resident_pages() - before < 3000);
}

/* Neighbours in one slab do not reach into each other. */
static void *
keeps_its_pattern(void *arg)
{
	volatile unsigned char frame[200000];
	size_t at;
	int round;

	for (at = 0; at < sizeof(frame); at++)
		frame[at] = (unsigned char)((uintptr_t)arg + at);
	for (round = 0; round < 5; round++) {
		CHECK_INT(evhub_yield(), 0);
		for (at = 0; at < sizeof(frame); at += 97)
			CHECK_INT(frame[at], (unsigned char)((uintptr_t)arg + at));
	}
	return arg;
}

TEST(each_has_its_own)
{
	evhub_greenlet_t *all[40];
	size_t i;

	for (i = 0; i < COUNT(all); i++)
		all[i] = spawn(keeps_its_pattern, (void *)(i * 31));
	CHECK_INT(evhub_joinall(all, COUNT(all), 0, LONG), 0);
	for (i = 0; i < COUNT(all); i++)
		evhub_release(all[i]);
}
