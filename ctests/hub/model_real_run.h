/* Runs the program with the library: links, the end, and each step's record. */
#ifndef EVHUB_CTESTS_HUB_MODEL_REAL_RUN_H
#define EVHUB_CTESTS_HUB_MODEL_REAL_RUN_H

#include "model_real_groups.h"

static int64_t began_us;

static void differs(const char *what) __attribute__((noreturn));

/* A record is compared when it comes. */
static void
note_record(const struct record *r)
{
	const struct record *want = &expected.records[told.count];

	CHECK(told.count < RECORDS);
	told.records[told.count] = *r;
	told.records[told.count].us = (long)(clock_us - began_us);
	idle_polls = 0;
	if (told.count++ >= expected.count)
		differs("more happens than should");
	if (memcmp(want, &told.records[told.count - 1], sizeof(*want)) != 0)
		differs("this should not have happened");
}

static struct record
begun(int who, int at, int op)
{
	struct record r;

	memset(&r, 0, sizeof(r));
	r.who = who;
	r.at = at;
	r.op = op;
	return r;
}

#define REAL_CASE(name, family, weight, form)                                   \
	case OP_##name:                                                         \
		real_##name(who, s, &r);                                        \
		break;

static void real_step(int who, int at, const struct step *s);

static void
called(int number, int who, const void *object)
{
	struct record r = begun(who, number, OP_CALLED);
	int i;

	r.value = -1;
	for (i = 0; i < program.greenlets; i++)
		if (real.greenlets[i] == object)
			r.value = i;
	note_record(&r);
}

static void
link_called(evhub_greenlet_t *g, void *arg)
{
	int number = (int)(intptr_t)arg;
	int is_loop = evhub_current() == NULL;

	called(number, is_loop ? LOOP : HELPER + number, g);
	real_step(is_loop ? LOOP : HELPER + number, is_loop ? number : 0, &real.steps[number]);
}

static void
watch_called(evhub_waitable_t *object, void *arg)
{
	int number = (int)(intptr_t)arg;

	called(number, LOOP, object);
	if (real.calls[number]++ < 3)
		real_step(LOOP, number, &real.steps[number]);
}

/* Is there no such object, or no room for another link? */
static int
takes_link(const void *object, const struct step *s, int callback, struct record *r)
{
	r->result = -2;
	if (object == NULL || real.link_count == LINKS)
		return 0;
	if (callback >= 0)
		real.steps[real.link_count] = program.callbacks[s->n[callback]];
	real.linked[real.link_count] = object;
	return 1;
}

static void
made_link(evhub_link_t *link, struct record *r)
{
	real.links[real.link_count++] = link;
	r->result = link != NULL ? 0 : -1;
}

REAL(LINK_CALL)
{
	evhub_greenlet_t *g = real.greenlets[s->n[0]];
	unsigned when = ((unsigned)s->n[1] % 3 + 1) | (s->n[1] >= 4 ? EVHUB_ON_HUB : 0);

	(void)who;
	if (takes_link(g, s, 2, r))
		made_link(evhub_link(g, when, link_called, pointer(real.link_count)), r);
}

REAL(LINK_KILL)
{
	evhub_greenlet_t *g = real.greenlets[s->n[0]], *target = real.greenlets[s->n[2]];

	(void)who;
	if (takes_link(target, s, -1, r) && takes_link(g, s, -1, r))
		made_link(evhub_link_greenlet(g, (unsigned)s->n[1] % 3 + 1, target), r);
}

REAL(LINK_RESULT)
{
	evhub_greenlet_t *g = real.greenlets[s->n[0]];

	(void)who;
	if (takes_link(g, s, -1, r))
		made_link(evhub_link_result(g, real.results[OBJECTS - 1]), r);
}

static evhub_waitable_t *
waitable(int number)
{
	int i = number / WAITABLES;

	switch (number % WAITABLES) {
	case GREENLET_AT:
		if (i + 1 >= program.greenlets || real.greenlets[i + 1] == NULL)
			return NULL;
		return evhub_greenlet_waitable(real.greenlets[i + 1]);
	case FLAG_AT:
		return evhub_flag_waitable(real.flags[i]);
	case RESULT_AT:
		return evhub_result_waitable(real.results[i]);
	case SEM_AT:
		return evhub_semaphore_waitable(real.sems[i]);
	case WAITGROUP_AT:
		return evhub_waitgroup_waitable(real.waitgroups[i]);
	case QUEUE_AT:
		return evhub_queue_waitable(real.queues[i]);
	default:
		return evhub_group_waitable(real.groups[i]);
	}
}

REAL(WATCH)
{
	evhub_waitable_t *w = waitable(s->n[0]);

	(void)who;
	if (takes_link(w, s, 1, r))
		made_link(evhub_watch(w, watch_called, pointer(real.link_count)), r);
}

REAL(UNLINK)
{
	evhub_link_t *link = s->n[0] < real.link_count ? real.links[s->n[0]] : NULL;

	(void)who;
	r->result = -2;
	if (link == NULL)
		return;
	r->result = evhub_unlink(link);
	real.links[s->n[0]] = NULL;
}

/* Several objects */

static int
has_waitables(const struct step *s, int first, evhub_waitable_t **w, struct record *r)
{
	int i;

	r->result = -2;
	for (i = 0; i < 3; i++)
		if ((w[i] = waitable(s->n[first + i])) == NULL)
			return 0;
	return 1;
}

REAL(WAIT)
{
	evhub_waitable_t *w[3];

	(void)who;
	if (has_waitables(s, 0, w, r))
		r->result = evhub_wait(w, 3, (size_t)s->n[3], seconds(s->timeout));
}

