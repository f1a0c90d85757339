/*
 * An old program on buffers, bufferevents and tags, with the fields of their structs built in:
 * one that reads lines, one that puts a cipher of its own under a bufferevent, as TLS code does,
 * and one that marshals. Prints the library that serves it; the status tells the rest.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi14.h"

#define CHECK(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			exit(1); \
		} \
	} while (0)

#define HIGH 16
#define TEXT 200

static char received[TEXT + 1];
static size_t length;
static int changes, ends, stops;

static void
changed(struct evbuffer *buf, size_t before, size_t after, void *arg)
{
	CHECK(arg == &changes && buf->off == after && before != after);
	changes++;
}

static void
fields(void)
{
	struct evbuffer *buf = evbuffer_new(), *other = evbuffer_new();
	char *line;

	CHECK(buf->buffer == NULL && buf->totallen == 0 && buf->off == 0 && buf->cb == NULL);
	evbuffer_setcb(buf, changed, &changes);
	CHECK(buf->cb == changed && buf->cbarg == &changes);
	CHECK(evbuffer_add(buf, "one\r\ntwo\n", 9) == 0 && buf->off == 9 && buf->totallen >= 256);
	CHECK(memcmp(buf->buffer, "one\r\ntwo\n", 9) == 0);
	line = evbuffer_readline(buf);
	CHECK(strcmp(line, "one") == 0 && buf->off == 4 && buf->misalign == 5);
	CHECK(buf->buffer == buf->orig_buffer + 5);
	free(line);
	CHECK(evbuffer_add_printf(buf, "%s-%d-%.2f-%c", "x", -3, 2.5, '!') == 11);
	CHECK(evbuffer_find(buf, (const unsigned char *)"-3-", 3) == buf->buffer + 6);
	CHECK(evbuffer_add_buffer(other, buf) == 0 && buf->off == 0 && other->off == 15);
	CHECK(memcmp(other->buffer, "two\nx--3-2.50-!", 15) == 0);
	CHECK(changes == 4);
	evbuffer_free(buf);
	evbuffer_free(other);
}

static void
tags(void)
{
	struct evbuffer *buf = evbuffer_new();
	uint32_t tag, number;
	char *text;

	evtag_init();
	evtag_marshal_int(buf, 5, 0xaf0);
	CHECK(buf->off == 4 && memcmp(buf->buffer, "\x05\x02\x20\xfa", 4) == 0);
	evtag_marshal_string(buf, 6, "old");
	CHECK(evtag_unmarshal_int(buf, 5, &number) == 0 && number == 0xaf0);
	CHECK(evtag_unmarshal_string(buf, 6, &text) == 0 && strcmp(text, "old") == 0);
	free(text);
	CHECK(evbuffer_add(buf, "\x01\x12", 2) == 0);
	CHECK(evtag_decode_tag(&tag, buf) != -1 && tag == 1);
	CHECK(evtag_decode_int(&number, buf) == -1 && buf->off == 1);
	evbuffer_free(buf);
}

/* A server that answers lines, and its client. */

static void
at_end(struct bufferevent *bev, short what, void *arg)
{
	CHECK(bev->enabled & READ);
	CHECK(what == (WHILE_READING | AT_EOF));
	*(int *)arg = 1;
}

static void
answer(struct bufferevent *bev, void *arg)
{
	struct evbuffer *lines = evbuffer_new();
	char *line;

	CHECK(arg == &ends && bev->readcb == answer && bev->errorcb == at_end);
	while ((line = evbuffer_readline(bev->input)) != NULL) {
		CHECK(evbuffer_add_printf(lines, "%zu %s\n", strlen(line), line) > 0);
		free(line);
	}
	CHECK(bufferevent_write_buffer(bev, lines) == 0 && lines->off == 0);
	evbuffer_free(lines);
}

static void
hear(struct bufferevent *bev, void *arg)
{
	length += bufferevent_read(bev, received + length, sizeof(received) - 1 - length);
	if (strcmp(received, "5 hello\n0 \n3 end\n") == 0)
		CHECK(shutdown(bev->ev_read.ev_fd, SHUT_WR) == 0);
	(void)arg;
}

static void
make_pair(int fds[2])
{
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	for (int i = 0; i < 2; i++)
		CHECK(fcntl(fds[i], F_SETFL, O_NONBLOCK) == 0);
}

