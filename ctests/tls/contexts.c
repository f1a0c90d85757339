/*
 * Contexts: what they take, what they refuse, and what evhub_tls_error() says of it.
 */
#include "tls.h"

#define GET "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

/* The last error is about this. */
#define CHECK_SAYS(text)                                                        \
	do {                                                                    \
		if (strstr(evhub_tls_error(), (text)) == NULL)                  \
			test_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", \
			    evhub_tls_error(), (text));                         \
	} while (0)

#define CHECK_NONE(expr, want_errno, text)                                      \
	do {                                                                    \
		errno = 0;                                                      \
		CHECK_PTR((expr), NULL);                                        \
		CHECK_INT(errno, (want_errno));                                 \
		CHECK_SAYS(text);                                               \
	} while (0)

#define CHECK_FAILS(expr, want_errno, text)                                     \
	do {                                                                    \
		CHECK_ERRNO((expr), (want_errno));                              \
		CHECK_SAYS(text);                                               \
	} while (0)

static const char *
file_with(const char *name, const char *text)
{
	static char path[256];
	FILE *file;

	make_folder();
	snprintf(path, sizeof(path), "%s/%s", certs_folder, name);
	CHECK((file = fopen(path, "we")) != NULL);
	CHECK(fputs(text, file) >= 0);
	CHECK_INT(fclose(file), 0);
	return path;
}

TEST_ONCE(files_that_are_no_good)
{
	struct identity other;
	const char *path;
	EVP_PKEY *key;
	FILE *file;

	CHECK_STR(evhub_tls_error(), "");
	evhub_tls_ctx_free(own_ctx());
	CHECK_STR(evhub_tls_error(), "");
	CHECK_NONE(evhub_tls_server_ctx_new(NULL, own.file), EINVAL, "NULL");
	CHECK_NONE(evhub_tls_server_ctx_new(own.file, NULL), EINVAL, "NULL");
	CHECK_NONE(evhub_tls_server_ctx_new("/none/such", own.file), ENOENT, "/none/such");
	CHECK_NONE(evhub_tls_server_ctx_new(own.file, "/none/such"), ENOENT, "/none/such");
	CHECK_NONE(evhub_tls_server_ctx_new("/", own.file), EISDIR, "/");
	path = file_with("empty", "");
	CHECK_NONE(evhub_tls_server_ctx_new(path, own.file), EINVAL, "no certificate");
	CHECK_NONE(evhub_tls_server_ctx_new(own.file, path), EINVAL, "no private key");
	path = file_with("broken",
	    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	CHECK_NONE(evhub_tls_server_ctx_new(path, own.file), EINVAL, "broken");
	path = file_with("not a \xff text", "nothing");
	CHECK_NONE(evhub_tls_server_ctx_new(path, own.file), EINVAL, "not a ");
	other = for_names(&root, "DNS:other");
	CHECK_NONE(evhub_tls_server_ctx_new(own.file, other.file), EINVAL, "not that of");
	drop(&other);

	/* A key with a password: nobody is asked for it. */
	path = file_with("encrypted", "");
	CHECK((key = EVP_EC_gen("P-256")) != NULL && (file = fopen(path, "we")) != NULL);
	CHECK_INT(PEM_write_PrivateKey(file, key, EVP_aes_128_cbc(), NULL, 0, NULL, "secret"), 1);
	CHECK_INT(fclose(file), 0);
	EVP_PKEY_free(key);
	CHECK_NONE(evhub_tls_server_ctx_new(own.file, path), EINVAL, "encrypted");
	CHECK_INT(ERR_peek_error(), 0);
}

TEST_ONCE(authorities_that_are_no_good)
{
	evhub_tls_ctx_t *ctx = evhub_tls_client_ctx_new();
	const char *path;

	CHECK_FAILS(evhub_tls_ctx_set_ca(ctx, NULL, NULL), EINVAL, "NULL");
	CHECK_FAILS(evhub_tls_ctx_set_ca(NULL, "/", NULL), EINVAL, "context is NULL");
	CHECK_FAILS(evhub_tls_ctx_set_ca(ctx, "/none/such", NULL), ENOENT, "/none/such");
	CHECK_FAILS(evhub_tls_ctx_set_ca(ctx, NULL, "/none/such"), ENOENT, "/none/such");
	path = file_with("empty", "");
	CHECK_FAILS(evhub_tls_ctx_set_ca(ctx, path, NULL), EINVAL, "no certificate");
	CHECK_FAILS(evhub_tls_ctx_set_ca(ctx, NULL, path), ENOTDIR, "not a folder");
	CHECK_FAILS(evhub_tls_ctx_set_ca(ctx, NULL, "/\xff"), EINVAL, "UTF-8");
	evhub_tls_ctx_free(ctx);
}

TEST_ONCE(numbers_and_names_that_make_no_sense)
{
	evhub_tls_ctx_t *ctx = own_ctx(), *other = own_ctx(), *client;
	static const char *const names[] = { "", ".", "a b", "*", "*.", "a.*", "*.*.org", "a:1",
	    "http://a", "\xc3\xa4.org" };
	size_t i;

	client = evhub_tls_client_ctx_new();
	CHECK_FAILS(evhub_tls_ctx_set_verify(ctx, 3), EINVAL, "verify");
	CHECK_FAILS(evhub_tls_ctx_set_verify(NULL, 1), EINVAL, "NULL");
	CHECK_FAILS(evhub_tls_ctx_set_min_version(ctx, 0x0302), EINVAL, "version");
	CHECK_FAILS(evhub_tls_ctx_set_min_version(NULL, EVHUB_TLS_1_3), EINVAL, "NULL");
	CHECK_FAILS(evhub_tls_ctx_set_handshake_timeout(ctx, -1), EINVAL, "time");
	CHECK_FAILS(evhub_tls_ctx_set_handshake_timeout(NULL, 1), EINVAL, "NULL");
	CHECK_FAILS(evhub_tls_ctx_allow_truncation(NULL, 1), EINVAL, "NULL");
	CHECK_FAILS(evhub_tls_ctx_set_name_cb(NULL, NULL, NULL), EINVAL, "NULL");
	CHECK_FAILS(evhub_tls_ctx_set_certificate(NULL, own.file, own.file), EINVAL, "NULL");
	CHECK_FAILS(evhub_tls_ctx_set_certificate(client, NULL, NULL), EINVAL, "NULL");
	CHECK_FAILS(evhub_tls_ctx_set_certificate(ctx, own.file, own.file), EEXIST, "already");
	for (i = 0; i < COUNT(names); i++)
		CHECK_FAILS(evhub_tls_ctx_add_name(ctx, names[i], other), EINVAL, "");
	CHECK_FAILS(evhub_tls_ctx_add_name(ctx, NULL, other), EINVAL, "NULL");
	CHECK_FAILS(evhub_tls_ctx_add_name(ctx, "a", NULL), EINVAL, "NULL");
	CHECK_FAILS(evhub_tls_ctx_add_name(ctx, "a", ctx), EINVAL, "another");
	CHECK_FAILS(evhub_tls_ctx_add_name(ctx, "a", client), EINVAL, "another");
	CHECK_FAILS(evhub_tls_ctx_add_name(client, "a", ctx), EINVAL, "another");
	evhub_tls_ctx_free(ctx);
	evhub_tls_ctx_free(other);
	evhub_tls_ctx_free(client);
	evhub_tls_ctx_free(NULL);
}

TEST_ONCE(servers_and_connections_that_are_none)
{
	evhub_tls_ctx_t *server = own_ctx(), *client = evhub_tls_client_ctx_new();
	struct evhttp_connection *evcon;
	size_t i;
	static const char *const hosts[] = { "", "a b", "a/b", "\xff", "[localhost]" };

	serve(echo);
	capture_log();
	CHECK((evcon = evhttp_connection_new("127.0.0.1", 1)) != NULL);
	CHECK_FAILS(evhub_tls_set_server(NULL, server), EINVAL, "NULL");
	CHECK_FAILS(evhub_tls_set_server(http, client), EINVAL, "not for a server");
	CHECK_FAILS(evhub_tls_set_connection(NULL, client, "a"), EINVAL, "NULL");
	CHECK_FAILS(evhub_tls_set_connection(evcon, server, "a"), EINVAL, "not for a client");
	for (i = 0; i < COUNT(hosts); i++)
		CHECK_FAILS(evhub_tls_set_connection(evcon, client, hosts[i]), EINVAL, "");
	CHECK_PTR(evhub_tls_version(NULL), NULL);
	CHECK_PTR(evhub_tls_version(evcon), NULL);
	CHECK_INT(evhub_tls_set_connection(evcon, client, "[::1]"), 0);
	CHECK_INT(evhub_tls_set_connection(evcon, NULL, NULL), 0);
	evhttp_connection_free(evcon);
	evhub_tls_ctx_free(server);
	evhub_tls_ctx_free(client);
	finish_tls();
}

static evhub_tls_ctx_t *
nobody(const char *name, void *arg)
{
	(void)name;
	(void)arg;
	return NULL;
}

/* What is in use stays as it is. */
TEST_ONCE(contexts_in_use)
{
	evhub_tls_ctx_t *ctx = own_ctx(), *other = own_ctx();

	serve(echo);
	CHECK_INT(evhub_tls_set_server(http, ctx), 0);
	CHECK_FAILS(evhub_tls_ctx_set_ca(ctx, root.file, NULL), EBUSY, "in use");
	CHECK_FAILS(evhub_tls_ctx_set_verify(ctx, EVHUB_TLS_VERIFY_PEER), EBUSY, "in use");
	CHECK_FAILS(evhub_tls_ctx_set_min_version(ctx, EVHUB_TLS_1_3), EBUSY, "in use");
	CHECK_FAILS(evhub_tls_ctx_set_handshake_timeout(ctx, 1), EBUSY, "in use");
	CHECK_FAILS(evhub_tls_ctx_allow_truncation(ctx, 1), EBUSY, "in use");
	CHECK_FAILS(evhub_tls_ctx_add_name(ctx, "a", other), EBUSY, "in use");
	CHECK_FAILS(evhub_tls_ctx_set_name_cb(ctx, nobody, NULL), EBUSY, "in use");
	/* It may be used again. */
	CHECK_INT(evhub_tls_set_server(http, ctx), 0);
	evhub_tls_ctx_free(other);
	evhub_tls_ctx_free(ctx);
	{
		struct speaker s;

		open_speaker(&s);
		shake_hands(&s);
		say_tls(&s, GET);
		CHECK_STR(hear(&s.peer), PLAIN(5, "GET /"));
		hang_up(&s);
	}
	finish_tls();
}
