/*
 * Stands between the library and the C library's reads and writes: counts them, notes how much
 * they were to transfer at most, and makes one fail. One program at a time includes this.
 */
#ifndef EVHUB_CTESTS_BUFFER_IO_CALLS_H
#define EVHUB_CTESTS_BUFFER_IO_CALLS_H

#include "check.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

struct io_calls {
	int reads;
	int writes;
	int questions;		/* FIONREAD */
	size_t room;		/* of the last read */
	size_t length;		/* of the last write */
	int error;		/* the next read or write fails with that */
	int lies;		/* FIONREAD answers that, if it is not 0 */
};

static struct io_calls io_calls;

/* Calls since this. */
UNUSED_ static void
io_reset(void)
{
	memset(&io_calls, 0, sizeof(io_calls));
}

#define NEXT_(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

static int
io_fails(void)
{
	int error = io_calls.error;

	if (error != 0)
		errno = error;
	io_calls.error = 0;
	return error != 0;
}

static size_t
io_length(const struct iovec *parts, int n)
{
	size_t length = 0;

	while (n-- > 0)
		length += parts[n].iov_len;
	return length;
}

static int
io_reading(size_t room)
{
	io_calls.reads++;
	io_calls.room = room;
	return io_fails();
}

static int
io_writing(size_t length)
{
	io_calls.writes++;
	io_calls.length = length;
	return io_fails();
}

ssize_t
read(int fd, void *bytes, size_t room)
{
	return io_reading(room) ? -1 : NEXT_(read)(fd, bytes, room);
}

ssize_t
readv(int fd, const struct iovec *parts, int n)
{
	return io_reading(io_length(parts, n)) ? -1 : NEXT_(readv)(fd, parts, n);
}

ssize_t
recv(int fd, void *bytes, size_t room, int flags)
{
	return io_reading(room) ? -1 : NEXT_(recv)(fd, bytes, room, flags);
}

ssize_t
recvmsg(int fd, struct msghdr *message, int flags)
{
	size_t room = io_length(message->msg_iov, (int)message->msg_iovlen);

	return io_reading(room) ? -1 : NEXT_(recvmsg)(fd, message, flags);
}

ssize_t
write(int fd, const void *bytes, size_t length)
{
	return io_writing(length) ? -1 : NEXT_(write)(fd, bytes, length);
}

ssize_t
writev(int fd, const struct iovec *parts, int n)
{
	return io_writing(io_length(parts, n)) ? -1 : NEXT_(writev)(fd, parts, n);
}

ssize_t
send(int fd, const void *bytes, size_t length, int flags)
{
	return io_writing(length) ? -1 : NEXT_(send)(fd, bytes, length, flags);
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	size_t length = io_length(message->msg_iov, (int)message->msg_iovlen);

	return io_writing(length) ? -1 : NEXT_(sendmsg)(fd, message, flags);
}

int
ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request == FIONREAD) {
		io_calls.questions++;
		if (io_calls.lies != 0) {
			*(int *)arg = io_calls.lies;
			return 0;
		}
	}
	return NEXT_(ioctl)(fd, request, arg);
}

#endif
