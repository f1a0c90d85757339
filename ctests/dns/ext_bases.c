/*
 * Several bases and several resolvers: each base runs its own, each resolver has its own loop,
 * cache and hosts; and ends of bases, resolvers and lookups in all orders (D40, D52).
 */
#include "files.h"

#include <evhub/evdns_ext.h>

#include <netdb.h>

enum { BASES = 3, LOOKUPS = 4 };

struct lookup {
	int calls;
	int result;
	void (*then)(void);
};

static void
found(int result, struct addrinfo *list, void *arg)
{
	struct lookup *lookup = arg;

	CHECK_INT(asking, 0);
	CHECK_INT(lookup->calls++, 0);
	lookup->result = result;
	evhub_evutil_freeaddrinfo(list);
	if (lookup->then != NULL)
		lookup->then();
}

static void
look_up(struct evdns_base *own, struct lookup *lookup, const char *name)
{
	memset(lookup, 0, sizeof(*lookup));
	asking++;
	CHECK(evhub_evdns_getaddrinfo(own, name, "80", NULL, found, lookup) != NULL);
	asking--;
}

static struct evdns_base *
make_own(struct event_base *base, const char *text, int flags)
{
	struct evdns_base *own = evhub_evdns_base_new(base, flags);

	CHECK(own != NULL);
	CHECK_INT(evhub_evdns_base_nameserver_ip_add(own, text), 0);
	return own;
}

/* The servers belong to the first base; a resolver on another one runs in that one's loop. */
TEST(a_loop_runs_its_own_resolvers)
{
	struct event_base *bases[BASES];
	struct evdns_base *own[BASES];
	struct answer answers[BASES] = { 0 };
	int i, j;

	begin(say_good);
	for (i = 0; i < BASES; i++) {
		bases[i] = event_base_new();
		own[i] = make_own(bases[i], server.text, 0);
		CHECK(evhub_evdns_base_resolve_ipv4(own[i], "www.example", 0, answered,
		    &answers[i]) != NULL);
	}
	for (i = 0; i < BASES; i++) {
		rounds();
		CHECK_INT(server.queries, i);
		CHECK_INT(event_base_loop(bases[i], EVLOOP_NONBLOCK), 0);
		UNTIL(server.queries == i + 1);
		for (j = 0; j < 100 && answers[i].calls == 0; j++) {
			rounds();
			CHECK_INT(event_base_loop(bases[i], EVLOOP_NONBLOCK), 0);
		}
		CHECK_ADDRESS(&answers[i], "192.0.2.1");
	}
	for (i = 0; i < BASES; i++) {
		evhub_evdns_base_free(own[i], 1);
		CHECK_INT(event_base_dispatch(bases[i]), 1);
		event_base_free(bases[i]);
	}
	finish();
}

