/*
 * Memory runs out at the n-th allocation, for every n: -1 or NULL with ENOMEM, all or nothing,
 * nothing leaked, and the next try works (behaviours 29, 54; F5, F6).
 */
#include "alloc.h"

#include <evhub/event_ext.h>

enum { MANY = 3000, FAR = 4000 };

static struct event_base *base;
static struct note note;
static struct event event;
static int fds[2];

/* What is tried with memory running out, on a base of its own each time. */
struct scenario {
	void (*prepare)(void);
	int (*try)(void);		/* 0, or -1 with errno */
	void (*unchanged)(void);	/* after a failure */
	void (*verify)(void);		/* after success */
};

static void
set_to_base(struct event *ev)
{
	CHECK_INT(event_base_set(base, ev), 0);
}

/* One try with the n-th allocation failing; false if that one was never reached. */
static int
torture_once(const struct scenario *scenario, int n, int and_all_that_follow)
{
	int open_before = open_fds();
	long live_before = alloc_live();
	long failures;
	int result;
	int error;

	base = event_base_new();
	CHECK(base != NULL);
	memset(&note, 0, sizeof(note));
	scenario->prepare();
	errno = 0;
	alloc_fail(n, and_all_that_follow);
	result = scenario->try();
	error = errno;
	failures = alloc_failures();
	alloc_fail(0, 0);
	if (result != 0) {
		CHECK_INT(result, -1);
		CHECK_INT(error, ENOMEM);
		CHECK(failures > 0);
		scenario->unchanged();
		CHECK_INT(scenario->try(), 0);
	}
	scenario->verify();
	event_base_free(base);
	if (fds[0] > 0) {
		close(fds[0]);
		close(fds[1]);
		fds[0] = 0;
	}
	CHECK_INT(alloc_live() - live_before, 0);
	CHECK_INT(open_fds() - open_before, 0);
	return failures > 0;
}

/* Every n, alone and with all that follow. least is how many there must be. */
static void
torture(const struct scenario *scenario, int least)
{
	int sticky;

	need_shim();
	event_base_free(init_base());
	capture_log();
	/* The first life of all pays for what is made once in a process. */
	torture_once(scenario, 1000000, 0);
	for (sticky = 0; sticky <= 1; sticky++) {
		int n = 1;

		while (torture_once(scenario, n, sticky))
			CHECK(++n < 10000);
		CHECK(n > least);
	}
	CHECK_INT(logged(_EVENT_LOG_ERR), 0);
}

static void
nothing(void)
{
}

/* A new base */

static int
try_base(void)
{
	struct event_base *second = event_base_new();
	struct event ev;

	if (second == NULL)
		return -1;
	alloc_fail(0, 0);
	evtimer_set(&ev, note_cb, &note);
	CHECK_INT(event_base_set(second, &ev), 0);
	CHECK_INT(add_ms(&ev, 0), 0);
	CHECK_INT(event_base_dispatch(second), 1);
	CHECK_INT(note.calls, 1);
	event_base_free(second);
	return 0;
}

ALLOC_TEST(a_base_without_memory)
{
	static const struct scenario scenario = { nothing, try_base, nothing, nothing };

	torture(&scenario, 1);
}

/* Descriptors */

static void
prepare_fd(void)
{
	make_pipe(fds);
	event_set(&event, fds[0], EV_READ | EV_PERSIST, note_cb, &note);
	set_to_base(&event);
}

static void
prepare_far_fd(void)
{
	prepare_fd();
	CHECK_INT(dup2(fds[0], FAR), FAR);
	close(fds[0]);
	fds[0] = event.ev_fd = FAR;
}

static int
try_add(void)
{
	return event_add(&event, NULL);
}

static int
try_timed_add(void)
{
	return add_ms(&event, 3600000);
}

static void
not_added(void)
{
	CHECK_INT(event.ev_flags, EVLIST_INIT);
	CHECK_INT(event_pending(&event, EV_READ | EV_SIGNAL | EV_TIMEOUT, NULL), 0);
	if (fds[0] > 0 && (event.ev_events & EV_READ)) {
		put_byte(fds[1]);
		CHECK_INT(event_base_loop(base, EVLOOP_NONBLOCK), 1);
		CHECK_INT(note.calls, 0);
		CHECK_INT(drain(fds[0]), 1);
	}
}

static void
fires_once(void)
{
	put_byte(fds[1]);
	CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(event_del(&event), 0);
	CHECK_INT(event_base_dispatch(base), 1);
}

ALLOC_TEST(a_first_descriptor_without_memory)
{
	static const struct scenario scenario = { prepare_fd, try_add, not_added, fires_once };

	torture(&scenario, 0);
}

ALLOC_TEST(a_far_descriptor_without_memory)
{
	static const struct scenario scenario = { prepare_far_fd, try_add, not_added, fires_once };

	torture(&scenario, 1);
}

ALLOC_TEST(a_descriptor_with_timeout_is_all_or_nothing)
{
	static const struct scenario scenario = {
		prepare_far_fd, try_timed_add, not_added, fires_once
	};

	torture(&scenario, 1);
}

/* Timers */

static struct event many[MANY];
static int added;

static void
prepare_many(void)
{
	int i;

	for (i = 0; i < MANY; i++) {
		evtimer_set(&many[i], note_cb, &note);
		set_to_base(&many[i]);
	}
	added = 0;
}

static int
try_many(void)
{
	for (; added < MANY; added++) {
		if (add_ms(&many[added], added % 3) == -1)
			return -1;
	}
	return 0;
}

static void
those_before_are_pending(void)
{
	int i;

	for (i = 0; i < MANY; i++)
		CHECK_INT(evtimer_pending(&many[i], NULL), i < added ? EV_TIMEOUT : 0);
}

