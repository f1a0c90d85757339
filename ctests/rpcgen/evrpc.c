/*
 * Two calls of evrpc.h whose messages are generated, as users of libevent 1.4 wrote them. It is
 * compiled only, as long as the library has no evrpc.
 */
#include <event.h>
#include <evhttp.h>
#include <evrpc.h>

#include "rpc.h"
#include "more.gen.h"

EVRPC_HEADER(Message, msg, kill)
EVRPC_HEADER(NeverReply, letter, tree)
EVRPC_GENERATE(Message, msg, kill)
EVRPC_GENERATE(NeverReply, letter, tree)

void answer(EVRPC_STRUCT(Message) *rpc, void *arg);
void outcome(struct evrpc_status *status, struct msg *msg, struct kill *kill, void *arg);
void serve(struct evrpc_base *base);
int ask(struct evrpc_pool *pool, struct msg *msg, struct kill *kill);

void
answer(EVRPC_STRUCT(Message) *rpc, void *arg)
{
	struct kill *reply = rpc->reply;

	(void)arg;
	CHECK(EVTAG_HAS(rpc->request, from_name));
	CHECK(EVTAG_ASSIGN(reply, weapon, "dagger") == 0);
	CHECK(EVTAG_ASSIGN(reply, action, "wave around like an idiot") == 0);
	EVRPC_REQUEST_DONE(rpc);
}

void
outcome(struct evrpc_status *status, struct msg *msg, struct kill *kill, void *arg)
{
	char *weapon;

	(void)msg;
	*(int *)arg = status->error == EVRPC_STATUS_ERR_NONE &&
	    EVTAG_GET(kill, weapon, &weapon) == 0;
}

void
serve(struct evrpc_base *base)
{
	EVRPC_REGISTER(base, Message, msg, kill, answer, NULL);
	EVRPC_REGISTER(base, NeverReply, letter, tree, NULL, NULL);
	CHECK(EVRPC_UNREGISTER(base, NeverReply) == 0);
}

int
ask(struct evrpc_pool *pool, struct msg *msg, struct kill *kill)
{
	static int was_answered;

	return EVRPC_MAKE_REQUEST(Message, pool, msg, kill, outcome, &was_answered);
}
