/*
 * What evhub's HTTP has beyond libevent 1.4.
 *
 * The functions are called evhub_evhttp_*; libevent 2's spelling works too, as a macro. A program
 * that has names of its own for such things does not include this file, or defines
 * EVHUB_NO_LIBEVENT2_NAMES before it does.
 */
#ifndef EVHUB_HTTP_EXT_H
#define EVHUB_HTTP_EXT_H

#include "evhttp.h"

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * URIs in parts (RFC 3986).
 */

struct evhttp_uri;

/* Bytes are let through that no URI has, as they are in use nevertheless. */
#define EVHTTP_URI_NONCONFORMANT 0x01

/**
 * Makes a URI without any part.
 *
 * @return to be freed with evhub_evhttp_uri_free(); NULL with ENOMEM
 */
struct evhttp_uri *evhub_evhttp_uri_new(void);

/**
 * Frees a URI, and what it has given away. NULL is fine.
 *
 * @pre `uri` is NULL or a URI that was not freed.
 */
void evhub_evhttp_uri_free(struct evhttp_uri *uri);

/**
 * Says what parts may be set to from now on.
 *
 * @param flags 0, or EVHTTP_URI_NONCONFORMANT
 *
 * @pre `uri` is NULL (EINVAL) or a URI that was not freed.
 */
void evhub_evhttp_uri_set_flags(struct evhttp_uri *uri, unsigned int flags);

/**
 * Takes a URI, or a relative reference, apart, as RFC 3986 has it.
 *
 * @return to be freed with evhub_evhttp_uri_free(); NULL with EINVAL (it is none, or NULL) or
 *   ENOMEM
 *
 * @pre `source` is NULL or a string.
 */
struct evhttp_uri *evhub_evhttp_uri_parse(const char *source);

/**
 * Takes a URI apart that need not be one to the letter.
 *
 * @param flags with EVHTTP_URI_NONCONFORMANT, userinfo, path, query and fragment may have all
 *   bytes but control bytes and those that end them
 * @return as evhub_evhttp_uri_parse()
 *
 * @pre `source` is NULL or a string.
 */
struct evhttp_uri *evhub_evhttp_uri_parse_with_flags(const char *source, unsigned int flags);

/**
 * What is before the first colon, which is not there in a relative reference.
 *
 * @return the part, which is there until it is set, or the URI freed; NULL if there is none, with
 *   EINVAL if `uri` is NULL. So for all that get a part
 *
 * @pre `uri` is NULL or a URI that was not freed.
 */
const char *evhub_evhttp_uri_get_scheme(const struct evhttp_uri *uri);

/**
 * What is before the "@".
 *
 * @pre `uri` is NULL or a URI that was not freed.
 */
const char *evhub_evhttp_uri_get_userinfo(const struct evhttp_uri *uri);

/**
 * A name or an address; IPv6 addresses are in brackets. May be empty.
 *
 * @pre `uri` is NULL or a URI that was not freed.
 */
const char *evhub_evhttp_uri_get_host(const struct evhttp_uri *uri);

/**
 * The port that the URI says; -1 if it says none.
 *
 * @pre `uri` is NULL (-1 with EINVAL) or a URI that was not freed.
 */
int evhub_evhttp_uri_get_port(const struct evhttp_uri *uri);

/**
 * The path. It is empty, not NULL, in a URI that was parsed and has none.
 *
 * @pre `uri` is NULL or a URI that was not freed.
 */
const char *evhub_evhttp_uri_get_path(const struct evhttp_uri *uri);

/**
 * What is behind the "?".
 *
 * @pre `uri` is NULL or a URI that was not freed.
 */
const char *evhub_evhttp_uri_get_query(const struct evhttp_uri *uri);

/**
 * What is behind the "#".
 *
 * @pre `uri` is NULL or a URI that was not freed.
 */
const char *evhub_evhttp_uri_get_fragment(const struct evhttp_uri *uri);

/**
 * Sets the scheme.
 *
 * @param scheme copied; NULL takes the part away. So for all that set a part
 * @return 0; -1 with EINVAL (the part cannot be that, or `uri` is NULL) or ENOMEM, and nothing
 *   changes
 *
 * @pre `uri` is NULL or a URI that was not freed; `scheme` is NULL or a string.
 */
int evhub_evhttp_uri_set_scheme(struct evhttp_uri *uri, const char *scheme);

/**
 * Sets what is before the "@".
 *
 * @pre `uri` is NULL or a URI that was not freed; `userinfo` is NULL or a string.
 */
int evhub_evhttp_uri_set_userinfo(struct evhttp_uri *uri, const char *userinfo);

