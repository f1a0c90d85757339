/*
 * Memory runs out at the n-th allocation, for every n, over a life of a thread with a hub: the call
 * fails with ENOMEM, nothing is lost, and the next try works (F6).
 */
#include "alloc.h"
#include "hub.h"

#include <pthread.h>

static int tries_again;

/* The call fails for want of memory, and works when there is some; or works at once. */
#define TRY(works)                                                              \
	do {                                                                    \
		errno = 0;                                                      \
		if (!(works)) {                                                 \
			if (errno != ENOMEM)                                    \
				test_fail(__FILE__, __LINE__, "%s: errno %d",   \
				    #works, errno);                             \
			CHECK(alloc_failures() > 0);                            \
			alloc_fail(0, 0);                                       \
			tries_again++;                                          \
			CHECK(works);                                           \
		}                                                               \
	} while (0)

static evhub_flag_t *flag;
static evhub_result_t *result;
static evhub_semaphore_t *semaphore;
static evhub_local_t *local;
static int ended;

static void *
sleeps_and_waits(void *arg)
{
	TRY(evhub_local_set(local, arg) == 0);
	TRY(evhub_sleep(0.0001) == 0);
	TRY(evhub_flag_wait(flag, LONG) == 1);
	ended++;
	return arg;
}

static void *
is_killed(void *arg)
{
	int error;

	do {
		errno = 0;
		evhub_semaphore_acquire(semaphore, -1);
		error = errno;
		CHECK(error == ENOMEM || error == ECANCELED);
	} while (error == ENOMEM);
	ended++;
	return arg;
}

static void *
fails(void *arg)
{
	(void)arg;
	ended++;
	return evhub_fail(EIO, "a text of %d", 1);
}

static void
on_end(evhub_greenlet_t *g, void *arg)
{
	(void)g;
	++*(int *)arg;
}

static void
on_ready(evhub_waitable_t *object, void *arg)
{
	(void)object;
	++*(int *)arg;
}

static void
make_objects(void)
{
	TRY(evhub_base() != NULL);
	TRY((flag = evhub_flag_new()) != NULL);
	TRY((result = evhub_result_new()) != NULL);
	TRY((semaphore = evhub_semaphore_new(0, 0)) != NULL);
	TRY((local = evhub_local_new(NULL)) != NULL);
}

static void
free_objects(void)
{
	evhub_flag_free(flag);
	evhub_result_free(result);
	evhub_semaphore_free(semaphore);
	evhub_local_free(local);
}

static void
spawn_and_link(evhub_greenlet_t *all[5], int *links)
{
	evhub_attr_t attr = EVHUB_ATTR_INIT;
	evhub_link_t *watch;

	attr.name = "a name that is copied";
	attr.flags = EVHUB_INHERIT_LOCALS;
	TRY(evhub_local_set(local, &ended) == 0);
	TRY((all[0] = evhub_spawn(sleeps_and_waits, NULL)) != NULL);
	TRY((all[1] = evhub_spawn_with(&attr, sleeps_and_waits, NULL)) != NULL);
	TRY((all[2] = evhub_spawn_later(0.0001, fails, NULL)) != NULL);
	TRY((all[3] = evhub_new(NULL, is_killed, NULL)) != NULL);
	TRY(evhub_start_later(all[3], 0.0001) == 0);
	attr.flags = EVHUB_LINK_ERROR;
	attr.stack_size = 1 << 20;
	TRY((all[4] = evhub_spawn_with(&attr, sleeps_and_waits, NULL)) != NULL);
	TRY(evhub_go(sleeps_and_waits, NULL) == 0);
	TRY(evhub_set_name(all[0], "another one") == 0);
	TRY(evhub_name(all[2]) != NULL);
	TRY(evhub_link(all[0], EVHUB_ON_VALUE, on_end, links) != NULL);
	TRY(evhub_link(all[2], EVHUB_ON_ERROR | EVHUB_ON_HUB, on_end, links) != NULL);
	TRY(evhub_link_result(all[2], result) != NULL);
	TRY(evhub_link_greenlet(all[4], EVHUB_ON_ERROR, all[0]) != NULL);
	TRY((watch = evhub_watch(evhub_flag_waitable(flag), on_ready, links)) != NULL);
	CHECK_INT(evhub_unlink(watch), 0);
	TRY(evhub_watch(evhub_flag_waitable(flag), on_ready, links) != NULL);
}

static void
wait_for_all(evhub_greenlet_t *all[5])
{
	evhub_waitable_t *two[2] = { evhub_flag_waitable(flag), evhub_greenlet_waitable(all[2]) };
	evhub_iwait_t *it;
	evhub_timeout_t *limit;
	size_t index = 9;

	TRY(evhub_wait(two, 2, 1, LONG) == 1);
	TRY((it = evhub_iwait_new(two, 2)) != NULL);
	TRY(evhub_iwait_next(it, &index, LONG) == 1);
	CHECK_INT(index, 1);
	evhub_iwait_free(it);
	TRY(evhub_result_wait(result, LONG) == 0);
	TRY((limit = evhub_timeout_start(LONG, 0)) != NULL);
	TRY(evhub_sleep(0.0005) == 0);
	evhub_timeout_cancel(limit);
	TRY(evhub_with_timeout(LONG, returns, NULL, NULL) == 0);
	TRY(evhub_kill(all[3], 0, -1) == 0);
	CHECK_INT(evhub_flag_set(flag), 0);
	TRY(evhub_joinall(all, 5, 0, LONG) == 0);
	TRY(evhub_joinall(all, 2, EVHUB_RAISE, LONG) == 0);
	CHECK_INT(evhub_result_set(result, NULL), 0);
	TRY(evhub_result_set_error(result, EIO, "copied") == 0);
	CHECK_STR(evhub_result_error_text(result), "copied");
}

static int
looks(const evhub_info_t *info, void *arg)
{
	(void)arg;
	return info->id == (unsigned long)-1;
}

static void
never(void *arg)
{
	(void)arg;
}

static void
see_and_hear(void)
{
	evhub_stats_t stats = { .size = sizeof(stats) };
	evhub_async_t *async;
	evhub_signal_t *signal;

	TRY(evhub_stats(&stats) == 0);
	TRY(evhub_foreach(looks, NULL) == 0);
	TRY((signal = evhub_signal(SIGUSR1, returns, NULL)) != NULL);
	raise(SIGUSR1);
	TRY(evhub_sleep(0.0001) == 0);
	evhub_signal_cancel(signal);
	TRY((async = evhub_async_new(evhub_base(), never, NULL)) != NULL);
	evhub_async_free(async);
}

static void *
life(void *arg)
{
	evhub_greenlet_t *all[5];
	int i, links = 0, tries = tries_again, n = *(int *)arg;

	ended = 0;
	alloc_fail(n, ((int *)arg)[1]);
	make_objects();
	spawn_and_link(all, &links);
	wait_for_all(all);
	see_and_hear();
	for (i = 0; i < 10; i++)
		TRY(evhub_yield() == 0);
	CHECK_INT(ended, 6);
	CHECK_INT(links, 3);
	for (i = 0; i < 5; i++)
		evhub_release(all[i]);
	TRY(evhub_go(is_killed, NULL) == 0);
	TRY(evhub_yield() == 0);
	TRY(evhub_shutdown() == 0);
	free_objects();
	((int *)arg)[2] = alloc_failures() > 0 || tries_again > tries;
	alloc_fail(0, 0);
	return NULL;
}

/* Did an allocation fail? */
static int
live(int n, int and_all_that_follow)
{
	int arg[3] = { n, and_all_that_follow, 0 };
	pthread_t thread;

	CHECK_INT(pthread_create(&thread, NULL, life, arg), 0);
	CHECK_INT(pthread_join(thread, NULL), 0);
	return arg[2];
}

static void
torture(int and_all_that_follow)
{
	int n, fds;
	long blocks;

	need_shim();
	init_base();
	capture_log();
	CHECK_INT(evhub_sleep(0.001), 0);
	/* The first lives pay for what is made once in a process. */
	for (n = 0; n < 3; n++)
		live(1000000, 0);
	blocks = alloc_live();
	fds = open_fds();
	for (n = 1; live(n, and_all_that_follow) > 0 || n < 20; n++) {
		if (alloc_live() != blocks)
			test_fail(__FILE__, __LINE__, "%d: %ld blocks more", n,
			    alloc_live() - blocks);
		CHECK_INT(open_fds(), fds);
		CHECK(n < 5000);
	}
	CHECK(n > 60);
	CHECK(tries_again > 40);
}

ALLOC_TEST(every_allocation_fails_once) { torture(0); }
ALLOC_TEST(every_allocation_fails_and_all_that_follow) { torture(1); }
