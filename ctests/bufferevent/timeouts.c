/*
 * Proves behaviours 83 and 89: timeouts are whole seconds without anything moving, one for each
 * direction; they apply to pending events at once, and 0 does not take a running one back.
 */
#include "sides.h"

/* Is a timer of about so many seconds running? Of the two clocks each rounds its own way. */
static void
check_timer(struct event *ev, int seconds)
{
	struct timeval now, at, rounding = { 0, 1000 };

	CHECK_INT(event_pending(ev, EV_TIMEOUT, &at), EV_TIMEOUT);
	CHECK_INT(gettimeofday(&now, NULL), 0);
	timersub(&at, &rounding, &at);
	timersub(&at, &now, &at);
	CHECK(at.tv_sec + (at.tv_usec > 0) <= seconds);
	CHECK(at.tv_sec >= seconds - 1 - (int)time_factor());
}

TEST(they_are_kept_and_start_with_enabling)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_settimeout(side.bev, 100, 200);
	CHECK_INT(side.bev->timeout_read, 100);
	CHECK_INT(side.bev->timeout_write, 200);
	CHECK_INT(reading(&side) | writing(&side), 0);
	CHECK_INT(event_dispatch(), 1);
	fill(fd_of(&side));
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(turn(), 0);
	check_timer(&side.bev->ev_read, 100);
	check_timer(&side.bev->ev_write, 200);
	CHECK_INT(bufferevent_disable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(reading(&side) | writing(&side), 0);
	CHECK_INT(event_dispatch(), 1);
	close_side(&side);
}

/* Who does not want to hear of the first writability wants to hear of a timeout all the same. */
TEST(they_start_without_callbacks)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setcb(side.bev, NULL, NULL, side_failed, &side);
	bufferevent_settimeout(side.bev, 100, 200);
	fill(fd_of(&side));
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(turn(), 0);
	check_timer(&side.bev->ev_read, 100);
	check_timer(&side.bev->ev_write, 200);
	drain(side.peer);
	CHECK_INT(turn(), 0);
	CHECK_INT(writing(&side), 0);
	CHECK_INT(side.errors, 0);
	close_side(&side);
}

TEST(without_one_there_is_no_timer)
{
	struct side side;

	init_base();
	open_side(&side);
	fill(fd_of(&side));
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(reading(&side), EV_READ);
	CHECK_INT(writing(&side), EV_WRITE);
	close_side(&side);
}

TEST(they_apply_to_pending_events_at_once)
{
	struct side side;

	init_base();
	open_side(&side);
	fill(fd_of(&side));
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "x"), 0);
	CHECK_INT(turn(), 0);
	bufferevent_settimeout(side.bev, 100, 200);
	check_timer(&side.bev->ev_read, 100);
	check_timer(&side.bev->ev_write, 200);
	bufferevent_settimeout(side.bev, 300, 400);
	check_timer(&side.bev->ev_read, 300);
	check_timer(&side.bev->ev_write, 400);
	close_side(&side);
}

TEST(zero_does_not_cancel_a_running_one)
{
	struct side side;

	init_base();
	open_side(&side);
	fill(fd_of(&side));
	bufferevent_settimeout(side.bev, 100, 200);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(turn(), 0);
	bufferevent_settimeout(side.bev, 0, 0);
	CHECK_INT(side.bev->timeout_read, 0);
	CHECK_INT(side.bev->timeout_write, 0);
	check_timer(&side.bev->ev_read, 100);
	check_timer(&side.bev->ev_write, 200);
	/* Once disabled it is gone, and does not come back. */
	CHECK_INT(bufferevent_disable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(reading(&side), EV_READ);
	CHECK_INT(writing(&side), EV_WRITE);
	close_side(&side);
}

/* Nothing is pending after all has been written: nothing can run out. */
TEST(a_timer_of_writing_goes_with_the_output)
{
	struct side side;

	init_base();
	open_side(&side);
	fill(fd_of(&side));
	bufferevent_settimeout(side.bev, 0, 100);
	CHECK_INT(write_text(side.bev, "x"), 0);
	CHECK_INT(turn(), 0);
	check_timer(&side.bev->ev_write, 100);
	drain(side.peer);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_INT(side.errors, 0);
	CHECK_INT(writing(&side), 0);
	close_side(&side);
}

static void
read_with_timer(struct bufferevent *bev, void *arg)
{
	side_read(bev, arg);
	check_timer(&bev->ev_read, 100);
	CHECK_INT(bev->ev_read.ev_flags, EVLIST_INIT | EVLIST_INSERTED | EVLIST_TIMEOUT);
}

TEST(the_timer_runs_again_within_readcb)
{
	struct side side;

	init_base();
	open_side(&side);
	side.bev->readcb = read_with_timer;
	bufferevent_settimeout(side.bev, 100, 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "x");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 1);
	close_side(&side);
}

