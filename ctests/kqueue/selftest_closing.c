/*
 * Self test of the kqueue emulation: closed and re-used descriptors, forks, queues as descriptors.
 */
#include "selftest.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

static void close_removes(void)
{
	int kq = new_queue(), fds[2], again[2];

	new_pair(fds);
	put(fds[1], "a");
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	CHECK_INT(change(kq, fds[0], EVFILT_WRITE, EV_ADD), 0);
	close(fds[0]);
	no_event(kq);
	close(fds[1]);

	/* The same numbers, other sockets: nothing is inherited. */
	new_pair(again);
	CHECK_INT(again[0], fds[0]);
	put(again[1], "b");
	no_event(kq);
	CHECK_ERRNO(change(kq, again[0], EVFILT_READ, EV_ENABLE), ENOENT);
	CHECK_ERRNO(change(kq, again[0], EVFILT_READ, EV_DELETE), ENOENT);
	CHECK_INT(change(kq, again[0], EVFILT_READ, EV_ADD), 0);
	CHECK_INT(only_event(kq, again[0], EVFILT_READ).data, 1);
	evhub_emu_close(kq);
}

/* The number counts: copies of the file elsewhere do not keep its knotes. */
static void close_with_a_copy(int reuse)
{
	int kq = new_queue(), fds[2], copy, other[2];

	new_pipe(fds);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	copy = dup(fds[0]);
	close(fds[0]);
	put(fds[1], "old");
	no_event(kq);
	if (!reuse) {
		evhub_emu_close(kq);
		return;
	}
	new_pipe(other);
	CHECK_INT(other[0], fds[0]);
	no_event(kq);
	put(other[1], "n");
	no_event(kq);
	CHECK_INT(change(kq, other[0], EVFILT_READ, EV_ADD), 0);
	put(fds[1], "old");
	CHECK_INT(only_event(kq, other[0], EVFILT_READ).data, 1);
	take(other[0], 1);
	put(fds[1], "old");
	no_event(kq);

	/* The old file comes back to the number: a third one, without a knote. */
	CHECK_INT(dup2(copy, other[0]), other[0]);
	no_event(kq);
	CHECK_ERRNO(change(kq, other[0], EVFILT_READ, EV_DELETE), ENOENT);
	CHECK_INT(change(kq, other[0], EVFILT_READ, EV_ADD), 0);
	CHECK_INT(only_event(kq, other[0], EVFILT_READ).data, 9);
	evhub_emu_close(kq);
}

static void copy_stays(void)
{
	close_with_a_copy(0);
}

static void copy_stays_and_number_is_used_again(void)
{
	close_with_a_copy(1);
}

/* The old file comes back to its number after the queue has noticed that it was gone. */
static void copy_comes_back(void)
{
	int kq = new_queue(), fds[2], copy;

	new_pipe(fds);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	copy = dup(fds[0]);
	close(fds[0]);
	put(fds[1], "a");
	no_event(kq);
	CHECK_INT(dup2(copy, fds[0]), fds[0]);
	put(fds[1], "b");
	no_event(kq);
	CHECK_ERRNO(change(kq, fds[0], EVFILT_READ, EV_ENABLE), ENOENT);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	CHECK_INT(only_event(kq, fds[0], EVFILT_READ).data, 2);
	take(fds[0], 2);
	no_event(kq);
	put(fds[1], "c");
	only_event(kq, fds[0], EVFILT_READ);
	evhub_emu_close(kq);
}

/* News of a file that has lost its number is not taken for news of the one that has it now. */
static void old_news(void)
{
	int kq = new_queue(), fds[2], other[2], copy;

	new_pipe(fds);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD | EV_CLEAR), 0);
	copy = dup(fds[0]);
	close(fds[0]);
	new_pipe(other);
	CHECK_INT(other[0], fds[0]);
	CHECK_INT(change(kq, other[0], EVFILT_READ, EV_ADD | EV_CLEAR), 0);
	put(other[1], "a");
	only_event(kq, other[0], EVFILT_READ);
	put(fds[1], "b");
	no_event(kq);
	put(other[1], "c");
	only_event(kq, other[0], EVFILT_READ);
	close(copy);
	evhub_emu_close(kq);
}

