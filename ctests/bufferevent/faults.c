/*
 * Reads and writes that fail: interrupted or not ready after all, they are made again in silence;
 * any other error is told once, with its number, and nothing is lost that was queued or read
 * before (behaviours 86, 87; F1, F2, F5).
 */
#include "faults.h"

static const struct {
	const char *name;
	int number;
} errors[] = {
	{ "ECONNRESET", ECONNRESET }, { "EIO", EIO }, { "ENOBUFS", ENOBUFS }, { "ENOMEM", ENOMEM },
	{ "EPIPE", EPIPE },
};

/* Silence */

static void
reading_goes_on(const char *how)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	tell(side.peer, "all of it");
	fault_reads(how);
	CHECK_INT(turn(), 0);
	CHECK_INT(side.errors, 0);
	CHECK_INT(side.reads, 1);
	CHECK_STR(text_of(side.bev->input), "all of it");
	/* No spin: the one that failed, the one that made up for it, perhaps a look for more. */
	CHECK(read_calls() <= 3);
	if (!method_is("kqueue"))
		CHECK(wait_calls() <= 4);
	close_side(&side);
}

TEST_ENV(a_read_that_is_interrupted, "SHIM=fault")
{
	reading_goes_on("EINTR@1");
}

TEST_ENV(a_read_that_is_not_ready_after_all, "SHIM=fault")
{
	reading_goes_on("EAGAIN@1");
}

static void
writing_goes_on(const char *how)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(write_text(side.bev, "all of it"), 0);
	fault_writes(how);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 0);
	CHECK_INT(side.writes, 1);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->output), 0);
	CHECK_INT(write_calls(), 2);
	if (!method_is("kqueue"))
		CHECK(wait_calls() <= 3);
	expect_told(side.peer, "all of it");
	close_side(&side);
}

TEST_ENV(a_write_that_is_interrupted, "SHIM=fault")
{
	writing_goes_on("EINTR@1");
}

TEST_ENV(a_write_that_is_not_ready_after_all, "SHIM=fault")
{
	writing_goes_on("EAGAIN@1");
}

TEST_ENV(a_write_that_is_in_progress, "SHIM=fault")
{
	writing_goes_on("EINPROGRESS@1");
}

/* Every third call fails so, in both directions: each message still comes, in bounded effort. */
static void
each_third(const char *how, int connection(int fds[2]))
{
	enum { MESSAGES = 60 };
	struct side side;
	char rules[300];
	int fds[2];
	int i;

	init_base();
	connection(fds);
	open_side_on(&side, fds[0], fds[1]);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	snprintf(rules, sizeof(rules), "readv=%s%%3,read=%s%%3,recv=%s%%3,send=%s%%3,write=%s%%3",
	    how, how, how, how, how);
	fault_set(rules);
	for (i = 0; i < MESSAGES; i++) {
		tell(side.peer, "question");
		while (EVBUFFER_LENGTH(side.bev->input) < 8)
			CHECK_INT(event_loop(EVLOOP_ONCE), 0);
		evbuffer_drain(side.bev->input, 8);
		CHECK_INT(write_text(side.bev, "answer"), 0);
		CHECK_INT(turn(), 0);
		expect_told(side.peer, "answer");
	}
	CHECK_INT(side.errors, 0);
	CHECK_INT(side.reads, MESSAGES);
	CHECK_INT(side.writes, MESSAGES);
	CHECK(write_failures() >= MESSAGES / 3);
	CHECK(read_calls() <= 2 * MESSAGES);
	CHECK(write_calls() <= 2 * MESSAGES);
	if (!method_is("kqueue") && !in_storm())
		CHECK(wait_calls() <= 8 * MESSAGES);
	close_side(&side);
}

static int
pair(int fds[2])
{
	make_pair(fds);
	return 0;
}

static int
tcp(int fds[2])
{
	make_tcp_pair(fds);
	return 0;
}

TEST_ENV(each_third_call_is_not_ready_after_all, "SHIM=fault")
{
	each_third("EAGAIN", pair);
}

TEST_ENV(each_third_call_is_interrupted, "SHIM=fault")
{
	each_third("EINTR", pair);
}

TEST_ENV(each_third_call_over_tcp_is_not_ready_after_all, "SHIM=fault")
{
	each_third("EAGAIN", tcp);
}

/* Errors */

/* Told once; what was read before stays, and enabling again goes on where it stopped. */
static void
read_error(const char *name, int number)
{
	struct side side;
	char rule[32];

	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	tell(side.peer, "before ");
	CHECK_INT(turn(), 0);
	tell(side.peer, "after");
	snprintf(rule, sizeof(rule), "%s@1", name);
	fault_reads(rule);
	CHECK_INT(turn(), 1);
	CHECK_INT(turn(), 1);
	CHECK_INT(read_calls(), 1);
	fault_set("");
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_ERROR);
	CHECK_INT(side.error, number);
	CHECK_INT(side.reads, 1);
	CHECK_INT(side.bev->enabled, EV_READ | EV_WRITE);
	CHECK_INT(reading(&side), 0);
	CHECK_STR(text_of(side.bev->input), "before ");
	/* The other direction does not mind. */
	CHECK_INT(write_text(side.bev, "answer"), 0);
	CHECK_INT(turn(), 1);
	expect_told(side.peer, "answer");
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(side.errors, 1);
	CHECK_STR(text_of(side.bev->input), "before after");
	close_side(&side);
}

