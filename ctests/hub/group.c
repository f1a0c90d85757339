/* Groups: who is in them, and joining them. */
#include "groups.h"

TEST_ONCE(members_leave_in_the_moment_they_end)
{
	evhub_group_t *grp = new_group(0);
	evhub_greenlet_t *g[3];
	int i;

	CHECK_INT(evhub_group_free_count(grp), -1);
	for (i = 0; i < 3; i++)
		g[i] = start_in(grp, ends_at_once, AS_ARG(i));
	CHECK_INT(evhub_group_size(grp), 3);
	for (i = 0; i < 3; i++)
		CHECK_INT(evhub_group_contains(grp, g[i]), 1);
	for (i = 0; i < 3; i++) {
		CHECK_INT(evhub_join(g[i], -1), 0);
		CHECK_INT(evhub_group_contains(grp, g[i]), 0);
	}
	CHECK_INT(evhub_group_size(grp), 0);
	for (i = 0; i < 3; i++)
		CHECK_PTR(value_of(g[i]), AS_ARG(i));
	end_with(grp);
}

static void *
counts_members(void *arg)
{
	evhub_greenlet_t **pair = arg;

	CHECK_INT(evhub_join(pair[0], -1), 0);
	return AS_ARG(evhub_group_size((evhub_group_t *)pair[1]));
}

/* Who joins first runs first after the end, and sees the place free. */
TEST_ONCE(a_joiner_sees_one_member_less)
{
	evhub_group_t *grp = new_group(2);
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *pair[2], *g, *joiner;

	go_in(grp, until, flag);
	pair[0] = g = start_in(grp, ends_at_once, NULL);
	pair[1] = (evhub_greenlet_t *)grp;
	joiner = start(counts_members, pair);
	CHECK_PTR(value_of(joiner), AS_ARG(1));
	CHECK_INT(evhub_group_free_count(grp), 1);
	evhub_release(g);
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(evhub_group_join(grp, 0, -1), 0);
	evhub_flag_free(flag);
	end_with(grp);
}

TEST_ONCE(adding_and_discarding)
{
	evhub_group_t *grp = new_group(0), *other = new_group(3);
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *g = start(until, flag), *ended = start(ends_at_once, NULL);

	CHECK_INT(evhub_join(ended, -1), 0);
	CHECK_INT(evhub_group_add(grp, ended, -1), 0);
	CHECK_INT(evhub_group_contains(grp, ended), 0);
	CHECK_INT(evhub_group_size(grp), 0);

	CHECK_INT(evhub_group_contains(grp, g), 0);
	CHECK_INT(evhub_group_discard(grp, g), 0);
	CHECK_INT(evhub_group_add(grp, g, -1), 0);
	CHECK_INT(evhub_group_add(grp, g, -1), 0);
	CHECK_INT(evhub_group_size(grp), 1);
	CHECK_INT(evhub_group_add(other, g, 0), 0);
	CHECK_INT(evhub_group_add(other, g, 0), 0);
	CHECK_INT(evhub_group_free_count(other), 2);
	CHECK_INT(evhub_group_discard(grp, g), 1);
	CHECK_INT(evhub_group_discard(grp, g), 0);
	CHECK_INT(evhub_group_size(grp), 0);
	CHECK_INT(evhub_group_contains(other, g), 1);
	CHECK_INT(evhub_group_add(grp, g, 0), 0);
	CHECK_INT(evhub_group_discard(other, g), 1);
	CHECK_INT(evhub_group_contains(grp, g), 1);
	CHECK_INT(evhub_group_add(other, g, 0), 0);

	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(evhub_join(g, -1), 0);
	CHECK_INT(evhub_group_size(grp), 0);
	CHECK_INT(evhub_group_size(other), 0);
	evhub_release(g);
	evhub_release(ended);
	evhub_flag_free(flag);
	evhub_group_free(other);
	end_with(grp);
}

TEST_ONCE(what_was_not_started_can_be_a_member)
{
	evhub_group_t *grp = new_group(0);
	evhub_greenlet_t *g = evhub_new(NULL, ends_at_once, NULL), *dropped;

	CHECK_INT(evhub_group_add(grp, g, -1), 0);
	CHECK_ERRNO(evhub_group_join(grp, 0, 0), EAGAIN);
	CHECK_INT(evhub_start(g), 0);
	CHECK_INT(evhub_group_join(grp, 0, -1), 0);
	CHECK_INT(evhub_state(g), EVHUB_DONE);
	evhub_release(g);

	/* The group keeps it, until it lets go of it. */
	dropped = evhub_new(NULL, ends_at_once, NULL);
	CHECK_INT(evhub_group_add(grp, dropped, -1), 0);
	evhub_release(dropped);
	CHECK_INT(evhub_group_contains(grp, dropped), 1);
	CHECK_INT(evhub_group_discard(grp, dropped), 1);
	CHECK_INT(alive(), 0);
	dropped = evhub_new(NULL, ends_at_once, NULL);
	CHECK_INT(evhub_group_add(grp, dropped, -1), 0);
	evhub_release(dropped);
	CHECK_INT(evhub_group_kill(grp, 0, -1), 0);
	end_with(grp);
}

