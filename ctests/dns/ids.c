/*
 * Ids and ports: nobody can foresee them, the program's own function is honoured, and no two
 * questions in flight have the same (behaviour 117; D42, D43).
 */
#include "asking.h"

enum { MANY = 600, A_SOCKET_S = 64 };

static int
compare(const void *one, const void *other)
{
	return *(const int *)one - *(const int *)other;
}

/* How many different ones there are; sorts them. */
static int
different(int *numbers, int n)
{
	int count = 0;
	int i;

	qsort(numbers, (size_t)n, sizeof(*numbers), compare);
	for (i = 0; i < n; i++)
		count += i == 0 || numbers[i] != numbers[i - 1];
	return count;
}

/* So many of them are greater than the one before. */
static int
rising(const int *numbers, int n)
{
	int count = 0;
	int i;

	for (i = 1; i < n; i++)
		count += numbers[i] > numbers[i - 1];
	return count;
}

static void
ask_one_by_one(int n)
{
	struct answer a;

	while (n-- > 0) {
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
}

TEST(ids_are_unpredictable)
{
	int ids[MANY];
	int high[256] = { 0 };
	int i;

	begin(say_good);
	ask_one_by_one(MANY);
	CHECK_INT(server.queries, MANY);
	for (i = 0; i < MANY; i++) {
		ids[i] = (int)asked(&server, i)->id;
		high[ids[i] >> 8]++;
	}
	/* A fair source is outside of these bounds less than once in a billion runs. */
	i = rising(ids, MANY);
	CHECK(i > MANY / 2 - 80 && i < MANY / 2 + 80);
	for (i = 0; i < 256; i++)
		CHECK(high[i] < 25);
	CHECK(different(ids, MANY) > MANY - 25);
	CHECK(ids[MANY - 1] < 0xffff);
	finish();
}

/* A port is used for some questions, and then another one. */
TEST(ports_change)
{
	int ports[MANY];
	int longest = 0;
	int now = 0;
	int i;

	begin(say_good);
	ask_one_by_one(MANY);
	for (i = 0; i < MANY; i++) {
		ports[i] = asked(&server, i)->port;
		now = i > 0 && ports[i] == ports[i - 1] ? now + 1 : 1;
		if (now > longest)
			longest = now;
		CHECK(ports[i] >= 1024);
	}
	CHECK(longest <= A_SOCKET_S);
	CHECK(different(ports, MANY) >= MANY / A_SOCKET_S);
	finish();
}

TEST_ONCE(ports_are_unpredictable)
{
	int ports[64];
	int changes = 0;
	int ups = 0;
	int near = 0;
	int last = 0;
	int i;

	begin(say_good);
	for (i = 0; changes < 64; i++) {
		ask_one_by_one(1);
		if (last_asked(&server)->port == last)
			continue;
		ups += changes > 0 && last_asked(&server)->port > last;
		near += changes > 0 && abs(last_asked(&server)->port - last) < 16;
		last = last_asked(&server)->port;
		ports[changes++] = last;
		CHECK(i < 64 * (A_SOCKET_S + 1));
	}
	/* 32 of 63, give or take; and neighbours are rare. */
	CHECK(ups > 8 && ups < 55);
	CHECK(near < 10);
	CHECK(different(ports, 64) > 40);
	finish();
}

/* A new set of ports after a shutdown, too. */
TEST_ONCE(each_start_has_its_port)
{
	int ports[20];
	int i;

	for (i = 0; i < 20; i++) {
		begin(say_good);
		ask_one_by_one(1);
		ports[i] = last_asked(&server)->port;
		finish();
	}
	CHECK(different(ports, 20) >= 15);
}

/* The program's own */

static int calls;

static uint16_t
counting(void)
{
	return (uint16_t)(1000 + calls++);
}

TEST(the_program_s_function_gives_ids)
{
	struct answer a;
	int ids[MANY];
	int i;

	begin(say_good);
	evdns_set_transaction_id_fn(counting);
	for (i = 0; i < 20; i++) {
		resolve4(&a, "www.example.org");
		CHECK_INT((int)last_asked(&server)->id, 1000 + i);
		CHECK_INT(calls, i + 1);
	}
	evdns_set_transaction_id_fn(NULL);
	for (i = 0; i < 20; i++) {
		resolve4(&a, "www.example.org");
		ids[i] = (int)last_asked(&server)->id;
	}
	CHECK_INT(calls, 20);
	CHECK(rising(ids, 20) < 19);
	finish();
}

/* It is set for the process, before there is a base, and for good. */
TEST_ONCE(a_function_that_was_set_early)
{
	calls = 0;
	evdns_set_transaction_id_fn(counting);
	begin(say_good);
	ask_one_by_one(1);
	CHECK_INT((int)last_asked(&server)->id, 1000);
	finish();
}

static uint16_t
reserved_first(void)
{
	return calls++ % 3 == 2 ? 4711 + (uint16_t)calls : 0xffff;
}

TEST_ONCE(one_number_is_never_used)
{
	int i;

	begin(say_good);
	evdns_set_transaction_id_fn(reserved_first);
	ask_one_by_one(50);
	for (i = 0; i < 50; i++)
		CHECK((int)asked(&server, i)->id != 0xffff);
	CHECK_INT((int)asked(&server, 0)->id, 4711 + 3);
	finish();
}

static uint16_t
always_seven(void)
{
	calls++;
	return 7;
}

static uint16_t
always_reserved(void)
{
	calls++;
	return 0xffff;
}

/*
 * A function that repeats itself: it is not asked without end, and no two questions have the same
 * id and port. What is not refused is answered.
 */
static void
check_repeated(uint16_t (*function)(void))
{
	static struct answer answers[40];
	int refused[40];
	char name[32];
	int i;
	int j;

	calls = 0;
	begin(NULL);
	evdns_set_transaction_id_fn(function);
	memset(answers, 0, sizeof(answers));
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "host%d.example", i);
		refused[i] = try4(&answers[i], name, 0);
		CHECK(refused[i] == 0 || refused[i] == 1);
	}
	rounds();
	for (i = 0; i < server.queries; i++) {
		CHECK((int)asked(&server, i)->id != 0xffff);
		for (j = 0; j < i; j++)
			CHECK(asked(&server, i)->id != asked(&server, j)->id
			    || asked(&server, i)->port != asked(&server, j)->port);
	}
	CHECK(calls < 10000000);
	server.reply = say_good;
	for (i = 0; i < server.queries; i++)
		say_good(&server, asked(&server, i));
	for (i = 0; i < 40; i++) {
		if (refused[i])
			continue;
		UNTIL(answers[i].calls > 0);
		CHECK_INT(answers[i].calls, 1);
	}
	evdns_set_transaction_id_fn(NULL);
	finish();
}

