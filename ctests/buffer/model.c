/*
 * Proves behaviours 68-79, 193 and 194 together, and the functions of buffer_ext.h: random
 * programs over a few buffers against plain bytes. After each step contents, fields and results,
 * and each callback when it comes, must be those of the model. Some callbacks change and free
 * the buffers in turn.
 */
#include "model_edit.h"
#include "model_ext.h"
#include "model_io.h"

enum { STEPS = 2500 };

static int steps_left;

/* Steps that need no descriptor. */
static void
step_edit(struct subject *subject, unsigned kind)
{
	if (kind < 14)
		step_add(subject);
	else if (kind < 16)
		step_add_own(subject);
	else if (kind < 22)
		step_move(subject, any_subject());
	else if (kind < 28)
		step_print(subject);
	else if (kind < 36)
		step_drain(subject, random_part(subject));
	else if (kind < 42)
		step_remove(subject);
	else if (kind < 45)
		step_expand(subject);
	else if (kind < 46)
		step_too_large(subject);
	else if (kind < 51)
		step_find(subject);
	else
		step_line(subject);
}

static void
step_extension(struct subject *subject, unsigned kind)
{
	if (kind < 6)
		step_prepend(subject);
	else if (kind < 7)
		step_prepend_own(subject);
	else if (kind < 10)
		step_look(subject);
	else if (kind < 14)
		step_search(subject);
	else if (kind < 16)
		step_file(subject);
	else
		step_reference(subject);
}

static void
step_io(struct subject *subject, unsigned kind)
{
	int at = (int)next_random(STREAMS);

	if (kind < 4)
		step_arrive(&streams[at]);
	else if (kind < 5)
		step_leave(&streams[at]);
	else if (kind < 10)
		step_read(subject, &streams[at]);
	else if (kind < 14)
		step_write(subject, &streams[at]);
	else if (current == NULL && kind < 15)
		step_hang_up(subject, at);
	else
		step_bad_fd(subject);
}

static void
step(void)
{
	struct subject *subject = any_subject();
	unsigned kind = next_random(100);

	if (steps_left-- <= 0)
		return;
	if (subject->want.length > LONGEST)
		step_drain(subject, subject->want.length - next_random(100));
	else if (kind < 62)
		step_edit(subject, kind);
	else if (kind < 80)
		step_extension(subject, kind - 62);
	else if (kind < 96)
		step_io(subject, kind - 80);
	else if (kind < 98)
		listen_with(subject, (int)next_random(3));
	else {
		free_subject(subject);
		make_subject(subject);
	}
}

static void
random_program(void)
{
	int i;

	for (i = 0; i < BUFFERS; i++)
		make_subject(&subjects[i]);
	for (i = 0; i < STREAMS; i++)
		open_stream(i);
	make_file();
	check_all();
	for (steps_left = STEPS; steps_left > 0;)
		step();
	for (i = 0; i < BUFFERS; i++) {
		evbuffer_free(subjects[i].buf);
		bytes_free(&subjects[i].want);
	}
	for (i = 0; i < STREAMS; i++) {
		close_stream(i);
		bytes_free(&streams[i].under_way);
	}
	close(file);
}

static void
prepare(void)
{
	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	capture_log();
}

/* On every backend: one of them is in the library that has its assertions. */
TEST(random_programs)
{
	prepare();
	each_seed(15, random_program);
}

TEST(random_programs_whose_callbacks_change_the_buffers)
{
	prepare();
	deepest = 4;
	each_seed(15, random_program);
}
