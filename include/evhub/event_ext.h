/*
 * What evhub's event loop has beyond libevent 1.4.
 *
 * The functions are called evhub_*; where libevent 2 has the same function, its spelling works
 * too, as a macro. A program that has names of its own for such things does not include this
 * file, or defines EVHUB_NO_LIBEVENT2_NAMES before it does.
 */
#ifndef EVHUB_EVENT_EXT_H
#define EVHUB_EVENT_EXT_H

#include "event.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What evhub_event_base_get_num_events counts. */
#define EVENT_BASE_COUNT_ACTIVE 1U	/* events that are about to be called */
#define EVENT_BASE_COUNT_VIRTUAL 2U	/* nothing here: accepted for compatibility */
#define EVENT_BASE_COUNT_ADDED 4U	/* events that wait */

/** A hook before or after each wait. */
struct evwatch;

/** What a hook before the wait can ask: evhub_evwatch_prepare_get_timeout. */
struct evwatch_prepare_cb_info;

/** What a hook after the wait can ask: nothing yet. */
struct evwatch_check_cb_info;

/** Called by the loop before it waits. */
typedef void (*evwatch_prepare_cb)(struct evwatch *watch,
    const struct evwatch_prepare_cb_info *info, void *arg);

/** Called by the loop after it has waited, before any other callback. */
typedef void (*evwatch_check_cb)(struct evwatch *watch,
    const struct evwatch_check_cb_info *info, void *arg);

/**
 * The library's own version, such as "0.1.0".
 *
 * @see event_get_version() for the version of the interface
 */
const char *evhub_version(void);

/**
 * Allocates an event and sets it up.
 *
 * @param base the base; NULL: the current one
 * @param fd a descriptor, or a signal number with EV_SIGNAL; -1 for timers
 * @param events EV_READ, EV_WRITE, or EV_SIGNAL, with EV_PERSIST; 0 for timers
 * @return the event, to be freed with evhub_event_free(); NULL with EINVAL (no base, EV_SIGNAL
 *   together with EV_READ or EV_WRITE) or ENOMEM
 *
 * @pre `base` is NULL or a base that was not freed.
 */
struct event *evhub_event_new(struct event_base *base, int fd, short events,
    void (*cb)(int fd, short what, void *arg), void *arg);

/**
 * Deletes an event and frees it. Also inside its own callback.
 *
 * @param ev an event of evhub_event_new(); NULL is fine
 *
 * @pre `ev` is NULL or comes from evhub_event_new() and was not freed.
 */
void evhub_event_free(struct event *ev);

/**
 * Sets up an event in memory of the caller's: event_set() and event_base_set() in one.
 *
 * @param base the base; NULL: the current one
 * @return 0; -1 with EINVAL (no base, the event is pending or active, EV_SIGNAL together with
 *   EV_READ or EV_WRITE)
 *
 * @pre `ev` is NULL (EINVAL) or points to a `struct event`, all zero if it was never set up.
 */
int evhub_event_assign(struct event *ev, struct event_base *base, int fd, short events,
    void (*cb)(int fd, short what, void *arg), void *arg);

/**
 * Ends the round of callbacks that is running; the loop polls and goes on.
 *
 * @return 0; -1 with EINVAL
 *
 * @pre `base` is NULL (EINVAL) or a base that was not freed.
 */
int evhub_event_base_loopcontinue(struct event_base *base);

/**
 * Did the last loop end by event_loopexit(), or is the next or running one about to?
 *
 * @return 1 or 0; -1 with EINVAL
 *
 * @pre `base` is NULL (EINVAL) or a base that was not freed.
 */
int evhub_event_base_got_exit(struct event_base *base);

/**
 * Did the last loop end by event_loopbreak(), or is the next or running one about to?
 *
 * @return 1 or 0; -1 with EINVAL
 *
 * @pre `base` is NULL (EINVAL) or a base that was not freed.
 */
int evhub_event_base_got_break(struct event_base *base);

/**
 * The time of day by the loop's clock, which is read at most once between two callbacks: cheap,
 * and the same for all who ask within one callback.
 *
 * @param tv where to put it
 * @return 0; -1 with EINVAL
 *
 * @pre `base` is NULL (EINVAL) or a base that was not freed; `tv` NULL (EINVAL) or writable.
 */
int evhub_event_base_gettimeofday_cached(struct event_base *base, struct timeval *tv);

