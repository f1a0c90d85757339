/*
 * Memory runs out at the n-th allocation, for every n: a port is made or not, a query is answered
 * or lost as datagrams may be, a record is added or not; nothing leaks, and the next try works.
 */
#include "alloc.h"
#include "server.h"

/* 1 if it worked. */
static int
open_once(void)
{
	int before = open_fds();

	port_fd = bound_socket(AF_INET, SOCK_DGRAM);
	alloc_fail(0, 0);
	return open_fds() == before + 1;
}

ALLOC_TEST(ports)
{
	long n, failures;

	need_shim();
	init_base();
	capture_log();
	for (n = 1;; n++) {
		CHECK(open_once());
		alloc_fail(n, 1);
		errno = 0;
		port = evdns_add_server_port(port_fd, 0, on_request, &seen);
		failures = alloc_failures();
		alloc_fail(0, 0);
		if (port != NULL)
			break;
		CHECK_INT(errno, ENOMEM);
		CHECK(failures > 0);
		/* Still the program's. */
		CHECK_INT(close(port_fd), 0);
	}
	CHECK(n > 1);
	close_port();
	CHECK_INT(event_dispatch(), 1);
	event_base_free(NULL);
}

static int added, refused;

static void
count(int result)
{
	CHECK(result == 0 || (result == -1 && errno == ENOMEM));
	if (result == 0)
		added++;
	else
		refused++;
}

static int responded;

static void
answer_all(struct evdns_server_request *req)
{
	unsigned char addresses[3][4] = { { 1, 2, 3, 4 } };

	count(evdns_server_request_add_reply(req, 2, "c.example", 16, 1, 1, 3, 0, "\2ab"));
	count(evdns_server_request_add_a_reply(req, "a.example", 3, addresses, 1));
	count(evdns_server_request_add_cname_reply(req, "d.example", "a.example", 1));
	responded = evdns_server_request_respond(req, 0);
	CHECK(responded == 0 || (responded == -1 && errno == ENOMEM));
	if (responded == -1)
		CHECK_INT(evdns_server_request_drop(req), 0);
}

/* All or nothing of each call is in the answer. */
static void
check_records(struct reply *r)
{
	unsigned answers = count_of(r, 0), i, more = count_of(r, 2);

	CHECK(answers == 0 || answers == 1 || answers == 3 || answers == 4);
	CHECK_INT((answers >= 3) + (answers % 3) + more, added);
	for (i = 0; i < answers + more; i++)
		get_record(r);
	CHECK_INT(r->at, r->n);
}

static void
run_out(int type)
{
	struct packet *p = query("example", 1), copy;
	int fd;
	long n, failures;

	init_base();
	capture_log();
	answer = answer_all;
	open_port(AF_INET, type);
	p->b[11] = 1;
	put_opt(p, 4096, 0);
	copy = *p;
	/* The tables of the base have their size. */
	fd = client(type);
	if (type == SOCK_STREAM)
		ask_framed(fd, &copy);
	else
		ask(fd, &copy);
	for (n = 1;; n++) {
		struct reply *r = NULL;
		int i;

		if (type == SOCK_STREAM) {
			close(fd);
			fd = client(type);
			send_framed(fd, &copy);
		} else {
			send_packet(fd, &copy);
		}
		added = refused = 0;
		responded = -2;
		alloc_fail(n, 0);
		for (i = 0; i < 20; i++)
			CHECK(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
		failures = alloc_failures();
		alloc_fail(0, 0);
		if (responded == 0) {
			r = type == SOCK_STREAM ? receive_framed(fd) : receive(fd);
			check_question(r, &copy);
			if (added > 0 && count_of(r, 2) > 0) {
				/* Its OPT is the last. */
				r->b[11]--;
				r->n -= 11;
			}
			if (added > 0 || refused > 0)
				check_records(r);
		}
		if (failures == 0)
			break;
	}
	CHECK_INT(added, 3);
	CHECK_INT(responded, 0);
	CHECK(n > 5);
	finish(fd);
}

ALLOC_TEST(queries_and_answers)
{
	need_shim();
	run_out(SOCK_DGRAM);
}

ALLOC_TEST(queries_and_answers_over_tcp)
{
	need_shim();
	run_out(SOCK_STREAM);
}

/* Every allocation has its end. */
ALLOC_TEST(nothing_is_left)
{
	long live = 0;
	int i;

	need_shim();
	for (i = 0; i < 3; i++) {
		int fd = i % 2 ? tcp_server(answer_all) : udp_server(answer_all);
		int n;

		for (n = 0; n < 5; n++) {
			if (i % 2)
				ask_framed(fd, query("example", 1));
			else
				ask(fd, query("example", 1));
		}
		finish(fd);
		/* The first round has made what stays: what the C library keeps. */
		if (i == 0)
			live = alloc_live();
		CHECK_INT(alloc_live(), live);
	}
}
