/*
 * Timers: one that fires once, one that repeats, one that is cancelled, a timeout on a
 * descriptor, and a loop that is told when to end.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <stdio.h>
#include <unistd.h>

#include <event.h>

static struct event tick;
static struct timeval started;

static void say(const char *text)
{
	struct timeval now, since;

	gettimeofday(&now, NULL);
	timersub(&now, &started, &since);
	printf("%ld.%02ld s  %s\n", (long)since.tv_sec, (long)since.tv_usec / 10000, text);
}

static void on_once(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	say(arg);
}

/* A timer is gone when it fires: to repeat, it is added again. */
static void on_tick(int fd, short what, void *arg)
{
	int *left = arg;
	struct timeval tenth = { 0, 100000 };

	(void)fd;
	(void)what;
	say("tick");
	if (--*left > 0)
		event_add(&tick, &tenth);
}

/* One event may wait for a descriptor and for a time: `what` tells which came first. */
static void on_silence(int fd, short what, void *arg)
{
	(void)fd;
	(void)arg;
	say(what & EV_TIMEOUT ? "nothing to read for 250 ms" : "there is something to read");
}

int main(void)
{
	struct timeval ms150 = { 0, 150000 }, ms250 = { 0, 250000 }, ms400 = { 0, 400000 };
	struct event once, cancelled, silence, later;
	int ticks = 3, ends[2], rc;

	if (pipe(ends) == -1) {
		perror("pipe");
		return 1;
	}
	event_init();
	gettimeofday(&started, NULL);

	evtimer_set(&once, on_once, "a timer fires once");
	evtimer_add(&once, &ms150);

	evtimer_set(&tick, on_tick, &ticks);
	on_tick(-1, EV_TIMEOUT, &ticks);

	evtimer_set(&cancelled, on_once, "this is never printed");
	evtimer_add(&cancelled, &ms150);
	evtimer_del(&cancelled);

	event_set(&silence, ends[0], EV_READ, on_silence, NULL);
	event_add(&silence, &ms250);

	/* Memory for a single call can be left to the library. */
	event_once(-1, EV_TIMEOUT, on_once, "a call without a struct event", &ms250);

	/* Too far away: the loop is told to end before. */
	evtimer_set(&later, on_once, "this is never printed");
	ms150.tv_sec = 3600;
	evtimer_add(&later, &ms150);
	event_loopexit(&ms400);

	/* 0: ended by event_loopexit. 1: there was nothing left to wait for. */
	rc = event_dispatch();
	say("the loop has ended");
	return rc;
}