static void
all_fire(void)
{
	CHECK_INT(event_base_dispatch(base), 1);
	CHECK_INT(note.calls, MANY);
}

ALLOC_TEST(timers_without_memory)
{
	static const struct scenario scenario = {
		prepare_many, try_many, those_before_are_pending, all_fire
	};

	torture(&scenario, 1);
}

/* event_once and loopexit */

static int
try_once(void)
{
	return event_base_once(base, fds[0], EV_READ, note_cb, &note, NULL);
}

static int
try_exit(void)
{
	return event_base_loopexit(base, NULL);
}

static void
nothing_is_pending(void)
{
	CHECK_INT(event_base_loop(base, EVLOOP_NONBLOCK), 1);
}

static void
once_fires(void)
{
	put_byte(fds[1]);
	CHECK_INT(event_base_dispatch(base), 1);
	CHECK_INT(note.calls, 1);
}

static void
exit_works(void)
{
	CHECK_INT(event_base_dispatch(base), 0);
}

ALLOC_TEST(once_without_memory)
{
	static const struct scenario scenario = {
		prepare_fd, try_once, nothing_is_pending, once_fires
	};

	torture(&scenario, 1);
}

ALLOC_TEST(loopexit_without_memory)
{
	static const struct scenario scenario = {
		nothing, try_exit, nothing_is_pending, exit_works
	};

	torture(&scenario, 1);
}

/* Priorities */

static int
try_priorities(void)
{
	return event_base_priority_init(base, 500);
}

static void
one_priority(void)
{
	struct event ev;

	evtimer_set(&ev, note_cb, &note);
	set_to_base(&ev);
	CHECK_INT(ev.ev_pri, 0);
	CHECK_INT(event_priority_set(&ev, 1), -1);
	CHECK_INT(add_ms(&ev, 0), 0);
	CHECK_INT(event_base_dispatch(base), 1);
	CHECK_INT(note.calls, 1);
}

static void
many_priorities(void)
{
	struct event ev;

	evtimer_set(&ev, note_cb, &note);
	set_to_base(&ev);
	CHECK_INT(ev.ev_pri, 250);
	CHECK_INT(event_priority_set(&ev, 499), 0);
	CHECK_INT(add_ms(&ev, 0), 0);
	CHECK_INT(event_base_dispatch(base), 1);
}

ALLOC_TEST(priorities_without_memory)
{
	static const struct scenario scenario = {
		nothing, try_priorities, one_priority, many_priorities
	};

	torture(&scenario, 1);
}

/* Signals */

static void
prepare_signal(void)
{
	signal(SIGUSR1, SIG_IGN);
	signal_set(&event, SIGUSR1, note_cb, &note);
	set_to_base(&event);
}

static void
signal_untouched(void)
{
	struct sigaction action;

	not_added();
	CHECK_INT(sigaction(SIGUSR1, NULL, &action), 0);
	CHECK_PTR(action.sa_handler, SIG_IGN);
	CHECK_INT(event_base_loop(base, EVLOOP_NONBLOCK), 1);
}

static void
signal_fires(void)
{
	raise(SIGUSR1);
	CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(event_del(&event), 0);
}

ALLOC_TEST(a_signal_without_memory)
{
	static const struct scenario scenario = {
		prepare_signal, try_add, signal_untouched, signal_fires
	};

	torture(&scenario, 0);
}

/* event_reinit */

static void
prepare_reinit(void)
{
	prepare_fd();
	CHECK_INT(event_add(&event, NULL), 0);
	prepare_many();
	added = MANY - 5;
	CHECK_INT(try_many(), 0);
}

static int
try_reinit(void)
{
	return event_reinit(base);
}

static void
all_still_fire(void)
{
	int i;

	for (i = MANY - 5; i < MANY; i++)
		CHECK_INT(event_del(&many[i]), 0);
	fires_once();
}

ALLOC_TEST(reinit_without_memory)
{
	static const struct scenario scenario = {
		prepare_reinit, try_reinit, nothing, all_still_fire
	};

	torture(&scenario, 0);
}

/* Objects of the extensions */

static void
async_cb(void *arg)
{
	(void)arg;
}

static void
prepare_hook(struct evwatch *watch, const struct evwatch_prepare_cb_info *info, void *arg)
{
	(void)watch;
	(void)info;
	(void)arg;
}

static void
check_hook(struct evwatch *watch, const struct evwatch_check_cb_info *info, void *arg)
{
	(void)watch;
	(void)info;
	(void)arg;
}

static int
try_event_new(void)
{
	struct event *ev = evhub_event_new(base, -1, 0, note_cb, &note);

	evhub_event_free(ev);
	return ev == NULL ? -1 : 0;
}

static int
try_async_new(void)
{
	evhub_async_t *async = evhub_async_new(base, async_cb, NULL);

	evhub_async_free(async);
	return async == NULL ? -1 : 0;
}

static int
try_hooks(void)
{
	struct evwatch *before = evhub_evwatch_prepare_new(base, prepare_hook, NULL);
	struct evwatch *after;

	if (before == NULL)
		return -1;
	after = evhub_evwatch_check_new(base, check_hook, NULL);
	evhub_evwatch_free(before);
	evhub_evwatch_free(after);
	return after == NULL ? -1 : 0;
}

ALLOC_TEST(extensions_without_memory)
{
	static const struct scenario of_event = { nothing, try_event_new, nothing, nothing };
	static const struct scenario of_async = {
		nothing, try_async_new, nothing_is_pending, nothing_is_pending
	};
	static const struct scenario of_hooks = { nothing, try_hooks, nothing, nothing };

	torture(&of_event, 1);
	torture(&of_async, 1);
	torture(&of_hooks, 1);
}
