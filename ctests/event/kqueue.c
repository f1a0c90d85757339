/*
 * What kqueue does in its own way, and must not show: errors of changes, ends with data, one-shots
 * (behaviours 42, 54, 184 and 185; E30). On Linux the queue is the emulation of ctests/kqueue.
 * Where every backend must do the same, the test runs on all of them.
 */
#include "harness.h"
#include "shim.h"

#include <evhub/event_ext.h>
#include <sys/resource.h>

static int
poll_once(void)
{
	return event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static struct event_base *
kqueue_base(void)
{
	struct event_base *base = init_base();

	if (!method_is("kqueue"))
		SKIP("%s has nothing to do with it", method());
	return base;
}

/* A new interest is made at once: what is wrong with it is told by event_add. */
TEST(bad_numbers_are_told_at_once)
{
	static const short kinds[] = { EV_READ, EV_WRITE, EV_READ | EV_WRITE,
		EV_READ | EV_PERSIST, EV_READ | EV_WRITE | EV_PERSIST };
	struct event_base *base = init_base();
	int gone = closed_fd();
	struct event ev;
	size_t i;

	for (i = 0; i < COUNT(kinds); i++) {
		event_set(&ev, gone, kinds[i], trace_cb, "x");
		CHECK_ERRNO(event_add(&ev, NULL), EBADF);
		CHECK_INT(ev.ev_flags, EVLIST_INIT);
		event_set(&ev, -1, kinds[i], trace_cb, "x");
		CHECK_ERRNO(event_add(&ev, NULL), EBADF);
		CHECK_INT(ev.ev_flags, EVLIST_INIT);
	}
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "");
	event_base_free(base);
}

TEST(closed_since_the_last_event)
{
	struct event_base *base = init_base();
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ, trace_cb, "x");
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_del(&ev), 0);
	close(fds[0]);
	CHECK_ERRNO(event_add(&ev, NULL), EBADF);
	CHECK_INT(ev.ev_flags, EVLIST_INIT);
	event_base_free(base);
}

/* The end comes with data before it: both are read, in that order, and the end stays. */

struct reader {
	struct event ev;
	char got[16];
	int length;
	int ends;
};

static void
read_cb(int fd, short what, void *arg)
{
	struct reader *reader = arg;
	ssize_t n = read(fd, reader->got + reader->length, 2);

	CHECK_INT(what, EV_READ);
	CHECK(n >= 0);
	reader->length += (int)n;
	reader->ends += n == 0;
	if (reader->ends == 3)
		CHECK_INT(event_del(&reader->ev), 0);
}

static void
end_with_data(void (*make)(int fds[2]))
{
	struct event_base *base = init_base();
	struct reader reader;
	int fds[2];

	memset(&reader, 0, sizeof(reader));
	make(fds);
	event_set(&reader.ev, fds[0], EV_READ | EV_PERSIST, read_cb, &reader);
	CHECK_INT(event_add(&reader.ev, NULL), 0);
	CHECK_INT(write(fds[1], "hello", 5), 5);
	close(fds[1]);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(reader.got, "hello");
	CHECK_INT(reader.ends, 3);
	event_base_free(base);
}

TEST(end_with_data_of_a_pipe)
{
	end_with_data(make_pipe);
}

TEST(end_with_data_of_a_stream)
{
	end_with_data(make_pair);
}

TEST(end_with_data_of_tcp)
{
	end_with_data(make_tcp_pair);
}

