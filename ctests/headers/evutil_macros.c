/*
 * The macros of evutil.h: time arithmetic with every operator, sockets, integers. They must
 * work with nothing else included, and where timeradd() and its kin do not exist.
 */
#include "evutil.h"

#include <unistd.h>

#include "check.h"

static struct timeval time_of(long seconds, long microseconds)
{
	struct timeval tv;

	tv.tv_sec = seconds;
	tv.tv_usec = microseconds;
	return tv;
}

static void compares(struct timeval a, struct timeval b, int order)
{
	CHECK(evutil_timercmp(&a, &b, <) == (order < 0));
	CHECK(evutil_timercmp(&a, &b, <=) == (order <= 0));
	CHECK(evutil_timercmp(&a, &b, ==) == (order == 0));
	CHECK(evutil_timercmp(&a, &b, !=) == (order != 0));
	CHECK(evutil_timercmp(&a, &b, >=) == (order >= 0));
	CHECK(evutil_timercmp(&a, &b, >) == (order > 0));
}

static void arithmetic(void)
{
	struct timeval a = time_of(1, 600000), b = time_of(2, 700000), c;

	evutil_timeradd(&a, &b, &c);
	CHECK(c.tv_sec == 4 && c.tv_usec == 300000);
	evutil_timersub(&c, &b, &c);
	CHECK(c.tv_sec == 1 && c.tv_usec == 600000);
	evutil_timersub(&b, &a, &c);
	CHECK(c.tv_sec == 1 && c.tv_usec == 100000);
	evutil_timersub(&a, &b, &c);
	CHECK(c.tv_sec == -2 && c.tv_usec == 900000);
	a = time_of(0, 500000);
	evutil_timeradd(&a, &a, &a);
	CHECK(a.tv_sec == 1 && a.tv_usec == 0);
	CHECK(evutil_timerisset(&a));
	evutil_timerclear(&a);
	CHECK(!evutil_timerisset(&a));
	a = time_of(0, 1);
	CHECK(evutil_timerisset(&a));
	/* As statements, without braces. */
	if (evutil_timerisset(&a))
		evutil_timeradd(&a, &a, &a);
	else
		evutil_timersub(&a, &a, &a);
	CHECK(a.tv_usec == 2);
}

static void sockets(void)
{
	int pair[2];

	CHECK(pipe(pair) == 0);
	CHECK(EVUTIL_CLOSESOCKET(pair[0]) == 0);
	CHECK(EVUTIL_CLOSESOCKET(pair[0]) == -1 && EVUTIL_SOCKET_ERROR() == EBADF);
	if (pair[1] >= 0)
		EVUTIL_SET_SOCKET_ERROR(EAGAIN);
	else
		EVUTIL_SET_SOCKET_ERROR(EINTR);
	CHECK(EVUTIL_SOCKET_ERROR() == EAGAIN && errno == EAGAIN);
	CHECK(EVUTIL_CLOSESOCKET(pair[1]) == 0);
}

int main(void)
{
	struct timeval now;
	ev_uint64_t u64 = ~(ev_uint64_t)0;
	ev_int64_t i64 = -1;
	ev_uint32_t u32 = ~(ev_uint32_t)0;
	ev_uint16_t u16 = (ev_uint16_t)~(ev_uint16_t)0;
	ev_uint8_t u8 = (ev_uint8_t)~(ev_uint8_t)0;

	compares(time_of(1, 2), time_of(1, 2), 0);
	compares(time_of(1, 2), time_of(1, 3), -1);
	compares(time_of(1, 3), time_of(1, 2), 1);
	compares(time_of(1, 3), time_of(2, 2), -1);
	compares(time_of(2, 2), time_of(1, 3), 1);
	compares(time_of(-1, 0), time_of(0, 0), -1);
	arithmetic();
	sockets();
	CHECK(evutil_gettimeofday(&now, NULL) == 0 && now.tv_sec > 0);
	CHECK(sizeof(u64) == 8 && u64 > 0 && sizeof(i64) == 8 && i64 < 0);
	CHECK(sizeof(u32) == 4 && u32 == 0xffffffffU);
	CHECK(sizeof(u16) == 2 && u16 == 0xffff && sizeof(u8) == 1 && u8 == 0xff);
	return 0;
}