REAL(ITER_NEW)
{
	evhub_iwait_t **place = &real.iters[s->n[0]], *former = *place;
	evhub_waitable_t *w[3];

	(void)who;
	if (!has_waitables(s, 1, w, r))
		return;
	*place = evhub_iwait_new(w, 3);
	evhub_iwait_free(former);
	r->result = *place != NULL ? 0 : -1;
}

REAL(ITER_NEXT)
{
	size_t index = (size_t)-1;

	(void)who;
	r->result = -2;
	if (real.iters[s->n[0]] == NULL)
		return;
	r->result = evhub_iwait_next(real.iters[s->n[0]], &index, seconds(s->timeout));
	r->value = r->result == -1 && errno != EBADF ? 0 : (long)index;
}

REAL(ITER_FREE)
{
	evhub_iwait_t *former = real.iters[s->n[0]];

	(void)who;
	r->result = former != NULL ? 0 : -2;
	real.iters[s->n[0]] = NULL;
	evhub_iwait_free(former);
}

static void
real_step(int who, int at, const struct step *s)
{
	struct record r = begun(who, at, s->op);

	errno = 0;
	switch (s->op) {
		STEP_KINDS(REAL_CASE)
	}
	if (r.result == -1)
		r.error = errno;
	note_record(&r);
}

static int
real_steps(int who)
{
	int i;

	for (i = 0; i < program.count[who]; i++) {
		real_step(who, i, &program.steps[who][i]);
		if (program.steps[who][i].op == OP_EXIT)
			break;
	}
	return program.count[who];
}

static void *
real_body(void *arg)
{
	int who = (int)(intptr_t)arg;

	real_steps(who);
	switch (program.ending[who]) {
	case 1:
		return NULL;
	case 2:
		return evhub_fail(EIO, "an end of greenlet %d", who);
	default:
		return pointer(who + 1000);
	}
}

/* The end of a local's value, which tells whose it was. */
static void
real_destructor(void *value)
{
	int who = (int)(number(value) / 100);
	struct record r = begun(who, program.count[who], OP_END);

	errno = 0;
	r.result = evhub_yield();
	r.error = r.result != 0 ? errno : 0;
	r.value = number(value);
	note_record(&r);
}

static int
first_that_lives(void)
{
	int i = 1;

	while (i < program.greenlets && (real.greenlets[i] == NULL
	    || evhub_state(real.greenlets[i]) >= EVHUB_DONE))
		i++;
	return i;
}

/* What main does at last. */
static void
real_last(int at)
{
	struct step step = { 0 };
	struct record r;
	int i, j;

	for (i = 0; i < LIMITS; i++)
		evhub_timeout_cancel(real.limits[0][i]);
	memset(real.limits[0], 0, sizeof(real.limits[0]));
	evhub_kill_ack();
	while ((i = first_that_lives()) < program.greenlets) {
		r = begun(0, at, OP_LAST_JOIN);
		r.value = i;
		r.result = evhub_join(real.greenlets[i], -1);
		r.error = r.result != 0 ? errno : 0;
		note_record(&r);
		if (r.result == 0)
			continue;
		evhub_kill_ack();
		for (j = 1; j < program.greenlets; j++)
			if (real.greenlets[j] != NULL)
				CHECK_INT(evhub_kill(real.greenlets[j], 0, 0), 0);
		for (j = 0; j < OBJECTS; j++) {
			step.n[0] = j;
			real_RLOCK_RENEW(0, &step, &r);
			real_COND_RENEW(0, &step, &r);
		}
	}
	do {
		r = begun(0, at, OP_SHUTDOWN);
		r.result = evhub_shutdown();
		r.error = r.result != 0 ? errno : 0;
		note_record(&r);
		if (r.result != 0)
			evhub_kill_ack();
	} while (r.result != 0);
	for (i = 1; i < program.greenlets; i++) {
		r = begun(0, at, OP_FATE);
		step.n[0] = i;
		real_LOOK(0, &step, &r);
		note_record(&r);
	}
}

static void
real_begin(void)
{
	int i;

	memset(&real, 0, sizeof(real));
	for (i = 0; i < OBJECTS; i++) {
		real.flags[i] = evhub_flag_new();
		real.results[i] = evhub_result_new();
		real.sems[i] = evhub_semaphore_new(program.values[i], i == 0 ? EVHUB_BOUNDED : 0);
	}
	begin_locks();
	begin_groups();
	for (i = 0; i < 4; i++)
		real.locals[i] = evhub_local_new(i >= 2 ? real_destructor : NULL);
	real.greenlets[0] = evhub_main();
	for (i = 1; i < program.begun; i++)
		CHECK((real.greenlets[i] = evhub_spawn(real_body, pointer(i))) != NULL);
	told.count = 0;
	began_us = clock_us;
}

static void
real_end(void)
{
	int i;

	for (i = 0; i < OBJECTS; i++) {
		evhub_flag_free(real.flags[i]);
		evhub_result_free(real.results[i]);
		evhub_semaphore_free(real.sems[i]);
		evhub_iwait_free(real.iters[i]);
	}
	end_locks();
	end_groups();
	for (i = 0; i < 4; i++)
		evhub_local_free(real.locals[i]);
	for (i = 1; i < SLOTS; i++)
		evhub_release(real.greenlets[i]);
}

static void
run_for_real(void)
{
	evhub_yield();
	real_begin();
	real_last(real_steps(0));
	real_end();
	if (told.count < expected.count)
		differs("less happens than should");
}

#endif
