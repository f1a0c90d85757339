/*
 * Lists of headers: adding, finding, removing, clearing; what may be added; lists that programs
 * change by themselves.
 *
 * Proves behaviour 173; W01, W02.
 */
#include "http.h"

static struct evkeyvalq headers;

static void
begin(void)
{
	TAILQ_INIT(&headers);
}

TEST_ONCE(added_in_order_and_copied)
{
	char key[] = "Key", value[] = "value";

	begin();
	CHECK_STR(listed(&headers), "");
	CHECK_INT(evhttp_add_header(&headers, key, value), 0);
	CHECK_INT(evhttp_add_header(&headers, "B", ""), 0);
	CHECK_INT(evhttp_add_header(&headers, "key", "other"), 0);
	key[0] = value[0] = '!';
	CHECK_STR(listed(&headers), "Key=value;B=;key=other;");
	evhttp_clear_headers(&headers);
	CHECK_STR(listed(&headers), "");
	CHECK_INT(evhttp_add_header(&headers, "C", "d"), 0);
	CHECK_STR(listed(&headers), "C=d;");
	evhttp_clear_headers(&headers);
	evhttp_clear_headers(&headers);
}

TEST_ONCE(found_in_whatever_case_the_first_one)
{
	begin();
	CHECK_PTR(evhttp_find_header(&headers, "A"), NULL);
	evhttp_add_header(&headers, "Content-Type", "a/b");
	evhttp_add_header(&headers, "CONTENT-TYPE", "c/d");
	evhttp_add_header(&headers, "Empty", "");
	CHECK_STR(evhttp_find_header(&headers, "content-type"), "a/b");
	CHECK_STR(evhttp_find_header(&headers, "cOnTeNt-TyPe"), "a/b");
	CHECK_STR(evhttp_find_header(&headers, "empty"), "");
	CHECK_PTR(evhttp_find_header(&headers, "Content"), NULL);
	CHECK_PTR(evhttp_find_header(&headers, "Content-Type2"), NULL);
	CHECK_PTR(evhttp_find_header(&headers, ""), NULL);
	/* It is the header's own memory. */
	CHECK_PTR(evhttp_find_header(&headers, "EMPTY"), TAILQ_LAST(&headers, evkeyvalq)->value);
	evhttp_clear_headers(&headers);
}

TEST_ONCE(removed_the_first_one)
{
	begin();
	CHECK_ERRNO(evhttp_remove_header(&headers, "A"), ENOENT);
	evhttp_add_header(&headers, "A", "1");
	evhttp_add_header(&headers, "B", "2");
	evhttp_add_header(&headers, "a", "3");
	CHECK_INT(evhttp_remove_header(&headers, "a"), 0);
	CHECK_STR(listed(&headers), "B=2;a=3;");
	CHECK_INT(evhttp_remove_header(&headers, "A"), 0);
	CHECK_STR(listed(&headers), "B=2;");
	CHECK_ERRNO(evhttp_remove_header(&headers, "A"), ENOENT);
	evhttp_add_header(&headers, "C", "4");
	CHECK_INT(evhttp_remove_header(&headers, "B"), 0);
	CHECK_INT(evhttp_remove_header(&headers, "C"), 0);
	CHECK_STR(listed(&headers), "");
}

TEST_ONCE(keys_that_cannot_be_sent)
{
	static const char *const bad[] = {
		"", ":", "a:", "a b", " a", "a ", "a\t", "a\r", "a\n", "\r\na", "a\r\n b", "\x01",
		"a\x7f",
	};
	size_t i;

	begin();
	for (i = 0; i < COUNT(bad); i++)
		CHECK_ERRNO(evhttp_add_header(&headers, bad[i], "value"), EINVAL);
	CHECK_STR(listed(&headers), "");
	CHECK_INT(evhttp_add_header(&headers, "X-odd(but)_there/already", "1"), 0);
	evhttp_clear_headers(&headers);
}

