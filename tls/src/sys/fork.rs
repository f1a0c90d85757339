//! Noticing a fork: a child that lets go of its parent's connections must not end them.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

static GENERATION: AtomicU32 = AtomicU32::new(0);
static WATCHED: Once = Once::new();

/// How many forks lie between this process and the one that made the first connection.
pub fn generation() -> u32 {
    GENERATION.load(Relaxed)
}

/// Starts counting.
pub fn watch() {
    WATCHED.call_once(|| {
        // SAFETY: `in_child` is async-signal-safe and stays mapped (the library is never
        // unloaded: build.rs). Failure (ENOMEM) leaves forks unnoticed.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
}

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Relaxed);
}
