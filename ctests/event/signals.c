/*
 * Signal events: how often, in which order and with what they are called
 * (behaviours 59, 60, 61, 62, 64, 65).
 */
#include "harness.h"

static void
watch(struct event *ev, int number, void (*cb)(int, short, void *), void *arg)
{
	signal_set(ev, number, cb, arg);
	CHECK_INT(signal_add(ev, NULL), 0);
}

static int
one_round(void)
{
	return event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

TEST(raised_between_add_and_loop)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };

	init_base();
	watch(&ev, SIGUSR1, note_cb, &note);
	raise(SIGUSR1);
	CHECK_INT(note.calls, 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(note.fd, SIGUSR1);
	CHECK_INT(note.what, EV_SIGNAL);
}

struct countdown {
	struct event ev;
	int left[8];
	int calls;
};

static void
countdown_cb(int fd, short what, void *arg)
{
	struct countdown *count = arg;

	CHECK_INT(fd, SIGUSR1);
	CHECK_INT(what, EV_SIGNAL);
	CHECK_INT(count->ev.ev_res, EV_SIGNAL);
	CHECK(count->calls < (int)COUNT(count->left));
	count->left[count->calls++] = count->ev.ev_ncalls;
	CHECK_PTR(count->ev.ev_pncalls, NULL);
}

TEST(three_raises_are_three_calls)
{
	struct countdown count = { .calls = 0 };

	init_base();
	watch(&count.ev, SIGUSR1, countdown_cb, &count);
	raise(SIGUSR1);
	raise(SIGUSR1);
	raise(SIGUSR1);
	CHECK_INT(one_round(), 0);
	CHECK_INT(count.calls, 3);
	CHECK_INT(count.left[0], 2);
	CHECK_INT(count.left[1], 1);
	CHECK_INT(count.left[2], 0);
	CHECK_INT(count.ev.ev_flags, EVLIST_INIT | EVLIST_INSERTED);
	CHECK_INT(signal_pending(&count.ev, NULL), EV_SIGNAL);
	CHECK_INT(one_round(), 0);
	CHECK_INT(count.calls, 3);
}

