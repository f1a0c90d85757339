/*
 * Links: functions, greenlets, results and watchers that are told of an end; unlinking; one does
 * not disturb the others (G33).
 */
#include "hub.h"

static void
notes(evhub_greenlet_t *g, void *text)
{
	CHECK(evhub_state(g) >= EVHUB_DONE);
	trace(text);
}

static void
notes_on_hub(evhub_greenlet_t *g, void *text)
{
	CHECK(evhub_current() == NULL);
	CHECK_ERRNO(evhub_sleep(0.001), EPERM);
	notes(g, text);
}

static void
notes_and_waits(evhub_greenlet_t *g, void *text)
{
	CHECK(evhub_current() != NULL);
	CHECK(evhub_current() != g);
	CHECK_INT(evhub_yield(), 0);
	notes(g, text);
}

static void *
fails(void *arg)
{
	(void)arg;
	return evhub_fail(EIO, "no luck");
}

static void
let_links_run(void)
{
	int i;

	for (i = 0; i < 10; i++)
		run_others();
}

TEST(functions_for_values_and_errors)
{
	evhub_greenlet_t *good = spawn(returns, NULL);
	evhub_greenlet_t *bad = spawn(fails, NULL);
	evhub_greenlet_t *killed = spawn_and_run(sleeper, NULL);

	capture_log();
	CHECK(evhub_link(good, EVHUB_ON_VALUE, notes, "a") != NULL);
	CHECK(evhub_link(good, EVHUB_ON_ERROR, notes, "b") != NULL);
	CHECK(evhub_link(bad, EVHUB_ON_VALUE, notes, "c") != NULL);
	CHECK(evhub_link(bad, EVHUB_ON_ERROR, notes, "d") != NULL);
	CHECK(evhub_link(killed, EVHUB_ON_VALUE, notes, "e") != NULL);
	CHECK(evhub_link(killed, EVHUB_ON_ERROR, notes, "f") != NULL);
	let_links_run();
	CHECK_STR(traced(), "ad");
	CHECK_INT(evhub_kill(killed, 0, 0), 0);
	let_links_run();
	CHECK_STR(traced(), "ade");
	evhub_release(good);
	evhub_release(bad);
	evhub_release(killed);
}

TEST(in_the_order_of_linking_each_once)
{
	evhub_greenlet_t *g = spawn(returns, NULL);

	CHECK(evhub_link(g, EVHUB_ON_VALUE | EVHUB_ON_ERROR, notes, "a") != NULL);
	CHECK(evhub_link(g, EVHUB_ON_VALUE | EVHUB_ON_HUB, notes_on_hub, "B") != NULL);
	CHECK(evhub_link(g, EVHUB_ON_VALUE, notes, "c") != NULL);
	CHECK(evhub_link(g, EVHUB_ON_VALUE | EVHUB_ON_HUB, notes_on_hub, "D") != NULL);
	CHECK(evhub_link(g, EVHUB_ON_VALUE, notes_and_waits, "e") != NULL);
	let_links_run();
	CHECK_STR(traced(), "BDace");
	evhub_release(g);
}

TEST(to_one_that_has_ended)
{
	evhub_greenlet_t *g = spawn_and_run(returns, NULL);

	CHECK(evhub_link(g, EVHUB_ON_VALUE, notes, "a") != NULL);
	CHECK(evhub_link(g, EVHUB_ON_ERROR, notes, "b") != NULL);
	CHECK(evhub_link(g, EVHUB_ON_VALUE | EVHUB_ON_HUB, notes_on_hub, "c") != NULL);
	/* Not within the call. */
	CHECK_STR(traced(), "");
	let_links_run();
	CHECK_STR(traced(), "ca");
	evhub_release(g);
}

/* Of one whose last handle goes before the link was called. */
TEST(to_one_without_handles)
{
	evhub_greenlet_t *g = spawn(returns, NULL);

	CHECK(evhub_link(g, EVHUB_ON_VALUE, notes_and_waits, "a") != NULL);
	CHECK(evhub_link(g, EVHUB_ON_VALUE | EVHUB_ON_HUB, notes_on_hub, "b") != NULL);
	evhub_release(g);
	let_links_run();
	CHECK_STR(traced(), "ba");
}

static void *
links_itself(void *arg)
{
	evhub_greenlet_t *me = evhub_current();

	CHECK(evhub_link(me, EVHUB_ON_VALUE, notes, "a") != NULL);
	CHECK(evhub_link(me, EVHUB_ON_VALUE | EVHUB_ON_HUB, notes_on_hub, "b") != NULL);
	return arg;
}

TEST(of_one_that_nobody_has_a_handle_of)
{
	CHECK_INT(evhub_go(links_itself, NULL), 0);
	let_links_run();
	CHECK_STR(traced(), "ba");
}

