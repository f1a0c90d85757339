/*
 * Replies as they come, of every kind, and servers that wait while the program takes no more of
 * them (F19).
 */
#include "raw_server.h"

#include <evhub/http_ext.h>

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static void
note_piece(struct evhttp_request *req, void *arg)
{
	(void)arg;
	note_body(req);
	note_text("|");
}

/* Bodies of all kinds as they come. */
TEST(bodies_as_they_come)
{
	static const struct {
		const char *head, *first, *second, *last, *want;
	} all[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "ab", "cde", "",
		  "ab|cde|200 OK 1.1{Content-Length=5;}\n" },
		{ CHUNKED, "2\r\nab\r\n", "3\r\ncde\r\n", "0\r\n\r\n",
		  "ab|cde|200 OK 1.1{Transfer-Encoding=chunked;}\n" },
		{ "HTTP/1.1 200 OK\r\n\r\n", "ab", "cde", "", "ab|cde|200 OK 1.1{}\n" },
	};
	size_t i;

	begin();
	for (i = 0; i < COUNT(all); i++) {
		evhub_http_request_set_body_cb(get(NULL), note_piece);
		hear_question(peer_at(0));
		say(&taken[0], all[i].head);
		say(&taken[0], all[i].first);
		UNTIL(replies_length > 0);
		say(&taken[0], all[i].second);
		UNTIL(replies_length >= 7);
		say(&taken[0], all[i].last);
		if (i == 2)
			say_end(&taken[0]);
		CHECK_STR(hear_told(1), all[i].want);
	}
	end();
}

static struct evhttp_request *paused;

static void
pause_piece(struct evhttp_request *req, void *arg)
{
	note_piece(req, arg);
	CHECK_INT(evhub_http_request_pause(req), 0);
	paused = req;
}

/* The server has to wait while the program does not take more. */
TEST(pauses)
{
	enum { SIZE = 24 << 20, ONCE = 1 << 16 };
	static char piece[ONCE];
	size_t sent = 0, before;
	ssize_t n;
	char head[64];

	begin();
	memset(piece, 'z', sizeof(piece));
	evhttp_connection_set_timeout(con, 1);
	evhub_http_request_set_body_cb(get(NULL), pause_piece);
	hear_question(peer_at(0));
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SIZE);
	say(&taken[0], head);
	paused = NULL;
	say(&taken[0], "abc");
	UNTIL(paused != NULL);
	CHECK_STR(told_so_far(), "abc|");
	for (;;) {
		rounds();
		n = syscall(SYS_sendto, taken[0].fd, piece, ONCE, MSG_NOSIGNAL, NULL, 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			break;
		sent += (size_t)n;
		CHECK(sent < SIZE - 3);
	}
	CHECK_INT(errno, EAGAIN);
	/* Time does not run meanwhile, nor does the loop. */
	CHECK(turns_in_ms(1500) < 20);
	CHECK_INT(told, 0);
	CHECK_INT(replies_length, 0);

	/* One piece more. */
	CHECK_INT(evhub_http_request_resume(paused), 0);
	paused = NULL;
	CHECK_INT(replies_length, 0);
	UNTIL(paused != NULL);
	before = replies_length;
	CHECK(before > 0 && before < SIZE / 2);
	rounds();
	CHECK_INT(replies_length, before);

	/* All of it. */
	evhub_http_request_set_body_cb(paused, note_piece);
	CHECK_INT(evhub_http_request_resume(paused), 0);
	while (sent < SIZE - 3) {
		size_t more = SIZE - 3 - sent < ONCE ? SIZE - 3 - sent : ONCE;

		say_bytes(&taken[0], piece, more);
		sent += more;
	}
	UNTIL(told == 1);
	CHECK(replies_length > SIZE - 3);
	CHECK(strstr(replies + replies_length - 64, "200 OK 1.1{") != NULL);
	end();
}

/* Before it is on its way, and when its reply is there. */
TEST(paused_from_the_start)
{
	struct evhttp_request *req;

	begin();
	req = get("/a");
	CHECK_INT(evhub_http_request_pause(req), 0);
	hear_question(peer_at(0));
	say(&taken[0], OK_REPLY(1, "x"));
	CHECK(turns_in_ms(200) < 20);
	CHECK_INT(told, 0);
	CHECK_INT(evhub_http_request_resume(req), 0);
	CHECK_INT(told, 0);
	CHECK_STR(hear_told(1), OK_NOTED("/a", 1, "x"));
	end();
}

TEST(freed_while_it_is_paused)
{
	begin();
	paused = NULL;
	evhub_http_request_set_body_cb(get(NULL), pause_piece);
	hear_question(peer_at(0));
	say(&taken[0], "HTTP/1.1 200 OK\r\n\r\nabc");
	UNTIL(paused != NULL);
	evhttp_connection_free(con);
	con = NULL;
	CHECK_INT(told, 0);
	end();
}
