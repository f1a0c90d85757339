//! The switch: leaves one stack where it is and goes on with another.
//!
//! The work is done by the crate `context`, which is named in this file alone. Its `resume` passes
//! one word along and hands the word, and where the other stack was left, to whoever goes on:
//!
//! ```text
//!   switch(from, to)      to.saved = from's address;  jump(what was in to.saved, to's address)
//!   whoever goes on       from = own saved;           from.saved = where that was left
//! ```
//! So `saved` is where the stack was left while it does not run, and who ran before while it does.
//!
//! On x86-64 Linux, and without tools, `hop` does the same in fewer steps, on the same frames.

use super::stack::Stack;
use super::tools;
use ::context::stack::Stack as Memory;
use ::context::{Context, Transfer};
use std::cell::Cell;
use std::mem::transmute;
use std::ptr;

/// What can be switched to: a stack that does not run.
///
/// It must not move while its stack lives: whoever runs next knows its address.
#[repr(C)]
pub struct Strand {
    saved: Cell<usize>,
    /// If there are tools: what they know of the stack.
    extra: Cell<*const ()>,
}

const _: () = assert!(size_of::<Strand>() == 16, "there may be a million of them");

/// What runs on a stack. A type, not a pointer, so that it is part of the first function there: the
/// processor's list of return addresses is the same when the stack is left as when it began.
pub trait Entry {
    fn run() -> !;
}

impl Strand {
    /// Of a stack that runs now, such as a thread's own, or none yet.
    pub const fn new() -> Strand {
        Strand { saved: Cell::new(0), extra: Cell::new(ptr::null()) }
    }

    // All stacks begin at the same place within their pages, on purpose: what is alike is at a
    // constant distance from stack to stack, so that the processor guesses it when they run in
    // turn. Different places cost more than twice as much with a thousand stacks or more.
    /// Lets an `Entry` run on the stack at the first switch to it. The stack is this strand's until
    /// it has left.
    #[inline]
    pub fn prepare<E: Entry>(&self, stack: &Stack) {
        if tools::on_valgrind() {
            tools::begin(stack.top());
        }
        if tools::are_present() {
            return prepare_with_tools(self, stack, E::run);
        }
        self.set_up(stack.low(), stack.top(), start::<E>);
    }

    #[inline(always)]
    fn set_up(&self, low: usize, top: usize, start: extern "C" fn(Transfer) -> !) {
        let at = |address| ptr::with_exposed_provenance_mut(address);
        // SAFETY: the memory is a stack that nobody runs on, by contract.
        let context = unsafe { Context::new(&Memory::new(at(top), at(low)), start) };
        self.saved.set(from_context(context));
    }

    /// Goes on with `to`; returns when somebody switches back to `from`, which is the strand of
    /// the stack that runs now. `to` is another one that was prepared or left.
    #[inline]
    pub fn switch(from: &Strand, to: &Strand) {
        if tools::are_present() {
            return switch_with_tools(from, to);
        }
        hop(from, to);
    }

    /// `switch`, for who knows that there are no tools (`look_for_tools`).
    #[inline(always)]
    pub fn switch_unseen(from: &Strand, to: &Strand) {
        hop(from, to);
    }

    /// The last switch: `from`'s stack is done for. The strand must last until `to` goes on.
    #[inline]
    pub fn leave(from: &Strand, to: &Strand) -> ! {
        if tools::are_present() {
            leave_with_tools(from, to);
        }
        hop(from, to);
        // Not reached: nobody knows any more where the stack was left.
        std::process::abort()
    }

    /// What tools know of the stack.
    fn record(&self) -> Option<&tools::Record> {
        // SAFETY: with tools, what is here is a record at the top of the stack or in the frame of
        // the switch that has left it: there as long as the stack is.
        unsafe { self.extra.get().cast::<tools::Record>().as_ref() }
    }
}

fn from_context(context: Context) -> usize {
    // SAFETY: a context is one word (`repr(C)`), and nothing happens when it is dropped.
    unsafe { transmute::<Context, usize>(context) }
}

/// Leaves `from` for `to`. Returns as `arrive` does.
#[inline(always)]
fn jump(from: &Strand, to: &Strand) -> (&'static Strand, &'static Strand) {
    let context = to.saved.get();
    debug_assert!(context != 0, "a strand of no stack");
    debug_assert!(!ptr::eq(from, to), "a stack that runs");
    to.saved.set(ptr::from_ref(from).expose_provenance());
    // SAFETY: `to` is not running (contract of `switch`), so `saved` is what `Context::new` or
    // `resume` gave, and was not resumed since.
    let transfer = unsafe {
        transmute::<usize, Context>(context).resume(ptr::from_ref(to).expose_provenance())
    };
    arrive(transfer)
}

