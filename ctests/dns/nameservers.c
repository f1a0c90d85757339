/*
 * The list of name servers: adding, counting, clearing, resuming, taking turns; and questions that
 * wait for one (behaviours 105, 109, 115, 121 and 122; U07).
 */
#include "asking.h"

static void
begin_none(void)
{
	init_base();
	CHECK_INT(evdns_count_nameservers(), 0);
}

static void
end_none(void)
{
	evdns_shutdown(0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(current_base);
}

TEST(adding_and_counting)
{
	begin_none();
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.1:5301"), 0);
	CHECK_INT(evdns_count_nameservers(), 1);
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.2"), 0);
	CHECK_INT(evdns_count_nameservers(), 2);
	CHECK_INT(evdns_nameserver_add(htonl(0x7f000003)), 0);
	CHECK_INT(evdns_count_nameservers(), 3);
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.3"), 3);
	CHECK_INT(evdns_clear_nameservers_and_suspend(), 0);
	CHECK_INT(evdns_count_nameservers(), 0);
	end_none();
}

/* The address alone is compared. */
TEST_ONCE(a_server_is_there_already)
{
	begin_none();
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.1"), 0);
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.1"), 3);
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.1:53"), 3);
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.1:5302"), 3);
	CHECK_INT(evdns_nameserver_add(htonl(0x7f000001)), 3);
	CHECK_INT(evdns_count_nameservers(), 1);
	evdns_clear_nameservers_and_suspend();
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.1"), 0);
	end_none();
}

TEST_ONCE(addresses_that_are_malformed)
{
	static const char *const texts[] = {
		"", " ", "x", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ",
		" 1.2.3.4", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:-1",
		"1.2.3.4:99999999999", "1.2.3.4:18446744073709551669", "1.2.3.4:53x", "1.2.3.4:x",
		"1.2.3.4: 53", "1.2.3.4:+53", "1.2.3.4:53:53", ":53", ":", "::1", "[::1]",
		"[::1]:53", "[1.2.3.4]:53", "fe80::1%lo", "-1.2.3.4", "1.2.3.-4",
	};
	char longest[5000];
	size_t i;

	begin_none();
	for (i = 0; i < COUNT(texts); i++) {
		if (evdns_nameserver_ip_add(texts[i]) != 4)
			test_fail(__FILE__, __LINE__, "\"%s\" is not malformed", texts[i]);
	}
	memset(longest, '1', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	CHECK_INT(evdns_nameserver_ip_add(longest), 4);
	memcpy(longest, "1.2.3.4:", 8);
	CHECK_INT(evdns_nameserver_ip_add(longest), 4);
	capture_log();
	CHECK(evdns_nameserver_ip_add(NULL) != 0);
	CHECK_INT(evdns_count_nameservers(), 0);
	end_none();
}

TEST_ONCE(many_servers)
{
	char text[32];
	int open_before = open_fds();
	int i;

	begin_none();
	for (i = 0; i < 300; i++) {
		snprintf(text, sizeof(text), "127.1.%d.%d:5301", i / 200, i % 200 + 1);
		CHECK_INT(evdns_nameserver_ip_add(text), 0);
	}
	CHECK_INT(evdns_count_nameservers(), 300);
	rounds();
	end_none();
	CHECK_INT(open_fds() - open_before, 0);
}

/* Turns */

static struct nameserver others[2];

static void
begin_three(reply_function reply)
{
	begin(reply);
	open_nameserver(&others[0], "127.0.0.2", reply);
	open_nameserver(&others[1], "127.0.0.3", reply);
	use_nameserver(&others[0]);
	use_nameserver(&others[1]);
}

static void
finish_three(void)
{
	close_nameserver(&others[0]);
	close_nameserver(&others[1]);
	finish();
}

TEST(servers_take_turns)
{
	struct answer a;
	int i;

	begin_three(say_good);
	for (i = 0; i < 9; i++) {
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
	CHECK_INT(server.queries, 3);
	CHECK_INT(others[0].queries, 3);
	CHECK_INT(others[1].queries, 3);
	finish_three();
}

TEST_ONCE(servers_share_what_is_asked_at_once)
{
	struct answer answers[30];
	char name[32];
	int i;

	begin_three(say_good);
	memset(answers, 0, sizeof(answers));
	for (i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "host%d.example", i);
		ask4(&answers[i], name);
	}
	for (i = 0; i < 30; i++) {
		UNTIL(answers[i].calls > 0);
		CHECK_ADDRESS(&answers[i], "192.0.2.1");
	}
	CHECK_INT(server.queries, 10);
	CHECK_INT(others[0].queries, 10);
	CHECK_INT(others[1].queries, 10);
	finish_three();
}

/* Waiting */

TEST(without_a_server_a_question_waits)
{
	struct answer a = { 0 };

	init_base();
	ask4(&a, "www.example.org");
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(a.calls, 0);
	open_nameserver(&server, "127.0.0.1", say_good);
	use_nameserver(&server);
	rounds();
	CHECK_INT(server.queries, 0);
	CHECK_INT(evdns_resume(), 0);
	CHECK_INT(a.calls, 0);
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.queries, 1);
	finish();
}

TEST_ONCE(what_waits_goes_when_another_one_ends)
{
	struct answer first = { 0 };
	struct answer second = { 0 };

	init_base();
	ask4(&first, "first.example");
	open_nameserver(&server, "127.0.0.1", say_good);
	use_nameserver(&server);
	ask4(&second, "second.example");
	UNTIL(first.calls > 0 && second.calls > 0);
	CHECK_ADDRESS(&first, "192.0.2.1");
	CHECK_ADDRESS(&second, "192.0.2.1");
	CHECK_STR(asked(&server, 0)->name, "second.example");
	CHECK_INT(server.queries, 2);
	finish();
}

TEST_ONCE(all_kinds_of_questions_wait)
{
	struct answer answers[4];
	int i;

	init_base();
	memset(answers, 0, sizeof(answers));
	ask4(&answers[0], "www.example.org");
	ask6(&answers[1], "www.example.org");
	ask_reverse(&answers[2], "192.0.2.1");
	ask_reverse(&answers[3], "::1");
	CHECK_INT(event_dispatch(), 1);
	open_nameserver(&server, "127.0.0.1", say_good);
	use_nameserver(&server);
	CHECK_INT(evdns_resume(), 0);
	for (i = 0; i < 4; i++) {
		UNTIL(answers[i].calls > 0);
		CHECK_INT(answers[i].result, DNS_ERR_NONE);
	}
	finish();
}

/* Suspending */

TEST(what_was_asked_already_is_asked_again)
{
	struct answer a = { 0 };
	int first_port;

	begin(NULL);
	ask4(&a, "www.example.org");
	UNTIL(server.queries == 1);
	first_port = last_asked(&server)->port;
	CHECK_INT(evdns_clear_nameservers_and_suspend(), 0);
	CHECK_INT(evdns_count_nameservers(), 0);
	close_nameserver(&server);
	/* It waits, and keeps nothing in the loop. */
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(a.calls, 0);
	open_nameserver(&server, "127.0.0.2", say_good);
	use_nameserver(&server);
	CHECK_INT(evdns_resume(), 0);
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.queries, 1);
	CHECK(last_asked(&server)->port != 0 && first_port != 0);
	finish();
}

