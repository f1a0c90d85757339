/*
 * Killing: at every call that waits, before the start and after the end (G04, G05); what comes
 * together with a kill.
 */
#include "hub.h"

static double patience;
static evhub_greenlet_t *other;
static evhub_flag_t *flag;
static evhub_result_t *result;
static evhub_semaphore_t *semaphore;

static int sleeps(void) { return evhub_sleep(LONG); }
static int joins(void) { return evhub_join(other, patience); }
static int gets(void) { return evhub_get(other, NULL, patience); }
static int joins_all(void) { return evhub_joinall(&other, 1, 0, patience); }
static int joins_one_that_fails(void) { return evhub_joinall(&other, 1, EVHUB_RAISE, patience); }
static int kills(void) { return evhub_kill(other, 0, patience); }
static int kills_all(void) { return evhub_killall(&other, 1, 0, patience); }
static int waits_for_flag(void) { return evhub_flag_wait(flag, patience); }
static int waits_for_result(void) { return evhub_result_wait(result, patience); }
static int gets_result(void) { return evhub_result_get(result, NULL, patience); }
static int acquires(void) { return evhub_semaphore_acquire(semaphore, patience); }
static int waits_for_semaphore(void) { return evhub_semaphore_wait(semaphore, patience); }

static int
yields(void)
{
	while (evhub_yield() == 0)
		;
	return -1;
}

static int
waits_for_several(void)
{
	evhub_waitable_t *all[2] = { evhub_flag_waitable(flag), evhub_greenlet_waitable(other) };

	return evhub_wait(all, 2, 1, patience);
}

static int
waits_for_the_next(void)
{
	evhub_waitable_t *all[2] = { evhub_flag_waitable(flag), evhub_greenlet_waitable(other) };
	evhub_iwait_t *it = evhub_iwait_new(all, 2);
	int error;

	CHECK(it != NULL);
	CHECK_INT(evhub_iwait_next(it, NULL, patience), -1);
	error = errno;
	evhub_iwait_free(it);
	errno = error;
	return -1;
}

static void *
sleeps_within(void *arg)
{
	(void)arg;
	CHECK_ERRNO(evhub_sleep(LONG), ECANCELED);
	return evhub_fail(ECANCELED, NULL);
}

static int
sleeps_with_limit(void)
{
	return evhub_with_timeout(patience, sleeps_within, NULL, NULL);
}

static const struct point {
	const char *name;
	int (*wait)(void);
} points[] = {
	{ "sleep", sleeps }, { "yield", yields }, { "join", joins }, { "get", gets },
	{ "joinall", joins_all }, { "joinall, EVHUB_RAISE", joins_one_that_fails },
	{ "kill", kills }, { "killall", kills_all }, { "flag_wait", waits_for_flag },
	{ "result_wait", waits_for_result }, { "result_get", gets_result },
	{ "semaphore_acquire", acquires }, { "semaphore_wait", waits_for_semaphore },
	{ "wait", waits_for_several }, { "iwait_next", waits_for_the_next },
	{ "with_timeout", sleeps_with_limit },
};

static void
make_world(void)
{
	CHECK((flag = evhub_flag_new()) != NULL);
	CHECK((result = evhub_result_new()) != NULL);
	CHECK((semaphore = evhub_semaphore_new(0, 0)) != NULL);
	other = spawn_and_run(stubborn, NULL);
}

static void
free_world(void)
{
	evhub_flag_free(flag);
	evhub_result_free(result);
	evhub_semaphore_free(semaphore);
	evhub_release(other);
}

/* Waits at a point; killed there, all points fail alike, until that is acknowledged. */
static void *
waits_at(void *arg)
{
	const struct point *point = arg;
	size_t i;

	errno = 0;
	CHECK_INT(point->wait(), -1);
	CHECK_INT(errno, ECANCELED);
	for (i = 0; i < COUNT(points); i++) {
		errno = 0;
		CHECK_INT(points[i].wait(), -1);
		if (errno != ECANCELED)
			test_fail(__FILE__, __LINE__, "%s: then %s: %d", point->name,
			    points[i].name, errno);
	}
	return NULL;
}

static void
kill_at_every_point(void)
{
	evhub_greenlet_t *g;
	size_t i;

	make_world();
	for (i = 0; i < COUNT(points); i++) {
		g = spawn_and_run(waits_at, (void *)&points[i]);
		CHECK(evhub_state(g) == EVHUB_WAITING || points[i].wait == yields);
		CHECK_INT(evhub_kill(g, 0, LONG), 0);
		CHECK_INT(evhub_state(g), EVHUB_KILLED);
		CHECK_INT(evhub_get(g, NULL, 0), 0);
		CHECK_PTR(evhub_value(g), EVHUB_EXIT);
		CHECK_INT(evhub_error(g), 0);
		evhub_release(g);
	}
	/* Nobody is left in any line. */
	CHECK_INT(evhub_semaphore_release(semaphore), 0);
	CHECK_INT(evhub_semaphore_value(semaphore), 1);
	free_world();
}

TEST(at_every_call_that_waits)
{
	patience = -1;
	kill_at_every_point();
}

