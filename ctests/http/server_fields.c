/*
 * Proves behaviours 140, 156 and 197: what programs see in a request.
 */
#include "serving.h"

static struct peer p;

static int own_port(int fd)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);

	CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	return ntohs(address.sin_port);
}

static struct {
	int flags, chunked, type, minor;
} want;

static void
look(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = evbuffer_new();
	struct evhttp_connection *evcon = evhttp_request_get_connection(req);

	CHECK_STR(arg, "arg");
	note_request(req);
	CHECK(evcon != NULL);
	CHECK_PTR(req->evcon, evcon);
	CHECK_INT(req->kind, EVHTTP_REQUEST);
	CHECK_INT(req->response_code, 0);
	CHECK_PTR(req->response_code_line, NULL);
	CHECK_INT(req->flags, want.flags);
	CHECK_INT(req->type, want.type);
	CHECK_INT(req->major, 1);
	CHECK_INT(req->minor, want.minor);
	CHECK_INT(req->chunked, want.chunked);
	CHECK_INT(req->userdone, 0);
	CHECK_INT(req->ntoread, 0);
	CHECK_STR(req->remote_host, "127.0.0.1");
	CHECK_INT(req->remote_port, own_port(p.fd));
	CHECK_PTR(TAILQ_FIRST(req->output_headers), NULL);
	CHECK(req->output_buffer != NULL);
	CHECK_PTR(req->uri, evhttp_request_uri(req));
	evbuffer_add(body, "x", 1);
	/* It may be asked after the call that the request is still there: not here. */
	evhttp_send_reply(req, 201, "Made", body);
	evbuffer_free(body);
}

static void
check(const char *question, int type, int minor, int flags, int chunked)
{
	want.type = type;
	want.minor = minor;
	want.flags = flags;
	want.chunked = chunked;
	open_peer(&p);
	say(&p, question);
	CHECK_INT(status_of(hear_one(&p, type == EVHTTP_REQ_HEAD)), 201);
	close_peer(&p);
}

TEST(fields)
{
	enum { OWN = EVHTTP_REQ_OWN_CONNECTION, PROXY = EVHTTP_PROXY_REQUEST };

	serve(look);
	evhttp_set_gencb(http, look, "arg");
	check("GET / HTTP/1.1\r\n\r\n", EVHTTP_REQ_GET, 1, OWN, 0);
	check("GET / HTTP/1.0\r\n\r\n", EVHTTP_REQ_GET, 0, OWN, 0);
	check("HEAD / HTTP/1.1\r\n\r\n", EVHTTP_REQ_HEAD, 1, OWN, 0);
	check("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", EVHTTP_REQ_POST, 1, OWN, 0);
	check("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
	    EVHTTP_REQ_POST, 1, OWN, -1);
	check("GET http://x/ HTTP/1.1\r\n\r\n", EVHTTP_REQ_GET, 1, OWN | PROXY, 0);
	check("GET //x HTTP/1.1\r\n\r\n", EVHTTP_REQ_GET, 1, OWN, 0);
	CHECK_INT(calls, 7);
	finish();
}

/* Programs find out by these two whether a request is answered. */
TEST(answered_at_once)
{
	struct evbuffer *body;

	serve(keep);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	CHECK_INT(kept[0]->response_code, 0);
	body = evbuffer_new();
	evbuffer_add(body, "x", 1);
	evhttp_send_reply(kept[0], 299, "Word", body);
	/* It is sent by the loop: till then it is there. */
	CHECK_INT(kept[0]->kind, EVHTTP_RESPONSE);
	CHECK_INT(kept[0]->response_code, 299);
	CHECK_STR(kept[0]->response_code_line, "Word");
	evbuffer_free(body);
	CHECK_INT(status_of(hear(&p)), 299);
	close_peer(&p);
	finish();
}

static void
check_headers(const char *headers, const char *seen)
{
	char text[512];

	forget();
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n");
	say(&p, headers);
	CHECK_INT(status_of(hear(&p)), 200);
	snprintf(text, sizeof(text), "GET / 1.1{%s}\n", seen);
	CHECK_STR(requests, text);
	close_peer(&p);
}

