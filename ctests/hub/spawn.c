/*
 * Making greenlets: when they run, attributes, names, values and errors, handles (G04).
 */
#include "hub.h"

#include <math.h>

static void *
says(void *text)
{
	trace(text);
	return text;
}

static void *
says_twice(void *text)
{
	trace(text);
	CHECK_INT(evhub_yield(), 0);
	trace(text);
	return text;
}

TEST(in_order_when_the_caller_gives_way)
{
	const char *names[] = { "a", "b", "c", "d" };
	evhub_greenlet_t *all[4];
	int i;

	for (i = 0; i < 4; i++) {
		all[i] = spawn(says_twice, (void *)names[i]);
		CHECK_INT(evhub_state(all[i]), EVHUB_STARTED);
	}
	CHECK_STR(traced(), "");
	CHECK_INT(evhub_joinall(all, 4, 0, LONG), 0);
	CHECK_STR(traced(), "abcdabcd");
	for (i = 0; i < 4; i++)
		CHECK_PTR(end_of(all[i]), names[i]);
}

static void *
spawns_two(void *arg)
{
	trace("1");
	CHECK_INT(evhub_go(says, "3"), 0);
	CHECK_INT(evhub_go(says, "4"), 0);
	return arg;
}

TEST(those_who_are_spawned_later_run_later)
{
	CHECK_INT(evhub_go(spawns_two, NULL), 0);
	CHECK_INT(evhub_go(says, "2"), 0);
	run_others();
	run_others();
	CHECK_STR(traced(), "1234");
}

TEST(after_a_time)
{
	int64_t start = now_ns();
	evhub_greenlet_t *late = evhub_spawn_later(0.02, says, "b");
	evhub_greenlet_t *soon = evhub_spawn_later(0.01, says, "a");
	evhub_greenlet_t *now = evhub_spawn_later(0, says, "0");

	CHECK_INT(evhub_state(late), EVHUB_STARTED);
	CHECK_ERRNO(evhub_start(late), EINVAL);
	CHECK_INT(evhub_join(soon, -1), 0);
	CHECK_ELAPSED(start, 10);
	CHECK_INT(evhub_join(late, -1), 0);
	CHECK_ELAPSED(start, 20);
	CHECK_STR(traced(), "0ab");
	evhub_release(late);
	evhub_release(soon);
	evhub_release(now);
	errno = 0;
	CHECK(evhub_spawn_later(-1, says, "x") == NULL && errno == EINVAL);
	errno = 0;
	CHECK(evhub_spawn_later(NAN, says, "x") == NULL && errno == EINVAL);
	errno = 0;
	CHECK(evhub_spawn_later(INFINITY, says, "x") == NULL && errno == EINVAL);
}

TEST(started_by_hand)
{
	evhub_greenlet_t *g = evhub_new(NULL, says, "a");

	CHECK_INT(evhub_state(g), EVHUB_NEW);
	run_others();
	CHECK_STR(traced(), "");
	CHECK_ERRNO(evhub_join(g, 0), EAGAIN);
	CHECK_INT(evhub_start(g), 0);
	CHECK_INT(evhub_state(g), EVHUB_STARTED);
	CHECK_ERRNO(evhub_start(g), EINVAL);
	CHECK_ERRNO(evhub_start_later(g, 0.001), EINVAL);
	CHECK_INT(evhub_join(g, -1), 0);
	CHECK_ERRNO(evhub_start(g), EINVAL);
	CHECK_STR(traced(), "a");
	evhub_release(g);
	g = evhub_new(NULL, says, "b");
	CHECK_ERRNO(evhub_start_later(g, -1), EINVAL);
	CHECK_INT(evhub_start_later(g, 0.005), 0);
	CHECK_ERRNO(evhub_start_later(g, 0.005), EINVAL);
	CHECK_ERRNO(evhub_start(g), EINVAL);
	CHECK_PTR(end_of(g), "b");
}

TEST(given_back_without_a_start)
{
	evhub_stats_t stats = { .size = sizeof(stats) };
	int i;

	for (i = 0; i < 1000; i++)
		evhub_release(evhub_new(NULL, says, "x"));
	run_others();
	CHECK_INT(evhub_stats(&stats), 0);
	CHECK_INT(stats.alive, 0);
	CHECK_INT(stats.stacks, stats.stacks_free + 1);
}

static void *
checks_itself(void *arg)
{
	CHECK(evhub_current() != evhub_main());
	CHECK_INT(evhub_state(evhub_current()), EVHUB_RUNNING);
	CHECK_INT(evhub_state(evhub_main()) == EVHUB_WAITING, 1);
	CHECK_STR(evhub_name(evhub_current()), "worker \xc3\xa9");
	return arg;
}

