/*
 * Proves behaviours 34, 44 and 46 (freed inside); E07, E16, E18, F27 and F28: callbacks that free,
 * delete and nest. Events live on the heap, so that the checkers of memory see each touch.
 */
#include "harness.h"

#include <setjmp.h>

static struct event *
new_event(int fd, short events, void (*cb)(int, short, void *), void *arg)
{
	struct event *ev = malloc(sizeof(*ev));

	CHECK(ev != NULL);
	event_set(ev, fd, events, cb, arg);
	return ev;
}

/* The argument is a pointer to the pointer of the event that the call frees. */
static void
free_it(int fd, short what, void *arg)
{
	struct event **ev = arg;

	(void)fd;
	(void)what;
	trace("f");
	free(*ev);
	*ev = NULL;
}

static void
del_and_free(int fd, short what, void *arg)
{
	struct event **ev = arg;

	CHECK(*ev != NULL);
	CHECK_INT(event_del(*ev), 0);
	free_it(fd, what, arg);
}

/* A one-shot event frees itself, without event_del: descriptor, timer, by hand. */
TEST(own_free)
{
	struct event_base *base = init_base();
	struct event *io, *timer, *active;
	int fds[2];

	make_pair(fds);
	put_byte(fds[1]);
	io = new_event(fds[0], EV_READ, free_it, &io);
	CHECK_INT(add_ms(io, 100000), 0);
	timer = new_event(-1, 0, free_it, &timer);
	CHECK_INT(add_ms(timer, 1), 0);
	active = new_event(-1, 0, free_it, &active);
	event_active(active, EV_READ, 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "fff");
	event_base_free(base);
}

TEST(own_free_persistent)
{
	struct event_base *base = init_base();
	struct event *ev;
	int fds[2];

	make_pair(fds);
	put_byte(fds[1]);
	ev = new_event(fds[0], EV_READ | EV_PERSIST, del_and_free, &ev);
	CHECK_INT(add_ms(ev, 100000), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "f");
	event_base_free(base);
}

/* A persistent event whose time is over is deleted completely: it may free itself too. */
TEST(own_free_expired)
{
	struct event_base *base = init_base();
	struct event *ev;
	int fds[2];

	make_pair(fds);
	ev = new_event(fds[0], EV_READ | EV_PERSIST, free_it, &ev);
	CHECK_INT(add_ms(ev, 1), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "f");
	event_base_free(base);
}

TEST(free_with_calls_left)
{
	struct event_base *base = init_base();
	struct event *ev;

	ev = new_event(-1, EV_PERSIST, del_and_free, &ev);
	event_active(ev, EV_READ, 5);
	CHECK_INT(event_dispatch(), 1);
	ev = new_event(-1, 0, del_and_free, &ev);
	event_active(ev, EV_READ, 5);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "ff");
	event_base_free(base);
}

/* The last of several calls of a one-shot event: nothing holds it any more. */
static void
free_at_last(int fd, short what, void *arg)
{
	struct event **ev = arg;

	trace(".");
	if ((*ev)->ev_ncalls == 0)
		free_it(fd, what, arg);
}

TEST(free_in_the_last_call)
{
	struct event_base *base = init_base();
	struct event *ev;

	ev = new_event(-1, 0, free_at_last, &ev);
	event_active(ev, EV_READ, 3);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "...f");
	event_base_free(base);
}

enum { SIBLINGS = 20 };

static struct event *siblings[SIBLINGS];

static void
free_siblings(int fd, short what, void *arg)
{
	int i;

	for (i = 0; i < SIBLINGS; i++)
		if (siblings[i] != NULL)
			del_and_free(fd, what, &siblings[i]);
	(void)arg;
}

/* All are active; whoever comes first frees the lot, itself included. */
TEST(sibling_free)
{
	struct event_base *base = init_base();
	int fds[2], i;

	CHECK_INT(event_priority_init(2), 0);
	make_pair(fds);
	put_byte(fds[1]);
	for (i = 0; i < SIBLINGS; i++) {
		siblings[i] = new_event(fds[0], EV_READ | (i % 2 ? EV_PERSIST : 0), free_siblings,
		    NULL);
		CHECK_INT(event_priority_set(siblings[i], i % 2), 0);
		CHECK_INT(add_ms(siblings[i], 100000 + i), 0);
		if (i % 3 == 0)
			event_active(siblings[i], EV_READ, (short)(i + 1));
	}
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(strlen(traced()), SIBLINGS);
	event_base_free(base);
}

