/*
 * Callbacks that change their buffers on and on, at random: the reports of each buffer follow each
 * other without a gap, they do not nest without end, and the last one tells the truth.
 */
#include "model.h"

enum { BUFFERS = 3, CHANGES = 400, DEEPEST = 16 };

static struct watched {
	struct evbuffer *buf;
	size_t length;			/* what was last reported */
	int depth;
} watched[BUFFERS];

static int changes_left, depth, deepest;

static void change(void);

static void
changed(struct evbuffer *buf, size_t old, size_t new, void *arg)
{
	struct watched *w = arg;

	CHECK_PTR(buf, w->buf);
	CHECK_INT((long long)old, (long long)w->length);
	CHECK_INT((long long)new, (long long)EVBUFFER_LENGTH(buf));
	CHECK(w->depth < DEEPEST);
	w->length = new;
	w->depth++;
	if (++depth > deepest)
		deepest = depth;
	while (changes_left > 0 && next_random(40) > 0)
		change();
	depth--;
	w->depth--;
}

/* Of the buffer itself, or of another; always of one buffer alone. */
static void
change(void)
{
	struct evbuffer *buf = watched[next_random(BUFFERS)].buf;
	size_t length = EVBUFFER_LENGTH(buf);
	unsigned char data[300];

	changes_left--;
	switch (next_random(4)) {
	case 0:
		evbuffer_drain(buf, 1 + next_random((unsigned)length + 1));
		break;
	case 1:
		CHECK(evbuffer_remove(buf, data, 1 + next_random(sizeof(data))) >= 0);
		break;
	case 2:
		CHECK_INT(evbuffer_add_printf(buf, "%s", "text"), 4);
		break;
	default:
		fill_random(data, sizeof(data));
		CHECK_INT(evbuffer_add(buf, data, 1 + next_random(sizeof(data))), 0);
	}
}

static void
random_program(void)
{
	int i;

	for (i = 0; i < BUFFERS; i++) {
		watched[i].buf = evbuffer_new();
		watched[i].length = 0;
		evbuffer_setcb(watched[i].buf, changed, &watched[i]);
	}
	changes_left = CHANGES;
	while (changes_left > 0)
		change();
	for (i = 0; i < BUFFERS; i++) {
		CHECK_INT(watched[i].depth, 0);
		CHECK_INT((long long)EVBUFFER_LENGTH(watched[i].buf),
		    (long long)watched[i].length);
		evbuffer_free(watched[i].buf);
	}
}

TEST_ONCE(reports_of_deep_changes_have_no_gap)
{
	each_seed(20, random_program);
	CHECK(deepest >= DEEPEST);
}
