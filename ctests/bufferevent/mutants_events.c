/*
 * The two events of a bufferevent: what enabling, another base and odd timeouts do to them, all
 * or nothing.
 */
#include "sides.h"

static void
ignore_event(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* Reading goes on when writing cannot be enabled beside it. */
TEST(reading_stays_when_writing_cannot_be_enabled)
{
	struct side side;
	int copy;

	init_base();
	open_side(&side);
	copy = dup(fd_of(&side));
	CHECK(copy != -1);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	close(fd_of(&side));
	CHECK_ERRNO(bufferevent_enable(side.bev, EV_READ | EV_WRITE), EBADF);
	CHECK(reading(&side) != 0);
	CHECK_INT(dup2(copy, fd_of(&side)), fd_of(&side));
	close(copy);
	close_side(&side);
}

TEST(reading_does_not_start_when_writing_cannot)
{
	struct side side;

	init_base();
	open_side(&side);
	event_set(&side.bev->ev_write, -1, EV_WRITE, ignore_event, NULL);
	CHECK_ERRNO(bufferevent_enable(side.bev, EV_READ | EV_WRITE), EBADF);
	CHECK_INT(reading(&side), 0);
	close_side(&side);
}

/* A bound that is none, as 0. */
TEST(negative_timeouts_bound_nothing)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_settimeout(side.bev, -1, -1);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(reading(&side), EV_READ);
	fill(fd_of(&side));
	CHECK_INT(write_text(side.bev, "x"), 0);
	turn();
	CHECK_INT(writing(&side), EV_WRITE);
	CHECK_INT(side.errors, 0);
	close_side(&side);
}

/* Neither event moves, and the bufferevent does not say that it has. */
TEST(another_base_is_refused_as_a_whole)
{
	struct event_base *base = init_base(), *other = event_base_new();
	struct side side;

	open_side(&side);
	CHECK_INT(bufferevent_base_set(base, side.bev), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_ERRNO(bufferevent_base_set(other, side.bev), EINVAL);
	CHECK_PTR(side.bev->ev_base, base);
	CHECK_INT(bufferevent_disable(side.bev, EV_READ), 0);
	fill(fd_of(&side));
	CHECK_INT(write_text(side.bev, "x"), 0);
	turn();
	CHECK(writing(&side) != 0);
	CHECK_ERRNO(bufferevent_base_set(other, side.bev), EINVAL);
	CHECK_PTR(side.bev->ev_base, base);
	CHECK_PTR(side.bev->ev_read.ev_base, base);
	close_side(&side);
	event_base_free(other);
}

static struct event_base *second;

/* The program stops reading by itself, where the library was going to at the end of the round. */
static void
move_away(struct bufferevent *bev, void *arg)
{
	side_read(bev, arg);
	CHECK_INT(event_del(&bev->ev_read), 0);
	CHECK_INT(bufferevent_base_set(second, bev), 0);
	CHECK_INT(write_text(bev, "out"), 0);
}

TEST(moved_at_the_mark_it_works_on_the_other_base)
{
	struct side side;

	init_base();
	second = event_base_new();
	open_side(&side);
	bufferevent_setcb(side.bev, move_away, side_written, side_failed, &side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 3);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "abc");
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(side.reads, 1);
	CHECK_STR(heard(side.peer), "");
	CHECK_INT(event_base_loop(second, 0), 1);
	CHECK_STR(heard(side.peer), "out");
	close_side(&side);
	event_base_free(second);
}
