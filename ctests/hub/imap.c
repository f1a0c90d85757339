/* Series of results: in order or not, lazily, with failures, and freed before their end. */
#include "groups.h"

static evhub_group_t *grp;

/* Items 1 to `last`, then the end, or an error. */
struct source {
	intptr_t last, given;
	int error;
	evhub_flag_t *wait_for;		/* before each item */
	int wait_error;
	evhub_imap_t *im;		/* freed at the last item */
};

static int
next_of(void *arg, void **item)
{
	struct source *source = arg;

	if (source->wait_for != NULL && evhub_flag_wait(source->wait_for, -1) != 1) {
		source->wait_error = errno;
		return -1;
	}
	if (source->given == source->last) {
		errno = source->error;
		return source->error == 0 ? 0 : -1;
	}
	if (++source->given == source->last && source->im != NULL)
		evhub_imap_free(source->im);
	*item = AS_ARG(source->given);
	return 1;
}

static evhub_imap_t *
begin(evhub_fn_t fn, struct source *source, unsigned flags)
{
	evhub_imap_t *im = evhub_group_imap(grp, fn, next_of, source, flags);

	CHECK(im != NULL);
	return im;
}

static void *
returns_later(void *arg)
{
	/* The later, the earlier. */
	CHECK_INT(evhub_sleep(0.003 * (double)(8 - (intptr_t)arg)), 0);
	return arg;
}

static void
check_next(evhub_imap_t *im, intptr_t want)
{
	void *value = NULL;

	CHECK_INT(evhub_imap_next(im, &value, -1), 1);
	CHECK_PTR(value, AS_ARG(want));
}

