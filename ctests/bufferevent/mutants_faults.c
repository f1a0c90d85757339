/*
 * Calls that fail or do nothing at the worst moment: what is told, once, and what is not asked of
 * the system in vain.
 */
#include "faults.h"

#include <netinet/in.h>

#include <evhub/bufferevent_ext.h>

#define SHIM "SHIM=fault"

static char large[1 << 20];

/* There was something, though it could not be read: a sign of life all the same. */
TEST_ENV(a_read_of_nothing_starts_the_timeout_anew, SHIM)
{
	struct side side;
	int64_t start;

	init_base();
	open_side(&side);
	bufferevent_settimeout(side.bev, 1, 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	sleep_ms(300);
	start = now_ns();
	say(side.peer, "x");
	fault_reads("EAGAIN");
	event_loop(EVLOOP_NONBLOCK | EVLOOP_ONCE);
	fault_set("");
	CHECK_INT(side.reads + side.errors, 0);
	CHECK_STR(heard(fd_of(&side)), "x");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_TIMEOUT);
	CHECK(now_ns() - start > 950 * 1000000LL);
	close_side(&side);
}

/* It is known that the descriptor takes nothing: more output is no reason to ask again. */
TEST_ENV(more_output_for_a_full_descriptor_waits, SHIM)
{
	struct side side;
	long calls;

	init_base();
	open_side(&side);
	fill(fd_of(&side));
	CHECK_INT(write_text(side.bev, "one "), 0);
	turn();
	CHECK(writing(&side) != 0);
	calls = write_calls();
	CHECK_INT(write_text(side.bev, "two "), 0);
	turn();
	turn();
	CHECK_INT(write_calls() - calls, 0);
	CHECK(drain(side.peer) > 0);
	CHECK_INT(turn(), 1);
	CHECK_STR(heard(side.peer), "one two ");
	close_side(&side);
}

/* A descriptor that takes 0 bytes has ended; a moment ago it was waited for. */
TEST_ENV(nothing_is_pending_when_the_end_of_writing_is_told, SHIM)
{
	struct side side;

	init_base();
	open_side(&side);
	fill(fd_of(&side));
	CHECK_INT(write_text(side.bev, "x"), 0);
	turn();
	CHECK(writing(&side) != 0);
	CHECK(drain(side.peer) > 0);
	fault_writes("NOTHING");
	turn();
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_EOF);
	CHECK_INT(writing(&side), 0);
	fault_set("");
	close_side(&side);
}

TEST_ENV(flush_that_wrote_nothing_says_so, SHIM)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(write_text(side.bev, "x"), 0);
	fault_writes("NOTHING");
	CHECK_INT(evhub_bufferevent_flush(side.bev, EV_WRITE, BEV_NORMAL), 0);
	fault_set("");
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "x");
	CHECK_INT(side.errors, 0);
	close_side(&side);
}

/* A part has gone, and for the rest the descriptor cannot be watched. */
TEST_ONCE_ENV(waiting_for_the_rest_of_the_output_fails, SHIM)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_write(side.bev, large, sizeof(large)), 0);
	fault_set("epoll_ctl=ENOMEM");
	turn();
	fault_set("");
	CHECK(EVBUFFER_LENGTH(side.bev->output) < sizeof(large));
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK_INT(side.error, ENOMEM);
	CHECK_INT(writing(&side), 0);
	close_side(&side);
}

/* Only the error is to be heard of in that round, and a loop for one callback ends with it. */
TEST_ONCE_ENV(waiting_fails_in_a_loop_for_one_callback, SHIM)
{
	struct side side;
	struct event forever;

	init_base();
	open_side(&side);
	fill(fd_of(&side));
	event_set(&forever, fd_of(&side), EV_READ, note_cb, NULL);
	CHECK_INT(event_add(&forever, NULL), 0);
	CHECK_INT(write_text(side.bev, "x"), 0);
	fault_set("epoll_ctl=ENOMEM");
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	fault_set("");
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.error, ENOMEM);
	CHECK_INT(event_del(&forever), 0);
	close_side(&side);
}

/* The kernel goes on connecting when a signal has interrupted the call. */
TEST_ENV(an_interrupted_connect_is_under_way, SHIM)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct side side;

	init_base();
	open_side_on(&side, -1, -1);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fault_set("connect=EINTR");
	CHECK_INT(evhub_bufferevent_socket_connect(side.bev, (struct sockaddr *)&in, sizeof(in)),
	    0);
	fault_set("");
	CHECK(writing(&side) != 0);
	CHECK_INT(side.errors, 0);
	bufferevent_free(side.bev);
}
