/*
 * Addresses of both families at once, as getaddrinfo finds them: lists, services, hints, errors,
 * cancelled lookups (D50, D52).
 */
#include "asking.h"

#include <evhub/evdns_ext.h>

#include <netdb.h>

struct lookup {
	int calls;
	int result;
	struct addrinfo *list;
};

static void
found(int result, struct addrinfo *list, void *arg)
{
	struct lookup *lookup = arg;

	CHECK_INT(asking, 0);
	CHECK_INT(lookup->calls++, 0);
	CHECK_INT(result != 0, list == NULL);
	lookup->result = result;
	lookup->list = list;
}

static struct evdns_getaddrinfo_request *
begin_lookup(struct lookup *lookup, const char *name, const char *service,
    const struct addrinfo *hints)
{
	struct evdns_getaddrinfo_request *request;

	memset(lookup, 0, sizeof(*lookup));
	asking++;
	request = evhub_evdns_getaddrinfo(NULL, name, service, hints, found, lookup);
	asking--;
	CHECK(request != NULL);
	return request;
}

/* The list in one line: "192.0.2.1:80/s" is an address, a port, and a stream. */
static const char *
text_of_list(const struct addrinfo *ai)
{
	static char text[4096];
	size_t at = 0;

	for (text[0] = '\0'; ai != NULL; ai = ai->ai_next) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)ai->ai_addr;
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ai->ai_addr;
		int is_v4 = ai->ai_family == AF_INET;
		char address[INET6_ADDRSTRLEN];

		CHECK_INT(ai->ai_addr->sa_family, ai->ai_family);
		CHECK_INT(ai->ai_addrlen, is_v4 ? sizeof(*in) : sizeof(*in6));
		CHECK_INT(ai->ai_protocol,
		    ai->ai_socktype == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP);
		inet_ntop(ai->ai_family, is_v4 ? (const void *)&in->sin_addr : &in6->sin6_addr,
		    address, sizeof(address));
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s:%d/%c",
		    at > 0 ? " " : "", address, ntohs(in->sin_port),
		    ai->ai_socktype == SOCK_STREAM ? 's' : 'd');
	}
	return text;
}

static struct addrinfo
hints_for(int family, int kind, int flags)
{
	struct addrinfo hints;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = family;
	hints.ai_socktype = kind;
	hints.ai_flags = flags;
	return hints;
}

static void
check_list(const char *name, const char *service, const struct addrinfo *hints, const char *want)
{
	struct lookup lookup;

	begin_lookup(&lookup, name, service, hints);
	UNTIL(lookup.calls > 0);
	CHECK_INT(lookup.result, 0);
	CHECK_STR(text_of_list(lookup.list), want);
	evhub_evutil_freeaddrinfo(lookup.list);
}

static void
check_error(const char *name, const char *service, const struct addrinfo *hints, int want)
{
	struct lookup lookup;

	begin_lookup(&lookup, name, service, hints);
	UNTIL(lookup.calls > 0);
	CHECK_INT(lookup.result, want);
}

TEST(addresses_of_both_families)
{
	struct addrinfo hints = hints_for(AF_UNSPEC, SOCK_STREAM, 0);

	begin(say_good);
	check_list("www.example.org", "80", &hints, "192.0.2.1:80/s 2001:db8::1:80/s");
	CHECK_INT(server.queries, 2);
	check_list("www.example.org", NULL, NULL, "192.0.2.1:0/s 192.0.2.1:0/d "
	    "2001:db8::1:0/s 2001:db8::1:0/d");
	hints.ai_family = AF_INET;
	check_list("www.example.org", "80", &hints, "192.0.2.1:80/s");
	hints.ai_family = AF_INET6;
	hints.ai_socktype = SOCK_DGRAM;
	check_list("www.example.org", "53", &hints, "2001:db8::1:53/d");
	CHECK_INT(server.queries, 6);
	evhub_evutil_freeaddrinfo(NULL);
	finish();
}

