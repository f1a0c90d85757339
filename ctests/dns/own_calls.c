/*
 * The calls of resolvers of their own, one by one, and what they do with NULL in the place of one:
 * then they are evdns.h's.
 */
#include "files.h"

#include <evhub/evdns_ext.h>

static struct evdns_base *own;

static struct evdns_request *request;

static void
begin_own(int flags)
{
	init_base();
	open_nameserver(&server, "127.0.0.1", say_good);
	own = evhub_evdns_base_new(current_base, flags);
	CHECK(own != NULL);
	CHECK_INT(evhub_evdns_base_count_nameservers(own), 0);
}

static void
finish_own(void)
{
	evhub_evdns_base_free(own, 0);
	finish();
}

static struct answer a;

static void
ask(const char *name)
{
	memset(&a, 0, sizeof(a));
	request = evhub_evdns_base_resolve_ipv4(own, name, 0, answered, &a);
	CHECK(request != NULL);
}

TEST(all_kinds_of_questions)
{
	struct in_addr in;
	struct in6_addr in6;

	begin_own(0);
	CHECK_INT(evhub_evdns_base_nameserver_ip_add(own, server.text), 0);
	ask("www.example.org");
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	memset(&a, 0, sizeof(a));
	CHECK(evhub_evdns_base_resolve_ipv6(own, "www.example.org", 0, answered, &a) != NULL);
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "2001:db8::1");
	CHECK_INT(inet_pton(AF_INET, "192.0.2.1", &in), 1);
	memset(&a, 0, sizeof(a));
	CHECK(evhub_evdns_base_resolve_reverse(own, &in, 0, answered, &a) != NULL);
	UNTIL(a.calls > 0);
	CHECK_STR(a.name, "host.example");
	CHECK_INT(inet_pton(AF_INET6, "2001:db8::1", &in6), 1);
	memset(&a, 0, sizeof(a));
	CHECK(evhub_evdns_base_resolve_reverse_ipv6(own, &in6, 0, answered, &a) != NULL);
	UNTIL(a.calls > 0);
	CHECK_STR(a.name, "host.example");
	CHECK_INT(server.queries, 4);
	finish_own();
}

TEST_ONCE(questions_that_cannot_be_asked)
{
	begin_own(0);
	capture_log();
	CHECK_PTR(evhub_evdns_base_resolve_ipv4(own, NULL, 0, answered, &a), NULL);
	CHECK_PTR(evhub_evdns_base_resolve_ipv6(own, "a..b", 0, answered, &a), NULL);
	CHECK_PTR(evhub_evdns_base_resolve_reverse(own, NULL, 0, answered, &a), NULL);
	CHECK_PTR(evhub_evdns_base_resolve_reverse_ipv6(own, NULL, 0, answered, &a), NULL);
	CHECK_PTR(evhub_evdns_base_resolve_ipv4(own, "www.example.org", 0, NULL, &a), NULL);
	finish_own();
}

TEST_ONCE(servers_by_address)
{
	struct sockaddr_storage storage;
	struct sockaddr *address = (struct sockaddr *)&storage;
	socklen_t length = make_address(&storage, "127.0.0.1", 0);

	begin_own(0);
	capture_log();
	CHECK_ERRNO(evhub_evdns_base_nameserver_sockaddr_add(own, address, length, 0), EINVAL);
	length = make_address(&storage, "127.0.0.1", server.port);
	CHECK_ERRNO(evhub_evdns_base_nameserver_sockaddr_add(own, NULL, length, 0), EINVAL);
	CHECK_ERRNO(evhub_evdns_base_nameserver_sockaddr_add(own, address, 3, 0), EINVAL);
	CHECK_ERRNO(evhub_evdns_base_nameserver_sockaddr_add(own, address, length, 1), EINVAL);
	CHECK_INT(evhub_evdns_base_nameserver_sockaddr_add(own, address, length, 0), 0);
	CHECK_ERRNO(evhub_evdns_base_nameserver_sockaddr_add(own, address, length, 0), EEXIST);
	ask("www.example.org");
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	storage.ss_family = AF_UNIX;
	CHECK_ERRNO(evhub_evdns_base_nameserver_sockaddr_add(own, address, length, 0),
	    EAFNOSUPPORT);
	CHECK_INT(evhub_evdns_base_nameserver_add(own, htonl(0x7f000002)), 0);
	CHECK_ERRNO(evhub_evdns_base_nameserver_add(own, htonl(0x7f000002)), EEXIST);
	CHECK_INT(evhub_evdns_base_count_nameservers(own), 2);
	finish_own();
}

/* Here the port counts, too. */
TEST_ONCE(servers_at_one_address)
{
	begin_own(0);
	CHECK_INT(evhub_evdns_base_nameserver_ip_add(own, "127.0.0.1:5301"), 0);
	CHECK_INT(evhub_evdns_base_nameserver_ip_add(own, "127.0.0.1:5302"), 0);
	CHECK_ERRNO(evhub_evdns_base_nameserver_ip_add(own, "127.0.0.1:5302"), EEXIST);
	CHECK_ERRNO(evhub_evdns_base_nameserver_ip_add(own, "127.0.0.1:0"), EINVAL);
	CHECK_ERRNO(evhub_evdns_base_nameserver_ip_add(own, "[::1"), EINVAL);
	CHECK_INT(evhub_evdns_base_count_nameservers(own), 2);
	finish_own();
}

