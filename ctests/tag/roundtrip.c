/* What was marshalled comes back (behaviours 97, 98, 100), wherever in its block it lies. */
#include "tag.h"

/* A buffer with one byte of data, so far from the front of its block. */
static struct evbuffer *
misaligned(size_t unused)
{
	static const char filler[256];
	struct evbuffer *buf = new_buffer();

	CHECK(unused < sizeof(filler));
	add_bytes(buf, filler, unused + 1);
	evbuffer_drain(buf, unused);
	return buf;
}

TEST_ONCE(ints_come_back)
{
	struct evbuffer *buf = new_buffer();
	size_t t, n;

	for (t = 0; t < COUNT(edges); t++)
		for (n = 0; n < COUNT(edges); n++) {
			uint32_t value = ~edges[n];

			evtag_marshal_int(buf, edges[t], edges[n]);
			CHECK_INT(evtag_unmarshal_int(buf, edges[t], &value), 0);
			CHECK_INT(value, edges[n]);
			CHECK_INT(EVBUFFER_LENGTH(buf), 0);
		}
	evbuffer_free(buf);
}

TEST_ONCE(timevals_come_back)
{
	static const long microseconds[] = { 0, 1, 0x345, 65536, 999999 };
	struct evbuffer *buf = new_buffer();
	size_t s, u;

	for (s = 0; s < COUNT(edges); s++)
		for (u = 0; u < COUNT(microseconds); u++) {
			struct timeval in = { edges[s], microseconds[u] };
			struct timeval out = { -7, -7 };

			evtag_marshal_timeval(buf, 3, &in);
			CHECK_INT(evtag_unmarshal_timeval(buf, 3, &out), 0);
			CHECK_INT(out.tv_sec, in.tv_sec);
			CHECK_INT(out.tv_usec, in.tv_usec);
			CHECK_INT(EVBUFFER_LENGTH(buf), 0);
		}
	evbuffer_free(buf);
}

static const size_t sizes[] = {
	0, 1, 2, 15, 16, 17, 255, 256, 257, 4095, 4096, 4097, 65535, 65536, 1048576
};

/* Bytes that repeat only after 251, so that a shifted copy is another one. */
static unsigned char *
pattern(size_t len)
{
	unsigned char *bytes = malloc(len + 1);
	size_t i;

	CHECK(bytes != NULL);
	for (i = 0; i < len; i++)
		bytes[i] = (unsigned char)(1 + i % 251);
	bytes[len] = '\0';
	return bytes;
}

TEST_ONCE(strings_come_back_as_the_caller_s)
{
	struct evbuffer *buf = new_buffer();
	size_t i;

	for (i = 0; i < COUNT(sizes); i++) {
		unsigned char *in = pattern(sizes[i]);
		char *out = NULL;

		evtag_marshal_string(buf, 0x4000, (char *)in);
		CHECK_INT(evtag_unmarshal_string(buf, 0x4000, &out), 0);
		CHECK_INT(EVBUFFER_LENGTH(buf), 0);
		CHECK(out != NULL);
		CHECK_INT(strlen(out), sizes[i]);
		CHECK(memcmp(out, in, sizes[i]) == 0);
		free(out);
		free(in);
	}
	evbuffer_free(buf);
}

/* What a string holds behind a NUL is there, and one NUL more (T05). */
TEST_ONCE(a_string_keeps_embedded_nuls)
{
	struct evbuffer *buf = new_buffer();
	uint32_t len = 0;
	char *out = NULL;

	evtag_marshal(buf, 9, "a\0b\0\0", 5);
	CHECK_INT(evtag_payload_length(buf, &len), 0);
	CHECK_INT(len, 5);
	CHECK_INT(evtag_unmarshal_string(buf, 9, &out), 0);
	CHECK(out != NULL && memcmp(out, "a\0b\0\0", 6) == 0);
	free(out);
	evbuffer_free(buf);
}

TEST_ONCE(bytes_come_back_into_a_buffer)
{
	struct evbuffer *buf = new_buffer();
	struct evbuffer *out = new_buffer();
	size_t i;

	for (i = 0; i < COUNT(sizes); i++) {
		unsigned char *in = pattern(sizes[i]);
		uint32_t tag = 0;

		evtag_marshal(buf, 0xfedcba98, in, (uint32_t)sizes[i]);
		CHECK_INT(evtag_unmarshal(buf, &tag, out), sizes[i]);
		CHECK_INT(tag, 0xfedcba98);
		CHECK_INT(EVBUFFER_LENGTH(buf), 0);
		CHECK_INT(EVBUFFER_LENGTH(out), sizes[i]);
		CHECK(sizes[i] == 0 || memcmp(EVBUFFER_DATA(out), in, sizes[i]) == 0);
		evbuffer_drain(out, sizes[i]);
		free(in);
	}
	evbuffer_free(buf);
	evbuffer_free(out);
}

