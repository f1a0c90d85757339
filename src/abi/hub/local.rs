//! `evhub.h`: greenlet-locals.

use super::types::{evhub_destructor_t, evhub_local_t};
use super::{free_with, handle, none, object, status};
use crate::errno::Result;
use crate::hub::local::{self, Local, LocalPtr};
use std::ffi::{c_int, c_void};

/// Makes a local: each greenlet has a value of its own for it, NULL at first.
///
/// @param destructor called with a greenlet's value, unless that is NULL, when the greenlet's
///   function has returned, in that greenlet; it may wait. May be NULL
/// @return the local, to be freed with evhub_local_free(); NULL with ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_local_new(destructor: evhub_destructor_t) -> *mut evhub_local_t {
    handle(local::create(destructor))
}

/// Frees a local. Values that greenlets have go as they would have gone.
///
/// @param l a local; NULL is fine
///
/// # Safety
/// `l` is NULL or a local that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_local_free(l: *mut evhub_local_t) {
    // SAFETY: the caller's word.
    unsafe { free_with(l, "evhub_local_free", crate::hub::object::free::<Local>) };
}

/// The running greenlet's value; the loop's callbacks share one.
///
/// @return the value; NULL if it has none, or with EINVAL or EPERM
///
/// # Safety
/// `l` is NULL (EINVAL) or a local that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_local_get(l: *mut evhub_local_t) -> *mut c_void {
    // SAFETY: the caller's word.
    let local: Result<LocalPtr> = unsafe { object(l, "evhub_local_get") };
    local.map_or_else(none, local::get)
}

/// Sets the running greenlet's value. The one before is not destroyed.
///
/// @return 0; -1 with EINVAL, EPERM or ENOMEM
///
/// # Safety
/// `l` is NULL (EINVAL) or a local that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_local_set(l: *mut evhub_local_t, value: *mut c_void) -> c_int {
    // SAFETY: the caller's word.
    let local: Result<LocalPtr> = unsafe { object(l, "evhub_local_set") };
    status(local.and_then(|local| local::set(local, value)))
}
