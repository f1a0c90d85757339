/*
 * The end of the hub: what still runs, what is stuck, what is freed then, and a new beginning.
 */
#include "hub.h"

static evhub_flag_t *flag;

static void *
sleeps_a_little(void *arg)
{
	CHECK_INT(evhub_sleep(0.005), 0);
	++*(int *)arg;
	return arg;
}

static void *
waits_for_flag(void *arg)
{
	CHECK_ERRNO(evhub_flag_wait(flag, -1), ECANCELED);
	++*(int *)arg;
	return NULL;
}

TEST_ONCE(before_there_is_a_hub)
{
	CHECK_INT(evhub_shutdown(), 0);
	CHECK_INT(evhub_yield(), 0);
	CHECK_INT(evhub_shutdown(), 0);
	CHECK_INT(evhub_shutdown(), 0);
}

TEST(what_can_run_does)
{
	int ended = 0;
	evhub_greenlet_t *g = spawn(sleeps_a_little, &ended);
	evhub_greenlet_t *late = evhub_spawn_later(0.005, sleeps_a_little, &ended);

	CHECK(late != NULL);
	CHECK_INT(evhub_go(sleeps_a_little, &ended), 0);
	CHECK_INT(evhub_shutdown(), 0);
	CHECK_INT(ended, 3);
	CHECK_INT(evhub_state(g), EVHUB_DONE);
	evhub_release(g);
	evhub_release(late);
}

TEST(who_waits_is_killed)
{
	int ended = 0;
	evhub_greenlet_t *all[4];

	flag = evhub_flag_new();
	all[0] = spawn(waits_for_flag, &ended);
	all[1] = spawn_and_run(waits_for_flag, &ended);
	all[2] = evhub_new(NULL, waits_for_flag, &ended);
	all[3] = spawn(waits_for_flag, &ended);
	CHECK_INT(evhub_shutdown(), 0);
	CHECK_INT(ended, 3);
	CHECK_INT(evhub_state(all[0]), EVHUB_KILLED);
	CHECK_INT(evhub_state(all[2]), EVHUB_KILLED);
	CHECK_ERRNO(evhub_start(all[2]), EINVAL);
	CHECK_INT(evhub_join(all[1], -1), 0);
	evhub_killall(all, 4, 0, -1);
	for (ended = 0; ended < 4; ended++)
		evhub_release(all[ended]);
	evhub_flag_free(flag);
}


static void *
holds_out(void *arg)
{
	for (;;) {
		evhub_kill_ack();
		evhub_flag_wait(flag, -1);
		++*(int *)arg;
	}
	return NULL;
}

TEST(who_does_not_end_is_dropped)
{
	evhub_stats_t stats = { .size = sizeof(stats) };
	evhub_greenlet_t *g;
	int killed = 0;

	flag = evhub_flag_new();
	g = spawn_and_run(holds_out, &killed);
	capture_log();
	CHECK_INT(evhub_shutdown(), 0);
	CHECK_STR(last_log(), "evhub_shutdown: 1 greenlets do not end: dropped");
	CHECK_INT(killed, 3);
	CHECK_INT(evhub_state(g), EVHUB_KILLED);
	CHECK_PTR(evhub_value(g), EVHUB_EXIT);
	CHECK_INT(evhub_join(g, -1), 0);
	CHECK_INT(evhub_kill(g, 0, -1), 0);
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(killed, 3);
	CHECK_INT(evhub_stats(&stats), 0);
	CHECK_INT(stats.alive, 0);
	evhub_release(g);
	evhub_flag_free(flag);
	CHECK_INT(evhub_shutdown(), 0);
}

static void *
shuts_down(void *arg)
{
	CHECK_ERRNO(evhub_shutdown(), EPERM);
	return arg;
}

static void
shuts_down_in_loop(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	CHECK_ERRNO(evhub_shutdown(), EPERM);
	++*(int *)arg;
}

