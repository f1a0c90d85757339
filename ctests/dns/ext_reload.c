/*
 * More of files that are read again (F23, R07): while questions are in flight and wait, by
 * resolvers of their own, two files at once, and files that would make us wait.
 */
#include "files.h"

#include <evhub/evdns_ext.h>

#include <sys/stat.h>

static struct nameserver second;

static char hosts[sizeof(path) + 8];

static void
write_settings(const struct nameserver *ns, const char *more)
{
	char text[512];

	snprintf(text, sizeof(text), "nameserver %s\n%s\n", ns->text, more);
	write_file(text);
}

static void
write_hosts(const char *text)
{
	FILE *file = fopen(hosts, "w");

	CHECK(file != NULL);
	CHECK(fputs(text, file) >= 0);
	CHECK_INT(fclose(file), 0);
}

static void
remove_hosts(void)
{
	unlink(hosts);
}

static void
begin_file(reply_function reply)
{
	init_base();
	open_nameserver(&server, "127.0.0.1", reply);
	open_nameserver(&second, "127.0.0.2", say_good);
	write_settings(&server, "search one.example");
	snprintf(hosts, sizeof(hosts), "%s.hosts", path);
	/* Before the folder. */
	atexit(remove_hosts);
	CHECK_INT(evdns_resolv_conf_parse(DNS_OPTION_SEARCH | DNS_OPTION_NAMESERVERS, path), 0);
}

static void
finish_file(void)
{
	close_nameserver(&second);
	finish();
}

/* What was asked goes on with the list of its time, what is asked now has the new one. */
TEST(other_domains_while_a_question_is_in_flight)
{
	struct answer old = { 0 };
	struct answer new = { 0 };

	begin_file(NULL);
	ask4(&old, "www");
	UNTIL(server.queries == 1);
	CHECK_STR(asked(&server, 0)->name, "www.one.example");
	write_settings(&server, "search two.example");
	CHECK_INT(evhub_evdns_base_reload(NULL), 0);
	ask4(&new, "www");
	UNTIL(server.queries == 2);
	CHECK_STR(asked(&server, 1)->name, "www.two.example");
	say_nxdomain(&server, asked(&server, 0));
	say_good(&server, asked(&server, 1));
	UNTIL(new.calls > 0 && server.queries == 3);
	CHECK_ADDRESS(&new, "192.0.2.1");
	CHECK_STR(asked(&server, 2)->name, "www");
	say_nxdomain(&server, asked(&server, 2));
	UNTIL(old.calls > 0);
	CHECK_ERROR(&old, DNS_ERR_NOTEXIST);
	finish_file();
}

/* Every question is answered once, however often the file changes meanwhile. */
TEST(servers_come_and_go_under_many_questions)
{
	enum { QUESTIONS = 100 };
	static struct answer answers[QUESTIONS];
	int i, open_before;

	begin_file(say_good);
	open_before = open_fds();
	CHECK_INT(evdns_set_option("max-inflight:", "10", DNS_OPTIONS_ALL), 0);
	for (i = 0; i < QUESTIONS; i++) {
		char name[40];

		snprintf(name, sizeof(name), "n%d.example", i);
		ask4(&answers[i], name);
	}
	for (i = 0; i < 20; i++) {
		write_settings(i % 2 == 0 ? &second : &server, "");
		CHECK_INT(evhub_evdns_base_reload(NULL), 0);
		CHECK_INT(evdns_count_nameservers(), 1);
		CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	}
	for (i = 0; i < QUESTIONS; i++) {
		UNTIL(answers[i].calls > 0);
		CHECK_ADDRESS(&answers[i], "192.0.2.1");
	}
	rounds();
	CHECK(open_fds() <= open_before + 2);
	finish_file();
}

/* Two files: if one of them cannot be read, nothing of the other is taken. */
TEST(one_of_two_files_is_gone)
{
	struct answer a;

	begin_file(say_good);
	write_hosts("192.0.2.77 box.example\n");
	CHECK_INT(evhub_evdns_base_load_hosts(NULL, hosts), 0);
	write_settings(&second, "search two.example");
	CHECK_INT(unlink(hosts), 0);
	CHECK(evhub_evdns_base_reload(NULL) != 0);
	resolve4(&a, "www");
	CHECK_INT(server.queries, 1);
	CHECK_STR(asked(&server, 0)->name, "www.one.example");
	resolve4(&a, "box.example");
	CHECK_ADDRESS(&a, "192.0.2.77");
	write_hosts("192.0.2.78 box.example\n");
	CHECK_INT(unlink(path), 0);
	CHECK(evhub_evdns_base_reload(NULL) != 0);
	resolve4(&a, "box.example");
	CHECK_ADDRESS(&a, "192.0.2.77");
	write_settings(&second, "search two.example");
	CHECK_INT(evhub_evdns_base_reload(NULL), 0);
	resolve4(&a, "box.example");
	CHECK_ADDRESS(&a, "192.0.2.78");
	resolve4(&a, "www");
	CHECK_INT(second.queries, 1);
	CHECK_STR(asked(&second, 0)->name, "www.two.example");
	finish_file();
}

