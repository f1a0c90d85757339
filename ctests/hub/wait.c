/*
 * Waiting for several objects of every kind (rows 79 and 197 of the hub's list).
 */
#include "sync.h"

enum { GREENLET, FLAG, RESULT, SEMAPHORE, WAITGROUP, KINDS };

static evhub_greenlet_t *greenlet;
static evhub_flag_t *flag;
static evhub_result_t *result;
static evhub_semaphore_t *semaphore;
static evhub_waitgroup_t *waitgroup;
static evhub_waitable_t *all[KINDS];

static void *
nothing(void *arg)
{
	return arg;
}

static void
make_all(void)
{
	all[GREENLET] = evhub_greenlet_waitable(greenlet = evhub_new(NULL, nothing, NULL));
	all[FLAG] = evhub_flag_waitable(flag = evhub_flag_new());
	all[RESULT] = evhub_result_waitable(result = evhub_result_new());
	all[SEMAPHORE] = evhub_semaphore_waitable(semaphore = evhub_semaphore_new(0, 0));
	all[WAITGROUP] = evhub_waitgroup_waitable(waitgroup = evhub_waitgroup_new());
	CHECK_INT(evhub_waitgroup_add(waitgroup, 1), 0);
}

static void
make_ready(int which)
{
	switch (which) {
	case GREENLET: CHECK_INT(evhub_start(greenlet), 0); break;
	case FLAG: CHECK_INT(evhub_flag_set(flag), 0); break;
	case RESULT: CHECK_INT(evhub_result_set(result, NULL), 0); break;
	case SEMAPHORE: CHECK_INT(evhub_semaphore_release(semaphore), 0); break;
	case WAITGROUP: CHECK_INT(evhub_waitgroup_done(waitgroup), 0); break;
	}
	run_others();
}

static void
free_all(void)
{
	evhub_release(greenlet);
	evhub_flag_free(flag);
	evhub_result_free(result);
	evhub_semaphore_free(semaphore);
	evhub_waitgroup_free(waitgroup);
}

/* A greenlet that waits for `count` of the first `n`. */
struct several {
	size_t n, count;
	double timeout;
	evhub_greenlet_t *greenlet;
	int result, error, next_error;
};

static void *
wait_for_several(void *arg)
{
	struct several *several = arg;

	several->result = evhub_wait(all, several->n, several->count, several->timeout);
	several->error = errno;
	several->next_error = evhub_yield() ? errno : 0;
	return NULL;
}

static void
begin_several(struct several *several, size_t n, size_t count, double timeout)
{
	struct several begun = { n, count, timeout, NULL, -2, 0, 0 };

	*several = begun;
	several->greenlet = spawn_and_run(wait_for_several, several);
	CHECK_INT(evhub_state(several->greenlet), EVHUB_WAITING);
}

TEST(any)
{
	struct several several;
	int which;

	for (which = 0; which < KINDS; which++) {
		make_all();
		begin_several(&several, KINDS, 1, LONG);
		make_ready(which);
		end_of(several.greenlet);
		CHECK_INT(several.result, 1);
		/* It is ready still: nothing was taken. */
		CHECK_INT(evhub_wait(all, KINDS, 1, 0), 1);
		CHECK_INT(evhub_wait(&all[which], 1, 0, 0), 1);
		CHECK_INT(evhub_semaphore_value(semaphore), which == SEMAPHORE);
		free_all();
	}
}

TEST(some_and_all)
{
	struct several some, every;
	int which;

	make_all();
	begin_several(&some, KINDS, 3, LONG);
	begin_several(&every, KINDS, 0, LONG);
	for (which = KINDS - 1; which >= 0; which--) {
		CHECK_INT(some.result, which > KINDS - 1 - 3 ? -2 : 3);
		CHECK_INT(every.result, -2);
		make_ready(which);
		run_others();
	}
	end_of(some.greenlet);
	end_of(every.greenlet);
	CHECK_INT(every.result, KINDS);
	CHECK_INT(evhub_wait(all, KINDS, 0, 0), KINDS);
	/* More than asked for. */
	CHECK_INT(evhub_wait(all, KINDS, 2, -1), KINDS);
	free_all();
}

