/* Pools: groups with a limit, and those who wait for a place in one. */
#include "groups.h"

TEST(a_pool_has_so_many_places)
{
	evhub_group_t *grp = new_group(2);
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *g = start(until, flag);
	int64_t start_ns;

	CHECK_INT(evhub_group_free_count(grp), 2);
	CHECK_INT(evhub_group_wait_available(grp, 0), 0);
	go_in(grp, until, flag);
	CHECK_INT(evhub_group_free_count(grp), 1);
	go_in(grp, until, flag);
	CHECK_INT(evhub_group_free_count(grp), 0);
	CHECK_INT(evhub_group_size(grp), 2);

	CHECK_PTR(evhub_group_spawn(grp, until, flag, 0), NULL);
	CHECK_INT(errno, EAGAIN);
	CHECK_PTR(evhub_group_spawn_with(grp, NULL, until, flag, 0), NULL);
	CHECK_INT(errno, EAGAIN);
	CHECK_ERRNO(evhub_group_add(grp, g, 0), EAGAIN);
	CHECK_ERRNO(evhub_group_wait_available(grp, 0), EAGAIN);
	start_ns = now_ns();
	CHECK_PTR(evhub_group_spawn(grp, until, flag, 0.01), NULL);
	CHECK_INT(errno, ETIMEDOUT);
	CHECK_ELAPSED(start_ns, 10);
	CHECK_ERRNO(evhub_group_add(grp, g, 0.001), ETIMEDOUT);
	CHECK_ERRNO(evhub_group_wait_available(grp, 0.001), ETIMEDOUT);
	CHECK_INT(evhub_group_size(grp), 2);

	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(evhub_group_wait_available(grp, -1), 0);
	evhub_release(g);
	evhub_flag_free(flag);
	end_with(grp);
}

static evhub_group_t *pool;
static int arrivals[8], arrived;

static void *
arrives(void *number)
{
	arrivals[arrived++] = (int)(intptr_t)number;
	return NULL;
}

static void *
spawns(void *number)
{
	evhub_greenlet_t *g = evhub_group_spawn(pool, arrives, number, -1);
	int error = errno;

	if (g == NULL)
		return AS_ARG(error);
	evhub_release(g);
	return NULL;
}

static void *
adds(void *number)
{
	evhub_greenlet_t *g = evhub_new(NULL, arrives, number);
	int error = evhub_group_add(pool, g, -1) == 0 ? 0 : errno;

	if (error == 0)
		CHECK_INT(evhub_start(g), 0);
	evhub_release(g);
	return AS_ARG(error);
}

TEST_ONCE(places_are_given_in_the_order_of_asking)
{
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *g[6];
	int i;

	pool = new_group(1);
	go_in(pool, until, flag);
	for (i = 0; i < 6; i++)
		g[i] = start(i & 1 ? adds : spawns, AS_ARG(i));
	settle();
	CHECK_INT(arrived, 0);
	CHECK_INT(evhub_flag_set(flag), 0);
	for (i = 0; i < 6; i++)
		CHECK_PTR(value_of(g[i]), NULL);
	CHECK_INT(evhub_group_join(pool, 0, -1), 0);
	CHECK_INT(arrived, 6);
	for (i = 0; i < 6; i++)
		CHECK_INT(arrivals[i], i);
	evhub_flag_free(flag);
	end_with(pool);
}

/* Nor is the pool empty for those who join it. */
TEST_ONCE(a_place_that_was_promised_is_not_free)
{
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *g, *spawner;

	pool = new_group(1);
	g = start_in(pool, until, flag);
	spawner = start(spawns, AS_ARG(7));
	settle();
	CHECK_INT(evhub_group_discard(pool, g), 1);
	CHECK_INT(evhub_group_size(pool), 0);
	CHECK_INT(evhub_group_free_count(pool), 0);
	CHECK_PTR(evhub_group_spawn(pool, arrives, AS_ARG(1), 0), NULL);
	CHECK_INT(errno, EAGAIN);
	CHECK_ERRNO(evhub_group_wait_available(pool, 0), EAGAIN);
	CHECK_ERRNO(evhub_group_join(pool, 0, 0), EAGAIN);
	CHECK_INT(evhub_group_join(pool, 0, -1), 0);
	CHECK_INT(arrived, 1);
	CHECK_PTR(value_of(spawner), NULL);
	CHECK_INT(evhub_group_free_count(pool), 1);
	CHECK_INT(evhub_flag_set(flag), 0);
	(void)value_of(g);
	evhub_flag_free(flag);
	end_with(pool);
}

