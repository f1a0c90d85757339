/*
 * The environment variables, what happens without any method, and bases when descriptors run
 * out (behaviours 48, 50, 51, 54; F4, F36).
 */
#include "harness.h"
#include "child.h"

#include <evhub/event_ext.h>
#include <sys/resource.h>

static const char *const switches[] = {
	"EVENT_NOEPOLL", "EVENT_NOPOLL", "EVENT_NOSELECT", "EVENT_NOKQUEUE", "EVENT_NODEVPOLL",
	"EVENT_NOEVPORT", "EVENT_SHOW_METHOD",
};

static void
clear_switches(void)
{
	size_t i;

	for (i = 0; i < COUNT(switches); i++)
		unsetenv(switches[i]);
}

static void
check_next_method(const char *want)
{
	struct event_base *base = event_base_new();

	CHECK(base != NULL);
	CHECK_STR(event_base_get_method(base), want);
	event_base_free(base);
}

TEST_ONCE(each_method_can_be_switched_off)
{
	clear_switches();
	check_next_method("epoll");
	setenv("EVENT_NOKQUEUE", "1", 1);
	setenv("EVENT_NODEVPOLL", "1", 1);
	setenv("EVENT_NOEVPORT", "1", 1);
	setenv("EVENT_NOSELECT", "1", 1);
	check_next_method("epoll");
	setenv("EVENT_NOPOLL", "1", 1);
	check_next_method("epoll");
	clear_switches();
	setenv("EVENT_NOEPOLL", "1", 1);
	check_next_method("poll");
	setenv("EVENT_NOPOLL", "yes", 1);
	check_next_method("select");
	unsetenv("EVENT_NOEPOLL");
	check_next_method("epoll");
}

TEST_ONCE(any_value_counts_even_an_empty_one)
{
	clear_switches();
	setenv("EVENT_NOEPOLL", "", 1);
	check_next_method("poll");
	setenv("EVENT_NOPOLL", "", 1);
	check_next_method("select");
	setenv("EVENT_NOPOLL", "0", 1);
	check_next_method("select");
}

static void
make_base(void *unused)
{
	(void)unused;
	event_base_new();
}

TEST_ONCE(no_method_left_is_the_end)
{
	struct child_end end;

	clear_switches();
	setenv("EVENT_NOEPOLL", "1", 1);
	setenv("EVENT_NOPOLL", "1", 1);
	setenv("EVENT_NOSELECT", "1", 1);
	setenv("EVENT_NOKQUEUE", "1", 1);
	run_child(&end, make_base, NULL);
	CHECK_INT(end.status, 1);
	CHECK_STR(end.err, "[err] event_base_new: no event mechanism available\n");
}

static void
print_log(int severity, const char *text)
{
	fprintf(stderr, "<%d:%s>", severity, text);
}

static void
make_base_with_log(void *unused)
{
	event_set_log_callback(print_log);
	make_base(unused);
}

TEST_ONCE(no_method_left_is_told_to_the_log_first)
{
	struct child_end end;

	clear_switches();
	setenv("EVENT_NOEPOLL", "1", 1);
	setenv("EVENT_NOPOLL", "1", 1);
	setenv("EVENT_NOSELECT", "1", 1);
	setenv("EVENT_NOKQUEUE", "1", 1);
	run_child(&end, make_base_with_log, NULL);
	CHECK_INT(end.status, 1);
	CHECK_STR(end.err, "<3:event_base_new: no event mechanism available>");
}

TEST(the_method_is_shown)
{
	struct child_end end;
	char want[64];

	init_base();
	setenv("EVENT_SHOW_METHOD", "", 1);
	run_child(&end, make_base, NULL);
	CHECK_INT(end.status, 0);
	snprintf(want, sizeof(want), "[msg] libevent using: %s\n\n", method());
	CHECK_STR(end.err, want);
	run_child(&end, make_base_with_log, NULL);
	snprintf(want, sizeof(want), "<1:libevent using: %s\n>", method());
	CHECK_STR(end.err, want);
}

/* What a set-uid program looks like from inside: two ids that differ. */
static void
as_other_user(void *use_group)
{
	if (use_group != NULL)
		CHECK_INT(setegid(65534), 0);
	else
		CHECK_INT(seteuid(65534), 0);
	check_next_method("epoll");
}

TEST_ONCE(privileged_programs_ignore_the_environment)
{
	struct child_end end;

	if (geteuid() != 0)
		SKIP("only root can take on another id");
	clear_switches();
	setenv("EVENT_NOEPOLL", "1", 1);
	setenv("EVENT_SHOW_METHOD", "1", 1);
	run_child(&end, as_other_user, NULL);
	CHECK_STR(end.err, "");
	CHECK_INT(end.status, 0);
	run_child(&end, as_other_user, "group");
	CHECK_STR(end.err, "");
	CHECK_INT(end.status, 0);
}

