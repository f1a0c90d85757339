/*
 * Loops, bases and processes: what keeps a loop going, which base has the sockets, forks with
 * questions in flight (behaviours 105, 109, 117 and 121; F11, F12).
 */
#include "asking.h"
#include "child.h"

/* A server keeps the loop alive till it is forgotten. */
TEST(a_server_keeps_the_loop)
{
	init_base();
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 1);
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.1:5301"), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	CHECK_INT(evdns_clear_nameservers_and_suspend(), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_INT(evdns_nameserver_ip_add("127.0.0.1:5301"), 0);
	CHECK_INT(event_loop(EVLOOP_NONBLOCK), 0);
	evdns_shutdown(0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(current_base);
}

static void
end_of_all(struct answer *a)
{
	(void)a;
	evdns_shutdown(0);
	close_nameserver(&server);
}

TEST(the_loop_ends_by_itself_after_a_shutdown_inside)
{
	struct answer a = { .then = end_of_all };

	begin(say_good);
	ask4(&a, "www.example.org");
	CHECK_INT(event_dispatch(), 1);
	CHECK_ADDRESS(&a, "192.0.2.1");
	event_base_free(current_base);
}

TEST_ONCE(descriptors_are_closed_on_exec_and_never_wait)
{
	struct answer a;
	int seen = 0;
	int fd;

	begin(say_truncated_first);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	for (fd = 0; fd < 200; fd++) {
		struct sockaddr_in peer;
		socklen_t length = sizeof(peer);

		if (getpeername(fd, (struct sockaddr *)&peer, &length) == -1)
			continue;
		if (peer.sin_family != AF_INET || ntohs(peer.sin_port) != server.port)
			continue;
		seen++;
		CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
		CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	}
	CHECK(seen >= 1);
	finish();
}

TEST(no_descriptors_are_left)
{
	struct answer a;
	int open_before = open_fds();
	int i;

	for (i = 0; i < 5; i++) {
		begin(i % 2 ? say_good : say_truncated_first);
		resolve4(&a, "www.example.org");
		resolve6(&a, "www.example.org");
		evdns_clear_nameservers_and_suspend();
		use_nameserver(&server);
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
		finish();
	}
	CHECK_INT(open_fds() - open_before, 0);
}

/* Two bases: a question belongs to the one that is current when it is asked. */

static struct event_base *bases[2];

static struct event_base *running;

static void
check_running(struct answer *a)
{
	CHECK_PTR(running, a->arg);
}

static void
run_both(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		running = bases[i];
		CHECK(event_base_loop(running, EVLOOP_NONBLOCK) >= 0);
		running = NULL;
	}
}

TEST(each_base_has_its_own_questions)
{
	struct answer answers[2] = { { .then = check_running }, { .then = check_running } };

	begin(say_good);
	bases[0] = current_base;
	answers[0].arg = bases[0];
	ask4(&answers[0], "first.example");
	bases[1] = init_base();
	answers[1].arg = bases[1];
	ask4(&answers[1], "second.example");
	while (answers[0].calls == 0 || answers[1].calls == 0)
		run_both();
	CHECK_ADDRESS(&answers[0], "192.0.2.1");
	CHECK_ADDRESS(&answers[1], "192.0.2.1");
	close_nameserver(&server);
	evdns_shutdown(0);
	CHECK_INT(event_base_dispatch(bases[0]), 1);
	CHECK_INT(event_base_dispatch(bases[1]), 1);
	event_base_free(bases[0]);
	event_base_free(bases[1]);
}

TEST_ONCE(one_of_two_bases_is_freed)
{
	struct answer answers[2] = { { 0 }, { 0 } };

	begin(NULL);
	bases[0] = current_base;
	bases[1] = init_base();
	ask4(&answers[1], "second.example");
	current_base = bases[0];
	ask4(&answers[0], "first.example");
	while (server.queries < 2)
		run_both();
	event_base_free(bases[1]);
	CHECK_ERROR(&answers[1], DNS_ERR_SHUTDOWN);
	CHECK_INT(answers[0].calls, 0);
	say_good(&server, asked(&server, 0));
	say_good(&server, asked(&server, 1));
	current_base = bases[0];
	UNTIL(answers[0].calls > 0);
	CHECK_ADDRESS(&answers[0], "192.0.2.1");
	CHECK_INT(answers[1].calls, 1);
	finish();
}

/* The next base after one that is gone: the servers are known still. */
TEST_ONCE(another_base_after_the_first)
{
	struct answer a;
	int i;

	init_base();
	bind_nameserver(&server, "127.0.0.1");
	server.reply = say_good;
	use_nameserver(&server);
	event_base_free(current_base);
	for (i = 0; i < 3; i++) {
		init_base();
		watch_nameserver(&server);
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
		event_del(&server.udp_event);
		event_del(&server.tcp_event);
		event_base_free(current_base);
	}
	CHECK_INT(evdns_count_nameservers(), 1);
	evdns_shutdown(0);
	close(server.udp);
	close(server.tcp);
}

