/* Series of results: in order or not, lazily, with failures, for several who take them. */
#include "series.h"

static void *
returns_later(void *arg)
{
	/* The later, the earlier. */
	CHECK_INT(evhub_sleep(0.003 * (double)(8 - (intptr_t)arg)), 0);
	return arg;
}

TEST(in_the_order_of_items)
{
	size_t limit;
	int i;

	for (limit = 0; limit < 4; limit++) {
		struct source source = { .last = 6 };
		evhub_imap_t *im;

		grp = new_group(limit);
		im = begin(returns_later, &source, 0);
		for (i = 1; i <= 6; i++)
			check_next(im, i);
		check_end(im);
		CHECK_INT(alive(), 0);
		CHECK_INT(evhub_imap_next(im, NULL, -1), 0);
		evhub_imap_free(im);
		end_with(grp);
	}
}

static intptr_t turn;

/* The last one first. */
static void *
returns_in_turn(void *arg)
{
	while ((intptr_t)arg != turn)
		CHECK_INT(evhub_yield(), 0);
	turn--;
	return arg;
}

TEST(in_the_order_of_ends)
{
	struct source source = { .last = 5 };
	evhub_imap_t *im;
	int i;

	grp = new_group(0);
	turn = 5;
	im = begin(returns_in_turn, &source, EVHUB_UNORDERED);
	for (i = 5; i >= 1; i--)
		check_next(im, i);
	check_end(im);
	evhub_imap_free(im);
	end_with(grp);
}

TEST_ONCE(nothing_to_do)
{
	struct source source = { .last = 0 };
	evhub_imap_t *im;

	grp = new_group(1);
	im = begin(ends_at_once, &source, 0);
	check_end(im);
	evhub_imap_free(im);

	/* Of which nobody knows the end yet. */
	im = begin(ends_at_once, &source, 0);
	CHECK_ERRNO(evhub_imap_next(im, NULL, 0), EAGAIN);
	evhub_imap_free(im);
	im = begin(ends_at_once, &source, EVHUB_UNORDERED);
	settle();
	evhub_imap_free(im);
	evhub_imap_free(NULL);
	end_with(grp);
}

/* Items are got as results are taken. */
static void
check_laziness(size_t limit, unsigned flags, int most)
{
	struct source source = { .last = 1000 };
	evhub_imap_t *im;
	int i;

	grp = new_group(limit);
	im = begin(returns_its_arg, &source, flags);
	settle();
	CHECK_INT(source.given, most);
	for (i = 1; i <= 10; i++) {
		check_next(im, i);
		settle();
		CHECK_INT(source.given, most + i);
	}
	evhub_imap_free(im);
	settle();
	CHECK_INT(source.given, most + 10);
	end_with(grp);
}

TEST_ONCE(items_are_got_lazily)
{
	check_laziness(0, 0, 64);
	check_laziness(1, 0, 1);
	check_laziness(3, 0, 3);
	check_laziness(3, EVHUB_UNORDERED, 3);
	check_laziness(0, EVHUB_UNORDERED, 64);
}

static void *
fails_if_even(void *arg)
{
	CHECK_INT(evhub_yield(), 0);
	return (intptr_t)arg & 1 ? arg : evhub_fail(100 + (int)(intptr_t)arg, NULL);
}

static void
check_failures(unsigned flags)
{
	struct source source = { .last = 4, .error = EIO };
	evhub_imap_t *im;
	void *value = NULL;

	grp = new_group(2);
	im = begin(fails_if_even, &source, flags);
	check_next(im, 1);
	CHECK_ERRNO(evhub_imap_next(im, &value, -1), 102);
	check_next(im, 3);
	CHECK_ERRNO(evhub_imap_next(im, &value, -1), 104);
	CHECK_PTR(value, NULL);
	CHECK_ERRNO(evhub_imap_next(im, &value, -1), EIO);
	check_end(im);
	evhub_imap_free(im);
	end_with(grp);
}

TEST_ONCE(failures_have_their_place_in_the_series)
{
	check_failures(0);
	check_failures(EVHUB_UNORDERED);
}

static int
fails_without_a_reason(void *arg, void **item)
{
	(void)arg;
	(void)item;
	errno = 0;
	return -1;
}

TEST_ONCE(a_source_that_fails_without_an_error)
{
	evhub_imap_t *im;

	grp = new_group(2);
	im = evhub_group_imap(grp, ends_at_once, fails_without_a_reason, NULL, 0);
	CHECK_ERRNO(evhub_imap_next(im, NULL, -1), EINVAL);
	check_end(im);
	evhub_imap_free(im);
	end_with(grp);
}

TEST(waiting_for_a_result_ends_in_time)
{
	evhub_flag_t *flag = new_flag();
	struct source source = { .last = 1, .wait_for = flag };
	evhub_imap_t *im;
	int64_t start_ns = now_ns();

	grp = new_group(1);
	im = begin(returns_its_arg, &source, 0);
	CHECK_ERRNO(evhub_imap_next(im, NULL, 0.02), ETIMEDOUT);
	CHECK_ELAPSED(start_ns, 20);
	CHECK_INT(evhub_flag_set(flag), 0);
	check_next(im, 1);
	check_end(im);
	evhub_imap_free(im);
	evhub_flag_free(flag);
	end_with(grp);
}

