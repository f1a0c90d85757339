/*
 * An old program: timers, descriptors, signals, event_once and loopexit, and the fields that
 * programs read in struct event. Prints the library that serves it; the status tells the rest.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi14.h"

#define CHECK(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			exit(1); \
		} \
	} while (0)

/* Bytes behind the struct show whether the library takes it for a longer one. */
struct guarded {
	struct event ev;
	unsigned char guard[64];
};

static struct guarded first, second, reader, interrupt;
static char order[16];
static int pipe_ends[2];
static int signals;

static void
note(char what)
{
	size_t used = strlen(order);

	CHECK(used + 1 < sizeof order);
	order[used] = what;
}

static void
make(struct guarded *g, int fd, short events, void (*cb)(int, short, void *), void *arg)
{
	memset(g, 0xa5, sizeof *g);
	event_set(&g->ev, fd, events, cb, arg);
	CHECK(g->ev.ev_fd == fd);
	CHECK(g->ev.ev_events == events);
	CHECK(g->ev.ev_callback == cb);
	CHECK(g->ev.ev_arg == arg);
	CHECK(g->ev.ev_flags == INITIALIZED);
	CHECK(g->ev.ev_ncalls == 0);
}

static void
check_guard(const struct guarded *g)
{
	for (size_t i = 0; i < sizeof g->guard; i++)
		CHECK(g->guard[i] == 0xa5);
}

static void
on_timer(int fd, short what, void *arg)
{
	CHECK(fd == -1);
	CHECK(what == TIMEOUT);
	note(*(const char *)arg);
	if (*(const char *)arg == '2') {
		CHECK(write(pipe_ends[1], "x", 1) == 1);
		CHECK(raise(SIGUSR1) == 0);
	}
}

static void
on_once(int fd, short what, void *arg)
{
	const struct timeval soon = { 0, 1000 };

	CHECK(fd == -1 && what == TIMEOUT && arg == order);
	note('o');
	CHECK(event_loopexit(&soon) == 0);
}

static void
on_read(int fd, short what, void *arg)
{
	char byte;

	CHECK(fd == pipe_ends[0]);
	CHECK(what == READ);
	CHECK(arg == &reader);
	CHECK(read(fd, &byte, 1) == 1 && byte == 'x');
	CHECK(reader.ev.ev_flags & INSERTED);
	note('r');
	CHECK(event_del(&reader.ev) == 0);
	CHECK(reader.ev.ev_flags == INITIALIZED);
	CHECK(event_once(-1, TIMEOUT, on_once, order, NULL) == 0);
}

static void
on_signal(int number, short what, void *arg)
{
	CHECK(number == SIGUSR1);
	CHECK(what == SIGNAL);
	CHECK(arg == NULL);
	signals++;
}

static void
add_all(void)
{
	const struct timeval in_5_ms = { 0, 5000 }, in_20_ms = { 0, 20000 };

	make(&second, -1, 0, on_timer, "2");
	CHECK(event_add(&second.ev, &in_20_ms) == 0);
	CHECK(second.ev.ev_flags == (INITIALIZED | IN_HEAP));
	make(&first, -1, 0, on_timer, "1");
	CHECK(event_add(&first.ev, &in_5_ms) == 0);
	CHECK(event_pending(&first.ev, TIMEOUT, NULL) == TIMEOUT);
	make(&reader, pipe_ends[0], READ | PERSIST, on_read, &reader);
	CHECK(event_add(&reader.ev, NULL) == 0);
	CHECK(reader.ev.ev_flags == (INITIALIZED | INSERTED));
	make(&interrupt, SIGUSR1, SIGNAL | PERSIST, on_signal, NULL);
	CHECK(event_add(&interrupt.ev, NULL) == 0);
}

int
main(void)
{
	struct event_base *base;
	Dl_info served;

	alarm(30);
	CHECK(pipe(pipe_ends) == 0);
	base = event_init();
	CHECK(base != NULL);
	CHECK(strcmp(event_get_version(), "1.4.15") == 0);
	add_all();
	CHECK(event_dispatch() == 0);
	CHECK(strcmp(order, "12ro") == 0);
	CHECK(signals == 1);
	CHECK(event_del(&interrupt.ev) == 0);
	CHECK(event_dispatch() == 1);
	CHECK(first.ev.ev_flags == INITIALIZED);
	check_guard(&first);
	check_guard(&second);
	check_guard(&reader);
	check_guard(&interrupt);
	CHECK(dladdr(dlsym(RTLD_DEFAULT, "event_init"), &served) != 0);
	printf("%s %s\n", event_get_method(), served.dli_fname);
	event_base_free(base);
	return 0;
}
