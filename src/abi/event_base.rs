//! `event.h`: bases, the version, the log callback.

use super::{base, current, fail, status};
use crate::dns;
use crate::errno::Errno;
use crate::event::{self, Base, BasePtr, NewError};
use crate::globals;
use crate::http;
use crate::hub;
use crate::layout::call::LogCallback;
use crate::layout::mine;
use crate::log::{self, Misuse};
use crate::rpc;
use crate::sys::signal::set_errno;
use std::ffi::{c_char, c_int};
use std::ptr;

/// `void (*)(int severity, const char *msg)`.
#[allow(non_camel_case_types)]
pub type event_log_cb = Option<LogCallback>;

const NO_METHOD: &str = "event_base_new: no event mechanism available";

/// Makes a base and makes it the current one, which calls without a base use.
///
/// Programs never check its result, so it does not fail: without descriptors or memory it logs
/// an error and ends the process with status 1, as does a process in which every mechanism is
/// switched off.
///
/// @return the base; free it with event_base_free()
/// @see event_base_new(); behaviours 45, 51, 54
#[unsafe(no_mangle)]
pub extern "C" fn event_init() -> *mut Base {
    match event::create() {
        Ok(base) => {
            globals::set_current(base.as_ptr());
            mine::set_made_base(Some(base));
            show_method(base);
            base.as_ptr()
        }
        Err(NewError::NoMethod) => log::fatal(format_args!("{NO_METHOD}")),
        Err(NewError::System(error)) => log::fatal_errno(error, format_args!("event_init")),
    }
}

/// Makes a base. The current base stays what it is.
///
/// Differs from libevent 1.4, which ended the process when descriptors or memory ran out.
///
/// @return the base, to be freed with event_base_free(); NULL with errno EMFILE, ENFILE or
///   ENOMEM. A process in which every mechanism is switched off ends with status 1.
/// @see behaviours 45, 50, 51, 54
#[unsafe(no_mangle)]
pub extern "C" fn event_base_new() -> *mut Base {
    match event::create() {
        Ok(base) => {
            show_method(base);
            base.as_ptr()
        }
        Err(NewError::NoMethod) => log::fatal(format_args!("{NO_METHOD}")),
        Err(NewError::System(error)) => {
            log::warn_errno(error, format_args!("event_base_new"));
            set_errno(error);
            ptr::null_mut()
        }
    }
}

/// `EVENT_SHOW_METHOD`: the message ends in a newline of its own, as in 1.4 (behaviour 50).
fn show_method(base: BasePtr) {
    if event::shows_method() {
        let name = base.method_name();
        log::msg(format_args!("libevent using: {}\n", name.to_str().unwrap_or_default()));
    }
}

/// Frees a base. Its events become "not pending", without a base; their memory is the caller's.
/// No descriptor of the caller's is closed. Inside one of the base's own callbacks the events go
/// at once, the running loop returns 0 after the callback, and then the memory goes.
///
/// @param base the base; NULL: the current one
/// @see behaviour 46
///
/// # Safety
/// `base` is NULL or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_base_free(base: *mut Base) {
    // SAFETY: the caller's word.
    let found = match unsafe { BasePtr::from_raw(base) } {
        Some(base) => Ok(base),
        None => current("event_base_free"),
    };
    if let Ok(base) = found {
        http::connection::base_freed(base);
        rpc::pool::base_freed(base);
        dns::base_freed(base);
        hub::base_freed(base);
        if event::free(base).is_err() {
            log::misuse(Misuse::Busy, "event_base_free");
        }
    }
}

/// Rebuilds what the kernel keeps for a base: to be called in the child after fork(), before the
/// base is used there. May be called in the parent, from callbacks, and more than once.
///
/// @return 0; -1 with errno if an event could not be registered again (the others are)
/// @see behaviour 52
///
/// # Safety
/// `base` is NULL (EINVAL) or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_reinit(base: *mut Base) -> c_int {
    // SAFETY: the caller's word.
    let base = unsafe { self::base(base, "event_reinit") };
    status(base.and_then(|base| {
        let result = base.try_enter(|core| core.reinit())?;
        dns::reinit(base);
        result
    }))
}

/// The mechanism of the current base.
///
/// @return "epoll", "kqueue", "poll" or "select"; NULL with EINVAL if there is no current base
/// @see behaviours 47, 48
#[unsafe(no_mangle)]
pub extern "C" fn event_get_method() -> *const c_char {
    method(current("event_get_method"))
}

/// The mechanism of a base.
///
/// @return "epoll", "kqueue", "poll" or "select"; NULL with EINVAL if `base` is NULL
///
/// # Safety
/// `base` is NULL or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_base_get_method(base: *mut Base) -> *const c_char {
    // SAFETY: the caller's word.
    method(unsafe { self::base(base, "event_base_get_method") })
}

fn method(base: Result<BasePtr, Errno>) -> *const c_char {
    match base {
        Ok(base) => base.method_name().as_ptr(),
        Err(error) => {
            set_errno(error);
            ptr::null()
        }
    }
}

/// The version of libevent whose interface this is: "1.4.15".
///
/// @see evhub_version() for the library's own
#[unsafe(no_mangle)]
pub extern "C" fn event_get_version() -> *const c_char {
    c"1.4.15".as_ptr()
}

/// Splits the current base's active queue: event_base_priority_init() on the current base.
///
/// @param npriorities how many priorities, 1 to 32768
/// @return 0; -1 with EINVAL
#[unsafe(no_mangle)]
pub extern "C" fn event_priority_init(npriorities: c_int) -> c_int {
    let base = current("event_priority_init");
    status(base.and_then(|base| base.set_priorities(npriorities)))
}

/// Sets how many priorities a base has. Lower numbers run first. Events keep the number that they
/// have; event_set() gives the middle one.
///
/// @param npriorities how many priorities, 1 to 32768
/// @return 0; -1 with EINVAL (out of range, or an event is active) or ENOMEM
/// @see behaviours 4, 38
///
/// # Safety
/// `base` is NULL (EINVAL) or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_base_priority_init(base: *mut Base, npriorities: c_int) -> c_int {
    // SAFETY: the caller's word.
    let base = unsafe { self::base(base, "event_base_priority_init") };
    status(base.and_then(|base| base.set_priorities(npriorities)))
}

/// Redirects log messages, for the whole process.
///
/// @param cb called with the severity (_EVENT_LOG_DEBUG to _EVENT_LOG_ERR) and a line of at most
///   1023 bytes, valid during the call; NULL: back to standard error
/// @see behaviour 66
#[unsafe(no_mangle)]
pub extern "C" fn event_set_log_callback(cb: event_log_cb) {
    log::set_callback(cb);
}

/// Assigns an event to another base than the current one. Only right after event_set().
///
/// @return 0, the priority is the middle one of `base`; -1 with EINVAL if the event is pending,
///   active, or not set up, or `base` is NULL
/// @see behaviour 36
///
/// # Safety
/// `base` is NULL or a base that was not freed, `ev` NULL or a `struct event`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event_base_set(
    base: *mut Base,
    ev: *mut crate::layout::event::Event,
) -> c_int {
    // SAFETY: the caller's word.
    let (base, event) =
        unsafe { (self::base(base, "event_base_set"), super::event(ev, "event_base_set")) };
    let (Ok(base), Ok(event)) = (base, event) else { return fail(Errno::INVAL) };
    status(event::assign_base(base, event))
}
