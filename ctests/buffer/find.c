/*
 * Proves behaviour 77 and B15: the first place where a string lies in the data, wherever that is,
 * and none that is only partly within it.
 */
#include "check.h"

/* Where it is, the plain way; -1 if nowhere. */
static ssize_t
place(const unsigned char *data, size_t length, const unsigned char *what, size_t n)
{
	size_t i;

	for (i = 0; i < length && n <= length - i; i++) {
		if (memcmp(data + i, what, n) == 0)
			return (ssize_t)i;
	}
	return -1;
}

static ssize_t
found_at(struct evbuffer *buf, const void *what, size_t n)
{
	u_char *found = evbuffer_find(buf, what, n);

	return found != NULL ? found - EVBUFFER_DATA(buf) : -1;
}

#define CHECK_FOUND(buf, what, want) CHECK_INT(found_at(buf, what, sizeof(what) - 1), want)

TEST_ONCE(the_first_place)
{
	struct evbuffer *buf = buffer_with("one two three two one");

	CHECK_FOUND(buf, "one", 0);
	CHECK_FOUND(buf, "two", 4);
	CHECK_FOUND(buf, "three two one", 8);
	CHECK_FOUND(buf, "one two three two one", 0);
	CHECK_FOUND(buf, "one two three two one ", -1);
	CHECK_FOUND(buf, " ", 3);
	CHECK_FOUND(buf, "e", 2);
	CHECK_FOUND(buf, "four", -1);
	CHECK_FOUND(buf, "onf", -1);
	evbuffer_drain(buf, 1);
	CHECK_FOUND(buf, "one", 17);
	CHECK_FOUND(buf, "two", 3);
	evbuffer_free(buf);
}

TEST_ONCE(nothing_in_nothing)
{
	struct evbuffer *buf = new_buffer();

	CHECK_FOUND(buf, "x", -1);
	CHECK_FOUND(buf, "", -1);
	CHECK_INT(evbuffer_add(buf, "xxx", 3), 0);
	evbuffer_drain(buf, 3);
	CHECK_FOUND(buf, "x", -1);
	CHECK_INT(found_at(buf, "xxx", 0), -1);
	evbuffer_free(buf);
}

/* No length at all: the first byte is looked for, nevertheless. */
TEST_ONCE(no_length_is_the_first_byte)
{
	struct evbuffer *buf = new_buffer();

	CHECK_INT(evbuffer_add(buf, "abc\0b", 5), 0);
	CHECK_INT(found_at(buf, "a", 0), 0);
	CHECK_INT(found_at(buf, "b", 0), 1);
	CHECK_INT(found_at(buf, "cx", 0), 2);
	CHECK_INT(found_at(buf, "", 0), 3);
	CHECK_INT(found_at(buf, "x", 0), -1);
	evbuffer_drain(buf, 2);
	CHECK_INT(found_at(buf, "b", 0), 2);
	evbuffer_free(buf);
}

TEST_ONCE(longer_than_the_data)
{
	static const size_t lengths[] = { 5, 6, 256, 257, INT_MAX, SSIZE_MAX, SIZE_MAX - 1,
		SIZE_MAX };
	struct evbuffer *buf = buffer_with("text");
	size_t i;

	for (i = 0; i < COUNT(lengths); i++)
		CHECK_INT(found_at(buf, "text", lengths[i]), -1);
	evbuffer_free(buf);
}

TEST_ONCE(bytes_of_all_values)
{
	struct evbuffer *buf = new_buffer();
	unsigned char what[2];
	int i;

	for (i = 255; i >= 0; i--) {
		what[0] = (unsigned char)i;
		CHECK_INT(evbuffer_add(buf, what, 1), 0);
	}
	for (i = 0; i < 256; i++) {
		what[0] = (unsigned char)i;
		what[1] = (unsigned char)(i - 1);
		CHECK_INT(found_at(buf, what, 1), 255 - i);
		CHECK_INT(found_at(buf, what, 2), i > 0 ? 255 - i : -1);
	}
	CHECK_FOUND(buf, "\3\2\1\0", 252);
	evbuffer_free(buf);
}

