/*
 * Proves behaviour 88: writecb is called after each write that leaves no more than the low mark,
 * and for nothing else. Each drain of the output by a write is watched by the output's callback.
 */
#include "sides.h"

enum { LARGE = 600000 };

/* Counts the writes that ought to be followed by a call. */
struct tally {
	struct side side;
	int due;
	int written;	/* writes */
};

static void
count_drain(struct evbuffer *buf, size_t old, size_t now, void *arg)
{
	struct tally *tally = arg;

	CHECK_INT(EVBUFFER_LENGTH(buf), now);
	if (now < old) {
		tally->written++;
		if (now <= tally->side.bev->wm_write.low)
			tally->due++;
	}
}

static void
written_in_turn(struct bufferevent *bev, void *arg)
{
	struct tally *tally = arg;

	side_written(bev, &tally->side);
	CHECK(EVBUFFER_LENGTH(bev->output) <= bev->wm_write.low);
	CHECK_INT(tally->side.writes, tally->due);
}

/* Sends much through a small hole, the peer reading what there is between turns. */
static void
check_low_mark(size_t low)
{
	static char data[LARGE];
	struct tally tally = { 0 };
	int small = 1, total = 0;

	open_side(&tally.side);
	CHECK_INT(setsockopt(fd_of(&tally.side), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	bufferevent_setcb(tally.side.bev, NULL, written_in_turn, side_failed, &tally);
	bufferevent_setwatermark(tally.side.bev, EV_WRITE, low, 0);
	CHECK_INT(tally.side.bev->wm_write.low, low);
	evbuffer_setcb(tally.side.bev->output, count_drain, &tally);
	CHECK_INT(bufferevent_write(tally.side.bev, data, LARGE), 0);
	while (EVBUFFER_LENGTH(tally.side.bev->output) > 0) {
		turn();
		total += drain(tally.side.peer);
	}
	CHECK_INT(event_dispatch(), 1);
	total += drain(tally.side.peer);
	CHECK_INT(total, LARGE);
	CHECK(tally.written > 10);
	CHECK_INT(tally.side.writes, tally.due);
	CHECK_INT(tally.side.output, 0);
	if (low == 0)
		CHECK_INT(tally.due, 1);
	else
		CHECK(tally.due > 1);
	if (low >= LARGE)
		CHECK_INT(tally.due, tally.written);
	close_side(&tally.side);
}

TEST(called_when_all_has_gone)
{
	init_base();
	check_low_mark(0);
}

TEST(called_after_each_write_at_or_below_the_low_mark)
{
	init_base();
	check_low_mark(200000);
}

TEST(called_after_each_write_with_a_mark_above_all)
{
	init_base();
	check_low_mark(LARGE);
}

/* The mark counts what a write leaves, not what the user takes. */
TEST(not_called_when_the_user_drains)
{
	struct side side;

	init_base();
	open_side(&side);
	fill(fd_of(&side));
	bufferevent_setwatermark(side.bev, EV_WRITE, 2, 0);
	CHECK_INT(write_text(side.bev, "abcdef"), 0);
	CHECK_INT(turn(), 0);
	evbuffer_drain(side.bev->output, 5);
	CHECK_INT(turn(), 0);
	CHECK_INT(side.writes, 0);
	drain(side.peer);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_STR(heard(side.peer), "f");
	close_side(&side);
}

/* Nor does what is queued in other places matter: the low mark of reading, the high ones. */
TEST(other_marks_do_not_matter)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 100, 200);
	bufferevent_setwatermark(side.bev, EV_WRITE, 0, 2);
	CHECK_INT(write_text(side.bev, "more than the high mark"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_STR(heard(side.peer), "more than the high mark");
	close_side(&side);
}

static void
write_next(struct bufferevent *bev, void *arg)
{
	struct side *side = arg;

	side_written(bev, arg);
	if (side->writes < 5)
		CHECK_INT(write_text(bev, "next "), 0);
}

TEST(a_chain_of_writes)
{
	struct side side;

	init_base();
	open_side(&side);
	side.bev->writecb = write_next;
	CHECK_INT(write_text(side.bev, "first "), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 5);
	CHECK_STR(heard(side.peer), "first next next next next ");
	close_side(&side);
}

/* The same with output that was added while some was left. */
TEST(more_is_added_before_the_rest_has_gone)
{
	struct side side;
	int i;

	init_base();
	open_side(&side);
	fill(fd_of(&side));
	for (i = 0; i < 5; i++) {
		CHECK_INT(write_text(side.bev, "x"), 0);
		CHECK_INT(turn(), 0);
	}
	CHECK_INT(side.writes, 0);
	drain(side.peer);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_STR(heard(side.peer), "xxxxx");
	close_side(&side);
}

TEST(without_a_writecb_all_is_sent)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setcb(side.bev, side_read, NULL, side_failed, &side);
	CHECK_INT(write_text(side.bev, "quiet"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "quiet");
	close_side(&side);
}

static void
write_and_swap(struct bufferevent *bev, void *arg)
{
	struct side *sides = arg;

	sides[0].writes++;
	bufferevent_setcb(bev, side_read, side_written, side_failed, &sides[1]);
	CHECK_INT(write_text(bev, "more"), 0);
}

TEST(callbacks_are_changed_at_once)
{
	struct side sides[2];

	init_base();
	open_side(&sides[0]);
	sides[1] = sides[0];
	bufferevent_setcb(sides[0].bev, NULL, write_and_swap, NULL, sides);
	CHECK(sides[0].bev->writecb == write_and_swap);
	CHECK_PTR(sides[0].bev->cbarg, sides);
	CHECK(sides[0].bev->readcb == NULL && sides[0].bev->errorcb == NULL);
	CHECK_INT(bufferevent_enable(sides[0].bev, EV_READ), 0);
	CHECK_INT(write_text(sides[0].bev, "some "), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(sides[0].writes, 1);
	CHECK_INT(sides[1].writes, 1);
	CHECK_STR(heard(sides[0].peer), "some more");
	say(sides[0].peer, "x");
	CHECK_INT(turn(), 0);
	CHECK_INT(sides[1].reads, 1);
	CHECK_INT(shutdown(sides[0].peer, SHUT_WR), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(sides[1].errors, 1);
	close_side(&sides[0]);
}

static void
must_not_run(struct bufferevent *bev, void *arg)
{
	(void)bev;
	(void)arg;
	CHECK(0);
}

/* What counts is the callback of the moment when it is due. */
TEST(callbacks_changed_meanwhile_are_the_ones_called)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setcb(side.bev, must_not_run, must_not_run, NULL, NULL);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "out"), 0);
	say(side.peer, "in");
	bufferevent_setcb(side.bev, side_read, side_written, side_failed, &side);
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 1);
	CHECK_INT(side.writes, 1);
	close_side(&side);
}
