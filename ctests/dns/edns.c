/*
 * EDNS: asked with, and without where a server shows that it cannot, within the same transmissions
 * (behaviour 125; F22).
 */
#include "asking.h"

enum { SIZE = 1232, NONE = -1 };

static struct nameserver second;

TEST(questions_tell_what_fits)
{
	struct answer a;
	int i;

	begin(say_good);
	for (i = 0; i < 3; i++) {
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
		CHECK_INT(last_asked(&server)->edns, SIZE);
	}
	resolve6(&a, "www.example.org");
	CHECK_INT(last_asked(&server)->edns, SIZE);
	resolve_reverse(&a, "192.0.2.1");
	CHECK_INT(last_asked(&server)->edns, SIZE);
	CHECK_INT(server.queries, 5);
	finish();
}

static void
say_good_with_opt(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	reply_to(&p, q, 0);
	add_a(&p, NULL, 300, "192.0.2.1");
	add_opt(&p, 0);
	say(ns, q, &p);
}

TEST_ONCE(an_answer_with_edns)
{
	struct answer a;

	begin(say_good_with_opt);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(a.ttl, 300);
	finish();
}

/* Servers that know no EDNS: each says so in its own way. */

static void
say_formerr(struct nameserver *ns, const struct query *q)
{
	if (q->edns == NONE)
		say_good(ns, q);
	else
		say_code(ns, q, FORMERR);
}

static void
say_notimp(struct nameserver *ns, const struct query *q)
{
	if (q->edns == NONE)
		say_good(ns, q);
	else
		say_code(ns, q, NOTIMP);
}

static void
say_bare(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	reply_bare(&p, q, FORMERR);
	if (q->edns == NONE)
		say_good(ns, q);
	else
		say(ns, q, &p);
}

static void
say_bare_notimp(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	reply_bare(&p, q, NOTIMP);
	if (q->edns == NONE)
		say_good(ns, q);
	else
		say(ns, q, &p);
}

static void
say_badvers(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	reply_to(&p, q, 0);
	add_opt(&p, 1);
	if (q->edns == NONE)
		say_good(ns, q);
	else
		say(ns, q, &p);
}

static void
say_nothing_to_edns(struct nameserver *ns, const struct query *q)
{
	if (q->edns == NONE)
		say_good(ns, q);
}

/* Repeated without it at once, and from then on without it. */
static void
check_fall_back(reply_function reply)
{
	struct answer a;

	begin(reply);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.queries, 2);
	CHECK_INT(asked(&server, 0)->edns, SIZE);
	CHECK_INT(asked(&server, 1)->edns, NONE);
	CHECK_STR(asked(&server, 1)->name, "www.example.org");
	resolve4(&a, "www.example.com");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.queries, 3);
	CHECK_INT(last_asked(&server)->edns, NONE);
	finish();
}

TEST(servers_that_say_that_they_cannot)
{
	check_fall_back(say_formerr);
	check_fall_back(say_notimp);
	check_fall_back(say_badvers);
	check_fall_back(say_bare);
	check_fall_back(say_bare_notimp);
}

TEST(a_server_that_is_silent_when_it_cannot)
{
	struct answer a;
	int64_t start;

	begin(say_nothing_to_edns);
	be_quick();
	start = now_ns();
	resolve4(&a, "www.example.org");
	CHECK_ELAPSED(start, 990);
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.queries, 2);
	CHECK_INT(asked(&server, 1)->edns, NONE);
	resolve4(&a, "www.example.com");
	CHECK_INT(server.queries, 3);
	CHECK_INT(last_asked(&server)->edns, NONE);
	finish();
}

static void
say_wrong_bare_first(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	reply_bare(&p, q, FORMERR);
	set16(&p, AT_ID, q->id ^ 1);
	say(ns, q, &p);
	say_good(ns, q);
}

TEST_ONCE(a_bare_head_with_another_id_is_ignored)
{
	struct answer a;
	int i;

	begin(say_wrong_bare_first);
	for (i = 0; i < 3; i++) {
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
		CHECK_INT(server.queries, i + 1);
		CHECK_INT(last_asked(&server)->edns, SIZE);
	}
	finish();
}

static void
say_bare_always(struct nameserver *ns, const struct query *q)
{
	struct packet p;

	reply_bare(&p, q, FORMERR);
	say(ns, q, &p);
	if (q->edns == NONE)
		say_good(ns, q);
}

/* To a question without EDNS it says nothing. */
TEST_ONCE(a_bare_head_to_a_plain_question_is_ignored)
{
	struct answer a;

	begin(say_bare_always);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.queries, 2);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.queries, 3);
	finish();
}

static void
say_formerr_always(struct nameserver *ns, const struct query *q)
{
	say_code(ns, q, FORMERR);
}

/* It was not EDNS that was wrong: the result is told, and nothing was learnt of the server. */
TEST_ONCE(the_question_itself_is_refused)
{
	struct answer a;

	begin(say_formerr_always);
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_FORMAT);
	CHECK_INT(server.queries, 2);
	finish();
}

/* One server's weakness is not another one's. */
TEST_ONCE(remembered_for_each_server)
{
	struct answer a;
	int i;

	begin(say_formerr);
	open_nameserver(&second, "127.0.0.2", say_good);
	use_nameserver(&second);
	for (i = 0; i < 8; i++) {
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
	CHECK(server.queries >= 3);
	CHECK(second.queries >= 2);
	CHECK_INT(asked(&server, 0)->edns, SIZE);
	for (i = 1; i < server.queries; i++)
		CHECK_INT(asked(&server, i)->edns, NONE);
	for (i = 0; i < second.queries; i++)
		CHECK_INT(asked(&second, i)->edns, SIZE);
	close_nameserver(&second);
	finish();
}

static void
say_truncated_without_edns(struct nameserver *ns, const struct query *q)
{
	if (q->edns != NONE)
		say_code(ns, q, FORMERR);
	else
		say_truncated_first(ns, q);
}

TEST_ONCE(without_edns_and_then_over_tcp)
{
	struct answer a;

	begin(say_truncated_without_edns);
	resolve4(&a, "www.example.org");
	CHECK_ADDRESS(&a, "192.0.2.1");
	CHECK_INT(server.udp_queries, 2);
	CHECK_INT(server.tcp_queries, 1);
	CHECK_INT(last_asked(&server)->edns, NONE);
	finish();
}

/* Three transmissions in all, however the first one failed. */
static void
formerr_then_nothing(struct nameserver *ns, const struct query *q)
{
	if (q->edns != NONE)
		say_code(ns, q, FORMERR);
}

TEST_ONCE(the_repetition_counts)
{
	struct answer a;

	begin(formerr_then_nothing);
	be_quick();
	resolve4(&a, "www.example.org");
	CHECK_ERROR(&a, DNS_ERR_TIMEOUT);
	CHECK_INT(server.queries, 3);
	finish();
}
