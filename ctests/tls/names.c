/*
 * Which certificate a client gets for the name that it asks for: by names that contexts were given,
 * and by asking the program, which may do anything when it is asked.
 */
#include "tls.h"

#include <setjmp.h>

#define GET "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

/* Certificates of one root. */
static struct identity others[3];

static evhub_tls_ctx_t *
ctx_of(struct identity *identity, const char *names)
{
	*identity = for_names(&root, names);
	return evhub_tls_server_ctx_new(identity->file, identity->file);
}

/* Asks for a name, or for none: whose certificate comes? */
static const struct identity *
certificate_for(const char *name)
{
	const struct identity *found = NULL;
	struct speaker s;
	X509 *certificate;
	size_t i;

	open_speaker(&s);
	if (name != NULL)
		CHECK_INT(SSL_set_tlsext_host_name(s.ssl, name), 1);
	shake_hands(&s);
	CHECK(!s.failed && !s.peer.ended);
	say_tls(&s, GET);
	CHECK_INT(status_of(hear(&s.peer)), 200);
	certificate = SSL_get0_peer_certificate(s.ssl);
	if (X509_cmp(certificate, own.certificate) == 0)
		found = &own;
	for (i = 0; i < COUNT(others); i++) {
		if (others[i].certificate != NULL &&
		    X509_cmp(certificate, others[i].certificate) == 0)
			found = &others[i];
	}
	hang_up(&s);
	return found;
}

static void
drop_others(void)
{
	size_t i;

	for (i = 0; i < COUNT(others); i++) {
		if (others[i].certificate != NULL)
			drop(&others[i]);
	}
}

TEST(names_that_contexts_were_given)
{
	evhub_tls_ctx_t *ctx = own_ctx(), *exact, *star;

	exact = ctx_of(&others[0], "DNS:www.example.org");
	star = ctx_of(&others[1], "DNS:*.example.org");
	CHECK_INT(evhub_tls_ctx_add_name(ctx, "*.example.org", star), 0);
	CHECK_INT(evhub_tls_ctx_add_name(ctx, "WWW.Example.org.", exact), 0);
	evhub_tls_ctx_free(exact);
	evhub_tls_ctx_free(star);
	serve_with(ctx, echo);
	CHECK_PTR(certificate_for("www.example.org"), &others[0]);
	CHECK_PTR(certificate_for("WWW.EXAMPLE.ORG"), &others[0]);
	CHECK_PTR(certificate_for("mail.example.org"), &others[1]);
	/* A star is one label. */
	CHECK_PTR(certificate_for("example.org"), &own);
	CHECK_PTR(certificate_for("a.b.example.org"), &own);
	CHECK_PTR(certificate_for("localhost"), &own);
	CHECK_PTR(certificate_for(NULL), &own);
	drop_others();
	finish_tls();
}

static evhub_tls_ctx_t *chosen;
static char asked[256];
static int times;

static evhub_tls_ctx_t *
choose(const char *name, void *arg)
{
	CHECK_STR(arg, "its argument");
	snprintf(asked, sizeof(asked), "%s", name);
	times++;
	return chosen;
}

TEST(programs_choose)
{
	evhub_tls_ctx_t *ctx = own_ctx(), *known;

	chosen = ctx_of(&others[0], "DNS:chosen.example.org");
	known = ctx_of(&others[1], "DNS:known.example.org");
	CHECK_INT(evhub_tls_ctx_add_name(ctx, "known.example.org", known), 0);
	evhub_tls_ctx_free(known);
	CHECK_INT(evhub_tls_ctx_set_name_cb(ctx, choose, "its argument"), 0);
	serve_with(ctx, echo);
	CHECK_PTR(certificate_for("Chosen.example.org"), &others[0]);
	CHECK_STR(asked, "Chosen.example.org");
	/* Nobody is asked for what is known, nor for no name. */
	CHECK_PTR(certificate_for("known.example.org"), &others[1]);
	CHECK_PTR(certificate_for(NULL), &own);
	CHECK_INT(times, 1);
	evhub_tls_ctx_free(chosen);
	chosen = NULL;
	CHECK_PTR(certificate_for("another.example.org"), &own);
	CHECK_INT(times, 2);
	drop_others();
	finish_tls();
}

