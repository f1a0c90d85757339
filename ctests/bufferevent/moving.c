/*
 * Proves behaviour 92: bufferevent_write_buffer moves a buffer, and tells of it in the order
 * that it always had; bufferevent_read takes out what there is.
 */
#include "sides.h"

struct named {
	const char *name;
	struct evbuffer *other;
	size_t other_length;	/* seen in the last callback */
};

/* Traces "name old>new ". */
static void
trace_change(struct evbuffer *buf, size_t old, size_t now, void *arg)
{
	struct named *named = arg;
	char text[100];

	CHECK_INT(EVBUFFER_LENGTH(buf), now);
	named->other_length = EVBUFFER_LENGTH(named->other);
	snprintf(text, sizeof(text), "%s %zu>%zu ", named->name, old, now);
	trace(text);
}

static struct evbuffer *
buffer_of(const char *text)
{
	struct evbuffer *buf = evbuffer_new();

	CHECK(buf != NULL);
	CHECK_INT(evbuffer_add(buf, text, strlen(text)), 0);
	return buf;
}

TEST(a_buffer_is_written_and_emptied)
{
	struct side side;
	struct evbuffer *buf = buffer_of("hello");

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_write_buffer(side.bev, buf), 0);
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	CHECK_STR(text_of(side.bev->output), "hello");
	CHECK_STR(heard(side.peer), "");
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "hello");
	CHECK_INT(side.writes, 1);
	/* The source is as good as new. */
	CHECK_INT(evbuffer_add(buf, "again", 5), 0);
	CHECK_INT(bufferevent_write_buffer(side.bev, buf), 0);
	evbuffer_free(buf);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "again");
	close_side(&side);
}

TEST_ONCE(an_empty_output_gets_the_block_itself)
{
	struct side side;
	struct evbuffer *buf = buffer_of("hello");
	unsigned char *data = EVBUFFER_DATA(buf);

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_write_buffer(side.bev, buf), 0);
	CHECK_PTR(EVBUFFER_DATA(side.bev->output), data);
	CHECK(EVBUFFER_DATA(buf) != data);
	evbuffer_free(buf);
	CHECK_STR(text_of(side.bev->output), "hello");
	close_side(&side);
}

TEST(output_that_is_there_already_comes_first)
{
	struct side side;
	struct evbuffer *buf = buffer_of("two ");

	init_base();
	open_side(&side);
	CHECK_INT(write_text(side.bev, "one "), 0);
	CHECK_INT(bufferevent_write_buffer(side.bev, buf), 0);
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	CHECK_INT(write_text(side.bev, "three"), 0);
	CHECK_STR(text_of(side.bev->output), "one two three");
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "one two three");
	evbuffer_free(buf);
	close_side(&side);
}

/* A source larger than the output, with room before its data, changes nothing of that. */
TEST_ONCE(a_large_source_keeps_the_order)
{
	struct evbuffer *buf = evbuffer_new();
	struct side side;
	char expected[5000];
	int i;

	init_base();
	open_side(&side);
	for (i = 0; i < 5000; i++)
		expected[i] = (char)('a' + i % 26);
	CHECK_INT(evbuffer_add(buf, "to be drained", 13), 0);
	CHECK_INT(evbuffer_add(buf, expected + 5, sizeof(expected) - 5), 0);
	evbuffer_drain(buf, 13);
	CHECK_INT(bufferevent_write(side.bev, expected, 5), 0);
	CHECK_INT(bufferevent_write_buffer(side.bev, buf), 0);
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->output), sizeof(expected));
	CHECK_INT(memcmp(EVBUFFER_DATA(side.bev->output), expected, sizeof(expected)), 0);
	evbuffer_free(buf);
	close_side(&side);
}

/* In either way of moving: first the output tells, then the source. */
TEST_ONCE(the_output_tells_first)
{
	struct evbuffer *buf = buffer_of("hello");
	struct named out, in;
	struct side side;

	init_base();
	open_side(&side);
	out = (struct named){ "out", buf, 99 };
	in = (struct named){ "in", side.bev->output, 99 };
	evbuffer_setcb(side.bev->output, trace_change, &out);
	evbuffer_setcb(buf, trace_change, &in);
	CHECK_INT(bufferevent_write_buffer(side.bev, buf), 0);
	CHECK_STR(traced(), "out 0>5 in 5>0 ");
	CHECK_INT(in.other_length, 5);
	trace_reset();
	CHECK_INT(evbuffer_add(buf, "more", 4), 0);
	CHECK_INT(bufferevent_write_buffer(side.bev, buf), 0);
	CHECK_STR(traced(), "in 0>4 out 5>9 in 4>0 ");
	trace_reset();
	CHECK_INT(bufferevent_write_buffer(side.bev, buf), 0);
	CHECK_STR(traced(), "");
	evbuffer_free(buf);
	close_side(&side);
}

