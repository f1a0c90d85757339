/*
 * Proves behaviours 84 and 85: readcb waits for the low mark of reading, reading stops at the
 * high one, and marks may be changed at any time. How stopped reading starts again is in
 * restart.c.
 */
#include "sides.h"

TEST_ONCE(marks_are_kept_by_side)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 10, 20);
	CHECK_INT(side.bev->wm_read.low, 10);
	CHECK_INT(side.bev->wm_read.high, 20);
	CHECK_INT(side.bev->wm_write.low, 0);
	CHECK_INT(side.bev->wm_write.high, 0);
	bufferevent_setwatermark(side.bev, EV_WRITE, 1, 2);
	CHECK_INT(side.bev->wm_read.low, 10);
	CHECK_INT(side.bev->wm_read.high, 20);
	CHECK_INT(side.bev->wm_write.low, 1);
	CHECK_INT(side.bev->wm_write.high, 2);
	bufferevent_setwatermark(side.bev, EV_READ | EV_WRITE, 3, 4);
	CHECK_INT(side.bev->wm_read.low, 3);
	CHECK_INT(side.bev->wm_read.high, 4);
	CHECK_INT(side.bev->wm_write.low, 3);
	CHECK_INT(side.bev->wm_write.high, 4);
	bufferevent_setwatermark(side.bev, 0, 5, 6);
	CHECK_INT(side.bev->wm_read.low, 3);
	CHECK_INT(side.bev->wm_write.high, 4);
	close_side(&side);
}

TEST(readcb_waits_for_the_low_mark)
{
	struct side side;
	int i;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 10, 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	for (i = 1; i <= 9; i++) {
		say(side.peer, "x");
		CHECK_INT(turn(), 0);
		CHECK_INT(EVBUFFER_LENGTH(side.bev->input), i);
	}
	CHECK_INT(side.reads, 0);
	for (i = 1; i <= 3; i++) {
		say(side.peer, "y");
		CHECK_INT(turn(), 0);
		CHECK_INT(side.reads, i);
		CHECK_INT(side.input, 9 + i);
	}
	evbuffer_drain(side.bev->input, 3);
	say(side.peer, "z");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 4);
	evbuffer_drain(side.bev->input, 5);
	say(side.peer, "z");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 4);
	close_side(&side);
}

TEST(reading_stops_at_the_high_mark)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 20);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "fifteen bytes..");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.input, 15);
	CHECK_INT(reading(&side), EV_READ);
	say(side.peer, "fifteen bytes..");
	CHECK_INT(turn(), 1);
	CHECK_INT(side.reads, 2);
	CHECK_INT(side.input, 20);
	CHECK_INT(reading(&side), 0);
	CHECK_INT(side.bev->enabled, EV_READ | EV_WRITE);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 2);
	CHECK_STR(heard(fd_of(&side)), "en bytes..");
	close_side(&side);
}

/* Exactly as much as the mark says is enough to stop. */
TEST(reading_stops_when_the_mark_is_just_met)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 4, 4);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "123");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 0);
	say(side.peer, "4");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	CHECK_INT(side.input, 4);
	close_side(&side);
}

enum { STREAM = 8333 };

/* Takes what there is, as long as the marks are kept. */
static void
take_between_marks(struct bufferevent *bev, void *arg)
{
	struct side *side = arg;
	unsigned char expected = (unsigned char)side->what;
	size_t i;

	side_read(bev, arg);
	CHECK(side->input >= 10 && side->input <= 20);
	for (i = 0; i < side->input; i++)
		CHECK_INT(EVBUFFER_DATA(bev->input)[i], expected++);
	side->what = expected;
	side->output += side->input;
	evbuffer_drain(bev->input, side->input);
}

