/*
 * Proves behaviours 69 and 72, B05 and B06: bytes go in at the end and come out at the front, also
 * when they are the buffer's own.
 */
#include "check.h"

TEST_ONCE(bytes_come_out_as_they_went_in)
{
	struct evbuffer *buf = new_buffer();
	unsigned char bytes[256];
	size_t i;

	for (i = 0; i < 256; i++)
		bytes[i] = (unsigned char)i;
	CHECK_INT(evbuffer_add(buf, bytes, 256), 0);
	CHECK_INT(evbuffer_add(buf, "\0\0end", 5), 0);
	CHECK_INT(buf->off, 261);
	CHECK_INT(memcmp(buf->buffer, bytes, 256), 0);
	CHECK_INT(memcmp(buf->buffer + 256, "\0\0end", 5), 0);
	memset(bytes, 0x55, sizeof(bytes));
	CHECK_INT(evbuffer_remove(buf, bytes, 256), 256);
	for (i = 0; i < 256; i++)
		CHECK_INT(bytes[i], i);
	CHECK_DATA(buf, "\0\0end", 5);
	evbuffer_free(buf);
}

TEST_ONCE(adding_nothing_changes_nothing)
{
	struct evbuffer *buf = buffer_with("text");
	struct look look;

	evbuffer_drain(buf, 1);
	watch(buf, "b");
	look = look_at(buf);
	CHECK_INT(evbuffer_add(buf, NULL, 0), 0);
	CHECK_INT(evbuffer_add(buf, "x", 0), 0);
	CHECK_INT(evbuffer_add(buf, EVBUFFER_DATA(buf), 0), 0);
	CHECK_SAME(buf, &look);
	CHECK_CALLS("");
	evbuffer_free(buf);
}

/* From 0 to 600 bytes are there, from 0 to 600 come: every seam of the block sizes is met. */
TEST_ONCE(every_length_to_every_length)
{
	size_t first, second;

	for (first = 0; first <= 600; first += 1 + first % 7) {
		for (second = 0; second <= 600; second += 1 + second % 5) {
			struct evbuffer *buf = new_buffer();

			add_pattern(buf, 0, first);
			add_pattern(buf, first, second);
			CHECK_PATTERN(buf, 0, first + second);
			evbuffer_free(buf);
		}
	}
}

TEST_ONCE(remove_takes_at_most_what_is_there)
{
	struct evbuffer *buf = buffer_with("0123456789");
	char bytes[16];

	memset(bytes, '.', sizeof(bytes));
	CHECK_INT(evbuffer_remove(buf, bytes, 4), 4);
	CHECK_INT(memcmp(bytes, "0123............", 16), 0);
	CHECK_TEXT(buf, "456789");
	CHECK_INT(evbuffer_remove(buf, bytes, 16), 6);
	CHECK_INT(memcmp(bytes, "456789..........", 16), 0);
	CHECK_TEXT(buf, "");
	CHECK_INT(evbuffer_remove(buf, bytes, 16), 0);
	CHECK_INT(memcmp(bytes, "456789..........", 16), 0);
	evbuffer_free(buf);
}

/* A length that is no length of anything stands for all there is. */
TEST_ONCE(remove_and_drain_beyond_the_length)
{
	static const size_t lengths[] = { 11, 12, 255, 256, 257, INT_MAX, (size_t)INT_MAX + 1,
		UINT_MAX, SSIZE_MAX, (size_t)SSIZE_MAX + 1, SIZE_MAX - 10, SIZE_MAX };
	size_t i;

	for (i = 0; i < COUNT(lengths); i++) {
		struct evbuffer *buf = buffer_with("0123456789");
		char bytes[10];

		CHECK_INT(evbuffer_remove(buf, bytes, lengths[i]), 10);
		CHECK_INT(memcmp(bytes, "0123456789", 10), 0);
		CHECK_TEXT(buf, "");
		CHECK_INT(evbuffer_add(buf, "0123456789", 10), 0);
		evbuffer_drain(buf, 3);
		evbuffer_drain(buf, lengths[i]);
		CHECK_TEXT(buf, "");
		CHECK_INT(buf->misalign, 0);
		evbuffer_drain(buf, lengths[i]);
		CHECK_TEXT(buf, "");
		evbuffer_free(buf);
	}
}

