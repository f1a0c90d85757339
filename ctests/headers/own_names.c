/*
 * The classic headers hold the names of libevent 1.4 alone: what came later is the program's.
 */
#include "event.h"
#include "evhttp.h"
#include "evdns.h"
#include "evrpc.h"
#include "evutil.h"

#include "check.h"

struct event_entry {
	int day;
};

struct evhub_async;

struct Event {
	struct event_entry at;
};

typedef int evutil_socket_t;
typedef int event_callback_fn;
typedef unsigned long evwatch;
enum { EV_ET = 7, EV_CLOSED, EVLOOP_NO_EXIT_ON_EMPTY, EVENT_BASE_COUNT_ADDED };

static int event_new(int day)
{
	return day + EV_ET;
}

static int event_free(int day)
{
	return day + EVENT_BASE_COUNT_ADDED;
}

static int evbuffer_pullup(evutil_socket_t s)
{
	return s;
}

int main(void)
{
	struct Event party;
	event_callback_fn f = 1;
	evwatch w = 2;

	party.at.day = event_new(1);
	CHECK(event_free(party.at.day) == 18 && evbuffer_pullup(f) == 1 && w == 2);
	return 0;
}
