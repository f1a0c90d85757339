/*
 * Proves behaviours 148, 149, 151 and 173: what a reply looks like. W03, W05, W08, W17.
 */
#include "serving.h"

/* Each reply that is tested: its headers, its code and body come from here. */
static struct {
	const char *names[4], *values[4];
	int code;
	const char *reason;
	const char *body;		/* NULL: no buffer */
} plan;

static void
planned(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = plan.body == NULL ? NULL : evbuffer_new();
	int i;

	(void)arg;
	calls++;
	for (i = 0; i < 4 && plan.names[i] != NULL; i++)
		add_header(req, plan.names[i], plan.values[i]);
	if (body != NULL)
		evbuffer_add(body, (void *)plan.body, strlen(plan.body));
	evhttp_send_reply(req, plan.code, plan.reason, body);
	if (body != NULL) {
		CHECK_INT(EVBUFFER_LENGTH(body), 0);
		evbuffer_free(body);
	}
}

static void
plan_reply(int code, const char *reason, const char *body)
{
	memset(&plan, 0, sizeof(plan));
	plan.code = code;
	plan.reason = reason;
	plan.body = body;
}

static void
plan_header(const char *name, const char *value)
{
	int i = 0;

	while (plan.names[i] != NULL)
		i++;
	plan.names[i] = name;
	plan.values[i] = value;
}

/* The connection that all requests of a test go over. */
static struct peer p;

static const char *
ask(const char *method)
{
	say(&p, method);
	say(&p, " / HTTP/1.1\r\n\r\n");
	return hear_one(&p, strcmp(method, "HEAD") == 0);
}

static void
begin(void)
{
	serve(planned);
	open_peer(&p);
}

static void
end(void)
{
	CHECK_INT(p.ended, 0);
	close_peer(&p);
	finish();
}

TEST(headers_that_are_added)
{
	begin();
	plan_reply(200, "OK", "hello");
	CHECK_STR(ask("GET"), PLAIN(5, "hello"));
	plan_header("X-B", "2");
	plan_header("x-a", "1");
	plan_header("X-B", "3");
	CHECK_STR(ask("GET"), "HTTP/1.1 200 OK\r\nX-B: 2\r\nx-a: 1\r\nX-B: 3\r\nDate: *\r\n"
	    PLAIN_BODY(5, "hello"));
	plan_reply(299, "Some Reason", "x");
	plan_header("Content-Type", "text/plain");
	CHECK_STR(ask("GET"), "HTTP/1.1 299 Some Reason\r\nContent-Type: text/plain\r\n"
	    "Date: *\r\nContent-Length: 1\r\n\r\nx");
	plan_reply(200, "OK", NULL);
	CHECK_STR(ask("GET"), "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Length: 0\r\n\r\n");
	plan_reply(200, "OK", "");
	CHECK_STR(ask("GET"), "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Length: 0\r\n\r\n");
	plan_reply(200, "", "a");
	CHECK_STR(ask("GET"), "HTTP/1.1 200 \r\nDate: *\r\n" PLAIN_BODY(1, "a"));
	end();
}

/* W17: what can be said once is; the first one counts. */
TEST_ONCE(headers_that_are_sent_once)
{
	begin();
	plan_reply(200, "OK", "hello");
	plan_header("Date", "never");
	plan_header("Server", "a");
	plan_header("DATE", "ever");
	plan_header("server", "b");
	CHECK_STR(ask("GET"), "HTTP/1.1 200 OK\r\nDate: never\r\nServer: a\r\n"
	    PLAIN_BODY(5, "hello"));
	plan_reply(200, "OK", "hello");
	plan_header("Content-Length", "5");
	plan_header("content-length", "4");
	plan_header("Content-Type", "text/plain");
	plan_header("Content-Type", "text/html");
	CHECK_STR(ask("GET"), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
	    "Content-Type: text/plain\r\nDate: *\r\n\r\nhello");
	end();
}

/* What the program has said itself is not said again. */
TEST_ONCE(headers_of_the_program)
{
	begin();
	plan_reply(200, "OK", "hello");
	plan_header("date", "never");
	plan_header("content-length", "5");
	CHECK_STR(ask("GET"), "HTTP/1.1 200 OK\r\ndate: never\r\ncontent-length: 5\r\n"
	    "Content-Type: text/html; charset=ISO-8859-1\r\n\r\nhello");
	plan_header("CONTENT-TYPE", "a/b");
	CHECK_STR(ask("GET"), "HTTP/1.1 200 OK\r\ndate: never\r\ncontent-length: 5\r\n"
	    "CONTENT-TYPE: a/b\r\n\r\nhello");
	end();
}

/* 149, W08 */
TEST(bodies_that_are_not_sent)
{
	begin();
	plan_reply(200, "OK", "hello");
	CHECK_STR(ask("HEAD"), "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Length: 5\r\n\r\n");
	plan_header("Content-Length", "12345");
	CHECK_STR(ask("HEAD"),
	    "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\nDate: *\r\n\r\n");
	plan_reply(204, "No Content", "hello");
	CHECK_STR(ask("GET"), "HTTP/1.1 204 No Content\r\nDate: *\r\n\r\n");
	CHECK_STR(ask("HEAD"), "HTTP/1.1 204 No Content\r\nDate: *\r\n\r\n");
	plan_reply(304, "Not Modified", NULL);
	CHECK_STR(ask("GET"), "HTTP/1.1 304 Not Modified\r\nDate: *\r\n\r\n");
	plan_reply(304, "Not Modified", "hello");
	CHECK_INT(status_of(ask("GET")), 304);
	plan_reply(200, "OK", "still there");
	CHECK_STR(ask("GET"), PLAIN(11, "still there"));
	end();
}

