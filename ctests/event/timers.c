/* Proves behaviours 10, 18, 19, 26, 27 and 190; F9 and F30: when timers fire. */
#include "harness.h"

#include <limits.h>

/* To the nanosecond: never before its time, whatever the length. */
TEST(never_early)
{
	static const long usecs[] = { 1, 10, 100, 500, 999, 1000, 1001, 1500, 2999, 10001, 25600 };
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev;
	int64_t start;
	size_t i;

	evtimer_set(&ev, note_cb, &note);
	for (i = 0; i < COUNT(usecs); i++) {
		struct timeval tv = { 0, usecs[i] };

		start = now_ns();
		CHECK_INT(event_add(&ev, &tv), 0);
		CHECK_INT(event_dispatch(), 1);
		CHECK(note.at_ns - start >= usecs[i] * 1000);
		CHECK_INT(note.calls, (int)i + 1);
		CHECK_INT(note.what, EV_TIMEOUT);
		CHECK_INT(note.fd, -1);
	}
	event_base_free(base);
}

/* The same by polling, where no wait hides a fraction of a microsecond. */
TEST(never_early_while_polling)
{
	struct event_base *base = init_base();
	struct timeval tv = { 0, 5 };
	struct note note = { 0 };
	struct event ev;
	int64_t start;
	int i;

	evtimer_set(&ev, note_cb, &note);
	for (i = 0; i < 3000; i++) {
		start = now_ns();
		CHECK_INT(event_add(&ev, &tv), 0);
		while (note.calls == i)
			CHECK(event_loop(EVLOOP_NONBLOCK) != -1);
		CHECK(note.at_ns - start >= tv.tv_usec * 1000);
	}
	event_base_free(base);
}

struct slow {
	struct event ev, next;
	struct note note;
	int64_t start;
	int work_ms;
};

static void
work_then_add(int fd, short what, void *arg)
{
	struct slow *slow = arg;

	(void)fd;
	(void)what;
	sleep_ms(slow->work_ms);
	slow->start = now_ns();
	evtimer_set(&slow->next, note_cb, &slow->note);
	CHECK_INT(add_ms(&slow->next, 20), 0);
}

/* A timer counts from its event_add: the callbacks before it, and the work in its own, passed. */
TEST(slow_work_makes_no_timer_early)
{
	struct event_base *base = init_base();
	struct slow slow[3];
	int i;

	memset(slow, 0, sizeof(slow));
	for (i = 0; i < 3; i++) {
		slow[i].work_ms = 50;
		evtimer_set(&slow[i].ev, work_then_add, &slow[i]);
		event_active(&slow[i].ev, EV_TIMEOUT, 1);
	}
	CHECK_INT(event_dispatch(), 1);
	for (i = 0; i < 3; i++) {
		CHECK_INT(slow[i].note.calls, 1);
		CHECK(slow[i].note.at_ns - slow[i].start >= 20 * 1000000);
	}
	event_base_free(base);
}

static void
work(int fd, short what, void *ms)
{
	(void)fd;
	(void)what;
	sleep_ms(*(int *)ms);
}

/* Nor late by the run time of callbacks. A busy machine may spoil a try, not all of them. */
TEST(slow_work_makes_no_timer_late)
{
	struct event_base *base = init_base();
	int tries, work_ms = 300;

	for (tries = 0; tries < 5; tries++) {
		struct note note = { 0 };
		struct event timer, slow;
		int64_t start = now_ns();

		evtimer_set(&timer, note_cb, &note);
		CHECK_INT(add_ms(&timer, 400), 0);
		evtimer_set(&slow, work, &work_ms);
		event_active(&slow, EV_TIMEOUT, 1);
		CHECK_INT(event_dispatch(), 1);
		CHECK(note.at_ns - start >= 400 * 1000000);
		if (note.at_ns - start < 650 * 1000000)
			break;
	}
	CHECK(tries < 5);
	event_base_free(base);
}

