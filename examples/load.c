/*
 * Drives an echo server: many connections at once, every reply compared byte for byte.
 *
 *   load PORT [CONNECTIONS [MESSAGES [SECONDS]]]
 *
 * All connections are opened first and stay open together; then the messages are spread over
 * them, up to WINDOW of them on their way on each. Message K of connection C is a slice of one
 * table of random bytes, at a place and of a length that C and K decide: so the sender keeps
 * nothing, and a byte that is lost, doubled or sent to the wrong place is noticed.
 *
 * Ends with one line on stdout; the exit status is 0 if every message came back right in time.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event.h>

#define WINDOW 16
#define LONGEST 32768
#define TABLE 131072
#define BAR 30

struct client {
	struct event read;
	struct event write;
	long messages;			/* this client's share */
	long sent, received;		/* whole messages */
	size_t sent_part, received_part;	/* bytes of the message after those */
	int open;
};

static unsigned char table[TABLE];
static unsigned char incoming[65536];
static struct client *clients;
static long connections = 1000, messages = 100000, seconds = 60;
static long connected, verified, errors;
static double bytes, started;
static struct event progress, deadline;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static uint32_t mix(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352d;
	x ^= x >> 15;
	x *= 0x846ca68b;
	return x ^ x >> 16;
}

/* Message k of a client: mostly a few hundred bytes, one in 32 up to LONGEST. */
static const unsigned char *message(const struct client *c, long k, size_t *len)
{
	uint32_t r = mix((uint32_t)(c - clients) * 0x9e3779b9 + mix((uint32_t)k));

	*len = 1 + (k % 32 == 31 ? mix(r) % LONGEST : mix(r) % 1024);
	return table + r % (TABLE - LONGEST);
}

static void finish_if_done(void)
{
	if (verified == messages || errors > 0)
		event_loopexit(NULL);
}

static void fail(struct client *c, const char *why)
{
	fprintf(stderr, "\nload: connection %ld: %s\n", (long)(c - clients), why);
	errors++;
	finish_if_done();
}

static void send_more(struct client *c)
{
	while (c->sent < c->messages && c->sent - c->received < WINDOW) {
		size_t len;
		const unsigned char *text = message(c, c->sent, &len);
		ssize_t n = send(EVENT_FD(&c->write), text + c->sent_part, len - c->sent_part,
		    MSG_NOSIGNAL);

		if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
			event_add(&c->write, NULL);
			return;
		}
		if (n == -1) {
			fail(c, strerror(errno));
			return;
		}
		c->sent_part += n;
		if (c->sent_part == len) {
			c->sent_part = 0;
			c->sent++;
		}
	}
}

/* Compares what came with what must come. Returns -1 at the first wrong byte. */
static int verify(struct client *c, const unsigned char *data, size_t n)
{
	while (n > 0) {
		size_t len, part;
		const unsigned char *text = message(c, c->received, &len);

		part = len - c->received_part < n ? len - c->received_part : n;
		if (c->received == c->messages || memcmp(data, text + c->received_part, part) != 0)
			return -1;
		data += part;
		n -= part;
		c->received_part += part;
		if (c->received_part == len) {
			c->received_part = 0;
			c->received++;
			verified++;
		}
	}
	return 0;
}

static void on_readable(int fd, short what, void *arg)
{
	struct client *c = arg;
	ssize_t n = recv(fd, incoming, sizeof(incoming), 0);

	(void)what;
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		fail(c, n == 0 ? "closed by the server" : strerror(errno));
		return;
	}
	bytes += n;
	if (verify(c, incoming, n) == -1) {
		fail(c, "the reply differs from the message");
		return;
	}
	send_more(c);
	finish_if_done();
}

static void all_connected(void)
{
	long i;

	for (i = 0; i < connections; i++) {
		event_add(&clients[i].read, NULL);
		send_more(&clients[i]);
	}
}

