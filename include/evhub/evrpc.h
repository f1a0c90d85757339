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
 * What the macros below call. These three declarations move to where the others will be when
 * the functions are there.
 */
int evrpc_register_rpc(struct evrpc_base *base, struct evrpc *rpc,
    void (*cb)(struct evrpc_req_generic *req, void *arg), void *cb_arg);
int evrpc_unregister_rpc(struct evrpc_base *base, const char *name);
int evrpc_make_request(struct evrpc_request_wrapper *ctx);

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

/** Sends the reply; the request and its reply are freed. */
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
			if (evrpc_new_->uri == NULL) \
				free(evrpc_new_); \
			else \
				evrpc_register_rpc(base, evrpc_new_, \
				    (void (*)(struct evrpc_req_generic *, void *))callback, \
				    cbarg); \
		} \
	} while (0)

/** Takes a registered call back: 0, or -1 if there is none of that name. */
#define EVRPC_UNREGISTER(base, name) evrpc_unregister_rpc(base, #name)

/**
 * Makes a call: 0, or -1 if it could not be made.
 */
#define EVRPC_MAKE_REQUEST(name, pool, request, reply, cb, cbarg) \
	evrpc_send_request_##name(pool, request, reply, cb, cbarg)

#ifdef __cplusplus
}
#endif

#endif /* _EVRPC_H_ */
