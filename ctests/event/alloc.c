/*
 * Nothing is allocated and nothing locked per add, del, activation and dispatch once the
 * tables have their size; and nothing leaks.
 */
#include "alloc.h"

#include <evhub/event_ext.h>
#include <pthread.h>

enum { PIPES = 60, TIMERS = 400, SIGNALS = 4 };

static const int numbers[SIGNALS] = { SIGUSR1, SIGUSR2, SIGHUP, SIGALRM };

struct load {
	int fds[PIPES][2];
	struct event readers[PIPES];
	struct event writers[PIPES];
	struct event one_shots[PIPES];
	struct event timers[TIMERS];
	struct event signals[SIGNALS];
	int calls;
	int want;
};

static struct load load;

static void
work_cb(int fd, short what, void *arg)
{
	char byte;

	(void)arg;
	if (what & EV_READ)
		(void)!read(fd, &byte, 1);
	load.calls++;
}

static void
set_up(void)
{
	int i;

	init_base();
	CHECK_INT(event_priority_init(3), 0);
	for (i = 0; i < PIPES; i++) {
		make_pair(load.fds[i]);
		event_set(&load.readers[i], load.fds[i][0], EV_READ | EV_PERSIST, work_cb, NULL);
		event_set(&load.writers[i], load.fds[i][0], EV_WRITE, work_cb, NULL);
		event_set(&load.one_shots[i], load.fds[i][1], EV_READ | EV_WRITE, work_cb, NULL);
		CHECK_INT(event_priority_set(&load.writers[i], i % 3), 0);
	}
	for (i = 0; i < TIMERS; i++)
		evtimer_set(&load.timers[i], work_cb, NULL);
	for (i = 0; i < SIGNALS; i++)
		signal_set(&load.signals[i], numbers[i], work_cb, NULL);
}

static void
run_until_done(void)
{
	while (load.calls < load.want)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(load.calls, load.want);
}

/* Descriptors of all kinds: added, fired, added with a timeout, deleted. */
static void
use_descriptors(void)
{
	struct timeval hour = { 3600, 0 };
	int i;

	for (i = 0; i < PIPES; i++) {
		CHECK_INT(event_add(&load.readers[i], i % 2 ? &hour : NULL), 0);
		CHECK_INT(event_add(&load.writers[i], NULL), 0);
		CHECK_INT(event_add(&load.one_shots[i], &hour), 0);
		put_byte(load.fds[i][1]);
	}
	load.want = load.calls + 3 * PIPES;
	run_until_done();
	for (i = 0; i < PIPES; i++) {
		CHECK_INT(event_add(&load.one_shots[i], NULL), 0);
		CHECK_INT(event_del(&load.one_shots[i]), 0);
		CHECK_INT(event_del(&load.readers[i]), 0);
	}
}

static void
use_timers(void)
{
	int i;

	for (i = 0; i < TIMERS; i++)
		CHECK_INT(add_ms(&load.timers[i], 3600000 - i), 0);
	for (i = 0; i < TIMERS; i += 2)
		CHECK_INT(add_ms(&load.timers[i], 0), 0);
	load.want = load.calls + TIMERS / 2;
	run_until_done();
	for (i = 1; i < TIMERS; i += 2)
		CHECK_INT(event_del(&load.timers[i]), 0);
}

