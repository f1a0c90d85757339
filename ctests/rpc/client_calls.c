/*
 * Proves behaviours 177, 179 and 180: calls over a pool, one at a time per connection, in order of
 * asking.
 */
#include "calling.h"

TEST(a_call)
{
	struct made_call call;

	begin_calls(answer_it, 1);
	make_call(&call, "hello");
	/* From the loop alone. */
	CHECK_INT(call.told, 0);
	CHECK_ANSWERED(&call, "hello");
	CHECK_INT(asked, 1);
	finish_calls();
}

TEST(one_after_the_other)
{
	struct made_call call;
	int i;

	begin_calls(answer_it, 1);
	for (i = 0; i < 20; i++) {
		make_call(&call, "again");
		CHECK_ANSWERED(&call, "again");
	}
	CHECK_INT(asked, 20);
	finish_calls();
}

/* All that was asked goes both ways. */
TEST(numbers_and_words)
{
	struct made_call call;
	uint32_t number;

	begin_calls(answer_it, 1);
	fill_call(&call, "hello");
	answer_clear(call.answer);
	CHECK_INT(EVTAG_ASSIGN(call.question, number, 0xfffffffe), 0);
	CHECK_INT(EVRPC_MAKE_REQUEST(Ask, pool, call.question, call.answer, note_outcome, &call),
	    0);
	UNTIL(call.told > 0);
	CHECK_INT(EVTAG_GET(call.answer, number, &number), 0);
	CHECK_INT(number, 0xffffffff);
	CHECK_ANSWERED(&call, "hello");
	finish_calls();
}

#define LETTERS "abcdefghijklmnopqrst"
enum { MANY = sizeof(LETTERS) - 1 };

static struct made_call many[MANY];

static void
ask_many(void)
{
	char text[2] = "";
	int i;

	for (i = 0; i < MANY; i++) {
		text[0] = LETTERS[i];
		make_call(&many[i], text);
	}
}

static void
check_many(void)
{
	char text[2] = "";
	int i;

	for (i = 0; i < MANY; i++) {
		text[0] = LETTERS[i];
		CHECK_ANSWERED(&many[i], text);
	}
}

TEST(many_over_one_connection)
{
	begin_calls(answer_it, 1);
	ask_many();
	check_many();
	CHECK_STR(order_told, LETTERS);
	finish_calls();
}

TEST(many_over_several)
{
	begin_calls(answer_it, 3);
	ask_many();
	check_many();
	CHECK_INT(asked, MANY);
	finish_calls();
}

/* A connection carries one call at a time: the next one goes where an answer came. */
TEST(one_at_a_time)
{
	struct made_call calls_made[5];
	int i;

	begin_calls(keep_it, 2);
	for (i = 0; i < 5; i++)
		make_call(&calls_made[i], (const char[]){ (char)('a' + i), 0 });
	UNTIL(asked == 2);
	rounds();
	CHECK_INT(asked, 2);
	answer_kept(1);
	UNTIL(asked == 3);
	rounds();
	CHECK_INT(asked, 3);
	answer_kept(2);
	answer_kept(0);
	UNTIL(asked == 5);
	answer_kept(4);
	answer_kept(3);
	for (i = 0; i < 5; i++)
		CHECK_ANSWERED(&calls_made[i], ((const char[]){ (char)('a' + i), 0 }));
	CHECK_STR(order_told, order_told);
	finish_calls();
}

/* A connection that comes later takes a call that waits. */
TEST(a_connection_more)
{
	struct made_call first, second, third;

	begin_calls(keep_it, 1);
	make_call(&first, "1");
	make_call(&second, "2");
	make_call(&third, "3");
	UNTIL(asked == 1);
	rounds();
	CHECK_INT(asked, 1);
	add_connection();
	UNTIL(asked == 2);
	rounds();
	CHECK_INT(asked, 2);
	answer_kept(1);
	CHECK_ANSWERED(&second, "2");
	UNTIL(asked == 3);
	answer_kept(2);
	answer_kept(0);
	CHECK_ANSWERED(&third, "3");
	CHECK_ANSWERED(&first, "1");
	finish_calls();
}

/* Calls that are made by those who are told of others. */
static struct made_call chain[10];
static int chained;

