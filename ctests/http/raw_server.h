/*
 * A server that the test writes by hand, for a client under test on the same loop; and what the
 * client's program was told.
 */
#ifndef EVHUB_CTESTS_HTTP_RAW_SERVER_H
#define EVHUB_CTESTS_HTTP_RAW_SERVER_H

#include "peers.h"

/* So many milliseconds have gone by since then. */
#define CHECK_AT_LEAST(start_ns, ms) CHECK(now_ns() - (start_ns) >= (ms) * 1000000LL)

/* Sockets that listen, and what they took */

static struct peer taken[256];
static int taken_count;
static int listener = -1;
static struct event listener_event;

static inline void
take(int fd, short what, void *arg)
{
	int socket = (int)syscall(SYS_accept4, fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int one = 1;

	(void)what;
	(void)arg;
	if (socket == -1) {
		CHECK(errno == EINTR || errno == EAGAIN || errno == ECONNABORTED);
		return;
	}
	CHECK(taken_count < (int)COUNT(taken));
	setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	watch_peer(&taken[taken_count++], socket);
}

/* Bound, but not listening: who connects is refused. The port is put to `port`. */
static inline int
bound(int family)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;
	struct sockaddr *address = family == AF_INET ? (void *)&in : (void *)&in6;
	socklen_t length = family == AF_INET ? sizeof(in) : sizeof(in6);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	CHECK(fd != -1);
	memset(&in, 0, sizeof(in));
	in.sin_family = AF_INET;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memset(&in6, 0, sizeof(in6));
	in6.sin6_family = AF_INET6;
	in6.sin6_addr = in6addr_loopback;
	CHECK_INT(bind(fd, address, length), 0);
	CHECK_INT(getsockname(fd, address, &length), 0);
	port = ntohs(family == AF_INET ? in.sin_port : in6.sin6_port);
	return fd;
}

static inline void
listen_on(int fd)
{
	CHECK_INT(listen(fd, 128), 0);
	listener = fd;
	event_set(&listener_event, fd, EV_READ | EV_PERSIST, take, NULL);
	CHECK_INT(event_add(&listener_event, NULL), 0);
}

static inline void
stop_listening(void)
{
	if (listener == -1)
		return;
	event_del(&listener_event);
	close(listener);
	listener = -1;
}

/* Connection number n (from 0), once it is there. */
static inline struct peer *
peer_at(int n)
{
	UNTIL(taken_count > n);
	return &taken[n];
}

/* Closes one of them; twice is fine. */
static inline void
hang_up(struct peer *p)
{
	if (p->in != NULL)
		close_peer(p);
}

/* Questions */

/* The length of the first whole question that was not heard yet; 0 if there is none. */
static inline size_t
whole_question(const struct peer *p)
{
	const char *head = p->in + p->at, *body, *value;
	size_t size = 0;

	if (p->length == p->at || (body = strstr(head, "\r\n\r\n")) == NULL)
		return 0;
	body += 4;
	if ((value = value_of(head, body, "Content-Length")) != NULL)
		size = strtoul(value, NULL, 10);
	return (size_t)(p->in + p->length - body) < size ? 0 : (size_t)(body - head) + size;
}

/* The next question, whole. */
static inline const char *
hear_question(struct peer *p)
{
	size_t length;

	UNTIL((length = whole_question(p)) > 0 || p->ended);
	CHECK(length > 0);
	return heard(p, length);
}

/* What the program is told */

static int told;			/* calls so far */
static char *replies;
static size_t replies_length, replies_room;

static inline void
note_bytes(const char *text, size_t length)
{
	if (replies == NULL || replies_length + length >= replies_room) {
		replies_room = 2 * (replies_length + length) + 65536;
		CHECK((replies = realloc(replies, replies_room)) != NULL);
	}
	memcpy(replies + replies_length, text, length);
	replies_length += length;
	replies[replies_length] = '\0';
}

static inline void
note_text(const char *text)
{
	note_bytes(text, strlen(text));
}

