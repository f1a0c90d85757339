/*
 * A callback that throws. "throw catch": the exception is caught around the loop, which then
 * goes on; "throw": nobody catches it. The answers go to stdout.
 */
#include <event.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>

static void
throwing_cb(int, short, void *)
{
	throw std::runtime_error("thrown in a callback");
}

static void
counting_cb(int, short, void *calls)
{
	++*static_cast<int *>(calls);
}

static void
add_timer(struct event *ev, void (*cb)(int, short, void *), void *arg)
{
	struct timeval none = { 0, 0 };

	evtimer_set(ev, cb, arg);
	event_add(ev, &none);
}

/* One of each kind throws: a timer, a signal with a call left, then a timer in a nested loop. */
static int
loop_and_catch()
{
	try {
		return event_dispatch();
	} catch (const std::runtime_error &error) {
		printf("caught: %s\n", error.what());
		return 77;
	}
}

static void
nesting_cb(int, short, void *)
{
	event_loop(EVLOOP_ONCE);
	puts("not reached");
}

static bool
catch_all()
{
	struct event thrower, other, nester;
	int calls = 0;
	bool good = true;

	add_timer(&thrower, throwing_cb, NULL);
	add_timer(&other, counting_cb, &calls);
	good = good && loop_and_catch() == 77 && loop_and_catch() == 1 && calls == 1;
	event_set(&thrower, SIGUSR1, EV_SIGNAL, throwing_cb, NULL);
	event_add(&thrower, NULL);
	raise(SIGUSR1);
	raise(SIGUSR1);
	good = good && loop_and_catch() == 77 && loop_and_catch() == 77 && loop_and_catch() == 1;
	add_timer(&nester, nesting_cb, NULL);
	add_timer(&thrower, throwing_cb, NULL);
	good = good && loop_and_catch() == 77;
	add_timer(&other, counting_cb, &calls);
	good = good && loop_and_catch() == 1 && calls == 2;
	event_base_free(NULL);
	return good;
}

int
main(int argc, char **argv)
{
	struct event thrower;

	event_init();
	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc > 1 && strcmp(argv[1], "catch") == 0) {
		puts(catch_all() ? "good" : "bad");
		return 0;
	}
	add_timer(&thrower, throwing_cb, NULL);
	event_dispatch();
	puts("returned");
	return 0;
}
