/*
 * Makes system calls fail. The rules come from FAULTS in the environment or from fault_set():
 *
 *	NAME=ERROR[@N[+] | %K]{,...}	epoll_ctl=ENOMEM@3, read=EAGAIN%3, readv=SHORT1
 *
 * Every call fails, or the N-th alone, or the N-th and those after it, or each K-th. ERROR is
 * the name of an errno; or NOTHING: the call returns 0 without doing anything, as a wait does
 * that woke up for no reason; or SHORTn: the call moves n bytes at most. All calls are counted,
 * whether or not a rule names them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct rule {
	const char *name;
	int error;		/* -1: NOTHING */
	long most;		/* bytes to be moved; 0: the call fails */
	long first;		/* 0: no rule */
	long step;		/* 0: the first alone */
	long calls;
	long failures;
};

enum {
	EPOLL_CREATE, EPOLL_CREATE1, EPOLL_CTL, EPOLL_WAIT, EPOLL_PWAIT2, POLL, PPOLL, SELECT,
	PSELECT, EVENTFD, PIPE, PIPE2, SOCKETPAIR, SOCKET, CONNECT, GETSOCKOPT, FCNTL, IOCTL,
	READ, READV, PREAD, RECV, RECVFROM, RECVMSG, WRITE, WRITEV, SEND, SENDTO, SENDMSG,
	ACCEPT4, SIGACTION, FUNCTIONS
};

static struct rule rules[FUNCTIONS] = {
	[EPOLL_CREATE] = { .name = "epoll_create" },
	[EPOLL_CREATE1] = { .name = "epoll_create1" },
	[EPOLL_CTL] = { .name = "epoll_ctl" },
	[EPOLL_WAIT] = { .name = "epoll_wait" },
	[EPOLL_PWAIT2] = { .name = "epoll_pwait2" },
	[POLL] = { .name = "poll" },
	[PPOLL] = { .name = "ppoll" },
	[SELECT] = { .name = "select" },
	[PSELECT] = { .name = "pselect" },
	[EVENTFD] = { .name = "eventfd" },
	[PIPE] = { .name = "pipe" },
	[PIPE2] = { .name = "pipe2" },
	[SOCKETPAIR] = { .name = "socketpair" },
	[SOCKET] = { .name = "socket" },
	[CONNECT] = { .name = "connect" },
	[GETSOCKOPT] = { .name = "getsockopt" },
	[FCNTL] = { .name = "fcntl" },
	[IOCTL] = { .name = "ioctl" },
	[READ] = { .name = "read" }, [READV] = { .name = "readv" }, [PREAD] = { .name = "pread" },
	[RECV] = { .name = "recv" }, [RECVFROM] = { .name = "recvfrom" },
	[RECVMSG] = { .name = "recvmsg" },
	[WRITE] = { .name = "write" },
	[WRITEV] = { .name = "writev" },
	[SEND] = { .name = "send" },
	[SENDTO] = { .name = "sendto" },
	[SENDMSG] = { .name = "sendmsg" }, [ACCEPT4] = { .name = "accept4" },
	[SIGACTION] = { .name = "sigaction" },
};

static const struct { const char *name; int number; } errors[] = {
	{ "NOTHING", -1 }, { "EINTR", EINTR }, { "EAGAIN", EAGAIN }, { "ENOMEM", ENOMEM },
	{ "ENOSYS", ENOSYS }, { "EPERM", EPERM }, { "EMFILE", EMFILE }, { "ENFILE", ENFILE },
	{ "ENOSPC", ENOSPC }, { "EINVAL", EINVAL }, { "ENOBUFS", ENOBUFS }, { "EIO", EIO },
	{ "EPIPE", EPIPE }, { "ECONNRESET", ECONNRESET }, { "ECONNREFUSED", ECONNREFUSED },
	{ "EINPROGRESS", EINPROGRESS }, { "ENETUNREACH", ENETUNREACH },
	{ "ETIMEDOUT", ETIMEDOUT },
};