TEST_ONCE(whoever_gives_up_is_passed_over)
{
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *g[3];

	pool = new_group(1);
	go_in(pool, until, flag);
	g[0] = start(spawns, AS_ARG(0));
	g[1] = start(adds, AS_ARG(1));
	g[2] = start(spawns, AS_ARG(2));
	settle();
	CHECK_INT(evhub_kill(g[0], EIO, -1), 0);
	CHECK_PTR(value_of(g[0]), AS_ARG(EIO));
	CHECK_INT(evhub_kill(g[1], EIO, 0), 0);
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_PTR(value_of(g[2]), NULL);
	CHECK_PTR(value_of(g[1]), AS_ARG(EIO));
	CHECK_INT(evhub_group_join(pool, 0, -1), 0);
	CHECK_INT(arrived, 1);
	CHECK_INT(arrivals[0], 2);
	CHECK_INT(evhub_group_free_count(pool), 1);
	evhub_flag_free(flag);
	end_with(pool);
}

static void *
spawns_and_waits(void *arg)
{
	evhub_greenlet_t *g = evhub_group_spawn(pool, arrives, arg, -1);

	CHECK(g != NULL);
	evhub_release(g);
	CHECK_ERRNO(evhub_sleep(TOO_LONG), ECANCELED);
	return arg;
}

/* If the place and the kill come together, the place wins. */
TEST_ONCE(a_kill_does_not_lose_a_place)
{
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *g, *spawner;

	pool = new_group(1);
	g = start_in(pool, until, flag);
	spawner = start(spawns_and_waits, AS_ARG(3));
	settle();
	CHECK_INT(evhub_group_discard(pool, g), 1);
	CHECK_INT(evhub_kill(spawner, 0, 0), 0);
	CHECK_PTR(value_of(spawner), AS_ARG(3));
	CHECK_INT(evhub_group_join(pool, 0, -1), 0);
	CHECK_INT(arrived, 1);
	CHECK_INT(evhub_group_free_count(pool), 1);
	CHECK_INT(evhub_flag_set(flag), 0);
	(void)value_of(g);
	evhub_flag_free(flag);
	end_with(pool);
}

static evhub_greenlet_t *added;

static void *
adds_that_one(void *arg)
{
	CHECK_INT(evhub_group_add(pool, added, -1), 0);
	return arg;
}

/* What is to be added ends, or comes in by somebody else, before there is a place. */
TEST_ONCE(a_place_that_is_not_needed_goes_to_the_next)
{
	evhub_flag_t *flag = new_flag(), *end = new_flag();
	evhub_greenlet_t *adder[2], *spawner;

	pool = new_group(1);
	go_in(pool, until, flag);
	added = start(until, end);
	adder[0] = start(adds_that_one, NULL);
	spawner = start(spawns, AS_ARG(4));
	settle();
	CHECK_INT(evhub_flag_set(end), 0);
	CHECK_INT(evhub_join(added, -1), 0);
	CHECK_INT(evhub_flag_set(flag), 0);
	(void)value_of(adder[0]);
	(void)value_of(spawner);
	CHECK_INT(evhub_group_join(pool, 0, -1), 0);
	CHECK_INT(arrived, 1);
	CHECK_INT(evhub_group_free_count(pool), 1);
	evhub_release(added);

	CHECK_INT(evhub_flag_clear(flag), 0);
	CHECK_INT(evhub_flag_clear(end), 0);
	evhub_group_free(pool);
	pool = new_group(2);
	go_in(pool, until, flag);
	go_in(pool, until, flag);
	added = start(until, end);
	adder[0] = start(adds_that_one, NULL);
	adder[1] = start(adds_that_one, NULL);
	settle();
	CHECK_INT(evhub_flag_set(flag), 0);
	(void)value_of(adder[0]);
	(void)value_of(adder[1]);
	CHECK_INT(evhub_group_size(pool), 1);
	CHECK_INT(evhub_group_free_count(pool), 1);
	CHECK_INT(evhub_flag_set(end), 0);
	(void)value_of(added);
	evhub_flag_free(flag);
	evhub_flag_free(end);
	end_with(pool);
}

