/*
 * Proves behaviours 152 and 196: pages that say what went wrong, after which the connection ends.
 */
#include "serving.h"

#define PAGE(code, reason)                                                      \
	"<html><head><title>" #code " " reason "</title></head>"                \
	"<body><h1>" reason "</h1></body></html>\n"

/* The headers of such a reply, whatever the order; the page is returned. */
static const char *
page_of(const char *reply, const char *first_line)
{
	const char *body = strstr(reply, "\r\n\r\n");

	CHECK(body != NULL);
	body += 4;
	CHECK_INT(strncmp(reply, first_line, strlen(first_line)), 0);
	CHECK(reply[strlen(first_line)] == '\r');
	CHECK_INT(strncmp(value_of(reply, body, "Content-Type"), "text/html\r\n", 11), 0);
	CHECK_INT(strncmp(value_of(reply, body, "Connection"), "close\r\n", 7), 0);
	CHECK_INT(atoi(value_of(reply, body, "Content-Length")), strlen(body));
	return body;
}

static const char *
ask(const char *question)
{
	static struct peer p;

	free(p.in);
	open_peer(&p);
	say(&p, question);
	hear_all(&p);
	CHECK_INT(p.was_reset, 0);
	event_del(&p.event);
	close(p.fd);
	return p.in;
}

static const char *reason;

static void
fail_it(struct evhttp_request *req, void *code)
{
	calls++;
	add_header(req, "X-Mine", "1");
	add_header(req, "Content-Length", "3");
	evhttp_send_error(req, (int)(intptr_t)code, reason);
}

TEST(errors_of_programs)
{
	const char *reply;

	serve(echo);
	evhttp_set_cb(http, "/500", fail_it, (void *)500);
	evhttp_set_cb(http, "/503", fail_it, (void *)HTTP_SERVUNAVAIL);
	reason = "Out of Order";
	reply = ask("GET /500 HTTP/1.1\r\n\r\n");
	CHECK(strstr(page_of(reply, "HTTP/1.1 500 Out of Order"), "Out of Order") != NULL);
	CHECK(strstr(reply, "500") != NULL);
	CHECK(strstr(reply, "Method Not Implemented") == NULL);
	CHECK(strstr(reply, "X-Mine") == NULL);
	CHECK(value_of(reply, strstr(reply, "\r\n\r\n") + 4, "Date") != NULL);
	/* 196: 1.0 is told 1.1. */
	reply = ask("GET /503 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	CHECK(strstr(page_of(reply, "HTTP/1.1 503 Out of Order"), "Out of Order") != NULL);
	finish();
}

/* The text is escaped, and stays a line. */
TEST_ONCE(escaped)
{
	const char *reply, *page;

	serve(echo);
	evhttp_set_cb(http, "/500", fail_it, (void *)500);
	reason = "<script>\"a\"&'b'</script>";
	page = page_of(ask("GET /500 HTTP/1.1\r\n\r\n"),
	    "HTTP/1.1 500 <script>\"a\"&'b'</script>");
	CHECK(strstr(page, "<script>") == NULL);
	CHECK(strstr(page, "&lt;script&gt;&quot;a&quot;&amp;&#039;b&#039;&lt;/script&gt;") != NULL);
	reason = "a\r\nSet-Cookie: b";
	reply = ask("GET /500 HTTP/1.1\r\n\r\n");
	page = page_of(reply, "HTTP/1.1 500 a Set-Cookie: b");
	CHECK(value_of(reply, page, "Set-Cookie") == NULL);
	finish();
}

/* The built-in pages; that of 404 names the target, escaped. */
TEST(built_in)
{
	const char *page;

	serve(NULL);
	page = page_of(ask("GET /no/such HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found");
	CHECK(strstr(page, "404") != NULL && strstr(page, "Not Found") != NULL);
	page = page_of(ask("GET /no/such HTTP/1.0\r\n\r\n"), "HTTP/1.1 404 Not Found");
	CHECK(strstr(page, "Not Found") != NULL);
	page = page_of(ask("PUT / HTTP/1.1\r\n\r\n"), "HTTP/1.1 400 Bad Request");
	CHECK_STR(page, PAGE(400, "Bad Request"));
	page = page_of(ask("nonsense\r\n\r\n"), "HTTP/1.1 400 Bad Request");
	CHECK_STR(page, PAGE(400, "Bad Request"));
	finish();
}

/* 141: the page of 404 has the target in it. */
TEST(not_found_names_the_target)
{
	const char *page;

	serve(NULL);
	page = page_of(ask("GET /no/such?a=1 HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found");
	CHECK(strstr(page, "/no/such?a=1") != NULL);
	page = page_of(ask("GET /'a'&b HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found");
	CHECK(strstr(page, "/&#039;a&#039;&amp;b") != NULL);
	CHECK(strstr(page, "'a'&b") == NULL);
	finish();
}

/* HEAD gets no page. */
TEST_ONCE(to_head)
{
	const char *reply;

	serve(NULL);
	evhttp_set_cb(http, "/500", fail_it, (void *)500);
	reason = "Out of Order";
	reply = ask("HEAD /500 HTTP/1.1\r\n\r\n");
	CHECK_STR(strstr(reply, "\r\n\r\n"), "\r\n\r\n");
	CHECK_INT(status_of(reply), 500);
	reply = ask("HEAD /no HTTP/1.1\r\n\r\n");
	CHECK_STR(strstr(reply, "\r\n\r\n"), "\r\n\r\n");
	CHECK_INT(status_of(reply), 404);
	finish();
}

/* Replies that wait are sent before it; requests behind it are nobody's. */
TEST(in_a_row)
{
	struct peer p;
	const char *reply;

	serve(echo);
	evhttp_set_cb(http, "/500", fail_it, (void *)500);
	reason = "x";
	open_peer(&p);
	say(&p, "GET /a HTTP/1.1\r\n\r\nGET /500 HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(6, "GET /a"));
	reply = hear_all(&p);
	CHECK_INT(status_of(reply), 500);
	CHECK(strstr(reply, "GET /b") == NULL);
	CHECK_INT(calls, 2);
	close_peer(&p);
	/* H56 */
	open_peer(&p);
	say(&p, "GET /a HTTP/1.1\r\n\r\n\1\2\3 garbage\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(6, "GET /a"));
	reply = hear_all(&p);
	CHECK_INT(status_of(reply), 400);
	CHECK(strstr(reply, "GET /b") == NULL);
	close_peer(&p);
	finish();
}

/* The client is still sending: it hears why, and the connection ends in peace. */
TEST(while_the_client_sends)
{
	enum { LARGE = 4 << 20 };
	static char body[LARGE];
	struct peer p;

	serve(echo);
	open_peer(&p);
	say(&p, "PUT / HTTP/1.1\r\nContent-Length: 4194304\r\n\r\n");
	say_bytes(&p, body, sizeof(body));
	say_end(&p);
	UNTIL(p.ended);
	CHECK_INT(status_of(p.in), 400);
	CHECK_STR(strstr(p.in, "\r\n\r\n") + 4, PAGE(400, "Bad Request"));
	close_peer(&p);
	finish();
}
