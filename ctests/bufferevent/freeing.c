/*
 * Proves behaviour 93: freeing closes nothing and sends nothing, and may be done in each of the
 * callbacks of a bufferevent or its buffers, its own or another's. The sanitizers watch.
 */
#include "sides.h"

/* A side that its callbacks free. */
static void
free_bev(struct side *side)
{
	CHECK(side->bev != NULL);
	bufferevent_free(side->bev);
	side->bev = NULL;
}

static void
close_freed(struct side *side, int fd)
{
	CHECK_PTR(side->bev, NULL);
	CHECK(fcntl(fd, F_GETFD) != -1);
	CHECK_STR(heard(side->peer), "");
	CHECK_INT(event_dispatch(), 1);
	close(fd);
	close(side->peer);
}

TEST(it_closes_nothing_and_sends_nothing)
{
	struct side side;
	int fd;

	init_base();
	open_side(&side);
	fd = fd_of(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(write_text(side.bev, "never sent"), 0);
	bufferevent_free(side.bev);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads + side.writes + side.errors, 0);
	CHECK_INT(read(side.peer, &(char){ 0 }, 1), -1);
	CHECK_INT(errno, EAGAIN);
	say(fd, "by hand");
	CHECK_STR(heard(side.peer), "by hand");
	close(fd);
	close(side.peer);
}

TEST(with_everything_going_on)
{
	struct side side;
	int fd;

	init_base();
	open_side(&side);
	fd = fd_of(&side);
	bufferevent_settimeout(side.bev, 10, 10);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 2);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "12345");
	fill(fd);
	CHECK_INT(write_text(side.bev, "rest"), 0);
	turn();
	CHECK_INT(write_text(side.bev, "more"), 0);
	bufferevent_free(side.bev);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	CHECK_INT(side.errors, 0);
	close(fd);
	close(side.peer);
}

static void
free_in_readcb(struct bufferevent *bev, void *arg)
{
	struct side *side = arg;

	side_read(bev, arg);
	CHECK_INT(write_text(bev, "queued"), 0);
	free_bev(side);
}

TEST(in_readcb)
{
	struct side side;
	int fd;

	init_base();
	open_side(&side);
	fd = fd_of(&side);
	side.bev->readcb = free_in_readcb;
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	say(side.peer, "x");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	CHECK(side.writes <= 1);
	close_freed(&side, fd);
}

/* At the high mark, where reading has just been stopped. */
TEST(in_readcb_at_the_high_mark)
{
	struct side side;
	int fd;

	init_base();
	open_side(&side);
	fd = fd_of(&side);
	side.bev->readcb = free_in_readcb;
	bufferevent_setwatermark(side.bev, EV_READ, 0, 1);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "xyz");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	close_freed(&side, fd);
}

static void
free_in_writecb(struct bufferevent *bev, void *arg)
{
	struct side *side = arg;

	side_written(bev, arg);
	CHECK_INT(write_text(bev, "queued"), 0);
	free_bev(side);
}

