/*
 * Proves behaviour 94: programs that put callbacks of their own into a bufferevent's two events,
 * as those do that speak TLS over one. The transport here sends each byte with its top bit set,
 * so that nothing can pass by it unnoticed. It does for itself what the library does otherwise:
 * adds its one-shot events again, keeps the marks, and leaves the restart of reading to
 * bufferevent_read_pressure_cb.
 */
#include "sides.h"

void bufferevent_read_pressure_cb(struct evbuffer *buf, size_t old, size_t now, void *arg);

enum { TOP = 0x80, CHUNK = 100 };

static void
flip(unsigned char *data, size_t length)
{
	while (length > 0)
		data[--length] ^= TOP;
}

/* Adds an event with a timeout in seconds; 0 is none. */
static void
add_again(struct event *ev, int seconds)
{
	struct timeval tv = { seconds, 0 };

	CHECK_INT(event_add(ev, seconds != 0 ? &tv : NULL), 0);
}

static void
stop_reading(struct bufferevent *bev)
{
	CHECK_INT(event_del(&bev->ev_read), 0);
	evbuffer_setcb(EVBUFFER_INPUT(bev), bufferevent_read_pressure_cb, bev);
}

/* How much may be read; 0 when the high mark has been met. */
static size_t
room_for(const struct bufferevent *bev)
{
	size_t length = EVBUFFER_LENGTH(EVBUFFER_INPUT(bev));

	if (bev->wm_read.high == 0)
		return CHUNK;
	if (length >= bev->wm_read.high)
		return 0;
	return bev->wm_read.high - length < CHUNK ? bev->wm_read.high - length : CHUNK;
}

static void
own_read(int fd, short what, void *arg)
{
	struct bufferevent *bev = arg;
	unsigned char data[CHUNK];
	size_t room = room_for(bev), length;
	ssize_t n;

	if (what == EV_TIMEOUT) {
		(*bev->errorcb)(bev, EVBUFFER_READ | EVBUFFER_TIMEOUT, bev->cbarg);
		return;
	}
	if (room == 0) {
		stop_reading(bev);
		return;
	}
	n = read(fd, data, room);
	if (n <= 0) {
		(*bev->errorcb)(bev, EVBUFFER_READ | (n == 0 ? EVBUFFER_EOF : EVBUFFER_ERROR),
		    bev->cbarg);
		return;
	}
	flip(data, (size_t)n);
	CHECK_INT(evbuffer_add(EVBUFFER_INPUT(bev), data, (size_t)n), 0);
	add_again(&bev->ev_read, bev->timeout_read);
	length = EVBUFFER_LENGTH(EVBUFFER_INPUT(bev));
	if (bev->wm_read.low != 0 && length < bev->wm_read.low)
		return;
	if (bev->wm_read.high != 0 && length >= bev->wm_read.high)
		stop_reading(bev);
	if (bev->readcb != NULL)
		(*bev->readcb)(bev, bev->cbarg);
}

static void
own_write(int fd, short what, void *arg)
{
	struct bufferevent *bev = arg;
	struct evbuffer *output = EVBUFFER_OUTPUT(bev);
	unsigned char data[CHUNK];
	size_t length = EVBUFFER_LENGTH(output) < CHUNK ? EVBUFFER_LENGTH(output) : CHUNK;
	ssize_t n;

	if (what == EV_TIMEOUT) {
		(*bev->errorcb)(bev, EVBUFFER_WRITE | EVBUFFER_TIMEOUT, bev->cbarg);
		return;
	}
	if (length > 0) {
		memcpy(data, EVBUFFER_DATA(output), length);
		flip(data, length);
		n = write(fd, data, length);
		CHECK(n != -1 || errno == EAGAIN);
		evbuffer_drain(output, n > 0 ? (size_t)n : 0);
	}
	if (EVBUFFER_LENGTH(output) > 0)
		add_again(&bev->ev_write, bev->timeout_write);
	if (bev->writecb != NULL && EVBUFFER_LENGTH(output) <= bev->wm_write.low)
		(*bev->writecb)(bev, bev->cbarg);
}

static void
replace_events(struct bufferevent *bev)
{
	int fd = bev->ev_read.ev_fd;

	event_set(&bev->ev_read, fd, EV_READ, own_read, bev);
	event_set(&bev->ev_write, fd, EV_WRITE, own_write, bev);
	if (bev->ev_base != NULL)
		CHECK_INT(bufferevent_base_set(bev->ev_base, bev), 0);
}

static void
open_replaced(struct side *side)
{
	open_side(side);
	replace_events(side->bev);
}

