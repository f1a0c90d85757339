/*
 * The name server. It answers in turns: all questions in flight, after the last of them has come.
 * So a client finds as many answers at once as it has questions in flight, however the two are
 * scheduled, and counts are the same in every run; and what a receive buffer has no room for is
 * lost.
 */
#include "name_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "must.h"

#define HEAD 12		/* bytes before the question */
#define ROOM 512

/* A record of the name that stands behind the head: A, IN, a minute, four bytes of address. */
static const unsigned char record[] = { 0xc0, HEAD, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4 };

struct turn {
	unsigned char bytes[IN_FLIGHT][ROOM];
	struct sockaddr_in peers[IN_FLIGHT];
	struct iovec parts[IN_FLIGHT];
	struct mmsghdr messages[IN_FLIGHT];
};

static pid_t server;
static volatile long *questions;	/* in memory of both processes */

uint32_t address_of(long number)
{
	return (10u << 24) + (uint32_t)number;
}

/* Of the question at `packet` its answer. The number stands behind the first letter. */
static size_t answer(unsigned char *packet, size_t length)
{
	uint32_t address = htonl(address_of(atol((char *)packet + HEAD + 2)));
	size_t end = HEAD;

	while (end < length && packet[end] != 0)
		end += packet[end] + 1;
	end += 5;
	must(end <= length && end + sizeof(record) + 4 <= ROOM, "a question");
	packet[2] |= 0x84;	/* a reply, of authority */
	packet[3] = 0;
	memset(packet + 6, 0, 6);
	packet[7] = 1;
	memcpy(packet + end, record, sizeof(record));
	memcpy(packet + end + sizeof(record), &address, 4);
	return end + sizeof(record) + 4;
}

static void prepare(struct turn *turn)
{
	int i;

	for (i = 0; i < IN_FLIGHT; i++) {
		struct msghdr *head = &turn->messages[i].msg_hdr;

		turn->parts[i].iov_base = turn->bytes[i];
		turn->parts[i].iov_len = ROOM - 1;
		head->msg_iov = &turn->parts[i];
		head->msg_iovlen = 1;
		head->msg_name = &turn->peers[i];
		head->msg_namelen = sizeof(turn->peers[i]);
	}
}

/* Until it is killed, or alone. */
static void serve(int fd, int in_flight, pid_t client)
{
	struct turn *turn = calloc(1, sizeof(*turn));
	int i, n, sent, came;

	must(turn != NULL, "calloc");
	while (getppid() == client) {
		prepare(turn);
		for (came = 0; came < in_flight; came += n) {
			n = recvmmsg(fd, turn->messages + came, in_flight - came, MSG_WAITFORONE,
			    NULL);
			if (n <= 0)
				break;
			*questions += n;
		}
		for (i = 0; i < came; i++) {
			turn->bytes[i][turn->messages[i].msg_len] = 0;
			turn->parts[i].iov_len = answer(turn->bytes[i], turn->messages[i].msg_len);
		}
		for (i = 0; i < came; i += sent) {
			sent = sendmmsg(fd, turn->messages + i, came - i, 0);
			must(sent > 0, "sendmmsg");
		}
	}
	_exit(0);
}

static int open_port(struct sockaddr_in *address)
{
	struct timeval patience = { 0, 100000 };
	socklen_t length = sizeof(*address);
	int room = 1 << 20, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd != -1, "socket");
	must(bind(fd, (struct sockaddr *)address, length) == 0, "bind");
	must(getsockname(fd, (struct sockaddr *)address, &length) == 0, "getsockname");
	must(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) == 0, "SO_RCVBUF");
	must(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) == 0, "SO_SNDBUF");
	must(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0,
	    "SO_RCVTIMEO");
	return fd;
}

int name_server_start(int in_flight)
{
	struct sockaddr_in address;
	int fd = open_port(&address);
	pid_t client;

	must(in_flight <= IN_FLIGHT, "too many questions");
	if (questions == NULL)
		questions = mmap(NULL, sizeof(*questions), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(questions != MAP_FAILED, "mmap");
	*questions = 0;
	take_turns();
	client = getpid();
	server = fork();
	must(server != -1, "fork");
	if (server == 0)
		serve(fd, in_flight, client);
	close(fd);
	return ntohs(address.sin_port);
}

void name_server_stop(void)
{
	must(kill(server, SIGKILL) == 0, "kill");
	must(waitpid(server, NULL, 0) == server, "waitpid");
}

long name_server_questions(void)
{
	return *questions;
}
