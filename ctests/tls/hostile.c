/*
 * Clients that do not speak TLS, or not well, and servers that live with it. Proves rows S01, S05
 * and S12 of the bad inputs.
 */
#include "tls.h"

#define GET "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

/* The server goes on as ever. */
static void
check_alive(void)
{
	struct speaker s;

	open_speaker(&s);
	shake_hands(&s);
	say_tls(&s, GET);
	CHECK_STR(hear(&s.peer), PLAIN(5, "GET /"));
	hang_up(&s);
}

static void
check_refused(const void *bytes, size_t length)
{
	struct peer p;

	open_peer(&p);
	say_bytes(&p, bytes, length);
	UNTIL(p.ended);
	CHECK(strstr(p.in, "HTTP") == NULL);
	close_peer(&p);
	check_alive();
	CHECK_INT(calls, 1);
	forget();
}

TEST(plain_http)
{
	serve_tls(echo);
	check_refused(GET, strlen(GET));
	CHECK(strstr(evhub_tls_error(), "http request") != NULL);
	finish_tls();
}

TEST(garbage)
{
	unsigned char bytes[5000];
	unsigned seed = 1;
	size_t i, round;

	serve_tls(echo);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < sizeof(bytes); i++)
			bytes[i] = (unsigned char)((seed = seed * 1103515245 + 12345) >> 16);
		/* Every other time it begins like a record. */
		if (round % 2 == 1)
			memcpy(bytes, "\x16\x03\x01\x02", 4);
		check_refused(bytes, sizeof(bytes));
	}
	finish_tls();
}

static size_t
hello(unsigned char *bytes, size_t room)
{
	SSL *ssl = SSL_new(client_ctx);
	BIO *out = BIO_new(BIO_s_mem());
	int n;

	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
	SSL_set_connect_state(ssl);
	SSL_do_handshake(ssl);
	n = BIO_read(out, bytes, (int)room);
	CHECK(n > 100);
	ERR_clear_error();
	SSL_free(ssl);
	return (size_t)n;
}

/* Each byte of a client's first message is wrong once: nobody is harmed. */
TEST_ONCE(first_messages_that_are_spoilt)
{
	unsigned char bytes[4096];
	size_t length, i;

	serve_tls(echo);
	length = hello(bytes, sizeof(bytes));
	for (i = 0; i < length; i += 3) {
		struct peer p;

		bytes[i] ^= 0x41;
		open_peer(&p);
		say_bytes(&p, bytes, length);
		bytes[i] ^= 0x41;
		rounds();
		close_peer(&p);
	}
	check_alive();
	finish_tls();
}

/* Half a record, and silence; also a byte now and then: a handshake has its time as a whole. */
TEST(handshakes_that_do_not_come)
{
	evhub_tls_ctx_t *ctx = own_ctx();
	unsigned char bytes[4096];
	struct peer silent, half, drip;
	size_t length, at = 0;

	CHECK_INT(evhub_tls_ctx_set_handshake_timeout(ctx, 1), 0);
	serve_with(ctx, echo);
	length = hello(bytes, sizeof(bytes));
	open_peer(&silent);
	open_peer(&half);
	open_peer(&drip);
	say_bytes(&half, bytes, length / 2);
	while (!drip.ended && at < length - 1) {
		say_bytes(&drip, bytes + at++, 1);
		loop_for_ms(50);
	}
	CHECK(drip.ended);
	UNTIL(silent.ended && half.ended);
	close_peer(&silent);
	close_peer(&half);
	close_peer(&drip);
	check_alive();
	finish_tls();
}

/* A handshake that has gone well has its time no longer: the connection has. */
TEST_ONCE(time_of_a_handshake_ends_with_it)
{
	evhub_tls_ctx_t *ctx = own_ctx();
	struct speaker s;

	CHECK_INT(evhub_tls_ctx_set_handshake_timeout(ctx, 1), 0);
	serve_with(ctx, echo);
	open_speaker(&s);
	shake_hands(&s);
	loop_for_ms(1500);
	CHECK(!s.peer.ended);
	say_tls(&s, GET);
	CHECK_STR(hear(&s.peer), PLAIN(5, "GET /"));
	loop_for_ms(1500);
	CHECK(!s.peer.ended);
	hang_up(&s);
	finish_tls();
}

/* Sends a byte, and a request when the handshake is over. */
static int
drips(struct speaker *s, int *has_asked)
{
	if (SSL_is_init_finished(s->ssl) && !*has_asked) {
		*has_asked = 1;
		say_tls(s, GET);
	}
	let_out(s, 1);
	return s->peer.length == 0;
}

TEST(byte_by_byte)
{
	struct speaker s;
	int has_asked = 0;

	serve_tls(echo);
	open_speaker(&s);
	s.holds = 1;
	go_on(&s);
	UNTIL(!drips(&s, &has_asked));
	CHECK_STR(hear(&s.peer), PLAIN(5, "GET /"));
	hang_up(&s);
	finish_tls();
}

