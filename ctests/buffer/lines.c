/*
 * Proves behaviours 75, 76 and 80, and B17: what ends a line in each style, what is swallowed with
 * it, and that lines are the caller's to free.
 */
#include "check.h"

/* Reads all lines in a style; -1 is readline. "one|two|" and what stays behind. */
enum { READLINE = -1 };

static char *
read_line(struct evbuffer *buf, int style, size_t *n)
{
	char *line;

	if (style != READLINE)
		return evbuffer_readln(buf, n, (enum evbuffer_eol_style)style);
	line = evbuffer_readline(buf);
	*n = line != NULL ? strlen(line) : 0;
	return line;
}

static void
check_lines(int style, const char *text, const char *lines, const char *rest)
{
	struct evbuffer *buf = buffer_with(text);
	char got[200] = "";
	char *line;
	size_t n;

	while ((line = read_line(buf, style, &n)) != NULL) {
		CHECK_INT(strlen(line), n);
		CHECK(strlen(got) + n + 2 < sizeof(got));
		strcat(strcat(got, line), "|");
		free(line);
	}
	CHECK_INT(n, 0);
	CHECK_STR(got, lines);
	CHECK_TEXT(buf, rest);
	evbuffer_free(buf);
}

TEST_ONCE(readline_ends_at_either_and_takes_one_of_the_other)
{
	check_lines(READLINE, "", "", "");
	check_lines(READLINE, "no end", "", "no end");
	check_lines(READLINE, "one\n", "one|", "");
	check_lines(READLINE, "one\r", "one|", "");
	check_lines(READLINE, "one\r\ntwo", "one|", "two");
	check_lines(READLINE, "one\n\rtwo", "one|", "two");
	check_lines(READLINE, "one\ntwo\rthree\n", "one|two|three|", "");
	check_lines(READLINE, "one\n\ntwo", "one||", "two");
	check_lines(READLINE, "one\r\rtwo", "one||", "two");
	check_lines(READLINE, "one\r\n\r\ntwo", "one||", "two");
	check_lines(READLINE, "one\n\r\n\rtwo", "one||", "two");
	check_lines(READLINE, "\n", "|", "");
	check_lines(READLINE, "\r\n\r", "||", "");
	check_lines(READLINE, "\r\r\n\n\r", "|||", "");
}

TEST_ONCE(any_swallows_a_whole_run)
{
	check_lines(EVBUFFER_EOL_ANY, "no end", "", "no end");
	check_lines(EVBUFFER_EOL_ANY, "one\n", "one|", "");
	check_lines(EVBUFFER_EOL_ANY, "one\r", "one|", "");
	check_lines(EVBUFFER_EOL_ANY, "one\r\n\r\n\n\r\rtwo", "one|", "two");
	check_lines(EVBUFFER_EOL_ANY, "\n\n\none\r\r\rtwo\n", "|one|two|", "");
	check_lines(EVBUFFER_EOL_ANY, "\r\n\r\n", "|", "");
}

TEST_ONCE(crlf_is_a_newline_and_a_return_before_it)
{
	check_lines(EVBUFFER_EOL_CRLF, "no end", "", "no end");
	check_lines(EVBUFFER_EOL_CRLF, "no end\r", "", "no end\r");
	check_lines(EVBUFFER_EOL_CRLF, "one\ntwo\r\nthree", "one|two|", "three");
	check_lines(EVBUFFER_EOL_CRLF, "one\r\r\ntwo\n\r", "one\r|two|", "\r");
	check_lines(EVBUFFER_EOL_CRLF, "o\rn\re\n", "o\rn\re|", "");
	check_lines(EVBUFFER_EOL_CRLF, "\n\r\n\r\n", "|||", "");
	check_lines(EVBUFFER_EOL_CRLF, "\r\r\r\n\r\r", "\r\r|", "\r\r");
}

