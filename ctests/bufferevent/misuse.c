/* Proves that callers' mistakes with bufferevents are errors, or nothing at all: never a crash. */
#include "sides.h"

void bufferevent_read_pressure_cb(struct evbuffer *buf, size_t old, size_t now, void *arg);

TEST_ONCE(without_a_bufferevent)
{
	struct event_base *base = init_base();
	struct evbuffer *buf = evbuffer_new();
	char data[4];

	capture_log();
	bufferevent_free(NULL);
	CHECK_INT(logged(_EVENT_LOG_WARN), 0);
	CHECK_ERRNO(bufferevent_enable(NULL, EV_READ), EINVAL);
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
	CHECK_ERRNO(bufferevent_disable(NULL, EV_READ), EINVAL);
	CHECK_ERRNO(bufferevent_write(NULL, "x", 1), EINVAL);
	CHECK_ERRNO(bufferevent_write_buffer(NULL, buf), EINVAL);
	CHECK_ERRNO(bufferevent_base_set(base, NULL), EINVAL);
	CHECK_ERRNO(bufferevent_priority_set(NULL, 0), EINVAL);
	CHECK_INT(bufferevent_read(NULL, data, sizeof(data)), 0);
	bufferevent_setcb(NULL, NULL, NULL, NULL, NULL);
	bufferevent_setfd(NULL, 0);
	bufferevent_settimeout(NULL, 1, 1);
	bufferevent_setwatermark(NULL, EV_READ, 1, 2);
	CHECK_INT(logged(_EVENT_LOG_ERR), 0);
	evbuffer_free(buf);
}

TEST_ONCE(the_same_mistake_is_logged_once)
{
	int i, first;

	init_base();
	capture_log();
	CHECK_ERRNO(bufferevent_write(NULL, "x", 1), EINVAL);
	first = logged(_EVENT_LOG_WARN);
	CHECK_INT(first, 1);
	for (i = 0; i < 10; i++)
		CHECK_ERRNO(bufferevent_write(NULL, "x", 1), EINVAL);
	CHECK_INT(logged(_EVENT_LOG_WARN), first);
}

TEST_ONCE(without_what_goes_with_it)
{
	struct side side;
	char data[4];

	init_base();
	capture_log();
	open_side(&side);
	CHECK_ERRNO(bufferevent_write(side.bev, NULL, 1), EINVAL);
	CHECK_ERRNO(bufferevent_write_buffer(side.bev, NULL), EINVAL);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->output), 0);
	CHECK_INT(evbuffer_add(side.bev->input, "data", 4), 0);
	CHECK_INT(bufferevent_read(side.bev, NULL, 4), 0);
	CHECK_INT(bufferevent_read(side.bev, data, 4), 4);
	CHECK_ERRNO(bufferevent_base_set(NULL, side.bev), EINVAL);
	CHECK_PTR(side.bev->ev_read.ev_base, current_base);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes + side.errors, 0);
	close_side(&side);
}

TEST_ONCE(more_than_memory_holds)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_ERRNO(bufferevent_write(side.bev, "x", SIZE_MAX), ENOMEM);
	CHECK_INT(write_text(side.bev, "abc"), 0);
	CHECK_ERRNO(bufferevent_write(side.bev, "x", SIZE_MAX - 2), ENOMEM);
	CHECK_ERRNO(bufferevent_write(side.bev, "x", SIZE_MAX / 2 + 1), ENOMEM);
	CHECK_STR(text_of(side.bev->output), "abc");
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "abc");
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

/* The whole range of a mark: no arithmetic goes wrong at its end. */
TEST(marks_without_bounds)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ | EV_WRITE, SIZE_MAX, SIZE_MAX);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "hello");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 0);
	CHECK_STR(text_of(side.bev->input), "hello");
	bufferevent_setwatermark(side.bev, EV_READ, 0, SIZE_MAX);
	say(side.peer, "!");
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 1);
	CHECK_STR(text_of(side.bev->input), "hello!");
	CHECK_INT(write_text(side.bev, "x"), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

/* Bits that mean nothing to a bufferevent do no harm to those that do. */
TEST(masks_with_other_bits)
{
	static const short masks[] = { EV_TIMEOUT, EV_SIGNAL, EV_PERSIST, 0x100, ~7 };
	struct side side;
	size_t i;

	init_base();
	capture_log();
	open_side(&side);
	for (i = 0; i < COUNT(masks); i++) {
		bufferevent_enable(side.bev, (short)(masks[i] & ~(EV_READ | EV_WRITE)));
		bufferevent_disable(side.bev, (short)(masks[i] & ~(EV_READ | EV_WRITE)));
		bufferevent_setwatermark(side.bev, masks[i], 1000, 1);
		CHECK_INT(side.bev->enabled & (EV_READ | EV_WRITE), EV_WRITE);
		CHECK_INT(reading(&side) | writing(&side), 0);
	}
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "in");
	CHECK_INT(write_text(side.bev, "out"), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(side.reads, 1);
	CHECK_INT(side.writes, 1);
	CHECK_STR(heard(side.peer), "out");
	CHECK_INT(logged(_EVENT_LOG_ERR), 0);
	close_side(&side);
}

/* Negative seconds cannot mean "for ever": whatever they do, the loop lives. */
TEST(negative_timeouts)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_settimeout(side.bev, -1, -1);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "x"), 0);
	event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
	event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
	CHECK_STR(heard(side.peer), "x");
	bufferevent_settimeout(side.bev, INT32_MAX, INT32_MIN);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	turn();
	close_side(&side);
}

/* What 1.4 exports for those who replace its events; handed a nonsense length, it is harmless. */
TEST_ONCE(the_pressure_callback_without_its_argument)
{
	struct evbuffer *buf = evbuffer_new();

	init_base();
	capture_log();
	bufferevent_read_pressure_cb(buf, 5, 1, NULL);
	bufferevent_read_pressure_cb(NULL, 5, 1, NULL);
	CHECK_INT(logged(_EVENT_LOG_ERR), 0);
	evbuffer_free(buf);
}

static void
unexpected(struct bufferevent *bev, void *arg)
{
	(void)bev;
	(void)arg;
	CHECK(0);
}

/* Everything on one that has no descriptor, and no base. */
TEST_ONCE(without_a_base_or_a_descriptor)
{
	struct evbuffer *buf = evbuffer_new();
	struct bufferevent *bev;

	capture_log();
	bev = bufferevent_new(-1, unexpected, unexpected, NULL, NULL);
	CHECK(bev != NULL);
	CHECK_INT(bufferevent_enable(bev, EV_READ), -1);
	CHECK_INT(bufferevent_disable(bev, EV_WRITE), 0);
	CHECK_INT(write_text(bev, "kept"), 0);
	CHECK_INT(evbuffer_add(buf, ", too", 5), 0);
	CHECK_INT(bufferevent_write_buffer(bev, buf), 0);
	bufferevent_setwatermark(bev, EV_READ | EV_WRITE, 1, 2);
	bufferevent_settimeout(bev, 1, 1);
	CHECK_STR(text_of(bev->output), "kept, too");
	CHECK_INT(logged(_EVENT_LOG_ERR), 0);
	bufferevent_free(bev);
	evbuffer_free(buf);
}
