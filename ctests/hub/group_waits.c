/*
 * Every call of a group that waits can be ended: by a kill, by a limit, by its own timeout; and
 * then nothing has happened to the group.
 */
#include "groups.h"

static evhub_group_t *grp;
static evhub_imap_t *im;
static evhub_flag_t *flag;

static int
join(double timeout)
{
	return evhub_group_join(grp, 0, timeout);
}

static int
join_until_failure(double timeout)
{
	return evhub_group_join(grp, EVHUB_RAISE, timeout);
}

static int
spawn_member(double timeout)
{
	return evhub_group_spawn(grp, ends_at_once, NULL, timeout) != NULL ? 0 : -1;
}

static int
spawn_with(double timeout)
{
	return evhub_group_spawn_with(grp, NULL, ends_at_once, NULL, timeout) != NULL ? 0 : -1;
}

static int
add(double timeout)
{
	evhub_greenlet_t *g = evhub_new(NULL, ends_at_once, NULL);
	int result = evhub_group_add(grp, g, timeout), error = errno;

	evhub_release(g);
	errno = error;
	return result;
}

static int
wait_available(double timeout)
{
	return evhub_group_wait_available(grp, timeout);
}

static int
call(double timeout)
{
	return evhub_group_call(grp, ends_at_once, NULL, NULL, timeout);
}

/* Beside the pool that is full: in a group of its own. */
static int
call_elsewhere(double timeout)
{
	evhub_group_t *other = new_group(1);
	int result = evhub_group_call(other, until, flag, NULL, timeout), error = errno;

	evhub_group_free(other);
	errno = error;
	return result;
}

static int
map(double timeout)
{
	void *in[2] = { NULL, NULL };

	(void)timeout;
	return evhub_group_map(grp, ends_at_once, in, 2, in);
}

static int
map_elsewhere(double timeout)
{
	evhub_group_t *other = new_group(0);
	void *in[2];
	int result, error;

	(void)timeout;
	in[0] = in[1] = flag;
	result = evhub_group_map(other, until, in, 2, in);
	error = errno;
	evhub_group_free(other);
	errno = error;
	return result;
}

static int
imap_next(double timeout)
{
	return evhub_imap_next(im, NULL, timeout);
}

static int
no_item_yet(void *arg, void **item)
{
	*item = NULL;
	return evhub_flag_wait(arg, -1) == 1 ? 0 : -1;
}

static const struct wait {
	const char *name;
	int (*wait)(double timeout);
	int has_timeout;
} waits[] = {
	{ "join", join, 1 },
	{ "join, EVHUB_RAISE", join_until_failure, 1 },
	{ "spawn", spawn_member, 1 },
	{ "spawn_with", spawn_with, 1 },
	{ "add", add, 1 },
	{ "wait_available", wait_available, 1 },
	{ "call", call, 1 },
	{ "call, running", call_elsewhere, 1 },
	{ "map", map, 0 },
	{ "map, running", map_elsewhere, 0 },
	{ "imap_next", imap_next, 1 },
};

static void *
waits_for_ever(void *arg)
{
	const struct wait *wait = arg;
	int result = wait->wait(-1), error = errno;

	CHECK_INT(result, -1);
	return AS_ARG(error);
}

static void *
comes_killed(void *arg)
{
	const struct wait *wait = arg;

	CHECK_INT(evhub_kill(evhub_current(), EIO, 0), -1);
	CHECK_ERRNO(wait->wait(-1), EIO);
	CHECK_ERRNO(wait->wait(wait->has_timeout ? TOO_LONG : -1), EIO);
	CHECK_INT(evhub_kill_ack(), EIO);
	return NULL;
}

/* A full pool, and a series that stands still. */
static void
set_up(void)
{
	grp = new_group(1);
	flag = new_flag();
	go_in(grp, until, flag);
	im = evhub_group_imap(grp, ends_at_once, no_item_yet, flag, 0);
	CHECK(im != NULL);
	settle();
}

static void
check_unchanged(const char *name)
{
	settle();
	if (evhub_group_size(grp) != 1 || evhub_group_free_count(grp) != 0 || alive() != 2)
		test_fail(__FILE__, __LINE__, "%s: %zu members, %ld places, %zu greenlets", name,
		    evhub_group_size(grp), evhub_group_free_count(grp), alive());
}

