/*
 * Proves behaviour 85, the repair: callbacks that the user sets on input and output stay for
 * good, whatever the marks do, and hear of each change with exact lengths.
 */
#include "sides.h"

/* The changes that a buffer reported, one after another: "0>5 5>0 ". */
struct changes {
	char text[400];
	int calls;
};

static void
note_change(struct evbuffer *buf, size_t old, size_t now, void *arg)
{
	struct changes *changes = arg;
	size_t used = strlen(changes->text);

	CHECK_INT(EVBUFFER_LENGTH(buf), now);
	changes->calls++;
	snprintf(changes->text + used, sizeof(changes->text) - used, "%zu>%zu ", old, now);
}

static void
check_changes(struct changes *changes, const char *want)
{
	CHECK_STR(changes->text, want);
	changes->text[0] = '\0';
}

static void
check_still_set(struct evbuffer *buf, struct changes *changes)
{
	CHECK(buf->cb == note_change);
	CHECK_PTR(buf->cbarg, changes);
}

TEST(input_reports_reads_and_drains)
{
	struct changes changes = { "", 0 };
	struct side side;
	char data[3];

	init_base();
	open_side(&side);
	evbuffer_setcb(side.bev->input, note_change, &changes);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "hello");
	CHECK_INT(turn(), 0);
	check_changes(&changes, "0>5 ");
	say(side.peer, ", you");
	CHECK_INT(turn(), 0);
	check_changes(&changes, "5>10 ");
	CHECK_INT(bufferevent_read(side.bev, data, 3), 3);
	evbuffer_drain(side.bev->input, 1);
	check_changes(&changes, "10>7 7>6 ");
	CHECK_INT(bufferevent_read(side.bev, data, 0), 0);
	check_changes(&changes, "");
	CHECK_INT(side.reads, 2);
	check_still_set(side.bev->input, &changes);
	close_side(&side);
}

TEST(output_reports_writes)
{
	struct changes changes = { "", 0 };
	struct side side;

	init_base();
	open_side(&side);
	evbuffer_setcb(side.bev->output, note_change, &changes);
	CHECK_INT(write_text(side.bev, "hello"), 0);
	CHECK_INT(write_text(side.bev, ", you"), 0);
	check_changes(&changes, "0>5 5>10 ");
	CHECK_INT(bufferevent_write(side.bev, "", 0), 0);
	CHECK_INT(event_dispatch(), 1);
	check_changes(&changes, "10>0 ");
	CHECK_INT(side.writes, 1);
	check_still_set(side.bev->output, &changes);
	close_side(&side);
}

static void
trace_change(struct evbuffer *buf, size_t old, size_t now, void *arg)
{
	(void)buf;
	trace(now > old ? "+" : "-");
	trace(arg);
}

static void
trace_read(struct bufferevent *bev, void *arg)
{
	side_read(bev, arg);
	trace(" readcb ");
}

static void
trace_written(struct bufferevent *bev, void *arg)
{
	side_written(bev, arg);
	trace(" writecb ");
}

/* The buffer's callback comes first, then the bufferevent's. */
TEST(buffers_report_before_the_bufferevent_does)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setcb(side.bev, trace_read, trace_written, side_failed, &side);
	evbuffer_setcb(side.bev->input, trace_change, "in");
	evbuffer_setcb(side.bev->output, trace_change, "out");
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "x");
	CHECK_INT(turn(), 0);
	CHECK_STR(traced(), "+in readcb ");
	CHECK_INT(write_text(side.bev, "x"), 0);
	CHECK_INT(turn(), 0);
	CHECK_STR(traced(), "+in readcb +out-out writecb ");
	close_side(&side);
}

TEST(marks_do_not_remove_it)
{
	struct changes in = { "", 0 }, out = { "", 0 };
	struct side side;

	init_base();
	open_side(&side);
	evbuffer_setcb(side.bev->input, note_change, &in);
	evbuffer_setcb(side.bev->output, note_change, &out);
	bufferevent_setwatermark(side.bev, EV_READ, 10, 20);
	bufferevent_setwatermark(side.bev, EV_WRITE, 10, 20);
	bufferevent_setwatermark(side.bev, EV_READ | EV_WRITE, 0, 0);
	check_still_set(side.bev->input, &in);
	check_still_set(side.bev->output, &out);
	CHECK_INT(in.calls + out.calls, 0);
	close_side(&side);
}

