/*
 * NULL where it makes no sense: -1 or nothing, EINVAL, one line in the log for all of it, and
 * nothing is consumed. Where a caller may not want a value, NULL is fine.
 */
#include "tag.h"

/* The call fails with EINVAL and leaves the record. */
#define CHECK_INVALID(expr, buf)                                                \
	do {                                                                    \
		CHECK_ERRNO(expr, EINVAL);                                      \
		CHECK_HEX(buf, "050220fa");                                     \
	} while (0)

/* The same for calls without a result. */
#define CHECK_INVALID_VOID(call, buf)                                           \
	do {                                                                    \
		errno = 0;                                                      \
		call;                                                           \
		CHECK_INT(errno, EINVAL);                                       \
		CHECK_HEX(buf, "050220fa");                                     \
	} while (0)

TEST_ONCE(no_buffer)
{
	struct evbuffer *buf = hex_buffer("050220fa");
	struct timeval tv = { 1, 2 };
	uint32_t value;
	char *string;

	capture_log();
	CHECK_INVALID(evtag_peek(NULL, &value), buf);
	CHECK_INVALID(evtag_peek_length(NULL, &value), buf);
	CHECK_INVALID(evtag_payload_length(NULL, &value), buf);
	CHECK_INVALID(evtag_consume(NULL), buf);
	CHECK_INVALID(evtag_unmarshal(NULL, &value, buf), buf);
	CHECK_INVALID(evtag_unmarshal(buf, &value, NULL), buf);
	CHECK_INVALID(evtag_unmarshal_int(NULL, 5, &value), buf);
	CHECK_INVALID(evtag_unmarshal_string(NULL, 5, &string), buf);
	CHECK_INVALID(evtag_unmarshal_timeval(NULL, 5, &tv), buf);
	CHECK_INVALID(evtag_unmarshal_fixed(NULL, 5, &value, 2), buf);
	CHECK_INVALID(evtag_decode_int(&value, NULL), buf);
	CHECK_INVALID(evtag_decode_tag(&value, NULL), buf);
	CHECK_INVALID(evtag_encode_tag(NULL, 1), buf);
	CHECK_INVALID_VOID(encode_int(NULL, 1), buf);
	CHECK_INVALID_VOID(evtag_marshal(NULL, 1, "", 0), buf);
	CHECK_INVALID_VOID(evtag_marshal_int(NULL, 1, 1), buf);
	CHECK_INVALID_VOID(evtag_marshal_string(NULL, 1, ""), buf);
	CHECK_INVALID_VOID(evtag_marshal_timeval(NULL, 1, &tv), buf);
	CHECK_INT(logged(_EVENT_LOG_WARN), 1);
	CHECK_INT(logged(_EVENT_LOG_ERR), 0);
	evbuffer_free(buf);
}

TEST_ONCE(no_value)
{
	struct evbuffer *buf = hex_buffer("050220fa");

	capture_log();
	CHECK_INVALID_VOID(evtag_marshal(buf, 1, NULL, 1), buf);
	CHECK_INVALID_VOID(evtag_marshal_string(buf, 1, NULL), buf);
	CHECK_INVALID_VOID(evtag_marshal_timeval(buf, 1, NULL), buf);
	CHECK_INVALID(evtag_unmarshal_int(buf, 5, NULL), buf);
	CHECK_INVALID(evtag_unmarshal_string(buf, 5, NULL), buf);
	CHECK_INVALID(evtag_unmarshal_timeval(buf, 5, NULL), buf);
	CHECK_INVALID(evtag_unmarshal_fixed(buf, 5, NULL, 2), buf);
	evbuffer_free(buf);
}

/* Who does not want the tag or the length says so. */
TEST_ONCE(values_that_nobody_wants)
{
	struct evbuffer *buf = hex_buffer("8001" "2543" "f015" "02abcd" "0100");
	struct evbuffer *out = new_buffer();

	capture_log();
	CHECK_INT(evtag_decode_tag(NULL, buf), 2);
	CHECK_INT(evtag_decode_int(NULL, buf), 0);
	CHECK_INT(evtag_peek(buf, NULL), 2);
	CHECK_INT(evtag_peek_length(buf, NULL), 0);
	CHECK_INT(evtag_payload_length(buf, NULL), 0);
	CHECK_INT(evtag_unmarshal(buf, NULL, out), 2);
	CHECK_HEX(out, "abcd");
	CHECK_INT(evtag_unmarshal_fixed(buf, 1, NULL, 0), 0);
	CHECK_INT(EVBUFFER_LENGTH(buf), 0);
	CHECK_INT(logged(_EVENT_LOG_WARN), 0);
	evbuffer_free(buf);
	evbuffer_free(out);
}

/* What is not there, and what it is not, is no misuse: it is said by -1 and EINVAL alone. */
TEST_ONCE(bad_records_are_not_logged)
{
	struct evbuffer *buf = hex_buffer("0502"), *out = new_buffer();
	uint32_t value;

	capture_log();
	CHECK_ERRNO(evtag_consume(buf), EINVAL);
	CHECK_ERRNO(evtag_unmarshal(buf, &value, out), EINVAL);
	CHECK_ERRNO(evtag_unmarshal_int(buf, 5, &value), EINVAL);
	add_hex(buf, "20fa");
	CHECK_ERRNO(evtag_unmarshal_int(buf, 6, &value), EINVAL);
	CHECK_ERRNO(evtag_peek(buf, &value), EINVAL);
	CHECK_INT(logged(_EVENT_LOG_WARN), 0);
	CHECK_INT(logged(_EVENT_LOG_ERR), 0);
	evbuffer_free(buf);
	evbuffer_free(out);
}
