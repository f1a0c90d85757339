/* Proves behaviours 24, 25, 28, 29, 31-34, 42 and 186-189: adding, deleting, activating. */
#include "harness.h"

TEST(set_without_a_base)
{
	struct event ev;

	memset(&ev, 0x5a, sizeof(ev));
	ev.ev_pri = 77;
	CHECK_PTR(current_base, NULL);
	event_set(&ev, 5, EV_READ | EV_PERSIST, trace_cb, "x");
	CHECK_PTR(ev.ev_base, NULL);
	CHECK_INT(ev.ev_pri, 77);
	CHECK_INT(ev.ev_flags, EVLIST_INIT);
	CHECK_INT(ev.ev_fd, 5);
	CHECK_INT(ev.ev_events, EV_READ | EV_PERSIST);
	CHECK(ev.ev_callback == trace_cb);
	CHECK_INT(ev.ev_ncalls, 0);
	CHECK_PTR(ev.ev_pncalls, NULL);
}

TEST(set_with_a_base)
{
	struct event_base *base = init_base();
	struct event ev;

	memset(&ev, 0x5a, sizeof(ev));
	CHECK_INT(event_priority_init(5), 0);
	event_set(&ev, 0, EV_WRITE, trace_cb, "x");
	CHECK_PTR(ev.ev_base, base);
	CHECK_INT(ev.ev_pri, 2);
	CHECK_INT(EVENT_FD(&ev), 0);
	event_base_free(base);
}

TEST(initialized)
{
	struct event_base *base = init_base();
	struct event ev;

	memset(&ev, 0, sizeof(ev));
	CHECK_INT(event_initialized(&ev), 0);
	evtimer_set(&ev, trace_cb, "x");
	CHECK_INT(event_initialized(&ev), 0x80);
	CHECK_INT(evtimer_initialized(&ev), 0x80);
	event_base_free(base);
}

TEST(del_of_what_was_never_added)
{
	struct event_base *base = init_base();
	struct event ev;

	evtimer_set(&ev, trace_cb, "x");
	CHECK_INT(event_del(&ev), 0);
	CHECK_INT(event_del(&ev), 0);
	ev.ev_base = NULL;
	CHECK_INT(event_del(&ev), -1);
	event_base_free(base);
}

/* What programs see in ev_flags and ev_res, outside and inside of the call. */

static void
look_inside(int fd, short what, void *arg)
{
	struct event *ev = arg;
	int persist = (ev->ev_events & EV_PERSIST) != 0;

	CHECK_INT(fd, ev->ev_fd);
	CHECK_INT(ev->ev_res, what);
	CHECK_INT(ev->ev_flags, persist ? 0x82 : 0x80);
	CHECK_INT(event_pending(ev, EV_READ, NULL), persist ? EV_READ : 0);
	CHECK_INT(ev->ev_ncalls, 0);
	CHECK_PTR(ev->ev_pncalls, NULL);
	drain(fd);
	trace("x");
}

TEST(flags_through_a_life)
{
	struct event_base *base = init_base();
	struct event once, always;
	struct timeval deadline;
	int fds[2];

	make_pair(fds);
	event_set(&once, fds[0], EV_READ, look_inside, &once);
	CHECK_INT(once.ev_flags, 0x80);
	CHECK_INT(event_add(&once, NULL), 0);
	CHECK_INT(once.ev_flags, 0x82);
	CHECK_INT(add_ms(&once, 100000), 0);
	CHECK_INT(once.ev_flags, 0x83);
	deadline = once.ev_timeout;
	event_active(&once, EV_READ, 1);
	CHECK_INT(once.ev_flags, 0x8b);
	put_byte(fds[1]);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(once.ev_flags, 0x80);
	CHECK_INT(once.ev_res, EV_READ);
	CHECK(evutil_timercmp(&once.ev_timeout, &deadline, ==));

	event_set(&always, fds[0], EV_READ | EV_PERSIST, look_inside, &always);
	CHECK_INT(event_add(&always, NULL), 0);
	put_byte(fds[1]);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(always.ev_flags, 0x82);
	CHECK_STR(traced(), "xx");
	CHECK_INT(event_del(&always), 0);
	CHECK_INT(always.ev_flags, 0x80);
	event_base_free(base);
}

