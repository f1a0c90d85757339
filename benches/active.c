/* Events that the program itself makes active, and signals. */
#include <sys/types.h>
#include <sys/time.h>
#include <signal.h>

#include <event.h>

#include "cases.h"
#include "measure.h"

#define BATCH 1000

static struct event events[BATCH];
static long left;

static void on_active(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	left--;
}

static void on_link(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (--left > 0)
		event_active(&events[0], EV_READ, 1);
}

static void run_batches(long count)
{
	int i;

	for (left = count; left > 0;) {
		for (i = 0; i < BATCH; i++)
			event_active(&events[i], EV_READ, 1);
		event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
	}
}

static void run_chain(long count)
{
	left = count;
	event_active(&events[0], EV_READ, 1);
	while (left > 0)
		event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* Batch: BATCH events activated, then run together. Chain: each callback activates the next. */
void bench_active(void)
{
	long count = counting ? 20 * BATCH : 2000 * BATCH;
	struct event_base *base = event_init();
	int i;

	for (i = 0; i < BATCH; i++)
		event_set(&events[i], -1, 0, on_active, NULL);
	run_batches(BATCH);
	measure_start();
	run_batches(count);
	measure_stop("active.batch", "event", count);

	event_set(&events[0], -1, 0, on_link, NULL);
	run_chain(BATCH);
	measure_start();
	run_chain(count);
	measure_stop("active.chain", "event", count);
	event_base_free(base);
}

static long seen;

static void on_signal(int signum, short what, void *arg)
{
	(void)signum;
	(void)what;
	(void)arg;
	seen++;
}

static void run_signals(long count)
{
	for (seen = 0; seen < count;) {
		long before = seen;

		must(raise(SIGUSR1) == 0, "raise");
		while (seen == before)
			event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
	}
}

/* From raise() to the callback, one at a time. */
void bench_signal(void)
{
	long count = counting ? 500 : 50000;
	struct event_base *base = event_init();
	struct event event;

	signal_set(&event, SIGUSR1, on_signal, NULL);
	must(signal_add(&event, NULL) == 0, "signal_add");
	run_signals(100);
	measure_start();
	run_signals(count);
	measure_stop("signal", "signal", count);
	signal_del(&event);
	event_base_free(base);
}
