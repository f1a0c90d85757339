/*
 * evhub: coroutines for C, with what they need to wait for each other.
 *
 *	static void *worker(void *arg) { evhub_sleep(0.1); return arg; }
 *
 *	int main(void)
 *	{
 *		void *value;
 *		evhub_greenlet_t *g = evhub_spawn(worker, "done");
 *
 *		evhub_get(g, &value, -1);
 *		puts(value);
 *		evhub_release(g);
 *		return 0;
 *	}
 *
 * There is no loop to run: the first call that has to wait runs it, and libevent code of the same
 * thread shares it. Greenlets of a thread run one at a time, and only give way in calls that wait.
 *
 * A call that waits takes its timeout last, in seconds: negative (or infinite) is none, 0 does not
 * wait. It fails with
 *
 *	ETIMEDOUT	the timeout is over, or a limit of evhub_timeout_start()
 *	EAGAIN		the timeout is 0, and it would have to wait
 *	ECANCELED	the caller was killed; or another number that the kill has given
 *	EDEADLK		nothing can ever wake the caller
 *	EBADF		what it waits for, or the loop, was freed meanwhile
 *	EPERM		the loop has called it (in a callback of libevent's, a link, a hook), where
 *			waiting is impossible; or the object belongs to another thread
 *	EINVAL		an argument is NULL or makes no sense; a timeout is not a number
 *	ENOMEM		there is no memory
 *	EVHUB_ELOOPEXIT	event_loopexit() or event_loopbreak() has ended the loop (main
 *			greenlet only)
 *
 * and then nothing has happened: nothing is taken, nothing is lost. A call that was killed, or
 * whose time was up, gives way once before it fails. A call with timeout 0 does not wait, so it
 * does not fail for these reasons, and the loop's callbacks may make it.
 *
 * Objects belong to the thread that has made them; evhub_async_send() alone may be called from
 * others. What a _new gives, its _free takes; NULL is fine. Handles of greenlets are counted.
 *
 * Greenlets that have not ended when their thread does, by pthread_exit() in one of them, too, are
 * dropped, with a line in the log. exit() ends the process on any stack.
 */
#ifndef EVHUB_EVHUB_H
#define EVHUB_EVHUB_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;

typedef struct evhub_greenlet evhub_greenlet_t;		/* a coroutine */
typedef struct evhub_link evhub_link_t;			/* who is told of an end */
typedef struct evhub_timeout evhub_timeout_t;		/* a limit on a stretch of code */
typedef struct evhub_local evhub_local_t;		/* a value of each greenlet */
typedef struct evhub_signal evhub_signal_t;		/* greenlets for a signal */
typedef struct evhub_waitable evhub_waitable_t;		/* any object of those below */
typedef struct evhub_iwait evhub_iwait_t;		/* several of them */
typedef struct evhub_flag evhub_flag_t;			/* set or not (gevent's Event) */
typedef struct evhub_result evhub_result_t;		/* a value or an error (AsyncResult) */
typedef struct evhub_waiter evhub_waiter_t;		/* a hand-over to one greenlet */
typedef struct evhub_semaphore evhub_semaphore_t;	/* a counter to take from */
typedef struct evhub_queue evhub_queue_t;		/* items to put and get */
typedef struct evhub_rlock evhub_rlock_t;		/* held by one, who may take it again */
typedef struct evhub_condition evhub_condition_t;	/* to be notified of, under a lock */
typedef struct evhub_rwlock evhub_rwlock_t;		/* many read, or one writes */
typedef struct evhub_barrier evhub_barrier_t;		/* all wait for the last one */
typedef struct evhub_waitgroup evhub_waitgroup_t;	/* a number of things to be done */
typedef struct evhub_group evhub_group_t;		/* greenlets, maybe so many (Group, Pool) */
typedef struct evhub_imap evhub_imap_t;			/* results of a group, one by one */

/** The function of a greenlet: its result is the greenlet's value. */
typedef void *(*evhub_fn_t)(void *arg);

/** Told of the end of a greenlet. */
typedef void (*evhub_link_fn_t)(evhub_greenlet_t *g, void *arg);

/** Told that an object is ready. */
typedef void (*evhub_watch_fn_t)(evhub_waitable_t *object, void *arg);

/** Told of one of several greenlets; not 0 ends the series. */
typedef int (*evhub_each_fn_t)(evhub_greenlet_t *g, void *arg);

/** Gets the next item of a series: 1, and `*item`; 0: there are no more; -1: errno says why. */
typedef int (*evhub_next_fn_t)(void *arg, void **item);

/** Told of failures. `text` may be NULL. */
typedef void (*evhub_error_fn_t)(evhub_greenlet_t *g, int error, const char *text, void *arg);

/** Told of switches and errors: EVHUB_TRACE_*. NULL stands for the loop. */
typedef void (*evhub_trace_fn_t)(int what, evhub_greenlet_t *from, evhub_greenlet_t *to,
    void *arg);

/** Which of two items goes first: below 0: a; above 0: b; 0: they are equal. */
typedef int (*evhub_compare_fn_t)(const void *a, const void *b, void *arg);

/** The end of a greenlet-local value. */
typedef void (*evhub_destructor_t)(void *value);

/* What evhub_state() returns; from EVHUB_DONE on the greenlet has ended. */
#define EVHUB_NEW 0		/* not started */
#define EVHUB_STARTED 1		/* has not run yet */
#define EVHUB_READY 2		/* can run */
#define EVHUB_RUNNING 3
#define EVHUB_WAITING 4
#define EVHUB_DONE 5		/* has returned */
#define EVHUB_FAILED 6		/* has returned evhub_fail(), or was killed with its own error */
#define EVHUB_KILLED 7		/* was killed with ECANCELED: no failure */

/* The value of a greenlet that was killed, unless it has returned another one. */
#define EVHUB_EXIT ((void *)-1)

/* Attributes of greenlets. */
#define EVHUB_QUIET 1U		/* its failure is not reported */
#define EVHUB_INHERIT_LOCALS 2U	/* begins with the values of its maker that have no destructor */
#define EVHUB_LINK_VALUE 4U	/* its end kills its maker: as EVHUB_ON_VALUE */
#define EVHUB_LINK_ERROR 8U	/* as EVHUB_ON_ERROR */

/* For which ends a link is, and who calls. */
#define EVHUB_ON_VALUE 1U
#define EVHUB_ON_ERROR 2U
#define EVHUB_ON_HUB 4U

/* Of evhub_joinall() and its like: fail with the first failure. */
#define EVHUB_RAISE 1U

/* Of evhub_semaphore_new(): no more than there was at first. */
#define EVHUB_BOUNDED 1U

/* Of evhub_select_queues(). */
#define EVHUB_GET 1
#define EVHUB_PUT 2
/* Of evhub_group_imap(): results as they come. */
#define EVHUB_UNORDERED 1U

/* Of evhub_timeout_start(): nobody's failure. */
#define EVHUB_TIMEOUT_SILENT (-1)

/* Errors beyond those of errno.h; evhub_strerror() knows them. */
#define EVHUB_ELINKED_DONE 0x45560001	/* a linked greenlet has returned */
#define EVHUB_ELINKED_FAILED 0x45560002	/* a linked greenlet has failed */
#define EVHUB_ELINKED_KILLED 0x45560003	/* a linked greenlet was killed */
#define EVHUB_ELOOPEXIT 0x45560004	/* the loop was told to end */

#define EVHUB_TRACE_SWITCH 1	/* `to` runs now */
#define EVHUB_TRACE_THROW 2	/* `to` was killed, or a limit of it has expired */

/* ---- Greenlets ---- */

typedef struct evhub_attr_t evhub_attr_t;

/** How a greenlet is to be. Zero, or EVHUB_ATTR_INIT, is the usual in every field but `size`. */
struct evhub_attr_t {
	/** sizeof(evhub_attr_t): what is behind it is not looked at */
	size_t size;
	/** its name, copied; NULL: "greenlet-" and its number */
	const char *name;
	/** bytes of its stack, at least 16 KiB; 0: 256 KiB. Rounded up to a power of two */
	size_t stack_size;
	/** seconds until it starts */
	double delay;
	/** EVHUB_QUIET, EVHUB_INHERIT_LOCALS, EVHUB_LINK_VALUE, EVHUB_LINK_ERROR */
	unsigned int flags;
};

#define EVHUB_ATTR_INIT { sizeof(evhub_attr_t), NULL, 0, 0.0, 0 }

