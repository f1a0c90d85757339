/*
 * Handlers that do not return: they leave the loop by longjmp, or never come back to it.
 */
#include "serving.h"

#include <setjmp.h>

static jmp_buf out;
static struct peer p;
static int answers_first;

static void
jump(struct evhttp_request *req, void *arg)
{
	(void)arg;
	calls++;
	if (answers_first)
		send_text(req, "jumped");
	else
		kept[keeping++] = req;
	longjmp(out, 1);
}

/* A round of the loop, that may be left so. */
static void
round_with_jumps(void)
{
	if (setjmp(out) == 0)
		event_loop(EVLOOP_NONBLOCK);
}

static void
rounds_with_jumps(void)
{
	volatile int i;

	for (i = 0; i < 20; i++)
		round_with_jumps();
}

TEST(after_the_answer)
{
	serve(jump);
	answers_first = 1;
	open_peer(&p);
	rounds();
	say(&p, "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
	rounds_with_jumps();
	CHECK_INT(calls, 3);
	CHECK_STR(hear(&p), PLAIN(6, "jumped"));
	CHECK_STR(hear(&p), PLAIN(6, "jumped"));
	CHECK_STR(hear(&p), PLAIN(6, "jumped"));
	close_peer(&p);
	finish();
}

TEST(before_the_answer)
{
	serve(jump);
	answers_first = 0;
	open_peer(&p);
	rounds();
	say(&p, "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
	rounds_with_jumps();
	CHECK_INT(calls, 1);
	send_text(kept[0], "late");
	rounds_with_jumps();
	CHECK_STR(hear(&p), PLAIN(4, "late"));
	CHECK_INT(calls, 2);
	send_text(kept[1], "again");
	CHECK_STR(hear(&p), PLAIN(5, "again"));
	close_peer(&p);
	finish();
}

/* Out of the call that accepts. */
TEST(while_it_accepts)
{
	struct peer other;

	serve(jump);
	answers_first = 1;
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	open_peer(&other);
	say(&other, "GET / HTTP/1.1\r\n\r\n");
	rounds_with_jumps();
	CHECK_STR(hear(&p), PLAIN(6, "jumped"));
	CHECK_STR(hear(&other), PLAIN(6, "jumped"));
	close_peer(&other);
	close_peer(&p);
	finish();
}