TEST_ONCE(suspended_and_resumed)
{
	begin_own(0);
	ask("www.example.org");
	rounds();
	CHECK_INT(a.calls, 0);
	CHECK_INT(evhub_evdns_base_nameserver_ip_add(own, server.text), 0);
	CHECK_INT(evhub_evdns_base_clear_nameservers_and_suspend(own), 0);
	CHECK_INT(evhub_evdns_base_count_nameservers(own), 0);
	CHECK_INT(evhub_evdns_base_nameserver_ip_add(own, server.text), 0);
	CHECK_INT(evhub_evdns_base_resume(own), 0);
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish_own();
}

TEST_ONCE(searching_and_options)
{
	begin_own(0);
	server.reply = say_nxdomain;
	capture_log();
	CHECK_INT(evhub_evdns_base_nameserver_ip_add(own, server.text), 0);
	evhub_evdns_base_search_add(own, "one.example");
	evhub_evdns_base_search_ndots_set(own, 2);
	ask("a.b");
	UNTIL(a.calls > 0);
	CHECK_STR(asked(&server, 0)->name, "a.b.one.example");
	CHECK_STR(asked(&server, 1)->name, "a.b");
	evhub_evdns_base_search_clear(own);
	ask("a.b");
	UNTIL(a.calls > 0);
	CHECK_STR(asked(&server, 2)->name, "a.b");
	CHECK_INT(server.queries, 3);
	CHECK_INT(evhub_evdns_base_set_option(own, "timeout", "1"), 0);
	CHECK_INT(evhub_evdns_base_set_option(own, "attempts:", "1"), 0);
	CHECK_ERRNO(evhub_evdns_base_set_option(own, "attempts:", "x"), EINVAL);
	CHECK_ERRNO(evhub_evdns_base_set_option(own, "nothing", "1"), EINVAL);
	CHECK_ERRNO(evhub_evdns_base_set_option(own, NULL, NULL), EINVAL);
	server.reply = NULL;
	ask("c.d");
	UNTIL(a.calls > 0);
	CHECK_ERROR(&a, DNS_ERR_TIMEOUT);
	CHECK_INT(server.queries, 4);
	finish_own();
}

TEST_ONCE(files_of_its_own)
{
	char text[100];

	begin_own(0);
	snprintf(text, sizeof(text), "nameserver %s\n", server.text);
	write_file(text);
	CHECK_INT(evhub_evdns_base_resolv_conf_parse(own, DNS_OPTION_NAMESERVERS, path), 0);
	CHECK_INT(evhub_evdns_base_count_nameservers(own), 1);
	CHECK_INT(evdns_count_nameservers(), 0);
	write_file("192.0.2.5 five.example\n");
	CHECK_INT(evhub_evdns_base_load_hosts(own, path), 0);
	ask("five.example");
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.5");
	memset(&a, 0, sizeof(a));
	use_nameserver(&server);
	ask4(&a, "five.example");
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish_own();
}

TEST(only_questions_keep_the_loop)
{
	begin_own(EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	CHECK_INT(evhub_evdns_base_nameserver_ip_add(own, server.text), 0);
	ask("www.example.org");
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	close_nameserver(&server);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(evhub_evdns_base_set_option(own, "timeout", "1"), 0);
	CHECK_INT(evhub_evdns_base_set_option(own, "attempts", "1"), 0);
	ask("www.example.org");
	CHECK_INT(event_dispatch(), 1);
	CHECK_ERROR(&a, DNS_ERR_TIMEOUT);
	finish_own();
}

TEST_ONCE(the_process_s_own)
{
	struct sockaddr_storage storage;
	socklen_t length = make_address(&storage, "127.0.0.2", 5301);

	init_base();
	CHECK_INT(evhub_evdns_base_nameserver_add(NULL, htonl(0x7f000001)), 0);
	CHECK_INT(evhub_evdns_base_nameserver_sockaddr_add(NULL, (struct sockaddr *)&storage,
	    length, 0), 0);
	CHECK_INT(evdns_count_nameservers(), 2);
	CHECK_INT(evhub_evdns_base_count_nameservers(NULL), 2);
	CHECK_INT(evhub_evdns_base_clear_nameservers_and_suspend(NULL), 0);
	CHECK_INT(evdns_count_nameservers(), 0);
	CHECK_INT(evhub_evdns_base_resume(NULL), 0);
	CHECK_INT(evhub_evdns_base_set_option(NULL, "ndots", "2"), 0);
	evhub_evdns_base_search_ndots_set(NULL, 3);
	evhub_evdns_base_search_add(NULL, "one.example");
	evhub_evdns_base_search_clear(NULL);
	write_file("nameserver 127.0.0.3:5301\n");
	CHECK_INT(evhub_evdns_base_resolv_conf_parse(NULL, DNS_OPTION_NAMESERVERS, path), 0);
	CHECK_INT(evdns_count_nameservers(), 1);
	evhub_evdns_base_free(NULL, 1);
	CHECK_INT(evdns_count_nameservers(), 0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(current_base);
}

TEST_ONCE(resolvers_that_are_not_made)
{
	init_base();
	capture_log();
	errno = 0;
	CHECK_PTR(evhub_evdns_base_new(current_base, 2), NULL);
	CHECK_INT(errno, EINVAL);
	own = evhub_evdns_base_new(NULL, 0);
	CHECK(own != NULL);
	evhub_evdns_base_free(own, 0);
	own = evhub_evdns_base_new(current_base, EVDNS_BASE_INITIALIZE_NAMESERVERS);
	CHECK(own != NULL);
	CHECK(evhub_evdns_base_count_nameservers(own) >= 1);
	evhub_evdns_base_free(own, 0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(current_base);
}
