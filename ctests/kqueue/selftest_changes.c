/*
 * Self test of the kqueue emulation: the change list, the event list, and the flags of a knote.
 */
#include "selftest.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void level_triggered(void)
{
	int kq = new_queue(), fds[2];

	new_pipe(fds);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	no_event(kq);
	put(fds[1], "abc");
	CHECK_INT(only_event(kq, fds[0], EVFILT_READ).data, 3);
	take(fds[0], 1);
	CHECK_INT(only_event(kq, fds[0], EVFILT_READ).data, 2);
	take(fds[0], 2);
	no_event(kq);
	put(fds[1], "x");
	CHECK_INT(only_event(kq, fds[0], EVFILT_READ).data, 1);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_DELETE), 0);
	no_event(kq);
	evhub_emu_close(kq);
}

static void filters_are_apart(void)
{
	int kq = new_queue(), fds[2];
	kev events[4];

	new_pair(fds);
	put(fds[1], "a");
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	CHECK_INT(change(kq, fds[0], EVFILT_WRITE, EV_ADD), 0);
	CHECK_INT(poll_queue(kq, events, 4), 2);
	CHECK_INT(events[0].filter, EVFILT_READ);
	CHECK_INT(events[1].filter, EVFILT_WRITE);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_DELETE), 0);
	only_event(kq, fds[0], EVFILT_WRITE);
	CHECK_INT(change(kq, fds[0], EVFILT_WRITE, EV_DELETE), 0);
	CHECK_ERRNO(change(kq, fds[0], EVFILT_WRITE, EV_DELETE), ENOENT);
	evhub_emu_close(kq);
}

/* Adding again replaces the user data and looks again; ONESHOT and the like stay. */
static void add_again(void)
{
	int kq = new_queue(), fds[2];
	kev again = { .filter = EVFILT_READ, .flags = EV_ADD, .udata = &kq };
	kev events[4];

	new_pipe(fds);
	put(fds[1], "a");
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD | EV_ONESHOT), 0);
	again.ident = (uintptr_t)fds[0];
	CHECK_INT(evhub_emu_kevent(kq, &again, 1, NULL, 0, NULL), 0);
	CHECK_INT(poll_queue(kq, events, 4), 1);
	CHECK(events[0].udata == &kq);
	CHECK_INT(events[0].flags, EV_ONESHOT);
	no_event(kq);

	/* An EV_CLEAR knote that has reported reports again when it is added again. */
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD | EV_CLEAR), 0);
	only_event(kq, fds[0], EVFILT_READ);
	no_event(kq);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD | EV_CLEAR), 0);
	only_event(kq, fds[0], EVFILT_READ);
	no_event(kq);
	evhub_emu_close(kq);
}

static void refusals(void)
{
	int kq = new_queue(), fds[2];
	kev event;

	new_pipe(fds);
	CHECK_ERRNO(change(kq, fds[0], EVFILT_READ, EV_DELETE), ENOENT);
	CHECK_ERRNO(change(kq, fds[0], EVFILT_READ, EV_ENABLE), ENOENT);
	CHECK_ERRNO(change(kq, fds[0], EVFILT_READ, EV_DISABLE), ENOENT);
	CHECK_ERRNO(change(kq, fds[0], EVFILT_SIGNAL, EV_ADD), EINVAL);
	CHECK_ERRNO(change(kq, fds[0], EVFILT_TIMER, EV_ADD), EINVAL);
	CHECK_ERRNO(change(kq, fds[0], EVFILT_USER, EV_ADD), EINVAL);
	CHECK_ERRNO(change(kq, fds[0], 7, EV_ADD), EINVAL);
	CHECK_ERRNO(change(kq, kq, EVFILT_READ, EV_ADD), EINVAL);
	CHECK_ERRNO(change(kq, new_queue(), EVFILT_READ, EV_ADD), EINVAL);
	CHECK_ERRNO(change(kq, -1, EVFILT_READ, EV_ADD), EBADF);
	close(fds[0]);
	CHECK_ERRNO(change(kq, fds[0], EVFILT_READ, EV_ADD), EBADF);
	CHECK_ERRNO(change(kq, fds[0], EVFILT_READ, EV_DELETE), EBADF);
	CHECK_ERRNO(change(fds[1], fds[1], EVFILT_WRITE, EV_ADD), EBADF);
	CHECK_ERRNO(evhub_emu_kevent(kq, NULL, -1, NULL, 0, NULL), EINVAL);
	CHECK_ERRNO(evhub_emu_kevent(kq, NULL, 0, &event, -1, NULL), EINVAL);
	CHECK_ERRNO(evhub_emu_kevent(kq, NULL, 1, &event, 1, NULL), EFAULT);
	CHECK_ERRNO(evhub_emu_kevent(kq, NULL, 0, NULL, 1, NULL), EFAULT);
	evhub_emu_close(kq);
	CHECK_ERRNO(change(kq, fds[1], EVFILT_WRITE, EV_ADD), EBADF);
}