static const char SHORT[] = "SHORT";

static long longest_wait_ms;

static struct rule *
find(const char *name, size_t length)
{
	int i;

	for (i = 0; i < FUNCTIONS; i++) {
		if (strlen(rules[i].name) == length && memcmp(rules[i].name, name, length) == 0)
			return &rules[i];
	}
	fprintf(stderr, "fault: no function %.*s\n", (int)length, name);
	abort();
}

static int
error_number(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (strlen(errors[i].name) == length && memcmp(errors[i].name, name, length) == 0)
			return errors[i].number;
	}
	fprintf(stderr, "fault: no error %.*s\n", (int)length, name);
	abort();
}

/* NAME=ERROR, then where; returns what follows the rule. */
static const char *
parse_rule(const char *text)
{
	size_t name = strcspn(text, "=");
	size_t error = strcspn(text + name + 1, "@%,");
	struct rule *rule = find(text, name);
	char *rest;

	rule->most = 0;
	if (strncmp(text + name + 1, SHORT, strlen(SHORT)) == 0)
		rule->most = strtol(text + name + 1 + strlen(SHORT), NULL, 10);
	else
		rule->error = error_number(text + name + 1, error);
	rule->first = 1;
	rule->step = 1;
	text += name + 1 + error;
	if (*text == '@') {
		rule->first = strtol(text + 1, &rest, 10);
		rule->step = *rest == '+';
		text = rest + rule->step;
	} else if (*text == '%') {
		rule->first = rule->step = strtol(text + 1, &rest, 10);
		text = rest;
	}
	return text + (*text == ',');
}

/* The controls, which a test finds by dlsym. */

/* New rules, and all counters back to 0. NULL: no rules. */
void
fault_set(const char *spec)
{
	int i;

	for (i = 0; i < FUNCTIONS; i++)
		rules[i].first = rules[i].calls = rules[i].failures = 0;
	longest_wait_ms = 0;
	while (spec != NULL && *spec != '\0')
		spec = parse_rule(spec);
}

long
fault_calls(const char *name)
{
	return find(name, strlen(name))->calls;
}

long
fault_failures(const char *name)
{
	return find(name, strlen(name))->failures;
}

/* The longest bounded wait that was asked for. */
long
fault_longest_wait_ms(void)
{
	return longest_wait_ms;
}

__attribute__((constructor)) static void
begin(void)
{
	fault_set(getenv("FAULTS"));
}

/* True if this call is to fail, with errno and *result; else *result bytes at most may move. */
static int
fails(int function, long *result)
{
	struct rule *rule = &rules[function];
	long call = __atomic_add_fetch(&rule->calls, 1, __ATOMIC_SEQ_CST);

	*result = LONG_MAX;
	if (rule->first == 0 || call < rule->first)
		return 0;
	if (rule->step == 0 ? call != rule->first : (call - rule->first) % rule->step != 0)
		return 0;
	rule->failures++;
	if (rule->most > 0) {
		*result = rule->most;
		return 0;
	}
	*result = rule->error == -1 ? 0 : -1;
	if (rule->error != -1)
		errno = rule->error;
	return 1;
}

static void
note_wait(long ms)
{
	if (ms > longest_wait_ms)
		longest_wait_ms = ms;
}

static void
note_timespec(const struct timespec *ts)
{
	if (ts != NULL)
		note_wait(ts->tv_sec * 1000 + ts->tv_nsec / 1000000);
}

#define NEXT(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

/* Defines name: counts, fails or goes on. */
#define SHIM(function, type, name, params, args)                \
	type name params                                        \
	{                                                       \
		static __typeof__(name) *next;                  \
		long result;                                    \
                                                                \
		if (fails(function, &result))                   \
			return (type)result;                    \
		if (next == NULL)                               \
			next = NEXT(name);                      \
		return next args;                               \
	}

