/*
 * Calls over HTTP: a server that says words backwards, and a client that asks it, on one loop. The
 * message is written by hand here; event_rpcgen.py makes such functions of a .rpc file.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event.h>
#include <evhttp.h>
#include <evrpc.h>

struct word { char *text; };
static struct word *word_new(void) { return calloc(1, sizeof(struct word)); }
static void word_clear(struct word *word) { free(word->text); word->text = NULL; }
static void word_free(struct word *word) { word_clear(word); free(word); }
static int word_complete(struct word *word) { return word->text ? 0 : -1; }
static void word_marshal(struct evbuffer *to, struct word *word)
{
	evtag_marshal_string(to, 1, word->text);
}
static int word_unmarshal(struct word *word, struct evbuffer *from)
{
	return evtag_unmarshal_string(from, 1, &word->text);
}

EVRPC_HEADER(Reverse, word, word)
EVRPC_GENERATE(Reverse, word, word)

static void reverse(EVRPC_STRUCT(Reverse) *rpc, void *asked)
{
	size_t i, n = strlen(rpc->request->text);

	rpc->reply->text = calloc(1, n + 1);
	for (i = 0; i < n; i++)
		rpc->reply->text[i] = rpc->request->text[n - 1 - i];
	++*(int *)asked;
	EVRPC_REQUEST_DONE(rpc);
}

static void answered(struct evrpc_status *status, struct word *word, struct word *reply, void *left)
{
	printf("%s: %s\n", word->text, status->error != 0 ? "no answer" : reply->text);
	word_free(word);
	word_free(reply);
	if (--*(int *)left == 0)
		event_loopexit(NULL);
}

int main(void)
{
	static const char *const words[] = { "stressed", "drawer", "level" };
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t length = sizeof(addr);
	int i, asked = 0, left = 3, fd = socket(AF_INET, SOCK_STREAM, 0);
	struct evhttp *http = evhttp_new(event_init());
	struct evrpc_base *calls = evrpc_init(http);
	struct evrpc_pool *pool = evrpc_pool_new(NULL);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&addr, length) == -1 || listen(fd, 10) == -1 ||
	    getsockname(fd, (struct sockaddr *)&addr, &length) == -1)
		return 1;
	evhttp_accept_socket(http, fd);
	EVRPC_REGISTER(calls, Reverse, word, word, reverse, &asked);
	evrpc_pool_add_connection(pool, evhttp_connection_new("127.0.0.1", ntohs(addr.sin_port)));
	for (i = 0; i < 3; i++) {
		struct word *word = word_new();
		word->text = strdup(words[i]);
		EVRPC_MAKE_REQUEST(Reverse, pool, word, word_new(), answered, &left);
	}
	event_dispatch();
	printf("%d calls\n", asked);
	evrpc_pool_free(pool);
	evrpc_free(calls);
	evhttp_free(http);
}
