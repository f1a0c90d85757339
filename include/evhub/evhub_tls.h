/*
 * evhub_tls: TLS for evhub's HTTP servers and clients, in a library of its own, over OpenSSL.
 *
 *	cc program.c $(pkg-config --cflags --libs evhub_tls)
 *
 *	evhub_tls_ctx_t *ctx = evhub_tls_server_ctx_new("chain.pem", "key.pem");
 *
 *	if (ctx == NULL || evhub_tls_set_server(http, ctx) == -1)
 *		errx(1, "%s", evhub_tls_error());
 *	evhub_tls_ctx_free(ctx);
 *
 * and for a client
 *
 *	evhub_tls_ctx_t *ctx = evhub_tls_client_ctx_new();
 *
 *	evhub_tls_set_connection(evcon, ctx, "www.example.org");
 *	evhttp_make_request(evcon, req, EVHTTP_REQ_GET, "/");
 *
 * Spoken are TLS 1.2 and 1.3, with http/1.1 in ALPN; there is no renegotiation. Clients verify
 * that a server's certificate leads to an authority that they trust and is for the host that they
 * want; a request over a connection for which that fails has its callback called with NULL, as with
 * any other connection that breaks, and evhub_tls_error() says why. The end of a TCP connection
 * without TLS's own end is an error, where something might be missing.
 *
 * Contexts are set up and then used: from the first evhub_tls_set_server() or
 * evhub_tls_set_connection() on they stay as they are (EBUSY), and may be used by several threads.
 * To renew certificates make a new context. A function that fails returns -1, or NULL, with errno
 * set and a text in evhub_tls_error().
 *
 * After a fork(), a child that frees a server or a connection leaves its parent's connections
 * alone: it says nothing on them, unless it has used them itself.
 */
#ifndef EVHUB_TLS_H
#define EVHUB_TLS_H

#include "evhttp.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct evhub_tls_ctx evhub_tls_ctx_t;

/* Chooses a context for the name that a client asks for; NULL: the one that the server has. */
typedef evhub_tls_ctx_t *(*evhub_tls_name_fn_t)(const char *name, void *arg);

/* evhub_tls_ctx_set_verify() */
#define EVHUB_TLS_VERIFY_NONE 0
#define EVHUB_TLS_VERIFY_PEER 1
#define EVHUB_TLS_VERIFY_IF_GIVEN 2

/* evhub_tls_ctx_set_min_version() */
#define EVHUB_TLS_1_2 0x0303
#define EVHUB_TLS_1_3 0x0304

/*
 * Contexts
 */

/**
 * Makes a context for servers.
 *
 * @param chain_file the server's certificate, and after it those that lead to a root, in PEM
 * @param key_file its private key, in PEM and not encrypted; may be the same file
 * @return the context, to be freed with evhub_tls_ctx_free(); NULL with EINVAL (NULL, nothing of
 *   use in a file, a key that is not the certificate's), ENOENT and what else a file may have, or
 *   ENOMEM
 *
 * @pre `chain_file` and `key_file` are NULL or strings.
 */
evhub_tls_ctx_t *evhub_tls_server_ctx_new(const char *chain_file, const char *key_file);

/**
 * Makes a context for clients. It verifies servers against the certificates that the system
 * trusts (OpenSSL's default places, or those of SSL_CERT_FILE and SSL_CERT_DIR).
 *
 * @return the context, to be freed with evhub_tls_ctx_free(); NULL with ENOMEM
 */
evhub_tls_ctx_t *evhub_tls_client_ctx_new(void);

/**
 * Gives up a context. Servers and connections that have it keep it.
 *
 * @param ctx a context; NULL is fine
 *
 * @pre `ctx` is NULL or a context that was not freed.
 */
void evhub_tls_ctx_free(evhub_tls_ctx_t *ctx);

