/*
 * Results: a value or an error for many (rows 72 to 78 of the hub's list).
 */
#include "sync.h"

static int one, two;

static void *
make(void)
{
	return evhub_result_new();
}

static void
free_result(void *result)
{
	evhub_result_free(result);
}

static int
get_result(void *result, double timeout)
{
	void *value = &two;
	int got = evhub_result_get(result, &value, timeout);

	/* Nothing is put there unless it was got. */
	CHECK_PTR(value, got ? &two : &one);
	return got;
}

static void
set_result(void *result)
{
	CHECK_INT(evhub_result_set(result, &one), 0);
}

static const struct kind result = {
	.make = make,
	.free = free_result,
	.wait = get_result,
	.ready = set_result,
	.wakes_all = 1,
};

CHECK_ALL_OF(result)

TEST(fifo)
{
	check_fifo(&result);
}

TEST_ONCE(states)
{
	evhub_result_t *r = evhub_result_new();
	void *value;

	CHECK_INT(evhub_result_ready(r), 0);
	CHECK_PTR(evhub_result_value(r), NULL);
	CHECK_INT(evhub_result_error(r), 0);
	CHECK_PTR(evhub_result_error_text(r), NULL);
	CHECK_ERRNO(evhub_result_wait(r, 0), EAGAIN);

	CHECK_INT(evhub_result_set(r, &one), 0);
	CHECK_INT(evhub_result_ready(r), 1);
	CHECK_PTR(evhub_result_value(r), &one);
	CHECK_INT(evhub_result_error(r), 0);
	CHECK_INT(evhub_result_wait(r, -1), 0);
	CHECK_INT(evhub_result_get(r, NULL, 0), 0);

	/* The last one holds. */
	CHECK_INT(evhub_result_set_error(r, ENOENT, "no such thing"), 0);
	CHECK_INT(evhub_result_ready(r), 1);
	CHECK_PTR(evhub_result_value(r), NULL);
	CHECK_INT(evhub_result_error(r), ENOENT);
	CHECK_STR(evhub_result_error_text(r), "no such thing");
	CHECK_ERRNO(evhub_result_get(r, NULL, -1), ENOENT);
	CHECK_INT(evhub_result_wait(r, 0), 0);

	CHECK_INT(evhub_result_set_error(r, EPIPE, NULL), 0);
	CHECK_PTR(evhub_result_error_text(r), NULL);
	CHECK_INT(evhub_result_set(r, NULL), 0);
	CHECK_INT(evhub_result_get(r, &value, 0), 0);
	CHECK_PTR(value, NULL);
	CHECK_PTR(evhub_result_error_text(r), NULL);
	evhub_result_free(r);
}

static int
only_wait(void *object, double timeout)
{
	return evhub_result_wait(object, timeout);
}

static const struct kind waited = {
	.make = make,
	.free = free_result,
	.wait = only_wait,
	.ready = set_result,
	.wakes_all = 1,
};

/* An error comes out of get, not out of wait; and however the object ends before they run. */
TEST_ONCE(errors)
{
	int round;

	for (round = 0; round < 2; round++) {
		evhub_result_t *r = evhub_result_new();
		struct wait get, wait;

		begin(&get, &result, r, -1);
		begin(&wait, &waited, r, -1);
		CHECK_INT(evhub_result_set_error(r, ENOSPC, "full"), 0);
		if (round == 1)
			evhub_result_free(r);
		check_failed(&get, ENOSPC);
		check_well(&wait, 2 * round + 2);
		if (round == 0)
			evhub_result_free(r);
	}
}

TEST_ONCE(wait_alone_fails_alike)
{
	check_timeouts(&waited);
	check_kill(&waited);
	check_freed(&waited);
}

TEST_ONCE(watched_each_time)
{
	evhub_result_t *r = evhub_result_new();
	struct watched watched = { evhub_result_waitable(r), 0 };

	CHECK(evhub_watch(watched.object, note_ready, &watched) != NULL);
	run_others();
	CHECK_INT(watched.calls, 0);
	CHECK_INT(evhub_result_set_error(r, EIO, NULL), 0);
	run_others();
	CHECK_INT(watched.calls, 1);
	set_result(r);
	run_others();
	CHECK_INT(watched.calls, 2);
	CHECK(evhub_watch(watched.object, note_ready, &watched) != NULL);
	run_others();
	CHECK_INT(watched.calls, 3);
	evhub_result_free(r);
}

static void *
give(void *value)
{
	return value;
}

static void *
fail(void *arg)
{
	return evhub_fail(ENOTDIR, "%s", (const char *)arg);
}

/* A result is told of the end of a greenlet. */
TEST_ONCE(of_greenlets)
{
	evhub_attr_t quiet = EVHUB_ATTR_INIT;
	evhub_result_t *r = evhub_result_new();
	evhub_greenlet_t *g = evhub_spawn(give, &one);
	void *value;

	CHECK(evhub_link_result(g, r) != NULL);
	CHECK_INT(evhub_result_get(r, &value, LONG), 0);
	CHECK_PTR(value, &one);
	evhub_release(g);
	quiet.flags = EVHUB_QUIET;
	g = evhub_spawn_with(&quiet, fail, "a file");
	CHECK_INT(evhub_join(g, LONG), 0);
	/* It has ended already. */
	CHECK(evhub_link_result(g, r) != NULL);
	run_others();
	CHECK_ERRNO(evhub_result_get(r, NULL, 0), ENOTDIR);
	CHECK_STR(evhub_result_error_text(r), "a file");
	evhub_release(g);
	CHECK_STR(evhub_result_error_text(r), "a file");
	evhub_result_free(r);
}

TEST_ONCE(misuse_of_the_rest)
{
	evhub_result_t *r = evhub_result_new();

	capture_log();
	CHECK_ERRNO(evhub_result_set_error(r, 0, NULL), EINVAL);
	CHECK_ERRNO(evhub_result_set_error(r, -1, NULL), EINVAL);
	CHECK_INT(evhub_result_ready(r), 0);
	CHECK_ERRNO(evhub_result_set(NULL, NULL), EINVAL);
	CHECK_ERRNO(evhub_result_set_error(NULL, EIO, NULL), EINVAL);
	CHECK_ERRNO(evhub_result_ready(NULL), EINVAL);
	CHECK_ERRNO(evhub_result_wait(NULL, 0), EINVAL);
	CHECK_ERRNO(evhub_result_error(NULL), EINVAL);
	CHECK(evhub_result_value(NULL) == NULL && errno == EINVAL);
	CHECK(evhub_result_error_text(NULL) == NULL && errno == EINVAL);
	evhub_result_free(r);
}
