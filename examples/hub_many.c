/*
 * Many greenlets: a hundred thousand stand in a row and hand on a token, from channel to channel.
 * Each adds 1 to it, so that what comes out at the end of the row says whether all of them did.
 *
 *   hub_many [GREENLETS]
 *
 * Each has a stack of 256 KiB; what counts is how much of it was touched, mostly one page.
 */
#include <sys/resource.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <evhub.h>

#define LAPS 10

static evhub_queue_t **channels;
static size_t greenlets, passed, errors;

static void *pass_on(void *arg)
{
	size_t place = (size_t)arg;
	void *token;
	int lap;

	for (lap = 0; lap < LAPS; lap++, passed++)
		if (evhub_queue_get(channels[place], &token, -1) == -1 ||
		    evhub_queue_put(channels[place + 1], (char *)token + 1, -1) == -1)
			return evhub_fail(errno, "no. %zu: %s", place, evhub_strerror(errno));
	return NULL;
}

/* One more greenlet among all the others, which wakes up from time to time. */
static void *show_progress(void *arg)
{
	int tty = isatty(2);

	while (evhub_sleep(tty ? 0.05 : 0.5) == 0)
		fprintf(stderr, "%s%zu greenlets, %3zu %% of %zu messages%s", tty ? "\r" : "",
		    greenlets, passed / LAPS * 100 / greenlets, greenlets * LAPS,
		    tty ? "" : "\n");
	if (tty)
		fputs("\r\033[K", stderr);
	return arg;
}

int main(int argc, char **argv)
{
	size_t lap, wanted = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	evhub_greenlet_t *progress = evhub_spawn(show_progress, NULL);
	struct rusage before, after;
	void *token;

	channels = calloc(wanted + 1, sizeof(*channels));
	for (lap = 0; lap <= wanted; lap++)
		channels[lap] = evhub_queue_new(0);
	evhub_yield();			/* the loop has its stack before all are gone */
	getrusage(RUSAGE_SELF, &before);
	while (greenlets < wanted && evhub_go(pass_on, (void *)greenlets) == 0)
		greenlets++;
	if (greenlets < wanted)		/* before Linux 6.13 each stack takes two mappings */
		fprintf(stderr, "room for %zu only: see vm.max_map_count\n", greenlets);
	for (lap = 0; lap < LAPS; lap++) {
		errors += evhub_queue_put(channels[0], (void *)0, -1) == -1;
		errors += evhub_queue_get(channels[greenlets], &token, -1) == -1;
		errors += (size_t)token != greenlets;
	}
	getrusage(RUSAGE_SELF, &after);
	errors += evhub_kill(progress, 0, -1) == -1;
	evhub_release(progress);
	printf("demo: %zu greenlets, %zu messages, %zu errors, %.1f KiB each, %.2f s\n", greenlets,
	    passed, errors, (double)(after.ru_maxrss - before.ru_maxrss) / greenlets,
	    (double)clock() / CLOCKS_PER_SEC);
	return errors > 0;
}