/* The write is on its way when the source tells: whoever runs the loop there sees it go. */
static void
loop_when_emptied(struct evbuffer *buf, size_t old, size_t now, void *arg)
{
	(void)buf;
	if (now < old) {
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
		CHECK_STR(heard(((struct side *)arg)->peer), "hello");
	}
}

TEST(the_write_is_scheduled_before_the_source_tells)
{
	struct evbuffer *buf = buffer_of("hello");
	struct side side;

	init_base();
	open_side(&side);
	evbuffer_setcb(buf, loop_when_emptied, &side);
	CHECK_INT(bufferevent_write_buffer(side.bev, buf), 0);
	CHECK_INT(side.writes, 1);
	evbuffer_free(buf);
	close_side(&side);
}

TEST(an_empty_buffer_schedules_nothing)
{
	struct evbuffer *buf = evbuffer_new();
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_write_buffer(side.bev, buf), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 0);
	evbuffer_free(buf);
	close_side(&side);
}

TEST(while_not_enabled_it_is_moved_all_the_same)
{
	struct evbuffer *buf = buffer_of("later");
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_disable(side.bev, EV_WRITE), 0);
	CHECK_INT(bufferevent_write_buffer(side.bev, buf), 0);
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(text_of(side.bev->output), "later");
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "later");
	evbuffer_free(buf);
	close_side(&side);
}

/* Filled by hand, then "written": a way to have it sent that must not lose or double it. */
TEST(the_output_onto_itself)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(evbuffer_add(side.bev->output, "by hand", 7), 0);
	CHECK_INT(bufferevent_write_buffer(side.bev, side.bev->output), 0);
	CHECK_STR(text_of(side.bev->output), "by hand");
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "by hand");
	close_side(&side);
}

/* A relay between two, as in a proxy: each one's input is the other's output. */
static void
relay(struct bufferevent *bev, void *arg)
{
	CHECK_INT(bufferevent_write_buffer(arg, bev->input), 0);
}

static void
relay_end(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	CHECK_INT(what, EVBUFFER_READ | EVBUFFER_EOF);
	CHECK_INT(shutdown(((struct bufferevent *)arg)->ev_write.ev_fd, SHUT_WR), 0);
}

TEST(a_relay)
{
	struct side a, b;

	init_base();
	open_side(&a);
	open_side(&b);
	bufferevent_setcb(a.bev, relay, NULL, relay_end, b.bev);
	bufferevent_setcb(b.bev, relay, NULL, relay_end, a.bev);
	bufferevent_setwatermark(a.bev, EV_READ, 0, 4);
	CHECK_INT(bufferevent_enable(a.bev, EV_READ), 0);
	CHECK_INT(bufferevent_enable(b.bev, EV_READ), 0);
	say(a.peer, "from a to b");
	say(b.peer, "from b to a");
	CHECK_INT(turn(), 0);
	CHECK_STR(heard(a.peer), "from b to a");
	CHECK_STR(heard(b.peer), "from a to b");
	CHECK_INT(shutdown(a.peer, SHUT_WR), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(read(b.peer, &(char){ 0 }, 1), 0);
	say(b.peer, "bye");
	CHECK_INT(turn(), 0);
	CHECK_STR(heard(a.peer), "bye");
	CHECK_INT(shutdown(b.peer, SHUT_WR), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(read(a.peer, &(char){ 0 }, 1), 0);
	close_side(&a);
	close_side(&b);
}

TEST_ONCE(read_counts)
{
	struct side side;
	char data[20] = "";

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_read(side.bev, data, sizeof(data)), 0);
	CHECK_INT(evbuffer_add(side.bev->input, "0123456789", 10), 0);
	CHECK_INT(bufferevent_read(side.bev, data, 4), 4);
	CHECK_INT(memcmp(data, "0123", 4), 0);
	CHECK_INT(data[4], 0);
	CHECK_STR(text_of(side.bev->input), "456789");
	CHECK_INT(bufferevent_read(side.bev, data, 0), 0);
	CHECK_INT(bufferevent_read(side.bev, NULL, 0), 0);
	CHECK_INT(bufferevent_read(side.bev, data, sizeof(data)), 6);
	CHECK_INT(memcmp(data, "456789", 6), 0);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->input), 0);
	CHECK_INT(bufferevent_read(side.bev, data, sizeof(data)), 0);
	close_side(&side);
}

/* Reading takes what there is and says nothing about more to come. */
TEST(read_till_there_is_no_more)
{
	struct side side;
	char data[7];
	size_t n, total = 0;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "a line of some bytes");
	CHECK_INT(turn(), 0);
	while ((n = bufferevent_read(side.bev, data, sizeof(data))) > 0) {
		CHECK_INT(memcmp(data, "a line of some bytes" + total, n), 0);
		total += n;
	}
	CHECK_INT(total, 20);
	CHECK_INT(side.reads, 1);
	close_side(&side);
}
