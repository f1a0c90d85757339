/* Parts of files and borrowed memory, added to buffers: both are copied. */
#include "check.h"

#include <evhub/buffer_ext.h>
#include <sys/mman.h>

enum { LENGTH = 10000 };

/* A file in memory with the pattern. */
static int
pattern_file(size_t length)
{
	unsigned char *data = pattern(0, length);
	int fd = memfd_create("ext_file", MFD_CLOEXEC);

	CHECK(fd != -1);
	CHECK_INT(write(fd, data, length), (ssize_t)length);
	free(data);
	return fd;
}

static int
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

TEST_ONCE(a_part_of_a_file)
{
	static const struct { off_t offset, length; } parts[] = {
		{ 0, LENGTH }, { 0, 1 }, { 1, 255 }, { 4096, 4096 }, { LENGTH - 1, 1 }, { 17, 5000 }
	};
	size_t i;

	for (i = 0; i < COUNT(parts); i++) {
		struct evbuffer *buf = new_buffer();
		size_t offset = (size_t)parts[i].offset, length = (size_t)parts[i].length;
		int fd = pattern_file(LENGTH);
		char want[60];

		add_pattern(buf, offset - 200, 200);
		watch(buf, "buf");
		CHECK_INT(evbuffer_add_file(buf, fd, parts[i].offset, parts[i].length), 0);
		CHECK(!is_open(fd));
		CHECK_PATTERN(buf, offset - 200, 200 + length);
		snprintf(want, sizeof(want), "buf:200>%zu ", 200 + length);
		CHECK_CALLS(want);
		evbuffer_free(buf);
	}
}

TEST_ONCE(the_rest_of_a_file)
{
	struct evbuffer *buf = new_buffer();

	CHECK_INT(evbuffer_add_file(buf, pattern_file(LENGTH), 0, -1), 0);
	CHECK_PATTERN(buf, 0, LENGTH);
	evbuffer_drain(buf, SIZE_MAX);
	CHECK_INT(evbuffer_add_file(buf, pattern_file(LENGTH), 9000, -1), 0);
	CHECK_PATTERN(buf, 9000, 1000);
	evbuffer_free(buf);
}

/* The place at which the file is read otherwise has nothing to do with it, and stays. */
TEST_ONCE(the_place_in_the_file_is_not_touched)
{
	struct evbuffer *buf = new_buffer();
	int fd = pattern_file(LENGTH);
	int same = dup(fd);

	CHECK_INT(lseek(fd, 123, SEEK_SET), 123);
	CHECK_INT(evbuffer_add_file(buf, fd, 50, 100), 0);
	CHECK_INT(lseek(same, 0, SEEK_CUR), 123);
	CHECK_PATTERN(buf, 50, 100);
	close(same);
	evbuffer_free(buf);
}

TEST_ONCE(nothing_of_a_file)
{
	struct evbuffer *buf = new_buffer();
	int fd = pattern_file(LENGTH);

	watch(buf, "buf");
	CHECK_INT(evbuffer_add_file(buf, fd, 10, 0), 0);
	CHECK(!is_open(fd));
	fd = pattern_file(LENGTH);
	CHECK_INT(evbuffer_add_file(buf, fd, LENGTH, -1), 0);
	CHECK(!is_open(fd));
	fd = pattern_file(0);
	CHECK_INT(evbuffer_add_file(buf, fd, 0, -1), 0);
	CHECK(!is_open(fd));
	CHECK_DATA(buf, "", 0);
	CHECK_CALLS("");
	evbuffer_free(buf);
}

/* -1 with that errno, the buffer as it was, the descriptor still open. */
static void
check_refused(int fd, off_t offset, off_t length, int error)
{
	struct evbuffer *buf = buffer_with("data");

	evbuffer_drain(buf, 1);
	watch(buf, "buf");
	CHECK_ERRNO(evbuffer_add_file(buf, fd, offset, length), error);
	CHECK(fd < 0 || is_open(fd));
	CHECK_TEXT(buf, "ata");
	CHECK_CALLS("");
	evbuffer_free(buf);
}

TEST_ONCE(a_file_that_ends_before_is_refused)
{
	int fd = pattern_file(LENGTH);

	check_refused(fd, 0, LENGTH + 1, EINVAL);
	check_refused(fd, LENGTH, 1, EINVAL);
	check_refused(fd, LENGTH + 1, 1, EINVAL);
	check_refused(fd, LENGTH + 1, -1, EINVAL);
	check_refused(fd, 9000, 1001, EINVAL);
	check_refused(fd, INT64_MAX, 1, EINVAL);
	check_refused(fd, INT64_MAX, -1, EINVAL);
	close(fd);
}

TEST_ONCE(numbers_that_make_no_part)
{
	int fd = pattern_file(LENGTH);

	check_refused(fd, -1, 10, EINVAL);
	check_refused(fd, -1, -1, EINVAL);
	check_refused(fd, INT64_MIN, 10, EINVAL);
	check_refused(fd, INT64_MIN, -1, EINVAL);
	check_refused(fd, 0, -2, EINVAL);
	check_refused(fd, 0, INT64_MIN, EINVAL);
	/* A part that no memory holds is looked for in no file. */
	check_refused(fd, 0, INT64_MAX, ENOMEM);
	close(fd);
}

TEST_ONCE(what_is_no_file)
{
	int fds[2], folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	make_pipe(fds);
	put_byte(fds[1]);
	check_refused(fds[0], 0, 1, ESPIPE);
	CHECK_INT(drain(fds[0]), 1);
	close(fds[0]);
	close(fds[1]);
	make_pair(fds);
	check_refused(fds[0], 0, 1, ESPIPE);
	close(fds[0]);
	close(fds[1]);
	CHECK(folder != -1);
	check_refused(folder, 0, 1, EISDIR);
	close(folder);
	check_refused(-1, 0, 1, EBADF);
	check_refused(-1, 0, -1, EBADF);
}

