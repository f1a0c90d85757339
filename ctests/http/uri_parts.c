/*
 * URIs in parts: parsing to the letter of RFC 3986 and less so, setting parts, joining them.
 */
#include "http.h"

#include <evhub/http_ext.h>

static const char *
or_dash(const char *part)
{
	return part == NULL ? "-" : part;
}

/* "scheme|userinfo|host|port|path|query|fragment" in static memory. */
static const char *
parts_of(const struct evhttp_uri *uri)
{
	static char text[1024];

	snprintf(text, sizeof(text), "%s|%s|%s|%d|%s|%s|%s", or_dash(evhttp_uri_get_scheme(uri)),
	    or_dash(evhttp_uri_get_userinfo(uri)), or_dash(evhttp_uri_get_host(uri)),
	    evhttp_uri_get_port(uri), or_dash(evhttp_uri_get_path(uri)),
	    or_dash(evhttp_uri_get_query(uri)), or_dash(evhttp_uri_get_fragment(uri)));
	return text;
}

/* It has these parts, and these give the same text. */
static void
check_parts(const char *text, const char *want)
{
	struct evhttp_uri *uri = evhttp_uri_parse(text);
	char joined[256];

	CHECK(uri != NULL);
	CHECK_STR(parts_of(uri), want);
	CHECK_PTR(evhttp_uri_join(uri, joined, sizeof(joined)), joined);
	CHECK_STR(joined, text);
	evhttp_uri_free(uri);
}

/* The examples of RFC 3986, 1.1.2 and 5.4, and what is at the edges. */
TEST_ONCE(references_have_parts)
{
	check_parts("ftp://ftp.is.co.za/rfc/rfc1808.txt",
	    "ftp|-|ftp.is.co.za|-1|/rfc/rfc1808.txt|-|-");
	check_parts("http://www.ietf.org/rfc/rfc2396.txt",
	    "http|-|www.ietf.org|-1|/rfc/rfc2396.txt|-|-");
	check_parts("ldap://[2001:db8::7]/c=GB?objectClass?one",
	    "ldap|-|[2001:db8::7]|-1|/c=GB|objectClass?one|-");
	check_parts("mailto:John.Doe@example.com", "mailto|-|-|-1|John.Doe@example.com|-|-");
	check_parts("news:comp.infosystems.www.servers.unix",
	    "news|-|-|-1|comp.infosystems.www.servers.unix|-|-");
	check_parts("tel:+1-816-555-1212", "tel|-|-|-1|+1-816-555-1212|-|-");
	check_parts("telnet://192.0.2.16:80/", "telnet|-|192.0.2.16|80|/|-|-");
	check_parts("urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
	    "urn|-|-|-1|oasis:names:specification:docbook:dtd:xml:4.1.2|-|-");
	check_parts("foo://example.com:8042/over/there?name=ferret#nose",
	    "foo|-|example.com|8042|/over/there|name=ferret|nose");
	check_parts("", "-|-|-|-1||-|-");
	check_parts("g;x=1/../y", "-|-|-|-1|g;x=1/../y|-|-");
	check_parts("?y", "-|-|-|-1||y|-");
	check_parts("#s", "-|-|-|-1||-|s");
	check_parts("//g", "-|-|g|-1||-|-");
	check_parts("../../g", "-|-|-|-1|../../g|-|-");
	check_parts("./a:b", "-|-|-|-1|./a:b|-|-");
	check_parts("http://u:p%40@a", "http|u:p%40|a|-1||-|-");
	check_parts("http://@a/?#", "http||a|-1|/||");
	check_parts("file:///etc/hosts", "file|-||-1|/etc/hosts|-|-");
	check_parts("http://a:0/", "http|-|a|0|/|-|-");
	check_parts("http://[v7.a:b]:65535", "http|-|[v7.a:b]|65535||-|-");
}

TEST_ONCE(what_is_no_reference)
{
	static const char *const bad[] = {
		"1http://a/", ":a", "a_b:c", "http://a:b/", "http://a:65536/", "http://a:-1",
		"http://a b/", "/a b", "/a\n", "/\x80", "/%", "/%4", "/%4g", "/a?%", "/a#%x",
		"/a#b#c",
		"http://a@b@c/", "http://[::1", "http://[::1]x/", "http://::1/", "http://[]/",
		"http://[1.2.3.4]/", "http://[::g]/", "http://[::1%251]/", "http://[v.a]/",
		"http://a%/", "http://a[/", "/a|b", "/a[b]", "/\"", "<a>", "a\\b", "http://a\"",
	};
	size_t i;

	for (i = 0; i < COUNT(bad); i++)
		CHECK_NULL(evhttp_uri_parse(bad[i]), EINVAL);
}

