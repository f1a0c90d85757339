/*
 * Proves behaviours 82 and 90: what enabling and disabling start and stop, in every order, what
 * they return, and that enabling the writing of nothing calls writecb from the loop.
 */
#include "sides.h"

TEST(reading_waits_to_be_enabled)
{
	struct side side;

	init_base();
	open_side(&side);
	say(side.peer, "data");
	turn();
	CHECK_INT(side.reads, 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(side.bev->enabled, EV_READ | EV_WRITE);
	CHECK_INT(side.reads, 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 1);
	CHECK_INT(side.writes, 0);
	CHECK_STR(text_of(side.bev->input), "data");
	close_side(&side);
}

TEST(enabling_the_writing_of_nothing_calls_writecb)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(side.writes, 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_INT(side.output, 0);
	CHECK_INT(side.errors, 0);
	CHECK_INT(side.bev->enabled, EV_WRITE);
	CHECK_STR(heard(side.peer), "");
	/* Each time. */
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 2);
	close_side(&side);
}

TEST(it_calls_writecb_once_however_often_it_was_enabled)
{
	struct side side;
	int i;

	init_base();
	open_side(&side);
	for (i = 0; i < 3; i++)
		CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

/* The results of the loop are those of a loop with one event that is ready. */
static void
check_loop(int flags, int want)
{
	struct side side;

	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(event_loop(flags), want);
	CHECK_INT(side.writes, 1);
	CHECK_INT(event_loop(flags), 1);
	close_side(&side);
}

TEST(every_kind_of_loop_calls_it)
{
	init_base();
	check_loop(0, 1);
	check_loop(EVLOOP_NONBLOCK, 1);
	check_loop(EVLOOP_ONCE, 0);
	check_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK, 0);
}

TEST(it_waits_until_the_descriptor_is_writable)
{
	struct side side;

	init_base();
	open_side(&side);
	fill(fd_of(&side));
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(side.writes, 0);
	drain(side.peer);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_INT(side.errors, 0);
	close_side(&side);
}

TEST(enabling_calls_nothing_without_a_writecb)
{
	struct side side;

	init_base();
	open_side(&side);
	side.bev->writecb = NULL;
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 0);
	close_side(&side);
}

TEST(disabling_takes_that_writecb_back)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(bufferevent_disable(side.bev, EV_WRITE), 0);
	CHECK_INT(side.bev->enabled, 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 0);
	close_side(&side);
}

/* Both directions come to life whatever the order and the grouping. */
static void
check_enable_order(short first, short second)
{
	struct side side;

	open_side(&side);
	say(side.peer, "in");
	CHECK_INT(bufferevent_enable(side.bev, first), 0);
	if (second != 0)
		CHECK_INT(bufferevent_enable(side.bev, second), 0);
	CHECK_INT(side.bev->enabled, EV_READ | EV_WRITE);
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 1);
	CHECK_INT(side.writes, 1);
	CHECK_INT(write_text(side.bev, "out"), 0);
	turn();
	CHECK_STR(heard(side.peer), "out");
	CHECK_INT(side.writes, 2);
	close_side(&side);
}

TEST(every_order_of_enabling)
{
	init_base();
	check_enable_order(EV_READ | EV_WRITE, 0);
	check_enable_order(EV_READ, EV_WRITE);
	check_enable_order(EV_WRITE, EV_READ);
	check_enable_order(EV_READ | EV_WRITE, EV_READ | EV_WRITE);
}

TEST(disabling_one_direction_leaves_the_other)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(bufferevent_disable(side.bev, EV_WRITE), 0);
	CHECK_INT(side.bev->enabled, EV_READ);
	say(side.peer, "in");
	CHECK_INT(write_text(side.bev, "out"), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 1);
	CHECK_STR(heard(side.peer), "");
	CHECK_INT(bufferevent_disable(side.bev, EV_READ), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(side.bev->enabled, EV_WRITE);
	say(side.peer, "more");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	CHECK_INT(side.writes, 1);
	CHECK_STR(heard(side.peer), "out");
	close_side(&side);
}

