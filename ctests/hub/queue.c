/* Queues: bounds, waiting, channels, tasks, ends. */
#include "queue.h"

#include <math.h>

TEST_ONCE(fifo)
{
	evhub_queue_t *q = evhub_queue_new(3);
	int i;

	CHECK(q != NULL);
	CHECK_INT(evhub_queue_empty(q), 1);
	CHECK_INT(evhub_queue_full(q), 0);
	for (i = 1; i <= 3; i++) {
		CHECK_INT(evhub_queue_put(q, ITEM(i), -1), 0);
		CHECK_INT((int)evhub_queue_size(q), i);
		CHECK_INT(evhub_queue_empty(q), 0);
		CHECK_INT(evhub_queue_full(q), i == 3);
	}
	CHECK_ERRNO(evhub_queue_put(q, ITEM(4), 0), EAGAIN);
	for (i = 1; i <= 3; i++)
		CHECK_INT(got(q), i);
	CHECK_ERRNO(evhub_queue_get(q, NULL, 0), EAGAIN);
	CHECK_INT(evhub_queue_put(q, NULL, -1), 0);
	CHECK_INT(evhub_queue_get(q, NULL, -1), 0);
	evhub_queue_free(q);
	evhub_queue_free(NULL);
}

/* Round and round, with other lengths each time. */
TEST_ONCE(unbounded)
{
	evhub_queue_t *q = evhub_queue_new(-1);
	int lengths[] = { 1, 7, 8, 9, 100, 5000, 3, 20000 };
	int put = 0, next = 0;
	size_t i;

	for (i = 0; i < COUNT(lengths); i++) {
		while (put - next < lengths[i])
			CHECK_INT(evhub_queue_put(q, ITEM(put++), 0), 0);
		CHECK_INT(evhub_queue_full(q), 0);
		while (put - next > lengths[i] / 3)
			CHECK_INT(got(q), next++);
	}
	while (next < put)
		CHECK_INT(got(q), next++);
	CHECK_INT(evhub_queue_empty(q), 1);
	evhub_queue_free(q);
}

