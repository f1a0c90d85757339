/*
 * Proves behaviours 9, 56, 57, 60, 65 and 66: signals, and the log, where the tests by subject
 * could not tell the library from one with a line changed.
 */
#include "harness.h"
#include "shim.h"

static void
watch_in(struct event_base *base, struct event *ev, int number, struct note *note)
{
	signal_set(ev, number, note_cb, note);
	CHECK_INT(event_base_set(base, ev), 0);
	CHECK_INT(event_add(ev, NULL), 0);
}

/* A base sleeps on when a signal comes that others watch. */
TEST_ENV(a_signal_wakes_those_who_watch_it_alone, "SHIM=fault")
{
	struct event_base *base = init_base(), *other = event_base_new();
	struct note note = { 0 }, other_note = { 0 };
	struct event ev, other_ev;
	long before;

	CHECK(other != NULL);
	if (method_is("kqueue"))
		SKIP("the emulation writes as well");
	watch_in(base, &ev, SIGUSR1, &note);
	watch_in(other, &other_ev, SIGUSR2, &other_note);
	before = fault_calls("write");
	raise(SIGUSR1);
	CHECK_INT(fault_calls("write"), before + 1);
	CHECK_INT(event_base_loop(other, EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(other_note.calls, 0);
	event_base_free(other);
	event_base_free(base);
}

/* Deleting the event drops a signal that has come: added again, it waits for the next one. */
TEST(a_signal_before_the_delete_is_not_seen_after_the_next_add)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev;

	watch_in(base, &ev, SIGUSR1, &note);
	raise(SIGUSR1);
	CHECK_INT(event_del(&ev), 0);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(note.calls, 0);
	raise(SIGUSR1);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(note.calls, 1);
	event_base_free(base);
}

static void
raise_cb(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	raise(SIGUSR1);
	raise(SIGUSR1);
}

/* The event is active already when the next round finds two more: all three count. */
TEST(signals_add_up_while_their_event_waits_for_its_turn)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev, urgent;

	CHECK_INT(event_priority_init(2), 0);
	evtimer_set(&urgent, raise_cb, NULL);
	CHECK_INT(event_priority_set(&urgent, 0), 0);
	signal_set(&ev, SIGUSR1, note_cb, &note);
	CHECK_INT(event_priority_set(&ev, 1), 0);
	CHECK_INT(event_add(&ev, NULL), 0);
	raise(SIGUSR1);
	event_active(&urgent, EV_TIMEOUT, 1);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, 3);
	CHECK_INT(note.what, EV_SIGNAL);
	event_base_free(base);
}

/* A handler that could not be installed is not counted as one that is. */
TEST_ENV(a_refused_handler_leaves_no_trace, "SHIM=fault")
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct sigaction action;
	struct event ev;

	capture_log();
	signal_set(&ev, SIGUSR1, note_cb, &note);
	fault_set("sigaction=EINVAL@1");
	CHECK_ERRNO(event_add(&ev, NULL), EINVAL);
	fault_set("");
	event_base_free(base);
	base = init_base();
	watch_in(base, &ev, SIGUSR1, &note);
	CHECK_INT(event_del(&ev), 0);
	CHECK_INT(sigaction(SIGUSR1, NULL, &action), 0);
	CHECK_PTR(action.sa_handler, SIG_DFL);
	event_base_free(base);
}

/* A line is whole: what is cut is longer than any that the library writes. */
TEST(a_long_warning_is_whole)
{
	struct event_base *base = init_base();
	struct event ev;

	capture_log();
	evtimer_set(&ev, trace_cb, "x");
	ev.ev_base = NULL;
	CHECK_ERRNO(event_priority_set(&ev, 0), EINVAL);
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
	CHECK_STR(last_log(), "event_priority_set: event has no base: "
	    "call event_init or event_base_set first");
	event_base_free(base);
}

static int again_calls;

static void
add_again_once(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	if (++again_calls == 1)
		CHECK_INT(event_add(arg, NULL), 0);
}

/* A one-shot is deleted before the first of its calls, not before each of them. */
TEST(added_again_in_the_first_of_two_calls)
{
	struct event_base *base = init_base();
	struct event ev;

	event_set(&ev, SIGUSR1, EV_SIGNAL, add_again_once, &ev);
	CHECK_INT(event_add(&ev, NULL), 0);
	raise(SIGUSR1);
	raise(SIGUSR1);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(again_calls, 2);
	CHECK_INT(event_pending(&ev, EV_SIGNAL, NULL), EV_SIGNAL);
	raise(SIGUSR1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(again_calls, 3);
	event_base_free(base);
}
