/*
 * Events: being called back when a descriptor is ready, a signal arrives or a time has come.
 *
 * This is the interface of libevent 1.4, name by name and byte by byte. In short:
 *
 *	struct event_base *base = event_init();
 *	struct event ev;
 *
 *	event_set(&ev, fd, EV_READ | EV_PERSIST, callback, argument);
 *	event_add(&ev, NULL);
 *	event_dispatch();
 *
 * The memory of a struct event is the caller's. It must stay in place while the event is
 * pending or active, and may be freed inside the event's own callback once it is neither. One
 * base belongs to one thread at a time. Every function may be called from callbacks.
 *
 * What evhub has beyond libevent 1.4 is declared in event_ext.h.
 *
 * Where a behaviour is cited by number, docs/behaviours.md tells it in full: what libevent 1.4
 * does, and whether this library does the same.
 */
#ifndef _EVENT_H_
#define _EVENT_H_

#include "event-config.h"

#include <sys/types.h>
#include <sys/time.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "evutil.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * States of an event, as ev_flags tells them. Programs may read them; only the library
 * writes them.
 */
#define EVLIST_TIMEOUT 0x01	/* waits for its time */
#define EVLIST_INSERTED 0x02	/* waits for its descriptor or signal */
#define EVLIST_SIGNAL 0x04	/* historical: never set */
#define EVLIST_ACTIVE 0x08	/* about to be called */
#define EVLIST_INTERNAL 0x10	/* does not keep the loop running */
#define EVLIST_INIT 0x80	/* event_set() was called */
#define EVLIST_ALL (0xf000 | 0x9f)	/* every bit that may be set */

/*
 * What an event waits for, and what its callback is told.
 */
#define EV_TIMEOUT 0x01
#define EV_READ 0x02
#define EV_WRITE 0x04
#define EV_SIGNAL 0x08
#define EV_PERSIST 0x10	/* stays added after its callback was called */

/*
 * Lists. TAILQ_ENTRY is defined only while this file is read, and only if <sys/queue.h> has
 * not been included before. To walk lists of struct evkeyval, include <sys/queue.h> first:
 * then the list heads are complete types.
 */
#ifndef TAILQ_ENTRY
#define _EVENT_DEFINED_TQENTRY
#define TAILQ_ENTRY(type) \
	struct { \
		struct type *tqe_next; \
		struct type **tqe_prev; \
	}
#endif

struct event_base;

/** `struct event` of libevent 1.4. */
struct event {
	TAILQ_ENTRY(event) ev_next;
	TAILQ_ENTRY(event) ev_active_next;
	TAILQ_ENTRY(event) ev_signal_next;
	unsigned int min_heap_idx;
	struct event_base *ev_base;
	int ev_fd;
	short ev_events;
	short ev_ncalls;
	short *ev_pncalls;
	struct timeval ev_timeout;
	int ev_pri;
	void (*ev_callback)(int fd, short what, void *arg);
	void *ev_arg;
	int ev_res;
	int ev_flags;
};

#define EVENT_SIGNAL(ev) ((int)(ev)->ev_fd)
#define EVENT_FD(ev) ((int)(ev)->ev_fd)

/** A pair of texts: a header of an HTTP message. */
struct evkeyval {
	/** link in its list */
	TAILQ_ENTRY(evkeyval) next;
	/** what stands before the colon */
	char *key;
	/** what stands behind it */
	char *value;
};

#ifdef _EVENT_DEFINED_TQENTRY
#undef TAILQ_ENTRY
#undef _EVENT_DEFINED_TQENTRY
struct event_list;
struct evkeyvalq;
#else
TAILQ_HEAD(event_list, event);
TAILQ_HEAD(evkeyvalq, evkeyval);
#endif

/*
 * Messages of the library: how grave they are, and who is told.
 */
#define _EVENT_LOG_DEBUG 0
#define _EVENT_LOG_MSG 1
#define _EVENT_LOG_WARN 2
#define _EVENT_LOG_ERR 3

/** Receives one message, without a newline at its end. */
typedef void (*event_log_cb)(int severity, const char *msg);

/*
 * Bases and their loop.
 */

/* Flags of event_loop() and event_base_loop(). */
#define EVLOOP_ONCE 0x01	/* return when something has run */
#define EVLOOP_NONBLOCK 0x02	/* do not wait; return when nothing is ready */

/**
 * Makes a base and makes it the current one, which calls without a base use.
 *
 * Programs never check its result, so it does not fail: without descriptors or memory it logs
 * an error and ends the process with status 1, as does a process in which every mechanism is
 * switched off.
 *
 * @return the base; free it with event_base_free()
 * @see event_base_new(); behaviours 45, 51, 54
 */
struct event_base *event_init(void);

/**
 * Makes a base. The current base stays what it is.
 *
 * Differs from libevent 1.4, which ended the process when descriptors or memory ran out.
 *
 * @return the base, to be freed with event_base_free(); NULL with errno EMFILE, ENFILE or
 *   ENOMEM. A process in which every mechanism is switched off ends with status 1.
 * @see behaviours 45, 50, 51, 54
 */
