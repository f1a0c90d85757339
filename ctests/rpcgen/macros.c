/*
 * A program as users of libevent 1.4 wrote them: messages are filled, sent and looked into by the
 * EVTAG_ macros alone.
 */
#include "rpc.h"
#include "more.gen.h"

enum { RUNS = 10000 };

static void
fill(struct msg *msg)
{
	struct kill *attack;
	struct run *run;
	char *name;
	int i;

	CHECK(!EVTAG_HAS(msg, from_name) && !EVTAG_HAS(msg, attack) && !EVTAG_HAS(msg, run));
	CHECK(EVTAG_ASSIGN(msg, from_name, "one") == 0);
	CHECK(EVTAG_SET(msg, to_name, "other") == 0);
	CHECK(EVTAG_HAS(msg, from_name));
	CHECK(EVTAG_GET(msg, from_name, &name) == 0 && strcmp(name, "one") == 0);
	CHECK(EVTAG_GET(msg, attack, &attack) == 0 && EVTAG_HAS(msg, attack));
	CHECK(EVTAG_ASSIGN(attack, weapon, "feather") == 0);
	CHECK(EVTAG_ASSIGN(attack, action, "tickle") == 0);
	CHECK(EVTAG_ASSIGN(msg, fixed, BYTES("0123456789abcdef0123456789abcdef")) == 0);
	for (i = 0; i < RUNS; i++) {
		CHECK((run = EVTAG_ADD(msg, run)) != NULL);
		CHECK(EVTAG_ASSIGN(run, how, "very fast but with some data in it") == 0);
		CHECK(EVTAG_ASSIGN(run, fixed_bytes, BYTES("\1\2\3\4")) == 0);
		CHECK(EVTAG_ADD(msg, names, "name") != NULL);
		CHECK(EVTAG_ADD(msg, numbers, (uint32_t)i) != NULL);
	}
	CHECK(msg_complete(msg) == 0);
	CHECK(EVTAG_LEN(msg, run) == RUNS);
}

static void
look(struct msg *msg)
{
	struct kill *attack;
	struct run *run;
	char *text;
	uint8_t *bytes;
	uint32_t number;
	int i;

	CHECK(EVTAG_GET(msg, to_name, &text) == 0 && strcmp(text, "other") == 0);
	CHECK(EVTAG_HAS(msg, attack) && EVTAG_GET(msg, attack, &attack) == 0);
	CHECK(EVTAG_GET(attack, action, &text) == 0 && strcmp(text, "tickle") == 0);
	CHECK(!EVTAG_HAS(attack, how_often) && EVTAG_GET(attack, how_often, &number) == -1);
	CHECK(!EVTAG_HAS(msg, flag) && !EVTAG_HAS(msg, data));
	CHECK(EVTAG_LEN(msg, run) == RUNS && EVTAG_LEN(msg, names) == RUNS);
	CHECK(EVTAG_LEN(msg, numbers) == RUNS);
	for (i = 0; i < RUNS; i++) {
		CHECK(EVTAG_GET(msg, run, i, &run) == 0);
		CHECK(EVTAG_GET(run, how, &text) == 0 && strlen(text) == 34);
		CHECK(EVTAG_GET(run, fixed_bytes, &bytes) == 0);
		CHECK(memcmp(bytes, "\1\2\3\4", 4) == 0);
		CHECK(EVTAG_GET(msg, names, i, &text) == 0 && strcmp(text, "name") == 0);
		CHECK(EVTAG_GET(msg, numbers, i, &number) == 0 && number == (uint32_t)i);
	}
}

/* A message of one file in a message of another. */
static void
nest(struct msg *msg)
{
	struct letter *letter = letter_new(), *copy = letter_new();
	struct evbuffer *buf = new_buffer();
	struct msg *body;

	CHECK(letter != NULL && copy != NULL && letter_complete(letter) == -1);
	CHECK(EVTAG_ASSIGN(letter, body, msg) == 0);
	evtag_marshal_letter(buf, LETTER_MAX_TAGS, letter);
	CHECK(evtag_unmarshal_letter(buf, 4, copy) == 0 && EVBUFFER_LENGTH(buf) == 0);
	CHECK(EVTAG_GET(copy, body, &body) == 0);
	look(body);
	evbuffer_free(buf);
	letter_free(letter);
	letter_free(copy);
}

int
main(void)
{
	struct msg *msg = msg_new(), *msg2 = msg_new();
	struct evbuffer *tmp = new_buffer();

	CHECK(msg != NULL && msg2 != NULL);
	CHECK(strcmp(KINDS_GREETING, "hi // there") == 0);
	fill(msg);
	evtag_marshal_msg(tmp, 0, msg);
	CHECK(evtag_unmarshal_msg(tmp, 0, msg2) == 0);
	CHECK(EVBUFFER_LENGTH(tmp) == 0);
	look(msg2);
	msg_clear(msg2);
	msg_marshal(tmp, msg);
	CHECK(msg_unmarshal(msg2, tmp) == 0 && EVBUFFER_LENGTH(tmp) == 0);
	look(msg2);
	msg_free(msg);
	nest(msg2);
	msg_free(msg2);
	evbuffer_free(tmp);
	return 0;
}
