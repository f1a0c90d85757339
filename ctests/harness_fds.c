/* The helpers of harness.h that make, fill and count descriptors. */
#include "harness.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>

static void
no_block(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	CHECK(flags != -1);
	CHECK(fcntl(fd, F_SETFL, flags | O_NONBLOCK) != -1);
}

void
make_pair(int fds[2])
{
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
}

void
make_pipe(int fds[2])
{
	CHECK_INT(pipe2(fds, O_NONBLOCK), 0);
}

void
make_tcp_pair(int fds[2])
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(listener != -1);
	CHECK_INT(bind(listener, (struct sockaddr *)&address, length), 0);
	CHECK_INT(listen(listener, 1), 0);
	CHECK_INT(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	fds[1] = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(fds[1] != -1);
	while (connect(fds[1], (struct sockaddr *)&address, length) == -1 && errno != EISCONN)
		CHECK(errno == EINTR || errno == EALREADY);
	do
		fds[0] = accept(listener, NULL, NULL);
	while (fds[0] == -1 && errno == EINTR);
	CHECK(fds[0] != -1);
	no_block(fds[0]);
	no_block(fds[1]);
	close(listener);
}

void
put_byte(int fd)
{
	ssize_t n;

	do
		n = write(fd, "x", 1);
	while (n == -1 && errno == EINTR);
	CHECK_INT(n, 1);
}

int
drain(int fd)
{
	char buf[4096];
	int total = 0;
	ssize_t n;

	for (;;) {
		n = read(fd, buf, sizeof(buf));
		if (n > 0)
			total += (int)n;
		else if (n == 0 || errno != EINTR)
			return total;
	}
}

void
fill(int fd)
{
	static const char zeros[65536];
	size_t size = sizeof(zeros);
	ssize_t n;

	/* Single bytes at the end: a pipe with room for one more is still writable. */
	while (size > 0) {
		n = write(fd, zeros, size);
		if (n == -1 && errno != EINTR) {
			CHECK_INT(errno, EAGAIN);
			size = size > 1 ? 1 : 0;
		}
	}
}

int
open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	CHECK(dir != NULL);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count - 3;	/* ".", ".." and the folder itself */
}

int
closed_fd(void)
{
	int low = open("/dev/null", O_RDONLY);
	int fd = fcntl(low, F_DUPFD_CLOEXEC, 200);

	CHECK(fd != -1);
	close(low);
	close(fd);
	return fd;
}