/**
 * Sets the host, an IPv6 address in brackets.
 *
 * @pre `uri` is NULL or a URI that was not freed; `host` is NULL or a string.
 */
int evhub_evhttp_uri_set_host(struct evhttp_uri *uri, const char *host);

/**
 * Sets the port.
 *
 * @param port 0 to 65535; -1 takes it away
 * @return 0; -1 with EINVAL
 *
 * @pre `uri` is NULL or a URI that was not freed.
 */
int evhub_evhttp_uri_set_port(struct evhttp_uri *uri, int port);

/**
 * Sets the path.
 *
 * @pre `uri` is NULL or a URI that was not freed; `path` is NULL or a string.
 */
int evhub_evhttp_uri_set_path(struct evhttp_uri *uri, const char *path);

/**
 * Sets what is behind the "?".
 *
 * @pre `uri` is NULL or a URI that was not freed; `query` is NULL or a string.
 */
int evhub_evhttp_uri_set_query(struct evhttp_uri *uri, const char *query);

/**
 * Sets what is behind the "#".
 *
 * @pre `uri` is NULL or a URI that was not freed; `fragment` is NULL or a string.
 */
int evhub_evhttp_uri_set_fragment(struct evhttp_uri *uri, const char *fragment);

/**
 * Writes a URI as text.
 *
 * @param buf gets it, with a NUL behind it
 * @param limit the size of `buf`
 * @return `buf`; NULL, and nothing is written, with ENOSPC (it does not fit), or EINVAL (NULL, or
 *   the parts would be read as others: a path that does not begin with a slash behind a host,
 *   userinfo or port without one)
 *
 * @pre `uri` is NULL or a URI that was not freed; `buf` is NULL or has `limit` bytes.
 */
char *evhub_evhttp_uri_join(struct evhttp_uri *uri, char *buf, size_t limit);

/**
 * Escapes text that becomes a part of a URI, so that it means nothing there.
 *
 * Letters, digits and - . _ ~ stay as they are, all else becomes %XX.
 *
 * @param str the text
 * @param size its length in bytes; negative: up to its NUL
 * @param space_to_plus not 0: a space becomes a plus sign, as in queries
 * @return a string to be freed with free(); NULL with EINVAL (NULL) or ENOMEM
 *
 * @pre `str` is NULL or has `size` bytes, or is a string.
 */
char *evhub_evhttp_uriencode(const char *str, ssize_t size, int space_to_plus);

/**
 * Undoes escaping. A % without two digits behind it stays.
 *
 * @param decode_plus not 0: a plus sign is a space
 * @param size_out gets the length, which counts where %00 was decoded, too; NULL is fine
 * @return a string to be freed with free(); NULL with EINVAL (NULL) or ENOMEM
 *
 * @pre `uri` is NULL or a string; `size_out` is NULL or writable.
 */
char *evhub_evhttp_uridecode(const char *uri, int decode_plus, size_t *size_out);

/**
 * Reads parameters, "a=b&c=d", as evhttp_parse_query() does of a whole URI.
 *
 * @param uri the parameters alone, without a question mark
 * @param headers becomes a list of them. What it was does not matter
 * @return 0; -1 with EINVAL (NULL) or ENOMEM, and the list is empty
 *
 * @pre `uri` is NULL or a string; `headers` is NULL or memory for a list.
 */
int evhub_evhttp_parse_query_str(const char *uri, struct evkeyvalq *headers);

/*
 * Asking.
 */

/*
 * Methods that libevent 1.4 does not know, for evhttp_make_request(). PUT and PATCH get a
 * Content-Length, as POST does; of a reply to CONNECT there is the head alone.
 */
#define EVHTTP_REQ_PUT ((enum evhttp_cmd_type)3)
#define EVHTTP_REQ_DELETE ((enum evhttp_cmd_type)4)
#define EVHTTP_REQ_OPTIONS ((enum evhttp_cmd_type)5)
#define EVHTTP_REQ_TRACE ((enum evhttp_cmd_type)6)
#define EVHTTP_REQ_CONNECT ((enum evhttp_cmd_type)7)
#define EVHTTP_REQ_PATCH ((enum evhttp_cmd_type)8)

/** Why there is no reply. */
enum evhttp_request_error {
	EVREQ_HTTP_TIMEOUT,		/* it took too long */
	EVREQ_HTTP_EOF,			/* the connection has ended, or was reset */
	EVREQ_HTTP_INVALID_HEADER,	/* what came is no reply */
	EVREQ_HTTP_BUFFER_ERROR,	/* the request could not be sent, or no memory */
	EVREQ_HTTP_REQUEST_CANCEL,	/* the program did not want it */
	EVREQ_HTTP_DATA_TOO_LONG,	/* the body is longer than it may be */
	EVHUB_REQ_HTTP_CONNECT		/* there is no connection */
};