/* The number of open descriptors without opening one. */
static int
count_fds(void)
{
	int count = 0;
	int fd;

	for (fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

static void
limit_fds(rlim_t limit)
{
	struct rlimit now;

	CHECK_INT(getrlimit(RLIMIT_NOFILE, &now), 0);
	now.rlim_cur = limit < now.rlim_max ? limit : now.rlim_max;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &now), 0);
}

/* Leaves room for just that many more descriptors. */
static void
leave_room(int more)
{
	int next = dup(0);

	CHECK(next != -1);
	close(next);
	limit_fds((rlim_t)(next + more));
}

static void
check_base_works(struct event_base *base)
{
	struct event timer;
	struct event signal;
	struct note note = { 0, 0, 0, 0 };

	signal_set(&signal, SIGUSR1, note_cb, &note);
	CHECK_INT(event_base_set(base, &signal), 0);
	CHECK_INT(event_add(&signal, NULL), 0);
	raise(SIGUSR1);
	CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(event_del(&signal), 0);
	evtimer_set(&timer, note_cb, &note);
	CHECK_INT(event_base_set(base, &timer), 0);
	CHECK_INT(add_ms(&timer, 1), 0);
	CHECK_INT(event_base_dispatch(base), 1);
	CHECK_INT(note.calls, 2);
}

TEST(a_base_without_descriptors_is_null)
{
	struct event_base *base = NULL;
	int before;
	int room;

	event_base_free(init_base());
	capture_log();
	before = count_fds();
	for (room = 0; base == NULL; room++) {
		int warnings = logged(_EVENT_LOG_WARN);

		CHECK(room < 16);
		leave_room(room);
		errno = 0;
		base = event_base_new();
		limit_fds(1024);
		if (base == NULL) {
			CHECK_INT(errno, EMFILE);
			CHECK(logged(_EVENT_LOG_WARN) > warnings);
			CHECK(strstr(last_log(), ": Too many open files") != NULL);
			CHECK_INT(count_fds(), before);
		}
	}
	CHECK_INT(logged(_EVENT_LOG_ERR), 0);
	check_base_works(base);
	event_base_free(base);
	CHECK_INT(count_fds(), before);
}

TEST(a_signal_without_descriptors_is_refused_whole)
{
	struct event_base *base = init_base();
	struct sigaction action;
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	int added = -1;
	int before = count_fds();
	int room;

	capture_log();
	signal_set(&ev, SIGUSR1, note_cb, &note);
	for (room = 0; added == -1; room++) {
		CHECK(room < 16);
		leave_room(room);
		errno = 0;
		added = event_add(&ev, NULL);
		limit_fds(1024);
		if (added == 0)
			break;
		CHECK_INT(errno, EMFILE);
		CHECK_INT(ev.ev_flags, EVLIST_INIT);
		CHECK_INT(count_fds(), before);
		CHECK_INT(sigaction(SIGUSR1, NULL, &action), 0);
		CHECK_PTR(action.sa_handler, SIG_DFL);
		CHECK_INT(event_base_loop(base, EVLOOP_NONBLOCK), 1);
	}
	raise(SIGUSR1);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, 1);
	CHECK_INT(event_del(&ev), 0);
	check_base_works(base);
}

static void
ignore_wake_up(void *arg)
{
	(void)arg;
}

TEST(a_wake_up_handle_without_descriptors)
{
	struct event_base *base = init_base();
	evhub_async_t *async = NULL;
	int before = count_fds();
	int room;

	for (room = 0; async == NULL; room++) {
		CHECK(room < 16);
		leave_room(room);
		errno = 0;
		async = evhub_async_new(base, ignore_wake_up, NULL);
		limit_fds(1024);
		if (async == NULL) {
			CHECK_INT(errno, EMFILE);
			CHECK_INT(count_fds(), before);
			CHECK_INT(event_base_loop(base, EVLOOP_NONBLOCK), 1);
		}
	}
	CHECK_INT(evhub_async_send(async), 0);
	CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
	evhub_async_free(async);
	check_base_works(base);
}

static void
init_without_descriptors(void *unused)
{
	(void)unused;
	leave_room(0);
	event_init();
}

TEST_ONCE(event_init_without_descriptors_ends_the_program)
{
	struct child_end end;

	clear_switches();
	run_child(&end, init_without_descriptors, NULL);
	CHECK_INT(end.status, 1);
	CHECK(strstr(end.err, "[err] ") != NULL);
	CHECK(strstr(end.err, ": Too many open files\n") != NULL);
}
