/*
 * What clients have beyond libevent 1.4: more methods, reasons, heads and bodies as they come,
 * limits, requests that are not wanted any more.
 */
#include "raw_server.h"

#include <evhub/http_ext.h>

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static void
note_error(enum evhttp_request_error error, void *arg)
{
	char text[64];

	snprintf(text, sizeof(text), "%s error %d\n", arg == NULL ? "" : (const char *)arg,
	    (int)error);
	note_text(text);
}

static struct evhttp_request *
get_noting_errors(const char *target)
{
	struct evhttp_request *req = get(target);

	evhttp_request_set_error_cb(req, note_error);
	return req;
}

TEST(methods)
{
	static const struct {
		enum evhttp_cmd_type type;
		const char *name;
		int has_length;
	} all[] = {
		{ EVHTTP_REQ_PUT, "PUT", 1 }, { EVHTTP_REQ_DELETE, "DELETE", 0 },
		{ EVHTTP_REQ_OPTIONS, "OPTIONS", 0 }, { EVHTTP_REQ_TRACE, "TRACE", 0 },
		{ EVHTTP_REQ_PATCH, "PATCH", 1 },
	};
	char want[256];
	size_t i;

	begin();
	for (i = 0; i < COUNT(all); i++) {
		ask_with(con, all[i].type, "/", note_reply, NULL);
		snprintf(want, sizeof(want), "%s / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n",
		    all[i].name, port, all[i].has_length ? "Content-Length: 0\r\n" : "");
		CHECK_STR(hear_question(peer_at(0)), want);
		say(&taken[0], OK_REPLY(1, "x"));
		CHECK_STR(hear_told(1), "200 OK 1.1{Content-Length=1;}x\n");
	}
	CHECK_INT(taken_count, 1);
	end();
}

