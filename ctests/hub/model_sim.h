/*
 * The simulator: who runs, who waits, what time it is. It knows what evhub.h says and no more:
 * whoever is woken runs after those who can run already, whoever waits first is served first,
 * links are acted on by the loop before anybody else runs, and time passes when nobody can run.
 */
#ifndef EVHUB_CTESTS_HUB_MODEL_SIM_H
#define EVHUB_CTESTS_HUB_MODEL_SIM_H

#include "model_program.h"

enum { WHO = SLOTS + LINKS, LOOPER = WHO, ENTRIES = 64, THINGS = 256 };

/* What a wait ends with if its object was freed. */
enum { GONE = -1 };

/* Those who wait for one thing, the first one first; tag is for the kind of object. */
struct line {
	int count;
	struct place {
		int who, tag;
		long item;
	} at[ENTRIES];
};

struct timer {
	int64_t us;
	long order;
	int who, limit;			/* a limit of that greenlet, or -1: its alarm */
	int armed;
};

struct limit {
	int is, expired, error;
	long order;
	struct timer timer;
};

enum phase { BEGIN, CANCELLED, WOKEN, AGAIN, THIRD };

struct actor {
	int state;			/* EVHUB_NEW ..., -1 if there is none */
	int at;				/* its step */
	enum phase phase;
	struct line *line;
	int outcome;
	int sleeps, stays;
	long item;			/* what is handed over */
	int number;			/* of a step in several phases */
	int64_t deadline;
	int kill, told, reads, reserved;
	int error;			/* how it has ended */
	long value;
	int ended_by;			/* evhub_fail()'s error */
	struct thing *thing;		/* what the step is about */
	long locals[4];
	int local_order[4], local_count;
	struct timer alarm;
	struct limit limits[LIMITS + 1];	/* the last: of WITH_LIMIT */
	struct line joiners;
};

enum action { CALLS, STARTS, KILLS, COPIES, COUNTS };

struct link {
	int is, due, done;
	int number;			/* of the program's links, or -1 */
	int calls;
	int kind;
	int index;
	unsigned when;
	enum action action;
	int target, entry;		/* who is killed; the iterator and its entry */
};

/* An object; a new one takes the place of one that is freed. Each kind uses what it needs. */
struct thing {
	int kind, is_freed;
	int is_set, error;
	long value, most;
	struct line line, others, third, fourth, fifth;
	int owner, depth;
	struct thing *lock;
	int order, count;
	long items[ENTRIES];
	struct line members, dying;
};

static struct thing things[THINGS];
static int thing_count;
static struct actor actors[WHO + 1];
static struct line ready, sleepers;
static struct link links[512];
static int link_count;
static int due[512], due_count;
static int64_t now_us;
static long timer_orders, limit_orders;
static int polls, closing;

static void
push(struct line *line, int who, int tag, long item)
{
	struct place place = { who, tag, item };

	CHECK(line->count < ENTRIES);
	line->at[line->count++] = place;
}

static struct place
take_at(struct line *line, int i)
{
	struct place place = line->at[i];

	line->count--;
	memmove(&line->at[i], &line->at[i + 1], (size_t)(line->count - i) * sizeof(place));
	return place;
}

static void
leave(struct line *line, int who)
{
	int i;

	for (i = line->count - 1; i >= 0; i--)
		if (line->at[i].who == who)
			take_at(line, i);
}

static void leave_queues(int who);

static void
wake(int who, int outcome)
{
	struct actor *a = &actors[who];

	if (a->line != NULL)
		leave(a->line, who);
	else
		leave_queues(who);
	a->line = NULL;
	a->outcome = outcome;
	a->alarm.armed = 0;
	a->state = EVHUB_READY;
	push(&ready, who, 0, 0);
}

static void
wake_all(struct line *line, int outcome)
{
	while (line->count > 0)
		wake(line->at[0].who, outcome);
}

