/*
 * kqueue(2) and kevent(2) on Linux, for tests alone: a test build of the library runs its kqueue
 * backend on this. Written from the manual pages of FreeBSD and OpenBSD, not from the needs of
 * the backend. It proves the logic of a user of kqueue; it does not prove a BSD kernel.
 *
 * Emulated
 *   EVFILT_READ and EVFILT_WRITE on sockets, pipes, fifos, regular files and what else poll(2)
 *   knows. One knote per (ident, filter) and queue. EV_ADD, DELETE, ENABLE, DISABLE, ONESHOT,
 *   CLEAR, DISPATCH, RECEIPT, EOF, ERROR; NOTE_FILE_POLL. The order of work of kevent: changes
 *   first, errors to the event list (or -1 when it is full), no wait after errors, events in
 *   turn, those that found no room first the next time. Closing a number removes its knotes,
 *   whatever duplicates exist. A queue is one descriptor, not close-on-exec, and a child of
 *   fork does not have it: there the number is free, and closing it closes somebody else's file.
 *
 * Where the manual is silent or loose, what BSD kernels do
 *   - EV_ADD of an existing knote replaces udata and fflags; ONESHOT, CLEAR and DISPATCH stay
 *     what they were when the knote was made (FreeBSD, NetBSD, DragonFly). To change them,
 *     EV_DELETE first. A change that is no deletion replaces udata, EV_ENABLE's as well.
 *   - Any change of a closed number is EBADF, also EV_DELETE; ENOENT is for a live number.
 *   - EV_ADD of EVFILT_WRITE on a pipe whose reader is gone is EPIPE (FreeBSD, DragonFly).
 *   - Events carry the flags that the knote was made with (ONESHOT, CLEAR, DISPATCH, RECEIPT).
 *   - A stream socket that is not connected is neither readable nor writable; a listening one is
 *     never writable. A FIN from the peer is EV_EOF for READ only, until both ways are shut.
 *   - A regular file is always writable (the manual calls that unsupported, the kernels do it);
 *     at its end it is not readable, unless NOTE_FILE_POLL is set.
 *
 * Not emulated
 *   - The other filters: EINVAL. EVFILT_SIGNAL would have to count signals that are ignored.
 *   - fflags of an EOF (the socket's error): always 0, because on Linux to read the error is to
 *     take it from the program under test. NOTE_LOWAT is ignored. The program's own SHUT_WR
 *     is not shown as EV_EOF of WRITE. data of a datagram socket is the next datagram's size.
 *   - A queue as ident (EINVAL), and waiting for a queue with poll(2).
 *   - Close and re-use within which the same open file returns to its number, by way of a
 *     duplicate, goes unnoticed. So does re-use by the same regular file.
 *   - EV_CLEAR is exact but for one thing: news for one filter may report a true EV_CLEAR knote
 *     of the other filter on that number once more.
 *   - Threads may change and wait on one queue at once, but the close of a queue does not wake
 *     its waiters, nor does a regular file that another thread adds.
 *   - A signal handler that runs in the middle of a call but not during its wait is no EINTR.
 */
#ifndef EVHUB_EMULATION_H
#define EVHUB_EMULATION_H

#include <stdint.h>
#include <time.h>

#define EVFILT_READ (-1)
#define EVFILT_WRITE (-2)
#define EVFILT_SIGNAL (-6)
#define EVFILT_TIMER (-7)
#define EVFILT_USER (-11)

#define EV_ADD 0x0001
#define EV_DELETE 0x0002
#define EV_ENABLE 0x0004
#define EV_DISABLE 0x0008
#define EV_ONESHOT 0x0010
#define EV_CLEAR 0x0020
#define EV_RECEIPT 0x0040
#define EV_DISPATCH 0x0080
#define EV_ERROR 0x4000
#define EV_EOF 0x8000

#define NOTE_FILE_POLL 0x0002

struct evhub_emu_kevent {
	uintptr_t ident;
	short filter;
	unsigned short flags;
	unsigned int fflags;
	int64_t data;
	void *udata;
};

int evhub_emu_kqueue(void);
int evhub_emu_kevent(int kq, const struct evhub_emu_kevent *changes, int nchanges,
    struct evhub_emu_kevent *events, int nevents, const struct timespec *timeout);

/* close(2), which also forgets the queue: what a user of kqueue closes its queues with. */
int evhub_emu_close(int kq);

#endif
