/* The test programs' main(), the checks, and the helpers that harness.h lists. */
#include "harness.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

enum { PASSED = 0, FAILED = 1, USAGE = 2, SKIPPED = 77 };

static struct test *first_test;
static struct test **last_test = &first_test;

void
test_register(struct test *test)
{
	*last_test = test;
	last_test = &test->next;
}

void
test_fail(const char *file, int line, const char *format, ...)
{
	const char *base = strrchr(file, '/');
	va_list args;

	fprintf(stderr, "%s:%d: ", base != NULL ? base + 1 : file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	_exit(FAILED);
}

void
test_skip(const char *format, ...)
{
	va_list args;

	printf("skip: ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	_exit(SKIPPED);
}

void
check_int_(const char *file, int line, const char *text, long long got, long long want)
{
	if (got != want)
		test_fail(file, line, "%s is %lld, want %lld", text, got, want);
}

void
check_str_(const char *file, int line, const char *text, const char *got, const char *want)
{
	if (got == NULL || strcmp(got, want) != 0)
		test_fail(file, line, "%s is \"%s\", want \"%s\"", text,
		    got != NULL ? got : "(null)", want);
}

void
check_elapsed_(const char *file, int line, int64_t start_ns, int64_t least_ms)
{
	int64_t elapsed = now_ns() - start_ns;
	int64_t most_ms = least_ms + (int64_t)(2000 * time_factor());

	if (elapsed < least_ms * 1000000)
		test_fail(file, line, "early: %lld ns after the start, want %lld ms",
		    (long long)elapsed, (long long)least_ms);
	if (elapsed > most_ms * 1000000)
		test_fail(file, line, "late: %lld ns after the start, want %lld ms",
		    (long long)elapsed, (long long)least_ms);
}

/* Bases */

static void
check_method(void)
{
	const char *want = getenv("EVHUB_EXPECT_METHOD");

	if (want != NULL && strcmp(event_get_method(), want) != 0)
		test_fail(__FILE__, __LINE__, "the method in use is %s, want %s",
		    event_get_method(), want);
}

struct event_base *
init_base(void)
{
	struct event_base *base = event_init();

	CHECK(base != NULL);
	CHECK_PTR(current_base, base);
	check_method();
	return base;
}

const char *
method(void)
{
	return event_get_method();
}

int
method_is(const char *name)
{
	return strcmp(method(), name) == 0;
}

/* Time */

int64_t
now_ns(void)
{
	struct timespec ts;

	CHECK_INT(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t
now_ms(void)
{
	return now_ns() / 1000000;
}

void
sleep_ms(int ms)
{
	struct timespec left = { ms / 1000, (long)(ms % 1000) * 1000000 };

	while (nanosleep(&left, &left) == -1)
		CHECK_INT(errno, EINTR);
}

struct timeval
tv_ms(long ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	return tv;
}

double
time_factor(void)
{
	const char *text = getenv("EVHUB_TEST_TIMEOUT_FACTOR");
	double factor = text != NULL ? atof(text) : 1;

	return factor > 1 ? factor : 1;
}

int
add_ms(struct event *ev, long ms)
{
	struct timeval tv = tv_ms(ms);

	return event_add(ev, &tv);
}

int
exit_after_ms(struct event_base *base, long ms)
{
	struct timeval tv = tv_ms(ms);

	return event_base_loopexit(base, &tv);
}

/* Notes */

void
note_cb(int fd, short what, void *arg)
{
	struct note *note = arg;

	note->calls++;
	note->fd = fd;
	note->what = what;
	note->at_ns = now_ns();
}

static char trace_text[4096];
static size_t trace_length;

void
trace(const char *text)
{
	size_t length = strlen(text);

	CHECK(trace_length + length < sizeof(trace_text));
	memcpy(trace_text + trace_length, text, length + 1);
	trace_length += length;
}

void
trace_cb(int fd, short what, void *text)
{
	(void)fd;
	(void)what;
	trace(text);
}

const char *
traced(void)
{
	return trace_text;
}

void
trace_reset(void)
{
	trace_length = 0;
	trace_text[0] = '\0';
}

/* The log */

static int log_counts[4];
static char log_line[1100];

static void
count_log(int severity, const char *text)
{
	CHECK(severity >= 0 && severity < (int)COUNT(log_counts));
	log_counts[severity]++;
	snprintf(log_line, sizeof(log_line), "%s", text);
}

void
capture_log(void)
{
	memset(log_counts, 0, sizeof(log_counts));
	log_line[0] = '\0';
	event_set_log_callback(count_log);
}

int
logged(int severity)
{
	return log_counts[severity];
}

const char *
last_log(void)
{
	return log_line;
}

/* Children */

pid_t
fork_child(void)
{
	pid_t parent = getpid();
	pid_t pid;

	fflush(NULL);
	pid = fork();
	CHECK(pid != -1);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(FAILED);
	}
	return pid;
}

int
wait_child(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		CHECK_INT(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#ifdef __SANITIZE_THREAD__
/* The library's compiler calls these, which gcc's runtime does not have. */
__attribute__((weak)) void *
__tsan_memcpy(void *to, const void *from, size_t size)
{
	return memcpy(to, from, size);
}

__attribute__((weak)) void *
__tsan_memmove(void *to, const void *from, size_t size)
{
	return memmove(to, from, size);
}

__attribute__((weak)) void *
__tsan_memset(void *to, int byte, size_t size)
{
	return memset(to, byte, size);
}
#endif

/* The main program */

/* The library that the process uses is the one that the runner meant. */
static void
check_library(void)
{
	const char *want = getenv("EVHUB_EXPECT_LIBRARY");
	char real[PATH_MAX];
	Dl_info info;

	CHECK_STR(event_get_version(), "1.4.15");
	if (want == NULL)
		return;
	CHECK(dladdr(dlsym(RTLD_DEFAULT, "event_init"), &info) != 0);
	CHECK(realpath(info.dli_fname, real) != NULL);
	CHECK_STR(real, want);
}

/* Puts a shim before those that are preloaded already. */
static void
preload(const char *shim)
{
	const char *folder = getenv("EVHUB_SHIM_DIR");
	const char *others = getenv("LD_PRELOAD");
	char path[PATH_MAX];
	char *list;

	if (folder == NULL)
		SKIP("EVHUB_SHIM_DIR does not name the folder of the shims");
	snprintf(path, sizeof(path), "%s/%s.so", folder, shim);
	CHECK_INT(access(path, R_OK), 0);
	CHECK(asprintf(&list, "%s:%s", path, others != NULL ? others : "") != -1);
	setenv("LD_PRELOAD", list, 1);
	free(list);
}

/* "A=1 SHIM=name": the words go to the environment, SHIM becomes LD_PRELOAD. */
static void
set_environment(const char *env)
{
	char *words = strdup(env);
	char *save = NULL;
	char *word;

	CHECK(words != NULL);
	for (word = strtok_r(words, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
		if (strncmp(word, "SHIM=", 5) == 0)
			preload(word + 5);
		else
			CHECK_INT(putenv(strdup(word)), 0);
	}
	free(words);
}

/* The environment must be there before the process starts: a preload, a library's first look. */
static void
restart_with(const char *env, char **argv)
{
	if (getenv("EVHUB_TEST_RESTARTED") != NULL)
		return;
	set_environment(env);
	setenv("EVHUB_TEST_RESTARTED", "1", 1);
	/* The name first: under valgrind /proc/self/exe is valgrind itself. */
	execv(argv[0], argv);
	execv("/proc/self/exe", argv);
	test_fail(__FILE__, __LINE__, "execv, errno %d", errno);
}

static int
run(const char *name, char **argv)
{
	struct test *test;

	for (test = first_test; test != NULL; test = test->next) {
		if (strcmp(test->name, name) != 0)
			continue;
		if (test->env != NULL)
			restart_with(test->env, argv);
		check_library();
		test->run();
		return PASSED;
	}
	fprintf(stderr, "there is no test called %s\n", name);
	return USAGE;
}

int
main(int argc, char **argv)
{
	struct test *test;

	if (argc != 2) {
		fprintf(stderr, "usage: %s --list | NAME\n", argv[0]);
		return USAGE;
	}
	if (strcmp(argv[1], "--list") != 0)
		return run(argv[1], argv);
	for (test = first_test; test != NULL; test = test->next)
		printf("%s\t%s\n", test->name, test->every_backend ? "every" : "default");
	return PASSED;
}
