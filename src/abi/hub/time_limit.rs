//! `evhub.h`: limits on a stretch of code.

use super::types::{evhub_fn_t, evhub_timeout_t};
use super::{any_threads, free_with, handle, required, status, store, timeout};
use crate::errno::{Errno, Result};
use crate::hub;
use crate::hub::finish::failed_value;
use crate::hub::timeout::{self, SILENT, TimeLimitPtr};
use crate::layout::call::StartCall;
use std::ffi::{c_int, c_void};

/// Starts a limit for the calling greenlet: when it expires, the call of the greenlet that waits,
/// and every later one, fails with the error until evhub_timeout_cancel(). Limits may overlap;
/// evhub_timeout_expired() tells whose error it is. A limit ends with its greenlet at the latest.
///
/// @param seconds the time; negative: never
/// @param error what calls fail with; 0: ETIMEDOUT; EVHUB_TIMEOUT_SILENT: ETIMEDOUT, and a greenlet
///   that ends because of it is not reported
/// @return the limit; NULL with EINVAL (not a number, no such error), EPERM (in the loop's
///   callbacks) or ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_timeout_start(seconds: f64, error: c_int) -> *mut evhub_timeout_t {
    handle(start(seconds, error))
}

fn start(seconds: f64, error: c_int) -> Result<TimeLimitPtr> {
    if error < 0 && error != SILENT {
        return Err(Errno::INVAL);
    }
    timeout::start(timeout(seconds)?, error)
}

/// Has the limit expired?
///
/// @return 1 or 0; -1 with EINVAL
///
/// # Safety
/// `t` is NULL (EINVAL) or a limit that was not cancelled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_timeout_expired(t: *const evhub_timeout_t) -> c_int {
    // SAFETY: the caller's word.
    let limit: Result<TimeLimitPtr> = unsafe { any_threads(t, "evhub_timeout_expired") };
    super::number(limit.map(|limit| c_int::from(limit.is_expired())))
}

/// Is the limit running? One that never expires is not.
///
/// @return 1 or 0; -1 with EINVAL
///
/// # Safety
/// `t` is NULL (EINVAL) or a limit that was not cancelled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_timeout_pending(t: *const evhub_timeout_t) -> c_int {
    // SAFETY: the caller's word.
    let limit: Result<TimeLimitPtr> = unsafe { any_threads(t, "evhub_timeout_pending") };
    super::number(limit.map(|limit| c_int::from(limit.is_pending())))
}

/// Ends a limit and frees it. If it had expired, the greenlet's calls work again.
///
/// @param t a limit; NULL is fine
///
/// # Safety
/// `t` is NULL or a limit that was not cancelled, of a greenlet that has not ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_timeout_cancel(t: *mut evhub_timeout_t) {
    // SAFETY: the caller's word.
    unsafe { free_with(t, "evhub_timeout_cancel", timeout::cancel) };
}

/// Calls a function, in the calling greenlet, with a limit.
///
/// @param seconds the time; negative: none; 0: the function's first call that waits fails
/// @param value where what it returns is put; left as it is when the limit has expired. May be NULL
/// @return 0; -1 with ETIMEDOUT: the limit expired before the function has returned; with the error
///   of evhub_fail(), if the function has returned that; with EINVAL, EPERM or ENOMEM
///
/// # Safety
/// `value` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_with_timeout(
    seconds: f64,
    r#fn: evhub_fn_t,
    arg: *mut c_void,
    value: *mut *mut c_void,
) -> c_int {
    // SAFETY: the caller's word.
    let put = |result| unsafe { store(value, result) };
    status(with_limit(seconds, r#fn, arg).map(put))
}

fn with_limit(seconds: f64, function: evhub_fn_t, arg: *mut c_void) -> Result<*mut c_void> {
    required(function, "evhub_with_timeout")?;
    let limit = start(seconds, 0)?;
    let result = StartCall { function, arg }.run();
    let has_expired = limit.is_expired();
    timeout::cancel(limit);
    let failure = if result == failed_value() {
        hub::existing().map_or(0, |hub| hub.take_failure())
    } else {
        0
    };
    match failure {
        _ if has_expired => Err(Errno::TIMEDOUT),
        0 => Ok(result),
        error => Err(Errno(error)),
    }
}
