/*
 * Proves behaviours 160, 163, 164, 165 and 197, and C01 to C07, C12, C14, C16, C19, K09 and K10:
 * what is read as a reply, and what is not.
 */
#include "raw_server.h"

/* What the program is told when the server says that, and then ends or not. */
static const char *
outcome(const char *reply, int ends)
{
	static char *text;
	struct peer *p;

	get(NULL);
	p = peer_at(taken_count);
	hear_question(p);
	say(p, reply);
	if (ends)
		say_end(p);
	free(text);
	CHECK((text = strdup(hear_told(1))) != NULL);
	/* The next one is asked over another connection. */
	hang_up(p);
	rounds();
	return text;
}

static const char *
whole(const char *reply)
{
	return outcome(reply, 0);
}

static const char *
ended(const char *reply)
{
	return outcome(reply, 1);
}

TEST(status_lines)
{
	begin();
	CHECK_STR(whole("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	    "200 OK 1.1{Content-Length=0;}\n");
	CHECK_STR(whole("HTTP/1.0 404 Not Found\r\nContent-Length: 1\r\n\r\nx"),
	    "404 Not Found 1.0{Content-Length=1;}x\n");
	CHECK_STR(whole("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"),
	    "200  1.1{Content-Length=0;}\n");
	CHECK_STR(whole("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
	    "200  1.1{Content-Length=0;}\n");
	CHECK_STR(whole("HTTP/1.1 599 sp\xc3\xa9\r\nContent-Length: 0\r\n\r\n"),
	    "599 sp\xc3\xa9 1.1{Content-Length=0;}\n");
	CHECK_STR(whole("HTTP/1.1 200 OK\nContent-Length: 1\n\nx"),
	    "200 OK 1.1{Content-Length=1;}x\n");
	end();
}

TEST(no_status_lines)
{
	static const char *const lines[] = {
		"HTTP/1.1 99 x", "HTTP/1.1 20 x", "HTTP/1.1 2000 x", "HTTP/1.1 -1 x",
		"HTTP/1.1 abc", "HTTP/1.1200", "HTTP/1.1", "HTTP/2.0 200 OK", "HTTP/1.2 200 OK",
		"HTTP/1 200 OK", "http/1.1 200 OK", "HTTP/0.9 200 OK", "nonsense", "200 OK",
		"HTTP/1.1 +20 OK", "HTTP/1.1 0x2 OK", "ICY 200 OK", " HTTP/1.1 200 OK",
		"GET / HTTP/1.1", "HTTP/1.1 000 x", "\x16\x03\x01",
	};
	char text[256];
	size_t i;

	begin();
	for (i = 0; i < COUNT(lines); i++) {
		snprintf(text, sizeof(text), "%s\r\nContent-Length: 0\r\n\r\n", lines[i]);
		if (strcmp(whole(text), "NULL\n") != 0)
			fprintf(stderr, "%s\n", lines[i]);
		CHECK_STR(whole(text), "NULL\n");
	}
	end();
}

TEST(headers_of_replies)
{
	begin();
	CHECK_STR(whole("HTTP/1.1 200 OK\r\nA:  b \r\nA: c\r\n a: d\r\nE:\r\n"
	    "Content-Length: 0\r\n\r\n"),
	    "200 OK 1.1{A=b;A=c a: d;E=;Content-Length=0;}\n");
	/* Blanks before the colon, and a CR that ends no line, are blanks (behaviour 140). */
	CHECK_STR(whole("HTTP/1.1 200 OK\r\nA : b\rc\r\nContent-Length : 0\r\n\r\n"),
	    "200 OK 1.1{A=b c;Content-Length=0;}\n");
	CHECK_STR(whole("HTTP/1.1 200 OK\r\nA: b\r\n\tc\r\n  d\r\nContent-Length: 0\r\n\r\n"),
	    "200 OK 1.1{A=b c d;Content-Length=0;}\n");
	CHECK_STR(whole("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n"
	    "Content-Length: 0\r\n\r\n"),
	    "200 OK 1.1{Set-Cookie=a=b;Set-Cookie=c=d;Content-Length=0;}\n");
	CHECK_STR(whole("HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n"), "NULL\n");
	CHECK_STR(whole("HTTP/1.1 200 OK\r\n: b\r\nContent-Length: 0\r\n\r\n"), "NULL\n");
	CHECK_STR(whole("HTTP/1.1 200 OK\r\n A: b\r\nContent-Length: 0\r\n\r\n"), "NULL\n");
	end();
}

TEST(no_nul_in_heads)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\nA: b\0c\r\nContent-Length: 0\r\n\r\n";

	begin();
	get(NULL);
	hear_question(peer_at(0));
	say_bytes(&taken[0], reply, sizeof(reply) - 1);
	CHECK_STR(hear_told(1), "NULL\n");
	end();
}

TEST(bodies_with_a_length)
{
	begin();
	CHECK_STR(whole("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"),
	    "200 OK 1.1{Content-Length=4;}body\n");
	CHECK_STR(ended("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"),
	    "200 OK 1.1{Content-Length=4;}body\n");
	CHECK_STR(ended("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbody"), "NULL\n");
	CHECK_STR(ended("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), "NULL\n");
	CHECK_STR(whole("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), "NULL\n");
	CHECK_STR(whole("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), "NULL\n");
	CHECK_STR(whole("HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx"), "NULL\n");
	CHECK_STR(whole("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n"), "NULL\n");
	CHECK_STR(whole("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
	    "NULL\n");
	CHECK_STR(whole("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nxx"),
	    "NULL\n");
	CHECK_STR(whole("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "1\r\nx\r\n0\r\n\r\n"), "NULL\n");
	end();
}

TEST(bodies_until_the_end)
{
	begin();
	CHECK_STR(ended("HTTP/1.1 200 OK\r\n\r\nall of it"), "200 OK 1.1{}all of it\n");
	CHECK_STR(ended("HTTP/1.0 200 OK\r\nA: b\r\n\r\n"), "200 OK 1.0{A=b;}\n");
	CHECK_STR(ended("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nzip"),
	    "200 OK 1.1{Transfer-Encoding=gzip;}zip\n");
	CHECK_STR(ended("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nzip"),
	    "200 OK 1.1{Transfer-Encoding=identity;}zip\n");
	end();
}

#define CHUNKED(body) "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" body
#define CHUNKS(headers, body) "200 OK 1.1{Transfer-Encoding=chunked;" headers "}" body "\n"

TEST(bodies_in_chunks)
{
	begin();
	CHECK_STR(whole(CHUNKED("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n")), CHUNKS("", "abc"));
	CHECK_STR(whole(CHUNKED("0\r\n\r\n")), CHUNKS("", ""));
	CHECK_STR(whole(CHUNKED("3;x=y\r\nabc\r\n000;z\r\n\r\n")), CHUNKS("", "abc"));
	CHECK_STR(whole(CHUNKED("A\r\n0123456789\r\n0\r\nT: u\r\nContent-Length: 3\r\n\r\n")),
	    CHUNKS("T=u;", "0123456789"));
	CHECK_STR(whole(CHUNKED("x\r\n")), "NULL\n");
	CHECK_STR(whole(CHUNKED("1\r\nab\r\n0\r\n\r\n")), "NULL\n");
	CHECK_STR(whole(CHUNKED("-1\r\na\r\n0\r\n\r\n")), "NULL\n");
	CHECK_STR(whole(CHUNKED("0x1\r\na\r\n0\r\n\r\n")), "NULL\n");
	CHECK_STR(whole(CHUNKED("ffffffffffffffff1\r\na\r\n0\r\n\r\n")), "NULL\n");
	CHECK_STR(whole(CHUNKED("0\r\nX\r\n\r\n")), "NULL\n");
	CHECK_STR(ended(CHUNKED("5\r\nab")), "NULL\n");
	CHECK_STR(ended(CHUNKED("2\r\nab\r\n")), "NULL\n");
	CHECK_STR(ended(CHUNKED("2\r\nab\r\n0\r\n")), "NULL\n");
	CHECK_STR(ended(CHUNKED("2\r\nab\r\n0\r\nT: u\r\n")), "NULL\n");
	CHECK_STR(ended(CHUNKED("")), "NULL\n");
	CHECK_STR(whole("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
	    "NULL\n");
	CHECK_STR(whole("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
	    "1\r\nz\r\n0\r\n\r\n"),
	    "200 OK 1.1{Transfer-Encoding=gzip, chunked;}z\n");
	end();
}

static void
note_chunked(struct evhttp_request *req, void *arg)
{
	CHECK(req != NULL);
	CHECK(req->chunked);
	note_reply(req, arg);
}

/* As gevent reads it. */
TEST(chunked_is_a_field)
{
	begin();
	ask_with(con, EVHTTP_REQ_GET, "/", note_chunked, NULL);
	hear_question(peer_at(0));
	say(&taken[0], CHUNKED("1\r\na\r\n0\r\n\r\n"));
	CHECK_STR(hear_told(1), CHUNKS("", "a"));
	end();
}

TEST(truncated_heads)
{
	begin();
	CHECK_STR(ended(""), "0\n");
	CHECK_STR(ended("H"), "NULL\n");
	CHECK_STR(ended("HTTP/1.1 200 OK\r\n"), "NULL\n");
	CHECK_STR(ended("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"), "NULL\n");
	CHECK_STR(ended("HTTP/1.1 100 Continue\r\n\r\n"), "NULL\n");
	end();
}

/* Replies that have none, whatever their headers say. */
TEST(without_a_body)
{
	begin();
	CHECK_STR(whole("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"),
	    "204 No Content 1.1{Content-Length=5;}\n");
	CHECK_STR(whole("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"),
	    "304 Not Modified 1.1{Transfer-Encoding=chunked;}\n");
	CHECK_STR(whole("HTTP/1.1 204 \r\n\r\n"), "204  1.1{}\n");
	CHECK_STR(whole("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
	    "101 Switching Protocols 1.1{Upgrade=x;}\n");
	end();
}

/* The reply to HEAD has no body, and the connection stays. */
TEST(head)
{
	struct peer *p;

	begin();
	ask_with(con, EVHTTP_REQ_HEAD, "/", note_reply, NULL);
	p = peer_at(0);
	hear_question(p);
	say(p, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
	CHECK_STR(hear_told(1), "200 OK 1.1{Content-Length=100;}\n");
	ask_with(con, EVHTTP_REQ_HEAD, "/", note_reply, NULL);
	hear_question(p);
	say(p, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	CHECK_STR(hear_told(1), "200 OK 1.1{Transfer-Encoding=chunked;}\n");
	get("/a");
	hear_question(p);
	say(p, OK_REPLY(1, "x"));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 1, "x"));
	CHECK_INT(taken_count, 1);
	end();
}

/* 1xx come before the reply. */
TEST(interim_replies)
{
	struct peer *p;
	int i;

	begin();
	CHECK_STR(whole("HTTP/1.1 100 Continue\r\n\r\n" OK_REPLY(1, "x")),
	    "200 OK 1.1{Content-Length=1;}x\n");
	CHECK_STR(whole("HTTP/1.1 102 Processing\r\nA: b\r\n\r\n"
	    "HTTP/1.1 103 Early Hints\r\nLink: c\r\n\r\n" OK_REPLY(1, "x")),
	    "200 OK 1.1{Content-Length=1;}x\n");
	get(NULL);
	p = peer_at(taken_count);
	hear_question(p);
	for (i = 0; i < 1000; i++)
		say(p, "HTTP/1.1 103 Early Hints\r\n\r\n");
	say(p, OK_REPLY(1, "x"));
	CHECK_STR(hear_told(1), "200 OK 1.1{Content-Length=1;}x\n");
	end();
}

/* One could go on so for ever. */
TEST(interim_replies_without_end)
{
	struct peer *p;
	char line[4096];
	int i;

	begin();
	get(NULL);
	p = peer_at(0);
	hear_question(p);
	memset(line, 'x', sizeof(line));
	for (i = 0; i < 4096 && told == 0; i++) {
		say(p, "HTTP/1.1 103 Early Hints\r\nA: ");
		say_bytes(p, line, sizeof(line));
		say(p, "\r\n\r\n");
		rounds();
	}
	CHECK_STR(hear_told(1), "NULL\n");
	end();
}

/* Heads are as long as 1 MiB. */
TEST(long_heads)
{
	enum { LONG = 1000 << 10 };
	char *value = malloc(LONG + 1);
	int i;
	struct peer *p;

	begin();
	CHECK(value != NULL);
	memset(value, 'v', LONG);
	value[LONG] = '\0';
	get(NULL);
	hear_question(p = peer_at(0));
	say(p, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: ");
	say_bytes(p, value, LONG);
	say(p, "\r\n\r\n");
	UNTIL(told == 1);
	CHECK_INT(strlen(told_so_far()), LONG + sizeof("200 OK 1.1{Content-Length=0;A=;}\n") - 1);
	told = 0;
	for (i = 0; i < 3; i++) {
		get(NULL);
		p = i == 0 ? p : peer_at(taken_count);
		hear_question(p);
		if (i == 0)
			say(p, "HTTP/1.1 200 ");
		else
			say(p, "HTTP/1.1 200 OK\r\nA: ");
		if (i == 2)
			say(p, "b\r\nC: ");
		say_bytes(p, value, LONG);
		say_bytes(p, value, LONG);
		CHECK_STR(hear_told(1), "NULL\n");
	}
	free(value);
	end();
}

TEST(many_headers)
{
	enum { MANY = 10000 };
	struct peer *p;
	int i;

	begin();
	get(NULL);
	hear_question(p = peer_at(0));
	say(p, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
	for (i = 0; i < MANY; i++)
		say(p, "Set-Cookie: a=b\r\n");
	say(p, "\r\n");
	UNTIL(told == 1);
	CHECK_INT(strlen(told_so_far()), MANY * (sizeof("Set-Cookie=a=b;") - 1) +
	    sizeof("200 OK 1.1{Content-Length=0;}\n") - 1);
	end();
}

/* Megabytes, of each kind. */
TEST(large_bodies)
{
	enum { SIZE = 4 << 20, ONCE = 1 << 16 };
	static char piece[ONCE];
	char head[128];
	struct peer *p;
	int kind, i;

	begin();
	memset(piece, 'z', sizeof(piece));
	for (kind = 0; kind < 3; kind++) {
		get(NULL);
		hear_question(p = peer_at(0));
		snprintf(head, sizeof(head), kind == 0 ? "Content-Length: %d\r\n" :
		    kind == 1 ? "Transfer-Encoding: chunked\r\n" : "", SIZE);
		say(p, "HTTP/1.1 200 OK\r\n");
		say(p, head);
		say(p, "\r\n");
		for (i = 0; i < SIZE / ONCE; i++) {
			if (kind == 1)
				say(p, "10000\r\n");
			say_bytes(p, piece, ONCE);
			if (kind == 1)
				say(p, "\r\n");
		}
		if (kind == 1)
			say(p, "0\r\n\r\n");
		if (kind == 2)
			say_end(p);
		UNTIL(told == 1);
		CHECK(strlen(told_so_far()) > SIZE);
		told = 0;
	}
	end();
}
