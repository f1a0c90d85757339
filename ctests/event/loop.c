/* Proves behaviours 1-3, 11-17, 23 and 192; E16: results of the loop, exit, break, nesting. */
#include "harness.h"

#include <sys/resource.h>
#include <sys/wait.h>

extern volatile sig_atomic_t event_gotsig;
extern int (*event_sigcb)(void);

TEST(no_events_is_one)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev;

	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(event_loop(EVLOOP_ONCE), 1);
	CHECK_INT(event_base_loop(base, EVLOOP_NONBLOCK), 1);
	evtimer_set(&ev, note_cb, &note);
	CHECK_INT(add_ms(&ev, 1), 0);
	CHECK_INT(event_base_dispatch(base), 1);
	CHECK_INT(note.calls, 1);
	event_base_free(base);
}

/* The two counters that programs read in the base: every list membership of an event. */
TEST(every_membership_counts)
{
	struct event_base *base = init_base();
	int *count = (int *)((char *)base + 16);
	int *active = (int *)((char *)base + 20);
	int fds[2];
	struct event ev;

	make_pair(fds);
	CHECK_INT(*count, 0);
	event_set(&ev, fds[0], EV_READ, trace_cb, "x");
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(*count, 1);
	CHECK_INT(add_ms(&ev, 1000), 0);
	CHECK_INT(*count, 2);
	event_active(&ev, EV_READ, 1);
	CHECK_INT(*count, 3);
	CHECK_INT(*active, 1);
	CHECK_INT(event_del(&ev), 0);
	CHECK_INT(*count, 0);
	CHECK_INT(*active, 0);
	CHECK_STR(traced(), "");
	event_base_free(base);
}

TEST(the_internal_event_does_not_count)
{
	struct event_base *base = init_base();
	struct event ev;

	signal_set(&ev, SIGUSR1, trace_cb, "s");
	CHECK_INT(signal_add(&ev, NULL), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_INT(signal_del(&ev), 0);
	CHECK_INT(event_loop(0), 1);
	event_base_free(base);
}

TEST(once_waits_for_an_event)
{
	struct event_base *base = init_base();
	struct note note = { 0 }, later = { 0 };
	int64_t start = now_ns();
	struct event ev, far;

	evtimer_set(&ev, note_cb, &note);
	evtimer_set(&far, note_cb, &later);
	CHECK_INT(add_ms(&ev, 30), 0);
	CHECK_INT(add_ms(&far, 100000), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_ELAPSED(start, 30);
	CHECK_INT(note.calls, 1);
	CHECK_INT(later.calls, 0);
	event_base_free(base);
}

static volatile sig_atomic_t alarms;

static void
on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

/* Interrupted waits are not rounds: ONCE goes on until something has run. */
TEST(once_is_not_ended_by_signals)
{
	struct itimerval often = { { 0, 3000 }, { 0, 3000 } };
	struct event_base *base = init_base();
	struct sigaction action = { .sa_handler = on_alarm };
	struct note note = { 0 };
	int64_t start = now_ns();
	struct event ev;

	CHECK_INT(sigaction(SIGALRM, &action, NULL), 0);
	evtimer_set(&ev, note_cb, &note);
	CHECK_INT(add_ms(&ev, 100), 0);
	CHECK_INT(setitimer(ITIMER_REAL, &often, NULL), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_ELAPSED(start, 100);
	CHECK_INT(note.calls, 1);
	CHECK(alarms > 0);
	event_base_free(base);
}

/* One round runs one priority; ONCE runs rounds until none is active. */
TEST(once_leaves_none_active)
{
	struct event_base *base = init_base();
	struct event low, high;

	CHECK_INT(event_priority_init(2), 0);
	evtimer_set(&low, trace_cb, "l");
	evtimer_set(&high, trace_cb, "h");
	CHECK_INT(event_priority_set(&low, 1), 0);
	CHECK_INT(event_priority_set(&high, 0), 0);
	event_active(&low, EV_TIMEOUT, 1);
	event_active(&high, EV_TIMEOUT, 1);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(traced(), "hl");
	event_base_free(base);
}

static void
count_down(int fd, short what, void *arg)
{
	struct event *ev = arg;

	(void)fd;
	(void)what;
	trace(".");
	if (strlen(traced()) == 5)
		CHECK_INT(event_del(ev), 0);
}

/* NONBLOCK goes on while a poll finds something; with ONCE it is one round. */
TEST(nonblock)
{
	struct event_base *base = init_base();
	struct event ev, far;
	int fds[2];

	make_pair(fds);
	evtimer_set(&far, trace_cb, "far");
	CHECK_INT(add_ms(&far, 100000), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK | EVLOOP_ONCE), 0);
	event_set(&ev, fds[0], EV_WRITE | EV_PERSIST, count_down, &ev);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK | EVLOOP_ONCE), 0);
	CHECK_STR(traced(), ".");
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_STR(traced(), ".....");
	event_base_free(base);
}

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

	CHECK_INT(exit_after_ms(base, 60), 0);
	CHECK_INT(exit_after_ms(base, 20), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_ELAPSED(start, 20);
	CHECK_INT(event_dispatch(), 0);
	CHECK_ELAPSED(start, 60);
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

static int sigcb_result;

static int
on_gotsig(void)
{
	trace("g");
	return sigcb_result;
}

TEST(gotsig_calls_sigcb)
{
	struct event_base *base = init_base();

	event_sigcb = on_gotsig;
	event_gotsig = 1;
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "g");
	CHECK_INT(event_gotsig, 0);
	sigcb_result = -1;
	event_gotsig = 1;
	CHECK_ERRNO(event_dispatch(), EINTR);
	CHECK_STR(traced(), "gg");
	CHECK_INT(event_gotsig, 0);
	event_base_free(base);
}