struct evdns_base;

/**
 * Makes a connection for requests, on a base and with a resolver of one's own.
 *
 * @param base the base; NULL: the current one, when something is asked for the first time
 * @param dnsbase a resolver of evhub_evdns_base_new(); NULL: as evhttp_connection_new(). Once it
 *   is freed, names are looked up as without it
 * @param address,port as for evhttp_connection_new()
 * @return the connection, to be freed with evhttp_connection_free(); NULL with EINVAL or ENOMEM
 *
 * @pre `base` and `dnsbase` are NULL or were not freed; `address` is NULL or a string.
 */
struct evhttp_connection *evhub_evhttp_connection_base_new(struct event_base *base,
    struct evdns_base *dnsbase, const char *address, unsigned short port);

/**
 * Makes a connection for requests to a UNIX socket.
 *
 * @param base the base; NULL: the current one, when something is asked for the first time
 * @param path where the server listens; copied. What evhttp_connection_get_peer() gives, with
 *   port 0; the requests' Host is "localhost"
 * @return the connection, to be freed with evhttp_connection_free(); NULL with EINVAL or ENOMEM
 *
 * @pre `base` is NULL or was not freed; `path` is NULL or a string.
 */
struct evhttp_connection *evhub_http_connection_unix_new(struct event_base *base,
    const char *path);

/**
 * The base that a connection runs on.
 *
 * @return the base; NULL if there is none yet, or with EINVAL (NULL)
 *
 * @pre `conn` is NULL or a connection that was not freed.
 */
struct event_base *evhub_evhttp_connection_get_base(struct evhttp_connection *conn);

/**
 * How long the heads of replies may be. A longer one is no reply.
 *
 * @param evcon a connection of evhttp_connection_new()
 * @param new_max_headers_size bytes, with the status line and all 1xx replies before it; less than
 *   0: as many as there is memory for. The default is 1 MiB
 *
 * @pre `evcon` is NULL (EINVAL) or a connection that was not freed.
 */
void evhub_evhttp_connection_set_max_headers_size(struct evhttp_connection *evcon,
    ssize_t new_max_headers_size);

/**
 * How long the bodies of replies may be. With a longer one there is no reply, and the reason is
 * EVREQ_HTTP_DATA_TOO_LONG: at once if its length is told, or else when so much has come.
 *
 * @param evcon a connection of evhttp_connection_new()
 * @param new_max_body_size bytes; less than 0: any number, the default
 *
 * @pre `evcon` is NULL (EINVAL) or a connection that was not freed.
 */
void evhub_evhttp_connection_set_max_body_size(struct evhttp_connection *evcon,
    ssize_t new_max_body_size);

/**
 * Has requests asked once more whose connection has ended before a byte of a reply has come.
 * Servers close idle connections at any time, also while a request is on its way to them. Off by
 * default: then such a request gets code 0.
 *
 * @param evcon a connection of evhttp_connection_new()
 * @param on not 0: requests without a body, of methods that may be repeated (GET, HEAD, PUT,
 *   DELETE, OPTIONS, TRACE), over connections that had been used before
 *
 * @pre `evcon` is NULL (EINVAL) or a connection that was not freed.
 */
void evhub_http_connection_set_ask_again(struct evhttp_connection *evcon, int on);

/**
 * Ends a request that was asked. None of its callbacks is called any more, and it is freed; in its
 * own callbacks it is there until they return. If it is on its way, its connection ends, and the
 * next one is asked over a new one.
 *
 * @param req a request that evhttp_make_request() has taken and whose callback was not called yet;
 *   otherwise nothing happens, and errno is EINVAL or ENOENT
 *
 * @pre `req` is NULL or a request that was not freed.
 */
void evhub_evhttp_cancel_request(struct evhttp_request *req);

/**
 * Has a function called if there is no reply, before the request's callback. It may free the
 * connection.
 *
 * A request that came to a server: the function is called if the client goes, or its body is not
 * complete, before all of the answer has left. One that the program has to answer is still to be
 * answered then; any other is freed when the function returns. A client that has said its last
 * byte while the program has the request is taken for one that has gone.
 *
 * @param req a request of evhttp_request_new(), or one that came to a server
 * @param cb called with the reason and the argument of the request's callback (of a request that
 *   came to a server: its cb_arg); NULL: nobody
 *
 * @pre `req` is NULL (EINVAL) or a request that was not freed.
 */
void evhub_evhttp_request_set_error_cb(struct evhttp_request *req,
    void (*cb)(enum evhttp_request_error error, void *arg));

