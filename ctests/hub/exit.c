/*
 * The process ends: in a greenlet, in a callback, with greenlets that have not (F40, G22).
 */
#include "child.h"
#include "hub.h"

#include <pthread.h>

static evhub_flag_t *flag;
/* Kept for tools that look for leaks. */
static evhub_greenlet_t *volatile later;

static void
at_exit(void)
{
	/* Handlers may still use the hub, where they may wait. */
	CHECK_INT(evhub_flag_set(flag), 0);
	fputs("handler\n", stderr);
}

static void
at_exit_waits(void)
{
	if (evhub_current() != NULL)
		CHECK_INT(evhub_sleep(0.001), 0);
	else
		CHECK_ERRNO(evhub_sleep(0.001), EPERM);
	fputs("waited\n", stderr);
}

__attribute__((destructor)) static void
destructor(void)
{
	if (flag != NULL)
		fputs("destructor\n", stderr);
}

static void
prepare(void)
{
	init_base();
	flag = evhub_flag_new();
	CHECK_INT(atexit(at_exit), 0);
	CHECK_INT(atexit(at_exit_waits), 0);
	CHECK_INT(evhub_go(sleeper, NULL), 0);
	CHECK_INT(evhub_go(stubborn, NULL), 0);
	later = evhub_spawn_later(LONG, returns, NULL);
	CHECK(later != NULL);
}

static void *
exits(void *arg)
{
	exit(*(int *)arg);
}

static void
exits_in_a_greenlet(void *arg)
{
	prepare();
	CHECK_INT(evhub_go(exits, arg), 0);
	evhub_sleep(LONG);
}

static void
exits_in_main(void *arg)
{
	prepare();
	CHECK_INT(evhub_sleep(0.001), 0);
	exit(*(int *)arg);
}

static void
exits_in_the_loop(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	exit(*(int *)arg);
}

static void
exits_in_a_callback(void *arg)
{
	struct event ev;

	prepare();
	evtimer_set(&ev, exits_in_the_loop, arg);
	CHECK_INT(add_ms(&ev, 1), 0);
	evhub_sleep(LONG);
}

static void
exits_in_a_loop_of_the_programs(void *arg)
{
	struct event ev;

	prepare();
	evtimer_set(&ev, exits_in_the_loop, arg);
	CHECK_INT(add_ms(&ev, 1), 0);
	event_dispatch();
}

static void
exits_after_shutdown(void *arg)
{
	init_base();
	flag = evhub_flag_new();
	CHECK_INT(atexit(at_exit), 0);
	CHECK_INT(atexit(at_exit_waits), 0);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(evhub_shutdown(), 0);
	exit(*(int *)arg);
}

static void
check_exit(void (*run)(void *))
{
	struct child_end end;
	int status = 3;

	run_child(&end, run, &status);
	CHECK_INT(end.status, 3);
	CHECK(strstr(end.err, "waited\nhandler\ndestructor\n") != NULL);
}

TEST(in_a_greenlet) { check_exit(exits_in_a_greenlet); }
TEST(in_the_main_greenlet) { check_exit(exits_in_main); }
TEST(in_a_callback) { check_exit(exits_in_a_callback); }
TEST(in_a_loop_of_the_programs) { check_exit(exits_in_a_loop_of_the_programs); }
TEST(after_the_hub_has_ended) { check_exit(exits_after_shutdown); }

static void *
thread_that_goes_on(void *arg)
{
	CHECK_INT(evhub_go(sleeper, NULL), 0);
	CHECK_INT(evhub_sleep(0.001), 0);
	*(volatile int *)arg = 1;
	evhub_sleep(LONG);
	return NULL;
}

static void
exits_while_a_thread_goes_on(void *arg)
{
	static volatile int runs;
	pthread_t thread;

	prepare();
	CHECK_INT(pthread_create(&thread, NULL, thread_that_goes_on, (void *)&runs), 0);
	while (!runs)
		CHECK_INT(evhub_sleep(0.001), 0);
	exit(*(int *)arg);
}

TEST(while_other_threads_have_hubs)
{
	if (under_valgrind())
		SKIP("what the C library keeps for a thread that goes on is a leak to valgrind");
	check_exit(exits_while_a_thread_goes_on);
}
