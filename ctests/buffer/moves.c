/*
 * Proves behaviour 71 and B04: add_buffer swaps blocks, takes the larger one over, or copies; the
 * bytes and their order are the same.
 */
#include "check.h"

/* Blocks go over as they are; callbacks stay. */
static void
check_swapped(const struct evbuffer *out, const struct evbuffer *in, const struct evbuffer *was_out,
    const struct evbuffer *was_in)
{
	CHECK_PTR(out->orig_buffer, was_in->orig_buffer);
	CHECK_PTR(out->buffer, was_in->buffer);
	CHECK_INT(out->misalign, was_in->misalign);
	CHECK_INT(out->totallen, was_in->totallen);
	CHECK_INT(out->off, was_in->off);
	CHECK_PTR(in->orig_buffer, was_out->orig_buffer);
	CHECK_PTR(in->buffer, was_out->buffer);
	CHECK_INT(in->misalign, 0);
	CHECK_INT(in->totallen, was_out->totallen);
	CHECK_INT(in->off, 0);
	CHECK_PTR(out->cb, was_out->cb);
	CHECK_PTR(out->cbarg, was_out->cbarg);
	CHECK_PTR(in->cb, was_in->cb);
	CHECK_PTR(in->cbarg, was_in->cbarg);
}

TEST_ONCE(into_a_new_one_by_swapping)
{
	struct evbuffer *out = new_buffer();
	struct evbuffer *in = buffer_with("0123456789");
	struct evbuffer was_out, was_in;

	evbuffer_drain(in, 4);
	watch(in, "in");
	watch(out, "out");
	was_out = *out;
	was_in = *in;
	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	check_swapped(out, in, &was_out, &was_in);
	CHECK_TEXT(out, "456789");
	CHECK_TEXT(in, "");
	CHECK_CALLS("in:6>0 out:0>6 ");
	evbuffer_free(in);
	evbuffer_free(out);
}

TEST_ONCE(into_an_empty_one_by_swapping)
{
	struct evbuffer *out = buffer_with("gone");
	struct evbuffer *in = new_buffer();
	struct evbuffer was_out, was_in;

	add_pattern(in, 0, 5000);
	evbuffer_drain(in, 1000);
	evbuffer_drain(out, 4);
	was_out = *out;
	was_in = *in;
	CHECK_INT(was_out.totallen, 256);
	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	check_swapped(out, in, &was_out, &was_in);
	CHECK_PATTERN(out, 1000, 4000);
	CHECK_INT(evbuffer_add(in, "new", 3), 0);
	CHECK_TEXT(in, "new");
	evbuffer_free(in);
	CHECK_PATTERN(out, 1000, 4000);
	evbuffer_free(out);
}

/* Order of the calls: the one that gives comes first here, last when bytes are copied. */
TEST_ONCE(callbacks_when_swapped)
{
	struct evbuffer *out = new_buffer();
	struct evbuffer *in = buffer_with("text");

	watch(out, "out");
	watch(in, "in");
	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	CHECK_CALLS("in:4>0 out:0>4 ");
	evbuffer_setcb(in, NULL, NULL);
	CHECK_INT(evbuffer_add_buffer(in, out), 0);
	CHECK_CALLS("out:4>0 ");
	watch(in, "in");
	evbuffer_setcb(out, NULL, NULL);
	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	CHECK_CALLS("in:4>0 ");
	CHECK_TEXT(out, "text");
	evbuffer_free(in);
	evbuffer_free(out);
}

TEST_ONCE(callbacks_when_copied)
{
	struct evbuffer *out = buffer_with("abc");
	struct evbuffer *in = buffer_with("defgh");

	watch(out, "out");
	watch(in, "in");
	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	CHECK_CALLS("out:3>8 in:5>0 ");
	CHECK_TEXT(out, "abcdefgh");
	CHECK_TEXT(in, "");
	CHECK_INT(evbuffer_add(in, "i", 1), 0);
	CHECK_CALLS("in:0>1 ");
	evbuffer_setcb(out, NULL, NULL);
	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	CHECK_CALLS("in:1>0 ");
	CHECK_TEXT(out, "abcdefghi");
	evbuffer_free(in);
	evbuffer_free(out);
}

TEST_ONCE(the_giver_keeps_its_block_when_copied)
{
	struct evbuffer *out = buffer_with("abcdefghij");
	struct evbuffer *in = buffer_with("0123456789");
	unsigned char *block = in->orig_buffer;

	evbuffer_drain(in, 5);
	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	CHECK_TEXT(out, "abcdefghij56789");
	CHECK_PTR(in->orig_buffer, block);
	CHECK_PTR(in->buffer, block);
	CHECK_INT(in->misalign, 0);
	CHECK_INT(in->totallen, 256);
	evbuffer_free(in);
	evbuffer_free(out);
}