/* dup2 over a number closes it. The new file may have the same inode: a pipe's other end. */
static void dup_over(void)
{
	int kq = new_queue(), fds[2], copy;

	new_pipe(fds);
	copy = dup(fds[0]);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	CHECK_INT(dup2(fds[1], fds[0]), fds[0]);
	close(copy);
	no_event(kq);
	CHECK_ERRNO(change(kq, fds[0], EVFILT_READ, EV_DELETE), ENOENT);
	evhub_emu_close(kq);
}

/* Files that all have one inode are told apart as well. */
static void anonymous_files(void)
{
	int kq = new_queue(), first = eventfd(1, EFD_NONBLOCK), second;

	CHECK_INT(change(kq, first, EVFILT_READ, EV_ADD), 0);
	close(first);
	second = eventfd(1, EFD_NONBLOCK);
	CHECK_INT(second, first);
	no_event(kq);
	evhub_emu_close(kq);
}

static void regular_files(void)
{
	int kq = new_queue(), first = new_file("a"), second = new_file("b");

	CHECK_INT(change(kq, first, EVFILT_READ, EV_ADD), 0);
	CHECK_INT(dup2(second, first), first);
	no_event(kq);
	CHECK_ERRNO(change(kq, first, EVFILT_READ, EV_DELETE), ENOENT);
	CHECK_INT(change(kq, first, EVFILT_READ, EV_ADD), 0);
	only_event(kq, first, EVFILT_READ);
	close(first);
	no_event(kq);
	evhub_emu_close(kq);
}

/* The queue keeps nothing open: the peer sees the end at once. */
static void peers_see_the_close(void)
{
	int kq = new_queue(), fds[2];
	char byte;

	new_pipe(fds);
	CHECK_INT(change(kq, fds[1], EVFILT_WRITE, EV_ADD), 0);
	close(fds[1]);
	CHECK_INT(read(fds[0], &byte, 1), 0);
	evhub_emu_close(kq);
}

static void *close_later(void *arg)
{
	int *fds = arg;

	usleep(20000);
	put(fds[1], "a");
	close(fds[0]);
	return NULL;
}

/* Closed by another thread in the middle of a wait: no event, at most a timeout. */
static void close_while_waiting(void)
{
	int kq = new_queue(), fds[2], count;
	struct timespec wait = { 0, 100000000 };
	pthread_t thread;
	kev event;

	new_pipe(fds);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD | EV_ONESHOT), 0);
	CHECK_INT(pthread_create(&thread, NULL, close_later, fds), 0);
	count = evhub_emu_kevent(kq, NULL, 0, &event, 1, &wait);
	CHECK(count == 0 || (count == 1 && (int)event.ident == fds[0]));
	CHECK_INT(pthread_join(thread, NULL), 0);
	no_event(kq);
	evhub_emu_close(kq);
}

static int child_status(pid_t child)
{
	int status;

	CHECK_INT(waitpid(child, &status, 0), child);
	return status;
}

/* A child does not have the queue: the number is free, and may be another file's. */
static void forked(void)
{
	int kq = new_queue(), fds[2];
	pid_t child;

	new_pipe(fds);
	put(fds[1], "a");
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	child = fork();
	CHECK(child != -1);
	if (child == 0) {
		kev event;
		struct timespec zero = { 0, 0 };

		CHECK_ERRNO(evhub_emu_kevent(kq, NULL, 0, &event, 1, &zero), EBADF);
		CHECK_ERRNO(change(kq, fds[0], EVFILT_READ, EV_ADD), EBADF);
		CHECK_ERRNO(evhub_emu_close(kq), EBADF);
		CHECK_INT(dup(fds[0]), kq);
		CHECK_ERRNO(change(kq, fds[0], EVFILT_READ, EV_ADD), EBADF);
		CHECK_INT(evhub_emu_close(kq), 0);
		CHECK_INT(new_queue(), kq);
		no_event(kq);
		CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
		only_event(kq, fds[0], EVFILT_READ);
		evhub_emu_close(kq);
		exit(0);
	}
	CHECK_INT(child_status(child), 0);
	only_event(kq, fds[0], EVFILT_READ);
	evhub_emu_close(kq);
}

