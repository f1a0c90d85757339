/*
 * Proves behaviours 30 and 191: numbers that become other files between two calls, where the tests
 * by subject could not tell the library from one with a line changed.
 */
#include "harness.h"

/* Two events for the two directions of one number, and another stream that is readable. */
struct scene {
	struct event_base *base;
	struct event reader, writer;
	int fd;
	int other[2];
};

static void
make_scene(struct scene *scene)
{
	int fds[2];

	scene->base = init_base();
	make_pair(fds);
	make_pair(scene->other);
	put_byte(scene->other[1]);
	scene->fd = fds[0];
	event_set(&scene->reader, fds[0], EV_READ | EV_PERSIST, trace_cb, "r");
	event_set(&scene->writer, fds[0], EV_WRITE | EV_PERSIST, trace_cb, "w");
	CHECK_INT(event_add(&scene->reader, NULL), 0);
	CHECK_INT(event_add(&scene->writer, NULL), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_STR(traced(), "w");
	trace_reset();
}

static void
end_scene(struct scene *scene)
{
	CHECK_INT(event_pending(&scene->reader, EV_READ, NULL), EV_READ);
	CHECK_INT(event_del(&scene->reader), 0);
	CHECK_INT(event_dispatch(), 1);
	event_base_free(scene->base);
}

/* The kernel tells about the new file when the writer is deleted: the reader is none of its. */
TEST(a_delete_finds_another_file)
{
	struct scene scene;

	make_scene(&scene);
	if (method_is("poll") || method_is("select"))
		SKIP("%s cannot tell", method());
	CHECK_INT(dup2(scene.other[0], scene.fd), scene.fd);
	CHECK_INT(event_del(&scene.writer), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_STR(traced(), "");
	end_scene(&scene);
}

/* The number is closed when the writer is deleted: what comes there later is not the reader's. */
TEST(a_delete_finds_a_closed_number)
{
	struct scene scene;
	struct event late;

	make_scene(&scene);
	close(scene.fd);
	CHECK_INT(event_del(&scene.writer), 0);
	CHECK_INT(dup2(scene.other[0], scene.fd), scene.fd);
	event_set(&late, scene.fd, EV_READ | EV_PERSIST, trace_cb, "l");
	CHECK_INT(event_add(&late, NULL), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	CHECK_STR(traced(), "l");
	CHECK_INT(event_del(&late), 0);
	end_scene(&scene);
}

/* A number lends itself to another file and is given back: epoll has kept its entry for it. */
TEST(a_file_comes_back_to_its_number)
{
	struct event_base *base = init_base();
	struct event ev, guest;
	int fds[2], other[2], copy;

	make_pair(fds);
	make_pair(other);
	put_byte(fds[1]);
	event_set(&ev, fds[0], EV_READ, trace_cb, "e");
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "e");
	copy = dup(fds[0]);
	CHECK(copy != -1);
	CHECK_INT(dup2(other[0], fds[0]), fds[0]);
	event_set(&guest, fds[0], EV_WRITE | EV_PERSIST, trace_cb, "g");
	CHECK_INT(event_add(&guest, NULL), 0);
	CHECK_INT(event_loop(EVLOOP_ONCE), 0);
	CHECK_STR(traced(), "eg");
	CHECK_INT(event_del(&guest), 0);
	CHECK_INT(dup2(copy, fds[0]), fds[0]);
	CHECK_INT(event_add(&ev, NULL), 0);
	CHECK_INT(event_dispatch(), 1);
	CHECK_STR(traced(), "ege");
	event_base_free(base);
}
