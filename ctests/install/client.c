/*
 * A program that finds the library by pkg-config: fails to compile with another libevent's
 * header, and to run with another libevent's code. Says which file served it.
 */
#define _GNU_SOURCE
#include <sys/types.h>
#include <sys/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef STATIC
#include <dlfcn.h>
#endif

#include <event.h>

_Static_assert(sizeof(_EVENT_VERSION) == sizeof("1.4.15"), "another libevent's event.h");

static int fired;

static void
on_timer(int fd, short what, void *arg)
{
	(void)fd;
	(void)arg;
	fired = what == EV_TIMEOUT;
}

/* Printing is the part of the library that is written in C. */
static int
prints(void)
{
	struct evbuffer *buf = evbuffer_new();
	struct bufferevent *bev = bufferevent_new(-1, NULL, NULL, NULL, NULL);
	int is_right = buf != NULL && bev != NULL &&
	    evbuffer_add_printf(buf, "%d %s %.1f", 14, "c", 0.5) == 8 &&
	    bufferevent_write_buffer(bev, buf) == 0 && EVBUFFER_LENGTH(buf) == 0 &&
	    memcmp(EVBUFFER_DATA(bev->output), "14 c 0.5", 8) == 0;

	bufferevent_free(bev);
	evbuffer_free(buf);
	return is_right;
}

int
main(void)
{
	struct timeval soon = { 0, 1000 };
	struct event_base *base = event_init();
	struct event timer;

	if (strcmp(_EVENT_VERSION, "1.4.15") != 0 || strcmp(event_get_version(), "1.4.15") != 0)
		return 2;
	evtimer_set(&timer, on_timer, NULL);
	if (evtimer_add(&timer, &soon) != 0 || event_dispatch() != 1 || !fired)
		return 3;
	if (!prints())
		return 4;
	event_base_free(base);
#ifndef STATIC
	Dl_info served;

	if (dladdr(dlsym(RTLD_DEFAULT, "event_init"), &served) == 0)
		return 5;
	puts(served.dli_fname);
#endif
	return 0;
}
