/*
 * Packets of the domain name system, written and read by hand: what the tests' own name server
 * says, right and wrong, and what it was asked.
 */
#ifndef EVHUB_CTESTS_DNS_WIRE_H
#define EVHUB_CTESTS_DNS_WIRE_H

#include "harness.h"

#include <evdns.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { AT_ID = 0, AT_FLAGS = 2, AT_QUESTIONS = 4, AT_ANSWERS = 6, AT_AUTHORITY = 8, AT_MORE = 10 };
enum { HEAD = 12, TYPE_OPT = 41, QUESTION_ROOM = 300 };
enum { QR = 0x8000, AA = 0x0400, TC = 0x0200, RD = 0x0100, RA = 0x0080 };
enum { FORMERR = 1, SERVFAIL = 2, NXDOMAIN = 3, NOTIMP = 4, REFUSED = 5 };

struct packet {
	size_t length;
	unsigned char bytes[66000];
};

struct connection;

/* One question that came, and how to reach who asked. */
struct query {
	unsigned id;
	unsigned flags;
	char name[1024];		/* as it was sent; bytes that do not print are \ddd */
	unsigned type;
	unsigned class_;
	int edns;			/* the size that it allows; -1: it has no OPT record */
	unsigned char question[QUESTION_ROOM];
	size_t question_length;
	int size;			/* bytes of the whole */
	int port;			/* where it came from */
	struct sockaddr_storage from;
	socklen_t from_length;
	struct connection *connection;	/* NULL: over UDP */
};

/* Writing */

static inline void
put(struct packet *p, const void *bytes, size_t length)
{
	CHECK(length <= sizeof(p->bytes) - p->length);
	memcpy(p->bytes + p->length, bytes, length);
	p->length += length;
}

static inline void
put8(struct packet *p, unsigned value)
{
	unsigned char byte = (unsigned char)value;

	put(p, &byte, 1);
}

static inline void
put16(struct packet *p, unsigned value)
{
	put8(p, value >> 8);
	put8(p, value & 255);
}

static inline void
put32(struct packet *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p, value & 65535);
}

static inline void
set16(struct packet *p, size_t at, unsigned value)
{
	CHECK(at + 2 <= p->length);
	p->bytes[at] = (unsigned char)(value >> 8);
	p->bytes[at + 1] = (unsigned char)value;
}

