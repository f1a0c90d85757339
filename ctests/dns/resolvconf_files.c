/*
 * Files that cannot be read as a resolv.conf, or not all of them (behaviour 103; F23, R01, R02):
 * a code, and neither an endless wait nor half a configuration.
 */
#include "files.h"

#include <sys/stat.h>

enum { CANNOT_OPEN = 1, TOO_LARGE = 3, CANNOT_READ = 5, NO_SERVER = 6, MOST = 65535 };

static void
end(void)
{
	int open_before = open_fds();

	evdns_shutdown(0);
	CHECK(open_fds() <= open_before);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(current_base);
}

/* Refused, and what there was is left as it was. */
static void
check_refused(int result)
{
	int open_before = open_fds();

	CHECK_INT(evdns_resolv_conf_parse(DNS_OPTIONS_ALL, path), result);
	CHECK_INT(evdns_count_nameservers(), 1);
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.9:5301"), 3);
	CHECK_INT(open_fds() - open_before, 0);
}

static void
begin_refusals(void)
{
	init_base();
	make_path();
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.9:5301"), 0);
}

/* Without a file the machine itself is asked. */
TEST_ONCE(a_file_that_is_missing)
{
	init_base();
	make_path();
	CHECK_INT(evdns_resolv_conf_parse(DNS_OPTIONS_ALL, path), CANNOT_OPEN);
	CHECK_INT(evdns_count_nameservers(), 1);
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.1"), 3);
	evdns_clear_nameservers_and_suspend();
	CHECK_INT(evdns_resolv_conf_parse(DNS_OPTION_SEARCH, path), CANNOT_OPEN);
	CHECK_INT(evdns_count_nameservers(), 0);
	end();
}

TEST_ONCE(a_file_that_may_not_be_read)
{
	if (geteuid() == 0)
		SKIP("root may read everything");
	init_base();
	write_file("nameserver 127.0.0.2\n");
	CHECK_INT(chmod(path, 0), 0);
	CHECK_INT(evdns_resolv_conf_parse(DNS_OPTIONS_ALL, path), CANNOT_OPEN);
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.1"), 3);
	end();
}

TEST_ONCE(a_folder)
{
	begin_refusals();
	CHECK_INT(mkdir(path, 0700), 0);
	check_refused(CANNOT_READ);
	CHECK_INT(rmdir(path), 0);
	end();
}

/* A pipe that nobody writes to is not waited for: it is an empty file. */
TEST_ONCE(a_named_pipe)
{
	init_base();
	make_path();
	CHECK_INT(mkfifo(path, 0600), 0);
	CHECK(evdns_resolv_conf_parse(DNS_OPTIONS_ALL, path) != 0);
	end();
}

TEST_ONCE(a_device_without_end)
{
	int result;

	init_base();
	result = evdns_resolv_conf_parse(DNS_OPTIONS_ALL, "/dev/zero");
	CHECK(result == TOO_LARGE || result == CANNOT_READ);
	CHECK_INT(evdns_resolv_conf_parse(DNS_OPTION_NAMESERVERS, "/dev/null"), NO_SERVER);
	end();
}

TEST_ONCE(a_file_of_100_megabytes)
{
	begin_refusals();
	write_file("nameserver 127.0.0.2\n");
	CHECK_INT(truncate(path, 100 << 20), 0);
	check_refused(TOO_LARGE);
	end();
}

TEST_ONCE(the_largest_file)
{
	static char text[MOST + 1];
	size_t at;

	begin_refusals();
	memset(text, '#', sizeof(text));
	for (at = 99; at < sizeof(text); at += 100)
		text[at] = '\n';
	memcpy(text + MOST - 24, "\nnameserver 127.0.0.2\n", 22);
	write_bytes(text, MOST + 1);
	check_refused(TOO_LARGE);
	write_bytes(text, MOST);
	CHECK_INT(evdns_resolv_conf_parse(DNS_OPTION_NAMESERVERS, path), 0);
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.2"), 3);
	end();
}

