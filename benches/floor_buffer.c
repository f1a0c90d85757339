/* The floor of buffer.c: the same work on bare byte queues. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flat.h"
#include "floors.h"
#include "measure.h"
#include "payload.h"

static void fill_and_empty(struct flat *flat, size_t piece, long rounds)
{
	size_t filled;

	for (; rounds > 0; rounds--) {
		for (filled = 0; filled < FILL; filled += piece)
			flat_add(flat, payload, piece);
		while (flat->length > 0)
			flat_drain(flat, PIECE);
	}
}

static void append(size_t piece, long rounds)
{
	struct flat flat = { 0 };
	char name[40];

	if (counting)
		rounds = 4;
	snprintf(name, sizeof(name), "buffer.append.%zu", piece);
	fill_and_empty(&flat, piece, 1);
	measure_start();
	fill_and_empty(&flat, piece, rounds);
	measure_stop(name, "append", rounds * (FILL / piece));
	free(flat.memory);
}

void floor_append(void)
{
	append(1, 200);
	append(16, 2000);
	append(256, 20000);
	append(4096, 20000);
}

static void pass_through(struct flat *flat, size_t piece, long count)
{
	for (; count > 0; count--) {
		flat_add(flat, payload, piece);
		flat_drain(flat, piece);
	}
}

static void queue(size_t piece, long count)
{
	struct flat flat = { 0 };
	char name[40];

	if (counting)
		count = 8 * (FILL / piece);
	snprintf(name, sizeof(name), "buffer.queue.%zu", piece);
	flat_add(&flat, payload, FILL);
	pass_through(&flat, piece, 8 * (FILL / piece));
	measure_start();
	pass_through(&flat, piece, count);
	measure_stop(name, "add+drain", count);
	free(flat.memory);
}

void floor_queue(void)
{
	queue(16, 4096000);
	queue(4096, 512000);
}

/* A copy of the first line without its end, for free(). */
static char *take_line(struct flat *flat)
{
	char *data = flat->memory + flat->start;
	char *end = memchr(data, '\n', flat->length);
	char *line;
	size_t length;

	if (end == NULL)
		return NULL;
	length = end - data;
	if (length > 0 && data[length - 1] == '\r')
		length--;
	line = malloc(length + 1);
	must(line != NULL, "malloc");
	memcpy(line, data, length);
	line[length] = '\0';
	flat_drain(flat, end + 1 - data);
	return line;
}

static long read_lines(struct flat *flat, const char *text)
{
	size_t fed;
	char *line;
	long lines = 0;

	for (fed = 0; fed < TEXT; fed += FILL) {
		flat_add(flat, text + fed, FILL);
		while ((line = take_line(flat)) != NULL) {
			lines++;
			free(line);
		}
	}
	return lines;
}

void floor_readline(void)
{
	struct flat flat = { 0 };
	long i, lines, found = 0, rounds = counting ? 1 : 32;
	char *text = text_of_lines(&lines);

	read_lines(&flat, text);
	measure_start();
	for (i = 0; i < rounds; i++)
		found += read_lines(&flat, text);
	measure_stop("buffer.readline", "line", found);
	must(found == rounds * lines, "take_line");
	free(flat.memory);
	free(text);
}

/* By the C library's memchr alone: good where what it finds is rare. */
static __attribute__((noinline)) const char *find_rare(const char *text)
{
	const char *end = text + TEXT - strlen(NEEDLE);

	while (text <= end && (text = memchr(text, NEEDLE[0], end + 1 - text)) != NULL) {
		if (memcmp(text, NEEDLE, strlen(NEEDLE)) == 0)
			return text;
		text++;
	}
	return NULL;
}

typedef uint8_t sixteen __attribute__((vector_size(16)));
typedef uint64_t two __attribute__((vector_size(16)));

/* Sixteen places at once, at which both the first and the last byte must match. */
static __attribute__((noinline)) const char *find_frequent(const char *text)
{
	const char *end = text + TEXT - 16 - strlen(NEEDLE);
	sixteen heads, tails;
	two both;
	int i;

	for (; text <= end; text += 16) {
		memcpy(&heads, text, 16);
		memcpy(&tails, text + strlen(NEEDLE) - 1, 16);
		both = (two)((heads == NEEDLE[0]) & (tails == NEEDLE[strlen(NEEDLE) - 1]));
		if ((both[0] | both[1]) == 0)
			continue;
		for (i = 0; i < 16; i++)
			if (memcmp(text + i, NEEDLE, strlen(NEEDLE)) == 0)
				return text + i;
	}
	return memmem(text, 16 + strlen(NEEDLE), NEEDLE, strlen(NEEDLE));
}

static void find_in(char *text, const char *(*find)(const char *), const char *name)
{
	long i, rounds = counting ? 4 : 1000;
	const char *found;

	must(find(text) != NULL, "find");
	measure_start();
	for (i = 0; i < rounds; i++) {
		found = find(text);
		__asm__ volatile("" : : "r"(found) : "memory");
	}
	measure_stop(name, "KiB", rounds * (TEXT / 1024));
	free(text);
}

void floor_find(void)
{
	find_in(text_without_lines(), find_rare, "buffer.find.sparse");
	find_in(text_of_short_lines(), find_frequent, "buffer.find.lines");
}

/* The block itself changes hands if that is possible, otherwise its bytes are copied. */
static __attribute__((noinline)) void move_all(struct flat *to, struct flat *from)
{
	struct flat swapped = *to;

	if (to->length == 0) {
		*to = *from;
		*from = swapped;
	} else {
		flat_add(to, from->memory + from->start, from->length);
	}
	from->start = from->length = 0;
}

struct move {
	struct flat from;
	struct flat to;
	size_t size;
	size_t kept;
	size_t most;
};

static void move(struct move *m, long count)
{
	for (; count > 0; count--) {
		flat_add(&m->from, payload, m->size);
		move_all(&m->to, &m->from);
		if (m->to.length >= m->most)
			flat_drain(&m->to, m->to.length - m->kept);
	}
}

static void move_to(const char *name, size_t size, size_t kept, size_t most, long count)
{
	struct move m = { .size = size, .kept = kept, .most = most };
	long period = TEXT / size;

	if (counting)
		count = 4 * period;
	flat_add(&m.to, payload, kept);
	move(&m, 2 * period);
	measure_start();
	move(&m, count);
	measure_stop(name, "move", count);
	free(m.from.memory);
	free(m.to.memory);
}

void floor_move(void)
{
	move_to("buffer.move.empty.4K", 4096, 0, 4096, 512000);
	move_to("buffer.move.empty.64K", 65536, 0, 65536, 32000);
	move_to("buffer.move.full.4K", 4096, 100, TEXT - PIECE, 512000);
	move_to("buffer.move.full.64K", 65536, 100, TEXT - FILL, 32000);
}

static void print(struct flat *flat, long count)
{
	for (; count > 0; count--) {
		flat_make_room(flat, 64);
		flat->length += snprintf(flat->memory + flat->start + flat->length, 64,
		    "%s: %d\r\n", "Content-Length", (int)count);
		if (flat->length > FILL)
			flat_drain(flat, flat->length);
	}
}

void floor_printf(void)
{
	struct flat flat = { 0 };
	long count = counting ? 10000 : 1000000;

	print(&flat, 10000);
	measure_start();
	print(&flat, count);
	measure_stop("buffer.add_printf", "line", count);
	free(flat.memory);
}