/* 140 */
TEST(headers)
{
	serve(echo);
	check_headers("A: b\r\n\r\n", "A=b;");
	check_headers("A:b\r\n\r\n", "A=b;");
	check_headers("A:    b  c \r\n\r\n", "A=b  c;");
	check_headers("A:\r\nB:   \r\n\r\n", "A=;B=;");
	check_headers("a: 1\r\nA: 2\r\na: 1\r\n\r\n", "a=1;A=2;a=1;");
	check_headers("A: b\nC: d\r\nE: f\n\n", "A=b;C=d;E=f;");
	check_headers("A: b:c : d\r\n\r\n", "A=b:c : d;");
	check_headers("A: \xc3\xa9\xff\r\n\r\n", "A=\xc3\xa9\xff;");
	check_headers("!#$%&'*+-.^_`|~09: x\r\n\r\n", "!#$%&'*+-.^_`|~09=x;");
	check_headers("A: b\r\n c\r\n\td\r\n   e  \r\n\r\n", "A=b c d e;");
	check_headers("A:\r\n b\r\nC: d\r\n \r\n\r\n", "A=b;C=d;");
	check_headers("A: b\tc\r\n\r\n", "A=b\tc;");
	finish();
}

/* Empty lines before a request are skipped, as many as there are. */
TEST(empty_lines)
{
	int i;

	serve(echo);
	open_peer(&p);
	for (i = 0; i < 100; i++)
		say(&p, i % 2 ? "\r\n" : "\n");
	say(&p, "GET /a HTTP/1.1\r\n\r\n\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(6, "GET /a"));
	say(&p, "\r\nGET /b HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(6, "GET /b"));
	say(&p, "\r\n");
	say_end(&p);
	CHECK_STR(hear_all(&p), "");
	close_peer(&p);
	finish();
}

/* H10 and more: nothing is short of room. */
TEST(long_ones)
{
	enum { LONG = 100000 };
	static char text[LONG + 1];
	size_t before;

	serve(echo);
	memset(text, 'x', LONG);
	open_peer(&p);
	say(&p, "GET /");
	say(&p, text);
	say(&p, " HTTP/1.1\r\nA: ");
	say(&p, text);
	say(&p, "\r\n");
	say(&p, text);
	say(&p, ": b\r\n\r\n");
	CHECK_INT(status_of(hear(&p)), 200);
	before = strlen("GET / 1.1{A=;=b;}\n");
	CHECK_INT(requests_length, before + 3 * LONG);
	close_peer(&p);
	finish();
}

/* IPv6 peers, and mapped ones as what they stand for: 136. */
static char peer_host[64];

static void
note_host(struct evhttp_request *req, void *arg)
{
	(void)arg;
	snprintf(peer_host, sizeof(peer_host), "%s", req->remote_host);
	send_text(req, "x");
}

static const char *
host_over(const char *to, int only_6)
{
	struct sockaddr_in6 address;
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0), mine;

	CHECK(fd != -1);
	CHECK_INT(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_6, sizeof(only_6)), 0);
	memset(&address, 0, sizeof(address));
	address.sin6_family = AF_INET6;
	CHECK_INT(bind(fd, (struct sockaddr *)&address, length), 0);
	CHECK_INT(listen(fd, 5), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	CHECK_INT(evhttp_accept_socket(http, fd), 0);
	CHECK_INT(inet_pton(AF_INET6, to, &address.sin6_addr), 1);
	mine = socket(AF_INET6, SOCK_STREAM, 0);
	CHECK_INT(connect_socket(mine, &address, length), 0);
	CHECK_INT(evutil_make_socket_nonblocking(mine), 0);
	watch_peer(&p, mine);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	CHECK_INT(status_of(hear(&p)), 200);
	close_peer(&p);
	return peer_host;
}

TEST(addresses)
{
	serve(note_host);
	CHECK_STR(host_over("::1", 1), "::1");
	CHECK_STR(host_over("::ffff:127.0.0.1", 0), "127.0.0.1");
	finish();
}

/* One that nobody has sent is the program's. */
TEST_ONCE(requests_of_the_program)
{
	struct evhttp_request *req = evhttp_request_new(echo, "arg");

	CHECK(req != NULL);
	CHECK_PTR(req->evcon, NULL);
	CHECK_INT(req->response_code, 0);
	CHECK(req->cb == echo);
	CHECK_STR(req->cb_arg, "arg");
	CHECK(TAILQ_FIRST(req->input_headers) == NULL);
	CHECK(TAILQ_FIRST(req->output_headers) == NULL);
	CHECK_INT(EVBUFFER_LENGTH(req->input_buffer), 0);
	CHECK_INT(EVBUFFER_LENGTH(req->output_buffer), 0);
	evhttp_request_free(req);
}
