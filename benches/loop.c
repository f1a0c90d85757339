/*
 * Descriptors: what it costs to learn that one is ready, to ask again, and to change one's mind.
 * Written against libevent 1.4's API as far as libevent 2 and libev's emulation share it.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <event.h>

#include "cases.h"
#include "measure.h"

#define PIPES 1000
#define ACTIVE 100

static void make_pair(int ends[2])
{
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
	must(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0, "fcntl");
	must(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0, "fcntl");
}

static void close_pair(const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

/*
 * Pipe chain: ACTIVE tokens go round PIPES pipes. Who reads one writes it to the next pipe, so
 * that each round of the loop finds about ACTIVE descriptors ready.
 */
static struct pipe_end {
	struct event event;
	int ends[2];
} *pipes;
static long hops, hops_left;

static void on_token(int fd, short what, void *arg)
{
	struct pipe_end *p = arg;
	struct pipe_end *next = p + 1 < pipes + PIPES ? p + 1 : pipes;
	char token;

	(void)what;
	hops += read(fd, &token, 1) == 1;
	if (hops_left > 0) {
		hops_left--;
		must(write(next->ends[1], "t", 1) == 1, "write");
	}
}

static void run_chain(long count)
{
	int i;

	hops = 0;
	hops_left = count - ACTIVE;
	for (i = 0; i < ACTIVE; i++)
		must(write(pipes[i * (PIPES / ACTIVE)].ends[1], "t", 1) == 1, "write");
	while (hops < count)
		event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

void bench_pipes(void)
{
	long count = counting ? 4000 : 100000;
	struct event_base *base = event_init();
	int i;

	pipes = zeroed(PIPES, sizeof(*pipes));
	for (i = 0; i < PIPES; i++) {
		must(pipe(pipes[i].ends) == 0, "pipe");
		must(fcntl(pipes[i].ends[0], F_SETFL, O_NONBLOCK) == 0, "fcntl");
		event_set(&pipes[i].event, pipes[i].ends[0], EV_READ | EV_PERSIST, on_token,
		    &pipes[i]);
		must(event_add(&pipes[i].event, NULL) == 0, "event_add");
	}
	run_chain(2 * PIPES);
	measure_start();
	run_chain(count);
	measure_stop("pipes.dispatch", "event", count);
	for (i = 0; i < PIPES; i++) {
		event_del(&pipes[i].event);
		close_pair(pipes[i].ends);
	}
	free(pipes);
	event_base_free(base);
}

/* One byte back and forth over a socket pair: two wake-ups a round trip, one event in each. */
static long turns_left;

static void on_ball(int fd, short what, void *arg)
{
	char ball;

	(void)what;
	(void)arg;
	must(read(fd, &ball, 1) == 1, "read");
	if (--turns_left > 0)
		must(write(fd, &ball, 1) == 1, "write");
	else
		event_loopexit(NULL);
}

static void play(int fd, long trips)
{
	turns_left = 2 * trips;
	must(write(fd, "b", 1) == 1, "write");
	event_dispatch();
}

void bench_pingpong(void)
{
	long count = counting ? 1000 : 100000;
	struct event_base *base = event_init();
	struct event event[2];
	int i, ends[2];

	make_pair(ends);
	for (i = 0; i < 2; i++) {
		event_set(&event[i], ends[i], EV_READ | EV_PERSIST, on_ball, NULL);
		must(event_add(&event[i], NULL) == 0, "event_add");
	}
	play(ends[0], 100);
	measure_start();
	play(ends[0], count);
	measure_stop("pingpong", "round trip", count);
	for (i = 0; i < 2; i++)
		event_del(&event[i]);
	close_pair(ends);
	event_base_free(base);
}

/* An event for one time only, added again by its own callback while there is more to read. */
static struct event again;

static void on_again(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (--turns_left > 0)
		event_add(&again, NULL);
}

static void run_again(long count)
{
	turns_left = count;
	event_add(&again, NULL);
	event_dispatch();
}

void bench_rearm(void)
{
	long count = counting ? 1000 : 200000;
	struct event_base *base = event_init();
	int ends[2];

	make_pair(ends);
	must(write(ends[1], "x", 1) == 1, "write");
	event_set(&again, ends[0], EV_READ, on_again, NULL);
	run_again(100);
	measure_start();
	run_again(count);
	measure_stop("rearm", "event", count);
	close_pair(ends);
	event_base_free(base);
}

/* A wait that is called off before the loop sees it. */
static void never(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

void bench_add_del(void)
{
	long i, count = counting ? 1000 : 200000;
	struct event_base *base = event_init();
	struct event event;
	int ends[2];

	make_pair(ends);
	event_set(&event, ends[0], EV_READ | EV_PERSIST, never, NULL);
	event_add(&event, NULL);
	event_del(&event);
	measure_start();
	for (i = 0; i < count; i++) {
		event_add(&event, NULL);
		event_del(&event);
	}
	measure_stop("add_del", "pair", count);
	close_pair(ends);
	event_base_free(base);
}
