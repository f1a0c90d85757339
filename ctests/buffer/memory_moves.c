/*
 * Blocks that change hands instead of being copied; reads that take no more memory than what comes
 * needs (behaviours 71, 78).
 */
#include "alloc.h"
#include "check.h"

#include <evhub/buffer_ext.h>
#include <malloc.h>

enum { KIB = 1024, MIB = 1024 * 1024 };

/* Moves all, which must not allocate. */
static void
move(struct evbuffer *out, struct evbuffer *in)
{
	long count = alloc_count();

	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	CHECK_INT(alloc_count() - count, 0);
	CHECK_SOUND(out);
	CHECK_SOUND(in);
	CHECK_INT(EVBUFFER_LENGTH(in), 0);
	CHECK_INT(in->misalign, 0);
}

ALLOC_TEST(a_move_into_an_empty_buffer_copies_nothing)
{
	struct evbuffer *out, *in;
	struct evbuffer before;

	need_shim();
	out = new_buffer();
	in = new_buffer();
	add_pattern(in, 0, 100 * KIB);
	evbuffer_drain(in, 1000);
	before = *in;
	move(out, in);
	CHECK_PTR(EVBUFFER_DATA(out), before.buffer);
	CHECK_PTR(out->orig_buffer, before.orig_buffer);
	CHECK_INT(out->misalign, 1000);
	CHECK_INT(out->totallen, (long long)before.totallen);
	CHECK_PATTERN(out, 1000, 100 * KIB - 1000);
	/* The other one has got the block in return, which was none. */
	CHECK_INT(in->totallen, 0);
	/* And back, with a block in return this time. */
	add_pattern(in, 0, 300);
	evbuffer_drain(in, 300);
	move(in, out);
	CHECK_PTR(EVBUFFER_DATA(in), before.buffer);
	CHECK_INT(out->totallen, 512);
	evbuffer_free(out);
	evbuffer_free(in);
}

/* A few bytes before many, whose block has room in front: the many stay where they are. */
ALLOC_TEST(many_bytes_move_behind_few_without_being_copied)
{
	static const size_t unused[] = { 100, 101, 5000 };
	size_t i;

	need_shim();
	for (i = 0; i < COUNT(unused); i++) {
		struct evbuffer *out = new_buffer(), *in = new_buffer();
		unsigned char *data;

		add_pattern(in, 100 - unused[i], unused[i] + 64 * KIB);
		evbuffer_drain(in, unused[i]);
		add_pattern(out, 0, 100);
		data = EVBUFFER_DATA(in);
		move(out, in);
		CHECK_PTR(EVBUFFER_DATA(out), data - 100);
		CHECK_PATTERN(out, 0, 100 + 64 * KIB);
		evbuffer_free(out);
		evbuffer_free(in);
	}
}

/* Few bytes behind many that have room for them: the many stay. */
ALLOC_TEST(few_bytes_move_behind_many_without_moving_them)
{
	struct evbuffer *out, *in;
	unsigned char *data;

	need_shim();
	out = new_buffer();
	in = new_buffer();
	add_pattern(out, 0, 60 * KIB);
	add_pattern(in, 60 * KIB, 4 * KIB);
	data = EVBUFFER_DATA(out);
	move(out, in);
	CHECK_PTR(EVBUFFER_DATA(out), data);
	CHECK_PATTERN(out, 0, 64 * KIB);
	CHECK_INT(in->totallen, 4 * KIB);
	evbuffer_free(out);
	evbuffer_free(in);
}

/* Messages gathered into one buffer, a thousand times over: no more than the doublings. */
ALLOC_TEST(gathering_many_buffers_allocates_seldom)
{
	struct evbuffer *out, *in;
	long count;
	int i;

	need_shim();
	out = new_buffer();
	in = new_buffer();
	CHECK_INT(evbuffer_add(in, "message", 7), 0);
	evbuffer_drain(in, 7);
	CHECK_INT(evbuffer_add(out, "first", 5), 0);
	count = alloc_count();
	for (i = 0; i < 10000; i++) {
		CHECK_INT(evbuffer_add(in, "message", 7), 0);
		CHECK_INT(evbuffer_add_buffer(out, in), 0);
	}
	CHECK(alloc_count() - count <= 10);
	CHECK_INT(EVBUFFER_LENGTH(out), 70005);
	evbuffer_free(out);
	evbuffer_free(in);
}

/* Reads */

TEST(small_reads_leave_a_buffer_small)
{
	static const int howmuch[] = { -1, 100, 4096, 65536, 1 << 20, INT_MAX };
	struct evbuffer *buf = new_buffer();
	size_t i;
	int fds[2], round;

	make_pair(fds);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < COUNT(howmuch); i++) {
			CHECK_INT(write(fds[1], "0123456789", 10), 10);
			CHECK_INT(evbuffer_read(buf, fds[0], howmuch[i]), 10);
			CHECK_TEXT(buf, "0123456789");
			evbuffer_drain(buf, 10);
			CHECK_INT(buf->totallen, 256);
			CHECK(malloc_usable_size(buf->orig_buffer) < 512);
		}
	}
	evbuffer_free(buf);
}

