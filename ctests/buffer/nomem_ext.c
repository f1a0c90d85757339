/*
 * Memory runs out in the functions that libevent 1.4 does not have, and in reads; and what needs
 * no memory at all (behaviours 71, 78, 193; F5, F6).
 */
#include "nomem.h"

#include <evhub/buffer_ext.h>
#include <sys/mman.h>

enum { FILE_SIZE = 10000 };

static char large[5000];
static int file = -1;

static void
small_in_the_middle(void)
{
	add_pattern(buf, 0, 250);
	evbuffer_drain(buf, 150);
}

static int
try_prepend(void)
{
	static unsigned char data[300];
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = pattern_at(1000 + i);
	return evbuffer_prepend(buf, data, sizeof(data));
}

static void
has_prepended(void)
{
	struct evbuffer *front = new_buffer();

	CHECK_INT(evbuffer_add(front, EVBUFFER_DATA(buf), 300), 0);
	CHECK_PATTERN(front, 1000, 300);
	evbuffer_free(front);
	evbuffer_drain(buf, 300);
	CHECK_PATTERN(buf, 150, EVBUFFER_LENGTH(buf));
}

ALLOC_TEST(prepending_without_memory)
{
	static const struct scenario first = {
		nothing, try_prepend, "buf:0>300 ", has_prepended, 1, 0
	};
	static const struct scenario middle = {
		small_in_the_middle, try_prepend, "buf:100>400 ", has_prepended, 1, 0
	};

	torture(&first);
	torture(&middle);
}

static void
clean_up(const void *data, size_t length, void *arg)
{
	CHECK_PTR(data, large);
	CHECK_INT(length, sizeof(large));
	CHECK_PTR(arg, &cleanups);
	cleanups++;
}

static int
try_reference(void)
{
	return evbuffer_add_reference(buf, large, sizeof(large), clean_up, &cleanups);
}

static void
has_reference(void)
{
	CHECK_DATA(buf, large, sizeof(large));
	CHECK_INT(cleanups, 1);
}

ALLOC_TEST(a_reference_without_memory_is_not_cleaned_up)
{
	static const struct scenario scenario = {
		nothing, try_reference, "buf:0>5000 ", has_reference, 1, 0
	};

	memset(large, 'l', sizeof(large));
	torture(&scenario);
}

static void
with_file(void)
{
	unsigned char *data = pattern(0, FILE_SIZE);

	file = memfd_create("nomem", MFD_CLOEXEC);
	CHECK(file != -1);
	CHECK_INT(write(file, data, FILE_SIZE), FILE_SIZE);
	free(data);
}

static int
try_file(void)
{
	CHECK(fcntl(file, F_GETFD) != -1);
	return evbuffer_add_file(buf, file, 1000, 5000);
}

static void
has_file(void)
{
	CHECK_PATTERN(buf, 1000, 5000);
}

ALLOC_TEST(a_file_without_memory_stays_open)
{
	static const struct scenario scenario = {
		with_file, try_file, "buf:0>5000 ", has_file, 1, 0
	};

	torture(&scenario);
}

/* Reading: what cannot be had memory for stays where it is. */

static void
read_all(int fd)
{
	while (evbuffer_read(buf, fd, -1) > 0)
		continue;
	CHECK_INT(errno, EAGAIN);
}

/* Reads 5,000 bytes behind some with the n-th allocation failing; false if there was none. */
static int
read_once(size_t before, size_t drained, int howmuch, int n, int and_all_that_follow)
{
	unsigned char *data = pattern(before, 5000);
	int fds[2], result, error;
	struct look look;
	long failures;

	buf = new_buffer();
	add_pattern(buf, 0, before);
	evbuffer_drain(buf, drained);
	look = look_at(buf);
	make_pair(fds);
	CHECK_INT(write(fds[1], data, 5000), 5000);
	alloc_fail(n, and_all_that_follow);
	result = evbuffer_read(buf, fds[0], howmuch);
	error = errno;
	failures = alloc_failures();
	alloc_fail(0, 0);
	if (result == -1) {
		CHECK_INT(error, ENOMEM);
		CHECK(failures > 0);
		CHECK_SAME(buf, &look);
	} else {
		CHECK(result > 0 && result <= 5000);
		CHECK_INT(EVBUFFER_LENGTH(buf), (long long)(before - drained) + result);
		CHECK_SOUND(buf);
	}
	read_all(fds[0]);
	CHECK_PATTERN(buf, drained, before - drained + 5000);
	evbuffer_free(buf);
	free(data);
	close(fds[0]);
	close(fds[1]);
	return failures > 0;
}

