/* Calls of the client side: a pool, what was asked over it, and what came of that. */
#ifndef EVHUB_CTESTS_RPC_CALLING_H
#define EVHUB_CTESTS_RPC_CALLING_H

#include "rpc.h"

static struct evrpc_pool *pool;

/* A call, and how it ended. */
struct made_call {
	struct question *question;
	struct answer *answer;
	int told;
	int error;
	int code;			/* of the HTTP request, -1 without one */
	char text[32];			/* of the answer, "" without one */
};

/* Who was told, in order: the texts of the questions. */
static char order_told[1024];
static int told_in_all;

__attribute__((unused)) static void
note_outcome(struct evrpc_status *status, struct question *question, struct answer *answer,
    void *arg)
{
	struct made_call *call = arg;
	char *text;

	CHECK_PTR(question, call->question);
	CHECK_PTR(answer, call->answer);
	call->told++;
	told_in_all++;
	call->error = status->error;
	call->code = status->http_req == NULL ? -1 : status->http_req->response_code;
	call->text[0] = '\0';
	if (EVTAG_HAS(answer, text) && EVTAG_GET(answer, text, &text) == 0)
		snprintf(call->text, sizeof(call->text), "%s", text);
	CHECK_INT(EVTAG_GET(question, text, &text), 0);
	if (strlen(order_told) + strlen(text) < sizeof(order_told) - 1)
		strcat(order_told, text);
}

__attribute__((unused)) static void
fill_call(struct made_call *call, const char *text)
{
	memset(call, 0, sizeof(*call));
	CHECK((call->question = question_new()) != NULL);
	CHECK((call->answer = answer_new()) != NULL);
	CHECK_INT(EVTAG_ASSIGN(call->question, text, text), 0);
	/* Something that must be gone after a failure. */
	CHECK_INT(EVTAG_ASSIGN(call->answer, number, 77), 0);
}

__attribute__((unused)) static void
make_call(struct made_call *call, const char *text)
{
	fill_call(call, text);
	answer_clear(call->answer);
	CHECK_INT(EVRPC_MAKE_REQUEST(Ask, pool, call->question, call->answer, note_outcome, call),
	    0);
}

__attribute__((unused)) static void
free_call(struct made_call *call)
{
	question_free(call->question);
	answer_free(call->answer);
}

/* The next ones end with that text. */
#define CHECK_ANSWERED(call, want)                                              \
	do {                                                                    \
		UNTIL((call)->told > 0);                                        \
		CHECK_INT((call)->told, 1);                                     \
		CHECK_INT((call)->error, EVRPC_STATUS_ERR_NONE);                \
		CHECK_INT((call)->code, 200);                                   \
		CHECK_STR((call)->text, want);                                  \
		free_call(call);                                                \
	} while (0)

/* It ends so; there is an HTTP request with that code, or -1: none. */
#define CHECK_FAILED(call, want, want_code)                                     \
	do {                                                                    \
		UNTIL((call)->told > 0);                                        \
		CHECK_INT((call)->told, 1);                                     \
		CHECK_INT((call)->error, want);                                 \
		CHECK_INT((call)->code, want_code);                             \
		CHECK_STR((call)->text, "");                                    \
		free_call(call);                                                \
	} while (0)

__attribute__((unused)) static struct evhttp_connection *
add_connection(void)
{
	struct evhttp_connection *made = evhttp_connection_new("127.0.0.1", (unsigned short)port);

	CHECK(made != NULL);
	evrpc_pool_add_connection(pool, made);
	return made;
}

/* A pool with so many connections to the server. */
__attribute__((unused)) static void
open_pool(int connections)
{
	order_told[0] = '\0';
	told_in_all = 0;
	CHECK((pool = evrpc_pool_new(current_base)) != NULL);
	while (connections-- > 0)
		add_connection();
}

/* Server and client on one loop. */
__attribute__((unused)) static void
begin_calls(void (*handler)(EVRPC_STRUCT(Ask) *, void *), int connections)
{
	serve_rpc(handler);
	open_pool(connections);
}

__attribute__((unused)) static void
finish_calls(void)
{
	if (pool != NULL)
		evrpc_pool_free(pool);
	pool = NULL;
	finish_rpc();
}

#endif
