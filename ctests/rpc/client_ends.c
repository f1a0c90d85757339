/*
 * Proves behaviours 179 to 181: servers that are not there or go away; pools, connections and bases
 * that are freed with calls on their way; mistakes that are noticed. T15, T16.
 */
#include "calling.h"

#include <setjmp.h>

/* A port where nobody listens. */
static int
refusing(void)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd != -1);
	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_INT(bind(fd, (struct sockaddr *)&address, length), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	port = ntohs(address.sin_port);
	return fd;
}

/* The request comes back, with code 0: there was no reply that could be good. */
TEST(nobody_listens)
{
	struct made_call first, second;
	int fd;

	serve(echo);
	fd = refusing();
	open_pool(1);
	make_call(&first, "1");
	CHECK_INT(first.told, 0);
	make_call(&second, "2");
	CHECK_FAILED(&first, EVRPC_STATUS_ERR_BADPAYLOAD, 0);
	CHECK_FAILED(&second, EVRPC_STATUS_ERR_BADPAYLOAD, 0);
	CHECK_STR(order_told, "12");
	close(fd);
	finish_calls();
}

static void
hang_up_at_once(struct evhttp_request *req, void *arg)
{
	struct evhttp_connection *con = req->evcon;

	(void)arg;
	calls++;
	evhttp_connection_free(con);
	evhttp_send_error(req, 500, "nobody hears that");
}

TEST(the_server_hangs_up)
{
	struct made_call first, second;

	serve(hang_up_at_once);
	open_pool(1);
	make_call(&first, "1");
	make_call(&second, "2");
	CHECK_FAILED(&first, EVRPC_STATUS_ERR_BADPAYLOAD, 0);
	CHECK_FAILED(&second, EVRPC_STATUS_ERR_BADPAYLOAD, 0);
	CHECK_INT(calls, 2);
	finish_calls();
}

/* In the middle of a reply: that is none. */
static void
say_half(struct evhttp_request *req, void *arg)
{
	struct evbuffer *half = evbuffer_new();

	(void)arg;
	CHECK_INT(evbuffer_add(half, HELLO, 4), 0);
	CHECK_INT(evhttp_add_header(req->output_headers, "Content-Length", "7"), 0);
	CHECK_INT(evhttp_add_header(req->output_headers, "Connection", "close"), 0);
	evhttp_send_reply_start(req, HTTP_OK, "OK");
	evhttp_send_reply_chunk(req, half);
	evhttp_send_reply_end(req);
	evbuffer_free(half);
}

TEST(half_a_reply)
{
	struct made_call call, next;

	serve(say_half);
	open_pool(1);
	make_call(&call, "hello");
	make_call(&next, "next");
	CHECK_FAILED(&call, EVRPC_STATUS_ERR_TIMEOUT, -1);
	CHECK_FAILED(&next, EVRPC_STATUS_ERR_TIMEOUT, -1);
	finish_calls();
}

/* A server that closes between calls costs nothing but a connection. */
TEST(the_server_closes_between_calls)
{
	struct made_call call;
	int i;

	begin_calls(answer_it, 1);
	evhttp_set_timeout(http, 1);
	for (i = 0; i < 2; i++) {
		make_call(&call, "hello");
		CHECK_ANSWERED(&call, "hello");
		if (i == 0)
			loop_for_ms(1500);
	}
	finish_calls();
}

/* Nobody is told of calls whose pool has gone. */
TEST(the_pool_is_freed)
{
	struct made_call sent, waiting;

	begin_calls(keep_it, 1);
	make_call(&sent, "1");
	make_call(&waiting, "2");
	UNTIL(asked == 1);
	evrpc_pool_free(pool);
	pool = NULL;
	rounds();
	answer_kept(0);
	rounds();
	CHECK_INT(sent.told + waiting.told, 0);
	free_call(&sent);
	free_call(&waiting);
	finish_calls();
}

TEST(the_pool_is_freed_at_once)
{
	struct made_call sent, waiting;

	begin_calls(keep_it, 1);
	evrpc_pool_set_timeout(pool, 1);
	make_call(&sent, "1");
	make_call(&waiting, "2");
	evrpc_pool_free(pool);
	pool = NULL;
	loop_for_ms(1200);
	CHECK_INT(asked, 0);
	CHECK_INT(sent.told + waiting.told, 0);
	free_call(&sent);
	free_call(&waiting);
	finish_calls();
}

