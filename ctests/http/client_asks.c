/*
 * Proves behaviours 158, 169 and 201, and C09's first half: what a client's request looks like.
 */
#include "raw_server.h"

static struct evhttp_request *
make(void)
{
	struct evhttp_request *req = evhttp_request_new(note_reply, NULL);

	CHECK(req != NULL);
	return req;
}

static const char *
host_line(void)
{
	static char text[64];

	snprintf(text, sizeof(text), "Host: 127.0.0.1:%d\r\n", port);
	return text;
}

/* The question, in which the line of the host is "Host: *". */
static const char *
question_of(struct peer *p)
{
	static char text[65536];
	const char *whole = hear_question(p), *host = strstr(whole, host_line());

	CHECK(host != NULL);
	CHECK(strlen(whole) < sizeof(text));
	snprintf(text, sizeof(text), "%.*sHost: *\r\n%s", (int)(host - whole), whole,
	    host + strlen(host_line()));
	return text;
}

static void
answer(struct peer *p)
{
	say(p, OK_REPLY(0, ""));
	hear_told(1);
}

TEST(methods)
{
	struct evhttp_request *req;
	struct peer *p;

	begin();
	ask_with(con, EVHTTP_REQ_GET, "/a?b=c", note_reply, NULL);
	p = peer_at(0);
	CHECK_STR(question_of(p), "GET /a?b=c HTTP/1.1\r\nHost: *\r\n\r\n");
	answer(p);

	ask_with(con, EVHTTP_REQ_HEAD, "/", note_reply, NULL);
	CHECK_STR(question_of(p), "HEAD / HTTP/1.1\r\nHost: *\r\n\r\n");
	answer(p);

	req = make();
	evbuffer_add(req->output_buffer, "a\0b", 3);
	CHECK_INT(evhttp_make_request(con, req, EVHTTP_REQ_POST, "/p"), 0);
	UNTIL(whole_question(p) > 0);
	CHECK(memcmp(p->in + p->length - 3, "a\0b", 3) == 0);
	CHECK_STR(question_of(p), "POST /p HTTP/1.1\r\nHost: *\r\nContent-Length: 3\r\n\r\na");
	answer(p);

	ask_with(con, EVHTTP_REQ_POST, "/empty", note_reply, NULL);
	CHECK_STR(question_of(p), "POST /empty HTTP/1.1\r\nHost: *\r\nContent-Length: 0\r\n\r\n");
	answer(p);
	CHECK_INT(taken_count, 1);
	end();
}

/* Headers that are added behind evhttp_make_request go out, too. */
TEST(headers_may_come_later)
{
	struct evhttp_request *req;
	struct peer *p;
	int i;

	begin();
	for (i = 0; i < 2; i++) {
		req = ask_with(con, EVHTTP_REQ_GET, "/", note_reply, NULL);
		CHECK_INT(evhttp_add_header(req->output_headers, "A", "b"), 0);
		CHECK_INT(evhttp_add_header(req->output_headers, "A", "c"), 0);
		p = peer_at(0);
		CHECK_STR(question_of(p), "GET / HTTP/1.1\r\nA: b\r\nA: c\r\nHost: *\r\n\r\n");
		answer(p);
	}
	req = ask_with(con, EVHTTP_REQ_GET, "/", note_reply, NULL);
	CHECK_INT(evhttp_add_header(req->output_headers, "host", "of.my.own"), 0);
	CHECK_INT(evhttp_add_header(req->output_headers, "Proxy-Connection", "keep-alive"), 0);
	CHECK_INT(evhttp_add_header(req->output_headers, "Connection", "close"), 0);
	CHECK_STR(hear_question(p),
	    "GET / HTTP/1.1\r\nhost: of.my.own\r\nConnection: close\r\n\r\n");
	answer(p);
	end();
}

TEST(the_version_is_the_programs)
{
	struct evhttp_request *req;
	struct peer *p;

	begin();
	req = make();
	req->major = 1;
	req->minor = 0;
	CHECK_INT(evhttp_make_request(con, req, EVHTTP_REQ_GET, "/"), 0);
	p = peer_at(0);
	CHECK_STR(question_of(p), "GET / HTTP/1.0\r\nHost: *\r\n\r\n");
	answer(p);
	end();
}

TEST(without_a_target)
{
	begin();
	ask_with(con, EVHTTP_REQ_GET, "", note_reply, NULL);
	CHECK_STR(question_of(peer_at(0)), "GET / HTTP/1.1\r\nHost: *\r\n\r\n");
	answer(&taken[0]);
	ask_with(con, EVHTTP_REQ_GET, "?a=b", note_reply, NULL);
	CHECK_STR(question_of(peer_at(taken_count - 1)), "GET ?a=b HTTP/1.1\r\nHost: *\r\n\r\n");
	answer(&taken[taken_count - 1]);
	end();
}

/* Nothing that a program puts there makes two lines of one, or two requests. */
TEST(nothing_is_smuggled)
{
	struct evhttp_request *req;
	struct evkeyval *one;
	struct peer *p;

	begin();
	req = ask_with(con, EVHTTP_REQ_GET, "/a b\r\nX: y\r\n\r\nGET /c\t\x7f", note_reply, NULL);
	one = calloc(1, sizeof(*one));
	CHECK(one != NULL);
	one->key = strdup("A");
	one->value = strdup("b\r\nC: d\n\nGET /e HTTP/1.1");
	TAILQ_INSERT_TAIL(req->output_headers, one, next);
	p = peer_at(0);
	CHECK_STR(question_of(p), "GET /a%20b%0D%0AX:%20y%0D%0A%0D%0AGET%20/c%09%7F HTTP/1.1\r\n"
	    "A: b C: d GET /e HTTP/1.1\r\nHost: *\r\n\r\n");
	answer(p);
	end();
}

