/*
 * Proves behaviour 70 and B22: callbacks that change their own buffer or another one are called
 * for those changes, too, with a bound on how deep and how long that goes.
 */
#include "check.h"

/* What a callback does to which buffer. */
struct reaction {
	const char *name;
	struct evbuffer *target;
	size_t until;		/* it adds a byte while the target has fewer */
	int depth;
	int deepest;
	long calls;
	size_t last_length;
	int breaks;		/* calls whose old length was not the last one's new length */
};

static void
add_until(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	struct reaction *reaction = arg;

	CHECK_SOUND(buf);
	reaction->calls++;
	if (old_length != reaction->last_length)
		reaction->breaks++;
	reaction->last_length = new_length;
	if (++reaction->depth > reaction->deepest)
		reaction->deepest = reaction->depth;
	if (reaction->name != NULL)
		trace_change(buf, old_length, new_length, (void *)(uintptr_t)reaction->name);
	if (reaction->target->off < reaction->until)
		CHECK_INT(evbuffer_add(reaction->target, "x", 1), 0);
	reaction->depth--;
}

TEST_ONCE(a_change_of_another_buffer)
{
	struct evbuffer *first = new_buffer();
	struct evbuffer *second = new_buffer();
	struct reaction reaction = { .name = "first", .target = second, .until = 9 };

	evbuffer_setcb(first, add_until, &reaction);
	watch(second, "second");
	CHECK_INT(evbuffer_add(first, "text", 4), 0);
	CHECK_CALLS("first:0>4 second:0>1 ");
	evbuffer_drain(first, 1);
	CHECK_CALLS("first:4>3 second:1>2 ");
	evbuffer_free(first);
	evbuffer_free(second);
}

/* A buffer that passes on whatever is put into it. */
static void
pass_on(struct evbuffer *buf, size_t old_length, size_t new_length, void *next)
{
	trace_change(buf, old_length, new_length, "here");
	if (new_length > 0)
		CHECK_INT(evbuffer_add_buffer(next, buf), 0);
}

TEST_ONCE(a_buffer_that_passes_on)
{
	struct evbuffer *here = new_buffer();
	struct evbuffer *next = new_buffer();

	evbuffer_setcb(here, pass_on, next);
	watch(next, "next");
	CHECK_INT(evbuffer_add(here, "abc", 3), 0);
	CHECK_CALLS("here:0>3 here:3>0 next:0>3 ");
	CHECK_INT(evbuffer_add_printf(here, "%s", "de"), 2);
	CHECK_CALLS("here:0>2 next:3>5 here:2>0 ");
	CHECK_TEXT(here, "");
	CHECK_TEXT(next, "abcde");
	evbuffer_free(here);
	evbuffer_free(next);
}

static void
swallow(struct evbuffer *buf, size_t old_length, size_t new_length, void *name)
{
	trace_change(buf, old_length, new_length, name);
	evbuffer_drain(buf, new_length);
}

/* The results are those of the calls, whatever became of the contents meanwhile. */
TEST_ONCE(a_buffer_that_drains_itself)
{
	struct evbuffer *buf = new_buffer();
	struct evbuffer *other = buffer_with("text");
	int fds[2];

	make_pipe(fds);
	evbuffer_setcb(buf, swallow, "b");
	CHECK_INT(evbuffer_add(buf, "abc", 3), 0);
	CHECK_CALLS("b:0>3 b:3>0 ");
	CHECK_INT(evbuffer_add_printf(buf, "%d", 1234), 4);
	CHECK_CALLS("b:0>4 b:4>0 ");
	CHECK_INT(evbuffer_add_buffer(buf, other), 0);
	CHECK_CALLS("b:0>4 b:4>0 ");
	CHECK_TEXT(other, "");
	CHECK_INT(write(fds[1], "hello", 5), 5);
	CHECK_INT(evbuffer_read(buf, fds[0], -1), 5);
	CHECK_CALLS("b:0>5 b:5>0 ");
	CHECK_TEXT(buf, "");
	evbuffer_free(other);
	evbuffer_free(buf);
}

