/*
 * event_ext.h under the name that it has when installed: evhub's names, and libevent 2's for
 * the same functions.
 */
#include <evhub/event_ext.h>

#include <string.h>

#include "check.h"

static int hooks, calls;

static void callback(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	calls++;
}

static void before(struct evwatch *watch, const struct evwatch_prepare_cb_info *info, void *arg)
{
	struct timeval tv;

	CHECK(evwatch_base(watch) == arg && evwatch_prepare_get_timeout(info, &tv) == 1);
	hooks |= 1;
}

static void after(struct evwatch *watch, const struct evwatch_check_cb_info *info, void *arg)
{
	(void)info;
	CHECK(evwatch_base(watch) == arg);
	hooks |= 2;
}

int main(void)
{
	struct event_base *base = event_base_new();
	struct timeval none = { 0, 0 }, now;
	struct evwatch *prepare, *check;
	struct event *ev, own;

	CHECK(base != NULL && strlen(evhub_version()) > 0);
	prepare = evwatch_prepare_new(base, before, base);
	check = evwatch_check_new(base, after, base);
	memset(&own, 0, sizeof(own));
	CHECK(event_assign(&own, base, -1, 0, callback, NULL) == 0);
	ev = event_new(base, -1, 0, callback, NULL);
	CHECK(ev != NULL && prepare != NULL && check != NULL);
	CHECK(event_add(ev, &none) == 0 && event_add(&own, &none) == 0);
	CHECK(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED) == 2);
	CHECK(event_base_gettimeofday_cached(base, &now) == 0 && now.tv_sec > 0);
	CHECK(event_base_dispatch(base) == 1 && hooks == 3 && calls == 2);
	CHECK(event_base_got_exit(base) == 0 && event_base_got_break(base) == 0);
	CHECK(event_base_loopcontinue(base) == 0);
	CHECK(event_base_get_num_events(base,
		  EVENT_BASE_COUNT_ACTIVE | EVENT_BASE_COUNT_VIRTUAL) == 0);
	event_base_dump_events(base, stdout);
	CHECK(evhub_event_unref(ev) == 0 && evhub_event_ref(ev) == 0);
	event_free(ev);
	evwatch_free(prepare);
	evwatch_free(check);
	event_base_free(base);
	return 0;
}
