/*
 * Proves behaviours 175 and 181: hooks of a pool. T16.
 */
#include "calling.h"

static int answer_of_hook;

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

/* Both sides in one process. */
TEST(in_order_of_adding)
{
	struct made_call call;

	begin_calls(answer_it, 1);
	trace_reset();
	CHECK(evrpc_add_hook(pool, EVRPC_OUTPUT, note_hook, "out1 ") != NULL);
	CHECK(evrpc_add_hook(pool, EVRPC_INPUT, note_hook, "in1 ") != NULL);
	CHECK(evrpc_add_hook(pool, EVRPC_INPUT, note_hook, "in2 ") != NULL);
	CHECK(evrpc_add_hook(pool, EVRPC_OUTPUT, note_hook, "out2 ") != NULL);
	CHECK(evrpc_add_hook(rpc, EVRPC_INPUT, note_hook, "server-in ") != NULL);
	CHECK(evrpc_add_hook(rpc, EVRPC_OUTPUT, note_hook, "server-out ") != NULL);
	make_call(&call, "hello");
	CHECK_ANSWERED(&call, "hello");
	CHECK_STR(traced(), "out1 out2 server-in server-out in1 in2 ");
	finish_calls();
}

TEST(removing)
{
	struct made_call call;
	void *hook;

	begin_calls(answer_it, 1);
	trace_reset();
	CHECK((hook = evrpc_add_hook(pool, EVRPC_INPUT, note_hook, "in ")) != NULL);
	CHECK(evrpc_add_hook(pool, EVRPC_INPUT, note_hook, "other ") != NULL);
	CHECK_INT(evrpc_remove_hook(rpc, EVRPC_INPUT, hook), 0);
	CHECK_INT(evrpc_remove_hook(pool, EVRPC_OUTPUT, hook), 0);
	CHECK_INT(evrpc_remove_hook(pool, EVRPC_INPUT, hook), 1);
	CHECK_INT(evrpc_remove_hook(pool, EVRPC_INPUT, hook), 0);
	make_call(&call, "hello");
	CHECK_ANSWERED(&call, "hello");
	CHECK_STR(traced(), "other ");
	finish_calls();
}

/* Refused before it is sent: told from within, and the next one is another matter. */
TEST(a_request_is_refused)
{
	struct made_call call, next;
	struct question *question;
	uint32_t number;

	begin_calls(answer_it, 1);
	answer_of_hook = -1;
	evrpc_add_hook(pool, EVRPC_OUTPUT, say_hook, "1");
	evrpc_add_hook(pool, EVRPC_OUTPUT, note_hook, "2");
	trace_reset();
	fill_call(&call, "hello");
	question = call.question;
	CHECK_INT(EVRPC_MAKE_REQUEST(Ask, pool, question, call.answer, note_outcome, &call), 0);
	CHECK_INT(call.told, 1);
	CHECK_STR(traced(), "1");
	/* Nothing has come, so nothing is cleared. */
	CHECK_INT(EVTAG_GET(call.answer, number, &number), 0);
	CHECK_FAILED(&call, EVRPC_STATUS_ERR_UNSTARTED, -1);
	CHECK_INT(asked, 0);
	answer_of_hook = 0;
	make_call(&next, "next");
	CHECK_ANSWERED(&next, "next");
	CHECK_STR(traced(), "112");
	finish_calls();
}

/* One that waits is refused when it is its turn; those behind it go on. */
static int
refuse_b(struct evhttp_request *req, struct evbuffer *data, void *arg)
{
	(void)req;
	(void)arg;
	return EVBUFFER_LENGTH(data) > 0 && EVBUFFER_DATA(data)[2] == 'b' ? -1 : 0;
}

TEST(one_of_several_is_refused)
{
	struct made_call a, b, c;

	begin_calls(answer_it, 1);
	evrpc_add_hook(pool, EVRPC_OUTPUT, refuse_b, NULL);
	make_call(&a, "a");
	make_call(&b, "b");
	make_call(&c, "c");
	UNTIL(told_in_all == 3);
	CHECK_ANSWERED(&a, "a");
	CHECK_FAILED(&b, EVRPC_STATUS_ERR_UNSTARTED, -1);
	CHECK_ANSWERED(&c, "c");
	CHECK_STR(order_told, "abc");
	CHECK_INT(asked, 2);
	finish_calls();
}

TEST(a_reply_is_refused)
{
	struct made_call call, next;

	begin_calls(answer_it, 1);
	answer_of_hook = -1;
	evrpc_add_hook(pool, EVRPC_INPUT, say_hook, "1");
	evrpc_add_hook(pool, EVRPC_INPUT, note_hook, "2");
	trace_reset();
	fill_call(&call, "hello");
	CHECK_INT(EVRPC_MAKE_REQUEST(Ask, pool, call.question, call.answer, note_outcome, &call),
	    0);
	UNTIL(call.told > 0);
	CHECK_STR(traced(), "1");
	CHECK(!EVTAG_HAS(call.answer, number));
	CHECK_FAILED(&call, EVRPC_STATUS_ERR_HOOKABORTED, 200);
	CHECK_INT(asked, 1);
	answer_of_hook = 0;
	make_call(&next, "next");
	CHECK_ANSWERED(&next, "next");
	finish_calls();
}