TEST_ONCE(at_every_call_that_waits_for_a_time)
{
	patience = LONG;
	kill_at_every_point();
}

TEST_ONCE(before_it_has_run)
{
	evhub_greenlet_t *all[3] = {
		evhub_new(NULL, may_not_run, NULL),
		spawn(may_not_run, NULL),
		evhub_spawn_later(0.001, may_not_run, NULL),
	};
	size_t i;

	for (i = 0; i < COUNT(all); i++) {
		CHECK(all[i] != NULL);
		CHECK_INT(evhub_kill(all[i], 0, i == 1 ? 0 : -1), 0);
		CHECK_INT(evhub_state(all[i]), EVHUB_KILLED);
		CHECK_INT(evhub_join(all[i], 0), 0);
		CHECK_PTR(evhub_value(all[i]), EVHUB_EXIT);
		CHECK_ERRNO(evhub_start(all[i]), EINVAL);
		CHECK_ERRNO(evhub_start_later(all[i], 0.001), EINVAL);
		CHECK_INT(evhub_kill(all[i], 0, -1), 0);
	}
	CHECK_INT(evhub_sleep(0.005), 0);
	for (i = 0; i < COUNT(all); i++)
		evhub_release(all[i]);
}

TEST_ONCE(before_it_has_run_with_an_error)
{
	evhub_greenlet_t *g = spawn(may_not_run, NULL);

	CHECK_INT(evhub_kill(g, EIO, 0), 0);
	CHECK_INT(evhub_state(g), EVHUB_FAILED);
	CHECK_INT(evhub_error(g), EIO);
	CHECK_ERRNO(evhub_get(g, NULL, -1), EIO);
	CHECK_PTR(evhub_value(g), NULL);
	run_others();
	evhub_release(g);
}

TEST_ONCE(those_who_wait_for_one_that_never_runs_are_told)
{
	evhub_greenlet_t *g = evhub_new(NULL, may_not_run, NULL);
	evhub_greenlet_t *waits;

	other = g;
	patience = -1;
	waits = spawn_and_run((evhub_fn_t)(void (*)(void))gets, NULL);
	CHECK_INT(evhub_state(waits), EVHUB_WAITING);
	CHECK_INT(evhub_kill(g, 0, 0), 0);
	CHECK_INT(evhub_join(waits, LONG), 0);
	evhub_release(waits);
	evhub_release(g);
}

TEST_ONCE(after_its_end)
{
	evhub_greenlet_t *g = spawn_and_run(returns, &patience);

	CHECK_INT(evhub_kill(g, EIO, -1), 0);
	CHECK_INT(evhub_state(g), EVHUB_DONE);
	CHECK_PTR(evhub_value(g), &patience);
	CHECK_INT(evhub_error(g), 0);
	evhub_release(g);
}

static void *
kills_itself(void *arg)
{
	double timeout = *(double *)arg;

	CHECK_ERRNO(evhub_kill(evhub_current(), 0, timeout), ECANCELED);
	CHECK_ERRNO(evhub_sleep(0), ECANCELED);
	return NULL;
}

TEST_ONCE(oneself)
{
	double timeouts[] = { 0, -1, 0.001 };
	evhub_greenlet_t *g;
	size_t i;

	for (i = 0; i < COUNT(timeouts); i++) {
		g = spawn(kills_itself, &timeouts[i]);
		CHECK_INT(evhub_join(g, LONG), 0);
		CHECK_INT(evhub_state(g), EVHUB_KILLED);
		CHECK_PTR(end_of(g), EVHUB_EXIT);
	}
}

static void *
kills_main(void *arg)
{
	CHECK_INT(evhub_kill(evhub_main(), *(int *)arg, 0), 0);
	return NULL;
}

TEST(the_main_greenlet)
{
	int errors[] = { 0, EIO };
	evhub_greenlet_t *g;
	size_t i;

	for (i = 0; i < COUNT(errors); i++) {
		int want = errors[i] != 0 ? errors[i] : ECANCELED;

		g = spawn(kills_main, &errors[i]);
		CHECK_ERRNO(evhub_sleep(LONG), want);
		CHECK_ERRNO(evhub_yield(), want);
		CHECK_INT(evhub_kill_ack(), want);
		CHECK_INT(evhub_kill_ack(), 0);
		CHECK_INT(evhub_sleep(0.001), 0);
		evhub_release(g);
	}
}

static void *
takes_then_fails(void *arg)
{
	int (*take)(void) = *(int (**)(void))arg;

	CHECK(take() >= 0);
	CHECK_ERRNO(evhub_sleep(0), ECANCELED);
	return NULL;
}

static void *
kills_without_waiting(void *arg)
{
	CHECK_INT(evhub_kill(arg, 0, 0), 0);
	return NULL;
}

