/*
 * Random programs of greenlets: what they are. A program is made of a seed; it is run by the
 * library (model_real.h) and by a simulator (model_sim.h), and both must tell the same story.
 *
 * Each greenlet has a list of steps; a step is one call on one of a few objects. What it has
 * returned, and when, is a record. Time is that of the program: it passes when all wait.
 */
#ifndef EVHUB_CTESTS_HUB_MODEL_H
#define EVHUB_CTESTS_HUB_MODEL_H

#include "harness.h"

#include <evhub/evhub.h>

enum {
	SLOTS = 13,			/* greenlets with a handle; 0 is the main one */
	STEPS = 20,			/* of each */
	OBJECTS = 3,			/* of each kind */
	LINKS = 24,			/* made by a program at most */
	CALLBACKS = 6,			/* steps that links make */
	LIMITS = 2,			/* of each greenlet */
	RECORDS = 2048,
	LOOP = 99,			/* who, in records: the loop */
	HELPER = 100,			/* and the greenlet of link N: HELPER + N */
	TICK_MS = 1000			/* timeouts are multiples of this */
};

/* Families of steps, which a test may leave out. */
enum {
	CORE = 1,			/* greenlets, sleeping, killing */
	LIMIT = 2,
	BASIC = 4,			/* flags, results, semaphores */
	LINK = 8,			/* links, watches, locals */
	SEVERAL = 16,			/* wait, iwait */
	LOCK = 32,			/* and conditions */
	QUEUE = 64,
	GROUP = 128,
	MEETING = 256,			/* waiters, barriers, wait groups */
	EVERY = 511
};

/*
 * The kinds of steps: name, family, weight, what its numbers are:
 *	g h	a greenlet, another one		o	an object
 *	s r	ticks, other ticks		e	an error
 *	l	a limit of the caller		k m	0 to 3, 0 to 7
 *	t	a timeout			c	a step of the callbacks
 *	w	an object of whichever kind	u	a link
 * in the order of struct step's fields, but for t.
 */
