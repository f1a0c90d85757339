//! `evhub.h`: waiting for several objects.

use super::types::{evhub_greenlet_t, evhub_iwait_t, evhub_waitable_t};
use super::{free_with, handle, kind_of, number, object, slice, store, timeout};
use crate::errno::{Errno, Result};
use crate::hub::iwait::{self, IwaitPtr, Next};
use crate::hub::object::Kind;
use crate::hub::waitable::Waitable;
use std::ffi::c_int;

/// The object behind a C pointer, whatever it is of those that can be waited for.
///
/// # Safety
/// `raw` is NULL or an object of `evhub.h` that was not freed.
pub(super) unsafe fn waitable(raw: *mut evhub_waitable_t, function: &str) -> Result<Waitable> {
    // SAFETY: the caller's word; each is cast only after its kind was seen, and checked again.
    unsafe {
        Ok(match kind_of(raw, function)? {
            kind if kind == Kind::Greenlet as u32 => Waitable::Greenlet(object(raw, function)?),
            kind if kind == Kind::Flag as u32 => Waitable::Flag(object(raw, function)?),
            kind if kind == Kind::Result as u32 => Waitable::Result(object(raw, function)?),
            kind if kind == Kind::Semaphore as u32 => Waitable::Semaphore(object(raw, function)?),
            kind if kind == Kind::Queue as u32 => Waitable::Queue(object(raw, function)?),
            kind if kind == Kind::Waitgroup as u32 => Waitable::Waitgroup(object(raw, function)?),
            kind if kind == Kind::Group as u32 => Waitable::Group(object(raw, function)?),
            _ => return Err(super::wrong_object(Errno::INVAL, function)),
        })
    }
}

/// # Safety
/// `w` has `n` objects of `evhub.h` that were not freed.
unsafe fn waitables(
    w: *const *mut evhub_waitable_t,
    n: usize,
    function: &str,
) -> Result<Vec<Waitable>> {
    // SAFETY: the caller's word.
    let raw = unsafe { slice(w, n, function) }?;
    let mut all = Vec::new();
    all.try_reserve_exact(n)?;
    for &raw in raw {
        // SAFETY: the caller's word.
        all.push(unsafe { waitable(raw, function) }?);
    }
    Ok(all)
}

/// Waits for several objects.
///
/// @param w the objects (evhub_flag_waitable() and so on); one may be among them more than once
/// @param count how many must be ready; 0: all
/// @param timeout seconds; negative: none; 0: does not wait
/// @return how many are ready, which may be less than `count` when the time is over; -1 with EAGAIN
///   or ETIMEDOUT (none is), EBADF (one was freed), EINVAL (`count` above `n`), or as every call
///   that waits
///
/// # Safety
/// `w` has `n` objects that were not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_wait(
    w: *const *mut evhub_waitable_t,
    n: usize,
    count: usize,
    timeout: f64,
) -> c_int {
    // SAFETY: the caller's word.
    let objects = unsafe { waitables(w, n, "evhub_wait") };
    number(objects.and_then(|objects| {
        let ready = iwait::wait(&objects, count, self::timeout(timeout)?)?;
        Ok(c_int::try_from(ready).unwrap_or(c_int::MAX))
    }))
}

/// Begins to wait for several objects, to be told of each as it becomes ready.
///
/// @return to be asked by evhub_iwait_next(), and freed with evhub_iwait_free(); NULL with EINVAL,
///   EPERM or ENOMEM
///
/// # Safety
/// `w` has `n` objects that were not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_iwait_new(
    w: *const *mut evhub_waitable_t,
    n: usize,
) -> *mut evhub_iwait_t {
    // SAFETY: the caller's word.
    let objects = unsafe { waitables(w, n, "evhub_iwait_new") };
    handle(objects.and_then(|objects| iwait::create(&objects)))
}

/// Waits for the next object that is ready.
///
/// @param index where its place among the objects is put; may be NULL
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 1: there is one; 0: there are no more; -1 with EAGAIN or ETIMEDOUT, EBADF (the object at
///   `index` was freed), or as every call that waits
///
/// # Safety
/// `it` is NULL (EINVAL) or was not freed; `index` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_iwait_next(
    it: *mut evhub_iwait_t,
    index: *mut usize,
    timeout: f64,
) -> c_int {
    // SAFETY: the caller's word.
    let several: Result<IwaitPtr> = unsafe { object(it, "evhub_iwait_next") };
    // SAFETY: the caller's word.
    let put = |found| unsafe { store(index, found) };
    number(several.and_then(|several| match several.next(self::timeout(timeout)?)? {
        Next::Ready(found) => {
            put(found);
            Ok(1)
        }
        Next::Gone(found) => {
            put(found);
            Err(Errno::BADF)
        }
        Next::Nothing => Ok(0),
    }))
}

/// Ends a wait for several objects. Whoever waits in it gets EBADF.
///
/// @param it what evhub_iwait_new() has given; NULL is fine
///
/// # Safety
/// `it` is NULL or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_iwait_free(it: *mut evhub_iwait_t) {
    // SAFETY: the caller's word.
    unsafe { free_with(it, "evhub_iwait_free", iwait::free) };
}

/// A greenlet, to be waited for among other objects: ready when it has ended.
///
/// # Safety
/// `g` is NULL or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_greenlet_waitable(
    g: *mut evhub_greenlet_t,
) -> *mut evhub_waitable_t {
    g.cast()
}