TEST_ONCE(strict_is_both_in_that_order)
{
	check_lines(EVBUFFER_EOL_CRLF_STRICT, "no\rend\n", "", "no\rend\n");
	check_lines(EVBUFFER_EOL_CRLF_STRICT, "no end\r", "", "no end\r");
	check_lines(EVBUFFER_EOL_CRLF_STRICT, "one\r\ntwo\n\rthree\r\n", "one|two\n\rthree|", "");
	check_lines(EVBUFFER_EOL_CRLF_STRICT, "one\r\r\n\n\r\n", "one\r|\n|", "");
	check_lines(EVBUFFER_EOL_CRLF_STRICT, "\r\n\r\n\r", "||", "\r");
}

TEST_ONCE(lf_is_a_newline)
{
	check_lines(EVBUFFER_EOL_LF, "no end\r", "", "no end\r");
	check_lines(EVBUFFER_EOL_LF, "one\ntwo\r\nthree", "one|two\r|", "three");
	check_lines(EVBUFFER_EOL_LF, "\n\r\n\n", "|\r||", "");
}

/* A return that is the last byte ends a line at once; a newline that comes later is one more. */
TEST_ONCE(a_return_at_the_end_does_not_wait)
{
	static const int styles[] = { READLINE, EVBUFFER_EOL_ANY };
	size_t i, n;

	for (i = 0; i < COUNT(styles); i++) {
		struct evbuffer *buf = buffer_with("one\r");
		char *line = read_line(buf, styles[i], &n);

		CHECK_STR(line, "one");
		free(line);
		CHECK_TEXT(buf, "");
		CHECK_INT(evbuffer_add(buf, "\ntwo\n", 5), 0);
		line = read_line(buf, styles[i], &n);
		CHECK_STR(line, "");
		CHECK_INT(n, 0);
		free(line);
		CHECK_TEXT(buf, "two\n");
		evbuffer_free(buf);
	}
}

/* The length tells; a C string ends early, and the whole line is gone all the same. */
TEST_ONCE(nuls_are_kept)
{
	int style;

	for (style = READLINE; style <= EVBUFFER_EOL_LF; style++) {
		struct evbuffer *buf = new_buffer();
		size_t n = 5;
		char *line;

		CHECK_INT(evbuffer_add(buf, "a\0b\0\0\r\n\0c", 9), 0);
		line = read_line(buf, style, &n);
		CHECK(line != NULL);
		if (style == READLINE)
			n = 5;
		if (style == EVBUFFER_EOL_LF) {
			CHECK_INT(n, 6);
			CHECK_INT(memcmp(line, "a\0b\0\0\r", 7), 0);
		} else {
			CHECK_INT(n, 5);
			CHECK_INT(memcmp(line, "a\0b\0\0", 6), 0);
		}
		free(line);
		CHECK_DATA(buf, "\0c", 2);
		evbuffer_free(buf);
	}
}

TEST_ONCE(the_length_is_given_back_if_wanted)
{
	struct evbuffer *buf = buffer_with("one\nthree\n\nrest");
	size_t n = 99;
	char *line;

	line = evbuffer_readln(buf, NULL, EVBUFFER_EOL_LF);
	CHECK_STR(line, "one");
	free(line);
	line = evbuffer_readln(buf, &n, EVBUFFER_EOL_LF);
	CHECK_STR(line, "three");
	CHECK_INT(n, 5);
	free(line);
	n = 99;
	line = evbuffer_readln(buf, &n, EVBUFFER_EOL_LF);
	CHECK_STR(line, "");
	CHECK_INT(n, 0);
	free(line);
	n = 99;
	CHECK_PTR(evbuffer_readln(buf, &n, EVBUFFER_EOL_LF), NULL);
	CHECK_INT(n, 0);
	CHECK_PTR(evbuffer_readln(buf, NULL, EVBUFFER_EOL_LF), NULL);
	CHECK_TEXT(buf, "rest");
	evbuffer_free(buf);
}

/* Lines are memory of malloc's: they can be grown, freed, and outlive the buffer. */
TEST_ONCE(lines_belong_to_the_caller)
{
	int style;

	for (style = READLINE; style <= EVBUFFER_EOL_LF; style++) {
		struct evbuffer *buf = buffer_with("a line\r\n");
		size_t n;
		char *line = read_line(buf, style, &n);

		evbuffer_free(buf);
		CHECK(line != NULL);
		CHECK_INT(memcmp(line, "a line", 6), 0);
		line[0] = 'A';
		line = realloc(line, 1000);
		CHECK(line != NULL);
		strcat(line, " and more");
		CHECK_INT(memcmp(line, "A line", 6), 0);
		free(line);
	}
}

