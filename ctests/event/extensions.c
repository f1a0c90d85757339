/*
 * What event_ext.h adds to events and bases: events on the heap, loopcontinue, questions about
 * the last loop, the cached wall clock, counting and dumping.
 */
#include "harness.h"

#include <evhub/event_ext.h>

TEST_ONCE(the_library_tells_its_version)
{
	CHECK_STR(evhub_version(), "0.1.0");
}

/* libevent 2's spelling is the preprocessor's alone. */
TEST_ONCE(the_other_spelling_means_the_same)
{
#if !defined(event_new) || !defined(event_free) || !defined(event_assign) ||                    \
    !defined(event_base_loopcontinue) || !defined(event_base_got_exit) ||                       \
    !defined(event_base_got_break) || !defined(event_base_gettimeofday_cached) ||               \
    !defined(event_base_get_num_events) || !defined(event_base_dump_events) ||                  \
    !defined(evwatch_prepare_new) || !defined(evwatch_check_new) || !defined(evwatch_free)
	CHECK(!"a spelling is missing");
#endif
	CHECK(event_new == evhub_event_new);
	CHECK(evwatch_free == evhub_evwatch_free);
}

TEST(new_and_free)
{
	struct event_base *base = init_base();
	struct note note = { 0, 0, 0, 0 };
	struct event *ev;
	int fds[2];

	make_pipe(fds);
	put_byte(fds[1]);
	ev = evhub_event_new(base, fds[0], EV_READ | EV_PERSIST, note_cb, &note);
	CHECK(ev != NULL);
	CHECK_PTR(ev->ev_base, base);
	CHECK_INT(ev->ev_flags, EVLIST_INIT);
	CHECK_INT(event_add(ev, NULL), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(note.fd, fds[0]);
	/* Freeing deletes first. */
	evhub_event_free(ev);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
	evhub_event_free(NULL);
}

TEST(new_without_a_base_takes_the_current_one)
{
	struct note note = { 0, 0, 0, 0 };
	struct event *ev;

	errno = 0;
	CHECK_PTR(evhub_event_new(NULL, -1, 0, note_cb, &note), NULL);
	CHECK_INT(errno, EINVAL);
	init_base();
	ev = evhub_event_new(NULL, -1, 0, note_cb, &note);
	CHECK(ev != NULL);
	CHECK_PTR(ev->ev_base, current_base);
	event_active(ev, EV_TIMEOUT, 1);
	evhub_event_free(ev);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 0);
}

static void
free_self_cb(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	trace("f");
	evhub_event_free(*(struct event **)arg);
}

