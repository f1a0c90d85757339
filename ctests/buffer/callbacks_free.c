/*
 * Proves B22 for the end of a buffer: a callback may free its buffer, or the other one of
 * add_buffer, and may put other callbacks in place. The memory goes with the outermost call.
 */
#include "check.h"

static void
free_self(struct evbuffer *buf, size_t old_length, size_t new_length, void *name)
{
	trace_change(buf, old_length, new_length, name);
	evbuffer_free(buf);
}

/* A buffer with that in it, which is freed by its first callback. */
static struct evbuffer *
mortal(const char *text)
{
	struct evbuffer *buf = buffer_with(text);

	evbuffer_setcb(buf, free_self, "b");
	return buf;
}

TEST_ONCE(freed_while_bytes_are_added)
{
	CHECK_INT(evbuffer_add(mortal(""), "text", 4), 0);
	CHECK_CALLS("b:0>4 ");
	CHECK_INT(evbuffer_add(mortal("some "), "text", 4), 0);
	CHECK_CALLS("b:5>9 ");
	CHECK_INT(evbuffer_add_printf(mortal("some "), "%s %d", "text", 12), 7);
	CHECK_CALLS("b:5>12 ");
	CHECK_INT(evbuffer_add_printf(mortal("some "), "%s", ""), 0);
	CHECK_CALLS("b:5>5 ");
}

TEST_ONCE(freed_while_bytes_are_taken)
{
	char bytes[4];
	char *line;
	size_t n;

	evbuffer_drain(mortal("text"), 1);
	CHECK_CALLS("b:4>3 ");
	evbuffer_drain(mortal("text"), SIZE_MAX);
	CHECK_CALLS("b:4>0 ");
	CHECK_INT(evbuffer_remove(mortal("texts"), bytes, 4), 4);
	CHECK_INT(memcmp(bytes, "text", 4), 0);
	CHECK_CALLS("b:5>1 ");
	line = evbuffer_readline(mortal("line\r\nrest"));
	CHECK_STR(line, "line");
	free(line);
	CHECK_CALLS("b:10>4 ");
	line = evbuffer_readln(mortal("line\nrest"), &n, EVBUFFER_EOL_LF);
	CHECK_STR(line, "line");
	CHECK_INT(n, 4);
	free(line);
	CHECK_CALLS("b:9>4 ");
}

TEST_ONCE(freed_while_reading_and_writing)
{
	char bytes[8] = "";
	int fds[2];

	make_pipe(fds);
	CHECK_INT(evbuffer_write(mortal("text"), fds[1]), 4);
	CHECK_CALLS("b:4>0 ");
	CHECK_INT(evbuffer_read(mortal("some "), fds[0], -1), 4);
	CHECK_CALLS("b:5>9 ");
	CHECK_INT(evbuffer_write(mortal("text"), fds[1]), 4);
	CHECK_CALLS("b:4>0 ");
	CHECK_INT(read(fds[0], bytes, sizeof(bytes)), 4);
	CHECK_STR(bytes, "text");
	close(fds[0]);
	close(fds[1]);
}

/* Either one, or both, in the calls of add_buffer. */
static struct evbuffer *victims[2];

static void
free_victims(struct evbuffer *buf, size_t old_length, size_t new_length, void *name)
{
	int i;

	trace_change(buf, old_length, new_length, name);
	for (i = 0; i < 2; i++) {
		if (victims[i] != NULL)
			evbuffer_free(victims[i]);
		victims[i] = NULL;
	}
}

/* What is freed is not called any more. */
static void
check_freed(const char *out_text, const char *in_text, int frees_out, int frees_in,
    const char *calls)
{
	struct evbuffer *out = buffer_with(out_text);
	struct evbuffer *in = buffer_with(in_text);

	victims[0] = frees_out ? out : NULL;
	victims[1] = frees_in ? in : NULL;
	evbuffer_setcb(out, free_victims, "out");
	evbuffer_setcb(in, free_victims, "in");
	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	CHECK_CALLS(calls);
	if (!frees_out) {
		CHECK_INT(out->off, (long long)(strlen(out_text) + strlen(in_text)));
		evbuffer_free(out);
	}
	if (!frees_in) {
		CHECK_TEXT(in, "");
		evbuffer_free(in);
	}
}

TEST_ONCE(freed_while_bytes_are_copied)
{
	check_freed("abc", "de", 0, 0, "out:3>5 in:2>0 ");
	check_freed("abc", "de", 1, 0, "out:3>5 in:2>0 ");
	check_freed("abc", "de", 0, 1, "out:3>5 ");
	check_freed("abc", "de", 1, 1, "out:3>5 ");
}

TEST_ONCE(freed_while_blocks_are_swapped)
{
	check_freed("", "de", 0, 0, "in:2>0 out:0>2 ");
	check_freed("", "de", 1, 0, "in:2>0 ");
	check_freed("", "de", 0, 1, "in:2>0 out:0>2 ");
	check_freed("", "de", 1, 1, "in:2>0 ");
}

TEST_ONCE(freed_while_a_block_is_taken_over)
{
	int both;

	for (both = 0; both < 2; both++) {
		struct evbuffer *out = buffer_with("abc");
		struct evbuffer *in = new_buffer();

		add_pattern(in, 0, 10000);
		evbuffer_drain(in, 10);
		victims[0] = in;
		victims[1] = both ? out : NULL;
		evbuffer_setcb(out, free_victims, "out");
		evbuffer_setcb(in, free_victims, "in");
		CHECK_INT(evbuffer_add_buffer(out, in), 0);
		CHECK_CALLS("out:3>9993 ");
		if (!both) {
			CHECK_INT(out->off, 9993);
			CHECK_INT(out->buffer[9992], pattern_at(9999));
			evbuffer_free(out);
		}
	}
}

