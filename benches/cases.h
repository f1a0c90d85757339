/* The cases, for any library with libevent's API; of buffers, DNS, HTTP where it has them. */
#ifndef CASES_H
#define CASES_H

/* loop.c, active.c, timers.c */
void bench_pipes(void);
void bench_pingpong(void);
void bench_rearm(void);
void bench_add_del(void);
void bench_timers_1e3(void);
void bench_timers_1e5(void);
void bench_timers_1e6(void);
void bench_active(void);
void bench_signal(void);

/* buffer.c */
void bench_append(void);
void bench_queue(void);
void bench_readline(void);
void bench_find(void);
void bench_move(void);
void bench_printf(void);

/* stream.c */
void bench_transfer(void);
void bench_echo_1(void);
void bench_echo_100(void);

/* dns.c */
void bench_dns_1(void);
void bench_dns_64(void);
void bench_dns_256(void);

/* http.c */
void bench_http_1(void);
void bench_http_50(void);
void bench_http_large(void);
void bench_http_idle(void);

#endif
