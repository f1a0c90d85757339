/*
 * What the tests of many greenlets share: all parked at once, each on a stack with a guard (G16).
 */
#ifndef EVHUB_CTESTS_MANY_H
#define EVHUB_CTESTS_MANY_H

#include "hub.h"

static evhub_flag_t *gate;
static size_t passed;

static void *
waits(void *arg)
{
	CHECK_INT(evhub_flag_wait(gate, -1), 1);
	passed++;
	return arg;
}

/* Of the machine's, in bytes; what is not needed by others. */
static double
free_memory(void)
{
	char line[200];
	double kib = 0;
	FILE *file = fopen("/proc/meminfo", "r");

	CHECK(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "MemAvailable: %lf kB", &kib) == 1)
			break;
	}
	fclose(file);
	return kib * 1024;
}

static void
park(size_t count)
{
	evhub_attr_t attr = EVHUB_ATTR_INIT;
	evhub_stats_t stats = { .size = sizeof(stats) };
	evhub_greenlet_t *g;
	size_t i;

	gate = evhub_flag_new();
	attr.stack_size = 16384;
	for (i = 0; i < count; i++) {
		g = evhub_spawn_with(&attr, waits, NULL);
		if (g == NULL && errno == ENOMEM && i >= 1000)
			SKIP("the kernel has memory for %zu stacks", i);
		CHECK(g != NULL);
		evhub_release(g);
		/* Those who park make room in the run queue. */
		if (i % 1000 == 999)
			run_others();
	}
	run_others();
	CHECK_INT(evhub_stats(&stats), 0);
	CHECK_INT(stats.alive, count);
	CHECK_INT(stats.waiting, count);
	CHECK_INT(evhub_flag_set(gate), 0);
	while (passed < count)
		run_others();
	CHECK_INT(evhub_stats(&stats), 0);
	CHECK_INT(stats.alive, 0);
	CHECK_INT(stats.peak, count);
	CHECK_INT(evhub_shutdown(), 0);
	evhub_flag_free(gate);
}

#endif
