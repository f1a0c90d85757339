/*
 * A chat server on the bufferevents and evbuffers of libevent 1.4, and nothing else.
 *
 *   chat [PORT]
 *
 * It listens on 127.0.0.1, on a free port unless told one, and prints that port on stdout. The
 * first line of a peer is its name; every other one goes to all, to its sender too, as
 * "name: line". What begins with "* " are words of the server. SIGTERM ends it.
 *
 * Nobody makes it keep much, or wait for long:
 *   - a line has less than LINE_LIMIT bytes: there the input's high mark stops the reading;
 *   - who does not read misses what would go beyond OUTPUT_LIMIT, and is told how many lines
 *     that were once its output has run down to the low mark;
 *   - timeouts end what is silent or stuck.
 * Who has closed its own half still gets all that it is owed, and a last word.
 */
#include <sys/types.h>
#include <sys/time.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event.h>

#include "listen.h"

#define LINE_LIMIT 1024
#define OUTPUT_LIMIT 65536
#define DISCARD_LIMIT 1048576	/* of what a peer may still send when it has been refused */
#define NAME_SECONDS 2
#define IDLE_SECONDS 600
#define STALL_SECONDS 60
#define LINGER_SECONDS 2

struct peer {
	TAILQ_ENTRY(peer) next;
	struct bufferevent *bev;
	int fd;
	char name[16];			/* none yet: not in the room */
	int leaving;			/* has had its last word */
	int eof;			/* has closed its half */
	unsigned long said, missed;
	size_t discarded;
};

static TAILQ_HEAD(, peer) peers = TAILQ_HEAD_INITIALIZER(peers);
static struct evbuffer *message;	/* what announce() tells everybody */
static unsigned long accepted, lines, delivered, missed, halves, resets, refused;

/* Words for one peer alone, whatever its limit. */
static void tell(struct peer *p, const char *format, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, format);
	evutil_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	bufferevent_write(p->bev, text, strlen(text));
}

static void tell_missed(struct peer *p)
{
	if (p->missed > 0)
		tell(p, "* %lu lines missed\n", p->missed);
	p->missed = 0;
}

/* Gives the message to everybody in the room, except for those who are too far behind. */
static void announce(void)
{
	size_t len = EVBUFFER_LENGTH(message);
	struct peer *p;

	TAILQ_FOREACH(p, &peers, next) {
		size_t owed = EVBUFFER_LENGTH(EVBUFFER_OUTPUT(p->bev));

		if (p->name[0] == '\0' || p->leaving)
			continue;
		if (p->missed > 0 || owed + len > OUTPUT_LIMIT ||
		    bufferevent_write(p->bev, EVBUFFER_DATA(message), len) == -1) {
			p->missed++;
			missed++;
		} else {
			delivered++;
		}
	}
	evbuffer_drain(message, len);
}

static void leave_room(struct peer *p)
{
	p->leaving = 1;
	if (p->name[0] != '\0') {
		evbuffer_add_printf(message, "* %s left\n", p->name);
		announce();
	}
}

static void peer_free(struct peer *p)
{
	if (!p->leaving)
		leave_room(p);
	TAILQ_REMOVE(&peers, p, next);
	bufferevent_free(p->bev);	/* closes nothing: the descriptor is ours */
	close(p->fd);
	free(p);
}

/*
 * The end of a conversation. on_written() closes our half when the last word is out; what still
 * comes is thrown away, but read: to close with input unread would reset the connection, and
 * the peer might never see that word.
 */
static void dismiss(struct peer *p, const char *last_word)
{
	leave_room(p);
	tell_missed(p);
	tell(p, "* %s: %lu lines from you\n", last_word, p->said);
	bufferevent_settimeout(p->bev, LINGER_SECONDS, STALL_SECONDS);
}

static void refuse(struct peer *p, const char *why)
{
	refused++;
	dismiss(p, why);
}

static void take_name(struct peer *p, const char *name)
{
	const struct peer *other;
	size_t len = 0;

	while (isalnum((unsigned char)name[len]))
		len++;
	TAILQ_FOREACH(other, &peers, next)
		if (strcmp(other->name, name) == 0)
			break;
	if (len == 0 || len >= sizeof(p->name) || name[len] != '\0' || other != NULL) {
		refuse(p, "not with that name");
		return;
	}
	evbuffer_add_printf(message, "* %s joined\n", name);
	announce();
	strcpy(p->name, name);
	tell(p, "* welcome, %s\n", p->name);
	bufferevent_settimeout(p->bev, IDLE_SECONDS, STALL_SECONDS);
}

