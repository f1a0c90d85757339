//! What sanitizers and valgrind want to know of stacks.
//!
//! The program may be instrumented while the library is not, so that the functions of sanitizers
//! are looked up while it runs. What is known of a stack is a `Record` at its top; that of a
//! thread's own stack is in the frame of the switch that left it.
//!
//! * AddressSanitizer knows where the running stack is, and may keep variables in a fake one.
//! * ThreadSanitizer keeps a history for each stack, which it calls a fiber.
//! * LeakSanitizer, a part of it, searches stacks for pointers: those that do not run, too.
//! * valgrind has a list of stacks, so that it takes no switch for a very large frame.

use super::stack::Stack;
use super::switch::Strand;
use crate::sys::symbol;
use std::cell::Cell;
use std::ffi::{c_uint, c_void};
use std::mem::transmute;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Is there a tool that wants to hear of switches? Asked by each.
static PRESENT: AtomicBool = AtomicBool::new(false);
/// Is there valgrind, which wants to hear of stacks?
static VALGRIND: AtomicBool = AtomicBool::new(false);
static TOOLS: OnceLock<Tools> = OnceLock::new();

struct Tools {
    address: Option<Address>,
    thread: Option<Thread>,
    valgrind: bool,
}

/// Functions of a sanitizer's, found by their names; there are all or none.
macro_rules! functions {
    ($(#[$doc:meta])* $group:ident { $($field:ident: $name:literal, $type:ty;)* }) => {
        $(#[$doc])*
        struct $group {
            $($field: $type,)*
        }

        impl $group {
            fn find() -> Option<$group> {
                Some($group {
                    $($field: {
                        let address = symbol::find($name)?.as_ptr();
                        // SAFETY: the name is the sanitizer's own, the type that of its header.
                        unsafe { transmute::<*mut c_void, $type>(address) }
                    },)*
                })
            }
        }
    };
}

functions! {
    /// AddressSanitizer's (in `sanitizer/`: `common_interface_defs.h`, `asan_interface.h`,
    /// `lsan_interface.h`).
    Address {
        start_switch: c"__sanitizer_start_switch_fiber",
            unsafe extern "C" fn(*mut *mut c_void, *const c_void, usize);
        finish_switch: c"__sanitizer_finish_switch_fiber",
            unsafe extern "C" fn(*mut c_void, *mut *const c_void, *mut usize);
        unpoison: c"__asan_unpoison_memory_region", unsafe extern "C" fn(*const c_void, usize);
        search: c"__lsan_register_root_region", unsafe extern "C" fn(*const c_void, usize);
        search_not: c"__lsan_unregister_root_region", unsafe extern "C" fn(*const c_void, usize);
    }
}

functions! {
    /// ThreadSanitizer's (`sanitizer/tsan_interface.h`).
    Thread {
        current: c"__tsan_get_current_fiber", unsafe extern "C" fn() -> *mut c_void;
        create: c"__tsan_create_fiber", unsafe extern "C" fn(c_uint) -> *mut c_void;
        destroy: c"__tsan_destroy_fiber", unsafe extern "C" fn(*mut c_void);
        switch_to: c"__tsan_switch_to_fiber", unsafe extern "C" fn(*mut c_void, c_uint);
    }
}

/// Looks for tools, once in a process; before the first stack is there.
pub fn look_for() {
    let tools = TOOLS.get_or_init(|| Tools {
        address: Address::find(),
        thread: Thread::find(),
        valgrind: request(RUNNING_ON_VALGRIND, 0, 0) != 0,
    });
    if tools.address.is_some() || tools.thread.is_some() {
        PRESENT.store(true, Relaxed);
    }
    if tools.valgrind {
        VALGRIND.store(true, Relaxed);
    }
}

/// Are there tools that want to hear of switches?
pub fn look_for_tools() -> bool {
    look_for();
    are_present()
}

#[inline(always)]
pub fn are_present() -> bool {
    PRESENT.load(Relaxed)
}

fn address() -> Option<&'static Address> {
    TOOLS.get()?.address.as_ref()
}

fn thread() -> Option<&'static Thread> {
    TOOLS.get()?.thread.as_ref()
}

