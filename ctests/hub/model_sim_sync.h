/* The simulator: waiters, barriers, wait groups. */
#ifndef EVHUB_CTESTS_HUB_MODEL_SIM_SYNC_H
#define EVHUB_CTESTS_HUB_MODEL_SIM_SYNC_H

#include "model_sim_basic.h"

static struct thing *waiters[OBJECTS], *barriers[OBJECTS], *waitgroups[OBJECTS];

/* Waiters */

static enum progress
sets_waiter(struct thing *waiter, long value, int error)
{
	if (waiter->line.count > 0) {
		int who = waiter->line.at[0].who;

		actors[who].item = value;
		wake(who, error);
		return result(0);
	}
	if (waiter->is_set)
		return fails(EBUSY);
	waiter->is_set = 1;
	waiter->value = value;
	waiter->error = error;
	return result(0);
}

SIM(WAITER_SET)
{
	(void)a;
	return sets_waiter(waiters[s->n[0]], value_of_step(), 0);
}

SIM(WAITER_FAIL)
{
	(void)a;
	return sets_waiter(waiters[s->n[0]], 0, s->n[1] != 0 ? s->n[1] : EPIPE);
}

SIM(WAITER_GET)
{
	struct thing *waiter = waiters[s->n[0]];
	enum progress progress;

	if (a->phase == WOKEN) {
		answer.value = a->outcome == 0 ? a->item : 0;
		return wait_ended(a);
	}
	if (is_refused(a, us_of(s->timeout), &progress))
		return progress;
	if (waiter->is_set) {
		waiter->is_set = 0;
		if (waiter->error != 0)
			return fails(waiter->error);
		answer.value = waiter->value;
		return result(0);
	}
	if (waiter->line.count > 0)
		return fails(EBUSY);
	return parks(a, &waiter->line, 0, us_of(s->timeout), WOKEN);
}

SIM(WAITER_RENEW)
{
	(void)a;
	free_thing(waiters[s->n[0]]);
	waiters[s->n[0]] = new_thing(WAITABLES);
	return result(0);
}

/* Barriers */

static struct thing *
new_barrier(int count)
{
	struct thing *barrier = new_thing(WAITABLES);

	barrier->most = count;
	return barrier;
}

SIM(BARRIER_WAIT)
{
	struct thing *barrier = barriers[s->n[0]];
	enum progress progress;
	int place;

	if (a->phase == WOKEN)
		return a->outcome == 0 ? result((int)a->item) : wait_ended(a);
	if (is_refused(a, us_of(s->timeout), &progress))
		return progress;
	if (barrier->line.count + 1 < barrier->most)
		return parks(a, &barrier->line, 0, us_of(s->timeout), WOKEN);
	for (place = 0; barrier->line.count > 0; place++) {
		actors[barrier->line.at[0].who].item = place;
		wake(barrier->line.at[0].who, 0);
	}
	return result(place);
}

SIM(BARRIER_RENEW)
{
	(void)a;
	free_thing(barriers[s->n[0]]);
	barriers[s->n[0]] = new_barrier(s->n[1] + 1);
	return result(0);
}

/* Wait groups: the value is what is left. */

static enum progress
adds(struct thing *group, int count)
{
	if (group->value + count < 0)
		return fails(EINVAL);
	group->value += count;
	if (group->value == 0 && count != 0) {
		wake_all(&group->line, 0);
		tell_links(group);
	}
	return result(0);
}

SIM(WG_ADD)
{
	(void)a;
	return adds(waitgroups[s->n[0]], s->n[1] - 1);
}

SIM(WG_DONE)
{
	(void)a;
	return adds(waitgroups[s->n[0]], -1);
}

SIM(WG_WAIT)
{
	enum progress progress;

	if (a->phase == WOKEN)
		return wait_ended(a);
	if (is_refused(a, us_of(s->timeout), &progress))
		return progress;
	if (waitgroups[s->n[0]]->value == 0)
		return result(0);
	return parks(a, &waitgroups[s->n[0]]->line, 0, us_of(s->timeout), WOKEN);
}

SIM(WG_RENEW)
{
	(void)a;
	free_thing(waitgroups[s->n[0]]);
	waitgroups[s->n[0]] = new_thing(WAITGROUP_AT);
	return result(0);
}

#endif
