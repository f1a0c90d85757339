/*
 * A transport that is no TLS: bytes with a bit turned, and whatever a transport may do besides.
 * Proves row S02 of the bad inputs: reading that waits for room, writing that waits for input.
 */
#include "http/serving.h"

#include <http_ext.h>

#define GET "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

enum { TURNED = 0x20 };

struct turner {
	int fd;
	short wants;
	/* Read, and not given yet. */
	char held[4096];
	size_t from, to;
	int is_open;			/* the token was exchanged */
};

/* What transports are to do, and what was done with them. */
static struct {
	int reads_after_writing;	/* a byte is to be sent before the first is read */
	int writes_after_reading;	/* and the other way round */
	int gives_single_bytes;
	int refuses;			/* open() fails */
	int says_end_later;		/* so many times */
	int seconds;			/* for the handshake */
	int asks;
} plan;

static int opened, closed, released, ends_said, questions;
static struct turner *last;

static void *
open_it(void *arg, int fd)
{
	struct turner *t = calloc(1, sizeof(*t));

	CHECK_STR(arg, "its argument");
	if (plan.refuses) {
		free(t);
		errno = EMFILE;
		return NULL;
	}
	t->fd = fd;
	opened++;
	return last = t;
}

static ssize_t
wait_for(struct turner *t, short what)
{
	t->wants = what;
	errno = EAGAIN;
	return -1;
}

static ssize_t
failed(struct turner *t, short what)
{
	if (errno == EAGAIN || errno == EINTR)
		return wait_for(t, what);
	return -1;
}

static ssize_t
read_it(void *transport, void *data, size_t length)
{
	struct turner *t = transport;
	size_t i;

	if (plan.asks && questions == 0)
		return wait_for(t, 0);
	if (plan.reads_after_writing && !t->is_open) {
		if (send(t->fd, "!", 1, MSG_NOSIGNAL) != 1)
			return failed(t, EV_WRITE);
		t->is_open = 1;
	}
	if (t->from == t->to) {
		ssize_t n = recv(t->fd, t->held, sizeof(t->held), 0);

		if (n <= 0)
			return n == 0 ? 0 : failed(t, EV_READ);
		t->from = 0;
		t->to = (size_t)n;
		if (plan.writes_after_reading && !t->is_open) {
			CHECK_INT(t->held[t->from++], '!');
			t->is_open = 1;
			if (t->from == t->to)
				return wait_for(t, EV_READ);
		}
	}
	if (plan.gives_single_bytes)
		length = 1;
	for (i = 0; i < length && t->from < t->to; i++)
		((char *)data)[i] = t->held[t->from++] ^ TURNED;
	return (ssize_t)i;
}

static ssize_t
write_it(void *transport, const void *data, size_t length)
{
	struct turner *t = transport;
	char bytes[4096];
	size_t i;
	ssize_t n;

	if (plan.writes_after_reading && !t->is_open)
		return wait_for(t, EV_READ);
	for (i = 0; i < length && i < sizeof(bytes); i++)
		bytes[i] = ((const char *)data)[i] ^ TURNED;
	n = send(t->fd, bytes, i, MSG_NOSIGNAL);
	return n >= 0 ? n : failed(t, EV_WRITE);
}

static short
wants(void *transport)
{
	return ((struct turner *)transport)->wants;
}

static int
pending(void *transport)
{
	struct turner *t = transport;

	return t->from < t->to;
}

static int
handshake(void *transport)
{
	(void)transport;
	return plan.seconds;
}

static void
call(void *transport)
{
	CHECK_PTR(transport, last);
	questions++;
	if (plan.asks == 2) {
		evhttp_free(http);
		http = NULL;
	}
}

static int
shut_down(void *transport)
{
	struct turner *t = transport;

	if (plan.says_end_later-- > 0)
		return (int)wait_for(t, EV_WRITE);
	ends_said++;
	return 0;
}

static void
close_it(void *transport)
{
	struct turner *t = transport;

	/* The socket is still there. */
	CHECK(fcntl(t->fd, F_GETFD) != -1);
	closed++;
	free(t);
}

