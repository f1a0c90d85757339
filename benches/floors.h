/* The floors: what is in floor_timers.c, floor_buffer.c, floor_stream.c, floor_dns.c and
 * floor_http.c. */
#ifndef FLOORS_H
#define FLOORS_H

void floor_timers_1e3(void);
void floor_timers_1e5(void);
void floor_timers_1e6(void);

void floor_append(void);
void floor_queue(void);
void floor_readline(void);
void floor_find(void);
void floor_move(void);
void floor_printf(void);

void floor_transfer(void);
void floor_echo_1(void);
void floor_echo_100(void);

void floor_dns_1(void);
void floor_dns_64(void);
void floor_dns_256(void);

void floor_http_1(void);
void floor_http_50(void);
void floor_http_large(void);
void floor_http_idle(void);

#endif
