/*
 * For the small programs that use the public headers, in C and in C++. They do not use the
 * harness of the other tests: it includes headers of its own first.
 */
#ifndef EVHUB_CTESTS_HEADERS_CHECK_H
#define EVHUB_CTESTS_HEADERS_CHECK_H

#include <stdio.h>
#include <stdlib.h>

/* Another libevent may be installed on the machine: its headers are not what we test. */
#if !defined(_EVENT_NUMERIC_VERSION) || _EVENT_NUMERIC_VERSION != 0x01040f00
#error "these are not the headers of evhub"
#endif

#define CHECK(condition)                                                               \
	do {                                                                           \
		if (!(condition)) {                                                    \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			exit(1);                                                       \
		}                                                                      \
	} while (0)

#endif