TEST(order_of_becoming_ready)
{
	static const int order[KINDS] = { SEMAPHORE, GREENLET, WAITGROUP, FLAG, RESULT };
	evhub_iwait_t *it;
	size_t index = 77, i;

	make_all();
	it = evhub_iwait_new(all, KINDS);
	CHECK_ERRNO(evhub_iwait_next(it, &index, 0), EAGAIN);
	CHECK_ERRNO(evhub_iwait_next(it, &index, 1e-9), ETIMEDOUT);
	CHECK_INT(index, 77);
	for (i = 0; i < KINDS; i++)
		make_ready(order[i]);
	/* Ready once is enough. */
	CHECK_INT(evhub_flag_clear(flag), 0);
	CHECK_INT(evhub_semaphore_acquire(semaphore, 0), 0);
	for (i = 0; i < KINDS; i++) {
		CHECK_INT(evhub_iwait_next(it, &index, i & 1 ? 0 : -1), 1);
		CHECK_INT(index, order[i]);
	}
	index = 77;
	CHECK_INT(evhub_iwait_next(it, &index, -1), 0);
	CHECK_INT(evhub_iwait_next(it, NULL, 0), 0);
	CHECK_INT(index, 77);
	evhub_iwait_free(it);
	free_all();
}

/* Those that are ready at first come first, in the order of their places. */
TEST_ONCE(ready_at_first)
{
	evhub_iwait_t *it;
	size_t index;

	make_all();
	make_ready(SEMAPHORE);
	make_ready(GREENLET);
	it = evhub_iwait_new(all, KINDS);
	make_ready(FLAG);
	CHECK_INT(evhub_iwait_next(it, &index, 0), 1);
	CHECK_INT(index, GREENLET);
	CHECK_INT(evhub_iwait_next(it, &index, 0), 1);
	CHECK_INT(index, SEMAPHORE);
	CHECK_INT(evhub_iwait_next(it, &index, 0), 1);
	CHECK_INT(index, FLAG);
	CHECK_ERRNO(evhub_iwait_next(it, &index, 0), EAGAIN);
	/* Others are waited for no more; their links go before they do. */
	evhub_iwait_free(it);
	free_all();
}

TEST_ONCE(duplicates)
{
	evhub_waitable_t *twice[3];
	evhub_iwait_t *it;
	size_t index;

	make_all();
	twice[0] = twice[2] = all[FLAG];
	twice[1] = all[GREENLET];
	CHECK_ERRNO(evhub_wait(twice, 3, 0, 0), EAGAIN);
	it = evhub_iwait_new(twice, 3);
	make_ready(FLAG);
	CHECK_INT(evhub_wait(twice, 3, 0, 0), 2);
	CHECK_INT(evhub_iwait_next(it, &index, 0), 1);
	CHECK_INT(index, 0);
	CHECK_INT(evhub_iwait_next(it, &index, 0), 1);
	CHECK_INT(index, 2);
	CHECK_ERRNO(evhub_iwait_next(it, &index, 0), EAGAIN);
	evhub_iwait_free(it);
	free_all();
}

/* What is ready when the time is over is told. */
TEST(timeouts)
{
	struct several several;
	int64_t start;

	make_all();
	CHECK_ERRNO(evhub_wait(all, KINDS, 0, 0), EAGAIN);
	CHECK_ERRNO(evhub_wait(all, KINDS, 0, NAN), EINVAL);
	CHECK_ERRNO(evhub_wait(all, KINDS, 0, 1e-9), ETIMEDOUT);
	start = now_ns();
	CHECK_ERRNO(evhub_wait(all, KINDS, 0, 0.02), ETIMEDOUT);
	CHECK_ELAPSED(start, 20);
	begin_several(&several, KINDS, 0, 0.01);
	make_ready(FLAG);
	make_ready(RESULT);
	CHECK_INT(evhub_wait(all, KINDS, 3, 0), 2);
	start = now_ns();
	CHECK_INT(evhub_wait(all, KINDS, 3, 0.02), 2);
	CHECK_ELAPSED(start, 20);
	end_of(several.greenlet);
	CHECK_INT(several.result, 2);
	free_all();
}

TEST_ONCE(kills)
{
	struct several several;

	make_all();
	begin_several(&several, KINDS, 0, -1);
	make_ready(FLAG);
	CHECK_INT(evhub_kill(several.greenlet, 0, 0), 0);
	end_of(several.greenlet);
	CHECK_INT(several.result, -1);
	CHECK_INT(several.error, ECANCELED);
	CHECK_INT(several.next_error, ECANCELED);
	/* Nobody is left at the objects. */
	make_ready(SEMAPHORE);
	CHECK_INT(evhub_semaphore_value(semaphore), 1);
	free_all();
}

static evhub_iwait_t *shared;

struct next {
	evhub_greenlet_t *greenlet;
	size_t index;
	int result, error, next_error;
};