#[inline(always)]
pub fn on_valgrind() -> bool {
    VALGRIND.load(Relaxed)
}

/// Is there a tool that wants to hear of new stacks?
pub fn want_stacks() -> bool {
    are_present() || on_valgrind()
}

/// valgrind hears that a stack begins: its first frames go where earlier ones went.
#[cold]
#[inline(never)]
pub fn begin(top: usize) {
    const FRAMES: usize = 1024;
    request(MAKE_MEM_UNDEFINED, top - FRAMES, FRAMES);
}

/// valgrind reports whoever uses the memory until it is allowed again.
#[cold]
#[inline(never)]
pub fn forbid(at: usize, size: usize) {
    request(MAKE_MEM_NOACCESS, at, size);
}

#[cold]
#[inline(never)]
pub fn allow(at: usize, size: usize) {
    request(MAKE_MEM_UNDEFINED, at, size);
}

/// What tools know of a stack.
pub struct Record {
    low: Cell<*const c_void>,
    size: Cell<usize>,
    /// AddressSanitizer's fake stack, while this one does not run.
    fake: Cell<*mut c_void>,
    fiber: Cell<*mut c_void>,
    has_left: Cell<bool>,
    /// A thread's own stack: no pool has told of it.
    is_own: bool,
    entry: Cell<Option<fn() -> !>>,
}

impl Record {
    /// Of a thread's own stack.
    pub fn new() -> Record {
        Record {
            low: Cell::new(ptr::null()),
            size: Cell::new(0),
            fake: Cell::new(ptr::null_mut()),
            fiber: Cell::new(ptr::null_mut()),
            has_left: Cell::new(false),
            is_own: true,
            entry: Cell::new(None),
        }
    }

    /// The record of a stack on which `entry` will run, and where the stack begins below it.
    pub fn on(stack: &Stack, entry: fn() -> !) -> (&'static Record, usize) {
        let at = (stack.top() - size_of::<Record>()) & !63;
        unpoison(stack.low(), stack.size());
        let record = Record { is_own: false, ..Record::new() };
        record.low.set(ptr::with_exposed_provenance(stack.low()));
        record.size.set(stack.size());
        record.entry.set(Some(entry));
        if let Some(&Thread { create, .. }) = thread() {
            // SAFETY: the function takes any flags.
            record.fiber.set(unsafe { create(0) });
        }
        let place: *mut Record = ptr::with_exposed_provenance_mut(at);
        // SAFETY: memory of a stack on which nobody runs, aligned; frames are below it.
        let record = unsafe {
            place.write(record);
            &*place
        };
        (record, at)
    }

    /// Runs what the stack is for.
    pub fn entry(&self) -> ! {
        let Some(entry) = self.entry.get() else { unreachable!("a stack without an entry") };
        entry()
    }
}

// What stands right before and right after a switch is inlined: ThreadSanitizer counts the
// functions that are entered and left on each fiber.

/// Right before a switch.
#[inline(always)]
pub fn depart(from: &Record, to: &Record) {
    switch_fiber(from, to);
    if let Some(&Address { start_switch, .. }) = address() {
        // SAFETY: the fake stack is saved to a place of ours; the bounds are those of `to`.
        unsafe { start_switch(from.fake.as_ptr(), to.low.get(), to.size.get()) };
    }
}

#[inline(always)]
fn switch_fiber(from: &Record, to: &Record) {
    if let Some(&Thread { current, switch_to, .. }) = thread() {
        // SAFETY: the fiber of this thread is the one that runs; that of `to` is another one, and
        // does not. Flags of 0: what was done before the switch happens before what comes after.
        unsafe {
            from.fiber.set(current());
            switch_to(to.fiber.get(), 0);
        }
    }
}

/// Switches to another stack.
type Go = extern "C" fn(from: *const Strand, to: *const Strand);

unsafe extern "C" {
    /// In leave.c. Calls `start_switch(NULL, low, size)`, then `go(from, to)`.
    fn evhub_leave(
        start_switch: unsafe extern "C" fn(*mut *mut c_void, *const c_void, usize),
        low: *const c_void,
        size: usize,
        go: Go,
        from: *const Strand,
        to: *const Strand,
    );
}

