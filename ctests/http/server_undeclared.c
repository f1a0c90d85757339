/*
 * Proves behaviours 196 and 200: functions on requests that programs declare themselves.
 */
#include "serving.h"

enum message_read_status { CORRUPTED = -1, INCOMPLETE, WHOLE };

void evhttp_response_code(struct evhttp_request *, int, const char *);
void evhttp_send_page(struct evhttp_request *, struct evbuffer *);
enum message_read_status evhttp_parse_firstline(struct evhttp_request *, struct evbuffer *);
enum message_read_status evhttp_parse_headers(struct evhttp_request *, struct evbuffer *);
void evhttp_get_request(struct evhttp *, int, struct sockaddr *, socklen_t);
void evhttp_make_header(struct evhttp_connection *, struct evhttp_request *);
void evhttp_write_buffer(struct evhttp_connection *,
    void (*)(struct evhttp_connection *, void *), void *);
void evhttp_start_read(struct evhttp_connection *);

static struct peer p;
static struct evbuffer *buf;

static void
put(const char *text)
{
	evbuffer_drain(buf, EVBUFFER_LENGTH(buf));
	CHECK_INT(evbuffer_add(buf, (void *)text, strlen(text)), 0);
}

static struct evhttp_request *
of_kind(enum evhttp_request_kind kind)
{
	struct evhttp_request *req = evhttp_request_new(NULL, NULL);

	CHECK(req != NULL);
	req->kind = kind;
	return req;
}

TEST_ONCE(first_lines_of_requests)
{
	static const char *const wrong[] = { "GET /\r\n", "GET  / HTTP/1.1\r\n", "\r\n",
	    "GET / HTTP/2.0\r\n", "PUT / HTTP/1.1\r\n", "GET a HTTP/1.1\r\n" };
	struct evhttp_request *req = of_kind(EVHTTP_REQUEST);
	size_t i;

	buf = evbuffer_new();
	put("POST http://x/a HTTP/1.0");
	CHECK_INT(evhttp_parse_firstline(req, buf), INCOMPLETE);
	CHECK_INT(EVBUFFER_LENGTH(buf), 24);
	put("POST http://x/a HTTP/1.0\r\nrest");
	CHECK_INT(evhttp_parse_firstline(req, buf), WHOLE);
	CHECK_INT(EVBUFFER_LENGTH(buf), 4);
	CHECK_INT(req->type, EVHTTP_REQ_POST);
	CHECK_STR(req->uri, "http://x/a");
	CHECK_INT(req->major, 1);
	CHECK_INT(req->minor, 0);
	CHECK(req->flags & EVHTTP_PROXY_REQUEST);
	for (i = 0; i < COUNT(wrong); i++) {
		put(wrong[i]);
		CHECK_INT(evhttp_parse_firstline(req, buf), CORRUPTED);
	}
	CHECK_ERRNO((int)evhttp_parse_firstline(NULL, buf), EINVAL);
	CHECK_ERRNO((int)evhttp_parse_firstline(req, NULL), EINVAL);
	evhttp_request_free(req);
	evbuffer_free(buf);
}

TEST_ONCE(first_lines_of_replies)
{
	struct evhttp_request *req = of_kind(EVHTTP_RESPONSE);

	buf = evbuffer_new();
	put("HTTP/1.1 404 Not Found\n");
	CHECK_INT(evhttp_parse_firstline(req, buf), WHOLE);
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	CHECK_INT(req->response_code, 404);
	CHECK_STR(req->response_code_line, "Not Found");
	put("HTTP/1.0 200\r\n");
	CHECK_INT(evhttp_parse_firstline(req, buf), WHOLE);
	CHECK_INT(req->minor, 0);
	CHECK_STR(req->response_code_line, "");
	put("SSH-2.0\r\n");
	CHECK_INT(evhttp_parse_firstline(req, buf), CORRUPTED);
	evhttp_request_free(req);
	evbuffer_free(buf);
}