/**
 * Makes a greenlet that is not started.
 *
 * @param attr how it is to be (`delay` is not looked at); NULL: as usual
 * @param fn its function
 * @return a handle, to be given back with evhub_release(); NULL with EINVAL or ENOMEM
 * @see evhub_start(), evhub_spawn_with()
 *
 * @pre `attr` is NULL or valid.
 */
evhub_greenlet_t *evhub_new(const evhub_attr_t *attr, evhub_fn_t fn, void *arg);

/**
 * Starts a greenlet: it runs when the caller and those who are ready before it have given way.
 *
 * @return 0; -1 with EINVAL: it was started before, or has ended
 *
 * @pre `g` is NULL (EINVAL) or a handle.
 */
int evhub_start(evhub_greenlet_t *g);

/**
 * Starts a greenlet after a time.
 *
 * @param seconds the time, not negative
 * @return 0; -1 with EINVAL (it was started before, or has ended; no such time) or ENOMEM
 *
 * @pre `g` is NULL (EINVAL) or a handle.
 */
int evhub_start_later(evhub_greenlet_t *g, double seconds);

/**
 * Spawns a greenlet: it runs when the caller and those who are ready before it have given way.
 * May be called from the loop's callbacks.
 *
 * @param fn its function; what it returns is the greenlet's value, unless that is evhub_fail()'s
 * @return a handle, to be given back with evhub_release(); NULL with EINVAL (no function) or
 *   ENOMEM (no memory for it, or for its stack)
 */
evhub_greenlet_t *evhub_spawn(evhub_fn_t fn, void *arg);

/**
 * Spawns a greenlet that starts after a time.
 *
 * @param seconds the time, not negative
 * @return as evhub_spawn(); EINVAL also for no such time
 */
evhub_greenlet_t *evhub_spawn_later(double seconds, evhub_fn_t fn, void *arg);

/**
 * Spawns a greenlet with attributes.
 *
 * @param attr how it is to be; NULL: as usual
 * @return as evhub_spawn(); EINVAL also for attributes that there are not, EPERM for links to a
 *   caller that is no greenlet
 *
 * @pre `attr` is NULL or valid.
 */
evhub_greenlet_t *evhub_spawn_with(const evhub_attr_t *attr, evhub_fn_t fn, void *arg);

/**
 * Spawns a greenlet and forgets it: there is no handle.
 *
 * @return 0; -1 as evhub_spawn()
 */
int evhub_go(evhub_fn_t fn, void *arg);

/**
 * Another reference to a greenlet.
 *
 * @return `g`; NULL with EINVAL
 *
 * @pre `g` is NULL (EINVAL) or a handle.
 */
evhub_greenlet_t *evhub_retain(evhub_greenlet_t *g);

/**
 * Gives a handle back. A greenlet that runs goes on; one that was not started never will.
 *
 * @param g a handle; NULL is fine
 *
 * @pre `g` is NULL or a handle.
 */
void evhub_release(evhub_greenlet_t *g);

/**
 * Waits for the end of a greenlet, however it ends.
 *
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 0; -1 with EAGAIN or ETIMEDOUT (it has not ended), EDEADLK (the caller itself), or as
 *   every call that waits
 *
 * @pre `g` is NULL (EINVAL) or a handle.
 */
int evhub_join(evhub_greenlet_t *g, double timeout);

/**
 * Waits for the value of a greenlet.
 *
 * @param value where it is put: what the function has returned; EVHUB_EXIT if the greenlet was
 *   killed and has returned nothing. May be NULL
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 0; -1 with the greenlet's error if it has failed, or as evhub_join()
 *
 * @pre `g` is NULL (EINVAL) or a handle; `value` is NULL or writable.
 */
int evhub_get(evhub_greenlet_t *g, void **value, double timeout);

/**
 * Waits for the end of several greenlets. One may be among them more than once.
 *
 * @param flags EVHUB_RAISE: only until one has failed, with that one's error
 * @param timeout seconds for all together; negative: none; 0: does not wait
 * @return 0: all have ended; -1 as evhub_get()
 *
 * @pre `g` has `n` handles.
 */
int evhub_joinall(evhub_greenlet_t *const *g, size_t n, unsigned int flags, double timeout);

/**
 * The greenlet that runs.
 *
 * @return it, not referenced; the thread's own stack is a greenlet, too. NULL in the loop's
 *   callbacks (EPERM), or with ENOMEM
 */
evhub_greenlet_t *evhub_current(void);

/**
 * The greenlet that the thread's own stack is.
 *
 * @return it, not referenced; NULL with ENOMEM
 */
evhub_greenlet_t *evhub_main(void);

/**
 * Sleeps.
 *
 * @param seconds how long; 0: as evhub_yield()
 * @return 0; -1 with EINVAL (negative, or no number), or as every call that waits
 */
int evhub_sleep(double seconds);

/**
 * Lets all others run who can, and the loop poll now and then; at once, if nobody can run.
 *
 * @return 0; -1 as every call that waits
 */
int evhub_yield(void);

/**
 * Where a greenlet stands.
 *
 * @return EVHUB_NEW, EVHUB_STARTED, EVHUB_READY, EVHUB_RUNNING, EVHUB_WAITING; EVHUB_DONE,
 *   EVHUB_FAILED or EVHUB_KILLED when it has ended; -1 with EINVAL
 *
 * @pre `g` is NULL (EINVAL) or a handle.
 */
int evhub_state(const evhub_greenlet_t *g);

/**
 * The value of a greenlet that has ended.
 *
 * @return as evhub_get() puts it; NULL before its end
 *
 * @pre `g` is NULL (NULL, EINVAL) or a handle.
 */
void *evhub_value(const evhub_greenlet_t *g);

/**
 * The error of a greenlet that has failed.
 *
 * @return its number; 0: it has not failed, or not ended; -1 with EINVAL
 *
 * @pre `g` is NULL (EINVAL) or a handle.
 */
int evhub_error(const evhub_greenlet_t *g);

/**
 * What a greenlet that has failed says of it.
 *
 * @return the text of evhub_fail(), valid as long as the handle; NULL if there is none
 *
 * @pre `g` is NULL (NULL, EINVAL) or a handle.
 */
const char *evhub_error_text(const evhub_greenlet_t *g);

/**
 * The name of a greenlet.
 *
 * @return its name, valid until it gets another one; NULL with EINVAL or ENOMEM
 *
 * @pre `g` is NULL (EINVAL) or a handle.
 */
const char *evhub_name(const evhub_greenlet_t *g);

/**
 * Gives a greenlet another name.
 *
 * @param name the name, copied
 * @return 0; -1 with EINVAL or ENOMEM
 *
 * @pre `g` is NULL (EINVAL) or a handle, `name` NULL (EINVAL) or a string.
 */
int evhub_set_name(evhub_greenlet_t *g, const char *name);

/**
 * The number of a greenlet, which no other one of the thread's has ever had.
 *
 * @return the number; 0 with EINVAL
 *
 * @pre `g` is NULL (EINVAL) or a handle.
 */
unsigned long evhub_id(const evhub_greenlet_t *g);

/**
 * Says that the caller fails: `return evhub_fail(EIO, "disk %d", n);` in a greenlet's function, or
 * in one that evhub_with_timeout() calls. Never waits.
 *
 * @param error why; above 0
 * @param format what is to be said of it, as printf(), up to 1023 bytes; may be NULL
 * @return what the function is to return
 */
