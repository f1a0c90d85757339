/*
 * The floor of loop.c and of signals: the same work by hand on epoll, without a library. What a
 * library costs is the difference to this.
 */
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "floors.h"
#include "measure.h"

#define PIPES 1000
#define ACTIVE 100
#define BATCH 256

static struct epoll_event ready[BATCH];
static int pipes[PIPES][2];

static void control(int epoll, int op, int fd, uint32_t events, uint32_t key)
{
	struct epoll_event e = { .events = events, .data.u32 = key };

	must(epoll_ctl(epoll, op, fd, &e) == 0, "epoll_ctl");
}

static int make_epoll(void)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	must(epoll != -1, "epoll_create1");
	return epoll;
}

static void make_pair(int ends[2])
{
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0, "socketpair");
}

static void close_all(int epoll, const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
	close(epoll);
}

static void run_chain(int epoll, long count)
{
	long hops = 0, hops_left = count - ACTIVE;
	char token;
	int i, n;

	for (i = 0; i < ACTIVE; i++)
		must(write(pipes[i * (PIPES / ACTIVE)][1], "t", 1) == 1, "write");
	while (hops < count) {
		n = epoll_wait(epoll, ready, BATCH, 0);
		for (i = 0; i < n; i++) {
			uint32_t at = ready[i].data.u32;

			hops += read(pipes[at][0], &token, 1) == 1;
			if (hops_left-- > 0)
				must(write(pipes[(at + 1) % PIPES][1], "t", 1) == 1, "write");
		}
	}
}

static void floor_pipes(void)
{
	long count = counting ? 4000 : 100000;
	int i, epoll = make_epoll();

	for (i = 0; i < PIPES; i++) {
		must(pipe2(pipes[i], O_NONBLOCK) == 0, "pipe2");
		control(epoll, EPOLL_CTL_ADD, pipes[i][0], EPOLLIN, i);
	}
	run_chain(epoll, 2 * PIPES);
	measure_start();
	run_chain(epoll, count);
	measure_stop("pipes.dispatch", "event", count);
	for (i = 0; i < PIPES; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	close(epoll);
}

static void play(int epoll, int fd, long trips)
{
	long left = 2 * trips;
	char ball = 'b';
	int i, n;

	must(write(fd, &ball, 1) == 1, "write");
	while (left > 0) {
		n = epoll_wait(epoll, ready, BATCH, -1);
		for (i = 0; i < n; i++) {
			must(read(ready[i].data.u32, &ball, 1) == 1, "read");
			if (--left > 0)
				must(write(ready[i].data.u32, &ball, 1) == 1, "write");
		}
	}
}

static void floor_pingpong(void)
{
	long count = counting ? 1000 : 100000;
	int ends[2], epoll = make_epoll();

	make_pair(ends);
	control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN, ends[0]);
	control(epoll, EPOLL_CTL_ADD, ends[1], EPOLLIN, ends[1]);
	play(epoll, ends[0], 100);
	measure_start();
	play(epoll, ends[0], count);
	measure_stop("pingpong", "round trip", count);
	close_all(epoll, ends);
}

/* The kernel disarms the descriptor when it reports it; one call arms it again. */
static void floor_rearm(void)
{
	long i, count = counting ? 1000 : 200000;
	int ends[2], epoll = make_epoll();

	make_pair(ends);
	must(write(ends[1], "x", 1) == 1, "write");
	control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLONESHOT, 0);
	measure_start();
	for (i = 0; i < count; i++) {
		must(epoll_wait(epoll, ready, BATCH, -1) == 1, "epoll_wait");
		control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 0);
	}
	measure_stop("rearm", "event", count);
	close_all(epoll, ends);
}

static void floor_add_del(void)
{
	long i, count = counting ? 1000 : 200000;
	int ends[2], epoll = make_epoll();

	make_pair(ends);
	measure_start();
	for (i = 0; i < count; i++) {
		control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN, 0);
		control(epoll, EPOLL_CTL_DEL, ends[0], 0, 0);
	}
	measure_stop("add_del", "pair", count);
	close_all(epoll, ends);
}

static void floor_signal(void)
{
	long i, count = counting ? 500 : 50000;
	int fd, epoll = make_epoll();
	struct signalfd_siginfo info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK);
	must(fd != -1, "signalfd");
	control(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, 0);
	measure_start();
	for (i = 0; i < count; i++) {
		must(raise(SIGUSR1) == 0, "raise");
		must(epoll_wait(epoll, ready, BATCH, -1) == 1, "epoll_wait");
		must(read(fd, &info, sizeof(info)) == sizeof(info), "read");
	}
	measure_stop("signal", "signal", count);
	close(fd);
	close(epoll);
}

const char *library_version(void)
{
	return "none";
}

const struct bench benches[] = {
	{ "pipes", floor_pipes },
	{ "pingpong", floor_pingpong },
	{ "rearm", floor_rearm },
	{ "add_del", floor_add_del },
	{ "timers.1e3", floor_timers_1e3 },
	{ "timers.1e5", floor_timers_1e5 },
	{ "timers.1e6", floor_timers_1e6 },
	{ "signal", floor_signal },
	{ "append", floor_append },
	{ "queue", floor_queue },
	{ "readline", floor_readline },
	{ "find", floor_find },
	{ "move", floor_move },
	{ "printf", floor_printf },
	{ "transfer", floor_transfer },
	{ "echo.1", floor_echo_1 },
	{ "echo.100", floor_echo_100 },
	{ "dns.1", floor_dns_1 },
	{ "dns.64", floor_dns_64 },
	{ "dns.256", floor_dns_256 },
	{ "http.1", floor_http_1 },
	{ "http.50", floor_http_50 },
	{ "http.large", floor_http_large },
	{ "http.idle", floor_http_idle },
	{ NULL, NULL },
};
