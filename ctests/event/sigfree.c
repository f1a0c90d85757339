/*
 * A base is freed while the signal handler, in another thread, is about to wake it: it must not
 * write to a descriptor that was closed under it, and maybe means another file by then
 * (behaviours 57, 65).
 */
#include "harness.h"

#include <pthread.h>
#include <sys/syscall.h>

static pthread_t raiser;
static volatile int armed;
static volatile int inside;
static volatile int stale;

/* The library's write, in the handler: a long time passes before it happens. */
ssize_t
write(int fd, const void *buf, size_t size)
{
	if (armed && pthread_equal(pthread_self(), raiser)) {
		armed = 0;
		inside = 1;
		sleep_ms(300);
		if (fcntl(fd, F_GETFD) == -1)
			stale = 1;
	}
	return syscall(SYS_write, fd, buf, size);
}

static void *
raise_thread(void *unused)
{
	raiser = pthread_self();
	armed = 1;
	raise(SIGUSR1);
	return unused;
}

TEST(a_base_is_freed_while_a_handler_runs)
{
	struct event_base *base = event_base_new();
	struct event ev;
	struct note note = { 0, 0, 0, 0 };
	pthread_t thread;

	CHECK(base != NULL);
	if (strcmp(event_base_get_method(base), "kqueue") == 0)
		SKIP("the emulation of the kernel has handlers of its own");
	signal(SIGUSR1, SIG_IGN);
	signal_set(&ev, SIGUSR1, note_cb, &note);
	CHECK_INT(event_base_set(base, &ev), 0);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(pthread_create(&thread, NULL, raise_thread, NULL), 0);
	while (!inside)
		sleep_ms(1);
	event_base_free(base);
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK_INT(stale, 0);
}
