/*
 * Proves behaviour 179: calls that take too long.
 */
#include "calling.h"

/* The limit of a call is the pool's; those who wait have their own, from when they are sent. */
TEST(one_after_the_other)
{
	struct made_call first, second;
	int64_t start;

	begin_calls(keep_it, 1);
	evrpc_pool_set_timeout(pool, 1);
	start = now_ns();
	make_call(&first, "1");
	make_call(&second, "2");
	UNTIL(first.told > 0);
	CHECK_ELAPSED(start, 1000);
	CHECK_INT(second.told, 0);
	CHECK_FAILED(&first, EVRPC_STATUS_ERR_TIMEOUT, -1);
	UNTIL(second.told > 0);
	CHECK_ELAPSED(start, 2000);
	CHECK_FAILED(&second, EVRPC_STATUS_ERR_TIMEOUT, -1);
	CHECK_INT(asked, 2);
	/* Answers that come too late are nobody's. */
	answer_kept(0);
	answer_kept(1);
	rounds();
	finish_calls();
}

/* The next call has a connection of its own, whatever the last one is answered. */
TEST(the_next_one_is_answered)
{
	struct made_call late, next;

	begin_calls(keep_it, 1);
	evrpc_pool_set_timeout(pool, 1);
	make_call(&late, "late");
	CHECK_FAILED(&late, EVRPC_STATUS_ERR_TIMEOUT, -1);
	make_call(&next, "next");
	UNTIL(asked == 2);
	answer_kept(0);
	rounds();
	CHECK_INT(next.told, 0);
	answer_kept(1);
	CHECK_ANSWERED(&next, "next");
	finish_calls();
}

/* Bytes that drip in are no reason to wait longer: the limit is for the call as a whole. */
static struct evhttp_request *dripping;
static struct event drip_timer;

static void
drip(int fd, short what, void *arg)
{
	struct evbuffer *piece = evbuffer_new();

	(void)fd;
	(void)what;
	(void)arg;
	evbuffer_add(piece, "x", 1);
	evhttp_send_reply_chunk(dripping, piece);
	evbuffer_free(piece);
	CHECK_INT(add_ms(&drip_timer, 100), 0);
}

static void
begin_to_drip(struct evhttp_request *req, void *arg)
{
	(void)arg;
	dripping = req;
	evhttp_send_reply_start(req, HTTP_OK, "OK");
	evtimer_set(&drip_timer, drip, NULL);
	CHECK_INT(add_ms(&drip_timer, 1), 0);
}

TEST(a_reply_that_drips)
{
	struct made_call call;
	int64_t start = now_ns();

	serve(begin_to_drip);
	open_pool(1);
	evrpc_pool_set_timeout(pool, 1);
	make_call(&call, "hello");
	UNTIL(call.told > 0);
	CHECK_ELAPSED(start, 1000);
	CHECK_FAILED(&call, EVRPC_STATUS_ERR_TIMEOUT, -1);
	event_del(&drip_timer);
	evhttp_send_reply_end(dripping);
	finish_calls();
}

/* Without a limit of the pool's a call waits. */
static void
no_limit(int seconds)
{
	struct made_call call;

	begin_calls(keep_it, 1);
	evrpc_pool_set_timeout(pool, seconds);
	make_call(&call, "hello");
	loop_for_ms(1500);
	CHECK_INT(call.told, 0);
	answer_kept(0);
	CHECK_ANSWERED(&call, "hello");
	finish_calls();
}

TEST(no_limit_0)
{
	no_limit(0);
}

TEST(no_limit_minus_1)
{
	no_limit(-1);
}

/* A connection that came before the limit was set has it, one that comes after it too. */
TEST(connections_have_it)
{
	struct made_call first, second;

	begin_calls(keep_it, 1);
	evrpc_pool_set_timeout(pool, 1);
	add_connection();
	make_call(&first, "1");
	make_call(&second, "2");
	UNTIL(asked == 2);
	CHECK_FAILED(&first, EVRPC_STATUS_ERR_TIMEOUT, -1);
	CHECK_FAILED(&second, EVRPC_STATUS_ERR_TIMEOUT, -1);
	answer_kept(0);
	answer_kept(1);
	finish_calls();
}

/* Who is told frees the connection that was too slow, or the whole pool. */
static struct evhttp_connection *con;
static int frees_pool;

static void
free_something(struct evrpc_status *status, struct question *question, struct answer *answer,
    void *arg)
{
	note_outcome(status, question, answer, arg);
	if (frees_pool) {
		evrpc_pool_free(pool);
		pool = NULL;
	} else
		evhttp_connection_free(con);
}

TEST(who_is_told_frees_it)
{
	struct made_call call;

	for (frees_pool = 0; frees_pool < 2; frees_pool++) {
		begin_calls(keep_it, 0);
		con = add_connection();
		evrpc_pool_set_timeout(pool, 1);
		fill_call(&call, "hello");
		answer_clear(call.answer);
		CHECK_INT(EVRPC_MAKE_REQUEST(Ask, pool, call.question, call.answer, free_something,
		    &call), 0);
		CHECK_FAILED(&call, EVRPC_STATUS_ERR_TIMEOUT, -1);
		answer_kept(0);
		finish_calls();
	}
}

/* So may who hears that its connection is closed. */
static void
free_when_closed(struct evhttp_connection *closed, void *arg)
{
	(void)closed;
	(void)arg;
	if (frees_pool && pool != NULL) {
		struct evrpc_pool *freed = pool;

		pool = NULL;
		evrpc_pool_free(freed);
	}
}

TEST(who_hears_of_the_close_frees_it)
{
	struct made_call call;

	begin_calls(keep_it, 0);
	con = add_connection();
	add_connection();
	evhttp_connection_set_closecb(con, free_when_closed, NULL);
	frees_pool = 1;
	evrpc_pool_set_timeout(pool, 1);
	make_call(&call, "hello");
	UNTIL(pool == NULL);
	rounds();
	CHECK(call.told <= 1);
	free_call(&call);
	answer_kept(0);
	finish_calls();
}
