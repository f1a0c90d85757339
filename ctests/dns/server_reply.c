/*
 * Proves behaviours 129 to 132: the records of an answer, byte by byte where names are compressed,
 * in the order of their sections whatever the order of adding; Q09.
 */
#include "server.h"

static struct in_addr
ip4(const char *text)
{
	struct in_addr address;

	CHECK_INT(inet_pton(AF_INET, text, &address), 1);
	return address;
}

static void
respond(struct evdns_server_request *req)
{
	CHECK_INT(evdns_server_request_respond(req, 0), 0);
}

/* The answer behind the question is just these bytes. */
static void
check_bytes(struct reply *r, const struct packet *asked, const void *bytes, size_t n)
{
	check_question(r, asked);
	CHECK_INT(r->n - r->at, n);
	CHECK(memcmp(r->b + r->at, bytes, n) == 0);
}

static void
add_alias(struct evdns_server_request *req)
{
	struct in_addr address = ip4("192.0.2.1");

	CHECK_INT(evdns_server_request_add_cname_reply(req, "www.example.org",
	    "host.example.org", 300), 0);
	CHECK_INT(evdns_server_request_add_a_reply(req, "host.example.org", 1, &address, 60), 0);
	respond(req);
}

TEST(names_are_written_once)
{
	static const unsigned char wanted[] =
	    "\xc0\x0c\0\5\0\1\0\0\1\x2c\0\7\4host\xc0\x10"
	    "\xc0\x2d\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1";
	int fd = udp_server(add_alias);
	struct packet *p = query("www.example.org", 1);
	struct reply *r = ask(fd, p);

	CHECK_INT(count_of(r, 0), 2);
	check_bytes(r, p, wanted, sizeof(wanted) - 1);
	finish(fd);
}

/* The case of a question is kept; a name of other case is another name. */
TEST(compression_knows_case)
{
	static const unsigned char wanted[] =
	    "\3www\7example\3org\0\0\5\0\1\0\0\1\x2c\0\7\4host\xc0\x25"
	    "\xc0\x3c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1";
	int fd = udp_server(add_alias);
	struct packet *p = query("WWW.EXAMPLE.ORG", 1);

	check_bytes(ask(fd, p), p, wanted, sizeof(wanted) - 1);
	finish(fd);
}

static void
add_many_addresses(struct evdns_server_request *req)
{
	unsigned char v4[3][4] = { { 192, 0, 2, 1 }, { 192, 0, 2, 2 }, { 192, 0, 2, 3 } };
	unsigned char v6[2][16] = { { 0x20, 1, 0xd, 0xb8, [15] = 1 }, { 0xfe, 0x80, [15] = 2 } };

	CHECK_INT(evdns_server_request_add_a_reply(req, "a.b", 3, v4, 10), 0);
	CHECK_INT(evdns_server_request_add_aaaa_reply(req, "a.b", 2, v6, 20), 0);
	CHECK_INT(evdns_server_request_add_a_reply(req, "a.b", 0, NULL, 10), 0);
	respond(req);
}

TEST(a_record_for_each_address)
{
	int fd = udp_server(add_many_addresses), i;
	struct packet *p = query("a.b", EVDNS_QTYPE_ALL);
	struct reply *r = ask(fd, p);

	CHECK_INT(count_of(r, 0), 5);
	check_question(r, p);
	for (i = 0; i < 5; i++) {
		struct record found = get_record(r);

		CHECK_STR(found.name, "a.b");
		CHECK_INT(found.type, i < 3 ? EVDNS_TYPE_A : EVDNS_TYPE_AAAA);
		CHECK_INT(found.class, EVDNS_CLASS_INET);
		CHECK_INT(found.ttl, i < 3 ? 10 : 20);
		CHECK_INT(found.n, i < 3 ? 4 : 16);
		CHECK_INT(found.data[found.n - 1], i < 3 ? i + 1 : i - 2);
	}
	CHECK_INT(r->at, r->n);
	finish(fd);
}

