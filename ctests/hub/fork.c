/*
 * Forks: by a greenlet, by a callback of the loop, by the main greenlet; in both processes
 * greenlets, timers and signals go on (F12).
 */
#include "hub.h"

#include <sys/wait.h>

static evhub_flag_t *flag;
static int ticks, signals;

static void *
ticks_for_ever(void *arg)
{
	(void)arg;
	while (evhub_sleep(0.001) == 0)
		ticks++;
	return NULL;
}

static void *
counts_signal(void *arg)
{
	signals++;
	return arg;
}

static void
reader_cb(int fd, short what, void *arg)
{
	(void)what;
	(void)arg;
	CHECK_INT(drain(fd), 1);
	CHECK_INT(evhub_flag_set(flag), 0);
}

struct world {
	struct event reader;
	int fds[2];
	evhub_greenlet_t *ticker;
	evhub_signal_t *watch;
};

static void
make_world(struct world *world)
{
	init_base();
	flag = evhub_flag_new();
	make_pipe(world->fds);
	event_set(&world->reader, world->fds[0], EV_READ | EV_PERSIST, reader_cb, NULL);
	CHECK_INT(event_add(&world->reader, NULL), 0);
	world->watch = evhub_signal(SIGUSR1, counts_signal, NULL);
	CHECK(world->watch != NULL);
	world->ticker = spawn_and_run(ticks_for_ever, NULL);
}

/* Everything works here, by the words of whoever may wait. */
static void
check_world(struct world *world)
{
	int before = ticks, fds[2];

	/* A pipe of one's own: the other one is shared by both processes. */
	make_pipe(fds);
	CHECK_INT(event_del(&world->reader), 0);
	event_set(&world->reader, fds[0], EV_READ | EV_PERSIST, reader_cb, NULL);
	CHECK_INT(event_add(&world->reader, NULL), 0);
	CHECK_INT(evhub_flag_clear(flag), 0);
	put_byte(fds[1]);
	CHECK_INT(evhub_flag_wait(flag, LONG), 1);
	while (ticks < before + 3)
		CHECK_INT(evhub_sleep(0.001), 0);
	before = signals;
	raise(SIGUSR1);
	while (signals == before)
		CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(evhub_kill(world->ticker, 0, -1), 0);
	CHECK_INT(event_del(&world->reader), 0);
	close(fds[0]);
	close(fds[1]);
}

static void
end_world(struct world *world)
{
	check_world(world);
	evhub_signal_cancel(world->watch);
	evhub_release(world->ticker);
	evhub_flag_free(flag);
	CHECK_INT(evhub_shutdown(), 0);
}

TEST(by_the_main_greenlet)
{
	struct world world;
	pid_t pid;

	make_world(&world);
	pid = evhub_fork();
	CHECK(pid != -1);
	end_world(&world);
	if (pid == 0)
		_exit(0);
	CHECK_INT(wait_child(pid), 0);
}

/* fork() of libc's, and evhub_reinit() in the child alone. */
TEST(by_fork_of_libcs)
{
	struct world world;
	pid_t pid;

	make_world(&world);
	pid = fork_child();
	if (pid == 0) {
		CHECK_INT(evhub_reinit(), 0);
		end_world(&world);
		_exit(0);
	}
	end_world(&world);
	CHECK_INT(wait_child(pid), 0);
}

static void *
forks(void *arg)
{
	pid_t *pid = arg;

	*pid = evhub_fork();
	CHECK(*pid != -1);
	CHECK_INT(evhub_sleep(0.001), 0);
	return arg;
}

/* The main greenlet returns from its join in both. */
TEST(by_a_greenlet)
{
	struct world world;
	pid_t pid = -1;

	make_world(&world);
	end_of(spawn(forks, &pid));
	end_world(&world);
	if (pid == 0)
		_exit(0);
	CHECK_INT(wait_child(pid), 0);
}

static void
forks_in_loop(int fd, short what, void *arg)
{
	pid_t *pid = arg;

	(void)fd;
	(void)what;
	*pid = evhub_fork();
	CHECK(*pid != -1);
}

TEST(by_a_callback)
{
	struct world world;
	struct event ev;
	pid_t pid = -1;

	make_world(&world);
	evtimer_set(&ev, forks_in_loop, &pid);
	CHECK_INT(add_ms(&ev, 1), 0);
	while (pid == -1)
		CHECK_INT(evhub_sleep(0.001), 0);
	end_world(&world);
	if (pid == 0)
		_exit(0);
	CHECK_INT(wait_child(pid), 0);
}

/* In a loop of the program's. */
TEST(by_a_callback_of_a_loop_of_the_programs)
{
	struct world world;
	struct event ev;
	pid_t pid = -1;

	make_world(&world);
	evtimer_set(&ev, forks_in_loop, &pid);
	CHECK_INT(add_ms(&ev, 1), 0);
	while (pid == -1)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	end_world(&world);
	if (pid == 0)
		_exit(0);
	CHECK_INT(wait_child(pid), 0);
}

static void *
forks_and_ends(void *arg)
{
	pid_t *pid = arg;

	*pid = evhub_fork();
	CHECK(*pid != -1);
	if (*pid == 0)
		_exit(7);
	return arg;
}

/* A child that ends at once takes nothing from its parent. */
TEST(a_child_that_ends_at_once)
{
	struct world world;
	pid_t pid = -1;
	int i;

	make_world(&world);
	for (i = 0; i < 5; i++) {
		end_of(spawn(forks_and_ends, &pid));
		CHECK_INT(wait_child(pid), 7);
	}
	end_world(&world);
}

/* The child's end is a signal that a greenlet can wait for. */
static void *
reaps(void *arg)
{
	int status;

	while (waitpid(-1, &status, WNOHANG) > 0)
		++*(int *)arg;
	return arg;
}

TEST(children_that_end_are_told_of)
{
	evhub_signal_t *watch;
	int i, reaped = 0;
	pid_t pid;

	init_base();
	watch = evhub_signal(SIGCHLD, reaps, &reaped);
	CHECK(watch != NULL);
	for (i = 0; i < 5; i++) {
		pid = evhub_fork();
		CHECK(pid != -1);
		if (pid == 0)
			_exit(0);
	}
	while (reaped < 5)
		CHECK_INT(evhub_sleep(0.001), 0);
	evhub_signal_cancel(watch);
}

TEST_ONCE(before_there_is_a_hub)
{
	pid_t pid;

	CHECK_INT(evhub_reinit(), 0);
	pid = evhub_fork();
	CHECK(pid != -1);
	CHECK_INT(evhub_sleep(0.001), 0);
	if (pid == 0)
		_exit(0);
	CHECK_INT(wait_child(pid), 0);
}
