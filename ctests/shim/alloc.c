/*
 * Counts allocations, live blocks and locks, and makes the n-th allocation fail (or that one
 * and all that follow). The tests find the controls by dlsym.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static long allocations;
static long live;
static long locks;
static long fail_at;		/* counted down; 0: no failure */
static int fail_on;		/* all that follow fail too */
static long failures;

static long
load(const long *counter)
{
	return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

static void
add(long *counter, long n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_SEQ_CST);
}

long
alloc_count(void)
{
	return load(&allocations);
}

long
alloc_live(void)
{
	return load(&live);
}

long
alloc_locks(void)
{
	return load(&locks);
}

/* n 1 is the next allocation; 0 ends all failing. */
void
alloc_fail(long n, int and_all_that_follow)
{
	fail_at = n;
	fail_on = and_all_that_follow;
	failures = 0;
}

long
alloc_failures(void)
{
	return failures;
}

/* Called once per allocation. */
static int
must_fail(void)
{
	add(&allocations, 1);
	if (fail_at == 0)
		return 0;
	if (fail_at > 1) {
		fail_at--;
		return 0;
	}
	if (!fail_on)
		fail_at = 0;
	failures++;
	errno = ENOMEM;
	return 1;
}

static void *
counted(void *block)
{
	if (block != NULL)
		add(&live, 1);
	return block;
}

void *
malloc(size_t size)
{
	return must_fail() ? NULL : counted(__libc_malloc(size));
}

void *
calloc(size_t n, size_t size)
{
	return must_fail() ? NULL : counted(__libc_calloc(n, size));
}

void *
realloc(void *old, size_t size)
{
	void *block;

	if (must_fail())
		return NULL;
	block = __libc_realloc(old, size);
	if (old == NULL)
		counted(block);
	else if (block == NULL && size == 0)
		add(&live, -1);
	return block;
}

void *
memalign(size_t alignment, size_t size)
{
	return must_fail() ? NULL : counted(__libc_memalign(alignment, size));
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int
posix_memalign(void **out, size_t alignment, size_t size)
{
	int saved = errno;
	void *block = memalign(alignment, size);

	errno = saved;
	if (block == NULL)
		return ENOMEM;
	*out = block;
	return 0;
}

void
free(void *block)
{
	if (block != NULL)
		add(&live, -1);
	__libc_free(block);
}

/* Locks: the contended ones of Rust's library end in a futex call, C's begin with these. */

#define NEXT(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

int
pthread_mutex_lock(pthread_mutex_t *mutex)
{
	static __typeof__(pthread_mutex_lock) *next;

	add(&locks, 1);
	if (next == NULL)
		next = NEXT(pthread_mutex_lock);
	return next(mutex);
}

int
pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	add(&locks, 1);
	return NEXT(pthread_mutex_trylock)(mutex);
}

int
pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
	add(&locks, 1);
	return NEXT(pthread_rwlock_rdlock)(lock);
}

int
pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
	add(&locks, 1);
	return NEXT(pthread_rwlock_wrlock)(lock);
}

int
pthread_spin_lock(pthread_spinlock_t *lock)
{
	add(&locks, 1);
	return NEXT(pthread_spin_lock)(lock);
}

long
syscall(long number, ...)
{
	long a[6];
	va_list args;
	int i;

	va_start(args, number);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_futex)
		add(&locks, 1);
	return NEXT(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
