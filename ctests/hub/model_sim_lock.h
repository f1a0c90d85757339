/* The simulator: locks and conditions. Those of a greenlet that ends are passed on. */
#ifndef EVHUB_CTESTS_HUB_MODEL_SIM_LOCK_H
#define EVHUB_CTESTS_HUB_MODEL_SIM_LOCK_H

#include "model_sim_sync.h"

enum { RLOCK_KIND = 100, CONDITION_KIND, RWLOCK_KIND, READS = 0, WRITES = 1 };

static struct thing *rlocks[OBJECTS], *conditions[OBJECTS], *rwlocks[OBJECTS];

/* Locks: an item in the line is how often the lock will have been taken. */

static void
hand_lock(struct thing *lock, int who, int depth)
{
	lock->owner = who;
	lock->depth = depth;
	wake(who, 0);
}

static void
pass_on(struct thing *lock)
{
	lock->owner = -1;
	if (lock->line.count > 0)
		hand_lock(lock, lock->line.at[0].who, (int)lock->line.at[0].item);
}

static enum progress
takes_lock(struct actor *a, struct thing *lock, int64_t us)
{
	int who = (int)(a - actors);
	enum progress progress;

	if (a->phase == WOKEN)
		return wait_ended(a);
	if (is_refused(a, us, &progress))
		return progress;
	if (lock->owner == who) {
		lock->depth++;
		return result(0);
	}
	if (lock->owner < 0) {
		lock->owner = who;
		lock->depth = 1;
		return result(0);
	}
	a->item = 1;
	return parks(a, &lock->line, 0, us, WOKEN);
}

static enum progress
releases_lock(struct actor *a, struct thing *lock)
{
	if (lock->owner != (int)(a - actors))
		return fails(EPERM);
	if (--lock->depth == 0)
		pass_on(lock);
	return result(0);
}

/* Whoever waits for a condition of it is told first. */
static void
free_lock(struct thing *lock)
{
	int i;

	lock->owner = -1;
	for (i = 0; i < thing_count; i++)
		if (things[i].kind == CONDITION_KIND && things[i].lock == lock) {
			things[i].lock = NULL;
			wake_all(&things[i].line, GONE);
		}
	free_thing(lock);
}

SIM(RLOCK_ACQUIRE)
{
	return takes_lock(a, rlocks[s->n[0]], us_of(s->timeout));
}

SIM(RLOCK_RELEASE)
{
	return releases_lock(a, rlocks[s->n[0]]);
}

SIM(RLOCK_RENEW)
{
	(void)a;
	free_lock(rlocks[s->n[0]]);
	rlocks[s->n[0]] = new_thing(RLOCK_KIND);
	return result(0);
}

/* Conditions: the last one has a lock of its own, the others use those of their number. */

static struct thing *
new_condition(int number)
{
	struct thing *lock = number == OBJECTS - 1 ? new_thing(RLOCK_KIND) : rlocks[number];
	struct thing *condition = new_thing(CONDITION_KIND);

	condition->lock = lock;
	condition->is_set = number == OBJECTS - 1;
	return condition;
}

SIM(COND_ACQUIRE)
{
	if (a->phase == BEGIN && conditions[s->n[0]]->lock == NULL)
		return fails(EBADF);
	return takes_lock(a, conditions[s->n[0]]->lock, us_of(s->timeout));
}

SIM(COND_RELEASE)
{
	if (conditions[s->n[0]]->lock == NULL)
		return fails(EBADF);
	return releases_lock(a, conditions[s->n[0]]->lock);
}

/* A wait that was over before it was notified: it takes the lock back, whatever happens. */
static enum progress
regains(struct actor *a, struct thing *lock)
{
	if (lock->is_freed)
		return fails(EBADF);
	a->error = a->outcome == GONE ? EBADF : a->outcome;
	if (lock->owner < 0) {
		lock->owner = (int)(a - actors);
		lock->depth = (int)a->item;
		return fails(a->error);
	}
	a->stays = 1;
	return parks(a, &lock->line, 0, -1, AGAIN);
}

static enum progress
begins_to_wait(struct actor *a, struct thing *condition, int64_t us)
{
	struct thing *lock = condition->lock;
	enum progress progress;

	if (is_refused(a, us, &progress))
		return progress;
	if (lock == NULL)
		return fails(EBADF);
	if (lock->owner != (int)(a - actors))
		return fails(EPERM);
	if (us == 0)
		return fails(EAGAIN);
	a->thing = lock;
	a->item = lock->depth;
	pass_on(lock);
	return parks(a, &condition->line, 0, us, WOKEN);
}

