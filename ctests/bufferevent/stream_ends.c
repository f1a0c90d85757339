/*
 * Ends of streams through relays, which pass both directions on: half-closes in either order,
 * resets in the middle, and a hundred connections that end each in its own way (behaviours 84-86;
 * F16, F17).
 */
#include "stream_relay.h"

#include <stddef.h>

enum { MANY = 100 };

/* A client and a server with a relay between them; both send, and check what they get. */
struct talk {
	struct relay relay;
	int client, server;
	struct source asks, answers;
	struct sink asked, answered;
};

/* The relay is between the bare ends. */
static void
start_talk(struct talk *t, enum link_kind kind, enum pressure pressure)
{
	int left[2];
	int right[2];

	memset(t, 0, sizeof(*t));
	make_link(kind, left);
	make_link(kind, right);
	t->client = left[1];
	t->server = right[0];
	start_relay(&t->relay, left[0], right[1], pressure, 0);
}

static void
ask(struct talk *t, size_t total, unsigned seed)
{
	start_source(&t->asks, t->client, total, seed);
	start_sink(&t->asked, t->server, total, seed);
}

static void
answer(struct talk *t, size_t total, unsigned seed)
{
	start_source(&t->answers, t->server, total, seed);
	start_sink(&t->answered, t->client, total, seed);
}

static void
close_ends(struct talk *t)
{
	close(t->client);
	close(t->server);
}

static void
check_whole(const struct sink *s)
{
	CHECK_INT(s->got, s->total);
	CHECK_INT(s->ended, 1);
	CHECK_INT(s->failed, 0);
}

/* Ended in order: one end of stream from each side, nothing else. */
static void
check_ended(const struct relay *r)
{
	int i;

	CHECK(r->over);
	for (i = 0; i < 2; i++) {
		CHECK_INT(r->side[i].errors, 1);
		CHECK_INT(r->side[i].what, EVBUFFER_READ | EVBUFFER_EOF);
	}
}

/* The server answers only when it has seen the end of the question. */
static struct talk *waiting_talk;

static void
answer_at_the_end(int fd, short what, void *arg)
{
	struct sink *asked = arg;

	sink_cb(fd, what, asked);
	if (asked->ended)
		answer(waiting_talk, 300000, 6);
}

static void
question_then_answer(enum link_kind kind, enum pressure pressure)
{
	struct talk t;
	int open_before;

	init_base();
	open_before = open_fds();
	start_talk(&t, kind, pressure);
	waiting_talk = &t;
	ask(&t, 300000, 5);
	t.asked.ev.ev_callback = answer_at_the_end;
	CHECK_INT(event_dispatch(), 1);
	check_whole(&t.asked);
	check_whole(&t.answered);
	check_ended(&t.relay);
	close_ends(&t);
	CHECK_INT(open_fds(), open_before);
}

TEST(an_answer_after_the_end_of_the_question)
{
	question_then_answer(PAIR, BY_DISABLING);
}

TEST(an_answer_after_the_end_of_the_question_over_tcp)
{
	question_then_answer(TCP, BY_MARK);
}

/* The other order: the server has ended before the client begins. */
static void
answer_then_question(enum link_kind kind)
{
	struct talk t;

	init_base();
	start_talk(&t, kind, BY_DISABLING);
	answer(&t, 0, 2);
	while (t.answered.ended == 0)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(t.relay.side[1].errors, 1);
	CHECK_INT(t.relay.side[0].errors, 0);
	ask(&t, 300000, 3);
	CHECK_INT(event_dispatch(), 1);
	check_whole(&t.asked);
	check_ended(&t.relay);
	close_ends(&t);
}

TEST(a_question_after_the_end_of_the_answer)
{
	answer_then_question(PAIR);
}

TEST(a_question_after_the_end_of_the_answer_over_tcp)
{
	answer_then_question(TCP);
}

/* Both at once, in both directions. */
static void
both_ways(enum link_kind kind, enum pressure pressure)
{
	struct talk t;

	init_base();
	start_talk(&t, kind, pressure);
	ask(&t, 1000000, 7);
	answer(&t, 1300000, 8);
	CHECK_INT(event_dispatch(), 1);
	check_whole(&t.asked);
	check_whole(&t.answered);
	check_ended(&t.relay);
	close_ends(&t);
}

