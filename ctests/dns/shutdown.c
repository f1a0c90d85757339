/*
 * The end: evdns_shutdown with and without callbacks, at any time and in any callback, and what
 * is left afterwards; the log (behaviours 121, 124 and 206; D52).
 */
#include "asking.h"
#include "child.h"

static void
check_all(const struct answer *answers, int n, int result)
{
	int i;

	for (i = 0; i < n; i++) {
		if (result == DNS_ERR_NONE)
			CHECK_INT(answers[i].calls, 0);
		else
			CHECK_ERROR(&answers[i], result);
	}
}

/* Asked, waiting for their turn, waiting for a round; of every kind. */
static void
ask_all_kinds(struct answer answers[8])
{
	memset(answers, 0, 8 * sizeof(*answers));
	CHECK_INT(evdns_set_option("max-inflight:", "3", DNS_OPTIONS_ALL), 0);
	ask4(&answers[0], "www.example.org");
	ask4(&answers[1], "www.example.org");
	ask6(&answers[2], "www.example.org");
	ask_reverse(&answers[3], "192.0.2.1");
	rounds();
	ask_reverse(&answers[4], "::1");
	ask4(&answers[5], "another.example");
	ask4(&answers[6], "127.0.0.1");
	ask6(&answers[7], "127.0.0.1");
}

TEST(everybody_is_told)
{
	struct answer answers[8];

	begin(NULL);
	ask_all_kinds(answers);
	CHECK_INT(server.queries, 3);
	evdns_shutdown(1);
	check_all(answers, 8, DNS_ERR_SHUTDOWN);
	CHECK_INT(evdns_count_nameservers(), 0);
	rounds();
	check_all(answers, 8, DNS_ERR_SHUTDOWN);
	finish();
}

TEST(nobody_is_told)
{
	struct answer answers[8];

	begin(NULL);
	ask_all_kinds(answers);
	evdns_shutdown(0);
	CHECK_INT(evdns_count_nameservers(), 0);
	rounds();
	finish();
	check_all(answers, 8, DNS_ERR_NONE);
}

