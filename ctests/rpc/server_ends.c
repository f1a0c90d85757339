/*
 * Proves behaviours 177 and 178: bases, calls, servers and requests, which may end in any order;
 * names; mistakes that are noticed. T17.
 */
#include "rpc.h"

static struct peer p;

TEST(unregistered_while_a_request_waits)
{
	serve_rpc(keep_it);
	open_peer(&p);
	ASK(&p, HELLO);
	UNTIL(asked == 1);
	CHECK_INT(EVRPC_UNREGISTER(rpc, Ask), 0);
	/* Still there. */
	CHECK_STR(kept_rpcs[0]->rpc->uri, "Ask");
	answer_kept(0);
	CHECK_ANSWER(&p, HELLO);
	ASK(&p, HELLO);
	CHECK_INT(hear_reply(&p).code, 200);
	CHECK_INT(calls, 1);
	close_peer(&p);
	finish_rpc();
}

/* Registered anew meanwhile: each request goes by the call that it came to. */
TEST(registered_anew_while_a_request_waits)
{
	serve_rpc(keep_it);
	open_peer(&p);
	ASK(&p, HELLO);
	UNTIL(asked == 1);
	CHECK_INT(EVRPC_UNREGISTER(rpc, Ask), 0);
	EVRPC_REGISTER(rpc, Ask, question, answer, answer_it, NULL);
	answer_kept(0);
	CHECK_ANSWER(&p, HELLO);
	ASK(&p, TEXT("\x01", "b"));
	CHECK_ANSWER(&p, TEXT("\x01", "b"));
	close_peer(&p);
	finish_rpc();
}

TEST(the_base_ends_while_requests_wait)
{
	struct peer other;

	serve_rpc(keep_it);
	open_peer(&p);
	open_peer(&other);
	ASK(&p, HELLO);
	UNTIL(asked == 1);
	ASK(&other, HELLO);
	UNTIL(asked == 2);
	evrpc_free(rpc);
	rpc = NULL;
	answer_kept(1);
	CHECK_ANSWER(&other, HELLO);
	answer_kept(0);
	CHECK_ANSWER(&p, HELLO);
	close_peer(&p);
	close_peer(&other);
	finish_rpc();
}

/* The server first, then the requests, then the base; and the other way round. */
TEST(the_server_ends_while_requests_wait)
{
	int order;

	for (order = 0; order < 4; order++) {
		serve_rpc(keep_it);
		open_peer(&p);
		ASK(&p, HELLO);
		UNTIL(asked == 1);
		if (order & 1) {
			evrpc_free(rpc);
			rpc = NULL;
		}
		evhttp_free(http);
		http = NULL;
		CHECK_PTR(kept_rpcs[0]->http_req->evcon, NULL);
		if (order & 2)
			answer_kept(0);
		else {
			struct evhttp_request *req = kept_rpcs[0]->http_req;

			evrpc_reqstate_free((struct evrpc_req_generic *)kept_rpcs[0]);
			evhttp_send_error(req, 500, "gone");
		}
		CHECK_STR(hear_all(&p), "");
		close_peer(&p);
		finish_rpc();
	}
}

TEST(the_server_ends_first)
{
	serve_rpc(answer_it);
	evhttp_free(http);
	http = NULL;
	CHECK_INT(EVRPC_UNREGISTER(rpc, Ask), 0);
	CHECK_ERRNO(EVRPC_UNREGISTER(rpc, Ask), ENOENT);
	/* Nobody would ever call it: it is freed by the macro. */
	EVRPC_REGISTER(rpc, Ask, question, answer, answer_it, NULL);
	CHECK_ERRNO(EVRPC_UNREGISTER(rpc, Ask), ENOENT);
	finish_rpc();
}

/* The base in a handler, with the handler's own call. */
static void
free_and_answer(EVRPC_STRUCT(Ask) *req, void *arg)
{
	(void)arg;
	evrpc_free(rpc);
	rpc = NULL;
	answer_it(req, NULL);
}

TEST(a_handler_frees_the_base)
{
	serve_rpc(free_and_answer);
	open_peer(&p);
	ASK(&p, HELLO);
	CHECK_ANSWER(&p, HELLO);
	close_peer(&p);
	finish_rpc();
}

