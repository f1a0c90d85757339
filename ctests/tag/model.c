/*
 * Random records, whole and damaged, that arrive in random pieces, against a decoder that is
 * simple enough to be believed: after each call the result, what it gave out, what is left, and
 * what the callback heard must be those of the model (behaviours 95 to 101; T10).
 */
#include "tag.h"

enum { STREAMS = 60, RECORDS = 12, STREAM_MAX = 4096, CALLS_PER_PIECE = 4 };

static uint32_t random_state;

static unsigned
next_random(unsigned below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % below;
}

static int
chance(unsigned percent)
{
	return next_random(100) < percent;
}

/* Small as often as large. */
static uint32_t
random_value(void)
{
	uint32_t value = next_random(0x10000) << 16 | next_random(0x10000);

	return value >> next_random(32);
}

/* The decoder: how many bytes of the data are a tag or an integer, 0 for none. */

struct view {
	const unsigned char *data;
	size_t len;
};

static size_t
model_tag(struct view in, uint32_t *tag)
{
	uint64_t value = 0;
	size_t len = 1, i;

	while (len <= 5 && len <= in.len && in.data[len - 1] >= 0x80)
		len++;
	if (len > 5 || len > in.len)
		return 0;
	for (i = len; i-- > 0;)
		value = value * 128 + in.data[i] % 128;
	if (value > UINT32_MAX)
		return 0;
	*tag = (uint32_t)value;
	return len;
}

static unsigned
nibble(struct view in, size_t i)
{
	return i % 2 ? in.data[i / 2] % 16u : in.data[i / 2] / 16u;
}

static size_t
model_int(struct view in, uint32_t *number)
{
	size_t count, i;
	uint32_t value = 0;

	if (in.len == 0)
		return 0;
	count = nibble(in, 0) + 1;
	if (count > 8 || in.len < (count + 2) / 2)
		return 0;
	for (i = count; i > 0; i--)
		value = value * 16 + nibble(in, i);
	*number = value;
	return (count + 2) / 2;
}

static struct view
skip(struct view in, size_t n)
{
	return (struct view){ in.data + n, in.len - n };
}

struct record {
	uint32_t tag, len;
	size_t tag_size, header;	/* 0: not there, or not valid */
	int whole;
	struct view payload;
};

static struct record
model_record(struct view in)
{
	struct record r = { 0 };
	size_t size;

	r.tag_size = model_tag(in, &r.tag);
	if (r.tag_size == 0)
		return r;
	size = model_int(skip(in, r.tag_size), &r.len);
	if (size == 0)
		return r;
	r.header = r.tag_size + size;
	r.whole = in.len - r.header >= r.len;
	if (r.whole)
		r.payload = (struct view){ in.data + r.header, r.len };
	return r;
}

/* The stream */

static unsigned char stream[STREAM_MAX];
static size_t stream_len;

static void
put(unsigned byte)
{
	CHECK(stream_len < STREAM_MAX);
	stream[stream_len++] = (unsigned char)byte;
}

/* Now and then longer than it need be. */
static void
put_tag(uint32_t tag)
{
	int longer = chance(10);

	for (; tag >= 0x80; tag >>= 7)
		put(0x80 | (tag & 0x7f));
	put(tag | (longer ? 0x80u : 0));
	if (longer)
		put(0);
}

static void
put_int(uint32_t value)
{
	unsigned count = 1, i, nibbles[10] = { 0 };

	while (count < 8 && (value >> (4 * count) != 0 || chance(5)))
		count++;
	nibbles[0] = count - 1;
	for (i = 0; i < count; i++)
		nibbles[i + 1] = value >> (4 * i) & 0xf;
	for (i = 0; i <= count; i += 2)
		put(nibbles[i] << 4 | nibbles[i + 1]);
}

/* Tags that the calls ask for come often. */
static uint32_t
random_tag(void)
{
	return chance(70) ? next_random(3) * 0x7f : random_value();
}

