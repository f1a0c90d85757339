/*
 * Waking, sleeping, hooks and children, where the tests by subject could not tell the library from
 * one with a line changed (behaviours 2, 46, 52 and 53).
 */
#include "harness.h"
#include "shim.h"

#include <evhub/event_ext.h>
#include <sys/syscall.h>

static evhub_async_t *to_send;

ssize_t
read(int fd, void *buf, size_t size)
{
	evhub_async_t *async = to_send;

	to_send = NULL;
	if (async != NULL)
		CHECK_INT(evhub_async_send(async), 0);
	return syscall(SYS_read, fd, buf, size);
}

static void
count_cb(void *arg)
{
	++*(int *)arg;
}

/*
 * A send in the worst of moments: the loop has looked for sends, and has yet to empty its channel.
 * The byte goes with the others, so the loop must wake itself once more. The program's read(2) is
 * that moment.
 */
TEST(sent_while_the_channel_is_emptied)
{
	struct event_base *base = init_base();
	int first_calls = 0, second_calls = 0;
	evhub_async_t *first, *second;

	first = evhub_async_new(base, count_cb, &first_calls);
	second = evhub_async_new(base, count_cb, &second_calls);
	CHECK(first != NULL && second != NULL);
	to_send = second;
	CHECK_INT(evhub_async_send(first), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(first_calls, 1);
	if (to_send != NULL)
		SKIP("%s has no need to empty it", method());
	CHECK_INT(second_calls, 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(first_calls, 1);
	CHECK_INT(second_calls, 1);
	evhub_async_free(first);
	evhub_async_free(second);
	event_base_free(base);
}

static long
waits(void)
{
	return fault_calls("epoll_wait") + fault_calls("epoll_pwait2") + fault_calls("poll") +
	    fault_calls("ppoll") + fault_calls("select") + fault_calls("pselect");
}

/* Once the handle was called there is nothing left to wake for: the loop sleeps. */
TEST_ENV(a_loop_sleeps_after_it_was_woken, "SHIM=fault")
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	int calls = 0;
	evhub_async_t *async = evhub_async_new(base, count_cb, &calls);
	struct event timer;
	long before;

	if (in_storm())
		SKIP("interrupted waits are taken up again");
	CHECK(async != NULL);
	CHECK_INT(evhub_async_send(async), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(calls, 1);
	evtimer_set(&timer, note_cb, &note);
	CHECK_INT(add_ms(&timer, 30), 0);
	before = waits();
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, 1);
	CHECK(waits() - before <= 3);
	evhub_async_free(async);
	event_base_free(base);
}

/* An event that stands in two lists counts for neither of them. */
TEST(an_unreferenced_event_with_a_timeout)
{
	struct event_base *base = init_base();
	struct event ev;
	int fds[2];

	make_pair(fds);
	event_set(&ev, fds[0], EV_READ, trace_cb, "x");
	CHECK_INT(add_ms(&ev, 100000), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_INT(evhub_event_unref(&ev), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	CHECK_INT(evhub_event_ref(&ev), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_INT(event_del(&ev), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	event_base_free(base);
}

static struct evwatch *made;

static void
new_hook_cb(struct evwatch *watch, const struct evwatch_prepare_cb_info *info, void *arg)
{
	(void)info;
	(void)arg;
	trace(watch == made ? "n" : "o");
	if (made == NULL) {
		made = evhub_evwatch_prepare_new(evhub_evwatch_base(watch), new_hook_cb, NULL);
		CHECK(made != NULL);
	}
}

/* A hook that is made by a hook has its first turn in the next round. */
TEST(a_hook_made_in_a_round_waits_for_the_next)
{
	struct event_base *base = init_base();
	struct event timer;

	evtimer_set(&timer, trace_cb, "t");
	CHECK_INT(add_ms(&timer, 100000), 0);
	CHECK(evhub_evwatch_prepare_new(base, new_hook_cb, NULL) != NULL);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_STR(traced(), "o");
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_STR(traced(), "oon");
	event_base_free(base);
}

/* A child is on its own after one rebuild: what it does then rebuilds nothing. */
TEST_ENV(a_child_rebuilds_once, "SHIM=fault")
{
	struct event_base *base = init_base();
	struct note note = { 0 };
	struct event ev;
	int fds[2];
	long before;
	pid_t pid;

	if (!method_is("epoll"))
		SKIP("only epoll's rebuilding can be counted");
	make_pair(fds);
	put_byte(fds[1]);
	event_set(&ev, fds[0], EV_READ | EV_PERSIST, note_cb, &note);
	CHECK_INT(event_add(&ev, NULL), 0);
	pid = fork_child();
	if (pid == 0) {
		CHECK_INT(event_reinit(base), 0);
		before = fault_calls("epoll_create1");
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
		CHECK_INT(note.calls, 1);
		CHECK_INT(event_del(&ev), 0);
		CHECK_INT(event_add(&ev, NULL), 0);
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
		CHECK_INT(fault_calls("epoll_create1"), before);
		_exit(0);
	}
	CHECK_INT(wait_child(pid), 0);
	event_base_free(base);
}

/* What the channel is made of does not block: neither a handler nor the loop may hang in it. */
static void
channel_does_not_block(void)
{
	struct event_base *base = init_base();
	int before[256], calls = 0, found = 0, fd;
	evhub_async_t *async;

	for (fd = 0; fd < 256; fd++)
		before[fd] = fcntl(fd, F_GETFD) != -1;
	async = evhub_async_new(base, count_cb, &calls);
	CHECK(async != NULL);
	for (fd = 0; fd < 256; fd++) {
		int flags = fcntl(fd, F_GETFL);

		if (flags == -1 || before[fd])
			continue;
		CHECK(flags & O_NONBLOCK);
		found++;
	}
	CHECK(found > 0);
	evhub_async_free(async);
	event_base_free(base);
}

TEST(the_channel_does_not_block)
{
	channel_does_not_block();
}

TEST_ENV(a_pipe_does_not_block, "SHIM=fault FAULTS=eventfd=ENOSYS")
{
	channel_does_not_block();
}

static void
free_in_prepare(struct evwatch *watch, const struct evwatch_prepare_cb_info *info, void *arg)
{
	(void)info;
	(void)arg;
	event_base_free(evhub_evwatch_base(watch));
}

static void
free_in_check(struct evwatch *watch, const struct evwatch_check_cb_info *info, void *arg)
{
	(void)info;
	(void)arg;
	event_base_free(evhub_evwatch_base(watch));
}

/* A base that its own hook frees: the loop returns 0, and has nothing to complain of. */
TEST(a_hook_may_free_the_base)
{
	struct event timer;
	int i;

	capture_log();
	for (i = 0; i < 2; i++) {
		struct event_base *base = init_base();

		evtimer_set(&timer, trace_cb, "t");
		CHECK_INT(add_ms(&timer, 0), 0);
		if (i == 0)
			CHECK(evhub_evwatch_prepare_new(base, free_in_prepare, NULL) != NULL);
		else
			CHECK(evhub_evwatch_check_new(base, free_in_check, NULL) != NULL);
		CHECK_INT(event_base_dispatch(base), 0);
		CHECK_PTR(timer.ev_base, NULL);
	}
	CHECK_STR(traced(), "");
	CHECK_INT(logged(_EVENT_LOG_WARN), 0);
}
