/*
 * Proves behaviours 136 to 138, 141, 142 and 156: what a server listens on, and whom it calls.
 */
#include "serving.h"

static const char *
ask(struct peer *p, const char *target)
{
	say(p, "GET ");
	say(p, target);
	say(p, " HTTP/1.1\r\n\r\n");
	return hear(p);
}

static int
body_is(const char *reply, const char *body)
{
	const char *start = strstr(reply, "\r\n\r\n");

	CHECK(start != NULL);
	if (strcmp(start + 4, body) != 0)
		fprintf(stderr, "%s\n", reply);
	return strcmp(start + 4, body) == 0;
}

TEST(exact_paths)
{
	struct peer p;

	serve(echo);
	evhttp_set_cb(http, "/a", echo, "first");
	evhttp_set_cb(http, "/a", echo, "second");
	evhttp_set_cb(http, "/b%20c", echo, "escaped");
	evhttp_set_cb(http, "/d e", echo, "never");
	evhttp_set_cb(http, "", echo, "empty");
	open_peer(&p);
	CHECK(body_is(ask(&p, "/a"), "GET first"));
	CHECK(body_is(ask(&p, "/a?"), "GET first"));
	CHECK(body_is(ask(&p, "/a?/b?c"), "GET first"));
	CHECK(body_is(ask(&p, "/a/"), "GET /a/"));
	CHECK(body_is(ask(&p, "/A"), "GET /A"));
	CHECK(body_is(ask(&p, "/%61"), "GET /%61"));
	CHECK(body_is(ask(&p, "/b%20c?d"), "GET escaped"));
	CHECK(body_is(ask(&p, "/d%20e"), "GET /d%20e"));
	CHECK(body_is(ask(&p, "/"), "GET /"));
	CHECK(body_is(ask(&p, "//a"), "GET //a"));
	close_peer(&p);
	finish();
}

TEST_ONCE(removing)
{
	struct peer p;

	serve(echo);
	CHECK_INT(evhttp_del_cb(http, "/a"), -1);
	evhttp_set_cb(http, "/a", echo, "first");
	evhttp_set_cb(http, "/a", echo, "second");
	evhttp_set_cb(http, "/b", echo, "third");
	CHECK_INT(evhttp_del_cb(http, "/"), -1);
	open_peer(&p);
	CHECK_INT(evhttp_del_cb(http, "/a"), 0);
	CHECK(body_is(ask(&p, "/a"), "GET second"));
	CHECK_INT(evhttp_del_cb(http, "/a"), 0);
	CHECK_INT(evhttp_del_cb(http, "/a"), -1);
	CHECK(body_is(ask(&p, "/a"), "GET /a"));
	CHECK(body_is(ask(&p, "/b"), "GET third"));
	close_peer(&p);
	finish();
}

/* A handler may take itself away, and add others. */
static void
replace_itself(struct evhttp_request *req, void *arg)
{
	int i;

	(void)arg;
	CHECK_INT(evhttp_del_cb(http, "/a"), 0);
	for (i = 0; i < 100; i++)
		evhttp_set_cb(http, "/more", echo, "more");
	evhttp_set_cb(http, "/a", echo, "new");
	evhttp_set_gencb(http, echo, "general");
	send_text(req, "replaced");
}

TEST_ONCE(handlers_change_handlers)
{
	struct peer p;

	serve(echo);
	evhttp_set_cb(http, "/a", replace_itself, NULL);
	open_peer(&p);
	CHECK(body_is(ask(&p, "/a"), "replaced"));
	CHECK(body_is(ask(&p, "/a"), "GET new"));
	CHECK(body_is(ask(&p, "/more"), "GET more"));
	CHECK(body_is(ask(&p, "/b"), "GET general"));
	close_peer(&p);
	finish();
}

/* Whole URIs are not paths. */
TEST_ONCE(absolute_targets)
{
	struct peer p;

	serve(echo);
	evhttp_set_cb(http, "/a", echo, "path");
	evhttp_set_cb(http, "http://x/b", echo, "whole");
	open_peer(&p);
	say(&p, "GET http://x/a HTTP/1.1\r\nProxy-Connection: keep-alive\r\n\r\n");
	CHECK(hear_now(&p) != NULL);
	CHECK_STR(requests, "GET http://x/a 1.1{Proxy-Connection=keep-alive;}\n");
	close_peer(&p);
	open_peer(&p);
	CHECK(body_is(ask(&p, "http://x/b?c"), "GET whole"));
	close_peer(&p);
	finish();
}

/* Without a general handler, or without one again. */
TEST_ONCE(nobody_is_there)
{
	struct peer p;

	serve(NULL);
	evhttp_set_cb(http, "/a", NULL, NULL);
	open_peer(&p);
	ask(&p, "/b");
	close_peer(&p);
	open_peer(&p);
	say(&p, "GET /b HTTP/1.1\r\n\r\n");
	CHECK_ENDS(&p, 404);
	close_peer(&p);
	evhttp_set_gencb(http, echo, NULL);
	open_peer(&p);
	CHECK(body_is(ask(&p, "/b"), "GET /b"));
	evhttp_set_gencb(http, NULL, NULL);
	say(&p, "GET /b HTTP/1.1\r\n\r\n");
	CHECK_ENDS(&p, 404);
	close_peer(&p);
	finish();
}

