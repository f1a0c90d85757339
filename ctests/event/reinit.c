/*
 * event_reinit when there are no descriptors left: -1, and neither process is harmed; with
 * descriptors it works again (behaviour 52; F4, F11, E33).
 */
#include "harness.h"

#include <sys/resource.h>

static struct event reader;
static struct event signal_event;
static struct note read_note;
static struct note signal_note;
static int fds[2];

static void
limit_fds(rlim_t limit)
{
	struct rlimit now;

	CHECK_INT(getrlimit(RLIMIT_NOFILE, &now), 0);
	now.rlim_cur = limit;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &now), 0);
}

static int
next_fd(void)
{
	int fd = dup(0);

	CHECK(fd != -1);
	close(fd);
	return fd;
}

static int
count_fds(void)
{
	int count = 0;
	int fd;

	for (fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

static void
set_up(void)
{
	init_base();
	capture_log();
	make_pipe(fds);
	event_set(&reader, fds[0], EV_READ | EV_PERSIST, note_cb, &read_note);
	signal_set(&signal_event, SIGUSR1, note_cb, &signal_note);
	CHECK_INT(event_add(&reader, NULL), 0);
	CHECK_INT(event_add(&signal_event, NULL), 0);
}

static void
check_all_works(void)
{
	int reads = read_note.calls;
	int signals = signal_note.calls;

	put_byte(fds[1]);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(read_note.calls, reads + 1);
	CHECK_INT(drain(fds[0]), 1);
	raise(SIGUSR1);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(signal_note.calls, signals + 1);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_INT(read_note.calls, reads + 1);
}

TEST(reinit_without_descriptors)
{
	int before;
	int room;
	int result = -1;

	set_up();
	before = count_fds();
	for (room = 0; result == -1; room++) {
		CHECK(room < 16);
		limit_fds((rlim_t)(next_fd() + room));
		errno = 0;
		result = event_reinit(current_base);
		limit_fds(1024);
		if (result == 0)
			break;
		CHECK_INT(errno, EMFILE);
		CHECK_INT(count_fds(), before);
		/* Nothing was lost: the next one brings all back. */
		CHECK_INT(event_reinit(current_base), 0);
		check_all_works();
		CHECK_INT(count_fds(), before);
	}
	check_all_works();
	CHECK_INT(count_fds(), before);
}

/* The child cannot have a set of its own: then it must leave the parent's alone all the more. */
static void
child_without_descriptors(int how)
{
	struct event timer;
	struct note note = { 0, 0, 0, 0 };

	limit_fds((rlim_t)next_fd());
	if (how == 1) {
		event_del(&reader);
		event_del(&signal_event);
	} else if (how == 2) {
		event_reinit(current_base);
		event_del(&reader);
	} else if (how == 3) {
		evtimer_set(&timer, note_cb, &note);
		add_ms(&timer, 0);
		event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
		raise(SIGUSR1);
	} else {
		event_base_free(current_base);
	}
	_exit(0);
}

TEST(a_child_without_descriptors_leaves_the_parent_alone)
{
	int how;

	set_up();
	for (how = 1; how <= 4; how++) {
		pid_t child = fork_child();

		if (child == 0)
			child_without_descriptors(how);
		CHECK_INT(wait_child(child), 0);
		CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
		CHECK_INT(signal_note.calls, how - 1);
		check_all_works();
	}
}