/* Stopping, draining and starting again go on behind it. */
TEST(stopping_and_starting_leave_it_there)
{
	struct changes changes = { "", 0 };
	struct side side;
	int i;

	init_base();
	open_side(&side);
	evbuffer_setcb(side.bev->input, note_change, &changes);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 4);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "0123456789");
	for (i = 0; i < 2; i++) {
		CHECK_INT(event_dispatch(), 1);
		check_changes(&changes, "0>4 ");
		CHECK_INT(reading(&side), 0);
		check_still_set(side.bev->input, &changes);
		evbuffer_drain(side.bev->input, 4);
		check_changes(&changes, "4>0 ");
		CHECK_INT(reading(&side), EV_READ);
		check_still_set(side.bev->input, &changes);
	}
	CHECK_INT(turn(), 0);
	check_changes(&changes, "0>2 ");
	CHECK_INT(side.reads, 3);
	close_side(&side);
}

/* Set or taken away while reading is stopped, it makes no difference to the start. */
TEST(it_may_be_changed_while_reading_is_stopped)
{
	struct changes changes = { "", 0 };
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 4);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "0123456789");
	CHECK_INT(event_dispatch(), 1);
	evbuffer_setcb(side.bev->input, note_change, &changes);
	evbuffer_drain(side.bev->input, 4);
	CHECK_INT(event_dispatch(), 1);
	check_changes(&changes, "4>0 0>4 ");
	evbuffer_setcb(side.bev->input, NULL, NULL);
	evbuffer_drain(side.bev->input, 4);
	CHECK_INT(turn(), 0);
	CHECK_STR(text_of(side.bev->input), "89");
	CHECK_INT(side.reads, 3);
	CHECK_INT(changes.calls, 2);
	close_side(&side);
}

/* A callback that takes the data away as it comes: a consumer without a readcb. */
static void
consume(struct evbuffer *buf, size_t old, size_t now, void *arg)
{
	size_t *total = arg;

	if (now > old) {
		*total += now;
		evbuffer_drain(buf, now);
	}
}

TEST(it_may_consume_what_was_read)
{
	size_t total = 0;
	struct side side;

	init_base();
	open_side(&side);
	side.bev->readcb = NULL;
	evbuffer_setcb(side.bev->input, consume, &total);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 4);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "0123456789");
	CHECK_INT(turn(), 0);
	CHECK_INT(total, 10);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->input), 0);
	CHECK_INT(reading(&side), EV_READ);
	close_side(&side);
}

/* One that adds to the output, as a protocol's filter might: it all goes out. */
static void
terminate_once(struct evbuffer *buf, size_t old, size_t now, void *arg)
{
	int *done = arg;

	if (now > old && !*done) {
		*done = 1;
		CHECK_INT(evbuffer_add(buf, "\n", 1), 0);
	}
}

TEST(it_may_add_to_the_output)
{
	struct side side;
	int done = 0;

	init_base();
	open_side(&side);
	evbuffer_setcb(side.bev->output, terminate_once, &done);
	CHECK_INT(write_text(side.bev, "line"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "line\n");
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

static void
refill(struct evbuffer *buf, size_t old, size_t now, void *arg)
{
	struct side *side = arg;

	(void)buf;
	if (now < old && now == 0 && side->input < 3) {
		side->input++;
		CHECK_INT(write_text(side->bev, "more"), 0);
	}
}

/* Refilled while it is being written: that goes out later, and writecb waits for it. */
TEST(it_may_write_when_the_output_has_gone)
{
	struct side side;

	init_base();
	open_side(&side);
	evbuffer_setcb(side.bev->output, refill, &side);
	CHECK_INT(write_text(side.bev, "more"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "moremoremoremore");
	CHECK(side.writes >= 1);
	CHECK_INT(side.output, 0);
	close_side(&side);
}