TEST_ENV(a_read_that_fails, "SHIM=fault")
{
	size_t i;

	init_base();
	for (i = 0; i < COUNT(errors); i++)
		read_error(errors[i].name, errors[i].number);
}

/* Told once; the output stays, and goes out when it is asked for again. */
static void
write_error(const char *name, int number)
{
	struct side side;
	char rule[32];

	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "first "), 0);
	snprintf(rule, sizeof(rule), "%s@1", name);
	fault_writes(rule);
	CHECK_INT(turn(), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(write_calls(), 1);
	fault_set("");
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK_INT(side.error, number);
	CHECK_INT(side.writes, 0);
	CHECK_INT(side.bev->enabled, EV_READ | EV_WRITE);
	CHECK_INT(writing(&side), 0);
	CHECK_STR(text_of(side.bev->output), "first ");
	/* The other direction does not mind. */
	tell(side.peer, "news");
	CHECK_INT(turn(), 0);
	CHECK_STR(text_of(side.bev->input), "news");
	CHECK_INT(write_text(side.bev, "second"), 0);
	CHECK_INT(turn(), 0);
	expect_told(side.peer, "first second");
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

TEST_ENV(a_write_that_fails, "SHIM=fault")
{
	size_t i;

	init_base();
	for (i = 0; i < COUNT(errors); i++)
		write_error(errors[i].name, errors[i].number);
}

/* Half of it went out before the error: that half is not sent again. */
TEST_ENV(a_write_that_fails_in_the_middle, "SHIM=fault")
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(write_text(side.bev, "0123456789"), 0);
	fault_writes("SHORT4@1");
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	if (EVBUFFER_LENGTH(side.bev->output) == 10)
		CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_STR(text_of(side.bev->output), "456789");
	fault_writes("EIO@1");
	CHECK_INT(turn(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.error, EIO);
	CHECK_STR(text_of(side.bev->output), "456789");
	fault_set("");
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(turn(), 1);
	expect_told(side.peer, "0123456789");
	close_side(&side);
}

/* Without an error callback nobody is called, and nothing is tried again and again. */
TEST_ENV(errors_without_a_callback, "SHIM=fault")
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setcb(side.bev, side_read, side_written, NULL, &side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "answer"), 0);
	tell(side.peer, "question");
	fault_set("read=EIO,readv=EIO,recv=EIO,recvmsg=EIO,write=EIO,writev=EIO,send=EIO,"
		  "sendmsg=EIO");
	CHECK_INT(turn(), 1);
	CHECK_INT(read_calls(), 1);
	CHECK_INT(write_calls(), 1);
	CHECK_INT(side.reads + side.writes, 0);
	close_side(&side);
}

/* Registrations */

/* The kernel has no room for another descriptor: enabling says so and changes nothing. */
TEST_ENV(a_registration_that_the_kernel_refuses, "SHIM=fault")
{
	struct side side;

	init_base();
	if (!method_is("epoll"))
		SKIP("only epoll asks the kernel at once");
	open_side(&side);
	fault_set("epoll_ctl=ENOSPC");
	CHECK_ERRNO(bufferevent_enable(side.bev, EV_READ), ENOSPC);
	fault_set("");
	CHECK_INT(side.bev->enabled, EV_WRITE);
	CHECK_INT(reading(&side), 0);
	CHECK_INT(turn(), 1);
	CHECK_INT(side.errors, 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	tell(side.peer, "news");
	CHECK_INT(turn(), 0);
	CHECK_STR(text_of(side.bev->input), "news");
	close_side(&side);
}

/* A full socket is to be waited for, but cannot be: an error of writing. */
TEST_ENV(waiting_for_room_that_the_kernel_refuses, "SHIM=fault")
{
	struct side side;

	init_base();
	if (!method_is("epoll"))
		SKIP("only epoll asks the kernel at once");
	open_side(&side);
	fill(fd_of(&side));
	CHECK_INT(write_text(side.bev, "later"), 0);
	fault_set("epoll_ctl=ENOMEM");
	CHECK_INT(turn(), 1);
	fault_set("");
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK_INT(side.error, ENOMEM);
	CHECK_STR(text_of(side.bev->output), "later");
	drain(side.peer);
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(turn(), 1);
	expect_told(side.peer, "later");
	CHECK_INT(side.errors, 1);
	close_side(&side);
}

/* Reading was stopped by the high mark and cannot be started again: an error of reading. */
TEST_ENV(starting_again_that_the_kernel_refuses, "SHIM=fault")
{
	struct side side;
	char text[8];

	init_base();
	if (!method_is("epoll"))
		SKIP("only epoll asks the kernel at once");
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 4);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	tell(side.peer, "12345678");
	turn();
	CHECK_STR(text_of(side.bev->input), "1234");
	fault_set("epoll_ctl=ENOMEM");
	CHECK_INT(bufferevent_read(side.bev, text, 4), 4);
	turn();
	fault_set("");
	turn();
	/* Either it was told, or it was tried again: it must not be silent for ever. */
	if (side.errors > 0) {
		CHECK_INT(side.errors, 1);
		CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_ERROR);
		CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
		turn();
	}
	CHECK_STR(text_of(side.bev->input), "5678");
	close_side(&side);
}
