/*
 * Proves behaviours 160, 162, 166, 201 and 204, C09 and C12: several requests on one connection,
 * and when it is used again.
 */
#include "raw_server.h"

/* One after the other, in order; the next goes out when the last has its reply. */
TEST(one_after_the_other)
{
	struct peer *p;
	int i;

	begin();
	get("/a");
	get("/b");
	get("/c");
	p = peer_at(0);
	for (i = 0; i < 3; i++) {
		static const char *const want[] = { "GET /a", "GET /b", "GET /c" };
		static const char *const notes[] = {
			OK_NOTED("/a", 1, "x"), OK_NOTED("/b", 1, "x"), OK_NOTED("/c", 1, "x"),
		};

		CHECK_INT(strncmp(hear_question(p), want[i], 6), 0);
		rounds();
		CHECK_INT(p->length - p->at, 0);
		say(p, OK_REPLY(1, "x"));
		CHECK_STR(hear_told(1), notes[i]);
	}
	rounds();
	CHECK_INT(taken_count, 1);
	CHECK(!p->ended);
	end();
}

TEST(many)
{
	enum { MANY = 1000 };
	struct peer *p;
	int i;

	begin();
	for (i = 0; i < MANY; i++)
		ask_with(con, EVHTTP_REQ_GET, "/", note_reply, NULL);
	p = peer_at(0);
	for (i = 0; i < MANY; i++) {
		hear_question(p);
		say(p, OK_REPLY(0, ""));
	}
	UNTIL(told == MANY);
	CHECK_INT(taken_count, 1);
	end();
}

/* Two questions; over how many connections, if the first reply is that? */
static int
connections_for(const char *reply, int ends)
{
	int before = taken_count;

	get("/1");
	get("/2");
	hear_question(peer_at(before));
	say(&taken[before], reply);
	if (ends)
		say_end(&taken[before]);
	UNTIL(told == 1);
	UNTIL(taken_count > before + 1 || whole_question(&taken[before]) > 0);
	hear_question(&taken[taken_count - 1]);
	say(&taken[taken_count - 1], "HTTP/1.1 204 x\r\nConnection: close\r\n\r\n");
	UNTIL(told == 2);
	told = 0;
	told_so_far();
	UNTIL(taken[taken_count - 1].ended);
	return taken_count - before;
}

