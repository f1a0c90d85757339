/* The cases of dns.c with c-ares alone, on epoll. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <ares.h>

#include "measure.h"
#include "name_server.h"

#define READY 16

static ares_channel channel;
static int epoll;
static long asked, answered, first, last, end;
static const char *row;

static void ask(void);

static void on_answer(void *number, int status, int timeouts, struct hostent *host)
{
	uint32_t address;

	must(status == ARES_SUCCESS && timeouts == 0, "an answer");
	must(host->h_addr_list[0] != NULL && host->h_addr_list[1] == NULL, "one address");
	memcpy(&address, host->h_addr_list[0], sizeof(address));
	must(ntohl(address) == address_of((long)number), "an address");
	answered++;
	if (answered == first)
		measure_start();
	else if (answered == last)
		measure_stop_timed(row, "query", last - first);
	if (asked < end)
		ask();
}

static void ask(void)
{
	char name[40];
	long number = asked++;

	snprintf(name, sizeof(name), "h%ld.bench.test.", number);
	ares_gethostbyname(channel, name, AF_INET, on_answer, (void *)number);
}

static void on_socket(void *arg, ares_socket_t fd, int reads, int writes)
{
	struct epoll_event event = { .data.fd = fd };

	(void)arg;
	event.events = (reads ? EPOLLIN : 0) | (writes ? EPOLLOUT : 0);
	if (!reads && !writes)
		epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
	else if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == -1)
		must(epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0, "epoll_ctl");
}

static void dispatch(void)
{
	struct epoll_event ready[READY];
	struct timeval most = { 5, 0 }, room, *wait;
	int i, n;

	while (answered < end) {
		wait = ares_timeout(channel, &most, &room);
		n = epoll_wait(epoll, ready, READY, wait->tv_sec * 1000 + wait->tv_usec / 1000);
		for (i = 0; i < n; i++) {
			ares_socket_t fd = ready[i].data.fd, none = ARES_SOCKET_BAD;

			ares_process_fd(channel, ready[i].events & EPOLLIN ? fd : none,
			    ready[i].events & EPOLLOUT ? fd : none);
		}
		if (n == 0)
			ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	}
}

static void open_channel(int port)
{
	struct ares_options options = { 0 };
	struct in_addr server = { htonl(INADDR_LOOPBACK) };
	int mask = ARES_OPT_UDP_PORT | ARES_OPT_SERVERS | ARES_OPT_SOCK_STATE_CB |
	    ARES_OPT_LOOKUPS | ARES_OPT_FLAGS | ARES_OPT_SOCK_RCVBUF;

	options.udp_port = port;
	options.servers = &server;
	options.nservers = 1;
	options.sock_state_cb = on_socket;
	options.lookups = (char *)"b";
	options.flags = ARES_FLAG_STAYOPEN;
	options.socket_receive_buffer_size = 1 << 20;
#ifdef ARES_OPT_QUERY_CACHE
	mask |= ARES_OPT_QUERY_CACHE;	/* for no time at all */
#endif
	must(ares_init_options(&channel, &options, mask) == ARES_SUCCESS, "ares_init_options");
}

static void resolve(const char *name, int in_flight, long count)
{
	int port = name_server_start(in_flight);

	epoll = epoll_create1(EPOLL_CLOEXEC);
	must(epoll != -1, "epoll_create1");
	open_channel(port);
	asked = answered = 0;
	first = 10 * in_flight;
	last = first + count;
	end = last + in_flight;
	row = name;
	while (asked < in_flight)
		ask();
	dispatch();
	must(name_server_questions() == end, "a question was asked again");
	ares_destroy(channel);
	close(epoll);
	name_server_stop();
}

static void dns_1(void)
{
	resolve("dns.1", 1, counting ? 640 : 30000);
}

static void dns_64(void)
{
	resolve("dns.64", 64, 64 * (counting ? 50 : 1000));
}

static void dns_256(void)
{
	resolve("dns.256", 256, 256 * (counting ? 12 : 250));
}

const char *library_version(void)
{
	return ares_version(NULL);
}

const struct bench benches[] = {
	{ "dns.1", dns_1 },
	{ "dns.64", dns_64 },
	{ "dns.256", dns_256 },
	{ NULL, NULL },
};
