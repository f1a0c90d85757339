/*
 * The world of the model tests: connections, each a bufferevent and a bare socket as its peer,
 * and what is known of them. What moved since the last look is worked out from the contents, so
 * that it does not matter when the library moves it, but only whether it may, and what.
 */
#ifndef EVHUB_CTESTS_MODEL_WORLD_H
#define EVHUB_CTESTS_MODEL_WORLD_H

#include "harness.h"

#include <poll.h>
#include <sys/socket.h>

enum { CONNS = 4, PRIORITIES = 3, MOST = 300000 };
enum { NO = 0, YES = 1, MAYBE = 2 };

/* A queue of bytes. */
struct bytes {
	unsigned char *data;
	size_t length, room;
};

struct conn;

/* The argument of one life's callbacks, kept for ever: a call after the end is seen. */
struct context {
	struct conn *conn;
	int ended;
	struct context *next;
};

struct conn {
	struct bufferevent *bev;
	struct context *context;
	int peer;			/* -1: closed */
	int peer_shut;			/* it sends no more */
	int peer_gone;			/* it takes no more */
	struct bytes incoming, input;	/* sent by the peer; seen in input */
	struct bytes output, outgoing;	/* seen in output; on the way to the peer */
	int watched_input, watched_output;
	size_t input_told, output_told;	/* lengths as the buffers' callbacks said */
	int busy;			/* the program itself changes the buffers at this moment */
	int may_read, may_write;	/* NO: nothing must move; YES: all must, sooner or later */
	int fresh;			/* input came since the last readcb */
	int sent;			/* a writecb is due (YES) or allowed (MAYBE) */
	int awaits_room;		/* that writecb comes when the socket can be written to */
	int full_at_setfd;		/* it was stopped: a drain may start it */
	int reads, writes;		/* calls of readcb and writecb */
};

static struct event_base *base;
static struct conn conns[CONNS];
static struct context *contexts;
static int loops;			/* depth of running loops */
static int in_call;			/* depth of calls that must not call back */
static int broken;			/* loopbreak was called, and may end the outermost loop */
static int budget;			/* of what callbacks may still do; 0: they only look */
static uint32_t random_state;

static unsigned
next_random(unsigned below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % below;
}

/* Small sizes mostly, sometimes more than a socket takes at once. */
static size_t
random_size(void)
{
	switch (next_random(12)) {
	case 0:
		return 0;
	case 1:
		return 1 + next_random(120000);
	case 2:
	case 3:
		return 1 + next_random(9000);
	default:
		return 1 + next_random(300);
	}
}

/* The result of a call during which no callback of a bufferevent may run. */
#define CALL(expr)                                                              \
	({                                                                      \
		__typeof__(expr) result_;                                       \
		in_call++;                                                      \
		result_ = (expr);                                               \
		in_call--;                                                      \
		result_;                                                        \
	})

/* Bytes */

static void
bytes_add(struct bytes *b, const void *data, size_t length)
{
	if (b->length + length > b->room) {
		b->room = 2 * (b->length + length);
		b->data = realloc(b->data, b->room);
		CHECK(b->data != NULL);
	}
	if (length > 0)
		memcpy(b->data + b->length, data, length);
	b->length += length;
}

static void
bytes_drop(struct bytes *b, size_t length)
{
	CHECK(length <= b->length);
	b->length -= length;
	if (length > 0)
		memmove(b->data, b->data + length, b->length);
}

/* Moves bytes from the front of one queue to the end of another. */
static void
bytes_move(struct bytes *to, struct bytes *from, size_t length)
{
	CHECK(length <= from->length);
	bytes_add(to, from->data, length);
	bytes_drop(from, length);
}

static void
bytes_empty(struct bytes *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}

/* Random bytes; valid until the next call. */
static const unsigned char *
random_bytes(size_t length)
{
	static unsigned char block[MOST];
	size_t i;

	CHECK(length <= sizeof(block));
	for (i = 0; i < length; i++)
		block[i] = (unsigned char)((random_state + i * 2654435761u) >> 13);
	next_random(2);
	return block;
}

/* Looking */

static void
check_contents(const struct evbuffer *buf, const struct bytes *want, int watched, size_t told)
{
	size_t length = EVBUFFER_LENGTH(buf);

	CHECK_INT(length, want->length);
	if (length > 0)
		CHECK(memcmp(EVBUFFER_DATA(buf), want->data, length) == 0);
	CHECK(buf->misalign + buf->off <= buf->totallen);
	CHECK_PTR(buf->buffer, buf->orig_buffer + buf->misalign);
	CHECK(buf->totallen == 0
	    || (buf->totallen >= 256 && (buf->totallen & (buf->totallen - 1)) == 0));
	if (watched)
		CHECK_INT(told, length);
}