TEST(disabled_and_enabled_again_it_goes_on)
{
	struct side side;
	int i;

	init_base();
	open_side(&side);
	for (i = 1; i <= 3; i++) {
		CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
		CHECK_INT(bufferevent_disable(side.bev, EV_READ | EV_WRITE), 0);
		CHECK_INT(side.bev->enabled, 0);
		CHECK_INT(reading(&side) | writing(&side), 0);
		say(side.peer, "x");
		CHECK_INT(event_dispatch(), 1);
		CHECK_INT(side.reads, i - 1);
		CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
		CHECK_INT(turn(), 0);
		CHECK_INT(side.reads, i);
		CHECK_INT(side.input, i);
	}
	close_side(&side);
}

static void
read_and_disable(struct bufferevent *bev, void *arg)
{
	side_read(bev, arg);
	CHECK_INT(bufferevent_disable(bev, EV_READ), 0);
}

TEST(disabling_in_readcb_stops_reading)
{
	struct side side;

	init_base();
	open_side(&side);
	side.bev->readcb = read_and_disable;
	bufferevent_setwatermark(side.bev, EV_READ, 0, 4);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "12345678");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	CHECK_STR(text_of(side.bev->input), "1234");
	evbuffer_drain(side.bev->input, 4);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	CHECK_STR(heard(fd_of(&side)), "5678");
	close_side(&side);
}

static void
write_and_enable(struct bufferevent *bev, void *arg)
{
	struct side *side = arg;

	side_written(bev, arg);
	if (side->writes < 5)
		CHECK_INT(bufferevent_enable(bev, EV_WRITE), 0);
}

TEST(enabling_in_writecb_calls_it_again)
{
	struct side side;

	init_base();
	open_side(&side);
	side.bev->writecb = write_and_enable;
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 5);
	close_side(&side);
}

TEST_ONCE(doing_it_twice_is_no_error)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_disable(side.bev, EV_READ), 0);
	CHECK_INT(bufferevent_disable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(bufferevent_disable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(bufferevent_enable(side.bev, 0), 0);
	CHECK_INT(bufferevent_disable(side.bev, 0), 0);
	CHECK_INT(side.bev->enabled, EV_READ);
	close_side(&side);
}

TEST(a_closed_descriptor_cannot_be_enabled)
{
	struct side side;

	init_base();
	open_side_on(&side, closed_fd(), -1);
	CHECK_ERRNO(bufferevent_enable(side.bev, EV_READ), EBADF);
	CHECK_INT(side.bev->enabled, EV_WRITE);
	CHECK_INT(bufferevent_disable(side.bev, EV_WRITE), 0);
	CHECK_ERRNO(bufferevent_enable(side.bev, EV_WRITE), EBADF);
	CHECK_ERRNO(bufferevent_enable(side.bev, EV_READ | EV_WRITE), EBADF);
	CHECK_INT(side.bev->enabled, 0);
	CHECK_INT(reading(&side) | writing(&side), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads + side.writes + side.errors, 0);
	bufferevent_free(side.bev);
}

TEST_ONCE(nor_can_a_missing_one)
{
	struct side side;

	init_base();
	open_side_on(&side, -1, -1);
	CHECK_ERRNO(bufferevent_enable(side.bev, EV_READ), EBADF);
	CHECK_INT(side.bev->enabled, EV_WRITE);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 0);
	bufferevent_free(side.bev);
}

/* Behaviour 30: deleting an event whose descriptor has gone is no error here. */
TEST(one_that_was_closed_meanwhile_can_be_disabled)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	close(fd_of(&side));
	CHECK_INT(bufferevent_disable(side.bev, EV_READ), 0);
	CHECK_INT(side.bev->enabled, EV_WRITE);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads + side.errors, 0);
	bufferevent_free(side.bev);
	close(side.peer);
}

/* What programs do to pause a reader and to wake it again from elsewhere. */
static void
wake(int fd, short what, void *arg)
{
	struct side *side = arg;

	(void)fd;
	(void)what;
	CHECK_INT(bufferevent_enable(side->bev, EV_READ), 0);
	CHECK_INT(exit_after_ms(current_base, 20), 0);
}

TEST(a_paused_reader_is_woken_by_a_timer)
{
	struct event timer;
	struct side side;

	init_base();
	open_side(&side);
	say(side.peer, "waiting");
	evtimer_set(&timer, wake, &side);
	CHECK_INT(add_ms(&timer, 20), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(side.reads, 1);
	CHECK_STR(text_of(side.bev->input), "waiting");
	close_side(&side);
}