/* A tunnel begins behind the head: there is no body, whatever it says. */
TEST(connect_method)
{
	begin();
	ask_with(con, EVHTTP_REQ_CONNECT, "example.com:443", note_reply, NULL);
	CHECK_INT(strncmp(hear_question(peer_at(0)), "CONNECT example.com:443 HTTP/1.1\r\n", 34),
	    0);
	say(&taken[0], "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
	CHECK_STR(hear_told(1), "200 OK 1.1{Content-Length=10;}\n");
	/* A refusal is a reply as all others. */
	ask_with(con, EVHTTP_REQ_CONNECT, "example.com:443", note_reply, NULL);
	hear_question(peer_at(1));
	say(&taken[1], "HTTP/1.1 403 No\r\nContent-Length: 1\r\n\r\nx");
	CHECK_STR(hear_told(1), "403 No 1.1{Content-Length=1;}x\n");
	end();
}

TEST(reasons)
{
	begin();
	get_noting_errors("/a");
	hear_question(peer_at(0));
	say_end(&taken[0]);
	CHECK_STR(hear_told(1), "/a error 1\n/a: 0\n");
	get_noting_errors("/b");
	hear_question(peer_at(1));
	say(&taken[1], "HTTP/1.1");
	say_end(&taken[1]);
	CHECK_STR(hear_told(1), "/b error 1\n/b: NULL\n");
	get_noting_errors("/c");
	hear_question(peer_at(2));
	say(&taken[2], "nonsense\r\n\r\n");
	CHECK_STR(hear_told(1), "/c error 2\n/c: NULL\n");
	evhttp_connection_set_timeout(con, 1);
	get_noting_errors("/d");
	CHECK_STR(hear_told(1), "/d error 0\n/d: NULL\n");
	get_noting_errors("/e");
	hear_question(peer_at(4));
	say(&taken[4], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/e", 0, ""));
	say(&taken[4], "x");
	UNTIL(taken[4].ended);
	stop_listening();
	get_noting_errors("/f");
	get_noting_errors("/g");
	CHECK_STR(hear_told(2), "/f error 6\n/f: 0\n/g error 6\n/g: 0\n");
	end();
}

static void
free_at_error(enum evhttp_request_error error, void *arg)
{
	note_error(error, arg);
	evhttp_connection_free(con);
	con = NULL;
}

TEST(freed_where_the_reason_is_told)
{
	begin();
	evhttp_request_set_error_cb(get("/a"), free_at_error);
	get_noting_errors("/b");
	hear_question(peer_at(0));
	say(&taken[0], "nonsense\r\n\r\n");
	UNTIL(con == NULL);
	rounds();
	CHECK_STR(told_so_far(), "/a error 2\n");
	CHECK_INT(told, 0);
	end();
}

static int wanted;

static int
note_head(struct evhttp_request *req, void *arg)
{
	char text[64];

	CHECK_INT(EVBUFFER_LENGTH(req->input_buffer), 0);
	snprintf(text, sizeof(text), "%s head %d %s\n", (const char *)arg, req->response_code,
	    evhttp_find_header(req->input_headers, "A"));
	note_text(text);
	return wanted;
}

TEST(heads)
{
	begin();
	wanted = 0;
	evhttp_request_set_header_cb(get("/a"), note_head);
	hear_question(peer_at(0));
	say(&taken[0], "HTTP/1.1 103 x\r\nA: c\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n"
	    "Content-Length: 1\r\n\r\n");
	UNTIL(replies_length > 0);
	CHECK_STR(told_so_far(), "/a head 200 b\n");
	say(&taken[0], "x");
	CHECK_STR(hear_told(1), "/a: 200 OK 1.1{A=b;Content-Length=1;}x\n");

	/* It is not wanted. */
	wanted = -1;
	evhttp_request_set_header_cb(get_noting_errors("/b"), note_head);
	get("/c");
	hear_question(&taken[0]);
	say(&taken[0], "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 1\r\n\r\nx");
	CHECK_STR(hear_told(1), "/b head 200 b\n/b error 4\n/b: NULL\n");
	hear_question(peer_at(1));
	say(&taken[1], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/c", 0, ""));
	end();
}

static void
note_piece(struct evhttp_request *req, void *arg)
{
	(void)arg;
	note_body(req);
	note_text("|");
}

static void
cancel_it(struct evhttp_request *req, void *arg)
{
	note_piece(req, arg);
	evhttp_cancel_request(req);
	/* It is there until this returns. */
	CHECK_INT(req->response_code, 200);
}

TEST(cancelling)
{
	struct evhttp_request *a, *b, *c;

	begin();
	a = get("/a");
	b = get("/b");
	c = get("/c");
	/* One that waits. */
	evhttp_cancel_request(b);
	hear_question(peer_at(0));
	/* One that is on its way. */
	evhttp_cancel_request(a);
	CHECK_INT(strncmp(hear_question(peer_at(1)), "GET /c", 6), 0);
	UNTIL(taken[0].ended);
	say(&taken[1], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/c", 0, ""));
	(void)c;

	/* One that is shown. */
	evhub_http_request_set_body_cb(get("/d"), cancel_it);
	get("/e");
	hear_question(&taken[1]);
	say(&taken[1], "HTTP/1.1 200 OK\r\n\r\nabc");
	hear_question(peer_at(2));
	CHECK_STR(told_so_far(), "abc|");
	say(&taken[2], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/e", 0, ""));
	end();
}

/* The last one, before there is a connection. */
TEST(cancelling_all)
{
	begin();
	evhttp_cancel_request(get("/a"));
	rounds();
	CHECK_INT(told, 0);
	get("/b");
	hear_question(peer_at(taken_count - 1 > 0 ? taken_count - 1 : 0));
	say(&taken[taken_count - 1], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/b", 0, ""));
	end();
}

TEST_ONCE(cancelling_what_nobody_has)
{
	struct evhttp_request *req;

	begin();
	capture_log();
	req = evhttp_request_new(note_reply, NULL);
	errno = 0;
	evhttp_cancel_request(req);
	CHECK_INT(errno, ENOENT);
	errno = 0;
	evhttp_cancel_request(NULL);
	CHECK_INT(errno, EINVAL);
	CHECK_ERRNO(evhub_http_request_pause(req), ENOENT);
	CHECK_ERRNO(evhub_http_request_resume(NULL), EINVAL);
	CHECK_INT(evhttp_request_is_owned(req), 0);
	CHECK_ERRNO(evhttp_request_is_owned(NULL), EINVAL);
	evhttp_request_own(NULL);
	evhttp_request_set_error_cb(NULL, NULL);
	evhttp_request_set_header_cb(NULL, NULL);
	evhub_http_request_set_body_cb(NULL, NULL);
	evhttp_connection_set_max_body_size(NULL, 1);
	evhttp_connection_set_max_headers_size(NULL, 1);
	CHECK_PTR(evhttp_connection_get_base(NULL), NULL);
	CHECK_PTR(evhttp_connection_get_base(con), NULL);
	evhttp_request_free(req);
	end();
}

static struct evhttp_request *owned;

static void
own_it(struct evhttp_request *req, void *arg)
{
	note_reply(req, arg);
	evhttp_request_own(req);
	owned = req;
}

TEST(owned_requests)
{
	begin();
	ask_with(con, EVHTTP_REQ_GET, "/", own_it, "/a");
	hear_question(peer_at(0));
	say(&taken[0], OK_REPLY(1, "x"));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 1, "x"));
	evhttp_connection_free(con);
	con = NULL;
	CHECK_INT(evhttp_request_is_owned(owned), 1);
	CHECK_INT(owned->response_code, 200);
	CHECK_INT(EVBUFFER_LENGTH(owned->input_buffer), 1);
	evhttp_request_free(owned);
	end();
}

/* Freed by the program in its callback: the library does not free it once more. */
static void
free_request(struct evhttp_request *req, void *arg)
{
	note_reply(req, arg);
	evhttp_request_free(req);
}

TEST_ONCE(requests_that_the_program_frees)
{
	begin();
	ask_with(con, EVHTTP_REQ_GET, "/", free_request, "/a");
	hear_question(peer_at(0));
	say(&taken[0], OK_REPLY(1, "x"));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 1, "x"));
	/* One that waits is cancelled so. */
	evhttp_request_free(get("/b"));
	rounds();
	CHECK_INT(told, 0);
	end();
}

static int asked_again;

static void
ask_it_again(struct evhttp_request *req, void *arg)
{
	note_reply(req, arg);
	asked_again = evhttp_make_request(con, req, EVHTTP_REQ_GET, "/");
}

TEST_ONCE(requests_are_asked_once)
{
	begin();
	ask_with(con, EVHTTP_REQ_GET, "/", ask_it_again, "/a");
	hear_question(peer_at(0));
	say(&taken[0], OK_REPLY(1, "x"));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 1, "x"));
	CHECK_INT(asked_again, -1);
	end();
}

