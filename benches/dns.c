/*
 * Questions to a name server, so many in flight: whenever one is answered the next is asked. Every
 * answer has to be right, and the first packet for it has to be enough.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <event.h>
#include <evdns.h>

#include "cases.h"
#include "measure.h"
#include "name_server.h"

static long asked, answered, first, last, end;
static const char *row;

static void ask(void);

static void on_answer(int result, char type, int count, int ttl, void *addresses, void *number)
{
	uint32_t address;

	(void)ttl;
	must(result == DNS_ERR_NONE && type == DNS_IPv4_A && count == 1, "an answer");
	memcpy(&address, addresses, sizeof(address));
	must(ntohl(address) == address_of((long)number), "an address");
	answered++;
	if (answered == first)
		measure_start();
	else if (answered == last)
		measure_stop_timed(row, "query", last - first);
	if (asked < end)
		ask();
	else if (answered == end)
		event_loopexit(NULL);
}

static void ask(void)
{
	char name[40];
	long number = asked++;

	snprintf(name, sizeof(name), "h%ld.bench.test", number);
	must(evdns_resolve_ipv4(name, DNS_QUERY_NO_SEARCH, on_answer, (void *)number) == 0,
	    "evdns_resolve_ipv4");
}

/* The count is a multiple of what is in flight: the server waits for no more than there are. */
static void resolve(const char *name, int in_flight, long count)
{
	int port = name_server_start(in_flight);
	struct event_base *base = event_init();
	char text[40];

	snprintf(text, sizeof(text), "127.0.0.1:%d", port);
	must(evdns_nameserver_ip_add(text) == 0, "evdns_nameserver_ip_add");
	snprintf(text, sizeof(text), "%d", in_flight);
	must(evdns_set_option("max-inflight:", text, DNS_OPTIONS_ALL) == 0, "evdns_set_option");
	asked = answered = 0;
	first = 10 * in_flight;
	last = first + count;
	end = last + in_flight;
	row = name;
	while (asked < in_flight)
		ask();
	event_dispatch();
	must(answered == end, "the questions came to an end");
	must(name_server_questions() == end, "a question was asked again");
	evdns_shutdown(0);
	event_base_free(base);
	name_server_stop();
}

void bench_dns_1(void)
{
	resolve("dns.1", 1, counting ? 640 : 30000);
}

void bench_dns_64(void)
{
	resolve("dns.64", 64, 64 * (counting ? 50 : 1000));
}

void bench_dns_256(void)
{
	resolve("dns.256", 256, 256 * (counting ? 12 : 250));
}
