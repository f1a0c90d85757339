/* The simulator: links, watches, and waits for several objects. */
#ifndef EVHUB_CTESTS_HUB_MODEL_SIM_LINKS_H
#define EVHUB_CTESTS_HUB_MODEL_SIM_LINKS_H

#include "model_sim_group.h"

enum { ITERS = 256, SEVERAL_MOST = 3 };

struct iter {
	int is, count;
	int link[SEVERAL_MOST], gone[SEVERAL_MOST];
	int ready[SEVERAL_MOST];	/* told of, and not taken */
	int waiting, told, taken;
	int wanted;			/* 0: whoever waits gets the next one */
	struct line line;
};

static struct iter iters[ITERS];
static int iter_count;
static struct iter *iterators[OBJECTS];

/* The links of the program, by number. */
static struct link *numbered[LINKS];
static struct step link_steps[LINKS];
static int numbered_count;

/* The waitable object of a number in a step; -1 if there is none. */
static int
index_of(int number)
{
	int i = number / WAITABLES;

	switch (number % WAITABLES) {
	case GREENLET_AT:
		return i + 1 < program.greenlets && actors[i + 1].state >= 0 ? i + 1 : -1;
	case FLAG_AT:
		return (int)(flags[i] - things);
	case RESULT_AT:
		return (int)(results[i] - things);
	case SEM_AT:
		return (int)(sems[i] - things);
	case WAITGROUP_AT:
		return (int)(waitgroups[i] - things);
	case QUEUE_AT:
		return (int)(queues[i] - things);
	default:
		return (int)(groups[i] - things);
	}
}

static int
is_ready(int kind, int index)
{
	switch (kind) {
	case GREENLET_AT:
		return finished(index);
	case SEM_AT:
		return things[index].value > 0;
	case WAITGROUP_AT:
		return things[index].value == 0;
	case QUEUE_AT:
		return things[index].count + things[index].others.count > 0;
	case GROUP_AT:
		return is_empty(&things[index]);
	default:
		return things[index].is_set;
	}
}

/* Links of the program's */

static struct link *
number_link(int kind, int index, unsigned when, enum action action)
{
	struct link *link = make_link(kind, index, when, action);

	link->number = numbered_count;
	numbered[numbered_count++] = link;
	return link;
}

SIM(LINK_CALL)
{
	unsigned when = (unsigned)s->n[1] % 3 + 1;
	struct link *link;

	(void)a;
	if (actors[s->n[0]].state < 0 || numbered_count == LINKS)
		return result(-2);
	link_steps[numbered_count] = program.callbacks[s->n[2]];
	link = number_link(GREENLET_AT, s->n[0], when, s->n[1] >= 4 ? CALLS : STARTS);
	begin_link(link);
	return result(0);
}

SIM(LINK_KILL)
{
	struct link *link;

	(void)a;
	if (actors[s->n[0]].state < 0 || actors[s->n[2]].state < 0 || numbered_count == LINKS)
		return result(-2);
	link = number_link(GREENLET_AT, s->n[0], (unsigned)s->n[1] % 3 + 1, KILLS);
	link->target = s->n[2];
	begin_link(link);
	return result(0);
}

SIM(LINK_RESULT)
{
	(void)a;
	if (actors[s->n[0]].state < 0 || numbered_count == LINKS)
		return result(-2);
	begin_link(number_link(GREENLET_AT, s->n[0], EVHUB_ON_VALUE | EVHUB_ON_ERROR, COPIES));
	return result(0);
}

SIM(WATCH)
{
	int index = index_of(s->n[0]);

	(void)a;
	if (index < 0 || numbered_count == LINKS)
		return result(-2);
	link_steps[numbered_count] = program.callbacks[s->n[1]];
	begin_link(number_link(s->n[0] % WAITABLES, index, EVHUB_ON_VALUE | EVHUB_ON_ERROR,
	    CALLS));
	return result(0);
}

SIM(UNLINK)
{
	struct link *link = s->n[0] < numbered_count ? numbered[s->n[0]] : NULL;

	(void)a;
	if (link == NULL || !link->is)
		return result(-2);
	drop_link((int)(link - links));
	return result(0);
}

/* Several objects */

static int
hand(struct iter *iter, int entry)
{
	int who;

	if (iter->line.count == 0)
		return 0;
	who = iter->line.at[0].who;
	actors[who].item = entry;
	wake(who, 0);
	return 1;
}

static void
append(struct iter *iter, int entry)
{
	iter->told++;
	if (iter->wanted == 0 && hand(iter, entry)) {
		iter->taken++;
		while (iter->taken == iter->count && hand(iter, -1))
			;
		return;
	}
	iter->ready[iter->waiting++] = entry;
	if (iter->wanted != 0 && iter->told >= iter->wanted)
		wake_all(&iter->line, 0);
}

static void
object_gone(int number, int entry)
{
	struct iter *iter = &iters[number];

	iter->link[entry] = -1;
	iter->gone[entry] = 1;
	if (iter->wanted > 1)
		iter->wanted = 1;
	append(iter, entry);
}

static void
object_ready(int number, int entry)
{
	struct iter *iter = &iters[number];

	drop_link(iter->link[entry]);
	iter->link[entry] = -1;
	append(iter, entry);
}

static struct iter *
new_iter(int count)
{
	struct iter *iter = &iters[iter_count++];

	CHECK(iter_count <= ITERS);
	memset(iter, 0, sizeof(*iter));
	iter->is = 1;
	iter->count = count;
	return iter;
}

