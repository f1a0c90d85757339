/*
 * Forks: with event_reinit parent and child go their own ways, without it the child leaves
 * the parent's registrations alone; also from inside callbacks (behaviours 52, 53; E33, F11,
 * F12, F13).
 */
#include "harness.h"

#include <sys/stat.h>
#include <sys/wait.h>

struct world {
	struct event_base *base;
	struct event reader;
	struct event timer;
	struct event signal;
	struct note read_note;
	struct note timer_note;
	struct note signal_note;
	int fds[2];
};

static void
make_world(struct world *world)
{
	memset(world, 0, sizeof(*world));
	world->base = init_base();
	make_pipe(world->fds);
	event_set(&world->reader, world->fds[0], EV_READ | EV_PERSIST, note_cb,
	    &world->read_note);
	CHECK_INT(event_add(&world->reader, NULL), 0);
	evtimer_set(&world->timer, note_cb, &world->timer_note);
	signal_set(&world->signal, SIGUSR1, note_cb, &world->signal_note);
	CHECK_INT(event_add(&world->signal, NULL), 0);
}

static int
one_round(void)
{
	return event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* Everything still works here: the pipe, a timer, a signal, each exactly once. */
static void
check_world(struct world *world)
{
	int reads = world->read_note.calls;
	int timers = world->timer_note.calls;
	int signals = world->signal_note.calls;

	put_byte(world->fds[1]);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(world->read_note.calls, reads + 1);
	CHECK_INT(drain(world->fds[0]), 1);
	CHECK_INT(one_round(), 0);
	CHECK_INT(world->read_note.calls, reads + 1);
	CHECK_INT(add_ms(&world->timer, 2), 0);
	while (world->timer_note.calls == timers)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(world->timer_note.calls, timers + 1);
	raise(SIGUSR1);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(world->signal_note.calls, signals + 1);
	CHECK_INT(one_round(), 0);
	CHECK_INT(world->read_note.calls, reads + 1);
	CHECK_INT(world->signal_note.calls, signals + 1);
}

/* The child has pipes of its own: what one process writes the other must not read. */
static void
own_pipe(struct world *world)
{
	int fds[2];

	make_pipe(fds);
	CHECK(dup2(fds[0], world->fds[0]) != -1);
	CHECK(dup2(fds[1], world->fds[1]) != -1);
	close(fds[0]);
	close(fds[1]);
}

TEST(reinit_in_the_child)
{
	struct world world;
	pid_t child;
	int turn;

	make_world(&world);
	check_world(&world);
	child = fork_child();
	if (child == 0) {
		own_pipe(&world);
		CHECK_INT(event_reinit(world.base), 0);
		for (turn = 0; turn < 20; turn++)
			check_world(&world);
		event_base_free(world.base);
		_exit(0);
	}
	for (turn = 0; turn < 20; turn++)
		check_world(&world);
	CHECK_INT(wait_child(child), 0);
	check_world(&world);
}

TEST(a_signal_in_one_process_is_not_seen_in_the_other)
{
	struct world world;
	pid_t child;

	make_world(&world);
	child = fork_child();
	if (child == 0) {
		CHECK_INT(event_reinit(world.base), 0);
		raise(SIGUSR1);
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
		CHECK_INT(world.signal_note.calls, 1);
		_exit(0);
	}
	CHECK_INT(wait_child(child), 0);
	CHECK_INT(one_round(), 0);
	CHECK_INT(world.signal_note.calls, 0);
	check_world(&world);
}

TEST(reinit_in_the_parent_twice)
{
	struct world world;
	int before;

	make_world(&world);
	before = open_fds();
	CHECK_INT(event_reinit(world.base), 0);
	check_world(&world);
	CHECK_INT(event_reinit(world.base), 0);
	CHECK_INT(event_reinit(world.base), 0);
	check_world(&world);
	CHECK_INT(open_fds(), before);
}

TEST(reinit_keeps_the_old_action)
{
	struct world world;
	struct sigaction action;

	signal(SIGUSR1, SIG_IGN);
	make_world(&world);
	CHECK_INT(event_reinit(world.base), 0);
	CHECK_INT(sigaction(SIGUSR1, NULL, &action), 0);
	CHECK(action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL);
	CHECK_INT(event_del(&world.signal), 0);
	CHECK_INT(sigaction(SIGUSR1, NULL, &action), 0);
	CHECK_PTR(action.sa_handler, SIG_IGN);
}

/* The raise may be delivered or forgotten, but nothing spins and nothing comes twice. */
TEST(reinit_with_a_signal_pending)
{
	struct world world;
	pid_t child;

	make_world(&world);
	raise(SIGUSR1);
	child = fork_child();
	CHECK_INT(event_reinit(world.base), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK(world.signal_note.calls <= 1);
	world.signal_note.calls = 0;
	if (child == 0)
		own_pipe(&world);
	CHECK_INT(event_reinit(world.base), 0);
	check_world(&world);
	if (child == 0)
		_exit(0);
	CHECK_INT(wait_child(child), 0);
}

TEST(reinit_takes_over_what_is_active)
{
	struct world world;

	make_world(&world);
	event_active(&world.timer, EV_TIMEOUT, 2);
	event_active(&world.reader, EV_READ, 1);
	CHECK_INT(event_reinit(world.base), 0);
	CHECK_INT(one_round(), 0);
	CHECK_INT(world.timer_note.calls, 2);
	CHECK_INT(world.read_note.calls, 1);
	check_world(&world);
}

TEST(reinit_with_a_descriptor_that_was_closed)
{
	struct world world;
	struct event gone;
	struct note note = { 0, 0, 0, 0 };
	int fds[2];

	make_world(&world);
	make_pipe(fds);
	event_set(&gone, fds[0], EV_READ | EV_PERSIST, note_cb, &note);
	CHECK_INT(event_add(&gone, NULL), 0);
	close(fds[0]);
	CHECK_INT(event_reinit(world.base), -1);
	check_world(&world);
	CHECK_INT(note.calls, 0);
	event_del(&gone);
	CHECK_INT(event_reinit(world.base), 0);
	check_world(&world);
}

/* What a child does with the base that it inherited and never renewed. */
static void
meddle(struct world *world, int how)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	int fds[2];

	switch (how) {
	case 0:
		CHECK_INT(event_del(&world->reader), 0);
		CHECK_INT(event_del(&world->signal), 0);
		break;
	case 1:
		event_base_free(world->base);
		break;
	case 2:
		/* A new interest in a descriptor of the parent, left behind. */
		event_set(&ev, world->fds[1], EV_WRITE | EV_PERSIST, note_cb, &note);
		event_add(&ev, NULL);
		break;
	case 3:
		/* The parent's number over another file. */
		make_pipe(fds);
		event_del(&world->reader);
		dup2(fds[0], world->fds[0]);
		event_add(&world->reader, NULL);
		put_byte(fds[1]);
		event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
		break;
	case 4:
		raise(SIGUSR1);
		event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
		break;
	default:
		exit(0);
	}
	_exit(0);
}

TEST(a_child_without_reinit_leaves_the_parent_alone)
{
	struct world world;
	int how;

	make_world(&world);
	for (how = 0; how <= 5; how++) {
		pid_t child = fork_child();

		if (child == 0)
			meddle(&world, how);
		CHECK_INT(wait_child(child), 0);
		CHECK_INT(one_round(), 0);
		CHECK_INT(world.signal_note.calls, how);
		check_world(&world);
	}
	CHECK_INT(event_del(&world.reader), 0);
	CHECK_INT(event_del(&world.signal), 0);
	CHECK_INT(event_dispatch(), 1);
}

TEST(a_busy_child_without_reinit_does_not_wake_the_parent)
{
	struct world world;
	int ready[2];
	int quit[2];
	char byte;
	pid_t child;

	make_world(&world);
	CHECK_INT(pipe(ready), 0);
	CHECK_INT(pipe(quit), 0);
	child = fork_child();
	if (child == 0) {
		struct event ev;
		struct note note = { 0, 0, 0, 0 };
		int fds[2];

		/* Readable for good, and alive while the parent looks. */
		make_pipe(fds);
		put_byte(fds[1]);
		event_set(&ev, fds[0], EV_READ | EV_PERSIST, note_cb, &note);
		event_add(&ev, NULL);
		CHECK_INT(write(ready[1], "r", 1), 1);
		while (read(quit[0], &byte, 1) == -1 && errno == EINTR)
			continue;
		_exit(0);
	}
	while (read(ready[0], &byte, 1) == -1 && errno == EINTR)
		continue;
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_INT(world.read_note.calls, 0);
	check_world(&world);
	CHECK_INT(write(quit[1], "q", 1), 1);
	CHECK_INT(wait_child(child), 0);
	check_world(&world);
}

/* daemon() after event_init(), a favourite: the parent is gone, the child just goes on. */
TEST(a_child_without_reinit_can_go_on)
{
	struct world world;
	pid_t child;

	make_world(&world);
	if (method_is("kqueue"))
		SKIP("a kqueue is not inherited: event_reinit is needed");
	child = fork_child();
	if (child == 0) {
		check_world(&world);
		CHECK_INT(event_del(&world.reader), 0);
		CHECK_INT(event_add(&world.reader, NULL), 0);
		check_world(&world);
		_exit(0);
	}
	CHECK_INT(wait_child(child), 0);
	check_world(&world);
}

TEST(grandchildren)
{
	struct world world;
	pid_t child;
	int depth;

	make_world(&world);
	for (depth = 0; depth < 4; depth++) {
		child = fork_child();
		if (child != 0)
			break;
		own_pipe(&world);
		CHECK_INT(event_reinit(world.base), 0);
		check_world(&world);
	}
	if (child != 0)
		CHECK_INT(wait_child(child), 0);
	check_world(&world);
	if (depth > 0)
		_exit(0);
}

struct forker {
	struct world world;
	struct event ev;
	pid_t child;
	int reinit;
	int forks;
};

static void
fork_cb(int fd, short what, void *arg)
{
	struct forker *forker = arg;

	(void)fd;
	(void)what;
	forker->forks++;
	forker->child = fork_child();
	if (forker->child == 0)
		own_pipe(&forker->world);
	if (forker->reinit || forker->child == 0)
		CHECK_INT(event_reinit(forker->world.base), 0);
}

/* After the callback the very same loop goes on in both processes. */
static void
fork_inside(struct forker *forker, int number)
{
	struct timeval soon = { 0, 0 };

	if (number == SIGUSR2) {
		signal_set(&forker->ev, SIGUSR2, fork_cb, forker);
		CHECK_INT(event_add(&forker->ev, NULL), 0);
		raise(SIGUSR2);
	} else {
		evtimer_set(&forker->ev, fork_cb, forker);
		CHECK_INT(event_add(&forker->ev, &soon), 0);
	}
	CHECK_INT(add_ms(&forker->world.timer, 5), 0);
	while (forker->world.timer_note.calls == 0)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(forker->forks, 1);
	CHECK_INT(forker->world.timer_note.calls, 1);
	check_world(&forker->world);
	if (forker->child == 0)
		_exit(0);
	CHECK_INT(wait_child(forker->child), 0);
	check_world(&forker->world);
}

TEST(fork_and_reinit_inside_a_timer)
{
	struct forker forker = { .reinit = 1 };

	make_world(&forker.world);
	fork_inside(&forker, 0);
}

TEST(fork_and_reinit_inside_a_signal_callback)
{
	struct forker forker = { .reinit = 1 };

	make_world(&forker.world);
	fork_inside(&forker, SIGUSR2);
}

TEST(fork_inside_with_reinit_in_the_child_alone)
{
	struct forker forker = { .reinit = 0 };

	make_world(&forker.world);
	fork_inside(&forker, 0);
}

static void
reinit_cb(int fd, short what, void *arg)
{
	(void)what;
	CHECK_INT(event_reinit(current_base), 0);
	if (fd >= 0)
		drain(fd);
	*(int *)arg += 1;
}

/* Several descriptors are ready: those that were reported before the reinit run as well. */
TEST(reinit_inside_while_others_are_active)
{
	struct event events[6];
	int calls = 0;
	int fds[6][2];
	int i;

	init_base();
	for (i = 0; i < 6; i++) {
		make_pipe(fds[i]);
		put_byte(fds[i][1]);
		event_set(&events[i], fds[i][0], EV_READ | (i % 2 ? EV_PERSIST : 0), reinit_cb,
		    &calls);
		CHECK_INT(event_add(&events[i], NULL), 0);
	}
	CHECK_INT(one_round(), 0);
	CHECK_INT(calls, 6);
	for (i = 0; i < 6; i++)
		put_byte(fds[i][1]);
	CHECK_INT(one_round(), 0);
	CHECK_INT(calls, 9);
}

/* Every descriptor that is open now and was not before. */
static void
check_new_fds(const int before[256])
{
	struct stat st;
	int fd;

	for (fd = 0; fd < 256; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags == -1 || before[fd])
			continue;
		CHECK(flags & FD_CLOEXEC);
		CHECK_INT(fstat(fd, &st), 0);
		if (S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode))
			CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	}
}

TEST(what_the_library_opens_is_closed_on_exec)
{
	struct event_base *base;
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	int before[256];
	int fd;

	for (fd = 0; fd < 256; fd++)
		before[fd] = fcntl(fd, F_GETFD) != -1;
	base = init_base();
	check_new_fds(before);
	signal_set(&ev, SIGUSR1, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	check_new_fds(before);
	CHECK_INT(one_round(), 0);
	CHECK_INT(event_reinit(base), 0);
	check_new_fds(before);
}
