/*
 * Proves that queues lose nothing and double nothing, whatever becomes of those who wait: random
 * producers and consumers, plain and selecting, of queues of every kind, with kills and timeouts.
 */
#include "queue.h"

enum { QUEUES = 5, WORKERS = 24, STEPS = 40, ITEMS = WORKERS * STEPS + 1 };

/* Where an item is. */
enum { NOWHERE, OFFERED, TAKEN };

static unsigned state;

static unsigned
pick(unsigned n)
{
	state = state * 1103515245 + 12345;
	return (state >> 16) % n;
}

static evhub_queue_t *queues[QUEUES];
static evhub_greenlet_t *workers[WORKERS];
/* Of each item: where it is, and its queue. */
static int where[ITEMS], of_queue[ITEMS];
static int items, alive, acknowledged;

static int
by_number(const void *a, const void *b, void *arg)
{
	(void)arg;
	return NUMBER(a) - NUMBER(b);
}

static void
make_queues(void)
{
	queues[0] = evhub_queue_new((long)pick(4));
	queues[1] = evhub_queue_new(0);
	queues[2] = evhub_queue_new(1 + (long)pick(3));
	queues[3] = evhub_lifo_new((long)pick(3));
	queues[4] = evhub_pqueue_new((long)pick(4), by_number, NULL);
}

/* A number for the item that is offered to a queue. */
static int
offer(int q)
{
	int item = ++items;

	CHECK(item < ITEMS);
	where[item] = OFFERED;
	of_queue[item] = q;
	return item;
}

static void
taken(int q, int item)
{
	CHECK(item > 0 && item <= items);
	CHECK_INT(of_queue[item], q);
	CHECK_INT(where[item], OFFERED);
	where[item] = TAKEN;
}

/* A put that has failed: the item went nowhere, and never will. */
static void
withdrawn(int item)
{
	CHECK_INT(where[item], OFFERED);
	where[item] = NOWHERE;
}

/* A wait that has ended badly has a reason. */
static void
check_error(double timeout)
{
	int error = errno;

	if (error == EAGAIN)
		CHECK(timeout == 0);
	else if (error == ETIMEDOUT)
		CHECK(timeout > 0);
	else
		CHECK_INT(error, ECANCELED);
	if (error == ECANCELED && pick(2)) {
		evhub_kill_ack();
		acknowledged++;
	}
}

static double
some_time(void)
{
	switch (pick(4)) {
	case 0:
		return 0;
	case 1:
		return 0.0001 * pick(20) + 0.00001;
	default:
		return 5.0;
	}
}

static void
put_one(void)
{
	int q = (int)pick(QUEUES), item = offer(q);
	double timeout = some_time();

	if (evhub_queue_put(queues[q], ITEM(item), timeout) != 0) {
		check_error(timeout);
		withdrawn(item);
	}
}

static void
get_one(void)
{
	int q = (int)pick(QUEUES);
	double timeout = some_time();
	void *item;

	if (evhub_queue_get(queues[q], &item, timeout) == 0)
		taken(q, NUMBER(item));
	else
		check_error(timeout);
}

static void
select_one(void)
{
	evhub_choice_t choices[4];
	int of[4], numbers[4], n = 1 + (int)pick(4), done, i;
	double timeout = some_time();

	for (i = 0; i < n; i++) {
		of[i] = (int)pick(QUEUES);
		choices[i].queue = queues[of[i]];
		choices[i].op = pick(2) ? EVHUB_GET : EVHUB_PUT;
		numbers[i] = items + 1 < ITEMS - STEPS && choices[i].op == EVHUB_PUT ?
		    offer(of[i]) : 0;
		if (numbers[i] == 0)
			choices[i].op = EVHUB_GET;
		choices[i].item = ITEM(numbers[i]);
	}
	done = evhub_select_queues(choices, (size_t)n, timeout);
	if (done < 0)
		check_error(timeout);
	CHECK(done < n);
	for (i = 0; i < n; i++)
		if (numbers[i] != 0 && i != done)
			withdrawn(numbers[i]);
	if (done >= 0 && numbers[done] == 0)
		taken(of[done], NUMBER(choices[done].item));
}

static void *
works(void *arg)
{
	int i;

	for (i = 0; i < STEPS && items + 8 < ITEMS; i++) {
		switch (pick(5)) {
		case 0:
		case 1:
			put_one();
			break;
		case 2:
			get_one();
			break;
		case 3:
			select_one();
			break;
		default:
			if (evhub_yield() != 0)
				check_error(-1);
		}
	}
	alive--;
	return arg;
}

