/*
 * Forks while contexts and connections are there. Proves row S10 of the bad inputs.
 */
#include "tls.h"

#include <sys/wait.h>

#define GET "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

static void
check_answers(struct speaker *s)
{
	say_tls(s, GET);
	CHECK_STR(hear(&s->peer), PLAIN(5, "GET /"));
}

/* A child lets go of all that it has got, and its parent's connections go on. */
TEST(children_that_free_everything)
{
	struct speaker s;
	pid_t child;

	serve_tls(echo);
	open_speaker(&s);
	shake_hands(&s);
	check_answers(&s);
	if ((child = fork()) == 0) {
		CHECK_INT(event_reinit(current_base), 0);
		evhttp_free(http);
		event_base_free(current_base);
		_exit(0);
	}
	CHECK_INT(wait_child(child), 0);
	rounds();
	CHECK(!s.said_end && !s.peer.ended);
	check_answers(&s);
	hang_up(&s);
	finish_tls();
}

/* The child serves the connection from now on, and ends it properly. */
TEST(children_that_take_a_connection)
{
	struct speaker s;
	pid_t child;

	serve_tls(echo);
	open_speaker(&s);
	shake_hands(&s);
	check_answers(&s);
	rounds();
	if ((child = fork()) == 0) {
		CHECK_INT(event_reinit(current_base), 0);
		event_del(&s.peer.event);
		close(s.peer.fd);
		CHECK_INT(exit_after_ms(current_base, 10000), 0);
		while (calls < 2)
			CHECK_INT(event_loop(EVLOOP_ONCE), 0);
		rounds();
		evhttp_free(http);
		event_base_free(current_base);
		_exit(0);
	}
	/* The parent does not look at it any more. */
	say_tls(&s, GET);
	CHECK_INT(wait_child(child), 0);
	event_del(&s.peer.event);
	CHECK_INT(event_add(&s.peer.event, NULL), 0);
	UNTIL(s.said_end);
	CHECK_STR(hear(&s.peer), PLAIN(5, "GET /"));
	hang_up(&s);
	finish_tls();
}

/* The random numbers of a child are others than its parent's. */
TEST_ONCE(random_numbers_after_a_fork)
{
	unsigned char random[3][SSL3_RANDOM_SIZE];
	int pipe[2], i;
	pid_t child;

	serve_tls(echo);
	make_pipe(pipe);
	for (i = 0; i < 3; i++) {
		if ((child = fork()) == 0) {
			struct speaker s;

			CHECK_INT(event_reinit(current_base), 0);
			open_speaker(&s);
			shake_hands(&s);
			CHECK(!s.failed);
			SSL_get_server_random(s.ssl, random[i], sizeof(random[i]));
			CHECK_INT(write(pipe[1], random[i], sizeof(random[i])),
			    sizeof(random[i]));
			_exit(0);
		}
		CHECK_INT(wait_child(child), 0);
		CHECK_INT(read(pipe[0], random[i], sizeof(random[i])), sizeof(random[i]));
	}
	CHECK(memcmp(random[0], random[1], sizeof(random[0])) != 0);
	CHECK(memcmp(random[1], random[2], sizeof(random[0])) != 0);
	CHECK(memcmp(random[0], random[2], sizeof(random[0])) != 0);
	close(pipe[0]);
	close(pipe[1]);
	finish_tls();
}
