/*
 * Nobody is starved: however much a peer sends or a callback writes, each round has a bounded
 * number of its bytes, one turn of its callbacks, and everybody else's turn as well. Rounds are
 * counted by a hook before each wait, not by time.
 */
#include "stream.h"

enum { ROUNDS = 300, PEERS = 20 };

/* A peer whose socket always holds more than one turn, or always takes more. */
struct greedy {
	struct bufferevent *bev;
	int peer;
	size_t moved;		/* in all */
	int turns;		/* calls of its callback */
	int turns_before;	/* the last wait */
};

/* A timer and a quiet connection, which must have their turns in every round. */
static struct {
	struct event timer;
	int timers;
	struct bufferevent *bev;
	int peer;
	int asked, reads, answers;
	int rounds;
} quiet;

static struct greedy greedy[PEERS];
static int greedy_count;

static void
no_error(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)arg;
	test_fail(__FILE__, __LINE__, "errorcb with 0x%x, errno %d", (unsigned)what, errno);
}

static void
on_timer(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (++quiet.timers == ROUNDS)
		CHECK_INT(event_loopbreak(), 0);
	CHECK_INT(add_ms(&quiet.timer, 0), 0);
}

static void
echo(struct bufferevent *bev, void *arg)
{
	(void)arg;
	quiet.reads++;
	CHECK_INT(bufferevent_write_buffer(bev, bev->input), 0);
}

/* What was asked before the last wait has been read since, and is answered by the next one. */
static void
look_at_quiet(void)
{
	char byte;

	CHECK_INT(quiet.reads, quiet.asked);
	if (read(quiet.peer, &byte, 1) == 1)
		quiet.answers++;
	if (quiet.answers == quiet.asked) {
		put_byte(quiet.peer);
		quiet.asked++;
	}
}

static void
before_wait(struct evwatch *watch, const struct evwatch_prepare_cb_info *info, void *arg)
{
	void (*feed)(struct greedy *) = *(void (**)(struct greedy *))arg;
	int i;

	(void)watch;
	(void)info;
	quiet.rounds++;
	/* The loop may look a last time when it is broken: no more than one round without it. */
	CHECK(quiet.timers >= quiet.rounds - 2);
	look_at_quiet();
	for (i = 0; i < greedy_count; i++) {
		CHECK(greedy[i].turns <= greedy[i].turns_before + 1);
		greedy[i].turns_before = greedy[i].turns;
		feed(&greedy[i]);
	}
}

/*
 * Runs until the timer has had its rounds. Each of the greedy ones is fed before each round, and
 * has a turn in at least one out of so many.
 */
static void
run_rounds(void (*feed)(struct greedy *), int every)
{
	int fds[2];
	int i;

	make_pair(fds);
	quiet.peer = fds[1];
	quiet.bev = bufferevent_new(fds[0], echo, NULL, no_error, NULL);
	CHECK(quiet.bev != NULL);
	CHECK_INT(bufferevent_enable(quiet.bev, EV_READ), 0);
	evtimer_set(&quiet.timer, on_timer, NULL);
	CHECK_INT(add_ms(&quiet.timer, 0), 0);
	CHECK(evhub_evwatch_prepare_new(current_base, before_wait, &feed) != NULL);
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(quiet.timers, ROUNDS);
	CHECK(quiet.rounds <= ROUNDS + 2);
	/* An answer goes out at the end of the round that read the question. */
	CHECK(quiet.answers >= ROUNDS / 2 - 2);
	for (i = 0; i < greedy_count; i++)
		CHECK(greedy[i].turns >= ROUNDS / every - 2);
	bufferevent_free(quiet.bev);
}

static struct greedy *
add_greedy(evbuffercb readcb, evbuffercb writecb)
{
	struct greedy *g = &greedy[greedy_count++];
	int fds[2];

	make_pair(fds);
	set_buffer(fds[0], SO_SNDBUF, 1 << 20);
	set_buffer(fds[1], SO_SNDBUF, 1 << 20);
	g->peer = fds[1];
	g->bev = bufferevent_new(fds[0], readcb, writecb, no_error, g);
	CHECK(g->bev != NULL);
	return g;
}

/* Reading */

static void
swallow(struct bufferevent *bev, void *arg)
{
	struct greedy *g = arg;
	size_t length = EVBUFFER_LENGTH(bev->input);

	CHECK(length > 0);
	CHECK(length <= READ_TURN);
	g->moved += length;
	g->turns++;
	evbuffer_drain(bev->input, length);
}

static void
fill_up(struct greedy *g)
{
	fill(g->peer);
}

