/*
 * The extensions that only look or write at once: getfd, getcb, flush. Flushing writes once, as
 * far as the descriptor takes it; callbacks come from the loop, later.
 */
#include "sides.h"
#include "shim.h"

#include <evhub/bufferevent_ext.h>

static int
flush(struct side *side)
{
	int calls = side->reads + side->writes + side->errors;
	int result = evhub_bufferevent_flush(side->bev, EV_READ | EV_WRITE, BEV_FLUSH);

	CHECK_INT(side->reads + side->writes + side->errors, calls);
	return result;
}

/* Looking */

TEST_ONCE(the_descriptor)
{
	struct side side;
	int fds[2];

	init_base();
	open_side(&side);
	CHECK_INT(evhub_bufferevent_getfd(side.bev), side.bev->ev_read.ev_fd);
	make_pair(fds);
	bufferevent_setfd(side.bev, fds[1]);
	CHECK_INT(evhub_bufferevent_getfd(side.bev), fds[1]);
	bufferevent_setfd(side.bev, -1);
	CHECK_INT(evhub_bufferevent_getfd(side.bev), -1);
	capture_log();
	CHECK_ERRNO(evhub_bufferevent_getfd(NULL), EINVAL);
	bufferevent_free(side.bev);
}

TEST_ONCE(the_callbacks)
{
	struct side side;
	evbuffercb readcb;
	evbuffercb writecb;
	everrorcb errorcb;
	void *arg;

	init_base();
	open_side(&side);
	evhub_bufferevent_getcb(side.bev, &readcb, &writecb, &errorcb, &arg);
	CHECK(readcb == side_read && writecb == side_written && errorcb == side_failed);
	CHECK_PTR(arg, &side);
	bufferevent_setcb(side.bev, NULL, side_read, NULL, side.bev);
	evhub_bufferevent_getcb(side.bev, &readcb, &writecb, &errorcb, &arg);
	CHECK(readcb == NULL && writecb == side_read && errorcb == NULL);
	CHECK_PTR(arg, side.bev);
	/* Each of them alone, or none. */
	evhub_bufferevent_getcb(side.bev, NULL, &writecb, NULL, NULL);
	CHECK(writecb == side_read);
	evhub_bufferevent_getcb(side.bev, NULL, NULL, NULL, NULL);
	capture_log();
	evhub_bufferevent_getcb(NULL, &readcb, &writecb, &errorcb, &arg);
	close_side(&side);
}

/* Flushing */

TEST(flushed_at_once)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(write_text(side.bev, "at once"), 0);
	CHECK_STR(heard(side.peer), "");
	CHECK_INT(flush(&side), 1);
	CHECK_STR(heard(side.peer), "at once");
	CHECK_INT(EVBUFFER_LENGTH(side.bev->output), 0);
	/* The callback comes from the loop, once, and nothing is sent again. */
	CHECK_INT(turn(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_INT(side.output, 0);
	CHECK_STR(heard(side.peer), "");
	close_side(&side);
}

/* Output that was added by hand is nothing the loop knows of: flushing tells it. */
TEST(flushed_after_adding_by_hand)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(evbuffer_add(side.bev->output, "by hand", 7), 0);
	CHECK_INT(flush(&side), 1);
	CHECK_STR(heard(side.peer), "by hand");
	CHECK_INT(turn(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_INT(side.output, 0);
	close_side(&side);
}

TEST(nothing_to_flush)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(flush(&side), 0);
	CHECK_INT(turn(), 1);
	CHECK_INT(side.writes, 0);
	close_side(&side);
}

/* The mode makes no difference; without EV_WRITE there is nothing to do. */
TEST_ONCE(directions_and_modes)
{
	static const enum bufferevent_flush_mode modes[] = { BEV_NORMAL, BEV_FLUSH, BEV_FINISHED };
	struct side side;
	size_t i;

	init_base();
	open_side(&side);
	for (i = 0; i < COUNT(modes); i++) {
		CHECK_INT(write_text(side.bev, "text"), 0);
		CHECK_INT(evhub_bufferevent_flush(side.bev, EV_READ, modes[i]), 0);
		CHECK_INT(evhub_bufferevent_flush(side.bev, 0, modes[i]), 0);
		CHECK_STR(heard(side.peer), "");
		CHECK_INT(evhub_bufferevent_flush(side.bev, EV_WRITE, modes[i]), 1);
		CHECK_STR(heard(side.peer), "text");
	}
	capture_log();
	CHECK_ERRNO(evhub_bufferevent_flush(NULL, EV_WRITE, BEV_FLUSH), EINVAL);
	close_side(&side);
}

TEST(a_full_descriptor_takes_nothing)
{
	struct side side;

	init_base();
	open_side(&side);
	fill(fd_of(&side));
	CHECK_INT(write_text(side.bev, "later"), 0);
	CHECK_INT(flush(&side), 0);
	CHECK_STR(text_of(side.bev->output), "later");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.writes, 0);
	drain(side.peer);
	CHECK_INT(turn(), 1);
	CHECK_STR(heard(side.peer), "later");
	CHECK_INT(side.writes, 1);
	CHECK_INT(side.errors, 0);
	close_side(&side);
}

