/* The simulator: runs the program. */
#ifndef EVHUB_CTESTS_HUB_MODEL_SIM_RUN_H
#define EVHUB_CTESTS_HUB_MODEL_SIM_RUN_H

#include "model_sim_links.h"

static void
tell(struct story *story)
{
	answer.us = (long)now_us;
	CHECK(story->count < RECORDS);
	story->records[story->count++] = answer;
}

#define SIM_CASE(name, family, weight, form)                                    \
	case OP_##name:                                                         \
		return sim_##name(a, s);

static enum progress
sim_step(struct actor *a, const struct step *s)
{
	int op = s->op;

	/* These have something to put in order. */
	if (a->phase == CANCELLED && op != OP_WITH_LIMIT && op != OP_WAIT
	    && op != OP_GROUP_SPAWN && !(op == OP_JOIN_ALL && s->n[2] == 0))
		return fails(was_cancelled(a));
	switch (s->op) {
		STEP_KINDS(SIM_CASE)
	}
	return GOES_ON;
}

static void
begin_record(int who, int at, int op)
{
	memset(&answer, 0, sizeof(answer));
	answer.who = who;
	answer.at = at;
	answer.op = op;
}

/* Destructors: each gives way. */
static enum progress
sim_destructors(int who, int at)
{
	struct actor *a = &actors[who];

	while (a->local_count > 0) {
		int local = a->local_order[0];
		struct step yield = { .op = OP_YIELD };

		if (local >= 2) {
			begin_record(who, at, OP_END);
			if (sim_step(a, &yield) == WAITS)
				return WAITS;
			answer.value = a->locals[local];
			tell(&expected);
		}
		a->phase = BEGIN;
		memmove(a->local_order, a->local_order + 1, sizeof(a->local_order) - sizeof(int));
		a->local_count--;
	}
	return GOES_ON;
}

static int
first_alive(void)
{
	int i = 1;

	while (i < program.greenlets && (actors[i].state < 0 || finished(i)))
		i++;
	return i;
}

/* Main waits for all, and kills them when nothing else ends them. */
static enum progress
sim_last_joins(struct actor *a, int at)
{
	int i;

	while (a->phase != BEGIN || (a->number = first_alive()) < program.greenlets) {
		struct step join = { .op = OP_JOIN, .n = { a->number }, .timeout = -1 };

		begin_record(0, at, OP_LAST_JOIN);
		answer.value = a->number;
		if (sim_step(a, &join) == WAITS)
			return WAITS;
		tell(&expected);
		a->phase = BEGIN;
		if (answer.result == 0)
			continue;
		a->kill = a->told = 0;
		for (i = 1; i < program.greenlets; i++)
			if (actors[i].state >= 0)
				kill_one(i, 0);
		/* Whoever was notified gets its lock before a kill: but not if that goes. */
		for (i = 0; i < 2 * OBJECTS; i++) {
			struct step renew = { .op = i % 2 ? OP_COND_RENEW : OP_RLOCK_RENEW,
				.n = { i / 2 } };

			sim_step(a, &renew);
		}
	}
	return GOES_ON;
}

/* The last steps of main; all others have ended, but those of links. */
static enum progress
sim_last(struct actor *a, int at)
{
	int i;

	if (a->number == 0) {
		for (i = 0; i < LIMITS; i++)
			a->limits[i].is = 0;
		a->kill = a->told = 0;
		a->number = 1;
	}
	if (!closing && sim_last_joins(a, at) == WAITS)
		return WAITS;
	for (;;) {
		enum progress progress;

		begin_record(0, at, OP_SHUTDOWN);
		if (a->phase == CANCELLED)
			fails(was_cancelled(a));
		else if (a->phase == WOKEN)
			wait_ended(a);
		else {
			closing = 1;
			return is_refused(a, -1, &progress) ? progress
			    : parks(a, &sleepers, 0, -1, WOKEN);
		}
		closing = 0;
		tell(&expected);
		a->phase = BEGIN;
		if (answer.result == 0)
			return GOES_ON;
		a->kill = a->told = 0;
	}
}

/* What has become of all. */
static void
sim_fates(int at)
{
	int i;

	for (i = 1; i < program.greenlets; i++) {
		struct step look = { .op = OP_LOOK, .n = { i } };

		begin_record(0, at, OP_FATE);
		sim_step(&actors[0], &look);
		tell(&expected);
	}
}

