/*
 * Dying: cleaning up, being killed again (G06), errors and values, not dying at all (G07); several.
 */
#include "hub.h"

static int token;

static void *
cleans_up(void *arg)
{
	CHECK_ERRNO(evhub_sleep(LONG), ECANCELED);
	CHECK_ERRNO(evhub_sleep(0.001), ECANCELED);
	CHECK_INT(evhub_kill_ack(), ECANCELED);
	CHECK_INT(evhub_kill_ack(), 0);
	CHECK_INT(evhub_sleep(0.01), 0);
	CHECK_INT(evhub_yield(), 0);
	return arg;
}

TEST(cleaning_up_may_wait)
{
	evhub_greenlet_t *g = spawn_and_run(cleans_up, &token);
	int64_t start = now_ns();

	/* One that has acknowledged has not died: it is done. */
	CHECK_INT(evhub_kill(g, 0, LONG), 0);
	CHECK_ELAPSED(start, 10);
	CHECK_INT(evhub_state(g), EVHUB_DONE);
	CHECK_PTR(end_of(g), &token);
}

static void *
dies_slowly(void *arg)
{
	(void)arg;
	CHECK_ERRNO(evhub_sleep(LONG), EIO);
	CHECK_ERRNO(evhub_sleep(LONG), EIO);
	CHECK_INT(evhub_kill_ack(), EIO);
	CHECK_ERRNO(evhub_sleep(LONG), EPIPE);
	return evhub_fail(ENOENT, NULL);
}

TEST_ONCE(killed_again_while_dying)
{
	evhub_greenlet_t *g = spawn_and_run(dies_slowly, NULL);

	capture_log();
	CHECK_INT(evhub_kill(g, EIO, 0), 0);
	CHECK_INT(evhub_kill(g, EPIPE, 0), 0);
	run_others();
	/* It has failed once, and waits in the second call that fails: the first error holds. */
	CHECK_INT(evhub_kill(g, EPIPE, 0), 0);
	run_others();
	CHECK_INT(evhub_state(g), EVHUB_WAITING);
	CHECK_INT(evhub_kill(g, EPIPE, -1), 0);
	CHECK_INT(evhub_error(g), ENOENT);
	evhub_release(g);
}

TEST(one_that_does_not_die)
{
	evhub_greenlet_t *all[2];
	int64_t start = now_ns();

	all[0] = spawn_and_run(stubborn, NULL);
	all[1] = spawn_and_run(sleeper, NULL);
	CHECK_ERRNO(evhub_kill(all[0], 0, 0.01), ETIMEDOUT);
	CHECK_ELAPSED(start, 10);
	CHECK_ERRNO(evhub_join(all[0], 0), EAGAIN);
	start = now_ns();
	CHECK_ERRNO(evhub_killall(all, 2, 0, 0.01), ETIMEDOUT);
	CHECK_ELAPSED(start, 10);
	CHECK_INT(evhub_state(all[0]), EVHUB_WAITING);
	CHECK_INT(evhub_state(all[1]), EVHUB_KILLED);
	evhub_release(all[0]);
	evhub_release(all[1]);
}

static int told;
static char told_text[100];

static void
error_hook(evhub_greenlet_t *g, int error, const char *text, void *arg)
{
	told++;
	CHECK(g != NULL);
	*(int *)arg = error;
	snprintf(told_text, sizeof(told_text), "%s: %s", evhub_name(g), text != NULL ? text : "-");
}

static void *
wants_eio(void *arg)
{
	CHECK_ERRNO(evhub_sleep(LONG), EIO);
	return arg;
}

TEST_ONCE(with_an_error_of_its_own)
{
	evhub_greenlet_t *g = spawn_and_run(wants_eio, &token);
	int error = 0;

	CHECK_INT(evhub_set_error_hook(error_hook, &error), 0);
	CHECK_ERRNO(evhub_kill(g, -1, 0), EINVAL);
	CHECK_INT(evhub_kill(g, EIO, -1), 0);
	CHECK_INT(evhub_state(g), EVHUB_FAILED);
	CHECK_INT(evhub_error(g), EIO);
	CHECK_ERRNO(evhub_get(g, NULL, -1), EIO);
	CHECK_INT(told, 1);
	CHECK_INT(error, EIO);
	evhub_release(g);
	/* A plain kill is nobody's failure. */
	g = spawn_and_run(sleeper, NULL);
	CHECK_INT(evhub_kill(g, 0, -1), 0);
	CHECK_INT(told, 1);
	evhub_release(g);
}

