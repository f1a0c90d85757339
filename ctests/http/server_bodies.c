/*
 * Proves behaviours 143 to 146: which requests have a body, and when it is whole.
 */
#include "serving.h"

static struct peer p;

/* What the program sees of a request, and that its reply comes. */
static void
check_seen(const char *question, const char *seen)
{
	forget();
	open_peer(&p);
	say(&p, question);
	CHECK_INT(status_of(hear(&p)), 200);
	CHECK_STR(requests, seen);
	close_peer(&p);
}

/* No program sees it: this status, if any, is answered, and the connection ends. */
static void
check_refused(const char *question, int status)
{
	const char *reply;

	forget();
	open_peer(&p);
	say(&p, question);
	reply = hear_all(&p);
	if (status_of(reply) != status)
		fprintf(stderr, "to %s\n%s\n", question, reply);
	CHECK_INT(status_of(reply), status);
	CHECK_STR(requests, "");
	close_peer(&p);
}

/* The same, when the client has ended. */
static void
check_incomplete(const char *question)
{
	forget();
	open_peer(&p);
	say(&p, question);
	rounds();
	CHECK_INT(p.ended, 0);
	say_end(&p);
	CHECK_STR(hear_all(&p), "");
	if (calls > 0)
		fprintf(stderr, "%s\n", question);
	CHECK_STR(requests, "");
	close_peer(&p);
}

TEST(by_length)
{
	serve(echo);
	check_seen("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
	    "POST / 1.1{Content-Length=3;}abc\n");
	check_seen("POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc",
	    "POST / 1.0{Content-Length=3;}abc\n");
	check_seen("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
	    "POST / 1.1{Content-Length=0;}\n");
	check_seen("POST / HTTP/1.1\r\nContent-Length:\t 003 \t\r\nConnection: x\r\n\r\nabc",
	    "POST / 1.1{Content-Length=003;Connection=x;}abc\n");
	check_seen("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcdef",
	    "POST / 1.1{Content-Length=3;}abc\n");
	finish();
}