/**
 * The certificate that a client shows to servers that ask for one.
 *
 * @param chain_file,key_file as for evhub_tls_server_ctx_new()
 * @return 0; -1 with EEXIST (it has one), EBUSY (the context is in use), and as
 *   evhub_tls_server_ctx_new()
 *
 * @pre `ctx` is NULL or a context that was not freed; `chain_file` and `key_file` are NULL or
 * strings.
 */
int evhub_tls_ctx_set_certificate(evhub_tls_ctx_t *ctx, const char *chain_file,
    const char *key_file);

/**
 * Says whom to trust, instead of those whom the system trusts. May be called several times.
 *
 * @param file certificates of authorities, in PEM; or NULL
 * @param folder a folder of such files under the hashes of their names (`openssl rehash`); or NULL
 * @return 0; -1 with EINVAL (both are NULL, no certificate), ENOENT and the like, EBUSY (the
 *   context is in use) or ENOMEM
 *
 * @pre `ctx` is NULL or a context that was not freed; `file` and `folder` are NULL or strings.
 */
int evhub_tls_ctx_set_ca(evhub_tls_ctx_t *ctx, const char *file, const char *folder);

/**
 * Says whose certificate has to be good.
 *
 * @param mode EVHUB_TLS_VERIFY_PEER, the default of clients: the server's, or of servers: every
 *   client has to have one; EVHUB_TLS_VERIFY_IF_GIVEN: of a client that has one;
 *   EVHUB_TLS_VERIFY_NONE, the default of servers: nobody's. A client that says so may speak to
 *   anybody at all
 * @return 0; -1 with EINVAL or EBUSY (the context is in use)
 *
 * @pre `ctx` is NULL or a context that was not freed.
 */
int evhub_tls_ctx_set_verify(evhub_tls_ctx_t *ctx, int mode);

/**
 * Says which version of TLS it must be at least.
 *
 * @param version EVHUB_TLS_1_2, the default, or EVHUB_TLS_1_3
 * @return 0; -1 with EINVAL or EBUSY (the context is in use)
 *
 * @pre `ctx` is NULL or a context that was not freed.
 */
int evhub_tls_ctx_set_min_version(evhub_tls_ctx_t *ctx, int version);

/**
 * Says how long a handshake may take.
 *
 * @param seconds 30 by default; 0: as long as the timeout of the connection allows
 * @return 0; -1 with EINVAL (less than 0) or EBUSY (the context is in use)
 *
 * @pre `ctx` is NULL or a context that was not freed.
 */
int evhub_tls_ctx_set_handshake_timeout(evhub_tls_ctx_t *ctx, int seconds);

/**
 * Takes the end of a TCP connection for the end of the data, though anybody on the way could have
 * made it. Some old servers end so: with a body that has no length, that looks like an attack.
 *
 * @param allow 1: yes; 0, the default: it is an error
 * @return 0; -1 with EINVAL or EBUSY (the context is in use)
 *
 * @pre `ctx` is NULL or a context that was not freed.
 */
int evhub_tls_ctx_allow_truncation(evhub_tls_ctx_t *ctx, int allow);

/**
 * Has clients that ask for a name (SNI) served by another context: its certificate, and what it
 * demands of clients.
 *
 * @param ctx a context for servers, which serves all other names
 * @param name a name, or "*." and a name: one label more, whatever it is
 * @param other a context for servers, in which this one gets a share. Names that it was given
 *   itself do not count
 * @return 0; -1 with EINVAL or EBUSY (`ctx` is in use)
 *
 * @pre `ctx` and `other` are NULL or contexts that were not freed; `name` is NULL or a string.
 */
int evhub_tls_ctx_add_name(evhub_tls_ctx_t *ctx, const char *name, evhub_tls_ctx_t *other);

