/*
 * Proves the parts of behaviours 86 and 88 that no descriptor shows by itself: a write that takes
 * nothing, and writes that take exactly so much.
 */
#include "shim.h"
#include "sides.h"

TEST_ENV(a_write_that_moves_nothing, "SHIM=fault")
{
	struct side side;

	init_base();
	open_side(&side);
	CHECK_INT(write_text(side.bev, "hello"), 0);
	fault_set("send=NOTHING,write=NOTHING,writev=NOTHING,sendmsg=NOTHING");
	event_loop(EVLOOP_ONCE);
	fault_set("");
	CHECK_INT(side.errors, 1);
	CHECK_INT(side.what, EVBUFFER_WRITE | EVBUFFER_EOF);
	CHECK_INT(side.writes, 0);
	CHECK_INT(writing(&side), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(side.errors, 1);
	CHECK_STR(text_of(side.bev->output), "hello");
	close_side(&side);
}

/* Ten bytes in pieces of three leave 7, 4, 1 and 0. */
static void
check_calls(size_t low, int want)
{
	struct side side;

	open_side(&side);
	bufferevent_setwatermark(side.bev, EV_WRITE, low, 0);
	CHECK_INT(write_text(side.bev, "0123456789"), 0);
	fault_set("send=SHORT3");
	CHECK_INT(event_dispatch(), 1);
	fault_set("");
	CHECK_INT(side.writes, want);
	CHECK_STR(heard(side.peer), "0123456789");
	close_side(&side);
}

TEST_ENV(writecb_at_exactly_the_low_mark, "SHIM=fault")
{
	init_base();
	check_calls(0, 1);
	check_calls(1, 2);
	check_calls(3, 2);
	check_calls(4, 3);
	check_calls(6, 3);
	check_calls(7, 4);
	check_calls(8, 4);
}
