/*
 * Failures that are told: the line in the log, the error hook, quiet greenlets; texts of errors.
 */
#include "hub.h"

static void *
fails(void *arg)
{
	return evhub_fail(EIO, arg, 7);
}

static void *
fails_without_words(void *arg)
{
	return evhub_fail(*(int *)arg, NULL);
}

static void
spawn_failing(const char *name, unsigned flags, evhub_fn_t fn, const void *arg)
{
	evhub_attr_t attr = EVHUB_ATTR_INIT;

	attr.name = name;
	attr.flags = flags;
	end_of(evhub_spawn_with(&attr, fn, (void *)arg));
}

TEST(a_line_in_the_log)
{
	int errors[] = { EPIPE, EVHUB_ELINKED_DONE };
	char want[100];

	capture_log();
	spawn_failing("reader", 0, fails, "disk %d");
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
	CHECK_STR(last_log(), "evhub: reader failed: disk 7");
	spawn_failing(NULL, 0, fails_without_words, &errors[0]);
	snprintf(want, sizeof(want), "evhub: greenlet-3 failed: %s", strerror(EPIPE));
	CHECK_STR(last_log(), want);
	spawn_failing("linked", 0, fails_without_words, &errors[1]);
	CHECK_STR(last_log(), "evhub: linked failed: a linked greenlet has ended");
	spawn_failing("hushed", EVHUB_QUIET, fails, "%d");
	CHECK_INT(logged(_EVENT_LOG_WARN), 3);
}

struct told {
	int count;
	int error;
	char name[64];
	char text[64];
	evhub_greenlet_t *greenlet;
};

static void
hook(evhub_greenlet_t *g, int error, const char *text, void *arg)
{
	struct told *told = arg;

	told->count++;
	told->error = error;
	told->greenlet = g;
	snprintf(told->name, sizeof(told->name), "%s", evhub_name(g));
	snprintf(told->text, sizeof(told->text), "%s", text != NULL ? text : "(null)");
	/* It may not wait, and may do the rest. */
	CHECK_ERRNO(evhub_sleep(0.001), EPERM);
	CHECK_ERRNO(evhub_yield(), EPERM);
	CHECK_INT(evhub_go(returns, NULL), 0);
	CHECK(evhub_state(g) < EVHUB_DONE);
}

TEST(a_hook)
{
	struct told told = { 0 };
	int error = ENOSPC;

	capture_log();
	CHECK_INT(evhub_set_error_hook(hook, &told), 0);
	spawn_failing("reader", 0, fails, "disk %d");
	CHECK_INT(told.count, 1);
	CHECK_INT(told.error, EIO);
	CHECK_STR(told.name, "reader");
	CHECK_STR(told.text, "disk 7");
	spawn_failing("writer", 0, fails_without_words, &error);
	CHECK_INT(told.count, 2);
	CHECK_INT(told.error, ENOSPC);
	CHECK_STR(told.text, "(null)");
	spawn_failing("hushed", EVHUB_QUIET, fails, "%d");
	CHECK_INT(told.count, 2);
	CHECK_INT(logged(_EVENT_LOG_WARN), 0);
	CHECK_INT(evhub_set_error_hook(NULL, NULL), 0);
	spawn_failing("reader", 0, fails, "disk %d");
	CHECK_INT(told.count, 2);
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
}

/* The failure of a function is that of evhub_with_timeout(), not of its greenlet. */
static void *
fails_within(void *arg)
{
	CHECK_ERRNO(evhub_with_timeout(LONG, fails, "%d", NULL), EIO);
	return arg;
}

TEST(a_failure_within_another_function)
{
	evhub_greenlet_t *g;

	capture_log();
	g = spawn(fails_within, NULL);
	CHECK_INT(evhub_join(g, -1), 0);
	CHECK_INT(evhub_state(g), EVHUB_DONE);
	CHECK_INT(evhub_error(g), 0);
	CHECK_INT(logged(_EVENT_LOG_WARN), 0);
	evhub_release(g);
}

TEST_ONCE(texts)
{
	CHECK_STR(evhub_strerror(EVHUB_ELINKED_DONE), "a linked greenlet has ended");
	CHECK_STR(evhub_strerror(EVHUB_ELINKED_FAILED), "a linked greenlet has failed");
	CHECK_STR(evhub_strerror(EVHUB_ELINKED_KILLED), "a linked greenlet was killed");
	CHECK_STR(evhub_strerror(EVHUB_ELOOPEXIT), "the loop was told to end");
	CHECK_STR(evhub_strerror(EIO), strerror(EIO));
	CHECK(evhub_strerror(-1) != NULL);
	CHECK(evhub_strerror(0x7fffffff) != NULL);
}
