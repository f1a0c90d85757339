/*
 * More of lookups of addresses: scopes, services, protocols, flags, long lists, names of the hosts
 * file, and which error is which (D50).
 */
#include "files.h"

#include <evhub/evdns_ext.h>

#include <net/if.h>
#include <netdb.h>

enum { MOST = 32 };

static struct addrinfo *list;
static int calls;
static int result;

static void
found(int error, struct addrinfo *addresses, void *arg)
{
	(void)arg;
	CHECK_INT(asking, 0);
	CHECK_INT(calls++, 0);
	CHECK_INT(error != 0, addresses == NULL);
	result = error;
	list = addresses;
}

static int
look_up(const char *name, const char *service, int family, int kind, int flags)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = kind, .ai_flags = flags };

	calls = 0;
	asking++;
	CHECK(evhub_evdns_getaddrinfo(NULL, name, service, &hints, found, NULL) != NULL);
	CHECK_INT(calls, 0);
	asking--;
	UNTIL(calls > 0);
	return result;
}

/* Of one entry. */
static int
port(const struct addrinfo *ai)
{
	return ntohs(((const struct sockaddr_in *)ai->ai_addr)->sin_port);
}

static int
entries(void)
{
	const struct addrinfo *ai;
	int count = 0;

	for (ai = list; ai != NULL; ai = ai->ai_next)
		count++;
	return count;
}

#define CHECK_PORT(service, kind, want)                                         \
	do {                                                                    \
		CHECK_INT(look_up("127.0.0.1", (service), AF_UNSPEC, (kind), 0), 0);    \
		CHECK_INT(entries(), (kind) == 0 ? 2 : 1);                      \
		CHECK_INT(port(list), (want));                                  \
		evhub_evutil_freeaddrinfo(list);                                \
	} while (0)

TEST_ONCE(services)
{
	begin(NULL);
	CHECK_PORT("http", SOCK_STREAM, 80);
	CHECK_PORT("domain", SOCK_DGRAM, 53);
	CHECK_PORT("domain", 0, 53);
	CHECK_PORT("0", 0, 0);
	CHECK_PORT("65535", SOCK_STREAM, 65535);
	CHECK_INT(look_up("127.0.0.1", "no-such-service", AF_UNSPEC, 0, 0), EAI_SERVICE);
	CHECK_INT(look_up("127.0.0.1", "http", AF_UNSPEC, SOCK_DGRAM, 0), EAI_SERVICE);
	CHECK_INT(look_up("www.example", "no-such-service", AF_UNSPEC, 0, 0), EAI_SERVICE);
	CHECK_INT(server.queries, 0);
	finish();
}

TEST_ONCE(an_interface_of_an_address)
{
	const struct sockaddr_in6 *in6;

	begin(say_good);
	CHECK_INT(look_up("fe80::1%lo", "80", AF_UNSPEC, SOCK_STREAM, 0), 0);
	in6 = (const struct sockaddr_in6 *)list->ai_addr;
	CHECK_INT(in6->sin6_family, AF_INET6);
	CHECK_INT(in6->sin6_scope_id, if_nametoindex("lo"));
	CHECK_INT(ntohs(in6->sin6_port), 80);
	evhub_evutil_freeaddrinfo(list);
	CHECK_INT(look_up("fe80::1%7", "80", AF_INET6, SOCK_STREAM, AI_NUMERICHOST), 0);
	in6 = (const struct sockaddr_in6 *)list->ai_addr;
	CHECK_INT(in6->sin6_scope_id, 7);
	evhub_evutil_freeaddrinfo(list);
	CHECK_INT(look_up("fe80::1%lo", "80", AF_INET, SOCK_STREAM, 0), EAI_NONAME);
	CHECK_INT(look_up("fe80::1%nowhere", "80", AF_UNSPEC, SOCK_STREAM, AI_NUMERICHOST),
	    EAI_NONAME);
	CHECK_INT(server.queries, 0);
	finish();
}

TEST_ONCE(protocols)
{
	static const struct {
		int kind;
		int protocol;
		int count;
	} cases[] = {
		{ 0, 0, 2 }, { 0, IPPROTO_TCP, 1 }, { 0, IPPROTO_UDP, 1 },
		{ SOCK_STREAM, 0, 1 }, { SOCK_STREAM, IPPROTO_TCP, 1 },
		{ SOCK_DGRAM, IPPROTO_UDP, 1 },
	};
	size_t i;

	begin(NULL);
	for (i = 0; i < COUNT(cases); i++) {
		struct addrinfo hints = { .ai_socktype = cases[i].kind,
			.ai_protocol = cases[i].protocol };

		calls = 0;
		CHECK(evhub_evdns_getaddrinfo(NULL, "127.0.0.1", NULL, &hints, found, NULL) !=
		    NULL);
		UNTIL(calls > 0);
		CHECK_INT(result, 0);
		CHECK_INT(entries(), cases[i].count);
		CHECK(cases[i].protocol == 0 || list->ai_protocol == cases[i].protocol);
		evhub_evutil_freeaddrinfo(list);
	}
	finish();
}

static void
say_many(struct nameserver *ns, const struct query *q)
{
	struct packet p;
	int i;

	reply_to(&p, q, 0);
	for (i = 0; i < 2 * MOST; i++)
		if (q->type == EVDNS_TYPE_A)
			add_a(&p, NULL, 60, "192.0.2.1");
		else
			add_aaaa(&p, NULL, 60, "2001:db8::1");
	say(ns, q, &p);
}

