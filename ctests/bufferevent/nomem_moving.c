/*
 * Memory runs out at the n-th allocation, for every n, while bytes are written or read: -1 or an
 * error callback with ENOMEM, no byte lost or doubled, and the connection works afterwards (F6).
 */
#include "nomem.h"

enum { LONG = 200000 };

static char block[LONG];

/* Writing */

static int
try_write(void)
{
	return write_text(side.bev, "words ");
}

static void
nothing_queued(void)
{
	CHECK_INT(EVBUFFER_LENGTH(side.bev->output), 0);
	loop();
	CHECK_STR(heard(side.peer), "");
	CHECK_INT(side.writes + side.errors, 0);
}

static void
words_arrive(void)
{
	check_side("", "words ");
	CHECK(side.writes > 0);
	CHECK_INT(side.errors, 0);
}

ALLOC_TEST(writing_without_memory)
{
	static const struct scenario scenario = {
		prepare_side, try_write, nothing_queued, words_arrive
	};

	torture(&scenario, 1);
}

/* Output that is there already stays as it is when no more can be added. */

static void
prepare_queue(void)
{
	prepare_side();
	CHECK_INT(write_text(side.bev, "first "), 0);
}

static int
try_write_more(void)
{
	return bufferevent_write(side.bev, block, sizeof(block));
}

static void
first_is_queued(void)
{
	CHECK_STR(text_of(side.bev->output), "first ");
}

static void
all_arrives(void)
{
	size_t got = 0;
	int tries;

	for (tries = 0; tries < 100 && got < 6 + sizeof(block); tries++) {
		loop();
		got += (size_t)drain(side.peer);
	}
	CHECK_INT(got, 6 + sizeof(block));
	loop();
	side_works();
	CHECK_INT(side.errors, 0);
}

ALLOC_TEST(writing_more_without_memory)
{
	static const struct scenario scenario = {
		prepare_queue, try_write_more, first_is_queued, all_arrives
	};

	torture(&scenario, 1);
}

/* A buffer is written whole, or stays the caller's. */

static struct evbuffer *source;

static void
prepare_buffer(void)
{
	prepare_queue();
	source = evbuffer_new();
	CHECK(source != NULL);
	CHECK_INT(evbuffer_add(source, block, sizeof(block)), 0);
}

static int
try_write_buffer(void)
{
	return bufferevent_write_buffer(side.bev, source);
}

static void
buffer_is_whole(void)
{
	first_is_queued();
	CHECK_INT(EVBUFFER_LENGTH(source), sizeof(block));
}

static void
buffer_arrives(void)
{
	CHECK_INT(EVBUFFER_LENGTH(source), 0);
	evbuffer_free(source);
	all_arrives();
}

ALLOC_TEST(writing_a_buffer_without_memory)
{
	static const struct scenario scenario = {
		prepare_buffer, try_write_buffer, buffer_is_whole, buffer_arrives
	};

	torture(&scenario, 0);
}

/* Reading: the error callback is told, and what was not read waits in the kernel. */

static void
prepare_input(void)
{
	prepare_side();
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write(side.peer, block, 5000), 5000);
}

static int
try_read(void)
{
	int errors = side.errors;

	if (side.bev->enabled & EV_READ && errors > 0)
		CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	if (event_base_loop(base, EVLOOP_NONBLOCK) == -1)
		return -1;
	if (side.errors == errors)
		return 0;
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_ERROR);
	CHECK_INT(side.errors, errors + 1);
	errno = side.error;
	return -1;
}

static void
not_read(void)
{
	size_t length = EVBUFFER_LENGTH(side.bev->input);

	/* A first turn may have found room for some of it. */
	CHECK(length < 5000);
	CHECK_INT(side.reads, length > 0);
	CHECK(length == 0 || memcmp(EVBUFFER_DATA(side.bev->input), block, length) == 0);
	/* Nothing was added again, but it is enabled as before. */
	CHECK_INT(side.bev->enabled, EV_READ | EV_WRITE);
	CHECK_INT(reading(&side), 0);
	loop();
	CHECK_INT(side.errors, 1);
}

static void
all_read(void)
{
	CHECK_INT(EVBUFFER_LENGTH(side.bev->input), 5000);
	CHECK(memcmp(EVBUFFER_DATA(side.bev->input), block, 5000) == 0);
	CHECK(side.reads > 0);
	evbuffer_drain(side.bev->input, 5000);
	side_works();
}

ALLOC_TEST(reading_without_memory)
{
	static const struct scenario scenario = { prepare_input, try_read, not_read, all_read };

	memset(block, 'r', sizeof(block));
	torture(&scenario, 1);
}

/* A full socket has to be waited for, which may need memory, too. */

static void
prepare_full(void)
{
	prepare_side();
	fill(fd_of(&side));
	CHECK_INT(write_text(side.bev, "words "), 0);
}

static int
try_to_wait(void)
{
	int errors = side.errors;

	if (errors > 0)
		CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	if (event_base_loop(base, EVLOOP_NONBLOCK) == -1)
		return -1;
	if (side.errors == errors)
		return 0;
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK_INT(side.errors, errors + 1);
	errno = side.error;
	return -1;
}

static void
still_queued(void)
{
	CHECK_STR(text_of(side.bev->output), "words ");
	CHECK_INT(side.writes, 0);
}

static void
goes_out_with_room(void)
{
	still_queued();
	drain(side.peer);
	loop();
	CHECK_STR(heard(side.peer), "words ");
	side_works();
}

ALLOC_TEST(waiting_for_room_without_memory)
{
	static const struct scenario scenario = {
		prepare_full, try_to_wait, still_queued, goes_out_with_room
	};

	torture(&scenario, 0);
}
