/*
 * Proves that bufferevents work on every kind of descriptor that can be waited for: sockets,
 * pipes, FIFOs, terminals; and what they say of those that cannot.
 */
#include "sides.h"

#include <sys/stat.h>
#include <termios.h>

/* Both directions over one descriptor. */
static void
check_both_ways(struct side *side)
{
	int i;

	CHECK_INT(bufferevent_enable(side->bev, EV_READ), 0);
	for (i = 1; i <= 3; i++) {
		say(side->peer, "ping");
		CHECK_INT(write_text(side->bev, "pong"), 0);
		while (side->reads < i || side->writes < i)
			CHECK_INT(event_loop(EVLOOP_ONCE), 0);
		CHECK_STR(text_of(side->bev->input), "ping");
		CHECK_STR(heard(side->peer), "pong");
		evbuffer_drain(side->bev->input, 4);
	}
	CHECK_INT(side->errors, 0);
}

TEST(a_unix_socket)
{
	struct side side;

	init_base();
	open_side(&side);
	check_both_ways(&side);
	close_side(&side);
}

TEST(a_tcp_socket)
{
	struct side side;

	init_base();
	open_tcp_side(&side);
	check_both_ways(&side);
	close_side(&side);
}

TEST(sockets_that_keep_messages_apart)
{
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET };
	struct side side;
	int fds[2];
	size_t i;

	init_base();
	for (i = 0; i < COUNT(types); i++) {
		CHECK_INT(socketpair(AF_UNIX, types[i] | SOCK_NONBLOCK, 0, fds), 0);
		open_side_on(&side, fds[0], fds[1]);
		check_both_ways(&side);
		close_side(&side);
	}
}

/* A pipe has one direction: a bufferevent at each end. */
static void
check_one_way(int from, int to)
{
	static char much[300000];
	struct side reader, writer;

	open_side_on(&reader, from, -1);
	open_side_on(&writer, to, -1);
	CHECK_INT(bufferevent_disable(reader.bev, EV_WRITE), 0);
	CHECK_INT(bufferevent_enable(reader.bev, EV_READ), 0);
	CHECK_INT(write_text(writer.bev, "hello"), 0);
	CHECK_INT(turn(), 0);
	CHECK_STR(text_of(reader.bev->input), "hello");
	CHECK_INT(reader.reads, 1);
	CHECK_INT(writer.writes, 1);
	CHECK_INT(bufferevent_write(writer.bev, much, sizeof(much)), 0);
	while (EVBUFFER_LENGTH(reader.bev->input) < sizeof(much) + 5)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(EVBUFFER_LENGTH(reader.bev->input), sizeof(much) + 5);
	turn();
	CHECK_INT(writer.writes, 2);
	close_side(&writer);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(reader.errors, 1);
	CHECK_INT(reader.what, EVBUFFER_READ | EVBUFFER_EOF);
	close_side(&reader);
}

TEST(a_pipe)
{
	int fds[2];

	init_base();
	make_pipe(fds);
	check_one_way(fds[0], fds[1]);
}

TEST(a_fifo)
{
	char folder[] = "/tmp/evhub-XXXXXX", path[sizeof(folder) + 5];
	int from, to;

	init_base();
	CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/fifo", folder);
	CHECK_INT(mkfifo(path, 0600), 0);
	from = open(path, O_RDONLY | O_NONBLOCK);
	to = open(path, O_WRONLY | O_NONBLOCK);
	unlink(path);
	rmdir(folder);
	CHECK(from != -1 && to != -1);
	check_one_way(from, to);
}

