//! The exported functions: check the arguments, call one function, map a fault to -1 or NULL,
//! `errno`, and the text of evhub_tls_error(). And the table of functions that libevhub calls.

mod connection;
mod context;
mod error;
mod ops;

use crate::context::Context;
use crate::fault::{self, Fault, Result};
use crate::sys::chooser::{borrowed, evhub_tls_ctx_t};
use crate::sys::errno::set_errno;
use std::ffi::{CStr, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

/// 0, or -1 and `errno`.
fn status(result: Result<()>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(fault) => {
            set_errno(fault::report(&fault));
            -1
        }
    }
}

fn is_null(what: &str) -> Fault {
    Fault::new(libc::EINVAL, format!("{what} is NULL"))
}

/// # Safety
/// `raw` is NULL or a context that was not freed.
unsafe fn context(raw: *const evhub_tls_ctx_t) -> Result<Arc<Context>> {
    // SAFETY: the caller's word.
    unsafe { borrowed(raw) }.ok_or_else(|| is_null("the context"))
}

/// # Safety
/// `raw` is NULL or a string, which stays as it is while this is used.
unsafe fn string<'a>(raw: *const c_char, what: &str) -> Result<&'a str> {
    // SAFETY: the caller's word.
    let text = unsafe { bytes(raw) }.ok_or_else(|| is_null(what))?;
    std::str::from_utf8(text).map_err(|_| Fault::new(libc::EINVAL, format!("{what} is no text")))
}

/// # Safety
/// As for `string`.
unsafe fn path<'a>(raw: *const c_char) -> Option<&'a Path> {
    // SAFETY: the caller's word.
    unsafe { bytes(raw) }.map(|name| Path::new(OsStr::from_bytes(name)))
}

/// # Safety
/// As for `string`.
unsafe fn bytes<'a>(raw: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: the caller's word.
    (!raw.is_null()).then(|| unsafe { CStr::from_ptr(raw) }.to_bytes())
}