/* Bytes that came since the last look are the next of the peer, and were allowed to come. */
static void
look_at_input(struct conn *c)
{
	size_t length = EVBUFFER_LENGTH(c->bev->input);
	size_t high = c->bev->wm_read.high;

	CHECK(length >= c->input.length);
	if (length > c->input.length) {
		CHECK(loops > 0 && in_call == 0);
		CHECK(c->may_read != NO);
		CHECK(c->bev->enabled & EV_READ);
		CHECK(high == 0 || length <= high);
		bytes_move(&c->input, &c->incoming, length - c->input.length);
		c->fresh = YES;
	}
	check_contents(c->bev->input, &c->input, c->watched_input, c->input_told);
}

static void
look_at_output(struct conn *c)
{
	size_t length = EVBUFFER_LENGTH(c->bev->output);

	CHECK(length <= c->output.length);
	if (length < c->output.length) {
		CHECK(loops > 0 && in_call == 0);
		CHECK(c->may_write != NO);
		CHECK(c->bev->enabled & EV_WRITE);
		CHECK(!c->peer_gone);
		bytes_move(&c->outgoing, &c->output, c->output.length - length);
		c->sent = YES;
		c->awaits_room = 0;
	}
	check_contents(c->bev->output, &c->output, c->watched_output, c->output_told);
}

static void
look(struct conn *c)
{
	if (c->bev == NULL)
		return;
	look_at_input(c);
	look_at_output(c);
}

/* Looks at both sides, and takes the buffers over for an operation of the program's. */
static void
begin(struct conn *c)
{
	if (c->busy++ == 0)
		look(c);
}

static void
end(struct conn *c)
{
	if (--c->busy == 0)
		look(c);
}

/* Reading is stopped by the high mark. */
static int
is_full(const struct conn *c)
{
	return c->bev->wm_read.high > 0 && c->input.length >= c->bev->wm_read.high;
}

/* The socket takes more, or says that it never will. */
static int
is_writable(const struct conn *c)
{
	struct pollfd p = { c->bev->ev_read.ev_fd, POLLOUT, 0 };

	while (poll(&p, 1, 0) == -1)
		CHECK_INT(errno, EINTR);
	/* A hang-up alone is nothing that select could tell a writer. */
	return (p.revents & (method_is("select") ? POLLOUT | POLLERR : ~0)) != 0;
}

/* What must have been done when a loop has found nothing more to do. */
static void
check_settled(struct conn *c)
{
	struct bufferevent *bev = c->bev;

	if (bev == NULL)
		return;
	look(c);
	if ((bev->enabled & EV_READ) && c->may_read == YES && !is_full(c)) {
		CHECK_INT(c->incoming.length, 0);
		CHECK(!c->peer_shut || bev->errorcb == NULL);
	}
	if (c->fresh == YES && c->input.length >= bev->wm_read.low)
		CHECK(bev->readcb == NULL);
	if (!(bev->enabled & EV_WRITE) || c->may_write != YES)
		return;
	if (c->output.length > 0 && is_writable(c))
		CHECK(c->peer_gone && bev->errorcb == NULL);
	if (c->sent == YES && !c->peer_gone && c->output.length <= bev->wm_write.low)
		CHECK(bev->writecb == NULL || (c->awaits_room && !is_writable(c)));
}

/* The program took or added input: whether readcb was due is no longer known. */
static void
input_taken(struct conn *c)
{
	if (c->fresh == YES)
		c->fresh = MAYBE;
	if (c->may_read == NO && c->full_at_setfd)
		c->may_read = MAYBE;
}

/* The buffers' own callbacks: they may take input away while the library is still at it. */

static void
told_input(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	struct conn *c = arg;

	CHECK(c->watched_input && c->bev != NULL);
	CHECK_PTR(buf, c->bev->input);
	CHECK_INT(old_length, c->input_told);
	CHECK_INT(new_length, EVBUFFER_LENGTH(buf));
	CHECK(new_length != old_length);
	c->input_told = new_length;
	if (c->busy)
		return;
	look_at_input(c);
	if (budget > 0 && next_random(4) == 0) {
		size_t length = next_random((unsigned)c->input.length + 1);

		budget--;
		begin(c);
		bytes_drop(&c->input, length);
		input_taken(c);
		evbuffer_drain(buf, length);
		end(c);
	}
}

static void
told_output(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	struct conn *c = arg;

	CHECK(c->watched_output && c->bev != NULL);
	CHECK_PTR(buf, c->bev->output);
	CHECK_INT(old_length, c->output_told);
	CHECK_INT(new_length, EVBUFFER_LENGTH(buf));
	CHECK(new_length != old_length);
	c->output_told = new_length;
	if (!c->busy)
		look_at_output(c);
}

#endif
