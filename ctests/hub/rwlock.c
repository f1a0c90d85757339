/*
 * Locks for many readers or one writer, in the order of asking.
 */
#include "sync.h"

static void
release(void *lock)
{
	CHECK_INT(evhub_rwlock_release(lock), 0);
}

/* Held by the main greenlet, to read or to write. */
static void *
make_read(void)
{
	evhub_rwlock_t *lock = evhub_rwlock_new();

	CHECK_INT(evhub_rwlock_acquire_read(lock, -1), 0);
	return lock;
}

static void *
make_written(void)
{
	evhub_rwlock_t *lock = evhub_rwlock_new();

	CHECK_INT(evhub_rwlock_acquire_write(lock, -1), 0);
	return lock;
}

static void
free_lock(void *lock)
{
	evhub_rwlock_free(lock);
}

static int
to_read(void *lock, double timeout)
{
	return evhub_rwlock_acquire_read(lock, timeout);
}

static int
to_write(void *lock, double timeout)
{
	return evhub_rwlock_acquire_write(lock, timeout);
}

static int is_released;

static void
release_once(void *lock)
{
	if (!is_released++)
		release(lock);
}

static void *
make_read_again(void)
{
	is_released = 0;
	return make_read();
}

static void *
make_written_again(void)
{
	is_released = 0;
	return make_written();
}

static const struct kind writer = {
	.make = make_read_again,
	.free = free_lock,
	.wait = to_write,
	.after = release,
	.ready = release_once,
	.is_not_for_loop = 1,
};

static const struct kind reader = {
	.make = make_written_again,
	.free = free_lock,
	.wait = to_read,
	.after = release,
	.ready = release_once,
	.wakes_all = 1,
	.is_not_for_loop = 1,
};

CHECK_ALL_OF(writer)

TEST(fifo)
{
	check_fifo(&writer);
	check_fifo(&reader);
}

TEST(readers)
{
	check_timeouts(&reader);
	check_no_wait(&reader);
	check_limit(&reader);
	check_kill(&reader);
	check_kill_after(&reader);
	check_loop(&reader);
}

TEST_ONCE(readers_of_a_lock_that_is_freed)
{
	/* What they read they cannot release. */
	capture_log();
	check_freed_late(&reader);
	check_freed(&reader);
}

TEST_ONCE(many_read_one_writes)
{
	evhub_rwlock_t *lock = make_read();

	CHECK_INT(evhub_rwlock_acquire_read(lock, 0), 0);
	CHECK_ERRNO(evhub_rwlock_acquire_write(lock, 0), EAGAIN);
	release(lock);
	CHECK_ERRNO(evhub_rwlock_acquire_write(lock, 0), EAGAIN);
	release(lock);
	CHECK_ERRNO(evhub_rwlock_release(lock), EPERM);
	CHECK_INT(evhub_rwlock_acquire_write(lock, 0), 0);
	CHECK_ERRNO(evhub_rwlock_acquire_write(lock, -1), EDEADLK);
	CHECK_ERRNO(evhub_rwlock_acquire_read(lock, -1), EDEADLK);
	CHECK_ERRNO(evhub_rwlock_acquire_read(lock, 0), EDEADLK);
	release(lock);
	CHECK_ERRNO(evhub_rwlock_release(lock), EPERM);
	evhub_rwlock_free(lock);
}

static void *
not_the_holder(void *lock)
{
	CHECK_ERRNO(evhub_rwlock_release(lock), EPERM);
	return NULL;
}

TEST_ONCE(not_held)
{
	evhub_rwlock_t *written = make_written(), *read = make_read();

	end_of(evhub_spawn(not_the_holder, written));
	end_of(evhub_spawn(not_the_holder, read));
	/* Reads another one. */
	release(written);
	CHECK_ERRNO(evhub_rwlock_release(written), EPERM);
	release(read);
	evhub_rwlock_free(written);
	evhub_rwlock_free(read);
}

/* What a greenlet that holds a lock does until it is told to let go. */
struct holder {
	struct wait wait;
	evhub_flag_t *let_go;
	int has_it;
};

static evhub_rwlock_t *lock;
static int reading, writing;

static void *
hold(void *arg)
{
	struct holder *holder = arg;
	int writes = holder->wait.kind == &writer;

	if (holder->wait.kind->wait(lock, -1))
		return NULL;
	holder->has_it = 1;
	*(writes ? &writing : &reading) += 1;
	CHECK(writing == 0 || (writing == 1 && reading == 0));
	evhub_flag_wait(holder->let_go, -1);
	*(writes ? &writing : &reading) -= 1;
	release(lock);
	return NULL;
}

