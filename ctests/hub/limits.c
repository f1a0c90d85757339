/*
 * Limits: whose error it is, nesting, cancelling, and what is left when a greenlet ends (G17, G27).
 */
#include "hub.h"

#include <math.h>

TEST(the_call_that_waits_fails_and_so_does_every_later_one)
{
	int64_t start = now_ns();
	evhub_timeout_t *t = evhub_timeout_start(0.01, 0);
	evhub_flag_t *flag = evhub_flag_new();

	CHECK(t != NULL);
	CHECK_INT(evhub_timeout_pending(t), 1);
	CHECK_INT(evhub_timeout_expired(t), 0);
	CHECK_ERRNO(evhub_flag_wait(flag, -1), ETIMEDOUT);
	CHECK_ELAPSED(start, 10);
	CHECK_INT(evhub_timeout_pending(t), 0);
	CHECK_INT(evhub_timeout_expired(t), 1);
	CHECK_ERRNO(evhub_sleep(LONG), ETIMEDOUT);
	CHECK_ERRNO(evhub_yield(), ETIMEDOUT);
	CHECK_ERRNO(evhub_flag_wait(flag, 0), EAGAIN);
	CHECK_INT(evhub_kill_ack(), 0);
	CHECK_ERRNO(evhub_yield(), ETIMEDOUT);
	evhub_timeout_cancel(t);
	CHECK_INT(evhub_sleep(0.001), 0);
	evhub_flag_free(flag);
}

TEST(one_that_is_cancelled_in_time)
{
	evhub_timeout_t *t = evhub_timeout_start(0.005, 0);

	evhub_timeout_cancel(t);
	CHECK_INT(evhub_sleep(0.01), 0);
	t = evhub_timeout_start(LONG, 0);
	CHECK_INT(evhub_sleep(0.001), 0);
	evhub_timeout_cancel(t);
	CHECK_INT(evhub_sleep(0.001), 0);
}

static void *
sleeps_little(void *arg)
{
	CHECK_INT(evhub_sleep(0.02), 0);
	return arg;
}

/* It is the limit of one greenlet alone. */
TEST(others_are_not_limited)
{
	evhub_greenlet_t *g = spawn(sleeps_little, NULL);
	evhub_timeout_t *t = evhub_timeout_start(0.001, 0);

	CHECK_ERRNO(evhub_sleep(LONG), ETIMEDOUT);
	evhub_timeout_cancel(t);
	CHECK_INT(evhub_join(g, -1), 0);
	evhub_release(g);
}

TEST(the_inner_one_expires)
{
	evhub_timeout_t *outer = evhub_timeout_start(LONG, EIO);
	evhub_timeout_t *inner = evhub_timeout_start(0.005, EPIPE);

	CHECK_ERRNO(evhub_sleep(LONG), EPIPE);
	CHECK_INT(evhub_timeout_expired(inner), 1);
	CHECK_INT(evhub_timeout_expired(outer), 0);
	evhub_timeout_cancel(inner);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(evhub_timeout_pending(outer), 1);
	evhub_timeout_cancel(outer);
}

TEST(the_outer_one_expires)
{
	evhub_timeout_t *outer = evhub_timeout_start(0.005, EIO);
	evhub_timeout_t *inner = evhub_timeout_start(LONG, EPIPE);

	CHECK_ERRNO(evhub_sleep(LONG), EIO);
	CHECK_INT(evhub_timeout_expired(inner), 0);
	evhub_timeout_cancel(inner);
	CHECK_ERRNO(evhub_sleep(LONG), EIO);
	evhub_timeout_cancel(outer);
	CHECK_INT(evhub_sleep(0.001), 0);
}

/* What has expired first is told first; when that is cancelled, the other one. */
TEST(both_expire)
{
	evhub_timeout_t *outer = evhub_timeout_start(0.300, EIO);
	evhub_timeout_t *inner = evhub_timeout_start(0.001, EPIPE);

	CHECK_ERRNO(evhub_sleep(LONG), EPIPE);
	sleep_ms(350);
	CHECK_ERRNO(evhub_sleep(LONG), EPIPE);
	CHECK_INT(evhub_timeout_expired(outer), 1);
	evhub_timeout_cancel(inner);
	CHECK_ERRNO(evhub_sleep(LONG), EIO);
	evhub_timeout_cancel(outer);
	CHECK_INT(evhub_sleep(0.001), 0);
}

