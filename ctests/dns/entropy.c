/*
 * No random numbers from getrandom, and none from anywhere: the device is used, and never anything
 * that could be guessed (behaviours 108 and 117; F39).
 */
#include "asking.h"
#include "shim.h"

#define SHIMMED "SHIM=entropy"

#define entropy_break SHIM_CALL(void, entropy_break, (int, int))
#define entropy_calls SHIM_CALL(long, entropy_calls, (void))
#define entropy_opened SHIM_CALL(long, entropy_opened, (void))

static void
ask_twice_hundred(void)
{
	struct answer a;
	int i;

	for (i = 0; i < 200; i++) {
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
}

static void
check_ids(void)
{
	int ups = 0;
	int same = 0;
	int i;

	CHECK_INT(server.queries, 200);
	for (i = 1; i < 200; i++) {
		ups += asked(&server, i)->id > asked(&server, i - 1)->id;
		same += asked(&server, i)->id == asked(&server, i - 1)->id;
	}
	CHECK(ups > 50 && ups < 150);
	CHECK(same <= 2);
}

TEST_ENV(the_call_is_used, SHIMMED)
{
	begin(say_good);
	ask_twice_hundred();
	CHECK(entropy_calls() >= 1);
	/* Buffered: not one for each id. */
	CHECK(entropy_calls() < 100);
	check_ids();
	finish();
}

static void
check_fall_back(int error)
{
	long opened = entropy_opened();
	int open_before = open_fds();

	entropy_break(error, 0);
	begin(say_good);
	ask_twice_hundred();
	CHECK(entropy_opened() > opened);
	check_ids();
	finish();
	CHECK_INT(open_fds() - open_before, 0);
}

TEST_ONCE_ENV(without_the_call_there_is_the_device, SHIMMED)
{
	check_fall_back(ENOSYS);
}

TEST_ONCE_ENV(where_the_call_is_forbidden_there_is_the_device, SHIMMED)
{
	check_fall_back(EPERM);
}

/* Nothing is sent that could be foreseen; it is no error for good. */
TEST_ONCE_ENV(without_both_nothing_is_asked, SHIMMED)
{
	struct answer answers[4];
	int i;

	entropy_break(ENOSYS, 1);
	capture_log();
	init_base();
	open_nameserver(&server, "127.0.0.1", say_good);
	if (evdns_nameserver_ip_add(server.text) == 0)
		CHECK_INT(evdns_count_nameservers(), 1);
	memset(answers, 0, sizeof(answers));
	CHECK_INT(try4(&answers[0], "www.example.org", 0), 1);
	CHECK_INT(try6(&answers[1], "www.example.org", 0), 1);
	rounds();
	for (i = 0; i < 2; i++)
		CHECK_INT(answers[i].calls, 0);
	CHECK_INT(server.queries, 0);
	entropy_break(0, 0);
	if (evdns_count_nameservers() == 0)
		use_nameserver(&server);
	ask4(&answers[2], "www.example.org");
	UNTIL(answers[2].calls > 0);
	CHECK_ADDRESS(&answers[2], "192.0.2.1");
	finish();
}

/* With ids of the program's own the source is not needed, or it is: no crash, one callback. */
static uint16_t
own_id(void)
{
	static uint16_t last = 100;

	return ++last;
}

TEST_ONCE_ENV(without_both_but_with_a_function, SHIMMED)
{
	struct answer a = { 0 };
	int result;

	entropy_break(ENOSYS, 1);
	capture_log();
	init_base();
	evdns_set_transaction_id_fn(own_id);
	open_nameserver(&server, "127.0.0.1", say_good);
	evdns_nameserver_ip_add(server.text);
	result = try4(&a, "www.example.org", 0);
	CHECK(result == 0 || result == 1);
	if (result == 0)
		UNTIL(a.calls > 0);
	rounds();
	CHECK_INT(a.calls, 1 - result);
	finish();
}

/* It fails in the middle, with questions in flight: each has its end. */
TEST_ONCE_ENV(the_source_runs_dry, SHIMMED)
{
	static struct answer answers[3000];
	int accepted = 0;
	int ended = 0;
	char name[32];
	int i;

	capture_log();
	begin(say_good);
	CHECK_INT(evdns_set_option("timeout:", "1", DNS_OPTIONS_ALL), 0);
	for (i = 0; i < 3000; i++) {
		if (i == 100)
			entropy_break(ENOSYS, 1);
		snprintf(name, sizeof(name), "host%d.example", i);
		answers[i].arg = try4(&answers[i], name, 0) == 0 ? &answers[i] : NULL;
		accepted += answers[i].arg != NULL;
		if (i % 20 == 0)
			rounds();
	}
	CHECK(accepted >= 100);
	entropy_break(0, 0);
	for (i = 0; i < 3000; i++) {
		if (answers[i].arg != NULL)
			UNTIL(answers[i].calls > 0);
		ended += answers[i].calls;
	}
	CHECK_INT(ended, accepted);
	finish();
}
