/*
 * Proves behaviours 139, 140 and 143 against rows H of bad inputs: what is no request gets its
 * status, and the connection ends; what follows it is read by nobody.
 */
#include "serving.h"

static struct peer p;

#define SMUGGLED "GET /evil HTTP/1.1\r\n\r\n"

struct input {
	const char *bytes;
	size_t length;
	int status;			/* or another one, 0 if there is none */
	int or_status;
};

#define ROW(text, status) { text, sizeof(text) - 1, status, 0 }
#define EITHER(text, status, other) { text, sizeof(text) - 1, status, other }

static void
print(const char *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c < ' ' || c > '~')
			fprintf(stderr, "\\x%02x", c);
		else
			fputc(c, stderr);
	}
	fputc('\n', stderr);
}

static void
check_refused(const struct input *in)
{
	int status;
	const char *reply, *second;

	forget();
	open_peer(&p);
	say_bytes(&p, in->bytes, in->length);
	say(&p, SMUGGLED);
	rounds();
	UNTIL(p.ended || (whole_reply(&p, 0) > 0 && calls > 0));
	reply = without_dates(p.in, p.length);
	status = status_of(reply);
	if (calls > 0 || status <= 0 || (status != in->status && status != in->or_status))
		print(in->bytes, in->length);
	CHECK_STR(requests, "");
	if (status != in->or_status)
		CHECK_INT(status, in->status);
	CHECK(p.ended);
	/* One reply alone. */
	second = strstr(reply + 1, "HTTP/1.1 ");
	CHECK(second == NULL);
	close_peer(&p);
}

static void
check_all(const struct input *inputs, size_t count)
{
	size_t i;

	serve(echo);
	for (i = 0; i < count; i++)
		check_refused(&inputs[i]);
	finish();
}

