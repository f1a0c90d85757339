/*
 * Interrupts the process 5,000 times a second by a signal whose handler is installed without
 * SA_RESTART: every system call that can fail with EINTR does, sooner or later.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

enum { INTERVAL_NS = 200000 };

volatile sig_atomic_t storm_calls;

static void
on_storm(int number)
{
	(void)number;
	storm_calls = (storm_calls + 1) & 0xffff;
}

/* Timers are not inherited: a child starts its own. */
static void
start(void)
{
	struct itimerspec interval = { { 0, INTERVAL_NS }, { 0, INTERVAL_NS } };
	struct sigevent how;
	timer_t timer;

	memset(&how, 0, sizeof(how));
	how.sigev_notify = SIGEV_SIGNAL;
	how.sigev_signo = SIGRTMAX - 1;
	if (timer_create(CLOCK_MONOTONIC, &how, &timer) == 0)
		timer_settime(timer, 0, &interval, NULL);
}

__attribute__((constructor)) static void
begin(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_storm;
	sigaction(SIGRTMAX - 1, &action, NULL);
	pthread_atfork(NULL, NULL, start);
	start();
}
