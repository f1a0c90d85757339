/*
 * What a queue of the kqueue emulation knows: watches (one per number) and their notes (one per
 * filter). emulation.c opens with the picture. Everything here runs under the lock.
 */
#ifndef EVHUB_EMULATION_NOTES_H
#define EVHUB_EMULATION_NOTES_H

#include "emulation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "look.h"

#define NEWS (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)
#define KEPT_FLAGS (EV_ONESHOT | EV_CLEAR | EV_DISPATCH | EV_RECEIPT)

/* A knote. */
struct note {
	struct note *next, *prev;	/* in the ring of active notes; NULL: not active */
	struct watch *watch;
	short filter;
	int live;
	int disabled;
	int reported;			/* EV_CLEAR on a file: seen holds what was reported */
	int64_t seen;
	unsigned short flags;
	unsigned int fflags;
	void *udata;
};

/*
 * One open file at one number. The memory stays with the number when the watch is dropped: the
 * tests count allocations, and those of a kernel would not be seen either.
 */
struct watch {
	struct note notes[2];
	int open;
	int fd;
	uint32_t generation;
	enum kind kind;
	int mute;			/* a file: epoll brings no news of it */
	dev_t device;
	ino_t inode;
};

struct queue {
	struct queue *next;
	int fd;
	pid_t owner;
	int users;			/* calls at work */
	int waiters;			/* of which wait */
	int closed;
	int mutes;
	uint32_t generation;
	struct watch **watches;
	size_t size;
	struct note ring;		/* the head of the ring */
};

/* The ring: taking out needs no head. */

static void ring_init(struct note *head)
{
	head->next = head->prev = head;
}

static void ring_put(struct note *head, struct note *note)
{
	note->prev = head->prev;
	note->next = head;
	head->prev->next = note;
	head->prev = note;
}

static void ring_take(struct note *note)
{
	if (note->next == NULL)
		return;
	note->prev->next = note->next;
	note->next->prev = note->prev;
	note->next = note->prev = NULL;
}

static int set_control(struct queue *queue, int operation, int fd, struct epoll_event *event)
{
	return (int)syscall(SYS_epoll_ctl, queue->fd, operation, fd, event);
}

/* Watches: what a queue knows of one number. */

static void watch_drop(struct queue *queue, struct watch *watch)
{
	ring_take(&watch->notes[0]);
	ring_take(&watch->notes[1]);
	set_control(queue, EPOLL_CTL_DEL, watch->fd, NULL);
	queue->mutes -= watch->mute;
	memset(watch, 0, sizeof(*watch));
}

/* The number's watch, if it has one. */
static struct watch *watch_at(const struct queue *queue, int fd)
{
	struct watch *watch = (size_t)fd < queue->size ? queue->watches[fd] : NULL;

	return watch != NULL && watch->open ? watch : NULL;
}

/*
 * Is the number the open file that it was when the watch was made? If not, the watch must be
 * dropped (which also undoes the entry that the question may have made).
 */
static int watch_holds(struct queue *queue, struct watch *watch)
{
	struct epoll_event none = { 0 };
	struct stat st;

	if (fstat(watch->fd, &st) == -1 || st.st_dev != watch->device
	    || st.st_ino != watch->inode)
		return 0;
	if (watch->mute)
		return 1;
	return set_control(queue, EPOLL_CTL_ADD, watch->fd, &none) == -1 && errno == EEXIST;
}

/* As watch_at; a watch whose file was closed is gone with its notes. */
static struct watch *watch_find(struct queue *queue, int fd)
{
	struct watch *watch = watch_at(queue, fd);

	if (watch != NULL && !watch_holds(queue, watch)) {
		watch_drop(queue, watch);
		return NULL;
	}
	return watch;
}

static int watches_grow(struct queue *queue, size_t need)
{
	size_t size = queue->size != 0 ? queue->size : 64;
	struct watch **watches;

	while (size < need)
		size *= 2;
	if (size == queue->size)
		return 0;
	watches = realloc(queue->watches, size * sizeof(struct watch *));
	if (watches == NULL)
		return ENOMEM;
	for (size_t i = queue->size; i < size; i++)
		watches[i] = NULL;
	queue->watches = watches;
	queue->size = size;
	return 0;
}

