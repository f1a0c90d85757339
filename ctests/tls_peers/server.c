/*
 * An HTTP server over TLS on a free port of loopback: `server FILE [NAME FILE]...`, with
 * certificate and key in each file; those behind a name are for clients that ask for it. It prints
 * the port and ends when its standard input does. tests/tls_peers.rs asks it with curl and with
 * openssl.
 *
 *	/		says what was agreed on: version, name of the host
 *	/echo		sends the body back
 *	/large/N	sends N bytes
 */
#include <sys/queue.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <event.h>

#include <evhttp.h>
#include <evhub_tls.h>

static void
must(int holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "server: %s: %s\n", what, evhub_tls_error());
		exit(1);
	}
}

static void
say(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = evbuffer_new();
	const char *name = evhub_tls_server_name(req->evcon);

	(void)arg;
	evbuffer_add_printf(body, "%s %s\n", evhub_tls_version(req->evcon),
	    name != NULL ? name : "-");
	evhttp_send_reply(req, HTTP_OK, "OK", body);
	evbuffer_free(body);
}

static void
echo(struct evhttp_request *req, void *arg)
{
	(void)arg;
	evhttp_send_reply(req, HTTP_OK, "OK", req->input_buffer);
}

static void
large(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = evbuffer_new();
	unsigned long left = 0;

	(void)arg;
	sscanf(evhttp_request_uri(req), "/large/%lu", &left);
	while (left > 0) {
		char piece[4096];
		size_t n = left < sizeof(piece) ? left : sizeof(piece);

		memset(piece, 'x', n);
		evbuffer_add(body, piece, n);
		left -= n;
	}
	evhttp_send_reply(req, HTTP_OK, "OK", body);
	evbuffer_free(body);
}

static void
end(int fd, short what, void *base)
{
	(void)fd;
	(void)what;
	event_base_loopexit(base, NULL);
}

static int
listening(void)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd != -1 && bind(fd, (struct sockaddr *)&address, length) == 0 &&
	    listen(fd, 128) == 0, "socket");
	must(getsockname(fd, (struct sockaddr *)&address, &length) == 0, "socket");
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

int
main(int argc, char **argv)
{
	struct event_base *base = event_init();
	struct evhttp *http = evhttp_new(base);
	struct event input;
	evhub_tls_ctx_t *ctx;
	int i;

	must(argc % 2 == 0 && base != NULL && http != NULL, "arguments");
	must((ctx = evhub_tls_server_ctx_new(argv[1], argv[1])) != NULL, argv[1]);
	for (i = 2; i < argc; i += 2) {
		evhub_tls_ctx_t *other = evhub_tls_server_ctx_new(argv[i + 1], argv[i + 1]);

		must(other != NULL && evhub_tls_ctx_add_name(ctx, argv[i], other) == 0, argv[i]);
		evhub_tls_ctx_free(other);
	}
	must(evhub_tls_set_server(http, ctx) == 0, "server");
	evhub_tls_ctx_free(ctx);
	evhttp_set_cb(http, "/", say, NULL);
	evhttp_set_cb(http, "/echo", echo, NULL);
	evhttp_set_gencb(http, large, NULL);
	must(evhttp_accept_socket(http, listening()) == 0, "listen");
	event_set(&input, 0, EV_READ, end, base);
	event_add(&input, NULL);
	event_base_dispatch(base);
	evhttp_free(http);
	event_base_free(base);
	return 0;
}
