/* evutil.h: numbers, printing, sockets, time (behaviours 182, 183; U01, U02, U03). */
#include "harness.h"

#include <stdarg.h>
#include <sys/socket.h>
#include <time.h>

TEST_ONCE(strtoll_is_strtoll)
{
	static const char *const texts[] = {
		"", " ", "\t\n ", "0", "-0", "+7", "--1", "+-1", "12abc", "0x1f", "0X", "0xg",
		"017", "08", "zz", "9223372036854775807", "9223372036854775808",
		"-9223372036854775808", "-9223372036854775809",
		"99999999999999999999999999", "  42  ", "-", "+", "x",
	};
	static const int bases[] = { 0, 2, 8, 10, 16, 36, 1, 37, -1 };
	size_t i;
	size_t j;

	for (i = 0; i < COUNT(texts); i++) {
		for (j = 0; j < COUNT(bases); j++) {
			char *want_end = NULL;
			char *got_end = NULL;
			long long want;
			long long got;
			int want_errno;

			errno = 0;
			want = strtoll(texts[i], &want_end, bases[j]);
			want_errno = errno;
			errno = 0;
			got = evutil_strtoll(texts[i], &got_end, bases[j]);
			CHECK_INT(errno, want_errno);
			CHECK_INT(got, want);
			/* For an impossible base the end is not defined. */
			if (want_errno != EINVAL)
				CHECK_PTR(got_end, want_end);
		}
	}
	CHECK_INT(evutil_strtoll("5000000000x", NULL, 10), 5000000000LL);
	CHECK_INT(sizeof(evutil_strtoll("1", NULL, 10)), 8);
}

static int
print(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = evutil_vsnprintf(buf, size, format, args);
	va_end(args);
	return n;
}

/* "hello 42" is eight long; the buffer's other bytes must stay. */
static void
check_print(size_t size, const char *want)
{
	char buf[2][12];
	size_t used = size == 0 ? 0 : strlen(want) + 1;
	size_t i;
	int which;

	memset(buf, '#', sizeof(buf));
	CHECK_INT(evutil_snprintf(buf[0], size, "%s %d", "hello", 42), 8);
	CHECK_INT(print(buf[1], size, "%s %d", "hello", 42), 8);
	for (which = 0; which < 2; which++) {
		if (size > 0)
			CHECK_STR(buf[which], want);
		for (i = used; i < sizeof(buf[which]); i++)
			CHECK_INT(buf[which][i], '#');
	}
}

TEST_ONCE(snprintf_always_ends_the_string)
{
	check_print(0, "");
	check_print(1, "");
	check_print(2, "h");
	check_print(8, "hello 4");
	check_print(9, "hello 42");
	check_print(12, "hello 42");
	CHECK_INT(evutil_snprintf(NULL, 0, "%d", 12345), 5);
	CHECK_INT(print(NULL, 0, "%s", "abc"), 3);
}

TEST_ONCE(snprintf_passes_all_kinds_of_arguments)
{
	char buf[200];

	CHECK(evutil_snprintf(buf, sizeof(buf), "%c|%ld|%lld|%5.2f|%p|%s|%u|%zu|%.1f|%d%d%d", 'x',
	    -1L, 1LL << 40, 3.14159, (void *)0, "end", 7U, (size_t)9, 2.5, 1, 2, 3) > 0);
	CHECK_STR(buf, "x|-1|1099511627776| 3.14|(nil)|end|7|9|2.5|123");
}

TEST_ONCE(snprintf_reports_what_does_not_fit_an_int)
{
	char buf[16];

	memset(buf, '#', sizeof(buf));
	CHECK_ERRNO(print(buf, sizeof(buf), "abc%2147483648d", 1), EOVERFLOW);
	CHECK(memchr(buf, '\0', sizeof(buf)) != NULL);
}