/* A pipe without a reader takes a writer: it fires, so that the write can fail. */
TEST(writer_added_after_the_reader_has_gone)
{
	struct event_base *base = init_base();
	struct note note = { 0, 0, 0, 0 };
	struct event once, always;
	int fds[2];

	make_pipe(fds);
	close(fds[0]);
	event_set(&once, fds[1], EV_WRITE, note_cb, &note);
	CHECK_INT(event_add(&once, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
	CHECK_INT(note.what, EV_WRITE);
	event_set(&always, fds[1], EV_WRITE | EV_PERSIST, note_cb, &note);
	CHECK_INT(event_add(&always, NULL), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_INT(note.calls, 3);
	CHECK_INT(event_del(&always), 0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(base);
}

/* A wait for a timer is a wait: nothing that is left behind turns it into a busy loop. */

static int waits;

static void
count_waits(struct evwatch *watch, const struct evwatch_prepare_cb_info *info, void *arg)
{
	(void)watch;
	(void)info;
	(void)arg;
	waits++;
}

static void
check_no_spin(struct event_base *base)
{
	struct evwatch *watch = evwatch_prepare_new(base, count_waits, NULL);
	struct note note = { 0, 0, 0, 0 };
	struct event timer;

	CHECK(watch != NULL);
	waits = 0;
	evtimer_set(&timer, note_cb, &note);
	CHECK_INT(add_ms(&timer, 50), 0);
	while (note.calls == 0)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK(waits < 10 || in_storm());
	evwatch_free(watch);
}

static int
broken_pipe(void)
{
	int fds[2];

	make_pipe(fds);
	close(fds[0]);
	return fds[1];
}

TEST(one_shot_writer_of_a_broken_pipe)
{
	struct event_base *base = init_base();
	struct event ev;

	event_set(&ev, broken_pipe(), EV_WRITE, trace_cb, "w");
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "w");
	check_no_spin(base);
	CHECK_STR(traced(), "w");
	event_base_free(base);
}

TEST(two_writers_of_a_broken_pipe)
{
	struct event_base *base = init_base();
	struct event one, two;
	int fd = broken_pipe();

	event_set(&one, fd, EV_WRITE | EV_PERSIST, trace_cb, "1");
	event_set(&two, fd, EV_WRITE | EV_PERSIST, trace_cb, "2");
	CHECK_INT(event_add(&one, NULL), 0);
	CHECK_INT(event_add(&two, NULL), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "12");
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "1212");
	CHECK_INT(event_del(&two), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "12121");
	CHECK_INT(event_del(&one), 0);
	check_no_spin(base);
	CHECK_STR(traced(), "12121");
	event_base_free(base);
}

/* Closed without event_del, and its number used again: silent, like every other one. */
TEST(broken_pipe_that_is_closed)
{
	struct event_base *base = init_base();
	struct event stale, fresh;
	int fd = broken_pipe(), fds[2];

	event_set(&stale, fd, EV_WRITE | EV_PERSIST, trace_cb, "stale");
	CHECK_INT(event_add(&stale, NULL), 0);
	close(fd);
	check_no_spin(base);
	CHECK_STR(traced(), "");
	make_pair(fds);
	fill(fds[1]);
	CHECK_INT(dup2(fds[1], fd), fd);
	event_set(&fresh, fd, EV_WRITE, trace_cb, "fresh");
	CHECK_INT(event_add(&fresh, NULL), 0);
	check_no_spin(base);
	CHECK_STR(traced(), "");
	CHECK_INT(event_del(&stale), 0);
	drain(fds[0]);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "fresh");
	event_base_free(base);
}

/* One-shots on both filters: each is gone after its own report, whichever comes first. */
TEST(one_shots_on_both_filters)
{
	struct event_base *base = init_base();
	struct event reader, writer;
	int fds[2], turn;

	make_pair(fds);
	event_set(&reader, fds[0], EV_READ, trace_cb, "r");
	event_set(&writer, fds[0], EV_WRITE, trace_cb, "w");
	for (turn = 0; turn < 3; turn++) {
		CHECK_INT(event_add(&reader, NULL), 0);
		CHECK_INT(event_add(&writer, NULL), 0);
		CHECK_INT(poll_once(), 0);
		CHECK_STR(traced(), "w");
		CHECK_INT(event_add(&writer, NULL), 0);
		CHECK_INT(poll_once(), 0);
		CHECK_STR(traced(), "ww");
		put_byte(fds[1]);
		CHECK_INT(event_dispatch(), 1);
		CHECK_STR(traced(), "wwr");
		check_no_spin(base);
		drain(fds[0]);
		trace_reset();
	}
	event_base_free(base);
}

/* A persistent direction that is given up while it is ready, and the other is not. */
TEST(one_of_two_directions_is_given_up)
{
	struct event_base *base = init_base();
	struct event reader, writer;
	int fds[2];

	make_pair(fds);
	event_set(&reader, fds[0], EV_READ | EV_PERSIST, trace_cb, "r");
	event_set(&writer, fds[0], EV_WRITE | EV_PERSIST, trace_cb, "w");
	CHECK_INT(event_add(&reader, NULL), 0);
	CHECK_INT(event_add(&writer, NULL), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_INT(event_del(&writer), 0);
	check_no_spin(base);
	CHECK_STR(traced(), "w");
	CHECK_INT(event_del(&reader), 0);
	event_base_free(base);
}

/* One event for both: one call with both, and both filters are gone. */
TEST(one_shot_for_both_filters)
{
	struct event_base *base = init_base();
	struct note note = { 0, 0, 0, 0 };
	struct event ev;
	int fds[2];

	make_pair(fds);
	put_byte(fds[1]);
	event_set(&ev, fds[0], EV_READ | EV_WRITE, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 1);
	CHECK_INT(note.what, EV_READ | EV_WRITE);

	/* Only one side fires; the other side's filter must not outlive the event. */
	drain(fds[0]);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 2);
	CHECK_INT(note.what, EV_WRITE);
	put_byte(fds[1]);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(note.calls, 2);
	event_base_free(base);
}

/*
 * A filter that was made for a one-shot stays one, in a kernel, when it is added again without
 * the flag: the persistent event that joins, or replaces, a one-shot must not notice.
 */
static void
one_shot_becomes_persistent(int delete_first)
{
	struct event_base *base = init_base();
	struct event once, always;
	int fds[2], turn;

	make_pair(fds);
	event_set(&once, fds[0], EV_READ, trace_cb, "1");
	event_set(&always, fds[0], EV_READ | EV_PERSIST, trace_cb, "p");
	CHECK_INT(event_add(&once, NULL), 0);
	CHECK_INT(event_add(&always, NULL), 0);
	if (delete_first)
		CHECK_INT(event_del(&once), 0);
	put_byte(fds[1]);
	for (turn = 0; turn < 3; turn++)
		CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), delete_first ? "ppp" : "1ppp");

	/* And back: the one-shot that stays alone fires once, though there still is data. */
	trace_reset();
	CHECK_INT(event_add(&once, NULL), 0);
	CHECK_INT(event_del(&always), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "1");
	CHECK_INT(poll_once(), 1);
	CHECK_STR(traced(), "1");
	CHECK_INT(event_add(&always, NULL), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_INT(poll_once(), 0);
	CHECK_STR(traced(), "1pp");
	event_base_free(base);
}

