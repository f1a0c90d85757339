/*
 * The last switch of a stack under AddressSanitizer. Its fake stack ceases to be when the sanitizer
 * is told so, and with it the variables of every function that was instrumented: between that
 * and the jump there is this function, which has none.
 */
#include <stddef.h>

/* Tells start_switch of the stack to go on with, and goes there. */
void evhub_leave(void (*start_switch)(void **, const void *, size_t), const void *low,
    size_t size, void (*go)(const void *, const void *), const void *from, const void *to);

void
evhub_leave(void (*start_switch)(void **, const void *, size_t), const void *low, size_t size,
    void (*go)(const void *, const void *), const void *from, const void *to)
{
	start_switch(NULL, low, size);
	go(from, to);
}