TEST(sibling_free_of_timers)
{
	struct event_base *base = init_base();
	int i;

	for (i = 0; i < SIBLINGS; i++) {
		siblings[i] = new_event(-1, 0, free_siblings, NULL);
		CHECK_INT(add_ms(siblings[i], i % 5), 0);
	}
	sleep_ms(10);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(strlen(traced()), SIBLINGS);
	event_base_free(base);
}

/* The memory comes back at once as another event. */
static void
replace(int fd, short what, void *arg)
{
	struct event **ev = arg;

	trace("r");
	free(*ev);
	*ev = new_event(fd, what, trace_cb, "n");
	CHECK_INT(event_add(*ev, NULL), 0);
}

TEST(own_memory_used_again)
{
	struct event_base *base = init_base();
	struct event *ev;
	int fds[2];

	make_pair(fds);
	put_byte(fds[1]);
	ev = new_event(fds[0], EV_READ, replace, &ev);
	CHECK_INT(event_add(ev, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "rn");
	free(ev);
	event_base_free(base);
}

/* A nested loop in whose callbacks the event of the outer call is deleted and freed. */
struct nest {
	struct event *outer, *inner;
};

static void
nest_cb(int fd, short what, void *arg)
{
	struct nest *nest = arg;

	(void)fd;
	(void)what;
	trace("(");
	event_active(nest->inner, EV_READ, 1);
	CHECK(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
	CHECK_PTR(nest->outer, NULL);
	trace(")");
}

static void
nested_delete(short events, short calls)
{
	struct event_base *base = init_base();
	struct nest nest;
	int fds[2];

	make_pair(fds);
	nest.outer = new_event(fds[0], events, nest_cb, &nest);
	nest.inner = new_event(-1, 0, del_and_free, &nest.outer);
	CHECK_INT(add_ms(nest.outer, 100000), 0);
	event_active(nest.outer, EV_READ, calls);
	CHECK_INT(event_dispatch(), 1);
	free(nest.inner);
	event_base_free(base);
}

TEST(nested_loop_deletes_the_outer_event)
{
	nested_delete(EV_READ | EV_PERSIST, 1);
	nested_delete(EV_READ, 1);
	CHECK_STR(traced(), "(f)(f)");
}

static void
nest_while_left(int fd, short what, void *arg)
{
	struct event **ev = arg;
	int last = (*ev)->ev_ncalls == 0;

	(void)fd;
	(void)what;
	trace("<");
	CHECK(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
	if (last) {
		free(*ev);
		*ev = NULL;
	}
	trace(">");
}

/* Each call nests: the next one runs inside it, and the innermost frees the event. */
TEST(calls_that_nest)
{
	struct event_base *base = init_base();
	struct event *ev;

	ev = new_event(-1, 0, nest_while_left, &ev);
	event_active(ev, EV_READ, 3);
	CHECK_INT(event_dispatch(), 1);
	CHECK_PTR(ev, NULL);
	CHECK_STR(traced(), "<<<>>>");
	event_base_free(base);
}

static void
break_cb(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	trace("b");
	CHECK_INT(event_loopbreak(), 0);
}

TEST(break_then_delete)
{
	struct event_base *base = init_base();
	struct event *ev = new_event(-1, 0, break_cb, NULL), after;

	event_active(ev, EV_READ, 7);
	evtimer_set(&after, trace_cb, "a");
	event_active(&after, EV_READ, 1);
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(event_del(ev), 0);
	free(ev);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "ba");
	event_base_free(base);
}

/* A callback that never returns: the loop can be entered again, the other events still run. */

static jmp_buf out;

static void
jump(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	trace("j");
	longjmp(out, 1);
}

TEST(jump_out_of_the_loop)
{
	struct event_base *base = init_base();
	static struct event jumper, timer, io;
	static int fds[2];

	make_pair(fds);
	put_byte(fds[1]);
	event_set(&io, fds[0], EV_READ, trace_cb, "i");
	CHECK_INT(event_add(&io, NULL), 0);
	evtimer_set(&timer, trace_cb, "t");
	CHECK_INT(add_ms(&timer, 1), 0);
	evtimer_set(&jumper, jump, NULL);
	event_active(&jumper, EV_READ, 1);
	if (setjmp(out) == 0) {
		event_base_dispatch(base);
		CHECK(0);
	}
	sleep_ms(5);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "jit");
}
