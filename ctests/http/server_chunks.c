/*
 * Proves behaviour 144 against rows K of bad inputs: bodies in chunks.
 */
#include "serving.h"

static struct peer p;

#define HEAD "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
#define SEEN "POST / 1.1{Transfer-Encoding=chunked;"

/* A body that is fine: what the program sees, and that the next request is read behind it. */
static void
check_body(const char *chunks, const char *seen)
{
	forget();
	open_peer(&p);
	say(&p, HEAD);
	say(&p, chunks);
	say(&p, "GET /next HTTP/1.1\r\n\r\n");
	if (status_of(hear(&p)) != 200)
		fprintf(stderr, "to %s\n", chunks);
	CHECK_STR(hear(&p), PLAIN(9, "GET /next"));
	note_string("");
	CHECK_INT(strncmp(requests, SEEN, strlen(SEEN)), 0);
	*strstr(requests, "GET /next") = '\0';
	CHECK_STR(requests + strlen(SEEN), seen);
	close_peer(&p);
}

static void
check_bad(const char *chunks, size_t length, int status)
{
	const char *reply;

	forget();
	open_peer(&p);
	say(&p, HEAD);
	say_bytes(&p, chunks, length);
	say(&p, "GET /evil HTTP/1.1\r\n\r\n");
	rounds();
	UNTIL(p.ended || calls > 0);
	reply = without_dates(p.in, p.length);
	if (status_of(reply) != status || calls > 0)
		fprintf(stderr, "to %.*s\n", (int)(length < 100 ? length : 100), chunks);
	CHECK_STR(requests, "");
	CHECK_INT(status_of(reply), status);
	CHECK(strstr(reply + 1, "HTTP/1.1 ") == NULL);
	close_peer(&p);
}

/* K01, K06, K09 */
TEST(sizes)
{
	serve(echo);
	check_body("1\r\na\r\n0\r\n\r\n", "}a\n");
	check_body("0001\r\na\r\n000\r\n\r\n", "}a\n");
	check_body("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "}01234567890123456789\n");
	check_body("00000000000000000000000000001\r\na\r\n0\r\n\r\n", "}a\n");
	check_body("1 \r\na\r\n0 \r\n\r\n", "}a\n");
	check_body("1\na\n0\n\n", "}a\n");
	check_body("1\r\na\n0\r\n\n", "}a\n");
	check_body("2\r\n\r\n\r\n0\r\n\r\n", "}\r\n\n");
	finish();
}

/* K05 */
TEST(extensions)
{
	char text[8192];
	static char padding[3001];

	serve(echo);
	check_body("1;a\r\na\r\n0;b\r\n\r\n", "}a\n");
	check_body("1;a=b;c=\"d;e\\\"\"\r\na\r\n0;b\r\n\r\n", "}a\n");
	check_body("1 ; a = b\r\na\r\n0\r\n\r\n", "}a\n");
	memset(padding, 'x', sizeof(padding) - 1);
	snprintf(text, sizeof(text), "1;%s=%.900s\r\na\r\n0\r\n\r\n", padding, padding);
	check_body(text, "}a\n");
	finish();
}

#define BAD(text, status) check_bad(text, sizeof(text) - 1, status)

TEST(bad_sizes)
{
	serve(echo);
	BAD("\r\n1\r\na\r\n0\r\n\r\n", 400);
	BAD(" 1\r\na\r\n0\r\n\r\n", 400);
	BAD("\t1\r\na\r\n0\r\n\r\n", 400);
	BAD("+1\r\na\r\n0\r\n\r\n", 400);
	BAD("-1\r\na\r\n0\r\n\r\n", 400);
	BAD("0x1\r\na\r\n0\r\n\r\n", 400);
	BAD("1x\r\na\r\n0\r\n\r\n", 400);
	BAD("1 1\r\na\r\n0\r\n\r\n", 400);
	BAD("1,1\r\na\r\n0\r\n\r\n", 400);
	BAD("g\r\na\r\n0\r\n\r\n", 400);
	BAD("1\0\r\na\r\n0\r\n\r\n", 400);
	BAD("1\r\r\na\r\n0\r\n\r\n", 400);
	BAD("1\ra\r\n0\r\n\r\n", 400);
	BAD("1;\r\na\r\n0\r\n\r\n", 400);
	BAD("1;a=\r\na\r\n0\r\n\r\n", 400);
	BAD("1;a=\"b\r\na\r\n0\r\n\r\n", 400);
	BAD("1;a=\"b\nc\"\r\na\r\n0\r\n\r\n", 400);
	BAD("1;a\rb\r\na\r\n0\r\n\r\n", 400);
	BAD("1;a\0b\r\na\r\n0\r\n\r\n", 400);
	BAD("1\xa0\r\na\r\n0\r\n\r\n", 400);
	BAD("1\r\nab\r\n0\r\n\r\n", 400);
	BAD("1\r\na0\r\n\r\n", 400);
	BAD("1\r\na\r0\r\n\r\n", 400);
	BAD("1\r\na\r\n\r\n0\r\n\r\n", 400);
	BAD("10000000000000000\r\na\r\n0\r\n\r\n", 413);
	BAD("ffffffffffffffffffffffff\r\na\r\n0\r\n\r\n", 413);
	BAD("10000000000000001\r\na\r\n0\r\n\r\n", 413);
	finish();
}

