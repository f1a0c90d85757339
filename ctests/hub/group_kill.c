/* Killing groups: all members, wherever they are, until there are none. */
#include "groups.h"

TEST_ONCE(killing_ends_members_wherever_they_are)
{
	evhub_attr_t later = EVHUB_ATTR_INIT;
	evhub_group_t *grp = new_group(0);
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *g[4];
	int i;

	later.delay = 1000;
	g[0] = start_in(grp, until, flag);
	settle();
	g[1] = start_in(grp, never_runs, NULL);
	g[2] = evhub_new(NULL, never_runs, NULL);
	CHECK_INT(evhub_group_add(grp, g[2], 0), 0);
	g[3] = evhub_group_spawn_with(grp, &later, never_runs, NULL, 0);
	CHECK(g[3] != NULL);
	CHECK_INT(evhub_group_kill(grp, 0, 0), 0);
	CHECK_INT(evhub_group_size(grp), 1);
	CHECK_INT(evhub_group_kill(grp, 0, -1), 0);
	CHECK_INT(evhub_group_size(grp), 0);
	CHECK_INT(evhub_state(g[0]), EVHUB_KILLED);
	CHECK_PTR(evhub_value(g[0]), AS_ARG(ECANCELED));
	for (i = 1; i < 4; i++)
		CHECK_PTR(evhub_value(g[i]), EVHUB_EXIT);
	for (i = 0; i < 4; i++)
		evhub_release(g[i]);
	CHECK_INT(evhub_group_kill(grp, 0, -1), 0);
	evhub_flag_free(flag);
	end_with(grp);
}

TEST(killing_gives_up_in_time)
{
	evhub_group_t *grp = new_group(0);
	evhub_flag_t *flag = new_flag();
	int64_t start_ns;

	go_in(grp, lives_until, flag);
	settle();
	start_ns = now_ns();
	CHECK_ERRNO(evhub_group_kill(grp, EIO, 0.02), ETIMEDOUT);
	CHECK_ELAPSED(start_ns, 20);
	CHECK_INT(evhub_group_size(grp), 1);
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(evhub_group_kill(grp, 0, -1), 0);
	evhub_flag_free(flag);
	end_with(grp);
}

static int kills_seen;

static void *
counts_kills(void *flag)
{
	while (evhub_flag_wait(flag, -1) != 1) {
		CHECK_INT(errno, EIO);
		CHECK_INT(evhub_kill_ack(), EIO);
		kills_seen++;
	}
	return NULL;
}

static int
is_told_of(evhub_greenlet_t *g, void *want)
{
	CHECK_PTR(g, want);
	return 7;
}

/* Row 108: one that is dying is left alone; as a member of another group it is not dying. */
TEST_ONCE(no_member_is_killed_twice)
{
	evhub_group_t *grp = new_group(0), *other = new_group(0);
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *g = start_in(grp, counts_kills, flag);

	settle();
	CHECK_INT(evhub_group_kill(grp, EIO, 0), 0);
	settle();
	CHECK_INT(evhub_group_kill(grp, ENXIO, 0), 0);
	CHECK_ERRNO(evhub_group_kill(grp, ENXIO, 0.001), ETIMEDOUT);
	CHECK_INT(kills_seen, 1);
	CHECK_INT(evhub_group_contains(grp, g), 1);
	CHECK_INT(evhub_group_foreach(grp, is_told_of, g), 7);
	CHECK_INT(evhub_group_add(other, g, 0), 0);
	CHECK_INT(evhub_group_kill(other, EIO, 0), 0);
	settle();
	CHECK_INT(kills_seen, 2);
	CHECK_INT(evhub_group_discard(grp, g), 1);
	CHECK_INT(evhub_group_add(grp, g, 0), 0);
	CHECK_INT(evhub_group_kill(grp, EIO, 0), 0);
	settle();
	CHECK_INT(kills_seen, 3);
	CHECK_INT(evhub_flag_set(flag), 0);
	(void)value_of(g);
	evhub_flag_free(flag);
	evhub_group_free(other);
	end_with(grp);
}

static evhub_group_t *refilled;
static int left_to_spawn;

static void *
leaves_a_successor(void *flag)
{
	CHECK_INT(evhub_flag_wait(flag, -1), -1);
	evhub_kill_ack();
	CHECK_INT(evhub_yield(), 0);
	if (left_to_spawn-- > 0)
		go_in(refilled, leaves_a_successor, flag);
	return NULL;
}

static void *
refills_later(void *flag)
{
	evhub_greenlet_t *g = start(leaves_a_successor, flag);

	CHECK_INT(evhub_yield(), 0);
	CHECK_INT(evhub_group_add(refilled, g, 0), 0);
	evhub_release(g);
	return NULL;
}

/* Those who come meanwhile are killed, too: before they run, if they have not. */
TEST_ONCE(killing_goes_on_until_the_group_is_empty)
{
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *refiller;

	refilled = new_group(0);
	left_to_spawn = 1;
	go_in(refilled, leaves_a_successor, flag);
	settle();
	refiller = start(refills_later, flag);
	CHECK_INT(evhub_group_kill(refilled, 0, TOO_LONG), 0);
	CHECK_INT(evhub_group_size(refilled), 0);
	CHECK_INT(left_to_spawn, -1);
	(void)value_of(refiller);
	evhub_flag_free(flag);
	end_with(refilled);
}

static void *
spawns_when_there_is_room(void *grp)
{
	evhub_greenlet_t *g = evhub_group_spawn(grp, never_runs, NULL, -1);

	CHECK(g != NULL);
	return value_of(g);
}

/* Somebody waits for the place of one that is killed: what gets it is killed as well. */
TEST_ONCE(killing_a_full_group_with_a_line_in_front)
{
	evhub_group_t *grp = new_group(1);
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *spawner[2];

	go_in(grp, until, flag);
	spawner[0] = start(spawns_when_there_is_room, grp);
	spawner[1] = start(spawns_when_there_is_room, grp);
	settle();
	CHECK_INT(evhub_group_kill(grp, 0, TOO_LONG), 0);
	CHECK_PTR(value_of(spawner[0]), EVHUB_EXIT);
	CHECK_PTR(value_of(spawner[1]), EVHUB_EXIT);
	CHECK_INT(evhub_group_free_count(grp), 1);
	evhub_flag_free(flag);
	end_with(grp);
}

static void *
kills_its_group(void *grp)
{
	CHECK_ERRNO(evhub_group_kill(grp, EIO, -1), EIO);
	CHECK_INT(evhub_kill_ack(), EIO);
	CHECK_ERRNO(evhub_group_kill(grp, EIO, -1), EDEADLK);
	return NULL;
}

TEST_ONCE(a_member_that_kills_its_group_is_killed)
{
	evhub_group_t *grp = new_group(0);
	evhub_flag_t *flag = new_flag();

	go_in(grp, until, flag);
	settle();
	(void)value_of(start_in(grp, kills_its_group, grp));
	settle();
	CHECK_INT(evhub_group_size(grp), 0);
	evhub_flag_free(flag);
	end_with(grp);
}
