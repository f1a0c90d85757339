/*
 * Answers that are errors, and what becomes of them with one server and with two (behaviours 112,
 * 113 and 123; D15, D30).
 */
#include "asking.h"

static struct nameserver second;

static void
begin_two(reply_function first, reply_function other)
{
	begin(first);
	open_nameserver(&second, "127.0.0.2", other);
	use_nameserver(&second);
	CHECK_INT(evdns_count_nameservers(), 2);
}

static void
finish_two(void)
{
	close_nameserver(&second);
	finish();
}

static unsigned code;

static void
say_some_code(struct nameserver *ns, const struct query *q)
{
	say_code(ns, q, code);
}

/* The only server's word. A question without EDNS follows where that may be the reason. */
static void
check_code(unsigned sent, int want, int packets)
{
	struct answer a;

	begin(say_some_code);
	code = sent;
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, want);
	CHECK_INT(server.queries, packets);
	rounds();
	CHECK_INT(a.calls, 1);
	CHECK_INT(server.queries, packets);
	finish();
}

TEST(codes_of_the_only_server)
{
	check_code(SERVFAIL, DNS_ERR_SERVERFAILED, 1);
	check_code(NXDOMAIN, DNS_ERR_NOTEXIST, 1);
	check_code(REFUSED, DNS_ERR_REFUSED, 1);
	check_code(FORMERR, DNS_ERR_FORMAT, 2);
	check_code(NOTIMP, DNS_ERR_NOTIMPL, 2);
}

TEST_ONCE(codes_that_have_no_name)
{
	unsigned each;

	for (each = 6; each <= 15; each++)
		check_code(each, DNS_ERR_UNKNOWN, 1);
}

TEST_ONCE(errors_of_all_kinds_of_questions)
{
	struct answer a;

	begin(say_nxdomain);
	resolve6(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_NOTEXIST);
	resolve_reverse(&a, "192.0.2.1");
	CHECK_ERROR(&a, DNS_ERR_NOTEXIST);
	resolve_reverse(&a, "2001:db8::1");
	CHECK_ERROR(&a, DNS_ERR_NOTEXIST);
	finish();
}

static void
say_nothing_found(struct nameserver *ns, const struct query *q)
{
	say_code(ns, q, 0);
}

TEST_ONCE(an_answer_of_no_records)
{
	struct answer a;

	begin(say_nothing_found);
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_UNKNOWN);
	resolve6(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_UNKNOWN);
	resolve_reverse(&a, "192.0.2.1");
	CHECK_ERROR(&a, DNS_ERR_UNKNOWN);
	CHECK_INT(server.queries, 3);
	finish();
}

static void
say_alias_alone(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	reply_to(&p, q, 0);
	add_cname(&p, NULL, 60, "other.example");
	say(ns, q, &p);
}

TEST_ONCE(an_alias_without_an_address_is_no_answer)
{
	struct answer a;

	begin(say_alias_alone);
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_UNKNOWN);
	finish();
}

static void
say_nxdomain_with_answers(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	reply_to(&p, q, NXDOMAIN);
	add_a(&p, NULL, 60, "203.0.113.1");
	say(ns, q, &p);
}

TEST_ONCE(no_such_name_wins_over_answers)
{
	struct answer a;

	begin(say_nxdomain_with_answers);
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_NOTEXIST);
	finish();
}

/* Two servers */

TEST(a_failure_moves_on_to_the_other_server)
{
	struct answer a;
	int i;

	begin_two(say_servfail, say_good);
	for (i = 0; i < 4; i++) {
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
	/* It fails, but is not down: it is asked in its turn. */
	CHECK(server.queries >= 1);
	CHECK_INT(second.queries, 4);
	finish_two();
}

TEST_ONCE(a_failure_of_both_servers)
{
	struct answer a;

	begin_two(say_servfail, say_servfail);
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_SERVERFAILED);
	CHECK_INT(server.queries, 1);
	CHECK_INT(second.queries, 1);
	finish_two();
}

/* Asked once more elsewhere, and from then on only there. */
static void
check_refusal(unsigned sent)
{
	struct answer a;
	int asked_first;
	int i;

	begin_two(say_some_code, say_good);
	code = sent;
	for (i = 0; server.queries == 0; i++) {
		CHECK(i < 4);
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
	asked_first = server.queries;
	for (i = 0; i < 6; i++) {
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
	CHECK_INT(server.queries, asked_first);
	finish_two();
}

TEST_ONCE(a_server_that_refuses_is_down)
{
	check_refusal(REFUSED);
}

TEST_ONCE(a_server_that_does_not_implement_it_is_down)
{
	check_refusal(NOTIMP);
}

TEST_ONCE(refused_by_both)
{
	struct answer a;

	begin_two(say_refused, say_refused);
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_REFUSED);
	CHECK_INT(server.queries + second.queries, 2);
	/* With all of them down they are asked all the same. */
	server.reply = second.reply = say_good;
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish_two();
}

/* A name that there is not is an answer: nobody else is asked. */
TEST_ONCE(no_such_name_is_final)
{
	struct answer a;

	begin_two(say_nxdomain, say_nxdomain);
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_NOTEXIST);
	CHECK_INT(server.queries + second.queries, 1);
	finish_two();
}

/* Texts */

TEST_ONCE(errors_have_texts)
{
	static const struct { int error; const char *text; } all[] = {
		{ 0, "no error" }, { 1, "misformatted query" }, { 2, "server failed" },
		{ 3, "name does not exist" }, { 4, "query not implemented" }, { 5, "refused" },
		{ 65, "reply truncated or ill-formed" }, { 66, "unknown" },
		{ 67, "request timed out" }, { 68, "dns subsystem shut down" },
	};
	static const int others[] = { -1, 6, 64, 70, 1000, 0x7fffffff, -0x7fffffff - 1 };
	size_t i;

	for (i = 0; i < COUNT(all); i++)
		CHECK_STR(evdns_err_to_string(all[i].error), all[i].text);
	for (i = 0; i < COUNT(others); i++)
		CHECK_STR(evdns_err_to_string(others[i]), "[Unknown error code]");
}
