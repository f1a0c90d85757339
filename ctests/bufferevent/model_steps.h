/*
 * The steps of the model tests: everything a program does with a bufferevent, from outside or
 * inside a callback.
 */
#ifndef EVHUB_CTESTS_MODEL_STEPS_H
#define EVHUB_CTESTS_MODEL_STEPS_H

#include "model_life.h"

enum { DEEPEST = 3 };

/* Output */

static void
wants_to_write(struct conn *c)
{
	if (c->bev->enabled & EV_WRITE)
		c->may_write = YES;
	if (c->sent == NO)
		c->sent = MAYBE;
}

static void
step_write(struct conn *c)
{
	size_t size = random_size();
	const unsigned char *data = random_bytes(size);

	if (c->output.length + size > MOST)
		return;
	begin(c);
	bytes_add(&c->output, data, size);
	CHECK_INT(CALL(bufferevent_write(c->bev, data, size)), 0);
	if (size > 0)
		wants_to_write(c);
	end(c);
}

static void
step_write_buffer(struct conn *c)
{
	size_t size = random_size();
	const unsigned char *data = random_bytes(size);
	struct evbuffer *buf;

	if (c->output.length + size > MOST)
		return;
	buf = evbuffer_new();
	CHECK(buf != NULL);
	CHECK_INT(evbuffer_add(buf, data, size), 0);
	begin(c);
	bytes_add(&c->output, data, size);
	CHECK_INT(CALL(bufferevent_write_buffer(c->bev, buf)), 0);
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	if (size > 0)
		wants_to_write(c);
	end(c);
	evbuffer_free(buf);
}

/* As a proxy does, or an echo; or the whole output onto itself, which changes nothing. */
static void
step_forward(struct conn *c)
{
	struct conn *from = &conns[next_random(CONNS)];
	size_t size = from->input.length;

	if (from->bev == NULL || c->output.length + size > MOST)
		return;
	begin(c);
	begin(from);
	if (next_random(8) == 0) {
		CHECK_INT(CALL(bufferevent_write_buffer(c->bev, c->bev->output)), 0);
		if (c->output.length > 0)
			wants_to_write(c);
	} else {
		size = from->input.length;
		bytes_move(&c->output, &from->input, size);
		input_taken(from);
		CHECK_INT(CALL(bufferevent_write_buffer(c->bev, from->bev->input)), 0);
		if (size > 0)
			wants_to_write(c);
	}
	end(from);
	end(c);
}

static void
step_output_by_hand(struct conn *c)
{
	size_t size = random_size();
	const unsigned char *data = random_bytes(size);

	begin(c);
	if (next_random(2)) {
		size = size < c->output.length ? size : c->output.length;
		bytes_drop(&c->output, size);
		evbuffer_drain(c->bev->output, size);
	} else if (c->output.length + size <= MOST) {
		bytes_add(&c->output, data, size);
		CHECK_INT(evbuffer_add(c->bev->output, data, size), 0);
	}
	/* Nobody has promised that it is sent, or that it is not. */
	c->sent = c->may_write = MAYBE;
	end(c);
}

static void
step_flush(struct conn *c)
{
	static const short types[] = { EV_WRITE, EV_READ | EV_WRITE, EV_READ, 0 };
	short type = types[next_random(COUNT(types))];
	size_t before, gone;
	int result;

	begin(c);
	before = c->output.length;
	errno = 0;
	result = CALL(evhub_bufferevent_flush(c->bev, type, BEV_FLUSH));
	gone = before - EVBUFFER_LENGTH(c->bev->output);
	CHECK_INT(result == 1, gone > 0);
	CHECK(gone == 0 || ((type & EV_WRITE) && !c->peer_gone));
	if (result == -1) {
		CHECK(c->peer_gone && before > 0 && (type & EV_WRITE));
		CHECK(errno == EPIPE || errno == ECONNRESET);
	}
	bytes_move(&c->outgoing, &c->output, gone);
	if (gone > 0) {
		c->sent = c->may_write == YES && (c->bev->enabled & EV_WRITE) ? YES : MAYBE;
		c->awaits_room = 1;
		/* What has begun to flow may go on. */
		if (c->may_write == NO)
			c->may_write = MAYBE;
	}
	end(c);
}

/* Input */

static void
step_read(struct conn *c)
{
	static unsigned char block[MOST];
	size_t size = random_size();
	size_t want;

	begin(c);
	want = size < c->input.length ? size : c->input.length;
	CHECK_INT(CALL(bufferevent_read(c->bev, block, size)), want);
	if (want > 0)
		CHECK(memcmp(block, c->input.data, want) == 0);
	bytes_drop(&c->input, want);
	input_taken(c);
	end(c);
}

static void
step_input_by_hand(struct conn *c)
{
	size_t size = random_size();
	const unsigned char *data = random_bytes(size);

	begin(c);
	if (next_random(3)) {
		size = size < c->input.length ? size : c->input.length;
		bytes_drop(&c->input, size);
		evbuffer_drain(c->bev->input, size);
	} else if (c->input.length + size <= MOST) {
		bytes_add(&c->input, data, size);
		CHECK_INT(evbuffer_add(c->bev->input, data, size), 0);
	}
	input_taken(c);
	end(c);
}

/* Settings */

static void
step_enable(struct conn *c)
{
	static const short sides[] = { EV_READ, EV_READ, EV_WRITE, EV_READ | EV_WRITE };
	short side = sides[next_random(COUNT(sides))];

	look(c);
	CHECK_INT(CALL(bufferevent_enable(c->bev, side)), 0);
	CHECK_INT(c->bev->enabled & side, side);
	if (side & EV_READ)
		c->may_read = YES;
	if (side & EV_WRITE)
		c->may_write = c->sent = c->awaits_room = YES;
	look(c);
}

