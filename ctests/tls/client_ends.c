/*
 * Servers of OpenSSL's own that our client asks: how they end, what they say besides, what they do
 * wrong. Proves rows C17, S02 and S06 of the bad inputs.
 */
#include "asking.h"

/* A server that takes one connection after the other; the test says what it sends. */
static SSL_CTX *server_ctx;
static struct speaker server;
static struct event listener;
static int accepted;

static void
take(int fd, short what, void *arg)
{
	int one = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	(void)arg;
	if (one == -1)
		return;
	if (server.ssl != NULL)
		hang_up(&server);
	accepted++;
	speak(&server, server_ctx, one, 1);
}

static void
open_server(void)
{
	fds_before = open_fds();
	init_base();
	evhub_tls_ctx_free(own_ctx());
	CHECK((server_ctx = SSL_CTX_new(TLS_server_method())) != NULL);
	CHECK_INT(SSL_CTX_use_certificate(server_ctx, own.certificate), 1);
	CHECK_INT(SSL_CTX_use_PrivateKey(server_ctx, own.key), 1);
	event_set(&listener, listening(SOCK_NONBLOCK), EV_READ | EV_PERSIST, take, NULL);
	CHECK_INT(event_add(&listener, NULL), 0);
}

static void
close_server(struct evhttp_connection *evcon)
{
	evhttp_connection_free(evcon);
	if (server.ssl != NULL)
		hang_up(&server);
	event_del(&listener);
	close(listener.ev_fd);
	SSL_CTX_free(server_ctx);
	finish_tls();
}

static struct evhttp_connection *
client(void)
{
	return client_of(trusting_root(), "localhost");
}

static void
ask(struct evhttp_connection *evcon)
{
	CHECK_INT(evhttp_make_request(evcon, evhttp_request_new(note_reply, NULL),
	    EVHTTP_REQ_GET, "/"), 0);
}

/* The server has a request. */
static void
await_request(void)
{
	UNTIL(server.ssl != NULL && server.peer.length > server.peer.at &&
	    strstr(server.peer.in + server.peer.at, "\r\n\r\n") != NULL);
	server.peer.at = server.peer.length;
}

static void
answer(const char *text)
{
	await_request();
	say_tls(&server, text);
}

#define UNTIL_CLOSE "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it"
#define LENGTH "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"

TEST(bodies_until_the_end)
{
	struct evhttp_connection *evcon;

	open_server();
	ask(evcon = client());
	answer(UNTIL_CLOSE);
	say_tls_end(&server);
	UNTIL(replies == 1);
	CHECK_INT(last_code, 200);
	CHECK_STR(body, "all of it");
	close_server(evcon);
}

/* Nobody knows whether it was all of it. */
TEST(bodies_that_are_cut)
{
	struct evhttp_connection *evcon;

	open_server();
	ask(evcon = client());
	answer(UNTIL_CLOSE);
	rounds();
	CHECK_INT(replies, 0);
	hang_up(&server);
	UNTIL(replies == 1);
	CHECK_INT(last_code, -1);
	CHECK(strstr(evhub_tls_error(), "close_notify") != NULL);

	/* All at once: what has come is read first. */
	ask(evcon);
	await_request();
	server.holds = 1;
	say_tls(&server, UNTIL_CLOSE);
	let_out(&server, (size_t)-1);
	hang_up(&server);
	UNTIL(replies == 2);
	CHECK_INT(last_code, -1);
	close_server(evcon);
}

TEST(cuts_that_are_allowed)
{
	struct evhttp_connection *evcon;
	evhub_tls_ctx_t *ctx;

	open_server();
	ctx = trusting_root();
	CHECK_INT(evhub_tls_ctx_allow_truncation(ctx, 1), 0);
	ask(evcon = client_of(ctx, "localhost"));
	answer(UNTIL_CLOSE);
	hang_up(&server);
	UNTIL(replies == 1);
	CHECK_INT(last_code, 200);
	CHECK_STR(body, "all of it");

	/* But not in the middle of a handshake. */
	ask(evcon);
	UNTIL(accepted == 2);
	hang_up(&server);
	UNTIL(replies == 2);
	CHECK_INT(last_code, -1);
	close_server(evcon);
}

/* Where nothing can be missing, no end need be said. */
TEST(bodies_with_a_length)
{
	struct evhttp_connection *evcon;

	open_server();
	ask(evcon = client());
	await_request();
	server.holds = 1;
	say_tls(&server, LENGTH);
	let_out(&server, (size_t)-1);
	hang_up(&server);
	UNTIL(replies == 1);
	CHECK_INT(last_code, 200);
	CHECK_STR(body, "body");
	/* The next request finds that there is no connection any more. */
	rounds();
	ask(evcon);
	answer(LENGTH);
	UNTIL(replies == 2);
	CHECK_INT(last_code, 200);
	CHECK_INT(accepted, 2);

	ask(evcon);
	answer("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\nnot all");
	say_tls_end(&server);
	UNTIL(replies == 3);
	CHECK_INT(last_code, -1);
	close_server(evcon);
}

