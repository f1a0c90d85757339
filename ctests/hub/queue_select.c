/* The first possible of several gets and puts; queues among other objects. */
#include "queue.h"

enum { A, B, C, QUEUES };

static evhub_queue_t *queues[QUEUES];

static void
make(long a, long b, long c)
{
	queues[A] = evhub_queue_new(a);
	queues[B] = evhub_queue_new(b);
	queues[C] = evhub_queue_new(c);
}

static void
drop(void)
{
	int i;

	for (i = 0; i < QUEUES; i++)
		evhub_queue_free(queues[i]);
}

/* Nothing is left in any queue: neither offers nor demands. */
static void
check_idle(void)
{
	int i;

	for (i = 0; i < QUEUES; i++) {
		CHECK_ERRNO(evhub_queue_get(queues[i], NULL, 0), EAGAIN);
		if (evhub_queue_full(queues[i]))
			CHECK_ERRNO(evhub_queue_put(queues[i], NULL, 0), EAGAIN);
		CHECK_INT((int)evhub_queue_size(queues[i]), 0);
	}
}

/* A greenlet that selects, and what has become of it. */
struct chooser {
	evhub_choice_t choices[4];
	size_t n;
	double timeout;
	int index;
	int error;
	int done;
	evhub_greenlet_t *greenlet;
};

static void *
chooses(void *arg)
{
	struct chooser *chooser = arg;
	int index = evhub_select_queues(chooser->choices, chooser->n, chooser->timeout);

	chooser->error = index < 0 ? errno : 0;
	chooser->index = index;
	chooser->done = 1;
	return NULL;
}

static void
add(struct chooser *chooser, evhub_queue_t *q, int op, int number)
{
	evhub_choice_t *choice = &chooser->choices[chooser->n++];

	choice->queue = q;
	choice->op = op;
	choice->item = ITEM(number);
}

static void
start(struct chooser *chooser, double timeout)
{
	chooser->timeout = timeout;
	chooser->greenlet = evhub_spawn(chooses, chooser);
	let_run();
}

static void
chose(struct chooser *chooser, int index, int error)
{
	CHECK_INT(evhub_join(chooser->greenlet, 5.0), 0);
	evhub_release(chooser->greenlet);
	CHECK_INT(chooser->index, index);
	CHECK_INT(chooser->error, error);
}

TEST_ONCE(the_first_that_is_possible)
{
	struct chooser s = { .n = 0 };

	make(1, 1, 1);
	add(&s, queues[A], EVHUB_GET, 0);
	add(&s, queues[B], EVHUB_GET, 0);
	add(&s, queues[C], EVHUB_PUT, 7);
	CHECK_INT(evhub_select_queues(s.choices, 2, 0), -1);
	CHECK_INT(errno, EAGAIN);
	CHECK_INT(evhub_select_queues(s.choices, 3, 0), 2);
	CHECK_PTR(s.choices[2].item, ITEM(7));
	CHECK_INT(evhub_queue_put(queues[B], ITEM(5), 0), 0);
	CHECK_INT(evhub_select_queues(s.choices, 3, -1), 1);
	CHECK_PTR(s.choices[1].item, ITEM(5));
	CHECK_ERRNO(evhub_select_queues(s.choices, 3, 0.01), ETIMEDOUT);
	CHECK_INT(got(queues[C]), 7);
	check_idle();
	drop();
}

TEST_ONCE(select_arguments)
{
	evhub_choice_t choices[2];

	capture_log();
	make(1, 1, 1);
	choices[0].queue = queues[A];
	choices[0].op = EVHUB_PUT;
	choices[0].item = ITEM(1);
	choices[1] = choices[0];
	CHECK_ERRNO(evhub_select_queues(NULL, 1, 0), EINVAL);
	CHECK_ERRNO(evhub_select_queues(choices, 0, -1), EINVAL);
	CHECK_ERRNO(evhub_select_queues(choices, (size_t)-1, -1), EINVAL);
	choices[1].queue = NULL;
	CHECK_ERRNO(evhub_select_queues(choices, 2, -1), EINVAL);
	choices[1].queue = queues[A];
	choices[1].op = 0;
	CHECK_ERRNO(evhub_select_queues(choices, 2, -1), EINVAL);
	/* Nothing was done before all were looked at. */
	check_idle();
	drop();
}

