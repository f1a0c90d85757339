/* Makes programs of seeds, and prints them. */
#ifndef EVHUB_CTESTS_HUB_MODEL_PROGRAM_H
#define EVHUB_CTESTS_HUB_MODEL_PROGRAM_H

#include "model.h"

struct kind {
	const char *name;
	unsigned family;
	unsigned weight;
	const char *form;
};

#define STEP_ENTRY(name, family, weight, form) { #name, family, weight, form },
static const struct kind kinds[] = { STEP_KINDS(STEP_ENTRY) };

static uint32_t random_state;

static unsigned
next_random(unsigned below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % below;
}

static int
random_timeout(int may_be_endless)
{
	unsigned kind = next_random(10);

	if (kind < 3 && may_be_endless)
		return -1;
	return kind < 5 ? 0 : (int)next_random(6) + 1;
}

static int
random_number(char what)
{
	switch (what) {
	case 'g':
	case 'h':
		return (int)next_random((unsigned)program.greenlets);
	case 'o':
		/* Often the same, so that greenlets meet. */
		return next_random(2) == 0 ? 0 : (int)next_random(OBJECTS);
	case 's':
	case 'r':
		return (int)next_random(6);
	case 'e':
		return errors[next_random(COUNT(errors))];
	case 'l':
		return (int)next_random(LIMITS);
	case 'k':
		return (int)next_random(4);
	case 'c':
		return (int)next_random(CALLBACKS);
	case 'u':
		return (int)next_random(LINKS);
	case 'w':
		return (int)next_random(OBJECTS * WAITABLES);
	default:
		return (int)next_random(8);
	}
}

static int
random_kind(unsigned families)
{
	unsigned total = 0, at;
	int i;

	for (i = 0; i < OP_KINDS; i++)
		total += (kinds[i].family & families) != 0 ? kinds[i].weight : 0;
	at = next_random(total);
	for (i = 0;; i++) {
		unsigned weight = (kinds[i].family & families) != 0 ? kinds[i].weight : 0;

		if (at < weight)
			return i;
		at -= weight;
	}
}

static struct step
random_step(unsigned families, int may_be_endless)
{
	struct step step = { 0 };
	const char *form;
	int i = 0;

	step.op = random_kind(families);
	for (form = kinds[step.op].form; *form != '\0'; form++) {
		if (*form == 't')
			step.timeout = random_timeout(may_be_endless);
		else
			step.n[i++] = random_number(*form);
	}
	return step;
}

/* Steps of links' calls are of a kind that the loop may make, and end by themselves. */
static struct step
random_callback(void)
{
	struct step step;

	do
		step = random_step(program.families & (CORE | BASIC | MEETING | QUEUE), 0);
	while (step.op == OP_SPAWN || step.op == OP_START || step.op == OP_EXIT);
	if (next_random(3) != 0)
		step.timeout = 0;
	return step;
}

/* Steps that others ask for, on the same object; and those that want one before them. */
static const struct pair {
	int op, other;
} followers[] = {
	{ OP_LIMIT_START, OP_LIMIT_CANCEL }, { OP_SEM_ACQUIRE, OP_SEM_RELEASE },
	{ OP_WG_ADD, OP_WG_DONE }, { OP_RLOCK_ACQUIRE, OP_RLOCK_RELEASE },
	{ OP_COND_ACQUIRE, OP_COND_RELEASE }, { OP_RW_READ, OP_RW_RELEASE },
	{ OP_RW_WRITE, OP_RW_RELEASE }, { OP_QUEUE_PUT, OP_QUEUE_DONE },
	{ OP_QUEUE_GET, OP_QUEUE_DONE }, { OP_ITER_NEW, OP_ITER_NEXT },
	{ OP_ITER_NEXT, OP_ITER_NEXT },
}, forerunners[] = {
	{ OP_COND_WAIT, OP_COND_ACQUIRE }, { OP_COND_NOTIFY, OP_COND_ACQUIRE },
	{ OP_WG_WAIT, OP_WG_ADD },
};

