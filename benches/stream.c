/*
 * Buffers and sockets: bytes from one buffer through a socket pair into another, and an echo
 * server on bufferevents.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <event.h>

#include "cases.h"
#include "client.h"
#include "measure.h"
#include "payload.h"

/* FILL bytes at a time, appended in pieces; the socket takes them all. */
struct transfer {
	struct evbuffer *out;
	struct evbuffer *in;
	int ends[2];
};

static void pass_on(struct transfer *t, size_t piece, long rounds)
{
	size_t filled;
	int n;

	for (; rounds > 0; rounds--) {
		for (filled = 0; filled < FILL; filled += piece)
			must(evbuffer_add(t->out, payload, piece) == 0, "evbuffer_add");
		while (EVBUFFER_LENGTH(t->out) > 0)
			must(evbuffer_write(t->out, t->ends[0]) > 0, "evbuffer_write");
		for (filled = 0; filled < FILL; filled += n) {
			n = evbuffer_read(t->in, t->ends[1], -1);
			must(n > 0, "evbuffer_read");
		}
		evbuffer_drain(t->in, EVBUFFER_LENGTH(t->in));
	}
}

static void transfer(const char *name, size_t piece, long rounds)
{
	struct transfer t;
	int i, room = 4 * FILL;

	if (counting)
		rounds = 50;
	t.out = evbuffer_new();
	t.in = evbuffer_new();
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, t.ends) == 0, "socketpair");
	for (i = 0; i < 2; i++) {
		must(fcntl(t.ends[i], F_SETFL, O_NONBLOCK) == 0, "fcntl");
		must(setsockopt(t.ends[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) == 0,
		    "SO_SNDBUF");
	}
	pass_on(&t, piece, 20);
	measure_start();
	pass_on(&t, piece, rounds);
	measure_stop(name, "64 KiB", rounds);
	evbuffer_free(t.out);
	evbuffer_free(t.in);
	close(t.ends[0]);
	close(t.ends[1]);
}

void bench_transfer(void)
{
	transfer("transfer.64", 64, 5000);
	transfer("transfer.64K", FILL, 10000);
}

/* One message is on its way on each connection; from the start mark to the stop all are served. */
static long messages, first, last;
static const char *row;

static void on_message(struct bufferevent *bev, void *arg)
{
	(void)arg;
	messages++;
	if (messages == first) {
		measure_start();
	} else if (messages == last) {
		measure_stop(row, "message", last - first);
		event_loopexit(NULL);
	}
	bufferevent_write_buffer(bev, EVBUFFER_INPUT(bev));
}

static void on_trouble(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	(void)arg;
	must(0, "a connection of the echo server");
}

static void echo(const char *name, int connections, long count)
{
	struct bufferevent *bevs[CROWD];
	struct event_base *base;
	int i, ends[CROWD];

	client_start(ends, connections);
	base = event_init();
	messages = 0;
	first = 10 * connections;
	last = first + count;
	row = name;
	for (i = 0; i < connections; i++) {
		bevs[i] = bufferevent_new(ends[i], on_message, NULL, on_trouble, NULL);
		must(bevs[i] != NULL, "bufferevent_new");
		must(bufferevent_enable(bevs[i], EV_READ | EV_WRITE) == 0,
		    "bufferevent_enable");
	}
	event_dispatch();
	must(messages >= last, "the echo server stopped");
	for (i = 0; i < connections; i++)
		bufferevent_free(bevs[i]);
	client_stop(ends, connections);
	event_base_free(base);
}

void bench_echo_1(void)
{
	echo("echo.1", 1, counting ? 1000 : 50000);
}

void bench_echo_100(void)
{
	echo("echo.100", CROWD, counting ? 2000 : 100000);
}