TEST_ONCE(without_any_base)
{
	struct answer a = { 0 };
	int result;

	capture_log();
	result = try4(&a, "www.example.org", 0);
	CHECK(result == 0 || result == 1);
	result = evdns_nameserver_ip_add("127.0.0.1:5301");
	CHECK(result >= 0 && result <= 2);
	evdns_count_nameservers();
	evdns_resume();
	evdns_search_add("one.example");
	evdns_search_clear();
	evdns_clear_nameservers_and_suspend();
	CHECK_INT(a.calls, 0);
	evdns_shutdown(0);
}

/* Processes. The name server stays with the parent, whose loop runs while the child's does. */

static void
tick(int fd, short what, void *timer)
{
	(void)fd;
	(void)what;
	CHECK_INT(add_ms(timer, 5), 0);
}

static void
serve_child(pid_t pid)
{
	struct event timer;
	int status = -1;
	int ended;

	evtimer_set(&timer, tick, &timer);
	CHECK_INT(add_ms(&timer, 5), 0);
	UNTIL((ended = waitpid(pid, &status, WNOHANG)) != 0);
	event_del(&timer);
	CHECK_INT(ended, pid);
	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
}

/* The child lets go of the server's sockets, the parent has them. */
static void
begin_child(void)
{
	CHECK_INT(event_reinit(current_base), 0);
	close_nameserver(&server);
}

static void
end_child(void)
{
	evdns_shutdown(0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(current_base);
	_exit(0);
}

/* A question that was in flight is answered in both, once in each. */
TEST(forked_with_a_question_in_flight)
{
	struct answer a = { 0 };
	pid_t pid;

	begin(NULL);
	be_quick();
	ask4(&a, "www.example.org");
	UNTIL(server.queries == 1);
	pid = fork_child();
	if (pid == 0) {
		begin_child();
		UNTIL(a.calls > 0);
		CHECK_ADDRESS(&a, "192.0.2.1");
		resolve6(&a, "www.example.org");
		CHECK_ADDRESS(&a, "2001:db8::1");
		end_child();
	}
	server.reply = say_good;
	say_good(&server, asked(&server, 0));
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	serve_child(pid);
	CHECK_INT(a.calls, 1);
	resolve6(&a, "www.example.org");
	CHECK_ADDRESS(&a, "2001:db8::1");
	finish();
}

static void
ask_names(const char *format, int n)
{
	struct answer a;
	char name[32];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), format, i);
		resolve4(&a, name);
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
}

/* Ids and ports of the one say nothing about those of the other. */
TEST(a_child_has_ids_and_ports_of_its_own)
{
	unsigned ids[2][8];
	int found[2] = { 0, 0 };
	int same = 0;
	pid_t pid;
	int i;

	begin(say_good);
	ask_names("before%d.example", 3);
	pid = fork_child();
	if (pid == 0) {
		begin_child();
		ask_names("child%d.example", 8);
		end_child();
	}
	ask_names("parent%d.example", 8);
	serve_child(pid);
	CHECK_INT(server.queries, 19);
	for (i = 3; i < 19; i++) {
		int is_child = asked(&server, i)->name[0] == 'c';

		CHECK(found[is_child] < 8);
		ids[is_child][found[is_child]++] = asked(&server, i)->id;
		if (is_child)
			CHECK(asked(&server, i)->port != asked(&server, 0)->port);
	}
	for (i = 0; i < 8; i++)
		same += ids[0][i] == ids[1][i];
	CHECK(same <= 2);
	finish();
}

/* A child that only ends, or shuts down its copy, disturbs nobody. */
TEST_ONCE(a_child_that_shuts_down)
{
	struct answer a = { 0 };
	pid_t pid;

	begin(NULL);
	ask4(&a, "www.example.org");
	UNTIL(server.queries == 1);
	pid = fork_child();
	if (pid == 0) {
		begin_child();
		evdns_shutdown(1);
		CHECK_ERROR(&a, DNS_ERR_SHUTDOWN);
		end_child();
	}
	CHECK_INT(wait_child(pid), 0);
	CHECK_INT(a.calls, 0);
	say_good(&server, asked(&server, 0));
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish();
}

TEST(reinitialised_in_the_parent)
{
	struct answer a;
	int open_before = 0;
	int i;

	begin(say_good);
	be_quick();
	for (i = 0; i < 4; i++) {
		memset(&a, 0, sizeof(a));
		ask4(&a, "www.example.org");
		if (i % 2)
			rounds();
		CHECK_INT(event_reinit(current_base), 0);
		UNTIL(a.calls > 0);
		CHECK_ADDRESS(&a, "192.0.2.1");
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
		if (i == 1)
			open_before = open_fds();
	}
	CHECK(open_fds() <= open_before + 1);
	finish();
}

TEST_ONCE(forked_with_a_stream_open)
{
	struct answer a;
	pid_t pid;

	begin(say_truncated_first);
	be_quick();
	resolve4(&a, "www.example.org");
	pid = fork_child();
	if (pid == 0) {
		begin_child();
		ask_names("child%d.example", 2);
		end_child();
	}
	ask_names("parent%d.example", 2);
	serve_child(pid);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish();
}
