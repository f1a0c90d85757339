/*
 * Names that are none, that are odd, and addresses instead of names; no callback from inside the
 * calls (behaviours 102, 108 and 206; D50).
 */
#include "asking.h"

static void
check_refused(const char *name)
{
	struct answer a = { 0 };

	CHECK_INT(try4(&a, name, 0), 1);
	CHECK_INT(try6(&a, name, 0), 1);
	CHECK_INT(try4(&a, name, DNS_QUERY_NO_SEARCH), 1);
	rounds();
	CHECK_INT(a.calls, 0);
	CHECK_INT(server.queries, 0);
}

/* What is sent for a name. */
static void
check_asked(const char *name, const char *want)
{
	struct answer a;
	int before = server.queries;

	resolve4(&a, name);
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.queries, before + 1);
	CHECK_STR(last_asked(&server)->name, want);
}

static const char *
labels(char *text, int n, int length, const char *end)
{
	char *at = text;
	int i;

	for (i = 0; i < n; i++) {
		memset(at, 'a' + i % 26, (size_t)length);
		at += length;
		if (i < n - 1)
			*at++ = '.';
	}
	strcpy(at, end);
	return text;
}

TEST_ONCE(names_that_cannot_be_sent)
{
	char text[2000];

	begin(say_good);
	check_refused(labels(text, 1, 64, ""));
	check_refused(labels(text, 1, 64, ".example"));
	check_refused(labels(text, 1, 1000, ""));
	/* 1 + 4 * 64 bytes on the wire, and 128 labels of one letter: 257. */
	check_refused(labels(text, 4, 63, ""));
	check_refused(labels(text, 128, 1, ""));
	check_refused(labels(text, 3, 63, "."
	    "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijab"));
	check_refused("a..b");
	check_refused("..");
	check_refused(".a");
	check_refused("a..");
	CHECK(labels(text, 900, 1, "") != NULL);
	check_refused(text);
	finish();
}

/* 255 bytes on the wire are allowed, and labels of 63. */
TEST_ONCE(the_longest_names)
{
	char text[2000];

	begin(say_good);
	labels(text, 3, 63,
	    ".abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghija");
	CHECK_INT(strlen(text), 253);
	check_asked(text, text);
	labels(text, 127, 1, "");
	CHECK_INT(strlen(text), 253);
	check_asked(text, text);
	finish();
}

TEST_ONCE(a_dot_at_the_end_changes_nothing)
{
	begin(say_good);
	check_asked("www.example.org.", "www.example.org");
	finish();
}

TEST(the_empty_name_is_the_root)
{
	begin(say_good);
	check_asked("", "");
	check_asked(".", "");
	finish();
}

TEST_ONCE(bytes_that_are_no_letters)
{
	begin(say_good);
	check_asked("_sip._tcp.example", "_sip._tcp.example");
	check_asked("-a-.example", "-a-.example");
	check_asked("a b.example", "a\\032b.example");
	check_asked("caf\xc3\xa9.example", "caf\\195\\169.example");
	finish();
}

/* Names that look like addresses but are none are asked for. */
TEST_ONCE(what_only_looks_like_an_address)
{
	static const char *const names[] = {
		"1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4x", "01.2.3.400", "0x7f.1", "12345",
		"1.2.3.-4",
	};
	size_t i;

	begin(say_good);
	for (i = 0; i < COUNT(names); i++)
		check_asked(names[i], names[i]);
	finish();
}

/* Addresses */

static void
check_literal(void (*resolve)(struct answer *, const char *), const char *text, const char *want)
{
	struct answer a;

	resolve(&a, text);
	CHECK_ADDRESS(&a, want);
	CHECK_INT(a.ttl, 0);
}

