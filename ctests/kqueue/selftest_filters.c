/*
 * Self test of the kqueue emulation: what makes each kind of descriptor ready, and with what data.
 */
#include "selftest.h"

#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

static void pipe_eof(void)
{
	int kq = new_queue(), fds[2];
	kev event;

	new_pipe(fds);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	put(fds[1], "ab");
	CHECK_INT(only_event(kq, fds[0], EVFILT_READ).flags & EV_EOF, 0);
	close(fds[1]);
	event = only_event(kq, fds[0], EVFILT_READ);
	CHECK_INT(event.flags & EV_EOF, EV_EOF);
	CHECK_INT(event.data, 2);
	take(fds[0], 2);
	event = only_event(kq, fds[0], EVFILT_READ);
	CHECK_INT(event.flags & EV_EOF, EV_EOF);
	CHECK_INT(event.data, 0);
	evhub_emu_close(kq);
}

static void pipe_write(void)
{
	int kq = new_queue(), fds[2];
	kev event;

	new_pipe(fds);
	CHECK_INT(change(kq, fds[1], EVFILT_WRITE, EV_ADD), 0);
	event = only_event(kq, fds[1], EVFILT_WRITE);
	CHECK_INT(event.data, fcntl(fds[1], F_GETPIPE_SZ));
	fill(fds[1]);
	no_event(kq);
	take(fds[0], 4096);
	CHECK_INT(only_event(kq, fds[1], EVFILT_WRITE).data, 4096);
	close(fds[0]);
	event = only_event(kq, fds[1], EVFILT_WRITE);
	CHECK_INT(event.flags & EV_EOF, EV_EOF);

	/* A knote that exists can be changed still, a new one is refused. */
	CHECK_INT(change(kq, fds[1], EVFILT_WRITE, EV_ADD), 0);
	CHECK_INT(change(kq, fds[1], EVFILT_WRITE, EV_DELETE), 0);
	CHECK_ERRNO(change(kq, fds[1], EVFILT_WRITE, EV_ADD), EPIPE);
	evhub_emu_close(kq);
}

/* A fifo's end comes with its last writer and goes with the next. */
static void fifo(void)
{
	char folder[] = "/tmp/evhub-selftest-XXXXXX", name[64];
	int kq = new_queue(), reader, writer;

	CHECK(mkdtemp(folder) != NULL);
	snprintf(name, sizeof(name), "%s/fifo", folder);
	CHECK_INT(mkfifo(name, 0600), 0);
	reader = open(name, O_RDONLY | O_NONBLOCK);
	CHECK(reader >= 0);
	CHECK_INT(change(kq, reader, EVFILT_READ, EV_ADD), 0);
	no_event(kq);
	writer = open(name, O_WRONLY | O_NONBLOCK);
	CHECK(writer >= 0);
	no_event(kq);
	close(writer);
	CHECK_INT(only_event(kq, reader, EVFILT_READ).flags & EV_EOF, EV_EOF);
	writer = open(name, O_WRONLY | O_NONBLOCK);
	CHECK(writer >= 0);
	no_event(kq);
	CHECK_INT(unlink(name), 0);
	CHECK_INT(rmdir(folder), 0);
	evhub_emu_close(kq);
}

static void stream_eof(void (*make)(int fds[2]), int write_ends_too)
{
	int kq = new_queue(), fds[2];
	kev event;

	make(fds);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	no_event(kq);
	put(fds[1], "abc");
	event = only_event(kq, fds[0], EVFILT_READ);
	CHECK_INT(event.data, 3);
	CHECK_INT(event.flags & EV_EOF, 0);

	/* The peer shuts its writing side: end with data, data first; we can still write. */
	CHECK_INT(shutdown(fds[1], SHUT_WR), 0);
	do {
		event = only_event(kq, fds[0], EVFILT_READ);
	} while (!(event.flags & EV_EOF));
	CHECK_INT(event.data, 3);
	take(fds[0], 3);
	event = only_event(kq, fds[0], EVFILT_READ);
	CHECK_INT(event.flags & EV_EOF, EV_EOF);
	CHECK_INT(event.data, 0);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_DELETE), 0);
	CHECK_INT(change(kq, fds[0], EVFILT_WRITE, EV_ADD), 0);
	CHECK_INT(only_event(kq, fds[0], EVFILT_WRITE).flags & EV_EOF, 0);

	/* It closes altogether. */
	close(fds[1]);
	event = only_event(kq, fds[0], EVFILT_WRITE);
	CHECK_INT((event.flags & EV_EOF) != 0, write_ends_too);
	evhub_emu_close(kq);
}

