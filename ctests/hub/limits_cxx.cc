/* Limits of scopes in C++: they end however the scope is left, by an exception, too. */
#include "hub.h"

static void
throws_within(double seconds)
{
	EVHUB_TIMEOUT_SCOPE(limit, seconds);

	CHECK(limit != NULL);
	CHECK_INT(evhub_sleep(LONG), -1);
	throw errno;
}

static int
returns_within(double seconds)
{
	EVHUB_TIMEOUT_SCOPE(limit, seconds);

	return evhub_timeout_pending(limit);
}

TEST_ONCE(scopes_end_with_an_exception)
{
	int caught = 0;

	try {
		throws_within(0.001);
	} catch (int error) {
		caught = error;
	}
	CHECK_INT(caught, ETIMEDOUT);
	CHECK_INT(evhub_sleep(0.001), 0);
	CHECK_INT(returns_within(0.001), 1);
	CHECK_INT(evhub_sleep(0.005), 0);
}

static void *
throws_and_catches(void *arg)
{
	int *count = static_cast<int *>(arg);

	try {
		throws_within(0.001);
	} catch (int error) {
		CHECK_INT(error, ETIMEDOUT);
		CHECK_INT(evhub_sleep(0.001), 0);
		++*count;
	}
	return NULL;
}

/* Exceptions within greenlets, while others are in theirs. */
TEST_ONCE(exceptions_within_greenlets)
{
	evhub_greenlet_t *all[10];
	int count = 0;

	for (size_t i = 0; i < COUNT(all); i++)
		all[i] = spawn(throws_and_catches, &count);
	CHECK_INT(evhub_joinall(all, COUNT(all), 0, LONG), 0);
	CHECK_INT(count, (int)COUNT(all));
	for (size_t i = 0; i < COUNT(all); i++)
		evhub_release(all[i]);
}
