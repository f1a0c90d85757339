/*
 * Proves behaviour 126, the repair: a port may be one of TCP. Queries in any pieces, several in
 * one, half of one, ends of connections, more connections and queries than are taken at a time.
 */
#include "server.h"
#include "shim.h"

/* The requests that the callback keeps. */
static struct evdns_server_request *kept[600];
static int kept_count;

static void
keep(struct evdns_server_request *req)
{
	CHECK(kept_count < (int)COUNT(kept));
	kept[kept_count++] = req;
}

/* Answers with the number that the name begins with. */
static void
say_number(struct evdns_server_request *req)
{
	unsigned char address[4] = { 10, 0, 0, (unsigned char)atoi(req->questions[0]->name) };

	CHECK_INT(evdns_server_request_add_a_reply(req, req->questions[0]->name, 1, address, 1), 0);
	CHECK(evdns_server_request_respond(req, 0) >= 0);
}

static int
number_of(struct reply *r)
{
	char name[1100];

	r->at = read_name(r, HEAD, name) + 4;
	return get_record(r).data[3];
}

static void
put_framed(struct packet *all, int number)
{
	char name[32];
	struct packet *p;

	snprintf(name, sizeof(name), "%d.example.org", number);
	p = query(name, 1);
	put16(all, (unsigned)p->n);
	put_bytes(all, p->b, p->n);
}

TEST(a_byte_at_a_time)
{
	int fd = tcp_server(say_number), on = 1;
	struct packet all = { .n = 0 };
	size_t i;

	CHECK_INT(setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof(on)), 0);
	put_framed(&all, 7);
	put_framed(&all, 8);
	for (i = 0; i < all.n; i++) {
		CHECK_INT(send(fd, all.b + i, 1, 0), 1);
		CHECK(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
	}
	CHECK_INT(number_of(receive_framed(fd)), 7);
	CHECK_INT(number_of(receive_framed(fd)), 8);
	CHECK_INT(seen.calls, 2);
	finish(fd);
}

TEST(several_queries_in_one_segment)
{
	int fd = tcp_server(say_number), i;
	struct packet all = { .n = 0 };

	for (i = 0; i < 100; i++)
		put_framed(&all, i);
	CHECK_INT(send(fd, all.b, all.n, 0), all.n);
	for (i = 0; i < 100; i++)
		CHECK_INT(number_of(receive_framed(fd)), i);
	CHECK_INT(seen.calls, 100);
	finish(fd);
}

/* Answers go out in the order in which they are given. */
TEST(answers_in_any_order)
{
	int fd = tcp_server(keep), i;
	struct packet all = { .n = 0 };

	for (i = 0; i < 10; i++)
		put_framed(&all, i);
	CHECK_INT(send(fd, all.b, all.n, 0), all.n);
	loop_until_calls(10);
	for (i = 9; i >= 0; i--)
		say_number(kept[i]);
	for (i = 9; i >= 0; i--)
		CHECK_INT(number_of(receive_framed(fd)), i);
	finish(fd);
}

TEST(half_a_query_and_the_end)
{
	int fd = tcp_server(say_number), other;
	struct packet all = { .n = 0 };
	size_t cut;

	put_framed(&all, 1);
	for (cut = 1; cut < all.n; cut++) {
		other = client(SOCK_STREAM);
		CHECK_INT(send(other, all.b, cut, 0), cut);
		CHECK_INT(shutdown(other, SHUT_WR), 0);
		check_end(other);
		close(other);
	}
	CHECK_INT(seen.calls, 0);
	CHECK_INT(send(fd, all.b, all.n, 0), all.n);
	CHECK_INT(number_of(receive_framed(fd)), 1);
	finish(fd);
}

/* A client that has asked all may say so before the answers come. */
TEST(answers_after_the_clients_end)
{
	int fd = tcp_server(keep), i;
	struct packet all = { .n = 0 };

	for (i = 0; i < 3; i++)
		put_framed(&all, i);
	put_bytes(&all, "\0\x20half", 6);
	CHECK_INT(send(fd, all.b, all.n, 0), all.n);
	CHECK_INT(shutdown(fd, SHUT_WR), 0);
	loop_until_calls(3);
	for (i = 0; i < 3; i++) {
		say_number(kept[i]);
		CHECK_INT(number_of(receive_framed(fd)), i);
	}
	check_end(fd);
	finish(fd);
}