static void
release(void *arg)
{
	CHECK_STR(arg, "its argument");
	released++;
}

static const struct evhub_transport_ops ops = {
	sizeof(ops), open_it, read_it, write_it, wants, pending, handshake, call, shut_down,
	close_it, release
};

/* Clients turn bytes themselves. */

static void
say_turned(struct peer *p, const char *text)
{
	char bytes[4096];
	size_t i, length = strlen(text);

	for (i = 0; i < length; i++)
		bytes[i] = text[i] ^ TURNED;
	say_bytes(p, bytes, length);
}

static void
check_reply(struct peer *p, size_t from, const char *want)
{
	size_t i, length = strlen(want);

	/* With a date in it that is not looked at. */
	UNTIL(p->length - from >= length + 28 || p->ended);
	for (i = from; i < p->length; i++)
		p->in[i] ^= TURNED;
	CHECK_STR(without_dates(p->in + from, p->length - from), want);
}

static void
start(void)
{
	serve(echo);
	CHECK_INT(evhub_evhttp_set_transport(http, &ops, "its argument"), 0);
}

static void
end(int transports)
{
	finish();
	CHECK_INT(opened, transports);
	CHECK_INT(closed, transports);
	CHECK_INT(released, 1);
}

TEST(bytes_go_through)
{
	struct peer p;

	start();
	open_peer(&p);
	say_turned(&p, GET);
	check_reply(&p, 0, PLAIN(5, "GET /"));
	close_peer(&p);
	rounds();
	CHECK_INT(closed, 1);
	end(1);
}

TEST(what_was_read_already_is_not_waited_for)
{
	struct peer p;

	plan.gives_single_bytes = 1;
	start();
	open_peer(&p);
	say_turned(&p, GET);
	check_reply(&p, 0, PLAIN(5, "GET /"));
	close_peer(&p);
	end(1);
}

/* A spin would make thousands of rounds. */
#define CHECK_QUIET() CHECK(turns_in_ms(200) < 50)

/* The kernel goes on moving what it was given for a moment. */
static void
fill_for_good(int fd)
{
	int i;

	for (i = 0; i < 20; i++) {
		fill(fd);
		sleep_ms(10);
	}
}

TEST(reading_waits_for_room)
{
	struct peer p;
	int i;

	plan.reads_after_writing = 1;
	start();
	/* The client hears nothing for now. */
	memset(&p, 0, sizeof(p));
	watch_peer(&p, connected(4096));
	event_del(&p.event);
	UNTIL(opened == 1);
	rounds();
	/* It was open at once: there was room. Then there is none. */
	CHECK_INT(last->is_open, 1);
	last->is_open = 0;
	fill_for_good(last->fd);
	say_turned(&p, GET);
	CHECK_QUIET();
	CHECK(!last->is_open);
	CHECK_INT(last->wants, EV_WRITE);
	CHECK_INT(calls, 0);
	CHECK_INT(event_add(&p.event, NULL), 0);
	UNTIL(calls == 1);
	/* When all is read there is nothing to do any more. */
	for (i = 0; i < 50 && turns_in_ms(200) >= 50; i++)
		continue;
	CHECK(i < 50);
	close_peer(&p);
	end(1);
}

TEST(writing_waits_for_input)
{
	struct peer p;
	size_t from;

	plan.writes_after_reading = 1;
	start();
	open_peer(&p);
	/* The token, and then the same again with the program's answer in between. */
	say(&p, "!");
	say_turned(&p, GET);
	UNTIL(calls == 1);
	check_reply(&p, 0, PLAIN(5, "GET /"));
	evhttp_set_gencb(http, keep, NULL);
	say_turned(&p, GET);
	UNTIL(keeping == 1);
	last->is_open = 0;
	send_text(kept[0], "late");
	CHECK_QUIET();
	CHECK(!last->is_open);
	from = p.length;
	say(&p, "!");
	check_reply(&p, from, PLAIN(4, "late"));
	close_peer(&p);
	end(1);
}