static void
free_server_and_answer(EVRPC_STRUCT(Ask) *req, void *arg)
{
	(void)arg;
	evhttp_free(http);
	http = NULL;
	answer_it(req, NULL);
}

TEST(a_handler_frees_the_server)
{
	serve_rpc(free_server_and_answer);
	open_peer(&p);
	ASK(&p, HELLO);
	CHECK_STR(hear_all(&p), "");
	close_peer(&p);
	finish_rpc();
}

TEST(unknown_names)
{
	serve_rpc(answer_it);
	CHECK_ERRNO(EVRPC_UNREGISTER(rpc, Other), ENOENT);
	CHECK_ERRNO(evrpc_unregister_rpc(rpc, ""), ENOENT);
	CHECK_ERRNO(evrpc_unregister_rpc(rpc, "/.rpc.Ask"), ENOENT);
	CHECK_INT(EVRPC_UNREGISTER(rpc, Ask), 0);
	CHECK_ERRNO(EVRPC_UNREGISTER(rpc, Ask), ENOENT);
	open_peer(&p);
	ASK(&p, HELLO);
	CHECK_INT(hear_reply(&p).code, 200);
	CHECK_INT(calls, 1);
	close_peer(&p);
	finish_rpc();
}

/* Of several of one name the first is asked; it is also the first that goes. */
TEST(one_name_twice)
{
	serve_rpc(answer_it);
	EVRPC_REGISTER(rpc, Ask, question, answer, keep_it, NULL);
	open_peer(&p);
	ASK(&p, HELLO);
	CHECK_ANSWER(&p, HELLO);
	CHECK_INT(EVRPC_UNREGISTER(rpc, Ask), 0);
	asked = 0;
	ASK(&p, HELLO);
	UNTIL(asked == 1);
	CHECK_INT(whole_reply(&p, 0), 0);
	answer_kept(0);
	CHECK_ANSWER(&p, HELLO);
	close_peer(&p);
	finish_rpc();
}

/* A function of the program's for the same path, before and behind, is left alone. */
TEST(the_program_has_the_path_too)
{
	serve(echo);
	evhttp_set_cb(http, "/.rpc.Ask", echo, "first");
	CHECK((rpc = evrpc_init(http)) != NULL);
	EVRPC_REGISTER(rpc, Ask, question, answer, answer_it, NULL);
	evhttp_set_cb(http, "/.rpc.Ask", echo, "last");
	open_peer(&p);
	ASK(&p, HELLO);
	CHECK_ANSWER(&p, "POST first");
	CHECK_INT(evhttp_del_cb(http, "/.rpc.Ask"), 0);
	ASK(&p, HELLO);
	CHECK_ANSWER(&p, HELLO);
	evhttp_set_cb(http, "/.rpc.Ask", echo, "more");
	CHECK_INT(EVRPC_UNREGISTER(rpc, Ask), 0);
	ASK(&p, HELLO);
	CHECK_ANSWER(&p, "POST last");
	close_peer(&p);
	finish_rpc();
}

/* And the program may take the path away from under the call. */
TEST(the_program_takes_the_path_away)
{
	serve_rpc(answer_it);
	CHECK_INT(evhttp_del_cb(http, "/.rpc.Ask"), 0);
	open_peer(&p);
	ASK(&p, HELLO);
	CHECK_ANSWER(&p, "POST /.rpc.Ask");
	CHECK_INT(EVRPC_UNREGISTER(rpc, Ask), 0);
	close_peer(&p);
	finish_rpc();
}

TEST(several_bases_of_one_server)
{
	struct evrpc_base *other;

	serve_rpc(answer_it);
	CHECK((other = evrpc_init(http)) != NULL);
	EVRPC_REGISTER(other, Ask, question, answer, keep_it, NULL);
	evrpc_free(rpc);
	rpc = other;
	open_peer(&p);
	ASK(&p, HELLO);
	UNTIL(asked == 1);
	answer_kept(0);
	CHECK_ANSWER(&p, HELLO);
	close_peer(&p);
	finish_rpc();
}

