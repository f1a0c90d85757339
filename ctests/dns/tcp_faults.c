/*
 * TCP servers that are not there, hang up, are silent, or talk nonsense (behaviour 112; D44, D45,
 * F22): one callback, 65, and no answer that nobody gave.
 */
#include "asking.h"

static struct nameserver second;

static reply_function over_tcp;

static void
say_tc_first(struct nameserver *ns, const struct query *q)
{
	if (q->connection == NULL)
		say_code(ns, q, TC);
	else
		over_tcp(ns, q);
}

static void
check_truncated(reply_function reply)
{
	struct answer a;

	over_tcp = reply;
	begin(say_tc_first);
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_TRUNCATED);
	rounds();
	CHECK_INT(a.calls, 1);
	/* And the next one goes on as if nothing had been. */
	server.reply = say_good;
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish();
}

TEST(nobody_listens)
{
	struct answer a;

	begin(say_truncated_first);
	close_tcp(&server);
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_TRUNCATED);
	CHECK_INT(server.udp_queries, 1);
	finish();
}

static void
close_at_once(struct nameserver *ns, const struct query *q)
{
	(void)ns;
	hang_up(q->connection);
}

static void
reset_at_once(struct nameserver *ns, const struct query *q)
{
	(void)ns;
	reset(q->connection);
}

/* A good message, of which only some bytes are sent. */
static void
say_some(const struct query *q, size_t size)
{
	struct packet framed = { .length = 0 };
	struct packet p;

	reply_to(&p, q, 0);
	add_a(&p, NULL, 60, "203.0.113.1");
	put16(&framed, (unsigned)p.length);
	put(&framed, p.bytes, p.length);
	write_all(q->connection->fd, framed.bytes, size != 0 ? size : framed.length - 1);
}

static void
close_after_one_byte(struct nameserver *ns, const struct query *q)
{
	say_some(q, 1);
	close_at_once(ns, q);
}

static void
close_after_the_prefix(struct nameserver *ns, const struct query *q)
{
	say_some(q, 2);
	close_at_once(ns, q);
}

static void
close_before_the_last_byte(struct nameserver *ns, const struct query *q)
{
	say_some(q, 0);
	close_at_once(ns, q);
}

static void
reset_in_the_middle(struct nameserver *ns, const struct query *q)
{
	say_some(q, 20);
	reset_at_once(ns, q);
}

TEST(connections_that_end_too_early)
{
	check_truncated(close_at_once);
	check_truncated(reset_at_once);
	check_truncated(close_after_one_byte);
	check_truncated(close_after_the_prefix);
	check_truncated(close_before_the_last_byte);
	check_truncated(reset_in_the_middle);
}

static void
write_raw(const struct query *q, const void *bytes, size_t length)
{
	write_all(q->connection->fd, bytes, length);
}

static void
prefix_0(struct nameserver *ns, const struct query *q)
{
	write_raw(q, "\0\0", 2);
	close_at_once(ns, q);
}

static void
prefix_1(struct nameserver *ns, const struct query *q)
{
	write_raw(q, "\0\1x", 3);
	close_at_once(ns, q);
}

static void
prefix_65535(struct nameserver *ns, const struct query *q)
{
	write_raw(q, "\xff\xff", 2);
	say_some(q, 0);
	close_at_once(ns, q);
}

static void
many_empty_messages(struct nameserver *ns, const struct query *q)
{
	static const char zeros[30000];

	write_raw(q, zeros, sizeof(zeros));
	close_at_once(ns, q);
}

/* The prefix says less than there is: what follows is no message. */
static void
longer_than_its_prefix(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	reply_to(&p, q, 0);
	add_a(&p, NULL, 60, "203.0.113.1");
	write_raw(q, "\0\x20", 2);
	write_raw(q, p.bytes, p.length);
	close_at_once(ns, q);
}

static void
truncated_again(struct nameserver *ns, const struct query *q)
{
	say_code(ns, q, TC);
	close_at_once(ns, q);
}

TEST(messages_of_nonsense)
{
	check_truncated(prefix_0);
	check_truncated(prefix_1);
	check_truncated(prefix_65535);
	check_truncated(many_empty_messages);
	check_truncated(longer_than_its_prefix);
	check_truncated(truncated_again);
}