/* A question over a connection that was used before, and that ends. */
static void
ask_over_a_dying_connection(enum evhttp_cmd_type type, int resets)
{
	int n = taken_count - 1;

	ask_with(con, type, "/a", note_reply, "/a");
	hear_question(&taken[n]);
	if (resets)
		reset_peer(&taken[n]);
	else
		hang_up(&taken[n]);
}

static void
use_connection(void)
{
	get("/first");
	hear_question(peer_at(taken_count));
	say(&taken[taken_count - 1], OK_REPLY(0, ""));
	hear_told(1);
}

TEST(asking_once_more)
{
	int resets, n;

	begin();
	evhub_http_connection_set_ask_again(con, 1);
	for (resets = 0; resets < 2; resets++) {
		use_connection();
		n = taken_count;
		ask_over_a_dying_connection(EVHTTP_REQ_GET, resets);
		CHECK_INT(strncmp(hear_question(peer_at(n)), "GET /a", 6), 0);
		/* Once, and not over a fresh one. */
		hang_up(&taken[n]);
		CHECK_STR(hear_told(1), "/a: 0\n");
		use_connection();
		ask_over_a_dying_connection(EVHTTP_REQ_POST, resets);
		CHECK_STR(hear_told(1), resets ? "/a: NULL\n" : "/a: 0\n");
	}
	evhub_http_connection_set_ask_again(con, 0);
	use_connection();
	ask_over_a_dying_connection(EVHTTP_REQ_GET, 0);
	CHECK_STR(hear_told(1), "/a: 0\n");
	end();
}

