/*
 * Calls of the system's that fail under the resolver: sockets that there are not, datagrams that
 * do not go out or cannot be read (behaviour 105; F4, F5, F22).
 */
#include "asking.h"
#include "shim.h"

#define DATAGRAMS "SHIM=datagrams"
#define FAULT "SHIM=fault"

#define datagrams_fail SHIM_CALL(void, datagrams_fail, (const char *, int, int))
#define datagrams_failures SHIM_CALL(long, datagrams_failures, (const char *))
#define datagrams_most SHIM_CALL(void, datagrams_most, (long))

static void
ask_many(struct answer *answers, int n)
{
	char name[32];
	int i;

	memset(answers, 0, (size_t)n * sizeof(*answers));
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "host%d.example", i);
		ask4(&answers[i], name);
	}
}

static void
check_many(struct answer *answers, int n)
{
	int i;

	for (i = 0; i < n; i++)
		UNTIL(answers[i].calls > 0);
	rounds();
	for (i = 0; i < n; i++)
		CHECK_ADDRESS(&answers[i], "192.0.2.1");
}

/* Sending */

/* What does not go out is as good as lost: it is sent again when its time is over. */
static void
check_send(int error)
{
	struct answer answers[30];

	begin(say_good);
	be_quick();
	datagrams_fail("send", error, 1);
	ask_many(answers, 1);
	check_many(answers, 1);
	CHECK_INT(datagrams_failures("send"), 1);
	datagrams_fail("send", error, 1);
	ask_many(answers, 30);
	check_many(answers, 30);
	CHECK_INT(datagrams_failures("send"), 1);
	finish();
}

TEST_ENV(sending_that_would_block, DATAGRAMS)
{
	check_send(EAGAIN);
}

TEST_ONCE_ENV(sending_that_is_interrupted, DATAGRAMS)
{
	check_send(EINTR);
}

TEST_ONCE_ENV(sending_without_room, DATAGRAMS)
{
	check_send(ENOBUFS);
}

TEST_ONCE_ENV(sending_without_a_network, DATAGRAMS)
{
	check_send(ENETUNREACH);
}

TEST_ONCE_ENV(sending_that_is_forbidden, DATAGRAMS)
{
	check_send(EPERM);
}

TEST_ONCE_ENV(nothing_can_ever_be_sent, DATAGRAMS)
{
	struct answer a;

	begin(say_good);
	be_quick();
	datagrams_fail("send", ENETUNREACH, -1);
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_TIMEOUT);
	CHECK_INT(server.queries, 0);
	datagrams_fail("send", 0, 0);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish();
}

TEST_ONCE_ENV(one_datagram_a_call, DATAGRAMS)
{
	static struct answer answers[60];

	begin(say_good);
	datagrams_most(1);
	ask_many(answers, 60);
	check_many(answers, 60);
	CHECK_INT(server.queries, 60);
	finish();
}

/* Receiving */

static void
check_receive(int error, int times)
{
	static struct answer answers[60];

	begin(say_good);
	be_quick();
	datagrams_fail("receive", error, times);
	ask_many(answers, 60);
	check_many(answers, 60);
	CHECK_INT(datagrams_failures("receive"), times);
	finish();
}

TEST_ENV(nothing_to_read_after_all, DATAGRAMS)
{
	check_receive(EAGAIN, 3);
}

TEST_ONCE_ENV(reading_that_is_interrupted, DATAGRAMS)
{
	check_receive(EINTR, 3);
}

TEST_ONCE_ENV(reading_without_memory, DATAGRAMS)
{
	check_receive(ENOMEM, 2);
}

TEST_ONCE_ENV(reading_an_error_of_the_network, DATAGRAMS)
{
	check_receive(ENETUNREACH, 1);
}

/* Sockets */

TEST_ENV(a_server_without_a_socket, FAULT)
{
	struct answer a;

	init_base();
	open_nameserver(&server, "127.0.0.1", say_good);
	fault_set("socket=EMFILE");
	CHECK_INT(evdns_nameserver_ip_add(server.text), 1);
	fault_set(NULL);
	CHECK_INT(evdns_count_nameservers(), 0);
	use_nameserver(&server);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish();
}

TEST_ONCE_ENV(a_server_that_is_not_watched, FAULT)
{
	struct answer a;

	init_base();
	capture_log();
	open_nameserver(&server, "127.0.0.1", say_good);
	rounds();
	fault_set("epoll_ctl=ENOSPC");
	CHECK(evdns_nameserver_ip_add(server.text) >= 0);
	fault_set(NULL);
	if (evdns_count_nameservers() == 0)
		use_nameserver(&server);
	be_quick();
	resolve4(&a, "www.example.org");
	CHECK_INT(a.calls, 1);
	finish();
}

/* Descriptors run out while questions are asked, and come back. */
TEST_ONCE_ENV(sockets_run_out, FAULT)
{
	static struct answer answers[200];
	int i;

	capture_log();
	begin(say_good);
	be_quick();
	fault_set("socket=EMFILE");
	ask_many(answers, 200);
	for (i = 0; i < 50; i++) {
		CHECK(event_loop(EVLOOP_NONBLOCK) >= 0);
		sleep_ms(1);
	}
	fault_set(NULL);
	for (i = 0; i < 200; i++)
		UNTIL(answers[i].calls > 0);
	rounds();
	for (i = 0; i < 200; i++)
		CHECK_INT(answers[i].calls, 1);
	ask_many(answers, 50);
	check_many(answers, 50);
	finish();
}

TEST_ONCE_ENV(no_port_can_be_had, DATAGRAMS)
{
	struct answer a;

	capture_log();
	init_base();
	open_nameserver(&server, "127.0.0.1", say_good);
	datagrams_fail("bind", EADDRINUSE, -1);
	CHECK_INT(evdns_nameserver_ip_add(server.text), 1);
	datagrams_fail("bind", EADDRINUSE, 3);
	use_nameserver(&server);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish();
}

/* TCP */

static void
check_tcp(const char *rules)
{
	struct answer a = { 0 };

	begin(say_truncated_first);
	be_quick();
	ask4(&a, "www.example.org");
	UNTIL(server.udp_queries == 1);
	fault_set(rules);
	UNTIL(a.calls > 0);
	fault_set(NULL);
	CHECK_INT(a.calls, 1);
	if (a.result == DNS_ERR_NONE)
		CHECK_ADDRESS(&a, "192.0.2.1");
	else
		CHECK_ERROR(&a, DNS_ERR_TRUNCATED);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish();
}

TEST_ONCE_ENV(streams_that_cannot_be_opened, FAULT)
{
	capture_log();
	check_tcp("socket=EMFILE");
	check_tcp("connect=ENETUNREACH");
	check_tcp("connect=ECONNREFUSED");
}

TEST_ONCE_ENV(streams_a_byte_at_a_time, FAULT)
{
	check_tcp("send=SHORT1,write=SHORT1,recv=SHORT1,read=SHORT1");
}

TEST_ONCE_ENV(streams_that_break, FAULT)
{
	check_tcp("recv=ECONNRESET@1");
	check_tcp("read=ECONNRESET@1");
	check_tcp("getsockopt=EIO@1");
}
