/*
 * Good answers: what the callback is told, of which records, and for how long it holds (behaviours
 * 110 and 111; D28, D33, D34, D49).
 */
#include "asking.h"

/* What the name server puts into its answer. */
static void (*content)(struct packet *, const struct query *);

static void
say_content(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	reply_to(&p, q, 0);
	content(&p, q);
	say(ns, q, &p);
}

static void
begin_with(void (*records)(struct packet *, const struct query *))
{
	content = records;
	begin(say_content);
}

TEST(an_address)
{
	struct answer a;

	begin(say_good);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(a.type, DNS_IPv4_A);
	CHECK_INT(a.ttl, 300);
	CHECK_INT(server.queries, 1);
	CHECK_STR(last_asked(&server)->name, "www.example.org");
	CHECK_INT(last_asked(&server)->type, EVDNS_TYPE_A);
	rounds();
	CHECK_INT(a.calls, 1);
	finish();
}

TEST(an_address_of_ipv6)
{
	struct answer a;

	begin(say_good);
	resolve6(&a, "www.example.org");
	CHECK_ADDRESS(&a, "2001:db8::1");
	CHECK_INT(a.type, DNS_IPv6_AAAA);
	CHECK_INT(a.ttl, 300);
	CHECK_INT(last_asked(&server)->type, EVDNS_TYPE_AAAA);
	finish();
}

TEST(a_name)
{
	struct answer a;

	begin(say_good);
	resolve_reverse(&a, "192.0.2.7");
	CHECK_INT(a.result, DNS_ERR_NONE);
	CHECK_INT(a.type, DNS_PTR);
	CHECK_INT(a.ttl, 300);
	CHECK_STR(a.name, "host.example");
	CHECK_STR(last_asked(&server)->name, "7.2.0.192.in-addr.arpa");
	CHECK_INT(last_asked(&server)->type, EVDNS_TYPE_PTR);
	finish();
}

TEST_ONCE(a_name_of_ipv6)
{
	struct answer a;

	begin(say_good);
	resolve_reverse(&a, "2001:db8::567:89ab");
	CHECK_INT(a.type, DNS_PTR);
	CHECK_STR(a.name, "host.example");
	CHECK_STR(last_asked(&server)->name, "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
	    "8.b.d.0.1.0.0.2.ip6.arpa");
	CHECK_INT(last_asked(&server)->type, EVDNS_TYPE_PTR);
	finish();
}

static void
many_records(struct packet *p, const struct query *q)
{
	char text[32];
	int i;

	for (i = 1; i <= 20; i++) {
		if (q->type == EVDNS_TYPE_A) {
			snprintf(text, sizeof(text), "192.0.2.%d", i);
			add_a(p, NULL, 60, text);
		} else {
			snprintf(text, sizeof(text), "2001:db8::%x", i);
			add_aaaa(p, NULL, 60, text);
		}
	}
}

TEST_ONCE(many_addresses_in_their_order)
{
	struct answer a;
	char text[32];
	int i;

	begin_with(many_records);
	resolve4(&a, "many.example");
	CHECK_INT(a.count, 20);
	for (i = 1; i <= 20; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", i);
		CHECK_STR(address_of(&a, i - 1), text);
	}
	resolve6(&a, "many.example");
	CHECK_INT(a.count, 20);
	for (i = 1; i <= 20; i++) {
		snprintf(text, sizeof(text), "2001:db8::%x", i);
		CHECK_STR(address_of(&a, i - 1), text);
	}
	finish();
}

/* As 1.4's own servers send them: several addresses in one record. */
static void
one_large_record(struct packet *p, const struct query *q)
{
	unsigned char data[40 * 16];
	int size = q->type == EVDNS_TYPE_A ? 4 : 16;
	int n = atoi(q->name);
	int i;

	memset(data, 0, sizeof(data));
	for (i = 0; i < n; i++) {
		data[i * size] = 32;
		data[i * size + size - 1] = (unsigned char)(i + 1);
	}
	add_record(p, AT_ANSWERS, NULL, q->type, 60, data, (size_t)(n * size));
}