TEST_ONCE(arguments)
{
	evhub_queue_t *q = evhub_queue_new(1);
	evhub_flag_t *flag = evhub_flag_new();
	evhub_queue_t *wrong = (evhub_queue_t *)flag;

	capture_log();
	CHECK_ERRNO(evhub_queue_put(NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(evhub_queue_get(NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(evhub_queue_put(wrong, NULL, 0), EINVAL);
	CHECK_ERRNO(evhub_queue_get(wrong, NULL, 0), EINVAL);
	CHECK_ERRNO(evhub_queue_empty(NULL), EINVAL);
	CHECK_ERRNO(evhub_queue_full(NULL), EINVAL);
	errno = 0;
	CHECK_INT((int)evhub_queue_size(NULL), 0);
	CHECK_INT(errno, EINVAL);
	CHECK_ERRNO(evhub_queue_join(NULL, 0), EINVAL);
	CHECK_ERRNO(evhub_queue_task_done(NULL), EINVAL);
	CHECK_ERRNO(evhub_queue_put(q, NULL, NAN), EINVAL);
	CHECK_INT(evhub_queue_put(q, ITEM(1), 0), 0);
	CHECK_ERRNO(evhub_queue_get(q, NULL, NAN), EINVAL);
	CHECK_INT((int)evhub_queue_size(q), 1);
	CHECK_PTR(evhub_pqueue_new(1, NULL, NULL), NULL);
	CHECK_INT(errno, EINVAL);
	evhub_queue_free(q);
	evhub_flag_free(flag);
}

/* Who puts into a full queue waits; the first of them has its place when a get returns. */
TEST_ONCE(full)
{
	evhub_queue_t *q = evhub_queue_new(1);
	struct side a, b, c;

	CHECK_INT(evhub_queue_put(q, ITEM(1), -1), 0);
	begin(&a, side_puts, q, 2, -1);
	begin(&b, side_puts, q, 3, -1);
	begin(&c, side_puts, q, 4, -1);
	WAITS(&a);
	CHECK_INT((int)evhub_queue_size(q), 1);
	CHECK_INT(got(q), 1);
	CHECK_INT((int)evhub_queue_size(q), 1);
	/* Nobody can take what the first who waits has put, or its place. */
	CHECK_ERRNO(evhub_queue_put(q, ITEM(9), 0), EAGAIN);
	CHECK_INT(got(q), 2);
	CHECK_INT(got(q), 3);
	CHECK_INT(got(q), 4);
	CHECK_ERRNO(evhub_queue_get(q, NULL, 0), EAGAIN);
	ends(&a, 0, 0);
	ends(&b, 0, 0);
	ends(&c, 0, 0);
	CHECK(a.place < b.place && b.place < c.place);
	evhub_queue_free(q);
}

/* Who waits for an item gets it before those who ask later. */
TEST_ONCE(empty)
{
	evhub_queue_t *q = evhub_queue_new(-1);
	struct side a, b;

	begin(&a, side_gets, q, -1, -1);
	begin(&b, side_gets, q, -1, -1);
	WAITS(&b);
	CHECK_INT(evhub_queue_put(q, ITEM(1), -1), 0);
	CHECK_INT(evhub_queue_empty(q), 1);
	CHECK_ERRNO(evhub_queue_get(q, NULL, 0), EAGAIN);
	CHECK_INT(evhub_queue_put(q, ITEM(2), -1), 0);
	CHECK_INT(evhub_queue_put(q, ITEM(3), -1), 0);
	CHECK_INT((int)evhub_queue_size(q), 1);
	ends(&a, 0, 0);
	ends(&b, 0, 0);
	CHECK_INT(a.number, 1);
	CHECK_INT(b.number, 2);
	CHECK(a.place < b.place);
	evhub_queue_free(q);
}

TEST_ONCE(channel)
{
	evhub_queue_t *q = evhub_queue_new(0);
	struct side put, get;

	CHECK_ERRNO(evhub_queue_put(q, ITEM(1), 0), EAGAIN);
	CHECK_ERRNO(evhub_queue_get(q, NULL, 0), EAGAIN);
	begin(&put, side_puts, q, 5, -1);
	WAITS(&put);
	CHECK_INT(evhub_queue_empty(q), 1);
	CHECK_INT(evhub_queue_full(q), 1);
	CHECK_INT((int)evhub_queue_size(q), 0);
	CHECK_INT(got(q), 5);
	ends(&put, 0, 0);
	begin(&get, side_gets, q, -1, -1);
	CHECK_INT(evhub_queue_empty(q), 1);
	CHECK_INT(evhub_queue_full(q), 1);
	CHECK_INT(evhub_queue_put(q, ITEM(6), 0), 0);
	CHECK_ERRNO(evhub_queue_put(q, ITEM(7), 0), EAGAIN);
	ends(&get, 0, 0);
	CHECK_INT(get.number, 6);
	evhub_queue_free(q);
}

TEST(timeouts)
{
	evhub_queue_t *q = evhub_queue_new(1);
	int64_t start = now_ns();
	void *item = ITEM(1);

	CHECK_ERRNO(evhub_queue_get(q, &item, 0.02), ETIMEDOUT);
	CHECK_ELAPSED(start, 20);
	CHECK_PTR(item, ITEM(1));
	CHECK_INT(evhub_queue_put(q, ITEM(2), 0.02), 0);
	start = now_ns();
	CHECK_ERRNO(evhub_queue_put(q, ITEM(3), 0.02), ETIMEDOUT);
	CHECK_ELAPSED(start, 20);
	CHECK_INT(got(q), 2);
	CHECK_INT((int)evhub_queue_size(q), 0);
	CHECK_ERRNO(evhub_queue_join(q, 0.01), ETIMEDOUT);
	evhub_queue_free(q);
}

/* Whose time is over is off the line: the next one has its turn, and no item is lost. */
TEST_ONCE(late_ones_are_passed_over)
{
	evhub_queue_t *q = evhub_queue_new(1), *c = evhub_queue_new(0);
	struct side late, next;

	begin(&late, side_gets, q, -1, 0.01);
	begin(&next, side_gets, q, -1, -1);
	ends(&late, -1, ETIMEDOUT);
	CHECK_INT(evhub_queue_put(q, ITEM(1), 0), 0);
	ends(&next, 0, 0);
	CHECK_INT(next.number, 1);
	CHECK_INT(late.number, -1);

	begin(&late, side_puts, c, 2, 0.01);
	begin(&next, side_puts, c, 3, -1);
	ends(&late, -1, ETIMEDOUT);
	CHECK_INT(got(c), 3);
	CHECK_ERRNO(evhub_queue_get(c, NULL, 0), EAGAIN);
	ends(&next, 0, 0);
	evhub_queue_free(q);
	evhub_queue_free(c);
}

static void *
finishes_tasks(void *arg)
{
	evhub_queue_t *q = arg;
	int i;

	for (i = 0; i < 3; i++) {
		CHECK_INT(evhub_queue_get(q, NULL, -1), 0);
		CHECK_INT(evhub_yield(), 0);
		trace("done ");
		CHECK_INT(evhub_queue_task_done(q), 0);
	}
	return NULL;
}

TEST_ONCE(join)
{
	long sizes[] = { -1, 1, 0 };
	size_t i;

	for (i = 0; i < COUNT(sizes); i++) {
		evhub_queue_t *q = evhub_queue_new(sizes[i]);
		int n;

		trace_reset();
		CHECK_INT(evhub_queue_join(q, -1), 0);
		CHECK_ERRNO(evhub_queue_task_done(q), EINVAL);
		CHECK_INT(evhub_go(finishes_tasks, q), 0);
		for (n = 0; n < 3; n++)
			CHECK_INT(evhub_queue_put(q, ITEM(n), -1), 0);
		CHECK_ERRNO(evhub_queue_join(q, 0), EAGAIN);
		CHECK_INT(evhub_queue_join(q, -1), 0);
		CHECK_STR(traced(), "done done done ");
		CHECK_ERRNO(evhub_queue_task_done(q), EINVAL);
		evhub_queue_free(q);
	}
}

/* An item that was never put is no task. */
TEST_ONCE(tasks_of_items_that_were_put)
{
	evhub_queue_t *q = evhub_queue_new(1);
	struct side put;

	CHECK_INT(evhub_queue_put(q, ITEM(1), 0), 0);
	begin(&put, side_puts, q, 2, 0.01);
	ends(&put, -1, ETIMEDOUT);
	CHECK_INT(got(q), 1);
	CHECK_INT(evhub_queue_task_done(q), 0);
	CHECK_ERRNO(evhub_queue_task_done(q), EINVAL);
	CHECK_INT(evhub_queue_join(q, 0), 0);
	evhub_queue_free(q);
}

static void *
joins(void *arg)
{
	struct side *side = arg;

	side_ends(side, evhub_queue_join(side->queue, -1));
	return NULL;
}

TEST_ONCE(freed_while_others_wait)
{
	evhub_queue_t *q = evhub_queue_new(1), *e = evhub_queue_new(1);
	struct side put, get, join;

	CHECK_INT(evhub_queue_put(q, ITEM(1), 0), 0);
	begin(&put, side_puts, q, 2, -1);
	begin(&join, joins, q, 0, -1);
	begin(&get, side_gets, e, -1, 5.0);
	evhub_queue_free(q);
	evhub_queue_free(e);
	ends(&put, -1, EBADF);
	ends(&join, -1, EBADF);
	ends(&get, -1, EBADF);
}

/* Of the loop's callbacks: what need not wait works, what has to fails. */
static void
in_the_loop(int fd, short what, void *arg)
{
	evhub_queue_t **queues = arg;

	(void)fd;
	(void)what;
	CHECK_INT(evhub_queue_put(queues[0], ITEM(1), 0), 0);
	CHECK_ERRNO(evhub_queue_put(queues[0], ITEM(9), 0), EAGAIN);
	CHECK_INT(got(queues[1]), 2);
	CHECK_ERRNO(evhub_queue_get(queues[1], NULL, 0), EAGAIN);
	CHECK_ERRNO(evhub_queue_get(queues[1], NULL, -1), EPERM);
	CHECK_ERRNO(evhub_queue_put(queues[1], NULL, 1.0), EPERM);
	CHECK_ERRNO(evhub_queue_join(queues[1], -1), EPERM);
	/* What finds a place does not wait. */
	CHECK_INT(evhub_queue_put(queues[2], ITEM(3), -1), 0);
	CHECK_INT(got(queues[2]), 3);
}

TEST(callbacks_of_the_loop)
{
	evhub_queue_t *queues[3];
	struct side put, get;
	struct event ev;
	struct timeval tv = { 0, 1000 };

	init_base();
	queues[0] = evhub_queue_new(0);
	queues[1] = evhub_queue_new(0);
	queues[2] = evhub_queue_new(1);
	begin(&get, side_gets, queues[0], -1, -1);
	begin(&put, side_puts, queues[1], 2, -1);
	evtimer_set(&ev, in_the_loop, queues);
	CHECK_INT(evtimer_add(&ev, &tv), 0);
	ends(&get, 0, 0);
	ends(&put, 0, 0);
	CHECK_INT(get.number, 1);
	evhub_queue_free(queues[0]);
	evhub_queue_free(queues[1]);
	evhub_queue_free(queues[2]);
}

/* Nobody will ever put. */
TEST_ONCE(deadlock)
{
	evhub_queue_t *q = evhub_queue_new(0);

	capture_log();
	CHECK_ERRNO(evhub_queue_get(q, NULL, -1), EDEADLK);
	CHECK_ERRNO(evhub_queue_put(q, NULL, -1), EDEADLK);
	CHECK_ERRNO(evhub_queue_get(q, NULL, 0), EAGAIN);
	evhub_queue_free(q);
}