static void *
waits_for_a_place(void *arg)
{
	return AS_ARG(evhub_group_wait_available(arg, -1) == 0 ? 0 : errno);
}

TEST_ONCE(whoever_only_waits_takes_nothing)
{
	evhub_flag_t *flag = new_flag();
	evhub_greenlet_t *g[3];
	int i;

	pool = new_group(1);
	go_in(pool, until, flag);
	for (i = 0; i < 3; i++)
		g[i] = start(waits_for_a_place, pool);
	settle();
	CHECK_INT(evhub_flag_set(flag), 0);
	for (i = 0; i < 3; i++)
		CHECK_PTR(value_of(g[i]), 0);
	CHECK_INT(evhub_group_free_count(pool), 1);
	evhub_flag_free(flag);
	end_with(pool);
}

static void *
spawns_in_its_own_pool(void *arg)
{
	CHECK_PTR(evhub_group_spawn(pool, ends_at_once, NULL, -1), NULL);
	CHECK_INT(errno, ECANCELED);
	return arg;
}

/* A member that waits for a place of its own full pool, and nobody else can run. */
TEST_ONCE(a_pool_that_waits_for_itself_is_reported)
{
	capture_log();
	pool = new_group(1);
	go_in(pool, spawns_in_its_own_pool, NULL);
	CHECK_ERRNO(evhub_group_join(pool, 0, -1), EDEADLK);
	CHECK_INT(evhub_group_kill(pool, 0, -1), 0);
	end_with(pool);
}

/* ---- Random load ---- */

enum { LIMIT = 5, ROUNDS = 400, LOADERS = 9 };

static unsigned seed;
static int inside, most_inside, started, ended;

static unsigned
random_below(unsigned bound)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % bound;
}

static void
look(void)
{
	long free_count = evhub_group_free_count(pool);

	CHECK(free_count >= 0 && free_count <= LIMIT);
	CHECK(evhub_group_size(pool) + (size_t)free_count <= LIMIT);
	CHECK(inside <= LIMIT);
}

static void *
works(void *arg)
{
	inside++;
	if (inside > most_inside)
		most_inside = inside;
	look();
	switch (random_below(4)) {
	case 0:
		break;
	case 1:
		evhub_sleep(0.0001 * random_below(10));
		break;
	default:
		evhub_yield();
	}
	inside--;
	ended++;
	return arg;
}

static void *
loads(void *arg)
{
	static const double timeouts[] = { 0, 0.0002, -1 };
	double timeout;
	evhub_greenlet_t *g;
	void *value, *in[4] = { arg, arg, arg, arg };
	int i;

	for (i = 0; i < ROUNDS / LOADERS; i++) {
		timeout = timeouts[random_below(3)];
		look();
		switch (random_below(6)) {
		case 0:
			if (evhub_group_call(pool, works, arg, &value, timeout) == 0)
				CHECK_PTR(value, arg);
			break;
		case 1:
			CHECK_INT(evhub_group_map(pool, works, in, 1 + random_below(4), in), 0);
			break;
		case 2:
			evhub_group_wait_available(pool, timeout);
			break;
		default:
			g = evhub_group_spawn(pool, works, arg, timeout);
			if (g == NULL)
				break;
			started++;
			if (random_below(4) == 0)
				CHECK_INT(evhub_kill(g, 0, 0), 0);
			if (random_below(2) == 0)
				CHECK_INT(evhub_join(g, -1), 0);
			evhub_release(g);
		}
		if (random_below(3) == 0)
			evhub_yield();
	}
	return NULL;
}

static void
load_with(unsigned number)
{
	evhub_greenlet_t *g[LOADERS];
	int i;

	seed = number;
	for (i = 0; i < LOADERS; i++)
		g[i] = start(loads, AS_ARG(i + 1));
	for (i = 0; i < LOADERS; i++)
		CHECK_PTR(value_of(g[i]), NULL);
	CHECK_INT(evhub_group_join(pool, 0, TOO_LONG), 0);
	CHECK_INT(evhub_group_free_count(pool), LIMIT);
	CHECK_INT(inside, 0);
}

TEST(the_limit_holds_under_any_load)
{
	unsigned number;

	pool = new_group(LIMIT);
	for (number = 1; number <= 10; number++)
		load_with(number);
	CHECK_INT(most_inside, LIMIT);
	CHECK(started > 0 && ended > 0);
	end_with(pool);
}
