/*
 * Proves behaviours 30 and 191; E09, F24, F25 and F37: numbers of descriptors that are closed,
 * used again, shared by dup, or very high.
 *
 * epoll and kqueue know the file behind a number; poll and select see a closed number at the next
 * wait, so that only there a number closed and used again between two waits cannot be told.
 */
#include "harness.h"

#include <sys/resource.h>
#include <time.h>

static int
poll_once(void)
{
	return event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static int
knows_files(void)
{
	return method_is("epoll") || method_is("kqueue");
}

static int64_t
cpu_ns(void)
{
	struct timespec ts;

	CHECK_INT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts), 0);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* A wait of 300 ms, for a timer alone, must be a wait. */
static void
check_no_spin(void)
{
	struct note note = { 0 };
	int64_t start = now_ns(), cpu = cpu_ns();
	struct event timer;

	evtimer_set(&timer, note_cb, &note);
	CHECK_INT(add_ms(&timer, 300), 0);
	while (note.calls == 0)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_ELAPSED(start, 300);
	CHECK(cpu_ns() - cpu < 150 * 1000000 * (int64_t)time_factor());
}

/* Puts another stream under the number. The peer's end comes back. */
static int
reuse(int number)
{
	int fds[2];

	make_pair(fds);
	if (fds[0] != number) {
		CHECK_INT(dup2(fds[0], number), number);
		close(fds[0]);
	}
	return fds[1];
}

TEST(closed_without_del)
{
	struct event_base *base = init_base();
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ | EV_PERSIST, trace_cb, "stale");
	CHECK_INT(event_add(&ev, NULL), 0);
	close(fds[0]);
	CHECK_INT(poll_once(), 0);
	CHECK_INT(event_pending(&ev, EV_READ, NULL), EV_READ);
	check_no_spin();
	CHECK_STR(traced(), "");
	CHECK_INT(event_del(&ev), 0);
	CHECK_INT(ev.ev_flags, EVLIST_INIT);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(base);
}

/* The new event on the number works at once, the stale one is silent, its end harms nobody. */
static void
number_used_again(short stale_events, short events, int wait_between)
{
	struct event_base *base = init_base();
	struct event stale, fresh;
	int fds[2], peer;

	make_pair(fds);
	event_set(&stale, fds[0], stale_events, trace_cb, "stale");
	CHECK_INT(event_add(&stale, NULL), 0);
	close(fds[0]);
	if (wait_between)
		CHECK_INT(poll_once(), 0);
	peer = reuse(fds[0]);
	event_set(&fresh, fds[0], events, trace_cb, "f");
	CHECK_INT(event_add(&fresh, NULL), 0);
	CHECK_INT(event_pending(&stale, EV_READ | EV_WRITE, NULL), stale_events & ~EV_PERSIST);
	put_byte(peer);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "f");
	CHECK_INT(event_pending(&stale, EV_READ | EV_WRITE, NULL), stale_events & ~EV_PERSIST);
	CHECK_INT(event_del(&stale), 0);
	trace_reset();
	CHECK_INT(event_add(&fresh, NULL), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "f");
	CHECK_INT(event_del(&fresh), 0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(base);
}

static void
all_pairs(int wait_between)
{
	static const short kinds[] = { EV_READ, EV_WRITE, EV_READ | EV_PERSIST,
		EV_READ | EV_WRITE | EV_PERSIST };
	size_t i, j;

	for (i = 0; i < COUNT(kinds); i++)
		for (j = 0; j < COUNT(kinds); j++) {
			trace_reset();
			number_used_again(kinds[i], kinds[j], wait_between);
		}
}

TEST(used_again_at_once)
{
	struct event_base *base = init_base();

	if (!knows_files())
		SKIP("%s cannot tell before the next wait", method());
	all_pairs(0);
	event_base_free(base);
}

TEST(used_again_after_a_wait)
{
	all_pairs(1);
}

/* The number was never free: dup2 put another file there. */
TEST(replaced_by_dup2)
{
	struct event_base *base = init_base();
	struct event stale, fresh;
	int fds[2], peer;

	if (!knows_files())
		SKIP("%s cannot tell", method());
	make_pair(fds);
	event_set(&stale, fds[0], EV_READ | EV_PERSIST, trace_cb, "stale");
	CHECK_INT(event_add(&stale, NULL), 0);
	peer = reuse(fds[0]);
	event_set(&fresh, fds[0], EV_READ | EV_PERSIST, trace_cb, "f");
	CHECK_INT(event_add(&fresh, NULL), 0);
	put_byte(peer);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "f");
	CHECK_INT(event_del(&stale), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "ff");
	event_base_free(base);
}

/* A dup keeps the file alive, and with it epoll's entry for the closed number. */
TEST(closed_with_a_dup_and_a_del)
{
	struct event_base *base = init_base();
	struct event ev;
	int fds[2], copy;

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ | EV_PERSIST, trace_cb, "stale");
	CHECK_INT(event_add(&ev, NULL), 0);
	copy = dup(fds[0]);
	CHECK(copy != -1);
	close(fds[0]);
	CHECK_INT(event_del(&ev), 0);
	put_byte(fds[1]);
	check_no_spin();
	CHECK_STR(traced(), "");
	event_base_free(base);
}

