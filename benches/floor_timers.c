/*
 * The floor of timers.c: a bare 4-ary heap with each key beside its pointer, and no clock. A
 * timer that is renewed only has its later deadline noted: the heap would be put right when the
 * earlier one comes up.
 */
#include "floors.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure.h"

struct timer {
	long place;
	uint64_t due;
};

struct node {
	uint64_t key;
	struct timer *timer;
};

static struct node *heap;
static long heap_size;
static long fired;

static void put(long place, struct node node)
{
	heap[place] = node;
	node.timer->place = place;
}

static void sift_up(long place, struct node node)
{
	while (place > 0 && node.key < heap[(place - 1) / 4].key) {
		put(place, heap[(place - 1) / 4]);
		place = (place - 1) / 4;
	}
	put(place, node);
}

static void sift_down(long place, struct node node)
{
	for (;;) {
		long child = 4 * place + 1, least = child, end = child + 4;

		if (child >= heap_size)
			break;
		if (end > heap_size)
			end = heap_size;
		while (++child < end)
			if (heap[child].key < heap[least].key)
				least = child;
		if (node.key <= heap[least].key)
			break;
		put(place, heap[least]);
		place = least;
	}
	put(place, node);
}

static void add(struct timer *timer, uint64_t key)
{
	struct node node = { key, timer };

	sift_up(heap_size++, node);
}

static void take(struct timer *timer)
{
	struct node last = heap[--heap_size];
	long place = timer->place;

	if (last.timer == timer)
		return;
	if (place > 0 && last.key < heap[(place - 1) / 4].key)
		sift_up(place, last);
	else
		sift_down(place, last);
}

static void stop(const char *what, const char *size, long ops)
{
	char name[40];

	snprintf(name, sizeof(name), "timers.%s.%s", what, size);
	measure_stop(name, "timer", ops);
}

static void on_timer(struct timer *timer)
{
	(void)timer;
	fired++;
}

static void one_round(struct timer *timers, const uint64_t *keys, long n, const char *size)
{
	void (*volatile callback)(struct timer *) = on_timer;
	long i;

	measure_start();
	for (i = 0; i < n; i++)
		add(&timers[i], 600000000u + i);
	stop("add", size, n);
	measure_start();
	for (i = 0; i < n; i++)
		timers[random_u32() % n].due = 600000000u + n + i;
	stop("renew", size, n);
	heap_size = 0;

	for (i = 0; i < n; i++)
		add(&timers[i], keys[i]);
	measure_start();
	for (i = 0; i < n; i += 2)
		take(&timers[i]);
	stop("cancel", size, n / 2);
	measure_start();
	while (heap_size > 0) {
		struct timer *due = heap[0].timer;

		take(due);
		callback(due);
	}
	stop("expire", size, n / 2);
}

static void run(long n, const char *size, int rounds)
{
	struct timer *timers = zeroed(n, sizeof(*timers));
	uint64_t *keys = zeroed(n, sizeof(*keys));
	long i, span_us = n > 4000 ? n / 2 : 4000;

	heap = zeroed(n, sizeof(*heap));
	for (i = 0; i < n; i++)
		keys[i] = random_u32() % span_us;
	while (rounds-- > 0)
		one_round(timers, keys, n, size);
	free(heap);
	free(keys);
	free(timers);
}

void floor_timers_1e3(void)
{
	run(1000, "1e3", counting ? 3 : 40);
}

void floor_timers_1e5(void)
{
	run(100000, "1e5", counting ? 1 : 3);
}

void floor_timers_1e6(void)
{
	run(1000000, "1e6", 1);
}
