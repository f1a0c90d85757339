/*
 * Complete records that are not what was asked for are consumed whole; headers that cannot be
 * are not consumed at all (behaviours 99, 101; T02, T06, T08, T09).
 */
#include "tag.h"

/* The record is gone, all of it and no more. */
#define CHECK_SKIPPED(expr, buf)                                                \
	do {                                                                    \
		CHECK_INT(expr, -1);                                            \
		CHECK_HEX(buf, "f015" "0111");                                  \
		evbuffer_free(buf);                                             \
	} while (0)

/* A record and the one that follows it. */
static struct evbuffer *
record(const char *hex)
{
	struct evbuffer *buf = hex_buffer(hex);

	add_hex(buf, "f015" "0111");
	return buf;
}

/* Another tag */

static const char *const any_records[] = {
	"0100", "010100", "01057feebdaed0", "010412102543", "8001" "03616263",
	"8180808000" "02" "0000", "01" "7200000000" "abcd",
};

TEST_ONCE(a_record_of_another_tag_is_skipped)
{
	size_t i;

	for (i = 0; i < COUNT(any_records); i++) {
		const char *hex = any_records[i];
		struct timeval tv = { 5, 6 };
		struct evbuffer *buf;
		uint32_t number = 7;
		char *string = (char *)&number;
		char bytes[3] = "xyz";

		buf = record(hex);
		CHECK_SKIPPED(evtag_unmarshal_int(buf, 2, &number), buf);
		buf = record(hex);
		CHECK_SKIPPED(evtag_unmarshal_string(buf, 0x81, &string), buf);
		buf = record(hex);
		CHECK_SKIPPED(evtag_unmarshal_timeval(buf, 0, &tv), buf);
		buf = record(hex);
		CHECK_SKIPPED(evtag_unmarshal_fixed(buf, 0xffffffff, bytes, 3), buf);
		CHECK(number == 7 && tv.tv_sec == 5 && tv.tv_usec == 6);
		CHECK(string == (char *)&number && memcmp(bytes, "xyz", 3) == 0);
	}
}

/* The last record may be the wrong one, too: nothing must follow it. */
TEST_ONCE(the_last_record_is_skipped)
{
	struct evbuffer *buf = hex_buffer("010105");
	uint32_t number;

	CHECK_INT(evtag_unmarshal_int(buf, 2, &number), -1);
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	CHECK_INT(evtag_unmarshal_int(buf, 2, &number), -1);
	evbuffer_free(buf);
}

/* Loops that look for one tag end at it, whatever stands before, and at the end if it is not. */
TEST_ONCE(loops_that_skip_advance)
{
	struct evbuffer *buf = new_buffer();
	struct timeval tv = { 1, 2 };
	uint32_t tag, number = 0;
	int i, steps = 0;

	for (i = 0; i < 1000; i++) {
		evtag_marshal_int(buf, 100 + (uint32_t)i, 1);
		evtag_marshal_string(buf, 0xffffffff, "unknown");
		evtag_marshal_timeval(buf, 0, &tv);
	}
	evtag_marshal_int(buf, 42, 4242);
	evtag_marshal_int(buf, 43, 1);
	while (evtag_unmarshal_int(buf, 42, &number) == -1)
		CHECK(++steps <= 3000);
	CHECK_INT(steps, 3000);
	CHECK_INT(number, 4242);
	CHECK_INT(evtag_peek(buf, &tag), 1);
	CHECK_INT(tag, 43);
	for (i = 0; i < 10; i++)
		evtag_marshal_int(buf, (uint32_t)i * 1000, 1);
	for (steps = 0; evtag_peek(buf, &tag) != -1; steps++)
		CHECK_INT(evtag_consume(buf), 0);
	CHECK_INT(steps, 11);
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	evbuffer_free(buf);
}

/* Payloads */

TEST_ONCE(bad_ints_are_skipped)
{
	static const char *const records[] = {
		"0100",			/* empty */
		"010110",		/* two nibbles, one there */
		"010420000000",		/* a byte too many */
		"01020000",
		"01067feebdaed000",
		"01047feebdae",		/* a byte too few */
		"0106" "800000000000",	/* nine nibbles */
		"0106" "812345678900",
		"0109" "f00000000000000000",
	};
	size_t i;

	for (i = 0; i < COUNT(records); i++) {
		struct evbuffer *buf = record(records[i]);
		uint32_t number = 7;

		CHECK_SKIPPED(evtag_unmarshal_int(buf, 1, &number), buf);
		CHECK_INT(number, 7);
	}
}

