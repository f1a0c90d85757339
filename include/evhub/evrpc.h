/*
 * Remote procedure calls over HTTP: types and macros of libevent 1.4.
 *
 * A call is described once, in a header, and made in one C file:
 *
 *	EVRPC_HEADER(NAME, request, reply)
 *	EVRPC_GENERATE(NAME, request, reply)
 *
 * where `struct request` and `struct reply` have functions request_new, request_free,
 * request_clear, request_marshal, request_unmarshal, request_complete, and reply's the same.
 */
#ifndef _EVRPC_H_
#define _EVRPC_H_

#include "event.h"

#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct evbuffer;
struct evhttp;
struct evhttp_connection;
struct evhttp_request;
struct evrpc_base;
struct evrpc_pool;
struct evrpc_req_generic;

/** A registered call: how its structs are made, read and written, and who answers it. */
struct evrpc {
	/** link in the list of its base */
	struct {
		struct evrpc *tqe_next;
		struct evrpc **tqe_prev;
	} next;
	/** its name; memory of malloc, which the library frees */
	const char *uri;
	/** makes an empty request */
	void *(*request_new)(void);
	/** frees a request */
	void (*request_free)(void *request);
	/** reads a request: 0, or -1 */
	int (*request_unmarshal)(void *request, struct evbuffer *from);
	/** makes an empty reply */
	void *(*reply_new)(void);
	/** frees a reply */
	void (*reply_free)(void *reply);
	/** 0 if the reply has all that it must have, else -1 */
	int (*reply_complete)(void *reply);
	/** writes a reply */
	void (*reply_marshal)(struct evbuffer *to, void *reply);
	/** answers a request */
	void (*cb)(struct evrpc_req_generic *req, void *arg);
	/** its argument */
	void *cb_arg;
	/** where it is registered */
	struct evrpc_base *base;
};

/** A request that is being answered, whatever its call. */
struct evrpc_req_generic {
	/** the request */
	void *request;
	/** the reply, which the callback fills */
	void *reply;
	/** the call */
	struct evrpc *rpc;
	/** the HTTP request that it came in */
	struct evhttp_request *http_req;
	/** sends the reply: EVRPC_REQUEST_DONE */
	void (*done)(struct evrpc_req_generic *req);
};

/** The type of a request of the call rpcname: struct evrpc_req_generic with its own types. */
#define EVRPC_STRUCT(rpcname) struct evrpc_req__##rpcname

/* Results of a call. */
#define EVRPC_STATUS_ERR_NONE 0
#define EVRPC_STATUS_ERR_TIMEOUT 1	/* no reply: too late, or the connection failed */
#define EVRPC_STATUS_ERR_BADPAYLOAD 2	/* the reply could not be read */
#define EVRPC_STATUS_ERR_UNSTARTED 3	/* the call could not be sent */
#define EVRPC_STATUS_ERR_HOOKABORTED 4	/* a hook refused the reply */

/** How a call ended. */
struct evrpc_status {
	/** EVRPC_STATUS_ERR_NONE or another of the results above */
	int error;
	/** the HTTP request, if there was one */
	struct evhttp_request *http_req;
};

/** A call on its way. EVRPC_GENERATE's function makes it; the library frees it. */
struct evrpc_request_wrapper {
	/** link in the queue of the pool */
	struct {
		struct evrpc_request_wrapper *tqe_next;
		struct evrpc_request_wrapper **tqe_prev;
	} next;
	/** the pool that it waits in */
	struct evrpc_pool *pool;
	/** the connection that it is sent on */
	struct evhttp_connection *evcon;
	/** ends it when it takes too long */
	struct event ev_timeout;
	/** name of the call; memory of malloc, which the library frees */
	char *name;
	/** called with the outcome */
	void (*cb)(struct evrpc_status *status, void *request, void *reply, void *arg);
	/** its argument */
	void *cb_arg;
	/** the request */
	void *request;
	/** the reply, to be filled */
	void *reply;
	/** writes the request */
	void (*request_marshal)(struct evbuffer *to, void *request);
	/** empties the reply */
	void (*reply_clear)(void *reply);
	/** reads the reply: 0, or -1 */
	int (*reply_unmarshal)(void *reply, struct evbuffer *from);
};

