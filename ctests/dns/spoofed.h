/*
 * A question that waits, packets that are no answer to it, and then the genuine one: what the
 * tests of lies share.
 */
#ifndef EVHUB_CTESTS_DNS_SPOOFED_H
#define EVHUB_CTESTS_DNS_SPOOFED_H

#include "asking.h"

/* The forger's address, which nobody may be told. */
#define FORGED "203.0.113.66"

typedef void (*spoof_function)(struct packet *, const struct query *);

/* A question that the name server has and does not answer. */
static inline struct query
pending_query(struct answer *a)
{
	int before = server.queries;

	memset(a, 0, sizeof(*a));
	server.reply = NULL;
	ask4(a, "www.example.org");
	UNTIL(server.queries == before + 1);
	return *last_asked(&server);
}

static inline void
still_pending(const struct answer *a, int queries)
{
	rounds();
	CHECK_INT(a->calls, 0);
	CHECK_INT(server.queries, queries);
}

/* It still waits, it was not sent again, and takes the genuine answer. */
static inline void
check_pending(struct answer *a, const struct query *q, int queries)
{
	still_pending(a, queries);
	say_good(&server, q);
	UNTIL(a->calls > 0);
	CHECK_ADDRESS(a, "192.0.2.1");
	CHECK_INT(a->ttl, 300);
}

static inline void
check_ignored(spoof_function spoof)
{
	struct answer a;
	struct packet p;
	struct query q = pending_query(&a);
	int queries = server.queries;

	spoof(&p, &q);
	say(&server, &q, &p);
	check_pending(&a, &q, queries);
}

/* A head and the question, and where the answers are to begin. */
static inline void
reply_with_forgery(struct packet *p, const struct query *q)
{
	reply_to(p, q, 0);
	add_a(p, NULL, 5, FORGED);
}

#endif
