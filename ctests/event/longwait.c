/*
 * Proves behaviours 11 and 21, F38: waits are capped at 35 minutes, and the end of a capped wait
 * is not the end of the loop. The C library's waits are replaced by ones that end long waits at
 * once, as if the time had passed.
 */
#include "harness.h"

#include <dlfcn.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>

enum { CAP_MS = 35 * 60 * 1000, LONG_MS = 60 * 1000 };

static int64_t longest_ms;
static int long_waits;

/* Notes the wait; true if it is to end at once. */
static int
cut(int64_t ms)
{
	if (ms < LONG_MS)
		return 0;
	if (ms > longest_ms)
		longest_ms = ms;
	return long_waits++ < 3;
}

int
epoll_wait(int epfd, struct epoll_event *events, int room, int ms)
{
	int (*real)(int, struct epoll_event *, int, int);

	*(void **)&real = dlsym(RTLD_NEXT, "epoll_wait");
	return cut(ms) ? 0 : real(epfd, events, room, ms);
}

int
poll(struct pollfd *fds, nfds_t count, int ms)
{
	int (*real)(struct pollfd *, nfds_t, int);

	*(void **)&real = dlsym(RTLD_NEXT, "poll");
	return cut(ms) ? 0 : real(fds, count, ms);
}

int
select(int count, fd_set *read, fd_set *write, fd_set *except, struct timeval *tv)
{
	int (*real)(int, fd_set *, fd_set *, fd_set *, struct timeval *);
	size_t bytes = ((size_t)count + 63) / 64 * 8;

	*(void **)&real = dlsym(RTLD_NEXT, "select");
	if (tv == NULL || !cut((int64_t)tv->tv_sec * 1000 + tv->tv_usec / 1000))
		return real(count, read, write, except, tv);
	memset(read, 0, bytes);
	memset(write, 0, bytes);
	return 0;
}

/* The way to epoll_pwait2. */
long
syscall(long number, ...)
{
	long (*real)(long, ...);
	const struct timespec *ts;
	va_list args;
	long a[6];
	int i;

	va_start(args, number);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	ts = (const struct timespec *)a[3];
	if (number == SYS_epoll_pwait2 && ts != NULL && cut((int64_t)ts->tv_sec * 1000))
		return 0;
	*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void
put_after(int fd)
{
	pid_t pid = fork_child();

	if (pid == 0) {
		sleep_ms(50);
		put_byte(fd);
		_exit(0);
	}
}

TEST(waits_are_capped)
{
	static const struct timeval tvs[] = { { 36 * 60, 0 }, { 100 * 24 * 3600, 0 },
		{ 0x7fffffffL, 999999 }, { 0x7fffffffffffL, 0 } };
	struct event_base *base = init_base();
	struct note never = { 0 }, note = { 0 };
	struct event timer[COUNT(tvs)], io;
	int fds[2];
	size_t i;

	if (method_is("kqueue"))
		SKIP("the emulation's wait is not one of the C library's");
	make_pair(fds);
	event_set(&io, fds[0], EV_READ, note_cb, &note);
	CHECK_INT(event_add(&io, NULL), 0);
	for (i = 0; i < COUNT(tvs); i++) {
		evtimer_set(&timer[i], note_cb, &never);
		CHECK_INT(event_add(&timer[i], &tvs[i]), 0);
	}
	put_after(fds[1]);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(never.calls, 0);
	CHECK(long_waits > 3);
	CHECK(longest_ms <= CAP_MS);
	event_base_free(base);
}