/* What the peer got, and says, the transport's way. */
static const char *
heard_top(int fd)
{
	static unsigned char text[65536];
	size_t length = 0;
	ssize_t n;

	while ((n = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
		length += (size_t)n;
	flip(text, length);
	text[length] = '\0';
	return (char *)text;
}

static void
say_top(int fd, const char *text)
{
	unsigned char data[CHUNK];
	size_t length = strlen(text);

	CHECK(length <= sizeof(data));
	memcpy(data, text, length);
	flip(data, length);
	CHECK_INT(write(fd, data, length), (int)length);
}

TEST(enabling_adds_the_program_s_events)
{
	struct side side;

	init_base();
	open_replaced(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(reading(&side), EV_READ);
	say_top(side.peer, "hello");
	CHECK_INT(turn(), 0);
	CHECK_STR(text_of(side.bev->input), "hello");
	CHECK_INT(side.reads, 1);
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(writing(&side), EV_WRITE);
	CHECK_INT(turn(), 0);
	CHECK_INT(side.writes, 1);
	CHECK_STR(heard(side.peer), "");
	close_side(&side);
}

TEST(writing_adds_the_program_s_event)
{
	struct side side;

	init_base();
	open_replaced(&side);
	CHECK_INT(write_text(side.bev, "one "), 0);
	CHECK_INT(writing(&side), EV_WRITE);
	CHECK_INT(write_text(side.bev, "two"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard_top(side.peer), "one two");
	CHECK_INT(side.writes, 1);
	CHECK_INT(writing(&side), 0);
	close_side(&side);
}

TEST(moving_a_buffer_adds_it_too)
{
	struct evbuffer *buf = evbuffer_new();
	struct side side;

	init_base();
	open_replaced(&side);
	CHECK_INT(evbuffer_add_printf(buf, "%d bytes", 7), 7);
	CHECK_INT(bufferevent_write_buffer(side.bev, buf), 0);
	CHECK_INT(writing(&side), EV_WRITE);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard_top(side.peer), "7 bytes");
	evbuffer_free(buf);
	close_side(&side);
}

/* In pieces: the program's event asks for the next one itself. */
TEST(much_goes_out_in_pieces)
{
	static char expected[50 * CHUNK + 1];
	struct side side;

	init_base();
	open_replaced(&side);
	memset(expected, 'm', sizeof(expected) - 1);
	CHECK_INT(write_text(side.bev, expected), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard_top(side.peer), expected);
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

TEST(disabling_deletes_the_program_s_events)
{
	struct side side;

	init_base();
	open_replaced(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "later"), 0);
	say_top(side.peer, "x");
	CHECK_INT(bufferevent_disable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(reading(&side) | writing(&side), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads + side.writes, 0);
	CHECK_STR(heard(side.peer), "");
	CHECK_INT(write_text(side.bev, " still"), 0);
	CHECK_INT(writing(&side), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(turn(), 0);
	CHECK_STR(heard_top(side.peer), "later still");
	CHECK_INT(side.reads, 1);
	close_side(&side);
}

TEST(the_high_mark_stops_and_a_drain_starts_it)
{
	struct side side;

	init_base();
	open_replaced(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 2, 4);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say_top(side.peer, "0123456789");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	CHECK_INT(reading(&side), 0);
	evbuffer_drain(side.bev->input, 1);
	CHECK_INT(reading(&side), EV_READ);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(text_of(side.bev->input), "1234");
	evbuffer_drain(side.bev->input, 4);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(text_of(side.bev->input), "5678");
	CHECK_INT(side.reads, 3);
	close_side(&side);
}

TEST(not_while_it_is_disabled_or_still_full)
{
	struct side side;

	init_base();
	open_replaced(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 4);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say_top(side.peer, "0123456789");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(evbuffer_add(side.bev->input, "more", 4), 0);
	evbuffer_drain(side.bev->input, 4);
	CHECK_INT(reading(&side), 0);
	CHECK_INT(bufferevent_disable(side.bev, EV_READ), 0);
	evbuffer_drain(side.bev->input, 4);
	CHECK_INT(reading(&side), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(text_of(side.bev->input), "4567");
	close_side(&side);
}

TEST(a_raised_mark_starts_it)
{
	struct side side;

	init_base();
	open_replaced(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 4);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say_top(side.peer, "0123456789");
	CHECK_INT(event_dispatch(), 1);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 8);
	CHECK_INT(reading(&side), EV_READ);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(text_of(side.bev->input), "01234567");
	close_side(&side);
}

TEST(timeouts_are_those_of_the_program_s_events)
{
	struct side side;

	init_base();
	open_replaced(&side);
	bufferevent_settimeout(side.bev, 100, 200);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "x"), 0);
	CHECK_INT(reading(&side), EV_READ | EV_TIMEOUT);
	CHECK_INT(writing(&side), EV_WRITE | EV_TIMEOUT);
	turn();
	CHECK_INT(reading(&side), EV_READ | EV_TIMEOUT);
	CHECK_INT(writing(&side), 0);
	bufferevent_settimeout(side.bev, 1, 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_TIMEOUT);
	close_side(&side);
}

/*
 * From plain to secure in the middle of a connection: what was written but has not gone yet
 * goes the new way, or not at all until the program says so.
 */
TEST(replaced_with_a_write_queued)
{
	struct side side;
	char sent[20];

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "secret"), 0);
	CHECK_INT(event_del(&side.bev->ev_read), 0);
	CHECK_INT(event_del(&side.bev->ev_write), 0);
	replace_events(side.bev);
	turn();
	snprintf(sent, sizeof(sent), "%s", heard_top(side.peer));
	CHECK_INT(strlen(sent) + EVBUFFER_LENGTH(side.bev->output), 6);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	say_top(side.peer, "in");
	CHECK_INT(turn(), 0);
	strncat(sent, heard_top(side.peer), sizeof(sent) - strlen(sent) - 1);
	CHECK_STR(sent, "secret");
	CHECK_STR(text_of(side.bev->input), "in");
	close_side(&side);
}

static void
secure_when_sent(struct bufferevent *bev, void *arg)
{
	side_written(bev, arg);
	bufferevent_setcb(bev, side_read, side_written, side_failed, arg);
	CHECK_INT(bufferevent_disable(bev, EV_READ | EV_WRITE), 0);
	replace_events(bev);
	CHECK_INT(bufferevent_enable(bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(write_text(bev, "secret"), 0);
}

TEST(replaced_in_writecb)
{
	struct side side;

	init_base();
	open_side(&side);
	side.bev->writecb = secure_when_sent;
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "220 ready"), 0);
	while (side.writes == 0)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK(strncmp(heard(side.peer), "220 ready", 9) == 0);
	CHECK_INT(turn(), 0);
	CHECK_STR(heard_top(side.peer), "secret");
	say_top(side.peer, "in");
	CHECK_INT(turn(), 0);
	CHECK_STR(text_of(side.bev->input), "in");
	close_side(&side);
}

TEST(on_a_base_of_its_own)
{
	struct event_base *base = event_base_new();
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_base_set(base, side.bev), 0);
	replace_events(side.bev);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "out"), 0);
	say_top(side.peer, "in");
	CHECK_INT(event_base_loop(base, EVLOOP_NONBLOCK), 0);
	CHECK_STR(heard_top(side.peer), "out");
	CHECK_STR(text_of(side.bev->input), "in");
	close_side(&side);
	event_base_free(base);
}

