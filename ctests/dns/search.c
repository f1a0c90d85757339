/*
 * Search domains: which names are tried, in which order, and when it ends (behaviours 119 and
 * 120).
 */
#include "asking.h"

static const char *known;	/* the only name that exists */
static unsigned missing;	/* the code of the others; 0: an answer of no records */

static void
say_known(struct nameserver *ns, const struct query *q)
{
	if (known != NULL && strcmp(q->name, known) == 0)
		say_good(ns, q);
	else
		say_code(ns, q, missing);
}

static void
begin_search(const char *the_known)
{
	known = the_known;
	missing = NXDOMAIN;
	begin(say_known);
}

/* All that was asked since the last look, in one line. */
static const char *
names_asked(void)
{
	static char text[4096];
	static int looked_at;
	static struct nameserver *of;
	size_t at = 0;

	if (of != &server || looked_at > server.queries)
		looked_at = 0;
	of = &server;
	text[0] = '\0';
	for (; looked_at < server.queries; looked_at++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", at > 0 ? " " : "",
		    asked(&server, looked_at)->name);
	return text;
}

static void
check_fails(const char *name, const char *names)
{
	struct answer a;

	resolve4(&a, name);
	CHECK_ERROR(&a, DNS_ERR_NOTEXIST);
	CHECK_STR(names_asked(), names);
}

static void
check_found(const char *name, const char *names)
{
	struct answer a;

	resolve4(&a, name);
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_STR(names_asked(), names);
}

TEST(without_dots_the_domains_come_first)
{
	begin_search(NULL);
	evdns_search_add("one.example");
	check_fails("www", "www.one.example www");
	finish();
}

TEST(with_dots_the_name_comes_first)
{
	begin_search(NULL);
	evdns_search_add("one.example");
	check_fails("www.sub", "www.sub www.sub.one.example");
	finish();
}

TEST_ONCE(domains_are_put_in_front)
{
	begin_search(NULL);
	evdns_search_add("one.example");
	evdns_search_add("two.example");
	evdns_search_add("three.example");
	check_fails("www", "www.three.example www.two.example www.one.example www");
	check_fails("a.b", "a.b a.b.three.example a.b.two.example a.b.one.example");
	finish();
}

TEST_ONCE(it_ends_with_the_first_that_exists)
{
	begin_search("www.two.example");
	evdns_search_add("three.example");
	evdns_search_add("two.example");
	evdns_search_add("one.example");
	check_found("www", "www.one.example www.two.example");
	finish();
}

TEST_ONCE(both_families_search)
{
	struct answer a;

	begin_search("www.one.example");
	evdns_search_add("one.example");
	resolve6(&a, "www");
	CHECK_ADDRESS(&a, "2001:db8::1");
	CHECK_STR(names_asked(), "www.one.example");
	finish();
}

TEST_ONCE(the_name_itself_may_be_the_one)
{
	begin_search("www");
	evdns_search_add("one.example");
	check_found("www", "www.one.example www");
	known = "www.sub";
	check_found("www.sub", "www.sub");
	finish();
}

TEST_ONCE(ndots_counts_dots)
{
	begin_search(NULL);
	evdns_search_add("one.example");
	evdns_search_ndots_set(2);
	check_fails("a", "a.one.example a");
	check_fails("a.b", "a.b.one.example a.b");
	check_fails("a.b.c", "a.b.c a.b.c.one.example");
	evdns_search_ndots_set(0);
	check_fails("a", "a a.one.example");
	CHECK_INT(evdns_set_option("ndots:", "3", DNS_OPTION_SEARCH), 0);
	check_fails("a.b.c", "a.b.c.one.example a.b.c");
	finish();
}

TEST_ONCE(without_domains_the_name_alone)
{
	begin_search(NULL);
	check_fails("www", "www");
	evdns_search_ndots_set(5);
	check_fails("www", "www");
	finish();
}

TEST_ONCE(no_search_is_wanted)
{
	struct answer a = { 0 };

	begin_search(NULL);
	evdns_search_add("one.example");
	CHECK_INT(DNS_QUERY_NO_SEARCH, 1);
	CHECK_INT(try4(&a, "www", DNS_QUERY_NO_SEARCH), 0);
	UNTIL(a.calls > 0);
	CHECK_ERROR(&a, DNS_ERR_NOTEXIST);
	CHECK_STR(names_asked(), "www");
	memset(&a, 0, sizeof(a));
	CHECK_INT(try6(&a, "www", DNS_QUERY_NO_SEARCH), 0);
	UNTIL(a.calls > 0);
	CHECK_STR(names_asked(), "www");
	finish();
}

