/*
 * Proves behaviour 147: who is waited for, and how long; H35, H53, F19.
 */
#include "serving.h"

static struct peer p;

static void
begin(void (*handler)(struct evhttp_request *, void *))
{
	serve(handler);
	evhttp_set_timeout(http, 1);
	open_peer(&p);
}

static void
end(void)
{
	close_peer(&p);
	finish();
}

TEST(fresh_connections)
{
	int64_t start = now_ns();

	begin(echo);
	CHECK_STR(hear_all(&p), "");
	CHECK_ELAPSED(start, 990);
	end();
}

TEST(idle_connections)
{
	int64_t start;

	begin(echo);
	start = now_ns();
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	hear(&p);
	CHECK_STR(hear_all(&p), "");
	CHECK_ELAPSED(start, 980);
	end();
}

/* What old clients send behind a body is no request that has begun. */
TEST(idle_after_an_empty_line)
{
	begin(echo);
	say(&p, "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\na\r\n");
	CHECK_STR(hear(&p), PLAIN(6, "POST /"));
	CHECK_STR(hear_all(&p), "");
	end();
}

TEST(slow_heads)
{
	int64_t start = now_ns();

	begin(echo);
	say(&p, "G");
	CHECK_INT(status_of(hear_all(&p)), 408);
	CHECK_ELAPSED(start, 990);
	CHECK_INT(calls, 0);
	end();
}

TEST(slow_heads_of_later_requests)
{
	begin(echo);
	say(&p, "GET / HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nA: b");
	CHECK_STR(hear(&p), PLAIN(5, "GET /"));
	CHECK_INT(status_of(hear_all(&p)), 408);
	CHECK_INT(calls, 1);
	end();
}

/* H35: it is the head that has so much time, not each of its bytes. */
TEST(heads_that_drip_in)
{
	int64_t start = now_ns();
	int i;

	begin(echo);
	say(&p, "GET / HTTP/1.1\r\nA: ");
	for (i = 0; i < 100 && !p.ended; i++) {
		say(&p, "x");
		loop_for_ms(50);
	}
	CHECK(p.ended);
	CHECK_INT(status_of(hear_all(&p)), 408);
	CHECK_ELAPSED(start, 990);
	end();
}

/* H53: a body has to go on. */
TEST(bodies_that_stop)
{
	begin(echo);
	say(&p, "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab");
	CHECK_STR(hear_all(&p), "");
	CHECK_INT(calls, 0);
	close_peer(&p);
	open_peer(&p);
	say(&p, "POST / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
	CHECK_STR(hear_all(&p), "HTTP/1.1 100 Continue\r\n\r\n");
	CHECK_INT(calls, 0);
	end();
}

/* One that goes on may take longer. */
TEST(bodies_that_drip_in)
{
	int i;

	begin(echo);
	say(&p, "POST / HTTP/1.1\r\nContent-Length: 8\r\n\r\n");
	for (i = 0; i < 8; i++) {
		loop_for_ms(250);
		say(&p, "x");
	}
	CHECK_STR(hear(&p), PLAIN(6, "POST /"));
	end();
}

/* The program may think as long as it likes; afterwards the clock starts anew. */
TEST(slow_programs)
{
	int64_t start;

	begin(keep);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	loop_for_ms(1500);
	CHECK(kept[0]->evcon != NULL);
	start = now_ns();
	send_text(kept[0], "x");
	CHECK_STR(hear(&p), PLAIN(1, "x"));
	loop_for_ms(500);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 2);
	send_text(kept[1], "y");
	CHECK_STR(hear(&p), PLAIN(1, "y"));
	CHECK_STR(hear_all(&p), "");
	CHECK_ELAPSED(start, 1480);
	end();
}