static int news_subscribe(struct queue *queue, struct watch *watch, int operation)
{
	struct epoll_event event = {
		.events = NEWS,
		.data.u64 = (uint64_t)watch->generation << 32 | (uint32_t)watch->fd,
	};

	return set_control(queue, operation, watch->fd, &event) == 0 ? 0 : errno;
}

static int watch_make(struct queue *queue, int fd, const struct stat *st, struct watch **made)
{
	struct watch *watch;
	int error = watches_grow(queue, (size_t)fd + 1);

	if (error != 0)
		return error;
	if (queue->watches[fd] == NULL)
		queue->watches[fd] = calloc(1, sizeof(*watch));
	watch = queue->watches[fd];
	if (watch == NULL)
		return ENOMEM;
	watch->fd = fd;
	watch->generation = ++queue->generation;
	watch->kind = kind_of(st);
	watch->device = st->st_dev;
	watch->inode = st->st_ino;
	for (int i = 0; i < 2; i++) {
		watch->notes[i].watch = watch;
		watch->notes[i].filter = i == 0 ? EVFILT_READ : EVFILT_WRITE;
	}
	error = news_subscribe(queue, watch, EPOLL_CTL_ADD);
	if (error == EEXIST)	/* an entry left behind: the file is back at its number */
		error = news_subscribe(queue, watch, EPOLL_CTL_MOD);
	watch->mute = error == EPERM;
	if (error != 0 && !watch->mute)
		return error == ENOSPC ? ENOMEM : error;
	watch->open = 1;
	queue->mutes += watch->mute;
	*made = watch;
	return 0;
}

/* Notes. */

static void note_drop(struct queue *queue, struct note *note)
{
	struct watch *watch = note->watch;

	ring_take(note);
	note->live = 0;
	if (!watch->notes[0].live && !watch->notes[1].live)
		watch_drop(queue, watch);
}

static void note_activate(struct queue *queue, struct note *note)
{
	if (note->live && !note->disabled && note->next == NULL)
		ring_put(&queue->ring, note);
}

static struct look note_look(const struct note *note)
{
	return look_at(note->watch->fd, note->watch->kind, note->filter, note->fflags);
}

static int note_make(struct queue *queue, int fd, int which, unsigned short flags,
    struct note **made)
{
	struct watch *watch = watch_at(queue, fd);
	struct stat st;
	int error;

	if (fstat(fd, &st) == -1)
		return EBADF;
	if (kind_of(&st) == KIND_PIPE && which == 1 && (poll_now(fd) & POLLERR))
		return EPIPE;
	if (watch == NULL) {
		error = watch_make(queue, fd, &st, &watch);
		if (error != 0)
			return error;
	}
	*made = &watch->notes[which];
	**made = (struct note) {
		.watch = watch,
		.filter = which == 0 ? EVFILT_READ : EVFILT_WRITE,
		.live = 1,
		.flags = flags & KEPT_FLAGS,
	};
	return 0;
}

/* Reports one note if it still is true; what becomes of it afterwards is in its flags. */
static int note_report(struct queue *queue, struct note *note, struct evhub_emu_kevent *event)
{
	struct look look;

	ring_take(note);
	if (!watch_holds(queue, note->watch)) {
		watch_drop(queue, note->watch);
		return 0;
	}
	look = note_look(note);
	if (!look.ready)
		return 0;
	*event = (struct evhub_emu_kevent) {
		.ident = (uintptr_t)note->watch->fd,
		.filter = note->filter,
		.flags = note->flags | look.flags,
		.data = look.data,
		.udata = note->udata,
	};
	note->reported = (note->flags & EV_CLEAR) != 0;
	note->seen = look.data;
	if (note->flags & EV_ONESHOT)
		note_drop(queue, note);
	else if (note->flags & EV_DISPATCH)
		note->disabled = 1;
	else if (!(note->flags & EV_CLEAR))
		ring_put(&queue->ring, note);
	return 1;
}

#endif