/* A body has a length, whatever the method: what is behind it would be another request. */
TEST(bodies_have_a_length)
{
	struct evhttp_request *req;
	struct peer *p;

	begin();
	req = make();
	evbuffer_add(req->output_buffer, "body", 4);
	CHECK_INT(evhttp_make_request(con, req, EVHTTP_REQ_GET, "/"), 0);
	p = peer_at(0);
	CHECK_STR(question_of(p), "GET / HTTP/1.1\r\nHost: *\r\nContent-Length: 4\r\n\r\nbody");
	answer(p);

	/* Chunks are the program's affair. */
	req = make();
	evbuffer_add(req->output_buffer, "1\r\na\r\n0\r\n\r\n", 11);
	CHECK_INT(evhttp_add_header(req->output_headers, "Transfer-Encoding", "chunked"), 0);
	CHECK_INT(evhttp_make_request(con, req, EVHTTP_REQ_POST, "/"), 0);
	CHECK_STR(question_of(p),
	    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: *\r\n\r\n");
	UNTIL(p->length - p->at == 11);
	CHECK_STR(hear_now(p), "1\r\na\r\n0\r\n\r\n");
	answer(p);
	end();
}

/* More than a socket takes at once, to a server that does not read for a while. */
TEST(large_bodies)
{
	enum { SIZE = 8 << 20 };
	struct evhttp_request *req;
	char *body = malloc(SIZE);
	struct peer *p;
	size_t i;

	begin();
	CHECK(body != NULL);
	for (i = 0; i < SIZE; i++)
		body[i] = (char)('a' + i % 23);
	req = make();
	evbuffer_add(req->output_buffer, body, SIZE);
	CHECK_INT(evhttp_make_request(con, req, EVHTTP_REQ_POST, "/"), 0);
	p = peer_at(0);
	event_del(&p->event);
	rounds();
	CHECK_INT(event_add(&p->event, NULL), 0);
	UNTIL(whole_question(p) > 0);
	CHECK(memcmp(p->in + p->length - SIZE, body, SIZE) == 0);
	free(body);
	say(p, OK_REPLY(2, "ok"));
	CHECK_STR(hear_told(1), "200 OK 1.1{Content-Length=2;}ok\n");
	end();
}

/* The request that a program looks at, before and after. */
TEST(fields_of_requests)
{
	struct evhttp_request *req;

	begin();
	req = make();
	CHECK_PTR(req->evcon, NULL);
	CHECK_INT(req->flags, 0);
	CHECK_PTR(req->uri, NULL);
	CHECK_INT(evhttp_make_request(con, req, EVHTTP_REQ_POST, "/x"), 0);
	CHECK_INT(req->kind, EVHTTP_REQUEST);
	CHECK_INT(req->type, EVHTTP_REQ_POST);
	CHECK_STR(req->uri, "/x");
	CHECK_STR(evhttp_request_uri(req), "/x");
	CHECK_PTR(req->evcon, con);
	CHECK_PTR(evhttp_request_get_connection(req), con);
	CHECK_INT(req->major, 1);
	CHECK_INT(req->minor, 1);
	CHECK_INT(req->response_code, 0);
	answer(peer_at(0));
	end();
}

TEST_ONCE(misuse)
{
	struct evhttp_request *req;

	begin();
	capture_log();
	req = make();
	CHECK_ERRNO(evhttp_make_request(NULL, req, EVHTTP_REQ_GET, "/"), EINVAL);
	CHECK_ERRNO(evhttp_make_request(con, NULL, EVHTTP_REQ_GET, "/"), EINVAL);
	CHECK_ERRNO(evhttp_make_request(con, req, (enum evhttp_cmd_type)-1, "/"), EINVAL);
	CHECK_ERRNO(evhttp_make_request(con, req, (enum evhttp_cmd_type)1000, "/"), EINVAL);
	/* Nobody took it. */
	evhttp_request_free(req);
	errno = 0;
	CHECK_PTR(evhttp_connection_new(NULL, 80), NULL);
	CHECK_INT(errno, EINVAL);
	evhttp_request_free(NULL);
	evhttp_connection_free(NULL);
	evhttp_request_set_chunked_cb(NULL, NULL);
	evhttp_connection_set_timeout(NULL, 1);
	evhttp_connection_set_retries(NULL, 1);
	evhttp_connection_set_base(NULL, NULL);
	evhttp_connection_set_local_address(NULL, "127.0.0.1");
	evhttp_connection_set_local_address(con, NULL);
	evhttp_connection_set_local_port(NULL, 1);
	evhttp_connection_set_closecb(NULL, NULL, NULL);
	evhttp_connection_get_peer(NULL, NULL, NULL);
	end();
}

/* A request that a connection has is not given to another one. */
TEST_ONCE(a_request_is_asked_once)
{
	struct evhttp_request *req;

	begin();
	capture_log();
	req = get("/a");
	CHECK_ERRNO(evhttp_make_request(con, req, EVHTTP_REQ_GET, "/b"), EINVAL);
	CHECK_STR(req->uri, "/a");
	hear_question(peer_at(0));
	say(peer_at(0), OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 0, ""));
	end();
}
