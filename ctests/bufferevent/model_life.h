/* Connections of the model tests: their callbacks, how their lives begin and end, their peers. */
#ifndef EVHUB_CTESTS_MODEL_LIFE_H
#define EVHUB_CTESTS_MODEL_LIFE_H

#include "model_world.h"

#include <evhub/bufferevent_ext.h>

static void step(void);

/* What a callback does after it has looked: a few steps while the budget lasts. */
static void
act(void)
{
	while (budget > 0 && next_random(3) != 0) {
		budget--;
		step();
	}
}

static struct conn *
called(struct bufferevent *bev, void *arg)
{
	struct context *context = arg;
	struct conn *c = context->conn;

	CHECK(loops > 0 && in_call == 0);
	CHECK(!context->ended);
	CHECK_PTR(bev, c->bev);
	CHECK_PTR(arg, c->context);
	look(c);
	return c;
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct conn *c = called(bev, arg);

	CHECK(c->fresh != NO);
	CHECK(bev->enabled & EV_READ);
	CHECK(c->input.length >= bev->wm_read.low);
	c->fresh = NO;
	c->reads++;
	act();
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct conn *c = called(bev, arg);

	CHECK(c->sent != NO);
	CHECK(bev->enabled & EV_WRITE);
	CHECK(c->output.length <= bev->wm_write.low);
	c->sent = NO;
	c->writes++;
	act();
}

static void
on_error(struct bufferevent *bev, short what, void *arg)
{
	int error = errno;
	struct conn *c = called(bev, arg);

	switch (what) {
	case EVBUFFER_READ | EVBUFFER_EOF:
	case EVBUFFER_READ | EVBUFFER_ERROR:
		CHECK(c->may_read != NO);
		CHECK(c->peer_shut);
		CHECK_INT(c->incoming.length, 0);
		c->may_read = NO;
		break;
	case EVBUFFER_WRITE | EVBUFFER_ERROR:
		CHECK(c->may_write != NO);
		CHECK(c->peer_gone);
		c->may_write = NO;
		break;
	default:
		test_fail(__FILE__, __LINE__, "errorcb with 0x%x", (unsigned)what);
	}
	if (what & EVBUFFER_ERROR)
		CHECK(error == ECONNRESET || error == EPIPE);
	act();
}

/* Lives */

static void
connect_peer(struct conn *c, int fds[2])
{
	static const int small = 8192;

	make_pair(fds);
	if (next_random(2))
		CHECK_INT(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	c->peer = fds[1];
	c->peer_shut = c->peer_gone = 0;
	c->may_read = c->may_write = NO;
	c->fresh = c->sent = NO;
}

static void
start_life(struct conn *c)
{
	struct context *context = calloc(1, sizeof(*context));
	int fds[2];

	CHECK(context != NULL);
	context->conn = c;
	context->next = contexts;
	contexts = context;
	memset(c, 0, sizeof(*c));
	connect_peer(c, fds);
	c->context = context;
	c->bev = CALL(bufferevent_new(fds[0], on_read, on_written, on_error, context));
	CHECK(c->bev != NULL);
	CHECK_INT(CALL(bufferevent_base_set(base, c->bev)), 0);
	c->may_write = YES;
	look(c);
}

/* What the peer gets is what was sent. */
static void
peer_reads(struct conn *c, size_t most)
{
	unsigned char block[65536];
	ssize_t n = 1;

	look(c);
	while (c->peer != -1 && most > 0 && n > 0) {
		n = read(c->peer, block, most < sizeof(block) ? most : sizeof(block));
		if (n == -1 && errno == EINTR) {
			n = 1;
			continue;
		}
		if (n <= 0)
			break;
		CHECK((size_t)n <= c->outgoing.length);
		CHECK(memcmp(block, c->outgoing.data, (size_t)n) == 0);
		bytes_drop(&c->outgoing, (size_t)n);
		most -= (size_t)n;
	}
	if (most > 0 && c->peer != -1 && !c->peer_gone)
		CHECK_INT(c->outgoing.length, 0);
}

/* The library leaves the descriptor to its user. */
static void
hang_up(struct conn *c, int fd)
{
	peer_reads(c, SIZE_MAX);
	if (c->peer != -1)
		close(c->peer);
	c->peer = -1;
	CHECK_INT(close(fd), 0);
	bytes_empty(&c->incoming);
	bytes_empty(&c->outgoing);
}

static void
end_life(struct conn *c)
{
	int fd = c->bev->ev_read.ev_fd;

	CHECK_INT(evhub_bufferevent_getfd(c->bev), fd);
	begin(c);
	c->context->ended = 1;
	c->watched_input = c->watched_output = 0;
	(void)CALL((bufferevent_free(c->bev), 0));
	c->bev = NULL;
	hang_up(c, fd);
	bytes_empty(&c->input);
	bytes_empty(&c->output);
}

static void
step_life(struct conn *c)
{
	end_life(c);
	start_life(c);
}

static void
step_setfd(struct conn *c)
{
	int fd = c->bev->ev_read.ev_fd;
	int fds[2];

	look(c);
	c->full_at_setfd = is_full(c);
	hang_up(c, fd);
	connect_peer(c, fds);
	(void)CALL((bufferevent_setfd(c->bev, fds[0]), 0));
	CHECK_INT(evhub_bufferevent_getfd(c->bev), fds[0]);
	look(c);
}

/* The peer */

static void
step_peer_writes(struct conn *c)
{
	size_t size = random_size();
	const unsigned char *data = random_bytes(size);
	ssize_t n;

	if (c->peer == -1 || c->peer_shut || c->incoming.length + c->input.length > MOST)
		return;
	do
		n = write(c->peer, data, size);
	while (n == -1 && errno == EINTR);
	CHECK(n >= 0 || errno == EAGAIN);
	if (n > 0)
		bytes_add(&c->incoming, data, (size_t)n);
}

static void
step_peer_ends(struct conn *c)
{
	if (c->peer == -1)
		return;
	look(c);
	switch (next_random(4)) {
	case 0:
		/* With data that it never took, this is a reset. */
		close(c->peer);
		c->peer = -1;
		c->peer_shut = c->peer_gone = 1;
		bytes_empty(&c->outgoing);
		break;
	case 1:
		CHECK_INT(shutdown(c->peer, SHUT_RD), 0);
		c->peer_gone = 1;
		break;
	default:
		CHECK_INT(shutdown(c->peer, SHUT_WR), 0);
		c->peer_shut = 1;
	}
}

#endif