static void
put_record(void)
{
	unsigned char kept[128];
	size_t start, len, i;

	put_tag(random_tag());
	start = stream_len;
	switch (next_random(4)) {
	case 0:
		put_int(random_value());
		break;
	case 1:
		put_int(random_value());
		put_int(random_value());
		break;
	default:
		for (i = next_random(chance(20) ? 100 : 6); i > 0; i--)
			put(next_random(256));
	}
	if (chance(10))
		put(next_random(256));
	len = stream_len - start;
	memcpy(kept, stream + start, len);
	stream_len = start;
	put_int((uint32_t)len);
	for (i = 0; i < len; i++)
		put(kept[i]);
}

static void
damage(void)
{
	size_t at = next_random((unsigned)stream_len);

	switch (next_random(3)) {
	case 0:
		stream[at] = (unsigned char)next_random(256);
		break;
	case 1:
		stream[at] ^= (unsigned char)(1u << next_random(8));
		break;
	default:
		memmove(stream + at, stream + at + 1, stream_len - at - 1);
		stream_len--;
	}
}

static void
make_stream(void)
{
	unsigned i;

	stream_len = 0;
	for (i = next_random(RECORDS) + 1; i > 0; i--)
		put_record();
	for (i = chance(50) ? next_random(6) : 0; i > 0 && stream_len > 1; i--)
		damage();
	if (chance(30))
		stream_len -= next_random((unsigned)stream_len);
}

/* The calls */

static struct evbuffer *buf;
static int heard;
static size_t heard_from;

static void
hear(struct evbuffer *changed, size_t old_length, size_t new_length, void *arg)
{
	(void)arg;
	CHECK_PTR(changed, buf);
	CHECK_INT(EVBUFFER_LENGTH(buf), new_length);
	heard++;
	heard_from = old_length;
}

/* The call consumed that many bytes of what it found, and said so once. */
static void
check_consumed(struct view before, size_t consumed)
{
	size_t left = before.len - consumed;

	CHECK_INT(EVBUFFER_LENGTH(buf), left);
	CHECK(left == 0 || memcmp(EVBUFFER_DATA(buf), before.data + consumed, left) == 0);
	CHECK_INT(heard, consumed > 0);
	if (heard)
		CHECK_INT(heard_from, before.len);
	heard = 0;
}

static size_t
whole_size(const struct record *r)
{
	return r->whole ? r->header + r->len : 0;
}

static void
call_looks(struct view in, const struct record *r)
{
	uint64_t sum = (uint64_t)r->header + r->len;
	uint32_t value = 0;

	CHECK_INT(evtag_peek(buf, &value), r->tag_size > 0 ? (int)r->tag_size : -1);
	if (r->tag_size > 0)
		CHECK_INT(value, r->tag);
	CHECK_INT(evtag_payload_length(buf, &value), r->header > 0 ? 0 : -1);
	if (r->header > 0)
		CHECK_INT(value, r->len);
	CHECK_INT(evtag_peek_length(buf, &value),
	    r->header > 0 && sum <= UINT32_MAX ? 0 : -1);
	if (r->header > 0 && sum <= UINT32_MAX)
		CHECK_INT(value, sum);
	check_consumed(in, 0);
}

static void
call_parts(struct view in)
{
	uint32_t want = 0, value = 0;
	size_t size;

	if (chance(50)) {
		size = model_tag(in, &want);
		CHECK_INT(evtag_decode_tag(&value, buf), size > 0 ? (int)size : -1);
	} else {
		size = model_int(in, &want);
		CHECK_INT(evtag_decode_int(&value, buf), size > 0 ? 0 : -1);
	}
	CHECK_INT(value, want);
	check_consumed(in, size);
}

static void
call_unmarshal(struct view in, const struct record *r)
{
	struct evbuffer *out = new_buffer();
	uint32_t tag = 0;

	CHECK_INT(evtag_unmarshal(buf, &tag, out), r->whole ? (int)r->len : -1);
	CHECK_INT(EVBUFFER_LENGTH(out), r->whole ? r->len : 0);
	if (r->whole) {
		CHECK_INT(tag, r->tag);
		CHECK(r->len == 0 || memcmp(EVBUFFER_DATA(out), r->payload.data, r->len) == 0);
	}
	evbuffer_free(out);
	check_consumed(in, whole_size(r));
}