/* A part goes at once, the rest through the loop, without a gap and without a repetition. */
TEST(a_part_is_flushed)
{
	static char block[1 << 20];
	static char got[sizeof(block)];
	struct side side;
	size_t length = 0;
	ssize_t n;
	size_t i;

	for (i = 0; i < sizeof(block); i++)
		block[i] = (char)(i + (i >> 8) + (i >> 16));
	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_write(side.bev, block, sizeof(block)), 0);
	CHECK_INT(flush(&side), 1);
	CHECK(EVBUFFER_LENGTH(side.bev->output) > 0);
	CHECK(EVBUFFER_LENGTH(side.bev->output) < sizeof(block));
	while (length < sizeof(block)) {
		n = read(side.peer, got + length, sizeof(got) - length);
		if (n > 0)
			length += (size_t)n;
		else
			CHECK(errno == EAGAIN || errno == EINTR);
		CHECK(turn() >= 0);
	}
	CHECK(memcmp(got, block, sizeof(block)) == 0);
	CHECK_INT(turn(), 1);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->output), 0);
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

TEST(a_peer_that_has_gone)
{
	struct side side;

	init_base();
	open_side(&side);
	close(side.peer);
	side.peer = -1;
	CHECK_INT(write_text(side.bev, "hello?"), 0);
	CHECK_ERRNO(flush(&side), EPIPE);
	CHECK_STR(text_of(side.bev->output), "hello?");
	/* The loop tells in its own way. */
	CHECK_INT(turn(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK_INT(side.error, EPIPE);
	close_side(&side);
}

TEST(a_descriptor_that_is_closed)
{
	struct side side;

	init_base();
	open_side_on(&side, closed_fd(), -1);
	CHECK_INT(write_text(side.bev, "hello?"), 0);
	CHECK_ERRNO(flush(&side), EBADF);
	CHECK_STR(text_of(side.bev->output), "hello?");
	bufferevent_free(side.bev);
}

/* Inside callbacks: an answer can leave before the round ends, as before a long calculation. */
static void
answer_at_once(struct bufferevent *bev, void *arg)
{
	struct side *side = arg;

	side->reads++;
	evbuffer_drain(bev->input, EVBUFFER_LENGTH(bev->input));
	CHECK_INT(write_text(bev, "answer"), 0);
	CHECK_INT(flush(side), 1);
	CHECK_STR(heard(side->peer), "answer");
	CHECK_INT(write_text(bev, "afterthought"), 0);
}

TEST(flushed_inside_a_callback)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setcb(side.bev, answer_at_once, side_written, side_failed, &side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "question");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 1);
	CHECK_STR(heard(side.peer), "afterthought");
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

/* Pipes are written to as sockets are. */
TEST(a_pipe_is_flushed)
{
	struct side side;
	int fds[2];

	init_base();
	make_pipe(fds);
	open_side_on(&side, fds[1], fds[0]);
	CHECK_INT(write_text(side.bev, "through a pipe"), 0);
	CHECK_INT(flush(&side), 1);
	CHECK_STR(heard(side.peer), "through a pipe");
	CHECK_INT(turn(), 1);
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

/* The buffer's own callback is told, with exact lengths. */
static size_t told[4][2];
static int told_count;

static void
told_output(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	(void)buf;
	(void)arg;
	CHECK(told_count < 4);
	told[told_count][0] = old_length;
	told[told_count++][1] = new_length;
}

TEST_ENV(the_buffer_s_callback_is_told_of_a_flush, "SHIM=fault")
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(write_text(side.bev, "0123456789"), 0);
	evbuffer_setcb(side.bev->output, told_output, NULL);
	fault_set("send=SHORT4");
	CHECK_INT(flush(&side), 1);
	CHECK_INT(fault_calls("send"), 1);
	fault_set("");
	CHECK_INT(told_count, 1);
	CHECK_INT(told[0][0], 10);
	CHECK_INT(told[0][1], 6);
	CHECK_INT(turn(), 1);
	CHECK_INT(told_count, 2);
	CHECK_INT(told[1][0], 6);
	CHECK_INT(told[1][1], 0);
	CHECK_STR(heard(side.peer), "0123456789");
	close_side(&side);
}

/* Interrupted or not ready: nothing was written, and that is no error. */
TEST_ENV(an_interrupted_flush, "SHIM=fault")
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(write_text(side.bev, "text"), 0);
	fault_set("send=EINTR@1");
	CHECK_INT(flush(&side), 0);
	fault_set("send=EAGAIN@1");
	CHECK_INT(flush(&side), 0);
	fault_set("send=EIO@1");
	CHECK_ERRNO(flush(&side), EIO);
	fault_set("");
	CHECK_STR(text_of(side.bev->output), "text");
	CHECK_INT(turn(), 1);
	CHECK_STR(heard(side.peer), "text");
	CHECK_INT(side.errors, 0);
	CHECK_INT(side.writes, 1);
	close_side(&side);
}
