/*
 * Queued writes that meet what else goes on in a round: a connection under way, a loop that was
 * told to go on.
 */
#include "connect.h"

#include <evhub/event_ext.h>

static void
nothing(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static void
open_with_early_output(struct side *side)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	CHECK(fd != -1);
	open_side_on(side, fd, -1);
	CHECK_INT(write_text(side->bev, "early "), 0);
}

/* The connection is there before its event has its turn. */
TEST(a_write_does_not_take_the_connection_s_event)
{
	struct address address;
	struct event urgent;
	struct side side;
	int listener, i;

	init_base();
	CHECK_INT(event_priority_init(2), 0);
	listener = listen_on_tcp(&address, 5);
	open_with_early_output(&side);
	CHECK_INT(bufferevent_priority_set(side.bev, 1), 0);
	CHECK_INT(connect_to(&side, &address), 0);
	event_set(&urgent, -1, 0, nothing, NULL);
	CHECK_INT(event_priority_set(&urgent, 0), 0);
	event_active(&urgent, EV_READ, 1);
	for (i = 0; i < 100 && side.errors == 0; i++) {
		turn();
		sleep_ms(1);
	}
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, BEV_EVENT_CONNECTED);
	accept_peer(&side, listener);
	CHECK_INT(write_text(side.bev, "late"), 0);
	turn();
	CHECK_STR(heard(side.peer), "early late");
	close_side(&side);
	close(listener);
}

TEST(a_refusal_is_the_only_error)
{
	struct address address;
	struct side side;
	int holder;

	init_base();
	holder = refuse_on_tcp(&address);
	open_with_early_output(&side);
	if (connect_to(&side, &address) == 0) {
		wait_for_result(&side, 1);
		CHECK_INT(side.what, EVBUFFER_ERROR);
		turn();
		turn();
		CHECK_INT(side.errors, 1);
	}
	close_side(&side);
	close(holder);
}

static struct address elsewhere;
static struct side moving;

static void
connect_anew(struct evbuffer *output, size_t old, size_t now, void *arg)
{
	(void)arg;
	if (now >= old)
		return;
	evbuffer_setcb(output, NULL, NULL);
	bufferevent_setfd(moving.bev, -1);
	CHECK_INT(connect_to(&moving, &elsewhere), 0);
}

/* What goes on after the output's callback leaves the new connection alone. */
TEST(connected_anew_when_the_last_byte_has_gone)
{
	int listener, old, old_peer, i;

	init_base();
	listener = listen_on_tcp(&elsewhere, 5);
	open_side(&moving);
	old = fd_of(&moving);
	old_peer = moving.peer;
	evbuffer_setcb(moving.bev->output, connect_anew, NULL);
	CHECK_INT(write_text(moving.bev, "bye"), 0);
	for (i = 0; i < 100 && moving.errors == 0; i++) {
		turn();
		sleep_ms(1);
	}
	CHECK_STR(heard(old_peer), "bye");
	CHECK_INT(moving.errors, 1);
	CHECK_INT(moving.what, BEV_EVENT_CONNECTED);
	accept_peer(&moving, listener);
	CHECK_INT(bufferevent_enable(moving.bev, EV_READ), 0);
	check_connected(&moving);
	close_side(&moving);
	close(listener);
	close(old_peer);
	close(old);
}

/* A loop that spins is ended by the alarm's signal. */
static void
check_written(struct side *side)
{
	alarm(5);
	CHECK_INT(event_dispatch(), 1);
	alarm(0);
	CHECK_STR(heard(side->peer), "x");
	close_side(side);
}

TEST(told_to_go_on_before_the_loop)
{
	struct event_base *base = init_base();
	struct side side;

	open_side(&side);
	bufferevent_setcb(side.bev, NULL, NULL, NULL, NULL);
	CHECK_INT(evhub_event_base_loopcontinue(base), 0);
	CHECK_INT(write_text(side.bev, "x"), 0);
	check_written(&side);
}

static void
go_on_once(struct evwatch *watch, const struct evwatch_check_cb_info *info, void *calls)
{
	(void)info;
	if ((*(int *)calls)++ == 0)
		CHECK_INT(evhub_event_base_loopcontinue(evhub_evwatch_base(watch)), 0);
}

TEST(told_to_go_on_after_the_wait)
{
	struct event_base *base = init_base();
	struct side side;
	int calls = 0;

	open_side(&side);
	bufferevent_setcb(side.bev, NULL, NULL, NULL, NULL);
	CHECK(evhub_evwatch_check_new(base, go_on_once, &calls) != NULL);
	CHECK_INT(write_text(side.bev, "x"), 0);
	check_written(&side);
}
