/*
 * The self test of the kqueue emulation: the helpers, and main, which runs all tests or the one
 * that is named. It exits with 0 if all passed.
 *
 * ctests/kqueue/run compiles and runs it.
 */
#include "selftest.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#define LIMIT_S 60

int change(int kq, int fd, int filter, int flags)
{
	kev one = {
		.ident = (uintptr_t)fd,
		.filter = (short)filter,
		.flags = (unsigned short)flags,
		.udata = (void *)(intptr_t)fd,
	};

	return evhub_emu_kevent(kq, &one, 1, NULL, 0, NULL);
}

int poll_queue(int kq, kev *events, int room)
{
	struct timespec zero = { 0, 0 };

	return evhub_emu_kevent(kq, NULL, 0, events, room, &zero);
}

kev only_event(int kq, int fd, int filter)
{
	kev events[4];

	CHECK_INT(poll_queue(kq, events, 4), 1);
	CHECK_INT(events[0].ident, fd);
	CHECK_INT(events[0].filter, filter);
	CHECK_INT((intptr_t)events[0].udata, fd);
	CHECK_INT(events[0].flags & EV_ERROR, 0);
	return events[0];
}

void no_event(int kq)
{
	kev events[4];

	CHECK_INT(poll_queue(kq, events, 4), 0);
}

int new_queue(void)
{
	int kq = evhub_emu_kqueue();

	CHECK(kq >= 0);
	return kq;
}

void new_pipe(int fds[2])
{
	CHECK_INT(pipe2(fds, O_NONBLOCK), 0);
}

void new_pair(int fds[2])
{
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
}

int new_listener(struct sockaddr_storage *address, socklen_t *size)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	CHECK(fd >= 0);
	any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_INT(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	CHECK_INT(listen(fd, 16), 0);
	*size = sizeof(*address);
	CHECK_INT(getsockname(fd, (struct sockaddr *)address, size), 0);
	return fd;
}

void new_tcp(int fds[2])
{
	struct sockaddr_storage address;
	socklen_t size;
	int listener = new_listener(&address, &size);

	fds[1] = socket(AF_INET, SOCK_STREAM, 0);
	CHECK_INT(connect(fds[1], (struct sockaddr *)&address, size), 0);
	CHECK_INT(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	fds[0] = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	CHECK(fds[0] >= 0);
	close(listener);
}

int new_file(const char *text)
{
	char name[] = "/tmp/evhub-selftest-XXXXXX";
	int fd = mkstemp(name);

	CHECK(fd >= 0);
	CHECK_INT(unlink(name), 0);
	put(fd, text);
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

void put(int fd, const char *text)
{
	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
}

void take(int fd, int bytes)
{
	char buffer[4096];

	CHECK_INT(read(fd, buffer, (size_t)bytes), bytes);
}

void fill(int fd)
{
	char buffer[4096] = { 0 };

	while (write(fd, buffer, sizeof(buffer)) > 0) {
	}
	CHECK_INT(errno, EAGAIN);
}

static int run_one(const struct selftest *test)
{
	pid_t child = fork();
	int status = 0;

	CHECK(child != -1);
	if (child == 0) {
		alarm(LIMIT_S);
		test->run();
		exit(0);
	}
	CHECK_INT(waitpid(child, &status, 0), child);
	if (status != 0)
		fprintf(stderr, "FAIL %s (wait status %#x)\n", test->name, status);
	return status == 0;
}

int main(int argc, char **argv)
{
	const struct selftest *lists[] = { change_tests, filter_tests, closing_tests };
	int passed = 0, failed = 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct selftest *test = lists[i]; test->name != NULL; test++) {
			if (argc > 1 && strcmp(argv[1], test->name) != 0)
				continue;
			if (run_one(test))
				passed++;
			else
				failed++;
		}
	printf("kqueue emulation: %d passed, %d failed\n", passed, failed);
	return passed > 0 && failed == 0 ? 0 : 1;
}
