/* What the tests of tags share: bytes written as hexadecimal text, undeclared functions. */
#ifndef EVHUB_CTESTS_TAG_H
#define EVHUB_CTESTS_TAG_H

#include "harness.h"

/* Exported but in no header (behaviour 101): programs declare them, as here. */
int evtag_decode_int(uint32_t *number, struct evbuffer *buf);
int evtag_decode_tag(uint32_t *tag, struct evbuffer *buf);
int evtag_encode_tag(struct evbuffer *buf, uint32_t tag);

#define HELPER __attribute__((unused)) static

enum { HEX_MAX = 4096 };

HELPER struct evbuffer *
new_buffer(void)
{
	struct evbuffer *buf = evbuffer_new();

	CHECK(buf != NULL);
	return buf;
}

HELPER void
add_bytes(struct evbuffer *buf, const void *data, size_t len)
{
	CHECK_INT(evbuffer_add(buf, data, len), 0);
}

/* The value of a hexadecimal digit. */
HELPER int
digit(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, c);

	CHECK(c != '\0' && at != NULL);
	return (int)(at - digits);
}

/* Adds the bytes that the text names; blanks are for the reader. */
HELPER void
add_hex(struct evbuffer *buf, const char *hex)
{
	unsigned char bytes[HEX_MAX];
	size_t n = 0;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		CHECK(n < sizeof(bytes));
		bytes[n++] = (unsigned char)(digit(hex[0]) << 4 | digit(hex[1]));
		hex++;
	}
	add_bytes(buf, bytes, n);
}

HELPER struct evbuffer *
hex_buffer(const char *hex)
{
	struct evbuffer *buf = new_buffer();

	add_hex(buf, hex);
	return buf;
}

/* All data as text, without blanks. Valid until the next call. */
HELPER const char *
hex_of(struct evbuffer *buf)
{
	static char text[2 * HEX_MAX + 1];
	size_t len = EVBUFFER_LENGTH(buf), i;

	CHECK(len <= HEX_MAX);
	for (i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", EVBUFFER_DATA(buf)[i]);
	text[2 * len] = '\0';
	return text;
}

/* The data is that, and nothing else. */
#define CHECK_HEX(buf, want) CHECK_STR(hex_of(buf), (want))

/* All that a call may change in a buffer is as it was. */
struct snapshot {
	size_t len;
	unsigned char *bytes;
};

HELPER struct snapshot
snapshot(struct evbuffer *buf)
{
	struct snapshot shot = { EVBUFFER_LENGTH(buf), NULL };

	if (shot.len > 0) {
		shot.bytes = malloc(shot.len);
		CHECK(shot.bytes != NULL);
		memcpy(shot.bytes, EVBUFFER_DATA(buf), shot.len);
	}
	return shot;
}

HELPER void
check_snapshot(struct snapshot shot, struct evbuffer *buf)
{
	CHECK_INT(EVBUFFER_LENGTH(buf), shot.len);
	CHECK(shot.len == 0 || memcmp(EVBUFFER_DATA(buf), shot.bytes, shot.len) == 0);
	free(shot.bytes);
}

/* Fails with -1 and changes nothing. */
#define CHECK_REFUSED(expr, buf)                                                \
	do {                                                                    \
		struct snapshot shot_ = snapshot(buf);                          \
		CHECK_INT(expr, -1);                                            \
		check_snapshot(shot_, buf);                                     \
	} while (0)

/* Tags and numbers on both sides of every change of length, and some in between. */
HELPER const uint32_t edges[] = {
	0, 1, 0xf, 0x10, 0x7f, 0x80, 0xff, 0x100, 0xaf0, 0xfff, 0x1000, 0x3fff, 0x4000, 0xffff,
	0x10000, 0xfffff, 0x100000, 0x1fffff, 0x200000, 0xffffff, 0x1000000, 0xfffffff,
	0x10000000, 0x12345678, 0x7fffffff, 0x80000000, 0xdeadbeef, 0xffffffff,
};

#endif
