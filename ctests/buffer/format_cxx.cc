/* Proves that the headers and behaviour 73 are the same for C++. */
#include "harness.h"

#include <cstdarg>
#include <string>

static std::string
contents(struct evbuffer *buf)
{
	return std::string(reinterpret_cast<char *>(EVBUFFER_DATA(buf)), EVBUFFER_LENGTH(buf));
}

static int
print(struct evbuffer *buf, const char *format, ...)
{
	va_list args;
	int result;

	va_start(args, format);
	result = evbuffer_add_vprintf(buf, format, args);
	va_end(args);
	return result;
}

static void
count(struct evbuffer *, size_t old_length, size_t new_length, void *total)
{
	*static_cast<size_t *>(total) += new_length - old_length;
}

TEST_ONCE(printed_from_cxx)
{
	struct evbuffer *buf = evbuffer_new();
	size_t total = 0;

	CHECK(buf != NULL);
	evbuffer_setcb(buf, count, &total);
	CHECK_INT(evbuffer_add_printf(buf, "%d %g %s\n", 1, 2.5, "three"), 12);
	CHECK_INT(print(buf, "%g %d %c", 0.25, 7, 'x'), 8);
	CHECK_STR(contents(buf).c_str(), "1 2.5 three\n0.25 7 x");
	CHECK_INT(total, 20);
	evbuffer_free(buf);
}

TEST_ONCE(lines_in_cxx)
{
	struct evbuffer *buf = evbuffer_new();
	size_t length;
	char *line;

	CHECK(buf != NULL);
	CHECK_INT(evbuffer_add(buf, "one\r\ntwo\r\n", 10), 0);
	line = evbuffer_readline(buf);
	CHECK_STR(line, "one");
	free(line);
	line = evbuffer_readln(buf, &length, EVBUFFER_EOL_CRLF);
	CHECK_STR(line, "two");
	CHECK_INT(length, 3);
	free(line);
	CHECK(evbuffer_find(buf, reinterpret_cast<const u_char *>("x"), 1) == NULL);
	evbuffer_free(buf);
}
