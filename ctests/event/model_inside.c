/*
 * Proves behaviours 4, 9, 13-15, 17, 26-28, 30, 33, 34, 186 and 192 together: random programs
 * whose callbacks add, delete, activate, break and nest. One descriptor, so that the model knows
 * every next call; each call is checked when it comes.
 */
#include "harness.h"

enum { EVENTS = 12, STEPS = 1500, DEEPEST = 4 };

struct model {
	struct event ev;
	int inserted, timer, active, repeat;
	int place;			/* in the order of adding */
	short res, calls;
	struct model *next;		/* in the queue */
};

static struct event_base *base;
static struct model events[EVENTS];
static struct model *queue;
static int fds[2];
static int readable, writable;
static int places, depth, breaking;
static uint32_t random_state;

static unsigned
next_random(unsigned below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % below;
}

static int
persists(const struct model *m)
{
	return (m->ev.ev_events & EV_PERSIST) != 0;
}

/* The model */

static void
activate(struct model *m, short res, short calls)
{
	struct model **last = &queue;

	if (m->active) {
		m->res |= res;
		if (m->repeat)
			m->calls += calls;
		return;
	}
	m->active = 1;
	m->repeat = 0;
	m->res = res;
	m->calls = calls;
	m->next = NULL;
	while (*last != NULL)
		last = &(*last)->next;
	*last = m;
}

static void
leave_queue(struct model *m)
{
	struct model **at = &queue;

	if (!m->active)
		return;
	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	m->active = m->repeat = 0;
}

/* What a poll does: readers first, each in the order of adding. */
static void
report(void)
{
	short ready = (short)((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));
	int readers, i;

	for (readers = 1; readers >= 0; readers--) {
		int above = 0;

		for (;;) {
			struct model *least = NULL;

			for (i = 0; i < EVENTS; i++) {
				short res = events[i].ev.ev_events & ready;

				if (events[i].inserted && res && ((res & EV_READ) != 0) == readers
				    && events[i].place > above
				    && (least == NULL || events[i].place < least->place))
					least = &events[i];
			}
			if (least == NULL)
				break;
			above = least->place;
			activate(least, least->ev.ev_events & ready, 1);
		}
	}
}

/* Takes the next call from the model's queue; NULL if there is none. */
static struct model *
next_call(void)
{
	struct model *m;

	while ((m = queue) != NULL) {
		if (!m->repeat && !persists(m))
			m->inserted = m->timer = 0;
		if (m->calls > 1)
			m->repeat = 1;
		else
			leave_queue(m);
		if (m->calls > 0) {
			m->calls--;
			return m;
		}
	}
	return NULL;
}

static int
nothing_pending(void)
{
	int i;

	for (i = 0; i < EVENTS; i++)
		if (events[i].inserted || events[i].timer || events[i].active)
			return 0;
	return 1;
}

/* The steps: each is done to the library and to the model. */

static void
step_add(struct model *m, int timed)
{
	int cancels = timed && m->active && (m->res & EV_TIMEOUT);

	CHECK_INT(timed ? add_ms(&m->ev, 100000) : event_add(&m->ev, NULL), 0);
	if (!m->inserted && (!m->active || persists(m) || m->repeat || cancels)) {
		m->inserted = 1;
		m->place = ++places;
	}
	if (cancels)
		leave_queue(m);
	if (timed)
		m->timer = 1;
}

static void
step_del(struct model *m)
{
	CHECK_INT(event_del(&m->ev), 0);
	leave_queue(m);
	m->inserted = m->timer = 0;
}

static void
step_active(struct model *m)
{
	static const short results[] = { EV_READ, EV_WRITE, EV_TIMEOUT, EV_READ | EV_TIMEOUT };
	short res = results[next_random(COUNT(results))], calls = (short)next_random(4);

	event_active(&m->ev, res, calls);
	activate(m, res, calls);
}

static void
step_stream(void)
{
	switch (next_random(4)) {
	case 0:
		put_byte(fds[1]);
		readable = 1;
		break;
	case 1:
		drain(fds[0]);
		readable = 0;
		break;
	case 2:
		fill(fds[0]);
		writable = 0;
		break;
	default:
		drain(fds[1]);
		writable = 1;
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

		/* Between repeated calls the library may keep a bit of its own. */
		CHECK_INT(m->ev.ev_flags & 0xff, flags);
		if (m->active)
			CHECK_INT(m->ev.ev_ncalls, m->calls);
	}
}

/* One poll, and all calls that follow from it. A break ends the calls; if it leaves none queued,
 * the flag stays for the next loop. */
static void
step_round(void)
{
	int result;

	if (breaking) {
		breaking = 0;
		CHECK_INT(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
		return;
	}
	if (nothing_pending()) {
		CHECK_INT(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK), 1);
		return;
	}
	report();
	depth++;
	result = event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	depth--;
	CHECK_INT(result, 0);
	if (breaking && queue != NULL)
		breaking = 0;
	else if (!breaking)
		CHECK_PTR(next_call(), NULL);
	check_flags();
}

static void
step(void)
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
		step_stream();
	else if (kind < 76)
		CHECK_INT(event_reinit(base), 0);
	else if (depth < DEEPEST && !breaking)
		step_round();
	check_flags();
}

static void
called(int fd, short what, void *arg)
{
	struct model *m = next_call();
	int i;

	CHECK_PTR(arg, m);
	CHECK_INT(fd, fds[0]);
	CHECK_INT(what, m->res);
	CHECK(!breaking);
	check_flags();
	for (i = (int)next_random(3); i > 0; i--)
		step();
	if (depth == 1 && next_random(20) == 0) {
		CHECK_INT(event_base_loopbreak(base), 0);
		breaking = 1;
	}
}

static void
random_program(uint32_t seed)
{
	static const short kinds[] = { EV_READ, EV_WRITE, EV_READ | EV_WRITE, EV_READ | EV_PERSIST,
		EV_WRITE | EV_PERSIST, EV_READ | EV_WRITE | EV_PERSIST };
	int i;

	base = init_base();
	random_state = seed;
	memset(events, 0, sizeof(events));
	queue = NULL;
	make_pair(fds);
	readable = breaking = 0;
	writable = 1;
	for (i = 0; i < EVENTS; i++)
		event_set(&events[i].ev, fds[0], kinds[next_random(COUNT(kinds))], called,
		    &events[i]);
	for (i = 0; i < STEPS; i++)
		step();
	event_base_free(base);
	close(fds[0]);
	close(fds[1]);
}

/* EVHUB_TEST_SEEDS says how many; the last one printed is that which failed. */
TEST(random_programs)
{
	const char *text = getenv("EVHUB_TEST_SEEDS");
	int count = text != NULL ? atoi(text) : 5, i;

	init_base();
	if (method_is("kqueue"))
		SKIP("kqueue reports directions one by one, in an order of its own");
	event_base_free(NULL);
	for (i = 1; i <= count; i++) {
		printf("seed %d\n", i);
		fflush(stdout);
		random_program((uint32_t)i * 2654435761u);
	}
}