static void *
take_next(void *arg)
{
	struct next *next = arg;

	next->result = evhub_iwait_next(shared, &next->index, -1);
	next->error = errno;
	next->next_error = evhub_yield() ? errno : 0;
	return NULL;
}

static void
begin_next(struct next *next)
{
	memset(next, 0, sizeof(*next));
	next->result = -2;
	next->greenlet = spawn_and_run(take_next, next);
}

/* Several greenlets may take from one: each object is for one of them. */
TEST_ONCE(shared_by_several)
{
	struct next next[4];
	size_t i, index;

	make_all();
	shared = evhub_iwait_new(all, 3);
	for (i = 0; i < COUNT(next); i++)
		begin_next(&next[i]);
	CHECK_INT(evhub_flag_set(flag), 0);
	run_others();
	/* It is for the first who waits, not for who comes before that has run. */
	CHECK_ERRNO(evhub_iwait_next(shared, &index, 0), EAGAIN);
	end_of(next[0].greenlet);
	CHECK_INT(next[0].result, 1);
	CHECK_INT(next[0].index, FLAG);
	CHECK_INT(next[1].result, -2);
	make_ready(RESULT);
	end_of(next[1].greenlet);
	CHECK_INT(next[1].index, RESULT);
	CHECK_INT(next[2].result, -2);
	make_ready(GREENLET);
	end_of(next[2].greenlet);
	CHECK_INT(next[2].result, 1);
	CHECK_INT(next[2].index, GREENLET);
	/* No more are left for the fourth. */
	end_of(next[3].greenlet);
	CHECK_INT(next[3].result, 0);
	CHECK_INT(evhub_iwait_next(shared, &index, -1), 0);
	evhub_iwait_free(shared);
	free_all();
}

static void
kill_now(evhub_waitable_t *object, void *arg)
{
	(void)object;
	CHECK_INT(evhub_kill(arg, 0, 0), 0);
}

/* Killed before it hears of the object, or right after it was handed it. */
TEST_ONCE(iwait_kills)
{
	struct next next;
	size_t index;

	make_all();
	shared = evhub_iwait_new(all, KINDS);
	begin_next(&next);
	CHECK_INT(evhub_kill(next.greenlet, 0, 0), 0);
	make_ready(FLAG);
	end_of(next.greenlet);
	CHECK_INT(next.result, -1);
	CHECK_INT(next.error, ECANCELED);
	CHECK_INT(evhub_iwait_next(shared, &index, 0), 1);
	CHECK_INT(index, FLAG);

	begin_next(&next);
	CHECK(evhub_watch(all[RESULT], kill_now, next.greenlet) != NULL);
	make_ready(RESULT);
	end_of(next.greenlet);
	CHECK_INT(next.result, 1);
	CHECK_INT(next.index, RESULT);
	CHECK_INT(next.next_error, ECANCELED);
	evhub_iwait_free(shared);
	free_all();
}

/* A member that is freed ends the wait, whatever else is waited for. */
TEST_ONCE(freed_members)
{
	struct several several, any;

	make_all();
	begin_several(&several, KINDS, 0, LONG);
	begin_several(&any, KINDS, 1, LONG);
	evhub_waitgroup_free(waitgroup);
	end_of(several.greenlet);
	end_of(any.greenlet);
	CHECK_INT(several.result, -1);
	CHECK_INT(several.error, EBADF);
	CHECK_INT(any.error, EBADF);
	waitgroup = NULL;
	/* The handle of a greenlet that goes: nobody can hear of its end. */
	begin_several(&several, WAITGROUP, 0, LONG);
	evhub_release(greenlet);
	end_of(several.greenlet);
	CHECK_INT(several.error, EBADF);
	greenlet = NULL;
	free_all();
}

TEST_ONCE(freed_members_of_iwait)
{
	evhub_iwait_t *it;
	struct next next;
	size_t index;

	make_all();
	shared = it = evhub_iwait_new(all, KINDS);
	evhub_flag_free(flag);
	make_ready(RESULT);
	evhub_semaphore_free(semaphore);
	CHECK_ERRNO(evhub_iwait_next(it, &index, -1), EBADF);
	CHECK_INT(index, FLAG);
	CHECK_INT(evhub_iwait_next(it, &index, -1), 1);
	CHECK_INT(index, RESULT);
	CHECK_ERRNO(evhub_iwait_next(it, &index, 0), EBADF);
	CHECK_INT(index, SEMAPHORE);
	begin_next(&next);
	evhub_waitgroup_free(waitgroup);
	end_of(next.greenlet);
	CHECK_INT(next.result, -1);
	CHECK_INT(next.error, EBADF);
	CHECK_INT(next.index, WAITGROUP);
	evhub_iwait_free(it);
	flag = NULL;
	semaphore = NULL;
	waitgroup = NULL;
	free_all();
}