/* One line is the whole of it. */
TEST_ONCE(long_lines)
{
	static char text[1 << 20];

	begin_refusals();
	memset(text, 'x', sizeof(text));
	write_bytes(text, sizeof(text));
	check_refused(TOO_LARGE);
	memcpy(text, "nameserver ", 11);
	write_bytes(text, 60000);
	CHECK_INT(evdns_resolv_conf_parse(DNS_OPTION_NAMESERVERS, path), NO_SERVER);
	memset(text, ' ', 60000);
	memcpy(text, "nameserver", 10);
	memcpy(text + 59900, "127.0.0.2\n", 10);
	write_bytes(text, 60000);
	CHECK_INT(evdns_resolv_conf_parse(DNS_OPTION_NAMESERVERS, path), 0);
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.2"), 3);
	end();
}

/* Cut off anywhere: what is whole of it counts, and nothing else happens. */
TEST_ONCE(a_torn_file)
{
	static const char text[] = "# file\nnameserver 127.0.0.2\nsearch one.example two.example\n"
	    "options ndots:3 timeout:7\nnameserver 127.0.0.3\ndomain three.example\n";
	size_t length;

	init_base();
	for (length = 0; length < sizeof(text); length++) {
		int result = parse_bytes(DNS_OPTIONS_ALL, text, length);

		CHECK(result == 0 || result == NO_SERVER);
		CHECK(evdns_count_nameservers() >= 1 && evdns_count_nameservers() <= 2);
		evdns_clear_nameservers_and_suspend();
	}
	end();
}

/* Bytes of every kind in the place of every kind of word. */
TEST_ONCE(random_bytes)
{
	static char text[4000];
	static const char *const words[] = {
		"nameserver", "search", "domain", "options", " ", "\t", "\n", "\r\n", "127.0.0.2",
		"::1", "ndots:", "timeout:3", "a.example", ":", "-1", "#", ";", "\xff", "%", "[",
	};
	unsigned seed = 1;
	int round;

	init_base();
	for (round = 0; round < 300; round++) {
		size_t at = 0;

		while (at < sizeof(text) - 20) {
			seed = seed * 1103515245 + 12345;
			if (seed >> 16 & 7) {
				const char *word = words[(seed >> 20) % COUNT(words)];

				memcpy(text + at, word, strlen(word));
				at += strlen(word);
			} else {
				text[at++] = (char)(seed >> 24);
			}
		}
		write_bytes(text, at);
		CHECK(evdns_resolv_conf_parse(DNS_OPTIONS_ALL, path) >= 0);
		CHECK(evdns_count_nameservers() >= 1);
		evdns_clear_nameservers_and_suspend();
		evdns_search_clear();
	}
	end();
}

TEST_ONCE(no_path)
{
	init_base();
	capture_log();
	CHECK(evdns_resolv_conf_parse(DNS_OPTIONS_ALL, NULL) != 0);
	CHECK_INT(evdns_resolv_conf_parse(DNS_OPTION_NAMESERVERS, ""), CANNOT_OPEN);
	end();
}

/* Whatever this machine's file says: it is read, and there is a server in the end. */
TEST_ONCE(the_machine_s_own)
{
	int result;

	init_base();
	result = evdns_init();
	CHECK(result == 0 || result == CANNOT_OPEN || result == NO_SERVER);
	CHECK(evdns_count_nameservers() >= 1);
	CHECK_INT(evdns_clear_nameservers_and_suspend(), 0);
	end();
}

TEST_ONCE(initialised_twice)
{
	int servers;
	int result;

	init_base();
	result = evdns_init();
	servers = evdns_count_nameservers();
	CHECK(servers >= 1);
	CHECK_INT(evdns_init(), result);
	CHECK_INT(evdns_count_nameservers(), servers);
	evdns_shutdown(0);
	CHECK_INT(evdns_count_nameservers(), 0);
	CHECK_INT(evdns_init(), result);
	CHECK_INT(evdns_count_nameservers(), servers);
	CHECK_INT(evdns_clear_nameservers_and_suspend(), 0);
	end();
}
