//! Setting up events, and the times of day that programs ask for.

use super::base::{BasePtr, Core};
use super::time::{Timers, timeval_of};
use crate::errno::{Errno, Result};
use crate::globals;
use crate::layout::event::{EVLIST_ACTIVE, EVLIST_INIT, EventCallback, EventPtr};
use crate::sys::{clock, process};
use libc::timeval;
use std::ffi::{c_int, c_short, c_void};
use std::ptr;

/// Sets up an event, whatever its memory held.
pub fn set(event: EventPtr, fd: c_int, events: c_short, callback: EventCallback, arg: *mut c_void) {
    set_for(globals::current(), event, fd, events, callback, arg);
}

/// `set`, for a base that the caller knows: the current one may be another thread's.
pub fn set_for(
    base: Option<BasePtr>,
    event: EventPtr,
    fd: c_int,
    events: c_short,
    callback: EventCallback,
    arg: *mut c_void,
) {
    event.ev_base.set(base.map_or(ptr::null_mut(), BasePtr::as_ptr));
    event.ev_callback.set(callback);
    event.ev_arg.set(arg);
    event.ev_fd.set(fd);
    event.ev_events.set(events);
    event.ev_res.set(0);
    event.ev_flags.set(EVLIST_INIT);
    event.ev_ncalls.set(0);
    event.ev_pncalls.set(ptr::null_mut());
    event.min_heap_idx.set(u32::MAX);
    if let Some(base) = base {
        event.ev_pri.set(base.middle_priority());
    }
}

/// Moves an event that was just set up to another base.
pub fn assign_base(base: BasePtr, event: EventPtr) -> Result<()> {
    if event.ev_flags.get() != EVLIST_INIT {
        return Err(Errno::INVAL);
    }
    event.ev_base.set(base.as_ptr());
    event.ev_pri.set(base.middle_priority());
    Ok(())
}

/// Takes an event of ours out of whatever it is in.
pub fn delete(event: EventPtr) {
    if Core::is_linked(event)
        && let Some(base) = event.base()
    {
        // Refused only inside of an operation on the base, by a signal handler.
        let _ = base.try_enter(|core| core.del(event));
    }
}

/// Sets the priority of an event that is not active; `EINVAL` for one that the base has not.
pub fn set_priority(base: BasePtr, event: EventPtr, priority: c_int) -> Result<()> {
    if event.is(EVLIST_ACTIVE) || !(0..base.priorities()).contains(&priority) {
        return Err(Errno::INVAL);
    }
    event.ev_pri.set(priority);
    Ok(())
}

/// `us` from now, by the wall clock.
fn in_future(us: u64) -> timeval {
    let now = clock::wall_timeval();
    let total = (now.tv_sec as u64).saturating_mul(1_000_000).saturating_add(now.tv_usec as u64);
    timeval_of(total.saturating_add(us))
}

/// When a pending timer is due, as a time of day (behaviour 32).
pub fn deadline_of_day(base: BasePtr, event: EventPtr) -> Result<timeval> {
    let remaining = base.try_enter(|core| {
        let remaining = Timers::remaining(event, core.clock.now());
        core.forget_clock_outside();
        remaining
    })?;
    Ok(in_future(remaining))
}

/// The time of day of the loop's clock: within one callback it stands still once it was read.
pub fn time_of_day(base: BasePtr) -> Result<timeval> {
    base.try_enter(|core| core.time_of_day())
}

/// Does the environment ask for the mechanism to be logged?
pub fn shows_method() -> bool {
    process::is_set(c"EVENT_SHOW_METHOD")
}
