/*
 * The wake-up that may come from any thread and from signal handlers (event_ext.h: async).
 * No send is lost: the callback runs at least once after the last one.
 */
#include "harness.h"

#include <evhub/event_ext.h>
#include <pthread.h>

static void
count_cb(void *arg)
{
	++*(int *)arg;
}

static int
one_round(void)
{
	return event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

TEST(sends_coalesce)
{
	evhub_async_t *async;
	int calls = 0;
	int i;

	init_base();
	async = evhub_async_new(current_base, count_cb, &calls);
	CHECK(async != NULL);
	CHECK_INT(one_round(), 0);
	CHECK_INT(calls, 0);
	for (i = 0; i < 1000; i++)
		CHECK_INT(evhub_async_send(async), 0);
	CHECK_INT(calls, 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(calls, 1);
	CHECK_INT(one_round(), 0);
	CHECK_INT(calls, 1);
	CHECK_INT(evhub_async_send(async), 0);
	CHECK_INT(one_round(), 0);
	CHECK_INT(calls, 2);
	evhub_async_free(async);
}

TEST(an_open_handle_keeps_the_loop_alive)
{
	evhub_async_t *async;
	int calls = 0;

	init_base();
	async = evhub_async_new(current_base, count_cb, &calls);
	CHECK(async != NULL);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	evhub_async_free(async);
	CHECK_INT(event_dispatch(), 1);
	evhub_async_free(NULL);
}

TEST(many_handles_are_told_apart)
{
	evhub_async_t *async[50];
	int calls[50] = { 0 };
	int i;

	init_base();
	for (i = 0; i < 50; i++)
		CHECK((async[i] = evhub_async_new(current_base, count_cb, &calls[i])) != NULL);
	for (i = 0; i < 50; i += 3)
		CHECK_INT(evhub_async_send(async[i]), 0);
	evhub_async_free(async[3]);
	CHECK_INT(one_round(), 0);
	for (i = 0; i < 50; i++)
		CHECK_INT(calls[i], i % 3 == 0 && i != 3);
	for (i = 0; i < 50; i++) {
		if (i != 3)
			evhub_async_free(async[i]);
	}
	CHECK_INT(event_dispatch(), 1);
}

struct self {
	evhub_async_t *async;
	int calls;
};

static void
free_self_cb(void *arg)
{
	struct self *self = arg;

	self->calls++;
	CHECK_INT(evhub_async_send(self->async), 0);
	evhub_async_free(self->async);
}

TEST(freed_in_its_own_callback)
{
	struct self self = { .calls = 0 };

	init_base();
	self.async = evhub_async_new(current_base, free_self_cb, &self);
	CHECK_INT(evhub_async_send(self.async), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(self.calls, 1);
}

static void
send_self_cb(void *arg)
{
	struct self *self = arg;

	if (++self->calls < 5)
		CHECK_INT(evhub_async_send(self->async), 0);
}

TEST(sent_in_its_own_callback_comes_again)
{
	struct self self = { .calls = 0 };
	int i;

	init_base();
	self.async = evhub_async_new(current_base, send_self_cb, &self);
	CHECK_INT(evhub_async_send(self.async), 0);
	for (i = 0; i < 5; i++)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(self.calls, 5);
	CHECK_INT(one_round(), 0);
	CHECK_INT(self.calls, 5);
	evhub_async_free(self.async);
}

enum { SENDERS = 4, SENDS = 20000 };

struct traffic {
	evhub_async_t *async;
	long sent;		/* counted before each send */
	long seen;		/* what the callback saw of it last */
	long calls;
};

static void *
send_thread(void *arg)
{
	struct traffic *traffic = arg;
	int i;

	for (i = 0; i < SENDS; i++) {
		__atomic_add_fetch(&traffic->sent, 1, __ATOMIC_SEQ_CST);
		CHECK_INT(evhub_async_send(traffic->async), 0);
	}
	return NULL;
}

static void
keep_cb(void *arg)
{
	struct traffic *traffic = arg;

	traffic->calls++;
	traffic->seen = __atomic_load_n(&traffic->sent, __ATOMIC_SEQ_CST);
	if (traffic->seen == SENDERS * SENDS)
		CHECK_INT(event_loopbreak(), 0);
}

TEST(no_send_of_any_thread_is_lost)
{
	struct traffic traffic = { .calls = 0 };
	pthread_t threads[SENDERS];
	int i;

	init_base();
	traffic.async = evhub_async_new(current_base, keep_cb, &traffic);
	CHECK(traffic.async != NULL);
	for (i = 0; i < SENDERS; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, send_thread, &traffic), 0);
	/* If the last send were lost the loop would wait for ever. */
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(traffic.seen, SENDERS * SENDS);
	CHECK(traffic.calls >= 1 && traffic.calls <= SENDERS * SENDS);
	for (i = 0; i < SENDERS; i++)
		CHECK_INT(pthread_join(threads[i], NULL), 0);
	evhub_async_free(traffic.async);
}

struct ping {
	evhub_async_t *here;
	evhub_async_t *there;
	struct event_base *base;
	int left;
	int last;		/* its last call ends the game */
};

static void
ping_cb(void *arg)
{
	struct ping *ping = arg;

	ping->left--;
	if (ping->left > 0 || !ping->last)
		CHECK_INT(evhub_async_send(ping->there), 0);
	if (ping->left == 0)
		evhub_async_free(ping->here);
}

static void *
ping_thread(void *arg)
{
	struct ping *ping = arg;

	CHECK_INT(event_base_dispatch(ping->base), 1);
	return NULL;
}

/* Two loops in two threads that know nothing but each other's handle. */
TEST(ping_pong_between_two_loops)
{
	struct ping a = { .left = 5000, .last = 1 };
	struct ping b = { .left = 5000 };
	pthread_t thread;

	a.base = init_base();
	b.base = event_base_new();
	a.here = b.there = evhub_async_new(a.base, ping_cb, &a);
	b.here = a.there = evhub_async_new(b.base, ping_cb, &b);
	CHECK(a.here != NULL && b.here != NULL);
	CHECK_INT(evhub_async_send(b.here), 0);
	CHECK_INT(pthread_create(&thread, NULL, ping_thread, &b), 0);
	ping_thread(&a);
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK_INT(a.left, 0);
	CHECK_INT(b.left, 0);
	event_base_free(b.base);
}

static evhub_async_t *handler_async;

static void
on_alarm(int number)
{
	(void)number;
	evhub_async_send(handler_async);
}

TEST(sent_from_a_signal_handler)
{
	struct itimerval soon = { { 0, 0 }, { 0, 2000 } };
	struct sigaction action;
	int calls = 0;
	int i;

	init_base();
	handler_async = evhub_async_new(current_base, count_cb, &calls);
	CHECK(handler_async != NULL);
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm;
	action.sa_flags = SA_RESTART;
	CHECK_INT(sigaction(SIGALRM, &action, NULL), 0);
	for (i = 1; i <= 10; i++) {
		CHECK_INT(setitimer(ITIMER_REAL, &soon, NULL), 0);
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
		CHECK_INT(calls, i);
	}
	evhub_async_free(handler_async);
}

TEST(handles_go_with_their_base)
{
	int before = open_fds();
	int calls = 0;
	int i;

	for (i = 0; i < 50; i++) {
		struct event_base *base = event_base_new();
		evhub_async_t *async = evhub_async_new(base, count_cb, &calls);

		CHECK(async != NULL);
		CHECK_INT(evhub_async_send(async), 0);
		evhub_async_free(async);
		event_base_free(base);
	}
	CHECK_INT(open_fds(), before);
	CHECK_INT(calls, 0);
}

/* Who sends need not know that the base is gone; who made the handle frees it. */
TEST(a_handle_may_outlive_its_base)
{
	evhub_async_t *async;
	int calls = 0;

	init_base();
	capture_log();
	async = evhub_async_new(current_base, count_cb, &calls);
	CHECK(async != NULL);
	event_base_free(current_base);
	CHECK_ERRNO(evhub_async_send(async), EINVAL);
	CHECK_ERRNO(evhub_async_send(async), EINVAL);
	evhub_async_free(async);
	CHECK_INT(calls, 0);
}

TEST(a_send_survives_reinit)
{
	evhub_async_t *async;
	int calls = 0;

	init_base();
	async = evhub_async_new(current_base, count_cb, &calls);
	CHECK(async != NULL);
	CHECK_INT(evhub_async_send(async), 0);
	CHECK_INT(event_reinit(current_base), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(calls, 1);
	CHECK_INT(evhub_async_send(async), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(calls, 2);
	evhub_async_free(async);
}

TEST(handles_need_base_and_callback)
{
	capture_log();
	errno = 0;
	CHECK_PTR(evhub_async_new(NULL, count_cb, NULL), NULL);
	CHECK_INT(errno, EINVAL);
	init_base();
	errno = 0;
	CHECK_PTR(evhub_async_new(current_base, NULL, NULL), NULL);
	CHECK_INT(errno, EINVAL);
	CHECK_ERRNO(evhub_async_send(NULL), EINVAL);
}
