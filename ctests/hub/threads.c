/*
 * Threads: a hub for each, objects of another one's (G02), waking across threads, and threads
 * that end with greenlets (G22).
 */
#include "hub.h"

#include <pthread.h>

enum { THREADS = 8 };

static void
run_thread(void *(*fn)(void *), void *arg)
{
	pthread_t thread;
	void *value;

	CHECK_INT(pthread_create(&thread, NULL, fn, arg), 0);
	CHECK_INT(pthread_join(thread, &value), 0);
	CHECK_PTR(value, NULL);
}

struct work {
	evhub_semaphore_t *semaphore;
	int done;
};

static void *
works(void *arg)
{
	struct work *work = arg;
	int i;

	for (i = 0; i < 20; i++) {
		CHECK_INT(evhub_semaphore_acquire(work->semaphore, LONG), 0);
		CHECK_INT(i % 5 == 0 ? evhub_sleep(0.0005) : evhub_yield(), 0);
		CHECK_INT(evhub_semaphore_release(work->semaphore), 0);
	}
	work->done++;
	return arg;
}

static void *
thread_with_a_hub(void *arg)
{
	struct work work = { evhub_semaphore_new(2, 0), 0 };
	evhub_greenlet_t *all[20];
	size_t i;

	(void)arg;
	for (i = 0; i < COUNT(all); i++)
		all[i] = spawn(works, &work);
	CHECK_INT(evhub_joinall(all, COUNT(all), 0, LONG), 0);
	CHECK_INT(work.done, (int)COUNT(all));
	for (i = 0; i < COUNT(all); i++)
		evhub_release(all[i]);
	evhub_semaphore_free(work.semaphore);
	CHECK_INT(evhub_shutdown(), 0);
	return NULL;
}

TEST(a_hub_for_each)
{
	pthread_t threads[THREADS];
	void *value;
	int i;

	for (i = 0; i < THREADS; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, thread_with_a_hub, NULL), 0);
	thread_with_a_hub(NULL);
	for (i = 0; i < THREADS; i++) {
		CHECK_INT(pthread_join(threads[i], &value), 0);
		CHECK_PTR(value, NULL);
	}
}

/* Threads come and go, and leave nothing behind. */
TEST(many_threads_one_after_the_other)
{
	int i, fds = 0;

	for (i = 0; i < 30; i++) {
		run_thread(thread_with_a_hub, NULL);
		if (i == 5)
			fds = open_fds();
	}
	CHECK_INT(open_fds(), fds);
}

static evhub_flag_t *flag;
static evhub_greenlet_t *greenlet;
static evhub_semaphore_t *semaphore;
static evhub_result_t *result;
static evhub_local_t *local;

static void *
uses_objects_of_another_thread(void *arg)
{
	evhub_waitable_t *w = evhub_flag_waitable(flag);
	evhub_greenlet_t *own = spawn(returns, NULL);

	(void)arg;
	CHECK_ERRNO(evhub_join(greenlet, -1), EPERM);
	CHECK_ERRNO(evhub_join(greenlet, 0), EPERM);
	CHECK_ERRNO(evhub_get(greenlet, NULL, -1), EPERM);
	CHECK_ERRNO(evhub_kill(greenlet, 0, 0), EPERM);
	CHECK_ERRNO(evhub_start(greenlet), EPERM);
	CHECK_ERRNO(evhub_joinall(&greenlet, 1, 0, -1), EPERM);
	CHECK_ERRNO(evhub_killall(&greenlet, 1, 0, -1), EPERM);
	CHECK_ERRNO(evhub_set_name(greenlet, "x"), EPERM);
	CHECK_ERRNO(evhub_flag_set(flag), EPERM);
	CHECK_ERRNO(evhub_flag_clear(flag), EPERM);
	CHECK_ERRNO(evhub_flag_wait(flag, -1), EPERM);
	CHECK_ERRNO(evhub_semaphore_acquire(semaphore, -1), EPERM);
	CHECK_ERRNO(evhub_semaphore_release(semaphore), EPERM);
	CHECK_ERRNO(evhub_result_set(result, NULL), EPERM);
	CHECK_ERRNO(evhub_result_get(result, NULL, -1), EPERM);
	CHECK_ERRNO(evhub_local_set(local, NULL), EPERM);
	CHECK_ERRNO(evhub_wait(&w, 1, 0, -1), EPERM);
	errno = 0;
	CHECK(evhub_retain(greenlet) == NULL && errno == EPERM);
	errno = 0;
	CHECK(evhub_link_greenlet(greenlet, EVHUB_ON_VALUE, own) == NULL && errno == EPERM);
	errno = 0;
	CHECK(evhub_link_greenlet(own, EVHUB_ON_VALUE, greenlet) == NULL && errno == EPERM);
	errno = 0;
	CHECK(evhub_iwait_new(&w, 1) == NULL && errno == EPERM);
	/* Not freed, either. */
	evhub_release(greenlet);
	evhub_flag_free(flag);
	evhub_semaphore_free(semaphore);
	/* What is only looked at. */
	CHECK_INT(evhub_state(greenlet), EVHUB_WAITING);
	CHECK(evhub_id(greenlet) != 0);
	end_of(own);
	CHECK_INT(evhub_shutdown(), 0);
	return NULL;
}

TEST(objects_of_another_thread)
{
	capture_log();
	flag = evhub_flag_new();
	semaphore = evhub_semaphore_new(1, 0);
	result = evhub_result_new();
	local = evhub_local_new(NULL);
	greenlet = spawn_and_run(sleeper, NULL);
	run_thread(uses_objects_of_another_thread, NULL);
	CHECK(logged(_EVENT_LOG_WARN) > 0);
	CHECK_INT(evhub_kill(greenlet, 0, -1), 0);
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(evhub_semaphore_acquire(semaphore, 0), 0);
	evhub_release(greenlet);
	evhub_flag_free(flag);
	evhub_semaphore_free(semaphore);
	evhub_result_free(result);
	evhub_local_free(local);
}