static void
add_pointers(struct evdns_server_request *req)
{
	struct in_addr address = ip4("192.0.2.1");

	CHECK_INT(evdns_server_request_add_ptr_reply(req, &address, NULL, "host.example.org", 5),
	    0);
	CHECK_INT(evdns_server_request_add_ptr_reply(req, NULL, "1.2.0.192.in-addr.arpa",
	    "other.example.org", 6), 0);
	/* Neither, and both. */
	CHECK_ERRNO(evdns_server_request_add_ptr_reply(req, NULL, NULL, "x", 5), EINVAL);
	CHECK_ERRNO(evdns_server_request_add_ptr_reply(req, &address, "y", "x", 5), EINVAL);
	CHECK_ERRNO(evdns_server_request_add_ptr_reply(req, NULL, "y", "..", 5), EINVAL);
	CHECK_ERRNO(evdns_server_request_add_ptr_reply(req, NULL, "..", "x", 5), EINVAL);
	respond(req);
}

TEST(names_of_addresses)
{
	static const unsigned char wanted[] =
	    "\xc0\x0c\0\x0c\0\1\0\0\0\5\0\x12\4host\7example\3org\0"
	    "\xc0\x0c\0\x0c\0\1\0\0\0\6\0\x08\5other\xc0\x39";
	int fd = udp_server(add_pointers);
	struct packet *p = query("1.2.0.192.in-addr.arpa", EVDNS_TYPE_PTR);
	struct reply *r;

	capture_log();
	r = ask(fd, p);
	CHECK_INT(count_of(r, 0), 2);
	check_bytes(r, p, wanted, sizeof(wanted) - 1);
	CHECK_INT(logged(_EVENT_LOG_WARN), 2);
	finish(fd);
}

static int
add(struct evdns_server_request *req, int section, const char *name, int n, const char *data)
{
	return evdns_server_request_add_reply(req, section, name, EVDNS_TYPE_TXT,
	    EVDNS_CLASS_INET, 1, n, 0, data);
}

static void
add_out_of_order(struct evdns_server_request *req)
{
	CHECK_INT(add(req, EVDNS_ADDITIONAL_SECTION, "c.example", 2, "\1c"), 0);
	CHECK_INT(add(req, EVDNS_ANSWER_SECTION, "a.example", 2, "\1a"), 0);
	CHECK_INT(add(req, EVDNS_AUTHORITY_SECTION, "b.example", 2, "\1b"), 0);
	CHECK_INT(evdns_server_request_add_reply(req, EVDNS_AUTHORITY_SECTION, "example",
	    EVDNS_TYPE_NS, EVDNS_CLASS_INET, 1, -1, 1, "c.example"), 0);
	CHECK_INT(add(req, EVDNS_ANSWER_SECTION, "a.example", 2, "\1A"), 0);
	respond(req);
}

TEST(sections_are_put_in_order)
{
	static const unsigned char wanted[] =
	    "\1a\7example\0\0\x10\0\1\0\0\0\1\0\2\1a"
	    "\xc0\x13\0\x10\0\1\0\0\0\1\0\2\1A"
	    "\1b\xc0\x15\0\x10\0\1\0\0\0\1\0\2\1b"
	    "\xc0\x15\0\2\0\1\0\0\0\1\0\4\1c\xc0\x15"
	    "\xc0\x54\0\x10\0\1\0\0\0\1\0\2\1c";
	int fd = udp_server(add_out_of_order);
	struct packet *p = query("q", EVDNS_TYPE_TXT);
	struct reply *r = ask(fd, p);

	CHECK_INT(count_of(r, 0), 2);
	CHECK_INT(count_of(r, 1), 2);
	CHECK_INT(count_of(r, 2), 1);
	check_bytes(r, p, wanted, sizeof(wanted) - 1);
	finish(fd);
}