/* Both in one round of the loop, the inner one earlier by its time. */
TEST(both_expire_in_one_round)
{
	evhub_timeout_t *outer = evhub_timeout_start(0.100, EIO);
	evhub_timeout_t *inner = evhub_timeout_start(0.001, EPIPE);

	sleep_ms(150);
	CHECK_ERRNO(evhub_sleep(LONG), EPIPE);
	CHECK_INT(evhub_timeout_expired(outer), 1);
	CHECK_INT(evhub_timeout_expired(inner), 1);
	CHECK_ERRNO(evhub_sleep(LONG), EPIPE);
	evhub_timeout_cancel(outer);
	CHECK_ERRNO(evhub_sleep(LONG), EPIPE);
	evhub_timeout_cancel(inner);
	CHECK_INT(evhub_sleep(0.001), 0);
}

/* A limit that expires while nobody waits is told by the next call. */
TEST(in_code_that_does_not_wait)
{
	evhub_timeout_t *t = evhub_timeout_start(0.001, 0);

	sleep_ms(5);
	CHECK_INT(evhub_timeout_expired(t), 0);
	CHECK_ERRNO(evhub_sleep(LONG), ETIMEDOUT);
	CHECK_INT(evhub_timeout_expired(t), 1);
	evhub_timeout_cancel(t);
	/* And one that was cancelled before is not told at all. */
	t = evhub_timeout_start(0.001, 0);
	sleep_ms(5);
	evhub_timeout_cancel(t);
	CHECK_INT(evhub_sleep(0.001), 0);
}

static int reports;

static void
count_reports(evhub_greenlet_t *g, int error, const char *text, void *arg)
{
	(void)g;
	(void)error;
	(void)text;
	++*(int *)arg;
}

static void *
fails_by_a_limit(void *arg)
{
	CHECK(evhub_timeout_start(0.001, *(int *)arg) != NULL);
	CHECK_ERRNO(evhub_sleep(LONG), ETIMEDOUT);
	return evhub_fail(ETIMEDOUT, "late");
}

TEST_ONCE(a_silent_one_is_nobodys_failure)
{
	int errors[] = { 0, EVHUB_TIMEOUT_SILENT };
	evhub_greenlet_t *g;
	size_t i;

	CHECK_INT(evhub_set_error_hook(count_reports, &reports), 0);
	for (i = 0; i < COUNT(errors); i++) {
		g = spawn(fails_by_a_limit, &errors[i]);
		CHECK_INT(evhub_join(g, -1), 0);
		CHECK_INT(evhub_state(g), EVHUB_FAILED);
		CHECK_INT(reports, 1);
		evhub_release(g);
	}
}

TEST_ONCE(times_and_errors)
{
	evhub_timeout_t *t;
	double none[] = { -1, -INFINITY, INFINITY };
	size_t i;

	errno = 0;
	CHECK(evhub_timeout_start(NAN, 0) == NULL && errno == EINVAL);
	CHECK(evhub_timeout_start(1, -2) == NULL && errno == EINVAL);
	for (i = 0; i < COUNT(none); i++) {
		CHECK((t = evhub_timeout_start(none[i], 0)) != NULL);
		CHECK_INT(evhub_timeout_pending(t), 0);
		CHECK_INT(evhub_sleep(0.001), 0);
		CHECK_INT(evhub_timeout_expired(t), 0);
		evhub_timeout_cancel(t);
	}
	for (i = 0; i < 2; i++) {
		CHECK((t = evhub_timeout_start(i == 0 ? 1e300 : 1e15, 0)) != NULL);
		CHECK_INT(evhub_timeout_pending(t), 1);
		CHECK_INT(evhub_sleep(0.001), 0);
		evhub_timeout_cancel(t);
	}
	CHECK((t = evhub_timeout_start(1e-9, 0)) != NULL);
	CHECK_ERRNO(evhub_sleep(LONG), ETIMEDOUT);
	evhub_timeout_cancel(t);
	evhub_timeout_cancel(NULL);
	CHECK_ERRNO(evhub_timeout_expired(NULL), EINVAL);
	CHECK_ERRNO(evhub_timeout_pending(NULL), EINVAL);
}

/* A limit of 0 lets code run that does not wait; what waits fails. */
TEST(of_no_time)
{
	evhub_timeout_t *t = evhub_timeout_start(0, 0);

	CHECK(t != NULL);
	CHECK_ERRNO(evhub_sleep(LONG), ETIMEDOUT);
	evhub_timeout_cancel(t);
	CHECK_INT(evhub_sleep(0.001), 0);
}

