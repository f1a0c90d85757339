/* Proves behaviours 1, 13-15, 17 and 192; E16: loopexit, loopbreak, nested loops. */
#include "harness.h"

/* A loopexit is a timer: it counts as an event, and its call ends the loop with 0. */
TEST(loopexit_is_an_event)
{
	struct event_base *base = init_base();
	struct timeval tv = tv_ms(20);
	int64_t start = now_ns();

	CHECK_INT(event_loopexit(&tv), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_ELAPSED(start, 20);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(event_base_loopexit(base, NULL), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(base);
}

TEST(several_loopexits)
{
	struct event_base *base = init_base();
	int64_t start = now_ns();

	/* So far apart that they do not come in one round. */
	CHECK_INT(exit_after_ms(base, 1000), 0);
	CHECK_INT(exit_after_ms(base, 20), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_ELAPSED(start, 20);
	CHECK_INT(event_dispatch(), 0);
	CHECK_ELAPSED(start, 1000);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(base);
}

static void
exit_now(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	trace(arg);
	CHECK_INT(event_loopexit(NULL), 0);
}

/* The exit ends the loop after the queue that it stands in: it drops nothing of that queue. */
TEST(loopexit_finishes_the_queue)
{
	struct event_base *base = init_base();
	struct event a, b, io;
	int fds[2];

	make_pair(fds);
	evtimer_set(&a, exit_now, "a");
	evtimer_set(&b, trace_cb, "b");
	event_set(&io, fds[0], EV_WRITE | EV_PERSIST, trace_cb, "i");
	CHECK_INT(event_add(&io, NULL), 0);
	event_active(&a, EV_TIMEOUT, 1);
	event_active(&b, EV_TIMEOUT, 1);
	CHECK_INT(event_dispatch(), 0);
	/* The exit joins the queue of the next round, behind the ready descriptor. */
	CHECK_STR(traced(), "abii");
	event_base_free(base);
}

/* Two timers of one round, the exit's is the first: the other one still runs. */
TEST(loopexit_drops_nothing_behind_it)
{
	struct event_base *base = init_base();
	struct event timer;

	CHECK_INT(event_loopexit(NULL), 0);
	evtimer_set(&timer, trace_cb, "t");
	CHECK_INT(add_ms(&timer, 0), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_STR(traced(), "t");
	event_base_free(base);
}

/* The exit timer has the middle priority: what comes after it waits for the next loop. */
TEST(loopexit_has_the_middle_priority)
{
	struct event_base *base = init_base();
	struct event ev[3];
	char *names[] = { "0", "1", "2" };
	int i;

	CHECK_INT(event_priority_init(3), 0);
	CHECK_INT(event_loopexit(NULL), 0);
	for (i = 2; i >= 0; i--) {
		evtimer_set(&ev[i], trace_cb, names[i]);
		CHECK_INT(event_priority_set(&ev[i], i), 0);
		event_active(&ev[i], EV_TIMEOUT, 1);
	}
	CHECK_INT(event_dispatch(), 0);
	CHECK_STR(traced(), "01");
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "012");
	event_base_free(base);
}

static void
break_now(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	trace(arg);
	CHECK_INT(event_loopbreak(), 0);
}

TEST(loopbreak_keeps_the_rest_queued)
{
	struct event_base *base = init_base();
	struct event a, b, c;

	evtimer_set(&a, trace_cb, "a");
	evtimer_set(&b, break_now, "b");
	evtimer_set(&c, trace_cb, "c");
	event_active(&a, EV_TIMEOUT, 1);
	event_active(&b, EV_TIMEOUT, 1);
	event_active(&c, EV_TIMEOUT, 1);
	CHECK_INT(event_dispatch(), 0);
	CHECK_STR(traced(), "ab");
	CHECK_INT(event_pending(&c, EV_TIMEOUT, NULL), EV_TIMEOUT);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "abc");
	event_base_free(base);
}

/* A break between the repetitions of one event; the others come in the next loops. */
TEST(loopbreak_between_repetitions)
{
	struct event_base *base = init_base();
	struct event ev, next;

	evtimer_set(&ev, break_now, "e");
	evtimer_set(&next, trace_cb, "n");
	event_active(&ev, EV_TIMEOUT, 3);
	event_active(&next, EV_TIMEOUT, 1);
	CHECK_INT(event_dispatch(), 0);
	CHECK_STR(traced(), "e");
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_STR(traced(), "eee");
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "eeen");
	event_base_free(base);
}

TEST(loopbreak_before_the_loop)
{
	struct event_base *base = init_base();
	struct event ev;

	evtimer_set(&ev, trace_cb, "e");
	event_active(&ev, EV_TIMEOUT, 1);
	CHECK_INT(event_loopbreak(), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_STR(traced(), "");
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "e");
	CHECK_INT(event_base_loopbreak(base), 0);
	CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
	CHECK_INT(event_base_loopbreak(NULL), -1);
	event_base_free(base);
}

static void
nest_nonblock(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	trace("(");
	CHECK_INT(event_loop(EVLOOP_NONBLOCK | EVLOOP_ONCE), 0);
	trace(")");
}

/* A nested loop runs what the outer round has left, and each event just once. */
TEST(nested_loop_takes_the_rest)
{
	struct event_base *base = init_base();
	struct event a, b, c, far;

	evtimer_set(&a, nest_nonblock, NULL);
	evtimer_set(&b, trace_cb, "b");
	evtimer_set(&c, trace_cb, "c");
	evtimer_set(&far, trace_cb, "far");
	CHECK_INT(add_ms(&far, 100000), 0);
	event_active(&a, EV_TIMEOUT, 1);
	event_active(&b, EV_TIMEOUT, 1);
	event_active(&c, EV_TIMEOUT, 1);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_STR(traced(), "(bc)");
	event_base_free(base);
}

static void
nest_dispatch(int fd, short what, void *arg)
{
	struct event *inner = arg;

	(void)fd;
	(void)what;
	trace("(");
	CHECK_INT(add_ms(inner, 0), 0);
	CHECK_INT(event_dispatch(), 0);
	trace(")");
}

static void
nested(void (*inner_cb)(int, short, void *))
{
	struct event_base *base = init_base();
	struct event outer, inner, after;

	evtimer_set(&outer, nest_dispatch, &inner);
	evtimer_set(&inner, inner_cb, "x");
	evtimer_set(&after, trace_cb, "a");
	CHECK_INT(add_ms(&outer, 0), 0);
	CHECK_INT(add_ms(&after, 200), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "(x)a");
	event_base_free(base);
}

TEST(nested_loop_consumes_the_break)
{
	nested(break_now);
}

TEST(nested_loop_consumes_the_exit)
{
	nested(exit_now);
}

static void
nest_deep(int fd, short what, void *arg)
{
	struct event ev;
	int *depth = arg;

	(void)fd;
	(void)what;
	if (--*depth == 0)
		return;
	evtimer_set(&ev, nest_deep, depth);
	CHECK_INT(add_ms(&ev, 0), 0);
	CHECK_INT(event_dispatch(), 1);
}

TEST(nested_a_hundred_deep)
{
	struct event_base *base = init_base();
	int depth = 100;

	nest_deep(-1, 0, &depth);
	CHECK_INT(depth, 0);
	event_base_free(base);
}
