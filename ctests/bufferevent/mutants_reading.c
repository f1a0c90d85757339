/*
 * When reading may be pending, and when not: errors, marks, timeouts, descriptors that change,
 * and callbacks that stop it in the middle of a turn.
 */
#include "connect.h"

/* What ended the stream is not read again because a mark moves. */
TEST(marks_after_the_end_start_nothing)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(shutdown(side.peer, SHUT_WR), 0);
	CHECK_INT(turn(), 1);
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_EOF);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 100);
	CHECK_INT(reading(&side), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	close_side(&side);
}

static void
disable_on_change(struct evbuffer *buf, size_t old, size_t now, void *arg)
{
	(void)buf;
	(void)old;
	(void)now;
	CHECK_INT(bufferevent_disable(arg, EV_READ), 0);
}

/* The new timeout after a read is for who goes on reading. */
TEST(a_callback_of_the_input_stops_reading_with_a_timeout)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_settimeout(side.bev, 5, 0);
	evbuffer_setcb(side.bev->input, disable_on_change, side.bev);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "abc");
	CHECK_INT(turn(), 1);
	CHECK_INT(side.reads, 1);
	CHECK_INT(reading(&side), 0);
	close_side(&side);
}

/* A stop at the mark was the old descriptor's: the new one is read when that is asked for. */
TEST(a_new_descriptor_is_not_read_because_the_old_one_had_stopped)
{
	struct side side;
	int fds[2], old;

	init_base();
	open_side(&side);
	old = fd_of(&side);
	make_pair(fds);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 3);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "abc");
	CHECK_INT(turn(), 1);
	bufferevent_setfd(side.bev, fds[0]);
	evbuffer_drain(side.bev->input, 3);
	say(fds[1], "new");
	bufferevent_setwatermark(side.bev, EV_READ, 0, 0);
	CHECK_INT(reading(&side), 0);
	CHECK_INT(write_text(side.bev, "out"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(fds[1]), "out");
	CHECK_STR(text_of(side.bev->input), "");
	close(old);
	close(fds[1]);
	close_side(&side);
}

/* Output that was left with the old descriptor is not sent because the new one has been read. */
TEST(output_of_the_old_descriptor_waits_while_the_new_one_stops)
{
	struct side side;
	int fds[2], old;

	init_base();
	open_side(&side);
	old = fd_of(&side);
	make_pair(fds);
	CHECK_INT(write_text(side.bev, "old"), 0);
	bufferevent_setfd(side.bev, fds[0]);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 3);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(fds[1], "abc");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	CHECK_STR(heard(fds[1]), "");
	CHECK_STR(text_of(side.bev->output), "old");
	close(old);
	close(fds[1]);
	close_side(&side);
}

TEST(enabled_at_the_mark_nothing_is_registered)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_settimeout(side.bev, 5, 0);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 3);
	CHECK_INT(evbuffer_add(side.bev->input, "abc", 3), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(reading(&side), 0);
	evbuffer_drain(side.bev->input, 1);
	CHECK(reading(&side) != 0);
	close_side(&side);
}

/* There is no base yet, on which a stop at the mark could be noted. */
TEST(stopped_at_the_mark_before_there_is_a_base)
{
	struct event_base *base;
	struct side side;

	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 3);
	CHECK_INT(evbuffer_add(side.bev->input, "abc", 3), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	base = init_base();
	CHECK_INT(bufferevent_base_set(base, side.bev), 0);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 0);
	CHECK(reading(&side) != 0);
	close_side(&side);
}

static void
note_timer(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	++*(int *)arg;
}

/* The program has made a bare timer of the read event. */
TEST(disable_takes_back_a_timer_in_the_place_of_the_read_event)
{
	struct side side;
	int calls = 0;

	init_base();
	open_side(&side);
	evtimer_set(&side.bev->ev_read, note_timer, &calls);
	CHECK_INT(add_ms(&side.bev->ev_read, 5), 0);
	CHECK_INT(bufferevent_disable(side.bev, EV_READ), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(calls, 0);
	bufferevent_setfd(side.bev, side.peer);
	side.peer = -1;
	close_side(&side);
}

struct stop {
	struct side *side;
	struct event timer;
};

static void
fill_to_the_mark(int fd, short what, void *arg)
{
	struct stop *stop = arg;

	(void)fd;
	(void)what;
	CHECK_INT(stop->side->errors, 0);
	CHECK_INT(evbuffer_add(stop->side->bev->input, "abc", 3), 0);
	CHECK_INT(bufferevent_enable(stop->side->bev, EV_READ), 0);
}

/* Both times are up in one round, and the first callback makes reading stop: nobody was idle. */
TEST(a_timeout_that_is_due_when_reading_stops_is_not_told)
{
	struct timeval second = { 1, 0 };
	struct side side;
	struct stop stop = { .side = &side };

	init_base();
	open_side(&side);
	bufferevent_settimeout(side.bev, 1, 0);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 3);
	evtimer_set(&stop.timer, fill_to_the_mark, &stop);
	CHECK_INT(evtimer_add(&stop.timer, &second), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	sleep_ms(1050);
	turn();
	CHECK_INT(side.errors, 0);
	CHECK_INT(reading(&side), 0);
	close_side(&side);
}
