//! Faults of memory: who is asked when an access fails, and the stack that this happens on.
//!
//! One handler serves SIGSEGV and SIGBUS. It asks one function about the address; what that does
//! not know goes to the handler that was there before, or takes its default course. A thread
//! needs an alternate stack for it: a handler cannot run on a stack that is full.

use super::signal::set_errno;
use super::{check, map};
use crate::errno::{Errno, Result};
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::{MaybeUninit, transmute, zeroed};
use std::ptr;
use std::sync::{Mutex, OnceLock, PoisonError};

const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// Is this address known, so that the process ends? Asked in a signal handler.
pub type Ask = fn(address: usize) -> bool;

struct Installed {
    ask: Ask,
    /// What was there before, in the order of `SIGNALS`.
    earlier: [libc::sigaction; 2],
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();
static INSTALLING: Mutex<()> = Mutex::new(());

/// Puts the handler in, once in a process.
pub fn install(ask: Ask) -> Result<()> {
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if INSTALLED.get().is_some() {
        return Ok(());
    }
    // Known before the handler can run.
    let earlier = [action_of(SIGNALS[0])?, action_of(SIGNALS[1])?];
    let installed = INSTALLED.get_or_init(|| Installed { ask, earlier });
    for (signal, earlier) in SIGNALS.into_iter().zip(&installed.earlier) {
        // SAFETY: all zeroes is a valid sigaction.
        let mut ours: libc::sigaction = unsafe { zeroed() };
        ours.sa_sigaction = on_fault as *const () as usize;
        ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        ours.sa_mask = earlier.sa_mask;
        set_action(signal, &ours)?;
    }
    Ok(())
}

fn action_of(signal: c_int) -> Result<libc::sigaction> {
    let mut action = MaybeUninit::uninit();
    // SAFETY: `action` is writable.
    check(unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) })?;
    // SAFETY: sigaction succeeded, so it filled `action`.
    Ok(unsafe { action.assume_init() })
}

fn set_action(signal: c_int, action: &libc::sigaction) -> Result<()> {
    // SAFETY: `action` is readable; its handler is a function of ours or was one of the program's.
    check(unsafe { libc::sigaction(signal, action, ptr::null_mut()) }).map(drop)
}

/// The default course of a signal: on return an access that failed fails again, and ends the
/// process; a signal that was sent has to be sent again.
fn take_default(signal: c_int, was_sent: bool) {
    // SAFETY: all zeroes is a valid sigaction: the default, with an empty mask.
    let _ = set_action(signal, &unsafe { zeroed() });
    if was_sent {
        // SAFETY: no pointers; a signal that is blocked here comes when the handler returns.
        unsafe { libc::raise(signal) };
    }
}

/// # Safety
/// Called by the kernel, with the information of a signal.
unsafe extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let errno = Errno::last();
    // SAFETY: the kernel's word.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr().addr()) };
    // The codes of signals that were sent are 0 and less on Linux, 0x10001 and more elsewhere.
    let was_sent = !(1..0x10000).contains(&code);
    let Some(Installed { ask, earlier }) = INSTALLED.get() else { return };
    if !was_sent && ask(address) {
        take_default(signal, was_sent);
    } else {
        let earlier = &earlier[usize::from(signal != SIGNALS[0])];
        // SAFETY: what the kernel has passed.
        if !unsafe { pass_on(earlier, signal, info, context) } {
            take_default(signal, was_sent);
        }
    }
    set_errno(errno);
}

/// Runs the handler that was there before; false if there was none.
///
/// # Safety
/// The last three are what the kernel has passed to a handler.
unsafe fn pass_on(
    earlier: &libc::sigaction,
    signal: c_int,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
) -> bool {
    type Simple = unsafe extern "C" fn(c_int);
    type Full = unsafe extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);
    // A fault cannot be ignored.
    if [libc::SIG_DFL, libc::SIG_IGN].contains(&earlier.sa_sigaction) {
        return false;
    }
    if earlier.sa_flags & libc::SA_SIGINFO != 0 {
        // SAFETY: sigaction(2) has said that this is a handler of three arguments.
        let run = unsafe { transmute::<usize, Full>(earlier.sa_sigaction) };
        // SAFETY: the caller's word.
        unsafe { run(signal, info, context) };
    } else {
        // SAFETY: as above, of one argument.
        let run = unsafe { transmute::<usize, Simple>(earlier.sa_sigaction) };
        // SAFETY: the caller's word.
        unsafe { run(signal) };
    }
    true
}

