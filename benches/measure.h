/*
 * What all measuring programs share: marks around the part that counts, and their output.
 * A program is measure.c, a table of cases and the cases; see README.md for how it is called.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <sys/types.h>
#include <stdint.h>

#include "must.h"

struct bench {
	const char *name;
	void (*run)(void);
};

extern const struct bench benches[];	/* ends with a NULL name */
const char *library_version(void);

/* True if instructions or system calls are counted: then a few rounds tell as much as many. */
extern int counting;

/*
 * What happens between these two is what is measured. A row may be measured in several parts,
 * under one name: its time and its operations add up.
 */
void measure_start(void);
void measure_stop(const char *name, const char *unit, long ops);

/* The same, where something is waited for; its row "NAME.wall" has the time that passed. */
void measure_stop_timed(const char *name, const char *unit, long ops);

/* Another process is what is measured from now on. */
void measure_process(pid_t process);

/* A row of memory. Process 0 is this one. */
void measure_bytes(const char *name, const char *unit, long bytes, long count);
long resident_bytes(pid_t process);

uint32_t random_u32(void);		/* the same sequence in every run */
void *zeroed(long n, unsigned long size);

#endif
