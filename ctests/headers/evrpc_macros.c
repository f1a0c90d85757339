/*
 * The macros of evrpc.h, over stand-ins of the three functions that they call: what a caller
 * and a server of two calls would write. C and C++.
 */
#include "event.h"
#include "evhttp.h"
#include "evrpc.h"

#include "check.h"

struct question {
	int number;
};

struct answer {
	int number;
};

#define MESSAGE(name)                                                           \
	struct name *name##_new(void)                                           \
	{                                                                       \
		return (struct name *)calloc(1, sizeof(struct name));           \
	}                                                                       \
	void name##_free(struct name *message)                                  \
	{                                                                       \
		free(message);                                                  \
	}                                                                       \
	void name##_clear(struct name *message)                                 \
	{                                                                       \
		message->number = 0;                                            \
	}                                                                       \
	void name##_marshal(struct evbuffer *to, const struct name *message)    \
	{                                                                       \
		to->off = (size_t)message->number;                              \
	}                                                                       \
	int name##_unmarshal(struct name *message, struct evbuffer *from)       \
	{                                                                       \
		message->number = (int)from->off;                               \
		return 0;                                                       \
	}                                                                       \
	int name##_complete(struct name *message)                               \
	{                                                                       \
		return message->number ? 0 : -1;                                \
	}

MESSAGE(question)
MESSAGE(answer)

EVRPC_HEADER(Ask, question, answer)
EVRPC_HEADER(Other, question, answer)
EVRPC_GENERATE(Ask, question, answer)
EVRPC_GENERATE(Other, question, answer)

static struct evrpc *registered;
static struct evrpc_request_wrapper *sent;
static int done, told;

#ifdef __cplusplus
extern "C" {
#endif

int evrpc_register_rpc(struct evrpc_base *base, struct evrpc *rpc,
    void (*cb)(struct evrpc_req_generic *req, void *arg), void *cb_arg)
{
	rpc->base = base;
	rpc->cb = cb;
	rpc->cb_arg = cb_arg;
	registered = rpc;
	return 0;
}

int evrpc_unregister_rpc(struct evrpc_base *base, const char *name)
{
	(void)base;
	if (registered == NULL || strcmp(registered->uri, name) != 0)
		return -1;
	free((void *)registered->uri);
	free(registered);
	registered = NULL;
	return 0;
}

int evrpc_make_request(struct evrpc_request_wrapper *ctx)
{
	sent = ctx;
	return 0;
}

#ifdef __cplusplus
}
#endif

static void send_reply(struct evrpc_req_generic *req)
{
	done++;
	req->rpc->reply_free(req->reply);
	req->rpc->request_free(req->request);
}

static void answer_it(EVRPC_STRUCT(Ask) *rpc, void *arg)
{
	CHECK(arg == &told && EVRPC_REQUEST_HTTP(rpc) == NULL);
	rpc->reply->number = rpc->request->number + 1;
	if (rpc->rpc->reply_complete(rpc->reply) == 0)
		EVRPC_REQUEST_DONE(rpc);
	else
		CHECK(0);
}

static void outcome(struct evrpc_status *status, struct question *request,
    struct answer *reply, void *arg)
{
	CHECK(status->error == EVRPC_STATUS_ERR_NONE && arg == &told);
	told = request->number * 100 + reply->number;
}

static void server(void)
{
	struct evbuffer payload;
	struct evrpc_req_generic req;

	if (registered == NULL)
		EVRPC_REGISTER(NULL, Ask, question, answer, answer_it, &told);
	else
		EVRPC_REGISTER(NULL, Other, question, answer, answer_it, &told);
	CHECK(registered != NULL && strcmp(registered->uri, "Ask") == 0);

	memset(&payload, 0, sizeof(payload));
	memset(&req, 0, sizeof(req));
	payload.off = 41;
	req.rpc = registered;
	req.done = send_reply;
	req.request = registered->request_new();
	req.reply = registered->reply_new();
	CHECK(registered->request_unmarshal(req.request, &payload) == 0);
	registered->reply_marshal(&payload, req.request);
	CHECK(payload.off == 41);
	registered->cb(&req, registered->cb_arg);
	CHECK(done == 1);

	CHECK(EVRPC_UNREGISTER(NULL, Other) == -1);
	CHECK(EVRPC_UNREGISTER(NULL, Ask) == 0 && registered == NULL);
}

static void client(void)
{
	struct question request = { 7 };
	struct answer reply = { 9 };
	struct evrpc_status status = { EVRPC_STATUS_ERR_NONE, NULL };
	struct evbuffer payload;
	struct evrpc_pool *pool = (struct evrpc_pool *)&payload;

	CHECK(EVRPC_MAKE_REQUEST(Ask, pool, &request, &reply, outcome, &told) == 0);
	CHECK(sent->pool == pool && strcmp(sent->name, "Ask") == 0);
	CHECK(sent->request == &request && sent->reply == &reply && sent->evcon == NULL);
	sent->request_marshal(&payload, sent->request);
	CHECK(payload.off == 7);
	sent->reply_clear(sent->reply);
	CHECK(reply.number == 0);
	CHECK(sent->reply_unmarshal(sent->reply, &payload) == 0 && reply.number == 7);
	sent->cb(&status, sent->request, sent->reply, sent->cb_arg);
	CHECK(told == 707);
	free(sent->name);
	free(sent);
}

int main(void)
{
	enum EVRPC_HOOK_TYPE in = INPUT, out = OUTPUT;

	CHECK(in == EVRPC_INPUT && out == EVRPC_OUTPUT && in != out);
	CHECK(sizeof(EVRPC_STRUCT(Ask)) == sizeof(struct evrpc_req_generic));
	server();
	client();
	return 0;
}