static void
free_the_pool(struct evrpc_status *status, struct question *question, struct answer *answer,
    void *arg)
{
	note_outcome(status, question, answer, arg);
	evrpc_pool_free(pool);
	pool = NULL;
}

TEST(the_pool_is_freed_by_who_is_told)
{
	struct made_call call, waiting;
	int refused, fd = -1;

	for (refused = 0; refused < 2; refused++) {
		serve_rpc(answer_it);
		if (refused)
			fd = refusing();
		open_pool(1);
		fill_call(&call, "1");
		answer_clear(call.answer);
		CHECK_INT(EVRPC_MAKE_REQUEST(Ask, pool, call.question, call.answer, free_the_pool,
		    &call), 0);
		make_call(&waiting, "2");
		UNTIL(call.told > 0);
		rounds();
		CHECK_INT(waiting.told, 0);
		free_call(&waiting);
		free_call(&call);
		if (refused)
			close(fd);
		finish_calls();
	}
}

/* The program frees a connection of the pool. */
TEST(a_connection_is_freed)
{
	struct evhttp_connection *con;
	struct made_call sent, waiting;

	begin_calls(keep_it, 0);
	con = add_connection();
	make_call(&sent, "1");
	make_call(&waiting, "2");
	UNTIL(asked == 1);
	evhttp_connection_free(con);
	/* Told from the loop. */
	CHECK_INT(sent.told, 0);
	CHECK_FAILED(&sent, EVRPC_STATUS_ERR_TIMEOUT, -1);
	rounds();
	CHECK_INT(waiting.told, 0);
	answer_kept(0);
	add_connection();
	UNTIL(asked == 2);
	answer_kept(1);
	CHECK_ANSWERED(&waiting, "2");
	finish_calls();
}

TEST(an_idle_connection_is_freed)
{
	struct evhttp_connection *con;
	struct made_call call;

	begin_calls(answer_it, 0);
	con = add_connection();
	make_call(&call, "1");
	CHECK_ANSWERED(&call, "1");
	add_connection();
	evhttp_connection_free(con);
	make_call(&call, "2");
	CHECK_ANSWERED(&call, "2");
	finish_calls();
}

/* The function that is told when a connection closes frees all there is. */
static void
free_pool_too(struct evhttp_connection *con, void *arg)
{
	(void)con;
	(void)arg;
	if (pool != NULL)
		evrpc_pool_free(pool);
	pool = NULL;
}

TEST(the_pool_is_freed_when_a_connection_closes)
{
	struct evhttp_connection *con;
	struct made_call call;

	serve(hang_up_at_once);
	open_pool(0);
	con = add_connection();
	add_connection();
	evhttp_connection_set_closecb(con, free_pool_too, NULL);
	make_call(&call, "hello");
	UNTIL(pool == NULL);
	rounds();
	CHECK_INT(call.told, 0);
	free_call(&call);
	finish_calls();
}

/* Who is told does not return: those who wait go on all the same. */
static jmp_buf out;
static struct evhttp_request *left[8];
/* Its loop never returned, so that something of it stays. */
static struct event_base *volatile left_base;

static void
jump_out(struct evrpc_status *status, struct question *question, struct answer *answer, void *arg)
{
	note_outcome(status, question, answer, arg);
	left[told_in_all - 1] = status->http_req;
	longjmp(out, 1);
}

TEST_ONCE(who_is_told_does_not_return)
{
	static struct made_call calls_made[6];
	static int i;

	begin_calls(answer_it, 1);
	left_base = current_base;
	for (i = 0; i < 6; i++) {
		fill_call(&calls_made[i], (const char[]){ (char)('a' + i), 0 });
		answer_clear(calls_made[i].answer);
		CHECK_INT(EVRPC_MAKE_REQUEST(Ask, pool, calls_made[i].question,
		    calls_made[i].answer, jump_out, &calls_made[i]), 0);
	}
	while (told_in_all < 6) {
		if (setjmp(out) == 0)
			CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	}
	CHECK_STR(order_told, "abcdef");
	for (i = 0; i < 6; i++) {
		free_call(&calls_made[i]);
		/* The library has it no longer. */
		evhttp_request_free(left[i]);
	}
	finish_calls();
}

