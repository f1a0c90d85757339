/*
 * Replies that are parts of files, and large bodies among small ones: each byte once, in order.
 */
#include "serving.h"

#include <evhub/http_ext.h>

#include <sys/stat.h>

enum { MIB = 1 << 20 };

static struct peer p;
static char text[8 * MIB];
static char name[] = "/tmp/evhub-http-XXXXXX";

static void
make_file(void)
{
	size_t i, done;
	int fd;

	for (i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + (i * 31 + (i >> 8) * 7 + (i >> 16)) % 26);
	CHECK((fd = mkstemp(name)) != -1);
	for (done = 0; done < sizeof(text);) {
		ssize_t n = write(fd, text + done, sizeof(text) - done);

		CHECK(n > 0 || errno == EINTR);
		done += n > 0 ? (size_t)n : 0;
	}
	close(fd);
}

static int
open_file(void)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	CHECK(fd != -1);
	return fd;
}

/* "/OFFSET-LENGTH" */
static void
send_part(struct evhttp_request *req, void *arg)
{
	long long offset = 0, length = -1;

	(void)arg;
	calls++;
	CHECK_INT(sscanf(req->uri, "/%lld/%lld", &offset, &length), 2);
	CHECK_INT(evhub_http_send_reply_file(req, 200, "OK", open_file(), offset, length), 0);
}

static void
check_part(size_t offset, long long length)
{
	char question[100];
	size_t size = length < 0 ? sizeof(text) - offset : (size_t)length, total;
	const char *body;

	snprintf(question, sizeof(question), "GET /%zu/%lld HTTP/1.1\r\n\r\n", offset, length);
	say(&p, question);
	UNTIL((total = whole_reply(&p, 0)) > 0);
	body = strstr(p.in + p.at, "\r\n\r\n") + 4;
	CHECK_INT(p.in + p.at + total - body, size);
	CHECK_INT(memcmp(body, text + offset, size), 0);
	p.at += total;
}

TEST(parts)
{
	make_file();
	serve(send_part);
	open_peer(&p);
	check_part(0, 0);
	check_part(0, 1);
	check_part(0, -1);
	check_part(sizeof(text) - 1, -1);
	check_part(sizeof(text), -1);
	check_part(4095, 4098);
	check_part(1, 3 * MIB);
	close_peer(&p);
	finish();
	unlink(name);
}

/* Without a body, but with the headers that it would have. */
TEST(heads_alone)
{
	make_file();
	serve(send_part);
	open_peer(&p);
	say(&p, "HEAD /5/7 HTTP/1.1\r\n\r\n");
	CHECK_STR(hear_one(&p, 1), "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Length: 7\r\n\r\n");
	check_part(5, 7);
	close_peer(&p);
	finish();
	unlink(name);
}

/* What cannot be sent leaves everything as it was. */
TEST(no_parts)
{
	int fd, ends[2];

	make_file();
	serve(keep);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	fd = open_file();
	CHECK_ERRNO(evhub_http_send_reply_file(kept[0], 200, "OK", fd, -1, 1), EINVAL);
	CHECK_ERRNO(evhub_http_send_reply_file(kept[0], 200, "OK", fd, 0, sizeof(text) + 1),
	    EINVAL);
	CHECK_ERRNO(evhub_http_send_reply_file(kept[0], 200, "OK", fd, sizeof(text) + 1, -1),
	    EINVAL);
	CHECK_ERRNO(evhub_http_send_reply_file(kept[0], 200, "OK", fd, 1, INT64_MAX), EINVAL);
	CHECK_ERRNO(evhub_http_send_reply_file(NULL, 200, "OK", fd, 0, 1), EINVAL);
	CHECK_ERRNO(evhub_http_send_reply_file(kept[0], 200, "OK", -1, 0, 1), EBADF);
	CHECK_INT(pipe(ends), 0);
	CHECK_ERRNO(evhub_http_send_reply_file(kept[0], 200, "OK", ends[0], 0, 1), EINVAL);
	close(ends[0]);
	close(ends[1]);
	close(fd);
	send_text(kept[0], "x");
	CHECK_STR(hear(&p), PLAIN(1, "x"));
	close_peer(&p);
	finish();
	unlink(name);
}

