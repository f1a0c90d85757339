/*
 * Memory runs out at the n-th allocation, for every n: the call says so, nothing is lost or
 * leaks, no message is written by halves, and the next try works. ctests/shim/alloc.c, preloaded,
 * makes allocations fail.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "rpc.h"

#include <dlfcn.h>

static long (*alloc_live)(void), (*alloc_failures)(void), (*alloc_count)(void);
static void (*alloc_fail)(long n, int and_all_that_follow);

static void
find(const char *name, void *function)
{
	void *symbol = dlsym(RTLD_DEFAULT, name);

	CHECK(symbol != NULL);
	memcpy(function, &symbol, sizeof(symbol));
}

/* What is tried: 0 or -1, and what it made is freed. */

static struct msg *full;

static int
try_new(void)
{
	struct msg *msg = msg_new();

	msg_free(msg);
	return msg != NULL ? 0 : -1;
}

static int
try_marshal(void)
{
	struct evbuffer *buf = evbuffer_new();
	int result = -1;

	if (buf == NULL)
		return -1;
	msg_marshal(buf, full);
	if (EVBUFFER_LENGTH(buf) > 0) {
		check_bytes(buf, FULL_MSG, FULL_MSG_LENGTH);
		result = 0;
	}
	evbuffer_free(buf);
	return result;
}

static int
try_marshal_record(void)
{
	struct evbuffer *buf = evbuffer_new();
	uint32_t length = 0;
	int result = -1;

	if (buf == NULL)
		return -1;
	evtag_marshal_msg(buf, 9, full);
	if (EVBUFFER_LENGTH(buf) > 0) {
		CHECK(evtag_payload_length(buf, &length) == 0 && length == FULL_MSG_LENGTH);
		result = 0;
	}
	evbuffer_free(buf);
	return result;
}

static int
try_unmarshal(void)
{
	struct evbuffer *buf = evbuffer_new();
	struct msg *msg = msg_new();
	int result = -1;

	if (buf != NULL && msg != NULL && evbuffer_add(buf, FULL_MSG, FULL_MSG_LENGTH) == 0)
		result = msg_unmarshal(msg, buf);
	msg_free(msg);
	if (buf != NULL)
		evbuffer_free(buf);
	return result;
}

/* Everything that has memory is given another value; what fails leaves the one before. */
static int
try_assign(void)
{
	struct msg *msg = full;
	char *name = msg->from_name_data;
	uint8_t *data = msg->data_data;
	struct kill *attack = msg->attack_data;

	if (EVTAG_ASSIGN(msg, from_name, "one") == -1) {
		CHECK(msg->from_name_data == name);
		return -1;
	}
	if (EVTAG_ASSIGN(msg, data, BYTES("xyz"), 3) == -1) {
		CHECK(msg->data_data == data && msg->data_length == 3);
		return -1;
	}
	if (EVTAG_ASSIGN(msg, attack, attack) == -1) {
		CHECK(msg->attack_data == attack);
		return -1;
	}
	if (EVTAG_ASSIGN(msg, run, 1, msg->run_data[1]) == -1)
		return -1;
	return EVTAG_ASSIGN(msg, names, 0, "A");
}

/* Of a message in which nothing is required a part would pass for the whole. */
static int
try_copy(void)
{
	static struct tree *tree;
	struct tree *copy = tree_new();
	int result = -1;

	if (tree == NULL)
		tree = tree_new();
	if (tree == NULL || copy == NULL)
		goto out;
	CHECK(EVTAG_ASSIGN(tree, value, 5) == 0);
	result = EVTAG_ASSIGN(copy, left, tree);
	if (result == 0)
		CHECK(EVTAG_HAS(copy->left_data, value) && copy->left_data->value_data == 5);
	else
		CHECK(!EVTAG_HAS(copy, left));
out:
	tree_free(copy);
	return result;
}

static int
try_add(void)
{
	struct msg *msg = msg_new();
	struct Rest *rest = Rest_new();
	struct kill *attack;
	int result = -1, i;

	if (msg == NULL || rest == NULL || EVTAG_GET(msg, attack, &attack) == -1)
		goto out;
	for (i = 0; i < 9; i++) {
		if (EVTAG_ADD(msg, run) == NULL || EVTAG_ADD(msg, names, "n") == NULL ||
		    EVTAG_ADD(msg, numbers, 5) == NULL)
			goto out;
		if (EVTAG_ADD(rest, fixes, BYTES("abc")) == NULL ||
		    EVTAG_ADD(rest, pieces, BYTES("abc"), 2) == NULL)
			goto out;
	}
	result = 0;
out:
	if (msg != NULL && result == -1)
		CHECK(EVTAG_LEN(msg, run) <= 9 && EVTAG_LEN(msg, numbers) <= 9);
	msg_free(msg);
	Rest_free(rest);
	return result;
}

static const struct {
	const char *name;
	int (*run)(void);
} tries[] = {
	{ "new", try_new },
	{ "marshal", try_marshal },
	{ "marshal a record", try_marshal_record },
	{ "unmarshal", try_unmarshal },
	{ "assign", try_assign },
	{ "copy", try_copy },
	{ "add", try_add },
};

static void
run_out(const char *name, int (*run)(void))
{
	long n, failures;
	int result;

	/* The first life of all pays for what is made once in a process. */
	CHECK(run() == 0);
	for (n = 1;; n++) {
		long live = alloc_live();

		alloc_fail(n, 0);
		result = run();
		failures = alloc_failures();
		alloc_fail(0, 0);
		if (alloc_live() != live || result != (failures > 0 ? -1 : 0)) {
			fprintf(stderr, "%s, allocation %ld: result %d, %ld blocks more\n", name,
			    n, result, alloc_live() - live);
			exit(1);
		}
		if (failures == 0)
			break;
	}
	CHECK(n > 1);
	CHECK(try_marshal() == 0);
}

/* Who claims to send 4 GB, and does not, is refused before any memory is asked for. */
static void
lies_cost_nothing(void)
{
	static const char lie[] = "\x07\x7f\xff\xff\xff\xf0" "abc";
	struct msg *msg = msg_new();
	struct evbuffer *buf = buffer_of(lie, sizeof(lie) - 1);
	long count = alloc_count();

	CHECK(msg != NULL && msg_unmarshal(msg, buf) == -1);
	CHECK(alloc_count() == count);
	msg_free(msg);
	evbuffer_free(buf);
}

int
main(void)
{
	size_t i;

	find("alloc_live", &alloc_live);
	find("alloc_failures", &alloc_failures);
	find("alloc_count", &alloc_count);
	find("alloc_fail", &alloc_fail);
	full = full_msg();
	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		run_out(tries[i].name, tries[i].run);
	lies_cost_nothing();
	msg_free(full);
	return 0;
}
