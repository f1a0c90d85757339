/*
 * HTTP 1.1, both sides.
 *
 * Constants and types of libevent 1.4. Lists of headers (struct evkeyvalq) are complete types
 * if <sys/queue.h> was included before the first of these headers, as with libevent 1.4.
 */
#ifndef _EVHTTP_H_
#define _EVHTTP_H_

#include "event.h"

#include <sys/types.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Status codes that have a name here.
 */
#define HTTP_OK 200
#define HTTP_NOCONTENT 204
#define HTTP_MOVEPERM 301
#define HTTP_MOVETEMP 302
#define HTTP_NOTMODIFIED 304
#define HTTP_BADREQUEST 400
#define HTTP_NOTFOUND 404
#define HTTP_SERVUNAVAIL 503

struct evhttp;
struct evhttp_connection;

/** What is asked of a resource. */
enum evhttp_cmd_type {
	EVHTTP_REQ_GET,
	EVHTTP_REQ_POST,
	EVHTTP_REQ_HEAD
};

/** Which half of an exchange a message is. */
enum evhttp_request_kind {
	EVHTTP_REQUEST,
	EVHTTP_RESPONSE
};

/* Flags of a request. */
#define EVHTTP_REQ_OWN_CONNECTION 0x0001	/* a client's request to our server */
#define EVHTTP_PROXY_REQUEST 0x0002	/* its target does not start with a slash */

/**
 * A request and its reply.
 *
 * The fields may be read; those of a request that is to be sent, and of a reply, are set
 * through functions.
 */
struct evhttp_request {
	/** link in the queue of its connection */
	struct {
		struct evhttp_request *tqe_next;
		struct evhttp_request **tqe_prev;
	} next;
	/** the connection, or NULL once it is gone */
	struct evhttp_connection *evcon;
	/** EVHTTP_REQ_OWN_CONNECTION, EVHTTP_PROXY_REQUEST */
	int flags;
	/** headers that came */
	struct evkeyvalq *input_headers;
	/** headers that will be sent */
	struct evkeyvalq *output_headers;
	/** address of the client, in text */
	char *remote_host;
	/** port of the client */
	unsigned short remote_port;
	/** which half it is: EVHTTP_RESPONSE once a reply was begun */
	enum evhttp_request_kind kind;
	/** method */
	enum evhttp_cmd_type type;
	/** target, as it came */
	char *uri;
	/** version of the message: "HTTP/major.minor" */
	char major;
	/** second half of the version */
	char minor;
	/** status code; 0 while a request is not answered */
	int response_code;
	/** words behind the status code, or NULL */
	char *response_code_line;
	/** body that came */
	struct evbuffer *input_buffer;
	/** bytes of the body, or of the chunk, that are still to come */
	int64_t ntoread;
	/** non-zero if the body comes, or goes, in chunks */
	int chunked:1;
	/** non-zero once the program has sent all of its reply */
	int userdone:1;
	/** body that will be sent */
	struct evbuffer *output_buffer;
	/** called with the reply, or NULL if there is none */
	void (*cb)(struct evhttp_request *req, void *arg);
	/** its argument */
	void *cb_arg;
	/** called for each chunk that came, or NULL */
	void (*chunk_cb)(struct evhttp_request *req, void *arg);
};

/*
 * Servers.
 */

/**
 * Makes a server.
 *
 * @param base the base that it runs on; NULL: the current one, at the time of the first socket
 * @return the server, to be freed with evhttp_free(); NULL with ENOMEM
 * @see behaviour 137
 *
 * @pre `base` is NULL or a base that was not freed.
 */
struct evhttp *evhttp_new(struct event_base *base);

/**
 * Makes a server that listens.
 *
 * @param address,port as for evhttp_bind_socket()
 * @return the server, on the current base; NULL with errno as evhttp_bind_socket()
 * @see behaviour 137
 *
 * @pre `address` is NULL or a string.
 */
struct evhttp *evhttp_start(const char *address, unsigned short port);