TEST_ONCE(values_on_several_lines)
{
	static const char *const bad[] = {
		"\n", "\r", "\r\n", "a\n", "a\r\n", "a\r\nb", "a\nb", "a\rb", "a\r\n\r\nb",
		"a\r\n b\r\nc", "a\r\n b\n", "a\r\nEvil: b",
	};
	static const char *const good[] = {
		"", " ", "a\r\n b", "a\n\tb", "a\r\n b\r\n\tc", "a\tb", "\x80\xff",
	};
	size_t i;

	begin();
	for (i = 0; i < COUNT(bad); i++)
		CHECK_ERRNO(evhttp_add_header(&headers, "A", bad[i]), EINVAL);
	CHECK_STR(listed(&headers), "");
	for (i = 0; i < COUNT(good); i++) {
		CHECK_INT(evhttp_add_header(&headers, "A", good[i]), 0);
		CHECK_STR(evhttp_find_header(&headers, "a"), good[i]);
		CHECK_INT(evhttp_remove_header(&headers, "A"), 0);
	}
}

TEST_ONCE(nothing_for_null)
{
	begin();
	capture_log();
	CHECK_ERRNO(evhttp_add_header(NULL, "A", "b"), EINVAL);
	CHECK_ERRNO(evhttp_add_header(&headers, NULL, "b"), EINVAL);
	CHECK_ERRNO(evhttp_add_header(&headers, "A", NULL), EINVAL);
	CHECK_NULL(evhttp_find_header(NULL, "A"), EINVAL);
	CHECK_NULL(evhttp_find_header(&headers, NULL), EINVAL);
	CHECK_ERRNO(evhttp_remove_header(NULL, "A"), EINVAL);
	CHECK_ERRNO(evhttp_remove_header(&headers, NULL), EINVAL);
	errno = 0;
	evhttp_clear_headers(NULL);
	CHECK_INT(errno, EINVAL);
	CHECK_STR(listed(&headers), "");
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
	CHECK_STR(last_log(), "evhttp_add_header: argument is NULL");
}

/* A header as programs make them, without evhttp_add_header. */
static struct evkeyval *
own_header(const char *key, const char *value)
{
	struct evkeyval *header = malloc(sizeof(*header));

	CHECK(header != NULL);
	header->key = strdup(key);
	header->value = strdup(value);
	return header;
}

TEST_ONCE(lists_that_programs_change)
{
	struct evkeyval *header;

	begin();
	evhttp_add_header(&headers, "A", "1");
	header = own_header("B", "2");
	TAILQ_INSERT_HEAD(&headers, header, next);
	header = own_header("C", "3");
	TAILQ_INSERT_TAIL(&headers, header, next);
	evhttp_add_header(&headers, "D", "4");
	CHECK_STR(listed(&headers), "B=2;A=1;C=3;D=4;");
	CHECK_STR(evhttp_find_header(&headers, "c"), "3");
	/* Another value, another key, another place. */
	free(header->value);
	header->value = strdup("three");
	CHECK_STR(evhttp_find_header(&headers, "C"), "three");
	free(header->key);
	header->key = strdup("E");
	CHECK_PTR(evhttp_find_header(&headers, "C"), NULL);
	TAILQ_REMOVE(&headers, header, next);
	CHECK_STR(listed(&headers), "B=2;A=1;D=4;");
	TAILQ_INSERT_AFTER(&headers, TAILQ_FIRST(&headers), header, next);
	CHECK_STR(listed(&headers), "B=2;E=three;A=1;D=4;");
	CHECK_INT(evhttp_remove_header(&headers, "B"), 0);
	CHECK_INT(evhttp_remove_header(&headers, "E"), 0);
	CHECK_STR(listed(&headers), "A=1;D=4;");
	/* Freed by hand, as evhttp_add_header's memory is malloc's. */
	header = TAILQ_LAST(&headers, evkeyvalq);
	TAILQ_REMOVE(&headers, header, next);
	free(header->key);
	free(header->value);
	free(header);
	CHECK_STR(listed(&headers), "A=1;");
	evhttp_clear_headers(&headers);
}

