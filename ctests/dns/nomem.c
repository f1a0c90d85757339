/*
 * Memory runs out at the n-th allocation, for every n: a call returns 1, or its question has its
 * one callback; nothing is leaked, and with memory all goes on (F6).
 */
#include "alloc.h"
#include "asking.h"
#include "files.h"

enum { MOST = 4 };

static struct answer answers[MOST];
static int accepted[MOST];

/* The name server is another process: its memory is its own. */
static void
start_server(reply_function reply)
{
	bind_nameserver(&server, "127.0.0.1");
	server.reply = reply;
	if (fork_child() == 0) {
		init_base();
		watch_nameserver(&server);
		event_dispatch();
		_exit(1);
	}
	close(server.udp);
	close(server.tcp);
}

static int
all_answered(void)
{
	int i;

	for (i = 0; i < MOST; i++) {
		if (accepted[i] && answers[i].calls == 0)
			return 0;
	}
	return 1;
}

struct scenario {
	void (*ask)(void);
	int in_loop;			/* memory runs out while it loops, not in the calls */
	int waits;			/* for the time limits of what could not be sent */
};

static int
accept_question(int number, int result)
{
	CHECK(result == 0 || result == 1);
	accepted[number] = result == 0;
	return result;
}

/* Some rounds, in which there may be no memory. */
static void
rounds_without_memory(void)
{
	int i;

	for (i = 0; i < 10 && !all_answered(); i++) {
		CHECK(event_loop(EVLOOP_NONBLOCK) >= 0);
		sleep_ms(1);
	}
}

static void
check_answers(void)
{
	int i;

	rounds();
	for (i = 0; i < MOST; i++)
		CHECK_INT(answers[i].calls, accepted[i]);
	resolve4(&answers[0], "after.example");
	CHECK_ADDRESS(&answers[0], "192.0.2.1");
}

/* There is memory again. What could not be sent goes at once, unless the scenario waits. */
static void
go_on(const struct scenario *scenario, int added)
{
	if (added == 0 && scenario->waits)
		return;
	CHECK_INT(evdns_clear_nameservers_and_suspend(), 0);
	use_nameserver(&server);
	CHECK_INT(evdns_resume(), 0);
}

