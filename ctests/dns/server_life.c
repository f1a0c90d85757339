/*
 * Proves behaviours 129 (nothing can be added to an answer that was given), 134 and 126: the lives
 * of requests, ports, bases and processes, in any order of ends; Q11.
 */
#include "child.h"
#include "server.h"

#include <setjmp.h>

static void
respond_twice(struct evdns_server_request *req)
{
	unsigned char address[16] = { 0 };
	struct sockaddr_in from;

	CHECK_INT(evdns_server_request_respond(req, 0), 0);
	CHECK_ERRNO(evdns_server_request_respond(req, 0), EINVAL);
	CHECK_ERRNO(evdns_server_request_drop(req), EINVAL);
	CHECK_ERRNO(evdns_server_request_add_reply(req, 0, "a", 1, 1, 1, 0, 0, NULL), EINVAL);
	CHECK_ERRNO(evdns_server_request_add_a_reply(req, "a", 1, address, 1), EINVAL);
	CHECK_ERRNO(evdns_server_request_add_aaaa_reply(req, "a", 1, address, 1), EINVAL);
	CHECK_ERRNO(evdns_server_request_add_cname_reply(req, "a", "b", 1), EINVAL);
	CHECK_ERRNO(evdns_server_request_add_ptr_reply(req, NULL, "a", "b", 1), EINVAL);
	CHECK_ERRNO(evdns_server_request_get_requesting_addr(req, (struct sockaddr *)&from,
	    sizeof(from)), EINVAL);
}

TEST(requests_that_are_no_more)
{
	int fd = udp_server(respond_twice);

	capture_log();
	ask(fd, query("a", 1));
	CHECK_ERRNO(evdns_server_request_respond(NULL, 0), EINVAL);
	CHECK_ERRNO(evdns_server_request_drop(NULL), EINVAL);
	CHECK_INT(logged(_EVENT_LOG_WARN), 2);
	finish(fd);
}

static void
drop(struct evdns_server_request *req)
{
	CHECK_INT(evdns_server_request_drop(req), 0);
	CHECK_ERRNO(evdns_server_request_drop(req), EINVAL);
	CHECK_ERRNO(evdns_server_request_respond(req, 0), EINVAL);
}

TEST(dropped_requests_have_no_answer)
{
	int fd = udp_server(drop);

	capture_log();
	send_packet(fd, query("a", 1));
	loop_until_calls(1);
	answer = say_nothing;
	CHECK_INT(peek16(ask(fd, query("b", 1)), 4), 1);
	CHECK_STR(seen.name, "b");
	finish(fd);
}

TEST(ports_that_are_none)
{
	int fd = udp_server(say_nothing);
	struct evdns_server_port *first = port;

	capture_log();
	ask(fd, query("a", 1));
	evdns_close_server_port(port);
	errno = 0;
	evdns_close_server_port(first);
	CHECK_INT(errno, EINVAL);
	evdns_close_server_port(NULL);
	CHECK_INT(logged(_EVENT_LOG_WARN), 2);
	close(fd);
	event_base_free(NULL);
}

/* Closed with a request under way, and once more. */
TEST(closed_twice_with_a_request)
{
	int fd = udp_server(NULL);

	capture_log();
	send_packet(fd, query("a", 1));
	loop_until_calls(1);
	evdns_close_server_port(port);
	errno = 0;
	evdns_close_server_port(port);
	CHECK_INT(errno, EINVAL);
	CHECK_INT(evdns_server_request_respond(seen.last, 0), 0);
	CHECK_INT(fcntl(port_fd, F_GETFD), -1);
	close(fd);
	event_base_free(NULL);
}

static void
close_then_respond(struct evdns_server_request *req)
{
	evdns_close_server_port(port);
	CHECK_INT(evdns_server_request_respond(req, 0), 0);
	CHECK_INT(fcntl(port_fd, F_GETFD), -1);
}

static void
respond_then_close(struct evdns_server_request *req)
{
	CHECK_INT(evdns_server_request_respond(req, 0), 0);
	evdns_close_server_port(port);
	CHECK_INT(fcntl(port_fd, F_GETFD), -1);
}