struct event_base *event_base_new(void);

/**
 * Frees a base. Its events become "not pending", without a base; their memory is the caller's.
 * No descriptor of the caller's is closed. Inside one of the base's own callbacks the events go
 * at once, the running loop returns 0 after the callback, and then the memory goes.
 *
 * @param base the base; NULL: the current one
 * @see behaviour 46
 *
 * @pre `base` is NULL or a base that was not freed.
 */
void event_base_free(struct event_base *base);

/**
 * Rebuilds what the kernel keeps for a base: to be called in the child after fork(), before the
 * base is used there. May be called in the parent, from callbacks, and more than once.
 *
 * @return 0; -1 with errno if an event could not be registered again (the others are)
 * @see behaviour 52
 *
 * @pre `base` is NULL (EINVAL) or a base that was not freed.
 */
int event_reinit(struct event_base *base);

/**
 * The mechanism of the current base.
 *
 * @return "epoll", "kqueue", "poll" or "select"; NULL with EINVAL if there is no current base
 * @see behaviours 47, 48
 */
const char *event_get_method(void);

/**
 * The mechanism of a base.
 *
 * @return "epoll", "kqueue", "poll" or "select"; NULL with EINVAL if `base` is NULL
 *
 * @pre `base` is NULL or a base that was not freed.
 */
const char *event_base_get_method(struct event_base *base);

/**
 * The version of libevent whose interface this is: "1.4.15".
 *
 * @see evhub_version() for the library's own
 */
const char *event_get_version(void);

/**
 * Splits the current base's active queue: event_base_priority_init() on the current base.
 *
 * @param npriorities how many priorities, 1 to 32768
 * @return 0; -1 with EINVAL
 */
int event_priority_init(int npriorities);

/**
 * Sets how many priorities a base has. Lower numbers run first. Events keep the number that they
 * have; event_set() gives the middle one.
 *
 * @param npriorities how many priorities, 1 to 32768
 * @return 0; -1 with EINVAL (out of range, or an event is active) or ENOMEM
 * @see behaviours 4, 38
 *
 * @pre `base` is NULL (EINVAL) or a base that was not freed.
 */
int event_base_priority_init(struct event_base *base, int npriorities);

/**
 * Redirects log messages, for the whole process.
 *
 * @param cb called with the severity (_EVENT_LOG_DEBUG to _EVENT_LOG_ERR) and a line of at most
 *   1023 bytes, valid during the call; NULL: back to standard error
 * @see behaviour 66
 */
void event_set_log_callback(event_log_cb cb);

/**
 * Assigns an event to another base than the current one. Only right after event_set().
 *
 * @return 0, the priority is the middle one of `base`; -1 with EINVAL if the event is pending,
 *   active, or not set up, or `base` is NULL
 * @see behaviour 36
 *
 * @pre `base` is NULL or a base that was not freed, `ev` NULL or a `struct event`.
 */
int event_base_set(struct event_base *base, struct event *ev);

/**
 * Runs the current base's loop until nothing is pending, or it is told to end.
 *
 * The program must deal with SIGPIPE itself (behaviour 23). A callback may leave by longjmp();
 * a C++ exception or pthread_exit() that leaves a callback ends the process.
 *
 * @return 1 when no events are left; 0 after event_loopexit() or event_loopbreak(); -1 with
 *   errno when waiting failed, or EINTR when event_sigcb returned -1
 * @see behaviour 1
 */
int event_dispatch(void);

/**
 * event_dispatch() on a base.
 *
 * @pre `base` is NULL (EINVAL) or a base that was not freed.
 */
int event_base_dispatch(struct event_base *base);

/**
 * Runs the current base's loop.
 *
 * @param flags EVLOOP_ONCE: until a round has run events; EVLOOP_NONBLOCK: until a poll finds
 *   nothing; both: one round
 * @return as event_dispatch(); 0 when the flags ended it
 * @see behaviours 1, 11, 12
 */
int event_loop(int flags);

/**
 * event_loop() on a base. May be called inside a callback of the same base: a loop in the loop.
 *
 * @pre `base` is NULL (EINVAL) or a base that was not freed.
 */
int event_base_loop(struct event_base *base, int flags);

/**
 * Ends the current base's loop after a time; the round that is running then is finished.
 *
 * @param tv the time; NULL: as soon as possible
 * @return 0; -1 with ENOMEM or EINVAL
 * @see behaviour 13
 *
 * @pre `tv` is NULL or a timeval.
 */
int event_loopexit(const struct timeval *tv);

/**
 * event_loopexit() on a base.
 *
 * @pre `base` is NULL (EINVAL) or a base that was not freed, `tv` NULL or a timeval.
 */
int event_base_loopexit(struct event_base *base, const struct timeval *tv);