TEST(free_in_its_own_callback)
{
	struct event *ev;
	int fds[2];

	init_base();
	make_pipe(fds);
	put_byte(fds[1]);
	ev = evhub_event_new(NULL, fds[0], EV_READ | EV_PERSIST, free_self_cb, &ev);
	CHECK_INT(event_add(ev, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	ev = evhub_event_new(NULL, SIGUSR1, EV_SIGNAL | EV_PERSIST, free_self_cb, &ev);
	CHECK_INT(event_add(ev, NULL), 0);
	raise(SIGUSR1);
	raise(SIGUSR1);
	CHECK_INT(event_dispatch(), 1);
	ev = evhub_event_new(NULL, -1, 0, free_self_cb, &ev);
	event_active(ev, EV_TIMEOUT, 5);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "fff");
}

TEST(assign)
{
	struct event_base *base = init_base();
	struct event_base *other = event_base_new();
	struct note note = { 0, 0, 0, 0 };
	struct event ev;

	memset(&ev, 0x66, sizeof(ev));
	CHECK_INT(evhub_event_assign(&ev, other, -1, 0, note_cb, &note), 0);
	CHECK_PTR(ev.ev_base, other);
	CHECK_INT(ev.ev_flags, EVLIST_INIT);
	CHECK_INT(add_ms(&ev, 1), 0);
	CHECK_INT(event_base_dispatch(base), 1);
	CHECK_INT(note.calls, 0);
	CHECK_INT(event_base_dispatch(other), 1);
	CHECK_INT(note.calls, 1);
	CHECK_INT(evhub_event_assign(&ev, NULL, -1, 0, note_cb, &note), 0);
	CHECK_PTR(ev.ev_base, base);
	capture_log();
	CHECK_ERRNO(evhub_event_assign(NULL, base, -1, 0, note_cb, &note), EINVAL);
	CHECK_ERRNO(evhub_event_assign(&ev, base, SIGUSR1, EV_SIGNAL | EV_READ, note_cb, &note),
	    EINVAL);
	event_base_free(base);
	CHECK_ERRNO(evhub_event_assign(&ev, NULL, -1, 0, note_cb, &note), EINVAL);
	event_base_free(other);
}

static void
continue_cb(int fd, short what, void *text)
{
	trace_cb(fd, what, text);
	CHECK_INT(evhub_event_base_loopcontinue(current_base), 0);
}

/* The rest of the round waits; a more urgent event that became ready meanwhile goes first. */
TEST(loopcontinue_polls_again)
{
	struct event events[3];
	struct event urgent;
	int fds[2];
	int i;

	init_base();
	CHECK_INT(event_priority_init(2), 0);
	for (i = 0; i < 3; i++) {
		evtimer_set(&events[i], i == 0 ? continue_cb : trace_cb, i == 0 ? "a" : "b");
		CHECK_INT(event_priority_set(&events[i], 1), 0);
		CHECK_INT(add_ms(&events[i], 0), 0);
	}
	make_pipe(fds);
	event_set(&urgent, fds[0], EV_READ, trace_cb, "U");
	CHECK_INT(event_priority_set(&urgent, 0), 0);
	CHECK_INT(event_add(&urgent, NULL), 0);
	/* All timers are due at the first wait; the pipe becomes readable behind it. */
	CHECK_INT(event_loop(EVLOOP_NONBLOCK | EVLOOP_ONCE), 0);
	put_byte(fds[1]);
	CHECK_INT(event_dispatch(), 1);
	CHECK(traced()[0] == 'a');
	CHECK_INT(strlen(traced()), 4);
}

static void
ready_urgent_cb(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	trace("a");
	put_byte(*(int *)arg);
	CHECK_INT(evhub_event_base_loopcontinue(current_base), 0);
}

TEST(loopcontinue_lets_the_urgent_go_first)
{
	struct event first;
	struct event second;
	struct event urgent;
	int fds[2];

	init_base();
	CHECK_INT(event_priority_init(2), 0);
	make_pipe(fds);
	evtimer_set(&first, ready_urgent_cb, &fds[1]);
	evtimer_set(&second, trace_cb, "b");
	event_set(&urgent, fds[0], EV_READ, trace_cb, "U");
	CHECK_INT(event_priority_set(&first, 1), 0);
	CHECK_INT(event_priority_set(&second, 1), 0);
	CHECK_INT(event_priority_set(&urgent, 0), 0);
	CHECK_INT(event_add(&urgent, NULL), 0);
	event_active(&first, EV_TIMEOUT, 1);
	event_active(&second, EV_TIMEOUT, 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "aUb");
}

TEST(loopcontinue_needs_a_base)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };

	capture_log();
	CHECK_ERRNO(evhub_event_base_loopcontinue(NULL), EINVAL);
	init_base();
	/* Without a running loop there is nothing to cut short. */
	CHECK_INT(evhub_event_base_loopcontinue(current_base), 0);
	evtimer_set(&ev, note_cb, &note);
	CHECK_INT(add_ms(&ev, 1), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
}

static void
break_cb(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	CHECK_INT(evhub_event_base_got_break(current_base), 0);
	CHECK_INT(event_base_loopbreak(current_base), 0);
	CHECK_INT(evhub_event_base_got_break(current_base), 1);
	CHECK_INT(evhub_event_base_got_exit(current_base), 0);
}

TEST(got_exit_and_got_break)
{
	struct event_base *base = init_base();
	struct event ev;

	CHECK_INT(evhub_event_base_got_exit(base), 0);
	CHECK_INT(evhub_event_base_got_break(base), 0);
	evtimer_set(&ev, break_cb, NULL);
	CHECK_INT(add_ms(&ev, 0), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(evhub_event_base_got_break(base), 1);
	CHECK_INT(evhub_event_base_got_exit(base), 0);
	CHECK_INT(exit_after_ms(base, 0), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(evhub_event_base_got_exit(base), 1);
	CHECK_INT(evhub_event_base_got_break(base), 0);
	/* A loop that ends for want of events forgets both. */
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(evhub_event_base_got_exit(base), 0);
	CHECK_INT(evhub_event_base_got_break(base), 0);
}

static int64_t
usec_of(const struct timeval *tv)
{
	return (int64_t)tv->tv_sec * 1000000 + tv->tv_usec;
}

static void
cached_cb(int fd, short what, void *arg)
{
	struct timeval *tv = arg;
	struct timeval again;

	(void)fd;
	(void)what;
	CHECK_INT(evhub_event_base_gettimeofday_cached(current_base, tv), 0);
	sleep_ms(3);
	CHECK_INT(evhub_event_base_gettimeofday_cached(current_base, &again), 0);
	CHECK_INT(usec_of(&again), usec_of(tv));
}

TEST(the_cached_wall_clock)
{
	struct timeval before;
	struct timeval inside;
	struct timeval after;
	struct event ev;

	init_base();
	evutil_gettimeofday(&before, NULL);
	evtimer_set(&ev, cached_cb, &inside);
	CHECK_INT(add_ms(&ev, 1), 0);
	CHECK_INT(event_dispatch(), 1);
	/* Outside the loop it is the real clock. */
	CHECK_INT(evhub_event_base_gettimeofday_cached(current_base, &after), 0);
	CHECK(usec_of(&inside) >= usec_of(&before) - 1000);
	CHECK(usec_of(&after) >= usec_of(&inside) + 2000);
	CHECK(usec_of(&after) <= usec_of(&before) + 60000000);
}

TEST(the_number_of_events)
{
	struct event_base *base = init_base();
	struct event ev[3];
	struct note note = { 0, 0, 0, 0 };
	int i;

	CHECK_INT(evhub_event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED), 0);
	for (i = 0; i < 3; i++) {
		evtimer_set(&ev[i], note_cb, &note);
		CHECK_INT(add_ms(&ev[i], 10000), 0);
	}
	CHECK_INT(evhub_event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED), 3);
	CHECK_INT(evhub_event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE), 0);
	CHECK_INT(evhub_event_base_get_num_events(base, EVENT_BASE_COUNT_VIRTUAL), 0);
	event_active(&ev[0], EV_TIMEOUT, 1);
	CHECK_INT(evhub_event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE), 1);
	CHECK_INT(event_del(&ev[0]), 0);
	CHECK_INT(event_del(&ev[1]), 0);
	CHECK_INT(evhub_event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED), 1);
	CHECK_INT(evhub_event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE), 0);
	CHECK_INT(event_del(&ev[2]), 0);
	CHECK_INT(evhub_event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED |
	    EVENT_BASE_COUNT_ACTIVE | EVENT_BASE_COUNT_VIRTUAL), 0);
}

