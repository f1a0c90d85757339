//! `evhub.h`: conditions.

use super::types::{evhub_condition_t, evhub_rlock_t};
use super::{free_with, handle, object, status, timeout};
use crate::errno::Result;
use crate::hub::sync::condition::{self, ConditionPtr};
use std::ffi::c_int;

/// Makes a condition.
///
/// @param lock the lock that it is used with, which several conditions may share; NULL: one of its
///   own, which goes with it
/// @return the condition, to be freed with evhub_condition_free(); NULL with EINVAL, EPERM (a lock
///   of another thread) or ENOMEM
///
/// # Safety
/// `lock` is NULL or a lock that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_condition_new(lock: *mut evhub_rlock_t) -> *mut evhub_condition_t {
    if lock.is_null() {
        return handle(condition::create(None));
    }
    // SAFETY: the caller's word.
    let lock = unsafe { object(lock, "evhub_condition_new") };
    handle(lock.and_then(|lock| condition::create(Some(lock))))
}

/// Frees a condition. Those who wait for it get EBADF, as soon as they have the lock back; if the
/// lock is its own, at once, and so do those who wait for that.
///
/// @param c a condition; NULL is fine
///
/// # Safety
/// `c` is NULL or a condition that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_condition_free(c: *mut evhub_condition_t) {
    // SAFETY: the caller's word.
    unsafe { free_with(c, "evhub_condition_free", condition::free) };
}

/// Takes the lock of a condition, as evhub_rlock_acquire().
///
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 0; -1 with EAGAIN, ETIMEDOUT or EBADF (the lock was freed), or as every call that waits
///
/// # Safety
/// `c` is NULL (EINVAL) or a condition that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_condition_acquire(c: *mut evhub_condition_t, timeout: f64) -> c_int {
    // SAFETY: the caller's word.
    let condition: Result<ConditionPtr> = unsafe { object(c, "evhub_condition_acquire") };
    status(condition.and_then(|condition| condition.lock()?.acquire(self::timeout(timeout)?)))
}

/// Releases the lock of a condition once, as evhub_rlock_release(). Never waits.
///
/// @return 0; -1 with EPERM (the caller does not hold it), EBADF (the lock was freed) or EINVAL
///
/// # Safety
/// `c` is NULL (EINVAL) or a condition that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_condition_release(c: *mut evhub_condition_t) -> c_int {
    // SAFETY: the caller's word.
    let condition: Result<ConditionPtr> = unsafe { object(c, "evhub_condition_release") };
    status(condition.and_then(|condition| condition.lock()?.release()))
}

/// Releases the lock, however often the caller has taken it, waits to be notified, and takes the
/// lock back as often. It does that however the wait ends: neither time nor a kill ends the wait
/// for the lock. Only with EBADF because the lock was freed, or EDEADLK because nobody can ever
/// release it, the lock is not held afterwards.
///
/// Once the caller was notified, this succeeds, even if its time is over before it has the lock.
///
/// @param timeout seconds; negative: none; 0: EAGAIN, and the lock is not even released
/// @return 0; -1 with EPERM (the caller does not hold the lock, or the loop has called it), EBADF
///   (the condition or the lock was freed), ETIMEDOUT, or as every call that waits
///
/// # Safety
/// `c` is NULL (EINVAL) or a condition that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_condition_wait(c: *mut evhub_condition_t, timeout: f64) -> c_int {
    // SAFETY: the caller's word.
    let condition: Result<ConditionPtr> = unsafe { object(c, "evhub_condition_wait") };
    status(condition.and_then(|condition| condition.wait(self::timeout(timeout)?)))
}

/// Notifies those who wait for a condition, in the order of their coming. Never waits. The caller
/// need not hold the lock; they run when they have it.
///
/// @param n how many at most
/// @return 0, also if nobody waits; -1 with EBADF (the lock was freed), EINVAL or EPERM
///
/// # Safety
/// `c` is NULL (EINVAL) or a condition that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_condition_notify(c: *mut evhub_condition_t, n: usize) -> c_int {
    // SAFETY: the caller's word.
    let condition: Result<ConditionPtr> = unsafe { object(c, "evhub_condition_notify") };
    status(condition.and_then(|condition| condition.notify(n)))
}

/// Notifies all who wait for a condition.
///
/// @return as evhub_condition_notify()
///
/// # Safety
/// `c` is NULL (EINVAL) or a condition that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_condition_notify_all(c: *mut evhub_condition_t) -> c_int {
    // SAFETY: the caller's word.
    let condition: Result<ConditionPtr> = unsafe { object(c, "evhub_condition_notify_all") };
    status(condition.and_then(|condition| condition.notify(usize::MAX)))
}
