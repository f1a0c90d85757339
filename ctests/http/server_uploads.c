/*
 * Bodies of requests as they come: heads before them, pieces, pauses, answers that do not wait for
 * the end, clients that go. H53, F19.
 */
#include "serving.h"

#include <evhub/http_ext.h>

static struct peer p;

/* What the program did, a letter each; and what it was shown of bodies. */
static char did[256];
static char body[65536];
static size_t body_length;
static struct evhttp_request *last;
static int reason;

static void
note_did(const char *what)
{
	CHECK(strlen(did) + strlen(what) < sizeof(did));
	strcat(did, what);
}

static void
take_piece(struct evhttp_request *req, void *arg)
{
	size_t length = EVBUFFER_LENGTH(req->input_buffer);

	CHECK_STR(arg, "arg");
	CHECK(length > 0 && body_length + length < sizeof(body));
	memcpy(body + body_length, EVBUFFER_DATA(req->input_buffer), length);
	body_length += length;
	body[body_length] = '\0';
	if (did[0] == '\0' || did[strlen(did) - 1] != 'p')
		note_did("p");
}

static void
take_error(enum evhttp_request_error error, void *arg)
{
	CHECK_STR(arg, "arg");
	reason = (int)error;
	note_did("e");
}

static void
begin(struct evhttp_request *req, void *arg)
{
	CHECK_STR(arg, "arg");
	CHECK(header(req->input_headers, "Host") != NULL);
	CHECK_INT(EVBUFFER_LENGTH(req->input_buffer), 0);
	last = req;
	body_length = 0;
	body[0] = '\0';
	evhub_http_request_set_body_cb(req, take_piece);
	evhttp_request_set_error_cb(req, take_error);
	note_did("h");
}

static void
answer(struct evhttp_request *req, void *arg)
{
	(void)arg;
	CHECK(req == last);
	CHECK_INT(EVBUFFER_LENGTH(req->input_buffer), 0);
	note_did("a");
	send_text(req, body_length < 200 ? body : "much");
}

static void
serve_uploads(void (*head)(struct evhttp_request *, void *))
{
	did[0] = '\0';
	reason = -1;
	serve(answer);
	CHECK_INT(evhub_http_set_head_cb(http, NULL, head, "arg"), 0);
}

#define HEAD(more) "POST / HTTP/1.1\r\nHost: x\r\n" more "\r\n"

