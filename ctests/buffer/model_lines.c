/*
 * However a text is cut into pieces, and however these arrive, its lines are the same, for each
 * style of line ends (behaviours 75 and 76).
 */
#include "model.h"

enum { PARTS = 250 };

static struct bytes text;
static int fds[2];

static void
make_text(void)
{
	static const char *const parts[] = { "\n", "\r", "\r\n", "\n\r", "\n\n", "\r\r\n",
		"\r\n\r\n", "a", "some words", "\t", "9" };
	unsigned char more[600];
	size_t length, i;

	text.length = 0;
	for (i = 0; i < PARTS; i++) {
		const char *part = parts[next_random(COUNT(parts))];

		bytes_add(&text, part, strlen(part));
		if (next_random(20) == 0) {
			length = next_random(sizeof(more));
			memset(more, 'x', length);
			bytes_add(&text, more, length);
		}
		if (next_random(30) == 0)
			bytes_add(&text, "", 1);
	}
}

/* A line is noted as its length and its bytes. */
static void
note_line(struct bytes *lines, const void *line, size_t length)
{
	bytes_add(lines, &length, sizeof(length));
	bytes_add(lines, line, length);
}

/* The lines of the whole text, from the model; what is left over counts as one. */
static void
lines_of_text(struct bytes *lines, int style, int with_empty)
{
	struct bytes rest = text;
	size_t end_length;
	ssize_t length;

	while ((length = first_line(&rest, style, &end_length)) >= 0) {
		if (length > 0 || with_empty)
			note_line(lines, rest.data, (size_t)length);
		rest.data += (size_t)length + end_length;
		rest.length -= (size_t)length + end_length;
	}
	note_line(lines, rest.data, rest.length);
}

/* May the text be cut here, although only whole line ends are told from halves of them? */
static int
cuts_no_end(size_t at, int style)
{
	if (style != READLINE && style != EVBUFFER_EOL_ANY)
		return 1;
	return at == text.length || !ends_a_line(text.data[at - 1]) || !ends_a_line(text.data[at]);
}

/* The next piece comes by any of the ways that bytes come. */
static void
arrive(struct evbuffer *buf, const unsigned char *data, size_t length)
{
	struct evbuffer *other;

	switch (next_random(30)) {
	case 0:
		CHECK_INT(write(fds[1], data, length), (ssize_t)length);
		CHECK_INT(evbuffer_read(buf, fds[0], (int)length), (int)length);
		break;
	case 1:
		other = evbuffer_new();
		CHECK_INT(evbuffer_add(other, data, length), 0);
		CHECK_INT(evbuffer_add_buffer(buf, other), 0);
		evbuffer_free(other);
		break;
	default:
		CHECK_INT(evbuffer_add(buf, data, length), 0);
	}
}

static void
take_lines(struct evbuffer *buf, struct bytes *lines, int style, int with_empty)
{
	size_t length = 0;
	char *line;

	while ((line = read_line(buf, style, &length)) != NULL) {
		if (style == READLINE)
			length = strlen(line);
		if (length > 0 || with_empty)
			note_line(lines, line, length);
		free(line);
	}
}

/* In pieces of at most so many bytes; cut anywhere, or not within a line end. */
static void
check_pieces(int style, size_t most, int anywhere)
{
	struct bytes want = { NULL, 0, 0 }, got = { NULL, 0, 0 };
	struct evbuffer *buf = evbuffer_new();
	size_t at = 0, from;

	/* An end that is cut makes an empty line of its second half: only those may be more. */
	lines_of_text(&want, style, !anywhere);
	while (at < text.length) {
		from = at;
		at += 1 + next_random((unsigned)most);
		if (at > text.length)
			at = text.length;
		while (!anywhere && !cuts_no_end(at, style))
			at++;
		arrive(buf, text.data + from, at - from);
		if (next_random(4) > 0)
			take_lines(buf, &got, style, !anywhere);
	}
	take_lines(buf, &got, style, !anywhere);
	note_line(&got, EVBUFFER_DATA(buf), EVBUFFER_LENGTH(buf));
	CHECK_INT((long long)got.length, (long long)want.length);
	CHECK(memcmp(got.data, want.data, want.length) == 0);
	evbuffer_free(buf);
	bytes_free(&want);
	bytes_free(&got);
}

/* evbuffer_readline gives no length: its lines have no NUL here. */
static void
without_nul(void)
{
	size_t i;

	for (i = 0; i < text.length; i++)
		if (text.data[i] == '\0')
			text.data[i] = '0';
}

static void
random_pieces(void)
{
	static const size_t sizes[] = { 1, 2, 3, 10, 100, 1000, 5000 };
	size_t i;
	int style;

	make_text();
	for (style = STYLES - 2; style >= READLINE; style--) {
		if (style == READLINE)
			without_nul();
		for (i = 0; i < COUNT(sizes); i++) {
			check_pieces(style, sizes[i], 0);
			if (style == READLINE || style == EVBUFFER_EOL_ANY)
				check_pieces(style, sizes[i], 1);
		}
	}
}

TEST_ONCE(lines_do_not_depend_on_how_their_bytes_arrive)
{
	make_pair(fds);
	each_seed(5, random_pieces);
	bytes_free(&text);
}
