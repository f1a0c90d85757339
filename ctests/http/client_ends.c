/*
 * Proves behaviours 161, 166 and 203, C13 and F27: connections, bases and requests that end at
 * whatever time.
 */
#include "raw_server.h"

#include <setjmp.h>

static int closed;
static int frees;			/* the connection is freed where it is closed */

static void
note_close(struct evhttp_connection *evcon, void *arg)
{
	char *address = NULL;

	CHECK_PTR(evcon, con);
	CHECK_PTR(arg, &closed);
	evhttp_connection_get_peer(evcon, &address, NULL);
	CHECK_STR(address, "127.0.0.1");
	closed++;
	note_text("closed\n");
	if (frees) {
		frees = 0;
		evhttp_connection_free(con);
		con = NULL;
	}
}

static void
begin_noting(void)
{
	begin();
	closed = 0;
	frees = 0;
	evhttp_connection_set_closecb(con, note_close, &closed);
}

static void
answer(int n)
{
	hear_question(peer_at(n));
	say(&taken[n], OK_REPLY(0, ""));
}

static void
free_it(void)
{
	evhttp_connection_free(con);
	con = NULL;
}

/* closecb is called whenever a connection ends that was there. */
TEST(closecb)
{
	begin_noting();
	get("/a");
	answer(0);
	CHECK_STR(hear_told(1), OK_NOTED("/a", 0, ""));
	CHECK_INT(closed, 0);
	hang_up(&taken[0]);
	UNTIL(closed == 1);
	get("/b");
	hear_question(peer_at(1));
	say(&taken[1], "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
	UNTIL(told == 1);
	CHECK_INT(closed, 2);
	get("/c");
	hear_question(peer_at(2));
	say_end(&taken[2]);
	UNTIL(told == 2);
	CHECK_INT(closed, 3);
	get("/d");
	answer(3);
	UNTIL(told == 3);
	free_it();
	CHECK_INT(closed, 4);
	end();
}

/* What never was there does not end. */
TEST(closecb_without_a_connection)
{
	begin_noting();
	stop_listening();
	get("/a");
	CHECK_STR(hear_told(1), "/a: 0\n");
	free_it();
	CHECK_INT(closed, 0);
	end();
}

TEST(freed_in_closecb)
{
	begin_noting();
	get("/a");
	answer(0);
	UNTIL(told == 1);
	frees = 1;
	hang_up(&taken[0]);
	UNTIL(closed == 1);
	CHECK_PTR(con, NULL);
	end();
}

/* With more to ask; the one that has failed is told nothing, for it is freed as well. */
TEST(freed_in_closecb_while_others_wait)
{
	begin_noting();
	get("/a");
	get("/b");
	hear_question(peer_at(0));
	frees = 1;
	say(&taken[0], "nonsense\r\n\r\n");
	UNTIL(closed == 1);
	rounds();
	CHECK_PTR(con, NULL);
	CHECK_INT(taken_count, 1);
	end();
}

/* By itself: closecb of a connection that is freed frees it. */
TEST(freed_in_closecb_of_free)
{
	begin_noting();
	get("/a");
	answer(0);
	UNTIL(told == 1);
	frees = 1;
	evhttp_connection_free(con);
	CHECK_PTR(con, NULL);
	CHECK_INT(closed, 1);
	end();
}

static void
free_in_reply(struct evhttp_request *req, void *arg)
{
	note_reply(req, arg);
	free_it();
	/* It is the program's until this returns. */
	if (req != NULL)
		CHECK_PTR(req->evcon, NULL);
}

TEST(freed_in_callbacks)
{
	static const char *const all[] = {
		OK_REPLY(0, ""), OK_REPLY(1, "x") OK_REPLY(1, "y"), "nonsense\r\n\r\n",
		"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "",
	};
	size_t i;

	for (i = 0; i < COUNT(all); i++) {
		begin_noting();
		ask_with(con, EVHTTP_REQ_GET, "/", free_in_reply, "/a");
		get("/b");
		hear_question(peer_at(0));
		say(&taken[0], all[i]);
		if (all[i][0] == '\0')
			say_end(&taken[0]);
		UNTIL(told == 1);
		rounds();
		CHECK_INT(told, 1);
		CHECK_PTR(con, NULL);
		end();
	}
}

static void
free_in_piece(struct evhttp_request *req, void *arg)
{
	(void)arg;
	CHECK_INT(EVBUFFER_LENGTH(req->input_buffer), 1);
	told++;
	free_it();
	/* Still there, until this returns. */
	CHECK_INT(req->response_code, 200);
	CHECK_INT(EVBUFFER_LENGTH(req->input_buffer), 1);
}

TEST(freed_in_chunk_callbacks)
{
	struct evhttp_request *req;

	begin_noting();
	req = get("/a");
	evhttp_request_set_chunked_cb(req, free_in_piece);
	get("/b");
	hear_question(peer_at(0));
	say(&taken[0], "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n");
	UNTIL(told == 1);
	rounds();
	CHECK_INT(told, 1);
	CHECK_INT(closed, 1);
	end();
}

/* At each stage of an exchange. */
TEST(freed_at_any_time)
{
	int stage;

	for (stage = 0; stage < 6; stage++) {
		begin_noting();
		get("/a");
		get("/b");
		if (stage > 0)
			peer_at(0);
		if (stage > 1)
			hear_question(&taken[0]);
		if (stage > 2)
			say(&taken[0], "HTTP/1.1 200");
		if (stage > 3)
			say(&taken[0], " OK\r\nContent-Length: 3\r\n\r\na");
		if (stage > 4)
			say(&taken[0], "bc");
		if (stage > 1)
			rounds();
		free_it();
		rounds();
		CHECK_INT(told, stage > 4);
		end();
	}
}

/* The base goes first. */
TEST(bases_that_end_first)
{
	int stage;

	for (stage = 0; stage < 5; stage++) {
		struct event_base *own;

		begin_noting();
		CHECK((own = event_base_new()) != NULL);
		evhttp_connection_set_base(con, own);
		if (stage > 0)
			get("/a");
		if (stage > 1) {
			peer_at(0);
			while (whole_question(&taken[0]) == 0) {
				CHECK_INT(event_base_loop(own, EVLOOP_NONBLOCK), 0);
				rounds();
			}
		}
		if (stage > 2)
			say(&taken[0], OK_REPLY(0, ""));
		if (stage > 3)
			while (told == 0)
				CHECK_INT(event_base_loop(own, EVLOOP_NONBLOCK), 0);
		event_base_free(own);
		CHECK_INT(told, stage > 3);
		rounds();
		if (stage % 2 == 0)
			free_it();
		end();
	}
}

/* It is used again on another base. */
TEST(another_base)
{
	struct event_base *own;

	begin();
	CHECK((own = event_base_new()) != NULL);
	evhttp_connection_set_base(con, own);
	get("/a");
	CHECK_INT(event_base_loop(own, EVLOOP_NONBLOCK), 0);
	event_base_free(own);
	get("/b");
	CHECK_INT(strncmp(hear_question(peer_at(taken_count)), "GET /a", 6), 0);
	say(&taken[taken_count - 1], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 0, ""));
	end();
}

