/*
 * Memory runs out at the n-th allocation, for every n: a call of a group fails with ENOMEM, the
 * group has as many members and places as before, nothing leaks, and the next try works.
 */
#include "alloc.h"
#include "series.h"

static evhub_greenlet_t *member, *stranger;
static int told_of;

static int
try_spawn(void)
{
	evhub_greenlet_t *g = evhub_group_spawn(grp, ends_at_once, NULL, 0);

	evhub_release(g);
	return g != NULL ? 0 : -1;
}

static int
try_spawn_with(void)
{
	evhub_attr_t attr = EVHUB_ATTR_INIT;
	evhub_greenlet_t *g;

	attr.name = "member";
	attr.delay = 0.001;
	g = evhub_group_spawn_with(grp, &attr, ends_at_once, NULL, 0);
	evhub_release(g);
	return g != NULL ? 0 : -1;
}

static int
try_add(void)
{
	return evhub_group_add(grp, stranger, 0);
}

static int
counts(evhub_greenlet_t *g, void *arg)
{
	(void)g;
	(void)arg;
	told_of++;
	return 0;
}

static int
try_foreach(void)
{
	int result = evhub_group_foreach(grp, counts, NULL);

	CHECK_INT(told_of, result == 0 ? 1 : 0);
	told_of = 0;
	return result;
}

static int
try_call(void)
{
	void *value = NULL;
	int result = evhub_group_call(grp, ends_at_once, AS_ARG(3), &value, -1);

	CHECK_PTR(value, result == 0 ? AS_ARG(3) : NULL);
	return result;
}

static int
try_map(void)
{
	void *in[3] = { AS_ARG(1), AS_ARG(2), AS_ARG(3) }, *out[3];
	int result = evhub_group_map(grp, ends_at_once, in, 3, out), error = errno;

	if (result == 0)
		CHECK_PTR(out[2], AS_ARG(3));
	else
		settle();
	errno = error;
	return result;
}

/* A series tells of what has failed as of an item, or of its end. */
static int
try_imap(unsigned flags)
{
	struct source source = { .last = 3 };
	evhub_imap_t *im = evhub_group_imap(grp, ends_at_once, next_of, &source, flags);
	int got, error = 0;
	intptr_t want = 1;
	void *value;

	if (im == NULL)
		return -1;
	while ((got = evhub_imap_next(im, &value, -1)) != 0) {
		if (got < 0)
			error = errno;
		else
			CHECK_PTR(value, AS_ARG(want++));
	}
	evhub_imap_free(im);
	CHECK(error != 0 || want == 4);
	errno = error;
	return error == 0 ? 0 : -1;
}

static int
try_ordered(void)
{
	return try_imap(0);
}

static int
try_unordered(void)
{
	return try_imap(EVHUB_UNORDERED);
}

static int
try_kill(void)
{
	return evhub_group_kill(grp, 0, 0);
}

static const struct scenario {
	const char *name;
	int (*try)(void);
} scenarios[] = {
	{ "spawn", try_spawn },
	{ "spawn_with", try_spawn_with },
	{ "add", try_add },
	{ "foreach", try_foreach },
	{ "call", try_call },
	{ "map", try_map },
	{ "imap", try_ordered },
	{ "imap, EVHUB_UNORDERED", try_unordered },
	{ "kill", try_kill },
};

static evhub_flag_t *flag;

/* A group with one member, which waits, and one place. */
static void
set_up(void)
{
	grp = new_group(2);
	flag = new_flag();
	member = start_in(grp, until, flag);
	stranger = start(until, flag);
	settle();
}

static void
tear_down(void)
{
	settle();
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(evhub_group_join(grp, 0, -1), 0);
	CHECK_INT(evhub_join(stranger, -1), 0);
	evhub_release(member);
	evhub_release(stranger);
	CHECK_INT(evhub_group_free_count(grp), 2);
	evhub_flag_free(flag);
	end_with(grp);
}

/* One try with the n-th allocation failing; false if that one was never reached. */
static int
torture_once(const struct scenario *scenario, int n)
{
	long live_before, failures;
	int result, error;

	/* What the hub keeps for the next time is kept before it is counted. */
	set_up();
	scenario->try();
	tear_down();
	live_before = alloc_live();
	set_up();
	alloc_fail(n, 0);
	result = scenario->try();
	error = errno;
	failures = alloc_failures();
	alloc_fail(0, 0);
	if (result != 0) {
		CHECK(failures > 0);
		CHECK_INT(error, ENOMEM);
		CHECK_INT(evhub_group_size(grp), 1);
		CHECK_INT(evhub_group_free_count(grp), 1);
		CHECK_INT(evhub_group_contains(grp, member), 1);
		CHECK_INT(alive(), 2);
		CHECK_INT(scenario->try(), 0);
	}
	tear_down();
	CHECK_INT(alloc_live() - live_before, 0);
	return failures > 0;
}

ALLOC_TEST(every_allocation_may_fail)
{
	size_t i;

	need_shim();
	capture_log();
	/* The first life of all pays for what is made once in a process. */
	set_up();
	CHECK_INT(try_spawn_with(), 0);
	tear_down();
	for (i = 0; i < COUNT(scenarios); i++) {
		int n = 1;

		while (torture_once(&scenarios[i], n))
			CHECK(++n < 1000);
		if (n < 2)
			test_fail(__FILE__, __LINE__, "%s: no allocation", scenarios[i].name);
	}
}

ALLOC_TEST(there_is_no_memory_for_a_group)
{
	need_shim();
	grp = new_group(1);
	evhub_group_free(grp);
	alloc_fail(1, 0);
	CHECK_PTR(evhub_group_new(1), NULL);
	CHECK_INT(errno, ENOMEM);
	alloc_fail(0, 0);
	grp = new_group(1);
	end_with(grp);
}
