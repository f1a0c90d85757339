/*
 * libevent 2's escaping: lengths that are given, NUL bytes, plus signs.
 */
#include "http.h"

#include <evhub/http_ext.h>

static const char unreserved[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

TEST_ONCE(all_but_unreserved_bytes_are_escaped)
{
	char byte, want[4];
	int i;

	CHECK_GIVEN(evhttp_uriencode(unreserved, -1, 0), unreserved);
	for (i = 0; i < 256; i++) {
		byte = (char)i;
		if (i != 0 && strchr(unreserved, i) != NULL)
			snprintf(want, sizeof(want), "%c", i);
		else
			snprintf(want, sizeof(want), "%%%02X", (unsigned)i);
		CHECK_GIVEN(evhttp_uriencode(&byte, 1, 0), want);
		CHECK_GIVEN(evhttp_uriencode(&byte, 1, 1), i == ' ' ? "+" : want);
	}
}

TEST_ONCE(lengths_may_be_given)
{
	CHECK_GIVEN(evhttp_uriencode("a b", -1, 0), "a%20b");
	CHECK_GIVEN(evhttp_uriencode("a b", -1, 1), "a+b");
	CHECK_GIVEN(evhttp_uriencode("a b", 2, 0), "a%20");
	CHECK_GIVEN(evhttp_uriencode("a\0b", 3, 0), "a%00b");
	CHECK_GIVEN(evhttp_uriencode("a", 0, 0), "");
	CHECK_GIVEN(evhttp_uriencode(NULL, 0, 0), "");
}

TEST_ONCE(decoded_with_its_length)
{
	size_t size = 77;
	char *text = evhttp_uridecode("a%00b+%2b%", 0, &size);

	CHECK_INT(size, 6);
	CHECK(memcmp(text, "a\0b++%", 7) == 0);
	free(text);
	text = evhttp_uridecode("a?b+%2b", 1, &size);
	CHECK_INT(size, 5);
	CHECK_STR(text, "a?b +");
	free(text);
	CHECK_GIVEN(evhttp_uridecode("a?b+", 0, NULL), "a?b+");
	CHECK_GIVEN(evhttp_uridecode("", 1, &size), "");
	CHECK_INT(size, 0);
}

TEST_ONCE(all_bytes_come_back)
{
	char bytes[256], *encoded, *decoded;
	size_t size;
	int i, plus;

	for (i = 0; i < 256; i++)
		bytes[i] = (char)i;
	for (plus = 0; plus < 2; plus++) {
		encoded = evhttp_uriencode(bytes, 256, plus);
		decoded = evhttp_uridecode(encoded, plus, &size);
		CHECK_INT(size, 256);
		CHECK(memcmp(decoded, bytes, 256) == 0);
		free(decoded);
		free(encoded);
	}
}

TEST_ONCE(nothing_for_null)
{
	size_t size = 77;

	capture_log();
	CHECK_NULL(evhttp_uriencode(NULL, -1, 0), EINVAL);
	CHECK_NULL(evhttp_uriencode(NULL, 1, 0), EINVAL);
	CHECK_NULL(evhttp_uridecode(NULL, 0, &size), EINVAL);
	CHECK_INT(size, 77);
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
}
