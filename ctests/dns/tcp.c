/*
 * Truncated answers are asked for again over TCP (behaviour 112; D14, D44, D45): the good ways.
 */
#include "asking.h"

static void
say_partly(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	if (q->connection != NULL) {
		say_good(ns, q);
		return;
	}
	reply_to(&p, q, TC);
	add_a(&p, NULL, 5, "203.0.113.1");
	say(ns, q, &p);
}

TEST(a_truncated_answer_is_asked_for_over_tcp)
{
	struct answer a;

	begin(say_partly);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(a.ttl, 300);
	CHECK_INT(server.udp_queries, 1);
	CHECK_INT(server.tcp_queries, 1);
	CHECK_STR(last_asked(&server)->name, "www.example.org");
	CHECK_INT(last_asked(&server)->type, EVDNS_TYPE_A);
	finish();
}

TEST_ONCE(all_kinds_of_questions)
{
	struct answer a;

	begin(say_truncated_first);
	resolve6(&a, "www.example.org");
	CHECK_ADDRESS(&a, "2001:db8::1");
	resolve_reverse(&a, "192.0.2.1");
	CHECK_STR(a.name, "host.example");
	CHECK_INT(server.tcp_queries, 2);
	finish();
}

/* Questions that follow each other use one connection. */
TEST_ONCE(the_connection_is_used_again)
{
	struct answer a;
	int i;

	begin(say_truncated_first);
	for (i = 0; i < 5; i++) {
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
	CHECK_INT(server.tcp_queries, 5);
	CHECK_INT(server.accepted, 1);
	finish();
}

TEST(many_questions_on_one_connection)
{
	static struct answer answers[50];
	char name[32];
	int i;

	begin(say_truncated_first);
	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "host%d.example", i);
		ask4(&answers[i], name);
	}
	for (i = 0; i < 50; i++) {
		UNTIL(answers[i].calls > 0);
		CHECK_ADDRESS(&answers[i], "192.0.2.1");
	}
	CHECK_INT(server.udp_queries, 50);
	CHECK_INT(server.tcp_queries, 50);
	CHECK_INT(server.accepted, 1);
	finish();
}

static void
close_when_idle(struct nameserver *ns, const struct query *q)
{
	say_truncated_first(ns, q);
	if (q->connection != NULL)
		hang_up(q->connection);
}

/* A server may close what nobody waits for; the next question opens another one. */
TEST_ONCE(a_connection_that_the_server_closed)
{
	struct answer a;
	int i;

	begin(close_when_idle);
	for (i = 0; i < 4; i++) {
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
		rounds();
	}
	CHECK_INT(server.accepted, 4);
	finish();
}

/* Pieces */

static struct {
	struct connection *connection;
	struct packet framed;
	size_t sent;
	struct event event;
} pieces;

static void
send_piece(int fd, short what, void *arg)
{
	struct timeval now = { 0, 0 };

	(void)fd;
	(void)what;
	(void)arg;
	if (pieces.connection->fd == NOBODY)
		return;
	write_all(pieces.connection->fd, pieces.framed.bytes + pieces.sent, 1);
	if (++pieces.sent < pieces.framed.length)
		CHECK_INT(evtimer_add(&pieces.event, &now), 0);
}

static void
frame(struct packet *framed, const struct packet *p)
{
	put16(framed, (unsigned)p->length);
	put(framed, p->bytes, p->length);
}

static void
say_in_pieces(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	if (q->connection == NULL) {
		say_code(ns, q, TC);
		return;
	}
	reply_to(&p, q, 0);
	add_cname(&p, NULL, 60, "one.example");
	add_a(&p, "one.example", 60, "192.0.2.1");
	pieces.framed.length = pieces.sent = 0;
	frame(&pieces.framed, &p);
	pieces.connection = q->connection;
	evtimer_set(&pieces.event, send_piece, NULL);
	send_piece(-1, 0, NULL);
}

/* A byte in each round of the loop. */
TEST(in_pieces_of_one_byte)
{
	struct answer a;

	begin(say_in_pieces);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	resolve4(&a, "www.example.com");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.accepted, 1);
	finish();
}

static struct query kept;

/* The answer to the first one comes with that to the second one, and the other way round. */
static void
say_two_at_once(struct nameserver *ns, const struct query *q)
{
	struct packet framed = { .length = 0 };
	struct packet p;

	if (q->connection == NULL) {
		say_code(ns, q, TC);
		return;
	}
	if (ns->tcp_queries % 2 == 1) {
		kept = *q;
		return;
	}
	reply_to(&p, q, 0);
	add_a(&p, NULL, 60, "192.0.2.2");
	frame(&framed, &p);
	reply_to(&p, &kept, 0);
	add_a(&p, NULL, 60, "192.0.2.1");
	frame(&framed, &p);
	write_all(q->connection->fd, framed.bytes, framed.length);
}