/**
 * Listens on an address as well.
 *
 * @param http the server
 * @param address an address or a name of this machine; NULL or "0.0.0.0": all of IPv4
 * @param port 0: one of the system's choice
 * @return 0; -1 with EINVAL (NULL, no base, no such address), EADDRINUSE, EACCES and the like
 * @see behaviour 136
 *
 * @pre `http` is NULL or a server that was not freed; `address` is NULL or a string.
 */
int evhttp_bind_socket(struct evhttp *http, const char *address, unsigned short port);

/**
 * Serves a socket that listens already.
 *
 * @param http the server
 * @param fd the socket: the server closes it. It is left as it is: if it blocks, one connection
 *   is taken at a time
 * @return 0; -1 with EINVAL, EBADF or ENOMEM: then the socket stays the caller's
 * @see behaviours 136, 138
 *
 * @pre `http` is NULL or a server that was not freed.
 */
int evhttp_accept_socket(struct evhttp *http, int fd);

/**
 * Ends a server: its sockets and connections are closed, requests that have no answer yet stay
 * their programs'.
 *
 * @param http a server; NULL is fine
 * @see behaviour 138
 *
 * @pre `http` is NULL or a server that was not freed.
 */
void evhttp_free(struct evhttp *http);

/**
 * Has a function called for requests of one path.
 *
 * @param http the server
 * @param path what stands before the '?', byte for byte; the first function of a path is called
 * @param cb called with each such request, which is its until it answers
 * @param cb_arg its last argument
 * @see behaviours 141, 157
 *
 * @pre `http` is NULL or a server that was not freed; `path` is NULL or a string.
 */
void evhttp_set_cb(struct evhttp *http, const char *path,
    void (*cb)(struct evhttp_request *req, void *arg), void *cb_arg);

/**
 * Takes away the function of a path that was set first.
 *
 * @return 0; -1 with ENOENT (there is none) or EINVAL
 * @see behaviour 142
 *
 * @pre `http` is NULL or a server that was not freed; `path` is NULL or a string.
 */
int evhttp_del_cb(struct evhttp *http, const char *path);

/**
 * Has a function called for requests that no other one is for.
 *
 * @param cb NULL: they are answered 404
 * @see behaviour 141
 *
 * @pre `http` is NULL or a server that was not freed.
 */
void evhttp_set_gencb(struct evhttp *http, void (*cb)(struct evhttp_request *req, void *arg),
    void *arg);

/**
 * How long connections to come may make no progress.
 *
 * @param timeout_in_secs 0: for ever; less: 50 seconds, the default
 * @see behaviour 147
 *
 * @pre `http` is NULL or a server that was not freed.
 */
void evhttp_set_timeout(struct evhttp *http, int timeout_in_secs);

/*
 * Requests, and answers to them.
 */

/**
 * Makes a request, to be sent by evhttp_make_request().
 *
 * @param cb called with the reply
 * @param arg its last argument
 * @return the request; NULL with ENOMEM
 */
struct evhttp_request *evhttp_request_new(void (*cb)(struct evhttp_request *req, void *arg),
    void *arg);

/**
 * Frees a request that nobody else has: one that was not sent, or that a program has kept.
 *
 * @param req a request; NULL is fine
 *
 * @pre `req` is NULL or a request that was not freed, and that no connection has.
 */
void evhttp_request_free(struct evhttp_request *req);

/**
 * The target of a request, as it came.
 *
 * @return a string of the request's; NULL with EINVAL
 *
 * @pre `req` is NULL or a request that was not freed.
 */
const char *evhttp_request_uri(struct evhttp_request *req);

/**
 * The connection of a request.
 *
 * @return the connection; NULL if the client has gone, or with EINVAL
 *
 * @pre `req` is NULL or a request that was not freed.
 */
struct evhttp_connection *evhttp_request_get_connection(struct evhttp_request *req);

