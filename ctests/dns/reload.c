/*
 * Files that change while the program runs: what is read again is taken whole or not at all (F23,
 * R07).
 */
#include "files.h"

#include <evhub/evdns_ext.h>

#include <stdarg.h>
#include <sys/stat.h>

static struct nameserver second;

static void
write_servers(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	write_file(text);
}

static void
begin_file(void)
{
	init_base();
	open_nameserver(&server, "127.0.0.1", say_good);
	open_nameserver(&second, "127.0.0.2", say_good);
	write_servers("nameserver %s\nsearch one.example\n", server.text);
	CHECK_INT(evdns_resolv_conf_parse(DNS_OPTION_SEARCH | DNS_OPTION_NAMESERVERS, path), 0);
}

static void
finish_file(void)
{
	close_nameserver(&second);
	finish();
}

/* All questions go to that one, with that domain. */
static void
check_used(struct nameserver *ns, const char *name)
{
	struct answer a;
	int before = ns->queries;
	int i;

	for (i = 0; i < 3; i++) {
		resolve4(&a, "www");
		CHECK_ADDRESS(&a, "192.0.2.1");
		CHECK_STR(last_asked(ns)->name, name);
	}
	CHECK_INT(ns->queries, before + 3);
	CHECK_INT(evdns_count_nameservers(), 1);
}

TEST(written_anew)
{
	begin_file();
	check_used(&server, "www.one.example");
	write_servers("nameserver %s\nsearch two.example\n", second.text);
	check_used(&server, "www.one.example");
	CHECK_INT(evhub_evdns_base_reload(NULL), 0);
	check_used(&second, "www.two.example");
	finish_file();
}

TEST_ONCE(nothing_has_changed)
{
	int i;

	begin_file();
	for (i = 0; i < 5; i++) {
		CHECK_INT(evhub_evdns_base_reload(NULL), 0);
		check_used(&server, "www.one.example");
	}
	finish_file();
}

TEST_ONCE(replaced_by_another_file)
{
	char other[sizeof(path) + 8];

	begin_file();
	snprintf(other, sizeof(other), "%s.new", path);
	CHECK_INT(rename(path, other), 0);
	write_servers("nameserver %s\nsearch two.example\n", second.text);
	CHECK_INT(evhub_evdns_base_reload(NULL), 0);
	check_used(&second, "www.two.example");
	CHECK_INT(rename(other, path), 0);
	CHECK_INT(evhub_evdns_base_reload(NULL), 0);
	check_used(&server, "www.one.example");
	finish_file();
}

TEST_ONCE(a_link_to_another_file)
{
	char other[sizeof(path) + 8];

	begin_file();
	snprintf(other, sizeof(other), "%s.new", path);
	write_servers("nameserver %s\nsearch two.example\n", second.text);
	CHECK_INT(rename(path, other), 0);
	CHECK_INT(symlink(other, path), 0);
	CHECK_INT(evhub_evdns_base_reload(NULL), 0);
	check_used(&second, "www.two.example");
	CHECK_INT(unlink(other), 0);
	CHECK(evhub_evdns_base_reload(NULL) != 0);
	check_used(&second, "www.two.example");
	finish_file();
}

/* What cannot be read now leaves everything as it was. */
TEST(gone_or_unreadable)
{
	begin_file();
	CHECK_INT(unlink(path), 0);
	CHECK_INT(evhub_evdns_base_reload(NULL), 1);
	check_used(&server, "www.one.example");
	CHECK_INT(mkdir(path, 0700), 0);
	CHECK(evhub_evdns_base_reload(NULL) != 0);
	check_used(&server, "www.one.example");
	CHECK_INT(rmdir(path), 0);
	write_servers("nameserver %s\n", second.text);
	CHECK_INT(truncate(path, 1 << 20), 0);
	CHECK_INT(evhub_evdns_base_reload(NULL), 3);
	check_used(&server, "www.one.example");
	write_servers("nameserver %s\nsearch two.example\n", second.text);
	CHECK_INT(evhub_evdns_base_reload(NULL), 0);
	check_used(&second, "www.two.example");
	finish_file();
}

/* Somebody is writing it: it is empty, or ends in the middle of the first server. */
TEST_ONCE(torn_while_it_is_written)
{
	begin_file();
	write_file("");
	CHECK_INT(evhub_evdns_base_reload(NULL), 6);
	check_used(&server, "www.one.example");
	write_file("search two.example\nnameserver 127.0.");
	CHECK_INT(evhub_evdns_base_reload(NULL), 6);
	check_used(&server, "www.one.example");
	finish_file();
}

TEST_ONCE(nothing_was_read_before)
{
	init_base();
	CHECK(evhub_evdns_base_reload(NULL) != 0);
	CHECK_INT(evdns_count_nameservers(), 0);
	evdns_shutdown(0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(current_base);
}

/* What a server was asked that is no longer there is asked elsewhere. */
TEST(questions_in_flight_go_to_the_new_server)
{
	struct answer a = { 0 };

	begin_file();
	server.reply = NULL;
	ask4(&a, "www");
	UNTIL(server.queries == 1);
	write_servers("nameserver %s\n", second.text);
	CHECK_INT(evhub_evdns_base_reload(NULL), 0);
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK(second.queries >= 1);
	finish_file();
}

/* And what a server was asked that is still there stays with it. */
TEST_ONCE(questions_in_flight_stay_with_a_server_that_stays)
{
	struct answer a = { 0 };

	begin_file();
	server.reply = NULL;
	ask4(&a, "www");
	UNTIL(server.queries == 1);
	write_servers("nameserver %s\nnameserver %s\n", server.text, second.text);
	CHECK_INT(evhub_evdns_base_reload(NULL), 0);
	CHECK_INT(evdns_count_nameservers(), 2);
	rounds();
	say_good(&server, asked(&server, 0));
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish_file();
}

static void
reload_inside(struct answer *a)
{
	(void)a;
	write_servers("nameserver %s\nsearch two.example\n", second.text);
	CHECK_INT(evhub_evdns_base_reload(NULL), 0);
}

TEST_ONCE(in_a_callback)
{
	struct answer first = { .then = reload_inside };
	struct answer other = { 0 };

	begin_file();
	ask4(&first, "first");
	ask4(&other, "other");
	UNTIL(first.calls > 0 && other.calls > 0);
	CHECK_ADDRESS(&first, "192.0.2.1");
	CHECK_ADDRESS(&other, "192.0.2.1");
	check_used(&second, "www.two.example");
	finish_file();
}

TEST_ONCE(the_hosts_file_too)
{
	struct answer a;

	begin_file();
	CHECK_INT(evhub_evdns_base_load_hosts(NULL, path), 0);
	write_servers("nameserver %s\n192.0.2.77 box.example\n", server.text);
	CHECK_INT(evhub_evdns_base_reload(NULL), 0);
	resolve4(&a, "box.example");
	CHECK_ADDRESS(&a, "192.0.2.77");
	CHECK_INT(server.queries, 0);
	finish_file();
}
