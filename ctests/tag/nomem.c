/*
 * Memory runs out at the n-th allocation, for every n: nothing is written by halves, nothing is
 * consumed, nothing leaks, and the next try works. What needs no memory asks for none.
 */
#include "alloc.h"
#include "tag.h"

static struct evbuffer *buf, *out;
static int changes;

static void
count_change(struct evbuffer *changed, size_t old_length, size_t new_length, void *arg)
{
	(void)changed;
	(void)old_length;
	(void)new_length;
	(void)arg;
	changes++;
}

/* What is tried with memory running out: 0 if it worked. The change is made to the target. */
struct scenario {
	const char *name;
	const char *before;		/* in the buffer */
	const char *after;
	const char *out_after;
	int (*try)(void);
};

/* Marshalling has no result: it worked if the buffer is longer. */
static int
grown(size_t before)
{
	return EVBUFFER_LENGTH(buf) > before ? 0 : -1;
}

static int
try_int(void)
{
	size_t before = EVBUFFER_LENGTH(buf);

	evtag_marshal_int(buf, 5, 0xaf0);
	return grown(before);
}

static int
try_string(void)
{
	size_t before = EVBUFFER_LENGTH(buf);

	evtag_marshal_string(buf, 7, "abc");
	return grown(before);
}

static int
try_timeval(void)
{
	size_t before = EVBUFFER_LENGTH(buf);
	struct timeval tv = { 0x12, 0x345 };

	evtag_marshal_timeval(buf, 2, &tv);
	return grown(before);
}

static int
try_encode_int(void)
{
	size_t before = EVBUFFER_LENGTH(buf);

	encode_int(buf, 0xaf0);
	return grown(before);
}

static int
try_encode_tag(void)
{
	int result = evtag_encode_tag(buf, 0xaf0);

	CHECK(result == 2 || result == -1);
	return result == 2 ? 0 : -1;
}

static int
try_unmarshal(void)
{
	uint32_t tag;
	int result = evtag_unmarshal(buf, &tag, out);

	CHECK(result == 2 || result == -1);
	return result == 2 ? 0 : -1;
}

static int
try_unmarshal_string(void)
{
	char *string = NULL;
	int result = evtag_unmarshal_string(buf, 1, &string);

	if (result == 0) {
		CHECK_STR(string, "ab");
		free(string);
	} else
		CHECK_PTR(string, NULL);
	return result;
}

static const struct scenario scenarios[] = {
	{ "int", "", "050220fa", "", try_int },
	{ "string", "", "0703616263", "", try_string },
	{ "timeval", "", "020412102543", "", try_timeval },
	{ "encoded int", "", "20fa", "", try_encode_int },
	{ "encoded tag", "", "f015", "", try_encode_tag },
	{ "unmarshal", "01026162" "ff", "ff", "6162", try_unmarshal },
	{ "unmarshal_string", "01026162" "ff", "ff", "", try_unmarshal_string },
};

/* One try with the n-th allocation failing; false if that one was never reached. */
static int
torture_once(const struct scenario *scenario, int n)
{
	long live_before = alloc_live(), failures;
	int result, calls;

	buf = hex_buffer(scenario->before);
	out = new_buffer();
	evbuffer_setcb(buf, count_change, NULL);
	evbuffer_setcb(out, count_change, NULL);
	changes = 0;
	alloc_fail(n, 0);
	result = scenario->try();
	failures = alloc_failures();
	alloc_fail(0, 0);
	calls = changes;
	if (result != 0) {
		CHECK_INT(result, -1);
		CHECK(failures > 0);
		CHECK_INT(calls, 0);
		CHECK_HEX(buf, scenario->before);
		CHECK_HEX(out, "");
		CHECK_INT(scenario->try(), 0);
	}
	CHECK(changes > 0);
	CHECK_HEX(buf, scenario->after);
	CHECK_HEX(out, scenario->out_after);
	evbuffer_free(buf);
	evbuffer_free(out);
	CHECK_INT(alloc_live() - live_before, 0);
	return failures > 0;
}

