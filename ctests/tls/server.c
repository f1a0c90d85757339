/*
 * A server over TLS, as clients of OpenSSL's see it: requests and replies of all kinds, what both
 * agree on, how it ends. Proves row S06 of the bad inputs.
 */
#include "tls.h"

/* GET / gives this. */
#define GET "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

static void
check_answers(struct speaker *s)
{
	say_tls(s, GET);
	CHECK_STR(hear(&s->peer), PLAIN(5, "GET /"));
}

TEST(requests_are_answered)
{
	struct speaker s;
	int i;

	serve_tls(echo);
	open_speaker(&s);
	shake_hands(&s);
	CHECK(!s.failed);
	CHECK_STR(SSL_get_version(s.ssl), "TLSv1.3");
	for (i = 0; i < 5; i++)
		check_answers(&s);
	CHECK_INT(calls, 5);
	hang_up(&s);
	finish_tls();
}

TEST_ONCE(older_versions_of_tls)
{
	struct speaker s;

	serve_tls(echo);
	SSL_CTX_set_max_proto_version(client_ctx, TLS1_2_VERSION);
	open_speaker(&s);
	shake_hands(&s);
	CHECK_STR(SSL_get_version(s.ssl), "TLSv1.2");
	check_answers(&s);
	hang_up(&s);
	finish_tls();
}

TEST(pipelined_requests_in_one_record)
{
	struct speaker s;
	int i;

	serve_tls(echo);
	open_speaker(&s);
	shake_hands(&s);
	say_tls(&s, GET GET GET);
	for (i = 0; i < 3; i++)
		CHECK_STR(hear(&s.peer), PLAIN(5, "GET /"));
	hang_up(&s);
	finish_tls();
}

/* What comes with the end of the handshake is read, though the socket will not tell of it. */
TEST(requests_that_come_with_the_handshake)
{
	struct speaker s;

	serve_tls(echo);
	open_speaker(&s);
	go_on(&s);
	s.holds = 1;
	UNTIL(SSL_is_init_finished(s.ssl));
	say_tls(&s, GET);
	let_out(&s, (size_t)-1);
	s.holds = 0;
	CHECK_STR(hear(&s.peer), PLAIN(5, "GET /"));
	hang_up(&s);
	finish_tls();
}

static void
say_length(struct evhttp_request *req, void *arg)
{
	char text[64];

	(void)arg;
	calls++;
	snprintf(text, sizeof(text), "%zu", EVBUFFER_LENGTH(req->input_buffer));
	send_text(req, text);
}

/* Many records are there at once: what was decrypted is not waited for. */
TEST(large_bodies_arrive)
{
	enum { LENGTH = 3 << 20 };
	char *body = calloc(1, LENGTH), head[128];
	struct speaker s;

	serve_tls(say_length);
	open_speaker(&s);
	shake_hands(&s);
	snprintf(head, sizeof(head), "POST / HTTP/1.1\r\nHost: localhost\r\n"
	    "Content-Length: %d\r\n\r\n", LENGTH);
	say_tls(&s, head);
	say_tls_bytes(&s, body, LENGTH);
	CHECK_STR(hear(&s.peer), PLAIN(7, "3145728"));
	hang_up(&s);
	free(body);
	finish_tls();
}

static void
send_much(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = evbuffer_new();
	size_t i, length = *(size_t *)arg;

	for (i = 0; i < length; i += 4096) {
		char piece[4096];

		memset(piece, 'a' + (int)(i / 4096 % 26), sizeof(piece));
		evbuffer_add(body, piece, sizeof(piece));
	}
	evhttp_send_reply(req, HTTP_OK, "OK", body);
	evbuffer_free(body);
}

TEST(large_replies_leave)
{
	size_t length = 4 << 20, i;
	struct speaker s;
	const char *body;

	serve_tls(echo);
	evhttp_set_gencb(http, send_much, &length);
	open_speaker(&s);
	shake_hands(&s);
	say_tls(&s, GET);
	UNTIL(whole_reply(&s.peer, 0) > 0 || s.failed);
	CHECK(!s.failed);
	CHECK((body = strstr(s.peer.in, "\r\n\r\n")) != NULL);
	for (i = 0; i < length; i++)
		CHECK_INT(body[4 + i], 'a' + (int)(i / 4096 % 26));
	hang_up(&s);
	finish_tls();
}