static void *
waits(void *arg)
{
	(void)arg;
	CHECK_ERRNO(evhub_sleep(LONG), ETIMEDOUT);
	return &reports;
}

static void *
fails(void *arg)
{
	(void)arg;
	return evhub_fail(EIO, "no");
}

static void *
is_late(void *arg)
{
	(void)arg;
	sleep_ms(5);
	CHECK_ERRNO(evhub_sleep(LONG), ETIMEDOUT);
	return evhub_fail(EIO, "no");
}

TEST(with_timeout)
{
	void *value = &value;

	CHECK_INT(evhub_with_timeout(LONG, returns, &reports, &value), 0);
	CHECK_PTR(value, &reports);
	value = &value;
	CHECK_ERRNO(evhub_with_timeout(0.001, waits, NULL, &value), ETIMEDOUT);
	CHECK_PTR(value, &value);
	CHECK_ERRNO(evhub_with_timeout(LONG, fails, NULL, &value), EIO);
	CHECK_PTR(value, &value);
	CHECK_ERRNO(evhub_with_timeout(0.001, is_late, NULL, &value), ETIMEDOUT);
	/* A limit of no time is over when something has to wait. */
	CHECK_ERRNO(evhub_with_timeout(0, waits, NULL, &value), ETIMEDOUT);
	CHECK_PTR(value, &value);
	CHECK_INT(evhub_with_timeout(0, returns, NULL, &value), 0);
	CHECK_PTR(value, NULL);
	CHECK_INT(evhub_with_timeout(-1, returns, NULL, NULL), 0);
	CHECK_ERRNO(evhub_with_timeout(1, NULL, NULL, &value), EINVAL);
	CHECK_ERRNO(evhub_with_timeout(NAN, returns, NULL, &value), EINVAL);
	CHECK_INT(evhub_sleep(0.001), 0);
}

/* ETIMEDOUT of an outer limit is not the inner call's own. */
static void *
nests(void *arg)
{
	evhub_timeout_t *outer = evhub_timeout_start(0.001, 0);
	void *value = NULL;

	(void)arg;
	CHECK_INT(evhub_with_timeout(LONG, waits, NULL, &value), 0);
	CHECK_PTR(value, &reports);
	CHECK_INT(evhub_timeout_expired(outer), 1);
	evhub_timeout_cancel(outer);
	return NULL;
}

TEST(with_timeout_within_a_limit)
{
	end_of(spawn(nests, NULL));
}

static int
scoped(double seconds, int leave)
{
	EVHUB_TIMEOUT_SCOPE(limit, seconds);

	if (leave)
		return evhub_timeout_pending(limit);
	return evhub_sleep(0.005);
}

TEST(a_scope)
{
	CHECK_INT(scoped(LONG, 1), 1);
	CHECK_INT(scoped(LONG, 0), 0);
	CHECK_ERRNO(scoped(0.001, 0), ETIMEDOUT);
	CHECK_INT(evhub_sleep(0.01), 0);
}

static void *
leaves_a_limit(void *arg)
{
	CHECK(evhub_timeout_start(*(double *)arg, 0) != NULL);
	CHECK(evhub_timeout_start(LONG, 0) != NULL);
	if (*(double *)arg < 0.001)
		sleep_ms(2);
	return arg;
}

/* A greenlet ends with its limits pending, or about to expire: they end with it. */
TEST(a_greenlet_ends_with_its_limits)
{
	double times[] = { 0.0001, 0.005, LONG };
	evhub_greenlet_t *g;
	size_t i;

	for (i = 0; i < COUNT(times); i++) {
		g = spawn(leaves_a_limit, &times[i]);
		CHECK_INT(evhub_join(g, -1), 0);
		CHECK_INT(evhub_state(g), EVHUB_DONE);
		evhub_release(g);
	}
	CHECK_INT(evhub_sleep(0.01), 0);
	/* Nothing is left that the loop would wait for. */
	CHECK_INT(event_base_dispatch(evhub_base()), 1);
}

static void *
wants_ecanceled(void *arg)
{
	evhub_timeout_t *t = evhub_timeout_start(0.002, 0);

	CHECK_ERRNO(evhub_sleep(LONG), ECANCELED);
	sleep_ms(5);
	CHECK_ERRNO(evhub_sleep(LONG), ECANCELED);
	CHECK_INT(evhub_timeout_expired(t), 1);
	CHECK_INT(evhub_kill_ack(), ECANCELED);
	CHECK_ERRNO(evhub_sleep(LONG), ETIMEDOUT);
	evhub_timeout_cancel(t);
	CHECK_INT(evhub_sleep(0.001), 0);
	return arg;
}

