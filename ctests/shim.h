/* The controls of the shims in ctests/shim/, found in the process at run time. */
#ifndef EVHUB_CTESTS_SHIM_H
#define EVHUB_CTESTS_SHIM_H

#include "harness.h"

#include <dlfcn.h>

/* SHIM_CALL(long, alloc_count, (void))() */
#define SHIM_CALL(type, name, params) ((type (*) params)shim_symbol(#name))

__attribute__((unused)) static void *
shim_symbol(const char *name)
{
	void *symbol = dlsym(RTLD_DEFAULT, name);

	if (symbol == NULL)
		test_fail(__FILE__, __LINE__, "no shim has %s", name);
	return symbol;
}

/* fault */
#define fault_set SHIM_CALL(void, fault_set, (const char *))
#define fault_calls SHIM_CALL(long, fault_calls, (const char *))
#define fault_failures SHIM_CALL(long, fault_failures, (const char *))
#define fault_longest_wait_ms SHIM_CALL(long, fault_longest_wait_ms, (void))

/* clock */
#define clock_shift_wall SHIM_CALL(void, clock_shift_wall, (long long))
#define clock_shift_monotonic SHIM_CALL(void, clock_shift_monotonic, (long long))
#define clock_break_monotonic SHIM_CALL(void, clock_break_monotonic, (int))

/* alloc */
#define alloc_count SHIM_CALL(long, alloc_count, (void))
#define alloc_live SHIM_CALL(long, alloc_live, (void))
#define alloc_locks SHIM_CALL(long, alloc_locks, (void))
#define alloc_fail SHIM_CALL(void, alloc_fail, (long, int))
#define alloc_failures SHIM_CALL(long, alloc_failures, (void))

/* Is the whole suite run under a storm of interruptions? */
__attribute__((unused)) static int
in_storm(void)
{
	return dlsym(RTLD_DEFAULT, "storm_calls") != NULL;
}

#endif
