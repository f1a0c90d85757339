/*
 * Boost.Context's bare transfers. It has no scheduler: a round trip is one out and one back, and
 * a coroutine is a stack that is at hand, made ready and entered once.
 */
#include <boost/context/detail/fcontext.hpp>
#include <sys/mman.h>
#include <cstddef>
#include <cstdlib>

#include "coro_frame.h"

using boost::context::detail::fcontext_t;
using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

static char *map_stacks(long count)
{
	std::size_t size = (std::size_t)count * STACK_SIZE;
	void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	must(memory != MAP_FAILED, "mmap");
	// Huge pages would give each stack more than it uses.
	madvise(memory, size, MADV_NOHUGEPAGE);
	return static_cast<char *>(memory);
}

static fcontext_t made(char *stack, void (*fn)(transfer_t))
{
	return make_fcontext(stack + STACK_SIZE, STACK_SIZE, fn);
}

static void back_for_ever(transfer_t from)
{
	for (;;)
		from = jump_fcontext(from.fctx, nullptr);
}

static void to_and_fro(long count)
{
	transfer_t from = { made(map_stacks(1), back_for_ever), nullptr };

	coro_start();
	for (long i = 0; i < count; i++)
		from = jump_fcontext(from.fctx, nullptr);
	coro_stop("coro.switch", "ns/roundtrip", count);
}

static void back_once(transfer_t from)
{
	jump_fcontext(from.fctx, nullptr);
	std::abort();
}

static void enter_each(long count)
{
	char *stack = map_stacks(1);

	coro_start();
	for (long i = 0; i < count; i++)
		jump_fcontext(made(stack, back_once), nullptr);
	coro_stop("coro.spawn", "ns/coroutine", count);
}

static void park(long count)
{
	coro_before_parking();
	char *stacks = map_stacks(count);
	for (long i = 0; i < count; i++)
		jump_fcontext(made(stacks + i * STACK_SIZE, back_once), nullptr);
	coro_parked(count);
}

static void setup()
{
}

extern const struct modes modes = {
	setup, to_and_fro, enter_each, park, nullptr, nullptr, nullptr,
};
