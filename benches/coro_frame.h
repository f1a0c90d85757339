/*
 * What the coroutine programs share: command line, clocks, results. A program is coro_frame.c,
 * must.c, client.c and one file for its library, which has the functions of `modes`.
 */
#ifndef CORO_FRAME_H
#define CORO_FRAME_H

#include "client.h"
#include "must.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a stack, for those that ask */
#define STACK_SIZE 65536

#define PIECE 4096	/* bytes that a server asks for */

/* NULL where the library cannot. COUNT is the number of round trips, greenlets, connections. */
struct modes {
	void (*setup)(void);			/* first of all */
	void (*yield)(long count);
	void (*spawn)(long count);
	void (*park)(long count);
	void (*pass)(long count);
	void (*listen)(int fd);			/* serves whoever connects, for ever */
	void (*serve)(const int *fds, int count);	/* these connections, for ever */
};

extern const struct modes modes;

/* What happens between these two is what is measured. */
void coro_start(void);
void coro_stop(const char *name, const char *unit, long count);

/* Memory that `count` coroutines take up; to be called before them and when all of them wait. */
void coro_before_parking(void);
void coro_parked(long count);

/* To be called for each message that the server of `serve` has received: ends the program. */
void coro_message(void);

/* For connections of a listening socket: does not delay answers. */
void coro_connected(int fd);

#ifdef __cplusplus
}
#endif

#endif
