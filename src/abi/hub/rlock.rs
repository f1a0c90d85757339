//! `evhub.h`: locks that their owner may take again.

use super::types::{evhub_greenlet_t, evhub_rlock_t};
use super::{free_with, handle, none, object, status, timeout};
use crate::errno::Result;
use crate::hub::sync::rlock::{self, RlockPtr};
use std::ffi::c_int;
use std::ptr;

/// Makes a lock that nobody holds.
///
/// @return the lock, to be freed with evhub_rlock_free(); NULL with ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_rlock_new() -> *mut evhub_rlock_t {
    handle(rlock::create())
}

/// Frees a lock. Those who wait for it, or for a condition that is used with it, get EBADF.
///
/// @param l a lock; NULL is fine
///
/// # Safety
/// `l` is NULL or a lock that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_rlock_free(l: *mut evhub_rlock_t) {
    // SAFETY: the caller's word.
    unsafe { free_with(l, "evhub_rlock_free", rlock::free) };
}

/// Takes a lock, and waits for it if another greenlet holds it. Its holder may take it again, and
/// releases it as often.
///
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 0; -1 with EAGAIN or ETIMEDOUT, or as every call that waits
///
/// # Safety
/// `l` is NULL (EINVAL) or a lock that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_rlock_acquire(l: *mut evhub_rlock_t, timeout: f64) -> c_int {
    // SAFETY: the caller's word.
    let lock: Result<RlockPtr> = unsafe { object(l, "evhub_rlock_acquire") };
    status(lock.and_then(|lock| lock.acquire(self::timeout(timeout)?)))
}

/// Releases a lock once. Never waits.
///
/// @return 0; -1 with EPERM (the caller does not hold it) or EINVAL
///
/// # Safety
/// `l` is NULL (EINVAL) or a lock that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_rlock_release(l: *mut evhub_rlock_t) -> c_int {
    // SAFETY: the caller's word.
    let lock: Result<RlockPtr> = unsafe { object(l, "evhub_rlock_release") };
    status(lock.and_then(|lock| lock.release()))
}

/// Who holds a lock.
///
/// @return the greenlet, not referenced; NULL: nobody, or a callback of the loop's; or with EINVAL
///   or EPERM
///
/// # Safety
/// `l` is NULL (EINVAL) or a lock that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_rlock_owner(l: *mut evhub_rlock_t) -> *mut evhub_greenlet_t {
    // SAFETY: the caller's word.
    let lock: Result<RlockPtr> = unsafe { object(l, "evhub_rlock_owner") };
    match lock {
        Ok(lock) => {
            let owner = lock.owner().filter(|&owner| owner != lock.object.hub.looper);
            owner.map_or(ptr::null_mut(), |owner| owner.as_ptr().cast())
        }
        Err(error) => none(error),
    }
}