TEST(a_dump_names_what_is_there)
{
	struct event_base *base = init_base();
	struct event events[4];
	struct note note = { 0, 0, 0, 0 };
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	size_t empty;
	char fd_text[16];
	int fds[2];

	CHECK(out != NULL);
	evhub_event_base_dump_events(base, out);
	CHECK_INT(fflush(out), 0);
	empty = length;
	make_pipe(fds);
	CHECK(dup2(fds[0], 137) != -1);
	event_set(&events[0], 137, EV_READ | EV_PERSIST, note_cb, &note);
	signal_set(&events[1], SIGUSR1, note_cb, &note);
	evtimer_set(&events[2], note_cb, &note);
	evtimer_set(&events[3], note_cb, &note);
	CHECK_INT(event_add(&events[0], NULL), 0);
	CHECK_INT(event_add(&events[1], NULL), 0);
	CHECK_INT(add_ms(&events[2], 60000), 0);
	event_active(&events[3], EV_TIMEOUT, 1);
	evhub_event_base_dump_events(base, out);
	CHECK_INT(fclose(out), 0);
	snprintf(fd_text, sizeof(fd_text), "137");
	CHECK(length > empty);
	CHECK(strstr(text + empty, fd_text) != NULL);
	/* Looking changes nothing. */
	CHECK_INT(evhub_event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED), 3);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, 1);
	free(text);
}

TEST(an_unreferenced_event_does_not_keep_the_loop)
{
	struct event timer;
	struct event reader;
	struct note note = { 0, 0, 0, 0 };
	struct note read_note = { 0, 0, 0, 0 };
	int fds[2];

	init_base();
	make_pipe(fds);
	event_set(&reader, fds[0], EV_READ | EV_PERSIST, note_cb, &read_note);
	CHECK_INT(evhub_event_unref(&reader), 0);
	CHECK_INT(event_add(&reader, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	/* While something else keeps it, it works like any other. */
	put_byte(fds[1]);
	evtimer_set(&timer, note_cb, &note);
	CHECK_INT(add_ms(&timer, 20), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(read_note.calls, 1);
	CHECK_INT(drain(fds[0]), 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
	/* Referenced again, while it is pending. */
	CHECK_INT(evhub_event_ref(&reader), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_INT(evhub_event_unref(&reader), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	CHECK_INT(event_del(&reader), 0);
}

TEST(unref_counts_right_through_every_state)
{
	struct event ev;
	struct event keep;
	struct note note = { 0, 0, 0, 0 };
	int turn;

	init_base();
	for (turn = 0; turn < 3; turn++) {
		evtimer_set(&ev, note_cb, &note);
		CHECK_INT(evhub_event_unref(&ev), 0);
		CHECK_INT(evhub_event_unref(&ev), 0);
		CHECK_INT(add_ms(&ev, 5), 0);
		CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
		evtimer_set(&keep, note_cb, &note);
		CHECK_INT(add_ms(&keep, 10), 0);
		CHECK_INT(event_dispatch(), 1);
		CHECK_INT(note.calls, 2 * turn + 2);
		CHECK_INT(evhub_event_base_get_num_events(current_base, EVENT_BASE_COUNT_ADDED |
		    EVENT_BASE_COUNT_ACTIVE), 0);
	}
	capture_log();
	CHECK_ERRNO(evhub_event_unref(NULL), EINVAL);
	CHECK_ERRNO(evhub_event_ref(NULL), EINVAL);
	memset(&ev, 0, sizeof(ev));
	CHECK_ERRNO(evhub_event_unref(&ev), EINVAL);
}
