/*
 * Proves behaviour 79, B12 and B13: evbuffer_write is one write of all there is, and what was
 * written is gone.
 */
#include "io_calls.h"

static volatile sig_atomic_t pipe_signals;

static void
on_sigpipe(int number)
{
	(void)number;
	pipe_signals++;
}

#define CHECK_WRITE(buf, fd, want)                                              \
	do {                                                                    \
		size_t there = (buf)->off;                                      \
                                                                                \
		io_reset();                                                     \
		CHECK_INT(evbuffer_write((buf), (fd)), (want));                 \
		CHECK_INT(io_calls.writes, 1);                                  \
		CHECK_INT(io_calls.length, (long long)there);                   \
	} while (0)

/* What comes out at the other end. */
static void
check_arrives(int fd, size_t from, size_t length)
{
	unsigned char *bytes = malloc(length + 1);
	size_t done = 0, i;

	CHECK(bytes != NULL);
	while (done < length) {
		ssize_t n = read(fd, bytes + done, length + 1 - done);

		CHECK(n > 0);
		done += (size_t)n;
	}
	CHECK_INT(done, (long long)length);
	for (i = 0; i < length; i++)
		CHECK_INT(bytes[i], pattern_at(from + i));
	free(bytes);
}

TEST_ONCE(all_there_is_in_one_write)
{
	static const size_t lengths[] = { 1, 2, 255, 256, 257, 4096, 20000, 65536 };
	size_t i;
	int fds[2];

	make_pipe(fds);
	for (i = 0; i < COUNT(lengths); i++) {
		struct evbuffer *buf = new_buffer();

		add_pattern(buf, 0, lengths[i] + 7);
		evbuffer_drain(buf, 7);
		CHECK_WRITE(buf, fds[1], (long long)lengths[i]);
		CHECK_TEXT(buf, "");
		check_arrives(fds[0], 7, lengths[i]);
		evbuffer_free(buf);
	}
}

TEST_ONCE(ten_megabytes_in_one_write)
{
	struct evbuffer *buf = new_buffer();
	int fd = open("/dev/null", O_WRONLY);

	CHECK(fd != -1);
	add_pattern(buf, 0, 10 << 20);
	CHECK_WRITE(buf, fd, 10 << 20);
	CHECK_TEXT(buf, "");
	close(fd);
	evbuffer_free(buf);
}

/* The descriptor takes a part; the rest waits, in order. */
static void
check_partial(int reader, int writer)
{
	enum { LENGTH = 3000000 };
	struct evbuffer *buf = new_buffer();
	size_t out = 0;
	int partial = 0;

	add_pattern(buf, 0, LENGTH);
	watch(buf, "b");
	while (buf->off > 0) {
		char want[60];
		int n;

		io_reset();
		n = evbuffer_write(buf, writer);
		CHECK(n > 0);
		CHECK_INT(io_calls.writes, 1);
		snprintf(want, sizeof(want), "b:%zu>%zu ", LENGTH - out, LENGTH - out - (size_t)n);
		CHECK_CALLS(want);
		partial += (size_t)n < LENGTH - out;
		check_arrives(reader, out, (size_t)n);
		out += (size_t)n;
		CHECK_INT(buf->off, (long long)(LENGTH - out));
		CHECK_SOUND(buf);
		if (buf->off > 0)
			CHECK_INT(buf->buffer[0], pattern_at(out));
	}
	CHECK(partial > 0);
	evbuffer_free(buf);
}

TEST_ONCE(a_part_of_it)
{
	int fds[2];

	make_pipe(fds);
	check_partial(fds[0], fds[1]);
	make_pair(fds);
	check_partial(fds[0], fds[1]);
}

static void
check_failing(int fd, int want_errno)
{
	struct evbuffer *buf = buffer_with("some text");
	struct look look;

	evbuffer_drain(buf, 5);
	watch(buf, "b");
	look = look_at(buf);
	io_reset();
	CHECK_ERRNO(evbuffer_write(buf, fd), want_errno);
	CHECK_INT(io_calls.writes, 1);
	CHECK_SAME(buf, &look);
	CHECK_CALLS("");
	evbuffer_free(buf);
}

TEST_ONCE(failures_change_nothing)
{
	int fds[2];
	int fd;

	make_pipe(fds);
	fill(fds[1]);
	check_failing(fds[1], EAGAIN);
	check_failing(fds[0], EBADF);
	check_failing(closed_fd(), EBADF);
	check_failing(-1, EBADF);
	fd = open("/dev/full", O_WRONLY);
	CHECK(fd != -1);
	check_failing(fd, ENOSPC);
	close(fd);
}

