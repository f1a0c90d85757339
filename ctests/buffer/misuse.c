/*
 * Proves behaviours 67 and 74, B03, B18 and B23: NULL, lengths that cannot be, and what follows a
 * refusal. All are -1 or NULL, and change nothing.
 */
#include "check.h"

#include <stdarg.h>

static const size_t impossible[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 9, SIZE_MAX - 10,
	SIZE_MAX - 11, SIZE_MAX - 255, SIZE_MAX - 256, SIZE_MAX - 257, SIZE_MAX / 2 + 2,
	SIZE_MAX / 2 + 1, SIZE_MAX / 2, SIZE_MAX / 2 - 10 };

/* A new one, one with data, one with a used front, one that is full, an emptied one. */
enum { KINDS = 5 };

static struct evbuffer *
buffer_of_kind(int kind)
{
	struct evbuffer *buf = new_buffer();

	if (kind > 0)
		add_pattern(buf, 0, kind == 3 ? 256 : 10);
	if (kind == 2)
		evbuffer_drain(buf, 4);
	if (kind == 4)
		evbuffer_drain(buf, 10);
	watch(buf, "b");
	return buf;
}

static void
check_usable(struct evbuffer *buf)
{
	size_t length = buf->off;

	CHECK_INT(evbuffer_add(buf, "alive", 5), 0);
	CHECK_INT(buf->off, length + 5);
	CHECK_INT(memcmp(buf->buffer + length, "alive", 5), 0);
	CHECK_SOUND(buf);
	trace_reset();
}

TEST_ONCE(expand_by_more_than_there_is)
{
	size_t i;
	int kind;

	for (kind = 0; kind < KINDS; kind++) {
		for (i = 0; i < COUNT(impossible); i++) {
			struct evbuffer *buf = buffer_of_kind(kind);
			struct look look = look_at(buf);

			CHECK_ERRNO(evbuffer_expand(buf, impossible[i]), ENOMEM);
			CHECK_SAME(buf, &look);
			CHECK_CALLS("");
			check_usable(buf);
			evbuffer_free(buf);
		}
	}
}

/* The bytes are not looked at. */
TEST_ONCE(add_more_than_there_is)
{
	size_t i;
	int kind;

	for (kind = 0; kind < KINDS; kind++) {
		for (i = 0; i < COUNT(impossible); i++) {
			struct evbuffer *buf = buffer_of_kind(kind);
			struct look look = look_at(buf);

			CHECK_ERRNO(evbuffer_add(buf, "x", impossible[i]), ENOMEM);
			CHECK_ERRNO(evbuffer_add(buf, buf, impossible[i]), ENOMEM);
			CHECK_SAME(buf, &look);
			CHECK_CALLS("");
			check_usable(buf);
			evbuffer_free(buf);
		}
	}
}

/* Half of the address space is never there. */
TEST_ONCE(a_block_that_the_machine_has_not)
{
#ifdef __SANITIZE_ADDRESS__
	SKIP("the sanitizer ends the process when so much is asked for");
#else
	int shift;

	for (shift = 48; shift < 63; shift++) {
		struct evbuffer *buf = buffer_of_kind(2);
		struct look look = look_at(buf);

		CHECK_ERRNO(evbuffer_expand(buf, (size_t)1 << shift), ENOMEM);
		CHECK_ERRNO(evbuffer_add(buf, "x", (size_t)1 << shift), ENOMEM);
		CHECK_SAME(buf, &look);
		CHECK_CALLS("");
		check_usable(buf);
		evbuffer_free(buf);
	}
#endif
}

/*
 * Lengths whose sum overflows cannot be had by adding; the fields of both are set as if they had
 * been, and put back.
 */
TEST_ONCE(add_buffer_of_more_than_there_is)
{
	static const size_t lengths[][2] = { { SIZE_MAX / 2, SIZE_MAX / 2 }, { SIZE_MAX / 2, 1 },
		{ SIZE_MAX / 2 - 4, 10 }, { 10, SIZE_MAX / 2 - 4 }, { 1, SIZE_MAX / 2 },
		{ SIZE_MAX / 2 + 1, 10 }, { SIZE_MAX - 5, 10 }, { SIZE_MAX - 9, 10 },
		{ SIZE_MAX, 1 } };
	size_t i;

	for (i = 0; i < COUNT(lengths); i++) {
		struct evbuffer *out = buffer_of_kind(1);
		struct evbuffer *in = buffer_of_kind(1);
		struct evbuffer was_out = *out, was_in = *in;
		struct evbuffer fake_out, fake_in;

		out->off = out->totallen = lengths[i][0];
		in->off = in->totallen = lengths[i][1];
		fake_out = *out;
		fake_in = *in;
		CHECK_ERRNO(evbuffer_add_buffer(out, in), ENOMEM);
		CHECK_INT(memcmp(out, &fake_out, sizeof(fake_out)), 0);
		CHECK_INT(memcmp(in, &fake_in, sizeof(fake_in)), 0);
		CHECK_ERRNO(evbuffer_expand(out, SIZE_MAX / 2), ENOMEM);
		CHECK_INT(memcmp(out, &fake_out, sizeof(fake_out)), 0);
		CHECK_CALLS("");
		*out = was_out;
		*in = was_in;
		CHECK_PATTERN(out, 0, 10);
		CHECK_PATTERN(in, 0, 10);
		evbuffer_free(out);
		evbuffer_free(in);
	}
}

