/*
 * Proves behaviours 4, 6, 7, 9, 26-28, 30, 31, 33, 34, 36 and 186 together: random programs over
 * a few descriptors and many events, against a model that is simple enough to be believed. After
 * each step the flags, after each round the calls must be those of the model.
 */
#include "harness.h"

enum { STREAMS = 3, EVENTS = 14, STEPS = 2000, CALLS = 4096 };

struct model {
	struct event ev;
	int stream;
	int inserted, timer, active;	/* the last: place in the order of activation, 0 if not */
	int place;			/* in the order of adding */
	short res, calls;
};

static struct model events[EVENTS];
static int fds[STREAMS][2];
static int readable[STREAMS], writable[STREAMS];
static int clock_of_model;		/* gives places */

struct call {
	int event;
	short what;
};
static struct call calls[CALLS];
static int call_count;

static uint32_t random_state;

static unsigned
next_random(unsigned below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % below;
}

static void
called(int fd, short what, void *arg)
{
	struct model *m = arg;

	CHECK_INT(fd, fds[m->stream][0]);
	CHECK(call_count < CALLS);
	calls[call_count].event = (int)(m - events);
	calls[call_count++].what = what;
}

static int
persists(const struct model *m)
{
	return (m->ev.ev_events & EV_PERSIST) != 0;
}

static void
step_add(struct model *m, int timed)
{
	int cancels = timed && m->active && (m->res & EV_TIMEOUT);

	CHECK_INT(timed ? add_ms(&m->ev, 100000) : event_add(&m->ev, NULL), 0);
	if (!m->inserted && (!m->active || persists(m) || cancels)) {
		m->inserted = 1;
		m->place = ++clock_of_model;
	}
	if (cancels)
		m->active = 0;
	if (timed)
		m->timer = 1;
}

static void
step_del(struct model *m)
{
	CHECK_INT(event_del(&m->ev), 0);
	m->inserted = m->timer = m->active = 0;
}

static void
activate(struct model *m, short res, short count)
{
	if (m->active) {
		m->res |= res;
		return;
	}
	m->active = ++clock_of_model;
	m->res = res;
	m->calls = count;
}

static void
step_active(struct model *m)
{
	static const short results[] = { EV_READ, EV_WRITE, EV_TIMEOUT, EV_READ | EV_TIMEOUT };
	short res = results[next_random(COUNT(results))], count = (short)next_random(4);

	event_active(&m->ev, res, count);
	activate(m, res, count);
}

static void
step_stream(int s)
{
	switch (next_random(4)) {
	case 0:
		put_byte(fds[s][1]);
		readable[s] = 1;
		break;
	case 1:
		drain(fds[s][0]);
		readable[s] = 0;
		break;
	case 2:
		fill(fds[s][0]);
		writable[s] = 0;
		break;
	default:
		drain(fds[s][1]);
		writable[s] = 1;
	}
}

/* Another file under the same number, after its events were deleted. */
static void
step_replace(int s)
{
	int pair[2], i;

	for (i = 0; i < EVENTS; i++)
		if (events[i].stream == s)
			step_del(&events[i]);
	make_pair(pair);
	close(fds[s][1]);
	CHECK_INT(dup2(pair[0], fds[s][0]), fds[s][0]);
	close(pair[0]);
	fds[s][1] = pair[1];
	readable[s] = 0;
	writable[s] = 1;
}

/* Activates what the stream's readiness reports: readers first, each in the order of adding. */
static void
report(int stream, int readers)
{
	short ready = (short)((readable[stream] ? EV_READ : 0) | (writable[stream] ? EV_WRITE : 0));
	struct model *due[EVENTS];
	int count = 0, i, j;

	for (i = 0; i < EVENTS; i++) {
		struct model *m = &events[i];
		short res = m->ev.ev_events & ready;

		if (m->stream != stream || !m->inserted || !res
		    || ((res & EV_READ) != 0) != readers)
			continue;
		for (j = count++; j > 0 && due[j - 1]->place > m->place; j--)
			due[j] = due[j - 1];
		due[j] = m;
	}
	for (i = 0; i < count; i++)
		activate(due[i], due[i]->ev.ev_events & ready, 1);
}

/* The calls of a round in which the kernel reports the streams in that order. */
static int
expect(struct call *want, const int *order)
{
	struct model *queue[EVENTS];
	int count = 0, total = 0, i, j;

	for (i = 0; i < STREAMS; i++) {
		report(order[i], 1);
		report(order[i], 0);
	}
	for (i = 0; i < EVENTS; i++) {
		if (!events[i].active)
			continue;
		for (j = count++; j > 0 && queue[j - 1]->active > events[i].active; j--)
			queue[j] = queue[j - 1];
		queue[j] = &events[i];
	}
	for (i = 0; i < count; i++)
		for (j = 0; j < queue[i]->calls; j++) {
			want[total].event = (int)(queue[i] - events);
			want[total++].what = queue[i]->res;
		}
	return total;
}