static void
say_nothing(struct nameserver *ns, const struct query *q)
{
	(void)ns;
	(void)q;
}

static void
say_half(struct nameserver *ns, const struct query *q)
{
	if (ns->tcp_queries == 1)
		say_some(q, 0);
}

/* Within the time that the question has anyway: three times a second. */
static void
check_silence(reply_function reply)
{
	struct answer a;
	int64_t start = now_ns();

	over_tcp = reply;
	begin(say_tc_first);
	be_quick();
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_TRUNCATED);
	CHECK(a.at_ns - start <= (int64_t)(3000 + 2000 * time_factor()) * 1000000);
	CHECK(server.queries >= 2);
	finish();
}

TEST_ONCE(a_connection_on_which_nothing_comes)
{
	check_silence(say_nothing);
}

TEST_ONCE(a_connection_on_which_half_comes)
{
	check_silence(say_half);
}

/* A server whose queue of connections is full answers no attempt to connect. */
TEST_ONCE(a_connection_that_is_never_made)
{
	struct answer a;
	int fds[64];
	struct sockaddr_storage address;
	socklen_t length;
	int i;

	begin(say_truncated_first);
	be_quick();
	event_del(&server.tcp_event);
	CHECK_INT(listen(server.tcp, 0), 0);
	length = make_address(&address, "127.0.0.1", server.port);
	for (i = 0; i < 64; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(fds[i], (struct sockaddr *)&address, length);
	}
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_TRUNCATED);
	for (i = 0; i < 64; i++)
		close(fds[i]);
	finish();
}

/* Several that wait on one connection: all are told. */
TEST_ONCE(a_connection_with_many_questions_is_reset)
{
	static struct answer answers[20];
	char name[32];
	int i;

	over_tcp = reset_at_once;
	begin(say_tc_first);
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "host%d.example", i);
		ask4(&answers[i], name);
	}
	for (i = 0; i < 20; i++)
		UNTIL(answers[i].calls > 0);
	rounds();
	for (i = 0; i < 20; i++)
		CHECK_ERROR(&answers[i], DNS_ERR_TRUNCATED);
	finish();
}

/* Two servers: the other one may be asked, and a good answer is the best that can come. */
TEST_ONCE(another_server_may_help)
{
	struct answer a;
	int i;

	over_tcp = reset_at_once;
	begin(say_tc_first);
	open_nameserver(&second, "127.0.0.2", say_good);
	use_nameserver(&second);
	for (i = 0; i < 6; i++) {
		resolve4(&a, "www.example.org");
		if (a.result == DNS_ERR_NONE)
			CHECK_ADDRESS(&a, "192.0.2.1");
		else
			CHECK_ERROR(&a, DNS_ERR_TRUNCATED);
	}
	CHECK(server.udp_queries >= 1);
	CHECK(second.udp_queries >= 1);
	close_nameserver(&second);
	finish();
}

static void
shut_down(struct answer *a)
{
	(void)a;
	evdns_shutdown(1);
}

/* All ends inside a callback that a stream caused. */
TEST_ONCE(shut_down_in_a_callback_of_a_stream)
{
	struct answer first = { .then = shut_down };
	struct answer other = { 0 };

	over_tcp = say_good;
	begin(say_tc_first);
	ask4(&first, "one.example");
	ask4(&other, "two.example");
	UNTIL(first.calls + other.calls == 2);
	CHECK_ADDRESS(&first, "192.0.2.1");
	rounds();
	CHECK_INT(first.calls + other.calls, 2);
	finish();
}

static void
shut_down_first(struct nameserver *ns, const struct query *q)
{
	(void)ns;
	(void)q;
	evdns_shutdown(1);
}

/* And while the stream waits. */
TEST_ONCE(shut_down_while_a_stream_waits)
{
	struct answer a;
	int open_before = open_fds();

	over_tcp = shut_down_first;
	begin(say_tc_first);
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_SHUTDOWN);
	finish();
	CHECK_INT(open_fds() - open_before, 0);
}
