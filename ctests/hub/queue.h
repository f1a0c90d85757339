/* What the tests of queues share: items that are numbers, and a line of what has happened. */
#ifndef EVHUB_CTESTS_QUEUE_H
#define EVHUB_CTESTS_QUEUE_H

#include "hub.h"

#define ITEM(number) ((void *)(intptr_t)(number))
#define NUMBER(item) ((int)(intptr_t)(item))

/* Gets an item without waiting. */
static inline int
got(evhub_queue_t *q)
{
	void *item = ITEM(-77);

	CHECK_INT(evhub_queue_get(q, &item, 0), 0);
	return NUMBER(item);
}

/* Lets all others run until they wait. */
static inline void
let_run(void)
{
	int i;

	for (i = 0; i < 5; i++)
		CHECK_INT(evhub_yield(), 0);
}

/* A greenlet that puts or gets one item, and what has become of it. */
struct side {
	evhub_queue_t *queue;
	int number;		/* put, or got; -1 at first */
	double timeout;
	int result;
	int error;
	int place;		/* who was done first */
	evhub_greenlet_t *greenlet;
};

static int side_place;

static inline void
side_ends(struct side *side, int result)
{
	side->error = result < 0 ? errno : 0;
	side->result = result;
	side->place = ++side_place;
}

static inline void *
side_puts(void *arg)
{
	struct side *side = arg;

	side_ends(side, evhub_queue_put(side->queue, ITEM(side->number), side->timeout));
	return NULL;
}

static inline void *
side_gets(void *arg)
{
	struct side *side = arg;
	void *item = ITEM(-1);
	int result = evhub_queue_get(side->queue, &item, side->timeout);

	side_ends(side, result);
	side->number = NUMBER(item);
	return NULL;
}

/* Starts a side, which then waits, or is done. */
static inline void
begin(struct side *side, evhub_fn_t fn, evhub_queue_t *q, int number, double timeout)
{
	side->queue = q;
	side->number = number;
	side->timeout = timeout;
	side->result = 99;
	side->error = side->place = 0;
	side->greenlet = evhub_spawn(fn, side);
	CHECK(side->greenlet != NULL);
	let_run();
}

/* Has it ended so? */
static inline void
ends(struct side *side, int result, int error)
{
	CHECK_INT(evhub_join(side->greenlet, 5.0), 0);
	evhub_release(side->greenlet);
	CHECK_INT(side->result, result);
	CHECK_INT(side->error, error);
}

#define WAITS(side) CHECK_INT((side)->place, 0)

#endif