/* Calls within calls; the innermost one frees. All of them may look until they return. */
struct chain {
	int depth;
	int free_at;
};

static void
free_at_depth(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	struct chain *chain = arg;
	volatile size_t length;

	CHECK_INT(new_length, (long long)old_length + 1);
	CHECK_INT(EVBUFFER_LENGTH(buf), (long long)new_length);
	chain->depth++;
	if (chain->depth == chain->free_at)
		evbuffer_free(buf);
	else
		CHECK_INT(evbuffer_add(buf, "x", 1), 0);
	length = EVBUFFER_LENGTH(buf);
	(void)length;
}

TEST_ONCE(freed_within_calls_within_calls)
{
	int depth;

	for (depth = 1; depth < 60; depth++) {
		struct evbuffer *buf = new_buffer();
		struct chain chain = { 0, depth };

		evbuffer_setcb(buf, free_at_depth, &chain);
		CHECK_INT(evbuffer_add(buf, "x", 1), 0);
		CHECK_INT(chain.depth, depth);
	}
}

/* The outer calls are those of another buffer. */
static void
poke(struct evbuffer *buf, size_t old_length, size_t new_length, void *other)
{
	trace_change(buf, old_length, new_length, "outer");
	CHECK_INT(evbuffer_add(other, "x", 1), 0);
}

TEST_ONCE(freed_within_the_call_of_another)
{
	struct evbuffer *outer = new_buffer();

	evbuffer_setcb(outer, poke, mortal("text"));
	CHECK_INT(evbuffer_add(outer, "abc", 3), 0);
	CHECK_CALLS("outer:0>3 b:4>5 ");
	CHECK_TEXT(outer, "abc");
	evbuffer_free(outer);
}

/* The outer buffer goes while the inner one is in its call. */
static void
free_the_other(struct evbuffer *buf, size_t old_length, size_t new_length, void *other)
{
	trace_change(buf, old_length, new_length, "inner");
	evbuffer_free(other);
}

TEST_ONCE(the_outer_one_freed_by_the_inner)
{
	struct evbuffer *outer = new_buffer();
	struct evbuffer *inner = new_buffer();

	evbuffer_setcb(outer, poke, inner);
	evbuffer_setcb(inner, free_the_other, outer);
	CHECK_INT(evbuffer_add(outer, "abc", 3), 0);
	CHECK_CALLS("outer:0>3 inner:0>1 ");
	CHECK_TEXT(inner, "x");
	evbuffer_free(inner);
}

/* One that is not concerned goes at once, of course. */
TEST_ONCE(a_bystander_freed_in_a_callback)
{
	struct evbuffer *buf = new_buffer();
	struct evbuffer *bystander = buffer_with("text");

	evbuffer_setcb(buf, free_the_other, bystander);
	CHECK_INT(evbuffer_add(buf, "abc", 3), 0);
	CHECK_CALLS("inner:0>3 ");
	CHECK_TEXT(buf, "abc");
	evbuffer_free(buf);
}

/* Others put in place by a callback are called from the next change on. */
static void
replace_self(struct evbuffer *buf, size_t old_length, size_t new_length, void *name)
{
	trace_change(buf, old_length, new_length, name);
	watch(buf, "new");
	evbuffer_drain(buf, 1);
}

static void
silence(struct evbuffer *buf, size_t old_length, size_t new_length, void *other)
{
	trace_change(buf, old_length, new_length, "here");
	evbuffer_setcb(other, NULL, NULL);
}

TEST_ONCE(replaced_in_a_callback)
{
	struct evbuffer *buf = new_buffer();
	struct evbuffer *in = buffer_with("text");

	evbuffer_setcb(buf, replace_self, "old");
	CHECK_INT(evbuffer_add(buf, "abc", 3), 0);
	CHECK_CALLS("old:0>3 new:3>2 ");
	watch(in, "in");
	evbuffer_setcb(buf, silence, in);
	CHECK_INT(evbuffer_add_buffer(buf, in), 0);
	CHECK_CALLS("here:2>6 ");
	evbuffer_setcb(buf, silence, buf);
	evbuffer_drain(buf, 1);
	evbuffer_drain(buf, 1);
	CHECK_CALLS("here:6>5 ");
	evbuffer_free(in);
	evbuffer_free(buf);
}

/* Bytes that a callback gives to the other buffer stay there, and the last call tells of them. */
struct gift {
	struct evbuffer *other;
	const char *text;
	size_t last_length;
};

static void
give_once(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	struct gift *gift = arg;
	const char *text = gift->text;

	(void)old_length;
	CHECK_INT(buf->off, (long long)new_length);
	gift->last_length = new_length;
	gift->text = NULL;
	if (text != NULL)
		CHECK_INT(evbuffer_add(gift->other, text, strlen(text)), 0);
}

static void
check_gifts(const char *out_text, const char *out_got, const char *in_got)
{
	struct evbuffer *out = buffer_with(out_text);
	struct evbuffer *in = buffer_with("in");
	struct gift of_out = { in, "from out", 0 };
	struct gift of_in = { out, "from in", 0 };

	evbuffer_setcb(out, give_once, &of_out);
	evbuffer_setcb(in, give_once, &of_in);
	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	CHECK_TEXT(out, out_got);
	CHECK_TEXT(in, in_got);
	CHECK_INT(of_out.last_length, (long long)out->off);
	CHECK_INT(of_in.last_length, (long long)in->off);
	evbuffer_free(out);
	evbuffer_free(in);
}

TEST_ONCE(gifts_to_the_other_buffer_are_kept)
{
	check_gifts("out", "outinfrom in", "from out");
	check_gifts("", "infrom in", "from out");
}