/* The base goes first; then the pool is freed, or used on another one. */
TEST(the_base_is_freed)
{
	int order;

	for (order = 0; order < 3; order++) {
		struct made_call sent, waiting;

		begin_calls(keep_it, 1);
		evrpc_pool_set_timeout(pool, 60);
		make_call(&sent, "1");
		make_call(&waiting, "2");
		UNTIL(asked == 1);
		answer_kept(0);
		evrpc_free(rpc);
		rpc = NULL;
		evhttp_free(http);
		http = NULL;
		if (order == 1)
			evrpc_pool_free(pool);
		event_base_free(current_base);
		if (order != 1)
			evrpc_pool_free(pool);
		pool = NULL;
		CHECK_INT(sent.told + waiting.told, 0);
		free_call(&sent);
		free_call(&waiting);
		CHECK_INT(open_fds(), fds_before);
	}
}

TEST_ONCE(mistakes)
{
	struct evrpc_pool *not_one = (struct evrpc_pool *)&pool, *other;
	struct evhttp_connection *con;
	struct made_call call;

	begin_calls(keep_it, 0);
	capture_log();
	/* No connection: who asks is told so. */
	fill_call(&call, "hello");
	errno = 0;
	CHECK_INT(EVRPC_MAKE_REQUEST(Ask, pool, call.question, call.answer, note_outcome, &call),
	    -1);
	CHECK_INT(errno, EINVAL);
	CHECK_FAILED(&call, EVRPC_STATUS_ERR_UNSTARTED, -1);
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
	fill_call(&call, "hello");
	CHECK_INT(EVRPC_MAKE_REQUEST(Ask, not_one, call.question, call.answer, note_outcome, &call),
	    -1);
	CHECK_FAILED(&call, EVRPC_STATUS_ERR_UNSTARTED, -1);
	fill_call(&call, "hello");
	CHECK_INT(EVRPC_MAKE_REQUEST(Ask, NULL, call.question, call.answer, note_outcome, &call),
	    -1);
	CHECK_FAILED(&call, EVRPC_STATUS_ERR_UNSTARTED, -1);
	CHECK_ERRNO(evrpc_make_request(NULL), EINVAL);

	evrpc_pool_add_connection(NULL, NULL);
	evrpc_pool_add_connection(pool, NULL);
	evrpc_pool_add_connection(pool, (struct evhttp_connection *)&pool);
	con = add_connection();
	evrpc_pool_add_connection(not_one, con);
	/* Twice, and to two. */
	errno = 0;
	evrpc_pool_add_connection(pool, con);
	CHECK_INT(errno, EINVAL);
	CHECK((other = evrpc_pool_new(current_base)) != NULL);
	evrpc_pool_add_connection(other, con);
	evrpc_pool_free(other);
	/* One of a server's. */
	make_call(&call, "hello");
	UNTIL(asked == 1);
	errno = 0;
	evrpc_pool_add_connection(pool, kept_rpcs[0]->http_req->evcon);
	CHECK_INT(errno, EINVAL);
	answer_kept(0);
	CHECK_ANSWERED(&call, "hello");
	evrpc_pool_set_timeout(NULL, 1);
	evrpc_pool_set_timeout(not_one, 1);
	evrpc_pool_free(NULL);
	evrpc_pool_free(not_one);
	CHECK_NULL(evrpc_add_hook(not_one, EVRPC_INPUT, (void *)abort, NULL), EINVAL);
	CHECK_NULL(evrpc_add_hook(pool, (enum EVRPC_HOOK_TYPE)-1, (void *)abort, NULL), EINVAL);
	finish_calls();
}

TEST_ONCE(no_base)
{
	struct evhttp_connection *con;
	struct made_call call;

	capture_log();
	CHECK((pool = evrpc_pool_new(NULL)) != NULL);
	CHECK((con = evhttp_connection_new("127.0.0.1", 1)) != NULL);
	evrpc_pool_add_connection(pool, con);
	fill_call(&call, "hello");
	errno = 0;
	CHECK_INT(EVRPC_MAKE_REQUEST(Ask, pool, call.question, call.answer, note_outcome, &call),
	    -1);
	CHECK_INT(errno, EINVAL);
	CHECK_INT(call.told, 1);
	CHECK_INT(call.error, EVRPC_STATUS_ERR_UNSTARTED);
	free_call(&call);
	evrpc_pool_free(pool);
}
