/*
 * Many questions at once: none is lost, none gets the answer of another one (D42, F22).
 */
#include "asking.h"

enum { MOST = 4000 };

static struct answer answers[MOST];

static int ended;

static void
count(struct answer *a)
{
	(void)a;
	ended++;
}

static void
ask_host(int number)
{
	char name[32];

	answers[number].then = count;
	snprintf(name, sizeof(name), "host%d.example", number);
	ask4(&answers[number], name);
}

/* Each host has an address of its own. */
static void
say_own(struct nameserver *ns, const struct query *q)
{
	struct packet p;
	char text[32];
	int number;

	CHECK_INT(sscanf(q->name, "host%d.example", &number), 1);
	reply_to(&p, q, 0);
	snprintf(text, sizeof(text), "10.%d.%d.%d", number >> 16, number >> 8 & 255, number & 255);
	add_a(&p, NULL, 60, text);
	say(ns, q, &p);
}

static void
check_own(int n)
{
	char text[32];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
		CHECK_ADDRESS(&answers[i], text);
	}
}

static void
allow(const char *inflight)
{
	CHECK_INT(evdns_set_option("max-inflight:", inflight, DNS_OPTIONS_ALL), 0);
}

/* All are asked before the first answer comes, and then all come in one go. */
TEST(two_hundred_and_fifty_six_at_once)
{
	int i;

	begin(NULL);
	allow("256");
	for (i = 0; i < 256; i++)
		ask_host(i);
	UNTIL(server.queries == 256);
	for (i = 255; i >= 0; i--)
		say_own(&server, asked(&server, i));
	UNTIL(ended == 256);
	check_own(256);
	CHECK_INT(server.queries, 256);
	finish();
}

static void
say_own_large(struct nameserver *ns, const struct query *q)
{
	struct packet p;
	char text[32];
	int number;
	int i;

	CHECK_INT(sscanf(q->name, "host%d.example", &number), 1);
	reply_to(&p, q, 0);
	snprintf(text, sizeof(text), "10.%d.%d.%d", number >> 16, number >> 8 & 255, number & 255);
	add_a(&p, NULL, 60, text);
	for (i = 0; i < 70; i++)
		add_a(&p, "x", 60, "203.0.113.1");
	say(ns, q, &p);
}

/* The same with answers of more than a thousand bytes. */
TEST_ONCE(large_answers_at_once)
{
	int i;

	begin(NULL);
	allow("256");
	for (i = 0; i < 256; i++)
		ask_host(i);
	UNTIL(server.queries == 256);
	for (i = 0; i < 256; i++)
		say_own_large(&server, asked(&server, i));
	UNTIL(ended == 256);
	check_own(256);
	CHECK_INT(server.queries, 256);
	finish();
}

TEST(thousands_with_the_usual_limits)
{
	int i;

	begin(say_own);
	for (i = 0; i < MOST; i++)
		ask_host(i);
	UNTIL(ended == MOST);
	check_own(MOST);
	CHECK_INT(server.queries, MOST);
	finish();
}

TEST_ONCE(thousands_in_flight)
{
	int i;

	begin(say_own);
	allow("65000");
	for (i = 0; i < MOST; i++) {
		ask_host(i);
		if (i % 100 == 99)
			rounds();
	}
	UNTIL(ended == MOST);
	check_own(MOST);
	finish();
}

/* Each answer asks the next question. */
static void
ask_next(struct answer *a)
{
	int number = (int)(a - answers);

	ended++;
	if (number + 64 < MOST) {
		ask_host(number + 64);
		answers[number + 64].then = ask_next;
	}
}

TEST_ONCE(asked_from_callbacks)
{
	int i;

	begin(say_own);
	for (i = 0; i < 64; i++) {
		ask_host(i);
		answers[i].then = ask_next;
	}
	UNTIL(ended == MOST);
	check_own(MOST);
	CHECK_INT(server.queries, MOST);
	finish();
}

/* Few sockets do it, and all are closed in the end. */
TEST_ONCE(few_descriptors)
{
	int open_first = open_fds();
	int open_before;
	int most = 0;
	int i;

	begin(say_own);
	open_before = open_fds();
	for (i = 0; i < 2000; i++)
		ask_host(i);
	while (ended < 2000) {
		CHECK(event_loop(EVLOOP_ONCE) >= 0);
		if (open_fds() - open_before > most)
			most = open_fds() - open_before;
	}
	CHECK(most <= 8);
	check_own(2000);
	finish();
	CHECK_INT(open_fds() - open_first, 0);
}

/* A server that loses every third packet, and answers every fourth twice. */
static void
say_own_or_not(struct nameserver *ns, const struct query *q)
{
	if (ns->queries % 3 == 0)
		return;
	say_own(ns, q);
	if (ns->queries % 4 == 0)
		say_own(ns, q);
}

TEST_ONCE(a_server_that_loses_packets)
{
	int i;

	begin(say_own_or_not);
	be_quick();
	allow("1000");
	for (i = 0; i < 90; i++)
		ask_host(i);
	UNTIL(ended == 90);
	for (i = 0; i < 90; i++)
		CHECK(answers[i].calls == 1);
	finish();
}