static void
use_the_rest(void)
{
	struct timeval none = { 0, 0 };
	struct timeval tv;
	int i;

	for (i = 0; i < TIMERS; i++)
		event_active(&load.timers[i], EV_TIMEOUT, 1 + i % 3);
	CHECK_INT(event_del(&load.timers[0]), 0);
	for (i = 1, load.want = load.calls; i < TIMERS; i++)
		load.want += 1 + i % 3;
	run_until_done();
	CHECK_INT(add_ms(&load.timers[0], 1000), 0);
	CHECK_INT(evtimer_pending(&load.timers[0], &tv), EV_TIMEOUT);
	CHECK_INT(event_del(&load.timers[0]), 0);
	CHECK_INT(event_priority_set(&load.timers[0], 2), 0);
	CHECK_INT(event_add(&load.timers[0], &none), 0);
	load.want = load.calls + 1;
	run_until_done();
	CHECK_INT(event_loopbreak(), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
}

static void
use_signals(void)
{
	int i;

	for (i = 0; i < SIGNALS; i++) {
		raise(numbers[i]);
		raise(numbers[i]);
	}
	load.want = load.calls + 2 * SIGNALS;
	run_until_done();
}

static void
use_all(void)
{
	int i;

	for (i = 0; i < SIGNALS; i++)
		CHECK_INT(event_add(&load.signals[i], NULL), 0);
	use_descriptors();
	use_timers();
	use_the_rest();
	use_signals();
	for (i = 0; i < SIGNALS; i++)
		CHECK_INT(event_del(&load.signals[i]), 0);
}

ALLOC_TEST(a_warm_base_allocates_nothing)
{
	long before;
	int turn;

	need_shim();
	set_up();
	use_all();
	use_all();
	before = alloc_count();
	for (turn = 0; turn < 5; turn++)
		use_all();
	CHECK_INT(alloc_count() - before, 0);
}

ALLOC_TEST(a_warm_base_takes_no_lock)
{
	long before;
	int turn;

	need_shim();
	set_up();
	use_all();
	before = alloc_locks();
	for (turn = 0; turn < 3; turn++)
		use_all();
	CHECK_INT(alloc_locks() - before, 0);
}

ALLOC_TEST(the_counters_of_this_test_count)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	void *(*volatile get)(size_t) = malloc;
	long allocations;
	long locks;
	long live;
	void *block;

	need_shim();
	allocations = alloc_count();
	locks = alloc_locks();
	live = alloc_live();
	block = get(100);
	CHECK(block != NULL);
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
	CHECK_INT(alloc_count() - allocations, 1);
	CHECK_INT(alloc_live() - live, 1);
	CHECK_INT(alloc_locks() - locks, 1);
	free(block);
	CHECK_INT(alloc_live() - live, 0);
}

static int async_calls;

static void
async_cb(void *arg)
{
	(void)arg;
	async_calls++;
}

ALLOC_TEST(sending_a_wake_up_allocates_and_locks_nothing)
{
	evhub_async_t *async;
	long allocations;
	long locks;
	int i;

	need_shim();
	init_base();
	async = evhub_async_new(current_base, async_cb, NULL);
	CHECK(async != NULL);
	CHECK_INT(evhub_async_send(async), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	allocations = alloc_count();
	locks = alloc_locks();
	for (i = 0; i < 100; i++) {
		CHECK_INT(evhub_async_send(async), 0);
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	}
	CHECK_INT(async_calls, 101);
	CHECK_INT(alloc_count() - allocations, 0);
	CHECK_INT(alloc_locks() - locks, 0);
	evhub_async_free(async);
}

/* A base's life from beginning to end, records of event_once and all. */
static void
one_life(void)
{
	struct event_base *base = event_base_new();
	struct timeval hour = { 3600, 0 };
	struct event events[3];
	struct event *on_heap;
	int fds[2];

	CHECK(base != NULL);
	make_pipe(fds);
	CHECK_INT(event_base_priority_init(base, 7), 0);
	event_set(&events[0], fds[0], EV_READ, work_cb, NULL);
	signal_set(&events[1], SIGUSR1, work_cb, NULL);
	evtimer_set(&events[2], work_cb, NULL);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(event_base_set(base, &events[i]), 0);
		CHECK_INT(event_add(&events[i], &hour), 0);
	}
	CHECK_INT(event_base_once(base, -1, EV_TIMEOUT, work_cb, NULL, NULL), 0);
	CHECK_INT(event_base_once(base, -1, EV_TIMEOUT, work_cb, NULL, &hour), 0);
	CHECK_INT(event_base_once(base, fds[0], EV_READ, work_cb, NULL, NULL), 0);
	CHECK_INT(event_base_once(base, fds[1], EV_WRITE, work_cb, NULL, NULL), 0);
	CHECK_INT(event_base_loopexit(base, &hour), 0);
	on_heap = evhub_event_new(base, -1, 0, work_cb, NULL);
	CHECK(on_heap != NULL);
	raise(SIGUSR1);
	CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
	CHECK_INT(event_base_loopexit(base, NULL), 0);
	CHECK_INT(event_base_loop(base, 0), 0);
	CHECK_INT(event_reinit(base), 0);
	evhub_event_free(on_heap);
	event_base_free(base);
	close(fds[0]);
	close(fds[1]);
}

ALLOC_TEST(a_whole_life_leaves_nothing)
{
	long before;
	int i;

	need_shim();
	one_life();
	before = alloc_live();
	for (i = 0; i < 20; i++)
		one_life();
	CHECK_INT(alloc_live() - before, 0);
}
