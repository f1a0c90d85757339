/*
 * Callbacks that return in another order than they were called, because they switch stacks; and
 * adding that needs no memory.
 */
#include "alloc.h"

#include <ucontext.h>

enum { STACK = 65536, ROUNDS = 40 };

static ucontext_t main_stack, coroutines[2];
static char stacks[2][STACK];
static struct evbuffer *buf;
static int calls;
static int current = -1;		/* the coroutine that runs; -1: none */
static int starts_one;			/* the next callback on the main stack does */

static void
add_one(void)
{
	CHECK_INT(evbuffer_add(buf, "x", 1), 0);
}

static void
start(int which)
{
	ucontext_t *coroutine = &coroutines[which];

	CHECK_INT(getcontext(coroutine), 0);
	coroutine->uc_stack.ss_sp = stacks[which];
	coroutine->uc_stack.ss_size = STACK;
	coroutine->uc_link = &main_stack;
	makecontext(coroutine, add_one, 0);
	current = which;
	CHECK_INT(swapcontext(&main_stack, coroutine), 0);
	current = -1;
}

static void
resume(int which)
{
	current = which;
	CHECK_INT(swapcontext(&main_stack, &coroutines[which]), 0);
	current = -1;
}

/* In a coroutine it switches to the main stack, and goes on when it is resumed. */
static void
switch_away(struct evbuffer *changed, size_t old, size_t now, void *arg)
{
	(void)changed;
	(void)old;
	(void)now;
	(void)arg;
	calls++;
	if (current >= 0) {
		CHECK_INT(swapcontext(&coroutines[current], &main_stack), 0);
	} else if (starts_one) {
		starts_one = 0;
		start(0);
	}
}

TEST_ONCE(callbacks_that_end_in_the_order_of_their_begin)
{
	int i;

	buf = evbuffer_new();
	evbuffer_setcb(buf, switch_away, NULL);
	starts_one = 1;
	add_one();
	resume(0);
	CHECK_INT(calls, 2);
	for (i = 1; i <= ROUNDS; i++) {
		start(0);
		start(1);
		CHECK_INT(calls, 2 + 2 * i);
		resume(0);
		resume(1);
	}
	evbuffer_free(buf);
}

static char bytes[60000];

/* 1.4 moves the data to the front, however long it is, before it asks for memory. */
ALLOC_TEST(what_fits_needs_no_memory)
{
	int result;

	need_shim();
	buf = evbuffer_new();
	CHECK_INT(evbuffer_expand(buf, 65536), 0);
	CHECK_INT(evbuffer_add(buf, bytes, sizeof(bytes)), 0);
	evbuffer_drain(buf, 20000);
	alloc_fail(1, 1);
	result = evbuffer_add(buf, bytes, 10000);
	alloc_fail(0, 0);
	CHECK_INT(result, 0);
	CHECK_INT(EVBUFFER_LENGTH(buf), 50000);
	evbuffer_free(buf);
}
