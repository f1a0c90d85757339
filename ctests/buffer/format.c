/*
 * Proves behaviour 73, B20 and B21: printf and vprintf add what the C library's printf would
 * print, whatever arguments it takes, or nothing.
 */
#include "check.h"

#include <math.h>
#include <stdarg.h>
#include <wchar.h>

/* Formats that the compiler shall not judge. */
static const char *
any_format(const char *format)
{
	const char *volatile same = format;

	return same;
}

/* The same arguments, printed by us and by the C library. */
#define CHECK_PRINTED(...)                                                      \
	do {                                                                    \
		struct evbuffer *printed = buffer_with("before:");              \
		char want[2000] = "before:";                                    \
		int length = snprintf(want + 7, sizeof(want) - 7, __VA_ARGS__); \
                                                                                \
		CHECK(length >= 0 && (size_t)length < sizeof(want) - 7);        \
		CHECK_INT(evbuffer_add_printf(printed, __VA_ARGS__), length);   \
		CHECK_DATA(printed, want, 7 + (size_t)length);                  \
		evbuffer_free(printed);                                         \
	} while (0)

TEST_ONCE(no_arguments)
{
	CHECK_PRINTED("text");
	CHECK_PRINTED("100%% text\n");
}

TEST_ONCE(integers)
{
	CHECK_PRINTED("%d %i %u %x %X %o %c", INT_MIN, -1, UINT_MAX, 48879, 0xCAFE, 511, 'z');
	CHECK_PRINTED("%ld %lu %lld %llu %zu %zd %hd %hhu", LONG_MIN, ULONG_MAX, LLONG_MIN,
	    ULLONG_MAX, SIZE_MAX, (ssize_t)-1, (short)-2, (unsigned char)255);
	CHECK_PRINTED("%5d|%-5d|%05d|%+d|% d|%#x|%*d|%-*d|%.3d", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
}

/* Those go through registers of their own, and then over the stack. */
TEST_ONCE(floating_numbers)
{
	CHECK_PRINTED("%f", 1.5);
	CHECK_PRINTED("%g %g %g %g %g %g %g %g %g %g %g %g", 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5,
	    9.5, 10.5, 11.5, 12.5);
	CHECK_PRINTED("%.17g %e %a %E", 0.1, -1e300, 1.0 / 3, 1e-300);
	CHECK_PRINTED("%Lf %Lg", 1.25L, 2.5e100L);
	CHECK_PRINTED("%f %f %f", HUGE_VAL, -HUGE_VAL, (double)-0.0f);
}

TEST_ONCE(all_kinds_in_turn)
{
	CHECK_PRINTED("%d %g %s %c %lld %g %s %Lg %d %g %s %p %zu %g %d %g %d %g %d %g %s", 1, 1.5,
	    "one", '1', 1LL << 40, 2.5, "two", 2.75L, 2, 3.5, "three", (void *)0x1234, (size_t)3,
	    4.5, 4, 5.5, 5, 6.5, 6, 7.5, "end");
}

TEST_ONCE(arguments_by_position)
{
	CHECK_PRINTED("%3$s %1$d %2$.2f %1$d %3$s", 7, 2.5, "str");
	CHECK_PRINTED("%9$s %8$g %7$d %6$s %5$g %4$d %3$s %2$g %1$d", 1, 1.5, "a", 2, 2.5, "b", 3,
	    3.5, "c");
}

TEST_ONCE(strings)
{
	CHECK_PRINTED("%s", "");
	CHECK_PRINTED("%s|%.3s|%10s|%-10s|%.*s", "text", "text", "text", "text", 2, "text");
	CHECK_PRINTED("%c%c%c", 'a', 0, 'b');
	CHECK_PRINTED("%ls", L"wide");
}

/* Where the count goes is right, even if it had to be printed twice. */
TEST_ONCE(counts_on_the_way)
{
	struct evbuffer *buf = new_buffer();
	int first = -1, second = -1;

	CHECK_INT(evbuffer_add_printf(buf, any_format("%d%n%5000d%n"), 123, &first, 4, &second),
	    5003);
	CHECK_INT(first, 3);
	CHECK_INT(second, 5003);
	CHECK_INT(buf->off, 5003);
	evbuffer_free(buf);
}

/* What there was of room, and what was needed of it: every seam. */
TEST_ONCE(every_length_in_every_room)
{
	char text[600];
	int there, length;

	memset(text, 'x', sizeof(text));
	for (there = 0; there <= 520; there += 1 + there % 9) {
		for (length = 0; length <= 530; length += 1 + length % 7) {
			struct evbuffer *buf = new_buffer();
			unsigned char *want = pattern(0, (size_t)(there + length));

			memset(want + there, 'x', (size_t)length);
			add_pattern(buf, 0, (size_t)there);
			CHECK_INT(evbuffer_add_printf(buf, "%.*s", length, text), length);
			CHECK_DATA(buf, want, (size_t)(there + length));
			free(want);
			evbuffer_free(buf);
		}
	}
}

TEST_ONCE(into_a_buffer_with_a_used_front)
{
	int drained;

	for (drained = 1; drained < 256; drained += 9) {
		struct evbuffer *buf = new_buffer();

		add_pattern(buf, 0, 256);
		evbuffer_drain(buf, (size_t)drained);
		CHECK_INT(evbuffer_add_printf(buf, "%s-%d", "text", 1234567), 12);
		CHECK_INT(buf->off, 268 - drained);
		CHECK_SOUND(buf);
		CHECK_INT(buf->buffer[0], pattern_at((size_t)drained));
		CHECK_INT(memcmp(buf->buffer + 256 - drained, "text-1234567", 12), 0);
		evbuffer_free(buf);
	}
}

TEST_ONCE(many_small_ones)
{
	struct evbuffer *buf = new_buffer();
	char *line;
	int i;

	for (i = 0; i < 20000; i++)
		CHECK(evbuffer_add_printf(buf, "line %d of %s\n", i, "many") > 0);
	for (i = 0; i < 20000; i++) {
		char want[40];

		snprintf(want, sizeof(want), "line %d of %s", i, "many");
		line = evbuffer_readline(buf);
		CHECK_STR(line, want);
		free(line);
	}
	CHECK_TEXT(buf, "");
	evbuffer_free(buf);
}

TEST_ONCE(ten_megabytes)
{
	enum { LENGTH = 10 << 20 };
	struct evbuffer *buf = new_buffer();
	char *text = malloc(LENGTH + 1);

	CHECK(text != NULL);
	memset(text, 'm', LENGTH);
	text[LENGTH] = '\0';
	watch(buf, "b");
	CHECK_INT(evbuffer_add_printf(buf, "<%s>", text), LENGTH + 2);
	CHECK_CALLS("b:0>10485762 ");
	CHECK_SOUND(buf);
	CHECK_INT(buf->buffer[0], '<');
	CHECK_INT(memcmp(buf->buffer + 1, text, LENGTH), 0);
	CHECK_INT(buf->buffer[LENGTH + 1], '>');
	free(text);
	evbuffer_free(buf);
}

TEST_ONCE(nothing_is_no_error)
{
	struct evbuffer *buf = new_buffer();

	CHECK_INT(evbuffer_add_printf(buf, "%s", ""), 0);
	CHECK_TEXT(buf, "");
	CHECK_INT(evbuffer_add_printf(buf, any_format("")), 0);
	CHECK_TEXT(buf, "");
	CHECK_INT(evbuffer_add(buf, "text", 4), 0);
	CHECK_INT(evbuffer_add_printf(buf, "%s%.0s", "", "cut"), 0);
	CHECK_TEXT(buf, "text");
	evbuffer_free(buf);
}

/* The C library refuses: a character that cannot be written, a width beyond all bounds. */
static void
check_refused(struct evbuffer *buf, const char *text, int result, int want_errno)
{
	CHECK_INT(errno, want_errno);
	CHECK_INT(result, -1);
	CHECK_TEXT(buf, text);
	CHECK_CALLS("");
	errno = 0;
}

TEST_ONCE(what_cannot_be_printed)
{
	static const wchar_t no_such[] = { 'a', 0x3b1, 'b', 0 };
	struct evbuffer *buf = new_buffer();
	int i;

	watch(buf, "b");
	errno = 0;
	for (i = 0; i < 3; i++) {
		const char *text = i > 0 ? "0123456789" : "";

		check_refused(buf, text, evbuffer_add_printf(buf, "%ls", no_such), EILSEQ);
		check_refused(buf, text, evbuffer_add_printf(buf, "some %d %lc", 1, (wint_t)0x3b1),
		    EILSEQ);
		check_refused(buf, text, evbuffer_add_printf(buf, "%1000d%ls", 1, no_such), EILSEQ);
		check_refused(buf, text,
		    evbuffer_add_printf(buf, any_format("%99999999999d"), 1), EOVERFLOW);
		check_refused(buf, text,
		    evbuffer_add_printf(buf, any_format("%d%99999999999d"), 1, 2), EOVERFLOW);
		evbuffer_setcb(buf, NULL, NULL);
		evbuffer_drain(buf, SIZE_MAX);
		CHECK_INT(evbuffer_add_printf(buf, "%s", "0123456789"), 10);
		watch(buf, "b");
		errno = 0;
	}
	evbuffer_free(buf);
}

/* A va_list may be used again, and so may the arguments: also when the room was too small. */
static void
vprint_thrice(struct evbuffer *bufs[3], int want, const char *format, ...)
{
	va_list args;
	int i;

	va_start(args, format);
	for (i = 0; i < 3; i++)
		CHECK_INT(evbuffer_add_vprintf(bufs[i], format, args), want);
	va_end(args);
}

static void
check_thrice(size_t there)
{
	struct evbuffer *bufs[3];
	char text[400], want[1000];
	int i, length;

	memset(text, 't', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	length = snprintf(want, sizeof(want), "%d %g %s %d %g %s %d %g %d %g %d %Lg %g %g %g %g %s",
	    1, 1.5, "a", 2, 2.5, "b", 3, 3.5, 4, 4.5, 5, 5.5L, 6.5, 7.5, 8.5, 9.5, text);
	for (i = 0; i < 3; i++) {
		bufs[i] = new_buffer();
		add_pattern(bufs[i], 0, there);
	}
	vprint_thrice(bufs, length, "%d %g %s %d %g %s %d %g %d %g %d %Lg %g %g %g %g %s", 1, 1.5,
	    "a", 2, 2.5, "b", 3, 3.5, 4, 4.5, 5, 5.5L, 6.5, 7.5, 8.5, 9.5, text);
	for (i = 0; i < 3; i++) {
		CHECK_INT(bufs[i]->off, (long long)there + length);
		CHECK_INT(memcmp(bufs[i]->buffer + there, want, (size_t)length), 0);
		CHECK_SOUND(bufs[i]);
		evbuffer_free(bufs[i]);
	}
}

TEST_ONCE(a_va_list_can_be_used_again)
{
	size_t there;

	for (there = 0; there < 300; there += 10)
		check_thrice(there);
}

/* The middle of a list: what was taken before stays taken. */
static void
vprint_rest(struct evbuffer *buf, int count, ...)
{
	va_list args;
	int i;

	va_start(args, count);
	for (i = 0; i < count; i++)
		CHECK_INT(va_arg(args, int), i);
	CHECK_INT(evbuffer_add_vprintf(buf, "%s %d %g", args), 11);
	CHECK_STR(va_arg(args, char *), "rest");
	va_end(args);
}

TEST_ONCE(the_rest_of_a_va_list)
{
	struct evbuffer *buf = new_buffer();

	vprint_rest(buf, 2, 0, 1, "rest", 1, 2.25);
	CHECK_TEXT(buf, "rest 1 2.25");
	evbuffer_free(buf);
}