TEST_ONCE(headers)
{
	static const char *const wrong[] = { "A\r\n\r\n", "A : b\r\n\r\n", ": b\r\n\r\n",
	    " A: b\r\n\r\n", "A: b\rc\r\n\r\n" };
	struct evhttp_request *req = of_kind(EVHTTP_REQUEST);
	size_t i;

	buf = evbuffer_new();
	put("A: b\r\nC: d\r\n e\r\n");
	CHECK_INT(evhttp_parse_headers(req, buf), INCOMPLETE);
	evbuffer_add(buf, "\r\nbody", 6);
	CHECK_INT(evhttp_parse_headers(req, buf), WHOLE);
	CHECK_INT(EVBUFFER_LENGTH(buf), 4);
	CHECK_STR(header(req->input_headers, "A"), "b");
	CHECK_STR(header(req->input_headers, "C"), "d e");
	for (i = 0; i < COUNT(wrong); i++) {
		put(wrong[i]);
		CHECK_INT(evhttp_parse_headers(req, buf), CORRUPTED);
	}
	put("\r\n");
	CHECK_INT(evhttp_parse_headers(req, buf), WHOLE);
	evhttp_request_free(req);
	evbuffer_free(buf);
}

static void
send_page(struct evhttp_request *req, void *code)
{
	struct evbuffer *page = evbuffer_new();

	calls++;
	add_header(req, "X", "not sent");
	evbuffer_add(page, "<p>", 3);
	if (code != NULL)
		evhttp_response_code(req, (int)(intptr_t)code, "Said\r\nBefore");
	evhttp_send_page(req, page);
	CHECK_INT(EVBUFFER_LENGTH(page), 0);
	evbuffer_free(page);
}

/* As 1.1, also to 1.0; the connection ends. */
TEST(pages)
{
	serve(send_page);
	open_peer(&p);
	say(&p, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	CHECK_STR(hear_all(&p), "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
	    "Connection: close\r\nDate: *\r\nContent-Length: 3\r\n\r\n<p>");
	close_peer(&p);
	evhttp_set_gencb(http, send_page, (void *)(intptr_t)402);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	CHECK_STR(hear_all(&p), "HTTP/1.1 402 Said Before\r\nContent-Type: text/html\r\n"
	    "Connection: close\r\nDate: *\r\nContent-Length: 3\r\n\r\n<p>");
	close_peer(&p);
	evhttp_send_page(NULL, NULL);
	evhttp_response_code(NULL, 200, "OK");
	finish();
}

static struct sockaddr_in from;

static void
say_from(struct evhttp_request *req, void *arg)
{
	(void)arg;
	calls++;
	CHECK_STR(req->remote_host, "192.0.2.7");
	CHECK_INT(req->remote_port, 77);
	send_text(req, "x");
}

/* A connection that the program has accepted. */
TEST(connections)
{
	int ends[2];

	serve(say_from);
	from.sin_family = AF_INET;
	from.sin_port = htons(77);
	CHECK_INT(inet_pton(AF_INET, "192.0.2.7", &from.sin_addr), 1);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	evhttp_get_request(http, ends[0], (struct sockaddr *)&from, sizeof(from));
	CHECK_INT(evutil_make_socket_nonblocking(ends[1]), 0);
	watch_peer(&p, ends[1]);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(1, "x"));
	close_peer(&p);
	evhttp_get_request(NULL, -1, NULL, 0);
	evhttp_get_request(http, -1, (struct sockaddr *)&from, sizeof(from));
	finish();
}

static void
note_written(struct evhttp_connection *evcon, void *arg)
{
	struct evhttp_request *req = arg;

	CHECK(req->evcon == evcon);
	calls++;
}

/* Written by hand: what the program says is what goes out. */
TEST(writing)
{
	serve(keep);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	calls = 0;
	evhttp_response_code(kept[0], 202, "By Hand");
	evbuffer_add(kept[0]->output_buffer, "abc", 3);
	evhttp_make_header(kept[0]->evcon, kept[0]);
	CHECK_STR(hear_now(&p), "");
	evhttp_write_buffer(kept[0]->evcon, note_written, kept[0]);
	CHECK_STR(hear(&p), "HTTP/1.1 202 By Hand\r\nDate: *\r\n" PLAIN_BODY(3, "abc"));
	UNTIL(calls == 1);
	evhttp_start_read(kept[0]->evcon);
	evhttp_connection_free(kept[0]->evcon);
	evhttp_send_reply(kept[0], 200, "OK", NULL);
	close_peer(&p);
	evhttp_make_header(NULL, NULL);
	evhttp_write_buffer(NULL, NULL, NULL);
	evhttp_start_read(NULL);
	finish();
}
