/*
 * Answers that are kept as long as they hold, if the program wants that: off by default. Time is
 * the shim's.
 */
#include "clock.h"

#define CLOCK "SHIM=clock"

static void
keep(const char *size)
{
	CHECK_INT(evdns_set_option("cache-size", size, DNS_OPTIONS_ALL), 0);
}

static uint32_t ttl;

static void
say_with_ttl(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	reply_to(&p, q, 0);
	if (q->type == EVDNS_TYPE_A)
		add_a(&p, NULL, ttl, "192.0.2.1");
	else
		add_aaaa(&p, NULL, ttl, "2001:db8::1");
	say(ns, q, &p);
}

/* Asks, and sees whether there was a question. */
static void
check(const char *name, int questions)
{
	struct answer a;
	int before = server.queries;

	resolve4(&a, name);
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.queries - before, questions);
}

TEST_ENV(kept_as_long_as_it_holds, CLOCK)
{
	begin(say_with_ttl);
	keep("100");
	ttl = 60;
	check("www.example.org", 1);
	check("www.example.org", 0);
	check("WWW.example.ORG", 0);
	check("www.example.com", 1);
	pass_ms(58000);
	check("www.example.org", 0);
	pass_ms(3000);
	check("www.example.org", 1);
	check("www.example.org", 0);
	finish();
}

TEST_ONCE_ENV(the_time_that_is_left_is_told, CLOCK)
{
	struct answer a;

	begin(say_with_ttl);
	keep("100");
	ttl = 60;
	resolve4(&a, "www.example.org");
	CHECK_INT(a.ttl, 60);
	pass_ms(20000);
	resolve4(&a, "www.example.org");
	CHECK_INT(server.queries, 1);
	CHECK(a.ttl >= 38 && a.ttl <= 41);
	finish();
}

TEST_ONCE_ENV(never_from_inside_the_call, CLOCK)
{
	struct answer a = { 0 };

	begin(say_with_ttl);
	keep("100");
	ttl = 60;
	check("www.example.org", 1);
	ask4(&a, "www.example.org");
	CHECK_INT(a.calls, 0);
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.queries, 1);
	finish();
}

TEST_ONCE_ENV(types_are_apart, CLOCK)
{
	struct answer a;

	begin(say_with_ttl);
	keep("100");
	ttl = 60;
	check("www.example.org", 1);
	resolve6(&a, "www.example.org");
	CHECK_ADDRESS(&a, "2001:db8::1");
	CHECK_INT(server.queries, 2);
	resolve6(&a, "www.example.org");
	CHECK_ADDRESS(&a, "2001:db8::1");
	CHECK_INT(server.queries, 2);
	finish();
}

TEST_ONCE_ENV(without_the_option_nothing_is_kept, CLOCK)
{
	begin(say_with_ttl);
	ttl = 60;
	check("www.example.org", 1);
	check("www.example.org", 1);
	keep("100");
	check("www.example.org", 1);
	check("www.example.org", 0);
	keep("0");
	check("www.example.org", 1);
	check("www.example.org", 1);
	finish();
}

TEST_ONCE_ENV(a_time_of_0_is_not_kept, CLOCK)
{
	begin(say_with_ttl);
	keep("100");
	ttl = 0;
	check("www.example.org", 1);
	check("www.example.org", 1);
	ttl = 0x80000000;
	check("www.example.org", 1);
	check("www.example.org", 1);
	finish();
}

/* So many at most; the last ones are there. */
TEST_ONCE_ENV(it_is_bounded, CLOCK)
{
	char name[32];
	int again = 0;
	int before;
	int i;

	begin(say_with_ttl);
	keep("10");
	ttl = 3600;
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "host%d.example", i);
		check(name, 1);
	}
	check("host99.example", 0);
	before = server.queries;
	for (i = 0; i < 100; i++) {
		struct answer a;

		snprintf(name, sizeof(name), "host%d.example", i);
		resolve4(&a, name);
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
	again = server.queries - before;
	CHECK(again >= 90);
	finish();
}

TEST_ONCE_ENV(errors_of_servers_are_not_kept, CLOCK)
{
	struct answer a;

	begin(say_servfail);
	keep("100");
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_SERVERFAILED);
	ttl = 60;
	server.reply = say_with_ttl;
	check("www.example.org", 1);
	finish();
}
