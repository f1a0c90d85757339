/* The simulator: flags, results, semaphores. */
#ifndef EVHUB_CTESTS_HUB_MODEL_SIM_BASIC_H
#define EVHUB_CTESTS_HUB_MODEL_SIM_BASIC_H

#include "model_sim_core.h"

/* The objects that programs use now. */
static struct thing *flags[OBJECTS], *results[OBJECTS], *sems[OBJECTS];

static struct thing *
new_thing(int kind)
{
	struct thing *thing = &things[thing_count++];

	CHECK(thing_count <= THINGS);
	memset(thing, 0, sizeof(*thing));
	thing->kind = kind;
	thing->owner = -1;
	return thing;
}

static void object_gone(int iter, int entry);

/* Whoever waits is told; links go, and are told if somebody waits for several objects. */
static void
free_thing(struct thing *thing)
{
	int i;

	thing->is_freed = 1;
	wake_all(&thing->line, GONE);
	for (i = 0; i < link_count; i++) {
		struct link *link = &links[i];

		if (!link->is || link->kind != thing->kind || link->kind == GREENLET_AT
		    || link->index != (int)(thing - things))
			continue;
		drop_link(i);
		if (link->action == COUNTS)
			object_gone(link->target, link->entry);
	}
}

static void
tell_links(const struct thing *thing)
{
	notify(thing->kind, (int)(thing - things));
}

/* Flags */

SIM(FLAG_WAIT)
{
	if (a->phase == WOKEN) {
		if (a->outcome != 0)
			return wait_ended(a);
		return result(a->thing->is_set);
	}
	a->thing = flags[s->n[0]];
	/* One that is set is not waited for, but a caller that was killed may not ask. */
	if (a->thing->is_set && (s->timeout == 0 || cancelled(a) == 0))
		return result(1);
	return waits_for(a, &a->thing->line, us_of(s->timeout));
}

SIM(FLAG_SET)
{
	struct thing *flag = flags[s->n[0]];

	(void)a;
	if (!flag->is_set) {
		flag->is_set = 1;
		wake_all(&flag->line, 0);
		tell_links(flag);
	}
	return result(0);
}

SIM(FLAG_CLEAR)
{
	(void)a;
	flags[s->n[0]]->is_set = 0;
	return result(0);
}

SIM(FLAG_RENEW)
{
	(void)a;
	free_thing(flags[s->n[0]]);
	flags[s->n[0]] = new_thing(FLAG_AT);
	return result(0);
}

/* Results */

static void
set_result(struct thing *r, long value, int error)
{
	r->is_set = 1;
	r->value = value;
	r->error = error;
	wake_all(&r->line, 0);
	tell_links(r);
}

static long
value_of_step(void)
{
	return answer.who * 100 + answer.at + 1;
}

SIM(RESULT_SET)
{
	(void)a;
	set_result(results[s->n[0]], value_of_step(), 0);
	return result(0);
}

SIM(RESULT_FAIL)
{
	(void)a;
	set_result(results[s->n[0]], 0, s->n[1] != 0 ? s->n[1] : EPIPE);
	return result(0);
}

SIM(RESULT_WAIT)
{
	if (a->phase == WOKEN)
		return wait_ended(a);
	a->thing = results[s->n[0]];
	if (a->thing->is_set && (s->timeout == 0 || cancelled(a) == 0))
		return result(0);
	return waits_for(a, &a->thing->line, us_of(s->timeout));
}

SIM(RESULT_GET)
{
	enum progress progress = sim_RESULT_WAIT(a, s);

	if (progress == WAITS || answer.result != 0)
		return progress;
	if (a->thing->error != 0)
		return fails(a->thing->error);
	answer.value = a->thing->value;
	return result(0);
}

/* The last one is for links, which it must outlive. */
SIM(RESULT_RENEW)
{
	(void)a;
	if (s->n[0] == OBJECTS - 1)
		return result(-2);
	free_thing(results[s->n[0]]);
	results[s->n[0]] = new_thing(RESULT_AT);
	return result(0);
}

/* Semaphores. `others` are those who wait without taking. */

static struct thing *
new_sem(int value, int is_bounded)
{
	struct thing *sem = new_thing(SEM_AT);

	sem->value = value;
	sem->most = is_bounded ? value : 1000000;
	return sem;
}

SIM(SEM_ACQUIRE)
{
	enum progress progress;
	struct thing *sem = sems[s->n[0]];

	if (a->phase == WOKEN)
		return wait_ended(a);
	if (is_refused(a, us_of(s->timeout), &progress))
		return progress;
	if (sem->value > 0) {
		sem->value--;
		return result(0);
	}
	return parks(a, &sem->line, 0, us_of(s->timeout), WOKEN);
}

SIM(SEM_RELEASE)
{
	struct thing *sem = sems[s->n[0]];

	(void)a;
	if (sem->line.count > 0) {
		wake(sem->line.at[0].who, 0);
		return result(0);
	}
	if (sem->value >= sem->most)
		return fails(EOVERFLOW);
	if (sem->value++ == 0)
		wake_all(&sem->others, 0);
	tell_links(sem);
	return result(0);
}

SIM(SEM_WAIT)
{
	enum progress progress;
	struct thing *sem = sems[s->n[0]];

	if (a->phase == WOKEN)
		return wait_ended(a);
	if (is_refused(a, us_of(s->timeout), &progress))
		return progress;
	return sem->value > 0 ? result(0)
	    : parks(a, &sem->others, 0, us_of(s->timeout), WOKEN);
}

SIM(SEM_LOOK)
{
	(void)a;
	answer.value = sems[s->n[0]]->value;
	return result(sems[s->n[0]]->value == 0);
}

SIM(SEM_RENEW)
{
	(void)a;
	wake_all(&sems[s->n[0]]->others, GONE);
	free_thing(sems[s->n[0]]);
	sems[s->n[0]] = new_sem(s->n[1], s->n[1] == 3);
	return result(0);
}

#endif
