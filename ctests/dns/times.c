/*
 * Time limits: when a question is sent again, where to, and when it is given up (behaviours 107
 * and 114; D48, F22). Time is the shim's.
 */
#include "clock.h"

#define CLOCK "SHIM=clock"

static struct nameserver second;

static void
begin_two(reply_function first, reply_function other)
{
	begin(first);
	open_nameserver(&second, "127.0.0.2", other);
	use_nameserver(&second);
}

static void
finish_two(void)
{
	close_nameserver(&second);
	finish();
}

TEST_ENV(three_times_five_seconds, CLOCK)
{
	struct answer a = { 0 };

	begin(NULL);
	ask4(&a, "www.example.org");
	UNTIL(server.queries == 1);
	pass_ms(4500);
	CHECK_INT(server.queries, 1);
	pass_ms(600);
	CHECK_INT(server.queries, 2);
	pass_ms(4500);
	CHECK_INT(server.queries, 2);
	pass_ms(600);
	CHECK_INT(server.queries, 3);
	pass_ms(4500);
	CHECK_INT(a.calls, 0);
	pass_ms(600);
	CHECK_ERROR(&a, DNS_ERR_TIMEOUT);
	CHECK_INT(server.queries, 3);
	CHECK_STR(asked(&server, 1)->name, "www.example.org");
	CHECK_STR(asked(&server, 2)->name, "www.example.org");
	/* It is over: what comes now is too late. */
	say_good(&server, asked(&server, 0));
	say_good(&server, asked(&server, 1));
	say_good(&server, asked(&server, 2));
	pass_ms(60000);
	CHECK_INT(a.calls, 1);
	CHECK_INT(server.queries, 3);
	finish();
}

static void
check_limits(const char *timeout, int seconds, const char *attempts, int packets)
{
	struct answer a = { 0 };
	int i;

	begin(NULL);
	CHECK_INT(evdns_set_option("timeout:", timeout, DNS_OPTIONS_ALL), 0);
	CHECK_INT(evdns_set_option("attempts:", attempts, DNS_OPTIONS_ALL), 0);
	ask4(&a, "www.example.org");
	UNTIL(server.queries == 1);
	for (i = 1; i <= packets; i++) {
		CHECK_INT(server.queries, i);
		CHECK_INT(a.calls, 0);
		pass_ms(seconds * 1000 + 100);
	}
	CHECK_ERROR(&a, DNS_ERR_TIMEOUT);
	CHECK_INT(server.queries, packets);
	finish();
}

TEST_ONCE_ENV(limits_that_were_set, CLOCK)
{
	check_limits("2", 2, "3", 3);
	check_limits("1", 1, "1", 1);
	check_limits("30", 30, "2", 2);
	check_limits("1", 1, "255", 255);
	check_limits("1", 1, "1000", 255);
	check_limits("0", 1, "0", 1);
}

TEST_ONCE_ENV(limits_survive_a_shutdown, CLOCK)
{
	struct answer a = { 0 };

	begin(NULL);
	CHECK_INT(evdns_set_option("timeout:", "1", DNS_OPTIONS_ALL), 0);
	CHECK_INT(evdns_set_option("attempts:", "2", DNS_OPTIONS_ALL), 0);
	evdns_shutdown(0);
	use_nameserver(&server);
	ask4(&a, "www.example.org");
	UNTIL(server.queries == 1);
	pass_ms(1100);
	CHECK_INT(server.queries, 2);
	pass_ms(1100);
	CHECK_ERROR(&a, DNS_ERR_TIMEOUT);
	finish();
}

static void
good_the_third_time(struct nameserver *ns, const struct query *q)
{
	if (ns->queries == 3)
		say_good(ns, q);
}

TEST_ONCE_ENV(silent_twice_and_then_good, CLOCK)
{
	struct answer a = { 0 };

	begin(good_the_third_time);
	ask4(&a, "www.example.org");
	UNTIL(server.queries == 1);
	pass_ms(5100);
	pass_ms(5100);
	CHECK_INT(server.queries, 3);
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish();
}

