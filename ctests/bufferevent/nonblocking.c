/*
 * Proves behaviour 82 as programs use it after a non-blocking connect(): writing is enabled, and
 * writecb tells that the connection stands, or that SO_ERROR can be asked.
 */
#include "sides.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>

/* A listener on a port of its own; nobody accepts unless the test does. */
static int
make_listener(struct sockaddr_in *address, int backlog)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_INT(bind(fd, (struct sockaddr *)address, length), 0);
	CHECK_INT(listen(fd, backlog), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)address, &length), 0);
	return fd;
}

static int
start_connect(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	CHECK(fd != -1);
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == -1)
		CHECK_INT(errno, EINPROGRESS);
	return fd;
}

static int
refused_connect(void)
{
	struct sockaddr_in address;

	close(make_listener(&address, 1));
	return start_connect(&address);
}

static int
so_error(int fd)
{
	int error;
	socklen_t length = sizeof(error);

	CHECK_INT(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length), 0);
	return error;
}

static int
becomes_writable(int fd, int timeout_ms)
{
	struct pollfd wait = { fd, POLLOUT, 0 };
	int64_t end = now_ms() + timeout_ms;
	int n;

	/* An interrupted wait starts over. */
	do
		n = poll(&wait, 1, timeout_ms);
	while (n == -1 && errno == EINTR && now_ms() < end);
	return n == 1;
}

enum { CROWD = 8 };

/* Connects until the listener's queue is full: the last one stays on its way. */
static int
connect_in_vain(const struct sockaddr_in *address, int crowd[CROWD], int *size)
{
	int fd;

	for (*size = 0; *size < CROWD; (*size)++) {
		fd = start_connect(address);
		if (!becomes_writable(fd, 50))
			return fd;
		crowd[*size] = fd;
	}
	SKIP("a full queue of connections does not hold the next one back");
}

static void
accept_all(int listener)
{
	int fd;

	CHECK(fcntl(listener, F_SETFL, O_NONBLOCK) != -1);
	while ((fd = accept(listener, NULL, NULL)) != -1)
		close(fd);
	CHECK_INT(errno, EAGAIN);
}

static void
check_connected(struct bufferevent *bev, void *arg)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);

	side_written(bev, arg);
	CHECK_INT(so_error(bev->ev_write.ev_fd), 0);
	CHECK_INT(getpeername(bev->ev_write.ev_fd, (struct sockaddr *)&address, &length), 0);
}

TEST(writecb_tells_of_the_connection)
{
	struct sockaddr_in address;
	int listener = make_listener(&address, 1);
	struct side side;

	init_base();
	open_side_on(&side, start_connect(&address), -1);
	side.bev->writecb = check_connected;
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_INT(side.errors, 0);
	close_side(&side);
	close(listener);
}

static void
crowd_leaves(int fd, short what, void *listener)
{
	(void)fd;
	(void)what;
	trace("accepted ");
	accept_all(*(int *)listener);
}

static void
connected(struct bufferevent *bev, void *arg)
{
	check_connected(bev, arg);
	trace("connected");
}

/*
 * The kernel repeats the request after a second. Nothing is called before the connection stands,
 * and what was written meanwhile goes out then, by one call of writecb.
 */
static void
check_slow_connect(const char *early)
{
	struct sockaddr_in address;
	int listener = make_listener(&address, 0);
	int crowd[CROWD], size;
	struct event timer;
	struct side side;

	init_base();
	open_side_on(&side, connect_in_vain(&address, crowd, &size), -1);
	side.bev->writecb = connected;
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	if (early != NULL)
		CHECK_INT(write_text(side.bev, early), 0);
	evtimer_set(&timer, crowd_leaves, &listener);
	CHECK_INT(add_ms(&timer, 50), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "accepted connected");
	CHECK_INT(side.errors, 0);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->output), 0);
	if (early != NULL) {
		int fd = accept(listener, NULL, NULL);

		CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) != -1);
		CHECK_STR(heard(fd), early);
		close(fd);
	}
	close_side(&side);
	while (size > 0)
		close(crowd[--size]);
	close(listener);
}

TEST(writecb_waits_for_a_slow_connection)
{
	check_slow_connect(NULL);
}

TEST(what_was_written_waits_for_a_slow_connection)
{
	check_slow_connect("early");
}

TEST(what_was_written_at_once_is_sent)
{
	struct sockaddr_in address;
	int listener = make_listener(&address, 1);
	struct side side;
	int fd;

	init_base();
	open_side_on(&side, start_connect(&address), -1);
	CHECK_INT(write_text(side.bev, "request"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_INT(side.errors, 0);
	fd = accept(listener, NULL, NULL);
	CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) != -1);
	CHECK_STR(heard(fd), "request");
	close(fd);
	close_side(&side);
	close(listener);
}

static void
check_refused(struct bufferevent *bev, void *arg)
{
	side_written(bev, arg);
	CHECK_INT(so_error(bev->ev_write.ev_fd), ECONNREFUSED);
}

/* Writecb asks SO_ERROR: nobody else has asked, and so cleared it, before. */
TEST(a_refusal_is_left_to_writecb)
{
	struct side side;

	init_base();
	open_side_on(&side, refused_connect(), -1);
	side.bev->writecb = check_refused;
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.writes, 1);
	CHECK_INT(side.errors, 0);
	close_side(&side);
}

static void
fail_and_disable(struct bufferevent *bev, short what, void *arg)
{
	side_failed(bev, what, arg);
	CHECK_INT(bufferevent_disable(bev, EV_READ | EV_WRITE), 0);
}

TEST(a_refusal_is_an_error_of_reading)
{
	struct side side;

	init_base();
	open_side_on(&side, refused_connect(), -1);
	side.bev->errorcb = fail_and_disable;
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_ERROR);
	CHECK_INT(side.error, ECONNREFUSED);
	CHECK_INT(side.writes, 0);
	close_side(&side);
}

TEST(a_refusal_is_an_error_of_writing)
{
	struct side side;

	init_base();
	open_side_on(&side, refused_connect(), -1);
	CHECK_INT(write_text(side.bev, "request"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_ERROR);
	CHECK_INT(side.error, ECONNREFUSED);
	CHECK_INT(side.writes, 0);
	CHECK_STR(text_of(side.bev->output), "request");
	close_side(&side);
}
