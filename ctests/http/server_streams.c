/*
 * Proves behaviours 153, 154, 198 and 202: replies that come piece by piece.
 */
#include "serving.h"

static int code = 200;
static const char *length;		/* of the whole body, if the program says it */

static void
send_piece(struct evhttp_request *req, const char *text)
{
	struct evbuffer *piece = evbuffer_new();

	evbuffer_add(piece, (void *)text, strlen(text));
	evhttp_send_reply_chunk(req, piece);
	CHECK_INT(EVBUFFER_LENGTH(piece), 0);
	evbuffer_free(piece);
}

static void
stream(struct evhttp_request *req, void *arg)
{
	(void)arg;
	calls++;
	if (length != NULL)
		add_header(req, "Content-Length", length);
	evhttp_send_reply_start(req, code, "OK");
	CHECK_INT(req->response_code, code);
	CHECK_INT(req->kind, EVHTTP_RESPONSE);
	CHECK_INT(req->userdone, 0);
	send_piece(req, "one");
	send_piece(req, "");
	send_piece(req, "two");
	send_piece(req, "0123456789abcdef+");
	evhttp_send_reply_end(req);
}

#define CHUNKS "3\r\none\r\n3\r\ntwo\r\n11\r\n0123456789abcdef+\r\n0\r\n\r\n"
#define RAW "onetwo0123456789abcdef+"

static struct peer p;

static void
ask(const char *question)
{
	say(&p, question);
}