SHIM(EPOLL_CREATE, int, epoll_create, (int size), (size))
SHIM(EPOLL_CREATE1, int, epoll_create1, (int flags), (flags))
SHIM(EPOLL_CTL, int, epoll_ctl, (int set, int op, int fd, struct epoll_event *event),
    (set, op, fd, event))
SHIM(EVENTFD, int, eventfd, (unsigned int initial, int flags), (initial, flags))
SHIM(PIPE, int, pipe, (int fds[2]), (fds))
SHIM(PIPE2, int, pipe2, (int fds[2], int flags), (fds, flags))
SHIM(SOCKETPAIR, int, socketpair, (int domain, int type, int protocol, int fds[2]),
    (domain, type, protocol, fds))
SHIM(SOCKET, int, socket, (int domain, int type, int protocol), (domain, type, protocol))
SHIM(CONNECT, int, connect, (int fd, const struct sockaddr *address, socklen_t length),
    (fd, address, length))
SHIM(GETSOCKOPT, int, getsockopt, (int fd, int level, int name, void *value, socklen_t *length),
    (fd, level, name, value, length))
SHIM(ACCEPT4, int, accept4, (int fd, struct sockaddr *from, socklen_t *length, int flags),
    (fd, from, length, flags))
SHIM(SIGACTION, int, sigaction,
    (int number, const struct sigaction *action, struct sigaction *old), (number, action, old))

/* The same for what moves bytes; the parameters have a size, which a rule may cut. */
#define SHIM_BYTES(function, name, params, args)                \
	ssize_t name params                                     \
	{                                                       \
		static __typeof__(name) *next;                  \
		long most;                                      \
                                                                \
		if (fails(function, &most))                     \
			return most;                            \
		if (size > (size_t)most)                        \
			size = (size_t)most;                    \
		if (next == NULL)                               \
			next = NEXT(name);                      \
		return next args;                               \
	}

SHIM_BYTES(READ, read, (int fd, void *buf, size_t size), (fd, buf, size))
SHIM_BYTES(PREAD, pread, (int fd, void *buf, size_t size, off_t at), (fd, buf, size, at))
SHIM_BYTES(PREAD, pread64, (int fd, void *buf, size_t size, off64_t at), (fd, buf, size, at))
SHIM_BYTES(RECV, recv, (int fd, void *buf, size_t size, int flags), (fd, buf, size, flags))
SHIM_BYTES(RECVFROM, recvfrom, (int fd, void *buf, size_t size, int flags,
    struct sockaddr *from, socklen_t *length), (fd, buf, size, flags, from, length))
SHIM_BYTES(WRITE, write, (int fd, const void *buf, size_t size), (fd, buf, size))
SHIM_BYTES(SEND, send, (int fd, const void *buf, size_t size, int flags), (fd, buf, size, flags))
SHIM_BYTES(SENDTO, sendto, (int fd, const void *buf, size_t size, int flags,
    const struct sockaddr *to, socklen_t length), (fd, buf, size, flags, to, length))

enum { PIECES = 64 };

/* Copies the pieces that hold the first bytes, the last one cut; returns how many. */
static int
cut(struct iovec *out, const struct iovec *in, size_t count, long most)
{
	int n;

	if (count > PIECES)
		count = PIECES;
	for (n = 0; n < (int)count && most > 0; n++) {
		out[n] = in[n];
		if (out[n].iov_len > (size_t)most)
			out[n].iov_len = (size_t)most;
		most -= (long)out[n].iov_len;
	}
	return n;
}

ssize_t
readv(int fd, const struct iovec *pieces, int count)
{
	struct iovec some[PIECES];
	long most;

	if (fails(READV, &most))
		return most;
	return NEXT(readv)(fd, some, cut(some, pieces, (size_t)count, most));
}

ssize_t
writev(int fd, const struct iovec *pieces, int count)
{
	struct iovec some[PIECES];
	long most;

	if (fails(WRITEV, &most))
		return most;
	return NEXT(writev)(fd, some, cut(some, pieces, (size_t)count, most));
}

