//! `evhub.h`: groups, and pools: groups with a limit.

use super::greenlet::{RAISE, attributes, evhub_attr_t};
use super::kill::error_of;
use super::types::{
    evhub_each_fn_t, evhub_fn_t, evhub_greenlet_t, evhub_group_t, evhub_waitable_t,
};
use super::{amount, free_with, handle, number, object, required, slice, status, store, timeout};
use crate::errno::{Errno, Result};
use crate::hub::greenlet::GreenletPtr;
use crate::hub::pool::group::{self, GroupPtr, Job};
use crate::hub::pool::work;
use crate::hub::spawn::Attributes;
use std::ffi::{c_int, c_long, c_uint, c_void};

/// Makes a group: greenlets that are counted, joined and killed together. A greenlet may be in
/// several, and leaves them in the moment in which it ends.
///
/// @param limit how many there may be in it at a time (a pool); 0: any number
/// @return the group, to be freed with evhub_group_free(); NULL with ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_group_new(limit: usize) -> *mut evhub_group_t {
    handle(group::create(limit))
}

/// Frees a group. Its members live on; those who wait in it get EBADF.
///
/// @param grp a group; NULL is fine
///
/// # Safety
/// `grp` is NULL or a group that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_group_free(grp: *mut evhub_group_t) {
    // SAFETY: the caller's word.
    unsafe { free_with(grp, "evhub_group_free", group::free) };
}

/// Spawns a member. While the group is full, the caller waits for a place; those who wait get
/// places in the order of asking.
///
/// @param fn its function
/// @param timeout seconds to wait for a place; negative: none; 0: does not wait
/// @return a handle, to be given back with evhub_release(); NULL with EAGAIN or ETIMEDOUT (the
///   group is full), EBADF (it was freed), EINVAL, ENOMEM, or as every call that waits
///
/// # Safety
/// `grp` is NULL (EINVAL) or a group that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_group_spawn(
    grp: *mut evhub_group_t,
    r#fn: evhub_fn_t,
    arg: *mut c_void,
    timeout: f64,
) -> *mut evhub_greenlet_t {
    // SAFETY: the caller's word.
    let group: Result<GroupPtr> = unsafe { object(grp, "evhub_group_spawn") };
    handle(group.and_then(|group| {
        required(r#fn, "evhub_group_spawn")?;
        let job = Job { attributes: Attributes::NONE, function: r#fn, arg };
        group.spawn(&job, self::timeout(timeout)?, |_| Ok(()))
    }))
}

/// Spawns a member with attributes; see evhub_group_spawn(). It is a member during its delay, too.
///
/// @param attr how it is to be; NULL: as usual
/// @return as evhub_group_spawn(); EINVAL also for attributes that there are not
///
/// # Safety
/// `grp` is NULL (EINVAL) or a group that was not freed; `attr` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_group_spawn_with(
    grp: *mut evhub_group_t,
    attr: *const evhub_attr_t,
    r#fn: evhub_fn_t,
    arg: *mut c_void,
    timeout: f64,
) -> *mut evhub_greenlet_t {
    // SAFETY: the caller's word.
    let (group, attributes) = unsafe { (object(grp, "evhub_group_spawn_with"), attributes(attr)) };
    handle(group.and_then(|group: GroupPtr| {
        required(r#fn, "evhub_group_spawn_with")?;
        let job = Job { attributes: attributes?, function: r#fn, arg };
        group.spawn(&job, self::timeout(timeout)?, |_| Ok(()))
    }))
}

/// Makes a greenlet a member, started or not, and waits for a place while the group is full. One
/// that is a member already, or has ended, needs no place: nothing happens.
///
/// @param g a handle; the group keeps the greenlet by a reference of its own. Not the main one
/// @param timeout seconds to wait for a place; negative: none; 0: does not wait
/// @return 0; -1 as evhub_group_spawn()
///
/// # Safety
/// `grp` is NULL (EINVAL) or a group that was not freed, `g` NULL (EINVAL) or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_group_add(
    grp: *mut evhub_group_t,
    g: *mut evhub_greenlet_t,
    timeout: f64,
) -> c_int {
    // SAFETY: the caller's word.
    let both = unsafe { group_and_member(grp, g, "evhub_group_add") };
    status(both.and_then(|(group, greenlet)| group.add(greenlet, self::timeout(timeout)?)))
}

/// # Safety
/// `grp` is NULL or a group that was not freed, `g` NULL or a handle.
unsafe fn group_and_member(
    grp: *mut evhub_group_t,
    g: *mut evhub_greenlet_t,
    function: &str,
) -> Result<(GroupPtr, GreenletPtr)> {
    // SAFETY: the caller's word.
    unsafe { Ok((object(grp, function)?, object(g, function)?)) }
}

/// Takes a greenlet out of a group; it goes on. Never waits.
///
/// @return 1; 0: it was no member; -1 with EINVAL or EPERM
///
/// # Safety
/// `grp` is NULL (EINVAL) or a group that was not freed, `g` NULL (EINVAL) or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_group_discard(
    grp: *mut evhub_group_t,
    g: *mut evhub_greenlet_t,
) -> c_int {
    // SAFETY: the caller's word.
    let both = unsafe { group_and_member(grp, g, "evhub_group_discard") };
    number(both.map(|(group, greenlet)| c_int::from(group.discard(greenlet))))
}

/// Is a greenlet a member?
///
/// @return 1 or 0; -1 with EINVAL or EPERM
///
/// # Safety
/// `grp` is NULL (EINVAL) or a group that was not freed, `g` NULL (EINVAL) or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_group_contains(
    grp: *mut evhub_group_t,
    g: *mut evhub_greenlet_t,
) -> c_int {
    // SAFETY: the caller's word.
    let both = unsafe { group_and_member(grp, g, "evhub_group_contains") };
    number(both.map(|(group, greenlet)| c_int::from(group.has(greenlet))))
}

