/*
 * A program that wants evhub's extensions, but has names of its own where libevent 2 has some.
 */
#define EVHUB_NO_LIBEVENT2_NAMES
#include <evhub/event_ext.h>

#include "check.h"

static int event_new(int day)
{
	return day + 1;
}

int main(void)
{
	struct event_base *base = event_base_new();
	evhub_async_t *none = NULL;

	CHECK(event_new(1) == 2 && evhub_event_base_got_exit(base) == 0);
	evhub_async_free(none);
	event_base_free(base);
	return 0;
}
