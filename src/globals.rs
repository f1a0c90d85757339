//! Every variable that is process-wide, and who writes it.
//!
//! | variable | written by | read by |
//! |---|---|---|
//! | `current_base` | `event_init`, `event_base_free`, programs | calls that take no base |
//! | `event_gotsig` | programs' signal handlers, the loop, `event_base_new` | the loop |
//! | `event_sigcb` | programs, `event_base_new` | the loop |
//! | the log callback (log.rs) | `event_set_log_callback` | log.rs |
//! | reported misuse (log.rs) | log.rs | log.rs |
//! | the resolver's settings (dns/settings.rs) | `evdns_*` | resolvers of evdns.h |
//! | the resolver's log and id functions (dns/hooks.rs) | `evdns_set_*_fn` | resolvers |
//! | all resolvers (layout/registry.rs) | resolvers, ends of bases | the same, `evdns_*` |
//! | the last number of a lookup (dns/lookup.rs) | lookups | lookups |
//! | name servers and their requests (dns/answering/) | `evdns_*` calls, queries | the same |
//! | bases, pools and requests of evrpc (rpc/) | `evrpc_*` calls, requests | the same |
//! | fork generation (sys/fork.rs) | children of fork | bases |
//! | signal watchers and actions (sys/signal.rs) | signal events | the signal handler |
//! | the last host and file (abi/undeclared.rs) | `evhttp_hostportfile` | its callers |
//! | the spare block (layout/evbuffer.rs) | reads into buffers | reads into buffers |
//! | what the kernel lacks (sys/epoll.rs, sys/map.rs) | first refusal | the same files |
//! | the tools that watch (hub/context/tools.rs) | the first hub or slab | switches, stacks |
//! | who knows the guards (hub/context/overflow.rs) | each new hub, the same | the fault handler |
//! | the fault handler, those before it (sys/fault.rs) | the first hub | the fault handler |
//! | the key for ends of threads (sys/thread.rs) | the first hub | hubs |
//!
//! And what each thread has: its hub, the base whose loop it runs, the base that it has made
//! (sys/thread.c; written by layout/mine.rs alone), and the alternate stack that is ours
//! (sys/fault.rs).
//!
//! The three names of libevent 1.4 are exported data: C programs declare and use them directly.

use crate::errno::Result;
use crate::event::{Base, BasePtr};
use crate::layout::call::{SigCallback, run_sigcb};
use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering::Relaxed};

/// The base that calls without a base use: the newest of `event_init`.
#[allow(unsafe_code, non_upper_case_globals)]
#[unsafe(no_mangle)]
pub static current_base: AtomicPtr<Base> = AtomicPtr::new(ptr::null_mut());

/// Set by a program's signal handler: the loop clears it and calls `event_sigcb`.
#[allow(unsafe_code, non_upper_case_globals)]
#[unsafe(no_mangle)]
pub static event_gotsig: AtomicI32 = AtomicI32::new(0);

/// `int (*event_sigcb)(void)`: -1 ends the loop with -1 and EINTR.
#[allow(unsafe_code, non_upper_case_globals)]
#[unsafe(no_mangle)]
pub static event_sigcb: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// The base in `current_base`, if there is one.
#[inline]
pub fn current() -> Option<BasePtr> {
    // SAFETY: `event_init` stores live bases, `event_base_free` takes them away; a program that
    // stores something else has the manual's word to keep.
    #[allow(unsafe_code)]
    unsafe {
        BasePtr::from_raw(current_base.load(Relaxed))
    }
}

pub fn set_current(base: *mut Base) {
    current_base.store(base, Relaxed);
}

/// Makes `base` the current one if there is none; is it, now?
pub fn offer_current(base: BasePtr) -> bool {
    current_base.compare_exchange(ptr::null_mut(), base.as_ptr(), Relaxed, Relaxed).is_ok()
}

/// Forgets `base` if it is the current one.
pub fn forget_current(base: *mut Base) {
    let _ = current_base.compare_exchange(base, ptr::null_mut(), Relaxed, Relaxed);
}

/// 1.4: a new base starts with both signal globals reset (behaviour 16).
pub fn reset_signal_globals() {
    event_gotsig.store(0, Relaxed);
    event_sigcb.store(ptr::null_mut(), Relaxed);
}

/// Takes the flag of `event_gotsig`.
#[inline]
pub fn take_gotsig() -> bool {
    event_gotsig.load(Relaxed) != 0 && event_gotsig.swap(0, Relaxed) != 0
}

/// Calls `event_sigcb`, if set: `EINTR` when it returns -1.
pub fn call_sigcb() -> Result<()> {
    let raw = event_sigcb.load(Relaxed);
    if raw.is_null() {
        return Ok(());
    }
    // SAFETY: programs store only functions of this type in `event_sigcb`.
    #[allow(unsafe_code)]
    let callback = unsafe { std::mem::transmute::<*mut (), SigCallback>(raw) };
    if run_sigcb(callback) as c_int == -1 { Err(crate::errno::Errno::INTR) } else { Ok(()) }
}