TEST(in_writecb)
{
	struct side side;
	int fd;

	init_base();
	open_side(&side);
	fd = fd_of(&side);
	side.bev->writecb = free_in_writecb;
	CHECK_INT(write_text(side.bev, "sent"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_STR(heard(side.peer), "sent");
	close_freed(&side, fd);
}

TEST(in_writecb_without_output)
{
	struct side side;
	int fd;

	init_base();
	open_side(&side);
	fd = fd_of(&side);
	side.bev->writecb = free_in_writecb;
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	close_freed(&side, fd);
}

static void
free_in_errorcb(struct bufferevent *bev, short what, void *arg)
{
	side_failed(bev, what, arg);
	free_bev(arg);
}

TEST(in_errorcb_of_reading)
{
	struct side side;
	int fd;

	init_base();
	open_side(&side);
	fd = fd_of(&side);
	side.bev->errorcb = free_in_errorcb;
	fill(fd);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "rest"), 0);
	CHECK_INT(shutdown(side.peer, SHUT_WR), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	drain(side.peer);
	close_freed(&side, fd);
}

TEST(in_errorcb_of_writing)
{
	struct side side;
	int fd;

	init_base();
	open_side(&side);
	fd = fd_of(&side);
	side.bev->errorcb = free_in_errorcb;
	CHECK_INT(shutdown(fd, SHUT_WR), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "rest"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK_INT(side.errors, 1);
	close_freed(&side, fd);
}

TEST(in_errorcb_of_a_timeout)
{
	struct side side;
	int fd;

	init_base();
	open_side(&side);
	fd = fd_of(&side);
	side.bev->errorcb = free_in_errorcb;
	bufferevent_settimeout(side.bev, 1, 1);
	fill(fd);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "rest"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	drain(side.peer);
	close_freed(&side, fd);
}

/* Others: A's callback frees B, whose report is there already. */
static void
free_other(struct bufferevent *bev, void *arg)
{
	struct side *sides = arg;
	int other = bev == sides[0].bev;

	sides[!other].reads++;
	if (sides[other].bev != NULL)
		free_bev(&sides[other]);
}

TEST(in_the_readcb_of_another)
{
	struct side sides[2];
	int i, fds[2];

	init_base();
	for (i = 0; i < 2; i++) {
		open_side(&sides[i]);
		fds[i] = fd_of(&sides[i]);
		bufferevent_setcb(sides[i].bev, free_other, free_other, NULL, sides);
		CHECK_INT(bufferevent_enable(sides[i].bev, EV_READ), 0);
		say(sides[i].peer, "x");
	}
	turn();
	CHECK_INT(sides[0].reads + sides[1].reads, 1);
	i = sides[0].bev == NULL;
	free_bev(&sides[i]);
	close_freed(&sides[0], fds[0]);
	close_freed(&sides[1], fds[1]);
}

TEST(in_the_writecb_of_another)
{
	struct side sides[2];
	int i, fds[2], survivor;

	init_base();
	for (i = 0; i < 2; i++) {
		open_side(&sides[i]);
		fds[i] = fd_of(&sides[i]);
		bufferevent_setcb(sides[i].bev, NULL, free_other, NULL, sides);
		CHECK_INT(write_text(sides[i].bev, "x"), 0);
	}
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(sides[0].reads + sides[1].reads, 1);
	survivor = sides[0].bev == NULL;
	free_bev(&sides[survivor]);
	CHECK_STR(heard(sides[survivor].peer), "x");
	heard(sides[!survivor].peer);
	close_freed(&sides[0], fds[0]);
	close_freed(&sides[1], fds[1]);
}

/* The reader's callback frees it while its write is queued, and it is one of many. */
TEST(among_many_that_are_to_be_written)
{
	struct side sides[9];
	int fds[9], i;

	init_base();
	for (i = 0; i < 9; i++) {
		open_side(&sides[i]);
		fds[i] = fd_of(&sides[i]);
		CHECK_INT(write_text(sides[i].bev, "x"), 0);
	}
	for (i = 0; i < 9; i += i == 4 ? 4 : 2)
		free_bev(&sides[i]);
	CHECK_INT(event_dispatch(), 1);
	for (i = 0; i < 9; i++) {
		CHECK_STR(heard(sides[i].peer), sides[i].bev == NULL ? "" : "x");
		if (sides[i].bev != NULL)
			free_bev(&sides[i]);
		close_freed(&sides[i], fds[i]);
	}
}

/* Loops within callbacks: the bufferevent goes while its own callback is still on the stack. */
static void
free_from_timer(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	free_bev(arg);
}

static void
loop_and_look(struct bufferevent *bev, void *arg)
{
	struct side *side = arg;
	struct event timer;

	(void)bev;
	side->reads++;
	evtimer_set(&timer, free_from_timer, side);
	CHECK_INT(add_ms(&timer, 20), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_PTR(side->bev, NULL);
}

static void
check_nested(void (*prepare)(struct side *))
{
	struct side side;
	int fd;

	init_base();
	open_side(&side);
	fd = fd_of(&side);
	bufferevent_setcb(side.bev, loop_and_look, loop_and_look, NULL, &side);
	prepare(&side);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	heard(side.peer);
	close_freed(&side, fd);
}

static void
prepare_reading(struct side *side)
{
	bufferevent_setwatermark(side->bev, EV_READ, 0, 1);
	CHECK_INT(bufferevent_enable(side->bev, EV_READ), 0);
	say(side->peer, "x");
}

static void
prepare_writing(struct side *side)
{
	CHECK_INT(write_text(side->bev, "x"), 0);
}

static void
prepare_enabling(struct side *side)
{
	CHECK_INT(bufferevent_enable(side->bev, EV_WRITE), 0);
}

TEST(in_a_loop_within_readcb)
{
	check_nested(prepare_reading);
}

TEST(in_a_loop_within_writecb)
{
	check_nested(prepare_writing);
}

TEST(in_a_loop_within_the_first_writecb)
{
	check_nested(prepare_enabling);
}

static void
loop_in_errorcb(struct bufferevent *bev, short what, void *arg)
{
	(void)what;
	loop_and_look(bev, arg);
}

static void
prepare_end(struct side *side)
{
	side->bev->errorcb = loop_in_errorcb;
	CHECK_INT(bufferevent_enable(side->bev, EV_READ), 0);
	CHECK_INT(shutdown(side->peer, SHUT_WR), 0);
}

TEST(in_a_loop_within_errorcb)
{
	check_nested(prepare_end);
}
