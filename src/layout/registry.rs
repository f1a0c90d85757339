//! Which resolvers there are: on which base, made by which thread.
//!
//! Contract: a resolver is in here from its beginning to its end, and used by the thread of its
//! base alone; others only see that it is there.

use crate::dns::ResolverPtr;
use crate::errno::Result;
use crate::event::BasePtr;
use crate::sys::thread;
use std::sync::{Mutex, PoisonError};

pub struct Entry {
    pub resolver: ResolverPtr,
    /// Until that is freed.
    pub base: Option<BasePtr>,
    /// Has it the process-wide settings?
    pub is_shared: bool,
    /// Who made it (`thread::identity`).
    pub thread: usize,
}

// SAFETY: what the pointers lead to is not looked at while an entry is: see the contract.
unsafe impl Send for Entry {}

static RESOLVERS: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

fn with<R>(operation: impl FnOnce(&mut Vec<Entry>) -> R) -> R {
    operation(&mut RESOLVERS.lock().unwrap_or_else(PoisonError::into_inner))
}

pub fn add(resolver: ResolverPtr, base: BasePtr, is_shared: bool) -> Result<()> {
    let thread = thread::identity();
    with(|entries| {
        entries.try_reserve(1)?;
        entries.push(Entry { resolver, base: Some(base), is_shared, thread });
        Ok(())
    })
}

pub fn remove(resolver: ResolverPtr) {
    with(|entries| entries.retain(|entry| entry.resolver != resolver));
}

/// Its base is freed.
pub fn forget_base(resolver: ResolverPtr) {
    with(|entries| {
        let its = entries.iter_mut().filter(|entry| entry.resolver == resolver);
        its.for_each(|entry| entry.base = None);
    });
}

/// The first that fits.
pub fn find(fits: impl Fn(&Entry) -> bool) -> Option<ResolverPtr> {
    with(|entries| entries.iter().find(|entry| fits(entry)).map(|entry| entry.resolver))
}

/// Calls for each of this thread's that has the process-wide settings.
pub fn for_each_shared(call: impl FnMut(ResolverPtr)) {
    let thread = thread::identity();
    for_each(|entry| entry.is_shared && entry.thread == thread, call);
}

/// Calls for each of this thread's.
pub fn for_each_here(call: impl FnMut(ResolverPtr)) {
    let thread = thread::identity();
    for_each(|entry| entry.thread == thread, call);
}

/// Calls for each of a base's.
pub fn for_each_on(base: BasePtr, call: impl FnMut(ResolverPtr)) {
    for_each(|entry| entry.base == Some(base), call);
}

/// They may come and go meanwhile.
fn for_each(fits: impl Fn(&Entry) -> bool, mut call: impl FnMut(ResolverPtr)) {
    let nth =
        |at: usize| with(|entries| Some(entries.iter().filter(|e| fits(e)).nth(at)?.resolver));
    let mut at = 0;
    while let Some(resolver) = nth(at) {
        at += 1;
        call(resolver);
    }
}