static struct evrpc *
new_rpc(const char *name)
{
	struct evrpc *made = calloc(1, sizeof(*made));

	CHECK(made != NULL);
	EVRPC_REGISTER_OBJECT(made, Ask, question, answer);
	free((void *)made->uri);
	made->uri = name == NULL ? NULL : strdup(name);
	return made;
}

static void
free_rpc(struct evrpc *made)
{
	free((void *)made->uri);
	free(made);
}

/* What could not be registered stays the caller's. */
TEST_ONCE(mistakes)
{
	struct evrpc *made = new_rpc("Ask"), *nameless = new_rpc(NULL);
	struct evrpc_base *not_one = (struct evrpc_base *)&made;

	serve_rpc(answer_it);
	capture_log();
	CHECK_NULL(evrpc_init(NULL), EINVAL);
	CHECK_NULL(evrpc_init((struct evhttp *)&made), EINVAL);
	CHECK_ERRNO(evrpc_register_rpc(NULL, made, NULL, NULL), EINVAL);
	CHECK_ERRNO(evrpc_register_rpc(not_one, made, NULL, NULL), EINVAL);
	CHECK_ERRNO(evrpc_register_rpc(rpc, NULL, NULL, NULL), EINVAL);
	CHECK_ERRNO(evrpc_register_rpc(rpc, nameless, NULL, NULL), EINVAL);
	CHECK_ERRNO(evrpc_unregister_rpc(NULL, "Ask"), EINVAL);
	CHECK_ERRNO(evrpc_unregister_rpc(not_one, "Ask"), EINVAL);
	CHECK_ERRNO(evrpc_unregister_rpc(rpc, NULL), EINVAL);
	CHECK_INT(evrpc_register_rpc(rpc, made, NULL, NULL), 0);
	CHECK_PTR(made->base, rpc);
	CHECK_ERRNO(evrpc_register_rpc(rpc, made, NULL, NULL), EINVAL);
	evrpc_free(NULL);
	evrpc_free(not_one);
	CHECK_NULL(evrpc_add_hook(NULL, EVRPC_INPUT, NULL, NULL), EINVAL);
	CHECK_NULL(evrpc_add_hook(rpc, EVRPC_INPUT, NULL, NULL), EINVAL);
	CHECK_NULL(evrpc_add_hook(rpc, (enum EVRPC_HOOK_TYPE)2, (void *)abort, NULL), EINVAL);
	CHECK_NULL(evrpc_add_hook(not_one, EVRPC_INPUT, (void *)abort, NULL), EINVAL);
	CHECK_INT(evrpc_remove_hook(NULL, EVRPC_INPUT, not_one), 0);
	CHECK_INT(evrpc_remove_hook(rpc, (enum EVRPC_HOOK_TYPE)77, not_one), 0);
	CHECK_INT(evrpc_remove_hook(not_one, EVRPC_INPUT, not_one), 0);
	CHECK(logged(_EVENT_LOG_WARN) >= 4);
	free_rpc(nameless);
	finish_rpc();
}

/* A call without functions has no crash, and refuses if it needs them. */
TEST_ONCE(functions_that_are_not_there)
{
	static const struct {
		size_t offset;
		int code;
	} functions[] = {
		{ offsetof(struct evrpc, request_new), 503 },
		{ offsetof(struct evrpc, request_unmarshal), 503 },
		{ offsetof(struct evrpc, reply_new), 503 },
		{ offsetof(struct evrpc, reply_complete), 200 },
		{ offsetof(struct evrpc, reply_marshal), 200 },
	};
	size_t i;

	for (i = 0; i < COUNT(functions); i++) {
		struct evrpc *made = new_rpc("Ask");

		serve(echo);
		CHECK((rpc = evrpc_init(http)) != NULL);
		memset((char *)made + functions[i].offset, 0, sizeof(void *));
		CHECK_INT(evrpc_register_rpc(rpc, made, (void *)answer_it, NULL), 0);
		open_peer(&p);
		ASK(&p, HELLO);
		CHECK_INT(hear_reply(&p).code, functions[i].code);
		close_peer(&p);
		finish_rpc();
	}
}