/**
 * Has a function choose the context for each name that clients ask for and that no
 * evhub_tls_ctx_add_name() is for.
 *
 * @param ctx a context for servers
 * @param cb gets the name as the client has sent it, whatever that is, and returns a context for
 *   servers, which it does not give away, or NULL: `ctx`. It may free the server, and need not
 *   return. NULL: no function any more
 * @param arg its last argument
 * @return 0; -1 with EINVAL or EBUSY (the context is in use)
 *
 * @pre `ctx` is NULL or a context that was not freed. A context whose servers run in several
 * threads has its function called in each.
 */
int evhub_tls_ctx_set_name_cb(evhub_tls_ctx_t *ctx, evhub_tls_name_fn_t cb, void *arg);

/*
 * Servers and connections
 */

/**
 * Has a server speak TLS with all who connect from now on.
 *
 * @param http the server, which gets a share in the context
 * @param ctx a context for servers; NULL: no TLS any more. Connections that are there stay as
 *   they are: so certificates are renewed
 * @return 0; -1 with EINVAL or ENOMEM
 *
 * @pre `http` is NULL or a server that was not freed; `ctx` is NULL or a context that was not
 * freed.
 */
int evhub_tls_set_server(struct evhttp *http, evhub_tls_ctx_t *ctx);

/**
 * Has a client speak TLS, from the next time on that it connects. The server's certificate must be
 * good, and for the host (unless evhub_tls_ctx_set_verify() has said otherwise).
 *
 * @param evcon a connection of evhttp_connection_new(), which gets a share in the context
 * @param ctx a context for clients; NULL: no TLS any more
 * @param host the name or the address that the certificate has to be for, and that the server is
 *   told (SNI), names only; NULL: what the connection was made with
 * @return 0; -1 with EINVAL or ENOMEM
 *
 * @pre `evcon` is NULL or a connection that was not freed; `ctx` is NULL or a context that was not
 * freed; `host` is NULL or a string.
 */
int evhub_tls_set_connection(struct evhttp_connection *evcon, evhub_tls_ctx_t *ctx,
    const char *host);

/**
 * The version of TLS that a connection speaks: "TLSv1.3".
 *
 * @param evcon a connection, in a callback of a request's, say
 * @return a text that is there as long as the TCP connection; NULL if there is none (no TLS, or
 *   not yet). So for all that follow
 *
 * @pre `evcon` is NULL or a connection that was not freed.
 */
const char *evhub_tls_version(struct evhttp_connection *evcon);

/**
 * The cipher suite of a connection, as its standard calls it: "TLS_AES_256_GCM_SHA384".
 *
 * @pre `evcon` is NULL or a connection that was not freed.
 */
const char *evhub_tls_cipher(struct evhttp_connection *evcon);

/**
 * The protocol that both have agreed on (ALPN): "http/1.1", or NULL if one of them did not ask.
 *
 * @pre `evcon` is NULL or a connection that was not freed.
 */
const char *evhub_tls_alpn(struct evhttp_connection *evcon);

/**
 * The name of the host that the client has asked for (SNI).
 *
 * @pre `evcon` is NULL or a connection that was not freed.
 */
const char *evhub_tls_server_name(struct evhttp_connection *evcon);

/**
 * Whom the peer's certificate is for: "O=Company, CN=name", with a backslash before what would
 * look like a part of that.
 *
 * @pre `evcon` is NULL or a connection that was not freed.
 */
const char *evhub_tls_peer_subject(struct evhttp_connection *evcon);

/**
 * The peer's certificate, in PEM.
 *
 * @pre `evcon` is NULL or a connection that was not freed.
 */
const char *evhub_tls_peer_certificate(struct evhttp_connection *evcon);

/*
 * Errors
 */

/**
 * What the last failure in this thread was: of a call, or of a connection that libevhub has had to
 * end.
 *
 * @return a text, "" if nothing has failed yet; it is there until the next failure in this thread
 */
const char *evhub_tls_error(void);

#ifdef __cplusplus
}
#endif

#endif /* EVHUB_TLS_H */
