/*
 * What signal events do to the process: the action they install and give back, errno in the
 * handler, system calls that go on (behaviours 56, 63, 65; E24).
 */
#include "harness.h"
#include "shim.h"

static void
watch(struct event *ev, int number, struct note *note)
{
	signal_set(ev, number, note_cb, note);
	CHECK_INT(signal_add(ev, NULL), 0);
}

static volatile sig_atomic_t old_calls;

static void
old_handler(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	old_calls++;
}

static void
install_old(int number)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = old_handler;
	action.sa_flags = SA_SIGINFO | SA_NODEFER;
	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGUSR2);
	sigaddset(&action.sa_mask, SIGTERM);
	CHECK_INT(sigaction(number, &action, NULL), 0);
}

static void
check_old_is_back(int number)
{
	struct sigaction action;

	CHECK_INT(sigaction(number, NULL, &action), 0);
	CHECK_PTR(action.sa_sigaction, old_handler);
	CHECK_INT(action.sa_flags & (SA_SIGINFO | SA_NODEFER | SA_RESTART),
	    SA_SIGINFO | SA_NODEFER);
	CHECK(sigismember(&action.sa_mask, SIGUSR2));
	CHECK(sigismember(&action.sa_mask, SIGTERM));
	CHECK(!sigismember(&action.sa_mask, SIGHUP));
	old_calls = 0;
	raise(number);
	CHECK_INT(old_calls, 1);
}

TEST(the_action_restarts_calls_and_blocks_all_signals)
{
	static const int blocked[] = { SIGHUP, SIGINT, SIGTERM, SIGUSR2, SIGALRM, SIGCHLD, 64 };
	struct sigaction action;
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	size_t i;

	init_base();
	watch(&ev, SIGUSR1, &note);
	CHECK_INT(sigaction(SIGUSR1, NULL, &action), 0);
	CHECK(action.sa_flags & SA_RESTART);
	CHECK((action.sa_flags & SA_RESETHAND) == 0);
	for (i = 0; i < COUNT(blocked); i++)
		CHECK_INT(sigismember(&action.sa_mask, blocked[i]), 1);
}

TEST(the_old_action_comes_back_with_the_last_event)
{
	struct event first;
	struct event second;
	struct note note = { 0, 0, 0, 0 };

	init_base();
	install_old(SIGUSR1);
	watch(&first, SIGUSR1, &note);
	watch(&second, SIGUSR1, &note);
	CHECK_INT(signal_del(&first), 0);
	old_calls = 0;
	raise(SIGUSR1);
	CHECK_INT(old_calls, 0);
	CHECK_INT(signal_del(&second), 0);
	check_old_is_back(SIGUSR1);
	/* And a second time. */
	watch(&first, SIGUSR1, &note);
	raise(SIGUSR1);
	CHECK_INT(signal_del(&first), 0);
	check_old_is_back(SIGUSR1);
}

TEST(the_old_action_comes_back_with_a_one_shot)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };

	init_base();
	install_old(SIGUSR1);
	event_set(&ev, SIGUSR1, EV_SIGNAL, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	raise(SIGUSR1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
	check_old_is_back(SIGUSR1);
}

TEST(the_old_action_comes_back_with_the_end_of_the_base)
{
	struct event_base *base = init_base();
	struct event ev;
	struct note note = { 0, 0, 0, 0 };

	install_old(SIGUSR1);
	watch(&ev, SIGUSR1, &note);
	raise(SIGUSR1);
	event_base_free(base);
	check_old_is_back(SIGUSR1);
	CHECK_INT(note.calls, 0);
}

TEST(ignored_and_default_come_back)
{
	struct sigaction action;
	struct event ev;
	struct note note = { 0, 0, 0, 0 };

	init_base();
	signal(SIGUSR1, SIG_IGN);
	watch(&ev, SIGUSR1, &note);
	CHECK_INT(signal_del(&ev), 0);
	CHECK_INT(sigaction(SIGUSR1, NULL, &action), 0);
	CHECK_PTR(action.sa_handler, SIG_IGN);
	watch(&ev, SIGUSR2, &note);
	CHECK_INT(signal_del(&ev), 0);
	CHECK_INT(sigaction(SIGUSR2, NULL, &action), 0);
	CHECK_PTR(action.sa_handler, SIG_DFL);
}

TEST(a_raise_after_the_delete_goes_to_the_old_handler_alone)
{
	struct event ev;
	struct event other;
	struct note note = { 0, 0, 0, 0 };
	struct note other_note = { 0, 0, 0, 0 };

	init_base();
	install_old(SIGUSR1);
	watch(&ev, SIGUSR1, &note);
	watch(&other, SIGUSR2, &other_note);
	CHECK_INT(signal_del(&ev), 0);
	check_old_is_back(SIGUSR1);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_INT(note.calls, 0);
	CHECK_INT(other_note.calls, 0);
}

TEST(a_refused_signal_leaves_the_action_alone)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };

	init_base();
	capture_log();
	install_old(SIGUSR1);
	event_set(&ev, SIGUSR1, EV_SIGNAL | EV_READ, note_cb, &note);
	CHECK_ERRNO(event_add(&ev, NULL), EINVAL);
	check_old_is_back(SIGUSR1);
}

TEST(the_handler_keeps_errno)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	int i;

	init_base();
	watch(&ev, SIGUSR1, &note);
	errno = 12345;
	raise(SIGUSR1);
	CHECK_INT(errno, 12345);
	/* Also when the library's own pipe has no room left. */
	for (i = 0; i < 70000; i++) {
		raise(SIGUSR1);
		CHECK_INT(errno, 12345);
	}
}

/* Waits till the process is asleep and has no signal on its way. */
static void
wait_for_sleep(pid_t pid)
{
	char path[64];
	char line[256];
	int asleep = 0;
	int pending = 1;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	while (!asleep || pending) {
		FILE *file = fopen(path, "r");
		unsigned long long set;

		CHECK(file != NULL);
		pending = 0;
		while (fgets(line, sizeof(line), file) != NULL) {
			if (strncmp(line, "State:", 6) == 0)
				asleep = strchr(line, 'S') != strrchr(line, 'S');
			if (sscanf(line, "ShdPnd: %llx", &set) == 1 && set != 0)
				pending = 1;
		}
		fclose(file);
		if (!asleep || pending)
			sleep_ms(1);
	}
}

TEST(a_blocking_read_goes_on)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	pid_t parent = getpid();
	pid_t child;
	int fds[2];
	char byte = 0;

	init_base();
	if (in_storm())
		SKIP("the storm interrupts the read as well");
	watch(&ev, SIGUSR1, &note);
	CHECK_INT(pipe(fds), 0);
	child = fork_child();
	if (child == 0) {
		wait_for_sleep(parent);
		CHECK_INT(kill(parent, SIGUSR1), 0);
		wait_for_sleep(parent);
		CHECK_INT(write(fds[1], "y", 1), 1);
		_exit(0);
	}
	errno = 0;
	CHECK_INT(read(fds[0], &byte, 1), 1);
	CHECK_INT(byte, 'y');
	CHECK_INT(wait_child(child), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(note.calls, 1);
}

TEST(a_child_that_ends_is_noticed)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	pid_t child;

	init_base();
	watch(&ev, SIGCHLD, &note);
	child = fork_child();
	if (child == 0)
		_exit(7);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(note.fd, SIGCHLD);
	CHECK_INT(wait_child(child), 7);
}
