/*
 * What holds for every object that greenlets wait for, checked by each of their programs: a
 * program says how its object is waited for, and CHECK_ALL_OF(kind) makes the tests.
 */
#ifndef EVHUB_CTESTS_SYNC_H
#define EVHUB_CTESTS_SYNC_H

#include "harness.h"

#include <evhub/evhub.h>

#include <math.h>
#include <pthread.h>

/* Longer than a test may take. */
#define LONG 1000.0

/* Nothing is left behind: leaks are looked for. */
__attribute__((destructor)) static void
shut_down(void)
{
	if (evhub_current() == evhub_main())
		evhub_shutdown();
}

struct kind {
	/* One that has to be waited for. */
	void *(*make)(void);
	void (*free)(void *object);
	/* 0 or more, or -1. */
	int (*wait)(void *object, double timeout);
	/* What whoever has waited does then; may be NULL. */
	void (*after)(void *object);
	/* Ends the wait of the first; of all, if `wakes_all`. */
	void (*ready)(void *object);
	int wakes_all;
	/* One only may wait, or a second one ends the wait. */
	int is_for_one;
	int takes_null;
	/* The loop's callbacks cannot make it ready. */
	int is_not_for_loop;
};

/* A greenlet that waits, and how that ends. */
struct wait {
	const struct kind *kind;
	void *object;
	double timeout;
	evhub_greenlet_t *greenlet;
	int result;
	int error;
	int next_error;		/* of the call after it; 0 if that worked */
	int order;		/* 1: ended first */
};

static int ended;
static int is_freed;

static void *
wait_for(void *arg)
{
	struct wait *wait = arg;

	wait->result = wait->kind->wait(wait->object, wait->timeout);
	wait->error = wait->result < 0 ? errno : 0;
	wait->order = ++ended;
	if (wait->result >= 0 && wait->kind->after && !is_freed)
		wait->kind->after(wait->object);
	wait->next_error = evhub_yield() ? errno : 0;
	return NULL;
}

__attribute__((unused)) static void
run_others(void)
{
	CHECK_INT(evhub_yield(), 0);
}

/* Spawns, and lets it run to where it waits. */
__attribute__((unused)) static evhub_greenlet_t *
spawn_and_run(evhub_fn_t fn, void *arg)
{
	evhub_greenlet_t *g = evhub_spawn(fn, arg);

	CHECK(g != NULL);
	run_others();
	return g;
}

__attribute__((unused)) static void
end_of(evhub_greenlet_t *g)
{
	CHECK_INT(evhub_join(g, LONG), 0);
	evhub_release(g);
}

static void
begin(struct wait *wait, const struct kind *kind, void *object, double timeout)
{
	struct wait begun = { kind, object, timeout, NULL, -2, 0, 0, 0 };

	*wait = begun;
	wait->greenlet = spawn_and_run(wait_for, wait);
	CHECK_INT(evhub_state(wait->greenlet), EVHUB_WAITING);
}

static void
finish(struct wait *wait)
{
	end_of(wait->greenlet);
	CHECK(wait->result != -2);
}

/* Ended well, in that place (0: in any), and nothing is wrong with the next call. */
static void
check_well(struct wait *wait, int order)
{
	finish(wait);
	CHECK(wait->result >= 0);
	CHECK_INT(wait->next_error, 0);
	if (order)
		CHECK_INT(wait->order, order);
}

static void
check_failed(struct wait *wait, int error)
{
	finish(wait);
	CHECK_INT(wait->result, -1);
	CHECK_INT(wait->error, error);
}

__attribute__((unused)) static void
check_fifo(const struct kind *kind)
{
	void *object = kind->make();
	struct wait waits[4];
	size_t i;

	ended = 0;
	for (i = 0; i < COUNT(waits); i++)
		begin(&waits[i], kind, object, -1);
	for (i = 0; i < COUNT(waits); i++) {
		if (i == 0 || !kind->wakes_all)
			kind->ready(object);
		check_well(&waits[i], (int)i + 1);
	}
	kind->free(object);
}

