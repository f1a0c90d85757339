/* Series that end before their end: freed, shut down, their group gone or killed. */
#include "series.h"

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

static void *
runs_too_late(void *arg)
{
	CHECK(!"the series is gone");
	return arg;
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
	im = begin(runs_too_late, &source, 0);
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