/* After a callback that outlasts them, timers run late but in order, each once. */
TEST(a_long_callback_keeps_the_order)
{
	struct event_base *base = init_base();
	char *names[] = { "a", "b", "c", "d" };
	struct event ev[4], slow;
	int work_ms = 100, i;

	for (i = 3; i >= 0; i--) {
		evtimer_set(&ev[i], trace_cb, names[i]);
		CHECK_INT(add_ms(&ev[i], 10 * (i + 1)), 0);
	}
	evtimer_set(&slow, work, &work_ms);
	event_active(&slow, EV_TIMEOUT, 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "abcd");
	event_base_free(base);
}

/* Re-arms itself: there is no catching up after time that was lost. */
static void
periodic(int fd, short what, void *arg)
{
	struct event *ev = arg;

	(void)fd;
	(void)what;
	trace("p");
	CHECK_INT(add_ms(ev, 50), 0);
}

/* The process stands still for a while: each timer fires once, in order. */
TEST(stopped_and_continued)
{
	struct event_base *base;
	struct event ev, a, b;
	pid_t parent = getpid(), pid = fork_child();
	const char *first;

	if (pid == 0) {
		sleep_ms(20);
		kill(parent, SIGSTOP);
		sleep_ms(400);
		kill(parent, SIGCONT);
		_exit(0);
	}
	base = init_base();
	evtimer_set(&ev, periodic, &ev);
	evtimer_set(&a, trace_cb, "a");
	evtimer_set(&b, trace_cb, "b");
	CHECK_INT(add_ms(&ev, 50), 0);
	CHECK_INT(add_ms(&b, 301), 0);
	CHECK_INT(add_ms(&a, 300), 0);
	CHECK_INT(exit_after_ms(base, 520), 0);
	CHECK_INT(event_dispatch(), 0);
	first = strchr(traced(), 'a');
	CHECK(first != NULL);
	CHECK(strchr(first, 'b') != NULL);
	CHECK_PTR(strrchr(traced(), 'b'), strchr(first, 'b'));
	CHECK_PTR(strrchr(traced(), 'a'), first);
	CHECK(strlen(traced()) <= 2 + 520 / 50);
	CHECK_INT(wait_child(pid), 0);
	event_base_free(base);
}

/* event_add without a time keeps the timer that is pending. */
TEST(add_without_time_keeps_the_timer)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	int64_t start = now_ns();
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ, note_cb, &note);
	CHECK_INT(add_ms(&ev, 50), 0);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_pending(&ev, EV_READ | EV_TIMEOUT, NULL), EV_READ | EV_TIMEOUT);
	CHECK_INT(event_dispatch(), 1);
	CHECK_ELAPSED(start, 50);
	CHECK_INT(note.what, EV_TIMEOUT);
	event_base_free(base);
}

TEST(add_with_time_replaces_the_timer)
{
	struct event_base *base = init_base();
	struct note sooner = { 0 }, later = { 0 };
	int64_t start = now_ns();
	struct event a, b;

	evtimer_set(&a, note_cb, &sooner);
	evtimer_set(&b, note_cb, &later);
	CHECK_INT(add_ms(&a, 100000), 0);
	CHECK_INT(add_ms(&a, 20), 0);
	CHECK_INT(add_ms(&b, 10), 0);
	CHECK_INT(add_ms(&b, 80), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_ELAPSED(start, 80);
	CHECK_INT(sooner.calls, 1);
	CHECK_INT(later.calls, 1);
	CHECK(sooner.at_ns < later.at_ns);
	event_base_free(base);
}

static void
postpone(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	trace("p");
	CHECK_INT(add_ms(arg, 30), 0);
}

/* Both have expired, the first one's call postpones the second: it runs once, in its new time. */
TEST(a_timed_add_cancels_the_timeout)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event first, second;

	evtimer_set(&first, postpone, &second);
	evtimer_set(&second, note_cb, &note);
	CHECK_INT(add_ms(&first, 1), 0);
	CHECK_INT(add_ms(&second, 1), 0);
	sleep_ms(5);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(traced(), "p");
	CHECK_INT(note.calls, 0);
	CHECK_INT(event_pending(&second, EV_TIMEOUT, NULL), EV_TIMEOUT);
	CHECK_INT(second.ev_flags, EVLIST_INIT | EVLIST_TIMEOUT);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
	event_base_free(base);
}

