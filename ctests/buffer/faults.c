/*
 * System calls that move a few bytes only, or fail: buffers lose nothing and make up nothing
 * (behaviours 78, 79, 194; F3, F5).
 */
#include "check.h"
#include "shim.h"

#include <evhub/buffer_ext.h>
#include <sys/mman.h>

enum { LENGTH = 3000 };

static const char *const shortened[] = {
	"read=SHORT1,readv=SHORT1,pread=SHORT1,write=SHORT1,writev=SHORT1,send=SHORT1",
	"read=SHORT2,readv=SHORT2,pread=SHORT2,write=SHORT2,writev=SHORT2,send=SHORT2",
	"read=SHORT3,readv=SHORT3,pread=SHORT3,write=SHORT3,writev=SHORT3,send=SHORT3",
};

/* A callback that reports changes of at most `most` bytes, each where the last one ended. */
struct steps {
	size_t length;
	long most;
};

static void
note_step(struct evbuffer *buf, size_t old, size_t new, void *arg)
{
	struct steps *steps = arg;
	long moved = (long)new - (long)old;

	CHECK_INT(old, steps->length);
	CHECK_INT(new, EVBUFFER_LENGTH(buf));
	CHECK(moved != 0 && labs(moved) <= steps->most);
	steps->length = new;
}

/* Through a socket, a few bytes at a time: results, callbacks and bytes. */
static void
carry_over(struct evbuffer *out, struct evbuffer *in, const int fds[2], int most)
{
	struct steps out_steps = { LENGTH, most }, in_steps = { 0, most };
	int calls = 0, written, got;

	evbuffer_setcb(out, note_step, &out_steps);
	evbuffer_setcb(in, note_step, &in_steps);
	while (EVBUFFER_LENGTH(out) > 0) {
		written = evbuffer_write(out, fds[0]);
		CHECK(written > 0 && written <= most);
		got = evbuffer_read(in, fds[1], calls++ % 2 ? -1 : LENGTH);
		CHECK_INT(got, written);
		CHECK_SOUND(out);
	}
	CHECK_INT(calls, (LENGTH + most - 1) / most);
	CHECK_PATTERN(in, 0, LENGTH);
}

TEST_ONCE_ENV(short_reads_and_writes, "SHIM=fault")
{
	int fds[2], most;

	make_pair(fds);
	for (most = 1; most <= (int)COUNT(shortened); most++) {
		struct evbuffer *out = new_buffer(), *in = new_buffer();

		add_pattern(out, 0, LENGTH);
		fault_set(shortened[most - 1]);
		carry_over(out, in, fds, most);
		fault_set("");
		evbuffer_free(out);
		evbuffer_free(in);
	}
}

TEST_ONCE_ENV(lines_from_short_reads, "SHIM=fault")
{
	static const char text[] = "one\r\n\r\ntwo words\nthree\r\nrest";
	static const char *const want[] = { "one", "", "two words", "three" };
	struct evbuffer *buf = new_buffer();
	size_t most, found;
	int fds[2];
	char *line;

	make_pair(fds);
	for (most = 1; most <= COUNT(shortened); most++) {
		CHECK_INT(write(fds[1], text, strlen(text)), (ssize_t)strlen(text));
		fault_set(shortened[most - 1]);
		for (found = 0; evbuffer_read(buf, fds[0], -1) > 0;) {
			while ((line = evbuffer_readln(buf, NULL, EVBUFFER_EOL_CRLF)) != NULL) {
				CHECK(found < COUNT(want));
				CHECK_STR(line, want[found++]);
				free(line);
			}
		}
		CHECK_INT(errno, EAGAIN);
		fault_set("");
		CHECK_INT(found, COUNT(want));
		CHECK_TEXT(buf, "rest");
		evbuffer_drain(buf, 4);
	}
	evbuffer_free(buf);
}

static int
pattern_file(void)
{
	unsigned char *data = pattern(0, LENGTH);
	int fd = memfd_create("faults", MFD_CLOEXEC);

	CHECK(fd != -1);
	CHECK_INT(write(fd, data, LENGTH), LENGTH);
	free(data);
	return fd;
}

