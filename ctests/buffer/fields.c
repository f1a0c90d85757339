/*
 * Proves behaviours 68, 69 and 193: where the data lies, how blocks grow, and when they stay.
 */
#include "check.h"

TEST_ONCE(a_new_one_is_all_zero)
{
	static const struct evbuffer zero;
	struct evbuffer *buf = new_buffer();

	CHECK_INT(memcmp(buf, &zero, sizeof(zero)), 0);
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	CHECK_PTR(EVBUFFER_DATA(buf), NULL);
	evbuffer_free(buf);
}

TEST_ONCE(what_adds_nothing_allocates_nothing)
{
	struct evbuffer *buf = new_buffer();
	struct evbuffer *other = new_buffer();
	struct look zero = look_at(buf);
	size_t n = 7;
	char byte;

	CHECK_INT(evbuffer_add(buf, "", 0), 0);
	CHECK_INT(evbuffer_add(buf, NULL, 0), 0);
	CHECK_INT(evbuffer_expand(buf, 0), 0);
	evbuffer_drain(buf, 0);
	evbuffer_drain(buf, 10);
	CHECK_INT(evbuffer_remove(buf, &byte, 1), 0);
	CHECK_PTR(evbuffer_readline(buf), NULL);
	CHECK_PTR(evbuffer_readln(buf, &n, EVBUFFER_EOL_LF), NULL);
	CHECK_INT(n, 0);
	CHECK_PTR(evbuffer_find(buf, (const u_char *)"x", 1), NULL);
	CHECK_INT(evbuffer_add_buffer(buf, other), 0);
	CHECK_SAME(buf, &zero);
	CHECK_SAME(other, &zero);
	evbuffer_free(other);
	evbuffer_free(buf);
}

TEST_ONCE(setcb_changes_its_two_fields)
{
	struct evbuffer *buf = buffer_with("text");
	struct look look = look_at(buf);
	int arg;

	evbuffer_setcb(buf, trace_change, &arg);
	look.fields.cb = trace_change;
	look.fields.cbarg = &arg;
	CHECK_SAME(buf, &look);
	evbuffer_setcb(buf, NULL, NULL);
	look.fields.cb = NULL;
	look.fields.cbarg = NULL;
	CHECK_SAME(buf, &look);
	evbuffer_free(buf);
}

static size_t
block_for(size_t length)
{
	size_t block = 256;

	while (block < length)
		block *= 2;
	return block;
}

TEST_ONCE(blocks_double_as_bytes_come)
{
	struct evbuffer *buf = new_buffer();
	size_t i;

	for (i = 0; i < 70000; i++) {
		unsigned char byte = pattern_at(i);

		CHECK_INT(evbuffer_add(buf, &byte, 1), 0);
		CHECK_INT(buf->off, i + 1);
		CHECK_INT(buf->totallen, block_for(i + 1));
		CHECK_INT(buf->misalign, 0);
		CHECK_PTR(buf->buffer, buf->orig_buffer);
	}
	CHECK_PATTERN(buf, 0, 70000);
	evbuffer_free(buf);
}

TEST_ONCE(a_first_block_is_the_smallest_that_holds_it)
{
	static const size_t lengths[] = { 1, 255, 256, 257, 512, 1000, 4095, 4096, 4097, 65536,
		65537, 1 << 20, (1 << 20) + 1, 3000000 };
	size_t i;

	for (i = 0; i < COUNT(lengths); i++) {
		struct evbuffer *added = new_buffer();
		struct evbuffer *expanded = new_buffer();

		add_pattern(added, 0, lengths[i]);
		CHECK_INT(added->totallen, block_for(lengths[i]));
		CHECK_PATTERN(added, 0, lengths[i]);
		CHECK_INT(evbuffer_expand(expanded, lengths[i]), 0);
		CHECK_INT(expanded->totallen, block_for(lengths[i]));
		CHECK_DATA(expanded, "", 0);
		evbuffer_free(expanded);
		evbuffer_free(added);
	}
}

TEST_ONCE(a_block_grows_by_as_many_steps_as_it_takes)
{
	struct evbuffer *buf = new_buffer();

	add_pattern(buf, 0, 200);
	add_pattern(buf, 200, 100);
	CHECK_INT(buf->totallen, 512);
	add_pattern(buf, 300, 212);
	CHECK_INT(buf->totallen, 512);
	add_pattern(buf, 512, 4000);
	CHECK_INT(buf->totallen, 8192);
	CHECK_PATTERN(buf, 0, 4512);
	evbuffer_free(buf);
}

