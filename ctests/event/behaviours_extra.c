/*
 * Proves behaviours 3, 9, 18, 19, 21, 24, 25, 35, 38, 39, 41, 46, 47 and 52: what the tests by
 * subject have no place for.
 * Each of these fails when one line of the library is changed and no other test does.
 */
#include "alloc.h"

#include <evhub/event_ext.h>
#include <sys/mman.h>

static void
nothing_cb(void *arg)
{
	(void)arg;
}

/*
 * A loop that sleeps is woken by a write. Activating, unlike sending, writes nothing: another
 * thread's loop sleeps on.
 */
TEST_ENV(activating_wakes_nobody, "SHIM=fault")
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	evhub_async_t *async;
	struct event ev;
	long before;

	async = evhub_async_new(base, nothing_cb, NULL);
	CHECK(async != NULL);
	evtimer_set(&ev, note_cb, &note);
	before = fault_calls("write");
	event_active(&ev, EV_TIMEOUT, 1);
	CHECK_INT(fault_calls("write"), before);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(fault_calls("write"), before);
	CHECK_INT(evhub_async_send(async), 0);
	if (!method_is("kqueue"))
		CHECK_INT(fault_calls("write"), before + 1);
	evhub_async_free(async);
	event_base_free(base);
}

static void
break_now(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	CHECK_INT(event_loopbreak(), 0);
}

