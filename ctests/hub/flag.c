/*
 * Flags: set, cleared, waited for (rows 66 to 71 of the hub's list).
 */
#include "sync.h"

static void *
make(void)
{
	return evhub_flag_new();
}

static void
free_flag(void *flag)
{
	evhub_flag_free(flag);
}

static int
wait_flag(void *flag, double timeout)
{
	return evhub_flag_wait(flag, timeout);
}

static void
set_flag(void *flag)
{
	CHECK_INT(evhub_flag_set(flag), 0);
}

static const struct kind flag = {
	.make = make,
	.free = free_flag,
	.wait = wait_flag,
	.ready = set_flag,
	.wakes_all = 1,
};

CHECK_ALL_OF(flag)

TEST(fifo)
{
	check_fifo(&flag);
}

TEST_ONCE(states)
{
	evhub_flag_t *f = evhub_flag_new();

	CHECK_INT(evhub_flag_is_set(f), 0);
	CHECK_INT(evhub_flag_clear(f), 0);
	CHECK_INT(evhub_flag_set(f), 0);
	CHECK_INT(evhub_flag_set(f), 0);
	CHECK_INT(evhub_flag_is_set(f), 1);
	CHECK_INT(evhub_flag_wait(f, 0), 1);
	CHECK_INT(evhub_flag_wait(f, -1), 1);
	CHECK_INT(evhub_flag_clear(f), 0);
	CHECK_INT(evhub_flag_is_set(f), 0);
	CHECK_ERRNO(evhub_flag_wait(f, 0), EAGAIN);
	evhub_flag_free(f);
}

/* Who waits when it is set is woken, but is told if it is not set any more. */
TEST_ONCE(set_then_clear)
{
	evhub_flag_t *f = evhub_flag_new();
	struct wait early, late;

	begin(&early, &flag, f, -1);
	set_flag(f);
	CHECK_INT(evhub_flag_clear(f), 0);
	begin(&late, &flag, f, -1);
	check_well(&early, 1);
	CHECK_INT(early.result, 0);
	CHECK_INT(evhub_state(late.greenlet), EVHUB_WAITING);
	set_flag(f);
	check_well(&late, 2);
	CHECK_INT(late.result, 1);
	evhub_flag_free(f);
}

TEST_ONCE(watched_each_time)
{
	evhub_flag_t *f = evhub_flag_new();
	struct watched watched = { evhub_flag_waitable(f), 0 };
	evhub_link_t *link = evhub_watch(watched.object, note_ready, &watched);

	CHECK(link != NULL);
	run_others();
	CHECK_INT(watched.calls, 0);
	set_flag(f);
	/* Set already: nothing new. */
	set_flag(f);
	CHECK_INT(watched.calls, 0);
	run_others();
	CHECK_INT(watched.calls, 1);
	CHECK_INT(evhub_flag_clear(f), 0);
	set_flag(f);
	run_others();
	CHECK_INT(watched.calls, 2);
	CHECK_INT(evhub_unlink(link), 0);
	CHECK_INT(evhub_flag_clear(f), 0);
	set_flag(f);
	run_others();
	CHECK_INT(watched.calls, 2);
	/* Now, if it is set; and not after it was freed. */
	CHECK(evhub_watch(watched.object, note_ready, &watched) != NULL);
	run_others();
	CHECK_INT(watched.calls, 3);
	CHECK(evhub_watch(watched.object, note_ready, &watched) != NULL);
	evhub_flag_free(f);
	run_others();
	CHECK_INT(watched.calls, 3);
}

TEST_ONCE(watching_misuse)
{
	evhub_flag_t *f = evhub_flag_new();
	evhub_iwait_t *stranger = evhub_iwait_new(NULL, 0);

	capture_log();
	CHECK(evhub_watch(NULL, note_ready, NULL) == NULL && errno == EINVAL);
	CHECK(evhub_watch((void *)stranger, note_ready, NULL) == NULL && errno == EINVAL);
	CHECK(evhub_watch(evhub_flag_waitable(f), NULL, NULL) == NULL && errno == EINVAL);
	CHECK_ERRNO(evhub_unlink(NULL), EINVAL);
	CHECK_ERRNO(evhub_flag_set(NULL), EINVAL);
	CHECK_ERRNO(evhub_flag_clear(NULL), EINVAL);
	CHECK_ERRNO(evhub_flag_is_set(NULL), EINVAL);
	CHECK_PTR(evhub_flag_waitable(NULL), NULL);
	evhub_iwait_free(stranger);
	evhub_flag_free(f);
}
