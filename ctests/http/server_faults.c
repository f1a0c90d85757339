/*
 * System calls that do less than they might, or nothing: F2 to F4. The server's alone; those of the
 * clients go past the rules.
 */
#include "serving.h"
#include "shim.h"

#include <sys/resource.h>

static struct peer p;

static void
exchange(void)
{
	forget();
	open_peer(&p);
	say(&p, "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "3\r\nabc\r\n0\r\nA: b\r\n\r\nGET /b HTTP/1.1\r\n\r\nPUT / HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(7, "POST /a"));
	CHECK_STR(hear(&p), PLAIN(6, "GET /b"));
	CHECK_INT(status_of(hear_all(&p)), 400);
	CHECK_STR(requests, "POST /a 1.1{Transfer-Encoding=chunked;A=b;}abc\nGET /b 1.1{}\n");
	close_peer(&p);
}

TEST_ENV(less_than_asked, "SHIM=fault")
{
	static const char *const rules[] = { "read=SHORT1,readv=SHORT1,recv=SHORT1",
		"send=SHORT1,write=SHORT1,writev=SHORT1,sendmsg=SHORT1",
		"send=SHORT3,read=SHORT2,writev=SHORT3,readv=SHORT2",
		"read=EAGAIN%2,readv=EAGAIN%2,recv=EAGAIN%2", "send=EAGAIN%2,writev=EAGAIN%2",
		"read=EINTR%2,readv=EINTR%2,recv=EINTR%2", "send=EINTR%2,writev=EINTR%2",
		"accept4=EAGAIN%2", "accept4=EINTR%2",
		"send=EINTR%3,read=EAGAIN%3,accept4=EINTR%2,ioctl=EINVAL" };
	size_t i;

	serve(echo);
	for (i = 0; i < COUNT(rules); i++) {
		fault_set(rules[i]);
		exchange();
	}
	fault_set(NULL);
	finish();
}

static char bytes[300000];

static void
send_large(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = evbuffer_new();

	(void)arg;
	evbuffer_add(body, bytes, sizeof(bytes));
	evhttp_send_reply(req, HTTP_OK, "OK", body);
	evbuffer_free(body);
}

TEST_ENV(large_replies_in_pieces, "SHIM=fault")
{
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31 + (i >> 8));
	serve(send_large);
	fault_set("send=SHORT777,writev=SHORT777,sendmsg=SHORT777");
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
	UNTIL(p.ended);
	CHECK_INT(memcmp(p.in + p.length - sizeof(bytes), bytes, sizeof(bytes)), 0);
	close_peer(&p);
	fault_set("send=EAGAIN%2,writev=EAGAIN%2,sendmsg=EAGAIN%2");
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
	UNTIL(p.ended);
	CHECK_INT(memcmp(p.in + p.length - sizeof(bytes), bytes, sizeof(bytes)), 0);
	close_peer(&p);
	fault_set(NULL);
	finish();
}

/* A socket that fails ends its connection, and no other one. */
TEST_ENV(sockets_that_fail, "SHIM=fault")
{
	static const char *const rules[] = { "read=EIO@1,readv=EIO@1,recv=EIO@1",
		"read=ECONNRESET@1,readv=ECONNRESET@1,recv=ECONNRESET@1",
		"send=EPIPE@1,writev=EPIPE@1",
		"send=ECONNRESET@1,writev=ECONNRESET@1", "send=EIO@1,writev=EIO@1",
		"read=ETIMEDOUT@1,readv=ETIMEDOUT@1,recv=ETIMEDOUT@1" };
	struct peer other;
	size_t i;

	serve(echo);
	open_peer(&other);
	say(&other, "GET / HTTP/1.1\r\n\r\n");
	hear(&other);
	for (i = 0; i < COUNT(rules); i++) {
		open_peer(&p);
		rounds();
		fault_set(rules[i]);
		say(&p, "GET / HTTP/1.1\r\n\r\n");
		CHECK_STR(hear_all(&p), "");
		fault_set(NULL);
		close_peer(&p);
		say(&other, "GET / HTTP/1.1\r\n\r\n");
		CHECK_STR(hear(&other), PLAIN(5, "GET /"));
	}
	close_peer(&other);
	finish();
}