ALLOC_TEST(every_allocation_may_fail)
{
	size_t i;

	need_shim();
	capture_log();
	for (i = 0; i < COUNT(scenarios); i++) {
		int n = 1;

		/* The first life of all pays for what is made once in a process. */
		torture_once(&scenarios[i], 1000000);
		while (torture_once(&scenarios[i], n))
			CHECK(++n < 1000);
		if (n < 2)
			test_fail(__FILE__, __LINE__, "%s: no allocation", scenarios[i].name);
	}
}

/* A buffer that holds much already: it keeps all of it when it cannot grow. */
ALLOC_TEST(a_full_buffer_keeps_its_data)
{
	size_t len = 100000, full;
	char *payload = malloc(len);
	int i;

	need_shim();
	CHECK(payload != NULL);
	capture_log();
	memset(payload, 'p', len);
	buf = new_buffer();
	add_bytes(buf, payload, 1000);
	evbuffer_drain(buf, 10);
	full = EVBUFFER_LENGTH(buf);
	for (i = 0; i < 3; i++) {
		alloc_fail(1, 1);
		evtag_marshal(buf, 9, payload, (uint32_t)len);
		CHECK(alloc_failures() > 0);
		alloc_fail(0, 0);
		CHECK_INT(EVBUFFER_LENGTH(buf), full);
		CHECK(memcmp(EVBUFFER_DATA(buf), payload, full) == 0);
	}
	evtag_marshal(buf, 9, payload, (uint32_t)len);
	CHECK_INT(EVBUFFER_LENGTH(buf), full + 1 + 3 + len);
	evbuffer_free(buf);
	free(payload);
}

/* The block is there already: marshalling writes into it. */
ALLOC_TEST(room_enough_needs_no_memory)
{
	struct timeval tv = { 0x12, 0x345 };
	long before;

	need_shim();
	buf = new_buffer();
	CHECK_INT(evbuffer_expand(buf, 1000), 0);
	before = alloc_count();
	alloc_fail(1, 1);
	evtag_marshal(buf, 1, "abc", 3);
	evtag_marshal_int(buf, 5, 0xaf0);
	evtag_marshal_string(buf, 7, "abc");
	evtag_marshal_timeval(buf, 2, &tv);
	encode_int(buf, 0xf);
	CHECK_INT(evtag_encode_tag(buf, 1), 1);
	alloc_fail(0, 0);
	CHECK_INT(alloc_count(), before);
	CHECK_HEX(buf, "0103616263" "050220fa" "0703616263" "020412102543" "0f" "01");
	evbuffer_free(buf);
}

/* There is no scratch buffer behind these calls, not even one made once. */
ALLOC_TEST(decoding_needs_no_memory)
{
	struct timeval tv;
	uint32_t value;
	char bytes[3];
	long before;

	need_shim();
	buf = hex_buffer("050220fa" "020412102543" "0103616263" "0100" "8001" "1010" "010105");
	before = alloc_count();
	alloc_fail(1, 1);
	CHECK_INT(evtag_peek(buf, &value), 1);
	CHECK_INT(evtag_peek_length(buf, &value), 0);
	CHECK_INT(evtag_payload_length(buf, &value), 0);
	CHECK_INT(evtag_unmarshal_int(buf, 5, &value), 0);
	CHECK_INT(evtag_unmarshal_timeval(buf, 2, &tv), 0);
	CHECK_INT(evtag_unmarshal_fixed(buf, 1, bytes, 3), 0);
	CHECK_INT(evtag_consume(buf), 0);
	CHECK_INT(evtag_decode_tag(&value, buf), 2);
	CHECK_INT(evtag_decode_int(&value, buf), 0);
	CHECK_INT(evtag_unmarshal_int(buf, 5, &value), -1);
	alloc_fail(0, 0);
	CHECK_INT(alloc_count(), before);
	evbuffer_free(buf);
}
