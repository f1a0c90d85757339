/* Runs the program with the library: queues, selects, groups. */
#ifndef EVHUB_CTESTS_HUB_MODEL_REAL_GROUPS_H
#define EVHUB_CTESTS_HUB_MODEL_REAL_GROUPS_H

#include "model_real_locks.h"

static int
compare_items(const void *a, const void *b, void *arg)
{
	(void)arg;
	return (int)(number(a) % 7) - (int)(number(b) % 7);
}

static evhub_queue_t *
make_queue(int kind, int size)
{
	long most = size == 0 ? -1 : size;

	switch (kind) {
	case 0:
		return evhub_queue_new(most);
	case 1:
		return evhub_lifo_new(most);
	case 2:
		return evhub_pqueue_new(most, compare_items, NULL);
	default:
		return evhub_queue_new(0);
	}
}

REAL(QUEUE_PUT)
{
	(void)who;
	r->result = evhub_queue_put(real.queues[s->n[0]], pointer(value_of(r)),
	    seconds(s->timeout));
}

REAL(QUEUE_GET)
{
	void *item = NULL;

	(void)who;
	r->result = evhub_queue_get(real.queues[s->n[0]], &item, seconds(s->timeout));
	r->value = number(item);
}

REAL(QUEUE_LOOK)
{
	const evhub_queue_t *q = real.queues[s->n[0]];

	(void)who;
	r->result = (int)evhub_queue_size(q);
	r->value = evhub_queue_empty(q) + 10 * evhub_queue_full(q);
}

REAL_CALL(QUEUE_DONE, evhub_queue_task_done, queues)
REAL_WAIT(QUEUE_JOIN, evhub_queue_join, queues)

REAL(QUEUE_RENEW)
{
	evhub_queue_t *former = real.queues[s->n[0]];

	(void)who;
	forget_links(former);
	real.queues[s->n[0]] = make_queue(s->n[1], program.values[s->n[0]]);
	evhub_queue_free(former);
	r->result = 0;
}

REAL(SELECT)
{
	evhub_choice_t choices[3];
	int i;

	(void)who;
	for (i = 0; i < 3; i++) {
		int puts = s->n[3] >> i & 1;

		choices[i].queue = real.queues[s->n[i]];
		choices[i].op = puts ? EVHUB_PUT : EVHUB_GET;
		choices[i].item = puts ? pointer(value_of(r) + 100000 * (i + 1)) : NULL;
	}
	r->result = evhub_select_queues(choices, 3, seconds(s->timeout));
	for (i = 0; i < 3; i++)
		if (choices[i].op == EVHUB_GET)
			r->value += number(choices[i].item);
}

/* Groups */

REAL(GROUP_SPAWN)
{
	evhub_greenlet_t *g;
	int slot = s->n[1];

	(void)who;
	if (!is_nobody(slot, r) || real.reserved[slot])
		return;
	real.reserved[slot] = 1;
	g = evhub_group_spawn(real.groups[s->n[0]], real_body, pointer(slot),
	    seconds(s->timeout));
	real.reserved[slot] = 0;
	real.greenlets[slot] = g;
	r->result = g != NULL ? 0 : -1;
}

REAL(GROUP_ADD)
{
	(void)who;
	if (!is_nobody(s->n[1], r))
		r->result = evhub_group_add(real.groups[s->n[0]], real.greenlets[s->n[1]],
		    seconds(s->timeout));
}

REAL(GROUP_DISCARD)
{
	(void)who;
	if (!is_nobody(s->n[1], r))
		r->result = evhub_group_discard(real.groups[s->n[0]], real.greenlets[s->n[1]]);
}

REAL(GROUP_LOOK)
{
	evhub_group_t *group = real.groups[s->n[0]];
	evhub_greenlet_t *g = real.greenlets[s->n[1]];

	(void)who;
	r->result = (int)evhub_group_size(group);
	r->value = evhub_group_free_count(group);
	if (g != NULL && evhub_group_contains(group, g) == 1)
		r->value += 100;
}

REAL_WAIT(GROUP_ROOM, evhub_group_wait_available, groups)

REAL(GROUP_JOIN)
{
	(void)who;
	r->result = evhub_group_join(real.groups[s->n[0]], s->n[1] == 0 ? EVHUB_RAISE : 0,
	    seconds(s->timeout));
}

REAL(GROUP_KILL)
{
	(void)who;
	r->result = evhub_group_kill(real.groups[s->n[0]], s->n[1], seconds(s->timeout));
}

REAL(GROUP_RENEW)
{
	evhub_group_t *former = real.groups[s->n[0]];

	(void)who;
	forget_links(former);
	real.groups[s->n[0]] = evhub_group_new((size_t)s->n[1]);
	evhub_group_free(former);
	r->result = 0;
}

static void
begin_groups(void)
{
	int i;

	for (i = 0; i < OBJECTS; i++) {
		real.queues[i] = make_queue((int)(program.seed + (unsigned)i) % 4,
		    program.values[i]);
		real.groups[i] = evhub_group_new((size_t)program.values[i]);
	}
}

static void
end_groups(void)
{
	int i;

	for (i = 0; i < OBJECTS; i++) {
		evhub_queue_free(real.queues[i]);
		evhub_group_free(real.groups[i]);
	}
}

#endif
