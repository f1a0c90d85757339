/* Steps of the random programs: libevent 1.4's functions that need no descriptor. */
#ifndef EVHUB_CTESTS_BUFFER_MODEL_EDIT_H
#define EVHUB_CTESTS_BUFFER_MODEL_EDIT_H

#include "model_world.h"

#include <stdarg.h>

/* The block after room for `more` was made behind the data: kept, moved to its front, grown. */
static void
check_room(const struct evbuffer *old, const struct evbuffer *new, size_t more)
{
	if (old->totallen - old->misalign - old->off >= more) {
		CHECK_PTR(new->buffer, old->buffer);
		CHECK_PTR(new->orig_buffer, old->orig_buffer);
	} else if (old->totallen - old->off >= more
	    && (old->off <= 4096 || old->misalign > old->off)) {
		CHECK_PTR(new->orig_buffer, old->orig_buffer);
		CHECK_INT((long long)new->misalign, 0);
		CHECK_INT((long long)new->totallen, (long long)old->totallen);
	} else {
		CHECK(new->totallen > old->totallen);
		CHECK(new->totallen <= 4 * (old->off + more) || new->totallen == 256);
	}
}

static void
step_add(struct subject *subject)
{
	struct evbuffer before = *subject->buf;
	size_t length = random_length(), old = subject->want.length;
	unsigned char *data = random_data(length);
	struct operation operation;
	long number;

	begin(&operation);
	bytes_add(&subject->want, data, length);
	if (length > 0)
		will_tell(&operation, subject, old);
	number = operations;
	CHECK_INT(evbuffer_add(subject->buf, data, length), 0);
	if (operations == number)
		check_room(&before, subject->buf, length);
	end(&operation);
}

/* Bytes of its own, which move while it makes room for them. */
static void
step_add_own(struct subject *subject)
{
	size_t old = subject->want.length, from = next_random((unsigned)old + 1);
	size_t length = next_random((unsigned)(old - from) + 1);
	const unsigned char *own = EVBUFFER_DATA(subject->buf) + from;
	struct bytes copy = { NULL, 0, 0 };
	struct operation operation;

	begin(&operation);
	bytes_add(&copy, subject->want.data + from, length);
	bytes_add(&subject->want, copy.data, length);
	if (length > 0)
		will_tell(&operation, subject, old);
	CHECK_INT(evbuffer_add(subject->buf, own, length), 0);
	end(&operation);
	bytes_free(&copy);
}

static void
step_move(struct subject *out, struct subject *in)
{
	size_t old = out->want.length, length = in->want.length;
	struct operation operation;

	begin(&operation);
	if (out != in && length > 0) {
		if (old == 0) {
			will_tell(&operation, in, length);
			will_tell(&operation, out, 0);
		} else {
			will_tell(&operation, out, old);
			will_tell(&operation, in, length);
		}
		bytes_add(&out->want, in->want.data, length);
		in->want.length = 0;
	}
	CHECK_INT(evbuffer_add_buffer(out->buf, in->buf), 0);
	end(&operation);
}

__attribute__((format(printf, 2, 3))) static int
print(struct evbuffer *buf, const char *format, ...)
{
	va_list args;
	int result;

	va_start(args, format);
	result = evbuffer_add_vprintf(buf, format, args);
	va_end(args);
	return result;
}

static void
step_print(struct subject *subject)
{
	static char text[5200], want[5400];
	size_t old = subject->want.length, i;
	int number = (int)next_random(100000) - 50000, want_length, got;
	struct operation operation;

	for (i = random_length() % sizeof(text), text[i] = '\0'; i > 0; i--)
		text[i - 1] = (char)('a' + next_random(26));
	begin(&operation);
	if (next_random(3) > 0) {
		want_length = snprintf(want, sizeof(want), "%s", text);
		bytes_add(&subject->want, want, (size_t)want_length);
		will_tell(&operation, subject, old);
		got = evbuffer_add_printf(subject->buf, "%s", text);
	} else {
		want_length = snprintf(want, sizeof(want), "%c|%+d|%9.3f|%s", 0, number,
		    number / 7.0, text);
		bytes_add(&subject->want, want, (size_t)want_length);
		will_tell(&operation, subject, old);
		got = print(subject->buf, "%c|%+d|%9.3f|%s", 0, number, number / 7.0, text);
	}
	CHECK_INT(got, want_length);
	end(&operation);
}

/* What was taken from the front: the block stays where it is. */
static void
check_drained(const struct evbuffer *old, const struct evbuffer *new, size_t length)
{
	CHECK_PTR(new->orig_buffer, old->orig_buffer);
	CHECK_INT((long long)new->totallen, (long long)old->totallen);
	CHECK_INT((long long)new->misalign,
	    length == old->off ? 0 : (long long)(old->misalign + length));
}

/* Mostly a small part of what there is, seldom all, or more. */
static size_t
random_part(const struct subject *subject)
{
	unsigned there = (unsigned)subject->want.length;

	switch (next_random(24)) {
	case 0:
		return there;
	case 1:
		return there + next_random(1000);
	case 2:
		return SIZE_MAX - next_random(3);
	default:
		return next_random(next_random(there + 1) + 1);
	}
}

static void
begin_drain(struct operation *operation, struct subject *subject, size_t length)
{
	size_t old = subject->want.length;

	begin(operation);
	bytes_drain(&subject->want, length);
	if (length > 0)
		will_tell(operation, subject, old);
}