/* A kill goes before limits; these come when it was acknowledged. */
TEST(killed_and_out_of_time)
{
	evhub_greenlet_t *g = spawn_and_run(wants_ecanceled, NULL);

	CHECK_INT(evhub_kill(g, 0, -1), 0);
	CHECK_INT(evhub_state(g), EVHUB_DONE);
	evhub_release(g);
}

static void *
kills_main(void *arg)
{
	CHECK_INT(evhub_kill(evhub_main(), 0, 0), 0);
	return arg;
}

TEST(killed_after_the_limit)
{
	evhub_timeout_t *t = evhub_timeout_start(0.001, 0);

	CHECK_ERRNO(evhub_sleep(LONG), ETIMEDOUT);
	CHECK_ERRNO(evhub_sleep(LONG), ETIMEDOUT);
	/* It runs when the next call gives way. */
	CHECK_INT(evhub_go(kills_main, NULL), 0);
	CHECK_ERRNO(evhub_sleep(LONG), ECANCELED);
	evhub_timeout_cancel(t);
	CHECK_ERRNO(evhub_sleep(LONG), ECANCELED);
	CHECK_INT(evhub_kill_ack(), ECANCELED);
	CHECK_INT(evhub_sleep(0.001), 0);
}

static void *
is_killed_meanwhile(void *arg)
{
	CHECK(evhub_timeout_start(0.001, 0) != NULL);
	CHECK_ERRNO(evhub_sleep(LONG), ETIMEDOUT);
	CHECK_INT(evhub_flag_set(arg), 0);
	CHECK_ERRNO(evhub_sleep(LONG), ECANCELED);
	return NULL;
}

/* Told by a call that failed already for its limit: that was its end all the same. */
TEST(killed_while_a_limit_is_told)
{
	evhub_flag_t *flag = evhub_flag_new();
	evhub_greenlet_t *g = spawn(is_killed_meanwhile, flag);

	CHECK_INT(evhub_flag_wait(flag, LONG), 1);
	CHECK_INT(evhub_state(g), EVHUB_READY);
	CHECK_INT(evhub_kill(g, 0, -1), 0);
	CHECK_INT(evhub_state(g), EVHUB_KILLED);
	evhub_release(g);
	evhub_flag_free(flag);
}

static evhub_timeout_t *others_limit;
static int was_told;

static void *
is_told_of_a_limit(void *arg)
{
	CHECK((others_limit = evhub_timeout_start(0.001, EIO)) != NULL);
	CHECK_ERRNO(evhub_sleep(LONG), EIO);
	was_told = 1;
	/* Gives way before it fails: the limit is ended meanwhile. */
	CHECK_ERRNO(evhub_sleep(LONG), EIO);
	CHECK_INT(evhub_yield(), 0);
	return arg;
}

TEST(ended_by_somebody_else_while_it_is_told)
{
	evhub_greenlet_t *g = spawn(is_told_of_a_limit, NULL);

	while (!was_told)
		CHECK_INT(evhub_yield(), 0);
	CHECK_INT(evhub_state(g), EVHUB_READY);
	evhub_timeout_cancel(others_limit);
	CHECK_PTR(end_of(g), NULL);
}

/* The wait's own timeout and a limit. */
TEST(own_timeouts_within_a_limit)
{
	evhub_flag_t *flag = evhub_flag_new();
	evhub_timeout_t *t = evhub_timeout_start(0.2, EIO);

	CHECK_ERRNO(evhub_flag_wait(flag, 0.001), ETIMEDOUT);
	CHECK_INT(evhub_timeout_expired(t), 0);
	CHECK_ERRNO(evhub_flag_wait(flag, LONG), EIO);
	evhub_timeout_cancel(t);
	evhub_flag_free(flag);
}

/* A thousand at once, cancelled in any order. */
TEST(many)
{
	evhub_timeout_t *all[1000];
	size_t i;

	for (i = 0; i < COUNT(all); i++)
		CHECK((all[i] = evhub_timeout_start(0.001 + (i % 7) * 0.0001, (int)i + 1)) != NULL);
	sleep_ms(5);
	CHECK_ERRNO(evhub_sleep(LONG), 1);
	for (i = 0; i < COUNT(all); i++)
		evhub_timeout_cancel(all[i * 7 % COUNT(all)]);
	CHECK_INT(evhub_sleep(0.001), 0);
}
