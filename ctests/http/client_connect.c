/*
 * Proves behaviours 158, 161, 166, 168 and 203, F4 and F18: connections that cannot be made, and
 * what they are made from.
 */
#include "raw_server.h"

#include <evhub/http_ext.h>

#include <sys/un.h>

static void
end_without(int connections)
{
	rounds();
	CHECK_INT(taken_count, connections);
	end();
}

/* From now on connections are refused. */
static int
refuse(void)
{
	stop_listening();
	return port;
}

TEST(refused)
{
	begin();
	refuse();
	get("/a");
	CHECK_INT(told, 0);
	CHECK_STR(hear_told(1), "/a: 0\n");
	end_without(0);
}

/* All that wait are told, in order, and the connection can be used again. */
TEST(all_are_told)
{
	begin();
	refuse();
	get("/a");
	get("/b");
	get("/c");
	CHECK_STR(hear_told(3), "/a: 0\n/b: 0\n/c: 0\n");
	get("/d");
	CHECK_STR(hear_told(1), "/d: 0\n");
	end_without(0);
}

static void
ask_again(struct evhttp_request *req, void *arg)
{
	note_reply(req, arg);
	get("/again");
}

/* What is asked while the others are told is tried anew. */
TEST(asked_while_the_others_are_told)
{
	begin();
	refuse();
	ask_with(con, EVHTTP_REQ_GET, "/", ask_again, "/a");
	get("/b");
	CHECK_STR(hear_told(3), "/a: 0\n/b: 0\n/again: 0\n");
	end_without(0);
}

static void
free_connection(struct evhttp_request *req, void *arg)
{
	note_reply(req, arg);
	evhttp_connection_free(con);
	con = NULL;
}

TEST(freed_while_they_are_told)
{
	begin();
	refuse();
	ask_with(con, EVHTTP_REQ_GET, "/", free_connection, "/a");
	get("/b");
	get("/c");
	CHECK_STR(hear_told(1), "/a: 0\n");
	end_without(0);
}

/* A second attempt after two seconds, and a third after four more. */
TEST(tried_again)
{
	int64_t start;
	int fd;

	begin();
	evhttp_connection_set_retries(con, 2);
	stop_listening();
	fd = bound(AF_INET);
	evhttp_connection_free(con);
	CHECK((con = evhttp_connection_new("127.0.0.1", (unsigned short)port)) != NULL);
	evhttp_connection_set_retries(con, 2);
	get("/a");
	get("/b");
	start = now_ns();
	loop_for_ms(1000);
	CHECK_INT(told, 0);
	listen_on(fd);
	CHECK_INT(strncmp(hear_question(peer_at(0)), "GET /a", 6), 0);
	CHECK_AT_LEAST(start, 1900);
	say(&taken[0], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 0, ""));
	hear_question(&taken[0]);
	say(&taken[0], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/b", 0, ""));
	end();
}

TEST(tried_once_more)
{
	int64_t start;

	begin();
	evhttp_connection_set_retries(con, 1);
	refuse();
	get("/a");
	start = now_ns();
	CHECK_STR(hear_told(1), "/a: 0\n");
	CHECK_AT_LEAST(start, 2000);
	/* The next ones have as many attempts. */
	get("/b");
	start = now_ns();
	CHECK_STR(hear_told(1), "/b: 0\n");
	CHECK_AT_LEAST(start, 2000);
	end_without(0);
}

TEST(freed_while_it_pauses)
{
	begin();
	evhttp_connection_set_retries(con, -1);
	refuse();
	get("/a");
	rounds();
	evhttp_connection_free(con);
	con = NULL;
	CHECK_INT(told, 0);
	end_without(0);
}

TEST(freed_while_it_connects)
{
	begin();
	get("/a");
	evhttp_connection_free(con);
	con = NULL;
	rounds();
	CHECK_INT(told, 0);
	end();
}

TEST(freed_before_it_is_used)
{
	begin();
	evhttp_connection_free(con);
	con = NULL;
	end_without(0);
}

/* An address that no connection can be made to: known at once. The request waits, and is asked
 * with the next one; or it is freed with the connection. */
TEST(failing_at_once)
{
	struct evhttp_request *req;

	begin();
	evhttp_connection_set_local_address(con, "192.0.2.1");
	req = evhttp_request_new(note_reply, "/a");
	CHECK_ERRNO(evhttp_make_request(con, req, EVHTTP_REQ_GET, "/a"), EADDRNOTAVAIL);
	CHECK_PTR(req->evcon, con);
	CHECK_STR(req->uri, "/a");
	rounds();
	CHECK_INT(told, 0);
	evhttp_connection_set_local_address(con, "127.0.0.1");
	get("/b");
	CHECK_INT(strncmp(hear_question(peer_at(0)), "GET /a", 6), 0);
	say(&taken[0], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 0, ""));
	CHECK_INT(strncmp(hear_question(peer_at(0)), "GET /b", 6), 0);
	end();
}

TEST(failing_at_once_and_freed)
{
	struct evhttp_request *req;

	begin();
	evhttp_connection_set_local_address(con, "no.such.address.invalid");
	req = evhttp_request_new(note_reply, "/a");
	CHECK_INT(evhttp_make_request(con, req, EVHTTP_REQ_GET, "/a"), -1);
	req = evhttp_request_new(note_reply, "/b");
	CHECK_INT(evhttp_make_request(con, req, EVHTTP_REQ_GET, "/b"), -1);
	evhttp_connection_free(con);
	con = NULL;
	rounds();
	CHECK_INT(told, 0);
	end_without(0);
}