/* A file is added whole or not at all, so that one is read on. */
TEST_ONCE_ENV(a_file_from_short_and_interrupted_reads, "SHIM=fault")
{
	static const char *const faults[] = {
		"pread=SHORT1", "pread=SHORT2", "pread=SHORT3", "pread=EINTR@1"
	};
	size_t i;

	for (i = 0; i < COUNT(faults); i++) {
		struct evbuffer *buf = buffer_with("before");
		int fd = pattern_file();

		watch(buf, "buf");
		fault_set(faults[i]);
		CHECK_INT(evbuffer_add_file(buf, fd, 0, -1), 0);
		CHECK(fault_failures("pread") > 0);
		fault_set("");
		CHECK_CALLS("buf:6>3006 ");
		evbuffer_setcb(buf, NULL, NULL);
		evbuffer_drain(buf, 6);
		CHECK_PATTERN(buf, 0, LENGTH);
		CHECK_INT(fcntl(fd, F_GETFD), -1);
		evbuffer_free(buf);
	}
}

/* Errors */

static const struct error {
	const char *name;
	int number;
} errors[] = {
	{ "EINTR", EINTR }, { "EAGAIN", EAGAIN }, { "ENOMEM", ENOMEM }, { "ENOBUFS", ENOBUFS },
	{ "EIO", EIO }, { "ECONNRESET", ECONNRESET },
};

static void
refuse(const char *functions[2], const char *error)
{
	char spec[80];

	snprintf(spec, sizeof(spec), "%s=%s,%s=%s", functions[0], error, functions[1], error);
	fault_set(spec);
}

/* One call of the system's, and no second try: the caller has a say in that. */
TEST_ONCE_ENV(a_read_that_fails_changes_nothing, "SHIM=fault")
{
	const char *functions[2] = { "read", "readv" };
	static const int howmuch[] = { -1, 1, 100, 5000, 100000 };
	struct evbuffer *buf = new_buffer();
	struct look look;
	size_t i, j;
	int fds[2];

	make_pair(fds);
	add_pattern(buf, 0, 400);
	evbuffer_drain(buf, 100);
	CHECK_INT(evbuffer_expand(buf, 1000), 0);
	watch(buf, "buf");
	CHECK_INT(write(fds[1], "waiting", 7), 7);
	look = look_at(buf);
	for (i = 0; i < COUNT(errors); i++) {
		for (j = 0; j < COUNT(howmuch); j++) {
			refuse(functions, errors[i].name);
			CHECK_ERRNO(evbuffer_read(buf, fds[0], howmuch[j]), errors[i].number);
			CHECK_INT(fault_calls("read") + fault_calls("readv"), 1);
			CHECK_SAME(buf, &look);
		}
	}
	fault_set("");
	CHECK_CALLS("");
	CHECK_INT(evbuffer_read(buf, fds[0], -1), 7);
	CHECK_CALLS("buf:300>307 ");
	CHECK(memcmp(EVBUFFER_DATA(buf) + 300, "waiting", 7) == 0);
	evbuffer_free(buf);
}

/* Behaviour 194: the room that was made for a read that failed is there for the next one. */
TEST_ONCE_ENV(the_room_of_a_failed_read_stays, "SHIM=fault")
{
	struct evbuffer *buf = new_buffer();
	struct look look;
	int fds[2];

	make_pair(fds);
	CHECK_ERRNO(evbuffer_read(buf, fds[0], 100), EAGAIN);
	CHECK_DATA(buf, "", 0);
	CHECK(buf->totallen >= 100);
	look = look_at(buf);
	CHECK_ERRNO(evbuffer_read(buf, fds[0], 100), EAGAIN);
	CHECK_SAME(buf, &look);
	evbuffer_free(buf);
}