/**
 * Ends the current base's loop after the callback that is running. Other active events stay
 * queued. Without a running loop, the next one returns at once.
 *
 * @return 0; -1 with EINVAL if there is no current base
 * @see behaviours 14, 15, 192
 */
int event_loopbreak(void);

/**
 * event_loopbreak() on a base.
 *
 * @pre `base` is NULL (EINVAL) or a base that was not freed.
 */
int event_base_loopbreak(struct event_base *base);

/*
 * Events.
 */

/**
 * Sets up an event that the caller has allocated. It belongs to the current base (if there is
 * one), with the middle priority, and is not pending. Not to be called on a pending event.
 *
 * @param ev the event, 128 bytes (72 on 32-bit systems), whatever they hold
 * @param fd a descriptor, or a signal number with EV_SIGNAL; -1 for timers
 * @param events EV_READ, EV_WRITE, or EV_SIGNAL; with EV_PERSIST to stay added when called
 * @param cb called with the descriptor (or signal), what happened, and `arg`
 * @see behaviour 24
 *
 * @pre `ev` is NULL or points to room for a `struct event`.
 */
void event_set(struct event *ev, int fd, short events,
    void (*cb)(int fd, short what, void *arg), void *arg);

/**
 * Makes an event pending. On one that is pending already it renews the timeout, or, with a NULL
 * `tv`, leaves everything as it is.
 *
 * Any number of events may wait for one descriptor. A timeout fires never early, and once.
 *
 * @param ev an event set up by event_set()
 * @param tv how long until the event is called with EV_TIMEOUT; NULL: never. Negative: at once.
 *   A `tv_usec` of a million and more counts as what it says.
 * @return 0; -1 with errno and nothing changed: EBADF (a closed or negative descriptor), EPERM
 *   (a regular file, with epoll), EINVAL (not set up, no base, a signal that cannot be caught),
 *   ENOMEM, EMFILE, ENOSPC
 * @see behaviours 26 to 30, 190
 *
 * @pre `ev` is NULL or a `struct event` that stays in place while pending; `tv` NULL or a timeval.
 */
int event_add(struct event *ev, const struct timeval *tv);

/**
 * Takes an event out: not pending, not active, its repeated calls dropped.
 *
 * @return 0, also if it was not pending; -1 with EINVAL if it has no base or was not set up
 * @see behaviours 25, 30, 191
 *
 * @pre `ev` is NULL (EINVAL) or a `struct event`.
 */
int event_del(struct event *ev);

/**
 * Is an event pending or active?
 *
 * @param what which of EV_TIMEOUT, EV_READ, EV_WRITE, EV_SIGNAL to look for
 * @param tv if the timer is pending and EV_TIMEOUT is looked for: the time of day of its
 *   deadline; may be NULL
 * @return those of `what` that the event waits for or is active with; 0 if none
 * @see behaviours 31, 32
 *
 * @pre `ev` is NULL (0) or a `struct event`; `tv` NULL or a timeval.
 */
int event_pending(struct event *ev, short what, struct timeval *tv);

/**
 * Makes an event active: the loop calls it, even if it was never added.
 *
 * An active event only collects `res`. Does not wake a loop in another thread: for that there
 * is evhub_async_send().
 *
 * @param res what the callback is told: EV_READ, EV_WRITE, EV_TIMEOUT, EV_SIGNAL
 * @param ncalls how many times it is called; 0: not at all, but a one-shot event is deleted
 * @see behaviours 33 to 35, 189
 *
 * @pre `ev` is NULL or a `struct event` that stays in place until it was called.
 */
void event_active(struct event *ev, int res, short ncalls);

/**
 * Sets the priority of an event that is not active.
 *
 * @param priority 0 (first) to one less than the base has
 * @return 0; -1 with EINVAL
 * @see behaviour 37
 *
 * @pre `ev` is NULL (EINVAL) or a `struct event`.
 */
int event_priority_set(struct event *ev, int priority);

/**
 * Calls a function once, on the current base: when a descriptor is ready or a time has passed.
 *
 * @param fd the descriptor; not looked at for EV_TIMEOUT
 * @param events EV_TIMEOUT alone, or EV_READ and EV_WRITE (EV_PERSIST is ignored)
 * @param tv the time; NULL: at once for EV_TIMEOUT, otherwise none
 * @return 0; -1 with EINVAL (other `events`, no current base), EBADF, EPERM or ENOMEM. What it
 *   allocates is freed before `cb` runs, or with the base.
 * @see behaviour 39
 *
 * @pre `tv` is NULL or a timeval.
 */
int event_once(int fd, short events, void (*cb)(int fd, short what, void *arg), void *arg,
    const struct timeval *tv);

/**
 * event_once() on a base.
 *
 * @pre `base` is NULL (EINVAL) or a base that was not freed, `tv` NULL or a timeval.
 */
int event_base_once(struct event_base *base, int fd, short events,
    void (*cb)(int fd, short what, void *arg), void *arg, const struct timeval *tv);

