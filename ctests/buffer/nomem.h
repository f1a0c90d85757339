/* What the tests of buffers without memory share: the n-th allocation fails, for every n. */
#ifndef EVHUB_CTESTS_BUFFER_NOMEM_H
#define EVHUB_CTESTS_BUFFER_NOMEM_H

#include "alloc.h"
#include "check.h"

enum { FAILED = -1 };

static struct evbuffer *buf, *other;
static char *line;			/* freed in the end */
static int cleanups;			/* calls that a failure must not make */

/* What is tried with memory running out, on buffers of its own each time. */
struct scenario {
	void (*prepare)(void);
	int (*try)(void);		/* FAILED with errno, or a result that is at least 0 */
	const char *calls;		/* of callbacks, in the end */
	void (*verify)(void);		/* after success */
	int least;			/* allocations that there must be */
	int keeps_room;			/* after a failure the block may be another one */
};

static void
take_notes(struct evbuffer *changed, size_t old, size_t new, void *name)
{
	char text[80];

	(void)changed;
	snprintf(text, sizeof(text), "%s:%zu>%zu ", (const char *)name, old, new);
	trace(text);
}

static void
prepare(const struct scenario *scenario)
{
	buf = new_buffer();
	other = new_buffer();
	line = NULL;
	cleanups = 0;
	scenario->prepare();
	evbuffer_setcb(buf, take_notes, (void *)(uintptr_t)"buf");
	evbuffer_setcb(other, take_notes, (void *)(uintptr_t)"other");
	trace_reset();
}

static void
check_contents(const struct look *before)
{
	struct look now = look_at(buf);

	CHECK_SOUND(buf);
	CHECK_INT((long long)now.fields.off, (long long)before->fields.off);
	CHECK(now.sum == before->sum);
}

/* One try with the n-th allocation failing; false if that one was never reached. */
static int
torture_once(const struct scenario *scenario, int n, int and_all_that_follow)
{
	int open_before = open_fds(), result, error;
	long live_before = alloc_live(), failures;
	struct look look, other_look;

	prepare(scenario);
	look = look_at(buf);
	other_look = look_at(other);
	errno = 0;
	alloc_fail(n, and_all_that_follow);
	result = scenario->try();
	error = errno;
	failures = alloc_failures();
	alloc_fail(0, 0);
	if (result == FAILED) {
		CHECK(failures > 0);
		CHECK_INT(error, ENOMEM);
		if (scenario->keeps_room)
			check_contents(&look);
		else
			CHECK_SAME(buf, &look);
		CHECK_SAME(other, &other_look);
		CHECK_CALLS("");
		CHECK_INT(cleanups, 0);
		CHECK(scenario->try() >= 0);
	}
	CHECK_CALLS(scenario->calls);
	CHECK_SOUND(buf);
	CHECK_SOUND(other);
	scenario->verify();
	evbuffer_free(buf);
	evbuffer_free(other);
	free(line);
	CHECK_INT(alloc_live() - live_before, 0);
	CHECK_INT(open_fds() - open_before, 0);
	return failures > 0;
}

/* Every n, alone and with all that follow. */
static void
torture(const struct scenario *scenario)
{
	int sticky;

	need_shim();
	capture_log();
	/* The first life of all pays for what is made once in a process. */
	torture_once(scenario, 1000000, 0);
	for (sticky = 0; sticky <= 1; sticky++) {
		int n = 1;

		while (torture_once(scenario, n, sticky))
			CHECK(++n < 1000);
		CHECK(n > scenario->least);
	}
	CHECK_INT(logged(_EVENT_LOG_ERR), 0);
}

static void
nothing(void)
{
}

#endif