TEST_ONCE(several_addresses_in_one_record)
{
	struct answer a;

	begin_with(one_large_record);
	resolve4(&a, "3.example");
	CHECK_INT(a.count, 3);
	CHECK_STR(address_of(&a, 0), "32.0.0.1");
	CHECK_STR(address_of(&a, 2), "32.0.0.3");
	resolve6(&a, "3.example");
	CHECK_INT(a.count, 3);
	CHECK_STR(address_of(&a, 2), "2000::3");
	finish();
}

/* The callback itself would fail on more than that. */
TEST_ONCE(thirty_two_addresses_at_most)
{
	struct answer a;

	begin_with(one_large_record);
	resolve4(&a, "40.example");
	CHECK_INT(a.result, DNS_ERR_NONE);
	CHECK_INT(a.count, 32);
	CHECK_STR(address_of(&a, 31), "32.0.0.32");
	resolve6(&a, "40.example");
	CHECK_INT(a.count, 32);
	CHECK_STR(address_of(&a, 31), "2000::20");
	finish();
}

static void
two_records_of_twenty(struct packet *p, const struct query *q)
{
	one_large_record(p, q);
	one_large_record(p, q);
}

TEST_ONCE(thirty_two_addresses_of_several_records)
{
	struct answer a;

	begin_with(two_records_of_twenty);
	resolve4(&a, "20.example");
	CHECK_INT(a.count, 32);
	CHECK_STR(address_of(&a, 19), "32.0.0.20");
	CHECK_STR(address_of(&a, 20), "32.0.0.1");
	CHECK_STR(address_of(&a, 31), "32.0.0.12");
	finish();
}

static void
a_chain(struct packet *p, const struct query *q)
{
	(void)q;
	add_cname(p, NULL, 500, "one.example");
	add_cname(p, "one.example", 40, "TWO.example");
	add_cname(p, "two.EXAMPLE", 500, "three.example");
	add_a(p, "three.example", 60, "192.0.2.1");
	add_a(p, "three.example", 50, "192.0.2.2");
}

TEST_ONCE(a_chain_of_aliases)
{
	struct answer a;

	begin_with(a_chain);
	resolve4(&a, "alias.example");
	CHECK_INT(a.result, DNS_ERR_NONE);
	CHECK_INT(a.count, 2);
	CHECK_STR(address_of(&a, 0), "192.0.2.1");
	CHECK_STR(address_of(&a, 1), "192.0.2.2");
	/* The aliases' count, too. */
	CHECK_INT(a.ttl, 40);
	finish();
}

static void
an_alias_of_a_name(struct packet *p, const struct query *q)
{
	(void)q;
	add_cname(p, NULL, 70, "7.0-25.2.0.192.in-addr.arpa");
	add_ptr(p, "7.0-25.2.0.192.in-addr.arpa", 80, "host.example");
}

TEST_ONCE(an_alias_of_a_reverse_name)
{
	struct answer a;

	begin_with(an_alias_of_a_name);
	resolve_reverse(&a, "192.0.2.7");
	CHECK_INT(a.result, DNS_ERR_NONE);
	CHECK_STR(a.name, "host.example");
	CHECK_INT(a.ttl, 70);
	finish();
}

/* All that is not about the name in question, nor of the type that was asked for. */
static void
strangers(struct packet *p, const struct query *q)
{
	(void)q;
	add_a(p, "bank.example", 5, "203.0.113.1");
	add_a(p, "example.org", 5, "203.0.113.2");
	add_a(p, "www.example.org.evil.example", 5, "203.0.113.3");
	add_a(p, "", 5, "203.0.113.4");
	add_cname(p, "bank.example", 5, "evil.example");
	add_a(p, "evil.example", 5, "203.0.113.5");
	add_aaaa(p, NULL, 5, "2001:db8::bad");
	add_record(p, AT_ANSWERS, NULL, EVDNS_TYPE_TXT, 5, "\003txt", 4);
	add_record(p, AT_ANSWERS, NULL, 65280, 5, "unknown", 7);
	add_a(p, "WWW.Example.ORG", 300, "192.0.2.1");
}

TEST_ONCE(records_of_other_names_and_types_are_skipped)
{
	struct answer a;

	begin_with(strangers);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(a.ttl, 300);
	finish();
}

static void
forged_chain(struct packet *p, const struct query *q)
{
	(void)q;
	add_cname(p, NULL, 5, "one.example");
	add_cname(p, "two.example", 5, "three.example");
	add_a(p, "three.example", 5, "203.0.113.1");
	add_a(p, "two.example", 5, "203.0.113.2");
}

