/*
 * A chat room. Each visitor has an inbox and two greenlets: one speaks, one hears. Nothing is
 * locked: nobody else runs before a call waits, and a put into a queue without a bound does not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <evhub.h>

#define VISITORS 3
static struct visitor {
	const char *name, *lines[4];
	evhub_queue_t *inbox;
	int is_here;
} visitors[VISITORS] = {
	{ "Ada", { "hello?", "mine is still a drawing", NULL }, NULL, 0 },
	{ "Grace", { "there is a moth in my machine", "good night", NULL }, NULL, 0 },
	{ "Edsger", { "a what?", "anybody still here?", "short, then: bye", NULL }, NULL, 0 },
};

static evhub_group_t *room;
static int told, heard;

/* A copy for everybody who is here, freed by who gets it. */
static void tell_all(const char *name, const char *verb, const char *text)
{
	char message[80];
	int i;

	snprintf(message, sizeof(message), "%s%s%s", name, verb, text);
	for (i = 0; i < VISITORS; i++)
		if (visitors[i].is_here)
			told += evhub_queue_put(visitors[i].inbox, strdup(message), 0) == 0;
}

static void *hear(void *arg)
{
	struct visitor *self = arg;
	void *message;

	for (; evhub_queue_get(self->inbox, &message, -1) == 0 && message != NULL; heard++) {
		printf("%6s | %s\n", self->name, (char *)message);
		free(message);
	}
	evhub_queue_free(self->inbox);
	return NULL;
}

static void *visit(void *arg)
{
	struct visitor *self = arg;
	const char *const *line;

	self->inbox = evhub_queue_new(-1);
	evhub_release(evhub_group_spawn(room, hear, self, -1));
	tell_all(self->name, " comes in", "");
	self->is_here = 1;
	/* After each line the others have their turn. */
	for (line = self->lines; *line != NULL && evhub_yield() == 0; line++)
		tell_all(self->name, ": ", *line);
	self->is_here = 0;
	tell_all(self->name, " leaves", "");
	evhub_queue_put(self->inbox, NULL, 0);	/* the end of what there is to hear */
	return NULL;
}

int main(void)
{
	int i;

	room = evhub_group_new(0);
	for (i = 0; i < VISITORS; i++)
		evhub_release(evhub_group_spawn(room, visit, &visitors[i], -1));
	if (evhub_group_join(room, EVHUB_RAISE, 10) == 0)
		printf("%d told, %d heard\n", told, heard);
	evhub_group_free(room);
	return told != heard;
}
