/*
 * What the self test of the kqueue emulation is made of: every test is a function that runs in a
 * child of its own, with a time limit, and ends it with 1 when a check fails.
 */
#ifndef EVHUB_EMULATION_SELFTEST_H
#define EVHUB_EMULATION_SELFTEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "emulation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct evhub_emu_kevent kev;

struct selftest {
	const char *name;
	void (*run)(void);
};

/* The tests of each file, ended by a NULL name. */
extern const struct selftest change_tests[], filter_tests[], closing_tests[];

#define TEST(function) { #function, function }

#define CHECK(cond)                                                             \
	do {                                                                    \
		if (!(cond)) {                                                  \
			fprintf(stderr, "%s:%d: %s, errno %d\n", __FILE__,      \
			    __LINE__, #cond, errno);                            \
			exit(1);                                                \
		}                                                               \
	} while (0)

#define CHECK_INT(got, want)                                                    \
	do {                                                                    \
		long long got_ = (got), want_ = (want);                         \
		if (got_ != want_) {                                            \
			fprintf(stderr, "%s:%d: %s is %lld, not %lld, errno %d\n", \
			    __FILE__, __LINE__, #got, got_, want_, errno);      \
			exit(1);                                                \
		}                                                               \
	} while (0)

#define CHECK_ERRNO(expr, number)                                               \
	do {                                                                    \
		errno = 0;                                                      \
		CHECK_INT((expr), -1);                                          \
		CHECK_INT(errno, (number));                                     \
	} while (0)

/* One change, by itself; the user data is the descriptor's number. */
int change(int kq, int fd, int filter, int flags);

/* What is ready now; the number of events. */
int poll_queue(int kq, kev *events, int room);

/* Checks that just this is ready now, and gives it. */
kev only_event(int kq, int fd, int filter);

/* Checks that nothing is ready now. */
void no_event(int kq);

/* All are non-blocking. */
int new_queue(void);
void new_pipe(int fds[2]);
void new_pair(int fds[2]);
void new_tcp(int fds[2]);
int new_listener(struct sockaddr_storage *address, socklen_t *size);
int new_file(const char *text);		/* its offset is 0, its name is gone */
void put(int fd, const char *text);
void take(int fd, int bytes);
void fill(int fd);

#endif
