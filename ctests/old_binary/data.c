/*
 * An old program that is not position independent and uses the library's variables, which the
 * linker therefore puts into the program itself (copy relocations): the library must use them
 * there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "abi14.h"

#define CHECK(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			exit(1); \
		} \
	} while (0)

extern struct event_base *current_base;
extern volatile sig_atomic_t event_gotsig;
extern int (*event_sigcb)(void);

static int calls;

static void
on_interrupt(int number)
{
	(void)number;
	event_gotsig = 1;
}

static int
give_up(void)
{
	calls++;
	return -1;
}

static void
never(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	CHECK(!"this timer must not fire");
}

int
main(void)
{
	const struct timeval an_hour = { 3600, 0 };
	struct event_base *base;
	struct event timer;

	alarm(30);
	CHECK(current_base == NULL);
	base = event_init();
	CHECK(base != NULL);
	CHECK(current_base == base);
	CHECK(dlsym(RTLD_DEFAULT, "current_base") == (void *)&current_base);

	event_set(&timer, -1, 0, never, NULL);
	CHECK(timer.ev_base == base);
	CHECK(event_add(&timer, &an_hour) == 0);
	event_sigcb = give_up;
	CHECK(signal(SIGUSR1, on_interrupt) != SIG_ERR);
	CHECK(raise(SIGUSR1) == 0);
	errno = 0;
	CHECK(event_loop(0) == -1);
	CHECK(errno == EINTR);
	CHECK(calls == 1);
	CHECK(event_gotsig == 0);

	CHECK(event_init() != base);
	CHECK(current_base != base);
	CHECK(event_sigcb == NULL);
	event_base_free(NULL);
	CHECK(current_base == NULL);
	event_base_free(base);
	return 0;
}
