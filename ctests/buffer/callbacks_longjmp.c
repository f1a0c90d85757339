/*
 * Callbacks that never return: they are left by longjmp, as often as a program likes. The change
 * has been made, and the next one is told as ever.
 */
#include "check.h"

#include <setjmp.h>

static jmp_buf out;

/* What the calls that were left keep is memory, which nobody shall call lost. */
static struct evbuffer *volatile kept[3];

static void
jump_out(struct evbuffer *buf, size_t old_length, size_t new_length, void *calls)
{
	CHECK_INT(EVBUFFER_LENGTH(buf), (long long)new_length);
	CHECK_INT(new_length, (long long)old_length + 1);
	++*(volatile int *)calls;
	longjmp(out, 1);
}

TEST_ONCE(every_change_is_told)
{
	struct evbuffer *volatile buf = new_buffer();
	volatile int calls = 0;
	volatile int i;

	kept[0] = buf;
	evbuffer_setcb(buf, jump_out, (void *)&calls);
	for (i = 0; i < 100; i++) {
		if (setjmp(out) == 0) {
			evbuffer_add(buf, "x", 1);
			CHECK(0);
		}
		CHECK_INT(calls, i + 1);
		CHECK_INT(EVBUFFER_LENGTH(buf), i + 1);
	}
	watch(buf, "b");
	evbuffer_drain(buf, 1);
	CHECK_CALLS("b:100>99 ");
	evbuffer_setcb(buf, NULL, NULL);
	evbuffer_free(buf);
}

/* Out of calls within calls, to a place outside of them all. */
static void
jump_from_within(struct evbuffer *buf, size_t old_length, size_t new_length, void *depth)
{
	(void)old_length;
	if (new_length % 5 == 0)
		longjmp(out, 1);
	++*(volatile int *)depth;
	CHECK_INT(evbuffer_add(buf, "x", 1), 0);
}

TEST_ONCE(out_of_calls_within_calls)
{
	struct evbuffer *volatile buf = new_buffer();
	volatile int calls = 0;
	volatile int i;

	kept[0] = buf;
	evbuffer_setcb(buf, jump_from_within, (void *)&calls);
	for (i = 1; i <= 50; i++) {
		if (setjmp(out) == 0) {
			evbuffer_add(buf, "x", 1);
			CHECK(0);
		}
		CHECK_INT(EVBUFFER_LENGTH(buf), 5 * i);
		CHECK_INT(calls, 4 * i);
	}
	evbuffer_setcb(buf, NULL, NULL);
	evbuffer_free(buf);
}

/* Out of the first of the two calls of add_buffer: the second is not made; both buffers work. */
TEST_ONCE(out_of_add_buffer)
{
	volatile int calls = 0;
	volatile int i;

	kept[1] = new_buffer();
	kept[2] = new_buffer();
	evbuffer_setcb(kept[1], jump_out, (void *)&calls);
	for (i = 0; i < 50; i++) {
		evbuffer_setcb(kept[2], NULL, NULL);
		CHECK_INT(evbuffer_add(kept[2], "y", 1), 0);
		watch(kept[2], "in");
		if (setjmp(out) == 0) {
			evbuffer_add_buffer(kept[1], kept[2]);
			CHECK(0);
		}
		CHECK_CALLS(i == 0 ? "in:1>0 " : "");
		CHECK_INT(calls, i + 1);
		CHECK_INT(EVBUFFER_LENGTH(kept[1]), i + 1);
		CHECK_INT(EVBUFFER_LENGTH(kept[2]), 0);
	}
	CHECK_INT(evbuffer_add(kept[2], "z", 1), 0);
	CHECK_CALLS("in:0>1 ");
	for (i = 1; i < 3; i++) {
		evbuffer_setcb(kept[i], NULL, NULL);
		evbuffer_free(kept[i]);
	}
}

/* Out of inner calls into an outer one that goes on: its changes are told, too. */
struct retry {
	int depth;
	volatile int inner;
};

static void
try_often(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	struct retry *retry = arg;
	volatile int i;

	CHECK_INT(EVBUFFER_LENGTH(buf), (long long)new_length);
	CHECK_INT(new_length, (long long)old_length + 1);
	if (retry->depth > 0) {
		retry->inner++;
		longjmp(out, 1);
	}
	retry->depth++;
	for (i = 0; i < 50; i++) {
		if (setjmp(out) == 0) {
			evbuffer_add(buf, "x", 1);
			CHECK(0);
		}
		CHECK_INT(retry->inner, i + 1);
	}
	retry->depth--;
}

TEST_ONCE(into_an_outer_call)
{
	struct evbuffer *buf = new_buffer();
	struct retry retry = { 0, 0 };

	kept[0] = buf;
	evbuffer_setcb(buf, try_often, &retry);
	CHECK_INT(evbuffer_add(buf, "x", 1), 0);
	CHECK_INT(retry.inner, 50);
	CHECK_INT(EVBUFFER_LENGTH(buf), 51);
	watch(buf, "b");
	evbuffer_drain(buf, 1);
	CHECK_CALLS("b:51>50 ");
	evbuffer_setcb(buf, NULL, NULL);
	evbuffer_free(buf);
}
