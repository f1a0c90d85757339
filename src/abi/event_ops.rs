//! `event.h`: setting up, adding, deleting, activating events.

use super::{base, base_of, current, event, misuse, status};
use crate::errno::{Errno, Result};
use crate::event::{self, Base, BasePtr, Core};
use crate::layout::event::{
    EV_READ, EV_SIGNAL, EV_TIMEOUT, EV_WRITE, EVLIST_ALL, Event, EventCallback, EventPtr,
};
use crate::layout::once::Then;
use crate::log::{self, Misuse};
use libc::timeval;
use std::ffi::{c_int, c_short, c_void};

/// Sets up an event that the caller has allocated. It belongs to the current base (if there is
/// one), with the middle priority, and is not pending. Not to be called on a pending event.
///
/// @param ev the event, 128 bytes (72 on 32-bit systems), whatever they hold
/// @param fd a descriptor, or a signal number with EV_SIGNAL; -1 for timers
/// @param events EV_READ, EV_WRITE, or EV_SIGNAL; with EV_PERSIST to stay added when called
/// @param cb called with the descriptor (or signal), what happened, and `arg`
/// @see behaviour 24
///
/// # Safety
/// `ev` is NULL or points to room for a `struct event`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_set(
    ev: *mut Event,
    fd: c_int,
    events: c_short,
    cb: EventCallback,
    arg: *mut c_void,
) {
    // SAFETY: the caller's word; any bytes are a valid Event of cells.
    match unsafe { EventPtr::from_raw(ev) } {
        Some(event) => event::set(event, fd, events, cb, arg),
        None => log::misuse(Misuse::NullArgument, "event_set"),
    }
}

/// Makes an event pending. On one that is pending already it renews the timeout, or, with a NULL
/// `tv`, leaves everything as it is.
///
/// Any number of events may wait for one descriptor. A timeout fires never early, and once.
///
/// @param ev an event set up by event_set()
/// @param tv how long until the event is called with EV_TIMEOUT; NULL: never. Negative: at once.
///   A `tv_usec` of a million and more counts as what it says.
/// @return 0; -1 with errno and nothing changed: EBADF (a closed or negative descriptor), EPERM
///   (a regular file, with epoll), EINVAL (not set up, no base, a signal that cannot be caught),
///   ENOMEM, EMFILE, ENOSPC
/// @see behaviours 26 to 30, 190
///
/// # Safety
/// `ev` is NULL or a `struct event` that stays in place while pending; `tv` NULL or a timeval.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_add(ev: *mut Event, tv: *const timeval) -> c_int {
    // SAFETY: the caller's word.
    let (found, tv) = unsafe { (event(ev, "event_add"), tv.as_ref()) };
    status(found.and_then(|event| add(event, tv)))
}

fn add(event: EventPtr, tv: Option<&timeval>) -> Result<()> {
    let base = base_of(event, "event_add")?;
    if event.has(EV_SIGNAL) && event.has(EV_READ | EV_WRITE) {
        return Err(misuse(Misuse::SignalKind, "event_add"));
    }
    let result = base.try_enter(|core| core.add(event, tv))?;
    if let Err(error) = result {
        warn_refused(event, error);
    }
    result
}

/// 1.4 warns when a signal, or the backend, refuses an event.
#[cold]
fn warn_refused(event: EventPtr, error: Errno) {
    if event.has(EV_SIGNAL) && error == Errno::INVAL {
        let signal = event.ev_fd.get();
        log::warn_errno(error, format_args!("event_add: cannot watch signal {signal}"));
    } else if event.ev_fd.get() < 0 && event.has(EV_READ | EV_WRITE) {
        log::misuse(Misuse::Descriptor, "event_add");
    }
}

/// Takes an event out: not pending, not active, its repeated calls dropped.
///
/// @return 0, also if it was not pending; -1 with EINVAL if it has no base or was not set up
/// @see behaviours 25, 30, 191
///
/// # Safety
/// `ev` is NULL (EINVAL) or a `struct event`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_del(ev: *mut Event) -> c_int {
    // SAFETY: the caller's word.
    status(unsafe { event(ev, "event_del") }.and_then(del))
}

fn del(event: EventPtr) -> Result<()> {
    // The flags first: the base of an event that is not linked may be gone.
    if !Core::is_linked(event) {
        event.ev_ncalls.set(0);
        return if event.ev_base.get().is_null() { Err(Errno::INVAL) } else { Ok(()) };
    }
    base_of(event, "event_del")?.try_enter(|core| core.del(event))
}

