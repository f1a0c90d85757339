/*
 * What strangers send: cut off anywhere, with any byte changed, repeated, unknown, nested without
 * end, with lengths that lie. It is refused or read, and what was read can be written and read
 * again. `hostile quick` tries fewer changes, for slow company.
 */
#include "rpc.h"

static struct msg *msg, *again;
static struct evbuffer *buf, *second;
static int is_quick;

/* Reads a message from bytes, in exactly as much memory: 0 or -1. */
static int
read_msg(const unsigned char *data, size_t len)
{
	int result;

	msg_clear(msg);
	evbuffer_drain(buf, EVBUFFER_LENGTH(buf));
	CHECK(evbuffer_add(buf, data, len) == 0);
	result = msg_unmarshal(msg, buf);
	CHECK(result == -1 || (result == 0 && EVBUFFER_LENGTH(buf) == 0));
	CHECK(result == -1 || msg_complete(msg) == 0);
	return result;
}

/* What was read is written and read again, and is the same. */
static void
check_again(void)
{
	evbuffer_drain(buf, EVBUFFER_LENGTH(buf));
	msg_marshal(buf, msg);
	CHECK(evbuffer_add(second, EVBUFFER_DATA(buf), EVBUFFER_LENGTH(buf)) == 0);
	msg_clear(again);
	CHECK(msg_unmarshal(again, second) == 0);
	msg_marshal(second, again);
	check_bytes(second, EVBUFFER_DATA(buf), EVBUFFER_LENGTH(buf));
	evbuffer_drain(second, EVBUFFER_LENGTH(second));
}

static void
cut_off(void)
{
	const unsigned char *full = (const unsigned char *)FULL_MSG;
	struct evbuffer *record = new_buffer();
	size_t len;

	for (len = 0; len <= FULL_MSG_LENGTH; len++) {
		if (read_msg(full, len) == 0) {
			check_again();
			check_bytes(buf, full, len);
		}
	}
	CHECK(read_msg(full, FULL_MSG_LENGTH) == 0);
	CHECK(read_msg(full, FULL_MSG_LENGTH - 1) == -1 && read_msg(full, 0) == -1);
	/* A record that is not all there is left alone, and works when it is. */
	evtag_marshal_msg(record, 0x123, again);
	msg_clear(msg);
	evbuffer_drain(buf, EVBUFFER_LENGTH(buf));
	for (len = 0; len < EVBUFFER_LENGTH(record); len++) {
		CHECK(evtag_unmarshal_msg(buf, 0x123, msg) == -1);
		check_bytes(buf, EVBUFFER_DATA(record), len);
		CHECK(evbuffer_add(buf, EVBUFFER_DATA(record) + len, 1) == 0);
	}
	CHECK(evtag_unmarshal_msg(buf, 0x123, msg) == 0 && EVBUFFER_LENGTH(buf) == 0);
	evbuffer_free(record);
}

static void
changed_bytes(void)
{
	unsigned char data[FULL_MSG_LENGTH];
	size_t at;
	int change;

	memcpy(data, FULL_MSG, sizeof(data));
	for (at = 0; at < sizeof(data); at++) {
		for (change = 1; change < 256; change = is_quick ? change * 2 : change + 1) {
			data[at] ^= (unsigned char)change;
			if (read_msg(data, sizeof(data)) == 0)
				check_again();
			data[at] ^= (unsigned char)change;
		}
	}
}

/* The kinds that msg does not have: number 5, empty data, kill, fixes, pieces, last 6. */
#define REST                                                                    \
	RECORD("\x00", "\x01", "\x05")                                          \
	RECORD("\x01", "\x00", "")                                              \
	RECORD("\x02", "\x0c",                                                  \
	    RECORD("\x81\x80\x04", "\x02", "we") RECORD("\x02", "\x04", "acti")) \
	RECORD("\x05", "\x03", "abc")                                           \
	RECORD("\x05", "\x03", "def")                                           \
	RECORD("\x06", "\x00", "")                                              \
	RECORD("\x06", "\x03", "ghi")                                           \
	RECORD("\xfe\xff\xff\xff\x07", "\x01", "\x06")