/* An answer that is slow but in time is an answer, and nothing is sent twice. */
TEST_ONCE_ENV(a_slow_answer, CLOCK)
{
	struct answer a = { 0 };

	begin(NULL);
	ask4(&a, "www.example.org");
	UNTIL(server.queries == 1);
	pass_ms(4500);
	say_good(&server, asked(&server, 0));
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	pass_ms(60000);
	CHECK_INT(a.calls, 1);
	CHECK_INT(server.queries, 1);
	finish();
}

/* An answer to the first packet, after the second one was sent: taken or not, but once. */
TEST_ONCE_ENV(an_answer_to_the_packet_before, CLOCK)
{
	struct answer a = { 0 };

	begin(NULL);
	ask4(&a, "www.example.org");
	UNTIL(server.queries == 1);
	pass_ms(5100);
	CHECK_INT(server.queries, 2);
	say_good(&server, asked(&server, 0));
	rounds();
	say_good(&server, asked(&server, 1));
	UNTIL(a.calls > 0);
	rounds();
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish();
}

/* The other server gets the second packet; three there are in all. */
TEST_ENV(the_next_server_is_asked, CLOCK)
{
	struct answer a = { 0 };
	int silent;

	begin_two(NULL, NULL);
	ask4(&a, "www.example.org");
	UNTIL(server.queries + second.queries == 1);
	silent = server.queries;
	pass_ms(5100);
	CHECK_INT(server.queries, 1);
	CHECK_INT(second.queries, 1);
	pass_ms(5100);
	CHECK_INT(server.queries, 1 + silent);
	CHECK_INT(second.queries, 2 - silent);
	pass_ms(5100);
	CHECK_ERROR(&a, DNS_ERR_TIMEOUT);
	CHECK_INT(server.queries + second.queries, 3);
	finish_two();
}

TEST_ONCE_ENV(the_next_server_answers, CLOCK)
{
	struct answer answers[4];
	int i;

	begin_two(NULL, say_good);
	memset(answers, 0, sizeof(answers));
	for (i = 0; i < 4; i++) {
		ask4(&answers[i], "www.example.org");
		rounds();
		if (answers[i].calls == 0)
			pass_ms(5100);
		CHECK_ADDRESS(&answers[i], "192.0.2.1");
	}
	CHECK(server.queries >= 2);
	CHECK_INT(second.queries, 4);
	finish_two();
}