TEST(only_minus_one_refuses)
{
	static const int numbers[] = { 1, 2, -2 };
	struct made_call call;
	size_t i;

	begin_calls(answer_it, 1);
	evrpc_add_hook(pool, EVRPC_INPUT, say_hook, "");
	evrpc_add_hook(pool, EVRPC_OUTPUT, say_hook, "");
	for (i = 0; i < COUNT(numbers); i++) {
		answer_of_hook = numbers[i];
		make_call(&call, "hello");
		CHECK_ANSWERED(&call, "hello");
	}
	finish_calls();
}

/* A signature in front of the messages, and a header beside them, that either side checks. */
static int
sign(struct evhttp_request *req, struct evbuffer *data, void *text)
{
	struct evbuffer *made = evbuffer_new();

	CHECK_INT(evbuffer_add_printf(made, "%s", (char *)text), (int)strlen(text));
	CHECK_INT(evbuffer_add_buffer(made, data), 0);
	CHECK_INT(evbuffer_add_buffer(data, made), 0);
	evbuffer_free(made);
	CHECK_INT(evhttp_add_header(req->output_headers, "X-Signed", text), 0);
	return 0;
}

static int
check_signature(struct evhttp_request *req, struct evbuffer *data, void *text)
{
	const char *said = evhttp_find_header(req->input_headers, "X-Signed");
	size_t length = strlen(text);

	if (said == NULL || strcmp(said, text) != 0 || EVBUFFER_LENGTH(data) < length ||
	    memcmp(EVBUFFER_DATA(data), text, length) != 0)
		return -1;
	evbuffer_drain(data, length);
	return 0;
}

TEST(signed_both_ways)
{
	struct made_call call;

	begin_calls(answer_it, 1);
	evrpc_add_hook(pool, EVRPC_OUTPUT, sign, "client");
	evrpc_add_hook(rpc, EVRPC_INPUT, check_signature, "client");
	evrpc_add_hook(rpc, EVRPC_OUTPUT, sign, "server");
	evrpc_add_hook(pool, EVRPC_INPUT, check_signature, "server");
	make_call(&call, "hello");
	CHECK_ANSWERED(&call, "hello");
	finish_calls();
}

/* The pool may go in its own hooks: nobody is told, nothing is lost. */
static int
free_pool(struct evhttp_request *req, struct evbuffer *data, void *text)
{
	note_hook(req, data, text);
	evrpc_pool_free(pool);
	pool = NULL;
	return answer_of_hook;
}

TEST(a_hook_frees_the_pool)
{
	static const enum EVRPC_HOOK_TYPE types[] = { EVRPC_INPUT, EVRPC_OUTPUT };
	struct made_call call, waiting;
	int i;

	for (i = 0; i < 4; i++) {
		begin_calls(answer_it, 1);
		trace_reset();
		answer_of_hook = i / 2 == 0 ? 0 : -1;
		make_call(&waiting, "first");
		evrpc_add_hook(pool, types[i % 2], free_pool, "1");
		evrpc_add_hook(pool, types[i % 2], note_hook, "2");
		make_call(&call, "hello");
		UNTIL(pool == NULL);
		rounds();
		CHECK_STR(traced(), "1");
		CHECK_INT(call.told, 0);
		/* In the second case it was answered before. */
		CHECK_INT(waiting.told, i % 2);
		free_call(&call);
		free_call(&waiting);
		finish_calls();
	}
}

/* A connection may go in a hook of its own call. */
static struct evhttp_connection *con;

static int
free_connection(struct evhttp_request *req, struct evbuffer *data, void *text)
{
	note_hook(req, data, text);
	if (con != NULL)
		evhttp_connection_free(con);
	con = NULL;
	return 0;
}

TEST(a_hook_frees_the_connection)
{
	struct made_call call, next;

	begin_calls(answer_it, 0);
	con = add_connection();
	evrpc_add_hook(pool, EVRPC_OUTPUT, free_connection, "");
	fill_call(&call, "hello");
	CHECK_INT(EVRPC_MAKE_REQUEST(Ask, pool, call.question, call.answer, note_outcome, &call),
	    0);
	CHECK_FAILED(&call, EVRPC_STATUS_ERR_UNSTARTED, -1);
	add_connection();
	make_call(&next, "next");
	CHECK_ANSWERED(&next, "next");
	finish_calls();

	begin_calls(answer_it, 0);
	con = add_connection();
	evrpc_add_hook(pool, EVRPC_INPUT, free_connection, "");
	make_call(&call, "hello");
	CHECK_ANSWERED(&call, "hello");
	finish_calls();
}
