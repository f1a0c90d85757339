/*
 * Proves behaviours 81 and 195: what a new bufferevent is, which base it belongs to, and how it
 * moves to another one.
 */
#include "sides.h"

static void
no_data(struct bufferevent *bev, void *arg)
{
	(void)bev;
	(void)arg;
	CHECK(0);
}

static void
no_error(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	(void)arg;
	CHECK(0);
}

static void
check_buffer_is_new(const struct evbuffer *buf)
{
	CHECK(buf != NULL);
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	CHECK_PTR(EVBUFFER_DATA(buf), NULL);
	CHECK(buf->cb == NULL);
	CHECK_PTR(buf->cbarg, NULL);
}

static void
check_event_is_new(const struct event *ev, const struct event_base *base, int fd)
{
	CHECK_INT(ev->ev_fd, fd);
	CHECK_PTR(ev->ev_base, base);
	CHECK_INT(ev->ev_flags, EVLIST_INIT);
	CHECK_INT(event_pending((struct event *)ev, ANY_EVENT, NULL), 0);
}

TEST_ONCE(a_new_one_has_the_documented_fields)
{
	struct event_base *base = init_base();
	struct bufferevent *bev;
	int fds[2], arg;

	make_pair(fds);
	bev = bufferevent_new(fds[0], no_data, no_data, no_error, &arg);
	CHECK(bev != NULL);
	CHECK_PTR(bev->ev_base, NULL);
	check_event_is_new(&bev->ev_read, base, fds[0]);
	check_event_is_new(&bev->ev_write, base, fds[0]);
	check_buffer_is_new(bev->input);
	check_buffer_is_new(bev->output);
	CHECK(bev->input != bev->output);
	CHECK_PTR(EVBUFFER_INPUT(bev), bev->input);
	CHECK_PTR(EVBUFFER_OUTPUT(bev), bev->output);
	CHECK_INT(bev->wm_read.low, 0);
	CHECK_INT(bev->wm_read.high, 0);
	CHECK_INT(bev->wm_write.low, 0);
	CHECK_INT(bev->wm_write.high, 0);
	CHECK_INT(bev->timeout_read, 0);
	CHECK_INT(bev->timeout_write, 0);
	CHECK_INT(bev->enabled, EV_WRITE);
	CHECK(bev->readcb == no_data);
	CHECK(bev->writecb == no_data);
	CHECK(bev->errorcb == no_error);
	CHECK_PTR(bev->cbarg, &arg);
	bufferevent_free(bev);
}

TEST(a_new_one_does_nothing_by_itself)
{
	struct side side;

	init_base();
	open_side(&side);
	say(side.peer, "hello");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads + side.writes + side.errors, 0);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->input), 0);
	CHECK_STR(heard(fd_of(&side)), "hello");
	close_side(&side);
}

TEST_ONCE(every_callback_may_be_missing)
{
	struct bufferevent *bev;
	int fds[2];

	init_base();
	make_pair(fds);
	bev = bufferevent_new(fds[0], NULL, NULL, NULL, NULL);
	CHECK(bev != NULL);
	CHECK(bev->readcb == NULL && bev->writecb == NULL && bev->errorcb == NULL);
	bufferevent_free(bev);
}

TEST_ONCE(a_descriptor_may_follow_later)
{
	struct bufferevent *bev;

	init_base();
	bev = bufferevent_new(-1, NULL, NULL, NULL, NULL);
	CHECK(bev != NULL);
	CHECK_INT(bev->ev_read.ev_fd, -1);
	CHECK_INT(bev->ev_write.ev_fd, -1);
	CHECK_INT(bev->enabled, EV_WRITE);
	bufferevent_free(bev);
}

/* The newest base of event_init; event_base_new makes no base current. */
TEST_ONCE(events_are_on_the_current_base)
{
	struct event_base *first = init_base();
	struct event_base *second = init_base();
	struct event_base *third = event_base_new();
	struct side side;

	open_side(&side);
	CHECK_PTR(side.bev->ev_base, NULL);
	CHECK_PTR(side.bev->ev_read.ev_base, second);
	CHECK_PTR(side.bev->ev_write.ev_base, second);
	close_side(&side);
	event_base_free(first);
	event_base_free(third);
}

TEST(without_a_current_base_it_waits_for_one)
{
	struct event_base *base = event_base_new();
	struct side side;

	open_side(&side);
	CHECK_PTR(side.bev->ev_read.ev_base, NULL);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), -1);
	CHECK_INT(side.bev->enabled, EV_WRITE);
	CHECK_INT(bufferevent_base_set(base, side.bev), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "out"), 0);
	say(side.peer, "in");
	CHECK_INT(event_base_loop(base, EVLOOP_NONBLOCK), 0);
	CHECK_STR(heard(side.peer), "out");
	CHECK_STR(text_of(side.bev->input), "in");
	CHECK_INT(side.reads, 1);
	CHECK_INT(side.writes, 1);
	close_side(&side);
	event_base_free(base);
}

