/* Functions that run in members of a group: one (call), or one for each argument (map). */
#include "groups.h"

static evhub_group_t *grp;

static void *
doubles(void *arg)
{
	CHECK_INT(evhub_yield(), 0);
	return AS_ARG(2 * (intptr_t)arg);
}

static void *
doubles_later(void *arg)
{
	intptr_t n = (intptr_t)arg;

	/* The later, the earlier. */
	CHECK_INT(evhub_sleep(0.001 * (double)(10 - n)), 0);
	return AS_ARG(2 * n);
}

/* ---- call ---- */

TEST(a_call_returns_what_its_member_does)
{
	void *value = NULL;

	grp = new_group(1);
	CHECK_INT(evhub_group_call(grp, doubles, AS_ARG(21), &value, -1), 0);
	CHECK_PTR(value, AS_ARG(42));
	CHECK_INT(evhub_group_free_count(grp), 1);
	CHECK_INT(evhub_group_call(grp, doubles, AS_ARG(21), NULL, TOO_LONG), 0);
	CHECK_ERRNO(evhub_group_call(grp, fails_with, AS_ARG(EIO), &value, -1), EIO);
	CHECK_PTR(value, AS_ARG(42));
	CHECK_INT(evhub_group_free_count(grp), 1);
	CHECK_ERRNO(evhub_group_call(grp, doubles, NULL, NULL, 0), EAGAIN);
	CHECK_INT(evhub_group_size(grp), 0);
	end_with(grp);
}

static int failures_told;

static void
counts_failures(evhub_greenlet_t *g, int error, const char *text, void *arg)
{
	(void)g;
	(void)error;
	(void)text;
	(void)arg;
	failures_told++;
}

/* The caller knows. */
TEST_ONCE(failures_are_not_reported_besides)
{
	void *in[1] = { AS_ARG(EIO) };

	grp = new_group(0);
	evhub_set_error_hook(counts_failures, NULL);
	CHECK_ERRNO(evhub_group_call(grp, fails_with, AS_ARG(EIO), NULL, -1), EIO);
	CHECK_ERRNO(evhub_group_map(grp, fails_with, in, 1, NULL), EIO);
	CHECK_INT(failures_told, 0);
	end_with(grp);
}

static evhub_greenlet_t *member;
static int told_error;

static void *
notes_the_kill(void *arg)
{
	member = evhub_retain(evhub_current());
	if (evhub_sleep(TOO_LONG) != 0)
		told_error = errno;
	return arg;
}

TEST(a_call_that_takes_too_long)
{
	evhub_flag_t *flag = new_flag();
	int64_t start_ns = now_ns();

	grp = new_group(1);
	CHECK_ERRNO(evhub_group_call(grp, notes_the_kill, NULL, NULL, 0.02), ETIMEDOUT);
	CHECK_ELAPSED(start_ns, 20);
	CHECK_INT(evhub_join(member, -1), 0);
	CHECK_INT(told_error, ECANCELED);
	evhub_release(member);

	/* There was no place in time. */
	go_in(grp, until, flag);
	CHECK_ERRNO(evhub_group_call(grp, notes_the_kill, NULL, NULL, 0.001), ETIMEDOUT);
	CHECK_INT(evhub_group_size(grp), 1);
	CHECK_INT(evhub_flag_set(flag), 0);
	evhub_flag_free(flag);
	end_with(grp);
}

static void *
calls_one_that_waits(void *arg)
{
	void *value = arg;

	CHECK_ERRNO(evhub_group_call(grp, notes_the_kill, NULL, &value, -1), EIO);
	CHECK_PTR(value, arg);
	return arg;
}

TEST_ONCE(the_caller_is_killed_and_so_is_the_member)
{
	evhub_greenlet_t *caller;

	grp = new_group(0);
	caller = start(calls_one_that_waits, NULL);
	settle();
	CHECK_INT(evhub_kill(caller, EIO, -1), 0);
	CHECK_INT(evhub_join(member, -1), 0);
	CHECK_INT(told_error, ECANCELED);
	CHECK_INT(evhub_state(member), EVHUB_KILLED);
	evhub_release(member);
	evhub_release(caller);
	end_with(grp);
}

static void *
kills_the_group(void *error)
{
	CHECK_INT(evhub_yield(), 0);
	CHECK_INT(evhub_group_kill(grp, (int)(intptr_t)error, 0), 0);
	return NULL;
}

