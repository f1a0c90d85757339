/*
 * A callback that is left by longjmp never returns: the base goes on as if it had (F28).
 * What was active then and had not run stays active.
 */
#include "harness.h"

#include <setjmp.h>

static jmp_buf out;
static int jumps;

static void
jump_cb(int fd, short what, void *arg)
{
	(void)what;
	trace(arg);
	if (fd >= 0)
		jumps++;
	longjmp(out, 1);
}

static int
loop_until_jump(int flags)
{
	if (setjmp(out) != 0)
		return 77;
	return event_loop(flags);
}

TEST(out_of_a_timer)
{
	struct event jumper;
	struct event other;
	int i;

	init_base();
	for (i = 0; i < 50; i++) {
		trace_reset();
		evtimer_set(&jumper, jump_cb, "j");
		evtimer_set(&other, trace_cb, "o");
		CHECK_INT(add_ms(&jumper, 0), 0);
		CHECK_INT(add_ms(&other, 0), 0);
		CHECK_INT(loop_until_jump(0), 77);
		CHECK_INT(evtimer_pending(&jumper, NULL), 0);
		CHECK_INT(loop_until_jump(0), 1);
		CHECK_STR(traced(), "jo");
	}
}

TEST(out_of_a_descriptor_with_others_active)
{
	struct event events[4];
	int fds[4][2];
	int i;

	init_base();
	for (i = 0; i < 4; i++) {
		make_pipe(fds[i]);
		put_byte(fds[i][1]);
		event_set(&events[i], fds[i][0], EV_READ, jump_cb, i % 2 ? "b" : "a");
		CHECK_INT(event_add(&events[i], NULL), 0);
	}
	for (i = 0; i < 4; i++)
		CHECK_INT(loop_until_jump(0), 77);
	CHECK_INT(jumps, 4);
	CHECK_INT(loop_until_jump(0), 1);
	CHECK_INT(strlen(traced()), 4);
}

TEST(out_of_a_persistent_event_deleted_afterwards)
{
	struct event ev;
	int fds[2];
	int i;

	init_base();
	make_pipe(fds);
	put_byte(fds[1]);
	event_set(&ev, fds[0], EV_READ | EV_PERSIST, jump_cb, "p");
	CHECK_INT(event_add(&ev, NULL), 0);
	for (i = 0; i < 5; i++)
		CHECK_INT(loop_until_jump(0), 77);
	CHECK_INT(drain(fds[0]), 1);
	CHECK_INT(loop_until_jump(EVLOOP_NONBLOCK), 0);
	CHECK_INT(event_del(&ev), 0);
	CHECK_INT(loop_until_jump(0), 1);
	CHECK_STR(traced(), "ppppp");
}

/* The calls of a signal that were still to come, come. */
TEST(out_of_a_signal_with_calls_left)
{
	struct event ev;

	init_base();
	signal_set(&ev, SIGUSR1, jump_cb, "s");
	CHECK_INT(event_add(&ev, NULL), 0);
	raise(SIGUSR1);
	raise(SIGUSR1);
	raise(SIGUSR1);
	CHECK_INT(loop_until_jump(EVLOOP_NONBLOCK), 77);
	CHECK_INT(ev.ev_ncalls, 2);
	CHECK_INT(loop_until_jump(EVLOOP_NONBLOCK), 77);
	CHECK_INT(loop_until_jump(EVLOOP_NONBLOCK), 77);
	CHECK_INT(loop_until_jump(EVLOOP_NONBLOCK), 0);
	CHECK_STR(traced(), "sss");
	CHECK_INT(event_del(&ev), 0);
	CHECK_INT(loop_until_jump(0), 1);
}

static void
nest_cb(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	trace(arg);
	event_loop(EVLOOP_ONCE);
	trace("?");
}

TEST(out_of_a_nested_loop)
{
	struct event nester;
	struct event jumper;
	struct event other;

	init_base();
	evtimer_set(&nester, nest_cb, "n");
	evtimer_set(&jumper, jump_cb, "j");
	evtimer_set(&other, trace_cb, "o");
	CHECK_INT(add_ms(&nester, 0), 0);
	CHECK_INT(add_ms(&jumper, 1), 0);
	CHECK_INT(add_ms(&other, 2), 0);
	CHECK_INT(loop_until_jump(0), 77);
	CHECK_INT(loop_until_jump(0), 1);
	CHECK_STR(traced(), "njo");
	/* Priorities may be set: nothing is active, no loop is thought to be running. */
	CHECK_INT(event_priority_init(3), 0);
}

/*
 * The base that was left so can be freed. The loop that was left might still return, for all
 * that the library knows: a small shell stays behind for it.
 */
TEST(the_base_can_be_freed_afterwards)
{
	static struct event_base *base;
	struct event ev;
	int before = open_fds();

	base = init_base();
	evtimer_set(&ev, jump_cb, "j");
	CHECK_INT(add_ms(&ev, 0), 0);
	CHECK_INT(loop_until_jump(0), 77);
	CHECK_INT(loop_until_jump(0), 1);
	event_base_free(base);
	CHECK_INT(open_fds(), before);
}