/* A file that becomes shorter: the client sees that something is missing. */
TEST(files_that_shrink)
{
	int fd;

	make_file();
	serve(send_part);
	fd = connected(4096);
	CHECK_INT(syscall(SYS_sendto, fd, "GET /0/-1 HTTP/1.1\r\n\r\n", 22, 0, NULL, 0), 22);
	UNTIL(calls == 1);
	rounds();
	CHECK_INT(truncate(name, 10), 0);
	watch_peer(&p, fd);
	UNTIL(p.ended);
	CHECK(p.length < sizeof(text));
	close_peer(&p);
	finish();
	unlink(name);
}

/* The client goes while a file is sent, and the file is closed. */
TEST(clients_that_go)
{
	int i;

	make_file();
	serve(send_part);
	for (i = 0; i < 10; i++) {
		open_peer(&p);
		say(&p, "GET /0/-1 HTTP/1.1\r\n\r\nGET /0/-1 HTTP/1.1\r\n\r\n");
		UNTIL(p.length >= (size_t)i * 300000);
		if (i % 2)
			reset_peer(&p);
		else
			close_peer(&p);
	}
	finish();
	unlink(name);
}

/* Small, large, file, stream: as they were sent, whatever the client takes at a time. */
static void
send_kind(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = evbuffer_new();
	size_t at;

	(void)arg;
	calls++;
	switch (req->uri[1]) {
	case 's':
		evbuffer_add(body, "small", 5);
		evhttp_send_reply(req, 200, "OK", body);
		break;
	case 'l':
		evbuffer_add(body, text, MIB);
		evhttp_send_reply(req, 200, "OK", body);
		break;
	case 'f':
		CHECK_INT(evhub_http_send_reply_file(req, 200, "OK", open_file(), 0, MIB), 0);
		break;
	default:
		evhttp_send_reply_start(req, 200, "OK");
		for (at = 0; at < MIB; at += 32768 + 100) {
			evbuffer_add(body, text + at, 32768);
			evhttp_send_reply_chunk(req, body);
			evbuffer_add(body, text + at + 32768, 100);
			evhttp_send_reply_chunk(req, body);
		}
		evhttp_send_reply_end(req);
	}
	CHECK_INT(EVBUFFER_LENGTH(body), 0);
	evbuffer_free(body);
}

/* The body of the next reply, chunks joined. */
static size_t
next_body(char *to)
{
	size_t total, size, done = 0;
	const char *head, *body;

	UNTIL((total = whole_reply(&p, 0)) > 0);
	head = p.in + p.at;
	body = strstr(head, "\r\n\r\n") + 4;
	if (value_of(head, body, "Transfer-Encoding") == NULL) {
		done = (size_t)(head + total - body);
		memcpy(to, body, done);
	} else {
		while ((size = strtoul(body, NULL, 16)) > 0) {
			body = strstr(body, "\r\n") + 2;
			memcpy(to + done, body, size);
			done += size;
			body += size + 2;
		}
	}
	p.at += total;
	return done;
}

TEST(all_kinds)
{
	static const char kinds[] = "slsfssllfftlstfsst";
	static char got[2 * MIB];
	char question[40];
	size_t i;

	make_file();
	serve(send_kind);
	open_peer(&p);
	for (i = 0; i < sizeof(kinds) - 1; i++) {
		snprintf(question, sizeof(question), "GET /%c HTTP/1.1\r\n\r\n", kinds[i]);
		say(&p, question);
	}
	for (i = 0; i < sizeof(kinds) - 1; i++) {
		size_t size = next_body(got);

		if (kinds[i] == 's') {
			CHECK_INT(size, 5);
			CHECK_INT(memcmp(got, "small", 5), 0);
		} else {
			CHECK(size >= MIB);
			CHECK_INT(memcmp(got, text, size), 0);
		}
	}
	close_peer(&p);
	finish();
	unlink(name);
}
