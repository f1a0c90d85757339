/*
 * Proves behaviours 126 to 128 and 135: ports and their sockets, what programs see of a question,
 * the flags, and where a request has come from.
 */
#include "server.h"

TEST(a_question_and_its_answer)
{
	int fd = udp_server(say_nothing);
	struct packet *p = query("www.Example.org", EVDNS_TYPE_AAAA);
	struct reply *r = ask(fd, p);

	CHECK_INT(seen.calls, 1);
	CHECK_INT(seen.nquestions, 1);
	CHECK_INT(seen.type, EVDNS_TYPE_AAAA);
	CHECK_INT(seen.class, EVDNS_CLASS_INET);
	CHECK_STR(seen.name, "www.Example.org");
	CHECK_INT(r->n, p->n);
	CHECK_INT(flags_of(r), QR | RD);
	check_question(r, p);
	finish(fd);
}

/* The struct goes on for as long as the name: 255 bytes of labels are up to 1016 of text. */
TEST_ONCE(names_are_text_of_any_length)
{
	static const struct { const char *wire; size_t n; const char *text; } names[] = {
		{ "\0", 1, "" },
		{ "\1a\0", 3, "a" },
		{ "\3a.b\1\\\4\0\1 \xff\0", 12, "a\\.b.\\\\.\\000\\001\\032\\255" },
	};
	int fd = udp_server(say_nothing);
	struct packet p;
	struct reply *r;
	size_t i;

	for (i = 0; i < COUNT(names); i++) {
		put_head(&p, 7, 0, 1, 0, 0, 0);
		put_bytes(&p, names[i].wire, names[i].n);
		put16(&p, 1);
		put16(&p, 1);
		r = ask(fd, &p);
		CHECK_STR(seen.name, names[i].text);
		CHECK_INT(r->n, p.n);
		CHECK(memcmp(r->b + HEAD, p.b + HEAD, p.n - HEAD) == 0);
	}
	put_head(&p, 7, 0, 1, 0, 0, 0);
	for (i = 0; i < 3; i++)
		put_bytes(&p, "\x3f\1\2\3\4\5\6\7\1\2\3\4\5\6\7\1\2\3\4\5\6\7\1\2\3\4\5\6\7"
		    "\1\2\3\4\5\6\7\1\2\3\4\5\6\7\1\2\3\4\5\6\7\1\2\3\4\5\6\7\1\2\3\4\5\6\7", 64);
	put_bytes(&p, "\x3d\1\2\3\4\5\6\7\1\2\3\4\5\6\7\1\2\3\4\5\6\7\1\2\3\4\5\6\7"
	    "\1\2\3\4\5\6\7\1\2\3\4\5\6\7\1\2\3\4\5\6\7\1\2\3\4\5\6\7\1\2\3\4\5\0", 63);
	put16(&p, 1);
	put16(&p, 1);
	r = ask(fd, &p);
	CHECK_INT(strlen(seen.name), 4 * (3 * 63 + 61) + 3);
	CHECK_INT(r->n, p.n);
	finish(fd);
}

static void
set_all_flags(struct evdns_server_request *req)
{
	req->flags = -1;
	CHECK_INT(evdns_server_request_respond(req, 0), 0);
}

static void
authoritative(struct evdns_server_request *req)
{
	req->flags |= AA | RA;
	CHECK_INT(evdns_server_request_respond(req, DNS_ERR_NOTEXIST), 0);
}

TEST(flags_of_questions_and_answers)
{
	int fd = udp_server(authoritative);
	struct packet *p = query("a", 1);

	/* AA, TC, RA, Z, AD and a result are no business of a client's. */
	p->b[2] = 0x07;
	p->b[3] = 0xff;
	CHECK_INT(flags_of(ask(fd, p)), QR | AA | RD | RA | CD | DNS_ERR_NOTEXIST);
	CHECK_INT(seen.flags, RD | CD);
	p->b[2] = p->b[3] = 0;
	CHECK_INT(flags_of(ask(fd, p)), QR | AA | RA | DNS_ERR_NOTEXIST);
	CHECK_INT(seen.flags, 0);
	/* A program cannot undo what makes it an answer, nor the result. */
	answer = set_all_flags;
	CHECK_INT(flags_of(ask(fd, p)), 0x87f0);
	finish(fd);
}