TEST_ONCE(socketpair_is_socketpair)
{
	char buf[8] = "";
	int fds[2];

	CHECK_INT(evutil_socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	CHECK_INT(write(fds[0], "ping", 4), 4);
	CHECK_INT(read(fds[1], buf, sizeof(buf)), 4);
	CHECK_STR(buf, "ping");
	CHECK_INT(write(fds[1], "pong", 4), 4);
	CHECK_INT(read(fds[0], buf, sizeof(buf)), 4);
	CHECK_STR(buf, "pong");
	close(fds[0]);
	CHECK_INT(read(fds[1], buf, sizeof(buf)), 0);
	close(fds[1]);
	CHECK_INT(evutil_socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
}

static void
check_pair_refused(int domain, int type, int protocol)
{
	int fds[2];
	int want;

	CHECK_INT(socketpair(domain, type, protocol, fds), -1);
	want = errno;
	CHECK_ERRNO(evutil_socketpair(domain, type, protocol, fds), want);
}

TEST_ONCE(impossible_socketpairs_are_refused)
{
	int before = open_fds();

	check_pair_refused(AF_INET, SOCK_STREAM, 0);
	check_pair_refused(AF_UNIX, 0, 0);
	check_pair_refused(AF_UNIX, SOCK_STREAM, 12345);
	check_pair_refused(12345, SOCK_STREAM, 0);
	CHECK_INT(open_fds(), before);
	capture_log();
	CHECK_ERRNO(evutil_socketpair(AF_UNIX, SOCK_STREAM, 0, NULL), EINVAL);
}

TEST_ONCE(nonblocking_keeps_the_other_flags)
{
	int fds[2];
	int before;

	CHECK_INT(pipe(fds), 0);
	CHECK_INT(fcntl(fds[1], F_SETFL, O_APPEND), 0);
	before = fcntl(fds[1], F_GETFL);
	CHECK_INT(evutil_make_socket_nonblocking(fds[1]), 0);
	CHECK_INT(fcntl(fds[1], F_GETFL), before | O_NONBLOCK);
	CHECK_INT(evutil_make_socket_nonblocking(fds[1]), 0);
	CHECK_INT(fcntl(fds[1], F_GETFL), before | O_NONBLOCK);
	CHECK_INT(fcntl(fds[1], F_GETFD), 0);
	CHECK_INT(evutil_make_socket_nonblocking(-1), -1);
	CHECK_ERRNO(evutil_make_socket_nonblocking(closed_fd()), EBADF);
}

TEST_ONCE(macros_on_time)
{
	struct timeval a = { 1, 600000 };
	struct timeval b = { 2, 500000 };
	struct timeval sum;
	struct timeval difference;
	time_t before = time(NULL);

	evutil_timeradd(&a, &b, &sum);
	CHECK_INT(sum.tv_sec, 4);
	CHECK_INT(sum.tv_usec, 100000);
	evutil_timersub(&b, &a, &difference);
	CHECK_INT(difference.tv_sec, 0);
	CHECK_INT(difference.tv_usec, 900000);
	CHECK(evutil_timercmp(&a, &b, <));
	CHECK(!evutil_timercmp(&a, &b, ==));
	CHECK(evutil_timercmp(&b, &a, >=));
	CHECK(evutil_timerisset(&a));
	evutil_timerclear(&a);
	CHECK(!evutil_timerisset(&a));
	CHECK_INT(evutil_gettimeofday(&a, NULL), 0);
	CHECK(a.tv_sec >= before);
	CHECK(a.tv_usec >= 0 && a.tv_usec < 1000000);
}

TEST_ONCE(integer_types_have_their_sizes)
{
	CHECK_INT(sizeof(ev_uint64_t), 8);
	CHECK_INT(sizeof(ev_int64_t), 8);
	CHECK_INT(sizeof(ev_uint32_t), 4);
	CHECK_INT(sizeof(ev_uint16_t), 2);
	CHECK_INT(sizeof(ev_uint8_t), 1);
	CHECK((ev_int64_t)-1 < 0);
	CHECK((ev_uint64_t)-1 > 0);
}

TEST_ONCE(the_socket_error_is_errno)
{
	errno = EPIPE;
	CHECK_INT(EVUTIL_SOCKET_ERROR(), EPIPE);
	EVUTIL_SET_SOCKET_ERROR(EAGAIN);
	CHECK_INT(errno, EAGAIN);
}