static void
lines(void)
{
	struct bufferevent *server, *client;
	int fds[2];

	make_pair(fds);
	server = bufferevent_new(fds[0], answer, NULL, at_end, &ends);
	client = bufferevent_new(fds[1], hear, NULL, at_end, &ends);
	CHECK(server->ev_read.ev_fd == fds[0] && server->enabled == WRITE);
	CHECK(server->timeout_read == 0 && server->wm_read.high == 0 && server->cbarg == &ends);
	CHECK(bufferevent_enable(server, READ) == 0 && bufferevent_enable(client, READ) == 0);
	CHECK(server->enabled == (READ | WRITE));
	CHECK(bufferevent_write(client, "hello\r\n\r\nend\r\n", 14) == 0);
	while (!ends)
		CHECK(event_loop(ONCE) == 0);
	CHECK(strcmp(received, "5 hello\n0 \n3 end\n") == 0);
	bufferevent_free(client);
	bufferevent_free(server);
	close(fds[0]);
	close(fds[1]);
}

/* A cipher: the bufferevent's own events wait, the callbacks are the program's. */

static void
turn(char *bytes, size_t count)
{
	while (count > 0)
		bytes[--count] ^= 0x55;
}

static void
read_cipher(int fd, short what, void *arg)
{
	struct bufferevent *bev = arg;
	char bytes[HIGH];
	ssize_t count = read(fd, bytes, sizeof(bytes));

	CHECK(what == READ && fd == bev->ev_read.ev_fd && count > 0);
	turn(bytes, (size_t)count);
	CHECK(evbuffer_add(bev->input, bytes, (size_t)count) == 0);
	if (bev->input->off >= bev->wm_read.high) {
		evbuffer_setcb(bev->input, bufferevent_read_pressure_cb, bev);
		stops++;
	} else {
		CHECK(event_add(&bev->ev_read, NULL) == 0);
	}
	bev->readcb(bev, bev->cbarg);
}

static void
write_cipher(int fd, short what, void *arg)
{
	struct bufferevent *bev = arg;
	char bytes[HIGH];
	int count = evbuffer_remove(bev->output, bytes, sizeof(bytes));

	CHECK(what == WRITE && count >= 0);
	turn(bytes, (size_t)count);
	CHECK(write(fd, bytes, (size_t)count) == count);
	if (bev->output->off > 0)
		CHECK(event_add(&bev->ev_write, NULL) == 0);
}

static void
take(struct bufferevent *bev, void *arg)
{
	struct evbuffer *input = bev->input;

	CHECK(arg == received);
	length += bufferevent_read(bev, received + length, 1);
	/* What is below the mark stays: reading has been started again by the drain. */
	CHECK(input->off < HIGH ? input->cb == NULL : input->cb == bufferevent_read_pressure_cb);
	length += bufferevent_read(bev, received + length, sizeof(received) - 1 - length);
	CHECK(input->cb == NULL);
}

static struct bufferevent *
with_cipher(int fd)
{
	struct bufferevent *bev = bufferevent_new(fd, take, NULL, at_end, received);

	event_set(&bev->ev_read, fd, READ, read_cipher, bev);
	event_set(&bev->ev_write, fd, WRITE, write_cipher, bev);
	bufferevent_setwatermark(bev, READ, 0, HIGH);
	CHECK(bev->wm_read.high == HIGH);
	CHECK(bufferevent_enable(bev, READ | WRITE) == 0);
	return bev;
}

static void
cipher(void)
{
	struct bufferevent *from, *to;
	char text[TEXT];
	int fds[2];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	memset(received, 0, sizeof(received));
	length = 0;
	make_pair(fds);
	from = with_cipher(fds[0]);
	to = with_cipher(fds[1]);
	CHECK(bufferevent_write(from, text, sizeof(text)) == 0);
	while (length < sizeof(text))
		CHECK(event_loop(ONCE) == 0);
	CHECK(memcmp(received, text, sizeof(text)) == 0 && stops > 0);
	CHECK(bufferevent_disable(to, READ) == 0 && !(to->enabled & READ));
	CHECK(event_pending(&to->ev_read, READ, NULL) == 0);
	bufferevent_free(from);
	bufferevent_free(to);
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	struct event_base *base;
	Dl_info served;

	alarm(30);
	fields();
	tags();
	base = event_init();
	CHECK(base != NULL);
	lines();
	cipher();
	event_base_free(base);
	CHECK(dladdr(dlsym(RTLD_DEFAULT, "evbuffer_new"), &served) != 0);
	printf("%s\n", served.dli_fname);
	return 0;
}