static int
read_rest(const unsigned char *data, size_t len)
{
	struct Rest *rest = Rest_new();
	struct evbuffer *wire = buffer_of(data, len);
	int result;

	CHECK(rest != NULL);
	result = Rest_unmarshal(rest, wire);
	CHECK(result == Rest_complete(rest) || result == -1);
	CHECK(result == -1 || EVTAG_LEN(rest, pieces) + EVTAG_LEN(rest, fixes) <= 4);
	Rest_free(rest);
	evbuffer_free(wire);
	return result;
}

static void
changed_rest(void)
{
	unsigned char data[sizeof(REST) - 1];
	size_t at, len = sizeof(data);
	int change;

	memcpy(data, REST, len);
	CHECK(read_rest(data, len) == 0);
	for (at = 0; at < len; at++) {
		CHECK(read_rest(data, at) == -1);
		for (change = 1; change < 256; change = is_quick ? change * 2 : change + 1) {
			data[at] ^= (unsigned char)change;
			read_rest(data, len);
			data[at] ^= (unsigned char)change;
		}
	}
}

/* Bytes of which there must be a certain number. */
static void
lengths_that_are_fixed(void)
{
	static const uint32_t wrong[] = { 0, 1, 2, 4, 6 };
	struct evbuffer *wire = new_buffer();
	struct Rest *rest = Rest_new();
	size_t i;

	CHECK(rest != NULL);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		evtag_marshal(wire, REST_FIXED, "abcdef", wrong[i]);
		CHECK(Rest_unmarshal(rest, wire) == -1 && !EVTAG_HAS(rest, fixed));
		evbuffer_drain(wire, EVBUFFER_LENGTH(wire));
		evtag_marshal(wire, REST_FIXES, "abcdef", wrong[i]);
		CHECK(Rest_unmarshal(rest, wire) == -1 && EVTAG_LEN(rest, fixes) == 0);
		evbuffer_drain(wire, EVBUFFER_LENGTH(wire));
	}
	Rest_free(rest);
	evbuffer_free(wire);
}

/* Bytes that often look like a beginning. */
static void
random_bytes(void)
{
	static const unsigned char likely[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x10, 0x20, 0x7f,
		0x80 };
	unsigned char data[64];
	uint32_t seed = 1;
	size_t len, at;
	int n;

	for (n = 0; n < (is_quick ? 1000 : 100000); n++) {
		seed = seed * 1103515245 + 12345;
		len = (seed >> 16) % sizeof(data);
		for (at = 0; at < len; at++) {
			seed = seed * 1103515245 + 12345;
			data[at] = seed & 0x10000 ? (unsigned char)(seed >> 24) :
			    likely[(seed >> 17) % sizeof(likely)];
		}
		if (read_msg(data, len) == 0)
			check_again();
	}
}

/* Each member that is not an array, a second time: the same record again. */
static void
repeated(void)
{
	static const uint32_t single[] = { MSG_FROM_NAME, MSG_TO_NAME, MSG_ATTACK, MSG_FLAG,
		MSG_FIXED, MSG_DATA };
	size_t i;

	for (i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
		CHECK(read_msg((const unsigned char *)FULL_MSG, FULL_MSG_LENGTH) == 0);
		if (single[i] == MSG_FLAG)
			evtag_marshal_int(second, single[i], 1);
		else if (single[i] == MSG_ATTACK)
			evtag_marshal_kill(second, single[i], msg->attack_data);
		else if (single[i] == MSG_FIXED)
			evtag_marshal(second, single[i], msg->fixed_data, 32);
		else
			evtag_marshal_string(second, single[i], "more");
		CHECK(evbuffer_add(buf, FULL_MSG, FULL_MSG_LENGTH) == 0);
		CHECK(evbuffer_add_buffer(buf, second) == 0);
		msg_clear(msg);
		CHECK(msg_unmarshal(msg, buf) == -1);
		/* The first one stays. */
		CHECK(strcmp(msg->from_name_data, "one") == 0 && msg->flag_data == 0x10);
	}
	/* Nor is there room in a message that has something already. */
	CHECK(evbuffer_add(second, FULL_MSG, FULL_MSG_LENGTH) == 0);
	CHECK(msg_unmarshal(msg, second) == -1);
	evbuffer_drain(second, EVBUFFER_LENGTH(second));
}

