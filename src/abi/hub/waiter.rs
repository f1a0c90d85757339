//! `evhub.h`: waiters.

use super::types::evhub_waiter_t;
use super::{free_with, handle, number, object, status, store, timeout};
use crate::abi::misuse;
use crate::errno::Result;
use crate::hub::sync::waiter::{self, Waiter, WaiterPtr};
use crate::log::Misuse;
use std::ffi::{c_int, c_void};
use std::ptr;

/// Makes a waiter, which is empty.
///
/// @return the waiter, to be freed with evhub_waiter_free(); NULL with ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_waiter_new() -> *mut evhub_waiter_t {
    handle(waiter::create())
}

/// Frees a waiter. Whoever waits for it gets EBADF.
///
/// @param w a waiter; NULL is fine
///
/// # Safety
/// `w` is NULL or a waiter that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_waiter_free(w: *mut evhub_waiter_t) {
    // SAFETY: the caller's word.
    unsafe { free_with(w, "evhub_waiter_free", crate::hub::object::free::<Waiter>) };
}

/// Waits for what is handed over, and takes it: the waiter is empty again.
///
/// @param value where it is put; may be NULL
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 0; -1 with the error that was handed over, with EBUSY (another greenlet waits), EAGAIN
///   or ETIMEDOUT, or as every call that waits
///
/// # Safety
/// `w` is NULL (EINVAL) or a waiter that was not freed; `value` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_waiter_get(
    w: *mut evhub_waiter_t,
    value: *mut *mut c_void,
    timeout: f64,
) -> c_int {
    // SAFETY: the caller's word.
    let waiter: Result<WaiterPtr> = unsafe { object(w, "evhub_waiter_get") };
    // SAFETY: the caller's word.
    let put = |found| unsafe { store(value, found) };
    status(waiter.and_then(|waiter| waiter.get(self::timeout(timeout)?)).map(put))
}

/// Hands over a value: to whoever waits, or to whoever comes. Never waits.
///
/// @return 0; -1 with EBUSY (what was handed over before was not taken yet: that stays), EINVAL or
///   EPERM
///
/// # Safety
/// `w` is NULL (EINVAL) or a waiter that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_waiter_set(w: *mut evhub_waiter_t, value: *mut c_void) -> c_int {
    // SAFETY: the caller's word.
    let waiter: Result<WaiterPtr> = unsafe { object(w, "evhub_waiter_set") };
    status(waiter.and_then(|waiter| waiter.set(value, 0)))
}

/// Hands over an error: to whoever waits, or to whoever comes. Never waits.
///
/// @param error the number, which evhub_waiter_get() fails with; above 0
/// @return as evhub_waiter_set()
///
/// # Safety
/// `w` is NULL (EINVAL) or a waiter that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_waiter_set_error(w: *mut evhub_waiter_t, error: c_int) -> c_int {
    // SAFETY: the caller's word.
    let waiter: Result<WaiterPtr> = unsafe { object(w, "evhub_waiter_set_error") };
    status(waiter.and_then(|waiter| {
        if error <= 0 {
            return Err(misuse(Misuse::BadNumber, "evhub_waiter_set_error"));
        }
        waiter.set(ptr::null_mut(), error)
    }))
}

/// Is there something to take?
///
/// @return 1 or 0; -1 with EINVAL or EPERM
///
/// # Safety
/// `w` is NULL (EINVAL) or a waiter that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_waiter_ready(w: *mut evhub_waiter_t) -> c_int {
    // SAFETY: the caller's word.
    let waiter: Result<WaiterPtr> = unsafe { object(w, "evhub_waiter_ready") };
    number(waiter.map(|waiter| c_int::from(waiter.is_full())))
}
