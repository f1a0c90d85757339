/*
 * A TCP proxy: two bufferevents per connection, and watermarks between them.
 *
 *   proxy TARGET_PORT [PORT]
 *
 * It listens on 127.0.0.1, on a free port unless told one, and prints that port on stdout; what
 * connects there is connected on to TARGET_PORT. SIGTERM ends it.
 *
 * What comes in on one side is moved to the output of the other, unless that has LIMIT bytes
 * already. Then it stays where it is, and at LIMIT the input's high mark stops the reading: so
 * the kernel's buffers fill, and whoever sends has to wait. When the output has run down to its
 * low mark, the move is made up for, and with it the reading starts again.
 *
 * The end of one direction is passed on when all before it is; a reset is passed on at once.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event.h>
#include <evhub/bufferevent_ext.h>

#include "listen.h"

#define LIMIT 65536
#define STALL_SECONDS 60		/* to connect, and for a side that takes nothing */

struct side {
	struct bufferevent *bev;
	struct side *other;
	int open;			/* is connected */
	int eof;			/* nothing more comes from here */
	int shut;			/* nothing more goes there */
};

static struct sockaddr_in target;
static unsigned long connections, halves, resets;
static size_t moved, most_held;

static void close_side(struct side *side, int hard)
{
	struct linger linger = { 1, 0 };
	int fd = bufferevent_getfd(side->bev);

	bufferevent_free(side->bev);	/* closes nothing, also not what it has opened itself */
	if (hard)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
	free(side);
}

static void close_both(struct side *side, int hard)
{
	close_side(side->other, hard);
	close_side(side, hard);
}

/* Passes on what has come from one side, and then its end. May free both sides. */
static void forward(struct side *from)
{
	struct side *to = from->other;
	struct evbuffer *in = EVBUFFER_INPUT(from->bev), *out = EVBUFFER_OUTPUT(to->bev);
	size_t len = EVBUFFER_LENGTH(in);

	if (EVBUFFER_LENGTH(out) < LIMIT) {
		if (bufferevent_write_buffer(to->bev, in) == -1) {
			close_both(from, 1);
			return;
		}
		moved += len;
	}
	len = EVBUFFER_LENGTH(in) + EVBUFFER_LENGTH(out);
	if (most_held < len)
		most_held = len;
	if (len == 0 && from->eof && to->open && !to->shut) {
		shutdown(bufferevent_getfd(to->bev), SHUT_WR);
		halves++;
		to->shut = 1;
		if (from->shut)
			close_both(from, 0);
	}
}

static void on_input(struct bufferevent *bev, void *arg)
{
	(void)bev;
	forward(arg);
}

/* The output is down to its low mark, or empty. */
static void on_written(struct bufferevent *bev, void *arg)
{
	struct side *to = arg;

	(void)bev;
	forward(to->other);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct side *side = arg;

	(void)bev;
	if (what == BEV_EVENT_CONNECTED) {
		side->open = 1;
		forward(side->other);
	} else if (what & EVBUFFER_EOF) {
		side->eof = 1;
		forward(side);
	} else {
		resets++;
		close_both(side, 1);
	}
}

static struct side *side_new(int fd)
{
	struct side *side = calloc(1, sizeof(*side));

	if (side == NULL ||
	    (side->bev = bufferevent_new(fd, on_input, on_written, on_event, side)) == NULL) {
		perror("proxy");
		exit(1);
	}
	bufferevent_setwatermark(side->bev, EV_READ, 0, LIMIT);
	bufferevent_setwatermark(side->bev, EV_WRITE, LIMIT / 2, 0);
	bufferevent_settimeout(side->bev, 0, STALL_SECONDS);
	return side;
}

static void on_connection(int fd, short what, void *arg)
{
	struct side *client, *server;
	int one = 1, s = accept(fd, NULL, NULL);

	(void)what;
	(void)arg;
	if (s == -1 || evutil_make_socket_nonblocking(s) == -1) {
		close(s);
		return;
	}
	connections++;
	client = side_new(s);
	client->open = 1;
	client->other = server = side_new(-1);
	server->other = client;
	/* The client may send at once: it is kept until the server has been reached. */
	if (bufferevent_socket_connect(server->bev, (struct sockaddr *)&target,
	    sizeof(target)) == -1 || bufferevent_enable(server->bev, EV_READ | EV_WRITE) == -1 ||
	    bufferevent_enable(client->bev, EV_READ | EV_WRITE) == -1) {
		close_both(client, 1);
		return;
	}
	setsockopt(bufferevent_getfd(server->bev), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void on_term(int signum, short what, void *arg)
{
	(void)signum;
	(void)what;
	(void)arg;
	event_loopexit(NULL);
}

int main(int argc, char **argv)
{
	struct event listener, term;

	if (argc < 2) {
		fprintf(stderr, "usage: proxy TARGET_PORT [PORT]\n");
		return 2;
	}
	target.sin_family = AF_INET;
	target.sin_port = htons(atoi(argv[1]));
	target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	signal(SIGPIPE, SIG_IGN);
	event_init();
	event_set(&listener, listen_on(argc > 2 ? atoi(argv[2]) : 0), EV_READ | EV_PERSIST,
	    on_connection, NULL);
	signal_set(&term, SIGTERM, on_term, NULL);
	if (event_add(&listener, NULL) == -1 || signal_add(&term, NULL) == -1) {
		perror("proxy");
		return 1;
	}
	event_dispatch();
	fprintf(stderr, "proxy: %lu connections, %.1f MB, %lu halves closed, %lu resets, "
	    "at most %zu KiB held for one direction\n",
	    connections, moved / 1e6, halves, resets, most_held / 1024);
	return most_held > 3 * LIMIT;		/* the input, and a full one behind an output */
}
