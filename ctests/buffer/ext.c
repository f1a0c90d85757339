/*
 * Looking into buffers by the functions of buffer_ext.h: length, pullup, copyout, positions,
 * search.
 */
#include "check.h"

#include <evhub/buffer_ext.h>

TEST_ONCE(the_length)
{
	struct evbuffer *buf = new_buffer();

	CHECK_INT(evbuffer_get_length(buf), 0);
	CHECK_INT(evbuffer_add(buf, "12345", 5), 0);
	CHECK_INT(evbuffer_get_length(buf), 5);
	evbuffer_drain(buf, 2);
	CHECK_INT(evbuffer_get_length(buf), 3);
	CHECK_INT(evhub_buffer_get_length(buf), 3);
	evbuffer_free(buf);
}

TEST_ONCE(pullup_gives_the_data_if_there_is_enough)
{
	struct evbuffer *buf = buffer_with("drained data");
	struct look look;

	evbuffer_drain(buf, 8);
	watch(buf, "buf");
	look = look_at(buf);
	CHECK_PTR(evbuffer_pullup(buf, 0), EVBUFFER_DATA(buf));
	CHECK_PTR(evbuffer_pullup(buf, 1), EVBUFFER_DATA(buf));
	CHECK_PTR(evbuffer_pullup(buf, 4), EVBUFFER_DATA(buf));
	CHECK_PTR(evbuffer_pullup(buf, 5), NULL);
	CHECK_PTR(evbuffer_pullup(buf, SSIZE_MAX), NULL);
	CHECK_PTR(evbuffer_pullup(buf, -1), EVBUFFER_DATA(buf));
	CHECK_PTR(evbuffer_pullup(buf, -SSIZE_MAX - 1), EVBUFFER_DATA(buf));
	CHECK_SAME(buf, &look);
	CHECK_CALLS("");
	evbuffer_free(buf);
}

TEST_ONCE(pullup_of_nothing_is_null)
{
	struct evbuffer *buf = new_buffer();
	int round;

	for (round = 0; round < 2; round++) {
		CHECK_PTR(evbuffer_pullup(buf, -1), NULL);
		CHECK_PTR(evbuffer_pullup(buf, 0), NULL);
		CHECK_PTR(evbuffer_pullup(buf, 1), NULL);
		/* Once more with a block, but without data. */
		CHECK_INT(evbuffer_add(buf, "x", 1), 0);
		evbuffer_drain(buf, 1);
	}
	evbuffer_free(buf);
}

TEST_ONCE(copyout_takes_nothing_away)
{
	struct evbuffer *buf = buffer_with("--some bytes");
	char out[16] = "................";
	struct look look;

	evbuffer_drain(buf, 2);
	watch(buf, "buf");
	look = look_at(buf);
	CHECK_INT(evbuffer_copyout(buf, out, 4), 4);
	CHECK(memcmp(out, "some............", 16) == 0);
	CHECK_INT(evbuffer_copyout(buf, out, 10), 10);
	CHECK(memcmp(out, "some bytes......", 16) == 0);
	CHECK_INT(evbuffer_copyout(buf, out, 11), 10);
	CHECK_INT(evbuffer_copyout(buf, out, SIZE_MAX), 10);
	CHECK(memcmp(out, "some bytes......", 16) == 0);
	CHECK_INT(evbuffer_copyout(buf, out, 0), 0);
	CHECK_INT(evbuffer_copyout(buf, NULL, 0), 0);
	CHECK_SAME(buf, &look);
	CHECK_CALLS("");
	evbuffer_free(buf);
}

TEST_ONCE(copyout_of_nothing)
{
	struct evbuffer *buf = new_buffer();
	char out = '.';

	CHECK_INT(evbuffer_copyout(buf, &out, 1), 0);
	CHECK_INT(out, '.');
	CHECK_PTR(buf->orig_buffer, NULL);
	evbuffer_free(buf);
}

/* Positions */