TEST(a_peer_that_sends_without_end)
{
	struct greedy *g;

	init_base();
	g = add_greedy(swallow, NULL);
	CHECK_INT(bufferevent_enable(g->bev, EV_READ), 0);
	run_rounds(fill_up, 1);
	CHECK(g->moved <= (size_t)g->turns * READ_TURN);
	CHECK_INT(g->bev->input->totallen <= 2 * READ_TURN, 1);
}

/* Twenty of them have the same number of turns. */
TEST(twenty_peers_that_send_without_end)
{
	int i;

	init_base();
	for (i = 0; i < PEERS; i++)
		CHECK_INT(bufferevent_enable(add_greedy(swallow, NULL)->bev, EV_READ), 0);
	run_rounds(fill_up, 1);
	for (i = 0; i < PEERS; i++)
		CHECK(abs(greedy[i].turns - greedy[0].turns) <= 1);
}

static void
count_turn(struct bufferevent *bev, void *arg)
{
	struct greedy *g = arg;
	size_t length = EVBUFFER_LENGTH(bev->input);

	CHECK(length > g->moved);
	CHECK(length - g->moved <= READ_TURN);
	g->moved = length;
	g->turns++;
}

/* Much that waits already is read in turns, and all of it without a pause. */
TEST(a_turn_reads_a_bounded_number_of_bytes)
{
	static const char block[4096];
	struct greedy *g;
	size_t sent = 0;
	ssize_t n;

	init_base();
	g = add_greedy(count_turn, NULL);
	while ((n = write(g->peer, block, sizeof(block))) > 0 || errno == EINTR)
		sent += n > 0 ? (size_t)n : 0;
	CHECK(sent > 4 * READ_TURN);
	CHECK_INT(bufferevent_enable(g->bev, EV_READ), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_INT(g->moved, sent);
	CHECK(g->turns >= (int)(sent / READ_TURN));
}

/* Writing */

static void
write_again(struct bufferevent *bev, void *arg)
{
	struct greedy *g = arg;
	size_t length = 1 + (size_t)g->turns % 5000;

	CHECK_INT(EVBUFFER_LENGTH(bev->output), 0);
	CHECK_INT(bufferevent_write(bev, pattern_of(g->moved, length, 3), length), 0);
	g->moved += length;
	g->turns++;
}

static void
take_all(struct greedy *g)
{
	drain(g->peer);
}

TEST(a_writecb_that_always_writes_again)
{
	struct greedy *g;

	init_base();
	g = add_greedy(NULL, write_again);
	CHECK_INT(bufferevent_enable(g->bev, EV_WRITE), 0);
	run_rounds(take_all, 1);
}

TEST(twenty_writecbs_that_always_write_again)
{
	int i;

	init_base();
	for (i = 0; i < PEERS; i++)
		CHECK_INT(bufferevent_enable(add_greedy(NULL, write_again)->bev, EV_WRITE), 0);
	run_rounds(take_all, 1);
}

/* Enabling again asks for a call although there is nothing to write. */
static void
enable_again(struct bufferevent *bev, void *arg)
{
	struct greedy *g = arg;

	g->turns++;
	CHECK_INT(bufferevent_enable(bev, EV_WRITE), 0);
}

TEST(a_writecb_that_always_enables_again)
{
	struct greedy *g;

	init_base();
	g = add_greedy(NULL, enable_again);
	CHECK_INT(bufferevent_enable(g->bev, EV_WRITE), 0);
	/* Whether something could be written is asked in one round, told in the next. */
	run_rounds(take_all, 3);
}

/* A large output leaves in bounded pieces, one in a round, to a peer that takes all at once. */
static void
take_piece(struct greedy *g)
{
	size_t length = EVBUFFER_LENGTH(g->bev->output);

	CHECK(g->moved - length <= WRITE_TURN);
	g->moved = length;
	drain(g->peer);
}

static void
hook_once(struct evwatch *watch, const struct evwatch_prepare_cb_info *info, void *arg)
{
	(void)watch;
	(void)info;
	quiet.rounds++;
	take_piece(arg);
}

TEST(a_turn_writes_a_bounded_number_of_bytes)
{
	static unsigned char block[2 << 20];
	struct greedy *g;

	init_base();
	g = add_greedy(NULL, NULL);
	g->moved = sizeof(block);
	CHECK_INT(bufferevent_write(g->bev, block, sizeof(block)), 0);
	CHECK(evhub_evwatch_prepare_new(current_base, hook_once, g) != NULL);
	CHECK_INT(event_dispatch(), 1);
	take_piece(g);
	CHECK_INT(g->moved, 0);
	CHECK(quiet.rounds >= (int)(sizeof(block) / WRITE_TURN) - 1);
}
