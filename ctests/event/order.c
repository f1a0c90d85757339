/* Proves behaviours 3-9, 13 and 18; E07, E11 and E28: who runs when, within and across rounds. */
#include "harness.h"

static void
activate(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	trace("*");
	event_active(arg, EV_TIMEOUT, 1);
}

TEST(active_events_run_first_in_first_out)
{
	struct event_base *base = init_base();
	char names[26][2];
	struct event ev[26];
	int i;

	for (i = 0; i < 26; i++) {
		names[i][0] = (char)('a' + i);
		names[i][1] = '\0';
		evtimer_set(&ev[i], trace_cb, names[i]);
	}
	for (i = 25; i >= 0; i--)
		event_active(&ev[i], EV_TIMEOUT, 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "zyxwvutsrqponmlkjihgfedcba");
	event_base_free(base);
}

static void
put(int fd, short what, void *arg)
{
	int *to = arg;

	(void)fd;
	(void)what;
	trace("p");
	put_byte(*to);
}

/* What is activated meanwhile runs in the same round: before that poll which sees the byte. */
TEST(activated_meanwhile_runs_in_the_round)
{
	struct event_base *base = init_base();
	struct event first, second, late, io;
	int fds[2];

	make_pair(fds);
	event_set(&io, fds[0], EV_READ, trace_cb, "i");
	CHECK_INT(event_add(&io, NULL), 0);
	evtimer_set(&first, put, &fds[1]);
	evtimer_set(&second, activate, &late);
	evtimer_set(&late, trace_cb, "l");
	event_active(&first, EV_TIMEOUT, 1);
	event_active(&second, EV_TIMEOUT, 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "p*li");
	event_base_free(base);
}

/* Each round runs one priority only, and polls before the next one gets its turn. */
TEST(one_priority_a_round)
{
	struct event_base *base = init_base();
	struct event high, low, io;
	int fds[2];

	CHECK_INT(event_priority_init(2), 0);
	make_pair(fds);
	event_set(&io, fds[0], EV_READ, trace_cb, "i");
	CHECK_INT(event_priority_set(&io, 0), 0);
	CHECK_INT(event_add(&io, NULL), 0);
	evtimer_set(&low, trace_cb, "l");
	CHECK_INT(event_priority_set(&low, 1), 0);
	evtimer_set(&high, put, &fds[1]);
	CHECK_INT(event_priority_set(&high, 0), 0);
	event_active(&low, EV_TIMEOUT, 1);
	event_active(&high, EV_TIMEOUT, 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "pil");
	event_base_free(base);
}

/* A better priority that becomes active waits till the queue that runs is empty. */
TEST(a_queue_is_finished_first)
{
	struct event_base *base = init_base();
	struct event high, a, b;

	CHECK_INT(event_priority_init(2), 0);
	evtimer_set(&high, trace_cb, "h");
	CHECK_INT(event_priority_set(&high, 0), 0);
	evtimer_set(&a, activate, &high);
	CHECK_INT(event_priority_set(&a, 1), 0);
	evtimer_set(&b, trace_cb, "b");
	CHECK_INT(event_priority_set(&b, 1), 0);
	event_active(&a, EV_TIMEOUT, 1);
	event_active(&b, EV_TIMEOUT, 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "*bh");
	event_base_free(base);
}

TEST(descriptors_before_timers)
{
	struct event_base *base = init_base();
	struct event timer, io;
	int fds[2];

	make_pair(fds);
	put_byte(fds[1]);
	evtimer_set(&timer, trace_cb, "t");
	CHECK_INT(add_ms(&timer, 1), 0);
	event_set(&io, fds[0], EV_READ, trace_cb, "i");
	CHECK_INT(event_add(&io, NULL), 0);
	sleep_ms(5);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(traced(), "it");
	event_base_free(base);
}

/* kqueue reports the two directions by itself, in an order of its own. */
TEST(the_reader_before_the_writer)
{
	struct event_base *base = init_base();
	struct event reader, writer;
	int fds[2];

	make_pair(fds);
	put_byte(fds[1]);
	event_set(&writer, fds[0], EV_WRITE, trace_cb, "w");
	CHECK_INT(event_add(&writer, NULL), 0);
	event_set(&reader, fds[0], EV_READ, trace_cb, "r");
	CHECK_INT(event_add(&reader, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	if (method_is("kqueue") && strcmp(traced(), "wr") == 0)
		SKIP("kqueue has put the writer first");
	CHECK_STR(traced(), "rw");
	event_base_free(base);
}

TEST(both_directions_are_one_call)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev;
	int fds[2];

	make_pair(fds);
	put_byte(fds[1]);
	event_set(&ev, fds[0], EV_READ | EV_WRITE, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
	CHECK_INT(note.what, EV_READ | EV_WRITE);
	CHECK_INT(note.fd, fds[0]);
	event_base_free(base);
}

/* Ready and expired in one round: the timeout alone is told, and the event is gone. */
static void
ready_and_expired(short persist)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ | persist, note_cb, &note);
	CHECK_INT(add_ms(&ev, 1), 0);
	put_byte(fds[1]);
	sleep_ms(5);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
	CHECK_INT(note.what, EV_TIMEOUT);
	CHECK_INT(event_pending(&ev, EV_READ | EV_TIMEOUT, NULL), 0);
	event_base_free(base);
}

