/* The floor of timers.c. */
#ifndef FLOOR_TIMERS_H
#define FLOOR_TIMERS_H

void floor_timers_1e3(void);
void floor_timers_1e5(void);
void floor_timers_1e6(void);

#endif