/* The step of a link's call, after a record that says that it was called. */
static void
sim_called(int who, int number, int ended)
{
	begin_record(who, number, OP_CALLED);
	answer.value = ended;
	tell(&expected);
}

/* Runs a greenlet until it waits: the number of its step is `at`. */
static void
sim_run(int who)
{
	struct actor *a = &actors[who];
	int helps = who >= SLOTS;
	int name = helps ? HELPER + who - SLOTS : who;
	int count = helps ? 1 : program.count[who];

	if (a->state == EVHUB_STARTED && helps)
		sim_called(name, who - SLOTS, numbered[who - SLOTS]->index);
	a->state = EVHUB_RUNNING;
	while (a->at < count) {
		const struct step *s =
		    helps ? &link_steps[who - SLOTS] : &program.steps[who][a->at];

		begin_record(name, a->at, s->op);
		if (sim_step(a, s) == WAITS)
			return;
		tell(&expected);
		a->phase = BEGIN;
		a->number = 0;
		a->at = s->op == OP_EXIT ? count : a->at + 1;
	}
	if (who == 0) {
		if (sim_last(a, a->at) == GOES_ON) {
			sim_fates(a->at);
			a->state = EVHUB_DONE;
		}
	} else if (helps) {
		returns(who, 1, 0);
	} else if (sim_destructors(who, a->at) == GOES_ON) {
		returns(who, program.ending[who], who + 1000);
	}
}

static void
sim_act(int number)
{
	struct link *link = &links[number];
	int by = link->kind == GREENLET_AT ? link->index : -1;

	link->due = 0;
	link->done = link->kind == GREENLET_AT;
	switch (link->action) {
	case CALLS:
		sim_called(LOOP, link->number, by);
		if (link->calls++ >= 3)
			break;
		begin_record(LOOP, link->number, link_steps[link->number].op);
		actors[LOOPER].phase = BEGIN;
		CHECK_INT(sim_step(&actors[LOOPER], &link_steps[link->number]), GOES_ON);
		tell(&expected);
		break;
	case STARTS:
		starts(SLOTS + link->number);
		break;
	case KILLS:
		if (actors[link->target].state >= 0)
			kill_one(link->target, EVHUB_ELINKED_DONE + actors[by].state - EVHUB_DONE);
		break;
	case COPIES:
		if (actors[by].state == EVHUB_FAILED)
			set_result(results[OBJECTS - 1], 0, actors[by].error);
		else
			set_result(results[OBJECTS - 1], actors[by].value, 0);
		break;
	case COUNTS:
		object_ready(link->target, link->entry);
	}
}

static void
sim_begin(void)
{
	int i;

	memset(actors, 0, sizeof(actors));
	memset(numbered, 0, sizeof(numbered));
	memset(iterators, 0, sizeof(iterators));
	ready.count = sleepers.count = 0;
	link_count = due_count = iter_count = numbered_count = thing_count = 0;
	polls = closing = expected.count = 0;
	now_us = 0;
	for (i = 0; i <= WHO; i++)
		actors[i].state = i == 0 ? EVHUB_RUNNING : i < SLOTS || i == WHO ? -1 : EVHUB_NEW;
	for (i = 0; i < OBJECTS; i++) {
		flags[i] = new_thing(FLAG_AT);
		results[i] = new_thing(RESULT_AT);
		sems[i] = new_sem(program.values[i], i == 0);
		waiters[i] = new_thing(WAITABLES);
		barriers[i] = new_barrier(program.values[i] + 1);
		waitgroups[i] = new_thing(WAITGROUP_AT);
		rlocks[i] = new_thing(RLOCK_KIND);
		conditions[i] = new_condition(i);
		rwlocks[i] = new_thing(RWLOCK_KIND);
		queues[i] = new_queue((int)(program.seed + (unsigned)i) % 4, program.values[i]);
		groups[i] = new_group(program.values[i]);
	}
	for (i = 1; i < program.begun; i++)
		starts(i);
}

/* All that happens: `expected` is filled in. */
static void
simulate(void)
{
	sim_begin();
	sim_run(0);
	while (actors[0].state != EVHUB_DONE) {
		if (polls)
			ring_all();
		polls = 0;
		while (due_count > 0) {
			int number = due[0];

			memmove(due, due + 1, (size_t)--due_count * sizeof(int));
			sim_act(number);
		}
		if (ready.count > 0)
			sim_run(take_at(&ready, 0).who);
		else
			let_time_pass();
	}
}

#endif
