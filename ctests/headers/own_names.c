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
enum { BEV_EVENT_CONNECTED = 30, BEV_NORMAL, BEV_FLUSH, BEV_FINISHED, EVBUFFER_PTR_SET };
typedef int evbuffer_ref_cleanup_cb;
typedef int bufferevent_data_cb;

struct evbuffer_ptr {
	int day;
};

struct Evbuffer {
	struct evbuffer_ptr at;
};

struct Bufferevent {
	struct Evbuffer in;
};

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

static int evbuffer_get_length(evbuffer_ref_cleanup_cb day)
{
	return day + BEV_NORMAL;
}

static int bufferevent_getfd(bufferevent_data_cb day)
{
	return day + EVBUFFER_PTR_SET;
}

int main(void)
{
	struct Event party;
	struct Bufferevent guests;
	event_callback_fn f = 1;
	evwatch w = 2;

	party.at.day = event_new(1);
	CHECK(event_free(party.at.day) == 18 && evbuffer_pullup(f) == 1 && w == 2);
	guests.in.at.day = evbuffer_get_length(1);
	CHECK(guests.in.at.day == 32 && bufferevent_getfd(1) == 35);
	return 0;
}