TEST_ONCE(reverse_names_are_not_searched)
{
	struct answer a;

	begin_search(NULL);
	evdns_search_add("one.example");
	evdns_search_ndots_set(100);
	resolve_reverse(&a, "192.0.2.1");
	CHECK_ERROR(&a, DNS_ERR_NOTEXIST);
	CHECK_STR(names_asked(), "1.2.0.192.in-addr.arpa");
	finish();
}

TEST_ONCE(absolute_names_are_not_searched)
{
	begin_search(NULL);
	evdns_search_add("one.example");
	check_fails("www.", "www");
	check_fails("www.sub.", "www.sub");
	check_fails("", "");
	finish();
}

TEST_ONCE(clearing_resets_ndots)
{
	begin_search(NULL);
	evdns_search_add("one.example");
	evdns_search_ndots_set(3);
	evdns_search_clear();
	check_fails("a.b", "a.b");
	evdns_search_add("two.example");
	check_fails("a.b", "a.b a.b.two.example");
	check_fails("a", "a.two.example a");
	finish();
}

/* A question keeps the domains that there were when it was asked. */
TEST_ONCE(cleared_while_a_question_searches)
{
	struct answer a = { 0 };

	begin_search("www.two.example");
	evdns_search_add("two.example");
	evdns_search_add("one.example");
	ask4(&a, "www");
	evdns_search_clear();
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_STR(names_asked(), "www.one.example www.two.example");
	finish();
}

TEST_ONCE(a_dot_in_front_of_a_domain_does_not_count)
{
	begin_search(NULL);
	evdns_search_add(".one.example");
	check_fails("www", "www.one.example www");
	finish();
}

TEST_ONCE(an_answer_of_no_records_goes_on)
{
	struct answer a;

	begin_search("www");
	missing = 0;
	evdns_search_add("one.example");
	resolve4(&a, "www");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_STR(names_asked(), "www.one.example www");
	finish();
}

TEST_ONCE(a_server_that_fails_goes_on)
{
	begin_search("www");
	missing = SERVFAIL;
	evdns_search_add("one.example");
	check_found("www", "www.one.example www");
	finish();
}

TEST_ONCE(a_server_that_refuses_ends_it)
{
	struct answer a;

	begin_search("www");
	missing = REFUSED;
	evdns_search_add("one.example");
	resolve4(&a, "www");
	CHECK_ERROR(&a, DNS_ERR_REFUSED);
	CHECK_STR(names_asked(), "www.one.example");
	finish();
}

/* A name that fits alone, and with a domain does not: that one is left out. */
TEST_ONCE(a_domain_that_makes_the_name_too_long)
{
	char name[256];
	char names[1024];

	begin_search(NULL);
	memset(name, 'a', 60);
	memset(name + 61, 'b', 60);
	memset(name + 122, 'c', 60);
	name[60] = name[121] = '.';
	name[182] = '\0';
	evdns_search_add("short.example");
	evdns_search_add("a123456789.a123456789.a123456789.a123456789.a123456789.a123456789."
	    "a123456789.a123456789.a123456789");
	snprintf(names, sizeof(names), "%s %s.short.example", name, name);
	check_fails(name, names);
	finish();
}

TEST_ONCE(domains_that_are_none)
{
	char text[300];

	begin_search(NULL);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	evdns_search_add("");
	evdns_search_add(".");
	evdns_search_add("a..b");
	evdns_search_add(text);
	evdns_search_add("one.example");
	check_fails("www", "www.one.example www");
	finish();
}

/* The search is the process's, and outlives shutdown no more than the servers do. */
TEST_ONCE(shutdown_forgets_the_domains)
{
	begin_search(NULL);
	evdns_search_add("one.example");
	evdns_shutdown(0);
	use_nameserver(&server);
	check_fails("www", "www");
	finish();
}

static void
ask_other(struct answer *a)
{
	evdns_search_add("late.example");
	ask4(a->arg, "other");
}

TEST_ONCE(searches_at_once_do_not_mix)
{
	struct answer first = { 0 };
	struct answer second = { 0 };
	struct answer third = { 0 };

	begin_search("second.one.example");
	evdns_search_add("one.example");
	first.then = ask_other;
	first.arg = &third;
	ask4(&first, "first");
	ask4(&second, "second");
	UNTIL(first.calls > 0 && second.calls > 0 && third.calls > 0);
	CHECK_ERROR(&first, DNS_ERR_NOTEXIST);
	CHECK_ADDRESS(&second, "192.0.2.1");
	CHECK_ERROR(&third, DNS_ERR_NOTEXIST);
	CHECK_STR(last_asked(&server)->name, "other");
	finish();
}
