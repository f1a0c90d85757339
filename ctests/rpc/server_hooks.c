/*
 * Proves behaviours 175 and 176: hooks of a server, what they may do, and in which order. T16.
 */
#include "rpc.h"

static struct peer p;
static int answer_of_hook;

static void *hooks[8];

/* Leaves a trace; the server's handler leaves another. */
static int
note_hook(struct evhttp_request *req, struct evbuffer *data, void *text)
{
	CHECK(req != NULL && data != NULL);
	trace(text);
	return 0;
}

static int
say_hook(struct evhttp_request *req, struct evbuffer *data, void *text)
{
	note_hook(req, data, text);
	return answer_of_hook;
}

static void
traced_answer(EVRPC_STRUCT(Ask) *req, void *arg)
{
	trace("asked ");
	answer_it(req, arg);
}

TEST(in_order_of_adding)
{
	serve_rpc(traced_answer);
	trace_reset();
	CHECK(evrpc_add_hook(rpc, EVRPC_OUTPUT, note_hook, "out1 ") != NULL);
	CHECK(evrpc_add_hook(rpc, INPUT, note_hook, "in1 ") != NULL);
	CHECK(evrpc_add_hook(rpc, EVRPC_INPUT, note_hook, "in2 ") != NULL);
	CHECK(evrpc_add_hook(rpc, OUTPUT, note_hook, "out2 ") != NULL);
	open_peer(&p);
	ASK(&p, HELLO);
	CHECK_ANSWER(&p, HELLO);
	CHECK_STR(traced(), "in1 in2 asked out1 out2 ");
	close_peer(&p);
	finish_rpc();
}

/* Each hook has a handle of its own, even the same function with the same argument. */
TEST(removing)
{
	void *first, *second;

	serve_rpc(traced_answer);
	trace_reset();
	CHECK((first = evrpc_add_hook(rpc, EVRPC_INPUT, note_hook, "x")) != NULL);
	CHECK((second = evrpc_add_hook(rpc, EVRPC_INPUT, note_hook, "x")) != NULL);
	CHECK(first != second);
	CHECK_INT(evrpc_remove_hook(rpc, EVRPC_OUTPUT, first), 0);
	CHECK_INT(evrpc_remove_hook(rpc, EVRPC_INPUT, first), 1);
	CHECK_INT(evrpc_remove_hook(rpc, EVRPC_INPUT, first), 0);
	CHECK_INT(evrpc_remove_hook(rpc, EVRPC_INPUT, NULL), 0);
	CHECK_INT(evrpc_remove_hook(rpc, EVRPC_INPUT, &first), 0);
	open_peer(&p);
	ASK(&p, HELLO);
	CHECK_ANSWER(&p, HELLO);
	CHECK_STR(traced(), "xasked ");
	CHECK_INT(evrpc_remove_hook(rpc, EVRPC_INPUT, second), 1);
	ASK(&p, HELLO);
	CHECK_ANSWER(&p, HELLO);
	CHECK_STR(traced(), "xasked asked ");
	close_peer(&p);
	finish_rpc();
}

/* -1 refuses; the hooks behind it are not asked. */
TEST(a_request_is_refused)
{
	serve_rpc(answer_it);
	trace_reset();
	answer_of_hook = -1;
	evrpc_add_hook(rpc, EVRPC_INPUT, note_hook, "1");
	evrpc_add_hook(rpc, EVRPC_INPUT, say_hook, "2");
	evrpc_add_hook(rpc, EVRPC_INPUT, note_hook, "3");
	evrpc_add_hook(rpc, EVRPC_OUTPUT, note_hook, "4");
	open_peer(&p);
	ASK(&p, HELLO);
	CHECK_REFUSED(&p);
	CHECK_STR(traced(), "12");
	CHECK_INT(asked, 0);
	close_peer(&p);
	finish_rpc();
}

TEST(a_reply_is_refused)
{
	serve_rpc(answer_it);
	trace_reset();
	answer_of_hook = -1;
	evrpc_add_hook(rpc, EVRPC_OUTPUT, say_hook, "1");
	evrpc_add_hook(rpc, EVRPC_OUTPUT, note_hook, "2");
	open_peer(&p);
	ASK(&p, HELLO);
	CHECK_REFUSED(&p);
	CHECK_STR(traced(), "1");
	CHECK_INT(asked, 1);
	close_peer(&p);
	finish_rpc();
}

