/*
 * Proves behaviours 165 and 198 (a client's half) and K14: replies in chunks that a program takes
 * piece by piece.
 */
#include "raw_server.h"

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static int pieces;
static size_t largest;

static void
note_piece(struct evhttp_request *req, void *arg)
{
	size_t length = EVBUFFER_LENGTH(req->input_buffer);

	(void)arg;
	CHECK_INT(req->response_code, 200);
	CHECK_STR(evhttp_find_header(req->input_headers, "Transfer-Encoding"), "chunked");
	CHECK(length > 0);
	CHECK(req->chunked);
	pieces++;
	if (length > largest)
		largest = length;
	note_body(req);
	note_text("|");
}

static struct evhttp_request *
get_in_pieces(void (*piece)(struct evhttp_request *, void *))
{
	struct evhttp_request *req = get(NULL);

	evhttp_request_set_chunked_cb(req, piece);
	pieces = 0;
	largest = 0;
	return req;
}

TEST(each_chunk)
{
	struct peer *p;

	begin();
	get_in_pieces(note_piece);
	hear_question(p = peer_at(0));
	say(p, CHUNKED);
	rounds();
	CHECK_INT(pieces, 0);
	say(p, "1\r\na\r\n");
	UNTIL(pieces == 1);
	say(p, "3\r\nbcd\r\n2\r\nef\r\n");
	UNTIL(pieces == 3);
	CHECK_INT(told, 0);
	say(p, "0\r\nT: u\r\n\r\n");
	CHECK_STR(hear_told(1), "a|bcd|ef|200 OK 1.1{Transfer-Encoding=chunked;T=u;}\n");
	CHECK_INT(taken_count, 1);
	end();
}

/* A chunk is not kept until it is whole. */
TEST(pieces_of_large_chunks)
{
	enum { SIZE = 16 << 20, ONCE = 1 << 16 };
	static char piece[ONCE];
	struct peer *p;
	int i;

	begin();
	memset(piece, 'z', sizeof(piece));
	get_in_pieces(note_piece);
	hear_question(p = peer_at(0));
	say(p, CHUNKED "1000000\r\n");
	say(p, "abc");
	UNTIL(pieces == 1);
	CHECK_INT(largest, 3);
	for (i = 0; i < SIZE / ONCE; i++)
		say_bytes(p, piece, i == 0 ? ONCE - 3 : ONCE);
	say(p, "\r\n0\r\n\r\n");
	UNTIL(told == 1);
	CHECK(strlen(told_so_far()) > SIZE);
	CHECK(largest <= 1 << 20);
	end();
}

/* Bodies that do not come in chunks come to the last callback alone. */
TEST(other_bodies)
{
	struct peer *p;

	begin();
	get_in_pieces(note_piece);
	hear_question(p = peer_at(0));
	say(p, OK_REPLY(4, "body"));
	CHECK_STR(hear_told(1), "200 OK 1.1{Content-Length=4;}body\n");
	get_in_pieces(note_piece);
	hear_question(p);
	say(p, "HTTP/1.1 200 OK\r\n\r\nbody");
	say_end(p);
	CHECK_STR(hear_told(1), "200 OK 1.1{}body\n");
	CHECK_INT(pieces, 0);
	end();
}

TEST(truncated)
{
	begin();
	get_in_pieces(note_piece);
	hear_question(peer_at(0));
	say(&taken[0], CHUNKED "5\r\nab");
	say_end(&taken[0]);
	CHECK_STR(hear_told(1), "ab|NULL\n");
	end();
}

static void
take_it_all(struct evhttp_request *req, void *arg)
{
	note_piece(req, arg);
	evbuffer_drain(req->input_buffer, EVBUFFER_LENGTH(req->input_buffer));
}

TEST(drained_by_the_program)
{
	begin();
	get_in_pieces(take_it_all);
	hear_question(peer_at(0));
	say(&taken[0], CHUNKED "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
	CHECK_STR(hear_told(1), "ab|c|200 OK 1.1{Transfer-Encoding=chunked;}\n");
	end();
}

/* All of it has come, in more pieces than are shown at one go, when the connection is reset. */
TEST(reset_behind_the_last)
{
	enum { MANY = 2000 };
	static char text[6 * MANY + 1];
	int i;

	begin();
	for (i = 0; i < MANY; i++)
		memcpy(text + 6 * i, "1\r\nx\r\n", 6);
	get_in_pieces(note_piece);
	hear_question(peer_at(0));
	say(&taken[0], CHUNKED);
	say(&taken[0], text);
	say(&taken[0], "0\r\n\r\n");
	reset_peer(&taken[0]);
	UNTIL(told == 1);
	CHECK_INT(pieces, MANY);
	CHECK(strstr(replies, "|200 OK 1.1{Transfer-Encoding=chunked;}\n") != NULL);
	end();
}

/* A million chunks of one byte take linear time. */
TEST_ONCE(small_chunks)
{
	enum { MANY = 200000, ONCE = 1000 };
	static char text[6 * ONCE + 1];
	struct peer *p;
	int i;

	begin();
	for (i = 0; i < ONCE; i++)
		memcpy(text + 6 * i, "1\r\nx\r\n", 6);
	get_in_pieces(note_piece);
	hear_question(p = peer_at(0));
	say(p, CHUNKED);
	for (i = 0; i < MANY / ONCE; i++)
		say_bytes(p, text, 6 * ONCE);
	say(p, "0\r\n\r\n");
	UNTIL(told == 1);
	CHECK_INT(pieces, MANY);
	end();
}
