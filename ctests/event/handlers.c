/*
 * Old programs call the library from plain signal handlers, mostly to end the loop. While the loop
 * waits that works, as with libevent 1.4; in the middle of another call it is refused (EBUSY), or
 * noted and done later. Nothing breaks either way (behaviours 13-15).
 */
#include "harness.h"

#include <setjmp.h>
#include <sys/time.h>

static struct event handled;
static volatile sig_atomic_t calls, refused, accepted;

static void
call_break(int number)
{
	(void)number;
	event_loopbreak();
}

static void
call_exit(int number)
{
	(void)number;
	event_loopexit(NULL);
}

static void
call_active(int number)
{
	(void)number;
	event_active(&handled, EV_READ, 1);
}

/* A program's own handler, without SA_RESTART, as signal(2) of old; raised every 200 us. */
static void
handle_storm(void (*handler)(int))
{
	struct sigaction action;
	struct itimerval every = { { 0, 200 }, { 0, 200 } };

	memset(&action, 0, sizeof(action));
	action.sa_handler = handler;
	CHECK_INT(sigaction(SIGALRM, &action, NULL), 0);
	CHECK_INT(setitimer(ITIMER_REAL, &every, NULL), 0);
}

static void
end_storm(void)
{
	struct itimerval never = { { 0, 0 }, { 0, 0 } };

	CHECK_INT(setitimer(ITIMER_REAL, &never, NULL), 0);
	signal(SIGALRM, SIG_IGN);
}

static void
check_ends_a_waiting_loop(void (*handler)(int))
{
	struct event_base *base = init_base();
	struct event timer;
	struct note note = { 0, 0, 0, 0 };

	evtimer_set(&timer, note_cb, &note);
	CHECK_INT(add_ms(&timer, 60000), 0);
	handle_storm(handler);
	CHECK_INT(event_dispatch(), 0);
	end_storm();
	CHECK_INT(note.calls, 0);
	event_base_free(base);
}

TEST(loopbreak_in_a_handler_ends_a_waiting_loop)
{
	check_ends_a_waiting_loop(call_break);
}

TEST(loopexit_in_a_handler_ends_a_waiting_loop)
{
	check_ends_a_waiting_loop(call_exit);
}

static void
count_call(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (++calls == 3)
		event_loopexit(NULL);
}

TEST(an_event_made_active_in_a_handler_is_called)
{
	struct event_base *base = init_base();
	struct event timer;
	struct note note = { 0, 0, 0, 0 };

	evtimer_set(&timer, note_cb, &note);
	CHECK_INT(add_ms(&timer, 60000), 0);
	event_set(&handled, -1, 0, count_call, NULL);
	handle_storm(call_active);
	CHECK_INT(event_dispatch(), 0);
	end_storm();
	CHECK(calls >= 3);
	event_base_free(base);
}

static void
call_many(int number)
{
	struct timeval tv = { 60, 0 };
	int saved = errno;

	(void)number;
	if (event_add(&handled, &tv) == 0 && event_del(&handled) == 0)
		accepted++;
	else if (errno == EBUSY)
		refused++;
	else
		abort();
	errno = saved;
}

/* The handler hits other calls in their middle, again and again. */
TEST(calls_in_the_middle_of_a_call_are_refused)
{
	struct event_base *base = init_base();
	struct event events[64];
	struct note note = { 0, 0, 0, 0 };
	int64_t end = now_ns() + 300 * (int64_t)1000000;
	int i;

	capture_log();
	evtimer_set(&handled, note_cb, &note);
	for (i = 0; i < 64; i++)
		evtimer_set(&events[i], note_cb, &note);
	handle_storm(call_many);
	while (now_ns() < end) {
		for (i = 0; i < 64; i++)
			CHECK_INT(add_ms(&events[i], 60000 - i), 0);
		for (i = 0; i < 64; i++)
			CHECK_INT(event_del(&events[i]), 0);
		CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK) >= 0, 1);
	}
	end_storm();
	CHECK(accepted + refused > 0);
	event_del(&handled);
	CHECK_INT(note.calls, 0);
	event_base_free(base);
}

static volatile sig_atomic_t looped, loop_result;

static void
call_loop(int number)
{
	int saved = errno;

	(void)number;
	if (!looped) {
		looped = 1;
		loop_result = event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
	}
	event_loopbreak();
	errno = saved;
}

/* As with 1.4, a handler may even run a loop of its own while another one waits. */
TEST(a_loop_in_a_handler_of_a_waiting_loop)
{
	struct event_base *base = init_base();
	struct event timer;
	struct note note = { 0, 0, 0, 0 };

	evtimer_set(&timer, note_cb, &note);
	CHECK_INT(add_ms(&timer, 60000), 0);
	handle_storm(call_loop);
	CHECK_INT(event_dispatch(), 0);
	end_storm();
	CHECK_INT(looped, 1);
	CHECK_INT(loop_result, 0);
	event_base_free(base);
}

static sigjmp_buf out;
static volatile sig_atomic_t may_jump;

static void
jump_out(int number)
{
	(void)number;
	if (may_jump)
		siglongjmp(out, 1);
}

/* A handler leaves a waiting loop for good; the base goes on. */
TEST(a_handler_may_jump_out_of_the_wait)
{
	struct event_base *base = init_base();
	struct event timer;
	struct note note = { 0, 0, 0, 0 };
	volatile int turn;

	evtimer_set(&timer, note_cb, &note);
	CHECK_INT(add_ms(&timer, 60000), 0);
	for (turn = 0; turn < 3; turn++) {
		if (sigsetjmp(out, 1) == 0) {
			/* One alarm, long after the loop has fallen asleep. */
			struct itimerval later = { { 0, 0 }, { 0, 50000 } };

			may_jump = 1;
			signal(SIGALRM, jump_out);
			CHECK_INT(setitimer(ITIMER_REAL, &later, NULL), 0);
			event_dispatch();
			CHECK(!"the loop has no end of its own");
		}
		may_jump = 0;
	}
	CHECK_INT(add_ms(&timer, 1), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(event_base_priority_init(base, 3), 0);
	/* What a wait that never returned had for itself is lost: not for a leak checker. */
	_exit(0);
}

static volatile sig_atomic_t asked;

static void
call_exit_once(int number)
{
	(void)number;
	if (event_loopexit(NULL) == 0)
		asked = 1;
}

static void
busy_cb(int fd, short what, void *arg)
{
	struct timeval soon = { 0, 0 };
	struct event other;
	struct note note = { 0, 0, 0, 0 };
	int i;

	(void)fd;
	(void)what;
	evtimer_set(&other, note_cb, &note);
	for (i = 0; i < 200; i++) {
		CHECK_INT(add_ms(&other, 1000), 0);
		CHECK_INT(event_del(&other), 0);
	}
	CHECK_INT(event_add((struct event *)arg, &soon), 0);
}

/* However the handler hits, the loop ends: nobody has to ask twice. */
TEST(loopexit_in_a_handler_is_never_lost)
{
	int turn;

	for (turn = 0; turn < 20; turn++) {
		struct event_base *base = init_base();
		struct event busy;

		asked = 0;
		evtimer_set(&busy, busy_cb, &busy);
		CHECK_INT(add_ms(&busy, 0), 0);
		handle_storm(call_exit_once);
		CHECK_INT(event_dispatch(), 0);
		end_storm();
		CHECK_INT(asked, 1);
		event_base_free(base);
	}
}