static void
step_drain(struct subject *subject, size_t length)
{
	size_t there = subject->want.length;
	struct evbuffer before = *subject->buf;
	struct operation operation;
	long number;

	begin_drain(&operation, subject, length < there ? length : there);
	number = operations;
	evbuffer_drain(subject->buf, length);
	if (operations == number)
		check_drained(&before, subject->buf, length < there ? length : there);
	end(&operation);
}

static void
step_remove(struct subject *subject)
{
	size_t asked = random_part(subject);
	size_t length = asked < subject->want.length ? asked : subject->want.length;
	unsigned char *out = malloc(length + 1), *want = malloc(length + 1);
	struct operation operation;

	CHECK(out != NULL && want != NULL);
	memcpy(want, length > 0 ? (void *)subject->want.data : "", length);
	out[length] = 0xee;
	begin_drain(&operation, subject, length);
	CHECK_INT(evbuffer_remove(subject->buf, out, asked), (int)length);
	end(&operation);
	CHECK(memcmp(out, want, length) == 0);
	CHECK_INT(out[length], 0xee);
	free(out);
	free(want);
}

static void
step_expand(struct subject *subject)
{
	struct evbuffer before = *subject->buf;
	size_t length = random_length();
	struct operation operation;

	begin(&operation);
	CHECK_INT(evbuffer_expand(subject->buf, length), 0);
	check_room(&before, subject->buf, length);
	CHECK(subject->buf->totallen - subject->buf->misalign - subject->buf->off >= length);
	end(&operation);
}

/* Sizes that do not fit into a size_t, or into any memory. */
static void
step_too_large(struct subject *subject)
{
	size_t length = subject->want.length;
	size_t sizes[] = { SIZE_MAX, SIZE_MAX - length, SIZE_MAX - length + 1, SIZE_MAX / 2 + 1,
		SIZE_MAX / 2 - length + 1 };
	size_t size = sizes[next_random(length > 0 ? COUNT(sizes) : 2)];
	struct evbuffer before = *subject->buf;
	struct operation operation;
	unsigned char byte = 0;

	begin(&operation);
	if (next_random(2))
		CHECK_ERRNO(evbuffer_expand(subject->buf, size), ENOMEM);
	else
		CHECK_ERRNO(evbuffer_add(subject->buf, &byte, size), ENOMEM);
	end(&operation);
	CHECK(memcmp(&before, subject->buf, sizeof(before)) == 0);
}

/* The first place of some bytes in others, or -1. */
static ssize_t
naive_search(const struct bytes *in, size_t from, const unsigned char *what, size_t length)
{
	size_t at;

	for (at = from; at <= in->length && length <= in->length - at; at++)
		if (length == 0 || memcmp(in->data + at, what, length) == 0)
			return (ssize_t)at;
	return -1;
}

/* Something to look for: from the buffer itself, or anything. At least one byte. */
static size_t
random_needle(const struct subject *subject, unsigned char needle[32])
{
	size_t there = subject->want.length, length = 1 + next_random(31), from;

	if (there < length || next_random(4) == 0) {
		length = 1 + next_random(3);
		fill_random(needle, length);
		return length;
	}
	from = next_random((unsigned)(there - length) + 1);
	memcpy(needle, subject->want.data + from, length);
	if (next_random(3) == 0)
		needle[length - 1] ^= 1;
	return length;
}

static void
step_find(struct subject *subject)
{
	unsigned char needle[32];
	size_t length = random_needle(subject, needle);
	size_t asked = next_random(20) > 0 ? length : 0;	/* 0 is as 1 */
	ssize_t at = naive_search(&subject->want, 0, needle, asked > 0 ? length : 1);
	struct operation operation;

	begin(&operation);
	CHECK_PTR(evbuffer_find(subject->buf, needle, asked),
	    at >= 0 ? EVBUFFER_DATA(subject->buf) + at : NULL);
	CHECK_PTR(evbuffer_find(subject->buf, needle, SIZE_MAX), NULL);
	end(&operation);
}

static void
step_line(struct subject *subject)
{
	static const int no_styles[] = { 4, -1, 1000000 };
	int style = (int)next_random(STYLES) - 1, wrong = next_random(20) == 0;
	size_t end_length = 0, got_length = 99;
	ssize_t length = wrong ? -1 : first_line(&subject->want, style, &end_length);
	struct bytes want = { NULL, 0, 0 };
	struct operation operation;
	char *line;

	if (length >= 0) {
		bytes_add(&want, subject->want.data, (size_t)length);
		bytes_add(&want, "", 1);
		begin_drain(&operation, subject, (size_t)length + end_length);
	} else {
		begin(&operation);
	}
	if (wrong)
		line = evbuffer_readln(subject->buf, &got_length,
		    (enum evbuffer_eol_style)no_styles[next_random(COUNT(no_styles))]);
	else
		line = read_line(subject->buf, style, next_random(4) ? &got_length : NULL);
	end(&operation);
	CHECK_INT(line != NULL, length >= 0);
	if (got_length != 99)
		CHECK_INT((long long)got_length, length >= 0 ? length : 0);
	if (length >= 0)
		CHECK(memcmp(line, want.data, want.length) == 0);
	free(line);
	bytes_free(&want);
}

#endif
