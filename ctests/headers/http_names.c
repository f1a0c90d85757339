/*
 * http_ext.h under the name that it has when installed, alone: evhub's names, and libevent 2's for
 * the same functions.
 */
#include <evhub/http_ext.h>

#include <stdlib.h>
#include <string.h>

#include "check.h"

static void parts(void)
{
	struct evhttp_uri *uri = evhttp_uri_parse("http://a:80/b?c");
	struct evhttp_uri *other = evhttp_uri_parse_with_flags("/a b", EVHTTP_URI_NONCONFORMANT);
	char text[32];

	CHECK(uri != NULL && other != NULL && evhttp_uri_parse("/a b") == NULL);
	CHECK(strcmp(evhttp_uri_get_host(uri), "a") == 0 && evhttp_uri_get_port(uri) == 80);
	CHECK(evhttp_uri_set_scheme(uri, NULL) == 0 && evhttp_uri_get_scheme(uri) == NULL);
	CHECK(strcmp(evhttp_uri_join(uri, text, sizeof(text)), "//a:80/b?c") == 0);
	evhttp_uri_free(uri);
	evhttp_uri_free(other);
}

int main(void)
{
	struct evhttp_uri *(*make)(void) = evhub_evhttp_uri_new;
	char *(*join)(struct evhttp_uri *, char *, size_t) = evhub_evhttp_uri_join;
	char *(*encode)(const char *, ssize_t, int) = evhub_evhttp_uriencode;
	char *(*decode)(const char *, int, size_t *) = evhub_evhttp_uridecode;
	int (*query)(const char *, struct evkeyvalq *) = evhub_evhttp_parse_query_str;
	size_t size;
	char *text;

	CHECK(make == evhttp_uri_new && join == evhttp_uri_join && query == evhttp_parse_query_str);
	CHECK(encode == evhttp_uriencode && decode == evhttp_uridecode);
	text = evhttp_uriencode("a b", -1, 1);
	CHECK(strcmp(text, "a+b") == 0);
	free(text);
	text = evhttp_uridecode("%41+", 0, &size);
	CHECK(strcmp(text, "A+") == 0 && size == 2);
	free(text);
	parts();
	return 0;
}
