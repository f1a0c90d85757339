/*
 * System calls that a kernel or a sandbox refuses, callbacks that end the process, connections
 * that come to nothing (behaviour 63; F5, F18, F35, F40).
 */
#include "harness.h"
#include "child.h"
#include "shim.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* A descriptor, a timer, a signal: does the base work? */
static void
check_base(struct event_base *base)
{
	struct event reader;
	struct event timer;
	struct event signal_event;
	struct note notes[3] = { { 0, 0, 0, 0 } };
	int64_t start = now_ns();
	int fds[2];

	make_pair(fds);		/* pipe2 may be refused */
	event_set(&reader, fds[0], EV_READ, note_cb, &notes[0]);
	evtimer_set(&timer, note_cb, &notes[1]);
	event_set(&signal_event, SIGUSR1, EV_SIGNAL, note_cb, &notes[2]);
	CHECK_INT(event_base_set(base, &reader), 0);
	CHECK_INT(event_base_set(base, &timer), 0);
	CHECK_INT(event_base_set(base, &signal_event), 0);
	CHECK_INT(event_add(&reader, NULL), 0);
	CHECK_INT(event_add(&signal_event, NULL), 0);
	put_byte(fds[1]);
	CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
	CHECK_INT(notes[0].calls, 1);
	raise(SIGUSR1);
	CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
	CHECK_INT(notes[2].calls, 1);
	start = now_ns();
	CHECK_INT(add_ms(&timer, 7), 0);
	CHECK_INT(event_base_dispatch(base), 1);
	CHECK_INT(notes[1].calls, 1);
	CHECK_ELAPSED(start, 7);
	close(fds[0]);
	close(fds[1]);
}

/* What the library opened, if all else was closed before. */
static void
check_all_closed_on_exec(void)
{
	int fd;

	for (fd = 3; fd < 256; fd++) {
		int flags = fcntl(fd, F_GETFD);

		CHECK(flags == -1 || (flags & FD_CLOEXEC));
	}
}

static void
close_the_rest(void)
{
	int fd;

	for (fd = 3; fd < 256; fd++)
		close(fd);
}

TEST_ENV(without_epoll_create1, "SHIM=fault FAULTS=epoll_create1=ENOSYS")
{
	close_the_rest();
	check_base(init_base());
	check_all_closed_on_exec();
	CHECK(!method_is("epoll") || fault_failures("epoll_create1") > 0);
}

/* A kernel without epoll at all: the next method takes over. */
TEST_ONCE_ENV(without_epoll, "SHIM=fault FAULTS=epoll_create1=ENOSYS,epoll_create=ENOSYS")
{
	struct event_base *base = event_base_new();

	CHECK(base != NULL);
	CHECK_STR(event_base_get_method(base), "poll");
	check_base(base);
	event_base_free(base);
}

TEST_ENV(without_eventfd, "SHIM=fault FAULTS=eventfd=ENOSYS")
{
	close_the_rest();
	check_base(init_base());
	check_all_closed_on_exec();
}

TEST_ENV(without_eventfd_and_pipe2, "SHIM=fault FAULTS=eventfd=ENOSYS,pipe2=ENOSYS")
{
	close_the_rest();
	check_base(init_base());
	check_all_closed_on_exec();
}

TEST_ENV(without_epoll_pwait2, "SHIM=fault FAULTS=epoll_pwait2=ENOSYS")
{
	check_base(init_base());
	CHECK(!method_is("epoll") || fault_failures("epoll_pwait2") > 0);
}

/* Sandboxes of containers answer EPERM to calls that they do not know. */
TEST_ENV(with_epoll_pwait2_forbidden, "SHIM=fault FAULTS=epoll_pwait2=EPERM")
{
	check_base(init_base());
	CHECK(!method_is("epoll") || fault_failures("epoll_pwait2") > 0);
}

TEST_ONCE_ENV(with_epoll_create1_forbidden,
    "SHIM=fault FAULTS=epoll_create1=EPERM,epoll_create=EPERM")
{
	struct event_base *base = event_base_new();

	CHECK(base != NULL);
	check_base(base);
	event_base_free(base);
}

TEST_ONCE_ENV(with_eventfd_forbidden, "SHIM=fault FAULTS=eventfd=EPERM")
{
	check_base(init_base());
}

/* The kernel refuses one registration: nothing has changed, and the next try works. */
static void
refuse_add(const char *fault, int error)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	int fds[2];

	make_pipe(fds);
	put_byte(fds[1]);
	event_set(&ev, fds[0], EV_READ, note_cb, &note);
	fault_set(fault);
	CHECK_ERRNO(add_ms(&ev, 3600000), error);
	fault_set("");
	CHECK_INT(ev.ev_flags, EVLIST_INIT);
	CHECK_INT(event_pending(&ev, EV_READ | EV_TIMEOUT, NULL), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
}

