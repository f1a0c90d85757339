/*
 * Requests that are no messages, or hostile ones: every truncation, every split, counts that lie,
 * deep nesting, much of the same. Whatever comes, the server answers the next one.
 *
 * Proves behaviour 174. T02, T05, T06, T10 to T12.
 */
#include "rpc.h"

static struct peer p;

static void
check_still_there(void)
{
	struct peer other;

	open_peer(&other);
	ASK(&other, HELLO);
	CHECK_ANSWER(&other, HELLO);
	close_peer(&other);
}

/* A message with all that it may have. */
#define FULL                                                                    \
	HELLO "\x02\x02\x17\x00" "\x03\x01" "a" "\x03\x02" "bc" "\x04\x03" "x\0y" \
	"\x05\x03" TEXT("\x01", "i") "\x06\x04" "1234"

/* Only the whole text is a message, and what is whole behind it. */
static int
is_message(size_t length)
{
	static const size_t ends[] = { 7, 11, 14, 18, 23, 28, 34 };
	size_t i;

	for (i = 0; i < COUNT(ends); i++) {
		if (length == ends[i])
			return 1;
	}
	return 0;
}

TEST(every_truncation)
{
	size_t length;

	serve_rpc(answer_it);
	for (length = 0; length < sizeof(FULL); length++) {
		int before = asked;

		open_peer(&p);
		say_post(&p, "/.rpc.Ask", FULL, length);
		if (is_message(length))
			CHECK_INT(hear_reply(&p).code, 200);
		else
			CHECK_REFUSED(&p);
		CHECK_INT(asked - before, is_message(length));
		close_peer(&p);
	}
	CHECK_INT(asked, 7);
	finish_rpc();
}

/* In two pieces; and the first of them alone, which is no request. */
TEST(every_split)
{
	static const char request[] = "POST /.rpc.Ask HTTP/1.1\r\nContent-Length: 34\r\n\r\n" FULL;
	size_t length = sizeof(request) - 1, at;

	serve_rpc(answer_it);
	for (at = 1; at < length; at++) {
		open_peer(&p);
		say_bytes(&p, request, at);
		rounds();
		CHECK_INT(asked, (int)at - 1);
		say_bytes(&p, request + at, length - at);
		CHECK_INT(hear_reply(&p).code, 200);
		close_peer(&p);
		open_peer(&p);
		say_bytes(&p, request, at);
		say_end(&p);
		CHECK(status_of(hear_all(&p)) != 200);
		close_peer(&p);
		CHECK_INT(asked, (int)at);
	}
	finish_rpc();
}

/* Bodies that no generator would write. */
TEST(nonsense)
{
	static const struct {
		const char *bytes;
		size_t length;
	} bodies[] = {
#define BODY(text) { text, sizeof(text) - 1 }
		BODY("\x00"),
		BODY("hello"),
		BODY("<html>not found</html>"),
		BODY("\xff\xff\xff\xff\xff\xff\xff\xff"),
		/* A length of 4 GiB, and lengths that do not fit. */
		BODY("\x01\x7f\xff\xff\xff\xff"),
		BODY("\x01\x7f\xff\xff\xff\xf0" "abc"),
		BODY("\x01\xff\xff\xff\xff\xff\xff"),
		BODY("\x01\xf0"),
		/* A tag of five bytes and more, one that does not end, one that nobody knows. */
		BODY("\xff\xff\xff\xff\x7f\x01" "a"),
		BODY("\x81\x81\x81\x81\x81\x81\x01\x01" "a"),
		BODY(HELLO "\x07\x01" "a"),
		BODY(HELLO "\x81"),
		/* The same member twice. */
		BODY(HELLO HELLO),
		BODY(HELLO "\x02\x01\x07\x02\x01\x07"),
		/* A number in a record that is too long, too short, or says so. */
		BODY(HELLO "\x02\x00"),
		BODY(HELLO "\x02\x02\x07\x07"),
		BODY(HELLO "\x02\x01\x17"),
		BODY(HELLO "\x02\x05\x81\x11\x11\x11\x11"),
		/* Fixed bytes of another length. */
		BODY(HELLO "\x06\x03" "123"),
		BODY(HELLO "\x06\x05" "12345"),
		/* A message within that reaches out of its record, or is not complete. */
		BODY(HELLO "\x05\x02" TEXT("\x02", "ab")),
		BODY(HELLO "\x05\x03\x02\x01\x07"),
		BODY(HELLO "\x05\x00"),
#undef BODY
	};
	size_t i;

	serve_rpc(answer_it);
	for (i = 0; i < COUNT(bodies); i++) {
		open_peer(&p);
		say_post(&p, "/.rpc.Ask", bodies[i].bytes, bodies[i].length);
		CHECK_REFUSED(&p);
		close_peer(&p);
	}
	CHECK_INT(asked, 0);
	check_still_there();
	finish_rpc();
}

