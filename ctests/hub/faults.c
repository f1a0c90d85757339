/*
 * Calls of the system's that fail while a hub begins, and forks that do.
 */
#include "hub.h"
#include "shim.h"

#define calls_fail SHIM_CALL(void, calls_fail, (const char *, long, int, int))
#define calls_made SHIM_CALL(long, calls_made, (const char *))

#if defined(__SANITIZE_ADDRESS__)
#define CALLS_TEST(name) TEST_ONCE(name)
#define need_shim() SKIP("the sanitizer makes such calls itself")
#else
#define CALLS_TEST(name) TEST_ONCE_ENV(name, "SHIM=calls")
#define need_shim() ((void)0)
#endif

/* Nothing can be done without a hub; a moment later there is one. */
static void
check_no_hub(const char *call, int error)
{
	calls_fail(call, 1, 1, error);
	errno = 0;
	CHECK(evhub_spawn(returns, NULL) == NULL && errno == error);
	CHECK_ERRNO(evhub_yield(), error);
	CHECK_ERRNO(evhub_sleep(0.001), error);
	errno = 0;
	CHECK(evhub_main() == NULL && errno == error);
	errno = 0;
	CHECK(evhub_flag_new() == NULL && errno == error);
	CHECK_INT(evhub_shutdown(), 0);
	calls_fail(call, 0, 0, 0);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_PTR(end_of(spawn(returns, &call)), &call);
}

CALLS_TEST(no_key_for_the_ends_of_threads)
{
	need_shim();
	check_no_hub("pthread_key_create", EAGAIN);
}

CALLS_TEST(no_place_for_the_end_of_this_thread)
{
	need_shim();
	check_no_hub("pthread_setspecific", ENOMEM);
}

CALLS_TEST(a_limit_of_stacks_that_is_not_told)
{
	need_shim();
	calls_fail("getrlimit", 1, 1, EPERM);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK(calls_made("getrlimit") > 0);
	end_of(spawn(returns, NULL));
}

CALLS_TEST(a_fork_that_fails)
{
	need_shim();
	CHECK_INT(evhub_sleep(0.001), 0);
	calls_fail("fork", 1, 1, EAGAIN);
	CHECK_ERRNO(evhub_fork(), EAGAIN);
	CHECK_INT(evhub_sleep(0.001), 0);
	end_of(spawn(returns, NULL));
}
