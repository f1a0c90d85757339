/*
 * Proves behaviours 78 and 194, B09 and B11: evbuffer_read is one read of what is there, up to
 * what was asked for, from whatever descriptor.
 */
#include "io_calls.h"

/* A file without a name that contains the pattern; read from its start. */
static int
pattern_file(size_t length)
{
	char name[] = "/tmp/evhub-buffer-XXXXXX";
	unsigned char *bytes = pattern(0, length);
	int fd = mkstemp(name);
	size_t done = 0;

	CHECK(fd != -1);
	CHECK_INT(unlink(name), 0);
	while (done < length) {
		ssize_t n = write(fd, bytes + done, length - done);

		CHECK(n > 0);
		done += (size_t)n;
	}
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	free(bytes);
	return fd;
}

static void
put_pattern(int fd, size_t from, size_t length)
{
	unsigned char *bytes = pattern(from, length);

	CHECK_INT(write(fd, bytes, length), (long long)length);
	free(bytes);
}

#define CHECK_READ(buf, fd, howmuch, want)                                      \
	do {                                                                    \
		io_reset();                                                     \
		CHECK_INT(evbuffer_read((buf), (fd), (howmuch)), (want));       \
		CHECK_INT(io_calls.reads, 1);                                   \
	} while (0)

TEST_ONCE(what_is_there_up_to_what_is_asked_for)
{
	struct evbuffer *buf = new_buffer();
	int fds[2];

	make_pipe(fds);
	watch(buf, "b");
	put_pattern(fds[1], 0, 1000);
	CHECK_READ(buf, fds[0], 1, 1);
	CHECK_CALLS("b:0>1 ");
	CHECK_READ(buf, fds[0], 99, 99);
	CHECK_CALLS("b:1>100 ");
	CHECK_READ(buf, fds[0], 899, 899);
	CHECK_READ(buf, fds[0], 899, 1);
	CHECK_CALLS("b:100>999 b:999>1000 ");
	CHECK_PATTERN(buf, 0, 1000);
	put_pattern(fds[1], 1000, 1000);
	CHECK_READ(buf, fds[0], -1, 1000);
	CHECK_CALLS("b:1000>2000 ");
	put_pattern(fds[1], 2000, 1000);
	CHECK_READ(buf, fds[0], INT_MIN, 1000);
	put_pattern(fds[1], 3000, 1000);
	CHECK_READ(buf, fds[0], INT_MAX, 1000);
	CHECK_CALLS("b:2000>3000 b:3000>4000 ");
	CHECK_PATTERN(buf, 0, 4000);
	evbuffer_free(buf);
}

/* 1.4 cut both to 4096; one who asks for a number gets it. */
TEST_ONCE(twenty_thousand_waiting)
{
	struct evbuffer *buf = new_buffer();
	size_t total;
	int fds[2];
	int n;

	make_pipe(fds);
	put_pattern(fds[1], 0, 20000);
	CHECK_READ(buf, fds[0], 10000, 10000);
	CHECK_INT(io_calls.questions, 0);
	CHECK_PATTERN(buf, 0, 10000);
	CHECK_READ(buf, fds[0], -1, 10000);
	CHECK_INT(io_calls.questions, 0);
	CHECK_PATTERN(buf, 0, 20000);
	evbuffer_free(buf);
	buf = new_buffer();
	put_pattern(fds[1], 0, 20000);
	n = evbuffer_read(buf, fds[0], -1);
	CHECK(n >= 4096);
	total = buf->totallen;
	CHECK_READ(buf, fds[0], -1, 4 * total < 20000u - n ? 4 * (int)total : 20000 - n);
	CHECK_PATTERN(buf, 0, buf->off);
	evbuffer_free(buf);
}

