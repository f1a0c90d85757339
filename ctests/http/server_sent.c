/*
 * What a program hears of its answers: a piece has left, all of it has, the client has gone. H64,
 * F17.
 */
#include "serving.h"

#include <evhub/http_ext.h>

static struct peer p;
static struct evbuffer *piece;
static int pieces, completed, failed, reason;

static char large[1 << 20];

static void
begin(void (*handler)(struct evhttp_request *, void *))
{
	pieces = completed = failed = 0;
	reason = -1;
	CHECK((piece = evbuffer_new()) != NULL);
	serve(handler);
}

static void
end(void)
{
	close_peer(&p);
	evbuffer_free(piece);
	finish();
}

static void
send_next(struct evhttp_connection *evcon, void *arg)
{
	enum { PIECES = 40 };
	struct evhttp_request *req = arg;

	CHECK(req->evcon == evcon);
	if (pieces++ == PIECES) {
		evhttp_send_reply_end(req);
		return;
	}
	evbuffer_add(piece, large, sizeof(large));
	CHECK_INT(evhub_http_send_reply_chunk_with_cb(req, piece, send_next, req), 0);
	CHECK_INT(EVBUFFER_LENGTH(piece), 0);
}

static void
start_stream(struct evhttp_request *req, void *arg)
{
	(void)arg;
	calls++;
	evhttp_send_reply_start(req, 200, "OK");
	send_next(req->evcon, req);
}

/* One piece after the other, each when the one before has left. */
TEST(pieces_one_by_one)
{
	begin(start_stream);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	UNTIL(p.length > 40 * sizeof(large) && strcmp(p.in + p.length - 5, "0\r\n\r\n") == 0);
	CHECK_INT(pieces, 41);
	end();
}

/* A client that does not read is sent what the system takes, and no more. */
TEST(pieces_wait_for_the_client)
{
	int fd, before;

	begin(start_stream);
	fd = connected(4096);
	CHECK_INT(syscall(SYS_sendto, fd, "GET / HTTP/1.1\r\n\r\n", 18, 0, NULL, 0), 18);
	UNTIL(calls == 1);
	rounds();
	loop_for_ms(100);
	before = pieces;
	CHECK(before < 20);
	loop_for_ms(100);
	CHECK_INT(pieces, before);
	watch_peer(&p, fd);
	UNTIL(p.length > 40 * sizeof(large) && strcmp(p.in + p.length - 5, "0\r\n\r\n") == 0);
	end();
}

static void
never(struct evhttp_connection *evcon, void *arg)
{
	(void)evcon;
	(void)arg;
	test_fail(__FILE__, __LINE__, "called");
}

TEST(pieces_of_nothing)
{
	begin(keep);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	evbuffer_add(piece, "a", 1);
	CHECK_ERRNO(evhub_http_send_reply_chunk_with_cb(kept[0], piece, never, NULL), EINVAL);
	CHECK_ERRNO(evhub_http_send_reply_chunk_with_cb(kept[0], NULL, never, NULL), EINVAL);
	CHECK_ERRNO(evhub_http_send_reply_chunk_with_cb(NULL, piece, never, NULL), EINVAL);
	evhttp_send_reply_start(kept[0], 200, "OK");
	rounds();
	reset_peer(&p);
	rounds();
	CHECK_INT(evhub_http_send_reply_chunk_with_cb(kept[0], piece, never, NULL), 0);
	UNTIL(kept[0]->evcon == NULL);
	evbuffer_add(piece, "b", 1);
	CHECK_ERRNO(evhub_http_send_reply_chunk_with_cb(kept[0], piece, never, NULL), ENOTCONN);
	CHECK_INT(EVBUFFER_LENGTH(piece), 1);
	evhttp_send_reply_end(kept[0]);
	evbuffer_free(piece);
	finish();
}

static void
note_complete(struct evhttp_request *req, void *arg)
{
	CHECK(req->evcon != NULL);
	CHECK_STR(evhttp_request_get_response_code_line(req), "OK");
	CHECK_INT(evhttp_request_get_response_code(req), 200);
	CHECK_STR(arg, "complete");
	completed++;
}

static void
note_failed(enum evhttp_request_error error, void *arg)
{
	CHECK_STR(arg, "failed");
	reason = (int)error;
	failed++;
}

static void
guard(struct evhttp_request *req)
{
	req->cb_arg = "failed";
	evhttp_request_set_error_cb(req, note_failed);
	evhttp_request_set_on_complete_cb(req, note_complete, "complete");
}