TEST_ONCE(texts_that_programs_took_away)
{
	struct evkeyval *header;

	begin();
	evhttp_add_header(&headers, "A", "1");
	header = TAILQ_FIRST(&headers);
	free(header->value);
	header->value = NULL;
	CHECK_PTR(evhttp_find_header(&headers, "A"), NULL);
	free(header->key);
	header->key = NULL;
	CHECK_PTR(evhttp_find_header(&headers, "A"), NULL);
	CHECK_ERRNO(evhttp_remove_header(&headers, "A"), ENOENT);
	evhttp_clear_headers(&headers);
	CHECK_STR(listed(&headers), "");
}

TEST_ONCE(many_headers_and_long_ones)
{
	enum { MANY = 20000, LONG = 1 << 20 };
	char key[32], *text = malloc(LONG + 1);
	int i;

	begin();
	for (i = 0; i < MANY; i++) {
		snprintf(key, sizeof(key), "Key-%d", i);
		CHECK_INT(evhttp_add_header(&headers, key, key + 4), 0);
	}
	CHECK_STR(evhttp_find_header(&headers, "KEY-19999"), "19999");
	CHECK_INT(evhttp_remove_header(&headers, "Key-10000"), 0);
	CHECK_PTR(evhttp_find_header(&headers, "Key-10000"), NULL);
	memset(text, 'x', LONG);
	text[LONG] = '\0';
	CHECK_INT(evhttp_add_header(&headers, text, text), 0);
	CHECK_STR(evhttp_find_header(&headers, text), text);
	evhttp_clear_headers(&headers);
	free(text);
}

/* Random changes, beside an array. */
struct model {
	char text[64][16];		/* "kN=vM" */
	int count;
};

static void
check_model(const struct model *model)
{
	char text[2048];
	size_t used = 0;
	int i;

	text[0] = '\0';
	for (i = 0; i < model->count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s;", model->text[i]);
	CHECK_STR(listed(&headers), text);
}

static int
position(const struct model *model, const char *key)
{
	int i;

	for (i = 0; i < model->count; i++) {
		if (strncasecmp(model->text[i], key, 2) == 0)
			return i;
	}
	return -1;
}

static void
change(struct model *model)
{
	char key[8], value[8];
	int at;

	snprintf(key, sizeof(key), "%c%d", random() % 2 ? 'k' : 'K', (int)(random() % 6));
	snprintf(value, sizeof(value), "v%d", (int)(random() % 1000));
	at = position(model, key);
	switch (random() % 5) {
	case 0:
	case 1:
		if (model->count == COUNT(model->text))
			break;
		CHECK_INT(evhttp_add_header(&headers, key, value), 0);
		snprintf(model->text[model->count++], sizeof(model->text[0]), "%s=%s", key, value);
		break;
	case 2:
	case 3:
		CHECK_INT(evhttp_remove_header(&headers, key), at < 0 ? -1 : 0);
		if (at >= 0) {
			model->count--;
			memmove(model->text[at], model->text[at + 1],
			    (size_t)(model->count - at) * sizeof(model->text[0]));
		}
		break;
	default:
		if (at < 0)
			CHECK_PTR(evhttp_find_header(&headers, key), NULL);
		else
			CHECK_STR(evhttp_find_header(&headers, key), model->text[at] + 3);
	}
}

TEST_ONCE(random_changes_beside_a_model)
{
	struct model model = { .count = 0 };
	int i;

	begin();
	srandom(1);
	for (i = 0; i < 20000; i++) {
		change(&model);
		if (i % 16 == 0)
			check_model(&model);
		if (random() % 2000 == 0) {
			evhttp_clear_headers(&headers);
			model.count = 0;
		}
	}
	evhttp_clear_headers(&headers);
}
