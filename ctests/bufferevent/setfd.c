/*
 * Proves behaviour 91 and the rest of 195: changing the descriptor, priorities, and callers that
 * close ev_read.ev_fd themselves, before or after the bufferevent is freed.
 */
#include "sides.h"

TEST(setfd_stops_all_and_starts_nothing)
{
	struct side side;
	int fds[2], old;

	init_base();
	open_side(&side);
	old = fd_of(&side);
	make_pair(fds);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	fill(old);
	CHECK_INT(write_text(side.bev, "rest"), 0);
	CHECK_INT(turn(), 0);
	bufferevent_setfd(side.bev, fds[0]);
	CHECK_INT(side.bev->ev_read.ev_fd, fds[0]);
	CHECK_INT(side.bev->ev_write.ev_fd, fds[0]);
	CHECK_INT(reading(&side) | writing(&side), 0);
	CHECK_INT(side.bev->enabled, EV_READ | EV_WRITE);
	say(side.peer, "old");
	say(fds[1], "new");
	drain(side.peer);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads + side.writes + side.errors, 0);
	CHECK_STR(text_of(side.bev->output), "rest");
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(turn(), 0);
	CHECK_STR(text_of(side.bev->input), "new");
	CHECK_STR(heard(fds[1]), "rest");
	CHECK_INT(side.writes, 1);
	close(old);
	close(fds[1]);
	close_side(&side);
}

/* What was queued and not written yet waits for the next write on the new descriptor. */
TEST(setfd_takes_a_queued_write_along)
{
	struct side side;
	int fds[2], old;

	init_base();
	open_side(&side);
	old = fd_of(&side);
	make_pair(fds);
	CHECK_INT(write_text(side.bev, "one "), 0);
	bufferevent_setfd(side.bev, fds[0]);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "");
	CHECK_STR(heard(fds[1]), "");
	CHECK_INT(side.writes, 0);
	CHECK_INT(write_text(side.bev, "two"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "");
	CHECK_STR(heard(fds[1]), "one two");
	CHECK_INT(side.writes, 1);
	close(old);
	close(fds[1]);
	close_side(&side);
}

TEST(a_descriptor_given_later)
{
	struct side side;
	int fds[2];

	init_base();
	open_side_on(&side, -1, -1);
	CHECK_INT(write_text(side.bev, "early"), 0);
	make_pair(fds);
	bufferevent_setfd(side.bev, fds[0]);
	side.peer = fds[1];
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	say(side.peer, "in");
	CHECK_INT(turn(), 0);
	CHECK_STR(heard(side.peer), "early");
	CHECK_STR(text_of(side.bev->input), "in");
	CHECK_INT(side.errors, 0);
	close_side(&side);
}

TEST(output_without_a_descriptor_is_kept)
{
	struct side side;

	init_base();
	open_side_on(&side, -1, -1);
	CHECK_INT(write_text(side.bev, "early"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 0);
	CHECK_STR(text_of(side.bev->output), "early");
	bufferevent_free(side.bev);
}

TEST(setfd_keeps_the_base)
{
	struct event_base *base = event_base_new();
	struct side side;
	int fds[2];

	init_base();
	open_side(&side);
	make_pair(fds);
	CHECK_INT(bufferevent_base_set(base, side.bev), 0);
	close(fd_of(&side));
	bufferevent_setfd(side.bev, fds[0]);
	CHECK_PTR(side.bev->ev_base, base);
	CHECK_PTR(side.bev->ev_read.ev_base, base);
	CHECK_PTR(side.bev->ev_write.ev_base, base);
	close(side.peer);
	side.peer = fds[1];
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "x");
	turn();
	CHECK_INT(side.reads, 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	CHECK_INT(side.reads, 1);
	close_side(&side);
	event_base_free(base);
}

/* After an accept in the errorcb, say: the number is the same, the connection another. */
TEST(setfd_to_the_same_number)
{
	struct side side;
	int fds[2], fd;

	init_base();
	open_side(&side);
	fd = fd_of(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	close(side.peer);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	make_pair(fds);
	CHECK_INT(dup2(fds[0], fd), fd);
	close(fds[0]);
	side.peer = fds[1];
	bufferevent_setfd(side.bev, fd);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "x");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 1);
	CHECK_INT(side.errors, 1);
	close_side(&side);
}

static void
move_on(struct bufferevent *bev, short what, void *arg)
{
	struct side *side = arg;
	int fds[2];

	side_failed(bev, what, arg);
	if (side->errors > 3)
		return;
	make_pair(fds);
	close(bev->ev_read.ev_fd);
	bufferevent_setfd(bev, fds[0]);
	close(side->peer);
	side->peer = fds[1];
	say(side->peer, "x");
	CHECK_INT(shutdown(side->peer, SHUT_WR), 0);
	CHECK_INT(bufferevent_enable(bev, EV_READ), 0);
}

TEST(setfd_in_errorcb)
{
	struct side side;

	init_base();
	open_side(&side);
	side.bev->errorcb = move_on;
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(shutdown(side.peer, SHUT_WR), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 4);
	CHECK_INT(side.reads, 3);
	CHECK_STR(text_of(side.bev->input), "xxx");
	close_side(&side);
}

/* Priorities */