void *evhub_fail(int error, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* ---- Killing ---- */

/**
 * Kills a greenlet: its current call that waits, and every later one, fails with the error until
 * the greenlet returns or calls evhub_kill_ack(). One that has not run yet never will. One that
 * is killed already keeps its first error. The caller may be killed, too: this call fails then.
 *
 * May be called from the loop's callbacks with timeout 0.
 *
 * @param error what the calls fail with; 0: ECANCELED
 * @param timeout seconds to wait for its end; negative: for ever; 0: only asks
 * @return 0; -1 with EINVAL, ENOMEM, ETIMEDOUT (it has not ended by then), or as every call that
 *   waits
 *
 * @pre `g` is NULL (EINVAL) or a handle.
 */
int evhub_kill(evhub_greenlet_t *g, int error, double timeout);

/**
 * Kills several greenlets, all at once; then waits for their ends.
 *
 * @param timeout seconds for all together; negative: none; 0: only asks
 * @return 0; -1 as evhub_kill()
 *
 * @pre `g` has `n` handles.
 */
int evhub_killall(evhub_greenlet_t *const *g, size_t n, int error, double timeout);

/**
 * Says that the caller was killed and goes on: its calls work again, so that it can clean up with
 * calls that wait, or live.
 *
 * @return the error that it was killed with; 0: it was not
 */
int evhub_kill_ack(void);

/**
 * Whose end has killed the caller, by a link.
 *
 * @return the greenlet, valid until evhub_kill_ack(); NULL: it was not killed, or not by a link
 */
evhub_greenlet_t *evhub_kill_source(void);

/* ---- Links ---- */

/**
 * Has a function called when a greenlet has ended; now, if it has. Once.
 *
 * The function runs in a greenlet of its own; with EVHUB_ON_HUB the loop calls it, and it may not
 * wait. One link does not disturb the others.
 *
 * @param when EVHUB_ON_VALUE (it has returned, or was killed), EVHUB_ON_ERROR (it has failed), or
 *   both; with EVHUB_ON_HUB
 * @return the link, which goes with the greenlet's last handle or by evhub_unlink(); NULL with
 *   EINVAL or ENOMEM
 *
 * @pre `g` is NULL (EINVAL) or a handle.
 */
evhub_link_t *evhub_link(evhub_greenlet_t *g, unsigned int when, evhub_link_fn_t fn, void *arg);

/**
 * Has a greenlet killed when another one has ended: with EVHUB_ELINKED_DONE, _FAILED or _KILLED.
 * evhub_kill_source() says who it was.
 *
 * @param when EVHUB_ON_VALUE, EVHUB_ON_ERROR, or both
 * @param target who is killed; NULL: the caller
 * @return as evhub_link(); EPERM: the caller is no greenlet
 *
 * @pre `g` is NULL (EINVAL) or a handle, `target` NULL or a handle.
 */
evhub_link_t *evhub_link_greenlet(evhub_greenlet_t *g, unsigned int when,
    evhub_greenlet_t *target);

/**
 * Has a result set to what a greenlet ends with. The result must outlive the link.
 *
 * @return as evhub_link()
 *
 * @pre `g` is NULL (EINVAL) or a handle, `r` NULL (EINVAL) or a result.
 */
evhub_link_t *evhub_link_result(evhub_greenlet_t *g, evhub_result_t *r);

/**
 * Has the loop call a function each time that an object becomes ready; now, if it is. The function
 * may not wait.
 *
 * @param object a flag: it is set. A semaphore: there is something to take. A queue: there is an
 *   item. A wait group: nothing is left. A result, a greenlet: once
 * @return the link, which goes with the object or by evhub_unlink(); NULL with EINVAL or ENOMEM
 *
 * @pre `object` is NULL (EINVAL) or an object that can be waited for.
 */
evhub_link_t *evhub_watch(evhub_waitable_t *object, evhub_watch_fn_t fn, void *arg);

/**
 * Takes a link back and frees it: nothing is called any more. Also inside its own function.
 *
 * @return 0; -1 with EINVAL
 *
 * @pre `link` is NULL (EINVAL) or a link whose object is still there.
 */
int evhub_unlink(evhub_link_t *link);

/* ---- Limits ---- */

/**
 * Starts a limit for the calling greenlet: when it expires, the call of the greenlet that waits,
 * and every later one, fails with the error until evhub_timeout_cancel(). Limits may overlap;
 * evhub_timeout_expired() tells whose error it is. A limit ends with its greenlet at the latest.
 *
 * @param seconds the time; negative: never
 * @param error what calls fail with; 0: ETIMEDOUT; EVHUB_TIMEOUT_SILENT: ETIMEDOUT, and a greenlet
 *   that ends because of it is not reported
 * @return the limit; NULL with EINVAL (not a number, no such error), EPERM (in the loop's
 *   callbacks) or ENOMEM
 */
evhub_timeout_t *evhub_timeout_start(double seconds, int error);

/**
 * Has the limit expired?
 *
 * @return 1 or 0; -1 with EINVAL
 *
 * @pre `t` is NULL (EINVAL) or a limit that was not cancelled.
 */
int evhub_timeout_expired(const evhub_timeout_t *t);

/**
 * Is the limit running? One that never expires is not.
 *
 * @return 1 or 0; -1 with EINVAL
 *
 * @pre `t` is NULL (EINVAL) or a limit that was not cancelled.
 */
int evhub_timeout_pending(const evhub_timeout_t *t);

/**
 * Ends a limit and frees it. If it had expired, the greenlet's calls work again.
 *
 * @param t a limit; NULL is fine
 *
 * @pre `t` is NULL or a limit that was not cancelled, of a greenlet that has not ended.
 */
void evhub_timeout_cancel(evhub_timeout_t *t);

/**
 * Calls a function, in the calling greenlet, with a limit.
 *
 * @param seconds the time; negative: none; 0: the function's first call that waits fails
 * @param value where what it returns is put; left as it is when the limit has expired. May be NULL
 * @return 0; -1 with ETIMEDOUT: the limit expired before the function has returned; with the error
 *   of evhub_fail(), if the function has returned that; with EINVAL, EPERM or ENOMEM
 *
 * @pre `value` is NULL or writable.
 */
int evhub_with_timeout(double seconds, evhub_fn_t fn, void *arg, void **value);

#if defined(__GNUC__) && !defined(EVHUB_NO_SCOPES)
/* Ends the limit of a block that is left; see EVHUB_TIMEOUT_SCOPE. */
static __inline__ __attribute__((unused)) void
evhub_timeout_leave_(evhub_timeout_t **t)
{
	evhub_timeout_cancel(*t);
}

/** A limit for the rest of the block: a variable `name`, cancelled however the block is left. */
#define EVHUB_TIMEOUT_SCOPE(name, seconds)                                        \
	__attribute__((cleanup(evhub_timeout_leave_))) evhub_timeout_t *name =    \
	    evhub_timeout_start(seconds, 0)
#endif

/* ---- Flags ---- */

/**
 * Makes a flag that is not set.
 *
 * @return the flag, to be freed with evhub_flag_free(); NULL with ENOMEM
 */
evhub_flag_t *evhub_flag_new(void);

/**
 * Frees a flag. Those who wait for it get EBADF.
 *
 * @param f a flag; NULL is fine
 *
 * @pre `f` is NULL or a flag that was not freed.
 */
void evhub_flag_free(evhub_flag_t *f);

/**
 * Sets a flag: all who wait for it are woken, even if it is cleared before they run. Never waits.
 *
 * @return 0; -1 with EINVAL or EPERM
 *
 * @pre `f` is NULL (EINVAL) or a flag that was not freed.
 */
int evhub_flag_set(evhub_flag_t *f);

/**
 * Clears a flag.
 *
 * @return 0; -1 with EINVAL or EPERM
 *
 * @pre `f` is NULL (EINVAL) or a flag that was not freed.
 */
int evhub_flag_clear(evhub_flag_t *f);

/**
 * Is a flag set?
 *
 * @return 1 or 0; -1 with EINVAL or EPERM
 *
 * @pre `f` is NULL (EINVAL) or a flag that was not freed.
 */
int evhub_flag_is_set(evhub_flag_t *f);

/**
 * Waits until a flag is set.
 *
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 1: it is set; 0: it was set, and cleared again before the caller ran; -1 with EAGAIN,
 *   ETIMEDOUT, or as every call that waits
 *
 * @pre `f` is NULL (EINVAL) or a flag that was not freed.
 */
int evhub_flag_wait(evhub_flag_t *f, double timeout);

/**
 * A flag, to be waited for among other objects: ready while it is set.
 *
 * @pre `f` is NULL or a flag that was not freed.
 */
evhub_waitable_t *evhub_flag_waitable(evhub_flag_t *f);

/* ---- Results ---- */

/**
 * Makes a result that is not set.
 *
 * @return the result, to be freed with evhub_result_free(); NULL with ENOMEM
 */
evhub_result_t *evhub_result_new(void);

/**
 * Frees a result. Those who wait for it get EBADF.
 *
 * @param r a result; NULL is fine
 *
 * @pre `r` is NULL or a result that was not freed.
 */
void evhub_result_free(evhub_result_t *r);

/**
 * Sets a result to a value: all who wait are woken. Set again, the last one holds. Never waits.
 *
 * @return 0; -1 with EINVAL or EPERM
 *
 * @pre `r` is NULL (EINVAL) or a result that was not freed.
 */
int evhub_result_set(evhub_result_t *r, void *value);

/**
 * Sets a result to an error: all who wait are woken. Set again, the last one holds. Never waits.
 *
 * @param error the number, which evhub_result_get() fails with; above 0
 * @param text what is to be said of it, copied; may be NULL
 * @return 0; -1 with EINVAL, EPERM or ENOMEM
 *
 * @pre `r` is NULL (EINVAL) or a result that was not freed, `text` NULL or a string.
 */
int evhub_result_set_error(evhub_result_t *r, int error, const char *text);

/**
 * Waits for the value of a result.
 *
 * @param value where it is put; may be NULL
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 0; -1 with the error that it was set to, with EAGAIN or ETIMEDOUT, or as every call that
 *   waits
 *
 * @pre `r` is NULL (EINVAL) or a result that was not freed; `value` is NULL or writable.
 */
int evhub_result_get(evhub_result_t *r, void **value, double timeout);

/**
 * Waits until a result is set, to whatever.
 *
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 0; -1 with EAGAIN or ETIMEDOUT, or as every call that waits
 *
 * @pre `r` is NULL (EINVAL) or a result that was not freed.
 */
int evhub_result_wait(evhub_result_t *r, double timeout);

/**
 * Is a result set?
 *
 * @return 1 or 0; -1 with EINVAL or EPERM
 *
 * @pre `r` is NULL (EINVAL) or a result that was not freed.
 */
int evhub_result_ready(evhub_result_t *r);

/**
 * The value of a result.
 *
 * @return it; NULL if it is not set, or set to an error, or with EINVAL or EPERM
 *
 * @pre `r` is NULL (EINVAL) or a result that was not freed.
 */
void *evhub_result_value(evhub_result_t *r);

/**
 * The error of a result.
 *
 * @return its number; 0: it is not set, or set to a value; -1 with EINVAL or EPERM
 *
 * @pre `r` is NULL (EINVAL) or a result that was not freed.
 */
int evhub_result_error(evhub_result_t *r);

/**
 * What was said of the error of a result.
 *
 * @return the text, valid until the result is set again or freed; NULL if there is none
 *
 * @pre `r` is NULL (EINVAL) or a result that was not freed.
 */
const char *evhub_result_error_text(evhub_result_t *r);

/**
 * A result, to be waited for among other objects: ready once it is set.
 *
 * @pre `r` is NULL or a result that was not freed.
 */
evhub_waitable_t *evhub_result_waitable(evhub_result_t *r);

/* ---- Queues ---- */

typedef struct evhub_choice_t evhub_choice_t;

/** One of several gets and puts; see evhub_select_queues(). */
struct evhub_choice_t {
	/** where */
	evhub_queue_t *queue;
	/** EVHUB_GET or EVHUB_PUT */
	int op;
	/** what is to be put; or where the item that was got is stored */
	void *item;
};

/**
 * Makes a FIFO queue.
 *
 * @param maxsize how many items it may have; -1: as many as there is memory for; 0: it is a
 *   channel, where a put waits until a get takes its item
 * @return the queue, to be freed with evhub_queue_free(); NULL with ENOMEM
 */
evhub_queue_t *evhub_queue_new(long maxsize);

/**
 * Makes a queue that gives the item first which was put last.
 *
 * @param maxsize as evhub_queue_new()
 * @return as evhub_queue_new()
 */
evhub_queue_t *evhub_lifo_new(long maxsize);

/**
 * Makes a queue that gives the least item first; equal ones in the order of putting.
 *
 * `compare` is called by puts and gets. It may not wait, and must return. Until it has, puts and
 * gets of this queue fail with EBUSY, and freeing the queue is refused.
 *
 * @param maxsize as evhub_queue_new()
 * @param compare called with two items and `arg`: below 0: `a` goes first; above 0: `b` does
 * @return as evhub_queue_new(); EINVAL: `compare` is NULL
 */
evhub_queue_t *evhub_pqueue_new(long maxsize, evhub_compare_fn_t compare, void *arg);

/**
 * Frees a queue. Those who wait for it get EBADF. Its items are the program's: get them before.
 *
 * @param q a queue; NULL is fine
 *
 * @pre `q` is NULL or a queue that was not freed.
 */
void evhub_queue_free(evhub_queue_t *q);

/**
 * Puts an item: gives it to the first who waits for one, or else into the queue, and waits while
 * that is full. Those who wait put in the order of asking. If there is a place, this succeeds
 * even for a caller that was killed or whose time is over.
 *
 * @param item any value, NULL included
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 0; -1 with EAGAIN or ETIMEDOUT (it is full), EBUSY (it is just being sorted, see
 *   evhub_pqueue_new()), ENOMEM, or as every call that waits
 *
 * @pre `q` is NULL (EINVAL) or a queue that was not freed.
 */
int evhub_queue_put(evhub_queue_t *q, void *item, double timeout);

/**
 * Gets an item, and waits while there is none. Those who wait get in the order of asking. If the
 * queue was full, the first who waits to put has put its item when this returns.
 *
 * @param item where it is stored; may be NULL
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 0; -1 with EAGAIN or ETIMEDOUT (it is empty), EBUSY (it is just being sorted, see
 *   evhub_pqueue_new()), or as every call that waits
 *
 * @pre `q` is NULL (EINVAL) or a queue that was not freed; `item` is NULL or writable.
 */
int evhub_queue_get(evhub_queue_t *q, void **item, double timeout);

/**
 * How many items are in a queue; those of waiting puts are not.
 *
 * @return the number; 0 with errno EINVAL for no queue
 *
 * @pre `q` is NULL (EINVAL) or a queue that was not freed.
 */
size_t evhub_queue_size(const evhub_queue_t *q);

/**
 * Is a queue empty? A channel always is, even if somebody waits to put.
 *
 * @return 1 or 0; -1 with EINVAL
 *
 * @pre `q` is NULL (EINVAL) or a queue that was not freed.
 */
int evhub_queue_empty(const evhub_queue_t *q);

/**
 * Is a queue full? A channel always is, even if somebody waits to get.
 *
 * @return 1 or 0; -1 with EINVAL
 *
 * @pre `q` is NULL (EINVAL) or a queue that was not freed.
 */
int evhub_queue_full(const evhub_queue_t *q);

/**
 * Says that the work which an item stood for is done. Each item that is put is a task, from when
 * it is in the queue, or taken from the hand, until this is called.
 *
 * @return 0; -1 with EINVAL (called more often than there were items) or EPERM
 *
 * @pre `q` is NULL (EINVAL) or a queue that was not freed.
 */
int evhub_queue_task_done(evhub_queue_t *q);

/**
 * Waits until all tasks of a queue are done: evhub_queue_task_done() was called for every item
 * that was put. At once if there are none.
 *
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 0; -1 with EAGAIN or ETIMEDOUT, or as every call that waits
 *
 * @pre `q` is NULL (EINVAL) or a queue that was not freed.
 */
int evhub_queue_join(evhub_queue_t *q, double timeout);

/**
 * A queue, to be waited for among other objects: ready while a get would not wait. The functions
 * of evhub_watch() are called for each item that is not given to somebody who waits.
 *
 * @pre `q` is NULL or a queue that was not freed.
 */
evhub_waitable_t *evhub_queue_waitable(evhub_queue_t *q);

/**
 * Does one of several gets and puts: the first of the array that is possible. If none is, waits
 * for the first that becomes possible. One queue may occur several times; a get of the caller's
 * never takes what a put of the same call offers. Exactly one is done; if the call fails, none.
 *
 * @param choices the gets and puts, as they were at the call; in that of a get that was done
 *   `item` is set
 * @param n how many; at least 1
 * @param timeout seconds; negative: none; 0: does not wait
 * @return the index of the one that was done; -1 with EAGAIN or ETIMEDOUT (none is possible),
 *   EBADF (one of the queues was freed), EBUSY (one is just being sorted, see
 *   evhub_pqueue_new()), EINVAL (no choices; `op` makes no sense), ENOMEM, or as every call that
 *   waits
 *
 * @pre `choices` has `n` elements, whose queues were not freed, until this returns.
 */
int evhub_select_queues(evhub_choice_t *choices, size_t n, double timeout);

/* ---- Waiters: a hand-over from anybody, or the loop, to one greenlet ---- */

/**
 * Makes a waiter, which is empty.
 *
 * @return the waiter, to be freed with evhub_waiter_free(); NULL with ENOMEM
 */
evhub_waiter_t *evhub_waiter_new(void);

/**
 * Frees a waiter. Whoever waits for it gets EBADF.
 *
 * @param w a waiter; NULL is fine
 *
 * @pre `w` is NULL or a waiter that was not freed.
 */
void evhub_waiter_free(evhub_waiter_t *w);

/**
 * Waits for what is handed over, and takes it: the waiter is empty again.
 *
 * @param value where it is put; may be NULL
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 0; -1 with the error that was handed over, with EBUSY (another greenlet waits), EAGAIN
 *   or ETIMEDOUT, or as every call that waits
 *
 * @pre `w` is NULL (EINVAL) or a waiter that was not freed; `value` is NULL or writable.
 */
int evhub_waiter_get(evhub_waiter_t *w, void **value, double timeout);

/**
 * Hands over a value: to whoever waits, or to whoever comes. Never waits.
 *
 * @return 0; -1 with EBUSY (what was handed over before was not taken yet: that stays), EINVAL or
 *   EPERM
 *
 * @pre `w` is NULL (EINVAL) or a waiter that was not freed.
 */
int evhub_waiter_set(evhub_waiter_t *w, void *value);

/**
 * Hands over an error: to whoever waits, or to whoever comes. Never waits.
 *
 * @param error the number, which evhub_waiter_get() fails with; above 0
 * @return as evhub_waiter_set()
 *
 * @pre `w` is NULL (EINVAL) or a waiter that was not freed.
 */
int evhub_waiter_set_error(evhub_waiter_t *w, int error);

/**
 * Is there something to take?
 *
 * @return 1 or 0; -1 with EINVAL or EPERM
 *
 * @pre `w` is NULL (EINVAL) or a waiter that was not freed.
 */
int evhub_waiter_ready(evhub_waiter_t *w);

/* ---- Semaphores ---- */

/**
 * Makes a semaphore.
 *
 * @param value how much there is to take at first; not negative
 * @param flags EVHUB_BOUNDED: there may never be more than that
 * @return the semaphore, to be freed with evhub_semaphore_free(); NULL with EINVAL or ENOMEM
 */
evhub_semaphore_t *evhub_semaphore_new(long value, unsigned int flags);

/**
 * Frees a semaphore. Those who wait for it get EBADF.
 *
 * @param s a semaphore; NULL is fine
 *
 * @pre `s` is NULL or a semaphore that was not freed.
 */
void evhub_semaphore_free(evhub_semaphore_t *s);

/**
 * Takes one, and waits for it if there is none. Those who wait get it in the order of asking.
 *
 * @param s a semaphore; NULL: one of which there is always enough
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 0; -1 with EAGAIN or ETIMEDOUT, or as every call that waits
 *
 * @pre `s` is NULL or a semaphore that was not freed.
 */
int evhub_semaphore_acquire(evhub_semaphore_t *s, double timeout);

/**
 * Gives one back: to the first who waits, or to whoever comes. Never waits.
 *
 * @param s a semaphore; NULL: nothing happens
 * @return 0; -1 with EOVERFLOW (more than the bound), EINVAL or EPERM
 *
 * @pre `s` is NULL or a semaphore that was not freed.
 */
int evhub_semaphore_release(evhub_semaphore_t *s);

/**
 * Waits until there is something to take, and does not take it.
 *
 * @param s a semaphore; NULL: one of which there is always enough
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 0; -1 with EAGAIN or ETIMEDOUT, or as every call that waits
 *
 * @pre `s` is NULL or a semaphore that was not freed.
 */
int evhub_semaphore_wait(evhub_semaphore_t *s, double timeout);

/**
 * How much there is to take.
 *
 * @return the number; -1 with EINVAL or EPERM
 *
 * @pre `s` is NULL (EINVAL) or a semaphore that was not freed.
 */
long evhub_semaphore_value(evhub_semaphore_t *s);

/**
 * Would whoever takes have to wait?
 *
 * @param s a semaphore; NULL: one of which there is always enough
 * @return 1 or 0; -1 with EINVAL or EPERM
 *
 * @pre `s` is NULL or a semaphore that was not freed.
 */
int evhub_semaphore_locked(evhub_semaphore_t *s);

/**
 * A semaphore, to be waited for among other objects: ready while there is something to take.
 *
 * @pre `s` is NULL or a semaphore that was not freed.
 */
evhub_waitable_t *evhub_semaphore_waitable(evhub_semaphore_t *s);

/*
 * ---- Locks ----
 *
 * They are handed to those who wait in the order of asking: nobody comes in between. The holder is
 * a greenlet, the loop's callbacks are one together. A greenlet that ends while it holds a lock is
 * told of in the log, and the lock goes to the next who waits; but who holds a lock to read is not
 * known, so nobody will ever write under that one.
 */

/**
 * Makes a lock that nobody holds.
 *
 * @return the lock, to be freed with evhub_rlock_free(); NULL with ENOMEM
 */
evhub_rlock_t *evhub_rlock_new(void);

/**
 * Frees a lock. Those who wait for it, or for a condition that is used with it, get EBADF.
 *
 * @param l a lock; NULL is fine
 *
 * @pre `l` is NULL or a lock that was not freed.
 */
void evhub_rlock_free(evhub_rlock_t *l);

/**
 * Takes a lock, and waits for it if another greenlet holds it. Its holder may take it again, and
 * releases it as often.
 *
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 0; -1 with EAGAIN or ETIMEDOUT, or as every call that waits
 *
 * @pre `l` is NULL (EINVAL) or a lock that was not freed.
 */
int evhub_rlock_acquire(evhub_rlock_t *l, double timeout);

/**
 * Releases a lock once. Never waits.
 *
 * @return 0; -1 with EPERM (the caller does not hold it) or EINVAL
 *
 * @pre `l` is NULL (EINVAL) or a lock that was not freed.
 */
int evhub_rlock_release(evhub_rlock_t *l);

/**
 * Who holds a lock.
 *
 * @return the greenlet, not referenced; NULL: nobody, or a callback of the loop's; or with EINVAL
 *   or EPERM
 *
 * @pre `l` is NULL (EINVAL) or a lock that was not freed.
 */
evhub_greenlet_t *evhub_rlock_owner(evhub_rlock_t *l);

/**
 * Makes a condition.
 *
 * @param lock the lock that it is used with, which several conditions may share; NULL: one of its
 *   own, which goes with it
 * @return the condition, to be freed with evhub_condition_free(); NULL with EINVAL, EPERM (a lock
 *   of another thread) or ENOMEM
 *
 * @pre `lock` is NULL or a lock that was not freed.
 */
evhub_condition_t *evhub_condition_new(evhub_rlock_t *lock);

/**
 * Frees a condition. Those who wait for it get EBADF, as soon as they have the lock back; if the
 * lock is its own, at once, and so do those who wait for that.
 *
 * @param c a condition; NULL is fine
 *
 * @pre `c` is NULL or a condition that was not freed.
 */
void evhub_condition_free(evhub_condition_t *c);

/**
 * Takes the lock of a condition, as evhub_rlock_acquire().
 *
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 0; -1 with EAGAIN, ETIMEDOUT or EBADF (the lock was freed), or as every call that waits
 *
 * @pre `c` is NULL (EINVAL) or a condition that was not freed.
 */
int evhub_condition_acquire(evhub_condition_t *c, double timeout);

/**
 * Releases the lock of a condition once, as evhub_rlock_release(). Never waits.
 *
 * @return 0; -1 with EPERM (the caller does not hold it), EBADF (the lock was freed) or EINVAL
 *
 * @pre `c` is NULL (EINVAL) or a condition that was not freed.
 */
int evhub_condition_release(evhub_condition_t *c);

/**
 * Releases the lock, however often the caller has taken it, waits to be notified, and takes the
 * lock back as often. It does that however the wait ends: neither time nor a kill ends the wait
 * for the lock. Only with EBADF because the lock was freed, or EDEADLK because nobody can ever
 * release it, the lock is not held afterwards.
 *
 * Once the caller was notified, this succeeds, even if its time is over before it has the lock.
 *
 * @param timeout seconds; negative: none; 0: EAGAIN, and the lock is not even released
 * @return 0; -1 with EPERM (the caller does not hold the lock, or the loop has called it), EBADF
 *   (the condition or the lock was freed), ETIMEDOUT, or as every call that waits
 *
 * @pre `c` is NULL (EINVAL) or a condition that was not freed.
 */
int evhub_condition_wait(evhub_condition_t *c, double timeout);

/**
 * Notifies those who wait for a condition, in the order of their coming. Never waits. The caller
 * need not hold the lock; they run when they have it.
 *
 * @param n how many at most
 * @return 0, also if nobody waits; -1 with EBADF (the lock was freed), EINVAL or EPERM
 *
 * @pre `c` is NULL (EINVAL) or a condition that was not freed.
 */
int evhub_condition_notify(evhub_condition_t *c, size_t n);

/**
 * Notifies all who wait for a condition.
 *
 * @return as evhub_condition_notify()
 *
 * @pre `c` is NULL (EINVAL) or a condition that was not freed.
 */
int evhub_condition_notify_all(evhub_condition_t *c);

/**
 * Makes a lock that nobody holds: many may hold it at once to read, or one to write.
 *
 * @return the lock, to be freed with evhub_rwlock_free(); NULL with ENOMEM
 */
evhub_rwlock_t *evhub_rwlock_new(void);

/**
 * Frees a lock. Those who wait for it get EBADF.
 *
 * @param l a lock; NULL is fine
 *
 * @pre `l` is NULL or a lock that was not freed.
 */
void evhub_rwlock_free(evhub_rwlock_t *l);

/**
 * Takes a lock to read. Whoever comes after a writer that waits, waits behind it: so a greenlet
 * that reads already should not ask again.
 *
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 0; -1 with EDEADLK (the caller holds it to write), EAGAIN or ETIMEDOUT, or as every call
 *   that waits
 *
 * @pre `l` is NULL (EINVAL) or a lock that was not freed.
 */
int evhub_rwlock_acquire_read(evhub_rwlock_t *l, double timeout);

/**
 * Takes a lock to write. If it gives up, those who wait behind it to read need not wait for it.
 *
 * @param timeout seconds; negative: none; 0: does not wait
 * @return as evhub_rwlock_acquire_read()
 *
 * @pre `l` is NULL (EINVAL) or a lock that was not freed.
 */
int evhub_rwlock_acquire_write(evhub_rwlock_t *l, double timeout);

/**
 * Releases a lock, which the caller holds to read or to write. Never waits.
 *
 * @return 0; -1 with EPERM (the caller does not hold it; of readers this is seen only if the
 *   caller holds no lock at all to read) or EINVAL
 *
 * @pre `l` is NULL (EINVAL) or a lock that was not freed.
 */
int evhub_rwlock_release(evhub_rwlock_t *l);

/* ---- Barriers ---- */

/**
 * Makes a barrier: whoever comes waits there until so many have come.
 *
 * @param count how many, the last one included; from 1 to INT_MAX
 * @return the barrier, to be freed with evhub_barrier_free(); NULL with EINVAL or ENOMEM
 */
evhub_barrier_t *evhub_barrier_new(size_t count);

/**
 * Frees a barrier. Those who wait there get EBADF.
 *
 * @param b a barrier; NULL is fine
 *
 * @pre `b` is NULL or a barrier that was not freed.
 */
void evhub_barrier_free(evhub_barrier_t *b);

/**
 * Comes to a barrier and waits until all have come; the last one does not wait. Then the barrier
 * can be used anew. Whoever gives up, or is killed, has not come.
 *
 * @param timeout seconds; negative: none; 0: does not wait, and has come only if it is the last
 * @return the caller's place in the order of coming: 0 to count - 1; -1 with EAGAIN or ETIMEDOUT,
 *   or as every call that waits
 *
 * @pre `b` is NULL (EINVAL) or a barrier that was not freed.
 */
int evhub_barrier_wait(evhub_barrier_t *b, double timeout);

/* ---- Wait groups ---- */

/**
 * Makes a wait group: a number of things that are left to be done, at first 0.
 *
 * @return the wait group, to be freed with evhub_waitgroup_free(); NULL with ENOMEM
 */
evhub_waitgroup_t *evhub_waitgroup_new(void);

/**
 * Frees a wait group. Those who wait for it get EBADF.
 *
 * @param w a wait group; NULL is fine
 *
 * @pre `w` is NULL or a wait group that was not freed.
 */
void evhub_waitgroup_free(evhub_waitgroup_t *w);

/**
 * Adds to what is left. If nothing is left then, all who wait are woken, even if something is
 * added before they run. Never waits.
 *
 * @param n how many more; negative: fewer
 * @return 0; -1 with EINVAL (less than nothing would be left), EOVERFLOW or EPERM
 *
 * @pre `w` is NULL (EINVAL) or a wait group that was not freed.
 */
int evhub_waitgroup_add(evhub_waitgroup_t *w, long n);

/**
 * One thing is done: as evhub_waitgroup_add() of -1.
 *
 * @return as evhub_waitgroup_add()
 *
 * @pre `w` is NULL (EINVAL) or a wait group that was not freed.
 */
int evhub_waitgroup_done(evhub_waitgroup_t *w);

/**
 * Waits until nothing is left.
 *
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 0; -1 with EAGAIN or ETIMEDOUT, or as every call that waits
 *
 * @pre `w` is NULL (EINVAL) or a wait group that was not freed.
 */
int evhub_waitgroup_wait(evhub_waitgroup_t *w, double timeout);

/**
 * A wait group, to be waited for among other objects: ready while nothing is left.
 *
 * @pre `w` is NULL or a wait group that was not freed.
 */
evhub_waitable_t *evhub_waitgroup_waitable(evhub_waitgroup_t *w);

/* ---- Groups ---- */

/**
 * Makes a group: greenlets that are counted, joined and killed together. A greenlet may be in
 * several, and leaves them in the moment in which it ends.
 *
 * @param limit how many there may be in it at a time (a pool); 0: any number
 * @return the group, to be freed with evhub_group_free(); NULL with ENOMEM
 */
evhub_group_t *evhub_group_new(size_t limit);

/**
 * Frees a group. Its members live on; those who wait in it get EBADF.
 *
 * @param grp a group; NULL is fine
 *
 * @pre `grp` is NULL or a group that was not freed.
 */
void evhub_group_free(evhub_group_t *grp);

/**
 * Spawns a member. While the group is full, the caller waits for a place; those who wait get
 * places in the order of asking.
 *
 * @param fn its function
 * @param timeout seconds to wait for a place; negative: none; 0: does not wait
 * @return a handle, to be given back with evhub_release(); NULL with EAGAIN or ETIMEDOUT (the
 *   group is full), EBADF (it was freed), EINVAL, ENOMEM, or as every call that waits
 *
 * @pre `grp` is NULL (EINVAL) or a group that was not freed.
 */
evhub_greenlet_t *evhub_group_spawn(evhub_group_t *grp, evhub_fn_t fn, void *arg,
    double timeout);

/**
 * Spawns a member with attributes; see evhub_group_spawn(). It is a member during its delay, too.
 *
 * @param attr how it is to be; NULL: as usual
 * @return as evhub_group_spawn(); EINVAL also for attributes that there are not
 *
 * @pre `grp` is NULL (EINVAL) or a group that was not freed; `attr` is NULL or valid.
 */
evhub_greenlet_t *evhub_group_spawn_with(evhub_group_t *grp, const evhub_attr_t *attr,
    evhub_fn_t fn, void *arg, double timeout);

/**
 * Makes a greenlet a member, started or not, and waits for a place while the group is full. One
 * that is a member already, or has ended, needs no place: nothing happens.
 *
 * @param g a handle; the group keeps the greenlet by a reference of its own. Not the main one
 * @param timeout seconds to wait for a place; negative: none; 0: does not wait
 * @return 0; -1 as evhub_group_spawn()
 *
 * @pre `grp` is NULL (EINVAL) or a group that was not freed, `g` NULL (EINVAL) or a handle.
 */
int evhub_group_add(evhub_group_t *grp, evhub_greenlet_t *g, double timeout);

/**
 * Takes a greenlet out of a group; it goes on. Never waits.
 *
 * @return 1; 0: it was no member; -1 with EINVAL or EPERM
 *
 * @pre `grp` is NULL (EINVAL) or a group that was not freed, `g` NULL (EINVAL) or a handle.
 */
int evhub_group_discard(evhub_group_t *grp, evhub_greenlet_t *g);

/**
 * Is a greenlet a member?
 *
 * @return 1 or 0; -1 with EINVAL or EPERM
 *
 * @pre `grp` is NULL (EINVAL) or a group that was not freed, `g` NULL (EINVAL) or a handle.
 */
int evhub_group_contains(evhub_group_t *grp, evhub_greenlet_t *g);

/**
 * How many members a group has.
 *
 * @return the number; 0 also with EINVAL or EPERM
 *
 * @pre `grp` is NULL (EINVAL) or a group that was not freed.
 */
size_t evhub_group_size(evhub_group_t *grp);

/**
 * How many places are free. One that was given to somebody who has waited for it is not, even if
 * that one has not come to spawn yet.
 *
 * @return the number; -1: there is no limit, or EINVAL, or EPERM
 *
 * @pre `grp` is NULL (EINVAL) or a group that was not freed.
 */
long evhub_group_free_count(evhub_group_t *grp);

/**
 * Calls a function for each member there is now; one that has left before its turn is left out.
 *
 * @param fn told of one; what it returns, if not 0, ends the series. It may do anything
 * @return what the function has returned last; -1 with EINVAL, EPERM or ENOMEM
 *
 * @pre `grp` is NULL (EINVAL) or a group that was not freed.
 */
int evhub_group_foreach(evhub_group_t *grp, evhub_each_fn_t fn, void *arg);

/**
 * Waits until a place is free, and does not take it.
 *
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 0; -1 with EAGAIN or ETIMEDOUT, or as every call that waits
 *
 * @pre `grp` is NULL (EINVAL) or a group that was not freed.
 */
int evhub_group_wait_available(evhub_group_t *grp, double timeout);

/**
 * Waits until a group is empty: it has no member, and nobody waits to spawn one.
 *
 * @param flags EVHUB_RAISE: only until a member fails, with that one's error
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 0; -1 with EAGAIN or ETIMEDOUT, EDEADLK at once (the caller is a member), or as every
 *   call that waits
 *
 * @pre `grp` is NULL (EINVAL) or a group that was not freed.
 */
int evhub_group_join(evhub_group_t *grp, unsigned int flags, double timeout);

/**
 * Kills all members, and those who come while it waits, until the group is empty. None is killed
 * twice: one that has acknowledged is not disturbed by another kill of the group. See
 * evhub_kill().
 *
 * @param error what their calls fail with; 0: ECANCELED
 * @param timeout seconds to wait for their ends; negative: for ever; 0: only asks
 * @return 0; -1 as evhub_kill(). A caller that is a member is killed with the others: its call
 *   fails with the error; or with EDEADLK, if it has acknowledged
 *
 * @pre `grp` is NULL (EINVAL) or a group that was not freed.
 */
int evhub_group_kill(evhub_group_t *grp, int error, double timeout);

/**
 * A group, to be waited for among other objects: ready while it is empty.
 *
 * @pre `grp` is NULL or a group that was not freed.
 */
evhub_waitable_t *evhub_group_waitable(evhub_group_t *grp);

/**
 * Calls a function in a member, and waits for what it returns. A caller that is a member itself
 * runs it on the spot, without a limit of time, so that a full group cannot wait for itself. The
 * member's failure is not reported: the caller is told.
 *
 * @param value where the member's value is put, as by evhub_get(); may be NULL
 * @param timeout seconds for all together; negative: none; 0: only if it runs on the spot
 * @return 0; -1 with the member's error if it has failed; with EAGAIN or ETIMEDOUT, or as every
 *   call that waits: the member, if there is one, is asked to end, and may outlive the call
 *
 * @pre `grp` is NULL (EINVAL) or a group that was not freed; `value` is NULL or writable.
 */
int evhub_group_call(evhub_group_t *grp, evhub_fn_t fn, void *arg, void **value,
    double timeout);

/**
 * Calls a function in a member for each of several arguments, and waits for all of them, as many
 * at a time as the group has places. A caller that is a member itself runs what there is no place
 * for on the spot. Failures of members are not reported: the caller is told.
 *
 * @param in the arguments
 * @param n how many
 * @param out where the values are put, in the order of the arguments: NULL for a member that has
 *   failed. May be NULL, or `in`
 * @return 0; -1 with the error of the first in order that has failed, after all have ended; or as
 *   evhub_group_spawn(): those who still run are asked to end, and may outlive the call, and the
 *   values that there were are put
 *
 * @pre `grp` is NULL (EINVAL) or a group that was not freed; `in` has `n` arguments, and `out` is
 * NULL or has room for as many, until the call returns.
 */
int evhub_group_map(evhub_group_t *grp, evhub_fn_t fn, void *const *in, size_t n, void **out);

/* ---- Series of results ---- */

/**
 * Begins a series: members of a group call a function for items that are got one after the
 * other, and evhub_imap_next() tells what has come of them. A greenlet of the series' own gets
 * the items, as they are needed: no more are started and not taken than the group has places,
 * or 64. If the caller is a member of the group, items that find it full are worked on one by one
 * beside it, so that a full group cannot wait for itself. Failures of members are not reported.
 *
 * @param fn called with each item
 * @param next gets an item: returns 1 with `*item`, 0 at the end, -1 with errno to end the series
 *   with that error. It may wait
 * @param arg of `next`
 * @param flags EVHUB_UNORDERED: results as they come; 0: in the order of the items
 * @return to be asked by evhub_imap_next(), and freed with evhub_imap_free(); NULL with EINVAL or
 *   ENOMEM
 *
 * @pre `grp` is NULL (EINVAL) or a group that was not freed.
 */
evhub_imap_t *evhub_group_imap(evhub_group_t *grp, evhub_fn_t fn, evhub_next_fn_t next,
    void *arg, unsigned int flags);

/**
 * Waits for the next result of a series. Several greenlets may take from one.
 *
 * @param value where it is put: the member's value, as by evhub_get(); left as it is otherwise.
 *   May be NULL
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 1: there is one; 0: there are no more; -1 with the error of a member that has failed:
 *   the series goes on; with that of `next`, once, as the last result; with EBADF, if the group
 *   was freed, and ECANCELED, if the series' greenlet was killed, likewise; with EDEADLK, called
 *   by `next`; with EAGAIN or ETIMEDOUT, or as every call that waits
 *
 * @pre `im` is NULL (EINVAL) or was not freed; `value` is NULL or writable.
 */
int evhub_imap_next(evhub_imap_t *im, void **value, double timeout);

/**
 * Ends a series. Members that still work for it are asked to end, as by evhub_kill(), and `next`
 * is not called any more; a call of it that waits at that time fails with ECANCELED, and needs
 * its `arg` until it has returned. Whoever waits in evhub_imap_next() gets EBADF. Never waits.
 *
 * @param im a series; NULL is fine
 *
 * @pre `im` is NULL or was not freed.
 */
void evhub_imap_free(evhub_imap_t *im);

/* ---- Several objects ---- */

/**
 * Waits for several objects.
 *
 * @param w the objects (evhub_flag_waitable() and so on); one may be among them more than once
 * @param count how many must be ready; 0: all
 * @param timeout seconds; negative: none; 0: does not wait
 * @return how many are ready, which may be less than `count` when the time is over; -1 with EAGAIN
 *   or ETIMEDOUT (none is), EBADF (one was freed), EINVAL (`count` above `n`), or as every call
 *   that waits
 *
 * @pre `w` has `n` objects that were not freed.
 */
int evhub_wait(evhub_waitable_t *const *w, size_t n, size_t count, double timeout);

/**
 * Begins to wait for several objects, to be told of each as it becomes ready.
 *
 * @return to be asked by evhub_iwait_next(), and freed with evhub_iwait_free(); NULL with EINVAL,
 *   EPERM or ENOMEM
 *
 * @pre `w` has `n` objects that were not freed.
 */
evhub_iwait_t *evhub_iwait_new(evhub_waitable_t *const *w, size_t n);

/**
 * Waits for the next object that is ready.
 *
 * @param index where its place among the objects is put; may be NULL
 * @param timeout seconds; negative: none; 0: does not wait
 * @return 1: there is one; 0: there are no more; -1 with EAGAIN or ETIMEDOUT, EBADF (the object at
 *   `index` was freed), or as every call that waits
 *
 * @pre `it` is NULL (EINVAL) or was not freed; `index` is NULL or writable.
 */
int evhub_iwait_next(evhub_iwait_t *it, size_t *index, double timeout);

/**
 * Ends a wait for several objects. Whoever waits in it gets EBADF.
 *
 * @param it what evhub_iwait_new() has given; NULL is fine
 *
 * @pre `it` is NULL or was not freed.
 */
void evhub_iwait_free(evhub_iwait_t *it);

/**
 * A greenlet, to be waited for among other objects: ready when it has ended.
 *
 * @pre `g` is NULL or a handle.
 */
evhub_waitable_t *evhub_greenlet_waitable(evhub_greenlet_t *g);

/* ---- Greenlet-locals ---- */

/**
 * Makes a local: each greenlet has a value of its own for it, NULL at first.
 *
 * @param destructor called with a greenlet's value, unless that is NULL, when the greenlet's
 *   function has returned, in that greenlet; it may wait. May be NULL
 * @return the local, to be freed with evhub_local_free(); NULL with ENOMEM
 */
evhub_local_t *evhub_local_new(evhub_destructor_t destructor);

/**
 * Frees a local. Values that greenlets have go as they would have gone.
 *
 * @param l a local; NULL is fine
 *
 * @pre `l` is NULL or a local that was not freed.
 */
void evhub_local_free(evhub_local_t *l);

/**
 * The running greenlet's value; the loop's callbacks share one.
 *
 * @return the value; NULL if it has none, or with EINVAL or EPERM
 *
 * @pre `l` is NULL (EINVAL) or a local that was not freed.
 */
void *evhub_local_get(evhub_local_t *l);

/**
 * Sets the running greenlet's value. The one before is not destroyed.
 *
 * @return 0; -1 with EINVAL, EPERM or ENOMEM
 *
 * @pre `l` is NULL (EINVAL) or a local that was not freed.
 */
int evhub_local_set(evhub_local_t *l, void *value);

/* ---- The hub ---- */

/**
 * The base that the thread's greenlets share with libevent code: the one whose loop runs, that
 * event_init() has made on this thread, or a new one, which becomes the current base if there is
 * none. Events of that base and greenlets wait for each other's sake.
 *
 * @return the base; NULL with ENOMEM or EMFILE
 */
struct event_base *evhub_base(void);

/**
 * fork(), after which the loop works in both processes.
 *
 * @return 0 in the child; its number in the parent; -1 as fork(), or with what event_reinit() says
 */
pid_t evhub_fork(void);

/**
 * Rebuilds what the kernel keeps for the hub's base: event_reinit().
 *
 * @return 0; -1 as event_reinit()
 */
int evhub_reinit(void);

/**
 * Ends the hub of the thread: runs until there is nothing to wait for, kills the greenlets that
 * still wait, and gives back the stacks. What does not end then is dropped, with a line in the
 * log. Objects and handles stay valid; the next call that needs a hub begins anew.
 *
 * @return 0; -1 with EPERM (not called by the main greenlet), or as every call that waits
 */
int evhub_shutdown(void);

/**
 * Has SIGINT kill the main greenlet with EINTR, instead of what it did before, or not. It is no
 * hope: a deadlock is one even so.
 *
 * @return 0; -1 with ENOMEM or EMFILE
 */
int evhub_catch_sigint(int on);

/**
 * Has a greenlet spawned at each delivery of a signal.
 *
 * @param signum the signal
 * @param fn what it runs
 * @return the watch, to be ended by evhub_signal_cancel(); NULL with EINVAL or ENOMEM
 */
evhub_signal_t *evhub_signal(int signum, evhub_fn_t fn, void *arg);

/**
 * Ends what evhub_signal() began: the signal does again what it did before.
 *
 * @param s the watch; NULL is fine
 *
 * @pre `s` is NULL or a watch that was not ended.
 */
void evhub_signal_cancel(evhub_signal_t *s);

/**
 * Has a function told of greenlets of this thread that fail, instead of a line in the log; and of
 * those that ignore a thousand times in a row that they were killed. It may not wait.
 *
 * @param fn the function; NULL: the log again
 * @return 0; -1 with ENOMEM
 */
int evhub_set_error_hook(evhub_error_fn_t fn, void *arg);

/**
 * Has a function told of every switch between the greenlets of this thread, and of errors that are
 * sent to one. It may not wait. Switches cost more meanwhile.
 *
 * @param fn the function; NULL: nobody
 * @return 0; -1 with ENOMEM
 */
int evhub_set_trace(evhub_trace_fn_t fn, void *arg);

/**
 * The text of an error number: strerror(), and for the hub's own ones.
 *
 * @return the text; not to be freed, valid until the thread's next strerror()
 */
const char *evhub_strerror(int error);

/* ---- Seeing ---- */

typedef struct evhub_stats_t evhub_stats_t;

/** Numbers of the thread's hub; see evhub_stats(). */
struct evhub_stats_t {
	/** set by the caller: sizeof(evhub_stats_t) */
	size_t size;
	/** switches from one stack to another */
	uint64_t switches;
	/** greenlets woken */
	uint64_t wakeups;
	/** turns of the loop that greenlets had */
	uint64_t polls;
	/** greenlets ever made */
	uint64_t spawned;
	/** greenlets that have not ended */
	size_t alive;
	/** the most that there ever were */
	size_t peak;
	/** greenlets that wait */
	size_t waiting;
	/** greenlets that can run */
	size_t ready;
	/** stacks that are mapped */
	size_t stacks;
	/** those of them that nobody uses */
	size_t stacks_free;
	/** address space of stacks and guards, in bytes */
	size_t stack_bytes;
};

typedef struct evhub_info_t evhub_info_t;

/** What evhub_foreach() tells of a greenlet. */
struct evhub_info_t {
	/** sizeof(evhub_info_t) of the library: later versions may have more fields */
	size_t size;
	/** the greenlet, not referenced */
	evhub_greenlet_t *greenlet;
	/** its number */
	unsigned long id;
	/** the number of the greenlet that made it; 0: the main one, or a callback of the loop */
	unsigned long parent;
	/** its name */
	const char *name;
	/** as evhub_state() */
	int state;
	/** what it waits for, in words; NULL if it does not wait */
	const char *waits_for;
	/** the object that it waits for, if that is one */
	const void *object;
	/** seconds since it began to wait, as of the loop's last round */
	double waited;
	/** bytes of its stack; 0: it has none of its own */
	size_t stack_size;
	/** bytes of it that were used at most, in whole pages, by it or by one before it */
	size_t stack_used;
};

/** Told of one greenlet; not 0 ends the series. */
typedef int (*evhub_info_fn_t)(const evhub_info_t *info, void *arg);

/**
 * Numbers of this thread's hub.
 *
 * @param stats where to put them; its `size` is set by the caller
 * @return 0; -1 with EINVAL or ENOMEM
 *
 * @pre `stats` is NULL (EINVAL) or writable for the `size` that stands in it.
 */
int evhub_stats(evhub_stats_t *stats);

/**
 * Calls a function for each greenlet of this thread that has not ended, the main one first.
 *
 * @param fn told of one; what it returns, if not 0, ends the series. It may not wait, nor make or
 *   end greenlets
 * @return what the function has returned last; -1 with EINVAL or ENOMEM
 */
int evhub_foreach(evhub_info_fn_t fn, void *arg);

/**
 * Writes a line for each greenlet of this thread, for debugging. The form may change.
 *
 * @param out an open stream
 * @return 0; -1 with EINVAL or ENOMEM
 *
 * @pre `out` is NULL (EINVAL) or an open stream.
 */
int evhub_dump(FILE *out);

/* ---- Other threads ---- */

#ifndef EVHUB_ASYNC
#define EVHUB_ASYNC
/** A handle that other threads and signal handlers can wake the loop with. */
typedef struct evhub_async evhub_async_t;

/**
 * Opens a handle by which other threads and signal handlers wake the base's loop. An open
 * handle keeps the loop alive.
 *
 * @param cb called by the loop with `arg`, once for all sends since its last call
 * @return the handle, to be freed with evhub_async_free(); NULL with EINVAL, ENOMEM or EMFILE
 *
 * @pre `base` is NULL (EINVAL) or a base that was not freed.
 */
evhub_async_t *evhub_async_new(struct event_base *base, void (*cb)(void *arg), void *arg);

/**
 * Has the loop call the handle's callback. From any thread, and from signal handlers (errno may
 * change); the one call of the library that may be made so.
 *
 * @return 0; -1 with EINVAL: NULL, or its base was freed
 *
 * @pre `handle` is NULL or a handle that was not freed.
 */
int evhub_async_send(evhub_async_t *handle);

/**
 * Closes and frees a handle: on the loop's thread, when nobody sends any more. Also inside its
 * own callback, and after its base was freed.
 *
 * @param handle a handle; NULL is fine
 *
 * @pre `handle` is NULL or a handle that was not freed.
 */
void evhub_async_free(evhub_async_t *handle);
#endif

#ifdef __cplusplus
}
#endif

#endif /* EVHUB_EVHUB_H */
