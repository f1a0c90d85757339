/*
 * Megabytes through relays of bufferevents, over sockets, pipes and terminals, with fast and slow
 * ends: every byte arrives, in order, and memory stays within the marks (behaviours 82-84, 88, 92;
 * F19).
 */
#include "stream_relay.h"

enum { MEGABYTE = 1 << 20, CHAIN = 3 };

/* The source, some relays, the sink: and then nothing is left that the loop could wait for. */
static void
through(enum link_kind kind, enum pressure pressure, size_t total, int relays, int slow)
{
	struct relay relay[CHAIN];
	struct source source;
	struct sink sink;
	int fds[CHAIN + 1][2];
	int open_before, i;

	init_base();
	open_before = open_fds();
	for (i = 0; i <= relays; i++)
		make_link(kind, fds[i]);
	start_source(&source, fds[0][1], total, 1);
	source.ends = kind != PTY;
	start_sink(&sink, fds[relays][0], total, 1);
	sink.breaks = kind == PTY;
	for (i = 0; i < relays; i++)
		start_relay(&relay[i], fds[i][0], fds[i + 1][1], pressure, 1);
	if (slow) {
		slow_down(&sink, 8192, 3);
		if (kind != PIPE)
			set_buffer(fds[relays][1], SO_SNDBUF, kind == PAIR ? 4096 : 65536);
		if (kind == TCP)
			set_buffer(fds[relays][0], SO_RCVBUF, 65536);
	}
	CHECK_INT(event_dispatch(), kind == PTY ? 0 : 1);
	CHECK_INT(sink.got, total);
	CHECK_INT(source.failed, 0);
	CHECK_INT(sink.ended, kind != PTY);
	for (i = 0; i < relays; i++) {
		if (kind == PTY)
			relay_free(&relay[i]);
		CHECK(relay[i].over);
		CHECK_INT(relay[i].side[0].errors, kind != PTY);
		CHECK_INT(relay[i].side[1].errors, 0);
		CHECK(!slow || relay[i].stops > 0);
	}
	/* A pipe's source has closed its end to say that it was the last. */
	if (kind != PIPE)
		close(fds[0][1]);
	close(fds[relays][0]);
	CHECK_INT(open_fds(), open_before);
}

TEST(through_a_socketpair)
{
	through(PAIR, BY_DISABLING, 4 * MEGABYTE, 1, 0);
}

TEST(through_a_socketpair_by_the_high_mark)
{
	through(PAIR, BY_MARK, 4 * MEGABYTE, 1, 0);
}

TEST(through_tcp)
{
	through(TCP, BY_DISABLING, 4 * MEGABYTE, 1, 0);
}

TEST(through_tcp_by_the_high_mark)
{
	through(TCP, BY_MARK, 4 * MEGABYTE, 1, 0);
}

TEST(through_pipes)
{
	through(PIPE, BY_DISABLING, 4 * MEGABYTE, 1, 0);
}

TEST(through_pipes_by_the_high_mark)
{
	through(PIPE, BY_MARK, 4 * MEGABYTE, 1, 0);
}

TEST(through_terminals)
{
	through(PTY, BY_DISABLING, MEGABYTE / 4, 1, 0);
}

TEST(through_terminals_by_the_high_mark)
{
	through(PTY, BY_MARK, MEGABYTE / 4, 1, 0);
}

TEST(through_three_relays_to_a_slow_reader)
{
	through(PAIR, BY_DISABLING, 2 * MEGABYTE, CHAIN, 1);
}

TEST(through_three_relays_by_the_high_mark_to_a_slow_reader)
{
	through(PAIR, BY_MARK, 2 * MEGABYTE, CHAIN, 1);
}

TEST(through_tcp_to_a_slow_reader)
{
	through(TCP, BY_DISABLING, MEGABYTE, 1, 1);
}

TEST(through_tcp_by_the_high_mark_to_a_slow_reader)
{
	through(TCP, BY_MARK, MEGABYTE, 1, 1);
}

TEST(through_pipes_to_a_slow_reader)
{
	through(PIPE, BY_MARK, MEGABYTE, CHAIN, 1);
}

/* A writer whose writecb writes the next block: its output never holds more than one. */
struct writer {
	struct bufferevent *bev;
	size_t queued, total;
	int calls;
};

static void
write_next(struct bufferevent *bev, void *arg)
{
	struct writer *w = arg;
	size_t size = w->total - w->queued;

	w->calls++;
	CHECK_INT(EVBUFFER_LENGTH(bev->output), 0);
	if (size > 10000)
		size = 10000;
	if (size > 0)
		CHECK_INT(bufferevent_write(bev, pattern_of(w->queued, size, 9), size), 0);
	w->queued += size;
}

static void
no_error(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)arg;
	test_fail(__FILE__, __LINE__, "errorcb with 0x%x, errno %d", (unsigned)what, errno);
}

static void
check_block(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg)
{
	(void)arg;
	CHECK(old_length != new_length);
	CHECK(new_length <= 10000);
	CHECK(buf->totallen <= 16384);
}

TEST(a_writer_driven_by_writecb)
{
	struct writer w = { NULL, 0, MEGABYTE, 0 };
	struct sink sink;
	int fds[2];

	init_base();
	make_pair(fds);
	set_buffer(fds[1], SO_SNDBUF, 4096);
	w.bev = bufferevent_new(fds[1], NULL, write_next, no_error, &w);
	CHECK(w.bev != NULL);
	evbuffer_setcb(w.bev->output, check_block, NULL);
	start_sink(&sink, fds[0], w.total, 9);
	sink.breaks = 1;
	CHECK_INT(bufferevent_enable(w.bev, EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	CHECK_INT(sink.got, w.total);
	/* The first call is that of enabling, the last one finds nothing left to write. */
	CHECK_INT(w.calls, (MEGABYTE + 9999) / 10000 + 1);
	bufferevent_free(w.bev);
}

/* A reader that takes input in one piece when it is complete: the low mark waits for it. */
static void
take_piece(struct bufferevent *bev, void *arg)
{
	size_t *taken = arg;
	size_t piece = bev->wm_read.low;

	CHECK(EVBUFFER_LENGTH(bev->input) >= piece);
	while (EVBUFFER_LENGTH(bev->input) >= piece) {
		check_pattern(EVBUFFER_DATA(bev->input), *taken, piece, 4);
		evbuffer_drain(bev->input, piece);
		*taken += piece;
	}
	if (*taken == MEGABYTE)
		CHECK_INT(event_loopbreak(), 0);
}

TEST(pieces_by_the_low_mark)
{
	struct bufferevent *bev;
	struct source source;
	size_t taken = 0;
	int fds[2];

	init_base();
	make_link(TCP, fds);
	bev = bufferevent_new(fds[0], take_piece, NULL, no_error, &taken);
	CHECK(bev != NULL);
	bufferevent_setwatermark(bev, EV_READ, 1 << 15, 1 << 16);
	CHECK_INT(bufferevent_enable(bev, EV_READ), 0);
	start_source(&source, fds[1], MEGABYTE, 4);
	source.ends = 0;
	source.chunk = 1111;
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(taken, MEGABYTE);
	CHECK(bev->input->totallen <= 1 << 18);
	bufferevent_free(bev);
}
