/*
 * Tagged records: a writer puts a few people on a pipe, a reader takes them off again, whatever
 * pieces they come in. Each person is one record, which has a record per field in it.
 *
 * The reader skips fields that it does not know: so a newer writer may add some.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event.h>

#define PIECE 7				/* bytes per read: no record fits */

enum { PERSON = 1 };
enum { NAME = 1, NUMBER = 2, SEEN = 3, NICKNAME = 200 };

struct person {
	char *name;
	uint32_t number;
	struct timeval seen;
};

static const struct person people[] = {
	{ "Ada", 1815, { 1, 250000 } },
	{ "Grace", 1906, { 2, 0 } },
	{ "a name that is longer than what is read at once", 0xffffffff, { 0, 999999 } },
};

static void write_person(struct evbuffer *out, const struct person *p)
{
	struct evbuffer *fields = evbuffer_new();
	struct timeval seen = p->seen;

	evtag_marshal_string(fields, NAME, p->name);
	evtag_marshal_int(fields, NUMBER, p->number);
	evtag_marshal_timeval(fields, SEEN, &seen);
	evtag_marshal_string(fields, NICKNAME, "which no reader knows yet");
	evtag_marshal(out, PERSON, EVBUFFER_DATA(fields), EVBUFFER_LENGTH(fields));
	evbuffer_free(fields);
}

/* Returns -1 if a field is malformed. The name is the caller's to free. */
static int read_person(struct evbuffer *fields, struct person *p)
{
	uint32_t tag;
	int result = 0;

	while (result != -1 && EVBUFFER_LENGTH(fields) > 0) {
		if (evtag_peek(fields, &tag) == -1)
			return -1;
		if (tag == NAME && p->name == NULL)
			result = evtag_unmarshal_string(fields, tag, &p->name);
		else if (tag == NUMBER)
			result = evtag_unmarshal_int(fields, tag, &p->number);
		else if (tag == SEEN)
			result = evtag_unmarshal_timeval(fields, tag, &p->seen);
		else
			result = evtag_consume(fields);
	}
	return result;
}

/* Is there a whole record? */
static int complete(struct evbuffer *in)
{
	uint32_t len;

	return evtag_peek_length(in, &len) != -1 && len <= EVBUFFER_LENGTH(in);
}

static int same(const struct person *a, const struct person *b)
{
	return a->name != NULL && strcmp(a->name, b->name) == 0 && a->number == b->number &&
	    a->seen.tv_sec == b->seen.tv_sec && a->seen.tv_usec == b->seen.tv_usec;
}

/* Returns how many of the people came before the end or one that is not as it was written. */
static int read_people(int fd, struct evbuffer *in, struct evbuffer *fields)
{
	int n = 0, good = 1;

	while (good && evbuffer_read(in, fd, PIECE) > 0) {
		while (good && complete(in)) {
			struct person p = { NULL, 0, { 0, 0 } };
			uint32_t tag;

			good = evtag_unmarshal(in, &tag, fields) != -1 && tag == PERSON &&
			    read_person(fields, &p) != -1 && same(&p, &people[n]);
			printf("%u: %s, %ld.%06ld\n", p.number, good ? p.name : "not as written",
			    (long)p.seen.tv_sec, (long)p.seen.tv_usec);
			free(p.name);
			n += good;
		}
	}
	return n;
}

int main(void)
{
	const int count = sizeof(people) / sizeof(people[0]);
	struct evbuffer *buf = evbuffer_new(), *fields = evbuffer_new();
	int i, n, fd[2];

	evtag_init();
	if (buf == NULL || fields == NULL || pipe(fd) == -1) {
		perror("tags");
		return 1;
	}
	for (i = 0; i < count; i++)
		write_person(buf, &people[i]);
	if (evbuffer_write(buf, fd[1]) == -1)	/* little enough for a pipe to take it whole */
		perror("tags: evbuffer_write");
	close(fd[1]);
	n = read_people(fd[0], buf, fields);
	close(fd[0]);
	evbuffer_free(fields);
	evbuffer_free(buf);
	return n != count;
}