static void *
keeps_its_value(void *arg)
{
	CHECK_ERRNO(evhub_sleep(LONG), ECANCELED);
	return arg;
}

TEST_ONCE(a_value_that_was_returned_stays)
{
	evhub_greenlet_t *g = spawn_and_run(keeps_its_value, &token);
	void *value = NULL;

	CHECK_INT(evhub_kill(g, 0, -1), 0);
	CHECK_INT(evhub_state(g), EVHUB_KILLED);
	CHECK_INT(evhub_get(g, &value, -1), 0);
	CHECK_PTR(value, &token);
	evhub_release(g);
}

static void *
counts_down(void *arg)
{
	int *left = arg;

	while (*left > 0 && evhub_sleep(0) == 0)
		--*left;
	return arg;
}

/* Whoever was never told of its kill is done. */
TEST_ONCE(killed_on_its_way_to_the_end)
{
	int left = 1;
	evhub_greenlet_t *g = spawn(counts_down, &left);

	run_others();
	left = 0;
	CHECK_INT(evhub_state(g), EVHUB_READY);
	CHECK_INT(evhub_kill(g, 0, 0), 0);
	left = 0;
	CHECK_INT(evhub_join(g, -1), 0);
	CHECK_INT(evhub_state(g), EVHUB_DONE);
	CHECK_PTR(end_of(g), &left);
}

TEST(all_at_once)
{
	evhub_greenlet_t *all[100];
	size_t i;

	CHECK_INT(evhub_killall(NULL, 0, 0, -1), 0);
	for (i = 0; i < COUNT(all); i++)
		all[i] = i % 3 == 0 ? evhub_new(NULL, may_not_run, NULL) : spawn(sleeper, NULL);
	run_others();
	all[1] = spawn(may_not_run, NULL);
	CHECK_INT(evhub_killall(all, COUNT(all), 0, 0), 0);
	CHECK_INT(evhub_state(all[2]), EVHUB_READY);
	CHECK_INT(evhub_killall(all, COUNT(all), 0, -1), 0);
	for (i = 0; i < COUNT(all); i++) {
		CHECK_INT(evhub_state(all[i]), EVHUB_KILLED);
		evhub_release(all[i]);
	}
}

static void *
kills_all_and_itself(void *arg)
{
	evhub_greenlet_t **all = arg;

	CHECK_ERRNO(evhub_killall(all, 2, 0, -1), ECANCELED);
	return NULL;
}

TEST_ONCE(all_and_oneself)
{
	evhub_greenlet_t *all[2];

	all[1] = spawn_and_run(sleeper, NULL);
	all[0] = spawn(kills_all_and_itself, all);
	CHECK_INT(evhub_joinall(all, 2, 0, -1), 0);
	CHECK_INT(evhub_state(all[0]), EVHUB_KILLED);
	CHECK_INT(evhub_state(all[1]), EVHUB_KILLED);
	evhub_release(all[0]);
	evhub_release(all[1]);
}

static int others_ran;

static void *
ignores_everything(void *arg)
{
	int i, n = *(int *)arg;

	for (i = 0; i < n; i++)
		CHECK_ERRNO(evhub_sleep(LONG), ECANCELED);
	return NULL;
}

static void *
counts_turns(void *arg)
{
	(void)arg;
	while (evhub_yield() == 0)
		others_ran++;
	return NULL;
}

TEST_ONCE(one_that_ignores_it_starves_nobody_and_is_named)
{
	evhub_attr_t attr = EVHUB_ATTR_INIT;
	int n = 1002, error = 0;
	evhub_greenlet_t *g, *counter;
	int fds[2];
	struct note note = { 0 };
	struct event ev;

	init_base();
	make_pipe(fds);
	event_set(&ev, fds[0], EV_READ, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	put_byte(fds[1]);
	CHECK_INT(evhub_set_error_hook(error_hook, &error), 0);
	attr.name = "deaf";
	g = evhub_spawn_with(&attr, ignores_everything, &n);
	run_others();
	CHECK_INT(evhub_kill(g, 0, 0), 0);
	counter = spawn(counts_turns, NULL);
	CHECK_INT(evhub_join(g, -1), 0);
	CHECK(others_ran >= 1000);
	CHECK_INT(note.calls, 1);
	CHECK_INT(told, 1);
	CHECK_INT(error, ECANCELED);
	CHECK_STR(told_text, "deaf: ignores that it was cancelled");
	CHECK_INT(evhub_kill(counter, 0, -1), 0);
	evhub_release(counter);
	evhub_release(g);
}