/**
 * Has a function called when the head of the reply has come, and nothing of its body was passed
 * on: response_code and input_headers are there.
 *
 * @param req a request of evhttp_request_new()
 * @param cb returns 0; less if the reply is not wanted, which ends it with
 *   EVREQ_HTTP_REQUEST_CANCEL, and its callback gets NULL. NULL: nobody is called
 *
 * @pre `req` is NULL (EINVAL) or a request that was not freed.
 */
void evhub_evhttp_request_set_header_cb(struct evhttp_request *req,
    int (*cb)(struct evhttp_request *req, void *arg));

/**
 * Keeps a request when its callback has returned: it is to be freed with evhttp_request_free().
 *
 * @param req a request whose callback runs, or was not called yet. One that fails is freed all the
 *   same where the callback gets NULL
 *
 * @pre `req` is NULL (EINVAL) or a request that was not freed.
 */
void evhub_evhttp_request_own(struct evhttp_request *req);

/**
 * Was evhub_evhttp_request_own() called with it?
 *
 * @return 1 or 0; -1 with EINVAL (NULL)
 *
 * @pre `req` is NULL or a request that was not freed.
 */
int evhub_evhttp_request_is_owned(struct evhttp_request *req);

/**
 * Has a function called for each piece of the body of a reply, however it comes: by its length,
 * in chunks, or until the end; then the last callback gets no body. What
 * evhttp_request_set_chunked_cb() has set is not called.
 *
 * So for the body of a request that came to a server, in what evhub_http_set_head_cb() has called
 * for it: its handler is called when the body is complete, and gets none.
 *
 * @param req a request of evhttp_request_new(), or one that came to a server
 * @param cb called with the piece in input_buffer, which is emptied afterwards; NULL: the body is
 *   collected
 * @see evhub_http_request_pause()
 *
 * @pre `req` is NULL (EINVAL) or a request that was not freed.
 */
void evhub_http_request_set_body_cb(struct evhttp_request *req,
    void (*cb)(struct evhttp_request *req, void *arg));

/**
 * Takes no more of a reply for now, or of the body of a request that came to a server: none of
 * the request's callbacks is called, nothing is read, and so the other side has to wait. The time
 * that the connection may make no progress does not run meanwhile. In callbacks of pieces, or at
 * any time.
 *
 * @param req a request that evhttp_make_request() has taken, or that came to a server
 * @return 0; -1 with EINVAL (NULL) or ENOENT (no connection has it)
 *
 * @pre `req` is NULL or a request that was not freed.
 */
int evhub_http_request_pause(struct evhttp_request *req);

/**
 * Goes on with what was paused, from the loop.
 *
 * @param req a request that evhub_http_request_pause() was called with; otherwise nothing changes
 * @return 0; -1 with EINVAL (NULL) or ENOENT (no connection has it)
 *
 * @pre `req` is NULL or a request that was not freed.
 */
int evhub_http_request_resume(struct evhttp_request *req);

/*
 * Serving.
 */

/* Methods, for evhub_evhttp_set_allowed_methods(). */
#define EVHUB_HTTP_GET 0x0001
#define EVHUB_HTTP_POST 0x0002
#define EVHUB_HTTP_HEAD 0x0004
#define EVHUB_HTTP_PUT 0x0008
#define EVHUB_HTTP_DELETE 0x0010
#define EVHUB_HTTP_OPTIONS 0x0020
#define EVHUB_HTTP_TRACE 0x0040
#define EVHUB_HTTP_CONNECT 0x0080
#define EVHUB_HTTP_PATCH 0x0100

/* A socket that a server listens on. */
struct evhttp_bound_socket;

/**
 * Says whether requests are read as RFC 9112 has it, to the letter: a 1.1 request without Host,
 * one with both Content-Length and Transfer-Encoding, and lines that end without CR are refused, a
 * POST without either has no body, and a method that is not allowed is answered 501. The default
 * is what libevent 1.4 let through, as far as no message can be read in two ways.
 *
 * @param http the server
 * @param on 0 or not; for requests to come
 * @see behaviours 143, 145
 *
 * @pre `http` is NULL (EINVAL) or a server that was not freed.
 */
void evhub_http_set_strict(struct evhttp *http, int on);

/**
 * Says which methods reach the program. All others are answered 501 from then on; before this is
 * called GET, POST and HEAD reach it, and others are answered 400.
 *
 * @param http the server
 * @param methods EVHUB_HTTP_GET and the like, or'ed. These are libevent 2's bits; its names for
 *   them are the numbers of the methods here, as in libevent 1.4
 * @see behaviour 139
 *
 * @pre `http` is NULL (EINVAL) or a server that was not freed.
 */