/// A thread's alternate stack: enough for the handler and the largest frame that a kernel makes.
const ALTERNATE: usize = 64 << 10;

thread_local! {
    /// The alternate stack that is ours; 0 if there is none.
    static OURS: Cell<usize> = const { Cell::new(0) };
}

/// Gives the calling thread an alternate stack, unless it has one.
pub fn arm_thread() -> Result<()> {
    let mut now = MaybeUninit::<libc::stack_t>::uninit();
    // SAFETY: `now` is writable.
    check(unsafe { libc::sigaltstack(ptr::null(), now.as_mut_ptr()) })?;
    // SAFETY: sigaltstack succeeded, so it filled `now`.
    if unsafe { now.assume_init() }.ss_flags & libc::SS_DISABLE == 0 {
        return Ok(());
    }
    let memory = map::map(ALTERNATE)?;
    if let Err(error) = set_alternate(memory, 0) {
        // SAFETY: mapped above, and used by nobody.
        unsafe { map::unmap(memory, ALTERNATE) };
        return Err(error);
    }
    OURS.set(memory);
    Ok(())
}

/// Takes away what `arm_thread` has given.
pub fn disarm_thread() {
    let memory = OURS.take();
    if memory == 0 {
        return;
    }
    let mut now = MaybeUninit::<libc::stack_t>::uninit();
    // SAFETY: `now` is writable.
    if unsafe { libc::sigaltstack(ptr::null(), now.as_mut_ptr()) } != 0 {
        return;
    }
    // The program may have put another one in its place.
    // SAFETY: sigaltstack succeeded, so it filled `now`.
    let is_ours = unsafe { now.assume_init() }.ss_sp.addr() == memory;
    if !is_ours || set_alternate(memory, libc::SS_DISABLE).is_ok() {
        // SAFETY: mapped by `arm_thread`, and no longer the thread's alternate stack.
        unsafe { map::unmap(memory, ALTERNATE) };
    }
}

fn set_alternate(memory: usize, flags: c_int) -> Result<()> {
    // SAFETY: all zeroes is a valid stack_t.
    let mut new: libc::stack_t = unsafe { zeroed() };
    new.ss_sp = ptr::with_exposed_provenance_mut(memory);
    new.ss_size = ALTERNATE;
    new.ss_flags = flags;
    // SAFETY: the memory is mapped, and handlers alone use it.
    check(unsafe { libc::sigaltstack(&raw const new, ptr::null_mut()) }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alternate() -> libc::stack_t {
        let mut now = MaybeUninit::uninit();
        // SAFETY: `now` is writable.
        assert_eq!(unsafe { libc::sigaltstack(ptr::null(), now.as_mut_ptr()) }, 0);
        // SAFETY: filled above.
        unsafe { now.assume_init() }
    }

    #[test]
    fn an_alternate_stack_comes_and_goes() {
        let work = || {
            let of_rust = alternate();
            assert_eq!(of_rust.ss_flags & libc::SS_DISABLE, 0, "threads of Rust's have one");
            assert_eq!(arm_thread(), Ok(()));
            assert_eq!(alternate().ss_sp, of_rust.ss_sp, "that one serves");
            disarm_thread();
            assert_eq!(alternate().ss_sp, of_rust.ss_sp, "and stays");
            set_alternate(0, libc::SS_DISABLE).unwrap();
            assert_eq!(arm_thread(), Ok(()));
            let ours = alternate();
            assert_eq!((ours.ss_flags, ours.ss_size), (0, ALTERNATE));
            assert_eq!(arm_thread(), Ok(()));
            assert_eq!(alternate().ss_sp, ours.ss_sp);
            disarm_thread();
            assert_ne!(alternate().ss_flags & libc::SS_DISABLE, 0);
            // SAFETY: what the thread had before.
            assert_eq!(unsafe { libc::sigaltstack(&raw const of_rust, ptr::null_mut()) }, 0);
        };
        std::thread::spawn(work).join().unwrap();
    }
}
