/*
 * The n-th allocation fails, for every n, in a scenario with one bufferevent on a base of its own.
 */
#ifndef EVHUB_CTESTS_BUFFEREVENT_NOMEM_H
#define EVHUB_CTESTS_BUFFEREVENT_NOMEM_H

#include "alloc.h"
#include "sides.h"

enum { FAR = 4000 };

static struct event_base *base;
static struct side side;

/* What is tried with memory running out, on a base and a side of its own each time. */
struct scenario {
	void (*prepare)(void);
	int (*try)(void);		/* 0, or -1 with errno */
	void (*unchanged)(void);	/* after a failure */
	void (*verify)(void);		/* after success */
};

/* A connection whose descriptor is so high that tables have to grow for it. */
static void
far_pair(int fds[2])
{
	make_pair(fds);
	CHECK_INT(dup2(fds[0], FAR), FAR);
	close(fds[0]);
	fds[0] = FAR;
}

static void
prepare_side(void)
{
	int fds[2];

	far_pair(fds);
	open_side_on(&side, fds[0], fds[1]);
	CHECK_INT(bufferevent_base_set(base, side.bev), 0);
}

static void
finish(void)
{
	if (side.bev != NULL)
		close_side(&side);
	memset(&side, 0, sizeof(side));
}

/* One try with the n-th allocation failing; false if that one was never reached. */
static int
torture_once(const struct scenario *scenario, int n, int and_all_that_follow)
{
	int open_before = open_fds();
	long failures;
	int result;
	int error;

	base = event_base_new();
	CHECK(base != NULL);
	scenario->prepare();
	errno = 0;
	alloc_fail(n, and_all_that_follow);
	result = scenario->try();
	error = errno;
	failures = alloc_failures();
	alloc_fail(0, 0);
	if (result != 0) {
		CHECK_INT(result, -1);
		CHECK_INT(error, ENOMEM);
		CHECK(failures > 0);
		scenario->unchanged();
		CHECK_INT(scenario->try(), 0);
	}
	scenario->verify();
	finish();
	event_base_free(base);
	CHECK_INT(open_fds() - open_before, 0);
	return failures > 0;
}

/* Three times, for the library may keep one block for the next: what leaks is more. */
static int
torture_thrice(const struct scenario *scenario, int n, int and_all_that_follow, long live_first)
{
	int failed = 0;
	int i;

	for (i = 0; i < 3; i++)
		failed |= torture_once(scenario, n, and_all_that_follow);
	CHECK(alloc_live() - live_first >= 0);
	CHECK(alloc_live() - live_first <= 1);
	return failed;
}

/* Every n, alone and with all that follow. least is how many there must be. */
static void
torture(const struct scenario *scenario, int least)
{
	long live_first;
	int sticky;

	need_shim();
	event_base_free(init_base());
	capture_log();
	live_first = alloc_live();
	torture_thrice(scenario, 1000000, 0, live_first);
	for (sticky = 0; sticky <= 1; sticky++) {
		int n = 1;

		while (torture_thrice(scenario, n, sticky, live_first))
			CHECK(++n < 10000);
		CHECK(n > least);
	}
	CHECK_INT(logged(_EVENT_LOG_ERR), 0);
}

static void
loop(void)
{
	CHECK(event_base_loop(base, EVLOOP_NONBLOCK) >= 0);
}

/* Does it read and write? What comes first belongs to the scenario. */
static void
check_side(const char *input, const char *output)
{
	char text[64];

	CHECK_INT(bufferevent_enable(side.bev, EV_READ | EV_WRITE), 0);
	say(side.peer, "works");
	CHECK_INT(write_text(side.bev, "fine"), 0);
	loop();
	snprintf(text, sizeof(text), "%sworks", input);
	CHECK_STR(text_of(side.bev->input), text);
	snprintf(text, sizeof(text), "%sfine", output);
	CHECK_STR(heard(side.peer), text);
	CHECK_INT(EVBUFFER_LENGTH(side.bev->output), 0);
}

static void
side_works(void)
{
	check_side("", "");
}

#endif
