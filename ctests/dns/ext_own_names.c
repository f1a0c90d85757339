/* A program with names of its own that libevent 2 has too. */
#define EVHUB_NO_LIBEVENT2_NAMES

#include "asking.h"

#include <evhub/evdns_ext.h>

static int
evdns_getaddrinfo(int number)
{
	return number + 1;
}

static struct evdns_base *
evdns_base_new(void)
{
	return evhub_evdns_base_new(current_base, 0);
}

TEST_ONCE(names_of_the_program)
{
	struct evdns_base *base;

	init_base();
	base = evdns_base_new();
	CHECK_INT(evhub_evdns_base_count_nameservers(base), 0);
	CHECK_INT(evdns_getaddrinfo(1), 2);
	evhub_evdns_base_free(base, 0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(current_base);
}
