/*
 * Waiting for the end of greenlets: one's own (G08), by many (G09), times (G27), several.
 */
#include "hub.h"

#include <math.h>

static evhub_greenlet_t *target;
static int joined;

static void *
joins_target(void *arg)
{
	CHECK_INT(evhub_join(target, -1), 0);
	joined++;
	CHECK_INT(evhub_join(target, -1), 0);
	return arg;
}

static void *
sleeps_a_little(void *arg)
{
	CHECK_INT(evhub_sleep(0.005), 0);
	return arg;
}

TEST(twice_and_by_many)
{
	evhub_greenlet_t *all[100];
	size_t i;

	target = spawn(sleeps_a_little, NULL);
	for (i = 0; i < COUNT(all); i++)
		all[i] = spawn(joins_target, NULL);
	CHECK_INT(evhub_joinall(all, COUNT(all), 0, LONG), 0);
	CHECK_INT(joined, COUNT(all));
	CHECK_INT(evhub_join(target, 0), 0);
	for (i = 0; i < COUNT(all); i++)
		evhub_release(all[i]);
	evhub_release(target);
}

static void *
joins_itself(void *arg)
{
	evhub_greenlet_t *me = evhub_current();

	CHECK_ERRNO(evhub_join(me, -1), EDEADLK);
	CHECK_ERRNO(evhub_join(me, 1), EDEADLK);
	CHECK_ERRNO(evhub_get(me, NULL, -1), EDEADLK);
	CHECK_ERRNO(evhub_joinall(&me, 1, 0, -1), EDEADLK);
	return arg;
}

TEST(oneself)
{
	evhub_greenlet_t *me = evhub_main();

	end_of(spawn(joins_itself, NULL));
	CHECK_ERRNO(evhub_join(me, -1), EDEADLK);
}

TEST(for_a_time)
{
	evhub_greenlet_t *g = spawn_and_run(sleeper, NULL);
	double tiny[] = { 1e-9, 1e-6, 1e-300 };
	int64_t start = now_ns();
	size_t i;

	CHECK_ERRNO(evhub_join(g, 0.01), ETIMEDOUT);
	CHECK_ELAPSED(start, 10);
	CHECK_ERRNO(evhub_get(g, NULL, 0.001), ETIMEDOUT);
	CHECK_ERRNO(evhub_joinall(&g, 1, 0, 0.001), ETIMEDOUT);
	CHECK_ERRNO(evhub_joinall(&g, 1, EVHUB_RAISE, 0.001), ETIMEDOUT);
	CHECK_ERRNO(evhub_join(g, 0), EAGAIN);
	CHECK_ERRNO(evhub_get(g, NULL, 0), EAGAIN);
	CHECK_ERRNO(evhub_joinall(&g, 1, 0, 0), EAGAIN);
	CHECK_ERRNO(evhub_joinall(&g, 1, EVHUB_RAISE, 0), EAGAIN);
	CHECK_ERRNO(evhub_join(g, NAN), EINVAL);
	CHECK_ERRNO(evhub_get(g, NULL, NAN), EINVAL);
	CHECK_ERRNO(evhub_joinall(&g, 1, 0, NAN), EINVAL);
	for (i = 0; i < COUNT(tiny); i++)
		CHECK_ERRNO(evhub_join(g, tiny[i]), ETIMEDOUT);
	CHECK_INT(evhub_kill(g, 0, 0), 0);
	CHECK_INT(evhub_join(g, 1e300), 0);
	CHECK_INT(evhub_join(g, NAN) == -1, 1);
	evhub_release(g);
}

TEST(for_ever_in_every_way_of_saying_so)
{
	double times[] = { -1, -1e-300, -1e300, -INFINITY, INFINITY, 1e300, 1e18 };
	size_t i;

	for (i = 0; i < COUNT(times); i++) {
		target = spawn(sleeps_a_little, NULL);
		CHECK_INT(evhub_join(target, times[i]), 0);
		CHECK_INT(evhub_joinall(&target, 1, 0, times[i]), 0);
		evhub_release(target);
	}
}

