/*
 * What every C test program uses: a test is a function, one process runs one test.
 *
 *	TEST(name) { ... }	runs on every backend
 *	TEST_ONCE(name) { ... }	runs on the default backend only
 *	TEST_ENV(name, "A=1 SHIM=x") { ... }	as TEST, in a process started with that environment;
 *				SHIM=x preloads ctests/shim/x.c
 *	TEST_ONCE_ENV(name, env)	both
 *
 * A test that returns has passed; a failed CHECK ends the process with 1, SKIP with 77.
 * PROGRAM --list prints "name TAB scope" per line, PROGRAM NAME runs one test.
 */
#ifndef EVHUB_CTESTS_HARNESS_H
#define EVHUB_CTESTS_HARNESS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <sys/types.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event.h>
#include <evutil.h>

/* Another libevent may be installed on the machine: never test that one by accident. */
#if !defined(_EVENT_NUMERIC_VERSION) || _EVENT_NUMERIC_VERSION != 0x01040f00
#error "these are not the staged headers of evhub"
#endif

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#ifdef __cplusplus
extern "C" {
#endif

struct test {
	const char *name;
	int every_backend;
	const char *env;
	void (*run)(void);
	struct test *next;
};

void test_register(struct test *test);

#define TEST_ANY_(name, every, env)                                             \
	static void test_##name(void);                                          \
	static struct test entry_##name = { #name, every, env, test_##name, 0 }; \
	__attribute__((constructor)) static void register_##name(void)          \
	{                                                                       \
		test_register(&entry_##name);                                   \
	}                                                                       \
	static void test_##name(void)

#define TEST(name) TEST_ANY_(name, 1, NULL)
#define TEST_ONCE(name) TEST_ANY_(name, 0, NULL)
#define TEST_ENV(name, env) TEST_ANY_(name, 1, env)
#define TEST_ONCE_ENV(name, env) TEST_ANY_(name, 0, env)

/* The checks: each prints place, text and values on stderr, and ends the process. */

void test_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4), noreturn));
void test_skip(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void check_int_(const char *file, int line, const char *text, long long got, long long want);
void check_str_(const char *file, int line, const char *text, const char *got,
    const char *want);
void check_elapsed_(const char *file, int line, int64_t start_ns, int64_t least_ms);

#define CHECK(cond)                                                             \
	do {                                                                    \
		if (!(cond))                                                    \
			test_fail(__FILE__, __LINE__, "CHECK(%s), errno %d",    \
			    #cond, errno);                                      \
	} while (0)

#define CHECK_INT(got, want) check_int_(__FILE__, __LINE__, #got, (got), (want))
#define CHECK_STR(got, want) check_str_(__FILE__, __LINE__, #got, (got), (want))
#define CHECK_PTR(got, want)                                                    \
	check_int_(__FILE__, __LINE__, #got, (intptr_t)(got), (intptr_t)(want))

/* The expression is -1 (or fails so) with that errno. */
#define CHECK_ERRNO(expr, want_errno)                                           \
	do {                                                                    \
		errno = 0;                                                      \
		check_int_(__FILE__, __LINE__, #expr, (expr), -1);              \
		check_int_(__FILE__, __LINE__, "errno of " #expr, errno,        \
		    (want_errno));                                              \
	} while (0)

/* At least least_ms since start_ns, to the nanosecond; and not absurdly later. */
#define CHECK_ELAPSED(start_ns, least_ms)                                       \
	check_elapsed_(__FILE__, __LINE__, (start_ns), (least_ms))

#define SKIP(...) test_skip(__VA_ARGS__)

/* Bases. init_base is event_init and a look at the method that the runner asked for. */

extern struct event_base *current_base;

struct event_base *init_base(void);
const char *method(void);		/* of current_base */
int method_is(const char *name);	/* of current_base */

/* Time. Sleeping goes on after EINTR. */

int64_t now_ns(void);
int64_t now_ms(void);
void sleep_ms(int ms);
struct timeval tv_ms(long ms);
double time_factor(void);		/* above 1 under valgrind and the like */

/* Adds or loops with an interval in milliseconds. */
int add_ms(struct event *ev, long ms);
int exit_after_ms(struct event_base *base, long ms);

/* Descriptors. All are non-blocking and checked. */

void make_pair(int fds[2]);		/* AF_UNIX stream */
void make_pipe(int fds[2]);		/* 0 reads, 1 writes */
void make_tcp_pair(int fds[2]);	/* loopback; 0 accepted, 1 connected */
void put_byte(int fd);			/* writes one byte */
int drain(int fd);			/* reads till it would block; the number of bytes */
void fill(int fd);			/* writes till it would block */
int open_fds(void);			/* number of open descriptors */
int closed_fd(void);			/* was open a moment ago; high, so that nobody takes it */

/* Callbacks that only take notes. */

struct note {
	int calls;
	int fd;
	int what;
	int64_t at_ns;
};
void note_cb(int fd, short what, void *note);

/* trace_cb appends its string argument to the trace. */
void trace(const char *text);
void trace_cb(int fd, short what, void *text);
const char *traced(void);
void trace_reset(void);

/* The log: after capture_log nothing goes to stderr, all is counted. */

void capture_log(void);
int logged(int severity);		/* number of lines with that severity */
const char *last_log(void);

/* Children. fork_child ends the child with the parent; wait_child gives 128+N for signals. */

pid_t fork_child(void);
int wait_child(pid_t pid);

#ifdef __cplusplus
}
#endif

#endif
