/*
 * Proves behaviour 134: answers that the socket does not take at once, or at all; and what else the
 * system may say to a server; Q12.
 */
#include "server.h"
#include "shim.h"

static int results[300], errors[300];

static void
note_result(struct evdns_server_request *req)
{
	int at = seen.calls - 1;

	CHECK(at < (int)COUNT(results));
	errno = 0;
	results[at] = evdns_server_request_respond(req, 0);
	errors[at] = errno;
	if (results[at] == -1)
		CHECK_INT(evdns_server_request_drop(req), 0);
}

static void
send_numbered(int fd, int number)
{
	struct packet *p = query("a", 1);

	p->b[0] = (unsigned char)(number >> 8);
	p->b[1] = (unsigned char)number;
	/* Past the rules, which are for the library. */
	CHECK_INT(write(fd, p->b, p->n), p->n);
}

TEST_ENV(queued_answers_are_sent_later, "SHIM=fault")
{
	int fd = udp_server(note_result), i;

	fault_set("sendto=EAGAIN");
	for (i = 0; i < 10; i++)
		send_numbered(fd, i);
	loop_until_calls(10);
	for (i = 0; i < 10; i++)
		CHECK_INT(results[i], 1);
	CHECK(!loop_until_readable(fd, 20));
	fault_set("");
	for (i = 0; i < 10; i++)
		CHECK_INT(peek16(receive(fd), 0), i);
	/* And at once again. */
	send_numbered(fd, 10);
	CHECK_INT(peek16(receive(fd), 0), 10);
	CHECK_INT(results[10], 0);
	finish(fd);
}

/* One that could go at once goes behind those that wait. */
TEST_ENV(answers_keep_their_order, "SHIM=fault")
{
	int fd = udp_server(NULL), i;
	struct evdns_server_request *requests[3];

	for (i = 0; i < 3; i++) {
		send_numbered(fd, i);
		loop_until_calls(i + 1);
		requests[i] = seen.last;
	}
	fault_set("sendto=EAGAIN");
	CHECK_INT(evdns_server_request_respond(requests[0], 0), 1);
	fault_set("");
	CHECK_INT(evdns_server_request_respond(requests[1], 0), 1);
	CHECK_INT(evdns_server_request_respond(requests[2], 0), 1);
	for (i = 0; i < 3; i++)
		CHECK_INT(peek16(receive(fd), 0), i);
	finish(fd);
}

TEST_ENV(the_oldest_give_way, "SHIM=fault")
{
	enum { MOST = 128, MANY = 200 };
	int fd = udp_server(note_result), i;

	fault_set("sendto=EAGAIN");
	for (i = 0; i < MANY; i++) {
		send_numbered(fd, i);
		loop_until_calls(i + 1);
		CHECK_INT(results[i], 1);
	}
	fault_set("");
	for (i = MANY - MOST; i < MANY; i++)
		CHECK_INT(peek16(receive(fd), 0), i);
	CHECK(!loop_until_readable(fd, 20));
	finish(fd);
}

/* A port that is closed meanwhile stays until its answers are sent. */
TEST_ENV(closed_with_answers_to_send, "SHIM=fault")
{
	int fd = udp_server(note_result);

	fault_set("sendto=EAGAIN");
	send_numbered(fd, 1);
	loop_until_calls(1);
	evdns_close_server_port(port);
	CHECK(fcntl(port_fd, F_GETFD) != -1);
	fault_set("");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(fcntl(port_fd, F_GETFD), -1);
	CHECK_INT(peek16(receive(fd), 0), 1);
	close(fd);
	event_base_free(NULL);
}

TEST_ENV(base_freed_with_answers_to_send, "SHIM=fault")
{
	int fd = udp_server(note_result);

	fault_set("sendto=EAGAIN");
	send_numbered(fd, 1);
	loop_until_calls(1);
	evdns_close_server_port(port);
	event_base_free(NULL);
	CHECK_INT(fcntl(port_fd, F_GETFD), -1);
	close(fd);
}

/* Without a base there is nobody to send it later. */
TEST_ENV(nobody_sends_it_later, "SHIM=fault")
{
	int fd = udp_server(NULL);

	send_numbered(fd, 1);
	loop_until_calls(1);
	event_base_free(NULL);
	fault_set("sendto=EAGAIN");
	CHECK_ERRNO(evdns_server_request_respond(seen.last, 0), EAGAIN);
	fault_set("");
	CHECK_INT(evdns_server_request_respond(seen.last, 0), 0);
	evdns_close_server_port(port);
	close(fd);
}

/* Other errors: the request is still there; nothing can be added to it any more. */
TEST_ENV(answers_that_cannot_be_sent, "SHIM=fault")
{
	int fd = udp_server(NULL);
	unsigned char address[4] = { 1, 2, 3, 4 };

	capture_log();
	send_numbered(fd, 5);
	loop_until_calls(1);
	fault_set("sendto=EPERM");
	CHECK_ERRNO(evdns_server_request_respond(seen.last, 0), EPERM);
	CHECK_ERRNO(evdns_server_request_add_a_reply(seen.last, "a", 1, address, 1), EINVAL);
	CHECK_ERRNO(evdns_server_request_respond(seen.last, 3), EPERM);
	fault_set("");
	CHECK_INT(evdns_server_request_respond(seen.last, DNS_ERR_REFUSED), 0);
	CHECK_INT(flags_of(receive(fd)) & 15, DNS_ERR_REFUSED);
	finish(fd);
}

