//! `evhub.h`: flags.

use super::types::{evhub_flag_t, evhub_waitable_t};
use super::{free_with, handle, number, object, status, timeout};
use crate::errno::Result;
use crate::hub::sync::flag::{self, FlagPtr};
use std::ffi::c_int;

/// Makes a flag that is not set.
///
/// @return the flag, to be freed with evhub_flag_free(); NULL with ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_flag_new() -> *mut evhub_flag_t {
    handle(flag::create())
}

/// Frees a flag. Those who wait for it get EBADF.
///
/// @param f a flag; NULL is fine
///
/// # Safety
/// `f` is NULL or a flag that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_flag_free(f: *mut evhub_flag_t) {
    // SAFETY: the caller's word.
    unsafe { free_with(f, "evhub_flag_free", crate::hub::object::free::<flag::Flag>) };
}

/// Sets a flag: all who wait for it are woken, even if it is cleared before they run. Never waits.
///
/// @return 0; -1 with EINVAL or EPERM
///
/// # Safety
/// `f` is NULL (EINVAL) or a flag that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_flag_set(f: *mut evhub_flag_t) -> c_int {
    // SAFETY: the caller's word.
    let flag: Result<FlagPtr> = unsafe { object(f, "evhub_flag_set") };
    status(flag.map(|flag| flag.set()))
}

/// Clears a flag.
///
/// @return 0; -1 with EINVAL or EPERM
///
/// # Safety
/// `f` is NULL (EINVAL) or a flag that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_flag_clear(f: *mut evhub_flag_t) -> c_int {
    // SAFETY: the caller's word.
    let flag: Result<FlagPtr> = unsafe { object(f, "evhub_flag_clear") };
    status(flag.map(|flag| flag.clear()))
}

/// Is a flag set?
///
/// @return 1 or 0; -1 with EINVAL or EPERM
///
/// # Safety
/// `f` is NULL (EINVAL) or a flag that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_flag_is_set(f: *mut evhub_flag_t) -> c_int {
    // SAFETY: the caller's word.
    let flag: Result<FlagPtr> = unsafe { object(f, "evhub_flag_is_set") };
    number(flag.map(|flag| c_int::from(flag.is_set())))
}

/// Waits until a flag is set.
///
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 1: it is set; 0: it was set, and cleared again before the caller ran; -1 with EAGAIN,
///   ETIMEDOUT, or as every call that waits
///
/// # Safety
/// `f` is NULL (EINVAL) or a flag that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_flag_wait(f: *mut evhub_flag_t, timeout: f64) -> c_int {
    // SAFETY: the caller's word.
    let flag: Result<FlagPtr> = unsafe { object(f, "evhub_flag_wait") };
    number(flag.and_then(|flag| flag.wait(self::timeout(timeout)?).map(c_int::from)))
}

/// A flag, to be waited for among other objects: ready while it is set.
///
/// # Safety
/// `f` is NULL or a flag that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_flag_waitable(f: *mut evhub_flag_t) -> *mut evhub_waitable_t {
    f.cast()
}