/* Both in one round: the loop takes the exit, and leaves the break to the next one. */
TEST(the_exit_goes_before_the_break)
{
	struct event_base *base = init_base();
	struct event ev;

	CHECK_INT(event_loopexit(NULL), 0);
	evtimer_set(&ev, break_now, NULL);
	CHECK_INT(add_ms(&ev, 0), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(evhub_event_base_got_exit(base), 1);
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(evhub_event_base_got_exit(base), 0);
	CHECK_INT(evhub_event_base_got_break(base), 1);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(base);
}

/* Outside the loop each timer counts from its own event_add. */
TEST(timers_added_outside_the_loop_are_not_early)
{
	struct event_base *base = init_base();
	struct note notes[2] = { { 0, 0, 0, 0 } };
	struct event first, second;
	int64_t start;

	evtimer_set(&first, note_cb, &notes[0]);
	evtimer_set(&second, note_cb, &notes[1]);
	CHECK_INT(add_ms(&first, 1), 0);
	sleep_ms(50);
	start = now_ns();
	CHECK_INT(add_ms(&second, 40), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(notes[0].calls, 1);
	CHECK_INT(notes[1].calls, 1);
	CHECK(notes[1].at_ns - start >= 40 * 1000000);
	event_base_free(base);
}

static void
note_and_break(int fd, short what, void *arg)
{
	note_cb(fd, what, arg);
	CHECK_INT(event_loopbreak(), 0);
}

static struct event far_timer;

static void
add_then_work(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	CHECK_INT(add_ms(&far_timer, 100000), 0);
	sleep_ms(300);
}

/*
 * The clock that a callback has read for a timer of its own is not the one that the next wait is
 * measured by. A busy machine may spoil a try, not all of them.
 */
TEST(work_after_an_add_makes_no_timer_late)
{
	struct event_base *base = init_base();
	int tries;

	evtimer_set(&far_timer, trace_cb, "far");
	for (tries = 0; tries < 5; tries++) {
		struct note note = { 0 };
		struct event timer, slow;
		int64_t start = now_ns();

		evtimer_set(&timer, note_and_break, &note);
		CHECK_INT(add_ms(&timer, 400), 0);
		evtimer_set(&slow, add_then_work, NULL);
		event_active(&slow, EV_TIMEOUT, 1);
		CHECK_INT(event_dispatch(), 0);
		CHECK_INT(note.calls, 1);
		CHECK(note.at_ns - start >= 400 * 1000000);
		if (note.at_ns - start < 650 * 1000000)
			break;
	}
	CHECK(tries < 5);
	event_base_free(base);
}

static long
waits(void)
{
	return fault_calls("epoll_wait") + fault_calls("epoll_pwait2") + fault_calls("poll") +
	    fault_calls("ppoll") + fault_calls("select") + fault_calls("pselect");
}

/* A wait that was rounded down would end early, and another one follow, and another one. */
TEST_ENV(one_wait_is_enough_for_a_timer, "SHIM=fault")
{
	struct event_base *base = init_base();
	struct timeval tv = { 0, 20700 };
	struct note note = { 0 };
	struct event ev;
	long before = waits();

	if (in_storm())
		SKIP("interrupted waits are taken up again");
	evtimer_set(&ev, note_cb, &note);
	CHECK_INT(event_add(&ev, &tv), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
	CHECK(waits() - before <= 2);
	event_base_free(base);
}

/* A priority that event_set found in memory, and that the base does not have, is the last. */
TEST(a_priority_out_of_range_is_the_last)
{
	static const int priorities[] = { 3, -1, 0x5a5a5a5a };
	struct event_base *base = init_base();
	struct event low, stray;
	size_t i;

	CHECK_INT(event_priority_init(3), 0);
	for (i = 0; i < COUNT(priorities); i++) {
		evtimer_set(&stray, trace_cb, "s");
		stray.ev_pri = priorities[i];
		evtimer_set(&low, trace_cb, "l");
		event_active(&stray, EV_TIMEOUT, 1);
		event_active(&low, EV_TIMEOUT, 1);
		CHECK_INT(event_dispatch(), 1);
	}
	CHECK_STR(traced(), "lslsls");
	event_base_free(base);
}

/* An idle event may have outlived its base: what it points to is not looked at. */
TEST(an_idle_event_is_deleted_without_a_look_at_its_base)
{
	struct event_base *base = init_base();
	void *nothing = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct event ev;

	CHECK(nothing != MAP_FAILED);
	evtimer_set(&ev, trace_cb, "x");
	ev.ev_base = nothing;
	CHECK_INT(event_del(&ev), 0);
	CHECK_INT(event_pending(&ev, EV_READ | EV_WRITE | EV_TIMEOUT | EV_SIGNAL, NULL), 0);
	CHECK_INT(event_del(&ev), 0);
	event_base_free(base);
}

TEST(there_are_32768_priorities_at_most)
{
	struct event_base *base = init_base();
	struct event ev;

	CHECK_INT(event_priority_init(32768), 0);
	evtimer_set(&ev, trace_cb, "x");
	CHECK_INT(ev.ev_pri, 16384);
	CHECK_ERRNO(event_priority_init(32769), EINVAL);
	CHECK_INT(event_priority_set(&ev, 32767), 0);
	CHECK_INT(add_ms(&ev, 0), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "x");
	event_base_free(base);
}

/* Not even together with what it takes. */
TEST(once_refuses_signals_with_directions)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	int fds[2];

	capture_log();
	make_pair(fds);
	CHECK_ERRNO(event_once(fds[0], EV_SIGNAL | EV_READ, note_cb, &note, NULL), EINVAL);
	CHECK_ERRNO(event_once(fds[0], EV_SIGNAL | EV_WRITE, note_cb, &note, NULL), EINVAL);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 0);
	event_base_free(base);
}

ALLOC_TEST(a_refused_once_leaves_no_memory)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	int fd = closed_fd(), i;
	long before;

	need_shim();
	CHECK_ERRNO(event_once(fd, EV_READ, note_cb, &note, NULL), EBADF);
	before = alloc_live();
	for (i = 0; i < 100; i++)
		CHECK_ERRNO(event_once(fd, EV_READ, note_cb, &note, NULL), EBADF);
	CHECK_INT(alloc_live(), before);
	event_base_free(base);
}

/* Flags of 0 say that nobody has called event_set, whatever else is there. */
TEST(an_event_without_flags_was_not_set_up)
{
	struct event_base *base = init_base();
	struct event ev;

	capture_log();
	evtimer_set(&ev, trace_cb, "x");
	ev.ev_flags = 0;
	CHECK_ERRNO(add_ms(&ev, 0), EINVAL);
	CHECK_ERRNO(event_del(&ev), EINVAL);
	event_active(&ev, EV_TIMEOUT, 1);
	CHECK_INT(ev.ev_flags, 0);
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "");
	event_base_free(base);
}

