/* What the tests of buffers share: looks at fields and contents, notes of callbacks. */
#ifndef EVHUB_CTESTS_BUFFER_CHECK_H
#define EVHUB_CTESTS_BUFFER_CHECK_H

#include "harness.h"

#include <limits.h>

#define UNUSED_ __attribute__((unused))

/* The fields fit together, and the block is as large as blocks are. */
#define CHECK_SOUND(buf) check_sound_(__FILE__, __LINE__, (buf))

/* Sound, and these are the contents. */
#define CHECK_DATA(buf, data, length) check_data_(__FILE__, __LINE__, (buf), (data), (length))
#define CHECK_TEXT(buf, text) CHECK_DATA(buf, text, strlen(text))

/* Sound, and the contents are the bytes from .. from + length of the endless pattern. */
#define CHECK_PATTERN(buf, from, length)                                        \
	check_pattern_(__FILE__, __LINE__, (buf), (from), (length))

/* Neither a field nor a byte has changed since the look. */
#define CHECK_SAME(buf, look) check_same_(__FILE__, __LINE__, (buf), (look))

/* What watched buffers have reported since the last CHECK_CALLS: "name:old>new " each. */
#define CHECK_CALLS(want)                                                       \
	do {                                                                    \
		CHECK_STR(traced(), (want));                                    \
		trace_reset();                                                  \
	} while (0)

UNUSED_ static void
check_sound_(const char *file, int line, const struct evbuffer *buf)
{
	size_t total = buf->totallen;

	if (buf->buffer != (total != 0 ? buf->orig_buffer + buf->misalign : NULL))
		test_fail(file, line, "the data is not misalign bytes into the block");
	if ((buf->orig_buffer == NULL) != (total == 0))
		test_fail(file, line, "a block of %zu bytes at %p", total, buf->orig_buffer);
	if (total != 0 && (total < 256 || (total & (total - 1)) != 0))
		test_fail(file, line, "a block of %zu bytes", total);
	if (buf->misalign > total || buf->off > total - buf->misalign)
		test_fail(file, line, "%zu bytes before %zu of data in a block of %zu",
		    buf->misalign, buf->off, total);
}

UNUSED_ static void
check_data_(const char *file, int line, const struct evbuffer *buf, const void *data,
    size_t length)
{
	check_sound_(file, line, buf);
	if (buf->off != length)
		test_fail(file, line, "%zu bytes, want %zu", buf->off, length);
	if (length != 0 && memcmp(buf->buffer, data, length) != 0)
		test_fail(file, line, "%zu bytes, but not the right ones: \"%.*s\"", length,
		    (int)(length < 60 ? length : 60), (const char *)buf->buffer);
}

/* A byte that tells where it belongs, also after a shift by powers of two. */
UNUSED_ static unsigned char
pattern_at(size_t at)
{
	return (unsigned char)(at * 131 + (at >> 8) * 29 + (at >> 16) * 7);
}

/* The same over malloc'ed memory. */
UNUSED_ static unsigned char *
pattern(size_t from, size_t length)
{
	unsigned char *bytes = malloc(length != 0 ? length : 1);
	size_t i;

	CHECK(bytes != NULL);
	for (i = 0; i < length; i++)
		bytes[i] = pattern_at(from + i);
	return bytes;
}

UNUSED_ static void
check_pattern_(const char *file, int line, const struct evbuffer *buf, size_t from,
    size_t length)
{
	size_t i;

	check_sound_(file, line, buf);
	if (buf->off != length)
		test_fail(file, line, "%zu bytes, want %zu", buf->off, length);
	for (i = 0; i < length; i++) {
		if (buf->buffer[i] != pattern_at(from + i))
			test_fail(file, line, "byte %zu of %zu is not that of the pattern", i,
			    length);
	}
}

UNUSED_ static void
add_pattern(struct evbuffer *buf, size_t from, size_t length)
{
	unsigned char *bytes = pattern(from, length);

	CHECK_INT(evbuffer_add(buf, bytes, length), 0);
	free(bytes);
}

struct look {
	struct evbuffer fields;
	uint64_t sum;
};

UNUSED_ static struct look
look_at(const struct evbuffer *buf)
{
	struct look look = { *buf, 14695981039346656037u };
	size_t i;

	for (i = 0; i < buf->off; i++)
		look.sum = (look.sum ^ buf->buffer[i]) * 1099511628211u;
	return look;
}

UNUSED_ static void
check_same_(const char *file, int line, const struct evbuffer *buf, const struct look *before)
{
	struct look now = look_at(buf);

	if (memcmp(&now.fields, &before->fields, sizeof(now.fields)) != 0)
		test_fail(file, line, "a field has changed: %zu+%zu of %zu, want %zu+%zu of %zu",
		    now.fields.misalign, now.fields.off, now.fields.totallen,
		    before->fields.misalign, before->fields.off, before->fields.totallen);
	if (now.sum != before->sum)
		test_fail(file, line, "the contents have changed");
}

UNUSED_ static struct evbuffer *
new_buffer(void)
{
	struct evbuffer *buf = evbuffer_new();

	CHECK(buf != NULL);
	return buf;
}

UNUSED_ static struct evbuffer *
buffer_with(const char *text)
{
	struct evbuffer *buf = new_buffer();

	CHECK_INT(evbuffer_add(buf, text, strlen(text)), 0);
	return buf;
}

/* Callbacks: the change has been made when they are called. */

UNUSED_ static void
trace_change(struct evbuffer *buf, size_t old_length, size_t new_length, void *name)
{
	char text[80];

	CHECK_INT(EVBUFFER_LENGTH(buf), (long long)new_length);
	CHECK_SOUND(buf);
	snprintf(text, sizeof(text), "%s:%zu>%zu ", (const char *)name, old_length, new_length);
	trace(text);
}

UNUSED_ static void
watch(struct evbuffer *buf, const char *name)
{
	evbuffer_setcb(buf, trace_change, (void *)(uintptr_t)name);
}

#endif
