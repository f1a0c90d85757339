/* Proves the part of behaviour 86 that no descriptor shows by itself: the end while writing. */
#include "shim.h"
#include "sides.h"

/* A write that takes nothing, without an error. */
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