/// How many members a group has.
///
/// @return the number; 0 also with EINVAL or EPERM
///
/// # Safety
/// `grp` is NULL (EINVAL) or a group that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_group_size(grp: *mut evhub_group_t) -> usize {
    // SAFETY: the caller's word.
    let group: Result<GroupPtr> = unsafe { object(grp, "evhub_group_size") };
    amount(group.map(|group| group.size()))
}

/// How many places are free. One that was given to somebody who has waited for it is not, even if
/// that one has not come to spawn yet.
///
/// @return the number; -1: there is no limit, or EINVAL, or EPERM
///
/// # Safety
/// `grp` is NULL (EINVAL) or a group that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_group_free_count(grp: *mut evhub_group_t) -> c_long {
    // SAFETY: the caller's word.
    let group: Result<GroupPtr> = unsafe { object(grp, "evhub_group_free_count") };
    match group.map(|group| group.free_count()) {
        Ok(Some(count)) => c_long::try_from(count).unwrap_or(c_long::MAX),
        Ok(None) => -1,
        Err(error) => super::super::fail(error).into(),
    }
}

/// Calls a function for each member there is now; one that has left before its turn is left out.
///
/// @param fn told of one; what it returns, if not 0, ends the series. It may do anything
/// @return what the function has returned last; -1 with EINVAL, EPERM or ENOMEM
///
/// # Safety
/// `grp` is NULL (EINVAL) or a group that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_group_foreach(
    grp: *mut evhub_group_t,
    r#fn: evhub_each_fn_t,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the caller's word.
    let group: Result<GroupPtr> = unsafe { object(grp, "evhub_group_foreach") };
    number(group.and_then(|group| {
        required(r#fn, "evhub_group_foreach")?;
        work::for_each(group, r#fn, arg)
    }))
}

/// Waits until a place is free, and does not take it.
///
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 0; -1 with EAGAIN or ETIMEDOUT, or as every call that waits
///
/// # Safety
/// `grp` is NULL (EINVAL) or a group that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_group_wait_available(
    grp: *mut evhub_group_t,
    timeout: f64,
) -> c_int {
    // SAFETY: the caller's word.
    let group: Result<GroupPtr> = unsafe { object(grp, "evhub_group_wait_available") };
    status(group.and_then(|group| group.wait_available(self::timeout(timeout)?)))
}