/* Nothing runs out while the high mark has stopped reading; draining starts it afresh. */
TEST(no_timer_runs_while_reading_is_stopped)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_settimeout(side.bev, 100, 0);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 2);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "abc");
	turn();
	CHECK_INT(reading(&side), 0);
	CHECK_INT(event_dispatch(), 1);
	bufferevent_settimeout(side.bev, 200, 0);
	CHECK_INT(reading(&side), 0);
	evbuffer_drain(side.bev->input, 1);
	check_timer(&side.bev->ev_read, 200);
	close_side(&side);
}

/* A timeout: told once, nothing pending after it, and still enabled. */
static void
check_ran_out(const struct side *side, short what, short enabled)
{
	CHECK_INT(side->errors, 1);
	CHECK_INT(side->what, what);
	CHECK_INT(side->bev->enabled, enabled);
	CHECK_INT(reading(side) | writing(side), 0);
}

TEST(silence_runs_out)
{
	int64_t start;
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_settimeout(side.bev, 1, 0);
	start = now_ns();
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_ELAPSED(start, 1000);
	check_ran_out(&side, EVBUFFER_READ | EVBUFFER_TIMEOUT, EV_READ | EV_WRITE);
	CHECK_INT(side.writes, 1);
	/* It can be listened to again. */
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "late");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 1);
	close_side(&side);
}

/* Output that nobody takes, and the wait for a first writability: both run out. */
TEST(output_that_nobody_takes_runs_out)
{
	struct side sides[2];
	int64_t start;
	int i;

	init_base();
	start = now_ns();
	for (i = 0; i < 2; i++) {
		open_side(&sides[i]);
		fill(fd_of(&sides[i]));
		bufferevent_settimeout(sides[i].bev, 0, 1);
	}
	CHECK_INT(write_text(sides[0].bev, "x"), 0);
	CHECK_INT(bufferevent_enable(sides[1].bev, EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_ELAPSED(start, 1000);
	CHECK_STR(text_of(sides[0].bev->output), "x");
	for (i = 0; i < 2; i++) {
		check_ran_out(&sides[i], EVBUFFER_WRITE | EVBUFFER_TIMEOUT, EV_WRITE);
		CHECK_INT(sides[i].writes, 0);
		close_side(&sides[i]);
	}
}

static int64_t moved_ns;

/* Puts a byte in here, and takes bytes out there. */
static void
move_bytes(int fd, short what, void *arg)
{
	struct side *sides = arg;

	(void)fd;
	(void)what;
	put_byte(sides[0].peer);
	CHECK(drain(sides[1].peer) > 0);
	moved_ns = now_ns();
}

/* Early in the interval something moves in either direction: it begins again. */
TEST(activity_begins_the_interval_again)
{
	static char much[2000000];
	struct event timer;
	struct side sides[2];

	init_base();
	open_side(&sides[0]);
	open_side(&sides[1]);
	bufferevent_settimeout(sides[0].bev, 1, 0);
	bufferevent_settimeout(sides[1].bev, 0, 1);
	CHECK_INT(bufferevent_enable(sides[0].bev, EV_READ), 0);
	CHECK_INT(bufferevent_write(sides[1].bev, much, sizeof(much)), 0);
	turn();
	evtimer_set(&timer, move_bytes, sides);
	CHECK_INT(add_ms(&timer, 200), 0);
	while (sides[0].errors + sides[1].errors < 1)
		CHECK(event_loop(EVLOOP_ONCE) != -1);
	CHECK_ELAPSED(moved_ns, 1000);
	CHECK_INT(event_dispatch(), 1);
	check_ran_out(&sides[0], EVBUFFER_READ | EVBUFFER_TIMEOUT, EV_READ | EV_WRITE);
	check_ran_out(&sides[1], EVBUFFER_WRITE | EVBUFFER_TIMEOUT, EV_WRITE);
	CHECK_INT(sides[0].reads, 1);
	close_side(&sides[0]);
	close_side(&sides[1]);
}
