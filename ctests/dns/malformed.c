/*
 * Packets that are cut off, that point nowhere, that lie about their lengths: ignored, and the
 * question goes on (behaviour 118; D01, D02, D18, D21, D25, D27, D37 to D39).
 */
#include "spoofed.h"

/* Bytes of no packet */

TEST(datagrams_that_are_too_short)
{
	struct answer a;
	struct packet p;
	struct query q;
	size_t length;

	begin(NULL);
	q = pending_query(&a);
	reply_with_forgery(&p, &q);
	for (length = 0; length < HEAD; length++) {
		say_bytes(&server, &q, p.bytes, length);
		still_pending(&a, 1);
	}
	check_pending(&a, &q, 1);
	finish();
}

TEST_ONCE(an_empty_datagram_is_not_the_end)
{
	struct answer a;
	int i;

	begin(NULL);
	for (i = 0; i < 3; i++) {
		struct query q = pending_query(&a);

		say_bytes(&server, &q, "", 0);
		say_bytes(&server, &q, "", 0);
		check_pending(&a, &q, i + 1);
	}
	finish();
}

TEST_ONCE(bytes_of_one_kind)
{
	struct answer a;
	struct query q;
	unsigned char bytes[600];
	int kind;

	begin(NULL);
	q = pending_query(&a);
	for (kind = 0; kind < 256; kind++) {
		memset(bytes, kind, sizeof(bytes));
		bytes[0] = (unsigned char)(q.id >> 8);
		bytes[1] = (unsigned char)q.id;
		say_bytes(&server, &q, bytes, sizeof(bytes));
		say_bytes(&server, &q, bytes, HEAD + (size_t)kind % 40);
	}
	check_pending(&a, &q, 1);
	finish();
}

/* Records that are wrong: the rest of a record after its owner, and its data. */

static void
put_rest(struct packet *p, unsigned type, unsigned data_length)
{
	put16(p, type);
	put16(p, EVDNS_CLASS_INET);
	put32(p, 60);
	put16(p, data_length);
	count_one(p, AT_ANSWERS);
}

static const unsigned char address[] = { 203, 0, 113, 66 };

/* A record with that as its owner, and the good one after it. */
static struct {
	const char *bytes;
	size_t length;
} owner;

static void
bad_owner(struct packet *p, const struct query *q)
{
	reply_to(p, q, 0);
	put(p, owner.bytes, owner.length);
	put_rest(p, EVDNS_TYPE_A, 4);
	put(p, address, 4);
	add_a(p, NULL, 60, FORGED);
}

#define CHECK_OWNER(text)                                                       \
	do {                                                                    \
		owner.bytes = (text);                                           \
		owner.length = sizeof(text) - 1;                                \
		check_ignored(bad_owner);                                       \
	} while (0)

TEST(names_that_point_wrongly)
{
	begin(NULL);
	/* Behind the end, to itself, forwards, to one that points back. */
	CHECK_OWNER("\xff\xff");
	CHECK_OWNER("\xc0\xff");
	CHECK_OWNER("\xc0\x21");
	CHECK_OWNER("\xc0\x23");
	CHECK_OWNER("\001a\xc0\x21");
	CHECK_OWNER("\xc0\x23\xc0\x21");
	/* Kinds of labels that there are not. */
	CHECK_OWNER("\x40" "a");
	CHECK_OWNER("\x80" "a");
	finish();
}

static void
ends_in_a_pointer(struct packet *p, const struct query *q)
{
	reply_to(p, q, 0);
	put8(p, 0xc0);
	count_one(p, AT_ANSWERS);
}

static void
ends_in_a_label(struct packet *p, const struct query *q)
{
	reply_to(p, q, 0);
	put8(p, 63);
	put(p, "abc", 3);
	count_one(p, AT_ANSWERS);
}

static void
question_points_to_itself(struct packet *p, const struct query *q)
{
	reply_bare(p, q, 0);
	set16(p, AT_QUESTIONS, 1);
	put16(p, 0xc000 | HEAD);
	put16(p, EVDNS_TYPE_A);
	put16(p, EVDNS_CLASS_INET);
	add_a(p, NULL, 5, FORGED);
}

static void
question_is_cut_off(struct packet *p, const struct query *q)
{
	reply_to(p, q, 0);
	p->length -= 1;
}

static void
owner_of_300_bytes(struct packet *p, const struct query *q)
{
	char label[63];
	int i;

	memset(label, 'a', sizeof(label));
	reply_to(p, q, 0);
	for (i = 0; i < 5; i++) {
		put8(p, sizeof(label));
		put(p, label, sizeof(label));
	}
	put8(p, 0);
	put_rest(p, EVDNS_TYPE_A, 4);
	put(p, address, 4);
	add_a(p, NULL, 5, FORGED);
}

static void
owner_of_200_labels(struct packet *p, const struct query *q)
{
	int i;

	reply_to(p, q, 0);
	for (i = 0; i < 200; i++)
		put(p, "\001a", 2);
	put8(p, 0);
	put_rest(p, EVDNS_TYPE_A, 4);
	put(p, address, 4);
	add_a(p, NULL, 5, FORGED);
}

