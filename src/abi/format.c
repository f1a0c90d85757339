/*
 * The functions that format text, whose arguments only C can read. The exported names are in
 * variadic.rs and jump here; what is called here of Rust's is in format.rs.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

struct evbuffer;

/* Room for at least need bytes behind the data; NULL and errno if there cannot be, or no format. */
char *evhub_text_room(struct evbuffer *buf, const char *format, size_t need, size_t *room);
/* The first length bytes of that room are data now; whoever wants to know is told. */
void evhub_text_done(struct evbuffer *buf, size_t length);

/* Notes why the running greenlet fails; returns what its function is to return. */
void *evhub_note_failure(int error, const char *text);

int evhub_add_vprintf(struct evbuffer *buf, const char *format, va_list arguments);
int evhub_add_printf(struct evbuffer *buf, const char *format, ...);
void *evhub_fail_text(int error, const char *format, ...);

/* What is tried before the length is known (behaviour 193). */
#define FIRST_ROOM 64

/* The longest text of a failure; the rest is cut. */
#define FAILURE_TEXT 1024

int
evhub_add_vprintf(struct evbuffer *buf, const char *format, va_list arguments)
{
	size_t need = FIRST_ROOM;
	size_t room;
	int tries;

	/* The second time it fits, unless an argument has changed meanwhile. */
	for (tries = 0; tries < 3; tries++) {
		char *text = evhub_text_room(buf, format, need, &room);
		va_list copy;
		int length;

		if (text == NULL)
			return -1;
		if (room > INT_MAX)
			room = INT_MAX;
		va_copy(copy, arguments);
		length = vsnprintf(text, room, format, copy);
		va_end(copy);
		if (length < 0)
			return -1;
		if ((size_t)length < room) {
			evhub_text_done(buf, (size_t)length);
			return length;
		}
		if (length == INT_MAX)
			break;
		need = (size_t)length + 1;
	}
	errno = EOVERFLOW;
	return -1;
}

int
evhub_add_printf(struct evbuffer *buf, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = evhub_add_vprintf(buf, format, arguments);
	va_end(arguments);
	return length;
}

void *
evhub_fail_text(int error, const char *format, ...)
{
	char text[FAILURE_TEXT];
	va_list arguments;

	if (format == NULL)
		return evhub_note_failure(error, NULL);
	va_start(arguments, format);
	if (vsnprintf(text, sizeof text, format, arguments) < 0)
		text[0] = '\0';
	va_end(arguments);
	return evhub_note_failure(error, text);
}