/* Any byte of a message is another one. */
TEST_ONCE(every_byte_changed)
{
	static const unsigned char changes[] = { 0x01, 0x80, 0xff };
	char body[sizeof(FULL) - 1];
	size_t at, i;
	int refused = 0;

	serve_rpc(answer_it);
	for (at = 0; at < sizeof(body); at++) {
		for (i = 0; i < COUNT(changes); i++) {
			int code;

			memcpy(body, FULL, sizeof(body));
			body[at] = (char)(body[at] ^ changes[i]);
			open_peer(&p);
			say_post(&p, "/.rpc.Ask", body, sizeof(body));
			code = hear_reply(&p).code;
			CHECK(code == 200 || code == 503);
			refused += code == 503;
			close_peer(&p);
		}
	}
	CHECK(refused > 0 && asked > 0);
	check_still_there();
	finish_rpc();
}

/* An integer: its nibbles are counted in the first. */
static size_t
put_length(char *to, uint32_t number)
{
	struct evbuffer *buf = evbuffer_new();
	size_t length;

	encode_int(buf, number);
	length = EVBUFFER_LENGTH(buf);
	memcpy(to, EVBUFFER_DATA(buf), length);
	evbuffer_free(buf);
	return length;
}

/* A question in a question in a question. */
static struct evbuffer *
nested(int depth)
{
	struct evbuffer *buf = evbuffer_new();
	char head[16];

	CHECK_INT(evbuffer_add(buf, HELLO, 7), 0);
	for (; depth > 0; depth--) {
		struct evbuffer *outer = evbuffer_new();
		size_t length;

		CHECK_INT(evbuffer_add(outer, HELLO "\x05", 8), 0);
		length = put_length(head, (uint32_t)EVBUFFER_LENGTH(buf));
		CHECK_INT(evbuffer_add(outer, head, length), 0);
		CHECK_INT(evbuffer_add_buffer(outer, buf), 0);
		evbuffer_free(buf);
		buf = outer;
	}
	return buf;
}

static int
code_of_nested(int depth)
{
	struct evbuffer *body = nested(depth);
	int code;

	open_peer(&p);
	say_post(&p, "/.rpc.Ask", EVBUFFER_DATA(body), EVBUFFER_LENGTH(body));
	evbuffer_free(body);
	code = hear_reply(&p).code;
	close_peer(&p);
	return code;
}

TEST(deep_nesting)
{
	serve_rpc(answer_it);
	CHECK_INT(code_of_nested(1), 200);
	CHECK_INT(code_of_nested(50), 200);
	CHECK_INT(code_of_nested(200), 503);
	CHECK_INT(code_of_nested(2000), 503);
	check_still_there();
	finish_rpc();
}

/* A member of an array, 300,000 times: as much as came, and not slower the more there is. */
TEST_ONCE(a_long_array)
{
	enum { MANY = 300000 };
	char *body = malloc(7 + 3 * MANY);
	int i;

	CHECK(body != NULL);
	memcpy(body, HELLO, 7);
	for (i = 0; i < MANY; i++)
		memcpy(body + 7 + 3 * i, "\x03\x01w", 3);
	serve_rpc(keep_it);
	open_peer(&p);
	say_post(&p, "/.rpc.Ask", body, 7 + 3 * MANY);
	UNTIL(asked == 1);
	CHECK_INT(EVTAG_LEN(kept_rpcs[0]->request, words), MANY);
	answer_kept(0);
	CHECK_ANSWER(&p, HELLO);
	close_peer(&p);
	free(body);
	finish_rpc();
}

/* Texts may have a NUL on the wire; for C they end there. */
TEST(a_nul_in_a_text)
{
	serve_rpc(answer_it);
	open_peer(&p);
	ASK(&p, "\x01\x05" "he\0lo");
	CHECK_ANSWER(&p, "\x01\x02" "he");
	close_peer(&p);
	finish_rpc();
}

/* Framing that lies is HTTP's affair: it never reaches the call. */
TEST(framing)
{
	serve_rpc(answer_it);
	open_peer(&p);
	say(&p, "POST /.rpc.Ask HTTP/1.1\r\nContent-Length: 7\r\nContent-Length: 8\r\n\r\n" HELLO);
	CHECK_ENDS(&p, 400);
	close_peer(&p);
	open_peer(&p);
	say(&p, "POST /.rpc.Ask HTTP/1.1\r\nContent-Length: 4294967303\r\n\r\n" HELLO);
	say_end(&p);
	CHECK(status_of(hear_all(&p)) != 200);
	close_peer(&p);
	CHECK_INT(asked, 0);
	check_still_there();
	finish_rpc();
}