/* With no number given it is at least 4096, and four times the block. */
TEST_ONCE(no_number_is_never_less_than_it_was)
{
	struct evbuffer *buf = new_buffer();
	int fd = pattern_file(3000000);
	size_t done = 0;

	while (done < 3000000) {
		size_t least = buf->totallen < 1024 ? 4096 : 4 * buf->totallen;
		int n;

		if (least > 3000000 - done)
			least = 3000000 - done;
		io_reset();
		n = evbuffer_read(buf, fd, -1);
		CHECK(n >= (int)least);
		CHECK_INT(io_calls.reads, 1);
		done += (size_t)n;
	}
	CHECK_PATTERN(buf, 0, 3000000);
	CHECK_READ(buf, fd, -1, 0);
	CHECK_PATTERN(buf, 0, 3000000);
	close(fd);
	evbuffer_free(buf);
}

/* Callers read whole files so. */
TEST_ONCE(a_whole_file_in_one_call)
{
	static const int lengths[] = { 1, 255, 256, 257, 4096, 4097, 100000, 1 << 20,
		(1 << 20) + 1, 10000000 };
	size_t i;

	for (i = 0; i < COUNT(lengths); i++) {
		struct evbuffer *exact = new_buffer();
		struct evbuffer *generous = buffer_with("x");
		int fd = pattern_file((size_t)lengths[i]);

		CHECK_READ(exact, fd, lengths[i], lengths[i]);
		CHECK_PATTERN(exact, 0, (size_t)lengths[i]);
		CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
		CHECK_READ(generous, fd, INT_MAX, lengths[i]);
		evbuffer_drain(generous, 1);
		CHECK_PATTERN(generous, 0, (size_t)lengths[i]);
		CHECK_READ(generous, fd, INT_MAX, 0);
		close(fd);
		evbuffer_free(exact);
		evbuffer_free(generous);
	}
}

/* Memory is for what has come, not for what might have. */
TEST_ONCE(blocks_grow_to_what_came)
{
	struct evbuffer *buf = new_buffer();
	int fds[2];

	make_pipe(fds);
	put_pattern(fds[1], 0, 10);
	CHECK_READ(buf, fds[0], INT_MAX, 10);
	CHECK(io_calls.room <= 2 << 20);
	CHECK_INT(buf->totallen, 256);
	put_pattern(fds[1], 10, 500);
	CHECK_READ(buf, fds[0], 1000000, 500);
	CHECK_INT(buf->totallen, 512);
	put_pattern(fds[1], 510, 3);
	CHECK_READ(buf, fds[0], 1000000, 3);
	CHECK_INT(buf->totallen, 1024);
	CHECK_PATTERN(buf, 0, 513);
	evbuffer_free(buf);
}

/* What there is, and what comes: the seam between the block and the rest is met everywhere. */
TEST_ONCE(every_amount_after_every_amount)
{
	static const size_t amounts[] = { 1, 2, 55, 56, 57, 200, 255, 256, 257, 511, 512, 513, 4000,
		4095, 4096, 4097, 20000, 60000 };
	size_t i, k, drained;
	int fds[2];

	make_pipe(fds);
	for (i = 0; i < COUNT(amounts); i++) {
		for (k = 0; k < COUNT(amounts); k++) {
			for (drained = 0; drained < amounts[i]; drained = 2 * drained + 1) {
				struct evbuffer *buf = new_buffer();
				size_t left = amounts[i] - drained;

				add_pattern(buf, 0, amounts[i]);
				evbuffer_drain(buf, drained);
				put_pattern(fds[1], amounts[i], amounts[k]);
				CHECK_READ(buf, fds[0], 60000, (int)amounts[k]);
				CHECK_INT(io_calls.room, 60000);
				CHECK_PATTERN(buf, drained, left + amounts[k]);
				evbuffer_free(buf);
			}
		}
	}
}

TEST_ONCE(nothing_asked_for_is_nothing_done)
{
	struct evbuffer *buf = new_buffer();
	struct look look;
	int fds[2];

	make_pipe(fds);
	put_pattern(fds[1], 0, 100);
	watch(buf, "b");
	look = look_at(buf);
	io_reset();
	CHECK_INT(evbuffer_read(buf, fds[0], 0), 0);
	CHECK_SAME(buf, &look);
	CHECK_READ(buf, fds[0], 50, 50);
	CHECK_CALLS("b:0>50 ");
	look = look_at(buf);
	io_reset();
	CHECK_INT(evbuffer_read(buf, fds[0], 0), 0);
	CHECK_INT(io_calls.reads, 0);
	CHECK_SAME(buf, &look);
	CHECK_CALLS("");
	evbuffer_free(buf);
}