/// Waits until a group is empty: it has no member, and nobody waits to spawn one.
///
/// @param flags EVHUB_RAISE: only until a member fails, with that one's error
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 0; -1 with EAGAIN or ETIMEDOUT, EDEADLK at once (the caller is a member), or as every
///   call that waits
///
/// # Safety
/// `grp` is NULL (EINVAL) or a group that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_group_join(
    grp: *mut evhub_group_t,
    flags: c_uint,
    timeout: f64,
) -> c_int {
    // SAFETY: the caller's word.
    let group: Result<GroupPtr> = unsafe { object(grp, "evhub_group_join") };
    status(group.and_then(|group| {
        let timeout = self::timeout(timeout)?;
        if flags & !RAISE != 0 {
            return Err(Errno::INVAL);
        }
        group.join(flags & RAISE != 0, timeout)
    }))
}

/// Kills all members, and those who come while it waits, until the group is empty. None is killed
/// twice: one that has acknowledged is not disturbed by another kill of the group. See
/// evhub_kill().
///
/// @param error what their calls fail with; 0: ECANCELED
/// @param timeout seconds to wait for their ends; negative: for ever; 0: only asks
/// @return 0; -1 as evhub_kill(). A caller that is a member is killed with the others: its call
///   fails with the error; or with EDEADLK, if it has acknowledged
///
/// # Safety
/// `grp` is NULL (EINVAL) or a group that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_group_kill(
    grp: *mut evhub_group_t,
    error: c_int,
    timeout: f64,
) -> c_int {
    // SAFETY: the caller's word.
    let group: Result<GroupPtr> = unsafe { object(grp, "evhub_group_kill") };
    status(group.and_then(|group| group.kill(error_of(error)?, self::timeout(timeout)?)))
}

/// A group, to be waited for among other objects: ready while it is empty.
///
/// # Safety
/// `grp` is NULL or a group that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_group_waitable(grp: *mut evhub_group_t) -> *mut evhub_waitable_t {
    grp.cast()
}

/// Calls a function in a member, and waits for what it returns. A caller that is a member itself
/// runs it on the spot, without a limit of time, so that a full group cannot wait for itself. The
/// member's failure is not reported: the caller is told.
///
/// @param value where the member's value is put, as by evhub_get(); may be NULL
/// @param timeout seconds for all together; negative: none; 0: only if it runs on the spot
/// @return 0; -1 with the member's error if it has failed; with EAGAIN or ETIMEDOUT, or as every
///   call that waits: the member, if there is one, is asked to end, and may outlive the call
///
/// # Safety
/// `grp` is NULL (EINVAL) or a group that was not freed; `value` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_group_call(
    grp: *mut evhub_group_t,
    r#fn: evhub_fn_t,
    arg: *mut c_void,
    value: *mut *mut c_void,
    timeout: f64,
) -> c_int {
    // SAFETY: the caller's word.
    let group: Result<GroupPtr> = unsafe { object(grp, "evhub_group_call") };
    let result = group.and_then(|group| {
        required(r#fn, "evhub_group_call")?;
        work::call(group, r#fn, arg, self::timeout(timeout)?)
    });
    // SAFETY: the caller's word.
    status(result.map(|result| unsafe { store(value, result) }))
}

/// Calls a function in a member for each of several arguments, and waits for all of them, as many
/// at a time as the group has places. A caller that is a member itself runs what there is no place
/// for on the spot. Failures of members are not reported: the caller is told.
///
/// @param in the arguments
/// @param n how many
/// @param out where the values are put, in the order of the arguments: NULL for a member that has
///   failed. May be NULL, or `in`
/// @return 0; -1 with the error of the first in order that has failed, after all have ended; or as
///   evhub_group_spawn(): those who still run are asked to end, and may outlive the call, and the
///   values that there were are put
///
/// # Safety
/// `grp` is NULL (EINVAL) or a group that was not freed; `in` has `n` arguments, and `out` is
/// NULL or has room for as many, until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_group_map(
    grp: *mut evhub_group_t,
    r#fn: evhub_fn_t,
    r#in: *const *mut c_void,
    n: usize,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: the caller's word.
    let group: Result<GroupPtr> = unsafe { object(grp, "evhub_group_map") };
    status(group.and_then(|group| {
        required(r#fn, "evhub_group_map")?;
        // SAFETY: the caller's word; below, `index` is less than `n`.
        let count = unsafe { slice(r#in, n, "evhub_group_map") }?.len();
        // SAFETY: as above.
        let argument = |index| unsafe { r#in.add(index).read() };
        let put = |index, value| {
            if !out.is_null() {
                // SAFETY: as above.
                unsafe { out.add(index).write(value) };
            }
        };
        work::map(group, r#fn, count, argument, put)
    }))
}
