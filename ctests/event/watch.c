/* Hooks before and after each wait (event_ext.h: evwatch). */
#include "harness.h"

#include <evhub/event_ext.h>

struct hook {
	struct evwatch *watch;
	const char *name;
	struct evwatch *victim;		/* freed at the next call */
	int calls;
	int bounded;
	struct timeval timeout;
};

static void
prepare_cb(struct evwatch *watch, const struct evwatch_prepare_cb_info *info, void *arg)
{
	struct hook *hook = arg;
	struct evwatch *victim = hook->victim;

	CHECK_PTR(watch, hook->watch);
	CHECK_PTR(evhub_evwatch_base(watch), current_base);
	hook->calls++;
	hook->bounded = evhub_evwatch_prepare_get_timeout(info, &hook->timeout);
	if (hook->name != NULL)
		trace(hook->name);
	hook->victim = NULL;
	evhub_evwatch_free(victim);
}

static void
check_cb(struct evwatch *watch, const struct evwatch_check_cb_info *info, void *arg)
{
	struct hook *hook = arg;
	struct evwatch *victim = hook->victim;

	(void)info;
	CHECK_PTR(watch, hook->watch);
	CHECK_PTR(evhub_evwatch_base(watch), current_base);
	hook->calls++;
	if (hook->name != NULL)
		trace(hook->name);
	hook->victim = NULL;
	evhub_evwatch_free(victim);
}

static void
prepare(struct hook *hook, const char *name)
{
	memset(hook, 0, sizeof(*hook));
	hook->name = name;
	hook->watch = evhub_evwatch_prepare_new(current_base, prepare_cb, hook);
	CHECK(hook->watch != NULL);
}

static void
check(struct hook *hook, const char *name)
{
	memset(hook, 0, sizeof(*hook));
	hook->name = name;
	hook->watch = evhub_evwatch_check_new(current_base, check_cb, hook);
	CHECK(hook->watch != NULL);
}

static void
add_timer(struct event *ev, long ms, char *text)
{
	evtimer_set(ev, trace_cb, text);
	CHECK_INT(add_ms(ev, ms), 0);
}

TEST(before_and_after_each_wait)
{
	struct hook before;
	struct hook after;
	struct event ev;

	init_base();
	check(&after, ")");
	prepare(&before, "(");
	add_timer(&ev, 0, "t");
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(traced(), "()t");
	add_timer(&ev, 0, "t");
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_STR(traced(), "()t()t");
	evhub_evwatch_free(before.watch);
	evhub_evwatch_free(after.watch);
	add_timer(&ev, 0, "t");
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "()t()tt");
	evhub_evwatch_free(NULL);
}

TEST(hooks_do_not_keep_the_loop_alive)
{
	struct hook before;
	struct hook after;

	init_base();
	prepare(&before, NULL);
	check(&after, NULL);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	CHECK_INT(before.calls, after.calls);
	/* They go with their base. */
	event_base_free(current_base);
}