/* Here SIGPIPE is the program's affair, as with write(). */
TEST(a_pipe_that_nobody_reads)
{
	struct side side;
	int fds[2];

	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	init_base();
	make_pipe(fds);
	open_side_on(&side, fds[1], -1);
	close(fds[0]);
	CHECK_INT(write_text(side.bev, "hello?"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK_INT(side.error, EPIPE);
	close_side(&side);
}

TEST(a_pipe_that_nobody_reads_any_more)
{
	struct side side;
	int fds[2];

	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	init_base();
	make_pipe(fds);
	open_side_on(&side, fds[1], -1);
	fill(fds[1]);
	CHECK_INT(write_text(side.bev, "hello?"), 0);
	CHECK_INT(turn(), 0);
	close(fds[0]);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK_INT(side.error, EPIPE);
	close_side(&side);
}

/* Once a pipe, later a socket: each is written to by its own means, and gets no SIGPIPE. */
TEST(a_pipe_that_becomes_a_socket)
{
	struct side side;
	int fds[2], pipes[2];

	init_base();
	make_pipe(pipes);
	make_pair(fds);
	open_side_on(&side, pipes[1], fds[1]);
	CHECK_INT(write_text(side.bev, "pipe"), 0);
	CHECK_INT(turn(), 1);
	CHECK_STR(heard(pipes[0]), "pipe");
	bufferevent_setfd(side.bev, fds[0]);
	CHECK_INT(write_text(side.bev, "socket"), 0);
	CHECK_INT(turn(), 1);
	CHECK_STR(heard(fds[1]), "socket");
	CHECK_INT(shutdown(fds[0], SHUT_WR), 0);
	CHECK_INT(write_text(side.bev, "too late"), 0);
	CHECK_INT(turn(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.error, EPIPE);
	close(pipes[0]);
	close(pipes[1]);
	close_side(&side);
}

/* The end that is wrong for it. */
TEST(the_wrong_end_of_a_pipe)
{
	struct side side;
	int fds[2];

	init_base();
	make_pipe(fds);
	open_side_on(&side, fds[0], -1);
	CHECK_INT(write_text(side.bev, "x"), 0);
	CHECK_INT(turn(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK_INT(side.error, EBADF);
	close(fds[1]);
	close_side(&side);
}

/* A terminal that passes bytes on as they are: the side has one end, the test the other. */
static void
open_terminal(int fds[2])
{
	struct termios raw;

	fds[0] = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (fds[0] == -1)
		SKIP("no terminals here, errno %d", errno);
	CHECK_INT(grantpt(fds[0]), 0);
	CHECK_INT(unlockpt(fds[0]), 0);
	fds[1] = open(ptsname(fds[0]), O_RDWR | O_NOCTTY | O_NONBLOCK);
	CHECK(fds[1] != -1);
	CHECK_INT(tcgetattr(fds[1], &raw), 0);
	cfmakeraw(&raw);
	CHECK_INT(tcsetattr(fds[1], TCSANOW, &raw), 0);
}

/* What goes through a terminal takes its time: each message is awaited. */
static void
check_terminal(int fd, int peer)
{
	struct side side;
	size_t got;
	int i;

	open_side_on(&side, fd, peer);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	for (i = 1; i <= 3; i++) {
		say(side.peer, "ping");
		CHECK_INT(write_text(side.bev, "pong"), 0);
		while (EVBUFFER_LENGTH(side.bev->input) < 4 || side.writes < i)
			CHECK_INT(event_loop(EVLOOP_ONCE), 0);
		CHECK_STR(text_of(side.bev->input), "ping");
		evbuffer_drain(side.bev->input, 4);
		for (got = 0; got < 4; sleep_ms(1))
			got += strlen(heard(side.peer));
		CHECK_INT(got, 4);
	}
	CHECK_INT(side.errors, 0);
	bufferevent_free(side.bev);
}

TEST(a_terminal)
{
	int fds[2];

	init_base();
	open_terminal(fds);
	check_terminal(fds[1], fds[0]);
	check_terminal(fds[0], fds[1]);
	close(fds[0]);
	close(fds[1]);
}

/* The master's read fails when the last user of the terminal has gone. */
TEST(a_terminal_that_was_closed)
{
	struct side side;
	int fds[2];

	init_base();
	open_terminal(fds);
	open_side_on(&side, fds[0], -1);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	say(fds[1], "bye");
	close(fds[1]);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(text_of(side.bev->input), "bye");
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_ERROR);
	CHECK_INT(side.error, EIO);
	close_side(&side);
}

/* Behaviour 29: epoll alone refuses regular files; elsewhere they are always ready. */
TEST(a_regular_file)
{
	struct side side;
	FILE *file = tmpfile();
	int fd;

	init_base();
	CHECK(file != NULL);
	fd = dup(fileno(file));
	CHECK_INT(write(fd, "contents", 8), 8);
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	open_side_on(&side, fd, -1);
	if (method_is("epoll")) {
		CHECK_ERRNO(bufferevent_enable(side.bev, EV_READ), EPERM);
		CHECK_INT(side.bev->enabled, EV_WRITE);
	} else {
		CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
		turn();
		CHECK_STR(text_of(side.bev->input), "contents");
		/* kqueue has nothing more to say at the end, as the file may grow. */
		CHECK_INT(side.errors, !method_is("kqueue"));
	}
	close_side(&side);
	fclose(file);
}
