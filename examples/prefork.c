/*
 * Pre-forked workers: the parent makes the base and the listening socket, then forks. Each
 * child calls event_reinit() first of all; without it all of them would share one kernel queue,
 * and what one adds or deletes would be added or deleted for the others.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event.h>

#define WORKERS 3
#define REQUESTS 12

static struct event_base *base;
static struct event listener, rest, on_term;
static struct sockaddr_in addr;
static int number;			/* of this worker */

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* All workers wait for the same socket; who has got a connection leaves the next to others. */
static void on_connection(int fd, short what, void *arg)
{
	struct timeval ms10 = { 0, 10000 };
	int s = accept(fd, NULL, NULL);

	(void)what;
	(void)arg;
	if (s == -1)
		return;			/* another worker was faster */
	dprintf(s, "worker %d", number);
	close(s);
	event_del(&listener);
	evtimer_add(&rest, &ms10);
}

static void on_rested(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	event_add(&listener, NULL);
}

static void on_stop(int signum, short what, void *arg)
{
	(void)signum;
	(void)what;
	(void)arg;
	event_base_loopexit(base, NULL);
}

/* SIGTERM has to wait until the child's base is its own: before, it would be the parent's. */
static pid_t start_worker(int n)
{
	sigset_t stop;
	pid_t pid;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	pid = fork();
	if (pid == -1)
		die("fork");
	if (pid == 0) {
		number = n;
		if (event_reinit(base) == -1)
			_exit(1);
	}
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	if (pid == 0)
		_exit(event_base_dispatch(base) == 0 ? 0 : 1);
	return pid;
}

static int ask(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0);

	if (s == -1 || connect(s, (struct sockaddr *)&addr, sizeof(addr)) == -1)
		die("connect");
	return s;
}

static void count_answer(int s, int answers[])
{
	char reply[64];
	int n = read(s, reply, sizeof(reply) - 1);

	close(s);
	reply[n > 0 ? n : 0] = '\0';
	if (sscanf(reply, "worker %d", &n) == 1 && n >= 0 && n < WORKERS)
		answers[n]++;
}

static int listen_anywhere(void)
{
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	addr.sin_family = AF_INET;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == -1 ||
	    listen(fd, 64) == -1 || fcntl(fd, F_SETFL, O_NONBLOCK) == -1 ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) == -1)
		die("listen");
	return fd;
}

int main(void)
{
	pid_t pids[WORKERS];
	int i, status, requests[REQUESTS], answers[WORKERS] = { 0 }, sum = 0, failed = 0;

	alarm(30);
	base = event_init();
	event_set(&listener, listen_anywhere(), EV_READ | EV_PERSIST, on_connection, NULL);
	evtimer_set(&rest, on_rested, NULL);
	signal_set(&on_term, SIGTERM, on_stop, NULL);
	if (event_add(&listener, NULL) == -1 || signal_add(&on_term, NULL) == -1)
		die("event_add");

	for (i = 0; i < WORKERS; i++)
		pids[i] = start_worker(i);
	for (i = 0; i < REQUESTS; i++)
		requests[i] = ask();
	for (i = 0; i < REQUESTS; i++)
		count_answer(requests[i], answers);
	for (i = 0; i < WORKERS; i++) {
		kill(pids[i], SIGTERM);
		waitpid(pids[i], &status, 0);
		failed += status != 0;
		sum += answers[i];
		printf("worker %d answered %d times, status %d\n", i, answers[i], status);
	}
	printf("%d of %d requests answered\n", sum, REQUESTS);
	return failed > 0 || sum != REQUESTS;
}