static inline void
forget_replies(void)
{
	told = 0;
	replies_length = 0;
	note_text("");
}

static inline void
note_body(struct evhttp_request *req)
{
	note_bytes((char *)EVBUFFER_DATA(req->input_buffer),
	    EVBUFFER_LENGTH(req->input_buffer));
}

/* "NAME: CODE REASON VERSION{key=value;}BODY\n"; "NAME: 0\n"; "NAME: NULL\n". */
static inline void
note_reply(struct evhttp_request *req, void *name)
{
	struct evkeyval *one;
	char text[64];

	told++;
	if (name != NULL) {
		note_text(name);
		note_text(": ");
	}
	if (req == NULL) {
		note_text("NULL\n");
		return;
	}
	CHECK_PTR(req->evcon, NULL);
	CHECK_INT(req->kind, EVHTTP_RESPONSE);
	if (req->response_code == 0) {
		CHECK_PTR(req->response_code_line, NULL);
		CHECK_INT(EVBUFFER_LENGTH(req->input_buffer), 0);
		note_text("0\n");
		return;
	}
	snprintf(text, sizeof(text), "%d ", req->response_code);
	note_text(text);
	note_text(req->response_code_line);
	snprintf(text, sizeof(text), " %d.%d{", req->major, req->minor);
	note_text(text);
	TAILQ_FOREACH(one, req->input_headers, next) {
		note_text(one->key);
		note_text("=");
		note_text(one->value);
		note_text(";");
	}
	note_text("}");
	note_body(req);
	note_text("\n");
}

/* What was told since the last look; the text is good until the next one. */
static inline const char *
told_so_far(void)
{
	static char *text;

	free(text);
	CHECK((text = strdup(replies)) != NULL);
	replies_length = 0;
	note_text("");
	return text;
}

/* What the program is told, once it has been told so often. */
static inline const char *
hear_told(int calls)
{
	UNTIL(told >= calls);
	CHECK_INT(told, calls);
	told = 0;
	return told_so_far();
}

/* Clients */

static struct evhttp_connection *con;
static int fds_before;

static inline struct evhttp_request *
ask_with(struct evhttp_connection *evcon, enum evhttp_cmd_type type, const char *target,
    void (*cb)(struct evhttp_request *, void *), void *arg)
{
	struct evhttp_request *req = evhttp_request_new(cb, arg);

	CHECK(req != NULL);
	CHECK_INT(evhttp_make_request(evcon, req, type, target), 0);
	return req;
}

/* A GET whose reply is noted under its target; NULL: of "/", and noted without. */
static inline struct evhttp_request *
get(const char *target)
{
	return ask_with(con, EVHTTP_REQ_GET, target == NULL ? "/" : target, note_reply,
	    (void *)target);
}

/* A base, a server by hand, and a connection to it that is not there yet. */
static inline void
begin(void)
{
	fds_before = open_fds();
	init_base();
	forget_replies();
	taken_count = 0;
	listen_on(bound(AF_INET));
	CHECK((con = evhttp_connection_new("127.0.0.1", (unsigned short)port)) != NULL);
}

/* All is closed; nothing is left in the loop. */
static inline void
end(void)
{
	int i;

	rounds();
	if (con != NULL)
		evhttp_connection_free(con);
	con = NULL;
	for (i = 0; i < taken_count; i++)
		hang_up(&taken[i]);
	stop_listening();
	CHECK_INT(event_dispatch(), 1);
	event_base_free(current_base);
	CHECK_INT(open_fds(), fds_before);
	free(replies);
	replies = NULL;
	replies_length = replies_room = 0;
}

/* A whole reply. */
#define OK_REPLY(length, body)                                                  \
	"HTTP/1.1 200 OK\r\nContent-Length: " #length "\r\n\r\n" body

/* How that is noted. */
#define OK_NOTED(target, length, body)                                          \
	target ": 200 OK 1.1{Content-Length=" #length ";}" body "\n"

#endif