TEST(addresses_need_no_question)
{
	begin(say_good);
	check_literal(resolve4, "127.0.0.1", "127.0.0.1");
	check_literal(resolve4, "1.2.3.4", "1.2.3.4");
	check_literal(resolve4, "255.255.255.255", "255.255.255.255");
	check_literal(resolve4, "0.0.0.0", "0.0.0.0");
	check_literal(resolve6, "::1", "::1");
	check_literal(resolve6, "::", "::");
	check_literal(resolve6, "2001:DB8::5", "2001:db8::5");
	check_literal(resolve6, "::ffff:192.0.2.1", "::ffff:192.0.2.1");
	CHECK_INT(server.queries, 0);
	finish();
}

TEST_ONCE(addresses_of_the_other_family_do_not_exist)
{
	struct answer a;

	begin(say_good);
	resolve6(&a, "127.0.0.1");
	CHECK_ERROR(&a, DNS_ERR_NOTEXIST);
	resolve4(&a, "::1");
	CHECK_ERROR(&a, DNS_ERR_NOTEXIST);
	CHECK_INT(server.queries, 0);
	finish();
}

/* The answer to come is all that keeps the loop alive: no name server is known. */
TEST(an_address_counts_as_an_event_until_it_is_told)
{
	struct answer a = { 0 };

	init_base();
	ask4(&a, "192.0.2.9");
	CHECK_INT(a.calls, 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_ADDRESS(&a, "192.0.2.9");
	CHECK_STR(address_of(&a, 0), "192.0.2.9");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(a.calls, 1);
	event_base_free(current_base);
}

TEST_ONCE(addresses_are_not_searched_for)
{
	struct answer a;

	begin(say_nxdomain);
	evdns_search_add("example.org");
	evdns_search_ndots_set(9);
	resolve4(&a, "192.0.2.9");
	CHECK_ADDRESS(&a, "192.0.2.9");
	resolve6(&a, "192.0.2.9");
	CHECK_ERROR(&a, DNS_ERR_NOTEXIST);
	CHECK_INT(server.queries, 0);
	finish();
}

/* A zone is no part of an address that a callback could be given; whatever comes of it comes. */
TEST_ONCE(an_address_with_a_zone)
{
	struct answer a = { 0 };

	begin(say_nxdomain);
	if (try6(&a, "fe80::1%lo", 0) == 0) {
		UNTIL(a.calls > 0);
		CHECK_INT(a.calls, 1);
	}
	CHECK_INT(try6(&a, "::1%", 0) | 1, 1);
	rounds();
	finish();
}

TEST_ONCE(nothing_is_asked_for_without_a_name)
{
	struct answer a = { 0 };

	begin(say_good);
	capture_log();
	CHECK_INT(try4(&a, NULL, 0), 1);
	CHECK_INT(try6(&a, NULL, 0), 1);
	CHECK_INT(evdns_resolve_reverse(NULL, 0, answered, &a), 1);
	CHECK_INT(evdns_resolve_reverse_ipv6(NULL, 0, answered, &a), 1);
	rounds();
	CHECK_INT(a.calls, 0);
	finish();
}

/* Nothing is sent inside the call, nor called: the answers come in the loop. */
TEST(calls_come_from_the_loop_alone)
{
	struct answer answers[6];
	char byte;
	int i;

	begin(say_good);
	memset(answers, 0, sizeof(answers));
	ask4(&answers[0], "www.example.org");
	ask6(&answers[1], "www.example.org");
	ask_reverse(&answers[2], "192.0.2.1");
	ask_reverse(&answers[3], "::1");
	ask4(&answers[4], "127.0.0.1");
	ask6(&answers[5], "127.0.0.1");
	/* Nothing has arrived at the server, whose events have not been asked yet. */
	CHECK_ERRNO(recv(server.udp, &byte, 1, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
	for (i = 0; i < 6; i++)
		CHECK_INT(answers[i].calls, 0);
	for (i = 0; i < 6; i++)
		UNTIL(answers[i].calls == 1);
	CHECK_INT(server.queries, 4);
	finish();
}
