/*
 * Resolvers and questions that are no more: what is done with them changes nothing and says EINVAL
 * (D40). Nothing of a freed resolver is read: valgrind looks.
 */
#include "files.h"

#include <evhub/evdns_ext.h>

#include <netdb.h>

static struct evdns_base *own;

static void
begin_own(reply_function reply)
{
	begin(reply);
	own = evhub_evdns_base_new(current_base, 0);
	CHECK(own != NULL);
	CHECK_INT(evhub_evdns_base_nameserver_ip_add(own, server.text), 0);
}

static struct evdns_request *
ask_own(struct answer *a, const char *name)
{
	struct evdns_request *request;

	memset(a, 0, sizeof(*a));
	asking++;
	request = evhub_evdns_base_resolve_ipv4(own, name, 0, answered, a);
	asking--;
	CHECK(request != NULL);
	return request;
}

static void
never(int result, struct addrinfo *list, void *arg)
{
	(void)result;
	(void)list;
	(void)arg;
	CHECK(0);
}

#define CHECK_NULL(expr)                                                        \
	do {                                                                    \
		errno = 0;                                                      \
		CHECK_PTR((expr), NULL);                                        \
		CHECK_INT(errno, EINVAL);                                       \
	} while (0)

#define CHECK_VOID(call)                                                        \
	do {                                                                    \
		errno = 0;                                                      \
		call;                                                           \
		CHECK_INT(errno, EINVAL);                                       \
	} while (0)

static void
check_settings_refused(struct evdns_base *base)
{
	struct sockaddr_storage address;
	socklen_t length = make_address(&address, "127.0.0.1", 5301);

	CHECK_ERRNO(evhub_evdns_base_nameserver_add(base, htonl(0x7f000001)), EINVAL);
	CHECK_ERRNO(evhub_evdns_base_nameserver_ip_add(base, "127.0.0.1"), EINVAL);
	CHECK_ERRNO(evhub_evdns_base_nameserver_sockaddr_add(base, (struct sockaddr *)&address,
	    length, 0), EINVAL);
	CHECK_ERRNO(evhub_evdns_base_count_nameservers(base), EINVAL);
	CHECK_ERRNO(evhub_evdns_base_clear_nameservers_and_suspend(base), EINVAL);
	CHECK_ERRNO(evhub_evdns_base_resume(base), EINVAL);
	CHECK_ERRNO(evhub_evdns_base_resolv_conf_parse(base, DNS_OPTIONS_ALL, path), EINVAL);
	CHECK_ERRNO(evhub_evdns_base_reload(base), EINVAL);
	CHECK_ERRNO(evhub_evdns_base_load_hosts(base, NULL), EINVAL);
	CHECK_ERRNO(evhub_evdns_base_set_option(base, "ndots", "1"), EINVAL);
	CHECK_VOID(evhub_evdns_base_search_clear(base));
	CHECK_VOID(evhub_evdns_base_search_add(base, "example"));
	CHECK_VOID(evhub_evdns_base_search_ndots_set(base, 1));
}

static void
check_questions_refused(struct evdns_base *base, struct evdns_request *request)
{
	struct in_addr in = { 0 };
	struct in6_addr in6 = { { { 0 } } };
	struct answer a = { 0 };

	CHECK_NULL(evhub_evdns_base_resolve_ipv4(base, "www.example", 0, answered, &a));
	CHECK_NULL(evhub_evdns_base_resolve_ipv6(base, "www.example", 0, answered, &a));
	CHECK_NULL(evhub_evdns_base_resolve_reverse(base, &in, 0, answered, &a));
	CHECK_NULL(evhub_evdns_base_resolve_reverse_ipv6(base, &in6, 0, answered, &a));
	CHECK_NULL(evhub_evdns_getaddrinfo(base, "www.example", NULL, NULL, never, NULL));
	CHECK_VOID(evhub_evdns_cancel_request(base, request));
	CHECK_VOID(evhub_evdns_base_free(base, 1));
	rounds();
	CHECK_INT(a.calls, 0);
}

