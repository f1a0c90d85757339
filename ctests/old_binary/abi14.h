/*
 * The binary interface of libevent 1.4 (x86-64) as a program compiled long ago has it built in:
 * declared by hand, on purpose not taken from our headers.
 */
#ifndef OLD_BINARY_ABI14_H
#define OLD_BINARY_ABI14_H

#include <sys/time.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

struct evbuffer {
	unsigned char *buffer;
	unsigned char *orig_buffer;
	size_t misalign;
	size_t totallen;
	size_t off;
	void (*cb)(struct evbuffer *, size_t, size_t, void *);
	void *cbarg;
};

struct bufferevent;
typedef void (*data_callback)(struct bufferevent *, void *);
typedef void (*error_callback)(struct bufferevent *, short, void *);

struct watermark {
	size_t low;
	size_t high;
};

struct bufferevent {
	struct event_base *ev_base;
	struct event ev_read;
	struct event ev_write;
	struct evbuffer *input;
	struct evbuffer *output;
	struct watermark wm_read;
	struct watermark wm_write;
	data_callback readcb;
	data_callback writecb;
	error_callback errorcb;
	void *cbarg;
	int timeout_read;
	int timeout_write;
	short enabled;
};

/* A wrong declaration here would prove nothing: these are 1.4's numbers. */
#ifdef __x86_64__
_Static_assert(sizeof(struct event) == 128, "struct event");
_Static_assert(offsetof(struct event, ev_fd) == 64, "ev_fd");
_Static_assert(offsetof(struct event, ev_arg) == 112, "ev_arg");
_Static_assert(offsetof(struct event, ev_flags) == 124, "ev_flags");
_Static_assert(sizeof(struct evbuffer) == 56, "struct evbuffer");
_Static_assert(offsetof(struct evbuffer, off) == 32, "off");
_Static_assert(sizeof(struct bufferevent) == 360, "struct bufferevent");
_Static_assert(offsetof(struct bufferevent, input) == 264, "input");
_Static_assert(offsetof(struct bufferevent, wm_read) == 280, "wm_read");
_Static_assert(offsetof(struct bufferevent, enabled) == 352, "enabled");
#endif

enum { TIMEOUT = 0x01, READ = 0x02, WRITE = 0x04, SIGNAL = 0x08, PERSIST = 0x10 };
enum { IN_HEAP = 0x01, INSERTED = 0x02, INITIALIZED = 0x80 };
enum { ONCE = 0x01, NONBLOCK = 0x02 };
enum { WHILE_READING = 0x01, WHILE_WRITING = 0x02, AT_EOF = 0x10, FAILED = 0x20 };
enum line_end { EOL_ANY, EOL_CRLF, EOL_CRLF_STRICT, EOL_LF };

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

struct evbuffer *evbuffer_new(void);
void evbuffer_free(struct evbuffer *);
int evbuffer_expand(struct evbuffer *, size_t);
int evbuffer_add(struct evbuffer *, const void *, size_t);
int evbuffer_remove(struct evbuffer *, void *, size_t);
char *evbuffer_readline(struct evbuffer *);
char *evbuffer_readln(struct evbuffer *, size_t *, enum line_end);
int evbuffer_add_buffer(struct evbuffer *, struct evbuffer *);
int evbuffer_add_printf(struct evbuffer *, const char *, ...);
int evbuffer_add_vprintf(struct evbuffer *, const char *, va_list);
void evbuffer_drain(struct evbuffer *, size_t);
int evbuffer_write(struct evbuffer *, int);
int evbuffer_read(struct evbuffer *, int, int);
unsigned char *evbuffer_find(struct evbuffer *, const unsigned char *, size_t);
void evbuffer_setcb(struct evbuffer *, void (*)(struct evbuffer *, size_t, size_t, void *),
    void *);

struct bufferevent *bufferevent_new(int, data_callback, data_callback, error_callback, void *);
void bufferevent_free(struct bufferevent *);
int bufferevent_write(struct bufferevent *, const void *, size_t);
int bufferevent_write_buffer(struct bufferevent *, struct evbuffer *);
size_t bufferevent_read(struct bufferevent *, void *, size_t);
int bufferevent_enable(struct bufferevent *, short);
int bufferevent_disable(struct bufferevent *, short);
void bufferevent_setwatermark(struct bufferevent *, short, size_t, size_t);
void bufferevent_read_pressure_cb(struct evbuffer *, size_t, size_t, void *);

void evtag_init(void);
void evtag_marshal_int(struct evbuffer *, uint32_t, uint32_t);
void evtag_marshal_string(struct evbuffer *, uint32_t, const char *);
int evtag_unmarshal_int(struct evbuffer *, uint32_t, uint32_t *);
int evtag_unmarshal_string(struct evbuffer *, uint32_t, char **);
int evtag_decode_tag(uint32_t *, struct evbuffer *);
int evtag_decode_int(uint32_t *, struct evbuffer *);

#endif
