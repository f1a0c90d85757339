/* Bytes added before the data: where they go, and what moves for them. */
#include "check.h"

#include <evhub/buffer_ext.h>

TEST_ONCE(prepend_to_an_empty_buffer)
{
	struct evbuffer *buf = new_buffer();

	watch(buf, "buf");
	CHECK_INT(evbuffer_prepend(buf, "data", 4), 0);
	CHECK_TEXT(buf, "data");
	CHECK_CALLS("buf:0>4 ");
	CHECK_INT(evbuffer_add(buf, " more", 5), 0);
	CHECK_INT(evbuffer_prepend(buf, "all ", 4), 0);
	CHECK_TEXT(buf, "all data more");
	CHECK_CALLS("buf:4>9 buf:9>13 ");
	evbuffer_free(buf);
}

TEST_ONCE(prepend_of_nothing)
{
	struct evbuffer *buf = new_buffer();

	watch(buf, "buf");
	CHECK_INT(evbuffer_prepend(buf, "", 0), 0);
	CHECK_INT(evbuffer_prepend(buf, NULL, 0), 0);
	CHECK_PTR(buf->orig_buffer, NULL);
	CHECK_CALLS("");
	evbuffer_free(buf);
}

/* What was drained made room: the data stays where it is. */
TEST_ONCE(prepend_uses_drained_room)
{
	struct evbuffer *buf = new_buffer();
	unsigned char *block, *data;

	add_pattern(buf, 0, 200);
	evbuffer_drain(buf, 100);
	block = buf->orig_buffer;
	data = EVBUFFER_DATA(buf);
	CHECK_INT(evbuffer_prepend(buf, "1234", 4), 0);
	CHECK_PTR(EVBUFFER_DATA(buf), data - 4);
	CHECK_PTR(buf->orig_buffer, block);
	CHECK_INT(buf->misalign, 96);
	CHECK(memcmp(EVBUFFER_DATA(buf), "1234", 4) == 0);
	/* To the last byte. */
	CHECK_INT(evbuffer_prepend(buf, block, 96), 0);
	CHECK_PTR(EVBUFFER_DATA(buf), block);
	CHECK_INT(buf->misalign, 0);
	CHECK_INT(buf->totallen, 256);
	evbuffer_drain(buf, 100);
	CHECK_PATTERN(buf, 100, 100);
	evbuffer_free(buf);
}

/* A block that is large enough does not grow: its free end serves the front. */
TEST_ONCE(prepend_moves_the_data_within_its_block)
{
	struct evbuffer *buf = new_buffer();
	unsigned char *block;

	add_pattern(buf, 50, 100);
	block = buf->orig_buffer;
	CHECK_INT(evbuffer_prepend(buf, "1234567890", 10), 0);
	CHECK_PTR(buf->orig_buffer, block);
	CHECK_INT(buf->totallen, 256);
	CHECK(memcmp(EVBUFFER_DATA(buf), "1234567890", 10) == 0);
	evbuffer_drain(buf, 10);
	CHECK_PATTERN(buf, 50, 100);
	evbuffer_free(buf);
}

TEST_ONCE(prepend_that_does_not_fit_grows)
{
	static const size_t lengths[] = { 255, 256, 257, 1000, 5000, 100000 };
	size_t i;

	for (i = 0; i < COUNT(lengths); i++) {
		struct evbuffer *buf = new_buffer();
		unsigned char *front = pattern(0, lengths[i]);

		add_pattern(buf, lengths[i], 256);
		watch(buf, "buf");
		CHECK_INT(evbuffer_prepend(buf, front, lengths[i]), 0);
		CHECK_PATTERN(buf, 0, lengths[i] + 256);
		CHECK(buf->totallen >= 512 && buf->totallen <= 4 * (lengths[i] + 256));
		trace_reset();
		free(front);
		evbuffer_free(buf);
	}
}

