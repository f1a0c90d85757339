/*
 * resolv.conf: its lines, what the flags take of them, and what the calls return (behaviours 103
 * and 104; R02 to R06).
 */
#include "files.h"

enum { SEARCH = DNS_OPTION_SEARCH, SERVERS = DNS_OPTION_NAMESERVERS, MISC = DNS_OPTION_MISC };

/* How many name servers come of a file. */
static void
check_servers(const char *text, int result, int count)
{
	CHECK_INT(parse(SERVERS, text), result);
	CHECK_INT(evdns_count_nameservers(), count);
	CHECK_INT(evdns_clear_nameservers_and_suspend(), 0);
}

TEST_ONCE(name_servers)
{
	init_base();
	check_servers("nameserver 127.0.0.1\n", 0, 1);
	check_servers("nameserver 127.0.0.1\nnameserver 127.0.0.2\n", 0, 2);
	check_servers("nameserver 127.0.0.1", 0, 1);
	check_servers("nameserver\t \t127.0.0.1 \t\n", 0, 1);
	check_servers("  nameserver 127.0.0.1\n", 0, 1);
	check_servers("\n\n\nnameserver 127.0.0.1\n\n", 0, 1);
	check_servers("nameserver 127.0.0.1 127.0.0.2 127.0.0.3\n", 0, 1);
	check_servers("nameserver 127.0.0.1 # the first\n", 0, 1);
	check_servers("nameserver 127.0.0.1\r\nnameserver 127.0.0.2\r\n", 0, 2);
	check_servers("nameserver 127.0.0.1\nnameserver 127.0.0.1\n", 0, 1);
	evdns_shutdown(0);
	event_base_free(current_base);
}

TEST_ONCE(lines_that_make_no_sense_are_skipped)
{
	init_base();
	check_servers("nameserver\nnameserver 127.0.0.1\n", 0, 1);
	check_servers("nameserver \t  \nnameserver 127.0.0.1\n", 0, 1);
	check_servers("nameserver 1.2.3\nnameserver 300.1.1.1\nnameserver x\n"
	    "nameserver 127.0.0.1\n", 0, 1);
	check_servers("# nameserver 127.0.0.2\n;nameserver 127.0.0.3\n#\n;\n"
	    "nameserver 127.0.0.1\n", 0, 1);
	check_servers("nameservers 127.0.0.2\nNAMESERVER 127.0.0.3\nserver 127.0.0.4\n"
	    "nameserver127.0.0.5\nnameserver 127.0.0.1\n", 0, 1);
	check_servers("nameserver 127.0.0.2:0\nnameserver 127.0.0.2:99999\n"
	    "nameserver 127.0.0.1\n", 0, 1);
	check_servers("\xef\xbb\xbfnameserver 127.0.0.2\nnameserver 127.0.0.1\n", 0, 1);
	check_servers("sortlist 127.0.0.2\nlookup file bind\nnameserver 127.0.0.1\n", 0, 1);
	evdns_shutdown(0);
	event_base_free(current_base);
}

/* Lines of IPv6 do not count where there is IPv4: 1.4 knew nothing else. */
TEST_ONCE(name_servers_of_ipv6)
{
	init_base();
	check_servers("nameserver ::1\nnameserver 127.0.0.1\n", 0, 1);
	check_servers("nameserver fe80::1%lo\nnameserver [::1]:53\nnameserver 127.0.0.1\n", 0, 1);
	check_servers("nameserver ::1\n", 0, 1);
	check_servers("nameserver ::1%nosuchinterface\nnameserver [::1\n", 6, 1);
	evdns_shutdown(0);
	event_base_free(current_base);
}

/* Then 127.0.0.1 is used, and 6 returned. */
TEST_ONCE(no_name_server_at_all)
{
	init_base();
	check_servers("", 6, 1);
	check_servers("\n", 6, 1);
	check_servers("search one.example\n", 6, 1);
	check_servers("nameserver\n", 6, 1);
	check_servers("nameserver x\n", 6, 1);
	CHECK_INT(parse(SERVERS, ""), 6);
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.1"), 3);
	evdns_shutdown(0);
	event_base_free(current_base);
}

TEST_ONCE(bytes_of_0)
{
	init_base();
	CHECK_INT(PARSE_BYTES(SERVERS, "\0\0nameserver 127.0.0.2\nnameserver 127.0.0.1\n"), 0);
	CHECK_INT(evdns_count_nameservers(), 1);
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.1"), 3);
	evdns_clear_nameservers_and_suspend();
	CHECK_INT(PARSE_BYTES(SERVERS, "nameserver 127.0.0.1\0.1\n\0"), 0);
	CHECK_INT(evdns_count_nameservers(), 1);
	evdns_shutdown(0);
	event_base_free(current_base);
}

