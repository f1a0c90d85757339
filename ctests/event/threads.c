/*
 * One base per thread, sixteen threads: descriptors, timers and signals (F29; behaviours 55, 57).
 */
#include "harness.h"

#include <pthread.h>

enum { THREADS = 16, ROUNDS = 300 };

struct worker {
	pthread_t thread;
	struct event_base *base;
	struct event reader;
	struct event timer;
	struct event signal;
	int fds[2];
	int reads;
	int timeouts;
	int signals;
	int want_signals;
};

static struct worker workers[THREADS];
static pthread_barrier_t ready;

static void
set(struct worker *worker, struct event *ev, int fd, short events, void (*cb)(int, short, void *))
{
	event_set(ev, fd, events, cb, worker);
	CHECK_INT(event_base_set(worker->base, ev), 0);
}

static void
finish_if_done(struct worker *worker)
{
	if (worker->reads < ROUNDS || worker->timeouts < ROUNDS)
		return;
	if (worker->signals < worker->want_signals)
		return;
	CHECK_INT(event_del(&worker->signal), 0);
	CHECK_INT(event_del(&worker->reader), 0);
}

static void
read_cb(int fd, short what, void *arg)
{
	struct worker *worker = arg;

	CHECK_INT(what, EV_READ);
	CHECK_INT(drain(fd), 1);
	if (++worker->reads < ROUNDS)
		put_byte(worker->fds[1]);
	finish_if_done(worker);
}

static void
timer_cb(int fd, short what, void *arg)
{
	struct worker *worker = arg;

	(void)fd;
	CHECK_INT(what, EV_TIMEOUT);
	if (++worker->timeouts < ROUNDS)
		CHECK_INT(add_ms(&worker->timer, worker->timeouts % 2), 0);
	finish_if_done(worker);
}

static void
signal_cb(int fd, short what, void *arg)
{
	struct worker *worker = arg;

	CHECK_INT(fd, SIGUSR1);
	CHECK_INT(what, EV_SIGNAL);
	worker->signals++;
	finish_if_done(worker);
}

static void
start_work(struct worker *worker)
{
	worker->base = event_base_new();
	CHECK(worker->base != NULL);
	make_pair(worker->fds);
	set(worker, &worker->reader, worker->fds[0], EV_READ | EV_PERSIST, read_cb);
	set(worker, &worker->timer, -1, 0, timer_cb);
	set(worker, &worker->signal, SIGUSR1, EV_SIGNAL | EV_PERSIST, signal_cb);
	CHECK_INT(event_add(&worker->reader, NULL), 0);
	CHECK_INT(add_ms(&worker->timer, 0), 0);
	CHECK_INT(event_add(&worker->signal, NULL), 0);
	put_byte(worker->fds[1]);
}

static void *
work_thread(void *arg)
{
	struct worker *worker = arg;

	start_work(worker);
	pthread_barrier_wait(&ready);
	CHECK_INT(event_base_dispatch(worker->base), 1);
	event_base_free(worker->base);
	close(worker->fds[0]);
	close(worker->fds[1]);
	return NULL;
}

static void
run_threads(int raises)
{
	int i;

	CHECK_INT(pthread_barrier_init(&ready, NULL, THREADS + 1), 0);
	for (i = 0; i < THREADS; i++) {
		memset(&workers[i], 0, sizeof(workers[i]));
		workers[i].want_signals = raises;
		CHECK_INT(pthread_create(&workers[i].thread, NULL, work_thread, &workers[i]), 0);
	}
	pthread_barrier_wait(&ready);
	/* Each raise is handled on this thread and counted in all the sixteen bases. */
	for (i = 0; i < raises; i++)
		raise(SIGUSR1);
	for (i = 0; i < THREADS; i++)
		CHECK_INT(pthread_join(workers[i].thread, NULL), 0);
	for (i = 0; i < THREADS; i++) {
		CHECK_INT(workers[i].reads, ROUNDS);
		CHECK_INT(workers[i].timeouts, ROUNDS);
		CHECK_INT(workers[i].signals, raises);
	}
}

TEST(sixteen_threads_with_a_base_each)
{
	int before;

	init_base();
	before = open_fds();
	run_threads(50);
	CHECK_INT(open_fds(), before);
	run_threads(0);
	CHECK_INT(open_fds(), before);
}

static void *
churn_thread(void *arg)
{
	struct note note = { 0, 0, 0, 0 };
	int i;

	for (i = 0; i < 100; i++) {
		struct event_base *base = event_base_new();
		struct event signal_event;
		struct event timer;

		CHECK(base != NULL);
		signal_set(&signal_event, SIGUSR2, note_cb, &note);
		evtimer_set(&timer, note_cb, &note);
		CHECK_INT(event_base_set(base, &signal_event), 0);
		CHECK_INT(event_base_set(base, &timer), 0);
		CHECK_INT(event_add(&signal_event, NULL), 0);
		CHECK_INT(add_ms(&timer, 0), 0);
		if (i % 3 == 0)
			raise(SIGUSR2);
		CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
		if (i % 2 == 0)
			CHECK_INT(event_del(&signal_event), 0);
		event_base_free(base);
	}
	*(int *)arg = note.calls;
	return NULL;
}

/* Bases come and go in all threads while the signal that they watch keeps coming. */
TEST(bases_come_and_go_in_all_threads)
{
	pthread_t threads[THREADS];
	struct sigaction action;
	int calls[THREADS];
	int i;

	signal(SIGUSR2, SIG_IGN);
	for (i = 0; i < THREADS; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, churn_thread, &calls[i]), 0);
	for (i = 0; i < THREADS; i++) {
		CHECK_INT(pthread_join(threads[i], NULL), 0);
		/* At least one timer or signal per life. */
		CHECK(calls[i] >= 100);
	}
	CHECK_INT(sigaction(SIGUSR2, NULL, &action), 0);
	CHECK_PTR(action.sa_handler, SIG_IGN);
}
