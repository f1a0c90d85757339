/*
 * Storms of signals: no delivery is lost beyond what the kernel itself folds together, no
 * recursion, no full pipe that blocks (behaviours 59 to 64; E23, F15).
 */
#include "harness.h"

#include <pthread.h>

enum { STORM = 100000 };

/* Under valgrind a tenth must do. */
static int
storm_size(void)
{
	return time_factor() > 1 ? STORM / 10 : STORM;
}

static void
watch(struct event *ev, int number, void (*cb)(int, short, void *), void *arg)
{
	signal_set(ev, number, cb, arg);
	CHECK_INT(signal_add(ev, NULL), 0);
}

TEST(a_hundred_thousand_raises_before_the_loop)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	int i;

	init_base();
	watch(&ev, SIGUSR1, note_cb, &note);
	for (i = 0; i < storm_size(); i++)
		raise(SIGUSR1);
	/* A count may be handed out in parts, a round each. */
	for (i = 0; i < 100 && note.calls < storm_size(); i++)
		CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(note.calls, storm_size());
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(note.calls, storm_size());
	raise(SIGUSR1);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(note.calls, storm_size() + 1);
}

struct chain {
	struct event ev;
	int calls;
	int depth;
	int want;
};

static void
chain_cb(int fd, short what, void *arg)
{
	struct chain *chain = arg;

	(void)what;
	CHECK_INT(++chain->depth, 1);
	if (++chain->calls < chain->want)
		raise(fd);
	else
		CHECK_INT(event_loopbreak(), 0);
	chain->depth--;
}

TEST(a_callback_that_raises_again_and_again)
{
	struct chain chain = { .want = storm_size() };

	init_base();
	watch(&chain.ev, SIGUSR1, chain_cb, &chain);
	raise(SIGUSR1);
	CHECK_INT(event_dispatch(), 0);
	CHECK_INT(chain.calls, storm_size());
}

static volatile sig_atomic_t forwarded;

static void
forward(int number)
{
	(void)number;
	forwarded++;
	raise(SIGUSR1);
}

TEST(a_handler_of_the_program_that_raises_ours)
{
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	int i;

	init_base();
	watch(&ev, SIGUSR1, note_cb, &note);
	signal(SIGUSR2, forward);
	for (i = 0; i < 1000; i++)
		raise(SIGUSR2);
	CHECK_INT(forwarded, 1000);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(note.calls, 1000);
}

struct sender {
	pthread_t target;
	int number;
	int times;
	volatile int done;
};

/* Real-time signals queue in the kernel; a full queue is EAGAIN. */
static void *
send_thread(void *arg)
{
	struct sender *sender = arg;
	sigset_t all;
	int i;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	for (i = 0; i < sender->times; i++) {
		while (pthread_kill(sender->target, sender->number) == EAGAIN)
			sched_yield();
	}
	__atomic_store_n(&sender->done, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

TEST(queued_signals_from_two_threads_are_all_counted)
{
	struct sender senders[2];
	pthread_t threads[2];
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	int want = 0;
	int i;

	init_base();
	watch(&ev, SIGRTMIN + 1, note_cb, &note);
	for (i = 0; i < 2; i++) {
		senders[i].target = pthread_self();
		senders[i].number = SIGRTMIN + 1;
		senders[i].times = storm_size() / 4;
		senders[i].done = 0;
		want += senders[i].times;
		CHECK_INT(pthread_create(&threads[i], NULL, send_thread, &senders[i]), 0);
	}
	while (note.calls < want)
		CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	for (i = 0; i < 2; i++)
		CHECK_INT(pthread_join(threads[i], NULL), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(note.calls, want);
}

TEST(folded_signals_from_a_thread_lose_none_but_the_folded)
{
	struct sender sender = { .times = storm_size(), .number = SIGUSR1 };
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	pthread_t thread;
	int seen;

	init_base();
	watch(&ev, SIGUSR1, note_cb, &note);
	sender.target = pthread_self();
	CHECK_INT(pthread_create(&thread, NULL, send_thread, &sender), 0);
	while (!__atomic_load_n(&sender.done, __ATOMIC_SEQ_CST))
		CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(pthread_join(thread, NULL), 0);
	do {
		seen = note.calls;
		CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	} while (note.calls != seen);
	CHECK(seen >= 1);
	CHECK(seen <= storm_size());
	raise(SIGUSR1);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_INT(note.calls, seen + 1);
}

static void
churn_cb(int fd, short what, void *arg)
{
	struct chain *chain = arg;

	(void)fd;
	(void)what;
	CHECK_INT(signal_del(&chain->ev), 0);
	CHECK_INT(signal_add(&chain->ev, NULL), 0);
	chain->calls++;
}

/* Deleting and adding while they come in: the program's own handler gets those in between. */
static volatile sig_atomic_t in_between;

static void
count_in_between(int number)
{
	(void)number;
	in_between++;
}

TEST(deleted_and_added_again_in_a_storm)
{
	struct sender sender = { .times = storm_size() / 10, .number = SIGRTMIN + 1 };
	struct chain chain = { .calls = 0 };
	pthread_t thread;
	int seen;

	init_base();
	signal(SIGRTMIN + 1, count_in_between);
	watch(&chain.ev, SIGRTMIN + 1, churn_cb, &chain);
	sender.target = pthread_self();
	CHECK_INT(pthread_create(&thread, NULL, send_thread, &sender), 0);
	while (!__atomic_load_n(&sender.done, __ATOMIC_SEQ_CST))
		CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK(chain.calls + in_between <= sender.times);
	seen = chain.calls;
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	raise(SIGRTMIN + 1);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK(chain.calls > seen);
}
