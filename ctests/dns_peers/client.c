/*
 * Asks a name server, all questions at once: `client ADDRESS:PORT [TYPE NAME]...`. The types are a,
 * aaaa and ptr. Prints a line for each, in their order: the result's number, how long it holds, and
 * the data. tests/dns_peers.rs has it ask servers of others.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <event.h>

#include <evdns.h>
#include <evhub/evdns_ext.h>

enum { QUESTIONS = 64, LINE = 2048 };

static char lines[QUESTIONS][LINE];
static int left;

static void
must(int holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "client: %s\n", what);
		exit(1);
	}
}

static void
answered(int result, char type, int count, int ttl, void *addresses, void *line)
{
	char *text = line, address[INET6_ADDRSTRLEN];
	int i, family = type == DNS_IPv4_A ? AF_INET : AF_INET6;
	size_t size = type == DNS_IPv4_A ? 4 : 16;

	text += sprintf(text, "%d %d", result, ttl);
	for (i = 0; i < count; i++) {
		const char *data = type == DNS_PTR ? *(char **)addresses :
		    inet_ntop(family, (char *)addresses + size * i, address, sizeof(address));

		must(text - (char *)line + strlen(data) + 2 < LINE, "a line is too long");
		text += sprintf(text, " %s", data);
	}
	if (--left == 0)
		event_loopexit(NULL);
}

static int
ask_reverse(const char *name, char *line)
{
	struct in_addr in;
	struct in6_addr in6;

	if (inet_pton(AF_INET, name, &in) == 1)
		return evdns_resolve_reverse(&in, 0, answered, line);
	must(inet_pton(AF_INET6, name, &in6) == 1, name);
	return evdns_resolve_reverse_ipv6(&in6, 0, answered, line);
}

static void
ask(const char *type, const char *name, char *line)
{
	int result;

	if (strcmp(type, "a") == 0)
		result = evdns_resolve_ipv4(name, DNS_QUERY_NO_SEARCH, answered, line);
	else if (strcmp(type, "aaaa") == 0)
		result = evdns_resolve_ipv6(name, DNS_QUERY_NO_SEARCH, answered, line);
	else
		result = ask_reverse(name, line);
	must(result == 0, name);
	left++;
}

int
main(int argc, char **argv)
{
	struct event_base *base = event_init();
	int i;

	alarm(60);
	must(argc >= 4 && argc % 2 == 0 && argc / 2 - 1 <= QUESTIONS, "usage: [TYPE NAME]...");
	must(evhub_evdns_base_nameserver_ip_add(NULL, argv[1]) == 0, argv[1]);
	for (i = 2; i < argc; i += 2)
		ask(argv[i], argv[i + 1], lines[i / 2 - 1]);
	event_dispatch();
	for (i = 0; i < argc / 2 - 1; i++)
		puts(lines[i]);
	evdns_shutdown(0);
	must(event_dispatch() == 1, "something is left in the loop");
	event_base_free(base);
	return 0;
}
