/*
 * Large replies and slow readers, clients that go at any time, and many of them: F16, F17, F19 to
 * F21, H55, H66.
 */
#include "serving.h"

#include <sys/resource.h>

enum { MIB = 1 << 20 };

static char bytes[8 * MIB];

static void
send_large(struct evhttp_request *req, void *size)
{
	struct evbuffer *body = evbuffer_new();

	calls++;
	evbuffer_add(body, bytes, (size_t)(intptr_t)size);
	evhttp_send_reply(req, HTTP_OK, "OK", body);
	CHECK_INT(EVBUFFER_LENGTH(body), 0);
	evbuffer_free(body);
}

static void
fill_bytes(void)
{
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

/* A reply that is read in bites of so many bytes, by a client that has room for as few. */
static void
read_in_bites(size_t size, int bite, const char *question)
{
	struct peer p;
	const char *body;

	forget();
	evhttp_set_gencb(http, send_large, (void *)(intptr_t)size);
	memset(&p, 0, sizeof(p));
	p.fd = connected(bite);
	p.room = size + 4096;
	p.in = malloc(p.room);
	say(&p, question);
	for (;;) {
		size_t left = p.room - p.length - 1;
		ssize_t n;

		CHECK(event_loop(EVLOOP_NONBLOCK) >= 0);
		n = syscall(SYS_recvfrom, p.fd, p.in + p.length, left < (size_t)bite ? left :
		    (size_t)bite, 0, NULL, NULL);
		CHECK(n > 0 || errno == EAGAIN || errno == EINTR);
		if (n > 0)
			p.length += (size_t)n;
		p.in[p.length] = '\0';
		body = p.length == 0 ? NULL : strstr(p.in, "\r\n\r\n");
		if (body != NULL && p.length - (size_t)(body + 4 - p.in) == size)
			break;
	}
	CHECK_INT(memcmp(body + 4, bytes, size), 0);
	CHECK_INT(calls, 1);
	close(p.fd);
	free(p.in);
}

TEST(large_replies)
{
	serve(echo);
	fill_bytes();
	read_in_bites(MIB, 65536, "GET / HTTP/1.1\r\n\r\n");
	read_in_bites(8 * MIB, 65536, "GET / HTTP/1.1\r\n\r\n");
	read_in_bites(8 * MIB, 65536, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
	read_in_bites(8 * MIB, 65536, "GET / HTTP/1.0\r\n\r\n");
	read_in_bites(MIB, 2000, "GET / HTTP/1.1\r\n\r\n");
	finish();
}

/* In peace, also when the client has said its end; and large ones behind each other. */
TEST(large_replies_and_the_end)
{
	struct peer p;
	size_t size = 4 * MIB;

	serve(echo);
	fill_bytes();
	evhttp_set_gencb(http, send_large, (void *)(intptr_t)size);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
	say_end(&p);
	UNTIL(p.ended);
	CHECK_INT(p.was_reset, 0);
	CHECK_INT(calls, 3);
	CHECK(p.length > 3 * size);
	CHECK_INT(memcmp(p.in + p.length - size, bytes, size), 0);
	close_peer(&p);
	finish();
}

/* While a client does not read, nothing of the loop spins, and others are served. */
TEST(a_client_that_does_not_read)
{
	struct peer p, other;
	int fd;

	serve(echo);
	evhttp_set_cb(http, "/large", send_large, (void *)(intptr_t)sizeof(bytes));
	fd = connected(4096);
	CHECK_INT(syscall(SYS_sendto, fd, "GET /large HTTP/1.1\r\n\r\n", 23, 0, NULL, 0), 23);
	UNTIL(calls == 1);
	rounds();
	CHECK(turns_in_ms(100) < 20);
	open_peer(&other);
	say(&other, "GET / HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&other), PLAIN(5, "GET /"));
	close_peer(&other);
	watch_peer(&p, fd);
	UNTIL(whole_reply(&p, 0) > 0);
	close_peer(&p);
	finish();
}

/* Streams that are produced faster than they are read lose nothing. */
TEST(streams)
{
	enum { PIECES = 200, SIZE = 20000 };
	struct evbuffer *piece = evbuffer_new();
	struct peer p;
	size_t got = 0;
	int i;

	serve(keep);
	fill_bytes();
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	evhttp_send_reply_start(kept[0], 200, "OK");
	kept[0]->chunked = 0;
	for (i = 0; i < PIECES; i++) {
		evbuffer_add(piece, bytes + i * SIZE, SIZE);
		evhttp_send_reply_chunk(kept[0], piece);
		if (i % 50 == 0)
			rounds();
	}
	evhttp_send_reply_end(kept[0]);
	UNTIL(p.length >= PIECES * SIZE);
	got = (size_t)(strstr(p.in, "\r\n\r\n") + 4 - p.in);
	UNTIL(p.length == got + PIECES * SIZE);
	CHECK_INT(memcmp(p.in + got, bytes, PIECES * SIZE), 0);
	evbuffer_free(piece);
	close_peer(&p);
	finish();
}

/* A client that goes after each number of bytes said, or heard. */
static void
go_after_saying(void (*leave)(struct peer *))
{
	static const char question[] = "POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd"
	    "GET /b HTTP/1.1\r\n\r\nPOST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
	    "\r\n1\r\na\r\n0\r\n\r\n";
	size_t length;

	serve(echo);
	for (length = 0; length < sizeof(question); length++) {
		struct peer p;

		open_peer(&p);
		if (length % 3 == 0)
			rounds();
		say_bytes(&p, question, length);
		if (length % 2 == 0)
			rounds();
		leave(&p);
		rounds();
	}
	finish();
}

TEST(clients_that_close)
{
	go_after_saying(close_peer);
}

TEST(clients_that_reset)
{
	go_after_saying(reset_peer);
}

TEST(clients_that_go_while_they_hear)
{
	size_t after;

	serve(echo);
	evhttp_set_gencb(http, send_large, (void *)(intptr_t)(8 * MIB));
	for (after = 0; after < 20; after++) {
		struct peer p;

		open_peer(&p);
		say(&p, "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
		UNTIL(p.length >= after * 300000);
		if (after % 2)
			reset_peer(&p);
		else
			close_peer(&p);
	}
	finish();
}

/* As many as there may be: 1,000 at once, then all go in one round. */
TEST(many_connections)
{
	enum { MANY = 900 };
	static struct peer peers[MANY];
	struct rlimit limit;
	int i, n;

	CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < 2 * MANY + 50) {
		limit.rlim_cur = 2 * MANY + 50;
		if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
			SKIP("not so many descriptors");
	}
	serve(echo);
	if (method_is("select"))
		SKIP("descriptors above 1024");
	for (i = 0; i < MANY; i++) {
		open_peer(&peers[i]);
		say(&peers[i], "GET /a HTTP/1.1\r\n\r\n");
		if (i % 100 == 99)
			rounds();
	}
	for (n = 0; n < 3; n++) {
		for (i = 0; i < MANY; i++)
			CHECK_STR(hear(&peers[i]), PLAIN(6, "GET /a"));
		if (n == 2)
			break;
		for (i = 0; i < MANY; i++)
			say(&peers[i], "GET /a HTTP/1.1\r\n\r\n");
	}
	CHECK_INT(calls, 3 * MANY);
	for (i = 0; i < MANY; i++)
		close_peer(&peers[i]);
	rounds();
	CHECK_INT(open_fds(), fds_before + (open_fds() - fds_before));
	finish();
}

/* All that were closed by their clients are closed here, before the server is freed. */
TEST(nothing_stays_open)
{
	enum { MANY = 50 };
	struct peer peers[MANY];
	int before, i;

	serve(echo);
	before = open_fds();
	for (i = 0; i < MANY; i++) {
		open_peer(&peers[i]);
		say(&peers[i], i % 2 ? "GET / HTTP/1.1\r\n\r\n" : "GET / HT");
	}
	rounds();
	CHECK_INT(open_fds(), before + 2 * MANY);
	for (i = 0; i < MANY; i++) {
		if (i % 3)
			close_peer(&peers[i]);
		else
			reset_peer(&peers[i]);
	}
	loop_for_ms(20);
	CHECK_INT(open_fds(), before);
	finish();
}

/* F17: gone before they were accepted. */
TEST(gone_before_they_were_accepted)
{
	enum { MANY = 30 };
	struct peer p;
	int i;

	serve(echo);
	for (i = 0; i < MANY; i++) {
		open_peer(&p);
		if (i % 2)
			say(&p, "GET /gone HTTP/1.1\r\n\r\n");
		if (i % 3)
			reset_peer(&p);
		else
			close_peer(&p);
	}
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(5, "GET /"));
	close_peer(&p);
	finish();
}

/* F21: timers run though connections storm in. */
TEST(storms_of_connections)
{
	enum { MANY = 400 };
	static int fds[MANY];
	struct note note = { .calls = 0 };
	struct event timer;
	int before, i;

	serve(echo);
	before = open_fds();
	for (i = 0; i < MANY; i++)
		fds[i] = connected(0);
	evtimer_set(&timer, note_cb, &note);
	CHECK_INT(add_ms(&timer, 0), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, 1);
	CHECK(open_fds() < before + 2 * MANY);
	UNTIL(open_fds() == before + 2 * MANY);
	for (i = 0; i < MANY; i++)
		close(fds[i]);
	finish();
}