/* None, an instant, some, no number, for ever. */
__attribute__((unused)) static void
check_timeouts(const struct kind *kind)
{
	static const double endless[] = { -1, -1e-9, -INFINITY, INFINITY, 1e300 };
	struct wait wait, other;
	void *object = kind->make();
	int64_t start = now_ns();
	size_t i;

	begin(&wait, kind, object, 1e-9);
	check_failed(&wait, ETIMEDOUT);
	CHECK_INT(wait.next_error, 0);
	begin(&wait, kind, object, 0.02);
	check_failed(&wait, ETIMEDOUT);
	CHECK_ELAPSED(start, 20);
	kind->free(object);

	for (i = 0; i < COUNT(endless); i++) {
		object = kind->make();
		ended = 0;
		begin(&wait, kind, object, endless[i]);
		CHECK_INT(evhub_sleep(0.003), 0);
		CHECK_INT(evhub_state(wait.greenlet), EVHUB_WAITING);
		kind->ready(object);
		check_well(&wait, 1);
		kind->free(object);
	}
	if (kind->is_for_one)
		return;
	/* Whoever has given up takes nothing from the one behind it. */
	object = kind->make();
	begin(&wait, kind, object, 0.002);
	begin(&other, kind, object, LONG);
	check_failed(&wait, ETIMEDOUT);
	ended = 0;
	kind->ready(object);
	check_well(&other, 1);
	kind->free(object);
}

static void *
wait_in_vain(void *arg)
{
	struct wait *wait = arg;

	CHECK_ERRNO(wait->kind->wait(wait->object, 0), EAGAIN);
	CHECK_ERRNO(wait->kind->wait(wait->object, NAN), EINVAL);
	return NULL;
}

__attribute__((unused)) static void
check_no_wait(const struct kind *kind)
{
	struct wait wait = { kind, kind->make(), 0, NULL, 0, 0, 0, 0 };

	end_of(evhub_spawn(wait_in_vain, &wait));
	kind->free(wait.object);
}

/* A limit that has expired ends every call but those that do not wait. */
static void *
wait_beyond_a_limit(void *arg)
{
	struct wait *wait = arg;
	evhub_timeout_t *limit = evhub_timeout_start(0.001, 0);

	CHECK_ERRNO(wait->kind->wait(wait->object, -1), ETIMEDOUT);
	CHECK_INT(evhub_timeout_expired(limit), 1);
	CHECK_ERRNO(wait->kind->wait(wait->object, -1), ETIMEDOUT);
	evhub_timeout_cancel(limit);
	CHECK_ERRNO(wait->kind->wait(wait->object, 0), EAGAIN);
	CHECK_INT(evhub_yield(), 0);
	return NULL;
}

__attribute__((unused)) static void
check_limit(const struct kind *kind)
{
	struct wait wait = { kind, kind->make(), 0, NULL, 0, 0, 0, 0 };

	end_of(evhub_spawn(wait_beyond_a_limit, &wait));
	kind->free(wait.object);
}

__attribute__((unused)) static void
check_kill(const struct kind *kind)
{
	void *object = kind->make();
	struct wait wait, other;

	/* Where its failure is told of. */
	capture_log();
	begin(&wait, kind, object, -1);
	if (!kind->is_for_one)
		begin(&other, kind, object, -1);
	CHECK_INT(evhub_kill(wait.greenlet, EINTR, 0), 0);
	/* Too late for the one that was killed, so it is for the other. */
	if (!kind->is_for_one)
		kind->ready(object);
	check_failed(&wait, EINTR);
	CHECK_INT(wait.next_error, EINTR);
	if (!kind->is_for_one)
		check_well(&other, 0);
	kind->free(object);
}

/* What was handed over before the kill stays so; the kill is told by the next call. */
__attribute__((unused)) static void
check_kill_after(const struct kind *kind)
{
	void *object = kind->make();
	struct wait wait;

	begin(&wait, kind, object, -1);
	kind->ready(object);
	CHECK_INT(evhub_kill(wait.greenlet, 0, 0), 0);
	finish(&wait);
	CHECK(wait.result >= 0);
	CHECK_INT(wait.next_error, ECANCELED);
	kind->free(object);
}

__attribute__((unused)) static void
check_freed(const struct kind *kind)
{
	void *object = kind->make();
	struct wait wait, other;

	ended = 0;
	begin(&wait, kind, object, -1);
	if (!kind->is_for_one)
		begin(&other, kind, object, LONG);
	kind->free(object);
	is_freed = 1;
	check_failed(&wait, EBADF);
	CHECK_INT(wait.order, 1);
	CHECK_INT(wait.next_error, 0);
	if (!kind->is_for_one)
		check_failed(&other, EBADF);
}

