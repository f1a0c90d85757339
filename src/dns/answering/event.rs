//! The events of ports and connections: added, taken back, called again.

use crate::errno::{Errno, Result};
use crate::event::BasePtr;
pub use crate::event::delete;
use crate::layout::event::{EV_READ, EVLIST_INSERTED, EVLIST_TIMEOUT, Event, EventPtr};
use libc::timeval;
use std::ffi::c_int;

/// A base that is not freed is asked for it.
pub fn add(base: Option<BasePtr>, event: &Event, timeout: Option<&timeval>) -> Result<()> {
    let base = base.ok_or(Errno::INVAL)?;
    base.try_enter(|core| core.add(EventPtr::of(event), timeout))?
}

pub fn is_waiting(event: &Event) -> bool {
    event.is(EVLIST_INSERTED)
}

pub fn is_timer(event: &Event) -> bool {
    event.is(EVLIST_TIMEOUT)
}

/// Has the event called once more, after others that are due.
pub fn call_again(base: Option<BasePtr>, event: &Event) {
    if let Some(base) = base {
        let event = EventPtr::of(event);
        let _ = base.try_enter(|core| core.activate(event, c_int::from(EV_READ), 1));
    }
}
