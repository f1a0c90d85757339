/*
 * New keys while a server's replies are not heard: reading has something to send then, and there is
 * no room. Proves row S02 of the bad inputs.
 */
#include "tls.h"

#define GET "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

enum { LENGTH = 8 << 20 };

static void
send_much(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = evbuffer_new();

	(void)arg;
	calls++;
	evbuffer_expand(body, LENGTH);
	while (EVBUFFER_LENGTH(body) < LENGTH)
		evbuffer_add(body, "sixteen bytes...", 16);
	evhttp_send_reply(req, HTTP_OK, "OK", body);
	evbuffer_free(body);
}

static int updates;

static void
count_updates(int is_sent, int version, int kind, const void *bytes, size_t length, SSL *ssl,
    void *arg)
{
	(void)version;
	(void)ssl;
	(void)arg;
	if (!is_sent && kind == SSL3_RT_HANDSHAKE && length > 0 &&
	    *(const unsigned char *)bytes == SSL3_MT_KEY_UPDATE)
		updates++;
}

static void
ask_for_keys(struct speaker *s)
{
	CHECK_INT(SSL_key_update(s->ssl, SSL_KEY_UPDATE_REQUESTED), 1);
	SSL_do_handshake(s->ssl);
	ERR_clear_error();
	let_out(s, (size_t)-1);
}

TEST(while_replies_are_not_heard)
{
	struct speaker s;
	int i;

	serve_tls(send_much);
	open_speaker(&s);
	SSL_set_msg_callback(s.ssl, count_updates);
	shake_hands(&s);
	event_del(&s.peer.event);
	say_tls(&s, GET);
	UNTIL(calls == 1);
	rounds();
	for (i = 0; i < 3; i++) {
		ask_for_keys(&s);
		say_tls(&s, GET);
		/* No spin. */
		CHECK(turns_in_ms(200) < 100);
	}
	CHECK_INT(event_add(&s.peer.event, NULL), 0);
	for (i = 0; i < 4; i++) {
		const char *reply = hear(&s.peer);

		CHECK_INT(status_of(reply), 200);
		CHECK(strlen(reply) > LENGTH);
	}
	CHECK_INT(calls, 4);
	CHECK(updates >= 1);
	hang_up(&s);
	finish_tls();
}

TEST(while_nothing_happens)
{
	struct speaker s;
	int i;

	serve_tls(echo);
	open_speaker(&s);
	SSL_set_msg_callback(s.ssl, count_updates);
	shake_hands(&s);
	for (i = 0; i < 3; i++)
		ask_for_keys(&s);
	rounds();
	say_tls(&s, GET);
	CHECK_STR(hear(&s.peer), PLAIN(5, "GET /"));
	CHECK(updates >= 1);
	hang_up(&s);
	finish_tls();
}