static void
ask(struct holder *holder, const struct kind *kind)
{
	memset(holder, 0, sizeof(*holder));
	holder->wait.kind = kind;
	holder->let_go = evhub_flag_new();
	holder->wait.greenlet = spawn_and_run(hold, holder);
}

static void
let_go(struct holder *holder)
{
	CHECK_INT(evhub_flag_set(holder->let_go), 0);
	end_of(holder->wait.greenlet);
	evhub_flag_free(holder->let_go);
	run_others();
}

/* R W R R W R: readers pass no writer that waits, and come in together. */
TEST_ONCE(fair)
{
	const struct kind *kinds[] = { &reader, &writer, &reader, &reader, &writer, &reader };
	struct holder h[COUNT(kinds)];
	size_t i;

	lock = evhub_rwlock_new();
	for (i = 0; i < COUNT(kinds); i++)
		ask(&h[i], kinds[i]);
	CHECK(h[0].has_it && !h[1].has_it && !h[2].has_it);
	CHECK_ERRNO(evhub_rwlock_acquire_read(lock, 0), EAGAIN);
	let_go(&h[0]);
	CHECK(h[1].has_it && !h[2].has_it);
	let_go(&h[1]);
	CHECK(h[2].has_it && h[3].has_it && !h[4].has_it && !h[5].has_it);
	let_go(&h[2]);
	CHECK(!h[4].has_it);
	let_go(&h[3]);
	CHECK(h[4].has_it && !h[5].has_it);
	let_go(&h[4]);
	CHECK(h[5].has_it);
	CHECK_INT(evhub_rwlock_acquire_read(lock, 0), 0);
	release(lock);
	let_go(&h[5]);
	evhub_rwlock_free(lock);
}

/* A writer that gives up lets those in who wait to read behind it. */
TEST_ONCE(writer_gives_up)
{
	struct holder h[5];
	int round;

	for (round = 0; round < 2; round++) {
		lock = make_read();
		ask(&h[0], &writer);
		ask(&h[1], &reader);
		ask(&h[2], &reader);
		ask(&h[3], &writer);
		CHECK(!h[1].has_it && !h[2].has_it);
		CHECK_INT(evhub_kill(h[0].wait.greenlet, 0, 0), 0);
		if (round == 1) {
			/* Who comes before it has run is not lost, either. */
			CHECK_INT(evhub_kill(h[1].wait.greenlet, 0, 0), 0);
			ask(&h[4], &reader);
		}
		/* First it gives up, then the others run. */
		run_others();
		run_others();
		CHECK(!h[0].has_it && h[2].has_it && !h[3].has_it);
		CHECK_INT(h[1].has_it, round == 0);
		release(lock);
		let_go(&h[0]);
		let_go(&h[1]);
		CHECK(!h[3].has_it);
		let_go(&h[2]);
		CHECK(h[3].has_it);
		if (round == 1)
			CHECK(!h[4].has_it);
		let_go(&h[3]);
		if (round == 1) {
			CHECK(h[4].has_it);
			let_go(&h[4]);
		}
		evhub_rwlock_free(lock);
	}
}

TEST_ONCE(writer_times_out)
{
	struct wait wait, behind;

	lock = make_read();
	begin(&wait, &writer, lock, 0.003);
	begin(&behind, &reader, lock, LONG);
	check_failed(&wait, ETIMEDOUT);
	check_well(&behind, 2);
	release(lock);
	evhub_rwlock_free(lock);
}

static void *
end_with_it(void *arg)
{
	CHECK_INT(((const struct kind *)arg)->wait(lock, -1), 0);
	return NULL;
}

TEST_ONCE(left_behind)
{
	struct wait wait;

	capture_log();
	lock = make_read();
	begin(&wait, &writer, lock, LONG);
	release(lock);
	check_well(&wait, 1);
	end_of(evhub_spawn(end_with_it, (void *)&writer));
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
	CHECK(strstr(last_log(), "passed on") != NULL);
	CHECK_INT(evhub_rwlock_acquire_write(lock, 0), 0);
	release(lock);
	/* Who reads is not known: it can only be told of. */
	end_of(evhub_spawn(end_with_it, (void *)&reader));
	CHECK_INT(logged(_EVENT_LOG_WARN), 2);
	CHECK(strstr(last_log(), "nobody will ever write") != NULL);
	evhub_rwlock_free(lock);
}

TEST_ONCE(misuse_of_the_rest)
{
	capture_log();
	CHECK_ERRNO(evhub_rwlock_acquire_read(NULL, 0), EINVAL);
	CHECK_ERRNO(evhub_rwlock_release(NULL), EINVAL);
}
