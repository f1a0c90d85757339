/*
 * A record that is not all there yet: every call says -1 and consumes nothing, however far the
 * record has come, and works once the rest has arrived (behaviour 99; T02, T09, T10).
 */
#include "tag.h"

/* A record in a buffer, and how a program takes it: the result, after a look at the value. */
struct kind {
	const char *name;
	const char *hex;
	int (*take)(struct evbuffer *buf);
};

static int
take_int(struct evbuffer *buf)
{
	uint32_t number = 0;
	int result = evtag_unmarshal_int(buf, 0x80, &number);

	if (result == 0)
		CHECK_INT(number, 0xdeadbeef);
	return result;
}

static int
take_string(struct evbuffer *buf)
{
	char *string = NULL;
	int result = evtag_unmarshal_string(buf, 3, &string);

	if (result == 0) {
		CHECK_STR(string, "eighteen letters..");
		free(string);
	}
	return result;
}

static int
take_empty_string(struct evbuffer *buf)
{
	char *string = NULL;
	int result = evtag_unmarshal_string(buf, 0xffffffff, &string);

	if (result == 0) {
		CHECK_STR(string, "");
		free(string);
	}
	return result;
}

static int
take_fixed(struct evbuffer *buf)
{
	unsigned char bytes[4] = { 9, 9, 9, 9 };
	int result = evtag_unmarshal_fixed(buf, 5, bytes, 3);

	CHECK(memcmp(bytes, result == 0 ? "\1\2\3\t" : "\t\t\t\t", 4) == 0);
	return result;
}

static int
take_timeval(struct evbuffer *buf)
{
	struct timeval tv = { 0, 0 };
	int result = evtag_unmarshal_timeval(buf, 2, &tv);

	if (result == 0) {
		CHECK_INT(tv.tv_sec, 0x12);
		CHECK_INT(tv.tv_usec, 0x345);
	}
	return result;
}

static int
take_bytes(struct evbuffer *buf)
{
	struct evbuffer *out = new_buffer();
	uint32_t tag = 0;
	int result = evtag_unmarshal(buf, &tag, out);

	if (result >= 0) {
		CHECK_INT(result, 2);
		CHECK_INT(tag, 0xaf0);
	}
	CHECK_HEX(out, result >= 0 ? "abcd" : "");
	evbuffer_free(out);
	return result < 0 ? result : 0;
}

static int
take_nothing(struct evbuffer *buf)
{
	return evtag_consume(buf);
}

static const struct kind kinds[] = {
	{ "int", "8001" "05" "7feebdaed0", take_int },
	{ "string", "03" "1210" "656967687465656e206c6574746572732e2e", take_string },
	{ "empty string", "ffffffff0f" "00", take_empty_string },
	{ "fixed", "05" "03" "010203", take_fixed },
	{ "timeval", "02" "04" "1210" "2543", take_timeval },
	{ "bytes", "f015" "02" "abcd", take_bytes },
	{ "a length of five bytes", "01" "7200000000" "abcd", take_nothing },
	{ "a tag of five bytes", "8080808000" "02" "abcd", take_nothing },
};

static size_t
size_of(const struct kind *kind)
{
	return strlen(kind->hex) / 2;
}

/* Adds the bytes from one to before another of the record. */
static void
add_part(struct evbuffer *buf, const struct kind *kind, size_t from, size_t to)
{
	struct evbuffer *whole = hex_buffer(kind->hex);

	add_bytes(buf, EVBUFFER_DATA(whole) + from, to - from);
	evbuffer_free(whole);
}

/* Every call that wants a whole record, with a tag that it has or not, refuses it. */
static void
check_all_refuse(struct evbuffer *buf)
{
	static const uint32_t wanted[] = { 0, 1, 2, 3, 5, 0x80, 0xaf0, 77, 0xffffffff };
	struct evbuffer *out = hex_buffer("77");
	unsigned char bytes[4] = { 9, 9, 9, 9 };
	uint32_t number = 0;
	struct timeval tv;
	char *string;
	size_t i;

	for (i = 0; i < COUNT(wanted); i++) {
		CHECK_REFUSED(evtag_unmarshal_int(buf, wanted[i], &number), buf);
		CHECK_REFUSED(evtag_unmarshal_string(buf, wanted[i], &string), buf);
		CHECK_REFUSED(evtag_unmarshal_timeval(buf, wanted[i], &tv), buf);
		CHECK_REFUSED(evtag_unmarshal_fixed(buf, wanted[i], bytes, 3), buf);
		CHECK_REFUSED(evtag_unmarshal_fixed(buf, wanted[i], bytes, 0), buf);
	}
	CHECK_REFUSED(evtag_consume(buf), buf);
	CHECK_REFUSED(evtag_unmarshal(buf, &number, out), buf);
	CHECK_HEX(out, "77");
	CHECK(memcmp(bytes, "\t\t\t\t", 4) == 0);
	evbuffer_free(out);
}

static void
expect_whole(struct evbuffer *buf, const struct kind *kind)
{
	int result = kind->take(buf);

	if (result != 0)
		test_fail(__FILE__, __LINE__, "%s: %d although complete", kind->name, result);
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
}

static void
no_call(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	(void)buf;
	(void)arg;
	test_fail(__FILE__, __LINE__, "called: %zu to %zu", old_length, new_length);
}