TEST_ONCE(a_position_is_within_the_data)
{
	struct evbuffer *buf = buffer_with("0123456789");
	struct evbuffer_ptr ptr = { 77 };

	CHECK_INT(evbuffer_ptr_set(buf, &ptr, 0, EVBUFFER_PTR_SET), 0);
	CHECK_INT(ptr.pos, 0);
	CHECK_INT(evbuffer_ptr_set(buf, &ptr, 4, EVBUFFER_PTR_ADD), 0);
	CHECK_INT(ptr.pos, 4);
	CHECK_INT(evbuffer_ptr_set(buf, &ptr, 6, EVBUFFER_PTR_ADD), 0);
	CHECK_INT(ptr.pos, 10);
	CHECK_INT(evbuffer_ptr_set(buf, &ptr, 0, EVBUFFER_PTR_ADD), 0);
	CHECK_INT(ptr.pos, 10);
	CHECK_INT(evbuffer_ptr_set(buf, &ptr, 9, EVBUFFER_PTR_SET), 0);
	CHECK_INT(ptr.pos, 9);
	evbuffer_free(buf);
}

/* Beyond the data there is nothing to point at, and from nowhere no way leads on. */
TEST_ONCE(a_position_beyond_the_data_is_nowhere)
{
	struct evbuffer *buf = buffer_with("0123456789");
	struct evbuffer_ptr ptr = { 5 };

	CHECK_ERRNO(evbuffer_ptr_set(buf, &ptr, 11, EVBUFFER_PTR_SET), EINVAL);
	CHECK_INT(ptr.pos, -1);
	CHECK_ERRNO(evbuffer_ptr_set(buf, &ptr, 1, EVBUFFER_PTR_ADD), EINVAL);
	CHECK_INT(ptr.pos, -1);
	CHECK_INT(evbuffer_ptr_set(buf, &ptr, 5, EVBUFFER_PTR_SET), 0);
	CHECK_ERRNO(evbuffer_ptr_set(buf, &ptr, 6, EVBUFFER_PTR_ADD), EINVAL);
	CHECK_INT(ptr.pos, -1);
	CHECK_ERRNO(evbuffer_ptr_set(buf, &ptr, SIZE_MAX, EVBUFFER_PTR_SET), EINVAL);
	CHECK_INT(evbuffer_ptr_set(buf, &ptr, 5, EVBUFFER_PTR_SET), 0);
	CHECK_ERRNO(evbuffer_ptr_set(buf, &ptr, SIZE_MAX - 2, EVBUFFER_PTR_ADD), EINVAL);
	CHECK_INT(ptr.pos, -1);
	CHECK_INT(evbuffer_ptr_set(buf, &ptr, 0, EVBUFFER_PTR_SET), 0);
	CHECK_ERRNO(evbuffer_ptr_set(buf, &ptr, 0, (enum evbuffer_ptr_how)2), EINVAL);
	CHECK_INT(ptr.pos, -1);
	evbuffer_free(buf);
}

/* Search */

static ssize_t
search_from(struct evbuffer *buf, const char *what, ssize_t from)
{
	struct evbuffer_ptr start = { from };

	return evbuffer_search(buf, what, strlen(what), &start).pos;
}

static ssize_t
search(struct evbuffer *buf, const char *what)
{
	ssize_t pos = evbuffer_search(buf, what, strlen(what), NULL).pos;

	CHECK_INT(search_from(buf, what, 0), pos);
	return pos;
}

TEST_ONCE(search_finds_the_first_match)
{
	struct evbuffer *buf = buffer_with("xx the cat and the catalogue");

	evbuffer_drain(buf, 3);
	CHECK_INT(search(buf, "the"), 0);
	CHECK_INT(search(buf, "cat"), 4);
	CHECK_INT(search(buf, "catalogue"), 16);
	CHECK_INT(search(buf, "e"), 2);
	CHECK_INT(search(buf, "the cat and the catalogue"), 0);
	/* What was drained, and what lies behind the data, is not there. */
	CHECK_INT(search(buf, "x"), -1);
	CHECK_INT(search(buf, "cataloguex"), -1);
	CHECK_INT(search(buf, "the cat and the catalogue!"), -1);
	evbuffer_free(buf);
}

TEST_ONCE(search_goes_on_from_a_position)
{
	struct evbuffer *buf = buffer_with("ababab");

	CHECK_INT(search_from(buf, "ab", 0), 0);
	CHECK_INT(search_from(buf, "ab", 1), 2);
	CHECK_INT(search_from(buf, "ab", 2), 2);
	CHECK_INT(search_from(buf, "ab", 4), 4);
	CHECK_INT(search_from(buf, "ab", 5), -1);
	CHECK_INT(search_from(buf, "ab", 6), -1);
	evbuffer_free(buf);
}