/* Records that are too long, or none at all, many times */

/* Sends bytes as they are, and hears what the server says to that: an alert, and the end. */
static void
check_alert(struct speaker *s, const void *bytes, size_t length, int reason)
{
	say_bytes(&s->peer, bytes, length);
	UNTIL(s->peer.ended);
	if (reason != 0)
		CHECK_INT(ERR_GET_REASON(s->why), reason);
	CHECK_INT(calls, 0);
	hang_up(s);
	check_alive();
	forget();
}

TEST_ONCE(records_that_are_too_long)
{
	/* 16 KiB, what encryption may add, and a byte. */
	enum { LENGTH = (1 << 14) + 256 + 1 };
	static unsigned char record[5 + LENGTH] = { 0x17, 3, 3, LENGTH >> 8, LENGTH & 255 };
	struct speaker s;

	serve_tls(echo);
	open_speaker(&s);
	shake_hands(&s);
	check_alert(&s, record, sizeof(record), 0);
	finish_tls();
}

/* Records without anything in them: a few are fine, a flood is not. */
TEST_ONCE(floods_of_empty_records)
{
	struct peer p;
	int i;

	serve_tls(echo);
	open_peer(&p);
	for (i = 0; i < 5000 && !p.ended; i++)
		say_bytes(&p, "\x16\x03\x01\x00\x00", 5);
	UNTIL(p.ended);
	close_peer(&p);
	check_alive();
	finish_tls();
}

/* New keys again and again: each costs the server little, and others have their turn. */
TEST_ONCE(floods_of_new_keys)
{
	struct speaker s;
	int i;

	serve_tls(echo);
	open_speaker(&s);
	shake_hands(&s);
	for (i = 0; i < 2000 && !s.failed; i++) {
		SSL_key_update(s.ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
		SSL_do_handshake(s.ssl);
	}
	ERR_clear_error();
	let_out(&s, (size_t)-1);
	check_alive();
	forget();
	say_tls(&s, GET);
	CHECK_STR(hear(&s.peer), PLAIN(5, "GET /"));
	hang_up(&s);
	finish_tls();
}

TEST_ONCE(no_renegotiation)
{
	struct speaker s;

	serve_tls(echo);
	SSL_CTX_set_max_proto_version(client_ctx, TLS1_2_VERSION);
	open_speaker(&s);
	shake_hands(&s);
	CHECK_INT(SSL_renegotiate(s.ssl), 1);
	SSL_do_handshake(s.ssl);
	ERR_clear_error();
	let_out(&s, (size_t)-1);
	UNTIL(s.failed || s.peer.ended);
	if (s.failed)
		CHECK_INT(ERR_GET_REASON(s.why), SSL_R_NO_RENEGOTIATION);
	hang_up(&s);
	check_alive();
	finish_tls();
}

TEST_ONCE(old_versions_are_refused)
{
	struct speaker s;

	serve_tls(echo);
	SSL_CTX_set_min_proto_version(client_ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(client_ctx, TLS1_1_VERSION);
	SSL_CTX_set_security_level(client_ctx, 0);
	CHECK_INT(SSL_CTX_set_cipher_list(client_ctx, "ALL:@SECLEVEL=0"), 1);
	open_speaker(&s);
	shake_hands(&s);
	UNTIL(s.failed || s.peer.ended);
	CHECK(!SSL_is_init_finished(s.ssl));
	hang_up(&s);
	finish_tls();
}

/* What others have left in OpenSSL's queue of errors, in this thread, is not ours. */
static void
leave_errors(void)
{
	ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
	ERR_raise_data(ERR_LIB_USER, 1, "not a text: %s", "\xff\xfe");
}

static void
leave_errors_and_echo(struct evhttp_request *req, void *arg)
{
	echo(req, arg);
	leave_errors();
}

TEST(errors_that_others_have_left)
{
	struct speaker s;
	int i;

	serve_tls(leave_errors_and_echo);
	leave_errors();
	open_speaker(&s);
	go_on(&s);
	leave_errors();
	for (i = 0; i < 20 && !SSL_is_init_finished(s.ssl); i++) {
		leave_errors();
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	}
	for (i = 0; i < 3; i++) {
		say_tls(&s, GET);
		leave_errors();
		CHECK_STR(hear(&s.peer), PLAIN(5, "GET /"));
	}
	ERR_clear_error();
	hang_up(&s);
	finish_tls();
}

/* Nor does it leave any there. */
TEST_ONCE(no_errors_are_left_for_others)
{
	serve_tls(echo);
	ERR_clear_error();
	check_refused(GET, strlen(GET));
	CHECK_INT(ERR_peek_error(), 0);
	finish_tls();
}
