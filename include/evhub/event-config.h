/*
 * What is known about the system, in the names that libevent 1.4's configure script gave.
 *
 * Programs read the versions and, some of them, the sizes; the rest is here because code that
 * was written against 1.4 tests it. Nothing in evhub depends on this file.
 */
#ifndef _EVENT_CONFIG_H_
#define _EVENT_CONFIG_H_

/*
 * Versions: of the interface, which is libevent 1.4.15's. evhub's own version is
 * evhub_version() of event_ext.h.
 */
#define _EVENT_VERSION "1.4.15"
#define _EVENT_NUMERIC_VERSION 0x01040f00

#define _EVENT_PACKAGE "libevent"
#define _EVENT_PACKAGE_BUGREPORT ""
#define _EVENT_PACKAGE_NAME ""
#define _EVENT_PACKAGE_STRING ""
#define _EVENT_PACKAGE_TARNAME ""
#define _EVENT_PACKAGE_URL ""
#define _EVENT_PACKAGE_VERSION ""
#define _EVENT_LT_OBJDIR ".libs/"

/* Sizes of the C types. */
#define _EVENT_SIZEOF_SHORT 2
#define _EVENT_SIZEOF_INT 4
#ifdef __LP64__
#define _EVENT_SIZEOF_LONG 8
#else
#define _EVENT_SIZEOF_LONG 4
#endif
#define _EVENT_SIZEOF_LONG_LONG 8

/* How the kernel is asked which descriptors are ready. */
#define _EVENT_HAVE_SELECT 1
#define _EVENT_HAVE_POLL 1
#if defined(__linux__)
#define _EVENT_HAVE_EPOLL 1
#define _EVENT_HAVE_EPOLL_CTL 1
#define _EVENT_HAVE_SYS_EPOLL_H 1
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || \
    defined(__OpenBSD__) || defined(__DragonFly__)
#define _EVENT_HAVE_KQUEUE 1
#define _EVENT_HAVE_WORKING_KQUEUE 1
#define _EVENT_HAVE_SYS_EVENT_H 1
#endif

/* Functions. */
#define _EVENT_DNS_USE_CPU_CLOCK_FOR_ID 1
#define _EVENT_HAVE_CLOCK_GETTIME 1
#define _EVENT_HAVE_FCNTL 1
#define _EVENT_HAVE_GETADDRINFO 1
#define _EVENT_HAVE_GETEGID 1
#define _EVENT_HAVE_GETEUID 1
#define _EVENT_HAVE_GETNAMEINFO 1
#define _EVENT_HAVE_GETTIMEOFDAY 1
#define _EVENT_HAVE_INET_NTOP 1
#define _EVENT_HAVE_SIGACTION 1
#define _EVENT_HAVE_SIGNAL 1
#define _EVENT_HAVE_STRSEP 1
#define _EVENT_HAVE_STRTOK_R 1
#define _EVENT_HAVE_STRTOLL 1
#define _EVENT_HAVE_VASPRINTF 1
#if !defined(__linux__)
#define _EVENT_HAVE_ISSETUGID 1
#define _EVENT_HAVE_STRLCPY 1
#endif

/* Libraries that a program may have to name. */
#if defined(__linux__)
#define _EVENT_HAVE_LIBNSL 1
#define _EVENT_HAVE_LIBRESOLV 1
#define _EVENT_HAVE_LIBRT 1
#endif

/* Headers. */
#define _EVENT_HAVE_DLFCN_H 1
#define _EVENT_HAVE_FCNTL_H 1
#define _EVENT_HAVE_INTTYPES_H 1
#define _EVENT_HAVE_POLL_H 1
#define _EVENT_HAVE_SIGNAL_H 1
#define _EVENT_HAVE_STDARG_H 1
#define _EVENT_HAVE_STDINT_H 1
#define _EVENT_HAVE_STDIO_H 1
#define _EVENT_HAVE_STDLIB_H 1
#define _EVENT_HAVE_STRINGS_H 1
#define _EVENT_HAVE_STRING_H 1
#define _EVENT_HAVE_SYS_IOCTL_H 1
#define _EVENT_HAVE_SYS_PARAM_H 1
#define _EVENT_HAVE_SYS_QUEUE_H 1
#define _EVENT_HAVE_SYS_SELECT_H 1
#define _EVENT_HAVE_SYS_SOCKET_H 1
#define _EVENT_HAVE_SYS_STAT_H 1
#define _EVENT_HAVE_SYS_TIME_H 1
#define _EVENT_HAVE_SYS_TYPES_H 1
#define _EVENT_HAVE_UNISTD_H 1
#define _EVENT_STDC_HEADERS 1
#define _EVENT_TIME_WITH_SYS_TIME 1

/* Macros and types that those headers define. */
#define _EVENT_HAVE_FD_MASK 1
#define _EVENT_HAVE_SETFD 1
#define _EVENT_HAVE_STRUCT_IN6_ADDR 1
#define _EVENT_HAVE_TAILQFOREACH 1
#define _EVENT_HAVE_TIMERADD 1
#define _EVENT_HAVE_TIMERCLEAR 1
#define _EVENT_HAVE_TIMERCMP 1
#define _EVENT_HAVE_TIMERISSET 1
#define _EVENT_HAVE_UINT8_T 1
#define _EVENT_HAVE_UINT16_T 1
#define _EVENT_HAVE_UINT32_T 1
#define _EVENT_HAVE_UINT64_T 1

#endif /* _EVENT_CONFIG_H_ */
