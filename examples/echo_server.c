/*
 * A TCP echo server, written against libevent 1.4's API and nothing else.
 *
 *   echo_server [PORT]
 *
 * It listens on 127.0.0.1, on a free port unless told one, and prints that port on stdout.
 * SIGTERM or SIGINT makes it stop listening, hand out what it still owes and leave its loop.
 *
 * Each connection has two events on its socket: a persistent one for reading, and one for
 * writing that is added only while the socket is full. Never both at once, so a client that
 * does not read its echo is not read from either.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event.h>

#include "listen.h"

#define DRAIN_SECONDS 2

struct conn {
	TAILQ_ENTRY(conn) next;
	struct event read;
	struct event write;
	size_t start, end;		/* what has been read and not yet sent back */
	char buf[16384];
};

static TAILQ_HEAD(, conn) conns = TAILQ_HEAD_INITIALIZER(conns);
static struct event listener, statistics, grace, on_term, on_int;
static int draining;
static unsigned long open_now, accepted, bytes, full;

static void conn_close(struct conn *c)
{
	event_del(&c->read);
	event_del(&c->write);
	close(EVENT_FD(&c->read));
	TAILQ_REMOVE(&conns, c, next);
	free(c);
	open_now--;
	if (draining && open_now == 0)
		event_del(&grace);
}

/* Sends what is there. Returns -1 if the connection is gone, else 0. */
static int conn_flush(struct conn *c)
{
	int fd = EVENT_FD(&c->read);

	while (c->start < c->end) {
		ssize_t n = send(fd, c->buf + c->start, c->end - c->start, MSG_NOSIGNAL);

		if (n > 0) {
			c->start += n;
			bytes += n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return 0;
		} else if (errno != EINTR) {
			conn_close(c);
			return -1;
		}
	}
	c->start = c->end = 0;
	return 0;
}

static void on_writable(int fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	if (conn_flush(c) == -1)
		return;
	if (c->start < c->end)
		event_add(&c->write, NULL);
	else if (draining)
		conn_close(c);
	else
		event_add(&c->read, NULL);
}

static void on_readable(int fd, short what, void *arg)
{
	struct conn *c = arg;
	ssize_t n = recv(fd, c->buf, sizeof(c->buf), 0);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (n <= 0) {
		conn_close(c);
		return;
	}
	c->end = n;
	if (conn_flush(c) == -1 || c->start == c->end)
		return;
	/* The socket is full: wait until it takes more, and read nothing meanwhile. */
	full++;
	event_del(&c->read);
	event_add(&c->write, NULL);
}

static void conn_open(int fd)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL || fcntl(fd, F_SETFL, O_NONBLOCK) == -1) {
		free(c);
		close(fd);
		return;
	}
	event_set(&c->read, fd, EV_READ | EV_PERSIST, on_readable, c);
	event_set(&c->write, fd, EV_WRITE, on_writable, c);
	TAILQ_INSERT_TAIL(&conns, c, next);
	open_now++;
	accepted++;
	if (event_add(&c->read, NULL) == -1)
		conn_close(c);
}

static void on_connection(int fd, short what, void *arg)
{
	int s;

	(void)what;
	(void)arg;
	while ((s = accept(fd, NULL, NULL)) != -1)
		conn_open(s);
	if (errno == EMFILE || errno == ENFILE) {
		/* The statistics timer listens again: by then somebody may have left. */
		fprintf(stderr, "echo_server: out of descriptors at %lu connections\n", open_now);
		event_del(&listener);
	}
}

static void print_statistics(const char *title)
{
	fprintf(stderr, "%s: %lu connections open, %lu accepted, %.1f MiB echoed, "
	    "%lu times a socket was full\n", title, open_now, accepted, bytes / 1048576.0, full);
}

static void on_second(int fd, short what, void *arg)
{
	struct timeval second = { 1, 0 };

	(void)fd;
	(void)what;
	(void)arg;
	print_statistics("echo_server");
	event_add(&listener, NULL);
	event_add(&statistics, &second);
}

static void on_grace_over(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fprintf(stderr, "echo_server: %lu connections would not drain\n", open_now);
	event_loopbreak();
}

/* Nothing new from here on. The loop ends by itself when its last event is gone. */
static void on_signal(int signum, short what, void *arg)
{
	struct timeval limit = { DRAIN_SECONDS, 0 };
	struct conn *c, *following;

	(void)signum;
	(void)what;
	(void)arg;
	draining = 1;
	event_del(&statistics);
	event_del(&on_term);
	event_del(&on_int);
	event_del(&listener);
	close(EVENT_FD(&listener));
	if (open_now > 0)
		event_add(&grace, &limit);
	for (c = TAILQ_FIRST(&conns); c != NULL; c = following) {
		following = TAILQ_NEXT(c, next);
		if (c->start == c->end)
			conn_close(c);
	}
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int main(int argc, char **argv)
{
	struct timeval second = { 1, 0 };
	int left;

	/* No libevent but the one that this source was written for. */
	if (strcmp(event_get_version(), "1.4.15") != 0) {
		fprintf(stderr, "echo_server: libevent %s, not 1.4.15\n", event_get_version());
		return 2;
	}
	raise_descriptor_limit();
	event_init();

	event_set(&listener, listen_on(argc > 1 ? atoi(argv[1]) : 0), EV_READ | EV_PERSIST,
	    on_connection, NULL);
	evtimer_set(&statistics, on_second, NULL);
	evtimer_set(&grace, on_grace_over, NULL);
	signal_set(&on_term, SIGTERM, on_signal, NULL);
	signal_set(&on_int, SIGINT, on_signal, NULL);
	if (event_add(&listener, NULL) == -1 || event_add(&statistics, &second) == -1 ||
	    signal_add(&on_term, NULL) == -1 || signal_add(&on_int, NULL) == -1) {
		perror("echo_server: event_add");
		return 1;
	}
	fprintf(stderr, "echo_server: libevent %s, %s\n", event_get_version(), event_get_method());

	left = event_dispatch() == -1 || open_now > 0;
	print_statistics("echo_server: done");
	return left;
}
