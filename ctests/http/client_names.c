/*
 * Proves behaviour 159: hosts by their names. A name server of the test's own answers, on the same
 * loop, or does not.
 */
/* Before our headers: then lists of headers are complete types. */
#include <sys/queue.h>

#define say nameserver_says
#define say_bytes nameserver_says_bytes
#define heard nameserver_heard
#define hang_up nameserver_hangs_up
#include "../dns/nameserver.h"
#undef say
#undef say_bytes
#undef heard
#undef hang_up

#include "raw_server.h"

#include <evhub/evdns_ext.h>
#include <evhub/http_ext.h>

static struct nameserver names;

/* Who answers: 127.0.0.1 for A, ::1 for AAAA, if there are such addresses. */
static int has_v4, has_v6;

static void
answer_names(struct nameserver *server, const struct query *q)
{
	struct packet p;

	reply_to(&p, q, 0);
	if (q->type == EVDNS_TYPE_A && has_v4)
		add_a(&p, NULL, 300, "127.0.0.1");
	if (q->type == EVDNS_TYPE_AAAA && has_v6)
		add_aaaa(&p, NULL, 300, "::1");
	nameserver_says(server, q, &p);
}

/* A connection to that name, and that server for names. */
static void
begin_named(const char *name, reply_function reply)
{
	begin();
	evhttp_connection_free(con);
	CHECK((con = evhttp_connection_new(name, (unsigned short)port)) != NULL);
	open_nameserver(&names, "127.0.0.1", reply);
	CHECK_INT(evdns_nameserver_ip_add(names.text), 0);
	has_v4 = has_v6 = 0;
}

static void
end_named(void)
{
	if (con != NULL)
		evhttp_connection_free(con);
	con = NULL;
	rounds();
	evdns_shutdown(0);
	close_nameserver(&names);
	end();
}

static void
check_asked(const char *name)
{
	char want[128];

	snprintf(want, sizeof(want), "GET /a HTTP/1.1\r\nHost: %s:%d\r\n\r\n", name, port);
	CHECK_STR(hear_question(peer_at(taken_count - 1)), want);
	say(&taken[taken_count - 1], OK_REPLY(0, ""));
	CHECK_STR(hear_told(1), OK_NOTED("/a", 0, ""));
}

TEST(a_name)
{
	begin_named("www.example", answer_names);
	has_v4 = 1;
	get("/a");
	/* It did not wait. */
	CHECK_INT(names.queries, 0);
	peer_at(0);
	check_asked("www.example");
	CHECK_INT(names.queries, 2);
	end_named();
}

TEST(only_ipv6)
{
	begin_named("www.example", answer_names);
	stop_listening();
	listen_on(bound(AF_INET6));
	evhttp_connection_free(con);
	CHECK((con = evhttp_connection_new("www.example", (unsigned short)port)) != NULL);
	has_v6 = 1;
	get("/a");
	peer_at(0);
	check_asked("www.example");
	end_named();
}

/* One of its addresses refuses connections. */
TEST(the_next_address)
{
	begin_named("www.example", answer_names);
	stop_listening();
	listen_on(bound(AF_INET6));
	evhttp_connection_free(con);
	CHECK((con = evhttp_connection_new("www.example", (unsigned short)port)) != NULL);
	has_v4 = has_v6 = 1;
	get("/a");
	peer_at(0);
	check_asked("www.example");
	end_named();
}

/* It is like an address that refuses connections. */
TEST(no_such_name)
{
	begin_named("no.such.example", say_nxdomain);
	get("/a");
	get("/b");
	CHECK_INT(told, 0);
	CHECK_STR(hear_told(2), "/a: 0\n/b: 0\n");
	CHECK_INT(taken_count, 0);
	end_named();
}

TEST(no_addresses)
{
	begin_named("www.example", answer_names);
	get("/a");
	CHECK_STR(hear_told(1), "/a: 0\n");
	end_named();
}

/* No name that could be asked for; known at once, but told by the loop. */
TEST(no_name_at_all)
{
	static const char *const bad[] = {
		"", ".", "..", "a..b", "a b", "fe80::1%nowhere", "1.2.3.4.5",
	};
	size_t i;

	for (i = 0; i < COUNT(bad); i++) {
		begin_named(bad[i], say_nxdomain);
		get("/a");
		CHECK_INT(told, 0);
		CHECK_STR(hear_told(1), "/a: 0\n");
		end_named();
	}
}