TEST(chunks)
{
	serve(stream);
	open_peer(&p);
	ask("GET / HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nDate: *\r\n\r\n"
	    CHUNKS);
	ask("POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx");
	CHECK_STR(hear(&p), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nDate: *\r\n\r\n"
	    CHUNKS);
	ask("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
	CHECK_STR(hear_all(&p), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nDate: *\r\n"
	    "Connection: close\r\n\r\n" CHUNKS);
	close_peer(&p);
	finish();
}

/* W09 */
TEST(to_1_0)
{
	serve(stream);
	open_peer(&p);
	ask("GET / HTTP/1.0\r\n\r\n");
	CHECK_STR(hear_all(&p), "HTTP/1.0 200 OK\r\n\r\n" RAW);
	CHECK_INT(p.was_reset, 0);
	close_peer(&p);
	open_peer(&p);
	ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	CHECK_STR(hear_all(&p), "HTTP/1.0 200 OK\r\n\r\n" RAW);
	close_peer(&p);
	finish();
}

/* A length that the program says needs no chunks, and lets the connection live. */
TEST(with_a_length)
{
	serve(stream);
	length = "23";
	open_peer(&p);
	ask("GET / HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), "HTTP/1.1 200 OK\r\nContent-Length: 23\r\nDate: *\r\n\r\n" RAW);
	ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	CHECK_STR(hear(&p),
	    "HTTP/1.0 200 OK\r\nContent-Length: 23\r\nConnection: keep-alive\r\n\r\n" RAW);
	ask("GET / HTTP/1.0\r\n\r\n");
	CHECK_STR(hear_all(&p), "HTTP/1.0 200 OK\r\nContent-Length: 23\r\n\r\n" RAW);
	close_peer(&p);
	finish();
}

/* 149: no body where none may be. */
TEST(without_a_body)
{
	const char *reply;

	serve(stream);
	open_peer(&p);
	ask("HEAD / HTTP/1.1\r\n\r\n");
	reply = hear_one(&p, 1);
	CHECK_INT(status_of(reply), 200);
	rounds();
	CHECK_STR(hear_now(&p), "");
	code = 204;
	ask("GET / HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), "HTTP/1.1 204 OK\r\nDate: *\r\n\r\n");
	code = 304;
	ask("GET / HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), "HTTP/1.1 304 OK\r\nDate: *\r\n\r\n");
	CHECK_STR(hear_now(&p), "");
	code = 200;
	ask("GET / HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nDate: *\r\n\r\n"
	    CHUNKS);
	CHECK_INT(p.ended, 0);
	close_peer(&p);
	finish();
}

/* 149: after 101 the connection is the program's to write on. */
TEST(switching_protocols)
{
	serve(stream);
	code = 101;
	open_peer(&p);
	ask("GET / HTTP/1.1\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
	CHECK_STR(hear_all(&p), "HTTP/1.1 101 OK\r\nDate: *\r\n\r\n" RAW);
	close_peer(&p);
	finish();
}

/* 198: req->chunked is the program's. */
static void
raw_stream(struct evhttp_request *req, void *arg)
{
	(void)arg;
	evhttp_send_reply_start(req, 200, "OK");
	CHECK_INT(req->chunked, -1);
	send_piece(req, "in a chunk");
	req->chunked = 0;
	send_piece(req, "3\r\nraw\r\n");
	req->chunked = 1;
	send_piece(req, "again");
	req->chunked = 0;
	send_piece(req, "0\r\nTrailer: x\r\n\r\n");
	evhttp_send_reply_end(req);
}

TEST(raw_pieces)
{
	serve(raw_stream);
	open_peer(&p);
	ask("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
	CHECK_STR(hear_all(&p), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nDate: *\r\n"
	    "Connection: close\r\n\r\na\r\nin a chunk\r\n3\r\nraw\r\n5\r\nagain\r\n"
	    "0\r\nTrailer: x\r\n\r\n");
	close_peer(&p);
	finish();
}

/* Each piece is on its way before the next is made. */
TEST(piece_by_piece)
{
	serve(keep);
	open_peer(&p);
	ask("GET / HTTP/1.1\r\n\r\nGET /next HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	evhttp_send_reply_start(kept[0], 200, "OK");
	CHECK_STR(hear_now(&p), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nDate: *\r\n\r\n");
	send_piece(kept[0], "a");
	CHECK_STR(hear_now(&p), "1\r\na\r\n");
	send_piece(kept[0], "");
	CHECK_STR(hear_now(&p), "");
	send_piece(kept[0], "bc");
	send_piece(kept[0], "d");
	CHECK_STR(hear_now(&p), "2\r\nbc\r\n1\r\nd\r\n");
	CHECK_INT(keeping, 1);
	evhttp_send_reply_end(kept[0]);
	/* The next is not called from inside. */
	CHECK_INT(keeping, 1);
	CHECK_STR(hear_now(&p), "0\r\n\r\n");
	CHECK_INT(keeping, 2);
	send_text(kept[1], "x");
	CHECK_STR(hear(&p), PLAIN(1, "x"));
	close_peer(&p);
	finish();
}

/* Nothing in between: an empty body. */
TEST(no_pieces)
{
	serve(keep);
	open_peer(&p);
	ask("GET / HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	evhttp_send_reply_start(kept[0], 200, "OK");
	evhttp_send_reply_end(kept[0]);
	CHECK_STR(hear(&p), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nDate: *\r\n\r\n"
	    "0\r\n\r\n");
	close_peer(&p);
	finish();
}

/* 154, 202: the client goes while it streams. The request stays the program's till the end. */
static void
go_and(void (*leave)(struct peer *), int start_first)
{
	struct evbuffer *piece = evbuffer_new();
	int i;

	serve(keep);
	open_peer(&p);
	ask("GET / HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	if (start_first) {
		evhttp_send_reply_start(kept[0], 200, "OK");
		send_piece(kept[0], "a");
		hear_now(&p);
	}
	leave(&p);
	loop_for_ms(10);
	if (!start_first)
		evhttp_send_reply_start(kept[0], 200, "OK");
	for (i = 0; i < 20 && evhttp_request_get_connection(kept[0]) != NULL; i++) {
		send_piece(kept[0], "more");
		loop_for_ms(2);
	}
	CHECK_PTR(kept[0]->evcon, NULL);
	evhttp_send_reply_start(kept[0], 200, "OK");
	evbuffer_add(piece, "stays", 5);
	evhttp_send_reply_chunk(kept[0], piece);
	CHECK_INT(EVBUFFER_LENGTH(piece), 5);
	CHECK_STR(evhttp_request_uri(kept[0]), "/");
	evhttp_send_reply_end(kept[0]);
	evbuffer_free(piece);
	finish();
}

TEST(client_closes_while_it_streams)
{
	go_and(close_peer, 1);
}

TEST(client_resets_while_it_streams)
{
	go_and(reset_peer, 1);
}

TEST(client_closes_before)
{
	go_and(close_peer, 0);
}

TEST(client_resets_before)
{
	go_and(reset_peer, 0);
}
