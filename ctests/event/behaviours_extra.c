/* Proves behaviour 35: what the tests by subject have no place for. */
#include "harness.h"
#include "shim.h"

#include <evhub/event_ext.h>

static void
nothing_cb(void *arg)
{
	(void)arg;
}

/*
 * A loop that sleeps is woken by a write. Activating, unlike sending, writes nothing: another
 * thread's loop sleeps on.
 */
TEST_ENV(activating_wakes_nobody, "SHIM=fault")
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	evhub_async_t *async;
	struct event ev;
	long before;

	async = evhub_async_new(base, nothing_cb, NULL);
	CHECK(async != NULL);
	evtimer_set(&ev, note_cb, &note);
	before = fault_calls("write");
	event_active(&ev, EV_TIMEOUT, 1);
	CHECK_INT(fault_calls("write"), before);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(fault_calls("write"), before);
	CHECK_INT(evhub_async_send(async), 0);
	if (!method_is("kqueue"))
		CHECK_INT(fault_calls("write"), before + 1);
	evhub_async_free(async);
	event_base_free(base);
}
