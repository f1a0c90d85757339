/*
 * Parameters of URIs.
 *
 * Proves behaviour 171; W11.
 */
#include "http.h"

#include <evhub/http_ext.h>

/* The list was something else before. */
#define CHECK_QUERY(uri, want)                                                  \
	do {                                                                    \
		struct evkeyvalq list_;                                         \
		memset(&list_, 0xa5, sizeof(list_));                            \
		evhttp_parse_query((uri), &list_);                              \
		CHECK_STR(listed(&list_), (want));                              \
		evhttp_clear_headers(&list_);                                   \
	} while (0)

TEST_ONCE(names_and_values_in_order)
{
	CHECK_QUERY("/a?b=c", "b=c;");
	CHECK_QUERY("/a?b=c&d=e&b=f", "b=c;d=e;b=f;");
	CHECK_QUERY("?b=c", "b=c;");
	CHECK_QUERY("http://x/y?b=c", "b=c;");
	CHECK_QUERY("/?b=c=d", "b=c=d;");
	CHECK_QUERY("/?b=c;d=e", "b=c;d=e;");
	CHECK_QUERY("/?b=c?d=e", "b=c?d=e;");
	CHECK_QUERY("/?b=c#d", "b=c#d;");
	CHECK_QUERY("/#?b=c", "b=c;");
}

TEST_ONCE(values_are_decoded)
{
	CHECK_QUERY("/?a=b+c%20d%26%3d%2B", "a=b c d&=+;");
	CHECK_QUERY("/?a=%&b=%4&c=%zz", "a=%;b=%4;c=%zz;");
	CHECK_QUERY("/?a=%0d%0a", "a=\r\n;");
	CHECK_QUERY("/?a=b%00c", "a=b;");
	CHECK_QUERY("/?a=%e4%C3", "a=\xe4\xc3;");
}

TEST_ONCE(names_are_decoded)
{
	CHECK_QUERY("/?a+b%20c%3D=d", "a b c==d;");
	CHECK_QUERY("/?%61=1&a%5b%5d=2", "a=1;a[]=2;");
}

TEST_ONCE(names_and_values_may_be_empty)
{
	CHECK_QUERY("/?=b", "=b;");
	CHECK_QUERY("/?a=", "a=;");
	CHECK_QUERY("/?=", "=;");
	CHECK_QUERY("/?a=&=b&=", "a=;=b;=;");
}

TEST_ONCE(values_may_be_missing)
{
	CHECK_QUERY("/?a", "a=;");
	CHECK_QUERY("/?a&b=c", "a=;b=c;");
	CHECK_QUERY("/?a=b&c&d=e", "a=b;c=;d=e;");
	CHECK_QUERY("/?a=b&", "a=b;");
	CHECK_QUERY("/?&a=b", "a=b;");
	CHECK_QUERY("/?a=b&&c=d", "a=b;c=d;");
	CHECK_QUERY("/?&&&", "");
}

TEST_ONCE(uris_without_parameters)
{
	CHECK_QUERY("", "");
	CHECK_QUERY("/", "");
	CHECK_QUERY("/a=b&c=d", "");
	CHECK_QUERY("/?", "");
}

TEST_ONCE(many_parameters)
{
	enum { MANY = 100000 };
	char *uri = malloc(MANY * 4 + 3);
	struct evkeyvalq list;
	struct evkeyval *pair;
	int i, count = 0;

	strcpy(uri, "/?");
	for (i = 0; i < MANY; i++)
		memcpy(uri + 2 + 4 * i, "a=b&", 5);
	evhttp_parse_query(uri, &list);
	TAILQ_FOREACH(pair, &list, next)
		count++;
	CHECK_INT(count, MANY);
	evhttp_clear_headers(&list);
	free(uri);
}

TEST_ONCE(nothing_for_null)
{
	struct evkeyvalq list;

	capture_log();
	memset(&list, 0xa5, sizeof(list));
	errno = 0;
	evhttp_parse_query(NULL, &list);
	CHECK_INT(errno, EINVAL);
	CHECK_STR(listed(&list), "");
	errno = 0;
	evhttp_parse_query("/?a=b", NULL);
	CHECK_INT(errno, EINVAL);
	CHECK_ERRNO(evhttp_parse_query_str("a=b", NULL), EINVAL);
	memset(&list, 0xa5, sizeof(list));
	CHECK_ERRNO(evhttp_parse_query_str(NULL, &list), EINVAL);
	CHECK_STR(listed(&list), "");
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
}

TEST_ONCE(parameters_alone)
{
	struct evkeyvalq list;

	memset(&list, 0xa5, sizeof(list));
	CHECK_INT(evhttp_parse_query_str("a=b+c&d&%65=?f", &list), 0);
	CHECK_STR(listed(&list), "a=b c;d=;e=?f;");
	evhttp_clear_headers(&list);
	CHECK_INT(evhttp_parse_query_str("", &list), 0);
	CHECK_STR(listed(&list), "");
	CHECK_PTR(evhub_evhttp_parse_query_str, evhttp_parse_query_str);
}
