/*
 * Deadlocks: nothing can ever wake the main greenlet; what counts as hope; the report.
 */
#include "child.h"
#include "hub.h"

static evhub_flag_t *flag;
static evhub_semaphore_t *semaphore;

static void *
waits_for_flag(void *arg)
{
	CHECK_INT(evhub_flag_wait(flag, -1), 1);
	return arg;
}

static void *
acquires(void *arg)
{
	CHECK_INT(evhub_semaphore_acquire(semaphore, -1), 0);
	return arg;
}

TEST(alone)
{
	flag = evhub_flag_new();
	capture_log();
	CHECK_ERRNO(evhub_flag_wait(flag, -1), EDEADLK);
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
	CHECK_STR(last_log(), "evhub: deadlock: main waits for flag, 0 other greenlets wait");
	/* Nothing is broken. */
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(evhub_flag_wait(flag, -1), 1);
	evhub_flag_free(flag);
}

TEST(for_ever)
{
	capture_log();
	CHECK_ERRNO(evhub_sleep(1.0 / 0.0), EDEADLK);
}

TEST(the_others_stay_parked)
{
	evhub_greenlet_t *a, *b;

	capture_log();
	flag = evhub_flag_new();
	semaphore = evhub_semaphore_new(0, 0);
	a = spawn(waits_for_flag, flag);
	b = spawn(acquires, NULL);
	CHECK_ERRNO(evhub_join(b, -1), EDEADLK);
	CHECK_INT(evhub_state(a), EVHUB_WAITING);
	CHECK_INT(evhub_state(b), EVHUB_WAITING);
	CHECK_ERRNO(evhub_get(a, NULL, -1), EDEADLK);
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_PTR(end_of(a), flag);
	CHECK_INT(evhub_semaphore_release(semaphore), 0);
	CHECK_PTR(end_of(b), NULL);
	evhub_flag_free(flag);
	evhub_semaphore_free(semaphore);
}

static void
stuck(void *arg)
{
	evhub_attr_t attr = EVHUB_ATTR_INIT;
	evhub_greenlet_t *unstarted;
	int i;

	(void)arg;
	flag = evhub_flag_new();
	semaphore = evhub_semaphore_new(0, 0);
	attr.name = "reader";
	CHECK(evhub_spawn_with(&attr, waits_for_flag, NULL) != NULL);
	attr.name = "writer";
	CHECK(evhub_spawn_with(&attr, acquires, NULL) != NULL);
	CHECK(evhub_spawn(acquires, NULL) != NULL);
	unstarted = evhub_new(NULL, acquires, NULL);
	CHECK(unstarted != NULL);
	CHECK_ERRNO(evhub_semaphore_wait(semaphore, -1), EDEADLK);
	/* Not told for ever. */
	for (i = 0; i < 100; i++)
		CHECK_ERRNO(evhub_flag_wait(flag, -1), EDEADLK);
	evhub_release(unstarted);
}

static int
lines_with(const char *text, const char *part)
{
	int lines = 0;

	while ((text = strstr(text, part)) != NULL) {
		lines++;
		text += strlen(part);
	}
	return lines;
}

TEST_ONCE(the_report_names_all_who_wait)
{
	struct child_end end;

	run_child(&end, stuck, NULL);
	CHECK_INT(end.status, 0);
	CHECK(strstr(end.err, "main waits for semaphore, 3 other greenlets wait\n") != NULL);
	CHECK(strstr(end.err, "deadlock: reader waits for flag (0x") != NULL);
	CHECK(strstr(end.err, "deadlock: writer waits for semaphore (0x") != NULL);
	CHECK(strstr(end.err, "deadlock: greenlet-4 waits for semaphore (0x") != NULL);
	CHECK_INT(lines_with(end.err, "main waits for"), 10);
}

/* Of many, a hundred are named. */
TEST_ONCE(the_report_of_many)
{
	int i;

	capture_log();
	flag = evhub_flag_new();
	for (i = 0; i < 150; i++)
		CHECK_INT(evhub_go(waits_for_flag, NULL), 0);
	CHECK_ERRNO(evhub_flag_wait(flag, -1), EDEADLK);
	CHECK_INT(logged(_EVENT_LOG_WARN), 102);
	CHECK_STR(last_log(), "evhub: deadlock: and 50 more");
}

static void *
joins(void *arg)
{
	evhub_join(*(evhub_greenlet_t **)arg, -1);
	return arg;
}

TEST(two_that_join_each_other)
{
	evhub_greenlet_t *a, *b;

	capture_log();
	a = spawn(joins, &b);
	b = spawn(joins, &a);
	CHECK_ERRNO(evhub_join(a, -1), EDEADLK);
	CHECK_INT(evhub_state(a), EVHUB_WAITING);
	CHECK_INT(evhub_kill(a, 0, -1), 0);
	CHECK_INT(evhub_join(b, -1), 0);
	evhub_release(a);
	evhub_release(b);
}

