/* The floor of stream.c: arrays, and an echo server on epoll. */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "flat.h"
#include "floors.h"
#include "measure.h"
#include "payload.h"

static void pass_on(const int ends[2], size_t piece, long rounds)
{
	static char in[FILL];
	struct flat out = { 0 };
	size_t filled;
	ssize_t n;

	for (; rounds > 0; rounds--) {
		for (filled = 0; filled < FILL; filled += piece)
			flat_add(&out, payload, piece);
		must(write(ends[0], out.memory, FILL) == FILL, "write");
		flat_drain(&out, FILL);
		for (filled = 0; filled < FILL; filled += n) {
			n = read(ends[1], in, FILL);
			must(n > 0, "read");
		}
	}
	free(out.memory);
}

static void transfer(const char *name, size_t piece, long rounds)
{
	int i, ends[2], room = 4 * FILL;

	if (counting)
		rounds = 50;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0, "socketpair");
	for (i = 0; i < 2; i++)
		must(setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) == 0,
		    "SO_SNDBUF");
	pass_on(ends, piece, 20);
	measure_start();
	pass_on(ends, piece, rounds);
	measure_stop(name, "64 KiB", rounds);
	close(ends[0]);
	close(ends[1]);
}

void floor_transfer(void)
{
	transfer("transfer.64", 64, 5000);
	transfer("transfer.64K", FILL, 10000);
}

static void answer(int fd)
{
	char message[PIECE];
	ssize_t n = recv(fd, message, sizeof(message), 0);

	must(n > 0, "recv");
	must(send(fd, message, n, MSG_NOSIGNAL) == n, "send");
}

static void serve(int epoll, const char *name, long first, long last)
{
	struct epoll_event ready[CROWD];
	long messages = 0;
	int i, n;

	while (messages < last) {
		n = epoll_wait(epoll, ready, CROWD, -1);
		for (i = 0; i < n; i++) {
			messages++;
			if (messages == first)
				measure_start();
			else if (messages == last)
				measure_stop(name, "message", last - first);
			answer(ready[i].data.fd);
		}
	}
}

static void echo(const char *name, int connections, long count)
{
	int i, epoll, ends[CROWD];
	long first = 10 * connections;

	client_start(ends, connections);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	must(epoll != -1, "epoll_create1");
	for (i = 0; i < connections; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.fd = ends[i] };

		must(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[i], &event) == 0, "epoll_ctl");
	}
	serve(epoll, name, first, first + count);
	client_stop(ends, connections);
	close(epoll);
}

void floor_echo_1(void)
{
	echo("echo.1", 1, counting ? 1000 : 50000);
}

void floor_echo_100(void)
{
	echo("echo.100", CROWD, counting ? 2000 : 100000);
}