static void
tear_down(void)
{
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(evhub_group_join(grp, 0, -1), 0);
	CHECK_INT(evhub_group_free_count(grp), 1);
	CHECK_INT(evhub_imap_next(im, NULL, -1), 0);
	evhub_imap_free(im);
	evhub_flag_free(flag);
	end_with(grp);
}

TEST(all_waits_can_be_killed)
{
	evhub_greenlet_t *g;
	size_t i;

	set_up();
	for (i = 0; i < COUNT(waits); i++) {
		g = start(waits_for_ever, (void *)&waits[i]);
		settle();
		CHECK_INT(evhub_state(g), EVHUB_WAITING);
		CHECK_INT(evhub_kill(g, EIO, -1), 0);
		CHECK_PTR(evhub_value(g), AS_ARG(EIO));
		evhub_release(g);
		check_unchanged(waits[i].name);
	}
	tear_down();
}

/* Before they wait: even what would not have to wait does not happen. */
TEST_ONCE(whoever_was_killed_does_not_begin_to_wait)
{
	size_t i;

	set_up();
	for (i = 0; i < COUNT(waits); i++) {
		(void)value_of(start(comes_killed, (void *)&waits[i]));
		check_unchanged(waits[i].name);
	}
	tear_down();
	grp = new_group(0);
	flag = new_flag();
	im = evhub_group_imap(grp, ends_at_once, no_item_yet, flag, 0);
	CHECK_INT(evhub_flag_set(flag), 0);
	settle();
	for (i = 0; i < COUNT(waits); i++) {
		(void)value_of(start(comes_killed, (void *)&waits[i]));
		CHECK_INT(evhub_group_size(grp), 0);
	}
	evhub_imap_free(im);
	evhub_flag_free(flag);
	end_with(grp);
}

TEST(all_waits_end_by_a_limit)
{
	evhub_timeout_t *limit;
	size_t i;

	set_up();
	for (i = 0; i < COUNT(waits); i++) {
		limit = evhub_timeout_start(0.002, EILSEQ);
		CHECK(limit != NULL);
		CHECK_ERRNO(waits[i].wait(-1), EILSEQ);
		evhub_timeout_cancel(limit);
		check_unchanged(waits[i].name);
	}
	tear_down();
}

TEST(all_waits_end_in_time)
{
	int64_t start_ns;
	size_t i;

	set_up();
	for (i = 0; i < COUNT(waits); i++) {
		if (!waits[i].has_timeout)
			continue;
		start_ns = now_ns();
		CHECK_ERRNO(waits[i].wait(0.005), ETIMEDOUT);
		CHECK_ELAPSED(start_ns, 5);
		check_unchanged(waits[i].name);
		CHECK_ERRNO(waits[i].wait(0), EAGAIN);
		check_unchanged(waits[i].name);
	}
	tear_down();
}

static void *
kills_the_group(void *seconds)
{
	int result = evhub_group_kill(grp, 0, (double)(intptr_t)seconds);

	return AS_ARG(result == 0 ? 0 : errno);
}

/* Killing a group waits, too, for members that do not end. */
TEST_ONCE(who_kills_a_group_can_be_killed)
{
	evhub_greenlet_t *g;

	grp = new_group(1);
	flag = new_flag();
	go_in(grp, lives_until, flag);
	settle();
	g = start(kills_the_group, AS_ARG(-1));
	settle();
	CHECK_INT(evhub_kill(g, EIO, -1), 0);
	CHECK_PTR(value_of(g), AS_ARG(EIO));
	g = start(kills_the_group, AS_ARG(1000));
	settle();
	/* Not taken for what tells it of new members. */
	CHECK_INT(evhub_kill(g, EINPROGRESS, -1), 0);
	CHECK_PTR(value_of(g), AS_ARG(EINPROGRESS));
	CHECK_INT(evhub_group_size(grp), 1);
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(evhub_group_join(grp, 0, -1), 0);
	evhub_flag_free(flag);
	end_with(grp);
}
