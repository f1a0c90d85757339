/*
 * What no client should send: dropped, or answered by the library, and never read past. Q01 to Q06.
 */
#include "server.h"

TEST(packets_without_a_head_are_dropped)
{
	int fd = udp_server(say_nothing);
	struct packet *p;
	size_t n;

	for (n = 0; n < HEAD; n++) {
		p = query("a", 1);
		p->n = n;
		check_ignored(fd, p);
	}
	finish(fd);
}

/* An answer to an answer would go round for ever. */
TEST(answers_are_dropped)
{
	int fd = udp_server(say_nothing), opcode;
	struct packet *p;

	for (opcode = 0; opcode < 16; opcode++) {
		p = query("a", 1);
		p->b[2] = (unsigned char)(0x80 | opcode << 3);
		check_ignored(fd, p);
		p->n = HEAD;
		check_ignored(fd, p);
	}
	finish(fd);
}

/* So would a refusal of what chargen sends. */
TEST(nothing_is_refused_to_services_that_answer_anything)
{
	static const int ports[] = { 7, 13, 17, 19, 37 };
	struct sockaddr_in from = { .sin_family = AF_INET };
	int fd = udp_server(say_nothing), other;
	struct packet *p;
	size_t i;

	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (i = 0; i < COUNT(ports); i++) {
		other = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		from.sin_port = htons((uint16_t)ports[i]);
		if (bind(other, (struct sockaddr *)&from, sizeof(from)) == -1)
			SKIP("port %d is not to be had", ports[i]);
		CHECK_INT(connect(other, (struct sockaddr *)&server_address, server_length), 0);
		p = query("a", 1);
		p->b[5] = 2;
		check_ignored(other, p);
		p->b[2] = 0x48;
		check_ignored(other, p);
		close(other);
	}
	finish(fd);
}

TEST(one_question_exactly)
{
	static const unsigned counts[] = { 0, 2, 3, 255, 256, 65535 };
	int fd = udp_server(say_nothing);
	struct packet p;
	size_t i;

	for (i = 0; i < COUNT(counts); i++) {
		put_head(&p, 1, RD, counts[i], 0, 0, 0);
		put_question(&p, "a", 1, 1);
		put_question(&p, "b", 1, 1);
		check_refused(ask(fd, &p), RD, FORMERR);
		p.n = HEAD;
		check_refused(ask(fd, &p), RD, FORMERR);
	}
	CHECK_INT(seen.calls, 0);
	finish(fd);
}

/* In memory of just that length, so that tools see a read behind it. */
static void
send_exactly(int fd, const struct packet *p, size_t n)
{
	unsigned char *copy = malloc(n == 0 ? 1 : n);

	CHECK(copy != NULL);
	memcpy(copy, p->b, n);
	CHECK_INT(send(fd, copy, n, 0), n);
	free(copy);
}

/* A query with all that a query may have, cut at every length. */
TEST(cut_at_every_length)
{
	int fd = udp_server(say_nothing);
	struct packet p = *edns_query("www.example.org", 1, 4096);
	size_t n;

	p.b[7] = 1;
	p.n -= 11;
	put_record(&p, "www.example.org", 5, 1, 300, "\1a\xc0\x0c", 4);
	put_record(&p, "", TYPE_OPT, 4096, 0, "\0\x0a\0\x08" "12345678", 12);
	for (n = HEAD; n < p.n; n++) {
		send_exactly(fd, &p, n);
		check_refused(receive(fd), RD, FORMERR);
	}
	CHECK_INT(seen.calls, 0);
	send_exactly(fd, &p, n);
	CHECK_INT(count_of(receive(fd), 2), 1);
	CHECK_INT(seen.calls, 1);
	finish(fd);
}

TEST(every_byte_changed)
{
	int fd = udp_server(say_nothing);
	struct packet p = *edns_query("www.example.org", 1, 4096), copy;
	size_t i, value;
	static const unsigned char values[] = { 0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff };

	for (i = 0; i < p.n; i++) {
		for (value = 0; value < COUNT(values); value++) {
			copy = p;
			copy.b[i] = values[value];
			/* The second byte of flags says whether there is an answer at all. */
			if (copy.b[2] & 0x80)
				continue;
			CHECK(ask(fd, &copy)->n >= HEAD);
		}
	}
	finish(fd);
}

