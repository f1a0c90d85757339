/* Each kind of member: assign, get, add, on the wire, missing, twice, and aliases of itself. */
#include "rpc.h"

#include <limits.h>

static void
the_wire_is_known(void)
{
	struct msg *msg = full_msg(), *copy = msg_new();
	struct evbuffer *buf = new_buffer(), *by_hand = buffer_of(FULL_MSG, FULL_MSG_LENGTH);
	struct evbuffer *record = new_buffer();

	CHECK(copy != NULL && msg_complete(msg) == 0);
	msg_marshal(buf, msg);
	check_bytes(buf, FULL_MSG, FULL_MSG_LENGTH);
	CHECK(msg_unmarshal(copy, by_hand) == 0 && EVBUFFER_LENGTH(by_hand) == 0);
	msg_marshal(by_hand, copy);
	check_bytes(by_hand, FULL_MSG, FULL_MSG_LENGTH);
	/* In a record it is the same bytes. */
	evtag_marshal(record, 77, FULL_MSG, FULL_MSG_LENGTH);
	evbuffer_drain(buf, EVBUFFER_LENGTH(buf));
	evtag_marshal_msg(buf, 77, msg);
	check_bytes(buf, EVBUFFER_DATA(record), EVBUFFER_LENGTH(record));
	evbuffer_free(buf);
	evbuffer_free(by_hand);
	evbuffer_free(record);
	msg_free(msg);
	msg_free(copy);
}

/* Members come in any order. */
static void
any_order(void)
{
	struct kill *kill = kill_new();
	struct evbuffer *buf = new_buffer();
	char *text;

	CHECK(kill != NULL);
	evtag_marshal_int(buf, KILL_HOW_OFTEN, 3);
	evtag_marshal_string(buf, KILL_ACTION, "tickle");
	evtag_marshal_string(buf, KILL_WEAPON, "feather");
	CHECK(kill_unmarshal(kill, buf) == 0);
	CHECK(EVTAG_GET(kill, action, &text) == 0 && strcmp(text, "tickle") == 0);
	CHECK(EVTAG_GET(kill, weapon, &text) == 0 && strcmp(text, "feather") == 0);
	kill_free(kill);
	evbuffer_free(buf);
}

static struct Rest *
full_rest(void)
{
	struct Rest *rest = Rest_new();
	struct kill *kill;

	CHECK(rest != NULL);
	CHECK(EVTAG_ASSIGN(rest, number, 1) == 0);
	CHECK(EVTAG_ASSIGN(rest, data, NULL, 0) == 0);
	CHECK(EVTAG_GET(rest, kill, &kill) == 0);
	CHECK(EVTAG_ASSIGN(kill, weapon, "w") == 0 && EVTAG_ASSIGN(kill, action, "a") == 0);
	CHECK(EVTAG_ASSIGN(rest, last, 0xdeadbeef) == 0);
	return rest;
}

static void
arrays_of_bytes(void)
{
	struct Rest *rest = full_rest(), *copy = Rest_new();
	struct evbuffer *buf = new_buffer();
	uint8_t *bytes, *kept;
	uint32_t length, i;

	CHECK(copy != NULL);
	CHECK((kept = EVTAG_ADD(rest, fixes, BYTES("000"))) != NULL);
	for (i = 1; i < 100; i++) {
		/* What was added stays where it is, and may be added again. */
		CHECK(EVTAG_ADD(rest, fixes, kept) != NULL);
		CHECK(EVTAG_ADD(rest, pieces, BYTES("abc"), i % 4) != NULL);
	}
	CHECK(EVTAG_ASSIGN(rest, fixes, 99, BYTES("xyz")) == 0);
	CHECK(EVTAG_ADD(rest, fixes, NULL) == NULL && EVTAG_ADD(rest, pieces, NULL, 1) == NULL);
	CHECK(EVTAG_ASSIGN(rest, fixes, 100, BYTES("xyz")) == -1);
	CHECK(EVTAG_ASSIGN(rest, pieces, 0, BYTES("longer"), 6) == 0);
	Rest_marshal(buf, rest);
	CHECK(Rest_unmarshal(copy, buf) == 0);
	CHECK(EVTAG_LEN(copy, fixes) == 100 && EVTAG_LEN(copy, pieces) == 99);
	CHECK(EVTAG_GET(copy, fixes, 98, &bytes) == 0 && memcmp(bytes, "000", 3) == 0);
	CHECK(EVTAG_GET(copy, fixes, 99, &bytes) == 0 && memcmp(bytes, "xyz", 3) == 0);
	CHECK(EVTAG_GET(copy, pieces, 0, &bytes, &length) == 0 && length == 6);
	CHECK(EVTAG_GET(copy, pieces, 1, &bytes, &length) == 0 && length == 2);
	CHECK(memcmp(bytes, "ab", 2) == 0);
	CHECK(EVTAG_GET(copy, data, &bytes, &length) == 0 && length == 0 && bytes != NULL);
	Rest_free(rest);
	Rest_free(copy);
	evbuffer_free(buf);
}

