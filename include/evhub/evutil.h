/*
 * Small portable helpers: integers of fixed size, sockets, arithmetic on struct timeval,
 * bounded printing. Names and meanings are those of libevent 1.4.
 *
 * Where a behaviour is cited by number, docs/behaviours.md tells it in full: what libevent 1.4
 * does, and whether this library does the same.
 */
#ifndef _EVUTIL_H_
#define _EVUTIL_H_

#include "event-config.h"

#include <sys/types.h>
#include <sys/time.h>

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Integers. These are macros, as they always were: they can be undefined and tested.
 */
#define ev_uint64_t uint64_t
#define ev_int64_t int64_t
#define ev_uint32_t uint32_t
#define ev_uint16_t uint16_t
#define ev_uint8_t uint8_t

/*
 * Sockets. EVUTIL_CLOSESOCKET needs <unistd.h>.
 */
#define EVUTIL_CLOSESOCKET(s) close(s)
#define EVUTIL_SOCKET_ERROR() (errno)
#define EVUTIL_SET_SOCKET_ERROR(errcode) \
	do { \
		errno = (errcode); \
	} while (0)

/*
 * Arithmetic on struct timeval, as timeradd() and its kin where the C library has them. Both
 * operands are taken to be normalised (0 <= tv_usec < 1000000). The result of evutil_timeradd
 * and evutil_timersub may be one of the operands.
 */

/** *vvp = *tvp + *uvp */
#define evutil_timeradd(tvp, uvp, vvp) \
	do { \
		(vvp)->tv_sec = (tvp)->tv_sec + (uvp)->tv_sec; \
		(vvp)->tv_usec = (tvp)->tv_usec + (uvp)->tv_usec; \
		if ((vvp)->tv_usec >= 1000000) { \
			(vvp)->tv_sec++; \
			(vvp)->tv_usec -= 1000000; \
		} \
	} while (0)

/** *vvp = *tvp - *uvp */
#define evutil_timersub(tvp, uvp, vvp) \
	do { \
		(vvp)->tv_sec = (tvp)->tv_sec - (uvp)->tv_sec; \
		(vvp)->tv_usec = (tvp)->tv_usec - (uvp)->tv_usec; \
		if ((vvp)->tv_usec < 0) { \
			(vvp)->tv_sec--; \
			(vvp)->tv_usec += 1000000; \
		} \
	} while (0)

/** Makes *tvp zero. */
#define evutil_timerclear(tvp) ((tvp)->tv_sec = (tvp)->tv_usec = 0)

/** Non-zero if *tvp is not zero. */
#define evutil_timerisset(tvp) ((tvp)->tv_sec || (tvp)->tv_usec)

/** Compares two times; cmp is an operator, any of < <= == != >= > */
#define evutil_timercmp(tvp, uvp, cmp) \
	(((tvp)->tv_sec == (uvp)->tv_sec) ? \
	    ((tvp)->tv_usec cmp (uvp)->tv_usec) : \
	    ((tvp)->tv_sec cmp (uvp)->tv_sec))

#define evutil_gettimeofday(tv, tz) gettimeofday((tv), (tz))

/*
 * Functions.
 */

/**
 * Makes a socket non-blocking; its other flags stay.
 *
 * @param sock a descriptor
 * @return 0; -1 with errno (EBADF)
 * @see behaviour 182
 */
int evutil_make_socket_nonblocking(int sock);

/**
 * A pair of connected sockets: socketpair(2).
 *
 * @param d domain, e.g. AF_UNIX
 * @param type SOCK_STREAM and so on
 * @param protocol usually 0
 * @param sv room for two descriptors, which the caller closes
 * @return 0; -1 with errno (EAFNOSUPPORT, EINVAL, EMFILE ...)
 * @see behaviour 183
 *
 * @pre `sv` is NULL (EINVAL) or points to two ints.
 */
int evutil_socketpair(int d, int type, int protocol, int *sv);

/**
 * Reads a 64-bit number: strtoll(3).
 *
 * @param s the text
 * @param endptr if not NULL: where reading stopped
 * @param base 2 to 36, or 0 to go by the prefix
 * @return the number; INT64_MAX or INT64_MIN with errno ERANGE; 0 with EINVAL for a bad base
 * @see behaviour 183
 *
 * @pre `s` is a string; `endptr` is NULL or writable.
 */
int64_t evutil_strtoll(const char *s, char **endptr, int base);

/**
 * Prints into a buffer, as snprintf.
 *
 * The result is always terminated; a buffer of no bytes is left alone.
 *
 * @param buf     receives the text
 * @param buflen  its size in bytes
 * @param format  as for printf
 * @return the length that the whole text would have, or -1
 */
int evutil_snprintf(char *buf, size_t buflen, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/**
 * Prints into a buffer, as vsnprintf: evutil_snprintf with the arguments in a va_list.
 *
 * @param buf     receives the text
 * @param buflen  its size in bytes
 * @param format  as for printf
 * @param ap      the arguments; its value is indeterminate afterwards
 * @return the length that the whole text would have, or -1
 */
int evutil_vsnprintf(char *buf, size_t buflen, const char *format, va_list ap)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 0)))
#endif
    ;

#ifdef __cplusplus
}
#endif

#endif /* _EVUTIL_H_ */
