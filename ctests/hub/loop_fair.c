/*
 * Fairness: greenlets that never rest do not starve events (G35), nor the other way round.
 */
#include "hub.h"

static void
wakes(int fd, short what, void *flag)
{
	(void)what;
	drain(fd);
	CHECK_INT(evhub_flag_set(flag), 0);
}

static void *
says(void *text)
{
	trace(text);
	CHECK_INT(evhub_sleep(0.001), 0);
	trace(text);
	return text;
}

static int rallies;

static void *
yields_for_ever(void *arg)
{
	while (evhub_yield() == 0)
		rallies++;
	return arg;
}

static void
check_fair(evhub_fn_t fn, int count)
{
	evhub_flag_t *flag = evhub_flag_new();
	evhub_greenlet_t *all[100];
	struct event reader;
	int i, fds[2];

	init_base();
	make_pipe(fds);
	for (i = 0; i < count; i++)
		all[i] = spawn(fn, NULL);
	event_set(&reader, fds[0], EV_READ, wakes, flag);
	CHECK_INT(event_add(&reader, NULL), 0);
	put_byte(fds[1]);
	CHECK_INT(evhub_flag_wait(flag, LONG), 1);
	CHECK(rallies < 100000);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(evhub_killall(all, (size_t)count, 0, -1), 0);
	for (i = 0; i < count; i++)
		evhub_release(all[i]);
	evhub_flag_free(flag);
}

TEST(two_that_yield_for_ever_do_not_starve_events)
{
	check_fair(yields_for_ever, 2);
}

TEST(many_that_yield_for_ever_do_not_starve_events)
{
	check_fair(yields_for_ever, 100);
}

static evhub_semaphore_t *ping, *pong;

static void *
plays(void *arg)
{
	static int second;
	int serves = second++ == 0;

	(void)arg;
	for (;;) {
		if (evhub_semaphore_acquire(serves ? ping : pong, -1) != 0)
			return NULL;
		rallies++;
		evhub_semaphore_release(serves ? pong : ping);
	}
}

TEST(two_that_wake_each_other_do_not_starve_events)
{
	ping = evhub_semaphore_new(1, 0);
	pong = evhub_semaphore_new(0, 0);
	check_fair(plays, 2);
}

static void *
spawns_its_like(void *arg)
{
	int *go_on = arg;

	rallies++;
	if (*go_on)
		CHECK_INT(evhub_go(spawns_its_like, arg), 0);
	return NULL;
}

TEST(spawning_for_ever_does_not_starve_events)
{
	evhub_flag_t *flag = evhub_flag_new();
	struct event reader;
	int fds[2], go_on = 1;

	init_base();
	make_pipe(fds);
	CHECK_INT(evhub_go(spawns_its_like, &go_on), 0);
	event_set(&reader, fds[0], EV_READ, wakes, flag);
	CHECK_INT(event_add(&reader, NULL), 0);
	put_byte(fds[1]);
	CHECK_INT(evhub_flag_wait(flag, LONG), 1);
	go_on = 0;
	run_others();
	CHECK(rallies < 100000);
	evhub_flag_free(flag);
}

static void
echoes(int fd, short what, void *arg)
{
	(void)what;
	CHECK_INT(drain(fd), 1);
	put_byte(fd);
	++*(int *)arg;
}

/* The other way round: a loop that is always busy lets greenlets run. */
TEST(events_do_not_starve_greenlets)
{
	struct event a, b;
	int i, fds[2], calls = 0;

	init_base();
	make_pair(fds);
	event_set(&a, fds[0], EV_READ | EV_PERSIST, echoes, &calls);
	event_set(&b, fds[1], EV_READ | EV_PERSIST, echoes, &calls);
	CHECK_INT(event_add(&a, NULL), 0);
	CHECK_INT(event_add(&b, NULL), 0);
	put_byte(fds[0]);
	for (i = 0; i < 20; i++)
		CHECK_INT(evhub_sleep(0.001), 0);
	CHECK(calls > 0);
	end_of(spawn(says, "a"));
	CHECK_INT(event_del(&a), 0);
	CHECK_INT(event_del(&b), 0);
}
