/*
 * A kitchen: two cooks and a waiter, with a hatch between them that holds three dishes. Who cooks
 * too fast waits for a place, who serves too fast waits for a dish; nobody polls, nobody is called
 * back. Each of them is an ordinary function with an ordinary loop, on a stack of its own.
 */
#include <errno.h>
#include <stdio.h>

#include <evhub.h>

#define DISHES 4
#define HATCH 3

static evhub_queue_t *hatch;
static int cooked, served, errors;

static void *cook(void *arg)
{
	const char *const *menu = arg;
	int i;

	for (i = 0; i < DISHES; i++) {
		if (evhub_queue_put(hatch, (void *)menu[i], -1) == -1)
			return evhub_fail(errno, "no place for the %s", menu[i]);
		cooked++;
		printf("cooked: %s\n", menu[i]);
	}
	return NULL;
}

/* Serves for ever: until it is killed, which makes the call that waits fail. */
static void *waiter(void *arg)
{
	void *dish;

	(void)arg;
	while (evhub_queue_get(hatch, &dish, -1) == 0) {
		evhub_sleep(0.002);
		printf("        served: %s\n", (char *)dish);
		served++;
		evhub_queue_task_done(hatch);
	}
	errors += errno != ECANCELED;
	return NULL;
}

int main(void)
{
	static const char *const soups[DISHES] = { "borscht", "gazpacho", "ramen", "laksa" };
	static const char *const cakes[DISHES] = { "baklava", "tiramisu", "strudel", "pavlova" };
	evhub_greenlet_t *cooks[2], *serving;
	int i;

	hatch = evhub_queue_new(HATCH);
	cooks[0] = evhub_spawn(cook, (void *)soups);
	cooks[1] = evhub_spawn(cook, (void *)cakes);
	serving = evhub_spawn(waiter, NULL);
	if (hatch == NULL || cooks[0] == NULL || cooks[1] == NULL || serving == NULL) {
		perror("hub_queue");
		return 1;
	}

	/* They have been made, and run as soon as this one waits: for the cooks, ... */
	errors += evhub_joinall(cooks, 2, EVHUB_RAISE, -1) == -1;
	/* ... then until each dish has its evhub_queue_task_done(), 10 seconds at most. */
	errors += evhub_queue_join(hatch, 10) == -1;
	errors += evhub_kill(serving, 0, -1) == -1;

	for (i = 0; i < 2; i++)
		evhub_release(cooks[i]);
	evhub_release(serving);
	evhub_queue_free(hatch);
	printf("%d cooked, %d served, %d errors\n", cooked, served, errors);
	return errors > 0 || served != 2 * DISHES;
}