/* Non-zero if event_set() was called; the memory must have been zeroed before that. */
#define event_initialized(ev) ((ev)->ev_flags & EVLIST_INIT)

/* Events that wait for a time alone. */
#define evtimer_add(ev, tv) event_add(ev, tv)
#define evtimer_set(ev, cb, arg) event_set(ev, -1, 0, cb, arg)
#define evtimer_del(ev) event_del(ev)
#define evtimer_pending(ev, tv) event_pending(ev, EV_TIMEOUT, tv)
#define evtimer_initialized(ev) ((ev)->ev_flags & EVLIST_INIT)

/* The same under their older names. */
#define timeout_add(ev, tv) event_add(ev, tv)
#define timeout_set(ev, cb, arg) event_set(ev, -1, 0, cb, arg)
#define timeout_del(ev) event_del(ev)
#define timeout_pending(ev, tv) event_pending(ev, EV_TIMEOUT, tv)
#define timeout_initialized(ev) ((ev)->ev_flags & EVLIST_INIT)

/* Events that wait for a signal; they stay added until they are deleted. */
#define signal_add(ev, tv) event_add(ev, tv)
#define signal_set(ev, x, cb, arg) event_set(ev, x, EV_SIGNAL | EV_PERSIST, cb, arg)
#define signal_del(ev) event_del(ev)
#define signal_pending(ev, tv) event_pending(ev, EV_SIGNAL, tv)
#define signal_initialized(ev) ((ev)->ev_flags & EVLIST_INIT)

/*
 * Buffers: bytes in one block of memory. The fields may be read, best through the macros.
 */

/**
 * A buffer: data in one block, taken from the front and added to the end. Made by
 * evbuffer_new() alone.
 */
struct evbuffer {
	/** the data */
	unsigned char *buffer;
	/** the memory that it lies in */
	unsigned char *orig_buffer;
	/** unused bytes before the data */
	size_t misalign;
	/** size of the memory in bytes */
	size_t totallen;
	/** length of the data in bytes */
	size_t off;
	/** called when the length changes */
	void (*cb)(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg);
	/** its argument */
	void *cbarg;
};

#define EVBUFFER_LENGTH(x) (x)->off
#define EVBUFFER_DATA(x) (x)->buffer

/** What ends a line. */
enum evbuffer_eol_style {
	EVBUFFER_EOL_ANY,	/* any run of CR and LF */
	EVBUFFER_EOL_CRLF,	/* LF, or CR LF */
	EVBUFFER_EOL_CRLF_STRICT,	/* CR LF alone */
	EVBUFFER_EOL_LF	/* LF alone */
};

/**
 * Makes an empty buffer. It has no memory for data until there is some.
 *
 * @return the buffer, to be freed with evbuffer_free(); NULL with ENOMEM
 * @see behaviours 68, 193
 */
struct evbuffer *evbuffer_new(void);

/**
 * Frees a buffer and its data. May be called by the buffer's own callback.
 *
 * @param buf the buffer; NULL: nothing is done
 *
 * @pre `buf` is NULL or a buffer that was not freed.
 */
void evbuffer_free(struct evbuffer *buf);

/**
 * Makes room, so that adding `datlen` bytes needs no more memory.
 *
 * @return 0; -1 with ENOMEM (also if the sum is no size at all) and the buffer unchanged
 * @see behaviours 68, 74
 *
 * @pre `buf` is NULL (EINVAL) or a buffer that was not freed.
 */
int evbuffer_expand(struct evbuffer *buf, size_t datlen);

/**
 * Adds bytes at the end.
 *
 * @param data the bytes; they may be the buffer's own. NULL is fine for none.
 * @param datlen how many
 * @return 0; -1 with ENOMEM and the buffer unchanged
 * @see behaviours 70, 74
 *
 * @pre `buf` is NULL (EINVAL) or a buffer that was not freed; `data` has `datlen` bytes.
 */
int evbuffer_add(struct evbuffer *buf, const void *data, size_t datlen);

/**
 * Moves all data of a buffer to the end of another, and copies no more of it than it must: an
 * empty buffer exchanges its memory with the other. First `inbuf` is told if `outbuf` was
 * empty, otherwise `outbuf` is.
 *
 * Differs from libevent 1.4: a buffer can be added to itself, which does nothing.
 *
 * @param outbuf gets the data
 * @param inbuf is empty afterwards
 * @return 0; -1 with ENOMEM and both unchanged
 * @see behaviour 71
 *
 * @pre Both are NULL (EINVAL) or buffers that were not freed.
 */
int evbuffer_add_buffer(struct evbuffer *outbuf, struct evbuffer *inbuf);

/**
 * Takes bytes from the front.
 *
 * @param data room for them
 * @param datlen how many at most; more than INT_MAX count as INT_MAX
 * @return how many were taken; -1 with EINVAL
 * @see behaviour 72
 *
 * @pre `buf` is NULL (EINVAL) or a buffer that was not freed; `data` has room for `datlen` bytes.
 */
