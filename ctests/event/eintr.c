/*
 * Waits that are interrupted all the time, that wake up for no reason, and system calls that
 * answer EAGAIN: the results are the same (F1, F2).
 */
#include "harness.h"
#include "shim.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { TIMERS = 20, BYTES = 20000 };

struct clockwork {
	struct event timers[TIMERS];
	struct note notes[TIMERS];
	int64_t start_ns;
};

struct stream {
	struct event reader;
	struct event writer;
	int fds[2];
	int sent;
	int received;
	int errors;
};

static void
start_timers(struct clockwork *clockwork)
{
	int i;

	clockwork->start_ns = now_ns();
	for (i = 0; i < TIMERS; i++) {
		evtimer_set(&clockwork->timers[i], note_cb, &clockwork->notes[i]);
		CHECK_INT(add_ms(&clockwork->timers[i], 3 * i), 0);
	}
}

static void
check_timers(const struct clockwork *clockwork)
{
	int i;

	for (i = 0; i < TIMERS; i++) {
		CHECK_INT(clockwork->notes[i].calls, 1);
		CHECK(clockwork->notes[i].at_ns - clockwork->start_ns >= 3000000LL * i);
		CHECK(i == 0 || clockwork->notes[i].at_ns >= clockwork->notes[i - 1].at_ns);
	}
}

static void
write_cb(int fd, short what, void *arg)
{
	struct stream *stream = arg;
	unsigned char byte = (unsigned char)(stream->sent % 251);
	ssize_t n;

	CHECK_INT(what, EV_WRITE);
	n = write(fd, &byte, 1);
	if (n == 1)
		stream->sent++;
	else
		CHECK(errno == EAGAIN || errno == EINTR);
	if (stream->sent < BYTES)
		CHECK_INT(event_add(&stream->writer, NULL), 0);
}

static void
read_cb(int fd, short what, void *arg)
{
	struct stream *stream = arg;
	unsigned char bytes[64];
	ssize_t n;
	ssize_t i;

	CHECK_INT(what, EV_READ);
	n = read(fd, bytes, sizeof(bytes));
	if (n == -1) {
		CHECK(errno == EAGAIN || errno == EINTR);
		stream->errors++;
		return;
	}
	for (i = 0; i < n; i++)
		CHECK_INT(bytes[i], stream->received++ % 251);
	if (stream->received == BYTES)
		CHECK_INT(event_del(&stream->reader), 0);
}

static void
start_stream(struct stream *stream)
{
	make_pair(stream->fds);
	event_set(&stream->reader, stream->fds[0], EV_READ | EV_PERSIST, read_cb, stream);
	event_set(&stream->writer, stream->fds[1], EV_WRITE, write_cb, stream);
	CHECK_INT(event_add(&stream->reader, NULL), 0);
	CHECK_INT(event_add(&stream->writer, NULL), 0);
}

/* Timers, a stream of bytes and a signal, all at once. */
static struct stream
run_everything(void)
{
	struct clockwork clockwork;
	struct stream stream;
	struct event signal_event;
	struct note note = { 0, 0, 0, 0 };

	memset(&clockwork, 0, sizeof(clockwork));
	memset(&stream, 0, sizeof(stream));
	init_base();
	event_set(&signal_event, SIGUSR1, EV_SIGNAL, note_cb, &note);
	CHECK_INT(event_add(&signal_event, NULL), 0);
	start_stream(&stream);
	start_timers(&clockwork);
	raise(SIGUSR1);
	CHECK_INT(event_dispatch(), 1);
	check_timers(&clockwork);
	CHECK_INT(stream.received, BYTES);
	CHECK_INT(note.calls, 1);
	return stream;
}

static volatile sig_atomic_t alarms;

static void
on_alarm(int number)
{
	(void)number;
	alarms++;
}

TEST(an_interval_timer_without_restart)
{
	struct itimerval often = { { 0, 200 }, { 0, 200 } };
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm;
	CHECK_INT(sigaction(SIGALRM, &action, NULL), 0);
	CHECK_INT(setitimer(ITIMER_REAL, &often, NULL), 0);
	run_everything();
	CHECK(alarms > 10);
}

#define WAITS(what)                                                                      \
	"SHIM=fault FAULTS=epoll_wait=" what ",epoll_pwait2=" what ",poll=" what ",ppoll=" \
	what ",select=" what ",pselect=" what

/* The emulation of kqueue waits by the same calls, but is no kernel: it need not survive this. */
static void
need_kernel_waits(void)
{
	init_base();
	if (method_is("kqueue"))
		SKIP("the emulation's own waits would be hit");
	event_base_free(current_base);
}

static long
failed_waits(void)
{
	return fault_failures("epoll_wait") + fault_failures("epoll_pwait2") +
	    fault_failures("poll") + fault_failures("ppoll") + fault_failures("select") +
	    fault_failures("pselect");
}

