/*
 * Proves behaviour 133: answers that are longer than the client takes are cut behind a record, with
 * counts that match; what EDNS says of that; the largest packets there are; Q07, Q08, Q14.
 */
#include "server.h"

static int records, own_opt;
static int sections[3];

static void
add_records(struct evdns_server_request *req)
{
	unsigned char address[4] = { 192, 0, 2, 0 };
	int i;

	for (i = 0; i < records; i++) {
		address[3] = (unsigned char)i;
		CHECK_INT(evdns_server_request_add_a_reply(req, "example.org", 1, address, 300), 0);
	}
	for (i = 0; i < 3; i++) {
		int n;

		for (n = 0; n < sections[i]; n++)
			CHECK_INT(evdns_server_request_add_reply(req, i, "example.org", 16, 1, 1,
			    20, 0, "12345678901234567890"), 0);
	}
	if (own_opt)
		CHECK_INT(evdns_server_request_add_reply(req, EVDNS_ADDITIONAL_SECTION, "",
		    TYPE_OPT, 4096, 0, 0, 0, NULL), 0);
	CHECK_INT(evdns_server_request_respond(req, 0), 0);
}

/* 12 of the head, 17 of the question, 16 for each record, 11 for an OPT. */
enum { BEFORE = 29, EACH = 16, OPT = 11 };

static void
check_opt(struct reply *r, unsigned result)
{
	struct record found = get_record(r);

	CHECK_INT(found.type, TYPE_OPT);
	CHECK_STR(found.name, "");
	CHECK_INT(found.class, 1232);
	CHECK_INT(found.ttl, result >> 4 << 24);
	CHECK_INT(found.n, 0);
	CHECK_INT(r->at, r->n);
}

static void
check_answer(struct reply *r, const struct packet *p, int kept, int has_opt)
{
	int i;

	CHECK_INT(r->n, BEFORE + kept * EACH + has_opt * OPT);
	CHECK_INT(count_of(r, 0), kept);
	CHECK_INT(count_of(r, 1), 0);
	CHECK_INT(count_of(r, 2), has_opt);
	CHECK_INT(flags_of(r), QR | RD | (kept < records ? TC : 0));
	check_question(r, p);
	for (i = 0; i < kept; i++) {
		struct record found = get_record(r);

		CHECK_STR(found.name, "example.org");
		CHECK_INT(found.data[3], i & 255);
	}
	if (has_opt)
		check_opt(r, 0);
	CHECK_INT(r->at, r->n);
}

TEST(sixty_addresses_without_edns)
{
	int fd = udp_server(add_records);
	struct packet *p = query("example.org", 1);

	records = 60;
	check_answer(ask(fd, p), p, (512 - BEFORE) / EACH, 0);
	records = 30;
	check_answer(ask(fd, p), p, 30, 0);
	finish(fd);
}

TEST(sixty_addresses_over_tcp)
{
	int fd = tcp_server(add_records);
	struct packet *p = query("example.org", 1);

	records = 60;
	check_answer(ask_framed(fd, p), p, 60, 0);
	/* What EDNS says of datagrams does not count here. */
	p = edns_query("example.org", 1, 512);
	check_answer(ask_framed(fd, p), p, 60, 1);
	finish(fd);
}

TEST(sizes_that_clients_take)
{
	int fd = udp_server(add_records), size;

	records = 60;
	for (size = 500; size < 1100; size++) {
		struct packet *p = edns_query("example.org", 1, (unsigned)size);
		int most = size < 512 ? 512 : size, kept = (most - BEFORE - OPT) / EACH;

		check_answer(ask(fd, p), p, kept < 60 ? kept : 60, 1);
	}
	finish(fd);
}

