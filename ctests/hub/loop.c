/*
 * One loop for both: programs that run it themselves, greenlets that do, callbacks that spawn
 * (G11), and what ends a loop (G23).
 */
#include "hub.h"

static void *
says(void *text)
{
	trace(text);
	CHECK_INT(evhub_sleep(0.001), 0);
	trace(text);
	return text;
}

TEST(greenlets_run_in_a_loop_of_the_programs)
{
	evhub_greenlet_t *g;

	init_base();
	g = spawn(says, "a");
	CHECK_INT(evhub_go(says, "b"), 0);
	CHECK_STR(traced(), "");
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "abab");
	CHECK_INT(evhub_state(g), EVHUB_DONE);
	CHECK_PTR(evhub_current(), evhub_main());
	evhub_release(g);
	/* And the other way round afterwards. */
	end_of(spawn(says, "c"));
	CHECK_STR(traced(), "ababcc");
}

static void
may_not_wait(int fd, short what, void *arg)
{
	evhub_greenlet_t *g = spawn(returns, NULL);
	evhub_flag_t *flag = evhub_flag_new();
	evhub_semaphore_t *semaphore = evhub_semaphore_new(1, 0);
	evhub_waitable_t *w = evhub_flag_waitable(flag);

	(void)fd;
	(void)what;
	CHECK_ERRNO(evhub_sleep(0), EPERM);
	CHECK_ERRNO(evhub_sleep(0.001), EPERM);
	CHECK_ERRNO(evhub_yield(), EPERM);
	CHECK_ERRNO(evhub_join(g, -1), EPERM);
	CHECK_ERRNO(evhub_get(g, NULL, 0.001), EPERM);
	CHECK_ERRNO(evhub_flag_wait(flag, -1), EPERM);
	CHECK_ERRNO(evhub_semaphore_acquire(semaphore, -1), EPERM);
	CHECK_ERRNO(evhub_wait(&w, 1, 0, -1), EPERM);
	CHECK_ERRNO(evhub_with_timeout(1, returns, NULL, NULL), EPERM);
	errno = 0;
	CHECK(evhub_timeout_start(1, 0) == NULL && errno == EPERM);
	CHECK_ERRNO(evhub_shutdown(), EPERM);
	CHECK(evhub_current() == NULL && errno == EPERM);
	/* What does not wait works. */
	CHECK_ERRNO(evhub_join(g, 0), EAGAIN);
	CHECK_ERRNO(evhub_flag_wait(flag, 0), EAGAIN);
	CHECK_INT(evhub_semaphore_acquire(semaphore, 0), 0);
	CHECK_ERRNO(evhub_semaphore_acquire(semaphore, 0), EAGAIN);
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(evhub_flag_wait(flag, 0), 1);
	evhub_flag_free(flag);
	evhub_semaphore_free(semaphore);
	evhub_release(g);
	++*(int *)arg;
}

