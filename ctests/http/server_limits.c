/*
 * Proves behaviour 139: how long lines and heads may be; H09, H29, and that each costs what its
 * length is worth.
 */
#include "serving.h"

#include <time.h>

enum { MIB = 1 << 20 };

static struct peer p;
static char text[4 * MIB];

static void
check_status(size_t length, int status)
{
	open_peer(&p);
	say_bytes(&p, text, length);
	UNTIL(p.ended || whole_reply(&p, 0) > 0);
	CHECK_INT(status_of(without_dates(p.in, p.length)), status);
	if (status != 200) {
		UNTIL(p.ended);
		CHECK_INT(calls, 0);
	}
	close_peer(&p);
}

/* A line of this length with its end, then nothing but the end of the head. */
static size_t
make_line(size_t length)
{
	memset(text, 'x', sizeof(text));
	memcpy(text, "GET /", 5);
	memcpy(text + length - 11, " HTTP/1.1\r\n\r\n", 13);
	return length + 2;
}

TEST(lines)
{
	serve(echo);
	check_status(make_line(MIB - 2), 200);
	CHECK_INT(calls, 1);
	calls = 0;
	check_status(make_line(MIB + 1), 414);
	check_status(make_line(2 * MIB), 414);
	finish();
}

/* It is refused when it is too long, not when it ends. */
TEST(lines_without_end)
{
	serve(echo);
	make_line(sizeof(text) - 2);
	check_status(MIB + 1, 414);
	/* H09 */
	memset(text, 'G', sizeof(text));
	check_status(MIB + 1, 414);
	finish();
}

/* A head of this length, of one long header or of many short ones, or of folds. */
static size_t
make_head(size_t length, const char *piece, int is_one)
{
	static const char start[] = "GET / HTTP/1.1\r\nA: b\r\n";
	size_t at = sizeof(start) - 1, size = strlen(piece);

	memcpy(text, start, at);
	if (is_one) {
		memset(text + at, 'x', length - 4 - at);
		text[at + 5] = ':';
		at = length - 4;
		memcpy(text + at, "\r\n", 2);
		at += 2;
	} else {
		for (; at + size <= length - 2; at += size)
			memcpy(text + at, piece, size);
	}
	memcpy(text + at, "\r\n", 2);
	return at + 2;
}

TEST(heads)
{
	static const char *const pieces[] = { "X: y\r\n", "X:\n", " z\r\n" };
	size_t i;

	serve(echo);
	check_status(make_head(MIB, "", 1), 200);
	calls = 0;
	check_status(make_head(MIB + 1, "", 1), 431);
	for (i = 0; i < COUNT(pieces); i++) {
		check_status(make_head(MIB - 100, pieces[i], 0), 200);
		calls = 0;
		check_status(make_head(MIB + 100, pieces[i], 0), 431);
		make_head(sizeof(text) - 2, pieces[i], 0);
		check_status(MIB + 1, 431);
	}
	finish();
}

/* Empty lines in front are not for ever, either. */
TEST(empty_lines)
{
	serve(echo);
	memset(text, '\n', sizeof(text));
	open_peer(&p);
	say_bytes(&p, text, 3 * MIB);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	hear_all(&p);
	CHECK_INT(calls, 0);
	close_peer(&p);
	finish();
}

/* Bodies have none unless one is set. */
TEST(bodies)
{
	serve(echo);
	open_peer(&p);
	say(&p, "POST / HTTP/1.1\r\nContent-Length: 4194304\r\n\r\n");
	say_bytes(&p, text, sizeof(text));
	CHECK_STR(hear(&p), PLAIN(6, "POST /"));
	close_peer(&p);
	finish();
}

static int64_t
cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec * (int64_t)1000000000 + used.tv_nsec;
}

/* A head that comes in many pieces is looked at once: hours, were it anew each time. */
TEST_ONCE(heads_that_drip_in)
{
	size_t length = make_head(MIB - 100, "X: y\r\n", 0), at;
	int64_t start = cpu_ns();

	serve(echo);
	open_peer(&p);
	for (at = 0; at < length; at += 64) {
		say_bytes(&p, text + at, length - at < 64 ? length - at : 64);
		CHECK(event_loop(EVLOOP_NONBLOCK) >= 0);
	}
	CHECK_INT(status_of(hear(&p)), 200);
	/* Nothing asserts on speed: this is about the square of a MiB. */
	CHECK(cpu_ns() - start < (int64_t)(20e9 * time_factor()));
	close_peer(&p);
	finish();
}