TEST(by_the_wrong_one)
{
	struct event ev;
	int calls = 0;

	init_base();
	end_of(spawn(shuts_down, NULL));
	evtimer_set(&ev, shuts_down_in_loop, &calls);
	CHECK_INT(add_ms(&ev, 0), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(add_ms(&ev, 0), 0);
	CHECK_INT(evhub_sleep(0.002), 0);
	CHECK_INT(calls, 2);
}

TEST(again_and_again)
{
	evhub_stats_t stats = { .size = sizeof(stats) };
	int i, ended = 0, fds = 0;

	for (i = 0; i < 20; i++) {
		flag = evhub_flag_new();
		CHECK_INT(evhub_go(sleeps_a_little, &ended), 0);
		CHECK_INT(evhub_go(waits_for_flag, &ended), 0);
		CHECK_INT(evhub_sleep(0.0001), 0);
		CHECK_INT(evhub_shutdown(), 0);
		CHECK_INT(ended, 2 * (i + 1));
		evhub_flag_free(flag);
		CHECK_INT(evhub_stats(&stats), 0);
		CHECK_INT(stats.stacks, 0);
		CHECK_INT(stats.stack_bytes, 0);
		if (i == 2)
			fds = open_fds();
	}
	CHECK_INT(open_fds(), fds);
}

/* Objects outlive it. */
TEST(objects_stay)
{
	evhub_semaphore_t *s = evhub_semaphore_new(1, 0);
	evhub_result_t *r = evhub_result_new();
	evhub_local_t *l = evhub_local_new(NULL);
	evhub_link_t *link;
	evhub_greenlet_t *g;

	flag = evhub_flag_new();
	g = spawn(returns, &flag);
	CHECK_INT(evhub_local_set(l, &flag), 0);
	link = evhub_link_result(g, r);
	CHECK_INT(evhub_semaphore_acquire(s, -1), 0);
	CHECK_INT(evhub_shutdown(), 0);
	CHECK_INT(evhub_result_get(r, NULL, 0), 0);
	CHECK_PTR(evhub_result_value(r), &flag);
	CHECK_PTR(evhub_local_get(l), &flag);
	CHECK_ERRNO(evhub_semaphore_acquire(s, 0.001), ETIMEDOUT);
	CHECK_INT(evhub_semaphore_release(s), 0);
	CHECK_INT(evhub_semaphore_acquire(s, -1), 0);
	CHECK_INT(evhub_unlink(link), 0);
	CHECK_INT(evhub_shutdown(), 0);
	evhub_semaphore_free(s);
	evhub_result_free(r);
	evhub_local_free(l);
	evhub_flag_free(flag);
	evhub_release(g);
}

static void *
says(void *arg)
{
	trace(arg);
	return NULL;
}

/* Signals that were watched are what they were before. */
TEST(signals_are_given_back)
{
	struct sigaction before, now;
	evhub_signal_t *s;

	/* What runs in the background may have it ignored. */
	CHECK(signal(SIGINT, SIG_DFL) != SIG_ERR);
	CHECK_INT(sigaction(SIGUSR1, NULL, &before), 0);
	s = evhub_signal(SIGUSR1, says, "u");
	CHECK(s != NULL);
	CHECK_INT(evhub_catch_sigint(1), 0);
	raise(SIGUSR1);
	while (*traced() == '\0')
		CHECK_INT(evhub_sleep(0.001), 0);
	evhub_signal_cancel(s);
	CHECK_INT(evhub_shutdown(), 0);
	CHECK_INT(sigaction(SIGUSR1, NULL, &now), 0);
	CHECK_PTR(now.sa_handler, before.sa_handler);
	CHECK_INT(sigaction(SIGINT, NULL, &now), 0);
	CHECK_PTR(now.sa_handler, SIG_DFL);
}

/* A base that event_init has made is the program's. */
TEST(the_programs_base_stays)
{
	struct event_base *base = init_base();
	struct event ev;
	struct note note = { 0 };

	end_of(spawn(returns, NULL));
	CHECK_INT(evhub_shutdown(), 0);
	evtimer_set(&ev, note_cb, &note);
	CHECK_INT(event_base_set(base, &ev), 0);
	CHECK_INT(add_ms(&ev, 1), 0);
	CHECK_INT(event_base_dispatch(base), 1);
	CHECK_INT(note.calls, 1);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_PTR(evhub_base(), base);
	CHECK_INT(evhub_shutdown(), 0);
	event_base_free(base);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(evhub_shutdown(), 0);
}

static void *
kills_main(void *arg)
{
	CHECK_INT(evhub_kill(evhub_main(), 0, 0), 0);
	return arg;
}

TEST(killed_meanwhile)
{
	CHECK_INT(evhub_go(kills_main, NULL), 0);
	CHECK_ERRNO(evhub_shutdown(), ECANCELED);
	CHECK_INT(evhub_kill_ack(), ECANCELED);
	CHECK_INT(evhub_shutdown(), 0);
}
