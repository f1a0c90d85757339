/* Our client, before a server of ours. */
#ifndef EVHUB_CTESTS_TLS_ASKING_H
#define EVHUB_CTESTS_TLS_ASKING_H

#include "tls.h"

/* The last reply: -1 for none, the request was NULL. */
static int replies, last_code;
static char *body;
static size_t body_length;

static inline void
note_reply(struct evhttp_request *req, void *arg)
{
	(void)arg;
	replies++;
	last_code = -1;
	free(body);
	body = NULL;
	body_length = 0;
	if (req != NULL) {
		last_code = req->response_code;
		body_length = EVBUFFER_LENGTH(req->input_buffer);
		body = calloc(1, body_length + 1);
		memcpy(body, EVBUFFER_DATA(req->input_buffer), body_length);
	}
}

static inline void
send_back(struct evhttp_request *req, void *arg)
{
	(void)arg;
	calls++;
	evhttp_send_reply(req, HTTP_OK, "OK", req->input_buffer);
}

static inline void
start(void)
{
	serve_tls(echo);
}

static inline void
stop(void)
{
	finish_tls();
	free(body);
	body = NULL;
}

static inline evhub_tls_ctx_t *
trusting_root(void)
{
	evhub_tls_ctx_t *ctx = evhub_tls_client_ctx_new();

	CHECK(ctx != NULL);
	CHECK_INT(evhub_tls_ctx_set_ca(ctx, root.file, NULL), 0);
	return ctx;
}

/* A connection to this machine; host NULL: by its address. The context is given away. */
static inline struct evhttp_connection *
client_of(evhub_tls_ctx_t *ctx, const char *host)
{
	struct evhttp_connection *evcon = evhttp_connection_new("127.0.0.1", (unsigned short)port);

	CHECK(evcon != NULL && ctx != NULL);
	evhttp_connection_set_base(evcon, current_base);
	if (evhub_tls_set_connection(evcon, ctx, host) != 0)
		test_fail(__FILE__, __LINE__, "%s", evhub_tls_error());
	evhub_tls_ctx_free(ctx);
	return evcon;
}

/* Asks so many times, one after the other, and ends the connection. */
static inline void
ask_all(struct evhttp_connection *evcon, int times, int code)
{
	int i;

	for (i = 0; i < times; i++) {
		int before = replies;

		CHECK_INT(evhttp_make_request(evcon, evhttp_request_new(note_reply, NULL),
		    EVHTTP_REQ_GET, "/"), 0);
		UNTIL(replies > before);
		if (last_code != code)
			test_fail(__FILE__, __LINE__, "code %d, want %d: %s", last_code, code,
			    evhub_tls_error());
	}
	evhttp_connection_free(evcon);
}

#endif
