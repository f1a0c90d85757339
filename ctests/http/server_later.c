/*
 * Proves behaviours 138, 151, 154 and 157: requests that are answered later or never, and what
 * may happen meanwhile. H64.
 */
#include "serving.h"

static struct peer p;

static void
answer_first(int fd, short what, void *text)
{
	(void)fd;
	(void)what;
	send_text(kept[0], text);
}

TEST(from_a_timer)
{
	struct event timer;

	serve(keep);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	evtimer_set(&timer, answer_first, "late");
	CHECK_INT(add_ms(&timer, 20), 0);
	CHECK_STR(hear(&p), PLAIN(4, "late"));
	close_peer(&p);
	finish();
}

/* From the handler of another connection's request. */
static void
answer_all(struct evhttp_request *req, void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < keeping; i++)
		send_text(kept[i], "by another");
	keeping = 0;
	send_text(req, "last");
}

TEST(from_another_handler)
{
	enum { MANY = 20 };
	struct peer peers[MANY];
	int i;

	serve(keep);
	evhttp_set_cb(http, "/all", answer_all, NULL);
	for (i = 0; i < MANY; i++) {
		open_peer(&peers[i]);
		say(&peers[i], "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
	}
	UNTIL(keeping == MANY);
	open_peer(&p);
	say(&p, "GET /all HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(4, "last"));
	for (i = 0; i < MANY; i++)
		CHECK_STR(hear(&peers[i]), PLAIN(10, "by another"));
	UNTIL(keeping == MANY);
	say(&p, "GET /all HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(4, "last"));
	for (i = 0; i < MANY; i++)
		CHECK_STR(hear(&peers[i]), PLAIN(10, "by another"));
	for (i = 0; i < MANY; i++)
		close_peer(&peers[i]);
	close_peer(&p);
	finish();
}

/* In any order of the connections. */
TEST(backwards)
{
	enum { MANY = 50 };
	struct peer peers[MANY];
	char text[32];
	int i;

	serve(keep);
	for (i = 0; i < MANY; i++) {
		open_peer(&peers[i]);
		snprintf(text, sizeof(text), "GET /%d HTTP/1.1\r\n\r\n", i);
		say(&peers[i], text);
		UNTIL(keeping == i + 1);
	}
	for (i = MANY - 1; i >= 0; i--)
		echo(kept[i], NULL);
	for (i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "\r\n\r\nGET /%d", i);
		CHECK_STR(strstr(hear(&peers[i]), "\r\n\r\n"), text);
		close_peer(&peers[i]);
	}
	finish();
}

/* The client has gone: 151, 202. The request is the program's till it answers. */
static void
answer_nobody(void (*leave)(struct peer *), void (*answer)(struct evhttp_request *))
{
	serve(keep);
	open_peer(&p);
	say(&p, "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
	UNTIL(keeping == 1);
	leave(&p);
	loop_for_ms(20);
	CHECK_STR(evhttp_request_uri(kept[0]), "/a");
	CHECK_INT(EVBUFFER_LENGTH(kept[0]->input_buffer), 3);
	answer(kept[0]);
	loop_for_ms(20);
	finish();
}

static void
by_reply(struct evhttp_request *req)
{
	struct evbuffer *body = evbuffer_new();

	evbuffer_add(body, "abc", 3);
	evhttp_send_reply(req, 200, "OK", body);
	evbuffer_free(body);
}

static void
by_error(struct evhttp_request *req)
{
	evhttp_send_error(req, 500, "Error");
}

static void
by_pieces(struct evhttp_request *req)
{
	struct evbuffer *body = evbuffer_new();

	evbuffer_add(body, "abc", 3);
	evhttp_send_reply_start(req, 200, "OK");
	evhttp_send_reply_chunk(req, body);
	evhttp_send_reply_end(req);
	evbuffer_free(body);
}

TEST(closed_before_the_reply)
{
	answer_nobody(close_peer, by_reply);
	answer_nobody(close_peer, by_error);
	answer_nobody(close_peer, by_pieces);
}

TEST(reset_before_the_reply)
{
	answer_nobody(reset_peer, by_reply);
	answer_nobody(reset_peer, by_error);
	answer_nobody(reset_peer, by_pieces);
}

/* 138: the server has gone, and its base still runs. */
static void
answer_after_the_server(void (*answer)(struct evhttp_request *))
{
	serve(keep);
	open_peer(&p);
	say(&p, "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	evhttp_free(http);
	http = NULL;
	CHECK_PTR(kept[0]->evcon, NULL);
	CHECK_PTR(evhttp_request_get_connection(kept[0]), NULL);
	CHECK_STR(evhttp_request_uri(kept[0]), "/a");
	answer(kept[0]);
	CHECK_STR(hear_all(&p), "");
	CHECK_INT(keeping, 1);
	close_peer(&p);
	finish();
}

TEST(the_server_is_freed_before_the_reply)
{
	answer_after_the_server(by_reply);
	answer_after_the_server(by_error);
	answer_after_the_server(by_pieces);
}

/* In the middle of a stream, too; and a request that is never answered may be freed. */
TEST(the_server_is_freed_in_a_stream)
{
	struct evbuffer *body = evbuffer_new();

	serve(keep);
	open_peer(&p);
	say(&p, "GET /a HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	evhttp_send_reply_start(kept[0], 200, "OK");
	evbuffer_add(body, "abc", 3);
	evhttp_send_reply_chunk(kept[0], body);
	evhttp_free(http);
	http = NULL;
	evbuffer_add(body, "def", 3);
	evhttp_send_reply_chunk(kept[0], body);
	CHECK_INT(EVBUFFER_LENGTH(body), 3);
	evhttp_send_reply_end(kept[0]);
	evbuffer_free(body);
	close_peer(&p);
	finish();
}

TEST(freed_instead_of_answered)
{
	serve(keep);
	open_peer(&p);
	say(&p, "GET /a HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	evhttp_free(http);
	http = NULL;
	evhttp_request_free(kept[0]);
	close_peer(&p);
	finish();
}

/* An answer was given, but not sent yet. */
TEST(the_server_is_freed_after_the_reply)
{
	serve(keep);
	open_peer(&p);
	say(&p, "GET /a HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	send_text(kept[0], "x");
	evhttp_free(http);
	http = NULL;
	hear_all(&p);
	close_peer(&p);
	finish();
}

/* Inside a handler, before and after the answer, with more to come and connections that wait. */
static void
free_server(struct evhttp_request *req, void *arg)
{
	calls++;
	if (arg == NULL)
		send_text(req, "x");
	evhttp_free(http);
	http = NULL;
	if (arg != NULL) {
		CHECK_PTR(req->evcon, NULL);
		by_reply(req);
	}
}

static void
free_in_a_handler(void *order, int is_accepted)
{
	enum { MANY = 5 };
	struct peer peers[MANY];
	int i;

	serve(free_server);
	evhttp_set_gencb(http, free_server, order);
	for (i = 0; i < MANY; i++) {
		open_peer(&peers[i]);
		if (is_accepted)
			rounds();
		say(&peers[i], "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
	}
	for (i = 0; i < MANY; i++) {
		hear_all(&peers[i]);
		close_peer(&peers[i]);
	}
	CHECK_INT(calls, is_accepted ? 1 : calls);
	CHECK_PTR(http, NULL);
	finish();
}

static void
ignore(struct evhttp_request *req, void *arg)
{
	(void)arg;
	by_reply(req);
}

TEST(the_server_is_freed_in_a_handler)
{
	serve(ignore);
	evhttp_set_cb(http, "/free", free_server, NULL);
	open_peer(&p);
	rounds();
	say(&p, "GET / HTTP/1.1\r\n\r\nGET /free HTTP/1.1\r\n\r\nGET /free HTTP/1.1\r\n\r\n");
	hear_all(&p);
	CHECK_INT(calls, 1);
	close_peer(&p);
	finish();
}

TEST(the_server_is_freed_in_a_handler_and_then_answered)
{
	serve(ignore);
	evhttp_set_cb(http, "/free", free_server, "before");
	open_peer(&p);
	rounds();
	say(&p, "GET / HTTP/1.1\r\n\r\nGET /free HTTP/1.1\r\n\r\nGET /free HTTP/1.1\r\n\r\n");
	hear_all(&p);
	CHECK_INT(calls, 1);
	close_peer(&p);
	finish();
}

/* Requests that came with their connections are read as these are accepted. */
TEST(the_server_is_freed_while_it_accepts)
{
	free_in_a_handler(NULL, 0);
	free_in_a_handler("before", 0);
}

/* 142 and the order of frees: the base may go first. */
TEST(the_base_is_freed_first)
{
	int before = open_fds();

	serve(keep);
	open_peer(&p);
	say(&p, "GET /a HTTP/1.1\r\n\r\nGET /b");
	UNTIL(keeping == 1);
	event_del(&p.event);
	event_base_free(current_base);
	by_reply(kept[0]);
	evhttp_free(http);
	close(p.fd);
	free(p.in);
	CHECK_INT(open_fds(), before);
}

TEST(the_base_is_freed_with_a_request_that_stays)
{
	int before = open_fds();

	serve(keep);
	open_peer(&p);
	say(&p, "GET /a HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	event_del(&p.event);
	event_base_free(current_base);
	evhttp_free(http);
	CHECK_PTR(kept[0]->evcon, NULL);
	by_reply(kept[0]);
	close(p.fd);
	free(p.in);
	CHECK_INT(open_fds(), before);
}

/* Loops that are left in handlers, and begun in them. */
static void
exit_in_it(struct evhttp_request *req, void *arg)
{
	calls++;
	if (arg == NULL)
		event_loopexit(NULL);
	else
		event_loopbreak();
	send_text(req, "x");
}

static void
leave_loops(void *how)
{
	int i;

	serve(echo);
	evhttp_set_gencb(http, exit_in_it, how);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
	CHECK_INT(event_dispatch(), 0);
	CHECK(calls >= 1 && calls <= 3);
	for (i = 0; i < 10 && p.length < 3 * strlen(PLAIN(1, "x")); i++) {
		CHECK_INT(exit_after_ms(current_base, 5), 0);
		CHECK_INT(event_dispatch(), 0);
	}
	CHECK_STR(hear(&p), PLAIN(1, "x"));
	CHECK_STR(hear(&p), PLAIN(1, "x"));
	CHECK_STR(hear(&p), PLAIN(1, "x"));
	CHECK_INT(calls, 3);
	close_peer(&p);
	finish();
}

TEST(loopexit_in_a_handler)
{
	leave_loops(NULL);
}

TEST(loopbreak_in_a_handler)
{
	leave_loops("break");
}

static void
loop_inside(struct evhttp_request *req, void *arg)
{
	(void)arg;
	if (calls++ == 0)
		rounds();
	send_text(req, "x");
}

/* A loop inside: other connections go on, this one waits for its answer. */
TEST(loops_inside)
{
	struct peer other;

	serve(echo);
	evhttp_set_cb(http, "/inside", loop_inside, NULL);
	open_peer(&p);
	open_peer(&other);
	rounds();
	say(&p, "GET /inside HTTP/1.1\r\n\r\nGET /inside HTTP/1.1\r\n\r\n");
	say(&other, "GET /other HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(1, "x"));
	CHECK_STR(hear(&p), PLAIN(1, "x"));
	CHECK_STR(hear(&other), PLAIN(10, "GET /other"));
	close_peer(&other);
	close_peer(&p);
	finish();
}

/* The connection ends inside. */
static void
lose_the_client_inside(struct evhttp_request *req, void *leave)
{
	if (calls == 0)
		((void (*)(struct peer *))leave)(&p);
	rounds();
	by_pieces(req);
	calls++;
}

TEST(the_client_goes_in_the_handler)
{
	serve(keep);
	evhttp_set_gencb(http, lose_the_client_inside, (void *)close_peer);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
	UNTIL(calls >= 1);
	loop_for_ms(10);
	finish();
}

TEST(the_client_resets_in_the_handler)
{
	serve(keep);
	evhttp_set_gencb(http, lose_the_client_inside, (void *)reset_peer);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	UNTIL(calls == 1);
	loop_for_ms(10);
	finish();
}