/* Tickets, new keys: what TLS has to say to TLS ends no connection. */
TEST(what_servers_say_besides)
{
	struct evhttp_connection *evcon;
	int i;

	open_server();
	ask(evcon = client());
	answer(LENGTH);
	UNTIL(replies == 1);
	for (i = 2; i < 6; i++) {
		CHECK_INT(SSL_new_session_ticket(server.ssl), 1);
		SSL_do_handshake(server.ssl);
		CHECK_INT(SSL_key_update(server.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
		SSL_do_handshake(server.ssl);
		ERR_clear_error();
		let_out(&server, (size_t)-1);
		if (i % 2 == 0)
			rounds();
		ask(evcon);
		answer(LENGTH);
		UNTIL(replies == i);
		CHECK_INT(last_code, 200);
	}
	CHECK_INT(accepted, 1);
	/* An end is one; the next request goes over another connection. */
	say_tls_end(&server);
	rounds();
	ask(evcon);
	answer(LENGTH);
	UNTIL(replies == 6);
	CHECK_INT(last_code, 200);
	CHECK_INT(accepted, 2);
	close_server(evcon);
}

/* Several replies' worth of records at once, and the end behind them. */
TEST(all_records_at_once)
{
	enum { LENGTH_OF_BODY = 300000 };
	struct evhttp_connection *evcon;
	char *bytes = malloc(LENGTH_OF_BODY);

	memset(bytes, 'x', LENGTH_OF_BODY);
	open_server();
	ask(evcon = client());
	await_request();
	server.holds = 1;
	say_tls(&server, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	say_tls_bytes(&server, bytes, LENGTH_OF_BODY);
	SSL_shutdown(server.ssl);
	let_out(&server, (size_t)-1);
	UNTIL(replies == 1);
	CHECK_INT(last_code, 200);
	CHECK_INT(body_length, LENGTH_OF_BODY);
	free(bytes);
	close_server(evcon);
}

static int
choose_another(SSL *ssl, const unsigned char **out, unsigned char *length,
    const unsigned char *in, unsigned in_length, void *arg)
{
	(void)ssl;
	(void)arg;
	CHECK(in_length == 9 && memcmp(in, "\x08http/1.1", 9) == 0);
	*out = (const unsigned char *)"h2";
	*length = 2;
	return SSL_TLSEXT_ERR_OK;
}

TEST_ONCE(servers_that_choose_what_was_not_offered)
{
	struct evhttp_connection *evcon;

	open_server();
	SSL_CTX_set_alpn_select_cb(server_ctx, choose_another, NULL);
	ask(evcon = client());
	UNTIL(replies == 1);
	CHECK_INT(last_code, -1);
	close_server(evcon);
}

/* A server that does not go on: the handshake has its time. */
TEST(handshakes_that_do_not_end)
{
	struct evhttp_connection *evcon;
	evhub_tls_ctx_t *ctx;

	open_server();
	ctx = trusting_root();
	CHECK_INT(evhub_tls_ctx_set_handshake_timeout(ctx, 1), 0);
	ask(evcon = client_of(ctx, "localhost"));
	UNTIL(accepted == 1);
	server.holds = 1;
	UNTIL(replies == 1);
	CHECK_INT(last_code, -1);
	close_server(evcon);
}

/* Servers that speak something else, or nothing. */
TEST(servers_without_tls)
{
	struct evhttp_connection *evcon;
	int i;

	open_server();
	evcon = client();
	for (i = 1; i <= 3; i++) {
		ask(evcon);
		UNTIL(accepted == i);
		if (i == 1)
			say(&server.peer, "HTTP/1.1 400 Bad Request\r\n\r\n");
		else if (i == 2)
			say_bytes(&server.peer, "\x15\x03\x01", 3);
		hang_up(&server);
		UNTIL(replies == i);
		CHECK_INT(last_code, -1);
	}
	close_server(evcon);
}

TEST(replies_byte_by_byte)
{
	struct evhttp_connection *evcon;

	open_server();
	ask(evcon = client());
	UNTIL(accepted == 1);
	server.holds = 1;
	UNTIL((let_out(&server, 1), server.peer.length > 0));
	say_tls(&server, LENGTH);
	UNTIL((let_out(&server, 1), replies == 1));
	CHECK_INT(last_code, 200);
	CHECK_STR(body, "body");
	close_server(evcon);
}

/* New keys are asked for while nothing can be sent: both directions go on when there is room. */
TEST(new_keys_while_a_request_is_on_its_way)
{
	enum { LENGTH_OF_BODY = 8 << 20 };
	struct evhttp_connection *evcon;
	struct evhttp_request *req = evhttp_request_new(note_reply, NULL);
	char *bytes = calloc(1, LENGTH_OF_BODY);
	int i;

	open_server();
	evcon = client();
	evbuffer_add(req->output_buffer, bytes, LENGTH_OF_BODY);
	CHECK_INT(evhttp_make_request(evcon, req, EVHTTP_REQ_POST, "/"), 0);
	UNTIL(server.ssl != NULL && server.peer.length > 0);
	/* It hears nothing for now, and says that it wants new keys. */
	event_del(&server.peer.event);
	rounds();
	for (i = 0; i < 3; i++) {
		CHECK_INT(SSL_key_update(server.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
		SSL_do_handshake(server.ssl);
		ERR_clear_error();
		let_out(&server, (size_t)-1);
		CHECK(turns_in_ms(100) < 100);
	}
	CHECK_INT(event_add(&server.peer.event, NULL), 0);
	UNTIL(server.peer.length >= LENGTH_OF_BODY);
	say_tls(&server, LENGTH);
	UNTIL(replies == 1);
	CHECK_INT(last_code, 200);
	free(bytes);
	close_server(evcon);
}