TEST(both_ways_at_once)
{
	both_ways(PAIR, BY_MARK);
}

TEST(both_ways_at_once_over_tcp)
{
	both_ways(TCP, BY_DISABLING);
}

/* Resets */

static void
reset_end(int fd)
{
	struct linger at_once = { 1, 0 };

	CHECK_INT(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(fd);
}

/* Resets the server's end when some has arrived. */
static void
reset_in_the_middle(int fd, short what, void *arg)
{
	struct sink *s = arg;
	struct talk *t = (struct talk *)((char *)s - offsetof(struct talk, asked));

	sink_cb(fd, what, s);
	if (s->got < s->total / 2 && s->got < 500000)
		return;
	CHECK_INT(event_del(&s->ev), 0);
	if (event_initialized(&t->answers.ev))
		CHECK_INT(event_del(&t->answers.ev), 0);
	reset_end(fd);
}

/*
 * The relay hears of it once, from the side that was reset, frees both in the callback and is
 * not called again; the source on the other side finds its connection gone.
 */
TEST(a_reset_in_the_middle)
{
	struct talk t;
	int open_before;

	signal(SIGPIPE, SIG_IGN);
	init_base();
	open_before = open_fds();
	start_talk(&t, TCP, BY_DISABLING);
	ask(&t, 40000000, 5);
	t.asked.ev.ev_callback = reset_in_the_middle;
	CHECK_INT(event_dispatch(), 1);
	CHECK(t.relay.over);
	CHECK_INT(t.relay.side[0].errors, 0);
	CHECK_INT(t.relay.side[1].errors, 1);
	CHECK(t.relay.side[1].what & EVBUFFER_ERROR);
	CHECK(t.relay.side[1].error == ECONNRESET || t.relay.side[1].error == EPIPE);
	CHECK(t.asks.failed == ECONNRESET || t.asks.failed == EPIPE);
	close(t.client);
	CHECK_INT(open_fds(), open_before);
}

/* What came before the reset of the sender's own side has been passed on or not: no crash. */
TEST(the_sender_resets)
{
	struct talk t;

	init_base();
	start_talk(&t, TCP, BY_MARK);
	ask(&t, 500000, 5);
	t.asks.ends = 0;
	while (t.asked.got < 100000)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	event_del(&t.asks.ev);
	reset_end(t.client);
	CHECK_INT(event_dispatch(), 1);
	CHECK(t.relay.over);
	CHECK_INT(t.relay.side[0].errors, 1);
	CHECK_INT(t.relay.side[0].what, EVBUFFER_READ | EVBUFFER_ERROR);
	CHECK_INT(t.relay.side[0].error, ECONNRESET);
	CHECK_INT(t.relay.side[1].errors, 0);
	CHECK(t.asked.ended || t.asked.failed);
	close(t.server);
}

/* A hundred at once: each third is slow, each fifth is reset, all the others are whole. */
TEST(a_hundred_connections)
{
	static struct talk talks[MANY];
	unsigned i;
	int open_before;

	signal(SIGPIPE, SIG_IGN);
	init_base();
	open_before = open_fds();
	for (i = 0; i < MANY; i++) {
		struct talk *t = &talks[i];

		start_talk(t, i % 2 ? TCP : PAIR, i % 4 < 2 ? BY_MARK : BY_DISABLING);
		ask(t, 30000 + 700 * i, i);
		answer(t, i % 7 == 0 ? 0 : 40000, i + 1);
		if (i % 3 == 0)
			slow_down(&t->answered, 2000, 2);
		if (i % 5 == 0)
			t->asked.ev.ev_callback = reset_in_the_middle;
	}
	CHECK_INT(event_dispatch(), 1);
	for (i = 0; i < MANY; i++) {
		struct talk *t = &talks[i];

		CHECK(t->relay.over);
		close(t->client);
		if (i % 5 == 0)
			continue;
		close(t->server);
		check_whole(&t->asked);
		check_whole(&t->answered);
		check_ended(&t->relay);
	}
	CHECK_INT(open_fds(), open_before);
}