TEST(flags_of_timers_and_active_ones)
{
	struct event_base *base = init_base();
	struct event ev, active;

	evtimer_set(&ev, trace_cb, "x");
	CHECK_INT(add_ms(&ev, 100000), 0);
	CHECK_INT(ev.ev_flags, 0x81);
	event_active(&ev, EV_READ, 1);
	CHECK_INT(ev.ev_flags, 0x89);
	evtimer_set(&active, trace_cb, "x");
	event_active(&active, EV_READ, 1);
	CHECK_INT(active.ev_flags, 0x88);
	CHECK_INT(event_del(&ev), 0);
	CHECK_INT(event_del(&active), 0);
	CHECK_INT(ev.ev_flags, 0x80);
	CHECK_INT(active.ev_flags, 0x80);
	event_base_free(base);
}

/* The return value is the bits themselves, cut to those that were asked for. */
TEST(pending_bits)
{
	struct event_base *base = init_base();
	short all = EV_TIMEOUT | EV_READ | EV_WRITE | EV_SIGNAL;
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ | EV_WRITE | EV_PERSIST, trace_cb, "x");
	CHECK_INT(event_pending(&ev, all, NULL), 0);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_pending(&ev, all, NULL), EV_READ | EV_WRITE);
	CHECK_INT(event_pending(&ev, EV_WRITE, NULL), EV_WRITE);
	CHECK_INT(event_pending(&ev, EV_TIMEOUT, NULL), 0);
	CHECK_INT(add_ms(&ev, 100000), 0);
	CHECK_INT(event_pending(&ev, all, NULL), EV_READ | EV_WRITE | EV_TIMEOUT);
	CHECK_INT(event_del(&ev), 0);
	event_active(&ev, EV_SIGNAL, 1);
	CHECK_INT(event_pending(&ev, all, NULL), EV_SIGNAL);
	CHECK_INT(event_pending(&ev, EV_READ, NULL), 0);
	event_base_free(base);
}

/* The time is that of the wall clock, filled in for a timer that was asked for only. */
TEST(pending_tells_the_wall_clock)
{
	struct timeval before, after, tv = { 7, 7 }, slack = { 0, 100000 }, in = { 10, 500000 };
	struct event_base *base = init_base();
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ, trace_cb, "x");
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_pending(&ev, EV_READ | EV_TIMEOUT, &tv), EV_READ);
	CHECK_INT(tv.tv_sec, 7);
	evutil_gettimeofday(&before, NULL);
	CHECK_INT(event_add(&ev, &in), 0);
	CHECK_INT(event_pending(&ev, EV_READ, &tv), EV_READ);
	CHECK_INT(tv.tv_sec, 7);
	CHECK_INT(event_pending(&ev, EV_TIMEOUT, &tv), EV_TIMEOUT);
	evutil_gettimeofday(&after, NULL);
	evutil_timeradd(&before, &in, &before);
	evutil_timeradd(&after, &in, &after);
	evutil_timersub(&before, &slack, &before);
	evutil_timeradd(&after, &slack, &after);
	CHECK(evutil_timercmp(&tv, &before, >));
	CHECK(evutil_timercmp(&tv, &after, <));
	CHECK(tv.tv_usec >= 0 && tv.tv_usec < 1000000);
	event_base_free(base);
}

/* event_active: the first call decides how often, all of them what. */
TEST(active_collects_results)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev;

	event_set(&ev, 1234567, EV_READ, note_cb, &note);
	event_active(&ev, EV_READ, 2);
	event_active(&ev, EV_WRITE, 9);
	event_active(&ev, EV_TIMEOUT, 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 2);
	CHECK_INT(note.what, EV_READ | EV_WRITE | EV_TIMEOUT);
	CHECK_INT(note.fd, 1234567);
	event_base_free(base);
}

/* No call at all, but the event was active: a one-shot one is deleted. */
TEST(active_for_no_call)
{
	struct event_base *base = init_base();
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ, trace_cb, "x");
	CHECK_INT(event_add(&ev, NULL), 0);
	event_active(&ev, EV_READ, 0);
	CHECK_INT(ev.ev_flags, EVLIST_INIT | EVLIST_INSERTED | EVLIST_ACTIVE);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "");
	CHECK_INT(ev.ev_flags, EVLIST_INIT);
	event_base_free(base);
}

