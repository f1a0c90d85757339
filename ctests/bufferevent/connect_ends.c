/*
 * Connecting that comes to nothing, or to something else: time is up, it is freed or given another
 * descriptor meanwhile, it is tried twice, the arguments are impossible (F18).
 */
#include "connect.h"
#include "shim.h"

/* A listener whose backlog is full: the next attempt to connect takes for ever. */
static void
fill_backlog(struct address *a)
{
	int64_t end;
	int tries, n;

	listen_on_tcp(a, 0);
	for (tries = 0; tries < 64; tries++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		struct pollfd p = { fd, POLLOUT, 0 };

		CHECK(fd != -1);
		if (connect(fd, any(a), a->length) == -1)
			CHECK_INT(errno, EINPROGRESS);
		end = now_ms() + 20;
		do
			n = poll(&p, 1, 1);
		while (n <= 0 && now_ms() < end);
		if (n <= 0)
			return;
	}
	SKIP("the kernel accepts whatever the backlog");
}

TEST(time_is_up)
{
	struct side side;
	struct address a;
	int64_t start;
	int open_before;

	init_base();
	fill_backlog(&a);
	open_before = open_fds();
	open_unconnected(&side);
	bufferevent_settimeout(side.bev, 0, 1);
	CHECK_INT(write_text(side.bev, "kept"), 0);
	start = now_ns();
	CHECK_INT(connect_to(&side, &a), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_ELAPSED(start, 1000);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_TIMEOUT);
	CHECK_INT(evhub_bufferevent_getfd(side.bev), -1);
	CHECK_INT(open_fds(), open_before);
	CHECK_STR(text_of(side.bev->output), "kept");
	bufferevent_free(side.bev);
}

/* The attempt keeps the loop alive; output and reading wait as long as it takes. */
TEST(under_way)
{
	struct side side;
	struct address a;
	int fd;

	init_base();
	fill_backlog(&a);
	open_unconnected(&side);
	CHECK_INT(connect_to(&side, &a), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	CHECK_INT(write_text(side.bev, "waits"), 0);
	CHECK_INT(exit_after_ms(current_base, 30), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(side.errors + side.reads + side.writes, 0);
	CHECK_STR(text_of(side.bev->output), "waits");
	/* There is nothing that could be flushed. */
	CHECK_INT(evhub_bufferevent_flush(side.bev, EV_WRITE, BEV_FLUSH), 0);
	CHECK_STR(text_of(side.bev->output), "waits");
	/* Another attempt meanwhile changes nothing. */
	fd = evhub_bufferevent_getfd(side.bev);
	CHECK_ERRNO(connect_to(&side, &a), EALREADY);
	CHECK_INT(evhub_bufferevent_getfd(side.bev), fd);
	CHECK_INT(turn(), 0);
	CHECK_INT(side.errors, 0);
	close_side(&side);
	CHECK_INT(turn(), 1);
}

/* Freed meanwhile: nothing is heard of it, and its socket does not stay open. */
TEST(freed_while_connecting)
{
	struct side side;
	struct address a;
	int open_before;

	init_base();
	listen_on_tcp(&a, 4);
	open_before = open_fds();
	open_unconnected(&side);
	CHECK_INT(write_text(side.bev, "never"), 0);
	CHECK_INT(connect_to(&side, &a), 0);
	bufferevent_free(side.bev);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors + side.writes, 0);
	CHECK_INT(open_fds(), open_before);
}

TEST(freed_while_connecting_with_a_descriptor_of_one_s_own)
{
	struct side side;
	struct address a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	init_base();
	listen_on_tcp(&a, 4);
	open_side_on(&side, fd, -1);
	CHECK_INT(connect_to(&side, &a), 0);
	bufferevent_free(side.bev);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 0);
	CHECK_INT(close(fd), 0);
}

/* Freed by the callback that tells of the connection, or of the failure. */
static void
free_it(struct bufferevent *bev, short what, void *arg)
{
	struct side *side = arg;
	int fd = evhub_bufferevent_getfd(bev);

	side->what = what;
	side->errors++;
	bufferevent_free(bev);
	if (fd != -1)
		CHECK_INT(close(fd), 0);
}

TEST(freed_when_told)
{
	struct side side;
	struct address a;
	struct address nobody;
	int open_before;

	init_base();
	listen_on_tcp(&a, 4);
	refuse_on_tcp(&nobody);
	open_before = open_fds();
	open_unconnected(&side);
	bufferevent_setcb(side.bev, side_read, side_written, free_it, &side);
	CHECK_INT(write_text(side.bev, "never"), 0);
	CHECK_INT(connect_to(&side, &a), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.what, BEV_EVENT_CONNECTED);
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.writes, 0);
	open_unconnected(&side);
	bufferevent_setcb(side.bev, side_read, side_written, free_it, &side);
	CHECK_INT(connect_to(&side, &nobody), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.what, EVBUFFER_ERROR);
	CHECK_INT(side.errors, 1);
	CHECK_INT(open_fds(), open_before);
}

