/*
 * Greenlets that die with others: who is killed, with what, and chains of them.
 */
#include "hub.h"

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

struct linked {
	evhub_greenlet_t *to;
	int error;
	unsigned when;
};

static void *
is_linked(void *arg)
{
	struct linked *linked = arg;

	CHECK(evhub_link_greenlet(linked->to, linked->when, NULL) != NULL);
	CHECK(evhub_kill_source() == NULL);
	CHECK_ERRNO(evhub_sleep(LONG), linked->error);
	CHECK_PTR(evhub_kill_source(), linked->to);
	CHECK_INT(evhub_state(linked->to) >= EVHUB_DONE, 1);
	CHECK_INT(evhub_kill_ack(), linked->error);
	CHECK(evhub_kill_source() == NULL);
	CHECK_INT(evhub_sleep(0.001), 0);
	return NULL;
}

TEST(greenlets_die_with_others)
{
	struct linked ends[] = {
		{ spawn(returns, NULL), EVHUB_ELINKED_DONE, EVHUB_ON_VALUE },
		{ spawn(fails, NULL), EVHUB_ELINKED_FAILED, EVHUB_ON_ERROR },
		{ spawn_and_run(sleeper, NULL), EVHUB_ELINKED_KILLED, EVHUB_ON_VALUE },
		{ evhub_new(NULL, returns, NULL), EVHUB_ELINKED_KILLED, EVHUB_ON_VALUE },
	};
	evhub_greenlet_t *all[COUNT(ends)];
	size_t i;

	capture_log();
	for (i = 0; i < COUNT(ends); i++)
		all[i] = spawn(is_linked, &ends[i]);
	run_others();
	CHECK_INT(evhub_kill(ends[2].to, 0, 0), 0);
	CHECK_INT(evhub_kill(ends[3].to, 0, 0), 0);
	CHECK_INT(evhub_joinall(all, COUNT(all), 0, LONG), 0);
	for (i = 0; i < COUNT(ends); i++) {
		evhub_release(all[i]);
		evhub_release(ends[i].to);
	}
}

TEST(a_greenlet_that_is_linked_to_one_that_ends_otherwise)
{
	evhub_greenlet_t *good = spawn(returns, NULL);
	evhub_greenlet_t *target = spawn(sleeper, NULL);

	CHECK(evhub_link_greenlet(good, EVHUB_ON_ERROR, target) != NULL);
	let_links_run();
	CHECK_INT(evhub_state(good), EVHUB_DONE);
	CHECK_INT(evhub_state(target), EVHUB_WAITING);
	CHECK_INT(evhub_kill(target, 0, -1), 0);
	evhub_release(good);
	evhub_release(target);
}

static void *
spawns_linked(void *arg)
{
	evhub_attr_t attr = EVHUB_ATTR_INIT;
	evhub_greenlet_t *g;
	unsigned flags = *(unsigned *)arg;

	attr.flags = flags | EVHUB_QUIET;
	g = evhub_spawn_with(&attr, flags == EVHUB_LINK_VALUE ? returns : fails, NULL);
	CHECK(g != NULL);
	CHECK_ERRNO(evhub_sleep(LONG),
	    flags == EVHUB_LINK_VALUE ? EVHUB_ELINKED_DONE : EVHUB_ELINKED_FAILED);
	CHECK_PTR(evhub_kill_source(), g);
	evhub_release(g);
	CHECK(evhub_kill_source() != NULL);
	CHECK_INT(evhub_kill_ack() != 0, 1);
	return NULL;
}

TEST(spawned_with_a_link_to_its_maker)
{
	unsigned flags[] = { EVHUB_LINK_VALUE, EVHUB_LINK_ERROR };

	end_of(spawn(spawns_linked, &flags[0]));
	end_of(spawn(spawns_linked, &flags[1]));
}

static void *
dies_of_it(void *arg)
{
	(void)arg;
	CHECK_ERRNO(evhub_sleep(LONG), EVHUB_ELINKED_FAILED);
	return NULL;
}

/* Whoever does not acknowledge it has failed with it, and so on along the chain. */
TEST(a_failure_goes_from_link_to_link)
{
	enum { MOST = 1000 };
	evhub_greenlet_t *all[MOST];
	int i, links = time_factor() > 1 ? 100 : MOST;

	capture_log();
	all[0] = spawn(fails, NULL);
	for (i = 1; i < links; i++) {
		all[i] = spawn(dies_of_it, NULL);
		CHECK(evhub_link_greenlet(all[i - 1], EVHUB_ON_ERROR, all[i]) != NULL);
	}
	run_others();
	CHECK_ERRNO(evhub_get(all[links - 1], NULL, LONG), EVHUB_ELINKED_FAILED);
	for (i = 0; i < links; i++)
		evhub_release(all[i]);
	CHECK_STR(evhub_strerror(EVHUB_ELINKED_FAILED), "a linked greenlet has failed");
}

/* Links each to the one before it, and keeps handles of the first and the last alone. */
static void
make_chain(evhub_greenlet_t *ends[2])
{
	/* Tools take their time for each stack. */
	int i, links = time_factor() > 1 ? 500 : 20000;
	evhub_greenlet_t *before, *g;

	CHECK((g = ends[0] = evhub_new(NULL, returns, NULL)) != NULL);
	for (i = 1; i < links; i++) {
		before = g;
		CHECK((g = evhub_new(NULL, returns, NULL)) != NULL);
		CHECK(evhub_link_greenlet(before, EVHUB_ON_VALUE | EVHUB_ON_ERROR, g) != NULL);
		if (i > 1)
			evhub_release(before);
	}
	ends[1] = g;
}

/* On a stack that is not deep: one ends the other, or holds the other's last reference. */
static void *
ends_chains(void *arg)
{
	evhub_greenlet_t *ends[2];

	make_chain(ends);
	CHECK_INT(evhub_kill(ends[0], 0, 0), 0);
	CHECK_INT(evhub_join(ends[1], LONG), 0);
	CHECK_INT(evhub_error(ends[1]), EVHUB_ELINKED_FAILED);
	evhub_release(ends[0]);
	evhub_release(ends[1]);
	make_chain(ends);
	evhub_release(ends[1]);
	evhub_release(ends[0]);
	return arg;
}

TEST(long_chains_of_greenlets_that_were_not_started)
{
	evhub_stats_t stats = { .size = sizeof(stats) };

	end_of(spawn(ends_chains, NULL));
	run_others();
	CHECK_INT(evhub_stats(&stats), 0);
	CHECK_INT(stats.alive, 0);
}

TEST(a_ring_of_links)
{
	evhub_greenlet_t *a = spawn(sleeper, NULL);
	evhub_greenlet_t *b = spawn(sleeper, NULL);

	CHECK(evhub_link_greenlet(a, EVHUB_ON_VALUE | EVHUB_ON_ERROR, b) != NULL);
	CHECK(evhub_link_greenlet(b, EVHUB_ON_VALUE | EVHUB_ON_ERROR, a) != NULL);
	CHECK(evhub_link_greenlet(b, EVHUB_ON_VALUE | EVHUB_ON_ERROR, b) != NULL);
	/* These are for other ends than there will be, and keep nobody. */
	CHECK(evhub_link_greenlet(a, EVHUB_ON_ERROR, b) != NULL);
	CHECK(evhub_link_greenlet(b, EVHUB_ON_VALUE, a) != NULL);
	run_others();
	capture_log();
	CHECK_INT(evhub_kill(a, 0, 0), 0);
	CHECK_INT(evhub_join(b, LONG), 0);
	let_links_run();
	evhub_release(a);
	evhub_release(b);
}