TEST_ONCE(every_operation_but_query_is_refused)
{
	int fd = udp_server(say_nothing);
	struct packet *p = query("a", 1);
	int opcode;

	for (opcode = 1; opcode < 16; opcode++) {
		p->b[2] = (unsigned char)(opcode << 3 | 1);
		check_refused(ask(fd, p), (unsigned)opcode << 11 | RD, NOTIMP);
	}
	CHECK_INT(seen.calls, 0);
	finish(fd);
}

static void
look_at_address(struct evdns_server_request *req)
{
	struct sockaddr_storage from;
	int length = evdns_server_request_get_requesting_addr(req, (struct sockaddr *)&from,
	    sizeof(from));
	int other;

	CHECK_INT(length, server_length);
	CHECK_INT(from.ss_family, server_address.ss_family);
	/* Room for it, and a byte less. */
	memset(&from, 0x55, sizeof(from));
	other = evdns_server_request_get_requesting_addr(req, (struct sockaddr *)&from, length);
	CHECK_INT(other, length);
	CHECK_INT(((unsigned char *)&from)[length], 0x55);
	CHECK_ERRNO(evdns_server_request_get_requesting_addr(req, (struct sockaddr *)&from,
	    length - 1), EINVAL);
	CHECK_ERRNO(evdns_server_request_get_requesting_addr(req, (struct sockaddr *)&from, -1),
	    EINVAL);
	CHECK_ERRNO(evdns_server_request_get_requesting_addr(req, NULL, 100), EINVAL);
	memcpy(&server_address, &from, (size_t)length);
	CHECK_INT(evdns_server_request_respond(req, 0), 0);
}

static void
check_address(int fd)
{
	struct sockaddr_storage own;
	socklen_t length = sizeof(own);

	CHECK_INT(getsockname(fd, (struct sockaddr *)&own, &length), 0);
	CHECK_INT(length, server_length);
	CHECK(memcmp(&own, &server_address, length) == 0);
}

TEST(where_a_request_comes_from)
{
	int fd = udp_server(look_at_address);

	capture_log();
	ask(fd, query("a", 1));
	check_address(fd);
	finish(fd);
}

TEST(ipv6)
{
	int fd;

	init_base();
	capture_log();
	answer = look_at_address;
	open_port(AF_INET6, SOCK_DGRAM);
	fd = client(SOCK_DGRAM);
	ask(fd, query("a", 1));
	check_address(fd);
	finish(fd);
}

TEST(ipv6_over_tcp)
{
	int fd;

	init_base();
	capture_log();
	answer = look_at_address;
	open_port(AF_INET6, SOCK_STREAM);
	fd = client(SOCK_STREAM);
	ask_framed(fd, query("a", 1));
	check_address(fd);
	finish(fd);
}

TEST(the_socket_is_closed_with_the_last_request)
{
	int fd = udp_server(NULL);
	struct evdns_server_request *first;

	send_packet(fd, query("a", 1));
	loop_until_calls(1);
	first = seen.last;
	send_packet(fd, query("b", 1));
	loop_until_calls(2);
	evdns_close_server_port(port);
	CHECK(fcntl(port_fd, F_GETFD) != -1);
	/* Nothing is read any more, and nothing keeps the loop. */
	send_packet(fd, query("c", 1));
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(seen.calls, 2);
	CHECK_INT(evdns_server_request_respond(first, 0), 0);
	CHECK(fcntl(port_fd, F_GETFD) != -1);
	CHECK_INT(receive(fd)->n, query("a", 1)->n);
	CHECK_INT(evdns_server_request_drop(seen.last), 0);
	CHECK_INT(fcntl(port_fd, F_GETFD), -1);
	close(fd);
	event_base_free(NULL);
}