/* From nothing, byte by byte: the data is not moved each time. */
TEST_ONCE(many_prepends_move_little)
{
	enum { MANY = 100000 };
	struct evbuffer *buf = new_buffer();
	unsigned char byte;
	int i, moves = 0;

	for (i = MANY - 1; i >= 0; i--) {
		unsigned char *data = EVBUFFER_DATA(buf);

		byte = pattern_at((size_t)i);
		CHECK_INT(evbuffer_prepend(buf, &byte, 1), 0);
		if (EVBUFFER_DATA(buf) != data - 1)
			moves++;
	}
	CHECK_PATTERN(buf, 0, MANY);
	CHECK(moves < 60);
	CHECK(buf->totallen <= 4 * MANY);
	evbuffer_free(buf);
}

/* At both ends in turn: neither drives the other out. */
TEST_ONCE(both_ends_grow)
{
	enum { MANY = 50000 };
	struct evbuffer *buf = new_buffer();
	unsigned char byte;
	size_t i;
	int moves = 0;

	for (i = 0; i < MANY; i++) {
		unsigned char *end = EVBUFFER_DATA(buf) + EVBUFFER_LENGTH(buf);

		byte = pattern_at(MANY - 1 - i);
		CHECK_INT(evbuffer_prepend(buf, &byte, 1), 0);
		byte = pattern_at(MANY + i);
		CHECK_INT(evbuffer_add(buf, &byte, 1), 0);
		if (EVBUFFER_DATA(buf) + EVBUFFER_LENGTH(buf) != end + 1)
			moves++;
	}
	CHECK_PATTERN(buf, 0, 2 * MANY);
	CHECK(moves < 1000);
	CHECK(buf->totallen <= 8 * MANY);
	evbuffer_free(buf);
}

/* Its own bytes, whether they move for that, or stay, or are part of what is written over. */
TEST_ONCE(prepend_of_own_bytes)
{
	static const size_t drained[] = { 0, 10, 100, 156 };
	static const struct { size_t from, length; } parts[] = {
		{ 0, 100 }, { 0, 1 }, { 99, 1 }, { 10, 80 }, { 50, 50 }, { 0, 50 }
	};
	size_t i, j;

	for (i = 0; i < COUNT(drained); i++) {
		for (j = 0; j < COUNT(parts); j++) {
			struct evbuffer *buf = new_buffer();
			size_t from = parts[j].from, length = parts[j].length;
			struct evbuffer *front = new_buffer();

			add_pattern(buf, 0, drained[i] + 100);
			evbuffer_drain(buf, drained[i]);
			CHECK_INT(evbuffer_prepend(buf, EVBUFFER_DATA(buf) + from, length), 0);
			CHECK_SOUND(buf);
			CHECK_INT(evbuffer_add(front, EVBUFFER_DATA(buf), length), 0);
			CHECK_PATTERN(front, drained[i] + from, length);
			evbuffer_drain(buf, length);
			CHECK_PATTERN(buf, drained[i], 100);
			evbuffer_free(front);
			evbuffer_free(buf);
		}
	}
}

TEST_ONCE(prepend_of_too_much)
{
	struct evbuffer *buf = new_buffer();
	struct look look;
	int round;

	watch(buf, "buf");
	for (round = 0; round < 2; round++) {
		look = look_at(buf);
		CHECK_ERRNO(evbuffer_prepend(buf, "x", SIZE_MAX), ENOMEM);
		CHECK_ERRNO(evbuffer_prepend(buf, "x", SIZE_MAX - 3), ENOMEM);
		CHECK_ERRNO(evbuffer_prepend(buf, "x", SIZE_MAX / 2 + 1), ENOMEM);
		CHECK_SAME(buf, &look);
		CHECK_CALLS("");
		/* Once more with data that makes the sums wrap. */
		CHECK_INT(evbuffer_add(buf, "12345678", 8), 0);
		evbuffer_drain(buf, 2);
		trace_reset();
	}
	evbuffer_free(buf);
}