TEST_ONCE(unmarshal_adds_to_what_is_there)
{
	struct evbuffer *buf = hex_buffer("0102aabb" "8001" "01cc" "030105");
	struct evbuffer *out = hex_buffer("ff");
	uint32_t tag = 0;

	CHECK_INT(evtag_unmarshal(buf, &tag, out), 2);
	CHECK_INT(tag, 1);
	CHECK_INT(evtag_unmarshal(buf, &tag, out), 1);
	CHECK_INT(tag, 0x80);
	CHECK_HEX(out, "ffaabbcc");
	CHECK_HEX(buf, "030105");
	evbuffer_free(buf);
	evbuffer_free(out);
}

TEST_ONCE(fixed_bytes_come_back)
{
	struct evbuffer *buf = new_buffer();
	size_t i;

	for (i = 0; i < COUNT(sizes); i++) {
		unsigned char *in = pattern(sizes[i]);
		unsigned char *out = malloc(sizes[i] + 1);

		CHECK(out != NULL);
		memset(out, 0xdd, sizes[i] + 1);
		evtag_marshal(buf, 11, in, (uint32_t)sizes[i]);
		CHECK_INT(evtag_unmarshal_fixed(buf, 11, out, sizes[i]), 0);
		CHECK_INT(EVBUFFER_LENGTH(buf), 0);
		CHECK(memcmp(in, out, sizes[i]) == 0);
		CHECK_INT(out[sizes[i]], 0xdd);
		free(in);
		free(out);
	}
	evbuffer_free(buf);
}

/* Payload alone, or with all that precedes it; nothing is consumed (behaviour 98). */
TEST_ONCE(lengths_can_be_asked_before)
{
	struct evbuffer *buf = new_buffer();
	size_t t, i;

	for (t = 0; t < COUNT(edges); t++)
		for (i = 0; i < COUNT(sizes); i++) {
			uint32_t tag = ~edges[t], payload = 99, whole = 99;
			unsigned char *in = pattern(sizes[i]);
			size_t header;

			evtag_marshal(buf, edges[t], in, (uint32_t)sizes[i]);
			header = EVBUFFER_LENGTH(buf) - sizes[i];
			add_hex(buf, "ff");
			CHECK(evtag_peek(buf, &tag) > 0);
			CHECK_INT(tag, edges[t]);
			CHECK_INT(evtag_payload_length(buf, &payload), 0);
			CHECK_INT(payload, sizes[i]);
			CHECK_INT(evtag_peek_length(buf, &whole), 0);
			CHECK_INT(whole, header + sizes[i]);
			CHECK_INT(EVBUFFER_LENGTH(buf), whole + 1);
			CHECK_INT(evtag_consume(buf), 0);
			CHECK_HEX(buf, "ff");
			evbuffer_drain(buf, 1);
			free(in);
		}
	evbuffer_free(buf);
}

/* The header is enough to know the lengths. */
TEST_ONCE(lengths_are_known_before_the_payload)
{
	struct evbuffer *buf = hex_buffer("8001" "2c21");
	uint32_t len = 0;

	CHECK_INT(evtag_payload_length(buf, &len), 0);
	CHECK_INT(len, 300);
	CHECK_INT(evtag_peek_length(buf, &len), 0);
	CHECK_INT(len, 304);
	CHECK_HEX(buf, "80012c21");
	evbuffer_free(buf);
}

static void
marshal_message(struct evbuffer *buf)
{
	struct timeval tv = { 1234567890, 654321 };

	evtag_marshal_int(buf, 1, 0xdeadbeef);
	evtag_marshal_string(buf, 2, "a string that is longer than fifteen bytes");
	evtag_marshal_timeval(buf, 300, &tv);
	evtag_marshal(buf, 0xffffffff, "fixed", 5);
	evtag_marshal(buf, 5, "free", 4);
	evtag_marshal_int(buf, 6, 0);
}