/* Reads that find nothing, and the end, do not cost more either. */
TEST(reads_of_nothing_leave_a_buffer_small)
{
	struct evbuffer *buf = new_buffer();
	int fds[2];

	make_pair(fds);
	CHECK_ERRNO(evbuffer_read(buf, fds[0], INT_MAX), EAGAIN);
	CHECK_ERRNO(evbuffer_read(buf, fds[0], -1), EAGAIN);
	close(fds[1]);
	CHECK_INT(evbuffer_read(buf, fds[0], INT_MAX), 0);
	CHECK(buf->totallen <= 256);
	evbuffer_free(buf);
}

/* The block grows to what has come, wherever that ends. */
TEST(a_read_takes_the_room_that_its_bytes_need)
{
	static const struct { size_t length, total; } cases[] = {
		{ 1, 256 }, { 256, 256 }, { 257, 512 }, { 1000, 1024 }, { 4096, 4096 },
		{ 4097, 8192 }, { 50000, 65536 }, { 65536, 65536 }, { 65537, 131072 },
	};
	size_t i;
	int fds[2];

	make_pair(fds);
	for (i = 0; i < COUNT(cases); i++) {
		struct evbuffer *buf = new_buffer(), *from = new_buffer();

		add_pattern(from, 0, cases[i].length);
		CHECK_INT(evbuffer_write(from, fds[1]), (long long)cases[i].length);
		CHECK_INT(evbuffer_read(buf, fds[0], INT_MAX), (long long)cases[i].length);
		CHECK_PATTERN(buf, 0, cases[i].length);
		CHECK_INT(buf->totallen, (long long)cases[i].total);
		evbuffer_free(buf);
		evbuffer_free(from);
	}
}

/* A source without end, which cannot tell how much there is: an amount within reason. */
TEST(a_read_from_an_endless_source_is_bounded)
{
	struct evbuffer *buf = new_buffer();
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC), got;

	CHECK(fd != -1);
	CHECK(evbuffer_read(buf, fd, INT_MAX) >= 4 * KIB);
	CHECK(EVBUFFER_LENGTH(buf) <= 2 * MIB);
	/* A signal may end a read of this file after a page. */
	got = evbuffer_read(buf, fd, 5000);
	CHECK(got >= 4 * KIB && got <= 5000);
	CHECK(buf->totallen <= 4 * MIB);
	evbuffer_free(buf);
	close(fd);
}

/* What is set aside while a call runs has gone when it is over. */
TEST(reads_of_everything_do_not_pile_up_memory)
{
	struct evbuffer *buf = new_buffer();
	struct mallinfo2 before = mallinfo2(), after;
	int fds[2], i;

	make_pair(fds);
	for (i = 0; i < 100; i++) {
		CHECK_INT(write(fds[1], "0123456789", 10), 10);
		CHECK_INT(evbuffer_read(buf, fds[0], INT_MAX), 10);
	}
	after = mallinfo2();
	CHECK(after.arena + after.hblkhd <= before.arena + before.hblkhd + 4 * MIB);
	evbuffer_free(buf);
}

/* As programs read whole files: one call, all of it. */
TEST(a_whole_file_in_one_read)
{
	enum { LARGE = 5 * MIB };
	struct evbuffer *buf = new_buffer(), *from = new_buffer();
	FILE *file = tmpfile();

	CHECK(file != NULL);
	add_pattern(from, 0, LARGE);
	while (EVBUFFER_LENGTH(from) > 0)
		CHECK(evbuffer_write(from, fileno(file)) > 0);
	CHECK_INT(lseek(fileno(file), 0, SEEK_SET), 0);
	CHECK_INT(evbuffer_read(buf, fileno(file), LARGE), LARGE);
	CHECK_PATTERN(buf, 0, LARGE);
	CHECK_INT(buf->totallen, 8 * MIB);
	CHECK_INT(evbuffer_read(buf, fileno(file), LARGE), 0);
	fclose(file);
	evbuffer_free(buf);
	evbuffer_free(from);
}

/* A stream read into a buffer that is drained as it goes: no allocation per read. */
ALLOC_TEST(a_stream_of_reads_stops_allocating)
{
	static char data[16000];
	struct evbuffer *buf;
	long count = 0;
	int fds[2], i;

	need_shim();
	buf = new_buffer();
	make_pair(fds);
	for (i = 0; i < 1100; i++) {
		if (i == 100)
			count = alloc_count();
		CHECK_INT(write(fds[1], data, sizeof(data)), sizeof(data));
		while (evbuffer_read(buf, fds[0], 20000) > 0)
			evbuffer_drain(buf, EVBUFFER_LENGTH(buf) - 7);
	}
	CHECK(alloc_count() - count <= 4);
	evbuffer_free(buf);
}
