/*
 * A call changes each buffer once: its callback hears of that once, with the lengths before and
 * after, and may do what it likes.
 */
#include "tag.h"

struct change {
	struct evbuffer *buf;
	size_t from, to;
};

static struct change changes[16];
static size_t change_count;

static void
note_change(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	CHECK_PTR(arg, changes);
	CHECK_INT(EVBUFFER_LENGTH(buf), new_length);
	CHECK(change_count < COUNT(changes));
	changes[change_count++] = (struct change){ buf, old_length, new_length };
}

static struct evbuffer *
watched(const char *hex)
{
	struct evbuffer *buf = hex_buffer(hex);

	evbuffer_setcb(buf, note_change, changes);
	return buf;
}

static void
no_change(void)
{
	CHECK_INT(change_count, 0);
}

/* That one change since the last look, and it left the buffer as it is now. */
static void
one_change(struct evbuffer *buf, size_t from, size_t to)
{
	CHECK_INT(change_count, 1);
	CHECK_PTR(changes[0].buf, buf);
	CHECK_INT(changes[0].from, from);
	CHECK_INT(changes[0].to, to);
	CHECK_INT(EVBUFFER_LENGTH(buf), to);
	change_count = 0;
}

TEST_ONCE(marshalling_is_one_change)
{
	struct evbuffer *buf = watched("");
	struct timeval tv = { 0x12, 0x345 };

	evtag_marshal(buf, 0x80, "abc", 3);
	one_change(buf, 0, 6);
	evtag_marshal_int(buf, 5, 0xaf0);
	one_change(buf, 6, 10);
	evtag_marshal_string(buf, 5, "x");
	one_change(buf, 10, 13);
	evtag_marshal_timeval(buf, 2, &tv);
	one_change(buf, 13, 19);
	evtag_marshal(buf, 1, NULL, 0);
	one_change(buf, 19, 21);
	encode_int(buf, 0xdeadbeef);
	one_change(buf, 21, 26);
	CHECK_INT(evtag_encode_tag(buf, 0xaf0), 2);
	one_change(buf, 26, 28);
	evbuffer_free(buf);
}

TEST_ONCE(large_records_are_one_change)
{
	struct evbuffer *buf = watched("");
	size_t len = 3 * 1024 * 1024;
	char *payload = calloc(1, len);

	CHECK(payload != NULL);
	evtag_marshal(buf, 1, payload, (uint32_t)len);
	one_change(buf, 0, len + 5);
	CHECK_INT(evtag_consume(buf), 0);
	one_change(buf, len + 5, 0);
	free(payload);
	evbuffer_free(buf);
}

TEST_ONCE(unmarshalling_is_one_change)
{
	struct evbuffer *buf = watched("050220fa" "05026162" "020412102543" "0102cdef" "0100" "ff");
	unsigned char bytes[2];
	struct timeval tv;
	uint32_t number;
	char *string;

	CHECK_INT(evtag_unmarshal_int(buf, 5, &number), 0);
	one_change(buf, 21, 17);
	CHECK_INT(evtag_unmarshal_string(buf, 5, &string), 0);
	one_change(buf, 17, 13);
	CHECK_INT(evtag_unmarshal_timeval(buf, 2, &tv), 0);
	one_change(buf, 13, 7);
	CHECK_INT(evtag_unmarshal_fixed(buf, 1, bytes, 2), 0);
	one_change(buf, 7, 3);
	CHECK_INT(evtag_consume(buf), 0);
	one_change(buf, 3, 1);
	free(string);
	evbuffer_free(buf);
}

TEST_ONCE(tags_and_integers_are_one_change)
{
	struct evbuffer *buf = watched("f015" "7feebdaed0" "00");
	uint32_t value;

	CHECK_INT(evtag_decode_tag(&value, buf), 2);
	one_change(buf, 8, 6);
	CHECK_INT(evtag_decode_int(&value, buf), 0);
	one_change(buf, 6, 1);
	CHECK_INT(evtag_decode_int(&value, buf), 0);
	one_change(buf, 1, 0);
	evbuffer_free(buf);
}

