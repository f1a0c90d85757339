/*
 * Proves behaviours 150 and 201, H50, H51 and H57: which connections are used again, and which end.
 */
#include "serving.h"

/* Its reply has this header, too. */
static const char *name, *value;

static void
with_header(struct evhttp_request *req, void *arg)
{
	if (name != NULL)
		add_header(req, name, value);
	echo(req, arg);
}

/* Asks twice, for a reply that begins so: is the second question answered? */
static int
stays(const char *question)
{
	struct peer p;
	const char *reply;
	int stayed;

	open_peer(&p);
	say(&p, question);
	reply = hear(&p);
	CHECK_INT(status_of(reply), 200);
	rounds();
	say(&p, question);
	rounds();
	UNTIL(p.ended || whole_reply(&p, 0) > 0);
	stayed = !p.ended;
	close_peer(&p);
	return stayed;
}

#define ASK(version, headers) "GET / HTTP/" version "\r\n" headers "\r\n"

TEST(by_the_request)
{
	serve(with_header);
	CHECK(stays(ASK("1.1", "")));
	CHECK(stays(ASK("1.1", "Connection: keep-alive\r\n")));
	CHECK(stays(ASK("1.1", "Connection: foo\r\n")));
	CHECK(stays(ASK("1.1", "Connection: closed\r\n")));
	CHECK(!stays(ASK("1.1", "Connection: close\r\n")));
	CHECK(!stays(ASK("1.1", "Connection: Close\r\n")));
	CHECK(!stays(ASK("1.1", "Connection: foo, close\r\n")));
	CHECK(!stays(ASK("1.1", "Connection: keep-alive, close\r\n")));
	CHECK(!stays(ASK("1.1", "Connection: keep-alive\r\nconnection: close\r\n")));
	CHECK(!stays(ASK("1.1", "Connection: close\r\nConnection: close\r\n")));
	CHECK(!stays(ASK("1.0", "")));
	CHECK(!stays(ASK("1.0", "Connection: close\r\n")));
	CHECK(stays(ASK("1.0", "Connection: keep-alive\r\n")));
	CHECK(stays(ASK("1.0", "Connection: Keep-Alive\r\n")));
	CHECK(stays(ASK("1.0", "Connection: keep-alive-or-so\r\n")));
	CHECK(!stays(ASK("1.0", "Connection: keep\r\n")));
	CHECK(!stays(ASK("1.0", "Keep-Alive: 300\r\n")));
	finish();
}

TEST(by_the_reply)
{
	serve(with_header);
	name = "Connection";
	value = "close";
	CHECK(!stays(ASK("1.1", "")));
	CHECK(!stays(ASK("1.1", "Connection: keep-alive\r\n")));
	CHECK(!stays(ASK("1.0", "Connection: keep-alive\r\n")));
	value = "Close";
	CHECK(!stays(ASK("1.1", "")));
	value = "foo, close";
	CHECK(!stays(ASK("1.1", "")));
	value = "keep-alive";
	CHECK(stays(ASK("1.1", "")));
	CHECK(!stays(ASK("1.1", "Connection: close\r\n")));
	CHECK(stays(ASK("1.0", "Connection: keep-alive\r\n")));
	finish();
}

static const char *
reply_to(const char *question)
{
	static struct peer p;

	free(p.in);
	open_peer(&p);
	say(&p, question);
	say_end(&p);
	hear_all(&p);
	event_del(&p.event);
	close(p.fd);
	return without_dates(p.in, p.length);
}

/* What is said of it. */
TEST(words)
{
	serve(with_header);
	CHECK_STR(reply_to(ASK("1.1", "")), PLAIN(5, "GET /"));
	CHECK_STR(reply_to(ASK("1.1", "Connection: keep-alive\r\n")), PLAIN(5, "GET /"));
	CHECK_STR(reply_to(ASK("1.1", "Connection: close\r\n")),
	    "HTTP/1.1 200 OK\r\nDate: *\r\nConnection: close\r\n" PLAIN_BODY(5, "GET /"));
	CHECK_STR(reply_to(ASK("1.0", "")), "HTTP/1.0 200 OK\r\n" PLAIN_BODY(5, "GET /"));
	CHECK_STR(reply_to(ASK("1.0", "Connection: keep-alive\r\n")),
	    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" PLAIN_BODY(5, "GET /"));
	CHECK_STR(reply_to(ASK("1.0", "Connection: close\r\n")),
	    "HTTP/1.0 200 OK\r\nConnection: close\r\n" PLAIN_BODY(5, "GET /"));
	finish();
}

#define PROXY(version, headers) "GET http://x/ HTTP/" version "\r\n" headers "\r\n"

/* 201 */
TEST(proxies)
{
	serve(with_header);
	CHECK(!stays(PROXY("1.1", "")));
	CHECK(!stays(PROXY("1.1", "Connection: keep-alive\r\n")));
	CHECK(!stays(PROXY("1.1", "Proxy-Connection: keep-alive\r\n")));
	name = "Proxy-Connection";
	value = "keep-alive";
	CHECK(stays(PROXY("1.1", "Proxy-Connection: keep-alive\r\n")));
	CHECK(stays(PROXY("1.1", "Proxy-Connection: keep-alive\r\nConnection: close\r\n")));
	CHECK(stays(PROXY("1.0", "Proxy-Connection: keep-alive\r\n")));
	CHECK(!stays(PROXY("1.1", "")));
	CHECK(!stays(PROXY("1.1", "Proxy-Connection: close\r\n")));
	value = "close";
	CHECK(!stays(PROXY("1.1", "Proxy-Connection: keep-alive\r\n")));
	name = NULL;
	CHECK(strstr(reply_to(PROXY("1.1", "Connection: close\r\n")), "Connection") == NULL);
	finish();
}

/* H57: what follows the last request is nobody's. */
TEST(after_the_last)
{
	struct peer p;

	serve(echo);
	open_peer(&p);
	say(&p, ASK("1.1", "Connection: close\r\n") "GET /more HTTP/1.1\r\n\r\n");
	CHECK_STR(hear_all(&p),
	    "HTTP/1.1 200 OK\r\nDate: *\r\nConnection: close\r\n" PLAIN_BODY(5, "GET /"));
	CHECK_INT(calls, 1);
	CHECK_INT(p.was_reset, 0);
	close_peer(&p);
	finish();
}

/* H62, F16: a client that has said all still hears all. */
TEST(half_closed)
{
	struct peer p;

	serve(echo);
	open_peer(&p);
	say(&p, ASK("1.1", ""));
	say_end(&p);
	CHECK_STR(hear_all(&p), PLAIN(5, "GET /"));
	CHECK_INT(p.was_reset, 0);
	close_peer(&p);
	open_peer(&p);
	say(&p, ASK("1.1", "") ASK("1.1", "") ASK("1.1", ""));
	say_end(&p);
	CHECK_STR(hear_all(&p), PLAIN(5, "GET /") PLAIN(5, "GET /") PLAIN(5, "GET /"));
	CHECK_INT(p.was_reset, 0);
	close_peer(&p);
	finish();
}

/* Neither spins: the end of a client that waits for its reply is told once. */
TEST(half_closed_and_waiting)
{
	struct peer p;

	serve(keep);
	open_peer(&p);
	say(&p, ASK("1.1", ""));
	say_end(&p);
	UNTIL(keeping == 1);
	rounds();
	CHECK(turns_in_ms(100) < 10);
	send_text(kept[0], "late");
	CHECK_STR(hear_all(&p), PLAIN(4, "late"));
	close_peer(&p);
	finish();
}
