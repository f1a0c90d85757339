/*
 * What the model programs share: seeds, random numbers, plain bytes, and lines cut out of them in
 * the simplest way there is.
 */
#ifndef EVHUB_CTESTS_BUFFER_MODEL_H
#define EVHUB_CTESTS_BUFFER_MODEL_H

#include "harness.h"

#define HELPER __attribute__((unused)) static

static uint32_t random_state;

HELPER unsigned
next_random(unsigned below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % below;
}

/* EVHUB_TEST_SEEDS says how many; the last one printed is that which failed. */
HELPER void
each_seed(int usual, void (*run)(void))
{
	const char *text = getenv("EVHUB_TEST_SEEDS");
	int count = text != NULL ? atoi(text) : usual, i;

	for (i = 1; i <= count; i++) {
		printf("seed %d\n", i);
		fflush(stdout);
		random_state = (uint32_t)i * 2654435761u;
		run();
	}
}

/* Plain bytes */

struct bytes {
	unsigned char *data;
	size_t length;
	size_t room;
};

HELPER void
bytes_add(struct bytes *bytes, const void *data, size_t length)
{
	if (bytes->length + length > bytes->room) {
		bytes->room = (bytes->length + length) * 2;
		bytes->data = realloc(bytes->data, bytes->room);
		CHECK(bytes->data != NULL);
	}
	if (length > 0)
		memcpy(bytes->data + bytes->length, data, length);
	bytes->length += length;
}

HELPER void
bytes_drain(struct bytes *bytes, size_t length)
{
	CHECK(length <= bytes->length);
	bytes->length -= length;
	if (length > 0)
		memmove(bytes->data, bytes->data + length, bytes->length);
}

HELPER void
bytes_free(struct bytes *bytes)
{
	free(bytes->data);
	memset(bytes, 0, sizeof(*bytes));
}

/* Bytes in which lines end, and in which what was found once is found again. */
HELPER void
fill_random(unsigned char *data, size_t length)
{
	static const unsigned char alphabet[] = { 'a', 'b', 'a', 'b', 'c', '\r', '\n', '\0' };
	size_t i;

	for (i = 0; i < length; i++) {
		unsigned rare = next_random(16);

		data[i] = rare < COUNT(alphabet) ? alphabet[rare] : (unsigned char)('d' + rare);
	}
}

/* Lines */

/* EVBUFFER_EOL_ANY to EVBUFFER_EOL_LF, and that of evbuffer_readline. */
enum { READLINE = -1, STYLES = 5 };

HELPER int
ends_a_line(unsigned char c)
{
	return c == '\r' || c == '\n';
}

/* Is there an end of that style at a place? Its length, or 0. */
HELPER size_t
end_at(const struct bytes *bytes, size_t at, int style)
{
	size_t left = bytes->length - at, length = 0;
	const unsigned char *c = bytes->data + at;

	switch (style) {
	case EVBUFFER_EOL_ANY:
		while (length < left && ends_a_line(c[length]))
			length++;
		return length;
	case EVBUFFER_EOL_CRLF:
		if (c[0] == '\n')
			return 1;
		return left >= 2 && c[0] == '\r' && c[1] == '\n' ? 2 : 0;
	case EVBUFFER_EOL_CRLF_STRICT:
		return left >= 2 && c[0] == '\r' && c[1] == '\n' ? 2 : 0;
	case EVBUFFER_EOL_LF:
		return c[0] == '\n' ? 1 : 0;
	case READLINE:
		if (!ends_a_line(c[0]))
			return 0;
		return left >= 2 && ends_a_line(c[1]) && c[1] != c[0] ? 2 : 1;
	default:
		return 0;
	}
}

/* The length of the first line, or -1; *end is that of what ends it. */
HELPER ssize_t
first_line(const struct bytes *bytes, int style, size_t *end)
{
	size_t at;

	for (at = 0; at < bytes->length; at++) {
		*end = end_at(bytes, at, style);
		if (*end > 0)
			return (ssize_t)at;
	}
	return -1;
}

HELPER char *
read_line(struct evbuffer *buf, int style, size_t *length)
{
	if (style == READLINE)
		return evbuffer_readline(buf);
	return evbuffer_readln(buf, length, (enum evbuffer_eol_style)style);
}

#endif