TEST(one_shot_then_persistent)
{
	one_shot_becomes_persistent(0);
}

TEST(one_shot_replaced_by_persistent)
{
	one_shot_becomes_persistent(1);
}

/* kqueue takes regular files, which epoll refuses: readable till their end, always writable. */
TEST(regular_file)
{
	struct event_base *base = kqueue_base();
	FILE *file = tmpfile();
	struct event reader, writer;
	char buf[8];
	int fd;

	CHECK(file != NULL);
	fd = fileno(file);
	CHECK_INT(write(fd, "hello", 5), 5);
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	event_set(&reader, fd, EV_READ, trace_cb, "r");
	event_set(&writer, fd, EV_WRITE, trace_cb, "w");
	CHECK_INT(event_add(&reader, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "r");
	CHECK_INT(read(fd, buf, sizeof(buf)), 5);
	CHECK_INT(event_add(&writer, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "rw");
	CHECK_INT(event_add(&reader, NULL), 0);
	CHECK_INT(lseek(fd, 1, SEEK_SET), 1);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "rwr");
	fclose(file);
	event_base_free(base);
}

/* A queue that cannot be had is an error, with nothing left behind; the next one works. */
TEST(no_descriptor_for_a_queue)
{
	struct event_base *base = kqueue_base();
	struct rlimit limit, none;
	int before;

	event_base_free(base);
	before = open_fds();
	capture_log();
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
	errno = 0;
	base = event_base_new();
	CHECK_PTR(base, NULL);
	CHECK_INT(errno, EMFILE);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
	CHECK_INT(open_fds(), before);
	base = init_base();
	CHECK_INT(event_dispatch(), 1);
	event_base_free(base);
	CHECK_INT(open_fds(), before);
}