/* 1.4 aborts here. */
TEST(told_while_no_server_is_known)
{
	struct answer answers[2];

	init_base();
	memset(answers, 0, sizeof(answers));
	ask4(&answers[0], "www.example.org");
	evdns_shutdown(1);
	check_all(answers, 1, DNS_ERR_SHUTDOWN);
	ask4(&answers[1], "www.example.org");
	evdns_shutdown(0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(answers[1].calls, 0);
	event_base_free(current_base);
}

TEST_ONCE(with_nothing_to_end)
{
	evdns_shutdown(1);
	evdns_shutdown(0);
	init_base();
	evdns_shutdown(1);
	evdns_shutdown(0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.1:5301"), 0);
	evdns_shutdown(1);
	evdns_shutdown(1);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(current_base);
	evdns_shutdown(0);
}

TEST_ONCE(used_again_and_again)
{
	struct answer a;
	int open_before = open_fds();
	int i;

	for (i = 0; i < 10; i++) {
		begin(say_good);
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
		evdns_shutdown(i % 2);
		use_nameserver(&server);
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
		finish();
	}
	CHECK_INT(open_fds() - open_before, 0);
}

/* In callbacks */

static void
shut_down(struct answer *a)
{
	(void)a;
	evdns_shutdown(1);
}

TEST(in_a_callback_of_an_answer)
{
	struct answer answers[6];
	char name[32];
	int good = 0;
	int i;

	begin(say_good);
	memset(answers, 0, sizeof(answers));
	for (i = 0; i < 6; i++) {
		answers[i].then = shut_down;
		snprintf(name, sizeof(name), "host%d.example", i);
		ask4(&answers[i], name);
	}
	UNTIL(answers[0].calls > 0);
	rounds();
	for (i = 0; i < 6; i++) {
		CHECK_INT(answers[i].calls, 1);
		CHECK(answers[i].result == DNS_ERR_NONE || answers[i].result == DNS_ERR_SHUTDOWN);
		good += answers[i].result == DNS_ERR_NONE;
	}
	CHECK(good >= 1);
	finish();
}

static void
drop_all(struct answer *a)
{
	(void)a;
	evdns_shutdown(0);
}

TEST_ONCE(dropped_in_a_callback)
{
	struct answer first = { .then = drop_all };
	struct answer second = { .then = drop_all };

	begin(NULL);
	ask4(&first, "first.example");
	ask4(&second, "second.example");
	UNTIL(server.queries == 2);
	say_good(&server, asked(&server, 0));
	UNTIL(first.calls > 0);
	say_good(&server, asked(&server, 1));
	rounds();
	CHECK_ADDRESS(&first, "192.0.2.1");
	CHECK_INT(second.calls, 0);
	finish();
}

TEST_ONCE(in_a_callback_of_a_timeout)
{
	struct answer answers[3];
	int i;

	begin(NULL);
	be_quick();
	CHECK_INT(evdns_set_option("attempts:", "1", DNS_OPTIONS_ALL), 0);
	memset(answers, 0, sizeof(answers));
	for (i = 0; i < 3; i++)
		answers[i].then = shut_down;
	ask4(&answers[0], "a.example");
	ask4(&answers[1], "b.example");
	ask6(&answers[2], "c.example");
	UNTIL(answers[0].calls > 0);
	rounds();
	for (i = 0; i < 3; i++)
		CHECK_INT(answers[i].calls, 1);
	finish();
}

static void
ask_after_all(struct answer *a)
{
	evdns_shutdown(1);
	if (a->arg != NULL)
		CHECK_INT(evdns_resolve_ipv4("late.example", 0, answered, a->arg), 0);
}

/* Who asks in the callback of the end asks a resolver without servers: it waits. */
TEST_ONCE(asked_in_the_callback_of_the_end)
{
	struct answer answers[4];
	int i;

	begin(NULL);
	memset(answers, 0, sizeof(answers));
	answers[0].then = answers[1].then = ask_after_all;
	answers[0].arg = &answers[2];
	answers[1].arg = &answers[3];
	ask4(&answers[0], "a.example");
	ask4(&answers[1], "b.example");
	rounds();
	evdns_shutdown(1);
	for (i = 0; i < 2; i++)
		CHECK_ERROR(&answers[i], DNS_ERR_SHUTDOWN);
	close_nameserver(&server);
	CHECK_INT(event_dispatch(), 1);
	evdns_shutdown(1);
	for (i = 0; i < 4; i++)
		CHECK_ERROR(&answers[i], DNS_ERR_SHUTDOWN);
	event_base_free(current_base);
}

/* The base goes first */

TEST(the_base_is_freed_with_questions_in_flight)
{
	struct answer answers[8];
	int open_before = open_fds();

	begin(NULL);
	ask_all_kinds(answers);
	close_nameserver(&server);
	event_base_free(current_base);
	check_all(answers, 8, DNS_ERR_SHUTDOWN);
	CHECK_INT(open_fds() - open_before, 0);
	evdns_shutdown(1);
	check_all(answers, 8, DNS_ERR_SHUTDOWN);
}

static void
free_base(struct answer *a)
{
	(void)a;
	close_nameserver(&server);
	event_base_free(current_base);
}

TEST(the_base_is_freed_in_a_callback)
{
	struct answer first = { .then = free_base };
	struct answer second = { 0 };
	int open_before = open_fds();

	begin(NULL);
	ask4(&first, "first.example");
	ask4(&second, "second.example");
	UNTIL(server.queries == 2);
	say_good(&server, asked(&server, 0));
	event_loop(EVLOOP_ONCE);
	CHECK_ADDRESS(&first, "192.0.2.1");
	CHECK_ERROR(&second, DNS_ERR_SHUTDOWN);
	evdns_shutdown(1);
	CHECK_INT(second.calls, 1);
	CHECK_INT(open_fds() - open_before, 0);
}

/* The log */

static int warnings;
static int remarks;

static void
take_note(int is_warning, const char *text)
{
	CHECK(text != NULL);
	CHECK(strlen(text) > 0 && strlen(text) <= 511);
	CHECK(strchr(text, '\n') == NULL);
	if (is_warning)
		warnings++;
	else
		remarks++;
}

static struct nameserver second;

/* A server is down: that is worth a line. */
static void
lose_a_server(void)
{
	struct answer a;

	begin(say_refused);
	open_nameserver(&second, "127.0.0.2", say_good);
	use_nameserver(&second);
	while (server.queries == 0)
		resolve4(&a, "www.example.org");
	close_nameserver(&second);
}

TEST(a_server_that_is_down_is_told)
{
	evdns_set_log_fn(take_note);
	lose_a_server();
	CHECK(warnings >= 1);
	finish();
}

TEST_ONCE(the_log_may_be_turned_off)
{
	evdns_set_log_fn(take_note);
	evdns_set_log_fn(NULL);
	lose_a_server();
	CHECK_INT(warnings + remarks, 0);
	finish();
}

TEST_ONCE(a_shutdown_turns_the_log_off)
{
	init_base();
	evdns_set_log_fn(take_note);
	evdns_shutdown(0);
	event_base_free(current_base);
	warnings = remarks = 0;
	lose_a_server();
	CHECK_INT(warnings + remarks, 0);
	finish();
}

static void
in_child(void *arg)
{
	(void)arg;
	lose_a_server();
	finish();
}

TEST_ONCE(nothing_is_printed_by_itself)
{
	struct child_end end;

	run_child(&end, in_child, NULL);
	CHECK_STR(end.err, "");
	CHECK_INT(end.status, 0);
}

static struct answer from_log;

static void
ask_in_log(int is_warning, const char *text)
{
	take_note(is_warning, text);
	if (from_log.then == NULL) {
		from_log.then = shut_down;
		CHECK(evdns_count_nameservers() >= 1);
		ask4(&from_log, "from.the.log.example");
	}
}

/* What is called for a line may call back. */
TEST_ONCE(the_log_may_ask)
{
	evdns_set_log_fn(ask_in_log);
	lose_a_server();
	open_nameserver(&second, "127.0.0.3", say_good);
	if (from_log.calls == 0)
		UNTIL(from_log.calls > 0);
	CHECK_INT(from_log.calls, 1);
	close_nameserver(&second);
	finish();
}
