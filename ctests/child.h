/* Runs a function in a child and keeps what it wrote to stderr. */
#ifndef EVHUB_CTESTS_CHILD_H
#define EVHUB_CTESTS_CHILD_H

#include "harness.h"

#include <sys/wait.h>

struct child_end {
	int status;		/* exit status, or 128 and the signal */
	char err[4096];		/* what went to stderr */
};

__attribute__((unused)) static void
run_child(struct child_end *end, void (*run)(void *), void *arg)
{
	size_t length = 0;
	int fds[2];
	ssize_t n;
	pid_t pid;

	CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
	pid = fork_child();
	if (pid == 0) {
		CHECK(dup2(fds[1], STDERR_FILENO) != -1);
		close(fds[0]);
		close(fds[1]);
		run(arg);
		_exit(0);
	}
	close(fds[1]);
	for (;;) {
		n = read(fds[0], end->err + length, sizeof(end->err) - 1 - length);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	end->err[length] = '\0';
	close(fds[0]);
	end->status = wait_child(pid);
}

#endif