/** When a hook is called. */
enum EVRPC_HOOK_TYPE {
	EVRPC_INPUT,	/* with data that came */
	EVRPC_OUTPUT	/* with data that will be sent */
};

/* Older names of the two. */
#define INPUT EVRPC_INPUT
#define OUTPUT EVRPC_OUTPUT

/*
 * Functions. The macros below call some of them.
 */

/**
 * Makes a base for calls that are answered over an HTTP server.
 *
 * @param server the server; it may be freed before the base, or after it
 * @return the base, to be freed with evrpc_free(); NULL with EINVAL or ENOMEM
 * @see behaviour 178
 */
struct evrpc_base *evrpc_init(struct evhttp *server);

/**
 * Frees a base. Calls that are still registered are unregistered; requests that are being answered
 * can be answered still.
 *
 * @param base a base; NULL is fine
 * @see behaviour 178
 */
void evrpc_free(struct evrpc_base *base);

/**
 * Registers a call: EVRPC_REGISTER() is the way to do that.
 *
 * @param base the base
 * @param rpc says how messages are made, read and written; it and its name are of malloc, and the
 *   library's from now on. After an error they stay the caller's
 * @param cb answers a request, then or later, by EVRPC_REQUEST_DONE(). The first function of
 *   several of one name is called
 * @param cb_arg its last argument
 * @return 0; -1 with EINVAL (NULL, no name, registered already, the server was freed) or ENOMEM
 * @see behaviours 174, 177
 *
 * @pre `rpc` is NULL or was filled in by EVRPC_REGISTER_OBJECT().
 */
int evrpc_register_rpc(struct evrpc_base *base, struct evrpc *rpc,
    void (*cb)(struct evrpc_req_generic *req, void *arg), void *cb_arg);

/**
 * Takes back the call of a name that was registered first. Requests of it that are being answered
 * can be answered still; its struct is freed after the last of them.
 *
 * @param base the base
 * @param name the name, without what stands before it in a target
 * @return 0; -1 with ENOENT (there is none) or EINVAL
 * @see behaviour 178
 *
 * @pre `name` is NULL or a string.
 */
int evrpc_unregister_rpc(struct evrpc_base *base, const char *name);

/**
 * Makes a call: EVRPC_MAKE_REQUEST() is the way to do that.
 *
 * The function that was given with it is called once, whatever comes of the call: from the loop;
 * but from here, with EVRPC_STATUS_ERR_UNSTARTED, if the call cannot be sent at all.
 *
 * @param ctx the call, of malloc, filled in by the function that EVRPC_GENERATE() defines. The
 *   library frees it; what is asked and answered stays the program's
 * @return 0; -1 with EINVAL (NULL, no such pool, a pool without connections, no base) or ENOMEM,
 *   when the function has been called
 * @see behaviours 179 to 181
 *
 * @pre `ctx` is NULL or was filled in, and was not handed over before.
 */
int evrpc_make_request(struct evrpc_request_wrapper *ctx);

/**
 * Makes a pool of connections, over which calls are made.
 *
 * @param base the base that it runs on; NULL: the current one, at the time of the first call
 * @return the pool, to be freed with evrpc_pool_free(); NULL with ENOMEM
 *
 * @pre `base` is NULL or a base that was not freed.
 */
struct evrpc_pool *evrpc_pool_new(struct event_base *base);

/**
 * Frees a pool with its connections. Calls that have no reply yet just end: nobody is told.
 *
 * @param pool a pool; NULL is fine
 */
void evrpc_pool_free(struct evrpc_pool *pool);