TEST_ONCE(matches_may_overlap)
{
	struct evbuffer *buf = buffer_with("aabaabaaab");
	static const ssize_t want[] = { 0, 3, 7 };
	struct evbuffer_ptr ptr = { 0 };
	size_t i;

	/* "aab" at 0, 3 and 7, where "aa" begins at 6, too. */
	for (i = 0; i < COUNT(want); i++) {
		ptr = evbuffer_search(buf, "aab", 3, &ptr);
		CHECK_INT(ptr.pos, want[i]);
		CHECK_INT(evbuffer_ptr_set(buf, &ptr, 1, EVBUFFER_PTR_ADD), 0);
	}
	CHECK_INT(evbuffer_search(buf, "aab", 3, &ptr).pos, -1);
	CHECK_INT(search_from(buf, "aa", 6), 6);
	CHECK_INT(search_from(buf, "aa", 7), 7);
	CHECK_INT(search_from(buf, "aa", 8), -1);
	evbuffer_free(buf);
}

TEST_ONCE(search_from_outside_finds_nothing)
{
	struct evbuffer *buf = buffer_with("abc");

	CHECK_INT(search_from(buf, "a", -1), -1);
	CHECK_INT(search_from(buf, "a", -SSIZE_MAX - 1), -1);
	CHECK_INT(search_from(buf, "a", 4), -1);
	CHECK_INT(search_from(buf, "a", SSIZE_MAX), -1);
	CHECK_INT(search_from(buf, "", 4), -1);
	CHECK_INT(search_from(buf, "", -1), -1);
	evbuffer_free(buf);
}

TEST_ONCE(nothing_is_found_at_once)
{
	struct evbuffer *buf = buffer_with("abc");
	struct evbuffer *empty = new_buffer();

	CHECK_INT(search(buf, ""), 0);
	CHECK_INT(evbuffer_search(buf, NULL, 0, NULL).pos, 0);
	CHECK_INT(search_from(buf, "", 2), 2);
	CHECK_INT(search_from(buf, "", 3), 3);
	CHECK_INT(search(empty, ""), 0);
	CHECK_INT(search(empty, "a"), -1);
	evbuffer_free(buf);
	evbuffer_free(empty);
}

TEST_ONCE(search_knows_all_bytes)
{
	static const char data[] = "a\0b\0\0c\xff\r\n";
	struct evbuffer *buf = new_buffer();

	CHECK_INT(evbuffer_add(buf, data, sizeof(data) - 1), 0);
	CHECK_INT(evbuffer_search(buf, "\0", 1, NULL).pos, 1);
	CHECK_INT(evbuffer_search(buf, "\0\0c", 3, NULL).pos, 3);
	CHECK_INT(evbuffer_search(buf, "\xff\r\n", 3, NULL).pos, 6);
	CHECK_INT(evbuffer_search(buf, "\xff\r\n\0", 4, NULL).pos, -1);
	/* More than there is cannot be there, however much that is. */
	CHECK_INT(evbuffer_search(buf, data, SIZE_MAX, NULL).pos, -1);
	CHECK_INT(evbuffer_search(buf, data, SSIZE_MAX, NULL).pos, -1);
	evbuffer_free(buf);
}

/* A long search has a bounded price: a million near misses are no trouble. */
TEST_ONCE(search_for_what_nearly_matches_everywhere)
{
	enum { LONG = 1 << 20 };
	struct evbuffer *buf = new_buffer();
	char *data = malloc(LONG), *what = malloc(LONG / 2);

	CHECK(data != NULL && what != NULL);
	memset(data, 'a', LONG);
	memset(what, 'a', LONG / 2);
	what[LONG / 4] = 'b';
	CHECK_INT(evbuffer_add(buf, data, LONG), 0);
	CHECK_INT(evbuffer_search(buf, what, LONG / 2, NULL).pos, -1);
	EVBUFFER_DATA(buf)[LONG / 4 * 3] = 'b';
	CHECK_INT(evbuffer_search(buf, what, LONG / 2, NULL).pos, LONG / 2);
	free(data);
	free(what);
	evbuffer_free(buf);
}
