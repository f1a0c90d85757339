/* Queues and kills: who was killed is off the line, and what was done is done. */
#include "queue.h"

/* A kill ends a wait; the item that was to be put is not put, and none is taken. */
TEST_ONCE(killed_while_waiting)
{
	evhub_queue_t *q = evhub_queue_new(1), *e = evhub_queue_new(1);
	struct side put, next, get, other;

	CHECK_INT(evhub_queue_put(q, ITEM(1), 0), 0);
	begin(&put, side_puts, q, 2, -1);
	begin(&next, side_puts, q, 3, -1);
	begin(&get, side_gets, e, -1, -1);
	begin(&other, side_gets, e, -1, -1);
	CHECK_INT(evhub_kill(put.greenlet, 0, 0), 0);
	CHECK_INT(evhub_kill(get.greenlet, EIO, 0), 0);
	CHECK_INT(got(q), 1);
	CHECK_INT(got(q), 3);
	CHECK_INT(evhub_queue_put(e, ITEM(4), 0), 0);
	ends(&put, -1, ECANCELED);
	ends(&get, -1, EIO);
	ends(&next, 0, 0);
	ends(&other, 0, 0);
	CHECK_INT(other.number, 4);
	evhub_queue_free(q);
	evhub_queue_free(e);
}

/* Handed over, then killed before it runs: it has what it was given. */
TEST_ONCE(killed_after_the_hand_over)
{
	evhub_queue_t *q = evhub_queue_new(0);
	struct side get, put;

	begin(&get, side_gets, q, -1, -1);
	CHECK_INT(evhub_queue_put(q, ITEM(1), 0), 0);
	CHECK_INT(evhub_kill(get.greenlet, 0, 0), 0);
	ends(&get, 0, 0);
	CHECK_INT(get.number, 1);
	begin(&put, side_puts, q, 2, -1);
	CHECK_INT(got(q), 2);
	CHECK_INT(evhub_kill(put.greenlet, 0, 0), 0);
	ends(&put, 0, 0);
	evhub_queue_free(q);
}

static void *
ignores_its_kill(void *arg)
{
	evhub_queue_t *q = arg;
	evhub_choice_t choice = { q, EVHUB_GET, NULL };

	CHECK_ERRNO(evhub_sleep(10), ECANCELED);
	/* There is a place: a put does not fail, whatever its timeout. */
	CHECK_INT(evhub_queue_put(q, ITEM(1), -1), 0);
	CHECK_INT(evhub_queue_put(q, ITEM(2), 1.0), 0);
	CHECK_ERRNO(evhub_queue_put(q, ITEM(3), -1), ECANCELED);
	CHECK_ERRNO(evhub_queue_put(q, ITEM(3), 0), EAGAIN);
	/* A get fails before it has taken anything, unless it would not wait at all. */
	CHECK_ERRNO(evhub_queue_get(q, NULL, -1), ECANCELED);
	CHECK_ERRNO(evhub_select_queues(&choice, 1, -1), ECANCELED);
	CHECK_ERRNO(evhub_queue_join(q, -1), ECANCELED);
	CHECK_INT((int)evhub_queue_size(q), 2);
	CHECK_INT(got(q), 1);
	CHECK_INT(evhub_kill_ack(), ECANCELED);
	CHECK_INT(evhub_queue_get(q, NULL, -1), 0);
	return ITEM(7);
}

TEST_ONCE(calls_of_a_killed_greenlet)
{
	evhub_queue_t *q = evhub_queue_new(2);
	evhub_greenlet_t *g = evhub_spawn(ignores_its_kill, q);
	void *value;

	let_run();
	CHECK_INT(evhub_kill(g, 0, 0), 0);
	CHECK_INT(evhub_get(g, &value, -1), 0);
	CHECK_PTR(value, ITEM(7));
	evhub_release(g);
	evhub_queue_free(q);
}

/* Nor does it take what somebody offers in a channel. */
static void *
does_not_take(void *arg)
{
	evhub_queue_t *q = arg;

	CHECK_ERRNO(evhub_sleep(10), ECANCELED);
	CHECK_ERRNO(evhub_queue_get(q, NULL, -1), ECANCELED);
	return NULL;
}

TEST_ONCE(offers_to_a_killed_greenlet)
{
	evhub_queue_t *q = evhub_queue_new(0);
	evhub_greenlet_t *g = evhub_spawn(does_not_take, q);
	struct side put;

	begin(&put, side_puts, q, 1, -1);
	CHECK_INT(evhub_kill(g, 0, 0), 0);
	CHECK_INT(evhub_join(g, -1), 0);
	WAITS(&put);
	CHECK_INT(got(q), 1);
	ends(&put, 0, 0);
	evhub_release(g);
	evhub_queue_free(q);
}

static void *
runs_out_of_time(void *arg)
{
	evhub_queue_t *q = arg;
	evhub_timeout_t *limit = evhub_timeout_start(0.01, 0);

	CHECK_ERRNO(evhub_queue_get(q, NULL, -1), ETIMEDOUT);
	CHECK_INT(evhub_queue_put(q, ITEM(1), -1), 0);
	CHECK_ERRNO(evhub_queue_get(q, NULL, -1), ETIMEDOUT);
	evhub_timeout_cancel(limit);
	CHECK_INT(evhub_queue_get(q, NULL, -1), 0);
	return NULL;
}

TEST_ONCE(limits)
{
	evhub_queue_t *q = evhub_queue_new(1);
	evhub_greenlet_t *g = evhub_spawn(runs_out_of_time, q);

	CHECK_INT(evhub_join(g, -1), 0);
	CHECK_INT(evhub_state(g), EVHUB_DONE);
	evhub_release(g);
	evhub_queue_free(q);
}

/* Those who wait for ever are ended by the hub's end; the queue is as it was. */
static void *
waits_for_ever(void *arg)
{
	evhub_queue_t **queues = arg;
	evhub_choice_t choices[] = { { queues[0], EVHUB_GET, NULL },
		{ queues[1], EVHUB_PUT, ITEM(1) } };

	CHECK_ERRNO(evhub_select_queues(choices, 2, -1), ECANCELED);
	return NULL;
}

TEST_ONCE(shutdown)
{
	evhub_queue_t *queues[2] = { evhub_queue_new(0), evhub_queue_new(0) };
	struct side get;

	capture_log();
	begin(&get, side_gets, queues[0], -1, -1);
	CHECK_INT(evhub_go(waits_for_ever, queues), 0);
	let_run();
	CHECK_INT(evhub_shutdown(), 0);
	CHECK_INT(get.error, ECANCELED);
	evhub_release(get.greenlet);
	CHECK_ERRNO(evhub_queue_get(queues[1], NULL, 0), EAGAIN);
	CHECK_ERRNO(evhub_queue_put(queues[0], NULL, 0), EAGAIN);
	evhub_queue_free(queues[0]);
	evhub_queue_free(queues[1]);
}
