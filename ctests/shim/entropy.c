/*
 * Takes the system's random numbers away: getrandom fails, as in kernels and sandboxes without it,
 * and the devices cannot be opened, or end at once. entropy_break() says what of it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

static int call_error;		/* errno of getrandom; 0: it works */
static int device_is_missing;
static long calls;
static long opened;

/* The controls, which a test finds by dlsym. */

void
entropy_break(int error, int and_the_device)
{
	call_error = error;
	device_is_missing = and_the_device;
}

/* How often getrandom was tried, */
long
entropy_calls(void)
{
	return calls;
}

/* and a device opened or not. */
long
entropy_opened(void)
{
	return opened;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *error = getenv("ENTROPY_ERROR");

	if (error != NULL)
		call_error = atoi(error);
}

#define NEXT(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

ssize_t
getrandom(void *bytes, size_t size, unsigned int flags)
{
	calls++;
	if (call_error != 0) {
		errno = call_error;
		return -1;
	}
	return syscall(SYS_getrandom, bytes, size, flags);
}

int
getentropy(void *bytes, size_t size)
{
	return getrandom(bytes, size, 0) == (ssize_t)size ? 0 : -1;
}

/* True if there is no such file. */
static int
is_missing(const char *path)
{
	if (strcmp(path, "/dev/urandom") != 0 && strcmp(path, "/dev/random") != 0)
		return 0;
	opened++;
	if (device_is_missing)
		errno = ENOENT;
	return device_is_missing;
}

static int
mode_of(int flags, va_list args)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, int) : 0;
}

#define OPEN(name)                                              \
	int name(const char *path, int flags, ...)              \
	{                                                       \
		va_list args;                                   \
		int mode;                                       \
                                                                \
		va_start(args, flags);                          \
		mode = mode_of(flags, args);                    \
		va_end(args);                                   \
		if (is_missing(path))                           \
			return -1;                              \
		return NEXT(name)(path, flags, mode);           \
	}

OPEN(open)
OPEN(open64)

#define OPEN_AT(name)                                           \
	int name(int folder, const char *path, int flags, ...)  \
	{                                                       \
		va_list args;                                   \
		int mode;                                       \
                                                                \
		va_start(args, flags);                          \
		mode = mode_of(flags, args);                    \
		va_end(args);                                   \
		if (is_missing(path))                           \
			return -1;                              \
		return NEXT(name)(folder, path, flags, mode);   \
	}

OPEN_AT(openat)
OPEN_AT(openat64)