TEST(a_value_that_is_not_there_yet_is_left_alone)
{
	void *value = &value;

	target = spawn(sleeps_a_little, &target);
	CHECK_ERRNO(evhub_get(target, &value, 0.0001), ETIMEDOUT);
	CHECK_PTR(value, &value);
	CHECK_INT(evhub_get(target, &value, -1), 0);
	CHECK_PTR(value, &target);
	CHECK_INT(evhub_get(target, NULL, -1), 0);
	evhub_release(target);
}

static void *
fails(void *arg)
{
	(void)arg;
	CHECK_INT(evhub_sleep(0.001), 0);
	return evhub_fail(EIO, NULL);
}

TEST(several)
{
	evhub_greenlet_t *all[4];
	int64_t start = now_ns();
	int i;

	capture_log();
	all[0] = spawn(fails, NULL);
	all[1] = evhub_spawn_later(0.01, returns, NULL);
	all[2] = all[0];
	all[3] = spawn(sleeper, NULL);
	/* The first failure ends it, in whatever place. */
	CHECK_ERRNO(evhub_joinall(all, 4, EVHUB_RAISE, -1), EIO);
	CHECK_INT(evhub_state(all[3]), EVHUB_WAITING);
	CHECK_INT(evhub_joinall(all, 3, 0, -1), 0);
	CHECK_ELAPSED(start, 10);
	CHECK_ERRNO(evhub_joinall(all, 4, 0, 0.01), ETIMEDOUT);
	CHECK_INT(evhub_kill(all[3], 0, -1), 0);
	CHECK_INT(evhub_joinall(all, 4, 0, 0), 0);
	/* A kill is no failure. */
	CHECK_INT(evhub_joinall(all + 1, 1, EVHUB_RAISE, 0), 0);
	CHECK_INT(evhub_joinall(all + 3, 1, EVHUB_RAISE, 0), 0);
	CHECK_ERRNO(evhub_joinall(all, 1, EVHUB_RAISE, 0), EIO);
	for (i = 0; i < 4; i++) {
		if (i != 2)
			evhub_release(all[i]);
	}
}

TEST(none)
{
	evhub_greenlet_t *nobody = NULL;

	CHECK_INT(evhub_joinall(NULL, 0, 0, -1), 0);
	CHECK_INT(evhub_joinall(NULL, 0, EVHUB_RAISE, -1), 0);
	CHECK_ERRNO(evhub_joinall(NULL, 1, 0, -1), EINVAL);
	CHECK_ERRNO(evhub_joinall(&nobody, 1, 0, -1), EINVAL);
	CHECK_ERRNO(evhub_joinall(NULL, 0, 2, -1), EINVAL);
	CHECK_ERRNO(evhub_join(NULL, -1), EINVAL);
	CHECK_ERRNO(evhub_get(NULL, NULL, -1), EINVAL);
}

/* The handle goes while somebody waits. */
static void *
releases_target(void *arg)
{
	evhub_release(target);
	return arg;
}

TEST(the_last_handle_is_given_back_meanwhile)
{
	target = spawn_and_run(sleeps_a_little, NULL);
	CHECK_INT(evhub_go(releases_target, NULL), 0);
	CHECK_INT(evhub_join(target, -1), 0);
	run_others();
	target = spawn_and_run(sleeps_a_little, &joined);
	CHECK_INT(evhub_go(releases_target, NULL), 0);
	CHECK_INT(evhub_joinall(&target, 1, 0, -1), 0);
}

static void *
starts_target(void *arg)
{
	CHECK_INT(evhub_start(target), 0);
	return arg;
}

TEST(one_that_is_started_meanwhile)
{
	target = evhub_new(NULL, returns, &target);
	CHECK_INT(evhub_go(starts_target, NULL), 0);
	CHECK_INT(evhub_join(target, -1), 0);
	CHECK_PTR(end_of(target), &target);
}
