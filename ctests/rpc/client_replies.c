/*
 * Proves behaviours 179 and 181: what comes of replies that are none. T10, T14.
 */
#include "calling.h"

/* What the server answers. */
static const void *body;
static size_t body_length;
static int body_code;

static void
answer_so(struct evhttp_request *req, void *arg)
{
	struct evbuffer *buf = evbuffer_new();

	(void)arg;
	CHECK_INT(evbuffer_add(buf, (void *)body, body_length), 0);
	evhttp_send_reply(req, body_code, "so", buf);
	evbuffer_free(buf);
}

static void
set_reply(int code, const void *bytes, size_t length)
{
	body_code = code;
	body = bytes;
	body_length = length;
}

#define SET_REPLY(code, text) set_reply(code, text, sizeof(text) - 1)

static void
begin_replies(void)
{
	serve(answer_so);
	open_pool(1);
}

static void
ask_with_rubbish(struct made_call *call)
{
	fill_call(call, "hello");
	CHECK_INT(EVRPC_MAKE_REQUEST(Ask, pool, call->question, call->answer, note_outcome, call),
	    0);
	UNTIL(call->told > 0);
	/* What was there before is cleared, too. */
	CHECK(!EVTAG_HAS(call->answer, number));
}

TEST(a_good_one)
{
	struct made_call call;

	begin_replies();
	SET_REPLY(200, HELLO);
	make_call(&call, "x");
	CHECK_ANSWERED(&call, "hello");
	finish_calls();
}

TEST(bad_ones)
{
	static const struct {
		const char *bytes;
		size_t length;
	} bodies[] = {
#define BODY(text) { text, sizeof(text) - 1 }
		BODY(""),
		BODY("hello"),
		BODY("<html>no</html>"),
		BODY("\x01"),
		BODY("\x01\x7f\xff\xff\xff\xff"),
		BODY("\x01\xff\xff\xff\xff\xff"),
		BODY("\x02\x01\x07"),
		BODY(HELLO "\x01"),
		BODY(HELLO HELLO),
		BODY(HELLO "\x09\x01" "a"),
		BODY(HELLO "\x02\x00"),
#undef BODY
	};
	struct made_call call;
	size_t i;

	begin_replies();
	for (i = 0; i < COUNT(bodies); i++) {
		set_reply(200, bodies[i].bytes, bodies[i].length);
		ask_with_rubbish(&call);
		CHECK_FAILED(&call, EVRPC_STATUS_ERR_BADPAYLOAD, 200);
	}
	SET_REPLY(200, HELLO);
	make_call(&call, "x");
	CHECK_ANSWERED(&call, "hello");
	finish_calls();
}

#define FULL HELLO "\x02\x02\x17\x00" "\x03\x01" "a" "\x03\x02" "bc"

TEST(every_truncation)
{
	struct made_call call;
	size_t length;

	begin_replies();
	for (length = 0; length < sizeof(FULL); length++) {
		set_reply(200, FULL, length);
		make_call(&call, "x");
		if (length == 7 || length == 11 || length == 14 || length == 18)
			CHECK_ANSWERED(&call, "hello");
		else
			CHECK_FAILED(&call, EVRPC_STATUS_ERR_BADPAYLOAD, 200);
	}
	finish_calls();
}

/* Only success is a reply, whatever stands in it. */
TEST(other_codes)
{
	static const int codes[] = { 301, 400, 404, 500, 503 };
	struct made_call call;
	size_t i;

	begin_replies();
	for (i = 0; i < COUNT(codes); i++) {
		SET_REPLY(codes[i], HELLO);
		ask_with_rubbish(&call);
		CHECK_FAILED(&call, EVRPC_STATUS_ERR_BADPAYLOAD, codes[i]);
	}
	SET_REPLY(204, "");
	ask_with_rubbish(&call);
	CHECK_FAILED(&call, EVRPC_STATUS_ERR_BADPAYLOAD, 204);
	finish_calls();
}

/* A message that may be empty is there only if the server says so. */
static int memo_error = -1, memos;

static void
note_memo(struct evrpc_status *status, struct memo *memo, struct memo *got, void *arg)
{
	(void)memo;
	(void)got;
	(void)arg;
	memo_error = status->error;
	memos++;
}

static int
error_of_memo(void)
{
	struct memo *memo = memo_new(), *got = memo_new();
	int before = memos;

	CHECK_INT(EVTAG_ASSIGN(memo, text, "x"), 0);
	CHECK_INT(EVRPC_MAKE_REQUEST(Note, pool, memo, got, note_memo, NULL), 0);
	UNTIL(memos > before);
	CHECK_INT(memos, before + 1);
	memo_free(memo);
	memo_free(got);
	return memo_error;
}

TEST(empty_ones)
{
	begin_replies();
	SET_REPLY(200, "");
	CHECK_INT(error_of_memo(), EVRPC_STATUS_ERR_NONE);
	SET_REPLY(404, "");
	CHECK_INT(error_of_memo(), EVRPC_STATUS_ERR_BADPAYLOAD);
	SET_REPLY(503, "");
	CHECK_INT(error_of_memo(), EVRPC_STATUS_ERR_BADPAYLOAD);
	finish_calls();
}

/* A call that the server does not know, or whose handler says too little: refusals of evrpc. */
static void
answer_too_little(EVRPC_STRUCT(Ask) *req, void *arg)
{
	(void)arg;
	CHECK_INT(EVTAG_ASSIGN(req->reply, number, 1), 0);
	EVRPC_REQUEST_DONE(req);
}

TEST(refusals)
{
	struct made_call call;

	begin_calls(answer_too_little, 1);
	ask_with_rubbish(&call);
	CHECK_FAILED(&call, EVRPC_STATUS_ERR_BADPAYLOAD, 503);
	/* The connection has ended with that; another one is made. */
	ask_with_rubbish(&call);
	CHECK_FAILED(&call, EVRPC_STATUS_ERR_BADPAYLOAD, 503);
	CHECK_INT(EVRPC_UNREGISTER(rpc, Ask), 0);
	ask_with_rubbish(&call);
	CHECK_FAILED(&call, EVRPC_STATUS_ERR_BADPAYLOAD, 200);
	CHECK_INT(calls, 1);
	finish_calls();
}

/* An answer that was deep is read as deep as a question. */
TEST(a_long_answer)
{
	enum { LONG = 1 << 20 };
	char *text = malloc(LONG + 8);
	struct made_call call;
	struct evbuffer *head = evbuffer_new();

	CHECK(text != NULL);
	CHECK_INT(evbuffer_add(head, "\x01", 1), 0);
	encode_int(head, LONG);
	CHECK_INT(EVBUFFER_LENGTH(head), 5);
	memcpy(text, EVBUFFER_DATA(head), 5);
	evbuffer_free(head);
	memset(text + 5, 'a', LONG);
	begin_replies();
	set_reply(200, text, 5 + LONG);
	make_call(&call, "x");
	CHECK_ANSWERED(&call, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	free(text);
	finish_calls();
}
