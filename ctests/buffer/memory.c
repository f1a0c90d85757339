/*
 * What buffers cost: how often they allocate, how many bytes they move, how much they keep.
 * Counted, never timed (behaviours 68, 69, 71, 78, 193).
 */
#include "alloc.h"
#include "check.h"

#include <evhub/buffer_ext.h>
#include <malloc.h>

enum { KIB = 1024, MIB = 1024 * 1024 };

ALLOC_TEST(a_buffer_is_one_allocation_and_its_block_another)
{
	struct evbuffer *buf;
	long live, count;

	need_shim();
	live = alloc_live();
	count = alloc_count();
	buf = evbuffer_new();
	CHECK_INT(alloc_count() - count, 1);
	CHECK_INT(evbuffer_add(buf, NULL, 0), 0);
	evbuffer_drain(buf, 10);
	CHECK_INT(alloc_count() - count, 1);
	CHECK_INT(evbuffer_add(buf, "x", 1), 0);
	CHECK_INT(alloc_count() - count, 2);
	CHECK_INT(alloc_live() - live, 2);
	/* The C library knows the block, and that it is no larger than it says. */
	CHECK(malloc_usable_size(buf->orig_buffer) >= 256);
	CHECK(malloc_usable_size(buf->orig_buffer) < 512);
	evbuffer_free(buf);
	CHECK_INT(alloc_live() - live, 0);
}

ALLOC_TEST(bytes_added_one_by_one_allocate_seldom)
{
	struct evbuffer *buf;
	unsigned char byte;
	long count;
	size_t i;

	need_shim();
	buf = new_buffer();
	count = alloc_count();
	for (i = 0; i < MIB; i++) {
		byte = pattern_at(i);
		CHECK_INT(evbuffer_add(buf, &byte, 1), 0);
	}
	/* 256 bytes, doubled 12 times. */
	CHECK(alloc_count() - count <= 13);
	CHECK_INT(buf->totallen, MIB);
	CHECK_PATTERN(buf, 0, MIB);
	evbuffer_free(buf);
}

ALLOC_TEST(printing_line_by_line_allocates_seldom)
{
	struct evbuffer *buf;
	long count;
	int i;

	need_shim();
	buf = new_buffer();
	/* The C library may set something up for its first formats. */
	CHECK(evbuffer_add_printf(buf, "line %d of many\n", 0) > 0);
	count = alloc_count();
	for (i = 1; i < 20000; i++)
		CHECK(evbuffer_add_printf(buf, "line %d of many\n", i) > 0);
	CHECK(alloc_count() - count <= 12);
	evbuffer_free(buf);
}

ALLOC_TEST(room_that_was_made_in_advance_is_enough)
{
	struct evbuffer *buf;
	unsigned char *block;
	long count;
	int i;

	need_shim();
	buf = new_buffer();
	CHECK_INT(evbuffer_expand(buf, 100 * KIB), 0);
	CHECK_INT(buf->totallen, 128 * KIB);
	block = buf->orig_buffer;
	count = alloc_count();
	for (i = 0; i < 100; i++)
		add_pattern(buf, (size_t)i * KIB, KIB);
	/* Each pattern is one of the test's own. */
	CHECK_INT(alloc_count() - count, 100);
	CHECK_PTR(buf->orig_buffer, block);
	CHECK_PATTERN(buf, 0, 100 * KIB);
	evbuffer_free(buf);
}

/* Queues */

/*
 * Adds and drains `length` bytes at a time behind a backlog. Returns how many bytes were moved,
 * which shows in data that is not where the drain left it.
 */
static uint64_t
run_queue(struct evbuffer *buf, size_t length, int rounds)
{
	unsigned char *data = calloc(1, length), *at = EVBUFFER_DATA(buf);
	uint64_t moved = 0;
	int i;

	CHECK(data != NULL);
	for (i = 0; i < rounds; i++) {
		size_t backlog = EVBUFFER_LENGTH(buf);

		CHECK_INT(evbuffer_add(buf, data, length), 0);
		if (EVBUFFER_DATA(buf) != at)
			moved += backlog;
		evbuffer_drain(buf, length);
		at = EVBUFFER_DATA(buf);
	}
	free(data);
	return moved;
}

static void
check_queue(size_t backlog, size_t length)
{
	enum { ROUNDS = 20000 };
	struct evbuffer *buf = new_buffer();
	uint64_t moved;

	add_pattern(buf, 0, backlog);
	moved = run_queue(buf, length, ROUNDS);
	/* Each byte that comes pays for a few that are moved; short data is moved at will. */
	CHECK(moved <= 4 * ((uint64_t)length * ROUNDS + backlog)
	    || (backlog <= 4 * KIB && moved <= (uint64_t)ROUNDS * 4 * KIB));
	CHECK(buf->totallen <= 4 * (backlog + length) || buf->totallen == 256);
	CHECK_INT(EVBUFFER_LENGTH(buf), (long long)backlog);
	CHECK_SOUND(buf);
	evbuffer_free(buf);
}