/* The sum is counted, too. */
TEST_ONCE(sizes_that_overflow_together)
{
	serve(echo);
	BAD("1\r\na\r\nffffffffffffffff\r\na\r\n0\r\n\r\n", 413);
	finish();
}

/* K10, K12, K13 */
TEST(trailers)
{
	serve(echo);
	check_body("1\r\na\r\n0\r\nA: b\r\nC:d\r\n\r\n", "A=b;C=d;}a\n");
	check_body("1\r\na\r\n0\r\nA: b\r\n c\r\n\r\n", "A=b c;}a\n");
	check_body("1\r\na\r\n0\nA: b\n\n", "A=b;}a\n");
	BAD("0\r\nX", 400);
	BAD("0\r\n A: b\r\n\r\n", 400);
	BAD("0\r\nA : b\r\n\r\n", 400);
	BAD("0\r\n: b\r\n\r\n", 400);
	BAD("0\r\nA: b\0\r\n\r\n", 400);
	BAD("0\r\nA: b\rc\r\n\r\n", 400);
	BAD("0\r\nA\r\n\r\n", 400);
	BAD("0\r\n\r\r\n", 400);
	finish();
}

/* What is added by a trailer does not frame what follows. */
TEST(trailers_do_not_frame)
{
	serve(echo);
	check_body("1\r\na\r\n0\r\nContent-Length: 100\r\n\r\n", "}a\n");
	check_body("1\r\na\r\n0\r\nTransfer-Encoding: x\r\nHost: a b\r\n\r\n", "}a\n");
	check_body("1\r\na\r\n0\r\nConnection: close\r\n\r\n", "}a\n");
	check_body("1\r\na\r\n0\r\nExpect: 100-continue\r\n\r\n", "}a\n");
	finish();
}

/* K04: a line that does not end. */
TEST(lines_without_end)
{
	enum { LARGE = 1 << 20 };
	static char text[LARGE];

	serve(echo);
	memset(text, '0', sizeof(text));
	check_bad(text, sizeof(text), 400);
	text[0] = '1';
	text[1] = ';';
	memset(text + 2, 'x', sizeof(text) - 2);
	check_bad(text, sizeof(text), 400);
	finish();
}

/* K12 */
TEST_ONCE(many_trailers)
{
	enum { LARGE = 2 << 20 };
	static char text[LARGE];
	size_t i;

	serve(echo);
	memcpy(text, "0\r\n", 3);
	for (i = 3; i + 6 <= sizeof(text); i += 6)
		memcpy(text + i, "A: b\r\n", 6);
	check_bad(text, i, 431);
	memset(text + 3, 'x', sizeof(text) - 3);
	check_bad(text, sizeof(text), 431);
	finish();
}

/* K14: linear. */
TEST_ONCE(many_small_ones)
{
	enum { MANY = 300000, SIZE = 6 };
	static char text[MANY * SIZE];
	int i;

	serve(echo);
	for (i = 0; i < MANY; i++)
		memcpy(text + i * SIZE, "1\r\na\r\n", SIZE);
	open_peer(&p);
	say(&p, HEAD);
	say_bytes(&p, text, sizeof(text));
	say(&p, "0\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(6, "POST /"));
	CHECK_INT(requests_length, strlen(SEEN "}\n") + MANY);
	close_peer(&p);
	finish();
}

static size_t body_length;

static void
measure(struct evhttp_request *req, void *arg)
{
	(void)arg;
	calls++;
	body_length = EVBUFFER_LENGTH(req->input_buffer);
	send_text(req, "x");
}

/* One large one. */
TEST(large)
{
	enum { LARGE = 3 << 20 };
	static char text[LARGE];

	serve(measure);
	open_peer(&p);
	say(&p, HEAD "300000\r\n");
	say_bytes(&p, text, sizeof(text));
	say(&p, "\r\n0\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(1, "x"));
	CHECK_INT(body_length, LARGE);
	say(&p, "POST / HTTP/1.1\r\nContent-Length: 3145728\r\n\r\n");
	say_bytes(&p, text, sizeof(text));
	CHECK_STR(hear(&p), PLAIN(1, "x"));
	CHECK_INT(body_length, LARGE);
	close_peer(&p);
	finish();
}
