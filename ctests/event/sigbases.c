/*
 * One signal, several bases: every base that watches is woken, in any order of adding,
 * looping, deleting and freeing (behaviours 56, 57, 58; E22), also across threads.
 */
#include "harness.h"

#include <pthread.h>

enum { BASES = 4 };

struct watcher {
	struct event_base *base;
	struct event ev;
	struct note note;
};

static void
watch_in(struct watcher *watcher, struct event_base *base, int number)
{
	memset(watcher, 0, sizeof(*watcher));
	watcher->base = base;
	signal_set(&watcher->ev, number, note_cb, &watcher->note);
	CHECK_INT(event_base_set(base, &watcher->ev), 0);
	CHECK_INT(event_add(&watcher->ev, NULL), 0);
}

static struct event_base *
new_base(void)
{
	struct event_base *base = event_base_new();

	CHECK(base != NULL);
	return base;
}

static void
round_of(struct watcher *watcher, int calls)
{
	CHECK_INT(event_base_loop(watcher->base, EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(watcher->note.calls, calls);
}

TEST(every_base_that_watches_is_woken)
{
	struct watcher watchers[BASES];
	int i;
	int turn;

	for (i = 0; i < BASES; i++)
		watch_in(&watchers[i], new_base(), SIGUSR1);
	for (turn = 1; turn <= BASES; turn++) {
		raise(SIGUSR1);
		/* Each turn another base looks first. */
		for (i = 0; i < BASES; i++)
			round_of(&watchers[(turn + i) % BASES], turn);
	}
	for (i = 0; i < BASES; i++) {
		round_of(&watchers[i], BASES);
		event_base_free(watchers[i].base);
	}
}

TEST(counts_are_kept_for_each_base)
{
	struct watcher busy;
	struct watcher lazy;

	watch_in(&busy, new_base(), SIGUSR1);
	watch_in(&lazy, new_base(), SIGUSR1);
	raise(SIGUSR1);
	round_of(&busy, 1);
	raise(SIGUSR1);
	round_of(&busy, 2);
	raise(SIGUSR1);
	round_of(&lazy, 3);
	round_of(&busy, 3);
	event_base_free(busy.base);
	event_base_free(lazy.base);
}

TEST(each_base_has_its_own_signals)
{
	struct watcher one;
	struct watcher two;

	watch_in(&one, new_base(), SIGUSR1);
	watch_in(&two, new_base(), SIGUSR2);
	/* The base that looped last is not the only one that is told. */
	round_of(&one, 0);
	round_of(&two, 0);
	raise(SIGUSR1);
	round_of(&two, 0);
	round_of(&one, 1);
	raise(SIGUSR2);
	round_of(&one, 1);
	round_of(&two, 1);
	event_base_free(one.base);
	event_base_free(two.base);
}

static void
check_default(int number)
{
	struct sigaction action;

	CHECK_INT(sigaction(number, NULL, &action), 0);
	CHECK_PTR(action.sa_handler, SIG_DFL);
}

/* Whichever base lets go first, the others go on; the last one restores the action. */
static void
leave_in_order(const int order[3], int by_freeing)
{
	struct watcher watchers[3];
	int seen[3] = { 0, 0, 0 };
	int i;
	int j;

	for (i = 0; i < 3; i++)
		watch_in(&watchers[i], new_base(), SIGUSR1);
	for (i = 0; i < 3; i++) {
		raise(SIGUSR1);
		for (j = i; j < 3; j++)
			round_of(&watchers[order[j]], ++seen[order[j]]);
		if (!by_freeing)
			CHECK_INT(event_del(&watchers[order[i]].ev), 0);
		event_base_free(watchers[order[i]].base);
	}
	check_default(SIGUSR1);
}

TEST(the_others_go_on_when_one_lets_go)
{
	static const int orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	size_t i;

	for (i = 0; i < COUNT(orders); i++) {
		leave_in_order(orders[i], 0);
		leave_in_order(orders[i], 1);
	}
}

TEST(a_freed_base_is_not_touched_by_a_raise)
{
	struct watcher gone;
	struct watcher stays;

	watch_in(&gone, new_base(), SIGUSR1);
	watch_in(&stays, new_base(), SIGUSR1);
	raise(SIGUSR1);
	event_base_free(gone.base);
	raise(SIGUSR1);
	round_of(&stays, 2);
	CHECK_INT(gone.note.calls, 0);
	event_base_free(stays.base);
}

static void *
loop_once_thread(void *arg)
{
	struct watcher *watcher = arg;

	CHECK_INT(event_base_loop(watcher->base, EVLOOP_ONCE), 0);
	return NULL;
}

/* Is the thread asleep? Its state is the field behind the name in brackets. */
static int
asleep(pid_t thread)
{
	char path[64];
	char text[512];
	FILE *file;
	size_t n;

	if (thread == 0)
		return 0;	/* not even begun */
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)thread);
	file = fopen(path, "r");
	CHECK(file != NULL);
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	CHECK(strrchr(text, ')') != NULL);
	return strrchr(text, ')')[2] == 'S';
}

struct sleeper {
	struct watcher watcher;
	pid_t tid;
};

static void *
sleeper_thread(void *arg)
{
	struct sleeper *sleeper = arg;

	__atomic_store_n(&sleeper->tid, gettid(), __ATOMIC_SEQ_CST);
	return loop_once_thread(&sleeper->watcher);
}

TEST(loops_asleep_in_other_threads_are_woken)
{
	struct sleeper sleepers[BASES];
	pthread_t threads[BASES];
	int i;

	memset(sleepers, 0, sizeof(sleepers));
	for (i = 0; i < BASES; i++) {
		watch_in(&sleepers[i].watcher, new_base(), SIGUSR1);
		CHECK_INT(pthread_create(&threads[i], NULL, sleeper_thread, &sleepers[i]), 0);
	}
	for (i = 0; i < BASES; i++) {
		while (!asleep(__atomic_load_n(&sleepers[i].tid, __ATOMIC_SEQ_CST)))
			sleep_ms(1);
	}
	/* The handler runs here, on the thread that no base belongs to. */
	raise(SIGUSR1);
	for (i = 0; i < BASES; i++) {
		CHECK_INT(pthread_join(threads[i], NULL), 0);
		CHECK_INT(sleepers[i].watcher.note.calls, 1);
		event_base_free(sleepers[i].watcher.base);
	}
}

struct raiser {
	int number;
	int times;
};

static void *
raise_thread(void *arg)
{
	struct raiser *raiser = arg;
	int i;

	for (i = 0; i < raiser->times; i++)
		raise(raiser->number);
	return NULL;
}

static void
stop_cb(int fd, short what, void *arg)
{
	struct watcher *watcher = arg;

	note_cb(fd, what, &watcher->note);
	if (watcher->note.calls == 1000)
		CHECK_INT(event_base_loopbreak(watcher->base), 0);
}

TEST(raised_from_another_thread_none_is_lost)
{
	struct raiser raiser = { SIGUSR1, 1000 };
	struct watcher watcher;
	pthread_t thread;

	watch_in(&watcher, new_base(), SIGUSR1);
	watcher.ev.ev_callback = stop_cb;
	watcher.ev.ev_arg = &watcher;
	CHECK_INT(pthread_create(&thread, NULL, raise_thread, &raiser), 0);
	/* raise() goes to the raising thread and waits for its handler: nothing coalesces. */
	CHECK_INT(event_base_loop(watcher.base, 0), 0);
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK_INT(watcher.note.calls, 1000);
	round_of(&watcher, 1000);
	event_base_free(watcher.base);
}
