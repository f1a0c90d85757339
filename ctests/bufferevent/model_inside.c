/*
 * The random programs of model.c whose callbacks do any of it, too: write, drain, set marks and
 * descriptors, free themselves and others, loop within the loop, break it.
 */
#include "model_run.h"

TEST(random_programs_inside_callbacks)
{
	random_programs(600, 1);
}