static evhub_async_t *asyncs[THREADS];

static void
async_cb(void *arg)
{
	CHECK_INT(evhub_semaphore_release(arg), 0);
}

static void *
sends_for_a_while(void *arg)
{
	evhub_async_t *async = *(evhub_async_t **)arg;
	int i;

	for (i = 0; i < 100; i++) {
		CHECK_INT(evhub_async_send(async), 0);
		if (i % 10 == 0)
			sleep_ms(1);
	}
	return NULL;
}

/* The thread sleeps in its loop, and is woken by others. */
TEST(woken_by_other_threads)
{
	pthread_t threads[THREADS];
	evhub_semaphore_t *woken[THREADS];
	int i;

	for (i = 0; i < THREADS; i++) {
		woken[i] = evhub_semaphore_new(0, 0);
		asyncs[i] = evhub_async_new(evhub_base(), async_cb, woken[i]);
		CHECK(asyncs[i] != NULL);
		CHECK_INT(pthread_create(&threads[i], NULL, sends_for_a_while, &asyncs[i]), 0);
	}
	for (i = 0; i < THREADS; i++)
		CHECK_INT(evhub_semaphore_acquire(woken[i], -1), 0);
	for (i = 0; i < THREADS; i++) {
		CHECK_INT(pthread_join(threads[i], NULL), 0);
		evhub_async_free(asyncs[i]);
		evhub_semaphore_free(woken[i]);
	}
}

static void *
ends_with_greenlets(void *arg)
{
	evhub_greenlet_t **out = arg;
	int i;

	for (i = 0; i < 5; i++)
		CHECK_INT(evhub_go(sleeper, NULL), 0);
	CHECK_INT(evhub_go(stubborn, NULL), 0);
	out[0] = spawn(sleeper, NULL);
	CHECK(evhub_timeout_start(LONG, 0) != NULL);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(evhub_go(returns, NULL), 0);
	out[1] = evhub_new(NULL, returns, NULL);
	evhub_release(out[0]);
	evhub_release(out[1]);
	return NULL;
}

TEST(a_thread_that_ends_with_greenlets)
{
	evhub_greenlet_t *handles[2];
	int i, fds = 0;

	capture_log();
	for (i = 0; i < 10; i++) {
		run_thread(ends_with_greenlets, handles);
		if (i == 2)
			fds = open_fds();
	}
	CHECK_INT(logged(_EVENT_LOG_WARN), 10);
	CHECK_STR(last_log(), "evhub: a thread has ended with 8 greenlets: dropped");
	CHECK_INT(open_fds(), fds);
}

static void *
makes_objects(void *arg)
{
	evhub_flag_t **out = arg;

	*out = evhub_flag_new();
	CHECK_INT(evhub_sleep(0.001), 0);
	return NULL;
}

/* Objects outlive their thread, as memory that nobody may use: EPERM. */
TEST(objects_of_a_thread_that_has_ended)
{
	/* Nobody can free it any more: it stays where checks for leaks find it. */
	static evhub_flag_t *orphan;

	capture_log();
	run_thread(makes_objects, &orphan);
	CHECK_ERRNO(evhub_flag_set(orphan), EPERM);
	evhub_flag_free(orphan);
}

static pthread_key_t key;
static int destroyed;

static void
destroy(void *value)
{
	/* Destructors of a thread's still have a hub, an old or a new one. */
	CHECK_PTR(value, &key);
	CHECK_INT(evhub_sleep(0.001), 0);
	destroyed++;
}

static void *
has_a_destructor(void *arg)
{
	(void)arg;
	CHECK_INT(pthread_setspecific(key, &key), 0);
	end_of(spawn(returns, NULL));
	return NULL;
}

TEST(a_destructor_of_the_threads_that_waits)
{
	int i;

	CHECK_INT(pthread_key_create(&key, destroy), 0);
	for (i = 0; i < 3; i++)
		run_thread(has_a_destructor, NULL);
	CHECK_INT(destroyed, 3);
}

/* A thread whose base another one has made: it gets one of its own. */
static void *
looks_at_its_base(void *arg)
{
	CHECK(evhub_base() != arg);
	CHECK_PTR(current_base, arg);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(evhub_shutdown(), 0);
	return NULL;
}

TEST(each_thread_has_its_own_base)
{
	struct event_base *base = init_base();

	CHECK_PTR(evhub_base(), base);
	run_thread(looks_at_its_base, base);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_PTR(current_base, base);
}

static void *
exits(void *arg)
{
	if (arg != NULL)
		CHECK_INT(evhub_sleep(0.001), 0);
	pthread_exit(NULL);
}

static void *
has_one_that_exits(void *arg)
{
	CHECK_INT(evhub_go(sleeper, NULL), 0);
	CHECK_INT(evhub_go(exits, arg), 0);
	evhub_sleep(LONG);
	return &destroyed;
}

/* pthread_exit() ends the thread, on the stack of a greenlet, too. */
TEST(a_thread_that_a_greenlet_ends)
{
#if defined(__SANITIZE_ADDRESS__)
	SKIP("AddressSanitizer does not hear that the thread's own stack goes on");
#elif defined(__SANITIZE_THREAD__)
	SKIP("ThreadSanitizer's pthread_exit wants the thread's own stack");
#endif
	capture_log();
	run_thread(has_one_that_exits, NULL);
	run_thread(has_one_that_exits, &key);
	CHECK_INT(logged(_EVENT_LOG_WARN), 2);
	CHECK_INT(evhub_sleep(0.001), 0);
}
