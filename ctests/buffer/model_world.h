/*
 * The world of the random programs: buffers with what they must hold, streams with what is under
 * way in them, and the callbacks that are due.
 */
#ifndef EVHUB_CTESTS_BUFFER_MODEL_WORLD_H
#define EVHUB_CTESTS_BUFFER_MODEL_WORLD_H

#include "model.h"

#include <evhub/buffer_ext.h>

enum { BUFFERS = 4, STREAMS = 2, LONGEST = 60000 };

struct subject {
	struct evbuffer *buf;
	struct bytes want;
	int listener;			/* which callback is set; 0 none */
};

struct stream {
	int reader, writer;
	struct bytes under_way;
};

static struct subject subjects[BUFFERS];
static struct stream streams[STREAMS];

/* One call of the library: the callbacks that it must make, in that order. */
struct operation {
	struct change {
		struct evbuffer *buf;	/* NULL: freed meanwhile */
		struct subject *subject;
		size_t old_length;
	} changes[2];
	int count, next;
	/* While a read or write runs, its callback alone knows how much was moved. */
	void (*settle)(struct operation *operation, size_t moved);
	struct subject *subject;
	struct stream *stream;
	size_t least, most, moved;
	struct operation *outer;
};

static struct operation *current;	/* the innermost; NULL: no callback may come */
static int depth;			/* of callbacks */
static int deepest;			/* callbacks change buffers down to here */
static long operations;			/* how many there were: tells of nested ones */

static void step(void);

static void
check_buffer(const struct subject *subject)
{
	const struct evbuffer *buf = subject->buf;
	size_t total = buf->totallen;

	CHECK_INT((long long)EVBUFFER_LENGTH(buf), (long long)subject->want.length);
	CHECK_INT((long long)evbuffer_get_length(buf), (long long)subject->want.length);
	if (buf->off > 0)
		CHECK(memcmp(EVBUFFER_DATA(buf), subject->want.data, buf->off) == 0);
	CHECK(buf->misalign + buf->off <= total);
	if (total == 0) {
		CHECK_PTR(buf->buffer, NULL);
		CHECK_PTR(buf->orig_buffer, NULL);
	} else {
		CHECK_PTR(buf->buffer, buf->orig_buffer + buf->misalign);
		CHECK(total >= 256 && (total & (total - 1)) == 0);
	}
	if (buf->off == 0)
		CHECK_INT((long long)buf->misalign, 0);
}

static void
check_all(void)
{
	int i;

	for (i = 0; i < BUFFERS; i++)
		check_buffer(&subjects[i]);
}

static void
begin(struct operation *operation)
{
	memset(operation, 0, sizeof(*operation));
	operation->outer = current;
	current = operation;
	operations++;
	errno = 0;
}

static void
will_tell(struct operation *operation, struct subject *subject, size_t old)
{
	struct change *change = &operation->changes[operation->count++];

	change->buf = subject->buf;
	change->subject = subject;
	change->old_length = old;
}

/* The callback that must come next. Freed buffers, and those without a callback, have none. */
static struct change *
next_change(struct operation *operation)
{
	while (operation->next < operation->count) {
		struct change *change = &operation->changes[operation->next++];

		if (change->buf != NULL && change->subject->listener != 0)
			return change;
	}
	return NULL;
}

static void
end(struct operation *operation)
{
	CHECK_PTR(current, operation);
	CHECK_PTR(next_change(operation), NULL);
	current = operation->outer;
	check_all();
}

static void
called(struct evbuffer *buf, size_t old, size_t new, void *arg, int listener)
{
	struct operation *operation = current;
	struct change *change;

	CHECK(operation != NULL);
	if (operation->settle != NULL && operation->count == 0)
		operation->settle(operation, old > new ? old - new : new - old);
	change = next_change(operation);
	CHECK(change != NULL);
	CHECK_PTR(buf, change->buf);
	CHECK_INT((long long)old, (long long)change->old_length);
	/* Of two buffers the second is told when the callback of the first has had its turn. */
	CHECK_INT((long long)new, (long long)change->subject->want.length);
	CHECK_PTR(arg, change->subject);
	CHECK_INT(listener, change->subject->listener);
	check_all();
	depth++;
	while (depth <= deepest && next_random(5) < 2)
		step();
	depth--;
	CHECK_PTR(current, operation);
}

static void
first_listener(struct evbuffer *buf, size_t old, size_t new, void *arg)
{
	called(buf, old, new, arg, 1);
}

static void
second_listener(struct evbuffer *buf, size_t old, size_t new, void *arg)
{
	called(buf, old, new, arg, 2);
}

static void
listen_with(struct subject *subject, int listener)
{
	static void (*const listeners[])(struct evbuffer *, size_t, size_t, void *) = {
		NULL, first_listener, second_listener
	};

	subject->listener = listener;
	evbuffer_setcb(subject->buf, listeners[listener], subject);
}

static void
make_subject(struct subject *subject)
{
	subject->buf = evbuffer_new();
	CHECK(subject->buf != NULL);
	subject->want.length = 0;
	listen_with(subject, (int)next_random(3));
}

/* Nobody is told of a buffer that is gone. */
static void
free_subject(struct subject *subject)
{
	struct operation *operation;
	int i;

	for (operation = current; operation != NULL; operation = operation->outer)
		for (i = 0; i < operation->count; i++)
			if (operation->changes[i].buf == subject->buf)
				operation->changes[i].buf = NULL;
	evbuffer_free(subject->buf);
	operations++;
}

static struct subject *
any_subject(void)
{
	return &subjects[next_random(BUFFERS)];
}

/* Mostly small, now and then larger than the block. */
static size_t
random_length(void)
{
	static const unsigned ends[] = { 1, 4, 16, 16, 40, 300, 300, 300, 1000, 5000 };

	if (next_random(60) == 0)
		return next_random(40000);
	return next_random(ends[next_random(COUNT(ends))]);
}

/* Good until the next call. */
static unsigned char *
random_data(size_t length)
{
	static unsigned char data[40000];

	CHECK(length <= sizeof(data));
	fill_random(data, length);
	return data;
}

#endif