TEST(to_one_that_is_killed_before_it_runs)
{
	evhub_greenlet_t *started = spawn(returns, NULL);
	evhub_greenlet_t *new = evhub_new(NULL, returns, NULL);

	CHECK(evhub_link(started, EVHUB_ON_VALUE, notes, "a") != NULL);
	CHECK(evhub_link(new, EVHUB_ON_ERROR, notes, "b") != NULL);
	CHECK_INT(evhub_kill(started, 0, 0), 0);
	CHECK_INT(evhub_kill(new, EIO, 0), 0);
	let_links_run();
	CHECK_STR(traced(), "ab");
	evhub_release(started);
	evhub_release(new);
}

TEST(unlinked)
{
	evhub_greenlet_t *g = spawn(returns, NULL);
	evhub_link_t *before = evhub_link(g, EVHUB_ON_VALUE, notes, "a");
	evhub_link_t *due = evhub_link(g, EVHUB_ON_VALUE | EVHUB_ON_HUB, notes_on_hub, "b");
	evhub_link_t *after = evhub_link(g, EVHUB_ON_VALUE, notes, "c");

	CHECK_INT(evhub_unlink(before), 0);
	CHECK_INT(evhub_join(g, -1), 0);
	let_links_run();
	CHECK_STR(traced(), "bc");
	CHECK_INT(evhub_unlink(after), 0);
	CHECK_INT(evhub_unlink(due), 0);
	CHECK_ERRNO(evhub_unlink(NULL), EINVAL);
	/* Due, but not called yet. */
	due = evhub_link(g, EVHUB_ON_VALUE | EVHUB_ON_HUB, notes_on_hub, "d");
	after = evhub_link(g, EVHUB_ON_VALUE, notes, "e");
	CHECK_INT(evhub_unlink(due), 0);
	CHECK_INT(evhub_unlink(after), 0);
	let_links_run();
	CHECK_STR(traced(), "bc");
	evhub_release(g);
}

static evhub_link_t *own;

static void
unlinks_itself(evhub_greenlet_t *g, void *text)
{
	notes(g, text);
	CHECK_INT(evhub_unlink(own), 0);
}

TEST(unlinked_in_its_own_call)
{
	unsigned flags[] = { 0, EVHUB_ON_HUB };
	evhub_greenlet_t *g;
	size_t i;

	for (i = 0; i < COUNT(flags); i++) {
		g = spawn(returns, NULL);
		own = evhub_link(g, EVHUB_ON_VALUE | flags[i], unlinks_itself, "a");
		CHECK(evhub_link(g, EVHUB_ON_VALUE | flags[i], notes, "b") != NULL);
		CHECK_INT(evhub_join(g, -1), 0);
		let_links_run();
		evhub_release(g);
	}
	CHECK_STR(traced(), "abab");
}

static void
unlinks_another(evhub_greenlet_t *g, void *link)
{
	notes(g, "u");
	CHECK_INT(evhub_unlink(*(evhub_link_t **)link), 0);
}

TEST(unlinked_by_one_before_it)
{
	evhub_greenlet_t *g = spawn(returns, NULL);
	evhub_link_t *second;

	CHECK(evhub_link(g, EVHUB_ON_VALUE | EVHUB_ON_HUB, unlinks_another, &second) != NULL);
	second = evhub_link(g, EVHUB_ON_VALUE | EVHUB_ON_HUB, notes, "b");
	let_links_run();
	CHECK_STR(traced(), "u");
	evhub_release(g);
}

static void
releases(evhub_greenlet_t *g, void *text)
{
	trace(text);
	evhub_release(g);
}

TEST(the_last_handle_goes_in_a_link)
{
	evhub_greenlet_t *g = spawn(returns, NULL);

	CHECK(evhub_link(g, EVHUB_ON_VALUE | EVHUB_ON_HUB, releases, "a") != NULL);
	CHECK(evhub_link(g, EVHUB_ON_VALUE | EVHUB_ON_HUB, notes, "b") != NULL);
	CHECK(evhub_link(g, EVHUB_ON_VALUE, notes, "c") != NULL);
	let_links_run();
	CHECK_STR(traced(), "abc");
}

static int fails_told;

static void
error_hook(evhub_greenlet_t *g, int error, const char *text, void *arg)
{
	(void)g;
	(void)text;
	(void)arg;
	fails_told += error == EPIPE;
}

static void
dies(evhub_greenlet_t *g, void *arg)
{
	(void)g;
	(void)arg;
	CHECK_ERRNO(evhub_kill(evhub_current(), EPIPE, 0), EPIPE);
}

/* A link that fails is reported; the others are called. */
TEST(one_that_fails)
{
	evhub_greenlet_t *g = spawn(returns, NULL);

	CHECK_INT(evhub_set_error_hook(error_hook, NULL), 0);
	CHECK(evhub_link(g, EVHUB_ON_VALUE, notes, "a") != NULL);
	CHECK(evhub_link(g, EVHUB_ON_VALUE, dies, NULL) != NULL);
	CHECK(evhub_link(g, EVHUB_ON_VALUE, notes, "c") != NULL);
	let_links_run();
	CHECK_STR(traced(), "ac");
	CHECK_INT(fails_told, 1);
	evhub_release(g);
}