static void
ask_on(struct evrpc_status *status, struct question *question, struct answer *answer, void *arg)
{
	note_outcome(status, question, answer, arg);
	if (++chained == COUNT(chain))
		return;
	fill_call(&chain[chained], "next");
	answer_clear(chain[chained].answer);
	CHECK_INT(EVRPC_MAKE_REQUEST(Ask, pool, chain[chained].question, chain[chained].answer,
	    ask_on, &chain[chained]), 0);
}

TEST(from_an_outcome)
{
	size_t i;

	begin_calls(answer_it, 1);
	fill_call(&chain[0], "next");
	answer_clear(chain[0].answer);
	CHECK_INT(EVRPC_MAKE_REQUEST(Ask, pool, chain[0].question, chain[0].answer, ask_on,
	    &chain[0]), 0);
	UNTIL(chained == COUNT(chain));
	for (i = 0; i < COUNT(chain); i++)
		CHECK_ANSWERED(&chain[i], "next");
	finish_calls();
}

/* What a server of others would see. */
static void
answer_by_hand(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = evbuffer_new();

	(void)arg;
	note_request(req);
	CHECK_INT(evbuffer_add(body, HELLO, 7), 0);
	evhttp_send_reply(req, HTTP_OK, "OK", body);
	evbuffer_free(body);
}

TEST(on_the_wire)
{
	struct made_call call;

	serve(answer_by_hand);
	open_pool(1);
	make_call(&call, "hi");
	CHECK_ANSWERED(&call, "hello");
	CHECK(strstr(requests, "POST /.rpc.Ask 1.1{") == requests);
	CHECK(strstr(requests, "Content-Length=4;") != NULL);
	CHECK(strstr(requests, "}" TEXT("\x02", "hi") "\n") != NULL);
	finish_calls();
}

/* Several kinds of calls over one pool, and without a base of its own. */
static void
note_memo(struct evrpc_status *status, struct memo *asked_memo, struct memo *got, void *arg)
{
	char *text;

	CHECK(asked_memo != got);
	CHECK_INT(status->error, EVRPC_STATUS_ERR_NONE);
	CHECK_INT(EVTAG_GET(got, text, &text), 0);
	CHECK_STR(text, "echo");
	*(int *)arg = 1;
}

static void
echo_memo(EVRPC_STRUCT(Note) *req, void *arg)
{
	char *text;

	(void)arg;
	CHECK_INT(EVTAG_GET(req->request, text, &text), 0);
	CHECK_INT(EVTAG_ASSIGN(req->reply, text, text), 0);
	EVRPC_REQUEST_DONE(req);
}

TEST(several_kinds)
{
	struct memo *memo = memo_new(), *got = memo_new();
	struct made_call call;
	int noted = 0;

	serve_rpc(answer_it);
	EVRPC_REGISTER(rpc, Note, memo, memo, echo_memo, NULL);
	CHECK((pool = evrpc_pool_new(NULL)) != NULL);
	add_connection();
	CHECK_INT(EVTAG_ASSIGN(memo, text, "echo"), 0);
	CHECK_INT(EVRPC_MAKE_REQUEST(Note, pool, memo, got, note_memo, &noted), 0);
	make_call(&call, "other");
	CHECK_ANSWERED(&call, "other");
	CHECK_INT(noted, 1);
	memo_free(memo);
	memo_free(got);
	finish_calls();
}

/* The program uses a connection of the pool for requests of its own, too. */
static void
note_code(struct evhttp_request *req, void *arg)
{
	*(int *)arg = req == NULL ? -1 : req->response_code;
}

TEST(requests_of_the_program)
{
	struct evhttp_connection *con;
	struct evhttp_request *req;
	struct made_call call;
	int code = 0;

	begin_calls(answer_it, 0);
	con = add_connection();
	req = evhttp_request_new(note_code, &code);
	CHECK_INT(evhttp_make_request(con, req, EVHTTP_REQ_GET, "/page"), 0);
	make_call(&call, "hello");
	/* The call waits for the connection. */
	UNTIL(code != 0);
	CHECK_INT(code, 200);
	CHECK_INT(call.told, 0);
	/* That was not the pool's: another call sends those that wait. */
	{
		struct made_call second;

		make_call(&second, "second");
		CHECK_ANSWERED(&call, "hello");
		CHECK_ANSWERED(&second, "second");
	}
	finish_calls();
}
