/*
 * The simulator: groups. Those who wait stand in `line` (till it is empty), `others` (or a member
 * fails), `third` (for a place), `fourth` (till there is a place), `fifth` (who kill it).
 */
#ifndef EVHUB_CTESTS_HUB_MODEL_SIM_GROUP_H
#define EVHUB_CTESTS_HUB_MODEL_SIM_GROUP_H

#include "model_sim_queue.h"

/* Those who kill a group are told that there are new members. */
enum { MORE = -2 };

static struct thing *groups[OBJECTS];

static struct thing *
new_group(int limit)
{
	struct thing *group = new_thing(GROUP_AT);

	group->most = limit;
	return group;
}

static int
size_of(const struct thing *group)
{
	return group->members.count + group->dying.count;
}

static int
is_empty(const struct thing *group)
{
	return size_of(group) + group->value == 0;
}

static int
has_room(const struct thing *group)
{
	return group->most == 0 || size_of(group) + group->value < group->most;
}

static int
stands_in(const struct line *line, int who)
{
	int i;

	for (i = 0; i < line->count; i++)
		if (line->at[i].who == who)
			return 1;
	return 0;
}

static int
has_member(const struct thing *group, int who)
{
	return stands_in(&group->members, who) || stands_in(&group->dying, who);
}

/* A place is free again: the value is how many are promised. */
static void
frees_place(struct thing *group)
{
	if (group->third.count > 0) {
		group->value++;
		wake(group->third.at[0].who, 0);
		return;
	}
	wake_all(&group->fourth, 0);
	if (is_empty(group)) {
		wake_all(&group->line, 0);
		wake_all(&group->others, 0);
		wake_all(&group->fifth, 0);
		tell_links(group);
	}
}

static void
leaves_group(struct thing *group, int who)
{
	leave(&group->members, who);
	leave(&group->dying, who);
	frees_place(group);
}

static long tie_orders;

static void
enters_group(struct thing *group, int who)
{
	push(&group->members, who, 0, tie_orders++);
	group->value--;
	wake_all(&group->fifth, MORE);
}

/* When it has become a member; -1 if it is none. */
static long
tied(const struct thing *group, int who)
{
	const struct line *lines[] = { &group->members, &group->dying };
	int i, j;

	for (i = 0; i < 2; i++)
		for (j = 0; j < lines[i]->count; j++)
			if (lines[i]->at[j].who == who)
				return lines[i]->at[j].item;
	return -1;
}

/* The groups of a greenlet that has ended: the last that it has entered is told first. */
static void
groups_are_told(int who)
{
	for (;;) {
		struct thing *last = NULL;
		int i;

		for (i = 0; i < thing_count; i++)
			if (things[i].kind == GROUP_AT && tied(&things[i], who) >= 0
			    && (last == NULL || tied(&things[i], who) > tied(last, who)))
				last = &things[i];
		if (last == NULL)
			return;
		if (actors[who].state == EVHUB_FAILED)
			wake_all(&last->others, actors[who].error);
		leaves_group(last, who);
	}
}

/* Waits for a place, and is promised it. */
static enum progress
takes_place(struct actor *a, struct thing *group, int64_t us)
{
	enum progress progress;

	if (a->phase == WOKEN) {
		if (a->outcome == 0 && group->is_freed)
			return fails(EBADF);
		return wait_ended(a);
	}
	if (is_refused(a, us, &progress))
		return progress;
	if (!has_room(group))
		return parks(a, &group->third, 0, us, WOKEN);
	group->value++;
	return result(0);
}

SIM(GROUP_SPAWN)
{
	int who = s->n[1];
	enum progress progress;

	if (a->phase == BEGIN) {
		if (actors[who].state >= 0 || actors[who].reserved)
			return result(-2);
		actors[who].reserved = 1;
		a->thing = groups[s->n[0]];
	}
	progress = a->phase == CANCELLED ? fails(was_cancelled(a))
	    : takes_place(a, a->thing, us_of(s->timeout));
	if (progress == WAITS)
		return progress;
	actors[who].reserved = 0;
	if (answer.result != 0)
		return progress;
	actors[who].state = EVHUB_NEW;
	enters_group(a->thing, who);
	starts(who);
	return result(0);
}

