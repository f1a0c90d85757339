//! Signals: one handler for the process, any number of watchers (one per base).
//!
//! ```text
//!   handler -> WATCHERS -> Watcher -> Watcher -> ...        (never unlinked, re-used)
//!                          mask: who wants the signal; counts[]; wake
//! ```
//! The handler runs in whichever thread the kernel picks, so watchers are reached without locks:
//! the list only grows, a watcher that is given back keeps its place, and `busy` tells whether a
//! handler is inside, so that the wake-up channel is not closed under it.

use super::wake::Wake;
use super::{check, mem};
use crate::errno::{Errno, Result};
use std::ffi::c_int;
use std::mem::{MaybeUninit, zeroed};
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

/// Signals are 1..NSIG; 0 is none.
pub const NSIG: usize = 65;

/// Most programs have one base: its watcher takes no memory.
static FIRST: Watcher = Watcher::new();
static WATCHERS: AtomicPtr<Watcher> = AtomicPtr::new((&raw const FIRST).cast_mut());
static ACTIONS: Mutex<Actions> = Mutex::new(Actions::new());

/// One base's ear for signals.
pub struct Watcher {
    next: *const Watcher,
    taken: AtomicBool,
    busy: AtomicU32,
    mask: AtomicU64,
    counts: [AtomicU32; NSIG],
    wake: AtomicPtr<Wake>,
}

// SAFETY: `next` never changes after the watcher is published, `wake` is guarded by `busy`, and
// the rest is atomic.
unsafe impl Sync for Watcher {}
// SAFETY: as above.
unsafe impl Send for Watcher {}

/// Is there such a signal, and may a program catch it?
pub fn can_be_caught(signal: c_int) -> bool {
    (1..NSIG as c_int).contains(&signal) && signal != libc::SIGKILL && signal != libc::SIGSTOP
}

fn bit(signal: c_int) -> u64 {
    1 << (signal - 1)
}

impl Watcher {
    const fn new() -> Watcher {
        Watcher {
            next: ptr::null(),
            taken: AtomicBool::new(false),
            busy: AtomicU32::new(0),
            mask: AtomicU64::new(0),
            counts: [const { AtomicU32::new(0) }; NSIG],
            wake: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Takes a watcher that wakes through `wake`, which must stay in place until `release`.
    pub fn acquire(wake: &Wake) -> Result<&'static Watcher> {
        let watcher = match Self::find_free() {
            Some(watcher) => watcher,
            None => Self::publish()?,
        };
        watcher.move_to(wake);
        Ok(watcher)
    }

    /// Wakes through another channel from now on; it must stay in place until `release`.
    pub fn move_to(&self, wake: &Wake) {
        self.wake.store(ptr::from_ref(wake).cast_mut(), SeqCst);
    }

    fn find_free() -> Option<&'static Watcher> {
        let mut at = WATCHERS.load(SeqCst).cast_const();
        // SAFETY: watchers are leaked: alive for ever.
        while let Some(watcher) = unsafe { at.as_ref() } {
            if !watcher.taken.swap(true, SeqCst) {
                return Some(watcher);
            }
            at = watcher.next;
        }
        None
    }

