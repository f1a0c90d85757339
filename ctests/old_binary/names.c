/*
 * Loads the library under several names with dlopen, as scripting languages do: it must be one
 * library with one state. Then closes it with a base and a signal event alive, gets the signal,
 * and exits.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
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

#define NAMES 4

static const char *const names[NAMES] = { "libevent-1.4.so.2", "libevent_core-1.4.so.2",
	"libevent_extra-1.4.so.2", "libevhub.so.0" };
static void *handles[NAMES];

static void
ignore(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static void *
find(const char *symbol)
{
	void *address = dlsym(handles[0], symbol);

	CHECK(address != NULL);
	for (int i = 1; i < NAMES; i++)
		CHECK(dlsym(handles[i], symbol) == address);
	return address;
}

int
main(void)
{
	static struct event interrupt, timer;
	const struct timeval an_hour = { 3600, 0 };

	alarm(30);
	for (int i = 0; i < NAMES; i++) {
		handles[i] = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
		if (handles[i] == NULL)
			fprintf(stderr, "%s\n", dlerror());
		CHECK(handles[i] != NULL);
	}
	__typeof__(&event_init) init = (__typeof__(&event_init))find("event_init");
	__typeof__(&event_set) set = (__typeof__(&event_set))find("event_set");
	__typeof__(&event_add) add = (__typeof__(&event_add))find("event_add");
	__typeof__(&event_loop) loop = (__typeof__(&event_loop))find("event_loop");
	struct event_base **base = find("current_base");

	CHECK(init() == *base && *base != NULL);
	set(&interrupt, SIGUSR1, SIGNAL | PERSIST, ignore, NULL);
	CHECK(add(&interrupt, NULL) == 0);
	set(&timer, -1, 0, ignore, NULL);
	CHECK(add(&timer, &an_hour) == 0);
	CHECK(loop(NONBLOCK) == 0);
	for (int i = 0; i < NAMES; i++)
		CHECK(dlclose(handles[i]) == 0);
	/* The handler lives in the library. */
	CHECK(raise(SIGUSR1) == 0);
	return 0;
}