/* Killed, or out of time: what the calls of a greenlet fail with. */
static int
cancelled(const struct actor *a)
{
	const struct limit *first = NULL;
	int i;

	if (a == &actors[LOOPER])
		return EPERM;
	if (a->kill != 0)
		return a->kill;
	for (i = 0; i <= LIMITS; i++)
		if (a->limits[i].is && a->limits[i].expired
		    && (first == NULL || a->limits[i].order < first->order))
			first = &a->limits[i];
	return first != NULL ? first->error : 0;
}

static int
may_be_interrupted(const struct actor *a)
{
	return a->state == EVHUB_WAITING && !a->stays;
}

static void
set_timer(struct timer *timer, int who, int limit, int64_t us)
{
	timer->us = us;
	timer->order = timer_orders++;
	timer->who = who;
	timer->limit = limit;
	timer->armed = 1;
}

/* Steps: each returns whether its greenlet goes on, or waits. The record is filled in. */

enum progress { GOES_ON, WAITS };

static struct record answer;

static enum progress
result(int value)
{
	answer.result = value;
	return GOES_ON;
}

static enum progress
fails(int error)
{
	answer.result = -1;
	answer.error = error;
	return GOES_ON;
}

static int64_t
us_of(int ticks)
{
	return (int64_t)ticks * TICK_MS * 1000;
}

/* At the beginning of a call that may wait. */
static int
is_refused(struct actor *a, int64_t us, enum progress *progress)
{
	if (us == 0 || cancelled(a) == 0)
		return 0;
	if (a == &actors[LOOPER]) {
		*progress = fails(EPERM);
		return 1;
	}
	a->told = 1;
	a->outcome = cancelled(a);
	a->phase = CANCELLED;
	if (ready.count == 0)
		polls = 1;
	a->state = EVHUB_READY;
	push(&ready, (int)(a - actors), 0, 0);
	*progress = WAITS;
	return 1;
}

/* What such a call fails with, now that others have run: it was killed meanwhile, perhaps. */
static int
was_cancelled(struct actor *a)
{
	int error = cancelled(a);

	if (a->kill != 0)
		a->told = 1;
	return error != 0 ? error : a->outcome;
}

static enum progress
parks(struct actor *a, struct line *line, int tag, int64_t us, enum phase next)
{
	int who = (int)(a - actors);

	if (us == 0)
		return fails(EAGAIN);
	if (us > 0)
		set_timer(&a->alarm, who, -1, now_us + us);
	if (line != NULL)
		push(line, who, tag, a->item);
	a->line = line;
	a->state = EVHUB_WAITING;
	a->phase = next;
	return WAITS;
}

/* Links */

static void
fire(int number)
{
	struct link *link = &links[number];

	if (!link->due) {
		link->due = 1;
		due[due_count++] = number;
	}
}

static void
drop_link(int number)
{
	int i, kept = 0;

	links[number].is = 0;
	for (i = 0; i < due_count; i++)
		if (due[i] != number)
			due[kept++] = due[i];
	due_count = kept;
}

/* An object has become ready; or a greenlet has ended. */
static void
notify(int kind, int index)
{
	int i;
	unsigned end = EVHUB_ON_VALUE | EVHUB_ON_ERROR;

	if (kind == GREENLET_AT)
		end = actors[index].state == EVHUB_FAILED ? EVHUB_ON_ERROR : EVHUB_ON_VALUE;
	for (i = 0; i < link_count; i++)
		if (links[i].is && !links[i].done && links[i].kind == kind
		    && links[i].index == index && (links[i].when & end) != 0)
			fire(i);
}

static int is_ready(int kind, int index);

static struct link *
make_link(int kind, int index, unsigned when, enum action action)
{
	struct link *link = &links[link_count++];

	CHECK(link_count <= (int)COUNT(links));
	memset(link, 0, sizeof(*link));
	link->is = 1;
	link->kind = kind;
	link->index = index;
	link->when = when;
	link->action = action;
	link->number = -1;
	return link;
}

/* If its object is ready, it is due now. */
static void
begin_link(struct link *link)
{
	unsigned end = EVHUB_ON_VALUE | EVHUB_ON_ERROR;

	if (link->kind == GREENLET_AT)
		end = actors[link->index].state == EVHUB_FAILED ? EVHUB_ON_ERROR : EVHUB_ON_VALUE;
	if (is_ready(link->kind, link->index) && (link->when & end) != 0)
		fire((int)(link - links));
}

