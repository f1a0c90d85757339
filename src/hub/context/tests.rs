//! Stacks that run: to and fro, many of them, used again, and what becomes of their memory. What
//! ends or limits the process is done by a child, which is this program with one test alone.

use super::overflow::{self, MOST};
use super::stack::GUARD;
use super::{Class, Entry, Pool, Stack, Strand, used};
use crate::errno::Errno;
use crate::sys::map;
use std::cell::Cell;
use std::hint::black_box;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::rc::Rc;

type Work = Box<dyn FnOnce(&Pair)>;

/// Two strands that know each other: the test's own, and one that runs `work`.
struct Pair {
    own: Strand,
    other: Strand,
    has_started: Cell<bool>,
    work: Cell<Option<Work>>,
}

thread_local! {
    static NOW: Cell<Option<Rc<Pair>>> = const { Cell::new(None) };
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

impl Pair {
    fn new(stack: &Stack, work: impl FnOnce(&Pair) + 'static) -> Rc<Pair> {
        let work = Cell::new(Some(Box::new(work) as Work));
        let has_started = Cell::new(false);
        let pair = Rc::new(Pair { own: Strand::new(), other: Strand::new(), has_started, work });
        pair.other.prepare::<Other>(stack);
        pair
    }

    /// Runs the other one until it switches back or has left.
    fn go_on(self: &Rc<Pair>) {
        if !self.has_started.replace(true) {
            NOW.set(Some(self.clone()));
        }
        Strand::switch(&self.own, &self.other);
    }

    fn back(&self) {
        Strand::switch(&self.other, &self.own);
    }
}

/// What runs on the other stack of a pair.
struct Other;

impl Entry for Other {
    fn run() -> ! {
        run_other()
    }
}

fn run_other() -> ! {
    let pair = NOW.take().unwrap();
    let work = pair.work.take().unwrap();
    work(&pair);
    // The test holds it until it has left.
    let pair: *const Pair = Rc::into_raw(pair);
    // SAFETY: as above.
    let pair = unsafe {
        Rc::decrement_strong_count(pair);
        &*pair
    };
    Strand::leave(&pair.other, &pair.own)
}

fn take(pool: &Pool, class: Class) -> Stack {
    pool.reserve(class).unwrap();
    pool.take(class)
}

fn class(size: usize) -> Class {
    Class::of(size).unwrap()
}

fn count() {
    COUNT.set(COUNT.get() + 1);
}

/// Touches the running stack down to so many bytes below here.
fn touch(bytes: usize) {
    touch_down_to(address_of_a_variable() - bytes);
}

#[inline(never)]
fn touch_down_to(end: usize) {
    let mut frame = [0_u8; 512];
    black_box(&mut frame);
    if frame.as_ptr().addr() > end {
        touch_down_to(end);
    }
    black_box(&mut frame);
}

fn address_of_a_variable() -> usize {
    let variable = 0;
    black_box(&raw const variable).addr()
}

#[test]
fn a_stack_goes_on_where_it_was() {
    let pool = Pool::new();
    let stack = take(&pool, class(0));
    let (low, top) = (stack.low(), stack.top());
    let pair = Pair::new(&stack, move |pair| {
        let mut sum = 0.5;
        for n in 0..1000 {
            assert_eq!(COUNT.get(), n);
            assert!((low..top).contains(&address_of_a_variable()));
            sum += 0.25;
            pair.back();
        }
        assert_eq!(sum, 250.5);
        count();
    });
    COUNT.set(0);
    for n in 0..1000 {
        pair.go_on();
        assert_eq!(COUNT.get(), n);
        count();
    }
    pair.go_on();
    assert_eq!(COUNT.get(), 1001);
    pool.give(stack);
}

#[test]
fn many_stacks_in_turn() {
    const MANY: usize = 1000;
    let pool = Pool::new();
    COUNT.set(0);
    let pairs: Vec<(Stack, Rc<Pair>)> = (0..MANY)
        .map(|n| {
            let stack = take(&pool, class(16 << 10 << (n % 3)));
            let pair = Pair::new(&stack, move |pair| {
                for _ in 0..10 {
                    count();
                    pair.back();
                }
            });
            (stack, pair)
        })
        .collect();
    for _ in 0..11 {
        pairs.iter().for_each(|(_, pair)| pair.go_on());
    }
    assert_eq!(COUNT.get(), 10 * MANY);
    let mut lows: Vec<usize> = pairs.iter().map(|(stack, _)| stack.low()).collect();
    lows.sort_unstable();
    lows.dedup();
    assert_eq!(lows.len(), MANY);
    for (stack, _) in pairs {
        pool.give(stack);
    }
    let stats = pool.stats();
    assert!(stats.mapped >= MANY && stats.free == stats.mapped, "{stats:?}");
    assert_eq!(stats.dirty, MANY);
    pool.clear();
    assert_eq!(pool.stats(), Pool::new().stats());
}

#[test]
fn the_newest_stack_is_used_again() {
    let pool = Pool::new();
    COUNT.set(0);
    let first = take(&pool, class(0));
    let low = first.low();
    pool.give(first);
    for n in 0..100 {
        let stack = take(&pool, class(0));
        assert_eq!(stack.low(), low);
        let pair = Pair::new(&stack, |_| {
            touch(100 << 10);
            count();
        });
        pair.go_on();
        assert_eq!(COUNT.get(), n + 1);
        pool.give(stack);
    }
    assert_eq!(pool.stats().mapped, 8);
}

#[test]
fn promises_are_counted() {
    let pool = Pool::new();
    let class = class(0);
    for _ in 0..20 {
        pool.reserve(class).unwrap();
    }
    assert!(pool.stats().mapped >= 20);
    for _ in 0..10 {
        pool.unreserve(class);
    }
    let stacks: Vec<Stack> = (0..10).map(|_| pool.take(class)).collect();
    let mapped = pool.stats().mapped;
    assert_eq!(pool.stats().free, mapped - 10);
    for stack in stacks {
        pool.give(stack);
    }
    for _ in 0..mapped {
        pool.reserve(class).unwrap();
    }
    assert_eq!(pool.stats().mapped, mapped);
    pool.reserve(class).unwrap();
    assert!(pool.stats().mapped > mapped);
}

#[test]
fn a_large_stack_is_a_slab() {
    let pool = Pool::new();
    let stack = take(&pool, class(1 << 30));
    assert_eq!(pool.stats().mapped, 1);
    assert_eq!(pool.stats().bytes, (1 << 30) + GUARD);
    let pair = Pair::new(&stack, |_| touch(1 << 20));
    pair.go_on();
    assert!((1 << 20..(1 << 20) + (64 << 10)).contains(&used(&stack)), "{}", used(&stack));
    pool.give(stack);
}

#[test]
fn what_was_used_is_known() {
    let pool = Pool::new();
    let stack = take(&pool, class(0));
    assert_eq!(used(&stack), 0);
    let pair = Pair::new(&stack, |pair| {
        pair.back();
        touch(64 << 10);
        pair.back();
        touch(200 << 10);
    });
    pair.go_on();
    let few = used(&stack);
    assert!(few != 0 && few <= 32 << 10 && few.is_multiple_of(map::page()), "{few}");
    pair.go_on();
    let more = used(&stack);
    assert!((64 << 10..128 << 10).contains(&more), "{more}");
    pair.go_on();
    assert!((200 << 10..256 << 10).contains(&used(&stack)), "{}", used(&stack));
    pool.give(stack);
}

#[test]
fn the_oldest_stacks_are_given_back() {
    const MANY: usize = 1200;
    let pool = Pool::new();
    let stacks: Vec<Stack> = (0..MANY).map(|_| take(&pool, class(0))).collect();
    let names: Vec<Stack> =
        stacks.iter().filter_map(|stack| Stack::new(stack.low(), stack.class())).collect();
    for stack in &stacks {
        Pair::new(stack, |_| touch(1)).go_on();
        assert_ne!(used(stack), 0);
    }
    for (n, stack) in stacks.into_iter().enumerate() {
        pool.give(stack);
        assert_ne!(used(&names[n]), 0, "the newest may be running");
    }
    let dirty = pool.stats().dirty;
    assert!((800..=1024).contains(&dirty), "{dirty}");
    let is_clean = |stack: &Stack| used(stack) == 0;
    assert_eq!(names.iter().filter(|stack| is_clean(stack)).count(), MANY - dirty);
    assert!(names[..MANY - dirty].iter().all(is_clean), "the oldest first");
    for name in names[MANY - dirty..].iter().rev() {
        assert_eq!(take(&pool, class(0)).low(), name.low(), "the newest first");
    }
}

/// Runs the test `name` alone in a process of its own, where `child` is true.
fn child(name: &str) -> Option<Output> {
    const CHILD: &str = "EVHUB_TEST_CHILD";
    if std::env::var_os(CHILD).is_some_and(|of| of == name) {
        return None;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", "--test-threads=1"]);
    command.arg(format!("hub::context::tests::{name}"));
    Some(command.env(CHILD, name).output().unwrap())
}

fn assert_success(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{output:?}");
}

fn limit_address_space(bytes: u64) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: `limit` is readable.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
}

#[test]
fn without_address_space_there_is_no_promise() {
    if let Some(output) = child("without_address_space_there_is_no_promise") {
        return assert_success(&output);
    }
    let pool = Pool::new();
    let small = take(&pool, class(16 << 10));
    Pair::new(&small, |_| touch(1)).go_on();
    let name = Stack::new(small.low(), small.class()).unwrap();
    pool.give(small);
    limit_address_space(8 << 30);
    let mut stacks = Vec::new();
    let error = loop {
        match pool.reserve(class(256 << 20)) {
            Ok(()) => stacks.push(pool.take(class(256 << 20))),
            Err(error) => break error,
        }
    };
    assert_eq!(error, Errno::NOMEM);
    assert!((20..33).contains(&stacks.len()), "{}", stacks.len());
    assert_eq!(pool.stats().mapped, stacks.len() + 8);
    assert_eq!(used(&name), 0, "what free stacks hold is given back");
    assert_eq!(pool.reserve(class(256 << 20)), Err(Errno::NOMEM));
    // What there is serves, and so does what comes back.
    pool.reserve(class(16 << 10)).unwrap();
    pool.give(stacks.pop().unwrap());
    pool.reserve(class(256 << 20)).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn guards_by_mprotect_are_bounded() {
    if let Some(output) = child("guards_by_mprotect_are_bounded") {
        return assert_success(&output);
    }
    let mappings = || std::fs::read_to_string("/proc/self/maps").unwrap().lines().count();
    let most = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap();
    if most.trim().parse::<usize>().unwrap() > 100_000 {
        return;
    }
    let before = mappings();
    map::regions::pretend_there_are_none();
    let pool = Pool::new();
    let small = class(16 << 10);
    let mut count = 0;
    while pool.reserve(small).is_ok() {
        count += 1;
    }
    assert_eq!(pool.stats().mapped, count);
    assert!(count > 10_000, "{count}");
    assert!(mappings() >= 2 * count, "two mappings for each");
    for _ in 0..count {
        pool.unreserve(small);
    }
    pool.clear();
    assert!(mappings() < before + 20, "{before} mappings, now {}", mappings());
}

/// Runs down a stack until it ends, or the process does.
#[inline(never)]
fn without_end(depth: u64) -> u64 {
    let frame = black_box([depth; 16]);
    if depth == u64::MAX { 0 } else { without_end(depth + 1) + black_box(&frame)[3] }
}

thread_local! {
    static GUARDED: Cell<Option<&'static Stack>> = const { Cell::new(None) };
}

fn name_of(fault: usize, name: &mut [u8; MOST]) -> usize {
    if !GUARDED.get().is_some_and(|stack| stack.guards(fault)) {
        return 0;
    }
    name[..5].copy_from_slice(b"Tiger");
    5
}

fn overflow_in_a_child() {
    overflow::watch(name_of);
    overflow::arm_thread().unwrap();
    let pool = Pool::new();
    // In the middle of a slab: there is a stack below it.
    let _below = take(&pool, class(16 << 10));
    let stack: &'static Stack = Box::leak(Box::new(take(&pool, class(16 << 10))));
    GUARDED.set(Some(stack));
    Pair::new(stack, |_| assert_eq!(without_end(0), 1)).go_on();
}

fn assert_told(output: &Output) {
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("evhub: stack overflow in greenlet Tiger\n"), "{text}");
}

#[test]
fn an_overflow_is_told() {
    match child("an_overflow_is_told") {
        Some(output) => assert_told(&output),
        None => overflow_in_a_child(),
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_overflow_is_told_with_guards_by_mprotect() {
    match child("an_overflow_is_told_with_guards_by_mprotect") {
        Some(output) => assert_told(&output),
        None => {
            map::regions::pretend_there_are_none();
            overflow_in_a_child();
        }
    }
}

#[test]
fn a_fault_elsewhere_is_none_of_ours() {
    let Some(output) = child("a_fault_elsewhere_is_none_of_ours") else {
        overflow::watch(name_of);
        overflow::arm_thread().unwrap();
        // SAFETY: none: nothing is mapped there.
        unsafe { black_box(std::ptr::without_provenance::<u8>(64)).read_volatile() };
        return;
    };
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV), "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("overflow"), "{output:?}");
}

#[test]
fn a_signal_that_was_sent_ends_the_process() {
    let Some(output) = child("a_signal_that_was_sent_ends_the_process") else {
        // SAFETY: no pointers. Rust's own handler waits for a fault that does not come.
        unsafe { libc::signal(libc::SIGBUS, libc::SIG_DFL) };
        overflow::arm_thread().unwrap();
        // SAFETY: no pointers.
        unsafe { libc::raise(libc::SIGBUS) };
        return;
    };
    assert_eq!(output.status.signal(), Some(libc::SIGBUS), "{output:?}");
}

extern "C" fn exit_with_the_address(_: i32, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel has passed it to a handler of three arguments.
    unsafe { libc::_exit((*info).si_addr().addr() as i32) };
}

#[test]
fn a_fault_elsewhere_goes_to_the_handler_of_before() {
    let Some(output) = child("a_fault_elsewhere_goes_to_the_handler_of_before") else {
        // SAFETY: all zeroes is a valid sigaction; the handler is one of three arguments.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = exit_with_the_address as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO;
            libc::sigaction(libc::SIGSEGV, &raw const action, std::ptr::null_mut());
        }
        overflow::watch(name_of);
        overflow::arm_thread().unwrap();
        // SAFETY: none: nothing is mapped there.
        unsafe { black_box(std::ptr::without_provenance::<u8>(77)).read_volatile() };
        return;
    };
    assert_eq!(output.status.code(), Some(77), "{output:?}");
}
