/*
 * Asks a server of others, server.py, over one connection after the other: client PORT. Many
 * requests wait on each; every byte of the replies is looked at.
 */
#include <sys/queue.h>
#include <sys/types.h>
#include <sys/time.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event.h>
#include <evhttp.h>
#include <http_ext.h>

static void
must(int holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "%s\n", what);
		exit(1);
	}
}

/* What is asked, and what comes back. */
static const struct ask {
	enum evhttp_cmd_type method;
	const char *target;
	size_t body;		/* bytes of the request's body */
	int code;
	size_t reply;		/* bytes of the reply's body */
} asks[] = {
	{ EVHTTP_REQ_GET, "/bytes?0", 0, 200, 0 },
	{ EVHTTP_REQ_GET, "/bytes?1", 0, 200, 1 },
	{ EVHTTP_REQ_GET, "/bytes?300000", 0, 200, 300000 },
	{ EVHTTP_REQ_HEAD, "/bytes?300000", 0, 200, 0 },
	{ EVHTTP_REQ_GET, "/chunks?0", 0, 200, 0 },
	{ EVHTTP_REQ_GET, "/chunks?200000", 0, 200, 200000 },
	{ EVHTTP_REQ_POST, "/copy", 0, 200, 0 },
	{ EVHTTP_REQ_POST, "/copy", 5, 200, 5 },
	{ EVHTTP_REQ_POST, "/copy", 500000, 200, 500000 },
	{ EVHTTP_REQ_PUT, "/copy", 70000, 200, 70000 },
	{ EVHTTP_REQ_DELETE, "/copy", 0, 200, 0 },
	{ EVHTTP_REQ_GET, "/status?204", 0, 204, 0 },
	{ EVHTTP_REQ_GET, "/status?304", 0, 304, 0 },
	{ EVHTTP_REQ_GET, "/status?404", 0, 404, 0 },
	{ EVHTTP_REQ_GET, "/interim?1000", 0, 200, 1000 },
	{ EVHTTP_REQ_GET, "/close?1000", 0, 200, 1000 },
	{ EVHTTP_REQ_GET, "/end?100000", 0, 200, 100000 },
	{ EVHTTP_REQ_GET, "/bytes?2", 0, 200, 2 },
};

enum { ASKS = sizeof(asks) / sizeof(*asks), ROUNDS = 5 };

static int answered;

static unsigned char
byte_at(size_t place)
{
	return (unsigned char)((uint32_t)place * 2654435761u >> 16);
}

static void
add_bytes(struct evbuffer *buffer, size_t length)
{
	size_t at;

	for (at = 0; at < length; at++) {
		unsigned char byte = byte_at(at);

		must(evbuffer_add(buffer, &byte, 1) == 0, "evbuffer_add");
	}
}

static void
on_reply(struct evhttp_request *req, void *arg)
{
	const struct ask *ask = arg;
	size_t at;

	must(req != NULL && ask == &asks[answered % ASKS], ask->target);
	if (req->response_code != ask->code ||
	    EVBUFFER_LENGTH(req->input_buffer) != ask->reply) {
		fprintf(stderr, "%s: %d with %zu bytes\n", ask->target, req->response_code,
		    EVBUFFER_LENGTH(req->input_buffer));
		exit(1);
	}
	for (at = 0; at < ask->reply; at++)
		must(EVBUFFER_DATA(req->input_buffer)[at] == byte_at(at), ask->target);
	if (++answered == ASKS * ROUNDS)
		event_loopexit(NULL);
}

int
main(int argc, char **argv)
{
	struct evhttp_connection *connection;
	int i;

	alarm(120);
	must(argc == 2, "which port?");
	event_init();
	connection = evhttp_connection_new("127.0.0.1", (unsigned short)atoi(argv[1]));
	must(connection != NULL, "evhttp_connection_new");
	for (i = 0; i < ASKS * ROUNDS; i++) {
		const struct ask *ask = &asks[i % ASKS];
		struct evhttp_request *req = evhttp_request_new(on_reply, (void *)ask);

		must(req != NULL, "evhttp_request_new");
		evhttp_add_header(req->output_headers, "X-Ask", ask->target);
		add_bytes(req->output_buffer, ask->body);
		must(evhttp_make_request(connection, req, ask->method, ask->target) == 0,
		    "evhttp_make_request");
	}
	must(event_dispatch() == 0 && answered == ASKS * ROUNDS, "the loop ended");
	evhttp_connection_free(connection);
	event_base_free(NULL);
	puts("passed");
	return 0;
}