void evhub_evhttp_set_allowed_methods(struct evhttp *http, unsigned int methods);

/**
 * How long the heads of requests may be. A first line that is longer is answered 414, a longer
 * head 431. So for the fields behind a body in chunks.
 *
 * @param http the server
 * @param max_headers_size bytes, with the first line; less than 0: as many as there is memory for.
 *   The default is 1 MiB
 * @see behaviour 139
 *
 * @pre `http` is NULL (EINVAL) or a server that was not freed.
 */
void evhub_evhttp_set_max_headers_size(struct evhttp *http, ssize_t max_headers_size);

/**
 * How long the bodies of requests may be. A longer one is answered 413: at once if its length is
 * told, or else when so much has come.
 *
 * @param http the server
 * @param max_body_size bytes; less than 0: any number, the default
 * @see behaviour 139
 *
 * @pre `http` is NULL (EINVAL) or a server that was not freed.
 */
void evhub_evhttp_set_max_body_size(struct evhttp *http, ssize_t max_body_size);

/**
 * How many connections there may be at the same time. Who comes then waits in the backlog, until
 * somebody goes.
 *
 * @param http the server
 * @param most at least 1; less: any number, the default. Those that are there stay
 *
 * @pre `http` is NULL (EINVAL) or a server that was not freed.
 */
void evhub_http_set_max_connections(struct evhttp *http, int most);

/**
 * How long the head of a request may take, from its first byte on, however it drips in. Then it is
 * answered 408.
 *
 * @param http the server
 * @param tv the time, copied; zero: for ever; NULL: that of evhttp_set_timeout(), the default
 * @return 0; -1 with EINVAL (NULL server, negative)
 * @see behaviour 147
 *
 * @pre `http` is NULL or a server that was not freed; `tv` is NULL or a time.
 */
int evhub_http_set_head_timeout(struct evhttp *http, const struct timeval *tv);

/**
 * How long a connection may wait for the first byte of a request, the first one or another. Then
 * it is closed without a word.
 *
 * @param http the server
 * @param tv as for evhub_http_set_head_timeout(); of a connection that waits already it is looked
 *   at after its next request
 * @return 0; -1 with EINVAL (NULL server, negative)
 * @see behaviour 147
 *
 * @pre `http` is NULL or a server that was not freed; `tv` is NULL or a time.
 */
int evhub_http_set_idle_timeout(struct evhttp *http, const struct timeval *tv);

/**
 * Has a function called when the head of a request has come, before its body: what comes of the
 * body can be had as it comes (evhub_http_request_set_body_cb()), be made to wait
 * (evhub_http_request_pause()), or be done without, by answering at once. When the body is
 * complete, and the request has no answer yet, the function of evhttp_set_cb() or
 * evhttp_set_gencb() is called with it, as for any other request; until then the library may free
 * it, if the client goes, which evhub_evhttp_request_set_error_cb() tells of.
 *
 * A client that waits for `100 Continue` hears that after the call, unless there is an answer or a
 * pause.
 *
 * @param http the server
 * @param path as for evhttp_set_cb(); NULL: requests that no other such function is for
 * @param cb called with the request; NULL takes the function of this path away, or the general one
 * @param arg its last argument; and cb_arg of the request, until the program sets that to
 *   something else
 * @return 0; -1 with EINVAL (NULL), ENOMEM or ENOENT (there is none to take away)
 * @see behaviour 141
 *
 * @pre `http` is NULL or a server that was not freed; `path` is NULL or a string.
 */
int evhub_http_set_head_cb(struct evhttp *http, const char *path,
    void (*cb)(struct evhttp_request *req, void *arg), void *arg);

/**
 * evhttp_bind_socket(), and which socket that is.
 *
 * @return the socket, the server's, until evhub_evhttp_del_accept_socket() or evhttp_free(); NULL
 *   with errno as evhttp_bind_socket()
 * @see behaviour 136
 *
 * @pre `http` is NULL or a server that was not freed; `address` is NULL or a string.
 */
struct evhttp_bound_socket *evhub_evhttp_bind_socket_with_handle(struct evhttp *http,
    const char *address, unsigned short port);

/**
 * evhttp_accept_socket(), and which socket that is.
 *
 * @return as evhub_evhttp_bind_socket_with_handle(); NULL with errno as evhttp_accept_socket()
 * @see behaviours 136, 138
 *
 * @pre `http` is NULL or a server that was not freed.
 */
struct evhttp_bound_socket *evhub_evhttp_accept_socket_with_handle(struct evhttp *http, int fd);

