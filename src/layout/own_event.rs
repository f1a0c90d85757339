//! Events of the library's own that call Rust: the alarms of greenlets, time limits, signals.
//!
//! To the reactor they are events like any other. Contract: the target is alive for as long as
//! its event is pending or active.

use super::event::EventPtr;
use super::handle::Handle;
use crate::event::{self, BasePtr};
use std::ffi::{c_int, c_short, c_void};

/// What an event calls.
pub trait Fires: Sized {
    /// By the loop, when the event fires.
    fn fired(target: Handle<Self>);
}

/// Sets up an event that is not pending: it calls `target`.
pub fn set<T: Fires>(
    event: EventPtr,
    base: BasePtr,
    fd: c_int,
    events: c_short,
    target: Handle<T>,
) {
    event::set_for(Some(base), event, fd, events, Some(fire::<T>), target.as_ptr().cast());
}

/// # Safety
/// `target` is what `set` was given, and still there.
unsafe extern "C" fn fire<T: Fires>(_fd: c_int, _what: c_short, target: *mut c_void) {
    // SAFETY: `set` stored a live handle, and the target outlives its event's call.
    if let Some(target) = unsafe { Handle::from_raw(target.cast::<T>()) } {
        T::fired(target);
    }
}
