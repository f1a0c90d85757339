/*
 * Conditions: the lock is released for the wait, and held again after it, however it ends.
 */
#include "sync.h"

static void *
make(void)
{
	return evhub_condition_new(NULL);
}

static void
free_condition(void *condition)
{
	evhub_condition_free(condition);
}

static void
release(void *condition)
{
	CHECK_INT(evhub_condition_release(condition), 0);
}

/* With the lock, which is kept only if the wait was a success. */
static int
wait_condition(void *condition, double timeout)
{
	int got, error;

	if (evhub_condition_acquire(condition, timeout == 0 ? 0 : -1))
		return -1;
	got = evhub_condition_wait(condition, timeout);
	if (got == 0)
		return 0;
	error = errno;
	if (!is_freed)
		release(condition);
	errno = error;
	return -1;
}

static void
notify(void *condition)
{
	CHECK_INT(evhub_condition_notify(condition, 1), 0);
}

static const struct kind condition = {
	.make = make,
	.free = free_condition,
	.wait = wait_condition,
	.after = release,
	.ready = notify,
};

TEST(timeouts) { check_timeouts(&condition); }
TEST_ONCE(no_wait) { check_no_wait(&condition); }
TEST_ONCE(kill) { check_kill(&condition); }
TEST_ONCE(kill_after) { check_kill_after(&condition); }
TEST_ONCE(freed) { check_freed(&condition); }
TEST(loop) { check_loop(&condition); }
TEST_ONCE(misuse) { check_misuse(&condition); }

TEST_ONCE(freed_late)
{
	is_freed = 1;
	check_freed_late(&condition);
}

TEST(fifo)
{
	check_fifo(&condition);
}

TEST_ONCE(notify_all)
{
	evhub_condition_t *c = make();
	struct wait waits[4];
	size_t i;

	for (i = 0; i < COUNT(waits); i++)
		begin(&waits[i], &condition, c, -1);
	CHECK_INT(evhub_condition_notify(c, 0), 0);
	run_others();
	CHECK_INT(ended, 0);
	CHECK_INT(evhub_condition_notify(c, 2), 0);
	check_well(&waits[0], 1);
	check_well(&waits[1], 2);
	run_others();
	CHECK_INT(ended, 2);
	CHECK_INT(evhub_condition_notify_all(c), 0);
	check_well(&waits[2], 3);
	check_well(&waits[3], 4);
	/* Nobody waits: nobody is notified later. */
	CHECK_INT(evhub_condition_notify_all(c), 0);
	CHECK_ERRNO(wait_condition(c, 0.001), ETIMEDOUT);
	evhub_condition_free(c);
}

/* Whoever is notified runs when it has the lock, before those who ask for it later. */
TEST_ONCE(runs_with_the_lock)
{
	evhub_rlock_t *lock = evhub_rlock_new();
	evhub_condition_t *c = evhub_condition_new(lock);
	struct wait first, second;

	begin(&first, &condition, c, -1);
	begin(&second, &condition, c, 0.002);
	CHECK_PTR(evhub_rlock_owner(lock), NULL);
	CHECK_INT(evhub_condition_acquire(c, 0), 0);
	CHECK_PTR(evhub_rlock_owner(lock), evhub_current());
	CHECK_INT(evhub_condition_notify_all(c), 0);
	/* Its time is over, but it was notified; the kill is for its next call. */
	CHECK_INT(evhub_sleep(0.005), 0);
	CHECK_INT(evhub_kill(first.greenlet, 0, 0), 0);
	run_others();
	CHECK_INT(ended, 0);
	CHECK_INT(evhub_state(first.greenlet), EVHUB_WAITING);
	CHECK_INT(evhub_rlock_release(lock), 0);
	CHECK_PTR(evhub_rlock_owner(lock), first.greenlet);
	CHECK_INT(evhub_rlock_acquire(lock, -1), 0);
	/* Both have had it before us. */
	CHECK_INT(ended, 2);
	finish(&first);
	CHECK_INT(first.result, 0);
	CHECK_INT(first.next_error, ECANCELED);
	check_well(&second, 2);
	CHECK_INT(evhub_rlock_release(lock), 0);
	evhub_condition_free(c);
	evhub_rlock_free(lock);
}

