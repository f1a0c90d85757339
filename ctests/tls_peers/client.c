/*
 * Asks a server on loopback over TLS, twice: `client AUTHORITIES HOST PORT TARGET`. Prints for each
 * reply its code and its length, or why there is none. tests/tls_peers.rs has it ask servers of
 * openssl's.
 */
#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <event.h>

#include <evhttp.h>
#include <evhub_tls.h>

static int left = 2;
static struct evhttp_connection *evcon;

static void
print(struct evhttp_request *req, void *base)
{
	if (req != NULL && req->response_code != 0)
		printf("%d %zu\n", req->response_code, EVBUFFER_LENGTH(req->input_buffer));
	else
		printf("none: %s\n", evhub_tls_error());
	if (--left == 0)
		event_base_loopexit(base, NULL);
}

static void
must(int holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "client: %s: %s\n", what, evhub_tls_error());
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	struct event_base *base = event_init();
	evhub_tls_ctx_t *ctx = evhub_tls_client_ctx_new();
	int i;

	must(argc == 5 && ctx != NULL && base != NULL, "arguments");
	must(evhub_tls_ctx_set_ca(ctx, argv[1], NULL) == 0, argv[1]);
	evcon = evhttp_connection_new("127.0.0.1", (unsigned short)atoi(argv[3]));
	must(evcon != NULL, "connection");
	evhttp_connection_set_base(evcon, base);
	must(evhub_tls_set_connection(evcon, ctx, argv[2]) == 0, argv[2]);
	evhub_tls_ctx_free(ctx);
	for (i = 0; i < 2; i++)
		must(evhttp_make_request(evcon, evhttp_request_new(print, base), EVHTTP_REQ_GET,
		    argv[4]) == 0, "request");
	event_base_dispatch(base);
	evhttp_connection_free(evcon);
	event_base_free(base);
	return 0;
}
