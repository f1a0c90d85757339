/*
 * Every read and write moves one, two or three bytes at most: the same streams arrive, and the
 * callbacks come when their marks say, not more often (F3).
 */
#include "faults.h"
#include "stream_relay.h"

#define SHORT_CALLS(n)                                                          \
	"SHIM=fault FAULTS=read=SHORT" #n ",readv=SHORT" #n ",recv=SHORT" #n       \
	",recvmsg=SHORT" #n ",write=SHORT" #n ",writev=SHORT" #n ",send=SHORT" #n    \
	",sendmsg=SHORT" #n

/* From a source through a relay to a sink. */
static void
relayed(enum link_kind kind, enum pressure pressure, size_t total)
{
	struct relay relay;
	struct source source;
	struct sink sink;
	int from[2];
	int to[2];

	init_base();
	make_link(kind, from);
	make_link(kind, to);
	start_source(&source, from[1], total, 3);
	start_sink(&sink, to[0], total, 3);
	start_relay(&relay, from[0], to[1], pressure, 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(sink.got, total);
	CHECK_INT(sink.ended, 1);
	CHECK(relay.over);
	CHECK_INT(relay.side[0].errors, 1);
	CHECK_INT(relay.side[0].what, EVBUFFER_READ | EVBUFFER_EOF);
	CHECK_INT(relay.side[1].errors, 0);
}

TEST_ENV(one_byte_through_sockets, SHORT_CALLS(1))
{
	relayed(PAIR, BY_DISABLING, 5000);
}

TEST_ENV(two_bytes_through_pipes, SHORT_CALLS(2))
{
	relayed(PIPE, BY_MARK, 10000);
}

TEST_ENV(three_bytes_through_tcp, SHORT_CALLS(3))
{
	relayed(TCP, BY_DISABLING, 15000);
}

/* The readers and writers of one relay alone, whose output therefore grows to the mark. */
TEST_ENV(short_writes_against_whole_reads, "SHIM=fault FAULTS=send=SHORT3,write=SHORT3")
{
	relayed(PAIR, BY_MARK, 30000);
}

TEST_ENV(short_reads_against_whole_writes, "SHIM=fault FAULTS=readv=SHORT3,recv=SHORT3,read=SHORT3")
{
	relayed(PAIR, BY_DISABLING, 30000);
}

/* The callbacks */

static void
marks_hold(void)
{
	struct side side;
	int i;

	init_base();
	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_READ, 10, 25);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	for (i = 1; i <= 3; i++) {
		tell(side.peer, "0123456789");
		/* At the high mark there is nothing to wait for. */
		CHECK_INT(turn(), i == 3);
	}
	CHECK_STR(text_of(side.bev->input), "0123456789012345678901234");
	CHECK_INT(side.input, 25);
	CHECK_INT(side.errors, 0);
	evbuffer_drain(side.bev->input, 20);
	side.reads = 0;
	CHECK_INT(turn(), 0);
	/* Ten are complete with the last of them, and not before. */
	CHECK_STR(text_of(side.bev->input), "0123456789");
	CHECK_INT(side.reads, 1);
	CHECK_INT(write_text(side.bev, "an answer of some length"), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(side.writes, 1);
	CHECK_INT(side.output, 0);
	expect_told(side.peer, "an answer of some length");
	/* With a low mark the call comes earlier, and again with each write below it. */
	bufferevent_setwatermark(side.bev, EV_WRITE, 4, 0);
	side.writes = 0;
	CHECK_INT(write_text(side.bev, "0123456789"), 0);
	CHECK_INT(turn(), 0);
	CHECK(side.writes >= 2);
	CHECK(side.writes <= 5);
	expect_told(side.peer, "0123456789");
	close_side(&side);
}

TEST_ENV(marks_hold_byte_by_byte, SHORT_CALLS(1))
{
	marks_hold();
}

TEST_ENV(marks_hold_with_two_bytes_at_a_time, SHORT_CALLS(2))
{
	marks_hold();
}

TEST_ENV(marks_hold_with_three_bytes_at_a_time, SHORT_CALLS(3))
{
	marks_hold();
}

/* Echoes of all lengths, forward and back, byte by byte. */
static void
echo_back(struct bufferevent *bev, void *arg)
{
	(void)arg;
	CHECK_INT(bufferevent_write_buffer(bev, bev->input), 0);
}

TEST_ENV(echoes_byte_by_byte, SHORT_CALLS(1))
{
	struct bufferevent *bev;
	unsigned char got[300];
	size_t length, at;
	ssize_t n;
	int fds[2];

	init_base();
	make_pair(fds);
	bev = bufferevent_new(fds[0], echo_back, NULL, NULL, NULL);
	CHECK(bev != NULL);
	CHECK_INT(bufferevent_enable(bev, EV_READ), 0);
	for (length = 1; length < sizeof(got); length += 7) {
		const unsigned char *sent = pattern_of(length, length, 1);

		CHECK_INT(bare_write(fds[1], sent, length), (long long)length);
		/* Single bytes take much room in a socket: it may be full before all are back. */
		for (at = 0; at < length; at += (size_t)n) {
			CHECK_INT(turn(), 0);
			n = bare_read(fds[1], got + at, sizeof(got) - at);
			CHECK(n > 0);
		}
		CHECK_INT(at, length);
		CHECK(memcmp(got, sent, length) == 0);
	}
	bufferevent_free(bev);
}