/* Without any one of these it is not complete, and does not arrive. */
static void
all_that_is_required(void)
{
	struct Rest *rest, *copy = Rest_new();
	struct evbuffer *buf = new_buffer();
	int missing;

	CHECK(copy != NULL);
	for (missing = 0; missing <= 4; missing++) {
		rest = full_rest();
		rest->number_set = (uint8_t)(missing != 0);
		rest->data_set = (uint8_t)(missing != 1);
		rest->kill_data->action_set = (uint8_t)(missing != 2);
		rest->last_set = (uint8_t)(missing != 3);
		CHECK(Rest_complete(rest) == (missing == 4 ? 0 : -1));
		evtag_marshal_Rest(buf, 1, rest);
		CHECK(EVBUFFER_LENGTH(buf) > 0);
		CHECK(evtag_unmarshal_Rest(buf, 1, copy) == (missing == 4 ? 0 : -1));
		CHECK(EVBUFFER_LENGTH(buf) == 0);
		rest->data_set = rest->kill_data->action_set = 1;
		Rest_clear(copy);
		Rest_free(rest);
	}
	Rest_free(copy);
	evbuffer_free(buf);
}

static void
a_cleared_message_is_a_new_one(void)
{
	struct msg *msg = full_msg(), *fresh = msg_new();
	struct evbuffer *buf = new_buffer();

	CHECK(fresh != NULL);
	msg_clear(msg);
	msg_clear(msg);
	CHECK(msg_complete(msg) == -1 && EVTAG_LEN(msg, run) == 0 && !EVTAG_HAS(msg, run));
	CHECK(memcmp(msg->fixed_data, fresh->fixed_data, 32) == 0);
	msg_marshal(buf, msg);
	CHECK(EVBUFFER_LENGTH(buf) == 0);
	CHECK(evbuffer_add(buf, FULL_MSG, FULL_MSG_LENGTH) == 0);
	CHECK(msg_unmarshal(msg, buf) == 0);
	msg_marshal(buf, msg);
	check_bytes(buf, FULL_MSG, FULL_MSG_LENGTH);
	msg_free(msg);
	msg_free(fresh);
	msg_free(NULL);
	evbuffer_free(buf);
}

