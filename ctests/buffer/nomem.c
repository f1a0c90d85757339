/*
 * Memory runs out at the n-th allocation, for every n: -1 or NULL with ENOMEM, every buffer is as
 * it was, nobody is told, nothing is leaked, and the next try works (behaviours 73, 74; F5, F6).
 */
#include "nomem.h"

#include <stdarg.h>

static char large[5000];

/* What buffers are like before */

/* A block of 256 bytes with 100 of data in its middle, which cannot take 200 more. */
static void
small_in_the_middle(void)
{
	add_pattern(buf, 0, 250);
	evbuffer_drain(buf, 150);
}

/* 6,000 bytes at the end of 8,192, too many to move for 2,000 unused ones. */
static void
large_at_the_end(void)
{
	add_pattern(buf, 0, 8000);
	evbuffer_drain(buf, 2000);
}

static void
both_full(void)
{
	add_pattern(buf, 0, 256);
	add_pattern(other, 256, 200);
}

static void
lines(void)
{
	CHECK_INT(evbuffer_add_printf(buf, "a line\r\nmore"), 12);
}

/* Adding */

static int
try_new(void)
{
	struct evbuffer *third = evbuffer_new();

	if (third == NULL)
		return FAILED;
	evbuffer_free(third);
	return 0;
}

ALLOC_TEST(a_new_buffer_without_memory)
{
	static const struct scenario scenario = { nothing, try_new, "", nothing, 1, 0 };

	torture(&scenario);
}

static int
try_add(void)
{
	unsigned char data[300];
	size_t i, from = EVBUFFER_LENGTH(buf) == 0 ? 0 : EVBUFFER_LENGTH(buf) == 100 ? 250 : 8000;

	for (i = 0; i < sizeof(data); i++)
		data[i] = pattern_at(from + i);
	return evbuffer_add(buf, data, sizeof(data));
}

static void
has_added(void)
{
	if (EVBUFFER_LENGTH(buf) == 300)
		CHECK_PATTERN(buf, 0, 300);
	else if (EVBUFFER_LENGTH(buf) == 400)
		CHECK_PATTERN(buf, 150, 400);
	else
		CHECK_PATTERN(buf, 2000, 6300);
}

ALLOC_TEST(adding_without_memory)
{
	static const struct scenario first = { nothing, try_add, "buf:0>300 ", has_added, 1, 0 };
	static const struct scenario middle = {
		small_in_the_middle, try_add, "buf:100>400 ", has_added, 1, 0
	};
	static const struct scenario end = {
		large_at_the_end, try_add, "buf:6000>6300 ", has_added, 1, 0
	};

	torture(&first);
	torture(&middle);
	torture(&end);
}

static int
try_add_own(void)
{
	return evbuffer_add(buf, EVBUFFER_DATA(buf) + 10, 60);
}

static void
has_added_own(void)
{
	evbuffer_drain(buf, 256);
	CHECK_PATTERN(buf, 10, 60);
}

ALLOC_TEST(adding_own_bytes_without_memory)
{
	static const struct scenario scenario = {
		both_full, try_add_own, "buf:256>316 ", has_added_own, 1, 0
	};

	torture(&scenario);
}

static int
try_expand(void)
{
	return evbuffer_expand(buf, 5000);
}

static void
has_room(void)
{
	CHECK(buf->totallen - buf->misalign - buf->off >= 5000);
	if (buf->off > 0)
		CHECK_PATTERN(buf, 150, 100);
}

ALLOC_TEST(expanding_without_memory)
{
	static const struct scenario first = { nothing, try_expand, "", has_room, 1, 0 };
	static const struct scenario middle = {
		small_in_the_middle, try_expand, "", has_room, 1, 0
	};

	torture(&first);
	torture(&middle);
}

/* Moving */

static int
try_move(void)
{
	return evbuffer_add_buffer(buf, other);
}

static void
has_moved(void)
{
	CHECK_PATTERN(buf, 0, 456);
	CHECK_INT(EVBUFFER_LENGTH(other), 0);
	CHECK_INT(other->misalign, 0);
}

ALLOC_TEST(moving_without_memory)
{
	static const struct scenario scenario = {
		both_full, try_move, "buf:256>456 other:200>0 ", has_moved, 1, 0
	};

	torture(&scenario);
}

/* Printing */

static int
try_print_short(void)
{
	return evbuffer_add_printf(buf, "%s %d", "short", 12) == 8 ? 0 : FAILED;
}

static void
has_printed_short(void)
{
	CHECK_TEXT(buf, "short 12");
}

static int
try_print_long(void)
{
	return evbuffer_add_printf(buf, "%s.", large) == (int)sizeof(large) ? 0 : FAILED;
}

static void
has_printed_long(void)
{
	size_t at = EVBUFFER_LENGTH(buf) - sizeof(large);

	CHECK(memcmp(EVBUFFER_DATA(buf) + at, large, sizeof(large) - 1) == 0);
	CHECK_INT(EVBUFFER_DATA(buf)[at + sizeof(large) - 1], '.');
}

/* The first room is there already: only the second one may be refused. */
static void
with_some_room(void)
{
	CHECK_INT(evbuffer_expand(buf, 256), 0);
}

__attribute__((format(printf, 1, 2))) static int
print_list(const char *format, ...)
{
	va_list args;
	int result;

	va_start(args, format);
	result = evbuffer_add_vprintf(buf, format, args);
	va_end(args);
	return result;
}

static int
try_print_list(void)
{
	return print_list("%s.", large) == (int)sizeof(large) ? 0 : FAILED;
}

ALLOC_TEST(printing_without_memory)
{
	static const struct scenario text = {
		nothing, try_print_short, "buf:0>8 ", has_printed_short, 1, 0
	};
	static const struct scenario more = {
		nothing, try_print_long, "buf:0>5000 ", has_printed_long, 2, 1
	};
	static const struct scenario behind = {
		both_full, try_print_long, "buf:256>5256 ", has_printed_long, 2, 1
	};
	static const struct scenario list = {
		with_some_room, try_print_list, "buf:0>5000 ", has_printed_long, 1, 0
	};

	memset(large, 'l', sizeof(large) - 1);
	torture(&text);
	torture(&more);
	torture(&behind);
	torture(&list);
}

/* Lines: the allocation is the line's. If it is refused, the line stays in the buffer. */

static int
got_line(void)
{
	return line != NULL ? 0 : FAILED;
}

static int
try_readline(void)
{
	line = evbuffer_readline(buf);
	return got_line();
}

static int
try_readln(void)
{
	size_t line_length = 99;

	line = evbuffer_readln(buf, &line_length, EVBUFFER_EOL_CRLF);
	if (line == NULL)
		CHECK_INT((long long)line_length, 0);
	return got_line();
}

static int
try_readln_any(void)
{
	line = evbuffer_readln(buf, NULL, EVBUFFER_EOL_ANY);
	return got_line();
}

static int
try_readln_strict(void)
{
	line = evbuffer_readln(buf, NULL, EVBUFFER_EOL_CRLF_STRICT);
	return got_line();
}

static void
has_line(void)
{
	CHECK_STR(line, "a line");
	CHECK_TEXT(buf, "more");
}

ALLOC_TEST(a_line_without_memory_stays_in_the_buffer)
{
	static int (*const ways[])(void) = {
		try_readline, try_readln, try_readln_any, try_readln_strict
	};
	struct scenario scenario = { lines, NULL, "buf:12>4 ", has_line, 1, 0 };
	size_t i;

	for (i = 0; i < COUNT(ways); i++) {
		scenario.try = ways[i];
		torture(&scenario);
	}
}
