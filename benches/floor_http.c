/*
 * The floor of http.c: on epoll, replies that are ready before anybody asks, of requests nothing
 * read but whether they are complete and of what they are.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "floors.h"
#include "http_client.h"
#include "measure.h"

#define REQUEST 512
#define READY 64

struct peer {
	int fd;
	const char *out;	/* what of a reply is still to be sent */
	size_t left;
};

static char small[256], large[256 + HTTP_LARGE];
static size_t small_length, large_length;
static long requests, first, last;
static const char *row;

static size_t compose(char *reply, size_t body)
{
	int head = sprintf(reply, "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    "Content-Length: %zu\r\nContent-Type: text/html; charset=ISO-8859-1\r\n\r\n", body);

	memset(reply + head, 'x', body);
	return head + body;
}

static void watch(int epoll, int op, struct peer *peer, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = peer };

	must(epoll_ctl(epoll, op, peer->fd, &event) == 0, "epoll_ctl");
}

static void take(int epoll, int listener)
{
	struct peer *peer;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		peer = zeroed(1, sizeof(*peer));
		peer->fd = fd;
		watch(epoll, EPOLL_CTL_ADD, peer, EPOLLIN);
	}
}

static void send_rest(struct peer *peer, int epoll, int was_waiting)
{
	ssize_t n = send(peer->fd, peer->out, peer->left, MSG_NOSIGNAL);

	if (n > 0) {
		peer->out += n;
		peer->left -= n;
	}
	if (peer->left > 0 && !was_waiting)
		watch(epoll, EPOLL_CTL_MOD, peer, EPOLLIN | EPOLLOUT);
	else if (peer->left == 0 && was_waiting)
		watch(epoll, EPOLL_CTL_MOD, peer, EPOLLIN);
}

static void answer(struct peer *peer, int epoll)
{
	char request[REQUEST];
	ssize_t n = recv(peer->fd, request, sizeof(request), 0);

	must(n > 4 && memcmp(request + n - 4, "\r\n\r\n", 4) == 0, "a request");
	requests++;
	if (requests == first)
		measure_start();
	else if (requests == last)
		measure_stop(row, "request", last - first);
	peer->out = memcmp(request, "GET /large ", 11) == 0 ? large : small;
	peer->left = peer->out == large ? large_length : small_length;
	send_rest(peer, epoll, 0);
}

static void turn(int epoll, int listener)
{
	struct epoll_event ready[READY];
	int i, n = epoll_wait(epoll, ready, READY, -1);

	for (i = 0; i < n; i++) {
		struct peer *peer = ready[i].data.ptr;

		if (peer->fd == listener)
			take(epoll, listener);
		else if (peer->left > 0)
			send_rest(peer, epoll, 1);
		else
			answer(peer, epoll);
	}
}

static void serve(const char *name, int connections, const char *target, enum http_turns turns,
    long count)
{
	struct peer listener = { 0 };
	int port, epoll;
	long before = 0;

	small_length = compose(small, HTTP_SMALL);
	large_length = compose(large, HTTP_LARGE);
	listener.fd = http_listen(&port);
	http_client_start(port, connections, target, turns);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	must(epoll != -1, "epoll_create1");
	watch(epoll, EPOLL_CTL_ADD, &listener, EPOLLIN);
	requests = 0;
	first = turns == HTTP_ONCE ? -1 : 10 * connections;
	last = turns == HTTP_ONCE ? -1 : first + count;
	row = name;
	while (requests < (turns == HTTP_ONCE ? connections : last)) {
		turn(epoll, listener.fd);
		if (requests == 1)
			before = resident_bytes(0);
	}
	if (turns == HTTP_ONCE)
		measure_bytes(name, "connection", resident_bytes(0) - before, connections);
	http_client_stop();
	close(epoll);
	close(listener.fd);
}

void floor_http_1(void)
{
	serve("http.1", 1, "/", HTTP_TOGETHER, counting ? 1000 : 30000);
}

void floor_http_50(void)
{
	serve("http.50", 50, "/", HTTP_TOGETHER, counting ? 2000 : 100000);
}

void floor_http_large(void)
{
	serve("http.large", 50, "/large", HTTP_ANYHOW, counting ? 200 : 3000);
}

void floor_http_idle(void)
{
	serve("http.idle", HTTP_CROWD, "/", HTTP_ONCE, 0);
}