int evbuffer_remove(struct evbuffer *buf, void *data, size_t datlen);

/**
 * Drops bytes from the front. Memory stays for the next bytes, unless it is more than 1 MiB
 * and the buffer is empty now.
 *
 * @param len how many; all there are if it is more
 * @see behaviour 69
 *
 * @pre `buf` is NULL or a buffer that was not freed.
 */
void evbuffer_drain(struct evbuffer *buf, size_t len);

/**
 * Takes a line from the front. It ends at the first CR or LF; one byte of the other kind that
 * follows at once belongs to that end.
 *
 * @return the line without its end, terminated, to be freed with free(); NULL if there is no
 *   whole line, or with ENOMEM (the line stays)
 * @see behaviour 75; evbuffer_readln() for other line ends and for lines that contain NUL
 *
 * @pre `buf` is NULL or a buffer that was not freed.
 */
char *evbuffer_readline(struct evbuffer *buf);

/**
 * Takes a line from the front, with a choice of what ends it.
 *
 * @param n_read_out if not NULL: the length of the line, which may contain NUL; 0 if there is
 *   none
 * @param eol_style EVBUFFER_EOL_ANY and so on
 * @return the line without its end, terminated, to be freed with free(); NULL if there is no
 *   whole line, with EINVAL for an unknown style, with ENOMEM (the line stays)
 * @see behaviour 76
 *
 * @pre `buf` is NULL or a buffer that was not freed; `n_read_out` is NULL or writable.
 */
char *evbuffer_readln(struct evbuffer *buf, size_t *n_read_out,
    enum evbuffer_eol_style eol_style);

/**
 * Finds bytes.
 *
 * @param what the bytes
 * @param len how many; 0 counts as 1, as in libevent 1.4
 * @return where they are in the data, first of all; valid until the buffer changes. NULL if
 *   they are not there.
 * @see behaviour 77
 *
 * @pre `buffer` is NULL or a buffer that was not freed; `what` has `len` bytes, and at least one.
 */
unsigned char *evbuffer_find(struct evbuffer *buffer, const unsigned char *what, size_t len);

/**
 * Reads once from a descriptor, and adds what has come.
 *
 * Differs from libevent 1.4, which asked for the number of waiting bytes first: this reads what
 * is there, up to `howmuch`. Memory grows to what has come, not to what was asked for.
 *
 * @param fd a descriptor
 * @param howmuch how many bytes at most; negative: as the buffer's memory suggests, at least
 *   4096
 * @return how many bytes came; 0 at the end of file (and for a `howmuch` of 0); -1 with errno
 *   (EAGAIN, EINTR, ECONNRESET ... of read(2), ENOMEM), and no data is lost
 * @see behaviours 78, 194
 *
 * @pre `buf` is NULL (EINVAL) or a buffer that was not freed.
 */
int evbuffer_read(struct evbuffer *buf, int fd, int howmuch);

/**
 * Writes once to a descriptor, and drops what went out. SIGPIPE is the program's affair.
 *
 * @return how many bytes went out, 0 if there were none; -1 with errno (EAGAIN, EINTR, EPIPE ...
 *   of write(2)) and the buffer unchanged
 * @see behaviour 79
 *
 * @pre `buffer` is NULL (EINVAL) or a buffer that was not freed.
 */
int evbuffer_write(struct evbuffer *buffer, int fd);

/**
 * Has a function called after each change of the buffer's length. It may change or free the
 * buffer: changes by the callback itself call it again, from within at first, and when they
 * never end it is cut off.
 *
 * @param cb gets the buffer, its length before and after, and `cbarg`; NULL: nobody
 * @see behaviour 70
 *
 * @pre `buffer` is NULL or a buffer that was not freed.
 */
void evbuffer_setcb(struct evbuffer *buffer,
    void (*cb)(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg),
    void *cbarg);

/**
 * Adds text, as printf(3) makes it, without a NUL at its end.
 *
 * @param fmt the format; its arguments may not point into the buffer, whose memory may move
 * @return how many bytes were added; -1 with errno (EINVAL for a NULL, ENOMEM, EILSEQ, EOVERFLOW)
 *   and the data unchanged
 * @see behaviour 73
 */
int evbuffer_add_printf(struct evbuffer *buf, const char *fmt, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 2, 3)))
#endif
;

/** evbuffer_add_printf() with its arguments in a va_list, which can be used again. */
int evbuffer_add_vprintf(struct evbuffer *buf, const char *fmt, va_list ap)
#ifdef __GNUC__
    __attribute__((format(printf, 2, 0)))
#endif
;

/*
 * Buffered input and output on a descriptor.
 */

/* What an error callback is told. */
#define EVBUFFER_READ 0x01	/* it happened while reading */
#define EVBUFFER_WRITE 0x02	/* it happened while writing */
#define EVBUFFER_EOF 0x10	/* the peer has ended its side */
#define EVBUFFER_ERROR 0x20	/* errno tells */
#define EVBUFFER_TIMEOUT 0x40	/* nothing moved for too long */

