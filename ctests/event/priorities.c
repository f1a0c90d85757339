/* Proves behaviours 4, 37 and 38; E20: priorities. */
#include "harness.h"

#include <limits.h>

TEST(the_default_is_the_middle)
{
	static const int wanted[][2] = { { 1, 0 }, { 2, 1 }, { 3, 1 }, { 4, 2 }, { 100, 50 } };
	struct event_base *base = init_base();
	struct event ev, early;
	size_t i;

	evtimer_set(&early, trace_cb, "x");
	CHECK_INT(early.ev_pri, 0);
	for (i = 0; i < COUNT(wanted); i++) {
		CHECK_INT(event_priority_init(wanted[i][0]), 0);
		evtimer_set(&ev, trace_cb, "x");
		CHECK_INT(ev.ev_pri, wanted[i][1]);
		CHECK_INT(early.ev_pri, 0);
	}
	event_base_free(base);
}

TEST(out_of_range)
{
	struct event_base *base = init_base();
	struct event ev;

	CHECK_INT(event_base_priority_init(base, 3), 0);
	evtimer_set(&ev, trace_cb, "x");
	CHECK_INT(event_priority_set(&ev, 3), -1);
	CHECK_INT(event_priority_set(&ev, -1), -1);
	CHECK_INT(event_priority_set(&ev, INT_MAX), -1);
	CHECK_INT(event_priority_set(&ev, INT_MIN), -1);
	CHECK_INT(ev.ev_pri, 1);
	CHECK_INT(event_priority_set(&ev, 0), 0);
	CHECK_INT(event_priority_set(&ev, 2), 0);
	CHECK_INT(ev.ev_pri, 2);
	event_base_free(base);
}

/* An active event keeps its priority; one that is only pending can change it. */
TEST(set_while_active_or_pending)
{
	struct event_base *base = init_base();
	struct event ev, other;

	CHECK_INT(event_priority_init(2), 0);
	evtimer_set(&ev, trace_cb, "e");
	evtimer_set(&other, trace_cb, "o");
	CHECK_INT(event_priority_set(&ev, 1), 0);
	event_active(&ev, EV_TIMEOUT, 1);
	CHECK_INT(event_priority_set(&ev, 0), -1);
	CHECK_INT(ev.ev_pri, 1);
	CHECK_INT(event_del(&ev), 0);
	CHECK_INT(add_ms(&ev, 1), 0);
	CHECK_INT(add_ms(&other, 1), 0);
	CHECK_INT(event_priority_set(&other, 1), 0);
	CHECK_INT(event_priority_set(&ev, 0), 0);
	sleep_ms(5);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "eo");
	event_base_free(base);
}

TEST(init_again)
{
	struct event_base *base = init_base();
	struct event ev;

	CHECK_INT(event_priority_init(5), 0);
	evtimer_set(&ev, trace_cb, "x");
	CHECK_INT(event_priority_set(&ev, 4), 0);
	CHECK_INT(event_priority_init(5), 0);
	CHECK_INT(ev.ev_pri, 4);
	CHECK_INT(event_priority_init(9), 0);
	CHECK_INT(ev.ev_pri, 4);
	event_active(&ev, EV_TIMEOUT, 1);
	CHECK_INT(event_priority_init(3), -1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "x");
	event_base_free(base);
}

/* Fewer queues than an event's priority says: the event may be refused, nothing may break. */
TEST(fewer_queues_than_before)
{
	struct event_base *base = init_base();
	struct event ev, other;

	capture_log();
	CHECK_INT(event_priority_init(50), 0);
	evtimer_set(&ev, trace_cb, "");
	CHECK_INT(event_priority_set(&ev, 49), 0);
	CHECK_INT(event_priority_init(2), 0);
	CHECK_INT(ev.ev_pri, 49);
	event_active(&ev, EV_TIMEOUT, 1);
	evtimer_set(&other, trace_cb, "o");
	CHECK_INT(add_ms(&other, 0), 0);
	add_ms(&ev, 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "o");
	event_base_free(base);
}

TEST(absurd_counts)
{
	static const int counts[] = { 0, -1, INT_MIN, INT_MAX };
	struct event_base *base = init_base();
	struct event ev;
	size_t i;

	capture_log();
	CHECK_INT(event_priority_init(4), 0);
	for (i = 0; i < COUNT(counts); i++) {
		CHECK_INT(event_priority_init(counts[i]), -1);
		evtimer_set(&ev, trace_cb, "x");
		CHECK_INT(ev.ev_pri, 2);
	}
	CHECK_INT(add_ms(&ev, 0), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "x");
	event_base_free(base);
}

TEST(many_queues)
{
	enum { MANY = 1000 };
	struct event_base *base = init_base();
	struct event *ev = calloc(MANY, sizeof(*ev));
	struct note *notes = calloc(MANY, sizeof(*notes));
	int i;

	CHECK(ev != NULL && notes != NULL);
	CHECK_INT(event_priority_init(MANY), 0);
	for (i = MANY - 1; i >= 0; i--) {
		evtimer_set(&ev[i], note_cb, &notes[i]);
		CHECK_INT(event_priority_set(&ev[i], i), 0);
		event_active(&ev[i], EV_TIMEOUT, 1);
	}
	CHECK_INT(event_dispatch(), 1);
	for (i = 0; i < MANY; i++) {
		CHECK_INT(notes[i].calls, 1);
		CHECK(i == 0 || notes[i - 1].at_ns <= notes[i].at_ns);
	}
	event_base_free(base);
	free(ev);
	free(notes);
}

TEST(descriptors_in_the_order_of_priority)
{
	struct event_base *base = init_base();
	char *names[] = { "0", "1", "2" };
	struct event ev[3];
	int fds[2], i;

	CHECK_INT(event_priority_init(3), 0);
	for (i = 2; i >= 0; i--) {
		make_pair(fds);
		put_byte(fds[1]);
		event_set(&ev[i], fds[0], EV_READ, trace_cb, names[i]);
		CHECK_INT(event_priority_set(&ev[i], i), 0);
		CHECK_INT(event_add(&ev[i], NULL), 0);
	}
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "012");
	event_base_free(base);
}

static void
fifth_breaks(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	trace(arg);
	if (strlen(traced()) == 5)
		CHECK_INT(event_loopbreak(), 0);
}

/* As in 1.4, what is always ready keeps all lower priorities from their turn. */
TEST(higher_ones_starve_lower_ones)
{
	struct event_base *base = init_base();
	struct event always, low;
	int fds[2];

	CHECK_INT(event_priority_init(2), 0);
	make_pair(fds);
	event_set(&always, fds[0], EV_WRITE | EV_PERSIST, fifth_breaks, "a");
	CHECK_INT(event_priority_set(&always, 0), 0);
	CHECK_INT(event_add(&always, NULL), 0);
	evtimer_set(&low, trace_cb, "l");
	CHECK_INT(event_priority_set(&low, 1), 0);
	event_active(&low, EV_TIMEOUT, 1);
	CHECK_INT(event_dispatch(), 0);
	CHECK_STR(traced(), "aaaaa");
	CHECK_INT(event_del(&always), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "aaaaal");
	event_base_free(base);
}

TEST(without_a_base)
{
	struct event ev;

	capture_log();
	CHECK_INT(event_priority_init(2), -1);
	CHECK_INT(event_base_priority_init(NULL, 2), -1);
	evtimer_set(&ev, trace_cb, "x");
	CHECK_INT(event_priority_set(&ev, 0), -1);
}
