/*
 * Waiters: one hand-over at a time, to one greenlet (rows 45 to 48 of the hub's list).
 */
#include "sync.h"

static int one, two;

static void *
make(void)
{
	return evhub_waiter_new();
}

static void
free_waiter(void *waiter)
{
	evhub_waiter_free(waiter);
}

static int
get(void *waiter, double timeout)
{
	void *value = &two;
	int got = evhub_waiter_get(waiter, &value, timeout);

	CHECK_PTR(value, got ? &two : &one);
	return got;
}

static void
set(void *waiter)
{
	CHECK_INT(evhub_waiter_set(waiter, &one), 0);
}

static const struct kind waiter = {
	.make = make,
	.free = free_waiter,
	.wait = get,
	.ready = set,
	.is_for_one = 1,
};

CHECK_ALL_OF(waiter)

TEST_ONCE(stored_until_taken)
{
	evhub_waiter_t *w = evhub_waiter_new();

	CHECK_INT(evhub_waiter_ready(w), 0);
	set(w);
	CHECK_INT(evhub_waiter_ready(w), 1);
	CHECK_ERRNO(evhub_waiter_set(w, &two), EBUSY);
	CHECK_ERRNO(evhub_waiter_set_error(w, EIO), EBUSY);
	CHECK_INT(get(w, 0), 0);
	CHECK_INT(evhub_waiter_ready(w), 0);
	CHECK_ERRNO(get(w, 0), EAGAIN);
	CHECK_INT(evhub_waiter_set_error(w, EIO), 0);
	CHECK_INT(evhub_waiter_ready(w), 1);
	CHECK_ERRNO(evhub_waiter_set(w, &one), EBUSY);
	CHECK_ERRNO(get(w, -1), EIO);
	set(w);
	CHECK_INT(evhub_waiter_get(w, NULL, -1), 0);
	CHECK_INT(evhub_waiter_ready(w), 0);
	evhub_waiter_free(w);
}

TEST_ONCE(handed_to_who_waits)
{
	evhub_waiter_t *w = evhub_waiter_new();
	struct wait wait, next;

	begin(&wait, &waiter, w, -1);
	CHECK_ERRNO(get(w, 0), EBUSY);
	CHECK_ERRNO(get(w, -1), EBUSY);
	set(w);
	/* Handed over, not stored: there is room for another one, which somebody else takes. */
	CHECK_INT(evhub_waiter_ready(w), 0);
	set(w);
	CHECK_INT(get(w, -1), 0);
	check_well(&wait, 1);

	begin(&wait, &waiter, w, -1);
	CHECK_INT(evhub_waiter_set_error(w, EDOM), 0);
	CHECK_INT(evhub_waiter_ready(w), 0);
	begin(&next, &waiter, w, -1);
	check_failed(&wait, EDOM);
	CHECK_INT(wait.next_error, 0);
	set(w);
	check_well(&next, 3);
	evhub_waiter_free(w);
}

/* Whoever is killed takes nothing; what is there is for the next. */
TEST_ONCE(kept_for_the_next)
{
	evhub_waiter_t *w = evhub_waiter_new();
	struct wait wait;

	begin(&wait, &waiter, w, -1);
	CHECK_INT(evhub_kill(wait.greenlet, 0, 0), 0);
	set(w);
	check_failed(&wait, ECANCELED);
	CHECK_INT(get(w, 0), 0);
	evhub_waiter_free(w);
}

TEST_ONCE(misuse_of_the_rest)
{
	evhub_waiter_t *w = evhub_waiter_new();

	capture_log();
	CHECK_ERRNO(evhub_waiter_set_error(w, 0), EINVAL);
	CHECK_ERRNO(evhub_waiter_set_error(w, -5), EINVAL);
	CHECK_INT(evhub_waiter_ready(w), 0);
	CHECK_ERRNO(evhub_waiter_set(NULL, NULL), EINVAL);
	CHECK_ERRNO(evhub_waiter_set_error(NULL, EIO), EINVAL);
	CHECK_ERRNO(evhub_waiter_ready(NULL), EINVAL);
	CHECK(evhub_watch((void *)w, note_ready, NULL) == NULL && errno == EINVAL);
	evhub_waiter_free(w);
}
