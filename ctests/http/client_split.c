/*
 * Proves K17 and behaviour 163: every reply of a corpus in two pieces, at each place; byte by byte;
 * and cut short at each length. The program is told the same as of the whole, or that there is
 * none.
 */
#include "raw_server.h"

static const char *const corpus[] = {
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab\r\nc",
	"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	"3;x=\"y\"\r\nabc\r\nA \r\n0123456789\r\n000\r\nT: u\r\n v\r\n\r\n",
	"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n1\na\n0\n\n",
	"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nA: b\r\n\r\n"
	"HTTP/1.1 204 No Content\r\n\r\n",
	"HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n",
	"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
	"HTTP/1.1 200\r\nA: one\r\n two\r\n\t three  \r\nContent-Length: 1\r\n\r\nx",
	"HTTP/1.1 200 OK\r\nA : b\rc\r\nContent-Length: 1\r\n\r\nx",
	"\r\n\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
	"HTTP/1.1 200 OK\r\n\r\nuntil the end",
	"HTTP/1.0 200 OK\r\nA: b\r\n\r\n\r\nuntil the end\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx",
	"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nA\r\n\r\n",
	"HTTP/1.1 200 OK\r\n A: b\r\n\r\n",
	"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
	"HTTP/1.1 2000 OK\r\n\r\n",
	"HTTP/3.0 200 OK\r\n\r\n",
	"nonsense\r\n\r\n",
};

static int
is_by_end(const char *reply)
{
	return strstr(reply, "until the end") != NULL;
}

/* There is room for so many connections; all that were there are closed. */
static struct peer *
asked(void)
{
	struct peer *p;

	if (taken_count == (int)COUNT(taken))
		taken_count = 0;
	p = &taken[taken_count];
	memset(p, 0, sizeof(*p));
	get(NULL);
	hear_question(peer_at(taken_count));
	return p;
}

static char *
outcome(struct peer *p)
{
	char *copy;

	say_end(p);
	CHECK((copy = strdup(hear_told(1))) != NULL);
	hang_up(p);
	rounds();
	return copy;
}

static char *
outcome_of(const char *reply, size_t length)
{
	struct peer *p = asked();

	say_bytes(p, reply, length);
	return outcome(p);
}

static void
check_same(const char *reply, size_t at, char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		fprintf(stderr, "%s\nat %zu\n", reply, at);
	CHECK_STR(got, want);
	free(got);
}

TEST(in_two_pieces)
{
	size_t i, at;

	begin();
	for (i = 0; i < COUNT(corpus); i++) {
		size_t length = strlen(corpus[i]);
		char *want = outcome_of(corpus[i], length);

		for (at = 1; at < length; at++) {
			struct peer *p = asked();

			say_bytes(p, corpus[i], at);
			rounds();
			say_bytes(p, corpus[i] + at, length - at);
			check_same(corpus[i], at, outcome(p), want);
		}
		free(want);
	}
	end();
}

TEST(byte_by_byte)
{
	size_t i, at;

	begin();
	for (i = 0; i < COUNT(corpus); i++) {
		char *want = outcome_of(corpus[i], strlen(corpus[i]));
		struct peer *p = asked();

		for (at = 0; at < strlen(corpus[i]); at++) {
			say_bytes(p, corpus[i] + at, 1);
			rounds();
		}
		check_same(corpus[i], at, outcome(p), want);
		free(want);
	}
	end();
}

/* Never a success; but bodies until the end are as long as they are. */
TEST(cut_short)
{
	size_t i, at;

	begin();
	for (i = 0; i < COUNT(corpus); i++) {
		const char *body = strstr(corpus[i], "\r\n\r\n");

		for (at = 0; at < strlen(corpus[i]); at++) {
			char *got = outcome_of(corpus[i], at);

			if (is_by_end(corpus[i]) && corpus[i] + at >= body + 4)
				CHECK(strncmp(got, "200 OK", 6) == 0);
			else if (at == 0)
				CHECK_STR(got, "0\n");
			else if (strcmp(got, "NULL\n") != 0)
				test_fail(__FILE__, __LINE__, "%s\ncut at %zu: %s", corpus[i], at,
				    got);
			free(got);
		}
	}
	end();
}
