/*
 * Drives a chat server (chat.c), best through a proxy (proxy.c), with peers of all kinds, and
 * checks that each hears what it must hear: every line, once, in the one order that all hear.
 *
 *   chat_load PORT [LINES [SECONDS]]
 *
 * All peers but one enter first. Then those that talk say LINES lines in turn, of which WINDOW
 * at most are on their way to the quick ones: so these must miss none. The slow ones may, but
 * are told how many. Each peer logs one word per line that it hears; at the end all logs are
 * compared with that of the first talker.
 *
 * Ends with one line on stdout; the exit status is 0 if everything was as it must be.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event.h>
#include <evhub/bufferevent_ext.h>

#define WINDOW 56			/* times LONGEST is less than the server keeps for a peer */
#define LONGEST 900
#define TABLE 65536
#define SIP 64				/* so many lines are said from one sip to the next */

/* What is logged: line SEQ of peer NUMBER, that a peer left, that lines were missed. */
#define SAID(number, seq) ((uint32_t)(number) << 20 | (uint32_t)(seq))
#define LEFT(number) (0x40000000u | (uint32_t)(number))
#define MISSED 0x80000000u

enum role { TALKER, LEAVER, RESETTER, SLOW, ENDLESS, SILENT, TWIN, ROLES };

/* How many there are of each, and the last that each must hear. */
static const struct {
	int count;
	const char *last_word;
} roles[ROLES] = {
	[TALKER] = { 32, "bye" },	/* talks and listens to the end */
	[LEAVER] = { 8, "bye" },	/* closes its half right behind its last line */
	[RESETTER] = { 8, NULL },	/* resets the connection when it has heard its last line */
	[SLOW] = { 4, "bye" },		/* says nothing, and reads a sip now and then */
	[ENDLESS] = { 1, "too long a line" },
	[SILENT] = { 1, "no name" },
	[TWIN] = { 1, "not with that name" },	/* comes late, with the first talker's name */
};

struct peer {
	struct bufferevent *bev;	/* NULL: gone */
	enum role role;
	int number, welcome, shut;
	long share, said, heard;	/* lines */
	uint32_t *log;
	size_t logged, covered;		/* entries; and with those that were missed */
	char last_word[80];
};

static enum { ENTERING, TALKING, LEAVING } stage;
static struct sockaddr_in server;
static struct peer peers[64];
static struct evbuffer *line;
static int count, gone;
static long total = 20000, seconds = 60, said, heard, missed, halves, resets, refused, errors;
static size_t everything;		/* the lines and the leavings */
static double bytes, started;
static char table[TABLE];

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void fail(const struct peer *p, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "chat_load: peer %d ", p->number);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	errors++;
	event_loopexit(NULL);
}

static uint32_t mix(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352d;
	x ^= x >> 15;
	x *= 0x846ca68b;
	return x ^ x >> 16;
}

/* The words of a line: mostly a few dozen bytes, one in 16 up to LONGEST. */
static const char *words(int number, long seq, size_t *len)
{
	uint32_t r = mix((uint32_t)number * 0x9e3779b9 + mix((uint32_t)seq));

	*len = 1 + mix(r) % (seq % 16 == 15 ? LONGEST : 100);
	return table + r % (TABLE - LONGEST);
}

static void close_peer(struct peer *p)
{
	int fd = bufferevent_getfd(p->bev);

	bufferevent_free(p->bev);
	close(fd);
	p->bev = NULL;
	if (++gone == count && stage == LEAVING)
		event_loopexit(NULL);
}

static void close_half(struct peer *p)
{
	p->shut = 1;
	shutdown(bufferevent_getfd(p->bev), SHUT_WR);
	halves++;
}

