/* What the tests of connecting share: listeners, and a side that has no connection yet. */
#ifndef EVHUB_CTESTS_BUFFEREVENT_CONNECT_H
#define EVHUB_CTESTS_BUFFEREVENT_CONNECT_H

#include "sides.h"

#include <evhub/bufferevent_ext.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/un.h>

struct address {
	struct sockaddr_storage storage;
	socklen_t length;
};

static inline struct sockaddr *
any(struct address *a)
{
	return (struct sockaddr *)&a->storage;
}

/* On the loopback, with a port that the kernel finds. */
static inline int
listen_on_tcp(struct address *a, int backlog)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&a->storage;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	CHECK(fd != -1);
	memset(a, 0, sizeof(*a));
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a->length = sizeof(*in);
	CHECK_INT(bind(fd, any(a), a->length), 0);
	CHECK_INT(listen(fd, backlog), 0);
	CHECK_INT(getsockname(fd, any(a), &a->length), 0);
	return fd;
}

/* In Linux's abstract name space: the kernel finds the name, no file is left. */
static inline int
listen_on_unix(struct address *a, int backlog)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	CHECK(fd != -1);
	memset(a, 0, sizeof(*a));
	a->storage.ss_family = AF_UNIX;
	CHECK_INT(bind(fd, any(a), sizeof(sa_family_t)), 0);
	CHECK_INT(listen(fd, backlog), 0);
	a->length = sizeof(a->storage);
	CHECK_INT(getsockname(fd, any(a), &a->length), 0);
	return fd;
}

/* A port where nobody listens: it was free a moment ago, and stays bound. */
static inline int
refuse_on_tcp(struct address *a)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&a->storage;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(fd != -1);
	memset(a, 0, sizeof(*a));
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a->length = sizeof(*in);
	CHECK_INT(bind(fd, any(a), a->length), 0);
	CHECK_INT(getsockname(fd, any(a), &a->length), 0);
	return fd;
}

static inline int
connect_to(struct side *side, struct address *a)
{
	return evhub_bufferevent_socket_connect(side->bev, any(a), (int)a->length);
}

static inline void
open_unconnected(struct side *side)
{
	open_side_on(side, -1, -1);
	CHECK_INT(evhub_bufferevent_getfd(side->bev), -1);
}

/* Runs the loop until the side has heard of its connection. */
static inline void
wait_for_result(struct side *side, int errors)
{
	while (side->errors < errors)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(side->errors, errors);
}

/* Takes the connection that has been made as the side's peer. */
static inline void
accept_peer(struct side *side, int listener)
{
	do
		side->peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	while (side->peer == -1 && errno == EINTR);
	CHECK(side->peer != -1);
}

/* Both directions work. */
static inline void
check_connected(struct side *side)
{
	CHECK_INT(write_text(side->bev, "to"), 0);
	say(side->peer, "fro");
	while (EVBUFFER_LENGTH(side->bev->input) < 3)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(turn(), 0);
	CHECK_STR(text_of(side->bev->input), "fro");
	CHECK_STR(heard(side->peer), "to");
	evbuffer_drain(side->bev->input, 3);
}

#endif