TEST(a_hook_knows_how_long_the_wait_may_last)
{
	struct event timer;
	struct event reader;
	struct hook before;
	int fds[2];

	init_base();
	prepare(&before, NULL);
	make_pipe(fds);
	put_byte(fds[1]);
	event_set(&reader, fds[0], EV_READ, trace_cb, "r");
	CHECK_INT(event_add(&reader, NULL), 0);
	/* Nothing limits the wait for the pipe. */
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(before.calls, 1);
	CHECK_INT(before.bounded, 0);
	CHECK_INT(event_add(&reader, NULL), 0);
	add_timer(&timer, 5000, "t");
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(before.calls, 2);
	CHECK_INT(before.bounded, 1);
	CHECK(before.timeout.tv_sec <= 5);
	CHECK(before.timeout.tv_sec >= 1);
	CHECK_INT(event_add(&reader, NULL), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(before.bounded, 1);
	CHECK_INT(before.timeout.tv_sec, 0);
	CHECK_INT(before.timeout.tv_usec, 0);
	CHECK_STR(traced(), "rrr");
}

TEST(several_hooks_run_in_the_order_of_their_making)
{
	struct hook hooks[6];
	struct event ev;

	init_base();
	prepare(&hooks[0], "a");
	check(&hooks[1], "x");
	prepare(&hooks[2], "b");
	check(&hooks[3], "y");
	prepare(&hooks[4], "c");
	check(&hooks[5], "z");
	add_timer(&ev, 0, "t");
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(traced(), "abcxyzt");
}

/* Frees hook "victim" of the same kind from within hook "killer"; what is left to run. */
static void
free_within(int killer, int victim, const char *want)
{
	static const char *const names[] = { "a", "b", "c" };
	struct hook before[3];
	struct hook after[3];
	struct event ev;
	int i;

	trace_reset();
	for (i = 0; i < 3; i++) {
		prepare(&before[i], names[i]);
		check(&after[i], names[i]);
	}
	before[killer].victim = before[victim].watch;
	after[killer].victim = after[victim].watch;
	add_timer(&ev, 0, "|");
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(traced(), want);
	trace_reset();
	add_timer(&ev, 0, "|");
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(strlen(traced()), 5);
	for (i = 0; i < 3; i++) {
		if (i == victim)
			continue;
		evhub_evwatch_free(before[i].watch);
		evhub_evwatch_free(after[i].watch);
	}
}

TEST(hooks_may_be_freed_inside_hooks)
{
	init_base();
	free_within(0, 0, "abcabc|");
	free_within(1, 1, "abcabc|");
	free_within(2, 2, "abcabc|");
	free_within(0, 1, "acac|");
	free_within(0, 2, "abab|");
	free_within(1, 0, "abcabc|");
	free_within(2, 0, "abcabc|");
	free_within(1, 2, "abab|");
}

static void
free_after_cb(struct evwatch *watch, const struct evwatch_prepare_cb_info *info, void *arg)
{
	struct hook *after = arg;

	(void)watch;
	(void)info;
	evhub_evwatch_free(after->watch);
	after->watch = NULL;
}

TEST(a_hook_may_free_one_of_the_other_kind)
{
	struct evwatch *killer;
	struct hook after;
	struct event ev;

	init_base();
	check(&after, ")");
	killer = evhub_evwatch_prepare_new(current_base, free_after_cb, &after);
	CHECK(killer != NULL);
	add_timer(&ev, 0, "t");
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(traced(), "t");
	evhub_evwatch_free(killer);
}

static struct event late;

static void
adding_cb(struct evwatch *watch, const struct evwatch_prepare_cb_info *info, void *arg)
{
	int *turns = arg;

	(void)info;
	if (--*turns > 0)
		add_timer(&late, 0, "t");
	else
		evhub_evwatch_free(watch);
}

/* What a hook adds or breaks counts for the very wait that follows. */
TEST(a_hook_may_add_events)
{
	struct event first;
	int turns = 5;

	init_base();
	CHECK(evhub_evwatch_prepare_new(current_base, adding_cb, &turns) != NULL);
	add_timer(&first, 3600000, "never");
	CHECK_INT(exit_after_ms(current_base, 20), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_STR(traced(), "tttt");
	CHECK_INT(event_del(&first), 0);
}

static void
breaking_cb(struct evwatch *watch, const struct evwatch_check_cb_info *info, void *arg)
{
	(void)info;
	(void)arg;
	CHECK_INT(event_base_loopbreak(evhub_evwatch_base(watch)), 0);
}

TEST(a_hook_may_break_the_loop)
{
	struct evwatch *watch;
	struct event ev;

	init_base();
	watch = evhub_evwatch_check_new(current_base, breaking_cb, NULL);
	CHECK(watch != NULL);
	add_timer(&ev, 1, "t");
	CHECK_INT(event_dispatch(), 0);
	evhub_evwatch_free(watch);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "t");
}

TEST(hooks_need_base_and_callback)
{
	capture_log();
	errno = 0;
	CHECK_PTR(evhub_evwatch_prepare_new(NULL, prepare_cb, NULL), NULL);
	CHECK_INT(errno, EINVAL);
	errno = 0;
	CHECK_PTR(evhub_evwatch_check_new(NULL, check_cb, NULL), NULL);
	CHECK_INT(errno, EINVAL);
	init_base();
	errno = 0;
	CHECK_PTR(evhub_evwatch_prepare_new(current_base, NULL, NULL), NULL);
	CHECK_INT(errno, EINVAL);
}

static void
loop_in_check(struct evwatch *watch, const struct evwatch_check_cb_info *info, void *arg)
{
	int *rounds = arg;

	(void)info;
	if ((*rounds)++ == 0)
		CHECK(event_base_loop(evwatch_base(watch), EVLOOP_ONCE | EVLOOP_NONBLOCK) >= 0);
}

/* What the outer wait has found is not lost to a loop that a hook runs. */
TEST(a_check_hook_may_run_a_loop)
{
	struct event_base *base = init_base();
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	struct evwatch *watch;
	int fds[2], rounds = 0;

	make_pair(fds);
	put_byte(fds[1]);
	event_set(&ev, fds[0], EV_READ, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	watch = evwatch_check_new(base, loop_in_check, &rounds);
	CHECK(watch != NULL);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
	event_base_free(base);
}
