/*
 * Proves behaviour 70: one callback per buffer, called after the change with the lengths before
 * and after it; and not called when nothing has changed.
 */
#include "check.h"

#include <stdarg.h>

TEST_ONCE(each_change_is_one_call)
{
	struct evbuffer *buf = new_buffer();
	char bytes[8];

	watch(buf, "b");
	CHECK_INT(evbuffer_add(buf, "0123456789", 10), 0);
	CHECK_CALLS("b:0>10 ");
	CHECK_INT(evbuffer_add(buf, "one\ntwo\r\nthree", 14), 0);
	CHECK_CALLS("b:10>24 ");
	evbuffer_drain(buf, 1);
	CHECK_CALLS("b:24>23 ");
	CHECK_INT(evbuffer_remove(buf, bytes, 8), 8);
	CHECK_CALLS("b:23>15 ");
	evbuffer_drain(buf, 1);
	CHECK_CALLS("b:15>14 ");
	free(evbuffer_readline(buf));
	CHECK_CALLS("b:14>10 ");
	free(evbuffer_readln(buf, NULL, EVBUFFER_EOL_CRLF_STRICT));
	CHECK_CALLS("b:10>5 ");
	CHECK_INT(evbuffer_add_printf(buf, "%d", 12345), 5);
	CHECK_CALLS("b:5>10 ");
	evbuffer_drain(buf, 1000);
	CHECK_CALLS("b:10>0 ");
	evbuffer_free(buf);
	CHECK_CALLS("");
}

TEST_ONCE(growing_and_moving_are_nobody_s_business)
{
	struct evbuffer *buf = new_buffer();

	watch(buf, "b");
	CHECK_INT(evbuffer_expand(buf, 100), 0);
	CHECK_CALLS("");
	add_pattern(buf, 0, 256);
	CHECK_CALLS("b:0>256 ");
	CHECK_INT(evbuffer_expand(buf, 10000), 0);
	CHECK_CALLS("");
	add_pattern(buf, 256, 20000);
	CHECK_CALLS("b:256>20256 ");
	evbuffer_drain(buf, 20000);
	CHECK_CALLS("b:20256>256 ");
	add_pattern(buf, 20256, 32500);
	CHECK_CALLS("b:256>32756 ");
	CHECK_INT(evbuffer_add(buf, EVBUFFER_DATA(buf), 100), 0);
	CHECK_CALLS("b:32756>32856 ");
	evbuffer_free(buf);
}

TEST_ONCE(no_change_is_no_call)
{
	struct evbuffer *buf = new_buffer();
	struct evbuffer *empty = new_buffer();
	char byte;
	size_t n;

	watch(buf, "b");
	watch(empty, "e");
	evbuffer_drain(buf, 0);
	evbuffer_drain(buf, 1);
	CHECK_INT(evbuffer_remove(buf, &byte, 1), 0);
	CHECK_CALLS("");
	CHECK_INT(evbuffer_add(buf, "text", 4), 0);
	CHECK_CALLS("b:0>4 ");
	CHECK_INT(evbuffer_add(buf, "", 0), 0);
	evbuffer_drain(buf, 0);
	CHECK_INT(evbuffer_remove(buf, &byte, 0), 0);
	CHECK_PTR(evbuffer_readline(buf), NULL);
	CHECK_PTR(evbuffer_readln(buf, &n, EVBUFFER_EOL_ANY), NULL);
	CHECK_PTR(evbuffer_find(buf, (const u_char *)"ex", 2), buf->buffer + 1);
	CHECK_INT(evbuffer_add_buffer(buf, empty), 0);
	CHECK_INT(evbuffer_add_buffer(buf, buf), 0);
	evbuffer_setcb(empty, NULL, NULL);
	watch(empty, "f");
	CHECK_CALLS("");
	evbuffer_free(empty);
	evbuffer_free(buf);
	CHECK_CALLS("");
}

/* The one change without a difference that is reported. */
TEST_ONCE(a_printed_nothing_is_a_call)
{
	struct evbuffer *buf = new_buffer();

	watch(buf, "b");
	CHECK_INT(evbuffer_add_printf(buf, "%s", ""), 0);
	CHECK_CALLS("b:0>0 ");
	CHECK_INT(evbuffer_add(buf, "text", 4), 0);
	CHECK_CALLS("b:0>4 ");
	CHECK_INT(evbuffer_add_printf(buf, "%s", ""), 0);
	CHECK_CALLS("b:4>4 ");
	evbuffer_free(buf);
}

TEST_ONCE(one_callback_per_buffer)
{
	struct evbuffer *buf = new_buffer();

	watch(buf, "first");
	watch(buf, "second");
	CHECK_INT(evbuffer_add(buf, "text", 4), 0);
	CHECK_CALLS("second:0>4 ");
	evbuffer_setcb(buf, NULL, NULL);
	CHECK_INT(evbuffer_add(buf, "text", 4), 0);
	CHECK_CALLS("");
	watch(buf, "third");
	CHECK_INT(evbuffer_add(buf, "text", 4), 0);
	CHECK_CALLS("third:8>12 ");
	evbuffer_free(buf);
}