static void errors_go_to_the_event_list(void)
{
	int kq = new_queue(), fds[2];
	kev list[3] = { 0 };

	new_pipe(fds);
	put(fds[1], "a");
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);

	/* One array for both lists; good changes are made, and no events come with errors. */
	list[0] = (kev) { .ident = 9999, .filter = EVFILT_READ, .flags = EV_ADD, .udata = &kq };
	list[1] = (kev) { .ident = (uintptr_t)fds[1], .filter = EVFILT_WRITE, .flags = EV_ADD };
	list[2] = (kev) { .ident = (uintptr_t)fds[0], .filter = 5, .flags = EV_ADD };
	CHECK_INT(evhub_emu_kevent(kq, list, 3, list, 3, NULL), 2);
	CHECK_INT(list[0].ident, 9999);
	CHECK_INT(list[0].flags, EV_ERROR);
	CHECK_INT(list[0].data, EBADF);
	CHECK(list[0].udata == &kq);
	CHECK_INT(list[1].ident, fds[0]);
	CHECK_INT(list[1].flags, EV_ERROR);
	CHECK_INT(list[1].data, EINVAL);
	CHECK_INT(poll_queue(kq, list, 3), 2);
	CHECK_INT(change(kq, fds[1], EVFILT_WRITE, EV_DELETE), 0);

	/* No room: -1, and what follows is not done. */
	list[0] = (kev) { .ident = 9999, .filter = EVFILT_READ, .flags = EV_ADD };
	list[1] = (kev) { .ident = (uintptr_t)fds[1], .filter = EVFILT_WRITE, .flags = EV_ADD };
	CHECK_ERRNO(evhub_emu_kevent(kq, list, 2, NULL, 0, NULL), EBADF);
	CHECK_ERRNO(change(kq, fds[1], EVFILT_WRITE, EV_DELETE), ENOENT);
	list[1].ident = 9998;
	list[2] = (kev) { .ident = (uintptr_t)fds[1], .filter = EVFILT_WRITE, .flags = EV_ADD };
	CHECK_ERRNO(evhub_emu_kevent(kq, list, 3, list, 1, NULL), EBADF);
	CHECK_ERRNO(change(kq, fds[1], EVFILT_WRITE, EV_DELETE), ENOENT);
	evhub_emu_close(kq);
}

static void receipts(void)
{
	int kq = new_queue(), fds[2];
	kev list[2], got[4];

	new_pipe(fds);
	put(fds[1], "a");
	for (int i = 0; i < 2; i++)
		list[i] = (kev) {
			.ident = (uintptr_t)fds[i],
			.filter = i == 0 ? EVFILT_READ : EVFILT_WRITE,
			.flags = EV_ADD | EV_RECEIPT,
		};
	CHECK_INT(evhub_emu_kevent(kq, list, 2, got, 4, NULL), 2);
	for (int i = 0; i < 2; i++) {
		CHECK_INT(got[i].ident, fds[i]);
		CHECK_INT(got[i].flags, EV_ERROR);
		CHECK_INT(got[i].data, 0);
	}
	CHECK_INT(poll_queue(kq, got, 4), 2);
	CHECK_INT(got[0].flags, EV_RECEIPT);

	/* A receipt without room ends the work. */
	list[0].flags = list[1].flags = EV_DELETE | EV_RECEIPT;
	CHECK_INT(evhub_emu_kevent(kq, list, 2, NULL, 0, NULL), 0);
	CHECK_INT(poll_queue(kq, got, 4), 1);
	CHECK_INT(got[0].filter, EVFILT_WRITE);
	evhub_emu_close(kq);
}

static void oneshot(void)
{
	int kq = new_queue(), fds[2];

	new_pair(fds);
	put(fds[1], "ab");
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD | EV_ONESHOT), 0);
	CHECK_INT(only_event(kq, fds[0], EVFILT_READ).flags, EV_ONESHOT);
	no_event(kq);
	CHECK_ERRNO(change(kq, fds[0], EVFILT_READ, EV_DELETE), ENOENT);

	/* The other filter of the descriptor stays. */
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	CHECK_INT(change(kq, fds[0], EVFILT_WRITE, EV_ADD | EV_ONESHOT), 0);
	CHECK_INT(poll_queue(kq, (kev[4]) { 0 }, 4), 2);
	only_event(kq, fds[0], EVFILT_READ);
	evhub_emu_close(kq);
}

