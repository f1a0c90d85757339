/*
 * Locks that their holder may take again (row 103 of the hub's list).
 */
#include "sync.h"

static void *
make(void)
{
	evhub_rlock_t *lock = evhub_rlock_new();

	CHECK_INT(evhub_rlock_acquire(lock, -1), 0);
	return lock;
}

static void
free_lock(void *lock)
{
	evhub_rlock_free(lock);
}

static int
acquire(void *lock, double timeout)
{
	int got = evhub_rlock_acquire(lock, timeout);

	if (got == 0 && !is_freed)
		CHECK_PTR(evhub_rlock_owner(lock), evhub_current());
	return got;
}

static void
release(void *lock)
{
	CHECK_INT(evhub_rlock_release(lock), 0);
}

/* By main, unless whoever had it has handed it on. */
static void
release_once(void *lock)
{
	if (evhub_rlock_owner(lock) == evhub_main())
		release(lock);
}

static const struct kind rlock = {
	.make = make,
	.free = free_lock,
	.wait = acquire,
	.after = release,
	.ready = release_once,
	.is_not_for_loop = 1,
};

CHECK_ALL_OF(rlock)

TEST(fifo)
{
	check_fifo(&rlock);
}

static void *
not_the_owner(void *lock)
{
	CHECK_ERRNO(evhub_rlock_release(lock), EPERM);
	CHECK_ERRNO(evhub_rlock_acquire(lock, 0), EAGAIN);
	return NULL;
}

TEST_ONCE(taken_again)
{
	evhub_rlock_t *lock = evhub_rlock_new();
	struct wait wait;

	CHECK_PTR(evhub_rlock_owner(lock), NULL);
	CHECK_ERRNO(evhub_rlock_release(lock), EPERM);
	CHECK_INT(evhub_rlock_acquire(lock, 0), 0);
	CHECK_INT(evhub_rlock_acquire(lock, -1), 0);
	CHECK_INT(evhub_rlock_acquire(lock, 0.5), 0);
	begin(&wait, &rlock, lock, -1);
	release(lock);
	release(lock);
	CHECK_PTR(evhub_rlock_owner(lock), evhub_current());
	end_of(evhub_spawn(not_the_owner, lock));
	CHECK_INT(evhub_state(wait.greenlet), EVHUB_WAITING);
	release(lock);
	/* Its before it has run. */
	CHECK_PTR(evhub_rlock_owner(lock), wait.greenlet);
	CHECK_ERRNO(evhub_rlock_acquire(lock, 0), EAGAIN);
	CHECK_ERRNO(evhub_rlock_release(lock), EPERM);
	check_well(&wait, 1);
	CHECK_PTR(evhub_rlock_owner(lock), NULL);
	evhub_rlock_free(lock);
}

/* A lock that was handed to a greenlet which is killed is released by it. */
TEST_ONCE(handed_to_the_killed)
{
	evhub_rlock_t *lock = make();
	struct wait killed, next;

	begin(&killed, &rlock, lock, -1);
	begin(&next, &rlock, lock, -1);
	release(lock);
	CHECK_INT(evhub_kill(killed.greenlet, 0, 0), 0);
	finish(&killed);
	CHECK_INT(killed.result, 0);
	CHECK_INT(killed.next_error, ECANCELED);
	check_well(&next, 2);
	evhub_rlock_free(lock);
}

static void *
keep_it(void *lock)
{
	CHECK_INT(evhub_rlock_acquire(lock, -1), 0);
	CHECK_INT(evhub_rlock_acquire(lock, -1), 0);
	return NULL;
}

static void *
wait_for_a_kill(void *lock)
{
	keep_it(lock);
	CHECK_ERRNO(evhub_sleep(LONG), ECANCELED);
	return NULL;
}

/* Who ends with a lock is told of, and the next one gets it. */
TEST_ONCE(left_behind)
{
	evhub_rlock_t *lock = evhub_rlock_new(), *unused = evhub_rlock_new();
	evhub_greenlet_t *g = spawn_and_run(wait_for_a_kill, lock);
	struct wait wait;

	capture_log();
	begin(&wait, &rlock, lock, -1);
	CHECK_INT(evhub_set_name(g, "careless"), 0);
	CHECK_INT(evhub_kill(g, 0, -1), 0);
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
	CHECK(strstr(last_log(), "careless") != NULL);
	CHECK(strstr(last_log(), "lock") != NULL);
	check_well(&wait, 1);
	CHECK_PTR(evhub_rlock_owner(lock), NULL);
	/* Nobody waits: it is free. */
	end_of(evhub_spawn(keep_it, lock));
	CHECK_INT(logged(_EVENT_LOG_WARN), 2);
	CHECK_PTR(evhub_rlock_owner(lock), NULL);
	CHECK_INT(evhub_rlock_acquire(lock, 0), 0);
	release(lock);
	evhub_release(g);
	evhub_rlock_free(lock);
	evhub_rlock_free(unused);
	CHECK_INT(logged(_EVENT_LOG_WARN), 2);
}

/* A lock that is freed while it is held is not looked for when its holder ends. */
static void *
free_it_held(void *lock)
{
	keep_it(lock);
	evhub_rlock_free(lock);
	return NULL;
}

TEST_ONCE(freed_by_its_holder)
{
	capture_log();
	end_of(evhub_spawn(free_it_held, evhub_rlock_new()));
	CHECK_INT(logged(_EVENT_LOG_WARN), 0);
}

static evhub_rlock_t *shared;

static void
lock_in_loop(int fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	CHECK_INT(evhub_rlock_acquire(shared, 0), 0);
	CHECK_INT(evhub_rlock_acquire(shared, 0), 0);
	CHECK_PTR(evhub_rlock_owner(shared), NULL);
	release(shared);
	release(shared);
	CHECK_ERRNO(evhub_rlock_release(shared), EPERM);
}

TEST_ONCE(held_by_the_loop)
{
	shared = evhub_rlock_new();
	in_loop(lock_in_loop, NULL);
	CHECK_INT(evhub_rlock_acquire(shared, 0), 0);
	evhub_rlock_free(shared);
}

static evhub_flag_t *nobody_sets;

static void *
never_end(void *lock)
{
	for (;;) {
		evhub_kill_ack();
		if (!lock || evhub_rlock_acquire(lock, -1) == 0)
			evhub_flag_wait(nobody_sets, -1);
	}
	return NULL;
}

/* Those that are dropped hold nothing, either, nor do those that would have had it next. */
TEST_ONCE(dropped_with_the_lock)
{
	evhub_rlock_t *lock = evhub_rlock_new();

	capture_log();
	nobody_sets = evhub_flag_new();
	CHECK_INT(evhub_go(never_end, lock), 0);
	CHECK_INT(evhub_go(never_end, lock), 0);
	CHECK_INT(evhub_go(never_end, NULL), 0);
	run_others();
	CHECK_INT(evhub_shutdown(), 0);
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
	CHECK_PTR(evhub_rlock_owner(lock), NULL);
	CHECK_INT(evhub_rlock_acquire(lock, 0), 0);
	release(lock);
	evhub_rlock_free(lock);
	evhub_flag_free(nobody_sets);
}

TEST_ONCE(misuse_of_the_rest)
{
	capture_log();
	CHECK_ERRNO(evhub_rlock_release(NULL), EINVAL);
	CHECK(evhub_rlock_owner(NULL) == NULL && errno == EINVAL);
}
