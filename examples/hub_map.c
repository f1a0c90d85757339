/*
 * A pool: many errands, never more than three at a time. evhub_group_map() hands them out and
 * returns when all are done, with the results in order, whoever was done first; if one has failed
 * it says so, and the others are there all the same. evhub_group_imap() does it for errands that
 * are not known beforehand, and gives each result when its turn has come.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include <evhub.h>

#define ERRANDS 8
#define LIMIT 3
#define UNLUCKY 13

static int busy, most;

/* Stands for a request that takes a while; the later ones are quicker. */
static void *square(void *arg)
{
	intptr_t n = (intptr_t)arg;

	if (++busy > most)
		most = busy;
	evhub_sleep(0.004 / n);
	busy--;
	if (n == UNLUCKY)
		return evhub_fail(ERANGE, "%ld brings bad luck", (long)n);
	return (void *)(n * n);
}

static void map(evhub_group_t *pool, void *const *numbers)
{
	void *squares[ERRANDS];
	int i, error = 0;

	if (evhub_group_map(pool, square, numbers, ERRANDS, squares) == -1)
		error = errno;		/* of the first that failed; its result is NULL */
	printf("map:");
	for (i = 0; i < ERRANDS; i++)
		printf(" %ld", (long)(intptr_t)squares[i]);
	printf(" (%s)\n", error == 0 ? "fine" : error == ERANGE ? "bad luck" : "failed");
}

/* Where the errands of a series come from: one more each time, until this returns 0. */
static int count_to_20(void *arg, void **number)
{
	intptr_t *last = arg;

	*number = (void *)++*last;
	return *last <= 20;
}

int main(void)
{
	evhub_group_t *pool = evhub_group_new(LIMIT);
	evhub_imap_t *series;
	void *value, *numbers[ERRANDS];
	intptr_t i, sum = 0, last = 0;
	int rc, failed = 0;

	for (i = 0; i < ERRANDS; i++)
		numbers[i] = (void *)(i + 1);
	map(pool, numbers);
	numbers[4] = (void *)UNLUCKY;
	map(pool, numbers);

	series = evhub_group_imap(pool, square, count_to_20, &last, 0);
	while ((rc = evhub_imap_next(series, &value, -1)) == 1 || (rc == -1 && errno == ERANGE)) {
		sum += rc == 1 ? (intptr_t)value : 0;
		failed += rc == -1;
	}
	evhub_imap_free(series);
	evhub_group_free(pool);
	printf("sum of 20 squares: %ld, without %d that failed\n", (long)sum, failed);
	printf("at most %d at a time\n", most);
	return rc == -1 || sum != 2870 - UNLUCKY * UNLUCKY || most != LIMIT;
}