TEST_ONCE(skipping_is_one_change)
{
	struct evbuffer *buf = watched("050220fa" "05026162" "020412102543" "0102cdef" "0100" "ff");
	unsigned char bytes[2];
	struct timeval tv;
	uint32_t number;
	char *string;

	CHECK_INT(evtag_unmarshal_int(buf, 6, &number), -1);
	one_change(buf, 21, 17);
	CHECK_INT(evtag_unmarshal_string(buf, 6, &string), -1);
	one_change(buf, 17, 13);
	CHECK_INT(evtag_unmarshal_timeval(buf, 6, &tv), -1);
	one_change(buf, 13, 7);
	CHECK_INT(evtag_unmarshal_fixed(buf, 1, bytes, 1), -1);
	one_change(buf, 7, 3);
	CHECK_INT(evtag_unmarshal_int(buf, 1, &number), -1);
	one_change(buf, 3, 1);
	evbuffer_free(buf);
}

/* The record goes from one buffer, the payload comes into the other: one change each. */
TEST_ONCE(unmarshal_changes_each_buffer_once)
{
	struct evbuffer *buf = watched("800103616263" "0200" "ff"), *out = watched("99");
	uint32_t tag;
	size_t of_out;

	CHECK_INT(evtag_unmarshal(buf, &tag, out), 3);
	CHECK_INT(change_count, 2);
	of_out = changes[0].buf == out ? 0 : 1;
	CHECK(changes[of_out].buf == out && changes[!of_out].buf == buf);
	CHECK(changes[of_out].from == 1 && changes[of_out].to == 4);
	CHECK(changes[!of_out].from == 9 && changes[!of_out].to == 3);
	change_count = 0;
	/* An empty payload adds nothing. */
	CHECK_INT(evtag_unmarshal(buf, &tag, out), 0);
	one_change(buf, 3, 1);
	CHECK_HEX(out, "99616263");
	evbuffer_free(buf);
	evbuffer_free(out);
}

TEST_ONCE(unmarshal_into_itself_is_one_change)
{
	struct evbuffer *buf = watched("800102aabb" "0505");
	uint32_t tag;

	CHECK_INT(evtag_unmarshal(buf, &tag, buf), 2);
	one_change(buf, 7, 4);
	CHECK_HEX(buf, "0505aabb");
	evbuffer_free(buf);
}

TEST_ONCE(looking_and_failing_are_no_change)
{
	struct evbuffer *buf = watched("800103616263"), *part = watched("80010361");
	struct evbuffer *bad = watched("01" "800000000000" "ffffffffffff"), *out = watched("");
	uint32_t value;
	char bytes[3];

	CHECK_INT(evtag_peek(buf, &value), 2);
	CHECK_INT(evtag_peek_length(buf, &value), 0);
	CHECK_INT(evtag_payload_length(buf, &value), 0);
	CHECK_INT(evtag_consume(part), -1);
	CHECK_INT(evtag_unmarshal(part, &value, out), -1);
	CHECK_INT(evtag_unmarshal_int(part, 1, &value), -1);
	CHECK_INT(evtag_unmarshal_fixed(part, 0x80, bytes, 3), -1);
	CHECK_INT(evtag_consume(bad), -1);
	CHECK_INT(evtag_unmarshal(bad, &value, out), -1);
	evbuffer_drain(bad, 1);
	one_change(bad, 13, 12);
	CHECK_INT(evtag_decode_int(&value, bad), -1);
	no_change();
	evbuffer_free(buf);
	evbuffer_free(part);
	evbuffer_free(bad);
	evbuffer_free(out);
}

/* What callbacks do */

static void
free_it(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	(void)old_length;
	(void)new_length;
	++*(int *)arg;
	evbuffer_free(buf);
}

static struct evbuffer *
freed_when_changed(const char *hex, int *calls)
{
	struct evbuffer *buf = hex_buffer(hex);

	evbuffer_setcb(buf, free_it, calls);
	return buf;
}