TEST(which_connections_stay)
{
	begin();
	CHECK_INT(connections_for(OK_REPLY(1, "x"), 0), 1);
	CHECK_INT(connections_for("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "0\r\n\r\n", 0), 1);
	CHECK_INT(connections_for("HTTP/1.1 200 OK\r\nConnection: close\r\n"
	    "Content-Length: 0\r\n\r\n", 0), 2);
	CHECK_INT(connections_for("HTTP/1.1 200 OK\r\nConnection: foo, Close\r\n"
	    "Content-Length: 0\r\n\r\n", 0), 2);
	CHECK_INT(connections_for("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n"
	    "Content-Length: 0\r\n\r\n", 0), 1);
	CHECK_INT(connections_for("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 0), 2);
	CHECK_INT(connections_for("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
	    "Content-Length: 0\r\n\r\n", 0), 1);
	CHECK_INT(connections_for("HTTP/1.1 200 OK\r\n\r\nuntil the end", 1), 2);
	CHECK_INT(connections_for(OK_REPLY(1, "x"), 1), 2);
	CHECK_INT(connections_for("HTTP/1.1 101 x\r\n\r\n", 0), 2);
	end();
}

/* The program has asked for the end itself. */
TEST(connections_that_the_request_ends)
{
	struct evhttp_request *req;

	begin();
	req = get("/a");
	CHECK_INT(evhttp_add_header(req->output_headers, "Connection", "close"), 0);
	get("/b");
	hear_question(peer_at(0));
	say(&taken[0], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 0, ""));
	hear_question(peer_at(1));
	CHECK_INT(taken[0].ended, 1);
	say(&taken[1], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/b", 0, ""));
	end();
}

/* Two replies to one question: the second is nobody's, and the next is not taken for it. */
TEST(replies_that_nobody_asked_for)
{
	begin();
	get("/a");
	get("/b");
	hear_question(peer_at(0));
	say(&taken[0], OK_REPLY(1, "1") OK_REPLY(4, "evil"));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 1, "1"));
	hear_question(peer_at(1));
	UNTIL(taken[0].ended);
	say(&taken[1], OK_REPLY(1, "2"));
	CHECK_STR(hear_told(1), OK_NOTED("/b", 1, "2"));

	/* While nobody asks; and before anybody has. */
	say(&taken[1], OK_REPLY(4, "evil"));
	UNTIL(taken[1].ended);
	get("/c");
	peer_at(2);
	hear_question(&taken[2]);
	say(&taken[2], OK_REPLY(1, "3"));
	CHECK_STR(hear_told(1), OK_NOTED("/c", 1, "3"));
	end();
}

/* The server speaks before it is asked. */
TEST(replies_before_the_question)
{
	struct event_base *own;

	begin();
	CHECK((own = event_base_new()) != NULL);
	evhttp_connection_set_base(con, own);
	get("/a");
	/* The kernel has connected it, but the client does not know. */
	peer_at(0);
	say(&taken[0], OK_REPLY(4, "evil"));
	while (told == 0)
		CHECK_INT(event_base_loop(own, EVLOOP_ONCE), 0);
	CHECK_STR(hear_told(1), "/a: NULL\n");
	CHECK_STR(hear_all(&taken[0]), "");
	evhttp_connection_free(con);
	con = NULL;
	event_base_free(own);
	end();
}

/* Nobody asks, and the server closes: the next question has a connection of its own. */
TEST(idle_connections_end)
{
	begin();
	get("/a");
	hear_question(peer_at(0));
	say(&taken[0], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 0, ""));
	hang_up(&taken[0]);
	rounds();
	get("/b");
	hear_question(peer_at(1));
	say(&taken[1], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/b", 0, ""));

	/* The end has come, but the loop has not seen it yet. */
	hang_up(&taken[1]);
	get("/c");
	hear_question(peer_at(2));
	say(&taken[2], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/c", 0, ""));
	end();
}

/* The first fails, the others go on over new connections. */
TEST(failures_are_one_requests)
{
	begin();
	get("/a");
	get("/b");
	get("/c");
	hear_question(peer_at(0));
	say(&taken[0], "nonsense\r\n\r\n");
	CHECK_STR(hear_told(1), "/a: NULL\n");
	CHECK_INT(strncmp(hear_question(peer_at(1)), "GET /b", 6), 0);
	say_end(&taken[1]);
	CHECK_STR(hear_told(1), "/b: 0\n");
	CHECK_INT(strncmp(hear_question(peer_at(2)), "GET /c", 6), 0);
	say(&taken[2], OK_REPLY(1, "x"));
	CHECK_STR(hear_told(1), OK_NOTED("/c", 1, "x"));
	end();
}

TEST(connections_that_are_reset)
{
	begin();
	get("/a");
	get("/b");
	get("/c");
	hear_question(peer_at(0));
	reset_peer(&taken[0]);
	CHECK_STR(hear_told(1), "/a: NULL\n");
	hear_question(peer_at(1));
	say(&taken[1], "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nxx");
	rounds();
	reset_peer(&taken[1]);
	CHECK_STR(hear_told(1), "/b: NULL\n");
	hear_question(peer_at(2));
	say(&taken[2], "HTTP/1.1 200 OK\r\n\r\nxx");
	rounds();
	/* That is no end of a body. */
	reset_peer(&taken[2]);
	CHECK_STR(hear_told(1), "/c: NULL\n");
	end();
}

/* Three that nobody answers, one after the other. */
TEST(time_runs_out)
{
	int64_t start;

	begin();
	evhttp_connection_set_timeout(con, 1);
	get("/a");
	get("/b");
	get("/c");
	start = now_ns();
	CHECK_STR(hear_told(1), "/a: NULL\n");
	CHECK_AT_LEAST(start, 1000);
	CHECK_STR(hear_told(1), "/b: NULL\n");
	CHECK_AT_LEAST(start, 2000);
	CHECK_STR(hear_told(1), "/c: NULL\n");
	CHECK_AT_LEAST(start, 3000);
	rounds();
	CHECK_INT(taken_count, 3);
	CHECK_INT(taken[0].ended + taken[1].ended + taken[2].ended, 3);
	end();
}

/* Asked again where it is told. */
static void
ask_more(struct evhttp_request *req, void *arg)
{
	int *left = arg;

	note_reply(req, NULL);
	if (--*left > 0)
		ask_with(con, EVHTTP_REQ_GET, "/", ask_more, left);
}

TEST(asked_in_callbacks)
{
	int left = 5, i;

	begin();
	ask_with(con, EVHTTP_REQ_GET, "/", ask_more, &left);
	for (i = 0; i < 5; i++) {
		hear_question(peer_at(i / 2));
		say(&taken[i / 2], i % 2 == 0 ? OK_REPLY(0, "") :
		    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
		UNTIL(told == i + 1);
	}
	rounds();
	CHECK_INT(told, 5);
	CHECK_INT(taken_count, 3);
	end();
}