/* Whoever comes first of plain gets and selects is served first. */
TEST_ONCE(in_the_order_of_asking)
{
	struct chooser one = { .n = 0 }, two = { .n = 0 };
	struct side first, second, third;

	make(-1, 0, 1);
	begin(&first, side_gets, queues[A], -1, -1);
	add(&one, queues[B], EVHUB_GET, 0);
	add(&one, queues[A], EVHUB_GET, 0);
	start(&one, -1);
	begin(&second, side_gets, queues[A], -1, -1);
	add(&two, queues[A], EVHUB_GET, 0);
	start(&two, 5.0);
	begin(&third, side_gets, queues[A], -1, -1);
	CHECK_INT(evhub_queue_put(queues[A], ITEM(1), 0), 0);
	CHECK_INT(evhub_queue_put(queues[A], ITEM(2), 0), 0);
	CHECK_INT(evhub_queue_put(queues[A], ITEM(3), 0), 0);
	CHECK_INT(evhub_queue_put(queues[A], ITEM(4), 0), 0);
	CHECK_INT(evhub_queue_put(queues[A], ITEM(5), 0), 0);
	ends(&first, 0, 0);
	chose(&one, 1, 0);
	ends(&second, 0, 0);
	chose(&two, 0, 0);
	ends(&third, 0, 0);
	CHECK_INT(first.number, 1);
	CHECK_PTR(one.choices[1].item, ITEM(2));
	CHECK_INT(second.number, 3);
	CHECK_PTR(two.choices[0].item, ITEM(4));
	CHECK_INT(third.number, 5);
	check_idle();
	drop();
}

TEST_ONCE(puts_in_the_order_of_asking)
{
	struct chooser one = { .n = 0 };
	struct side first, second;
	int i;

	make(1, 0, 0);
	CHECK_INT(evhub_queue_put(queues[A], ITEM(1), 0), 0);
	begin(&first, side_puts, queues[A], 2, -1);
	add(&one, queues[B], EVHUB_PUT, 9);
	add(&one, queues[A], EVHUB_PUT, 3);
	start(&one, -1);
	begin(&second, side_puts, queues[A], 4, -1);
	for (i = 1; i <= 4; i++)
		CHECK_INT(got(queues[A]), i);
	ends(&first, 0, 0);
	chose(&one, 1, 0);
	ends(&second, 0, 0);
	check_idle();
	drop();
}

/* Exactly one is done, even if others become possible before the chooser runs. */
TEST_ONCE(exactly_one)
{
	struct chooser s = { .n = 0 };

	make(0, 0, 1);
	add(&s, queues[A], EVHUB_GET, 0);
	add(&s, queues[B], EVHUB_PUT, 8);
	add(&s, queues[C], EVHUB_GET, 0);
	start(&s, -1);
	CHECK_INT(evhub_queue_put(queues[A], ITEM(1), 0), 0);
	CHECK_ERRNO(evhub_queue_put(queues[A], ITEM(2), 0), EAGAIN);
	CHECK_ERRNO(evhub_queue_get(queues[B], NULL, 0), EAGAIN);
	CHECK_INT(evhub_queue_put(queues[C], ITEM(3), 0), 0);
	CHECK_INT((int)evhub_queue_size(queues[C]), 1);
	chose(&s, 0, 0);
	CHECK_PTR(s.choices[0].item, ITEM(1));
	CHECK_INT(got(queues[C]), 3);
	check_idle();
	drop();
}

/* One selects the put, another the get, of a channel; each has a choice besides. */
TEST_ONCE(selects_meet)
{
	struct chooser puts = { .n = 0 }, gets = { .n = 0 };
	int round;

	make(0, 0, 0);
	for (round = 0; round < 2; round++) {
		puts.n = gets.n = 0;
		add(&puts, queues[B], EVHUB_GET, 0);
		add(&puts, queues[A], EVHUB_PUT, 4);
		add(&gets, queues[C], EVHUB_PUT, 0);
		add(&gets, queues[A], EVHUB_GET, 0);
		start(round ? &puts : &gets, -1);
		start(round ? &gets : &puts, -1);
		chose(&puts, 1, 0);
		chose(&gets, 1, 0);
		CHECK_PTR(gets.choices[1].item, ITEM(4));
		check_idle();
	}
	drop();
}

