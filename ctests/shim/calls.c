/*
 * Makes calls about memory, threads and processes fail, by the test's word: calls_fail(). For those
 * about memory the kernel is called by number: they come before anything is set up.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct rule {
	const char *name;
	long calls;
	long first;		/* 0: no rule */
	int and_later;
	int error;
} rules[] = {
	{ .name = "mmap" }, { .name = "mprotect" }, { .name = "madvise" }, { .name = "mincore" },
	{ .name = "sigaltstack" }, { .name = "fork" }, { .name = "getrlimit" },
	{ .name = "pthread_key_create" }, { .name = "pthread_setspecific" },
};

enum {
	MMAP, MPROTECT, MADVISE, MINCORE, SIGALTSTACK, FORK, GETRLIMIT, KEY_CREATE, SETSPECIFIC,
	FUNCTIONS
};

/* From now on the first-th call fails, or that and all after it. 0: none does. */
void
calls_fail(const char *name, long first, int and_later, int error)
{
	int i;

	for (i = 0; i < FUNCTIONS; i++) {
		if (strcmp(rules[i].name, name) != 0)
			continue;
		rules[i].calls = 0;
		rules[i].first = first;
		rules[i].and_later = and_later;
		rules[i].error = error;
	}
}

/* How many calls there were since then. */
long
calls_made(const char *name)
{
	int i;

	for (i = 0; i < FUNCTIONS; i++) {
		if (strcmp(rules[i].name, name) == 0)
			return rules[i].calls;
	}
	return -1;
}

static int
fails(int function)
{
	struct rule *rule = &rules[function];
	long call = ++rule->calls;

	if (rule->first == 0 || call < rule->first || (call > rule->first && !rule->and_later))
		return 0;
	errno = rule->error;
	return 1;
}

void *
mmap(void *address, size_t length, int prot, int flags, int fd, off_t offset)
{
	if (fails(MMAP))
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, address, length, prot, flags, fd, offset);
}

void *
mmap64(void *address, size_t length, int prot, int flags, int fd, off64_t offset)
{
	return mmap(address, length, prot, flags, fd, offset);
}

int
mprotect(void *address, size_t length, int prot)
{
	return fails(MPROTECT) ? -1 : (int)syscall(SYS_mprotect, address, length, prot);
}

int
madvise(void *address, size_t length, int advice)
{
	return fails(MADVISE) ? -1 : (int)syscall(SYS_madvise, address, length, advice);
}

int
mincore(void *address, size_t length, unsigned char *pages)
{
	return fails(MINCORE) ? -1 : (int)syscall(SYS_mincore, address, length, pages);
}

int
sigaltstack(const stack_t *stack, stack_t *old)
{
	return fails(SIGALTSTACK) ? -1 : (int)syscall(SYS_sigaltstack, stack, old);
}

#define NEXT(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

pid_t
fork(void)
{
	return fails(FORK) ? -1 : NEXT(fork)();
}

int
getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
	return fails(GETRLIMIT) ? -1 : NEXT(getrlimit)(resource, limit);
}

int
getrlimit64(__rlimit_resource_t resource, struct rlimit64 *limit)
{
	return fails(GETRLIMIT) ? -1 : NEXT(getrlimit64)(resource, limit);
}

int
pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
	return fails(KEY_CREATE) ? errno : NEXT(pthread_key_create)(key, destructor);
}

int
pthread_setspecific(pthread_key_t key, const void *value)
{
	return fails(SETSPECIFIC) ? errno : NEXT(pthread_setspecific)(key, value);
}
