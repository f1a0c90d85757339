/*
 * Proves behaviour 84: whatever takes data out of the input, and brings it below the high mark,
 * starts reading again, from wherever it is done.
 */
#include "sides.h"

enum { HIGH = 8 };

/* A side that has read as much as it may; eight more bytes wait. */
static void
open_stopped(struct side *side)
{
	open_side(side);
	bufferevent_setwatermark(side->bev, EV_READ, 0, HIGH);
	CHECK_INT(bufferevent_enable(side->bev, EV_READ), 0);
	say(side->peer, "12345678abcdefgh");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side->reads, 1);
	CHECK_STR(text_of(side->bev->input), "12345678");
	CHECK_INT(reading(side), 0);
}

/* It read on, from where it was, up to the mark. */
static void
check_restarted(struct side *side, const char *input)
{
	CHECK_INT(reading(side), EV_READ);
	event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
	CHECK_INT(side->reads, 2);
	CHECK_STR(text_of(side->bev->input), input);
}

TEST(evbuffer_drain_starts_it)
{
	struct side side;

	init_base();
	open_stopped(&side);
	evbuffer_drain(side.bev->input, 0);
	CHECK_INT(reading(&side), 0);
	evbuffer_drain(side.bev->input, 1);
	check_restarted(&side, "2345678a");
	CHECK_INT(reading(&side), 0);
	close_side(&side);
}

TEST(bufferevent_read_starts_it)
{
	struct side side;
	char data[HIGH];

	init_base();
	open_stopped(&side);
	CHECK_INT(bufferevent_read(side.bev, data, 0), 0);
	CHECK_INT(reading(&side), 0);
	CHECK_INT(bufferevent_read(side.bev, data, 3), 3);
	check_restarted(&side, "45678abc");
	close_side(&side);
}

TEST(evbuffer_remove_starts_it)
{
	struct side side;
	char data[2 * HIGH];

	init_base();
	open_stopped(&side);
	CHECK_INT(evbuffer_remove(side.bev->input, data, sizeof(data)), HIGH);
	check_restarted(&side, "abcdefgh");
	close_side(&side);
}

TEST(a_line_taken_out_starts_it)
{
	struct side side;
	char *line;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, HIGH);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "one\ntwo\nthree\n");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	line = evbuffer_readline(side.bev->input);
	CHECK_STR(line, "one");
	free(line);
	check_restarted(&side, "two\nthre");
	close_side(&side);
}

/* The data moves to an empty buffer by a swap of blocks, to another one by a copy. */
TEST(evbuffer_add_buffer_starts_it)
{
	struct evbuffer *empty = evbuffer_new(), *full = evbuffer_new();
	struct side side;

	init_base();
	open_stopped(&side);
	CHECK_INT(evbuffer_add_buffer(empty, side.bev->input), 0);
	CHECK_STR(text_of(empty), "12345678");
	check_restarted(&side, "abcdefgh");
	CHECK_INT(evbuffer_add(full, "0", 1), 0);
	CHECK_INT(evbuffer_add_buffer(full, side.bev->input), 0);
	CHECK_STR(text_of(full), "0abcdefgh");
	say(side.peer, "ABC");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 3);
	CHECK_STR(text_of(side.bev->input), "ABC");
	close_side(&side);
	evbuffer_free(empty);
	evbuffer_free(full);
}

TEST(write_buffer_into_another_one_starts_it)
{
	struct side from, to;

	init_base();
	open_stopped(&from);
	open_side(&to);
	CHECK_INT(bufferevent_write_buffer(to.bev, from.bev->input), 0);
	CHECK_INT(reading(&from), EV_READ);
	CHECK_INT(turn(), 1);
	CHECK_STR(heard(to.peer), "12345678");
	CHECK_STR(text_of(from.bev->input), "abcdefgh");
	/* And with output that does not go at once. */
	fill(fd_of(&to));
	CHECK_INT(write_text(to.bev, "0"), 0);
	say(from.peer, "ABCDEFGH");
	CHECK_INT(bufferevent_write_buffer(to.bev, from.bev->input), 0);
	CHECK_INT(reading(&from), EV_READ);
	CHECK_INT(turn(), 0);
	CHECK_STR(text_of(to.bev->output), "0abcdefgh");
	CHECK_STR(text_of(from.bev->input), "ABCDEFGH");
	close_side(&from);
	close_side(&to);
}

