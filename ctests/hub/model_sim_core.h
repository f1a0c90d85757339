/* The simulator: greenlets, sleeping, killing, limits, locals. */
#ifndef EVHUB_CTESTS_HUB_MODEL_SIM_CORE_H
#define EVHUB_CTESTS_HUB_MODEL_SIM_CORE_H

#include "model_sim.h"

#define SIM(name)                                                               \
	static enum progress sim_##name(struct actor *a, const struct step *s)

static int
finished(int who)
{
	return actors[who].state >= EVHUB_DONE;
}

/* The rest of a step that is one wait for `line`, which is not over yet. */
static enum progress
waits_for(struct actor *a, struct line *line, int64_t us)
{
	enum progress progress;

	return is_refused(a, us, &progress) ? progress : parks(a, line, 0, us, WOKEN);
}

/* How a wait has ended that gives nothing. */
static enum progress
wait_ended(struct actor *a)
{
	if (a->outcome == 0)
		return result(0);
	return fails(a->outcome == GONE ? EBADF : a->outcome);
}

static enum progress
gives_way(struct actor *a)
{
	if (ready.count == 0)
		polls = 1;
	a->state = EVHUB_READY;
	a->outcome = 0;
	a->phase = WOKEN;
	push(&ready, (int)(a - actors), 0, 0);
	return WAITS;
}

SIM(YIELD)
{
	enum progress progress;

	(void)s;
	if (a->phase == WOKEN)
		return result(0);
	return is_refused(a, -1, &progress) ? progress : gives_way(a);
}

static enum progress
sleeps(struct actor *a, int ticks)
{
	enum progress progress;

	if (a->phase == WOKEN) {
		a->sleeps = 0;
		return wait_ended(a);
	}
	if (is_refused(a, -1, &progress))
		return progress;
	if (ticks == 0)
		return gives_way(a);
	a->sleeps = 1;
	return parks(a, &sleepers, 0, us_of(ticks), WOKEN);
}

SIM(SLEEP)
{
	return sleeps(a, s->n[0]);
}

/* Spawns whoever has not been: at once, later, not yet, or linked to the caller. */
SIM(SPAWN)
{
	int who = s->n[0];
	struct link *link;

	if (actors[who].state >= 0 || actors[who].reserved)
		return result(-2);
	actors[who].state = EVHUB_NEW;
	if (s->n[1] == 4 || s->n[1] == 5) {
		link = make_link(GREENLET_AT, who,
		    s->n[1] == 4 ? EVHUB_ON_VALUE : EVHUB_ON_ERROR, KILLS);
		link->target = (int)(a - actors);
	}
	if (s->n[1] == 1)
		set_timer(&actors[who].alarm, who, -1, now_us + us_of(s->n[2] + 1));
	else if (s->n[1] != 2)
		starts(who);
	return result(0);
}

SIM(START)
{
	int who = s->n[0];

	(void)a;
	if (actors[who].state < 0)
		return result(-2);
	if (actors[who].state != EVHUB_NEW || actors[who].alarm.armed)
		return fails(EINVAL);
	if (s->n[1] == 0)
		set_timer(&actors[who].alarm, who, -1, now_us + us_of(s->n[2] + 1));
	else
		starts(who);
	return result(0);
}

static enum progress
joins(struct actor *a, int who, int64_t us)
{
	enum progress progress;

	if (a->phase == WOKEN)
		return wait_ended(a);
	if (is_refused(a, us, &progress))
		return progress;
	if (finished(who))
		return result(0);
	if (a == &actors[who])
		return fails(EDEADLK);
	return parks(a, &actors[who].joiners, 0, us, WOKEN);
}

SIM(JOIN)
{
	if (actors[s->n[0]].state < 0)
		return result(-2);
	return joins(a, s->n[0], us_of(s->timeout));
}

SIM(GET)
{
	int who = s->n[0];
	enum progress progress;

	if (actors[who].state < 0)
		return result(-2);
	progress = joins(a, who, us_of(s->timeout));
	if (progress == WAITS || answer.result != 0)
		return progress;
	answer.value = actors[who].value;
	return actors[who].state == EVHUB_FAILED ? fails(actors[who].error) : result(0);
}

/* What is left of the time for several waits: a little, if none is. */
static int64_t
time_left(const struct actor *a)
{
	if (a->deadline <= 0)
		return a->deadline;
	return a->deadline > now_us ? a->deadline - now_us : 1;
}

