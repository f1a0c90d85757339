//! `evhub.h`: series of results of a group's members.

use super::types::{evhub_fn_t, evhub_group_t, evhub_imap_t, evhub_next_fn_t};
use super::{free_with, handle, number, object, required, store, timeout};
use crate::errno::{Errno, Result};
use crate::hub::pool::group::GroupPtr;
use crate::hub::pool::imap::{self, ImapPtr, Next, Work};
use std::ffi::{c_int, c_uint, c_void};
use std::ptr;

/// `EVHUB_UNORDERED`.
const UNORDERED: c_uint = 1;

/// Begins a series: members of a group call a function for items that are got one after the
/// other, and evhub_imap_next() tells what has come of them. A greenlet of the series' own gets
/// the items, as they are needed: no more are started and not taken than the group has places,
/// or 64. If the caller is a member of the group, items that find it full are worked on one by one
/// beside it, so that a full group cannot wait for itself. Failures of members are not reported.
///
/// @param fn called with each item
/// @param next gets an item: returns 1 with `*item`, 0 at the end, -1 with errno to end the series
///   with that error. It may wait
/// @param arg of `next`
/// @param flags EVHUB_UNORDERED: results as they come; 0: in the order of the items
/// @return to be asked by evhub_imap_next(), and freed with evhub_imap_free(); NULL with EINVAL or
///   ENOMEM
///
/// # Safety
/// `grp` is NULL (EINVAL) or a group that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_group_imap(
    grp: *mut evhub_group_t,
    r#fn: evhub_fn_t,
    next: evhub_next_fn_t,
    arg: *mut c_void,
    flags: c_uint,
) -> *mut evhub_imap_t {
    // SAFETY: the caller's word.
    let group: Result<GroupPtr> = unsafe { object(grp, "evhub_group_imap") };
    handle(group.and_then(|group| {
        required(r#fn, "evhub_group_imap")?;
        required(next, "evhub_group_imap")?;
        if flags & !UNORDERED != 0 {
            return Err(Errno::INVAL);
        }
        let unordered = flags & UNORDERED != 0;
        imap::create(group, Work { function: r#fn, next, arg, unordered }, Some(feed))
    }))
}

/// The function of a series' greenlet.
///
/// # Safety
/// `series` is the series that the greenlet was made for, which stays until that has ended.
unsafe extern "C" fn feed(series: *mut c_void) -> *mut c_void {
    // SAFETY: the caller's word.
    if let Some(series) = unsafe { ImapPtr::from_raw(series.cast()) } {
        imap::feed(series);
    }
    ptr::null_mut()
}

/// Waits for the next result of a series. Several greenlets may take from one.
///
/// @param value where it is put: the member's value, as by evhub_get(); left as it is otherwise.
///   May be NULL
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 1: there is one; 0: there are no more; -1 with the error of a member that has failed:
///   the series goes on; with that of `next`, once, as the last result; with EBADF, if the group
///   was freed, and ECANCELED, if the series' greenlet was killed, likewise; with EDEADLK, called
///   by `next`; with EAGAIN or ETIMEDOUT, or as every call that waits
///
/// # Safety
/// `im` is NULL (EINVAL) or was not freed; `value` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_imap_next(
    im: *mut evhub_imap_t,
    value: *mut *mut c_void,
    timeout: f64,
) -> c_int {
    // SAFETY: the caller's word.
    let series: Result<ImapPtr> = unsafe { object(im, "evhub_imap_next") };
    number(series.and_then(|series| match series.next(self::timeout(timeout)?)? {
        Next::Value(result) => {
            // SAFETY: the caller's word.
            unsafe { store(value, result) };
            Ok(1)
        }
        Next::End => Ok(0),
    }))
}

/// Ends a series. Members that still work for it are asked to end, as by evhub_kill(), and `next`
/// is not called any more; a call of it that waits at that time fails with ECANCELED, and needs
/// its `arg` until it has returned. Whoever waits in evhub_imap_next() gets EBADF. Never waits.
///
/// @param im a series; NULL is fine
///
/// # Safety
/// `im` is NULL or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_imap_free(im: *mut evhub_imap_t) {
    // SAFETY: the caller's word.
    unsafe { free_with(im, "evhub_imap_free", imap::free) };
}