TEST_ENV(a_registration_that_the_kernel_refuses, "SHIM=fault")
{
	init_base();
	if (!method_is("epoll"))
		SKIP("only epoll asks the kernel at once");
	refuse_add("epoll_ctl=ENOMEM", ENOMEM);
	refuse_add("epoll_ctl=ENOSPC", ENOSPC);
	refuse_add("epoll_ctl=EPERM", EPERM);
}

/* The second direction of a descriptor is refused: the first one stays. */
TEST_ENV(a_second_direction_that_is_refused, "SHIM=fault")
{
	struct event reader;
	struct event writer;
	struct note read_note = { 0, 0, 0, 0 };
	struct note write_note = { 0, 0, 0, 0 };
	int fds[2];

	init_base();
	if (!method_is("epoll"))
		SKIP("only epoll asks the kernel at once");
	make_pair(fds);
	event_set(&reader, fds[0], EV_READ | EV_PERSIST, note_cb, &read_note);
	event_set(&writer, fds[0], EV_WRITE | EV_PERSIST, note_cb, &write_note);
	CHECK_INT(event_add(&reader, NULL), 0);
	fault_set("epoll_ctl=ENOMEM");
	CHECK_ERRNO(event_add(&writer, NULL), ENOMEM);
	fault_set("");
	put_byte(fds[1]);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(read_note.calls, 1);
	CHECK_INT(write_note.calls, 0);
	CHECK_INT(event_add(&writer, NULL), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(write_note.calls, 1);
}

TEST_ENV(a_wait_that_fails_for_good, "SHIM=fault")
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };

	init_base();
	if (method_is("kqueue"))
		SKIP("the emulation waits in ways of its own");
	capture_log();
	evtimer_set(&ev, note_cb, &note);
	CHECK_INT(add_ms(&ev, 20), 0);
	fault_set("epoll_wait=EINVAL,epoll_pwait2=EINVAL,poll=EINVAL,ppoll=EINVAL,select=EINVAL,"
		  "pselect=EINVAL");
	CHECK_ERRNO(event_dispatch(), EINVAL);
	fault_set("");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
}

TEST_ENV(a_handler_that_cannot_be_installed, "SHIM=fault")
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };

	init_base();
	capture_log();
	signal_set(&ev, SIGUSR1, note_cb, &note);
	fault_set("sigaction=ENOMEM");
	CHECK_ERRNO(event_add(&ev, NULL), ENOMEM);
	fault_set("");
	CHECK_INT(ev.ev_flags, EVLIST_INIT);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	check_base(current_base);
}

TEST_ENV(the_handler_keeps_errno_of_a_failing_write, "SHIM=fault")
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };

	init_base();
	signal_set(&ev, SIGUSR1, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	fault_set("write=EAGAIN");
	errno = 12345;
	raise(SIGUSR1);
	CHECK_INT(errno, 12345);
	if (!method_is("kqueue"))
		CHECK(fault_failures("write") > 0);
}

/* Exits */

static void
exit_cb(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	exit(*(int *)arg);
}

static void
free_at_exit(void)
{
	event_base_free(current_base);
}

static void
exit_inside(void *status)
{
	struct event timer;
	struct event signal_event;

	evtimer_set(&timer, exit_cb, status);
	CHECK_INT(add_ms(&timer, 0), 0);
	signal_set(&signal_event, SIGUSR1, exit_cb, status);
	CHECK_INT(event_add(&signal_event, NULL), 0);
	event_dispatch();
}

static void
exit_inside_with_handler(void *status)
{
	atexit(free_at_exit);
	exit_inside(status);
}

TEST(the_process_ends_in_a_callback)
{
	struct child_end end;
	int status = 42;

	init_base();
	run_child(&end, exit_inside, &status);
	CHECK_STR(end.err, "");
	CHECK_INT(end.status, 42);
	run_child(&end, exit_inside_with_handler, &status);
	CHECK_STR(end.err, "");
	CHECK_INT(end.status, 42);
}

/* Connections */

static int
connect_to(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	CHECK(fd != -1);
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == -1)
		CHECK_INT(errno, EINPROGRESS);
	return fd;
}

/* A backlog that nobody empties: once it is full, connecting never ends. */
TEST(a_connection_in_progress_times_out_or_is_closed)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	int tries;
	int fd = -1;

	init_base();
	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_INT(bind(listener, (struct sockaddr *)&address, length), 0);
	CHECK_INT(listen(listener, 0), 0);
	CHECK_INT(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	for (tries = 0; tries < 10 && note.what != EV_TIMEOUT; tries++) {
		fd = connect_to(&address);
		event_set(&ev, fd, EV_WRITE, note_cb, &note);
		CHECK_INT(add_ms(&ev, 50), 0);
		CHECK_INT(event_dispatch(), 1);
	}
	CHECK_INT(note.what, EV_TIMEOUT);
	CHECK_INT(note.calls, tries);
	/* Closed while in progress: nothing more is heard of it. */
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_del(&ev), 0);
	close(fd);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, tries);
}
