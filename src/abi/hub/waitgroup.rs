//! `evhub.h`: wait groups.

use super::types::{evhub_waitable_t, evhub_waitgroup_t};
use super::{free_with, handle, object, status, timeout};
use crate::errno::Result;
use crate::hub::sync::waitgroup::{self, Waitgroup, WaitgroupPtr};
use std::ffi::{c_int, c_long};

/// Makes a wait group: a number of things that are left to be done, at first 0.
///
/// @return the wait group, to be freed with evhub_waitgroup_free(); NULL with ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_waitgroup_new() -> *mut evhub_waitgroup_t {
    handle(waitgroup::create())
}

/// Frees a wait group. Those who wait for it get EBADF.
///
/// @param w a wait group; NULL is fine
///
/// # Safety
/// `w` is NULL or a wait group that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_waitgroup_free(w: *mut evhub_waitgroup_t) {
    // SAFETY: the caller's word.
    unsafe { free_with(w, "evhub_waitgroup_free", crate::hub::object::free::<Waitgroup>) };
}

/// Adds to what is left. If nothing is left then, all who wait are woken, even if something is
/// added before they run. Never waits.
///
/// @param n how many more; negative: fewer
/// @return 0; -1 with EINVAL (less than nothing would be left), EOVERFLOW or EPERM
///
/// # Safety
/// `w` is NULL (EINVAL) or a wait group that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_waitgroup_add(w: *mut evhub_waitgroup_t, n: c_long) -> c_int {
    // SAFETY: the caller's word.
    let group: Result<WaitgroupPtr> = unsafe { object(w, "evhub_waitgroup_add") };
    status(group.and_then(|group| group.add(n)))
}

/// One thing is done: as evhub_waitgroup_add() of -1.
///
/// @return as evhub_waitgroup_add()
///
/// # Safety
/// `w` is NULL (EINVAL) or a wait group that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_waitgroup_done(w: *mut evhub_waitgroup_t) -> c_int {
    // SAFETY: the caller's word.
    let group: Result<WaitgroupPtr> = unsafe { object(w, "evhub_waitgroup_done") };
    status(group.and_then(|group| group.add(-1)))
}

/// Waits until nothing is left.
///
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 0; -1 with EAGAIN or ETIMEDOUT, or as every call that waits
///
/// # Safety
/// `w` is NULL (EINVAL) or a wait group that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_waitgroup_wait(w: *mut evhub_waitgroup_t, timeout: f64) -> c_int {
    // SAFETY: the caller's word.
    let group: Result<WaitgroupPtr> = unsafe { object(w, "evhub_waitgroup_wait") };
    status(group.and_then(|group| group.wait(self::timeout(timeout)?)))
}

/// A wait group, to be waited for among other objects: ready while nothing is left.
///
/// # Safety
/// `w` is NULL or a wait group that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_waitgroup_waitable(
    w: *mut evhub_waitgroup_t,
) -> *mut evhub_waitable_t {
    w.cast()
}