static void
add_entry(struct iter *iter, int entry, int kind, int index)
{
	struct link *link;

	iter->link[entry] = -1;
	if (is_ready(kind, index)) {
		append(iter, entry);
		return;
	}
	link = make_link(kind, index, EVHUB_ON_VALUE | EVHUB_ON_ERROR, COUNTS);
	link->target = (int)(iter - iters);
	link->entry = entry;
	iter->link[entry] = (int)(link - links);
}

static void
free_iter(struct iter *iter)
{
	int i;

	for (i = 0; i < iter->count; i++)
		if (iter->link[i] >= 0)
			drop_link(iter->link[i]);
	iter->is = 0;
	wake_all(&iter->line, GONE);
}

/* Three numbers of a step from `first` on; NULL if one is of a greenlet that there is not. */
static struct iter *
iter_of_step(const struct step *s, int first)
{
	struct iter *iter;
	int i;

	for (i = 0; i < SEVERAL_MOST; i++)
		if (index_of(s->n[first + i]) < 0)
			return NULL;
	iter = new_iter(SEVERAL_MOST);
	for (i = 0; i < SEVERAL_MOST; i++)
		add_entry(iter, i, s->n[first + i] % WAITABLES, index_of(s->n[first + i]));
	return iter;
}

static enum progress
wait_for_iter(struct actor *a, const struct step *s)
{
	struct iter *iter = &iters[a->number];
	enum progress progress;
	int error = 0, i;

	if (a->phase == CANCELLED)
		return fails(was_cancelled(a));
	if (a->phase == WOKEN)
		error = a->outcome;
	else if (is_refused(a, us_of(s->timeout), &progress))
		return progress;
	else if (iter->told < iter->wanted) {
		if (parks(a, &iter->line, 0, us_of(s->timeout), WOKEN) == WAITS)
			return WAITS;
		error = EAGAIN;
	}
	if (error != 0 && !((error == ETIMEDOUT || error == EAGAIN) && iter->told > 0))
		return fails(error);
	answer.error = 0;
	for (i = 0; i < iter->count; i++)
		if (iter->gone[i])
			return fails(EBADF);
	return result(iter->told);
}

SIM(WAIT)
{
	enum progress progress;

	if (a->phase == BEGIN) {
		struct iter *iter = iter_of_step(s, 0);

		if (iter == NULL)
			return result(-2);
		iter->wanted = s->n[3] != 0 ? s->n[3] : iter->count;
		a->number = (int)(iter - iters);
	}
	progress = wait_for_iter(a, s);
	if (progress == GOES_ON)
		free_iter(&iters[a->number]);
	return progress;
}

SIM(ITER_NEW)
{
	struct iter **place = &iterators[s->n[0]];
	struct iter *iter = iter_of_step(s, 1);

	(void)a;
	if (iter == NULL)
		return result(-2);
	if (*place != NULL)
		free_iter(*place);
	*place = iter;
	return result(0);
}

/* The next entry: its number is the answer's value. */
static enum progress
next_of_iter(struct actor *a, int64_t us)
{
	struct iter *iter = &iters[a->number];
	enum progress progress;
	int entry;

	if (a->phase == WOKEN) {
		if (a->outcome != 0)
			return wait_ended(a);
		entry = (int)a->item;
		answer.value = entry;
		if (entry < 0)
			return result(0);
		return iter->gone[entry] ? fails(EBADF) : result(1);
	}
	if (is_refused(a, us, &progress))
		return progress;
	answer.value = -1;
	if (iter->waiting > 0) {
		entry = iter->ready[0];
		memmove(iter->ready, iter->ready + 1, sizeof(iter->ready) - sizeof(int));
		iter->waiting--;
		iter->taken++;
		answer.value = entry;
		return iter->gone[entry] ? fails(EBADF) : result(1);
	}
	if (iter->taken == iter->count)
		return result(0);
	return parks(a, &iter->line, 0, us, WOKEN);
}

SIM(ITER_NEXT)
{
	enum progress progress;

	if (a->phase == BEGIN) {
		if (iterators[s->n[0]] == NULL)
			return result(-2);
		a->number = (int)(iterators[s->n[0]] - iters);
	}
	progress = next_of_iter(a, us_of(s->timeout));
	if (answer.result < 0 && answer.error != EBADF)
		answer.value = 0;
	if (a->phase == WOKEN && a->outcome == GONE)
		answer.value = -1;
	return progress;
}

SIM(ITER_FREE)
{
	(void)a;
	if (iterators[s->n[0]] == NULL)
		return result(-2);
	free_iter(iterators[s->n[0]]);
	iterators[s->n[0]] = NULL;
	return result(0);
}

/* Joins two until one has failed. */
static enum progress
all_until_failure(struct actor *a, const struct step *s)
{
	struct iter *iter;

	if (a->phase == BEGIN) {
		begin_number(a, s->timeout);
		iter = new_iter(2);
		add_entry(iter, 0, GREENLET_AT, s->n[0]);
		add_entry(iter, 1, GREENLET_AT, s->n[1]);
		a->number = (int)(iter - iters);
	}
	iter = &iters[a->number];
	for (;;) {
		enum progress progress;

		if (a->phase == CANCELLED)
			progress = fails(was_cancelled(a));
		else
			progress = next_of_iter(a, time_left(a));
		if (progress == WAITS)
			return WAITS;
		if (answer.result == 1 && actors[s->n[answer.value]].state == EVHUB_FAILED)
			fails(actors[s->n[answer.value]].error);
		if (answer.result != 1)
			break;
		a->phase = BEGIN;
	}
	free_iter(iter);
	answer.value = 0;
	return GOES_ON;
}

#endif
