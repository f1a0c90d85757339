/* A greenlet that needs more stack than there is. */
#ifndef EVHUB_CTESTS_HUB_OVERFLOW_H
#define EVHUB_CTESTS_HUB_OVERFLOW_H

#include <stdint.h>

/* Without end, which the compiler does not see, and without a tail call. */
__attribute__((noinline, noclone)) static int
recurse(volatile char *before)
{
	volatile char frame[256];

	frame[0] = *before;
	frame[255] = (char)(before - frame);
	if (frame[0] != *before)
		return 0;
	return recurse(frame) + frame[0] + frame[255];
}

static void *
overflows(void *arg)
{
	volatile char c = 1;

	(void)arg;
	return (void *)(intptr_t)recurse(&c);
}

#endif