TEST(callbacks_may_not_wait)
{
	struct event ev;
	int calls = 0;

	init_base();
	evtimer_set(&ev, may_not_wait, &calls);
	CHECK_INT(add_ms(&ev, 1), 0);
	CHECK_INT(evhub_sleep(0.01), 0);
	CHECK_INT(calls, 1);
	CHECK_INT(add_ms(&ev, 1), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(calls, 2);
}

/* The hub is made by the callback: the loop is below it on the thread's stack. */
TEST(a_hub_that_is_made_in_a_callback)
{
	struct event ev;
	int calls = 0;

	init_base();
	evtimer_set(&ev, may_not_wait, &calls);
	CHECK_INT(add_ms(&ev, 1), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(calls, 1);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_PTR(evhub_current(), evhub_main());
	end_of(spawn(says, "a"));
	CHECK_STR(traced(), "aa");
}

static void
spawns(int fd, short what, void *text)
{
	(void)fd;
	(void)what;
	CHECK_INT(evhub_go(says, text), 0);
}

TEST(callbacks_spawn)
{
	struct event a, b;

	init_base();
	evtimer_set(&a, spawns, "a");
	evtimer_set(&b, spawns, "b");
	CHECK_INT(add_ms(&a, 1), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "aa");
	CHECK_INT(add_ms(&b, 1), 0);
	while (strlen(traced()) < 4)
		CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_STR(traced(), "aabb");
}

static void *
runs_a_loop(void *text)
{
	struct event_base *base = evhub_base();

	trace("(");
	CHECK(event_base_loop(base, EVLOOP_ONCE) >= 0);
	trace(")");
	return text;
}

/* While a greenlet runs the loop the others go on; and so does the greenlet, when it returns. */
TEST(a_loop_within_a_greenlet)
{
	struct event ev;
	evhub_greenlet_t *g;

	init_base();
	evtimer_set(&ev, trace_cb, "t");
	CHECK_INT(add_ms(&ev, 5), 0);
	g = spawn(runs_a_loop, NULL);
	end_of(g);
	CHECK_STR(traced(), "(t)");
	CHECK_INT(evhub_sleep(0.001), 0);
	trace_reset();
	CHECK_INT(evhub_go(says, "a"), 0);
	CHECK_INT(add_ms(&ev, 20), 0);
	end_of(spawn(runs_a_loop, NULL));
	CHECK(strchr(traced(), 'a') != NULL);
	CHECK_INT(evhub_sleep(0.03), 0);
	CHECK_INT(strlen(traced()), 5);
}

static void *
dispatches(void *arg)
{
	CHECK_INT(event_dispatch(), 1);
	++*(int *)arg;
	return arg;
}

/* Loops within loops, on stacks of greenlets that are within loops themselves. */
TEST(loops_of_several_greenlets)
{
	struct event evs[3];
	int i, ended = 0;
	evhub_greenlet_t *all[3];

	init_base();
	for (i = 0; i < 3; i++) {
		evtimer_set(&evs[i], trace_cb, "t");
		CHECK_INT(add_ms(&evs[i], 1 + 5 * i), 0);
		all[i] = spawn(dispatches, &ended);
	}
	CHECK_INT(event_dispatch(), 1);
	for (i = 0; i < 3; i++)
		CHECK_INT(evhub_join(all[i], LONG), 0);
	CHECK_INT(ended, 3);
	CHECK_STR(traced(), "ttt");
	for (i = 0; i < 3; i++)
		evhub_release(all[i]);
}

static void
wakes(int fd, short what, void *flag)
{
	(void)what;
	drain(fd);
	CHECK_INT(evhub_flag_set(flag), 0);
}

TEST(events_of_libevents_beside_greenlets)
{
	evhub_flag_t *flag = evhub_flag_new();
	struct event reader, timer;
	struct note note = { 0 };
	int fds[2];
	int64_t start;

	init_base();
	make_pair(fds);
	event_set(&reader, fds[0], EV_READ | EV_PERSIST, wakes, flag);
	CHECK_INT(event_add(&reader, NULL), 0);
	evtimer_set(&timer, note_cb, &note);
	CHECK_INT(add_ms(&timer, 10), 0);
	start = now_ns();
	CHECK_ERRNO(evhub_flag_wait(flag, 0.02), ETIMEDOUT);
	CHECK_ELAPSED(start, 20);
	CHECK_INT(note.calls, 1);
	put_byte(fds[1]);
	CHECK_INT(evhub_flag_wait(flag, LONG), 1);
	CHECK_INT(event_del(&reader), 0);
	evhub_flag_free(flag);
}

TEST(a_loop_that_is_told_to_end)
{
	evhub_greenlet_t *g;

	init_base();
	g = spawn_and_run(sleeper, NULL);
	CHECK_INT(exit_after_ms(current_base, 1), 0);
	CHECK_ERRNO(evhub_sleep(LONG), EVHUB_ELOOPEXIT);
	CHECK_INT(evhub_state(g), EVHUB_WAITING);
	/* It goes on. */
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(evhub_kill(g, 0, -1), 0);
	evhub_release(g);
}

static void *
breaks_the_loop(void *arg)
{
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(event_base_loopbreak(current_base), 0);
	return arg;
}

TEST(a_loop_that_is_broken)
{
	evhub_greenlet_t *g;

	init_base();
	g = spawn(breaks_the_loop, NULL);
	CHECK_ERRNO(evhub_sleep(LONG), EVHUB_ELOOPEXIT);
	CHECK_INT(evhub_state(g), EVHUB_DONE);
	CHECK_INT(evhub_sleep(0.001), 0);
	evhub_release(g);
	/* A loop of the program's ends as ever. */
	g = spawn(breaks_the_loop, NULL);
	CHECK_INT(evhub_go(sleeper, NULL), 0);
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(evhub_state(g), EVHUB_DONE);
	evhub_release(g);
}

static void *
wants_ebadf(void *arg)
{
	int (*wait)(void) = *(int (**)(void))arg;

	errno = 0;
	CHECK_INT(wait(), -1);
	CHECK_INT(errno, EBADF);
	return arg;
}

static evhub_flag_t *the_flag;
static int sleeps(void) { return evhub_sleep(LONG); }
static int waits(void) { return evhub_flag_wait(the_flag, -1); }
static int waits_long(void) { return evhub_flag_wait(the_flag, LONG); }

TEST(a_base_that_is_freed_while_greenlets_wait)
{
	int (*wait[])(void) = { sleeps, waits, waits_long };
	evhub_greenlet_t *all[3];
	int round;
	size_t i;

	the_flag = evhub_flag_new();
	for (round = 0; round < 3; round++) {
		struct event_base *base = evhub_base();

		for (i = 0; i < 3; i++)
			all[i] = spawn(wants_ebadf, &wait[i]);
		run_others();
		CHECK_INT(evhub_state(all[1]), EVHUB_WAITING);
		event_base_free(base);
		/* With another base. */
		CHECK_INT(evhub_joinall(all, 3, 0, LONG), 0);
		CHECK_INT(evhub_sleep(0.001), 0);
		for (i = 0; i < 3; i++)
			evhub_release(all[i]);
	}
	evhub_flag_free(the_flag);
}

static void
frees_the_base(int fd, short what, void *base)
{
	(void)fd;
	(void)what;
	event_base_free(base);
}

TEST(a_base_that_is_freed_in_its_loop)
{
	evhub_greenlet_t *g;
	struct event ev;
	int (*wait)(void) = waits_long;

	the_flag = evhub_flag_new();
	init_base();
	g = spawn_and_run(wants_ebadf, &wait);
	evtimer_set(&ev, frees_the_base, current_base);
	CHECK_INT(add_ms(&ev, 1), 0);
	CHECK_ERRNO(evhub_sleep(LONG), EBADF);
	CHECK_INT(evhub_join(g, LONG), 0);
	CHECK_INT(evhub_sleep(0.001), 0);
	evhub_release(g);
	evhub_flag_free(the_flag);
}

static void *
frees_it(void *base)
{
	event_base_free(base);
	CHECK_INT(evhub_sleep(0.001), 0);
	return base;
}

TEST(a_base_that_is_freed_by_a_greenlet)
{
	evhub_greenlet_t *g = spawn(frees_it, evhub_base());

	CHECK_ERRNO(evhub_sleep(LONG), EBADF);
	CHECK_INT(evhub_join(g, LONG), 0);
	evhub_release(g);
	g = spawn(frees_it, evhub_base());
	CHECK_INT(event_base_dispatch(evhub_base()), 0);
	CHECK_INT(evhub_join(g, LONG), 0);
	evhub_release(g);
}

/* The base is the one that event_init has made, or a new one that becomes current. */
TEST(which_base_it_is)
{
	struct event_base *base;

	CHECK(current_base == NULL);
	base = evhub_base();
	CHECK(base != NULL);
	CHECK_PTR(current_base, base);
	event_base_free(base);
	base = init_base();
	CHECK_PTR(evhub_base(), base);
}

TEST(the_base_is_the_one_of_event_init)
{
	struct event_base *base = init_base();
	struct event_base *other = event_base_new();

	CHECK(other != NULL);
	CHECK_PTR(evhub_base(), base);
	CHECK_INT(evhub_sleep(0.001), 0);
	event_base_free(other);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_PTR(evhub_base(), base);
}

/* A loop of another base is none of the hub's business, but it runs on a greenlet's stack. */
TEST(a_loop_of_another_base)
{
	struct event_base *other;
	struct event ev;
	struct note note = { 0 };

	init_base();
	other = event_base_new();
	evtimer_set(&ev, note_cb, &note);
	CHECK_INT(event_base_set(other, &ev), 0);
	CHECK_INT(add_ms(&ev, 1), 0);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(event_base_dispatch(other), 1);
	CHECK_INT(note.calls, 1);
	CHECK_INT(evhub_sleep(0.001), 0);
	event_base_free(other);
}
