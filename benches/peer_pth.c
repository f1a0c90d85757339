/* GNU Pth. A token passes by condition variables, each of which needs the mutex. */
#include <fcntl.h>
#include <pth.h>
#include <stdint.h>
#include <unistd.h>

#include "coro_frame.h"

static long times, waiting;
static pth_attr_t joinable, detached;
static pth_mutex_t mutex = PTH_MUTEX_INIT;
static pth_cond_t never = PTH_COND_INIT, changed[2] = { PTH_COND_INIT, PTH_COND_INIT };
static int holder;

static pth_t made(pth_attr_t attributes, void *(*fn)(void *), void *arg)
{
	pth_t thread = pth_spawn(attributes, fn, arg);

	must(thread != NULL, "pth_spawn");
	return thread;
}

static void finish(pth_t thread)
{
	must(pth_join(thread, NULL), "pth_join");
}

static void lock(void)
{
	must(pth_mutex_acquire(&mutex, FALSE, NULL), "pth_mutex_acquire");
}

static void *yielder(void *arg)
{
	long i;

	for (i = 0; i < times; i++)
		must(pth_yield(NULL), "pth_yield");
	return arg;
}

/* Hands the token over whenever it is here. */
static void *player(void *arg)
{
	int me = arg != NULL;
	long i;

	lock();
	for (i = 0; i < times; i++) {
		while (holder != me)
			must(pth_cond_await(&changed[me], &mutex, NULL), "pth_cond_await");
		holder = !me;
		must(pth_cond_notify(&changed[!me], FALSE), "pth_cond_notify");
	}
	must(pth_mutex_release(&mutex), "pth_mutex_release");
	return NULL;
}

static void run_pair(void *(*fn)(void *), const char *name)
{
	pth_t one = made(joinable, fn, NULL);
	pth_t other = made(joinable, fn, &holder);

	coro_start();
	finish(one);
	finish(other);
	coro_stop(name, "ns/roundtrip", times);
}

static void yield_in_turn(long count)
{
	times = count;
	run_pair(yielder, "coro.switch");
}

static void pass_token(long count)
{
	times = count;
	run_pair(player, "coro.chan");
}

static void *nothing(void *arg)
{
	return arg;
}

static void spawn_each(long count)
{
	long i;

	coro_start();
	for (i = 0; i < count; i++)
		finish(made(joinable, nothing, NULL));
	coro_stop("coro.spawn", "ns/coroutine", count);
}

static void *wait_for_ever(void *arg)
{
	lock();
	waiting++;
	pth_cond_await(&never, &mutex, NULL);
	return arg;
}

/* It takes more than linear time: what waits is looked at on each switch. */
static void park(long count)
{
	long i;

	coro_before_parking();
	for (i = 0; i < count; i++)
		made(detached, wait_for_ever, NULL);
	while (waiting < count)
		must(pth_yield(NULL), "pth_yield");
	coro_parked(count);
	_exit(0);
}

static void *answer(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char data[PIECE];
	ssize_t n;

	while ((n = pth_read(fd, data, sizeof(data))) > 0) {
		coro_message();
		if (pth_write(fd, data, n) != n)
			break;
	}
	close(fd);
	return NULL;
}

static void answer_in_thread(int fd)
{
	made(detached, answer, (void *)(intptr_t)fd);
}

static void serve(const int *fds, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		/* It waits only for descriptors that would block. */
		must(fcntl(fds[i], F_SETFL, 0) == 0, "fcntl");
		answer_in_thread(fds[i]);
	}
	for (;;)
		pth_sleep(3600);
}

static void accept_all(int fd)
{
	int connection;

	for (;;) {
		connection = pth_accept(fd, NULL, NULL);
		must(connection != -1, "pth_accept");
		coro_connected(connection);
		answer_in_thread(connection);
	}
}

static pth_attr_t attributes(int is_joinable)
{
	pth_attr_t made = pth_attr_new();

	must(made != NULL, "pth_attr_new");
	must(pth_attr_set(made, PTH_ATTR_STACK_SIZE, STACK_SIZE), "PTH_ATTR_STACK_SIZE");
	must(pth_attr_set(made, PTH_ATTR_JOINABLE, is_joinable), "PTH_ATTR_JOINABLE");
	return made;
}

static void setup(void)
{
	must(pth_init(), "pth_init");
	joinable = attributes(TRUE);
	detached = attributes(FALSE);
}

const struct modes modes = {
	.setup = setup,
	.yield = yield_in_turn,
	.spawn = spawn_each,
	.park = park,
	.pass = pass_token,
	.listen = accept_all,
	.serve = serve,
};
