/*
 * When output goes out, when the program hears of it, and when neither may be: writing that is
 * disabled, descriptors that are full or have changed, events that the program has taken over.
 */
#include "connect.h"

static char large[1 << 20];

/* A side whose descriptor takes nothing, with its write event as good as fired. */
static void
empty_peer(struct side *side)
{
	CHECK(drain(side->peer) > 0);
}

static void
disable_on_change(struct evbuffer *buf, size_t old, size_t now, void *arg)
{
	(void)buf;
	(void)old;
	(void)now;
	CHECK_INT(bufferevent_disable(arg, EV_WRITE), 0);
}

/* The descriptor takes a whole turn and more; but no more is asked of it. */
TEST(a_callback_of_the_output_stops_writing_after_a_turn)
{
	struct side side;
	int room = 900000;
	size_t left;

	init_base();
	open_side(&side);
	CHECK_INT(setsockopt(fd_of(&side), SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)), 0);
	evbuffer_setcb(side.bev->output, disable_on_change, side.bev);
	CHECK_INT(evbuffer_add(side.bev->output, large, 600000), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	turn();
	left = EVBUFFER_LENGTH(side.bev->output);
	CHECK(left > 0 && left < 600000);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->output), left);
	CHECK_INT(writing(&side), 0);
	close_side(&side);
}

struct change {
	struct side *side;
	struct event event;
	void (*run)(struct side *side);
};

static void
change_cb(int fd, short what, void *arg)
{
	struct change *change = arg;

	(void)fd;
	(void)what;
	change->run(change->side);
}

/* In one round ev_write fires, and then (timers come after descriptors) the change is made. */
static void
change_in_the_round(struct side *side, void (*run)(struct side *side))
{
	struct change change = { .side = side, .run = run };

	fill(fd_of(side));
	CHECK_INT(write_text(side->bev, "x"), 0);
	turn();
	CHECK(writing(side) != 0);
	empty_peer(side);
	evtimer_set(&change.event, change_cb, &change);
	CHECK_INT(add_ms(&change.event, 0), 0);
	turn();
	turn();
}

/* A first look at a full descriptor: writecb waits until it takes something. */
static void
check_first_look(struct side *side)
{
	side->writes = 0;
	evbuffer_drain(side->bev->output, (size_t)-1);
	fill(fd_of(side));
	CHECK_INT(bufferevent_enable(side->bev, EV_WRITE), 0);
	turn();
	turn();
	CHECK_INT(side->writes, 0);
	empty_peer(side);
	turn();
	CHECK_INT(side->writes, 1);
}

static void
change_nothing(struct side *side)
{
	(void)side;
}

static void
disable_writing(struct side *side)
{
	CHECK_INT(bufferevent_disable(side->bev, EV_WRITE), 0);
}

TEST(a_look_after_a_write_waits)
{
	struct side side;

	init_base();
	open_side(&side);
	change_in_the_round(&side, change_nothing);
	CHECK_INT(side.writes, 1);
	check_first_look(&side);
	close_side(&side);
}

TEST(a_look_after_disabling_waits)
{
	struct side side;

	init_base();
	open_side(&side);
	change_in_the_round(&side, disable_writing);
	CHECK_INT(side.writes, 0);
	check_first_look(&side);
	close_side(&side);
}

static int other[2];

static void
change_descriptor(struct side *side)
{
	bufferevent_setfd(side->bev, other[0]);
}

TEST(a_look_at_another_descriptor_waits)
{
	struct side side;
	int old, peer;

	init_base();
	open_side(&side);
	old = fd_of(&side);
	peer = side.peer;
	make_pair(other);
	change_in_the_round(&side, change_descriptor);
	side.peer = other[1];
	check_first_look(&side);
	close(old);
	close(peer);
	close_side(&side);
}

struct taken {
	int calls;
	struct bufferevent *bev;
};

static void
own_write(int fd, short what, void *arg)
{
	struct taken *taken = arg;

	(void)fd;
	(void)what;
	taken->calls++;
	evbuffer_drain(taken->bev->output, (size_t)-1);
}

