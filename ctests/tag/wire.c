/* The bytes that each function writes (behaviours 95 to 97, 101). */
#include "tag.h"

struct vector {
	uint32_t value;
	const char *hex;
};

static const struct vector tags[] = {
	{ 0, "00" }, { 1, "01" }, { 0x7f, "7f" }, { 0x80, "8001" }, { 0xaf0, "f015" },
	{ 0x3fff, "ff7f" }, { 0x4000, "808001" }, { 0x1fffff, "ffff7f" },
	{ 0x200000, "80808001" }, { 0xfffffff, "ffffff7f" }, { 0x10000000, "8080808001" },
	{ 0x7fffffff, "ffffffff07" }, { 0x80000000, "8080808008" },
	{ 0xdeadbeef, "effdb6f50d" }, { 0xffffffff, "ffffffff0f" },
};

static const struct vector numbers[] = {
	{ 0, "00" }, { 1, "01" }, { 0xf, "0f" }, { 0x10, "1010" }, { 0xff, "1ff0" },
	{ 0x100, "2001" }, { 0xaf0, "20fa" }, { 0xfff, "2fff" }, { 0x1000, "300010" },
	{ 0xbeef, "3feeb0" }, { 0x10000, "400001" }, { 0xfffff, "4fffff" },
	{ 0x100000, "50000010" }, { 0xffffff, "5ffffff0" }, { 0x1000000, "60000001" },
	{ 0xfffffff, "6fffffff" }, { 0x10000000, "7000000010" },
	{ 0xdeadbeef, "7feebdaed0" }, { 0xffffffff, "7ffffffff0" },
};

TEST_ONCE(tags_are_groups_of_seven_bits)
{
	struct evbuffer *buf = new_buffer();
	size_t i;

	for (i = 0; i < COUNT(tags); i++) {
		int len = (int)strlen(tags[i].hex) / 2;
		uint32_t tag = ~tags[i].value;

		CHECK_INT(evtag_encode_tag(buf, tags[i].value), len);
		CHECK_HEX(buf, tags[i].hex);
		CHECK_INT(evtag_peek(buf, &tag), len);
		CHECK_INT(tag, tags[i].value);
		tag = ~tag;
		CHECK_INT(evtag_decode_tag(&tag, buf), len);
		CHECK_INT(tag, tags[i].value);
		CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	}
	evbuffer_free(buf);
}

TEST_ONCE(integers_are_nibbles_with_a_count)
{
	struct evbuffer *buf = new_buffer();
	size_t i;

	for (i = 0; i < COUNT(numbers); i++) {
		uint32_t number = ~numbers[i].value;

		encode_int(buf, numbers[i].value);
		CHECK_HEX(buf, numbers[i].hex);
		CHECK_INT(evtag_decode_int(&number, buf), 0);
		CHECK_INT(number, numbers[i].value);
		CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	}
	evbuffer_free(buf);
}

/* The integer in the record is counted in bytes by the integer in its header. */
TEST_ONCE(an_int_record_wraps_an_encoded_int)
{
	struct evbuffer *buf = new_buffer();
	size_t i;

	evtag_marshal_int(buf, 5, 0xaf0);
	CHECK_HEX(buf, "050220fa");
	evbuffer_drain(buf, 4);
	for (i = 0; i < COUNT(numbers); i++) {
		char want[64];

		snprintf(want, sizeof(want), "05%02zx%s", strlen(numbers[i].hex) / 2,
		    numbers[i].hex);
		evtag_marshal_int(buf, 5, numbers[i].value);
		CHECK_HEX(buf, want);
		evbuffer_drain(buf, EVBUFFER_LENGTH(buf));
	}
	evbuffer_free(buf);
}

TEST_ONCE(each_tag_opens_a_record)
{
	struct evbuffer *buf = new_buffer();
	size_t i;

	for (i = 0; i < COUNT(tags); i++) {
		char want[64];

		snprintf(want, sizeof(want), "%s0220fa", tags[i].hex);
		evtag_marshal_int(buf, tags[i].value, 0xaf0);
		CHECK_HEX(buf, want);
		evbuffer_drain(buf, EVBUFFER_LENGTH(buf));
	}
	evbuffer_free(buf);
}

