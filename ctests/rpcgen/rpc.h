/*
 * What the programs of this folder share. They are C89 with GNU extensions and C++ at once: code
 * that is generated has to be.
 */
#ifndef EVHUB_CTESTS_RPCGEN_RPC_H
#define EVHUB_CTESTS_RPCGEN_RPC_H

#include <event.h>
#include <string.h>

#include "../headers/check.h"
#include "kinds.gen.h"

#define HELPER __attribute__((unused)) static
#define BYTES(text) ((const uint8_t *)(text))

HELPER struct evbuffer *
new_buffer(void)
{
	struct evbuffer *buf = evbuffer_new();

	CHECK(buf != NULL);
	return buf;
}

HELPER struct evbuffer *
buffer_of(const void *data, size_t len)
{
	struct evbuffer *buf = new_buffer();

	CHECK(evbuffer_add(buf, data, len) == 0);
	return buf;
}

HELPER void
check_bytes(struct evbuffer *buf, const void *want, size_t len)
{
	CHECK(EVBUFFER_LENGTH(buf) == len);
	CHECK(len == 0 || memcmp(EVBUFFER_DATA(buf), want, len) == 0);
}

/* A message with everything that it may have: two of each that may be several. */
HELPER struct msg *
full_msg(void)
{
	struct msg *msg = msg_new();
	struct kill *attack;
	struct run *run;
	int i;

	CHECK(msg != NULL);
	CHECK(EVTAG_ASSIGN(msg, from_name, "one") == 0);
	CHECK(EVTAG_ASSIGN(msg, to_name, "") == 0);
	CHECK(EVTAG_GET(msg, attack, &attack) == 0);
	CHECK(EVTAG_ASSIGN(attack, weapon, "feather") == 0);
	CHECK(EVTAG_ASSIGN(attack, action, "tickle") == 0);
	CHECK(EVTAG_ASSIGN(attack, how_often, 0xaf0) == 0);
	for (i = 0; i < 2; i++) {
		CHECK((run = EVTAG_ADD(msg, run)) != NULL);
		CHECK(EVTAG_ASSIGN(run, how, i == 0 ? "fast" : "slowly") == 0);
		CHECK(EVTAG_ASSIGN(run, some_bytes, BYTES("a\0b"), 3) == 0);
		CHECK(EVTAG_ASSIGN(run, fixed_bytes, BYTES("1234")) == 0);
		CHECK(EVTAG_ADD(msg, names, i == 0 ? "A" : "Bc") != NULL);
		CHECK(EVTAG_ADD(msg, numbers, i == 0 ? 0 : 0xffffffff) != NULL);
	}
	CHECK(EVTAG_ASSIGN(msg, flag, 0x10) == 0);
	CHECK(EVTAG_ASSIGN(msg, fixed, BYTES("0123456789abcdef0123456789abcdef")) == 0);
	CHECK(EVTAG_ASSIGN(msg, data, BYTES("xyz"), 3) == 0);
	return msg;
}

/* The same as it is on the wire, by hand. */
#define RECORD(tag, length, payload) tag length payload
#define FULL_KILL                                                               \
	RECORD("\x81\x80\x04", "\x07", "feather")                               \
	RECORD("\x02", "\x06", "tickle")                                        \
	RECORD("\x03", "\x02", "\x20\xfa")
#define FULL_RUN(length, how)                                                   \
	RECORD("\x01", length, how)                                             \
	RECORD("\x02", "\x03", "a\0b")                                          \
	RECORD("\x03", "\x04", "1234")
#define FULL_MSG                                                                \
	RECORD("\x01", "\x03", "one")                                           \
	RECORD("\x02", "\x00", "")                                              \
	RECORD("\x03", "\x17\x10", FULL_KILL)                                   \
	RECORD("\x04", "\x11\x10", FULL_RUN("\x04", "fast"))                    \
	RECORD("\x04", "\x13\x10", FULL_RUN("\x06", "slowly"))                  \
	RECORD("\x05", "\x02", "\x10\x10")                                      \
	RECORD("\x06", "\x10\x20", "0123456789abcdef0123456789abcdef")          \
	RECORD("\x07", "\x03", "xyz")                                           \
	RECORD("\x08", "\x01", "A")                                             \
	RECORD("\x08", "\x02", "Bc")                                            \
	RECORD("\x09", "\x01", "\x00")                                          \
	RECORD("\x09", "\x05", "\x7f\xff\xff\xff\xf0")

enum { FULL_MSG_LENGTH = sizeof(FULL_MSG) - 1 };

#endif
