/* Groups that are freed while somebody waits in them, other threads, and the loop's callbacks. */
#include "groups.h"

#include <pthread.h>

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

static void *
kills(void *grp)
{
	return AS_ARG(evhub_group_kill(grp, 0, -1) == 0 ? 0 : errno);
}

static void *
spawns(void *grp)
{
	return AS_ARG(evhub_group_spawn(grp, never_runs, NULL, -1) != NULL ? 0 : errno);
}

static void *
adds(void *grp)
{
	evhub_greenlet_t *g = evhub_new(NULL, never_runs, NULL);
	int error = evhub_group_add(grp, g, -1) == 0 ? 0 : errno;

	evhub_release(g);
	return AS_ARG(error);
}

static void *
waits_for_a_place(void *grp)
{
	return AS_ARG(evhub_group_wait_available(grp, -1) == 0 ? 0 : errno);
}

static void *
calls(void *grp)
{
	return AS_ARG(evhub_group_call(grp, never_runs, NULL, NULL, -1) == 0 ? 0 : errno);
}

static void *
maps(void *grp)
{
	void *in[2] = { NULL, NULL };

	return AS_ARG(evhub_group_map(grp, never_runs, in, 2, in) == 0 ? 0 : errno);
}

TEST_ONCE(members_outlive_their_group_and_those_who_wait_hear_of_it)
{
	static const evhub_fn_t fns[] = { joins, joins_until_failure, kills, spawns, adds,
		waits_for_a_place, calls, maps };
	evhub_group_t *grp = new_group(1);
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *member, *g[COUNT(fns)];
	size_t i;

	member = start_in(grp, lives_until, flag);
	for (i = 0; i < COUNT(fns); i++)
		g[i] = start(fns[i], grp);
	settle();
	evhub_group_free(grp);
	for (i = 0; i < COUNT(fns); i++)
		CHECK_PTR(value_of(g[i]), AS_ARG(EBADF));
	CHECK_INT(evhub_state(member), EVHUB_WAITING);
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_PTR(value_of(member), flag);
	evhub_flag_free(flag);
	CHECK_INT(alive(), 0);
	CHECK_INT(evhub_shutdown(), 0);
}

/* A place was given to somebody, or a killer woken, but the group is freed before they run. */
TEST_ONCE(a_group_is_freed_at_the_last_moment)
{
	evhub_group_t *grp = new_group(1);
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *member, *spawner, *adder, *killer;

	member = evhub_new(NULL, never_runs, NULL);
	CHECK_INT(evhub_group_add(grp, member, 0), 0);
	spawner = start(spawns, grp);
	settle();
	CHECK_INT(evhub_group_discard(grp, member), 1);
	evhub_group_free(grp);
	CHECK_PTR(value_of(spawner), AS_ARG(EBADF));

	grp = new_group(1);
	CHECK_INT(evhub_group_add(grp, member, 0), 0);
	adder = start(adds, grp);
	settle();
	CHECK_INT(evhub_group_discard(grp, member), 1);
	evhub_group_free(grp);
	CHECK_PTR(value_of(adder), AS_ARG(EBADF));
	evhub_release(member);

	grp = new_group(0);
	member = start_in(grp, lives_until, flag);
	settle();
	killer = start(kills, grp);
	settle();
	CHECK_INT(evhub_state(killer), EVHUB_WAITING);
	adder = start(ends_at_once, NULL);
	CHECK_INT(evhub_group_add(grp, adder, 0), 0);
	evhub_group_free(grp);
	CHECK_PTR(value_of(killer), AS_ARG(EBADF));
	(void)value_of(adder);
	CHECK_INT(evhub_flag_set(flag), 0);
	(void)value_of(member);
	evhub_flag_free(flag);
	CHECK_INT(evhub_shutdown(), 0);
}

static void *
never_ends(void *arg)
{
	for (;;) {
		evhub_sleep(1.0 / 0.0);
		evhub_kill_ack();
	}
	return arg;
}

/* Those who do not end are dropped, also out of their groups. */
TEST_ONCE(shutting_down_drops_members)
{
	evhub_group_t *grp = new_group(2);
	evhub_greenlet_t *g = start_in(grp, never_ends, NULL);
	evhub_waitable_t *empty = evhub_group_waitable(grp);

	capture_log();
	go_in(grp, never_ends, NULL);
	settle();
	CHECK_INT(evhub_shutdown(), 0);
	CHECK_INT(evhub_group_contains(grp, g), 0);
	CHECK_INT(evhub_group_free_count(grp), 2);
	CHECK_INT(evhub_wait(&empty, 1, 1, 0), 1);
	evhub_release(g);
	evhub_group_free(grp);
	CHECK_INT(evhub_shutdown(), 0);
}

TEST_ONCE(shutting_down_empties_groups)
{
	evhub_group_t *grp = new_group(2);
	evhub_flag_t *flag = new_flag();

	go_in(grp, until, flag);
	go_in(grp, until, flag);
	settle();
	CHECK_INT(evhub_shutdown(), 0);
	CHECK_INT(evhub_group_size(grp), 0);
	CHECK_INT(evhub_group_free_count(grp), 2);
	evhub_flag_free(flag);
	evhub_group_free(grp);
}

static evhub_group_t *foreign;

static void *
leaves_members(void *arg)
{
	evhub_group_t *grp = new_group(0);

	CHECK_ERRNO(evhub_group_join(foreign, 0, 0), EPERM);
	CHECK_PTR(evhub_group_spawn(foreign, ends_at_once, NULL, 0), NULL);
	CHECK_INT(errno, EPERM);
	go_in(grp, never_runs, NULL);
	evhub_group_free(grp);
	return arg;
}

TEST_ONCE(groups_belong_to_their_threads)
{
	pthread_t thread;

	capture_log();
	foreign = new_group(0);
	CHECK_INT(pthread_create(&thread, NULL, leaves_members, NULL), 0);
	CHECK_INT(pthread_join(thread, NULL), 0);
	end_with(foreign);
}

static int was_called;

static void
in_the_loop(int fd, short what, void *grp)
{
	void *in[1] = { NULL };

	(void)fd;
	(void)what;
	go_in(grp, ends_at_once, NULL);
	CHECK_PTR(evhub_group_spawn(grp, ends_at_once, NULL, -1), NULL);
	CHECK_INT(errno, EPERM);
	CHECK_ERRNO(evhub_group_join(grp, 0, 0), EAGAIN);
	CHECK_ERRNO(evhub_group_join(grp, 0, -1), EPERM);
	CHECK_ERRNO(evhub_group_call(grp, ends_at_once, NULL, NULL, -1), EPERM);
	CHECK_ERRNO(evhub_group_call(grp, ends_at_once, NULL, NULL, 0), EAGAIN);
	CHECK_ERRNO(evhub_group_map(grp, ends_at_once, in, 1, NULL), EPERM);
	CHECK_ERRNO(evhub_group_wait_available(grp, -1), EPERM);
	CHECK_INT(evhub_group_wait_available(grp, 0), 0);
	CHECK_ERRNO(evhub_group_kill(grp, 0, -1), EPERM);
	CHECK_INT(evhub_group_size(grp), 1);
	was_called = 1;
}

TEST(callbacks_of_the_loop_do_not_wait)
{
	evhub_group_t *grp = new_group(0);
	struct event event;
	struct timeval now = { 0, 0 };

	init_base();
	evtimer_set(&event, in_the_loop, grp);
	CHECK_INT(evtimer_add(&event, &now), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(was_called, 1);
	CHECK_INT(evhub_group_join(grp, 0, -1), 0);
	end_with(grp);
}
