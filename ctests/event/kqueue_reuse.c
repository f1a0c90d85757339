/*
 * What a kqueue forgets, and must not show: numbers closed and used again, more news than room,
 * changes that take each other back, queues that a fork loses (behaviours 30, 52, 53 and 185;
 * E30). On Linux the queue is the emulation of ctests/kqueue. Where every backend must do the
 * same, the test runs on all of them.
 */
#include "harness.h"

static int
poll_once(void)
{
	return event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static struct event_base *
kqueue_base(void)
{
	struct event_base *base = init_base();

	if (!method_is("kqueue"))
		SKIP("%s has nothing to do with it", method());
	return base;
}

/* The number is what counts: a copy, here or in a child, keeps nothing registered. */
static void
closed_with_a_copy(int in_a_child)
{
	struct event_base *base = kqueue_base();
	struct event stale, fresh;
	int fds[2], other[2], gate[2] = { -1, -1 }, copy = -1;
	pid_t child = -1;
	ssize_t n;
	char byte;

	make_pair(fds);
	event_set(&stale, fds[0], EV_READ | EV_PERSIST, trace_cb, "stale");
	CHECK_INT(event_add(&stale, NULL), 0);
	if (in_a_child) {
		CHECK_INT(pipe(gate), 0);
		child = fork_child();
		if (child == 0) {
			close(gate[1]);
			while ((n = read(gate[0], &byte, 1)) == -1 && errno == EINTR)
				continue;
			_exit(n == 0 ? 0 : 1);
		}
	} else
		copy = dup(fds[0]);
	close(fds[0]);
	put_byte(fds[1]);
	CHECK_INT(poll_once(), 0);
	make_pair(other);
	CHECK_INT(other[0], fds[0]);
	put_byte(other[1]);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "");
	event_set(&fresh, other[0], EV_READ | EV_PERSIST, trace_cb, "f");
	CHECK_INT(event_add(&fresh, NULL), 0);
	CHECK_INT(event_pending(&stale, EV_READ, NULL), EV_READ);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "f");
	CHECK_INT(event_del(&stale), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "ff");
	close(copy);
	if (in_a_child) {
		close(gate[1]);
		CHECK_INT(wait_child(child), 0);
	}
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "fff");
	event_base_free(base);
}

TEST(closed_while_a_copy_lives)
{
	closed_with_a_copy(0);
}

TEST(closed_while_a_child_lives)
{
	closed_with_a_copy(1);
}

/* Closed in a callback, in the very round in which it is ready itself, and used again. */

struct swap {
	struct event victim;
	int fds[2];
	int other[2];
};

static void
swap_cb(int fd, short what, void *arg)
{
	struct swap *swap = arg;

	(void)what;
	drain(fd);
	CHECK_INT(event_del(&swap->victim), 0);
	close(swap->fds[0]);
	make_pair(swap->other);
	CHECK_INT(swap->other[0], swap->fds[0]);
	event_set(&swap->victim, swap->other[0], EV_READ, trace_cb, "new");
	CHECK_INT(event_add(&swap->victim, NULL), 0);
	trace("swap ");
}

TEST(used_again_in_the_round_that_reported_it)
{
	struct event_base *base = init_base();
	struct event first;
	struct swap swap;
	int fds[2];

	make_pair(fds);
	make_pair(swap.fds);
	put_byte(fds[1]);
	put_byte(swap.fds[1]);
	event_set(&first, fds[0], EV_READ, swap_cb, &swap);
	event_set(&swap.victim, swap.fds[0], EV_READ, trace_cb, "old");
	CHECK_INT(event_priority_init(2), 0);
	CHECK_INT(event_priority_set(&first, 0), 0);
	CHECK_INT(event_priority_set(&swap.victim, 1), 0);
	CHECK_INT(event_add(&first, NULL), 0);
	CHECK_INT(event_add(&swap.victim, NULL), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "swap ");
	put_byte(swap.other[1]);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "swap new");
	event_base_free(base);
}

/* More is ready than a wait has room for: all get their turns, and nobody starves. */
TEST(more_news_than_room)
{
	enum { MANY = 1500, ROUNDS = 60 };
	struct event_base *base = init_base();
	struct event *events = calloc(MANY, sizeof(*events));
	struct note *notes = calloc(MANY, sizeof(*notes));
	int i, round, fds[2], least = ROUNDS, copy;

	CHECK(events != NULL && notes != NULL);
	make_pair(fds);
	put_byte(fds[1]);
	for (i = 0; i < MANY; i++) {
		copy = dup(fds[0]);
		if (copy == -1)
			SKIP("too few descriptors");
		event_set(&events[i], copy, EV_READ | EV_PERSIST, note_cb, &notes[i]);
		CHECK_INT(event_add(&events[i], NULL), 0);
	}
	for (round = 0; round < ROUNDS; round++)
		CHECK_INT(poll_once(), 0);
	for (i = 0; i < MANY; i++)
		least = notes[i].calls < least ? notes[i].calls : least;
	CHECK(least >= ROUNDS / 4);
	event_base_free(base);
	free(events);
	free(notes);
}