/**
 * Listens on a path of the file system: on a UNIX socket. Peers have no address there: remote_host
 * is empty, remote_port 0.
 *
 * @param http the server
 * @param path where the socket is made. It stays there, and is the program's to unlink
 * @return as evhub_evhttp_bind_socket_with_handle(); NULL with EINVAL (NULL, no base),
 *   ENAMETOOLONG, EADDRINUSE (there is something), EACCES and the like
 *
 * @pre `http` is NULL or a server that was not freed; `path` is NULL or a string.
 */
struct evhttp_bound_socket *evhub_http_bind_unix(struct evhttp *http, const char *path);

/**
 * Closes a socket that a server listens on. The connections that came in on it stay.
 *
 * @param http the server
 * @param bound its socket; another server's stays (ENOENT)
 *
 * @pre `http` is NULL (EINVAL) or a server that was not freed; `bound` is NULL (EINVAL) or one that
 * was not closed.
 */
void evhub_evhttp_del_accept_socket(struct evhttp *http, struct evhttp_bound_socket *bound);

/**
 * The number of a socket that a server listens on.
 *
 * @return the number, which stays the server's; -1 with EINVAL (NULL)
 *
 * @pre `bound` is NULL or one that was not closed.
 */
int evhub_evhttp_bound_socket_get_fd(struct evhttp_bound_socket *bound);

/*
 * Requests of either side, and answers.
 */

/**
 * The target of a request.
 *
 * @return a string of the request's; NULL with EINVAL (NULL)
 *
 * @pre `req` is NULL or a request that was not freed.
 */
const char *evhub_evhttp_request_get_uri(const struct evhttp_request *req);

/**
 * The method of a request.
 *
 * @return the number: EVHTTP_REQ_GET and the like; EVHTTP_REQ_GET with EINVAL (NULL)
 *
 * @pre `req` is NULL or a request that was not freed.
 */
enum evhttp_cmd_type evhub_evhttp_request_get_command(const struct evhttp_request *req);

/**
 * The status of a reply.
 *
 * @return the status; 0 if there is none yet, or with EINVAL (NULL)
 *
 * @pre `req` is NULL or a request that was not freed.
 */
int evhub_evhttp_request_get_response_code(const struct evhttp_request *req);

/**
 * The words of a reply's status.
 *
 * @return a string of the request's; NULL if there is none, or with EINVAL (NULL)
 *
 * @pre `req` is NULL or a request that was not freed.
 */
const char *evhub_evhttp_request_get_response_code_line(const struct evhttp_request *req);

/**
 * The headers that have come: of the request in a server, of the reply in a client.
 *
 * @return a list of the request's; NULL with EINVAL (NULL). So for all that follow
 *
 * @pre `req` is NULL or a request that was not freed.
 */
struct evkeyvalq *evhub_evhttp_request_get_input_headers(struct evhttp_request *req);

/**
 * The headers that are to be sent, or were.
 *
 * @pre `req` is NULL or a request that was not freed.
 */
struct evkeyvalq *evhub_evhttp_request_get_output_headers(struct evhttp_request *req);

/**
 * The body that has come.
 *
 * @pre `req` is NULL or a request that was not freed.
 */
struct evbuffer *evhub_evhttp_request_get_input_buffer(struct evhttp_request *req);

/**
 * The body that is to be sent.
 *
 * @pre `req` is NULL or a request that was not freed.
 */
struct evbuffer *evhub_evhttp_request_get_output_buffer(struct evhttp_request *req);

/**
 * The host that a request that came to a server is for, without a port: that of its target, if
 * that is a whole URI, or else that of Host.
 *
 * @return a string of the request's, until this is called again; NULL if there is none, with
 *   EINVAL (NULL) or with ENOMEM
 *
 * @pre `req` is NULL or a request that was not freed.
 */
const char *evhub_evhttp_request_get_host(struct evhttp_request *req);

/**
 * Has a function called when the answer to a request has left, all of it, as the last thing before
 * the request is freed. If the client goes before that it is not called.
 *
 * Requests that come after it on its connection wait for that.
 *
 * @param req a request that came to a server, and has no answer yet
 * @param cb called with the request; NULL: nobody
 * @param cb_arg its last argument
 * @see evhub_evhttp_request_set_error_cb()
 *
 * @pre `req` is NULL (EINVAL) or a request that was not freed.
 */
void evhub_evhttp_request_set_on_complete_cb(struct evhttp_request *req,
    void (*cb)(struct evhttp_request *req, void *arg), void *cb_arg);