static void *
waits_long(void *arg)
{
	evhub_sleep(TOO_LONG);
	return arg;
}

TEST_ONCE(a_member_is_killed_by_others)
{
	void *value = NULL, *in[2] = { NULL, NULL }, *out[2];

	grp = new_group(0);
	evhub_release(start(kills_the_group, AS_ARG(0)));
	CHECK_INT(evhub_group_call(grp, waits_long, NULL, &value, -1), 0);
	CHECK_PTR(value, EVHUB_EXIT);
	evhub_release(start(kills_the_group, AS_ARG(EIO)));
	CHECK_ERRNO(evhub_group_call(grp, waits_long, NULL, &value, -1), EIO);
	evhub_release(start(kills_the_group, AS_ARG(0)));
	CHECK_INT(evhub_group_map(grp, waits_long, in, 2, out), 0);
	CHECK_PTR(out[0], EVHUB_EXIT);
	CHECK_PTR(out[1], EVHUB_EXIT);
	end_with(grp);
}

static void *
runs_there(void *caller)
{
	CHECK_PTR(evhub_current(), caller);
	return evhub_fail(EIO, "within");
}

static void *
calls_within(void *arg)
{
	void *value = NULL;

	CHECK_INT(evhub_group_call(grp, doubles, AS_ARG(4), &value, -1), 0);
	CHECK_PTR(value, AS_ARG(8));
	CHECK_INT(evhub_group_call(grp, doubles, AS_ARG(4), &value, 0), 0);
	CHECK_ERRNO(evhub_group_call(grp, runs_there, evhub_current(), &value, -1), EIO);
	CHECK_INT(evhub_group_size(grp), 1);
	return arg;
}

/* The pool is full of the caller. */
TEST_ONCE(a_member_calls_on_the_spot)
{
	evhub_greenlet_t *g;

	grp = new_group(1);
	g = start_in(grp, calls_within, AS_ARG(1));
	CHECK_PTR(value_of(g), AS_ARG(1));
	end_with(grp);
}

/* ---- map ---- */

TEST(results_are_in_the_order_of_arguments)
{
	void *in[9], *out[9];
	size_t limit;
	int i;

	for (i = 0; i < 9; i++)
		in[i] = AS_ARG(i + 1);
	for (limit = 0; limit < 5; limit++) {
		grp = new_group(limit);
		memset(out, 0xff, sizeof(out));
		CHECK_INT(evhub_group_map(grp, doubles_later, in, 9, out), 0);
		for (i = 0; i < 9; i++)
			CHECK_PTR(out[i], AS_ARG(2 * (i + 1)));
		CHECK_INT(evhub_group_size(grp), 0);
		CHECK_INT(evhub_group_map(grp, doubles, NULL, 0, NULL), 0);
		CHECK_INT(evhub_group_map(grp, doubles, in, 9, NULL), 0);
		evhub_group_free(grp);
	}
	grp = new_group(2);
	CHECK_INT(evhub_group_map(grp, doubles, in, 9, in), 0);
	for (i = 0; i < 9; i++)
		CHECK_PTR(in[i], AS_ARG(2 * (i + 1)));
	end_with(grp);
}

static int runs;

static void *
fails_if_odd(void *arg)
{
	intptr_t n = (intptr_t)arg;

	runs++;
	/* The last one that fails, fails first. */
	CHECK_INT(evhub_sleep(0.001 * (double)(20 - n)), 0);
	return n & 1 ? evhub_fail(100 + (int)n, NULL) : AS_ARG(n);
}

TEST_ONCE(the_first_failure_in_order_is_told_when_all_have_ended)
{
	void *in[6], *out[6];
	size_t limit;
	int i;

	for (limit = 0; limit < 3; limit++) {
		grp = new_group(limit);
		for (i = 0; i < 6; i++)
			in[i] = AS_ARG(i + 2);
		runs = 0;
		memset(out, 0xff, sizeof(out));
		CHECK_ERRNO(evhub_group_map(grp, fails_if_odd, in, 6, out), 103);
		CHECK_INT(runs, 6);
		for (i = 0; i < 6; i++)
			CHECK_PTR(out[i], i & 1 ? NULL : AS_ARG(i + 2));
		CHECK_INT(alive(), 0);
		end_with(grp);
	}
}

static int inside, most_inside;

static void *
comes_and_goes(void *arg)
{
	if (++inside > most_inside)
		most_inside = inside;
	CHECK_INT(evhub_yield(), 0);
	inside--;
	return arg;
}

