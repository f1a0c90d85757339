/*
 * A server that says nothing, in real time: three packets, and error 67 after three seconds
 * (behaviours 107 and 114).
 */
#include "asking.h"

TEST(a_silent_server)
{
	struct answer a;
	int64_t start;

	begin(NULL);
	be_quick();
	start = now_ns();
	resolve4(&a, "www.example.org");
	CHECK_ELAPSED(start, 2990);
	CHECK_ERROR(&a, DNS_ERR_TIMEOUT);
	CHECK_INT(server.queries, 3);
	finish();
}

static struct event timer;

static struct query held;

static void
say_held(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	say_good(arg, &held);
}

static void
say_later(struct nameserver *ns, const struct query *q)
{
	held = *q;
	evtimer_set(&timer, say_held, ns);
	CHECK_INT(add_ms(&timer, 300), 0);
}

TEST(a_slow_server)
{
	struct answer a;

	begin(say_later);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.queries, 1);
	finish();
}

/* Many that time out together: each is told, and of each there were three packets. */
TEST_ONCE(many_time_out_together)
{
	static struct answer answers[60];
	char name[32];
	int i;

	begin(NULL);
	be_quick();
	for (i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "host%d.example", i);
		ask4(&answers[i], name);
	}
	for (i = 0; i < 60; i++) {
		UNTIL(answers[i].calls > 0);
		CHECK_ERROR(&answers[i], DNS_ERR_TIMEOUT);
	}
	CHECK_INT(server.queries, 180);
	finish();
}
