/*
 * Proves behaviours 25 and 41; E01, E04, E17, E19 and NULL everywhere: misuse is logged, returns
 * -1 with EINVAL, and neither ends the process nor spoils the base.
 */
#include "harness.h"

#include <limits.h>

/* After all of it the base must still work. */
static void
check_alive(struct event_base *base)
{
	struct note note = { 0 };
	struct event ev, io;
	int fds[2];

	make_pair(fds);
	put_byte(fds[1]);
	evtimer_set(&ev, note_cb, &note);
	event_set(&io, fds[0], EV_READ, note_cb, &note);
	CHECK_INT(event_base_set(base, &ev), 0);
	CHECK_INT(event_base_set(base, &io), 0);
	CHECK_INT(add_ms(&ev, 1), 0);
	CHECK_INT(event_add(&io, NULL), 0);
	CHECK_INT(event_base_loop(base, 0), 1);
	CHECK_INT(note.calls, 2);
	close(fds[0]);
	close(fds[1]);
}

/* A struct that event_set never saw, its bytes all the same. */
static void
never_set(int byte)
{
	struct event_base *base = init_base();
	struct timeval tv = tv_ms(1);
	struct event ev;

	capture_log();
	memset(&ev, byte, sizeof(ev));
	CHECK_ERRNO(event_add(&ev, NULL), EINVAL);
	CHECK_ERRNO(event_add(&ev, &tv), EINVAL);
	CHECK_ERRNO(event_del(&ev), EINVAL);
	CHECK_ERRNO(event_priority_set(&ev, 0), EINVAL);
	event_active(&ev, EV_READ, 1);
	CHECK_INT(event_pending(&ev, EV_READ | EV_TIMEOUT, &tv), 0);
	CHECK_INT(event_base_set(base, &ev), -1);
	CHECK_INT(event_dispatch(), 1);
	check_alive(base);
	event_base_free(base);
}

TEST(zeroed_struct)
{
	never_set(0);
}

/* A program that does it over and over does not fill its log. */
TEST(logged_once)
{
	struct event_base *base = init_base();
	struct event ev;
	int i;

	capture_log();
	memset(&ev, 0, sizeof(ev));
	for (i = 0; i < 10; i++)
		CHECK_ERRNO(event_add(&ev, NULL), EINVAL);
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
	CHECK_INT(logged(_EVENT_LOG_ERR), 0);
	CHECK(strstr(last_log(), "event_add") != NULL);
	event_base_free(base);
}

TEST(garbage_struct)
{
	never_set(0x5a);
	never_set(0xff);
	never_set(0x41);
}

/* Bits that event_set never gives, in an otherwise good event. */
TEST(illegal_flags)
{
	struct event_base *base = init_base();
	struct event ev;
	int bit;

	capture_log();
	for (bit = 0; bit < 31; bit++) {
		if (((1 << bit) & (0xf000 | 0x9f)) != 0)
			continue;
		evtimer_set(&ev, trace_cb, "x");
		ev.ev_flags |= 1 << bit;
		CHECK_ERRNO(add_ms(&ev, 1), EINVAL);
		CHECK_ERRNO(event_del(&ev), EINVAL);
		event_active(&ev, EV_READ, 1);
	}
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "");
	event_base_free(base);
}

TEST(null_events)
{
	struct event_base *base = init_base();
	struct timeval tv = tv_ms(1);

	capture_log();
	CHECK_ERRNO(event_add(NULL, &tv), EINVAL);
	CHECK_ERRNO(event_del(NULL), EINVAL);
	CHECK_ERRNO(event_priority_set(NULL, 0), EINVAL);
	CHECK_ERRNO(event_base_set(base, NULL), EINVAL);
	CHECK_INT(event_pending(NULL, EV_READ, &tv), 0);
	event_active(NULL, EV_READ, 1);
	event_set(NULL, 0, EV_READ, trace_cb, "x");
	check_alive(base);
	event_base_free(base);
}

