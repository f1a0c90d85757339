/*
 * A server for clients of others. It listens on a free port of loopback, which it prints, and ends
 * with its standard input. `server strict` reads requests to the letter; `server unix PATH` listens
 * there, too. All methods that have a name reach it.
 *
 *   /page          a short text
 *   /bytes?N       N bytes that anybody can check
 *   /chunks?N      the same, chunk by chunk, each in a round of its own
 *   /copy          the body that was sent
 *   /later         a short text, after a while
 *   /status?N      that status, with a body if there may be one
 *   anything else  what was asked: "METHOD TARGET VERSION", the headers, an empty line, the body
 */
#include <sys/queue.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event.h>
#include <evhttp.h>
#include <http_ext.h>

static void
must(int holds, const char *what)
{
	if (!holds) {
		perror(what);
		exit(1);
	}
}

static struct evbuffer *
new_buffer(void)
{
	struct evbuffer *buffer = evbuffer_new();

	must(buffer != NULL, "evbuffer_new");
	return buffer;
}

static const char *
query_of(struct evhttp_request *req)
{
	const char *query = strchr(evhttp_request_uri(req), '?');

	return query == NULL ? "" : query + 1;
}

/* Sends what is in the buffer, and frees that. */
static void
reply(struct evhttp_request *req, int code, const char *reason, struct evbuffer *body)
{
	evhttp_send_reply(req, code, reason, body);
	evbuffer_free(body);
}

static void
on_page(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = new_buffer();

	(void)arg;
	evhttp_add_header(req->output_headers, "Content-Type", "text/plain");
	evbuffer_add_printf(body, "hello, world\n");
	reply(req, HTTP_OK, "OK", body);
}

/* Bytes as they are at a place of an endless text. */
static void
add_bytes(struct evbuffer *buffer, unsigned long from, unsigned long count)
{
	unsigned char part[4096];
	size_t n, i;

	for (; count > 0; from += n, count -= n) {
		n = count < sizeof(part) ? count : sizeof(part);
		for (i = 0; i < n; i++)
			part[i] = (unsigned char)((from + i) * 2654435761u >> 16);
		must(evbuffer_add(buffer, part, n) == 0, "evbuffer_add");
	}
}

static void
on_bytes(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = new_buffer();

	(void)arg;
	evhttp_add_header(req->output_headers, "Content-Type", "application/octet-stream");
	add_bytes(body, 0, strtoul(query_of(req), NULL, 10));
	reply(req, HTTP_OK, "OK", body);
}

struct stream {
	struct evhttp_request *req;
	struct event next;
	unsigned long at, end;
};

/* The client has gone; the request is ours still. */
static void
on_gone(struct evhttp_connection *evcon, void *arg)
{
	struct stream *stream = arg;

	(void)evcon;
	event_del(&stream->next);
	evhttp_send_reply_end(stream->req);
	free(stream);
}

static void
go_on(int fd, short what, void *arg)
{
	struct stream *stream = arg;
	struct timeval at_once = { 0, 0 };
	unsigned long length = 1 + stream->at % 5000;

	(void)fd;
	(void)what;
	if (length > stream->end - stream->at)
		length = stream->end - stream->at;
	if (length > 0) {
		struct evbuffer *chunk = new_buffer();

		add_bytes(chunk, stream->at, length);
		stream->at += length;
		evhttp_send_reply_chunk(stream->req, chunk);
		evbuffer_free(chunk);
		must(evtimer_add(&stream->next, &at_once) == 0, "evtimer_add");
		return;
	}
	evhttp_connection_set_closecb(stream->req->evcon, NULL, NULL);
	evhttp_send_reply_end(stream->req);
	free(stream);
}

static void
on_chunks(struct evhttp_request *req, void *arg)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	(void)arg;
	must(stream != NULL, "calloc");
	stream->req = req;
	stream->end = strtoul(query_of(req), NULL, 10);
	evtimer_set(&stream->next, go_on, stream);
	evhttp_connection_set_closecb(req->evcon, on_gone, stream);
	evhttp_send_reply_start(req, HTTP_OK, "OK");
	go_on(-1, 0, stream);
}

static void
on_copy(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = new_buffer();

	(void)arg;
	evbuffer_add_buffer(body, req->input_buffer);
	reply(req, HTTP_OK, "OK", body);
}

static void
on_time(int fd, short what, void *req)
{
	(void)fd;
	(void)what;
	on_page(req, NULL);
}

static void
on_later(struct evhttp_request *req, void *arg)
{
	struct timeval after = { 0, 20000 };

	(void)arg;
	must(event_once(-1, EV_TIMEOUT, on_time, req, &after) == 0, "event_once");
}

static void
on_status(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = new_buffer();
	int code = atoi(query_of(req));

	(void)arg;
	evbuffer_add_printf(body, "status %d\n", code);
	reply(req, code, "As Asked", body);
}

static const char *
method_of(const struct evhttp_request *req)
{
	static const char *const names[] = { "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS",
		"TRACE", "CONNECT", "PATCH" };

	return (unsigned)req->type < 9 ? names[req->type] : "?";
}

static void
on_other(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = new_buffer();
	struct evkeyval *header;

	(void)arg;
	evbuffer_add_printf(body, "%s %s %d.%d\n", method_of(req), evhttp_request_uri(req),
	    req->major, req->minor);
	TAILQ_FOREACH(header, req->input_headers, next)
		evbuffer_add_printf(body, "%s: %s\n", header->key, header->value);
	evbuffer_add_printf(body, "\n");
	evbuffer_add_buffer(body, req->input_buffer);
	reply(req, HTTP_OK, "OK", body);
}

static void
at_end(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	event_loopexit(NULL);
}

static int
listening(int *port)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	must(fd != -1, "socket");
	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(bind(fd, (struct sockaddr *)&address, length) == 0, "bind");
	must(listen(fd, 512) == 0, "listen");
	must(getsockname(fd, (struct sockaddr *)&address, &length) == 0, "getsockname");
	*port = ntohs(address.sin_port);
	return fd;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*handler)(struct evhttp_request *, void *);
	} paths[] = {
		{ "/page", on_page }, { "/bytes", on_bytes }, { "/chunks", on_chunks },
		{ "/copy", on_copy }, { "/later", on_later }, { "/status", on_status },
	};
	struct evhttp *http;
	struct event end;
	size_t i;
	int port, fd = listening(&port);

	alarm(500);
	event_init();
	must((http = evhttp_new(NULL)) != NULL, "evhttp_new");
	evhttp_set_allowed_methods(http, EVHUB_HTTP_GET | EVHUB_HTTP_POST | EVHUB_HTTP_HEAD |
	    EVHUB_HTTP_PUT | EVHUB_HTTP_DELETE | EVHUB_HTTP_OPTIONS | EVHUB_HTTP_PATCH);
	if (argc > 1 && strcmp(argv[1], "strict") == 0)
		evhub_http_set_strict(http, 1);
	if (argc > 2 && strcmp(argv[1], "unix") == 0)
		must(evhub_http_bind_unix(http, argv[2]) != NULL, argv[2]);
	must(evhttp_accept_socket(http, fd) == 0, "evhttp_accept_socket");
	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		evhttp_set_cb(http, paths[i].path, paths[i].handler, NULL);
	evhttp_set_gencb(http, on_other, NULL);
	event_set(&end, STDIN_FILENO, EV_READ, at_end, NULL);
	must(event_add(&end, NULL) == 0, "event_add");
	printf("%d\n", port);
	fflush(stdout);
	must(event_dispatch() == 0, "event_dispatch");
	evhttp_free(http);
	event_base_free(NULL);
	return 0;
}
