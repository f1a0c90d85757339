/* Runs the program with the library: waiters, barriers, wait groups, locks. */
#ifndef EVHUB_CTESTS_HUB_MODEL_REAL_LOCKS_H
#define EVHUB_CTESTS_HUB_MODEL_REAL_LOCKS_H

#include "model_real.h"

/* A step that is one call on one object, and its timeout. */
#define REAL_CALL(name, function, objects)                                      \
	REAL(name)                                                              \
	{                                                                       \
		(void)who;                                                      \
		r->result = function(real.objects[s->n[0]]);                    \
	}

#define REAL_WAIT(name, function, objects)                                      \
	REAL(name)                                                              \
	{                                                                       \
		(void)who;                                                      \
		r->result = function(real.objects[s->n[0]], seconds(s->timeout)); \
	}

/* Waiters */

REAL(WAITER_GET)
{
	void *value = NULL;

	(void)who;
	r->result = evhub_waiter_get(real.waiters[s->n[0]], &value, seconds(s->timeout));
	r->value = number(value);
}

REAL(WAITER_SET)
{
	(void)who;
	r->result = evhub_waiter_set(real.waiters[s->n[0]], pointer(value_of(r)));
}

REAL(WAITER_FAIL)
{
	(void)who;
	r->result = evhub_waiter_set_error(real.waiters[s->n[0]],
	    s->n[1] != 0 ? s->n[1] : EPIPE);
}

REAL(WAITER_RENEW)
{
	(void)who;
	evhub_waiter_free(real.waiters[s->n[0]]);
	real.waiters[s->n[0]] = evhub_waiter_new();
	r->result = 0;
}

/* Barriers, wait groups */

REAL_WAIT(BARRIER_WAIT, evhub_barrier_wait, barriers)

REAL(BARRIER_RENEW)
{
	(void)who;
	evhub_barrier_free(real.barriers[s->n[0]]);
	real.barriers[s->n[0]] = evhub_barrier_new((size_t)s->n[1] + 1);
	r->result = 0;
}

REAL(WG_ADD)
{
	(void)who;
	r->result = evhub_waitgroup_add(real.waitgroups[s->n[0]], s->n[1] - 1);
}

REAL_CALL(WG_DONE, evhub_waitgroup_done, waitgroups)
REAL_WAIT(WG_WAIT, evhub_waitgroup_wait, waitgroups)

REAL(WG_RENEW)
{
	evhub_waitgroup_t *former = real.waitgroups[s->n[0]];

	(void)who;
	forget_links(former);
	real.waitgroups[s->n[0]] = evhub_waitgroup_new();
	evhub_waitgroup_free(former);
	r->result = 0;
}

/* Locks */

REAL_WAIT(RLOCK_ACQUIRE, evhub_rlock_acquire, rlocks)
REAL_CALL(RLOCK_RELEASE, evhub_rlock_release, rlocks)

REAL(RLOCK_RENEW)
{
	(void)who;
	evhub_rlock_free(real.rlocks[s->n[0]]);
	real.rlocks[s->n[0]] = evhub_rlock_new();
	r->result = 0;
}

/* Conditions: the last one has a lock of its own, the others use those of their number. */

static evhub_condition_t *
make_condition(int i)
{
	return evhub_condition_new(i == OBJECTS - 1 ? NULL : real.rlocks[i]);
}

REAL_WAIT(COND_ACQUIRE, evhub_condition_acquire, conditions)
REAL_CALL(COND_RELEASE, evhub_condition_release, conditions)
REAL_WAIT(COND_WAIT, evhub_condition_wait, conditions)

REAL(COND_NOTIFY)
{
	(void)who;
	if (s->n[1] == 3)
		r->result = evhub_condition_notify_all(real.conditions[s->n[0]]);
	else
		r->result = evhub_condition_notify(real.conditions[s->n[0]], (size_t)s->n[1]);
}

REAL(COND_RENEW)
{
	(void)who;
	evhub_condition_free(real.conditions[s->n[0]]);
	real.conditions[s->n[0]] = make_condition(s->n[0]);
	r->result = 0;
}

/* Locks of readers and writers */

REAL_WAIT(RW_READ, evhub_rwlock_acquire_read, rwlocks)
REAL_WAIT(RW_WRITE, evhub_rwlock_acquire_write, rwlocks)
REAL_CALL(RW_RELEASE, evhub_rwlock_release, rwlocks)

REAL(RW_RENEW)
{
	(void)who;
	evhub_rwlock_free(real.rwlocks[s->n[0]]);
	real.rwlocks[s->n[0]] = evhub_rwlock_new();
	r->result = 0;
}

static void
begin_locks(void)
{
	int i;

	for (i = 0; i < OBJECTS; i++) {
		real.waiters[i] = evhub_waiter_new();
		real.barriers[i] = evhub_barrier_new((size_t)program.values[i] + 1);
		real.waitgroups[i] = evhub_waitgroup_new();
		real.rlocks[i] = evhub_rlock_new();
		real.conditions[i] = make_condition(i);
		real.rwlocks[i] = evhub_rwlock_new();
	}
}

static void
end_locks(void)
{
	int i;

	for (i = 0; i < OBJECTS; i++) {
		evhub_waiter_free(real.waiters[i]);
		evhub_barrier_free(real.barriers[i]);
		evhub_waitgroup_free(real.waitgroups[i]);
		evhub_condition_free(real.conditions[i]);
		evhub_rlock_free(real.rlocks[i]);
		evhub_rwlock_free(real.rwlocks[i]);
	}
}

#endif
