/*
 * Proves F28 for C++: an exception that leaves a callback ends the process, with a message; one
 * that stays inside is nobody's business.
 */
#include "harness.h"

#include <stdexcept>
#include <string>
#include <sys/resource.h>

static void
throw_it(int, short, void *)
{
	throw std::runtime_error("thrown by a callback");
}

static void
throw_and_catch(int fd, short what, void *arg)
{
	try {
		throw_it(fd, what, arg);
	} catch (const std::exception &e) {
		trace(e.what());
	}
}

TEST(caught_inside)
{
	struct event_base *base = init_base();
	struct event ev;

	evtimer_set(&ev, throw_and_catch, NULL);
	CHECK_INT(add_ms(&ev, 0), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "thrown by a callback");
	event_base_free(base);
}

/* Not even by a handler around the loop: the frames between are the library's. */
static void
run_in_child(int out)
{
	struct rlimit no_core = { 0, 0 };
	struct event ev;

	setrlimit(RLIMIT_CORE, &no_core);
	dup2(out, 2);
	event_reinit(current_base);
	evtimer_set(&ev, throw_it, NULL);
	add_ms(&ev, 0);
	try {
		event_dispatch();
	} catch (...) {
	}
	_exit(0);
}

TEST(uncaught)
{
	struct event_base *base = init_base();
	std::string message;
	char buf[512];
	ssize_t n;
	int fds[2];
	pid_t pid;

	CHECK_INT(pipe(fds), 0);
	pid = fork_child();
	if (pid == 0)
		run_in_child(fds[1]);
	close(fds[1]);
	while ((n = read(fds[0], buf, sizeof(buf))) > 0 || (n == -1 && errno == EINTR))
		if (n > 0)
			message.append(buf, (size_t)n);
	CHECK_INT(wait_child(pid), 128 + SIGABRT);
	CHECK(!message.empty());
	event_base_free(base);
}
