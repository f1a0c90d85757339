/*
 * Memory runs out at the n-th allocation, for every n: the client hears its replies, or a part of
 * them and the end; a server is made or not; nothing is left (F6).
 */
#include "alloc.h"
#include "serving.h"

static struct peer p;

static void
store(struct evhttp_request *req, void *arg)
{
	static const char bytes[] = "some bytes";
	struct evbuffer *body = arg;

	calls++;
	evbuffer_add(body, (void *)bytes, sizeof(bytes) - 1);
	evhttp_send_reply(req, HTTP_OK, "OK", body);
	evbuffer_drain(body, EVBUFFER_LENGTH(body));
}

static void
pieces(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = arg;
	int i;

	calls++;
	evhttp_send_reply_start(req, HTTP_OK, "OK");
	for (i = 0; i < 3; i++) {
		evbuffer_add(body, "piece", 5);
		evhttp_send_reply_chunk(req, body);
		evbuffer_drain(body, EVBUFFER_LENGTH(body));
	}
	evhttp_send_reply_end(req);
}

static void
fail_it(struct evhttp_request *req, void *arg)
{
	(void)arg;
	calls++;
	evhttp_send_error(req, 500, "Out of Order");
}

/* Is it a whole reply, or the beginning of one, or the page that says so? */
static void
check_heard(const char *text, const char *want)
{
	size_t length = strlen(text);

	if (strncmp(text, want, length) == 0)
		return;
	if (status_of(text) == 503)
		return;
	CHECK_STR(text, want);
}

static void
run_out(void (*handler)(struct evhttp_request *, void *), const char *question, int and_later)
{
	struct evbuffer *body;
	char *want = NULL;
	long n, live = 0;
	int failures = 1;

	serve(handler);
	capture_log();
	body = evbuffer_new();
	evhttp_set_gencb(http, handler, body);
	evbuffer_expand(body, 4096);
	/* The first two rounds have all the memory: what stays with the base is there then. */
	for (n = -1; n <= 0 || failures > 0; n++) {
		struct peer other;

		open_peer(&p);
		rounds();
		if (n > 0)
			alloc_fail(n, and_later);
		say(&p, question);
		say_end(&p);
		rounds();
		failures = n > 0 ? (int)alloc_failures() : 0;
		alloc_fail(0, 0);
		hear_all(&p);
		if (want == NULL)
			want = strdup(without_dates(p.in, p.length));
		check_heard(p.length == 0 ? "" : without_dates(p.in, p.length), want);
		if (n > 0 && failures == 0)
			CHECK_STR(without_dates(p.in, p.length), want);
		close_peer(&p);
		evbuffer_drain(body, EVBUFFER_LENGTH(body));
		without_dates("", 0);
		rounds();
		if (n == 0)
			live = alloc_live();
		if (n > 0 && alloc_live() != live)
			fprintf(stderr, "at allocation %ld\n", n);
		if (n > 0)
			CHECK_INT(alloc_live(), live);
		/* And all goes on. */
		if (n % 8 == 0) {
			open_peer(&other);
			say(&other, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
			CHECK(hear_all(&other)[0] == 'H');
			close_peer(&other);
			without_dates("", 0);
		}
	}
	CHECK(n > 4);
	free(want);
	evbuffer_free(body);
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
	struct evbuffer *body;
	long n, live = 0, failures;

	need_shim();
	serve(store);
	capture_log();
	body = evbuffer_new();
	evhttp_set_gencb(http, store, body);
	evbuffer_expand(body, 4096);
	for (n = -1, failures = 1; n <= 0 || failures > 0; n++) {
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
		without_dates("", 0);
		rounds();
		if (n == 0)
			live = alloc_live();
		if (n > 0)
			CHECK_INT(alloc_live(), live);
	}
	evbuffer_free(body);
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