/* IPv4 first, and of each family as many as fit into an answer. */
TEST(long_lists)
{
	struct addrinfo *ai;
	int count = 0;

	begin(say_many);
	CHECK_INT(look_up("www.example", "80", AF_UNSPEC, SOCK_STREAM, 0), 0);
	CHECK_INT(entries(), 2 * MOST);
	for (ai = list; ai != NULL; ai = ai->ai_next)
		CHECK_INT(ai->ai_family, count++ < MOST ? AF_INET : AF_INET6);
	evhub_evutil_freeaddrinfo(list);
	CHECK_INT(look_up("www.example", "80", AF_INET6, 0, 0), 0);
	CHECK_INT(entries(), 2 * MOST);
	evhub_evutil_freeaddrinfo(list);
	finish();
}

static void
say_alias(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	reply_to(&p, q, 0);
	add_cname(&p, NULL, 60, "Real.example");
	if (q->type == EVDNS_TYPE_AAAA)
		add_aaaa(&p, "real.Example", 60, "2001:db8::1");
	say(ns, q, &p);
}

/* The first entry alone has the name, whichever family it is of. */
TEST_ONCE(the_name_of_the_first)
{
	begin(say_alias);
	CHECK_INT(look_up("www.example", NULL, AF_UNSPEC, 0, AI_CANONNAME), 0);
	CHECK_INT(list->ai_family, AF_INET6);
	CHECK_STR(list->ai_canonname, "Real.example");
	CHECK_PTR(list->ai_next->ai_canonname, NULL);
	evhub_evutil_freeaddrinfo(list);
	CHECK_INT(look_up("www.example", NULL, AF_UNSPEC, 0, 0), 0);
	CHECK_PTR(list->ai_canonname, NULL);
	evhub_evutil_freeaddrinfo(list);
	server.reply = say_good;
	CHECK_INT(look_up("www.example.org", NULL, AF_INET, 0, AI_CANONNAME), 0);
	CHECK_STR(list->ai_canonname, "www.example.org");
	evhub_evutil_freeaddrinfo(list);
	CHECK_INT(look_up(NULL, "80", AF_INET, 0, AI_CANONNAME), EAI_BADFLAGS);
	finish();
}

TEST_ONCE(names_of_the_hosts_file)
{
	begin(NULL);
	write_file("192.0.2.7 box.example\n2001:db8::7 box.example six.example\n");
	CHECK_INT(evhub_evdns_base_load_hosts(NULL, path), 0);
	CHECK_INT(look_up("box.example", "80", AF_UNSPEC, SOCK_STREAM, AI_CANONNAME), 0);
	CHECK_INT(entries(), 2);
	CHECK_INT(list->ai_family, AF_INET);
	CHECK_INT(list->ai_next->ai_family, AF_INET6);
	CHECK_STR(list->ai_canonname, "box.example");
	evhub_evutil_freeaddrinfo(list);
	CHECK_INT(look_up("SIX.example.", "80", AF_INET6, SOCK_STREAM, 0), 0);
	CHECK_INT(entries(), 1);
	evhub_evutil_freeaddrinfo(list);
	CHECK_INT(server.queries, 0);
	finish();
}

static void
say_formerr(struct nameserver *ns, const struct query *q)
{
	say_code(ns, q, FORMERR);
}

static void
say_nothing(struct nameserver *ns, const struct query *q)
{
	say_code(ns, q, 0);
}

TEST_ONCE(errors_of_servers)
{
	static const struct {
		reply_function reply;
		int error;
	} cases[] = {
		{ say_nxdomain, EAI_NONAME }, { say_nothing, EAI_NONAME },
		{ say_servfail, EAI_AGAIN }, { say_formerr, EAI_FAIL }, { say_refused, EAI_FAIL },
	};
	size_t i;

	begin(NULL);
	for (i = 0; i < COUNT(cases); i++) {
		server.reply = cases[i].reply;
		CHECK_INT(look_up("www.example", "80", AF_UNSPEC, 0, 0), cases[i].error);
		CHECK_INT(look_up("www.example", "80", AF_INET6, 0, 0), cases[i].error);
	}
	finish();
}

TEST_ONCE(no_answer_at_all)
{
	begin(NULL);
	be_quick();
	CHECK_INT(evdns_set_option("attempts:", "1", DNS_OPTIONS_ALL), 0);
	CHECK_INT(look_up("www.example", "80", AF_UNSPEC, 0, 0), EAI_AGAIN);
	finish();
}

/* The IPv4 name does not exist, the server cannot say it of the other: try again. */
static void
say_half_an_error(struct nameserver *ns, const struct query *q)
{
	if (q->type == (unsigned)ns->answers)
		say_nxdomain(ns, q);
	else
		say_servfail(ns, q);
}

TEST_ONCE(two_errors)
{
	begin(say_half_an_error);
	server.answers = EVDNS_TYPE_A;
	CHECK_INT(look_up("www.example", "80", AF_UNSPEC, 0, 0), EAI_AGAIN);
	server.answers = EVDNS_TYPE_AAAA;
	CHECK_INT(look_up("www.example", "80", AF_UNSPEC, 0, 0), EAI_AGAIN);
	finish();
}

/* What looks like an address and is none is no name either. */
TEST_ONCE(an_interface_that_there_is_not)
{
	begin(say_good);
	CHECK_INT(look_up("fe80::1%nosuchinterface", "80", AF_UNSPEC, 0, 0), EAI_NONAME);
	CHECK_INT(server.queries, 0);
	finish();
}