/* The iwait itself is freed: while somebody waits in it, and when one was handed something. */
TEST_ONCE(freed_iwait)
{
	struct next next, other;

	make_all();
	shared = evhub_iwait_new(all, KINDS);
	begin_next(&next);
	evhub_iwait_free(shared);
	end_of(next.greenlet);
	CHECK_INT(next.error, EBADF);

	shared = evhub_iwait_new(all, KINDS);
	begin_next(&next);
	begin_next(&other);
	/* Handed over at once. */
	evhub_flag_free(flag);
	evhub_iwait_free(shared);
	end_of(next.greenlet);
	CHECK_INT(next.error, EBADF);
	CHECK_INT(next.index, FLAG);
	end_of(other.greenlet);
	CHECK_INT(other.error, EBADF);
	flag = NULL;
	/* Ready, and freed before the loop has told. */
	shared = evhub_iwait_new(&all[RESULT], 1);
	CHECK_INT(evhub_result_set(result, NULL), 0);
	evhub_iwait_free(shared);
	run_others();
	free_all();
}

static void
wait_in_loop(int fd, short what, void *arg)
{
	size_t index;

	(void)fd, (void)what, (void)arg;
	CHECK_ERRNO(evhub_wait(all, KINDS, 0, 0), EAGAIN);
	CHECK_ERRNO(evhub_wait(all, KINDS, 0, -1), EPERM);
	shared = evhub_iwait_new(all, KINDS);
	CHECK_ERRNO(evhub_iwait_next(shared, &index, 0), EAGAIN);
	CHECK_ERRNO(evhub_iwait_next(shared, &index, 0.5), EPERM);
	CHECK_INT(evhub_flag_set(flag), 0);
	CHECK_INT(evhub_wait(all, KINDS, 1, 0), 1);
}

TEST_ONCE(loop)
{
	size_t index;

	make_all();
	in_loop(wait_in_loop, NULL);
	CHECK_INT(evhub_iwait_next(shared, &index, 0), 1);
	CHECK_INT(index, FLAG);
	evhub_iwait_free(shared);
	free_all();
}

static void *
other_threads_objects(void *arg)
{
	CHECK_ERRNO(evhub_wait(all, KINDS, 0, 0), EPERM);
	CHECK(evhub_iwait_new(all, KINDS) == NULL && errno == EPERM);
	CHECK_ERRNO(evhub_iwait_next(shared, NULL, 0), EPERM);
	evhub_iwait_free(shared);
	return arg;
}

TEST_ONCE(misuse)
{
	evhub_waitable_t *bad[2];
	pthread_t thread;

	capture_log();
	make_all();
	CHECK_INT(evhub_wait(NULL, 0, 0, -1), 0);
	CHECK_ERRNO(evhub_wait(NULL, 0, 1, -1), EINVAL);
	CHECK_ERRNO(evhub_wait(NULL, 1, 0, -1), EINVAL);
	CHECK_ERRNO(evhub_wait(all, KINDS, KINDS + 1, 0), EINVAL);
	CHECK(evhub_iwait_new(NULL, 1) == NULL && errno == EINVAL);
	CHECK_ERRNO(evhub_iwait_next(NULL, NULL, 0), EINVAL);
	evhub_iwait_free(NULL);
	shared = evhub_iwait_new(NULL, 0);
	CHECK_INT(evhub_iwait_next(shared, NULL, -1), 0);
	bad[0] = all[FLAG];
	bad[1] = NULL;
	CHECK_ERRNO(evhub_wait(bad, 2, 1, -1), EINVAL);
	bad[1] = (void *)shared;
	CHECK_ERRNO(evhub_wait(bad, 2, 1, -1), EINVAL);
	CHECK_INT(pthread_create(&thread, NULL, other_threads_objects, NULL), 0);
	CHECK_INT(pthread_join(thread, NULL), 0);
	evhub_iwait_free(shared);
	CHECK_PTR(evhub_greenlet_waitable(NULL), NULL);
	CHECK_PTR(evhub_result_waitable(NULL), NULL);
	CHECK_PTR(evhub_semaphore_waitable(NULL), NULL);
	free_all();
}
