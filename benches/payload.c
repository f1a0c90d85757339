/* Bytes for the cases of buffers. */
#include "payload.h"

#include <string.h>

#include "measure.h"

char payload[TEXT];

char *text_of_lines(long *lines)
{
	char *text = zeroed(TEXT, 1);
	uint32_t seed = 7;
	size_t i, length;

	*lines = 0;
	for (i = 0; i < TEXT; i++)
		text[i] = 'a' + i % 26;
	for (i = 0; i + 120 < TEXT; i += length) {
		seed = seed * 1664525 + 1013904223;
		length = 20 + (seed >> 16) % 40;
		memcpy(text + i + length - 2, "\r\n", 2);
		++*lines;
	}
	memcpy(text + TEXT - 2, "\r\n", 2);
	++*lines;
	return text;
}

char *text_without_lines(void)
{
	char *text = zeroed(TEXT, 1);

	memset(text, 'x', TEXT);
	memcpy(text + TEXT - strlen(NEEDLE), NEEDLE, strlen(NEEDLE));
	return text;
}

char *text_of_short_lines(void)
{
	char *text = text_without_lines();
	size_t i;

	for (i = 38; i + 40 < TEXT; i += 40)
		memcpy(text + i, "\r\n", 2);
	return text;
}