TEST(expired_wins_over_ready)
{
	ready_and_expired(0);
}

TEST(expired_wins_over_ready_persistent)
{
	ready_and_expired(EV_PERSIST);
}

static void
pending_in_call(int fd, short what, void *arg)
{
	struct event *ev = arg;

	(void)fd;
	CHECK_INT(what, EV_READ);
	if ((ev->ev_events & EV_PERSIST) != 0) {
		CHECK_INT(event_pending(ev, EV_READ | EV_TIMEOUT, NULL), EV_READ | EV_TIMEOUT);
		CHECK_INT(event_del(ev), 0);
	} else
		CHECK_INT(event_pending(ev, EV_READ | EV_TIMEOUT, NULL), 0);
	trace(".");
}

/* A one-shot event is deleted, with its timer, before its call; a persistent one stays. */
TEST(deleted_before_the_call)
{
	struct event_base *base = init_base();
	struct event once, always;
	int fds[2];

	make_pair(fds);
	put_byte(fds[1]);
	event_set(&once, fds[0], EV_READ, pending_in_call, &once);
	event_set(&always, fds[0], EV_READ | EV_PERSIST, pending_in_call, &always);
	CHECK_INT(add_ms(&once, 100000), 0);
	CHECK_INT(add_ms(&always, 100000), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "..");
	event_base_free(base);
}

static void
delete_all(int fd, short what, void *arg)
{
	struct event *ev = arg;
	int i;

	(void)fd;
	(void)what;
	trace("d");
	for (i = 0; i < 3; i++)
		CHECK_INT(event_del(&ev[i]), 0);
}

/* An active event that is deleted by another one's call is not called: fd, timer, by hand. */
TEST(deleted_while_active)
{
	struct event_base *base = init_base();
	struct event killer, victims[3];
	int fds[2];

	make_pair(fds);
	put_byte(fds[1]);
	event_set(&killer, fds[0], EV_READ, delete_all, victims);
	CHECK_INT(event_add(&killer, NULL), 0);
	event_set(&victims[0], fds[0], EV_READ | EV_PERSIST, trace_cb, "0");
	CHECK_INT(event_add(&victims[0], NULL), 0);
	evtimer_set(&victims[1], trace_cb, "1");
	CHECK_INT(add_ms(&victims[1], 0), 0);
	/* By hand it would be active before the killer is: that one's turn comes below. */
	evtimer_set(&victims[2], trace_cb, "2");
	sleep_ms(2);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(traced(), "d");
	trace_reset();
	evtimer_set(&killer, delete_all, victims);
	event_active(&killer, EV_TIMEOUT, 1);
	event_active(&victims[2], EV_TIMEOUT, 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "d");
	event_base_free(base);
}

static void
again(int fd, short what, void *arg)
{
	struct event *ev = arg;

	(void)fd;
	(void)what;
	trace("t");
	if (strlen(traced()) < 50)
		CHECK_INT(add_ms(ev, 0), 0);
}

/* A timer of no length that always comes back does not keep descriptors from their turn. */
TEST(zero_timers_starve_nobody)
{
	struct event_base *base = init_base();
	struct event timer, io;
	int fds[2];

	make_pair(fds);
	evtimer_set(&timer, again, &timer);
	CHECK_INT(add_ms(&timer, 0), 0);
	event_set(&io, fds[0], EV_READ, trace_cb, "i");
	CHECK_INT(event_add(&io, NULL), 0);
	put_byte(fds[1]);
	CHECK_INT(event_dispatch(), 1);
	CHECK(strchr(traced(), 'i') != NULL);
	CHECK(strchr(traced(), 'i') - traced() < 3);
	event_base_free(base);
}

/* A timer that is added by a timer's call waits for the next round, even at zero. */
TEST(zero_timers_fire_in_the_next_round)
{
	struct event_base *base = init_base();
	struct event timer;

	evtimer_set(&timer, again, &timer);
	CHECK_INT(add_ms(&timer, 0), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_STR(traced(), "t");
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_STR(traced(), "tt");
	event_base_free(base);
}
