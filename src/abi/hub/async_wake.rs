//! `evhub.h` and `evhub/event_ext.h`: waking a loop from other threads and from signal handlers.

use super::{none, status};
use crate::abi::{base, fail, misuse};
use crate::errno::Errno;
use crate::event::{Base, BasePtr, wakeup};
use crate::layout::once::Async;
use crate::layout::records::RecordPtr;
use crate::log::{self, Misuse};
use std::ffi::{c_int, c_void};

/// A handle to wake a loop from elsewhere; made by evhub_async_new().
#[allow(non_camel_case_types)]
pub struct evhub_async_t;

/// Opens a handle by which other threads and signal handlers wake the base's loop. An open
/// handle keeps the loop alive.
///
/// @param cb called by the loop with `arg`, once for all sends since its last call
/// @return the handle, to be freed with evhub_async_free(); NULL with EINVAL, ENOMEM or EMFILE
///
/// # Safety
/// `base` is NULL (EINVAL) or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_async_new(
    base: *mut Base,
    cb: Option<unsafe extern "C" fn(arg: *mut c_void)>,
    arg: *mut c_void,
) -> *mut evhub_async_t {
    // SAFETY: the caller's word.
    let made = unsafe { self::base(base, "evhub_async_new") }.and_then(|base| {
        cb.ok_or_else(|| misuse(Misuse::NullCallback, "evhub_async_new"))?;
        wakeup::open_async(base, cb, arg)
    });
    match made {
        Ok(handle) => handle.into_raw().cast(),
        Err(error) => none(error),
    }
}

/// Has the loop call the handle's callback. From any thread, and from signal handlers (errno may
/// change); the one call of the library that may be made so.
///
/// @return 0; -1 with EINVAL: NULL, or its base was freed
///
/// # Safety
/// `handle` is NULL or a handle that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_async_send(handle: *mut evhub_async_t) -> c_int {
    // SAFETY: the caller's word.
    match unsafe { RecordPtr::<Async>::from_raw(handle.cast()) } {
        Some(handle) => status(handle.send()),
        None => fail(Errno::INVAL),
    }
}

/// Closes and frees a handle: on the loop's thread, when nobody sends any more. Also inside its
/// own callback, and after its base was freed.
///
/// @param handle a handle; NULL is fine
///
/// # Safety
/// `handle` is NULL or a handle that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_async_free(handle: *mut evhub_async_t) {
    // SAFETY: the caller's word; a handle knows its base until that is freed.
    unsafe {
        if let Some(handle) = RecordPtr::<Async>::from_raw(handle.cast()) {
            let base = BasePtr::from_raw(handle.base.get());
            if wakeup::close_async(base, handle).is_err() {
                log::misuse(Misuse::Busy, "evhub_async_free");
            }
        }
    }
}
