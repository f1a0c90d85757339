/* Time that passes at once: for tests in a process with SHIM=clock. */
#ifndef EVHUB_CTESTS_DNS_CLOCK_H
#define EVHUB_CTESTS_DNS_CLOCK_H

#include "asking.h"
#include "shim.h"

/* All that is due after that time is done. */
static inline void
pass_ms(long long ms)
{
	rounds();
	clock_shift_monotonic(ms * 1000000);
	rounds();
}

#endif
