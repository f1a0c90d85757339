/*
 * Proves behaviour 155: requests that come together are all answered, in order, from the loop.
 */
#include "serving.h"

static struct peer p;

static void
say_numbers(int first, int count)
{
	char text[64];
	int i;

	for (i = first; i < first + count; i++) {
		snprintf(text, sizeof(text), "GET /%d HTTP/1.1\r\n\r\n", i);
		say(&p, text);
	}
}

static void
check_numbers(int first, int count)
{
	char text[64];
	int i;

	for (i = first; i < first + count; i++) {
		snprintf(text, sizeof(text), "\r\n\r\nGET /%d", i);
		CHECK_STR(strstr(hear(&p), "\r\n\r\n"), text);
	}
}

static void
check_pipelined(int count)
{
	serve(echo);
	open_peer(&p);
	say_numbers(0, count);
	check_numbers(0, count);
	CHECK_INT(calls, count);
	CHECK_STR(hear_now(&p), "");
	say_numbers(count, 1);
	check_numbers(count, 1);
	close_peer(&p);
	finish();
}

TEST(two)
{
	check_pipelined(2);
}

TEST(as_many_as_in_one_round)
{
	check_pipelined(64);
}

TEST(one_more)
{
	check_pipelined(65);
}

TEST(many)
{
	check_pipelined(1000);
}

/* The next is called when the one before is answered, and never from inside that call. */
TEST(answered_later)
{
	int i;

	serve(keep);
	open_peer(&p);
	say_numbers(0, 10);
	for (i = 0; i < 10; i++) {
		char text[32];

		UNTIL(keeping == i + 1);
		rounds();
		CHECK_INT(keeping, i + 1);
		CHECK_STR(hear_now(&p), "");
		snprintf(text, sizeof(text), "GET /%d", i);
		send_text(kept[i], text);
		CHECK_INT(keeping, i + 1);
		check_numbers(i, 1);
	}
	close_peer(&p);
	finish();
}

/* Some at once and some later. */
static void
now_or_later(struct evhttp_request *req, void *arg)
{
	if (calls % 3 == 1)
		keep(req, arg);
	else
		echo(req, arg);
}

static void
answer_kept(int fd, short what, void *arg)
{
	int i;

	(void)fd;
	(void)what;
	for (i = 0; i < keeping; i++) {
		if (kept[i] != NULL)
			echo(kept[i], NULL);
		kept[i] = NULL;
	}
	CHECK_INT(add_ms(arg, 1), 0);
}

TEST(mixed)
{
	struct event timer;

	serve(now_or_later);
	evtimer_set(&timer, answer_kept, &timer);
	CHECK_INT(add_ms(&timer, 1), 0);
	open_peer(&p);
	say_numbers(0, 100);
	check_numbers(0, 100);
	event_del(&timer);
	close_peer(&p);
	finish();
}

