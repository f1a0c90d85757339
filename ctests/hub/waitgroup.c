/*
 * Wait groups: until nothing is left to be done.
 */
#include "sync.h"

#include <limits.h>

static void *
make(void)
{
	evhub_waitgroup_t *group = evhub_waitgroup_new();

	CHECK_INT(evhub_waitgroup_add(group, 1), 0);
	return group;
}

static void
free_group(void *group)
{
	evhub_waitgroup_free(group);
}

static int
wait_group(void *group, double timeout)
{
	return evhub_waitgroup_wait(group, timeout);
}

static void
done(void *group)
{
	CHECK_INT(evhub_waitgroup_done(group), 0);
}

static const struct kind waitgroup = {
	.make = make,
	.free = free_group,
	.wait = wait_group,
	.ready = done,
	.wakes_all = 1,
};

CHECK_ALL_OF(waitgroup)

TEST(fifo)
{
	check_fifo(&waitgroup);
}

TEST_ONCE(counts)
{
	evhub_waitgroup_t *w = evhub_waitgroup_new();

	CHECK_INT(evhub_waitgroup_wait(w, 0), 0);
	CHECK_INT(evhub_waitgroup_wait(w, -1), 0);
	CHECK_ERRNO(evhub_waitgroup_done(w), EINVAL);
	CHECK_ERRNO(evhub_waitgroup_add(w, -1), EINVAL);
	CHECK_INT(evhub_waitgroup_add(w, 0), 0);
	CHECK_INT(evhub_waitgroup_add(w, 3), 0);
	CHECK_ERRNO(evhub_waitgroup_wait(w, 0), EAGAIN);
	CHECK_INT(evhub_waitgroup_add(w, -2), 0);
	CHECK_ERRNO(evhub_waitgroup_add(w, -2), EINVAL);
	CHECK_ERRNO(evhub_waitgroup_add(w, LONG_MIN), EINVAL);
	CHECK_ERRNO(evhub_waitgroup_add(w, LONG_MAX), EOVERFLOW);
	CHECK_ERRNO(evhub_waitgroup_wait(w, 0), EAGAIN);
	done(w);
	CHECK_INT(evhub_waitgroup_wait(w, 0), 0);
	CHECK_INT(evhub_waitgroup_add(w, LONG_MAX), 0);
	CHECK_ERRNO(evhub_waitgroup_add(w, 1), EOVERFLOW);
	evhub_waitgroup_free(w);
}

static void *
work(void *group)
{
	CHECK_INT(evhub_sleep(0.001), 0);
	done(group);
	return NULL;
}

TEST(waits_for_all)
{
	evhub_waitgroup_t *w = evhub_waitgroup_new();
	int i;

	CHECK_INT(evhub_waitgroup_add(w, 10), 0);
	for (i = 0; i < 10; i++)
		CHECK_INT(evhub_go(work, w), 0);
	CHECK_INT(evhub_waitgroup_wait(w, LONG), 0);
	CHECK_ERRNO(evhub_waitgroup_done(w), EINVAL);
	evhub_waitgroup_free(w);
}

/* Who waits when nothing is left is woken, whatever is added before it runs. */
TEST_ONCE(added_again)
{
	evhub_waitgroup_t *w = make();
	struct wait early, late;

	begin(&early, &waitgroup, w, -1);
	done(w);
	CHECK_INT(evhub_waitgroup_add(w, 1), 0);
	begin(&late, &waitgroup, w, -1);
	check_well(&early, 1);
	CHECK_INT(evhub_state(late.greenlet), EVHUB_WAITING);
	done(w);
	check_well(&late, 2);
	evhub_waitgroup_free(w);
}

TEST_ONCE(watched)
{
	evhub_waitgroup_t *w = evhub_waitgroup_new();
	struct watched watched = { evhub_waitgroup_waitable(w), 0 };

	CHECK(evhub_watch(watched.object, note_ready, &watched) != NULL);
	run_others();
	CHECK_INT(watched.calls, 1);
	CHECK_INT(evhub_waitgroup_add(w, 2), 0);
	done(w);
	run_others();
	CHECK_INT(watched.calls, 1);
	done(w);
	run_others();
	CHECK_INT(watched.calls, 2);
	/* Nothing was left, and nothing is. */
	CHECK_INT(evhub_waitgroup_add(w, 0), 0);
	run_others();
	CHECK_INT(watched.calls, 2);
	evhub_waitgroup_free(w);
}

TEST_ONCE(misuse_of_the_rest)
{
	capture_log();
	CHECK_ERRNO(evhub_waitgroup_add(NULL, 1), EINVAL);
	CHECK_ERRNO(evhub_waitgroup_done(NULL), EINVAL);
	CHECK_PTR(evhub_waitgroup_waitable(NULL), NULL);
}
