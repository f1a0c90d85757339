/* What the tests of evhttp share. */
#ifndef EVHUB_CTESTS_HTTP_H
#define EVHUB_CTESTS_HTTP_H

/* Before our headers: then lists of headers are complete types. */
#include <sys/queue.h>

#include "harness.h"

#include <evhttp.h>

/* "key=value;" for each header, in static memory; links backwards are looked at, too. */
static inline const char *
listed(struct evkeyvalq *headers)
{
	static char text[4096];
	struct evkeyval **prev = &headers->tqh_first;
	struct evkeyval *header;
	size_t used = 0;

	text[0] = '\0';
	TAILQ_FOREACH(header, headers, next) {
		CHECK(header->next.tqe_prev == prev);
		prev = &header->next.tqe_next;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s=%s;", header->key,
		    header->value);
		CHECK(used < sizeof(text));
	}
	CHECK(headers->tqh_last == prev);
	return text;
}

/* A call that gives a string to be freed: which one. */
#define CHECK_GIVEN(expr, want)                                                 \
	do {                                                                    \
		char *given_ = (expr);                                          \
		CHECK_STR(given_, (want));                                      \
		free(given_);                                                   \
	} while (0)

/* A pointer that is NULL with that errno. */
#define CHECK_NULL(expr, want_errno)                                            \
	do {                                                                    \
		errno = 0;                                                      \
		CHECK_PTR((expr), NULL);                                        \
		CHECK_INT(errno, (want_errno));                                 \
	} while (0)

#endif
