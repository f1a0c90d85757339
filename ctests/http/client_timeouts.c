/*
 * Proves behaviours 167 and 204, F18 and F19: how long a client waits.
 */
#include "raw_server.h"

#include "shim.h"

/* Hours pass. */
static void
hurry(long long seconds)
{
	clock_shift_monotonic(seconds * 1000000000LL);
}

TEST_ENV(fifty_seconds_without_progress, "SHIM=clock")
{
	begin();
	get("/a");
	hear_question(peer_at(0));
	rounds();
	hurry(40);
	rounds();
	CHECK_INT(told, 0);
	say(&taken[0], "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
	rounds();
	/* What has come gives it more time. */
	hurry(40);
	rounds();
	CHECK_INT(told, 0);
	say(&taken[0], "0");
	rounds();
	hurry(40);
	rounds();
	CHECK_INT(told, 0);
	hurry(11);
	CHECK_STR(hear_told(1), "/a: NULL\n");
	end();
}

TEST_ENV(for_ever, "SHIM=clock")
{
	begin();
	evhttp_connection_set_timeout(con, 0);
	get("/a");
	hear_question(peer_at(0));
	rounds();
	hurry(1000000);
	rounds();
	CHECK_INT(told, 0);
	say(&taken[0], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 0, ""));
	end();
}

TEST_ENV(the_default_again, "SHIM=clock")
{
	begin();
	evhttp_connection_set_timeout(con, 1);
	evhttp_connection_set_timeout(con, -1);
	get("/a");
	hear_question(peer_at(0));
	rounds();
	hurry(40);
	rounds();
	CHECK_INT(told, 0);
	hurry(10);
	CHECK_STR(hear_told(1), "/a: NULL\n");
	end();
}

/* A reply that came while the program was stopped is a reply. */
TEST_ENV(late_but_there, "SHIM=clock")
{
	begin();
	get("/a");
	hear_question(peer_at(0));
	rounds();
	say(&taken[0], OK_REPLY(1, "x"));
	hurry(1000);
	CHECK_STR(hear_told(1), OK_NOTED("/a", 1, "x"));
	end();
}

/* Idle connections stay, for as long as the server likes. */
TEST_ENV(idle, "SHIM=clock")
{
	int i;

	begin();
	for (i = 0; i < 3; i++) {
		get("/a");
		hear_question(peer_at(0));
		say(&taken[0], OK_REPLY(0, ""));
		CHECK_STR(hear_told(1), OK_NOTED("/a", 0, ""));
		hurry(1000);
		rounds();
		hurry(1000);
		rounds();
		CHECK_INT(taken[0].ended, 0);
	}
	CHECK_INT(taken_count, 1);
	end();
}

/* A server that takes no connections: its queue is full. */
TEST_ENV(connecting, "SHIM=clock")
{
	struct sockaddr_in address;
	int fds[8], server, i;

	begin();
	evhttp_connection_free(con);
	stop_listening();
	server = bound(AF_INET);
	CHECK_INT(listen(server, 0), 0);
	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_port = htons((uint16_t)port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (i = 0; i < (int)COUNT(fds); i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		CHECK(fds[i] != -1);
		CHECK(connect(fds[i], (struct sockaddr *)&address, sizeof(address)) == 0 ||
		    errno == EINPROGRESS);
	}
	sleep_ms(50);
	CHECK((con = evhttp_connection_new("127.0.0.1", (unsigned short)port)) != NULL);
	evhttp_connection_set_timeout(con, 1);
	get("/a");
	get("/b");
	rounds();
	hurry(35);
	rounds();
	CHECK_INT(told, 0);
	hurry(11);
	CHECK_STR(hear_told(2), "/a: 0\n/b: 0\n");
	for (i = 0; i < (int)COUNT(fds); i++)
		close(fds[i]);
	close(server);
	end();
}

/* A server that reads nothing of a large request. */
TEST_ENV(sending, "SHIM=clock")
{
	enum { SIZE = 16 << 20 };
	struct evhttp_request *req;
	char *body = calloc(1, SIZE);

	begin();
	CHECK(body != NULL);
	req = evhttp_request_new(note_reply, "/a");
	evbuffer_add(req->output_buffer, body, SIZE);
	free(body);
	CHECK_INT(evhttp_make_request(con, req, EVHTTP_REQ_POST, "/a"), 0);
	peer_at(0);
	event_del(&taken[0].event);
	rounds();
	hurry(40);
	rounds();
	CHECK_INT(told, 0);
	hurry(11);
	CHECK_STR(hear_told(1), "/a: NULL\n");
	end();
}

/* The pauses between attempts: 2, 4, 8 seconds, and so on to an hour. */
TEST_ENV(pauses, "SHIM=clock")
{
	static const int pauses[] = { 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600 };
	size_t i;
	int fd;

	begin();
	evhttp_connection_free(con);
	stop_listening();
	fd = bound(AF_INET);
	CHECK((con = evhttp_connection_new("127.0.0.1", (unsigned short)port)) != NULL);
	evhttp_connection_set_retries(con, COUNT(pauses));
	get("/a");
	for (i = 0; i < COUNT(pauses); i++) {
		rounds();
		hurry(pauses[i] - 1);
		rounds();
		CHECK_INT(told, 0);
		if (i == COUNT(pauses) - 1) {
			listen_on(fd);
			fd = -1;
		}
		hurry(2);
		rounds();
	}
	peer_at(0);
	hear_question(&taken[0]);
	say(&taken[0], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 0, ""));
	end();
}