/* Nine to sixteen nibbles, with all of their bytes there, are no integer (behaviour 101). */
TEST_ONCE(long_integers_are_refused)
{
	int nibbles, filler;

	for (nibbles = 9; nibbles <= 16; nibbles++)
		for (filler = 0; filler <= 1; filler++) {
			struct evbuffer *buf = new_buffer(), *wrapped = new_buffer();
			unsigned char bytes[9];
			uint32_t number = 7;

			memset(bytes, filler ? 0xff : 0, sizeof(bytes));
			bytes[0] = (unsigned char)((nibbles - 1) << 4 | (filler ? 0xf : 0));
			add_bytes(buf, bytes, sizeof(bytes));
			CHECK_REFUSED(evtag_decode_int(&number, buf), buf);
			evtag_marshal(wrapped, 1, bytes, (uint32_t)nibbles / 2 + 1);
			add_hex(wrapped, "f0150111");
			CHECK_SKIPPED(evtag_unmarshal_int(wrapped, 1, &number), wrapped);
			CHECK_INT(number, 7);
			evbuffer_free(buf);
		}
}

TEST_ONCE(bad_timevals_are_skipped)
{
	static const char *const records[] = {
		"0100", "010101", "01021210", "0103121020", "0103121025",
		"0106" "800000000000", "0107" "01" "800000000000",
		"010412100500", "0105" "1210254300",
	};
	size_t i;

	for (i = 0; i < COUNT(records); i++) {
		struct evbuffer *buf = record(records[i]);
		struct timeval tv = { 5, 6 };

		CHECK_SKIPPED(evtag_unmarshal_timeval(buf, 1, &tv), buf);
		CHECK_INT(tv.tv_sec, 5);
		CHECK_INT(tv.tv_usec, 6);
	}
}

TEST_ONCE(fixed_of_another_length_is_skipped)
{
	size_t want;

	for (want = 0; want <= 8; want++) {
		struct evbuffer *buf = record("010401020304");
		unsigned char bytes[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };

		if (want == 4) {
			evbuffer_free(buf);
			continue;
		}
		CHECK_SKIPPED(evtag_unmarshal_fixed(buf, 1, bytes, want), buf);
		CHECK(memcmp(bytes, "\t\t\t\t\t\t\t\t", 8) == 0);
	}
}

/* A length that equals the wanted one only in its low 32 bits. */
TEST_ONCE(fixed_compares_whole_lengths)
{
	struct evbuffer *buf = record("010401020304");
	unsigned char bytes[4];

	if (sizeof(size_t) < 8)
		SKIP("lengths have 32 bits");
	CHECK_SKIPPED(evtag_unmarshal_fixed(buf, 1, bytes, (size_t)0x100000004), buf);
}

/* More than a million microseconds are seconds (T08). */
TEST_ONCE(timevals_are_normalised)
{
	static const struct {
		uint32_t sec, usec;
		long long want_sec, want_usec;
	} vectors[] = {
		{ 0, 999999, 0, 999999 },
		{ 0, 1000000, 1, 0 },
		{ 7, 1500000, 8, 500000 },
		{ 7, 0x80000000, 7 + 2147, 483648 },
		{ 7, 0xffffffff, 7 + 4294, 967295 },
		{ 0x7fffffff, 1000001, 0x80000000LL, 1 },
		{ 0xffffffff, 2000000, 0x100000001LL, 0 },
	};
	struct evbuffer *payload = new_buffer(), *buf = new_buffer();
	size_t i;

	for (i = 0; i < COUNT(vectors); i++) {
		struct timeval tv;

		encode_int(payload, vectors[i].sec);
		encode_int(payload, vectors[i].usec);
		evtag_marshal(buf, 3, EVBUFFER_DATA(payload),
		    (uint32_t)EVBUFFER_LENGTH(payload));
		CHECK_INT(evtag_unmarshal_timeval(buf, 3, &tv), 0);
		CHECK_INT(tv.tv_sec, vectors[i].want_sec);
		CHECK_INT(tv.tv_usec, vectors[i].want_usec);
		evbuffer_drain(payload, EVBUFFER_LENGTH(payload));
	}
	evbuffer_free(buf);
	evbuffer_free(payload);
}

/* Headers */

/* Whatever is asked of it, the header stays. */
static void
check_header_refused(const char *hex)
{
	struct evbuffer *buf = hex_buffer(hex), *out = new_buffer();
	uint32_t number = 7, i;
	struct timeval tv;
	char *string;
	char bytes[2];

	/* What would be the payload, and more. */
	add_hex(buf, "00000000000000000000");
	for (i = 0; i <= 1; i++) {
		CHECK_REFUSED(evtag_unmarshal_int(buf, i, &number), buf);
		CHECK_REFUSED(evtag_unmarshal_string(buf, i, &string), buf);
		CHECK_REFUSED(evtag_unmarshal_timeval(buf, i, &tv), buf);
		CHECK_REFUSED(evtag_unmarshal_fixed(buf, i, bytes, 0), buf);
	}
	CHECK_REFUSED(evtag_unmarshal(buf, &number, out), buf);
	CHECK_REFUSED(evtag_consume(buf), buf);
	CHECK_REFUSED(evtag_payload_length(buf, &number), buf);
	CHECK_REFUSED(evtag_peek_length(buf, &number), buf);
	CHECK_INT(EVBUFFER_LENGTH(out), 0);
	evbuffer_free(out);
	evbuffer_free(buf);
}

