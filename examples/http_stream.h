/* Bytes that server and client both know, at every place of an endless text. */
#include <stddef.h>
#include <string.h>

#define PERIOD 65521

/* So many bytes of it, from that place on: fewer if the text begins anew before. */
static const unsigned char *bytes_at(unsigned long long place, size_t *length)
{
	static unsigned char text[PERIOD];
	size_t at = place % PERIOD;

	if (text[1] == 0)
		for (size_t i = 0; i < PERIOD; i++)
			text[i] = (unsigned char)(i * 2654435761u >> 13 | 1);
	if (*length > PERIOD - at)
		*length = PERIOD - at;
	return text + at;
}

/* Are these the bytes from that place on? */
static int are_bytes_at(unsigned long long place, const unsigned char *bytes, size_t left)
{
	while (left > 0) {
		size_t length = left;
		const unsigned char *known = bytes_at(place, &length);

		if (memcmp(known, bytes, length) != 0)
			return 0;
		place += length;
		bytes += length;
		left -= length;
	}
	return 1;
}
