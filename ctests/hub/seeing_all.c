/* What there is to see of a hub: numbers, a list of its greenlets, and switches as they are. */
#include "hub.h"

static void *
waits_for_flag(void *flag)
{
	evhub_flag_wait(flag, LONG);
	return NULL;
}

static evhub_stats_t
stats(void)
{
	evhub_stats_t stats;

	stats.size = sizeof stats;
	CHECK_INT(evhub_stats(&stats), 0);
	return stats;
}

TEST_ONCE(numbers)
{
	evhub_flag_t *flag = evhub_flag_new();
	evhub_greenlet_t *g[3];
	evhub_stats_t s = stats();
	uint64_t switches;
	int i;

	CHECK_INT(s.alive, 0);
	CHECK_INT(s.spawned, 0);
	for (i = 0; i < 3; i++)
		g[i] = spawn(waits_for_flag, flag);
	s = stats();
	CHECK_INT(s.alive, 3);
	CHECK_INT(s.ready, 3);
	CHECK_INT(s.waiting, 0);
	switches = s.switches;
	run_others();
	s = stats();
	CHECK_INT(s.ready, 0);
	CHECK_INT(s.waiting, 3);
	CHECK(s.switches >= switches + 3);
	CHECK(s.stacks >= s.stacks_free + 3);
	CHECK(s.stack_bytes >= s.stacks * 16384);
	CHECK_INT(evhub_flag_set(flag), 0);
	for (i = 0; i < 3; i++)
		end_of(g[i]);
	s = stats();
	CHECK_INT(s.alive, 0);
	CHECK_INT(s.peak, 3);
	CHECK_INT(s.spawned, 3);
	CHECK(s.wakeups >= 3);
	evhub_flag_free(flag);
	s.size = sizeof s - 1;
	CHECK_ERRNO(evhub_stats(&s), EINVAL);
	CHECK_ERRNO(evhub_stats(NULL), EINVAL);
}

struct seen {
	int count;
	evhub_info_t last;
	char name[32];
	char waits_for[32];
};

static int
look(const evhub_info_t *info, void *arg)
{
	struct seen *seen = (struct seen *)arg;

	CHECK(info->size >= sizeof *info);
	CHECK_INT(info->id, evhub_id(info->greenlet));
	CHECK_INT(info->state, evhub_state(info->greenlet));
	CHECK((info->waits_for != NULL) == (info->state == EVHUB_WAITING));
	seen->last = *info;
	snprintf(seen->name, sizeof seen->name, "%s", info->name);
	snprintf(seen->waits_for, sizeof seen->waits_for, "%s",
	    info->waits_for != NULL ? info->waits_for : "");
	return ++seen->count == 3 ? 7 : 0;
}

TEST_ONCE(each_greenlet)
{
	evhub_flag_t *flag = evhub_flag_new();
	evhub_attr_t attr = EVHUB_ATTR_INIT;
	struct seen seen = { 0 };
	evhub_greenlet_t *g;

	attr.name = "the one";
	attr.stack_size = 100000;
	g = evhub_spawn_with(&attr, waits_for_flag, flag);
	run_others();
	CHECK_INT(evhub_foreach(look, &seen), 0);
	CHECK_INT(seen.count, 2);
	CHECK_PTR(seen.last.greenlet, g);
	CHECK_PTR(seen.last.object, evhub_flag_waitable(flag));
	CHECK_INT(seen.last.parent, evhub_id(evhub_main()));
	CHECK_STR(seen.name, "the one");
	CHECK_STR(seen.waits_for, "flag");
	CHECK_INT(seen.last.stack_size, 131072);
	CHECK(seen.last.stack_used > 0 && seen.last.stack_used <= 131072);
	/* What is not 0 ends it. */
	CHECK(evhub_go(waits_for_flag, flag) == 0 && evhub_go(waits_for_flag, flag) == 0);
	seen.count = 0;
	CHECK_INT(evhub_foreach(look, &seen), 7);
	CHECK_INT(seen.count, 3);
	CHECK_ERRNO(evhub_foreach(NULL, NULL), EINVAL);
	evhub_flag_set(flag);
	end_of(g);
	run_others();
	evhub_flag_free(flag);
}

TEST_ONCE(a_listing)
{
	evhub_flag_t *flag = evhub_flag_new();
	evhub_greenlet_t *g = spawn(waits_for_flag, flag);
	char text[1000];
	FILE *out = tmpfile();
	size_t length;

	CHECK(out != NULL);
	CHECK_INT(evhub_set_name(g, "sleepy"), 0);
	run_others();
	CHECK_INT(evhub_dump(out), 0);
	rewind(out);
	length = fread(text, 1, sizeof text - 1, out);
	text[length] = '\0';
	fclose(out);
	CHECK(strstr(text, "main: runs") != NULL);
	CHECK(strstr(text, "sleepy: flag") != NULL);
	CHECK_ERRNO(evhub_dump(NULL), EINVAL);
	evhub_flag_set(flag);
	end_of(g);
	evhub_flag_free(flag);
}

struct traced {
	evhub_greenlet_t *main, *g;
	int to_g, from_g, thrown, blocked;
};

static void
note_switch(int what, evhub_greenlet_t *from, evhub_greenlet_t *to, void *arg)
{
	struct traced *traced = (struct traced *)arg;

	if (what == EVHUB_TRACE_THROW) {
		CHECK_PTR(from, traced->main);
		CHECK_PTR(to, traced->g);
		traced->thrown++;
		return;
	}
	CHECK_INT(what, EVHUB_TRACE_SWITCH);
	CHECK(from != to);
	traced->to_g += to == traced->g;
	traced->from_g += from == traced->g;
	/* It may not wait. */
	errno = 0;
	traced->blocked += evhub_sleep(1) == -1 && errno == EPERM;
}

TEST_ONCE(switches_and_errors)
{
	evhub_flag_t *flag = evhub_flag_new();
	struct traced traced = { 0 };

	traced.main = evhub_main();
	traced.g = spawn(waits_for_flag, flag);
	CHECK_INT(evhub_set_trace(note_switch, &traced), 0);
	run_others();
	CHECK_INT(traced.to_g, 1);
	CHECK_INT(traced.from_g, 1);
	CHECK_INT(evhub_kill(traced.g, 0, -1), 0);
	CHECK_INT(traced.thrown, 1);
	CHECK_INT(traced.to_g, 2);
	CHECK_INT(traced.from_g, 2);
	CHECK(traced.blocked >= 4);
	CHECK_INT(evhub_set_trace(NULL, NULL), 0);
	end_of(spawn(waits_for_flag, (evhub_flag_set(flag), flag)));
	CHECK_INT(traced.to_g, 2);
	evhub_release(traced.g);
	evhub_flag_free(flag);
}