/* A line, bytes, a count: taken before the callback sees the rest. */
TEST_ONCE(what_was_taken_is_the_caller_s)
{
	struct evbuffer *buf = buffer_with("0123line\nrest");
	char bytes[4];
	char *line;
	size_t n;

	evbuffer_setcb(buf, swallow, "b");
	CHECK_INT(evbuffer_remove(buf, bytes, 4), 4);
	CHECK_INT(memcmp(bytes, "0123", 4), 0);
	CHECK_CALLS("b:13>9 b:9>0 ");
	evbuffer_setcb(buf, NULL, NULL);
	CHECK_INT(evbuffer_add(buf, "line\nrest", 9), 0);
	evbuffer_setcb(buf, swallow, "b");
	line = evbuffer_readln(buf, &n, EVBUFFER_EOL_LF);
	CHECK_STR(line, "line");
	CHECK_INT(n, 4);
	CHECK_CALLS("b:9>4 b:4>0 ");
	free(line);
	CHECK_TEXT(buf, "");
	evbuffer_free(buf);
}

/* Each change is reported within the call that makes it. */
TEST_ONCE(a_buffer_that_adds_to_itself)
{
	struct evbuffer *buf = new_buffer();
	struct reaction reaction = { .name = "b", .target = buf, .until = 10 };

	evbuffer_setcb(buf, add_until, &reaction);
	CHECK_INT(evbuffer_add(buf, "abcd", 4), 0);
	CHECK_CALLS("b:0>4 b:4>5 b:5>6 b:6>7 b:7>8 b:8>9 b:9>10 ");
	CHECK_TEXT(buf, "abcdxxxxxx");
	CHECK_INT(reaction.deepest, 7);
	evbuffer_free(buf);
}

/* Too many to be within each other; all are reported, none twice. */
TEST_ONCE(a_long_chain_is_not_a_deep_one)
{
	struct evbuffer *buf = new_buffer();
	struct reaction reaction = { .target = buf, .until = 5000 };

	capture_log();
	evbuffer_setcb(buf, add_until, &reaction);
	CHECK_INT(evbuffer_add(buf, "abcd", 4), 0);
	CHECK_INT(buf->off, 5000);
	CHECK_INT(reaction.breaks, 0);
	CHECK_INT(reaction.calls, 4997);
	CHECK_INT(reaction.last_length, 5000);
	CHECK(reaction.deepest >= 10);
	CHECK(reaction.deepest <= 20);
	CHECK_INT(logged(_EVENT_LOG_WARN) + logged(_EVENT_LOG_ERR), 0);
	evbuffer_free(buf);
}

static void
add_two(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	struct reaction *reaction = arg;
	int i;

	reaction->calls++;
	CHECK_INT(old_length, (long long)reaction->last_length);
	CHECK_INT(new_length, (long long)buf->off);
	reaction->last_length = new_length;
	CHECK(++reaction->depth <= 20);
	for (i = 0; i < 2 && buf->off < reaction->until; i++)
		CHECK_INT(evbuffer_add(buf, "x", 1), 0);
	reaction->depth--;
}

/* Of the two changes in a deep callback the sum is reported. */
TEST_ONCE(deep_changes_are_reported_together)
{
	struct evbuffer *buf = new_buffer();
	struct reaction reaction = { .until = 5000 };

	evbuffer_setcb(buf, add_two, &reaction);
	CHECK_INT(evbuffer_add(buf, "abcd", 4), 0);
	CHECK_INT(buf->off, 5000);
	CHECK_INT(reaction.last_length, 5000);
	CHECK(reaction.calls < 3000);
	CHECK(reaction.calls > 2000);
	evbuffer_free(buf);
}

/* Its end is never reached: the library gives up, says so, and goes on working. */
TEST_ONCE(an_endless_one_is_cut_off)
{
	struct evbuffer *buf = new_buffer();
	struct reaction reaction = { .target = buf, .until = SIZE_MAX };

	capture_log();
	evbuffer_setcb(buf, add_until, &reaction);
	CHECK_INT(evbuffer_add(buf, "a", 1), 0);
	CHECK(reaction.calls >= 50000);
	CHECK(reaction.calls <= 200000);
	CHECK(reaction.deepest <= 20);
	CHECK_INT(logged(_EVENT_LOG_WARN) + logged(_EVENT_LOG_ERR), 1);
	CHECK_SOUND(buf);
	CHECK(buf->off >= (size_t)reaction.calls);
	evbuffer_setcb(buf, NULL, NULL);
	evbuffer_drain(buf, SIZE_MAX);
	watch(buf, "b");
	CHECK_INT(evbuffer_add(buf, "text", 4), 0);
	CHECK_CALLS("b:0>4 ");
	CHECK_TEXT(buf, "text");
	evbuffer_free(buf);
}

