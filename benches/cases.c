/* The table of cases for a library with libevent's API. The floors have tables of their own. */
#include <sys/types.h>
#include <sys/time.h>
#include <stddef.h>

#include <event.h>

#include "cases.h"
#include "measure.h"

const char *library_version(void)
{
	return event_get_version();
}

const struct bench benches[] = {
	{ "pipes", bench_pipes },
	{ "pingpong", bench_pingpong },
	{ "rearm", bench_rearm },
	{ "add_del", bench_add_del },
	{ "timers.1e3", bench_timers_1e3 },
	{ "timers.1e5", bench_timers_1e5 },
	{ "timers.1e6", bench_timers_1e6 },
	{ "active", bench_active },
	{ "signal", bench_signal },
#ifndef WITHOUT_BUFFERS
	{ "append", bench_append },
	{ "queue", bench_queue },
	{ "readline", bench_readline },
	{ "find", bench_find },
	{ "move", bench_move },
	{ "printf", bench_printf },
	{ "transfer", bench_transfer },
	{ "echo.1", bench_echo_1 },
	{ "echo.100", bench_echo_100 },
#endif
#ifndef WITHOUT_DNS
	{ "dns.1", bench_dns_1 },
	{ "dns.64", bench_dns_64 },
	{ "dns.256", bench_dns_256 },
#endif
#ifndef WITHOUT_HTTP
	{ "http.1", bench_http_1 },
	{ "http.50", bench_http_50 },
	{ "http.large", bench_http_large },
	{ "http.idle", bench_http_idle },
#endif
	{ NULL, NULL },
};
