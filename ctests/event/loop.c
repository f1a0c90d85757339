/* Proves behaviours 1-3, 11, 12, 16, 23 and 205: what the loop returns, and when it waits. */
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
	struct rlimit limit, one;
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
		CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
		one = limit;
		one.rlim_cur = 1;
		CHECK_INT(setrlimit(RLIMIT_NOFILE, &one), 0);
		CHECK_ERRNO(event_base_loop(base, 0), EINVAL);
		CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
	} else
		SKIP("no way to make the wait of %s fail", method());
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

	make_pair(fds);
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