TEST_ONCE(base_set_puts_it_on_a_base)
{
	struct event_base *base = event_base_new();
	struct event_base *other = init_base();
	struct side side;

	open_side(&side);
	CHECK_INT(bufferevent_base_set(base, side.bev), 0);
	CHECK_PTR(side.bev->ev_base, base);
	CHECK_PTR(side.bev->ev_read.ev_base, base);
	CHECK_PTR(side.bev->ev_write.ev_base, base);
	CHECK_INT(bufferevent_base_set(other, side.bev), 0);
	CHECK_PTR(side.bev->ev_base, other);
	CHECK_PTR(side.bev->ev_read.ev_base, other);
	CHECK_PTR(side.bev->ev_write.ev_base, other);
	CHECK_INT(side.bev->enabled, EV_WRITE);
	CHECK_INT(reading(&side) | writing(&side), 0);
	close_side(&side);
	event_base_free(base);
}

TEST(base_set_refuses_one_that_reads)
{
	struct event_base *base = init_base();
	struct event_base *other = event_base_new();
	struct side side;

	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(bufferevent_base_set(other, side.bev), -1);
	CHECK_PTR(side.bev->ev_read.ev_base, base);
	say(side.peer, "still here");
	turn();
	CHECK_STR(text_of(side.bev->input), "still here");
	CHECK_INT(bufferevent_disable(side.bev, EV_READ), 0);
	CHECK_INT(bufferevent_base_set(other, side.bev), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, ", there");
	turn();
	CHECK_STR(text_of(side.bev->input), "still here");
	event_base_loop(other, EVLOOP_NONBLOCK);
	CHECK_STR(text_of(side.bev->input), "still here, there");
	close_side(&side);
	event_base_free(other);
}

/* Output that is to be written belongs to a base as much as a pending event does. */
TEST(base_set_refuses_one_that_is_about_to_write)
{
	struct event_base *other = event_base_new();
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(write_text(side.bev, "one"), 0);
	CHECK_INT(bufferevent_base_set(other, side.bev), -1);
	turn();
	CHECK_STR(heard(side.peer), "one");
	CHECK_INT(bufferevent_base_set(other, side.bev), 0);
	CHECK_INT(write_text(side.bev, "two"), 0);
	CHECK_INT(turn(), 1);
	CHECK_STR(heard(side.peer), "");
	CHECK_INT(event_base_dispatch(other), 1);
	CHECK_STR(heard(side.peer), "two");
	close_side(&side);
	event_base_free(other);
}

TEST(base_set_takes_one_whose_write_was_taken_back)
{
	struct event_base *other = event_base_new();
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(write_text(side.bev, "late"), 0);
	CHECK_INT(bufferevent_disable(side.bev, EV_WRITE), 0);
	CHECK_INT(bufferevent_base_set(other, side.bev), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "");
	CHECK_INT(event_base_dispatch(other), 1);
	CHECK_STR(heard(side.peer), "late");
	close_side(&side);
	event_base_free(other);
}

/* Handed over to another base by its own callback, when reading has just stopped, too. */
static struct event_base *next_base;

static void
hand_over(struct bufferevent *bev, void *arg)
{
	side_read(bev, arg);
	if (bev->ev_read.ev_base == next_base)
		return;
	CHECK_INT(bufferevent_disable(bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(bufferevent_base_set(next_base, bev), 0);
	CHECK_INT(bufferevent_enable(bev, EV_READ | EV_WRITE), 0);
	evbuffer_drain(bev->input, 2);
}

static void
check_handed_over(size_t high)
{
	struct side side;

	open_side(&side);
	side.bev->readcb = hand_over;
	bufferevent_setwatermark(side.bev, EV_READ, 0, high);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "12");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	say(side.peer, "34");
	CHECK_INT(write_text(side.bev, "out"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	event_base_loop(next_base, EVLOOP_NONBLOCK);
	CHECK_INT(side.reads, 2);
	CHECK_STR(text_of(side.bev->input), "34");
	CHECK_STR(heard(side.peer), "out");
	close_side(&side);
}

TEST(handed_over_by_its_own_callback)
{
	init_base();
	next_base = event_base_new();
	check_handed_over(0);
	check_handed_over(2);
	event_base_free(next_base);
}

TEST(two_bases_serve_their_own)
{
	struct event_base *bases[2] = { event_base_new(), event_base_new() };
	struct side sides[2];
	int i;

	for (i = 0; i < 2; i++) {
		open_side(&sides[i]);
		CHECK_INT(bufferevent_base_set(bases[i], sides[i].bev), 0);
		CHECK_INT(bufferevent_enable(sides[i].bev, EV_READ), 0);
		CHECK_INT(write_text(sides[i].bev, i == 0 ? "zero" : "one"), 0);
		say(sides[i].peer, "in");
	}
	CHECK_INT(event_base_loop(bases[1], EVLOOP_NONBLOCK), 0);
	CHECK_STR(heard(sides[1].peer), "one");
	CHECK_STR(text_of(sides[1].bev->input), "in");
	CHECK_STR(heard(sides[0].peer), "");
	CHECK_STR(text_of(sides[0].bev->input), "");
	CHECK_INT(event_base_loop(bases[0], EVLOOP_NONBLOCK), 0);
	CHECK_STR(heard(sides[0].peer), "zero");
	CHECK_STR(text_of(sides[0].bev->input), "in");
	for (i = 0; i < 2; i++) {
		CHECK_INT(sides[i].reads, 1);
		CHECK_INT(sides[i].writes, 1);
		close_side(&sides[i]);
		event_base_free(bases[i]);
	}
}
