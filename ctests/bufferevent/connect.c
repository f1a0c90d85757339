/*
 * Connecting: the result comes once, from the loop; what was queued goes out then, and reading
 * starts. A failure closes the socket that was made, and the next try works (F17, F18).
 */
#include "connect.h"

/* To a listener */

static void
connects(int listen_on(struct address *a, int backlog))
{
	struct side side;
	struct address a;
	int listener;
	int open_before;
	int fd;

	init_base();
	open_before = open_fds();
	listener = listen_on(&a, 4);
	open_unconnected(&side);
	CHECK_INT(connect_to(&side, &a), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	/* Nothing is told from within the call. */
	CHECK_INT(side.errors, 0);
	fd = evhub_bufferevent_getfd(side.bev);
	CHECK(fd != -1);
	CHECK_INT(fd_of(&side), fd);
	CHECK_INT(side.bev->ev_write.ev_fd, fd);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
	wait_for_result(&side, 1);
	CHECK_INT(side.what, BEV_EVENT_CONNECTED);
	CHECK_INT(evhub_bufferevent_getfd(side.bev), fd);
	CHECK_INT(side.reads, 0);
	accept_peer(&side, listener);
	check_connected(&side);
	CHECK_INT(side.errors, 1);
	close_side(&side);
	close(listener);
	CHECK_INT(open_fds(), open_before);
}

TEST(to_a_tcp_socket)
{
	connects(listen_on_tcp);
}

TEST(to_a_unix_socket)
{
	connects(listen_on_unix);
}

TEST(output_waits_for_the_connection)
{
	struct side side;
	struct address a;
	int listener;

	init_base();
	listener = listen_on_tcp(&a, 4);
	open_unconnected(&side);
	CHECK_INT(write_text(side.bev, "queued before, "), 0);
	CHECK_INT(connect_to(&side, &a), 0);
	CHECK_INT(write_text(side.bev, "and meanwhile"), 0);
	CHECK_INT(side.errors, 0);
	/* All events end when it is connected and written: reading is not enabled. */
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, BEV_EVENT_CONNECTED);
	CHECK_INT(side.writes, 1);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->output), 0);
	accept_peer(&side, listener);
	CHECK_STR(heard(side.peer), "queued before, and meanwhile");
	close_side(&side);
}

/* However many loops run before: without a descriptor there is nothing to do, and no error. */
TEST(output_without_a_connection_waits)
{
	struct side side;
	struct address a;
	int listener;

	init_base();
	listener = listen_on_unix(&a, 4);
	open_unconnected(&side);
	CHECK_INT(write_text(side.bev, "early"), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors + side.writes, 0);
	CHECK_INT(connect_to(&side, &a), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, BEV_EVENT_CONNECTED);
	accept_peer(&side, listener);
	CHECK_STR(heard(side.peer), "early");
	close_side(&side);
}

/* The connection is told of before what comes over it. */
static char order[16];

static void
order_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	(void)arg;
	strcat(order, "r");
}

static void
order_written(struct bufferevent *bev, void *arg)
{
	(void)bev;
	(void)arg;
	strcat(order, "w");
}

static void
order_connected(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)arg;
	strcat(order, what == BEV_EVENT_CONNECTED ? "c" : "e");
}

