//! `evhub.h`: results.

use super::types::{evhub_result_t, evhub_waitable_t};
use super::{free_with, handle, none, number, object, status, store, string, timeout};
use crate::abi::misuse;
use crate::errno::{Errno, Result};
use crate::hub::sync::result::{self, Outcome, ResultPtr};
use crate::log::Misuse;
use std::ffi::{c_char, c_int, c_void};

/// Makes a result that is not set.
///
/// @return the result, to be freed with evhub_result_free(); NULL with ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_result_new() -> *mut evhub_result_t {
    handle(result::create())
}

/// Frees a result. Those who wait for it get EBADF.
///
/// @param r a result; NULL is fine
///
/// # Safety
/// `r` is NULL or a result that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_result_free(r: *mut evhub_result_t) {
    // SAFETY: the caller's word.
    unsafe { free_with(r, "evhub_result_free", crate::hub::object::free::<Outcome>) };
}

/// Sets a result to a value: all who wait are woken. Set again, the last one holds. Never waits.
///
/// @return 0; -1 with EINVAL or EPERM
///
/// # Safety
/// `r` is NULL (EINVAL) or a result that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_result_set(r: *mut evhub_result_t, value: *mut c_void) -> c_int {
    // SAFETY: the caller's word.
    let result: Result<ResultPtr> = unsafe { object(r, "evhub_result_set") };
    status(result.map(|result| result.set(value)))
}

/// Sets a result to an error: all who wait are woken. Set again, the last one holds. Never waits.
///
/// @param error the number, which evhub_result_get() fails with; above 0
/// @param text what is to be said of it, copied; may be NULL
/// @return 0; -1 with EINVAL, EPERM or ENOMEM
///
/// # Safety
/// `r` is NULL (EINVAL) or a result that was not freed, `text` NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_result_set_error(
    r: *mut evhub_result_t,
    error: c_int,
    text: *const c_char,
) -> c_int {
    // SAFETY: the caller's word.
    let (result, text) = unsafe { (object(r, "evhub_result_set_error"), string(text)) };
    status(result.and_then(|result: ResultPtr| {
        if error <= 0 {
            return Err(misuse(Misuse::BadNumber, "evhub_result_set_error"));
        }
        result.set_error(Errno(error), text)
    }))
}

/// Waits for the value of a result.
///
/// @param value where it is put; may be NULL
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 0; -1 with the error that it was set to, with EAGAIN or ETIMEDOUT, or as every call that
///   waits
///
/// # Safety
/// `r` is NULL (EINVAL) or a result that was not freed; `value` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_result_get(
    r: *mut evhub_result_t,
    value: *mut *mut c_void,
    timeout: f64,
) -> c_int {
    // SAFETY: the caller's word.
    let result: Result<ResultPtr> = unsafe { object(r, "evhub_result_get") };
    // SAFETY: the caller's word.
    let put = |found| unsafe { store(value, found) };
    status(result.and_then(|result| result.get(self::timeout(timeout)?)).map(put))
}

/// Waits until a result is set, to whatever.
///
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 0; -1 with EAGAIN or ETIMEDOUT, or as every call that waits
///
/// # Safety
/// `r` is NULL (EINVAL) or a result that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_result_wait(r: *mut evhub_result_t, timeout: f64) -> c_int {
    // SAFETY: the caller's word.
    let result: Result<ResultPtr> = unsafe { object(r, "evhub_result_wait") };
    status(result.and_then(|result| result.wait(self::timeout(timeout)?)))
}

/// Is a result set?
///
/// @return 1 or 0; -1 with EINVAL or EPERM
///
/// # Safety
/// `r` is NULL (EINVAL) or a result that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_result_ready(r: *mut evhub_result_t) -> c_int {
    // SAFETY: the caller's word.
    let result: Result<ResultPtr> = unsafe { object(r, "evhub_result_ready") };
    number(result.map(|result| c_int::from(result.is_set())))
}

/// The value of a result.
///
/// @return it; NULL if it is not set, or set to an error, or with EINVAL or EPERM
///
/// # Safety
/// `r` is NULL (EINVAL) or a result that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_result_value(r: *mut evhub_result_t) -> *mut c_void {
    // SAFETY: the caller's word.
    let result: Result<ResultPtr> = unsafe { object(r, "evhub_result_value") };
    result.map_or_else(none, |result| result.value())
}

/// The error of a result.
///
/// @return its number; 0: it is not set, or set to a value; -1 with EINVAL or EPERM
///
/// # Safety
/// `r` is NULL (EINVAL) or a result that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_result_error(r: *mut evhub_result_t) -> c_int {
    // SAFETY: the caller's word.
    let result: Result<ResultPtr> = unsafe { object(r, "evhub_result_error") };
    number(result.map(|result| result.error()))
}

/// What was said of the error of a result.
///
/// @return the text, valid until the result is set again or freed; NULL if there is none
///
/// # Safety
/// `r` is NULL (EINVAL) or a result that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_result_error_text(r: *mut evhub_result_t) -> *const c_char {
    // SAFETY: the caller's word.
    let result: Result<ResultPtr> = unsafe { object(r, "evhub_result_error_text") };
    result.map_or_else(none, |result| result.text().cast_mut()).cast()
}

/// A result, to be waited for among other objects: ready once it is set.
///
/// # Safety
/// `r` is NULL or a result that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_result_waitable(r: *mut evhub_result_t) -> *mut evhub_waitable_t {
    r.cast()
}
