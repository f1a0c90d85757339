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

#ifdef __cplusplus
}
#endif

#endif /* _EVHTTP_H_ */