TEST_ONCE(tags_beyond_32_bits_are_refused)
{
	static const char *const tags[] = {
		"ffffffff10", "8080808010", "8080808020", "8080808040", "ffffffff1f",
		"ffffffff7f", "808080808000", "808080808f00", "ffffffffff0f", "80808080808000",
		"ffffffffffffffffff01", "ffffffffffffffffff7f",
	};
	uint32_t tag = 7;
	size_t i;

	for (i = 0; i < COUNT(tags); i++) {
		struct evbuffer *buf = hex_buffer(tags[i]);

		check_header_refused(tags[i]);
		CHECK_REFUSED(evtag_peek(buf, &tag), buf);
		CHECK_REFUSED(evtag_decode_tag(&tag, buf), buf);
		add_hex(buf, "0100");
		CHECK_REFUSED(evtag_peek(buf, &tag), buf);
		CHECK_REFUSED(evtag_decode_tag(&tag, buf), buf);
		CHECK_INT(tag, 7);
		evbuffer_free(buf);
	}
}

/* Five bytes with a value below 2^32 are a tag, needed or not (behaviour 101). */
TEST_ONCE(five_byte_tags_below_2_32_are_valid)
{
	static const struct {
		const char *hex;
		uint32_t tag;
	} tags[] = {
		{ "8080808000", 0 }, { "8180808000", 1 }, { "ffffffff00", 0xfffffff },
		{ "8080808001", 0x10000000 }, { "ffffffff0f", 0xffffffff }, { "8100", 1 },
	};
	size_t i;

	for (i = 0; i < COUNT(tags); i++) {
		struct evbuffer *buf = hex_buffer(tags[i].hex);
		uint32_t tag = 7, number = 7;

		add_hex(buf, "0105");
		CHECK_INT(evtag_peek(buf, &tag), strlen(tags[i].hex) / 2);
		CHECK_INT(tag, tags[i].tag);
		CHECK_INT(evtag_unmarshal_int(buf, tags[i].tag, &number), 0);
		CHECK_INT(number, 5);
		CHECK_INT(EVBUFFER_LENGTH(buf), 0);
		evbuffer_free(buf);
	}
}

TEST_ONCE(lengths_of_more_than_eight_nibbles_are_refused)
{
	char hex[16];
	int first;

	for (first = 0x80; first <= 0xff; first++) {
		struct evbuffer *buf;
		uint32_t tag;

		snprintf(hex, sizeof(hex), "01%02x", (unsigned)first);
		check_header_refused(hex);
		buf = hex_buffer(hex);
		CHECK_INT(evtag_peek(buf, &tag), 1);
		CHECK_INT(tag, 1);
		evbuffer_free(buf);
	}
}

/* The sum of header and payload has 32 bits at most; the payload alone may have them all. */
TEST_ONCE(lengths_that_overflow_are_refused)
{
	static const struct {
		const char *hex;
		uint32_t payload;
		int result;
		uint32_t whole;
	} headers[] = {
		{ "01" "79fffffff0", 0xfffffff9, 0, 0xffffffff },
		{ "01" "7afffffff0", 0xfffffffa, -1, 7 },
		{ "01" "7ffffffff0", 0xffffffff, -1, 7 },
		{ "ffffffff0f" "75fffffff0", 0xfffffff5, 0, 0xffffffff },
		{ "ffffffff0f" "76fffffff0", 0xfffffff6, -1, 7 },
	};
	size_t i;

	for (i = 0; i < COUNT(headers); i++) {
		struct evbuffer *buf = hex_buffer(headers[i].hex);
		uint32_t payload = 7, whole = 7;

		CHECK_INT(evtag_payload_length(buf, &payload), 0);
		CHECK_INT(payload, headers[i].payload);
		CHECK_INT(evtag_peek_length(buf, &whole), headers[i].result);
		CHECK_INT(whole, headers[i].whole);
		CHECK_HEX(buf, headers[i].hex);
		evbuffer_free(buf);
	}
}

TEST_ONCE(nothing_comes_of_an_empty_buffer)
{
	struct evbuffer *buf = new_buffer(), *out = new_buffer();
	struct timeval tv;
	uint32_t number;
	char *string;

	CHECK_INT(evtag_peek(buf, &number), -1);
	CHECK_INT(evtag_peek_length(buf, &number), -1);
	CHECK_INT(evtag_payload_length(buf, &number), -1);
	CHECK_INT(evtag_consume(buf), -1);
	CHECK_INT(evtag_unmarshal(buf, &number, out), -1);
	CHECK_INT(evtag_unmarshal_int(buf, 0, &number), -1);
	CHECK_INT(evtag_unmarshal_string(buf, 0, &string), -1);
	CHECK_INT(evtag_unmarshal_timeval(buf, 0, &tv), -1);
	CHECK_INT(evtag_unmarshal_fixed(buf, 0, &number, 0), -1);
	CHECK_INT(evtag_decode_int(&number, buf), -1);
	CHECK_INT(evtag_decode_tag(&number, buf), -1);
	CHECK_PTR(EVBUFFER_DATA(buf), NULL);
	CHECK_PTR(EVBUFFER_DATA(out), NULL);
	evbuffer_free(out);
	evbuffer_free(buf);
}