    fn publish() -> Result<&'static Watcher> {
        let watcher = Box::leak(mem::try_box(Watcher::new())?);
        watcher.taken.store(true, SeqCst);
        let mut head = WATCHERS.load(SeqCst);
        loop {
            watcher.next = head;
            match WATCHERS.compare_exchange(head, watcher, SeqCst, SeqCst) {
                Ok(_) => return Ok(watcher),
                Err(now) => head = now,
            }
        }
    }

    /// Gives the watcher back. No handler uses its wake-up channel afterwards.
    pub fn release(&self) {
        let mask = self.mask.swap(0, SeqCst);
        (1..NSIG as c_int).filter(|&signal| mask & bit(signal) != 0).for_each(restore);
        self.wait_for_handlers();
        self.wake.store(ptr::null_mut(), SeqCst);
        self.taken.store(false, SeqCst);
    }

    /// Lets handlers in other threads leave. Bounded: in a child of fork their threads are gone.
    fn wait_for_handlers(&self) {
        for turn in 0..11_000 {
            if self.busy.load(SeqCst) == 0 {
                return;
            }
            if turn < 1000 {
                std::thread::yield_now();
            } else {
                std::thread::sleep(Duration::from_micros(100));
            }
        }
        self.busy.store(0, SeqCst);
    }

    /// Starts to count a signal. `EINVAL`: there is no such signal, or it cannot be caught.
    pub fn watch(&self, signal: c_int) -> Result<()> {
        self.counts[signal as usize].store(0, SeqCst);
        self.mask.fetch_or(bit(signal), SeqCst);
        install(signal).inspect_err(|_| {
            self.mask.fetch_and(!bit(signal), SeqCst);
        })
    }

    /// Stops to count a signal; the action that it had before is back at once, unless another
    /// base still watches.
    pub fn unwatch(&self, signal: c_int) {
        if self.mask.fetch_and(!bit(signal), SeqCst) & bit(signal) != 0 {
            restore(signal);
        }
    }

    /// Takes up to `most` of the deliveries counted; the rest stays for the next time.
    pub fn take(&self, signal: c_int, most: u32) -> u32 {
        let count = &self.counts[signal as usize];
        let n = count.load(SeqCst).min(most);
        if n != 0 {
            count.fetch_sub(n, SeqCst);
        }
        n
    }

    /// The signals watched, as bits (signal 1 is bit 0).
    pub fn watched(&self) -> u64 {
        self.mask.load(SeqCst)
    }

    fn deliver(&self, signal: c_int) {
        self.busy.fetch_add(1, SeqCst);
        if self.mask.load(SeqCst) & bit(signal) != 0 {
            self.counts[signal as usize].fetch_add(1, SeqCst);
            // SAFETY: `release` clears the mask, then waits for `busy`, before the channel goes.
            if let Some(wake) = unsafe { self.wake.load(SeqCst).as_ref() } {
                wake.send();
            }
        }
        self.busy.fetch_sub(1, SeqCst);
    }
}

extern "C" fn handler(signal: c_int) {
    let errno = Errno::last();
    let mut at = WATCHERS.load(SeqCst).cast_const();
    // SAFETY: watchers are leaked: alive for ever.
    while let Some(watcher) = unsafe { at.as_ref() } {
        watcher.deliver(signal);
        at = watcher.next;
    }
    set_errno(errno);
}

/// Sets the calling thread's `errno`.
pub fn set_errno(error: Errno) {
    #[cfg(target_os = "linux")]
    // SAFETY: the address is the calling thread's own.
    unsafe {
        *libc::__errno_location() = error.0;
    }
    #[cfg(any(target_os = "macos", target_os = "ios", target_os = "freebsd"))]
    // SAFETY: as above.
    unsafe {
        *libc::__error() = error.0;
    }
    #[cfg(any(target_os = "netbsd", target_os = "openbsd"))]
    // SAFETY: as above.
    unsafe {
        *libc::__errno() = error.0;
    }
}

/// The process's signal actions: how many watchers each has, and what was there before.
struct Actions {
    watchers: [u32; NSIG],
    saved: [MaybeUninit<libc::sigaction>; NSIG],
}

impl Actions {
    const fn new() -> Actions {
        Actions { watchers: [0; NSIG], saved: [const { MaybeUninit::uninit() }; NSIG] }
    }
}

fn actions() -> std::sync::MutexGuard<'static, Actions> {
    ACTIONS.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Puts our handler in, and keeps what it replaces (which the program may have set since the
/// last time).
fn install(signal: c_int) -> Result<()> {
    let mut actions = actions();
    // SAFETY: all zeroes is a valid sigaction.
    let mut ours: libc::sigaction = unsafe { zeroed() };
    ours.sa_sigaction = handler as *const () as usize;
    ours.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
    // SAFETY: the set is writable.
    unsafe { libc::sigfillset(&mut ours.sa_mask) };
    let mut before = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: both point to sigactions, one readable, one writable.
    check(unsafe { libc::sigaction(signal, &ours, before.as_mut_ptr()) })?;
    // SAFETY: sigaction succeeded, so it filled `before`.
    if unsafe { before.assume_init_ref() }.sa_sigaction != ours.sa_sigaction {
        actions.saved[signal as usize] = before;
    }
    actions.watchers[signal as usize] += 1;
    Ok(())
}

/// Puts the saved action back when the last watcher leaves.
fn restore(signal: c_int) {
    let mut actions = actions();
    let index = signal as usize;
    actions.watchers[index] -= 1;
    if actions.watchers[index] == 0 {
        // SAFETY: `install` saved an action when the first watcher came.
        unsafe { libc::sigaction(signal, actions.saved[index].as_ptr(), ptr::null_mut()) };
    }
}