TEST_ONCE(no_more_than_the_limit_run)
{
	void *in[20] = { NULL };
	evhub_flag_t *flag = new_flag();

	grp = new_group(4);
	go_in(grp, until, flag);
	CHECK_INT(evhub_group_map(grp, comes_and_goes, in, 20, NULL), 0);
	CHECK_INT(most_inside, 3);
	CHECK_INT(evhub_flag_set(flag), 0);
	evhub_flag_free(flag);
	end_with(grp);
}

static int killed;

static void *
ends_when_killed(void *arg)
{
	if (evhub_sleep(TOO_LONG) != 0 && errno == ECANCELED)
		killed++;
	return arg;
}

static void *
ends_or_waits(void *arg)
{
	return arg == NULL ? ends_when_killed(arg) : arg;
}

static void *
maps_without_end(void *arg)
{
	/* Gone, when members end: nobody may write here then. */
	void **in = malloc(4 * sizeof(*in));

	CHECK(in != NULL);
	in[0] = arg;
	in[1] = in[2] = in[3] = NULL;
	CHECK_ERRNO(evhub_group_map(grp, ends_or_waits, in, 4, in), EIO);
	CHECK_PTR(in[0], arg);
	free(in);
	return arg;
}

/* While it waits for results, or for places. */
TEST_ONCE(killing_who_maps)
{
	evhub_greenlet_t *g;
	size_t limit;

	for (limit = 0; limit < 3; limit++) {
		killed = 0;
		grp = new_group(limit);
		g = start(maps_without_end, AS_ARG(1));
		settle();
		CHECK_INT(evhub_group_size(grp), limit == 0 ? 3 : limit);
		CHECK_INT(evhub_kill(g, EIO, -1), 0);
		evhub_release(g);
		CHECK_INT(evhub_group_join(grp, 0, TOO_LONG), 0);
		CHECK_INT(killed, limit == 0 ? 3 : (int)limit);
		end_with(grp);
	}
}

TEST_ONCE(a_map_that_takes_too_long)
{
	evhub_timeout_t *limit;
	void *in[2] = { NULL, NULL };

	grp = new_group(1);
	limit = evhub_timeout_start(0.01, 0);
	CHECK(limit != NULL);
	CHECK_ERRNO(evhub_group_map(grp, ends_when_killed, in, 2, NULL), ETIMEDOUT);
	CHECK_ERRNO(evhub_group_map(grp, ends_when_killed, in, 2, NULL), ETIMEDOUT);
	evhub_timeout_cancel(limit);
	CHECK_INT(evhub_group_join(grp, 0, TOO_LONG), 0);
	CHECK_INT(killed, 1);
	end_with(grp);
}

static void *
maps_within(void *arg)
{
	void *in[5] = { AS_ARG(1), AS_ARG(2), AS_ARG(3), AS_ARG(4), AS_ARG(5) }, *out[5];
	int i;

	CHECK_INT(evhub_group_map(grp, doubles, in, 5, out), 0);
	for (i = 0; i < 5; i++)
		CHECK_PTR(out[i], AS_ARG(2 * (i + 1)));
	for (i = 0; i < 5; i++)
		in[i] = AS_ARG(20 - i);
	CHECK_ERRNO(evhub_group_map(grp, fails_if_odd, in, 5, out), 119);
	CHECK_PTR(out[0], AS_ARG(20));
	CHECK_PTR(out[1], NULL);
	return arg;
}

/* Two members map in a pool of two or three. */
TEST_ONCE(members_map_without_waiting_for_each_other)
{
	evhub_greenlet_t *g[2];
	size_t limit;

	for (limit = 2; limit < 4; limit++) {
		grp = new_group(limit);
		g[0] = start_in(grp, maps_within, NULL);
		g[1] = start_in(grp, maps_within, NULL);
		CHECK_PTR(value_of(g[0]), NULL);
		CHECK_PTR(value_of(g[1]), NULL);
		end_with(grp);
	}
}

TEST_ONCE(a_killed_member_does_not_go_on_mapping)
{
	evhub_greenlet_t *g;

	grp = new_group(1);
	g = start_in(grp, maps_without_end, AS_ARG(1));
	settle();
	CHECK_INT(evhub_kill(g, EIO, 0), 0);
	(void)value_of(g);
	CHECK_INT(killed, 0);
	end_with(grp);
}