/* The larger block with a front that is free goes over whole; the calls are those of a copy. */
TEST_ONCE(the_larger_block_is_taken_over)
{
	struct evbuffer *out = buffer_with("header: ");
	struct evbuffer *in = new_buffer();
	unsigned char *block;
	unsigned char *want;

	add_pattern(in, 0, 100000);
	evbuffer_drain(in, 1000);
	watch(out, "out");
	watch(in, "in");
	block = in->orig_buffer;
	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	CHECK_PTR(out->orig_buffer, block);
	CHECK_INT(out->totallen, 131072);
	want = pattern(1000 - 8, 99008);
	memcpy(want, "header: ", 8);
	CHECK_DATA(out, want, 99008);
	CHECK_TEXT(in, "");
	CHECK(in->orig_buffer != block);
	CHECK_CALLS("out:8>99008 in:99000>0 ");
	CHECK_INT(evbuffer_add(in, "next", 4), 0);
	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	CHECK_INT(memcmp(out->buffer + 99008, "next", 4), 0);
	CHECK_CALLS("in:0>4 out:99008>99012 in:4>0 ");
	free(want);
	evbuffer_free(in);
	evbuffer_free(out);
}

/* What is in each, and how long the used front before it is. */
static void
check_way(size_t out_length, size_t out_front, size_t in_length, size_t in_front)
{
	const size_t start = 1000000;
	struct evbuffer *out = new_buffer();
	struct evbuffer *in = new_buffer();

	add_pattern(out, start - out_front, out_front + out_length);
	evbuffer_drain(out, out_front);
	add_pattern(in, start + out_length - in_front, in_front + in_length);
	evbuffer_drain(in, in_front);
	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	CHECK_PATTERN(out, start, out_length + in_length);
	CHECK_DATA(in, "", 0);
	CHECK_INT(in->misalign, 0);
	evbuffer_free(in);
	evbuffer_free(out);
}

/* Whatever way is taken, nothing is lost or turned. */
TEST_ONCE(every_way_gives_the_same_bytes)
{
	static const size_t lengths[] = { 0, 1, 100, 255, 256, 257, 1000, 5000, 40000 };
	static const size_t fronts[] = { 0, 1, 99, 255, 256, 1000, 40001 };
	size_t a, b, i, k;

	for (a = 0; a < COUNT(lengths); a++) {
		for (b = 0; b < COUNT(lengths); b++) {
			for (i = 0; i < COUNT(fronts); i++) {
				for (k = 0; k < COUNT(fronts); k += 2)
					check_way(lengths[a], fronts[k], lengths[b], fronts[i]);
			}
		}
	}
}

TEST_ONCE(nothing_to_give)
{
	struct evbuffer *out = buffer_with("text");
	struct evbuffer *in = new_buffer();
	struct look look;

	watch(out, "out");
	watch(in, "in");
	look = look_at(out);
	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	CHECK_SAME(out, &look);
	CHECK_INT(evbuffer_expand(in, 1000), 0);
	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	CHECK_SAME(out, &look);
	CHECK_CALLS("");
	evbuffer_drain(out, 4);
	CHECK_CALLS("out:4>0 ");
	CHECK_INT(evbuffer_add_buffer(out, in), 0);
	CHECK_CALLS("");
	CHECK_TEXT(out, "");
	CHECK_TEXT(in, "");
	evbuffer_free(in);
	evbuffer_free(out);
}

TEST_ONCE(a_buffer_to_itself_changes_nothing)
{
	static const size_t drained[] = { 0, 3, 10 };
	size_t i;

	for (i = 0; i < COUNT(drained); i++) {
		struct evbuffer *buf = buffer_with("0123456789");
		struct look look;

		evbuffer_drain(buf, drained[i]);
		watch(buf, "b");
		look = look_at(buf);
		CHECK_INT(evbuffer_add_buffer(buf, buf), 0);
		CHECK_SAME(buf, &look);
		CHECK_CALLS("");
		evbuffer_free(buf);
	}
}

/* Round and round: each is the empty one in turn, and each has a front that was used. */
TEST_ONCE(to_and_fro)
{
	struct evbuffer *bufs[2] = { new_buffer(), new_buffer() };
	size_t start = 0, end = 0, i;

	for (i = 0; i < 2000; i++) {
		struct evbuffer *from = bufs[i % 2];
		struct evbuffer *to = bufs[1 - i % 2];

		add_pattern(from, end, i % 50);
		end += i % 50;
		if (from->off > 1) {
			evbuffer_drain(from, from->off / 2 < 20 ? from->off / 2 : 20);
			start = end - from->off;
		}
		CHECK_INT(evbuffer_add_buffer(to, from), 0);
		CHECK_PATTERN(to, start, end - start);
		CHECK_DATA(from, "", 0);
	}
	evbuffer_free(bufs[0]);
	evbuffer_free(bufs[1]);
}
