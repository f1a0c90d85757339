/*
 * Calls that make no sense: NULL, objects of another kind, in every place (G02, G03).
 */
#include "hub.h"

#define CHECK_NULL(expr, want_errno)                                            \
	do {                                                                    \
		errno = 0;                                                      \
		CHECK_PTR((expr), NULL);                                        \
		CHECK_INT(errno, (want_errno));                                 \
	} while (0)

/* What each call makes of a pointer that is no greenlet. */
static void
check_no_greenlet(evhub_greenlet_t *g)
{
	evhub_greenlet_t *all[1] = { g };

	CHECK_ERRNO(evhub_start(g), EINVAL);
	CHECK_ERRNO(evhub_start_later(g, 1), EINVAL);
	CHECK_ERRNO(evhub_join(g, -1), EINVAL);
	CHECK_ERRNO(evhub_join(g, 0), EINVAL);
	CHECK_ERRNO(evhub_get(g, NULL, -1), EINVAL);
	CHECK_ERRNO(evhub_kill(g, 0, -1), EINVAL);
	CHECK_ERRNO(evhub_joinall(all, 1, 0, -1), EINVAL);
	CHECK_ERRNO(evhub_joinall(all, 1, EVHUB_RAISE, -1), EINVAL);
	CHECK_ERRNO(evhub_killall(all, 1, 0, -1), EINVAL);
	CHECK_ERRNO(evhub_state(g), EINVAL);
	CHECK_ERRNO(evhub_error(g), EINVAL);
	CHECK_ERRNO(evhub_set_name(g, "x"), EINVAL);
	CHECK_NULL(evhub_retain(g), EINVAL);
	CHECK_NULL(evhub_value(g), EINVAL);
	CHECK_NULL(evhub_name(g), EINVAL);
	CHECK_NULL(evhub_error_text(g), EINVAL);
	errno = 0;
	CHECK_INT(evhub_id(g), 0);
	CHECK_INT(errno, EINVAL);
	CHECK_NULL(evhub_link(g, EVHUB_ON_VALUE, NULL, NULL), EINVAL);
	CHECK_NULL(evhub_link_greenlet(g, EVHUB_ON_VALUE, NULL), EINVAL);
	CHECK_NULL(evhub_link_result(g, NULL), EINVAL);
	evhub_release(g);
}

static void
check_no_object(void *object)
{
	CHECK_ERRNO(evhub_flag_set(object), EINVAL);
	CHECK_ERRNO(evhub_flag_clear(object), EINVAL);
	CHECK_ERRNO(evhub_flag_is_set(object), EINVAL);
	CHECK_ERRNO(evhub_flag_wait(object, -1), EINVAL);
	evhub_flag_free(object);
	CHECK_ERRNO(evhub_result_set(object, NULL), EINVAL);
	CHECK_ERRNO(evhub_result_set_error(object, EIO, NULL), EINVAL);
	CHECK_ERRNO(evhub_result_get(object, NULL, -1), EINVAL);
	CHECK_ERRNO(evhub_result_wait(object, -1), EINVAL);
	CHECK_ERRNO(evhub_result_ready(object), EINVAL);
	CHECK_ERRNO(evhub_result_error(object), EINVAL);
	CHECK_NULL(evhub_result_value(object), EINVAL);
	CHECK_NULL(evhub_result_error_text(object), EINVAL);
	evhub_result_free(object);
	CHECK_ERRNO(evhub_semaphore_value(object), EINVAL);
	evhub_semaphore_free(object);
	CHECK_ERRNO(evhub_iwait_next(object, NULL, -1), EINVAL);
	evhub_iwait_free(object);
	CHECK_NULL(evhub_local_get(object), EINVAL);
	CHECK_ERRNO(evhub_local_set(object, NULL), EINVAL);
	evhub_local_free(object);
	CHECK_ERRNO(evhub_timeout_expired(object), EINVAL);
	CHECK_ERRNO(evhub_timeout_pending(object), EINVAL);
	evhub_timeout_cancel(object);
	evhub_signal_cancel(object);
	CHECK_NULL(evhub_watch(object, NULL, NULL), EINVAL);
}

TEST_ONCE(nothing_at_all)
{
	evhub_waitable_t *none = NULL;

	capture_log();
	check_no_greenlet(NULL);
	check_no_object(NULL);
	CHECK_ERRNO(evhub_unlink(NULL), EINVAL);
	CHECK_ERRNO(evhub_wait(NULL, 1, 0, -1), EINVAL);
	CHECK_ERRNO(evhub_wait(&none, 1, 0, -1), EINVAL);
	CHECK_NULL(evhub_iwait_new(NULL, 1), EINVAL);
	CHECK_NULL(evhub_iwait_new(&none, 1), EINVAL);
	CHECK_ERRNO(evhub_stats(NULL), EINVAL);
	CHECK_ERRNO(evhub_foreach(NULL, NULL), EINVAL);
	CHECK_ERRNO(evhub_dump(NULL), EINVAL);
	CHECK_NULL(evhub_async_new(NULL, NULL, NULL), EINVAL);
	CHECK_ERRNO(evhub_async_send(NULL), EINVAL);
	evhub_async_free(NULL);
	CHECK_PTR(evhub_greenlet_waitable(NULL), NULL);
	CHECK_PTR(evhub_flag_waitable(NULL), NULL);
	CHECK_INT(evhub_kill_ack(), 0);
	CHECK_PTR(evhub_kill_source(), NULL);
	CHECK(logged(_EVENT_LOG_WARN) > 0);
}

/* Large enough to look like any object, and none. */
static uint64_t garbage[64];

TEST_ONCE(objects_of_another_kind)
{
	evhub_flag_t *flag = evhub_flag_new();
	evhub_local_t *local = evhub_local_new(NULL);
	evhub_greenlet_t *g = spawn(returns, NULL);
	evhub_waitable_t *w = (evhub_waitable_t *)local;

	capture_log();
	check_no_greenlet((evhub_greenlet_t *)flag);
	check_no_greenlet((evhub_greenlet_t *)garbage);
	check_no_object(g);
	check_no_object(garbage);
	CHECK_ERRNO(evhub_semaphore_acquire((evhub_semaphore_t *)flag, -1), EINVAL);
	CHECK_ERRNO(evhub_semaphore_release((evhub_semaphore_t *)flag), EINVAL);
	CHECK_ERRNO(evhub_wait(&w, 1, 0, -1), EINVAL);
	CHECK_NULL(evhub_iwait_new(&w, 1), EINVAL);
	/* Nothing has come of it. */
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(evhub_flag_wait(flag, -1), 1);
	CHECK_INT(evhub_local_set(local, NULL), 0);
	end_of(g);
	evhub_flag_free(flag);
	evhub_local_free(local);
}

/* A greenlet whose wait is over by itself cannot be woken by anything else (G03). */
static void *
sleeps_long_enough(void *arg)
{
	int64_t start = now_ns();

	CHECK_INT(evhub_sleep(0.01), 0);
	CHECK_ELAPSED(start, 10);
	return arg;
}

TEST(nothing_else_wakes_a_greenlet)
{
	evhub_greenlet_t *g = spawn_and_run(sleeps_long_enough, NULL);
	evhub_flag_t *flag = evhub_flag_new();

	CHECK_ERRNO(evhub_start(g), EINVAL);
	CHECK_ERRNO(evhub_start_later(g, 0.001), EINVAL);
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_ERRNO(evhub_join(g, 0.001), ETIMEDOUT);
	end_of(g);
	evhub_flag_free(flag);
}