/* The stream of the classic case: 10 and 20 on both ends of a pair. */
TEST(a_stream_between_10_and_20)
{
	struct side from, to;
	unsigned char data[STREAM];
	int fds[2], i;

	init_base();
	for (i = 0; i < STREAM; i++)
		data[i] = (unsigned char)i;
	make_pair(fds);
	open_side_on(&from, fds[0], -1);
	open_side_on(&to, fds[1], -1);
	to.bev->readcb = take_between_marks;
	bufferevent_setwatermark(from.bev, EV_READ | EV_WRITE, 10, 20);
	bufferevent_setwatermark(to.bev, EV_READ | EV_WRITE, 10, 20);
	CHECK_INT(bufferevent_disable(from.bev, EV_READ), 0);
	CHECK_INT(bufferevent_enable(to.bev, EV_READ), 0);
	CHECK_INT(bufferevent_write(from.bev, data, sizeof(data)), 0);
	turn();
	/* What is left is below the low mark. */
	CHECK_INT(to.output + EVBUFFER_LENGTH(to.bev->input), STREAM);
	CHECK(EVBUFFER_LENGTH(to.bev->input) < 10);
	CHECK(to.reads >= STREAM / 20);
	CHECK(from.writes >= 1);
	CHECK_INT(from.errors + to.errors, 0);
	close_side(&from);
	close_side(&to);
}

/* Nothing would ever come of it but silence: what was read stays, and the loop does not spin. */
TEST(a_low_mark_above_the_high_one_is_never_met)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 30, 20);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "a line of forty bytes and nothing more..");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 0);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->input), 20);
	bufferevent_setwatermark(side.bev, EV_READ, 30, 35);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	CHECK_INT(side.input, 35);
	close_side(&side);
}

TEST(a_raised_mark_starts_reading_again)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 2);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "123456");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.input, 2);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 5);
	CHECK_INT(reading(&side), EV_READ);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 2);
	CHECK_INT(side.input, 5);
	/* 0 is no bound at all. */
	bufferevent_setwatermark(side.bev, EV_READ, 0, 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 3);
	CHECK_STR(text_of(side.bev->input), "123456");
	close_side(&side);
}

TEST(a_raised_mark_does_not_start_what_is_disabled)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 2);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "123456");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(bufferevent_disable(side.bev, EV_READ), 0);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 5);
	CHECK_INT(reading(&side), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	close_side(&side);
}

/* Nor what an error has ended. */
TEST(a_mark_of_writing_does_not_start_what_has_ended)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(shutdown(side.peer, SHUT_WR), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	bufferevent_setwatermark(side.bev, EV_WRITE, 0, 5);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	close_side(&side);
}

TEST(a_lowered_mark_stops_reading)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 20);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "fifteen bytes..");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.input, 15);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 10);
	say(side.peer, "more");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->input), 15);
	CHECK_INT(side.reads, 1);
	evbuffer_drain(side.bev->input, 5);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->input), 10);
	evbuffer_drain(side.bev->input, 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(text_of(side.bev->input), "n bytes..m");
	CHECK_INT(side.reads, 2);
	close_side(&side);
}

/* Lowered further while stopped, then raised again but not enough. */
TEST(a_mark_moved_below_the_data_keeps_it_stopped)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 6);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "123456789");
	CHECK_INT(event_dispatch(), 1);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 2);
	CHECK_INT(event_dispatch(), 1);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 5);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->input), 6);
	evbuffer_drain(side.bev->input, 2);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(text_of(side.bev->input), "34567");
	close_side(&side);
}

TEST(a_mark_of_writing_leaves_reading_alone)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 2);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "12345");
	CHECK_INT(event_dispatch(), 1);
	bufferevent_setwatermark(side.bev, EV_WRITE, 0, 100);
	CHECK_INT(reading(&side), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	evbuffer_drain(side.bev->input, 2);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 2);
	CHECK_STR(text_of(side.bev->input), "34");
	close_side(&side);
}

/* Data put there by the user counts: nothing is read on top of it. */
TEST(data_that_the_user_adds_counts)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 4);
	CHECK_INT(evbuffer_add(side.bev->input, "user's ", 7), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "peer's");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 0);
	CHECK_STR(text_of(side.bev->input), "user's ");
	evbuffer_drain(side.bev->input, 5);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	CHECK_STR(text_of(side.bev->input), "s pe");
	close_side(&side);
}

static void
raise_mark(struct bufferevent *bev, void *arg)
{
	side_read(bev, arg);
	bufferevent_setwatermark(bev, EV_READ, 0, bev->wm_read.high + 2);
}

TEST(a_mark_raised_in_readcb)
{
	struct side side;

	init_base();
	open_side(&side);
	side.bev->readcb = raise_mark;
	bufferevent_setwatermark(side.bev, EV_READ, 0, 2);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "12345678");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 4);
	CHECK_STR(text_of(side.bev->input), "12345678");
	close_side(&side);
}