TEST(a_new_base_resets_gotsig)
{
	struct event_base *base = init_base(), *other;

	event_sigcb = on_gotsig;
	event_gotsig = 1;
	other = event_base_new();
	CHECK(other != NULL);
	CHECK_INT(event_gotsig, 0);
	CHECK(event_sigcb == NULL);
	event_base_free(other);
	event_base_free(base);
}

/* The order of the tests at the head of a round: exit or break, then gotsig, then no events. */
TEST(break_comes_before_gotsig)
{
	struct event_base *base = init_base();

	event_sigcb = on_gotsig;
	event_gotsig = 1;
	CHECK_INT(event_loopbreak(), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_STR(traced(), "");
	CHECK_INT(event_gotsig, 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "g");
	event_base_free(base);
}

/* The descriptor of the epoll set, or -1. */
static int
epoll_fd(void)
{
	char path[32], link[64];
	ssize_t length;
	int fd;

	for (fd = 0; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		length = readlink(path, link, sizeof(link) - 1);
		if (length > 0 && strncmp(link, "anon_inode:[eventpoll]", (size_t)length) == 0)
			return fd;
	}
	return -1;
}

/* A wait that fails ends the loop with -1 and the errno of the system call. */
TEST(a_failed_wait_is_minus_one)
{
	struct event_base *base = init_base();
	struct rlimit one = { 1, 1 };
	struct event ev[3];
	int fds[2], i;

	for (i = 0; i < 3; i++) {
		make_pair(fds);
		event_set(&ev[i], fds[0], EV_READ, trace_cb, "x");
		CHECK_INT(event_add(&ev[i], NULL), 0);
	}
	if (method_is("epoll")) {
		CHECK_INT(close(epoll_fd()), 0);
		CHECK_ERRNO(event_base_loop(base, 0), EBADF);
	} else if (method_is("poll")) {
		/* poll(2) refuses more entries than the limit of descriptors. */
		CHECK_INT(setrlimit(RLIMIT_NOFILE, &one), 0);
		CHECK_ERRNO(event_base_loop(base, 0), EINVAL);
	} else
		SKIP("no way to make the wait of %s fail", method());
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

static void
write_to(int fd, short what, void *arg)
{
	(void)what;
	(void)arg;
	if (write(fd, "x", 1) == -1)
		_exit(3);
}

/* SIGPIPE is the application's business. */
TEST(sigpipe_is_not_ignored)
{
	struct event_base *base = init_base();
	struct sigaction action;
	struct event ev;
	int fds[2];
	pid_t pid;

	make_pipe(fds);
	close(fds[0]);
	event_set(&ev, fds[1], EV_WRITE, write_to, NULL);
	pid = fork_child();
	if (pid == 0) {
		event_reinit(base);
		event_add(&ev, NULL);
		event_dispatch();
		_exit(4);
	}
	CHECK_INT(wait_child(pid), 128 + SIGPIPE);
	CHECK_INT(sigaction(SIGPIPE, NULL, &action), 0);
	CHECK(action.sa_handler == SIG_DFL);
	event_base_free(base);
}