/* One event cannot be registered anew: -1, and the others are. */
TEST_ENV(reinit_goes_on_after_an_error, "SHIM=fault")
{
	struct event_base *base = init_base();
	struct note notes[3] = { { 0, 0, 0, 0 } };
	struct event readers[3];
	int fds[2], i;

	if (!method_is("epoll"))
		SKIP("only epoll asks the kernel at once");
	for (i = 0; i < 3; i++) {
		make_pipe(fds);
		put_byte(fds[1]);
		event_set(&readers[i], fds[0], EV_READ, note_cb, &notes[i]);
		CHECK_INT(event_add(&readers[i], NULL), 0);
	}
	fault_set("epoll_ctl=ENOSPC@1");
	CHECK_ERRNO(event_reinit(base), ENOSPC);
	fault_set("");
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(notes[0].calls, 0);
	CHECK_INT(notes[1].calls, 1);
	CHECK_INT(notes[2].calls, 1);
	CHECK_INT(event_pending(&readers[0], EV_READ, NULL), EV_READ);
	/* There is room again. */
	CHECK_INT(event_reinit(base), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(notes[0].calls, 1);
	event_base_free(base);
}

/* The kernel disarms a one-shot by itself: to add it again is one call, to be called is none. */
TEST_ENV(a_one_shot_that_comes_back_costs_one_call, "SHIM=fault")
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev;
	int fds[2], i;
	long before;

	if (!method_is("epoll"))
		SKIP("%s has no such call", method());
	make_pipe(fds);
	put_byte(fds[1]);
	event_set(&ev, fds[0], EV_READ, note_cb, &note);
	before = fault_calls("epoll_ctl");
	for (i = 1; i <= 10; i++) {
		CHECK_INT(event_add(&ev, NULL), 0);
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
		CHECK_INT(note.calls, i);
		CHECK_INT(fault_calls("epoll_ctl"), before + i);
	}
	event_base_free(base);
}

static void
free_it(int fd, short what, void *base)
{
	(void)fd;
	(void)what;
	trace("f");
	event_base_free(base);
}

/* The loop of a base that was freed inside has neither failed nor run out of events. */
TEST(a_loop_without_its_base_returns_0)
{
	struct event_base *base = init_base();
	struct event killer, far, reader;
	int fds[2];

	capture_log();
	make_pair(fds);
	evtimer_set(&far, trace_cb, "t");
	CHECK_INT(add_ms(&far, 100000), 0);
	event_set(&reader, fds[0], EV_READ, trace_cb, "r");
	CHECK_INT(event_add(&reader, NULL), 0);
	evtimer_set(&killer, free_it, base);
	CHECK_INT(add_ms(&killer, 0), 0);
	CHECK_INT(event_base_dispatch(base), 0);
	CHECK_STR(traced(), "f");
	CHECK_INT(logged(_EVENT_LOG_WARN), 0);
}

static void
count_cb(void *arg)
{
	++*(int *)arg;
}

/* Where a pipe must do, it is emptied: else it fills up, and nothing wakes any more. */
TEST_ENV(a_pipe_wakes_again_and_again, "SHIM=fault FAULTS=eventfd=ENOSYS")
{
	struct event_base *base = init_base();
	int calls = 0, i;
	evhub_async_t *async = evhub_async_new(base, count_cb, &calls);

	CHECK(async != NULL);
	for (i = 1; i <= 9000; i++) {
		CHECK_INT(evhub_async_send(async), 0);
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
		CHECK_INT(calls, i);
	}
	evhub_async_free(async);
	event_base_free(base);
}

/* After the loop of a base that was freed inside nothing of the base is left. */
ALLOC_TEST(a_base_freed_inside_leaves_no_memory)
{
	struct event killer;
	long before = 0;
	int i;

	need_shim();
	for (i = 0; i < 20; i++) {
		struct event_base *base = init_base();

		evtimer_set(&killer, free_it, base);
		CHECK_INT(add_ms(&killer, 0), 0);
		CHECK_INT(event_base_dispatch(base), 0);
		if (i == 0)
			before = alloc_live();
	}
	CHECK_INT(alloc_live(), before);
}

TEST(without_a_base_there_is_no_method)
{
	capture_log();
	CHECK_PTR(current_base, NULL);
	errno = 0;
	CHECK_PTR(event_get_method(), NULL);
	CHECK_INT(errno, EINVAL);
	errno = 0;
	CHECK_PTR(event_base_get_method(NULL), NULL);
	CHECK_INT(errno, EINVAL);
}