struct bufferevent;

/** Called when there is something to read, or when what was to be written has gone. */
typedef void (*evbuffercb)(struct bufferevent *bufev, void *arg);

/** Called when the connection ended or failed; what is made of the bits above. */
typedef void (*everrorcb)(struct bufferevent *bufev, short what, void *arg);

/** Bounds in bytes. */
struct event_watermark {
	/** the callback waits until there is this much to read, or no more than this to write */
	size_t low;
	/** reading stops when there is this much; 0 is no bound */
	size_t high;
};

/** A descriptor with buffered input and output. */
struct bufferevent {
	/** its base */
	struct event_base *ev_base;
	/** waits for input; ev_read.ev_fd is the descriptor */
	struct event ev_read;
	/** waits until output can be written */
	struct event ev_write;
	/** what was read */
	struct evbuffer *input;
	/** what is to be written */
	struct evbuffer *output;
	/** bounds of the input */
	struct event_watermark wm_read;
	/** bounds of the output */
	struct event_watermark wm_write;
	/** called when there is enough to read */
	evbuffercb readcb;
	/** called when enough was written */
	evbuffercb writecb;
	/** called when the connection ended or failed */
	everrorcb errorcb;
	/** argument of the three */
	void *cbarg;
	/** seconds to wait for input; 0 is no bound */
	int timeout_read;
	/** seconds to wait until output can be written; 0 is no bound */
	int timeout_write;
	/** EV_READ and EV_WRITE, as enabled */
	short enabled;
};

#define EVBUFFER_INPUT(x) (x)->input
#define EVBUFFER_OUTPUT(x) (x)->output

/**
 * Makes a bufferevent. It belongs to the current base, writing is enabled, reading is not, and
 * nothing is pending.
 *
 * @param fd a descriptor that does not block: a socket, a pipe, a terminal. It stays the
 *   caller's. -1: none yet.
 * @param readcb called when there is something to read; NULL: nobody
 * @param writecb called when what was to be written has gone; NULL: nobody
 * @param errorcb called when the connection ended or failed: nothing is pending then in that
 *   direction. NULL: nobody
 * @param cbarg argument of the three
 * @return the bufferevent, to be freed with bufferevent_free(); NULL with ENOMEM
 * @see behaviours 81, 86, 195
 */
struct bufferevent *bufferevent_new(int fd, evbuffercb readcb, evbuffercb writecb,
    everrorcb errorcb, void *cbarg);

/**
 * Frees a bufferevent and its two buffers. What was not written is lost, the descriptor is not
 * closed. May be called by any of its callbacks.
 *
 * @param bufev the bufferevent; NULL: nothing is done
 * @see behaviour 93
 *
 * @pre `bufev` is NULL or a bufferevent that was not freed.
 */
void bufferevent_free(struct bufferevent *bufev);

/**
 * Moves a bufferevent to another base, for good.
 *
 * @return 0; -1 with EINVAL while anything is pending or to be written
 * @see behaviour 81
 *
 * @pre `base` is NULL (EINVAL) or a base, `bufev` NULL (EINVAL) or a bufferevent; not freed.
 */
int bufferevent_base_set(struct event_base *base, struct bufferevent *bufev);

/**
 * Sets the priority of both directions.
 *
 * @param pri 0 (first) to one less than the base has
 * @return 0; -1 with EINVAL
 *
 * @pre `bufev` is NULL (EINVAL) or a bufferevent that was not freed.
 */
int bufferevent_priority_set(struct bufferevent *bufev, int pri);

/**
 * Sets the callbacks and their argument, as bufferevent_new() does.
 *
 * @pre `bufev` is NULL or a bufferevent that was not freed.
 */
void bufferevent_setcb(struct bufferevent *bufev, evbuffercb readcb, evbuffercb writecb,
    everrorcb errorcb, void *cbarg);

/**
 * Gives a bufferevent another descriptor. Nothing is pending afterwards (enable what you need),
 * and the priority is the default again. Output that was not written stays.
 *
 * @param fd the descriptor; -1: none. The old one is not closed.
 * @see behaviour 91
 *
 * @pre `bufev` is NULL or a bufferevent that was not freed.
 */
void bufferevent_setfd(struct bufferevent *bufev, int fd);

/**
 * Adds bytes to the output. If writing is enabled they go out at the end of the loop's round,
 * together with what else was added until then.
 *
 * Differs from libevent 1.4, where ev_write was pending at once: here it is so only while the
 * descriptor takes no more. bufferevent_disable() takes back what was not written yet.
 *
 * @param data the bytes, which are copied
 * @param size how many
 * @return 0; -1 with ENOMEM and nothing added
 * @see behaviour 82
 *
 * @pre `bufev` is NULL (EINVAL) or a bufferevent that was not freed; `data` has `size` bytes.
 */
