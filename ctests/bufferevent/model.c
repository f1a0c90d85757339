/*
 * Random programs over a few bufferevents, whose callbacks only look, against a model that is
 * simple enough to be believed (behaviours 81-93, 195): all bytes in order, readcb and writecb
 * by their marks and from the loop alone, errors once, no more buffered than the high mark.
 */
#include "model_run.h"

TEST(random_programs)
{
	random_programs(1500, 0);
}