TEST_ONCE(lines_of_every_length)
{
	size_t length;
	int style;

	for (length = 0; length < 3000; length += 1 + length / 20) {
		struct evbuffer *buf = new_buffer();
		unsigned char *want = malloc(length + 1);
		size_t i;

		CHECK(want != NULL);
		for (i = 0; i < length; i++)
			want[i] = (unsigned char)('a' + i % 26);
		want[length] = 0;
		for (style = READLINE; style < EVBUFFER_EOL_LF; style++) {
			CHECK_INT(evbuffer_add(buf, want, length), 0);
			CHECK_INT(evbuffer_add(buf, "\r\nx", 3), 0);
		}
		for (style = READLINE; style < EVBUFFER_EOL_LF; style++) {
			size_t n;
			char *line = read_line(buf, style, &n);

			CHECK_STR(line, (char *)want);
			CHECK_INT(n, length);
			free(line);
			CHECK_INT(buf->buffer[0], 'x');
			evbuffer_drain(buf, 1);
		}
		CHECK_TEXT(buf, "");
		free(want);
		evbuffer_free(buf);
	}
}

TEST_ONCE(a_long_line)
{
	enum { LENGTH = 3000000 };
	struct evbuffer *buf = new_buffer();
	size_t n;
	char *line;

	CHECK_INT(evbuffer_add_printf(buf, "%*s\r\nnext\r\n", LENGTH, "end"), LENGTH + 8);
	line = evbuffer_readln(buf, &n, EVBUFFER_EOL_CRLF_STRICT);
	CHECK_INT(n, LENGTH);
	CHECK_STR(line + LENGTH - 4, " end");
	free(line);
	line = evbuffer_readline(buf);
	CHECK_STR(line, "next");
	free(line);
	CHECK_TEXT(buf, "");
	evbuffer_free(buf);
}

/* What is before the data in the block, or after it, is no part of a line. */
TEST_ONCE(bytes_outside_of_the_data_end_nothing)
{
	int style;

	for (style = READLINE; style <= EVBUFFER_EOL_LF; style++) {
		struct evbuffer *buf = buffer_with("\r\n\r\nabcdef\r\n\r\n");
		size_t n;

		evbuffer_drain(buf, SIZE_MAX);
		CHECK_INT(evbuffer_add(buf, "\r\n\r\nabcdef", 10), 0);
		evbuffer_drain(buf, 4);
		CHECK_PTR(read_line(buf, style, &n), NULL);
		CHECK_TEXT(buf, "abcdef");
		CHECK_INT(evbuffer_add(buf, "\r", 1), 0);
		evbuffer_drain(buf, 7);
		CHECK_PTR(read_line(buf, style, &n), NULL);
		CHECK_INT(n, 0);
		evbuffer_free(buf);
	}
}

/* A strict reader meets many returns that end nothing. */
TEST_ONCE(many_returns)
{
	enum { COUNT_OF_THEM = 20000 };
	struct evbuffer *buf = new_buffer();
	size_t i, n;
	char *line;

	for (i = 0; i < COUNT_OF_THEM; i++)
		CHECK_INT(evbuffer_add(buf, "\rx", 2), 0);
	CHECK_PTR(evbuffer_readln(buf, &n, EVBUFFER_EOL_CRLF_STRICT), NULL);
	CHECK_PTR(evbuffer_readln(buf, &n, EVBUFFER_EOL_CRLF), NULL);
	CHECK_INT(evbuffer_add(buf, "\r\n", 2), 0);
	line = evbuffer_readln(buf, &n, EVBUFFER_EOL_CRLF_STRICT);
	CHECK_INT(n, 2 * COUNT_OF_THEM);
	CHECK_INT(memcmp(line + n - 4, "\rx\rx", 5), 0);
	free(line);
	CHECK_TEXT(buf, "");
	evbuffer_free(buf);
}