SIM(COND_WAIT)
{
	int notified = a->stays;

	switch (a->phase) {
	case WOKEN:
		a->stays = 0;
		return a->outcome == 0 || notified ? wait_ended(a) : regains(a, a->thing);
	case AGAIN:
		a->stays = 0;
		if (a->thing->is_freed || a->outcome != 0)
			return a->thing->is_freed ? fails(EBADF) : wait_ended(a);
		return fails(a->error);
	default:
		return begins_to_wait(a, conditions[s->n[0]], us_of(s->timeout));
	}
}

/* Those who are notified go to the lock's line, where nothing else reaches them; 3: all. */
SIM(COND_NOTIFY)
{
	struct thing *condition = conditions[s->n[0]], *lock = condition->lock;
	int i;

	(void)a;
	if (lock == NULL)
		return fails(EBADF);
	for (i = 0; (i < s->n[1] || s->n[1] == 3) && condition->line.count > 0; i++) {
		struct place place = take_at(&condition->line, 0);
		struct actor *other = &actors[place.who];

		other->alarm.armed = 0;
		other->line = &lock->line;
		push(&lock->line, place.who, 0, place.item);
		if (lock->owner < 0)
			pass_on(lock);
		else
			other->stays = 1;
	}
	return result(0);
}

SIM(COND_RENEW)
{
	struct thing *condition = conditions[s->n[0]], *lock = condition->lock;

	(void)a;
	condition->lock = NULL;
	if (condition->is_set && lock != NULL)
		free_lock(lock);
	free_thing(condition);
	conditions[s->n[0]] = new_condition(s->n[0]);
	return result(0);
}

/* Locks of readers and writers: the depth is how many read. */

static int
may_have(const struct thing *lock, int how)
{
	return lock->owner < 0 && (how == READS || lock->depth == 0);
}

static void
gives(struct thing *lock, int who, int how)
{
	if (how == WRITES) {
		lock->owner = who;
	} else {
		lock->depth++;
		actors[who].reads++;
	}
}

static void
admits(struct thing *lock)
{
	while (lock->line.count > 0 && may_have(lock, lock->line.at[0].tag)) {
		struct place first = lock->line.at[0];

		gives(lock, first.who, first.tag);
		wake(first.who, 0);
	}
}

static enum progress
takes_rwlock(struct actor *a, const struct step *s, int how)
{
	struct thing *lock = rwlocks[s->n[0]];
	enum progress progress;

	if (a->phase == WOKEN) {
		if (a->outcome != 0 && !a->thing->is_freed)
			admits(a->thing);
		return wait_ended(a);
	}
	if (is_refused(a, us_of(s->timeout), &progress))
		return progress;
	a->thing = lock;
	if (lock->owner == (int)(a - actors))
		return fails(EDEADLK);
	if (lock->line.count > 0 || !may_have(lock, how)) {
		/* Whoever has given up may not have told those behind it yet. */
		if (s->timeout == 0)
			admits(lock);
		return parks(a, &lock->line, how, us_of(s->timeout), WOKEN);
	}
	gives(lock, (int)(a - actors), how);
	return result(0);
}

SIM(RW_READ)
{
	return takes_rwlock(a, s, READS);
}

SIM(RW_WRITE)
{
	return takes_rwlock(a, s, WRITES);
}

SIM(RW_RELEASE)
{
	struct thing *lock = rwlocks[s->n[0]];

	if (lock->owner == (int)(a - actors)) {
		lock->owner = -1;
	} else if (lock->depth > 0 && a->reads > 0) {
		lock->depth--;
		a->reads--;
	} else {
		return fails(EPERM);
	}
	admits(lock);
	return result(0);
}

SIM(RW_RENEW)
{
	(void)a;
	free_thing(rwlocks[s->n[0]]);
	rwlocks[s->n[0]] = new_thing(RWLOCK_KIND);
	return result(0);
}

static void
locks_are_left(int who)
{
	int i;

	for (i = 0; i < thing_count; i++)
		if (things[i].kind == RLOCK_KIND && !things[i].is_freed && things[i].owner == who)
			pass_on(&things[i]);
	for (i = 0; i < thing_count; i++)
		if (things[i].kind == RWLOCK_KIND && !things[i].is_freed
		    && things[i].owner == who) {
			things[i].owner = -1;
			admits(&things[i]);
		}
}

#endif
