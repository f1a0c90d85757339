//! The C library's texts and numbers: `strerror`, `strtoll`, output to a `FILE`.

use crate::errno::Errno;
use std::ffi::{CStr, c_char, c_int};

/// Calls `with` with the message of an error number, in the program's language.
pub fn with_strerror<R>(error: Errno, with: impl FnOnce(&[u8]) -> R) -> R {
    let mut text = [0 as c_char; 128];
    // SAFETY: `text` is writable for its length; the XSI form always terminates it.
    unsafe { libc::strerror_r(error.0, text.as_mut_ptr(), text.len()) };
    // SAFETY: terminated (the array's last byte is never written by a shorter text).
    with(unsafe { CStr::from_ptr(text.as_ptr()) }.to_bytes())
}

/// `strtoll(3)`.
///
/// # Safety
/// As for the C function: `text` is a string, `end` is NULL or writable.
pub unsafe fn strtoll(text: *const c_char, end: *mut *mut c_char, base: c_int) -> i64 {
    // SAFETY: the caller's word.
    unsafe { libc::strtoll(text, end, base) }
}

/// `strerror(3)`.
pub fn strerror(error: Errno) -> *const c_char {
    // SAFETY: no pointers.
    unsafe { libc::strerror(error.0) }
}