static struct sockaddr_in
address_of(int fd, int (*get)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);

	CHECK_INT(get(fd, (struct sockaddr *)&address, &length), 0);
	CHECK_INT(address.sin_family, AF_INET);
	return address;
}

static int
a_free_port(void)
{
	int before = port, fd = bound(AF_INET), found = port;

	port = before;
	close(fd);
	return found;
}

TEST(where_it_comes_from)
{
	struct sockaddr_in from;
	int local;

	begin();
	local = a_free_port();
	evhttp_connection_set_local_address(con, "127.0.0.7");
	evhttp_connection_set_local_port(con, (unsigned short)local);
	get("/a");
	hear_question(peer_at(0));
	from = address_of(taken[0].fd, getpeername);
	CHECK_INT(ntohl(from.sin_addr.s_addr), INADDR_LOOPBACK + 6);
	CHECK_INT(ntohs(from.sin_port), local);
	end();
}

TEST(who_the_peer_is)
{
	unsigned short number = 0;
	char *address = NULL;

	begin();
	evhttp_connection_get_peer(con, &address, &number);
	CHECK_STR(address, "127.0.0.1");
	CHECK_INT(number, port);
	evhttp_connection_get_peer(con, NULL, NULL);
	evhttp_connection_free(con);
	CHECK((con = evhttp_connection_new("Some.Name", 81)) != NULL);
	evhttp_connection_get_peer(con, &address, &number);
	CHECK_STR(address, "Some.Name");
	CHECK_INT(number, 81);
	end();
}

/* Settings of connections that are in use: 1.4 aborts. */
TEST_ONCE(settings_that_come_too_late)
{
	begin();
	capture_log();
	get("/a");
	hear_question(peer_at(0));
	errno = 0;
	evhttp_connection_set_base(con, current_base);
	CHECK_INT(errno, EINVAL);
	errno = 0;
	evhttp_connection_set_local_address(con, "127.0.0.1");
	CHECK_INT(errno, EINVAL);
	errno = 0;
	evhttp_connection_set_local_port(con, 1);
	CHECK_INT(errno, EINVAL);
	CHECK(logged(_EVENT_LOG_WARN) + logged(_EVENT_LOG_ERR) > 0);
	say(&taken[0], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 0, ""));
	end();
}

/* On another base than the current one. */
TEST(a_base_of_its_own)
{
	struct event_base *own, *current;
	struct peer *p;

	begin();
	current = current_base;
	CHECK((own = event_base_new()) != NULL);
	evhttp_connection_set_base(con, own);
	get("/a");
	rounds();
	/* The kernel has connected it, but the client does not know. */
	CHECK_INT(event_base_loop(own, EVLOOP_NONBLOCK), 0);
	p = peer_at(0);
	while (whole_question(p) == 0) {
		CHECK_INT(event_base_loop(own, EVLOOP_NONBLOCK), 0);
		rounds();
	}
	say(p, OK_REPLY(0, ""));
	while (told == 0)
		CHECK_INT(event_base_loop(own, EVLOOP_NONBLOCK), 0);
	CHECK_STR(hear_told(1), OK_NOTED("/a", 0, ""));
	CHECK_PTR(current_base, current);
	evhttp_connection_free(con);
	con = NULL;
	event_base_free(own);
	end();
}

static int
listening_at(const char *path)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	CHECK(fd != -1);
	memset(&address, 0, sizeof(address));
	address.sun_family = AF_UNIX;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

TEST(unix_sockets)
{
	char folder[] = "/tmp/evhub-http-XXXXXX", path[64], longer[256], *host;
	unsigned short number = 1;

	begin();
	CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/socket", folder);
	evhttp_connection_free(con);
	stop_listening();
	CHECK((con = evhub_http_connection_unix_new(NULL, path)) != NULL);
	evhttp_connection_get_peer(con, &host, &number);
	CHECK_STR(host, path);
	CHECK_INT(number, 0);
	get("/a");
	CHECK_STR(hear_told(1), "/a: 0\n");
	listen_on(listening_at(path));
	get("/b");
	CHECK_STR(hear_question(peer_at(0)), "GET /b HTTP/1.1\r\nHost: localhost\r\n\r\n");
	say(&taken[0], OK_REPLY(1, "x"));
	CHECK_STR(hear_told(1), OK_NOTED("/b", 1, "x"));
	hang_up(&taken[0]);
	unlink(path);
	rmdir(folder);

	evhttp_connection_free(con);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	CHECK((con = evhub_http_connection_unix_new(current_base, longer)) != NULL);
	CHECK_ERRNO(evhttp_make_request(con, evhttp_request_new(note_reply, NULL), EVHTTP_REQ_GET,
	    "/"), ENAMETOOLONG);
	errno = 0;
	CHECK_PTR(evhub_http_connection_unix_new(NULL, NULL), NULL);
	CHECK_INT(errno, EINVAL);
	end();
}

/* IPv6 literals, bare and in brackets. */
TEST(ipv6)
{
	static const char *const texts[] = { "::1", "[::1]" };
	char want[128];
	size_t i;

	for (i = 0; i < COUNT(texts); i++) {
		begin();
		evhttp_connection_free(con);
		stop_listening();
		listen_on(bound(AF_INET6));
		CHECK((con = evhttp_connection_new(texts[i], (unsigned short)port)) != NULL);
		get("/a");
		snprintf(want, sizeof(want), "GET /a HTTP/1.1\r\nHost: [::1]:%d\r\n\r\n", port);
		CHECK_STR(hear_question(peer_at(0)), want);
		say(&taken[0], OK_REPLY(0, ""));
		CHECK_STR(hear_told(1), OK_NOTED("/a", 0, ""));
		end();
	}
}