TEST_ONCE(removing_nothing_changes_nothing)
{
	struct evbuffer *buf = buffer_with("text");
	struct look look;
	char byte = '.';

	evbuffer_drain(buf, 2);
	watch(buf, "b");
	look = look_at(buf);
	CHECK_INT(evbuffer_remove(buf, &byte, 0), 0);
	CHECK_INT(evbuffer_remove(buf, NULL, 0), 0);
	evbuffer_drain(buf, 0);
	CHECK_SAME(buf, &look);
	CHECK_INT(byte, '.');
	CHECK_CALLS("");
	evbuffer_free(buf);
}

TEST_ONCE(drain_takes_the_first_bytes)
{
	size_t length;

	for (length = 0; length <= 300; length++) {
		struct evbuffer *buf = new_buffer();

		add_pattern(buf, 0, 300);
		evbuffer_drain(buf, length);
		CHECK_PATTERN(buf, length, 300 - length);
		evbuffer_free(buf);
	}
}

/* The block is replaced, or its contents move, while they are the source. */
TEST_ONCE(own_bytes_are_added)
{
	size_t drained, from, length;

	for (drained = 0; drained < 256; drained += 15) {
		size_t left = 256 - drained;

		for (from = 0; from < left; from += 1 + from / 3) {
			for (length = 1; length <= left - from; length += length) {
				struct evbuffer *buf = new_buffer();
				unsigned char *want = pattern(drained, left + length);

				memmove(want + left, want + from, length);
				add_pattern(buf, 0, 256);
				evbuffer_drain(buf, drained);
				CHECK_INT(evbuffer_add(buf, EVBUFFER_DATA(buf) + from, length), 0);
				CHECK_DATA(buf, want, left + length);
				free(want);
				evbuffer_free(buf);
			}
		}
	}
}

TEST_ONCE(own_bytes_double_the_contents)
{
	struct evbuffer *buf = buffer_with("0123456789abcdef");
	size_t i;

	while (buf->off < 100000) {
		size_t length = buf->off;

		CHECK_INT(evbuffer_add(buf, EVBUFFER_DATA(buf), length), 0);
		CHECK_INT(buf->off, 2 * length);
	}
	for (i = 0; i < buf->off; i++)
		CHECK_INT(buf->buffer[i], "0123456789abcdef"[i % 16]);
	CHECK_SOUND(buf);
	evbuffer_free(buf);
}

/* Large ones, where moving is weighed against growing. */
TEST_ONCE(own_bytes_of_a_large_one)
{
	static const size_t drained[] = { 0, 1, 1000, 30000, 40000, 60000 };
	size_t i;

	for (i = 0; i < COUNT(drained); i++) {
		struct evbuffer *buf = new_buffer();
		size_t left = 65536 - drained[i];
		unsigned char *want = pattern(drained[i], left + left);

		memmove(want + left, want, left);
		add_pattern(buf, 0, 65536);
		evbuffer_drain(buf, drained[i]);
		CHECK_INT(evbuffer_add(buf, EVBUFFER_DATA(buf), left), 0);
		CHECK_DATA(buf, want, left + left);
		free(want);
		evbuffer_free(buf);
	}
}

/* Buffers know nothing of each other. */
TEST_ONCE(bytes_of_another_buffer_are_added)
{
	struct evbuffer *from = new_buffer();
	struct evbuffer *to = buffer_with("to:");
	struct look look;

	CHECK_INT(evbuffer_add(from, "from", 4), 0);
	look = look_at(from);
	CHECK_INT(evbuffer_add(to, EVBUFFER_DATA(from), EVBUFFER_LENGTH(from)), 0);
	CHECK_TEXT(to, "to:from");
	CHECK_SAME(from, &look);
	evbuffer_free(from);
	CHECK_TEXT(to, "to:from");
	evbuffer_free(to);
}

/* A queue of 3 MB through a buffer that never holds more than a few hundred bytes. */
TEST_ONCE(a_queue_keeps_its_order)
{
	struct evbuffer *buf = new_buffer();
	size_t in = 0, out = 0, step;

	for (step = 0; out < 3000000; step++) {
		size_t give = step * 7919 % 311;
		size_t take = step * 104729 % 311;
		unsigned char bytes[311];
		size_t i, n;

		for (i = 0; i < give; i++)
			bytes[i] = pattern_at(in + i);
		CHECK_INT(evbuffer_add(buf, bytes, give), 0);
		in += give;
		n = (size_t)evbuffer_remove(buf, bytes, take);
		CHECK_INT(n, take < in - out ? take : in - out);
		for (i = 0; i < n; i++)
			CHECK_INT(bytes[i], pattern_at(out + i));
		out += n;
		CHECK_INT(buf->off, in - out);
		CHECK_SOUND(buf);
	}
	CHECK(buf->totallen <= 16384);
	evbuffer_free(buf);
}
