/*
 * A program that wants evhub's extensions, but has names of its own where libevent 2 has some.
 */
#define EVHUB_NO_LIBEVENT2_NAMES
#include <evhub/event_ext.h>
#include <evhub/buffer_ext.h>
#include <evhub/bufferevent_ext.h>
#include <evhub/http_ext.h>

#include "check.h"

static int event_new(int day)
{
	return day + 1;
}

static int evbuffer_pullup(int day)
{
	return day + 2;
}

static int evbuffer_search(int day)
{
	return day + 3;
}

static int bufferevent_getfd(int day)
{
	return day + 4;
}

static int bufferevent_flush(int day)
{
	return day + 5;
}

static int evhttp_uri_parse(int day)
{
	return day + 6;
}

int main(void)
{
	struct event_base *base = event_base_new();
	struct evbuffer *buf = evbuffer_new();
	struct bufferevent *bev = bufferevent_new(-1, NULL, NULL, NULL, NULL);
	evhub_async_t *none = NULL;

	CHECK(event_new(1) == 2 && evhub_event_base_got_exit(base) == 0);
	CHECK(evbuffer_pullup(1) == 3 && evhub_buffer_pullup(buf, -1) == NULL);
	CHECK(evbuffer_search(1) == 4 && evhub_buffer_search(buf, "x", 1, NULL).pos == -1);
	CHECK(bufferevent_getfd(1) == 5 && evhub_bufferevent_getfd(bev) == -1);
	CHECK(bufferevent_flush(1) == 6 && evhub_bufferevent_getfd(NULL) == -1);
	CHECK(evhttp_uri_parse(1) == 7 && evhub_evhttp_uri_parse(":") == NULL);
	evhub_async_free(none);
	bufferevent_free(bev);
	evbuffer_free(buf);
	event_base_free(base);
	return 0;
}