/* HEAD to 1.0, where nothing but the end could delimit a body. */
TEST_ONCE(head_of_1_0)
{
	begin();
	plan_reply(200, "OK", "hello");
	say(&p, "HEAD / HTTP/1.0\r\n\r\n");
	CHECK_STR(hear_all(&p), "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n");
	close_peer(&p);
	finish();
}

/* 173: one reply, whatever is in reasons and values. */
TEST_ONCE(line_ends_are_not_sent)
{
	static const char *const bad[] = { "a\r\nSet-Cookie: x", "a\nSet-Cookie: x",
		"a\rSet-Cookie: x", "a\r\n\r\nSet-Cookie: x", "a\r\n\tSet-Cookie: x" };
	size_t i;

	begin();
	for (i = 0; i < COUNT(bad); i++) {
		plan_reply(200, bad[i], "x");
		CHECK_STR(ask("GET"), "HTTP/1.1 200 a Set-Cookie: x\r\nDate: *\r\n"
		    PLAIN_BODY(1, "x"));
		plan_reply(200, "OK", "x");
		plan_header("A", bad[i]);
		CHECK_STR(ask("GET"), "HTTP/1.1 200 OK\r\nA: a Set-Cookie: x\r\nDate: *\r\n"
		    PLAIN_BODY(1, "x"));
	}
	end();
}

/* W03: a status has three digits, whatever the program says. */
TEST_ONCE(codes_that_are_none)
{
	static const int bad[] = { 0, -1, -200, 1, 99, 1000, 65736, INT32_MAX, INT32_MIN };
	size_t i;

	begin();
	capture_log();
	for (i = 0; i < COUNT(bad); i++) {
		const char *reply;

		plan_reply(bad[i], "x", "y");
		reply = ask("GET");
		CHECK_INT(strspn(reply + 9, "0123456789"), 3);
		CHECK(reply[9] != '0' && reply[12] == ' ');
	}
	close_peer(&p);
	finish();
}

TEST_ONCE(no_reason)
{
	begin();
	capture_log();
	plan_reply(200, NULL, "y");
	CHECK_STR(ask("GET"), "HTTP/1.1 200 \r\nDate: *\r\n" PLAIN_BODY(1, "y"));
	end();
}

/* W05: calls in an order that makes no sense. */
static void
disorderly(struct evhttp_request *req, void *arg)
{
	struct evbuffer *piece = evbuffer_new();

	(void)arg;
	evbuffer_add(piece, "one", 3);
	switch (calls++) {
	case 0:
		evhttp_send_reply_chunk(req, piece);
		evhttp_send_reply_end(req);
		evhttp_send_reply(req, 200, "OK", piece);
		break;
	case 1:
		evhttp_send_reply(req, 200, "OK", piece);
		evbuffer_add(piece, "two", 3);
		evhttp_send_reply(req, 200, "OK", piece);
		evhttp_send_error(req, 500, "Error");
		evhttp_send_reply_start(req, 200, "OK");
		evhttp_send_reply_chunk(req, piece);
		evhttp_send_reply_end(req);
		break;
	default:
		evhttp_send_reply_start(req, 200, "OK");
		evhttp_send_reply_start(req, 201, "Again");
		evhttp_send_reply_chunk(req, piece);
		evhttp_send_reply(req, 200, "OK", NULL);
		evhttp_send_reply_end(req);
		evhttp_send_reply_end(req);
		evbuffer_add(piece, "two", 3);
		evhttp_send_reply_chunk(req, piece);
	}
	evbuffer_free(piece);
}

TEST(disorder)
{
	serve(disorderly);
	capture_log();
	open_peer(&p);
	CHECK_STR(ask("GET"), PLAIN(3, "one"));
	CHECK_STR(ask("GET"), PLAIN(3, "one"));
	CHECK_STR(ask("GET"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nDate: *\r\n\r\n"
	    "3\r\none\r\n0\r\n\r\n");
	calls = 0;
	CHECK_STR(ask("GET"), PLAIN(3, "one"));
	end();
}

TEST_ONCE(null_is_refused)
{
	struct evbuffer *piece = evbuffer_new();

	capture_log();
	evhttp_send_reply(NULL, 200, "OK", piece);
	evhttp_send_error(NULL, 500, "Error");
	evhttp_send_reply_start(NULL, 200, "OK");
	evhttp_send_reply_chunk(NULL, piece);
	evhttp_send_reply_end(NULL);
	CHECK_PTR(evhttp_request_uri(NULL), NULL);
	CHECK_PTR(evhttp_request_get_connection(NULL), NULL);
	evhttp_request_free(NULL);
	evhttp_free(NULL);
	CHECK_INT(evhttp_del_cb(NULL, "/"), -1);
	evhttp_set_cb(NULL, "/", echo, NULL);
	evhttp_set_gencb(NULL, echo, NULL);
	evhttp_set_timeout(NULL, 1);
	CHECK(logged(_EVENT_LOG_ERR) + logged(_EVENT_LOG_WARN) > 0);
	evbuffer_free(piece);
}
