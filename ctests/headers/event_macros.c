/*
 * The function-like macros of event.h, with the library: each must say what it says in 1.4.
 */
#include "event.h"

#include <sys/socket.h>

#include <signal.h>
#include <string.h>

#include "check.h"

static int called;

static void callback(int fd, short what, void *arg)
{
	(void)fd;
	(void)arg;
	called |= what;
}

static void timers(void)
{
	struct timeval soon = { 0, 1 }, when;
	struct event ev;

	memset(&ev, 0, sizeof(ev));
	CHECK(!evtimer_initialized(&ev) && !timeout_initialized(&ev) && !event_initialized(&ev));
	evtimer_set(&ev, callback, &ev);
	CHECK(evtimer_initialized(&ev) && timeout_initialized(&ev) && event_initialized(&ev));
	CHECK(EVENT_FD(&ev) == -1 && ev.ev_events == 0 && ev.ev_arg == &ev);
	CHECK(evtimer_add(&ev, &soon) == 0);
	CHECK(evtimer_pending(&ev, &when) == EV_TIMEOUT && when.tv_sec > 0);
	CHECK(timeout_pending(&ev, NULL) == EV_TIMEOUT);
	CHECK(evtimer_del(&ev) == 0 && evtimer_pending(&ev, NULL) == 0);

	timeout_set(&ev, callback, NULL);
	CHECK(EVENT_FD(&ev) == -1 && ev.ev_events == 0);
	CHECK(timeout_add(&ev, &soon) == 0 && timeout_del(&ev) == 0);
	CHECK(timeout_add(&ev, &soon) == 0);
	CHECK(event_dispatch() == 1 && called == EV_TIMEOUT);
}

static void signals(void)
{
	struct event ev;

	memset(&ev, 0, sizeof(ev));
	CHECK(!signal_initialized(&ev));
	signal_set(&ev, SIGUSR1, callback, NULL);
	CHECK(signal_initialized(&ev) && EVENT_SIGNAL(&ev) == SIGUSR1);
	CHECK(ev.ev_events == (EV_SIGNAL | EV_PERSIST));
	CHECK(signal_add(&ev, NULL) == 0 && signal_pending(&ev, NULL) == EV_SIGNAL);
	called = 0;
	CHECK(raise(SIGUSR1) == 0 && event_loop(EVLOOP_ONCE) == 0 && called == EV_SIGNAL);
	CHECK(signal_del(&ev) == 0 && signal_pending(&ev, NULL) == 0);
}

static void buffers(void)
{
	unsigned char bytes[3] = { 1, 2, 3 };
	struct evbuffer in, out;
	struct bufferevent bufev;

	memset(&in, 0, sizeof(in));
	memset(&out, 0, sizeof(out));
	memset(&bufev, 0, sizeof(bufev));
	in.buffer = bytes;
	in.off = sizeof(bytes);
	bufev.input = &in;
	bufev.output = &out;
	CHECK(EVBUFFER_DATA(EVBUFFER_INPUT(&bufev)) == bytes);
	CHECK(EVBUFFER_LENGTH(EVBUFFER_INPUT(&bufev)) == sizeof(bytes));
	CHECK(EVBUFFER_LENGTH(EVBUFFER_OUTPUT(&bufev)) == 0);
}

/* The functions of evutil.h, which a C++ program must find under their C names. */
static void helpers(void)
{
	char text[4];
	char *end;
	int pair[2];

	CHECK(evutil_snprintf(text, sizeof(text), "%d", 12345) == 5 && strcmp(text, "123") == 0);
	CHECK(evutil_strtoll("-7x", &end, 10) == -7 && *end == 'x');
	CHECK(evutil_socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	CHECK(evutil_make_socket_nonblocking(pair[0]) == 0);
}

int main(void)
{
	struct event_base *base = event_init();

	CHECK(base != NULL);
	CHECK(strcmp(event_get_version(), _EVENT_VERSION) == 0);
	timers();
	signals();
	buffers();
	helpers();
	event_base_free(base);
	return 0;
}
