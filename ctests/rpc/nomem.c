/*
 * Memory runs out at the n-th allocation of the library or of the generated code, for every n: the
 * client hears a reply, 503, or the end; a call ends once, with what it asked for or with an error;
 * nothing is left (F6).
 */
#include "calling.h"

#include "alloc.h"

static struct peer p;

/* A handler that has to live with too little memory. */
static void
try_to_answer(EVRPC_STRUCT(Ask) *req, void *arg)
{
	char *text;

	(void)arg;
	asked++;
	if (EVTAG_GET(req->request, text, &text) == 0 && EVTAG_ASSIGN(req->reply, text, text) == 0)
		EVTAG_ASSIGN(req->reply, number, 1);
	EVRPC_REQUEST_DONE(req);
}

/* One request by hand, while the n-th allocation fails; 0: none does. The status, -1: none. */
static int
ask_without(long n, int and_later, long *failures)
{
	int code;

	open_peer(&p);
	rounds();
	alloc_fail(n, and_later);
	ASK(&p, HELLO);
	say_end(&p);
	rounds();
	*failures = alloc_failures();
	alloc_fail(0, 0);
	code = status_of(hear_all(&p));
	without_dates("", 0);
	close_peer(&p);
	rounds();
	return code;
}

static void
serve_without(int and_later)
{
	long n, live = 0, failures = 1;

	serve_rpc(try_to_answer);
	capture_log();
	for (n = -2; n <= 1 || failures > 0; n++) {
		int code = ask_without(n > 0 ? n : 0, and_later, &failures);

		if (failures == 0)
			CHECK_INT(code, 200);
		else
			CHECK(code == 200 || code == 503 || code == -1);
		if (n <= 0)
			live = alloc_live();
		else if (alloc_live() != live)
			fprintf(stderr, "at allocation %ld\n", n);
		CHECK_INT(alloc_live(), live);
	}
	CHECK(n > 10);
	finish_rpc();
}

ALLOC_TEST(requests)
{
	need_shim();
	serve_without(0);
}

ALLOC_TEST(requests_and_no_more)
{
	need_shim();
	serve_without(1);
}

/* Server and client run out alike. */
static void
call_without(int and_later, int connections)
{
	long n, live = 0, failures = 1;

	begin_calls(try_to_answer, connections);
	capture_log();
	for (n = -3; n <= 1 || failures > 0; n++) {
		struct made_call call;
		int made;

		fill_call(&call, "hello");
		answer_clear(call.answer);
		alloc_fail(n > 0 ? n : 0, and_later);
		made = EVRPC_MAKE_REQUEST(Ask, pool, call.question, call.answer, note_outcome,
		    &call);
		if (made == -1) {
			CHECK_INT(call.told, 1);
			CHECK_INT(call.error, EVRPC_STATUS_ERR_UNSTARTED);
		}
		rounds();
		failures = alloc_failures();
		alloc_fail(0, 0);
		UNTIL(call.told > 0);
		rounds();
		CHECK_INT(call.told, 1);
		if (failures == 0) {
			CHECK_INT(call.error, EVRPC_STATUS_ERR_NONE);
			CHECK_STR(call.text, "hello");
		}
		CHECK(call.error != EVRPC_STATUS_ERR_NONE || strcmp(call.text, "hello") == 0);
		free_call(&call);
		order_told[0] = '\0';
		/* Whatever has happened, the next one goes as ever. */
		make_call(&call, "next");
		CHECK_ANSWERED(&call, "next");
		order_told[0] = '\0';
		rounds();
		if (n <= 0)
			live = alloc_live();
		else if (alloc_live() != live)
			fprintf(stderr, "at allocation %ld\n", n);
		CHECK_INT(alloc_live(), live);
	}
	CHECK(n > 10);
	finish_calls();
}

ALLOC_TEST(calls_made)
{
	need_shim();
	call_without(0, 1);
}

ALLOC_TEST(calls_made_and_no_more)
{
	need_shim();
	call_without(1, 1);
}

/* Bases, calls, pools, hooks: made or not, and then with errno. */
static int
try_all(void)
{
	struct evhttp_connection *con;
	struct evrpc_base *base;
	struct evrpc_pool *made;
	struct evrpc *call;
	int result = -1;

	errno = 0;
	if ((base = evrpc_init(http)) == NULL)
		return -1;
	if ((call = calloc(1, sizeof(*call))) != NULL) {
		EVRPC_REGISTER_OBJECT(call, Ask, question, answer);
		if (call->uri == NULL || evrpc_register_rpc(base, call, NULL, NULL) == -1) {
			free((void *)call->uri);
			free(call);
			call = NULL;
		}
	}
	if (call != NULL && (made = evrpc_pool_new(current_base)) != NULL) {
		if ((con = evhttp_connection_new("127.0.0.1", (unsigned short)port)) != NULL) {
			errno = 0;
			evrpc_pool_add_connection(made, con);
			if (errno != 0)
				evhttp_connection_free(con);
			else if (evrpc_add_hook(base, EVRPC_INPUT, (void *)abort, NULL) != NULL &&
			    evrpc_add_hook(made, EVRPC_OUTPUT, (void *)abort, NULL) != NULL)
				result = 0;
		}
		evrpc_pool_free(made);
	}
	evrpc_free(base);
	return result;
}

ALLOC_TEST(making_all)
{
	long n, live, failures = 1;

	need_shim();
	serve(echo);
	CHECK_INT(try_all(), 0);
	live = alloc_live();
	for (n = 1; failures > 0; n++) {
		int result;

		alloc_fail(n, 0);
		result = try_all();
		failures = alloc_failures();
		alloc_fail(0, 0);
		CHECK_INT(result, failures > 0 ? -1 : 0);
		CHECK_INT(alloc_live(), live);
	}
	CHECK(n > 10);
	finish();
}