static void
add_empty(struct evdns_server_request *req)
{
	/* Without data it does not matter what is said of them. */
	CHECK_INT(add(req, EVDNS_ANSWER_SECTION, "q", 100, NULL), 0);
	CHECK_INT(add(req, EVDNS_ANSWER_SECTION, "q", -5, NULL), 0);
	CHECK_INT(add(req, EVDNS_ANSWER_SECTION, "q", 0, ""), 0);
	CHECK_INT(evdns_server_request_add_reply(req, EVDNS_ANSWER_SECTION, "q", 65535, 65535, -1,
	    0, 1, NULL), 0);
	CHECK_INT(evdns_server_request_add_cname_reply(req, "q", NULL, 1), 0);
	CHECK_INT(evdns_server_request_add_ptr_reply(req, NULL, "q", NULL, 1), 0);
	respond(req);
}

TEST(records_without_data)
{
	int fd = udp_server(add_empty), i;
	struct packet *p = query("q", EVDNS_TYPE_TXT);
	struct reply *r = ask(fd, p);

	CHECK_INT(count_of(r, 0), 6);
	check_question(r, p);
	for (i = 0; i < 6; i++) {
		struct record found = get_record(r);

		CHECK_STR(found.name, "q");
		CHECK_INT(found.n, 0);
		if (i == 3) {
			CHECK_INT(found.type, 65535);
			CHECK_INT(found.class, 65535);
			CHECK_INT(found.ttl, 0xffffffff);
		}
	}
	CHECK_INT(r->at, r->n);
	finish(fd);
}

static void
add_names(struct evdns_server_request *req)
{
	/* A dot at the end, escapes, the root, the name that the question has. */
	CHECK_INT(add(req, EVDNS_ANSWER_SECTION, "a\\.b\\\\\\000.example.", 0, ""), 0);
	CHECK_INT(add(req, EVDNS_ANSWER_SECTION, req->questions[0]->name, 0, ""), 0);
	CHECK_INT(add(req, EVDNS_ANSWER_SECTION, "", 0, ""), 0);
	CHECK_INT(add(req, EVDNS_ANSWER_SECTION, ".", 0, ""), 0);
	respond(req);
}

TEST(names_as_programs_write_them)
{
	static const unsigned char wanted[] =
	    "\xc0\x0c\0\x10\0\1\0\0\0\1\0\0" "\xc0\x0c\0\x10\0\1\0\0\0\1\0\0"
	    "\0\0\x10\0\1\0\0\0\1\0\0" "\0\0\x10\0\1\0\0\0\1\0\0";
	int fd = udp_server(add_names);
	struct packet p;
	struct reply *r;

	put_head(&p, 1, 0, 1, 0, 0, 0);
	put_bytes(&p, "\5a.b\\\0\7example\0\0\x10\0\1", 19);
	r = ask(fd, &p);
	CHECK_INT(count_of(r, 0), 4);
	check_bytes(r, &p, wanted, sizeof(wanted) - 1);
	finish(fd);
}

