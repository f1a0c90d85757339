/*
 * What the tests of asking share: answers that are written down, and a resolver with one name
 * server, the tests' own, so that nothing ever leaves the machine.
 */
#ifndef EVHUB_CTESTS_DNS_ASKING_H
#define EVHUB_CTESTS_DNS_ASKING_H

#include "nameserver.h"

struct answer {
	int calls;
	int result;
	int type;
	int count;
	int ttl;
	int is_null;			/* there were no addresses */
	unsigned char bytes[32 * 16];
	char name[1025];		/* of a PTR record */
	int64_t at_ns;
	void (*then)(struct answer *);	/* called last, from the callback; may be NULL */
	void *arg;
};

/* Set while a function runs that must not call back. */
static int asking;

static inline void
answered(int result, char type, int count, int ttl, void *addresses, void *arg)
{
	struct answer *a = arg;

	CHECK_INT(asking, 0);
	a->calls++;
	a->result = result;
	a->type = type;
	a->count = count;
	a->ttl = ttl;
	a->is_null = addresses == NULL;
	a->at_ns = now_ns();
	if (type == DNS_IPv4_A || type == DNS_IPv6_AAAA) {
		CHECK(count >= 1 && count <= 32);
		memcpy(a->bytes, addresses, (size_t)count * (type == DNS_IPv4_A ? 4 : 16));
	} else if (type == DNS_PTR) {
		CHECK_INT(count, 1);
		snprintf(a->name, sizeof(a->name), "%s", *(char **)addresses);
	}
	if (a->then != NULL)
		a->then(a);
}

/* The calls, none of which may call back. */

static inline int
try4(struct answer *a, const char *name, int flags)
{
	int result;

	asking++;
	result = evdns_resolve_ipv4(name, flags, answered, a);
	asking--;
	return result;
}

static inline int
try6(struct answer *a, const char *name, int flags)
{
	int result;

	asking++;
	result = evdns_resolve_ipv6(name, flags, answered, a);
	asking--;
	return result;
}

static inline void
ask4(struct answer *a, const char *name)
{
	CHECK_INT(try4(a, name, 0), 0);
}

static inline void
ask6(struct answer *a, const char *name)
{
	CHECK_INT(try6(a, name, 0), 0);
}

/* PTR, of an address of either family. */
static inline void
ask_reverse(struct answer *a, const char *address)
{
	struct in_addr in;
	struct in6_addr in6;
	int result;

	asking++;
	if (inet_pton(AF_INET, address, &in) == 1) {
		result = evdns_resolve_reverse(&in, 0, answered, a);
	} else {
		CHECK_INT(inet_pton(AF_INET6, address, &in6), 1);
		result = evdns_resolve_reverse_ipv6(&in6, 0, answered, a);
	}
	asking--;
	CHECK_INT(result, 0);
}

/* Looking at answers */

static inline const char *
address_of(const struct answer *a, int number)
{
	static char text[INET6_ADDRSTRLEN];
	int is_v4 = a->type == DNS_IPv4_A;

	CHECK(number < a->count);
	CHECK(inet_ntop(is_v4 ? AF_INET : AF_INET6, a->bytes + number * (is_v4 ? 4 : 16), text,
	    sizeof(text)) != NULL);
	return text;
}

#define CHECK_ADDRESS(a, want)                                                  \
	do {                                                                    \
		CHECK_INT((a)->calls, 1);                                       \
		CHECK_INT((a)->result, DNS_ERR_NONE);                           \
		CHECK_INT((a)->count, 1);                                       \
		CHECK_STR(address_of((a), 0), (want));                          \
	} while (0)

/* Called once, with an error and nothing else. */
#define CHECK_ERROR(a, want)                                                    \
	do {                                                                    \
		CHECK_INT((a)->calls, 1);                                       \
		CHECK_INT((a)->result, (want));                                 \
		CHECK_INT((a)->type, 0);                                        \
		CHECK_INT((a)->count, 0);                                       \
		CHECK_INT((a)->ttl, 0);                                         \
		CHECK_INT((a)->is_null, 1);                                     \
	} while (0)

/* Loops */

static inline void
too_late(int fd, short what, void *text)
{
	(void)fd;
	(void)what;
	test_fail(__FILE__, __LINE__, "it never came: %s", (const char *)text);
}

static inline void
set_limit(struct event *limit, const char *text)
{
	evtimer_set(limit, too_late, (void *)text);
	CHECK_INT(add_ms(limit, (long)(40000 * time_factor())), 0);
}

/* Rounds of current_base's loop till something holds; the test fails if that takes too long. */
#define UNTIL(condition)                                                        \
	do {                                                                    \
		struct event limit_;                                            \
                                                                                \
		set_limit(&limit_, #condition);                                 \
		while (!(condition))                                            \
			CHECK_INT(event_loop(EVLOOP_ONCE), 0);                  \
		event_del(&limit_);                                             \
	} while (0)

/* A few rounds, in which all that is there to be done is done. */
static inline void
rounds(void)
{
	int i;

	for (i = 0; i < 8; i++)
		CHECK(event_loop(EVLOOP_NONBLOCK) >= 0);
}

/* Lets time pass in the loop. */
static inline void
loop_for_ms(long ms)
{
	CHECK_INT(exit_after_ms(current_base, ms), 0);
	CHECK_INT(event_dispatch(), 0);
}

/* Beginning and ending */

static struct nameserver server;

static inline void
use_nameserver(const struct nameserver *one)
{
	CHECK_INT(evdns_nameserver_ip_add(one->text), 0);
}

/* A base, the name server at 127.0.0.1, and it alone is known. */
static inline void
begin(reply_function reply)
{
	init_base();
	open_nameserver(&server, "127.0.0.1", reply);
	use_nameserver(&server);
	CHECK_INT(evdns_count_nameservers(), 1);
}

/* All ends, and then nothing of the resolver is left in the loop. */
static inline void
finish(void)
{
	evdns_shutdown(0);
	close_nameserver(&server);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(current_base);
}

/* Timeouts of one second, the shortest that there are. */
static inline void
be_quick(void)
{
	CHECK_INT(evdns_set_option("timeout:", "1", DNS_OPTIONS_ALL), 0);
}

/* One question, all the way. */
static inline void
resolve4(struct answer *a, const char *name)
{
	memset(a, 0, sizeof(*a));
	ask4(a, name);
	UNTIL(a->calls > 0);
}

static inline void
resolve6(struct answer *a, const char *name)
{
	memset(a, 0, sizeof(*a));
	ask6(a, name);
	UNTIL(a->calls > 0);
}

static inline void
resolve_reverse(struct answer *a, const char *address)
{
	memset(a, 0, sizeof(*a));
	ask_reverse(a, address);
	UNTIL(a->calls > 0);
}

#endif
