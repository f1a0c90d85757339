/* Runs random programs of the model tests, one for each seed. */
#ifndef EVHUB_CTESTS_MODEL_RUN_H
#define EVHUB_CTESTS_MODEL_RUN_H

#include "model_steps.h"

/* Everything open, nobody watching: whatever is left must arrive. */
static void
open_wide(struct conn *c)
{
	static const char last[] = "the last";

	if (c->peer_shut || c->peer_gone)
		step_setfd(c);
	begin(c);
	c->watched_input = c->watched_output = 0;
	evbuffer_setcb(c->bev->input, NULL, NULL);
	evbuffer_setcb(c->bev->output, NULL, NULL);
	bufferevent_setcb(c->bev, on_read, on_written, on_error, c->context);
	bufferevent_settimeout(c->bev, 0, 0);
	bufferevent_setwatermark(c->bev, EV_READ | EV_WRITE, 0, 0);
	CHECK_INT(CALL(bufferevent_enable(c->bev, EV_READ | EV_WRITE)), 0);
	c->may_read = c->may_write = c->sent = c->awaits_room = YES;
	c->fresh = MAYBE;
	bytes_add(&c->output, last, sizeof(last));
	CHECK_INT(CALL(bufferevent_write(c->bev, last, sizeof(last))), 0);
	end(c);
	c->reads = c->writes = 0;
	peer_reads(c, SIZE_MAX);
}

static void
check_arrival(struct conn *c)
{
	CHECK_INT(c->incoming.length, 0);
	CHECK_INT(c->output.length, 0);
	CHECK_INT(c->outgoing.length, 0);
	CHECK(c->reads > 0);
	CHECK(c->writes > 0);
}

/* A peer that was not read from may have no room for its last bytes at first. */
static void
finish(struct conn *c)
{
	int rounds, said;

	open_wide(c);
	for (rounds = said = 0; !said || c->output.length + c->outgoing.length > 0; rounds++) {
		CHECK(rounds < 1000);
		loops = 1;
		CHECK_INT(event_base_loop(base, EVLOOP_NONBLOCK), 0);
		check_settled(c);
		loops = 0;
		peer_reads(c, SIZE_MAX);
		if (!said && write(c->peer, "end", 3) == 3) {
			said = 1;
			bytes_add(&c->incoming, "end", 3);
		}
	}
	loops = 1;
	CHECK_INT(event_base_loop(base, EVLOOP_NONBLOCK), 0);
	check_settled(c);
	loops = 0;
	check_arrival(c);
}

static void
random_program(uint32_t seed, int steps, int callbacks_act)
{
	int open_before, i;

	random_state = seed;
	broken = budget = 0;
	base = event_base_new();
	CHECK(base != NULL);
	CHECK_INT(event_base_priority_init(base, PRIORITIES), 0);
	open_before = open_fds();
	for (i = 0; i < CONNS; i++)
		start_life(&conns[i]);
	for (i = 0; i < steps; i++) {
		budget = callbacks_act ? 12 : 0;
		step();
	}
	budget = 0;
	/* A break may be left over from the last of them. */
	loops = 1;
	CHECK(event_base_loop(base, EVLOOP_NONBLOCK) >= 0);
	for (i = 0; i < CONNS; i++) {
		look(&conns[i]);
		CHECK_INT(bufferevent_disable(conns[i].bev, EV_READ | EV_WRITE), 0);
	}
	loops = 0;
	for (i = 0; i < CONNS; i++) {
		finish(&conns[i]);
		end_life(&conns[i]);
	}
	CHECK_INT(event_base_loop(base, EVLOOP_NONBLOCK), 1);
	CHECK_INT(open_fds(), open_before);
	event_base_free(base);
	while (contexts != NULL) {
		struct context *next = contexts->next;

		free(contexts);
		contexts = next;
	}
}

/* EVHUB_TEST_SEEDS says how many; the last one printed is that which failed. */
static void
random_programs(int steps, int callbacks_act)
{
	const char *text = getenv("EVHUB_TEST_SEEDS");
	int count = text != NULL ? atoi(text) : 5;
	int i;

	init_base();
	for (i = 1; i <= count; i++) {
		printf("seed %d\n", i);
		fflush(stdout);
		random_program((uint32_t)i * 2654435761u, steps, callbacks_act);
	}
}

#endif