/* In flight comes first, then what waited, in the order of asking. */
TEST_ONCE(the_order_is_kept)
{
	static const char *const names[] = { "a.example", "b.example", "c.example", "d.example" };
	struct answer answers[4];
	int i;

	begin(NULL);
	CHECK_INT(evdns_set_option("max-inflight:", "2", DNS_OPTIONS_ALL), 0);
	memset(answers, 0, sizeof(answers));
	for (i = 0; i < 4; i++)
		ask4(&answers[i], names[i]);
	UNTIL(server.queries == 2);
	rounds();
	CHECK_INT(server.queries, 2);
	CHECK_INT(evdns_clear_nameservers_and_suspend(), 0);
	CHECK_INT(evdns_set_option("max-inflight:", "1", DNS_OPTIONS_ALL), 0);
	server.reply = say_good;
	use_nameserver(&server);
	CHECK_INT(evdns_resume(), 0);
	for (i = 0; i < 4; i++)
		UNTIL(answers[i].calls > 0);
	CHECK_INT(server.queries, 6);
	for (i = 0; i < 4; i++) {
		CHECK_STR(asked(&server, 2 + i)->name, names[i]);
		CHECK_ADDRESS(&answers[i], "192.0.2.1");
	}
	finish();
}

/* New ids: what was overheard before is worth nothing. */
TEST_ONCE(ids_are_picked_again)
{
	struct answer answers[8];
	char name[32];
	int same = 0;
	int i;

	begin(NULL);
	memset(answers, 0, sizeof(answers));
	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "host%d.example", i);
		ask4(&answers[i], name);
	}
	UNTIL(server.queries == 8);
	evdns_clear_nameservers_and_suspend();
	server.reply = say_good;
	use_nameserver(&server);
	evdns_resume();
	for (i = 0; i < 8; i++)
		UNTIL(answers[i].calls > 0);
	CHECK_INT(server.queries, 16);
	for (i = 0; i < 8; i++)
		same += asked(&server, i)->id == asked(&server, 8 + i)->id;
	CHECK(same <= 2);
	finish();
}

