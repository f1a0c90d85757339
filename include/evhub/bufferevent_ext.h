/*
 * What evhub's bufferevents have beyond libevent 1.4.
 *
 * The functions are called evhub_bufferevent_*; libevent 2's spelling works too, as a macro. A
 * program that has names of its own for such things does not include this file, or defines
 * EVHUB_NO_LIBEVENT2_NAMES before it does.
 */
#ifndef EVHUB_BUFFEREVENT_EXT_H
#define EVHUB_BUFFEREVENT_EXT_H

#include "event.h"

struct sockaddr;

#ifdef __cplusplus
extern "C" {
#endif

/* What an error callback is told, besides event.h's: the connection has been made. */
#define BEV_EVENT_CONNECTED 0x80

/** How urgently evhub_bufferevent_flush() is meant: here, it makes no difference. */
enum bufferevent_flush_mode {
	BEV_NORMAL,	/* as much as usual */
	BEV_FLUSH,	/* as much as can be */
	BEV_FINISHED	/* as much as can be, and no more will come */
};

/**
 * Starts to connect. How it ends errorcb is told, from the loop: BEV_EVENT_CONNECTED;
 * EVBUFFER_ERROR, and errno says why; EVBUFFER_WRITE | EVBUFFER_TIMEOUT when the time of
 * bufferevent_settimeout() is up. Output waits until then, and so does reading, whether it is
 * enabled before this call (although that fails without a descriptor) or after it.
 *
 * @param sa the address
 * @param socklen its length in bytes
 * @return 0; -1 with errno: EALREADY (an attempt is under way), and those of socket(2) and
 *   connect(2). If the bufferevent has no descriptor, a stream socket is made for it, which is
 *   closed when this fails, now or later, or when the bufferevent is freed before it is
 *   connected; then it is the caller's to close. A descriptor that it has should not block; it
 *   stays open in every case, and nothing is pending on it after a failure.
 *
 * @pre `bufev` is NULL (EINVAL) or a bufferevent that was not freed; `sa` has `socklen` bytes.
 */
int evhub_bufferevent_socket_connect(struct bufferevent *bufev, const struct sockaddr *sa,
    int socklen);

/**
 * The descriptor of a bufferevent.
 *
 * @return the descriptor; -1 if there is none
 *
 * @pre `bufev` is NULL (-1, EINVAL) or a bufferevent that was not freed.
 */
int evhub_bufferevent_getfd(struct bufferevent *bufev);

/**
 * The callbacks of a bufferevent and their argument.
 *
 * @param readcb where to put the callback; NULL: nowhere. So for the others.
 *
 * @pre `bufev` is NULL or a bufferevent that was not freed; the others are NULL or writable.
 */
void evhub_bufferevent_getcb(struct bufferevent *bufev, evbuffercb *readcb, evbuffercb *writecb,
    everrorcb *errorcb, void **cbarg);

/**
 * Writes the output now, once, as far as the descriptor takes it, without waiting for the end of
 * the loop's round, and even if writing is disabled. The output's own callback is told; readcb,
 * writecb and errorcb are the loop's to call.
 *
 * @param iotype EV_WRITE; for EV_READ alone nothing is done
 * @param mode makes no difference here
 * @return 1 if something was written; 0 if nothing was; -1 with errno of write(2)
 *
 * @pre `bufev` is NULL (EINVAL) or a bufferevent that was not freed.
 */
int evhub_bufferevent_flush(struct bufferevent *bufev, short iotype,
    enum bufferevent_flush_mode mode);

#ifndef EVHUB_NO_LIBEVENT2_NAMES
#define bufferevent_socket_connect evhub_bufferevent_socket_connect
#define bufferevent_getfd evhub_bufferevent_getfd
#define bufferevent_getcb evhub_bufferevent_getcb
#define bufferevent_flush evhub_bufferevent_flush
#endif

#ifdef __cplusplus
}
#endif

#endif /* EVHUB_BUFFEREVENT_EXT_H */