static void
unknown(void)
{
	static const uint32_t tags[] = { 0, MSG_MAX_TAGS, 0x81, 0x101, 0xffffffff };
	size_t i;

	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		evbuffer_drain(buf, EVBUFFER_LENGTH(buf));
		CHECK(evbuffer_add(buf, FULL_MSG, FULL_MSG_LENGTH) == 0);
		evtag_marshal_int(buf, tags[i], 1);
		msg_clear(msg);
		CHECK(msg_unmarshal(msg, buf) == -1);
	}
}

/* A complete record is taken even if it is not what was asked for: the next one is found. */
static void
records_are_taken_whole(void)
{
	static const char good[] = "+--+--+--+---+";
	struct msg *other = full_msg();
	int i;

	evbuffer_drain(buf, EVBUFFER_LENGTH(buf));
	for (i = 0; i < 4; i++) {
		evtag_marshal_msg(buf, 5, other);
		/* Then one that lacks something, and one of another tag. */
		evtag_marshal(buf, 5, FULL_MSG, 5 + (uint32_t)i);
		evtag_marshal_msg(buf, 6, other);
	}
	evtag_marshal(buf, 5, "\x01\x03" "on", 4);
	evtag_marshal_msg(buf, 5, other);
	for (i = 0; good[i] != '\0'; i++) {
		msg_clear(msg);
		CHECK(evtag_unmarshal_msg(buf, 5, msg) == (good[i] == '+' ? 0 : -1));
	}
	CHECK(EVBUFFER_LENGTH(buf) == 0 && msg_complete(msg) == 0);
	msg_free(other);
}

/* A member may not reach out of the message that it is in. */
static void
members_end_with_their_message(void)
{
	struct kill *kill = kill_new();

	CHECK(kill != NULL);
	evbuffer_drain(buf, EVBUFFER_LENGTH(buf));
	/* The record has 6 bytes; its second member says that it has more of what is behind. */
	evtag_marshal(buf, 5, "\x02\x01" "a" "\x81\x80\x04", 6);
	CHECK(evbuffer_add(buf, "\x03" "abc" "\x05\x00", 6) == 0);
	CHECK(evtag_unmarshal_kill(buf, 5, kill) == -1 && EVBUFFER_LENGTH(buf) == 6);
	evbuffer_drain(buf, EVBUFFER_LENGTH(buf));
	evtag_marshal(buf, 5, "\x02\x01" "a" "\x81\x80\x04\x03" "ab", 9);
	CHECK(evbuffer_add(buf, "c", 1) == 0);
	kill_clear(kill);
	CHECK(evtag_unmarshal_kill(buf, 5, kill) == -1 && EVBUFFER_LENGTH(buf) == 1);
	kill_free(kill);
}

/* Trees of which each has one in it, so many deep, written from the innermost. */
static int
read_nested(int levels)
{
	size_t size = 7 * (size_t)levels + 7, at = size;
	unsigned char *data = (unsigned char *)malloc(size);
	struct tree *tree = tree_new();
	struct evbuffer *wire = new_buffer();
	int result;

	CHECK(data != NULL && tree != NULL);
	for (; levels > 0; levels--) {
		encode_int(wire, (uint32_t)(size - at));
		at -= EVBUFFER_LENGTH(wire);
		memcpy(data + at, EVBUFFER_DATA(wire), EVBUFFER_LENGTH(wire));
		evbuffer_drain(wire, EVBUFFER_LENGTH(wire));
		data[--at] = levels % 2 ? TREE_LEFT : TREE_MORE;
	}
	CHECK(evbuffer_add(wire, data + at, size - at) == 0);
	result = tree_unmarshal(tree, wire);
	tree_free(tree);
	evbuffer_free(wire);
	free(data);
	return result;
}

static void
nested(void)
{
	CHECK(read_nested(0) == 0 && read_nested(1) == 0 && read_nested(100) == 0);
	CHECK(read_nested(101) == -1 && read_nested(300000) == -1);
}

int
main(int argc, char **argv)
{
	is_quick = argc > 1 && strcmp(argv[1], "quick") == 0;
	msg = msg_new();
	again = msg_new();
	buf = new_buffer();
	second = new_buffer();
	CHECK(msg != NULL && again != NULL);
	cut_off();
	changed_bytes();
	changed_rest();
	lengths_that_are_fixed();
	random_bytes();
	repeated();
	unknown();
	records_are_taken_whole();
	members_end_with_their_message();
	nested();
	msg_free(msg);
	msg_free(again);
	evbuffer_free(buf);
	evbuffer_free(second);
	return 0;
}