/**
 * Gives a connection to a pool. If a call waits for one, it goes out.
 *
 * @param pool the pool. Its base is the connection's from now on, its timeout too unless the
 *   connection has been given another
 * @param evcon a connection of evhttp_connection_new(), which the pool frees. EINVAL: one of a
 *   server's, or one that is in a pool
 * @see behaviour 180
 */
void evrpc_pool_add_connection(struct evrpc_pool *pool, struct evhttp_connection *evcon);

/**
 * How long a call may take from the time that it is sent, in all; and how long the pool's
 * connections may make no progress. A call that takes longer ends with EVRPC_STATUS_ERR_TIMEOUT.
 *
 * @param pool the pool
 * @param timeout_in_secs 0: for ever; less, the default: for ever, as far as connections make
 *   progress
 * @see behaviour 179
 */
void evrpc_pool_set_timeout(struct evrpc_pool *pool, int timeout_in_secs);

/**
 * Adds a hook behind those that there are: a function that is called with each message, may change
 * it and its headers, and may refuse it.
 *
 * @param vbase a base of evrpc_init(), or a pool
 * @param hook_type EVRPC_INPUT: requests that come to a base, replies that come to a pool;
 *   EVRPC_OUTPUT: replies and requests that go out
 * @param cb called with the HTTP request, the message and cb_arg. -1: it is refused, with 503 or
 *   EVRPC_STATUS_ERR_HOOKABORTED, or before it is sent EVRPC_STATUS_ERR_UNSTARTED; else the next
 *   hook is asked. It may add and remove hooks, and free `vbase`; it may not answer the request
 * @param cb_arg its last argument
 * @return what evrpc_remove_hook() knows the hook by; NULL with EINVAL or ENOMEM
 * @see behaviours 175, 176, 181
 */
void *evrpc_add_hook(void *vbase, enum EVRPC_HOOK_TYPE hook_type,
    int (*cb)(struct evhttp_request *req, struct evbuffer *data, void *arg), void *cb_arg);

/**
 * Takes a hook away. It may be the one that is being called.
 *
 * @param vbase,hook_type as for evrpc_add_hook()
 * @param handle what that has returned
 * @return 1; 0 if there is none, or with EINVAL
 * @see behaviour 175
 */
int evrpc_remove_hook(void *vbase, enum EVRPC_HOOK_TYPE hook_type, void *handle);

/*
 * What programs write.
 */

/**
 * Declares a call: EVRPC_STRUCT(rpcname), and the function that sends it.
 */
#define EVRPC_HEADER(rpcname, reqstruct, rplystruct) \
EVRPC_STRUCT(rpcname) { \
	struct reqstruct *request; \
	struct rplystruct *reply; \
	struct evrpc *rpc; \
	struct evhttp_request *http_req; \
	void (*done)(struct evrpc_req_generic *req); \
}; \
int evrpc_send_request_##rpcname(struct evrpc_pool *pool, \
    struct reqstruct *request, struct rplystruct *reply, \
    void (*cb)(struct evrpc_status *status, struct reqstruct *request, \
	struct rplystruct *reply, void *cbarg), \
    void *cbarg);

/**
 * Defines evrpc_send_request_NAME: 0, or -1 if the call could not be made. Without memory the
 * callback is told EVRPC_STATUS_ERR_UNSTARTED first.
 */