static void
add_nonsense(struct evdns_server_request *req)
{
	static char label[65], longest[256], longer[257], huge[65536];
	struct in_addr address = ip4("192.0.2.1");
	const char *bad[] = { NULL, "..", "a..b", ".a", label, longer, "\\", "\\25", "\\256" };
	size_t i;

	memset(label, 'a', 64);
	for (i = 0; i < 127; i++)
		memcpy(longest + 2 * i, "b.", 3);
	snprintf(longer, sizeof(longer), "%sc", longest);
	for (i = 0; i < COUNT(bad); i++) {
		CHECK_ERRNO(add(req, EVDNS_ANSWER_SECTION, bad[i], 0, ""), EINVAL);
		CHECK_ERRNO(evdns_server_request_add_a_reply(req, bad[i], 1, &address, 1), EINVAL);
		CHECK_ERRNO(evdns_server_request_add_aaaa_reply(req, bad[i], 1, huge, 1), EINVAL);
		CHECK_ERRNO(evdns_server_request_add_cname_reply(req, bad[i], "a", 1), EINVAL);
		if (bad[i] != NULL) {
			CHECK_ERRNO(evdns_server_request_add_cname_reply(req, "a", bad[i], 1),
			    EINVAL);
			CHECK_ERRNO(evdns_server_request_add_reply(req, 0, "a", 5, 1, 1, 0, 1,
			    bad[i]), EINVAL);
		}
	}
	CHECK_ERRNO(add(req, -1, "a", 0, ""), EINVAL);
	CHECK_ERRNO(add(req, 3, "a", 0, ""), EINVAL);
	CHECK_ERRNO(add(req, EVDNS_ANSWER_SECTION, "a", -1, huge), EINVAL);
	CHECK_ERRNO(add(req, EVDNS_ANSWER_SECTION, "a", 65536, huge), EINVAL);
	CHECK_ERRNO(evdns_server_request_add_reply(req, 0, "a", -1, 1, 1, 0, 0, ""), EINVAL);
	CHECK_ERRNO(evdns_server_request_add_reply(req, 0, "a", 65536, 1, 1, 0, 0, ""), EINVAL);
	CHECK_ERRNO(evdns_server_request_add_reply(req, 0, "a", 1, -1, 1, 0, 0, ""), EINVAL);
	CHECK_ERRNO(evdns_server_request_add_reply(req, 0, "a", 1, 65536, 1, 0, 0, ""), EINVAL);
	CHECK_ERRNO(evdns_server_request_add_a_reply(req, "a", -1, &address, 1), EINVAL);
	CHECK_ERRNO(evdns_server_request_add_a_reply(req, "a", 1, NULL, 1), EINVAL);
	CHECK_ERRNO(evdns_server_request_respond(req, -1), EINVAL);
	CHECK_ERRNO(evdns_server_request_respond(req, 16), EINVAL);
	/* Nothing of all that is left; the longest name is one. */
	CHECK_INT(add(req, EVDNS_ANSWER_SECTION, longest, 0, ""), 0);
	respond(req);
}

TEST(what_is_no_record)
{
	int fd = udp_server(add_nonsense);
	struct packet *p = query("q", EVDNS_TYPE_TXT);
	struct reply *r;

	capture_log();
	r = ask(fd, p);
	CHECK_INT(count_of(r, 0), 1);
	check_question(r, p);
	CHECK_INT(strlen(get_record(r).name), 253);
	CHECK_INT(r->at, r->n);
	/* Each kind of mistake is told once. */
	CHECK_INT(logged(_EVENT_LOG_WARN), 4);
	finish(fd);
}

/* Types that are younger than compression: DNAME. */
static void
add_dname(struct evdns_server_request *req)
{
	CHECK_INT(evdns_server_request_add_reply(req, EVDNS_ANSWER_SECTION, "q", 39,
	    EVDNS_CLASS_INET, 1, 0, 1, "q"), 0);
	respond(req);
}

TEST(data_that_is_not_compressed)
{
	static const unsigned char wanted[] = "\xc0\x0c\0\x27\0\1\0\0\0\1\0\3\1q\0";
	int fd = udp_server(add_dname);
	struct packet *p = query("q", 39);

	check_bytes(ask(fd, p), p, wanted, sizeof(wanted) - 1);
	finish(fd);
}

/* More names than are remembered, and names beyond the reach of a pointer: all are right. */
static void
add_very_many(struct evdns_server_request *req)
{
	char name[64];
	int i;

	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "h%d.d%d.example.org", i % 700, i % 7);
		CHECK_INT(evdns_server_request_add_cname_reply(req, name, "h3.d3.example.org", 1),
		    0);
	}
	respond(req);
}

TEST(more_names_than_are_remembered)
{
	int fd = tcp_server(add_very_many), i;
	struct packet *p = query("q", 1);
	struct reply *r = ask_framed(fd, p);
	char name[1100], want[64];

	CHECK_INT(count_of(r, 0), 2000);
	CHECK_INT(flags_of(r) & TC, 0);
	check_question(r, p);
	for (i = 0; i < 2000; i++) {
		struct record found = get_record(r);

		snprintf(want, sizeof(want), "h%d.d%d.example.org", i % 700, i % 7);
		CHECK_STR(found.name, want);
		CHECK_INT(read_name(r, found.data_at, name), r->at);
		CHECK_STR(name, "h3.d3.example.org");
	}
	CHECK_INT(r->at, r->n);
	CHECK(r->n > 0x4000);
	finish(fd);
}