static void
count_calls(int fd, short what, void *arg)
{
	static const char *left[] = { "0", "1", "2", "3" };
	struct event *ev = arg;

	(void)fd;
	(void)what;
	CHECK(ev->ev_ncalls >= 0 && ev->ev_ncalls < 4);
	CHECK_PTR(ev->ev_pncalls, NULL);
	trace(left[ev->ev_ncalls]);
	if (ev->ev_fd == 1 && ev->ev_ncalls == 2)
		CHECK_INT(event_del(ev), 0);
}

/* ev_ncalls is the number of calls to come; deleting the event drops them. */
TEST(repeated_calls)
{
	struct event_base *base = init_base();
	struct event ev, other;

	event_set(&ev, 0, 0, count_calls, &ev);
	event_set(&other, 0, 0, trace_cb, "o");
	event_active(&ev, EV_TIMEOUT, 4);
	event_active(&other, EV_TIMEOUT, 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "3210o");
	trace_reset();
	event_set(&ev, 1, 0, count_calls, &ev);
	event_active(&ev, EV_TIMEOUT, 4);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "32");
	event_base_free(base);
}

/* Adding what is active but not inserted. A one-shot event is deleted before its call anyway. */
TEST(add_of_an_active_one_shot)
{
	struct event_base *base = init_base();
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ, trace_cb, "x");
	event_active(&ev, EV_READ, 1);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "x");
	CHECK_INT(ev.ev_flags, EVLIST_INIT);
	event_base_free(base);
}

TEST(add_of_an_active_persistent_one)
{
	struct event_base *base = init_base();
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ | EV_PERSIST, trace_cb, "x");
	event_active(&ev, EV_READ, 1);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_pending(&ev, EV_READ, NULL), EV_READ);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_STR(traced(), "x");
	CHECK_INT(ev.ev_flags, EVLIST_INIT | EVLIST_INSERTED);
	put_byte(fds[1]);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(traced(), "xx");
	event_base_free(base);
}

/* A timed add takes back the activation by timeout, and registers both parts. */
TEST(timed_add_of_an_expired_one)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ, note_cb, &note);
	event_active(&ev, EV_TIMEOUT, 1);
	CHECK_INT(add_ms(&ev, 100000), 0);
	CHECK_INT(ev.ev_flags, EVLIST_INIT | EVLIST_INSERTED | EVLIST_TIMEOUT);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_INT(note.calls, 0);
	put_byte(fds[1]);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
	CHECK_INT(note.what, EV_READ);
	event_base_free(base);
}

/* A refused event_add changes nothing, whatever was asked for. */
static void
refused(int fd, short events, int error)
{
	struct event_base *base = init_base();
	int *count = (int *)((char *)base + 16);
	struct note note = { 0 };
	struct event ev, before;

	memset(&ev, 0x77, sizeof(ev));
	event_set(&ev, fd, events, note_cb, &note);
	memcpy(&before, &ev, sizeof(ev));
	CHECK_ERRNO(event_add(&ev, NULL), error);
	CHECK_INT(memcmp(&ev, &before, sizeof(ev)), 0);
	CHECK_ERRNO(add_ms(&ev, 0), error);
	CHECK_INT(ev.ev_flags, EVLIST_INIT);
	CHECK_INT(event_pending(&ev, EV_READ | EV_WRITE | EV_TIMEOUT, NULL), 0);
	CHECK_INT(*count, 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	CHECK_INT(note.calls, 0);
	CHECK_INT(event_del(&ev), 0);
	event_base_free(base);
}

TEST(a_closed_descriptor_is_refused)
{
	refused(closed_fd(), EV_READ, EBADF);
	refused(closed_fd(), EV_WRITE | EV_PERSIST, EBADF);
}

TEST(a_negative_descriptor_is_refused)
{
	capture_log();
	refused(-1, EV_READ, EBADF);
	refused(-2, EV_WRITE, EBADF);
	refused(-0x7fffffff - 1, EV_READ | EV_WRITE, EBADF);
}

/* Under epoll alone; elsewhere a file is always ready. */
TEST(a_regular_file)
{
	struct event_base *base = init_base();
	int fd = fileno(tmpfile());
	struct event ev;

	put_byte(fd);
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	event_set(&ev, fd, EV_READ, trace_cb, "x");
	if (method_is("epoll")) {
		refused(fd, EV_READ, EPERM);
		refused(fd, EV_READ | EV_WRITE, EPERM);
	} else {
		CHECK_INT(event_add(&ev, NULL), 0);
		CHECK_INT(event_dispatch(), 1);
		CHECK_STR(traced(), "x");
	}
	event_base_free(base);
}