/* What an earlier answer came to is told by the next call, which has sent nothing. */
TEST_ENV(errors_that_are_not_its_own, "SHIM=fault")
{
	int fd = udp_server(note_result);

	fault_set("sendto=ECONNREFUSED@1");
	send_numbered(fd, 1);
	CHECK_INT(peek16(receive(fd), 0), 1);
	fault_set("sendto=EINTR@1");
	send_numbered(fd, 2);
	CHECK_INT(peek16(receive(fd), 0), 2);
	CHECK_INT(results[0], 0);
	CHECK_INT(results[1], 0);
	finish(fd);
}

TEST_ENV(errors_of_receiving, "SHIM=fault")
{
	static const char *const names[] = { "ECONNREFUSED", "EINTR", "EAGAIN", "ENOMEM", "EIO" };
	int fd = udp_server(note_result);
	char rule[64];
	size_t i;

	for (i = 0; i < COUNT(names); i++) {
		snprintf(rule, sizeof(rule), "recvfrom=%s%%2", names[i]);
		fault_set(rule);
		send_numbered(fd, (int)i);
		CHECK(loop_until_readable(fd, LIMIT_MS));
		fault_set("");
		CHECK_INT(peek16(receive(fd), 0), i);
	}
	finish(fd);
}

/* Woken up for nothing. */
TEST_ENV(nothing_to_receive, "SHIM=fault")
{
	int fd = udp_server(note_result);

	fault_set("recvfrom=EAGAIN");
	send_numbered(fd, 1);
	CHECK(!loop_until_readable(fd, 20));
	CHECK_INT(seen.calls, 0);
	fault_set("");
	CHECK_INT(peek16(receive(fd), 0), 1);
	finish(fd);
}

static void
ask_over_tcp(int number)
{
	int fd = client(SOCK_STREAM);
	struct packet *p = query("a", 1);
	unsigned char bytes[2] = { 0, (unsigned char)p->n };

	p->b[1] = (unsigned char)number;
	CHECK_INT(write(fd, bytes, 2), 2);
	CHECK_INT(write(fd, p->b, p->n), p->n);
	CHECK_INT(receive_framed(fd)->b[1], number);
	close(fd);
}

TEST_ENV(errors_of_accepting, "SHIM=fault")
{
	static const char *const names[] = { "EINTR", "EAGAIN", "ECONNRESET", "EPERM", "EMFILE",
		"ENFILE", "ENOBUFS", "ENOMEM" };
	int fd = tcp_server(note_result);
	char rule[64];
	size_t i;

	for (i = 0; i < COUNT(names); i++) {
		snprintf(rule, sizeof(rule), "accept4=%s@1", names[i]);
		fault_set(rule);
		ask_over_tcp((int)i);
		CHECK(fault_failures("accept4") == 1);
	}
	/* Without descriptors it does not spin, and goes on when there are some. */
	fault_set("accept4=EMFILE");
	exit_after_ms(current_base, 350);
	close(client(SOCK_STREAM));
	CHECK_INT(event_dispatch(), 0);
	CHECK(fault_calls("accept4") >= 2 && fault_calls("accept4") <= 8);
	fault_set("");
	ask_over_tcp(99);
	finish(fd);
}

/* Answers that leave in pieces. */
static void
say_more(struct evdns_server_request *req)
{
	static char data[3000];

	memset(data, 'd', sizeof(data));
	CHECK_INT(evdns_server_request_add_reply(req, 0, "a", 999, 1, 1, sizeof(data), 0, data), 0);
	note_result(req);
}

TEST_ENV(answers_in_pieces, "SHIM=fault")
{
	static const char *const rules[] = { "send=SHORT1", "send=SHORT7,read=SHORT1",
		"send=EAGAIN%2", "send=EINTR%2", "read=EAGAIN%2", "read=EINTR%2" };
	int fd = tcp_server(say_more);
	struct packet *p = query("a", 1);
	unsigned char prefix[2] = { 0, (unsigned char)p->n };
	size_t i, at;

	for (i = 0; i < COUNT(rules); i++) {
		struct reply *r;

		fault_set(rules[i]);
		CHECK_INT(write(fd, prefix, 2), 2);
		CHECK_INT(write(fd, p->b, p->n), p->n);
		r = receive_framed(fd);
		CHECK_INT(r->n, p->n + 3012);
		for (at = r->n - 3000; at < r->n; at++)
			CHECK_INT(r->b[at], 'd');
	}
	fault_set("");
	finish(fd);
}

/* Errors of a connection end it; its requests hear of that when they are answered. */
TEST_ENV(errors_of_connections, "SHIM=fault")
{
	int fd = tcp_server(note_result), other = client(SOCK_STREAM);
	struct packet *p = query("a", 1);
	unsigned char prefix[2] = { 0, (unsigned char)p->n };

	fault_set("send=EPIPE@1");
	CHECK_INT(write(fd, prefix, 2), 2);
	CHECK_INT(write(fd, p->b, p->n), p->n);
	check_end(fd);
	CHECK_INT(results[0], -1);
	CHECK_INT(errors[0], EPIPE);
	fault_set("read=EIO@1");
	CHECK_INT(write(other, prefix, 2), 2);
	/* Its end may be a reset, as something was not read. */
	CHECK(loop_until_readable(other, LIMIT_MS));
	CHECK(recv(other, prefix, 1, 0) <= 0);
	fault_set("");
	close(other);
	CHECK_INT(seen.calls, 1);
	finish(fd);
}
