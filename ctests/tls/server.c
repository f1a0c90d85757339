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
