/* LIFO and priority queues, and what a comparison may do. */
#include "queue.h"

static int compare_calls;

static int
by_tens(const void *a, const void *b, void *arg)
{
	int left = NUMBER(a) / 10, right = NUMBER(b) / 10;

	CHECK_PTR(arg, &compare_calls);
	compare_calls++;
	return left < right ? -5 : left > right;
}

TEST_ONCE(lifo)
{
	evhub_queue_t *q = evhub_lifo_new(3);
	struct side put;
	int i;

	for (i = 1; i <= 3; i++)
		CHECK_INT(evhub_queue_put(q, ITEM(i), -1), 0);
	begin(&put, side_puts, q, 4, -1);
	/* What waits is not in the queue: the last in it comes out, then that goes in. */
	CHECK_INT(got(q), 3);
	CHECK_INT(got(q), 4);
	CHECK_INT(evhub_queue_put(q, ITEM(5), 0), 0);
	CHECK_INT(got(q), 5);
	CHECK_INT(got(q), 2);
	CHECK_INT(got(q), 1);
	CHECK_ERRNO(evhub_queue_get(q, NULL, 0), EAGAIN);
	ends(&put, 0, 0);
	evhub_queue_free(q);
}

TEST_ONCE(priority)
{
	static const int in[] = { 31, 11, 32, 21, 12, 1, 13, 33, 2, 22 };
	static const int out[] = { 1, 2, 11, 12, 13, 21, 22, 31, 32, 33 };
	evhub_queue_t *q = evhub_pqueue_new(-1, by_tens, &compare_calls);
	size_t i;

	for (i = 0; i < COUNT(in); i++)
		CHECK_INT(evhub_queue_put(q, ITEM(in[i]), 0), 0);
	for (i = 0; i < COUNT(out); i++)
		CHECK_INT(got(q), out[i]);
	CHECK(compare_calls > 0);
	evhub_queue_free(q);
}

TEST_ONCE(priority_with_a_bound)
{
	evhub_queue_t *q = evhub_pqueue_new(2, by_tens, &compare_calls);
	struct side a, b;

	CHECK_INT(evhub_queue_put(q, ITEM(30), 0), 0);
	CHECK_INT(evhub_queue_put(q, ITEM(20), 0), 0);
	begin(&a, side_puts, q, 10, -1);
	begin(&b, side_puts, q, 0, -1);
	WAITS(&a);
	CHECK_INT(got(q), 20);
	CHECK_INT(got(q), 10);
	CHECK_INT(got(q), 0);
	CHECK_INT(got(q), 30);
	ends(&a, 0, 0);
	ends(&b, 0, 0);
	evhub_queue_free(q);
}

/* Many, against a plain search. */
TEST_ONCE(priority_of_many)
{
	enum { MANY = 3000 };
	static int left[MANY];
	evhub_queue_t *q = evhub_pqueue_new(MANY, by_tens, &compare_calls);
	unsigned state = 1;
	int count = 0, i, step;

	for (step = 0; step < 2 * MANY; step++) {
		state = state * 1103515245 + 12345;
		if (count < MANY && (step < MANY / 2 || state >> 30 < 2)) {
			left[count] = (int)(state >> 16) % 500;
			CHECK_INT(evhub_queue_put(q, ITEM(left[count]), 0), 0);
			count++;
		} else if (count > 0) {
			int best = 0;

			for (i = 1; i < count; i++)
				if (left[i] / 10 < left[best] / 10)
					best = i;
			CHECK_INT(got(q), left[best]);
			memmove(left + best, left + best + 1,
			    (size_t)(--count - best) * sizeof(left[0]));
		}
	}
	evhub_queue_free(q);
}

/* A comparison that contradicts itself loses nothing. */
static int
at_random(const void *a, const void *b, void *state)
{
	(void)a;
	(void)b;
	*(unsigned *)state = *(unsigned *)state * 1103515245 + 12345;
	return (int)(*(unsigned *)state >> 16) % 3 - 1;
}