TEST(a_function_that_repeats_itself)
{
	check_repeated(always_seven);
}

TEST_ONCE(a_function_that_gives_nothing_useful)
{
	check_repeated(always_reserved);
}

/* In flight at once, all ids differ. */
TEST_ONCE(ids_in_flight_are_unique)
{
	static struct answer answers[1000];
	int ids[1000];
	char name[32];
	int i;

	begin(NULL);
	CHECK_INT(evdns_set_option("max-inflight:", "1000", DNS_OPTIONS_ALL), 0);
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "host%d.example", i);
		ask4(&answers[i], name);
		if (i % 50 == 0)
			rounds();
	}
	UNTIL(server.queries == 1000);
	for (i = 0; i < 1000; i++)
		ids[i] = (int)asked(&server, i)->id;
	CHECK_INT(different(ids, 1000), 1000);
	finish();
}

/* The same question, many times at once */

TEST(the_same_question_is_asked_once)
{
	struct answer answers[20];
	struct answer other = { 0 };
	int i;

	begin(NULL);
	memset(answers, 0, sizeof(answers));
	for (i = 0; i < 20; i++) {
		ask4(&answers[i], "www.example.org");
		if (i % 5 == 0)
			rounds();
	}
	/* Another type is another question. */
	ask6(&other, "www.example.org");
	rounds();
	CHECK_INT(server.queries, 2);
	say_good(&server, asked(&server, 0));
	UNTIL(answers[19].calls > 0);
	for (i = 0; i < 20; i++)
		CHECK_ADDRESS(&answers[i], "192.0.2.1");
	CHECK_INT(other.calls, 0);
	say_good(&server, asked(&server, 1));
	UNTIL(other.calls > 0);
	CHECK_ADDRESS(&other, "2001:db8::1");
	/* Later it is asked again: nothing is kept. */
	ask4(&other, "www.example.org");
	UNTIL(server.queries == 3);
	finish();
}

TEST_ONCE(errors_reach_all_that_joined)
{
	struct answer answers[5];
	int i;

	begin(say_nxdomain);
	memset(answers, 0, sizeof(answers));
	for (i = 0; i < 5; i++)
		ask_reverse(&answers[i], "192.0.2.1");
	for (i = 0; i < 5; i++) {
		UNTIL(answers[i].calls > 0);
		CHECK_ERROR(&answers[i], DNS_ERR_NOTEXIST);
	}
	CHECK_INT(server.queries, 1);
	finish();
}

/* Each goes its own way where search differs, and each is called once. */
TEST_ONCE(joined_with_and_without_search)
{
	struct answer first = { 0 };
	struct answer second = { 0 };

	begin(say_nxdomain);
	evdns_search_add("one.example");
	evdns_search_ndots_set(0);
	ask4(&first, "www");
	CHECK_INT(try4(&second, "www", DNS_QUERY_NO_SEARCH), 0);
	UNTIL(first.calls > 0 && second.calls > 0);
	CHECK_ERROR(&first, DNS_ERR_NOTEXIST);
	CHECK_ERROR(&second, DNS_ERR_NOTEXIST);
	CHECK_STR(last_asked(&server)->name, "www.one.example");
	finish();
}

static void
shut_down(struct answer *a)
{
	(void)a;
	evdns_shutdown(1);
}

TEST_ONCE(the_first_of_them_ends_all)
{
	struct answer answers[5];
	int i;

	begin(say_good);
	memset(answers, 0, sizeof(answers));
	for (i = 0; i < 5; i++) {
		answers[i].then = shut_down;
		ask4(&answers[i], "www.example.org");
	}
	UNTIL(answers[0].calls + answers[1].calls > 0);
	rounds();
	for (i = 0; i < 5; i++)
		CHECK_INT(answers[i].calls, 1);
	finish();
}

static void
ask_again(struct answer *a)
{
	if (a->arg != NULL)
		ask4(a->arg, "www.example.org");
}

/* The same question from inside its own callback is a new one. */
TEST_ONCE(asked_again_in_its_callback)
{
	struct answer answers[6];
	int i;

	begin(say_good);
	memset(answers, 0, sizeof(answers));
	for (i = 0; i < 6; i++) {
		answers[i].then = ask_again;
		answers[i].arg = i < 3 ? &answers[i + 3] : NULL;
	}
	for (i = 0; i < 3; i++)
		ask4(&answers[i], "www.example.org");
	for (i = 0; i < 6; i++)
		UNTIL(answers[i].calls > 0);
	rounds();
	for (i = 0; i < 6; i++)
		CHECK_ADDRESS(&answers[i], "192.0.2.1");
	CHECK(server.queries >= 2);
	finish();
}