/// Right before the last switch of a stack, and that switch: `go(from, to)`.
#[inline(always)]
pub fn leave(before: &Record, next: &Record, go: Go, from: &Strand, to: &Strand) {
    before.has_left.set(true);
    switch_fiber(before, next);
    if let Some(&Address { start_switch, .. }) = address() {
        // SAFETY: the bounds are those of `to`. The fake stack is destroyed: no instrumented
        // function stands between that and the jump.
        unsafe { evhub_leave(start_switch, next.low.get(), next.size.get(), go, from, to) };
    }
    go(from, to);
}

/// Right after the switch, on the stack that goes on.
#[inline(always)]
pub fn arrive(here: Option<&Record>, before: Option<&Record>) {
    let (Some(here), Some(before)) = (here, before) else { return };
    if let Some(&Address { finish_switch, search, search_not, .. }) = address() {
        let (mut low, mut size) = (ptr::null(), 0);
        // SAFETY: `fake` is what `start_switch` has saved there, or NULL for a new stack.
        unsafe { finish_switch(here.fake.get(), &raw mut low, &raw mut size) };
        if here.is_own {
            // SAFETY: registered when this stack was left.
            unsafe { search_not(here.low.get(), here.size.get()) };
        }
        if before.is_own {
            before.low.set(low);
            before.size.set(size);
            // SAFETY: a thread's stack that lasts longer than it is left.
            unsafe { search(low, size) };
        }
    }
    if let Some(&Thread { destroy, .. }) = thread()
        && before.has_left.get()
    {
        // SAFETY: the stack of that fiber was left for good.
        unsafe { destroy(before.fiber.get()) };
    }
}

/// Lets AddressSanitizer forget what was in the memory of a stack.
fn unpoison(low: usize, size: usize) {
    if let Some(&Address { unpoison, .. }) = address() {
        // SAFETY: the memory is mapped and nobody uses it.
        unsafe { unpoison(ptr::with_exposed_provenance(low), size) };
    }
}

/// Tells of a new stack. Returns valgrind's name for it.
pub fn register(low: usize, size: usize) -> u32 {
    if let Some(&Address { search, .. }) = address() {
        // SAFETY: the memory is mapped, and readable until `deregister`.
        unsafe { search(ptr::with_exposed_provenance(low), size) };
    }
    request(STACK_REGISTER, low, low + size) as u32
}

/// The stack is about to be unmapped.
pub fn deregister(low: usize, size: usize, name: u32) {
    if let Some(&Address { search_not, .. }) = address() {
        // SAFETY: what `register` has passed.
        unsafe { search_not(ptr::with_exposed_provenance(low), size) };
    }
    unpoison(low, size);
    request(STACK_DEREGISTER, name as usize, 0);
}

const RUNNING_ON_VALGRIND: usize = 0x1001;
const STACK_REGISTER: usize = 0x1501;
const STACK_DEREGISTER: usize = 0x1502;
/// Two of memcheck's.
const MAKE_MEM_NOACCESS: usize = 0x4d43_0000;
const MAKE_MEM_UNDEFINED: usize = 0x4d43_0001;

/// A client request: instructions that do nothing unless valgrind sees them. 0 without valgrind.
#[cfg(all(target_arch = "x86_64", target_pointer_width = "64", unix))]
fn request(code: usize, first: usize, second: usize) -> usize {
    let words = [code, first, second, 0, 0, 0];
    let answer: usize;
    // SAFETY: the four rotations make a full turn, and the exchange is of a register with itself.
    // valgrind reads the words at rax and writes rdx; a request changes none of our memory.
    unsafe {
        std::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") words.as_ptr(),
            inout("rdx") 0usize => answer,
            options(nostack),
        );
    }
    answer
}

#[cfg(not(all(target_arch = "x86_64", target_pointer_width = "64", unix)))]
fn request(_code: usize, _first: usize, _second: usize) -> usize {
    0
}