TEST_ONCE(less_than_to_the_letter)
{
	static const char *const odd[] = {
		"/a b", "/a|b?c{d}#e#f", "/%", "/%4g", "/\xc3\xa4", "http://u|v@a/", "/a?[b]",
	};
	static const char *const bad[] = {
		"/a\n", "/\x01", "/\x7f", "http://a b/", "http://a:x/", "http://[::1/", ":a",
	};
	struct evhttp_uri *uri;
	char text[64];
	size_t i;

	for (i = 0; i < COUNT(odd); i++) {
		CHECK_NULL(evhttp_uri_parse_with_flags(odd[i], 0), EINVAL);
		uri = evhttp_uri_parse_with_flags(odd[i], EVHTTP_URI_NONCONFORMANT);
		CHECK(uri != NULL);
		CHECK_STR(evhttp_uri_join(uri, text, sizeof(text)), odd[i]);
		evhttp_uri_free(uri);
	}
	for (i = 0; i < COUNT(bad); i++)
		CHECK_NULL(evhttp_uri_parse_with_flags(bad[i], EVHTTP_URI_NONCONFORMANT), EINVAL);
}

TEST_ONCE(parts_are_set)
{
	struct evhttp_uri *uri = evhttp_uri_new();
	char text[128];

	CHECK_STR(parts_of(uri), "-|-|-|-1|-|-|-");
	CHECK_STR(evhttp_uri_join(uri, text, sizeof(text)), "");
	CHECK_INT(evhttp_uri_set_scheme(uri, "http"), 0);
	CHECK_INT(evhttp_uri_set_userinfo(uri, "u:p"), 0);
	CHECK_INT(evhttp_uri_set_host(uri, "[::1]"), 0);
	CHECK_INT(evhttp_uri_set_port(uri, 8080), 0);
	CHECK_INT(evhttp_uri_set_path(uri, "/a%20b"), 0);
	CHECK_INT(evhttp_uri_set_query(uri, "c=d"), 0);
	CHECK_INT(evhttp_uri_set_fragment(uri, "e"), 0);
	CHECK_STR(parts_of(uri), "http|u:p|[::1]|8080|/a%20b|c=d|e");
	CHECK_STR(evhttp_uri_join(uri, text, sizeof(text)), "http://u:p@[::1]:8080/a%20b?c=d#e");
	CHECK_INT(evhttp_uri_set_userinfo(uri, NULL), 0);
	CHECK_INT(evhttp_uri_set_port(uri, -1), 0);
	CHECK_INT(evhttp_uri_set_query(uri, ""), 0);
	CHECK_INT(evhttp_uri_set_fragment(uri, NULL), 0);
	CHECK_STR(evhttp_uri_join(uri, text, sizeof(text)), "http://[::1]/a%20b?");
	/* Set to itself, and to a part of itself. */
	CHECK_INT(evhttp_uri_set_path(uri, evhttp_uri_get_path(uri)), 0);
	CHECK_STR(evhttp_uri_get_path(uri), "/a%20b");
	CHECK_INT(evhttp_uri_set_path(uri, evhttp_uri_get_path(uri) + 5), 0);
	CHECK_STR(evhttp_uri_get_path(uri), "b");
	evhttp_uri_free(uri);
}

TEST_ONCE(parts_that_cannot_be)
{
	struct evhttp_uri *uri = evhttp_uri_parse("http://u@a:80/b?c#d");

	CHECK_ERRNO(evhttp_uri_set_scheme(uri, ""), EINVAL);
	CHECK_ERRNO(evhttp_uri_set_scheme(uri, "1a"), EINVAL);
	CHECK_ERRNO(evhttp_uri_set_scheme(uri, "a:"), EINVAL);
	CHECK_ERRNO(evhttp_uri_set_userinfo(uri, "a@"), EINVAL);
	CHECK_ERRNO(evhttp_uri_set_host(uri, "a/"), EINVAL);
	CHECK_ERRNO(evhttp_uri_set_host(uri, "a:80"), EINVAL);
	CHECK_ERRNO(evhttp_uri_set_host(uri, "::1"), EINVAL);
	CHECK_ERRNO(evhttp_uri_set_port(uri, -2), EINVAL);
	CHECK_ERRNO(evhttp_uri_set_port(uri, 65536), EINVAL);
	CHECK_ERRNO(evhttp_uri_set_path(uri, "/a?"), EINVAL);
	CHECK_ERRNO(evhttp_uri_set_path(uri, "/a\r\n"), EINVAL);
	CHECK_ERRNO(evhttp_uri_set_query(uri, "a#"), EINVAL);
	CHECK_ERRNO(evhttp_uri_set_query(uri, "a b"), EINVAL);
	CHECK_ERRNO(evhttp_uri_set_fragment(uri, "a#"), EINVAL);
	CHECK_STR(parts_of(uri), "http|u|a|80|/b|c|d");
	evhttp_uri_set_flags(uri, EVHTTP_URI_NONCONFORMANT);
	CHECK_INT(evhttp_uri_set_query(uri, "a b"), 0);
	CHECK_ERRNO(evhttp_uri_set_query(uri, "a\n"), EINVAL);
	evhttp_uri_set_flags(uri, 0);
	CHECK_ERRNO(evhttp_uri_set_query(uri, "c d"), EINVAL);
	CHECK_STR(parts_of(uri), "http|u|a|80|/b|a b|d");
	evhttp_uri_free(uri);
}

