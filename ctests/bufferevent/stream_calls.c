/*
 * What a message costs in system calls: one wait, one read, one send, and nothing else. Clients
 * are children, so that the counters see the library's calls alone.
 */
#include "stream.h"
#include "shim.h"

enum { MESSAGES = 200, WRITES = 50, SIDES = 10 };

static long
calls_of(const char *const *names)
{
	long sum = 0;

	for (; *names != NULL; names++)
		sum += fault_calls(*names);
	return sum;
}

static long
waits(void)
{
	static const char *const names[] = {
		"epoll_wait", "epoll_pwait2", "poll", "ppoll", "select", "pselect", NULL
	};

	return calls_of(names);
}

static long
reads(void)
{
	static const char *const names[] = { "read", "readv", "recv", "recvmsg", NULL };

	return calls_of(names);
}

static long
sends(void)
{
	static const char *const names[] = { "write", "writev", "send", "sendmsg", NULL };

	return calls_of(names);
}

static void
at_end(struct bufferevent *bev, short what, void *arg)
{
	(void)arg;
	CHECK_INT(what, EVBUFFER_READ | EVBUFFER_EOF);
	CHECK_INT(bufferevent_disable(bev, EV_READ | EV_WRITE), 0);
}

static void
echo(struct bufferevent *bev, void *arg)
{
	int *messages = arg;

	(*messages)++;
	CHECK_INT(bufferevent_write_buffer(bev, bev->input), 0);
}

/* Says a word and waits for the echo, again and again. */
static void
chat(int fd, int messages)
{
	char word[] = "a message of some length";
	int i;

	fcntl(fd, F_SETFL, 0);
	for (i = 0; i < messages; i++) {
		size_t got = 0;

		if (write(fd, word, sizeof(word)) != (ssize_t)sizeof(word))
			_exit(1);
		while (got < sizeof(word)) {
			ssize_t n = read(fd, word + got, sizeof(word) - got);

			if (n <= 0)
				_exit(1);
			got += (size_t)n;
		}
	}
	_exit(0);
}

/* An echo connection; the counters begin when it is established and has echoed once. */
static int
serve(int fds[2], int messages)
{
	struct bufferevent *bev;
	int count = 0;
	pid_t pid;

	pid = fork_child();
	if (pid == 0) {
		close(fds[0]);
		chat(fds[1], messages + 1);
	}
	close(fds[1]);
	bev = bufferevent_new(fds[0], echo, NULL, at_end, &count);
	CHECK(bev != NULL);
	CHECK_INT(bufferevent_enable(bev, EV_READ), 0);
	while (count == 0)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	fault_set("");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(wait_child(pid), 0);
	bufferevent_free(bev);
	close(fds[0]);
	return count - 1;
}

static void
echo_counts(enum link_kind kind)
{
	int fds[2];

	init_base();
	if (in_storm())
		SKIP("interrupted calls are made again");
	make_link(kind, fds);
	CHECK_INT(serve(fds, MESSAGES), MESSAGES);
	/* The first echo may be sent, and the end of the stream is read, among the counted. */
	CHECK(reads() <= MESSAGES + 1);
	CHECK(sends() <= MESSAGES + 1);
	/* The one is the removal at the end. */
	CHECK(fault_calls("epoll_ctl") <= method_is("epoll"));
	if (method_is("kqueue"))
		return;	/* The emulation has calls of its own. */
	CHECK_INT(fault_calls("ioctl"), 0);
	CHECK_INT(fault_calls("fcntl"), 0);
	CHECK(waits() <= MESSAGES + 2);
}

TEST_ENV(an_echo_is_a_wait_a_read_and_a_send, "SHIM=fault")
{
	echo_counts(PAIR);
}

TEST_ENV(an_echo_over_tcp_is_a_wait_a_read_and_a_send, "SHIM=fault")
{
	echo_counts(TCP);
}

/* Several writes in a callback, or outside the loop, leave together. */

static void
write_often(int fd, short what, void *arg)
{
	struct bufferevent **bevs = arg;
	int i, j;

	(void)fd;
	(void)what;
	for (i = 0; i < WRITES; i++)
		for (j = 0; bevs[j] != NULL; j++)
			CHECK_INT(bufferevent_write(bevs[j], "word ", 5), 0);
}

static void
check_words(int fd)
{
	char text[WRITES * 5 + 1];

	CHECK_INT(read(fd, text, sizeof(text)), WRITES * 5);
	CHECK(memcmp(text, "word word ", 10) == 0);
}