/* What expand has reserved takes that many bytes without another block. */
TEST_ONCE(expand_reserves)
{
	struct evbuffer *buf = buffer_with("0123456789");
	struct look look;
	size_t length;

	CHECK_INT(evbuffer_expand(buf, 246), 0);
	CHECK_INT(buf->totallen, 256);
	CHECK_INT(evbuffer_expand(buf, 247), 0);
	CHECK_INT(buf->totallen, 512);
	CHECK_TEXT(buf, "0123456789");
	CHECK_INT(evbuffer_expand(buf, 5000), 0);
	look = look_at(buf);
	for (length = 0; length <= 5000; length += 100) {
		CHECK_INT(evbuffer_expand(buf, length), 0);
		CHECK_SAME(buf, &look);
	}
	evbuffer_drain(buf, 10);
	add_pattern(buf, 0, 5010);
	CHECK_PTR(buf->orig_buffer, look.fields.orig_buffer);
	CHECK_INT(buf->totallen, look.fields.totallen);
	CHECK_PATTERN(buf, 0, 5010);
	evbuffer_free(buf);
}

TEST_ONCE(drain_moves_the_start)
{
	struct evbuffer *buf = new_buffer();
	unsigned char *block;
	size_t k;

	add_pattern(buf, 0, 1000);
	block = buf->orig_buffer;
	for (k = 1; k < 1000; k++) {
		evbuffer_drain(buf, 1);
		CHECK_PTR(buf->orig_buffer, block);
		CHECK_PTR(buf->buffer, block + k);
		CHECK_INT(buf->misalign, k);
		CHECK_INT(buf->totallen, 1024);
		CHECK_INT(buf->off, 1000 - k);
		CHECK_INT(buf->buffer[0], pattern_at(k));
	}
	evbuffer_drain(buf, 1);
	CHECK_PTR(buf->orig_buffer, block);
	CHECK_PTR(buf->buffer, block);
	CHECK_INT(buf->misalign, 0);
	CHECK_INT(buf->totallen, 1024);
	CHECK_INT(buf->off, 0);
	evbuffer_free(buf);
}

/* Whatever takes bytes away moves the start as drain does. */
TEST_ONCE(takers_move_the_start)
{
	struct evbuffer *buf = buffer_with("12345678line\nanother\r\nrest");
	unsigned char *block = buf->orig_buffer;
	unsigned char bytes[8];
	int fds[2];

	CHECK_INT(evbuffer_remove(buf, bytes, 8), 8);
	CHECK_INT(buf->misalign, 8);
	free(evbuffer_readline(buf));
	CHECK_INT(buf->misalign, 13);
	free(evbuffer_readln(buf, NULL, EVBUFFER_EOL_CRLF));
	CHECK_INT(buf->misalign, 22);
	CHECK_TEXT(buf, "rest");
	CHECK_PTR(buf->orig_buffer, block);
	make_pipe(fds);
	CHECK_INT(evbuffer_write(buf, fds[1]), 4);
	CHECK_INT(buf->misalign, 0);
	CHECK_INT(buf->totallen, 256);
	CHECK_PTR(buf->orig_buffer, block);
	CHECK_TEXT(buf, "");
	evbuffer_free(buf);
}

TEST_ONCE(what_fits_after_the_data_moves_nothing)
{
	struct evbuffer *buf = new_buffer();
	unsigned char *start;

	add_pattern(buf, 0, 100);
	evbuffer_drain(buf, 60);
	start = buf->buffer;
	add_pattern(buf, 100, 156);
	CHECK_PTR(buf->buffer, start);
	CHECK_INT(buf->misalign, 60);
	CHECK_INT(buf->totallen, 256);
	CHECK_PATTERN(buf, 60, 196);
	evbuffer_free(buf);
}

TEST_ONCE(data_moves_to_the_front_before_a_block_grows)
{
	size_t drained;

	for (drained = 1; drained < 256; drained++) {
		struct evbuffer *buf = new_buffer();

		add_pattern(buf, 0, 256);
		evbuffer_drain(buf, drained);
		add_pattern(buf, 256, drained);
		CHECK_INT(buf->totallen, 256);
		CHECK_INT(buf->misalign, 0);
		CHECK_PATTERN(buf, drained, 256);
		evbuffer_drain(buf, drained);
		add_pattern(buf, 256 + drained, drained + 1);
		CHECK_INT(buf->totallen, 512);
		CHECK_INT(buf->misalign, 0);
		CHECK_PATTERN(buf, 2 * drained, 257);
		evbuffer_free(buf);
	}
}