TEST_ONCE(the_end_of_file)
{
	struct evbuffer *buf = new_buffer();
	struct look look;
	int fds[2];

	make_pair(fds);
	watch(buf, "b");
	put_pattern(fds[1], 0, 100);
	CHECK_INT(shutdown(fds[1], SHUT_WR), 0);
	CHECK_READ(buf, fds[0], -1, 100);
	CHECK_CALLS("b:0>100 ");
	look = look_at(buf);
	CHECK_READ(buf, fds[0], 100, 0);
	CHECK_SAME(buf, &look);
	CHECK_READ(buf, fds[0], -1, 0);
	CHECK_READ(buf, fds[0], INT_MAX, 0);
	CHECK_PATTERN(buf, 0, 100);
	CHECK_CALLS("");
	evbuffer_free(buf);
	close(fds[0]);
	close(fds[1]);
}

/* Data, and so the start of it, stays; room that was made may stay. */
static void
check_failing(int fd, int want_errno)
{
	static const int howmuch[] = { -1, 1, 100, 5000, INT_MAX };
	size_t i, length;

	for (length = 0; length <= 250; length += 50) {
		for (i = 0; i < COUNT(howmuch); i++) {
			struct evbuffer *buf = new_buffer();
			size_t block;

			add_pattern(buf, 0, length);
			watch(buf, "b");
			block = buf->totallen;
			io_reset();
			CHECK_ERRNO(evbuffer_read(buf, fd, howmuch[i]), want_errno);
			CHECK_INT(io_calls.reads, 1);
			CHECK_PATTERN(buf, 0, length);
			CHECK(buf->totallen >= block);
			CHECK_CALLS("");
			evbuffer_free(buf);
		}
	}
}

TEST_ONCE(failures_change_nothing)
{
	int fds[2];
	int fd;

	make_pair(fds);
	check_failing(fds[0], EAGAIN);
	check_failing(closed_fd(), EBADF);
	check_failing(-1, EBADF);
	fd = open("/dev/null", O_WRONLY);
	check_failing(fd, EBADF);
	close(fd);
	fd = open("/", O_RDONLY | O_DIRECTORY);
	check_failing(fd, EISDIR);
	close(fd);
}

/* Not tried again: the caller decides. */
TEST_ONCE(an_interrupted_read)
{
	struct evbuffer *buf = new_buffer();
	int fds[2];

	make_pipe(fds);
	put_pattern(fds[1], 0, 100);
	io_reset();
	io_calls.error = EINTR;
	CHECK_ERRNO(evbuffer_read(buf, fds[0], -1), EINTR);
	CHECK_INT(io_calls.reads, 1);
	CHECK_TEXT(buf, "");
	CHECK_READ(buf, fds[0], -1, 100);
	CHECK_PATTERN(buf, 0, 100);
	evbuffer_free(buf);
}

/* One datagram, one message of a row of them: what one read gives. */
TEST_ONCE(datagrams)
{
	struct evbuffer *buf = new_buffer();
	int fds[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds), 0);
	put_pattern(fds[1], 0, 300);
	put_pattern(fds[1], 300, 4096);
	put_pattern(fds[1], 4396, 1);
	CHECK_READ(buf, fds[0], -1, 300);
	CHECK_READ(buf, fds[0], -1, 4096);
	CHECK_READ(buf, fds[0], INT_MAX, 1);
	CHECK_PATTERN(buf, 0, 4397);
	close(fds[0]);
	close(fds[1]);
	evbuffer_free(buf);
}

/*
 * Devices and the like know no number of waiting bytes: what the caller allows
 * is asked for. A signal ends a long read of /dev/zero after any of its pages.
 */
