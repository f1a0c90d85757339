/* A hundred thousand greenlets at once (G16). */
#include "many.h"

TEST_ONCE(a_hundred_thousand)
{
	if (time_factor() > 1)
		SKIP("too many for a tool");
	if (free_memory() < 2e9)
		SKIP("less than 2 GB of memory is free");
	park(100000);
}