TEST(a_connection_that_ends_with_requests)
{
	int fd = tcp_server(keep), other = client(SOCK_STREAM);
	struct linger linger = { 1, 0 };
	struct packet all = { .n = 0 };
	int left;

	put_framed(&all, 1);
	put_framed(&all, 2);
	CHECK_INT(send(other, all.b, all.n, 0), all.n);
	loop_until_calls(2);
	CHECK_INT(setsockopt(other, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	close(other);
	left = open_fds() - 1;
	send_framed(fd, query("3.example.org", 1));
	loop_until_calls(3);
	/* The server has noticed when its side is closed, too. */
	while (open_fds() > left)
		CHECK(event_loop(EVLOOP_ONCE) != -1);
	CHECK_ERRNO(evdns_server_request_respond(kept[0], 0), ECONNRESET);
	/* It is still there. */
	CHECK_ERRNO(evdns_server_request_respond(kept[0], 0), ECONNRESET);
	CHECK_INT(evdns_server_request_drop(kept[0]), 0);
	CHECK_INT(evdns_server_request_drop(kept[1]), 0);
	CHECK_INT(evdns_server_request_drop(kept[2]), 0);
	finish(fd);
}

/* What is malformed is answered here, too. */
TEST(queries_that_are_refused)
{
	int fd = tcp_server(say_number);
	struct packet *p = query("a", 1);
	struct packet none = { .n = 0 };

	p->b[5] = 2;
	check_refused(ask_framed(fd, p), RD, FORMERR);
	p->b[2] = 0x20 | 1;
	check_refused(ask_framed(fd, p), 0x2000 | RD, NOTIMP);
	p->b[2] = 0;
	p->b[5] = 1;
	p->b[11] = 1;
	put_opt(p, 0, 1);
	CHECK_INT(count_of(ask_framed(fd, p), 2), 1);
	/* Nothing at all, less than a head, an answer: ignored. */
	send_framed(fd, &none);
	p->n = 11;
	send_framed(fd, p);
	p->n = 20;
	p->b[2] = 0x80;
	send_framed(fd, p);
	CHECK_INT(number_of(ask_framed(fd, query("9", 1))), 9);
	CHECK_INT(seen.calls, 1);
	finish(fd);
}

/* The largest query that there can be, and another behind it. */
TEST(a_query_of_64_kilobytes)
{
	int fd = tcp_server(say_number);
	struct packet all = { .n = 0 }, *p = query("5", 1);
	size_t sent = 0, half;

	put16(&all, 65535);
	half = p->n;
	p->b[11] = 1;
	put_record(p, "", 999, 1, 1, NULL, 0);
	p->b[p->n - 2] = (unsigned char)((65535 - p->n) >> 8);
	p->b[p->n - 1] = (unsigned char)(65535 - p->n);
	CHECK(p->n > half);
	put_bytes(&all, p->b, p->n);
	memset(all.b + all.n, 'x', sizeof(all.b) - all.n);
	all.n = 65537;
	while (sent < all.n) {
		ssize_t n = send(fd, all.b + sent, all.n - sent, 0);

		CHECK(n > 0 || errno == EAGAIN);
		sent += n > 0 ? (size_t)n : 0;
		CHECK(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
	}
	CHECK_INT(number_of(receive_framed(fd)), 5);
	CHECK_INT(number_of(ask_framed(fd, query("6", 1))), 6);
	finish(fd);
}

/* No more requests of one connection than 64 at a time: the rest waits, and is not lost. */
TEST(more_queries_than_are_taken_at_a_time)
{
	int fd = tcp_server(keep), i, answered = 0;
	struct packet all = { .n = 0 };

	for (i = 0; i < 250; i++)
		put_framed(&all, i);
	CHECK_INT(send(fd, all.b, all.n, 0), all.n);
	loop_until_calls(64);
	for (i = 0; i < 20; i++)
		CHECK(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
	CHECK_INT(seen.calls, 64);
	while (answered < 250) {
		loop_until_calls(answered + 64 < 250 ? answered + 64 : 250);
		say_number(kept[answered]);
		CHECK_INT(number_of(receive_framed(fd)), answered);
		answered++;
	}
	finish(fd);
}

/* More connections than are kept: those that are idle give way, the oldest first. */
TEST(more_connections_than_are_kept)
{
	enum { MANY = 300 };
	int fd = tcp_server(say_number), fds[MANY], i, before;
	char byte;

	CHECK_INT(number_of(ask_framed(fd, query("1", 1))), 1);
	before = open_fds();
	for (i = 0; i < MANY; i++) {
		fds[i] = client(SOCK_STREAM);
		if (i % 50 == 0)
			CHECK_INT(number_of(ask_framed(fds[i], query("2", 1))), 2);
		if (i == 200)
			CHECK_INT(number_of(ask_framed(fd, query("3", 1))), 3);
	}
	CHECK_INT(number_of(ask_framed(fds[MANY - 1], query("3", 1))), 3);
	CHECK(open_fds() - before <= MANY + 256);
	check_end(fds[0]);
	check_end(fds[1]);
	/* Who has asked since is not the one. */
	CHECK_INT(number_of(ask_framed(fd, query("4", 1))), 4);
	CHECK_INT(recv(fds[MANY - 1], &byte, 1, 0), -1);
	for (i = 0; i < MANY; i++)
		close(fds[i]);
	finish(fd);
}

/* Connections with requests do not give way: the next one waits until one of them ends. */
TEST(connections_that_are_all_in_use)
{
	enum { MOST = 256 };
	struct linger linger = { 1, 0 };
	int fd = tcp_server(keep), fds[MOST], i;

	for (i = 0; i < MOST; i++) {
		fds[i] = i == 0 ? fd : client(SOCK_STREAM);
		send_framed(fds[i], query("4", 1));
		loop_until_calls(i + 1);
	}
	fd = client(SOCK_STREAM);
	send_framed(fd, query("5", 1));
	for (i = 0; i < 10; i++)
		CHECK(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
	CHECK_INT(seen.calls, MOST);
	/* One is idle now, and gives way. */
	say_number(kept[17]);
	CHECK_INT(number_of(receive_framed(fds[17])), 4);
	loop_until_calls(MOST + 1);
	CHECK_STR(seen.name, "5");
	check_end(fds[17]);
	/* One ends by itself, with a request that nobody wants any more. */
	close(fds[17]);
	fds[17] = fd;
	fd = client(SOCK_STREAM);
	send_framed(fd, query("6", 1));
	for (i = 0; i < 10; i++)
		CHECK(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
	CHECK_INT(seen.calls, MOST + 1);
	CHECK_INT(setsockopt(fds[18], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	close(fds[18]);
	fds[18] = fd;
	loop_until_calls(MOST + 2);
	CHECK_STR(seen.name, "6");
	for (i = 0; i < MOST; i++) {
		close(fds[i]);
		CHECK_INT(evdns_server_request_drop(kept[i == 17 ? MOST : i]), 0);
	}
	CHECK_INT(evdns_server_request_drop(kept[MOST + 1]), 0);
	finish(-1);
}

/* One that takes no answers is not read from, and its answers wait for it. */
static int later;

static void
say_much(struct evdns_server_request *req)
{
	static char data[60000];
	int result;

	CHECK_INT(evdns_server_request_add_reply(req, 0, "a", 999, 1, 1, sizeof(data), 0, data), 0);
	result = evdns_server_request_respond(req, 0);
	CHECK(result == 0 || result == 1);
	later += result;
}

TEST(answers_that_are_not_taken)
{
	int fd = tcp_server(say_much), calls, i;
	struct packet all = { .n = 0 };

	for (i = 0; i < 500; i++)
		put_framed(&all, i);
	CHECK_INT(send(fd, all.b, all.n, 0), all.n);
	do {
		calls = seen.calls;
		sleep_ms(5);
		for (i = 0; i < 20; i++)
			CHECK(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
		/* Till some were queued, and then no more are asked for. */
	} while (seen.calls > calls || later == 0);
	CHECK(calls < 500);
	CHECK(later > 0);
	for (i = 0; i < 500; i++)
		CHECK(receive_framed(fd)->n > 60000);
	CHECK_INT(seen.calls, 500);
	finish(fd);
}

/* The wait is that of an idle connection, 10 seconds, whatever trickles in meanwhile. */
TEST_ONCE_ENV(idle_connections_are_closed, "SHIM=clock")
{
	const long long second = 1000000000;
	int fd = tcp_server(keep), busy = client(SOCK_STREAM);

	send_framed(busy, query("1", 1));
	loop_until_calls(1);
	CHECK_INT(send(fd, "\0", 1, 0), 1);
	CHECK(!loop_until_readable(fd, 20));
	clock_shift_monotonic(9 * second);
	CHECK_INT(send(fd, "\x20", 1, 0), 1);
	CHECK(!loop_until_readable(fd, 20));
	clock_shift_monotonic(2 * second);
	check_end(fd);
	/* A client that waits for its answer is not idle. */
	say_number(kept[0]);
	CHECK_INT(number_of(receive_framed(busy)), 1);
	CHECK(!loop_until_readable(busy, 20));
	clock_shift_monotonic(11 * second);
	check_end(busy);
	close(busy);
	finish(fd);
}