#define STEP_KINDS(X)                                                           \
	X(YIELD, CORE, 6, "")                                                   \
	X(SLEEP, CORE, 8, "s")                                                  \
	X(SPAWN, CORE, 8, "gms")                                                \
	X(START, CORE, 2, "gks")                                                \
	X(JOIN, CORE, 5, "gt")                                                  \
	X(GET, CORE, 4, "gt")                                                   \
	X(JOIN_ALL, CORE, 3, "ghkt")                                            \
	X(KILL, CORE, 3, "get")                                                 \
	X(KILL_ALL, CORE, 1, "ghet")                                            \
	X(KILL_ACK, CORE, 8, "")                                                \
	X(LOOK, CORE, 2, "g")                                                   \
	X(EXIT, CORE, 1, "")                                                    \
	X(LIMIT_START, LIMIT, 12, "lse")                                        \
	X(LIMIT_CANCEL, LIMIT, 4, "l")                                          \
	X(LIMIT_OF_OTHER, LIMIT, 4, "lg")                                       \
	X(LIMIT_LOOK, LIMIT, 3, "l")                                            \
	X(WITH_LIMIT, LIMIT, 6, "sr")                                           \
	X(FLAG_WAIT, BASIC, 6, "ot")                                            \
	X(FLAG_SET, BASIC, 6, "o")                                              \
	X(FLAG_CLEAR, BASIC, 5, "o")                                            \
	X(FLAG_RENEW, BASIC, 1, "o")                                            \
	X(RESULT_SET, BASIC, 3, "o")                                            \
	X(RESULT_FAIL, BASIC, 2, "oe")                                          \
	X(RESULT_GET, BASIC, 5, "ot")                                           \
	X(RESULT_WAIT, BASIC, 2, "ot")                                          \
	X(RESULT_RENEW, BASIC, 2, "o")                                          \
	X(SEM_ACQUIRE, BASIC, 9, "ot")                                          \
	X(SEM_RELEASE, BASIC, 9, "o")                                           \
	X(SEM_WAIT, BASIC, 4, "ot")                                             \
	X(SEM_LOOK, BASIC, 1, "o")                                              \
	X(SEM_RENEW, BASIC, 1, "ok")                                            \
	X(LOCAL_SET, LINK, 3, "k")                                              \
	X(LOCAL_GET, LINK, 3, "k")                                              \
	X(LINK_CALL, LINK, 6, "gmc")                                            \
	X(LINK_KILL, LINK, 4, "gkh")                                            \
	X(LINK_RESULT, LINK, 3, "g")                                            \
	X(WATCH, LINK, 6, "wc")                                                 \
	X(UNLINK, LINK, 4, "u")                                                 \
	X(WAIT, SEVERAL, 14, "wwwkt")                                           \
	X(ITER_NEW, SEVERAL, 8, "owww")                                         \
	X(ITER_NEXT, SEVERAL, 16, "ot")                                         \
	X(ITER_FREE, SEVERAL, 1, "o")                                           \
	X(WAITER_GET, MEETING, 4, "ot")                                         \
	X(WAITER_SET, MEETING, 3, "o")                                          \
	X(WAITER_FAIL, MEETING, 1, "oe")                                        \
	X(WAITER_RENEW, MEETING, 1, "o")                                        \
	X(BARRIER_WAIT, MEETING, 6, "ot")                                       \
	X(BARRIER_RENEW, MEETING, 1, "ok")                                      \
	X(WG_ADD, MEETING, 3, "ok")                                             \
	X(WG_DONE, MEETING, 4, "o")                                             \
	X(WG_WAIT, MEETING, 5, "ot")                                            \
	X(WG_RENEW, MEETING, 1, "o")                                            \
	X(RLOCK_ACQUIRE, LOCK, 5, "ot")                                         \
	X(RLOCK_RELEASE, LOCK, 5, "o")                                          \
	X(RLOCK_RENEW, LOCK, 1, "o")                                            \
	X(COND_ACQUIRE, LOCK, 3, "ot")                                          \
	X(COND_RELEASE, LOCK, 4, "o")                                           \
	X(COND_WAIT, LOCK, 9, "ot")                                             \
	X(COND_NOTIFY, LOCK, 7, "ok")                                           \
	X(COND_RENEW, LOCK, 1, "o")                                             \
	X(RW_READ, LOCK, 6, "ot")                                               \
	X(RW_WRITE, LOCK, 4, "ot")                                              \
	X(RW_RELEASE, LOCK, 8, "o")                                             \
	X(RW_RENEW, LOCK, 1, "o")                                               \
	X(QUEUE_PUT, QUEUE, 10, "ot")                                           \
	X(QUEUE_GET, QUEUE, 10, "ot")                                           \
	X(QUEUE_LOOK, QUEUE, 2, "o")                                            \
	X(QUEUE_DONE, QUEUE, 4, "o")                                            \
	X(QUEUE_JOIN, QUEUE, 3, "ot")                                           \
	X(QUEUE_RENEW, QUEUE, 1, "ok")                                          \
	X(SELECT, QUEUE, 10, "ooomt")                                           \
	X(GROUP_SPAWN, GROUP, 10, "ogt")                                        \
	X(GROUP_ADD, GROUP, 6, "ogt")                                           \
	X(GROUP_DISCARD, GROUP, 3, "og")                                        \
	X(GROUP_LOOK, GROUP, 2, "og")                                           \
	X(GROUP_ROOM, GROUP, 3, "ot")                                           \
	X(GROUP_JOIN, GROUP, 5, "okt")                                          \
	X(GROUP_KILL, GROUP, 3, "oet")                                          \
	X(GROUP_RENEW, GROUP, 1, "ok")

/* What can be waited for among others, or watched: number / WAITABLES of kind % WAITABLES. */
enum {
	GREENLET_AT, FLAG_AT, RESULT_AT, SEM_AT, WAITGROUP_AT, QUEUE_AT, GROUP_AT,
	WAITABLES
};

#define STEP_ENUM(name, family, weight, form) OP_##name,
enum {
	STEP_KINDS(STEP_ENUM)
	OP_KINDS,
	/* These are in no list: the beginning of a link's call, ends, what main does at last. */
	OP_CALLED = OP_KINDS,
	OP_END,
	OP_LAST_JOIN,
	OP_SHUTDOWN,
	OP_FATE
};

struct step {
	int op;
	int n[4];
	int timeout;			/* ticks; negative: none */
};

struct program {
	uint32_t seed;
	unsigned families;
	int greenlets;			/* main among them */
	int begun;			/* so many are spawned at first */
	int values[OBJECTS];		/* of semaphores and the like */
	int ending[SLOTS];		/* a kind of return */
	int count[SLOTS];
	struct step steps[SLOTS][STEPS];
	struct step callbacks[CALLBACKS];
};

struct record {
	int who, at, op;
	int result, error;
	long value;
	long us;			/* the program's time */
};

struct story {
	int count;
	struct record records[RECORDS];
};

static struct program program;
static struct story expected, told;

/* The errors that programs use: 0 stands for the usual one. */
static const int errors[] = { 0, EIO, EPIPE, 0 };

#endif