static void clear(void)
{
	int kq = new_queue(), fds[2];

	new_pipe(fds);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD | EV_CLEAR), 0);
	no_event(kq);
	put(fds[1], "a");
	CHECK_INT(only_event(kq, fds[0], EVFILT_READ).flags, EV_CLEAR);
	no_event(kq);
	put(fds[1], "b");
	CHECK_INT(only_event(kq, fds[0], EVFILT_READ).data, 2);
	no_event(kq);

	/* News for which the condition is over is none. */
	put(fds[1], "c");
	take(fds[0], 3);
	no_event(kq);

	/* As much as before is news all the same. */
	put(fds[1], "d");
	CHECK_INT(only_event(kq, fds[0], EVFILT_READ).data, 1);
	take(fds[0], 1);
	put(fds[1], "e");
	CHECK_INT(only_event(kq, fds[0], EVFILT_READ).data, 1);
	evhub_emu_close(kq);
}

static void clear_on_write(void)
{
	int kq = new_queue(), fds[2];
	char buffer[65536];

	new_tcp(fds);
	CHECK_INT(change(kq, fds[0], EVFILT_WRITE, EV_ADD | EV_CLEAR), 0);
	only_event(kq, fds[0], EVFILT_WRITE);
	no_event(kq);
	fill(fds[0]);
	no_event(kq);
	for (kev event;;) {
		struct timespec step = { 0, 10000000 };

		while (read(fds[1], buffer, sizeof(buffer)) > 0) {
		}
		if (evhub_emu_kevent(kq, NULL, 0, &event, 1, &step) == 1)
			break;
	}
	evhub_emu_close(kq);
}

static void disable_and_enable(void)
{
	int kq = new_queue(), fds[2];

	new_pipe(fds);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD | EV_DISABLE), 0);
	put(fds[1], "a");
	no_event(kq);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ENABLE), 0);
	only_event(kq, fds[0], EVFILT_READ);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_DISABLE), 0);
	no_event(kq);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	only_event(kq, fds[0], EVFILT_READ);
	evhub_emu_close(kq);
}

static void dispatch(void)
{
	int kq = new_queue(), fds[2];

	new_pipe(fds);
	put(fds[1], "a");
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD | EV_DISPATCH), 0);
	CHECK_INT(only_event(kq, fds[0], EVFILT_READ).flags, EV_DISPATCH);
	put(fds[1], "b");
	no_event(kq);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ENABLE), 0);
	CHECK_INT(only_event(kq, fds[0], EVFILT_READ).data, 2);
	no_event(kq);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_DELETE), 0);
	evhub_emu_close(kq);
}

/* More is ready than there is room: every knote gets its turn before any gets a second one. */
static void small_event_list(void)
{
	enum { PIPES = 10 };
	int kq = new_queue(), pipes[PIPES][2], counts[PIPES] = { 0 };
	kev events[3];

	for (int i = 0; i < PIPES; i++) {
		kev add = { .filter = EVFILT_READ, .flags = EV_ADD, .udata = &counts[i] };

		new_pipe(pipes[i]);
		put(pipes[i][1], "a");
		add.ident = (uintptr_t)pipes[i][0];
		CHECK_INT(evhub_emu_kevent(kq, &add, 1, NULL, 0, NULL), 0);
	}
	for (int round = 0; round < 40; round++) {
		int least = round, most = 0;

		CHECK_INT(poll_queue(kq, events, 3), 3);
		for (int i = 0; i < 3; i++)
			++*(int *)events[i].udata;
		for (int i = 0; i < PIPES; i++) {
			least = counts[i] < least ? counts[i] : least;
			most = counts[i] > most ? counts[i] : most;
		}
		CHECK(most - least <= 1);
	}
	evhub_emu_close(kq);
}

static void no_room_no_wait(void)
{
	int kq = new_queue(), fds[2];
	struct timespec hour = { 3600, 0 };

	new_pipe(fds);
	CHECK_INT(evhub_emu_kevent(kq, NULL, 0, NULL, 0, &hour), 0);
	CHECK_INT(evhub_emu_kevent(kq, NULL, 0, NULL, 0, NULL), 0);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	evhub_emu_close(kq);
}

