/* Steps of the random programs: reading from and writing to a socket and a pipe. */
#ifndef EVHUB_CTESTS_BUFFER_MODEL_IO_H
#define EVHUB_CTESTS_BUFFER_MODEL_IO_H

#include "model_world.h"

#include <limits.h>

/* The least that a read without a limit must ask for, as in 1.4. */
enum { LEAST_READ = 4096, EMPTY_TAKES = 32768 };

static void
open_stream(int at)
{
	struct stream *stream = &streams[at];
	int fds[2];

	if (at % 2 == 0)
		make_pair(fds);
	else
		make_pipe(fds);
	stream->reader = fds[0];
	stream->writer = fds[1];
	stream->under_way.length = 0;
}

static void
close_stream(int at)
{
	close(streams[at].reader);
	close(streams[at].writer);
}

/* Bytes that come from somewhere else. */
static void
step_arrive(struct stream *stream)
{
	size_t length = random_length();
	unsigned char *data = random_data(length);
	ssize_t n = write(stream->writer, data, length);

	if (n > 0)
		bytes_add(&stream->under_way, data, (size_t)n);
	else
		CHECK(n == 0 || errno == EAGAIN || errno == EINTR);
}

/* Somebody else takes bytes. */
static void
step_leave(struct stream *stream)
{
	static unsigned char data[8192];
	ssize_t n = read(stream->reader, data, sizeof(data));

	if (n <= 0) {
		CHECK(n == -1 && (errno == EAGAIN || errno == EINTR));
		return;
	}
	CHECK((size_t)n <= stream->under_way.length);
	CHECK(memcmp(data, stream->under_way.data, (size_t)n) == 0);
	bytes_drain(&stream->under_way, (size_t)n);
}

static void
settle_read(struct operation *operation, size_t moved)
{
	struct bytes *want = &operation->subject->want;
	size_t old = want->length;

	CHECK(moved >= operation->least && moved <= operation->most);
	operation->moved = moved;
	bytes_add(want, operation->stream->under_way.data, moved);
	bytes_drain(&operation->stream->under_way, moved);
	if (moved > 0)
		will_tell(operation, operation->subject, old);
}

static void
settle_write(struct operation *operation, size_t moved)
{
	struct bytes *want = &operation->subject->want;
	size_t old = want->length;

	CHECK(moved >= operation->least && moved <= operation->most);
	operation->moved = moved;
	bytes_add(&operation->stream->under_way, want->data, moved);
	bytes_drain(want, moved);
	if (moved > 0)
		will_tell(operation, operation->subject, old);
}

/* Of a buffer without a callback, the result alone tells how much was moved. */
static void
end_transfer(struct operation *operation, int result, int listener)
{
	if (result > 0 && listener == 0) {
		operation->settle(operation, (size_t)result);
	} else {
		CHECK_INT((long long)operation->moved, result > 0 ? result : 0);
		CHECK(result > 0 || operation->least == 0);
	}
	operation->settle = NULL;
	end(operation);
}

static void
begin_transfer(struct operation *operation, struct subject *subject, struct stream *stream)
{
	begin(operation);
	operation->subject = subject;
	operation->stream = stream;
}

static size_t
smaller(size_t one, size_t other)
{
	return one < other ? one : other;
}

/* As much as is there and was asked for; without a limit at least what 1.4 would have read. */
static void
step_read(struct subject *subject, struct stream *stream)
{
	size_t there = stream->under_way.length, total = 4 * subject->buf->totallen;
	int listener = subject->listener, howmuch = -1, result, error;
	struct operation operation;

	switch (next_random(6)) {
	case 0:
		howmuch = 0;
		break;
	case 1:
		howmuch = INT_MAX - (int)next_random(2);
		break;
	case 2:
	case 3:
		howmuch = (int)random_length();
		break;
	default:
		howmuch = next_random(2) ? -1 : INT_MIN;
	}
	begin_transfer(&operation, subject, stream);
	operation.settle = settle_read;
	operation.most = howmuch < 0 ? there : smaller(there, (size_t)howmuch);
	operation.least = operation.most;
	if (howmuch < 0)
		operation.least = smaller(there, total > LEAST_READ ? total : LEAST_READ);
	result = evbuffer_read(subject->buf, stream->reader, howmuch);
	error = errno;
	if (howmuch == 0)
		CHECK_INT(result, 0);
	else if (there == 0)
		CHECK(result == -1 && error == EAGAIN);
	else
		CHECK(result > 0);
	end_transfer(&operation, result, listener);
}

/* All of it into an empty stream, if that is large enough; else what fits. */
static void
step_write(struct subject *subject, struct stream *stream)
{
	size_t there = subject->want.length;
	int listener = subject->listener, result, error;
	struct operation operation;

	begin_transfer(&operation, subject, stream);
	operation.settle = settle_write;
	operation.most = there;
	if (stream->under_way.length == 0)
		operation.least = smaller(there, EMPTY_TAKES);
	result = evbuffer_write(subject->buf, stream->writer);
	error = errno;
	if (result == -1)
		CHECK_INT(error, EAGAIN);
	else
		CHECK(result > 0 || there == 0);
	end_transfer(&operation, result, listener);
}

/* The other side ends: what is under way comes, then 0, again and again. */
static void
step_hang_up(struct subject *subject, int at)
{
	struct stream *stream = &streams[at];
	struct operation operation;
	int i;

	while (stream->under_way.length > 0)
		step_leave(stream);
	close(stream->writer);
	for (i = 0; i < 2; i++) {
		begin(&operation);
		CHECK_INT(evbuffer_read(subject->buf, stream->reader, -1), 0);
		CHECK_INT(evbuffer_read(subject->buf, stream->reader, 5000), 0);
		end(&operation);
	}
	close(stream->reader);
	open_stream(at);
}

/* A reader that is gone, descriptors of the wrong kind. */
static void
step_bad_fd(struct subject *subject)
{
	struct operation operation;
	int fds[2];

	make_pipe(fds);
	begin(&operation);
	CHECK_ERRNO(evbuffer_read(subject->buf, -1, -1), EBADF);
	CHECK_ERRNO(evbuffer_read(subject->buf, fds[1], 100), EBADF);
	CHECK_ERRNO(evbuffer_write(subject->buf, -1), EBADF);
	CHECK_ERRNO(evbuffer_write(subject->buf, fds[0]), EBADF);
	close(fds[0]);
	if (subject->want.length > 0)
		CHECK_ERRNO(evbuffer_write(subject->buf, fds[1]), EPIPE);
	end(&operation);
	close(fds[1]);
}

#endif
