/*
 * No memory for stacks: spawning fails with ENOMEM, and everything goes on (F7).
 */
#include "child.h"
#include "hub.h"
#include "overflow.h"
#include "shim.h"

#include <sys/resource.h>

#define calls_fail SHIM_CALL(void, calls_fail, (const char *, long, int, int))
#define calls_made SHIM_CALL(long, calls_made, (const char *))

#if defined(__SANITIZE_ADDRESS__)
#define CALLS_TEST(name) TEST_ONCE(name)
#define need_shim() SKIP("the sanitizer maps memory for itself")
#else
#define CALLS_TEST(name) TEST_ONCE_ENV(name, "SHIM=calls")
#define need_shim() ((void)0)
#endif

static evhub_flag_t *flag;
static int woken;

static void *
waits(void *arg)
{
	CHECK_INT(evhub_flag_wait(flag, -1), 1);
	woken++;
	return arg;
}

/* All are refused that need a new stack, in every way of making one. */
static void
check_refused(void)
{
	evhub_attr_t attr = EVHUB_ATTR_INIT;

	errno = 0;
	CHECK(evhub_spawn(waits, NULL) == NULL && errno == ENOMEM);
	errno = 0;
	CHECK(evhub_spawn_with(&attr, waits, NULL) == NULL && errno == ENOMEM);
	errno = 0;
	CHECK(evhub_spawn_later(0.001, waits, NULL) == NULL && errno == ENOMEM);
	errno = 0;
	CHECK(evhub_new(NULL, waits, NULL) == NULL && errno == ENOMEM);
	CHECK_ERRNO(evhub_go(waits, NULL), ENOMEM);
}

static int
spawn_till_refused(int most)
{
	int count = 0;

	while (count < most && evhub_go(waits, NULL) == 0)
		count++;
	if (count < most)
		CHECK_INT(errno, ENOMEM);
	return count;
}

/* Those who were spawned run, wait, and end; and then there is room. */
static void
check_goes_on(int count)
{
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(evhub_flag_set(flag), 0);
	run_others();
	while (woken < count)
		run_others();
	CHECK_INT(woken, count);
	CHECK_INT(evhub_flag_wait(flag, -1), 1);
	CHECK_PTR(end_of(spawn(returns, &flag)), &flag);
}

CALLS_TEST(no_mapping_at_all)
{
	int count;

	need_shim();
	flag = evhub_flag_new();
	CHECK_INT(evhub_sleep(0.001), 0);
	count = spawn_till_refused(3);
	calls_fail("mmap", 1, 1, ENOMEM);
	count += spawn_till_refused(100000);
	CHECK(count >= 3 && count < 1000);
	check_refused();
	check_goes_on(count);
	calls_fail("mmap", 0, 0, 0);
	CHECK_INT(spawn_till_refused(1000), 1000);
	check_goes_on(count + 1000);
}

/* A slab is refused; one stack is not. */
CALLS_TEST(a_mapping_that_fails_once)
{
	int i;

	need_shim();
	flag = evhub_flag_new();
	for (i = 0; i < 200; i++) {
		calls_fail("mmap", 1, 0, ENOMEM);
		CHECK_INT(evhub_go(waits, NULL), 0);
	}
	calls_fail("mmap", 0, 0, 0);
	check_goes_on(200);
}

/* The loop's own stack: it is promised at first, if it can be had then. */
CALLS_TEST(a_stack_for_the_loop_is_promised)
{
	evhub_greenlet_t *g;

	need_shim();
	flag = evhub_flag_new();
	g = spawn(waits, NULL);
	calls_fail("mmap", 1, 1, ENOMEM);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(evhub_state(g), EVHUB_WAITING);
	calls_fail("mmap", 0, 0, 0);
	check_goes_on(1);
	evhub_release(g);
}

/* If not: who has to wait cannot, and may try again. */
CALLS_TEST(no_stack_for_the_loop)
{
	evhub_greenlet_t *g;

	need_shim();
	calls_fail("mmap", 1, 1, ENOMEM);
	flag = evhub_flag_new();
	calls_fail("mmap", 0, 0, 0);
	g = spawn(waits, NULL);
	calls_fail("mmap", 1, 1, ENOMEM);
	CHECK_ERRNO(evhub_sleep(0.001), ENOMEM);
	CHECK_ERRNO(evhub_join(g, -1), ENOMEM);
	CHECK_ERRNO(evhub_yield(), ENOMEM);
	CHECK_ERRNO(evhub_join(g, 0), EAGAIN);
	calls_fail("mmap", 0, 0, 0);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(evhub_state(g), EVHUB_WAITING);
	check_goes_on(1);
	evhub_release(g);
}