TEST(a_resolver_that_was_freed)
{
	struct evdns_request *request;
	struct answer a;

	begin_own(NULL);
	write_file("nameserver 127.0.0.1\n");
	request = ask_own(&a, "www.example");
	evhub_evdns_base_free(own, 0);
	capture_log();
	check_settings_refused(own);
	check_questions_refused(own, request);
	CHECK_INT(server.queries, 0);
	CHECK_INT(evdns_count_nameservers(), 1);
	finish();
}

TEST_ONCE(no_resolver_at_all)
{
	static char memory[4096];
	struct evdns_base *base = (struct evdns_base *)memory;

	begin(NULL);
	write_file("nameserver 127.0.0.1\n");
	capture_log();
	check_settings_refused(base);
	check_questions_refused(base, NULL);
	finish();
}

/* Once its callback was called a question is unknown, also while it runs. */

static struct evdns_request *asked_first;
static struct evdns_request *asked_then;

static void
cancel_both(struct answer *a)
{
	(void)a;
	evhub_evdns_cancel_request(own, asked_first);
	evhub_evdns_cancel_request(own, asked_then);
}

TEST(a_question_that_was_answered)
{
	struct answer first;
	struct answer then;

	begin_own(say_good);
	asked_first = ask_own(&first, "www.example");
	UNTIL(first.calls > 0);
	asked_then = ask_own(&then, "www.example");
	evhub_evdns_cancel_request(own, asked_first);
	UNTIL(then.calls > 0);
	CHECK_ADDRESS(&then, "192.0.2.1");
	cancel_both(NULL);
	rounds();
	CHECK_INT(first.calls, 1);
	CHECK_INT(then.calls, 1);
	evhub_evdns_base_free(own, 1);
	finish();
}

TEST_ONCE(cancelled_while_its_callback_runs)
{
	struct answer first;
	struct answer then;

	begin_own(NULL);
	asked_first = ask_own(&first, "first.example");
	asked_then = ask_own(&then, "then.example");
	first.then = then.then = cancel_both;
	UNTIL(server.queries == 2);
	say_good(&server, asked(&server, 0));
	UNTIL(first.calls > 0 && then.calls > 0);
	CHECK_INT((first.result == DNS_ERR_NONE) + (then.result == DNS_ERR_NONE), 1);
	CHECK_INT((first.result == DNS_ERR_CANCEL) + (then.result == DNS_ERR_CANCEL), 1);
	rounds();
	CHECK_INT(first.calls + then.calls, 2);
	evhub_evdns_base_free(own, 1);
	finish();
}

/* Cancelled twice, it is called once; by another resolver it is not cancelled. */
TEST_ONCE(cancelled_by_whom)
{
	struct evdns_base *other;
	struct evdns_request *request;
	struct answer a;

	begin_own(NULL);
	other = evhub_evdns_base_new(current_base, 0);
	request = ask_own(&a, "www.example");
	UNTIL(server.queries == 1);
	evhub_evdns_cancel_request(other, request);
	evhub_evdns_cancel_request(NULL, request);
	evhub_evdns_cancel_request(own, NULL);
	evhub_evdns_cancel_request(own, (struct evdns_request *)(uintptr_t)0x7ffffff1);
	rounds();
	CHECK_INT(a.calls, 0);
	asking++;
	evhub_evdns_cancel_request(own, request);
	evhub_evdns_cancel_request(own, request);
	asking--;
	rounds();
	CHECK_ERROR(&a, DNS_ERR_CANCEL);
	say_good(&server, asked(&server, 0));
	rounds();
	CHECK_INT(a.calls, 1);
	evhub_evdns_base_free(other, 1);
	evhub_evdns_base_free(own, 1);
	finish();
}
