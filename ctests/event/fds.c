/* Proves behaviours 9 and 30; E27: several events on one descriptor, one-shot and persistent. */
#include "harness.h"

static void
drain_cb(int fd, short what, void *text)
{
	(void)what;
	trace(text);
	drain(fd);
}

static int
poll_once(void)
{
	return event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

TEST(every_event_fires_in_order)
{
	struct event_base *base = init_base();
	char *names[] = { "a", "b", "c", "d" };
	struct event ev[4];
	int fds[2], i;

	make_pair(fds);
	for (i = 0; i < 4; i++) {
		event_set(&ev[i], fds[0], EV_READ | EV_PERSIST, trace_cb, names[i]);
		CHECK_INT(event_add(&ev[i], NULL), 0);
	}
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "");
	put_byte(fds[1]);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "abcd");
	CHECK_INT(event_del(&ev[1]), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "abcdacd");
	CHECK_INT(event_del(&ev[0]), 0);
	CHECK_INT(event_del(&ev[3]), 0);
	CHECK_INT(event_add(&ev[1], NULL), 0);
	trace_reset();
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "cb");
	CHECK_INT(event_del(&ev[2]), 0);
	CHECK_INT(event_del(&ev[1]), 0);
	trace_reset();
	CHECK_INT(poll_once(), 1);
	CHECK_STR(traced(), "");
	event_base_free(base);
}

TEST(a_thousand_events_on_one_descriptor)
{
	enum { MANY = 1000 };
	struct event_base *base = init_base();
	struct event *ev = calloc(MANY, sizeof(*ev));
	struct note note = { 0 };
	int fds[2], i;

	CHECK(ev != NULL);
	make_pair(fds);
	for (i = 0; i < MANY; i++) {
		event_set(&ev[i], fds[0], i % 2 ? EV_WRITE : EV_READ, note_cb, &note);
		CHECK_INT(event_add(&ev[i], NULL), 0);
	}
	CHECK_INT(poll_once(), 0);
	CHECK_INT(note.calls, MANY / 2);
	put_byte(fds[1]);
	CHECK_INT(poll_once(), 0);
	CHECK_INT(note.calls, MANY);
	CHECK_INT(poll_once(), 1);
	event_base_free(base);
	free(ev);
}

/* The one-shot's end does not disarm the persistent one, in neither order of adding. */
static void
mixed(int persistent_first)
{
	struct event_base *base = init_base();
	struct event once, always;
	int fds[2];

	make_pair(fds);
	event_set(&once, fds[0], EV_READ, trace_cb, "o");
	event_set(&always, fds[0], EV_READ | EV_PERSIST, trace_cb, "p");
	CHECK_INT(event_add(persistent_first ? &always : &once, NULL), 0);
	CHECK_INT(event_add(persistent_first ? &once : &always, NULL), 0);
	put_byte(fds[1]);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), persistent_first ? "po" : "op");
	trace_reset();
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "p");
	CHECK_INT(event_add(&once, NULL), 0);
	trace_reset();
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "po");
	CHECK_INT(event_del(&always), 0);
	CHECK_INT(poll_once(), 1);
	CHECK_INT(event_add(&once, NULL), 0);
	trace_reset();
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "o");
	event_base_free(base);
}

TEST(one_shot_then_persistent)
{
	mixed(0);
}

TEST(persistent_then_one_shot)
{
	mixed(1);
}

/* The same after a rebuild: what is registered anew must not be disarmed by one report. */
TEST(mixed_after_reinit)
{
	struct event_base *base = init_base();
	struct event reader, writer;
	int fds[2];

	make_pair(fds);
	fill(fds[0]);
	event_set(&reader, fds[0], EV_READ | EV_PERSIST, drain_cb, "r");
	event_set(&writer, fds[0], EV_WRITE, trace_cb, "w");
	CHECK_INT(event_add(&reader, NULL), 0);
	CHECK_INT(event_add(&writer, NULL), 0);
	CHECK_INT(event_reinit(base), 0);
	put_byte(fds[1]);
	CHECK_INT(poll_once(), 0);
	put_byte(fds[1]);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "rr");
	drain(fds[1]);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "rrw");
	event_base_free(base);
}

/* A one-shot reader fires; the one-shot writer of the same descriptor is still armed. */
TEST(one_shots_of_both_directions)
{
	struct event_base *base = init_base();
	struct event reader, writer;
	int fds[2];

	make_pair(fds);
	fill(fds[0]);
	event_set(&reader, fds[0], EV_READ, trace_cb, "r");
	event_set(&writer, fds[0], EV_WRITE, trace_cb, "w");
	CHECK_INT(event_add(&reader, NULL), 0);
	CHECK_INT(event_add(&writer, NULL), 0);
	put_byte(fds[1]);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "r");
	CHECK_INT(event_pending(&writer, EV_WRITE, NULL), EV_WRITE);
	drain(fds[1]);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "rw");
	CHECK_INT(event_add(&reader, NULL), 0);
	CHECK_INT(event_add(&writer, NULL), 0);
	trace_reset();
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(strlen(traced()), 2);
	event_base_free(base);
}

