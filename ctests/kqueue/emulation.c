/*
 * The queues of the kqueue emulation: see emulation.h for what it is and is not. This is the one
 * file to compile; notes.h and look.h are its parts.
 *
 *	queue --> watches[number] --> notes: READ, WRITE
 *	  |                              ^
 *	  +-- ring of active notes ------+
 *
 * As in a kernel, news of a descriptor makes its notes active (put at the tail of the ring), and
 * kevent takes them from the head, runs the filter again, and either reports or drops them; a
 * level-triggered note that was reported goes back to the tail.
 *
 * The queue's descriptor is an epoll set, which has three tasks. It wakes the waiter. Its
 * edge-triggered reports are the news. And it knows, without keeping anything open, whether a
 * number still is the open file that it was: entries are per number and open file, and go with
 * the last close of the file, so that EPOLL_CTL_ADD fails with EEXIST just for the same file.
 * (A private duplicate of the file, to compare with, would hide closes from the peers.)
 * Entries that a close leaves behind, because a duplicate keeps the file open, are told from
 * later ones by a generation. Regular files are refused by epoll: their notes are looked at
 * now and then, and the file is known by device and inode.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "notes.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define SECOND 1000000000LL
#define FILE_LOOK_NS 10000000LL		/* between looks at files that are at their end */
#define FOREVER_S 1000000000LL

/* Not a mutex: the tests count locks, and those of a kernel would not be seen either. */
static atomic_flag busy = ATOMIC_FLAG_INIT;

static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static struct queue *queues;

static void lock(void)
{
	while (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire))
		sched_yield();
}

static void unlock(void)
{
	atomic_flag_clear_explicit(&busy, memory_order_release);
}

/* Queues. */

static struct queue *queue_find(int fd)
{
	struct queue *queue = queues;

	while (queue != NULL && queue->fd != fd)
		queue = queue->next;
	return queue;
}

static void queue_unlink(struct queue *queue)
{
	struct queue **link = &queues;

	while (*link != queue)
		link = &(*link)->next;
	*link = queue->next;
	queue->closed = 1;
}

static void queue_free(struct queue *queue)
{
	for (size_t i = 0; i < queue->size; i++)
		free(queue->watches[i]);
	free(queue->watches);
	free(queue);
}

/* The child has no queues: their numbers are free. (The epoll sets are the parent's still.) */
static void after_fork_child(void)
{
	while (queues != NULL) {
		struct queue *queue = queues;

		close(queue->fd);
		queue_unlink(queue);
		queue_free(queue);
	}
	unlock();
}

static void watch_forks(void)
{
	pthread_atfork(lock, unlock, after_fork_child);
}

int evhub_emu_kqueue(void)
{
	struct queue *queue = calloc(1, sizeof(*queue));
	struct queue *stale;

	if (queue == NULL) {
		errno = ENOMEM;
		return -1;
	}
	pthread_once(&fork_once, watch_forks);
	lock();
	queue->fd = (int)syscall(SYS_epoll_create1, 0);
	if (queue->fd == -1) {
		unlock();
		free(queue);
		return -1;
	}
	stale = queue_find(queue->fd);
	if (stale != NULL) {		/* was closed behind our back */
		queue_unlink(stale);
		if (stale->users == 0)
			queue_free(stale);
	}
	queue->owner = getpid();
	ring_init(&queue->ring);
	queue->next = queues;
	queues = queue;
	unlock();
	return queue->fd;
}

int evhub_emu_close(int kq)
{
	struct queue *queue;
	int result;

	lock();
	queue = queue_find(kq);
	if (queue != NULL) {
		queue_unlink(queue);
		if (queue->users == 0)
			queue_free(queue);
	}
	result = close(kq);
	unlock();
	return result;
}

/* Applies one change and returns its error number. */
static int change_apply(struct queue *queue, const struct evhub_emu_kevent *change)
{
	int which = change->filter == EVFILT_READ ? 0 : 1;
	int fd = (int)change->ident;
	struct watch *watch;
	struct note *note;
	int error;

	if (change->filter != EVFILT_READ && change->filter != EVFILT_WRITE)
		return EINVAL;
	if (change->ident > INT_MAX || syscall(SYS_fcntl, fd, F_GETFD) == -1)
		return EBADF;
	if (queue_find(fd) != NULL)
		return EINVAL;
	watch = watch_find(queue, fd);
	note = watch != NULL && watch->notes[which].live ? &watch->notes[which] : NULL;
	if (note == NULL && !(change->flags & EV_ADD))
		return ENOENT;
	if (note == NULL) {
		error = note_make(queue, fd, which, change->flags, &note);
		if (error != 0)
			return error;
	}
	if (change->flags & EV_DELETE) {
		note_drop(queue, note);
		return 0;
	}
	note->udata = change->udata;
	note->fflags = change->fflags;
	if (change->flags & EV_DISABLE) {
		note->disabled = 1;
		ring_take(note);
	} else if (change->flags & (EV_ADD | EV_ENABLE)) {
		note->disabled = 0;
	}
	if (!note->disabled && note_look(note).ready) {
		note_activate(queue, note);
		if (queue->waiters > 0 && !note->watch->mute)
			news_subscribe(queue, note->watch, EPOLL_CTL_MOD);	/* wakes them */
	}
	return 0;
}

