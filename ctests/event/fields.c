/* Proves behaviours 36, 39, 40 and 187; E31: fields set by hand, event_base_set, event_once. */
#include "harness.h"

TEST(fields_stay_after_del)
{
	struct event_base *base = init_base();
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ | EV_PERSIST, trace_cb, "x");
	CHECK_INT(add_ms(&ev, 100000), 0);
	CHECK_INT(event_del(&ev), 0);
	CHECK_INT(ev.ev_fd, fds[0]);
	CHECK_INT(ev.ev_events, EV_READ | EV_PERSIST);
	CHECK_STR(ev.ev_arg, "x");
	CHECK(ev.ev_callback == trace_cb);
	CHECK_PTR(ev.ev_base, base);
	event_base_free(base);
}

/* Programs change the descriptor and the argument by hand, before adding and while pending. */
TEST(fields_are_read_when_needed)
{
	struct event_base *base = init_base();
	struct note note = { 0 }, other = { 0 };
	struct event ev;
	int fds[2];

	make_pair(fds);
	put_byte(fds[1]);
	event_set(&ev, -1, EV_READ, note_cb, &note);
	ev.ev_fd = fds[0];
	ev.ev_arg = &other;
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, 0);
	CHECK_INT(other.calls, 1);
	CHECK_INT(other.fd, fds[0]);
	CHECK_INT(event_add(&ev, NULL), 0);
	ev.ev_arg = &note;
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(event_add(&ev, NULL), 0);
	ev.ev_arg = "c";
	ev.ev_callback = trace_cb;
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(traced(), "c");
	event_base_free(base);
}

TEST(directions_are_read_when_added)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ, note_cb, &note);
	ev.ev_events = EV_WRITE;
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.what, EV_WRITE);
	event_base_free(base);
}

static void
rearm(int fd, short what, void *arg)
{
	struct event *ev = arg;

	(void)fd;
	(void)what;
	trace(".");
	if (strlen(traced()) == 3)
		return;
	event_set(ev, ev->ev_fd, ev->ev_events, ev->ev_callback, ev->ev_arg);
	CHECK_INT(event_base_set(ev->ev_base, ev), 0);
	CHECK_INT(event_add(ev, NULL), 0);
}

/* The usual way of old programs: set up again from the event's own fields, in its own call. */
TEST(set_again_from_its_own_fields)
{
	struct event_base *base = init_base();
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_WRITE, rearm, &ev);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "...");
	event_base_free(base);
}

TEST(base_set_resets_the_priority)
{
	struct event_base *base = init_base(), *other = event_base_new();
	struct event ev;

	CHECK(other != NULL);
	CHECK_INT(event_base_priority_init(other, 7), 0);
	evtimer_set(&ev, trace_cb, "x");
	CHECK_PTR(ev.ev_base, base);
	CHECK_INT(ev.ev_pri, 0);
	CHECK_INT(event_base_set(other, &ev), 0);
	CHECK_PTR(ev.ev_base, other);
	CHECK_INT(ev.ev_pri, 3);
	CHECK_INT(add_ms(&ev, 0), 0);
	CHECK_INT(event_base_loop(base, 0), 1);
	CHECK_STR(traced(), "");
	CHECK_INT(event_base_loop(other, 0), 1);
	CHECK_STR(traced(), "x");
	event_base_free(other);
	event_base_free(base);
}

/* The base of an event can be changed while its flags say "set up" and nothing else. */
TEST(base_set_needs_an_idle_event)
{
	static const int flags[] = { 0, EVLIST_INIT | EVLIST_TIMEOUT, EVLIST_INIT | EVLIST_ACTIVE,
		EVLIST_INIT | EVLIST_INSERTED, EVLIST_INIT | EVLIST_INTERNAL };
	struct event_base *base = init_base(), *other = event_base_new();
	struct event ev;
	size_t i;

	evtimer_set(&ev, trace_cb, "x");
	for (i = 0; i < COUNT(flags); i++) {
		ev.ev_flags = flags[i];
		CHECK_INT(event_base_set(other, &ev), -1);
		CHECK_PTR(ev.ev_base, base);
	}
	ev.ev_flags = EVLIST_INIT;
	CHECK_INT(add_ms(&ev, 100000), 0);
	CHECK_INT(event_base_set(other, &ev), -1);
	CHECK_INT(event_base_set(base, &ev), -1);
	CHECK_INT(event_del(&ev), 0);
	CHECK_INT(event_base_set(other, &ev), 0);
	event_base_free(other);
	event_base_free(base);
}

