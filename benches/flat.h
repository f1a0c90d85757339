/*
 * The least that a byte queue can be: one block that grows by doubling and is tidied up when its
 * end is reached. It checks nothing that it need not. Its functions are called and not inlined,
 * as those of a library are.
 */
#ifndef FLAT_H
#define FLAT_H

#include <stddef.h>

struct flat {
	char *memory;
	size_t start;
	size_t length;
	size_t size;
};

void flat_add(struct flat *flat, const void *data, size_t length);
void flat_drain(struct flat *flat, size_t length);
void flat_make_room(struct flat *flat, size_t length);

#endif