/* After too many timeouts in a row nobody waits for it any more. */
static void
check_down(const char *max_timeouts, int forgiven)
{
	struct answer a;
	int i;

	begin_two(NULL, say_good);
	if (max_timeouts != NULL)
		CHECK_INT(evdns_set_option("max-timeouts:", max_timeouts, DNS_OPTIONS_ALL), 0);
	CHECK_INT(evdns_set_option("timeout:", "1", DNS_OPTIONS_ALL), 0);
	for (i = 0; i < 4 * (forgiven + 1); i++) {
		memset(&a, 0, sizeof(a));
		ask4(&a, "www.example.org");
		rounds();
		if (a.calls == 0)
			pass_ms(1100);
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
	CHECK_INT(server.queries, forgiven + 1);
	finish_two();
}

TEST_ONCE_ENV(more_than_three_timeouts_in_a_row, CLOCK)
{
	check_down(NULL, 3);
}

TEST_ONCE_ENV(as_many_timeouts_as_was_said, CLOCK)
{
	check_down("1", 1);
	check_down("0", 1);
	check_down("5", 5);
}

static void
silent_every_other_time(struct nameserver *ns, const struct query *q)
{
	if (ns->queries % 2 == 0)
		say_good(ns, q);
}

/* An answer in between, and they are not in a row. */
TEST_ONCE_ENV(timeouts_that_are_not_in_a_row, CLOCK)
{
	struct answer a;
	int i;

	begin_two(silent_every_other_time, say_good);
	CHECK_INT(evdns_set_option("timeout:", "1", DNS_OPTIONS_ALL), 0);
	for (i = 0; i < 40; i++) {
		memset(&a, 0, sizeof(a));
		ask4(&a, "www.example.org");
		rounds();
		if (a.calls == 0)
			pass_ms(1100);
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
	CHECK(server.queries >= 12);
	finish_two();
}

/* With nobody else to ask it is asked all the same. */
TEST_ONCE_ENV(the_only_server_is_asked_although_it_is_down, CLOCK)
{
	struct answer a;
	int i;

	begin(NULL);
	for (i = 0; i < 3; i++) {
		memset(&a, 0, sizeof(a));
		ask4(&a, "www.example.org");
		rounds();
		pass_ms(5100);
		pass_ms(5100);
		pass_ms(5100);
		CHECK_ERROR(&a, DNS_ERR_TIMEOUT);
	}
	CHECK_INT(server.queries, 9);
	server.reply = say_good;
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.queries, 10);
	finish();
}

/* Nobody is there: the kernel says so. */

static void
reopen_udp(struct nameserver *ns, const char *address)
{
	ns->udp = open_bound(address, SOCK_DGRAM, ns->port);
	if (ns->udp == -1)
		SKIP("the port is taken");
	ns->tcp = open_bound(address, SOCK_STREAM, ns->port);
	if (ns->tcp == -1 || listen(ns->tcp, 16) != 0)
		SKIP("the port is taken");
	watch_nameserver(ns);
}

TEST_ENV(refused_and_nobody_else_to_ask, CLOCK)
{
	struct answer a = { 0 };

	begin(say_good);
	close_nameserver(&server);
	ask4(&a, "www.example.org");
	rounds();
	CHECK_INT(a.calls, 0);
	pass_ms(4000);
	CHECK_INT(a.calls, 0);
	reopen_udp(&server, "127.0.0.1");
	pass_ms(1100);
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.queries, 1);
	finish();
}

TEST_ONCE_ENV(refused_all_the_time, CLOCK)
{
	struct answer a = { 0 };
	int i;

	begin(say_good);
	close_nameserver(&server);
	ask4(&a, "www.example.org");
	rounds();
	for (i = 0; i < 3; i++) {
		CHECK_INT(a.calls, 0);
		pass_ms(5100);
	}
	CHECK_ERROR(&a, DNS_ERR_TIMEOUT);
	finish();
}

TEST_ENV(refused_and_another_one_is_asked_at_once, CLOCK)
{
	struct answer a;
	int i;

	begin_two(say_good, say_good);
	close_nameserver(&server);
	for (i = 0; i < 6; i++) {
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
	CHECK_INT(second.queries, 6);
	finish_two();
}

/* What waits for its turn does not grow old meanwhile. */
TEST_ONCE_ENV(limits_begin_when_a_question_is_sent, CLOCK)
{
	struct answer first = { 0 };
	struct answer other = { 0 };

	begin(NULL);
	CHECK_INT(evdns_set_option("max-inflight:", "1", DNS_OPTIONS_ALL), 0);
	ask4(&first, "first.example");
	ask4(&other, "second.example");
	UNTIL(server.queries == 1);
	pass_ms(5100);
	pass_ms(5100);
	CHECK_INT(server.queries, 3);
	pass_ms(5100);
	CHECK_ERROR(&first, DNS_ERR_TIMEOUT);
	CHECK_INT(other.calls, 0);
	CHECK_INT(server.queries, 4);
	pass_ms(4500);
	CHECK_INT(other.calls, 0);
	say_good(&server, last_asked(&server));
	UNTIL(other.calls > 0);
	CHECK_ADDRESS(&other, "192.0.2.1");
	finish();
}
