/* A process at the other end of some connections: the client of an echo server. */
#ifndef CLIENT_H
#define CLIENT_H

#define MESSAGE 64	/* bytes of each message */
#define CROWD 100	/* connections at most */

/*
 * The client sends one message on each of `count` connections, receives all answers, and so on.
 * `ends` are the server's ends: TCP over the loopback interface, not blocking. To be called
 * before there is an event base, which would be in both processes.
 */
void client_start(int *ends, int count);
void client_stop(const int *ends, int count);

/*
 * This process and its children stay on one core from now on and do not preempt each other. Where
 * that is not to be had, what they do in one turn is less.
 */
void take_turns(void);

#endif
