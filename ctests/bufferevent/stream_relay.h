/*
 * A relay: two bufferevents, each written what the other reads, with bounded buffers. It passes
 * ends of streams on, and frees itself when both directions have ended, or one failed.
 */
#ifndef EVHUB_CTESTS_STREAM_RELAY_H
#define EVHUB_CTESTS_STREAM_RELAY_H

#include "stream.h"

/* What holds a fast sender back. */
enum pressure {
	BY_DISABLING,		/* reading is disabled while the other side's output is long */
	BY_MARK			/* input stays where it is, up to the high mark */
};

struct relay;

struct relay_side {
	struct relay *relay;
	struct bufferevent *bev;
	int ended;		/* its peer sends no more */
	int shut;		/* we send it no more */
	int errors;
	short what;		/* of the last error, */
	int error;		/* and errno then */
};

struct relay {
	struct relay_side side[2];
	enum pressure pressure;
	size_t mark;
	int one_way;		/* from side 0 to side 1 */
	int stops;		/* times that pressure was felt */
	int over;		/* both bufferevents are freed */
};

/* No buffer is ever longer than what the marks and one turn allow. */
static inline void
check_bound(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	struct relay *r = arg;
	size_t most = r->pressure == BY_MARK ? r->mark : r->mark + READ_TURN;

	CHECK(old_length != new_length);
	CHECK_INT(EVBUFFER_LENGTH(buf), new_length);
	CHECK(new_length <= most);
	CHECK(buf->totallen <= 4 * most);
}

static inline void
relay_free(struct relay *r)
{
	int i;

	for (i = 0; i < 2; i++) {
		int fd = r->side[i].bev->ev_read.ev_fd;

		bufferevent_free(r->side[i].bev);
		r->side[i].bev = NULL;
		close(fd);
	}
	r->over = 1;
}

/* The end of the stream goes on when everything before it has. */
static inline void
relay_end(struct relay *r, struct relay_side *from, struct relay_side *to)
{
	if (!from->ended || to->shut || EVBUFFER_LENGTH(from->bev->input) > 0
	    || EVBUFFER_LENGTH(to->bev->output) > 0)
		return;
	to->shut = 1;
	if (!r->one_way)
		end_sending(to->bev->ev_read.ev_fd);
	if (r->one_way || from->shut)
		relay_free(r);
}

static inline void
relay_move(struct relay *r, struct relay_side *from, struct relay_side *to)
{
	struct evbuffer *input = from->bev->input;
	size_t waiting = EVBUFFER_LENGTH(to->bev->output);
	size_t room = r->mark > waiting ? r->mark - waiting : 0;

	if (r->pressure == BY_DISABLING || EVBUFFER_LENGTH(input) <= room) {
		CHECK_INT(bufferevent_write_buffer(to->bev, input), 0);
	} else {
		r->stops++;
		CHECK_INT(bufferevent_write(to->bev, EVBUFFER_DATA(input), room), 0);
		evbuffer_drain(input, room);
	}
	if (r->pressure == BY_MARK || from->ended)
		return;
	if (EVBUFFER_LENGTH(to->bev->output) >= r->mark) {
		r->stops++;
		CHECK_INT(bufferevent_disable(from->bev, EV_READ), 0);
	} else if (!(from->bev->enabled & EV_READ)) {
		CHECK_INT(bufferevent_enable(from->bev, EV_READ), 0);
	}
}

static inline struct relay_side *
other_side(struct relay_side *side)
{
	return side == &side->relay->side[0] ? &side->relay->side[1] : &side->relay->side[0];
}

static inline void
relay_read(struct bufferevent *bev, void *arg)
{
	struct relay_side *from = arg;

	CHECK_PTR(bev, from->bev);
	relay_move(from->relay, from, other_side(from));
}

static inline void
relay_written(struct bufferevent *bev, void *arg)
{
	struct relay_side *to = arg;
	struct relay_side *from = other_side(to);

	CHECK_PTR(bev, to->bev);
	if (!to->shut && !(to->relay->one_way && to == &to->relay->side[0])) {
		relay_move(to->relay, from, to);
		relay_end(to->relay, from, to);
	}
}

static inline void
relay_failed(struct bufferevent *bev, short what, void *arg)
{
	struct relay_side *side = arg;

	side->error = errno;
	side->errors++;
	side->what = what;
	CHECK_PTR(bev, side->bev);
	if (what == (EVBUFFER_READ | EVBUFFER_EOF)) {
		CHECK(!side->ended);
		side->ended = 1;
		relay_end(side->relay, side, other_side(side));
	} else {
		relay_free(side->relay);
	}
}

/* Relays between two descriptors, which become its own. */
static inline void
start_relay(struct relay *r, int fd0, int fd1, enum pressure pressure, int one_way)
{
	int fds[2] = { fd0, fd1 };
	int i;

	memset(r, 0, sizeof(*r));
	r->pressure = pressure;
	r->mark = 20000;
	r->one_way = one_way;
	for (i = 0; i < 2; i++) {
		struct relay_side *side = &r->side[i];

		side->relay = r;
		side->bev = bufferevent_new(fds[i], relay_read, relay_written, relay_failed, side);
		CHECK(side->bev != NULL);
		evbuffer_setcb(side->bev->input, check_bound, r);
		evbuffer_setcb(side->bev->output, check_bound, r);
		bufferevent_setwatermark(side->bev, EV_WRITE, r->mark / 2, 0);
		if (pressure == BY_MARK)
			bufferevent_setwatermark(side->bev, EV_READ, 0, r->mark);
		if (!one_way || i == 0)
			CHECK_INT(bufferevent_enable(side->bev, EV_READ), 0);
	}
}

#endif
