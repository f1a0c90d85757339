/*
 * Bufferevents that are freed where nobody expects it: inside the callbacks of their own buffers,
 * while the library reads, writes or is called. Nothing is touched, and nobody is called, after
 * that (behaviour 93).
 */
#include "sides.h"

#include <evhub/bufferevent_ext.h>

enum { SIDES = 20 };

static struct side side;
static int freed;

static void
free_side(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	(void)buf;
	(void)old_length;
	(void)new_length;
	(void)arg;
	freed++;
	bufferevent_free(side.bev);
	side.bev = NULL;
}

/* It is freed, once, nothing was called, and the peer's end works on. */
static void
check_freed(void)
{
	CHECK_INT(freed, 1);
	CHECK_INT(side.reads + side.writes + side.errors, 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	CHECK_INT(freed, 1);
	CHECK_INT(side.reads + side.writes + side.errors, 0);
}

TEST(while_input_comes)
{
	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	evbuffer_setcb(side.bev->input, free_side, NULL);
	say(side.peer, "news");
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	check_freed();
}

TEST(while_input_comes_up_to_the_high_mark)
{
	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 2);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	evbuffer_setcb(side.bev->input, free_side, NULL);
	say(side.peer, "news");
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	check_freed();
}

TEST(while_output_goes)
{
	init_base();
	open_side(&side);
	CHECK_INT(write_text(side.bev, "news"), 0);
	evbuffer_setcb(side.bev->output, free_side, NULL);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	check_freed();
	CHECK_STR(heard(side.peer), "news");
}

TEST(while_it_is_written_to)
{
	init_base();
	open_side(&side);
	evbuffer_setcb(side.bev->output, free_side, NULL);
	write_text(side.bev, "never sent");
	check_freed();
	CHECK_STR(heard(side.peer), "");
}

TEST(while_a_buffer_is_written_to_it)
{
	struct evbuffer *buf = evbuffer_new();

	init_base();
	open_side(&side);
	CHECK(buf != NULL);
	CHECK_INT(evbuffer_add(buf, "never sent", 10), 0);
	evbuffer_setcb(side.bev->output, free_side, NULL);
	bufferevent_write_buffer(side.bev, buf);
	check_freed();
	CHECK_STR(heard(side.peer), "");
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	evbuffer_free(buf);
}

/* The source's callback, which is the last, frees the bufferevent. */
TEST(by_the_source_of_what_is_written_to_it)
{
	struct evbuffer *buf = evbuffer_new();

	init_base();
	open_side(&side);
	CHECK(buf != NULL);
	CHECK_INT(evbuffer_add(buf, "never sent", 10), 0);
	evbuffer_setcb(buf, free_side, NULL);
	bufferevent_write_buffer(side.bev, buf);
	check_freed();
	evbuffer_free(buf);
}

TEST(while_its_input_is_echoed)
{
	init_base();
	open_side(&side);
	CHECK_INT(evbuffer_add(side.bev->input, "echo", 4), 0);
	evbuffer_setcb(side.bev->input, free_side, NULL);
	bufferevent_write_buffer(side.bev, side.bev->input);
	check_freed();
}

TEST(while_it_is_read_from)
{
	char text[4];

	init_base();
	open_side(&side);
	CHECK_INT(evbuffer_add(side.bev->input, "text", 4), 0);
	evbuffer_setcb(side.bev->input, free_side, NULL);
	CHECK_INT(bufferevent_read(side.bev, text, 4), 4);
	CHECK(memcmp(text, "text", 4) == 0);
	check_freed();
}

TEST(while_it_is_flushed)
{
	init_base();
	open_side(&side);
	CHECK_INT(write_text(side.bev, "text"), 0);
	evbuffer_setcb(side.bev->output, free_side, NULL);
	evhub_bufferevent_flush(side.bev, EV_WRITE, BEV_FLUSH);
	check_freed();
	CHECK_STR(heard(side.peer), "text");
}

/* Stopped at the high mark, a drain starts it again: or frees it. */
TEST(while_a_drain_starts_it_again)
{
	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 2);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "news");
	event_loop(EVLOOP_NONBLOCK);
	CHECK_INT(side.reads, 1);
	side.reads = 0;
	evbuffer_setcb(side.bev->input, free_side, NULL);
	evbuffer_drain(side.bev->input, 2);
	check_freed();
}

/* Many with output that waits for the end of the round: the first callback frees them all. */
static struct side many[SIDES];

static void
free_all(struct bufferevent *bev, void *arg)
{
	int i;

	(void)bev;
	(void)arg;
	freed++;
	for (i = 0; i < SIDES; i++) {
		bufferevent_free(many[i].bev);
		many[i].bev = NULL;
	}
}

TEST(all_of_them_at_the_end_of_a_round)
{
	int i;

	init_base();
	for (i = 0; i < SIDES; i++) {
		open_side(&many[i]);
		bufferevent_setcb(many[i].bev, NULL, free_all, side_failed, &many[i]);
		CHECK_INT(write_text(many[i].bev, "news"), 0);
	}
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	CHECK_INT(freed, 1);
}

TEST(all_of_them_when_one_can_read)
{
	int i;

	init_base();
	for (i = 0; i < SIDES; i++) {
		open_side(&many[i]);
		bufferevent_setcb(many[i].bev, free_all, NULL, side_failed, &many[i]);
		CHECK_INT(bufferevent_enable(many[i].bev, EV_READ), 0);
		CHECK_INT(write_text(many[i].bev, "news"), 0);
		say(many[i].peer, "news");
	}
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	CHECK_INT(freed, 1);
	for (i = 0; i < SIDES; i++)
		CHECK_STR(heard(many[i].peer), "");
}

/* The base goes first, with output that waits for the end of the round. */
TEST(after_their_base)
{
	struct event_base *base = init_base();

	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "never sent"), 0);
	event_base_free(base);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->output), 10);
	close_side(&side);
}