TEST(the_end_is_said_when_there_is_room)
{
	struct peer p;

	plan.says_end_later = 3;
	start();
	open_peer(&p);
	say_turned(&p, "GET / HTTP/1.0\r\n\r\n");
	UNTIL(p.ended);
	CHECK_INT(ends_said, 1);
	CHECK(p.length > 0 && !p.was_reset);
	close_peer(&p);
	end(1);
}

TEST(what_comes_before_the_first_byte_has_its_time)
{
	struct peer p;

	plan.seconds = 1;
	start();
	open_peer(&p);
	UNTIL(p.ended);
	CHECK_INT(p.length, 0);
	close_peer(&p);
	end(1);
}

TEST(transports_that_cannot_be_made)
{
	struct peer p;

	plan.refuses = 1;
	start();
	open_peer(&p);
	UNTIL(p.ended);
	close_peer(&p);
	end(0);
}

TEST(programs_are_asked)
{
	struct peer p;

	plan.asks = 1;
	start();
	open_peer(&p);
	say_turned(&p, GET);
	check_reply(&p, 0, PLAIN(5, "GET /"));
	CHECK_INT(questions, 1);
	close_peer(&p);
	end(1);
}

TEST(programs_that_are_asked_free_the_server)
{
	struct peer p;

	plan.asks = 2;
	start();
	open_peer(&p);
	say_turned(&p, GET);
	UNTIL(p.ended);
	CHECK_INT(questions, 1);
	CHECK_INT(calls, 0);
	close_peer(&p);
	end(1);
}

/* A client, and what it may be given */

static int replies, last_code;

static void
note_reply(struct evhttp_request *req, void *arg)
{
	(void)arg;
	replies++;
	last_code = req != NULL ? req->response_code : -1;
}

TEST(clients_go_through)
{
	struct evhttp_connection *evcon;
	int i;

	start();
	evcon = evhttp_connection_new("127.0.0.1", (unsigned short)port);
	evhttp_connection_set_base(evcon, current_base);
	CHECK_INT(evhub_evhttp_connection_set_transport(evcon, &ops, "its argument"), 0);
	for (i = 1; i <= 3; i++) {
		evhttp_make_request(evcon, evhttp_request_new(note_reply, NULL), EVHTTP_REQ_GET,
		    "/");
		UNTIL(replies == i);
		CHECK_INT(last_code, 200);
		CHECK(evhub_evhttp_connection_get_transport(evcon, &ops) != NULL);
		CHECK_PTR(evhub_evhttp_connection_get_transport(evcon, NULL), NULL);
	}
	CHECK_INT(opened, 2);
	evhttp_connection_free(evcon);
	CHECK_INT(released, 1);
	rounds();
	finish();
	CHECK_INT(closed, 2);
	CHECK_INT(released, 2);
}

TEST_ONCE(tables_that_are_not_complete)
{
	struct evhub_transport_ops less = ops;
	struct evhttp_connection *evcon;

	start();
	capture_log();
	less.read = NULL;
	CHECK_ERRNO(evhub_evhttp_set_transport(http, &less, NULL), EINVAL);
	less = ops;
	less.size = sizeof(less) - 1;
	CHECK_ERRNO(evhub_evhttp_set_transport(http, &less, NULL), EINVAL);
	CHECK_ERRNO(evhub_evhttp_set_transport(NULL, &ops, NULL), EINVAL);
	evcon = evhttp_connection_new("127.0.0.1", (unsigned short)port);
	CHECK_ERRNO(evhub_evhttp_connection_set_transport(evcon, &less, NULL), EINVAL);
	CHECK_ERRNO(evhub_evhttp_connection_set_transport(NULL, &ops, NULL), EINVAL);
	CHECK_PTR(evhub_evhttp_connection_get_transport(evcon, &ops), NULL);
	CHECK_PTR(evhub_evhttp_connection_get_transport(NULL, &ops), NULL);
	evhttp_connection_free(evcon);
	CHECK_INT(released, 0);
	/* What is replaced is released. */
	CHECK_INT(evhub_evhttp_set_transport(http, NULL, NULL), 0);
	end(0);
}