/* Bodies stand between them. */
TEST(with_bodies)
{
	serve(echo);
	open_peer(&p);
	say(&p, "POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nGET /"
	    "POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nGET /\r\n0\r\n\r\n"
	    "\r\n\r\nHEAD /c HTTP/1.1\r\n\r\nGET /d HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(7, "POST /a"));
	CHECK_STR(hear(&p), PLAIN(7, "POST /b"));
	CHECK_STR(hear_one(&p, 1), "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Length: 7\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(6, "GET /d"));
	CHECK_STR(requests, "POST /a 1.1{Content-Length=5;}GET /\n"
	    "POST /b 1.1{Transfer-Encoding=chunked;}GET /\nHEAD /c 1.1{}\nGET /d 1.1{}\n");
	close_peer(&p);
	finish();
}

/* All is heard though the client said its end with the last one. */
TEST(and_the_end)
{
	serve(keep);
	open_peer(&p);
	say_numbers(0, 3);
	say(&p, "GET /incomplete HTTP/1.1\r\n");
	say_end(&p);
	UNTIL(keeping == 1);
	rounds();
	echo(kept[0], NULL);
	UNTIL(keeping == 2);
	echo(kept[1], NULL);
	UNTIL(keeping == 3);
	echo(kept[2], NULL);
	check_numbers(0, 3);
	CHECK_STR(hear_all(&p), "");
	CHECK_INT(keeping, 3);
	close_peer(&p);
	finish();
}

/* Other connections and timers have their turn, while one floods. */
TEST(fair)
{
	struct note note = { .calls = 0 };
	struct event timer;
	struct peer other;

	serve(echo);
	open_peer(&p);
	open_peer(&other);
	evtimer_set(&timer, note_cb, &note);
	say_numbers(0, 1000);
	CHECK_INT(add_ms(&timer, 0), 0);
	say(&other, "GET /other HTTP/1.1\r\n\r\n");
	UNTIL(whole_reply(&other, 0) > 0 && note.calls > 0);
	CHECK(calls < 1001);
	check_numbers(0, 1000);
	close_peer(&other);
	close_peer(&p);
	finish();
}

static long
resident_kib(void)
{
	char line[256];
	long kib = 0;
	FILE *file = fopen("/proc/self/status", "r");

	CHECK(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "VmRSS: %ld", &kib);
	fclose(file);
	return kib;
}

/* A body, larger than the question by far. */
static void
large(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = evbuffer_new();
	static char bytes[32 << 10];

	(void)arg;
	calls++;
	evbuffer_add(body, bytes, sizeof(bytes));
	evhttp_send_reply(req, HTTP_OK, "OK", body);
	evbuffer_free(body);
}

/* H55: who does not hear is not answered for ever; nor does the server spin. */
TEST(flood_without_hearing)
{
	enum { MANY = 20000 };
	static char text[MANY * 18 + 1];
	long before, sent = 0;
	int i, answered, fd;

	serve(large);
	fd = connected(4096);
	for (i = 0; i < MANY; i++)
		memcpy(text + 18 * i, "GET / HTTP/1.1\r\n\r\n", 18);
	before = resident_kib();
	for (i = 0; i < 300; i++) {
		ssize_t n = syscall(SYS_sendto, fd, text + sent, 18 * MANY - sent, MSG_NOSIGNAL,
		    NULL, 0);

		if (n > 0)
			sent += n;
		rounds();
	}
	/* 256 KiB in output, some MiB in the socket; all would be 640 MiB. */
	CHECK(calls < 1000);
	CHECK(resident_kib() - before < (32 << 10) * time_factor());
	answered = calls;
	CHECK(turns_in_ms(100) < 50);
	CHECK_INT(calls, answered);
	/* When it hears, it goes on. */
	watch_peer(&p, fd);
	UNTIL(calls > answered + 100);
	close_peer(&p);
	finish();
}

/* Much more comes while the program thinks: it waits with the client, and is served in its turn. */
TEST(much_more_while_the_program_thinks)
{
	enum { LARGE = 16 << 20 };
	static char body[LARGE];
	size_t sent = 0;
	long before;
	int i;

	serve(keep);
	open_peer(&p);
	say(&p, "GET /a HTTP/1.1\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 16777216\r\n\r\n");
	UNTIL(keeping == 1);
	before = resident_kib();
	for (i = 0; i < 200; i++) {
		ssize_t n = syscall(SYS_sendto, p.fd, body + sent, LARGE - sent, MSG_NOSIGNAL, NULL,
		    0);

		if (n > 0)
			sent += (size_t)n;
		rounds();
	}
	CHECK(sent < LARGE);
	CHECK(resident_kib() - before < (2 << 10) * time_factor() + (sent >> 10));
	CHECK(turns_in_ms(50) < 20);
	send_text(kept[0], "x");
	CHECK_STR(hear(&p), PLAIN(1, "x"));
	say_bytes(&p, body + sent, LARGE - sent);
	UNTIL(keeping == 2);
	CHECK_INT(EVBUFFER_LENGTH(kept[1]->input_buffer), LARGE);
	send_text(kept[1], "y");
	CHECK_STR(hear(&p), PLAIN(1, "y"));
	close_peer(&p);
	finish();
}
