/*
 * What the tests of name servers share: a server on loopback whose callback does what the test
 * says, and clients in the same process.
 */
#ifndef EVHUB_CTESTS_DNS_SERVER_H
#define EVHUB_CTESTS_DNS_SERVER_H

#include "packet.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

/* The server and its clients. */

static struct evdns_server_port *port;
static struct sockaddr_storage server_address;
static socklen_t server_length;
static int port_fd;

static struct seen {
	int calls;
	struct evdns_server_request *last;
	int flags, nquestions, type, class;
	char name[1100];
} seen;

/* What the callback does after it has taken notes. NULL: keeps the request. */
static void (*answer)(struct evdns_server_request *req);

HELPER void
on_request(struct evdns_server_request *req, void *arg)
{
	CHECK_PTR(arg, &seen);
	seen.calls++;
	seen.last = req;
	seen.flags = req->flags;
	seen.nquestions = req->nquestions;
	seen.type = req->questions[0]->type;
	seen.class = req->questions[0]->dns_question_class;
	snprintf(seen.name, sizeof(seen.name), "%s", req->questions[0]->name);
	if (answer != NULL)
		answer(req);
}

/* An answer without records. */
HELPER void
say_nothing(struct evdns_server_request *req)
{
	CHECK_INT(evdns_server_request_respond(req, 0), 0);
}

HELPER int
bound_socket(int family, int type)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(fd != -1);
	if (family == AF_INET)
		CHECK_INT(bind(fd, (struct sockaddr *)&v4, sizeof(v4)), 0);
	else if (bind(fd, (struct sockaddr *)&v6, sizeof(v6)) == -1)
		SKIP("no IPv6 here");
	server_length = sizeof(server_address);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&server_address, &server_length), 0);
	if (type == SOCK_STREAM)
		CHECK_INT(listen(fd, 128), 0);
	return fd;
}

/* A port on the current base. */
HELPER void
open_port(int family, int type)
{
	port_fd = bound_socket(family, type);
	port = evdns_add_server_port(port_fd, type == SOCK_STREAM, on_request, &seen);
	CHECK(port != NULL);
}

/* A socket that sends to the server, and receives from it alone. */
HELPER int
client(int type)
{
	int fd = socket(server_address.ss_family, type | SOCK_CLOEXEC, 0);

	CHECK(fd != -1);
	/* What is interrupted goes on, and waiting for it may be interrupted as well. */
	if (connect(fd, (struct sockaddr *)&server_address, server_length) == -1) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };

		CHECK_INT(errno, EINTR);
		while (poll(&poll_fd, 1, LIMIT_MS) == -1)
			CHECK_INT(errno, EINTR);
		CHECK_INT(poll_fd.revents, POLLOUT);
	}
	CHECK_INT(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* A base, a UDP port, a client. */
HELPER int
udp_server(void (*what)(struct evdns_server_request *))
{
	init_base();
	answer = what;
	open_port(AF_INET, SOCK_DGRAM);
	return client(SOCK_DGRAM);
}

HELPER void
send_packet(int fd, const struct packet *p)
{
	CHECK_INT(send(fd, p->b, p->n, 0), p->n);
}

/* Runs the loop until that descriptor is readable; 0 if it is not within the time. */
HELPER int
loop_until_readable(int fd, int limit_ms)
{
	int64_t end = now_ms() + (int64_t)(limit_ms * time_factor());
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	for (;;) {
		CHECK(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
		if (poll(&poll_fd, 1, 1) == 1)
			return 1;
		if (now_ms() > end)
			return 0;
	}
}

/* Runs the loop until so many requests were seen. */
HELPER void
loop_until_calls(int calls)
{
	int64_t end = now_ms() + (int64_t)(LIMIT_MS * time_factor());

	while (seen.calls < calls && now_ms() < end) {
		CHECK(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
		if (seen.calls < calls)
			sleep_ms(1);
	}
	CHECK_INT(seen.calls, calls);
}

HELPER struct reply *
receive(int fd)
{
	static struct reply r;
	ssize_t n;

	CHECK(loop_until_readable(fd, LIMIT_MS));
	n = recv(fd, r.b, sizeof(r.b), 0);
	CHECK(n != -1);
	r.n = (size_t)n;
	r.at = 0;
	return &r;
}

HELPER struct reply *
ask(int fd, const struct packet *p)
{
	send_packet(fd, p);
	return receive(fd);
}

/* Nothing comes: a question that is asked afterwards is answered first. */
HELPER void
check_ignored(int fd, const struct packet *p)
{
	struct packet *probe;
	struct reply *r;

	send_packet(fd, p);
	probe = query("probe", 1);
	probe->b[0] = 0x77;
	r = ask(fd, probe);
	CHECK_INT(peek16(r, 0), 0x7734);
}

HELPER void
close_port(void)
{
	evdns_close_server_port(port);
	CHECK_INT(fcntl(port_fd, F_GETFD), -1);
}

/* The end of a test: nothing is left open, and the loop has nothing to wait for. */
HELPER void
finish(int fd)
{
	close(fd);
	close_port();
	CHECK_INT(event_dispatch(), 1);
	event_base_free(NULL);
}

/* Over TCP. */

HELPER void
send_framed(int fd, const struct packet *p)
{
	static struct packet framed;

	framed.n = 0;
	put16(&framed, (unsigned)p->n);
	put_bytes(&framed, p->b, p->n);
	CHECK_INT(send(fd, framed.b, framed.n, MSG_NOSIGNAL), framed.n);
}

/* Reads exactly so many bytes while the loop runs; 0 at the end of the stream. */
HELPER int
read_exactly(int fd, unsigned char *bytes, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t now;

		CHECK(loop_until_readable(fd, LIMIT_MS));
		now = recv(fd, bytes + got, n - got, 0);
		if (now == 0 && got == 0)
			return 0;
		CHECK(now > 0);
		got += (size_t)now;
	}
	return 1;
}

HELPER struct reply *
receive_framed(int fd)
{
	static struct reply r;
	unsigned char prefix[2];

	CHECK(read_exactly(fd, prefix, 2));
	r.n = (size_t)prefix[0] << 8 | prefix[1];
	CHECK(read_exactly(fd, r.b, r.n));
	r.at = 0;
	return &r;
}

HELPER struct reply *
ask_framed(int fd, const struct packet *p)
{
	send_framed(fd, p);
	return receive_framed(fd);
}

HELPER void
check_end(int fd)
{
	unsigned char byte;

	CHECK(loop_until_readable(fd, LIMIT_MS));
	CHECK_INT(recv(fd, &byte, 1, 0), 0);
}

/* A base, a TCP port, a connection. */
HELPER int
tcp_server(void (*what)(struct evdns_server_request *))
{
	init_base();
	answer = what;
	open_port(AF_INET, SOCK_STREAM);
	return client(SOCK_STREAM);
}

#endif