/* A value that is the message's own, or a part of it. */
static void
values_of_its_own(void)
{
	struct msg *msg = full_msg();
	struct run *run;
	char *text;
	uint8_t *bytes;
	uint32_t length;

	CHECK(EVTAG_ASSIGN(msg, from_name, msg->from_name_data + 1) == 0);
	CHECK(EVTAG_GET(msg, from_name, &text) == 0 && strcmp(text, "ne") == 0);
	CHECK(EVTAG_ASSIGN(msg, data, msg->data_data + 1, msg->data_length - 1) == 0);
	CHECK(EVTAG_GET(msg, data, &bytes, &length) == 0 && length == 2);
	CHECK(memcmp(bytes, "yz", 2) == 0);
	CHECK(EVTAG_ASSIGN(msg, fixed, msg->fixed_data) == 0);
	CHECK(EVTAG_ASSIGN(msg, attack, msg->attack_data) == 0);
	CHECK(EVTAG_GET(msg->attack_data, weapon, &text) == 0 && strcmp(text, "feather") == 0);
	CHECK(EVTAG_ASSIGN(msg, run, 0, msg->run_data[0]) == 0);
	CHECK(EVTAG_ASSIGN(msg, run, 0, msg->run_data[1]) == 0);
	CHECK(EVTAG_GET(msg, run, 0, &run) == 0 && run != msg->run_data[1]);
	CHECK(EVTAG_GET(run, how, &text) == 0 && strcmp(text, "slowly") == 0);
	CHECK(EVTAG_ADD(msg, names, msg->names_data[0]) != NULL);
	CHECK(EVTAG_ASSIGN(msg, names, 1, msg->names_data[1] + 1) == 0);
	CHECK(EVTAG_GET(msg, names, 1, &text) == 0 && strcmp(text, "c") == 0);
	msg_free(msg);
}

/* What is refused leaves all as it was. */
static void
mistakes(void)
{
	struct msg *msg = full_msg(), *empty = msg_new();
	struct evbuffer *buf = new_buffer();
	struct kill *kill = kill_new();
	struct run *run = run_new();
	char *text;
	uint8_t *bytes;
	uint32_t number;
	int i;
	static const int wrong[] = { -1, 2, INT_MAX, INT_MIN };

	CHECK(empty != NULL && kill != NULL && run != NULL);
	CHECK(EVTAG_ASSIGN(msg, from_name, NULL) == -1 && EVTAG_ADD(msg, names, NULL) == NULL);
	CHECK(EVTAG_ASSIGN(msg, fixed, NULL) == -1 && EVTAG_ASSIGN(msg, data, NULL, 1) == -1);
	/* They are not complete. */
	CHECK(EVTAG_ASSIGN(msg, attack, kill) == -1 && EVTAG_ASSIGN(msg, run, 0, run) == -1);
	for (i = 0; i < 4; i++) {
		CHECK(EVTAG_GET(msg, names, wrong[i], &text) == -1);
		CHECK(EVTAG_ASSIGN(msg, names, wrong[i], "text") == -1);
		CHECK(EVTAG_GET(msg, numbers, wrong[i], &number) == -1);
		CHECK(EVTAG_ASSIGN(msg, numbers, wrong[i], 5) == -1);
		CHECK(EVTAG_GET(msg, run, wrong[i], &run) == -1);
		CHECK(EVTAG_ASSIGN(msg, run, wrong[i], run) == -1);
	}
	msg_marshal(buf, msg);
	check_bytes(buf, FULL_MSG, FULL_MSG_LENGTH);
	CHECK(EVTAG_GET(empty, from_name, &text) == -1 && EVTAG_GET(empty, flag, &number) == -1);
	CHECK(EVTAG_GET(empty, fixed, &bytes) == -1);
	CHECK(EVTAG_GET(empty, data, &bytes, &number) == -1);
	CHECK(EVTAG_GET(empty, names, 0, &text) == -1);
	msg_free(msg);
	msg_free(empty);
	kill_free(kill);
	run_free(run);
	evbuffer_free(buf);
}

/* No more may be added than an int can count. */
static void
arrays_have_an_end(void)
{
	struct msg *msg = full_msg();

	msg->numbers_length = msg->numbers_num_allocated = INT_MAX;
	CHECK(EVTAG_ADD(msg, numbers, 1) == NULL && EVTAG_LEN(msg, numbers) == INT_MAX);
	msg->numbers_length = msg->numbers_num_allocated = 2;
	msg_free(msg);
}

int
main(void)
{
	CHECK(REST_NUMBER == 0 && REST_MAX_TAGS == INT_MAX && KILL_WEAPON == 0x10001);
	the_wire_is_known();
	any_order();
	arrays_of_bytes();
	all_that_is_required();
	a_cleared_message_is_a_new_one();
	values_of_its_own();
	mistakes();
	arrays_have_an_end();
	return 0;
}