static int
is_wanted(const struct thing *group, int who)
{
	return actors[who].state < EVHUB_DONE && !has_member(group, who);
}

SIM(GROUP_ADD)
{
	int who = s->n[1];
	enum progress progress;

	if (actors[who].state < 0)
		return result(-2);
	if (a->phase == BEGIN) {
		a->thing = groups[s->n[0]];
		if (is_refused(a, us_of(s->timeout), &progress))
			return progress;
		if (who == 0)
			return fails(EINVAL);
		if (!is_wanted(a->thing, who))
			return result(0);
	}
	progress = takes_place(a, a->thing, us_of(s->timeout));
	if (progress == WAITS || answer.result != 0)
		return progress;
	if (is_wanted(a->thing, who)) {
		enters_group(a->thing, who);
	} else {
		a->thing->value--;
		frees_place(a->thing);
	}
	return result(0);
}

SIM(GROUP_DISCARD)
{
	struct thing *group = groups[s->n[0]];

	(void)a;
	if (actors[s->n[1]].state < 0)
		return result(-2);
	if (!has_member(group, s->n[1]))
		return result(0);
	leaves_group(group, s->n[1]);
	return result(1);
}

SIM(GROUP_LOOK)
{
	const struct thing *group = groups[s->n[0]];
	long room = group->most - size_of(group) - group->value;

	(void)a;
	answer.value = group->most == 0 ? -1 : room > 0 ? room : 0;
	if (actors[s->n[1]].state >= 0 && has_member(group, s->n[1]))
		answer.value += 100;
	return result(size_of(group));
}

SIM(GROUP_ROOM)
{
	enum progress progress;

	if (a->phase == WOKEN)
		return wait_ended(a);
	if (is_refused(a, us_of(s->timeout), &progress))
		return progress;
	return has_room(groups[s->n[0]]) ? result(0)
	    : parks(a, &groups[s->n[0]]->fourth, 0, us_of(s->timeout), WOKEN);
}

/* k == 0: only until a member has failed. */
SIM(GROUP_JOIN)
{
	struct thing *group = groups[s->n[0]];
	enum progress progress;

	if (a->phase == WOKEN)
		return wait_ended(a);
	if (is_refused(a, us_of(s->timeout), &progress))
		return progress;
	if (is_empty(group))
		return result(0);
	if (has_member(group, (int)(a - actors)))
		return fails(EDEADLK);
	return parks(a, s->n[1] == 0 ? &group->others : &group->line, 0, us_of(s->timeout),
	    WOKEN);
}

/* Kills the members that were not asked before. */
static void
asks_to_end(struct thing *group, int error)
{
	int left;

	for (left = size_of(group); left > 0 && group->members.count > 0; left--) {
		struct place place = take_at(&group->members, 0);

		push(&group->dying, place.who, 0, place.item);
		kill_one(place.who, error);
	}
}

SIM(GROUP_KILL)
{
	struct thing *group = a->phase == BEGIN ? groups[s->n[0]] : a->thing;
	enum progress progress;

	a->thing = group;
	if (a->phase == WOKEN) {
		if (a->outcome != MORE)
			return wait_ended(a);
		if (group->is_freed)
			return fails(EBADF);
	} else {
		begin_number(a, s->timeout);
		if (is_refused(a, us_of(s->timeout), &progress))
			return progress;
	}
	asks_to_end(group, s->n[1]);
	if (s->timeout == 0)
		return result(0);
	if (is_refused(a, -1, &progress))
		return progress;
	if (is_empty(group))
		return result(0);
	if (has_member(group, (int)(a - actors)))
		return fails(EDEADLK);
	return parks(a, &group->fifth, 0, time_left(a), WOKEN);
}

SIM(GROUP_RENEW)
{
	struct thing *group = groups[s->n[0]];

	(void)a;
	wake_all(&group->others, GONE);
	wake_all(&group->fifth, GONE);
	wake_all(&group->third, GONE);
	wake_all(&group->fourth, GONE);
	group->members.count = group->dying.count = 0;
	free_thing(group);
	groups[s->n[0]] = new_group(s->n[1]);
	return result(0);
}

#endif