/* Front and tail together make the room. */
TEST_ONCE(room_before_and_after_the_data_counts_as_one)
{
	struct evbuffer *buf = new_buffer();

	add_pattern(buf, 0, 200);
	evbuffer_drain(buf, 100);
	add_pattern(buf, 200, 156);
	CHECK_INT(buf->totallen, 256);
	CHECK_INT(buf->misalign, 0);
	CHECK_PATTERN(buf, 100, 256);
	evbuffer_drain(buf, 56);
	CHECK_INT(evbuffer_expand(buf, 56), 0);
	CHECK_INT(buf->totallen, 256);
	CHECK_INT(buf->misalign, 0);
	CHECK_PATTERN(buf, 156, 200);
	evbuffer_free(buf);
}

/* A long queue is not moved for every few bytes: the cost of moving is paid by what came. */
TEST_ONCE(moves_are_amortised)
{
	enum { LENGTH = 65536, STEP = 16, STEPS = 3 * LENGTH / STEP };
	struct evbuffer *buf = new_buffer();
	size_t moved = 0;
	size_t i;

	add_pattern(buf, 0, LENGTH);
	for (i = 0; i < STEPS; i++) {
		unsigned char *start;

		evbuffer_drain(buf, STEP);
		start = buf->buffer;
		add_pattern(buf, LENGTH + i * STEP, STEP);
		if (buf->buffer != start)
			moved += buf->off;
	}
	CHECK(moved <= 2 * (STEPS * STEP + LENGTH));
	CHECK(buf->totallen <= 4 * LENGTH);
	CHECK_PATTERN(buf, STEPS * STEP, LENGTH);
	evbuffer_free(buf);
}

/* printf asks for 64 bytes, whatever comes of it. */
TEST_ONCE(printf_reserves_64)
{
	struct evbuffer *buf = new_buffer();

	CHECK_INT(evbuffer_add_printf(buf, "%s", "x"), 1);
	CHECK_INT(buf->totallen, 256);
	add_pattern(buf, 0, 191);
	CHECK_INT(evbuffer_add_printf(buf, "%s", "x"), 1);
	CHECK_INT(buf->totallen, 256);
	CHECK_INT(evbuffer_add_printf(buf, "%s", "x"), 1);
	CHECK_INT(buf->totallen, 512);
	CHECK_INT(buf->off, 194);
	CHECK_SOUND(buf);
	evbuffer_free(buf);
}

/* The terminating NUL needs room, but is no part of the contents. */
TEST_ONCE(printf_needs_room_for_a_nul)
{
	struct evbuffer *buf = new_buffer();

	CHECK_INT(evbuffer_add_printf(buf, "%255d", 1), 255);
	CHECK_INT(buf->totallen, 256);
	evbuffer_free(buf);
	buf = new_buffer();
	CHECK_INT(evbuffer_add_printf(buf, "%256d", 1), 256);
	CHECK_INT(buf->totallen, 512);
	CHECK_INT(buf->off, 256);
	CHECK_INT(buf->buffer[255], '1');
	evbuffer_free(buf);
}

TEST_ONCE(what_only_looks_changes_nothing)
{
	struct evbuffer *buf = buffer_with("junk: some text without an end");
	struct look look;
	size_t n = 7;
	char byte;

	evbuffer_drain(buf, 6);
	look = look_at(buf);
	CHECK_PTR(evbuffer_find(buf, (const u_char *)"text", 4), buf->buffer + 5);
	CHECK_PTR(evbuffer_find(buf, (const u_char *)"junk", 4), NULL);
	CHECK_PTR(evbuffer_readline(buf), NULL);
	CHECK_PTR(evbuffer_readln(buf, &n, EVBUFFER_EOL_ANY), NULL);
	CHECK_INT(evbuffer_add(buf, "x", 0), 0);
	CHECK_INT(evbuffer_remove(buf, &byte, 0), 0);
	evbuffer_drain(buf, 0);
	CHECK_INT(evbuffer_expand(buf, 10), 0);
	CHECK_INT(evbuffer_add_buffer(buf, buf), 0);
	CHECK_SAME(buf, &look);
	evbuffer_free(buf);
}
