/*
 * buffer_ext.h under the name that it has when installed, alone: evhub's names, and libevent 2's
 * for the same functions.
 */
#include <evhub/buffer_ext.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static size_t cleaned;

static void clean(const void *data, size_t len, void *arg)
{
	CHECK(data != NULL && arg == &cleaned);
	cleaned = len;
}

static void moving(struct evbuffer *buf)
{
	char text[16];

	CHECK(evbuffer_add(buf, "world", 5) == 0 && evbuffer_prepend(buf, "hello ", 6) == 0);
	CHECK(evbuffer_get_length(buf) == 11 && evbuffer_get_length(NULL) == 0);
	CHECK(memcmp(evbuffer_pullup(buf, -1), "hello world", 11) == 0);
	CHECK(evbuffer_pullup(buf, 12) == NULL);
	CHECK(evbuffer_copyout(buf, text, sizeof(text)) == 11 && EVBUFFER_LENGTH(buf) == 11);
}

static void searching(struct evbuffer *buf)
{
	struct evbuffer_ptr at, found;

	found = evbuffer_search(buf, "o", 1, NULL);
	CHECK(found.pos == 4);
	CHECK(evbuffer_ptr_set(buf, &at, 2, EVBUFFER_PTR_SET) == 0 && at.pos == 2);
	CHECK(evbuffer_ptr_set(buf, &at, 3, EVBUFFER_PTR_ADD) == 0 && at.pos == 5);
	found = evbuffer_search(buf, "o", 1, &at);
	CHECK(found.pos == 7);
	found = evbuffer_search(buf, "z", 1, NULL);
	CHECK(found.pos == -1);
	CHECK(evbuffer_ptr_set(buf, &at, 99, EVBUFFER_PTR_SET) == -1 && at.pos == -1);
}

static void adding(struct evbuffer *buf)
{
	const char *name = __FILE__;
	int fd = open(name, O_RDONLY);

	evbuffer_drain(buf, EVBUFFER_LENGTH(buf));
	CHECK(fd >= 0 && evbuffer_add_file(buf, fd, 0, 2) == 0);
	CHECK(memcmp(evbuffer_pullup(buf, 2), "/*", 2) == 0);
	CHECK(evbuffer_add_reference(buf, "abc", 3, clean, &cleaned) == 0 && cleaned == 3);
	CHECK(EVBUFFER_LENGTH(buf) == 5);
}

int main(void)
{
	size_t (*length)(const struct evbuffer *) = evhub_buffer_get_length;
	unsigned char *(*pullup)(struct evbuffer *, ssize_t) = evhub_buffer_pullup;
	int (*prepend)(struct evbuffer *, const void *, size_t) = evhub_buffer_prepend;
	ssize_t (*copyout)(struct evbuffer *, void *, size_t) = evhub_buffer_copyout;
	struct evbuffer_ptr (*search)(struct evbuffer *, const char *, size_t,
	    const struct evbuffer_ptr *) = evhub_buffer_search;
	int (*set)(struct evbuffer *, struct evbuffer_ptr *, size_t, enum evbuffer_ptr_how) =
	    evhub_buffer_ptr_set;
	int (*add_file)(struct evbuffer *, int, off_t, off_t) = evhub_buffer_add_file;
	int (*add_reference)(struct evbuffer *, const void *, size_t, evbuffer_ref_cleanup_cb,
	    void *) = evhub_buffer_add_reference;
	struct evbuffer *buf = evbuffer_new();

	CHECK(buf != NULL && length == evbuffer_get_length && pullup == evbuffer_pullup);
	CHECK(prepend == evbuffer_prepend && copyout == evbuffer_copyout);
	CHECK(search == evbuffer_search && set == evbuffer_ptr_set);
	CHECK(add_file == evbuffer_add_file && add_reference == evbuffer_add_reference);
	moving(buf);
	searching(buf);
	adding(buf);
	evbuffer_free(buf);
	return 0;
}
