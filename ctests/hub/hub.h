/* What the tests of the hub share. */
#ifndef EVHUB_CTESTS_HUB_H
#define EVHUB_CTESTS_HUB_H

#include "harness.h"

#include <evhub.h>
#endif