TEST(pieces)
{
	serve_uploads(begin);
	open_peer(&p);
	say(&p, HEAD("Content-Length: 6\r\n"));
	rounds();
	CHECK_STR(did, "h");
	say(&p, "abc");
	UNTIL(body_length == 3);
	CHECK_STR(did, "hp");
	say(&p, "def");
	CHECK_STR(hear(&p), PLAIN(6, "abcdef"));
	CHECK_STR(did, "hpa");
	say(&p, HEAD("Transfer-Encoding: chunked\r\n") "2\r\nab\r\n3\r\nc");
	UNTIL(body_length == 3);
	say(&p, "de\r\n0\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(5, "abcde"));
	CHECK_STR(did, "hpahpa");
	close_peer(&p);
	finish();
}

/* The whole of it at every split, with another request behind it. */
TEST(pieces_in_two_pieces)
{
	static const char two[] = HEAD("Content-Length: 4\r\n") "abcd"
	    HEAD("Transfer-Encoding: chunked\r\n") "1\r\ne\r\n2\r\nfg\r\n0\r\n\r\n";
	size_t at;

	serve_uploads(begin);
	for (at = 0; at < sizeof(two); at++) {
		did[0] = '\0';
		open_peer(&p);
		say_bytes(&p, two, at);
		rounds();
		say_bytes(&p, two + at, sizeof(two) - 1 - at);
		CHECK_STR(hear(&p), PLAIN(4, "abcd"));
		CHECK_STR(hear(&p), PLAIN(3, "efg"));
		CHECK_STR(did, "hpahpa");
		close_peer(&p);
	}
	finish();
}

/* Requests without a body have a head, too; those of other paths are left alone. */
TEST(paths)
{
	serve(answer);
	did[0] = '\0';
	CHECK_INT(evhub_http_set_head_cb(http, "/a", begin, "arg"), 0);
	evhttp_set_cb(http, "/b", echo, NULL);
	open_peer(&p);
	say(&p, "GET /a?b HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 1\r\n"
	    "\r\nx");
	CHECK_INT(status_of(hear(&p)), 200);
	CHECK_STR(hear(&p), PLAIN(7, "POST /b"));
	CHECK_STR(did, "ha");
	CHECK_INT(evhub_http_set_head_cb(http, "/a", NULL, NULL), 0);
	CHECK_ERRNO(evhub_http_set_head_cb(http, "/a", NULL, NULL), ENOENT);
	CHECK_ERRNO(evhub_http_set_head_cb(NULL, "/a", begin, NULL), EINVAL);
	close_peer(&p);
	finish();
}

/* Nobody takes pieces: the handler gets the body, as ever. */
static void
only_look(struct evhttp_request *req, void *arg)
{
	(void)req;
	(void)arg;
	note_did("h");
}

static void
answer_with_body(struct evhttp_request *req, void *arg)
{
	(void)arg;
	evhttp_send_reply(req, 200, "OK", req->input_buffer);
}

TEST(whole_bodies)
{
	serve_uploads(only_look);
	evhttp_set_gencb(http, answer_with_body, NULL);
	open_peer(&p);
	say(&p, HEAD("Content-Length: 3\r\n") "abc");
	CHECK_STR(hear(&p), PLAIN(3, "abc"));
	CHECK_STR(did, "h");
	close_peer(&p);
	finish();
}

/* Pauses: what has come waits, and no more is taken than there is room for. */
static void
begin_paused(struct evhttp_request *req, void *arg)
{
	begin(req, arg);
	CHECK_INT(evhub_http_request_pause(req), 0);
}

TEST(pauses)
{
	serve_uploads(begin_paused);
	open_peer(&p);
	say(&p, HEAD("Content-Length: 6\r\n") "abc");
	UNTIL(did[0] == 'h');
	rounds();
	CHECK_STR(did, "h");
	CHECK_INT(evhub_http_request_resume(last), 0);
	UNTIL(body_length == 3);
	CHECK_INT(evhub_http_request_pause(last), 0);
	say(&p, "def");
	rounds();
	CHECK_INT(body_length, 3);
	CHECK_INT(evhub_http_request_resume(last), 0);
	CHECK_STR(hear(&p), PLAIN(6, "abcdef"));
	close_peer(&p);
	finish();
}

TEST(pauses_hold_clients_up)
{
	enum { PIECE = 65536, MOST = 64 << 20 };
	static char piece[PIECE];
	size_t said = 0;
	int i;

	serve_uploads(begin_paused);
	evhttp_set_timeout(http, 1);
	open_peer(&p);
	say(&p, HEAD("Content-Length: 1000000000\r\n"));
	UNTIL(did[0] == 'h');
	for (i = 0; i < 20;) {
		ssize_t n = syscall(SYS_sendto, p.fd, piece, PIECE, MSG_NOSIGNAL, NULL, 0);

		said += n > 0 ? (size_t)n : 0;
		CHECK(said < MOST);
		i = n > 0 ? 0 : i + 1;
		CHECK(event_loop(EVLOOP_NONBLOCK) >= 0);
	}
	CHECK(turns_in_ms(100) < 20);
	/* Nor is it the client's fault that nothing goes on. */
	loop_for_ms(1300);
	CHECK_STR(did, "h");
	CHECK_INT(p.ended, 0);
	close_peer(&p);
	finish();
}

/* An answer that does not wait for the body: what comes of that is thrown away. */
static void
answer_at_once(struct evhttp_request *req, void *arg)
{
	begin(req, arg);
	send_text(req, "no");
}

TEST(answers_at_once)
{
	serve_uploads(answer_at_once);
	open_peer(&p);
	say(&p, HEAD("Content-Length: 6\r\n") "abc");
	CHECK_STR(hear(&p), PLAIN(2, "no"));
	say(&p, "def" HEAD("Content-Length: 0\r\n"));
	CHECK_STR(hear(&p), PLAIN(2, "no"));
	CHECK_STR(did, "hh");
	/* Who waits to be told to go on is not. */
	say(&p, HEAD("Content-Length: 6\r\nExpect: 100-continue\r\n"));
	CHECK_STR(hear_all(&p), PLAIN(2, "no"));
	close_peer(&p);
	finish();
}

static void
answer_in_piece(struct evhttp_request *req, void *arg)
{
	take_piece(req, arg);
	send_text(req, "enough");
}

static void
begin_to_answer_in_piece(struct evhttp_request *req, void *arg)
{
	begin(req, arg);
	evhub_http_request_set_body_cb(req, answer_in_piece);
}

TEST(answers_in_the_middle)
{
	serve_uploads(begin_to_answer_in_piece);
	open_peer(&p);
	say(&p, HEAD("Content-Length: 6\r\n") "ab");
	CHECK_STR(hear(&p), PLAIN(6, "enough"));
	say(&p, "cdef" HEAD("Content-Length: 1\r\n") "x");
	CHECK_STR(hear(&p), PLAIN(6, "enough"));
	CHECK_STR(did, "hphp");
	close_peer(&p);
	finish();
}

/* The answer streams while the body does. */
static void
echo_piece(struct evhttp_request *req, void *arg)
{
	(void)arg;
	evhttp_send_reply_chunk(req, req->input_buffer);
}

static void
begin_to_echo(struct evhttp_request *req, void *arg)
{
	begin(req, arg);
	evhub_http_request_set_body_cb(req, echo_piece);
	evhttp_send_reply_start(req, 200, "OK");
}

static void
end_echo(struct evhttp_request *req, void *arg)
{
	(void)arg;
	evhttp_send_reply_end(req);
}

TEST(both_at_once)
{
	serve_uploads(begin_to_echo);
	evhttp_set_gencb(http, end_echo, NULL);
	open_peer(&p);
	say(&p, HEAD("Content-Length: 6\r\n") "abc");
	UNTIL(p.length > 5 && strcmp(p.in + p.length - 5, "abc\r\n") == 0);
	say(&p, "def");
	CHECK_STR(strstr(hear(&p), "\r\n\r\n"), "\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
	close_peer(&p);
	finish();
}

/* 100 Continue is the answer to a head that the program has seen. */
TEST(continues)
{
	serve_uploads(begin_paused);
	open_peer(&p);
	say(&p, HEAD("Content-Length: 3\r\nExpect: 100-continue\r\n"));
	UNTIL(did[0] == 'h');
	CHECK_STR(hear_now(&p), "");
	CHECK_INT(evhub_http_request_resume(last), 0);
	CHECK_STR(hear(&p), "HTTP/1.1 100 Continue\r\n\r\n");
	say(&p, "abc");
	CHECK_STR(hear(&p), PLAIN(3, "abc"));
	close_peer(&p);
	finish();
}

/* Who has seen the head hears that the rest will not come, once, and the request is gone. */
static void
check_cut(const char *question, void (*leave)(struct peer *), const char *what, int why)
{
	did[0] = '\0';
	reason = -1;
	open_peer(&p);
	say(&p, question);
	UNTIL(did[0] == 'h');
	rounds();
	if (leave != NULL)
		leave(&p);
	UNTIL(strchr(did, 'e') != NULL);
	CHECK_STR(did, what);
	CHECK_INT(reason, why);
	if (leave != close_peer && leave != reset_peer) {
		UNTIL(p.ended);
		close_peer(&p);
	}
}

TEST(bodies_that_do_not_end)
{
	serve_uploads(begin);
	check_cut(HEAD("Content-Length: 6\r\n") "abc", close_peer, "hpe", EVREQ_HTTP_EOF);
	check_cut(HEAD("Content-Length: 6\r\n") "abc", reset_peer, "hpe", EVREQ_HTTP_EOF);
	check_cut(HEAD("Content-Length: 6\r\n") "abc", say_end, "hpe", EVREQ_HTTP_EOF);
	check_cut(HEAD("Content-Length: 6\r\n"), close_peer, "he", EVREQ_HTTP_EOF);
	check_cut(HEAD("Transfer-Encoding: chunked\r\n") "x\r\n", NULL, "he",
	    EVREQ_HTTP_INVALID_HEADER);
	check_cut(HEAD("Transfer-Encoding: chunked\r\n") "1\r\na\r\nx\r\n", NULL, "he",
	    EVREQ_HTTP_INVALID_HEADER);
	evhttp_set_max_body_size(http, 3);
	check_cut(HEAD("Transfer-Encoding: chunked\r\n") "2\r\nab\r\n2\r\n", NULL, "he",
	    EVREQ_HTTP_DATA_TOO_LONG);
	evhttp_set_timeout(http, 1);
	check_cut(HEAD("Content-Length: 2\r\n") "a", NULL, "hpe", EVREQ_HTTP_TIMEOUT);
	finish();
}

/* The server goes while a body comes. */
TEST(servers_that_end)
{
	serve_uploads(begin);
	open_peer(&p);
	say(&p, HEAD("Content-Length: 6\r\n") "abc");
	UNTIL(body_length == 3);
	evhttp_free(http);
	http = NULL;
	CHECK_STR(did, "hpe");
	UNTIL(p.ended);
	close_peer(&p);
	finish();
}

/* Callbacks that close the connection under themselves, which the request outlives. */
static void
close_it(struct evhttp_request *req, void *arg)
{
	(void)arg;
	note_did("c");
	evhttp_connection_free(req->evcon);
	CHECK(req->evcon == NULL);
	CHECK_INT(req->major, 1);
}

static void
begin_to_close(struct evhttp_request *req, void *arg)
{
	begin(req, arg);
	evhub_http_request_set_body_cb(req, close_it);
}

TEST(closed_within)
{
	serve_uploads(close_it);
	open_peer(&p);
	say(&p, HEAD("Content-Length: 6\r\n") "abc");
	UNTIL(p.ended);
	CHECK_STR(did, "c");
	close_peer(&p);
	did[0] = '\0';
	CHECK_INT(evhub_http_set_head_cb(http, NULL, begin_to_close, "arg"), 0);
	open_peer(&p);
	say(&p, HEAD("Content-Length: 6\r\n") "abc");
	UNTIL(p.ended);
	CHECK_STR(did, "hce");
	close_peer(&p);
	finish();
}

/* A loop within a callback of pieces shows it no other one. */
static int depth;

static void
loop_within(struct evhttp_request *req, void *arg)
{
	CHECK_INT(depth, 0);
	depth++;
	take_piece(req, arg);
	if (body_length == 1) {
		say(&p, "b");
		rounds();
		CHECK_INT(EVBUFFER_LENGTH(req->input_buffer), 1);
	}
	depth--;
}

static void
begin_to_loop(struct evhttp_request *req, void *arg)
{
	begin(req, arg);
	evhub_http_request_set_body_cb(req, loop_within);
}

TEST(loops_within)
{
	serve_uploads(begin_to_loop);
	open_peer(&p);
	say(&p, HEAD("Content-Length: 2\r\n") "a");
	CHECK_STR(hear(&p), PLAIN(2, "ab"));
	close_peer(&p);
	finish();
}

/* Many MiB pass through few. */
static size_t passed;

static void
count_piece(struct evhttp_request *req, void *arg)
{
	(void)arg;
	passed += EVBUFFER_LENGTH(req->input_buffer);
	CHECK(EVBUFFER_LENGTH(req->input_buffer) <= 1 << 20);
}

static void
begin_to_count(struct evhttp_request *req, void *arg)
{
	begin(req, arg);
	evhub_http_request_set_body_cb(req, count_piece);
}

TEST(long_ones)
{
	enum { PIECE = 65536, PIECES = 512 };
	static char piece[PIECE];
	int i;

	serve_uploads(begin_to_count);
	passed = 0;
	open_peer(&p);
	say(&p, HEAD("Content-Length: 33554432\r\n"));
	for (i = 0; i < PIECES; i++)
		say_bytes(&p, piece, PIECE);
	CHECK_STR(hear(&p), "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Length: 0\r\n\r\n");
	CHECK_INT(passed, (size_t)PIECE * PIECES);
	close_peer(&p);
	finish();
}