TEST(lengths_that_are_none)
{
	static const char *const bad[] = { "", "-1", "+1", "abc", "1x", "0x1", "1 1", "1,1",
		"1.0", "1e1", "\"1\"", "1\x0b", "\xc2\xb9" };
	char question[256];
	size_t i;

	serve(echo);
	for (i = 0; i < COUNT(bad); i++) {
		snprintf(question, sizeof(question),
		    "POST / HTTP/1.1\r\nContent-Length: %s\r\n\r\nabc", bad[i]);
		check_refused(question, 400);
		snprintf(question, sizeof(question),
		    "GET / HTTP/1.1\r\nContent-Length: %s\r\n\r\nGET / HTTP/1.1\r\n\r\n", bad[i]);
		check_refused(question, 400);
	}
	/* H37 */
	check_refused("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400);
	check_refused("POST / HTTP/1.1\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\na", 400);
	check_refused("GET / HTTP/1.1\r\nContent-Length: 0\r\ncontent-length: 18\r\n\r\n", 400);
	finish();
}

/* H39 */
TEST(lengths_that_nobody_can_count)
{
	static const char *const huge[] = { "9223372036854775808", "18446744073709551615",
		"18446744073709551616", "18446744073709551617", "999999999999999999999999999999" };
	char question[256];
	size_t i;

	serve(echo);
	for (i = 0; i < COUNT(huge); i++) {
		snprintf(question, sizeof(question),
		    "POST / HTTP/1.1\r\nContent-Length: %s\r\n\r\nabc", huge[i]);
		check_refused(question, 413);
	}
	check_incomplete("POST / HTTP/1.1\r\nContent-Length: 9223372036854775807\r\n\r\nabc");
	finish();
}

TEST(in_chunks)
{
	serve(echo);
	check_seen("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
	    "POST / 1.1{Transfer-Encoding=chunked;}abc0123456789\n");
	check_seen("POST / HTTP/1.1\r\ntransfer-encoding: CHUNKED\r\n\r\n0\r\n\r\n",
	    "POST / 1.1{transfer-encoding=CHUNKED;}\n");
	/* 144: trailers join the headers, but for those that say how to read the message. */
	check_seen("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "1\r\na\r\n0\r\nX-A: 1\r\nContent-Length: 7\r\nTransfer-Encoding: x\r\n"
	    "Connection: close\r\nHost: x\r\nX-B: 2\r\n\r\n",
	    "POST / 1.1{Transfer-Encoding=chunked;X-A=1;X-B=2;}a\n");
	finish();
}

/* Without either the body ends with the connection. */
TEST(until_the_end)
{
	static const char *const heads[] = { "POST / HTTP/1.1\r\n", "POST / HTTP/1.0\r\n",
		"POST / HTTP/1.1\r\nConnection: close\r\n" };
	static const char *const seen[] = { "POST / 1.1{}abcd\n", "POST / 1.0{}abcd\n",
		"POST / 1.1{Connection=close;}abcd\n" };
	size_t i;

	serve(echo);
	for (i = 0; i < COUNT(heads); i++) {
		forget();
		open_peer(&p);
		say(&p, heads[i]);
		say(&p, "\r\nab");
		rounds();
		say(&p, "cd");
		rounds();
		CHECK_INT(calls, 0);
		say_end(&p);
		CHECK_INT(status_of(hear_all(&p)), 200);
		CHECK_STR(requests, seen[i]);
		close_peer(&p);
	}
	/* An empty one is one, too. */
	forget();
	open_peer(&p);
	say(&p, "POST / HTTP/1.1\r\n\r\n");
	say_end(&p);
	CHECK_INT(status_of(hear_all(&p)), 200);
	CHECK_STR(requests, "POST / 1.1{}\n");
	close_peer(&p);
	check_refused("POST / HTTP/1.1\r\nConnection: keep-alive\r\n\r\nabc", 400);
	check_refused("POST / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nabc", 400);
	check_refused("POST / HTTP/1.1\r\nConnection: x\r\n\r\nabc", 400);
	finish();
}

/* H43, H44: what a GET declares is read and thrown away, never taken for a request. */
TEST(bodies_of_get)
{
	serve(echo);
	open_peer(&p);
	say(&p, "GET /a HTTP/1.1\r\nContent-Length: 22\r\n\r\nGET /evil HTTP/1.1\r\n\r\n"
	    "HEAD /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "16\r\nGET /evil HTTP/1.1\r\n\r\n\r\n0\r\n\r\n"
	    "GET /c HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(6, "GET /a"));
	CHECK_INT(status_of(hear_one(&p, 1)), 200);
	CHECK_STR(hear(&p), PLAIN(6, "GET /c"));
	CHECK_STR(requests, "GET /a 1.1{Content-Length=22;}\n"
	    "HEAD /b 1.1{Transfer-Encoding=chunked;}\nGET /c 1.1{}\n");
	close_peer(&p);
	finish();
}

/* 146: the handler of a GET does not wait for it. */
TEST(get_is_answered_before_its_body)
{
	serve(echo);
	open_peer(&p);
	say(&p, "GET /a HTTP/1.1\r\nContent-Length: 18\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(6, "GET /a"));
	say(&p, "GET / HTTP/1.1\r\n");
	CHECK_STR(hear_now(&p), "");
	say(&p, "\r\nGET /b HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(6, "GET /b"));
	CHECK_INT(calls, 2);
	say(&p, "HEAD /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nGE");
	CHECK_INT(status_of(hear_one(&p, 1)), 200);
	say_end(&p);
	CHECK_STR(hear_all(&p), "");
	CHECK_INT(calls, 3);
	close_peer(&p);
	finish();
}

TEST(get_whose_body_never_ends)
{
	serve(echo);
	open_peer(&p);
	say(&p, "GET /a HTTP/1.1\r\nContent-Length: 18\r\n\r\nabc");
	say_end(&p);
	CHECK_INT(status_of(hear_all(&p)), 200);
	CHECK_INT(calls, 1);
	close_peer(&p);
	finish();
}

/* 143, H45: with both, chunks it is, and the connection ends. */
TEST(both_framings)
{
	static const char *const heads[] = {
		"POST /a HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
		"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 100\r\n\r\n",
		"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n"
		"Connection: keep-alive\r\n\r\n" };
	size_t i;

	serve(echo);
	for (i = 0; i < COUNT(heads); i++) {
		forget();
		open_peer(&p);
		say(&p, heads[i]);
		say(&p, "3\r\nabc\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n");
		CHECK_STR(strstr(hear_all(&p), "\r\n\r\n"), "\r\n\r\nPOST /a");
		CHECK_INT(calls, 1);
		CHECK(strstr(requests, "}abc\n") != NULL);
		close_peer(&p);
	}
	check_refused("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n"
	    "0\r\n\r\n", 400);
	finish();
}

/* H46 to H49 */
TEST(codings)
{
	static const struct { const char *coding; int status; } table[] = {
		{ "gzip, chunked", 501 }, { "gzip", 501 }, { "identity", 501 }, { "xchunked", 501 },
		{ "chunked, gzip", 400 }, { "chunked, chunked", 400 },
		{ "chunked\r\nTransfer-Encoding: chunked", 400 },
		{ "chunked\r\nTransfer-Encoding: identity", 400 },
		{ "", 400 }, { ",", 400 },
	};
	char question[256];
	size_t i;

	serve(echo);
	for (i = 0; i < COUNT(table); i++) {
		snprintf(question, sizeof(question), "POST / HTTP/1.1\r\nTransfer-Encoding: %s\r\n"
		    "\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n", table[i].coding);
		check_refused(question, table[i].status);
		memcpy(question, "HEAD", 4);
		check_refused(question, table[i].status);
	}
	check_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
	check_seen("POST / HTTP/1.1\r\nTransfer-Encoding: ,\tchunked ,\r\n\r\n1\r\na\r\n0\r\n\r\n",
	    "POST / 1.1{Transfer-Encoding=,\tchunked ,;}a\n");
	finish();
}

TEST_ONCE(codings_that_only_look_like_chunked)
{
	static const char *const bad[] = { "chunked;a=b", "chunked\x0b", "\xa0" "chunked",
		"chunk ed", "\"chunked\"", "chunked,\x0c" };
	char question[256];
	size_t i;

	serve(echo);
	for (i = 0; i < COUNT(bad); i++) {
		int status;

		snprintf(question, sizeof(question), "POST / HTTP/1.1\r\nTransfer-Encoding: %s\r\n"
		    "\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n", bad[i]);
		open_peer(&p);
		say(&p, question);
		status = status_of(hear_all(&p));
		if (status != 400 && status != 501)
			fprintf(stderr, "%s\n", bad[i]);
		CHECK(status == 400 || status == 501);
		CHECK_INT(calls, 0);
		close_peer(&p);
	}
	finish();
}

/* 146, H41, K15 */
TEST(incomplete_at_the_end)
{
	static const char whole[] = "POST /abc HTTP/1.1\r\nContent-Length: 3\r\nA: b\r\n\r\nabc";
	static const char chunks[] = "POST /abc HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n";
	static const char get[] = "GET /abc HTTP/1.0\r\nA: b\r\n\r\n";
	char text[sizeof(chunks)];
	size_t i;

	serve(echo);
	for (i = 1; i < sizeof(whole) - 1; i++) {
		snprintf(text, sizeof(text), "%.*s", (int)i, whole);
		check_incomplete(text);
	}
	for (i = 1; i < sizeof(chunks) - 1; i++) {
		snprintf(text, sizeof(text), "%.*s", (int)i, chunks);
		check_incomplete(text);
	}
	for (i = 1; i < sizeof(get) - 1; i++) {
		snprintf(text, sizeof(text), "%.*s", (int)i, get);
		check_incomplete(text);
	}
	finish();
}

/* 145 */

#define EXPECTING(version, more)                                                \
	"POST / HTTP/" version "\r\nExpect: 100-continue\r\n" more "\r\n"

TEST(continuing)
{
	serve(echo);
	open_peer(&p);
	say(&p, EXPECTING("1.1", "Content-Length: 3\r\n"));
	CHECK_STR(hear(&p), "HTTP/1.1 100 Continue\r\n\r\n");
	CHECK_INT(calls, 0);
	say(&p, "abc");
	CHECK_STR(hear(&p), PLAIN(6, "POST /"));
	say(&p, "POST / HTTP/1.1\r\nexpect: 100-CONTINUE\r\nTransfer-Encoding: chunked\r\n\r\n");
	CHECK_STR(hear(&p), "HTTP/1.1 100 Continue\r\n\r\n");
	say(&p, "0\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(6, "POST /"));
	/* Not once a byte of the body is there, */
	say(&p, EXPECTING("1.1", "Content-Length: 3\r\n") "a");
	CHECK_STR(hear_now(&p), "");
	say(&p, "bc");
	CHECK_STR(hear(&p), PLAIN(6, "POST /"));
	/* nor if there is none, */
	say(&p, EXPECTING("1.1", "Content-Length: 0\r\n"));
	CHECK_STR(hear(&p), PLAIN(6, "POST /"));
	close_peer(&p);
	/* nor to 1.0. */
	open_peer(&p);
	say(&p, EXPECTING("1.0", "Content-Length: 3\r\n"));
	CHECK_STR(hear_now(&p), "");
	say(&p, "abc");
	CHECK_STR(hear(&p), "HTTP/1.0 200 OK\r\n" PLAIN_BODY(6, "POST /"));
	close_peer(&p);
	finish();
}

/* The order stays when replies to earlier requests are still to come. */
TEST(continuing_in_a_row)
{
	serve(echo);
	open_peer(&p);
	say(&p, "GET /a HTTP/1.1\r\n\r\n" EXPECTING("1.1", "Content-Length: 3\r\n"));
	CHECK_STR(hear(&p), PLAIN(6, "GET /a"));
	CHECK_STR(hear(&p), "HTTP/1.1 100 Continue\r\n\r\n");
	say(&p, "abc");
	CHECK_STR(hear(&p), PLAIN(6, "POST /"));
	close_peer(&p);
	finish();
}

TEST(not_continuing)
{
	serve(echo);
	check_refused("POST / HTTP/1.1\r\nExpect: foo\r\nContent-Length: 3\r\n\r\nabc", 417);
	check_refused("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: x\r\n\r\n", 400);
	check_refused("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: "
	    "99999999999999999999\r\n\r\n", 413);
	check_refused("PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", 400);
	finish();
}

TEST(hosts)
{
	static const char *const good[] = { "x", "x:80", "[::1]:80", "127.0.0.1", "", "a.b.c" };
	static const char *const bad[] = { "a b", "a\tb", "a/b", "a@b", "a\x7f", "a\x01",
		"x\r\nHost: x", "x\r\nhost: y" };
	char question[256], seen[256];
	size_t i;

	serve(echo);
	check_seen("GET / HTTP/1.1\r\n\r\n", "GET / 1.1{}\n");
	for (i = 0; i < COUNT(good); i++) {
		snprintf(question, sizeof(question), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", good[i]);
		snprintf(seen, sizeof(seen), "GET / 1.1{Host=%s;}\n", good[i]);
		check_seen(question, seen);
	}
	for (i = 0; i < COUNT(bad); i++) {
		snprintf(question, sizeof(question), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", bad[i]);
		check_refused(question, 400);
		snprintf(question, sizeof(question), "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", bad[i]);
		check_refused(question, 400);
	}
	finish();
}
