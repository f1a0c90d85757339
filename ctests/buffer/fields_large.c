/*
 * Proves what becomes of large blocks: up to 1 MiB they are kept when the buffer is empty
 * (behaviour 69), larger ones are given back.
 */
#include "check.h"

enum { MIB = 1 << 20, KEPT = 4096 };

/* Ways to empty a buffer. */

static void
by_drain(struct evbuffer *buf)
{
	evbuffer_drain(buf, buf->off);
}

static void
by_drain_beyond(struct evbuffer *buf)
{
	evbuffer_drain(buf, SIZE_MAX);
}

static void
by_remove(struct evbuffer *buf)
{
	size_t length = buf->off;
	unsigned char *bytes = malloc(length);

	CHECK(bytes != NULL);
	CHECK_INT(evbuffer_remove(buf, bytes, length), length);
	CHECK_INT(bytes[0], pattern_at(0));
	CHECK_INT(bytes[length - 1], pattern_at(length - 1));
	free(bytes);
}

static void
by_parts(struct evbuffer *buf)
{
	while (buf->off > 0)
		evbuffer_drain(buf, 100000);
}

static void
by_write(struct evbuffer *buf)
{
	int fd = open("/dev/null", O_WRONLY);

	CHECK(fd != -1);
	CHECK_INT(evbuffer_write(buf, fd), buf->off);
	close(fd);
}

/* The other one is the longer, so that bytes are copied. */
static void
by_add_buffer(struct evbuffer *buf)
{
	size_t length = buf->off;
	struct evbuffer *other = new_buffer();

	add_pattern(other, 5, length + 5);
	CHECK_INT(evbuffer_add_buffer(other, buf), 0);
	CHECK_INT(other->off, 2 * length + 5);
	CHECK_INT(other->buffer[length + 5], pattern_at(0));
	evbuffer_free(other);
}

static void (*const ways[])(struct evbuffer *) = { by_drain, by_drain_beyond, by_remove, by_parts,
	by_write, by_add_buffer };

TEST_ONCE(blocks_up_to_a_mib_are_kept)
{
	size_t i;

	for (i = 0; i < COUNT(ways); i++) {
		struct evbuffer *buf = new_buffer();
		unsigned char *block;

		add_pattern(buf, 0, MIB);
		CHECK_INT(buf->totallen, MIB);
		block = buf->orig_buffer;
		ways[i](buf);
		CHECK_DATA(buf, "", 0);
		CHECK_INT(buf->totallen, MIB);
		CHECK_INT(buf->misalign, 0);
		CHECK_PTR(buf->orig_buffer, block);
		evbuffer_free(buf);
	}
}

TEST_ONCE(larger_ones_are_given_back)
{
	size_t i;

	for (i = 0; i < COUNT(ways); i++) {
		struct evbuffer *buf = new_buffer();

		add_pattern(buf, 0, MIB + 1);
		CHECK_INT(buf->totallen, 2 * MIB);
		ways[i](buf);
		CHECK_DATA(buf, "", 0);
		CHECK_INT(buf->totallen, KEPT);
		CHECK_INT(buf->misalign, 0);
		add_pattern(buf, 0, 100);
		CHECK_PATTERN(buf, 0, 100);
		evbuffer_free(buf);
	}
}

TEST_ONCE(a_line_that_was_all_gives_it_back)
{
	struct evbuffer *buf = new_buffer();
	char *line;
	size_t n;

	CHECK_INT(evbuffer_expand(buf, 2 * MIB), 0);
	CHECK_INT(evbuffer_add_printf(buf, "%*d\r\n", 2 * MIB, 7), 2 * MIB + 2);
	line = evbuffer_readln(buf, &n, EVBUFFER_EOL_CRLF_STRICT);
	CHECK(line != NULL);
	CHECK_INT(n, 2 * MIB);
	CHECK_INT(line[2 * MIB - 1], '7');
	free(line);
	CHECK_DATA(buf, "", 0);
	CHECK_INT(buf->totallen, KEPT);
	evbuffer_free(buf);
}

/* What was asked for is there until it has been used. */
TEST_ONCE(a_reservation_in_an_empty_one_stays)
{
	struct evbuffer *buf = new_buffer();
	unsigned char *block;

	CHECK_INT(evbuffer_expand(buf, 4 * MIB), 0);
	CHECK_INT(buf->totallen, 4 * MIB);
	block = buf->orig_buffer;
	evbuffer_drain(buf, 1);
	CHECK_INT(evbuffer_expand(buf, 1), 0);
	CHECK_PTR(buf->orig_buffer, block);
	CHECK_INT(buf->totallen, 4 * MIB);
	add_pattern(buf, 0, 4 * MIB);
	CHECK_PTR(buf->orig_buffer, block);
	CHECK_PATTERN(buf, 0, 4 * MIB);
	evbuffer_free(buf);
}

/* With a callback that adds at once what was taken away. */
static void
refill(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	int *calls = arg;

	(*calls)++;
	if (old_length > new_length && new_length == 0)
		CHECK_INT(evbuffer_add(buf, "more", 4), 0);
}

TEST_ONCE(the_callback_may_fill_it_again)
{
	struct evbuffer *buf = new_buffer();
	int calls = 0;

	add_pattern(buf, 0, 3 * MIB);
	evbuffer_setcb(buf, refill, &calls);
	evbuffer_drain(buf, 3 * MIB);
	CHECK_INT(calls, 2);
	CHECK_TEXT(buf, "more");
	evbuffer_free(buf);
}