static void
check_end(evhub_imap_t *im)
{
	void *value = AS_ARG(77);

	CHECK_INT(evhub_imap_next(im, &value, -1), 0);
	CHECK_INT(evhub_imap_next(im, &value, 0), 0);
	CHECK_PTR(value, AS_ARG(77));
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

TEST(in_the_order_of_ends)
{
	struct source source = { .last = 5 };
	evhub_imap_t *im;
	int i;

	grp = new_group(0);
	im = begin(returns_later, &source, EVHUB_UNORDERED);
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

static void *
returns_its_arg(void *arg)
{
	CHECK_INT(evhub_yield(), 0);
	return arg;
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

static intptr_t sum;
static int ends_seen, errors_seen;

static void *
takes(void *im)
{
	void *value;
	int got;

	while ((got = evhub_imap_next(im, &value, -1)) != 0) {
		if (got < 0) {
			errors_seen++;
			if (errno == EBADF || errno == ECANCELED)
				return AS_ARG(errno);
		} else
			sum += (intptr_t)value;
	}
	ends_seen++;
	return NULL;
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

/* ---- Ends before the end ---- */

static int killed_members;

static void *
waits_for_its_kill(void *arg)
{
	if (evhub_sleep(TOO_LONG) != 0 && errno == ECANCELED)
		killed_members++;
	return arg;
}

TEST_ONCE(freeing_ends_what_runs)
{
	static const unsigned flags[] = { 0, EVHUB_UNORDERED };
	size_t k;

	for (k = 0; k < 2; k++) {
		struct source source = { .last = 10 };
		evhub_greenlet_t *taker;
		evhub_imap_t *im;

		killed_members = 0;
		grp = new_group(3);
		im = begin(waits_for_its_kill, &source, flags[k]);
		taker = start(takes, im);
		settle();
		CHECK_INT(evhub_group_size(grp), 3);
		evhub_imap_free(im);
		CHECK_PTR(value_of(taker), AS_ARG(EBADF));
		CHECK_INT(evhub_group_join(grp, 0, TOO_LONG), 0);
		CHECK_INT(killed_members, 3);
		CHECK_INT(source.given, 3);
		end_with(grp);
	}
}

static void *
ends_or_waits(void *arg)
{
	return (intptr_t)arg & 1 ? arg : waits_for_its_kill(arg);
}

/* Some results were not taken, some members run, and one has not begun. */
TEST_ONCE(freeing_with_results_that_nobody_takes)
{
	static const unsigned flags[] = { 0, EVHUB_UNORDERED };
	size_t k;

	for (k = 0; k < 2; k++) {
		struct source source = { .last = 10 };
		evhub_imap_t *im;

		grp = new_group(5);
		im = begin(ends_or_waits, &source, flags[k]);
		settle();
		CHECK_INT(source.given, 5);
		check_next(im, 1);
		CHECK_INT(evhub_yield(), 0);
		CHECK_INT(source.given, 6);
		evhub_imap_free(im);
		end_with(grp);
	}
}

/* The feeder waits: for its turn, in `next`, for a place, for room. */
TEST_ONCE(freeing_stops_the_feeder_wherever_it_is)
{
	evhub_flag_t *flag = new_flag(), *busy = new_flag();
	struct source source = { .last = 10 };
	evhub_imap_t *im;

	grp = new_group(1);
	im = begin(ends_at_once, &source, 0);
	evhub_imap_free(im);
	settle();
	CHECK_INT(source.given, 0);

	source.wait_for = flag;
	im = begin(ends_at_once, &source, 0);
	settle();
	evhub_imap_free(im);
	settle();
	CHECK_INT(source.wait_error, ECANCELED);
	CHECK_INT(source.given, 0);
	source.wait_for = NULL;

	go_in(grp, until, busy);
	im = begin(ends_at_once, &source, 0);
	settle();
	CHECK_INT(source.given, 1);
	evhub_imap_free(im);
	settle();
	CHECK_INT(alive(), 1);
	CHECK_INT(evhub_flag_set(busy), 0);
	settle();

	im = begin(ends_at_once, &source, 0);
	settle();
	CHECK_INT(source.given, 2);
	evhub_imap_free(im);
	CHECK_INT(evhub_group_free_count(grp), 1);
	evhub_flag_free(flag);
	evhub_flag_free(busy);
	end_with(grp);
}

/* The feeder was given a place, or room, but has not run since. */
TEST_ONCE(freeing_at_the_last_moment)
{
	evhub_flag_t *busy = new_flag();
	struct source source = { .last = 10 };
	evhub_greenlet_t *g;
	evhub_imap_t *im;

	grp = new_group(1);
	g = start_in(grp, until, busy);
	im = begin(ends_at_once, &source, 0);
	settle();
	CHECK_INT(evhub_group_discard(grp, g), 1);
	evhub_imap_free(im);
	settle();
	CHECK_INT(evhub_group_free_count(grp), 1);
	CHECK_INT(source.given, 1);

	im = begin(returns_its_arg, &source, 0);
	settle();
	check_next(im, 2);
	evhub_imap_free(im);
	settle();
	CHECK_INT(source.given, 2);
	CHECK_INT(evhub_flag_set(busy), 0);
	(void)value_of(g);
	evhub_flag_free(busy);
	end_with(grp);
}

TEST_ONCE(next_frees_its_series)
{
	struct source source = { .last = 3 };

	grp = new_group(0);
	source.im = begin(returns_its_arg, &source, 0);
	settle();
	CHECK_INT(source.given, 3);
	end_with(grp);
}

static int
asks_for_itself(void *arg, void **item)
{
	struct source *source = arg;

	(void)item;
	if (evhub_imap_next(source->im, NULL, -1) == -1)
		source->wait_error = errno;
	return 0;
}

TEST_ONCE(next_cannot_take_results)
{
	struct source source = { .last = 0 };

	grp = new_group(0);
	source.im = evhub_group_imap(grp, ends_at_once, asks_for_itself, &source, 0);
	CHECK(source.im != NULL);
	check_end(source.im);
	CHECK_INT(source.wait_error, EDEADLK);
	evhub_imap_free(source.im);
	end_with(grp);
}

/* What runs goes on; the item that there is no place for any more is the end. */
TEST_ONCE(the_group_is_freed_first)
{
	struct source source = { .last = 10 };
	evhub_imap_t *im;

	grp = new_group(2);
	im = begin(returns_its_arg, &source, 0);
	settle();
	CHECK_INT(source.given, 2);
	evhub_group_free(grp);
	check_next(im, 1);
	check_next(im, 2);
	CHECK_ERRNO(evhub_imap_next(im, NULL, -1), EBADF);
	check_end(im);
	evhub_imap_free(im);
	CHECK_INT(alive(), 0);
	CHECK_INT(evhub_shutdown(), 0);
}

TEST_ONCE(killing_the_group_ends_items_not_the_series)
{
	struct source source = { .last = 3 };
	evhub_imap_t *im;
	void *value = NULL;
	int i;

	grp = new_group(0);
	im = begin(waits_for_its_kill, &source, 0);
	settle();
	CHECK_INT(evhub_group_kill(grp, EIO, -1), 0);
	for (i = 0; i < 3; i++) {
		/* They return a value, but were killed with an error. */
		CHECK_ERRNO(evhub_imap_next(im, &value, -1), EIO);
	}
	check_end(im);
	evhub_imap_free(im);
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

static void *
leaves_its_series(void *arg)
{
	struct source source = { .last = 5 };
	evhub_imap_t *im = begin(waits_for_its_kill, &source, 0);

	settle();
	CHECK_INT(source.given, 1);
	evhub_imap_free(im);
	settle();
	CHECK_INT(source.given, 1);
	CHECK_INT(killed_members, 1);
	return arg;
}

TEST_ONCE(a_member_frees_a_series_that_runs_beside)
{
	grp = new_group(1);
	(void)value_of(start_in(grp, leaves_its_series, NULL));
	end_with(grp);
}

TEST_ONCE(shutting_down_ends_a_series)
{
	struct source source = { .last = 1000 };
	evhub_imap_t *im;

	grp = new_group(2);
	im = begin(returns_its_arg, &source, 0);
	settle();
	CHECK_INT(evhub_shutdown(), 0);
	CHECK_INT(source.given, 2);
	check_next(im, 1);
	check_next(im, 2);
	CHECK_ERRNO(evhub_imap_next(im, NULL, -1), ECANCELED);
	check_end(im);
	evhub_imap_free(im);

	/* Before its greenlet has run. */
	im = begin(returns_its_arg, &source, 0);
	CHECK_INT(evhub_group_size(grp), 0);
	evhub_imap_free(im);
	evhub_group_free(grp);
	CHECK_INT(evhub_shutdown(), 0);
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
