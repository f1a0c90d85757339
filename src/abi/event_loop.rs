//! `event.h`: running loops and ending them.

use super::{base, current, fail, status};
use crate::errno::Result;
use crate::event::{self, Base, BasePtr, Flags, Outcome};
use crate::hub;
use libc::timeval;
use std::ffi::c_int;

fn run(base: Result<BasePtr>, flags: c_int) -> c_int {
    match base.and_then(|base| hub::run_loop(base, flags)) {
        Ok(Outcome::NoEvents) => 1,
        Ok(Outcome::Done) => 0,
        Err(error) => fail(error),
    }
}

/// Runs the current base's loop until nothing is pending, or it is told to end.
///
/// The program must deal with SIGPIPE itself (behaviour 23). A callback may leave by longjmp();
/// a C++ exception or pthread_exit() that leaves a callback ends the process.
///
/// @return 1 when no events are left; 0 after event_loopexit() or event_loopbreak(); -1 with
///   errno when waiting failed, or EINTR when event_sigcb returned -1
/// @see behaviour 1
#[unsafe(no_mangle)]
pub extern "C" fn event_dispatch() -> c_int {
    run(current("event_dispatch"), 0)
}

/// event_dispatch() on a base.
///
/// # Safety
/// `base` is NULL (EINVAL) or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_base_dispatch(base: *mut Base) -> c_int {
    // SAFETY: the caller's word.
    run(unsafe { self::base(base, "event_base_dispatch") }, 0)
}

/// Runs the current base's loop.
///
/// @param flags EVLOOP_ONCE: until a round has run events; EVLOOP_NONBLOCK: until a poll finds
///   nothing; both: one round
/// @return as event_dispatch(); 0 when the flags ended it
/// @see behaviours 1, 11, 12
#[unsafe(no_mangle)]
pub extern "C" fn event_loop(flags: c_int) -> c_int {
    run(current("event_loop"), flags)
}

/// event_loop() on a base. May be called inside a callback of the same base: a loop in the loop.
///
/// # Safety
/// `base` is NULL (EINVAL) or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_base_loop(base: *mut Base, flags: c_int) -> c_int {
    // SAFETY: the caller's word.
    run(unsafe { self::base(base, "event_base_loop") }, flags)
}

/// Ends the current base's loop after a time; the round that is running then is finished.
///
/// @param tv the time; NULL: as soon as possible
/// @return 0; -1 with ENOMEM or EINVAL
/// @see behaviour 13
///
/// # Safety
/// `tv` is NULL or a timeval.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_loopexit(tv: *const timeval) -> c_int {
    // SAFETY: the caller's word.
    let tv = unsafe { tv.as_ref() };
    status(current("event_loopexit").and_then(|base| event::schedule_exit(base, tv)))
}

/// event_loopexit() on a base.
///
/// # Safety
/// `base` is NULL (EINVAL) or a base that was not freed, `tv` NULL or a timeval.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_base_loopexit(base: *mut Base, tv: *const timeval) -> c_int {
    // SAFETY: the caller's word.
    let (base, tv) = unsafe { (self::base(base, "event_base_loopexit"), tv.as_ref()) };
    status(base.and_then(|base| event::schedule_exit(base, tv)))
}

fn set_break(base: Result<BasePtr>) -> c_int {
    status(base.map(|base| base.flags.set(Flags::BREAK)))
}

/// Ends the current base's loop after the callback that is running. Other active events stay
/// queued. Without a running loop, the next one returns at once.
///
/// @return 0; -1 with EINVAL if there is no current base
/// @see behaviours 14, 15, 192
#[unsafe(no_mangle)]
pub extern "C" fn event_loopbreak() -> c_int {
    set_break(current("event_loopbreak"))
}

/// event_loopbreak() on a base.
///
/// # Safety
/// `base` is NULL (EINVAL) or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_base_loopbreak(base: *mut Base) -> c_int {
    // SAFETY: the caller's word.
    set_break(unsafe { self::base(base, "event_base_loopbreak") })
}
