/* A server under test, and programs that answer its requests. */
#ifndef EVHUB_CTESTS_HTTP_SERVING_H
#define EVHUB_CTESTS_HTTP_SERVING_H

#include "peers.h"

/* Headers, as programs get at them that walk the lists. */

static inline const char *
header(struct evkeyvalq *headers, const char *name)
{
	struct evkeyval *one;

	TAILQ_FOREACH(one, headers, next) {
		if (strcasecmp(one->key, name) == 0)
			return one->value;
	}
	return NULL;
}

static inline void
add_header(struct evhttp_request *req, const char *name, const char *value)
{
	struct evkeyval *one = calloc(1, sizeof(*one));

	CHECK(one != NULL);
	one->key = strdup(name);
	one->value = strdup(value);
	TAILQ_INSERT_TAIL(req->output_headers, one, next);
}

/* Programs */

static struct evhttp *http;
static int fds_before;

/* What reached the program: "METHOD TARGET VERSION{name=value;}body\n" each. */
static int calls;
static char *requests;
static size_t requests_length, requests_room;

static struct evhttp_request *kept[1024];
static int keeping;

static inline void
note_text(const char *text, size_t length)
{
	if (requests == NULL || requests_length + length >= requests_room) {
		requests_room = 2 * (requests_length + length) + 65536;
		CHECK((requests = realloc(requests, requests_room)) != NULL);
	}
	memcpy(requests + requests_length, text, length);
	requests_length += length;
	requests[requests_length] = '\0';
}

static inline void
note_string(const char *text)
{
	note_text(text, strlen(text));
}

static inline void
forget(void)
{
	calls = 0;
	requests_length = 0;
	note_text("", 0);
}

static inline const char *
method_of(const struct evhttp_request *req)
{
	static const char *const names[] = { "GET", "POST", "HEAD" };

	CHECK((unsigned)req->type < COUNT(names));
	return names[req->type];
}

static inline void
note_request(struct evhttp_request *req)
{
	struct evkeyval *one;
	char version[32];

	calls++;
	note_string(method_of(req));
	note_string(" ");
	note_string(evhttp_request_uri(req));
	snprintf(version, sizeof(version), " %d.%d{", req->major, req->minor);
	note_string(version);
	TAILQ_FOREACH(one, req->input_headers, next) {
		note_string(one->key);
		note_string("=");
		note_string(one->value);
		note_string(";");
	}
	note_string("}");
	note_text((char *)EVBUFFER_DATA(req->input_buffer), EVBUFFER_LENGTH(req->input_buffer));
	note_string("\n");
}

static inline void
send_text(struct evhttp_request *req, const char *text)
{
	struct evbuffer *body = evbuffer_new();

	evbuffer_add(body, (void *)text, strlen(text));
	evhttp_send_reply(req, HTTP_OK, "OK", body);
	CHECK_INT(EVBUFFER_LENGTH(body), 0);
	evbuffer_free(body);
}

/* Says the method and the target, or what the handler was registered with. */
static inline void
echo(struct evhttp_request *req, void *arg)
{
	char text[256];

	note_request(req);
	snprintf(text, sizeof(text), "%s %.200s", method_of(req),
	    arg != NULL ? (const char *)arg : evhttp_request_uri(req));
	send_text(req, text);
}

/* To be answered later. */
static inline void
keep(struct evhttp_request *req, void *arg)
{
	(void)arg;
	note_request(req);
	CHECK(keeping < (int)COUNT(kept));
	kept[keeping++] = req;
}

/* A socket that listens, on a port of the system's choice. */
static inline int
listening(int flags)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	CHECK(fd != -1);
	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_INT(bind(fd, (struct sockaddr *)&address, length), 0);
	CHECK_INT(listen(fd, 512), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	port = ntohs(address.sin_port);
	return fd;
}

/* A base, and a server on it whose every request goes to the handler. */
static inline void
serve(void (*handler)(struct evhttp_request *, void *))
{
	fds_before = open_fds();
	init_base();
	forget();
	keeping = 0;
	CHECK((http = evhttp_new(current_base)) != NULL);
	CHECK_INT(evhttp_accept_socket(http, listening(SOCK_NONBLOCK)), 0);
	evhttp_set_gencb(http, handler, NULL);
}

/* The clients are closed; of the server nothing is left in the loop. */
static inline void
finish(void)
{
	rounds();
	if (http != NULL)
		evhttp_free(http);
	http = NULL;
	CHECK_INT(event_dispatch(), 1);
	event_base_free(current_base);
	CHECK_INT(open_fds(), fds_before);
	free(requests);
	requests = NULL;
}

#endif