/* There is no pausing: any other number goes on. */
TEST(only_minus_one_refuses)
{
	static const int numbers[] = { 1, 2, -2, 0x7fffffff };
	size_t i;

	serve_rpc(answer_it);
	evrpc_add_hook(rpc, EVRPC_INPUT, say_hook, "");
	evrpc_add_hook(rpc, EVRPC_OUTPUT, say_hook, "");
	open_peer(&p);
	for (i = 0; i < COUNT(numbers); i++) {
		answer_of_hook = numbers[i];
		ASK(&p, HELLO);
		CHECK_ANSWER(&p, HELLO);
	}
	close_peer(&p);
	finish_rpc();
}

/* What is not a request for a call, or has no body, is not shown to hooks. */
TEST(what_hooks_do_not_see)
{
	serve_rpc(answer_it);
	trace_reset();
	evrpc_add_hook(rpc, EVRPC_INPUT, note_hook, "in ");
	evrpc_add_hook(rpc, EVRPC_OUTPUT, note_hook, "out ");
	open_peer(&p);
	say(&p, "GET /.rpc.Ask HTTP/1.1\r\n\r\n");
	CHECK_REFUSED(&p);
	close_peer(&p);
	open_peer(&p);
	say_post(&p, "/.rpc.Ask", "", 0);
	CHECK_REFUSED(&p);
	close_peer(&p);
	open_peer(&p);
	say_post(&p, "/other", HELLO, 7);
	CHECK_INT(hear_reply(&p).code, 200);
	close_peer(&p);
	CHECK_STR(traced(), "");
	/* What cannot be read has been seen. */
	open_peer(&p);
	ASK(&p, "nonsense");
	CHECK_REFUSED(&p);
	close_peer(&p);
	CHECK_STR(traced(), "in ");
	finish_rpc();
}

/* A signature in front of the message, both ways. */
static int
take_signature(struct evhttp_request *req, struct evbuffer *data, void *arg)
{
	(void)req;
	(void)arg;
	if (EVBUFFER_LENGTH(data) < 4 || memcmp(EVBUFFER_DATA(data), "sign", 4) != 0)
		return -1;
	evbuffer_drain(data, 4);
	return 0;
}

static int
sign(struct evhttp_request *req, struct evbuffer *data, void *arg)
{
	struct evbuffer *signed_data = evbuffer_new();

	(void)arg;
	CHECK_INT(evbuffer_add(signed_data, "sign", 4), 0);
	CHECK_INT(evbuffer_add_buffer(signed_data, data), 0);
	CHECK_INT(evbuffer_add_buffer(data, signed_data), 0);
	evbuffer_free(signed_data);
	add_header(req, "X-Signed", "yes");
	return 0;
}

TEST(hooks_change_messages)
{
	struct heard_reply reply;

	serve_rpc(answer_it);
	evrpc_add_hook(rpc, EVRPC_INPUT, take_signature, NULL);
	evrpc_add_hook(rpc, EVRPC_OUTPUT, sign, NULL);
	open_peer(&p);
	ASK(&p, "sign" HELLO);
	reply = hear_reply(&p);
	CHECK_INT(reply.code, 200);
	CHECK(strstr(reply.head, "X-Signed: yes\r\n") != NULL);
	CHECK_BYTES(reply.body, reply.length, "sign" HELLO);
	ASK(&p, HELLO);
	CHECK_REFUSED(&p);
	close_peer(&p);
	finish_rpc();
}

static int
remove_all(struct evhttp_request *req, struct evbuffer *data, void *text)
{
	size_t i;

	note_hook(req, data, text);
	for (i = 0; i < COUNT(hooks); i++) {
		if (hooks[i] != NULL)
			CHECK_INT(evrpc_remove_hook(rpc, EVRPC_INPUT, hooks[i]), 1);
		hooks[i] = NULL;
	}
	return 0;
}

