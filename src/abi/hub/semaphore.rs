//! `evhub.h`: semaphores.

use super::types::{evhub_semaphore_t, evhub_waitable_t};
use super::{free_with, handle, number, object, status, timeout};
use crate::errno::{Errno, Result};
use crate::hub::sync::semaphore::{self, SemaphorePtr};
use std::ffi::{c_int, c_long, c_uint};

/// `EVHUB_BOUNDED`.
const BOUNDED: c_uint = 1;

/// Makes a semaphore.
///
/// @param value how much there is to take at first; not negative
/// @param flags EVHUB_BOUNDED: there may never be more than that
/// @return the semaphore, to be freed with evhub_semaphore_free(); NULL with EINVAL or ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_semaphore_new(value: c_long, flags: c_uint) -> *mut evhub_semaphore_t {
    if flags & !BOUNDED != 0 {
        return super::none(Errno::INVAL);
    }
    handle(semaphore::create(value, flags & BOUNDED != 0))
}

/// Frees a semaphore. Those who wait for it get EBADF.
///
/// @param s a semaphore; NULL is fine
///
/// # Safety
/// `s` is NULL or a semaphore that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_semaphore_free(s: *mut evhub_semaphore_t) {
    // SAFETY: the caller's word.
    unsafe { free_with(s, "evhub_semaphore_free", semaphore::free) };
}

/// Takes one, and waits for it if there is none. Those who wait get it in the order of asking.
///
/// @param s a semaphore; NULL: one of which there is always enough
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 0; -1 with EAGAIN or ETIMEDOUT, or as every call that waits
///
/// # Safety
/// `s` is NULL or a semaphore that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_semaphore_acquire(s: *mut evhub_semaphore_t, timeout: f64) -> c_int {
    if s.is_null() {
        return 0;
    }
    // SAFETY: the caller's word.
    let semaphore: Result<SemaphorePtr> = unsafe { object(s, "evhub_semaphore_acquire") };
    status(semaphore.and_then(|semaphore| semaphore.acquire(self::timeout(timeout)?)))
}

/// Gives one back: to the first who waits, or to whoever comes. Never waits.
///
/// @param s a semaphore; NULL: nothing happens
/// @return 0; -1 with EOVERFLOW (more than the bound), EINVAL or EPERM
///
/// # Safety
/// `s` is NULL or a semaphore that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_semaphore_release(s: *mut evhub_semaphore_t) -> c_int {
    if s.is_null() {
        return 0;
    }
    // SAFETY: the caller's word.
    let semaphore: Result<SemaphorePtr> = unsafe { object(s, "evhub_semaphore_release") };
    status(semaphore.and_then(|semaphore| semaphore.release()))
}

/// Waits until there is something to take, and does not take it.
///
/// @param s a semaphore; NULL: one of which there is always enough
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 0; -1 with EAGAIN or ETIMEDOUT, or as every call that waits
///
/// # Safety
/// `s` is NULL or a semaphore that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_semaphore_wait(s: *mut evhub_semaphore_t, timeout: f64) -> c_int {
    if s.is_null() {
        return 0;
    }
    // SAFETY: the caller's word.
    let semaphore: Result<SemaphorePtr> = unsafe { object(s, "evhub_semaphore_wait") };
    status(semaphore.and_then(|semaphore| semaphore.wait(self::timeout(timeout)?)))
}

/// How much there is to take.
///
/// @return the number; -1 with EINVAL or EPERM
///
/// # Safety
/// `s` is NULL (EINVAL) or a semaphore that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_semaphore_value(s: *mut evhub_semaphore_t) -> c_long {
    // SAFETY: the caller's word.
    let semaphore: Result<SemaphorePtr> = unsafe { object(s, "evhub_semaphore_value") };
    match semaphore {
        Ok(semaphore) => semaphore.value(),
        Err(error) => super::super::fail(error).into(),
    }
}

/// Would whoever takes have to wait?
///
/// @param s a semaphore; NULL: one of which there is always enough
/// @return 1 or 0; -1 with EINVAL or EPERM
///
/// # Safety
/// `s` is NULL or a semaphore that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_semaphore_locked(s: *mut evhub_semaphore_t) -> c_int {
    if s.is_null() {
        return 0;
    }
    // SAFETY: the caller's word.
    let semaphore: Result<SemaphorePtr> = unsafe { object(s, "evhub_semaphore_locked") };
    number(semaphore.map(|semaphore| c_int::from(semaphore.value() == 0)))
}

/// A semaphore, to be waited for among other objects: ready while there is something to take.
///
/// # Safety
/// `s` is NULL or a semaphore that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_semaphore_waitable(
    s: *mut evhub_semaphore_t,
) -> *mut evhub_waitable_t {
    s.cast()
}