/**
 * evhttp_send_reply_chunk(), and a function that is called when the piece has left, and all that
 * was sent before it: then it is time for the next piece.
 *
 * @param req,databuf as for evhttp_send_reply_chunk()
 * @param cb called once, by the loop, with the connection, which it may close; there is one such
 *   function at a time for a connection. It is not called if the client goes. NULL: nobody
 * @param arg its last argument
 * @return 0; -1 with EINVAL (NULL, no answer was begun) or ENOTCONN (the client has gone, and the
 *   piece stays in `databuf`)
 * @see behaviours 153, 198
 *
 * @pre `req` is NULL or a request that was not freed; `databuf` is NULL or a buffer that was not
 * freed.
 */
int evhub_http_send_reply_chunk_with_cb(struct evhttp_request *req, struct evbuffer *databuf,
    void (*cb)(struct evhttp_connection *evcon, void *arg), void *arg);

/**
 * Answers with a part of a file, which the system sends by itself where it can.
 *
 * @param req,code,reason as for evhttp_send_reply()
 * @param fd a regular file, which is the library's from then on: it is closed when it was sent.
 *   Its position stays as it is
 * @param offset where the part begins
 * @param length how many bytes it has; less than 0: up to the end. If the file becomes shorter
 *   before it was sent, the connection is cut off
 * @return 0, also if the client has gone; -1 with EINVAL (NULL, an answer already, no regular
 *   file, no such part) or EBADF: then request and file stay the caller's
 * @see behaviours 148, 149
 *
 * @pre `req` is NULL or a request that was not freed; `reason` is NULL or a string.
 */
int evhub_http_send_reply_file(struct evhttp_request *req, int code, const char *reason, int fd,
    int64_t offset, int64_t length);

#ifndef EVHUB_NO_LIBEVENT2_NAMES
#define evhttp_connection_base_new evhub_evhttp_connection_base_new
#define evhttp_connection_get_base evhub_evhttp_connection_get_base
#define evhttp_connection_set_max_headers_size evhub_evhttp_connection_set_max_headers_size
#define evhttp_connection_set_max_body_size evhub_evhttp_connection_set_max_body_size
#define evhttp_cancel_request evhub_evhttp_cancel_request
#define evhttp_request_set_error_cb evhub_evhttp_request_set_error_cb
#define evhttp_request_set_header_cb evhub_evhttp_request_set_header_cb
#define evhttp_request_own evhub_evhttp_request_own
#define evhttp_request_is_owned evhub_evhttp_request_is_owned
#define evhttp_set_allowed_methods evhub_evhttp_set_allowed_methods
#define evhttp_set_max_headers_size evhub_evhttp_set_max_headers_size
#define evhttp_set_max_body_size evhub_evhttp_set_max_body_size
#define evhttp_bind_socket_with_handle evhub_evhttp_bind_socket_with_handle
#define evhttp_accept_socket_with_handle evhub_evhttp_accept_socket_with_handle
#define evhttp_del_accept_socket evhub_evhttp_del_accept_socket
#define evhttp_bound_socket_get_fd evhub_evhttp_bound_socket_get_fd
#define evhttp_request_get_uri evhub_evhttp_request_get_uri
#define evhttp_request_get_command evhub_evhttp_request_get_command
#define evhttp_request_get_response_code evhub_evhttp_request_get_response_code
#define evhttp_request_get_response_code_line evhub_evhttp_request_get_response_code_line
#define evhttp_request_get_input_headers evhub_evhttp_request_get_input_headers
#define evhttp_request_get_output_headers evhub_evhttp_request_get_output_headers
#define evhttp_request_get_input_buffer evhub_evhttp_request_get_input_buffer
#define evhttp_request_get_output_buffer evhub_evhttp_request_get_output_buffer
#define evhttp_request_get_host evhub_evhttp_request_get_host
#define evhttp_request_set_on_complete_cb evhub_evhttp_request_set_on_complete_cb
#define evhttp_uri_new evhub_evhttp_uri_new
#define evhttp_uri_free evhub_evhttp_uri_free
#define evhttp_uri_set_flags evhub_evhttp_uri_set_flags
#define evhttp_uri_parse evhub_evhttp_uri_parse
#define evhttp_uri_parse_with_flags evhub_evhttp_uri_parse_with_flags
#define evhttp_uri_get_scheme evhub_evhttp_uri_get_scheme
#define evhttp_uri_get_userinfo evhub_evhttp_uri_get_userinfo
#define evhttp_uri_get_host evhub_evhttp_uri_get_host
#define evhttp_uri_get_port evhub_evhttp_uri_get_port
#define evhttp_uri_get_path evhub_evhttp_uri_get_path
#define evhttp_uri_get_query evhub_evhttp_uri_get_query
#define evhttp_uri_get_fragment evhub_evhttp_uri_get_fragment
#define evhttp_uri_set_scheme evhub_evhttp_uri_set_scheme
#define evhttp_uri_set_userinfo evhub_evhttp_uri_set_userinfo
#define evhttp_uri_set_host evhub_evhttp_uri_set_host
#define evhttp_uri_set_port evhub_evhttp_uri_set_port
#define evhttp_uri_set_path evhub_evhttp_uri_set_path
#define evhttp_uri_set_query evhub_evhttp_uri_set_query
#define evhttp_uri_set_fragment evhub_evhttp_uri_set_fragment
#define evhttp_uri_join evhub_evhttp_uri_join
#define evhttp_uriencode evhub_evhttp_uriencode
#define evhttp_uridecode evhub_evhttp_uridecode
#define evhttp_parse_query_str evhub_evhttp_parse_query_str
#endif