/* To the end of what has no end that anybody knows. */
TEST_ONCE(the_rest_of_what_is_no_file)
{
	int fds[2], folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	make_pipe(fds);
	put_byte(fds[1]);
	check_refused(fds[0], 0, -1, ESPIPE);
	close(fds[0]);
	close(fds[1]);
	CHECK(folder != -1);
	check_refused(folder, 0, -1, EISDIR);
	close(folder);
}

TEST_ONCE(a_file_that_cannot_be_read)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	CHECK(fd != -1);
	check_refused(fd, 0, 1, EBADF);
	close(fd);
}

TEST_ONCE(a_large_file)
{
	enum { LARGE = 9 << 20 };
	struct evbuffer *buf = buffer_with("x");
	int fd = pattern_file(LARGE);

	CHECK_INT(evbuffer_add_file(buf, fd, 1000, LARGE - 1000), 0);
	evbuffer_drain(buf, 1);
	CHECK_PATTERN(buf, 1000, LARGE - 1000);
	evbuffer_free(buf);
}

/* A file with a hole, 5 GiB away: sizes and places beyond 32 bits. */
TEST_ONCE(a_place_far_away)
{
	const off_t far = (off_t)5 << 30;
	struct evbuffer *buf = new_buffer();
	int fd = memfd_create("far", MFD_CLOEXEC), same;

	CHECK(fd != -1);
	CHECK_INT(pwrite(fd, "far away", 8, far), 8);
	same = dup(fd);
	CHECK_INT(evbuffer_add_file(buf, fd, far, 3), 0);
	CHECK_INT(evbuffer_add_file(buf, same, far + 3, -1), 0);
	CHECK_TEXT(buf, "far away");
	evbuffer_free(buf);
}

/* References */

static char lent[] = "some bytes";

static void
clean_up(const void *data, size_t length, void *arg)
{
	CHECK_PTR(data, lent);
	CHECK_INT(length, 10);
	CHECK_STR(arg, "arg");
	/* They are the program's again: the buffer keeps what they were. */
	memset(lent, '-', 10);
	trace("cleanup ");
}

/* The memory is given back at once, before anybody is told of the change. */
TEST_ONCE(a_reference_is_copied_and_cleaned_up)
{
	struct evbuffer *buf = buffer_with("with ");

	watch(buf, "buf");
	CHECK_INT(evbuffer_add_reference(buf, lent, 10, clean_up, (void *)"arg"), 0);
	CHECK_CALLS("cleanup buf:5>15 ");
	CHECK_TEXT(buf, "with some bytes");
	CHECK_STR(lent, "----------");
	evbuffer_free(buf);
	CHECK_CALLS("");
}

TEST_ONCE(a_reference_without_cleanup)
{
	struct evbuffer *buf = new_buffer();

	watch(buf, "buf");
	CHECK_INT(evbuffer_add_reference(buf, lent, 10, NULL, NULL), 0);
	CHECK_CALLS("buf:0>10 ");
	lent[0] = 'd';
	CHECK_TEXT(buf, "some bytes");
	evbuffer_free(buf);
}

static void
count_cleanup(const void *data, size_t length, void *arg)
{
	(void)data;
	CHECK_INT(length, 0);
	++*(int *)arg;
}

TEST_ONCE(a_reference_to_nothing_is_cleaned_up)
{
	struct evbuffer *buf = new_buffer();
	int cleanups = 0;

	watch(buf, "buf");
	CHECK_INT(evbuffer_add_reference(buf, "", 0, count_cleanup, &cleanups), 0);
	CHECK_INT(evbuffer_add_reference(buf, NULL, 0, count_cleanup, &cleanups), 0);
	CHECK_INT(cleanups, 2);
	CHECK_CALLS("");
	evbuffer_free(buf);
}

TEST_ONCE(a_reference_that_is_refused_is_not_cleaned_up)
{
	struct evbuffer *buf = buffer_with("data");
	int cleanups = 0;

	CHECK_ERRNO(evbuffer_add_reference(buf, lent, SIZE_MAX, count_cleanup, &cleanups), ENOMEM);
	CHECK_ERRNO(evbuffer_add_reference(buf, lent, SIZE_MAX - 3, count_cleanup, &cleanups),
	    ENOMEM);
	CHECK_INT(cleanups, 0);
	CHECK_TEXT(buf, "data");
	evbuffer_free(buf);
}

/* A cleanup may use the buffer, and free it. */

static void
clean_up_and_add(const void *data, size_t length, void *buf)
{
	(void)data;
	CHECK_INT(EVBUFFER_LENGTH((struct evbuffer *)buf), (long long)length);
	CHECK_INT(evbuffer_add(buf, "!", 1), 0);
}

static void
clean_up_all(const void *data, size_t length, void *buf)
{
	(void)data;
	(void)length;
	evbuffer_free(buf);
}

TEST_ONCE(a_cleanup_may_change_and_free_the_buffer)
{
	struct evbuffer *buf = new_buffer();

	CHECK_INT(evbuffer_add_reference(buf, lent, 10, clean_up_and_add, buf), 0);
	CHECK_TEXT(buf, "some bytes!");
	watch(buf, "buf");
	CHECK_INT(evbuffer_add_reference(buf, lent, 10, clean_up_all, buf), 0);
	CHECK_CALLS("");
}