TEST_ONCE(callbacks_may_free_the_buffer)
{
	struct timeval tv = { 0x12, 0x345 };
	uint32_t value;
	int calls = 0;
	char *string;

	evtag_marshal(freed_when_changed("", &calls), 1, "abc", 3);
	evtag_marshal_int(freed_when_changed("", &calls), 1, 2);
	evtag_marshal_timeval(freed_when_changed("", &calls), 1, &tv);
	CHECK_INT(calls, 3);
	CHECK_INT(evtag_consume(freed_when_changed("0100", &calls)), 0);
	CHECK_INT(evtag_unmarshal_int(freed_when_changed("010105", &calls), 1, &value), 0);
	CHECK_INT(value, 5);
	CHECK_INT(evtag_unmarshal_int(freed_when_changed("010105", &calls), 2, &value), -1);
	CHECK_INT(evtag_unmarshal_string(freed_when_changed("010161", &calls), 1, &string), 0);
	CHECK_STR(string, "a");
	free(string);
	CHECK_INT(evtag_decode_tag(&value, freed_when_changed("8001", &calls)), 2);
	CHECK_INT(value, 0x80);
	CHECK_INT(calls, 8);
}

TEST_ONCE(callbacks_may_free_either_buffer)
{
	int calls = 0;
	uint32_t tag;

	CHECK_INT(evtag_unmarshal(freed_when_changed("8001026162", &calls), &tag,
	    freed_when_changed("99", &calls)), 2);
	CHECK_INT(tag, 0x80);
	CHECK_INT(calls, 2);
}

/* Frees the other buffer, which has changed as well and would have been called next. */
static void
free_other(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	(void)buf;
	(void)old_length;
	(void)new_length;
	evbuffer_free(arg);
}

TEST_ONCE(callbacks_may_free_the_other_buffer)
{
	struct evbuffer *buf = watched("8001026162"), *out = new_buffer();
	uint32_t tag;

	evbuffer_setcb(out, free_other, buf);
	CHECK_INT(evtag_unmarshal(buf, &tag, out), 2);
	CHECK_INT(tag, 0x80);
	CHECK_HEX(out, "6162");
	no_change();
	evbuffer_free(out);
}

/* Takes the next record while the call that took the last one has not returned. */
static void
take_next(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	uint32_t *sum = arg, number;

	CHECK_INT(old_length - new_length, 3);
	if (new_length > 0) {
		CHECK_INT(evtag_unmarshal_int(buf, 1, &number), 0);
		*sum += number;
	}
}

TEST_ONCE(callbacks_may_take_the_next_record)
{
	struct evbuffer *buf = hex_buffer("010101" "010102" "010103" "010104");
	uint32_t sum = 0, number;

	evbuffer_setcb(buf, take_next, &sum);
	CHECK_INT(evtag_unmarshal_int(buf, 1, &number), 0);
	CHECK_INT(number, 1);
	CHECK_INT(sum, 9);
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	evbuffer_free(buf);
}

/* A proxy: what was marshalled is moved on at once, and the buffer is empty again. */
static void
move_on(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	if (new_length > old_length)
		CHECK_INT(evbuffer_add_buffer(arg, buf), 0);
}

TEST_ONCE(callbacks_may_move_the_record)
{
	struct evbuffer *buf = new_buffer(), *next = new_buffer();

	evbuffer_setcb(buf, move_on, next);
	evtag_marshal_int(buf, 5, 0xaf0);
	evtag_marshal_string(buf, 7, "abc");
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	CHECK_HEX(next, "050220fa" "0703616263");
	evbuffer_free(buf);
	evbuffer_free(next);
}

/* Takes the next record into the same buffer: the first one has left its own already. */
static void
take_more(struct evbuffer *out, size_t old_length, size_t new_length, void *arg)
{
	struct evbuffer *from = arg;
	uint32_t tag = 0;

	CHECK_INT(new_length - old_length, 1);
	if (EVBUFFER_LENGTH(from) > 0) {
		CHECK_INT(evtag_unmarshal(from, &tag, out), 1);
		CHECK_INT(tag, new_length + 1);
	}
}

TEST_ONCE(callbacks_may_take_from_the_other_buffer)
{
	struct evbuffer *buf = hex_buffer("0101aa" "0201bb" "0301cc"), *out = new_buffer();
	uint32_t tag = 0;

	evbuffer_setcb(out, take_more, buf);
	CHECK_INT(evtag_unmarshal(buf, &tag, out), 1);
	CHECK_INT(tag, 1);
	CHECK_HEX(out, "aabbcc");
	CHECK_HEX(buf, "");
	evbuffer_free(buf);
	evbuffer_free(out);
}