/* Callbacks that never return */

static jmp_buf away;

/* Requests that their callbacks have taken along: nobody frees them. */
static struct evhttp_request *volatile left[8];
static int left_count;

static void
jump(struct evhttp_request *req, void *arg)
{
	note_reply(req, arg);
	left[left_count++] = req;
	longjmp(away, 1);
}

static void
jump_in_piece(struct evhttp_request *req, void *arg)
{
	note_body(req);
	note_text("|");
	(void)arg;
	left[left_count++] = req;
	longjmp(away, 1);
}

static void
jump_at_close(struct evhttp_connection *evcon, void *arg)
{
	(void)evcon;
	(void)arg;
	closed++;
	longjmp(away, 1);
}

static volatile int jumps;

/* The loop, again and again, until so much was told; out of it by longjmp. */
static void
hear_through_jumps(int calls)
{
	struct event limit;

	jumps = 0;
	evtimer_set(&limit, too_late, "calls");
	CHECK_INT(add_ms(&limit, (long)(40000 * time_factor())), 0);
	if (setjmp(away) != 0)
		jumps++;
	while (told < calls)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	event_del(&limit);
}

TEST(longjmp_from_replies)
{
	begin();
	stop_listening();
	ask_with(con, EVHTTP_REQ_GET, "/", jump, "/a");
	ask_with(con, EVHTTP_REQ_GET, "/", jump, "/b");
	get("/c");
	hear_through_jumps(3);
	CHECK_INT(jumps, 2);
	CHECK_STR(hear_told(3), "/a: 0\n/b: 0\n/c: 0\n");
	end();
}

TEST(longjmp_and_the_next)
{
	begin();
	ask_with(con, EVHTTP_REQ_GET, "/", jump, "/a");
	get("/b");
	answer(0);
	hear_through_jumps(1);
	CHECK_INT(jumps, 1);
	answer(0);
	CHECK_STR(hear_told(2), OK_NOTED("/a", 0, "") OK_NOTED("/b", 0, ""));
	CHECK_INT(taken_count, 1);
	end();
}

TEST(longjmp_from_chunks)
{
	struct evhttp_request *req;

	begin();
	req = get("/a");
	evhttp_request_set_chunked_cb(req, jump_in_piece);
	hear_question(peer_at(0));
	say(&taken[0], "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
	hear_through_jumps(1);
	CHECK_INT(jumps, 2);
	CHECK_STR(hear_told(1), "a|b|/a: 200 OK 1.1{Transfer-Encoding=chunked;}\n");
	end();
}

TEST(longjmp_from_closecb)
{
	begin();
	closed = 0;
	evhttp_connection_set_closecb(con, jump_at_close, NULL);
	get("/a");
	get("/b");
	hear_question(peer_at(0));
	say(&taken[0], "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
	hear_through_jumps(1);
	CHECK_INT(jumps, 1);
	CHECK_INT(closed, 1);
	evhttp_connection_set_closecb(con, NULL, NULL);
	answer(1);
	CHECK_STR(hear_told(2), "/a: 200 OK 1.1{Connection=close;Content-Length=0;}\n"
	    OK_NOTED("/b", 0, ""));
	end();
}
