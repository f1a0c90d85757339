/*
 * A name server of the tests' own, on the loop that it is tested with: it takes down what it is
 * asked, over UDP and TCP, and its reply function says what it likes.
 */
#ifndef EVHUB_CTESTS_DNS_NAMESERVER_H
#define EVHUB_CTESTS_DNS_NAMESERVER_H

#include "wire.h"

#include <netinet/tcp.h>

enum { SEEN = 1024, CONNECTIONS = 16, NOBODY = -1 };

struct nameserver;

typedef void (*reply_function)(struct nameserver *, const struct query *);

struct connection {
	struct nameserver *server;
	struct event event;
	int fd;				/* NOBODY: not in use */
	unsigned char in[8192];
	size_t length;
};

struct nameserver {
	char text[80];			/* address and port, as evdns_nameserver_ip_add takes it */
	int port;
	int udp;
	int tcp;
	struct event udp_event;
	struct event tcp_event;
	reply_function reply;		/* NULL: silence */
	int queries;			/* all of them, */
	int udp_queries;		/* and by their way */
	int tcp_queries;
	int accepted;
	int answers;			/* left to the reply function */
	struct query seen[SEEN];	/* the last ones: number n is seen[n % SEEN] */
	struct connection connections[CONNECTIONS];
};

/* The last question, or an earlier one: 0 is the first. */
static inline const struct query *
asked(const struct nameserver *server, int number)
{
	CHECK(number >= 0 && number < server->queries && number >= server->queries - SEEN);
	return &server->seen[number % SEEN];
}

static inline const struct query *
last_asked(const struct nameserver *server)
{
	return asked(server, server->queries - 1);
}

/* Saying */

static inline void
write_all(int fd, const void *bytes, size_t length)
{
	const char *next = bytes;

	while (length > 0) {
		ssize_t n = send(fd, next, length, MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		/* Who has gone away hears nothing. */
		if (n <= 0)
			return;
		next += n;
		length -= (size_t)n;
	}
}

/* A datagram from a socket of the caller's. */
static inline void
say_from(int fd, const struct query *q, const void *bytes, size_t length)
{
	ssize_t n;

	do
		n = sendto(fd, bytes, length, 0, (const struct sockaddr *)&q->from,
		    q->from_length);
	while (n == -1 && errno == EINTR);
	/* The other side may be closed already, and the kernel says so at the next send. */
	if (n == -1 && errno == ECONNREFUSED)
		return;
	CHECK_INT(n, (int)length);
}

static inline void
say_bytes(const struct nameserver *server, const struct query *q, const void *bytes,
    size_t length)
{
	unsigned char prefix[2] = { (unsigned char)(length >> 8), (unsigned char)length };
	struct packet framed = { .length = 0 };

	if (q->connection == NULL) {
		say_from(server->udp, q, bytes, length);
	} else if (q->connection->fd != NOBODY) {
		put(&framed, prefix, 2);
		put(&framed, bytes, length);
		write_all(q->connection->fd, framed.bytes, framed.length);
	}
}

static inline void
say(const struct nameserver *server, const struct query *q, const struct packet *p)
{
	say_bytes(server, q, p->bytes, p->length);
}

/* Just what was asked for: 192.0.2.1, 2001:db8::1, host.example. */
static inline void
say_good(struct nameserver *server, const struct query *q)
{
	struct packet p;

	reply_to(&p, q, 0);
	if (q->type == EVDNS_TYPE_A)
		add_a(&p, NULL, 300, "192.0.2.1");
	else if (q->type == EVDNS_TYPE_AAAA)
		add_aaaa(&p, NULL, 300, "2001:db8::1");
	else
		add_ptr(&p, NULL, 300, "host.example");
	say(server, q, &p);
}

static inline void
say_code(struct nameserver *server, const struct query *q, unsigned code)
{
	struct packet p;

	reply_to(&p, q, code);
	say(server, q, &p);
}

static inline void
say_servfail(struct nameserver *server, const struct query *q)
{
	say_code(server, q, SERVFAIL);
}

static inline void
say_refused(struct nameserver *server, const struct query *q)
{
	say_code(server, q, REFUSED);
}

static inline void
say_nxdomain(struct nameserver *server, const struct query *q)
{
	say_code(server, q, NXDOMAIN);
}

/* Over UDP a truncated answer, the good one over TCP. */
static inline void
say_truncated_first(struct nameserver *server, const struct query *q)
{
	if (q->connection == NULL)
		say_code(server, q, TC);
	else
		say_good(server, q);
}

/* Hearing */

static inline struct query *
next_seen(struct nameserver *server)
{
	struct query *q = &server->seen[server->queries % SEEN];

	memset(q, 0, sizeof(*q));
	q->from_length = sizeof(q->from);
	return q;
}

static inline void
heard(struct nameserver *server, struct query *q, const unsigned char *bytes, size_t length)
{
	struct query copy;
	const struct sockaddr_in *in = (const struct sockaddr_in *)&q->from;

	read_query(q, bytes, length);
	/* At the same place for IPv6. */
	q->port = ntohs(in->sin_port);
	server->queries++;
	server->udp_queries += q->connection == NULL;
	server->tcp_queries += q->connection != NULL;
	copy = *q;
	if (server->reply != NULL)
		server->reply(server, &copy);
}

static inline void
on_datagram(int fd, short what, void *arg)
{
	struct nameserver *server = arg;
	unsigned char bytes[4096];
	int most;

	(void)what;
	for (most = 512; most > 0; most--) {
		struct query *q = next_seen(server);
		ssize_t n = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&q->from,
		    &q->from_length);

		if (n == -1 && errno == EINTR)
			continue;
		/* ECONNREFUSED: somebody was answered who had gone. */
		if (n == -1) {
			CHECK(errno == EAGAIN || errno == ECONNREFUSED);
			return;
		}
		heard(server, q, bytes, (size_t)n);
	}
}

