/*
 * Options: their names, their numbers, and what they change (behaviours 106 and 107; R04).
 */
#include "asking.h"

static int
set(const char *name, const char *value)
{
	return evdns_set_option(name, value, DNS_OPTIONS_ALL);
}

TEST_ONCE(names_with_and_without_colon)
{
	static const char *const names[] = {
		"ndots", "timeout", "max-timeouts", "max-inflight", "attempts",
	};
	char text[32];
	size_t i;

	init_base();
	for (i = 0; i < COUNT(names); i++) {
		CHECK_INT(set(names[i], "3"), 0);
		snprintf(text, sizeof(text), "%s:", names[i]);
		CHECK_INT(set(text, "3"), 0);
	}
	evdns_shutdown(0);
	event_base_free(current_base);
}

TEST_ONCE(names_that_there_are_not)
{
	static const char *const names[] = {
		"", ":", "x", "timeouts:", "timeou", "timeout::", "timeout: ", " timeout:",
		"TIMEOUT:", "attempts:3", "max-inflight-requests:",
	};
	size_t i;

	init_base();
	for (i = 0; i < COUNT(names); i++) {
		if (set(names[i], "3") != -1)
			test_fail(__FILE__, __LINE__, "\"%s\" is an option", names[i]);
	}
	capture_log();
	CHECK_INT(set(NULL, "3"), -1);
	evdns_shutdown(0);
	event_base_free(current_base);
}

TEST_ONCE(numbers_that_are_none)
{
	static const char *const names[] = {
		"ndots:", "timeout:", "max-timeouts:", "max-inflight:", "attempts:",
	};
	static const char *const values[] = { "", "x", "1x", "-1", "0x10", "1.5", " ", "3 " };
	size_t i;
	size_t j;

	init_base();
	for (i = 0; i < COUNT(names); i++) {
		for (j = 0; j < COUNT(values); j++) {
			if (set(names[i], values[j]) != -1)
				test_fail(__FILE__, __LINE__, "%s \"%s\" is a number", names[i],
				    values[j]);
		}
	}
	capture_log();
	CHECK_INT(set("timeout:", NULL), -1);
	evdns_shutdown(0);
	event_base_free(current_base);
}

TEST_ONCE(extreme_numbers_are_clamped)
{
	static const char *const names[] = {
		"ndots:", "timeout:", "max-timeouts:", "max-inflight:", "attempts:",
	};
	struct answer a;
	size_t i;

	begin(say_good);
	for (i = 0; i < COUNT(names); i++) {
		CHECK_INT(set(names[i], "2147483647"), 0);
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
		CHECK_INT(set(names[i], "0"), 0);
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
	finish();
}

/* In flight */

static struct answer answers[200];

static void
ask_many(int n)
{
	char name[32];
	int i;

	memset(answers, 0, sizeof(answers));
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "host%d.example", i);
		ask4(&answers[i], name);
	}
}

/* The answer that a question of ask_many is for. */
static struct answer *
answer_to(const struct query *q)
{
	int number;

	CHECK_INT(sscanf(q->name, "host%d.example", &number), 1);
	return &answers[number];
}

/* So many are asked at once, and another one for each that ends. */
static void
check_inflight(int limit)
{
	int n = limit + 20;
	int i;

	ask_many(n);
	UNTIL(server.queries == limit);
	rounds();
	CHECK_INT(server.queries, limit);
	for (i = 0; i < n; i++) {
		struct answer *a = answer_to(asked(&server, i));

		say_good(&server, asked(&server, i));
		UNTIL(a->calls > 0);
		rounds();
		CHECK_INT(server.queries, i + 1 + limit < n ? i + 1 + limit : n);
		CHECK_ADDRESS(a, "192.0.2.1");
	}
}

TEST(sixty_four_in_flight)
{
	begin(NULL);
	check_inflight(64);
	finish();
}

TEST_ONCE(as_many_in_flight_as_was_said)
{
	begin(NULL);
	CHECK_INT(set("max-inflight:", "1"), 0);
	check_inflight(1);
	finish();
	memset(&server, 0, sizeof(server));
	begin(NULL);
	CHECK_INT(set("max-inflight:", "100"), 0);
	check_inflight(100);
	finish();
}

TEST_ONCE(fewer_than_none_in_flight_is_one)
{
	begin(NULL);
	CHECK_INT(set("max-inflight:", "0"), 0);
	check_inflight(1);
	finish();
}

/* A larger number lets more go, a smaller one takes nothing back. */
TEST_ONCE(changed_while_questions_are_in_flight)
{
	int i;

	begin(NULL);
	CHECK_INT(set("max-inflight:", "4"), 0);
	ask_many(20);
	UNTIL(server.queries == 4);
	CHECK_INT(set("max-inflight:", "2"), 0);
	say_good(&server, asked(&server, 0));
	UNTIL(answer_to(asked(&server, 0))->calls > 0);
	rounds();
	CHECK_INT(server.queries, 4);
	CHECK_INT(set("max-inflight:", "100"), 0);
	server.reply = say_good;
	for (i = 1; i < 4; i++)
		say_good(&server, asked(&server, i));
	for (i = 0; i < 20; i++) {
		UNTIL(answers[i].calls > 0);
		CHECK_ADDRESS(&answers[i], "192.0.2.1");
	}
	CHECK_INT(server.queries, 20);
	finish();
}

/* Flags say what may change. */
TEST_ONCE(options_that_are_not_wanted)
{
	struct answer a;

	begin(say_nxdomain);
	evdns_search_add("one.example");
	CHECK_INT(evdns_set_option("ndots:", "2", DNS_OPTION_MISC), 0);
	CHECK_INT(evdns_set_option("ndots:", "3", DNS_OPTION_NAMESERVERS), 0);
	CHECK_INT(evdns_set_option("ndots:", "4", 0), 0);
	resolve4(&a, "a.b");
	CHECK_STR(asked(&server, 0)->name, "a.b");
	CHECK_INT(evdns_set_option("ndots:", "2", DNS_OPTION_SEARCH), 0);
	resolve4(&a, "a.b");
	CHECK_STR(asked(&server, 2)->name, "a.b.one.example");
	server.reply = NULL;
	CHECK_INT(evdns_set_option("max-inflight:", "2", DNS_OPTION_SEARCH), 0);
	ask_many(10);
	UNTIL(server.queries == 14);
	finish();
}
