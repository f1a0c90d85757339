/*
 * The frame of a coroutine program.
 *
 *   PROGRAM switch COUNT		two coroutines yield in turn, COUNT times each
 *   PROGRAM spawn COUNT		COUNT coroutines, one after the other: made, run, ended
 *   PROGRAM parked COUNT		COUNT coroutines that have started and wait
 *   PROGRAM chan COUNT		two of them hand a token to and fro, COUNT times
 *   PROGRAM crowd COUNT		an echo server for COUNT connections of client.c
 *   PROGRAM echo PORT SECONDS	an echo server for anybody, on the loopback interface
 *
 * Prints lines "name <TAB> unit <TAB> value". Ends with status 3 if the library cannot do it.
 * The clock is the wall's, since nothing here waits, but for the crowd: its client is another
 * process, so that it is the server's CPU time.
 */
#include "coro_frame.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static clockid_t clock_id = CLOCK_MONOTONIC;
static int64_t started;
static long resident_before;
static int ends[CROWD], crowd;
static long messages, first = -1, last = -1;

static int64_t now_ns(void)
{
	struct timespec ts;

	must(clock_gettime(clock_id, &ts) == 0, "clock_gettime");
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void print(const char *name, const char *unit, double value)
{
	printf("%s\t%s\t%.3f\n", name, unit, value);
	must(fflush(stdout) == 0, "stdout");
}

void coro_start(void)
{
	started = now_ns();
}

void coro_stop(const char *name, const char *unit, long count)
{
	print(name, unit, (double)(now_ns() - started) / count);
}

static long resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size, resident;

	must(file != NULL, "/proc/self/statm");
	must(fscanf(file, "%ld %ld", &size, &resident) == 2, "/proc/self/statm");
	fclose(file);
	return resident * sysconf(_SC_PAGESIZE);
}

void coro_before_parking(void)
{
	resident_before = resident_bytes();
}

void coro_parked(long count)
{
	char name[40];

	snprintf(name, sizeof(name), "coro.parked%ld", count);
	print(name, "bytes/coroutine", (double)(resident_bytes() - resident_before) / count);
}

/* On whatever stack this is called: the program ends without going back. */
void coro_message(void)
{
	char name[40];

	messages++;
	if (messages == first) {
		coro_start();
	} else if (messages == last) {
		snprintf(name, sizeof(name), "coro.echo.%d", crowd);
		coro_stop(name, "ns/message", last - first);
		client_stop(ends, crowd);
		_exit(0);
	}
}

static void serve_crowd(int count)
{
	clock_id = CLOCK_PROCESS_CPUTIME_ID;
	crowd = count;
	client_start(ends, count);
	modes.setup();
	first = 10 * count;
	last = first + (count == 1 ? 50000 : 100000);
	modes.serve(ends, count);
	must(0, "the echo server has ended");
}

void coro_connected(int fd)
{
	int on = 1;

	must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0, "TCP_NODELAY");
}

static int listen_at(int port)
{
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd != -1, "socket");
	must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0, "SO_REUSEADDR");
	must(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "bind");
	must(listen(fd, SOMAXCONN) == 0, "listen");
	return fd;
}

/* SIGALRM ends the program. */
static void serve_port(int port, int seconds)
{
	int fd = listen_at(port);

	signal(SIGPIPE, SIG_IGN);
	alarm(seconds);
	modes.setup();
	modes.listen(fd);
	must(0, "the echo server has ended");
}

static int run(void (*mode)(long), long count)
{
	if (mode == NULL)
		return 3;
	modes.setup();
	mode(count);
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[1] : "";
	long count = argc > 2 ? atol(argv[2]) : 0;

	if (count > 0 && strcmp(mode, "switch") == 0)
		return run(modes.yield, count);
	if (count > 0 && strcmp(mode, "spawn") == 0)
		return run(modes.spawn, count);
	if (count > 0 && strcmp(mode, "parked") == 0)
		return run(modes.park, count);
	if (count > 0 && strcmp(mode, "chan") == 0)
		return run(modes.pass, count);
	if (count > 0 && count <= CROWD && strcmp(mode, "crowd") == 0) {
		if (modes.serve == NULL)
			return 3;
		serve_crowd(count);
	}
	if (count > 0 && argc > 3 && strcmp(mode, "echo") == 0) {
		if (modes.listen == NULL)
			return 3;
		serve_port(count, atoi(argv[3]));
	}
	fprintf(stderr, "usage: %s switch|spawn|parked|chan|crowd COUNT\n", argv[0]);
	fprintf(stderr, "       %s echo PORT SECONDS\n", argv[0]);
	return 2;
}
