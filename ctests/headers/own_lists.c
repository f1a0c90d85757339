/*
 * Without <sys/queue.h> before: the headers leave no list macro behind and no complete list
 * head, so a program may include that file later and define the heads itself, as programs of
 * libevent 1.4 do.
 */
#include "event.h"
#include "evhttp.h"
#include "evrpc.h"

#if defined(TAILQ_ENTRY) || defined(TAILQ_HEAD) || defined(_EVENT_DEFINED_TQENTRY)
#error "the headers left list macros behind"
#endif

#include <sys/queue.h>

#include "check.h"

TAILQ_HEAD(evkeyvalq, evkeyval);

int main(void)
{
	static char key[] = "k", value[] = "v";
	struct evhttp_request request;
	struct evkeyvalq headers;
	struct evkeyval one, *at;
	int count = 0;

	TAILQ_INIT(&headers);
	one.key = key;
	one.value = value;
	TAILQ_INSERT_TAIL(&headers, &one, next);
	request.input_headers = &headers;
	TAILQ_FOREACH(at, request.input_headers, next)
		count++;
	CHECK(count == 1);
	return 0;
}