TEST(descriptor_0_is_not_closed)
{
	int fd;

	init_base();
	answer = say_nothing;
	port_fd = bound_socket(AF_INET, SOCK_DGRAM);
	CHECK_INT(dup2(port_fd, 0), 0);
	close(port_fd);
	port = evdns_add_server_port(0, 0, on_request, &seen);
	CHECK(port != NULL);
	fd = client(SOCK_DGRAM);
	ask(fd, query("a", 1));
	evdns_close_server_port(port);
	CHECK(fcntl(0, F_GETFD) != -1);
	close(0);
	close(fd);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(NULL);
}

static void
check_no_port(int fd, int is_tcp, int error)
{
	errno = 0;
	CHECK_PTR(evdns_add_server_port(fd, is_tcp, on_request, NULL), NULL);
	CHECK_INT(errno, error);
}

TEST(sockets_that_are_none)
{
	int udp, tcp, fds[2];

	capture_log();
	udp = bound_socket(AF_INET, SOCK_DGRAM);
	check_no_port(udp, 0, EINVAL);	/* no base */
	init_base();
	tcp = bound_socket(AF_INET, SOCK_STREAM);
	make_pipe(fds);
	check_no_port(-1, 0, EBADF);
	check_no_port(closed_fd(), 0, EBADF);
	check_no_port(fds[0], 0, ENOTSOCK);
	check_no_port(fds[0], 1, ENOTSOCK);
	check_no_port(tcp, 0, EINVAL);
	check_no_port(udp, 1, EINVAL);
	close(tcp);
	/* A stream that does not listen. */
	tcp = socket(AF_INET, SOCK_STREAM, 0);
	check_no_port(tcp, 1, EINVAL);
	errno = 0;
	CHECK_PTR(evdns_add_server_port(udp, 0, NULL, NULL), NULL);
	CHECK_INT(errno, EINVAL);
	/* It is still the program's, and of use. */
	port = evdns_add_server_port(udp, 0, on_request, NULL);
	CHECK(port != NULL);
	evdns_close_server_port(port);
	CHECK_INT(fcntl(udp, F_GETFD), -1);
	close(tcp);
	close(fds[0]);
	close(fds[1]);
	event_base_free(NULL);
}

/* A socket that blocks, though the manual says not to. */
TEST(a_blocking_socket_is_made_not_to)
{
	int fd;

	init_base();
	answer = say_nothing;
	port_fd = bound_socket(AF_INET, SOCK_DGRAM);
	CHECK_INT(fcntl(port_fd, F_SETFL, 0), 0);
	port = evdns_add_server_port(port_fd, 0, on_request, &seen);
	CHECK(port != NULL);
	CHECK(fcntl(port_fd, F_GETFL) & O_NONBLOCK);
	fd = client(SOCK_DGRAM);
	ask(fd, query("a", 1));
	finish(fd);
}

/* Many at once: several are taken in a round, and others have their turn in between. */
static int turns;

static void
take_turn(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	turns++;
}

TEST(a_flood_does_not_starve_others)
{
	int fd = udp_server(say_nothing);
	struct event other;
	struct packet *p = query("flood", 1);
	int i, pipe[2];

	make_pipe(pipe);
	put_byte(pipe[1]);
	event_set(&other, pipe[0], EV_READ | EV_PERSIST, take_turn, NULL);
	CHECK_INT(event_add(&other, NULL), 0);
	for (i = 0; i < 100; i++)
		send_packet(fd, p);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK(seen.calls > 1 && seen.calls < 100);
	CHECK_INT(turns, 1);
	loop_until_calls(100);
	CHECK(turns >= 4);
	event_del(&other);
	close(pipe[0]);
	close(pipe[1]);
	finish(fd);
}
