//! Noticing a fork without a system call.
//!
//! A child shares its parent's epoll set: an innocent `event_del` there would take away the
//! parent's registration. Bases remember the generation that they were built in and rebuild
//! their backend before they first touch it in a child.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

static GENERATION: AtomicU32 = AtomicU32::new(0);
static WATCHED: AtomicBool = AtomicBool::new(false);

/// How many forks lie between this process and the one that loaded the library.
#[inline]
pub fn generation() -> u32 {
    GENERATION.load(Relaxed)
}

/// Starts counting; called whenever a base is made.
pub fn watch() {
    if !WATCHED.swap(true, Relaxed) {
        // SAFETY: `in_child` is async-signal-safe and stays mapped (the library is never
        // unloaded: build.rs). Failure (ENOMEM) leaves forks unnoticed, as in 1.4.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    }
}

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Relaxed);
}