int bufferevent_write(struct bufferevent *bufev, const void *data, size_t size);

/**
 * Moves all data of a buffer to the output; see bufferevent_write(). It is not copied where
 * that can be helped. The output's callback is called first, the buffer's last.
 *
 * @param buf the buffer, empty afterwards. The output itself is fine: it is just written.
 * @return 0; -1 with ENOMEM and nothing moved
 * @see behaviour 92
 *
 * @pre `bufev` is NULL (EINVAL) or a bufferevent, `buf` NULL (EINVAL) or a buffer; not freed.
 */
int bufferevent_write_buffer(struct bufferevent *bufev, struct evbuffer *buf);

/**
 * Takes bytes from the input.
 *
 * @param data room for them
 * @param size how many at most
 * @return how many were taken; 0 with EINVAL for an argument that is NULL
 * @see behaviour 92
 *
 * @pre `bufev` is NULL (0) or a bufferevent that was not freed; `data` has room for `size` bytes.
 */
size_t bufferevent_read(struct bufferevent *bufev, void *data, size_t size);

/**
 * Starts reading, writing, or both. With nothing to write, writecb is called as soon as
 * something could be written: so a connection that is being made tells that it is there.
 *
 * @param event EV_READ, EV_WRITE
 * @return 0; -1 with errno and nothing changed: EBADF (a closed descriptor, or none), EPERM
 *   (reading a regular file, with epoll), EINVAL (no base), ENOMEM
 * @see behaviours 82, 83
 *
 * @pre `bufev` is NULL (EINVAL) or a bufferevent that was not freed.
 */
int bufferevent_enable(struct bufferevent *bufev, short event);

/**
 * Stops reading, writing, or both. What is in the buffers stays there.
 *
 * @param event EV_READ, EV_WRITE
 * @return 0; -1 with EINVAL
 * @see behaviour 90
 *
 * @pre `bufev` is NULL (EINVAL) or a bufferevent that was not freed.
 */
int bufferevent_disable(struct bufferevent *bufev, short event);

/**
 * Sets how long a direction may be idle until errorcb is called with EVBUFFER_TIMEOUT. What is
 * pending gets the new time at once; 0 does not stop a time that runs.
 *
 * @param timeout_read seconds without input, while reading is enabled; 0: no bound
 * @param timeout_write seconds in which nothing of the output can be written; 0: no bound
 * @see behaviours 83, 89
 *
 * @pre `bufev` is NULL or a bufferevent that was not freed.
 */
void bufferevent_settimeout(struct bufferevent *bufev, int timeout_read, int timeout_write);

/**
 * Sets the marks of the input, the output, or both.
 *
 * Input: readcb is called when there are `lowmark` bytes, and reading stops when there are
 * `highmark`, until the program has taken some (0: it does not stop). Output: writecb is called
 * when no more than `lowmark` bytes are left; `highmark` is only noted.
 *
 * Differs from libevent 1.4: the program's own callback on the input stays, and only the marks
 * of the direction that is named change anything.
 *
 * @param events EV_READ, EV_WRITE
 * @see behaviours 84, 85, 88
 *
 * @pre `bufev` is NULL or a bufferevent that was not freed.
 */
void bufferevent_setwatermark(struct bufferevent *bufev, short events, size_t lowmark,
    size_t highmark);

/*
 * Tagged records in buffers: a tag, a length, so many bytes. Numbers take as few bytes as they
 * need. What is not complete yet is left alone, so that it can be asked for again when more has
 * come.
 */

/**
 * Nothing: libevent 1.4 needed to be told to begin.
 *
 * @see behaviour 100
 */
void evtag_init(void);

/**
 * Adds an integer in as few bytes as it needs (1 to 5).
 *
 * Without memory for them nothing is added, and errno is ENOMEM; so for all that add here.
 *
 * @see behaviour 96
 *
 * @pre `evbuf` is NULL or a buffer that was not freed.
 */
void encode_int(struct evbuffer *evbuf, uint32_t number);

/**
 * Adds a record: tag, length, payload.
 *
 * @param data the payload, `len` bytes; NULL is fine for none, otherwise errno is EINVAL
 * @see behaviour 97
 *
 * @pre `evbuf` is NULL or a buffer that was not freed; `data` has `len` bytes.
 */
void evtag_marshal(struct evbuffer *evbuf, uint32_t tag, const void *data, uint32_t len);

/**
 * Adds a record whose payload is an integer.
 *
 * @see behaviour 97
 *
 * @pre `evbuf` is NULL or a buffer that was not freed.
 */
void evtag_marshal_int(struct evbuffer *evbuf, uint32_t tag, uint32_t integer);

/**
 * Adds a record whose payload is a string, without its NUL.
 *
 * @see behaviour 97
 *
 * @pre `buf` is NULL or a buffer that was not freed; `string` is NULL (EINVAL) or a string.
 */
void evtag_marshal_string(struct evbuffer *buf, uint32_t tag, const char *string);

