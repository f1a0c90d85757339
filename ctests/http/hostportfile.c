/*
 * A URL taken apart by a function that programs of libevent 1.4 declare themselves.
 *
 * Proves behaviour 200, the part on evhttp_hostportfile.
 */
#include "http.h"

int evhttp_hostportfile(char *url, char **host, unsigned short *port, char **file);

static void
check_parts(const char *url, const char *want_host, int want_port, const char *want_file)
{
	char copy[256], *host = NULL, *file = NULL;
	unsigned short port = 1;

	snprintf(copy, sizeof(copy), "%s", url);
	CHECK_INT(evhttp_hostportfile(copy, &host, &port, &file), 0);
	CHECK_STR(copy, url);
	memset(copy, '!', sizeof(copy));
	CHECK_STR(host, want_host);
	CHECK_INT(port, want_port);
	CHECK_STR(file, want_file);
}

TEST_ONCE(urls_have_parts)
{
	check_parts("http://www.example.com/", "www.example.com", 80, "/");
	check_parts("http://www.example.com", "www.example.com", 80, "/");
	check_parts("http://www.example.com:8080", "www.example.com", 8080, "/");
	check_parts("http://www.example.com:65535/a/b?c#d", "www.example.com", 65535, "/a/b?c#d");
	check_parts("http://127.0.0.1:1//", "127.0.0.1", 1, "//");
	check_parts("HTTP://a/http://b:5/", "a", 80, "/http://b:5/");
	check_parts("http://a:/b", "a", 80, "/b");
	check_parts("http://[::1]:81/b", "[::1]", 81, "/b");
	check_parts("http://[::1]", "[::1]", 80, "/");
}

TEST_ONCE(what_is_no_such_url)
{
	static const char *const bad[] = {
		"", "/", "http", "http:", "http:/", "http://", "http:///a", "http://:80/",
		"https://a/", "ftp://a/", "a", "http://a:0/", "http://a:65536/", "http://a:x/",
		"http://a:-1/", "http://a:8x/", "http://a:99999999999999999999/", " http://a/",
	};
	char copy[64], *host = copy, *file = copy;
	unsigned short port = 1;
	size_t i;

	for (i = 0; i < COUNT(bad); i++) {
		snprintf(copy, sizeof(copy), "%s", bad[i]);
		CHECK_ERRNO(evhttp_hostportfile(copy, &host, &port, &file), EINVAL);
		CHECK(host == copy && file == copy && port == 1);
	}
}

TEST_ONCE(places_may_be_null)
{
	char url[] = "http://a:81/b", *host, *file;
	unsigned short port;

	CHECK_INT(evhttp_hostportfile(url, NULL, NULL, NULL), 0);
	CHECK_INT(evhttp_hostportfile(url, &host, NULL, NULL), 0);
	CHECK_STR(host, "a");
	CHECK_INT(evhttp_hostportfile(url, NULL, &port, NULL), 0);
	CHECK_INT(port, 81);
	CHECK_INT(evhttp_hostportfile(url, NULL, NULL, &file), 0);
	CHECK_STR(file, "/b");
	capture_log();
	CHECK_ERRNO(evhttp_hostportfile(NULL, &host, &port, &file), EINVAL);
	CHECK_STR(last_log(), "evhttp_hostportfile: argument is NULL");
}

/* What one call gave is the next one's: also as its argument. */
TEST_ONCE(static_memory)
{
	char url[] = "http://a/http://b:81/http://c:82/d", *host, *file, *first;
	unsigned short port;

	CHECK_INT(evhttp_hostportfile(url, &host, &port, &file), 0);
	first = host;
	CHECK_STR(file, "/http://b:81/http://c:82/d");
	CHECK_INT(evhttp_hostportfile(file + 1, &host, &port, &file), 0);
	CHECK_STR(host, "b");
	CHECK_PTR(host, first);
	CHECK_INT(port, 81);
	CHECK_STR(file, "/http://c:82/d");
	CHECK_INT(evhttp_hostportfile(file + 1, &host, &port, &file), 0);
	CHECK_STR(host, "c");
	CHECK_STR(file, "/d");
}

TEST_ONCE(long_parts_are_refused)
{
	enum { LONG = 5000 };
	char *url = malloc(LONG + 32), *host = url, *file = url;
	unsigned short port = 1;

	sprintf(url, "http://a/%0*d", LONG, 7);
	CHECK_ERRNO(evhttp_hostportfile(url, &host, &port, &file), ENOSPC);
	sprintf(url, "http://%0*d/a", LONG, 7);
	CHECK_ERRNO(evhttp_hostportfile(url, &host, &port, &file), ENOSPC);
	CHECK(host == url && file == url && port == 1);
	sprintf(url, "http://a/%0*d", 4094, 7);
	CHECK_INT(evhttp_hostportfile(url, &host, &port, &file), 0);
	CHECK_INT(strlen(file), 4095);
	free(url);
}
