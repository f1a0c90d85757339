/* Proves behaviours 29 and 43; F16-F18 and F26: kinds of descriptors, ends of connections. */
#include "harness.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <pty.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

static int
poll_once(void)
{
	return event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* What a one-shot event on the descriptor reports right now; 0 if nothing. */
static int
ready(int fd, short events)
{
	struct note note = { 0 };
	struct event ev;

	event_set(&ev, fd, events, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK(poll_once() != -1);
	CHECK_INT(event_del(&ev), 0);
	CHECK(note.calls <= 1);
	return note.what;
}

/* Waits for the event, and returns what it reports. */
static int
await(int fd, short events)
{
	struct note note = { 0 };
	struct event ev;

	event_set(&ev, fd, events, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	while (note.calls == 0)
		CHECK(event_loop(EVLOOP_ONCE) != -1);
	return note.what;
}

/* Reader and writer ends of something that carries bytes. */
static void
carries_bytes(int reader, int writer)
{
	struct event_base *base = init_base();

	CHECK_INT(ready(reader, EV_READ), 0);
	CHECK_INT(ready(writer, EV_WRITE), EV_WRITE);
	put_byte(writer);
	CHECK_INT(await(reader, EV_READ), EV_READ);
	CHECK_INT(drain(reader), 1);
	CHECK_INT(ready(reader, EV_READ), 0);
	fill(writer);
	CHECK_INT(ready(writer, EV_WRITE), 0);
	CHECK_INT(await(reader, EV_READ), EV_READ);
	event_base_free(base);
}

TEST(unix_stream)
{
	int fds[2];

	make_pair(fds);
	carries_bytes(fds[0], fds[1]);
}

TEST(pipe_ends)
{
	int fds[2];

	make_pipe(fds);
	carries_bytes(fds[0], fds[1]);
}

TEST(tcp)
{
	int fds[2];

	make_tcp_pair(fds);
	carries_bytes(fds[0], fds[1]);
	make_tcp_pair(fds);
	carries_bytes(fds[1], fds[0]);
}

TEST(fifo)
{
	char path[] = "/tmp/evhub-fifo-XXXXXX";
	char name[64];
	int reader, writer;

	CHECK(mkdtemp(path) != NULL);
	snprintf(name, sizeof(name), "%s/fifo", path);
	CHECK_INT(mkfifo(name, 0600), 0);
	reader = open(name, O_RDONLY | O_NONBLOCK);
	writer = open(name, O_WRONLY | O_NONBLOCK);
	unlink(name);
	rmdir(path);
	CHECK(reader != -1 && writer != -1);
	carries_bytes(reader, writer);
}

/* In a storm of signals, too. */
static void
put(int fd, const char *text)
{
	ssize_t n;

	do
		n = write(fd, text, strlen(text));
	while (n == -1 && errno == EINTR);
	CHECK_INT(n, (ssize_t)strlen(text));
}

TEST(terminal)
{
	struct event_base *base = init_base();
	int master, slave;

	if (openpty(&master, &slave, NULL, NULL, NULL) == -1)
		SKIP("no pseudo-terminals here");
	CHECK_INT(ready(master, EV_READ), 0);
	CHECK_INT(ready(slave, EV_READ), 0);
	CHECK_INT(ready(slave, EV_WRITE), EV_WRITE);
	put(slave, "x");
	CHECK_INT(await(master, EV_READ), EV_READ);
	put(master, "line\n");
	CHECK_INT(await(slave, EV_READ), EV_READ);
	/* The last user hangs up: the master is told. */
	close(slave);
	CHECK_INT(await(master, EV_READ), EV_READ);
	event_base_free(base);
}

TEST(eventfd_counter)
{
	struct event_base *base = init_base();
	uint64_t value = 1;
	int fd = eventfd(0, EFD_NONBLOCK);

	CHECK(fd != -1);
	CHECK_INT(ready(fd, EV_READ | EV_WRITE), EV_WRITE);
	CHECK_INT(write(fd, &value, sizeof(value)), sizeof(value));
	CHECK_INT(ready(fd, EV_READ | EV_WRITE), EV_READ | EV_WRITE);
	value = UINT64_MAX - 2;
	CHECK_INT(write(fd, &value, sizeof(value)), sizeof(value));
	CHECK_INT(ready(fd, EV_READ | EV_WRITE), EV_READ);
	CHECK_INT(read(fd, &value, sizeof(value)), sizeof(value));
	CHECK_INT(ready(fd, EV_READ | EV_WRITE), EV_WRITE);
	event_base_free(base);
}

TEST(timerfd)
{
	struct itimerspec soon = { { 0, 0 }, { 0, 20000000 } };
	struct event_base *base = init_base();
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	int64_t start = now_ns();

	CHECK(fd != -1);
	CHECK_INT(timerfd_settime(fd, 0, &soon, NULL), 0);
	CHECK_INT(await(fd, EV_READ), EV_READ);
	CHECK_ELAPSED(start, 20);
	event_base_free(base);
}

TEST(datagrams)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	struct event_base *base = init_base();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int unix_fds[2];
	char byte;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(fd != -1);
	CHECK_INT(bind(fd, (struct sockaddr *)&address, length), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	CHECK_INT(ready(fd, EV_READ | EV_WRITE), EV_WRITE);
	/* An empty datagram is something to read. */
	CHECK_INT(sendto(fd, "", 0, 0, (struct sockaddr *)&address, length), 0);
	CHECK_INT(await(fd, EV_READ), EV_READ);
	CHECK_INT(recv(fd, &byte, 1, 0), 0);
	CHECK_INT(ready(fd, EV_READ), 0);
	CHECK_INT(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, unix_fds), 0);
	put_byte(unix_fds[1]);
	put_byte(unix_fds[1]);
	CHECK_INT(await(unix_fds[0], EV_READ), EV_READ);
	CHECK_INT(read(unix_fds[0], &byte, 1), 1);
	CHECK_INT(ready(unix_fds[0], EV_READ), EV_READ);
	event_base_free(base);
}

/* The kernel's routing socket: asks for the list of interfaces. */
TEST(netlink)
{
	struct {
		struct nlmsghdr head;
		struct rtgenmsg body;
	} request;
	struct event_base *base = init_base();
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd == -1)
		SKIP("no netlink sockets here");
	memset(&request, 0, sizeof(request));
	request.head.nlmsg_len = sizeof(request);
	request.head.nlmsg_type = RTM_GETLINK;
	request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	CHECK_INT(ready(fd, EV_READ | EV_WRITE), EV_WRITE);
	CHECK_INT(send(fd, &request, sizeof(request), 0), sizeof(request));
	CHECK_INT(await(fd, EV_READ), EV_READ);
	CHECK(drain(fd) > 0);
	event_base_free(base);
}

/*
 * epoll has no use for what is always ready, and says so; poll and select report it. kqueue
 * answers by the kind of file.
 */
static void
always_ready(int fd)
{
	struct event_base *base = init_base();
	struct event ev;

	if (method_is("kqueue"))
		SKIP("kqueue has rules of its own for them");
	CHECK(fd != -1);
	if (method_is("epoll")) {
		event_set(&ev, fd, EV_READ, trace_cb, "x");
		CHECK_ERRNO(event_add(&ev, NULL), EPERM);
		CHECK_INT(ev.ev_flags, EVLIST_INIT);
	} else
		CHECK_INT(ready(fd, EV_READ), EV_READ);
	event_base_free(base);
}

TEST(files_and_directories)
{
	always_ready(fileno(tmpfile()));
	always_ready(open("/", O_RDONLY | O_DIRECTORY));
	always_ready(open("/dev/null", O_RDONLY));
}

/* The writer of a pipe goes: end of file, after what it wrote. */
TEST(pipe_writer_gone)
{
	struct event_base *base = init_base();
	char buf[2];
	int fds[2];

	make_pipe(fds);
	put_byte(fds[1]);
	close(fds[1]);
	CHECK_INT(ready(fds[0], EV_READ), EV_READ);
	CHECK_INT(read(fds[0], buf, 2), 1);
	CHECK_INT(ready(fds[0], EV_READ), EV_READ);
	CHECK_INT(read(fds[0], buf, 2), 0);
	event_base_free(base);
}

/* The reader goes: the writer is told, so that its write can fail. Also when it waits already. */
TEST(pipe_reader_gone)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev;
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	make_pipe(fds);
	fill(fds[1]);
	event_set(&ev, fds[1], EV_WRITE | EV_PERSIST, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_INT(note.calls, 0);
	close(fds[0]);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(note.what, EV_WRITE);
	CHECK_ERRNO(write(fds[1], "x", 1), EPIPE);
	CHECK_INT(event_del(&ev), 0);
	event_base_free(base);
}

/* The reader went before: adding the writer is no error, the write will tell. */
TEST(pipe_reader_gone_before)
{
	struct event_base *base = init_base();
	int fds[2];

	make_pipe(fds);
	close(fds[0]);
	CHECK_INT(ready(fds[1], EV_WRITE), EV_WRITE);
	CHECK_INT(ready(fds[1], EV_WRITE | EV_PERSIST), EV_WRITE);
	event_base_free(base);
}

/* Hang-up and error wake readers and writers alike. */
TEST(hang_up_wakes_both)
{
	struct event_base *base = init_base();
	struct event reader, writer;
	int fds[2];

	make_pair(fds);
	fill(fds[0]);
	event_set(&reader, fds[0], EV_READ, trace_cb, "r");
	event_set(&writer, fds[0], EV_WRITE, trace_cb, "w");
	CHECK_INT(event_add(&reader, NULL), 0);
	CHECK_INT(event_add(&writer, NULL), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "");
	close(fds[1]);
	CHECK_INT(event_dispatch(), 1);
	CHECK(strchr(traced(), 'r') != NULL);
	CHECK(strchr(traced(), 'w') != NULL);
	CHECK_INT(strlen(traced()), 2);
	event_base_free(base);
}

/* An error alone (no hang-up, nothing to read): select has no bit for it in the reading set. */
TEST(error_wakes_the_reader)
{
	struct event_base *base = init_base();
	int fds[2];

	make_pipe(fds);
	close(fds[0]);
	if (!method_is("epoll") && !method_is("poll"))
		SKIP("%s reports no error on the writing end of a pipe to readers", method());
	CHECK_INT(ready(fds[1], EV_READ), EV_READ);
	CHECK_INT(ready(fds[1], EV_READ | EV_WRITE), EV_READ | EV_WRITE);
	event_base_free(base);
}

TEST(half_closed)
{
	struct event_base *base = init_base();
	char buf[8];
	int fds[2];

	make_tcp_pair(fds);
	put_byte(fds[1]);
	CHECK_INT(shutdown(fds[1], SHUT_WR), 0);
	CHECK_INT(await(fds[0], EV_READ), EV_READ);
	CHECK_INT(read(fds[0], buf, sizeof(buf)), 1);
	CHECK_INT(await(fds[0], EV_READ), EV_READ);
	CHECK_INT(read(fds[0], buf, sizeof(buf)), 0);
	/* The other direction lives: the answer can still be sent. */
	CHECK_INT(ready(fds[0], EV_WRITE), EV_WRITE);
	put_byte(fds[0]);
	CHECK_INT(await(fds[1], EV_READ), EV_READ);
	CHECK_INT(read(fds[1], buf, sizeof(buf)), 1);
	CHECK_INT(ready(fds[1], EV_READ), 0);
	event_base_free(base);
}

static void
end_cb(int fd, short what, void *arg)
{
	char byte;

	CHECK((what & EV_READ) != 0);
	CHECK_ERRNO(read(fd, &byte, 1), ECONNRESET);
	trace("e");
	CHECK_INT(event_del(arg), 0);
}

/* A reset is told once; the persistent event is deleted in its call. */
TEST(reset)
{
	struct linger at_once = { 1, 0 };
	struct event_base *base = init_base();
	struct event ev;
	int fds[2];

	make_tcp_pair(fds);
	event_set(&ev, fds[0], EV_READ | EV_PERSIST, end_cb, &ev);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(setsockopt(fds[1], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(fds[1]);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "e");
	event_base_free(base);
}

/* A non-blocking connect; the address is that of a socket which listens, or only binds. */
static int
start_connect(int listening, int *listener)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CHECK(fd != -1 && *listener != -1);
	CHECK_INT(bind(*listener, (struct sockaddr *)&address, length), 0);
	CHECK_INT(getsockname(*listener, (struct sockaddr *)&address, &length), 0);
	if (listening)
		CHECK_INT(listen(*listener, 1), 0);
	if (connect(fd, (struct sockaddr *)&address, length) == -1)
		CHECK(errno == EINPROGRESS || errno == ECONNREFUSED);
	return fd;
}

static int
socket_error(int fd)
{
	socklen_t length = sizeof(int);
	int error = -1;

	CHECK_INT(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length), 0);
	return error;
}

TEST(connect_accepted)
{
	struct event_base *base = init_base();
	int listener, fd = start_connect(1, &listener);

	CHECK_INT(await(fd, EV_WRITE), EV_WRITE);
	CHECK_INT(socket_error(fd), 0);
	CHECK_INT(await(listener, EV_READ), EV_READ);
	CHECK(accept(listener, NULL, NULL) != -1);
	CHECK_INT(ready(listener, EV_READ), 0);
	event_base_free(base);
}

TEST(connect_refused)
{
	struct event_base *base = init_base();
	int listener, fd = start_connect(0, &listener);

	CHECK_INT(await(fd, EV_WRITE), EV_WRITE);
	CHECK_INT(socket_error(fd), ECONNREFUSED);
	event_base_free(base);
}
