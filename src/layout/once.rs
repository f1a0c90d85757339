//! Records of `event_once` and of async handles: events of the library's own.
//!
//! The kind in `ev_flags` says which record an event is in; only `make_*` set it.

use super::call::AsyncCallback;
use super::event::EventPtr;
use super::event::{EVLIST_ASYNC, EVLIST_INIT, EVLIST_KIND, EVLIST_ONCE, Event, EventCallback};
use super::records::{RecordPtr, Records};
use crate::errno::{Errno, Result};
use crate::sys::wake::Wake;
use std::cell::Cell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering::SeqCst};

/// What happens when a once event fires.
#[derive(Clone, Copy)]
pub enum Then {
    /// The user's callback is called.
    Call(EventCallback, *mut c_void),
    /// The loop ends after this round (`event_loopexit`).
    ExitLoop,
}

#[repr(C)]
pub struct Once {
    event: Event,
    then: Then,
}

/// An async handle: sent from anywhere, called by the loop.
#[repr(C)]
pub struct Async {
    pub event: Event,
    pub callback: AsyncCallback,
    pub arg: *mut c_void,
    /// Sent, and not yet seen by the loop.
    pub pending: AtomicBool,
    /// The channel of its base; NULL once the base is freed.
    pub wake: AtomicPtr<Wake>,
    /// Its base, until that is freed.
    pub base: Cell<*mut crate::event::Base>,
}

fn own_event(kind: i32) -> Event {
    let event = Event::zeroed();
    event.set_flags(EVLIST_INIT | kind);
    event
}

pub fn make_once(list: &Records<Once>, then: Then) -> Result<RecordPtr<Once>> {
    list.make(Once { event: own_event(EVLIST_ONCE), then })
}

pub fn make_async(
    list: &Records<Async>,
    callback: AsyncCallback,
    arg: *mut c_void,
) -> Result<RecordPtr<Async>> {
    list.make(Async {
        event: own_event(EVLIST_ASYNC),
        callback,
        arg,
        pending: AtomicBool::new(false),
        wake: AtomicPtr::new(std::ptr::null_mut()),
        base: Cell::new(std::ptr::null_mut()),
    })
}

impl Once {
    pub fn event(record: RecordPtr<Once>) -> EventPtr {
        EventPtr::of(&record.event)
    }

    /// Frees the record that the event is in, and says what is to be done.
    pub fn take(event: EventPtr) -> Then {
        debug_assert_eq!(event.ev_flags.get() & EVLIST_KIND, EVLIST_ONCE);
        // SAFETY: only `make_once` sets EVLIST_ONCE: the event is the first field of the value
        // of a live record.
        unsafe { RecordPtr::<Once>::from_value(event.as_ptr().cast()) }.free().then
    }
}

impl Async {
    /// Sends: from any thread, also from a signal handler. `EINVAL` once the base is freed.
    pub fn send(&self) -> Result<()> {
        // SAFETY: the channel lives as long as its base, which clears this before it goes.
        let wake = unsafe { self.wake.load(SeqCst).as_ref() }.ok_or(Errno::INVAL)?;
        if !self.pending.swap(true, SeqCst) {
            wake.send();
        }
        Ok(())
    }

    /// Its base is freed: sending does nothing from now on.
    pub fn orphan(&self) {
        self.wake.store(std::ptr::null_mut(), SeqCst);
        self.base.set(std::ptr::null_mut());
    }

    /// The handle that the event is in.
    pub fn of(event: EventPtr) -> RecordPtr<Async> {
        debug_assert_eq!(event.ev_flags.get() & EVLIST_KIND, EVLIST_ASYNC);
        // SAFETY: only `make_async` sets EVLIST_ASYNC: the event is the first field of the value
        // of a live record.
        unsafe { RecordPtr::from_value(event.as_ptr().cast()) }
    }
}