/* Freed when the wait is over, but whoever has waited has not run yet. */
__attribute__((unused)) static void
check_freed_late(const struct kind *kind)
{
	void *object = kind->make();
	int was_freed = is_freed;
	struct wait wait;

	begin(&wait, kind, object, -1);
	kind->ready(object);
	kind->free(object);
	is_freed = 1;
	ended = 0;
	check_well(&wait, 1);

	is_freed = was_freed;
	object = kind->make();
	begin(&wait, kind, object, -1);
	CHECK_INT(evhub_kill(wait.greenlet, 0, 0), 0);
	kind->free(object);
	is_freed = 1;
	finish(&wait);
	CHECK_INT(wait.result, -1);
	CHECK(wait.error == ECANCELED || wait.error == EBADF);
	is_freed = was_freed;
}

static void
use_in_loop(int fd, short what, void *arg)
{
	struct wait *wait = arg;

	(void)fd, (void)what;
	CHECK(evhub_current() == NULL);
	CHECK_ERRNO(wait->kind->wait(wait->object, 0), EAGAIN);
	CHECK_ERRNO(wait->kind->wait(wait->object, -1), EPERM);
	CHECK_ERRNO(wait->kind->wait(wait->object, 0.001), EPERM);
	wait->result = 1;
}

static void
ready_in_loop(int fd, short what, void *arg)
{
	struct wait *wait = arg;

	(void)fd, (void)what;
	wait->kind->ready(wait->object);
}

static void
in_loop(void (*cb)(int, short, void *), struct wait *wait)
{
	struct timeval now = tv_ms(0);

	CHECK_INT(event_base_once(evhub_base(), -1, EV_TIMEOUT, cb, wait, &now), 0);
	CHECK_INT(evhub_sleep(0.002), 0);
}

__attribute__((unused)) static void
check_loop(const struct kind *kind)
{
	struct wait seen = { kind, kind->make(), 0, NULL, 0, 0, 0, 0 };
	struct wait wait;

	in_loop(use_in_loop, &seen);
	CHECK_INT(seen.result, 1);
	begin(&wait, kind, seen.object, -1);
	if (kind->is_not_for_loop)
		kind->ready(seen.object);
	else
		in_loop(ready_in_loop, &wait);
	check_well(&wait, 0);
	kind->free(seen.object);
}

static void *
other_thread(void *arg)
{
	struct wait *wait = arg;

	CHECK_ERRNO(wait->kind->wait(wait->object, 0), EPERM);
	CHECK_ERRNO(wait->kind->wait(wait->object, -1), EPERM);
	/* Does nothing. */
	wait->kind->free(wait->object);
	return NULL;
}

__attribute__((unused)) static void
check_misuse(const struct kind *kind)
{
	struct wait shared = { kind, kind->make(), 0, NULL, 0, 0, 0, 0 };
	evhub_iwait_t *stranger = evhub_iwait_new(NULL, 0);
	struct wait wait;
	pthread_t thread;

	capture_log();
	if (kind->takes_null)
		CHECK_INT(kind->wait(NULL, -1), 0);
	else
		CHECK_ERRNO(kind->wait(NULL, -1), EINVAL);
	kind->free(NULL);
	CHECK_INT(logged(_EVENT_LOG_WARN), !kind->takes_null);
	CHECK_ERRNO(kind->wait(stranger, -1), EINVAL);
	kind->free(stranger);
	CHECK_INT(evhub_iwait_next(stranger, NULL, 0), 0);
	CHECK_INT(pthread_create(&thread, NULL, other_thread, &shared), 0);
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK_INT(logged(_EVENT_LOG_WARN), 2 + !kind->takes_null);
	begin(&wait, kind, shared.object, -1);
	kind->ready(shared.object);
	check_well(&wait, 0);
	kind->free(shared.object);
	evhub_iwait_free(stranger);
}

#define CHECK_ALL_OF(kind)                                                      \
	TEST(timeouts) { check_timeouts(&kind); }                               \
	TEST_ONCE(no_wait) { check_no_wait(&kind); }                            \
	TEST_ONCE(limit) { check_limit(&kind); }                                \
	TEST_ONCE(kill) { check_kill(&kind); }                                  \
	TEST_ONCE(kill_after) { check_kill_after(&kind); }                      \
	TEST_ONCE(freed) { check_freed(&kind); }                                \
	TEST_ONCE(freed_late) { check_freed_late(&kind); }                      \
	TEST(loop) { check_loop(&kind); }                                       \
	TEST_ONCE(misuse) { check_misuse(&kind); }

/* Who is watched, and what it says. */
struct watched {
	evhub_waitable_t *object;
	int calls;
};

__attribute__((unused)) static void
note_ready(evhub_waitable_t *object, void *arg)
{
	struct watched *watched = arg;

	CHECK_PTR(object, watched->object);
	CHECK(evhub_current() == NULL);
	watched->calls++;
}

#endif
