/*
 * A web server. Bodies of any size go through it piece by piece, and it never has more of them than
 * what fits into its memory easily: who sends too fast, or reads too slowly, has to wait.
 *
 *   http_server [PORT [CHAIN KEY]]	prints its port; ends on SIGTERM
 *
 * With two PEM files, a chain of certificates and a key, it speaks HTTP over TLS.
 *
 *   GET /			a page
 *   POST /upload		takes bytes, looks at each, and says how many there were
 *   GET /download?N		N bytes
 *
 * At the end it says how much memory it ever had.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event.h>
#include <evhttp.h>
#include <evhub/http_ext.h>
#include <evhub_tls.h>

#include "http_stream.h"

#define PIECE 65536

static long pages;
static unsigned long long received, sent;

static struct evbuffer *new_buffer(void)
{
	struct evbuffer *buffer = evbuffer_new();

	if (buffer == NULL) {
		perror("evbuffer_new");
		exit(1);
	}
	return buffer;
}

static void on_page(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = new_buffer();

	(void)arg;
	pages++;
	evhttp_add_header(req->output_headers, "Content-Type", "text/html; charset=utf-8");
	evbuffer_add_printf(body, "<!DOCTYPE html>\n<title>evhub</title>\n<p>Hello.\n");
	evhttp_send_reply(req, HTTP_OK, "OK", body);
	evbuffer_free(body);
}

/* Uploads: what is known of one that comes in. */
struct upload {
	unsigned long long length;
	int is_right;
};

static void on_piece(struct evhttp_request *req, void *arg)
{
	struct upload *upload = arg;
	size_t length = EVBUFFER_LENGTH(req->input_buffer);

	upload->is_right &= are_bytes_at(upload->length, EVBUFFER_DATA(req->input_buffer), length);
	upload->length += length;
	received += length;
}

/* The client has gone before it was complete. */
static void on_lost(enum evhttp_request_error error, void *upload)
{
	(void)error;
	free(upload);
}

/* The head has come: from now on the body is shown as it comes. */
static void on_upload_head(struct evhttp_request *req, void *arg)
{
	struct upload *upload = calloc(1, sizeof(*upload));

	(void)arg;
	if (upload == NULL) {
		evhttp_send_error(req, HTTP_SERVUNAVAIL, "No Memory");
		return;
	}
	upload->is_right = 1;
	req->cb_arg = upload;
	evhub_http_request_set_body_cb(req, on_piece);
	evhttp_request_set_error_cb(req, on_lost);
}

/* The body is complete. */
static void on_upload(struct evhttp_request *req, void *arg)
{
	struct upload *upload = req->cb_arg;
	struct evbuffer *body = new_buffer();

	(void)arg;
	evhttp_request_set_error_cb(req, NULL);
	evbuffer_add_printf(body, "%llu bytes, %s\n", upload->length,
	    upload->is_right ? "all of them right" : "some of them wrong");
	free(upload);
	evhttp_send_reply(req, HTTP_OK, "OK", body);
	evbuffer_free(body);
}

/* Downloads: what of one has been sent. */
struct download {
	struct evhttp_request *req;
	unsigned long long at, end;
};

static void end_download(struct download *download)
{
	evhttp_send_reply_end(download->req);
	free(download);
}

/* The client has gone. */
static void on_gone(struct evhttp_connection *connection, void *download)
{
	(void)connection;
	end_download(download);
}

/* Called when there is room for more, and not before. */
static void send_more(struct evhttp_connection *connection, void *arg)
{
	struct download *download = arg;
	struct evbuffer *piece = new_buffer();
	int failed;

	while (download->at < download->end && EVBUFFER_LENGTH(piece) < PIECE) {
		size_t length = PIECE - EVBUFFER_LENGTH(piece);
		const unsigned char *bytes;

		if (length > download->end - download->at)
			length = download->end - download->at;
		bytes = bytes_at(download->at, &length);
		evbuffer_add(piece, bytes, length);
		download->at += length;
	}
	sent += EVBUFFER_LENGTH(piece);
	if (EVBUFFER_LENGTH(piece) == 0) {
		evhttp_connection_set_closecb(connection, NULL, NULL);
		end_download(download);
	} else {
		failed = evhub_http_send_reply_chunk_with_cb(download->req, piece, send_more,
		    download);
		if (failed)
			perror("a piece");
	}
	evbuffer_free(piece);
}

static void on_download(struct evhttp_request *req, void *arg)
{
	const char *query = strchr(evhttp_request_uri(req), '?');
	struct download *download = calloc(1, sizeof(*download));

	(void)arg;
	if (download == NULL) {
		evhttp_send_error(req, HTTP_SERVUNAVAIL, "No Memory");
		return;
	}
	download->req = req;
	download->end = query == NULL ? 0 : strtoull(query + 1, NULL, 10);
	evhttp_add_header(req->output_headers, "Content-Type", "application/octet-stream");
	evhttp_connection_set_closecb(req->evcon, on_gone, download);
	evhttp_send_reply_start(req, HTTP_OK, "OK");
	send_more(req->evcon, download);
}

static void on_term(int signal, short what, void *arg)
{
	(void)signal;
	(void)what;
	(void)arg;
	event_loopexit(NULL);
}

/* The most memory that this process ever had, in KiB. */
static long peak(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[200];
	long kib = -1;

	while (file != NULL && kib == -1 && fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "VmHWM: %ld", &kib);
	if (file != NULL)
		fclose(file);
	return kib;
}

/* Listens on a port, or on a free one if that is 0, and prints which. */
static void listen_on(struct evhttp *http, int port)
{
	struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", port);
	struct sockaddr_in address;
	socklen_t length = sizeof(address);

	if (bound == NULL || getsockname(evhttp_bound_socket_get_fd(bound),
	    (struct sockaddr *)&address, &length) == -1) {
		perror("cannot listen");
		exit(1);
	}
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
}

static void use_tls(struct evhttp *http, const char *chain, const char *key)
{
	evhub_tls_ctx_t *ctx = evhub_tls_server_ctx_new(chain, key);

	if (ctx == NULL || evhub_tls_set_server(http, ctx) == -1) {
		fprintf(stderr, "TLS: %s\n", evhub_tls_error());
		exit(1);
	}
	/* The server has it now. */
	evhub_tls_ctx_free(ctx);
}

int main(int argc, char **argv)
{
	struct event_base *base = event_init();
	struct evhttp *http = evhttp_new(base);
	struct event term;

	if (http == NULL) {
		perror("evhttp_new");
		return 1;
	}
	if (argc > 3)
		use_tls(http, argv[2], argv[3]);
	listen_on(http, argc > 1 ? atoi(argv[1]) : 0);
	evhttp_set_cb(http, "/", on_page, NULL);
	evhttp_set_cb(http, "/upload", on_upload, NULL);
	evhub_http_set_head_cb(http, "/upload", on_upload_head, NULL);
	evhttp_set_cb(http, "/download", on_download, NULL);
	signal_set(&term, SIGTERM, on_term, NULL);
	signal_add(&term, NULL);
	event_dispatch();
	evhttp_free(http);
	signal_del(&term);
	event_base_free(base);
	fprintf(stderr, "%ld pages, %llu bytes came, %llu went, at most %ld KiB of memory\n",
	    pages, received, sent, peak());
	return 0;
}
