/*
 * Proves behaviour 46 (the repair) and E18; gevent's event_reinit inside a callback: bases that
 * are freed, or rebuilt, while their own loop runs.
 */
#include "harness.h"

static struct event *
new_event(int fd, short events, void (*cb)(int, short, void *), void *arg)
{
	struct event *ev = malloc(sizeof(*ev));

	CHECK(ev != NULL);
	event_set(ev, fd, events, cb, arg);
	return ev;
}

struct victims {
	struct event *io, *timer, *active, *signal;
};

static struct victims
make_victims(void)
{
	struct victims victims;
	int fds[2];

	make_pair(fds);
	put_byte(fds[1]);
	victims.io = new_event(fds[0], EV_READ | EV_PERSIST, trace_cb, "x");
	CHECK_INT(add_ms(victims.io, 100000), 0);
	victims.timer = new_event(-1, 0, trace_cb, "x");
	CHECK_INT(add_ms(victims.timer, 0), 0);
	victims.signal = new_event(SIGUSR1, EV_SIGNAL | EV_PERSIST, trace_cb, "x");
	CHECK_INT(event_add(victims.signal, NULL), 0);
	victims.active = new_event(-1, 0, trace_cb, "x");
	return victims;
}

/* The events are the user's again as soon as event_base_free has returned. */
static void
free_base(int fd, short what, void *arg)
{
	struct victims *victims = arg;
	struct event_base *base = current_base;

	(void)fd;
	(void)what;
	event_base_free(base);
	CHECK_PTR(current_base, NULL);
	CHECK_PTR(victims->io->ev_base, NULL);
	CHECK_INT(victims->active->ev_flags, EVLIST_INIT);
	free(victims->io);
	free(victims->timer);
	free(victims->active);
	free(victims->signal);
	trace("f");
}

TEST(base_freed_inside)
{
	int before = open_fds(), fds_of_victims = 2;
	struct event_base *base = init_base();
	struct victims victims = make_victims();
	struct event killer;

	evtimer_set(&killer, free_base, &victims);
	event_active(&killer, EV_READ, 3);
	event_active(victims.active, EV_READ, 1);
	event_base_dispatch(base);
	CHECK_STR(traced(), "f");
	CHECK_INT(open_fds(), before + fds_of_victims);
}

static void
free_base_once(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	trace("f");
	event_base_free(NULL);
}

TEST(base_freed_inside_an_event_once)
{
	int before = open_fds();
	struct event_base *base = init_base();

	CHECK_INT(event_once(-1, EV_TIMEOUT, free_base_once, NULL, NULL), 0);
	CHECK_INT(event_once(-1, EV_TIMEOUT, trace_cb, "x", NULL), 0);
	event_base_dispatch(base);
	CHECK_STR(traced(), "f");
	CHECK_PTR(current_base, NULL);
	CHECK_INT(open_fds(), before);
}

static void
nest(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	trace("(");
	event_base_dispatch(arg);
	trace(")");
}

/* Freed in the inner of two loops: both return, then it is gone. */
TEST(base_freed_in_a_nested_loop)
{
	int before = open_fds(), fds_of_victims = 2;
	struct event_base *base = init_base();
	struct victims victims = make_victims();
	struct event outer, killer;

	evtimer_set(&outer, nest, base);
	event_active(&outer, EV_READ, 2);
	evtimer_set(&killer, free_base, &victims);
	event_active(&killer, EV_READ, 1);
	event_active(victims.active, EV_READ, 1);
	event_base_dispatch(base);
	/* The outer event has a call left, which the nested loop takes first. */
	CHECK_STR(traced(), "((f))");
	CHECK_INT(open_fds(), before + fds_of_victims);
}

/* The base of another loop is no special case. */
static void
free_other(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	trace("o");
	event_base_free(arg);
}

