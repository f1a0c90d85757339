/* What the tests of allocation share: the shim, where it can be used. */
#ifndef EVHUB_CTESTS_ALLOC_H
#define EVHUB_CTESTS_ALLOC_H

#include "harness.h"
#include "shim.h"

/* AddressSanitizer has an allocator of its own: two of them would not get on. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ALLOC_TEST(name) TEST(name)
#define need_shim() SKIP("the sanitizer's allocator is in use")
#else
#define ALLOC_TEST(name) TEST_ENV(name, "SHIM=alloc")
#define need_shim() ((void)0)
#endif

#endif
