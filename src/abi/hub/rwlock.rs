//! `evhub.h`: locks for many readers or one writer.

use super::types::evhub_rwlock_t;
use super::{free_with, handle, object, status, timeout};
use crate::errno::Result;
use crate::hub::sync::rwlock::{self, RwlockPtr};
use std::ffi::c_int;

/// Makes a lock that nobody holds: many may hold it at once to read, or one to write.
///
/// @return the lock, to be freed with evhub_rwlock_free(); NULL with ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_rwlock_new() -> *mut evhub_rwlock_t {
    handle(rwlock::create())
}

/// Frees a lock. Those who wait for it get EBADF.
///
/// @param l a lock; NULL is fine
///
/// # Safety
/// `l` is NULL or a lock that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_rwlock_free(l: *mut evhub_rwlock_t) {
    // SAFETY: the caller's word.
    unsafe { free_with(l, "evhub_rwlock_free", rwlock::free) };
}

/// Takes a lock to read. Whoever comes after a writer that waits, waits behind it: so a greenlet
/// that reads already should not ask again.
///
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 0; -1 with EDEADLK (the caller holds it to write), EAGAIN or ETIMEDOUT, or as every call
///   that waits
///
/// # Safety
/// `l` is NULL (EINVAL) or a lock that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_rwlock_acquire_read(l: *mut evhub_rwlock_t, timeout: f64) -> c_int {
    // SAFETY: the caller's word.
    let lock: Result<RwlockPtr> = unsafe { object(l, "evhub_rwlock_acquire_read") };
    status(lock.and_then(|lock| lock.acquire_read(self::timeout(timeout)?)))
}

/// Takes a lock to write. If it gives up, those who wait behind it to read need not wait for it.
///
/// @param timeout seconds; negative: none; 0: does not wait
/// @return as evhub_rwlock_acquire_read()
///
/// # Safety
/// `l` is NULL (EINVAL) or a lock that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_rwlock_acquire_write(l: *mut evhub_rwlock_t, timeout: f64) -> c_int {
    // SAFETY: the caller's word.
    let lock: Result<RwlockPtr> = unsafe { object(l, "evhub_rwlock_acquire_write") };
    status(lock.and_then(|lock| lock.acquire_write(self::timeout(timeout)?)))
}

/// Releases a lock, which the caller holds to read or to write. Never waits.
///
/// @return 0; -1 with EPERM (the caller does not hold it; of readers this is seen only if the
///   caller holds no lock at all to read) or EINVAL
///
/// # Safety
/// `l` is NULL (EINVAL) or a lock that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_rwlock_release(l: *mut evhub_rwlock_t) -> c_int {
    // SAFETY: the caller's word.
    let lock: Result<RwlockPtr> = unsafe { object(l, "evhub_rwlock_release") };
    status(lock.and_then(|lock| lock.release()))
}