/// Leaves `from` for `to`, without tools.
///
/// A frame is one of the crate's: mxcsr and the x87 control word, r12 to r15, rbx, rbp, the place
/// to go on. Four of them the compiler keeps elsewhere if it needs them (they are clobbered), and
/// the control words, which are slow to load, hardly ever differ. The stack is left by a jump,
/// reached without a call: so the processor's list of return addresses fits the stack that goes
/// on, if that was left in the same way.
#[cfg(all(target_arch = "x86_64", target_pointer_width = "64", target_os = "linux"))]
#[inline(always)]
fn hop(from: &Strand, to: &Strand) {
    debug_assert!(!ptr::eq(from, to), "a stack that runs");
    // SAFETY: `to` is not running (contract of `switch`), so `saved` is where `Context::new` or a
    // hop has left a frame. All registers are restored or clobbered; `saved` comes first in both.
    unsafe {
        std::arch::asm!(
            "lea rsp, [rsp - 0x40]",
            "stmxcsr [rsp]",
            "fnstcw [rsp + 4]",
            "lea rax, [rip + 2f]",
            "mov [rsp + 0x28], rbx",
            "mov [rsp + 0x30], rbp",
            "mov [rsp + 0x38], rax",
            "mov eax, [rsp]",
            "movzx ecx, word ptr [rsp + 4]",
            "mov [rdi], rsp",
            "mov rsp, [rsi]",
            "cmp eax, [rsp]",
            "jne 3f",
            "cmp cx, [rsp + 4]",
            "jne 3f",
            "4:",
            "mov r12, [rsp + 8]",
            "mov r13, [rsp + 0x10]",
            "mov r14, [rsp + 0x18]",
            "mov r15, [rsp + 0x20]",
            "mov rbx, [rsp + 0x28]",
            "mov rbp, [rsp + 0x30]",
            "mov rax, [rsp + 0x38]",
            "lea rsp, [rsp + 0x40]",
            "jmp rax",
            "3:",
            "ldmxcsr [rsp]",
            "fldcw [rsp + 4]",
            "jmp 4b",
            "2:",
            inlateout("rdi") ptr::from_ref(from) => _,
            inlateout("rsi") ptr::from_ref(to) => _,
            out("r12") _,
            out("r13") _,
            out("r14") _,
            out("r15") _,
            clobber_abi("C"),
        );
    }
}

/// Leaves `from` for `to`, without tools.
#[cfg(not(all(target_arch = "x86_64", target_pointer_width = "64", target_os = "linux")))]
#[inline(always)]
fn hop(from: &Strand, to: &Strand) {
    jump(from, to);
}

/// Notes where the stack that ran before was left. Returns who goes on, and that one.
#[inline(always)]
fn arrive(transfer: Transfer) -> (&'static Strand, &'static Strand) {
    let strand = |address| {
        let strand: *const Strand = ptr::with_exposed_provenance(address);
        // SAFETY: `jump` has passed the addresses of two strands that outlast the switch.
        unsafe { &*strand }
    };
    let here = strand(transfer.data);
    let before = strand(here.saved.get());
    before.saved.set(from_context(transfer.context));
    (here, before)
}

/// The first function on a new stack, without tools.
extern "C" fn start<E: Entry>(_transfer: Transfer) -> ! {
    #[cfg(not(all(target_arch = "x86_64", target_pointer_width = "64", target_os = "linux")))]
    arrive(_transfer);
    E::run()
}

/// As `prepare`; what tools know is kept at the top of the stack.
#[cold]
#[inline(never)]
fn prepare_with_tools(strand: &Strand, stack: &Stack, entry: fn() -> !) {
    let (record, top) = tools::Record::on(stack, entry);
    strand.extra.set(ptr::from_ref(record).cast());
    strand.set_up(stack.low(), top, start_with_tools);
}

#[cold]
#[inline(never)]
fn switch_with_tools(from: &Strand, to: &Strand) {
    // A thread's own stack has no record: until it goes on this frame stays where it is.
    let own = tools::Record::new();
    let is_own = from.record().is_none();
    if is_own {
        from.extra.set((&raw const own).cast());
    }
    if let (Some(from), Some(to)) = (from.record(), to.record()) {
        tools::depart(from, to);
    }
    let (here, before) = jump(from, to);
    tools::arrive(here.record(), before.record());
    if is_own {
        from.extra.set(ptr::null());
    }
}

#[cold]
#[inline(never)]
fn leave_with_tools(from: &Strand, to: &Strand) -> ! {
    extern "C" fn go(from: *const Strand, to: *const Strand) {
        // SAFETY: the two strands that `leave` was called with.
        let (from, to) = unsafe { (&*from, &*to) };
        jump(from, to);
    }
    if let (Some(before), Some(next)) = (from.record(), to.record()) {
        tools::leave(before, next, go, from, to);
    }
    unreachable!("a stack that was left goes on, or never was one");
}

extern "C" fn start_with_tools(transfer: Transfer) -> ! {
    let (here, before) = arrive(transfer);
    tools::arrive(here.record(), before.record());
    let Some(record) = here.record() else { unreachable!("a stack without its record") };
    record.entry()
}
