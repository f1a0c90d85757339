/*
 * Memory runs out at the n-th allocation, for every n: the client hears its replies, or a part of
 * them and the end; a server is made or not; nothing is left (F6).
 */
#include "serving.h"

#include "alloc.h"

static struct peer p;

/* Buffers that have memory already: what cannot be had is the library's. */
static struct evbuffer *ready[8];
static int used;

static void
get_ready(void)
{
	size_t i;

	for (i = 0; i < COUNT(ready); i++) {
		if (ready[i] == NULL)
			CHECK((ready[i] = evbuffer_new()) != NULL);
		evbuffer_drain(ready[i], EVBUFFER_LENGTH(ready[i]));
		CHECK_INT(evbuffer_expand(ready[i], 256), 0);
	}
	used = 0;
}

static struct evbuffer *
filled(const char *text)
{
	struct evbuffer *buffer = ready[used++];

	CHECK_INT(evbuffer_add(buffer, (void *)text, strlen(text)), 0);
	return buffer;
}

static void
store(struct evhttp_request *req, void *arg)
{
	(void)arg;
	calls++;
	evhttp_send_reply(req, HTTP_OK, "OK", filled("some bytes"));
}

static void
pieces(struct evhttp_request *req, void *arg)
{
	int i;

	(void)arg;
	calls++;
	evhttp_send_reply_start(req, HTTP_OK, "OK");
	for (i = 0; i < 3; i++)
		evhttp_send_reply_chunk(req, filled("piece"));
	evhttp_send_reply_end(req);
}

static void
fail_it(struct evhttp_request *req, void *arg)
{
	(void)arg;
	calls++;
	evhttp_send_error(req, 500, "Out of Order");
}

/* The beginning of what is wanted; or whole replies, and 503 in place of the next. */
static void
check_heard(const char *text, const char *want)
{
	size_t same = 0, start;

	while (text[same] != '\0' && text[same] == want[same])
		same++;
	if (text[same] == '\0')
		return;
	/* They differ in the status. */
	for (start = same; start > 0 && text[start] != 'H'; start--)
		;
	if (want[same] != '\0' && strncmp(text + start, "HTTP/1.1 503 ", 13) == 0)
		return;
	CHECK_STR(text, want);
}

/* One question, while the n-th allocation fails; 0: none does. */
static int
ask_without(const char *question, long n, int and_later)
{
	int failures;

	get_ready();
	open_peer(&p);
	rounds();
	alloc_fail(n, and_later);
	say(&p, question);
	say_end(&p);
	rounds();
	failures = (int)alloc_failures();
	alloc_fail(0, 0);
	hear_all(&p);
	return failures;
}

static void
run_out(void (*handler)(struct evhttp_request *, void *), const char *question, int and_later)
{
	char *want;
	long n, live = 0;
	int failures, round;

	serve(handler);
	capture_log();
	/* The first have all the memory: what stays with the base is there then. */
	for (round = 0; round < 3; round++) {
		ask_without(question, 0, 0);
		want = strdup(without_dates(p.in, p.length));
		close_peer(&p);
		rounds();
		get_ready();
		without_dates("", 0);
		if (round < 2)
			free(want);
		live = alloc_live();
	}
	for (n = 1, failures = 1; failures > 0; n++) {
		failures = ask_without(question, n, and_later);
		check_heard(p.length == 0 ? "" : without_dates(p.in, p.length), want);
		if (failures == 0)
			CHECK_STR(without_dates(p.in, p.length), want);
		close_peer(&p);
		rounds();
		get_ready();
		without_dates("", 0);
		if (alloc_live() != live)
			fprintf(stderr, "at allocation %ld\n", n);
		CHECK_INT(alloc_live(), live);
	}
	CHECK(n > 4);
	free(want);
	finish();
}

#define GET "GET /a HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n"
#define POST                                                                    \
	"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n"

ALLOC_TEST(replies)
{
	need_shim();
	run_out(store, GET GET, 0);
}

ALLOC_TEST(replies_and_no_more)
{
	need_shim();
	run_out(store, GET GET, 1);
}

ALLOC_TEST(bodies)
{
	need_shim();
	run_out(store, POST "POST /b HTTP/1.1\r\nContent-Length: 2\r\n\r\nab", 0);
}

ALLOC_TEST(bodies_and_no_more)
{
	need_shim();
	run_out(store, POST "POST /b HTTP/1.1\r\nContent-Length: 2\r\n\r\nab", 1);
}

ALLOC_TEST(streams)
{
	need_shim();
	run_out(pieces, GET, 0);
}

ALLOC_TEST(streams_and_no_more)
{
	need_shim();
	run_out(pieces, GET, 1);
}

ALLOC_TEST(errors)
{
	need_shim();
	run_out(fail_it, GET, 0);
}

ALLOC_TEST(errors_and_no_more)
{
	need_shim();
	run_out(fail_it, GET, 1);
}

ALLOC_TEST(refusals)
{
	need_shim();
	run_out(store, GET "nonsense\r\n\r\n", 0);
}

/* Connections that cannot be taken are closed. */
ALLOC_TEST(accepting)
{
	long n, live = 0, failures = 1;

	need_shim();
	serve(store);
	capture_log();
	for (n = -2; n <= 1 || failures > 0; n++) {
		get_ready();
		open_peer(&p);
		say(&p, GET);
		say_end(&p);
		if (n > 0)
			alloc_fail(n, 0);
		rounds();
		failures = alloc_failures();
		alloc_fail(0, 0);
		hear_all(&p);
		close_peer(&p);
		rounds();
		get_ready();
		if (n <= 0)
			live = alloc_live();
		else if (alloc_live() != live)
			fprintf(stderr, "at allocation %ld\n", n);
		CHECK_INT(alloc_live(), live);
	}
	finish();
}

static struct evhttp *
make_server(int fd)
{
	struct evhttp *made = evhttp_new(current_base);
	int added;

	if (made == NULL)
		return NULL;
	evhttp_set_cb(made, "/a", echo, NULL);
	added = evhttp_del_cb(made, "/a") == 0;
	if (evhttp_accept_socket(made, fd) == 0) {
		if (added)
			return made;
		evhttp_free(made);
		return NULL;
	}
	evhttp_free(made);
	/* Still the program's. */
	CHECK(fcntl(fd, F_GETFD) != -1);
	close(fd);
	return NULL;
}

ALLOC_TEST(servers)
{
	struct evhttp *made;
	long n;

	need_shim();
	serve(echo);
	capture_log();
	for (n = 1;; n++) {
		int before = open_fds(), fd = listening(SOCK_NONBLOCK);
		long failures;

		alloc_fail(n, 0);
		made = make_server(fd);
		failures = alloc_failures();
		alloc_fail(0, 0);
		CHECK((made == NULL) == (failures > 0));
		if (made != NULL)
			break;
		if (fcntl(fd, F_GETFD) != -1)
			close(fd);
		CHECK_INT(open_fds(), before);
	}
	CHECK(n > 3);
	open_peer(&p);
	evhttp_set_gencb(made, echo, NULL);
	say(&p, GET);
	CHECK_STR(hear(&p), PLAIN(6, "GET /a"));
	close_peer(&p);
	evhttp_free(made);
	finish();
}