/* A second attempt asks again. */
TEST(a_name_that_comes_later)
{
	begin_named("www.example", answer_names);
	evhttp_connection_set_retries(con, 1);
	get("/a");
	UNTIL(names.queries == 2);
	has_v4 = 1;
	peer_at(0);
	check_asked("www.example");
	CHECK(names.queries > 2);
	end_named();
}

TEST(freed_while_it_is_looked_up)
{
	begin_named("www.example", NULL);
	get("/a");
	UNTIL(names.queries > 0);
	evhttp_connection_free(con);
	con = NULL;
	rounds();
	CHECK_INT(told, 0);
	end_named();
}

TEST(freed_before_it_is_looked_up)
{
	begin_named("www.example", answer_names);
	has_v4 = 1;
	get("/a");
	evhttp_connection_free(con);
	con = NULL;
	rounds();
	CHECK_INT(told, 0);
	CHECK_INT(taken_count, 0);
	end_named();
}

/* The resolver ends, and tells nobody; or its base does. */
TEST(the_resolver_ends)
{
	begin_named("www.example", NULL);
	get("/a");
	UNTIL(names.queries > 0);
	evdns_shutdown(1);
	CHECK_STR(hear_told(1), "/a: 0\n");
	end_named();
}

TEST(bases_that_end_first)
{
	struct event_base *own;

	begin_named("www.example", NULL);
	CHECK((own = event_base_new()) != NULL);
	evhttp_connection_set_base(con, own);
	get("/a");
	CHECK_INT(event_base_loop(own, EVLOOP_NONBLOCK), 0);
	event_base_free(own);
	CHECK_INT(told, 0);
	end_named();
}

/* By a resolver of the program's. */
TEST(with_a_resolver)
{
	struct evdns_base *dns;
	struct nameserver own;

	begin_named("unused", say_nxdomain);
	evhttp_connection_free(con);
	CHECK((dns = evdns_base_new(current_base, 0)) != NULL);
	open_nameserver(&own, "127.0.0.1", answer_names);
	CHECK_INT(evdns_base_nameserver_ip_add(dns, own.text), 0);
	has_v4 = 1;
	con = evhttp_connection_base_new(current_base, dns, "www.example", (unsigned short)port);
	CHECK(con != NULL);
	CHECK_PTR(evhttp_connection_get_base(con), current_base);
	get("/a");
	peer_at(0);
	check_asked("www.example");
	CHECK_INT(names.queries, 0);
	CHECK_INT(own.queries, 2);

	/* Without it the others are asked. */
	hang_up(&taken[0]);
	rounds();
	evdns_base_free(dns, 0);
	get("/b");
	CHECK_STR(hear_told(1), "/b: 0\n");
	CHECK(names.queries > 0);
	close_nameserver(&own);
	end_named();
}

static int
hosts_have(const char *name)
{
	FILE *file = fopen("/etc/hosts", "r");
	char line[1024];
	int found = 0;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		found |= strncmp(line, "127.0.0.1", 9) == 0 && strstr(line, name) != NULL;
	if (file != NULL)
		fclose(file);
	return found;
}

/* The hosts file comes first: no server is asked. */
TEST(names_of_the_hosts_file)
{
	if (!hosts_have("localhost"))
		SKIP("no localhost in /etc/hosts");
	begin_named("localhost", say_nxdomain);
	get("/a");
	peer_at(0);
	check_asked("localhost");
	CHECK_INT(names.queries, 0);
	end_named();
}

/* Nobody has said which servers to ask. */
TEST(without_servers)
{
	if (!hosts_have("localhost"))
		SKIP("no localhost in /etc/hosts");
	begin();
	evhttp_connection_free(con);
	CHECK((con = evhttp_connection_new("localhost", (unsigned short)port)) != NULL);
	get("/a");
	peer_at(0);
	check_asked("localhost");
	CHECK_INT(evdns_count_nameservers(), 0);

	/* The system's; whatever they are, the program goes on. */
	evhttp_connection_free(con);
	con = evhttp_connection_new("no.such.name.invalid", (unsigned short)port);
	CHECK(con != NULL);
	get("/b");
	rounds();
	CHECK_INT(evdns_count_nameservers(), 0);
	end();
}
