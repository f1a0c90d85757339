/* A byte queue by hand; flat.h says what it is for. */
#include "flat.h"

#include <stdlib.h>
#include <string.h>

#include "measure.h"

static void grow(struct flat *flat, size_t length)
{
	size_t size = flat->size != 0 ? flat->size : 256;

	while (size < length)
		size *= 2;
	flat->memory = realloc(flat->memory, size);
	must(flat->memory != NULL, "realloc");
	flat->size = size;
}

void flat_make_room(struct flat *flat, size_t length)
{
	if (flat->start + flat->length + length <= flat->size)
		return;
	if (flat->start > 0)
		memmove(flat->memory, flat->memory + flat->start, flat->length);
	flat->start = 0;
	/* A block that is nearly full would be tidied up all the time. */
	if (2 * flat->length + length > flat->size)
		grow(flat, 2 * flat->length + length);
}

void flat_add(struct flat *flat, const void *data, size_t length)
{
	if (__builtin_expect(flat->start + flat->length + length > flat->size, 0))
		flat_make_room(flat, length);
	memcpy(flat->memory + flat->start + flat->length, data, length);
	flat->length += length;
}

void flat_drain(struct flat *flat, size_t length)
{
	if (length >= flat->length) {
		flat->start = flat->length = 0;
	} else {
		flat->start += length;
		flat->length -= length;
	}
}
