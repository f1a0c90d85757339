/*
 * Clocks that jump, stall or are missing (F8, F9, F10; behaviours 20, 32). The shim moves the
 * clocks of this process; real_ms() asks the kernel.
 */
#include "harness.h"
#include "shim.h"

#include <sys/syscall.h>
#include <time.h>

#define HOUR_NS 3600000000000LL
#define SHIM "SHIM=clock"

static int64_t
real_ms(void)
{
	struct timespec ts;

	CHECK_INT(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts), 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Counts, and moves the clock. */
struct mover {
	struct event ev;
	int calls;
	long long wall_ns;
	long long monotonic_ns;
};

static void
move_cb(int fd, short what, void *arg)
{
	struct mover *mover = arg;

	(void)fd;
	CHECK_INT(what, EV_TIMEOUT);
	mover->calls++;
	clock_shift_wall(mover->wall_ns);
	clock_shift_monotonic(mover->monotonic_ns);
}

static void
add_mover(struct mover *mover, long ms, long long wall_ns)
{
	memset(mover, 0, sizeof(*mover));
	mover->wall_ns = wall_ns;
	evtimer_set(&mover->ev, move_cb, mover);
	CHECK_INT(add_ms(&mover->ev, ms), 0);
}

/* The wall clock jumps between two timers: the second one is neither early nor late. */
static void
jump_between_timers(long long wall_ns)
{
	struct mover first;
	struct mover second;
	int64_t start = real_ms();

	init_base();
	add_mover(&first, 10, wall_ns);
	add_mover(&second, 40, 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(first.calls, 1);
	CHECK_INT(second.calls, 1);
	CHECK(real_ms() - start >= 40);
	CHECK(real_ms() - start < 40 + 5000 * time_factor());
}

TEST_ENV(the_wall_clock_jumps_an_hour_ahead, SHIM)
{
	jump_between_timers(HOUR_NS);
}

TEST_ENV(the_wall_clock_jumps_an_hour_back, SHIM)
{
	jump_between_timers(-HOUR_NS);
}

static long long
to_date(time_t date)
{
	return ((long long)date - time(NULL)) * 1000000000;
}

TEST_ENV(the_wall_clock_jumps_to_1970, SHIM)
{
	jump_between_timers(to_date(86400));
}

TEST_ENV(the_wall_clock_jumps_beyond_2038, SHIM)
{
	jump_between_timers(to_date(2200000000));
}

static volatile long long alarm_wall_ns;

static void
on_alarm(int number)
{
	(void)number;
	clock_shift_wall(alarm_wall_ns);
	alarm_wall_ns = -alarm_wall_ns;
}

/* To and fro, all the time, also during the waits. */
TEST_ENV(the_wall_clock_jumps_during_the_waits, SHIM)
{
	struct itimerval often = { { 0, 3000 }, { 0, 3000 } };
	struct mover timers[10];
	int64_t start = real_ms();
	int i;

	init_base();
	signal(SIGALRM, on_alarm);
	alarm_wall_ns = HOUR_NS;
	CHECK_INT(setitimer(ITIMER_REAL, &often, NULL), 0);
	for (i = 0; i < 10; i++)
		add_mover(&timers[i], 5 * i, 0);
	for (i = 0; i < 10; i++) {
		while (timers[i].calls == 0)
			CHECK_INT(event_loop(EVLOOP_ONCE), 0);
		CHECK(real_ms() - start >= 5 * i);
		CHECK_INT(timers[i].calls, 1);
	}
	CHECK(real_ms() - start < 45 + 5000 * time_factor());
}

TEST_ENV(pending_follows_the_wall_clock, SHIM)
{
	struct mover timer;
	struct timeval tv;
	struct timeval now;
	int64_t left;

	init_base();
	add_mover(&timer, 50000, 0);
	clock_shift_wall(HOUR_NS);
	CHECK_INT(evtimer_pending(&timer.ev, &tv), EV_TIMEOUT);
	CHECK_INT(gettimeofday(&now, NULL), 0);
	left = (tv.tv_sec - now.tv_sec) * 1000 + (tv.tv_usec - now.tv_usec) / 1000;
	CHECK(left <= 50000);
	CHECK(left > 40000);
}

/* After a suspend all is overdue at once: each timer fires once, in order. */
static char fired[64];

static void
append_cb(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	strcat(fired, arg);
}

TEST_ENV(the_monotonic_clock_jumps_an_hour_ahead, SHIM)
{
	static const int delays[] = { 50, 10, 40000, 30, 50, 20 };
	static char *const names[] = { "d", "a", "f", "c", "e", "b" };
	struct event timers[6];
	int i;

	init_base();
	for (i = 0; i < 6; i++) {
		evtimer_set(&timers[i], append_cb, names[i]);
		CHECK_INT(add_ms(&timers[i], delays[i] + 100000), 0);
	}
	clock_shift_monotonic(HOUR_NS);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(fired, "abcdef");
}

struct ticker {
	struct event ev;
	int calls;
	int want;
};

static void
tick_cb(int fd, short what, void *arg)
{
	struct ticker *ticker = arg;

	(void)fd;
	(void)what;
	if (ticker->calls == 2)
		clock_shift_monotonic(HOUR_NS);
	if (++ticker->calls < ticker->want)
		CHECK_INT(add_ms(&ticker->ev, 10), 0);
}

/* What re-adds itself does not catch up on an hour of ticks. */
TEST_ENV(no_storm_of_ticks_after_a_suspend, SHIM)
{
	struct ticker ticker = { .want = 10 };
	int64_t start = real_ms();

	init_base();
	evtimer_set(&ticker.ev, tick_cb, &ticker);
	CHECK_INT(add_ms(&ticker.ev, 10), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(ticker.calls, 10);
	/* Ten intervals, of which the jump may have eaten a single one. */
	CHECK(real_ms() - start >= 90);
}

#define NO_MONOTONIC SHIM " CLOCK_NO_MONOTONIC=1"

TEST_ENV(without_a_monotonic_clock_timers_fire_in_time, NO_MONOTONIC)
{
	struct mover timers[5];
	int64_t start = real_ms();
	int i;

	init_base();
	for (i = 4; i >= 0; i--)
		add_mover(&timers[i], 10 * i, 0);
	for (i = 0; i < 5; i++) {
		while (timers[i].calls == 0)
			CHECK_INT(event_loop(EVLOOP_ONCE), 0);
		CHECK(real_ms() - start >= 10 * i - 1);
		CHECK(i == 4 || timers[i + 1].calls == 0 || real_ms() - start >= 10 * (i + 1) - 1);
	}
	CHECK_INT(event_dispatch(), 1);
}

/* The wall clock is all there is and steps back an hour: deadlines step back with it. */
TEST_ENV(without_a_monotonic_clock_a_step_back_is_made_good, NO_MONOTONIC)
{
	struct mover first;
	struct mover second;
	struct mover third;
	int64_t start = real_ms();

	init_base();
	add_mover(&first, 10, -HOUR_NS);
	add_mover(&second, 30, -HOUR_NS);
	add_mover(&third, 60, 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(first.calls, 1);
	CHECK_INT(second.calls, 1);
	CHECK_INT(third.calls, 1);
	CHECK(real_ms() - start < 60 + 5000 * time_factor());
}

/* A step back before the loop even starts. */
TEST_ENV(without_a_monotonic_clock_a_step_back_before_the_loop, NO_MONOTONIC)
{
	struct mover timer;
	int64_t start = real_ms();

	init_base();
	add_mover(&timer, 0, 0);
	CHECK_INT(event_dispatch(), 1);
	add_mover(&timer, 20, 0);
	clock_shift_wall(-HOUR_NS);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(timer.calls, 1);
	CHECK(real_ms() - start < 20 + 5000 * time_factor());
}

/* Other things go on as ever. */
TEST_ENV(without_a_monotonic_clock_the_rest_works, NO_MONOTONIC)
{
	struct event reader;
	struct event signal_event;
	int fds[2];

	init_base();
	make_pipe(fds);
	put_byte(fds[1]);
	event_set(&reader, fds[0], EV_READ, append_cb, "r");
	CHECK_INT(event_add(&reader, NULL), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	event_set(&signal_event, SIGUSR1, EV_SIGNAL, append_cb, "s");
	CHECK_INT(event_add(&signal_event, NULL), 0);
	raise(SIGUSR1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(fired, "rs");
}
