/*
 * Limits: on one call, on a stretch of code, on a greenlet as a whole. Whichever ends first, the
 * call that waits returns -1, and so does every later one, until somebody has dealt with it: so
 * code that checks what its calls return finds its way out, and cleans up, without being told.
 */
#include <errno.h>
#include <stdio.h>

#include <evhub.h>

static int errors;

static void expect(int got, const char *what)
{
	printf("%s%s\n", got ? "" : "NOT: ", what);
	errors += !got;
}

/* Code that somebody else wrote, without a thought of time: it has no timeout to set. */
static int three_steps(void)
{
	return evhub_sleep(0.001) == -1 || evhub_sleep(3600) == -1 || evhub_sleep(1) == -1 ? -1 : 0;
}

/* A limit on all of it, which ends with the block, however that is left. */
static void in_a_hurry(void)
{
	EVHUB_TIMEOUT_SCOPE(limit, 0.02);

	expect(three_steps() == -1 && errno == ETIMEDOUT, "a limit on a stretch of code");
	expect(evhub_timeout_expired(limit) == 1, "it was this one");
}

/* In no hurry, but its caller is: every limit around a call holds. */
static void *patient(void *arg)
{
	EVHUB_TIMEOUT_SCOPE(limit, 3600);

	expect(three_steps() == -1 && evhub_timeout_expired(limit) == 0, "it was another one");
	return arg;
}

/* Has something that must be given back, and needs calls that wait for that. */
static void *borrower(void *arg)
{
	evhub_semaphore_t *book = arg;
	int error;

	if (evhub_semaphore_acquire(book, -1) == -1)
		return evhub_fail(errno, "no book");
	expect(evhub_sleep(3600) == -1 && errno == EINTR, "killed while it reads");
	expect(evhub_sleep(0.001) == -1 && errno == EINTR, "the next call fails as well");
	error = evhub_kill_ack();
	expect(evhub_sleep(0.001) == 0, "acknowledged: calls work again");
	evhub_semaphore_release(book);
	return evhub_fail(error, "not done with the book");
}

int main(void)
{
	evhub_attr_t quiet = { sizeof(quiet), "borrower", 0, 0, EVHUB_QUIET };
	evhub_semaphore_t *book = evhub_semaphore_new(1, 0);
	evhub_greenlet_t *g = evhub_spawn_with(&quiet, borrower, book);

	evhub_sleep(0.001);
	expect(evhub_semaphore_acquire(book, 0) == -1 && errno == EAGAIN, "a look: it is lent");
	expect(evhub_semaphore_acquire(book, 0.01) == -1 && errno == ETIMEDOUT, "and still is");
	in_a_hurry();
	expect(evhub_with_timeout(0.01, patient, NULL, NULL) == -1 && errno == ETIMEDOUT,
	    "a limit on a function");
	expect(evhub_kill(g, EINTR, 1) == 0, "asked to end, and waited for that");
	expect(evhub_error(g) == EINTR && evhub_semaphore_acquire(book, 0) == 0, "all put right");
	evhub_release(g);
	evhub_semaphore_free(book);
	printf("%d errors\n", errors);
	return errors > 0;
}
