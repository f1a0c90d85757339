/*
 * Resolvers of their own: settings apart, questions that are cancelled, servers of IPv6, and their
 * ends (D40, D52).
 */
#include "asking.h"

#include <evhub/evdns_ext.h>

static struct evdns_base *
make_own(const struct nameserver *ns)
{
	struct evdns_base *own = evhub_evdns_base_new(current_base, 0);

	CHECK(own != NULL);
	CHECK_INT(evhub_evdns_base_nameserver_ip_add(own, ns->text), 0);
	CHECK_INT(evhub_evdns_base_count_nameservers(own), 1);
	return own;
}

static struct evdns_request *
ask_own(struct evdns_base *own, struct answer *a, const char *name)
{
	struct evdns_request *request;

	asking++;
	request = evhub_evdns_base_resolve_ipv4(own, name, 0, answered, a);
	asking--;
	CHECK(request != NULL);
	return request;
}

static struct nameserver second;

static void
begin_two(reply_function reply)
{
	begin(reply);
	open_nameserver(&second, "127.0.0.2", reply);
}

static void
finish_two(void)
{
	close_nameserver(&second);
	finish();
}

TEST(settings_are_apart)
{
	struct answer a;
	struct evdns_base *own;
	int i;

	begin_two(say_good);
	own = make_own(&second);
	evhub_evdns_base_search_add(own, "own.example");
	CHECK_INT(evdns_count_nameservers(), 1);
	for (i = 0; i < 3; i++) {
		memset(&a, 0, sizeof(a));
		ask_own(own, &a, "www");
		UNTIL(a.calls > 0);
		CHECK_ADDRESS(&a, "192.0.2.1");
		CHECK_STR(last_asked(&second)->name, "www.own.example");
		resolve4(&a, "www");
		CHECK_STR(last_asked(&server)->name, "www");
	}
	CHECK_INT(server.queries, 3);
	CHECK_INT(second.queries, 3);
	evdns_shutdown(1);
	memset(&a, 0, sizeof(a));
	ask_own(own, &a, "www");
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	evhub_evdns_base_free(own, 1);
	finish_two();
}

TEST(freed_with_questions_in_flight)
{
	struct answer answers[4];
	struct evdns_base *own;
	int open_before;
	int told;
	int i;

	begin_two(NULL);
	open_before = open_fds();
	for (told = 0; told <= 1; told++) {
		own = make_own(&second);
		memset(answers, 0, sizeof(answers));
		for (i = 0; i < 3; i++)
			ask_own(own, &answers[i], "www.example.org");
		rounds();
		ask_own(own, &answers[3], "127.0.0.1");
		evhub_evdns_base_free(own, told);
		for (i = 0; i < 4; i++)
			CHECK_INT(answers[i].calls, told);
		rounds();
		for (i = 0; i < 3; i++) {
			CHECK_INT(answers[i].calls, told);
			CHECK_INT(answers[i].result, told ? DNS_ERR_SHUTDOWN : 0);
		}
		CHECK_INT(open_fds() - open_before, 0);
	}
	say_good(&second, asked(&second, 0));
	rounds();
	finish_two();
}

static struct evdns_base *to_free;

static void
free_own(struct answer *a)
{
	struct evdns_base *own = to_free;

	(void)a;
	to_free = NULL;
	if (own != NULL)
		evhub_evdns_base_free(own, 1);
}

TEST(freed_in_a_callback)
{
	struct answer answers[4];
	int i;

	begin_two(say_good);
	to_free = make_own(&second);
	memset(answers, 0, sizeof(answers));
	for (i = 0; i < 4; i++) {
		answers[i].then = free_own;
		ask_own(to_free, &answers[i], i < 2 ? "www.example.org" : "www.example.com");
	}
	UNTIL(to_free == NULL);
	rounds();
	for (i = 0; i < 4; i++)
		CHECK_INT(answers[i].calls, 1);
	finish_two();
}

TEST_ONCE(freed_after_its_base)
{
	struct answer a = { 0 };
	struct evdns_base *own;
	int open_before = open_fds();

	begin_two(NULL);
	own = make_own(&second);
	ask_own(own, &a, "www.example.org");
	UNTIL(second.queries == 1);
	evdns_shutdown(0);
	close_nameserver(&server);
	close_nameserver(&second);
	event_base_free(current_base);
	CHECK_ERROR(&a, DNS_ERR_SHUTDOWN);
	evhub_evdns_base_free(own, 1);
	CHECK_INT(a.calls, 1);
	CHECK_INT(open_fds() - open_before, 0);
}

/* Cancelling */

