/*
 * Clients and servers of OpenSSL's own, in the loop of the test: what they send and what they get
 * goes through memory, so that a test can hold it back, cut it, or spoil it.
 */
#ifndef EVHUB_CTESTS_TLS_H
#define EVHUB_CTESTS_TLS_H

#include "http/serving.h"
#include "certs.h"

#include <evhub_tls.h>

#include <openssl/ssl.h>

struct speaker {
	struct peer peer;		/* hears what was decrypted */
	SSL *ssl;
	BIO *in, *out;
	int holds;			/* what is to be sent stays in out */
	int failed;			/* OpenSSL is not content, */
	unsigned long why;		/* with this */
	int said_end;			/* the other side has sent close_notify */
};

/* Sends what is due, at most so many bytes. */
static inline size_t
let_out(struct speaker *s, size_t most)
{
	char bytes[65536];
	size_t total = 0;

	while (total < most) {
		size_t wanted = most - total < sizeof(bytes) ? most - total : sizeof(bytes);
		int n = BIO_read(s->out, bytes, (int)wanted);

		if (n <= 0)
			break;
		say_bytes(&s->peer, bytes, (size_t)n);
		total += (size_t)n;
	}
	return total;
}

/* Is that the end of what can be done now? */
static inline int
is_stuck(struct speaker *s, int result)
{
	int error = SSL_get_error(s->ssl, result);

	if (result > 0)
		return 0;
	if (error == SSL_ERROR_ZERO_RETURN) {
		s->said_end = 1;
	} else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
		s->failed = 1;
		s->why = ERR_peek_error();
	}
	ERR_clear_error();
	return 1;
}

static inline void
go_on(struct speaker *s)
{
	struct peer *p = &s->peer;

	ERR_clear_error();
	while (!s->failed && !s->said_end) {
		int n;

		if (p->room - p->length <= 65536) {
			p->room = 2 * p->room + 65536;
			CHECK((p->in = realloc(p->in, p->room)) != NULL);
		}
		n = SSL_read(s->ssl, p->in + p->length, 65535);
		if (is_stuck(s, n))
			break;
		p->length += (size_t)n;
		p->in[p->length] = '\0';
	}
	if (!s->holds)
		let_out(s, (size_t)-1);
}

static inline void
speaker_reads(int fd, short what, void *arg)
{
	struct speaker *s = arg;
	char bytes[65536];
	ssize_t n;

	(void)what;
	n = syscall(SYS_recvfrom, fd, bytes, sizeof(bytes), 0, NULL, NULL);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		s->peer.ended = 1;
		s->peer.was_reset = n == -1;
		event_del(&s->peer.event);
		return;
	}
	CHECK_INT(BIO_write(s->in, bytes, (int)n), n);
	go_on(s);
}

/* Speaks over a socket; the context is the caller's. */
static inline void
speak(struct speaker *s, SSL_CTX *ctx, int fd, int is_server)
{
	memset(s, 0, sizeof(*s));
	s->peer.fd = fd;
	s->peer.room = 256 << 10;
	CHECK((s->peer.in = calloc(1, s->peer.room)) != NULL);
	CHECK((s->ssl = SSL_new(ctx)) != NULL);
	CHECK((s->in = BIO_new(BIO_s_mem())) != NULL && (s->out = BIO_new(BIO_s_mem())) != NULL);
	BIO_set_mem_eof_return(s->in, -1);
	BIO_set_mem_eof_return(s->out, -1);
	SSL_set_bio(s->ssl, s->in, s->out);
	if (is_server)
		SSL_set_accept_state(s->ssl);
	else
		SSL_set_connect_state(s->ssl);
	event_set(&s->peer.event, fd, EV_READ | EV_PERSIST, speaker_reads, s);
	CHECK_INT(event_add(&s->peer.event, NULL), 0);
}

static inline void
shake_hands(struct speaker *s)
{
	go_on(s);
	UNTIL(SSL_is_init_finished(s->ssl) || s->failed || s->peer.ended);
}

/* What a client trusts. */
static inline SSL_CTX *
trusting(const struct identity *root)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	CHECK(ctx != NULL);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	CHECK_INT(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), root->certificate), 1);
	return ctx;
}

static inline void
say_tls_bytes(struct speaker *s, const void *bytes, size_t length)
{
	const char *next = bytes;

	while (length > 0 && !s->failed) {
		int part = length > 1 << 20 ? 1 << 20 : (int)length;
		int n = SSL_write(s->ssl, next, part);

		if (is_stuck(s, n))
			break;
		next += n;
		length -= (size_t)n;
		if (!s->holds)
			let_out(s, (size_t)-1);
	}
}

static inline void
say_tls(struct speaker *s, const char *text)
{
	say_tls_bytes(s, text, strlen(text));
}

/* Says that it says nothing more. */
static inline void
say_tls_end(struct speaker *s)
{
	SSL_shutdown(s->ssl);
	ERR_clear_error();
	let_out(s, (size_t)-1);
}

static inline void
hang_up(struct speaker *s)
{
	close_peer(&s->peer);
	SSL_free(s->ssl);
	s->ssl = NULL;
}

/* The server under test, and what its clients need */

static struct identity root, own;
static SSL_CTX *client_ctx;

/* As serve(), over TLS; the port is the caller's from now on. */
static inline void
serve_with(evhub_tls_ctx_t *ctx, void (*handler)(struct evhttp_request *, void *))
{
	serve(handler);
	if (ctx == NULL)
		test_fail(__FILE__, __LINE__, "%s", evhub_tls_error());
	CHECK_INT(evhub_tls_set_server(http, ctx), 0);
	evhub_tls_ctx_free(ctx);
}

static inline evhub_tls_ctx_t *
own_ctx(void)
{
	if (root.certificate == NULL) {
		root = authority("the root of the tests");
		own = for_names(&root, LOCAL_NAMES);
		client_ctx = trusting(&root);
	}
	return evhub_tls_server_ctx_new(own.file, own.file);
}

static inline void
serve_tls(void (*handler)(struct evhttp_request *, void *))
{
	serve_with(own_ctx(), handler);
}

static inline void
open_speaker(struct speaker *s)
{
	speak(s, client_ctx, connected(0), 0);
}

static inline void
finish_tls(void)
{
	finish();
	SSL_CTX_free(client_ctx);
	drop(&own);
	drop(&root);
	memset(&root, 0, sizeof(root));
}

#endif