/* The fields are public: they are read when they are needed. */
TEST_ONCE(callbacks_set_by_hand)
{
	struct evbuffer *buf = buffer_with("a");
	char name[] = "by hand";

	buf->cb = trace_change;
	buf->cbarg = name;
	CHECK_INT(evbuffer_add(buf, "b", 1), 0);
	CHECK_CALLS("by hand:1>2 ");
	buf->cb = NULL;
	CHECK_INT(evbuffer_add(buf, "c", 1), 0);
	CHECK_CALLS("");
	evbuffer_free(buf);
}

/* What is in the buffer is what it will be when the call returns. */
static void
check_contents(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	const char **want = arg;

	CHECK_TEXT(buf, *want);
	CHECK_INT(new_length, (long long)strlen(*want));
	CHECK(old_length != new_length);
	*want = NULL;
}

#define CHECK_CALLED_WITH(expr, contents)       \
	do {                                    \
		want = (contents);              \
		expr;                           \
		CHECK_PTR(want, NULL);          \
	} while (0)

TEST_ONCE(the_change_has_been_made)
{
	struct evbuffer *buf = new_buffer();
	struct evbuffer *other = buffer_with("more");
	const char *want;
	char byte;

	evbuffer_setcb(buf, check_contents, &want);
	CHECK_CALLED_WITH(evbuffer_add(buf, "one\ntwo\n", 8), "one\ntwo\n");
	CHECK_CALLED_WITH(free(evbuffer_readline(buf)), "two\n");
	CHECK_CALLED_WITH(evbuffer_remove(buf, &byte, 1), "wo\n");
	CHECK_CALLED_WITH(evbuffer_add_buffer(buf, other), "wo\nmore");
	CHECK_CALLED_WITH(free(evbuffer_readln(buf, NULL, EVBUFFER_EOL_LF)), "more");
	CHECK_CALLED_WITH(evbuffer_add_printf(buf, "%d", 12), "more12");
	CHECK_CALLED_WITH(evbuffer_drain(buf, 4), "12");
	CHECK_CALLED_WITH(evbuffer_add_buffer(other, buf), "");
	CHECK_CALLED_WITH(evbuffer_add_buffer(buf, other), "12");
	evbuffer_free(other);
	evbuffer_free(buf);
}

/* When one buffer's callback is called, the other buffer has its new contents, too. */
static struct evbuffer *givers[2];

static void
check_both(struct evbuffer *buf, size_t old_length, size_t new_length, void *name)
{
	trace_change(buf, old_length, new_length, name);
	CHECK_TEXT(givers[0], "");
	CHECK_TEXT(givers[1], "abcdef");
}

TEST_ONCE(both_have_changed_when_the_first_is_called)
{
	givers[0] = buffer_with("def");
	givers[1] = buffer_with("abc");
	evbuffer_setcb(givers[0], check_both, "in");
	evbuffer_setcb(givers[1], check_both, "out");
	CHECK_INT(evbuffer_add_buffer(givers[1], givers[0]), 0);
	CHECK_CALLS("out:3>6 in:3>0 ");
	evbuffer_free(givers[0]);
	evbuffer_free(givers[1]);
	givers[0] = buffer_with("abcdef");
	givers[1] = new_buffer();
	evbuffer_setcb(givers[0], check_both, "in");
	evbuffer_setcb(givers[1], check_both, "out");
	CHECK_INT(evbuffer_add_buffer(givers[1], givers[0]), 0);
	CHECK_CALLS("in:6>0 out:0>6 ");
	evbuffer_free(givers[0]);
	evbuffer_free(givers[1]);
}

TEST_ONCE(reading_and_writing_are_one_call_each)
{
	struct evbuffer *buf = new_buffer();
	int fds[2];

	make_pipe(fds);
	watch(buf, "b");
	CHECK_INT(evbuffer_write(buf, fds[1]), 0);
	CHECK_INT(evbuffer_read(buf, fds[0], -1), -1);
	CHECK_CALLS("");
	CHECK_INT(write(fds[1], "0123456789", 10), 10);
	CHECK_INT(evbuffer_read(buf, fds[0], 0), 0);
	CHECK_CALLS("");
	CHECK_INT(evbuffer_read(buf, fds[0], 4), 4);
	CHECK_CALLS("b:0>4 ");
	CHECK_INT(evbuffer_read(buf, fds[0], -1), 6);
	CHECK_CALLS("b:4>10 ");
	CHECK_INT(evbuffer_write(buf, fds[1]), 10);
	CHECK_CALLS("b:10>0 ");
	close(fds[1]);
	CHECK_INT(evbuffer_read(buf, fds[0], -1), 10);
	CHECK_CALLS("b:0>10 ");
	CHECK_INT(evbuffer_read(buf, fds[0], -1), 0);
	CHECK_CALLS("");
	close(fds[0]);
	evbuffer_free(buf);
}

static int
vprint(struct evbuffer *buf, const char *format, ...)
{
	va_list args;
	int result;

	va_start(args, format);
	result = evbuffer_add_vprintf(buf, format, args);
	va_end(args);
	return result;
}

TEST_ONCE(vprintf_is_one_call_however_long_it_gets)
{
	struct evbuffer *buf = new_buffer();

	watch(buf, "b");
	CHECK_INT(vprint(buf, "%d", 7), 1);
	CHECK_CALLS("b:0>1 ");
	CHECK_INT(vprint(buf, "%100000d", 7), 100000);
	CHECK_CALLS("b:1>100001 ");
	CHECK_INT(vprint(buf, "%s", ""), 0);
	CHECK_CALLS("b:100001>100001 ");
	evbuffer_free(buf);
}