/* A question, a reply, and what is told with limits. */
static const char *
with_limits(long head, long body, const char *reply)
{
	struct peer *p;

	evhttp_connection_set_max_headers_size(con, head);
	evhttp_connection_set_max_body_size(con, body);
	get_noting_errors("");
	p = &taken[taken_count];
	hear_question(peer_at(taken_count));
	say(p, reply);
	say_end(p);
	return hear_told(1);
}

TEST(limits)
{
	static const char length[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
	static const char chunks[] = CHUNKED "2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n";
	static const char to_end[] = "HTTP/1.1 200 OK\r\n\r\nbody";
	long head = (long)(strstr(length, "body") - length);

	begin();
	CHECK_STR(with_limits(-1, -1, length), ": 200 OK 1.1{Content-Length=4;}body\n");
	CHECK_STR(with_limits(head, 4, length), ": 200 OK 1.1{Content-Length=4;}body\n");
	CHECK_STR(with_limits(head - 1, 4, length), " error 2\n: NULL\n");
	CHECK_STR(with_limits(head, 3, length), " error 5\n: NULL\n");
	CHECK_STR(with_limits(-1, 4, chunks), ": 200 OK 1.1{Transfer-Encoding=chunked;}body\n");
	CHECK_STR(with_limits(-1, 3, chunks), " error 5\n: NULL\n");
	CHECK_STR(with_limits(-1, 4, to_end), ": 200 OK 1.1{}body\n");
	CHECK_STR(with_limits(-1, 3, to_end), " error 5\n: NULL\n");
	CHECK_STR(with_limits(0, 3, to_end), " error 2\n: NULL\n");
	end();
}

/* What libevent 1.4 has, but does not declare. */

int evhttp_connection_connect(struct evhttp_connection *evcon);
void evhttp_connection_reset(struct evhttp_connection *evcon);
void evhttp_connection_fail(struct evhttp_connection *evcon, int error);

TEST(connecting_beforehand)
{
	begin();
	CHECK_INT(evhttp_connection_connect(con), 0);
	CHECK_INT(evhttp_connection_connect(con), 0);
	peer_at(0);
	rounds();
	CHECK_INT(evhttp_connection_connect(con), 0);
	get("/a");
	hear_question(&taken[0]);
	say(&taken[0], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 0, ""));
	CHECK_INT(taken_count, 1);
	end();
}

static void
note_close(struct evhttp_connection *evcon, void *arg)
{
	(void)evcon;
	(void)arg;
	note_text("closed\n");
}

TEST(failing_and_resetting)
{
	begin();
	evhttp_connection_set_closecb(con, note_close, NULL);
	get_noting_errors("/a");
	get("/b");
	hear_question(peer_at(0));
	evhttp_connection_fail(con, 0);
	CHECK_STR(told_so_far(), "closed\n/a error 0\n/a: NULL\n");
	CHECK_INT(told, 1);
	hear_question(peer_at(1));
	evhttp_connection_reset(con);
	CHECK_STR(told_so_far(), "closed\n");
	rounds();
	CHECK_INT(taken_count, 2);
	/* It is asked again with the next one. */
	get("/c");
	CHECK_INT(strncmp(hear_question(peer_at(2)), "GET /b", 6), 0);
	say(&taken[2], OK_REPLY(0, ""));
	UNTIL(told == 2);
	CHECK_STR(told_so_far(), OK_NOTED("/b", 0, ""));
	end();
}
