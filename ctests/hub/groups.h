/* What the tests of groups share. */
#ifndef EVHUB_CTESTS_HUB_GROUPS_H
#define EVHUB_CTESTS_HUB_GROUPS_H

#include "hub.h"

/* A wait that ends by this has not ended by itself. */
#define TOO_LONG 100.0

#define AS_ARG(n) ((void *)(intptr_t)(n))

/* Waits for a flag; its value is the error of that. */
__attribute__((unused)) static void *
until(void *flag)
{
	return AS_ARG(evhub_flag_wait(flag, -1) == 1 ? 0 : errno);
}

__attribute__((unused)) static void *
ends_at_once(void *arg)
{
	return arg;
}

__attribute__((unused)) static void *
fails_with(void *error)
{
	return evhub_fail((int)(intptr_t)error, NULL);
}

__attribute__((unused)) static void *
never_runs(void *arg)
{
	CHECK(!"it was killed before");
	return arg;
}

/* Goes on until the flag is set, whoever kills it. */
__attribute__((unused)) static void *
lives_until(void *flag)
{
	while (evhub_flag_wait(flag, -1) != 1)
		evhub_kill_ack();
	return flag;
}

__attribute__((unused)) static evhub_group_t *
new_group(size_t limit)
{
	evhub_group_t *grp = evhub_group_new(limit);

	CHECK(grp != NULL);
	return grp;
}

__attribute__((unused)) static evhub_flag_t *
new_flag(void)
{
	evhub_flag_t *flag = evhub_flag_new();

	CHECK(flag != NULL);
	return flag;
}

/* Spawns a member that there is a place for. */
__attribute__((unused)) static evhub_greenlet_t *
start_in(evhub_group_t *grp, evhub_fn_t fn, void *arg)
{
	evhub_greenlet_t *g = evhub_group_spawn(grp, fn, arg, 0);

	CHECK(g != NULL);
	return g;
}

/* The same without a handle. */
__attribute__((unused)) static void
go_in(evhub_group_t *grp, evhub_fn_t fn, void *arg)
{
	evhub_release(start_in(grp, fn, arg));
}

/* A greenlet of no group. */
__attribute__((unused)) static evhub_greenlet_t *
start(evhub_fn_t fn, void *arg)
{
	evhub_greenlet_t *g = evhub_spawn(fn, arg);

	CHECK(g != NULL);
	return g;
}

/* Waits for its end and gives the handle back: the value. */
__attribute__((unused)) static void *
value_of(evhub_greenlet_t *g)
{
	void *value;

	CHECK_INT(evhub_join(g, TOO_LONG), 0);
	value = evhub_value(g);
	evhub_release(g);
	return value;
}

/* Everybody gets as far as possible. */
__attribute__((unused)) static void
settle(void)
{
	int i;

	for (i = 0; i < 8; i++)
		CHECK_INT(evhub_yield(), 0);
}

/* How many greenlets have not ended. */
__attribute__((unused)) static size_t
alive(void)
{
	evhub_stats_t stats;

	stats.size = sizeof(stats);
	CHECK_INT(evhub_stats(&stats), 0);
	return stats.alive;
}

/* Nobody is left, and nothing: valgrind looks. */
__attribute__((unused)) static void
end_with(evhub_group_t *grp)
{
	settle();
	CHECK_INT(alive(), 0);
	CHECK_INT(evhub_group_size(grp), 0);
	evhub_group_free(grp);
	CHECK_INT(evhub_shutdown(), 0);
}

#endif