/* The largest datagram is what the protocol can carry, whatever a client says. */
TEST(large_datagrams)
{
	int fd = udp_server(add_records), one = 1 << 20;
	struct packet *p = edns_query("example.org", 1, 65535);
	struct reply *r;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &one, sizeof(one));
	records = 4000;
	r = ask(fd, p);
	check_answer(r, p, 4000, 1);
	records = 4093;
	r = ask(fd, p);
	check_answer(r, p, (65507 - BEFORE - OPT) / EACH, 1);
	CHECK(flags_of(r) & TC);
	finish(fd);
}

/* A cut in any section. Owner 2, head 10, data 20. */
TEST(cut_in_each_section)
{
	int fd = udp_server(add_records), i, n, kept, fit = (512 - BEFORE) / 32;
	struct packet *p = query("example.org", 1);

	for (i = 0; i < 3; i++) {
		for (n = 10; n < 20; n++) {
			struct reply *r;

			memset(sections, 0, sizeof(sections));
			sections[0] = i == 0 ? n : 1;
			sections[1] = i == 1 ? n : i > 1;
			sections[2] = i == 2 ? n : 0;
			r = ask(fd, p);
			kept = n + i < fit ? n : fit - i;
			CHECK_INT(count_of(r, i), kept);
			CHECK_INT(count_of(r, 0) + count_of(r, 1) + count_of(r, 2), kept + i);
			CHECK_INT(flags_of(r) & TC, kept < n ? TC : 0);
			check_question(r, p);
			while (r->at < r->n)
				CHECK_INT(get_record(r).n, 20);
		}
	}
	finish(fd);
}

TEST(a_version_that_is_not_known)
{
	int fd = udp_server(add_records), version;

	for (version = 1; version < 256; version += 127) {
		struct packet *p = query("example.org", 1);
		struct reply *r;

		p->b[11] = 1;
		put_opt(p, 4096, (unsigned)version);
		r = ask(fd, p);
		CHECK_INT(flags_of(r), QR | RD | (BADVERS & 15));
		CHECK_INT(count_of(r, 0), 0);
		CHECK_INT(count_of(r, 2), 1);
		check_question(r, p);
		check_opt(r, BADVERS);
	}
	CHECK_INT(seen.calls, 0);
	finish(fd);
}

/* Options of a client's, and records beside its OPT, change nothing. */
TEST(edns_among_other_things)
{
	int fd = udp_server(add_records);
	struct packet *p = query("example.org", 1);
	struct reply *r;

	records = 40;
	p->b[7] = p->b[9] = 1;
	p->b[11] = 3;
	put_record(p, "x", 1, 1, 1, "\1\2\3\4", 4);
	put_record(p, "y", 2, 1, 1, "\1z\0", 3);
	put_record(p, "z", 1, 1, 1, "\1\2\3\4", 4);
	/* A cookie, and one that nobody knows. */
	put_record(p, "", TYPE_OPT, 1000, 0x8000, "\0\x0a\0\x08" "12345678" "\xff\xf0\0\2ab", 18);
	put_record(p, "sig", 250, 255, 0, "whatever", 8);
	r = ask(fd, p);
	check_answer(r, p, 40, 1);
	finish(fd);
}

TEST(an_opt_of_the_programs_own)
{
	int fd = udp_server(add_records);
	struct packet *p = edns_query("example.org", 1, 1000);
	struct reply *r;

	own_opt = 1;
	r = ask(fd, p);
	CHECK_INT(count_of(r, 2), 1);
	check_question(r, p);
	CHECK_INT(get_record(r).class, 4096);
	CHECK_INT(r->at, r->n);
	finish(fd);
}

static int filler, tail_result;

/* A record that fills the packet up to so many bytes, then a name at the end. */
static void
add_filler_and_name(struct evdns_server_request *req)
{
	static const char data[65536];

	CHECK_INT(evdns_server_request_add_reply(req, 0, "q", 999, 1, 1, filler, 0, data), 0);
	errno = 0;
	tail_result = evdns_server_request_add_cname_reply(req, "q", "host", 1);
	CHECK(tail_result == 0 || (tail_result == -1 && errno == EMSGSIZE));
	CHECK_INT(evdns_server_request_respond(req, 0), 0);
}