static struct note once_note;

static int
once(short events, int fd, const struct timeval *tv)
{
	memset(&once_note, 0, sizeof(once_note));
	return event_once(fd, events, note_cb, &once_note, tv);
}

TEST(once_with_a_time)
{
	struct event_base *base = init_base();
	struct timeval tv = tv_ms(20);
	int64_t start = now_ns();

	CHECK_INT(once(EV_TIMEOUT, -1, &tv), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_ELAPSED(start, 20);
	CHECK_INT(once_note.calls, 1);
	CHECK_INT(once_note.what, EV_TIMEOUT);
	CHECK_INT(once(EV_TIMEOUT, -1, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(once_note.calls, 1);
	event_base_free(base);
}

/* EV_PERSIST is taken away; the time is a choice. */
TEST(once_with_a_descriptor)
{
	struct event_base *base = init_base();
	struct timeval tv = tv_ms(20);
	int fds[2];

	make_pair(fds);
	put_byte(fds[1]);
	CHECK_INT(once(EV_READ | EV_PERSIST, fds[0], NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(once_note.calls, 1);
	CHECK_INT(once_note.what, EV_READ);
	CHECK_INT(once_note.fd, fds[0]);
	CHECK_INT(once(EV_READ | EV_WRITE, fds[0], NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(once_note.what, EV_READ | EV_WRITE);
	drain(fds[0]);
	CHECK_INT(once(EV_READ, fds[0], &tv), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(once_note.what, EV_TIMEOUT);
	CHECK_INT(once_note.calls, 1);
	event_base_free(base);
}

TEST(once_refuses_the_rest)
{
	static const short refused[] = { EV_SIGNAL, 0, EV_PERSIST, EV_SIGNAL | EV_PERSIST,
		EV_TIMEOUT | EV_PERSIST };
	struct event_base *base = init_base();
	int *count = (int *)((char *)base + 16);
	size_t i;

	capture_log();
	for (i = 0; i < COUNT(refused); i++)
		CHECK_ERRNO(once(refused[i], SIGUSR1, NULL), EINVAL);
	CHECK_ERRNO(once(EV_READ, -1, NULL), EBADF);
	CHECK_ERRNO(once(EV_READ, closed_fd(), NULL), EBADF);
	CHECK_ERRNO(event_base_once(NULL, -1, EV_TIMEOUT, note_cb, &once_note, NULL), EINVAL);
	CHECK_INT(*count, 0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(base);
}

TEST(once_uses_the_current_base)
{
	struct event_base *first = init_base(), *second = init_base();

	CHECK_INT(once(EV_TIMEOUT, -1, NULL), 0);
	CHECK_INT(event_base_loop(first, EVLOOP_NONBLOCK), 1);
	CHECK_INT(once_note.calls, 0);
	CHECK_INT(event_base_loop(second, 0), 1);
	CHECK_INT(once_note.calls, 1);
	event_base_free(second);
	event_base_free(first);
}

/* One that never fires dies silently with its base; the checkers of memory look on. */
TEST(once_that_never_fires)
{
	struct event_base *base = init_base();
	struct timeval far = tv_ms(100000);
	int fds[2];

	make_pair(fds);
	CHECK_INT(once(EV_READ, fds[0], NULL), 0);
	CHECK_INT(once(EV_READ, fds[0], &far), 0);
	CHECK_INT(once(EV_TIMEOUT, -1, &far), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_INT(once(EV_TIMEOUT, -1, NULL), 0);
	CHECK_INT(event_loopbreak(), 0);
	event_base_free(base);
	CHECK_INT(once_note.calls, 0);
}

static void
once_again(int fd, short what, void *arg)
{
	int *left = arg;

	(void)fd;
	(void)what;
	if (--*left > 0)
		CHECK_INT(event_once(-1, EV_TIMEOUT, once_again, left, NULL), 0);
}

TEST(once_inside_its_own_call)
{
	struct event_base *base = init_base();
	int left = 1000;

	CHECK_INT(event_once(-1, EV_TIMEOUT, once_again, &left, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(left, 0);
	event_base_free(base);
}
