/*
 * Programs that put another buffer into a bufferevent's input, or callbacks of their own into its
 * read event, while reading is stopped at the high mark; and callbacks that do not return then.
 */
#include "sides.h"

#include <setjmp.h>

/* Reading has stopped at a mark of 3, with more to come. */
static void
open_stopped(struct side *side)
{
	open_side(side);
	bufferevent_setwatermark(side->bev, EV_READ, 0, 3);
	CHECK_INT(bufferevent_enable(side->bev, EV_READ), 0);
	say(side->peer, "abcdef");
	turn();
	turn();
	CHECK_INT(side->reads, 1);
	CHECK_STR(text_of(side->bev->input), "abc");
}

TEST(a_buffer_taken_out_lives_longer)
{
	struct evbuffer *taken;
	struct side side;

	init_base();
	open_stopped(&side);
	taken = side.bev->input;
	side.bev->input = evbuffer_new();
	close_side(&side);
	evbuffer_drain(taken, 3);
	evbuffer_free(taken);
}

TEST(inputs_that_were_exchanged)
{
	struct side a, b;
	struct evbuffer *input;

	init_base();
	open_stopped(&a);
	open_side(&b);
	input = a.bev->input;
	a.bev->input = b.bev->input;
	b.bev->input = input;
	close_side(&a);
	evbuffer_drain(b.bev->input, 3);
	turn();
	close_side(&b);
}

static void
take_the_buffer(struct bufferevent *bev, void *arg)
{
	side_read(bev, arg);
	evbuffer_free(bev->input);
	bev->input = evbuffer_new();
}

TEST(a_readcb_that_takes_the_buffer_goes_on)
{
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_setcb(side.bev, take_the_buffer, NULL, side_failed, &side);
	bufferevent_setwatermark(side.bev, EV_READ, 0, 3);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(side.peer, "abcdef");
	turn();
	turn();
	CHECK_INT(side.reads, 2);
	close_side(&side);
}

static int own_reads;

static void
read_by_hand(int fd, short what, void *arg)
{
	(void)what;
	(void)arg;
	own_reads++;
	CHECK_STR(heard(fd), "def");
}

TEST(an_event_of_the_program_s_stays)
{
	struct side side;

	init_base();
	open_stopped(&side);
	CHECK_INT(event_del(&side.bev->ev_read), 0);
	event_set(&side.bev->ev_read, fd_of(&side), EV_READ | EV_PERSIST, read_by_hand, NULL);
	CHECK_INT(event_add(&side.bev->ev_read, NULL), 0);
	CHECK_INT(write_text(side.bev, "x"), 0);
	turn();
	CHECK_INT(own_reads, 1);
	CHECK_INT(reading(&side), EV_READ);
	close_side(&side);
}

static jmp_buf out;
static struct evbuffer *jumped_from;	/* a callback that never returns keeps its memory */

static void
jump_on_drain(struct evbuffer *buf, size_t old, size_t now, void *arg)
{
	(void)buf;
	(void)arg;
	if (now < old)
		longjmp(out, 1);
}

TEST_ONCE(a_callback_that_jumps_does_not_keep_it_stopped)
{
	struct side side;

	init_base();
	open_stopped(&side);
	jumped_from = side.bev->input;
	evbuffer_setcb(jumped_from, jump_on_drain, NULL);
	if (setjmp(out) == 0)
		evbuffer_drain(jumped_from, 3);
	evbuffer_setcb(jumped_from, NULL, NULL);
	turn();
	CHECK_INT(side.reads, 2);
	close_side(&side);
}

static void
enable_without_timeout(int fd, short what, void *arg)
{
	struct side *side = arg;

	(void)fd;
	(void)what;
	CHECK_INT(side->errors, 0);
	bufferevent_settimeout(side->bev, 0, 0);
	CHECK_INT(bufferevent_enable(side->bev, EV_READ), 0);
}

/* Both timers are due in one round: the first to be called enables the other's bufferevent. */
TEST(nothing_is_pending_when_a_timeout_is_told)
{
	struct timeval second = { 1, 0 };
	struct event timer;
	struct side side;

	init_base();
	open_side(&side);
	bufferevent_settimeout(side.bev, 1, 0);
	evtimer_set(&timer, enable_without_timeout, &side);
	CHECK_INT(evtimer_add(&timer, &second), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	sleep_ms(1050);
	turn();
	if (side.errors != 0)
		CHECK_INT(reading(&side), 0);
	close_side(&side);
}
