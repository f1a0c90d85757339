/*
 * Making and freeing bases, current_base, and handlers that set event_gotsig (behaviours 16, 24,
 * 39, 45 to 49, 55; E17).
 */
#include "harness.h"

extern volatile sig_atomic_t event_gotsig;
extern int (*event_sigcb)(void);

TEST(event_init_makes_the_newest_base_current)
{
	struct event_base *first;
	struct event_base *second;
	struct event_base *other;

	CHECK_PTR(current_base, NULL);
	first = event_init();
	CHECK(first != NULL);
	CHECK_PTR(current_base, first);
	other = event_base_new();
	CHECK(other != NULL);
	CHECK_PTR(current_base, first);
	second = event_init();
	CHECK(second != first);
	CHECK_PTR(current_base, second);
	event_base_free(first);
	CHECK_PTR(current_base, second);
	event_base_free(second);
	CHECK_PTR(current_base, NULL);
	event_base_free(other);
	CHECK_PTR(current_base, NULL);
}

TEST(freeing_null_frees_the_current_base)
{
	int before = open_fds();

	CHECK(event_init() != NULL);
	event_base_free(NULL);
	CHECK_PTR(current_base, NULL);
	CHECK_INT(open_fds(), before);
	/* With nothing to free nothing happens. */
	event_base_free(NULL);
	CHECK_PTR(current_base, NULL);
}

TEST(the_base_that_is_current_is_stored_by_event_set)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	struct event_base *base = init_base();

	evtimer_set(&ev, note_cb, &note);
	CHECK_PTR(ev.ev_base, base);
	event_base_free(base);
	evtimer_set(&ev, note_cb, &note);
	CHECK_PTR(ev.ev_base, NULL);
}

TEST(method_and_version)
{
	struct event_base *base = init_base();

	CHECK_STR(event_base_get_method(base), event_get_method());
	if (getenv("EVHUB_EXPECT_METHOD") != NULL)
		CHECK_STR(event_base_get_method(base), getenv("EVHUB_EXPECT_METHOD"));
	CHECK_STR(event_get_version(), "1.4.15");
	CHECK_STR(_EVENT_VERSION, "1.4.15");
	CHECK_INT(_EVENT_NUMERIC_VERSION, 0x01040f00);
}

/* One event of each kind, all of them pending or active when the base goes. */
struct zoo {
	struct event reader;
	struct event writer;
	struct event timer;
	struct event both;
	struct event signal;
	struct event active;
	struct event low;
	struct note note;
	int fds[2];
};

static void
add_to_zoo(struct event_base *base, struct event *ev, const struct timeval *tv)
{
	CHECK_INT(event_base_set(base, ev), 0);
	CHECK_INT(event_add(ev, tv), 0);
}

static void
fill_zoo(struct zoo *zoo, struct event_base *base)
{
	struct timeval hour = { 3600, 0 };

	memset(zoo, 0, sizeof(*zoo));
	make_pair(zoo->fds);
	event_set(&zoo->reader, zoo->fds[0], EV_READ | EV_PERSIST, note_cb, &zoo->note);
	event_set(&zoo->writer, zoo->fds[1], EV_WRITE, note_cb, &zoo->note);
	evtimer_set(&zoo->timer, note_cb, &zoo->note);
	event_set(&zoo->both, zoo->fds[1], EV_READ, note_cb, &zoo->note);
	signal_set(&zoo->signal, SIGUSR1, note_cb, &zoo->note);
	evtimer_set(&zoo->active, note_cb, &zoo->note);
	evtimer_set(&zoo->low, note_cb, &zoo->note);
	add_to_zoo(base, &zoo->reader, NULL);
	add_to_zoo(base, &zoo->writer, NULL);
	add_to_zoo(base, &zoo->timer, &hour);
	add_to_zoo(base, &zoo->both, &hour);
	add_to_zoo(base, &zoo->signal, &hour);
	add_to_zoo(base, &zoo->active, &hour);
	CHECK_INT(event_base_set(base, &zoo->low), 0);
	event_active(&zoo->active, EV_TIMEOUT, 3);
	event_active(&zoo->low, EV_READ, 1);
	event_active(&zoo->reader, EV_READ, 2);
	raise(SIGUSR1);
	CHECK_INT(event_base_once(base, zoo->fds[0], EV_READ, note_cb, &zoo->note, &hour), 0);
	CHECK_INT(event_base_once(base, -1, EV_TIMEOUT, note_cb, &zoo->note, NULL), 0);
	CHECK_INT(event_base_loopexit(base, &hour), 0);
}

