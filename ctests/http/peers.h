/*
 * Clients of a server: sockets that the test writes by hand, read on the server's loop. They make
 * system calls by number, past what is preloaded to disturb the server.
 */
#ifndef EVHUB_CTESTS_HTTP_PEERS_H
#define EVHUB_CTESTS_HTTP_PEERS_H

#include <sys/queue.h>

#include "harness.h"

#include <evhttp.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* Loops */

static inline void
too_late(int fd, short what, void *text)
{
	(void)fd;
	(void)what;
	test_fail(__FILE__, __LINE__, "it never came: %s", (const char *)text);
}

/* Rounds of current_base's loop till something holds; the test fails if that takes too long. */
#define UNTIL(condition)                                                        \
	do {                                                                    \
		struct event limit_;                                            \
                                                                                \
		evtimer_set(&limit_, too_late, (void *)#condition);             \
		CHECK_INT(add_ms(&limit_, (long)(40000 * time_factor())), 0);    \
		while (!(condition))                                            \
			CHECK_INT(event_loop(EVLOOP_ONCE), 0);                  \
		event_del(&limit_);                                             \
	} while (0)

/* A few rounds, in which all that is there to be done is done. */
static inline void
rounds(void)
{
	int i;

	for (i = 0; i < 12; i++)
		CHECK(event_loop(EVLOOP_NONBLOCK) >= 0);
}

static inline void
loop_for_ms(long ms)
{
	CHECK_INT(exit_after_ms(current_base, ms), 0);
	CHECK_INT(event_dispatch(), 0);
}

/* How many rounds the loop makes in that time: few, if there is nothing to do. */
static inline int
turns_in_ms(long ms)
{
	struct note late = { .calls = 0 };
	struct event timer;
	int turns;

	evtimer_set(&timer, note_cb, &late);
	CHECK_INT(add_ms(&timer, ms), 0);
	for (turns = 0; late.calls == 0; turns++)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	return turns;
}

/* Clients */

struct peer {
	int fd;
	struct event event;
	char *in;
	size_t length, room;
	size_t at;			/* what of it was heard */
	int ended;			/* the server has closed, */
	int was_reset;			/* and not in peace */
};

static int port;			/* the server's */

static inline void
peer_reads(int fd, short what, void *arg)
{
	enum { ONCE = 65536 };
	struct peer *p = arg;
	ssize_t n;

	(void)what;
	if (p->room - p->length <= ONCE) {
		p->room = 2 * p->room + 2 * ONCE;
		CHECK((p->in = realloc(p->in, p->room)) != NULL);
	}
	n = syscall(SYS_recvfrom, fd, p->in + p->length, ONCE, 0, NULL, NULL);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		p->ended = 1;
		p->was_reset = n == -1;
		event_del(&p->event);
		return;
	}
	p->length += (size_t)n;
	p->in[p->length] = '\0';
}

static inline int
connect_socket(int fd, const void *address, socklen_t length)
{
	long result;

	do
		result = syscall(SYS_connect, fd, address, length);
	while (result == -1 && (errno == EINTR || errno == EALREADY));
	return result == -1 && errno == EISCONN ? 0 : (int)result;
}

