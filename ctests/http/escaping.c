/*
 * Escaping for URIs and pages, and back: every byte, what is malformed, what is long.
 *
 * Proves behaviours 169, 170 and 172; W10.
 */
#include "http.h"

static const char kept[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!$'()*+,-./:=@_~;";

TEST_ONCE(every_byte_is_kept_or_escaped)
{
	char text[2], want[4];
	int byte;

	CHECK_GIVEN(evhttp_encode_uri(kept), kept);
	CHECK_GIVEN(evhttp_encode_uri(""), "");
	for (byte = 1; byte < 256; byte++) {
		text[0] = (char)byte;
		text[1] = '\0';
		if (strchr(kept, byte) != NULL)
			snprintf(want, sizeof(want), "%c", byte);
		else
			snprintf(want, sizeof(want), "%%%02X", (unsigned)byte);
		CHECK_GIVEN(evhttp_encode_uri(text), want);
	}
	CHECK_GIVEN(evhttp_encode_uri("a b&c?d=%41#e"), "a%20b%26c%3Fd=%2541%23e");
}

TEST_ONCE(escaped_bytes_come_back)
{
	char text[256], escaped[5];
	int byte;

	for (byte = 1; byte < 256; byte++) {
		snprintf(escaped, sizeof(escaped), "%%%02x", (unsigned)byte);
		snprintf(text, sizeof(text), "%c", byte);
		CHECK_GIVEN(evhttp_decode_uri(escaped), text);
		text[byte - 1] = (char)byte;
	}
	CHECK_GIVEN(evhttp_decode_uri("%4a%4A%61"), "JJa");
	for (byte = 1; byte < 256; byte++)
		text[byte - 1] = (char)byte;
	text[255] = '\0';
	/* What is escaped comes back, but for plus signs behind a question mark: it is escaped. */
	char *encoded = evhttp_encode_uri(text);
	CHECK_GIVEN(evhttp_decode_uri(encoded), text);
	free(encoded);
}

TEST_ONCE(plus_is_a_space_in_a_query)
{
	CHECK_GIVEN(evhttp_decode_uri("a+b"), "a+b");
	CHECK_GIVEN(evhttp_decode_uri("a+b?c+d+"), "a+b?c d ");
	CHECK_GIVEN(evhttp_decode_uri("?+?+"), "? ? ");
	CHECK_GIVEN(evhttp_decode_uri("a%3Fb+c"), "a?b+c");
	CHECK_GIVEN(evhttp_decode_uri("?%2B%2b"), "?++");
	CHECK_GIVEN(evhttp_decode_uri("+"), "+");
}

TEST_ONCE(malformed_escapes_stay)
{
	static const char *const odd[] = {
		"%", "%%", "%4", "a%4", "%g1", "%1g", "%-1", "%+1", "% 1", "%0x", "%%%", "%4%",
	};
	size_t i;

	for (i = 0; i < COUNT(odd); i++)
		CHECK_GIVEN(evhttp_decode_uri(odd[i]), odd[i]);
	CHECK_GIVEN(evhttp_decode_uri("%%41"), "%A");
	CHECK_GIVEN(evhttp_decode_uri("%4%41"), "%4A");
	CHECK_GIVEN(evhttp_decode_uri("%2541"), "%41");
	CHECK_GIVEN(evhttp_decode_uri("a%00b"), "a");
	CHECK_GIVEN(evhttp_decode_uri(""), "");
}

TEST_ONCE(pages_show_what_was_said)
{
	char text[2];
	int byte;

	CHECK_GIVEN(evhttp_htmlescape("<a href=\"b\">'&amp;'</a>"),
	    "&lt;a href=&quot;b&quot;&gt;&#039;&amp;amp;&#039;&lt;/a&gt;");
	CHECK_GIVEN(evhttp_htmlescape(""), "");
	for (byte = 1; byte < 256; byte++) {
		snprintf(text, sizeof(text), "%c", byte);
		if (strchr("&<>\"'", byte) == NULL)
			CHECK_GIVEN(evhttp_htmlescape(text), text);
	}
}

TEST_ONCE(long_texts)
{
	enum { LONG = 1 << 22 };
	char *text = malloc(LONG + 1), *encoded, *decoded;

	memset(text, '&', LONG);
	text[LONG] = '\0';
	encoded = evhttp_encode_uri(text);
	CHECK_INT(strlen(encoded), 3 * (size_t)LONG);
	decoded = evhttp_decode_uri(encoded);
	CHECK_STR(decoded, text);
	free(decoded);
	free(encoded);
	encoded = evhttp_htmlescape(text);
	CHECK_INT(strlen(encoded), 5 * (size_t)LONG);
	free(encoded);
	free(text);
}

TEST_ONCE(nothing_for_null)
{
	capture_log();
	CHECK_NULL(evhttp_encode_uri(NULL), EINVAL);
	CHECK_NULL(evhttp_decode_uri(NULL), EINVAL);
	CHECK_NULL(evhttp_htmlescape(NULL), EINVAL);
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
	CHECK_STR(last_log(), "evhttp_encode_uri: argument is NULL");
}