TEST_ONCE(several_take_from_one_series)
{
	static const unsigned flags[] = { 0, EVHUB_UNORDERED };
	size_t i, k;

	for (k = 0; k < 2; k++) {
		struct source source = { .last = 50, .error = EIO };
		evhub_greenlet_t *g[4];
		evhub_imap_t *im;

		sum = ends_seen = errors_seen = 0;
		grp = new_group(3);
		im = begin(returns_its_arg, &source, flags[k]);
		for (i = 0; i < 4; i++)
			g[i] = start(takes, im);
		for (i = 0; i < 4; i++)
			CHECK_PTR(value_of(g[i]), NULL);
		CHECK_INT(sum, 50 * 51 / 2);
		CHECK_INT(ends_seen, 4);
		CHECK_INT(errors_seen, 1);
		evhub_imap_free(im);
		end_with(grp);
	}
}

static void *
takes_one_and_waits(void *im)
{
	void *value = NULL;

	CHECK_INT(evhub_imap_next(im, &value, -1), 1);
	CHECK_ERRNO(evhub_sleep(TOO_LONG), ECANCELED);
	return value;
}

static evhub_flag_t *gate;

static void *
waits_at_the_gate(void *arg)
{
	CHECK_INT(evhub_flag_wait(gate, -1), 1);
	return arg;
}

/* If the result and the kill come together, the result wins. */
TEST_ONCE(a_kill_does_not_lose_a_result)
{
	static const unsigned flags[] = { 0, EVHUB_UNORDERED };
	size_t k;

	gate = new_flag();
	for (k = 0; k < 2; k++) {
		struct source source = { .last = 1 };
		evhub_greenlet_t *g;
		evhub_imap_t *im;

		grp = new_group(1);
		im = begin(waits_at_the_gate, &source, flags[k]);
		g = start(takes_one_and_waits, im);
		settle();
		CHECK_INT(evhub_flag_set(gate), 0);
		CHECK_INT(evhub_yield(), 0);
		CHECK_INT(evhub_state(g), EVHUB_READY);
		CHECK_INT(evhub_kill(g, 0, -1), 0);
		CHECK_PTR(value_of(g), AS_ARG(1));
		check_end(im);
		evhub_imap_free(im);
		CHECK_INT(evhub_flag_clear(gate), 0);
		end_with(grp);
	}
	evhub_flag_free(gate);
}

TEST_ONCE(whoever_gives_up_takes_nothing)
{
	evhub_flag_t *flag = new_flag();
	struct source source = { .last = 2, .wait_for = flag };
	evhub_imap_t *im;
	evhub_greenlet_t *g;

	grp = new_group(1);
	im = begin(returns_its_arg, &source, 0);
	g = start(takes, im);
	settle();
	CHECK_INT(evhub_kill(g, 0, -1), 0);
	CHECK_PTR(value_of(g), AS_ARG(ECANCELED));
	CHECK_INT(evhub_flag_set(flag), 0);
	check_next(im, 1);
	check_next(im, 2);
	check_end(im);
	evhub_imap_free(im);
	evhub_flag_free(flag);
	end_with(grp);
}

static void *
series_within(void *flags)
{
	struct source source = { .last = 5 };
	evhub_imap_t *im = begin(returns_its_arg, &source, (unsigned)(intptr_t)flags);
	int i;

	for (i = 1; i <= 5; i++)
		check_next(im, i);
	check_end(im);
	evhub_imap_free(im);
	return NULL;
}

/* The pool is full of those who wait for its results. */
TEST_ONCE(members_have_series_of_their_own_pool)
{
	evhub_greenlet_t *g[2];

	grp = new_group(2);
	g[0] = start_in(grp, series_within, NULL);
	g[1] = start_in(grp, series_within, AS_ARG(EVHUB_UNORDERED));
	(void)value_of(g[0]);
	(void)value_of(g[1]);
	CHECK_INT(evhub_group_free_count(grp), 2);
	end_with(grp);
}

TEST_ONCE(wrong_arguments)
{
	struct source source = { .last = 0 };
	evhub_imap_t *im;

	capture_log();
	grp = new_group(0);
	CHECK_PTR(evhub_group_imap(NULL, ends_at_once, next_of, &source, 0), NULL);
	CHECK_INT(errno, EINVAL);
	CHECK_PTR(evhub_group_imap(grp, NULL, next_of, &source, 0), NULL);
	CHECK_INT(errno, EINVAL);
	CHECK_PTR(evhub_group_imap(grp, ends_at_once, NULL, &source, 0), NULL);
	CHECK_INT(errno, EINVAL);
	CHECK_PTR(evhub_group_imap(grp, ends_at_once, next_of, &source, 2), NULL);
	CHECK_INT(errno, EINVAL);
	CHECK_ERRNO(evhub_imap_next(NULL, NULL, -1), EINVAL);
	im = begin(ends_at_once, &source, 0);
	CHECK_ERRNO(evhub_imap_next((evhub_imap_t *)grp, NULL, -1), EINVAL);
	CHECK_ERRNO(evhub_imap_next(im, NULL, 0.0 / 0.0), EINVAL);
	evhub_imap_free(im);
	end_with(grp);
}