static void
say_good_v4(struct nameserver *ns, const struct query *q)
{
	if (q->type == EVDNS_TYPE_A)
		say_good(ns, q);
	else
		say_code(ns, q, 0);
}

static void
say_good_v6(struct nameserver *ns, const struct query *q)
{
	if (q->type == EVDNS_TYPE_AAAA)
		say_good(ns, q);
	else
		say_servfail(ns, q);
}

/* One family is enough. */
TEST_ONCE(one_family_fails)
{
	struct addrinfo hints = hints_for(AF_UNSPEC, SOCK_STREAM, 0);

	begin(say_good_v4);
	check_list("www.example.org", "80", &hints, "192.0.2.1:80/s");
	server.reply = say_good_v6;
	check_list("www.example.com", "80", &hints, "2001:db8::1:80/s");
	finish();
}

TEST_ONCE(both_families_fail)
{
	begin(say_nxdomain);
	check_error("www.example.org", "80", NULL, EAI_NONAME);
	server.reply = say_servfail;
	check_error("www.example.org", "80", NULL, EAI_AGAIN);
	finish();
}

TEST_ONCE(literals_and_the_machine_itself)
{
	struct addrinfo hints = hints_for(AF_UNSPEC, SOCK_STREAM, 0);

	begin(say_good);
	check_list("127.0.0.9", "80", &hints, "127.0.0.9:80/s");
	check_list("::1", "80", &hints, "::1:80/s");
	check_list(NULL, "80", &hints, "127.0.0.1:80/s ::1:80/s");
	hints.ai_flags = AI_PASSIVE;
	check_list(NULL, "80", &hints, "0.0.0.0:80/s :::80/s");
	hints.ai_flags = AI_NUMERICHOST;
	check_list("127.0.0.9", NULL, &hints, "127.0.0.9:0/s");
	check_error("www.example.org", NULL, &hints, EAI_NONAME);
	hints = hints_for(AF_INET6, SOCK_STREAM, 0);
	check_error("127.0.0.9", NULL, &hints, EAI_NONAME);
	CHECK_INT(server.queries, 0);
	finish();
}

TEST_ONCE(arguments_that_make_no_sense)
{
	struct addrinfo hints = hints_for(AF_UNIX, 0, 0);
	char longest[400];

	begin(say_good);
	check_error("www.example.org", "80", &hints, EAI_FAMILY);
	hints = hints_for(AF_UNSPEC, 77, 0);
	check_error("www.example.org", "80", &hints, EAI_SOCKTYPE);
	check_error(NULL, NULL, NULL, EAI_NONAME);
	hints = hints_for(AF_UNSPEC, SOCK_STREAM, AI_NUMERICSERV);
	check_error("127.0.0.1", "http", &hints, EAI_NONAME);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	check_error(longest, NULL, NULL, EAI_NONAME);
	check_error("a..b", NULL, NULL, EAI_NONAME);
	CHECK_INT(server.queries, 0);
	capture_log();
	CHECK_PTR(evhub_evdns_getaddrinfo(NULL, "x", NULL, NULL, NULL, NULL), NULL);
	finish();
}

/* Streams by a protocol of datagrams there are none: an error, and no empty list. */
TEST_ONCE(hints_that_nothing_fits)
{
	struct addrinfo hints = hints_for(AF_UNSPEC, SOCK_STREAM, 0);
	struct lookup lookup;

	begin(say_good);
	hints.ai_protocol = IPPROTO_UDP;
	begin_lookup(&lookup, "www.example.org", "80", &hints);
	UNTIL(lookup.calls > 0);
	CHECK(lookup.result != 0);
	finish();
}

static void
say_alias(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	reply_to(&p, q, 0);
	add_cname(&p, NULL, 60, "real.example");
	if (q->type == EVDNS_TYPE_A)
		add_a(&p, "real.example", 60, "192.0.2.1");
	say(ns, q, &p);
}

