/*
 * The log: what goes to stderr, what a callback gets, and that misuse is told once
 * (behaviours 41, 66, 67).
 */
#include "harness.h"
#include "child.h"

static void
silent_method(void)
{
	unsetenv("EVENT_SHOW_METHOD");
}

static void
add_bad_signal(void)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };

	signal_set(&ev, SIGKILL, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), -1);
}

static void
warn(void *unused)
{
	(void)unused;
	event_init();
	add_bad_signal();
}

TEST_ONCE(a_warning_goes_to_stderr)
{
	struct child_end end;

	silent_method();
	run_child(&end, warn, NULL);
	CHECK_INT(end.status, 0);
	CHECK_INT(strncmp(end.err, "[warn] ", 7), 0);
	CHECK(strlen(end.err) > 8);
	/* One line, and not an empty one after it. */
	CHECK_PTR(strchr(end.err, '\n'), end.err + strlen(end.err) - 1);
}

TEST_ONCE(a_warning_about_a_call_ends_in_the_error)
{
	struct child_end end;
	size_t length;

	silent_method();
	run_child(&end, warn, NULL);
	length = strlen(end.err);
	CHECK(length > 18);
	/* sigaction refuses SIGKILL, or the library does in its stead: EINVAL in words. */
	CHECK_STR(end.err + length - 19, ": Invalid argument\n");
}

static void
print_log(int severity, const char *text)
{
	fprintf(stderr, "<%d:%s>", severity, text);
}

static void
warn_by_callback(void *unused)
{
	event_set_log_callback(print_log);
	warn(unused);
}

static void
warn_by_callback_then_not(void *unused)
{
	warn_by_callback(unused);
	event_set_log_callback(NULL);
	setenv("EVENT_SHOW_METHOD", "1", 1);
	event_base_new();
}

TEST_ONCE(a_callback_gets_severity_and_text)
{
	struct child_end end;

	silent_method();
	run_child(&end, warn_by_callback, NULL);
	CHECK_INT(end.status, 0);
	CHECK_INT(strncmp(end.err, "<2:", 3), 0);
	CHECK_PTR(strchr(end.err, '\n'), NULL);
	CHECK_PTR(strchr(end.err, '>'), end.err + strlen(end.err) - 1);
	CHECK_PTR(strstr(end.err, "[warn]"), NULL);
}

TEST_ONCE(null_restores_stderr)
{
	struct child_end end;

	silent_method();
	run_child(&end, warn_by_callback_then_not, NULL);
	CHECK_INT(end.status, 0);
	CHECK_INT(strncmp(end.err, "<2:", 3), 0);
	CHECK(strstr(end.err, ">[msg] libevent using: ") != NULL);
}

TEST_ONCE(severities_have_their_values)
{
	CHECK_INT(_EVENT_LOG_DEBUG, 0);
	CHECK_INT(_EVENT_LOG_MSG, 1);
	CHECK_INT(_EVENT_LOG_WARN, 2);
	CHECK_INT(_EVENT_LOG_ERR, 3);
}

/* A production build says nothing about ordinary life. */
static void
ordinary_life(void *unused)
{
	struct event_base *base = event_init();
	struct event ev;
	struct note note = { 0, 0, 0, 0 };

	(void)unused;
	evtimer_set(&ev, note_cb, &note);
	CHECK_INT(add_ms(&ev, 1), 0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(base);
}

TEST(nothing_is_said_without_cause)
{
	struct child_end end;

	run_child(&end, ordinary_life, NULL);
	CHECK_INT(end.status, 0);
	CHECK_STR(end.err, "");
}

/* A struct that event_set never saw, filled with a pattern of illegal flags. */
static void
add_garbage(void)
{
	struct event ev;

	memset(&ev, 0x66, sizeof(ev));
	CHECK_ERRNO(event_add(&ev, NULL), EINVAL);
	CHECK_ERRNO(event_del(&ev), EINVAL);
}

static void
add_zeros(void)
{
	struct event ev;

	memset(&ev, 0, sizeof(ev));
	CHECK_ERRNO(event_add(&ev, NULL), EINVAL);
}

static void
misuse_often(void (*misuse)(void))
{
	int first;
	int i;

	capture_log();
	misuse();
	first = logged(_EVENT_LOG_WARN);
	CHECK(first >= 1);
	for (i = 0; i < 10; i++)
		misuse();
	CHECK_INT(logged(_EVENT_LOG_WARN), first);
	CHECK_INT(logged(_EVENT_LOG_ERR), 0);
}

TEST(misuse_is_told_once_and_nobody_dies)
{
	init_base();
	misuse_often(add_garbage);
	CHECK_INT(event_dispatch(), 1);
}

TEST(a_zeroed_event_is_refused)
{
	init_base();
	misuse_often(add_zeros);
	CHECK_INT(event_dispatch(), 1);
}

/* A log callback may call the library, and be changed by itself. */
static int depth;
static struct event timer;
static struct note timer_note;

static void
busy_log(int severity, const char *text)
{
	(void)severity;
	(void)text;
	CHECK_INT(++depth, 1);
	event_set_log_callback(NULL);
	evtimer_set(&timer, note_cb, &timer_note);
	CHECK_INT(add_ms(&timer, 1), 0);
	event_set_log_callback(busy_log);
	depth--;
}

TEST(the_callback_may_call_the_library)
{
	init_base();
	event_set_log_callback(busy_log);
	add_bad_signal();
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(timer_note.calls, 1);
}