#define EVRPC_GENERATE(rpcname, reqstruct, rplystruct) \
int evrpc_send_request_##rpcname(struct evrpc_pool *pool, \
    struct reqstruct *request, struct rplystruct *reply, \
    void (*cb)(struct evrpc_status *status, struct reqstruct *request, \
	struct rplystruct *reply, void *cbarg), \
    void *cbarg) \
{ \
	struct evrpc_status status; \
	struct evrpc_request_wrapper *ctx; \
	char *name = (char *)malloc(sizeof(#rpcname)); \
	ctx = (struct evrpc_request_wrapper *)calloc(1, sizeof(*ctx)); \
	if (name == NULL || ctx == NULL) { \
		free(name); \
		free(ctx); \
		memset(&status, 0, sizeof(status)); \
		status.error = EVRPC_STATUS_ERR_UNSTARTED; \
		(*cb)(&status, request, reply, cbarg); \
		return (-1); \
	} \
	memcpy(name, #rpcname, sizeof(#rpcname)); \
	ctx->pool = pool; \
	ctx->name = name; \
	ctx->cb = (void (*)(struct evrpc_status *, void *, void *, void *))cb; \
	ctx->cb_arg = cbarg; \
	ctx->request = (void *)request; \
	ctx->reply = (void *)reply; \
	ctx->request_marshal = (void (*)(struct evbuffer *, void *))reqstruct##_marshal; \
	ctx->reply_clear = (void (*)(void *))rplystruct##_clear; \
	ctx->reply_unmarshal = (int (*)(void *, struct evbuffer *))rplystruct##_unmarshal; \
	return (evrpc_make_request(ctx)); \
}

/** The HTTP request that a request came in. */
#define EVRPC_REQUEST_HTTP(rpc_req) (rpc_req)->http_req

/**
 * Sends the reply, now or at any later time; the request and its reply are freed. One that is not
 * complete is answered 503 instead.
 */
#define EVRPC_REQUEST_DONE(rpc_req) \
	do { \
		struct evrpc_req_generic *evrpc_req_ = (struct evrpc_req_generic *)(rpc_req); \
		evrpc_req_->done(evrpc_req_); \
	} while (0)

/** Fills a struct evrpc. Without memory its uri is NULL. */
#define EVRPC_REGISTER_OBJECT(rpc, name, request, reply) \
	do { \
		char *evrpc_uri_ = (char *)malloc(sizeof(#name)); \
		if (evrpc_uri_ != NULL) \
			memcpy(evrpc_uri_, #name, sizeof(#name)); \
		(rpc)->uri = evrpc_uri_; \
		(rpc)->request_new = (void *(*)(void))request##_new; \
		(rpc)->request_free = (void (*)(void *))request##_free; \
		(rpc)->request_unmarshal = \
		    (int (*)(void *, struct evbuffer *))request##_unmarshal; \
		(rpc)->reply_new = (void *(*)(void))reply##_new; \
		(rpc)->reply_free = (void (*)(void *))reply##_free; \
		(rpc)->reply_complete = (int (*)(void *))reply##_complete; \
		(rpc)->reply_marshal = (void (*)(struct evbuffer *, void *))reply##_marshal; \
	} while (0)

/**
 * Registers a call: callback(EVRPC_STRUCT(name) *, void *) answers it.
 */
#define EVRPC_REGISTER(base, name, request, reply, callback, cbarg) \
	do { \
		struct evrpc *evrpc_new_ = (struct evrpc *)calloc(1, sizeof(struct evrpc)); \
		if (evrpc_new_ != NULL) { \
			EVRPC_REGISTER_OBJECT(evrpc_new_, name, request, reply); \
			if (evrpc_new_->uri == NULL || \
			    evrpc_register_rpc(base, evrpc_new_, \
				(void (*)(struct evrpc_req_generic *, void *))callback, \
				cbarg) == -1) { \
				free((void *)evrpc_new_->uri); \
				free(evrpc_new_); \
			} \
		} \
	} while (0)

/** Takes a registered call back: 0, or -1 if there is none of that name. */
#define EVRPC_UNREGISTER(base, name) evrpc_unregister_rpc(base, #name)

/**
 * Makes a call: 0, or -1 if it could not be made. cb is called once in any case, with what has
 * come of it; request and reply stay the program's.
 */
#define EVRPC_MAKE_REQUEST(name, pool, request, reply, cb, cbarg) \
	evrpc_send_request_##name(pool, request, reply, cb, cbarg)

#ifdef __cplusplus
}
#endif

#endif /* _EVRPC_H_ */
