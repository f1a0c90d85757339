/*
 * Semaphores (rows 95 to 102 of the hub's list).
 */
#include "sync.h"

#include <limits.h>

static void *
make(void)
{
	return evhub_semaphore_new(0, 0);
}

static void
free_semaphore(void *semaphore)
{
	evhub_semaphore_free(semaphore);
}

static int
acquire(void *semaphore, double timeout)
{
	return evhub_semaphore_acquire(semaphore, timeout);
}

static int
look(void *semaphore, double timeout)
{
	return evhub_semaphore_wait(semaphore, timeout);
}

static void
release(void *semaphore)
{
	CHECK_INT(evhub_semaphore_release(semaphore), 0);
}

static const struct kind semaphore = {
	.make = make,
	.free = free_semaphore,
	.wait = acquire,
	.ready = release,
	.takes_null = 1,
};

static const struct kind looked_at = {
	.make = make,
	.free = free_semaphore,
	.wait = look,
	.ready = release,
	.wakes_all = 1,
	.takes_null = 1,
};

CHECK_ALL_OF(semaphore)

TEST(fifo)
{
	check_fifo(&semaphore);
	check_fifo(&looked_at);
}

TEST_ONCE(waiting_without_taking)
{
	check_timeouts(&looked_at);
	check_kill_after(&looked_at);
	check_kill(&looked_at);
	check_freed_late(&looked_at);
	check_freed(&looked_at);
	check_misuse(&looked_at);
}

TEST_ONCE(counts)
{
	evhub_semaphore_t *s = evhub_semaphore_new(2, 0);

	CHECK_INT(evhub_semaphore_value(s), 2);
	CHECK_INT(evhub_semaphore_locked(s), 0);
	CHECK_INT(evhub_semaphore_wait(s, 0), 0);
	CHECK_INT(evhub_semaphore_acquire(s, 0), 0);
	CHECK_INT(evhub_semaphore_acquire(s, -1), 0);
	CHECK_INT(evhub_semaphore_value(s), 0);
	CHECK_INT(evhub_semaphore_locked(s), 1);
	CHECK_ERRNO(evhub_semaphore_wait(s, 0), EAGAIN);
	CHECK_ERRNO(evhub_semaphore_acquire(s, 0), EAGAIN);
	release(s);
	release(s);
	release(s);
	CHECK_INT(evhub_semaphore_value(s), 3);
	evhub_semaphore_free(s);
}

TEST_ONCE(bounds)
{
	evhub_semaphore_t *s = evhub_semaphore_new(1, EVHUB_BOUNDED);
	struct wait wait;

	CHECK_ERRNO(evhub_semaphore_release(s), EOVERFLOW);
	CHECK_INT(evhub_semaphore_acquire(s, 0), 0);
	begin(&wait, &semaphore, s, -1);
	/* To the one who waits, so there are no more than before. */
	release(s);
	check_well(&wait, 1);
	release(s);
	CHECK_ERRNO(evhub_semaphore_release(s), EOVERFLOW);
	CHECK_INT(evhub_semaphore_value(s), 1);
	evhub_semaphore_free(s);

	s = evhub_semaphore_new(LONG_MAX, 0);
	CHECK_ERRNO(evhub_semaphore_release(s), EOVERFLOW);
	evhub_semaphore_free(s);
	CHECK(evhub_semaphore_new(-1, 0) == NULL && errno == EINVAL);
	CHECK(evhub_semaphore_new(1, 2) == NULL && errno == EINVAL);
}

/* What is released is for those who wait: nobody who comes later takes it from them. */
TEST_ONCE(no_overtaking)
{
	evhub_semaphore_t *s = evhub_semaphore_new(0, 0);
	struct wait wait;

	begin(&wait, &semaphore, s, -1);
	release(s);
	CHECK_INT(evhub_semaphore_value(s), 0);
	CHECK_ERRNO(evhub_semaphore_acquire(s, 0), EAGAIN);
	check_well(&wait, 1);
	CHECK_INT(evhub_semaphore_value(s), 0);
	evhub_semaphore_free(s);
}

/* Kills before and after the release: the count is right in the end. */
TEST_ONCE(kills_lose_nothing)
{
	evhub_semaphore_t *s = evhub_semaphore_new(0, 0);
	struct wait waits[3];

	begin(&waits[0], &semaphore, s, -1);
	begin(&waits[1], &semaphore, s, -1);
	begin(&waits[2], &semaphore, s, 0.001);
	CHECK_INT(evhub_kill(waits[0].greenlet, 0, 0), 0);
	release(s);
	CHECK_INT(evhub_kill(waits[1].greenlet, 0, 0), 0);
	check_failed(&waits[0], ECANCELED);
	finish(&waits[1]);
	CHECK_INT(waits[1].result, 0);
	CHECK_INT(waits[1].next_error, ECANCELED);
	check_failed(&waits[2], ETIMEDOUT);
	CHECK_INT(evhub_semaphore_value(s), 0);
	release(s);
	CHECK_INT(evhub_semaphore_value(s), 1);
	evhub_semaphore_free(s);
}

TEST_ONCE(null_never_waits)
{
	CHECK_INT(evhub_semaphore_acquire(NULL, -1), 0);
	CHECK_INT(evhub_semaphore_acquire(NULL, 0), 0);
	CHECK_INT(evhub_semaphore_wait(NULL, 0), 0);
	CHECK_INT(evhub_semaphore_release(NULL), 0);
	CHECK_INT(evhub_semaphore_locked(NULL), 0);
	capture_log();
	CHECK_ERRNO(evhub_semaphore_value(NULL), EINVAL);
}

static void
take(evhub_waitable_t *object, void *semaphore)
{
	(void)object;
	CHECK_INT(evhub_semaphore_acquire(semaphore, 0), 0);
}

/* As a server's pool does: the loop is told that there is something, and takes it. */
TEST_ONCE(watched)
{
	evhub_semaphore_t *s = evhub_semaphore_new(0, 0);
	struct watched watched = { evhub_semaphore_waitable(s), 0 };
	struct wait wait;

	CHECK(evhub_watch(watched.object, note_ready, &watched) != NULL);
	CHECK(evhub_watch(watched.object, take, s) != NULL);
	begin(&wait, &semaphore, s, -1);
	/* Taken by the one who waits: there is nothing. */
	release(s);
	check_well(&wait, 1);
	CHECK_INT(watched.calls, 0);
	release(s);
	run_others();
	CHECK_INT(watched.calls, 1);
	CHECK_INT(evhub_semaphore_value(s), 0);
	release(s);
	run_others();
	CHECK_INT(watched.calls, 2);
	CHECK_INT(evhub_semaphore_value(s), 0);
	evhub_semaphore_free(s);
}