TEST(two_raises_of_a_one_shot_are_two_calls_then_it_is_gone)
{
	struct countdown count = { .calls = 0 };

	init_base();
	signal(SIGUSR1, SIG_IGN);
	event_set(&count.ev, SIGUSR1, EV_SIGNAL, countdown_cb, &count);
	CHECK_INT(event_add(&count.ev, NULL), 0);
	raise(SIGUSR1);
	raise(SIGUSR1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(count.calls, 2);
	CHECK_INT(count.left[0], 1);
	CHECK_INT(count.left[1], 0);
	CHECK_INT(count.ev.ev_flags, EVLIST_INIT);
	raise(SIGUSR1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(count.calls, 2);
}

static void
raise_again_cb(int fd, short what, void *arg)
{
	note_cb(fd, what, arg);
	if (((struct note *)arg)->calls < 3)
		raise(fd);
}

TEST(raised_in_its_callback_comes_in_a_later_round)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };

	init_base();
	watch(&ev, SIGUSR1, raise_again_cb, &note);
	raise(SIGUSR1);
	CHECK_INT(one_round(), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(one_round(), 0);
	CHECK_INT(note.calls, 2);
	CHECK_INT(one_round(), 0);
	CHECK_INT(note.calls, 3);
	CHECK_INT(one_round(), 0);
	CHECK_INT(note.calls, 3);
}

struct again {
	struct event ev;
	int calls;
	int adds_left;
};

static void
add_again_cb(int fd, short what, void *arg)
{
	struct again *again = arg;

	(void)fd;
	(void)what;
	again->calls++;
	if (again->adds_left-- > 0)
		CHECK_INT(event_add(&again->ev, NULL), 0);
}

static void
start_again(struct again *again, int adds)
{
	again->calls = 0;
	again->adds_left = adds;
	event_set(&again->ev, SIGUSR1, EV_SIGNAL, add_again_cb, again);
	CHECK_INT(event_add(&again->ev, NULL), 0);
}

TEST(one_shot_added_again_inside)
{
	struct again again;
	int i;

	init_base();
	start_again(&again, 10);
	for (i = 1; i <= 10; i++) {
		raise(SIGUSR1);
		CHECK_INT(one_round(), 0);
		CHECK_INT(again.calls, i);
		CHECK_INT(event_pending(&again.ev, EV_SIGNAL, NULL), EV_SIGNAL);
	}
	raise(SIGUSR1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(again.calls, 11);
	CHECK_INT(event_pending(&again.ev, EV_SIGNAL, NULL), 0);
}

TEST(one_shot_added_again_in_each_of_two_calls)
{
	struct again again;

	init_base();
	start_again(&again, 3);
	raise(SIGUSR1);
	raise(SIGUSR1);
	CHECK_INT(one_round(), 0);
	CHECK_INT(again.calls, 2);
	CHECK_INT(event_pending(&again.ev, EV_SIGNAL, NULL), EV_SIGNAL);
	raise(SIGUSR1);
	CHECK_INT(one_round(), 0);
	CHECK_INT(again.calls, 3);
	CHECK_INT(event_del(&again.ev), 0);
}

TEST(several_events_on_one_signal_all_run)
{
	struct event ev[4];
	struct note note[4] = { { 0, 0, 0, 0 } };
	int i;

	init_base();
	for (i = 0; i < 4; i++)
		watch(&ev[i], SIGUSR2, note_cb, &note[i]);
	raise(SIGUSR2);
	raise(SIGUSR2);
	CHECK_INT(one_round(), 0);
	for (i = 0; i < 4; i++)
		CHECK_INT(note[i].calls, 2);
	CHECK_INT(event_del(&ev[1]), 0);
	raise(SIGUSR2);
	CHECK_INT(one_round(), 0);
	for (i = 0; i < 4; i++)
		CHECK_INT(note[i].calls, i == 1 ? 2 : 3);
}

TEST(adding_twice_watches_once)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };

	init_base();
	signal(SIGUSR1, SIG_IGN);
	watch(&ev, SIGUSR1, note_cb, &note);
	CHECK_INT(signal_add(&ev, NULL), 0);
	raise(SIGUSR1);
	CHECK_INT(one_round(), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(signal_del(&ev), 0);
	raise(SIGUSR1);		/* ignored again, or it would end the test */
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
}

TEST(ascending_numbers_before_descriptors)
{
	static const int numbers[] = { SIGALRM, SIGUSR2, SIGTERM, SIGUSR1, SIGHUP };
	static char *const names[] = { "ALRM ", "USR2 ", "TERM ", "USR1 ", "HUP " };
	struct event ev[5];
	struct event readable;
	int fds[2];
	int i;

	init_base();
	/* The order of a kqueue's report is the kernel's, signals and descriptors alike. */
	if (method_is("kqueue"))
		SKIP("kqueue reports in an order of its own");
	make_pipe(fds);
	put_byte(fds[1]);
	event_set(&readable, fds[0], EV_READ, trace_cb, "fd");
	CHECK_INT(event_add(&readable, NULL), 0);
	for (i = 0; i < 5; i++)
		watch(&ev[i], numbers[i], trace_cb, names[i]);
	for (i = 0; i < 5; i++)
		raise(numbers[i]);
	CHECK_INT(one_round(), 0);
	CHECK_STR(traced(), "HUP USR1 USR2 ALRM TERM fd");
}

static void
expect_refused(int number, short events)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	int before = logged(_EVENT_LOG_WARN);

	event_set(&ev, number, events, note_cb, &note);
	CHECK_ERRNO(event_add(&ev, NULL), EINVAL);
	CHECK_INT(logged(_EVENT_LOG_ERR), 0);
	CHECK(logged(_EVENT_LOG_WARN) >= before);
	CHECK_INT(ev.ev_flags, EVLIST_INIT);
	CHECK_INT(event_pending(&ev, EV_SIGNAL | EV_READ | EV_WRITE | EV_TIMEOUT, NULL), 0);
	CHECK_INT(add_ms(&ev, 1), -1);
	CHECK_INT(ev.ev_flags, EVLIST_INIT);
	CHECK_INT(event_del(&ev), 0);
}

