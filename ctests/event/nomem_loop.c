/*
 * Without any memory left a loop still runs, activations arrive, bases can be freed and
 * warnings be written (F5, F6).
 */
#include "alloc.h"
#include "child.h"

#include <sys/resource.h>

enum { PIPES = 300 };

static struct event readers[PIPES];
static struct note notes[PIPES];
static int fds[PIPES][2];

static void
set_up(void)
{
	struct rlimit limit;
	int i;

	CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
	init_base();
	for (i = 0; i < PIPES; i++) {
		make_pipe(fds[i]);
		put_byte(fds[i][1]);
		event_set(&readers[i], fds[i][0], EV_READ | EV_PERSIST, note_cb, &notes[i]);
		CHECK_INT(event_add(&readers[i], NULL), 0);
	}
}

/* The results of a wait need room: it was made when the events were added, or is not needed. */
ALLOC_TEST(a_first_loop_without_memory)
{
	int turn;
	int i;
	int done = 0;

	need_shim();
	set_up();
	alloc_fail(1, 1);
	for (turn = 0; turn < PIPES && done < PIPES; turn++) {
		CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
		for (i = 0, done = 0; i < PIPES; i++)
			done += notes[i].calls > 0;
	}
	alloc_fail(0, 0);
	CHECK_INT(done, PIPES);
}

ALLOC_TEST(activation_and_deletion_need_no_memory)
{
	struct event actives[100];
	struct note note = { 0, 0, 0, 0 };
	int i;

	need_shim();
	set_up();
	for (i = 0; i < 100; i++)
		evtimer_set(&actives[i], note_cb, &note);
	alloc_fail(1, 1);
	for (i = 0; i < 100; i++)
		event_active(&actives[i], EV_TIMEOUT, 1);
	for (i = 0; i < PIPES; i++)
		CHECK_INT(event_del(&readers[i]), 0);
	CHECK_INT(event_dispatch(), 1);
	alloc_fail(0, 0);
	CHECK_INT(note.calls, 100);
	CHECK_INT(alloc_failures(), 0);
}

ALLOC_TEST(a_base_is_freed_without_memory)
{
	struct timeval hour = { 3600, 0 };
	struct event signal_event;
	struct note note = { 0, 0, 0, 0 };
	struct event_base *base;
	long live;
	int before;

	need_shim();
	event_base_free(init_base());
	before = open_fds();
	live = alloc_live();
	base = event_base_new();
	CHECK(base != NULL);
	signal_set(&signal_event, SIGUSR1, note_cb, &note);
	CHECK_INT(event_base_set(base, &signal_event), 0);
	CHECK_INT(event_add(&signal_event, &hour), 0);
	CHECK_INT(event_base_once(base, -1, EV_TIMEOUT, note_cb, &note, &hour), 0);
	CHECK_INT(event_base_loop(base, EVLOOP_NONBLOCK), 0);
	raise(SIGUSR1);
	alloc_fail(1, 1);
	event_base_free(base);
	alloc_fail(0, 0);
	CHECK_INT(alloc_live() - live, 0);
	CHECK_INT(open_fds(), before);
}

static void
warn_without_memory(void *unused)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	int result;

	(void)unused;
	init_base();
	signal_set(&ev, SIGKILL, note_cb, &note);
	alloc_fail(1, 1);
	result = event_add(&ev, NULL);
	alloc_fail(0, 0);
	CHECK_INT(result, -1);
}

ALLOC_TEST(a_warning_without_memory)
{
	struct child_end end;

	need_shim();
	run_child(&end, warn_without_memory, NULL);
	CHECK_INT(end.status, 0);
	CHECK_INT(strncmp(end.err, "[warn] ", 7), 0);
}