TEST_ONCE(work_goes_on_after_refusals)
{
	struct evbuffer *buf = new_buffer();
	int i;

	for (i = 0; i < 100; i++) {
		CHECK_ERRNO(evbuffer_expand(buf, SIZE_MAX), ENOMEM);
		CHECK_INT(evbuffer_add(buf, "0123456789", 10), 0);
		CHECK_ERRNO(evbuffer_add(buf, "x", SIZE_MAX), ENOMEM);
	}
	CHECK_INT(buf->off, 1000);
	CHECK_SOUND(buf);
	evbuffer_free(buf);
}

static int
vprint(struct evbuffer *buf, const char *format, ...)
{
	va_list args;
	int result;

	va_start(args, format);
	result = evbuffer_add_vprintf(buf, format, args);
	va_end(args);
	return result;
}

TEST_ONCE(no_buffer)
{
	struct evbuffer *buf = buffer_with("text");
	struct look look = look_at(buf);
	size_t n = 7;
	char byte;

	capture_log();
	evbuffer_free(NULL);
	CHECK_INT(logged(_EVENT_LOG_WARN), 0);
	CHECK_ERRNO(evbuffer_add(NULL, "x", 1), EINVAL);
	CHECK_ERRNO(evbuffer_add(NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(evbuffer_remove(NULL, &byte, 1), EINVAL);
	CHECK_ERRNO(evbuffer_expand(NULL, 1), EINVAL);
	CHECK_ERRNO(evbuffer_add_buffer(NULL, buf), EINVAL);
	CHECK_ERRNO(evbuffer_add_buffer(buf, NULL), EINVAL);
	CHECK_ERRNO(evbuffer_add_buffer(NULL, NULL), EINVAL);
	CHECK_ERRNO(evbuffer_add_printf(NULL, "%d", 1), EINVAL);
	CHECK_ERRNO(vprint(NULL, "%d", 1), EINVAL);
	CHECK_ERRNO(evbuffer_read(NULL, 0, -1), EINVAL);
	CHECK_ERRNO(evbuffer_write(NULL, 1), EINVAL);
	CHECK_PTR(evbuffer_readline(NULL), NULL);
	CHECK_PTR(evbuffer_readln(NULL, &n, EVBUFFER_EOL_LF), NULL);
	CHECK_INT(n, 0);
	CHECK_PTR(evbuffer_readln(NULL, NULL, EVBUFFER_EOL_LF), NULL);
	CHECK_PTR(evbuffer_find(NULL, (const u_char *)"x", 1), NULL);
	evbuffer_drain(NULL, 1);
	evbuffer_setcb(NULL, trace_change, NULL);
	CHECK_SAME(buf, &look);
	CHECK(logged(_EVENT_LOG_WARN) > 0);
	CHECK_INT(logged(_EVENT_LOG_ERR), 0);
	evbuffer_free(buf);
}

/* A program that does it over and over does not fill its log. */
TEST_ONCE(no_buffer_is_logged_once)
{
	int i;

	capture_log();
	for (i = 0; i < 10; i++)
		CHECK_ERRNO(evbuffer_add(NULL, "x", 1), EINVAL);
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
	CHECK(strstr(last_log(), "evbuffer_add") != NULL);
}

TEST_ONCE(no_bytes)
{
	struct evbuffer *buf = buffer_with("text");
	const char *volatile no_format = NULL;
	struct look look;

	capture_log();
	watch(buf, "b");
	look = look_at(buf);
	CHECK_ERRNO(evbuffer_add(buf, NULL, 1), EINVAL);
	CHECK_ERRNO(evbuffer_remove(buf, NULL, 1), EINVAL);
	CHECK_ERRNO(evbuffer_add_printf(buf, no_format), EINVAL);
	CHECK_ERRNO(vprint(buf, no_format), EINVAL);
	CHECK_PTR(evbuffer_find(buf, NULL, 0), NULL);
	CHECK_PTR(evbuffer_find(buf, NULL, 1), NULL);
	CHECK_SAME(buf, &look);
	CHECK_CALLS("");
	evbuffer_free(buf);
}

TEST_ONCE(a_style_that_is_none)
{
	static const int styles[] = { -1, 4, 5, 99, INT_MAX, INT_MIN };
	struct evbuffer *buf = buffer_with("one\r\ntwo\r\n");
	struct look look;
	size_t i;

	capture_log();
	watch(buf, "b");
	look = look_at(buf);
	for (i = 0; i < COUNT(styles); i++) {
		size_t n = 7;

		CHECK_PTR(evbuffer_readln(buf, &n, (enum evbuffer_eol_style)styles[i]), NULL);
		CHECK_INT(n, 0);
		CHECK_PTR(evbuffer_readln(buf, NULL, (enum evbuffer_eol_style)styles[i]), NULL);
		CHECK_SAME(buf, &look);
		CHECK_CALLS("");
	}
	evbuffer_free(buf);
}
