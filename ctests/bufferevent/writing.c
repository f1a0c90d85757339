/*
 * Proves behaviour 82 with its repair: bufferevent_write queues; the loop writes at the end of
 * the round, all that has come together by then in one go, and stays alive for it.
 */
#include "sides.h"

/* A side on one end of a pair that keeps messages apart. */
static void
open_message_side(struct side *side, int type)
{
	int fds[2];

	CHECK_INT(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, fds), 0);
	open_side_on(side, fds[0], fds[1]);
}

TEST(nothing_is_written_before_the_loop_runs)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(write_text(side.bev, "hello"), 0);
	CHECK_STR(heard(side.peer), "");
	CHECK_STR(text_of(side.bev->output), "hello");
	CHECK_INT(side.writes, 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "hello");
	CHECK_INT(EVBUFFER_LENGTH(side.bev->output), 0);
	CHECK_INT(side.writes, 1);
	CHECK_INT(side.output, 0);
	CHECK_INT(side.errors, 0);
	CHECK_INT(writing(&side), 0);
	close_side(&side);
}

/* What is queued may still be looked at, added to and taken away. */
TEST(output_can_be_changed_until_then)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(write_text(side.bev, "hello"), 0);
	CHECK_INT(evbuffer_add_printf(EVBUFFER_OUTPUT(side.bev), ", %s", "world"), 7);
	CHECK_STR(text_of(side.bev->output), "hello, world");
	evbuffer_drain(side.bev->output, 4);
	EVBUFFER_DATA(side.bev->output)[0] = 'O';
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "O, world");
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

TEST(all_of_it_may_be_taken_away)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(write_text(side.bev, "hello"), 0);
	evbuffer_drain(side.bev->output, 5);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "");
	CHECK_INT(side.errors, 0);
	CHECK_INT(write_text(side.bev, "again"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "again");
	close_side(&side);
}

static void
check_one_message(int type)
{
	struct side side;
	char message[100];

	open_message_side(&side, type);
	CHECK_INT(write_text(side.bev, "one "), 0);
	CHECK_INT(write_text(side.bev, "two "), 0);
	CHECK_INT(evbuffer_add(side.bev->output, "three ", 6), 0);
	CHECK_INT(write_text(side.bev, "four"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_INT(read(side.peer, message, sizeof(message)), 18);
	CHECK_INT(memcmp(message, "one two three four", 18), 0);
	CHECK_INT(read(side.peer, message, sizeof(message)), -1);
	CHECK_INT(errno, EAGAIN);
	close_side(&side);
}

TEST(several_writes_go_out_in_one)
{
	init_base();
	check_one_message(SOCK_SEQPACKET);
	check_one_message(SOCK_DGRAM);
}

static void
write_word(int fd, short what, void *arg)
{
	struct side *side = arg;

	(void)fd;
	(void)what;
	CHECK_INT(write_text(side->bev, "word "), 0);
	CHECK_INT(recv(side->peer, &(char){ 0 }, 1, MSG_PEEK), -1);
	CHECK_INT(errno, EAGAIN);
}

static void
write_more(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	CHECK_INT(write_text(((struct side *)arg)->bev, "more"), 0);
}

TEST(writes_of_several_callbacks_of_a_round_go_out_in_one)
{
	struct event timers[3];
	struct side side;
	char message[100];
	size_t i;

	init_base();
	open_message_side(&side, SOCK_SEQPACKET);
	for (i = 0; i < COUNT(timers); i++) {
		evtimer_set(&timers[i], write_word, &side);
		event_active(&timers[i], EV_TIMEOUT, 2);
	}
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_INT(read(side.peer, message, sizeof(message)), 30);
	CHECK_STR(heard(side.peer), "");
	close_side(&side);
}

/* Also with what had to wait for the descriptor. */
TEST(what_waited_goes_out_with_what_comes)
{
	struct event timer;
	struct side side;
	char message[100];

	init_base();
	open_message_side(&side, SOCK_SEQPACKET);
	fill(fd_of(&side));
	CHECK_INT(write_text(side.bev, "first "), 0);
	CHECK_INT(turn(), 0);
	evtimer_set(&timer, write_more, &side);
	CHECK_INT(add_ms(&timer, 1), 0);
	sleep_ms(2);
	drain(side.peer);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(read(side.peer, message, sizeof(message)), 10);
	CHECK_INT(memcmp(message, "first more", 10), 0);
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

TEST(many_sides_are_written_in_one_round)
{
	struct side sides[20];
	size_t i;

	init_base();
	for (i = 0; i < COUNT(sides); i++) {
		open_side(&sides[i]);
		CHECK_INT(write_text(sides[i].bev, "x"), 0);
	}
	CHECK_INT(event_dispatch(), 1);
	for (i = 0; i < COUNT(sides); i++) {
		CHECK_STR(heard(sides[i].peer), "x");
		CHECK_INT(sides[i].writes, 1);
		close_side(&sides[i]);
	}
}

TEST(what_is_written_while_not_enabled_waits)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_disable(side.bev, EV_WRITE), 0);
	CHECK_INT(write_text(side.bev, "later"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "");
	CHECK_STR(text_of(side.bev->output), "later");
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(side.writes, 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "later");
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

TEST(disabling_takes_a_write_back)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(write_text(side.bev, "no, "), 0);
	CHECK_INT(bufferevent_disable(side.bev, EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "");
	CHECK_INT(side.writes, 0);
	CHECK_STR(text_of(side.bev->output), "no, ");
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(write_text(side.bev, "yes"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "no, yes");
	close_side(&side);
}

/* As after a partial write: the rest waits for the descriptor, and is taken back. */
TEST(disabling_takes_a_waiting_write_back)
{
	struct side side;

	init_base();
	open_side(&side);
	fill(fd_of(&side));
	CHECK_INT(write_text(side.bev, "rest"), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(writing(&side), EV_WRITE);
	CHECK_INT(bufferevent_disable(side.bev, EV_WRITE), 0);
	CHECK_INT(writing(&side), 0);
	drain(side.peer);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "");
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "rest");
	close_side(&side);
}

TEST(a_full_descriptor_is_waited_for)
{
	struct side side;

	init_base();
	open_side(&side);
	fill(fd_of(&side));
	CHECK_INT(write_text(side.bev, "first "), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(write_text(side.bev, "second"), 0);
	CHECK_INT(turn(), 0);
	CHECK_INT(side.writes, 0);
	CHECK_STR(text_of(side.bev->output), "first second");
	drain(side.peer);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "first second");
	CHECK_INT(side.writes, 1);
	CHECK_INT(writing(&side), 0);
	close_side(&side);
}

static void
write_and_take_back(struct bufferevent *bev, void *arg)
{
	side_read(bev, arg);
	CHECK_INT(write_text(bev, "no"), 0);
	CHECK_INT(bufferevent_disable(bev, EV_WRITE), 0);
}

/* While the end of the round has something else to do for it: reading has just stopped. */
TEST(disabling_takes_a_write_back_at_the_high_mark)
{
	struct side side;

	init_base();
	open_side(&side);
	side.bev->readcb = write_and_take_back;
	bufferevent_setwatermark(side.bev, EV_READ, 0, 1);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "x");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.reads, 1);
	CHECK_INT(side.writes, 0);
	CHECK_STR(heard(side.peer), "");
	close_side(&side);
}

/* The results of the loop are those of a loop with one event that is ready. */
static void
check_loop(int flags, int want)
{
	struct side side;

	open_side(&side);
	CHECK_INT(write_text(side.bev, "x"), 0);
	CHECK_INT(event_loop(flags), want);
	CHECK_STR(heard(side.peer), "x");
	CHECK_INT(side.writes, 1);
	CHECK_INT(event_loop(flags), 1);
	close_side(&side);
}

TEST(every_kind_of_loop_writes)
{
	init_base();
	check_loop(0, 1);
	check_loop(EVLOOP_ONCE, 0);
	check_loop(EVLOOP_NONBLOCK, 1);
	check_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK, 0);
}