/* Joins one after the other. */
static enum progress
joins_both(struct actor *a, const struct step *s)
{
	for (; a->number < 2; a->number++) {
		enum progress progress = joins(a, s->n[a->number], time_left(a));

		if (progress == WAITS || answer.result != 0)
			return progress;
		a->phase = BEGIN;
	}
	return result(0);
}

static void
begin_number(struct actor *a, int timeout)
{
	a->number = 0;
	a->deadline = timeout <= 0 ? timeout : now_us + us_of(timeout);
}

static enum progress all_until_failure(struct actor *a, const struct step *s);

/* k == 0: only until one has failed. */
SIM(JOIN_ALL)
{
	if (actors[s->n[0]].state < 0 || actors[s->n[1]].state < 0)
		return result(-2);
	if (s->n[2] == 0)
		return all_until_failure(a, s);
	if (a->phase == BEGIN)
		begin_number(a, s->timeout);
	return joins_both(a, s);
}

SIM(KILL)
{
	int who = s->n[0];

	if (actors[who].state < 0)
		return result(-2);
	if (a->phase == BEGIN) {
		kill_one(who, s->n[1]);
		if (a == &actors[who]) {
			enum progress progress;

			/* The caller: this call fails. */
			return is_refused(a, -1, &progress) ? progress : result(0);
		}
		if (s->timeout == 0)
			return result(0);
	}
	return joins(a, who, us_of(s->timeout));
}

SIM(KILL_ALL)
{
	if (actors[s->n[0]].state < 0 || actors[s->n[1]].state < 0)
		return result(-2);
	if (a->phase == BEGIN) {
		kill_one(s->n[0], s->n[2]);
		kill_one(s->n[1], s->n[2]);
		begin_number(a, s->timeout);
		if (s->timeout == 0)
			return result(0);
	}
	return joins_both(a, s);
}

SIM(KILL_ACK)
{
	int error = a->kill;

	(void)s;
	a->kill = a->told = 0;
	return result(error);
}

SIM(LOOK)
{
	const struct actor *other = &actors[s->n[0]];

	(void)a;
	if (other->state < 0)
		return result(-2);
	answer.value = finished(s->n[0]) ? other->value : 0;
	answer.error = finished(s->n[0]) ? other->error : 0;
	/* One that starts later was started. */
	return result(other->alarm.armed && other->state == EVHUB_NEW ? EVHUB_STARTED
	    : other->state);
}

SIM(EXIT)
{
	(void)a;
	(void)s;
	return result(0);
}

/* Limits */

static void
begin_limit(struct actor *a, int number, int ticks, int error)
{
	struct limit *limit = &a->limits[number];

	memset(limit, 0, sizeof(*limit));
	limit->is = 1;
	limit->error = error != 0 ? error : ETIMEDOUT;
	if (ticks > 0)
		set_timer(&limit->timer, (int)(a - actors), number, now_us + us_of(ticks));
}

SIM(LIMIT_START)
{
	if (a->limits[s->n[0]].is)
		return result(-2);
	begin_limit(a, s->n[0], s->n[1], s->n[2]);
	return result(0);
}

SIM(LIMIT_CANCEL)
{
	if (!a->limits[s->n[0]].is)
		return result(-2);
	a->limits[s->n[0]].is = 0;
	return result(0);
}

SIM(LIMIT_OF_OTHER)
{
	(void)a;
	return sim_LIMIT_CANCEL(&actors[s->n[1]], s);
}

SIM(LIMIT_LOOK)
{
	const struct limit *limit = &a->limits[s->n[0]];

	if (!limit->is)
		return result(-2);
	answer.value = limit->timer.armed;
	return result(limit->expired);
}

/* A sleep with a limit. */
SIM(WITH_LIMIT)
{
	struct limit *limit = &a->limits[LIMITS];
	enum progress progress;

	if (a->phase == BEGIN)
		begin_limit(a, LIMITS, s->n[0], 0);
	progress = a->phase == CANCELLED ? fails(was_cancelled(a)) : sleeps(a, s->n[1]);
	if (progress == WAITS)
		return progress;
	limit->is = 0;
	answer.value = limit->expired ? -7 : answer.result;
	answer.error = 0;
	return limit->expired ? fails(ETIMEDOUT) : result(0);
}

/* Locals: the first two have no destructor. */

SIM(LOCAL_SET)
{
	if (a->locals[s->n[0]] == 0)
		a->local_order[a->local_count++] = s->n[0];
	a->locals[s->n[0]] = answer.who * 100 + answer.at + 1;
	return result(0);
}

SIM(LOCAL_GET)
{
	answer.value = a->locals[s->n[0]];
	return result(0);
}

#endif
