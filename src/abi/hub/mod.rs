//! `evhub.h`: the hub's C interface, one file per family of calls.
//!
//! Each export checks its arguments, casts once, calls one function of `hub/`, and maps the error.

pub mod async_wake;
pub mod barrier;
pub mod condition;
pub mod flag;
pub mod greenlet;
pub mod group;
pub mod imap;
pub mod info;
pub mod kill;
pub mod link;
pub mod local;
pub mod loops;
pub mod queue;
pub mod result;
pub mod rlock;
pub mod rwlock;
pub mod semaphore;
pub mod time_limit;
pub mod types;
pub mod wait;
pub mod waiter;
pub mod waitgroup;

use super::misuse;
use crate::errno::{Errno, Result};
use crate::hub::object::{Head, Kind, Object};
use crate::layout::handle::Handle;
use crate::layout::mine;
use crate::log::{self, Misuse};
use crate::sys::Timeout;
use crate::sys::signal::set_errno;
use std::ffi::{c_char, c_int};
use std::ptr;

/// The object behind a C pointer: `EINVAL` for NULL and for what is no such object, `EPERM` for
/// one of another thread.
///
/// # Safety
/// `raw` is NULL or points to an object of `evhub.h` that was not freed.
#[inline(always)]
unsafe fn object<T: Head, C>(raw: *mut C, function: &str) -> Result<Handle<T>> {
    // SAFETY: the caller's word: it begins with a head, which is looked at before the rest.
    let head = unsafe { raw.cast::<Object>().as_ref() };
    match head.map(|head| head.check(T::KIND)) {
        // SAFETY: of that kind, so a `T`.
        Some(Ok(())) => unsafe { Handle::from_raw(raw.cast()) }.ok_or(Errno::INVAL),
        Some(Err(error)) => Err(wrong_object(error, function)),
        None => Err(misuse(Misuse::NullArgument, function)),
    }
}

/// The object behind a C pointer, if there is nothing wrong with it: for calls whose usual case is
/// short. `object` says what is wrong.
///
/// # Safety
/// As for `object`.
#[inline(always)]
unsafe fn sound<T: Head, C>(raw: *mut C) -> Option<Handle<T>> {
    // SAFETY: the caller's word: it begins with a head, which is looked at before the rest.
    let head = unsafe { raw.cast::<Object>().as_ref() }?;
    if !head.is(T::KIND) || !mine::is_hub(head.hub) {
        return None;
    }
    // SAFETY: of that kind, so a `T`.
    unsafe { Handle::from_raw(raw.cast()) }
}

/// As `object`, of any thread: for what is only looked at.
///
/// # Safety
/// As for `object`.
unsafe fn any_threads<T: Head, C>(raw: *const C, function: &str) -> Result<Handle<T>> {
    // SAFETY: the caller's word.
    let head = unsafe { raw.cast::<Object>().as_ref() };
    match head.map(|head| head.is(T::KIND)) {
        // SAFETY: of that kind, so a `T`.
        Some(true) => unsafe { Handle::from_raw(raw.cast_mut().cast()) }.ok_or(Errno::INVAL),
        Some(false) => Err(wrong_object(Errno::INVAL, function)),
        None => Err(misuse(Misuse::NullArgument, function)),
    }
}

#[cold]
fn wrong_object(error: Errno, function: &str) -> Errno {
    let what = if error == Errno::PERM { Misuse::OtherThread } else { Misuse::WrongObject };
    log::misuse(what, function);
    error
}

/// Ends an object with `free`; NULL is fine.
///
/// # Safety
/// As for `object`.
unsafe fn free_with<T: Head, C>(raw: *mut C, function: &str, free: impl FnOnce(Handle<T>)) {
    if !raw.is_null() {
        // SAFETY: the caller's word.
        if let Ok(object) = unsafe { object(raw, function) } {
            free(object);
        }
    }
}

/// 0, or -1 and `errno`.
#[inline(always)]
fn status(result: Result<()>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => super::fail(error),
    }
}

/// A number, or -1 and `errno`.
fn number(result: Result<c_int>) -> c_int {
    result.unwrap_or_else(super::fail)
}

/// A pointer for C, or NULL and `errno`.
#[inline(always)]
fn handle<T, C>(result: Result<Handle<T>>) -> *mut C {
    match result {
        Ok(object) => object.as_ptr().cast(),
        Err(error) => none(error),
    }
}

/// An amount, or 0 and `errno`.
fn amount<T: Default>(result: Result<T>) -> T {
    result.unwrap_or_else(|error| {
        set_errno(error);
        T::default()
    })
}

/// NULL and `errno`.
fn none<C>(error: Errno) -> *mut C {
    set_errno(error);
    ptr::null_mut()
}

/// Stores a value where C wants it, if it does.
///
/// # Safety
/// `place` is NULL or writable.
#[inline(always)]
unsafe fn store<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: the caller's word.
        unsafe { *place = value };
    }
}

/// Several pointers that C hands in. NULL is fine for none.
///
/// # Safety
/// `first` is NULL or has `count` elements, which stay as they are while this is used.
unsafe fn slice<'a, T>(first: *const T, count: usize, function: &str) -> Result<&'a [T]> {
    if count == 0 {
        Ok(&[])
    } else if first.is_null() {
        Err(misuse(Misuse::NullArgument, function))
    } else if count > isize::MAX as usize / size_of::<T>().max(1) {
        Err(Errno::INVAL)
    } else {
        // SAFETY: the caller's word.
        Ok(unsafe { std::slice::from_raw_parts(first, count) })
    }
}

/// A string that C hands in; `None` for NULL.
///
/// # Safety
/// `text` is NULL or terminated, and stays as it is while this is used.
unsafe fn string<'a>(text: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: the caller's word.
    (!text.is_null()).then(|| unsafe { std::ffi::CStr::from_ptr(text) }.to_bytes())
}

/// The handles behind an array of C pointers.
///
/// # Safety
/// As for `slice`, and each is an object as for `object`.
unsafe fn objects<T: Head, C>(
    first: *const *mut C,
    count: usize,
    function: &str,
) -> Result<Vec<Handle<T>>> {
    // SAFETY: the caller's word.
    let raw = unsafe { slice(first, count, function) }?;
    let mut all = Vec::new();
    all.try_reserve_exact(count)?;
    for &raw in raw {
        // SAFETY: the caller's word.
        all.push(unsafe { object(raw, function) }?);
    }
    Ok(all)
}

/// A timeout in seconds.
#[inline(always)]
fn timeout(seconds: f64) -> Result<Timeout> {
    Timeout::seconds(seconds)
}

/// A function that C must give.
fn required<F>(function: Option<F>, name: &str) -> Result<F> {
    function.ok_or_else(|| misuse(Misuse::NullCallback, name))
}

/// An object of any kind that can be waited for: its kind, before it is cast.
///
/// # Safety
/// As for `object`.
unsafe fn kind_of<C>(raw: *mut C, function: &str) -> Result<u32> {
    // SAFETY: the caller's word.
    match unsafe { raw.cast::<Object>().as_ref() } {
        Some(head) => Ok(head.kind()),
        None => Err(misuse(Misuse::NullArgument, function)),
    }
}

const _: () = assert!(size_of::<Kind>() == size_of::<u32>());