static void unix_eof(void)
{
	stream_eof(new_pair, 1);
}

static void tcp_eof(void)
{
	stream_eof(new_tcp, 0);
}

static void tcp_reset(void)
{
	int kq = new_queue(), fds[2], error = 0;
	struct linger linger = { 1, 0 };
	socklen_t size = sizeof(error);
	kev events[4];

	new_tcp(fds);
	CHECK_INT(change(kq, fds[0], EVFILT_READ, EV_ADD), 0);
	CHECK_INT(setsockopt(fds[1], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	close(fds[1]);
	CHECK_INT(evhub_emu_kevent(kq, NULL, 0, events, 4, NULL), 1);
	CHECK_INT(events[0].flags & EV_EOF, EV_EOF);
	CHECK_INT(change(kq, fds[0], EVFILT_WRITE, EV_ADD), 0);
	CHECK_INT(poll_queue(kq, events, 4), 2);
	CHECK_INT(events[0].flags & events[1].flags & EV_EOF, EV_EOF);

	/* To look has not taken the error from the program. */
	CHECK_INT(getsockopt(fds[0], SOL_SOCKET, SO_ERROR, &error, &size), 0);
	CHECK_INT(error, ECONNRESET);
	evhub_emu_close(kq);
}

static void stream_write(void)
{
	int kq = new_queue(), fds[2];
	char buffer[65536];
	kev event;

	new_pair(fds);
	CHECK_INT(change(kq, fds[0], EVFILT_WRITE, EV_ADD), 0);
	CHECK(only_event(kq, fds[0], EVFILT_WRITE).data > 1);
	fill(fds[0]);
	no_event(kq);
	while (read(fds[1], buffer, sizeof(buffer)) > 0) {
	}
	CHECK_INT(evhub_emu_kevent(kq, NULL, 0, &event, 1, NULL), 1);
	CHECK_INT(event.filter, EVFILT_WRITE);
	evhub_emu_close(kq);
}

static void listening(void)
{
	struct sockaddr_storage address;
	socklen_t size;
	int kq = new_queue(), listener = new_listener(&address, &size), client;
	kev event;

	CHECK_INT(change(kq, listener, EVFILT_READ, EV_ADD), 0);
	CHECK_INT(change(kq, listener, EVFILT_WRITE, EV_ADD), 0);
	no_event(kq);
	for (int i = 1; i <= 2; i++) {
		client = socket(AF_INET, SOCK_STREAM, 0);
		CHECK_INT(connect(client, (struct sockaddr *)&address, size), 0);
		do {
			event = only_event(kq, listener, EVFILT_READ);
		} while (event.data < i);
		CHECK_INT(event.data, i);
		CHECK_INT(event.flags & EV_EOF, 0);
	}
	CHECK(accept(listener, NULL, NULL) >= 0);
	CHECK(accept(listener, NULL, NULL) >= 0);
	no_event(kq);
	evhub_emu_close(kq);
}

/* A socket that is not connected is not ready; one whose connect failed is, for both. */
static void connecting(void)
{
	struct sockaddr_storage address;
	socklen_t size;
	int kq = new_queue(), listener = new_listener(&address, &size);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	kev events[4];

	CHECK_INT(change(kq, fd, EVFILT_READ, EV_ADD), 0);
	CHECK_INT(change(kq, fd, EVFILT_WRITE, EV_ADD), 0);
	no_event(kq);
	close(listener);
	CHECK(connect(fd, (struct sockaddr *)&address, size) == -1);
	CHECK_INT(evhub_emu_kevent(kq, NULL, 0, events, 4, NULL), 2);
	CHECK_INT(events[0].flags & events[1].flags & EV_EOF, EV_EOF);
	close(fd);

	listener = new_listener(&address, &size);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CHECK_INT(change(kq, fd, EVFILT_WRITE, EV_ADD), 0);
	CHECK(connect(fd, (struct sockaddr *)&address, size) == 0 || errno == EINPROGRESS);
	CHECK_INT(evhub_emu_kevent(kq, NULL, 0, events, 4, NULL), 1);
	CHECK_INT(events[0].flags & EV_EOF, 0);
	evhub_emu_close(kq);
}

static void datagrams(void)
{
	int kq = new_queue(), fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in any = { .sin_family = AF_INET };
	socklen_t size = sizeof(any);

	any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_INT(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&any, &size), 0);
	CHECK_INT(change(kq, fd, EVFILT_READ, EV_ADD), 0);
	no_event(kq);
	CHECK_INT(sendto(fd, "abcd", 4, 0, (struct sockaddr *)&any, size), 4);
	CHECK_INT(only_event(kq, fd, EVFILT_READ).data, 4);
	take(fd, 4);
	CHECK_INT(sendto(fd, "", 0, 0, (struct sockaddr *)&any, size), 0);
	CHECK_INT(only_event(kq, fd, EVFILT_READ).data, 0);
	CHECK_INT(recv(fd, &size, sizeof(size), 0), 0);
	no_event(kq);
	CHECK_INT(change(kq, fd, EVFILT_WRITE, EV_ADD), 0);
	only_event(kq, fd, EVFILT_WRITE);
	evhub_emu_close(kq);
}

static void regular_file(void)
{
	int kq = new_queue(), fd = new_file("hello");
	kev poll = { .filter = EVFILT_READ, .flags = EV_ADD, .fflags = NOTE_FILE_POLL }, event;

	CHECK_INT(change(kq, fd, EVFILT_READ, EV_ADD), 0);
	CHECK_INT(only_event(kq, fd, EVFILT_READ).data, 5);
	take(fd, 2);
	CHECK_INT(only_event(kq, fd, EVFILT_READ).data, 3);
	take(fd, 3);
	no_event(kq);
	CHECK_INT(lseek(fd, 7, SEEK_SET), 7);
	CHECK_INT(only_event(kq, fd, EVFILT_READ).data, -2);
	CHECK_INT(lseek(fd, 5, SEEK_SET), 5);
	no_event(kq);
	poll.ident = (uintptr_t)fd;
	CHECK_INT(evhub_emu_kevent(kq, &poll, 1, &event, 1, NULL), 1);
	CHECK_INT(event.data, 0);
	CHECK_INT(change(kq, fd, EVFILT_READ, EV_DELETE), 0);
	CHECK_INT(change(kq, fd, EVFILT_WRITE, EV_ADD), 0);
	only_event(kq, fd, EVFILT_WRITE);
	evhub_emu_close(kq);
}

/* A file at its end becomes ready when it grows, in the middle of a wait. */
static void growing_file(void)
{
	int kq = new_queue(), fd = new_file("");
	pid_t child;
	kev event;

	CHECK_INT(change(kq, fd, EVFILT_READ, EV_ADD | EV_CLEAR), 0);
	no_event(kq);
	child = fork();
	CHECK(child != -1);
	if (child == 0) {
		usleep(20000);
		_exit(pwrite(fd, "abc", 3, 0) == 3 ? 0 : 1);
	}
	CHECK_INT(evhub_emu_kevent(kq, NULL, 0, &event, 1, NULL), 1);
	CHECK_INT(event.data, 3);
	no_event(kq);
	CHECK_INT(waitpid(child, NULL, 0), child);
	evhub_emu_close(kq);
}

static void other_kinds(void)
{
	int kq = new_queue(), counter = eventfd(0, EFD_NONBLOCK), null = open("/dev/null", O_RDWR);
	uint64_t one = 1;

	CHECK_INT(change(kq, counter, EVFILT_READ, EV_ADD), 0);
	no_event(kq);
	CHECK_INT(write(counter, &one, sizeof(one)), sizeof(one));
	only_event(kq, counter, EVFILT_READ);
	close(counter);
	CHECK_INT(change(kq, null, EVFILT_WRITE, EV_ADD), 0);
	only_event(kq, null, EVFILT_WRITE);
	evhub_emu_close(kq);
}

const struct selftest filter_tests[] = {
	TEST(pipe_eof), TEST(pipe_write), TEST(fifo), TEST(unix_eof), TEST(tcp_eof),
	TEST(tcp_reset), TEST(stream_write), TEST(listening), TEST(connecting), TEST(datagrams),
	TEST(regular_file), TEST(growing_file), TEST(other_kinds), { NULL, NULL },
};