static void
echo_and_free(struct bufferevent *bev, void *arg)
{
	struct side *side = arg;

	side_read(bev, arg);
	if (side->reads < 3) {
		CHECK_INT(bufferevent_write_buffer(bev, bev->input), 0);
		return;
	}
	bufferevent_free(bev);
	side->bev = NULL;
}

TEST(freed_in_readcb)
{
	struct side side;
	int fd, i;

	init_base();
	open_replaced(&side);
	fd = fd_of(&side);
	side.bev->readcb = echo_and_free;
	bufferevent_setwatermark(side.bev, EV_READ, 0, 4);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	for (i = 0; i < 3; i++) {
		say_top(side.peer, "echo");
		turn();
		CHECK_STR(heard_top(side.peer), i < 2 ? "echo" : "");
	}
	CHECK_PTR(side.bev, NULL);
	CHECK_INT(event_dispatch(), 1);
	close(fd);
	close(side.peer);
}

TEST(setfd_brings_the_library_s_events_back)
{
	struct side side;
	int fds[2];

	init_base();
	open_replaced(&side);
	make_pair(fds);
	close(fd_of(&side));
	close(side.peer);
	bufferevent_setfd(side.bev, fds[0]);
	side.peer = fds[1];
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(write_text(side.bev, "plain"), 0);
	say(side.peer, "in");
	CHECK_INT(turn(), 0);
	CHECK_STR(heard(side.peer), "plain");
	CHECK_STR(text_of(side.bev->input), "in");
	close_side(&side);
}