/* Returns the number of entries in the event list, or -1 with errno. */
static int changes_apply(struct queue *queue, const struct evhub_emu_kevent *changes,
    int nchanges, struct evhub_emu_kevent *events, int nevents)
{
	int entries = 0;

	for (int i = 0; i < nchanges; i++) {
		struct evhub_emu_kevent change = changes[i];	/* the lists may be one array */
		int error = change_apply(queue, &change);

		if (error == 0 && !(change.flags & EV_RECEIPT))
			continue;
		if (entries == nevents) {
			errno = error;
			return error == 0 ? entries : -1;
		}
		change.flags = EV_ERROR;
		change.data = error;
		events[entries++] = change;
	}
	return entries;
}

/* Events. */

/* Makes active what epoll has news of. */
static int news_collect(struct queue *queue)
{
	struct epoll_event batch[64];
	int count;

	do {
		count = (int)syscall(SYS_epoll_pwait, queue->fd, batch, 64, 0, NULL, 0);
		for (int i = 0; i < count; i++) {
			struct watch *watch = watch_at(queue, (int)(uint32_t)batch[i].data.u64);

			if (watch == NULL || watch->generation != batch[i].data.u64 >> 32)
				continue;
			if (batch[i].events & ~(uint32_t)EPOLLOUT)
				note_activate(queue, &watch->notes[0]);
			if (batch[i].events & ~(uint32_t)(EPOLLIN | EPOLLRDHUP))
				note_activate(queue, &watch->notes[1]);
		}
	} while (count == 64);
	return count == -1 ? -1 : 0;
}

static void files_look(struct queue *queue)
{
	for (size_t i = 0; queue->mutes > 0 && i < queue->size; i++) {
		struct watch *watch = watch_at(queue, (int)i);

		for (int k = 0; watch != NULL && watch->mute && k < 2; k++) {
			struct note *note = &watch->notes[k];
			struct look look = note_look(note);

			if (look.ready && !(note->reported && look.data == note->seen))
				note_activate(queue, note);
		}
	}
}

/* Each note that is active now gets one turn; a marker shows where the next round begins. */
static int events_report(struct queue *queue, struct evhub_emu_kevent *events, int nevents)
{
	struct note marker;
	int count = 0;

	ring_put(&queue->ring, &marker);
	while (count < nevents && queue->ring.next != &marker)
		count += note_report(queue, queue->ring.next, &events[count]);
	ring_take(&marker);
	return count;
}

static int64_t now_ns(void)
{
	struct timespec now;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

/* Waits for news, without the lock, and returns an error number. left_ns below 0: for ever. */
static int news_wait(struct queue *queue, int64_t left_ns)
{
	struct pollfd pfd = { .fd = queue->fd, .events = POLLIN };
	struct timespec ts;
	int error;

	if (queue->mutes > 0 && (left_ns < 0 || left_ns > FILE_LOOK_NS))
		left_ns = FILE_LOOK_NS;
	ts.tv_sec = left_ns / SECOND;
	ts.tv_nsec = left_ns % SECOND;
	queue->waiters++;
	unlock();
	error = ppoll(&pfd, 1, left_ns < 0 ? NULL : &ts, NULL) == -1 ? errno : 0;
	lock();
	queue->waiters--;
	return error;
}

/* A wait, if only for no time, comes before every look: an interrupted one counts if it is vain. */
static int events_wait(struct queue *queue, struct evhub_emu_kevent *events, int nevents,
    const struct timespec *timeout)
{
	int64_t end_ns = 0, left_ns = -1;
	int count, error;

	if (timeout != NULL && (timeout->tv_sec < 0 || timeout->tv_nsec < 0
	    || timeout->tv_nsec >= SECOND)) {
		errno = EINVAL;
		return -1;
	}
	if (timeout != NULL && timeout->tv_sec > FOREVER_S)
		timeout = NULL;
	if (timeout != NULL)
		end_ns = now_ns() + timeout->tv_sec * SECOND + timeout->tv_nsec;
	for (;;) {
		files_look(queue);
		if (timeout != NULL)
			left_ns = at_least(end_ns - now_ns(), 0);
		error = news_wait(queue, queue->ring.next == &queue->ring ? left_ns : 0);
		if (queue->closed || news_collect(queue) == -1) {
			errno = EBADF;
			return -1;
		}
		count = events_report(queue, events, nevents);
		if (count > 0)
			return count;
		if (error != 0) {
			errno = error;
			return -1;
		}
		if (left_ns == 0)
			return 0;
	}
}

int evhub_emu_kevent(int kq, const struct evhub_emu_kevent *changes, int nchanges,
    struct evhub_emu_kevent *events, int nevents, const struct timespec *timeout)
{
	struct queue *queue;
	int result;

	if (nchanges < 0 || nevents < 0) {
		errno = EINVAL;
		return -1;
	}
	if ((nchanges > 0 && changes == NULL) || (nevents > 0 && events == NULL)) {
		errno = EFAULT;
		return -1;
	}
	lock();
	queue = queue_find(kq);
	if (queue == NULL || queue->owner != getpid()) {
		unlock();
		errno = EBADF;
		return -1;
	}
	queue->users++;
	result = changes_apply(queue, changes, nchanges, events, nevents);
	if (result == 0 && nevents > 0)
		result = events_wait(queue, events, nevents, timeout);
	if (--queue->users == 0 && queue->closed)
		queue_free(queue);
	unlock();
	return result;
}
