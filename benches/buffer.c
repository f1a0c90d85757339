/*
 * Buffers in memory: filling and emptying, queues, lines, searches, moves from one to the other.
 * Each buffer has grown to its size before the measuring starts, as those of a busy connection.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event.h>

#include "cases.h"
#include "measure.h"
#include "payload.h"

static struct evbuffer *new_buffer(void)
{
	struct evbuffer *buffer = evbuffer_new();

	must(buffer != NULL, "evbuffer_new");
	return buffer;
}

static void add(struct evbuffer *buffer, const void *data, size_t length)
{
	must(evbuffer_add(buffer, data, length) == 0, "evbuffer_add");
}

/* Filled by small pieces, emptied by large ones. */
static void fill_and_empty(struct evbuffer *buffer, size_t piece, long rounds)
{
	size_t filled;

	for (; rounds > 0; rounds--) {
		for (filled = 0; filled < FILL; filled += piece)
			add(buffer, payload, piece);
		while (EVBUFFER_LENGTH(buffer) > 0)
			evbuffer_drain(buffer, PIECE);
	}
}

static void append(size_t piece, long rounds)
{
	struct evbuffer *buffer = new_buffer();
	char name[40];

	if (counting)
		rounds = 4;
	snprintf(name, sizeof(name), "buffer.append.%zu", piece);
	fill_and_empty(buffer, piece, 1);
	measure_start();
	fill_and_empty(buffer, piece, rounds);
	measure_stop(name, "append", rounds * (FILL / piece));
	evbuffer_free(buffer);
}

void bench_append(void)
{
	append(1, 200);
	append(16, 2000);
	append(256, 20000);
	append(4096, 20000);
}

/* As much goes out as comes in, behind a backlog. */
static void pass_through(struct evbuffer *buffer, size_t piece, long count)
{
	for (; count > 0; count--) {
		add(buffer, payload, piece);
		evbuffer_drain(buffer, piece);
	}
}

static void queue(size_t piece, long count)
{
	struct evbuffer *buffer = new_buffer();
	long period = FILL / piece;	/* after so many the buffer may have to tidy up */
	char name[40];

	if (counting)
		count = 8 * period;
	snprintf(name, sizeof(name), "buffer.queue.%zu", piece);
	add(buffer, payload, FILL);
	pass_through(buffer, piece, 8 * period);
	measure_start();
	pass_through(buffer, piece, count);
	measure_stop(name, "add+drain", count);
	evbuffer_free(buffer);
}

void bench_queue(void)
{
	queue(16, 4096000);
	queue(4096, 512000);
}

/* As a reader does: what has come is appended, then all lines are taken out. */
static long read_lines(struct evbuffer *buffer, const char *text)
{
	size_t fed;
	char *line;
	long lines = 0;

	for (fed = 0; fed < TEXT; fed += FILL) {
		add(buffer, text + fed, FILL);
		while ((line = evbuffer_readline(buffer)) != NULL) {
			lines++;
			free(line);
		}
	}
	return lines;
}

void bench_readline(void)
{
	struct evbuffer *buffer = new_buffer();
	long i, lines, found = 0, rounds = counting ? 1 : 32;
	char *text = text_of_lines(&lines);

	read_lines(buffer, text);
	measure_start();
	for (i = 0; i < rounds; i++)
		found += read_lines(buffer, text);
	measure_stop("buffer.readline", "line", found);
	/* A CR at the end of a portion ends a line, and the LF in the next one another. */
	must(found >= rounds * lines, "evbuffer_readline");
	evbuffer_free(buffer);
	free(text);
}

static void find_in(char *text, const char *name)
{
	struct evbuffer *buffer = new_buffer();
	const u_char *needle = (const u_char *)NEEDLE;
	long i, rounds = counting ? 4 : 1000;

	add(buffer, text, TEXT);
	must(evbuffer_find(buffer, needle, strlen(NEEDLE)) != NULL, "evbuffer_find");
	measure_start();
	for (i = 0; i < rounds; i++)
		must(evbuffer_find(buffer, needle, strlen(NEEDLE)) != NULL, "evbuffer_find");
	measure_stop(name, "KiB", rounds * (TEXT / 1024));
	evbuffer_free(buffer);
	free(text);
}

void bench_find(void)
{
	find_in(text_without_lines(), "buffer.find.sparse");
	find_in(text_of_short_lines(), "buffer.find.lines");
}

/* The destination keeps `kept` bytes when it is emptied, which is before it has `most`. */
struct move {
	struct evbuffer *from;
	struct evbuffer *to;
	size_t size;
	size_t kept;
	size_t most;
};

static void move(const struct move *m, long count)
{
	size_t length;

	for (; count > 0; count--) {
		add(m->from, payload, m->size);
		must(evbuffer_add_buffer(m->to, m->from) == 0, "evbuffer_add_buffer");
		length = EVBUFFER_LENGTH(m->to);
		if (length >= m->most)
			evbuffer_drain(m->to, length - m->kept);
	}
}

static void move_to(const char *name, size_t size, size_t kept, size_t most, long count)
{
	struct move m = { new_buffer(), new_buffer(), size, kept, most };
	long period = TEXT / size;

	if (counting)
		count = 4 * period;
	add(m.to, payload, kept);
	move(&m, 2 * period);
	measure_start();
	move(&m, count);
	measure_stop(name, "move", count);
	evbuffer_free(m.from);
	evbuffer_free(m.to);
}

void bench_move(void)
{
	move_to("buffer.move.empty.4K", 4096, 0, 4096, 512000);
	move_to("buffer.move.empty.64K", 65536, 0, 65536, 32000);
	move_to("buffer.move.full.4K", 4096, 100, TEXT - PIECE, 512000);
	move_to("buffer.move.full.64K", 65536, 100, TEXT - FILL, 32000);
}

static void print(struct evbuffer *buffer, long count)
{
	for (; count > 0; count--) {
		evbuffer_add_printf(buffer, "%s: %d\r\n", "Content-Length", (int)count);
		if (EVBUFFER_LENGTH(buffer) > FILL)
			evbuffer_drain(buffer, EVBUFFER_LENGTH(buffer));
	}
}

void bench_printf(void)
{
	struct evbuffer *buffer = new_buffer();
	long count = counting ? 10000 : 1000000;

	print(buffer, 10000);
	measure_start();
	print(buffer, count);
	measure_stop("buffer.add_printf", "line", count);
	evbuffer_free(buffer);
}
