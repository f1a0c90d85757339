/*
 * Moves the clocks under a process: the wall clock may jump, the monotonic one may jump or be
 * missing. CLOCK_NO_MONOTONIC in the environment takes it away from the start.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long wall_shift_ns;
static long long monotonic_shift_ns;
static int no_monotonic;

/* The controls, which a test finds by dlsym. They may be called in signal handlers. */

void
clock_shift_wall(long long ns)
{
	__atomic_fetch_add(&wall_shift_ns, ns, __ATOMIC_SEQ_CST);
}

void
clock_shift_monotonic(long long ns)
{
	__atomic_fetch_add(&monotonic_shift_ns, ns, __ATOMIC_SEQ_CST);
}

void
clock_break_monotonic(int broken)
{
	no_monotonic = broken;
}

__attribute__((constructor)) static void
begin(void)
{
	if (getenv("CLOCK_NO_MONOTONIC") != NULL)
		no_monotonic = 1;
}

static int
is_wall(clockid_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	long long *shift = is_wall(clock) ? &wall_shift_ns : &monotonic_shift_ns;
	long long ns;

	if (no_monotonic && !is_wall(clock)) {
		errno = ENOSYS;
		return -1;
	}
	if (syscall(SYS_clock_gettime, clock, ts) == -1)
		return -1;
	if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID)
		return 0;
	ns = ts->tv_sec * 1000000000LL + ts->tv_nsec + __atomic_load_n(shift, __ATOMIC_SEQ_CST);
	ts->tv_sec = ns / 1000000000;
	ts->tv_nsec = ns % 1000000000;
	return 0;
}

int
gettimeofday(struct timeval *tv, void *zone)
{
	struct timespec ts;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *out)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (out != NULL)
		*out = ts.tv_sec;
	return ts.tv_sec;
}