static void timeouts(void)
{
	int kq = new_queue(), fds[2];
	struct timespec wait = { 0, 30000000 }, bad = { 0, 1000000000 }, worse = { -1, 0 };
	double start = seconds();
	kev event;

	new_pipe(fds);
	CHECK_INT(evhub_emu_kevent(kq, NULL, 0, &event, 1, &wait), 0);
	CHECK(seconds() - start >= 0.03);
	CHECK_ERRNO(evhub_emu_kevent(kq, NULL, 0, &event, 1, &bad), EINVAL);
	CHECK_ERRNO(evhub_emu_kevent(kq, NULL, 0, &event, 1, &worse), EINVAL);
	put(fds[1], "a");
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	CHECK_INT(evhub_emu_kevent(kq, NULL, 0, &event, 1, NULL), 1);
	evhub_emu_close(kq);
}

static void on_signal(int signal)
{
	(void)signal;
}

struct hammer {
	pthread_t target;
	atomic_int stop;
};

static void *send_signals(void *arg)
{
	struct hammer *hammer = arg;

	while (!atomic_load(&hammer->stop)) {
		usleep(5000);
		pthread_kill(hammer->target, SIGUSR1);
	}
	return NULL;
}

/* EINTR is for a wait without events; the changes have been made. */
static void interruption(void)
{
	int kq = new_queue(), fds[2];
	struct sigaction action = { .sa_handler = on_signal };
	struct hammer hammer = { pthread_self(), 0 };
	pthread_t thread;
	kev add = { .filter = EVFILT_READ, .flags = EV_ADD }, event;

	new_pipe(fds);
	add.ident = (uintptr_t)fds[0];
	CHECK_INT(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_INT(pthread_create(&thread, NULL, send_signals, &hammer), 0);
	CHECK_ERRNO(evhub_emu_kevent(kq, &add, 1, &event, 1, NULL), EINTR);
	atomic_store(&hammer.stop, 1);
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_DELETE), 0);
	evhub_emu_close(kq);
}

static void *add_later(void *arg)
{
	int *fds = arg;

	usleep(20000);
	CHECK_INT(change(fds[2], fds[0], EVFILT_READ, EV_ADD), 0);
	usleep(20000);
	put(fds[1], "a");
	return NULL;
}

static void *enable_later(void *arg)
{
	int *fds = arg;

	usleep(20000);
	CHECK_INT(change(fds[2], fds[0], EVFILT_READ, EV_ENABLE), 0);
	return NULL;
}

/* A wait sees what other threads change meanwhile. */
static void threads(void)
{
	int fds[3];
	struct timespec ages = { INT64_MAX, 0 };
	pthread_t thread;
	kev event;

	fds[2] = new_queue();
	new_pipe(fds);
	CHECK_INT(pthread_create(&thread, NULL, add_later, fds), 0);
	CHECK_INT(evhub_emu_kevent(fds[2], NULL, 0, &event, 1, NULL), 1);
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK_INT(change(fds[2], fds[0], EVFILT_READ, EV_DISABLE), 0);
	no_event(fds[2]);
	CHECK_INT(pthread_create(&thread, NULL, enable_later, fds), 0);
	CHECK_INT(evhub_emu_kevent(fds[2], NULL, 0, &event, 1, &ages), 1);
	CHECK_INT(pthread_join(thread, NULL), 0);
	evhub_emu_close(fds[2]);
}

/* As many knotes as the limit of descriptors allows, and both filters on each. */
static void many_knotes(void)
{
	enum { COPIES = 20000 };
	struct rlimit limit;
	int kq = new_queue(), fds[2], copies = 0, last = 0, seen = 0, count;
	static kev events[1000];

	CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
	new_pair(fds);
	put(fds[1], "a");
	while (copies < COPIES && (last = dup(fds[0])) != -1) {
		CHECK_INT(change(kq, last, EVFILT_READ, EV_ADD | EV_ONESHOT), 0);
		CHECK_INT(change(kq, last, EVFILT_WRITE, EV_ADD | EV_ONESHOT), 0);
		copies++;
	}
	CHECK(copies > 0);
	while ((count = poll_queue(kq, events, 1000)) > 0)
		seen += count;
	CHECK_INT(seen, 2 * copies);
	evhub_emu_close(kq);
}

const struct selftest change_tests[] = {
	TEST(level_triggered), TEST(filters_are_apart), TEST(add_again), TEST(refusals),
	TEST(errors_go_to_the_event_list), TEST(receipts), TEST(oneshot), TEST(clear),
	TEST(clear_on_write), TEST(disable_and_enable), TEST(dispatch), TEST(small_event_list),
	TEST(no_room_no_wait), TEST(timeouts), TEST(interruption), TEST(threads),
	TEST(many_knotes), { NULL, NULL },
};
