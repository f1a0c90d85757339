/*
 * What a server allows: the strict switch, methods, sizes, connections; proves the repairs of
 * behaviours 139, 143, 145, 147 that are switches. H01, H05, H07, K06.
 */
#include "serving.h"

#include <evhub/http_ext.h>

static struct peer p;

/* The status of the reply to a question; 0: the connection ended without one. */
static int
status_to(const char *question)
{
	const char *reply;

	open_peer(&p);
	say(&p, question);
	say_end(&p);
	reply = hear_all(&p);
	close_peer(&p);
	return *reply == '\0' ? 0 : status_of(reply);
}

static void
count(struct evhttp_request *req, void *arg)
{
	(void)arg;
	calls++;
	send_text(req, "x");
}

/* With the switch, and without. */
static const struct {
	const char *question;
	int strict, usual;
} letters[] = {
	{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200, 200 },
	{ "GET / HTTP/1.0\r\n\r\n", 200, 200 },
	{ "GET / HTTP/1.1\r\n\r\n", 400, 200 },
	{ "GET / HTTP/1.1\nHost: x\n\n", 400, 200 },
	{ "GET / HTTP/1.1\r\nHost: x y\r\n\r\n", 400, 400 },
	{ "GET / HTTP/1.1\r\nHost: x^y\r\n\r\n", 400, 200 },
	{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "0\r\n\r\n", 400, 200 },
	{ "POST / HTTP/1.1\r\nHost: x\r\n\r\n", 200, 200 },
	{ "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\n\n", 400, 200 },
	{ "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 501, 400 },
	{ "FOO / HTTP/1.1\r\nHost: x\r\n\r\n", 501, 400 },
	{ "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505, 400 },
};

TEST(strict)
{
	size_t i;

	serve(count);
	for (i = 0; i < COUNT(letters); i++) {
		evhub_http_set_strict(http, 1);
		if (status_to(letters[i].question) != letters[i].strict)
			test_fail(__FILE__, __LINE__, "strict: %s", letters[i].question);
		evhub_http_set_strict(http, 0);
		if (status_to(letters[i].question) != letters[i].usual)
			test_fail(__FILE__, __LINE__, "usual: %s", letters[i].question);
	}
	evhub_http_set_strict(NULL, 1);
	CHECK_INT(errno, EINVAL);
	finish();
}

/* Until the end of the connection, or without a body: nothing in between. */
TEST(strict_posts_without_length)
{
	serve(echo);
	evhub_http_set_strict(http, 1);
	open_peer(&p);
	say(&p, "POST /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(7, "POST /a"));
	CHECK_STR(hear(&p), PLAIN(6, "GET /b"));
	close_peer(&p);
	finish();
}

static const char *const methods[] = { "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS",
    "TRACE", "CONNECT", "PATCH" };

static int seen;

static void
see_method(struct evhttp_request *req, void *arg)
{
	(void)arg;
	calls++;
	seen = evhttp_request_get_command(req);
	send_text(req, "x");
}

/* Each by itself: what is not among those that are allowed is not implemented. */
TEST(methods_that_are_allowed)
{
	char question[80];
	int allowed, asked;

	serve(see_method);
	for (allowed = 0; allowed < (int)COUNT(methods); allowed++) {
		evhttp_set_allowed_methods(http, 1 << allowed);
		for (asked = 0; asked < (int)COUNT(methods); asked++) {
			snprintf(question, sizeof(question), "%s %s HTTP/1.1\r\n\r\n",
			    methods[asked], asked == EVHTTP_REQ_CONNECT ? "a:80" :
			    asked == EVHTTP_REQ_OPTIONS ? "*" : "/");
			seen = -1;
			CHECK_INT(status_to(question), asked == allowed ? 200 : 501);
			CHECK_INT(seen, asked == allowed ? asked : -1);
		}
		CHECK_INT(status_to("GETT / HTTP/1.1\r\n\r\n"), 501);
	}
	evhttp_set_allowed_methods(NULL, EVHUB_HTTP_GET);
	CHECK_INT(errno, EINVAL);
	finish();
}

static void
echo_body(struct evhttp_request *req, void *arg)
{
	(void)arg;
	calls++;
	evhttp_send_reply(req, 200, "OK", evhttp_request_get_input_buffer(req));
}

TEST(bodies_of_methods)
{
	serve(echo_body);
	evhttp_set_allowed_methods(http, EVHUB_HTTP_PUT | EVHUB_HTTP_DELETE | EVHUB_HTTP_PATCH);
	open_peer(&p);
	say(&p, "PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
	    "DELETE / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nd\r\n0\r\n\r\n"
	    "PATCH / HTTP/1.1\r\nContent-Length: 2\r\n\r\nefDELETE / HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(3, "abc"));
	CHECK_STR(hear(&p), PLAIN(1, "d"));
	CHECK_STR(hear(&p), PLAIN(2, "ef"));
	CHECK_STR(hear(&p), "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Length: 0\r\n\r\n");
	close_peer(&p);
	finish();
}

/* 413 as soon as it is known; what is as long as it may be is fine. */
TEST(bodies_that_are_too_long)
{
	serve(count);
	evhttp_set_max_body_size(http, 5);
	CHECK_INT(status_to("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde"), 200);
	CHECK_INT(status_to("POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\n"), 413);
	CHECK_INT(status_to("GET / HTTP/1.1\r\nContent-Length: 6\r\n\r\n"), 413);
	CHECK_INT(status_to("POST / HTTP/1.1\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n"),
	    413);
	CHECK_INT(status_to("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), 200);
	CHECK_INT(status_to("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "3\r\nabc\r\n3\r\n"), 413);
	CHECK_INT(status_to("POST / HTTP/1.1\r\n\r\nabcde"), 200);
	CHECK_INT(status_to("POST / HTTP/1.1\r\n\r\nabcdef"), 413);
	CHECK_INT(calls, 3);
	evhttp_set_max_body_size(http, 0);
	CHECK_INT(status_to("POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n"), 413);
	CHECK_INT(status_to("GET / HTTP/1.1\r\n\r\n"), 200);
	evhttp_set_max_body_size(http, -1);
	CHECK_INT(status_to("POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nabcdef"), 200);
	finish();
}

TEST(heads_that_are_too_long)
{
	serve(count);
	evhttp_set_max_headers_size(http, 40);
	CHECK_INT(status_to("GET / HTTP/1.1\r\nA: 456789012345678\r\n\r\n"), 200);
	CHECK_INT(status_to("GET / HTTP/1.1\r\nA: 456789012345678901234\r\n\r\n"), 431);
	CHECK_INT(status_to("GET /56789012345678901234567890123456789 HTTP/1.1\r\n\r\n"), 414);
	CHECK_INT(status_to("POST / HTTP/1.1\r\nTransfer-Encoding:chunked\r\n\r\n"), 431);
	CHECK_INT(calls, 1);
	evhttp_set_max_headers_size(http, -1);
	CHECK_INT(status_to("GET / HTTP/1.1\r\nA: 456789012345678901234\r\n\r\n"), 200);
	finish();
}

/* The head has its own time, as a whole; the connection has another one between requests. */
TEST(heads_that_are_late)
{
	struct timeval short_time = { 0, 200000 };
	int64_t start;

	serve(echo);
	CHECK_INT(evhub_http_set_head_timeout(http, &short_time), 0);
	open_peer(&p);
	loop_for_ms(400);
	CHECK_INT(p.ended, 0);
	start = now_ns();
	say(&p, "GET / HT");
	CHECK_INT(status_of(hear_all(&p)), 408);
	CHECK_ELAPSED(start, 190);
	close_peer(&p);
	finish();
}

TEST(connections_that_idle)
{
	struct timeval short_time = { 0, 200000 }, wrong = { -1, 0 };
	int64_t start = now_ns();

	serve(keep);
	CHECK_INT(evhub_http_set_idle_timeout(http, &short_time), 0);
	open_peer(&p);
	CHECK_STR(hear_all(&p), "");
	CHECK_ELAPSED(start, 190);
	close_peer(&p);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n");
	loop_for_ms(400);
	say(&p, "\r\n");
	UNTIL(keeping == 1);
	loop_for_ms(400);
	start = now_ns();
	send_text(kept[0], "x");
	CHECK_STR(hear(&p), PLAIN(1, "x"));
	CHECK_STR(hear_all(&p), "");
	CHECK_ELAPSED(start, 190);
	close_peer(&p);
	CHECK_INT(evhub_http_set_idle_timeout(http, &wrong), -1);
	CHECK_INT(errno, EINVAL);
	CHECK_INT(evhub_http_set_idle_timeout(http, NULL), 0);
	CHECK_INT(evhub_http_set_head_timeout(NULL, NULL), -1);
	CHECK_INT(errno, EINVAL);
	finish();
}

/* Who comes when there are enough is served when somebody goes. */
TEST(connections_that_wait)
{
	struct peer peers[4];
	int i;

	serve(echo);
	evhub_http_set_max_connections(http, 2);
	for (i = 0; i < 4; i++) {
		open_peer(&peers[i]);
		say(&peers[i], "GET / HTTP/1.1\r\n\r\n");
	}
	CHECK_STR(hear(&peers[0]), PLAIN(5, "GET /"));
	CHECK_STR(hear(&peers[1]), PLAIN(5, "GET /"));
	CHECK_STR(hear_now(&peers[2]), "");
	CHECK(turns_in_ms(100) < 20);
	close_peer(&peers[0]);
	CHECK_STR(hear(&peers[2]), PLAIN(5, "GET /"));
	CHECK_STR(hear_now(&peers[3]), "");
	evhub_http_set_max_connections(http, 0);
	CHECK_STR(hear(&peers[3]), PLAIN(5, "GET /"));
	for (i = 1; i < 4; i++)
		close_peer(&peers[i]);
	finish();
}