/* Both ends of a channel: it does not talk to itself, but two of the kind do. */
TEST_ONCE(both_ends_of_a_channel)
{
	struct chooser one = { .n = 0 }, two = { .n = 0 };

	make(0, 0, 0);
	add(&one, queues[A], EVHUB_PUT, 1);
	add(&one, queues[A], EVHUB_GET, 0);
	start(&one, -1);
	CHECK_INT(one.done, 0);
	add(&two, queues[A], EVHUB_GET, 0);
	add(&two, queues[A], EVHUB_PUT, 2);
	start(&two, -1);
	chose(&one, 0, 0);
	chose(&two, 0, 0);
	CHECK_PTR(two.choices[0].item, ITEM(1));
	check_idle();
	drop();
}

TEST_ONCE(one_queue_several_times)
{
	struct chooser s = { .n = 0 };

	make(0, 0, 0);
	add(&s, queues[A], EVHUB_PUT, 1);
	add(&s, queues[A], EVHUB_PUT, 2);
	add(&s, queues[B], EVHUB_GET, 0);
	add(&s, queues[B], EVHUB_GET, 0);
	start(&s, -1);
	CHECK_INT(got(queues[A]), 1);
	CHECK_ERRNO(evhub_queue_get(queues[A], NULL, 0), EAGAIN);
	CHECK_ERRNO(evhub_queue_put(queues[B], NULL, 0), EAGAIN);
	chose(&s, 0, 0);
	check_idle();
	drop();
}

/* Killed, or too late: nothing is left, and those behind it have their turn. */
TEST_ONCE(nothing_is_left)
{
	struct chooser killed = { .n = 0 }, late = { .n = 0 };
	struct side put, get;

	make(0, 0, 0);
	add(&killed, queues[A], EVHUB_PUT, 1);
	add(&killed, queues[B], EVHUB_GET, 0);
	add(&late, queues[A], EVHUB_PUT, 2);
	add(&late, queues[B], EVHUB_GET, 0);
	start(&killed, -1);
	start(&late, 5.0);
	begin(&put, side_puts, queues[A], 3, -1);
	begin(&get, side_gets, queues[B], -1, -1);
	CHECK_INT(evhub_kill(late.greenlet, EIO, 0), 0);
	CHECK_INT(evhub_kill(killed.greenlet, 0, 0), 0);
	/* Before they have run: they do not count any more. */
	CHECK_INT(got(queues[A]), 3);
	CHECK_ERRNO(evhub_queue_get(queues[A], NULL, 0), EAGAIN);
	CHECK_INT(evhub_queue_put(queues[B], ITEM(4), 0), 0);
	CHECK_ERRNO(evhub_queue_put(queues[B], ITEM(4), 0), EAGAIN);
	chose(&killed, -1, ECANCELED);
	chose(&late, -1, EIO);
	ends(&put, 0, 0);
	ends(&get, 0, 0);
	CHECK_INT(get.number, 4);

	late.n = 0;
	add(&late, queues[A], EVHUB_PUT, 2);
	add(&late, queues[B], EVHUB_GET, 0);
	start(&late, 0.01);
	chose(&late, -1, ETIMEDOUT);
	check_idle();
	drop();
}

TEST_ONCE(freed_while_selected)
{
	struct chooser s = { .n = 0 }, t = { .n = 0 };

	make(0, 0, 0);
	add(&s, queues[A], EVHUB_GET, 0);
	add(&s, queues[B], EVHUB_PUT, 0);
	add(&s, queues[B], EVHUB_PUT, 0);
	add(&t, queues[C], EVHUB_GET, 0);
	add(&t, queues[B], EVHUB_GET, 0);
	/* t takes what s offers, and is done when its other queue goes. */
	start(&s, -1);
	start(&t, -1);
	chose(&s, 1, 0);
	chose(&t, 1, 0);
	s.n = t.n = 0;
	add(&s, queues[A], EVHUB_GET, 0);
	add(&s, queues[B], EVHUB_PUT, 0);
	add(&s, queues[B], EVHUB_PUT, 0);
	add(&t, queues[C], EVHUB_PUT, 6);
	add(&t, queues[B], EVHUB_PUT, 5);
	start(&s, -1);
	start(&t, -1);
	CHECK_INT(got(queues[C]), 6);
	evhub_queue_free(queues[B]);
	evhub_queue_free(queues[C]);
	chose(&s, -1, EBADF);
	chose(&t, 0, 0);
	CHECK_ERRNO(evhub_queue_put(queues[A], NULL, 0), EAGAIN);
	evhub_queue_free(queues[A]);
}

