/*
 * Random programs of greenlets, over all that they can wait for each other with, do what a simple
 * simulator says: the same calls return the same, in the same order, at the same times.
 *
 * EVHUB_TEST_PROGRAMS says how many there are of each test. A failure tells which one it was:
 * EVHUB_TEST_PROGRAM=N runs that one alone.
 */
#include "model_sim_run.h"
#include "model_real_run.h"

/* Both stories are the same up to the last record of what has happened, or to its end. */
static void
differs(const char *what)
{
	int same = told.count > 0 && told.count <= expected.count ? told.count - 1 : told.count;

	fprintf(stderr, "program %u: %s\n", (unsigned)program.seed, what);
	print_program();
	print_story("both:  ", &expected, 0, same);
	print_story("should:", &expected, same, expected.count);
	print_story("did:   ", &told, same, told.count);
	fprintf(stderr, "again: EVHUB_TEST_PROGRAM=%u\n", (unsigned)program.seed);
	_exit(1);
}

static void
does_not_end(void)
{
	differs("nothing happens any more");
}

static void
run_program(uint32_t seed, unsigned families)
{
	printf("program %u\n", (unsigned)seed);
	fflush(stdout);
	make_program(seed, families);
	simulate();
	run_for_real();
}

static void
run_programs(unsigned families)
{
	const char *one = getenv("EVHUB_TEST_PROGRAM"), *text = getenv("EVHUB_TEST_PROGRAMS");
	uint32_t count = text != NULL ? (uint32_t)atoi(text) : 1000, i;

	capture_log();
	if (one != NULL) {
		run_program((uint32_t)atoi(one), families);
		return;
	}
	for (i = 1; i <= count; i++)
		run_program(i, families);
}

TEST_ONCE(greenlets)
{
	run_programs(CORE);
}

TEST_ONCE(limits)
{
	run_programs(CORE | LIMIT);
}

TEST_ONCE(limits_and_objects)
{
	run_programs(CORE | LIMIT | BASIC);
}

TEST_ONCE(flags_results_semaphores)
{
	run_programs(CORE | BASIC);
}

TEST_ONCE(links)
{
	run_programs(CORE | BASIC | LINK);
}

TEST_ONCE(several_objects)
{
	run_programs(CORE | BASIC | SEVERAL);
}

TEST_ONCE(waiters_barriers_waitgroups)
{
	run_programs(CORE | MEETING);
}

TEST_ONCE(locks)
{
	run_programs(CORE | LOCK);
}

TEST_ONCE(queues)
{
	run_programs(CORE | QUEUE);
}

TEST_ONCE(groups)
{
	run_programs(CORE | GROUP);
}

TEST_ONCE(everything)
{
	run_programs(EVERY);
}