TEST_ONCE(clearing_and_resuming_for_nothing)
{
	struct answer a = { 0 };
	int i;

	begin_none();
	for (i = 0; i < 3; i++) {
		CHECK_INT(evdns_clear_nameservers_and_suspend(), 0);
		CHECK_INT(evdns_clear_nameservers_and_suspend(), 0);
		CHECK_INT(evdns_resume(), 0);
		CHECK_INT(evdns_resume(), 0);
	}
	ask4(&a, "www.example.org");
	CHECK_INT(evdns_resume(), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(a.calls, 0);
	end_none();
	CHECK_INT(a.calls, 0);
}

/* From inside a callback */

static void
clear_and_use_again(struct answer *a)
{
	(void)a;
	CHECK_INT(evdns_clear_nameservers_and_suspend(), 0);
	use_nameserver(&server);
	CHECK_INT(evdns_resume(), 0);
}

TEST_ONCE(cleared_in_a_callback)
{
	struct answer answers[10];
	char name[32];
	int i;

	begin(say_good);
	memset(answers, 0, sizeof(answers));
	for (i = 0; i < 10; i++) {
		answers[i].then = i % 3 == 0 ? clear_and_use_again : NULL;
		snprintf(name, sizeof(name), "host%d.example", i);
		ask4(&answers[i], name);
	}
	for (i = 0; i < 10; i++)
		UNTIL(answers[i].calls > 0);
	rounds();
	for (i = 0; i < 10; i++)
		CHECK_ADDRESS(&answers[i], "192.0.2.1");
	finish();
}

static void
clear_for_good(struct answer *a)
{
	(void)a;
	CHECK_INT(evdns_clear_nameservers_and_suspend(), 0);
}

TEST_ONCE(cleared_for_good_in_a_callback)
{
	struct answer first = { .then = clear_for_good };
	struct answer second = { 0 };

	begin(NULL);
	ask4(&first, "first.example");
	ask4(&second, "second.example");
	UNTIL(server.queries == 2);
	say_good(&server, asked(&server, 0));
	UNTIL(first.calls > 0);
	say_good(&server, asked(&server, 1));
	rounds();
	CHECK_INT(second.calls, 0);
	CHECK_INT(evdns_count_nameservers(), 0);
	evdns_shutdown(1);
	CHECK_ERROR(&second, DNS_ERR_SHUTDOWN);
	finish();
}