static inline void
hang_up(struct connection *connection)
{
	if (connection->fd == NOBODY)
		return;
	event_del(&connection->event);
	close(connection->fd);
	connection->fd = NOBODY;
}

/* Ends with a RST. */
static inline void
reset(struct connection *connection)
{
	struct linger none = { 1, 0 };

	if (connection->fd != NOBODY)
		setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	hang_up(connection);
}

/* Takes the whole messages out of what came. */
static inline void
hear_messages(struct connection *c)
{
	while (c->fd != NOBODY && c->length >= 2 && c->length - 2 >= get16(c->in)) {
		struct query *q = next_seen(c->server);
		size_t size = get16(c->in);
		unsigned char message[sizeof(c->in)];

		memcpy(message, c->in + 2, size);
		c->length -= size + 2;
		memmove(c->in, c->in + 2 + size, c->length);
		q->connection = c;
		CHECK_INT(getpeername(c->fd, (struct sockaddr *)&q->from, &q->from_length), 0);
		heard(c->server, q, message, size);
	}
}

static inline void
on_stream(int fd, short what, void *arg)
{
	struct connection *c = arg;
	ssize_t n = read(fd, c->in + c->length, sizeof(c->in) - c->length);

	(void)what;
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		hang_up(c);
		return;
	}
	c->length += (size_t)n;
	hear_messages(c);
}

static inline void
on_connection(int fd, short what, void *arg)
{
	struct nameserver *server = arg;
	struct connection *c = server->connections;
	int one = 1;
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (peer == -1)
		return;
	server->accepted++;
	while (c->fd != NOBODY)
		CHECK(++c < server->connections + CONNECTIONS);
	setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->fd = peer;
	c->length = 0;
	event_set(&c->event, peer, EV_READ | EV_PERSIST, on_stream, c);
	CHECK_INT(event_add(&c->event, NULL), 0);
}

/* Opening and closing */

/* Returns the length of the address, IPv4 or IPv6. */
static inline socklen_t
make_address(struct sockaddr_storage *address, const char *text, int port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;

	memset(address, 0, sizeof(*address));
	in->sin_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		address->ss_family = AF_INET;
		return sizeof(*in);
	}
	CHECK_INT(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
	address->ss_family = AF_INET6;
	return sizeof(*in6);
}

/* -1 if the port is taken; port 0 takes any. */
static inline int
open_bound(const char *address, int type, int port)
{
	struct sockaddr_storage storage;
	socklen_t length = make_address(&storage, address, port);
	int fd = socket(storage.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	CHECK(fd != -1);
	if (bind(fd, (struct sockaddr *)&storage, length) == 0)
		return fd;
	CHECK_INT(errno, EADDRINUSE);
	close(fd);
	return -1;
}

static inline int
port_of(int fd)
{
	struct sockaddr_in6 address;
	socklen_t length = sizeof(address);

	CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	return ntohs(address.sin6_port);
}

/* Sockets alone: of one port that is free for both. */
static inline void
bind_nameserver(struct nameserver *server, const char *address)
{
	int size = 4 << 20;
	int i;

	memset(server, 0, sizeof(*server));
	for (i = 0; i < CONNECTIONS; i++) {
		server->connections[i].fd = NOBODY;
		server->connections[i].server = server;
	}
	do {
		server->udp = open_bound(address, SOCK_DGRAM, 0);
		server->port = port_of(server->udp);
		server->tcp = open_bound(address, SOCK_STREAM, server->port);
		if (server->tcp == -1)
			close(server->udp);
	} while (server->tcp == -1);
	CHECK_INT(listen(server->tcp, 16), 0);
	setsockopt(server->udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	snprintf(server->text, sizeof(server->text), strchr(address, ':') != NULL ? "[%s]:%d" :
	    "%s:%d", address, server->port);
}

static inline void
watch_nameserver(struct nameserver *server)
{
	event_set(&server->udp_event, server->udp, EV_READ | EV_PERSIST, on_datagram, server);
	CHECK_INT(event_add(&server->udp_event, NULL), 0);
	event_set(&server->tcp_event, server->tcp, EV_READ | EV_PERSIST, on_connection, server);
	CHECK_INT(event_add(&server->tcp_event, NULL), 0);
}

/* On current_base. */
static inline void
open_nameserver(struct nameserver *server, const char *address, reply_function reply)
{
	bind_nameserver(server, address);
	server->reply = reply;
	watch_nameserver(server);
}

/* From now on connections are refused. */
static inline void
close_tcp(struct nameserver *server)
{
	int i;

	for (i = 0; i < CONNECTIONS; i++)
		hang_up(&server->connections[i]);
	if (server->tcp == NOBODY)
		return;
	event_del(&server->tcp_event);
	close(server->tcp);
	server->tcp = NOBODY;
}

static inline void
close_nameserver(struct nameserver *server)
{
	close_tcp(server);
	if (server->udp == NOBODY)
		return;
	event_del(&server->udp_event);
	close(server->udp);
	server->udp = NOBODY;
}

#endif
