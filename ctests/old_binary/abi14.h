/*
 * The binary interface of libevent 1.4 (x86-64) as a program compiled long ago has it built in:
 * declared by hand, on purpose not taken from our headers.
 */
#ifndef OLD_BINARY_ABI14_H
#define OLD_BINARY_ABI14_H

#include <sys/time.h>
#include <stddef.h>

struct event_base;

struct queue_entry {
	struct event *next;
	struct event **prev;
};

struct event {
	struct queue_entry ev_next;
	struct queue_entry ev_active_next;
	struct queue_entry ev_signal_next;
	unsigned int min_heap_idx;
	struct event_base *ev_base;
	int ev_fd;
	short ev_events;
	short ev_ncalls;
	short *ev_pncalls;
	struct timeval ev_timeout;
	int ev_pri;
	void (*ev_callback)(int, short, void *);
	void *ev_arg;
	int ev_res;
	int ev_flags;
};

/* A wrong declaration here would prove nothing: these are 1.4's numbers. */
#ifdef __x86_64__
_Static_assert(sizeof(struct event) == 128, "struct event");
_Static_assert(offsetof(struct event, ev_fd) == 64, "ev_fd");
_Static_assert(offsetof(struct event, ev_arg) == 112, "ev_arg");
_Static_assert(offsetof(struct event, ev_flags) == 124, "ev_flags");
#endif

enum { TIMEOUT = 0x01, READ = 0x02, WRITE = 0x04, SIGNAL = 0x08, PERSIST = 0x10 };
enum { IN_HEAP = 0x01, INSERTED = 0x02, INITIALIZED = 0x80 };
enum { ONCE = 0x01, NONBLOCK = 0x02 };

struct event_base *event_init(void);
void event_base_free(struct event_base *);
const char *event_get_version(void);
const char *event_get_method(void);
void event_set(struct event *, int, short, void (*)(int, short, void *), void *);
int event_add(struct event *, const struct timeval *);
int event_del(struct event *);
int event_once(int, short, void (*)(int, short, void *), void *, const struct timeval *);
int event_pending(struct event *, short, struct timeval *);
int event_loop(int);
int event_loopexit(const struct timeval *);
int event_dispatch(void);

#endif
