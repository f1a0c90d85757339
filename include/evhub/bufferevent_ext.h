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
