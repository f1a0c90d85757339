/*
 * Greenlets of evhub's. The echo server waits for its descriptors with an event of the loop and
 * a waiter for each connection.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <event.h>
#include <evhub.h>

#include "coro_frame.h"

#define FOREVER (-1.0)

static evhub_queue_t *there, *back;
static evhub_flag_t *opened;
static long times, waiting;

static evhub_greenlet_t *spawned(evhub_fn_t fn, void *arg)
{
	evhub_greenlet_t *greenlet = evhub_spawn(fn, arg);

	must(greenlet != NULL, "evhub_spawn");
	return greenlet;
}

static void finish(evhub_greenlet_t *greenlet)
{
	must(evhub_join(greenlet, FOREVER) == 0, "evhub_join");
	evhub_release(greenlet);
}

/* Two greenlets, from the first switch to the end of both */
static void run_pair(evhub_fn_t one, evhub_fn_t other, const char *name)
{
	evhub_greenlet_t *greenlets[] = { spawned(one, NULL), spawned(other, NULL) };

	coro_start();
	finish(greenlets[0]);
	finish(greenlets[1]);
	coro_stop(name, "ns/roundtrip", times);
}

static void *yielder(void *arg)
{
	long i;

	for (i = 0; i < times; i++)
		must(evhub_yield() == 0, "evhub_yield");
	return arg;
}

static void yield_in_turn(long count)
{
	times = count;
	run_pair(yielder, yielder, "coro.switch");
}

static void *nothing(void *arg)
{
	return arg;
}

static void spawn_each(long count)
{
	long i;

	coro_start();
	for (i = 0; i < count; i++)
		finish(spawned(nothing, NULL));
	coro_stop("coro.spawn", "ns/coroutine", count);
}

static void *wait_for_flag(void *arg)
{
	waiting++;
	must(evhub_flag_wait(opened, FOREVER) == 1, "evhub_flag_wait");
	waiting--;
	return arg;
}

static void park(long count)
{
	long i;

	opened = evhub_flag_new();
	must(opened != NULL, "evhub_flag_new");
	coro_before_parking();
	for (i = 0; i < count; i++)
		must(evhub_go(wait_for_flag, NULL) == 0, "evhub_go");
	while (waiting < count)
		must(evhub_yield() == 0, "evhub_yield");
	coro_parked(count);
	evhub_flag_set(opened);
	while (waiting > 0)
		must(evhub_yield() == 0, "evhub_yield");
}

static void *send_tokens(void *arg)
{
	void *token = &there;
	long i;

	for (i = 0; i < times; i++) {
		must(evhub_queue_put(there, token, FOREVER) == 0, "evhub_queue_put");
		must(evhub_queue_get(back, &token, FOREVER) == 0, "evhub_queue_get");
	}
	return arg;
}

static void *return_tokens(void *arg)
{
	void *token;
	long i;

	for (i = 0; i < times; i++) {
		must(evhub_queue_get(there, &token, FOREVER) == 0, "evhub_queue_get");
		must(evhub_queue_put(back, token, FOREVER) == 0, "evhub_queue_put");
	}
	return arg;
}

static void pass_token(long count)
{
	times = count;
	there = evhub_queue_new(1);
	back = evhub_queue_new(1);
	must(there != NULL && back != NULL, "evhub_queue_new");
	run_pair(send_tokens, return_tokens, "coro.chan");
	evhub_queue_free(there);
	evhub_queue_free(back);
}

/* A descriptor, and what its greenlet waits for: an event that stays added, EV_READ as a rule. */
struct line {
	struct event event;
	evhub_waiter_t *ready;
	int fd;
	short watched;
};

static void wake(int fd, short what, void *arg)
{
	struct line *line = arg;

	(void)fd;
	(void)what;
	/* It fails if the greenlet has been woken, and not run yet. */
	(void)evhub_waiter_set(line->ready, NULL);
}

static void watch(struct line *line, short what)
{
	event_set(&line->event, line->fd, what | EV_PERSIST, wake, line);
	must(event_base_set(evhub_base(), &line->event) == 0, "event_base_set");
	must(event_add(&line->event, NULL) == 0, "event_add");
	line->watched = what;
}

static struct line *open_line(int fd)
{
	struct line *line = malloc(sizeof(*line));

	must(line != NULL, "malloc");
	line->fd = fd;
	line->ready = evhub_waiter_new();
	must(line->ready != NULL, "evhub_waiter_new");
	watch(line, EV_READ);
	return line;
}

static void close_line(struct line *line)
{
	must(event_del(&line->event) == 0, "event_del");
	evhub_waiter_free(line->ready);
	close(line->fd);
	free(line);
}

static void wait_until(struct line *line, short what)
{
	void *value;

	if (line->watched != what) {
		must(event_del(&line->event) == 0, "event_del");
		watch(line, what);
	}
	must(evhub_waiter_get(line->ready, &value, FOREVER) == 0, "evhub_waiter_get");
}

static int has_to_wait(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* 0 if the connection is gone */
static int send_all(struct line *line, const char *data, size_t length)
{
	size_t sent = 0;
	ssize_t n;

	while (sent < length) {
		n = send(line->fd, data + sent, length - sent, MSG_NOSIGNAL);
		if (n >= 0)
			sent += n;
		else if (has_to_wait())
			wait_until(line, EV_WRITE);
		else
			return 0;
	}
	return 1;
}

/* Waits first and asks then: what is left is reported again. */
static void *answer(void *arg)
{
	struct line *line = open_line((int)(intptr_t)arg);
	char data[PIECE];
	ssize_t n;

	for (;;) {
		wait_until(line, EV_READ);
		n = recv(line->fd, data, sizeof(data), 0);
		if (n == -1 && has_to_wait())
			continue;
		if (n <= 0)
			break;
		coro_message();
		if (!send_all(line, data, n))
			break;
	}
	close_line(line);
	return NULL;
}

static void answer_in_greenlet(int fd)
{
	must(evhub_go(answer, (void *)(intptr_t)fd) == 0, "evhub_go");
}

static void serve(const int *fds, int count)
{
	int i;

	for (i = 0; i < count; i++)
		answer_in_greenlet(fds[i]);
	for (;;)
		must(evhub_sleep(3600) == 0, "evhub_sleep");
}

static void accept_all(int fd)
{
	struct line *line = open_line(fd);
	int connection;

	must(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "O_NONBLOCK");
	for (;;) {
		connection = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (connection != -1) {
			coro_connected(connection);
			answer_in_greenlet(connection);
		} else {
			must(has_to_wait(), "accept4");
			wait_until(line, EV_READ);
		}
	}
}

/* The hub comes into being with its first call: not as a part of what is measured. */
static void setup(void)
{
	must(evhub_base() != NULL, "evhub_base");
}

const struct modes modes = {
	.setup = setup,
	.yield = yield_in_turn,
	.spawn = spawn_each,
	.park = park,
	.pass = pass_token,
	.listen = accept_all,
	.serve = serve,
};