/* 12, 7 and 12 before the data; 2, 10 and 6 for the name. */
TEST(up_to_the_last_byte_of_a_packet)
{
	int fd = tcp_server(add_filler_and_name), end;
	struct packet *p = query("q", 1);

	for (end = 65533; end <= 65538; end++) {
		struct reply *r;

		filler = end - 31 - 18;
		r = ask_framed(fd, p);
		CHECK_INT(tail_result, end <= 65535 ? 0 : -1);
		CHECK_INT(count_of(r, 0), end <= 65535 ? 2 : 1);
		CHECK_INT(flags_of(r) & TC, 0);
		CHECK_INT(r->n, end <= 65535 ? end : end - 18);
	}
	finish(fd);
}

/* What EDNS has to say needs its place, too. */
TEST(up_to_the_last_byte_with_edns)
{
	int fd = tcp_server(add_filler_and_name), end;
	struct packet *p = edns_query("q", 1, 512);

	for (end = 65533; end <= 65538; end++) {
		struct reply *r;

		filler = end - 31 - 18 - OPT;
		r = ask_framed(fd, p);
		CHECK_INT(tail_result, end <= 65535 ? 0 : -1);
		CHECK_INT(count_of(r, 0), end <= 65535 ? 2 : 1);
		CHECK_INT(flags_of(r) & TC, 0);
		CHECK_INT(r->n, end <= 65535 ? end : end - 18);
	}
	finish(fd);
}

/* Not even one: nothing is added of several. */
static void
add_too_many(struct evdns_server_request *req)
{
	static unsigned char addresses[5000][4];

	CHECK_ERRNO(evdns_server_request_add_a_reply(req, "q", 5000, addresses, 1), EMSGSIZE);
	CHECK_INT(evdns_server_request_add_a_reply(req, "q", 4000, addresses, 1), 0);
	CHECK_ERRNO(evdns_server_request_add_a_reply(req, "q", 95, addresses, 1), EMSGSIZE);
	CHECK_INT(evdns_server_request_add_a_reply(req, "q", 94, addresses, 1), 0);
	CHECK_INT(evdns_server_request_respond(req, 0), 0);
}

TEST(more_than_a_packet_holds)
{
	int fd = tcp_server(add_too_many);
	struct packet *p = query("q", 1);
	struct reply *r = ask_framed(fd, p);

	CHECK_INT(count_of(r, 0), 4094);
	CHECK_INT(r->n, 19 + 16 * 4094);
	finish(fd);
}

/* The same in another order of sections, where names are compressed by less. */
static void
add_backwards(struct evdns_server_request *req)
{
	static const char data[65536];

	CHECK_INT(evdns_server_request_add_reply(req, 1, "a.long.name.to.be.repeated", 999, 1, 1,
	    100, 0, data), 0);
	CHECK_INT(evdns_server_request_add_reply(req, 0, "other", 999, 1, 1, 65300, 0, data), 0);
	CHECK_INT(evdns_server_request_add_cname_reply(req, "a.long.name.to.be.repeated", "q", 1),
	    0);
	/* The last byte in the order of adding. */
	CHECK_INT(evdns_server_request_add_reply(req, 1, "a.long.name.to.be.repeated", 999, 1, 1,
	    26, 0, data), 0);
	CHECK_INT(evdns_server_request_respond(req, 0), 0);
}

TEST(a_full_packet_in_another_order)
{
	int fd = tcp_server(add_backwards), i, n = 0;
	struct packet *p = query("q", 1);
	struct reply *r = ask_framed(fd, p);

	check_question(r, p);
	for (i = 0; i < 3; i++)
		n += (int)count_of(r, i);
	CHECK_INT(flags_of(r) & TC, n < 4 ? TC : 0);
	for (i = 0; i < n; i++)
		get_record(r);
	CHECK_INT(r->at, r->n);
	CHECK_INT(count_of(r, 0), 2);
	finish(fd);
}
