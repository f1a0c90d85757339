/*
 * A name server for one zone, example.org, on a free port of loopback, UDP and TCP. It prints the
 * port and ends when its standard input does. tests/dig.rs asks it with dig.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <event.h>

#include <evdns.h>

enum { AA = 0x0400, RA = 0x0080, MANY = 60 };

static void
must(int holds, const char *what)
{
	if (!holds) {
		perror(what);
		exit(1);
	}
}

static void
add_addresses(struct evdns_server_request *req, const char *name, int n)
{
	unsigned char addresses[MANY][4];
	int i;

	for (i = 0; i < n; i++) {
		const unsigned char address[4] = { 192, 0, 2, (unsigned char)(i + 1) };

		memcpy(addresses[i], address, 4);
	}
	must(evdns_server_request_add_a_reply(req, name, n, addresses, 300) == 0, "addresses");
}

static void
add_address6(struct evdns_server_request *req, const char *name)
{
	struct in6_addr address;

	inet_pton(AF_INET6, "2001:db8::1", &address);
	must(evdns_server_request_add_aaaa_reply(req, name, 1, &address, 600) == 0, "address");
}

static void
add(struct evdns_server_request *req, int section, const char *name, int type, int n, int is_name,
    const char *data)
{
	must(evdns_server_request_add_reply(req, section, name, type, EVDNS_CLASS_INET, 60, n,
	    is_name, data) == 0, name);
}

/* Who is responsible, for answers that say no. */
static void
add_authority(struct evdns_server_request *req)
{
	static const char soa[] = "\2ns\7example\3org\0\4root\7example\3org\0"
	    "\0\0\0\1" "\0\0\x0e\x10" "\0\0\2\x58" "\0\1\x51\x80" "\0\0\0\x3c";

	add(req, EVDNS_AUTHORITY_SECTION, "example.org", EVDNS_TYPE_SOA, sizeof(soa) - 1, 0, soa);
}

static int
answer(struct evdns_server_request *req, const char *name, int type)
{
	struct in_addr address;

	if (strcasecmp(name, "www.example.org") == 0) {
		must(evdns_server_request_add_cname_reply(req, name, "host.example.org", 60) == 0,
		    "alias");
		if (type == EVDNS_TYPE_A)
			add_addresses(req, "host.example.org", 1);
	} else if (strcasecmp(name, "host.example.org") == 0 && type == EVDNS_TYPE_A) {
		add_addresses(req, name, 2);
	} else if (strcasecmp(name, "host.example.org") == 0 && type == EVDNS_TYPE_AAAA) {
		add_address6(req, name);
	} else if (strcasecmp(name, "many.example.org") == 0) {
		add_addresses(req, name, MANY);
	} else if (strcasecmp(name, "1.2.0.192.in-addr.arpa") == 0) {
		inet_pton(AF_INET, "192.0.2.1", &address);
		must(evdns_server_request_add_ptr_reply(req, &address, NULL, "host.example.org",
		    60) == 0, "pointer");
	} else if (strcasecmp(name, "text.example.org") == 0) {
		add(req, EVDNS_ANSWER_SECTION, name, EVDNS_TYPE_TXT, 12, 0, "\5hello\5world");
		add(req, EVDNS_AUTHORITY_SECTION, "example.org", EVDNS_TYPE_NS, -1, 1,
		    "ns.example.org");
		add(req, EVDNS_ADDITIONAL_SECTION, "ns.example.org", EVDNS_TYPE_A, 4, 0,
		    "\xc0\0\2\x35");
	} else if (strcasecmp(name, "refused.example.org") == 0) {
		return DNS_ERR_REFUSED;
	} else {
		add_authority(req);
		return strcasecmp(name, "host.example.org") == 0 ? DNS_ERR_NONE : DNS_ERR_NOTEXIST;
	}
	return DNS_ERR_NONE;
}

static void
on_request(struct evdns_server_request *req, void *arg)
{
	const struct evdns_server_question *question = req->questions[0];
	int result = answer(req, question->name, question->type);

	(void)arg;
	req->flags |= AA | RA;
	must(evdns_server_request_respond(req, result) >= 0, "respond");
}

/* Bound to a port, or to any if it is 0. */
static int
bound(int type, struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);

	must(fd != -1, "socket");
	if (bind(fd, (struct sockaddr *)address, length) == -1) {
		close(fd);
		return -1;
	}
	must(getsockname(fd, (struct sockaddr *)address, &length) == 0, "getsockname");
	if (type == SOCK_STREAM)
		must(listen(fd, 16) == 0, "listen");
	return fd;
}

static void
at_end(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	event_loopexit(NULL);
}

int
main(void)
{
	struct evdns_server_port *ports[2];
	struct sockaddr_in address;
	struct event end;
	int udp, tcp = -1, tries;

	alarm(120);
	for (tries = 0; tcp == -1 && tries < 100; tries++) {
		memset(&address, 0, sizeof(address));
		address.sin_family = AF_INET;
		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		udp = bound(SOCK_DGRAM, &address);
		must(udp != -1, "bind");
		tcp = bound(SOCK_STREAM, &address);
		if (tcp == -1)
			close(udp);
	}
	must(tcp != -1, "bind");
	event_init();
	ports[0] = evdns_add_server_port(udp, 0, on_request, NULL);
	ports[1] = evdns_add_server_port(tcp, 1, on_request, NULL);
	must(ports[0] != NULL && ports[1] != NULL, "evdns_add_server_port");
	event_set(&end, STDIN_FILENO, EV_READ, at_end, NULL);
	must(event_add(&end, NULL) == 0, "event_add");
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	must(event_dispatch() == 0, "event_dispatch");
	evdns_close_server_port(ports[0]);
	evdns_close_server_port(ports[1]);
	event_base_free(NULL);
	return 0;
}