TEST_ONCE_ENV(a_write_that_fails_changes_nothing, "SHIM=fault")
{
	const char *functions[2] = { "write", "writev" };
	struct evbuffer *buf = new_buffer();
	struct look look;
	size_t i;
	int fds[2];

	make_pair(fds);
	add_pattern(buf, 0, 400);
	evbuffer_drain(buf, 100);
	watch(buf, "buf");
	look = look_at(buf);
	for (i = 0; i < COUNT(errors); i++) {
		refuse(functions, errors[i].name);
		CHECK_ERRNO(evbuffer_write(buf, fds[0]), errors[i].number);
		CHECK_INT(fault_calls("write") + fault_calls("writev"), 1);
		CHECK_SAME(buf, &look);
	}
	fault_set("");
	CHECK_INT(drain(fds[1]), 0);
	CHECK_CALLS("");
	CHECK_INT(evbuffer_write(buf, fds[0]), 300);
	CHECK_CALLS("buf:300>0 ");
	evbuffer_free(buf);
}

/* A write that moves nothing is no error, and nothing changes. */
TEST_ONCE_ENV(a_write_of_nothing, "SHIM=fault")
{
	struct evbuffer *buf = buffer_with("data");
	struct look look;
	int fds[2];

	make_pair(fds);
	watch(buf, "buf");
	look = look_at(buf);
	fault_set("write=NOTHING,writev=NOTHING");
	CHECK_INT(evbuffer_write(buf, fds[0]), 0);
	fault_set("");
	CHECK_SAME(buf, &look);
	CHECK_CALLS("");
	evbuffer_free(buf);
}

/* At once, and when most of it has been read. */
TEST_ONCE_ENV(a_file_that_cannot_be_read_stays_open, "SHIM=fault")
{
	static const char *const faults[] = { "pread=EIO", "pread=EIO@2" };
	struct evbuffer *buf = buffer_with("data");
	int fd = pattern_file();
	size_t i;

	watch(buf, "buf");
	for (i = 0; i < COUNT(faults); i++) {
		fault_set(faults[i]);
		CHECK_ERRNO(evbuffer_add_file(buf, fd, 0, LENGTH + 10), EIO);
		fault_set("");
		CHECK_TEXT(buf, "data");
		CHECK_CALLS("");
		CHECK(fcntl(fd, F_GETFD) != -1);
	}
	evbuffer_free(buf);
}

/* How much is waiting is never asked for the sake of a usual read. */
TEST_ONCE_ENV(a_read_is_one_call, "SHIM=fault")
{
	static const int howmuch[] = { -1, 1, 4096, 5000, 65536, 1 << 20 };
	struct evbuffer *buf = new_buffer();
	unsigned char *data = pattern(0, 5000);
	size_t i;
	int fds[2];

	make_pair(fds);
	for (i = 0; i < COUNT(howmuch); i++) {
		CHECK_INT(write(fds[1], data, 5000), 5000);
		fault_set("");
		CHECK(evbuffer_read(buf, fds[0], howmuch[i]) > 0);
		CHECK_INT(fault_calls("readv") + fault_calls("read"), 1);
		CHECK_INT(fault_calls("ioctl"), 0);
		drain(fds[0]);
	}
	free(data);
	evbuffer_free(buf);
}

/* Where it is asked, the answer is not trusted: none, nothing, an error. */
TEST_ONCE_ENV(a_read_without_bounds_trusts_nobody, "SHIM=fault")
{
	static const char *const faults[] = { "", "ioctl=EINVAL", "ioctl=NOTHING" };
	struct evbuffer *buf;
	size_t i;
	int fds[2];

	make_pair(fds);
	for (i = 0; i < COUNT(faults); i++) {
		buf = new_buffer();
		add_pattern(buf, 0, LENGTH);
		CHECK_INT(evbuffer_write(buf, fds[1]), LENGTH);
		fault_set(faults[i]);
		CHECK_INT(evbuffer_read(buf, fds[0], INT_MAX), LENGTH);
		CHECK(i == 0 || fault_failures("ioctl") == 1);
		fault_set("");
		CHECK_PATTERN(buf, 0, LENGTH);
		CHECK(buf->totallen <= 8192);
		evbuffer_free(buf);
	}
}