/* Closes in the middle of a line, with words on their way in both directions. */
static void reset(struct peer *p)
{
	struct linger linger = { 1, 0 };

	bufferevent_write(p->bev, "what nobody must hear", 21);
	bufferevent_flush(p->bev, EV_WRITE, BEV_FLUSH);
	setsockopt(bufferevent_getfd(p->bev), SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close_peer(p);
	resets++;
}

static void keep(struct peer *p, uint32_t entry)
{
	p->covered += entry & MISSED ? entry & ~MISSED : 1;
	if (p->covered > everything || p->logged == everything)
		fail(p, "hears more than was said");
	else
		p->log[p->logged++] = entry;
}

/* Words of the server's: the text is what stands behind "* ". */
static void hear_notice(struct peer *p, const char *text)
{
	int number, end = 0;
	long n;

	if (sscanf(text, "p%d joined%n", &number, &end) == 1 && end > 0)
		return;
	if (sscanf(text, "welcome, p%d%n", &number, &end) == 1 && number == p->number) {
		p->welcome = 1;
	} else if (sscanf(text, "p%d left%n", &number, &end) == 1 && end > 0) {
		if (stage == TALKING)
			keep(p, LEFT(number));
	} else if (sscanf(text, "%ld lines missed%n", &n, &end) == 1 && end > 0) {
		if (p->role != SLOW)
			fail(p, "was quick, and yet: %s", text);
		keep(p, MISSED | (uint32_t)n);
		missed += n;
	} else {
		snprintf(p->last_word, sizeof(p->last_word), "%s", text);
	}
}

static void hear_line(struct peer *p, const char *text, size_t len)
{
	int number, begin = 0;
	size_t expected;
	const char *what;
	long seq;

	if (sscanf(text, "p%d: %ld:%n", &number, &seq, &begin) != 2 || begin == 0 ||
	    number < 0 || number >= count || seq < 0 || seq >= peers[number].share) {
		fail(p, "hears '%s'", text);
		return;
	}
	what = words(number, seq, &expected);
	if (len != begin + expected || memcmp(text + begin, what, expected) != 0) {
		fail(p, "hears another line %ld than peer %d has said", seq, number);
		return;
	}
	keep(p, SAID(number, seq));
	p->heard++;
	heard++;
	if (p->role == RESETTER && number == p->number && seq == p->share - 1)
		reset(p);
}

static void hear(struct peer *p)
{
	size_t len;
	char *text;

	while (p->bev != NULL &&
	    (text = evbuffer_readln(EVBUFFER_INPUT(p->bev), &len, EVBUFFER_EOL_LF)) != NULL) {
		bytes += len + 1;
		if (strncmp(text, "* ", 2) == 0)
			hear_notice(p, text + 2);
		else
			hear_line(p, text, len);
		free(text);
	}
}

static void say(struct peer *p)
{
	size_t len;
	const char *text = words(p->number, p->said, &len);

	evbuffer_add_printf(line, "%ld:", p->said++);
	evbuffer_add(line, text, len);
	/* The end of its half is the end of a leaver's last line. */
	if (p->role != LEAVER || p->said < p->share)
		evbuffer_add(line, "\n", 1);
	bytes += EVBUFFER_LENGTH(line);
	bufferevent_write_buffer(p->bev, line);
	said++;
}

/* How many lines have all quick ones heard? Who is gone is waited for no more. */
static long heard_by_all(void)
{
	long least = said;
	int i;

	for (i = 0; i < count; i++)
		if (peers[i].bev != NULL && peers[i].role <= RESETTER && peers[i].heard < least)
			least = peers[i].heard;
	return least;
}

/* Everybody says one line in turn, as many as fit the window; the slow ones take a sip. */
static void talk(void)
{
	static int turn;
	long known = heard_by_all();
	int i;

	while (said < total && said - known < WINDOW) {
		struct peer *p = &peers[turn++ % count];

		if (p->said == p->share)
			continue;
		say(p);
		for (i = 0; said % SIP == 0 && i < count; i++)
			if (peers[i].role == SLOW)
				hear(&peers[i]);
	}
	for (i = 0; said == total && i < count; i++) {
		if (peers[i].role == SLOW) {	/* from here on they drink */
			bufferevent_setwatermark(peers[i].bev, EV_READ, 0, 0);
			hear(&peers[i]);
		}
	}
}

static void on_input(struct bufferevent *bev, void *arg);
static void on_written(struct bufferevent *bev, void *arg);
static void on_event(struct bufferevent *bev, short what, void *arg);

/* What is written here goes out once the connection is made. */
static void enter(struct peer *p)
{
	int small = 2048, one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	evutil_make_socket_nonblocking(fd);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (p->role == SLOW)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	p->bev = bufferevent_new(fd, on_input, on_written, on_event, p);
	if (p->role == SLOW)
		bufferevent_setwatermark(p->bev, EV_READ, 0, small);
	if (bufferevent_socket_connect(p->bev, (struct sockaddr *)&server, sizeof(server)) == -1 ||
	    bufferevent_enable(p->bev, EV_READ | EV_WRITE) == -1) {
		perror("chat_load: cannot connect");
		exit(1);
	}
	evbuffer_add_printf(line, "p%d\n", p->role == TWIN ? 0 : p->number);
	if (p->role == SILENT)
		evbuffer_drain(line, EVBUFFER_LENGTH(line));
	bufferevent_write_buffer(p->bev, line);
}

static void go_on(void)
{
	int i, waits = 0;

	for (i = 0; i < count; i++) {
		const struct peer *p = &peers[i];

		if (stage == ENTERING)
			waits |= p->role < SILENT && !p->welcome;
		else if (p->role == TALKER || p->role == SLOW)
			waits |= p->covered < everything;
		else
			waits |= p->bev != NULL;
	}
	if (stage == ENTERING && !waits) {
		stage = TALKING;
		for (i = 0; i < count; i++) {
			if (peers[i].role == ENDLESS)
				bufferevent_write(peers[i].bev, table, sizeof(table));
			if (peers[i].role == TWIN)
				enter(&peers[i]);
		}
	} else if (stage == TALKING && !waits) {
		stage = LEAVING;
		for (i = 0; i < count; i++)
			if (peers[i].bev != NULL)
				close_half(&peers[i]);
	}
	if (stage == TALKING)
		talk();
}

static void on_input(struct bufferevent *bev, void *arg)
{
	struct peer *p = arg;

	(void)bev;
	if (p->role == SLOW && stage == TALKING && said < total)
		return;			/* its input may fill up to the high mark */
	hear(p);
	go_on();
}

static void on_written(struct bufferevent *bev, void *arg)
{
	struct peer *p = arg;

	if (p->role == LEAVER && !p->shut && p->said == p->share &&
	    EVBUFFER_LENGTH(EVBUFFER_OUTPUT(bev)) == 0)
		close_half(p);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct peer *p = arg;
	char expected[80];

	(void)bev;
	if (what == BEV_EVENT_CONNECTED)
		return;
	snprintf(expected, sizeof(expected), "%s: %ld lines from you", roles[p->role].last_word,
	    p->share);
	if (what != (EVBUFFER_READ | EVBUFFER_EOF))
		fail(p, "gets event 0x%x", what);
	else if (strcmp(p->last_word, expected) != 0)
		fail(p, "has heard at last '%s', not '%s'", p->last_word, expected);
	refused += !p->shut;
	close_peer(p);
	go_on();
}

/* The first log has every line, in the order of its sender. */
static void verify_first(const struct peer *p)
{
	long next[sizeof(peers) / sizeof(peers[0])] = { 0 };
	size_t i;
	int n;

	for (i = 0; i < p->logged; i++) {
		uint32_t entry = p->log[i];

		if (entry < LEFT(0) && (entry & 0xfffff) != next[entry >> 20]++)
			fail(p, "hears line %u of peer %u now", entry & 0xfffff, entry >> 20);
	}
	for (n = 0; n < count; n++)
		if (next[n] != peers[n].share)
			fail(p, "hears %ld lines of peer %d", next[n], n);
}

/* Another log is the same without what was missed, as far as it goes. */
static void verify(const struct peer *p, const struct peer *first)
{
	size_t i, at = 0;
	long own = 0;

	for (i = 0; i < p->logged; i++) {
		if (p->log[i] & MISSED) {
			at += p->log[i] & ~MISSED;
		} else if (at >= first->logged || p->log[i] != first->log[at++]) {
			fail(p, "hears something else than peer 0 at line %zu", at);
			return;
		} else if (p->log[i] < LEFT(0)) {
			own += p->log[i] >> 20 == (uint32_t)p->number;
		}
	}
	if (own != p->share)
		fail(p, "hears %ld lines of its own", own);
}

/* Resetters and leavers say a few lines each, so that they go while the others talk. */
static void prepare(void)
{
	long rest = total;
	int i, n;

	for (i = 0; i < TABLE; i++)
		table[i] = ' ' + mix(i) % 95;
	for (i = 0; i < ROLES; i++)
		for (n = 0; n < roles[i].count; n++)
			peers[count++].role = i;
	everything = total;
	for (i = count - 1; i >= 0; i--) {
		struct peer *p = &peers[i];

		p->number = i;
		if (p->role == LEAVER || p->role == RESETTER)
			p->share = 1 + total * (i + 1) / (count * 40);
		else if (p->role == TALKER)
			p->share = rest / (i + 1);
		rest -= p->share;
		everything += p->role == LEAVER || p->role == RESETTER || p->role == ENDLESS;
	}
	for (i = 0; i < count; i++) {
		peers[i].log = calloc(everything, sizeof(*peers[i].log));
		if (peers[i].log == NULL) {
			perror("chat_load");
			exit(1);
		}
		if (peers[i].role != TWIN)
			enter(&peers[i]);
	}
}

static void on_deadline(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fprintf(stderr, "chat_load: not done after %ld s: stage %d, %ld lines said, %ld heard, "
	    "%d of %d peers gone\n", seconds, stage, said, heard, gone, count);
	errors++;
	event_loopexit(NULL);
}

int main(int argc, char **argv)
{
	struct timeval limit = { 0, 0 };
	struct event deadline;
	int i;

	if (argc < 2) {
		fprintf(stderr, "usage: chat_load PORT [LINES [SECONDS]]\n");
		return 2;
	}
	total = argc > 2 ? atol(argv[2]) : total;
	limit.tv_sec = seconds = argc > 3 ? atol(argv[3]) : seconds;
	if (total < 100 || total > 1000000 || seconds < 1) {
		fprintf(stderr, "chat_load: 100 to 1000000 lines, in one second or more\n");
		return 2;
	}
	server.sin_family = AF_INET;
	server.sin_port = htons(atoi(argv[1]));
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	signal(SIGPIPE, SIG_IGN);
	started = now();
	event_init();
	line = evbuffer_new();
	evtimer_set(&deadline, on_deadline, NULL);
	evtimer_add(&deadline, &limit);
	prepare();
	if (event_dispatch() == -1)
		fail(&peers[0], "sees the loop fail");
	if (errors == 0)
		verify_first(&peers[0]);
	for (i = 1; errors == 0 && i < count; i++)
		verify(&peers[i], &peers[0]);
	printf("demo: %d connections, %ld lines, %ld heard, %ld missed by %d slow, "
	    "%.1f MB through the proxy, %ld halves closed, %ld resets, %ld refused, "
	    "%ld errors, %s, %.2f s\n",
	    count, said, heard, missed, roles[SLOW].count, bytes / 1e6, halves, resets, refused,
	    errors, event_get_method(), now() - started);
	return errors != 0;
}