TEST(another_base_freed_inside)
{
	struct event_base *other = init_base();
	struct event theirs, mine, after;
	struct event_base *base;

	evtimer_set(&theirs, trace_cb, "x");
	CHECK_INT(add_ms(&theirs, 0), 0);
	base = init_base();
	evtimer_set(&mine, free_other, other);
	CHECK_INT(add_ms(&mine, 0), 0);
	evtimer_set(&after, trace_cb, "a");
	CHECK_INT(add_ms(&after, 10), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "oa");
	CHECK_PTR(current_base, base);
	event_base_free(base);
}

/* Two bases, one's loop inside the other's callback. */
TEST(loop_of_another_base_inside)
{
	struct event_base *other = init_base(), *base;
	struct event theirs, mine, after;

	evtimer_set(&theirs, trace_cb, "t");
	CHECK_INT(add_ms(&theirs, 5), 0);
	base = init_base();
	evtimer_set(&mine, nest, other);
	evtimer_set(&after, trace_cb, "a");
	event_active(&mine, EV_READ, 1);
	event_active(&after, EV_READ, 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "(t)a");
	event_base_free(other);
	event_base_free(base);
}

static void
reinit(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	trace("r");
	CHECK_INT(event_reinit(arg), 0);
}

static void
read_byte(int fd, short what, void *arg)
{
	char byte;

	(void)what;
	CHECK_INT(read(fd, &byte, 1), 1);
	trace(arg);
}

/* Rebuilt inside a callback, with everything pending and active: nothing is lost or doubled. */
TEST(reinit_inside)
{
	struct event_base *base = init_base();
	struct event ready, later, timer, active, sig, reinits;
	int fds[2], more[2], count;

	make_pair(fds);
	make_pair(more);
	put_byte(fds[1]);
	event_set(&ready, fds[0], EV_READ | EV_PERSIST, read_byte, "i");
	event_set(&later, more[0], EV_READ, read_byte, "l");
	signal_set(&sig, SIGUSR1, trace_cb, "s");
	evtimer_set(&timer, trace_cb, "t");
	evtimer_set(&active, trace_cb, "a");
	evtimer_set(&reinits, reinit, base);
	CHECK_INT(event_add(&ready, NULL), 0);
	CHECK_INT(event_add(&later, NULL), 0);
	CHECK_INT(signal_add(&sig, NULL), 0);
	CHECK_INT(add_ms(&timer, 200), 0);
	count = open_fds();
	event_active(&reinits, EV_READ, 3);
	event_active(&active, EV_READ, 1);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(traced(), "rrrai");
	CHECK_INT(open_fds(), count);
	put_byte(more[1]);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(raise(SIGUSR1), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(event_del(&ready), 0);
	CHECK_INT(signal_del(&sig), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(strlen(traced()), 8);
	CHECK(strchr(traced(), 'l') != NULL);
	CHECK(strchr(traced(), 's') != NULL);
	CHECK(strchr(traced(), 't') != NULL);
	event_base_free(base);
}

/* Fork in a callback; parent and child rebuild, and go on with the same events, each its own. */
static void
fork_inside(int fd, short what, void *arg)
{
	pid_t *pid = arg;

	(void)fd;
	(void)what;
	*pid = fork_child();
	CHECK_INT(event_reinit(current_base), 0);
	trace(*pid == 0 ? "c" : "p");
}

TEST(fork_and_reinit_inside)
{
	struct event_base *base = init_base();
	struct event forks, timer, io;
	pid_t pid = -1;
	int fds[2];

	make_pipe(fds);
	event_set(&io, fds[1], EV_WRITE, trace_cb, "w");
	evtimer_set(&forks, fork_inside, &pid);
	evtimer_set(&timer, trace_cb, "t");
	CHECK_INT(add_ms(&timer, 200), 0);
	event_active(&forks, EV_READ, 1);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(event_add(&io, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), pid == 0 ? "cwt" : "pwt");
	if (pid == 0)
		_exit(0);
	CHECK_INT(wait_child(pid), 0);
	event_base_free(base);
}