/* The base goes first: questions and lookups are told, and the resolver is still to be freed. */
TEST(a_base_is_freed_before_its_resolvers)
{
	struct event_base *base;
	struct evdns_base *own[2];
	struct answer a = { 0 };
	struct lookup lookups[2];
	int open_before;

	begin(NULL);
	open_before = open_fds();
	base = event_base_new();
	own[0] = make_own(base, server.text, 0);
	own[1] = make_own(base, server.text, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	CHECK(evhub_evdns_base_resolve_ipv4(own[0], "www.example", 0, answered, &a) != NULL);
	look_up(own[0], &lookups[0], "www.example");
	look_up(own[1], &lookups[1], "127.0.0.1");
	CHECK_INT(event_base_loop(base, EVLOOP_NONBLOCK), 0);
	CHECK_INT(lookups[1].calls, 1);
	look_up(own[1], &lookups[1], "127.0.0.1");
	event_base_free(base);
	CHECK_ERROR(&a, DNS_ERR_SHUTDOWN);
	CHECK_INT(lookups[0].calls + lookups[1].calls, 2);
	CHECK_INT(lookups[0].result, EVUTIL_EAI_CANCEL);
	CHECK_INT(lookups[1].result, EVUTIL_EAI_CANCEL);
	capture_log();
	errno = 0;
	CHECK_PTR(evhub_evdns_base_resolve_ipv4(own[0], "www.example", 0, answered, &a), NULL);
	CHECK(errno != 0);
	evhub_evdns_base_free(own[0], 1);
	evhub_evdns_base_free(own[1], 0);
	CHECK_INT(open_fds() - open_before, 0);
	CHECK_INT(a.calls, 1);
	finish();
}

static struct evdns_base *to_free;
static int told;

static void
free_it(void)
{
	struct evdns_base *own = to_free;

	to_free = NULL;
	if (own != NULL)
		evhub_evdns_base_free(own, told);
}

/* A resolver is freed by the callback of one of its lookups. */
static void
freed_by_a_lookup(void)
{
	struct lookup lookups[LOOKUPS];
	struct answer a = { 0 };
	int i;

	to_free = make_own(current_base, server.text, 0);
	CHECK(evhub_evdns_base_resolve_ipv4(to_free, "silent.example", 0, answered, &a) != NULL);
	for (i = 0; i < LOOKUPS; i++) {
		look_up(to_free, &lookups[i], i % 2 == 0 ? "127.0.0.1" : "silent.example");
		lookups[i].then = free_it;
	}
	UNTIL(to_free == NULL);
	rounds();
	CHECK_INT(lookups[0].calls, 1);
	CHECK_INT(lookups[0].result, 0);
	for (i = 1; i < LOOKUPS; i++) {
		CHECK_INT(lookups[i].calls, told);
		CHECK_INT(lookups[i].result, told ? EVUTIL_EAI_CANCEL : 0);
	}
	CHECK_INT(a.calls, told);
}

TEST(freed_in_the_callback_of_a_lookup)
{
	int open_before;

	begin(NULL);
	open_before = open_fds();
	for (told = 0; told <= 1; told++)
		freed_by_a_lookup();
	CHECK_INT(open_fds() - open_before, 0);
	finish();
}

/* What one of them knows is nothing to the other. */
TEST_ONCE(caches_and_hosts_are_apart)
{
	struct evdns_base *first, *then;
	struct answer a;
	int i;

	begin(say_good);
	first = make_own(current_base, server.text, 0);
	then = make_own(current_base, server.text, 0);
	CHECK_INT(evhub_evdns_base_set_option(first, "cache-size:", "8"), 0);
	write_file("192.0.2.77 box.example\n");
	CHECK_INT(evhub_evdns_base_load_hosts(then, path), 0);
	for (i = 0; i < 4; i++) {
		memset(&a, 0, sizeof(a));
		CHECK(evhub_evdns_base_resolve_ipv4(i % 2 == 0 ? first : then, "www.example", 0,
		    answered, &a) != NULL);
		UNTIL(a.calls > 0);
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
	CHECK_INT(server.queries, 3);
	for (i = 0; i < 2; i++) {
		memset(&a, 0, sizeof(a));
		CHECK(evhub_evdns_base_resolve_ipv4(i == 0 ? first : then, "box.example", 0,
		    answered, &a) != NULL);
		UNTIL(a.calls > 0);
		CHECK_ADDRESS(&a, i == 0 ? "192.0.2.1" : "192.0.2.77");
	}
	CHECK_INT(server.queries, 4);
	evhub_evdns_base_free(then, 1);
	evhub_evdns_base_free(first, 1);
	finish();
}

/* Two loops may end by themselves while a resolver of each still knows its server. */
TEST_ONCE(inactive_resolvers_keep_no_loop)
{
	struct evdns_base *own[2];
	struct answer a = { 0 };
	int i;

	begin(say_good);
	for (i = 0; i < 2; i++)
		own[i] = make_own(current_base, server.text, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	CHECK(evhub_evdns_base_resolve_ipv4(own[1], "www.example", 0, answered, &a) != NULL);
	UNTIL(a.calls > 0);
	evdns_shutdown(0);
	close_nameserver(&server);
	CHECK_INT(event_dispatch(), 1);
	/* An answer that is here already is a question that keeps it. */
	memset(&a, 0, sizeof(a));
	CHECK(evhub_evdns_base_resolve_ipv4(own[0], "127.0.0.1", 0, answered, &a) != NULL);
	CHECK_INT(event_dispatch(), 1);
	CHECK_ADDRESS(&a, "127.0.0.1");
	for (i = 0; i < 2; i++)
		evhub_evdns_base_free(own[i], 1);
	event_base_free(current_base);
}