/**
 * Answers a request, which is the library's from then on. At any time: inside the function that
 * was called with it, or later. If the client has gone, the request is just freed.
 *
 * @param req a request that has no answer yet
 * @param code the status
 * @param reason its words; line ends in them become spaces. NULL: none
 * @param databuf the body, which is moved; NULL: none. To HEAD and with codes that have no body
 *   it is left out
 * @see behaviours 148, 149, 151
 *
 * @pre `req` is NULL or a request that was not freed; `reason` is NULL or a string; `databuf` is
 * NULL or a buffer that was not freed.
 */
void evhttp_send_reply(struct evhttp_request *req, int code, const char *reason,
    struct evbuffer *databuf);

/**
 * Answers with a page that names the status, and ends the connection.
 *
 * @param req,error,reason as for evhttp_send_reply()
 * @see behaviour 152
 *
 * @pre `req` is NULL or a request that was not freed; `reason` is NULL or a string.
 */
void evhttp_send_error(struct evhttp_request *req, int error, const char *reason);

/**
 * Begins an answer whose body comes piece by piece.
 *
 * @param req,code,reason as for evhttp_send_reply()
 * @see behaviours 153, 154, 198
 *
 * @pre `req` is NULL or a request that was not freed; `reason` is NULL or a string.
 */
void evhttp_send_reply_start(struct evhttp_request *req, int code, const char *reason);

/**
 * Sends a piece of the body.
 *
 * @param req a request whose answer was begun
 * @param databuf the piece, which is moved; it stays if the client has gone. An empty one is
 *   nothing
 * @see behaviours 153, 198
 *
 * @pre `req` is NULL or a request that was not freed; `databuf` is NULL or a buffer that was not
 * freed.
 */
void evhttp_send_reply_chunk(struct evhttp_request *req, struct evbuffer *databuf);

/**
 * Ends an answer that came piece by piece. The request is the library's from then on.
 *
 * @param req a request whose answer was begun
 * @see behaviour 154
 *
 * @pre `req` is NULL or a request that was not freed.
 */
void evhttp_send_reply_end(struct evhttp_request *req);

/*
 * Asking.
 */

/**
 * Makes a connection for requests. It connects when there is one.
 *
 * A name is looked up then, without waiting: in the hosts file, and by the name servers that
 * evdns knows, or else by those of /etc/resolv.conf. Its addresses are tried one after the other,
 * those of IPv4 first. A name that has none is like an address that refuses connections.
 *
 * @param address an address, IPv6 with or without brackets, or a name of a host; copied
 * @param port its port
 * @return the connection, to be freed with evhttp_connection_free(); NULL with EINVAL (NULL) or
 *   ENOMEM
 * @see behaviours 158, 159
 *
 * @pre `address` is NULL or a string.
 */
struct evhttp_connection *evhttp_connection_new(const char *address, unsigned short port);

/**
 * Says on which base a connection runs. Without this it is the one that is current when something
 * is asked for the first time.
 *
 * @param evcon a connection that is not in use yet; otherwise nothing changes, and errno is EINVAL
 * @param base the base; NULL: the current one
 * @see behaviours 137, 168
 *
 * @pre `evcon` is NULL or a connection that was not freed; `base` is NULL or a base that was not
 * freed.
 */
void evhttp_connection_set_base(struct evhttp_connection *evcon, struct event_base *base);

/**
 * Says from which address a connection is made.
 *
 * @param evcon a connection that is not in use yet; otherwise nothing changes, and errno is EINVAL
 * @param address an address of this machine, copied. What is none makes evhttp_make_request() fail
 * @see behaviour 168
 *
 * @pre `evcon` is NULL or a connection that was not freed; `address` is NULL or a string.
 */
void evhttp_connection_set_local_address(struct evhttp_connection *evcon, const char *address);

/**
 * Says from which port a connection is made.
 *
 * @param evcon a connection that is not in use yet; otherwise nothing changes, and errno is EINVAL
 * @param port 0: one of the system's choice
 * @see behaviour 168
 *
 * @pre `evcon` is NULL or a connection that was not freed.
 */
void evhttp_connection_set_local_port(struct evhttp_connection *evcon, unsigned short port);