/* Whoever gives up does so with the lock, and waits for that in spite of kills and limits. */
static void
check_gives_up_with_the_lock(double timeout, int kill, int error)
{
	evhub_rlock_t *lock = evhub_rlock_new();
	evhub_condition_t *c = evhub_condition_new(lock);
	struct wait wait;

	begin(&wait, &condition, c, timeout);
	CHECK_INT(evhub_rlock_acquire(lock, 0), 0);
	if (kill)
		CHECK_INT(evhub_kill(wait.greenlet, kill, 0), 0);
	CHECK_INT(evhub_sleep(0.005), 0);
	CHECK_INT(evhub_state(wait.greenlet), EVHUB_WAITING);
	/* Another error, while it waits for the lock. */
	CHECK_INT(evhub_kill(wait.greenlet, EINTR, 0), 0);
	run_others();
	CHECK_INT(evhub_state(wait.greenlet), EVHUB_WAITING);
	/* It does not wait for the condition any more. */
	CHECK_INT(evhub_condition_notify_all(c), 0);
	CHECK_INT(evhub_rlock_release(lock), 0);
	CHECK_PTR(evhub_rlock_owner(lock), wait.greenlet);
	check_failed(&wait, error);
	CHECK_INT(wait.next_error, kill ? kill : EINTR);
	CHECK_PTR(evhub_rlock_owner(lock), NULL);
	evhub_condition_free(c);
	evhub_rlock_free(lock);
}

TEST_ONCE(times_out_with_the_lock)
{
	check_gives_up_with_the_lock(0.001, 0, ETIMEDOUT);
}

TEST_ONCE(is_killed_with_the_lock)
{
	check_gives_up_with_the_lock(-1, EDOM, EDOM);
}

/* So does a limit that expires during the wait for the lock. */
static evhub_condition_t *limited;

static void *
wait_with_limits(void *arg)
{
	evhub_timeout_t *first, *second;

	CHECK_INT(evhub_condition_acquire(limited, -1), 0);
	first = evhub_timeout_start(0.001, EDOM);
	second = evhub_timeout_start(0.003, ERANGE);
	CHECK_ERRNO(evhub_condition_wait(limited, -1), EDOM);
	CHECK_INT(evhub_timeout_expired(second), 1);
	CHECK_INT(evhub_condition_release(limited), 0);
	evhub_timeout_cancel(first);
	CHECK_ERRNO(evhub_yield(), ERANGE);
	evhub_timeout_cancel(second);
	CHECK_INT(evhub_yield(), 0);
	return arg;
}

TEST_ONCE(limits)
{
	evhub_greenlet_t *g;

	limited = make();
	g = spawn_and_run(wait_with_limits, NULL);
	CHECK_INT(evhub_condition_acquire(limited, 0), 0);
	CHECK_INT(evhub_sleep(0.010), 0);
	CHECK_INT(evhub_state(g), EVHUB_WAITING);
	CHECK_INT(evhub_condition_release(limited), 0);
	end_of(g);
	evhub_condition_free(limited);
}

static void *
wait_deeply(void *arg)
{
	evhub_condition_t *c = arg;
	int i, round;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < 3; i++)
			CHECK_INT(evhub_condition_acquire(c, -1), 0);
		if (round == 0)
			CHECK_INT(evhub_condition_wait(c, -1), 0);
		else
			CHECK_ERRNO(evhub_condition_wait(c, 0.001), ETIMEDOUT);
		for (i = 0; i < 3; i++)
			CHECK_INT(evhub_condition_release(c), 0);
		CHECK_ERRNO(evhub_condition_release(c), EPERM);
	}
	return NULL;
}

