/*
 * Signals: greenlets for them, SIGINT that kills the main greenlet.
 */
#include "hub.h"

#include <sys/wait.h>

static int deliveries;

static void *
counts(void *arg)
{
	CHECK(evhub_current() != NULL);
	CHECK_INT(evhub_sleep(0.0001), 0);
	deliveries++;
	return arg;
}

static void
wait_for_deliveries(int count)
{
	while (deliveries < count)
		CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(deliveries, count);
}

TEST(a_greenlet_for_each_delivery)
{
	evhub_signal_t *s = evhub_signal(SIGUSR1, counts, NULL);
	int i;

	CHECK(s != NULL);
	for (i = 1; i <= 5; i++) {
		CHECK_INT(raise(SIGUSR1), 0);
		wait_for_deliveries(i);
	}
	evhub_signal_cancel(s);
	evhub_signal_cancel(NULL);
}

/* Two of one signal, and one that is cancelled in its own greenlet. */
static evhub_signal_t *own;

static void *
cancels(void *arg)
{
	evhub_signal_cancel(own);
	deliveries++;
	return arg;
}

TEST(several_of_one_signal)
{
	evhub_signal_t *s = evhub_signal(SIGUSR1, counts, NULL);

	own = evhub_signal(SIGUSR1, cancels, NULL);
	CHECK_INT(raise(SIGUSR1), 0);
	wait_for_deliveries(2);
	CHECK_INT(raise(SIGUSR1), 0);
	wait_for_deliveries(3);
	evhub_signal_cancel(s);
}

/* After that it does what it did before. */
static volatile sig_atomic_t handled;

static void
handler(int signum)
{
	handled = signum;
}

TEST(cancelled)
{
	evhub_signal_t *s;

	signal(SIGUSR1, handler);
	s = evhub_signal(SIGUSR1, counts, NULL);
	CHECK_INT(raise(SIGUSR1), 0);
	wait_for_deliveries(1);
	CHECK_INT(handled, 0);
	/* One that is on its way is dropped. */
	CHECK_INT(raise(SIGUSR1), 0);
	evhub_signal_cancel(s);
	CHECK_INT(evhub_sleep(0.005), 0);
	CHECK_INT(deliveries, 1);
	CHECK_INT(raise(SIGUSR1), 0);
	CHECK_INT(handled, SIGUSR1);
}

TEST(while_the_programs_loop_runs)
{
	evhub_signal_t *s;

	init_base();
	s = evhub_signal(SIGUSR1, counts, NULL);
	CHECK_INT(raise(SIGUSR1), 0);
	while (deliveries == 0)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	evhub_signal_cancel(s);
	CHECK_INT(event_dispatch(), 1);
}

TEST_ONCE(signals_that_there_are_not)
{
	errno = 0;
	CHECK(evhub_signal(0, counts, NULL) == NULL && errno == EINVAL);
	errno = 0;
	CHECK(evhub_signal(-1, counts, NULL) == NULL && errno == EINVAL);
	errno = 0;
	CHECK(evhub_signal(1000, counts, NULL) == NULL && errno == EINVAL);
	errno = 0;
	CHECK(evhub_signal(SIGKILL, counts, NULL) == NULL && errno == EINVAL);
	errno = 0;
	CHECK(evhub_signal(SIGUSR1, NULL, NULL) == NULL && errno == EINVAL);
	CHECK_INT(evhub_sleep(0.001), 0);
}

static void *
raises_sigint(void *arg)
{
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(raise(SIGINT), 0);
	return arg;
}

TEST(sigint)
{
	evhub_greenlet_t *sleeps = spawn(sleeper, NULL);

	CHECK_INT(evhub_catch_sigint(1), 0);
	CHECK_INT(evhub_catch_sigint(1), 0);
	CHECK_INT(evhub_go(raises_sigint, NULL), 0);
	CHECK_ERRNO(evhub_join(sleeps, -1), EINTR);
	CHECK_ERRNO(evhub_sleep(0.001), EINTR);
	CHECK_INT(evhub_kill_ack(), EINTR);
	CHECK_INT(evhub_sleep(0.001), 0);
	/* Not the others. */
	CHECK_INT(evhub_state(sleeps), EVHUB_WAITING);
	CHECK_INT(evhub_go(raises_sigint, NULL), 0);
	CHECK_ERRNO(evhub_join(sleeps, -1), EINTR);
	CHECK_INT(evhub_kill_ack(), EINTR);
	CHECK_INT(evhub_kill(sleeps, 0, -1), 0);
	evhub_release(sleeps);
	signal(SIGINT, SIG_IGN);
	CHECK_INT(evhub_catch_sigint(0), 0);
	CHECK_INT(evhub_catch_sigint(0), 0);
}

TEST(sigint_that_is_not_caught_any_more)
{
	pid_t pid = fork_child();

	if (pid == 0) {
		/* What runs in the background may have it ignored. */
		CHECK(signal(SIGINT, SIG_DFL) != SIG_ERR);
		CHECK_INT(evhub_catch_sigint(1), 0);
		CHECK_INT(evhub_catch_sigint(0), 0);
		raise(SIGINT);
		_exit(0);
	}
	CHECK_INT(wait_child(pid), 128 + SIGINT);
}

/* SIGCHLD, with a greenlet that waits for one child. */
static evhub_flag_t *ended;

static void *
reaps(void *arg)
{
	int status;

	if (waitpid(*(pid_t *)arg, &status, WNOHANG) > 0) {
		CHECK_INT(WEXITSTATUS(status), 5);
		CHECK_INT(evhub_flag_set(ended), 0);
	}
	return NULL;
}

TEST(sigchld)
{
	static pid_t pid;
	evhub_signal_t *s;

	ended = evhub_flag_new();
	s = evhub_signal(SIGCHLD, reaps, &pid);
	pid = fork_child();
	if (pid == 0)
		_exit(5);
	CHECK_INT(evhub_flag_wait(ended, -1), 1);
	evhub_signal_cancel(s);
	evhub_flag_free(ended);
}

/* More than one turn has, from a burst. */
TEST(a_burst)
{
	evhub_signal_t *s = evhub_signal(SIGUSR1, counts, NULL);
	/* Tools take their time for each stack. */
	int i, count = time_factor() > 1 ? 100 : 2000;

	for (i = 0; i < count; i++)
		CHECK_INT(raise(SIGUSR1), 0);
	wait_for_deliveries(count);
	evhub_signal_cancel(s);
}