static void
renew_once(int fd, short what, void *arg)
{
	struct event *ev = arg;

	(void)fd;
	(void)what;
	trace(".");
	if (strlen(traced()) == 1)
		CHECK_INT(add_ms(ev, 10), 0);
}

/* The repetitions that are left are part of the activation which the timed add cancels. */
TEST(a_timed_add_cancels_repetitions)
{
	struct event_base *base = init_base();
	struct event ev;

	evtimer_set(&ev, renew_once, &ev);
	event_active(&ev, EV_TIMEOUT, 5);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "..");
	event_base_free(base);
}

/* The deadline of a persistent event is not moved by activity; then all of it is deleted. */
static void
read_it(int fd, short what, void *arg)
{
	(void)arg;
	if (what == EV_TIMEOUT)
		trace("t");
	else {
		CHECK_INT(what, EV_READ);
		CHECK(drain(fd) > 0);
		trace("r");
	}
}

TEST(persistent_with_timeout)
{
	struct event_base *base = init_base();
	struct timeval before, after;
	int64_t start = now_ns();
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ | EV_PERSIST, read_it, NULL);
	CHECK_INT(add_ms(&ev, 1000), 0);
	before = ev.ev_timeout;
	put_byte(fds[1]);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(traced(), "r");
	after = ev.ev_timeout;
	CHECK(evutil_timercmp(&before, &after, ==));
	CHECK_INT(event_dispatch(), 1);
	CHECK_ELAPSED(start, 1000);
	CHECK_STR(traced(), "rt");
	CHECK_INT(ev.ev_flags, EVLIST_INIT);
	event_base_free(base);
}

TEST(negative_times_fire_at_once)
{
	static const struct timeval tvs[] = { { -1, 0 }, { 0, -1 }, { -100000, 999999 },
		{ LONG_MIN, 0 }, { LONG_MIN, LONG_MIN } };
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev;
	size_t i;

	evtimer_set(&ev, note_cb, &note);
	for (i = 0; i < COUNT(tvs); i++) {
		CHECK_INT(event_add(&ev, &tvs[i]), 0);
		CHECK_INT(event_loop(EVLOOP_NONBLOCK | EVLOOP_ONCE), 0);
		CHECK_INT(note.calls, (int)i + 1);
		CHECK_INT(note.what, EV_TIMEOUT);
	}
	event_base_free(base);
}

/* More than a million microseconds is what it says. */
TEST(microseconds_beyond_a_second)
{
	struct timeval tv = { 0, 1200000 };
	struct event_base *base = init_base();
	int64_t start = now_ns();
	struct note note = { 0 };
	struct event ev;

	evtimer_set(&ev, note_cb, &note);
	CHECK_INT(event_add(&ev, &tv), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_ELAPSED(start, 1200);
	event_base_free(base);
}

/* Times beyond all clocks wait: they do not wrap around, and stand behind sensible ones. */
TEST(enormous_times_wait)
{
	static const struct timeval tvs[] = { { INT_MAX, 0 }, { UINT_MAX, 999999 },
		{ LONG_MAX / 1000000, 0 }, { LONG_MAX, 0 }, { LONG_MAX, LONG_MAX } };
	struct event_base *base = init_base();
	struct note never = { 0 }, soon = { 0 };
	struct event ev[COUNT(tvs)], near;
	struct timeval tv;
	size_t i;

	for (i = 0; i < COUNT(tvs); i++) {
		evtimer_set(&ev[i], note_cb, &never);
		CHECK_INT(event_add(&ev[i], &tvs[i]), 0);
		CHECK_INT(event_pending(&ev[i], EV_TIMEOUT, &tv), EV_TIMEOUT);
	}
	evtimer_set(&near, note_cb, &soon);
	CHECK_INT(add_ms(&near, 20), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(soon.calls, 1);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_INT(never.calls, 0);
	event_base_free(base);
}
