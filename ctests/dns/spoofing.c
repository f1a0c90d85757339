/*
 * Answers that are not answers to the question: from the wrong place, with the wrong id, about
 * something else. Each is ignored, the question goes on and takes the genuine one (behaviour 118;
 * D01, D02, D04, D09 to D12, D39, D40).
 */
#include "spoofed.h"

/* From elsewhere */

static void
check_source(const char *address, int port)
{
	struct answer a;
	struct packet p;
	struct query q;
	int fd = open_bound(address, SOCK_DGRAM, port);

	if (fd == -1)
		SKIP("the port is taken at the other address");
	q = pending_query(&a);
	reply_with_forgery(&p, &q);
	say_from(fd, &q, p.bytes, p.length);
	reply_to(&p, &q, SERVFAIL);
	say_from(fd, &q, p.bytes, p.length);
	check_pending(&a, &q, server.queries);
	close(fd);
}

TEST(from_another_port)
{
	begin(NULL);
	check_source("127.0.0.1", 0);
	finish();
}

TEST(from_another_address)
{
	begin(NULL);
	check_source("127.0.0.2", server.port);
	finish();
}

static struct nameserver second;

/* What one server was asked another one may not answer. */
TEST_ONCE(from_another_name_server)
{
	struct answer a;
	struct packet p;
	struct query q;

	begin(NULL);
	open_nameserver(&second, "127.0.0.2", NULL);
	use_nameserver(&second);
	memset(&a, 0, sizeof(a));
	ask4(&a, "www.example.org");
	UNTIL(server.queries + second.queries == 1);
	q = *last_asked(server.queries == 1 ? &server : &second);
	reply_with_forgery(&p, &q);
	say(server.queries == 1 ? &second : &server, &q, &p);
	rounds();
	CHECK_INT(a.calls, 0);
	say_good(server.queries == 1 ? &server : &second, &q);
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	close_nameserver(&second);
	finish();
}

/* Nor through the socket that it is asked through itself. */
TEST(from_another_name_server_s_socket)
{
	struct answer a;
	struct packet p;
	struct query q;
	struct query other;

	begin(say_good);
	open_nameserver(&second, "127.0.0.2", say_good);
	use_nameserver(&second);
	while (second.queries == 0)
		resolve4(&a, "first.example");
	other = *last_asked(&second);
	/* They take turns: the next question is the first server's. */
	q = pending_query(&a);
	reply_with_forgery(&p, &q);
	say(&second, &other, &p);
	rounds();
	CHECK_INT(a.calls, 0);
	say_good(&server, &q);
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	close_nameserver(&second);
	finish();
}

/* Wrong heads */

static void
wrong_id(struct packet *p, const struct query *q)
{
	reply_with_forgery(p, q);
	set16(p, AT_ID, q->id ^ 1);
}

static void
swapped_id(struct packet *p, const struct query *q)
{
	reply_with_forgery(p, q);
	set16(p, AT_ID, q->id ^ 0x8000);
}

static void
wrong_id_and_error(struct packet *p, const struct query *q)
{
	reply_to(p, q, SERVFAIL);
	set16(p, AT_ID, q->id + 1);
}

static void
wrong_id_truncated(struct packet *p, const struct query *q)
{
	reply_to(p, q, TC);
	set16(p, AT_ID, q->id + 1);
}

static void
no_reply(struct packet *p, const struct query *q)
{
	reply_with_forgery(p, q);
	set16(p, AT_FLAGS, RD | RA);
}

static void
another_operation(struct packet *p, const struct query *q)
{
	reply_with_forgery(p, q);
	set16(p, AT_FLAGS, QR | RD | RA | 5 << 11);
}

static void
no_question(struct packet *p, const struct query *q)
{
	reply_bare(p, q, 0);
	add_a(p, "www.example.org", 5, FORGED);
}

static void
bare_failure(struct packet *p, const struct query *q)
{
	reply_bare(p, q, SERVFAIL);
}

static void
bare_nxdomain(struct packet *p, const struct query *q)
{
	reply_bare(p, q, NXDOMAIN);
}

static void
two_questions(struct packet *p, const struct query *q)
{
	reply_to(p, q, 0);
	put(p, q->question, q->question_length);
	set16(p, AT_QUESTIONS, 2);
	add_a(p, NULL, 5, FORGED);
}

static void
many_questions(struct packet *p, const struct query *q)
{
	reply_with_forgery(p, q);
	set16(p, AT_QUESTIONS, 65535);
}

TEST(wrong_heads)
{
	static const spoof_function all[] = {
		wrong_id, swapped_id, wrong_id_and_error, wrong_id_truncated, no_reply,
		another_operation, no_question, bare_failure, bare_nxdomain, two_questions,
		many_questions,
	};
	size_t i;

	begin(NULL);
	for (i = 0; i < COUNT(all); i++)
		check_ignored(all[i]);
	CHECK_INT(server.accepted, 0);
	finish();
}

