/* What is told of greenlets: how long they wait. */
#include <time.h>

#include "hub.h"

static double
now(void)
{
	struct timespec ts;

	CHECK_INT(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int
longest(const evhub_info_t *info, void *arg)
{
	double *most = arg;

	if (info->waited > *most)
		*most = info->waited;
	return 0;
}

static void *
look_later(void *arg)
{
	CHECK_INT(evhub_sleep(0.02), 0);
	CHECK_INT(evhub_foreach(longest, arg), 0);
	return NULL;
}

/* Also whoever has begun before the loop has had its first round. */
TEST(nobody_has_waited_for_longer_than_it_did)
{
	double most = 0, began = now();

	end_of(spawn(look_later, &most));
	CHECK(most >= 0.02 - 1e-5);
	CHECK(most <= now() - began + 1e-5);
}