TEST_ONCE(two_hundred_and_fifty_six_name_servers)
{
	char text[256 * 40];
	size_t at = 0;
	int i;

	init_base();
	for (i = 0; i < 256; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "nameserver 127.0.%d.%d\n",
		    i / 128, i % 128 + 1);
	check_servers(text, 0, 256);
	evdns_shutdown(0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(current_base);
}

/* Added to those that are there already. */
TEST_ONCE(parsing_adds)
{
	init_base();
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.1:5301"), 0);
	CHECK_INT(parse(SERVERS, "nameserver 127.0.0.2\nnameserver 127.0.0.1\n"), 0);
	CHECK_INT(evdns_count_nameservers(), 2);
	CHECK_INT(parse(SERVERS, "nameserver 127.0.0.3\n"), 0);
	CHECK_INT(evdns_count_nameservers(), 3);
	evdns_shutdown(0);
	CHECK_INT(evdns_count_nameservers(), 0);
	event_base_free(current_base);
}

/* Domains */

/* Of a server that knows no name: what is asked for, in one line. */
static void
check_names(const char *name, const char *want)
{
	struct answer a;
	char text[4096];
	size_t at = 0;
	int i = server.queries;

	text[0] = '\0';
	resolve4(&a, name);
	CHECK_ERROR(&a, DNS_ERR_NOTEXIST);
	for (; i < server.queries; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", at > 0 ? " " : "",
		    asked(&server, i)->name);
	CHECK_STR(text, want);
}

/* With the tests' own name server in the file. */
static void
check_search(const char *text, const char *name, const char *want)
{
	char all[4096];

	snprintf(all, sizeof(all), "nameserver %s\n%s", server.text, text);
	CHECK_INT(parse(SEARCH | SERVERS | MISC, all), 0);
	check_names(name, want);
	evdns_search_clear();
}

static void
begin_file(void)
{
	begin(say_nxdomain);
	evdns_clear_nameservers_and_suspend();
	evdns_resume();
}

TEST(a_file_with_all)
{
	struct answer a;
	char text[256];

	begin_file();
	server.reply = say_good;
	snprintf(text, sizeof(text), "# all\nnameserver %s\nsearch one.example\noptions ndots:2\n",
	    server.text);
	CHECK_INT(parse(DNS_OPTIONS_ALL, text), 0);
	resolve4(&a, "www.sub");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_STR(last_asked(&server)->name, "www.sub.one.example");
	finish();
}

TEST_ONCE(domains_keep_their_order)
{
	begin_file();
	check_search("search one.example two.example\tthree.example", "w",
	    "w.one.example w.two.example w.three.example w");
	check_search("domain one.example", "w", "w.one.example w");
	check_search("domain one.example two.example", "w", "w.one.example w");
	check_search("search one.example \t\r\n", "w", "w.one.example w");
	finish();
}

TEST_ONCE(the_last_list_wins)
{
	begin_file();
	check_search("search one.example\nsearch two.example", "w", "w.two.example w");
	check_search("domain one.example\nsearch two.example", "w", "w.two.example w");
	check_search("search two.example\ndomain one.example", "w", "w.one.example w");
	evdns_search_add("old.example");
	check_search("search one.example", "w", "w.one.example w");
	evdns_search_add("old.example");
	check_search("", "w", "w.old.example w");
	finish();
}

TEST_ONCE(lists_reset_ndots)
{
	begin_file();
	check_search("options ndots:3\nsearch one.example", "a.b", "a.b a.b.one.example");
	check_search("search one.example\noptions ndots:3", "a.b", "a.b.one.example a.b");
	check_search("options ndots:3", "a.b", "a.b");
	finish();
}

TEST_ONCE(domains_that_are_none)
{
	char text[1000];

	begin_file();
	check_search("search", "w", "w");
	check_search("search .", "w", "w");
	check_search("search . one.example", "w", "w.one.example w");
	check_search("search a..b one.example", "w", "w.one.example w");
	memset(text, 'a', sizeof(text));
	memcpy(text, "search ", 7);
	strcpy(text + 600, " one.example");
	check_search(text, "w", "w.one.example w");
	finish();
}

/* All of them, or a bounded number: in any case the first come first. */
TEST_ONCE(a_thousand_domains)
{
	static char text[1000 * 12 + 16];
	struct answer a;
	char all[sizeof(text) + 100];
	size_t at = 0;
	int i;

	begin_file();
	at += (size_t)snprintf(text, sizeof(text), "search");
	for (i = 0; i < 1000; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, " d%d.test", i);
	snprintf(all, sizeof(all), "nameserver %s\n%s\n", server.text, text);
	CHECK_INT(parse(DNS_OPTIONS_ALL, all), 0);
	resolve4(&a, "w");
	CHECK_ERROR(&a, DNS_ERR_NOTEXIST);
	CHECK_STR(last_asked(&server)->name, "w");
	CHECK(server.queries <= 1001);
	CHECK_STR(asked(&server, 0)->name, "w.d0.test");
	CHECK_STR(asked(&server, 6)->name, "w.d6.test");
	finish();
}

/* Flags */

TEST_ONCE(flags_choose)
{
	char text[256];

	begin_file();
	snprintf(text, sizeof(text), "nameserver %s\nsearch one.example\noptions ndots:2\n",
	    server.text);
	CHECK_INT(parse(0, text), 0);
	CHECK_INT(parse(SEARCH, text), 0);
	CHECK_INT(parse(MISC, text), 0);
	CHECK_INT(evdns_count_nameservers(), 0);
	evdns_search_clear();
	CHECK_INT(parse(SERVERS, text), 0);
	CHECK_INT(evdns_count_nameservers(), 1);
	check_names("a.b", "a.b");
	CHECK_INT(parse(MISC, text), 0);
	evdns_search_add("one.example");
	check_names("a.b", "a.b a.b.one.example");
	CHECK_INT(parse(SEARCH, text), 0);
	check_names("a.b", "a.b.one.example a.b");
	finish();
}

TEST_ONCE(options_that_make_no_sense)
{
	begin_file();
	check_search("options ndots:-1 ndots:x ndots: ndots unknown:1 rotate edns0 : \n"
	    "options\noptions  \nsearch one.example\n", "a.b", "a.b a.b.one.example");
	check_search("search one.example\noptions ndots:999999", "a.b.c.d.e",
	    "a.b.c.d.e.one.example a.b.c.d.e");
	check_search("search one.example\noptions ndots:99999999999999999999", "a.b",
	    "a.b.one.example a.b");
	check_search("search one.example\noptions timeout:0 attempts:0 max-inflight:0 "
	    "max-timeouts:0 timeout:x attempts:-5 timeout:99999999999", "w",
	    "w.one.example w");
	finish();
}