TEST_ONCE(nonsense)
{
	enum { MANY = 500 };
	char seen[MANY] = { 0 };
	unsigned state = 7;
	evhub_queue_t *q = evhub_pqueue_new(-1, at_random, &state);
	int i;

	for (i = 0; i < MANY; i++)
		CHECK_INT(evhub_queue_put(q, ITEM(i), 0), 0);
	for (i = 0; i < MANY; i++)
		CHECK_INT(seen[got(q)]++, 0);
	CHECK_INT(evhub_queue_empty(q), 1);
	evhub_queue_free(q);
}

static evhub_queue_t *meddled;

/* Does everything that it should not do. */
static int
meddles(const void *a, const void *b, void *arg)
{
	evhub_choice_t choice = { meddled, EVHUB_GET, NULL };
	size_t size = evhub_queue_size(meddled);

	(void)arg;
	CHECK_ERRNO(evhub_queue_put(meddled, ITEM(99), 0), EBUSY);
	CHECK_ERRNO(evhub_queue_put(meddled, ITEM(99), -1), EBUSY);
	CHECK_ERRNO(evhub_queue_get(meddled, NULL, 0), EBUSY);
	CHECK_ERRNO(evhub_select_queues(&choice, 1, 0), EBUSY);
	evhub_queue_free(meddled);
	CHECK_INT((int)evhub_queue_size(meddled), (int)size);
	CHECK_ERRNO(evhub_sleep(0), EPERM);
	CHECK_ERRNO(evhub_queue_get(meddled, NULL, -1), EPERM);
	CHECK_INT(evhub_kill_ack(), 0);
	CHECK_ERRNO(evhub_yield(), EPERM);
	compare_calls++;
	return NUMBER(a) - NUMBER(b);
}

TEST_ONCE(meddling)
{
	struct side put;

	capture_log();
	meddled = evhub_pqueue_new(3, meddles, NULL);
	CHECK_INT(evhub_queue_put(meddled, ITEM(3), -1), 0);
	CHECK_INT(evhub_queue_put(meddled, ITEM(2), -1), 0);
	CHECK_INT(evhub_queue_put(meddled, ITEM(4), -1), 0);
	CHECK(compare_calls > 0);
	begin(&put, side_puts, meddled, 1, -1);
	CHECK_INT(got(meddled), 2);
	CHECK_INT(got(meddled), 1);
	CHECK_INT(got(meddled), 3);
	CHECK_INT(got(meddled), 4);
	ends(&put, 0, 0);
	/* The caller may wait again. */
	CHECK_INT(evhub_yield(), 0);
	evhub_queue_free(meddled);
	CHECK(logged(_EVENT_LOG_WARN) > 0);
}

/* A kill in a comparison is told to whoever compares when it has compared. */
static int
kills(const void *a, const void *b, void *arg)
{
	(void)arg;
	CHECK_ERRNO(evhub_kill(evhub_current(), 0, 0), EPERM);
	return NUMBER(a) - NUMBER(b);
}

static void *
is_killed_comparing(void *arg)
{
	evhub_queue_t *q = evhub_pqueue_new(-1, kills, NULL);

	(void)arg;
	CHECK_INT(evhub_queue_put(q, ITEM(2), -1), 0);
	CHECK_INT(evhub_queue_put(q, ITEM(1), -1), 0);
	CHECK_ERRNO(evhub_queue_get(q, NULL, -1), ECANCELED);
	CHECK_INT(got(q), 1);
	CHECK_INT(got(q), 2);
	CHECK_INT(evhub_kill_ack(), ECANCELED);
	CHECK_INT(evhub_yield(), 0);
	evhub_queue_free(q);
	return ITEM(1);
}

TEST_ONCE(killed_by_its_comparison)
{
	evhub_greenlet_t *g = evhub_spawn(is_killed_comparing, NULL);
	void *value;

	CHECK_INT(evhub_get(g, &value, -1), 0);
	CHECK_PTR(value, ITEM(1));
	evhub_release(g);
}