/// Is an event pending or active?
///
/// @param what which of EV_TIMEOUT, EV_READ, EV_WRITE, EV_SIGNAL to look for
/// @param tv if the timer is pending and EV_TIMEOUT is looked for: the time of day of its
///   deadline; may be NULL
/// @return those of `what` that the event waits for or is active with; 0 if none
/// @see behaviours 31, 32
///
/// # Safety
/// `ev` is NULL (0) or a `struct event`; `tv` NULL or a timeval.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_pending(ev: *mut Event, what: c_short, tv: *mut timeval) -> c_int {
    // SAFETY: the caller's word.
    let Some(event) = (unsafe { EventPtr::from_raw(ev) }) else {
        log::misuse(Misuse::NullArgument, "event_pending");
        return 0;
    };
    if event.any(!EVLIST_ALL) {
        log::misuse(Misuse::BadFlags, "event_pending");
        return 0;
    }
    let found = Core::pending(event, what);
    if !tv.is_null()
        && event.any(crate::layout::event::EVLIST_TIMEOUT)
        && what & EV_TIMEOUT != 0
        && let Ok(base) = base_of(event, "event_pending")
        && let Ok(deadline) = event::deadline_of_day(base, event)
    {
        // SAFETY: not NULL, and the caller's word.
        unsafe { *tv = deadline };
    }
    c_int::from(found)
}

/// Makes an event active: the loop calls it, even if it was never added.
///
/// An active event only collects `res`. Does not wake a loop in another thread: for that there
/// is evhub_async_send().
///
/// @param res what the callback is told: EV_READ, EV_WRITE, EV_TIMEOUT, EV_SIGNAL
/// @param ncalls how many times it is called; 0: not at all, but a one-shot event is deleted
/// @see behaviours 33 to 35, 189
///
/// # Safety
/// `ev` is NULL or a `struct event` that stays in place until it was called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_active(ev: *mut Event, res: c_int, ncalls: c_short) {
    // SAFETY: the caller's word.
    if let Ok(event) = unsafe { event(ev, "event_active") }
        && let Ok(base) = base_of(event, "event_active")
        && base.try_enter(|core| core.activate(event, res, ncalls)).is_err()
    {
        log::misuse(Misuse::Busy, "event_active");
    }
}

/// Sets the priority of an event that is not active.
///
/// @param priority 0 (first) to one less than the base has
/// @return 0; -1 with EINVAL
/// @see behaviour 37
///
/// # Safety
/// `ev` is NULL (EINVAL) or a `struct event`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_priority_set(ev: *mut Event, priority: c_int) -> c_int {
    // SAFETY: the caller's word.
    let event = unsafe { event(ev, "event_priority_set") };
    status(event.and_then(|event| {
        event::set_priority(base_of(event, "event_priority_set")?, event, priority)
    }))
}

/// Calls a function once, on the current base: when a descriptor is ready or a time has passed.
///
/// @param fd the descriptor; not looked at for EV_TIMEOUT
/// @param events EV_TIMEOUT alone, or EV_READ and EV_WRITE (EV_PERSIST is ignored)
/// @param tv the time; NULL: at once for EV_TIMEOUT, otherwise none
/// @return 0; -1 with EINVAL (other `events`, no current base), EBADF, EPERM or ENOMEM. What it
///   allocates is freed before `cb` runs, or with the base.
/// @see behaviour 39
///
/// # Safety
/// `tv` is NULL or a timeval.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_once(
    fd: c_int,
    events: c_short,
    cb: EventCallback,
    arg: *mut c_void,
    tv: *const timeval,
) -> c_int {
    // SAFETY: the caller's word.
    let tv = unsafe { tv.as_ref() };
    once(current("event_once"), fd, events, Then::Call(cb, arg), tv)
}

/// event_once() on a base.
///
/// # Safety
/// `base` is NULL (EINVAL) or a base that was not freed, `tv` NULL or a timeval.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_base_once(
    base: *mut Base,
    fd: c_int,
    events: c_short,
    cb: EventCallback,
    arg: *mut c_void,
    tv: *const timeval,
) -> c_int {
    // SAFETY: the caller's word.
    let (base, tv) = unsafe { (self::base(base, "event_base_once"), tv.as_ref()) };
    once(base, fd, events, Then::Call(cb, arg), tv)
}

fn once(
    base: Result<BasePtr>,
    fd: c_int,
    events: c_short,
    then: Then,
    tv: Option<&timeval>,
) -> c_int {
    status(base.and_then(|base| event::schedule(base, fd, events, then, tv)))
}