static inline unsigned
get16(const unsigned char *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* Labels and the 0 at the end. NULL: a pointer to the name of the question. */
static inline void
put_name(struct packet *p, const char *name)
{
	if (name == NULL) {
		put16(p, 0xc000 | HEAD);
		return;
	}
	while (*name != '\0') {
		size_t length = strcspn(name, ".");

		put8(p, (unsigned)length);
		put(p, name, length);
		name += length;
		name += *name == '.';
	}
	put8(p, 0);
}

/* A head and the question, as asked. */
static inline void
reply_to(struct packet *p, const struct query *q, unsigned flags)
{
	p->length = 0;
	put16(p, q->id);
	put16(p, QR | RD | RA | flags);
	put16(p, 1);
	put16(p, 0);
	put32(p, 0);
	put(p, q->question, q->question_length);
}

/* A head alone. */
static inline void
reply_bare(struct packet *p, const struct query *q, unsigned flags)
{
	reply_to(p, q, flags);
	p->length = HEAD;
	set16(p, AT_QUESTIONS, 0);
}

/* The question, in other words. */
static inline void
reply_about(struct packet *p, const struct query *q, const char *name, unsigned type,
    unsigned class_)
{
	reply_to(p, q, 0);
	p->length = HEAD;
	put_name(p, name);
	put16(p, type);
	put16(p, class_);
}

static inline void
count_one(struct packet *p, size_t section)
{
	set16(p, section, get16(p->bytes + section) + 1);
}

static inline void
add_record(struct packet *p, size_t section, const char *owner, unsigned type, uint32_t ttl,
    const void *data, size_t length)
{
	put_name(p, owner);
	put16(p, type);
	put16(p, EVDNS_CLASS_INET);
	put32(p, ttl);
	put16(p, (unsigned)length);
	put(p, data, length);
	count_one(p, section);
}

static inline void
add_a(struct packet *p, const char *owner, uint32_t ttl, const char *address)
{
	struct in_addr in;

	CHECK_INT(inet_pton(AF_INET, address, &in), 1);
	add_record(p, AT_ANSWERS, owner, EVDNS_TYPE_A, ttl, &in, 4);
}

static inline void
add_aaaa(struct packet *p, const char *owner, uint32_t ttl, const char *address)
{
	struct in6_addr in;

	CHECK_INT(inet_pton(AF_INET6, address, &in), 1);
	add_record(p, AT_ANSWERS, owner, EVDNS_TYPE_AAAA, ttl, &in, 16);
}

/* PTR and CNAME. */
static inline void
add_name(struct packet *p, const char *owner, unsigned type, uint32_t ttl, const char *name)
{
	size_t at;

	put_name(p, owner);
	put16(p, type);
	put16(p, EVDNS_CLASS_INET);
	put32(p, ttl);
	at = p->length;
	put16(p, 0);
	put_name(p, name);
	set16(p, at, (unsigned)(p->length - at - 2));
	count_one(p, AT_ANSWERS);
}

static inline void
add_cname(struct packet *p, const char *owner, uint32_t ttl, const char *name)
{
	add_name(p, owner, EVDNS_TYPE_CNAME, ttl, name);
}

static inline void
add_ptr(struct packet *p, const char *owner, uint32_t ttl, const char *name)
{
	add_name(p, owner, EVDNS_TYPE_PTR, ttl, name);
}

/* An OPT record; rcode_high are the upper eight bits of the result. */
static inline void
add_opt(struct packet *p, unsigned rcode_high)
{
	put8(p, 0);
	put16(p, TYPE_OPT);
	put16(p, 1232);
	put32(p, (uint32_t)rcode_high << 24);
	put16(p, 0);
	count_one(p, AT_MORE);
}

/* Reading. A question that is not as it should be fails the test. */

/* Returns the bytes that the name takes; text has room for any. */
static inline size_t
read_name(const unsigned char *bytes, size_t size, char *text)
{
	size_t at = 0;

	*text = '\0';
	for (;;) {
		size_t length;
		size_t i;

		CHECK(at < size);
		length = bytes[at++];
		if (length == 0)
			break;
		CHECK(length <= 63 && at + length <= size && at + length < 255);
		if (at > 1)
			*text++ = '.';
		for (i = 0; i < length; i++) {
			unsigned char c = bytes[at + i];

			text += sprintf(text, c > 32 && c < 127 ? "%c" : "\\%03d", c);
		}
		at += length;
	}
	CHECK(at <= 255);
	return at;
}

/* The OPT record with which a question ends, if it has one. */
static inline int
read_opt(const unsigned char *bytes, size_t size)
{
	CHECK(size >= 11);
	CHECK_INT(bytes[0], 0);
	CHECK_INT(get16(bytes + 1), TYPE_OPT);
	CHECK_INT(bytes[5] | bytes[6], 0);
	CHECK_INT(get16(bytes + 9) + 11, (int)size);
	return (int)get16(bytes + 3);
}

static inline void
read_query(struct query *q, const unsigned char *bytes, size_t size)
{
	size_t at;

	CHECK(size >= HEAD + 5);
	q->size = (int)size;
	q->id = get16(bytes + AT_ID);
	q->flags = get16(bytes + AT_FLAGS);
	/* A question, with recursion desired, and nothing else said. */
	CHECK_INT(q->flags, RD);
	CHECK_INT(get16(bytes + AT_QUESTIONS), 1);
	CHECK_INT(get16(bytes + AT_ANSWERS), 0);
	CHECK_INT(get16(bytes + AT_AUTHORITY), 0);
	at = HEAD + read_name(bytes + HEAD, size - HEAD, q->name);
	CHECK(at + 4 <= size);
	q->type = get16(bytes + at);
	q->class_ = get16(bytes + at + 2);
	CHECK_INT(q->class_, EVDNS_CLASS_INET);
	at += 4;
	q->question_length = at - HEAD;
	memcpy(q->question, bytes + HEAD, q->question_length);
	q->edns = -1;
	CHECK(get16(bytes + AT_MORE) <= 1);
	if (get16(bytes + AT_MORE) == 1)
		q->edns = read_opt(bytes + at, size - at);
	else
		CHECK_INT(at, (int)size);
}

#endif