/* Greenlets that sleep, timeouts, and events are hope. */
static void *
sets_flag(void *arg)
{
	CHECK_INT(evhub_sleep(0.005), 0);
	CHECK_INT(evhub_flag_set(flag), 0);
	return arg;
}

static void
sets(int fd, short what, void *arg)
{
	(void)what;
	(void)arg;
	if (fd >= 0 && fd != SIGUSR1)
		drain(fd);
	CHECK_INT(evhub_flag_set(flag), 0);
}

TEST(what_may_wake_it_is_hope)
{
	struct event timer, signal, reader;
	int fds[2];

	init_base();
	flag = evhub_flag_new();
	CHECK_INT(evhub_go(sets_flag, NULL), 0);
	CHECK_INT(evhub_flag_wait(flag, -1), 1);
	evhub_flag_clear(flag);
	evtimer_set(&timer, sets, NULL);
	CHECK_INT(add_ms(&timer, 5), 0);
	CHECK_INT(evhub_flag_wait(flag, -1), 1);
	evhub_flag_clear(flag);
	make_pipe(fds);
	event_set(&reader, fds[0], EV_READ, sets, NULL);
	CHECK_INT(event_add(&reader, NULL), 0);
	CHECK_ERRNO(evhub_flag_wait(flag, 0.005), ETIMEDOUT);
	put_byte(fds[1]);
	CHECK_INT(evhub_flag_wait(flag, -1), 1);
	evhub_flag_clear(flag);
	signal_set(&signal, SIGUSR1, sets, NULL);
	CHECK_INT(signal_add(&signal, NULL), 0);
	if (fork_child() == 0) {
		sleep_ms(5);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	CHECK_INT(evhub_flag_wait(flag, -1), 1);
	CHECK_INT(signal_del(&signal), 0);
	evhub_flag_clear(flag);
	capture_log();
	CHECK_ERRNO(evhub_flag_wait(flag, -1), EDEADLK);
	evhub_flag_free(flag);
}

static void
async_cb(void *arg)
{
	(void)arg;
	CHECK_INT(evhub_flag_set(flag), 0);
}

TEST(an_async_handle_is_hope)
{
	evhub_async_t *async;

	init_base();
	flag = evhub_flag_new();
	async = evhub_async_new(evhub_base(), async_cb, NULL);
	CHECK(async != NULL);
	CHECK_ERRNO(evhub_flag_wait(flag, 0.005), ETIMEDOUT);
	CHECK_INT(evhub_async_send(async), 0);
	CHECK_INT(evhub_flag_wait(flag, -1), 1);
	evhub_async_free(async);
	evhub_flag_clear(flag);
	capture_log();
	CHECK_ERRNO(evhub_flag_wait(flag, -1), EDEADLK);
	evhub_flag_free(flag);
}

/* The hub's own signals: SIGINT that is caught is none, a signal that spawns is. */
TEST(signals_of_the_hubs)
{
	evhub_signal_t *s;

	init_base();
	flag = evhub_flag_new();
	capture_log();
	CHECK_INT(evhub_catch_sigint(1), 0);
	CHECK_ERRNO(evhub_flag_wait(flag, -1), EDEADLK);
	s = evhub_signal(SIGUSR1, sets_flag, NULL);
	CHECK(s != NULL);
	if (fork_child() == 0) {
		sleep_ms(5);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	CHECK_INT(evhub_flag_wait(flag, -1), 1);
	evhub_signal_cancel(s);
	evhub_flag_clear(flag);
	CHECK_ERRNO(evhub_flag_wait(flag, -1), EDEADLK);
	CHECK_INT(evhub_catch_sigint(0), 0);
	evhub_flag_free(flag);
}

static void *
dispatches(void *arg)
{
	CHECK_INT(event_base_dispatch(evhub_base()), 1);
	++*(int *)arg;
	return arg;
}

/* A loop of a greenlet's that has nothing to do returns; the deadlock is told then. */
TEST(within_a_loop_of_a_greenlets)
{
	int returned = 0;

	init_base();
	capture_log();
	flag = evhub_flag_new();
	CHECK_INT(evhub_go(dispatches, &returned), 0);
	CHECK_ERRNO(evhub_flag_wait(flag, -1), EDEADLK);
	CHECK_INT(returned, 1);
	evhub_flag_free(flag);
}

/* A loop of the program's returns, and whoever waits stays parked. */
TEST(within_a_loop_of_the_programs)
{
	evhub_greenlet_t *g;

	init_base();
	flag = evhub_flag_new();
	g = spawn(waits_for_flag, flag);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(evhub_state(g), EVHUB_WAITING);
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(evhub_state(g), EVHUB_DONE);
	evhub_release(g);
	evhub_flag_free(flag);
}

/* One that waits again after each deadlock neither spins nor loses what comes. */
TEST(again_and_again)
{
	int i;

	capture_log();
	flag = evhub_flag_new();
	for (i = 0; i < 1000; i++) {
		CHECK_ERRNO(evhub_flag_wait(flag, -1), EDEADLK);
		if (i % 10 == 0)
			CHECK_INT(evhub_sleep(0.0001), 0);
	}
	evhub_flag_free(flag);
}
