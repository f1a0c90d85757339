/*
 * Memory runs out at the n-th allocation, for every n: lists stay as they are, nothing leaks, the
 * result tells, and the next try works (F6).
 *
 * Proves behaviours 171 to 173, without memory.
 */
#include "http.h"

#include "alloc.h"

#include <evhub/http_ext.h>

int evhttp_hostportfile(char *url, char **host, unsigned short *port, char **file);

static struct evkeyvalq headers;

static int
try_add(void)
{
	int result = evhttp_add_header(&headers, "B", "2");

	CHECK_STR(listed(&headers), result == 0 ? "A=1;B=2;" : "A=1;");
	if (result == 0)
		CHECK_INT(evhttp_remove_header(&headers, "B"), 0);
	return result;
}

static int
given(char *text, const char *want)
{
	if (text == NULL)
		return -1;
	CHECK_STR(text, want);
	free(text);
	return 0;
}

static int
try_encode(void)
{
	return given(evhttp_encode_uri("a b"), "a%20b");
}

static int
try_decode(void)
{
	return given(evhttp_decode_uri("a%20b"), "a b");
}

static int
try_htmlescape(void)
{
	return given(evhttp_htmlescape("<"), "&lt;");
}

static int
try_uriencode(void)
{
	return given(evhttp_uriencode("a b", -1, 1), "a+b");
}

static int
try_uridecode(void)
{
	size_t size = 77;
	int result = given(evhttp_uridecode("a+b", 1, &size), "a b");

	CHECK_INT(size, result == 0 ? 3 : 77);
	return result;
}

static int
try_query(void)
{
	struct evkeyvalq list;
	int result;

	errno = 0;
	evhttp_parse_query("/?a=b&c=d", &list);
	result = errno == 0 ? 0 : -1;
	CHECK_STR(listed(&list), result == 0 ? "a=b;c=d;" : "");
	evhttp_clear_headers(&list);
	return result;
}

static int
try_query_str(void)
{
	struct evkeyvalq list;
	int result = evhttp_parse_query_str("a=b&c=d", &list);

	CHECK_STR(listed(&list), result == 0 ? "a=b;c=d;" : "");
	evhttp_clear_headers(&list);
	return result;
}

static int
try_parse(void)
{
	struct evhttp_uri *uri = evhttp_uri_parse("http://u@a:80/b?c#d");

	if (uri == NULL)
		return -1;
	CHECK_STR(evhttp_uri_get_fragment(uri), "d");
	evhttp_uri_free(uri);
	return 0;
}

static struct evhttp_uri *parts;

static int
try_set(void)
{
	int result = evhttp_uri_set_path(parts, "/new");

	CHECK_STR(evhttp_uri_get_path(parts), result == 0 ? "/new" : "/old");
	return result;
}

static int
try_hostportfile(void)
{
	char url[] = "http://a/b", *host, *file;
	unsigned short port;
	int result = evhttp_hostportfile(url, &host, &port, &file);

	if (result == 0)
		CHECK_STR(file, "/b");
	return result;
}

static int (*const tries[])(void) = {
	try_add, try_encode, try_decode, try_htmlescape, try_uriencode, try_uridecode, try_query,
	try_query_str, try_parse, try_set, try_hostportfile,
};

/* One try with the n-th allocation failing; false if that one was never reached. */
static int
torture_once(int (*try)(void), int n)
{
	long live_before = alloc_live(), failures;
	int result, error;

	parts = evhttp_uri_parse("http://a/old");
	TAILQ_INIT(&headers);
	CHECK_INT(evhttp_add_header(&headers, "A", "1"), 0);
	alloc_fail(n, 0);
	errno = 0;
	result = try();
	error = errno;
	failures = alloc_failures();
	alloc_fail(0, 0);
	CHECK_INT(result, failures > 0 ? -1 : 0);
	if (result != 0) {
		CHECK_INT(error, ENOMEM);
		CHECK_INT(try(), 0);
	}
	CHECK_STR(listed(&headers), "A=1;");
	evhttp_clear_headers(&headers);
	evhttp_uri_free(parts);
	CHECK_INT(alloc_live() - live_before, 0);
	return failures > 0;
}

ALLOC_TEST(at_every_allocation)
{
	size_t i;
	int n;

	need_shim();
	for (i = 0; i < COUNT(tries); i++) {
		for (n = 1; torture_once(tries[i], n); n++)
			;
		CHECK(n > 1);
	}
}

ALLOC_TEST(looking_and_removing_need_no_memory)
{
	struct evhttp_uri *uri;
	char text[32];

	need_shim();
	uri = evhttp_uri_parse("http://a:80/b");
	TAILQ_INIT(&headers);
	CHECK_INT(evhttp_add_header(&headers, "A", "1"), 0);
	CHECK_INT(evhttp_add_header(&headers, "B", "1"), 0);
	alloc_fail(1, 1);
	CHECK_STR(evhttp_find_header(&headers, "A"), "1");
	CHECK_INT(evhttp_remove_header(&headers, "A"), 0);
	evhttp_clear_headers(&headers);
	CHECK_STR(evhttp_uri_join(uri, text, sizeof(text)), "http://a:80/b");
	CHECK_INT(evhttp_uri_set_port(uri, 81), 0);
	CHECK_INT(evhttp_uri_set_path(uri, NULL), 0);
	CHECK_INT(alloc_failures(), 0);
	alloc_fail(0, 0);
	evhttp_uri_free(uri);
}