/* Written to a descriptor straight out of the input. */
TEST(evbuffer_write_starts_it)
{
	struct side side;
	int fds[2];

	init_base();
	make_pipe(fds);
	open_stopped(&side);
	CHECK_INT(evbuffer_write(side.bev->input, fds[1]), HIGH);
	check_restarted(&side, "abcdefgh");
	close_side(&side);
	close(fds[0]);
	close(fds[1]);
}

TEST(a_change_that_leaves_it_full_does_not)
{
	struct side side;

	init_base();
	open_stopped(&side);
	CHECK_INT(evbuffer_add(side.bev->input, "more", 4), 0);
	CHECK_INT(reading(&side), 0);
	evbuffer_drain(side.bev->input, 4);
	CHECK_INT(reading(&side), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	evbuffer_drain(side.bev->input, 1);
	check_restarted(&side, "678morea");
	close_side(&side);
}

static void
drain_three(struct bufferevent *bev, void *arg)
{
	struct side *side = arg;

	side_read(bev, arg);
	CHECK_INT(side->input, HIGH);
	evbuffer_drain(bev->input, 3);
	CHECK_INT(reading(side), EV_READ);
}

/* 16 bytes: three calls with eight, which take three each, and seven that are too few. */
TEST(draining_in_readcb_starts_it)
{
	struct side side;

	init_base();
	open_side(&side);
	side.bev->readcb = drain_three;
	bufferevent_setwatermark(side.bev, EV_READ, HIGH, HIGH);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "12345678abcdefgh");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 3);
	CHECK_STR(text_of(side.bev->input), "bcdefgh");
	close_side(&side);
}

static void
drain_in_timer(int fd, short what, void *arg)
{
	struct side *side = arg;

	(void)fd;
	(void)what;
	evbuffer_drain(side->bev->input, HIGH);
}

TEST(draining_in_a_timer_starts_it)
{
	struct event timer;
	struct side side;

	init_base();
	open_stopped(&side);
	evtimer_set(&timer, drain_in_timer, &side);
	CHECK_INT(add_ms(&timer, 10), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 2);
	CHECK_STR(text_of(side.bev->input), "abcdefgh");
	close_side(&side);
}

TEST(disabled_meanwhile_it_stays_stopped)
{
	struct side side;

	init_base();
	open_stopped(&side);
	CHECK_INT(bufferevent_disable(side.bev, EV_READ), 0);
	evbuffer_drain(side.bev->input, HIGH);
	CHECK_INT(reading(&side), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	check_restarted(&side, "abcdefgh");
	close_side(&side);
}

/* Enabling what is full reads nothing; a drain helps, as before. */
TEST(enabled_while_full_it_waits_for_a_drain)
{
	struct side side;

	init_base();
	open_stopped(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	CHECK_STR(text_of(side.bev->input), "12345678");
	CHECK_INT(bufferevent_disable(side.bev, EV_READ), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(text_of(side.bev->input), "12345678");
	evbuffer_drain(side.bev->input, HIGH);
	check_restarted(&side, "abcdefgh");
	close_side(&side);
}

/* The end of the stream is seen only once there was room to read it. */
TEST(the_end_waits_behind_the_mark)
{
	struct side side;

	init_base();
	open_stopped(&side);
	close(side.peer);
	side.peer = -1;
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 0);
	evbuffer_drain(side.bev->input, HIGH);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(text_of(side.bev->input), "abcdefgh");
	CHECK_INT(side.errors, 0);
	evbuffer_drain(side.bev->input, HIGH);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_EOF);
	CHECK_INT(side.reads, 2);
	/* It stays ended, whatever moves in the buffer. */
	CHECK_INT(evbuffer_add(side.bev->input, "123456789", 9), 0);
	evbuffer_drain(side.bev->input, 9);
	CHECK_INT(reading(&side), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	close_side(&side);
}

/* Draining after an error does not bring back what has ended. */
TEST(nothing_starts_after_an_error)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "last words");
	CHECK_INT(shutdown(side.peer, SHUT_WR), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	evbuffer_drain(side.bev->input, 5);
	CHECK_INT(reading(&side), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	close_side(&side);
}
