/*
 * Our client over TLS: whom it trusts, whom it does not, and what it says of that. Proves row S07
 * of the bad inputs.
 */
#include "tls.h"
#include "asking.h"

TEST(servers_are_verified)
{
	start();
	ask_all(client_of(trusting_root(), "localhost"), 3, 200);
	/* By address, too. */
	ask_all(client_of(trusting_root(), NULL), 1, 200);
	ask_all(client_of(trusting_root(), "LOCALHOST."), 1, 200);
	stop();
}

/* The server has this certificate: why is it not good? */
static void
check_refused(struct identity identity, const char *host, const char *why)
{
	evhub_tls_ctx_t *ctx = evhub_tls_server_ctx_new(identity.file, identity.file);

	CHECK(ctx != NULL);
	CHECK_INT(evhub_tls_set_server(http, ctx), 0);
	evhub_tls_ctx_free(ctx);
	ask_all(client_of(trusting_root(), host), 1, -1);
	if (strstr(evhub_tls_error(), why) == NULL)
		test_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", evhub_tls_error(), why);
	CHECK_INT(calls, 0);

	/* Whoever does not want to know is served. */
	ctx = evhub_tls_client_ctx_new();
	CHECK_INT(evhub_tls_ctx_set_verify(ctx, EVHUB_TLS_VERIFY_NONE), 0);
	ask_all(client_of(ctx, host), 1, 200);
	forget();
	drop(&identity);
}

TEST(wrong_hosts)
{
	start();
	check_refused(for_names(&root, "DNS:example.org,IP:127.0.0.2"), "localhost",
	    "hostname mismatch");
	check_refused(for_names(&root, "DNS:localhost"), NULL, "IP address mismatch");
	stop();
}

TEST_ONCE(stars_that_do_not_fit)
{
	start();
	check_refused(for_names(&root, "DNS:*.org"), "a.example.org", "hostname mismatch");
	check_refused(for_names(&root, "DNS:*"), "localhost", "hostname mismatch");
	check_refused(for_names(&root, "DNS:loc*"), "localhost", "hostname mismatch");
	stop();
}

/* It counts for nothing, even where there is no other. */
TEST_ONCE(the_name_in_the_subject)
{
	start();
	check_refused(issue((struct wish){ .subject = "localhost", .by = &root }), "localhost",
	    "hostname mismatch");
	stop();
}

/* Each request hears of it. */
TEST_ONCE(several_requests_to_a_wrong_host)
{
	start();
	ask_all(client_of(trusting_root(), "example.org"), 3, -1);
	CHECK_INT(calls, 0);
	stop();
}

TEST_ONCE(certificates_out_of_time)
{
	struct wish old = { .subject = "evhub", .names = LOCAL_NAMES, .by = &root };
	struct wish early = old;

	start();
	old.from = -2 * HOUR;
	old.to = -HOUR;
	check_refused(issue(old), "localhost", "certificate has expired");
	early.from = HOUR;
	early.to = 2 * HOUR;
	check_refused(issue(early), "localhost", "certificate is not yet valid");
	stop();
}

TEST_ONCE(authorities_that_nobody_knows)
{
	struct wish self = { .subject = "evhub", .names = LOCAL_NAMES };
	struct identity other, below;

	start();
	check_refused(issue(self), "localhost", "self-signed certificate");
	other = authority("another root");
	check_refused(for_names(&other, LOCAL_NAMES), "localhost",
	    "unable to get local issuer certificate");
	/* A certificate that may not issue any. */
	below = issue((struct wish){ .subject = "below", .by = &root });
	check_refused(for_names(&below, LOCAL_NAMES), "localhost", "invalid CA certificate");
	drop(&below);
	drop(&other);
	stop();
}

/* "localhost", a NUL, and more: in the subject, and where names belong. */
TEST_ONCE(names_with_a_nul)
{
	static const char nul[] = "localhost\0.example.org";
	struct identity identity;
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	struct wish wish = { .subject = nul, .subject_length = sizeof(nul) - 1, .by = NULL };
	FILE *file;

	start();
	wish.by = &root;
	check_refused(issue(wish), "localhost", "hostname mismatch");

	identity = issue(wish);
	name->type = GEN_DNS;
	name->d.dNSName = ASN1_IA5STRING_new();
	ASN1_STRING_set(name->d.dNSName, nul, sizeof(nul) - 1);
	sk_GENERAL_NAME_push(names, name);
	CHECK_INT(X509_add1_ext_i2d(identity.certificate, NID_subject_alt_name, names, 0, 0), 1);
	GENERAL_NAMES_free(names);
	CHECK(X509_sign(identity.certificate, root.key, EVP_sha256()) > 0);
	CHECK((file = fopen(identity.file, "we")) != NULL);
	CHECK_INT(PEM_write_X509(file, identity.certificate), 1);
	CHECK_INT(PEM_write_PrivateKey(file, identity.key, NULL, NULL, 0, NULL, NULL), 1);
	CHECK_INT(fclose(file), 0);
	check_refused(identity, "localhost", "hostname mismatch");
	stop();
}

/* Certificates between the server's and the root. */
TEST_ONCE(chains)
{
	struct wish wish = { .subject = "between", .is_authority = 1, .by = NULL };
	struct identity between, leaf;
	evhub_tls_ctx_t *ctx;

	start();
	wish.by = &root;
	between = issue(wish);
	leaf = for_names(&between, LOCAL_NAMES);
	CHECK((ctx = evhub_tls_server_ctx_new(leaf.file, leaf.file)) != NULL);
	CHECK_INT(evhub_tls_set_server(http, ctx), 0);
	evhub_tls_ctx_free(ctx);
	ask_all(client_of(trusting_root(), "localhost"), 1, 200);
	drop(&leaf);
	drop(&between);
	stop();
}