TEST_ONCE(canonical_names)
{
	struct addrinfo hints = hints_for(AF_INET, SOCK_STREAM, AI_CANONNAME);
	struct lookup lookup;

	begin(say_alias);
	begin_lookup(&lookup, "www.example.org", NULL, &hints);
	UNTIL(lookup.calls > 0);
	CHECK_INT(lookup.result, 0);
	CHECK_STR(lookup.list->ai_canonname, "real.example");
	evhub_evutil_freeaddrinfo(lookup.list);
	begin_lookup(&lookup, "127.0.0.1", NULL, &hints);
	UNTIL(lookup.calls > 0);
	CHECK_STR(lookup.list->ai_canonname, "127.0.0.1");
	evhub_evutil_freeaddrinfo(lookup.list);
	finish();
}

/* The ends */

TEST(cancelled)
{
	struct evdns_getaddrinfo_request *request;
	struct lookup first;
	struct lookup other;

	begin(NULL);
	request = begin_lookup(&first, "first.example", "80", NULL);
	begin_lookup(&other, "other.example", "80", NULL);
	UNTIL(server.queries == 4);
	asking++;
	evhub_evdns_getaddrinfo_cancel(request);
	evhub_evdns_getaddrinfo_cancel(NULL);
	asking--;
	UNTIL(first.calls > 0);
	CHECK_INT(first.result, EVUTIL_EAI_CANCEL);
	CHECK_INT(other.calls, 0);
	for (int i = 0; i < 4; i++)
		say_good(&server, asked(&server, i));
	UNTIL(other.calls > 0);
	CHECK_INT(other.result, 0);
	evhub_evutil_freeaddrinfo(other.list);
	CHECK_INT(first.calls, 1);
	finish();
}

/* With one of the two answers there. */
TEST_ONCE(cancelled_half_way)
{
	struct evdns_getaddrinfo_request *request;
	struct lookup lookup;

	begin(NULL);
	request = begin_lookup(&lookup, "www.example.org", "80", NULL);
	UNTIL(server.queries == 2);
	say_good(&server, asked(&server, 0));
	rounds();
	CHECK_INT(lookup.calls, 0);
	evhub_evdns_getaddrinfo_cancel(request);
	UNTIL(lookup.calls > 0);
	CHECK_INT(lookup.result, EVUTIL_EAI_CANCEL);
	say_good(&server, asked(&server, 1));
	rounds();
	CHECK_INT(lookup.calls, 1);
	evhub_evdns_getaddrinfo_cancel(request);
	finish();
}

TEST(shut_down)
{
	struct lookup lookups[3];

	begin(NULL);
	begin_lookup(&lookups[0], "www.example.org", "80", NULL);
	begin_lookup(&lookups[1], "www.example.com", "80", NULL);
	UNTIL(server.queries == 4);
	say_good(&server, asked(&server, 0));
	rounds();
	begin_lookup(&lookups[2], "www.example.net", "80", NULL);
	evdns_shutdown(1);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(lookups[i].calls, 1);
		CHECK_INT(lookups[i].result, EVUTIL_EAI_CANCEL);
	}
	finish();
}

TEST_ONCE(shut_down_silently)
{
	struct lookup lookup;

	begin(NULL);
	begin_lookup(&lookup, "www.example.org", "80", NULL);
	UNTIL(server.queries == 2);
	say_good(&server, asked(&server, 0));
	rounds();
	evdns_shutdown(0);
	rounds();
	CHECK_INT(lookup.calls, 0);
	finish();
}

TEST_ONCE(searching)
{
	struct addrinfo hints = hints_for(AF_UNSPEC, SOCK_STREAM, 0);

	begin(say_good);
	evdns_search_add("one.example");
	check_list("www", "80", &hints, "192.0.2.1:80/s 2001:db8::1:80/s");
	CHECK_STR(last_asked(&server)->name, "www.one.example");
	CHECK_INT(server.queries, 2);
	finish();
}
