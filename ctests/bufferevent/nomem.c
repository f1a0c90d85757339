/*
 * Memory runs out at the n-th allocation, for every n, while a bufferevent is made, enabled or
 * connected: NULL or -1 with ENOMEM, all or nothing, nothing leaked, and the next try works (F6).
 */
#include "nomem.h"

#include <evhub/bufferevent_ext.h>

/* New */

static void
prepare_pair(void)
{
	int fds[2];

	far_pair(fds);
	side.peer = fds[1];
}

static int
try_new(void)
{
	side.bev = bufferevent_new(FAR, side_read, side_written, side_failed, &side);
	return side.bev == NULL ? -1 : 0;
}

static void
descriptor_is_left(void)
{
	CHECK(fcntl(FAR, F_GETFD) != -1);
}

static void
new_works(void)
{
	CHECK_INT(bufferevent_base_set(base, side.bev), 0);
	side_works();
}

ALLOC_TEST(a_new_one_without_memory)
{
	static const struct scenario scenario = {
		prepare_pair, try_new, descriptor_is_left, new_works
	};

	torture(&scenario, 2);
}

/* Enabling */

static int
try_enable(void)
{
	return bufferevent_enable(side.bev, EV_READ | EV_WRITE);
}

static void
disabled_still(void)
{
	/* Writing is enabled from the beginning. */
	CHECK_INT(side.bev->enabled, EV_WRITE);
	CHECK_INT(reading(&side), 0);
	CHECK_INT(writing(&side), 0);
	say(side.peer, "unread");
	loop();
	CHECK_INT(side.reads + side.writes + side.errors, 0);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->input), 0);
	CHECK_INT(drain(fd_of(&side)), 6);
}

ALLOC_TEST(enabling_without_memory)
{
	static const struct scenario scenario = {
		prepare_side, try_enable, disabled_still, side_works
	};

	torture(&scenario, 1);
}

static void
prepare_timed(void)
{
	prepare_side();
	bufferevent_settimeout(side.bev, 3600, 3600);
}

ALLOC_TEST(enabling_with_timeouts_without_memory)
{
	static const struct scenario scenario = {
		prepare_timed, try_enable, disabled_still, side_works
	};

	torture(&scenario, 1);
}

/* Connecting */

static struct sockaddr_storage address;
static socklen_t address_length;

static void
prepare_listener(void)
{
	int fds[2];

	side.peer = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	memset(&address, 0, sizeof(address));
	address.ss_family = AF_INET;
	address_length = sizeof(address);
	CHECK_INT(bind(side.peer, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_INT(listen(side.peer, 4), 0);
	CHECK_INT(getsockname(side.peer, (struct sockaddr *)&address, &address_length), 0);
	fds[0] = side.peer;
	open_side_on(&side, -1, fds[0]);
	CHECK_INT(bufferevent_base_set(base, side.bev), 0);
}

static int
try_connect(void)
{
	return evhub_bufferevent_socket_connect(side.bev, (struct sockaddr *)&address,
	    (int)address_length);
}

static void
not_connecting(void)
{
	CHECK_INT(evhub_bufferevent_getfd(side.bev), -1);
	loop();
	CHECK_INT(side.errors, 0);
}

static void
connected(void)
{
	int listener = side.peer;
	int fd;

	CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, BEV_EVENT_CONNECTED);
	/* The last of them: an attempt that failed here may have reached the listener. */
	side.peer = -1;
	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) != -1 || errno == EINTR) {
		if (side.peer != -1 && fd != -1)
			close(side.peer);
		if (fd != -1)
			side.peer = fd;
	}
	CHECK(side.peer != -1);
	close(listener);
	side_works();
}

ALLOC_TEST(connecting_without_memory)
{
	static const struct scenario scenario = {
		prepare_listener, try_connect, not_connecting, connected
	};

	torture(&scenario, 0);
}
