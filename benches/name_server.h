/* A name server in a process of its own, for the cases of DNS; and questions by hand. */
#ifndef NAME_SERVER_H
#define NAME_SERVER_H

#include <stdint.h>

#define IN_FLIGHT 256	/* questions at a time, at most */

/*
 * The server listens on 127.0.0.1 and waits for `in_flight` questions (or until no more of them
 * come), then answers them all: the name "h<N>.bench.test" has the one address 10.0.0.0 plus N. To
 * be called before there is an event base, which would be in both processes. Returns its port.
 */
int name_server_start(int in_flight);
void name_server_stop(void);

/* Questions that have come since it started: more than were asked if some were asked again. */
long name_server_questions(void);

/* In host order. */
uint32_t address_of(long number);

#endif