/* H04, H05, H07 to H16, H59, H60 */
TEST(first_lines)
{
	static const struct input inputs[] = {
		ROW("GET * HTTP/1.1\r\n\r\n", 400), ROW("GET x:80 HTTP/1.1\r\n\r\n", 400),
		ROW("GET foo/bar HTTP/1.1\r\n\r\n", 400), ROW("GET ! HTTP/1.1\r\n\r\n", 400),
		ROW("GET ?a HTTP/1.1\r\n\r\n", 400),
		ROW("CONNECT x:80 HTTP/1.1\r\n\r\n", 400), ROW("PUT / HTTP/1.1\r\n\r\n", 400),
		ROW("DELETE / HTTP/1.1\r\n\r\n", 400), ROW("OPTIONS / HTTP/1.1\r\n\r\n", 400),
		ROW("OPTIONS * HTTP/1.1\r\n\r\n", 400), ROW("TRACE / HTTP/1.1\r\n\r\n", 400),
		ROW("PATCH / HTTP/1.1\r\n\r\n", 400), ROW("FOO / HTTP/1.1\r\n\r\n", 400),
		ROW("get / HTTP/1.1\r\n\r\n", 400), ROW("Get / HTTP/1.1\r\n\r\n", 400),
		ROW("G(T / HTTP/1.1\r\n\r\n", 400), ROW("G\0T / HTTP/1.1\r\n\r\n", 400),
		ROW("G\x80T / HTTP/1.1\r\n\r\n", 400), ROW(" GET / HTTP/1.1\r\n\r\n", 400),
		ROW("\tGET / HTTP/1.1\r\n\r\n", 400), ROW("GETT / HTTP/1.1\r\n\r\n", 400),
		ROW("GE / HTTP/1.1\r\n\r\n", 400), ROW("GET  / HTTP/1.1\r\n\r\n", 400),
		ROW("GET /  HTTP/1.1\r\n\r\n", 400), ROW("GET\t/ HTTP/1.1\r\n\r\n", 400),
		ROW("GET /\tHTTP/1.1\r\n\r\n", 400), ROW("GET / HTTP/1.1 \r\n\r\n", 400),
		ROW("GET / HTTP/1.1\t\r\n\r\n", 400), ROW("GET\v/ HTTP/1.1\r\n\r\n", 400),
		ROW("GET /\fHTTP/1.1\r\n\r\n", 400), ROW("GET / HTTP/1.1 x\r\n\r\n", 400),
		ROW("GET /a b HTTP/1.1\r\n\r\n", 400), ROW("GET /\x01 HTTP/1.1\r\n\r\n", 400),
		ROW("GET /\x7f HTTP/1.1\r\n\r\n", 400), ROW("GET /\x80 HTTP/1.1\r\n\r\n", 400),
		ROW("GET /\xc3\xa9 HTTP/1.1\r\n\r\n", 400), ROW("GET /\0 HTTP/1.1\r\n\r\n", 400),
		ROW("GET /#a HTTP/1.1\r\n\r\n", 400), ROW("GET /a?b#c HTTP/1.1\r\n\r\n", 400),
		ROW("GET http://x/#a HTTP/1.1\r\n\r\n", 400), ROW("GET\r\n\r\n", 400),
		ROW("GET /\r\n\r\n", 400), ROW("GET / \r\n\r\n", 400), ROW("GET\n\n", 400),
		ROW("GET / HTTP/1.2\r\n\r\n", 400), ROW("GET / HTTP/2.0\r\n\r\n", 400),
		ROW("GET / HTTP/0.9\r\n\r\n", 400), ROW("GET / HTTP/1.\r\n\r\n", 400),
		ROW("GET / HTTP/1.10\r\n\r\n", 400), ROW("GET / HTTP/11\r\n\r\n", 400),
		ROW("GET / HTTP/1,1\r\n\r\n", 400), ROW("GET / http/1.1\r\n\r\n", 400),
		ROW("GET / HTTP /1.1\r\n\r\n", 400), ROW("GET / HTTP/01.1\r\n\r\n", 400),
		ROW("GET / HTTPS/1.1\r\n\r\n", 400), ROW("GET / HTTP/1.1\0\r\n\r\n", 400),
		ROW("GET / RTSP/1.0\r\n\r\n", 400), ROW("GET / ICY\r\n\r\n", 400),
		ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
		ROW("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
		ROW("SSH-2.0-x\r\n\r\n", 400), ROW("\xef\xbb\xbfGET / HTTP/1.1\r\n\r\n", 400),
	};

	check_all(inputs, COUNT(inputs));
}

#define HEADS(text) "GET / HTTP/1.1\r\nA: b\r\n" text "\r\n\r\n"

/* H21, H24 to H33, 140 */
TEST(header_lines)
{
	static const struct input inputs[] = {
		ROW("GET / HTTP/1.1\r\n \r\n\r\n", 400), ROW("GET / HTTP/1.1\r\n\t\r\n\r\n", 400),
		ROW("GET / HTTP/1.1\r\n A: b\r\n\r\n", 400),
		ROW("GET / HTTP/1.1\r\n\tA: b\r\n\r\n", 400),
		ROW("GET / HTTP/1.1\r\r\n\r\n", 400), ROW("GET / HTTP/1.1\r\nA: b\r\r\n\r\n", 400),
		ROW("GET / HTTP/1.1\rA: b\r\n\r\n", 400),
		ROW("GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n", 400),
		ROW(HEADS("C\r: d"), 400), ROW(HEADS("\rC: d"), 400), ROW(HEADS("C:\rd"), 400),
		ROW(HEADS("C: d\0e"), 400), ROW(HEADS("C\0: d"), 400), ROW(HEADS("\0"), 400),
		ROW(HEADS("C: d\x07"), 400), ROW(HEADS("C: \x7f"), 400), ROW(HEADS("C: \x01"), 400),
		ROW(HEADS("C: \x1f" "d"), 400), ROW(HEADS("C: d\v"), 400),
		ROW(HEADS("C: d\f"), 400),
		ROW(HEADS("C : d"), 400), ROW(HEADS("C\t: d"), 400), ROW(HEADS(": d"), 400),
		ROW(HEADS(":"), 400), ROW(HEADS("C"), 400), ROW(HEADS("C d"), 400),
		ROW(HEADS("C[: d"), 400), ROW(HEADS("C(x): d"), 400), ROW(HEADS("C@x: d"), 400),
		ROW(HEADS("C/x: d"), 400), ROW(HEADS("C\"x: d"), 400), ROW(HEADS("C,x: d"), 400),
		ROW(HEADS("\xc3\xa9: d"), 400), ROW(HEADS("C\x80: d"), 400),
		ROW(HEADS("C;: d"), 400),
		ROW(HEADS("C x: d"), 400), ROW(HEADS("=: d"), 400), ROW(HEADS("{}: d"), 400),
		ROW(HEADS("Content-Length : 5"), 400),
		ROW(HEADS("Transfer-Encoding : chunked"), 400),
		ROW(HEADS("Content-Length\0: 5"), 400),
		ROW(HEADS("Transfer-Encoding\x0b: chunked"), 400),
	};

	check_all(inputs, COUNT(inputs));
}

/* What framings are refused: the same question is not read in two ways. */
TEST(smuggling)
{
	static const struct input inputs[] = {
		ROW("POST / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 22\r\n\r\n", 400),
		ROW("POST / HTTP/1.1\r\nContent-Length: 0, 22\r\n\r\n", 400),
		ROW("POST / HTTP/1.1\r\nContent-Length: 0\r\n Content-Length: 22\r\n\r\n", 400),
		ROW("POST / HTTP/1.1\r\nContent-Length:\r\n\r\n", 400),
		ROW("POST / HTTP/1.1\r\nContent-Length: +22\r\n\r\n", 400),
		ROW("POST / HTTP/1.1\r\nContent-Length: 2 2\r\n\r\n", 400),
		ROW("POST / HTTP/1.1\r\nContent-Length: 2\r\n 2\r\n\r\n", 400),
		ROW("GET / HTTP/1.1\r\n"
		    "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n", 400),
		ROW("GET / HTTP/1.1\r\nTransfer-Encoding: \r\n\r\n", 400),
		EITHER("GET / HTTP/1.1\r\nTransfer-Encoding:\x0b" "chunked\r\n\r\n", 400, 501),
		EITHER("GET / HTTP/1.1\r\nTransfer-Encoding: chunked chunked\r\n\r\n", 400, 501),
		EITHER("GET / HTTP/1.1\r\nTransfer-Encoding: 'chunked'\r\n\r\n", 400, 501),
		ROW("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
		ROW("GET / HTTP/1.0\r\nTransfer-Encoding: identity\r\n\r\n", 400),
	};

	check_all(inputs, COUNT(inputs));
}

/* A folded value is one, and means what it says: 140, H29. */
TEST(folded_framing)
{
	serve(echo);
	open_peer(&p);
	say(&p, "POST / HTTP/1.1\r\nTransfer-Encoding:\r\n chunked\r\n\r\n1\r\na\r\n0\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(6, "POST /"));
	say(&p, "POST / HTTP/1.1\r\nContent-Length:\r\n\t2\r\n\r\nab");
	CHECK_STR(hear(&p), PLAIN(6, "POST /"));
	say(&p, "POST / HTTP/1.1\r\nX: a\r\n Content-Length: 7\r\nContent-Length: 1\r\n\r\nc");
	CHECK_STR(hear(&p), PLAIN(6, "POST /"));
	CHECK_STR(requests, "POST / 1.1{Transfer-Encoding=chunked;}a\n"
	    "POST / 1.1{Content-Length=2;}ab\n"
	    "POST / 1.1{X=a Content-Length: 7;Content-Length=1;}c\n");
	close_peer(&p);
	finish();
}

/* Each byte in each place: it is one question at most. */
static void
insert_everywhere(const char *question)
{
	size_t length = strlen(question), at;
	int byte;

	for (at = 0; at < length; at++) {
		for (byte = 0; byte < 256; byte += byte < 32 || byte > 125 ? 1 : 9) {
			char text[256];

			memcpy(text, question, length);
			text[at] = (char)byte;
			forget();
			open_peer(&p);
			say_bytes(&p, text, length);
			say_end(&p);
			hear_all(&p);
			if (calls > 1 || strstr(requests, "evil") != NULL)
				print(text, length);
			CHECK(calls <= 1);
			CHECK(strstr(requests, "evil") == NULL);
			close_peer(&p);
		}
	}
}

TEST_ONCE(any_byte_anywhere)
{
	serve(echo);
	insert_everywhere("GET /a HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n");
	finish();
}

/* H61 */
TEST(upgrades_are_not_heard)
{
	serve(echo);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(5, "GET /"));
	say(&p, "GET / HTTP/1.1\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"
	    "Connection: Upgrade, HTTP2-Settings\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(5, "GET /"));
	close_peer(&p);
	finish();
}

/* Random bytes, and questions in which some were changed. */
static unsigned
next_random(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 16;
}

TEST_ONCE(noise)
{
	static const char question[] = "POST /a HTTP/1.1\r\nHost: x\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n"
	    "GET /b HTTP/1.0\r\nContent-Length: 2\r\n\r\nab";
	unsigned state = 1;
	char text[sizeof(question)];
	int i, k;

	serve(echo);
	for (i = 0; i < 1500; i++) {
		size_t length = sizeof(question) - 1;

		memcpy(text, question, length);
		for (k = (int)(next_random(&state) % 4); k >= 0; k--)
			text[next_random(&state) % length] = (char)next_random(&state);
		if (i % 10 == 0) {
			for (length = 0; length < sizeof(question) - 1; length++)
				text[length] = (char)next_random(&state);
		}
		open_peer(&p);
		say_bytes(&p, text, length);
		say_end(&p);
		hear_all(&p);
		close_peer(&p);
	}
	finish();
}
