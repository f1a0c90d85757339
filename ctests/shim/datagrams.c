/*
 * Makes the calls fail that move datagrams: datagrams_fail("send", ENOBUFS, 3) lets the next
 * three fail, -1 all that follow. "send" is send and sendmmsg, "receive" is recv and recvmmsg,
 * "bind" is bind; of the first two those on datagram sockets alone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct fault {
	const char *name;
	int error;
	int left;
	long failures;
} faults[] = { { "send", 0, 0, 0 }, { "receive", 0, 0, 0 }, { "bind", 0, 0, 0 } };

enum { SEND, RECEIVE, BIND, FAULTS };

static long most_sent;		/* datagrams that one call takes; 0: any number */

/* The controls, which a test finds by dlsym. */

void
datagrams_fail(const char *name, int error, int times)
{
	int i;

	for (i = 0; i < FAULTS; i++) {
		if (strcmp(faults[i].name, name) != 0)
			continue;
		faults[i].error = error;
		faults[i].left = times;
		faults[i].failures = 0;
	}
}

long
datagrams_failures(const char *name)
{
	int i;

	for (i = 0; i < FAULTS; i++) {
		if (strcmp(faults[i].name, name) == 0)
			return faults[i].failures;
	}
	return -1;
}

void
datagrams_most(long n)
{
	most_sent = n;
}

static int
is_datagram(int fd)
{
	socklen_t size = sizeof(int);
	int type = 0;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
}

static int
fails(int which, int fd)
{
	struct fault *fault = &faults[which];

	if (fault->left == 0 || (which != BIND && !is_datagram(fd)))
		return 0;
	if (fault->left > 0)
		fault->left--;
	fault->failures++;
	errno = fault->error;
	return 1;
}

#define NEXT(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

ssize_t
send(int fd, const void *bytes, size_t size, int flags)
{
	return fails(SEND, fd) ? -1 : NEXT(send)(fd, bytes, size, flags);
}

int
sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	if (fails(SEND, fd))
		return -1;
	if (most_sent > 0 && count > (unsigned int)most_sent)
		count = (unsigned int)most_sent;
	return NEXT(sendmmsg)(fd, messages, count, flags);
}

ssize_t
recv(int fd, void *bytes, size_t size, int flags)
{
	return fails(RECEIVE, fd) ? -1 : NEXT(recv)(fd, bytes, size, flags);
}

int
recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *limit)
{
	if (fails(RECEIVE, fd))
		return -1;
	return NEXT(recvmmsg)(fd, messages, count, flags, limit);
}

int
bind(int fd, const struct sockaddr *address, socklen_t length)
{
	return fails(BIND, fd) ? -1 : NEXT(bind)(fd, address, length);
}