/* Thousands of changes between two waits, many of which take each other back. */

enum { BUSY = 400, TURNS = 8 };
static struct event busy[BUSY];
static struct note busy_notes[BUSY];

static void
change_all_cb(int fd, short what, void *arg)
{
	int i, turn;

	(void)fd;
	(void)what;
	(void)arg;
	for (turn = 0; turn < TURNS; turn++)
		for (i = 0; i < BUSY; i++) {
			CHECK_INT(event_add(&busy[i], NULL), 0);
			CHECK_INT(event_del(&busy[i]), 0);
		}
	for (i = 0; i < BUSY; i += 2)
		CHECK_INT(event_add(&busy[i], NULL), 0);
}

TEST(thousands_of_changes_in_one_round)
{
	struct event_base *base = init_base();
	struct event timer;
	int i, fds[2], copy;

	make_pair(fds);
	put_byte(fds[1]);
	for (i = 0; i < BUSY; i++) {
		copy = dup(fds[0]);
		CHECK(copy != -1);
		event_set(&busy[i], copy, i % 4 < 2 ? EV_READ : EV_WRITE, note_cb,
		    &busy_notes[i]);
	}
	evtimer_set(&timer, change_all_cb, NULL);
	CHECK_INT(add_ms(&timer, 0), 0);
	CHECK_INT(event_dispatch(), 1);
	for (i = 0; i < BUSY; i++) {
		CHECK_INT(busy_notes[i].calls, i % 2 == 0);
		if (i % 2 == 0)
			CHECK_INT(busy_notes[i].what, i % 4 < 2 ? EV_READ : EV_WRITE);
	}
	event_base_free(base);
}

/* Every descriptor that a base opens is close-on-exec: kqueue(2) makes none so. */
TEST(descriptors_are_close_on_exec)
{
	int open_before[256], fd;
	struct event_base *base;
	struct event ev;

	for (fd = 0; fd < 256; fd++)
		open_before[fd] = fcntl(fd, F_GETFD) != -1;
	base = init_base();
	signal_set(&ev, SIGUSR1, trace_cb, "s");
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_reinit(base), 0);
	for (fd = 0; fd < 256; fd++)
		if (!open_before[fd] && fcntl(fd, F_GETFD) != -1)
			CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_INT(event_del(&ev), 0);
	event_base_free(base);
}

/*
 * A child does not have the queue, and its number may be another file's. That file must come to
 * no harm, whether the child starts over, goes on as if nothing had happened, or frees the base.
 */
enum child_way { START_OVER, GO_ON, FREE_AT_ONCE };

static void
child_with_files(enum child_way way)
{
	enum { FILES = 64 };
	struct event_base *base = init_base();
	struct note note = { 0, 0, 0, 0 };
	int fds[2], files[FILES], i;
	struct event ev;
	pid_t child;

	make_pipe(fds);
	event_set(&ev, fds[0], EV_READ | EV_PERSIST, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	child = fork_child();
	if (child == 0) {
		for (i = 0; i < FILES; i++) {
			files[i] = open("/dev/null", O_RDONLY);
			CHECK(files[i] != -1);
		}
		if (way == START_OVER)
			CHECK_INT(event_reinit(base), 0);
		if (way != FREE_AT_ONCE) {
			put_byte(fds[1]);
			CHECK_INT(event_loop(EVLOOP_ONCE), 0);
			CHECK_INT(note.calls, 1);
			CHECK_INT(drain(fds[0]), 1);
		}
		event_base_free(base);
		for (i = 0; i < FILES; i++)
			CHECK(fcntl(files[i], F_GETFD) != -1);
		_exit(0);
	}
	CHECK_INT(wait_child(child), 0);
	put_byte(fds[1]);
	CHECK_INT(poll_once(), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(event_del(&ev), 0);
	event_base_free(base);
}

TEST(child_with_files_starts_over)
{
	child_with_files(START_OVER);
}

TEST(child_with_files_goes_on)
{
	child_with_files(GO_ON);
}

TEST(child_with_files_frees_the_base)
{
	child_with_files(FREE_AT_ONCE);
}