static void *
takes_result(void *arg)
{
	void *value = NULL;

	CHECK_INT(evhub_result_get(arg, &value, LONG), 0);
	CHECK_PTR(value, &own);
	return NULL;
}

TEST(results)
{
	evhub_result_t *r = evhub_result_new();
	evhub_greenlet_t *good = spawn(returns, &own);
	evhub_greenlet_t *bad = spawn(fails, NULL);
	evhub_greenlet_t *killed = evhub_new(NULL, returns, NULL);
	evhub_greenlet_t *waits = spawn_and_run(takes_result, r);

	capture_log();
	CHECK(evhub_link_result(good, r) != NULL);
	end_of(waits);
	CHECK_PTR(evhub_result_value(r), &own);
	CHECK(evhub_link_result(bad, r) != NULL);
	let_links_run();
	CHECK_ERRNO(evhub_result_get(r, NULL, 0), EIO);
	CHECK_STR(evhub_result_error_text(r), "no luck");
	CHECK(evhub_link_result(killed, r) != NULL);
	CHECK_INT(evhub_kill(killed, 0, 0), 0);
	let_links_run();
	CHECK_INT(evhub_result_error(r), 0);
	CHECK_PTR(evhub_result_value(r), EVHUB_EXIT);
	errno = 0;
	CHECK(evhub_link_result(good, NULL) == NULL && errno == EINVAL);
	evhub_release(good);
	evhub_release(bad);
	evhub_release(killed);
	evhub_result_free(r);
}

static void
watcher(evhub_waitable_t *object, void *text)
{
	CHECK(object != NULL);
	CHECK(evhub_current() == NULL);
	trace(text);
}

TEST(watchers_are_told_each_time)
{
	evhub_flag_t *flag = evhub_flag_new();
	evhub_semaphore_t *semaphore = evhub_semaphore_new(0, 0);
	evhub_greenlet_t *g = evhub_new(NULL, returns, NULL);
	evhub_link_t *links[3];
	int i;

	links[0] = evhub_watch(evhub_flag_waitable(flag), watcher, "f");
	links[1] = evhub_watch(evhub_semaphore_waitable(semaphore), watcher, "s");
	links[2] = evhub_watch(evhub_greenlet_waitable(g), watcher, "g");
	for (i = 0; i < 2; i++) {
		CHECK_INT(evhub_flag_set(flag), 0);
		CHECK_INT(evhub_flag_set(flag), 0);
		CHECK_INT(evhub_flag_clear(flag), 0);
		let_links_run();
		CHECK_INT(evhub_semaphore_release(semaphore), 0);
		let_links_run();
		CHECK_INT(evhub_semaphore_acquire(semaphore, 0), 0);
	}
	CHECK_STR(traced(), "fsfs");
	CHECK_INT(evhub_start(g), 0);
	let_links_run();
	CHECK_STR(traced(), "fsfsg");
	/* Of one that is ready already: now. */
	trace_reset();
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK(evhub_watch(evhub_flag_waitable(flag), watcher, "F") != NULL);
	let_links_run();
	CHECK_STR(traced(), "fF");
	CHECK_INT(evhub_unlink(links[0]), 0);
	CHECK_INT(evhub_flag_clear(flag), 0);
	CHECK_INT(evhub_flag_set(flag), 0);
	/* Freed with a link that is due. */
	evhub_flag_free(flag);
	let_links_run();
	CHECK_STR(traced(), "fF");
	evhub_semaphore_free(semaphore);
	evhub_release(g);
}

TEST_ONCE(links_that_make_no_sense)
{
	evhub_greenlet_t *g = spawn(returns, NULL);

	errno = 0;
	CHECK(evhub_link(NULL, EVHUB_ON_VALUE, notes, NULL) == NULL && errno == EINVAL);
	errno = 0;
	CHECK(evhub_link(g, EVHUB_ON_VALUE, NULL, NULL) == NULL && errno == EINVAL);
	errno = 0;
	CHECK(evhub_link(g, 0, notes, NULL) == NULL && errno == EINVAL);
	errno = 0;
	CHECK(evhub_link(g, EVHUB_ON_HUB, notes, NULL) == NULL && errno == EINVAL);
	errno = 0;
	CHECK(evhub_link(g, 8, notes, NULL) == NULL && errno == EINVAL);
	errno = 0;
	CHECK(evhub_link_greenlet(g, EVHUB_ON_HUB | EVHUB_ON_VALUE, NULL) == NULL);
	CHECK_INT(errno, EINVAL);
	errno = 0;
	CHECK(evhub_link_greenlet(NULL, EVHUB_ON_VALUE, g) == NULL && errno == EINVAL);
	errno = 0;
	CHECK(evhub_watch(NULL, watcher, NULL) == NULL && errno == EINVAL);
	errno = 0;
	CHECK(evhub_watch(evhub_greenlet_waitable(g), NULL, NULL) == NULL && errno == EINVAL);
	end_of(g);
}
