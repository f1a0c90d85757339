/*
 * A client of http_server.c, written by hand: the page, an upload in chunks, a download in chunks.
 * Every byte is looked at. The last line says how it went.
 *
 *   http_load PORT [BYTES [AUTHORITIES]]
 *
 * With a PEM file of authorities it goes over TLS, which is openssl's affair.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "http_stream.h"

static char in[1 << 16];
static size_t have, used;		/* what of it has come, and was looked at */
static int connection;

static void fail(const char *what)
{
	fprintf(stderr, "http_load: %s\n", what);
	exit(1);
}

static void say(const void *bytes, size_t length)
{
	const char *next = bytes;

	while (length > 0) {
		ssize_t n = send(connection, next, length, MSG_NOSIGNAL);

		if (n <= 0)
			fail("the server does not listen any more");
		next += n;
		length -= n;
	}
}

static void say_text(const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	say(text, strlen(text));
}

/* Of the bytes that come next at least one; how many there are. */
static size_t hear(void)
{
	ssize_t n;

	if (used == have) {
		n = recv(connection, in, sizeof(in), 0);
		if (n <= 0)
			fail("the server does not say any more");
		used = 0;
		have = n;
	}
	return have - used;
}

/* The next line, without its end. */
static const char *hear_line(void)
{
	static char line[512];
	size_t length = 0;

	do {
		hear();
		if (length == sizeof(line))
			fail("a long line");
		line[length++] = in[used++];
	} while (line[length - 1] != '\n');
	line[length - (length > 1 && line[length - 2] == '\r' ? 2 : 1)] = '\0';
	return line;
}

/* The head of a good reply; the length of its body, -1 if that comes in chunks. */
static long hear_head(void)
{
	const char *line = hear_line();
	long length = 0;

	if (strncmp(line, "HTTP/1.1 200 ", 13) != 0)
		fail(line);
	while (*(line = hear_line()) != '\0') {
		if (strncasecmp(line, "Content-Length: ", 16) == 0)
			length = atol(line + 16);
		if (strcasecmp(line, "Transfer-Encoding: chunked") == 0)
			length = -1;
	}
	return length;
}

static void hear_body(long length, char *body, size_t room)
{
	long at;

	if (length < 0 || (size_t)length >= room)
		fail("a body of another length");
	for (at = 0; at < length; at++) {
		hear();
		body[at] = in[used++];
	}
	body[length] = '\0';
}

static void get_page(void)
{
	char page[1000];

	say_text("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
	hear_body(hear_head(), page, sizeof(page));
	if (strstr(page, "Hello.") == NULL)
		fail("another page");
}

static void upload(unsigned long long total)
{
	char wanted[100], said[100];
	unsigned long long at = 0;

	say_text("POST /upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
	while (at < total) {
		size_t length = total - at < PERIOD ? (size_t)(total - at) : PERIOD;
		const unsigned char *bytes = bytes_at(at, &length);

		say_text("%zx\r\n", length);
		say(bytes, length);
		say_text("\r\n");
		at += length;
	}
	say_text("0\r\n\r\n");
	hear_body(hear_head(), said, sizeof(said));
	snprintf(wanted, sizeof(wanted), "%llu bytes, all of them right\n", total);
	if (strcmp(said, wanted) != 0)
		fail(said);
}

static void download(unsigned long long total)
{
	unsigned long long at = 0;
	size_t left, n;

	say_text("GET /download?%llu HTTP/1.1\r\nHost: localhost\r\n\r\n", total);
	if (hear_head() != -1)
		fail("no chunks");
	while ((left = strtoul(hear_line(), NULL, 16)) > 0) {
		for (; left > 0; left -= n) {
			n = hear();
			n = n < left ? n : left;
			if (!are_bytes_at(at, (unsigned char *)in + used, n))
				fail("a wrong byte");
			used += n;
			at += n;
		}
		hear_line();
	}
	hear_line();
	if (at != total)
		fail("a body of another length");
}

/* A socket to openssl, which ends if the server is not the one that it should be. */
static int connect_over_tls(const char *port, char *authorities, pid_t *openssl)
{
	char at[40];
	char *words[] = { "openssl", "s_client", "-quiet", "-verify_quiet", "-verify_return_error",
		"-verify_ip", "127.0.0.1", "-servername", "localhost",
		"-CAfile", authorities, "-connect", at, NULL };
	int ends[2];

	snprintf(at, sizeof(at), "127.0.0.1:%s", port);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1 || (*openssl = fork()) == -1) {
		perror("openssl");
		exit(1);
	}
	if (*openssl == 0) {
		dup2(ends[1], 0);
		dup2(ends[1], 1);
		close(ends[0]);
		close(ends[1]);
		execvp(words[0], words);
		_exit(127);
	}
	close(ends[1]);
	return ends[0];
}

static int connect_to(const char *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_port = htons(atoi(port));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || connect(fd, (struct sockaddr *)&address, sizeof(address)) == -1) {
		perror("connect");
		exit(1);
	}
	return fd;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	unsigned long long total = argc > 2 ? strtoull(argv[2], NULL, 10) : 1ull << 30;
	double begin = now();
	pid_t openssl = 0;

	if (argc < 2)
		fail("which port?");
	connection = argc > 3 ? connect_over_tls(argv[1], argv[3], &openssl) : connect_to(argv[1]);
	get_page();
	upload(total);
	download(total);
	get_page();
	close(connection);
	if (openssl != 0) {
		kill(openssl, SIGTERM);
		waitpid(openssl, NULL, 0);
	}
	printf("demo: a page, %llu bytes up, %llu bytes down, 0 errors, %.1f s\n", total, total,
	    now() - begin);
	return 0;
}
