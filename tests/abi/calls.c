/*
 * Calls of the functions on buffers, bufferevents and tags, each through a pointer of the type
 * that libevent 1.4 gives it: p_evbuffer_add for evbuffer_add. The pointers are declared by
 * tests/abi/prototypes.rs, which puts this behind them and compiles it as C and as C++.
 */
static int wrong;

#define IS(what)                                                                        \
	do {                                                                            \
		if (!(what)) {                                                          \
			fprintf(stderr, "calls.c:%d: %s\n", __LINE__, #what);           \
			wrong = 1;                                                      \
		}                                                                       \
	} while (0)

static struct {
	size_t before, after;
	int changes, reads, writes, errors;
	short what;
} seen;

static void changed(struct evbuffer *buf, size_t before, size_t after, void *arg)
{
	(void)buf;
	IS(arg == &seen);
	seen.before = before;
	seen.after = after;
	seen.changes++;
}

static void readable(struct bufferevent *bev, void *arg)
{
	IS(bev != NULL && arg == &seen);
	seen.reads++;
}

static void written(struct bufferevent *bev, void *arg)
{
	IS(bev != NULL && arg == &seen);
	seen.writes++;
}

static void failed(struct bufferevent *bev, short what, void *arg)
{
	IS(bev != NULL && arg == &seen);
	seen.errors++;
	seen.what = what;
}

static int holds(struct evbuffer *buf, const char *text)
{
	size_t length = strlen(text);

	return EVBUFFER_LENGTH(buf) == length && memcmp(EVBUFFER_DATA(buf), text, length) == 0;
}

static int print(struct evbuffer *buf, const char *format, ...)
{
	va_list arguments;
	int count;

	va_start(arguments, format);
	count = p_evbuffer_add_vprintf(buf, format, arguments);
	va_end(arguments);
	return count;
}

/* More of each kind of argument than there are registers for them, by either way. */
static void printing(struct evbuffer *buf)
{
	static const char text[] = "1 two c 4 5 6 7 8 9|0.5 1.5 2.5 3.5 4.5 5.5 6.5 7.5 8.5 9.5|-1";
	static const char format[] = "%d %s %c %ld %u %d %d %d %d|"
	    "%.1f %.1f %.1f %.1f %.1f %.1f %.1f %.1f %.1f %.1f|%lld";
	char expected[200];
	int length;

#define ARGUMENTS 1, "two", 'c', 4L, 5U, 6, 7, 8, 9, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, \
	8.5, 9.5, -1LL
	length = snprintf(expected, sizeof(expected), format, ARGUMENTS);
	IS(strcmp(expected, text) == 0 && length == (int)strlen(text));
	IS(p_evbuffer_add_printf(buf, format, ARGUMENTS) == length && holds(buf, text));
	p_evbuffer_drain(buf, EVBUFFER_LENGTH(buf));
	IS(print(buf, format, ARGUMENTS) == length && holds(buf, text));
	p_evbuffer_drain(buf, EVBUFFER_LENGTH(buf));
	IS(p_evbuffer_add_printf(buf, "%s", "") == 0 && EVBUFFER_LENGTH(buf) == 0);
}

static void buffers(void)
{
	struct evbuffer *one = p_evbuffer_new(), *two = p_evbuffer_new();
	char bytes[8];
	char *line;
	size_t length;
	int ends[2];

	IS(p_evbuffer_add(one, "a\r\nbc\ndef", 9) == 0 && p_evbuffer_expand(one, 1000) == 0);
	IS(p_evbuffer_find(one, (const unsigned char *)"bc", 2) == EVBUFFER_DATA(one) + 3);
	line = p_evbuffer_readline(one);
	IS(line != NULL && strcmp(line, "a") == 0);
	free(line);
	line = p_evbuffer_readln(one, &length, EVBUFFER_EOL_LF);
	IS(line != NULL && length == 2 && strcmp(line, "bc") == 0);
	free(line);
	IS(p_evbuffer_remove(one, bytes, sizeof(bytes)) == 3 && memcmp(bytes, "def", 3) == 0);

	p_evbuffer_setcb(one, changed, &seen);
	IS(p_evbuffer_add(one, "xyz", 3) == 0 && seen.before == 0 && seen.after == 3);
	p_evbuffer_drain(one, 1);
	IS(seen.changes == 2 && seen.before == 3 && seen.after == 2);
	p_evbuffer_setcb(one, NULL, NULL);
	IS(p_evbuffer_add_buffer(two, one) == 0 && holds(two, "yz") && EVBUFFER_LENGTH(one) == 0);
	IS(pipe(ends) == 0 && p_evbuffer_write(two, ends[1]) == 2);
	IS(p_evbuffer_read(one, ends[0], -1) == 2 && holds(one, "yz"));
	p_evbuffer_drain(one, 2);
	close(ends[0]);
	close(ends[1]);
	printing(one);
	p_evbuffer_free(one);
	p_evbuffer_free(two);
}

/* Two writes become one read at the other end, whose callback waits for all of it. */
static void talk(struct event_base *base, struct bufferevent *from, struct bufferevent *to)
{
	struct evbuffer *more = p_evbuffer_new();
	char bytes[8];

	p_bufferevent_setwatermark(to, EV_READ, 5, 0);
	IS(p_bufferevent_write(from, "abc", 3) == 0);
	IS(p_evbuffer_add(more, "de", 2) == 0 && p_bufferevent_write_buffer(from, more) == 0);
	IS(p_bufferevent_enable(to, EV_READ) == 0);
	while ((seen.reads == 0 || seen.writes == 0) && p_event_base_loop(base, EVLOOP_ONCE) == 0)
		;
	IS(seen.reads == 1 && seen.writes > 0 && seen.errors == 0);
	IS(p_bufferevent_read(to, bytes, sizeof(bytes)) == 5 && memcmp(bytes, "abcde", 5) == 0);
	p_evbuffer_free(more);
}

static void bufferevents(void)
{
	struct event_base *base = p_event_base_new();
	struct bufferevent *from, *to;
	int ends[2];

	IS(p_evutil_socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	IS(p_evutil_make_socket_nonblocking(ends[0]) == 0);
	IS(p_evutil_make_socket_nonblocking(ends[1]) == 0);
	from = p_bufferevent_new(ends[0], readable, written, failed, &seen);
	to = p_bufferevent_new(-1, NULL, NULL, failed, NULL);
	p_bufferevent_setfd(to, ends[1]);
	IS(to->ev_read.ev_fd == ends[1] && to->ev_write.ev_fd == ends[1]);
	p_bufferevent_setcb(to, readable, written, failed, &seen);
	IS(to->readcb == readable && to->writecb == written && to->errorcb == failed);
	IS(p_bufferevent_base_set(base, from) == 0 && p_bufferevent_base_set(base, to) == 0);
	IS(p_bufferevent_priority_set(from, 0) == 0);
	p_bufferevent_settimeout(to, 50, 60);
	IS(to->timeout_read == 50 && to->timeout_write == 60);
	memset(&seen, 0, sizeof(seen));
	talk(base, from, to);

	/* The callback that a full input has: here with an input that is not full. */
	p_bufferevent_read_pressure_cb(to->input, 5, 0, to);
	IS(p_bufferevent_disable(to, EV_READ | EV_WRITE) == 0 && to->enabled == 0);
	IS(p_bufferevent_enable(to, EV_READ) == 0 && shutdown(ends[0], SHUT_WR) == 0);
	while (seen.errors == 0 && p_event_base_loop(base, EVLOOP_ONCE) == 0)
		;
	IS(seen.errors == 1 && seen.what == (EVBUFFER_READ | EVBUFFER_EOF));
	p_bufferevent_free(from);
	p_bufferevent_free(to);
	close(ends[0]);
	close(ends[1]);
	p_event_base_free(base);
}

static void numbers(struct evbuffer *buf)
{
	uint32_t value = 0;

	p_encode_int(buf, 0xdeadbeef);
	IS(EVBUFFER_LENGTH(buf) == 5 && memcmp(EVBUFFER_DATA(buf), "\x7f\xee\xbd\xae\xd0", 5) == 0);
	IS(p_evtag_decode_int(&value, buf) == 0 && value == 0xdeadbeef);
	IS(p_evtag_encode_tag(buf, 0xaf0) != -1 && holds(buf, "\xf0\x15"));
	IS(p_evtag_decode_tag(&value, buf) != -1 && value == 0xaf0);
	IS(EVBUFFER_LENGTH(buf) == 0);
}

static void tags(void)
{
	struct evbuffer *buf, *payload = p_evbuffer_new();
	struct timeval time = { 0x12, 0x345 }, read_time = { 0, 0 };
	uint32_t tag = 0, length = 0, number = 0;
	char *text = NULL;
	char fixed[3];

	p_evtag_init();
	buf = p_evbuffer_new();
	numbers(buf);
	p_evtag_marshal(buf, 1, "abc", 3);
	p_evtag_marshal(buf, 2, "xy", 2);
	p_evtag_marshal_int(buf, 5, 0xaf0);
	p_evtag_marshal_string(buf, 6, "text");
	p_evtag_marshal_timeval(buf, 7, &time);
	p_evtag_marshal(buf, 8, "skipped", 7);

	IS(p_evtag_peek(buf, &tag) == 1 && tag == 1);
	IS(p_evtag_peek_length(buf, &length) == 0 && length == 5);
	IS(p_evtag_payload_length(buf, &length) == 0 && length == 3);
	IS(p_evtag_unmarshal_fixed(buf, 1, fixed, 3) == 0 && memcmp(fixed, "abc", 3) == 0);
	IS(p_evtag_unmarshal(buf, &tag, payload) == 2 && tag == 2 && holds(payload, "xy"));
	IS(p_evtag_unmarshal_int(buf, 5, &number) == 0 && number == 0xaf0);
	IS(p_evtag_unmarshal_string(buf, 6, &text) == 0 && strcmp(text, "text") == 0);
	IS(p_evtag_unmarshal_timeval(buf, 7, &read_time) == 0);
	IS(read_time.tv_sec == 0x12 && read_time.tv_usec == 0x345);
	IS(p_evtag_consume(buf) == 0 && EVBUFFER_LENGTH(buf) == 0);
	free(text);
	p_evbuffer_free(buf);
	p_evbuffer_free(payload);
}

static int calls(void)
{
	buffers();
	bufferevents();
	tags();
	return wrong;
}