/* A context of which nobody has said whom it trusts does not trust just anybody. */
TEST_ONCE(nobody_is_trusted_without_reason)
{
	evhub_tls_ctx_t *ctx;

	start();
	ask_all(client_of(evhub_tls_client_ctx_new(), "localhost"), 1, -1);
	CHECK(strstr(evhub_tls_error(), "certificate verify failed") != NULL);

	/* A folder without anybody in it. */
	ctx = evhub_tls_client_ctx_new();
	CHECK_INT(evhub_tls_ctx_set_ca(ctx, NULL, certs_folder), 0);
	ask_all(client_of(ctx, "localhost"), 1, -1);
	stop();
}

/* Folders have certificates under the hashes of their names. */
TEST_ONCE(authorities_in_a_folder)
{
	evhub_tls_ctx_t *ctx;
	char folder[128], file[256];

	start();
	snprintf(folder, sizeof(folder), "%s/roots", certs_folder);
	CHECK_INT(mkdir(folder, 0700), 0);
	snprintf(file, sizeof(file), "%s/%08lx.0", folder,
	    X509_subject_name_hash(root.certificate));
	CHECK_INT(link(root.file, file), 0);
	ctx = evhub_tls_client_ctx_new();
	CHECK_INT(evhub_tls_ctx_set_ca(ctx, NULL, folder), 0);
	ask_all(client_of(ctx, "localhost"), 1, 200);
	stop();
}

/* Clients with certificates */

static void
say_who(struct evhttp_request *req, void *arg)
{
	const char *who = evhub_tls_peer_subject(req->evcon);
	const char *pem = evhub_tls_peer_certificate(req->evcon);

	(void)arg;
	calls++;
	CHECK_INT(who == NULL, pem == NULL);
	CHECK(pem == NULL || strncmp(pem, "-----BEGIN CERTIFICATE-----\n", 28) == 0);
	send_text(req, who != NULL ? who : "nobody");
}

static evhub_tls_ctx_t *
demanding(int mode)
{
	evhub_tls_ctx_t *ctx = evhub_tls_server_ctx_new(own.file, own.file);

	CHECK_INT(evhub_tls_ctx_set_ca(ctx, root.file, NULL), 0);
	CHECK_INT(evhub_tls_ctx_set_verify(ctx, mode), 0);
	return ctx;
}

static evhub_tls_ctx_t *
with_certificate(const struct identity *identity)
{
	evhub_tls_ctx_t *ctx = trusting_root();

	CHECK_INT(evhub_tls_ctx_set_certificate(ctx, identity->file, identity->file), 0);
	return ctx;
}

TEST(clients_that_have_to_say_who_they_are)
{
	struct wish wish = { .subject = "A, B=C", .by = NULL };
	struct identity good, bad, other;
	evhub_tls_ctx_t *ctx;

	start();
	evhttp_set_gencb(http, say_who, NULL);
	wish.by = &root;
	good = issue(wish);
	other = authority("another root");
	bad = for_names(&other, "DNS:client");

	ctx = demanding(EVHUB_TLS_VERIFY_PEER);
	CHECK_INT(evhub_tls_set_server(http, ctx), 0);
	evhub_tls_ctx_free(ctx);
	ask_all(client_of(with_certificate(&good), "localhost"), 2, 200);
	CHECK_STR(body, "CN=A\\, B\\=C");
	ask_all(client_of(with_certificate(&bad), "localhost"), 1, -1);
	ask_all(client_of(trusting_root(), "localhost"), 1, -1);
	CHECK_INT(calls, 2);

	ctx = demanding(EVHUB_TLS_VERIFY_IF_GIVEN);
	CHECK_INT(evhub_tls_set_server(http, ctx), 0);
	evhub_tls_ctx_free(ctx);
	ask_all(client_of(with_certificate(&good), "localhost"), 1, 200);
	ask_all(client_of(with_certificate(&bad), "localhost"), 1, -1);
	ask_all(client_of(trusting_root(), "localhost"), 1, 200);
	CHECK_STR(body, "nobody");
	drop(&good);
	drop(&bad);
	drop(&other);
	stop();
}

TEST_ONCE(versions)
{
	evhub_tls_ctx_t *ctx;

	start();
	CHECK((ctx = evhub_tls_server_ctx_new(own.file, own.file)) != NULL);
	CHECK_INT(evhub_tls_ctx_set_min_version(ctx, EVHUB_TLS_1_3), 0);
	CHECK_INT(evhub_tls_set_server(http, ctx), 0);
	evhub_tls_ctx_free(ctx);
	ask_all(client_of(trusting_root(), "localhost"), 1, 200);
	stop();
}

/* Bodies of both directions, many at once. */
TEST(large_bodies_both_ways)
{
	enum { LENGTH = 2 << 20, CLIENTS = 4 };
	struct evhttp_connection *evcons[CLIENTS];
	int i;

	start();
	evhttp_set_gencb(http, send_back, NULL);
	for (i = 0; i < CLIENTS; i++) {
		struct evhttp_request *req = evhttp_request_new(note_reply, NULL);
		int j;

		evcons[i] = client_of(trusting_root(), "localhost");
		for (j = 0; j < LENGTH; j += 16)
			evbuffer_add_printf(req->output_buffer, "%015d;", i + j);
		CHECK_INT(evhttp_make_request(evcons[i], req, EVHTTP_REQ_POST, "/"), 0);
	}
	UNTIL(replies == CLIENTS);
	CHECK_INT(last_code, 200);
	CHECK_INT(body_length, LENGTH);
	for (i = 0; i < CLIENTS; i++)
		evhttp_connection_free(evcons[i]);
	stop();
}
