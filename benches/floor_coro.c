/*
 * The floor of coroutines: a switch in line, which saves what the compiler tells that it needs, a
 * run queue, boxes for one token. No library can do with less. x86-64 only, and to be compiled
 * with -mno-red-zone, as the switch pushes onto the stack that it leaves.
 */
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "coro_frame.h"

#ifndef __x86_64__
#error "there is a floor for x86-64 only"
#endif

struct strand {
	void *sp;
	struct strand *next;	/* in the run queue */
};

/* The strand that runs, and who is next */
static struct strand whole, *running = &whole, *head, **tail = &head;
static long times;

/*
 * On a stack that is left: the address to go on at, below the frame pointer. In a new one: the
 * function, below its return address of 0.
 */
static inline __attribute__((always_inline)) void go_to(struct strand *to)
{
	void **from_sp = &running->sp, *to_sp = to->sp;

	running = to;
	__asm__ volatile(
		"pushq %%rbp\n\t"
		"leaq 1f(%%rip), %%rax\n\t"
		"pushq %%rax\n\t"
		"movq %%rsp, (%[from])\n\t"
		"movq %[to], %%rsp\n\t"
		"popq %%rax\n\t"
		"jmpq *%%rax\n"
		"1:\n\t"
		"popq %%rbp\n\t"
		: [from] "+D"(from_sp), [to] "+S"(to_sp)
		:
		: "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
		  "r15", "cc", "memory");
}

static void make(struct strand *strand, char *stack, void (*fn)(void))
{
	void **sp = (void **)(stack + STACK_SIZE);

	*--sp = NULL;
	*--sp = (void *)(uintptr_t)fn;
	strand->sp = sp;
}

static inline void ready(struct strand *strand)
{
	strand->next = NULL;
	*tail = strand;
	tail = &strand->next;
}

/* To the next that is ready, or to the program's own stack */
static inline void run_next(void)
{
	struct strand *next = head;

	if (next == NULL) {
		go_to(&whole);
		return;
	}
	head = next->next;
	if (head == NULL)
		tail = &head;
	go_to(next);
}

static char *map_stacks(long count)
{
	size_t size = (size_t)count * STACK_SIZE;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	must(memory != MAP_FAILED, "mmap");
	/* Huge pages would give each stack more than it uses. */
	madvise(memory, size, MADV_NOHUGEPAGE);
	return memory;
}

static void run_pair(void (*one)(void), void (*other)(void), const char *name)
{
	char *stacks = map_stacks(2);
	struct strand strands[2];

	make(&strands[0], stacks, one);
	make(&strands[1], stacks + STACK_SIZE, other);
	ready(&strands[0]);
	ready(&strands[1]);
	coro_start();
	run_next();
	coro_stop(name, "ns/roundtrip", times);
}

/* With nobody left in the run queue the last one's end is the end. */
static void yielder(void)
{
	long i;

	for (i = 0; i < times; i++) {
		ready(running);
		run_next();
	}
	run_next();
	abort();
}

static void yield_in_turn(long count)
{
	times = count;
	run_pair(yielder, yielder, "coro.switch");
}

/* A place for one token, and who waits for it; there is room whenever one is put in. */
struct box {
	void *token;
	struct strand *reader;
};

static struct box there, back;

static inline void put(struct box *box, void *token)
{
	box->token = token;
	if (box->reader != NULL) {
		ready(box->reader);
		box->reader = NULL;
	}
}

static inline void *take(struct box *box)
{
	void *token;

	while ((token = box->token) == NULL) {
		box->reader = running;
		run_next();
	}
	box->token = NULL;
	return token;
}

static void send_tokens(void)
{
	void *token = &whole;
	long i;

	for (i = 0; i < times; i++) {
		put(&there, token);
		token = take(&back);
	}
	go_to(&whole);
	abort();
}

static void return_tokens(void)
{
	for (;;)
		put(&back, take(&there));
}

static void pass_token(long count)
{
	times = count;
	run_pair(send_tokens, return_tokens, "coro.chan");
}

static void end_at_once(void)
{
	go_to(&whole);
	abort();
}

static void spawn_each(long count)
{
	char *stack = map_stacks(1);
	struct strand strand;
	long i;

	coro_start();
	for (i = 0; i < count; i++) {
		make(&strand, stack, end_at_once);
		go_to(&strand);
	}
	coro_stop("coro.spawn", "ns/coroutine", count);
}

static void park(long count)
{
	char *stacks;
	struct strand *strands;
	long i;

	coro_before_parking();
	stacks = map_stacks(count);
	strands = calloc(count, sizeof(*strands));
	must(strands != NULL, "calloc");
	for (i = 0; i < count; i++) {
		make(&strands[i], stacks + i * STACK_SIZE, end_at_once);
		go_to(&strands[i]);
	}
	coro_parked(count);
}

/* An echo server has nothing to keep on a stack between two messages: the loop alone. */
static void serve(const int *fds, int count)
{
	struct epoll_event ready_now[CROWD];
	char data[PIECE];
	int i, n, epoll = epoll_create1(EPOLL_CLOEXEC);
	ssize_t length;

	must(epoll != -1, "epoll_create1");
	for (i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.fd = fds[i] };

		must(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event) == 0, "epoll_ctl");
	}
	for (;;) {
		n = epoll_wait(epoll, ready_now, CROWD, -1);
		for (i = 0; i < n; i++) {
			length = recv(ready_now[i].data.fd, data, sizeof(data), 0);
			must(length > 0, "recv");
			coro_message();
			must(send(ready_now[i].data.fd, data, length, 0) == length, "send");
		}
	}
}

static void setup(void)
{
}

const struct modes modes = {
	.setup = setup,
	.yield = yield_in_turn,
	.spawn = spawn_each,
	.park = park,
	.pass = pass_token,
	.serve = serve,
};