static int
by_event(const void *left, const void *right)
{
	return ((const struct call *)left)->event - ((const struct call *)right)->event;
}

static int
as_called(struct call *want, int total)
{
	int i;

	if (total != call_count)
		return 0;
	if (method_is("kqueue")) {
		/* It reports directions one by one, in an order of its own. */
		qsort(want, (size_t)total, sizeof(*want), by_event);
		qsort(calls, (size_t)total, sizeof(*calls), by_event);
	}
	for (i = 0; i < total; i++)
		if (want[i].event != calls[i].event || want[i].what != calls[i].what)
			return 0;
	return 1;
}

/* The kernel reports the streams in an order of its own: any will do. */
static int
some_order_fits(void)
{
	static const int orders[][STREAMS] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 },
		{ 2, 0, 1 }, { 2, 1, 0 } };
	static struct call want[CALLS];
	struct model saved[EVENTS];
	size_t i;
	int j;

	memcpy(saved, events, sizeof(saved));
	for (i = 0; i < COUNT(orders); i++) {
		if (as_called(want, expect(want, orders[i])))
			return 1;
		for (j = 0; j < EVENTS; j++) {
			events[j].active = saved[j].active;
			events[j].res = saved[j].res;
			events[j].calls = saved[j].calls;
		}
	}
	return 0;
}

static void
step_round(struct event_base *base)
{
	int any = 0, i;

	for (i = 0; i < EVENTS; i++)
		any |= events[i].inserted | events[i].timer | events[i].active;
	call_count = 0;
	CHECK_INT(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK), any ? 0 : 1);
	CHECK(some_order_fits());
	for (i = 0; i < EVENTS; i++) {
		if (events[i].active && !persists(&events[i]))
			events[i].inserted = events[i].timer = 0;
		events[i].active = 0;
	}
}

static void
check_flags(void)
{
	int i;

	for (i = 0; i < EVENTS; i++) {
		struct model *m = &events[i];
		int flags = EVLIST_INIT | (m->inserted ? EVLIST_INSERTED : 0)
		    | (m->timer ? EVLIST_TIMEOUT : 0) | (m->active ? EVLIST_ACTIVE : 0);
		int bits = (m->inserted ? m->ev.ev_events & (EV_READ | EV_WRITE) : 0)
		    | (m->timer ? EV_TIMEOUT : 0) | (m->active ? m->res : 0);

		CHECK_INT(m->ev.ev_flags, flags);
		CHECK_INT(event_pending(&m->ev, EV_TIMEOUT | EV_READ | EV_WRITE, NULL), bits);
	}
}

static void
step(struct event_base *base)
{
	struct model *m = &events[next_random(EVENTS)];
	unsigned kind = next_random(100);

	if (kind < 30)
		step_add(m, kind < 8);
	else if (kind < 45)
		step_del(m);
	else if (kind < 55)
		step_active(m);
	else if (kind < 75)
		step_stream((int)next_random(STREAMS));
	else if (kind < 77)
		step_replace((int)next_random(STREAMS));
	else if (kind < 78)
		CHECK_INT(event_reinit(base), 0);
	else
		step_round(base);
}

static void
random_program(uint32_t seed)
{
	static const short kinds[] = { EV_READ, EV_WRITE, EV_READ | EV_WRITE, EV_READ | EV_PERSIST,
		EV_WRITE | EV_PERSIST, EV_READ | EV_WRITE | EV_PERSIST };
	struct event_base *base = init_base();
	int i;

	random_state = seed;
	memset(events, 0, sizeof(events));
	for (i = 0; i < STREAMS; i++) {
		make_pair(fds[i]);
		readable[i] = 0;
		writable[i] = 1;
	}
	for (i = 0; i < EVENTS; i++) {
		events[i].stream = i % STREAMS;
		event_set(&events[i].ev, fds[i % STREAMS][0], kinds[next_random(COUNT(kinds))],
		    called, &events[i]);
	}
	for (i = 0; i < STEPS; i++) {
		step(base);
		check_flags();
	}
	event_base_free(base);
	for (i = 0; i < STREAMS; i++) {
		close(fds[i][0]);
		close(fds[i][1]);
	}
}

/* EVHUB_TEST_SEEDS says how many; the last one printed is that which failed. */
TEST(random_programs)
{
	const char *text = getenv("EVHUB_TEST_SEEDS");
	int count = text != NULL ? atoi(text) : 5, i;

	for (i = 1; i <= count; i++) {
		printf("seed %d\n", i);
		fflush(stdout);
		random_program((uint32_t)i * 2654435761u);
	}
}
