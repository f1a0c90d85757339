/*
 * Proves F4, F16, F17 and F20 for clients: peers that close half of a connection, reset it, or do
 * not listen; descriptors that have run out; many connections at once.
 */
#include "raw_server.h"

#include <sys/resource.h>

/* The server has said its last byte before it hears the question; it hears it all the same. */
TEST(half_closed_by_the_server)
{
	enum { SIZE = 4 << 20 };
	struct evhttp_request *req;
	char *body = calloc(1, SIZE);

	begin();
	CHECK(body != NULL);
	get("/a");
	hear_question(peer_at(0));
	say(&taken[0], OK_REPLY(1, "x"));
	say_end(&taken[0]);
	CHECK_STR(hear_told(1), OK_NOTED("/a", 1, "x"));

	/* An answer to a question that was not heard to its end. */
	req = evhttp_request_new(note_reply, "/b");
	evbuffer_add(req->output_buffer, body, SIZE);
	free(body);
	CHECK_INT(evhttp_make_request(con, req, EVHTTP_REQ_POST, "/b"), 0);
	peer_at(1);
	UNTIL(taken[1].length > 0);
	say(&taken[1], "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
	say_end(&taken[1]);
	CHECK_STR(hear_told(1), "/b: 413 Too Large 1.1{Content-Length=2;}no\n");
	UNTIL(taken[1].ended);
	end();
}

/* Answered, and closed with bytes unread: the reset must not take the answer back. */
TEST(answered_and_reset)
{
	enum { SIZE = 4 << 20 };
	struct evhttp_request *req;
	char *body = calloc(1, SIZE);
	const char *text;

	begin();
	CHECK(body != NULL);
	req = evhttp_request_new(note_reply, "/b");
	evbuffer_add(req->output_buffer, body, SIZE);
	free(body);
	CHECK_INT(evhttp_make_request(con, req, EVHTTP_REQ_POST, "/b"), 0);
	peer_at(0);
	event_del(&taken[0].event);
	say(&taken[0], "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
	CHECK_INT(event_add(&taken[0].event, NULL), 0);
	hang_up(&taken[0]);
	text = hear_told(1);
	/* The kernel may have thrown it away, then there is none. */
	CHECK(strcmp(text, "/b: 413 Too Large 1.1{Content-Length=2;}no\n") == 0 ||
	    strcmp(text, "/b: NULL\n") == 0);
	end();
}

/* Reset at every moment; the next question is not affected. */
TEST(reset_at_any_time)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
	size_t said;

	begin();
	for (said = 0; said < sizeof(reply) - 1; said += 5) {
		int n = taken_count;

		get("/a");
		get("/b");
		hear_question(peer_at(n));
		say_bytes(&taken[n], reply, said);
		rounds();
		reset_peer(&taken[n]);
		CHECK_STR(hear_told(1), "/a: NULL\n");
		hear_question(peer_at(n + 1));
		say(&taken[n + 1], OK_REPLY(1, "x"));
		CHECK_STR(hear_told(1), OK_NOTED("/b", 1, "x"));
		hang_up(&taken[n + 1]);
		rounds();
	}
	end();
}

/* Taken and reset before the client has sent anything. */
TEST(reset_before_the_question)
{
	begin();
	get("/a");
	peer_at(0);
	reset_peer(&taken[0]);
	UNTIL(told == 1);
	CHECK_INT(strncmp(told_so_far(), "/a: ", 4), 0);
	end();
}

TEST(no_descriptors)
{
	struct rlimit limit, before;
	struct evhttp_request *req;
	int next;

	begin();
	req = evhttp_request_new(note_reply, "/a");
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	CHECK((next = dup(0)) != -1);
	close(next);
	limit.rlim_cur = (rlim_t)next;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
	CHECK_ERRNO(evhttp_make_request(con, req, EVHTTP_REQ_GET, "/a"), EMFILE);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
	rounds();
	CHECK_INT(told, 0);
	get("/b");
	CHECK_INT(strncmp(hear_question(peer_at(0)), "GET /a", 6), 0);
	say(&taken[0], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 0, ""));
	end();
}

/* Many connections, whose servers vanish all at once. */
TEST(many_at_once)
{
	enum { MANY = 200 };
	struct evhttp_connection *all[MANY];
	int i;

	begin();
	for (i = 0; i < MANY; i++) {
		CHECK((all[i] = evhttp_connection_new("127.0.0.1", (unsigned short)port)) != NULL);
		ask_with(all[i], EVHTTP_REQ_GET, "/", note_reply, NULL);
	}
	UNTIL(taken_count == MANY);
	for (i = 0; i < MANY; i++)
		hear_question(&taken[i]);
	for (i = 0; i < MANY; i++)
		reset_peer(&taken[i]);
	UNTIL(told == MANY);
	for (i = 0; i < MANY; i++)
		evhttp_connection_free(all[i]);
	end();
}