/* What one context demands of clients it demands of those that it is chosen for. */
TEST_ONCE(demands_go_with_the_certificate)
{
	evhub_tls_ctx_t *ctx = own_ctx(), *strict;
	struct speaker s;

	strict = ctx_of(&others[0], "DNS:strict.example.org");
	CHECK_INT(evhub_tls_ctx_set_ca(strict, root.file, NULL), 0);
	CHECK_INT(evhub_tls_ctx_set_verify(strict, EVHUB_TLS_VERIFY_PEER), 0);
	CHECK_INT(evhub_tls_ctx_add_name(ctx, "strict.example.org", strict), 0);
	evhub_tls_ctx_free(strict);
	serve_with(ctx, echo);
	CHECK_PTR(certificate_for("localhost"), &own);
	open_speaker(&s);
	CHECK_INT(SSL_set_tlsext_host_name(s.ssl, "strict.example.org"), 1);
	shake_hands(&s);
	UNTIL(s.failed || s.peer.ended);
	CHECK(s.failed);
	CHECK_INT(ERR_GET_REASON(s.why), SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED);
	hang_up(&s);

	CHECK_INT(SSL_CTX_use_certificate(client_ctx, others[0].certificate), 1);
	CHECK_INT(SSL_CTX_use_PrivateKey(client_ctx, others[0].key), 1);
	CHECK_PTR(certificate_for("strict.example.org"), &others[0]);
	drop_others();
	finish_tls();
}

/* Programs that do as they like */

static void
start(evhub_tls_name_fn_t function, void *arg)
{
	evhub_tls_ctx_t *ctx = own_ctx();

	chosen = ctx_of(&others[0], "DNS:chosen.example.org");
	CHECK_INT(evhub_tls_ctx_set_name_cb(ctx, function, arg), 0);
	serve_with(ctx, echo);
}

static void
end(void)
{
	evhub_tls_ctx_free(chosen);
	chosen = NULL;
	drop_others();
	finish_tls();
}

static evhub_tls_ctx_t *
free_server(const char *name, void *arg)
{
	(void)name;
	(void)arg;
	times++;
	evhttp_free(http);
	http = NULL;
	return chosen;
}

TEST(asked_programs_free_their_server)
{
	struct speaker s;

	start(free_server, NULL);
	open_speaker(&s);
	SSL_set_tlsext_host_name(s.ssl, "chosen.example.org");
	shake_hands(&s);
	CHECK_INT(times, 1);
	CHECK(s.peer.ended && !SSL_is_init_finished(s.ssl));
	hang_up(&s);
	end();
}

static jmp_buf back;

static evhub_tls_ctx_t *
jump(const char *name, void *arg)
{
	(void)name;
	(void)arg;
	times++;
	longjmp(back, 1);
}

/* Whoever does not answer is not asked again; the handshake has its time. */
static struct event_base *volatile left_over;

TEST(asked_programs_do_not_return)
{
	evhub_tls_ctx_t *ctx = own_ctx();
	struct speaker s, other;

	CHECK_INT(evhub_tls_ctx_set_handshake_timeout(ctx, 1), 0);
	CHECK_INT(evhub_tls_ctx_set_name_cb(ctx, jump, NULL), 0);
	serve_with(ctx, echo);
	open_speaker(&s);
	SSL_set_tlsext_host_name(s.ssl, "chosen.example.org");
	go_on(&s);
	if (setjmp(back) == 0) {
		rounds();
		CHECK(0);
	}
	rounds();
	CHECK_INT(times, 1);
	/* Others are served. */
	open_speaker(&other);
	shake_hands(&other);
	CHECK(SSL_is_init_finished(other.ssl));
	hang_up(&other);
	UNTIL(s.peer.ended);
	CHECK_INT(times, 1);
	hang_up(&s);
	/* The loop was left in the middle: a few words of its base stay for ever. */
	left_over = current_base;
	finish_tls();
}

static evhub_tls_ctx_t *
loop_within(const char *name, void *arg)
{
	struct speaker *s = arg;

	(void)name;
	times++;
	/* More of its bytes: they must wait. */
	say_bytes(&s->peer, "more", 4);
	loop_for_ms(50);
	CHECK(!SSL_is_init_finished(s->ssl));
	return chosen;
}

TEST(asked_programs_run_the_loop)
{
	struct speaker s;

	start(loop_within, &s);
	open_speaker(&s);
	SSL_set_tlsext_host_name(s.ssl, "chosen.example.org");
	go_on(&s);
	/* What it has said besides is no TLS. */
	UNTIL(s.peer.ended);
	CHECK_INT(times, 1);
	hang_up(&s);
	end();
}