static void
step_disable(struct conn *c)
{
	static const short sides[] = { EV_READ, EV_WRITE, EV_READ | EV_WRITE };
	short side = sides[next_random(COUNT(sides))];

	look(c);
	CHECK_INT(CALL(bufferevent_disable(c->bev, side)), 0);
	CHECK_INT(c->bev->enabled & side, 0);
	if (side & EV_READ)
		c->may_read = NO;
	if (side & EV_WRITE)
		c->may_write = c->sent = NO;
	look(c);
}

static void
step_marks(struct conn *c)
{
	short side = next_random(2) ? EV_READ : EV_WRITE;
	size_t low = next_random(2) ? 0 : next_random(side == EV_READ ? 600 : 100000);
	size_t high = next_random(3) == 0 ? 0 : 1 + low + next_random(4000);

	look(c);
	(void)CALL((bufferevent_setwatermark(c->bev, side, low, high), 0));
	if (side == EV_READ) {
		CHECK_INT(c->bev->wm_read.low, low);
		CHECK_INT(c->bev->wm_read.high, high);
		c->fresh = c->fresh == NO ? NO : MAYBE;
		if (c->may_read == NO && (c->bev->enabled & EV_READ))
			c->may_read = MAYBE;
	} else {
		CHECK_INT(c->bev->wm_write.low, low);
		CHECK_INT(c->bev->wm_write.high, high);
		c->sent = c->sent == NO ? NO : MAYBE;
	}
	look(c);
}

static void
step_setcb(struct conn *c)
{
	evbuffercb readcb, writecb;
	everrorcb errorcb;
	void *arg;

	look(c);
	(void)CALL((bufferevent_setcb(c->bev, next_random(5) ? on_read : NULL,
	    next_random(5) ? on_written : NULL, next_random(9) ? on_error : NULL, c->context), 0));
	evhub_bufferevent_getcb(c->bev, &readcb, &writecb, &errorcb, &arg);
	CHECK(readcb == c->bev->readcb && writecb == c->bev->writecb);
	CHECK(errorcb == c->bev->errorcb);
	CHECK_PTR(arg, c->context);
	c->fresh = c->fresh == NO ? NO : MAYBE;
	c->sent = c->sent == NO ? NO : MAYBE;
	/* An error that nobody was told of may have stopped a side. */
	c->may_read = c->may_read == NO ? NO : MAYBE;
	c->may_write = c->may_write == NO ? NO : MAYBE;
	look(c);
}

static void
step_timeouts(struct conn *c)
{
	int reading = next_random(2) ? 0 : 3600 + (int)next_random(100);
	int writing = next_random(2) ? 0 : 3600 + (int)next_random(100);

	look(c);
	(void)CALL((bufferevent_settimeout(c->bev, reading, writing), 0));
	CHECK_INT(c->bev->timeout_read, reading);
	CHECK_INT(c->bev->timeout_write, writing);
	look(c);
}

static void
step_watch(struct conn *c)
{
	look(c);
	c->watched_input = (int)next_random(2);
	c->watched_output = (int)next_random(2);
	c->input_told = c->input.length;
	c->output_told = c->output.length;
	evbuffer_setcb(c->bev->input, c->watched_input ? told_input : NULL, c);
	evbuffer_setcb(c->bev->output, c->watched_output ? told_output : NULL, c);
}

static void
step_priority(struct conn *c)
{
	int priority = (int)next_random(PRIORITIES);

	look(c);
	/* Not while its events are active. */
	if (CALL(bufferevent_priority_set(c->bev, priority)) == 0) {
		CHECK_INT(c->bev->ev_read.ev_pri, priority);
		CHECK_INT(c->bev->ev_write.ev_pri, priority);
	}
	look(c);
}

/* Loops */

static void
step_loop(void)
{
	int flags = next_random(3) ? EVLOOP_NONBLOCK : EVLOOP_NONBLOCK | EVLOOP_ONCE;
	int result, i;

	if (loops == DEEPEST)
		return;
	loops++;
	result = event_base_loop(base, flags);
	CHECK(result == 0 || result == 1);
	for (i = 0; i < CONNS; i++) {
		if (loops > 1 || broken || flags != EVLOOP_NONBLOCK)
			look(&conns[i]);
		else
			check_settled(&conns[i]);
	}
	/* A loop of one round leaves the break to the next. */
	if (--loops == 0 && flags == EVLOOP_NONBLOCK)
		broken = 0;
}

static void
step_break(void)
{
	if (loops == 0)
		return;
	broken = 1;
	CHECK_INT(event_base_loopbreak(base), 0);
}

static void
step(void)
{
	static void (*const steps[])(struct conn *) = {
		step_write, step_write, step_write_buffer, step_forward, step_output_by_hand,
		step_flush, step_read, step_read, step_input_by_hand, step_input_by_hand,
		step_enable, step_enable, step_enable, step_disable, step_marks, step_setcb,
		step_timeouts, step_watch, step_priority, step_setfd, step_life,
		step_peer_writes, step_peer_writes, step_peer_writes, step_peer_ends,
	};
	struct conn *c = &conns[next_random(CONNS)];
	unsigned kind = next_random(COUNT(steps) + 10);

	if (kind < COUNT(steps)) {
		steps[kind](c);
	} else if (kind < COUNT(steps) + 2) {
		peer_reads(c, 1 + next_random(2000));
	} else if (kind < COUNT(steps) + 4) {
		peer_reads(c, SIZE_MAX);
	} else if (kind == COUNT(steps) + 4) {
		step_break();
	} else {
		step_loop();
	}
}

#endif
