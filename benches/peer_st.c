/* State Threads. It has no queue and no yield: tokens pass by condition variables, and who sleeps
 * for no time at all lets the others run. */
#include <st.h>
#include <stddef.h>
#include <unistd.h>

#include "coro_frame.h"

static long times, waiting;
static st_cond_t never, changed[2];
static int holder;

static st_thread_t made(void *(*fn)(void *), void *arg, int joinable)
{
	st_thread_t thread = st_thread_create(fn, arg, joinable, STACK_SIZE);

	must(thread != NULL, "st_thread_create");
	return thread;
}

static void finish(st_thread_t thread)
{
	must(st_thread_join(thread, NULL) == 0, "st_thread_join");
}

static void let_others_run(void)
{
	must(st_usleep(0) == 0, "st_usleep");
}

static void *yielder(void *arg)
{
	long i;

	for (i = 0; i < times; i++)
		let_others_run();
	return arg;
}

/* Hands the token over whenever it is here; `arg` is one of the two places of `changed`. */
static void *player(void *arg)
{
	int me = (st_cond_t *)arg != changed;
	long i;

	for (i = 0; i < times; i++) {
		while (holder != me)
			must(st_cond_wait(changed[me]) == 0, "st_cond_wait");
		holder = !me;
		must(st_cond_signal(changed[!me]) == 0, "st_cond_signal");
	}
	return NULL;
}

static void run_pair(void *(*fn)(void *), const char *name)
{
	st_thread_t one = made(fn, &changed[0], 1);
	st_thread_t other = made(fn, &changed[1], 1);

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
	changed[0] = st_cond_new();
	changed[1] = st_cond_new();
	must(changed[0] != NULL && changed[1] != NULL, "st_cond_new");
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
		finish(made(nothing, NULL, 1));
	coro_stop("coro.spawn", "ns/coroutine", count);
}

static void *wait_for_ever(void *arg)
{
	waiting++;
	st_cond_wait(never);
	return arg;
}

static void park(long count)
{
	long i;

	never = st_cond_new();
	must(never != NULL, "st_cond_new");
	coro_before_parking();
	for (i = 0; i < count; i++)
		made(wait_for_ever, NULL, 0);
	while (waiting < count)
		let_others_run();
	coro_parked(count);
}

static void *answer(void *arg)
{
	char data[PIECE];
	st_netfd_t fd = arg;
	ssize_t n;

	while ((n = st_read(fd, data, sizeof(data), ST_UTIME_NO_TIMEOUT)) > 0) {
		coro_message();
		if (st_write(fd, data, n, ST_UTIME_NO_TIMEOUT) != n)
			break;
	}
	st_netfd_close(fd);
	return NULL;
}

static st_netfd_t opened(int fd)
{
	st_netfd_t opened = st_netfd_open_socket(fd);

	must(opened != NULL, "st_netfd_open_socket");
	return opened;
}

static void serve(const int *fds, int count)
{
	int i;

	for (i = 0; i < count; i++)
		made(answer, opened(fds[i]), 0);
	st_thread_exit(NULL);
}

static void accept_all(int fd)
{
	st_netfd_t connection, listener = opened(fd);

	for (;;) {
		connection = st_accept(listener, NULL, NULL, ST_UTIME_NO_TIMEOUT);
		must(connection != NULL, "st_accept");
		coro_connected(st_netfd_fileno(connection));
		made(answer, connection, 0);
	}
}

static void setup(void)
{
	must(st_set_eventsys(ST_EVENTSYS_ALT) == 0, "st_set_eventsys");
	must(st_init() == 0, "st_init");
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