TEST_ENV(many_writes_in_a_callback_are_one_send, "SHIM=fault")
{
	struct bufferevent *bevs[SIDES + 1] = { NULL };
	struct event timer;
	int peers[SIDES];
	int i;

	init_base();
	for (i = 0; i < SIDES; i++) {
		int fds[2];

		make_pair(fds);
		peers[i] = fds[1];
		bevs[i] = bufferevent_new(fds[0], NULL, NULL, at_end, NULL);
		CHECK(bevs[i] != NULL);
	}
	evtimer_set(&timer, write_often, bevs);
	CHECK_INT(add_ms(&timer, 0), 0);
	fault_set("");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(sends(), SIDES);
	/* Nobody asked whether they could be written to. */
	if (method_is("epoll"))
		CHECK_INT(fault_calls("epoll_ctl"), 0);
	for (i = 0; i < SIDES; i++) {
		check_words(peers[i]);
		bufferevent_free(bevs[i]);
	}
}

TEST_ENV(many_writes_before_the_loop_are_one_send, "SHIM=fault")
{
	struct bufferevent *bevs[2] = { NULL };
	int fds[2];

	init_base();
	make_pair(fds);
	bevs[0] = bufferevent_new(fds[0], NULL, NULL, at_end, NULL);
	CHECK(bevs[0] != NULL);
	fault_set("");
	write_often(-1, 0, bevs);
	CHECK_INT(sends(), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(sends(), 1);
	check_words(fds[1]);
	bufferevent_free(bevs[0]);
}

/* Pipes are not sockets; that is found out once, not each time. */
TEST_ENV(a_pipe_costs_one_write_a_time, "SHIM=fault")
{
	struct bufferevent *bev;
	char text[8];
	int fds[2];
	int i;

	init_base();
	make_pipe(fds);
	bev = bufferevent_new(fds[1], NULL, NULL, at_end, NULL);
	CHECK(bev != NULL);
	for (i = 0; i < 11; i++) {
		if (i == 1)
			fault_set("");
		CHECK_INT(bufferevent_write(bev, "word", 4), 0);
		CHECK_INT(event_dispatch(), 1);
		if (i > 0)
			CHECK_INT(sends(), i);
		CHECK_INT(read(fds[0], text, sizeof(text)), 4);
	}
	bufferevent_free(bev);
}

/* A full socket is waited for; it is not tried again until it has room. */
TEST_ENV(a_full_socket_is_left_alone, "SHIM=fault")
{
	struct bufferevent *bev;
	int fds[2];

	init_base();
	if (in_storm())
		SKIP("interrupted waits begin again");
	make_pair(fds);
	fill(fds[0]);
	bev = bufferevent_new(fds[0], NULL, NULL, at_end, NULL);
	CHECK(bev != NULL);
	CHECK_INT(bufferevent_write(bev, "word", 4), 0);
	CHECK_INT(exit_after_ms(current_base, 30), 0);
	fault_set("");
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(sends(), 1);
	if (!method_is("kqueue"))
		CHECK(waits() <= 2);
	drain(fds[1]);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(sends(), 2);
	bufferevent_free(bev);
}

/* One that took a part is full: it is not asked again either. */
TEST_ENV(a_socket_that_took_a_part_is_left_alone, "SHIM=fault")
{
	static char block[1 << 20];
	struct bufferevent *bev;
	size_t left;
	int fds[2];

	init_base();
	make_pair(fds);
	set_buffer(fds[0], SO_SNDBUF, 50000);
	bev = bufferevent_new(fds[0], NULL, NULL, at_end, NULL);
	CHECK(bev != NULL);
	CHECK_INT(bufferevent_write(bev, block, sizeof(block)), 0);
	fault_set("");
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_INT(sends(), 1);
	left = EVBUFFER_LENGTH(bev->output);
	CHECK(left > sizeof(block) - WRITE_TURN && left < sizeof(block));
	drain(fds[1]);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_INT(sends(), 2);
	CHECK(EVBUFFER_LENGTH(bev->output) < left);
	bufferevent_free(bev);
}

/* Reading that is stopped by the high mark costs nothing, whatever waits to be read. */
TEST_ENV(a_stopped_reader_is_left_alone, "SHIM=fault")
{
	struct bufferevent *bev;
	int fds[2];

	init_base();
	if (in_storm())
		SKIP("interrupted waits begin again");
	make_pair(fds);
	fill(fds[1]);
	bev = bufferevent_new(fds[0], NULL, NULL, at_end, NULL);
	CHECK(bev != NULL);
	bufferevent_setwatermark(bev, EV_READ, 0, 100);
	CHECK_INT(bufferevent_enable(bev, EV_READ), 0);
	CHECK_INT(exit_after_ms(current_base, 30), 0);
	fault_set("");
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(EVBUFFER_LENGTH(bev->input), 100);
	CHECK_INT(reads(), 1);
	/* One for what came, one for the timer. */
	if (!method_is("kqueue"))
		CHECK_INT(waits(), 2);
	bufferevent_free(bev);
}