TEST(cancelled)
{
	struct answer first = { 0 };
	struct answer other = { 0 };
	struct evdns_base *own;
	struct evdns_request *request;

	begin_two(NULL);
	own = make_own(&second);
	request = ask_own(own, &first, "first.example");
	ask_own(own, &other, "other.example");
	UNTIL(second.queries == 2);
	asking++;
	evhub_evdns_cancel_request(own, request);
	asking--;
	UNTIL(first.calls > 0);
	CHECK_ERROR(&first, DNS_ERR_CANCEL);
	CHECK_INT(other.calls, 0);
	/* Its answer comes all the same. */
	say_good(&second, asked(&second, 0));
	rounds();
	CHECK_INT(first.calls, 1);
	say_good(&second, asked(&second, 1));
	UNTIL(other.calls > 0);
	CHECK_ADDRESS(&other, "192.0.2.1");
	evhub_evdns_base_free(own, 0);
	finish_two();
}

/* Of several with the same question the others go on. */
TEST_ONCE(one_of_several_is_cancelled)
{
	struct answer answers[3];
	struct evdns_request *requests[3];
	struct evdns_base *own;
	int i;

	begin_two(NULL);
	own = make_own(&second);
	memset(answers, 0, sizeof(answers));
	for (i = 0; i < 3; i++)
		requests[i] = ask_own(own, &answers[i], "www.example.org");
	UNTIL(second.queries == 1);
	evhub_evdns_cancel_request(own, requests[0]);
	UNTIL(answers[0].calls > 0);
	CHECK_ERROR(&answers[0], DNS_ERR_CANCEL);
	CHECK_INT(answers[1].calls + answers[2].calls, 0);
	say_good(&second, asked(&second, 0));
	UNTIL(answers[1].calls > 0 && answers[2].calls > 0);
	CHECK_ADDRESS(&answers[1], "192.0.2.1");
	CHECK_ADDRESS(&answers[2], "192.0.2.1");
	CHECK_INT(answers[0].calls, 1);
	evhub_evdns_base_free(own, 0);
	finish_two();
}

static struct evdns_request *to_cancel;

static void
cancel_other(struct answer *a)
{
	(void)a;
	if (to_cancel != NULL)
		evhub_evdns_cancel_request(NULL, to_cancel);
	to_cancel = NULL;
}

TEST_ONCE(cancelled_in_a_callback)
{
	struct answer first = { .then = cancel_other };
	struct answer other = { 0 };

	begin(NULL);
	ask_own(NULL, &first, "first.example");
	to_cancel = ask_own(NULL, &other, "other.example");
	UNTIL(server.queries == 2);
	say_good(&server, asked(&server, 0));
	UNTIL(first.calls > 0);
	say_good(&server, asked(&server, 1));
	UNTIL(other.calls > 0);
	rounds();
	CHECK_ADDRESS(&first, "192.0.2.1");
	CHECK_ERROR(&other, DNS_ERR_CANCEL);
	finish();
}

TEST_ONCE(cancelled_before_it_was_sent)
{
	struct answer answers[3];
	struct evdns_request *requests[3];
	int i;

	init_base();
	memset(answers, 0, sizeof(answers));
	/* No server is known; one waits for a server, and one is known already. */
	requests[0] = ask_own(NULL, &answers[0], "www.example.org");
	requests[1] = ask_own(NULL, &answers[1], "127.0.0.1");
	for (i = 0; i < 2; i++)
		evhub_evdns_cancel_request(NULL, requests[i]);
	evhub_evdns_cancel_request(NULL, NULL);
	CHECK_INT(event_dispatch(), 1);
	CHECK_ERROR(&answers[0], DNS_ERR_CANCEL);
	CHECK_INT(answers[1].calls, 1);
	evdns_shutdown(1);
	CHECK_INT(answers[0].calls, 1);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(current_base);
}

/* IPv6 */

TEST(a_server_of_ipv6)
{
	struct answer a = { 0 };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_storage address;
	socklen_t length = make_address(&address, "::1", 0);

	if (fd == -1 || bind(fd, (struct sockaddr *)&address, length) != 0)
		SKIP("there is no IPv6 on this machine");
	close(fd);
	init_base();
	open_nameserver(&server, "::1", say_truncated_first);
	CHECK_INT(evhub_evdns_base_nameserver_ip_add(NULL, server.text), 0);
	CHECK_INT(evhub_evdns_base_nameserver_ip_add(NULL, server.text), -1);
	CHECK_INT(evdns_count_nameservers(), 1);
	ask4(&a, "www.example.org");
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.udp_queries, 1);
	CHECK_INT(server.tcp_queries, 1);
	finish();
}

TEST_ONCE(many_resolvers)
{
	static struct answer answers[100];
	struct evdns_base *owns[100];
	int open_before;
	int i;

	begin_two(say_good);
	open_before = open_fds();
	for (i = 0; i < 100; i++) {
		owns[i] = make_own(&second);
		ask_own(owns[i], &answers[i], "www.example.org");
	}
	for (i = 0; i < 100; i++) {
		UNTIL(answers[i].calls > 0);
		CHECK_ADDRESS(&answers[i], "192.0.2.1");
	}
	CHECK_INT(second.queries, 100);
	for (i = 0; i < 100; i++)
		evhub_evdns_base_free(owns[i], i % 2);
	CHECK_INT(open_fds() - open_before, 0);
	finish_two();
}