/* What is left comes out once, in the right order; what waits for ever does not exist. */
static void
check_rest(void)
{
	void *item;
	int q, i, before;

	for (q = 0; q < QUEUES; q++) {
		for (before = 0; evhub_queue_get(queues[q], &item, 0) == 0; before = NUMBER(item)) {
			taken(q, NUMBER(item));
			if (q == 4)
				CHECK(NUMBER(item) > before);
		}
		CHECK_INT(errno, EAGAIN);
		CHECK_INT((int)evhub_queue_size(queues[q]), 0);
	}
	for (i = 1; i <= items; i++)
		CHECK(where[i] != OFFERED);
}

static void
run_seed(unsigned seed)
{
	int i;

	state = seed;
	items = 0;
	alive = WORKERS;
	make_queues();
	for (i = 0; i < WORKERS; i++) {
		workers[i] = evhub_spawn(works, NULL);
		CHECK(workers[i] != NULL);
	}
	/* All have ended within the time of a few waits: kills help. */
	while (alive > 0) {
		i = (int)pick(WORKERS);
		CHECK_INT(pick(3) ? evhub_yield() : evhub_sleep(0.0001 * pick(4)), 0);
		if (pick(2))
			CHECK_INT(evhub_kill(workers[i], 0, 0), 0);
	}
	for (i = 0; i < WORKERS; i++) {
		CHECK_INT(evhub_join(workers[i], 5.0), 0);
		evhub_release(workers[i]);
	}
	check_rest();
	for (i = 0; i < QUEUES; i++)
		evhub_queue_free(queues[i]);
}

/* EVHUB_TEST_SEEDS says how many; the last one printed is that which failed. */
static unsigned
seeds(unsigned usual)
{
	const char *text = getenv("EVHUB_TEST_SEEDS");

	return text != NULL ? (unsigned)atoi(text) : usual;
}

TEST_ONCE(nothing_is_lost_or_doubled)
{
	unsigned seed, count = seeds(30);

	for (seed = 1; seed <= count; seed++) {
		printf("seed %u\n", seed);
		fflush(stdout);
		run_seed(seed);
	}
	CHECK(acknowledged > 0);
}

/*
 * The order of FIFO queues: items are taken in the order in which the queue took them. Producers
 * number theirs when the put begins; who waits is first come, first served, so it is the order of
 * the beginnings of the puts that were done.
 */
static int next_number, in_order[QUEUES][ITEMS], in_order_count[QUEUES], ended;

static void *
produces(void *arg)
{
	int q = NUMBER(arg), i;

	for (i = 0; i < STEPS; i++) {
		int number = ++next_number;

		if (pick(4) == 0) {
			evhub_choice_t choices[2] = { { queues[q], EVHUB_PUT, ITEM(number) },
				{ queues[QUEUES - 1], EVHUB_GET, NULL } };

			if (evhub_select_queues(choices, 2, some_time()) != 0)
				check_error(0.5 * (errno != EAGAIN));
		} else if (evhub_queue_put(queues[q], ITEM(number), some_time()) != 0) {
			check_error(0.5 * (errno != EAGAIN));
		}
		if (pick(3) == 0 && evhub_yield() != 0)
			check_error(-1);
	}
	ended++;
	return NULL;
}

static void *
consumes(void *arg)
{
	int q = NUMBER(arg);
	void *item;

	while (evhub_queue_get(queues[q], &item, 0.05) == 0) {
		in_order[q][in_order_count[q]++] = NUMBER(item);
		if (pick(3) == 0)
			CHECK_INT(evhub_yield(), 0);
	}
	return NULL;
}

TEST_ONCE(first_in_first_out)
{
	unsigned seed, count = seeds(10);
	evhub_greenlet_t *producers[6], *consumer;
	int q, i;

	for (seed = 1; seed <= count; seed++) {
		state = seed;
		q = (int)pick(QUEUES - 1);
		next_number = in_order_count[q] = ended = 0;
		queues[q] = evhub_queue_new((long)pick(4));
		queues[QUEUES - 1] = evhub_queue_new(0);
		for (i = 0; i < 6; i++)
			producers[i] = evhub_spawn(produces, ITEM(q));
		consumer = evhub_spawn(consumes, ITEM(q));
		while (ended < 6) {
			CHECK_INT(evhub_sleep(0.0001), 0);
			if (pick(3) == 0)
				CHECK_INT(evhub_kill(producers[pick(6)], 0, 0), 0);
		}
		CHECK_INT(evhub_join(consumer, 5.0), 0);
		evhub_release(consumer);
		for (i = 0; i < 6; i++)
			evhub_release(producers[i]);
		CHECK(in_order_count[q] > 0);
		for (i = 1; i < in_order_count[q]; i++)
			CHECK(in_order[q][i] > in_order[q][i - 1]);
		evhub_queue_free(queues[q]);
		evhub_queue_free(queues[QUEUES - 1]);
	}
}