TEST(two_messages_in_one_segment)
{
	struct answer first = { 0 };
	struct answer second = { 0 };

	begin(say_two_at_once);
	ask4(&first, "one.example");
	ask4(&second, "two.example");
	UNTIL(first.calls > 0 && second.calls > 0);
	CHECK_INT(first.calls + second.calls, 2);
	CHECK_STR(kept.name, "one.example");
	CHECK_ADDRESS(&first, "192.0.2.1");
	CHECK_ADDRESS(&second, "192.0.2.2");
	finish();
}

/* Large answers */

static int addresses;

static void
say_many(struct nameserver *ns, const struct query *q)
{
	struct packet p;
	char text[32];
	int i;

	if (q->connection == NULL) {
		say_code(ns, q, TC);
		return;
	}
	reply_to(&p, q, 0);
	for (i = 0; i < addresses; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", i % 250 + 1);
		add_a(&p, NULL, 60, text);
	}
	say(ns, q, &p);
}

static void
check_many(int n)
{
	struct answer a;

	addresses = n;
	resolve4(&a, "many.example");
	CHECK_INT(a.result, DNS_ERR_NONE);
	CHECK_INT(a.count, n < 32 ? n : 32);
	CHECK_STR(address_of(&a, 0), "192.0.2.1");
}

/* 4,092 records of 16 bytes are 65,502 with head and question: the most that there can be. */
TEST(answers_of_many_records)
{
	begin(say_many);
	check_many(1);
	check_many(31);
	check_many(60);
	check_many(1000);
	check_many(4092);
	finish();
}

/* Lies within the stream are ignored as those in datagrams are. */
static void
say_lies_first(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	if (q->connection == NULL) {
		say_code(ns, q, TC);
		return;
	}
	reply_to(&p, q, 0);
	add_a(&p, NULL, 5, "203.0.113.1");
	set16(&p, AT_ID, q->id ^ 1);
	say(ns, q, &p);
	reply_about(&p, q, "www.example", EVDNS_TYPE_A, EVDNS_CLASS_INET);
	add_a(&p, "www.example.org", 5, "203.0.113.1");
	say(ns, q, &p);
	reply_to(&p, q, 0);
	add_a(&p, NULL, 5, "203.0.113.1");
	p.bytes[AT_FLAGS] &= 0x7f;
	say(ns, q, &p);
	say_good(ns, q);
}

TEST_ONCE(lies_in_the_stream_are_ignored)
{
	struct answer a;

	begin(say_lies_first);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish();
}

/* Datagrams that lie while the stream is opened end nothing. */
static void
lie_over_udp(struct nameserver *ns, const struct query *q)
{
	struct packet p;
	struct query over_udp;
	int fd;

	if (q->connection == NULL) {
		say_code(ns, q, TC);
		return;
	}
	over_udp = *asked(ns, 0);
	reply_to(&p, &over_udp, 0);
	add_a(&p, NULL, 5, "203.0.113.1");
	fd = open_bound("127.0.0.1", SOCK_DGRAM, 0);
	say_from(fd, &over_udp, p.bytes, p.length);
	close(fd);
	say_good(ns, q);
}

TEST_ONCE(forged_datagrams_meanwhile)
{
	struct answer a;

	begin(lie_over_udp);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish();
}

TEST_ONCE(errors_over_tcp_are_errors)
{
	struct answer a;

	begin(say_nxdomain);
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_NOTEXIST);
	finish();
}

/* With a truncated answer a search goes on where it was. */
static void
say_known_over_tcp(struct nameserver *ns, const struct query *q)
{
	if (q->connection == NULL)
		say_code(ns, q, TC);
	else if (strcmp(q->name, "www.two.example") == 0)
		say_good(ns, q);
	else
		say_nxdomain(ns, q);
}

TEST_ONCE(searching_over_tcp)
{
	struct answer a;

	begin(say_known_over_tcp);
	evdns_search_add("two.example");
	evdns_search_add("one.example");
	resolve4(&a, "www");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.tcp_queries, 2);
	CHECK_INT(server.accepted, 1);
	finish();
}

/* The end, with a connection that nobody needs. */
TEST_ONCE(an_open_connection_does_not_keep_the_loop)
{
	struct answer a;
	int open_before = open_fds();
	int i;

	for (i = 0; i < 3; i++) {
		begin(say_truncated_first);
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
		finish();
	}
	CHECK_INT(open_fds() - open_before, 0);
}
