/*
 * The frame of a measuring program: command line, marks, results.
 *
 *   PROGRAM [-c] CASE...	run these cases, in one process
 *   PROGRAM -l			list the cases
 *   PROGRAM -v			which library is being measured
 *
 * Without -c: one line "name <TAB> ns/unit <TAB> nanoseconds of CPU time per operation" for each
 * row; of memory it is bytes.
 * With -c: no output of its own; the marks are for whoever counts. valgrind's callgrind gets
 * two dumps: "stop" has the instructions since the start mark, the next one says by its name,
 * "stop ROW OPERATIONS", what they were for. In a trace of system calls the marks are writes to
 * descriptor -1, of "start" and of "stop ROW OPERATIONS".
 */
#include "measure.h"

#include <sys/resource.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif
#endif
#ifndef CALLGRIND_ZERO_STATS
#define CALLGRIND_ZERO_STATS ((void)0)
#define CALLGRIND_DUMP_STATS_AT(text) ((void)(text))
#endif

#define ROWS 16
#define DESCRIPTORS 8192

struct row {
	char name[40];
	const char *what;
	const char *unit;
	uint64_t sum;
	long ops;
};

int counting;
static struct row rows[ROWS];
static uint64_t started, started_wall;
static clockid_t clock_of_process = CLOCK_PROCESS_CPUTIME_ID;

void *zeroed(long n, unsigned long size)
{
	void *memory = calloc(n, size);

	must(memory != NULL, "calloc");
	return memory;
}

uint32_t random_u32(void)
{
	static uint32_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

/* CPU time: few of these programs wait, and neighbours count less than with a wall clock. */
static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Visible in a trace, and without effect: there is no descriptor -1. */
static void mark(const char *text)
{
	must(write(-1, text, strlen(text)) == -1, "a mark was written");
}

void measure_start(void)
{
	if (counting) {
		mark("start");
		CALLGRIND_ZERO_STATS;
	} else {
		started_wall = now_ns(CLOCK_MONOTONIC);
		started = now_ns(clock_of_process);
	}
}

static void add_to_row(const char *name, const char *what, const char *unit, uint64_t sum,
    long ops)
{
	struct row *row = rows;

	while (row->name[0] != '\0' && strcmp(row->name, name) != 0)
		row++;
	must(row < rows + ROWS - 1, "too many rows");
	snprintf(row->name, sizeof(row->name), "%s", name);
	row->what = what;
	row->unit = unit;
	row->sum += sum;
	row->ops += ops;
}

void measure_stop(const char *name, const char *unit, long ops)
{
	uint64_t ended = counting ? 0 : now_ns(clock_of_process);
	char text[80];

	if (counting) {
		/* First of all: composing the name is not part of what is measured. */
		CALLGRIND_DUMP_STATS_AT("stop");
		snprintf(text, sizeof(text), "stop %s %ld", name, ops);
		mark(text);
		CALLGRIND_DUMP_STATS_AT(text);
		return;
	}
	add_to_row(name, "ns", unit, ended - started, ops);
}

void measure_stop_timed(const char *name, const char *unit, long ops)
{
	char wall[sizeof(rows->name)];

	measure_stop(name, unit, ops);
	if (counting)
		return;
	snprintf(wall, sizeof(wall), "%s.wall", name);
	add_to_row(wall, "ns", unit, now_ns(CLOCK_MONOTONIC) - started_wall, ops);
}

void measure_process(pid_t process)
{
	must(clock_getcpuclockid(process, &clock_of_process) == 0, "clock_getcpuclockid");
}

void measure_bytes(const char *name, const char *unit, long bytes, long count)
{
	if (!counting)
		add_to_row(name, "bytes", unit, bytes > 0 ? bytes : 0, count);
}

long resident_bytes(pid_t process)
{
	char path[40];
	long pages = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/statm", process == 0 ? getpid() : process);
	file = fopen(path, "r");
	must(file != NULL && fscanf(file, "%*s %ld", &pages) == 1, path);
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

static void report(void)
{
	const struct row *row;

	for (row = rows; row->name[0] != '\0'; row++)
		printf("%s\t%s/%s\t%.2f\n", row->name, row->what, row->unit,
		    (double)row->sum / row->ops);
}

static const struct bench *find(const char *name)
{
	const struct bench *b;

	for (b = benches; b->name != NULL; b++)
		if (strcmp(b->name, name) == 0)
			return b;
	fprintf(stderr, "no case named %s\n", name);
	exit(2);
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	if (limit.rlim_cur >= DESCRIPTORS)
		return;
	limit.rlim_cur = DESCRIPTORS;
	if (limit.rlim_max < DESCRIPTORS)
		limit.rlim_max = DESCRIPTORS;
	must(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}

int main(int argc, char **argv)
{
	const struct bench *b;
	int i = 1;

	if (argc == 2 && strcmp(argv[1], "-l") == 0) {
		for (b = benches; b->name != NULL; b++)
			puts(b->name);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "-v") == 0) {
		puts(library_version());
		return 0;
	}
	if (i < argc && strcmp(argv[i], "-c") == 0) {
		counting = 1;
		i++;
	}
	raise_descriptor_limit();
	for (; i < argc; i++)
		find(argv[i])->run();
	report();
	return 0;
}