/* What was queued when the program put its own callback there is the program's to write. */
TEST(a_queued_write_is_handed_to_who_has_taken_over)
{
	struct taken taken = { 0, NULL };
	struct side side;

	init_base();
	open_side(&side);
	taken.bev = side.bev;
	CHECK_INT(write_text(side.bev, "plain"), 0);
	event_set(&side.bev->ev_write, fd_of(&side), EV_WRITE, own_write, &taken);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(taken.calls, 1);
	CHECK_STR(heard(side.peer), "");
	close_side(&side);
}

TEST(flush_writes_nothing_for_who_has_taken_over)
{
	struct taken taken = { 0, NULL };
	struct side side;

	init_base();
	open_side(&side);
	taken.bev = side.bev;
	event_set(&side.bev->ev_write, fd_of(&side), EV_WRITE, own_write, &taken);
	CHECK_INT(write_text(side.bev, "plain"), 0);
	CHECK_INT(evhub_bufferevent_flush(side.bev, EV_WRITE, BEV_NORMAL), 0);
	CHECK_STR(heard(side.peer), "");
	CHECK_STR(text_of(side.bev->output), "plain");
	close_side(&side);
}

/* Nothing was queued before: what there is to say of it the loop says. */
TEST(flush_of_bytes_that_nobody_queued_is_told_by_the_loop)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(evbuffer_add(side.bev->output, "abc", 3), 0);
	CHECK_INT(evhub_bufferevent_flush(side.bev, EV_WRITE, BEV_NORMAL), 1);
	CHECK_STR(heard(side.peer), "abc");
	CHECK_INT(side.writes, 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

static void
break_loop(struct bufferevent *bev, void *arg)
{
	side_written(bev, arg);
	CHECK_INT(event_loopbreak(), 0);
}

/* As with events: what has not had its turn has it when the loop runs again. */
TEST(a_break_in_a_writecb_leaves_the_others_queued)
{
	struct side first, second;

	init_base();
	open_side(&first);
	open_side(&second);
	bufferevent_setcb(first.bev, side_read, break_loop, side_failed, &first);
	CHECK_INT(write_text(first.bev, "one"), 0);
	CHECK_INT(write_text(second.bev, "two"), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_STR(heard(first.peer), "one");
	CHECK_STR(heard(second.peer), "");
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(second.peer), "two");
	close_side(&first);
	close_side(&second);
}

static void
be_slow(struct bufferevent *bev, void *arg)
{
	side_written(bev, arg);
	sleep_ms(300);
}

/* A slow writecb makes no timeout early that is set after it in the same round. */
TEST(timeouts_after_a_slow_writecb_are_not_early)
{
	struct side slow, full;
	int64_t start;

	init_base();
	open_side(&slow);
	open_side(&full);
	fill(fd_of(&full));
	bufferevent_setcb(slow.bev, side_read, be_slow, side_failed, &slow);
	bufferevent_settimeout(full.bev, 0, 1);
	CHECK_INT(write_text(slow.bev, "x"), 0);
	CHECK_INT(write_text(full.bev, "x"), 0);
	turn();
	CHECK_INT(slow.writes, 1);
	start = now_ns();
	CHECK(writing(&full) != 0);
	while (full.errors == 0)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(full.what, EVBUFFER_WRITE | EVBUFFER_TIMEOUT);
	CHECK(now_ns() - start > 950 * 1000000LL);
	close_side(&slow);
	close_side(&full);
}

static void
enable_again(struct side *side)
{
	CHECK_INT(side->errors, 0);
	bufferevent_settimeout(side->bev, 0, 0);
	CHECK_INT(bufferevent_enable(side->bev, EV_WRITE), 0);
}

/* Both timers are due in one round, and the first adds the other's event again. */
TEST(nothing_is_pending_when_a_timeout_of_writing_is_told)
{
	struct timeval second = { 1, 0 };
	struct side side;
	struct change change = { .side = &side, .run = enable_again };

	init_base();
	open_side(&side);
	fill(fd_of(&side));
	bufferevent_settimeout(side.bev, 0, 1);
	evtimer_set(&change.event, change_cb, &change);
	CHECK_INT(evtimer_add(&change.event, &second), 0);
	CHECK_INT(write_text(side.bev, "x"), 0);
	turn();
	sleep_ms(1050);
	turn();
	if (side.errors != 0)
		CHECK_INT(writing(&side), 0);
	close_side(&side);
}
