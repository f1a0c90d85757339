/*
 * Connecting: what was asked for before it, what is registered while it is under way, and what is
 * told when it has ended.
 */
#include "connect.h"

static int listener;
static struct address address;

/* Connects the side, and takes the other end of that. */
static void
connect_side(struct side *side)
{
	CHECK_INT(connect_to(side, &address), 0);
	wait_for_result(side, 1);
	CHECK_INT(side->what, BEV_EVENT_CONNECTED);
	accept_peer(side, listener);
}

static void
open_with_socket(struct side *side)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	CHECK(fd != -1);
	open_side_on(side, fd, -1);
}

static void
end(struct side *side)
{
	close_side(side);
	close(listener);
}

TEST(reading_that_was_disabled_again_does_not_start)
{
	struct side side;

	init_base();
	listener = listen_on_tcp(&address, 5);
	open_unconnected(&side);
	CHECK_ERRNO(bufferevent_enable(side.bev, EV_READ), EBADF);
	CHECK_INT(bufferevent_disable(side.bev, EV_READ), 0);
	connect_side(&side);
	CHECK_INT(reading(&side), 0);
	end(&side);
}

TEST(reading_asked_for_before_another_descriptor_does_not_start)
{
	struct side side;

	init_base();
	listener = listen_on_tcp(&address, 5);
	open_unconnected(&side);
	CHECK_ERRNO(bufferevent_enable(side.bev, EV_READ), EBADF);
	bufferevent_setfd(side.bev, -1);
	connect_side(&side);
	CHECK_INT(reading(&side), 0);
	end(&side);
}

TEST(the_second_call_is_an_error)
{
	struct side side;

	init_base();
	listener = listen_on_tcp(&address, 5);
	open_unconnected(&side);
	CHECK_INT(connect_to(&side, &address), 0);
	CHECK_ERRNO(connect_to(&side, &address), EALREADY);
	wait_for_result(&side, 1);
	CHECK_INT(side.what, BEV_EVENT_CONNECTED);
	end(&side);
}

TEST(flush_waits_for_the_connection)
{
	struct side side;

	init_base();
	listener = listen_on_tcp(&address, 5);
	open_unconnected(&side);
	CHECK_INT(connect_to(&side, &address), 0);
	CHECK_INT(write_text(side.bev, "early"), 0);
	CHECK_INT(evhub_bufferevent_flush(side.bev, EV_WRITE, BEV_FLUSH), 0);
	CHECK_STR(text_of(side.bev->output), "early");
	wait_for_result(&side, 1);
	accept_peer(&side, listener);
	CHECK_INT(turn(), 1);
	CHECK_STR(heard(side.peer), "early");
	end(&side);
}

/* Its events are of the connection alone, with the time limit of writing. */
TEST(a_given_descriptor_is_not_read_while_connecting)
{
	struct side side;

	init_base();
	listener = listen_on_tcp(&address, 5);
	open_with_socket(&side);
	bufferevent_settimeout(side.bev, 0, 5);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(connect_to(&side, &address), 0);
	CHECK_INT(reading(&side), 0);
	CHECK_INT(writing(&side), EV_WRITE | EV_TIMEOUT);
	wait_for_result(&side, 1);
	CHECK_INT(side.what, BEV_EVENT_CONNECTED);
	CHECK(reading(&side) != 0);
	accept_peer(&side, listener);
	check_connected(&side);
	end(&side);
}

/* The input sinks below its mark while nothing may be read yet. */
TEST(reading_goes_on_only_when_connected)
{
	struct side side;

	init_base();
	listener = listen_on_tcp(&address, 5);
	open_with_socket(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 3);
	CHECK_INT(evbuffer_add(side.bev->input, "abc", 3), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(connect_to(&side, &address), 0);
	evbuffer_drain(side.bev->input, 3);
	CHECK_INT(reading(&side), 0);
	wait_for_result(&side, 1);
	CHECK(reading(&side) != 0);
	accept_peer(&side, listener);
	end(&side);
}

TEST(the_priority_stays)
{
	struct side side;

	init_base();
	CHECK_INT(event_priority_init(3), 0);
	listener = listen_on_tcp(&address, 5);
	open_unconnected(&side);
	CHECK_INT(bufferevent_priority_set(side.bev, 2), 0);
	CHECK_INT(connect_to(&side, &address), 0);
	CHECK_INT(side.bev->ev_read.ev_pri, 2);
	CHECK_INT(side.bev->ev_write.ev_pri, 2);
	end(&side);
}

/* Nothing was written: writecb has nothing to tell. */
TEST(a_connection_alone_is_no_write)
{
	struct side side;

	init_base();
	listener = listen_on_tcp(&address, 5);
	open_unconnected(&side);
	connect_side(&side);
	turn();
	turn();
	CHECK_INT(side.writes, 0);
	CHECK_INT(writing(&side), 0);
	end(&side);
}
