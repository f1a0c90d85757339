/* Files of the tests' own, in a folder that is gone in the end: resolv.conf, hosts. */
#ifndef EVHUB_CTESTS_DNS_FILES_H
#define EVHUB_CTESTS_DNS_FILES_H

#include "asking.h"

static char folder[] = "/tmp/evhub-dns-XXXXXX";

static char path[sizeof(folder) + 16];

static inline void
remove_files(void)
{
	unlink(path);
	rmdir(folder);
}

/* A name for the file; nothing is there yet. */
static inline void
make_path(void)
{
	if (path[0] != '\0')
		return;
	CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/file", folder);
	atexit(remove_files);
}

static inline void
write_bytes(const void *bytes, size_t length)
{
	FILE *file;

	make_path();
	file = fopen(path, "w");
	CHECK(file != NULL);
	CHECK_INT(fwrite(bytes, 1, length, file), (long long)length);
	CHECK_INT(fclose(file), 0);
}

static inline void
write_file(const char *text)
{
	write_bytes(text, strlen(text));
}

/* Writes the file and parses it. */
static inline int
parse_bytes(int flags, const void *bytes, size_t length)
{
	write_bytes(bytes, length);
	return evdns_resolv_conf_parse(flags, path);
}

static inline int
parse(int flags, const char *text)
{
	return parse_bytes(flags, text, strlen(text));
}

#define PARSE_BYTES(flags, literal) parse_bytes((flags), (literal), sizeof(literal) - 1)

#endif
