/*
 * Stands for libevent 1.4's library at the time the old programs are linked: the names without
 * any code, the data with its sizes. Nothing ever runs with it.
 */
#define EMPTY(name) void name(void); void name(void) {}

EMPTY(event_init)
EMPTY(event_base_free)
EMPTY(event_get_version)
EMPTY(event_get_method)
EMPTY(event_set)
EMPTY(event_add)
EMPTY(event_del)
EMPTY(event_once)
EMPTY(event_pending)
EMPTY(event_loop)
EMPTY(event_loopexit)
EMPTY(event_dispatch)

void *current_base;
int event_gotsig;
int (*event_sigcb)(void);
