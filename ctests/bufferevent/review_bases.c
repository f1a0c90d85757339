/*
 * What becomes of queued work when bases go, or when programs change the base of an event: base
 * and bufferevent may end in either order, from inside any callback.
 */
#include "sides.h"

#include <evhub/event_ext.h>

static struct event_base *base;

static void
free_base(void)
{
	struct event_base *freed = base;

	base = NULL;
	if (freed != NULL)
		event_base_free(freed);
}

static void
free_base_on_change(struct evbuffer *buf, size_t old, size_t now, void *arg)
{
	(void)buf;
	(void)old;
	(void)now;
	(void)arg;
	free_base();
}

static void
run_and_end(struct side *side)
{
	event_base_loop(base, 0);
	CHECK_PTR(base, NULL);
	CHECK_INT(side->errors, 0);
	close_side(side);
}

TEST(freed_when_input_reaches_the_mark)
{
	struct side side;

	base = init_base();
	open_side(&side);
	bufferevent_settimeout(side.bev, 5, 5);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 3);
	evbuffer_setcb(side.bev->input, free_base_on_change, NULL);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "abcdef");
	run_and_end(&side);
}

static char large[1 << 20];

TEST(freed_when_a_part_of_the_output_has_gone)
{
	struct side side;

	base = init_base();
	open_side(&side);
	bufferevent_settimeout(side.bev, 5, 5);
	CHECK_INT(bufferevent_write(side.bev, large, sizeof(large)), 0);
	evbuffer_setcb(side.bev->output, free_base_on_change, NULL);
	run_and_end(&side);
}

/* The socket takes all of a turn, so that the rest is queued again. */
TEST(freed_when_a_turn_of_the_output_has_gone)
{
	struct side side;
	int room = 900000;

	base = init_base();
	open_side(&side);
	CHECK_INT(setsockopt(fd_of(&side), SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)), 0);
	CHECK_INT(bufferevent_write(side.bev, large, sizeof(large)), 0);
	evbuffer_setcb(side.bev->output, free_base_on_change, NULL);
	run_and_end(&side);
}

static void
free_base_and_write(struct bufferevent *bev, void *arg)
{
	side_read(bev, arg);
	free_base();
	CHECK_INT(write_text(bev, "to nobody"), 0);
}

TEST(freed_before_a_write_in_readcb)
{
	struct side side;

	base = init_base();
	open_side(&side);
	bufferevent_setcb(side.bev, free_base_and_write, NULL, side_failed, &side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "x");
	run_and_end(&side);
}

/* Whatever event_base_set says, neither base may lose count of what it has. */
TEST(the_event_goes_to_another_base_with_a_write_queued)
{
	struct event_base *first = init_base();
	struct event_base *second = event_base_new();
	struct side side;

	open_side(&side);
	CHECK_INT(write_text(side.bev, "x"), 0);
	event_base_set(second, &side.bev->ev_write);
	CHECK_INT(bufferevent_disable(side.bev, EV_WRITE), 0);
	CHECK_INT(event_base_loop(first, EVLOOP_NONBLOCK), 1);
	CHECK_INT(event_base_loop(second, EVLOOP_NONBLOCK), 1);
	close_side(&side);
	event_base_free(second);
	event_base_free(first);
}

static void
not_called(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	CHECK(!"called");
}

TEST(the_event_loses_its_base_with_a_write_queued)
{
	struct side side;

	base = event_base_new();
	open_side(&side);
	CHECK_INT(bufferevent_base_set(base, side.bev), 0);
	CHECK_INT(write_text(side.bev, "x"), 0);
	event_set(&side.bev->ev_write, fd_of(&side), EV_WRITE, not_called, NULL);
	close_side(&side);
	CHECK_INT(event_base_loop(base, EVLOOP_NONBLOCK), 1);
	free_base();
}

/* ev_read is the program's, and on no base; that is no reason to keep the output. */
TEST(only_the_read_event_loses_its_base)
{
	struct side side;
	int i;

	base = event_base_new();
	open_side(&side);
	CHECK_INT(bufferevent_base_set(base, side.bev), 0);
	fill(fd_of(&side));
	CHECK_INT(write_text(side.bev, "x"), 0);
	CHECK_INT(event_base_loop(base, EVLOOP_NONBLOCK), 0);
	event_set(&side.bev->ev_read, fd_of(&side), EV_READ, not_called, NULL);
	drain(side.peer);
	for (i = 0; i < 5 && EVBUFFER_LENGTH(side.bev->output) != 0; i++)
		event_base_loop(base, EVLOOP_ONCE);
	CHECK_STR(heard(side.peer), "x");
	close_side(&side);
	free_base();
}
