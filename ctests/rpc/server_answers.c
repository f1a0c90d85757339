/*
 * Proves behaviours 174 and 177: what is answered, and what is refused. T17.
 */
#include "rpc.h"

static struct peer p;

TEST(a_reply)
{
	serve_rpc(answer_it);
	open_peer(&p);
	ASK(&p, HELLO);
	CHECK_STR(hear(&p), "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
	    "Date: *\r\nContent-Length: 7\r\n\r\n" HELLO);
	ASK(&p, HELLO "\x02\x01\x07");
	CHECK_ANSWER(&p, HELLO "\x02\x01\x08");
	CHECK_INT(asked, 2);
	close_peer(&p);
	finish_rpc();
}

/* One connection, several at once, in order. */
TEST(pipelined)
{
	int i;

	serve_rpc(answer_it);
	open_peer(&p);
	for (i = 0; i < 20; i++)
		ASK(&p, HELLO "\x02\x01\x07");
	for (i = 0; i < 20; i++)
		CHECK_ANSWER(&p, HELLO "\x02\x01\x08");
	close_peer(&p);
	finish_rpc();
}

TEST(in_chunks)
{
	serve_rpc(answer_it);
	open_peer(&p);
	say(&p, "POST /.rpc.Ask HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "3\r\n\x01\x05h\r\n4\r\nello\r\n0\r\n\r\n");
	CHECK_ANSWER(&p, HELLO);
	close_peer(&p);
	finish_rpc();
}

/* The last byte is said, and the reply still comes. */
TEST(until_the_end)
{
	serve_rpc(answer_it);
	open_peer(&p);
	say(&p, "POST /.rpc.Ask HTTP/1.0\r\n\r\n" HELLO);
	say_end(&p);
	CHECK_INT(status_of(hear_all(&p)), 200);
	close_peer(&p);
	finish_rpc();
}

TEST(later_in_any_order)
{
	enum { MANY = 10 };
	struct peer peers[MANY];
	int i;

	serve_rpc(keep_it);
	for (i = 0; i < MANY; i++) {
		char text[4] = { 1, 1, (char)('a' + i), 0 };

		open_peer(&peers[i]);
		say_post(&peers[i], "/.rpc.Ask", text, 3);
		UNTIL(asked == i + 1);
	}
	for (i = MANY; i-- > 0;)
		answer_kept(i);
	for (i = 0; i < MANY; i++) {
		struct heard_reply reply = hear_reply(&peers[i]);

		CHECK_INT(reply.length, 3);
		CHECK_INT(reply.body[2], 'a' + i);
		close_peer(&peers[i]);
	}
	finish_rpc();
}

/* What is not POST, has no body, or has another, never reaches the program. */
TEST(refusals)
{
	static const char *const wrong[] = {
		"GET /.rpc.Ask HTTP/1.1\r\n\r\n",
		"GET /.rpc.Ask?a=b HTTP/1.1\r\n\r\n",
		"POST /.rpc.Ask HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
		"POST /.rpc.Ask HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST /.rpc.Ask HTTP/1.1\r\nContent-Length: 1\r\n\r\n\x01",
		"POST /.rpc.Ask HTTP/1.1\r\nContent-Length: 3\r\n\r\n\x02\x01\x07",
	};
	size_t i;

	serve_rpc(answer_it);
	for (i = 0; i < COUNT(wrong); i++) {
		open_peer(&p);
		say(&p, wrong[i]);
		CHECK_REFUSED(&p);
		close_peer(&p);
	}
	open_peer(&p);
	say(&p, "HEAD /.rpc.Ask HTTP/1.1\r\n\r\n");
	CHECK_STR(hear_all(&p), "HTTP/1.1 503 Service Error\r\nContent-Type: text/html\r\n"
	    "Connection: close\r\nDate: *\r\nContent-Length: 94\r\n\r\n");
	close_peer(&p);
	CHECK_INT(asked, 0);
	finish_rpc();
}

/* A query belongs to no name. */
TEST(other_targets)
{
	static const char *const targets[] = { "/.rpc.", "/.rpc.Ask2", "/.rpc.ask", "/.rpc.Ask/",
		"/.rpc.As", "/.RPC.Ask", "/Ask", "//.rpc.Ask", "/.rpc.%41sk" };
	size_t i;

	serve_rpc(answer_it);
	for (i = 0; i < COUNT(targets); i++) {
		open_peer(&p);
		say_post(&p, targets[i], HELLO, 7);
		CHECK_INT(hear_reply(&p).code, 200);
		CHECK_INT(asked, 0);
		CHECK_INT(calls, (int)i + 1);
		close_peer(&p);
	}
	open_peer(&p);
	say_post(&p, "/.rpc.Ask?a=b", HELLO, 7);
	CHECK_ANSWER(&p, HELLO);
	close_peer(&p);
	finish_rpc();
}

/* Sent before it has all that it must have. */
static void
answer_too_little(EVRPC_STRUCT(Ask) *req, void *arg)
{
	(void)arg;
	asked++;
	CHECK_INT(EVTAG_ASSIGN(req->reply, number, 1), 0);
	EVRPC_REQUEST_DONE(req);
}

TEST(an_incomplete_reply)
{
	serve_rpc(answer_too_little);
	open_peer(&p);
	ASK(&p, HELLO);
	CHECK_REFUSED(&p);
	CHECK_INT(asked, 1);
	close_peer(&p);
	finish_rpc();
}

static void
answer_with_headers(EVRPC_STRUCT(Ask) *req, void *arg)
{
	(void)arg;
	CHECK_PTR(EVRPC_REQUEST_HTTP(req), req->http_req);
	CHECK_STR(evhttp_request_uri(req->http_req), "/.rpc.Ask");
	add_header(req->http_req, "Content-Type", "text/plain");
	add_header(req->http_req, "A", "b");
	CHECK_PTR(req->rpc->base, rpc);
	CHECK_STR(req->rpc->uri, "Ask");
	fill_in(req);
	EVRPC_REQUEST_DONE(req);
}

TEST(headers_of_the_program)
{
	serve_rpc(answer_with_headers);
	open_peer(&p);
	ASK(&p, HELLO);
	CHECK_STR(hear(&p), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nA: b\r\n"
	    "Date: *\r\nContent-Length: 7\r\n\r\n" HELLO);
	close_peer(&p);
	finish_rpc();
}

/* The argument, and a call of which nothing must be there: its reply is empty. */
static void
leave_empty(EVRPC_STRUCT(Note) *req, void *arg)
{
	*(int *)arg += 1;
	EVRPC_REQUEST_DONE(req);
}

TEST(an_empty_reply)
{
	int noted = 0;

	serve_rpc(answer_it);
	EVRPC_REGISTER(rpc, Note, memo, memo, leave_empty, &noted);
	open_peer(&p);
	say_post(&p, "/.rpc.Note", HELLO, 7);
	CHECK_ANSWER(&p, "");
	CHECK_INT(noted, 1);
	ASK(&p, HELLO);
	CHECK_ANSWER(&p, HELLO);
	close_peer(&p);
	finish_rpc();
}

/* The client goes first: the reply has no place to go. */
TEST(the_client_has_gone)
{
	serve_rpc(keep_it);
	open_peer(&p);
	ASK(&p, HELLO);
	UNTIL(asked == 1);
	reset_peer(&p);
	rounds();
	answer_kept(0);
	finish_rpc();
}

/* The program answers by itself. */
TEST(the_state_alone_is_freed)
{
	struct evhttp_request *req;

	serve_rpc(keep_it);
	open_peer(&p);
	ASK(&p, HELLO);
	UNTIL(asked == 1);
	req = kept_rpcs[0]->http_req;
	evrpc_reqstate_free((struct evrpc_req_generic *)kept_rpcs[0]);
	send_text(req, "by hand");
	CHECK_ANSWER(&p, "by hand");
	close_peer(&p);
	finish_rpc();
}

TEST(done_by_its_function)
{
	serve_rpc(keep_it);
	open_peer(&p);
	ASK(&p, HELLO);
	UNTIL(asked == 1);
	fill_in(kept_rpcs[0]);
	evrpc_request_done((struct evrpc_req_generic *)kept_rpcs[0]);
	CHECK_ANSWER(&p, HELLO);
	close_peer(&p);
	finish_rpc();
}

/* Done, and done again: the second is a mistake that is noticed. */
TEST_ONCE(done_twice)
{
	serve_rpc(keep_it);
	capture_log();
	open_peer(&p);
	ASK(&p, HELLO);
	UNTIL(asked == 1);
	fill_in(kept_rpcs[0]);
	evrpc_request_done((struct evrpc_req_generic *)kept_rpcs[0]);
	evrpc_request_done((struct evrpc_req_generic *)kept_rpcs[0]);
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
	evrpc_reqstate_free((struct evrpc_req_generic *)kept_rpcs[0]);
	evrpc_request_done(NULL);
	evrpc_reqstate_free(NULL);
	CHECK_ANSWER(&p, HELLO);
	close_peer(&p);
	finish_rpc();
}