/*
 * What lies between HTTP and a socket: TLS (evhub_tls.h), or what a program makes itself.
 *
 * A transport reads from a socket and writes to it, and never waits: it is told when to try again.
 * It leaves the socket open. Its functions call none of evhub's, but for call().
 */

struct evhub_transport_ops {
	size_t size;			/* sizeof(struct evhub_transport_ops) */

	/* Makes a transport over a socket that is connected; NULL and errno. */
	void *(*open)(void *arg, int fd);

	/*
	 * Reads at most length bytes: how many, 0 when the peer has said that there are no more, or
	 * -1 and errno. EAGAIN: later; any other number is the end of the connection.
	 */
	ssize_t (*read)(void *transport, void *data, size_t length);

	/* Writes some of the bytes: how many, or as read(). After EAGAIN the same come again. */
	ssize_t (*write)(void *transport, const void *data, size_t length);

	/*
	 * What read() or write(), whichever has said EAGAIN last, waits for: EV_READ, or EV_WRITE,
	 * whichever of the two it was; or 0: call() is to be made first.
	 */
	short (*wants)(void *transport);

	/*
	 * Is there something that read() has got already, so that the socket will not become
	 * readable for it? Not 0: read() is called again soon. May be NULL: never.
	 */
	int (*pending)(void *transport);

	/*
	 * Seconds after open() in which the first byte must become possible. 0: it is, or may
	 * take as long as the connection's timeout allows. May be NULL: 0.
	 */
	int (*handshake)(void *transport);

	/*
	 * Asks the program what read() waits for. It may do anything: close() may come meanwhile,
	 * and it need not return. May be NULL.
	 */
	void (*call)(void *transport);

	/*
	 * Says that nothing more will be written: 0, or -1 and errno. EAGAIN: it is called again
	 * when the socket has room. May be NULL.
	 */
	int (*shut_down)(void *transport);

	/* The end of a transport. Its socket is open still, and closed right after. */
	void (*close)(void *transport);

	/* The end of arg. May be NULL. */
	void (*release)(void *arg);
};

/**
 * Has the connections that a server takes from now on go through transports. Those that are there
 * stay as they are.
 *
 * @param http the server
 * @param ops the functions, which have to stay; NULL: none
 * @param arg what `open` and `release` get; it is released when the server is freed or is given
 *   something else
 * @return 0; -1 with EINVAL (NULL, or a function that is needed is): then `arg` is not released
 *
 * @pre `http` is NULL or a server that was not freed; `ops` is NULL or a table as it is described.
 */
int evhub_evhttp_set_transport(struct evhttp *http, const struct evhub_transport_ops *ops,
    void *arg);

/**
 * Has a connection go through a transport, from the next time on that it connects.
 *
 * @param evcon a connection of evhttp_connection_new()
 * @param ops,arg as for evhub_evhttp_set_transport()
 * @return 0; -1 with EINVAL (NULL, a connection that serves, or a function that is needed is
 *   NULL): then `arg` is not released
 *
 * @pre `evcon` is NULL or a connection that was not freed; `ops` is NULL or a table as it is
 * described.
 */
int evhub_evhttp_connection_set_transport(struct evhttp_connection *evcon,
    const struct evhub_transport_ops *ops, void *arg);

/**
 * The transport of a connection: what `open` has returned for it.
 *
 * @param evcon a connection of either kind
 * @param ops the table that it must have been made with
 * @return the transport, which is there as long as its socket; NULL if there is none, or another's
 *
 * @pre `evcon` is NULL or a connection that was not freed.
 */
void *evhub_evhttp_connection_get_transport(struct evhttp_connection *evcon,
    const struct evhub_transport_ops *ops);

#ifdef __cplusplus
}
#endif

#endif /* EVHUB_HTTP_EXT_H */