/* All ids but the right one. */
TEST_ONCE(every_other_id)
{
	struct answer a;
	struct packet p;
	struct query q;
	unsigned id;

	begin(NULL);
	CHECK_INT(evdns_set_option("timeout:", "100", DNS_OPTIONS_ALL), 0);
	q = pending_query(&a);
	reply_with_forgery(&p, &q);
	for (id = 0; id < 65536; id++) {
		if (id == q.id)
			continue;
		set16(&p, AT_ID, id);
		say(&server, &q, &p);
		if (id % 64 == 0)
			CHECK(event_loop(EVLOOP_NONBLOCK) >= 0);
	}
	check_pending(&a, &q, 1);
	finish();
}

/* Wrong questions */

static const char *wrong_name;
static unsigned wrong_type;
static unsigned wrong_class;

static void
about_another(struct packet *p, const struct query *q)
{
	reply_about(p, q, wrong_name, wrong_type, wrong_class);
	add_a(p, NULL, 5, FORGED);
	add_a(p, "www.example.org", 5, FORGED);
}

static void
error_about_another(struct packet *p, const struct query *q)
{
	reply_about(p, q, wrong_name, wrong_type, wrong_class);
	set16(p, AT_FLAGS, QR | RD | RA | NXDOMAIN);
}

static void
truncated_about_another(struct packet *p, const struct query *q)
{
	reply_about(p, q, wrong_name, wrong_type, wrong_class);
	set16(p, AT_FLAGS, QR | RD | RA | TC);
}

static void
check_question(const char *name, unsigned type, unsigned class_)
{
	wrong_name = name;
	wrong_type = type;
	wrong_class = class_;
	check_ignored(about_another);
	check_ignored(error_about_another);
	check_ignored(truncated_about_another);
}

TEST(questions_about_other_names)
{
	static const char *const names[] = {
		"", "www", "www.example", "www.example.or", "www.example.orgx",
		"www.example.org.evil", "example.org", "wwx.example.org", "org", "w",
		"www.example.org.www.example.org",
	};
	size_t i;

	begin(NULL);
	for (i = 0; i < COUNT(names); i++)
		check_question(names[i], EVDNS_TYPE_A, EVDNS_CLASS_INET);
	CHECK_INT(server.accepted, 0);
	finish();
}

TEST_ONCE(questions_of_other_types_and_classes)
{
	begin(NULL);
	check_question("www.example.org", EVDNS_TYPE_AAAA, EVDNS_CLASS_INET);
	check_question("www.example.org", EVDNS_QTYPE_ALL, EVDNS_CLASS_INET);
	check_question("www.example.org", 0, EVDNS_CLASS_INET);
	check_question("www.example.org", EVDNS_TYPE_A, 3);
	check_question("www.example.org", EVDNS_TYPE_A, 255);
	CHECK_INT(server.accepted, 0);
	finish();
}

TEST_ONCE(the_question_in_other_capitals_is_the_same)
{
	struct answer a;
	struct packet p;
	struct query q;

	begin(NULL);
	q = pending_query(&a);
	reply_about(&p, &q, "wWw.EXAMPLE.oRg", EVDNS_TYPE_A, EVDNS_CLASS_INET);
	add_a(&p, "www.EXAMPLE.org", 60, "192.0.2.1");
	say(&server, &q, &p);
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish();
}

/* Repeated and late */

TEST(an_answer_that_comes_twice)
{
	struct answer a;
	struct answer other;
	struct packet p;
	struct query q;
	int i;

	begin(NULL);
	q = pending_query(&a);
	for (i = 0; i < 3; i++)
		say_good(&server, &q);
	UNTIL(a.calls > 0);
	rounds();
	CHECK_ADDRESS(&a, "192.0.2.1");
	/* And again, while the next question waits: it is not for that one. */
	pending_query(&other);
	reply_with_forgery(&p, &q);
	set16(&p, AT_ID, q.id);
	say(&server, &q, &p);
	if (last_asked(&server)->id != q.id)
		check_pending(&other, last_asked(&server), 2);
	CHECK_INT(a.calls, 1);
	finish();
}

static struct query late;

static void
say_late_first(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	reply_with_forgery(&p, &late);
	say(ns, &late, &p);
	say_good(ns, q);
}

/* The answers to earlier questions do not disturb later ones, whatever was asked. */
TEST_ONCE(answers_to_what_is_over)
{
	struct answer a;
	int i;

	begin(say_good);
	resolve4(&a, "old.example");
	late = *last_asked(&server);
	server.reply = say_late_first;
	for (i = 0; i < 100; i++) {
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
		late = *asked(&server, i / 2);
	}
	finish();
}

/* An answer that was on its way when all ended. */
TEST_ONCE(an_answer_after_the_shutdown)
{
	struct answer a;
	struct query q;

	begin(NULL);
	q = pending_query(&a);
	evdns_shutdown(1);
	CHECK_ERROR(&a, DNS_ERR_SHUTDOWN);
	say_good(&server, &q);
	rounds();
	CHECK_INT(a.calls, 1);
	finish();
}

TEST_ONCE(an_answer_after_the_servers_were_cleared)
{
	struct answer a;
	struct query q;

	begin(NULL);
	q = pending_query(&a);
	CHECK_INT(evdns_clear_nameservers_and_suspend(), 0);
	say_good(&server, &q);
	rounds();
	CHECK_INT(a.calls, 0);
	server.reply = say_good;
	use_nameserver(&server);
	CHECK_INT(evdns_resume(), 0);
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish();
}