/* 136: addresses */

static int
free_port(void)
{
	int fd = listening(0);

	close(fd);
	return port;
}

TEST(binding)
{
	struct peer p;
	int before;

	serve(echo);
	before = open_fds();
	port = free_port();
	CHECK_INT(evhttp_bind_socket(http, "127.0.0.1", (unsigned short)port), 0);
	CHECK_INT(open_fds(), before + 1);
	open_peer(&p);
	CHECK(body_is(ask(&p, "/a"), "GET /a"));
	capture_log();
	CHECK_ERRNO(evhttp_bind_socket(http, "127.0.0.1", (unsigned short)port), EADDRINUSE);
	CHECK_INT(evhttp_bind_socket(http, "192.0.2.1", (unsigned short)port), -1);
	CHECK_INT(evhttp_bind_socket(http, "no.such.name.invalid", (unsigned short)port), -1);
	CHECK_INT(evhttp_bind_socket(NULL, "127.0.0.1", 0), -1);
	CHECK_INT(open_fds(), before + 3);
	CHECK_INT(evhttp_bind_socket(http, NULL, 0), 0);
	CHECK_INT(evhttp_bind_socket(http, "::1", 0), 0);
	CHECK_INT(open_fds(), before + 5);
	close_peer(&p);
	finish();
}

/* Listening sockets are neither inherited nor do they block. */
TEST_ONCE(flags_of_sockets)
{
	int fd, flags;

	fds_before = open_fds();
	init_base();
	forget();
	fd = closed_fd();
	CHECK((http = evhttp_start("127.0.0.1", (unsigned short)free_port())) != NULL);
	for (fd = 3; fd < 64; fd++) {
		int is_listening = 0;
		socklen_t length = sizeof(is_listening);

		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &length) == 0 &&
		    is_listening)
			break;
	}
	CHECK(fd < 64);
	CHECK((flags = fcntl(fd, F_GETFL)) != -1);
	CHECK(flags & O_NONBLOCK);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	finish();
}

/* 137: evhttp_start runs on the current base, as does a server without one. */
TEST(servers_of_the_current_base)
{
	struct peer p;

	fds_before = open_fds();
	init_base();
	forget();
	port = free_port();
	CHECK((http = evhttp_start("127.0.0.1", (unsigned short)port)) != NULL);
	evhttp_set_gencb(http, echo, NULL);
	open_peer(&p);
	CHECK(body_is(ask(&p, "/a"), "GET /a"));
	close_peer(&p);
	capture_log();
	CHECK_PTR(evhttp_start("127.0.0.1", (unsigned short)port), NULL);
	rounds();
	evhttp_free(http);
	CHECK((http = evhttp_new(NULL)) != NULL);
	CHECK_INT(evhttp_accept_socket(http, listening(SOCK_NONBLOCK)), 0);
	evhttp_set_gencb(http, echo, NULL);
	open_peer(&p);
	CHECK(body_is(ask(&p, "/b"), "GET /b"));
	close_peer(&p);
	finish();
}

/* 136, 138: a socket that blocks is left so, and one connection is taken at a time. */
TEST(sockets_of_the_program)
{
	enum { MANY = 20 };
	struct peer peers[MANY];
	int fd, i;

	serve(echo);
	fd = listening(0);
	CHECK_INT(evhttp_accept_socket(http, fd), 0);
	CHECK(!(fcntl(fd, F_GETFL) & O_NONBLOCK));
	for (i = 0; i < MANY; i++)
		open_peer(&peers[i]);
	for (i = 0; i < MANY; i++)
		CHECK(body_is(ask(&peers[i], "/a"), "GET /a"));
	CHECK(!(fcntl(fd, F_GETFL) & O_NONBLOCK));
	for (i = 0; i < MANY; i++)
		close_peer(&peers[i]);
	capture_log();
	CHECK_INT(evhttp_accept_socket(http, -1), -1);
	CHECK_INT(evhttp_accept_socket(http, closed_fd()), -1);
	CHECK_INT(evhttp_accept_socket(NULL, fd), -1);
	finish();
	CHECK_INT(fcntl(fd, F_GETFD), -1);
}

/* A server with several sockets, and several servers on one base. */
TEST_ONCE(several)
{
	struct evhttp *other;
	struct peer a, b;
	int first, second;

	serve(echo);
	first = port;
	CHECK_INT(evhttp_accept_socket(http, listening(SOCK_NONBLOCK)), 0);
	second = port;
	CHECK((other = evhttp_new(current_base)) != NULL);
	CHECK_INT(evhttp_accept_socket(other, listening(SOCK_NONBLOCK)), 0);
	evhttp_set_gencb(other, echo, "other");
	open_peer(&a);
	CHECK(body_is(ask(&a, "/"), "GET other"));
	port = second;
	open_peer(&b);
	CHECK(body_is(ask(&b, "/"), "GET /"));
	evhttp_free(other);
	CHECK_STR(hear_all(&a), "");
	CHECK(body_is(ask(&b, "/x"), "GET /x"));
	close_peer(&b);
	port = first;
	open_peer(&b);
	CHECK(body_is(ask(&b, "/"), "GET /"));
	close_peer(&b);
	close_peer(&a);
	finish();
}
