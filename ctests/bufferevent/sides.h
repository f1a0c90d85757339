/*
 * What the tests of bufferevents share: a side is a bufferevent and what its callbacks saw; its
 * peer is a bare descriptor, which the test reads and writes by hand.
 */
#ifndef EVHUB_CTESTS_BUFFEREVENT_SIDES_H
#define EVHUB_CTESTS_BUFFEREVENT_SIDES_H

#include "harness.h"

#include <sys/socket.h>

/* What may be pending of an event of a bufferevent. */
#define ANY_EVENT (EV_READ | EV_WRITE | EV_TIMEOUT | EV_SIGNAL)

struct side {
	struct bufferevent *bev;
	int peer;
	int reads, writes, errors;	/* calls */
	short what;			/* of the last error, */
	int error;			/* and errno then */
	size_t input;			/* length of the input in the last readcb */
	size_t output;			/* length of the output in the last writecb */
};

static inline void
side_read(struct bufferevent *bev, void *arg)
{
	struct side *side = arg;

	CHECK_PTR(bev, side->bev);
	side->reads++;
	side->input = EVBUFFER_LENGTH(bev->input);
}

static inline void
side_written(struct bufferevent *bev, void *arg)
{
	struct side *side = arg;

	CHECK_PTR(bev, side->bev);
	side->writes++;
	side->output = EVBUFFER_LENGTH(bev->output);
}

static inline void
side_failed(struct bufferevent *bev, short what, void *arg)
{
	struct side *side = arg;

	side->error = errno;
	CHECK_PTR(bev, side->bev);
	side->errors++;
	side->what = what;
}

/* A side on one end of a connection that exists already. */
static inline void
open_side_on(struct side *side, int fd, int peer)
{
	memset(side, 0, sizeof(*side));
	side->peer = peer;
	side->bev = bufferevent_new(fd, side_read, side_written, side_failed, side);
	CHECK(side->bev != NULL);
}

static inline void
open_side(struct side *side)
{
	int fds[2];

	make_pair(fds);
	open_side_on(side, fds[0], fds[1]);
}

static inline void
open_tcp_side(struct side *side)
{
	int fds[2];

	make_tcp_pair(fds);
	open_side_on(side, fds[0], fds[1]);
}

static inline void
close_side(struct side *side)
{
	int fd = side->bev->ev_read.ev_fd;

	bufferevent_free(side->bev);
	side->bev = NULL;
	close(fd);
	if (side->peer != -1)
		close(side->peer);
}

static inline int
fd_of(const struct side *side)
{
	return side->bev->ev_read.ev_fd;
}

/* Are its events registered, or on a timer? */
static inline int
reading(const struct side *side)
{
	return event_pending(&side->bev->ev_read, ANY_EVENT, NULL);
}

static inline int
writing(const struct side *side)
{
	return event_pending(&side->bev->ev_write, ANY_EVENT, NULL);
}

/* All that can be done without waiting; returns what event_loop does. */
static inline int
turn(void)
{
	return event_loop(EVLOOP_NONBLOCK);
}

static inline void
say(int fd, const char *text)
{
	ssize_t sent;

	/* A terminal may be interrupted. */
	do
		sent = write(fd, text, strlen(text));
	while (sent == -1 && errno == EINTR);
	CHECK_INT(sent, (int)strlen(text));
}

/* What waits at a descriptor. */
static inline const char *
heard(int fd)
{
	static char text[65536];
	size_t length = 0;
	ssize_t n;

	while ((n = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
		length += (size_t)n;
	text[length] = '\0';
	return text;
}

/* What is in a buffer. */
static inline const char *
text_of(const struct evbuffer *buf)
{
	static char text[65536];

	CHECK(EVBUFFER_LENGTH(buf) < sizeof(text));
	if (EVBUFFER_LENGTH(buf) > 0)
		memcpy(text, EVBUFFER_DATA(buf), EVBUFFER_LENGTH(buf));
	text[EVBUFFER_LENGTH(buf)] = '\0';
	return text;
}

static inline int
write_text(struct bufferevent *bev, const char *text)
{
	return bufferevent_write(bev, text, strlen(text));
}

/* Closes so that the other end gets a reset. */
static inline void
reset(int fd)
{
	struct linger at_once = { 1, 0 };

	CHECK_INT(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(fd);
}

#endif
