/*
 * The simulator: queues and selects. In the lines of a queue (getters, putters in `others`, those
 * who join in `third`) a tag is the number of a select's choice, or -1.
 */
#ifndef EVHUB_CTESTS_HUB_MODEL_SIM_QUEUE_H
#define EVHUB_CTESTS_HUB_MODEL_SIM_QUEUE_H

#include "model_sim_lock.h"

enum { FIFO, LIFO, SORTED, CHANNEL, CHOICES = 3 };

static struct thing *queues[OBJECTS];

/* By what sorted queues sort. */
static int
rank(long item)
{
	return (int)(item % 7);
}

static struct thing *
new_queue(int kind, int size)
{
	struct thing *queue = new_thing(QUEUE_AT);

	queue->order = kind;
	queue->most = kind == CHANNEL ? 0 : size == 0 ? 1000000 : size;
	return queue;
}

static void
leave_queues(int who)
{
	int i;

	for (i = 0; i < thing_count; i++)
		if (things[i].kind == QUEUE_AT) {
			leave(&things[i].line, who);
			leave(&things[i].others, who);
		}
}

/* Ends the wait of somebody in a queue: it has an item, or its own is taken. */
static void
serves(struct place place, long item)
{
	actors[place.who].item = item;
	actors[place.who].number = place.tag;
	wake(place.who, 0);
}

static void
stores(struct thing *queue, long item)
{
	CHECK(queue->count < (int)COUNT(queue->items));
	queue->items[queue->count++] = item;
	tell_links(queue);
}

static int
put_in(struct thing *queue, long item)
{
	if (queue->line.count > 0)
		serves(queue->line.at[0], item);
	else if (queue->count >= queue->most)
		return 0;
	else
		stores(queue, item);
	queue->value++;
	return 1;
}

/* Takes the item of the first who waits to put. */
static long
receives(struct thing *queue)
{
	struct place first = queue->others.at[0];

	queue->value++;
	serves(first, first.item);
	return first.item;
}

static int
get_from(struct thing *queue, long *item)
{
	int i, next = queue->order == LIFO ? queue->count - 1 : 0;

	if (queue->count == 0) {
		if (queue->most != 0 || queue->others.count == 0)
			return 0;
		*item = receives(queue);
		return 1;
	}
	for (i = 1; i < queue->count && queue->order == SORTED; i++)
		if (rank(queue->items[i]) < rank(queue->items[next]))
			next = i;
	*item = queue->items[next];
	queue->count--;
	memmove(&queue->items[next], &queue->items[next + 1],
	    (size_t)(queue->count - next) * sizeof(long));
	if (queue->others.count > 0)
		stores(queue, receives(queue));
	return 1;
}

SIM(QUEUE_PUT)
{
	struct thing *queue = queues[s->n[0]];
	enum progress progress;

	if (a->phase == WOKEN)
		return wait_ended(a);
	/* Where there is a place, even somebody who was killed puts. */
	if (put_in(queue, value_of_step()))
		return result(0);
	if (is_refused(a, us_of(s->timeout), &progress))
		return progress;
	if (queue->most == 0 && s->timeout != 0)
		tell_links(queue);
	a->item = value_of_step();
	return parks(a, &queue->others, -1, us_of(s->timeout), WOKEN);
}

SIM(QUEUE_GET)
{
	struct thing *queue = queues[s->n[0]];
	enum progress progress;

	if (a->phase == WOKEN) {
		answer.value = a->outcome == 0 ? a->item : 0;
		return wait_ended(a);
	}
	if (is_refused(a, us_of(s->timeout), &progress))
		return progress;
	if (get_from(queue, &answer.value))
		return result(0);
	return parks(a, &queue->line, -1, us_of(s->timeout), WOKEN);
}

SIM(QUEUE_LOOK)
{
	const struct thing *queue = queues[s->n[0]];

	(void)a;
	answer.value = (queue->count == 0) + 10 * (queue->count >= queue->most);
	return result(queue->count);
}

SIM(QUEUE_DONE)
{
	struct thing *queue = queues[s->n[0]];

	(void)a;
	if (queue->value == 0)
		return fails(EINVAL);
	if (--queue->value == 0)
		wake_all(&queue->third, 0);
	return result(0);
}

SIM(QUEUE_JOIN)
{
	enum progress progress;

	if (a->phase == WOKEN)
		return wait_ended(a);
	if (is_refused(a, us_of(s->timeout), &progress))
		return progress;
	if (queues[s->n[0]]->value == 0)
		return result(0);
	return parks(a, &queues[s->n[0]]->third, 0, us_of(s->timeout), WOKEN);
}

/* Selects, and those who wait otherwise, are told one after the other. */
static void
tells_that_it_is_gone(struct line *line, int selects)
{
	int i = 0;

	while (i < line->count)
		if ((line->at[i].tag >= 0) == selects)
			wake(line->at[i].who, GONE);
		else
			i++;
}

SIM(QUEUE_RENEW)
{
	struct thing *queue = queues[s->n[0]];

	(void)a;
	tells_that_it_is_gone(&queue->others, 0);
	wake_all(&queue->third, GONE);
	tells_that_it_is_gone(&queue->line, 1);
	tells_that_it_is_gone(&queue->others, 1);
	free_thing(queue);
	queues[s->n[0]] = new_queue(s->n[1], program.values[s->n[0]]);
	return result(0);
}

/* What the choice of a select puts. */
static long
item_of_choice(int choice)
{
	return value_of_step() + 100000 * (choice + 1);
}

static int
puts_in_choice(const struct step *s, int choice)
{
	return s->n[CHOICES] >> choice & 1;
}

SIM(SELECT)
{
	enum progress progress;
	int i;

	if (a->phase == WOKEN) {
		if (a->outcome != 0)
			return wait_ended(a);
		answer.value = puts_in_choice(s, a->number) ? 0 : a->item;
		return result(a->number);
	}
	if (is_refused(a, us_of(s->timeout), &progress))
		return progress;
	for (i = 0; i < CHOICES; i++) {
		struct thing *queue = queues[s->n[i]];

		if (puts_in_choice(s, i) ? put_in(queue, item_of_choice(i))
		    : get_from(queue, &answer.value))
			return result(i);
	}
	if (s->timeout == 0)
		return fails(EAGAIN);
	for (i = 0; i < CHOICES; i++) {
		struct thing *queue = queues[s->n[i]];
		int puts = puts_in_choice(s, i), who = (int)(a - actors);

		push(puts ? &queue->others : &queue->line, who, i, item_of_choice(i));
		if (puts && queue->most == 0)
			tell_links(queue);
	}
	return parks(a, NULL, 0, us_of(s->timeout), WOKEN);
}

#endif
