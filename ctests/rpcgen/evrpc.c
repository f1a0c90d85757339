/*
 * Two calls of evrpc.h whose messages are generated, as users of libevent 1.4 wrote them: server
 * and client on one loop.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <event.h>
#include <evhttp.h>
#include <evrpc.h>

#include "rpc.h"
#include "more.gen.h"

EVRPC_HEADER(Message, msg, kill)
EVRPC_HEADER(NeverReply, letter, tree)
EVRPC_GENERATE(Message, msg, kill)
EVRPC_GENERATE(NeverReply, letter, tree)

static int answered, told;

static void
answer(EVRPC_STRUCT(Message) *rpc, void *arg)
{
	struct kill *reply = rpc->reply;

	CHECK(arg == &answered);
	CHECK(EVTAG_HAS(rpc->request, from_name));
	CHECK(EVTAG_LEN(rpc->request, run) == 2);
	CHECK(EVTAG_ASSIGN(reply, weapon, "dagger") == 0);
	CHECK(EVTAG_ASSIGN(reply, action, "wave around like an idiot") == 0);
	CHECK(EVRPC_REQUEST_HTTP(rpc) != NULL);
	answered++;
	EVRPC_REQUEST_DONE(rpc);
}

static void
never_answer(EVRPC_STRUCT(NeverReply) *rpc, void *arg)
{
	(void)rpc;
	(void)arg;
	CHECK(0);
}

static void
outcome(struct evrpc_status *status, struct msg *msg, struct kill *kill, void *arg)
{
	char *weapon;

	CHECK(arg == &told);
	CHECK(status->error == EVRPC_STATUS_ERR_NONE);
	CHECK(EVTAG_HAS(msg, from_name));
	CHECK(EVTAG_GET(kill, weapon, &weapon) == 0 && strcmp(weapon, "dagger") == 0);
	CHECK(kill_complete(kill) == 0);
	if (++told == 3)
		CHECK(event_loopexit(NULL) == 0);
}

/* A server on a port of the system's choice. */
static struct evhttp *
listening(unsigned short *port)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	struct evhttp *http = evhttp_new(NULL);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = inet_addr("127.0.0.1");
	CHECK(bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, 10) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
	*port = ntohs(address.sin_port);
	CHECK(http != NULL && evhttp_accept_socket(http, fd) == 0);
	return http;
}

int
main(void)
{
	struct event_base *base = event_init();
	struct evrpc_base *calls;
	struct evrpc_pool *pool;
	struct evhttp_connection *con;
	struct msg *msg = full_msg();
	struct kill *kills[3];
	struct evhttp *http;
	unsigned short port = 0;
	int i;

	http = listening(&port);
	CHECK((calls = evrpc_init(http)) != NULL);
	EVRPC_REGISTER(calls, Message, msg, kill, answer, &answered);
	EVRPC_REGISTER(calls, NeverReply, letter, tree, never_answer, NULL);
	CHECK(EVRPC_UNREGISTER(calls, NeverReply) == 0);

	CHECK((pool = evrpc_pool_new(NULL)) != NULL);
	CHECK((con = evhttp_connection_new("127.0.0.1", port)) != NULL);
	evrpc_pool_add_connection(pool, con);
	evrpc_pool_set_timeout(pool, 60);
	for (i = 0; i < 3; i++) {
		CHECK((kills[i] = kill_new()) != NULL);
		CHECK(EVRPC_MAKE_REQUEST(Message, pool, msg, kills[i], outcome, &told) == 0);
	}
	CHECK(event_dispatch() == 0);
	CHECK(answered == 3 && told == 3);

	for (i = 0; i < 3; i++)
		kill_free(kills[i]);
	msg_free(msg);
	evrpc_pool_free(pool);
	evrpc_free(calls);
	evhttp_free(http);
	event_base_free(base);
	return 0;
}
