/*
 * Capitals at random, which a forger would have to guess (D12): off by default.
 */
#include "spoofed.h"

static void
randomize(void)
{
	CHECK_INT(evdns_set_option("randomize-case", "1", DNS_OPTIONS_ALL), 0);
}

/* The name with all letters turned round. */
static const char *
turned(const char *name)
{
	static char text[256];
	size_t i;

	for (i = 0; i <= strlen(name); i++)
		text[i] = name[i] >= 'A' ? name[i] ^ 32 : name[i];
	return text;
}

TEST(each_question_has_its_own)
{
	char names[20][64];
	struct answer a;
	int same = 0;
	int i;

	begin(say_good);
	randomize();
	for (i = 0; i < 20; i++) {
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
		snprintf(names[i], sizeof(names[i]), "%s", last_asked(&server)->name);
		CHECK_INT(strcasecmp(names[i], "www.example.org"), 0);
		same += i > 0 && strcmp(names[i], names[i - 1]) == 0;
	}
	CHECK(same <= 2);
	finish();
}

TEST(an_answer_in_other_capitals_is_ignored)
{
	struct answer a;
	struct packet p;
	struct query q;

	begin(NULL);
	randomize();
	q = pending_query(&a);
	reply_about(&p, &q, turned(q.name), EVDNS_TYPE_A, EVDNS_CLASS_INET);
	add_a(&p, NULL, 5, FORGED);
	say(&server, &q, &p);
	still_pending(&a, 1);
	/* The records' names may have any. */
	reply_to(&p, &q, 0);
	add_a(&p, "www.EXAMPLE.org", 300, "192.0.2.1");
	say(&server, &q, &p);
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish();
}

/* Searching and reverse names live with it. */
TEST_ONCE(other_questions)
{
	struct answer a;

	begin(say_good);
	randomize();
	evdns_search_add("one.example");
	resolve6(&a, "www");
	CHECK_ADDRESS(&a, "2001:db8::1");
	CHECK_INT(strcasecmp(last_asked(&server)->name, "www.one.example"), 0);
	resolve_reverse(&a, "192.0.2.1");
	CHECK_STR(a.name, "host.example");
	CHECK_INT(evdns_set_option("randomize-case", "0", DNS_OPTIONS_ALL), 0);
	resolve4(&a, "aaaaaaaaaaaaaaaaaaaaaaaaaaa.bbb");
	CHECK_STR(last_asked(&server)->name, "aaaaaaaaaaaaaaaaaaaaaaaaaaa.bbb");
	finish();
}

TEST_ONCE(over_tcp)
{
	struct answer a;

	begin(say_truncated_first);
	randomize();
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish();
}