/* Without any base, and with NULL in its place. */
TEST(null_bases)
{
	struct timeval tv = tv_ms(1);
	struct event ev;

	capture_log();
	CHECK_PTR(current_base, NULL);
	CHECK_ERRNO(event_dispatch(), EINVAL);
	CHECK_ERRNO(event_loop(EVLOOP_ONCE), EINVAL);
	CHECK_ERRNO(event_loopexit(&tv), EINVAL);
	CHECK_ERRNO(event_loopbreak(), EINVAL);
	CHECK_ERRNO(event_once(-1, EV_TIMEOUT, trace_cb, "x", &tv), EINVAL);
	CHECK_ERRNO(event_base_dispatch(NULL), EINVAL);
	CHECK_ERRNO(event_base_loop(NULL, 0), EINVAL);
	CHECK_ERRNO(event_base_loopexit(NULL, &tv), EINVAL);
	CHECK_ERRNO(event_base_loopbreak(NULL), EINVAL);
	CHECK_ERRNO(event_reinit(NULL), EINVAL);
	event_base_free(NULL);
	evtimer_set(&ev, trace_cb, "x");
	CHECK_ERRNO(event_add(&ev, &tv), EINVAL);
	CHECK_ERRNO(event_del(&ev), EINVAL);
	CHECK_ERRNO(event_base_set(NULL, &ev), EINVAL);
	event_active(&ev, EV_READ, 1);
	CHECK_STR(traced(), "");
	event_get_method();
	event_base_get_method(NULL);
}

TEST(deleted_twice)
{
	struct event_base *base = init_base();
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ, trace_cb, "x");
	CHECK_INT(add_ms(&ev, 1), 0);
	event_active(&ev, EV_READ, 3);
	CHECK_INT(event_del(&ev), 0);
	CHECK_INT(event_del(&ev), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "");
	check_alive(base);
	event_base_free(base);
}

/* The base goes first: its events are unlinked, and whatever is done with them is harmless. */
TEST(used_after_the_base)
{
	struct event_base *base = init_base();
	struct event io, timer, active, signal_ev, idle;
	struct event *all[] = { &io, &timer, &active, &signal_ev };
	struct timeval tv = tv_ms(1);
	int fds[2];
	size_t i;

	make_pair(fds);
	event_set(&io, fds[0], EV_READ | EV_PERSIST, trace_cb, "x");
	evtimer_set(&timer, trace_cb, "x");
	evtimer_set(&active, trace_cb, "x");
	evtimer_set(&idle, trace_cb, "x");
	signal_set(&signal_ev, SIGUSR1, trace_cb, "x");
	CHECK_INT(event_add(&io, &tv), 0);
	CHECK_INT(event_add(&timer, &tv), 0);
	CHECK_INT(event_add(&signal_ev, NULL), 0);
	event_active(&active, EV_READ, 2);
	event_base_free(base);
	CHECK_PTR(current_base, NULL);
	capture_log();
	for (i = 0; i < COUNT(all); i++) {
		CHECK_PTR(all[i]->ev_base, NULL);
		CHECK_INT(all[i]->ev_flags, EVLIST_INIT);
		CHECK_INT(event_pending(all[i], EV_READ | EV_TIMEOUT | EV_SIGNAL, NULL), 0);
		CHECK_INT(event_del(all[i]), -1);
		CHECK_ERRNO(event_add(all[i], &tv), EINVAL);
		event_active(all[i], EV_READ, 1);
	}
	base = init_base();
	CHECK_INT(event_base_set(base, &timer), 0);
	CHECK_INT(event_add(&timer, &tv), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "x");
	event_base_free(base);
}

/* No direction, no signal, no time: there is nothing to wait for, and nothing pending. */
TEST(added_for_nothing)
{
	struct event_base *base = init_base();
	struct event ev;

	event_set(&ev, 3, 0, trace_cb, "x");
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(ev.ev_flags, EVLIST_INIT);
	event_set(&ev, 3, EV_PERSIST, trace_cb, "x");
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(ev.ev_flags, EVLIST_INIT);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(base);
}

/* Loop flags that nobody defined change nothing. */
TEST(unknown_loop_flags)
{
	struct event_base *base = init_base();
	struct event ev;

	evtimer_set(&ev, trace_cb, "x");
	CHECK_INT(add_ms(&ev, 1), 0);
	CHECK_INT(event_loop(0x7ffffffc), 1);
	CHECK_STR(traced(), "x");
	CHECK_INT(event_loop(INT_MIN), 1);
	event_base_free(base);
}

/* A count below zero is no count; it must come to an end. */
TEST(negative_number_of_calls)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev;

	capture_log();
	evtimer_set(&ev, note_cb, &note);
	event_active(&ev, EV_READ, -1);
	event_active(&ev, EV_READ, SHRT_MIN);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	CHECK(note.calls <= 65536);
	CHECK_INT(ev.ev_flags, EVLIST_INIT);
	check_alive(base);
	event_base_free(base);
}
