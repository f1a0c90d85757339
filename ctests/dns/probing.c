/*
 * Servers that are down are tried again with copies of real questions, less and less often, and
 * are back with the first good answer (behaviours 113 and 116; D47, F22). Time is the shim's.
 */
#include "clock.h"

#define CLOCK "SHIM=clock"

static struct nameserver second;

/* The first of two servers refuses, and is down. */
static void
begin_down(void)
{
	struct answer a;

	begin(say_refused);
	open_nameserver(&second, "127.0.0.2", say_good);
	use_nameserver(&second);
	do {
		resolve4(&a, "first.example");
		CHECK_ADDRESS(&a, "192.0.2.1");
	} while (server.queries == 0);
}

static void
finish_two(void)
{
	close_nameserver(&second);
	finish();
}

/* Asks some questions, which the second server answers without delay. */
static void
ask_some(int n)
{
	struct answer a;
	char name[32];

	while (n-- > 0) {
		snprintf(name, sizeof(name), "host%d.example", second.queries);
		resolve4(&a, name);
		CHECK_ADDRESS(&a, "192.0.2.1");
		rounds();
		CHECK_INT(a.calls, 1);
	}
}

/* Not before that time, and then once. */
static void
check_probe_after(long long ms)
{
	int before = server.queries;

	pass_ms(ms - 1000);
	ask_some(3);
	CHECK_INT(server.queries, before);
	pass_ms(1100);
	ask_some(3);
	CHECK_INT(server.queries, before + 1);
}

TEST_ENV(probed_less_and_less_often, CLOCK)
{
	begin_down();
	server.reply = say_servfail;
	check_probe_after(10000);
	check_probe_after(60000);
	check_probe_after(300000);
	check_probe_after(900000);
	check_probe_after(3600000);
	check_probe_after(3600000);
	finish_two();
}

/* A probe that is not answered at all is one that failed. */
TEST_ONCE_ENV(silent_under_probes, CLOCK)
{
	begin_down();
	server.reply = NULL;
	check_probe_after(10000);
	pass_ms(5100);
	pass_ms(5100);
	pass_ms(5100);
	CHECK_INT(server.queries, 2);
	pass_ms(60000);
	ask_some(2);
	CHECK_INT(server.queries, 3);
	finish_two();
}

/* Nothing is asked that nobody wants to know, and without a question there is no packet. */
TEST_ENV(probes_are_copies_of_questions, CLOCK)
{
	int i;
	int j;

	begin_down();
	pass_ms(20000);
	CHECK_INT(server.queries, 1);
	pass_ms(4000000);
	CHECK_INT(server.queries, 1);
	server.reply = NULL;
	ask_some(4);
	CHECK_INT(server.queries, 2);
	for (i = 0; i < server.queries; i++) {
		int found = 0;

		for (j = 0; j < second.queries; j++)
			found |= strcmp(asked(&second, j)->name, asked(&server, i)->name) == 0;
		CHECK(found);
	}
	finish_two();
}

static void
check_revived_by(reply_function reply)
{
	int before;

	begin_down();
	server.reply = reply;
	pass_ms(10100);
	ask_some(1);
	CHECK_INT(server.queries, 2);
	rounds();
	server.reply = say_good;
	before = second.queries;
	ask_some(8);
	CHECK_INT(server.queries, 2 + 4);
	CHECK_INT(second.queries, before + 4);
	finish_two();
}

TEST_ENV(a_good_answer_revives, CLOCK)
{
	check_revived_by(say_good);
}

TEST_ONCE_ENV(no_such_name_revives, CLOCK)
{
	check_revived_by(say_nxdomain);
}

static void
check_not_revived_by(reply_function reply)
{
	begin_down();
	server.reply = reply;
	pass_ms(10100);
	ask_some(1);
	CHECK_INT(server.queries, 2);
	rounds();
	server.reply = say_good;
	ask_some(8);
	CHECK_INT(server.queries, 2);
	finish_two();
}

static void
say_forged(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	reply_to(&p, q, 0);
	add_a(&p, NULL, 60, "203.0.113.1");
	set16(&p, AT_ID, q->id ^ 1);
	say(ns, q, &p);
}

TEST_ONCE_ENV(errors_and_forgeries_do_not_revive, CLOCK)
{
	check_not_revived_by(say_refused);
	check_not_revived_by(say_servfail);
	check_not_revived_by(say_forged);
}

/* After it was back, all begins anew with ten seconds. */
TEST_ONCE_ENV(down_again, CLOCK)
{
	int asked_now;

	begin_down();
	server.reply = say_servfail;
	check_probe_after(10000);
	server.reply = say_good;
	pass_ms(60100);
	ask_some(1);
	CHECK_INT(server.queries, 3);
	server.reply = say_refused;
	asked_now = server.queries;
	while (server.queries == asked_now)
		ask_some(1);
	check_probe_after(10000);
	finish_two();
}

/* Both are down, and one returns. */
TEST_ONCE_ENV(all_are_down_and_one_returns, CLOCK)
{
	struct answer a;
	int i;

	begin_down();
	second.reply = say_refused;
	for (i = 0; i < 4; i++) {
		resolve4(&a, "www.example.org");
		CHECK_INT(a.calls, 1);
		CHECK_INT(a.result, DNS_ERR_REFUSED);
	}
	server.reply = say_good;
	for (i = 0; i < 4; i++) {
		pass_ms(10100);
		resolve4(&a, "www.example.org");
	}
	CHECK_ADDRESS(&a, "192.0.2.1");
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish_two();
}

/* The probe's own fate is nothing to the question. */
TEST_ONCE_ENV(the_question_does_not_wait_for_the_probe, CLOCK)
{
	struct answer a = { 0 };

	begin_down();
	server.reply = say_nxdomain;
	second.reply = NULL;
	pass_ms(10100);
	ask4(&a, "www.example.org");
	UNTIL(server.queries == 2);
	rounds();
	if (a.calls == 0) {
		say_good(&second, last_asked(&second));
		UNTIL(a.calls > 0);
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
	rounds();
	CHECK_INT(a.calls, 1);
	finish_two();
}

/* A shutdown while a probe is on its way. */
TEST_ONCE_ENV(shut_down_while_probing, CLOCK)
{
	begin_down();
	server.reply = NULL;
	pass_ms(10100);
	ask_some(1);
	CHECK_INT(server.queries, 2);
	evdns_shutdown(1);
	say_good(&server, last_asked(&server));
	pass_ms(100000);
	CHECK_INT(evdns_count_nameservers(), 0);
	finish_two();
}