TEST_ENV(errors_of_accepting, "SHIM=fault")
{
	static const char *const names[] = { "EINTR", "EAGAIN", "ECONNRESET", "EPERM", "EMFILE",
		"ENFILE", "ENOBUFS", "ENOMEM", "ENETUNREACH" };
	char rule[64];
	size_t i;

	serve(echo);
	capture_log();
	for (i = 0; i < COUNT(names); i++) {
		snprintf(rule, sizeof(rule), "accept4=%s@1", names[i]);
		fault_set(rule);
		exchange();
		CHECK_INT(fault_failures("accept4"), 1);
	}
	fault_set(NULL);
	finish();
}

/* The system takes no connection whatever: a server does not ask it all the time. */
TEST_ENV(accepting_is_refused, "SHIM=fault")
{
	static const char *const rules[] = { "accept4=ENOSYS", "accept4=EPERM", "accept4=EMFILE" };
	size_t i;

	serve(echo);
	capture_log();
	for (i = 0; i < COUNT(rules); i++) {
		fault_set(rules[i]);
		open_peer(&p);
		CHECK(turns_in_ms(250) < 250);
		fault_set(NULL);
		say(&p, "GET /b HTTP/1.1\r\n\r\n");
		CHECK_STR(hear(&p), PLAIN(6, "GET /b"));
		close_peer(&p);
	}
	finish();
}

/* What was registered cannot be, for once: the connection is lost, nothing else. */
TEST_ENV(errors_of_registering, "SHIM=fault")
{
	int i;

	serve(echo);
	capture_log();
	for (i = 1; i < 6; i++) {
		char rule[64];
		int fd = connected(0);

		snprintf(rule, sizeof(rule), "epoll_ctl=ENOSPC@%d", i);
		fault_set(rule);
		CHECK_INT(syscall(SYS_sendto, fd, "GET / HTTP/1.1\r\n\r\n", 18, 0, NULL, 0), 18);
		rounds();
		fault_set(NULL);
		close(fd);
		rounds();
		exchange();
	}
	finish();
}

/* F4: no descriptors. */

static void
limit_fds(int more)
{
	struct rlimit limit;
	int fd = dup(0);

	CHECK(fd != -1);
	close(fd);
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)(fd + more);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void
without_descriptors(int more)
{
	struct rlimit before;
	struct peer first, peers[8];
	int i, lines;

	CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
	serve(echo);
	capture_log();
	open_peer(&first);
	say(&first, "GET / HTTP/1.1\r\n\r\n");
	hear(&first);
	for (i = 0; i < 8; i++) {
		open_peer(&peers[i]);
		say(&peers[i], "GET / HTTP/1.1\r\n\r\n");
	}
	limit_fds(more);
	/* It neither spins nor fills the log, and serves those that it has. */
	CHECK(turns_in_ms(350) < 60);
	lines = logged(_EVENT_LOG_WARN) + logged(_EVENT_LOG_ERR);
	CHECK(lines <= 6);
	CHECK_INT(calls, 1 + more);
	say(&first, "GET / HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&first), PLAIN(5, "GET /"));
	/* With descriptors again all are served. */
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
	for (i = 0; i < 8; i++)
		CHECK_STR(hear(&peers[i]), PLAIN(5, "GET /"));
	for (i = 0; i < 8; i++)
		close_peer(&peers[i]);
	exchange();
	close_peer(&first);
	finish();
}

TEST(no_descriptor)
{
	without_descriptors(0);
}

TEST(some_descriptors)
{
	int more;

	for (more = 1; more < 8; more += 3)
		without_descriptors(more);
}

/* Those that are closed serve those that wait. */
TEST(descriptors_that_come_back)
{
	struct rlimit before;
	struct peer first, second;

	CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
	serve(echo);
	capture_log();
	open_peer(&first);
	say(&first, "GET /a HTTP/1.1\r\n\r\n");
	hear(&first);
	open_peer(&second);
	say(&second, "GET /b HTTP/1.1\r\n\r\n");
	limit_fds(0);
	loop_for_ms(50);
	CHECK_INT(calls, 1);
	close_peer(&first);
	CHECK_STR(hear(&second), PLAIN(6, "GET /b"));
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
	close_peer(&second);
	finish();
}

/* A server that is freed while it waits for descriptors. */
TEST(freed_without_descriptors)
{
	struct rlimit before;

	CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
	serve(echo);
	capture_log();
	open_peer(&p);
	limit_fds(0);
	loop_for_ms(20);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
	close_peer(&p);
	finish();
}
