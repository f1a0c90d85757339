/*
 * Every request of a corpus in two pieces, at each place; byte by byte; and cut short at each
 * length. What the program sees and what the client hears is the same as of the whole.
 */
#include "serving.h"

static const char *const corpus[] = {
	"GET / HTTP/1.1\r\n\r\n",
	"GET /a?b=c HTTP/1.0\r\nConnection: keep-alive\r\nA: b\r\n\r\n",
	"\r\n\n\r\nGET / HTTP/1.1\nHost: x\nA:b\n\n",
	"HEAD /a HTTP/1.1\r\nA:   b  \r\nB:\r\nC: \t \r\n\r\nGET /b HTTP/1.1\r\n\r\n",
	"GET / HTTP/1.1\r\nA: one\r\n two\r\n\t three  \r\n\r\n",
	"POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nab\r\ncGET /b HTTP/1.1\r\n\r\n",
	"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	"3;x=\"y\"\r\nabc\r\nA \r\n0123456789\r\n000\r\nT: u\r\n v\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
	"POST /a HTTP/1.1\nTransfer-Encoding: chunked\n\n1\na\n0\n\nGET /b HTTP/1.1\n\n",
	"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"
	"1\r\na\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n",
	"GET /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\n\r\n",
	"GET /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	"1\r\nx\r\n0\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
	"GET /a HTTP/1.1\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
	"GET /a HTTP/1.0\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
	"GET http://x:80/a HTTP/1.1\r\nHost: x\r\n\r\n",
	"POST /a HTTP/1.0\r\nContent-Length: 2\r\n\r\nab",
	"POST /a HTTP/1.1\r\n\r\nuntil the end",
	"POST /a HTTP/1.1\r\nConnection: keep-alive\r\n\r\nabc",
	"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\n\r\nnonsense\r\n\r\n",
	"GET /a HTTP/1.1\r\nA: b\rc\r\n\r\n",
	"GET /a HTTP/1.1\r\nA : b\r\n\r\n",
	"GET /a HTTP/1.1\r\n: b\r\n\r\n",
	"GET /a HTTP/1.1\r\nA: b\r\nno colon\r\n\r\n",
	"GET /a HTTP/1.1\r\n A: b\r\n\r\n",
	"GET /a b HTTP/1.1\r\n\r\n",
	"PUT /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
	"POST /a HTTP/1.1\r\nContent-Length: 3, 3\r\n\r\nabc",
	"POST /a HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
	"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
	"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nx\r\n\r\n",
	"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;\r\na\r\n0\r\n\r\n",
	"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nA : b\r\n\r\n",
	"GET /a HTTP/1.1\r\nExpect: foo\r\n\r\n",
	"GET /a HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
	"GET /a HTTP/3.0\r\n\r\n",
};

/* What came of a question: what the program saw, then what the client heard. */
static char *
outcome(struct peer *p)
{
	const char *all;
	char *copy;

	say_end(p);
	all = hear_all(p);
	copy = malloc(strlen(all) + requests_length + 1);
	CHECK(copy != NULL);
	memcpy(copy, requests, requests_length);
	strcpy(copy + requests_length, all);
	close_peer(p);
	return copy;
}

static char *
outcome_of(const char *question, size_t length)
{
	struct peer p;

	forget();
	open_peer(&p);
	say_bytes(&p, question, length);
	return outcome(&p);
}

static void
check_split(const char *question, size_t at, const char *want)
{
	size_t length = strlen(question);
	struct peer p;
	char *got;

	forget();
	open_peer(&p);
	say_bytes(&p, question, at);
	rounds();
	say_bytes(&p, question + at, length - at);
	got = outcome(&p);
	if (strcmp(got, want) != 0)
		fprintf(stderr, "%s\nsplit at %zu\n", question, at);
	CHECK_STR(got, want);
	free(got);
}

TEST(in_two_pieces)
{
	size_t i, at;

	serve(echo);
	for (i = 0; i < COUNT(corpus); i++) {
		char *whole = outcome_of(corpus[i], strlen(corpus[i]));

		for (at = 1; at < strlen(corpus[i]); at++)
			check_split(corpus[i], at, whole);
		free(whole);
	}
	finish();
}

TEST(byte_by_byte)
{
	size_t i, at;

	serve(echo);
	for (i = 0; i < COUNT(corpus); i++) {
		char *whole = outcome_of(corpus[i], strlen(corpus[i])), *got;
		struct peer p;

		forget();
		open_peer(&p);
		for (at = 0; at < strlen(corpus[i]); at++) {
			say_bytes(&p, corpus[i] + at, 1);
			CHECK(event_loop(EVLOOP_NONBLOCK) >= 0);
		}
		got = outcome(&p);
		CHECK_STR(got, whole);
		free(got);
		free(whole);
	}
	finish();
}

/* Does one begin as the other one does, request by request? */
static int
is_start_of(const char *part, const char *whole)
{
	return strncmp(part, whole, strlen(part)) == 0;
}

/*
 * Cut short, and ended or not: the program sees of it what it sees of the whole, or less, but
 * nothing else. Two kinds are what they are by their end: bodies until the end, and bodies that
 * nobody reads.
 */
TEST(cut_short)
{
	size_t i, length;

	serve(echo);
	for (i = 0; i < COUNT(corpus); i++) {
		char *seen;

		free(outcome_of(corpus[i], strlen(corpus[i])));
		CHECK((seen = strdup(requests)) != NULL);
		for (length = 0; length < strlen(corpus[i]); length++) {
			int is_by_end = strstr(corpus[i], "until the end") != NULL;
			struct peer p;

			forget();
			open_peer(&p);
			say_bytes(&p, corpus[i], length);
			rounds();
			if (!is_start_of(requests, seen))
				fprintf(stderr, "%s\ncut at %zu\n", corpus[i], length);
			CHECK(is_start_of(requests, seen));
			free(outcome(&p));
			if (!is_by_end && !is_start_of(requests, seen))
				fprintf(stderr, "%s\nended at %zu\n", corpus[i], length);
			CHECK(is_by_end || is_start_of(requests, seen));
		}
		free(seen);
	}
	finish();
}

/* Two pieces in requests that wait behind one another, when the first is answered late. */
TEST(split_while_the_program_thinks)
{
	static const char two[] = "POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nab"
	    "POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ncd\r\n0\r\n\r\n";
	size_t at;

	serve(keep);
	for (at = 1; at < sizeof(two) - 1; at++) {
		struct peer p;
		int early;

		forget();
		keeping = 0;
		open_peer(&p);
		say_bytes(&p, two, at);
		rounds();
		early = keeping == 1;
		if (early)
			send_text(kept[0], "first");
		say_bytes(&p, two + at, sizeof(two) - 1 - at);
		UNTIL(keeping > 0);
		rounds();
		if (!early)
			send_text(kept[0], "first");
		UNTIL(keeping == 2);
		send_text(kept[1], "second");
		CHECK_STR(hear(&p), PLAIN(5, "first"));
		CHECK_STR(hear(&p), PLAIN(6, "second"));
		CHECK_STR(requests, "POST /a 1.1{Content-Length=2;}ab\n"
		    "POST /b 1.1{Transfer-Encoding=chunked;}cd\n");
		close_peer(&p);
	}
	finish();
}
