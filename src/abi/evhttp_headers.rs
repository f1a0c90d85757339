//! `evhttp.h`: lists of headers.

use super::evdns_config::string;
use super::{fail, misuse, status};
use crate::errno::{Errno, Result};
use crate::http::headers;
use crate::layout::keyval::{Evkeyvalq, Headers};
use crate::log::Misuse;
use crate::sys::signal::set_errno;
use std::ffi::{c_char, c_int};
use std::ptr;

/// # Safety
/// `raw` is NULL or a list that was initialised and not freed.
pub(super) unsafe fn list(raw: *mut Evkeyvalq, function: &str) -> Result<Headers> {
    // SAFETY: the caller's word.
    let list = unsafe { Headers::from_raw(raw) };
    list.ok_or_else(|| misuse(Misuse::NullArgument, function))
}

/// Adds a header at the end of a list. One with the same name stays.
///
/// @param key its name: no control bytes, no blanks, no colon, not empty
/// @param value copied; a line end in it must be followed by a space or a tab, and is sent as
///   one space
/// @return 0; -1 with EINVAL (a name or value that cannot be sent, NULL) or ENOMEM, and nothing
///   is added
/// @see behaviour 173
///
/// # Safety
/// `headers` is NULL or a list of headers; the others are NULL or strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_add_header(
    headers: *mut Evkeyvalq,
    key: *const c_char,
    value: *const c_char,
) -> c_int {
    const FUNCTION: &str = "evhttp_add_header";
    // SAFETY: the caller's word.
    let (list, key, value) =
        unsafe { (list(headers, FUNCTION), string(key, FUNCTION), string(value, FUNCTION)) };
    status(list.and_then(|list| headers::add(list, key?, value?)))
}

/// Finds the first header with a name, in whatever case.
///
/// @return its value, which is there until the header is removed; NULL if there is none, and with
///   EINVAL if an argument is NULL
/// @see behaviour 173
///
/// # Safety
/// `headers` is NULL or a list of headers; `key` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_find_header(
    headers: *const Evkeyvalq,
    key: *const c_char,
) -> *const c_char {
    const FUNCTION: &str = "evhttp_find_header";
    // SAFETY: the caller's word.
    let (list, key) = unsafe { (list(headers.cast_mut(), FUNCTION), string(key, FUNCTION)) };
    let found = list.and_then(|list| {
        let key = key?;
        Ok(headers::find(&list, key).map(|header| header.raw_value))
    });
    match found {
        Ok(value) => value.unwrap_or(ptr::null()),
        Err(error) => {
            set_errno(error);
            ptr::null()
        }
    }
}

/// Removes the first header with a name, in whatever case.
///
/// @return 0; -1 with ENOENT (there is none) or EINVAL (NULL)
/// @see behaviour 173
///
/// # Safety
/// `headers` is NULL or a list of headers; `key` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_remove_header(
    headers: *mut Evkeyvalq,
    key: *const c_char,
) -> c_int {
    const FUNCTION: &str = "evhttp_remove_header";
    // SAFETY: the caller's word.
    let (list, key) = unsafe { (list(headers, FUNCTION), string(key, FUNCTION)) };
    match list.and_then(|list| Ok(headers::remove(list, key?))) {
        Ok(true) => 0,
        Ok(false) => fail(Errno::NOENT),
        Err(error) => fail(error),
    }
}

/// Removes all headers. NULL sets errno to EINVAL.
///
/// @see behaviour 173
///
/// # Safety
/// `headers` is NULL or a list of headers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_clear_headers(headers: *mut Evkeyvalq) {
    // SAFETY: the caller's word.
    match unsafe { list(headers, "evhttp_clear_headers") } {
        Ok(list) => list.clear(),
        Err(error) => set_errno(error),
    }
}
