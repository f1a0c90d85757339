/*
 * Proves behaviour 22 and E12: the order in which timers fire. It is known beforehand, since all
 * are added in one callback, which has one "now".
 */
#include "harness.h"

enum { TIMERS = 400 };

struct planned {
	struct event ev;
	long ms;
	int pending;
	unsigned place;		/* order of adding */
};

static struct planned planned[TIMERS];
static struct planned *fired[TIMERS];
static int fired_count;

static void
fire(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	CHECK(fired_count < TIMERS);
	fired[fired_count++] = arg;
}

static int
by_plan(const void *left, const void *right)
{
	const struct planned *a = *(struct planned *const *)left;
	const struct planned *b = *(struct planned *const *)right;

	if (a->ms != b->ms)
		return a->ms < b->ms ? -1 : 1;
	return a->place < b->place ? -1 : 1;
}

/* The callbacks must have come in the order of deadline, then of adding. */
static void
check_plan(void)
{
	struct planned *want[TIMERS];
	int i, count = 0;

	for (i = 0; i < TIMERS; i++)
		if (planned[i].pending)
			want[count++] = &planned[i];
	CHECK_INT(fired_count, count);
	qsort(want, (size_t)count, sizeof(want[0]), by_plan);
	for (i = 0; i < count; i++)
		CHECK_INT(fired[i] - planned, want[i] - planned);
}

static uint32_t random_state = 12345;

static unsigned
next_random(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return random_state >> 8;
}

static void
plan_equal(int fd, short what, void *arg)
{
	unsigned i;

	(void)fd;
	(void)what;
	(void)arg;
	for (i = 0; i < TIMERS; i++) {
		planned[i].ms = 5;
		planned[i].pending = 1;
		planned[i].place = i;
		evtimer_set(&planned[i].ev, fire, &planned[i]);
		CHECK_INT(add_ms(&planned[i].ev, planned[i].ms), 0);
	}
}

static void
plan_random(int fd, short what, void *arg)
{
	unsigned place, i;

	(void)fd;
	(void)what;
	(void)arg;
	memset(planned, 0, sizeof(planned));
	fired_count = 0;
	for (i = 0; i < TIMERS; i++)
		evtimer_set(&planned[i].ev, fire, &planned[i]);
	for (place = 0; place < 20 * TIMERS; place++) {
		struct planned *one = &planned[next_random() % TIMERS];

		if (next_random() % 4 == 0) {
			CHECK_INT(event_del(&one->ev), 0);
			one->pending = 0;
			continue;
		}
		one->ms = 1 + next_random() % 40;
		one->pending = 1;
		one->place = place;
		CHECK_INT(add_ms(&one->ev, one->ms), 0);
	}
}

static void
run_plan(void (*plan)(int, short, void *))
{
	struct event_base *base = init_base();
	struct event start;

	evtimer_set(&start, plan, NULL);
	event_active(&start, EV_TIMEOUT, 1);
	CHECK_INT(event_dispatch(), 1);
	check_plan();
	event_base_free(base);
}

TEST(equal_deadlines_run_in_order)
{
	run_plan(plan_equal);
}

/*
 * Added, moved to earlier and later, deleted, in a thousand ways. EVHUB_TEST_SEEDS says how often;
 * the last seed printed is that which failed.
 */
TEST(random_timers_run_in_order)
{
	const char *text = getenv("EVHUB_TEST_SEEDS");
	int count = text != NULL ? atoi(text) : 3, i;

	for (i = 1; i <= count; i++) {
		printf("seed %d\n", i);
		fflush(stdout);
		random_state = (uint32_t)i * 2654435761u;
		run_plan(plan_random);
	}
}

TEST(many_timers_all_fire)
{
	enum { MANY = 20000 };
	struct event_base *base = init_base();
	struct event *ev = calloc(MANY, sizeof(*ev));
	struct note note = { 0 };
	int i, deleted = 0;

	CHECK(ev != NULL);
	for (i = 0; i < MANY; i++) {
		evtimer_set(&ev[i], note_cb, &note);
		CHECK_INT(add_ms(&ev[i], next_random() % 50), 0);
	}
	for (i = 0; i < MANY; i += 3, deleted++)
		CHECK_INT(event_del(&ev[i]), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, MANY - deleted);
	event_base_free(base);
	free(ev);
}
