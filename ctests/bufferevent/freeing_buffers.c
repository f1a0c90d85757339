/*
 * Proves the rest of behaviour 93: a bufferevent freed in the callbacks that the user set on its
 * buffers, while the library or the user is changing them, and bases freed before it.
 */
#include "sides.h"

static void
free_on_change(struct evbuffer *buf, size_t old, size_t now, void *arg)
{
	struct side *side = arg;

	(void)buf;
	(void)old;
	(void)now;
	if (side->bev != NULL) {
		bufferevent_free(side->bev);
		side->bev = NULL;
	}
}

static void
free_on_drain(struct evbuffer *buf, size_t old, size_t now, void *arg)
{
	if (now < old)
		free_on_change(buf, old, now, arg);
}

/* Opens a side that goes when its input, or its output, changes. */
static int
open_mortal(struct side *side, int output, void (*cb)(struct evbuffer *, size_t, size_t, void *))
{
	open_side(side);
	evbuffer_setcb(output ? side->bev->output : side->bev->input, cb, side);
	return fd_of(side);
}

static void
close_dead(struct side *side, int fd)
{
	CHECK_PTR(side->bev, NULL);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side->reads + side->writes + side->errors, 0);
	CHECK_STR(heard(side->peer), "");
	close(fd);
	close(side->peer);
}

TEST(while_it_reads)
{
	struct side side;
	int fd;

	init_base();
	fd = open_mortal(&side, 0, free_on_change);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "x");
	CHECK_INT(event_dispatch(), 1);
	close_dead(&side, fd);
}

TEST(while_it_reads_up_to_the_high_mark)
{
	struct side side;
	int fd;

	init_base();
	fd = open_mortal(&side, 0, free_on_change);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 1);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "xyz");
	CHECK_INT(event_dispatch(), 1);
	close_dead(&side, fd);
}

TEST(while_it_is_read_from)
{
	struct side side;
	char data[4];
	int fd;

	init_base();
	fd = open_mortal(&side, 0, free_on_drain);
	CHECK_INT(evbuffer_add(side.bev->input, "data", 4), 0);
	CHECK_INT(bufferevent_read(side.bev, data, sizeof(data)), 4);
	CHECK_INT(memcmp(data, "data", 4), 0);
	close_dead(&side, fd);
}

/* The drain that would have started reading again. */
TEST(while_reading_is_to_start_again)
{
	struct side side;
	int fd;

	init_base();
	fd = open_mortal(&side, 0, free_on_drain);
	side.bev->readcb = NULL;
	bufferevent_setwatermark(side.bev, EV_READ, 0, 1);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "xyz");
	CHECK_INT(event_dispatch(), 1);
	evbuffer_drain(side.bev->input, 1);
	close_dead(&side, fd);
}

TEST(while_its_output_is_added_to)
{
	struct side side;
	int fd;

	init_base();
	fd = open_mortal(&side, 1, free_on_change);
	bufferevent_write(side.bev, "x", 1);
	close_dead(&side, fd);
}

