/* Runs the program with the library. */
#ifndef EVHUB_CTESTS_HUB_MODEL_REAL_H
#define EVHUB_CTESTS_HUB_MODEL_REAL_H

#include "model_clock.h"
#include "model_program.h"

/* What the program has now. */
static struct real {
	evhub_greenlet_t *greenlets[SLOTS];
	evhub_timeout_t *limits[SLOTS][LIMITS];
	evhub_local_t *locals[4];
	evhub_flag_t *flags[OBJECTS];
	evhub_result_t *results[OBJECTS];
	evhub_semaphore_t *sems[OBJECTS];
	evhub_waiter_t *waiters[OBJECTS];
	evhub_barrier_t *barriers[OBJECTS];
	evhub_waitgroup_t *waitgroups[OBJECTS];
	evhub_rlock_t *rlocks[OBJECTS];
	evhub_condition_t *conditions[OBJECTS];
	evhub_rwlock_t *rwlocks[OBJECTS];
	evhub_queue_t *queues[OBJECTS];
	evhub_group_t *groups[OBJECTS];
	int reserved[SLOTS];
	evhub_iwait_t *iters[OBJECTS];
	evhub_link_t *links[LINKS];
	const void *linked[LINKS];	/* the objects that links are at */
	struct step steps[LINKS];
	int calls[LINKS];
	int link_count;
} real;

/* A step fills in result, value, and errno if the result is -1. */
#define REAL(name) static void real_##name(int who, const struct step *s, struct record *r)

#define UNUSED (void)who, (void)s, (void)r

static double
seconds(int ticks)
{
	return ticks < 0 ? -1 : ticks * (TICK_MS / 1000.0);
}

/* Is there nobody of that number? */
static int
is_nobody(int slot, struct record *r)
{
	r->result = -2;
	return real.greenlets[slot] == NULL;
}

static long
value_of(const struct record *r)
{
	return r->who * 100 + r->at + 1;
}

static void *
pointer(long value)
{
	return (void *)(intptr_t)value;
}

static long
number(const void *pointer)
{
	return (long)(intptr_t)pointer;
}

/* Greenlets */

static void *real_body(void *arg);

REAL(YIELD)
{
	UNUSED;
	r->result = evhub_yield();
}

REAL(SLEEP)
{
	UNUSED;
	r->result = evhub_sleep(seconds(s->n[0]));
}

REAL(SPAWN)
{
	evhub_attr_t attr = EVHUB_ATTR_INIT;
	evhub_greenlet_t **place = &real.greenlets[s->n[0]];
	void *arg = pointer(s->n[0]);

	(void)who;
	if (!is_nobody(s->n[0], r) || real.reserved[s->n[0]])
		return;
	switch (s->n[1]) {
	case 1:
		*place = evhub_spawn_later(seconds(s->n[2] + 1), real_body, arg);
		break;
	case 2:
		*place = evhub_new(NULL, real_body, arg);
		break;
	case 4:
	case 5:
		attr.flags = s->n[1] == 4 ? EVHUB_LINK_VALUE : EVHUB_LINK_ERROR;
		*place = evhub_spawn_with(&attr, real_body, arg);
		break;
	default:
		*place = evhub_spawn(real_body, arg);
	}
	r->result = *place != NULL ? 0 : -1;
}

REAL(START)
{
	(void)who;
	if (is_nobody(s->n[0], r))
		return;
	if (s->n[1] == 0)
		r->result = evhub_start_later(real.greenlets[s->n[0]], seconds(s->n[2] + 1));
	else
		r->result = evhub_start(real.greenlets[s->n[0]]);
}

REAL(JOIN)
{
	(void)who;
	if (!is_nobody(s->n[0], r))
		r->result = evhub_join(real.greenlets[s->n[0]], seconds(s->timeout));
}

REAL(GET)
{
	void *value = NULL;

	(void)who;
	if (is_nobody(s->n[0], r))
		return;
	r->result = evhub_get(real.greenlets[s->n[0]], &value, seconds(s->timeout));
	r->value = number(value);
}

REAL(JOIN_ALL)
{
	evhub_greenlet_t *both[2];

	(void)who;
	if (is_nobody(s->n[0], r) || is_nobody(s->n[1], r))
		return;
	both[0] = real.greenlets[s->n[0]];
	both[1] = real.greenlets[s->n[1]];
	r->result = evhub_joinall(both, 2, s->n[2] == 0 ? EVHUB_RAISE : 0, seconds(s->timeout));
}

REAL(KILL)
{
	(void)who;
	if (!is_nobody(s->n[0], r))
		r->result = evhub_kill(real.greenlets[s->n[0]], s->n[1], seconds(s->timeout));
}

REAL(KILL_ALL)
{
	evhub_greenlet_t *both[2];

	(void)who;
	if (is_nobody(s->n[0], r) || is_nobody(s->n[1], r))
		return;
	both[0] = real.greenlets[s->n[0]];
	both[1] = real.greenlets[s->n[1]];
	r->result = evhub_killall(both, 2, s->n[2], seconds(s->timeout));
}

REAL(KILL_ACK)
{
	UNUSED;
	r->result = evhub_kill_ack();
}

REAL(LOOK)
{
	evhub_greenlet_t *g = real.greenlets[s->n[0]];

	(void)who;
	if (is_nobody(s->n[0], r))
		return;
	r->result = evhub_state(g);
	r->value = number(evhub_value(g));
	r->error = evhub_error(g);
}

