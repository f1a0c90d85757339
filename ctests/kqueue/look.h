/*
 * The filters of the kqueue emulation: is a descriptor ready for a filter now, with what data?
 * No state is kept here, and none of the descriptor's is changed by looking.
 *
 * Calls that the tests may replace in the C library (to fail, to lie) are made by number: the
 * emulation stands in for a kernel, which would not meet them. The wait alone is not.
 */
#ifndef EVHUB_EMULATION_LOOK_H
#define EVHUB_EMULATION_LOOK_H

#include "emulation.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/sockios.h>

enum kind { KIND_SOCKET, KIND_PIPE, KIND_FILE, KIND_OTHER };

struct look {
	int ready;
	unsigned short flags;	/* EV_EOF or nothing */
	int64_t data;
};

static enum kind kind_of(const struct stat *st)
{
	if (S_ISSOCK(st->st_mode))
		return KIND_SOCKET;
	if (S_ISFIFO(st->st_mode))
		return KIND_PIPE;
	if (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode))
		return KIND_FILE;
	return KIND_OTHER;
}

static int poll_now(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP };
	struct timespec zero = { 0, 0 };

	if (syscall(SYS_ppoll, &pfd, 1, &zero, NULL, 0) != 1 || (pfd.revents & POLLNVAL))
		return 0;
	return pfd.revents;
}

/* Bytes that can be read, -1 if the descriptor cannot tell. */
static int unread(int fd)
{
	int bytes;

	return ioctl(fd, FIONREAD, &bytes) == 0 ? bytes : -1;
}

static int64_t at_least(int64_t value, int64_t least)
{
	return value < least ? least : value;
}

static int socket_listens(int fd)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value;
}

/* Connections that wait for accept: TCP tells in a field with another name. */
static int64_t socket_backlog(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1)
		return 1;
	return at_least(info.tcpi_unacked, 1);
}

static int64_t socket_room(int fd)
{
	int limit, used;
	socklen_t size = sizeof(limit);

	if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &limit, &size) == -1
	    || ioctl(fd, SIOCOUTQ, &used) == -1)
		return 1;
	return at_least((int64_t)limit - used, 1);
}

/*
 * POLLRDHUP is the shut read side. POLLHUP is both sides shut or, alone, a stream socket that
 * never was connected.
 */
static struct look look_at_socket(int fd, short filter)
{
	int state = poll_now(fd);
	struct look look = { 0, 0, 0 };

	if (filter == EVFILT_READ && socket_listens(fd)) {
		look.ready = (state & POLLIN) != 0;
		look.data = look.ready ? socket_backlog(fd) : 0;
	} else if (filter == EVFILT_READ) {
		look.flags = state & POLLRDHUP ? EV_EOF : 0;
		look.ready = (state & (POLLIN | POLLRDHUP | POLLERR)) != 0;
		look.data = look.ready ? at_least(unread(fd), 0) : 0;
	} else {
		int shut = (state & POLLHUP) && (state & POLLRDHUP);

		look.flags = shut ? EV_EOF : 0;
		look.ready = shut || (state & POLLERR)
		    || ((state & POLLOUT) && !(state & POLLHUP));
		look.data = look.ready ? socket_room(fd) : 0;
	}
	return look;
}

static struct look look_at_pipe(int fd, short filter)
{
	int state = poll_now(fd);
	int eof = (state & (POLLHUP | POLLERR)) != 0;
	struct look look = { eof, eof ? EV_EOF : 0, 0 };

	if (filter == EVFILT_READ) {
		look.ready |= (state & POLLIN) != 0;
		look.data = at_least(unread(fd), 0);
	} else if (state & POLLOUT && !eof) {
		look.ready = 1;
		look.data = at_least((int64_t)fcntl(fd, F_GETPIPE_SZ) - unread(fd), 1);
	}
	return look;
}

static struct look look_at_file(int fd, short filter, unsigned int fflags)
{
	struct stat st;
	off_t offset = lseek(fd, 0, SEEK_CUR);
	struct look look = { filter == EVFILT_WRITE, 0, 0 };

	if (filter == EVFILT_READ && offset != -1 && fstat(fd, &st) == 0) {
		look.data = (int64_t)st.st_size - offset;
		look.ready = look.data != 0 || (fflags & NOTE_FILE_POLL);
	}
	return look;
}

static struct look look_at_other(int fd, short filter)
{
	int state = poll_now(fd);
	int wanted = filter == EVFILT_READ ? POLLIN : POLLOUT;
	int bytes = filter == EVFILT_READ ? unread(fd) : -1;
	struct look look = { 0, state & POLLHUP ? EV_EOF : 0, 0 };

	look.ready = (state & (wanted | POLLHUP | POLLERR)) != 0;
	look.data = bytes >= 0 ? bytes : look.ready;
	return look;
}

static struct look look_at(int fd, enum kind kind, short filter, unsigned int fflags)
{
	switch (kind) {
	case KIND_SOCKET:
		return look_at_socket(fd, filter);
	case KIND_PIPE:
		return look_at_pipe(fd, filter);
	case KIND_FILE:
		return look_at_file(fd, filter, fflags);
	default:
		return look_at_other(fd, filter);
	}
}

#endif
