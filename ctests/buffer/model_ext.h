/* Steps of the random programs: the functions that libevent 1.4 does not have. */
#ifndef EVHUB_CTESTS_BUFFER_MODEL_EXT_H
#define EVHUB_CTESTS_BUFFER_MODEL_EXT_H

#include "model_edit.h"

#include <sys/mman.h>

enum { FILE_SIZE = 20000 };

static int file;			/* holds file_data */
static unsigned char file_data[FILE_SIZE];

static void
make_file(void)
{
	file = memfd_create("model", MFD_CLOEXEC);
	CHECK(file != -1);
	fill_random(file_data, sizeof(file_data));
	CHECK_INT(write(file, file_data, sizeof(file_data)), sizeof(file_data));
}

static void
bytes_prepend(struct bytes *bytes, const void *data, size_t length)
{
	struct bytes old = *bytes;

	memset(bytes, 0, sizeof(*bytes));
	bytes_add(bytes, data, length);
	bytes_add(bytes, old.data, old.length);
	bytes_free(&old);
}

static void
step_prepend(struct subject *subject)
{
	struct evbuffer before = *subject->buf;
	size_t length = random_length(), old = subject->want.length;
	unsigned char *data = random_data(length);
	struct operation operation;
	long number;

	begin(&operation);
	bytes_prepend(&subject->want, data, length);
	if (length > 0)
		will_tell(&operation, subject, old);
	number = operations;
	CHECK_INT(evbuffer_prepend(subject->buf, data, length), 0);
	if (operations == number && length <= before.misalign) {
		CHECK_PTR(subject->buf->buffer, before.buffer - length);
		CHECK_PTR(subject->buf->orig_buffer, before.orig_buffer);
	}
	end(&operation);
}

static void
step_prepend_own(struct subject *subject)
{
	size_t old = subject->want.length, from = next_random((unsigned)old + 1);
	size_t length = next_random((unsigned)(old - from) + 1);
	const unsigned char *own = EVBUFFER_DATA(subject->buf) + from;
	struct bytes copy = { NULL, 0, 0 };
	struct operation operation;

	begin(&operation);
	bytes_add(&copy, subject->want.data + from, length);
	bytes_prepend(&subject->want, copy.data, length);
	if (length > 0)
		will_tell(&operation, subject, old);
	CHECK_INT(evbuffer_prepend(subject->buf, own, length), 0);
	end(&operation);
	bytes_free(&copy);
}

/* Looking changes nothing and tells nobody. */
static void
step_look(struct subject *subject)
{
	struct evbuffer *buf = subject->buf;
	size_t there = subject->want.length, asked = random_part(subject);
	size_t length = asked < there ? asked : there;
	unsigned char *out = malloc(length + 1);
	struct operation operation;

	CHECK(out != NULL);
	out[length] = 0xee;
	begin(&operation);
	CHECK_INT(evbuffer_copyout(buf, out, asked), (long long)length);
	CHECK(length == 0 || memcmp(out, subject->want.data, length) == 0);
	CHECK_INT(out[length], 0xee);
	CHECK_PTR(evbuffer_pullup(buf, -1), there > 0 ? EVBUFFER_DATA(buf) : NULL);
	CHECK_PTR(evbuffer_pullup(buf, (ssize_t)length), there > 0 ? EVBUFFER_DATA(buf) : NULL);
	CHECK_PTR(evbuffer_pullup(buf, (ssize_t)there + 1), NULL);
	end(&operation);
	free(out);
}

static void
step_search(struct subject *subject)
{
	unsigned char needle[32];
	size_t length = next_random(20) == 0 ? 0 : random_needle(subject, needle);
	size_t there = subject->want.length, more = next_random(50), from;
	struct evbuffer_ptr start = { 0 }, found;
	struct operation operation;
	int reached;

	begin(&operation);
	from = next_random((unsigned)there + 20);
	reached = from <= there;
	CHECK_INT(evbuffer_ptr_set(subject->buf, &start, from, EVBUFFER_PTR_SET),
	    reached ? 0 : -1);
	if (reached && next_random(2)) {
		from += more;
		reached = from <= there;
		CHECK_INT(evbuffer_ptr_set(subject->buf, &start, more, EVBUFFER_PTR_ADD),
		    reached ? 0 : -1);
	}
	CHECK_INT(start.pos, reached ? (long long)from : -1);
	found = evbuffer_search(subject->buf, (const char *)needle, length, &start);
	CHECK_INT(found.pos, reached ? naive_search(&subject->want, from, needle, length) : -1);
	found = evbuffer_search(subject->buf, (const char *)needle, length, NULL);
	CHECK_INT(found.pos, naive_search(&subject->want, 0, needle, length));
	end(&operation);
}

/* A part of a file, which may go beyond its end: then nothing happens. */
static void
step_file(struct subject *subject)
{
	size_t from = next_random(FILE_SIZE + 1), old = subject->want.length;
	size_t length = next_random(3) ? random_length() : FILE_SIZE - from;
	int to_the_end = length == FILE_SIZE - from && next_random(2);
	int fd = fcntl(file, F_DUPFD_CLOEXEC, 0);
	struct operation operation;

	CHECK(fd != -1);
	begin(&operation);
	if (from + length > FILE_SIZE) {
		CHECK_INT(evbuffer_add_file(subject->buf, fd, (off_t)from, (off_t)length), -1);
		CHECK(fcntl(fd, F_GETFD) != -1);
		close(fd);
	} else {
		bytes_add(&subject->want, file_data + from, length);
		if (length > 0)
			will_tell(&operation, subject, old);
		CHECK_INT(evbuffer_add_file(subject->buf, fd, (off_t)from,
		    to_the_end ? -1 : (off_t)length), 0);
	}
	end(&operation);
}

static void
count_cleanup(const void *data, size_t length, void *arg)
{
	struct bytes *lent = arg;

	CHECK_PTR(data, lent->data);
	CHECK_INT((long long)length, (long long)lent->length);
	memset(lent->data, 0, lent->length);	/* the buffer has its copy by now */
	lent->length = SIZE_MAX;
}

static void
step_reference(struct subject *subject)
{
	size_t length = random_length(), old = subject->want.length;
	int cleans_up = next_random(4) > 0;
	struct operation operation;
	struct bytes lent = { NULL, 0, 0 };

	bytes_add(&lent, random_data(length + 1), length + 1);
	lent.length = length;
	begin(&operation);
	bytes_add(&subject->want, lent.data, length);
	if (length > 0)
		will_tell(&operation, subject, old);
	CHECK_INT(evbuffer_add_reference(subject->buf, lent.data, length,
	    cleans_up ? count_cleanup : NULL, &lent), 0);
	end(&operation);
	CHECK(lent.length == (cleans_up ? SIZE_MAX : length));
	bytes_free(&lent);
}

#endif