/* The chain ends at one.example, of which nothing is said. */
TEST_ONCE(a_chain_with_a_gap_reaches_nothing)
{
	struct answer a;

	begin_with(forged_chain);
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_UNKNOWN);
	finish();
}

static void
other_sections(struct packet *p, const struct query *q)
{
	struct in_addr in = { htonl(0xcb007101) };

	(void)q;
	add_a(p, NULL, 300, "192.0.2.1");
	add_record(p, AT_AUTHORITY, NULL, EVDNS_TYPE_A, 5, &in, 4);
	add_record(p, AT_MORE, NULL, EVDNS_TYPE_A, 5, &in, 4);
}

TEST_ONCE(only_the_answer_section_answers)
{
	struct answer a;

	begin_with(other_sections);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(a.ttl, 300);
	finish();
}

static uint32_t ttl;

static void
with_ttl(struct packet *p, const struct query *q)
{
	(void)q;
	add_a(p, NULL, ttl, "192.0.2.1");
}

static void
check_ttl(uint32_t sent, int want)
{
	struct answer a;

	ttl = sent;
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(a.ttl, want);
}

/* A set highest bit counts as 0 (RFC 2181, 8). */
TEST_ONCE(extreme_times_to_live)
{
	begin_with(with_ttl);
	check_ttl(0, 0);
	check_ttl(1, 1);
	check_ttl(0x7fffffff, 0x7fffffff);
	check_ttl(0x80000000, 0);
	check_ttl(0xffffffff, 0);
	finish();
}

static void
different_ttls(struct packet *p, const struct query *q)
{
	(void)q;
	add_a(p, NULL, 90, "192.0.2.1");
	add_a(p, NULL, 30, "192.0.2.2");
	add_a(p, NULL, 60, "192.0.2.3");
	add_a(p, "other.example", 1, "203.0.113.1");
}

TEST_ONCE(the_shortest_time_to_live_of_those_used)
{
	struct answer a;

	begin_with(different_ttls);
	resolve4(&a, "www.example.org");
	CHECK_INT(a.count, 3);
	CHECK_INT(a.ttl, 30);
	finish();
}

static void
many_names(struct packet *p, const struct query *q)
{
	char text[32];
	int i;

	(void)q;
	for (i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "host%d.example", i);
		add_ptr(p, NULL, 60, text);
	}
}

TEST_ONCE(of_two_hundred_names_the_first)
{
	struct answer a;

	begin_with(many_names);
	resolve_reverse(&a, "192.0.2.7");
	CHECK_INT(a.result, DNS_ERR_NONE);
	CHECK_STR(a.name, "host0.example");
	finish();
}

/* More than an Ethernet frame, and more than the question allowed for. */
static void
four_hundred_addresses(struct packet *p, const struct query *q)
{
	char text[32];
	int i;

	(void)q;
	for (i = 0; i < 400; i++) {
		snprintf(text, sizeof(text), "192.0.%d.%d", 2 + i / 250, i % 250 + 1);
		add_a(p, "www.example.org", 60, text);
	}
}

TEST_ONCE(a_large_answer_is_whole_or_asked_for_again)
{
	struct answer a;

	begin_with(four_hundred_addresses);
	resolve4(&a, "www.example.org");
	CHECK_INT(a.result, DNS_ERR_NONE);
	CHECK_INT(a.count, 32);
	CHECK_STR(address_of(&a, 31), "192.0.2.32");
	finish();
}

/* The caller's memory, at the address that it gave, and the name may go after the call. */
TEST_ONCE(the_name_is_copied)
{
	struct answer a = { 0 };
	char name[] = "www.example.org";

	begin(say_good);
	ask4(&a, name);
	memset(name, 'x', sizeof(name) - 1);
	UNTIL(a.calls > 0);
	CHECK_STR(last_asked(&server)->name, "www.example.org");
	finish();
}

TEST_ONCE(capitals_are_asked_for_as_they_are)
{
	struct answer a;

	begin(say_good);
	resolve4(&a, "WwW.eXample.ORG");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_STR(last_asked(&server)->name, "WwW.eXample.ORG");
	finish();
}