TEST(a_queue_with_a_backlog_moves_few_bytes)
{
	static const size_t backlogs[] = { 0, 100, 4 * KIB - 1, 4 * KIB, 4 * KIB + 1, 8 * KIB - 16,
		8 * KIB - 1, 8 * KIB, 10000, 60000, 64 * KIB - 1, 64 * KIB, 100000, MIB - 1, MIB };
	static const size_t lengths[] = { 1, 16, 700, 5000 };
	size_t i, j;

	for (i = 0; i < COUNT(backlogs); i++)
		for (j = 0; j < COUNT(lengths); j++)
			check_queue(backlogs[i], lengths[j]);
}

/* The same in the steady state: no more memory is asked for. */
ALLOC_TEST(a_queue_stops_allocating)
{
	static const size_t backlogs[] = { 0, 100, 5000, 60000, MIB };
	struct evbuffer *buf;
	size_t i;
	long count;

	need_shim();
	for (i = 0; i < COUNT(backlogs); i++) {
		buf = new_buffer();
		add_pattern(buf, 0, backlogs[i]);
		run_queue(buf, 100, 50000);
		count = alloc_count();
		run_queue(buf, 100, 50000);
		CHECK_INT(alloc_count() - count, 1);	/* the test's own */
		evbuffer_free(buf);
	}
}

/* What is kept */

TEST(a_large_block_is_given_back_when_its_data_has_gone)
{
	static const size_t lengths[] = { MIB + 1, 3 * MIB, 20 * MIB };
	char *out = malloc(20 * MIB);
	size_t i;

	CHECK(out != NULL);
	for (i = 0; i < 2 * COUNT(lengths); i++) {
		struct evbuffer *buf = new_buffer();
		size_t length = lengths[i / 2];

		add_pattern(buf, 0, length);
		evbuffer_drain(buf, length - 1);
		CHECK(buf->totallen >= length);
		if (i % 2)
			evbuffer_drain(buf, 1);
		else
			CHECK_INT(evbuffer_remove(buf, out, 100), 1);
		CHECK_INT(buf->totallen, 4 * KIB);
		CHECK_INT(buf->misalign, 0);
		CHECK(malloc_usable_size(buf->orig_buffer) < 8 * KIB);
		CHECK_DATA(buf, "", 0);
		add_pattern(buf, 7, 10000);
		CHECK_PATTERN(buf, 7, 10000);
		evbuffer_free(buf);
	}
	free(out);
}

TEST(a_large_block_is_given_back_by_a_write)
{
	struct evbuffer *buf = new_buffer();
	int fds[2];

	make_pair(fds);
	add_pattern(buf, 0, 2 * MIB);
	while (EVBUFFER_LENGTH(buf) > 0) {
		CHECK(evbuffer_write(buf, fds[0]) > 0);
		drain(fds[1]);
	}
	CHECK_INT(buf->totallen, 4 * KIB);
	evbuffer_free(buf);
}

/* Which side had it: a moved block goes with its data, an emptied one is given back. */
TEST(a_large_block_is_given_back_after_a_move)
{
	struct evbuffer *out = new_buffer(), *in = new_buffer();

	add_pattern(out, 0, 2 * MIB);
	add_pattern(in, 2 * MIB, 2 * MIB);
	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	CHECK_PATTERN(out, 0, 4 * MIB);
	CHECK_INT(in->totallen, 4 * KIB);
	CHECK_INT(evbuffer_add_buffer(in, out), 0);
	CHECK_INT(in->totallen, 4 * MIB);
	CHECK(out->totallen <= 4 * KIB);
	evbuffer_drain(in, SIZE_MAX);
	CHECK_INT(in->totallen, 4 * KIB);
	evbuffer_free(out);
	evbuffer_free(in);
}

/* Behaviour 69: what is not large is kept. */
TEST(a_block_of_usual_size_is_kept)
{
	struct evbuffer *buf = new_buffer();
	unsigned char *block;

	add_pattern(buf, 0, MIB);
	block = buf->orig_buffer;
	evbuffer_drain(buf, MIB);
	CHECK_PTR(buf->orig_buffer, block);
	CHECK_INT(buf->totallen, MIB);
	evbuffer_free(buf);
}

/* Filled and emptied again and again: a few allocations each time, not one per doubling. */
ALLOC_TEST(large_data_in_one_piece_costs_few_allocations)
{
	struct evbuffer *buf;
	char *data;
	long count;
	int i;

	need_shim();
	buf = new_buffer();
	data = calloc(1, 3 * MIB);
	CHECK(data != NULL);
	count = alloc_count();
	for (i = 0; i < 10; i++) {
		CHECK_INT(evbuffer_add(buf, data, 3 * MIB), 0);
		evbuffer_drain(buf, SIZE_MAX);
	}
	CHECK(alloc_count() - count <= 20);
	free(data);
	evbuffer_free(buf);
}