/* A socket that is connected; how much it may hold unread, 0 for as usual. */
static inline int
connected(int buffer)
{
	struct sockaddr_in address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	CHECK(fd != -1);
	if (buffer > 0)
		CHECK_INT(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)), 0);
	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_port = htons((uint16_t)port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_INT(connect_socket(fd, &address, sizeof(address)), 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	CHECK_INT(evutil_make_socket_nonblocking(fd), 0);
	return fd;
}

static inline void
watch_peer(struct peer *p, int fd)
{
	memset(p, 0, sizeof(*p));
	p->fd = fd;
	p->room = 256 << 10;
	CHECK((p->in = malloc(p->room)) != NULL);
	event_set(&p->event, fd, EV_READ | EV_PERSIST, peer_reads, p);
	CHECK_INT(event_add(&p->event, NULL), 0);
}

static inline void
open_peer(struct peer *p)
{
	watch_peer(p, connected(0));
}

static inline void
close_peer(struct peer *p)
{
	event_del(&p->event);
	close(p->fd);
	free(p->in);
	p->in = NULL;
}

static inline void
reset_peer(struct peer *p)
{
	struct linger at_once = { 1, 0 };

	CHECK_INT(setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close_peer(p);
}

/* Who has closed hears nothing. */
static inline void
say_bytes(struct peer *p, const void *bytes, size_t length)
{
	const char *next = bytes;

	while (length > 0) {
		ssize_t n = syscall(SYS_sendto, p->fd, next, length, MSG_NOSIGNAL, NULL, 0);

		if (n == -1 && errno == EAGAIN)
			CHECK(event_loop(EVLOOP_NONBLOCK) >= 0);
		else if (n == -1 && errno != EINTR)
			return;
		if (n > 0) {
			next += n;
			length -= (size_t)n;
		}
	}
}

static inline void
say(struct peer *p, const char *text)
{
	say_bytes(p, text, strlen(text));
}

/* The last byte is said; it goes on hearing. */
static inline void
say_end(struct peer *p)
{
	CHECK(shutdown(p->fd, SHUT_WR) == 0 || errno == ENOTCONN);
}

/* Replies */

/* The value of a header of the head that ends at body, or NULL. */
static inline const char *
value_of(const char *head, const char *body, const char *name)
{
	size_t length = strlen(name);
	const char *line;

	for (line = head; line < body; line = strchr(line, '\n') + 1) {
		if (strncasecmp(line, name, length) == 0 && strncmp(line + length, ": ", 2) == 0)
			return line + length + 2;
	}
	return NULL;
}

/* The end of chunks, trailers not expected; NULL if it has not come. */
static inline const char *
end_of_chunks(const char *text, const char *end)
{
	for (;;) {
		const char *line = strstr(text, "\r\n");
		unsigned long size = strtoul(text, NULL, 16);

		if (line == NULL || (size_t)(end - line) < size + 4)
			return NULL;
		text = line + 2 + size + 2;
		if (size == 0)
			return text;
	}
}

/* The length of the first whole reply that was not heard yet; 0 if there is none. */
static inline size_t
whole_reply(const struct peer *p, int is_to_head)
{
	const char *head = p->in + p->at, *body, *end = p->in + p->length, *value;
	int code;

	if (p->length == 0 || (body = strstr(head, "\r\n\r\n")) == NULL)
		return 0;
	body += 4;
	if (sscanf(head, "HTTP/%*c.%*c %d", &code) != 1)
		return p->ended ? p->length - p->at : 0;
	if (is_to_head || code < 200 || code == 204 || code == 304)
		return (size_t)(body - head);
	if (value_of(head, body, "Transfer-Encoding") != NULL) {
		const char *after = end_of_chunks(body, end);

		return after == NULL ? 0 : (size_t)(after - head);
	}
	if ((value = value_of(head, body, "Content-Length")) != NULL) {
		size_t size = strtoul(value, NULL, 10);

		return (size_t)(end - body) < size ? 0 : (size_t)(body - head) + size;
	}
	return p->ended ? p->length - p->at : 0;
}

/* A copy, as a string, in which dates are "*". */
static inline const char *
without_dates(const char *bytes, size_t length)
{
	enum { DATE = sizeof("Date: Sun, 06 Nov 1994 08:49:37 GMT") - 1 };
	static char *text;
	char *to;

	free(text);
	CHECK((text = malloc(length + 1)) != NULL);
	for (to = text; length > 0;) {
		if (length > DATE && memcmp(bytes, "Date: ", 6) == 0 && bytes[DATE] == '\r') {
			CHECK_INT(memcmp(bytes + DATE - 4, " GMT", 4), 0);
			memcpy(to, "Date: *", 7);
			to += 7;
			bytes += DATE;
			length -= DATE;
		} else {
			*to++ = *bytes++;
			length--;
		}
	}
	*to = '\0';
	return text;
}

static inline const char *
heard(struct peer *p, size_t length)
{
	p->at += length;
	return without_dates(p->in + p->at - length, length);
}

/* The next reply; what there is if the connection ends before, "" if there is nothing. */
static inline const char *
hear_one(struct peer *p, int is_to_head)
{
	size_t length;

	UNTIL((length = whole_reply(p, is_to_head)) > 0 || p->ended);
	return heard(p, length > 0 ? length : p->length - p->at);
}

static inline const char *
hear(struct peer *p)
{
	return hear_one(p, 0);
}

/* All that is still to come, to the end of the connection. */
static inline const char *
hear_all(struct peer *p)
{
	UNTIL(p->ended);
	return heard(p, p->length - p->at);
}

/* What has come so far. */
static inline const char *
hear_now(struct peer *p)
{
	rounds();
	return heard(p, p->length - p->at);
}

static inline int
status_of(const char *reply)
{
	int code = -1;

	sscanf(reply, "HTTP/1.%*c %d", &code);
	return code;
}

/* The rest is a reply with that status, and the end. */
#define CHECK_ENDS(p, code)                                                     \
	do {                                                                    \
		CHECK_INT(status_of(hear_all(p)), (code));                      \
	} while (0)

#define PLAIN_BODY(length, body)                                                \
	"Content-Length: " #length "\r\n"                                       \
	"Content-Type: text/html; charset=ISO-8859-1\r\n\r\n" body

/* What a reply to 1.1 looks like of which the program has said nothing but its body. */
#define PLAIN(length, body) "HTTP/1.1 200 OK\r\nDate: *\r\n" PLAIN_BODY(length, body)

#endif