/* However often it was taken, it is released for the wait, and taken again as often. */
TEST_ONCE(depth)
{
	evhub_condition_t *c = make();
	evhub_greenlet_t *g = spawn_and_run(wait_deeply, c);

	CHECK_INT(evhub_condition_acquire(c, 0), 0);
	notify(c);
	CHECK_INT(evhub_condition_release(c), 0);
	/* Until it waits again. */
	CHECK_INT(evhub_condition_acquire(c, -1), 0);
	CHECK_INT(evhub_sleep(0.003), 0);
	CHECK_INT(evhub_state(g), EVHUB_WAITING);
	CHECK_INT(evhub_condition_release(c), 0);
	end_of(g);
	evhub_condition_free(c);
}

TEST_ONCE(without_the_lock)
{
	evhub_condition_t *c = make();
	struct wait wait;

	CHECK_ERRNO(evhub_condition_wait(c, -1), EPERM);
	CHECK_ERRNO(evhub_condition_wait(c, 0), EPERM);
	CHECK_ERRNO(evhub_condition_release(c), EPERM);
	/* One that does not wait does not even release it. */
	CHECK_INT(evhub_condition_acquire(c, 0), 0);
	begin(&wait, &condition, c, LONG);
	CHECK_ERRNO(evhub_condition_wait(c, 0), EAGAIN);
	CHECK_ERRNO(evhub_condition_wait(c, NAN), EINVAL);
	run_others();
	CHECK_INT(evhub_condition_release(c), 0);
	run_others();
	notify(c);
	check_well(&wait, 1);
	evhub_condition_free(c);
}

/* The condition alone is freed: they have the lock again when they hear of it. */
TEST_ONCE(freed_without_its_lock)
{
	evhub_rlock_t *lock = evhub_rlock_new();
	evhub_condition_t *c = evhub_condition_new(lock);
	struct wait wait, other;

	is_freed = 1;
	begin(&wait, &condition, c, -1);
	begin(&other, &condition, c, -1);
	CHECK_INT(evhub_rlock_acquire(lock, 0), 0);
	evhub_condition_free(c);
	run_others();
	CHECK_INT(evhub_state(wait.greenlet), EVHUB_WAITING);
	CHECK_INT(evhub_rlock_release(lock), 0);
	CHECK_PTR(evhub_rlock_owner(lock), wait.greenlet);
	/* They do not release it here: that is told of, and the next one gets it. */
	capture_log();
	check_failed(&wait, EBADF);
	check_failed(&other, EBADF);
	CHECK_INT(logged(_EVENT_LOG_WARN), 2);
	CHECK_PTR(evhub_rlock_owner(lock), NULL);
	evhub_rlock_free(lock);
}

/* The lock is freed: before they are notified, after it, and after they have given up. */
TEST_ONCE(lock_freed)
{
	evhub_rlock_t *lock = evhub_rlock_new();
	evhub_condition_t *c = evhub_condition_new(lock), *other = evhub_condition_new(lock);
	struct wait waits[4];
	size_t i;

	is_freed = 1;
	begin(&waits[0], &condition, c, -1);
	begin(&waits[1], &condition, c, -1);
	begin(&waits[2], &condition, other, -1);
	begin(&waits[3], &condition, c, 0.001);
	CHECK_INT(evhub_rlock_acquire(lock, 0), 0);
	CHECK_INT(evhub_sleep(0.004), 0);
	notify(c);
	evhub_rlock_free(lock);
	CHECK_ERRNO(evhub_condition_notify(c, 1), EBADF);
	CHECK_ERRNO(evhub_condition_acquire(c, -1), EBADF);
	CHECK_ERRNO(evhub_condition_wait(c, -1), EBADF);
	CHECK_ERRNO(evhub_condition_release(c), EBADF);
	for (i = 0; i < COUNT(waits); i++)
		check_failed(&waits[i], EBADF);
	evhub_condition_free(c);
	evhub_condition_free(other);
}