TEST_ONCE(attributes_of_members)
{
	evhub_attr_t attr = EVHUB_ATTR_INIT;
	evhub_group_t *grp = new_group(1);
	evhub_greenlet_t *g;
	int64_t start_ns = now_ns();

	attr.name = "member";
	attr.delay = 0.02;
	g = evhub_group_spawn_with(grp, &attr, ends_at_once, NULL, 0);
	CHECK(g != NULL);
	CHECK_STR(evhub_name(g), "member");
	CHECK_INT(evhub_group_size(grp), 1);
	CHECK_INT(evhub_group_join(grp, 0, -1), 0);
	CHECK_ELAPSED(start_ns, 20);
	CHECK_INT(evhub_state(g), EVHUB_DONE);
	evhub_release(g);

	/* What cannot be made takes no place. */
	attr.stack_size = SIZE_MAX;
	CHECK_PTR(evhub_group_spawn_with(grp, &attr, ends_at_once, NULL, 0), NULL);
	attr.stack_size = 0;
	attr.flags = 1U << 31;
	CHECK_PTR(evhub_group_spawn_with(grp, &attr, ends_at_once, NULL, 0), NULL);
	CHECK_INT(errno, EINVAL);
	CHECK_INT(evhub_group_free_count(grp), 1);
	end_with(grp);
}

static evhub_group_t *walked;
static evhub_greenlet_t *seen[8];
static int seen_count;

static int
sees(evhub_greenlet_t *g, void *arg)
{
	seen[seen_count++] = g;
	return seen_count == (int)(intptr_t)arg ? 17 : 0;
}

static int
takes_the_next_out(evhub_greenlet_t *g, void *next)
{
	(void)g;
	seen_count++;
	CHECK_INT(evhub_group_discard(walked, next), 1);
	return 0;
}

static int
kills_it(evhub_greenlet_t *g, void *arg)
{
	(void)arg;
	seen_count++;
	CHECK_INT(evhub_kill(g, 0, -1), 0);
	return 0;
}

static int
frees_the_group(evhub_greenlet_t *g, void *arg)
{
	(void)g;
	(void)arg;
	seen_count++;
	evhub_group_free(walked);
	return 0;
}

TEST_ONCE(each_member_is_told_of)
{
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *g[3];
	int i;

	walked = new_group(0);
	CHECK_INT(evhub_group_foreach(walked, sees, NULL), 0);
	for (i = 0; i < 3; i++)
		g[i] = start_in(walked, until, flag);
	CHECK_INT(evhub_group_foreach(walked, sees, NULL), 0);
	CHECK_INT(seen_count, 3);
	for (i = 0; i < 3; i++)
		CHECK_PTR(seen[i], g[i]);
	seen_count = 0;
	CHECK_INT(evhub_group_foreach(walked, sees, AS_ARG(2)), 17);
	CHECK_INT(seen_count, 2);

	seen_count = 0;
	CHECK_INT(evhub_group_discard(walked, g[2]), 1);
	CHECK_INT(evhub_group_foreach(walked, takes_the_next_out, g[1]), 0);
	CHECK_INT(seen_count, 1);
	CHECK_INT(evhub_group_size(walked), 1);
	CHECK_INT(evhub_group_add(walked, g[1], 0), 0);
	CHECK_INT(evhub_group_add(walked, g[2], 0), 0);
	seen_count = 0;
	CHECK_INT(evhub_group_foreach(walked, kills_it, NULL), 0);
	CHECK_INT(seen_count, 3);
	CHECK_INT(evhub_group_size(walked), 0);
	for (i = 0; i < 3; i++)
		evhub_release(g[i]);

	go_in(walked, until, flag);
	go_in(walked, until, flag);
	seen_count = 0;
	CHECK_INT(evhub_group_foreach(walked, frees_the_group, NULL), 0);
	CHECK_INT(seen_count, 1);
	CHECK_INT(evhub_flag_set(flag), 0);
	settle();
	CHECK_INT(alive(), 0);
	evhub_flag_free(flag);
	CHECK_INT(evhub_shutdown(), 0);
}

/* ---- Joining ---- */