/* A child that lives keeps files open that the parent closes: that is no news for the parent. */
static void child_keeps_files(void)
{
	int kq = new_queue(), fds[2], gate[2], other[2];
	pid_t child;
	char byte;

	new_pair(fds);
	CHECK_INT(pipe(gate), 0);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	child = fork();
	CHECK(child != -1);
	if (child == 0) {
		close(gate[1]);
		_exit(read(gate[0], &byte, 1) == 0 ? 0 : 1);
	}
	close(fds[0]);
	put(fds[1], "a");
	new_pair(other);
	CHECK_INT(other[0], fds[0]);
	no_event(kq);
	CHECK_INT(change(kq, other[0], EVFILT_READ, EV_ADD), 0);
	put(fds[1], "b");
	no_event(kq);
	close(gate[1]);
	CHECK_INT(child_status(child), 0);
	no_event(kq);
	put(other[1], "c");
	only_event(kq, other[0], EVFILT_READ);
	evhub_emu_close(kq);
}

static int count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

/* One descriptor, not close-on-exec, under the limit of descriptors; closed without a trace. */
static void queue_is_a_descriptor(void)
{
	struct rlimit limit, small;
	int before = count_descriptors(), kq = new_queue(), other = new_queue(), fds[2];
	pid_t child;

	CHECK_INT(count_descriptors(), before + 2);
	CHECK_INT(fcntl(kq, F_GETFD), 0);
	new_pipe(fds);
	put(fds[1], "a");
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	CHECK_INT(change(other, fds[0], EVFILT_READ, EV_ADD | EV_ONESHOT), 0);
	only_event(other, fds[0], EVFILT_READ);
	no_event(other);
	only_event(kq, fds[0], EVFILT_READ);
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
	small = limit;
	small.rlim_cur = (rlim_t)fds[1] + 1;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &small), 0);
	CHECK_ERRNO(evhub_emu_kqueue(), EMFILE);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
	CHECK_INT(evhub_emu_close(kq), 0);
	CHECK_INT(evhub_emu_close(other), 0);
	CHECK_ERRNO(evhub_emu_close(kq), EBADF);
	close(fds[0]);
	close(fds[1]);
	CHECK_INT(count_descriptors(), before);

	/* A queue closed by plain close is forgotten too. */
	kq = new_queue();
	close(kq);
	CHECK_INT(new_queue(), kq);
	no_event(kq);
	CHECK_INT(evhub_emu_close(kq), 0);
	CHECK_INT(open("/dev/null", O_RDONLY), kq);
	CHECK_ERRNO(change(kq, 0, EVFILT_READ, EV_ADD), EBADF);
	child = fork();
	CHECK(child != -1);
	if (child == 0)
		_exit(fcntl(kq, F_GETFD) != -1 ? 0 : 1);
	CHECK_INT(child_status(child), 0);
}

const struct selftest closing_tests[] = {
	TEST(close_removes), TEST(copy_stays), TEST(copy_stays_and_number_is_used_again),
	TEST(copy_comes_back), TEST(old_news), TEST(dup_over), TEST(anonymous_files),
	TEST(regular_files), TEST(peers_see_the_close),
	TEST(close_while_waiting), TEST(forked), TEST(child_keeps_files),
	TEST(queue_is_a_descriptor), { NULL, NULL },
};
