/*
 * The floor of dns.c: one connected socket, ids that are places in a table, all packets of a turn
 * in one call. It cannot be told a second server, an alias or a lie.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "floors.h"
#include "measure.h"
#include "name_server.h"

#define ROOM 512
#define HEAD 12
#define ANSWER 16	/* bytes of the record behind the question */

static unsigned char questions[IN_FLIGHT][ROOM], answers[IN_FLIGHT][ROOM];
static long asked_for[IN_FLIGHT];
static size_t lengths[IN_FLIGHT];
static struct iovec out_parts[IN_FLIGHT], in_parts[IN_FLIGHT];
static struct mmsghdr out[IN_FLIGHT], in[IN_FLIGHT];

/* The question of that number into one of the places. */
static void compose(int place, long number)
{
	static const char rest[] = "\5bench\4test\0\0\1\0\1";
	unsigned char *packet = questions[place];
	int length;

	memset(packet, 0, HEAD);
	packet[0] = place >> 8;
	packet[1] = place & 0xff;
	packet[2] = 1;
	packet[5] = 1;
	length = sprintf((char *)packet + HEAD + 1, "h%ld", number);
	packet[HEAD] = length;
	memcpy(packet + HEAD + 1 + length, rest, sizeof(rest) - 1);
	lengths[place] = HEAD + 1 + length + sizeof(rest) - 1;
	asked_for[place] = number;
}

/* The place of the question that this answers. */
static int check(const unsigned char *packet, size_t length)
{
	int place = packet[0] << 8 | packet[1];
	uint32_t address;

	must(length > HEAD && place < IN_FLIGHT && length == lengths[place] + ANSWER, "an answer");
	must((packet[2] & 0x80) != 0 && (packet[3] & 15) == 0 && packet[7] == 1, "an answer");
	must(memcmp(packet + HEAD, questions[place] + HEAD, lengths[place] - HEAD) == 0,
	    "a question");
	memcpy(&address, packet + length - 4, 4);
	must(ntohl(address) == address_of(asked_for[place]), "an address");
	return place;
}

static void send_turn(int fd, int count)
{
	int sent = 0, n;

	while (sent < count) {
		n = sendmmsg(fd, out + sent, count - sent, 0);
		must(n > 0, "sendmmsg");
		sent += n;
	}
}

static void prepare(int in_flight)
{
	int i;

	for (i = 0; i < in_flight; i++) {
		in_parts[i].iov_base = answers[i];
		in_parts[i].iov_len = ROOM;
		in[i].msg_hdr.msg_iov = &in_parts[i];
		out[i].msg_hdr.msg_iov = &out_parts[i];
		in[i].msg_hdr.msg_iovlen = out[i].msg_hdr.msg_iovlen = 1;
	}
}

static void queue(int at, int place, long number)
{
	compose(place, number);
	out_parts[at].iov_base = questions[place];
	out_parts[at].iov_len = lengths[place];
}

static void ask_all(int epoll, int fd, const char *row, int in_flight, long count)
{
	long first = 10 * in_flight, last = first + count, asked, answered = 0;
	struct epoll_event ready;
	int i, n, to_send;

	for (asked = 0; asked < in_flight; asked++)
		queue(asked, asked, asked);
	send_turn(fd, in_flight);
	while (answered < last) {
		must(epoll_wait(epoll, &ready, 1, 5000) == 1, "epoll_wait");
		n = recvmmsg(fd, in, in_flight, 0, NULL);
		must(n > 0, "recvmmsg");
		for (i = to_send = 0; i < n; i++, asked++) {
			queue(to_send++, check(answers[i], in[i].msg_len), asked);
			if (++answered == first)
				measure_start();
			else if (answered == last)
				measure_stop_timed(row, "query", last - first);
		}
		send_turn(fd, to_send);
	}
}

static void resolve(const char *row, int in_flight, long count)
{
	struct sockaddr_in server = { .sin_family = AF_INET };
	struct epoll_event event = { .events = EPOLLIN };
	int room = 1 << 20, fd, epoll;

	server.sin_port = htons(name_server_start(in_flight));
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	must(fd != -1 && epoll != -1, "socket");
	must(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) == 0, "SO_RCVBUF");
	must(connect(fd, (struct sockaddr *)&server, sizeof(server)) == 0, "connect");
	must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
	prepare(in_flight);
	ask_all(epoll, fd, row, in_flight, count);
	close(epoll);
	close(fd);
	name_server_stop();
}

void floor_dns_1(void)
{
	resolve("dns.1", 1, counting ? 640 : 30000);
}

void floor_dns_64(void)
{
	resolve("dns.64", 64, 64 * (counting ? 50 : 1000));
}

void floor_dns_256(void)
{
	resolve("dns.256", 256, 256 * (counting ? 12 : 250));
}