TEST(impossible_numbers_are_refused)
{
	static const int numbers[] = { 0, -1, 65, 1000, INT32_MAX, INT32_MIN, SIGKILL, SIGSTOP };
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	size_t i;

	init_base();
	capture_log();
	for (i = 0; i < COUNT(numbers); i++)
		expect_refused(numbers[i], EV_SIGNAL | EV_PERSIST);
	expect_refused(SIGUSR1, EV_SIGNAL | EV_READ);
	expect_refused(SIGUSR1, EV_SIGNAL | EV_WRITE | EV_PERSIST);
	CHECK(logged(_EVENT_LOG_WARN) >= 1);
	CHECK_INT(event_dispatch(), 1);
	/* The last number there is works. */
	watch(&ev, 64, note_cb, &note);
	raise(64);
	CHECK_INT(one_round(), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(note.fd, 64);
}

TEST(a_signal_event_keeps_the_loop_alive)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };

	init_base();
	watch(&ev, SIGUSR1, note_cb, &note);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_INT(signal_del(&ev), 0);
	/* What the library itself watches does not. */
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	CHECK_INT(event_dispatch(), 1);
}

TEST(times_out_without_its_signal)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	int64_t start = now_ns();

	init_base();
	signal(SIGUSR1, SIG_IGN);
	signal_set(&ev, SIGUSR1, note_cb, &note);
	CHECK_INT(add_ms(&ev, 30), 0);
	CHECK_INT(event_pending(&ev, EV_SIGNAL | EV_TIMEOUT, NULL), EV_SIGNAL | EV_TIMEOUT);
	raise(SIGUSR1);
	CHECK_INT(one_round(), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(note.what, EV_SIGNAL);
	CHECK_INT(event_pending(&ev, EV_SIGNAL | EV_TIMEOUT, NULL), EV_SIGNAL | EV_TIMEOUT);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 2);
	CHECK_INT(note.what, EV_TIMEOUT);
	CHECK_INT(note.fd, SIGUSR1);
	CHECK_ELAPSED(start, 30);
	CHECK_INT(ev.ev_flags, EVLIST_INIT);
	raise(SIGUSR1);		/* ignored again */
}

TEST(signal_and_deadline_in_one_round_is_a_timeout)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };

	init_base();
	event_set(&ev, SIGUSR1, EV_SIGNAL, note_cb, &note);
	CHECK_INT(add_ms(&ev, 1), 0);
	sleep_ms(2);
	raise(SIGUSR1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
	CHECK_INT(note.what, EV_TIMEOUT);
}

TEST(deleted_while_its_signal_is_pending)
{
	struct event ev;
	struct event other;
	struct note note = { 0, 0, 0, 0 };
	struct note other_note = { 0, 0, 0, 0 };

	init_base();
	watch(&ev, SIGUSR1, note_cb, &note);
	watch(&other, SIGUSR1, note_cb, &other_note);
	raise(SIGUSR1);
	CHECK_INT(signal_del(&ev), 0);
	CHECK_INT(one_round(), 0);
	CHECK_INT(note.calls, 0);
	CHECK_INT(other_note.calls, 1);
	raise(SIGUSR1);
	CHECK_INT(signal_del(&other), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	CHECK_INT(other_note.calls, 1);
}

static void
delete_cb(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	trace("x");
	CHECK_INT(event_del(arg), 0);
}

TEST(deleting_in_the_first_call_drops_the_others)
{
	struct event ev;
	struct event sibling;

	init_base();
	watch(&ev, SIGUSR1, delete_cb, &ev);
	raise(SIGUSR1);
	raise(SIGUSR1);
	raise(SIGUSR1);
	CHECK_INT(one_round(), 0);
	CHECK_STR(traced(), "x");
	trace_reset();
	/* The one that runs first deletes the other, whichever that is. */
	watch(&ev, SIGUSR1, delete_cb, &sibling);
	watch(&sibling, SIGUSR1, delete_cb, &ev);
	raise(SIGUSR1);
	CHECK_INT(one_round(), 0);
	CHECK_STR(traced(), "x");
}
