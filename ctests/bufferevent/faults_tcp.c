/*
 * Ends and resets over real TCP: data before an end is delivered, and can still be answered; a
 * reset is one error for each direction that is in use, whenever it comes (behaviour 86; F14, F16,
 * F17).
 */
#include "sides.h"

#include <poll.h>

/* Until something has come over the loopback, which may take its time. */
static void
wait_for(int fd, short what)
{
	struct pollfd p = { fd, what, 0 };
	int n;

	do
		n = poll(&p, 1, 5000);
	while (n == -1 && errno == EINTR);
	CHECK_INT(n, 1);
}

/* Half-closes */

TEST(data_before_the_end_comes_first_and_can_be_answered)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "question");
	CHECK_INT(shutdown(side.peer, SHUT_WR), 0);
	/* Nothing is left to wait for after the end. */
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(text_of(side.bev->input), "question");
	CHECK_INT(side.reads, 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_EOF);
	CHECK_INT(write_text(side.bev, "answer"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_INT(side.errors, 1);
	wait_for(side.peer, POLLIN);
	CHECK_STR(heard(side.peer), "answer");
	close_side(&side);
}

/* We end first; the peer goes on, and ends later. */
TEST(our_end_first)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "that is all"), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(shutdown(fd_of(&side), SHUT_WR), 0);
	wait_for(side.peer, POLLRDHUP);
	CHECK_STR(heard(side.peer), "that is all");
	say(side.peer, "not quite");
	while (side.reads == 0)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(text_of(side.bev->input), "not quite");
	CHECK_INT(side.errors, 0);
	close(side.peer);
	side.peer = -1;
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_EOF);
	close_side(&side);
}

/* Writing after our own end is an error, and no signal. */
TEST(writing_after_our_end)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	CHECK_INT(shutdown(fd_of(&side), SHUT_WR), 0);
	CHECK_INT(write_text(side.bev, "more"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK_INT(side.error, EPIPE);
	close_side(&side);
}

/* Resets */

/* More than the kernel ever takes, whoever is quicker: what waits to be written stays. */
static void
write_more_than_fits(struct side *side)
{
	static const char zeros[4 << 20];
	int small = 4096;

	CHECK_INT(setsockopt(fd_of(side), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	CHECK_INT(setsockopt(side->peer, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	CHECK_INT(bufferevent_write(side->bev, (void *)zeros, sizeof(zeros)), 0);
}

TEST(a_reset_while_reading)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(turn(), 0);
	reset(side.peer);
	side.peer = -1;
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_ERROR);
	CHECK_INT(side.error, ECONNRESET);
	CHECK_INT(turn(), 1);
	CHECK_INT(side.errors, 1);
	close_side(&side);
}

/* Output waits for room, nobody reads: the reset is an error of writing. */
TEST(a_reset_while_writing)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	write_more_than_fits(&side);
	CHECK_INT(turn(), 0);
	CHECK_INT(side.errors, 0);
	reset(side.peer);
	side.peer = -1;
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK(side.error == ECONNRESET || side.error == EPIPE);
	CHECK(EVBUFFER_LENGTH(side.bev->output) > 0);
	CHECK_INT(side.writes, 0);
	close_side(&side);
}

/* Each direction has one error of its own. */
static short heard_of[4];

static void
note_error(struct bufferevent *bev, short what, void *arg)
{
	struct side *side = arg;

	(void)bev;
	CHECK(side->errors < 4);
	heard_of[side->errors++] = what;
}

TEST(a_reset_while_reading_and_writing)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	bufferevent_setcb(side.bev, side_read, side_written, note_error, &side);
	write_more_than_fits(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(turn(), 0);
	reset(side.peer);
	side.peer = -1;
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 2);
	CHECK_INT((heard_of[0] | heard_of[1]) & ~EVBUFFER_EOF,
	    EVBUFFER_READ | EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK((heard_of[0] & EVBUFFER_READ) != (heard_of[1] & EVBUFFER_READ));
	close_side(&side);
}

/* Freed in the first of them: there is no second. */
static void
free_on_error(struct bufferevent *bev, short what, void *arg)
{
	int *errors = arg;

	(void)what;
	(*errors)++;
	bufferevent_free(bev);
}

TEST(freed_when_reset)
{
	struct bufferevent *bev;
	int errors = 0;
	int fds[2];

	init_base();
	make_tcp_pair(fds);
	bev = bufferevent_new(fds[0], NULL, NULL, free_on_error, &errors);
	CHECK(bev != NULL);
	fill(fds[0]);
	CHECK_INT(bufferevent_enable(bev, EV_READ), 0);
	CHECK_INT(write_text(bev, "more"), 0);
	CHECK_INT(turn(), 0);
	reset(fds[1]);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(errors, 1);
	CHECK_INT(close(fds[0]), 0);
}

/* It was reset before anybody looked: like an accepted connection that is gone already. */
TEST(reset_before_it_is_enabled)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	reset(side.peer);
	side.peer = -1;
	wait_for(fd_of(&side), POLLIN);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_ERROR);
	CHECK_INT(side.error, ECONNRESET);
	close_side(&side);
}

TEST(reset_before_it_is_written_to)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	reset(side.peer);
	side.peer = -1;
	wait_for(fd_of(&side), POLLIN);
	CHECK_INT(write_text(side.bev, "hello?"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK(side.error == ECONNRESET || side.error == EPIPE);
	close_side(&side);
}

/* The peer closes with our data unread, which is a reset, too; its own data comes first. */
TEST(closed_with_unread_data)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	CHECK_INT(write_text(side.bev, "never read"), 0);
	CHECK_INT(event_dispatch(), 1);
	wait_for(side.peer, POLLIN);
	say(side.peer, "farewell");
	wait_for(fd_of(&side), POLLIN);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(turn(), 0);
	close(side.peer);
	side.peer = -1;
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(text_of(side.bev->input), "farewell");
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_ERROR);
	CHECK_INT(side.error, ECONNRESET);
	close_side(&side);
}
