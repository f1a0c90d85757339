/* Packets made by hand, and read so: nothing of the library's is used for either. */
#ifndef EVHUB_CTESTS_DNS_PACKET_H
#define EVHUB_CTESTS_DNS_PACKET_H

#include "harness.h"

#include <evdns.h>

#define HELPER __attribute__((unused)) static

enum {
	PACKET_MAX = 65535,
	HEAD = 12,
	RD = 0x0100, CD = 0x0010, AA = 0x0400, TC = 0x0200, RA = 0x0080, QR = 0x8000,
	FORMERR = 1, NOTIMP = 4, BADVERS = 16,
	TYPE_OPT = 41,
	LIMIT_MS = 10000,
};

/* Packets that are written. */

struct packet {
	size_t n;
	unsigned char b[PACKET_MAX + 2];
};

HELPER void
put_bytes(struct packet *p, const void *bytes, size_t n)
{
	CHECK(p->n + n <= sizeof(p->b));
	memcpy(p->b + p->n, bytes, n);
	p->n += n;
}

HELPER void
put16(struct packet *p, unsigned value)
{
	unsigned char bytes[2] = { (unsigned char)(value >> 8), (unsigned char)value };

	put_bytes(p, bytes, 2);
}

HELPER void
put32(struct packet *p, unsigned value)
{
	put16(p, value >> 16);
	put16(p, value & 0xffff);
}

/* Labels from text with dots; "" is the root. */
HELPER void
put_name(struct packet *p, const char *name)
{
	while (*name != '\0') {
		size_t n = strcspn(name, ".");
		unsigned char length = (unsigned char)n;

		CHECK(n > 0 && n < 64);
		put_bytes(p, &length, 1);
		put_bytes(p, name, n);
		name += n + (name[n] == '.');
	}
	put_bytes(p, "", 1);
}

HELPER void
put_head(struct packet *p, unsigned id, unsigned flags, unsigned questions, unsigned answers,
    unsigned authorities, unsigned additional)
{
	p->n = 0;
	put16(p, id);
	put16(p, flags);
	put16(p, questions);
	put16(p, answers);
	put16(p, authorities);
	put16(p, additional);
}

HELPER void
put_question(struct packet *p, const char *name, unsigned type, unsigned class)
{
	put_name(p, name);
	put16(p, type);
	put16(p, class);
}

/* A record with an owner of its own. */
HELPER void
put_record(struct packet *p, const char *owner, unsigned type, unsigned class, unsigned ttl,
    const void *data, size_t n)
{
	put_question(p, owner, type, class);
	put32(p, ttl);
	put16(p, (unsigned)n);
	put_bytes(p, data, n);
}

HELPER void
put_opt(struct packet *p, unsigned size, unsigned version)
{
	put_record(p, "", TYPE_OPT, size, version << 16, NULL, 0);
}

/* A plain question. */
HELPER struct packet *
query(const char *name, unsigned type)
{
	static struct packet p;

	put_head(&p, 0x1234, RD, 1, 0, 0, 0);
	put_question(&p, name, type, EVDNS_CLASS_INET);
	return &p;
}

/* The same of a client that takes so many bytes. */
HELPER struct packet *
edns_query(const char *name, unsigned type, unsigned size)
{
	struct packet *p = query(name, type);

	p->b[11] = 1;
	put_opt(p, size, 0);
	return p;
}

/* Packets that are read. */

struct reply {
	size_t n;
	unsigned char b[PACKET_MAX + 2];
	size_t at;		/* where the reader is */
};

struct record {
	char name[1100];
	unsigned type, class, ttl, n;
	const unsigned char *data;
	size_t data_at;
};

HELPER unsigned
peek16(const struct reply *r, size_t at)
{
	CHECK(at + 2 <= r->n);
	return (unsigned)r->b[at] << 8 | r->b[at + 1];
}

HELPER unsigned
get16(struct reply *r)
{
	r->at += 2;
	return peek16(r, r->at - 2);
}

/* Reads the name at a place; returns where it ends there. Pointers may only lead back. */
HELPER size_t
read_name(const struct reply *r, size_t at, char name[1100])
{
	size_t end = 0, least = at, n = 0;

	for (;;) {
		unsigned length;

		CHECK(at < r->n);
		length = r->b[at];
		if (length >= 0xc0) {
			size_t to = peek16(r, at) & 0x3fff;

			end = end == 0 ? at + 2 : end;
			CHECK(to < least);
			least = at = to;
			continue;
		}
		CHECK(length < 64 && at + 1 + length <= r->n);
		at += 1;
		if (length == 0)
			break;
		if (n > 0)
			name[n++] = '.';
		memcpy(name + n, r->b + at, length);
		n += length;
		at += length;
		CHECK(n < 1000);
	}
	name[n] = '\0';
	return end == 0 ? at : end;
}

HELPER struct record
get_record(struct reply *r)
{
	struct record found;

	r->at = read_name(r, r->at, found.name);
	found.type = get16(r);
	found.class = get16(r);
	found.ttl = get16(r) << 16;
	found.ttl |= get16(r);
	found.n = get16(r);
	found.data = r->b + r->at;
	found.data_at = r->at;
	r->at += found.n;
	CHECK(r->at <= r->n);
	return found;
}

/* Goes behind the question, which is that of the query, byte by byte. */
HELPER void
check_question(struct reply *r, const struct packet *asked)
{
	char name[1100];
	size_t end;

	CHECK(r->n >= HEAD);
	CHECK_INT(peek16(r, 0), asked->b[0] << 8 | asked->b[1]);
	CHECK_INT(peek16(r, 4), 1);
	end = read_name(r, HEAD, name) + 4;
	CHECK(end <= r->n && end <= asked->n);
	CHECK(memcmp(r->b + HEAD, asked->b + HEAD, end - HEAD) == 0);
	r->at = end;
}

HELPER unsigned
flags_of(const struct reply *r)
{
	return peek16(r, 2);
}

HELPER unsigned
count_of(const struct reply *r, int section)
{
	return peek16(r, (size_t)(6 + 2 * section));
}

/* A head and nothing else, with that result. */
HELPER void
check_refused(const struct reply *r, unsigned flags, unsigned result)
{
	CHECK_INT(r->n, HEAD);
	CHECK_INT(flags_of(r), QR | flags | result);
	CHECK_INT(peek16(r, 4) + peek16(r, 6) + peek16(r, 8) + peek16(r, 10), 0);
}

#endif