TEST(while_it_writes)
{
	struct side side;
	int fd;

	init_base();
	fd = open_mortal(&side, 1, free_on_drain);
	CHECK_INT(write_text(side.bev, "x"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "x");
	close_dead(&side, fd);
}

/* It had waited for the descriptor, and something is left. */
TEST(while_it_writes_a_part)
{
	static char much[1000000];
	struct side side;
	int fd;

	init_base();
	fd = open_mortal(&side, 1, free_on_drain);
	fill(fd);
	CHECK_INT(bufferevent_write(side.bev, much, sizeof(much)), 0);
	CHECK_INT(turn(), 0);
	drain(side.peer);
	CHECK_INT(event_dispatch(), 1);
	CHECK(drain(side.peer) > 0);
	close_dead(&side, fd);
}

TEST(while_a_buffer_is_moved_into_it)
{
	struct evbuffer *buf = evbuffer_new();
	struct side side;
	int fd;

	init_base();
	fd = open_mortal(&side, 1, free_on_change);
	CHECK_INT(evbuffer_add(buf, "data", 4), 0);
	bufferevent_write_buffer(side.bev, buf);
	evbuffer_free(buf);
	close_dead(&side, fd);
}

TEST(while_the_source_tells)
{
	struct evbuffer *buf = evbuffer_new();
	struct side side;
	int fd;

	init_base();
	fd = open_mortal(&side, 1, NULL);
	CHECK_INT(evbuffer_add(buf, "data", 4), 0);
	evbuffer_setcb(buf, free_on_change, &side);
	bufferevent_write_buffer(side.bev, buf);
	evbuffer_free(buf);
	close_dead(&side, fd);
}

/* A moves its input into B: either may go in either's callback. */
static void
check_moved(int owner, int dies, int output)
{
	struct side sides[2];
	int fds[2], i;

	for (i = 0; i < 2; i++) {
		open_side(&sides[i]);
		fds[i] = fd_of(&sides[i]);
	}
	CHECK_INT(evbuffer_add(sides[0].bev->input, "data", 4), 0);
	bufferevent_setwatermark(sides[0].bev, EV_READ, 0, 2);
	CHECK_INT(bufferevent_enable(sides[0].bev, EV_READ), 0);
	turn();
	evbuffer_setcb(output ? sides[owner].bev->output : sides[owner].bev->input,
	    free_on_change, &sides[dies]);
	bufferevent_write_buffer(sides[1].bev, sides[0].bev->input);
	CHECK_PTR(sides[dies].bev, NULL);
	turn();
	heard(sides[1].peer);
	for (i = 0; i < 2; i++) {
		if (sides[i].bev != NULL)
			bufferevent_free(sides[i].bev);
		close(fds[i]);
		close(sides[i].peer);
	}
}

TEST(while_one_s_input_is_moved_into_another)
{
	init_base();
	check_moved(0, 0, 0);
	check_moved(0, 1, 0);
	check_moved(1, 0, 1);
	check_moved(1, 1, 1);
}

/* Bases */

TEST(after_its_base)
{
	struct event_base *base = init_base();
	struct side side;

	open_side(&side);
	fill(fd_of(&side));
	bufferevent_settimeout(side.bev, 10, 10);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "waits"), 0);
	turn();
	event_base_free(base);
	CHECK_PTR(side.bev->ev_read.ev_base, NULL);
	CHECK_INT(reading(&side) | writing(&side), 0);
	close_side(&side);
}

TEST(after_its_base_with_a_write_queued)
{
	struct event_base *base = init_base();
	struct side side;

	open_side(&side);
	CHECK_INT(write_text(side.bev, "queued"), 0);
	event_base_free(base);
	CHECK_STR(text_of(side.bev->output), "queued");
	CHECK_STR(heard(side.peer), "");
	close_side(&side);
}

/* What is done to it in between goes to no base, and to the next one after base_set. */
TEST(moved_to_another_base_after_its_own_has_gone)
{
	struct event_base *first = init_base(), *second;
	struct side side;

	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "one "), 0);
	event_base_free(first);
	capture_log();
	CHECK_INT(write_text(side.bev, "two "), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), -1);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 100);
	second = init_base();
	CHECK_INT(bufferevent_base_set(second, side.bev), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(write_text(side.bev, "three"), 0);
	say(side.peer, "in");
	CHECK_INT(turn(), 0);
	CHECK_STR(heard(side.peer), "one two three");
	CHECK_INT(side.reads, 1);
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

static void
free_base_too(struct bufferevent *bev, void *arg)
{
	struct side *side = arg;

	CHECK_INT(write_text(bev, "queued"), 0);
	event_base_free(current_base);
	if (side->what == 1)
		free_on_change(NULL, 0, 0, side);
	side->reads = 0;
	side->writes = 0;
}

/* A callback frees the base, then the bufferevent or not. */
static void
check_base_freed_inside(int frees_bev, short event)
{
	struct event_base *base = init_base();
	struct side side;
	int fd;

	open_side(&side);
	fd = fd_of(&side);
	side.what = frees_bev;
	bufferevent_setcb(side.bev, free_base_too, free_base_too, NULL, &side);
	if (event == EV_READ)
		say(side.peer, "x");
	CHECK_INT(bufferevent_enable(side.bev, event), 0);
	event_base_dispatch(base);
	CHECK_PTR(current_base, NULL);
	CHECK_STR(heard(side.peer), "");
	if (side.bev != NULL)
		bufferevent_free(side.bev);
	close(fd);
	close(side.peer);
}

TEST(a_base_freed_in_its_callbacks)
{
	check_base_freed_inside(0, EV_READ);
	check_base_freed_inside(1, EV_READ);
	check_base_freed_inside(0, EV_WRITE);
	check_base_freed_inside(1, EV_WRITE);
}
