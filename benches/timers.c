/*
 * Timers, with 10^3, 10^5 and 10^6 of them pending. They are added, renewed and cancelled inside
 * a callback, where programs do it, and where libraries may use the time that they know.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event.h>

#include "cases.h"
#include "measure.h"

struct timers {
	long n;
	const char *size;
	struct event *events;
	struct timeval *delays;		/* random ones */
};

static long fired;

static void on_timer(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fired++;
}

static void stop(const struct timers *t, const char *what, long ops)
{
	char name[40];

	snprintf(name, sizeof(name), "timers.%s.%s", what, t->size);
	measure_stop(name, "timer", ops);
}

/* One interval for all, as servers have it: added in order, renewed in any order. */
static void idle_timeouts(int fd, short what, void *arg)
{
	struct timers *t = arg;
	struct timeval interval = { 600, 0 };
	long i;

	(void)fd;
	(void)what;
	measure_start();
	for (i = 0; i < t->n; i++)
		event_add(&t->events[i], &interval);
	stop(t, "add", t->n);

	measure_start();
	for (i = 0; i < t->n; i++)
		event_add(&t->events[random_u32() % t->n], &interval);
	stop(t, "renew", t->n);

	for (i = 0; i < t->n; i++)
		event_del(&t->events[i]);
}

/* Random deadlines; half of the timers are cancelled, the rest is there to expire. */
static void deadlines(int fd, short what, void *arg)
{
	struct timers *t = arg;
	long i;

	(void)fd;
	(void)what;
	for (i = 0; i < t->n; i++)
		event_add(&t->events[i], &t->delays[i]);
	measure_start();
	for (i = 0; i < t->n; i += 2)
		event_del(&t->events[i]);
	stop(t, "cancel", t->n / 2);
}

static void in_callback(void (*callback)(int, short, void *), struct timers *t)
{
	struct event event;

	event_set(&event, -1, 0, callback, t);
	event_active(&event, EV_READ, 1);
	event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void expire(struct timers *t, long longest_us)
{
	long before = fired;

	/* The coarsest clock in use here ticks every 4 ms, and may lag behind. */
	usleep(longest_us + 20000);
	measure_start();
	while (fired < t->n / 2)
		event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
	stop(t, "expire", t->n / 2 - before);
}

static void run(long n, const char *size, int rounds)
{
	struct event_base *base = event_init();
	struct timers t = { n, size, zeroed(n, sizeof(struct event)),
	    zeroed(n, sizeof(struct timeval)) };
	/* None is due while they are being added: the later half of the time is theirs. */
	long i, half_us = n > 4000 ? n / 2 : 4000;

	for (i = 0; i < n; i++) {
		evtimer_set(&t.events[i], on_timer, NULL);
		t.delays[i].tv_usec = half_us + random_u32() % half_us;
	}
	while (rounds-- > 0) {
		in_callback(idle_timeouts, &t);
		fired = 0;
		in_callback(deadlines, &t);
		expire(&t, 2 * half_us);
	}
	free(t.events);
	free(t.delays);
	event_base_free(base);
}

void bench_timers_1e3(void)
{
	run(1000, "1e3", counting ? 3 : 40);
}

void bench_timers_1e5(void)
{
	run(100000, "1e5", counting ? 1 : 3);
}

void bench_timers_1e6(void)
{
	run(1000000, "1e6", 1);
}