/**
 * How often a connection is tried again that cannot be made, after 2, 4, 8 seconds and so on, an
 * hour at most.
 *
 * @param evcon the connection
 * @param retry_max 0: never, the default; less: for ever
 * @see behaviour 161
 *
 * @pre `evcon` is NULL or a connection that was not freed.
 */
void evhttp_connection_set_retries(struct evhttp_connection *evcon, int retry_max);

/**
 * Asks. The request is the connection's from now on; its callback is called once, by the loop.
 *
 * Requests wait for one another; the connection is made, and made again, as needed. The callback
 * gets the request with the reply in it, which is freed afterwards. If there is no connection, or
 * it ends before a byte of the reply has come, response_code is 0; if the reply is not complete,
 * or is none, the callback gets NULL, and the request is freed already. The connection may be
 * freed there, and asked again.
 *
 * Host is added when the request is sent, at the end of the round or later, if it is not there
 * then; Content-Length for a body, and for POST. Line ends in the target are escaped.
 *
 * @param evcon the connection
 * @param req a request of evhttp_request_new()
 * @param type EVHTTP_REQ_GET, EVHTTP_REQ_POST or EVHTTP_REQ_HEAD
 * @param uri the target, copied
 * @return 0; -1 with why there can be no connection (ENETUNREACH, EADDRNOTAVAIL, EMFILE and the
 *   like): the request is the connection's all the same, and waits for the next one; -1 with
 *   EINVAL or ENOMEM, and the request stays the caller's (its evcon is NULL)
 * @see behaviours 158 to 165, 203
 *
 * @pre `evcon` is NULL or a connection that was not freed, `req` NULL or a request that was not
 * freed; `uri` is NULL or a string.
 */
int evhttp_make_request(struct evhttp_connection *evcon, struct evhttp_request *req,
    enum evhttp_cmd_type type, const char *uri);

/**
 * Has a function called for each piece of a reply that comes in chunks, as it comes; then the
 * last callback gets no body. A chunk that is large comes in several pieces.
 *
 * @param req the request
 * @param cb called with the piece in input_buffer, which is emptied afterwards; NULL: the body is
 *   collected
 * @see behaviour 165
 *
 * @pre `req` is NULL or a request that was not freed.
 */
void evhttp_request_set_chunked_cb(struct evhttp_request *req,
    void (*cb)(struct evhttp_request *req, void *arg));

/*
 * Connections.
 */

/**
 * Closes a connection. Requests that a program is to answer stay the program's; those that it has
 * asked are freed, and their callbacks are not called. In any callback.
 *
 * @param evcon a connection; NULL is fine
 * @see behaviours 138, 166
 *
 * @pre `evcon` is NULL or a connection that was not freed.
 */
void evhttp_connection_free(struct evhttp_connection *evcon);

/**
 * Has a function called when the connection is closed, by whomever.
 *
 * @param evcon the connection
 * @param cb called while `evcon` is still there: of a server's once, of a program's that asks each
 *   time that it was connected and is not any more; NULL: nobody
 * @param arg its last argument
 * @see behaviours 166, 202
 *
 * @pre `evcon` is NULL or a connection that was not freed.
 */
void evhttp_connection_set_closecb(struct evhttp_connection *evcon,
    void (*cb)(struct evhttp_connection *evcon, void *arg), void *arg);

/**
 * How long the connection may make no progress.
 *
 * @param evcon the connection
 * @param timeout_in_secs 0: for ever; less: 50 seconds, the default
 * @see behaviours 147, 167
 *
 * @pre `evcon` is NULL or a connection that was not freed.
 */
void evhttp_connection_set_timeout(struct evhttp_connection *evcon, int timeout_in_secs);

/**
 * Who is at the other end: as a program has named it that asks.
 *
 * @param evcon the connection
 * @param address where to put the address, a string of the connection's; empty without memory
 * @param port where to put the port
 * @see behaviours 156, 168
 *
 * @pre `evcon` is NULL or a connection that was not freed; the others are NULL or writable.
 */