TEST_ONCE(every_prefix_is_left_alone)
{
	size_t k, cut;

	for (k = 0; k < COUNT(kinds); k++)
		for (cut = 0; cut < size_of(&kinds[k]); cut++) {
			struct evbuffer *buf = new_buffer();

			add_part(buf, &kinds[k], 0, cut);
			evbuffer_setcb(buf, no_call, NULL);
			CHECK_REFUSED(kinds[k].take(buf), buf);
			check_all_refuse(buf);
			evbuffer_setcb(buf, NULL, NULL);
			add_part(buf, &kinds[k], cut, size_of(&kinds[k]));
			expect_whole(buf, &kinds[k]);
			evbuffer_free(buf);
		}
}

/* Asked after every byte, and in every three parts. */
TEST_ONCE(every_split_gives_the_same)
{
	size_t k, i, j, len;

	for (k = 0; k < COUNT(kinds); k++) {
		struct evbuffer *buf = new_buffer();

		len = size_of(&kinds[k]);
		for (i = 0; i < len; i++) {
			CHECK_REFUSED(kinds[k].take(buf), buf);
			add_part(buf, &kinds[k], i, i + 1);
		}
		expect_whole(buf, &kinds[k]);
		for (i = 0; i < len; i++)
			for (j = i; j < len; j++) {
				add_part(buf, &kinds[k], 0, i);
				CHECK_REFUSED(kinds[k].take(buf), buf);
				add_part(buf, &kinds[k], i, j);
				CHECK_REFUSED(kinds[k].take(buf), buf);
				add_part(buf, &kinds[k], j, len);
				expect_whole(buf, &kinds[k]);
			}
		evbuffer_free(buf);
	}
}

/* The second record of a buffer is no more complete for the first. */
TEST_ONCE(a_whole_record_before_a_part)
{
	size_t k, cut;

	for (k = 0; k < COUNT(kinds); k++)
		for (cut = 0; cut < size_of(&kinds[k]); cut++) {
			struct evbuffer *buf = hex_buffer(kinds[k].hex);

			add_part(buf, &kinds[k], 0, cut);
			CHECK_INT(kinds[k].take(buf), 0);
			CHECK_INT(EVBUFFER_LENGTH(buf), cut);
			CHECK_REFUSED(kinds[k].take(buf), buf);
			add_part(buf, &kinds[k], cut, size_of(&kinds[k]));
			expect_whole(buf, &kinds[k]);
			evbuffer_free(buf);
		}
}

/* Tag, then length: what is not whole has no value yet. */
TEST_ONCE(peeks_wait_for_what_they_need)
{
	struct evbuffer *whole = hex_buffer("80808001" "2c21" "ff"), *buf;
	uint32_t value;
	size_t cut;

	for (cut = 0; cut <= EVBUFFER_LENGTH(whole); cut++) {
		buf = new_buffer();
		add_bytes(buf, EVBUFFER_DATA(whole), cut);
		if (cut < 4)
			CHECK_REFUSED(evtag_peek(buf, &value), buf);
		else
			CHECK_INT(evtag_peek(buf, &value), 4);
		if (cut < 6) {
			CHECK_REFUSED(evtag_payload_length(buf, &value), buf);
			CHECK_REFUSED(evtag_peek_length(buf, &value), buf);
		} else {
			CHECK_INT(evtag_payload_length(buf, &value), 0);
			CHECK_INT(evtag_peek_length(buf, &value), 0);
		}
		CHECK_INT(EVBUFFER_LENGTH(buf), cut);
		evbuffer_free(buf);
	}
	evbuffer_free(whole);
}

/* Each part of the bytes from the front, but not the whole, is refused. */
static void
check_parts_refused(const char *hex, int (*decode)(uint32_t *value, struct evbuffer *buf))
{
	struct evbuffer *whole = hex_buffer(hex), *part = new_buffer();
	uint32_t value = 7;
	size_t cut;

	for (cut = 0; cut < EVBUFFER_LENGTH(whole); cut++) {
		add_bytes(part, EVBUFFER_DATA(whole), cut);
		CHECK_REFUSED(decode(&value, part), part);
		CHECK_INT(value, 7);
		evbuffer_drain(part, cut);
	}
	CHECK(decode(&value, whole) >= 0);
	CHECK_INT(EVBUFFER_LENGTH(whole), 0);
	evbuffer_free(whole);
	evbuffer_free(part);
}

TEST_ONCE(tags_and_integers_alone_wait_too)
{
	static const char *const tags[] = { "00", "8001", "ffff7f", "80808001", "ffffffff0f" };
	static const char *const numbers[] = { "0f", "1210", "2c21", "300010", "7feebdaed0" };
	size_t i;

	for (i = 0; i < COUNT(tags); i++)
		check_parts_refused(tags[i], evtag_decode_tag);
	for (i = 0; i < COUNT(numbers); i++)
		check_parts_refused(numbers[i], evtag_decode_int);
}

/* As large as a length can be: the payload never comes, and nobody makes room for it. */
TEST_ONCE(an_absurd_length_waits_for_ever)
{
	static const char *const headers[] = {
		"01" "7ffffffff0", "ffffffff0f" "7ffffffff0", "01" "7ffffffff7", "01" "7000000080",
		"01" "7afffffff0",
	};
	size_t i;

	for (i = 0; i < COUNT(headers); i++) {
		struct evbuffer *buf = hex_buffer(headers[i]);

		check_all_refuse(buf);
		add_hex(buf, "0011223344556677");
		check_all_refuse(buf);
		evbuffer_free(buf);
	}
}