static void
write_and_break(int fd, short what, void *arg)
{
	struct side *side = arg;

	(void)fd;
	CHECK_INT(write_text(side->bev, "x"), 0);
	if (what == EV_READ)
		CHECK_INT(event_loopbreak(), 0);
	else if (what == EV_WRITE)
		CHECK_INT(event_loopexit(NULL), 0);
}

/* A loop that was told to end before it came to writing leaves it to the next. */
static void
check_left_over(short what, int flags)
{
	struct event ev;
	struct side side;

	open_side(&side);
	event_set(&ev, -1, 0, write_and_break, &side);
	event_active(&ev, what, 1);
	CHECK_INT(event_loop(flags), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "x");
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

TEST(nothing_is_lost_when_the_loop_ends)
{
	init_base();
	check_left_over(EV_READ, 0);
	check_left_over(EV_WRITE, 0);
	check_left_over(EV_TIMEOUT, EVLOOP_ONCE);
}

static void
write_and_loop(int fd, short what, void *arg)
{
	struct side *side = arg;

	(void)fd;
	(void)what;
	CHECK_INT(write_text(side->bev, "nested"), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(heard(side->peer), "nested");
	CHECK_INT(side->writes, 1);
}

TEST(a_nested_loop_writes)
{
	struct event ev;
	struct side side;

	init_base();
	open_side(&side);
	event_set(&ev, -1, 0, write_and_loop, &side);
	event_active(&ev, EV_TIMEOUT, 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

TEST(writing_nothing_schedules_nothing)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(bufferevent_write(side.bev, "x", 0), 0);
	CHECK_INT(bufferevent_write(side.bev, NULL, 0), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes + side.errors, 0);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->output), 0);
	close_side(&side);
}

/* It is bufferevent_write, or enabling, that schedules. */
TEST(output_filled_by_hand_is_sent_when_enabled)
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(evbuffer_add(side.bev->output, "by hand", 7), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "");
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(heard(side.peer), "by hand");
	CHECK_INT(side.writes, 1);
	close_side(&side);
}

static void
echo(struct bufferevent *bev, void *arg)
{
	side_read(bev, arg);
	CHECK_INT(bufferevent_write_buffer(bev, bev->input), 0);
}

TEST(written_in_readcb_it_goes_out_at_once)
{
	struct side side;
	int i;

	init_base();
	open_side(&side);
	side.bev->readcb = echo;
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	for (i = 1; i <= 3; i++) {
		say(side.peer, "echo");
		CHECK_INT(turn(), 0);
		CHECK_STR(heard(side.peer), "echo");
		CHECK_INT(side.reads, i);
		CHECK_INT(side.writes, i);
	}
	close_side(&side);
}

/* However far away the next timer is. */
TEST(the_loop_writes_before_it_waits)
{
	struct note late = { 0 };
	struct event timer, far;
	struct side side;

	init_base();
	open_message_side(&side, SOCK_SEQPACKET);
	evtimer_set(&timer, write_word, &side);
	evtimer_set(&far, note_cb, &late);
	CHECK_INT(add_ms(&timer, 0), 0);
	CHECK_INT(add_ms(&far, 3000), 0);
	while (side.writes == 0)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(late.calls, 0);
	CHECK_STR(heard(side.peer), "word ");
	CHECK_INT(event_del(&far), 0);
	close_side(&side);
}
