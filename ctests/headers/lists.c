/*
 * With <sys/queue.h> before: lists of headers and of events are complete, and all entries are
 * those that the macros of that file work on.
 */
#include <sys/queue.h>

#include "evhttp.h"
#include "evrpc.h"

#include "check.h"

#ifndef TAILQ_ENTRY
#error "event.h has taken TAILQ_ENTRY away"
#endif

TAILQ_HEAD(requests, evhttp_request);

int main(void)
{
	static char key[] = "k", value[] = "v";
	struct evkeyvalq headers;
	struct evkeyval one, two, *at;
	struct evhttp_request request;
	struct requests queue;
	struct event_list events;
	struct event ev;
	int count = 0;

	TAILQ_INIT(&headers);
	one.key = two.key = key;
	one.value = two.value = value;
	TAILQ_INSERT_TAIL(&headers, &one, next);
	TAILQ_INSERT_HEAD(&headers, &two, next);
	TAILQ_FOREACH(at, &headers, next)
		count += at->value == value;
	CHECK(count == 2 && headers.tqh_first == &two && two.next.tqe_next == &one);

	TAILQ_INIT(&queue);
	TAILQ_INSERT_TAIL(&queue, &request, next);
	CHECK(TAILQ_FIRST(&queue) == &request && request.next.tqe_prev == &queue.tqh_first);

	TAILQ_INIT(&events);
	TAILQ_INSERT_TAIL(&events, &ev, ev_next);
	CHECK(ev.ev_next.tqe_next == NULL && ev.ev_next.tqe_prev == &events.tqh_first);
	return 0;
}