TEST(attributes)
{
	evhub_attr_t attr = EVHUB_ATTR_INIT;
	char name[] = "worker \xc3\xa9";
	evhub_greenlet_t *g;

	attr.name = name;
	attr.stack_size = 1 << 20;
	g = evhub_spawn_with(&attr, checks_itself, NULL);
	CHECK(g != NULL);
	memset(name, 'x', sizeof(name) - 1);
	end_of(g);
	attr.name = NULL;
	attr.delay = 0.005;
	g = evhub_spawn_with(&attr, says, "a");
	run_others();
	CHECK_STR(traced(), "");
	end_of(g);
	CHECK_STR(traced(), "a");
	end_of(evhub_spawn_with(NULL, says, "b"));
	/* It is not looked at. */
	attr.delay = 1000;
	g = evhub_new(&attr, says, "c");
	CHECK_INT(evhub_start(g), 0);
	end_of(g);
}

TEST_ONCE(attributes_that_there_are_not)
{
	evhub_attr_t good = EVHUB_ATTR_INIT, attr;

	attr = good;
	attr.size = 8;
	errno = 0;
	CHECK(evhub_spawn_with(&attr, says, "x") == NULL && errno == EINVAL);
	attr = good;
	attr.flags = 0x80;
	errno = 0;
	CHECK(evhub_spawn_with(&attr, says, "x") == NULL && errno == EINVAL);
	attr = good;
	attr.delay = -1;
	errno = 0;
	CHECK(evhub_spawn_with(&attr, says, "x") == NULL && errno == EINVAL);
	attr = good;
	attr.delay = NAN;
	errno = 0;
	CHECK(evhub_spawn_with(&attr, says, "x") == NULL && errno == EINVAL);
	attr = good;
	attr.stack_size = (size_t)2 << 30;
	errno = 0;
	CHECK(evhub_spawn_with(&attr, says, "x") == NULL && errno == EINVAL);
	attr.stack_size = SIZE_MAX;
	errno = 0;
	CHECK(evhub_spawn_with(&attr, says, "x") == NULL && errno == EINVAL);
	/* A later program's, with more fields. */
	attr = good;
	attr.size = sizeof(attr) + 64;
	CHECK_PTR(end_of(evhub_spawn_with(&attr, returns, &good)), &good);
	errno = 0;
	CHECK(evhub_spawn(NULL, NULL) == NULL && errno == EINVAL);
	errno = 0;
	CHECK(evhub_new(NULL, NULL, NULL) == NULL && errno == EINVAL);
	CHECK_ERRNO(evhub_go(NULL, NULL), EINVAL);
}

TEST_ONCE(names_and_numbers)
{
	evhub_greenlet_t *a = spawn(returns, NULL), *b = spawn(returns, NULL);
	char want[40];

	CHECK(evhub_id(a) != 0 && evhub_id(a) < evhub_id(b));
	snprintf(want, sizeof(want), "greenlet-%lu", evhub_id(a));
	CHECK_STR(evhub_name(a), want);
	CHECK_STR(evhub_name(evhub_main()), "main");
	CHECK_INT(evhub_set_name(a, "first"), 0);
	CHECK_INT(evhub_set_name(a, "a name that is rather long, as names of greenlets go, "
	    "to see that all of it is kept"), 0);
	CHECK_INT(strlen(evhub_name(a)), 83);
	CHECK_INT(evhub_set_name(a, ""), 0);
	CHECK_STR(evhub_name(a), "");
	CHECK_ERRNO(evhub_set_name(a, NULL), EINVAL);
	end_of(a);
	end_of(b);
	a = spawn(returns, NULL);
	CHECK(evhub_id(a) > 3);
	end_of(a);
}

static void *
fails(void *arg)
{
	(void)arg;
	return evhub_fail(EIO, "disk %d of %s", 3, "array");
}

static void *
fails_without_words(void *arg)
{
	(void)arg;
	return evhub_fail(ENOSPC, NULL);
}

static void *
fails_at_length(void *arg)
{
	(void)arg;
	return evhub_fail(EIO, "%02000d", 7);
}

static void *
fails_with_nonsense(void *arg)
{
	return evhub_fail(*(int *)arg, NULL);
}

