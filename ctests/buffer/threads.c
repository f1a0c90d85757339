/* Each thread has buffers of its own: they have nothing to do with each other (F29). */
#include "check.h"

#include <pthread.h>

enum { THREADS = 4, ROUNDS = 300, LENGTH = 20000 };

static pthread_barrier_t ready;

struct sums {
	size_t added, taken;
};

static void
sum_up(struct evbuffer *buf, size_t old, size_t new, void *arg)
{
	struct sums *sums = arg;

	CHECK_INT(EVBUFFER_LENGTH(buf), (long long)new);
	if (new > old)
		sums->added += new - old;
	else
		sums->taken += old - new;
}

/* Adds, reads, moves and takes: what each thread gets back is what it put in. */
static void *
work(void *arg)
{
	size_t from = (size_t)(uintptr_t)arg * 1000003;
	struct sums sums = { 0, 0 };
	int fds[2], i;
	char *line;

	make_pair(fds);
	pthread_barrier_wait(&ready);
	for (i = 0; i < ROUNDS; i++) {
		struct evbuffer *out = new_buffer(), *in = new_buffer(), *all = new_buffer();

		evbuffer_setcb(all, sum_up, &sums);
		add_pattern(out, from, LENGTH);
		CHECK_INT(evbuffer_write(out, fds[0]), LENGTH);
		/* Larger than the room there is: by way of memory that is not the buffer's. */
		while (EVBUFFER_LENGTH(in) < LENGTH)
			CHECK(evbuffer_read(in, fds[1], i % 2 ? 5000 : -1) > 0);
		CHECK_PATTERN(in, from, LENGTH);
		CHECK_INT(evbuffer_add_printf(all, "thread %zu\n", from), evbuffer_add_printf(out,
		    "thread %zu\n", from));
		CHECK_INT(evbuffer_add_buffer(all, in), 0);
		line = evbuffer_readline(all);
		CHECK(line != NULL && strncmp(line, "thread ", 7) == 0);
		free(line);
		CHECK_PATTERN(all, from, LENGTH);
		evbuffer_drain(all, LENGTH);
		evbuffer_free(out);
		evbuffer_free(in);
		evbuffer_free(all);
	}
	CHECK_INT(sums.added, (long long)sums.taken);
	CHECK(sums.added > (size_t)ROUNDS * LENGTH);
	close(fds[0]);
	close(fds[1]);
	return NULL;
}

TEST_ONCE(threads_with_buffers_of_their_own)
{
	pthread_t threads[THREADS];
	size_t i;

	CHECK_INT(pthread_barrier_init(&ready, NULL, THREADS), 0);
	for (i = 0; i < THREADS; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)i), 0);
	for (i = 0; i < THREADS; i++)
		CHECK_INT(pthread_join(threads[i], NULL), 0);
}

/* A buffer may be handed from one thread to the next. */

static void *
fill_and_give(void *arg)
{
	add_pattern(arg, EVBUFFER_LENGTH((struct evbuffer *)arg), 10000);
	return NULL;
}

TEST_ONCE(a_buffer_that_changes_threads)
{
	struct evbuffer *buf = new_buffer();
	pthread_t thread;
	int i;

	for (i = 0; i < 20; i++) {
		CHECK_INT(pthread_create(&thread, NULL, fill_and_give, buf), 0);
		CHECK_INT(pthread_join(thread, NULL), 0);
		CHECK_PATTERN(buf, 0, (size_t)(i + 1) * 10000);
	}
	evbuffer_free(buf);
}
