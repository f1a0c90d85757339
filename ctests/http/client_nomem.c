/*
 * Memory runs out at the n-th allocation, for every n: the program is told of its reply, or that
 * there is none; nothing is left (F6).
 */
#include "raw_server.h"

#include "alloc.h"

/* Connections that need no memory: what cannot be had is the library's. */
static struct peer quiet;
static char room[256 << 10];
static const char *reply;

static void
take_quietly(int fd, short what, void *arg)
{
	int socket = (int)syscall(SYS_accept4, fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	(void)arg;
	if (socket == -1)
		return;
	CHECK_INT(quiet.fd, -1);
	memset(&quiet, 0, sizeof(quiet));
	quiet.fd = socket;
	quiet.in = room;
	quiet.room = sizeof(room);
	event_set(&quiet.event, socket, EV_READ | EV_PERSIST, peer_reads, &quiet);
	CHECK_INT(event_add(&quiet.event, NULL), 0);
	taken_count++;
}

static void
close_quietly(void)
{
	if (quiet.fd == -1)
		return;
	event_del(&quiet.event);
	close(quiet.fd);
	quiet.fd = -1;
}

/* Asks, and is answered; what the program was told, or "-1". */
static void
exchange(void (*piece)(struct evhttp_request *, void *))
{
	struct evhttp_request *req;

	con = evhttp_connection_new("127.0.0.1", (unsigned short)port);
	req = con == NULL ? NULL : evhttp_request_new(note_reply, NULL);
	if (req == NULL) {
		note_text("-1\n");
		return;
	}
	evhttp_request_set_chunked_cb(req, piece);
	evhttp_add_header(req->output_headers, "A", "b");
	evbuffer_add(req->output_buffer, "some bytes", 10);
	if (evhttp_make_request(con, req, EVHTTP_REQ_POST, "/a?b=c") != 0) {
		note_text("-1\n");
		if (req->evcon == NULL)
			evhttp_request_free(req);
		return;
	}
	UNTIL(told == 1 || (quiet.fd != -1 && whole_question(&quiet) > 0));
	if (told == 0) {
		say(&quiet, reply);
		say_end(&quiet);
	}
	UNTIL(told == 1);
}

static void
finish_exchange(void)
{
	alloc_fail(0, 0);
	if (con != NULL)
		evhttp_connection_free(con);
	con = NULL;
	rounds();
	close_quietly();
	rounds();
}

static void
run_out(const char *says, const char *want, void (*piece)(struct evhttp_request *, void *),
    int and_later)
{
	long n, live = 0, failures;

	reply = says;
	quiet.fd = -1;
	begin();
	evhttp_connection_free(con);
	con = NULL;
	event_del(&listener_event);
	event_set(&listener_event, listener, EV_READ | EV_PERSIST, take_quietly, NULL);
	CHECK_INT(event_add(&listener_event, NULL), 0);
	capture_log();
	for (n = -2, failures = 1; n <= 1 || failures > 0; n++) {
		const char *text;

		forget_replies();
		if (n > 0)
			alloc_fail(n, and_later);
		exchange(piece);
		failures = alloc_failures();
		finish_exchange();
		text = told_so_far();
		if (n <= 0 || failures == 0)
			CHECK_STR(text, want);
		else if (strcmp(text, want) != 0 && strcmp(text, "0\n") != 0 &&
		    strcmp(text, "-1\n") != 0 && strstr(text, "NULL\n") == NULL)
			test_fail(__FILE__, __LINE__, "at allocation %ld: %s", n, text);
		if (n <= 0)
			live = alloc_live();
		else if (alloc_live() != live)
			test_fail(__FILE__, __LINE__, "at allocation %ld: %ld blocks left", n,
			    alloc_live() - live);
	}
	CHECK(n > 10);
	taken_count = 0;
	end();
}

#define WITH_LENGTH "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 4\r\n\r\nbody"
#define CHUNKED                                                                 \
	"HTTP/1.1 100 x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"    \
	"2\r\nbo\r\n2\r\ndy\r\n0\r\nT: u\r\n\r\n"
#define NOTED_LENGTH "200 OK 1.1{A=b;Content-Length=4;}body\n"
#define NOTED_CHUNKED "200 OK 1.1{Transfer-Encoding=chunked;T=u;}"

ALLOC_TEST(lengths)
{
	need_shim();
	run_out(WITH_LENGTH, NOTED_LENGTH, NULL, 0);
}

ALLOC_TEST(lengths_and_no_more)
{
	need_shim();
	run_out(WITH_LENGTH, NOTED_LENGTH, NULL, 1);
}

ALLOC_TEST(chunks)
{
	need_shim();
	run_out(CHUNKED, NOTED_CHUNKED "body\n", NULL, 0);
}

ALLOC_TEST(chunks_and_no_more)
{
	need_shim();
	run_out(CHUNKED, NOTED_CHUNKED "body\n", NULL, 1);
}

static void
note_piece(struct evhttp_request *req, void *arg)
{
	(void)arg;
	note_body(req);
}

ALLOC_TEST(pieces)
{
	need_shim();
	run_out(CHUNKED, "body" NOTED_CHUNKED "\n", note_piece, 0);
}

ALLOC_TEST(until_the_end)
{
	need_shim();
	run_out("HTTP/1.1 200 OK\r\n\r\nbody", "200 OK 1.1{}body\n", NULL, 0);
}