static void take_line(struct peer *p, const char *line, size_t len)
{
	lines++;
	p->said++;
	evbuffer_add_printf(message, "%s: ", p->name);
	evbuffer_add(message, line, len);	/* it may have zeros in it */
	evbuffer_add(message, "\n", 1);
	announce();
}

static void on_input(struct bufferevent *bev, void *arg)
{
	struct evbuffer *input = EVBUFFER_INPUT(bev);
	struct peer *p = arg;
	size_t len;
	char *line;

	while (!p->leaving && (line = evbuffer_readln(input, &len, EVBUFFER_EOL_CRLF)) != NULL) {
		if (p->name[0] == '\0')
			take_name(p, line);
		else
			take_line(p, line, len);
		free(line);
	}
	if (!p->leaving && EVBUFFER_LENGTH(input) >= LINE_LIMIT)
		refuse(p, "too long a line");
	if (p->leaving) {
		p->discarded += EVBUFFER_LENGTH(input);
		evbuffer_drain(input, EVBUFFER_LENGTH(input));
		if (p->discarded > DISCARD_LIMIT)
			peer_free(p);
	}
}

/* The output has run down to its low mark: little is left, or nothing. */
static void on_written(struct bufferevent *bev, void *arg)
{
	struct peer *p = arg;

	if (!p->leaving)
		tell_missed(p);
	else if (EVBUFFER_LENGTH(EVBUFFER_OUTPUT(bev)) > 0)
		return;
	else if (p->eof)
		peer_free(p);
	else
		shutdown(p->fd, SHUT_WR);
}

static void on_eof(struct peer *p)
{
	struct evbuffer *input = EVBUFFER_INPUT(p->bev);

	p->eof = 1;
	if (p->leaving) {
		if (EVBUFFER_LENGTH(EVBUFFER_OUTPUT(p->bev)) == 0)
			peer_free(p);		/* it has had its last word */
		return;
	}
	halves++;
	if (EVBUFFER_LENGTH(input) > 0 && p->name[0] != '\0')	/* a line without its end */
		take_line(p, (char *)EVBUFFER_DATA(input), EVBUFFER_LENGTH(input));
	dismiss(p, "bye");
}

static void on_end(struct bufferevent *bev, short what, void *arg)
{
	struct peer *p = arg;

	if (what & EVBUFFER_EOF) {
		on_eof(p);
	} else if (what == (EVBUFFER_READ | EVBUFFER_TIMEOUT) && !p->leaving) {
		refuse(p, p->name[0] == '\0' ? "no name" : "asleep");
		bufferevent_enable(bev, EV_READ);	/* after a timeout it does not go on */
	} else {
		if (what & EVBUFFER_ERROR)
			resets++;
		peer_free(p);
	}
}

static void on_connection(int fd, short what, void *arg)
{
	struct peer *p = calloc(1, sizeof(*p));
	int s = accept(fd, NULL, NULL);

	(void)what;
	(void)arg;
	if (p == NULL || s == -1 || evutil_make_socket_nonblocking(s) == -1 ||
	    (p->bev = bufferevent_new(s, on_input, on_written, on_end, p)) == NULL) {
		free(p);
		close(s);
		return;
	}
	accepted++;
	p->fd = s;
	TAILQ_INSERT_TAIL(&peers, p, next);
	bufferevent_setwatermark(p->bev, EV_READ, 0, LINE_LIMIT);
	bufferevent_setwatermark(p->bev, EV_WRITE, OUTPUT_LIMIT / 4, 0);
	bufferevent_settimeout(p->bev, NAME_SECONDS, STALL_SECONDS);
	bufferevent_enable(p->bev, EV_READ | EV_WRITE);
}

static void on_term(int signum, short what, void *arg)
{
	(void)signum;
	(void)what;
	(void)arg;
	event_loopexit(NULL);
}

int main(int argc, char **argv)
{
	struct event listener, term;

	signal(SIGPIPE, SIG_IGN);
	event_init();
	message = evbuffer_new();
	event_set(&listener, listen_on(argc > 1 ? atoi(argv[1]) : 0), EV_READ | EV_PERSIST,
	    on_connection, NULL);
	signal_set(&term, SIGTERM, on_term, NULL);
	if (message == NULL || event_add(&listener, NULL) == -1 || signal_add(&term, NULL) == -1) {
		perror("chat");
		return 1;
	}
	event_dispatch();
	fprintf(stderr, "chat: %lu connections, %lu lines in, %lu out, %lu missed, "
	    "%lu halves closed, %lu resets, %lu refused\n",
	    accepted, lines, delivered, missed, halves, resets, refused);
	while (!TAILQ_EMPTY(&peers))
		peer_free(TAILQ_FIRST(&peers));
	evbuffer_free(message);
	return 0;
}
