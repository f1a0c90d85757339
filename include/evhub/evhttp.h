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
