/* What the tests of the hub share. */
#ifndef EVHUB_CTESTS_HUB_H
#define EVHUB_CTESTS_HUB_H

#include "harness.h"

#include <evhub.h>

/* Long enough that a wait which ends by it fails the test. */
#define LONG 1000.0

__attribute__((unused)) static int
under_valgrind(void)
{
	const char *preloads = getenv("LD_PRELOAD");

	return preloads != NULL && strstr(preloads, "vgpreload") != NULL;
}

__attribute__((unused)) static evhub_greenlet_t *
spawn(evhub_fn_t fn, void *arg)
{
	evhub_greenlet_t *g = evhub_spawn(fn, arg);

	CHECK(g != NULL);
	return g;
}

/* Everybody who is ready runs, up to where they wait. */
__attribute__((unused)) static void
run_others(void)
{
	CHECK_INT(evhub_yield(), 0);
}

/* Spawns, and lets it run to where it waits. */
__attribute__((unused)) static evhub_greenlet_t *
spawn_and_run(evhub_fn_t fn, void *arg)
{
	evhub_greenlet_t *g = spawn(fn, arg);

	run_others();
	return g;
}

/* Waits for the end, and gives the handle back; the value. */
__attribute__((unused)) static void *
end_of(evhub_greenlet_t *g)
{
	void *value;

	CHECK_INT(evhub_join(g, LONG), 0);
	value = evhub_value(g);
	evhub_release(g);
	return value;
}

/* A greenlet that never ends by itself, and takes no kill for an answer. */
__attribute__((unused)) static void *
stubborn(void *arg)
{
	for (;;) {
		evhub_kill_ack();
		evhub_sleep(LONG);
	}
	return arg;
}

__attribute__((unused)) static void *
sleeper(void *arg)
{
	evhub_sleep(LONG);
	return arg;
}

__attribute__((unused)) static void *
returns(void *arg)
{
	return arg;
}

__attribute__((unused)) static void *
may_not_run(void *arg)
{
	(void)arg;
	CHECK(!"it ran");
	return NULL;
}

#endif
