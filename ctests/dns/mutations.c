/*
 * Answers that are cut off at every length, and with each byte changed: never an answer that
 * nobody gave, one callback per question, and then all goes on (D18, D25, D27, D38, D39).
 */
#include "spoofed.h"

static void
plain_address(struct packet *p, const struct query *q)
{
	reply_to(p, q, AA);
	add_a(p, NULL, 5, FORGED);
	add_a(p, "www.example.org", 5, FORGED);
}

static void
chain(struct packet *p, const struct query *q)
{
	reply_to(p, q, 0);
	add_cname(p, NULL, 7, "one.example");
	add_cname(p, "one.example", 7, "two.example");
	add_a(p, "two.example", 5, FORGED);
	add_record(p, AT_AUTHORITY, "example", EVDNS_TYPE_NS, 5, "\002ns\xc0\x0c", 5);
	add_opt(p, 0);
}

static void
others(struct packet *p, const struct query *q)
{
	static const char soa[] = "\002ns\xc0\x0c\004mail\xc0\x0c"
	    "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5";

	reply_to(p, q, 0);
	add_record(p, AT_ANSWERS, NULL, EVDNS_TYPE_TXT, 5, "\003abc\004defg", 9);
	add_record(p, AT_ANSWERS, NULL, EVDNS_TYPE_MX, 5, "\0\012\002mx\xc0\x0c", 7);
	add_record(p, AT_ANSWERS, NULL, 33, 5, "\0\1\0\2\0\065\003srv\xc0\x0c", 12);
	add_record(p, AT_ANSWERS, NULL, 46, 5, "\0\1\010\2\0\0\0\5garbage", 15);
	add_a(p, NULL, 5, FORGED);
	add_record(p, AT_AUTHORITY, "example", EVDNS_TYPE_SOA, 5, soa, sizeof(soa) - 1);
	add_opt(p, 0);
}

static const spoof_function corpus[] = { plain_address, chain, others };

TEST(cut_off_at_every_length)
{
	struct answer a;
	struct packet p;
	size_t i;
	size_t length;

	begin(NULL);
	for (i = 0; i < COUNT(corpus); i++) {
		struct query q = pending_query(&a);

		corpus[i](&p, &q);
		for (length = 0; length < p.length; length++) {
			say_bytes(&server, &q, p.bytes, length);
			CHECK(event_loop(EVLOOP_NONBLOCK) >= 0);
			CHECK_INT(a.calls, 0);
		}
		check_pending(&a, &q, (int)i + 1);
	}
	finish();
}

/* One byte is another one; what comes of it comes, but once. */
static void
mutate(struct nameserver *ns, spoof_function make, size_t at, unsigned char change)
{
	struct answer a;
	struct packet p;
	struct query q = pending_query(&a);

	make(&p, &q);
	p.bytes[at] ^= change;
	ns->reply = say_good;
	say(ns, &q, &p);
	CHECK(event_loop(EVLOOP_NONBLOCK) >= 0);
	say_good(ns, &q);
	UNTIL(a.calls > 0);
	CHECK(event_loop(EVLOOP_NONBLOCK) >= 0);
	CHECK_INT(a.calls, 1);
}

static void
mutate_all(spoof_function make, unsigned char change)
{
	struct query q;
	struct packet p;
	size_t at;

	begin(NULL);
	memset(&q, 0, sizeof(q));
	q.question_length = sizeof("www.example.org") + 1 + 4;
	make(&p, &q);
	for (at = 0; at < p.length; at++)
		mutate(&server, make, at, change);
	finish();
}

TEST_ONCE(each_byte_changed_in_an_address)
{
	static const unsigned char changes[] = { 0x01, 0x40, 0x80, 0xc0, 0xff };
	size_t i;

	for (i = 0; i < COUNT(changes); i++)
		mutate_all(plain_address, changes[i]);
}

TEST_ONCE(each_byte_changed_in_a_chain)
{
	mutate_all(chain, 0x01);
	mutate_all(chain, 0xc0);
	mutate_all(chain, 0xff);
}

TEST_ONCE(each_byte_changed_in_other_records)
{
	mutate_all(others, 0x01);
	mutate_all(others, 0x80);
	mutate_all(others, 0xff);
}

/* The same as a stream: what is cut off there is the end of the connection. */
static size_t cut_at;

static void
say_cut_stream(struct nameserver *ns, const struct query *q)
{
	struct packet p;
	struct packet framed = { .length = 0 };

	if (q->connection == NULL) {
		say_code(ns, q, TC);
		return;
	}
	chain(&p, q);
	put16(&framed, (unsigned)p.length);
	put(&framed, p.bytes, p.length);
	CHECK(cut_at < framed.length);
	write_all(q->connection->fd, framed.bytes, cut_at);
	hang_up(q->connection);
}

TEST_ONCE(a_stream_cut_off_at_every_length)
{
	struct answer a;

	begin(say_cut_stream);
	for (cut_at = 0; cut_at < 100; cut_at++) {
		resolve4(&a, "www.example.org");
		CHECK_ERROR(&a, DNS_ERR_TRUNCATED);
	}
	finish();
}