/* One try with the n-th allocation failing; false if that one was never reached. */
static int
torture_once(const struct scenario *scenario, int n, int sticky)
{
	int added = 0;
	long failures;

	memset(answers, 0, sizeof(answers));
	memset(accepted, 0, sizeof(accepted));
	init_base();
	if (scenario->in_loop) {
		use_nameserver(&server);
		scenario->ask();
		alloc_fail(n, sticky);
		rounds_without_memory();
	} else {
		alloc_fail(n, sticky);
		added = evdns_nameserver_ip_add(server.text);
		scenario->ask();
	}
	failures = alloc_failures();
	alloc_fail(0, 0);
	CHECK(added == 0 || failures > 0);
	CHECK(added >= -1 && added <= 2);
	go_on(scenario, added);
	UNTIL(all_answered());
	check_answers();
	evdns_shutdown(0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(current_base);
	return failures > 0;
}

/* Every n, alone and with all that follow. least is how many there must be. */
static void
torture(const struct scenario *scenario, reply_function reply, int least)
{
	long live_first;
	int open_first;
	int sticky;
	int n;

	need_shim();
	capture_log();
	start_server(reply);
	be_quick();
	torture_once(scenario, 1000000, 0);
	live_first = alloc_live();
	open_first = open_fds();
	for (sticky = 0; sticky <= 1; sticky++) {
		for (n = 1; torture_once(scenario, n, sticky); n++)
			CHECK(n < 1000);
		CHECK(n > least);
	}
	CHECK_INT(open_fds() - open_first, 0);
	CHECK(alloc_live() - live_first <= 2);
}

static void
ask_one(void)
{
	accept_question(0, try4(&answers[0], "www.example.org", 0));
}

static void
ask_each_kind(void)
{
	struct in_addr in = { htonl(0xc0000201) };

	accept_question(0, try4(&answers[0], "www.example.org", 0));
	accept_question(1, try6(&answers[1], "www.example.org", 0));
	asking++;
	accept_question(2, evdns_resolve_reverse(&in, 0, answered, &answers[2]));
	asking--;
	accept_question(3, try4(&answers[3], "127.0.0.1", 0));
}

static void
ask_the_same(void)
{
	int i;

	for (i = 0; i < MOST; i++)
		accept_question(i, try4(&answers[i], "www.example.org", 0));
}

ALLOC_TEST(asking_without_memory)
{
	static const struct scenario scenario = { ask_each_kind, 0, 0 };

	torture(&scenario, say_good, 2);
}

ALLOC_TEST(joining_without_memory)
{
	static const struct scenario scenario = { ask_the_same, 0, 0 };

	torture(&scenario, say_good, 1);
}

/* Nobody helps: the time limits do. */
ALLOC_TEST(asking_without_memory_and_waiting)
{
	static const struct scenario scenario = { ask_one, 0, 1 };

	torture(&scenario, say_good, 1);
}

ALLOC_TEST(looping_without_memory)
{
	static const struct scenario scenario = { ask_one, 1, 0 };

	torture(&scenario, say_good, 0);
}

ALLOC_TEST(looping_over_tcp_without_memory)
{
	static const struct scenario scenario = { ask_one, 1, 0 };

	torture(&scenario, say_truncated_first, 0);
}

static void
ask_in_domains(void)
{
	evdns_search_clear();
	evdns_search_add("two.example");
	evdns_search_add("one.example");
	accept_question(0, try4(&answers[0], "www", 0));
	accept_question(1, try6(&answers[1], "www", 0));
}

static void
say_known(struct nameserver *ns, const struct query *q)
{
	if (strcmp(q->name, "www.one.example") == 0)
		say_nxdomain(ns, q);
	else
		say_good(ns, q);
}

ALLOC_TEST(searching_without_memory)
{
	static const struct scenario scenario = { ask_in_domains, 0, 0 };

	torture(&scenario, say_known, 1);
}

ALLOC_TEST(searching_in_the_loop_without_memory)
{
	static const struct scenario scenario = { ask_in_domains, 1, 0 };

	torture(&scenario, say_known, 0);
}

/* The end needs no memory: all are told. */
ALLOC_TEST(shutting_down_without_memory)
{
	int i;

	need_shim();
	capture_log();
	start_server(NULL);
	for (i = 0; i < 6; i++) {
		int told;

		memset(answers, 0, sizeof(answers));
		init_base();
		use_nameserver(&server);
		ask_each_kind();
		if (i >= 3)
			CHECK(event_loop(EVLOOP_NONBLOCK) >= 0);
		alloc_fail(1, 1);
		evdns_shutdown(1);
		alloc_fail(0, 0);
		for (told = 0; told < MOST; told++)
			CHECK_INT(answers[told].calls, 1);
		CHECK_INT(event_dispatch(), 1);
		event_base_free(current_base);
	}
}

/* A file is taken whole or not at all. */
ALLOC_TEST(parsing_without_memory)
{
	long live_first = 0;
	int done = 0;
	int n;

	need_shim();
	capture_log();
	init_base();
	write_file("nameserver 127.0.0.1\nnameserver 127.0.0.2\nsearch a.example b.example\n");
	for (n = 0; !done; n++) {
		int result;

		CHECK(n < 1000);
		alloc_fail(n, n % 2);
		result = evdns_resolv_conf_parse(DNS_OPTIONS_ALL, path);
		done = n > 0 && alloc_failures() == 0;
		alloc_fail(0, 0);
		CHECK(result == 0 || result == 1 || result == 4 || result == 5);
		if (result == 0)
			CHECK_INT(evdns_count_nameservers(), 2);
		evdns_shutdown(0);
		CHECK_INT(event_dispatch(), 1);
		if (n == 2)
			live_first = alloc_live();
	}
	CHECK(n > 3);
	CHECK(alloc_live() - live_first <= 2);
	event_base_free(current_base);
}

/* In a process that has done nothing yet, all is made for the first time. */
static int
first_calls(int n)
{
	init_base();
	alloc_fail(n, 0);
	if (evdns_nameserver_ip_add(server.text) == 0)
		accept_question(0, try4(&answers[0], "www.example.org", 0));
	return alloc_failures() > 0 ? 7 : 8;
}

ALLOC_TEST(the_first_calls_of_a_process_without_memory)
{
	int status;
	int n = 1;

	need_shim();
	bind_nameserver(&server, "127.0.0.1");
	do {
		pid_t pid = fork_child();

		if (pid == 0) {
			capture_log();
			_exit(first_calls(n));
		}
		status = wait_child(pid);
		if (status != 7 && status != 8)
			test_fail(__FILE__, __LINE__, "allocation %d: status %d", n, status);
		CHECK(++n < 1000);
	} while (status == 7);
	CHECK(n > 3);
	close(server.udp);
	close(server.tcp);
}