/* Killed, or out of time; then all is freed before it has run. */
TEST_ONCE(all_freed_before_it_runs)
{
	evhub_rlock_t *lock = evhub_rlock_new();
	evhub_condition_t *c = evhub_condition_new(lock);
	struct wait wait;

	is_freed = 1;
	begin(&wait, &condition, c, -1);
	CHECK_INT(evhub_kill(wait.greenlet, 0, 0), 0);
	evhub_condition_free(c);
	evhub_rlock_free(lock);
	check_failed(&wait, EBADF);
	CHECK_INT(wait.next_error, ECANCELED);
}

static void *
keep_the_lock(void *c)
{
	evhub_flag_t *nobody_sets = evhub_flag_new();

	CHECK_INT(evhub_condition_acquire(c, -1), 0);
	CHECK_INT(evhub_condition_notify_all(c), 0);
	CHECK_ERRNO(evhub_flag_wait(nobody_sets, -1), ECANCELED);
	CHECK_INT(evhub_condition_release(c), 0);
	evhub_flag_free(nobody_sets);
	return NULL;
}

/* Nobody can ever release it: the main greenlet is told, without the lock. */
TEST_ONCE(deadlock)
{
	evhub_condition_t *c = make();
	evhub_greenlet_t *g;

	capture_log();
	CHECK_INT(evhub_condition_acquire(c, -1), 0);
	g = evhub_spawn(keep_the_lock, c);
	CHECK_ERRNO(evhub_condition_wait(c, -1), EDEADLK);
	CHECK_ERRNO(evhub_condition_release(c), EPERM);
	CHECK_INT(evhub_kill(g, 0, -1), 0);
	evhub_release(g);
	/* Nobody notifies: the lock is free. */
	CHECK_INT(evhub_condition_acquire(c, 0), 0);
	CHECK_ERRNO(evhub_condition_wait(c, -1), EDEADLK);
	CHECK_INT(evhub_condition_release(c), 0);
	evhub_condition_free(c);
}

static void
end_loop(int fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	CHECK_INT(event_base_loopbreak(evhub_base()), 0);
}

static void *
hold_for_a_while(void *c)
{
	CHECK_INT(evhub_condition_acquire(c, -1), 0);
	notify(c);
	CHECK_INT(evhub_sleep(0.010), 0);
	CHECK_INT(evhub_condition_release(c), 0);
	return NULL;
}

/* The loop is told to end while the main greenlet waits for the lock: not its concern. */
TEST_ONCE(loop_ends)
{
	evhub_condition_t *c = make();
	struct timeval soon = tv_ms(2);
	evhub_greenlet_t *g;

	CHECK_INT(evhub_condition_acquire(c, -1), 0);
	CHECK_INT(event_base_once(evhub_base(), -1, EV_TIMEOUT, end_loop, NULL, &soon), 0);
	g = evhub_spawn(hold_for_a_while, c);
	CHECK_INT(evhub_condition_wait(c, -1), 0);
	CHECK_INT(evhub_condition_release(c), 0);
	end_of(g);
	evhub_condition_free(c);
}

TEST_ONCE(misuse_of_the_rest)
{
	evhub_flag_t *stranger = evhub_flag_new();

	capture_log();
	CHECK(evhub_condition_new((void *)stranger) == NULL && errno == EINVAL);
	CHECK_ERRNO(evhub_condition_wait(NULL, -1), EINVAL);
	CHECK_ERRNO(evhub_condition_release(NULL), EINVAL);
	CHECK_ERRNO(evhub_condition_notify(NULL, 1), EINVAL);
	CHECK_ERRNO(evhub_condition_notify_all(NULL), EINVAL);
	evhub_flag_free(stranger);
}
