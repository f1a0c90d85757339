/*
 * Ends of streams: links of every kind, a source that writes a pattern, a sink that checks it,
 * and counters of rounds. stream_relay.h has what goes between them.
 */
#ifndef EVHUB_CTESTS_STREAM_H
#define EVHUB_CTESTS_STREAM_H

#include "harness.h"

#include <evhub/event_ext.h>
#include <sys/socket.h>
#include <termios.h>

enum { BLOCK = 65536, READ_TURN = 65536, WRITE_TURN = 262144 };

enum link_kind { PAIR, TCP, PIPE, PTY };

/* Names which byte stands where; seeds tell streams apart. */
static inline unsigned char
pattern_at(size_t at, unsigned seed)
{
	return (unsigned char)(at + (at >> 8) * 7 + (at >> 16) * 13 + seed * 31);
}

/* The part of a stream from there on; valid until the next call. */
static inline const unsigned char *
pattern_of(size_t at, size_t length, unsigned seed)
{
	static unsigned char block[BLOCK];
	size_t i;

	CHECK(length <= sizeof(block));
	for (i = 0; i < length; i++)
		block[i] = pattern_at(at + i, seed);
	return block;
}

static inline void
check_pattern(const unsigned char *data, size_t at, size_t length, unsigned seed)
{
	while (length > 0) {
		size_t part = length < BLOCK ? length : BLOCK;

		CHECK(memcmp(data, pattern_of(at, part, seed), part) == 0);
		data += part;
		at += part;
		length -= part;
	}
}

/* Links */

/* A terminal that passes every byte on as it is. */
static inline void
make_pty(int fds[2])
{
	struct termios raw;

	fds[1] = posix_openpt(O_RDWR | O_NOCTTY);
	if (fds[1] == -1)
		SKIP("there are no terminals here");
	CHECK_INT(grantpt(fds[1]), 0);
	CHECK_INT(unlockpt(fds[1]), 0);
	fds[0] = open(ptsname(fds[1]), O_RDWR | O_NOCTTY);
	CHECK(fds[0] != -1);
	CHECK_INT(tcgetattr(fds[0], &raw), 0);
	cfmakeraw(&raw);
	CHECK_INT(tcsetattr(fds[0], TCSANOW, &raw), 0);
	CHECK_INT(fcntl(fds[0], F_SETFL, O_RDWR | O_NONBLOCK), 0);
	CHECK_INT(fcntl(fds[1], F_SETFL, O_RDWR | O_NONBLOCK), 0);
}

/* 0 reads, 1 writes. */
static inline void
make_link(enum link_kind kind, int fds[2])
{
	switch (kind) {
	case PAIR:
		make_pair(fds);
		break;
	case TCP:
		make_tcp_pair(fds);
		break;
	case PIPE:
		make_pipe(fds);
		break;
	default:
		make_pty(fds);
	}
}

static inline void
set_buffer(int fd, int option, int bytes)
{
	CHECK_INT(setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof(bytes)), 0);
}

/* Ends the sending side: pipes have no other. */
static inline void
end_sending(int fd)
{
	if (shutdown(fd, SHUT_WR) == -1) {
		CHECK(errno == ENOTSOCK || errno == ENOTCONN);
		if (errno == ENOTSOCK)
			close(fd);
	}
}

/* Source: writes as fast as the descriptor takes it */

struct source {
	struct event ev;
	int fd;
	unsigned seed;
	size_t sent, total, chunk;
	int ends;		/* it shuts its side when all is sent */
	int failed;		/* errno of a write */
};

static inline void
source_cb(int fd, short what, void *arg)
{
	struct source *s = arg;
	size_t size = s->total - s->sent;
	ssize_t n;

	CHECK_INT(what, EV_WRITE);
	if (size > s->chunk)
		size = s->chunk;
	n = write(fd, pattern_of(s->sent, size, s->seed), size);
	if (n == -1 && errno != EAGAIN && errno != EINTR)
		s->failed = errno;
	if (n > 0)
		s->sent += (size_t)n;
	if (!s->failed && s->sent < s->total)
		return;
	CHECK_INT(event_del(&s->ev), 0);
	if (s->ends)
		end_sending(fd);
}

static inline void
start_source(struct source *s, int fd, size_t total, unsigned seed)
{
	memset(s, 0, sizeof(*s));
	s->fd = fd;
	s->seed = seed;
	s->total = total;
	s->chunk = 16384;
	s->ends = 1;
	event_set(&s->ev, fd, EV_WRITE | EV_PERSIST, source_cb, s);
	CHECK_INT(event_add(&s->ev, NULL), 0);
}

/* Sink: reads, at once or rarely, and checks */

struct sink {
	struct event ev;
	int fd;
	unsigned seed;
	size_t got, total, chunk;
	int every;		/* slow: it reads once in so many rounds; 0: when it can */
	int rounds;
	int ended;		/* end of file was seen */
	int failed;		/* errno of a read */
	int breaks;		/* it ends the loop when it has all */
};

/* False if there will be no more. */
static inline int
sink_read(struct sink *s)
{
	static unsigned char block[BLOCK];
	ssize_t n = read(s->fd, block, s->chunk);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 1;
	if (n == -1)
		s->failed = errno;
	if (n == 0)
		s->ended = 1;
	if (n <= 0)
		return 0;
	CHECK(s->got + (size_t)n <= s->total);
	check_pattern(block, s->got, (size_t)n, s->seed);
	s->got += (size_t)n;
	if (s->breaks && s->got == s->total) {
		CHECK_INT(event_loopbreak(), 0);
		return 0;
	}
	return 1;
}

static inline void
sink_cb(int fd, short what, void *arg)
{
	struct sink *s = arg;
	int more = 1;

	(void)fd;
	(void)what;
	if (s->every == 0 || ++s->rounds % s->every == 0)
		more = sink_read(s);
	if (s->every > 0 && more)
		CHECK_INT(add_ms(&s->ev, 0), 0);
	if (!more)
		CHECK_INT(event_del(&s->ev), 0);
}

static inline void
start_sink(struct sink *s, int fd, size_t total, unsigned seed)
{
	memset(s, 0, sizeof(*s));
	s->fd = fd;
	s->seed = seed;
	s->total = total;
	s->chunk = BLOCK;
	event_set(&s->ev, fd, EV_READ | EV_PERSIST, sink_cb, s);
	CHECK_INT(event_add(&s->ev, NULL), 0);
}

/* From now on it takes little, and seldom. */
static inline void
slow_down(struct sink *s, size_t chunk, int every)
{
	CHECK_INT(event_del(&s->ev), 0);
	s->chunk = chunk;
	s->every = every;
	evtimer_set(&s->ev, sink_cb, s);
	CHECK_INT(add_ms(&s->ev, 0), 0);
}

#endif
