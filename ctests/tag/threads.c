/* Several threads at once, each with its buffers; evtag_init was never called (behaviour 100). */
#include "tag.h"

#include <pthread.h>

enum { THREADS = 8, ROUNDS = 3000 };

static pthread_barrier_t ready;

/* Values that no other thread has at that time. */
static void
one_round(struct evbuffer *buf, struct evbuffer *out, uint32_t mark)
{
	struct timeval in = { mark, mark % 1000000 }, tv;
	uint32_t number, tag, fixed[16], got[16];
	char text[32], *string;
	size_t i;

	for (i = 0; i < COUNT(fixed); i++)
		fixed[i] = mark + (uint32_t)i;
	snprintf(text, sizeof(text), "thread %u", mark);
	evtag_marshal_int(buf, mark, mark);
	evtag_marshal_timeval(buf, mark, &in);
	evtag_marshal_string(buf, mark, text);
	evtag_marshal(buf, mark, fixed, sizeof(fixed));
	evtag_marshal(buf, mark, text, (uint32_t)strlen(text));
	CHECK_INT(evtag_unmarshal_int(buf, mark, &number), 0);
	CHECK_INT(number, mark);
	CHECK_INT(evtag_unmarshal_timeval(buf, mark, &tv), 0);
	CHECK_INT(tv.tv_sec, in.tv_sec);
	CHECK_INT(tv.tv_usec, in.tv_usec);
	CHECK_INT(evtag_unmarshal_string(buf, mark, &string), 0);
	CHECK_STR(string, text);
	free(string);
	CHECK_INT(evtag_unmarshal_fixed(buf, mark, got, sizeof(got)), 0);
	CHECK(memcmp(got, fixed, sizeof(got)) == 0);
	CHECK_INT(evtag_unmarshal(buf, &tag, out), strlen(text));
	CHECK_INT(tag, mark);
	CHECK(memcmp(EVBUFFER_DATA(out), text, strlen(text)) == 0);
	evbuffer_drain(out, EVBUFFER_LENGTH(out));
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
}

static void *
work(void *arg)
{
	uint32_t number = (uint32_t)(uintptr_t)arg, i;
	struct evbuffer *buf = new_buffer(), *out = new_buffer();

	pthread_barrier_wait(&ready);
	for (i = 0; i < ROUNDS; i++)
		one_round(buf, out, (number << 24) + i * 1777);
	evbuffer_free(buf);
	evbuffer_free(out);
	return NULL;
}

TEST_ONCE(threads_do_not_disturb_each_other)
{
	pthread_t threads[THREADS];
	uintptr_t i;

	CHECK_INT(pthread_barrier_init(&ready, NULL, THREADS), 0);
	for (i = 0; i < THREADS; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, work, (void *)(i + 1)), 0);
	for (i = 0; i < THREADS; i++)
		CHECK_INT(pthread_join(threads[i], NULL), 0);
}