static void
stream(struct evhttp_request *req, void *arg)
{
	struct evbuffer *chunk = evbuffer_new();
	int i;

	(void)arg;
	evhttp_send_reply_start(req, HTTP_OK, "OK");
	for (i = 0; i < 3; i++) {
		evbuffer_add_printf(chunk, "piece %d;", i);
		evhttp_send_reply_chunk(req, chunk);
	}
	evhttp_send_reply_end(req);
	evbuffer_free(chunk);
}

TEST_ONCE(replies_in_pieces)
{
	struct speaker s;
	const char *text;

	serve_tls(stream);
	open_speaker(&s);
	shake_hands(&s);
	say_tls(&s, GET);
	text = hear(&s.peer);
	CHECK(strstr(text, "8\r\npiece 0;\r\n8\r\npiece 1;\r\n8\r\npiece 2;\r\n0\r\n\r\n") != NULL);
	hang_up(&s);
	finish_tls();
}

/* Ends */

TEST(an_end_is_said)
{
	struct speaker s;

	serve_tls(echo);
	open_speaker(&s);
	shake_hands(&s);
	say_tls(&s, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
	CHECK_INT(status_of(hear_all(&s.peer)), 200);
	CHECK(s.said_end && !s.peer.was_reset);
	hang_up(&s);
	finish_tls();
}

/* A body that ends with the connection is over when that was said, not before. */
TEST(an_end_is_said_behind_a_large_body)
{
	size_t length = 2 << 20;
	struct speaker s;

	serve_tls(echo);
	evhttp_set_gencb(http, send_much, &length);
	open_speaker(&s);
	shake_hands(&s);
	say_tls(&s, "GET / HTTP/1.0\r\n\r\n");
	UNTIL(s.said_end || s.peer.ended);
	CHECK(s.said_end);
	CHECK(s.peer.length > length);
	UNTIL(s.peer.ended);
	hang_up(&s);
	finish_tls();
}

/* A server that is freed says so, too; so does one that has waited long enough. */
TEST_ONCE(ends_of_servers_and_of_patience_are_said)
{
	struct speaker s;

	serve_tls(echo);
	open_speaker(&s);
	shake_hands(&s);
	check_answers(&s);
	evhttp_free(http);
	http = NULL;
	UNTIL(s.peer.ended);
	CHECK(s.said_end);
	hang_up(&s);
	finish_tls();

	serve_tls(echo);
	evhttp_set_timeout(http, 1);
	open_speaker(&s);
	shake_hands(&s);
	UNTIL(s.peer.ended);
	CHECK(s.said_end);
	hang_up(&s);
	finish_tls();
}

TEST(clients_that_end)
{
	struct speaker s;

	serve_tls(echo);
	open_speaker(&s);
	shake_hands(&s);
	check_answers(&s);
	say_tls_end(&s);
	UNTIL(s.peer.ended);
	CHECK(s.said_end);
	hang_up(&s);

	/* The last request is answered, though nothing more comes. */
	open_speaker(&s);
	shake_hands(&s);
	say_tls(&s, GET);
	say_tls_end(&s);
	CHECK_INT(status_of(hear_all(&s.peer)), 200);
	hang_up(&s);
	finish_tls();
}

/* A body without a length is complete when its end was said; a cut could be anybody's. */
TEST_ONCE(bodies_that_are_cut)
{
	static const char post[] = "POST / HTTP/1.0\r\n\r\nhalf of it";
	struct speaker s;

	serve_tls(say_length);
	open_speaker(&s);
	shake_hands(&s);
	say_tls(&s, post);
	rounds();
	say_end(&s.peer);
	UNTIL(s.peer.ended);
	CHECK_INT(calls, 0);
	hang_up(&s);

	open_speaker(&s);
	shake_hands(&s);
	say_tls(&s, post);
	say_tls_end(&s);
	CHECK(strstr(hear_all(&s.peer), "\r\n\r\n10") != NULL);
	CHECK_INT(calls, 1);
	hang_up(&s);
	finish_tls();
}

/* What both agree on */

TEST_ONCE(protocols)
{
	const unsigned char ours[] = "\x08http/1.1", both[] = "\x02h2\x08http/1.1", *chosen;
	struct speaker s;
	unsigned length;

	serve_tls(echo);
	SSL_CTX_set_alpn_protos(client_ctx, both, sizeof(both) - 1);
	open_speaker(&s);
	shake_hands(&s);
	SSL_get0_alpn_selected(s.ssl, &chosen, &length);
	CHECK(length == 8 && memcmp(chosen, "http/1.1", 8) == 0);
	check_answers(&s);
	hang_up(&s);

	SSL_CTX_set_alpn_protos(client_ctx, ours, 9);
	open_speaker(&s);
	shake_hands(&s);
	check_answers(&s);
	hang_up(&s);

	/* Who cannot speak it is told so. */
	SSL_CTX_set_alpn_protos(client_ctx, both, 3);
	open_speaker(&s);
	shake_hands(&s);
	UNTIL(s.failed || s.peer.ended);
	CHECK_INT(ERR_GET_REASON(s.why), SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
	hang_up(&s);
	finish_tls();
}

static void
say_what_is_known(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = evbuffer_new();
	const char *name = evhub_tls_server_name(req->evcon);
	const char *protocol = evhub_tls_alpn(req->evcon);

	(void)arg;
	CHECK(evhub_tls_peer_subject(req->evcon) == NULL);
	CHECK(evhub_tls_peer_certificate(req->evcon) == NULL);
	evbuffer_add_printf(body, "%s %s %s %s", evhub_tls_version(req->evcon),
	    evhub_tls_cipher(req->evcon), name != NULL ? name : "-",
	    protocol != NULL ? protocol : "-");
	CHECK_PTR(evhub_tls_server_name(req->evcon), name);
	evhttp_send_reply(req, HTTP_OK, "OK", body);
	evbuffer_free(body);
}

TEST_ONCE(programs_learn_what_was_agreed_on)
{
	struct speaker s;

	serve_tls(say_what_is_known);
	CHECK_INT(SSL_CTX_set_ciphersuites(client_ctx, "TLS_AES_128_GCM_SHA256"), 1);
	open_speaker(&s);
	CHECK_INT(SSL_set_tlsext_host_name(s.ssl, "localhost"), 1);
	CHECK_INT(SSL_set_alpn_protos(s.ssl, (const unsigned char *)"\x08http/1.1", 9), 0);
	shake_hands(&s);
	say_tls(&s, GET);
	CHECK(strstr(hear(&s.peer), "\r\n\r\nTLSv1.3 TLS_AES_128_GCM_SHA256 localhost http/1.1"));
	hang_up(&s);
	open_speaker(&s);
	shake_hands(&s);
	say_tls(&s, GET);
	CHECK(strstr(hear(&s.peer), "\r\n\r\nTLSv1.3 TLS_AES_128_GCM_SHA256 - -"));
	hang_up(&s);
	finish_tls();
}

/* A server may change its mind: connections keep what they have. */
TEST_ONCE(new_certificates_for_a_server_that_runs)
{
	struct identity newer;
	struct speaker old, s;
	evhub_tls_ctx_t *ctx;

	serve_tls(echo);
	newer = for_names(&root, LOCAL_NAMES);
	open_speaker(&old);
	shake_hands(&old);
	CHECK((ctx = evhub_tls_server_ctx_new(newer.file, newer.file)) != NULL);
	CHECK_INT(evhub_tls_set_server(http, ctx), 0);
	evhub_tls_ctx_free(ctx);
	open_speaker(&s);
	shake_hands(&s);
	CHECK_INT(X509_cmp(SSL_get0_peer_certificate(s.ssl), newer.certificate), 0);
	CHECK_INT(X509_cmp(SSL_get0_peer_certificate(old.ssl), own.certificate), 0);
	check_answers(&s);
	check_answers(&old);
	hang_up(&s);

	/* And none at all. */
	CHECK_INT(evhub_tls_set_server(http, NULL), 0);
	open_peer(&s.peer);
	say(&s.peer, GET);
	CHECK_STR(hear(&s.peer), PLAIN(5, "GET /"));
	close_peer(&s.peer);
	check_answers(&old);
	hang_up(&old);
	drop(&newer);
	finish_tls();
}