/* What was joined would have other parts. */
TEST_ONCE(parts_that_are_no_uri_together)
{
	struct evhttp_uri *uri = evhttp_uri_new();
	char text[32] = "as it was";

	CHECK_INT(evhttp_uri_set_path(uri, "//a"), 0);
	CHECK_NULL(evhttp_uri_join(uri, text, sizeof(text)), EINVAL);
	CHECK_INT(evhttp_uri_set_path(uri, "a:b"), 0);
	CHECK_NULL(evhttp_uri_join(uri, text, sizeof(text)), EINVAL);
	CHECK_INT(evhttp_uri_set_scheme(uri, "x"), 0);
	CHECK_STR(evhttp_uri_join(uri, text, sizeof(text)), "x:a:b");
	CHECK_INT(evhttp_uri_set_host(uri, "h"), 0);
	CHECK_NULL(evhttp_uri_join(uri, text, sizeof(text)), EINVAL);
	CHECK_INT(evhttp_uri_set_path(uri, "//a"), 0);
	CHECK_STR(evhttp_uri_join(uri, text, sizeof(text)), "x://h//a");
	CHECK_INT(evhttp_uri_set_host(uri, NULL), 0);
	CHECK_INT(evhttp_uri_set_path(uri, NULL), 0);
	CHECK_INT(evhttp_uri_set_port(uri, 80), 0);
	CHECK_NULL(evhttp_uri_join(uri, text, sizeof(text)), EINVAL);
	CHECK_STR(text, "x://h//a");
	evhttp_uri_free(uri);
}

TEST_ONCE(joined_if_it_fits)
{
	struct evhttp_uri *uri = evhttp_uri_parse("http://a/b");
	char text[16];

	memset(text, '!', sizeof(text));
	CHECK_NULL(evhttp_uri_join(uri, text, 10), ENOSPC);
	CHECK_NULL(evhttp_uri_join(uri, text, 0), ENOSPC);
	CHECK_INT(text[0], '!');
	CHECK_PTR(evhttp_uri_join(uri, text, 11), text);
	CHECK_STR(text, "http://a/b");
	CHECK_INT(text[11], '!');
	evhttp_uri_free(uri);
}

TEST_ONCE(nothing_for_null)
{
	struct evhttp_uri *uri = evhttp_uri_new();
	char text[8];

	capture_log();
	evhttp_uri_free(NULL);
	CHECK_NULL(evhttp_uri_parse(NULL), EINVAL);
	CHECK_NULL(evhttp_uri_get_scheme(NULL), EINVAL);
	CHECK_NULL(evhttp_uri_get_userinfo(NULL), EINVAL);
	CHECK_NULL(evhttp_uri_get_host(NULL), EINVAL);
	CHECK_ERRNO(evhttp_uri_get_port(NULL), EINVAL);
	CHECK_NULL(evhttp_uri_get_path(NULL), EINVAL);
	CHECK_NULL(evhttp_uri_get_query(NULL), EINVAL);
	CHECK_NULL(evhttp_uri_get_fragment(NULL), EINVAL);
	CHECK_ERRNO(evhttp_uri_set_scheme(NULL, "a"), EINVAL);
	CHECK_ERRNO(evhttp_uri_set_port(NULL, 1), EINVAL);
	CHECK_NULL(evhttp_uri_join(NULL, text, sizeof(text)), EINVAL);
	CHECK_NULL(evhttp_uri_join(uri, NULL, 8), EINVAL);
	errno = 0;
	evhttp_uri_set_flags(NULL, 0);
	CHECK_INT(errno, EINVAL);
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
	evhttp_uri_free(uri);
}