TEST(joining_waits_until_the_group_is_empty)
{
	evhub_group_t *grp = new_group(0);
	evhub_flag_t *flag = new_flag();
	int64_t start_ns;

	CHECK_INT(evhub_group_join(grp, 0, 0), 0);
	CHECK_INT(evhub_group_join(grp, EVHUB_RAISE, 0), 0);
	go_in(grp, until, flag);
	go_in(grp, until, flag);
	CHECK_ERRNO(evhub_group_join(grp, 0, 0), EAGAIN);
	start_ns = now_ns();
	CHECK_ERRNO(evhub_group_join(grp, 0, 0.02), ETIMEDOUT);
	CHECK_ELAPSED(start_ns, 20);
	CHECK_ERRNO(evhub_group_join(grp, EVHUB_RAISE, 0.001), ETIMEDOUT);
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(evhub_group_join(grp, 0, -1), 0);
	CHECK_INT(evhub_group_size(grp), 0);
	evhub_flag_free(flag);
	end_with(grp);
}

static void *
joins(void *grp)
{
	return AS_ARG(evhub_group_join(grp, 0, -1) == 0 ? 0 : errno);
}

static void *
joins_until_failure(void *grp)
{
	return AS_ARG(evhub_group_join(grp, EVHUB_RAISE, -1) == 0 ? 0 : errno);
}

/* Even one who cannot run before the group has members again. */
TEST_ONCE(all_who_join_are_woken)
{
	evhub_group_t *grp = new_group(0);
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *g = start_in(grp, until, flag), *joiner[4];
	int i;

	for (i = 0; i < 4; i++)
		joiner[i] = start(i & 1 ? joins_until_failure : joins, grp);
	settle();
	CHECK_INT(evhub_group_discard(grp, g), 1);
	CHECK_INT(evhub_group_add(grp, g, 0), 0);
	for (i = 0; i < 4; i++)
		CHECK_PTR(value_of(joiner[i]), 0);
	CHECK_INT(evhub_group_size(grp), 1);
	CHECK_INT(evhub_flag_set(flag), 0);
	evhub_release(g);
	settle();
	evhub_flag_free(flag);
	end_with(grp);
}

/* The first that fails while somebody joins; what has failed before is not met. */
TEST_ONCE(joining_fails_with_the_first_failure)
{
	evhub_group_t *grp = new_group(0);
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *joiner;
	evhub_attr_t quiet = EVHUB_ATTR_INIT;

	quiet.flags = EVHUB_QUIET;
	evhub_release(evhub_group_spawn_with(grp, &quiet, fails_with, AS_ARG(ENOENT), 0));
	settle();
	CHECK_INT(evhub_group_join(grp, EVHUB_RAISE, 0), 0);

	go_in(grp, until, flag);
	evhub_release(evhub_group_spawn_with(grp, &quiet, fails_with, AS_ARG(EIO), 0));
	evhub_release(evhub_group_spawn_with(grp, &quiet, fails_with, AS_ARG(ENXIO), 0));
	joiner = start(joins, grp);
	CHECK_ERRNO(evhub_group_join(grp, EVHUB_RAISE, -1), EIO);
	CHECK_INT(evhub_group_size(grp), 1);
	CHECK_INT(evhub_state(joiner), EVHUB_WAITING);

	/* Being killed is no failure, being killed with an error is. */
	go_in(grp, until, flag);
	CHECK_INT(evhub_group_size(grp), 2);
	CHECK_INT(evhub_group_kill(grp, 0, 0), 0);
	CHECK_INT(evhub_group_join(grp, EVHUB_RAISE, -1), 0);
	CHECK_PTR(value_of(joiner), 0);
	evhub_release(evhub_group_spawn_with(grp, &quiet, until, flag, 0));
	settle();
	CHECK_INT(evhub_group_kill(grp, EILSEQ, 0), 0);
	CHECK_ERRNO(evhub_group_join(grp, EVHUB_RAISE, -1), EILSEQ);
	evhub_flag_free(flag);
	end_with(grp);
}

static void *
joins_itself(void *grp)
{
	CHECK_ERRNO(evhub_group_join(grp, 0, -1), EDEADLK);
	CHECK_ERRNO(evhub_group_join(grp, EVHUB_RAISE, 1), EDEADLK);
	CHECK_ERRNO(evhub_group_join(grp, 0, 0), EDEADLK);
	return NULL;
}

TEST_ONCE(a_member_cannot_join_its_group)
{
	evhub_group_t *grp = new_group(0);
	evhub_flag_t *flag = new_flag();

	go_in(grp, until, flag);
	(void)value_of(start_in(grp, joins_itself, grp));
	CHECK_INT(evhub_group_size(grp), 1);
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(evhub_group_join(grp, 0, -1), 0);
	evhub_flag_free(flag);
	end_with(grp);
}

static int told;

