/*
 * Proves how connections end over TCP: half-closed by either end in either order (data before
 * the end is delivered, the answer is still sent), and by resets (one report a direction).
 */
#include "sides.h"

#include <poll.h>

/* Until the kernel has moved what was written over to the other end. */
static void
await(int fd, short events)
{
	struct pollfd wait = { fd, events, 0 };
	int n;

	while ((n = poll(&wait, 1, 5000)) == -1)
		CHECK_INT(errno, EINTR);
	CHECK_INT(n, 1);
}

static const char *
heard_to_the_end(int fd)
{
	static char text[1000];
	size_t length = 0;
	ssize_t n = 1;

	while (n != 0) {
		await(fd, POLLIN);
		n = read(fd, text + length, sizeof(text) - 1 - length);
		CHECK(n != -1);
		length += (size_t)n;
	}
	text[length] = '\0';
	return text;
}

/* A server that answers when the request has ended, and then ends its side, too. */
static void
answer_at_the_end(struct bufferevent *bev, short what, void *arg)
{
	side_failed(bev, what, arg);
	CHECK_INT(what, EVBUFFER_READ | EVBUFFER_EOF);
	CHECK_INT(write_text(bev, "you said: "), 0);
	CHECK_INT(bufferevent_write_buffer(bev, bev->input), 0);
}

static void
end_own_side(struct bufferevent *bev, void *arg)
{
	side_written(bev, arg);
	CHECK_INT(shutdown(bev->ev_write.ev_fd, SHUT_WR), 0);
}

TEST(an_answer_after_the_request_has_ended)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	bufferevent_setcb(side.bev, side_read, end_own_side, answer_at_the_end, &side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "request");
	CHECK_INT(shutdown(side.peer, SHUT_WR), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.writes, 1);
	CHECK_STR(heard_to_the_end(side.peer), "you said: request");
	close_side(&side);
}

/* The answer is on its way in many pieces when the peer ends its side. */
static char large[3000000];

static void
answer_much(struct bufferevent *bev, void *arg)
{
	side_read(bev, arg);
	evbuffer_drain(bev->input, EVBUFFER_LENGTH(bev->input));
	CHECK_INT(bufferevent_write(bev, large, sizeof(large)), 0);
}

TEST(a_large_answer_goes_on_after_the_peer_has_ended)
{
	int total = 0, small = 65536;
	struct side side;

	init_base();
	open_tcp_side(&side);
	CHECK_INT(setsockopt(fd_of(&side), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	CHECK_INT(setsockopt(side.peer, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	side.bev->readcb = answer_much;
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "request");
	await(fd_of(&side), POLLIN);
	turn();
	CHECK_INT(side.reads, 1);
	CHECK(EVBUFFER_LENGTH(side.bev->output) > 0);
	CHECK_INT(shutdown(side.peer, SHUT_WR), 0);
	while (side.writes == 0) {
		total += drain(side.peer);
		turn();
	}
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_EOF);
	CHECK_INT(shutdown(fd_of(&side), SHUT_WR), 0);
	while (total < (int)sizeof(large)) {
		await(side.peer, POLLIN);
		total += drain(side.peer);
	}
	CHECK_INT(total, sizeof(large));
	close_side(&side);
}

/* The other order: the side under test ends first, and still reads what comes. */
TEST(reading_goes_on_after_the_own_end)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	side.bev->writecb = end_own_side;
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "request"), 0);
	while (side.writes == 0)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(heard_to_the_end(side.peer), "request");
	CHECK_INT(side.errors, 0);
	say(side.peer, "answer");
	close(side.peer);
	side.peer = -1;
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(text_of(side.bev->input), "answer");
	CHECK_INT(side.reads, 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_EOF);
	close_side(&side);
}

TEST(both_ends_at_once)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	side.bev->writecb = end_own_side;
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "bye"), 0);
	say(side.peer, "bye");
	CHECK_INT(shutdown(side.peer, SHUT_WR), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	CHECK_INT(side.writes, 1);
	CHECK_INT(side.errors, 1);
	CHECK_STR(heard_to_the_end(side.peer), "bye");
	close_side(&side);
}

TEST(a_reset_while_reading)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	reset(side.peer);
	side.peer = -1;
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_ERROR);
	CHECK_INT(side.error, ECONNRESET);
	CHECK_INT(side.reads, 0);
	CHECK_INT(reading(&side) | writing(&side), 0);
	CHECK_INT(side.bev->enabled, EV_READ | EV_WRITE);
	close_side(&side);
}

TEST(a_reset_before_writing)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	reset(side.peer);
	side.peer = -1;
	await(fd_of(&side), POLLIN);
	CHECK_INT(write_text(side.bev, "x"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK(side.error == ECONNRESET || side.error == EPIPE);
	CHECK_INT(side.writes, 0);
	close_side(&side);
}

/* Once full, TCP's queues may find a little more room after all, but not for so much. */
static void
write_too_much(struct side *side)
{
	fill(fd_of(side));
	CHECK_INT(bufferevent_write(side->bev, large, sizeof(large)), 0);
	turn();
	CHECK_INT(writing(side), EV_WRITE);
}

/* Counts what each direction is told. */
static void
count_by_direction(struct bufferevent *bev, short what, void *arg)
{
	int *counts = arg;

	(void)bev;
	CHECK(what == (EVBUFFER_READ | EVBUFFER_ERROR) ||
	    what == (EVBUFFER_READ | EVBUFFER_EOF) ||
	    what == (EVBUFFER_WRITE | EVBUFFER_ERROR));
	counts[what & EVBUFFER_WRITE ? 1 : 0]++;
}

TEST(a_reset_while_output_waits)
{
	int counts[2] = { 0, 0 };
	struct side side;

	init_base();
	open_tcp_side(&side);
	bufferevent_setcb(side.bev, NULL, NULL, count_by_direction, counts);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	write_too_much(&side);
	reset(side.peer);
	side.peer = -1;
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(counts[0], 1);
	CHECK_INT(counts[1], 1);
	CHECK_INT(reading(&side) | writing(&side), 0);
	close_side(&side);
}

/* Programs free it when they are told first: they are not told again. */
static void
free_at_once(struct bufferevent *bev, short what, void *arg)
{
	struct side *side = arg;
	int fd = bev->ev_read.ev_fd;

	side_failed(bev, what, arg);
	bufferevent_free(bev);
	side->bev = NULL;
	close(fd);
}

TEST(a_reset_is_told_once_to_who_frees)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	side.bev->errorcb = free_at_once;
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	write_too_much(&side);
	reset(side.peer);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_PTR(side.bev, NULL);
}

/* Unread data at the peer makes its close a reset, too: what it sent before is lost or read. */
TEST(a_close_with_unread_data)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "never read"), 0);
	turn();
	await(side.peer, POLLIN);
	close(side.peer);
	side.peer = -1;
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what & EVBUFFER_READ, EVBUFFER_READ);
	close_side(&side);
}