/**
 * How many events a base has.
 *
 * @param flags EVENT_BASE_COUNT_ACTIVE: those queued to be called; EVENT_BASE_COUNT_ADDED: those
 *   that wait for something; EVENT_BASE_COUNT_VIRTUAL: none here. Their sum for several.
 * @return the number, without those of evhub_event_unref(); -1 with EINVAL
 *
 * @pre `base` is NULL (EINVAL) or a base that was not freed.
 */
int evhub_event_base_get_num_events(struct event_base *base, unsigned int flags);

/**
 * Writes a line for each event of a base, for debugging. The form may change.
 *
 * @param out an open stream
 *
 * @pre `base` is NULL or a base that was not freed; `out` is NULL or an open stream.
 */
void evhub_event_base_dump_events(struct event_base *base, FILE *out);

/**
 * Makes a hook that is called before each wait of the base's loop.
 *
 * @param cb called with the hook, what is known of the wait, and `arg`
 * @return the hook, freed by evhub_evwatch_free() or with the base; NULL with EINVAL or ENOMEM
 *
 * @pre `base` is NULL (EINVAL) or a base that was not freed.
 */
struct evwatch *evhub_evwatch_prepare_new(struct event_base *base, evwatch_prepare_cb cb,
    void *arg);

/**
 * Makes a hook that is called after each wait of the base's loop, before any callback.
 *
 * @param cb called with the hook, a pointer to nothing yet, and `arg`
 * @return the hook, freed by evhub_evwatch_free() or with the base; NULL with EINVAL or ENOMEM
 *
 * @pre `base` is NULL (EINVAL) or a base that was not freed.
 */
struct evwatch *evhub_evwatch_check_new(struct event_base *base, evwatch_check_cb cb,
    void *arg);

/**
 * The base that a hook belongs to.
 *
 * @return the base; NULL with EINVAL if `watch` is NULL
 *
 * @pre `watch` is NULL or a hook that was not freed.
 */
struct event_base *evhub_evwatch_base(struct evwatch *watch);

/**
 * How long the wait that follows a prepare hook is going to be.
 *
 * @param info what the hook was given
 * @param tv the longest time; not written if the wait has no bound
 * @return 1 if the wait is bounded, otherwise 0
 *
 * @pre `info` is what the running hook was given; `tv` is NULL or writable.
 */
int evhub_evwatch_prepare_get_timeout(const struct evwatch_prepare_cb_info *info,
    struct timeval *tv);

/**
 * Frees a hook. Also inside any hook, its own call included.
 *
 * @param watch a hook; NULL is fine
 *
 * @pre `watch` is NULL or a hook that was not freed, of a base that was not freed.
 */
void evhub_evwatch_free(struct evwatch *watch);

/**
 * Lets an event count again for whether the loop goes on.
 *
 * @return 0; -1 with EINVAL
 *
 * @pre `ev` is NULL (EINVAL) or a `struct event`.
 */
int evhub_event_ref(struct event *ev);

/**
 * Marks an event as one that does not keep the loop alive: a loop that has only such events
 * left ends. May be called before the event is added or while it is pending; event_set() takes
 * the mark away.
 *
 * @return 0; -1 with EINVAL
 *
 * @pre `ev` is NULL (EINVAL) or a `struct event`.
 */
int evhub_event_unref(struct event *ev);

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

#ifndef EVHUB_NO_LIBEVENT2_NAMES
#define event_new evhub_event_new
#define event_free evhub_event_free
#define event_assign evhub_event_assign
#define event_base_loopcontinue evhub_event_base_loopcontinue
#define event_base_got_exit evhub_event_base_got_exit
#define event_base_got_break evhub_event_base_got_break
#define event_base_gettimeofday_cached evhub_event_base_gettimeofday_cached
#define event_base_get_num_events evhub_event_base_get_num_events
#define event_base_dump_events evhub_event_base_dump_events
#define evwatch_prepare_new evhub_evwatch_prepare_new
#define evwatch_check_new evhub_evwatch_check_new
#define evwatch_base evhub_evwatch_base
#define evwatch_prepare_get_timeout evhub_evwatch_prepare_get_timeout
#define evwatch_free evhub_evwatch_free
#endif

#ifdef __cplusplus
}
#endif

#endif /* EVHUB_EVENT_EXT_H */
