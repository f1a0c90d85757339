/* Certificates, made when they are needed: nothing expires but what is to. */
#ifndef EVHUB_CTESTS_TLS_CERTS_H
#define EVHUB_CTESTS_TLS_CERTS_H

#include "harness.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <sys/stat.h>

enum { HOUR = 3600 };

struct identity {
	X509 *certificate;
	EVP_PKEY *key;
	/* The certificate and those above it but the root, and the key, in one file. */
	char file[128];
};

/* What a certificate is to say. */
struct wish {
	const char *subject;
	int subject_length;		/* 0: as a string */
	const char *names;		/* "DNS:example.org,IP:127.0.0.1"; NULL: none */
	const struct identity *by;	/* NULL: itself */
	int is_authority;
	long from, to;			/* seconds from now; to 0: an hour */
};

static char certs_folder[64];

static inline void
remove_certs(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", certs_folder);
	if (certs_folder[0] != '\0' && system(command) != 0)
		fprintf(stderr, "%s is left over\n", certs_folder);
}

static inline void
make_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	if (certs_folder[0] != '\0')
		return;
	snprintf(certs_folder, sizeof(certs_folder), "%.32s/evhub-tls-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	CHECK(mkdtemp(certs_folder) != NULL);
	CHECK_INT(atexit(remove_certs), 0);
}

static inline void
add_extension(X509 *certificate, X509 *issuer, int kind, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	CHECK((extension = X509V3_EXT_conf_nid(NULL, &context, kind, value)) != NULL);
	CHECK_INT(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static inline void
append_pem(const struct identity *from, FILE *file)
{
	CHECK_INT(PEM_write_X509(file, from->certificate), 1);
}

static inline void
write_identity(struct identity *made, const struct wish *wish)
{
	static int number;
	FILE *file;

	make_folder();
	snprintf(made->file, sizeof(made->file), "%s/%d.pem", certs_folder, number++);
	CHECK((file = fopen(made->file, "we")) != NULL);
	append_pem(made, file);
	if (wish->by != NULL && X509_self_signed(wish->by->certificate, 0) == 0)
		append_pem(wish->by, file);
	CHECK_INT(PEM_write_PrivateKey(file, made->key, NULL, NULL, 0, NULL, NULL), 1);
	CHECK_INT(fclose(file), 0);
}

static inline struct identity
issue(struct wish wish)
{
	static long serial = 1;
	struct identity made;
	X509 *certificate, *issuer;
	X509_NAME *subject;

	CHECK((made.key = EVP_EC_gen("P-256")) != NULL);
	CHECK((certificate = made.certificate = X509_new()) != NULL);
	issuer = wish.by != NULL ? wish.by->certificate : certificate;
	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
	X509_gmtime_adj(X509_getm_notBefore(certificate), wish.from == 0 ? -HOUR : wish.from);
	X509_gmtime_adj(X509_getm_notAfter(certificate), wish.to == 0 ? HOUR : wish.to);
	subject = X509_get_subject_name(certificate);
	CHECK_INT(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
	    (const unsigned char *)wish.subject,
	    wish.subject_length == 0 ? -1 : wish.subject_length, -1, 0), 1);
	X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
	X509_set_pubkey(certificate, made.key);
	add_extension(certificate, issuer, NID_basic_constraints,
	    wish.is_authority ? "critical,CA:TRUE" : "CA:FALSE");
	if (wish.names != NULL)
		add_extension(certificate, issuer, NID_subject_alt_name, wish.names);
	CHECK(X509_sign(certificate, wish.by != NULL ? wish.by->key : made.key, EVP_sha256()) > 0);
	write_identity(&made, &wish);
	return made;
}

/* An authority, and a certificate of its for this machine. */
static inline struct identity
authority(const char *name)
{
	struct wish wish = { .subject = name, .is_authority = 1 };

	return issue(wish);
}

static inline struct identity
for_names(const struct identity *by, const char *names)
{
	struct wish wish = { .subject = "evhub", .by = by, .names = names };

	return issue(wish);
}

#define LOCAL_NAMES "DNS:localhost,IP:127.0.0.1"

static inline void
drop(struct identity *identity)
{
	X509_free(identity->certificate);
	EVP_PKEY_free(identity->key);
	unlink(identity->file);
}

#endif