ssize_t
recvmsg(int fd, struct msghdr *message, int flags)
{
	struct iovec some[PIECES];
	struct msghdr copy = *message;
	ssize_t n;
	long most;

	if (fails(RECVMSG, &most))
		return most;
	copy.msg_iov = some;
	copy.msg_iovlen = (size_t)cut(some, message->msg_iov, message->msg_iovlen, most);
	n = NEXT(recvmsg)(fd, &copy, flags);
	copy.msg_iov = message->msg_iov;
	copy.msg_iovlen = message->msg_iovlen;
	*message = copy;
	return n;
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct iovec some[PIECES];
	struct msghdr copy = *message;
	long most;

	if (fails(SENDMSG, &most))
		return most;
	copy.msg_iov = some;
	copy.msg_iovlen = (size_t)cut(some, message->msg_iov, message->msg_iovlen, most);
	return NEXT(sendmsg)(fd, &copy, flags);
}

/* The waits also take note of the time asked for. */

int
epoll_wait(int set, struct epoll_event *events, int room, int timeout_ms)
{
	long result;

	note_wait(timeout_ms);
	if (fails(EPOLL_WAIT, &result))
		return (int)result;
	return NEXT(epoll_wait)(set, events, room, timeout_ms);
}

static int
no_results(struct pollfd *fds, nfds_t n, long result)
{
	nfds_t i;

	for (i = 0; result == 0 && i < n; i++)
		fds[i].revents = 0;
	return (int)result;
}

int
poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	long result;

	note_wait(timeout_ms);
	if (fails(POLL, &result))
		return no_results(fds, n, result);
	return NEXT(poll)(fds, n, timeout_ms);
}

int
ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	long result;

	note_timespec(timeout);
	if (fails(PPOLL, &result))
		return no_results(fds, n, result);
	return NEXT(ppoll)(fds, n, timeout, mask);
}

/* A wait that returned 0 has cleared the sets. */
static void
clear_sets(int n, fd_set *sets[3])
{
	size_t bytes = (size_t)(n + NFDBITS - 1) / NFDBITS * (NFDBITS / 8);
	int i;

	for (i = 0; i < 3; i++) {
		if (sets[i] != NULL)
			memset(sets[i], 0, bytes);
	}
}

int
select(int n, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout)
{
	fd_set *sets[3] = { in, out, except };
	long result;

	if (timeout != NULL)
		note_wait(timeout->tv_sec * 1000 + timeout->tv_usec / 1000);
	if (!fails(SELECT, &result))
		return NEXT(select)(n, in, out, except, timeout);
	if (result == 0)
		clear_sets(n, sets);
	return (int)result;
}

int
pselect(int n, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout,
    const sigset_t *mask)
{
	fd_set *sets[3] = { in, out, except };
	long result;

	note_timespec(timeout);
	if (!fails(PSELECT, &result))
		return NEXT(pselect)(n, in, out, except, timeout, mask);
	if (result == 0)
		clear_sets(n, sets);
	return (int)result;
}

int
fcntl(int fd, int command, ...)
{
	long result;
	va_list args;
	void *arg;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	if (fails(FCNTL, &result))
		return (int)result;
	return NEXT(fcntl)(fd, command, arg);
}

int
ioctl(int fd, unsigned long request, ...)
{
	long result;
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (fails(IOCTL, &result))
		return (int)result;
	return NEXT(ioctl)(fd, request, arg);
}

/* Libraries reach epoll_pwait2 by its number, for older C libraries have no name for it. */
long
syscall(long number, ...)
{
	long a[6];
	long result;
	va_list args;
	int i;

	va_start(args, number);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_epoll_pwait2) {
		note_timespec((const struct timespec *)a[3]);
		if (fails(EPOLL_PWAIT2, &result))
			return result;
	}
	return NEXT(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