TEST(values_and_errors)
{
	evhub_greenlet_t *g = spawn(returns, &g);
	void *value = NULL;
	int nonsense[] = { 0, -5 };
	size_t i;

	capture_log();
	CHECK_PTR(evhub_value(g), NULL);
	CHECK_INT(evhub_get(g, &value, -1), 0);
	CHECK_PTR(value, &g);
	CHECK_PTR(evhub_value(g), &g);
	CHECK_INT(evhub_error(g), 0);
	CHECK(evhub_error_text(g) == NULL);
	evhub_release(g);

	g = spawn(fails, NULL);
	value = &g;
	CHECK_ERRNO(evhub_get(g, &value, -1), EIO);
	CHECK_ERRNO(evhub_get(g, NULL, 0), EIO);
	CHECK_INT(evhub_state(g), EVHUB_FAILED);
	CHECK_INT(evhub_error(g), EIO);
	CHECK_STR(evhub_error_text(g), "disk 3 of array");
	CHECK_PTR(evhub_value(g), NULL);
	evhub_release(g);

	g = spawn(fails_without_words, NULL);
	CHECK_INT(evhub_join(g, -1), 0);
	CHECK_INT(evhub_error(g), ENOSPC);
	CHECK(evhub_error_text(g) == NULL);
	evhub_release(g);

	g = spawn(fails_at_length, NULL);
	CHECK_INT(evhub_join(g, -1), 0);
	CHECK_INT(strlen(evhub_error_text(g)), 1023);
	evhub_release(g);

	for (i = 0; i < COUNT(nonsense); i++) {
		g = spawn(fails_with_nonsense, &nonsense[i]);
		CHECK_INT(evhub_join(g, -1), 0);
		CHECK_INT(evhub_error(g), EINVAL);
		evhub_release(g);
	}
}

/* A value that looks like an error is one only if it is evhub_fail()'s. */
TEST(any_value_may_be_returned)
{
	void *values[] = { NULL, (void *)-1, (void *)1, &values };
	evhub_greenlet_t *g;
	size_t i;

	for (i = 0; i < COUNT(values); i++) {
		g = spawn(returns, values[i]);
		CHECK_INT(evhub_join(g, -1), 0);
		CHECK_INT(evhub_state(g), EVHUB_DONE);
		CHECK_PTR(end_of(g), values[i]);
	}
}

TEST(handles_are_counted)
{
	evhub_greenlet_t *unstarted = evhub_new(NULL, says, "a");
	evhub_greenlet_t *running = spawn(says_twice, "b");
	evhub_greenlet_t *ended = spawn(says, "c");
	int i;

	for (i = 0; i < 10; i++) {
		CHECK_PTR(evhub_retain(unstarted), unstarted);
		CHECK_PTR(evhub_retain(running), running);
		CHECK_PTR(evhub_retain(ended), ended);
	}
	run_others();
	/* The last one of a greenlet that runs: it runs on. */
	for (i = 0; i < 11; i++)
		evhub_release(running);
	for (i = 0; i < 10; i++) {
		evhub_release(ended);
		evhub_release(unstarted);
	}
	CHECK_INT(evhub_start(unstarted), 0);
	evhub_release(unstarted);
	run_others();
	CHECK_PTR(evhub_value(ended), "c");
	evhub_release(ended);
	run_others();
	CHECK_INT(strlen(traced()), 4);
	evhub_release(NULL);
	errno = 0;
	CHECK(evhub_retain(NULL) == NULL && errno == EINVAL);
}

static void *
retains_itself(void *arg)
{
	*(evhub_greenlet_t **)arg = evhub_retain(evhub_current());
	CHECK_INT(evhub_sleep(0.001), 0);
	return arg;
}

TEST(a_handle_of_oneself)
{
	evhub_greenlet_t *g = NULL;

	CHECK_INT(evhub_go(retains_itself, &g), 0);
	run_others();
	CHECK(g != NULL);
	CHECK_PTR(end_of(g), &g);
}

static void *
spawns_next(void *arg)
{
	int *left = arg;

	if (--*left > 0)
		CHECK_INT(evhub_go(spawns_next, arg), 0);
	return NULL;
}

/* One after the other on few stacks. */
TEST(a_long_series)
{
	evhub_stats_t stats = { .size = sizeof(stats) };
	int left = 100000;

	CHECK_INT(evhub_go(spawns_next, &left), 0);
	while (left > 0)
		run_others();
	CHECK_INT(evhub_stats(&stats), 0);
	CHECK_INT(stats.spawned, 100000);
	CHECK_INT(stats.peak <= 2, 1);
	CHECK_INT(stats.stacks <= 16, 1);
}
