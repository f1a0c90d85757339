/*
 * Proves behaviours 75 and 76 for text that comes in pieces: all texts of a few letters, returns
 * and newlines, cut in all ways, against the rules of the styles spelled out here.
 */
#include "check.h"

enum { READLINE = -1, LONGEST = 6 };

static int
is_end(char byte)
{
	return byte == '\r' || byte == '\n';
}

/*
 * The rules. How many bytes of what has come so far are the line, and how many go with it; 0 if
 * there is none.
 */
static size_t
rule(int style, const char *data, size_t length, size_t *line)
{
	size_t i, end;

	for (i = 0; i < length; i++) {
		*line = i;
		end = i + 1;
		switch (style) {
		case READLINE:
			if (!is_end(data[i]))
				continue;
			if (end < length && is_end(data[end]) && data[end] != data[i])
				end++;
			return end;
		case EVBUFFER_EOL_ANY:
			if (!is_end(data[i]))
				continue;
			while (end < length && is_end(data[end]))
				end++;
			return end;
		case EVBUFFER_EOL_CRLF:
			if (data[i] != '\n')
				continue;
			*line -= i > 0 && data[i - 1] == '\r';
			return end;
		case EVBUFFER_EOL_CRLF_STRICT:
			if (data[i] != '\r' || end == length || data[end] != '\n')
				continue;
			return end + 1;
		default:
			if (data[i] == '\n')
				return end;
		}
	}
	return 0;
}

/* What a reader has been given, and what of it the rules have left. */
struct reader {
	struct evbuffer *buf;
	int style;
	char left[64];
	size_t length;
};

static void
read_all(struct reader *reader)
{
	for (;;) {
		size_t line_length = 0;
		size_t end = rule(reader->style, reader->left, reader->length, &line_length);
		size_t n = 99;
		char *line;

		if (reader->style == READLINE)
			line = evbuffer_readline(reader->buf);
		else
			line = evbuffer_readln(reader->buf, &n,
			    (enum evbuffer_eol_style)reader->style);
		if (end == 0) {
			CHECK_PTR(line, NULL);
			CHECK(n == 0 || reader->style == READLINE);
			return;
		}
		CHECK(line != NULL);
		CHECK(n == line_length || reader->style == READLINE);
		CHECK_INT(strlen(line), line_length);
		CHECK_INT(memcmp(line, reader->left, line_length), 0);
		free(line);
		reader->length -= end;
		memmove(reader->left, reader->left + end, reader->length);
		CHECK_DATA(reader->buf, reader->left, reader->length);
	}
}

static void
give(struct reader *reader, const char *text, size_t length)
{
	CHECK_INT(evbuffer_add(reader->buf, text, length), 0);
	memcpy(reader->left + reader->length, text, length);
	reader->length += length;
	read_all(reader);
}

/* The bits of cuts say after which bytes the text is cut. */
static void
read_in_pieces(struct reader *reader, const char *text, size_t length, unsigned cuts)
{
	size_t start = 0, i;

	evbuffer_drain(reader->buf, SIZE_MAX);
	reader->length = 0;
	for (i = 0; i < length; i++) {
		if (i + 1 == length || (cuts & 1u << i) != 0) {
			give(reader, text + start, i + 1 - start);
			start = i + 1;
		}
	}
}

static void
every_text_in_every_way(int style)
{
	struct reader reader = { .buf = new_buffer(), .style = style };
	char text[LONGEST];
	size_t length, i;

	for (length = 0; length <= LONGEST; length++) {
		unsigned number, numbers = 1, cuts;

		for (i = 0; i < length; i++)
			numbers *= 3;
		for (number = 0; number < numbers; number++) {
			unsigned digits = number;

			for (i = 0; i < length; i++, digits /= 3)
				text[i] = "a\r\n"[digits % 3];
			for (cuts = 0; cuts < 1u << (length > 0 ? length - 1 : 0); cuts++)
				read_in_pieces(&reader, text, length, cuts);
		}
	}
	evbuffer_free(reader.buf);
}

TEST_ONCE(readline)
{
	every_text_in_every_way(READLINE);
}

TEST_ONCE(any)
{
	every_text_in_every_way(EVBUFFER_EOL_ANY);
}

TEST_ONCE(crlf)
{
	every_text_in_every_way(EVBUFFER_EOL_CRLF);
}

TEST_ONCE(crlf_strict)
{
	every_text_in_every_way(EVBUFFER_EOL_CRLF_STRICT);
}

TEST_ONCE(lf)
{
	every_text_in_every_way(EVBUFFER_EOL_LF);
}

/* The lines of a text that comes in three pieces, cut at those places. */
static void
read_in_three(int style, const char *text, const size_t ends[3], char *got)
{
	struct evbuffer *buf = new_buffer();
	size_t start = 0, part;
	char *line;

	got[0] = '\0';
	for (part = 0; part < 3; part++) {
		CHECK_INT(evbuffer_add(buf, text + start, ends[part] - start), 0);
		start = ends[part];
		while ((line = evbuffer_readln(buf, NULL, (enum evbuffer_eol_style)style))) {
			strcat(strcat(got, line), "|");
			free(line);
		}
	}
	evbuffer_free(buf);
}

/* Where one byte alone ends a line, pieces make no difference at all. */
TEST_ONCE(pieces_make_no_difference)
{
	static const int styles[] = { EVBUFFER_EOL_CRLF, EVBUFFER_EOL_CRLF_STRICT,
		EVBUFFER_EOL_LF };
	static const char *const wanted[] = { "GET / HTTP/1.0|Host: a|X:\r| y|||body|",
		"GET / HTTP/1.0|Host: a\nX:\r| y||\nbody|",
		"GET / HTTP/1.0\r|Host: a|X:\r\r| y\r|\r||body\r|" };
	static const char text[] = "GET / HTTP/1.0\r\nHost: a\nX:\r\r\n y\r\n\r\n\nbody\r\n";
	const size_t length = sizeof(text) - 1;
	size_t i, first, second;
	char got[100];

	for (i = 0; i < COUNT(styles); i++) {
		for (first = 0; first <= length; first++) {
			for (second = first; second <= length; second++) {
				const size_t ends[] = { first, second, length };

				read_in_three(styles[i], text, ends, got);
				CHECK_STR(got, wanted[i]);
			}
		}
	}
}