/* Names that a question cannot have, each as all of a packet behind its head. */
TEST(names_that_are_none)
{
	static const struct { const char *bytes; size_t n; } names[] = {
		{ "\xc0\x0c\0\1\0\1", 6 },		/* it points to itself */
		{ "\xc0\0\0\1\0\1", 6 },		/* into the head */
		{ "\1a\xc0\x0c\0\1\0\1", 8 },
		{ "\xff\xff\0\1\0\1", 6 },
		{ "\x40" "a\0\0\1\0\1", 7 },		/* a kind of label that there is not */
		{ "\x80" "a\0\0\1\0\1", 7 },
		{ "\x3f" "a\0\0\1\0\1", 7 },		/* longer than the packet */
		{ "\1a", 2 },				/* no end */
		{ "", 0 },
	};
	int fd = udp_server(say_nothing);
	struct packet p;
	size_t i;

	for (i = 0; i < COUNT(names); i++) {
		put_head(&p, 1, 0, 1, 0, 0, 0);
		put_bytes(&p, names[i].bytes, names[i].n);
		send_exactly(fd, &p, p.n);
		check_refused(receive(fd), 0, FORMERR);
	}
	/* 256 bytes of labels, one too many. */
	put_head(&p, 1, 0, 1, 0, 0, 0);
	for (i = 0; i < 127; i++)
		put_bytes(&p, "\1a", 2);
	put_bytes(&p, "\1\0\0\1\0\1", 6);
	check_refused(ask(fd, &p), 0, FORMERR);
	CHECK_INT(seen.calls, 0);
	finish(fd);
}

TEST(counts_of_records_that_are_not_there)
{
	int fd = udp_server(say_nothing), section;

	for (section = 0; section < 3; section++) {
		struct packet *p = query("a", 1);

		p->b[7 + 2 * section] = 1;
		check_refused(ask(fd, p), RD, FORMERR);
		p->b[6 + 2 * section] = p->b[7 + 2 * section] = 0xff;
		check_refused(ask(fd, p), RD, FORMERR);
	}
	CHECK_INT(seen.calls, 0);
	finish(fd);
}

TEST(two_opts)
{
	int fd = udp_server(say_nothing);
	struct packet *p = edns_query("a", 1, 4096);

	p->b[11] = 2;
	put_opt(p, 512, 0);
	check_refused(ask(fd, p), RD, FORMERR);
	/* Data of it that is cut. */
	p = query("a", 1);
	p->b[11] = 1;
	put_record(p, "", TYPE_OPT, 4096, 0, "\0\x0a\0\x09" "12345678", 12);
	check_refused(ask(fd, p), RD, FORMERR);
	CHECK_INT(seen.calls, 0);
	finish(fd);
}

/* 64 KB of records that nobody wants, up to the largest datagram. */
TEST(the_largest_query)
{
	int fd = udp_server(say_nothing), room = 1 << 20, i;
	static struct packet p;
	struct reply *r;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	put_head(&p, 9, 0, 1, 4092, 0, 0);
	put_question(&p, "a", 1, 1);
	for (i = 0; i < 4092; i++) {
		put_bytes(&p, "\xc0\x0c", 2);
		put16(&p, 1);
		put16(&p, 1);
		put32(&p, 1);
		put16(&p, 4);
		put_bytes(&p, "\1\2\3\4", 4);
	}
	p.b[6] = 4092 >> 8;
	p.b[7] = 4092 & 255;
	CHECK_INT(p.n, 65491);
	r = ask(fd, &p);
	CHECK_INT(flags_of(r), QR);
	CHECK_INT(r->n, 19);
	/* What is behind the last record is not looked at. */
	put_bytes(&p, "0123456789abcdef", 65507 - p.n);
	CHECK_INT(flags_of(ask(fd, &p)), QR);
	/* Zeros after a head: the root, of type 0 and class 0. */
	memset(p.b, 0, sizeof(p.b));
	p.b[5] = 1;
	CHECK_INT(flags_of(ask(fd, &p)), QR);
	CHECK_STR(seen.name, "");
	CHECK_INT(seen.type, 0);
	CHECK_INT(seen.class, 0);
	CHECK_INT(seen.calls, 3);
	finish(fd);
}

/* Types and classes are the program's business, whatever else is in the query. */
TEST(any_type_and_class)
{
	static const unsigned values[] = { 0, 1, 2, 5, 41, 255, 256, 32769, 65535 };
	int fd = udp_server(say_nothing), calls = 0;
	size_t i, j;

	for (i = 0; i < COUNT(values); i++) {
		for (j = 0; j < COUNT(values); j++) {
			struct packet p;

			put_head(&p, 3, 0, 1, 0, 0, 1);
			put_question(&p, "a", values[i], values[j]);
			put_opt(&p, 4096, 0);
			CHECK_INT(flags_of(ask(fd, &p)), QR);
			CHECK_INT(seen.calls, ++calls);
			CHECK_INT(seen.type, values[i]);
			CHECK_INT(seen.class, values[j]);
		}
	}
	finish(fd);
}
