/* The cases, as loop.c, timers.c and active.c define them for any library with libevent's API. */
#ifndef CASES_H
#define CASES_H

void bench_pipes(void);
void bench_pingpong(void);
void bench_rearm(void);
void bench_add_del(void);
void bench_timers_1e3(void);
void bench_timers_1e5(void);
void bench_timers_1e6(void);
void bench_active(void);
void bench_signal(void);

#endif