/**
 * Adds a record whose payload is a time: seconds, then microseconds, the low 32 bits of each.
 *
 * @see behaviour 97
 *
 * @pre `evbuf` is NULL or a buffer that was not freed; `tv` is NULL (EINVAL) or a timeval.
 */
void evtag_marshal_timeval(struct evbuffer *evbuf, uint32_t tag, struct timeval *tv);

/**
 * Looks at the tag of the first record and takes nothing.
 *
 * @param ptag gets the tag
 * @return how many bytes the tag has; -1 with EINVAL if it is not there yet, or does not fit 32
 *   bits
 * @see behaviours 98, 101
 *
 * @pre `evbuf` is NULL (EINVAL) or a buffer that was not freed; `ptag` is NULL or writable.
 */
int evtag_peek(struct evbuffer *evbuf, uint32_t *ptag);

/**
 * Looks at how long the first record is, with tag and length; the payload need not be there.
 *
 * @param plength gets the length in bytes
 * @return 0; -1 with EINVAL if tag and length are not there yet, or not valid
 * @see behaviour 98
 *
 * @pre `evbuf` is NULL (EINVAL) or a buffer that was not freed; `plength` is NULL or writable.
 */
int evtag_peek_length(struct evbuffer *evbuf, uint32_t *plength);

/**
 * Looks at how long the payload of the first record is; it need not be there.
 *
 * @param plength gets the length in bytes
 * @return 0; -1 with EINVAL if tag and length are not there yet, or not valid
 * @see behaviour 98
 *
 * @pre `evbuf` is NULL (EINVAL) or a buffer that was not freed; `plength` is NULL or writable.
 */
int evtag_payload_length(struct evbuffer *evbuf, uint32_t *plength);

/**
 * Takes the first record and drops it.
 *
 * @return 0; -1 with EINVAL and nothing taken if it is not complete, or not valid
 * @see behaviour 99
 *
 * @pre `evbuf` is NULL (EINVAL) or a buffer that was not freed.
 */
int evtag_consume(struct evbuffer *evbuf);

/**
 * Takes the first record, and adds its payload to another buffer.
 *
 * @param ptag gets the tag
 * @param dst gets the payload
 * @return the length of the payload in bytes; -1 with EINVAL (the record is not complete, or not
 *   valid) or ENOMEM, and nothing taken
 * @see behaviours 98, 99
 *
 * @pre The buffers are NULL (EINVAL) or were not freed; `ptag` is NULL or writable.
 */
int evtag_unmarshal(struct evbuffer *src, uint32_t *ptag, struct evbuffer *dst);

/**
 * Takes the first record, whose payload has a tag and a length that the caller knows.
 *
 * A complete record is taken even if it is not what was asked for, so that whoever skips what
 * he does not know gets on. So for the three that follow, too.
 *
 * @param data room for the payload, `len` bytes
 * @return 0; -1 with EINVAL (not complete: nothing is taken; another tag or length: it is)
 * @see behaviour 99
 *
 * @pre `src` is NULL (EINVAL) or a buffer that was not freed; `data` has room for `len` bytes.
 */
int evtag_unmarshal_fixed(struct evbuffer *src, uint32_t need_tag, void *data, size_t len);

/**
 * Takes the first record, whose payload is an integer.
 *
 * @param pinteger gets the integer
 * @return 0; -1 with EINVAL (not complete: nothing is taken; another tag or payload: it is)
 * @see behaviours 97, 99, 101
 *
 * @pre `evbuf` is NULL (EINVAL) or a buffer that was not freed; `pinteger` is NULL or writable.
 */
int evtag_unmarshal_int(struct evbuffer *evbuf, uint32_t need_tag, uint32_t *pinteger);

/**
 * Takes the first record, whose payload is a string.
 *
 * @param pstring gets the payload with a NUL behind it, to be freed with free(). The payload may
 *   contain NUL, too: evtag_payload_length() before tells how long it is.
 * @return 0; -1 with EINVAL (not complete: nothing is taken; another tag: it is) or ENOMEM
 *   (nothing is taken)
 * @see behaviours 97, 99
 *
 * @pre `evbuf` is NULL (EINVAL) or a buffer that was not freed; `pstring` is NULL or writable.
 */
int evtag_unmarshal_string(struct evbuffer *evbuf, uint32_t need_tag, char **pstring);

/**
 * Takes the first record, whose payload is a time. A million microseconds and more become
 * seconds.
 *
 * @param ptv gets the time
 * @return 0; -1 with EINVAL (not complete: nothing is taken; another tag or payload: it is)
 * @see behaviours 97, 99
 *
 * @pre `evbuf` is NULL (EINVAL) or a buffer that was not freed; `ptv` is NULL or writable.
 */
int evtag_unmarshal_timeval(struct evbuffer *evbuf, uint32_t need_tag, struct timeval *ptv);

#ifdef __cplusplus
}
#endif

#endif /* _EVENT_H_ */
