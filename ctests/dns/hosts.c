/*
 * The hosts file: its names are answered without a question (behaviour 102; F23, R09).
 */
#include "files.h"

#include <evhub/evdns_ext.h>

static int
load(const char *text)
{
	write_file(text);
	return evhub_evdns_base_load_hosts(NULL, path);
}

static void
check_known(const char *name, const char *want)
{
	struct answer a;
	int before = server.queries;

	resolve4(&a, name);
	CHECK_ADDRESS(&a, want);
	CHECK_INT(a.ttl, 0);
	CHECK_INT(server.queries, before);
}

static void
check_unknown(const char *name)
{
	struct answer a;
	int before = server.queries;

	resolve4(&a, name);
	CHECK_ERROR(&a, DNS_ERR_NOTEXIST);
	CHECK(server.queries > before);
}

TEST(names_of_the_file)
{
	struct answer a;

	begin(say_nxdomain);
	CHECK_INT(load("192.0.2.5 five.example five\n2001:db8::6 six.example five.example\n"), 0);
	check_known("five.example", "192.0.2.5");
	check_known("five", "192.0.2.5");
	check_known("FIVE.Example", "192.0.2.5");
	check_known("five.example.", "192.0.2.5");
	resolve6(&a, "six.example");
	CHECK_ADDRESS(&a, "2001:db8::6");
	resolve6(&a, "five.example");
	CHECK_ADDRESS(&a, "2001:db8::6");
	CHECK_INT(server.queries, 0);
	check_unknown("five.example.org");
	check_unknown("fiv");
	finish();
}

/* The answer to come is all that keeps the loop alive, and it never comes from inside the call. */
TEST(without_any_server)
{
	struct answer a = { 0 };

	init_base();
	CHECK_INT(load("192.0.2.5 five.example\n"), 0);
	ask4(&a, "five.example");
	CHECK_INT(a.calls, 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_ADDRESS(&a, "192.0.2.5");
	evdns_shutdown(0);
	event_base_free(current_base);
}

TEST_ONCE(several_addresses_of_a_name)
{
	struct answer a;

	begin(say_nxdomain);
	CHECK_INT(load("192.0.2.1 box\n192.0.2.2 box\n2001:db8::1 box\n192.0.2.3 other box\n"), 0);
	resolve4(&a, "box");
	CHECK_INT(a.count, 3);
	CHECK_STR(address_of(&a, 0), "192.0.2.1");
	CHECK_STR(address_of(&a, 1), "192.0.2.2");
	CHECK_STR(address_of(&a, 2), "192.0.2.3");
	finish();
}

TEST_ONCE(lines_that_make_no_sense)
{
	begin(say_nxdomain);
	CHECK_INT(load("# 192.0.2.1 a.test\n"
	    "192.0.2.2\n"
	    "b.test 192.0.2.3\n"
	    "300.0.2.1 c.test\n"
	    "\t192.0.2.4\td.test\t# e.test\r\n"
	    "192.0.2.5 f.test#g.test\n"
	    "\n \n::zz h.test\n"
	    "192.0.2.6 i.test"), 0);
	check_known("d.test", "192.0.2.4");
	check_known("f.test", "192.0.2.5");
	check_known("i.test", "192.0.2.6");
	check_unknown("a.test");
	check_unknown("b.test");
	check_unknown("c.test");
	check_unknown("e.test");
	check_unknown("g.test");
	check_unknown("h.test");
	finish();
}

/* Only of the name as it is: a reverse lookup asks, and so does the other family. */
TEST_ONCE(what_the_file_does_not_answer)
{
	struct answer a;

	begin(say_good);
	CHECK_INT(load("192.0.2.5 five.example\n"), 0);
	resolve_reverse(&a, "192.0.2.5");
	CHECK_STR(a.name, "host.example");
	CHECK_INT(server.queries, 1);
	resolve6(&a, "five.example");
	CHECK_INT(a.calls, 1);
	CHECK_INT(load(""), 0);
	server.queries = 0;
	resolve4(&a, "five.example");
	CHECK_INT(server.queries, 1);
	finish();
}

TEST_ONCE(files_that_cannot_be_read_change_nothing)
{
	begin(say_nxdomain);
	CHECK_INT(load("192.0.2.5 five.example\n"), 0);
	CHECK_INT(evhub_evdns_base_load_hosts(NULL, "/nosuchfolder/file"), -1);
	CHECK_INT(evhub_evdns_base_load_hosts(NULL, "/"), -1);
	check_known("five.example", "192.0.2.5");
	CHECK_INT(evhub_evdns_base_load_hosts(NULL, NULL), 0);
	check_unknown("five.example");
	finish();
}

TEST_ONCE(a_shutdown_forgets_it)
{
	begin(say_nxdomain);
	CHECK_INT(load("192.0.2.5 five.example\n"), 0);
	evdns_shutdown(0);
	use_nameserver(&server);
	check_unknown("five.example");
	finish();
}

TEST_ONCE(a_million_lines)
{
	enum { LINES = 1000000 };
	char want[32];
	char name[32];
	FILE *file;
	int i;

	begin(say_nxdomain);
	make_path();
	file = fopen(path, "w");
	CHECK(file != NULL);
	for (i = 0; i < LINES; i++)
		fprintf(file, "10.%d.%d.%d host%d.test\n", i >> 16, i >> 8 & 255, i & 255, i);
	CHECK_INT(fclose(file), 0);
	CHECK_INT(evhub_evdns_base_load_hosts(NULL, path), 0);
	for (i = 0; i < LINES; i += 9973) {
		snprintf(name, sizeof(name), "host%d.test", i);
		snprintf(want, sizeof(want), "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
		check_known(name, want);
	}
	check_unknown("host1000000.test");
	finish();
}

TEST_ONCE(bytes_of_all_kinds)
{
	static char text[65536];
	unsigned seed = 7;
	size_t i;

	begin(say_nxdomain);
	for (i = 0; i < sizeof(text); i++) {
		seed = seed * 1103515245 + 12345;
		text[i] = (char)(seed >> 24);
		if (i % 16 == 0)
			text[i] = '\n';
	}
	memcpy(text + sizeof(text) - 32, "\n192.0.2.5 five.example\n", 24);
	write_bytes(text, sizeof(text));
	CHECK_INT(evhub_evdns_base_load_hosts(NULL, path), 0);
	check_known("five.example", "192.0.2.5");
	memset(text, 'x', sizeof(text));
	write_bytes(text, sizeof(text));
	CHECK_INT(evhub_evdns_base_load_hosts(NULL, path), 0);
	memcpy(text, "192.0.2.5 ", 10);
	write_bytes(text, sizeof(text));
	CHECK_INT(evhub_evdns_base_load_hosts(NULL, path), 0);
	check_unknown("five.example");
	finish();
}