TEST_ENV(every_second_wait_is_interrupted, WAITS("EINTR%2"))
{
	need_kernel_waits();
	run_everything();
	CHECK(failed_waits() > 10);
}

TEST_ENV(every_third_wait_ends_for_no_reason, WAITS("NOTHING%3"))
{
	need_kernel_waits();
	run_everything();
	CHECK(failed_waits() > 10);
}

/* A wait for nothing but a timer, again and again for no reason. */
TEST_ENV(a_thousand_useless_wake_ups, "SHIM=fault")
{
	struct clockwork clockwork;
	int64_t deadline = now_ms() + 30;

	need_kernel_waits();
	memset(&clockwork, 0, sizeof(clockwork));
	init_base();
	start_timers(&clockwork);
	fault_set("epoll_wait=NOTHING,epoll_pwait2=NOTHING,poll=NOTHING,ppoll=NOTHING,"
		  "select=NOTHING,pselect=NOTHING");
	while (now_ms() < deadline)
		CHECK(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK) == 0);
	fault_set("");
	event_dispatch();
	check_timers(&clockwork);
}

TEST_ENV(reads_and_writes_that_would_block_after_all,
    "SHIM=fault FAULTS=read=EAGAIN%3,write=EAGAIN%5")
{
	struct stream stream = run_everything();

	CHECK(stream.errors > 10);
}

TEST_ENV(reads_and_writes_that_are_interrupted,
    "SHIM=fault FAULTS=read=EINTR%3,write=EINTR%3")
{
	run_everything();
	CHECK(fault_failures("read") > 10);
}

/* The wake-up's own write and read fail now and then: no signal is lost. */
TEST_ENV(signals_under_failing_reads_and_writes,
    "SHIM=fault FAULTS=read=EINTR%2,write=EINTR%2")
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	int i;

	init_base();
	signal_set(&ev, SIGUSR1, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	for (i = 1; i <= 200; i++) {
		raise(SIGUSR1);
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
		CHECK_INT(note.calls, i);
	}
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(note.calls, 200);
}

/* Two processes accept on one socket: all connections are served, the loser sees EAGAIN. */

enum { CONNECTIONS = 100 };

static void
accept_cb(int fd, short what, void *arg)
{
	int *accepted = arg;
	int peer = accept(fd, NULL, NULL);

	CHECK_INT(what, EV_READ);
	if (peer == -1) {
		CHECK(errno == EAGAIN || errno == EINTR);
		return;
	}
	++*accepted;
	CHECK_INT(write(peer, "!", 1), 1);
	close(peer);
}

static void
quit_cb(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	CHECK_INT(event_loopbreak(), 0);
}

static void
serve(int listener)
{
	struct event accepter;
	struct event quit;
	int accepted = 0;

	init_base();
	event_set(&accepter, listener, EV_READ | EV_PERSIST, accept_cb, &accepted);
	CHECK_INT(event_add(&accepter, NULL), 0);
	signal_set(&quit, SIGTERM, quit_cb, NULL);
	CHECK_INT(event_add(&quit, NULL), 0);
	CHECK_INT(event_dispatch(), 0);
	_exit(accepted);
}

static int
listen_somewhere(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(listener != -1);
	CHECK_INT(bind(listener, (struct sockaddr *)address, length), 0);
	CHECK_INT(listen(listener, CONNECTIONS), 0);
	CHECK_INT(getsockname(listener, (struct sockaddr *)address, &length), 0);
	return listener;
}

TEST(two_processes_accept_on_one_socket)
{
	struct sockaddr_in address;
	sigset_t term;
	int listener;
	int accepted = 0;
	pid_t children[2];
	int i;

	if (in_storm())
		SKIP("the client's calls would be interrupted as well");
	listener = listen_somewhere(&address);
	/* A SIGTERM before the child watches it would end the child. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	CHECK_INT(sigprocmask(SIG_BLOCK, &term, NULL), 0);
	for (i = 0; i < 2; i++) {
		children[i] = fork_child();
		if (children[i] == 0) {
			signal(SIGTERM, SIG_IGN);
			CHECK_INT(sigprocmask(SIG_UNBLOCK, &term, NULL), 0);
			serve(listener);
		}
	}
	for (i = 0; i < CONNECTIONS; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		char byte = 0;

		CHECK(fd != -1);
		CHECK_INT(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
		CHECK_INT(read(fd, &byte, 1), 1);
		CHECK_INT(byte, '!');
		close(fd);
	}
	for (i = 0; i < 2; i++) {
		int status;

		/* Until it listens to it, it ignores it: ask again. */
		while (waitpid(children[i], &status, WNOHANG) == 0) {
			CHECK_INT(kill(children[i], SIGTERM), 0);
			sleep_ms(1);
		}
		CHECK(WIFEXITED(status));
		accepted += WEXITSTATUS(status);
	}
	CHECK_INT(accepted, CONNECTIONS);
}
