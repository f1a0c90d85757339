/* A program that was written for libevent 2: its names are macros here. */
#include "asking.h"

#include <evhub/evdns_ext.h>

#include <netdb.h>

static int lookups;

static void
found(int result, struct evutil_addrinfo *list, void *arg)
{
	const struct sockaddr_in *in;

	lookups++;
	CHECK_INT(result, *(int *)arg);
	if (result != 0)
		return;
	in = (const struct sockaddr_in *)list->ai_addr;
	CHECK_INT(ntohl(in->sin_addr.s_addr), 0xc0000201);
	CHECK_INT(ntohs(in->sin_port), 443);
	evutil_freeaddrinfo(list);
}

static struct evdns_base *base;

static void
make_base(void)
{
	struct sockaddr_storage address;
	socklen_t length;

	base = evdns_base_new(current_base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	CHECK(base != NULL);
	CHECK_INT(evdns_base_nameserver_ip_add(base, server.text), 0);
	CHECK_INT(evdns_base_nameserver_add(base, htonl(0x7f000003)), 0);
	length = make_address(&address, "127.0.0.2", 5301);
	CHECK_INT(evdns_base_nameserver_sockaddr_add(base, (struct sockaddr *)&address, length, 0),
	    0);
	CHECK_INT(evdns_base_count_nameservers(base), 3);
	CHECK_INT(evdns_base_clear_nameservers_and_suspend(base), 0);
	CHECK_INT(evdns_base_nameserver_ip_add(base, server.text), 0);
	CHECK_INT(evdns_base_resume(base), 0);
	CHECK_INT(evdns_base_set_option(base, "timeout:", "2"), 0);
	CHECK_INT(evdns_base_resolv_conf_parse(base, DNS_OPTION_SEARCH, "/nowhere/file"), 1);
	CHECK_ERRNO(evdns_base_load_hosts(base, "/nowhere/file"), ENOENT);
	evdns_base_search_clear(base);
	evdns_base_search_add(base, "example");
	evdns_base_search_ndots_set(base, 1);
}

static void
ask_all(struct answer answers[4])
{
	struct in_addr in = { htonl(0xc0000207) };
	struct in6_addr in6 = { { { 0x20, 1 } } };

	memset(answers, 0, 4 * sizeof(*answers));
	CHECK(evdns_base_resolve_ipv4(base, "www", 0, answered, &answers[0]) != NULL);
	CHECK(evdns_base_resolve_ipv6(base, "www", 0, answered, &answers[1]) != NULL);
	CHECK(evdns_base_resolve_reverse(base, &in, 0, answered, &answers[2]) != NULL);
	CHECK(evdns_base_resolve_reverse_ipv6(base, &in6, 0, answered, &answers[3]) != NULL);
}

TEST(a_program_for_libevent_2)
{
	struct evutil_addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	struct evdns_getaddrinfo_request *lookup;
	struct evdns_request *request;
	struct answer answers[4], cancelled = { 0 };
	int good = 0, bad = EVUTIL_EAI_CANCEL;
	int i;

	init_base();
	open_nameserver(&server, "127.0.0.1", say_good);
	make_base();
	ask_all(answers);
	request = evdns_base_resolve_ipv4(base, "gone", 0, answered, &cancelled);
	evdns_cancel_request(base, request);
	CHECK(evdns_getaddrinfo(base, "www", "443", &hints, found, &good) != NULL);
	lookup = evdns_getaddrinfo(base, "gone", "443", &hints, found, &bad);
	evdns_getaddrinfo_cancel(lookup);
	UNTIL(cancelled.calls > 0 && lookups == 2);
	CHECK_ERROR(&cancelled, DNS_ERR_CANCEL);
	for (i = 0; i < 4; i++) {
		UNTIL(answers[i].calls > 0);
		CHECK_INT(answers[i].result, DNS_ERR_NONE);
	}
	close_nameserver(&server);
	/* A resolver without questions does not keep the loop running. */
	CHECK_INT(event_dispatch(), 1);
	evdns_base_free(base, 0);
	event_base_free(current_base);
}