TEST(the_connection_is_told_of_first)
{
	struct side side;
	struct address a;
	int listener;

	init_base();
	listener = listen_on_unix(&a, 4);
	open_unconnected(&side);
	bufferevent_setcb(side.bev, order_read, order_written, order_connected, NULL);
	CHECK_INT(write_text(side.bev, "hello"), 0);
	CHECK_INT(connect_to(&side, &a), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	accept_peer(&side, listener);
	say(side.peer, "welcome");
	CHECK_INT(turn(), 0);
	CHECK(strcmp(order, "cwr") == 0 || strcmp(order, "crw") == 0);
	close_side(&side);
}

/* Enabled or disabled while it is under way: that counts when it is connected. */
TEST(enabled_while_connecting)
{
	struct side side;
	struct address a;
	int listener;

	init_base();
	listener = listen_on_tcp(&a, 4);
	open_unconnected(&side);
	CHECK_INT(write_text(side.bev, "held back"), 0);
	CHECK_INT(connect_to(&side, &a), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(bufferevent_disable(side.bev, EV_WRITE), 0);
	wait_for_result(&side, 1);
	CHECK_INT(side.what, BEV_EVENT_CONNECTED);
	accept_peer(&side, listener);
	CHECK_INT(turn(), 0);
	CHECK_STR(heard(side.peer), "");
	CHECK_INT(bufferevent_enable(side.bev, EV_WRITE), 0);
	CHECK_INT(turn(), 0);
	CHECK_STR(heard(side.peer), "held back");
	check_connected(&side);
	close_side(&side);
}

/* As programs for libevent 2 do it: an error, as in 1.4, but not forgotten. */
TEST(enabled_before_connecting)
{
	struct side side;
	struct address a;
	int listener;

	init_base();
	listener = listen_on_tcp(&a, 4);
	open_unconnected(&side);
	CHECK_ERRNO(bufferevent_enable(side.bev, EV_READ | EV_WRITE), EBADF);
	CHECK_INT(turn(), 1);
	CHECK_INT(connect_to(&side, &a), 0);
	wait_for_result(&side, 1);
	CHECK_INT(side.what, BEV_EVENT_CONNECTED);
	accept_peer(&side, listener);
	check_connected(&side);
	CHECK_INT(side.errors, 1);
	close_side(&side);
}

TEST(not_enabled_it_does_not_read)
{
	struct side side;
	struct address a;
	int listener;

	init_base();
	listener = listen_on_tcp(&a, 4);
	open_unconnected(&side);
	CHECK_INT(connect_to(&side, &a), 0);
	wait_for_result(&side, 1);
	accept_peer(&side, listener);
	say(side.peer, "unread");
	CHECK_INT(turn(), 1);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->input), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	while (side.reads == 0)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(text_of(side.bev->input), "unread");
	close_side(&side);
}

/* With a descriptor of the program's own, which stays its own whatever comes of it. */

TEST(with_a_descriptor_of_one_s_own)
{
	struct side side;
	struct address a;
	int listener;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	init_base();
	listener = listen_on_tcp(&a, 4);
	open_side_on(&side, fd, -1);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(connect_to(&side, &a), 0);
	CHECK_INT(evhub_bufferevent_getfd(side.bev), fd);
	wait_for_result(&side, 1);
	CHECK_INT(side.what, BEV_EVENT_CONNECTED);
	accept_peer(&side, listener);
	check_connected(&side);
	close_side(&side);
}

TEST(refused_with_a_descriptor_of_one_s_own)
{
	struct side side;
	struct address a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	init_base();
	refuse_on_tcp(&a);
	open_side_on(&side, fd, -1);
	CHECK_INT(connect_to(&side, &a), 0);
	wait_for_result(&side, 1);
	CHECK_INT(side.what, EVBUFFER_ERROR);
	CHECK_INT(side.error, ECONNREFUSED);
	CHECK_INT(evhub_bufferevent_getfd(side.bev), fd);
	CHECK(fcntl(fd, F_GETFD) != -1);
	close_side(&side);
}

/* Refusals */

/* Nothing is open, nothing was read or written, the output is there still. */
static void
check_refused(struct side *side, int open_before)
{
	CHECK_INT(evhub_bufferevent_getfd(side->bev), -1);
	CHECK_INT(open_fds(), open_before);
	CHECK_INT(side->reads + side->writes, 0);
	CHECK_STR(text_of(side->bev->output), "kept");
	bufferevent_free(side->bev);
}

TEST(to_a_port_where_nobody_listens)
{
	struct side side;
	struct address a;
	int open_before;

	init_base();
	refuse_on_tcp(&a);
	open_before = open_fds();
	open_unconnected(&side);
	CHECK_INT(write_text(side.bev, "kept"), 0);
	CHECK_INT(connect_to(&side, &a), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(side.errors, 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_ERROR);
	CHECK_INT(side.error, ECONNREFUSED);
	check_refused(&side, open_before);
}

/* What the kernel refuses at once, the call tells, and no callback. */
TEST(to_a_unix_socket_that_nobody_listens_to)
{
	struct side side;
	struct address a;
	int open_before;

	init_base();
	close(listen_on_unix(&a, 1));
	open_before = open_fds();
	open_unconnected(&side);
	CHECK_INT(write_text(side.bev, "kept"), 0);
	CHECK_ERRNO(connect_to(&side, &a), ECONNREFUSED);
	CHECK_INT(turn(), 1);
	CHECK_INT(side.errors, 0);
	check_refused(&side, open_before);
}

/* Again after a failure, with the same bufferevent and what it has queued. */
TEST(again_after_a_refusal)
{
	struct side side;
	struct address nobody;
	struct address a;
	int listener;

	init_base();
	refuse_on_tcp(&nobody);
	listener = listen_on_tcp(&a, 4);
	open_unconnected(&side);
	CHECK_INT(write_text(side.bev, "hello"), 0);
	CHECK_INT(connect_to(&side, &nobody), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	wait_for_result(&side, 1);
	CHECK_INT(side.what, EVBUFFER_ERROR);
	CHECK_INT(connect_to(&side, &a), 0);
	wait_for_result(&side, 2);
	CHECK_INT(side.what, BEV_EVENT_CONNECTED);
	accept_peer(&side, listener);
	CHECK_INT(turn(), 0);
	CHECK_STR(heard(side.peer), "hello");
	check_connected(&side);
	close_side(&side);
}

/* Again from within the error callback, as clients do. */
static struct address second_try;

static void
try_again(struct bufferevent *bev, short what, void *arg)
{
	struct side *side = arg;

	side->what = what;
	if (side->errors++ == 0)
		CHECK_INT(connect_to(side, &second_try), 0);
	CHECK_PTR(bev, side->bev);
}

TEST(again_from_within_the_error_callback)
{
	struct side side;
	struct address nobody;
	int listener;

	init_base();
	refuse_on_tcp(&nobody);
	listener = listen_on_tcp(&second_try, 4);
	open_unconnected(&side);
	bufferevent_setcb(side.bev, side_read, side_written, try_again, &side);
	CHECK_INT(connect_to(&side, &nobody), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	wait_for_result(&side, 2);
	CHECK_INT(side.what, BEV_EVENT_CONNECTED);
	accept_peer(&side, listener);
	check_connected(&side);
	close_side(&side);
}
