/*
 * A web server, and the memory of connections that wait. The client is another process, and no
 * part of the figures.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <sys/queue.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event.h>
#include <evhttp.h>

#include "cases.h"
#include "http_client.h"
#include "measure.h"
#include "payload.h"

static long requests, first, last;
static const char *row;
static char large[HTTP_LARGE];

static void count_request(void)
{
	requests++;
	if (requests == first) {
		measure_start();
	} else if (requests == last) {
		measure_stop(row, "request", last - first);
		event_loopexit(NULL);
	}
}

static void answer(struct evhttp_request *req, const char *bytes, size_t length)
{
	struct evbuffer *body = evbuffer_new();

	must(body != NULL, "evbuffer_new");
	must(evbuffer_add(body, bytes, length) == 0, "evbuffer_add");
	evhttp_send_reply(req, HTTP_OK, "OK", body);
	evbuffer_free(body);
}

static void on_small(struct evhttp_request *req, void *arg)
{
	(void)arg;
	count_request();
	answer(req, "hi", HTTP_SMALL);
}

static void on_large(struct evhttp_request *req, void *arg)
{
	(void)arg;
	count_request();
	answer(req, large, HTTP_LARGE);
}

static void serve(const char *name, int connections, const char *target, enum http_turns turns,
    long count)
{
	int port, listener = http_listen(&port);
	struct event_base *base;
	struct evhttp *http;

	http_client_start(port, connections, target, turns);
	base = event_init();
	http = evhttp_new(base);
	must(http != NULL, "evhttp_new");
	must(evhttp_accept_socket(http, listener) == 0, "evhttp_accept_socket");
	evhttp_set_timeout(http, 600);
	evhttp_set_cb(http, "/", on_small, NULL);
	evhttp_set_cb(http, "/large", on_large, NULL);
	requests = 0;
	first = 10 * connections;
	last = first + count;
	row = name;
	event_dispatch();
	must(requests >= last, "the server stopped");
	http_client_stop();
	evhttp_free(http);
	event_base_free(base);
}

void bench_http_1(void)
{
	serve("http.1", 1, "/", HTTP_TOGETHER, counting ? 1000 : 30000);
}

void bench_http_50(void)
{
	serve("http.50", 50, "/", HTTP_TOGETHER, counting ? 2000 : 100000);
}

void bench_http_large(void)
{
	memset(large, 'x', sizeof(large));
	serve("http.large", 50, "/large", HTTP_ANYHOW, counting ? 200 : 3000);
}

/* Resident bytes, when the last one has its reply. */
static long before;

static void on_idle(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	measure_bytes(row, "connection", resident_bytes(0) - before, last);
	event_loopexit(NULL);
}

static void on_first_request(struct evhttp_request *req, void *arg)
{
	struct timeval later = { 0, 200000 };

	(void)arg;
	requests++;
	if (requests == 1)
		before = resident_bytes(0);
	answer(req, "hi", HTTP_SMALL);
	if (requests == last)
		must(event_once(-1, EV_TIMEOUT, on_idle, NULL, &later) == 0, "event_once");
}

void bench_http_idle(void)
{
	int port, listener = http_listen(&port);
	struct event_base *base;
	struct evhttp *http;

	http_client_start(port, HTTP_CROWD, "/", HTTP_ONCE);
	base = event_init();
	http = evhttp_new(base);
	must(http != NULL, "evhttp_new");
	must(evhttp_accept_socket(http, listener) == 0, "evhttp_accept_socket");
	evhttp_set_timeout(http, 600);
	evhttp_set_gencb(http, on_first_request, NULL);
	requests = 0;
	last = HTTP_CROWD;
	row = "http.idle";
	event_dispatch();
	must(requests == last, "the server stopped");
	http_client_stop();
	evhttp_free(http);
	event_base_free(base);
}