static void
overflows_on_an_old_kernel(void *arg)
{
	struct rlimit none = { 0, 0 };

	(void)arg;
	CHECK_INT(setrlimit(RLIMIT_CORE, &none), 0);
	calls_fail("madvise", 1, 1, EINVAL);
	CHECK_INT(evhub_go(overflows, NULL), 0);
	CHECK(calls_made("mprotect") > 0);
	evhub_sleep(0.001);
}

CALLS_TEST(guards_on_an_old_kernel)
{
	struct child_end end;

	need_shim();
	run_child(&end, overflows_on_an_old_kernel, NULL);
	CHECK_INT(end.status, 128 + SIGSEGV);
	CHECK_STR(end.err, "evhub: stack overflow in greenlet greenlet-2\n");
}

/* Each guard is a mapping there, and these are counted. */
CALLS_TEST(too_many_mappings)
{
	int count;

	need_shim();
	calls_fail("madvise", 1, 1, EINVAL);
	flag = evhub_flag_new();
	CHECK_INT(evhub_sleep(0.001), 0);
	count = spawn_till_refused(100000);
	if (count == 100000)
		SKIP("this kernel allows very many mappings");
	CHECK(count > 1000);
	check_refused();
	check_goes_on(count);
}

CALLS_TEST(a_guard_that_fails)
{
	int count;

	need_shim();
	flag = evhub_flag_new();
	CHECK_INT(evhub_sleep(0.001), 0);
	count = spawn_till_refused(3);
	calls_fail("madvise", 1, 1, ENOMEM);
	count += spawn_till_refused(100000);
	check_refused();
	check_goes_on(count);
	calls_fail("madvise", 1, 1, EINVAL);
	calls_fail("mprotect", 1, 1, ENOMEM);
	count += spawn_till_refused(100000);
	check_refused();
	check_goes_on(count);
	calls_fail("mprotect", 0, 0, 0);
	CHECK_INT(spawn_till_refused(1000), 1000);
	check_goes_on(count + 1000);
}

CALLS_TEST(no_alternate_stack)
{
	need_shim();
	calls_fail("sigaltstack", 1, 1, ENOMEM);
	flag = evhub_flag_new();
	CHECK_INT(evhub_go(waits, NULL), 0);
	check_goes_on(1);
}

static int
nothing_used(const evhub_info_t *info, void *arg)
{
	(void)arg;
	CHECK_INT(info->stack_used, 0);
	return 0;
}

CALLS_TEST(what_is_used_cannot_be_told)
{
	need_shim();
	flag = evhub_flag_new();
	CHECK_INT(evhub_go(waits, NULL), 0);
	run_others();
	calls_fail("mincore", 1, 1, ENOMEM);
	CHECK_INT(evhub_foreach(nothing_used, NULL), 0);
	CHECK(calls_made("mincore") > 0);
	check_goes_on(1);
}

static rlim_t
address_space(void)
{
	unsigned long pages;
	FILE *file = fopen("/proc/self/statm", "r");

	CHECK(file != NULL);
	CHECK_INT(fscanf(file, "%lu", &pages), 1);
	fclose(file);
	return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

TEST_ONCE(a_limit_of_address_space)
{
	struct rlimit limit, before;
	int count;

#if defined(__SANITIZE_ADDRESS__)
	SKIP("the sanitizer needs all the address space there is");
#endif
	flag = evhub_flag_new();
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(getrlimit(RLIMIT_AS, &before), 0);
	limit = before;
	limit.rlim_cur = address_space() + (64 << 20);
	CHECK_INT(setrlimit(RLIMIT_AS, &limit), 0);
	count = spawn_till_refused(100000);
	CHECK(count > 50 && count < 1000);
	check_refused();
	check_goes_on(count);
	CHECK_INT(setrlimit(RLIMIT_AS, &before), 0);
	CHECK_INT(spawn_till_refused(1000), 1000);
	check_goes_on(count + 1000);
}