TEST(closed_with_a_dup_and_used_again)
{
	struct event_base *base = init_base();
	struct event stale, fresh;
	int fds[2], peer, copy;

	make_pair(fds);
	event_set(&stale, fds[0], EV_READ | EV_PERSIST, trace_cb, "stale");
	CHECK_INT(event_add(&stale, NULL), 0);
	copy = dup(fds[0]);
	CHECK(copy != -1);
	close(fds[0]);
	CHECK_INT(event_del(&stale), 0);
	peer = reuse(fds[0]);
	event_set(&fresh, fds[0], EV_READ | EV_PERSIST, trace_cb, "f");
	CHECK_INT(event_add(&fresh, NULL), 0);
	put_byte(fds[1]);
	check_no_spin();
	CHECK_STR(traced(), "");
	put_byte(peer);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "f");
	event_base_free(base);
}

/* The dup itself is a descriptor like any other. */
TEST(two_numbers_of_one_file)
{
	struct event_base *base = init_base();
	struct event a, b;
	int fds[2], copy;

	make_pair(fds);
	copy = dup(fds[0]);
	CHECK(copy != -1);
	event_set(&a, fds[0], EV_READ | EV_PERSIST, trace_cb, "x");
	event_set(&b, copy, EV_READ | EV_PERSIST, trace_cb, "x");
	CHECK_INT(event_add(&a, NULL), 0);
	CHECK_INT(event_add(&b, NULL), 0);
	put_byte(fds[1]);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "xx");
	CHECK_INT(event_del(&a), 0);
	close(fds[0]);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "xxx");
	CHECK_INT(event_del(&b), 0);
	CHECK_INT(poll_once(), 1);
	event_base_free(base);
}

/* A server's life: the number of each connection is that of the one before. */
static void
serve(int close_first)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	int fds[2], number = -1, i;
	struct event ev;

	for (i = 0; i < 100; i++) {
		make_pair(fds);
		CHECK(number == -1 || number == fds[0]);
		number = fds[0];
		event_set(&ev, fds[0], EV_READ | EV_PERSIST, note_cb, &note);
		CHECK_INT(event_add(&ev, NULL), 0);
		if (i % 3 != 0)
			put_byte(fds[1]);
		CHECK_INT(poll_once(), 0);
		CHECK_INT(note.calls, i - i / 3);
		if (close_first)
			close(fds[0]);
		CHECK_INT(event_del(&ev), 0);
		if (!close_first)
			close(fds[0]);
		close(fds[1]);
	}
	event_base_free(base);
}

TEST(deleted_and_closed_in_turn)
{
	serve(0);
}

TEST(closed_and_deleted_in_turn)
{
	serve(1);
}

static void
high_number(int number)
{
	struct event_base *base = init_base();
	struct note reader = { 0 }, writer = { 0 };
	struct event in, out;
	int fds[2];

	make_pair(fds);
	CHECK_INT(dup2(fds[0], number), number);
	event_set(&in, number, EV_READ | EV_PERSIST, note_cb, &reader);
	event_set(&out, number, EV_WRITE, note_cb, &writer);
	CHECK_INT(event_add(&in, NULL), 0);
	CHECK_INT(event_add(&out, NULL), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_INT(writer.calls, 1);
	CHECK_INT(reader.calls, 0);
	put_byte(fds[1]);
	CHECK_INT(poll_once(), 0);
	CHECK_INT(reader.calls, 1);
	CHECK_INT(reader.fd, number);
	CHECK_INT(event_del(&in), 0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(base);
}

TEST(beyond_fd_setsize)
{
	int number;

	for (number = 1020; number < 1030; number++)
		high_number(number);
	high_number(4096);
}

TEST(the_highest_number)
{
	struct rlimit limit;

	CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max < 1000001 ? limit.rlim_max : 1000001;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
	high_number((int)limit.rlim_cur - 1);
}

TEST(a_million)
{
	struct rlimit limit = { 1000001, 1000001 };

	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		SKIP("the limit of descriptors cannot be raised to 1000001");
	high_number(1000000);
}

/* No descriptor can have these numbers; tables must not grow for them. */
TEST(impossible_numbers)
{
	static const int numbers[] = { 0x7fffffff, 0x7ffffffe, 0x40000000, 100000000 };
	struct event_base *base = init_base();
	struct event ev;
	size_t i;

	for (i = 0; i < COUNT(numbers); i++) {
		event_set(&ev, numbers[i], EV_READ, trace_cb, "x");
		CHECK_ERRNO(event_add(&ev, NULL), EBADF);
		CHECK_INT(ev.ev_flags, EVLIST_INIT);
	}
	CHECK_INT(event_dispatch(), 1);
	event_base_free(base);
}

TEST(number_zero)
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev;
	int fds[2];

	make_pair(fds);
	CHECK_INT(dup2(fds[0], 0), 0);
	event_set(&ev, 0, EV_READ, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	put_byte(fds[1]);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
	CHECK_INT(note.fd, 0);
	event_base_free(base);
}
