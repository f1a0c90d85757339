/* What the tests of evrpc share: messages, and a server whose requests are written by hand. */
#ifndef EVHUB_CTESTS_RPC_H
#define EVHUB_CTESTS_RPC_H

#include "http/http.h"
#include "http/serving.h"

#include <evrpc.h>

#include "messages.gen.h"

#include "messages.gen.c"

EVRPC_HEADER(Ask, question, answer)
EVRPC_HEADER(Note, memo, memo)
EVRPC_GENERATE(Ask, question, answer)
EVRPC_GENERATE(Note, memo, memo)

void evrpc_reqstate_free(struct evrpc_req_generic *rpc_state);
void evrpc_request_done(struct evrpc_req_generic *rpc_state);

/* As they are on the wire. */
#define TEXT(length, text) "\x01" length text
#define HELLO TEXT("\x05", "hello")

static struct evrpc_base *rpc;

/* Programs: requests that came to them, and what they do with them. */

static int asked;
static EVRPC_STRUCT(Ask) *kept_rpcs[64];

/* Says the text of the question, and its number and one more. */
__attribute__((unused)) static void
fill_in(EVRPC_STRUCT(Ask) *req)
{
	uint32_t number;
	char *text;

	CHECK_INT(EVTAG_GET(req->request, text, &text), 0);
	CHECK_INT(EVTAG_ASSIGN(req->reply, text, text), 0);
	if (EVTAG_GET(req->request, number, &number) == 0)
		CHECK_INT(EVTAG_ASSIGN(req->reply, number, number + 1), 0);
}

__attribute__((unused)) static void
answer_it(EVRPC_STRUCT(Ask) *req, void *arg)
{
	(void)arg;
	asked++;
	fill_in(req);
	EVRPC_REQUEST_DONE(req);
}

__attribute__((unused)) static void
keep_it(EVRPC_STRUCT(Ask) *req, void *arg)
{
	(void)arg;
	CHECK(asked < (int)COUNT(kept_rpcs));
	kept_rpcs[asked++] = req;
}

__attribute__((unused)) static void
answer_kept(int nth)
{
	fill_in(kept_rpcs[nth]);
	EVRPC_REQUEST_DONE(kept_rpcs[nth]);
}

/* A server with one call, and none of its paths is anybody else's. */
__attribute__((unused)) static void
serve_rpc(void (*handler)(EVRPC_STRUCT(Ask) *, void *))
{
	serve(echo);
	asked = 0;
	CHECK((rpc = evrpc_init(http)) != NULL);
	EVRPC_REGISTER(rpc, Ask, question, answer, handler, NULL);
}

__attribute__((unused)) static void
finish_rpc(void)
{
	if (rpc != NULL)
		evrpc_free(rpc);
	rpc = NULL;
	finish();
}

/* A request to the call of a name, by hand. */

__attribute__((unused)) static void
say_post(struct peer *p, const char *target, const void *body, size_t length)
{
	char head[128];

	snprintf(head, sizeof(head), "POST %s HTTP/1.1\r\nContent-Length: %zu\r\n\r\n", target,
	    length);
	say(p, head);
	say_bytes(p, body, length);
}

#define ASK(p, body) say_post(p, "/.rpc.Ask", body, sizeof(body) - 1)

/* Bytes of a literal, which may have a NUL in it. */
#define CHECK_BYTES(got, length, want)                                          \
	do {                                                                    \
		CHECK_INT(length, sizeof(want) - 1);                            \
		CHECK(memcmp((got), (want), sizeof(want) - 1) == 0);            \
	} while (0)

/* The next reply: its status, and where its body is. */
struct heard_reply {
	int code;
	const char *head, *body;
	size_t length;
};

__attribute__((unused)) static struct heard_reply
hear_reply(struct peer *p)
{
	struct heard_reply reply;
	size_t length;

	UNTIL((length = whole_reply(p, 0)) > 0 || p->ended);
	CHECK((length = whole_reply(p, 0)) > 0);
	reply.head = p->in + p->at;
	reply.code = status_of(reply.head);
	reply.body = strstr(reply.head, "\r\n\r\n") + 4;
	reply.length = length - (size_t)(reply.body - reply.head);
	p->at += length;
	return reply;
}

#define CHECK_ANSWER(p, want)                                                   \
	do {                                                                    \
		struct heard_reply reply_ = hear_reply(p);                      \
                                                                                \
		CHECK_INT(reply_.code, 200);                                    \
		CHECK_BYTES(reply_.body, reply_.length, want);                  \
	} while (0)

#define PAGE_503                                                                \
	"<html><head><title>503 Service Error</title></head>"                   \
	"<body><h1>Service Error</h1></body></html>\n"

/* Refused, and the connection ends. */
#define CHECK_REFUSED(p)                                                        \
	do {                                                                    \
		struct heard_reply reply_ = hear_reply(p);                      \
                                                                                \
		CHECK_INT(reply_.code, 503);                                    \
		CHECK_BYTES(reply_.body, reply_.length, PAGE_503);              \
		UNTIL((p)->ended);                                              \
	} while (0)

#endif
