/*
 * Barriers: all wait for the last one.
 */
#include "sync.h"

#include <limits.h>

static void *
make(void)
{
	return evhub_barrier_new(2);
}

static void
free_barrier(void *barrier)
{
	evhub_barrier_free(barrier);
}

static int
come(void *barrier, double timeout)
{
	return evhub_barrier_wait(barrier, timeout);
}

static void
last(void *barrier)
{
	CHECK_INT(evhub_barrier_wait(barrier, 0), 1);
}

static const struct kind barrier = {
	.make = make,
	.free = free_barrier,
	.wait = come,
	.ready = last,
	.is_for_one = 1,
};

CHECK_ALL_OF(barrier)

TEST(used_anew)
{
	evhub_barrier_t *b = evhub_barrier_new(4);
	struct wait waits[3];
	size_t round, i;

	for (round = 0; round < 3; round++) {
		ended = 0;
		for (i = 0; i < COUNT(waits); i++)
			begin(&waits[i], &barrier, b, -1);
		CHECK_INT(evhub_barrier_wait(b, -1), 3);
		/* Open, and closed again: nobody has come. */
		CHECK_ERRNO(evhub_barrier_wait(b, 0), EAGAIN);
		for (i = 0; i < COUNT(waits); i++) {
			check_well(&waits[i], (int)i + 1);
			CHECK_INT(waits[i].result, (int)i);
		}
	}
	evhub_barrier_free(b);
}

/* Whoever gives up has not come, even before it runs; places are of those who stay. */
TEST_ONCE(who_gives_up)
{
	evhub_barrier_t *b = evhub_barrier_new(4);
	struct wait waits[5];

	begin(&waits[0], &barrier, b, 0.002);
	begin(&waits[1], &barrier, b, -1);
	begin(&waits[2], &barrier, b, -1);
	CHECK_INT(evhub_kill(waits[2].greenlet, 0, 0), 0);
	CHECK_ERRNO(evhub_barrier_wait(b, 0), EAGAIN);
	check_failed(&waits[2], ECANCELED);
	check_failed(&waits[0], ETIMEDOUT);
	begin(&waits[3], &barrier, b, -1);
	CHECK_ERRNO(evhub_barrier_wait(b, 0.002), ETIMEDOUT);
	CHECK_ERRNO(evhub_barrier_wait(b, 0.002), ETIMEDOUT);
	begin(&waits[4], &barrier, b, -1);
	ended = 0;
	CHECK_INT(evhub_barrier_wait(b, 0), 3);
	check_well(&waits[1], 1);
	check_well(&waits[3], 2);
	check_well(&waits[4], 3);
	CHECK_INT(waits[1].result, 0);
	CHECK_INT(waits[3].result, 1);
	CHECK_INT(waits[4].result, 2);
	evhub_barrier_free(b);
}

TEST_ONCE(freed_with_many)
{
	evhub_barrier_t *b = evhub_barrier_new(3);
	struct wait wait, other;

	begin(&wait, &barrier, b, -1);
	begin(&other, &barrier, b, 1);
	evhub_barrier_free(b);
	check_failed(&wait, EBADF);
	check_failed(&other, EBADF);
	CHECK_INT(other.order, 2);
}

TEST_ONCE(counts)
{
	evhub_barrier_t *b = evhub_barrier_new(1);

	CHECK_INT(evhub_barrier_wait(b, -1), 0);
	CHECK_INT(evhub_barrier_wait(b, 0), 0);
	evhub_barrier_free(b);
	b = evhub_barrier_new(INT_MAX);
	CHECK(b != NULL);
	evhub_barrier_free(b);
	CHECK(evhub_barrier_new(0) == NULL && errno == EINVAL);
	CHECK(evhub_barrier_new((size_t)INT_MAX + 1) == NULL && errno == EINVAL);
	CHECK(evhub_barrier_new((size_t)-1) == NULL && errno == EINVAL);
}
