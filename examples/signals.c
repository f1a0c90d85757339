/*
 * Signals: a handler that runs in the loop, like any other callback, so that it may call
 * whatever it likes. Signals that come while the loop is busy are counted, none is lost.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <event.h>

static struct event on_usr1, on_term, on_child;
static int usr1_seen;

static void usr1(int signum, short what, void *arg)
{
	(void)what;
	(void)arg;
	printf("signal %d arrived, call %d\n", signum, ++usr1_seen);
}

static void child(int signum, short what, void *arg)
{
	int status;
	pid_t pid;

	(void)signum;
	(void)what;
	(void)arg;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		printf("a child ended with status %d\n", WEXITSTATUS(status));
	kill(getpid(), SIGTERM);
}

/* The loop runs as long as it has events: without its last ones it ends. */
static void term(int signum, short what, void *arg)
{
	(void)what;
	(void)arg;
	printf("signal %d: leaving\n", signum);
	signal_del(&on_usr1);
	signal_del(&on_term);
	signal_del(&on_child);
}

int main(void)
{
	pid_t pid;

	setvbuf(stdout, NULL, _IOLBF, 0);
	event_init();
	signal_set(&on_usr1, SIGUSR1, usr1, NULL);
	signal_add(&on_usr1, NULL);
	signal_set(&on_term, SIGTERM, term, NULL);
	signal_add(&on_term, NULL);
	signal_set(&on_child, SIGCHLD, child, NULL);
	signal_add(&on_child, NULL);

	/* Three signals before the loop has even begun: three calls. */
	raise(SIGUSR1);
	raise(SIGUSR1);
	raise(SIGUSR1);

	pid = fork();
	if (pid == -1) {
		perror("fork");
		return 1;
	}
	if (pid == 0)
		_exit(7);

	event_dispatch();
	printf("the loop has ended\n");
	return usr1_seen == 3 ? 0 : 1;
}