/* With more queries waiting, which are not to be touched. */
static void
closed_inside(int type, void (*what)(struct evdns_server_request *))
{
	int fd, i;

	init_base();
	answer = what;
	open_port(AF_INET, type);
	fd = client(type);
	for (i = 0; i < 5; i++) {
		if (type == SOCK_STREAM)
			send_framed(fd, query("a", 1));
		else
			send_packet(fd, query("a", 1));
	}
	loop_until_calls(1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(seen.calls, 1);
	close(fd);
	event_base_free(NULL);
}

TEST(closed_in_the_callback)
{
	closed_inside(SOCK_DGRAM, close_then_respond);
	seen.calls = 0;
	closed_inside(SOCK_DGRAM, respond_then_close);
}

TEST(closed_in_the_callback_over_tcp)
{
	closed_inside(SOCK_STREAM, close_then_respond);
	seen.calls = 0;
	closed_inside(SOCK_STREAM, respond_then_close);
}

/* The base goes first: nothing comes any more, answers can still be sent. */
static void
base_goes_first(int type)
{
	int fd, idle = -1;
	struct evdns_server_request *first;

	init_base();
	answer = NULL;
	seen.calls = 0;
	open_port(AF_INET, type);
	fd = client(type);
	if (type == SOCK_STREAM)
		idle = client(type);
	if (type == SOCK_STREAM)
		send_framed(fd, query("a", 1));
	else
		send_packet(fd, query("a", 1));
	loop_until_calls(1);
	first = seen.last;
	if (type == SOCK_STREAM)
		send_framed(fd, query("b", 1));
	else
		send_packet(fd, query("b", 1));
	loop_until_calls(2);
	event_base_free(NULL);
	if (type == SOCK_STREAM)
		close(idle);
	CHECK_INT(evdns_server_request_respond(first, 0), 0);
	/* It may be closed before its last request has ended, or after. */
	if (type == SOCK_STREAM) {
		evdns_close_server_port(port);
		CHECK_INT(evdns_server_request_respond(seen.last, 0), 0);
	} else {
		CHECK_INT(evdns_server_request_drop(seen.last), 0);
		evdns_close_server_port(port);
	}
	CHECK_INT(fcntl(port_fd, F_GETFD), -1);
	sleep_ms(1);
	CHECK(recv(fd, &first, sizeof(first), 0) > 0);
	close(fd);
}

TEST(base_freed_before_the_port)
{
	int before = open_fds();

	base_goes_first(SOCK_DGRAM);
	base_goes_first(SOCK_STREAM);
	CHECK_INT(open_fds(), before);
}

static void
free_base(struct evdns_server_request *req)
{
	event_base_free(NULL);
	CHECK_INT(evdns_server_request_respond(req, 0), 0);
}

static void
base_freed_inside(int type)
{
	int fd, i;

	init_base();
	answer = free_base;
	seen.calls = 0;
	open_port(AF_INET, type);
	fd = client(type);
	for (i = 0; i < 3; i++) {
		if (type == SOCK_STREAM)
			send_framed(fd, query("a", 1));
		else
			send_packet(fd, query("a", 1));
	}
	while (current_base != NULL)
		CHECK(event_loop(EVLOOP_ONCE) != -1);
	CHECK_INT(seen.calls, 1);
	evdns_close_server_port(port);
	CHECK_INT(fcntl(port_fd, F_GETFD), -1);
	close(fd);
}

TEST(base_freed_in_the_callback)
{
	base_freed_inside(SOCK_DGRAM);
	base_freed_inside(SOCK_STREAM);
}

/* Another base is made where the first was: it has nothing to do with the port. */
TEST(another_base_after_it)
{
	int fd = udp_server(NULL);

	send_packet(fd, query("a", 1));
	loop_until_calls(1);
	event_base_free(NULL);
	init_base();
	send_packet(fd, query("b", 1));
	CHECK_INT(event_dispatch(), 1);
	event_base_free(NULL);
	CHECK_INT(seen.calls, 1);
	CHECK_INT(evdns_server_request_respond(seen.last, 0), 0);
	evdns_close_server_port(port);
	CHECK_INT(fcntl(port_fd, F_GETFD), -1);
	close(fd);
}

static jmp_buf out;

static void
leave(struct evdns_server_request *req)
{
	CHECK_INT(evdns_server_request_respond(req, 0), 0);
	longjmp(out, 1);
}

/* A callback that never returns: the next query is called for all the same. */
static void
left_by_longjmp(int type)
{
	static volatile int fd;
	static struct packet two;
	struct packet *p;

	init_base();
	answer = leave;
	seen.calls = 0;
	open_port(AF_INET, type);
	fd = client(type);
	p = query("a", 1);
	if (type == SOCK_STREAM) {
		two.n = 0;
		for (int i = 0; i < 3; i++) {
			put16(&two, (unsigned)p->n);
			put_bytes(&two, p->b, p->n);
		}
		send_packet(fd, &two);
	} else {
		for (int i = 0; i < 3; i++)
			send_packet(fd, p);
	}
	setjmp(out);
	if (seen.calls < 3)
		loop_until_calls(3);
	close(fd);
	evdns_close_server_port(port);
	CHECK_INT(fcntl(port_fd, F_GETFD), -1);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
}

TEST(a_callback_that_never_returns)
{
	left_by_longjmp(SOCK_DGRAM);
}

TEST(a_callback_that_never_returns_over_tcp)
{
	left_by_longjmp(SOCK_STREAM);
}

static void
break_out(struct evdns_server_request *req)
{
	CHECK_INT(evdns_server_request_respond(req, 0), 0);
	CHECK_INT(event_loopbreak(), 0);
}

TEST(loopbreak_in_the_callback)
{
	int fd = udp_server(break_out), i;

	for (i = 0; i < 5; i++)
		send_packet(fd, query("a", 1));
	for (i = 0; i < 5; i++) {
		CHECK_INT(event_dispatch(), 0);
		CHECK_INT(seen.calls, i + 1);
	}
	finish(fd);
}

/* A port in a port's callback, and both closed in either. */
static struct evdns_server_port *inner_port;
static int inner_fd;

static void
answer_from_within(struct evdns_server_request *req)
{
	answer = say_nothing;
	inner_port = port;
	inner_fd = port_fd;
	open_port(AF_INET, SOCK_DGRAM);
	CHECK_INT(evdns_server_request_respond(req, 0), 0);
}

TEST(a_port_opened_in_the_callback)
{
	int fd = udp_server(answer_from_within), other;

	ask(fd, query("a", 1));
	other = client(SOCK_DGRAM);
	ask(other, query("b", 1));
	ask(fd, query("c", 1));
	CHECK_INT(seen.calls, 3);
	evdns_close_server_port(inner_port);
	CHECK_INT(fcntl(inner_fd, F_GETFD), -1);
	close(other);
	finish(fd);
}

/* A nested loop answers other queries meanwhile. */
static void
loop_within(struct evdns_server_request *req)
{
	answer = say_nothing;
	CHECK(event_loop(EVLOOP_NONBLOCK) != -1);
	CHECK_INT(seen.calls, 3);
	CHECK_INT(evdns_server_request_respond(req, 0), 0);
}

TEST(a_loop_in_the_callback)
{
	int fd = udp_server(loop_within), i;

	for (i = 0; i < 3; i++)
		send_packet(fd, query("a", 1));
	loop_until_calls(3);
	finish(fd);
}

TEST(reinit_goes_on)
{
	int fd = udp_server(say_nothing);

	ask(fd, query("a", 1));
	CHECK_INT(event_reinit(current_base), 0);
	ask(fd, query("b", 1));
	CHECK_INT(seen.calls, 2);
	finish(fd);
}

static void
serve(void *fd)
{
	CHECK_INT(event_reinit(current_base), 0);
	ask(*(int *)fd, query("child", 1));
	CHECK_STR(seen.name, "child");
	finish(*(int *)fd);
}

TEST(a_child_serves)
{
	int fd = udp_server(say_nothing);
	struct child_end end;

	ask(fd, query("a", 1));
	run_child(&end, serve, &fd);
	CHECK_STR(end.err, "");
	CHECK_INT(end.status, 0);
	ask(fd, query("b", 1));
	CHECK_STR(seen.name, "b");
	finish(fd);
}

/* Not one descriptor is left by connections and their ends. */
TEST(no_descriptor_is_left)
{
	int before, fd, i;

	init_base();
	before = open_fds();
	for (i = 0; i < 20; i++) {
		answer = i % 2 ? say_nothing : NULL;
		seen.calls = 0;
		open_port(AF_INET, SOCK_STREAM);
		fd = client(SOCK_STREAM);
		send_framed(fd, query("a", 1));
		loop_until_calls(1);
		if (i % 4 == 0)
			close(fd);
		evdns_close_server_port(port);
		if (i % 2 == 0)
			CHECK_INT(evdns_server_request_drop(seen.last), 0);
		if (i % 4 != 0)
			close(fd);
		CHECK_INT(event_dispatch(), 1);
		CHECK_INT(open_fds(), before);
	}
	event_base_free(NULL);
}