/* Another descriptor ends the attempt; it is not told of. */
TEST(another_descriptor_while_connecting)
{
	struct side side;
	struct address a;
	int open_before;
	int fds[2];

	init_base();
	listen_on_tcp(&a, 4);
	open_unconnected(&side);
	make_pair(fds);
	open_before = open_fds();
	CHECK_INT(connect_to(&side, &a), 0);
	bufferevent_setfd(side.bev, fds[0]);
	CHECK_INT(open_fds(), open_before);
	side.peer = fds[1];
	CHECK_INT(turn(), 1);
	CHECK_INT(side.errors, 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	check_connected(&side);
	CHECK_INT(side.errors, 0);
	close_side(&side);
}

/* When a connection has ended, its bufferevent can have another. */
TEST(again_after_the_end_of_a_connection)
{
	struct side side;
	struct address a;
	int listener;

	init_base();
	listener = listen_on_tcp(&a, 4);
	open_unconnected(&side);
	CHECK_INT(connect_to(&side, &a), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	wait_for_result(&side, 1);
	accept_peer(&side, listener);
	check_connected(&side);
	close(side.peer);
	wait_for_result(&side, 2);
	CHECK_INT(side.what, EVBUFFER_READ | EVBUFFER_EOF);
	/* The old descriptor goes, a new one comes. */
	close(fd_of(&side));
	bufferevent_setfd(side.bev, -1);
	CHECK_INT(connect_to(&side, &a), 0);
	CHECK_INT(bufferevent_enable(side.bev, EV_READ), 0);
	wait_for_result(&side, 3);
	CHECK_INT(side.what, BEV_EVENT_CONNECTED);
	accept_peer(&side, listener);
	check_connected(&side);
	close_side(&side);
}

/* Impossible arguments: told at once, nothing changes, nothing stays open. */
TEST(impossible_arguments)
{
	struct side side;
	struct address a;
	struct address strange;
	int open_before;

	init_base();
	capture_log();
	listen_on_tcp(&a, 4);
	open_before = open_fds();
	open_unconnected(&side);
	memset(&strange, 0, sizeof(strange));
	strange.storage.ss_family = 250;
	strange.length = sizeof(strange.storage);
	CHECK_ERRNO(connect_to(&side, &strange), EAFNOSUPPORT);
	CHECK_ERRNO(evhub_bufferevent_socket_connect(NULL, any(&a), (int)a.length), EINVAL);
	CHECK_ERRNO(evhub_bufferevent_socket_connect(side.bev, any(&a), 3), EINVAL);
	CHECK_ERRNO(evhub_bufferevent_socket_connect(side.bev, any(&a), -1), EINVAL);
	CHECK_ERRNO(evhub_bufferevent_socket_connect(side.bev, any(&a), 0), EINVAL);
	CHECK_INT(evhub_bufferevent_getfd(side.bev), -1);
	CHECK_INT(open_fds(), open_before);
	CHECK_INT(turn(), 1);
	CHECK_INT(side.errors, 0);
	CHECK_INT(connect_to(&side, &a), 0);
	wait_for_result(&side, 1);
	CHECK_INT(side.what, BEV_EVENT_CONNECTED);
	close_side(&side);
}

/* The system has no more descriptors, or refuses at once: told at once. */
TEST_ENV(the_kernel_refuses, "SHIM=fault")
{
	static const struct {
		const char *rule;
		int error;
	} refusals[] = {
		{ "socket=EMFILE", EMFILE }, { "socket=ENOBUFS", ENOBUFS },
		{ "connect=ENETUNREACH", ENETUNREACH }, { "connect=EPERM", EPERM },
	};
	struct side side;
	struct address a;
	int open_before;
	size_t i;

	init_base();
	listen_on_tcp(&a, 4);
	open_before = open_fds();
	open_unconnected(&side);
	for (i = 0; i < COUNT(refusals); i++) {
		fault_set(refusals[i].rule);
		CHECK_ERRNO(connect_to(&side, &a), refusals[i].error);
		fault_set("");
		CHECK_INT(evhub_bufferevent_getfd(side.bev), -1);
		CHECK_INT(turn(), 1);
	}
	CHECK_INT(side.errors, 0);
	CHECK_INT(open_fds(), open_before);
	if (method_is("epoll")) {
		fault_set("epoll_ctl=ENOSPC");
		CHECK_ERRNO(connect_to(&side, &a), ENOSPC);
		fault_set("");
		CHECK_INT(evhub_bufferevent_getfd(side.bev), -1);
		CHECK_INT(open_fds(), open_before);
	}
	CHECK_INT(connect_to(&side, &a), 0);
	wait_for_result(&side, 1);
	CHECK_INT(side.what, BEV_EVENT_CONNECTED);
	close_side(&side);
}
