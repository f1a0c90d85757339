/*
 * Greenlet-locals: a value for each greenlet, destructors, inheritance.
 */
#include "hub.h"

static evhub_local_t *first, *second;
static int destroyed;

static void *
has_its_own(void *arg)
{
	CHECK_PTR(evhub_local_get(first), NULL);
	CHECK_INT(evhub_local_set(first, arg), 0);
	CHECK_INT(evhub_yield(), 0);
	CHECK_PTR(evhub_local_get(first), arg);
	CHECK_PTR(evhub_local_get(second), NULL);
	CHECK_INT(evhub_local_set(first, NULL), 0);
	CHECK_PTR(evhub_local_get(first), NULL);
	return arg;
}

TEST(a_value_for_each)
{
	int values[10];
	evhub_greenlet_t *all[10];
	size_t i;

	first = evhub_local_new(NULL);
	second = evhub_local_new(NULL);
	CHECK_INT(evhub_local_set(first, &values), 0);
	for (i = 0; i < COUNT(all); i++)
		all[i] = spawn(has_its_own, &values[i]);
	CHECK_INT(evhub_joinall(all, COUNT(all), 0, LONG), 0);
	CHECK_PTR(evhub_local_get(first), &values);
	for (i = 0; i < COUNT(all); i++)
		evhub_release(all[i]);
	evhub_local_free(first);
	evhub_local_free(second);
	evhub_local_free(NULL);
}

static void
destroy(void *value)
{
	/* In the greenlet, on its stack: it may wait. */
	CHECK(evhub_current() != NULL && evhub_current() != evhub_main());
	CHECK_INT(evhub_sleep(0.001), 0);
	destroyed += *(int *)value;
}

static void *
sets_both(void *arg)
{
	CHECK_INT(evhub_local_set(first, arg), 0);
	CHECK_INT(evhub_local_set(second, arg), 0);
	return NULL;
}

static void *
sets_and_waits(void *arg)
{
	sets_both(arg);
	evhub_sleep(LONG);
	CHECK_INT(evhub_kill_ack(), ECANCELED);
	return NULL;
}

TEST(destructors)
{
	int one = 1, ten = 10;
	evhub_greenlet_t *g;

	first = evhub_local_new(destroy);
	second = evhub_local_new(destroy);
	end_of(spawn(sets_both, &one));
	CHECK_INT(destroyed, 2);
	g = spawn_and_run(sets_and_waits, &ten);
	CHECK_INT(evhub_kill(g, 0, -1), 0);
	CHECK_INT(destroyed, 22);
	evhub_release(g);
	/* A local that is freed before: values go as they would have. */
	g = spawn_and_run(sets_and_waits, &ten);
	evhub_local_free(first);
	CHECK_INT(evhub_kill(g, 0, -1), 0);
	CHECK_INT(destroyed, 42);
	evhub_release(g);
	evhub_local_free(second);
}

static void
sets_again(void *value)
{
	destroyed++;
	CHECK_INT(evhub_local_set(first, value), 0);
}

static void *
sets_first(void *arg)
{
	CHECK_INT(evhub_local_set(first, arg), 0);
	return NULL;
}

/* One that sets its own value anew is called four times in all, as POSIX has it. */
TEST(a_destructor_that_sets_again)
{
	int one = 1;

	first = evhub_local_new(sets_again);
	end_of(spawn(sets_first, &one));
	CHECK_INT(destroyed, 4);
	evhub_local_free(first);
}

static void *
has_inherited(void *arg)
{
	CHECK_PTR(evhub_local_get(first), arg);
	CHECK_PTR(evhub_local_get(second), NULL);
	CHECK_INT(evhub_local_set(first, NULL), 0);
	return NULL;
}

TEST(inherited)
{
	evhub_attr_t attr = EVHUB_ATTR_INIT;
	int one = 1;
	evhub_greenlet_t *g;

	attr.flags = EVHUB_INHERIT_LOCALS;
	/* Of a maker without any. */
	end_of(evhub_spawn_with(&attr, returns, NULL));
	first = evhub_local_new(NULL);
	second = evhub_local_new(destroy);
	CHECK_INT(evhub_local_set(first, &one), 0);
	CHECK_INT(evhub_local_set(second, &one), 0);
	g = evhub_spawn_with(&attr, has_inherited, &one);
	/* Those of when it was made. */
	CHECK_INT(evhub_local_set(first, NULL), 0);
	end_of(g);
	CHECK_INT(destroyed, 0);
	CHECK_INT(evhub_local_set(first, &one), 0);
	CHECK_INT(evhub_local_set(second, NULL), 0);
	evhub_local_free(first);
	evhub_local_free(second);
}

/* A number of a freed local's is not used again. */
TEST(another_local_has_no_old_values)
{
	int one = 1;

	first = evhub_local_new(NULL);
	CHECK_INT(evhub_local_set(first, &one), 0);
	evhub_local_free(first);
	first = evhub_local_new(NULL);
	CHECK_PTR(evhub_local_get(first), NULL);
	evhub_local_free(first);
}

TEST(many)
{
	evhub_local_t *all[200];
	size_t i;

	for (i = 0; i < COUNT(all); i++) {
		CHECK((all[i] = evhub_local_new(NULL)) != NULL);
		CHECK_INT(evhub_local_set(all[i], &all[i]), 0);
	}
	for (i = 0; i < COUNT(all); i++) {
		CHECK_PTR(evhub_local_get(all[i]), &all[i]);
		evhub_local_free(all[i]);
	}
}

static void
in_the_loop(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	CHECK_PTR(evhub_local_get(first), *(void **)arg);
	CHECK_INT(evhub_local_set(first, arg), 0);
	*(void **)arg = arg;
}

TEST(the_loops_callbacks_share_one)
{
	void *value = NULL;
	struct event ev;

	init_base();
	first = evhub_local_new(NULL);
	CHECK_INT(evhub_local_set(first, &first), 0);
	evtimer_set(&ev, in_the_loop, &value);
	CHECK_INT(add_ms(&ev, 0), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(add_ms(&ev, 0), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_PTR(value, &value);
	CHECK_PTR(evhub_local_get(first), &first);
	evhub_local_free(first);
}
