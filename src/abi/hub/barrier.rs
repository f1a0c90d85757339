//! `evhub.h`: barriers.

use super::types::evhub_barrier_t;
use super::{free_with, handle, number, object, timeout};
use crate::errno::Result;
use crate::hub::sync::barrier::{self, Barrier, BarrierPtr};
use std::ffi::c_int;

/// Makes a barrier: whoever comes waits there until so many have come.
///
/// @param count how many, the last one included; from 1 to INT_MAX
/// @return the barrier, to be freed with evhub_barrier_free(); NULL with EINVAL or ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_barrier_new(count: usize) -> *mut evhub_barrier_t {
    handle(barrier::create(count))
}

/// Frees a barrier. Those who wait there get EBADF.
///
/// @param b a barrier; NULL is fine
///
/// # Safety
/// `b` is NULL or a barrier that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_barrier_free(b: *mut evhub_barrier_t) {
    // SAFETY: the caller's word.
    unsafe { free_with(b, "evhub_barrier_free", crate::hub::object::free::<Barrier>) };
}

/// Comes to a barrier and waits until all have come; the last one does not wait. Then the barrier
/// can be used anew. Whoever gives up, or is killed, has not come.
///
/// @param timeout seconds; negative: none; 0: does not wait, and has come only if it is the last
/// @return the caller's place in the order of coming: 0 to count - 1; -1 with EAGAIN or ETIMEDOUT,
///   or as every call that waits
///
/// # Safety
/// `b` is NULL (EINVAL) or a barrier that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_barrier_wait(b: *mut evhub_barrier_t, timeout: f64) -> c_int {
    // SAFETY: the caller's word.
    let barrier: Result<BarrierPtr> = unsafe { object(b, "evhub_barrier_wait") };
    let place = barrier.and_then(|barrier| barrier.wait(self::timeout(timeout)?));
    number(place.map(|place| c_int::try_from(place).unwrap_or(c_int::MAX)))
}