static void
in_the_loop(int fd, short what, void *arg)
{
	struct chooser *s = arg;

	(void)fd;
	(void)what;
	CHECK_ERRNO(evhub_select_queues(s->choices, s->n, -1), EPERM);
	CHECK_ERRNO(evhub_select_queues(s->choices, 1, 0), EAGAIN);
	CHECK_INT(evhub_select_queues(s->choices, s->n, 0), 1);
}

TEST(selects_in_the_loop)
{
	struct chooser s = { .n = 0 };
	struct side get;
	struct event ev;
	struct timeval tv = { 0, 1000 };

	init_base();
	make(0, 0, 0);
	add(&s, queues[A], EVHUB_PUT, 0);
	add(&s, queues[B], EVHUB_PUT, 3);
	begin(&get, side_gets, queues[B], -1, -1);
	evtimer_set(&ev, in_the_loop, &s);
	CHECK_INT(evtimer_add(&ev, &tv), 0);
	ends(&get, 0, 0);
	CHECK_INT(get.number, 3);
	drop();
}

/* A queue among other objects. */
TEST_ONCE(waitable)
{
	evhub_waitable_t *w[2];
	evhub_flag_t *flag = evhub_flag_new();
	struct side put;
	struct chooser s = { .n = 0 };

	make(1, 0, 0);
	w[0] = evhub_queue_waitable(queues[A]);
	w[1] = evhub_flag_waitable(flag);
	CHECK_ERRNO(evhub_wait(w, 2, 1, 0), EAGAIN);
	CHECK_INT(evhub_queue_put(queues[A], ITEM(1), 0), 0);
	CHECK_INT(evhub_wait(w, 2, 1, -1), 1);
	CHECK_INT(got(queues[A]), 1);
	/* While others put. */
	begin(&put, side_puts, queues[A], 2, -1);
	CHECK_INT(evhub_wait(w, 1, 1, 5.0), 1);
	CHECK_INT(got(queues[A]), 2);
	ends(&put, 0, 0);
	/* A channel is ready while somebody offers. */
	w[0] = evhub_queue_waitable(queues[B]);
	CHECK_ERRNO(evhub_wait(w, 1, 1, 0), EAGAIN);
	begin(&put, side_puts, queues[B], 3, -1);
	CHECK_INT(evhub_wait(w, 1, 1, 0), 1);
	CHECK_INT(got(queues[B]), 3);
	ends(&put, 0, 0);
	CHECK_ERRNO(evhub_wait(w, 1, 1, 0), EAGAIN);
	add(&s, queues[B], EVHUB_PUT, 4);
	start(&s, -1);
	CHECK_INT(evhub_wait(w, 1, 1, 0), 1);
	CHECK_INT(got(queues[B]), 4);
	chose(&s, 0, 0);
	evhub_flag_free(flag);
	drop();
}

static void
takes(evhub_waitable_t *object, void *count)
{
	CHECK_PTR(object, queues[A]);
	while (evhub_queue_get(queues[A], NULL, 0) == 0)
		++*(int *)count;
	CHECK_INT(errno, EAGAIN);
}

/* Told by the loop of items that come, and of offers in a channel. */
TEST_ONCE(watched)
{
	int size, count;

	for (size = 0; size < 2; size++) {
		struct side put;
		evhub_link_t *link;

		make(size, 0, 0);
		count = 0;
		link = evhub_watch(evhub_queue_waitable(queues[A]), takes, &count);
		CHECK(link != NULL);
		begin(&put, side_puts, queues[A], 1, -1);
		CHECK_INT(evhub_sleep(0.001), 0);
		CHECK_INT(count, 1);
		CHECK_INT(evhub_queue_put(queues[A], ITEM(2), -1), 0);
		ends(&put, 0, 0);
		CHECK_INT(evhub_sleep(0.001), 0);
		CHECK_INT(count, 2);
		CHECK_INT(evhub_unlink(link), 0);
		drop();
	}
}