/* Never empty, never full, never at rest. */
static void
to_and_fro(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	long *calls = arg;

	(*calls)++;
	CHECK_INT(old_length + new_length, 1);
	if (new_length == 0)
		CHECK_INT(evbuffer_add(buf, "x", 1), 0);
	else
		evbuffer_drain(buf, 1);
}

TEST_ONCE(an_endless_one_that_gets_nowhere)
{
	struct evbuffer *buf = new_buffer();
	long calls = 0;

	capture_log();
	evbuffer_setcb(buf, to_and_fro, &calls);
	CHECK_INT(evbuffer_add(buf, "a", 1), 0);
	CHECK(calls >= 50000);
	CHECK(calls <= 200000);
	CHECK(buf->off <= 1);
	CHECK_INT(logged(_EVENT_LOG_WARN) + logged(_EVENT_LOG_ERR), 1);
	CHECK_SOUND(buf);
	evbuffer_free(buf);
}

/* Two that feed each other go deep together. */
TEST_ONCE(two_that_feed_each_other)
{
	struct evbuffer *bufs[2] = { new_buffer(), new_buffer() };
	struct reaction reactions[2] = { { .target = bufs[1], .until = 3000 },
		{ .target = bufs[0], .until = 3000 } };
	int i;

	for (i = 0; i < 2; i++)
		evbuffer_setcb(bufs[i], add_until, &reactions[i]);
	CHECK_INT(evbuffer_add(bufs[0], "a", 1), 0);
	for (i = 0; i < 2; i++) {
		CHECK_INT(bufs[i]->off, 3000);
		CHECK_INT(reactions[i].calls, 3000);
		CHECK_INT(reactions[i].breaks, 0);
		CHECK_INT(reactions[i].last_length, 3000);
		CHECK(reactions[i].deepest <= 20);
	}
	for (i = 0; i < 2; i++)
		evbuffer_free(bufs[i]);
}

TEST_ONCE(two_that_feed_each_other_without_end)
{
	struct evbuffer *bufs[2] = { new_buffer(), new_buffer() };
	struct reaction reactions[2] = { { .target = bufs[1], .until = SIZE_MAX },
		{ .target = bufs[0], .until = SIZE_MAX } };
	int i;

	capture_log();
	for (i = 0; i < 2; i++)
		evbuffer_setcb(bufs[i], add_until, &reactions[i]);
	CHECK_INT(evbuffer_add(bufs[0], "a", 1), 0);
	CHECK(reactions[0].calls + reactions[1].calls <= 400000);
	CHECK(logged(_EVENT_LOG_WARN) + logged(_EVENT_LOG_ERR) >= 1);
	for (i = 0; i < 2; i++) {
		CHECK(reactions[i].deepest <= 20);
		CHECK_SOUND(bufs[i]);
		evbuffer_free(bufs[i]);
	}
}

/* A token that two buffers pass to each other, so often that most calls are too deep. */
struct passing {
	struct evbuffer *to;
	int *left;
	long balance;
};

static void
pass_back(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	struct passing *passing = arg;

	passing->balance += (long)new_length - (long)old_length;
	if (buf->off > 0 && *passing->left > 0) {
		--*passing->left;
		CHECK_INT(evbuffer_add_buffer(passing->to, buf), 0);
	}
}

static void
check_passing(int times)
{
	struct evbuffer *bufs[2] = { new_buffer(), new_buffer() };
	int left = times;
	struct passing passings[2] = { { bufs[1], &left, 0 }, { bufs[0], &left, 0 } };
	int i;

	for (i = 0; i < 2; i++)
		evbuffer_setcb(bufs[i], pass_back, &passings[i]);
	CHECK_INT(evbuffer_add(bufs[0], "token", 5), 0);
	CHECK_INT(left, 0);
	CHECK_TEXT(bufs[times % 2], "token");
	CHECK_TEXT(bufs[1 - times % 2], "");
	for (i = 0; i < 2; i++) {
		CHECK_INT(passings[i].balance, (long)bufs[i]->off);
		evbuffer_free(bufs[i]);
	}
}

TEST_ONCE(moves_that_are_too_deep_are_told_later)
{
	int times;

	for (times = 0; times < 100; times++)
		check_passing(times);
	check_passing(10001);
}
