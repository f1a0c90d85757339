/*
 * Proves behaviour 86: what errorcb is told and how often, that nothing is pending afterwards
 * while what is enabled stays, and that the other direction goes on.
 */
#include "sides.h"

static void
check_failed(const struct side *side, short what)
{
	CHECK_INT(side->errors, 1);
	CHECK_INT(side->what, what);
}

TEST(end_of_file)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	close(side.peer);
	side.peer = -1;
	CHECK_INT(event_dispatch(), 1);
	check_failed(&side, EVBUFFER_READ | EVBUFFER_EOF);
	CHECK_INT(side.reads, 0);
	CHECK_INT(reading(&side) | writing(&side), 0);
	CHECK_INT(side.bev->enabled, EV_READ | EV_WRITE);
	close_side(&side);
}

static void
read_before_error(struct bufferevent *bev, void *arg)
{
	struct side *side = arg;

	side_read(bev, arg);
	CHECK_INT(side->errors, 0);
}

TEST(data_comes_before_the_end)
{
	struct side side;

	init_base();
	open_side(&side);
	side.bev->readcb = read_before_error;
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "last words");
	close(side.peer);
	side.peer = -1;
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	CHECK_STR(text_of(side.bev->input), "last words");
	check_failed(&side, EVBUFFER_READ | EVBUFFER_EOF);
	close_side(&side);
}

/* Data below the low mark is there, too, when the end is told. */
TEST(data_below_the_low_mark_is_there_at_the_end)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 100, 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "short");
	CHECK_INT(shutdown(side.peer, SHUT_WR), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 0);
	check_failed(&side, EVBUFFER_READ | EVBUFFER_EOF);
	CHECK_STR(text_of(side.bev->input), "short");
	close_side(&side);
}

TEST(enabled_again_it_is_told_again)
{
	struct side side;
	int i;

	init_base();
	open_side(&side);
	CHECK_INT(shutdown(side.peer, SHUT_WR), 0);
	for (i = 1; i <= 3; i++) {
		CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
		CHECK_INT(event_dispatch(), 1);
		CHECK_INT(side.errors, i);
		CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_EOF);
	}
	close_side(&side);
}

/* SIGPIPE has its default action: on sockets it must not even be raised. */
TEST(writing_to_one_that_has_gone)
{
	struct side side;

	init_base();
	open_side(&side);
	close(side.peer);
	side.peer = -1;
	CHECK_INT(write_text(side.bev, "hello?"), 0);
	CHECK_INT(event_dispatch(), 1);
	check_failed(&side, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK_INT(side.error, EPIPE);
	CHECK_INT(side.writes, 0);
	CHECK_STR(text_of(side.bev->output), "hello?");
	CHECK_INT(reading(&side) | writing(&side), 0);
	CHECK_INT(side.bev->enabled, EV_WRITE);
	/* Nothing tries again by itself. */
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(write_text(side.bev, "hello?"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 2);
	close_side(&side);
}

TEST(the_peer_goes_while_output_waits)
{
	struct side side;

	init_base();
	open_side(&side);
	fill(fd_of(&side));
	CHECK_INT(write_text(side.bev, "rest"), 0);
	CHECK_INT(turn(), 0);
	close(side.peer);
	side.peer = -1;
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK(side.error == EPIPE || side.error == ECONNRESET);
	CHECK_INT(writing(&side), 0);
	close_side(&side);
}

TEST(an_error_of_writing_leaves_reading_alone)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(shutdown(fd_of(&side), SHUT_WR), 0);
	CHECK_INT(write_text(side.bev, "too late"), 0);
	CHECK_INT(turn(), 0);
	check_failed(&side, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK_INT(side.error, EPIPE);
	CHECK_INT(reading(&side), EV_READ);
	say(side.peer, "in");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 1);
	CHECK_STR(text_of(side.bev->input), "in");
	CHECK_INT(side.errors, 1);
	close_side(&side);
}

TEST(the_end_of_reading_leaves_writing_alone)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	fill(fd_of(&side));
	CHECK_INT(write_text(side.bev, "rest, "), 0);
	CHECK_INT(shutdown(side.peer, SHUT_WR), 0);
	CHECK_INT(turn(), 0);
	check_failed(&side, EVBUFFER_READ | EVBUFFER_EOF);
	CHECK_INT(reading(&side), 0);
	CHECK_INT(writing(&side), EV_WRITE);
	drain(side.peer);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_INT(write_text(side.bev, "more"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "rest, more");
	CHECK_INT(side.errors, 1);
	close_side(&side);
}

/* Without an errorcb all is as with one, but that nobody is told. */
TEST(nobody_to_be_told_of_the_end)
{
	struct side side;

	init_base();
	open_side(&side);
	side.bev->errorcb = NULL;
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(shutdown(side.peer, SHUT_WR), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(reading(&side) | writing(&side), 0);
	CHECK_INT(side.bev->enabled, EV_READ | EV_WRITE);
	close_side(&side);
}

TEST(nobody_to_be_told_of_an_error)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	side.bev->errorcb = NULL;
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	reset(side.peer);
	side.peer = -1;
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(write_text(side.bev, "x"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(reading(&side) | writing(&side), 0);
	CHECK_INT(side.reads + side.writes, 0);
	close_side(&side);
}

TEST(nobody_to_be_told_of_a_timeout)
{
	struct side side;

	init_base();
	open_side(&side);
	side.bev->errorcb = NULL;
	bufferevent_settimeout(side.bev, 1, 1);
	fill(fd_of(&side));
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(reading(&side) | writing(&side), 0);
	CHECK_INT(side.reads + side.writes, 0);
	close_side(&side);
}

TEST(nobody_to_be_told_of_data)
{
	struct side side;

	init_base();
	open_side(&side);
	side.bev->readcb = NULL;
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "one ");
	CHECK_INT(turn(), 0);
	say(side.peer, "two");
	CHECK_INT(shutdown(side.peer, SHUT_WR), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(text_of(side.bev->input), "one two");
	CHECK_INT(side.errors, 1);
	close_side(&side);
}

/* Its descriptor is closed under a bufferevent that has something to write. */
TEST(a_closed_descriptor_is_told_once_or_never)
{
	struct side side;

	init_base();
	open_side(&side);
	close(fd_of(&side));
	CHECK_INT(write_text(side.bev, "x"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK(side.errors <= 1);
	if (side.errors == 1) {
		CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_ERROR);
		CHECK_INT(side.error, EBADF);
	}
	CHECK_INT(side.writes, 0);
	CHECK_STR(text_of(side.bev->output), "x");
	CHECK_INT(event_dispatch(), 1);
	bufferevent_free(side.bev);
	close(side.peer);
}