static int
pair_of(const struct pair *pairs, size_t count, int op)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (pairs[i].op == op)
			return pairs[i].other;
	return -1;
}

/* The steps of a greenlet. */
static int
make_steps(struct step *steps, unsigned families)
{
	int count = 1 + (int)next_random(STEPS), made = 0, other;
	struct step due = { .op = -1 };

	while (made < count) {
		struct step step = random_step(families, 1);

		if (due.op >= 0 && next_random(3) == 0) {
			steps[made++] = due;
			due.op = -1;
			continue;
		}
		other = pair_of(forerunners, COUNT(forerunners), step.op);
		if (other >= 0 && made + 1 < count && next_random(4) != 0) {
			steps[made] = random_step(families, 1);
			steps[made].op = other;
			steps[made++].n[0] = step.n[0];
		}
		steps[made++] = step;
		other = pair_of(followers, COUNT(followers), step.op);
		if (other >= 0 && next_random(4) != 0) {
			due = (struct step){ .op = other, .n = { step.n[0] },
				.timeout = random_timeout(1) };
		}
	}
	return count;
}

static void
make_program(uint32_t seed, unsigned families)
{
	int i, j;

	memset(&program, 0, sizeof(program));
	program.seed = seed;
	random_state = seed * 2654435761u ^ families << 8;
	if (random_state == 0)
		random_state = 1;
	program.families = families;
	program.greenlets = 2 + (int)next_random(SLOTS - 2);
	program.begun = 1 + (int)next_random((unsigned)program.greenlets);
	for (i = 0; i < OBJECTS; i++)
		program.values[i] = (int)next_random(3);
	for (i = 0; i < program.greenlets; i++) {
		program.ending[i] = (int)next_random(4);
		program.count[i] = make_steps(program.steps[i], families);
	}
	/* What main reads under is counted beyond its program. */
	for (j = 0; j < program.count[0]; j++)
		if (program.steps[0][j].op == OP_RW_READ)
			program.steps[0][j].op = OP_RW_WRITE;
	for (i = 0; i < CALLBACKS; i++)
		program.callbacks[i] = random_callback();
}

/* Printing */

static const char *
kind_name(int op)
{
	static const char *const others[] = { "called", "end", "last join", "shutdown", "fate" };

	return op < OP_KINDS ? kinds[op].name : others[op - OP_KINDS];
}

static void
print_step(const struct step *step)
{
	const char *form = kinds[step->op].form;
	int i = 0;

	fprintf(stderr, " %s", kinds[step->op].name);
	for (; *form != '\0'; form++)
		fprintf(stderr, " %c=%d", *form, *form == 't' ? step->timeout : step->n[i++]);
	fprintf(stderr, ";");
}

static void
print_program(void)
{
	int i, j;

	fprintf(stderr, "%d greenlets, %d of them spawned at first; values %d %d %d\n",
	    program.greenlets, program.begun - 1, program.values[0], program.values[1],
	    program.values[2]);
	for (i = 0; i < program.greenlets; i++) {
		fprintf(stderr, "  greenlet %d:", i);
		for (j = 0; j < program.count[i]; j++)
			print_step(&program.steps[i][j]);
		fprintf(stderr, " ending %d\n", program.ending[i]);
	}
	fprintf(stderr, "  callbacks:");
	for (i = 0; i < CALLBACKS; i++)
		print_step(&program.callbacks[i]);
	fprintf(stderr, "\n");
}

static void
print_record(const char *title, const struct record *r)
{
	fprintf(stderr, "%s %8ld us  greenlet %3d step %2d %-14s = %d (errno %d) value %ld\n",
	    title, r->us, r->who, r->at, kind_name(r->op), r->result, r->error, r->value);
}

static void
print_story(const char *title, const struct story *story, int from, int to)
{
	int i;

	for (i = from; i < to && i < story->count; i++)
		print_record(title, &story->records[i]);
}

#endif