TEST_ONCE(a_string_goes_without_its_nul)
{
	struct evbuffer *buf = new_buffer();

	evtag_marshal_string(buf, 7, "abc");
	CHECK_HEX(buf, "0703616263");
	evtag_marshal_string(buf, 0x80, "");
	CHECK_HEX(buf, "0703616263" "800100");
	evbuffer_free(buf);
}

TEST_ONCE(bytes_go_as_they_are)
{
	struct evbuffer *buf = new_buffer();

	evtag_marshal(buf, 7, "\0\xff\0", 3);
	CHECK_HEX(buf, "070300ff00");
	evbuffer_drain(buf, 5);
	evtag_marshal(buf, 0xffffffff, "", 0);
	CHECK_HEX(buf, "ffffffff0f00");
	evtag_marshal(buf, 1, NULL, 0);
	CHECK_HEX(buf, "ffffffff0f00" "0100");
	evbuffer_free(buf);
}

TEST_ONCE(the_length_is_an_encoded_int)
{
	static const struct vector lengths[] = {
		{ 15, "0f" }, { 16, "1010" }, { 255, "1ff0" }, { 256, "2001" }, { 300, "2c21" },
		{ 4095, "2fff" }, { 4096, "300010" }, { 65536, "400001" }, { 1048576, "50000010" },
	};
	unsigned char *payload = malloc(1048576);
	size_t i;

	CHECK(payload != NULL);
	memset(payload, 'x', 1048576);
	for (i = 0; i < COUNT(lengths); i++) {
		struct evbuffer *want = hex_buffer("07");
		struct evbuffer *buf = new_buffer();

		add_hex(want, lengths[i].hex);
		add_bytes(want, payload, lengths[i].value);
		evtag_marshal(buf, 7, payload, lengths[i].value);
		CHECK_INT(EVBUFFER_LENGTH(buf), EVBUFFER_LENGTH(want));
		CHECK(memcmp(EVBUFFER_DATA(buf), EVBUFFER_DATA(want),
		    EVBUFFER_LENGTH(want)) == 0);
		evbuffer_free(buf);
		evbuffer_free(want);
	}
	free(payload);
}

TEST_ONCE(a_timeval_is_two_ints_of_32_bits)
{
	static const struct {
		struct timeval tv;
		const char *hex;
	} vectors[] = {
		{ { 0x12, 0x345 }, "020412102543" },
		{ { 0, 0 }, "02020000" },
		{ { 0x7fffffff, 999999 }, "02087fffffff704f324f" },
		/* What does not fit is lost; what is not normal is written as it is. */
		{ { 0x100000005, 1 }, "02020501" },
		{ { -1, 1 }, "02067ffffffff001" },
		{ { 1, 0xf4240 }, "02040140424f" },
	};
	struct evbuffer *buf = new_buffer();
	size_t i;

	for (i = 0; i < COUNT(vectors); i++) {
		struct timeval tv = vectors[i].tv;

		evtag_marshal_timeval(buf, 2, &tv);
		CHECK_HEX(buf, vectors[i].hex);
		evbuffer_drain(buf, EVBUFFER_LENGTH(buf));
		CHECK_INT(tv.tv_sec, vectors[i].tv.tv_sec);
		CHECK_INT(tv.tv_usec, vectors[i].tv.tv_usec);
	}
	evbuffer_free(buf);
}

TEST_ONCE(records_are_added_to_the_end)
{
	struct evbuffer *buf = hex_buffer("abcdef");
	struct timeval tv = { 0x12, 0x345 };

	evbuffer_drain(buf, 1);
	encode_int(buf, 0x10);
	evtag_encode_tag(buf, 0x80);
	evtag_marshal(buf, 1, "\x99", 1);
	evtag_marshal_int(buf, 2, 3);
	evtag_marshal_string(buf, 3, "z");
	evtag_marshal_timeval(buf, 4, &tv);
	CHECK_HEX(buf, "cdef" "1010" "8001" "010199" "020103" "03017a" "040412102543");
	evbuffer_free(buf);
}