static void
check_released(struct event *ev)
{
	CHECK_PTR(ev->ev_base, NULL);
	CHECK_INT(ev->ev_flags, EVLIST_INIT);
	CHECK_INT(event_pending(ev, EV_READ | EV_WRITE | EV_SIGNAL | EV_TIMEOUT, NULL), 0);
	event_del(ev);
	event_del(ev);
	CHECK_ERRNO(event_add(ev, NULL), EINVAL);
	CHECK_INT(ev->ev_flags, EVLIST_INIT);
}

TEST(freeing_releases_whatever_is_pending)
{
	struct zoo zoo;
	struct event_base *base = event_base_new();
	struct event_base *next;
	struct sigaction action;

	CHECK(base != NULL);
	capture_log();
	fill_zoo(&zoo, base);
	event_base_free(base);
	check_released(&zoo.reader);
	check_released(&zoo.writer);
	check_released(&zoo.timer);
	check_released(&zoo.both);
	check_released(&zoo.signal);
	check_released(&zoo.active);
	check_released(&zoo.low);
	CHECK_INT(zoo.note.calls, 0);
	CHECK_INT(logged(_EVENT_LOG_ERR), 0);
	/* The descriptors are the user's. */
	CHECK(fcntl(zoo.fds[0], F_GETFD) != -1);
	CHECK(fcntl(zoo.fds[1], F_GETFD) != -1);
	CHECK_INT(sigaction(SIGUSR1, NULL, &action), 0);
	CHECK_PTR(action.sa_handler, SIG_DFL);
	/* The events serve again with another base. */
	next = event_base_new();
	CHECK_INT(event_base_set(next, &zoo.writer), 0);
	CHECK_INT(event_add(&zoo.writer, NULL), 0);
	CHECK_INT(event_base_dispatch(next), 1);
	CHECK_INT(zoo.note.calls, 1);
	event_base_free(next);
}

TEST(many_bases_leave_no_descriptor)
{
	struct zoo zoo;
	int before = open_fds();
	int i;

	for (i = 0; i < 300; i++) {
		struct event_base *base = event_base_new();

		CHECK(base != NULL);
		fill_zoo(&zoo, base);
		event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		event_base_free(base);
		close(zoo.fds[0]);
		close(zoo.fds[1]);
	}
	CHECK_INT(open_fds(), before);
}

TEST(several_bases_do_not_mix)
{
	struct event_base *bases[8];
	struct event events[8];
	struct note notes[8];
	int i;

	memset(notes, 0, sizeof(notes));
	for (i = 0; i < 8; i++) {
		bases[i] = event_base_new();
		CHECK(bases[i] != NULL);
		evtimer_set(&events[i], note_cb, &notes[i]);
		CHECK_INT(event_base_set(bases[i], &events[i]), 0);
		CHECK_INT(add_ms(&events[i], i), 0);
	}
	for (i = 7; i >= 0; i--) {
		CHECK_INT(event_base_dispatch(bases[i]), 1);
		CHECK_INT(notes[i].calls, 1);
		CHECK(i == 0 || notes[i - 1].calls == 0);
	}
	for (i = 0; i < 8; i++)
		event_base_free(bases[i]);
}

static int sigcb_calls;

static int
sigcb_stops(void)
{
	sigcb_calls++;
	return -1;
}

static void
set_gotsig(int number)
{
	(void)number;
	event_gotsig = 1;
}

/* How programs of old used it: their own handler interrupts the wait. */
TEST(a_handler_that_sets_gotsig_ends_the_wait)
{
	struct itimerval soon = { { 0, 5000 }, { 0, 5000 } };
	struct sigaction action;
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	int fds[2];

	init_base();
	make_pipe(fds);
	event_set(&ev, fds[0], EV_READ, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	memset(&action, 0, sizeof(action));
	action.sa_handler = set_gotsig;
	CHECK_INT(sigaction(SIGALRM, &action, NULL), 0);
	event_sigcb = sigcb_stops;
	CHECK_INT(setitimer(ITIMER_REAL, &soon, NULL), 0);
	CHECK_ERRNO(event_dispatch(), EINTR);
	CHECK_INT(sigcb_calls, 1);
	CHECK_INT(note.calls, 0);
}