/* Bytes of the block that are not data any more, or were it once. */
TEST_ONCE(bytes_outside_of_the_data_do_not_count)
{
	struct evbuffer *buf = buffer_with("needle needle");
	size_t i;

	evbuffer_drain(buf, 1);
	CHECK_FOUND(buf, "needle", 6);
	evbuffer_drain(buf, 7);
	CHECK_FOUND(buf, "needle", -1);
	CHECK_FOUND(buf, "eedle", 0);
	evbuffer_drain(buf, SIZE_MAX);
	for (i = 0; i < 6; i++) {
		CHECK_FOUND(buf, "needle", -1);
		CHECK_INT(evbuffer_add(buf, &"needle"[i], 1), 0);
	}
	CHECK_FOUND(buf, "needle", 0);
	CHECK_FOUND(buf, "needle ", -1);
	evbuffer_free(buf);
}

/* Every place of every length, with every start of the data in the block. */
TEST_ONCE(at_every_alignment)
{
	static const char what[] = "<the needle which is long>";
	size_t front, at, length;

	for (front = 0; front < 20; front++) {
		for (at = 0; at < 70; at += 1 + at / 40) {
			for (length = 1; length < sizeof(what); length += 1 + length / 4) {
				struct evbuffer *buf = new_buffer();
				char text[120];

				memset(text, '<', sizeof(text));
				memset(text, '>', front);
				memcpy(text + front + at, what, length);
				CHECK_INT(evbuffer_add(buf, text, front + at + length), 0);
				evbuffer_drain(buf, front);
				CHECK_INT(found_at(buf, what, length), length == 1 ? 0 : at);
				evbuffer_free(buf);
			}
		}
	}
}

/* All texts of two letters with all strings of two letters: every near miss there is. */
TEST_ONCE(every_text_and_string_of_two_letters)
{
	unsigned text_bits, what_bits;
	size_t text_length, what_length, i;

	for (text_length = 0; text_length <= 9; text_length++) {
		for (text_bits = 0; text_bits < 1u << text_length; text_bits++) {
			struct evbuffer *buf = new_buffer();

			for (i = 0; i < text_length; i++)
				CHECK_INT(evbuffer_add(buf, &"ab"[text_bits >> i & 1], 1), 0);
			for (what_length = 1; what_length <= 4; what_length++) {
				for (what_bits = 0; what_bits < 1u << what_length; what_bits++) {
					unsigned char what[4];

					for (i = 0; i < what_length; i++)
						what[i] = "ab"[what_bits >> i & 1];
					CHECK_INT(found_at(buf, what, what_length),
					    place(buf->buffer, buf->off, what, what_length));
				}
			}
			evbuffer_free(buf);
		}
	}
}

/* Long data, few and many first bytes, found at the very end. */
TEST_ONCE(in_long_data)
{
	static const size_t lengths[] = { 1, 2, 3, 15, 16, 17, 1000 };
	size_t i;
	int dense;

	for (dense = 0; dense < 2; dense++) {
		for (i = 0; i < COUNT(lengths); i++) {
			struct evbuffer *buf = new_buffer();
			unsigned char *text = malloc(100000);

			CHECK(text != NULL);
			memset(text, dense ? '\r' : 'x', 100000);
			memset(text + 100000 - lengths[i], '\r', lengths[i]);
			text[99999] = '\n';
			CHECK_INT(evbuffer_add(buf, text, 100000), 0);
			CHECK_INT(found_at(buf, text + 100000 - lengths[i], lengths[i]),
			    100000 - (long long)lengths[i]);
			free(text);
			evbuffer_free(buf);
		}
	}
}

/* The string may be a part of the buffer itself. */
TEST_ONCE(own_bytes_are_found)
{
	struct evbuffer *buf = buffer_with("abcabcabd");

	CHECK_INT(found_at(buf, EVBUFFER_DATA(buf) + 3, 3), 0);
	CHECK_INT(found_at(buf, EVBUFFER_DATA(buf) + 6, 3), 6);
	CHECK_INT(found_at(buf, EVBUFFER_DATA(buf), 9), 0);
	evbuffer_free(buf);
}
