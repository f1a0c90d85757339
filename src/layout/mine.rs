//! What the calling thread has: its hub, the base whose loop it runs, the base it has made.
//!
//! Contract: only the setters here write those words, with live objects; whoever ends an object
//! takes it away first.

use super::handle::Handle;
use crate::errno::Result;
use crate::event::BasePtr;
use crate::hub::HubPtr;
use crate::sys::thread;
use std::ffi::c_void;
use std::ptr;

/// The hub of this thread, if it has one.
#[inline]
pub fn hub() -> Option<HubPtr> {
    // SAFETY: the module's contract.
    unsafe { Handle::from_raw(thread::hub().cast()) }
}

/// Is it this thread's?
#[inline(always)]
pub fn is_hub(hub: HubPtr) -> bool {
    thread::hub() == hub.as_ptr().cast()
}

/// Gives this thread its hub, which goes with it.
pub fn set_hub(hub: HubPtr) -> Result<()> {
    thread::at_exit_of_thread(thread_ends, hub.as_ptr().cast())?;
    thread::set_hub(hub.as_ptr().cast());
    Ok(())
}

extern "C" fn thread_ends(raw: *mut c_void) {
    // SAFETY: `set_hub` gave a live hub, and only this ends it.
    if let Some(hub) = unsafe { Handle::from_raw(raw.cast()) } {
        // Other destructors of the thread's may still use the library.
        thread::set_hub(raw);
        crate::hub::thread_ends(hub);
        thread::set_hub(ptr::null_mut());
    }
}

/// The base whose loop runs on this thread.
#[inline]
pub fn running_loop() -> Option<BasePtr> {
    // SAFETY: the module's contract.
    unsafe { Handle::from_raw(thread::loop_base().cast()) }
}

#[inline]
pub fn set_running_loop(base: Option<BasePtr>) {
    thread::set_loop_base(base.map_or(ptr::null_mut(), |base| base.as_ptr().cast()));
}

/// The base that `event_init` has made on this thread, unless it was freed.
pub fn made_base() -> Option<BasePtr> {
    // SAFETY: the module's contract.
    unsafe { Handle::from_raw(thread::made_base().cast()) }
}

pub fn set_made_base(base: Option<BasePtr>) {
    thread::set_made_base(base.map_or(ptr::null_mut(), |base| base.as_ptr().cast()));
}

/// A base is about to be freed.
pub fn forget_base(base: BasePtr) {
    if made_base() == Some(base) {
        set_made_base(None);
    }
    if running_loop() == Some(base) {
        set_running_loop(None);
    }
}