/* What was handed over is not undone by a kill that comes before its owner runs. */
TEST_ONCE(what_came_before_the_kill_wins)
{
	int (*takes[])(void) = { waits_for_flag, gets_result, acquires, waits_for_semaphore,
		joins };
	evhub_greenlet_t *g;
	size_t i;

	for (i = 0; i < COUNT(takes); i++) {
		patience = i % 2 == 0 ? -1 : LONG;
		make_world();
		if (takes[i] == joins) {
			evhub_release(other);
			other = spawn_and_run(sleeper, NULL);
		}
		g = spawn_and_run(takes_then_fails, &takes[i]);
		CHECK_INT(evhub_state(g), EVHUB_WAITING);
		CHECK_INT(evhub_flag_set(flag), 0);
		CHECK_INT(evhub_result_set(result, NULL), 0);
		CHECK_INT(evhub_semaphore_release(semaphore), 0);
		if (takes[i] == joins) {
			/* It ends before the killer runs, and that before the one who joins. */
			CHECK_INT(evhub_kill(other, 0, 0), 0);
			CHECK_INT(evhub_go(kills_without_waiting, g), 0);
			CHECK_INT(evhub_join(g, LONG), 0);
		}
		CHECK_INT(evhub_kill(g, 0, -1), 0);
		CHECK_INT(evhub_state(g), EVHUB_KILLED);
		CHECK_INT(evhub_semaphore_value(semaphore), takes[i] == acquires ? 0 : 1);
		evhub_release(g);
		free_world();
	}
}

/* And what comes after it goes to somebody else. */
TEST_ONCE(what_comes_after_the_kill_is_not_lost)
{
	evhub_greenlet_t *g;

	patience = -1;
	make_world();
	g = spawn_and_run(waits_at, (void *)&points[11]);
	CHECK_STR(points[11].name, "semaphore_acquire");
	CHECK_INT(evhub_kill(g, 0, 0), 0);
	CHECK_INT(evhub_semaphore_release(semaphore), 0);
	CHECK_INT(evhub_semaphore_value(semaphore), 1);
	CHECK_INT(evhub_kill(g, 0, -1), 0);
	CHECK_INT(evhub_semaphore_value(semaphore), 1);
	evhub_release(g);
}

static void *
acquires_in_time(void *arg)
{
	(void)arg;
	CHECK_INT(evhub_semaphore_acquire(semaphore, 0.005), 0);
	return NULL;
}

TEST_ONCE(what_came_before_the_timeout_wins)
{
	evhub_greenlet_t *g;

	make_world();
	g = spawn_and_run(acquires_in_time, NULL);
	sleep_ms(10);
	CHECK_INT(evhub_semaphore_release(semaphore), 0);
	end_of(g);
	CHECK_INT(evhub_semaphore_value(semaphore), 0);
}

static void *
does_what_does_not_wait(void *arg)
{
	(void)arg;
	CHECK_ERRNO(evhub_sleep(LONG), ECANCELED);
	CHECK_INT(evhub_semaphore_release(semaphore), 0);
	CHECK_INT(evhub_semaphore_acquire(semaphore, 0), 0);
	CHECK_ERRNO(evhub_semaphore_acquire(semaphore, 0), EAGAIN);
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(evhub_flag_wait(flag, 0), 1);
	CHECK_INT(evhub_result_set(result, &flag), 0);
	CHECK_INT(evhub_result_get(result, NULL, 0), 0);
	CHECK_ERRNO(evhub_join(other, 0), EAGAIN);
	CHECK_INT(evhub_kill(other, 0, 0), 0);
	return NULL;
}

TEST_ONCE(calls_that_do_not_wait_are_not_cancelled)
{
	evhub_greenlet_t *g;

	make_world();
	g = spawn_and_run(does_what_does_not_wait, NULL);
	CHECK_INT(evhub_kill(g, 0, -1), 0);
	CHECK_INT(evhub_state(g), EVHUB_KILLED);
	evhub_release(g);
}

static void
kills_from_the_loop(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	CHECK_ERRNO(evhub_kill(arg, 0, -1), EPERM);
	CHECK_INT(evhub_kill(arg, 0, 0), 0);
	CHECK_INT(evhub_killall((evhub_greenlet_t **)&arg, 1, 0, 0), 0);
	CHECK_INT(evhub_kill_ack(), 0);
}

TEST(from_a_callback_of_the_loop)
{
	evhub_greenlet_t *g;
	struct event ev;

	init_base();
	g = spawn(sleeper, NULL);
	evtimer_set(&ev, kills_from_the_loop, g);
	CHECK_INT(add_ms(&ev, 1), 0);
	CHECK_INT(evhub_join(g, LONG), 0);
	CHECK_INT(evhub_state(g), EVHUB_KILLED);
	evhub_release(g);
}

static void *
kills_its_waiter(void *arg)
{
	CHECK_INT(evhub_kill(evhub_main(), 0, 0), 0);
	return arg;
}

/* Killed in the same turn in which what it waits for ends. */
TEST_ONCE(a_join_that_is_killed_as_its_greenlet_ends)
{
	evhub_greenlet_t *g = spawn(kills_its_waiter, NULL);

	CHECK_ERRNO(evhub_join(g, -1), ECANCELED);
	CHECK_INT(evhub_kill_ack(), ECANCELED);
	CHECK_INT(evhub_state(g), EVHUB_DONE);
	CHECK_INT(evhub_join(g, -1), 0);
	evhub_release(g);
}