static void
is_empty(evhub_waitable_t *object, void *grp)
{
	told++;
	CHECK_PTR(object, evhub_group_waitable(grp));
	CHECK_INT(evhub_group_size(grp), 0);
}

TEST(a_group_is_ready_while_it_is_empty)
{
	evhub_group_t *grp = new_group(0);
	evhub_flag_t *flag = new_flag();
	evhub_waitable_t *both[2];
	evhub_link_t *watch;

	both[0] = evhub_group_waitable(grp);
	both[1] = evhub_flag_waitable(flag);
	CHECK_INT(evhub_wait(both, 2, 1, 0), 1);
	go_in(grp, ends_at_once, NULL);
	CHECK_ERRNO(evhub_wait(both, 2, 1, 0), EAGAIN);
	CHECK_INT(evhub_wait(both, 2, 1, -1), 1);
	CHECK_INT(evhub_group_size(grp), 0);

	watch = evhub_watch(both[0], is_empty, grp);
	CHECK(watch != NULL);
	settle();
	CHECK_INT(told, 1);
	go_in(grp, ends_at_once, NULL);
	go_in(grp, ends_at_once, NULL);
	settle();
	CHECK_INT(told, 2);
	CHECK_INT(evhub_unlink(watch), 0);
	evhub_flag_free(flag);
	end_with(grp);
}

/* ---- Wrong arguments ---- */

TEST_ONCE(wrong_arguments)
{
	evhub_group_t *grp = new_group(0);
	evhub_greenlet_t *g = start_in(grp, ends_at_once, NULL);

	capture_log();
	CHECK_PTR(evhub_group_spawn(NULL, ends_at_once, NULL, -1), NULL);
	CHECK_PTR(evhub_group_spawn(grp, NULL, NULL, -1), NULL);
	CHECK_INT(errno, EINVAL);
	CHECK_PTR(evhub_group_spawn(grp, ends_at_once, NULL, 0.0 / 0.0), NULL);
	CHECK_INT(errno, EINVAL);
	CHECK_PTR(evhub_group_spawn_with(NULL, NULL, ends_at_once, NULL, -1), NULL);
	CHECK_PTR(evhub_group_spawn_with(grp, NULL, NULL, NULL, -1), NULL);
	CHECK_ERRNO(evhub_group_add(NULL, g, -1), EINVAL);
	CHECK_ERRNO(evhub_group_add(grp, NULL, -1), EINVAL);
	CHECK_ERRNO(evhub_group_add(grp, (evhub_greenlet_t *)grp, -1), EINVAL);
	CHECK_ERRNO(evhub_group_add(grp, evhub_main(), -1), EINVAL);
	CHECK_ERRNO(evhub_group_discard(NULL, g), EINVAL);
	CHECK_ERRNO(evhub_group_discard(grp, NULL), EINVAL);
	CHECK_ERRNO(evhub_group_contains(NULL, g), EINVAL);
	CHECK_ERRNO(evhub_group_contains(grp, NULL), EINVAL);
	CHECK_INT(evhub_group_size(NULL), 0);
	CHECK_INT(errno, EINVAL);
	CHECK_ERRNO(evhub_group_free_count(NULL), EINVAL);
	CHECK_ERRNO(evhub_group_foreach(NULL, sees, NULL), EINVAL);
	CHECK_ERRNO(evhub_group_foreach(grp, NULL, NULL), EINVAL);
	CHECK_ERRNO(evhub_group_wait_available(NULL, -1), EINVAL);
	CHECK_ERRNO(evhub_group_join(NULL, 0, -1), EINVAL);
	CHECK_ERRNO(evhub_group_join(grp, 2, -1), EINVAL);
	CHECK_ERRNO(evhub_group_join(grp, 0, 0.0 / 0.0), EINVAL);
	CHECK_ERRNO(evhub_group_kill(NULL, 0, -1), EINVAL);
	CHECK_ERRNO(evhub_group_kill(grp, -1, -1), EINVAL);
	CHECK_ERRNO(evhub_group_call(NULL, ends_at_once, NULL, NULL, -1), EINVAL);
	CHECK_ERRNO(evhub_group_call(grp, NULL, NULL, NULL, -1), EINVAL);
	CHECK_ERRNO(evhub_group_map(NULL, ends_at_once, NULL, 0, NULL), EINVAL);
	CHECK_ERRNO(evhub_group_map(grp, NULL, NULL, 0, NULL), EINVAL);
	CHECK_ERRNO(evhub_group_map(grp, ends_at_once, NULL, 1, NULL), EINVAL);
	CHECK_PTR(evhub_group_waitable(NULL), NULL);
	evhub_group_free(NULL);
	CHECK_INT(evhub_group_size(grp), 1);
	(void)value_of(g);
	end_with(grp);
}