static void
answer_guarded(struct evhttp_request *req, void *arg)
{
	(void)arg;
	calls++;
	guard(req);
	evbuffer_add(piece, large, sizeof(large));
	evbuffer_add(piece, large, sizeof(large));
	evhttp_send_reply(req, 200, "OK", piece);
}

TEST(replies_that_have_left)
{
	int i;

	begin(answer_guarded);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
	for (i = 0; i < 3; i++)
		hear(&p);
	UNTIL(completed == 3);
	CHECK_INT(calls, 3);
	CHECK_INT(failed, 0);
	say(&p, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
	hear_all(&p);
	CHECK_INT(completed, 4);
	CHECK_INT(failed, 0);
	end();
}

/* Not complete as long as the client does not take it; and either the one or the other. */
TEST(replies_that_do_not_leave)
{
	int fd;

	memset(large, 'x', sizeof(large));
	begin(answer_guarded);
	fd = connected(4096);
	CHECK_INT(syscall(SYS_sendto, fd, "GET / HTTP/1.1\r\n\r\n", 18, 0, NULL, 0), 18);
	UNTIL(calls == 1);
	watch_peer(&p, fd);
	if (completed == 0) {
		reset_peer(&p);
		UNTIL(failed + completed > 0);
	} else {
		close_peer(&p);
	}
	CHECK_INT(failed + completed, 1);
	evbuffer_free(piece);
	finish();
}

/* While the program thinks its client goes: it is told, and its answer is for nobody. */
static void
go_while_it_thinks(void (*leave)(struct peer *))
{
	begin(keep);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	guard(kept[0]);
	leave(&p);
	UNTIL(failed == 1);
	CHECK_INT(reason, EVREQ_HTTP_EOF);
	CHECK(kept[0]->evcon == NULL);
	evhttp_send_reply(kept[0], 200, "OK", NULL);
	rounds();
	CHECK_INT(failed, 1);
	CHECK_INT(completed, 0);
	evbuffer_free(piece);
}

TEST(clients_that_go)
{
	go_while_it_thinks(reset_peer);
	finish();
	go_while_it_thinks(close_peer);
	finish();
	go_while_it_thinks(say_end);
	close_peer(&p);
	finish();
}

/* Callbacks that end the connection. */
static void
close_connection(struct evhttp_connection *evcon, void *arg)
{
	(void)arg;
	completed++;
	evhttp_connection_free(evcon);
}

static void
close_complete(struct evhttp_request *req, void *arg)
{
	close_connection(req->evcon, arg);
}

TEST(closed_within)
{
	begin(keep);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	evhttp_send_reply_start(kept[0], 200, "OK");
	evbuffer_add(piece, "a", 1);
	CHECK_INT(evhub_http_send_reply_chunk_with_cb(kept[0], piece, close_connection, NULL), 0);
	UNTIL(p.ended);
	CHECK_INT(completed, 1);
	CHECK(kept[0]->evcon == NULL);
	evhttp_send_reply_end(kept[0]);
	close_peer(&p);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 2);
	evhttp_request_set_on_complete_cb(kept[1], close_complete, NULL);
	send_text(kept[1], "x");
	CHECK_STR(hear_all(&p), PLAIN(1, "x"));
	CHECK_INT(completed, 2);
	end();
}

/* What requests say, asked in libevent 2's way. */
TEST(what_requests_say)
{
	begin(keep);
	open_peer(&p);
	say(&p, "POST /a?b HTTP/1.1\r\nContent-Length: 1\r\nA: b\r\n\r\nx");
	UNTIL(keeping == 1);
	CHECK_STR(evhttp_request_get_uri(kept[0]), "/a?b");
	CHECK_INT(evhttp_request_get_command(kept[0]), EVHTTP_REQ_POST);
	CHECK_INT(evhttp_request_get_response_code(kept[0]), 0);
	CHECK(evhttp_request_get_response_code_line(kept[0]) == NULL);
	CHECK(evhttp_request_get_input_headers(kept[0]) == kept[0]->input_headers);
	CHECK(evhttp_request_get_output_headers(kept[0]) == kept[0]->output_headers);
	CHECK(evhttp_request_get_input_buffer(kept[0]) == kept[0]->input_buffer);
	CHECK(evhttp_request_get_output_buffer(kept[0]) == kept[0]->output_buffer);
	CHECK(evhttp_request_get_uri(NULL) == NULL);
	CHECK_INT(errno, EINVAL);
	send_text(kept[0], "y");
	CHECK_STR(hear(&p), PLAIN(1, "y"));
	end();
}