TEST_ONCE(priorities_are_the_base_s)
{
	struct event_base *base = init_base();
	struct side side;
	int fds[2];

	CHECK_INT(event_base_priority_init(base, 5), 0);
	open_side(&side);
	CHECK_INT(side.bev->ev_read.ev_pri, 2);
	CHECK_INT(side.bev->ev_write.ev_pri, 2);
	CHECK_INT(bufferevent_priority_set(side.bev, 4), 0);
	CHECK_INT(side.bev->ev_read.ev_pri, 4);
	CHECK_INT(side.bev->ev_write.ev_pri, 4);
	CHECK_INT(bufferevent_priority_set(side.bev, 5), -1);
	CHECK_INT(bufferevent_priority_set(side.bev, -1), -1);
	CHECK_INT(side.bev->ev_read.ev_pri, 4);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(bufferevent_priority_set(side.bev, 0), 0);
	CHECK_INT(side.bev->ev_read.ev_pri, 0);
	/* Back to the default with a new descriptor. */
	make_pair(fds);
	close(fd_of(&side));
	bufferevent_setfd(side.bev, fds[0]);
	CHECK_INT(side.bev->ev_read.ev_pri, 2);
	CHECK_INT(side.bev->ev_write.ev_pri, 2);
	close(fds[1]);
	close_side(&side);
}

TEST_ONCE(without_a_base_there_are_no_priorities)
{
	struct side side;

	open_side(&side);
	CHECK_INT(bufferevent_priority_set(side.bev, 0), -1);
	close_side(&side);
}

static void
trace_read(struct bufferevent *bev, void *name)
{
	(void)bev;
	trace(name);
}

/* Three that are ready at once: the lowest number is served first. */
static void
check_served(const int priorities[3], const char *want)
{
	static char *names[] = { "a", "b", "c" };
	struct side sides[3];
	int i;

	trace_reset();
	for (i = 0; i < 3; i++) {
		open_side(&sides[i]);
		bufferevent_setcb(sides[i].bev, trace_read, NULL, NULL, names[i]);
		CHECK_INT(bufferevent_priority_set(sides[i].bev, priorities[i]), 0);
		say(sides[i].peer, "x");
		CHECK_INT(bufferevent_enable(sides[i].bev, EV_READ), 0);
	}
	turn();
	CHECK_STR(traced(), want);
	for (i = 0; i < 3; i++)
		close_side(&sides[i]);
}

TEST(the_lowest_priority_reads_first)
{
	CHECK_INT(event_base_priority_init(init_base(), 3), 0);
	check_served((const int[]){ 2, 1, 0 }, "cba");
	check_served((const int[]){ 1, 0, 2 }, "bac");
	check_served((const int[]){ 2, 0, 1 }, "bca");
}

/* The usual ways to get rid of one. */

TEST(closed_after_it_was_freed)
{
	struct side side;
	int i, fd;

	init_base();
	for (i = 0; i < 3; i++) {
		open_side(&side);
		CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
		say(side.peer, "x");
		CHECK_INT(turn(), 0);
		CHECK_INT(side.reads, 1);
		fd = side.bev->ev_read.ev_fd;
		bufferevent_free(side.bev);
		CHECK_INT(close(fd), 0);
		close(side.peer);
	}
	CHECK_INT(event_dispatch(), 1);
}

/* The next connection gets the number while the old bufferevent is still there. */
TEST(closed_before_it_was_freed)
{
	struct side side, next;
	int fd;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	fd = side.bev->ev_read.ev_fd;
	CHECK_INT(close(fd), 0);
	open_side(&next);
	CHECK_INT(fd_of(&next), fd);
	CHECK_INT(bufferevent_enable(next.bev, EV_READ), 0);
	bufferevent_free(side.bev);
	close(side.peer);
	say(next.peer, "x");
	CHECK_INT(turn(), 0);
	CHECK_INT(next.reads, 1);
	CHECK_INT(write_text(next.bev, "y"), 0);
	CHECK_INT(turn(), 0);
	CHECK_STR(heard(next.peer), "y");
	close_side(&next);
}

TEST(closed_before_it_was_freed_with_output_waiting)
{
	struct side side, next;
	int fd;

	init_base();
	open_side(&side);
	fd = fd_of(&side);
	fill(fd);
	CHECK_INT(write_text(side.bev, "old"), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(write_text(side.bev, "er"), 0);
	CHECK_INT(close(fd), 0);
	bufferevent_free(side.bev);
	open_side(&next);
	CHECK_INT(fd_of(&next), fd);
	CHECK_INT(write_text(next.bev, "new"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(next.peer), "new");
	CHECK_INT(next.writes, 1);
	close(side.peer);
	close_side(&next);
}

/* Behaviour 195. */
static void
look_at_flags(struct bufferevent *bev, void *arg)
{
	side_read(bev, arg);
	CHECK_INT(bev->ev_read.ev_flags, EVLIST_INIT | EVLIST_INSERTED);
	CHECK_INT(bev->ev_read.ev_flags, 0x82);
	CHECK_INT(event_pending(&bev->ev_read, EV_READ | EV_TIMEOUT, NULL), EV_READ);
}

TEST(reading_is_registered_within_readcb)
{
	struct side side;

	init_base();
	open_side(&side);
	side.bev->readcb = look_at_flags;
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "x");
	CHECK_INT(turn(), 0);
	say(side.peer, "x");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 2);
	close_side(&side);
}