ALLOC_TEST(reading_without_memory_loses_nothing)
{
	static const struct { size_t before, drained; int howmuch; } cases[] = {
		{ 0, 0, -1 }, { 0, 0, 5000 }, { 0, 0, 100 }, { 0, 0, 300000 }, { 250, 0, -1 },
		{ 256, 0, 5000 }, { 250, 100, 5000 }, { 8000, 3000, -1 }, { 8192, 1, 70000 },
	};
	long live;
	size_t i;
	int sticky;

	need_shim();
	live = alloc_live();
	for (i = 0; i < COUNT(cases); i++) {
		for (sticky = 0; sticky <= 1; sticky++) {
			int n = 1;

			while (read_once(cases[i].before, cases[i].drained, cases[i].howmuch, n,
			    sticky))
				CHECK(++n < 100);
			/* One block may be kept for the next read. */
			CHECK(alloc_live() - live <= 1);
		}
	}
}

/* What needs no memory */

static void
adds_and_takes(void)
{
	char out[300];

	CHECK_INT(evbuffer_add(buf, "more", 4), 0);
	CHECK_INT(evbuffer_add(buf, NULL, 0), 0);
	CHECK_INT(evbuffer_expand(buf, 50), 0);
	CHECK_INT(evbuffer_add_printf(buf, "%d", 12345), 5);
	CHECK_INT(evbuffer_copyout(buf, out, sizeof(out)), 109);
	CHECK_INT(evbuffer_remove(buf, out, 10), 10);
	evbuffer_drain(buf, 20);
	CHECK_INT(evbuffer_prepend(buf, out, 10), 0);
	CHECK(evbuffer_find(buf, (const unsigned char *)"more", 4) != NULL);
	CHECK_INT(evbuffer_search(buf, "more12345", 9, NULL).pos, 80);
	CHECK(evbuffer_pullup(buf, -1) != NULL);
	/* As long as the block, after a way to its front. */
	CHECK_INT(evbuffer_add(buf, out, 150), 0);
	CHECK_INT(buf->totallen, 256);
}

static void
moves(void)
{
	/* Into an empty one, and back in front of more. */
	evbuffer_drain(other, 200);
	CHECK_INT(evbuffer_add_buffer(other, buf), 0);
	CHECK_INT(evbuffer_add(buf, "few", 3), 0);
	evbuffer_drain(other, 10);
	CHECK_INT(evbuffer_add_buffer(buf, other), 0);
	CHECK(memcmp(EVBUFFER_DATA(buf), "few", 3) == 0);
	CHECK_INT(EVBUFFER_LENGTH(other), 0);
}

static void
reads_and_writes(void)
{
	int fds[2], length = (int)EVBUFFER_LENGTH(buf);

	make_pair(fds);
	CHECK_INT(evbuffer_write(buf, fds[0]), length);
	CHECK_INT(evbuffer_read(buf, fds[1], 0), 0);
	CHECK_INT(evbuffer_read(buf, fds[1], 100), 100);
	CHECK_ERRNO(evbuffer_read(buf, fds[0], 100), EAGAIN);
	close(fds[0]);
	close(fds[1]);
}

ALLOC_TEST(with_room_enough_nothing_needs_memory)
{
	need_shim();
	buf = new_buffer();
	other = new_buffer();
	small_in_the_middle();
	add_pattern(other, 0, 200);
	alloc_fail(1, 1);
	adds_and_takes();
	moves();
	reads_and_writes();
	CHECK_INT(evbuffer_add(other, NULL, 0), 0);
	CHECK_PTR(evbuffer_readline(other), NULL);
	evbuffer_setcb(buf, NULL, NULL);
	CHECK_INT(alloc_failures(), 0);
	alloc_fail(0, 0);
	evbuffer_free(buf);
	evbuffer_free(other);
}

/* Memory that cannot be given back is kept. */
ALLOC_TEST(a_large_block_that_cannot_shrink_stays)
{
	struct look look;

	need_shim();
	buf = new_buffer();
	add_pattern(buf, 0, 3 << 20);
	look = look_at(buf);
	alloc_fail(1, 1);
	evbuffer_drain(buf, SIZE_MAX);
	CHECK(alloc_failures() > 0);
	CHECK_DATA(buf, "", 0);
	CHECK_PTR(buf->orig_buffer, look.fields.orig_buffer);
	CHECK_INT(buf->totallen, 4 << 20);
	CHECK_INT(evbuffer_add(buf, "again", 5), 0);
	CHECK_TEXT(buf, "again");
	alloc_fail(0, 0);
	evbuffer_drain(buf, SIZE_MAX);
	CHECK_INT(buf->totallen, 4096);
	evbuffer_free(buf);
}
