/* A million greenlets at once (G16), in a run of its own: it takes a while, and memory. */
#include "many.h"

TEST_ONCE(a_million)
{
	if (free_memory() < 12e9)
		SKIP("less than 12 GB of memory is free");
	park(1000000);
}