static void
a_record_too_few(struct packet *p, const struct query *q)
{
	reply_with_forgery(p, q);
	count_one(p, AT_ANSWERS);
}

static void
records_without_end(struct packet *p, const struct query *q)
{
	reply_with_forgery(p, q);
	set16(p, AT_ANSWERS, 65535);
}

static void
additional_is_missing(struct packet *p, const struct query *q)
{
	reply_with_forgery(p, q);
	count_one(p, AT_MORE);
}

TEST(packets_that_end_too_early)
{
	static const spoof_function all[] = {
		ends_in_a_pointer, ends_in_a_label, question_points_to_itself,
		question_is_cut_off, owner_of_300_bytes, owner_of_200_labels, a_record_too_few,
		records_without_end, additional_is_missing,
	};
	size_t i;

	begin(NULL);
	for (i = 0; i < COUNT(all); i++)
		check_ignored(all[i]);
	finish();
}

/* Lengths of data */

static struct {
	unsigned type;
	unsigned said;
	unsigned there;
} data;

static void
wrong_data(struct packet *p, const struct query *q)
{
	unsigned i;

	reply_to(p, q, 0);
	put_name(p, NULL);
	put_rest(p, data.type, data.said);
	for (i = 0; i < data.there; i++)
		put8(p, address[i % 4]);
}

static void
check_data(unsigned type, unsigned said, unsigned there)
{
	data.type = type;
	data.said = said;
	data.there = there;
	check_ignored(wrong_data);
}

TEST(addresses_of_wrong_lengths)
{
	begin(NULL);
	check_data(EVDNS_TYPE_A, 0, 0);
	check_data(EVDNS_TYPE_A, 1, 1);
	check_data(EVDNS_TYPE_A, 3, 3);
	check_data(EVDNS_TYPE_A, 5, 5);
	check_data(EVDNS_TYPE_A, 7, 7);
	finish();
}

TEST(data_beyond_the_end)
{
	static const unsigned types[] = {
		EVDNS_TYPE_A, EVDNS_TYPE_AAAA, EVDNS_TYPE_CNAME, EVDNS_TYPE_TXT, 65280,
	};
	size_t i;

	begin(NULL);
	for (i = 0; i < COUNT(types); i++) {
		check_data(types[i], 4, 3);
		check_data(types[i], 4, 0);
		check_data(types[i], 400, 40);
		check_data(types[i], 65535, 4);
	}
	finish();
}

/* The same for the other family. */
static void
check_aaaa(unsigned length)
{
	struct answer a = { 0 };
	struct packet p;
	struct query q;
	int before = server.queries;

	server.reply = NULL;
	ask6(&a, "www.example.org");
	UNTIL(server.queries == before + 1);
	q = *last_asked(&server);
	data.type = EVDNS_TYPE_AAAA;
	data.said = data.there = length;
	wrong_data(&p, &q);
	say(&server, &q, &p);
	rounds();
	CHECK_INT(a.calls, 0);
	say_good(&server, &q);
	UNTIL(a.calls > 0);
	CHECK_ADDRESS(&a, "2001:db8::1");
}

TEST_ONCE(ipv6_addresses_of_wrong_lengths)
{
	begin(NULL);
	check_aaaa(0);
	check_aaaa(4);
	check_aaaa(15);
	check_aaaa(17);
	check_aaaa(31);
	finish();
}

/* More than there should be */

static void
with_garbage(struct packet *p, const struct query *q)
{
	reply_to(p, q, 0);
	add_a(p, NULL, 300, "192.0.2.1");
	put(p, "garbage, and more of it", 23);
}

/* It may be taken or ignored. */
TEST_ONCE(garbage_behind_the_last_record)
{
	struct answer a;
	struct packet p;
	struct query q;

	begin(NULL);
	q = pending_query(&a);
	with_garbage(&p, &q);
	say(&server, &q, &p);
	say_good(&server, &q);
	UNTIL(a.calls > 0);
	rounds();
	CHECK_ADDRESS(&a, "192.0.2.1");
	finish();
}

static size_t padding;

static void
say_padded(struct nameserver *ns, const struct query *q)
{
	static char text[256];
	struct packet p;

	reply_to(&p, q, 0);
	add_a(&p, NULL, 300, "192.0.2.1");
	text[0] = (char)255;
	while (p.length + 268 <= padding)
		add_record(&p, AT_ANSWERS, NULL, EVDNS_TYPE_TXT, 60, text, sizeof(text));
	say(ns, q, &p);
}

/* Taken whole, or asked for again over TCP: never an answer made of half a packet. */
TEST(datagrams_of_all_sizes)
{
	static const size_t sizes[] = {
		512, 1232, 1300, 1500, 1501, 2000, 4096, 4200, 8192, 30000, 60000, 65000, 65507,
	};
	struct answer a;
	size_t i;

	begin(say_padded);
	for (i = 0; i < COUNT(sizes); i++) {
		padding = sizes[i];
		resolve4(&a, "www.example.org");
		CHECK_ADDRESS(&a, "192.0.2.1");
	}
	finish();
}