/* All of resolv.conf means the machine's hosts file, until another one is read. */
TEST_ONCE(another_hosts_file_than_the_machine_s)
{
	struct answer a;

	begin_file(say_good);
	write_hosts("192.0.2.77 box.example\n");
	CHECK_INT(evdns_resolv_conf_parse(DNS_OPTIONS_ALL, path), 0);
	CHECK_INT(evhub_evdns_base_load_hosts(NULL, hosts), 0);
	resolve4(&a, "box.example");
	CHECK_ADDRESS(&a, "192.0.2.77");
	CHECK_INT(evhub_evdns_base_reload(NULL), 0);
	resolve4(&a, "box.example");
	CHECK_ADDRESS(&a, "192.0.2.77");
	CHECK_INT(evhub_evdns_base_load_hosts(NULL, NULL), 0);
	CHECK_INT(evhub_evdns_base_reload(NULL), 0);
	resolve4(&a, "localhost");
	CHECK_INT(last_asked(&server)->type, EVDNS_TYPE_A);
	CHECK_STR(last_asked(&server)->name, "localhost.one.example");
	finish_file();
}

/* A pipe that nobody writes to, and a device that has no end. */
TEST_ONCE(files_that_are_none)
{
	struct answer a;
	int64_t start = now_ms();

	begin_file(say_good);
	CHECK_INT(unlink(path), 0);
	CHECK_INT(mkfifo(path, 0600), 0);
	CHECK(evhub_evdns_base_reload(NULL) != 0);
	CHECK_INT(unlink(path), 0);
	CHECK_INT(symlink("/dev/zero", path), 0);
	CHECK(evhub_evdns_base_reload(NULL) != 0);
	CHECK_INT(unlink(path), 0);
	CHECK_INT(symlink(path, path), 0);
	CHECK(evhub_evdns_base_reload(NULL) != 0);
	CHECK(now_ms() - start < 5000 * time_factor());
	resolve4(&a, "www");
	CHECK_STR(last_asked(&server)->name, "www.one.example");
	finish_file();
}

/* Each resolver reads its own file again, and no other. */
TEST_ONCE(by_a_resolver_of_its_own)
{
	struct evdns_base *own;
	struct answer a = { 0 };

	begin_file(say_good);
	own = evhub_evdns_base_new(current_base, 0);
	CHECK_INT(evhub_evdns_base_reload(own), 1);
	CHECK_INT(evhub_evdns_base_resolv_conf_parse(own, DNS_OPTION_NAMESERVERS, path), 0);
	write_settings(&second, "search two.example");
	CHECK_INT(evhub_evdns_base_reload(own), 0);
	CHECK_INT(evhub_evdns_base_count_nameservers(own), 1);
	/* Of that file it took the servers alone. */
	CHECK(evhub_evdns_base_resolve_ipv4(own, "www", 0, answered, &a) != NULL);
	UNTIL(a.calls > 0);
	CHECK_STR(last_asked(&second)->name, "www");
	resolve4(&a, "www");
	CHECK_STR(last_asked(&server)->name, "www.one.example");
	evhub_evdns_base_free(own, 1);
	finish_file();
}

/* Suspended: what waits goes to the servers of the file when it is read again and resumed. */
TEST_ONCE(while_questions_wait)
{
	struct answer a = { 0 };

	begin_file(NULL);
	ask4(&a, "www.example");
	UNTIL(server.queries == 1);
	CHECK_INT(evdns_clear_nameservers_and_suspend(), 0);
	write_settings(&second, "");
	CHECK_INT(evhub_evdns_base_reload(NULL), 0);
	CHECK_INT(evdns_count_nameservers(), 1);
	CHECK_INT(evdns_resume(), 0);
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(second.queries, 1);
	finish_file();
}

static struct answer next;

static void
reload_and_ask(struct answer *a)
{
	(void)a;
	write_settings(&second, "options cache-size:0");
	CHECK_INT(evhub_evdns_base_reload(NULL), 0);
	ask4(&next, "www.example");
}

/* An option that the file no longer has, too; and the cache forgets what other servers said. */
TEST_ONCE(options_of_the_file)
{
	struct answer a;

	begin_file(say_good);
	write_settings(&server, "options cache-size:10");
	CHECK_INT(evdns_resolv_conf_parse(DNS_OPTIONS_ALL, path), 0);
	resolve4(&a, "www.example");
	resolve4(&a, "www.example");
	CHECK_INT(server.queries, 1);
	a.then = reload_and_ask;
	a.calls = 0;
	ask4(&a, "www.example");
	UNTIL(next.calls > 0);
	CHECK_ADDRESS(&next, "192.0.2.1");
	CHECK_INT(server.queries, 1);
	CHECK_INT(second.queries, 1);
	finish_file();
}