REAL(EXIT)
{
	UNUSED;
	r->result = 0;
}

/* Limits */

REAL(LIMIT_START)
{
	evhub_timeout_t **place = &real.limits[who][s->n[0]];

	r->result = -2;
	if (*place != NULL)
		return;
	*place = evhub_timeout_start(s->n[1] == 0 ? -1 : seconds(s->n[1]), s->n[2]);
	r->result = *place != NULL ? 0 : -1;
}

static void
end_limit(int who, int number, struct record *r)
{
	evhub_timeout_t **place = &real.limits[who][number];

	/* Limits that are left end with their greenlet. */
	if (*place != NULL && evhub_state(real.greenlets[who]) >= EVHUB_DONE)
		*place = NULL;
	r->result = *place == NULL ? -2 : 0;
	evhub_timeout_cancel(*place);
	*place = NULL;
}

REAL(LIMIT_CANCEL)
{
	end_limit(who, s->n[0], r);
}

REAL(LIMIT_OF_OTHER)
{
	(void)who;
	end_limit(s->n[1], s->n[0], r);
}

REAL(LIMIT_LOOK)
{
	evhub_timeout_t *limit = real.limits[who][s->n[0]];

	r->result = -2;
	if (limit == NULL)
		return;
	r->result = evhub_timeout_expired(limit);
	r->value = evhub_timeout_pending(limit);
}

static void *
sleep_in_limit(void *arg)
{
	return pointer(evhub_sleep(seconds(*(int *)arg)));
}

REAL(WITH_LIMIT)
{
	int ticks = s->n[1];
	void *value = pointer(-7);

	(void)who;
	r->result = evhub_with_timeout(s->n[0] == 0 ? -1 : seconds(s->n[0]), sleep_in_limit, &ticks,
	    &value);
	r->value = number(value);
}

/* Locals */

REAL(LOCAL_SET)
{
	(void)who;
	r->result = evhub_local_set(real.locals[s->n[0]], pointer(value_of(r)));
}

REAL(LOCAL_GET)
{
	(void)who;
	r->value = number(evhub_local_get(real.locals[s->n[0]]));
	r->result = 0;
}

/* Flags */

REAL(FLAG_WAIT)
{
	(void)who;
	r->result = evhub_flag_wait(real.flags[s->n[0]], seconds(s->timeout));
}

REAL(FLAG_SET)
{
	(void)who;
	r->result = evhub_flag_set(real.flags[s->n[0]]);
}

REAL(FLAG_CLEAR)
{
	(void)who;
	r->result = evhub_flag_clear(real.flags[s->n[0]]);
}

/* The links of an object that is freed are gone. */
static void
forget_links(const void *object)
{
	int i;

	for (i = 0; i < real.link_count; i++)
		if (real.linked[i] == object)
			real.links[i] = NULL;
}

REAL(FLAG_RENEW)
{
	evhub_flag_t *former = real.flags[s->n[0]];

	(void)who;
	forget_links(former);
	real.flags[s->n[0]] = evhub_flag_new();
	evhub_flag_free(former);
	r->result = 0;
}

/* Results */

REAL(RESULT_SET)
{
	(void)who;
	r->result = evhub_result_set(real.results[s->n[0]], pointer(value_of(r)));
}

REAL(RESULT_FAIL)
{
	(void)who;
	r->result = evhub_result_set_error(real.results[s->n[0]], s->n[1] != 0 ? s->n[1] : EPIPE,
	    "a text");
}

REAL(RESULT_GET)
{
	void *value = NULL;

	(void)who;
	r->result = evhub_result_get(real.results[s->n[0]], &value, seconds(s->timeout));
	r->value = number(value);
}

REAL(RESULT_WAIT)
{
	(void)who;
	r->result = evhub_result_wait(real.results[s->n[0]], seconds(s->timeout));
}

REAL(RESULT_RENEW)
{
	evhub_result_t *former = real.results[s->n[0]];

	(void)who;
	r->result = -2;
	if (s->n[0] == OBJECTS - 1)
		return;
	forget_links(former);
	real.results[s->n[0]] = evhub_result_new();
	evhub_result_free(former);
	r->result = 0;
}

/* Semaphores */

REAL(SEM_ACQUIRE)
{
	(void)who;
	r->result = evhub_semaphore_acquire(real.sems[s->n[0]], seconds(s->timeout));
}

REAL(SEM_RELEASE)
{
	(void)who;
	r->result = evhub_semaphore_release(real.sems[s->n[0]]);
}

REAL(SEM_WAIT)
{
	(void)who;
	r->result = evhub_semaphore_wait(real.sems[s->n[0]], seconds(s->timeout));
}

REAL(SEM_LOOK)
{
	(void)who;
	r->value = evhub_semaphore_value(real.sems[s->n[0]]);
	r->result = evhub_semaphore_locked(real.sems[s->n[0]]);
}

REAL(SEM_RENEW)
{
	evhub_semaphore_t *former = real.sems[s->n[0]];

	(void)who;
	forget_links(former);
	real.sems[s->n[0]] = evhub_semaphore_new(s->n[1], s->n[1] == 3 ? EVHUB_BOUNDED : 0);
	evhub_semaphore_free(former);
	r->result = 0;
}

#endif