static void on_writable(int fd, short what, void *arg)
{
	struct client *c = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)what;
	if (c->open) {
		send_more(c);
		return;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1 || error != 0) {
		fail(c, strerror(error != 0 ? error : errno));
		return;
	}
	c->open = 1;
	if (++connected == connections)
		all_connected();
}

static void start_connecting(struct client *c, int port)
{
	/* Packets as on an Ethernet, and room for few: a long message fills the server's socket. */
	int buffer = 8192, packet = 1448;
	struct sockaddr_in addr;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_port = htons(port);
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || fcntl(fd, F_SETFL, O_NONBLOCK) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &packet, sizeof(packet)) == -1 ||
	    (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == -1 && errno != EINPROGRESS)) {
		perror("load: cannot connect");
		exit(1);
	}
	event_set(&c->read, fd, EV_READ | EV_PERSIST, on_readable, c);
	event_set(&c->write, fd, EV_WRITE, on_writable, c);
	if (event_add(&c->write, NULL) == -1) {
		perror("load: event_add");
		exit(1);
	}
}

static void show_progress(void)
{
	char bar[BAR + 1];
	double t = now() - started;
	int i, full = (int)(verified * BAR / messages);

	for (i = 0; i < BAR; i++)
		bar[i] = i < full ? '#' : '.';
	bar[BAR] = '\0';
	fprintf(stderr, "%s[%s] %4ld connections %7ld of %ld messages %6.1f MiB %7.0f /s%s",
	    isatty(2) ? "\r" : "", bar, connected, verified, messages, bytes / 1048576,
	    t > 0 ? verified / t : 0.0, isatty(2) ? "" : "\n");
}

static void on_progress(int fd, short what, void *arg)
{
	struct timeval tenth = { 0, 100000 }, second = { 1, 0 };

	(void)fd;
	(void)what;
	(void)arg;
	show_progress();
	event_add(&progress, isatty(2) ? &tenth : &second);
}

static void on_deadline(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fprintf(stderr, "\nload: not done after %ld s\n", seconds);
	errors++;
	finish_if_done();
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	rlim_t needed = connections + 64;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur >= needed)
		return;
	limit.rlim_cur = needed;
	if (limit.rlim_max < needed)
		limit.rlim_max = needed;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1) {
		perror("load: the limit of open files is too low");
		exit(1);
	}
}

static void prepare(int port)
{
	struct timeval limit = { seconds, 0 };
	long i;

	for (i = 0; i < TABLE; i++)
		table[i] = mix(i) >> 24;
	clients = calloc(connections, sizeof(*clients));
	if (clients == NULL) {
		perror("load");
		exit(1);
	}
	started = now();
	evtimer_set(&progress, on_progress, NULL);
	on_progress(-1, EV_TIMEOUT, NULL);
	evtimer_set(&deadline, on_deadline, NULL);
	event_add(&deadline, &limit);
	for (i = 0; i < connections; i++) {
		clients[i].messages = messages / connections + (i < messages % connections);
		start_connecting(&clients[i], port);
	}
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: load PORT [CONNECTIONS [MESSAGES [SECONDS]]]\n");
		return 2;
	}
	if (argc > 2)
		connections = atol(argv[2]);
	if (argc > 3)
		messages = atol(argv[3]);
	if (argc > 4)
		seconds = atol(argv[4]);
	if (connections < 1 || messages < connections || seconds < 1) {
		fprintf(stderr, "load: at least one connection, and a message for each\n");
		return 2;
	}
	raise_descriptor_limit();
	event_init();
	prepare(atoi(argv[1]));
	if (event_dispatch() == -1)
		errors++;
	if (verified != messages && errors == 0)
		errors++;
	show_progress();
	if (isatty(2))
		fprintf(stderr, "\n");
	printf("demo: %ld connections, %ld messages, %ld errors, %s, %.2f s\n", connected, verified,
	    errors, event_get_method(), now() - started);
	return errors != 0;
}