static void
call_int(struct view in, const struct record *r, uint32_t tag)
{
	uint32_t want = 0, value = 0;
	int good = r->whole && r->tag == tag && model_int(r->payload, &want) == r->len
	    && r->len > 0;

	CHECK_INT(evtag_unmarshal_int(buf, tag, &value), good ? 0 : -1);
	if (good)
		CHECK_INT(value, want);
	check_consumed(in, whole_size(r));
}

static void
call_timeval(struct view in, const struct record *r, uint32_t tag)
{
	uint32_t sec = 0, usec = 0;
	struct timeval tv = { 0, 0 };
	size_t first = r->whole ? model_int(r->payload, &sec) : 0;
	size_t second = first > 0 ? model_int(skip(r->payload, first), &usec) : 0;
	int good = second > 0 && first + second == r->len && r->tag == tag;

	CHECK_INT(evtag_unmarshal_timeval(buf, tag, &tv), good ? 0 : -1);
	if (good) {
		CHECK_INT(tv.tv_sec, (long long)sec + usec / 1000000);
		CHECK_INT(tv.tv_usec, usec % 1000000);
	}
	check_consumed(in, whole_size(r));
}

static void
call_bytes(struct view in, const struct record *r, uint32_t tag)
{
	size_t len = r->whole && chance(80) ? r->len : next_random(8);
	int good = r->whole && r->tag == tag;
	unsigned char fixed[STREAM_MAX];
	char *string = NULL;

	if (chance(50)) {
		good = good && r->len == len;
		CHECK_INT(evtag_unmarshal_fixed(buf, tag, fixed, len), good ? 0 : -1);
		CHECK(!good || len == 0 || memcmp(fixed, r->payload.data, len) == 0);
	} else {
		CHECK_INT(evtag_unmarshal_string(buf, tag, &string), good ? 0 : -1);
		CHECK((string != NULL) == good);
		CHECK(!good || r->len == 0 || memcmp(string, r->payload.data, r->len) == 0);
		CHECK(!good || string[r->len] == '\0');
		free(string);
	}
	check_consumed(in, whole_size(r));
}

static void
random_call(struct view in)
{
	struct record r = model_record(in);
	uint32_t tag = chance(80) ? r.tag : random_tag();

	call_looks(in, &r);
	switch (next_random(chance(10) ? 6 : 5)) {
	case 0:
		call_unmarshal(in, &r);
		break;
	case 1:
		call_int(in, &r, tag);
		break;
	case 2:
		call_timeval(in, &r, tag);
		break;
	case 3:
		call_bytes(in, &r, tag);
		break;
	case 4:
		CHECK_INT(evtag_consume(buf), r.whole ? 0 : -1);
		check_consumed(in, whole_size(&r));
		break;
	default:
		call_parts(in);
	}
}

/* The stream comes in pieces; what nobody can take at its end is thrown away, byte by byte. */
static void
random_stream(void)
{
	size_t fed = 0, piece;
	int i;

	make_stream();
	buf = new_buffer();
	while (fed < stream_len || EVBUFFER_LENGTH(buf) > 0) {
		piece = 1 + next_random(chance(50) ? 8 : 200);
		if (piece > stream_len - fed)
			piece = stream_len - fed;
		evbuffer_setcb(buf, NULL, NULL);
		add_bytes(buf, stream + fed, piece);
		if (fed == stream_len)
			evbuffer_drain(buf, 1);
		fed += piece;
		evbuffer_setcb(buf, hear, NULL);
		for (i = 0; i < CALLS_PER_PIECE; i++) {
			size_t at = fed - EVBUFFER_LENGTH(buf);

			random_call((struct view){ stream + at, fed - at });
		}
	}
	evbuffer_free(buf);
}

/* EVHUB_TEST_SEEDS says how many; the last one printed is that which failed. */
TEST_ONCE(random_streams)
{
	const char *text = getenv("EVHUB_TEST_SEEDS");
	int count = text != NULL ? atoi(text) : 20, i, s;

	for (i = 1; i <= count; i++) {
		printf("seed %d\n", i);
		fflush(stdout);
		random_state = (uint32_t)i * 2654435761u;
		for (s = 0; s < STREAMS; s++)
			random_stream();
	}
}