/* Not tried again: the caller decides. */
TEST_ONCE(an_interrupted_write)
{
	struct evbuffer *buf = buffer_with("text");
	int fds[2];

	make_pipe(fds);
	io_reset();
	io_calls.error = EINTR;
	CHECK_ERRNO(evbuffer_write(buf, fds[1]), EINTR);
	CHECK_INT(io_calls.writes, 1);
	CHECK_TEXT(buf, "text");
	CHECK_WRITE(buf, fds[1], 4);
	CHECK_TEXT(buf, "");
	evbuffer_free(buf);
}

TEST_ONCE(without_a_reader)
{
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	make_pipe(fds);
	close(fds[0]);
	check_failing(fds[1], EPIPE);
	make_pair(fds);
	close(fds[0]);
	check_failing(fds[1], EPIPE);
}

/* The signal is the program's, whatever the descriptor is. */
TEST_ONCE(without_a_reader_there_is_a_signal)
{
	struct sigaction action = { .sa_handler = on_sigpipe };
	int fds[2];

	CHECK_INT(sigaction(SIGPIPE, &action, NULL), 0);
	make_pipe(fds);
	close(fds[0]);
	check_failing(fds[1], EPIPE);
	CHECK_INT(pipe_signals, 1);
	make_pair(fds);
	close(fds[0]);
	check_failing(fds[1], EPIPE);
	CHECK_INT(pipe_signals, 2);
}

/* A write of nothing is made all the same, once: it tells whether the descriptor is good. */
TEST_ONCE(nothing_to_write)
{
	struct evbuffer *fresh = new_buffer();
	struct evbuffer *emptied = buffer_with("text");
	struct evbuffer *bufs[2] = { fresh, emptied };
	int fds[2];
	int bad = closed_fd();
	int i;

	evbuffer_drain(emptied, 4);
	make_pipe(fds);
	for (i = 0; i < 2; i++) {
		struct look look;

		watch(bufs[i], "b");
		look = look_at(bufs[i]);
		CHECK_WRITE(bufs[i], fds[1], 0);
		CHECK_WRITE(bufs[i], bad, -1);
		CHECK_ERRNO(evbuffer_write(bufs[i], bad), EBADF);
		CHECK_SAME(bufs[i], &look);
		CHECK_CALLS("");
		evbuffer_free(bufs[i]);
	}
	CHECK_INT(drain(fds[0]), 0);
}

TEST_ONCE(datagrams)
{
	struct evbuffer *buf = new_buffer();
	char bytes[500];
	int fds[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds), 0);
	CHECK_INT(evbuffer_add(buf, "one ", 4), 0);
	CHECK_INT(evbuffer_add(buf, "message", 7), 0);
	CHECK_WRITE(buf, fds[1], 11);
	CHECK_INT(evbuffer_add(buf, "another", 7), 0);
	CHECK_WRITE(buf, fds[1], 7);
	CHECK_INT(read(fds[0], bytes, sizeof(bytes)), 11);
	CHECK_INT(memcmp(bytes, "one message", 11), 0);
	CHECK_INT(read(fds[0], bytes, sizeof(bytes)), 7);
	close(fds[0]);
	close(fds[1]);
	evbuffer_free(buf);
}

/* There and back through a socket, in uneven pieces. */
TEST_ONCE(a_stream_through_a_socket)
{
	enum { LENGTH = 2000000 };
	struct evbuffer *out = new_buffer();
	struct evbuffer *in = new_buffer();
	size_t given = 0, taken = 0, step;
	int fds[2];

	make_tcp_pair(fds);
	for (step = 0; taken < LENGTH; step++) {
		size_t give = step * 7919 % 9973;

		if (give > LENGTH - given)
			give = LENGTH - given;
		add_pattern(out, given, give);
		given += give;
		if (out->off > 0 && evbuffer_write(out, fds[1]) == -1)
			CHECK(errno == EAGAIN || errno == EINTR);
		if (evbuffer_read(in, fds[0], (int)(step * 104729 % 20011) - 1) == -1)
			CHECK(errno == EAGAIN || errno == EINTR);
		if (step % 5 == 0 || given == LENGTH) {
			CHECK_PATTERN(in, taken, in->off);
			taken += in->off;
			evbuffer_drain(in, in->off);
		}
	}
	CHECK_INT(taken, LENGTH);
	CHECK_TEXT(out, "");
	close(fds[0]);
	close(fds[1]);
	evbuffer_free(out);
	evbuffer_free(in);
}