void evhttp_connection_get_peer(struct evhttp_connection *evcon, char **address,
    unsigned short *port);

/*
 * Lists of headers. A list of one's own is a struct evkeyvalq and begins with TAILQ_INIT; it may
 * be walked and changed with the other macros of <sys/queue.h>, too. Entries, their keys and
 * their values are malloc'ed.
 */

/**
 * Adds a header at the end of a list. One with the same name stays.
 *
 * @param key its name: no control bytes, no blanks, no colon, not empty
 * @param value copied; a line end in it must be followed by a space or a tab, and is sent as
 *   one space
 * @return 0; -1 with EINVAL (a name or value that cannot be sent, NULL) or ENOMEM, and nothing
 *   is added
 * @see behaviour 173
 *
 * @pre `headers` is NULL or a list of headers; the others are NULL or strings.
 */
int evhttp_add_header(struct evkeyvalq *headers, const char *key, const char *value);

/**
 * Finds the first header with a name, in whatever case.
 *
 * @return its value, which is there until the header is removed; NULL if there is none, and with
 *   EINVAL if an argument is NULL
 * @see behaviour 173
 *
 * @pre `headers` is NULL or a list of headers; `key` is NULL or a string.
 */
const char *evhttp_find_header(const struct evkeyvalq *headers, const char *key);

/**
 * Removes the first header with a name, in whatever case.
 *
 * @return 0; -1 with ENOENT (there is none) or EINVAL (NULL)
 * @see behaviour 173
 *
 * @pre `headers` is NULL or a list of headers; `key` is NULL or a string.
 */
int evhttp_remove_header(struct evkeyvalq *headers, const char *key);

/**
 * Removes all headers. NULL sets errno to EINVAL.
 *
 * @see behaviour 173
 *
 * @pre `headers` is NULL or a list of headers.
 */
void evhttp_clear_headers(struct evkeyvalq *headers);

/*
 * Texts in URIs and pages.
 */

/**
 * Escapes text that becomes a part of a URI.
 *
 * Letters, digits and ! $ ' ( ) * + , - . / : = @ _ ~ ; stay as they are, all else becomes
 * %XX. A plus sign stays, too, and is read as a space in a query.
 *
 * @return a string to be freed with free(); NULL with EINVAL (NULL) or ENOMEM
 * @see behaviours 169, 172
 *
 * @pre `uri` is NULL or a string.
 */
char *evhttp_encode_uri(const char *uri);

/**
 * Undoes escaping: %XX becomes the byte, and a plus sign a space if it is behind a question mark.
 *
 * A % without two digits behind it stays. %00 ends the string for C.
 *
 * @return a string to be freed with free(); NULL with EINVAL (NULL) or ENOMEM
 * @see behaviours 170, 172
 *
 * @pre `uri` is NULL or a string.
 */
char *evhttp_decode_uri(const char *uri);

/**
 * Escapes text that becomes a part of a page: &amp; &lt; &gt; &quot; &#039;
 *
 * @return a string to be freed with free(); NULL with EINVAL (NULL) or ENOMEM
 * @see behaviour 172
 *
 * @pre `html` is NULL or a string.
 */
char *evhttp_htmlescape(const char *html);

/**
 * Reads the parameters of a URI: what is behind its first question mark.
 *
 * Names and values are decoded. A parameter without an equals sign has an empty value. Differs
 * from libevent 1.4, which stopped there, and did not decode names.
 *
 * @param headers becomes a list of them, in order. What it was does not matter, so a list that
 *   has headers is to be cleared before. Without memory it is empty, and errno is ENOMEM; with a
 *   NULL argument errno is EINVAL
 * @see behaviour 171
 *
 * @pre `uri` is NULL or a string; `headers` is NULL or memory for a list.
 */
void evhttp_parse_query(const char *uri, struct evkeyvalq *headers);

#ifdef __cplusplus
}
#endif

#endif /* _EVHTTP_H_ */