/* Ends */

static void locks_are_left(int who);
static void groups_are_told(int who);

static void
ends(int who, int state, long value, int error)
{
	struct actor *a = &actors[who];
	int i;

	a->alarm.armed = 0;
	for (i = 0; i <= LIMITS; i++)
		a->limits[i].is = 0;
	locks_are_left(who);
	a->state = state;
	a->value = value;
	a->error = error;
	groups_are_told(who);
	wake_all(&a->joiners, 0);
	notify(GREENLET_AT, who);
}

static void
ends_unrun(int who, int error)
{
	if (actors[who].state == EVHUB_STARTED)
		leave(&ready, who);
	if (error == ECANCELED)
		ends(who, EVHUB_KILLED, (long)(intptr_t)EVHUB_EXIT, 0);
	else
		ends(who, EVHUB_FAILED, 0, error);
}

static void
kill_one(int who, int error)
{
	struct actor *a = &actors[who];

	if (error == 0)
		error = ECANCELED;
	if (a->state == EVHUB_NEW || a->state == EVHUB_STARTED) {
		ends_unrun(who, error);
	} else if (a->state < EVHUB_DONE && a->kill == 0) {
		a->kill = error;
		a->told = may_be_interrupted(a);
		if (a->told)
			wake(who, error);
	}
}

/* The function of a greenlet has returned. */
static void
returns(int who, int ending, int value)
{
	struct actor *a = &actors[who];
	int error = ending == 2 ? EIO : a->told ? a->kill : 0;
	int state = error == 0 ? EVHUB_DONE : error == ECANCELED ? EVHUB_KILLED : EVHUB_FAILED;

	if (ending != 2 && ending != 1 && value != 0)
		ends(who, state, value, state == EVHUB_FAILED ? error : 0);
	else
		ends(who, state, state == EVHUB_KILLED ? (long)(intptr_t)EVHUB_EXIT : 0,
		    state == EVHUB_FAILED ? error : 0);
}

/* Time */

static void
starts(int who)
{
	actors[who].alarm.armed = 0;
	actors[who].state = EVHUB_STARTED;
	push(&ready, who, 0, 0);
}

static void
rings(const struct timer *timer)
{
	struct actor *a = &actors[timer->who];
	struct limit *limit = &a->limits[timer->limit >= 0 ? timer->limit : 0];

	if (timer->limit >= 0) {
		int was = cancelled(a);

		limit->expired = 1;
		limit->order = limit_orders++;
		if (was == 0 && may_be_interrupted(a))
			wake(timer->who, limit->error);
	} else if (a->state == EVHUB_NEW) {
		starts(timer->who);
	} else if (a->state == EVHUB_WAITING) {
		wake(timer->who, a->sleeps ? 0 : ETIMEDOUT);
	}
}

static struct timer *
next_timer(void)
{
	struct timer *first = NULL;
	int i, j;

	for (i = 0; i < WHO; i++)
		for (j = -1; j <= LIMITS; j++) {
			struct timer *t = j < 0 ? &actors[i].alarm : &actors[i].limits[j].timer;

			if (j >= 0 && !actors[i].limits[j].is)
				continue;
			if (t->armed && (first == NULL || t->us < first->us
			    || (t->us == first->us && t->order < first->order)))
				first = t;
		}
	return first;
}

/* Those whose time has come. */
static void
ring_all(void)
{
	struct timer *timer;

	while ((timer = next_timer()) != NULL && timer->us <= now_us) {
		timer->armed = 0;
		rings(timer);
	}
}

/* Without anything to wait for, main is told. */
static void
let_time_pass(void)
{
	struct timer *timer = next_timer();

	if (timer != NULL) {
		if (timer->us > now_us)
			now_us = timer->us;
		ring_all();
		return;
	}
	CHECK_INT(actors[0].state, EVHUB_WAITING);
	wake(0, closing ? 0 : EDEADLK);
}

#endif