TEST_ONCE(descriptors_without_an_answer)
{
	static const int howmuch[] = { 1, 100, 4096, 100000 };
	struct evbuffer *buf = new_buffer();
	int fd = open("/dev/zero", O_RDONLY), got;
	size_t i;

	CHECK(fd != -1);
	for (i = 0; i < COUNT(howmuch); i++) {
		io_reset();
		got = evbuffer_read(buf, fd, howmuch[i]);
		CHECK_INT(io_calls.room, howmuch[i]);
		CHECK(got == howmuch[i] || (got >= 4096 && got < howmuch[i]));
		CHECK_INT(EVBUFFER_LENGTH(buf), got);
		evbuffer_drain(buf, SIZE_MAX);
	}
	CHECK(evbuffer_read(buf, fd, -1) >= 4096);
	CHECK(evbuffer_read(buf, fd, INT_MAX) >= 4096);
	CHECK_SOUND(buf);
	for (i = 0; i < buf->off; i++)
		CHECK_INT(buf->buffer[i], 0);
	close(fd);
	evbuffer_free(buf);
	buf = new_buffer();
	fd = open("/proc/self/status", O_RDONLY);
	CHECK(fd != -1);
	CHECK(evbuffer_read(buf, fd, INT_MAX) > 100);
	CHECK_INT(memcmp(buf->buffer, "Name:", 5), 0);
	close(fd);
	evbuffer_free(buf);
}

/* The kernel's answer about what waits is a hint, however wrong. */
TEST_ONCE(wrong_answers)
{
	static const int answers[] = { -1, INT_MIN, 1, 100, 4096, 50000, 3000000, INT_MAX };
	static const int howmuch[] = { -1, 5000, 2000000, INT_MAX };
	size_t i, k;
	int fds[2];

	make_pipe(fds);
	for (i = 0; i < COUNT(answers); i++) {
		for (k = 0; k < COUNT(howmuch); k++) {
			struct evbuffer *buf = new_buffer();
			int want = k == 1 ? 5000 : 20000;
			int n;

			put_pattern(fds[1], 0, 20000);
			io_reset();
			io_calls.lies = answers[i];
			n = evbuffer_read(buf, fds[0], howmuch[k]);
			if (k == 0)
				CHECK(n >= 4096);
			else
				CHECK_INT(n, want);
			CHECK_INT(io_calls.reads, 1);
			CHECK_PATTERN(buf, 0, (size_t)n);
			CHECK(buf->totallen <= 65536);
			evbuffer_free(buf);
			drain(fds[0]);
		}
	}
}

/* Not asked in the common cases; and never for a number that can be set aside at once. */
TEST_ONCE(the_kernel_is_not_asked)
{
	static const int howmuch[] = { -1, 1, 4096, 65536, 1 << 20 };
	struct evbuffer *buf = new_buffer();
	size_t i;
	int fds[2];

	make_pipe(fds);
	for (i = 0; i < COUNT(howmuch); i++) {
		put_pattern(fds[1], 0, 1000);
		CHECK(evbuffer_read(buf, fds[0], howmuch[i]) > 0);
		CHECK_INT(io_calls.questions, 0);
		drain(fds[0]);
	}
	evbuffer_free(buf);
}

/* A long queue is not moved for every few bytes that are read: as when they are added. */
static void
check_moves(size_t length, size_t step)
{
	const size_t steps = 4 * length / step;
	struct evbuffer *buf = new_buffer();
	size_t moved = 0;
	size_t i;
	int fds[2];

	make_pipe(fds);
	add_pattern(buf, 0, length);
	for (i = 0; i < steps; i++) {
		unsigned char *start;

		evbuffer_drain(buf, step);
		start = buf->buffer;
		put_pattern(fds[1], length + i * step, step);
		CHECK_READ(buf, fds[0], -1, (int)step);
		if (buf->buffer != start)
			moved += buf->off;
	}
	CHECK(moved <= 2 * (steps * step + length));
	CHECK(buf->totallen <= 8 * length);
	CHECK_PATTERN(buf, steps * step, length);
	close(fds[0]);
	close(fds[1]);
	evbuffer_free(buf);
}

TEST_ONCE(moves_are_amortised)
{
	check_moves(65536, 100);
	check_moves(65500, 1000);
	check_moves(50000, 3000);
	check_moves(33000, 500);
	check_moves(130000, 5000);
}
