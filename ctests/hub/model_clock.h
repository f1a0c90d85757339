/*
 * The program's time: it stands still but while epoll_wait() would wait, and then it has passed
 * at once. The library calls these functions instead of the C library's.
 */
#ifndef EVHUB_CTESTS_HUB_MODEL_CLOCK_H
#define EVHUB_CTESTS_HUB_MODEL_CLOCK_H

#include "model.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <time.h>

enum { EPOLL_PWAIT2 = 441 };		/* the number of the call */

static int64_t clock_us = 1000000;
static int idle_polls;			/* since the last record */

static void does_not_end(void);

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	(void)clock;
	ts->tv_sec = clock_us / 1000000;
	ts->tv_nsec = clock_us % 1000000 * 1000;
	return 0;
}

/* Polls; us is negative if it would wait for ever. */
static int
poll_in_no_time(int epfd, struct epoll_event *found, int room, int64_t us)
{
	static int (*next)(int, struct epoll_event *, int, int);
	int count;

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "epoll_wait");
	count = next(epfd, found, room, 0);
	if (count == 0 && us > 0)
		clock_us += us;
	if (++idle_polls > 10000 || (count == 0 && us < 0))
		does_not_end();
	return count;
}

int
epoll_wait(int epfd, struct epoll_event *found, int room, int ms)
{
	return poll_in_no_time(epfd, found, room, ms < 0 ? -1 : ms * INT64_C(1000));
}

long
syscall(long number, ...)
{
	static long (*next)(long, ...);
	const struct timespec *ts;
	va_list list;
	long a[6];
	int i;

	va_start(list, number);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (number == EPOLL_PWAIT2) {
		ts = (const struct timespec *)a[3];
		return poll_in_no_time((int)a[0], (struct epoll_event *)a[1], (int)a[2],
		    ts == NULL ? -1 : ts->tv_sec * INT64_C(1000000) + ts->tv_nsec / 1000);
	}
	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "syscall");
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

#endif