static void
unmarshal_message(struct evbuffer *buf)
{
	struct evbuffer *bytes = new_buffer();
	struct timeval tv;
	uint32_t number, tag;
	char *string, fixed[5];

	CHECK_INT(evtag_unmarshal_int(buf, 1, &number), 0);
	CHECK_INT(number, 0xdeadbeef);
	CHECK_INT(evtag_unmarshal_string(buf, 2, &string), 0);
	CHECK_STR(string, "a string that is longer than fifteen bytes");
	free(string);
	CHECK_INT(evtag_unmarshal_timeval(buf, 300, &tv), 0);
	CHECK_INT(tv.tv_sec, 1234567890);
	CHECK_INT(tv.tv_usec, 654321);
	CHECK_INT(evtag_unmarshal_fixed(buf, 0xffffffff, fixed, 5), 0);
	CHECK(memcmp(fixed, "fixed", 5) == 0);
	CHECK_INT(evtag_unmarshal(buf, &tag, bytes), 4);
	CHECK_INT(tag, 5);
	CHECK_HEX(bytes, "66726565");
	CHECK_INT(evtag_unmarshal_int(buf, 6, &number), 0);
	CHECK_INT(number, 0);
	evbuffer_free(bytes);
}

TEST_ONCE(messages_follow_each_other)
{
	struct evbuffer *buf = new_buffer();
	int i;

	for (i = 0; i < 100; i++)
		marshal_message(buf);
	for (i = 0; i < 100; i++)
		unmarshal_message(buf);
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	evbuffer_free(buf);
}

/* At every distance from the front of the block and from its end (T04). */
TEST_ONCE(a_message_may_lie_anywhere_in_its_block)
{
	size_t unused;

	for (unused = 0; unused < 256; unused++) {
		struct evbuffer *buf = misaligned(unused);

		marshal_message(buf);
		evbuffer_drain(buf, 1);
		unmarshal_message(buf);
		CHECK_INT(EVBUFFER_LENGTH(buf), 0);
		evbuffer_free(buf);
	}
}

/* A record within a record, as structures are sent. */
TEST_ONCE(records_nest)
{
	struct evbuffer *inner = new_buffer(), *outer = new_buffer();
	uint32_t tag;
	int depth;

	marshal_message(inner);
	for (depth = 0; depth < 100; depth++) {
		evtag_marshal(outer, 7, EVBUFFER_DATA(inner), (uint32_t)EVBUFFER_LENGTH(inner));
		evbuffer_drain(inner, EVBUFFER_LENGTH(inner));
		CHECK_INT(evbuffer_add_buffer(inner, outer), 0);
	}
	for (depth = 0; depth < 100; depth++) {
		CHECK(evtag_unmarshal(inner, &tag, outer) > 0);
		CHECK_INT(tag, 7);
		CHECK_INT(EVBUFFER_LENGTH(inner), 0);
		CHECK_INT(evbuffer_add_buffer(inner, outer), 0);
	}
	unmarshal_message(inner);
	CHECK_INT(EVBUFFER_LENGTH(inner), 0);
	evbuffer_free(inner);
	evbuffer_free(outer);
}

/* The payload may lie in the buffer itself, wherever the block goes when it grows. */
TEST_ONCE(a_payload_may_be_the_buffer_s_own)
{
	size_t i;

	for (i = 1; i < COUNT(sizes); i++) {
		size_t len = sizes[i] + 1, header;
		unsigned char *in = pattern(len);
		struct evbuffer *buf = new_buffer();

		add_bytes(buf, in, len);
		evbuffer_drain(buf, 1);
		evtag_marshal(buf, 300, EVBUFFER_DATA(buf), (uint32_t)sizes[i]);
		header = EVBUFFER_LENGTH(buf) - 2 * sizes[i];
		CHECK(header >= 3 && header <= 6);
		CHECK(memcmp(EVBUFFER_DATA(buf), in + 1, sizes[i]) == 0);
		CHECK(memcmp(EVBUFFER_DATA(buf) + sizes[i] + header, in + 1, sizes[i]) == 0);
		evbuffer_free(buf);
		free(in);
	}
}

/* A record may be taken into its own buffer: the payload goes to the end. */
TEST_ONCE(unmarshal_into_the_same_buffer)
{
	struct evbuffer *buf = hex_buffer("8001" "02aabb" "0505");
	uint32_t tag = 0;

	CHECK_INT(evtag_unmarshal(buf, &tag, buf), 2);
	CHECK_INT(tag, 0x80);
	CHECK_HEX(buf, "0505aabb");
	evbuffer_free(buf);
}

/* Allowed, and without effect, before and between (behaviour 100). */
TEST_ONCE(evtag_init_changes_nothing)
{
	struct evbuffer *buf = new_buffer();

	evtag_init();
	marshal_message(buf);
	evtag_init();
	evtag_init();
	unmarshal_message(buf);
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	evbuffer_free(buf);
}