/* A request that comes while it thinks is still there. */
TEST(slow_programs_and_more_requests)
{
	begin(keep);
	say(&p, "GET /a HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	loop_for_ms(1300);
	say(&p, "GET /b HTTP/1.1\r\n\r\n");
	loop_for_ms(100);
	send_text(kept[0], "a");
	CHECK_STR(hear(&p), PLAIN(1, "a"));
	UNTIL(keeping == 2);
	send_text(kept[1], "b");
	CHECK_STR(hear(&p), PLAIN(1, "b"));
	end();
}

/* More than the system takes for a socket. */
enum { LARGE = 12 << 20 };

static void
send_large(struct evhttp_request *req, void *arg)
{
	static char bytes[LARGE];
	struct evbuffer *body = evbuffer_new();

	(void)arg;
	calls++;
	evbuffer_add(body, bytes, sizeof(bytes));
	evhttp_send_reply(req, HTTP_OK, "OK", body);
	evbuffer_free(body);
}

/* What comes in steps of so many milliseconds, to the end or till all is there. */
static long
hear_in_steps(int fd, int ms)
{
	static char piece[1 << 20];
	long got = 0;

	for (;;) {
		ssize_t n = syscall(SYS_recvfrom, fd, piece, sizeof(piece), 0, NULL, NULL);

		if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
			return got;
		got += n > 0 ? n : 0;
		if (got > LARGE)
			return got;
		loop_for_ms(ms);
	}
}

static int
ask_for_large(const char *question, int buffer)
{
	int fd;

	serve(send_large);
	evhttp_set_timeout(http, 1);
	fd = connected(buffer);
	CHECK_INT(send(fd, question, strlen(question), 0), (int)strlen(question));
	UNTIL(calls == 1);
	return fd;
}

/* A client that hears nothing: its connection does not stay. */
TEST(replies_that_nobody_hears)
{
	int fd = ask_for_large("GET / HTTP/1.1\r\n\r\n", 4096);

	loop_for_ms(2500);
	CHECK(hear_in_steps(fd, 1) < LARGE);
	close(fd);
	finish();
}

/* One that hears slowly has it all, though it takes longer. */
static void
hear_slowly(const char *question)
{
	int fd = ask_for_large(question, 64 << 10);
	int64_t start = now_ns();

	CHECK(hear_in_steps(fd, 25) > LARGE);
	CHECK(now_ns() - start > 1500000000);
	close(fd);
	finish();
}

TEST(replies_that_are_heard_slowly)
{
	hear_slowly("GET / HTTP/1.1\r\n\r\n");
}

TEST(last_replies_that_are_heard_slowly)
{
	hear_slowly("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
}

/* 0: none */
TEST(no_timeout)
{
	serve(echo);
	evhttp_set_timeout(http, 0);
	open_peer(&p);
	say(&p, "GET / HTTP");
	loop_for_ms(1200);
	CHECK_INT(p.ended, 0);
	say(&p, "/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(5, "GET /"));
	end();
}

/* It is for connections to come. */
TEST(later_connections)
{
	struct peer before;

	serve(echo);
	open_peer(&before);
	rounds();
	evhttp_set_timeout(http, 1);
	open_peer(&p);
	CHECK_STR(hear_all(&p), "");
	loop_for_ms(200);
	CHECK_INT(before.ended, 0);
	say(&before, "GET / HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&before), PLAIN(5, "GET /"));
	close_peer(&before);
	end();
}

/* Nor has the program to hurry between the pieces of a stream. */
TEST(slow_streams)
{
	struct evbuffer *piece = evbuffer_new();
	int i;

	begin(keep);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	evhttp_send_reply_start(kept[0], 200, "OK");
	for (i = 0; i < 3; i++) {
		loop_for_ms(700);
		evbuffer_add(piece, "a", 1);
		evhttp_send_reply_chunk(kept[0], piece);
	}
	loop_for_ms(1300);
	evhttp_send_reply_end(kept[0]);
	CHECK_STR(strstr(hear(&p), "\r\n\r\n"),
	    "\r\n\r\n1\r\na\r\n1\r\na\r\n1\r\na\r\n0\r\n\r\n");
	evbuffer_free(piece);
	end();
}