TEST(a_hook_removes_hooks)
{
	serve_rpc(answer_it);
	trace_reset();
	hooks[0] = evrpc_add_hook(rpc, EVRPC_INPUT, note_hook, "1");
	hooks[1] = evrpc_add_hook(rpc, EVRPC_INPUT, remove_all, "2");
	hooks[2] = evrpc_add_hook(rpc, EVRPC_INPUT, note_hook, "3");
	open_peer(&p);
	ASK(&p, HELLO);
	CHECK_ANSWER(&p, HELLO);
	CHECK_STR(traced(), "12");
	ASK(&p, HELLO);
	CHECK_ANSWER(&p, HELLO);
	CHECK_STR(traced(), "12");
	close_peer(&p);
	finish_rpc();
}

/* One that was added meanwhile is asked as well: it stands behind the others. */
static int
add_another(struct evhttp_request *req, struct evbuffer *data, void *text)
{
	note_hook(req, data, text);
	CHECK(evrpc_add_hook(rpc, EVRPC_INPUT, note_hook, "new") != NULL);
	return 0;
}

TEST(a_hook_adds_hooks)
{
	serve_rpc(answer_it);
	trace_reset();
	evrpc_add_hook(rpc, EVRPC_INPUT, add_another, "1");
	evrpc_add_hook(rpc, EVRPC_INPUT, note_hook, "2");
	open_peer(&p);
	ASK(&p, HELLO);
	CHECK_ANSWER(&p, HELLO);
	CHECK_STR(traced(), "12new");
	close_peer(&p);
	finish_rpc();
}

/* What it belongs to may go, with the hook; the request is answered all the same. */
static int
free_base(struct evhttp_request *req, struct evbuffer *data, void *text)
{
	note_hook(req, data, text);
	evrpc_free(rpc);
	rpc = NULL;
	return answer_of_hook;
}

TEST(a_hook_frees_the_base)
{
	static const enum EVRPC_HOOK_TYPE types[] = { EVRPC_INPUT, EVRPC_OUTPUT };
	int i;

	for (i = 0; i < 4; i++) {
		serve_rpc(answer_it);
		trace_reset();
		answer_of_hook = i / 2 == 0 ? 0 : -1;
		evrpc_add_hook(rpc, types[i % 2], free_base, "1");
		evrpc_add_hook(rpc, types[i % 2], note_hook, "2");
		open_peer(&p);
		ASK(&p, HELLO);
		if (answer_of_hook == 0)
			CHECK_ANSWER(&p, HELLO);
		else
			CHECK_REFUSED(&p);
		CHECK_STR(traced(), "1");
		close_peer(&p);
		finish_rpc();
	}
}

static int
unregister(struct evhttp_request *req, struct evbuffer *data, void *text)
{
	note_hook(req, data, text);
	CHECK_INT(EVRPC_UNREGISTER(rpc, Ask), 0);
	return 0;
}

TEST(a_hook_unregisters_its_call)
{
	serve_rpc(answer_it);
	trace_reset();
	evrpc_add_hook(rpc, EVRPC_INPUT, unregister, "1");
	evrpc_add_hook(rpc, EVRPC_INPUT, note_hook, "2");
	open_peer(&p);
	ASK(&p, HELLO);
	CHECK_ANSWER(&p, HELLO);
	ASK(&p, HELLO);
	CHECK_INT(hear_reply(&p).code, 200);
	CHECK_INT(asked, 1);
	CHECK_INT(calls, 1);
	close_peer(&p);
	finish_rpc();
}

/* The server goes, and its connections with it. */
static int
free_server(struct evhttp_request *req, struct evbuffer *data, void *text)
{
	note_hook(req, data, text);
	evhttp_free(http);
	http = NULL;
	return answer_of_hook;
}

TEST(a_hook_frees_the_server)
{
	static const enum EVRPC_HOOK_TYPE types[] = { EVRPC_INPUT, EVRPC_OUTPUT };
	int i;

	for (i = 0; i < 4; i++) {
		serve_rpc(answer_it);
		trace_reset();
		answer_of_hook = i / 2 == 0 ? 0 : -1;
		evrpc_add_hook(rpc, types[i % 2], free_server, "1");
		open_peer(&p);
		ASK(&p, HELLO);
		CHECK_STR(hear_all(&p), "");
		CHECK_STR(traced(), "1");
		close_peer(&p);
		finish_rpc();
	}
}