/* One direction is ready: the event is told so, and is gone with the other direction too. */
TEST(one_shot_for_both_directions)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev;
	int fds[2];

	make_pair(fds);
	fill(fds[0]);
	put_byte(fds[1]);
	event_set(&ev, fds[0], EV_READ | EV_WRITE, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_INT(note.what, EV_READ);
	drain(fds[1]);
	CHECK_INT(poll_once(), 1);
	CHECK_INT(note.calls, 1);
	event_base_free(base);
}

TEST(persistent_for_both_directions)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ | EV_WRITE | EV_PERSIST, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_INT(note.what, EV_WRITE);
	put_byte(fds[1]);
	CHECK_INT(poll_once(), 0);
	CHECK_INT(note.what, EV_READ | EV_WRITE);
	drain(fds[0]);
	fill(fds[0]);
	CHECK_INT(poll_once(), 0);
	CHECK_INT(note.calls, 2);
	CHECK_INT(event_del(&ev), 0);
	event_base_free(base);
}

/* Dropping one direction of a descriptor must not drop or keep the other. */
TEST(directions_come_and_go)
{
	struct event_base *base = init_base();
	struct event reader, writer;
	int fds[2], i;

	make_pair(fds);
	put_byte(fds[1]);
	event_set(&reader, fds[0], EV_READ | EV_PERSIST, trace_cb, "r");
	event_set(&writer, fds[0], EV_WRITE | EV_PERSIST, trace_cb, "w");
	for (i = 0; i < 3; i++) {
		trace_reset();
		CHECK_INT(event_add(&reader, NULL), 0);
		CHECK_INT(poll_once(), 0);
		CHECK_STR(traced(), "r");
		CHECK_INT(event_add(&writer, NULL), 0);
		CHECK_INT(event_del(&reader), 0);
		CHECK_INT(poll_once(), 0);
		CHECK_STR(traced(), "rw");
		CHECK_INT(event_add(&reader, NULL), 0);
		CHECK_INT(event_del(&writer), 0);
		CHECK_INT(poll_once(), 0);
		CHECK_STR(traced(), "rwr");
		CHECK_INT(event_del(&reader), 0);
		CHECK_INT(poll_once(), 1);
	}
	event_base_free(base);
}

static void
add_again(int fd, short what, void *arg)
{
	struct event *ev = arg;
	char byte;

	(void)what;
	trace(".");
	CHECK_INT(read(fd, &byte, 1), 1);
	if (strlen(traced()) < 1000)
		CHECK_INT(event_add(ev, NULL), 0);
}

/* A one-shot event that adds itself again in each call misses nothing. */
TEST(one_shot_that_comes_back)
{
	struct event_base *base = init_base();
	struct event ev;
	int fds[2], i;

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ, add_again, &ev);
	CHECK_INT(event_add(&ev, NULL), 0);
	for (i = 0; i < 200; i++)
		put_byte(fds[1]);
	for (; i < 1000; i++) {
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
		put_byte(fds[1]);
	}
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(strlen(traced()), 1000);
	event_base_free(base);
}

/* Added and deleted over and over between waits: only what is there at the wait counts. */
TEST(added_and_deleted_between_waits)
{
	struct event_base *base = init_base();
	struct event reader, writer;
	int fds[2], i;

	make_pair(fds);
	event_set(&reader, fds[0], EV_READ, trace_cb, "r");
	event_set(&writer, fds[0], EV_WRITE | EV_PERSIST, trace_cb, "w");
	for (i = 0; i < 100; i++) {
		CHECK_INT(event_add(&reader, NULL), 0);
		CHECK_INT(event_add(&writer, NULL), 0);
		CHECK_INT(event_del(&writer), 0);
		if (i % 2 == 0)
			CHECK_INT(event_del(&reader), 0);
	}
	put_byte(fds[1]);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "r");
	event_base_free(base);
}

/* Adding twice is adding once. */
TEST(added_twice)
{
	struct event_base *base = init_base();
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ, drain_cb, "x");
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_add(&ev, NULL), 0);
	put_byte(fds[1]);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "x");
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_del(&ev), 0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(base);
}

/* Hundreds of descriptors ready at once: more than a wait may return at a time. */
TEST(hundreds_ready_at_once)
{
	enum { MANY = 400 };
	struct event_base *base = init_base();
	struct event *ev = calloc(MANY, sizeof(*ev));
	struct note note = { 0 };
	int (*fds)[2] = calloc(MANY, sizeof(*fds)), i;

	CHECK(ev != NULL && fds != NULL);
	for (i = 0; i < MANY; i++) {
		make_pair(fds[i]);
		put_byte(fds[i][1]);
		event_set(&ev[i], fds[i][0], EV_READ, note_cb, &note);
		CHECK_INT(event_add(&ev[i], NULL), 0);
	}
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, MANY);
	event_base_free(base);
	free(ev);
	free(fds);
}
